//! Everything that can go wrong, with the numbers that explain it.

use crate::token::{Pos, SeqId, Token};
use std::path::{Path, PathBuf};

/// The result of most functions of this crate.
///
/// ```
/// fn longest(model: &llama::Model, texts: &[&str]) -> llama::Result<usize> {
///     let vocab = model.vocab();
///     let split = |text: &&str| vocab.tokenize(text, llama::Special::AsText);
///     let texts = texts.iter().map(split).collect::<llama::Result<Vec<_>>>()?;
///     Ok(texts.iter().map(Vec::len).max().unwrap_or(0))
/// }
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// assert!(longest(&model, &["Hi", "Tell me a story."])? > 1);
/// # Ok::<(), llama::Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
///
/// Each variant names the values concerned. Where llama.cpp itself explained a failure in its log, `detail`
/// carries those words.
///
/// ```
/// use llama::{Error, Model};
/// match Model::load("missing.gguf") {
///     Err(Error::LoadModel { path, detail }) => println!("{}: {detail}", path.display()),
///     other => drop(other?),
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A model file could not be loaded.
    #[error("cannot load model \"{}\": {detail}", path.display())]
    LoadModel {
        /// The file as given.
        path: PathBuf,
        /// The reason and what to do about it, on one line.
        detail: String,
    },
    /// An adapter file could not be loaded.
    #[error("cannot load adapter \"{}\": {detail}", path.display())]
    LoadAdapter {
        /// The file as given.
        path: PathBuf,
        /// The reason, on one line.
        detail: String,
    },
    /// A projector file (mmproj) could not be loaded.
    #[error("cannot load projector \"{}\": {detail}", path.display())]
    LoadProjector {
        /// The file as given.
        path: PathBuf,
        /// The reason, on one line.
        detail: String,
    },
    /// An image or a recording could not be decoded.
    #[error("cannot decode the {kind}: {detail}")]
    DecodeMedia {
        /// `image` or `audio`.
        kind: &'static str,
        /// The reason.
        detail: String,
    },
    /// The projector does not take this kind of media.
    #[error("the projector does not take {kind} as input")]
    UnsupportedMedia {
        /// `images` or `audio`.
        kind: &'static str,
    },
    /// Messages have images or recordings, and there is no projector to take them.
    #[error("the messages have {media} images and recordings, and there is no projector that takes them")]
    NoProjector {
        /// Images and recordings in the messages.
        media: usize,
    },
    /// A text does not have one marker per medium, or the template did not put each of the messages' media into the
    /// prompt once.
    #[error("the text has {markers} media markers for {media} images and recordings")]
    MarkerCount {
        /// Markers in the text.
        markers: usize,
        /// Images and recordings given.
        media: usize,
    },
    /// A recording whose rate is not the projector's.
    #[error("the recording has {given} samples per second, the projector takes {expected}")]
    SampleRate {
        /// Samples per second as given.
        given: u32,
        /// Samples per second that the projector takes.
        expected: u32,
    },
    /// A model could not be written to a file.
    #[error("cannot save the model to \"{}\": {detail}", path.display())]
    SaveModel {
        /// The file as given.
        path: PathBuf,
        /// The reason and what to do about it.
        detail: String,
    },
    /// A model could not be quantized.
    #[error("cannot quantize \"{}\": {detail}", path.display())]
    Quantize {
        /// The input file as given.
        path: PathBuf,
        /// The reason, mostly in llama.cpp's words.
        detail: String,
    },
    /// A model cannot be trained.
    #[error("the model cannot be trained: {reason}")]
    Untrainable {
        /// What is in the way, and what to do about it.
        reason: String,
    },
    /// A context could not be created.
    #[error("cannot create a context: {detail}")]
    CreateContext {
        /// The reason, mostly in llama.cpp's words.
        detail: String,
    },
    /// A plan needs more of a memory than is there.
    #[error(
        "the model does not fit: {needed} bytes of {memory} are needed, {available} are available, {} are missing",
        needed.saturating_sub(*available)
    )]
    DoesNotFit {
        /// The device's name, or `the host`.
        memory: String,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that may be taken.
        available: u64,
    },
    /// The model holds a vocabulary only, so it cannot compute.
    #[error("the model was loaded with its vocabulary only, it has no weights to compute with")]
    VocabOnly,
    /// The model file carries no vocabulary.
    #[error("the model has no vocabulary")]
    NoVocab,
    /// A parameter has a value that cannot work.
    #[error("invalid {name}: {reason}")]
    InvalidParameter {
        /// The parameter, named as its setter.
        name: &'static str,
        /// Why the value is refused.
        reason: String,
    },
    /// A token that the vocabulary does not have.
    #[error("token {token} is out of range, the vocabulary has {n_vocab} tokens")]
    TokenOutOfRange {
        /// The token as given.
        token: Token,
        /// Size of the vocabulary.
        n_vocab: usize,
    },
    /// A sequence id that the context does not have.
    #[error("sequence {seq} is out of range, the context was created with n_seq_max = {n_seq_max}")]
    SeqIdOutOfRange {
        /// The sequence as given.
        seq: SeqId,
        /// Number of sequences of the context.
        n_seq_max: u32,
    },
    /// The batch has no entries.
    #[error("the batch is empty")]
    EmptyBatch,
    /// A batch entry that cannot be processed.
    #[error("batch entry {index}: {reason}")]
    InvalidBatch {
        /// The entry, counted from 0.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A batch entry whose position does not continue its sequence.
    #[error("batch entry {index}: sequence {seq} must continue at position {expected}, not {pos}")]
    PositionGap {
        /// The entry, counted from 0.
        index: usize,
        /// The sequence concerned.
        seq: SeqId,
        /// The position as given.
        pos: Pos,
        /// The position that would continue the sequence.
        expected: Pos,
    },
    /// The batch must be processed in one piece but has too many tokens for that.
    #[error(
        "{n_tokens} tokens must be processed together ({why}) but at most {max} fit; raise n_ubatch and n_batch"
    )]
    BatchTooLarge {
        /// Tokens in the batch.
        n_tokens: usize,
        /// The largest number that can be processed together.
        max: usize,
        /// Why this batch cannot be split.
        why: &'static str,
    },
    /// A sequence does not fit into the context.
    #[error("the context is full: {needed} tokens are needed, {available} are available per sequence")]
    ContextFull {
        /// Tokens that the sequence would have.
        needed: usize,
        /// Tokens that one sequence may have.
        available: usize,
    },
    /// One of several texts is longer than the model can take.
    #[error(
        "text {index} has {tokens} tokens, at most {max} fit; shorten it, or allow it to be cut with `truncate`"
    )]
    TextTooLong {
        /// The text, counted from 0.
        index: usize,
        /// Its tokens, special tokens included.
        tokens: usize,
        /// The largest number that fits.
        max: usize,
    },
    /// One of several texts has no tokens at all.
    #[error("text {index} is empty, and the model puts no special tokens around it")]
    EmptyText {
        /// The text, counted from 0.
        index: usize,
    },
    /// No free place in the memory that the sequences share.
    #[error("no free place for {n_tokens} tokens in a memory of {n_ctx}; remove sequences or raise n_ctx")]
    NoKvSlot {
        /// Tokens that were to be added.
        n_tokens: usize,
        /// Capacity of the context in tokens.
        n_ctx: usize,
    },
    /// A [`CancelToken`](crate::CancelToken) or a callback asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// Logits or embeddings were asked for a batch entry that produced none.
    #[error(
        "batch entry {index} has no output; mark it with `logits_for` or `logits_for_last` before decoding"
    )]
    NoLogits {
        /// The entry, counted from 0.
        index: usize,
    },
    /// There is no output at all, or this kind of model produces none.
    #[error("no output: {reason}")]
    NoOutput {
        /// Why there is none.
        reason: &'static str,
    },
    /// The model has no encoder.
    #[error("the model has no encoder, use decode")]
    NoEncoder,
    /// The model has no decoder.
    #[error("the model has no decoder, use encode")]
    NoDecoder,
    /// The decoder of an encoder-decoder model was used before its encoder.
    #[error("this model needs encode before decode")]
    EncodeFirst,
    /// The context has no memory for past tokens.
    #[error("this model keeps no memory of past tokens")]
    NoMemory,
    /// The memory cannot do what was asked.
    #[error("the memory cannot {operation}: {reason}")]
    Memory {
        /// What was asked.
        operation: &'static str,
        /// Why it cannot be done.
        reason: String,
    },
    /// A draft model that cannot propose tokens for this model.
    #[error("the draft model does not fit: {reason}")]
    Draft {
        /// Why not.
        reason: String,
    },
    /// The numbers to sample from are unusable.
    #[error("invalid logits: {reason}")]
    InvalidLogits {
        /// What is wrong with them.
        reason: String,
    },
    /// No token is left to choose from.
    #[error("no token is left to choose from: {reason}")]
    NoCandidates {
        /// What removed them all.
        reason: &'static str,
    },
    /// A sampler written in Rust did something that cannot be.
    #[error("sampler \"{name}\": {reason}")]
    CustomSampler {
        /// What the sampler calls itself.
        name: String,
        /// What it did.
        reason: String,
    },
    /// A grammar could not be used.
    #[error("invalid grammar: {detail}")]
    Grammar {
        /// What is wrong with it.
        detail: String,
    },
    /// A JSON schema cannot be turned into a grammar.
    #[error("JSON schema: {detail}")]
    Schema {
        /// What is wrong with it, and where.
        detail: String,
    },
    /// A text of a given form was cut by a limit before it was complete.
    #[error("the text was cut before it was complete ({stop}): {text:?}")]
    Incomplete {
        /// What there is of it.
        text: String,
        /// What cut it.
        stop: crate::generate::StopReason,
    },
    /// A reply is no value of the type that was asked for, or not of the format of the model's template.
    #[error("the reply is not of its form ({detail}): {text:?}")]
    Reply {
        /// What is wrong with it.
        detail: String,
        /// The whole reply.
        text: String,
    },
    /// A tokenizer of the `tokenizers` library could not be made or used.
    #[error("tokenizer: {detail}")]
    Tokenizer {
        /// The reason.
        detail: String,
    },
    /// The vocabulary lacks a token that filling in the middle needs.
    #[error("the model cannot fill in the middle: its vocabulary has no token for {what}")]
    NoInfill {
        /// What the missing token would mark.
        what: &'static str,
    },
    /// A chat template could not be rendered.
    #[error("chat template: {detail}")]
    Template {
        /// What is wrong with it.
        detail: String,
    },
    /// The model did not stop calling tools.
    #[error("the model still calls tools after {limit} rounds")]
    ToolRounds {
        /// Rounds that were allowed.
        limit: usize,
    },
    /// The model file brings no chat template.
    #[error("the model brings no chat template; pass one")]
    NoChatTemplate,
    /// A text contains a zero byte where C needs a terminated string.
    #[error("{what} contains a zero byte")]
    NulByte {
        /// Which text.
        what: &'static str,
    },
    /// Bytes that should be UTF-8 are not.
    #[error("{what} is not valid UTF-8")]
    InvalidUtf8 {
        /// Which text.
        what: &'static str,
    },
    /// A text or list longer than llama.cpp can take.
    #[error("{what} is too long: {len}, the limit is {max}")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A previous failure left this object in an unknown state; drop it and create a new one.
    #[error("unusable after an earlier failure: {cause}")]
    Poisoned {
        /// The earlier failure.
        cause: String,
    },
    /// llama.cpp failed where it would have ended the process; the failure was contained.
    #[error("{fault}{}", detail_suffix(detail))]
    Fault {
        /// What the guard caught.
        fault: llama_sys::Fault,
        /// The last error lines of llama.cpp's log, or empty.
        detail: String,
    },
    /// llama.cpp reported a failure.
    #[error("{operation} failed: {detail}")]
    Failed {
        /// What was being done.
        operation: &'static str,
        /// llama.cpp's words, or its status.
        detail: String,
    },
    /// Another host's devices could not be used.
    #[error("remote devices at \"{endpoint}\": {detail}")]
    Remote {
        /// Address and port as given.
        endpoint: String,
        /// The reason.
        detail: String,
    },
    /// A file with a back end could not be loaded.
    #[error("cannot load the back end \"{}\": {detail}", path.display())]
    LoadBackend {
        /// The file, or the folder that was searched, as given.
        path: PathBuf,
        /// The reason, on one line.
        detail: String,
    },
    /// The processor cannot run any compiled-in variant.
    #[error("unsupported processor: {detail}")]
    UnsupportedCpu {
        /// What is missing, or which variant was asked for.
        detail: String,
    },
    /// A GGUF file could not be read or written; the words of [`GgufError`](crate::gguf::GgufError).
    #[error("{detail}")]
    Gguf {
        /// What is wrong with it.
        detail: String,
    },
    /// A saved state cannot be read, or does not fit.
    #[error("cannot use the saved state: {0}")]
    State(#[from] crate::state::StateError),
    /// A file could not be read or written.
    #[error("{}{detail}", file(path))]
    Io {
        /// The file; empty for a reader or a writer of your own.
        path: PathBuf,
        /// The operating system's reason.
        detail: String,
    },
}

/// A file in front of what is wrong with it.
fn file(path: &Path) -> String {
    if path.as_os_str().is_empty() { String::new() } else { format!("\"{}\": ", path.display()) }
}

impl From<crate::gguf::GgufError> for Error {
    fn from(error: crate::gguf::GgufError) -> Self {
        Self::Gguf { detail: error.to_string() }
    }
}

impl Error {
    /// Wraps a contained failure together with what llama.cpp logged just before it.
    #[cold]
    pub(crate) fn fault(fault: llama_sys::Fault) -> Self {
        Self::Fault { fault, detail: crate::log::take_detail() }
    }

    #[cold]
    pub(crate) fn invalid(name: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidParameter { name, reason: reason.into() }
    }
}

impl From<llama_sys::Fault> for Error {
    fn from(fault: llama_sys::Fault) -> Self {
        Self::fault(fault)
    }
}

/// A contained failure and what llama.cpp logged just before it, for errors of loading and creating.
#[cold]
pub(crate) fn words(fault: &llama_sys::Fault) -> String {
    format!("{fault}{}", detail_suffix(&crate::log::take_detail()))
}

fn detail_suffix(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}

/// What a failed decode or encode did to the memory of the context.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{Batch, MemoryEffect, SeqId, Token};
/// let mut ctx = model.context_builder().n_ctx(256).build()?;
/// let mut batch = Batch::new();
/// batch.extend(SeqId(0), 0, &[Token(1); 300]);
/// match ctx.decode(&batch).map_err(|failure| failure.memory) {
///     Err(MemoryEffect::Unchanged) => println!("too long; the context is as it was"),
///     Err(MemoryEffect::Partial) => ctx.memory().clear(true)?,
///     Err(_) => drop(ctx),
///     Ok(_) => unreachable!("300 tokens do not fit into 256 places"),
/// }
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemoryEffect {
    /// Nothing of this batch is in the memory; the context can go on as before the call.
    Unchanged,
    /// Some entries of this batch are in the memory, or a sequence is empty now because the batch has pushed its
    /// sliding window on, or all are empty because positions that were moved before could not be computed; see
    /// [`Memory::pos_max`](crate::Memory::pos_max) for how far each sequence got.
    Partial,
    /// Unknown; the context is unusable from now on.
    Unknown,
}

/// Why a batch was not decoded, and what that did to the memory.
///
/// Converts into [`Error`] with `?` where the memory does not matter.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// # let mut ctx = model.context_builder().n_ctx(256).build()?;
/// use llama::{Batch, MemoryEffect};
/// let failure = ctx.decode(&Batch::new()).unwrap_err();
/// assert_eq!(failure.memory, MemoryEffect::Unchanged);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct DecodeError {
    /// What failed.
    #[source]
    pub error: Error,
    /// What happened to the memory.
    pub memory: MemoryEffect,
}

impl DecodeError {
    pub(crate) fn unchanged(error: Error) -> Self {
        Self { error, memory: MemoryEffect::Unchanged }
    }

    /// True when the call ended because it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.error, Error::Cancelled)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        error.error
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_contained_failure_is_told_with_the_log() {
        crate::log::clear_detail();
        crate::log::receive(llama_sys::GGML_LOG_LEVEL_ERROR, "the_device: out of order\n");
        let fault = crate::ffi::context::provoke_fault().unwrap_err();
        assert_eq!(super::words(&fault), format!("{fault} (out of order)"));
        assert_eq!(super::words(&fault), fault.to_string());
    }
}
