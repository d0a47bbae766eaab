//! The messages of a chat and which of them still go into the prompt.

use crate::message::Message;

/// All messages, and a window on them: the instructions at the beginning and everything from `start` on.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    messages: Vec<Message>,
    /// First message behind the instructions that goes into the prompt.
    start: usize,
}

impl History {
    pub(super) fn new(messages: Vec<Message>) -> Self {
        Self { messages, start: 0 }
    }

    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn push(&mut self, message: Message) {
        self.messages.push(message);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.messages.truncate(len);
        if self.messages.len() <= self.start {
            self.start = 0;
        }
    }

    /// Forgets everything but the instructions.
    pub(super) fn clear(&mut self) {
        self.truncate(self.instructions());
        self.start = 0;
    }

    /// Number of messages at the beginning that are instructions to the model.
    fn instructions(&self) -> usize {
        self.messages.iter().take_while(|message| is_instruction(message)).count()
    }

    /// Number of messages that no longer go into the prompt.
    pub(super) fn dropped(&self) -> usize {
        self.start.saturating_sub(self.instructions())
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn set_start(&mut self, start: usize) {
        self.start = start;
    }

    /// The messages of a prompt whose window begins at `start`.
    pub(super) fn window(&self, start: usize) -> Vec<Message> {
        let instructions = self.instructions();
        let rest = self.messages.get(start.max(instructions)..).unwrap_or_default();
        self.messages[..instructions].iter().chain(rest).cloned().collect()
    }

    /// Where later windows can begin, in order: at each question behind the first message of the present one.
    /// The last is the newest question.
    pub(super) fn later_starts(&self) -> Vec<usize> {
        let first = self.start.max(self.instructions());
        (first + 1..self.messages.len()).filter(|&at| self.messages[at].role == "user").collect()
    }
}

fn is_instruction(message: &Message) -> bool {
    matches!(message.role.as_str(), "system" | "developer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let mut history = History::new(vec![Message::system("s")]);
        for turn in ["1", "2", "3"] {
            history.push(Message::user(format!("q{turn}")));
            history.push(Message::assistant(format!("a{turn}")));
        }
        history.push(Message::user("q4"));
        history
    }

    fn texts(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.content.as_str()).collect()
    }

    #[test]
    fn windows_begin_with_the_instructions_and_a_question() {
        let mut history = history();
        assert_eq!(history.later_starts(), [3, 5, 7]);
        assert_eq!(texts(&history.window(0)), ["s", "q1", "a1", "q2", "a2", "q3", "a3", "q4"]);
        assert_eq!(texts(&history.window(5)), ["s", "q3", "a3", "q4"]);
        history.set_start(5);
        assert_eq!(history.later_starts(), [7]);
        assert_eq!((history.dropped(), history.messages().len()), (4, 8));
    }

    #[test]
    fn clearing_keeps_the_instructions() {
        let mut history = history();
        history.set_start(5);
        history.clear();
        assert_eq!((texts(history.messages()), history.dropped()), (vec!["s"], 0));
    }

    #[test]
    fn truncating_behind_the_window_resets_it() {
        let mut history = history();
        history.set_start(5);
        history.truncate(7);
        assert_eq!(history.dropped(), 4);
        history.truncate(3);
        assert_eq!(history.dropped(), 0);
    }

    #[test]
    fn without_instructions() {
        let mut history = History::new(Vec::new());
        history.push(Message::user("q"));
        assert_eq!(history.later_starts(), [0; 0]);
        assert_eq!(texts(&history.window(0)), ["q"]);
    }
}
