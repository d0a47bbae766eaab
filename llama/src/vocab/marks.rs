//! Keeping control tokens that somebody wrote into a message out of a prompt.
//!
//! A template engine knows which text came from messages, but not behind all filters (`tojson`, `join`). So where
//! a message contains the text of a control token, a mark from Unicode's private area is put inside before
//! rendering; afterwards the mark says that this is text, wherever it went.
#![forbid(unsafe_code)]

use super::{PromptPart, Vocab};
use crate::error::{Error, Result};
use crate::vocab::special::control_texts;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// The texts of a vocabulary's control tokens, the longest first.
#[derive(Debug, Clone)]
pub(crate) struct Marks(Arc<[String]>);

/// A character that no text of a conversation contains.
#[derive(Debug, Clone)]
pub(crate) struct Marker {
    controls: Marks,
    mark: char,
}

impl Marks {
    pub(crate) fn new(vocab: &Vocab) -> Result<Self> {
        Ok(Self(control_texts(vocab.model())?.iter().map(|control| control.text.clone()).collect()))
    }

    /// A marker for these texts; `None` where none contains a control token.
    pub(crate) fn marker<'a>(
        &self,
        texts: &(impl Iterator<Item = &'a str> + Clone),
    ) -> Result<Option<Marker>> {
        if !texts.clone().any(|text| self.0.iter().any(|control| text.contains(control.as_str()))) {
            return Ok(None);
        }
        let mut private = '\u{e000}'..='\u{f8ff}';
        let used: HashSet<char> =
            texts.clone().flat_map(str::chars).filter(|c| private.contains(c)).collect();
        let mark = private.find(|mark| !used.contains(mark)).ok_or_else(|| Error::Template {
            detail: "the messages use every character of Unicode's private area".to_owned(),
        })?;
        Ok(Some(Marker { controls: self.clone(), mark }))
    }
}

#[cfg(test)]
impl Marks {
    pub(crate) fn of(controls: &[&str]) -> Self {
        Self(controls.iter().map(|&control| control.to_owned()).collect())
    }
}

impl Marker {
    /// The text with a mark inside each control token.
    pub(crate) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut out = Cow::Borrowed(text);
        for control in self.controls.0.iter() {
            let mut chars = control.chars();
            if let Some(first) = chars.next()
                && out.contains(control.as_str())
            {
                out = Cow::Owned(out.replace(control, &format!("{first}{}{}", self.mark, chars.as_str())));
            }
        }
        out
    }

    /// The text without marks.
    #[cfg(feature = "tools")]
    pub(crate) fn clean(&self, text: &str) -> String {
        text.replace(self.mark, "")
    }

    /// The parts without marks; what surrounds one counts as input.
    pub(crate) fn reveal(&self, parts: Vec<PromptPart>) -> Vec<PromptPart> {
        let mut out = Vec::<PromptPart>::new();
        let mut push = |text: &str, is_input: bool| match out.last_mut() {
            Some(last) if last.is_input == is_input => last.text.push_str(text),
            _ => out.push(PromptPart { text: text.to_owned(), is_input }),
        };
        for part in parts {
            let pieces: Vec<&str> = part.text.split(self.mark).collect();
            for (i, piece) in pieces.iter().enumerate() {
                // The first character behind a mark and the last one in front of one.
                let head = if i > 0 { piece.chars().next().map_or(0, char::len_utf8) } else { 0 };
                let (head, rest) = piece.split_at(head);
                let is_last = i + 1 == pieces.len();
                let tail = if is_last { 0 } else { rest.chars().next_back().map_or(0, char::len_utf8) };
                let (body, tail) = rest.split_at(rest.len() - tail);
                push(head, true);
                push(body, part.is_input);
                push(tail, true);
            }
        }
        out.retain(|part| !part.text.is_empty());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        let texts = ["<|end|>", "\u{e000}"];
        Marks::of(&["<|end|>", "[X]"]).marker(&texts.into_iter()).unwrap().unwrap()
    }

    #[test]
    fn only_control_tokens_are_marked() {
        let marker = marker();
        assert_eq!(marker.mark, '\u{e001}', "the first one that is free");
        assert_eq!(marker.hide("a < b [Y]"), "a < b [Y]");
        assert_eq!(marker.hide("a<|end|>[X]"), "a<\u{e001}|end|>[\u{e001}X]");
        assert!(Marks::of(&["[X]"]).marker(&["nothing"].into_iter()).unwrap().is_none());
        let all: String = ('\u{e000}'..='\u{f8ff}').collect();
        let taken = Marks::of(&["[X]"]).marker(&["[X]", &"a".repeat(1 << 20), &all].into_iter());
        assert!(matches!(taken, Err(Error::Template { .. })));
    }

    #[test]
    fn marks_are_input_wherever_they_went() {
        let marker = marker();
        let hidden = format!("{{\"a\": \"{}\"}}<|end|>", marker.hide("x<|end|>"));
        let parts = marker.reveal(vec![PromptPart::template(hidden), PromptPart::input(marker.hide("[X]"))]);
        assert_eq!(
            parts,
            [
                PromptPart::template("{\"a\": \"x"),
                PromptPart::input("<|"),
                PromptPart::template("end|>\"}<|end|>"),
                PromptPart::input("[X]"),
            ]
        );
    }

    #[test]
    fn what_is_left_of_a_mark_does_no_harm() {
        let marker = marker();
        let mark = marker.mark;
        let parts = marker.reveal(vec![PromptPart::template(format!("{mark}{mark}a{mark}"))]);
        assert_eq!(parts, [PromptPart::input("a")]);
        assert_eq!(marker.reveal(Vec::new()), []);
    }
}
