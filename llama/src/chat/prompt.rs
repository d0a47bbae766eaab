//! From messages to the tokens of a prompt that fits.

use super::Overflow;
use super::history::History;
use super::reader::Form;
use super::trim::{Overrun, Trim};
use crate::chat_template::{ChatTemplate, TemplateOptions};
use crate::error::{Error, Result};
#[cfg(feature = "tools")]
use crate::format::{ChatFormat, ChatRequest, ToolChoice, ToolDefinition};
use crate::generate::Content;
use crate::message::Message;
#[cfg(feature = "multimodal")]
use crate::multimodal::{Projector, Sketch};
use crate::prompt::Prompt;
use crate::vocab::Vocab;

/// Renders and tokenizes.
#[derive(Debug, Clone)]
pub(super) struct Prompter {
    vocab: Vocab,
    template: ChatTemplate,
    options: TemplateOptions,
    #[cfg(feature = "tools")]
    format: ChatFormat,
    /// Tools of the message that is being answered.
    #[cfg(feature = "tools")]
    pub(super) tools: Offer,
    #[cfg(feature = "multimodal")]
    projector: Option<Projector>,
}

/// Tools that the model is offered.
#[cfg(feature = "tools")]
#[derive(Debug, Clone, Default)]
pub(super) struct Offer {
    pub(super) tools: Vec<ToolDefinition>,
    pub(super) choice: ToolChoice,
    pub(super) parallel: bool,
}

/// A prompt, and what it says about the reply.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) content: Content,
    pub(super) form: Form,
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

    /// Refuses a prompt that leaves no room for a single token.
    fn check(self, prompt: Rendered) -> Result<Rendered> {
        let tokens = prompt.content.len();
        if tokens >= self.capacity {
            return Err(Error::ContextFull { needed: tokens + 1, available: self.capacity });
        }
        Ok(prompt)
    }

    fn is_ample(self, tokens: usize) -> bool {
        tokens.saturating_add(self.reserve) <= self.capacity
    }
}

impl Prompter {
    pub(super) fn new(
        vocab: Vocab,
        template: ChatTemplate,
        options: TemplateOptions,
        #[cfg(feature = "tools")] format: ChatFormat,
        #[cfg(feature = "multimodal")] projector: Option<Projector>,
    ) -> Self {
        Self {
            vocab,
            template,
            options,
            #[cfg(feature = "tools")]
            format,
            #[cfg(feature = "tools")]
            tools: Offer::default(),
            #[cfg(feature = "multimodal")]
            projector,
        }
    }

    /// The same for a reply that begins at once, without the thoughts that some models write first.
    pub(super) fn direct(&self) -> Self {
        let mut direct = self.clone();
        direct.options.variables.retain(|(name, _)| name != "enable_thinking");
        direct.options = direct.options.variable("enable_thinking", false);
        direct
    }

    pub(super) fn template(&self) -> &ChatTemplate {
        &self.template
    }

    /// The tokens of a prompt. Where the room demands it, the history becomes what `trim` keeps; without that, its
    /// window moves forward as the policy allows.
    pub(super) fn fit(
        &self,
        history: &mut History,
        room: Room,
        policy: Overflow,
        trim: Option<&Trim>,
    ) -> Result<Rendered> {
        match trim {
            Some(trim) => self.fit_trimmed(history, room, trim),
            None => self.fit_window(history, room, policy),
        }
    }

    fn fit_window(&self, history: &mut History, room: Room, policy: Overflow) -> Result<Rendered> {
        let mut best = self.render(&history.window(history.start()))?;
        if !room.is_ample(best.content.len()) && policy != Overflow::Refuse {
            // Later windows are shorter, so the first that fits is found by halving. The last, the newest question
            // alone, is taken even if the reply gets less room.
            let starts = history.later_starts();
            let (mut low, mut high) = (0, starts.len());
            while low < high {
                let middle = low.midpoint(high);
                let rendered = self.render(&history.window(starts[middle]))?;
                let fits = room.is_ample(rendered.content.len());
                if fits || middle + 1 == starts.len() {
                    best = rendered;
                    history.set_start(starts[middle]);
                }
                (low, high) = if fits { (low, middle) } else { (middle + 1, high) };
            }
        }
        room.check(best)
    }

    fn fit_trimmed(&self, history: &mut History, room: Room, trim: &Trim) -> Result<Rendered> {
        let mut rendered = self.render(&history.window(0))?;
        let prompt = rendered.content.len();
        if !room.is_ample(prompt) {
            let sizes = Overrun { prompt, available: room.capacity, reserved: room.reserve };
            *history = History::new(trim.call(history.messages(), sizes));
            rendered = self.render(&history.window(0))?;
        }
        room.check(rendered)
    }

    /// How many tokens at the beginning of a prompt belong to the instructions and what the template puts in front
    /// of the first message behind them.
    pub(super) fn instructions(&self, history: &History, prompt: &Content) -> usize {
        // What is left of the prompt when everything behind the instructions is something else.
        let mut other = history.window(usize::MAX);
        other.push(Message::user("\u{fffd}"));
        self.render(&other).map_or(0, |other| other.content.common(prompt))
    }

    fn render(&self, messages: &[Message]) -> Result<Rendered> {
        match self.render_as_is(messages) {
            Ok(rendered) => Ok(rendered),
            // Some templates refuse system messages: their models read instructions in the first question.
            Err(error) => match merged(messages).map(|merged| self.render_as_is(&merged)) {
                Some(Ok(rendered)) => Ok(rendered),
                _ => Err(error),
            },
        }
    }

    #[cfg(not(feature = "tools"))]
    fn render_as_is(&self, messages: &[Message]) -> Result<Rendered> {
        let prompt = self.template.render(messages, &self.options)?;
        Ok(Rendered { content: self.tokenize(&prompt)?, form: Form })
    }

    #[cfg(feature = "tools")]
    fn render_as_is(&self, messages: &[Message]) -> Result<Rendered> {
        let request = ChatRequest::new(messages.iter().cloned())
            .tools(self.tools.tools.iter().cloned())
            .tool_choice(self.tools.choice)
            .parallel_tool_calls(self.tools.parallel)
            .options(&self.options);
        let form = self.format.render(&request)?;
        Ok(Rendered { content: self.tokenize(form.prompt())?, form })
    }

    fn tokenize(&self, prompt: &Prompt) -> Result<Content> {
        #[cfg(feature = "multimodal")]
        if let Some(projector) = self.projector.as_ref().filter(|_| prompt.has_media()) {
            return Content::try_from(Sketch::new(projector, prompt.media_parts(&self.vocab)?)?);
        }
        prompt.tokenize(&self.vocab).map(Content::from)
    }
}

/// The messages with the system message in front of the first question; `None` where there is none of either.
fn merged(messages: &[Message]) -> Option<Vec<Message>> {
    let (system, rest) = messages.split_first().filter(|(first, _)| first.role == "system")?;
    let (question, rest) = rest.split_first().filter(|(first, _)| first.role == "user")?;
    let first = system.followed_by(question);
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
