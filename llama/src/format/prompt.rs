//! A rendered request.

use super::{ParsedMessage, read, template_error};
use crate::chat_template::ChatTemplate;
use crate::error::{Error, Result};
#[cfg(feature = "multimodal")]
use crate::multimodal::StandIns;
use crate::prompt::Prompt;
use crate::sampler::Grammar;
use crate::token::Token;
use crate::vocab::marks::Marker;
use crate::vocab::{PromptPart, Special, Vocab};
use llama_sys::chat::Parser;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What the shim returns.
#[derive(Debug, Deserialize)]
pub(super) struct Applied {
    prompt: Vec<Part>,
    grammar: String,
    grammar_lazy: bool,
    triggers: Vec<Trigger>,
    preserved_tokens: Vec<String>,
    additional_stops: Vec<String>,
    generation_prompt: String,
    supports_thinking: bool,
    thinking_start: String,
    thinking_ends: Vec<String>,
    format: i32,
    parser: String,
}

#[derive(Debug, Deserialize)]
struct Part {
    text: String,
    is_input: bool,
}

/// When a lazy grammar begins.
#[derive(Debug, Clone, Deserialize)]
struct Trigger {
    kind: TriggerKind,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TriggerKind {
    /// This text.
    Word,
    /// A regular expression.
    Pattern,
    /// A regular expression for all of the text.
    Whole,
}

/// A rendered request, and all that is needed to get the answer right.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{ChatFormat, ChatRequest, Message};
/// let prompt = ChatFormat::of_model(&model)?.render(&ChatRequest::new([Message::user("Hi")]))?;
/// let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// let done = session.generate(&prompt.tokenize()?).max_tokens(50).start()?.finish()?;
/// println!("{}", prompt.parse(&done.text)?.content);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChatPrompt {
    prompt: Prompt,
    grammar: String,
    lazy: bool,
    triggers: Vec<Trigger>,
    preserved: Vec<String>,
    stops: Vec<String>,
    generation_prompt: String,
    supports_thinking: bool,
    thinking_start: String,
    thinking_ends: Vec<String>,
    parser: Arc<Parser>,
    vocab: Vocab,
}

impl ChatPrompt {
    pub(super) fn new(
        mut applied: Applied,
        marker: Option<&Marker>,
        template: &ChatTemplate,
        vocab: &Vocab,
    ) -> Result<Self> {
        let part = |part: Part| PromptPart { text: part.text, is_input: part.is_input };
        let mut parts: Vec<PromptPart> = applied.prompt.into_iter().map(part).collect();
        let mut generation_prompt = applied.generation_prompt;
        if let Some(marker) = marker {
            parts = marker.reveal(parts);
            generation_prompt = marker.clean(&generation_prompt);
            // Names and values of the tools' schemas are there, too.
            applied.grammar = marker.clean(&applied.grammar);
            applied.parser = marker.clean(&applied.parser);
        }
        let params = json!({
            "format": applied.format,
            "generation_prompt": generation_prompt,
            "parser": applied.parser,
        });
        Ok(Self {
            prompt: template.finish(parts),
            grammar: applied.grammar,
            lazy: applied.grammar_lazy,
            triggers: applied.triggers,
            preserved: applied.preserved_tokens,
            stops: applied.additional_stops,
            generation_prompt,
            supports_thinking: applied.supports_thinking,
            thinking_start: applied.thinking_start,
            thinking_ends: applied.thinking_ends,
            parser: Arc::new(Parser::new(&params.to_string()).map_err(|fault| template_error(&fault))?),
            vocab: vocab.clone(),
        })
    }

    /// Puts media in place of their stand-ins.
    #[cfg(feature = "multimodal")]
    pub(super) fn with_media(mut self, stand_ins: &StandIns) -> Result<Self> {
        self.prompt = self.prompt.with_media(stand_ins)?;
        Ok(self)
    }

    /// The prompt, which knows what of it came from the messages.
    #[must_use]
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// The tokens of the prompt.
    ///
    /// # Errors
    /// As [`Prompt::tokenize`].
    pub fn tokenize(&self) -> Result<Vec<Token>> {
        self.prompt.tokenize(&self.vocab)
    }

    /// The grammar of the answer as GBNF, if there is one. [`grammar`](Self::grammar) makes it ready for use.
    #[must_use]
    pub fn gbnf(&self) -> Option<&str> {
        (!self.grammar.is_empty()).then_some(self.grammar.as_str())
    }

    /// True when the grammar only begins where the model begins a call.
    #[must_use]
    pub fn is_lazy(&self) -> bool {
        self.lazy
    }

    /// The grammar for [`SamplerBuilder::grammar`](crate::SamplerBuilder::grammar), if there is one: lazy, or
    /// moved behind what the prompt says of the answer already. A lazy one sleeps while the model thinks. Made anew
    /// for each answer.
    ///
    /// # Errors
    /// As [`Grammar::new`] and [`Grammar::lazy`].
    pub fn grammar(&self) -> Result<Option<Grammar>> {
        let Some(gbnf) = self.gbnf() else { return Ok(None) };
        if !self.lazy {
            let mut grammar = Grammar::new(&self.vocab, gbnf)?;
            grammar.spell(&self.preserved_tokens()?)?;
            grammar.skip(&self.generation_prompt)?;
            return Ok(Some(grammar));
        }
        let (mut patterns, mut tokens) = (Vec::new(), Vec::new());
        for trigger in &self.triggers {
            match trigger.kind {
                TriggerKind::Word => match self.single(&trigger.text)? {
                    Some(token) => tokens.push(token),
                    None => patterns.push(escape(&trigger.text)),
                },
                TriggerKind::Pattern => patterns.push(trigger.text.clone()),
                TriggerKind::Whole => patterns.push(anchored(&trigger.text)),
            }
        }
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let mut grammar = Grammar::lazy(&self.vocab, gbnf, "root", &patterns, &tokens)?;
        grammar.spell(&self.preserved_tokens()?)?;
        if !self.thinking_start.is_empty() && !self.thinking_ends.is_empty() {
            grammar.ignore_thoughts(&self.thinking_start, &self.thinking_ends, &self.generation_prompt)?;
        }
        Ok(Some(grammar))
    }

    /// The token of a text that is a single one and is kept in the answer.
    fn single(&self, text: &str) -> Result<Option<Token>> {
        if !self.preserved.iter().any(|kept| kept == text) {
            return Ok(None);
        }
        Ok(match *self.vocab.tokenize_fragment(text, Special::Parse)? {
            [token] => Some(token),
            _ => None,
        })
    }

    /// Texts that end the answer, beside the model's own end.
    #[must_use]
    pub fn stops(&self) -> &[String] {
        &self.stops
    }

    /// Special tokens whose text belongs to the answer, because [`parse`](Self::parse) looks for it.
    ///
    /// # Errors
    /// As [`Vocab::tokenize`].
    pub fn preserved_tokens(&self) -> Result<Vec<Token>> {
        let tokens = self.preserved.iter().map(|text| self.single(text));
        tokens.filter_map(Result::transpose).collect()
    }

    /// True when the model can think before it answers.
    #[must_use]
    pub fn supports_thinking(&self) -> bool {
        self.supports_thinking
    }

    /// Takes a complete answer apart.
    ///
    /// # Errors
    /// [`Error::Reply`] when it is not of the model's format.
    pub fn parse(&self, text: &str) -> Result<ParsedMessage> {
        self.run(text, false)
    }

    /// Takes apart what there is of an answer so far. Text that may be the beginning of something else waits.
    ///
    /// # Errors
    /// [`Error::Reply`] when no answer of the model's format begins like this.
    pub fn parse_partial(&self, text: &str) -> Result<ParsedMessage> {
        self.run(text, true)
    }

    fn run(&self, text: &str, partial: bool) -> Result<ParsedMessage> {
        let parsed = self.parser.parse(text, partial);
        let json = parsed.map_err(|fault| Error::Reply {
            detail: fault.message().trim().to_owned(),
            text: text.to_owned(),
        })?;
        read(&json)
    }
}

/// A regular expression for just this text.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if ".^$|()*+?[]{}\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A regular expression for the whole of a text.
fn anchored(pattern: &str) -> String {
    let start = if pattern.starts_with('^') { "" } else { "^" };
    let end = if pattern.ends_with('$') { "" } else { "$" };
    format!("{start}{pattern}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_patterns() {
        assert_eq!(escape("<|a|>[x]"), "<\\|a\\|>\\[x\\]");
        assert_eq!(anchored("a"), "^a$");
        assert_eq!(anchored("^a$"), "^a$");
    }
}
