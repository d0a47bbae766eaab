//! Replies of a given form: grammars, choices among texts, JSON, typed values.
//!
//! A form is a grammar in the sampler's own slot: it sees what is generated and never the prompt. The generation
//! ends by itself where the text is complete, and cannot end before; where a limit comes first, that is
//! [`Error::Incomplete`], with what there is.
#![forbid(unsafe_code)]

#[cfg(feature = "structured")]
mod schema;
#[cfg(feature = "structured")]
mod typed;

#[cfg(feature = "tools")]
pub(crate) use schema::name_root;

use crate::error::{Error, Result};
use crate::sampler::Grammar;
use crate::vocab::Vocab;
use std::fmt::Write as _;

/// The form of a reply.
///
/// ```
/// use llama::Format;
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut chat = model.chat("")?;
/// let answer = chat.ask_as("Is the sky blue?", &Format::choice(&["yes", "no", "sometimes"]))?;
/// assert!(["yes", "no", "sometimes"].contains(&answer.as_str()));
/// let time = chat.ask_as("What time is it?", &Format::grammar(r#"root ::= [0-2] [0-9] ":" [0-5] [0-9]"#))?;
/// assert_eq!(time.len(), 5);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    source: Source,
    engine: Engine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Gbnf(String),
    Choice(Vec<String>),
    #[cfg(any(feature = "structured", feature = "llguidance"))]
    JsonSchema(String),
    #[cfg(feature = "llguidance")]
    Lark(String),
    #[cfg(feature = "llguidance")]
    Regex(String),
}

/// What runs the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Own,
    #[cfg(feature = "llguidance")]
    Guidance,
}

impl Format {
    fn of(source: Source) -> Self {
        Self { source, engine: Engine::Own }
    }

    /// What a grammar in GBNF describes, from its rule `root` on.
    #[must_use]
    pub fn grammar(gbnf: impl Into<String>) -> Self {
        Self::of(Source::Gbnf(gbnf.into()))
    }

    /// One of these texts. Which one is drawn like any text; to compare the options' probabilities use
    /// [`Chat::decide_among`](crate::Chat::decide_among).
    #[must_use]
    pub fn choice(texts: &[impl AsRef<str>]) -> Self {
        Self::of(Source::Choice(texts.iter().map(|text| text.as_ref().to_owned()).collect()))
    }

    /// JSON that a JSON schema accepts. With feature `structured`, or `llguidance` alone.
    ///
    /// # What is supported
    /// | of | keywords |
    /// |---|---|
    /// | everything | `type` (also a list), `enum`, `const`, `$ref` into the same document, `$defs`, `anyOf`, `oneOf` (as `anyOf`), `allOf` with one schema |
    /// | objects | `properties` (written in their order), `required`, `additionalProperties`; without the latter only the properties named |
    /// | arrays | `items`, `minItems`, `maxItems` up to 2000; `prefixItems` (exactly those) |
    /// | strings | one of: `minLength` and `maxLength` up to 2000; `format` (date, time, date-time, uuid); `pattern` of letters, digits, spaces, `-`, `_`, groups, positive classes, alternatives in groups and repetitions |
    /// | integers | `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`; the formats of Rust's integers |
    ///
    /// Annotations (`title`, `description`, `default` and so on) are allowed and change nothing. Every other keyword
    /// is an error, also where llama.cpp's converter, which does the work, would ignore it. Dates may name a 31st
    /// of February. Whole numbers have up to 16 digits, decimal ones an exponent of up to two.
    #[cfg(any(feature = "structured", feature = "llguidance"))]
    #[must_use]
    pub fn json_schema(schema: impl Into<String>) -> Self {
        Self::of(Source::JsonSchema(schema.into()))
    }

    /// A grammar in the Lark notation of `llguidance`.
    #[cfg(feature = "llguidance")]
    #[must_use]
    pub fn lark(grammar: impl Into<String>) -> Self {
        Self { source: Source::Lark(grammar.into()), engine: Engine::Guidance }
    }

    /// A text that a regular expression matches from its beginning to its end, in the notation of the `regex`
    /// crate.
    #[cfg(feature = "llguidance")]
    #[must_use]
    pub fn regex(pattern: impl Into<String>) -> Self {
        Self { source: Source::Regex(pattern.into()), engine: Engine::Guidance }
    }

    /// Lets the `llguidance` engine do the work for a JSON schema. It knows other keywords than those of
    /// [`json_schema`](Self::json_schema), and decides which it supports. Its numbers may have exponents that no
    /// type holds. Does nothing for grammars and choices.
    #[cfg(feature = "llguidance")]
    #[must_use]
    pub fn with_llguidance(mut self) -> Self {
        self.engine = Engine::Guidance;
        self
    }

    /// The grammar for a vocabulary.
    ///
    /// # Errors
    /// As [`Grammar::new`]; [`Error::Schema`]; [`Error::InvalidParameter`] for a choice among no texts or empty
    /// ones.
    pub fn compile(&self, vocab: &Vocab) -> Result<Grammar> {
        match (&self.source, self.engine) {
            (Source::Gbnf(gbnf), _) => Grammar::new(vocab, gbnf),
            (Source::Choice(texts), _) => Grammar::new(vocab, &choice_grammar(texts)?),
            #[cfg(feature = "structured")]
            (Source::JsonSchema(schema), Engine::Own) => Grammar::new(vocab, &schema::to_gbnf(schema)?),
            #[cfg(all(feature = "llguidance", not(feature = "structured")))]
            (Source::JsonSchema(schema), Engine::Own) => Grammar::guided_json(vocab, schema),
            #[cfg(feature = "llguidance")]
            (Source::JsonSchema(schema), Engine::Guidance) => Grammar::guided_json(vocab, schema),
            #[cfg(feature = "llguidance")]
            (Source::Lark(grammar), _) => Grammar::guided_lark(vocab, grammar),
            #[cfg(feature = "llguidance")]
            (Source::Regex(pattern), _) => Grammar::guided_regex(vocab, pattern),
        }
    }
}

fn choice_grammar(texts: &[String]) -> Result<String> {
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(Error::invalid("choice", "there are no texts, or one is empty"));
    }
    let mut gbnf = String::from("root ::= ");
    for (at, text) in texts.iter().enumerate() {
        gbnf.push_str(if at == 0 { "\"" } else { " | \"" });
        for c in text.chars() {
            match c {
                '"' | '\\' => gbnf.extend(['\\', c]),
                c if c.is_control() => {
                    let _ = write!(gbnf, "\\U{:08x}", u32::from(c));
                }
                c => gbnf.push(c),
            }
        }
        gbnf.push('"');
    }
    Ok(gbnf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_quoted() {
        let texts = ["a\"b".to_owned(), "\\n".to_owned(), "x\ny\0🦙".to_owned()];
        assert_eq!(
            choice_grammar(&texts).unwrap(),
            "root ::= \"a\\\"b\" | \"\\\\n\" | \"x\\U0000000ay\\U00000000🦙\""
        );
        assert!(choice_grammar(&[]).is_err() && choice_grammar(&[String::new()]).is_err());
    }
}
