//! A running generation of a session.

use super::completion::{Completion, Usage};
use super::run::{Limits, Run};
use super::session::Session;
use crate::error::Result;
use crate::sampler::Sampler;
use crate::structured::Format;
use crate::token::Token;
use std::iter::FusedIterator;

/// Sets up a generation; made by [`Session::generate`].
#[derive(Debug)]
#[must_use = "nothing is generated before `start`"]
pub struct GenerationBuilder<'s> {
    session: &'s mut Session,
    prompt: Vec<Token>,
    sampler: Option<Sampler>,
    format: Option<Format>,
    limits: Limits,
}

impl<'s> GenerationBuilder<'s> {
    pub(super) fn new(session: &'s mut Session, prompt: Vec<Token>) -> Self {
        Self { session, prompt, sampler: None, format: None, limits: Limits::default() }
    }

    /// How tokens are chosen. Used as it is, so a fresh one gives the same text for the same seed. The default
    /// is what the model recommends, see [`SamplingDefaults::sampler`](crate::SamplingDefaults::sampler).
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = Some(sampler);
        self
    }

    /// The form of the text; it replaces a grammar of the sampler. The generation ends where the text is complete;
    /// where a limit comes first, [`Generation::finish`] gives [`Error::Incomplete`](crate::Error::Incomplete).
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// As [`format`](Self::format) with [`Format::grammar`].
    pub fn grammar(self, gbnf: impl Into<String>) -> Self {
        self.format(Format::grammar(gbnf))
    }

    /// As [`format`](Self::format) with [`Format::choice`].
    pub fn choice(self, texts: &[impl AsRef<str>]) -> Self {
        self.format(Format::choice(texts))
    }

    /// As [`format`](Self::format) with [`Format::json_schema`].
    #[cfg(any(feature = "structured", feature = "llguidance"))]
    pub fn json_schema(self, schema: impl Into<String>) -> Self {
        self.format(Format::json_schema(schema))
    }

    /// Ends the generation after this many tokens. Without a limit it ends where the context does.
    pub fn max_tokens(mut self, tokens: usize) -> Self {
        self.limits.max_tokens = Some(tokens);
        self
    }

    /// Ends the generation in front of this text. May be called several times; empty strings are ignored.
    pub fn stop(mut self, text: impl Into<String>) -> Self {
        self.limits.stops.push(text.into());
        self
    }

    /// Checks the prompt. Computing starts with the first piece that is asked for.
    ///
    /// # Errors
    /// [`Error::ContextFull`](crate::Error::ContextFull) when prompt and one further token exceed the context;
    /// [`Error::EmptyBatch`](crate::Error::EmptyBatch) for an empty prompt; errors of creating the sampler; those
    /// of [`Format::compile`].
    pub fn start(self) -> Result<Generation<'s>> {
        let run = Run::new(self.session, self.prompt, self.limits)?;
        let mut sampler = match self.sampler {
            Some(sampler) => sampler,
            None => self.session.model().metadata().sampling_defaults()?.sampler().build()?,
        };
        if let Some(format) = self.format {
            sampler.set_grammar(Some(format.compile(&self.session.model().vocab())?))?;
        }
        Ok(Generation { session: self.session, sampler, run })
    }
}

/// A text being generated: an iterator of its pieces, and the result.
///
/// Each piece is one or more whole characters. The prompt is computed when the first piece is asked for.
/// Dropping the generation ends it; cancelling the session's [`CancelToken`](crate::CancelToken) ends it from
/// another thread, also while the prompt is being computed. Both leave the session usable.
#[derive(Debug)]
#[must_use = "nothing is generated before the first piece is asked for"]
pub struct Generation<'s> {
    session: &'s mut Session,
    sampler: Sampler,
    run: Run,
}

impl Generation<'_> {
    /// Generates what is left and gives the result.
    ///
    /// # Errors
    /// The error that ended the generation, also when the iterator has handed it out already;
    /// [`Error::Incomplete`](crate::Error::Incomplete) when a limit cut what a grammar describes.
    pub fn finish(mut self) -> Result<Completion> {
        for piece in self.by_ref() {
            piece?;
        }
        self.run.completion()
    }

    /// Ends the generation here and gives what there is.
    ///
    /// # Errors
    /// The error that ended the generation before.
    pub fn cancel(mut self) -> Result<Completion> {
        self.run.cancel();
        self.run.completion()
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        self.run.text()
    }

    /// Numbers of tokens so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.run.usage()
    }
}

impl Iterator for Generation<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.run.step(self.session, &mut self.sampler)
    }
}

impl FusedIterator for Generation<'_> {}
