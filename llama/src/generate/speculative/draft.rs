//! Proposals from a smaller model.

use super::super::content::Content;
use super::Session;
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::token::Token;
use crate::vocab::Vocab;
use std::sync::Arc;

/// Largest difference between the sizes of the two vocabularies: paddings differ within model families.
const MAX_VOCAB_DIFFERENCE: usize = 128;

/// Speculation with a smaller model of the same vocabulary: it proposes tokens, the large one checks them.
///
/// The text is the same as without, up to rounding: the large model chooses each token with its own sampler,
/// and computing several tokens at once rounds a little differently. Pays where the small model is many times
/// faster and mostly right. Models whose past is one state (recurrent and hybrid ones) cannot take proposals
/// back: as the large model they generate as without, as the small one they are refused. The small model sees
/// neither images nor recordings: behind one it proposes nothing.
///
/// ```
/// use llama::Draft;
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let small = model.clone();
/// # let mut session = llama::Session::new(model.context_builder().n_ctx(512).build()?)?;
/// # let prompt = model.vocab().tokenize("Once upon a time", llama::Special::AsText)?;
/// let story = session.generate(&prompt).draft(Draft::new(&small).max_tokens(4)).max_tokens(20).start()?;
/// println!("{:?}", story.finish()?.usage);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    model: Model,
    max_tokens: usize,
    min_probability: f32,
}

impl Draft {
    /// Proposes up to 8 tokens as long as each has at least probability 0.5.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self { model: model.clone(), max_tokens: 8, min_probability: 0.5 }
    }

    /// Proposes at most this many tokens at once. It begins with 4: more as long as they are right, fewer where
    /// not.
    #[must_use]
    pub fn max_tokens(mut self, tokens: usize) -> Self {
        self.max_tokens = tokens;
        self
    }

    /// Stops proposing at a token that the small model gives less than this probability.
    #[must_use]
    pub fn min_probability(mut self, probability: f32) -> Self {
        self.min_probability = probability;
        self
    }

    /// The model that proposes.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Refuses what can never be right.
    pub(super) fn check(&self, session: &Session) -> Result<()> {
        if self.max_tokens == 0 {
            return Err(Error::invalid("draft", "it proposes 0 tokens"));
        }
        if !(0.0..=1.0).contains(&self.min_probability) {
            let reason = format!("probability {} is not between 0 and 1", self.min_probability);
            return Err(Error::invalid("draft", reason));
        }
        if session.draft.as_ref().is_some_and(|there| there.is_for(&self.model)) {
            return Ok(());
        }
        let refused = |reason: String| Err(Error::Draft { reason });
        let model = &self.model;
        if model.is_recurrent() || model.is_hybrid() {
            return refused(format!("{} cannot take proposals back", model.description()));
        }
        if !model.has_decoder() || model.has_encoder() {
            return refused(format!("{} is no model that continues texts", model.description()));
        }
        match difference(&session.model().vocab(), &model.vocab())? {
            Some(reason) => refused(reason),
            None => Ok(()),
        }
    }
}

impl From<&Model> for Draft {
    fn from(model: &Model) -> Self {
        Self::new(model)
    }
}

impl From<Model> for Draft {
    fn from(model: Model) -> Self {
        Self::new(&model)
    }
}

/// Why tokens of one vocabulary are not those of the other.
fn difference(ours: &Vocab, theirs: &Vocab) -> Result<Option<String>> {
    if Arc::ptr_eq(&ours.model().inner, &theirs.model().inner) {
        return Ok(None);
    }
    let different = |what: &str, ours: String, theirs: String| {
        Ok(Some(format!("{what} differ: {ours} in the large model, {theirs} in the small one")))
    };
    if ours.kind() != theirs.kind() {
        return different(
            "kinds of vocabulary",
            format!("{:?}", ours.kind()),
            format!("{:?}", theirs.kind()),
        );
    }
    if ours.len().abs_diff(theirs.len()) > MAX_VOCAB_DIFFERENCE {
        return different("sizes of the vocabularies", ours.len().to_string(), theirs.len().to_string());
    }
    if (ours.bos(), ours.eos()) != (theirs.bos(), theirs.eos()) {
        let ends = |vocab: &Vocab| format!("{:?} and {:?}", vocab.bos(), vocab.eos());
        return different("first and last token", ends(ours), ends(theirs));
    }
    let shared = i32::try_from(ours.len().min(theirs.len())).unwrap_or(i32::MAX);
    for token in (0..shared).map(Token) {
        let (our_text, their_text) = (ours.text(token)?, theirs.text(token)?);
        if our_text != their_text {
            return different(&format!("texts of token {token}"), our_text, their_text);
        }
    }
    Ok(None)
}

/// The small model at work: it keeps the same text in memory.
#[derive(Debug)]
pub(in super::super) struct DraftSession {
    settings: Draft,
    session: Session,
}

impl DraftSession {
    /// Gives the session a memory of the draft model, unless it has one.
    pub(super) fn prepare(owner: &mut Session, settings: &Draft) -> Result<()> {
        if let Some(there) = owner.draft.as_mut().filter(|there| there.is_for(&settings.model)) {
            there.settings = settings.clone();
            return Ok(());
        }
        let context = owner.context();
        // Beyond what it was trained on the small model has little to say, and some cannot compute at all.
        let trained = settings.model.n_ctx_train();
        let n_ctx = context.n_ctx_seq().min(if trained > 0 { trained } else { u32::MAX });
        let context = settings
            .model
            .context_builder()
            .n_ctx(n_ctx)
            .n_ubatch(context.n_ubatch().min(n_ctx))
            .n_batch(context.n_batch().min(n_ctx))
            .n_outputs_max(1)
            .n_threads(context.n_threads())
            .n_threads_batch(context.n_threads_batch())
            .cancel(context.cancel_token())
            .build()?;
        let mut session = Session::new(context)?;
        session.halt = owner.halt.clone();
        owner.draft = Some(Box::new(Self { settings: settings.clone(), session }));
        Ok(())
    }

    fn is_for(&self, model: &Model) -> bool {
        Arc::ptr_eq(&self.settings.model.inner, &model.inner)
    }

    pub(in super::super) fn set_cancel_token(&mut self, token: CancelToken) -> Result<()> {
        self.session.set_cancel_token(token)
    }

    #[cfg(feature = "async")]
    pub(in super::super) fn set_halt(&mut self, halt: &CancelToken) {
        self.session.halt.clone_from(halt);
    }

    /// What probably follows `text`.
    pub(super) fn propose(&mut self, text: &[Token], most: usize) -> Result<Vec<Token>> {
        // Padding at the end of the larger vocabulary.
        let n_vocab = self.session.model().n_vocab();
        let known = |token: Token| token.index().is_some_and(|index| index < n_vocab);
        let most = most.min(self.settings.max_tokens).min(self.session.capacity().saturating_sub(text.len()));
        let mut drafts = Vec::new();
        if most == 0 || !text.iter().all(|&token| known(token)) {
            return Ok(drafts);
        }
        self.session.prepare(&Content::from(text.to_vec()), &mut |_| {})?;
        let mut pending = text[self.session.tokens().len()..].to_vec();
        while drafts.len() < most {
            let mut best = None;
            self.session.append(&pending, &[], &mut |_| {}, |logits| {
                best = logits.top(1)?.first().copied();
                Ok(None)
            })?;
            let Some(best) = best.filter(|best| best.probability() >= self.settings.min_probability) else {
                break;
            };
            drafts.push(best.token);
            pending = vec![best.token];
        }
        Ok(drafts)
    }
}
