//! A running generation of a session.

use super::completion::{Completion, Piece, StopReason, Usage};
use super::run::{Limits, Progress, Run};
use super::session::Session;
use super::speculative::{Draft, PromptLookup};
use crate::error::Result;
use crate::sampler::Sampler;
use crate::structured::Format;
use crate::token::Token;
use std::iter::FusedIterator;

/// Sets up a generation; made by [`Session::generate`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// use llama::Sampler;
/// let sampler = Sampler::builder().temperature(0.7).seed(1).build()?;
/// let done = session.generate(&prompt).sampler(sampler).stop(".").max_tokens(20).start()?.finish()?;
/// assert!(!done.text.contains('.'));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is generated before `start`"]
pub struct GenerationBuilder<'s> {
    session: &'s mut Session,
    prompt: Vec<Token>,
    sampler: Option<Sampler>,
    format: Option<Format>,
    limits: Limits,
    progress: Option<Progress>,
}

impl<'s> GenerationBuilder<'s> {
    pub(super) fn new(session: &'s mut Session, prompt: Vec<Token>) -> Self {
        Self { session, prompt, sampler: None, format: None, limits: Limits::default(), progress: None }
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

    /// Notes with each token how likely it was, and the `n` most likely ones. These are the model's
    /// probabilities before biases, grammar and samplers change them, see
    /// [`TokenLogprobs`](crate::TokenLogprobs). Costs one more pass over the logits of each token.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// # let mut session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
    /// # let prompt = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
    /// let mut story = session.generate(&prompt).logprobs(3).max_tokens(5).start()?;
    /// while let Some(piece) = story.next_piece() {
    ///     for token in piece?.logprobs {
    ///         println!("{:?} {:.2} of {:?}", token.token, token.log_probability, token.top);
    ///     }
    /// }
    /// # Ok::<(), llama::Error>(())
    /// ```
    pub fn logprobs(mut self, n: usize) -> Self {
        self.limits.logprobs = Some(n);
        self
    }

    /// Goes on where the context is full: the first `keep` tokens stay, of the others the older half is
    /// forgotten, as often as needed. [`Usage::discarded`] counts them; see [`Session::shift`] for what that does
    /// to the text. Without this the generation ends with [`StopReason::ContextFull`].
    pub fn shift(mut self, keep: usize) -> Self {
        self.limits.shift = Some(keep);
        self
    }

    /// Proposes what followed the last tokens when they occurred before, and computes several proposals in one
    /// step; see [`PromptLookup`].
    pub fn prompt_lookup(mut self, lookup: PromptLookup) -> Self {
        self.limits.lookup = Some(lookup);
        self
    }

    /// Lets a smaller model propose tokens, and computes several proposals in one step; see [`Draft`]. The
    /// session keeps the memory of the smaller model for later generations that name it.
    pub fn draft(mut self, draft: impl Into<Draft>) -> Self {
        self.limits.draft = Some(draft.into());
        self
    }

    /// Is told after each ubatch of the prompt how many tokens of it are in memory, and how many it has.
    pub fn on_prompt(mut self, progress: impl FnMut(usize, usize) + Send + 'static) -> Self {
        self.progress = Some(Progress(Box::new(progress)));
        self
    }

    /// Checks the prompt. Computing starts with the first piece that is asked for.
    ///
    /// # Errors
    /// [`Error::ContextFull`](crate::Error::ContextFull) when prompt and one further token exceed the context;
    /// [`Error::EmptyBatch`](crate::Error::EmptyBatch) for an empty prompt;
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) and
    /// [`Error::Memory`](crate::Error::Memory) for a shift that cannot be;
    /// [`Error::Draft`](crate::Error::Draft) for a draft model that does not fit; errors of creating the sampler; those
    /// of [`Format::compile`].
    pub fn start(self) -> Result<Generation<'s>> {
        let mut run = Run::new(self.session, self.prompt.into(), self.limits)?;
        run.set_progress(self.progress);
        let mut sampler = match self.sampler {
            Some(sampler) => sampler,
            None => self.session.model().metadata().sampling_defaults()?.sampler().build()?,
        };
        if let Some(format) = self.format {
            sampler.set_grammar(Some(format.compile(&self.session.model().vocab())?))?;
        }
        Ok(Generation { session: self.session, sampler: Held::Own(Box::new(sampler)), run })
    }
}

/// A sampler of the generation, or of whoever started it.
#[derive(Debug)]
enum Held<'s> {
    Own(Box<Sampler>),
    Lent(&'s mut Sampler),
}

/// A text being generated: an iterator of its pieces, and the result.
///
/// Each piece is one or more whole characters. The prompt is computed when the first piece is asked for.
/// Dropping the generation ends it; cancelling the session's [`CancelToken`](crate::CancelToken) ends it from
/// another thread, also while the prompt is being computed. Both leave the session usable.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(256).build()?)?;
/// # let prompt = model.vocab().tokenize("The capital of France", llama::Special::AsText)?;
/// let mut text = session.generate(&prompt).max_tokens(20).start()?;
/// for piece in &mut text {
///     print!("{}", piece?);
/// }
/// let done = text.finish()?;
/// println!(" [{}]", done.stop);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is generated before the first piece is asked for"]
pub struct Generation<'s> {
    session: &'s mut Session,
    sampler: Held<'s>,
    run: Run,
}

impl<'s> Generation<'s> {
    /// One whose sampler is used again later.
    pub(crate) fn lent(session: &'s mut Session, sampler: &'s mut Sampler, run: Run) -> Self {
        Self { session, sampler: Held::Lent(sampler), run }
    }

    /// Computes up to the next piece of text and gives it with its tokens; `None` at the end.
    pub fn next_piece(&mut self) -> Option<Result<Piece>> {
        let sampler = match &mut self.sampler {
            Held::Own(sampler) => sampler,
            Held::Lent(sampler) => &mut **sampler,
        };
        self.run.next_piece(self.session, sampler)
    }

    /// Generates what is left and gives the result.
    ///
    /// # Errors
    /// The error that ended the generation, also when the iterator has handed it out already;
    /// [`Error::Incomplete`](crate::Error::Incomplete) when a limit cut what a grammar describes.
    pub fn finish(mut self) -> Result<Completion> {
        while let Some(piece) = self.next_piece() {
            piece?;
        }
        self.run.completion()
    }

    /// Ends the generation here and gives what there is.
    ///
    /// # Errors
    /// The error that ended the generation before.
    pub fn cancel(mut self) -> Result<Completion> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<Completion> {
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

    /// Why the text ended; `None` while it has not, and after an error.
    #[must_use]
    pub fn stop_reason(&self) -> Option<&StopReason> {
        self.run.stop()
    }

    /// The session that computes.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.session
    }
}

impl Iterator for Generation<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_piece()? {
                // The last tokens may have no text.
                Ok(piece) if piece.text.is_empty() => {}
                piece => return Some(piece.map(|piece| piece.text)),
            }
        }
    }
}

impl FusedIterator for Generation<'_> {}
