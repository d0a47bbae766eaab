//! What can be chosen.

use crate::error::{Error, Result};
use crate::message::Message;

/// Most options of one decision.
const MAX_OPTIONS: usize = 1024;

/// A type whose values are the options of a decision; derived for enums without fields.
///
/// `#[derive(llama::Choice)]` (feature `derive`) takes the variants' names as the options' texts, or what
/// `#[choice("...")]` says. The first paragraph of a variant's documentation explains the option to the model.
///
/// ```
/// use llama::{Choice, ChoiceOption};
///
/// /// The same, written by hand.
/// enum Mood {
///     Good,
///     Bad,
/// }
/// impl Choice for Mood {
///     fn options() -> Vec<ChoiceOption<Self>> {
///         vec![
///             ChoiceOption::new(Mood::Good, "good"),
///             ChoiceOption::new(Mood::Bad, "bad").description("anything else"),
///         ]
///     }
/// }
/// assert_eq!(Mood::options()[1].text(), "bad");
/// ```
pub trait Choice: Sized {
    /// The options in their order. No two may have the same text.
    fn options() -> Vec<ChoiceOption<Self>>;
}

/// One option of a decision: a value, and the text by which the model knows it.
///
/// ```
/// let option = llama::ChoiceOption::new(3, "three").description("the number after two");
/// assert_eq!((option.text(), option.value()), ("three", &3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption<T> {
    value: T,
    text: String,
    description: Option<String>,
}

impl<T> ChoiceOption<T> {
    /// An option that the model chooses by writing `text`.
    #[must_use]
    pub fn new(value: T, text: impl Into<String>) -> Self {
        Self { value, text: text.into(), description: None }
    }

    /// Explains the option to the model.
    #[must_use]
    pub fn description(mut self, words: impl Into<String>) -> Self {
        self.description = Some(words.into());
        self
    }

    /// The value that stands for the option.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The text that the model would have to write.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_parts(self) -> (T, String) {
        (self.value, self.text)
    }
}

/// Refuses lists that leave nothing to decide, or too much.
pub(super) fn check_count(count: usize) -> Result<()> {
    match count {
        0 => Err(Error::invalid("options", "there are none")),
        1..=MAX_OPTIONS => Ok(()),
        _ => Err(Error::TooLong { what: "list of options", len: count, max: MAX_OPTIONS }),
    }
}

/// The question with a list of its options behind it.
pub(super) fn with_list<T>(mut question: Message, options: &[ChoiceOption<T>]) -> Message {
    question.append("\n\nReply with exactly one of these and nothing else:");
    let text = &mut question.content;
    for option in options {
        text.push_str("\n- ");
        text.push_str(&option.text);
        if let Some(words) = &option.description {
            text.push_str(" (");
            text.push_str(words);
            text.push(')');
        }
    }
    question
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_and_explains() {
        let options = [ChoiceOption::new(1, "one"), ChoiceOption::new(2, "two").description("the even one")];
        assert_eq!(
            with_list(Message::user("Which?"), &options).content,
            "Which?\n\nReply with exactly one of these and nothing else:\n- one\n- two (the even one)"
        );
    }

    #[test]
    fn counts() {
        assert!(check_count(0).is_err());
        assert!(check_count(1).is_ok() && check_count(1024).is_ok());
        assert!(matches!(check_count(1025), Err(Error::TooLong { len: 1025, .. })));
    }
}
