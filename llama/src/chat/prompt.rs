//! From messages to the tokens of a prompt that fits.

use super::Overflow;
use super::history::History;
use crate::chat_template::{ChatTemplate, TemplateOptions};
use crate::error::{Error, Result};
use crate::message::Message;
use crate::token::Token;
use crate::vocab::Vocab;

/// Renders and tokenizes.
#[derive(Debug)]
pub(super) struct Prompter {
    vocab: Vocab,
    template: ChatTemplate,
    options: TemplateOptions,
}

/// Room for prompt and reply, in tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Tokens that the context holds.
    pub(super) capacity: usize,
    /// Tokens to keep free for the reply where older messages can make room.
    pub(super) reserve: usize,
}

impl Room {
    /// A quarter of the context is kept for the reply, or less where a reply is limited to less.
    pub(super) fn new(capacity: usize, max_tokens: Option<usize>) -> Self {
        let quarter = capacity / 4;
        Self { capacity, reserve: max_tokens.map_or(quarter, |max| max.min(quarter)).max(1) }
    }

    fn is_ample(self, tokens: usize) -> bool {
        tokens.saturating_add(self.reserve) <= self.capacity
    }
}

impl Prompter {
    pub(super) fn new(vocab: Vocab, template: ChatTemplate, options: TemplateOptions) -> Self {
        Self { vocab, template, options }
    }

    /// The same for a reply that begins at once, without the thoughts that some models write first.
    pub(super) fn direct(&self) -> Self {
        let mut options = self.options.clone();
        options.variables.retain(|(name, _)| name != "enable_thinking");
        let options = options.variable("enable_thinking", false);
        Self { vocab: self.vocab.clone(), template: self.template.clone(), options }
    }

    pub(super) fn template(&self) -> &ChatTemplate {
        &self.template
    }

    /// The tokens of a prompt. Moves the history's window forward where the policy allows and the room demands it.
    pub(super) fn fit(&self, history: &mut History, room: Room, policy: Overflow) -> Result<Vec<Token>> {
        let mut best = self.tokens(&history.window(history.start()))?;
        if !room.is_ample(best.len()) && policy == Overflow::DropOldest {
            // Later windows are shorter, so the first that fits is found by halving. The last, the newest question
            // alone, is taken even if the reply gets less room.
            let starts = history.later_starts();
            let (mut low, mut high) = (0, starts.len());
            while low < high {
                let middle = low.midpoint(high);
                let tokens = self.tokens(&history.window(starts[middle]))?;
                let fits = room.is_ample(tokens.len());
                if fits || middle + 1 == starts.len() {
                    best = tokens;
                    history.set_start(starts[middle]);
                }
                (low, high) = if fits { (low, middle) } else { (middle + 1, high) };
            }
        }
        if best.len() >= room.capacity {
            return Err(Error::ContextFull { needed: best.len() + 1, available: room.capacity });
        }
        Ok(best)
    }

    fn tokens(&self, messages: &[Message]) -> Result<Vec<Token>> {
        let prompt = match self.template.render(messages, &self.options) {
            Ok(prompt) => prompt,
            // Some templates refuse system messages: their models read instructions in the first question.
            Err(error) => match merged(messages).map(|merged| self.template.render(&merged, &self.options)) {
                Some(Ok(prompt)) => prompt,
                _ => return Err(error),
            },
        };
        prompt.tokenize(&self.vocab)
    }
}

/// The messages with the system message in front of the first question; `None` where there is none of either.
fn merged(messages: &[Message]) -> Option<Vec<Message>> {
    let (system, rest) = messages.split_first().filter(|(first, _)| first.role == "system")?;
    let (question, rest) = rest.split_first().filter(|(first, _)| first.role == "user")?;
    let first = Message::user(format!("{}\n\n{}", system.content, question.content));
    Some(std::iter::once(first).chain(rest.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_the_reply() {
        assert_eq!(Room::new(1024, None).reserve, 256);
        assert_eq!(Room::new(1024, Some(10)).reserve, 10);
        assert_eq!(Room::new(1024, Some(1000)).reserve, 256);
        assert_eq!(Room::new(2, Some(0)).reserve, 1);
        assert!(Room::new(1024, None).is_ample(768) && !Room::new(1024, None).is_ample(769));
    }

    #[test]
    fn instructions_move_into_the_first_question() {
        let messages = [Message::system("Be brief."), Message::user("Hi"), Message::assistant("Yes?")];
        let expected = [Message::user("Be brief.\n\nHi"), Message::assistant("Yes?")];
        assert_eq!(merged(&messages).as_deref(), Some(&expected[..]));
        assert_eq!(merged(&messages[1..]), None);
        assert_eq!(merged(&messages[..1]), None);
    }
}
