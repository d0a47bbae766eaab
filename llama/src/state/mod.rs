//! Saved states: what a context remembers, as bytes that can be kept and brought back.
#![forbid(unsafe_code)]

mod checksum;
mod error;
mod header;
mod payload;
mod reader;
mod span;

pub(crate) use checksum::Checksum;
pub use error::StateError;
pub(crate) use header::{Header, Params};
pub(crate) use payload::{Content, Layout, Spec, check};
pub(crate) use span::{MediaSpan, text_tokens};

use crate::error::{Error, Result};
use crate::part_file::PartFile;
use crate::token::{SeqId, Token};
use header::{PREAMBLE, Preamble};
use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What a saved state holds.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{SeqId, StateKind};
/// let mut ctx = model.context_builder().n_ctx(256).build()?;
/// assert_eq!(ctx.save_state(&[])?.kind(), StateKind::Whole);
/// assert_eq!(ctx.save_sequence(SeqId(0), &[])?.kind(), StateKind::Sequence);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateKind {
    /// All sequences of a context.
    Whole,
    /// One sequence.
    Sequence,
    /// Only those parts of one sequence that are overwritten as it grows: the sliding window and recurrent states.
    Partial,
}

use StateKind as Kind;

impl StateKind {
    fn number(self) -> u8 {
        match self {
            Self::Whole => 1,
            Self::Sequence => 2,
            Self::Partial => 3,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        [Self::Whole, Self::Sequence, Self::Partial].into_iter().find(|kind| kind.number() == number)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Whole => "the state of all sequences",
            Self::Sequence => "the state of one sequence",
            Self::Partial => "a part of the state of one sequence",
        }
    }
}

/// What a context remembers of past tokens, saved by [`Context::save_state`](crate::Context::save_state) or
/// [`Context::save_sequence`](crate::Context::save_sequence).
///
/// A state knows who saved it: model, parameters, version of llama.cpp, and the tokens given along. It goes
/// to a file or to bytes and back, and into any context of the same model with fitting parameters; everything
/// else is refused with a [`StateError`] before llama.cpp sees a byte. Logits are not part of it: after
/// bringing it back, decode the next token. Neither are adapters and control vectors, nor what an encoder has
/// computed: encode again before decoding.
///
/// ```no_run
/// use llama::{SeqId, Special, State};
/// # let model = llama::Model::load("model.gguf")?;
/// # let mut ctx = model.context_builder().n_ctx(4096).n_seq_max(2).build()?;
/// # let tokens = model.vocab().tokenize("A long document", Special::AsText)?;
/// ctx.save_sequence(SeqId(0), &tokens)?.save("document.state")?;
///
/// let state = State::load("document.state")?;
/// ctx.restore_sequence(&state, SeqId(1))?;
/// assert_eq!(state.tokens(), tokens);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct State {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
    /// It comes from a context of this process and was never outside.
    pub(crate) native: bool,
}

impl State {
    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> StateKind {
        self.header.kind
    }

    /// The sequence that was saved; `None` when all were.
    #[must_use]
    pub fn sequence(&self) -> Option<SeqId> {
        (self.header.kind != StateKind::Whole).then_some(self.header.seq)
    }

    /// The tokens that were given when it was saved; -1 where a chat has an image or a recording.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.header.tokens
    }

    /// Images and recordings among the tokens.
    pub(crate) fn media(&self) -> &[MediaSpan] {
        &self.header.media
    }

    /// Architecture and size of the model that it belongs to, in a few words.
    #[must_use]
    pub fn model_description(&self) -> &str {
        &self.header.model_text
    }

    /// The version of llama.cpp that saved it.
    #[must_use]
    pub fn llama_cpp_version(&self) -> &str {
        &self.header.llama_cpp
    }

    /// Size in bytes, as it is written.
    #[must_use]
    pub fn size(&self) -> u64 {
        let header = self.header.encode().len();
        (PREAMBLE + header) as u64 + self.payload.len() as u64
    }

    /// Preamble and header, which go in front of the payload.
    fn front(&self) -> Result<Vec<u8>> {
        let header = self.header.encode();
        let header_len = u32::try_from(header.len()).map_err(|_| Error::TooLong {
            what: "token list",
            len: self.header.tokens.len(),
            max: (u32::MAX / 4) as usize,
        })?;
        let checksum = Checksum::new().add(&header).add(&self.payload).finish();
        let preamble = Preamble { header_len, payload_len: self.payload.len() as u64, checksum };
        Ok([&preamble.encode()[..], &header].concat())
    }

    /// All of it as bytes. Uses twice its memory; [`write_to`](Self::write_to) does not.
    ///
    /// # Errors
    /// [`Error::TooLong`] for a token list beyond 4 GiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut out = self.front()?;
        out.extend_from_slice(&self.payload);
        Ok(out)
    }

    /// Writes it to anything that takes bytes, such as a file, a socket or a `&mut [u8]`.
    ///
    /// # Errors
    /// [`Error::Io`] (with an empty path) when the sink fails.
    pub fn write_to(&self, mut sink: impl Write) -> Result<()> {
        let front = self.front()?;
        let result =
            sink.write_all(&front).and_then(|()| sink.write_all(&self.payload)).and_then(|()| sink.flush());
        result.map_err(|error| nameless("write", &error))
    }

    /// Writes it to a file. The file is complete or not there: it is written under another name first.
    ///
    /// # Errors
    /// [`Error::Io`].
    #[doc(alias = "llama_state_save_file")]
    #[doc(alias = "llama_state_seq_save_file")]
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let front = self.front()?;
        let part = PartFile::beside(path);
        let written = File::create(part.path()).and_then(|file| {
            let mut file = BufWriter::new(file);
            file.write_all(&front)?;
            file.write_all(&self.payload)?;
            file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
            part.publish(path)
        });
        written.map_err(|error| io_error(path, &error))
    }

    /// Reads a file that [`save`](Self::save) has written.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::State`] when the file is something else, cut off or damaged.
    #[doc(alias = "llama_state_load_file")]
    #[doc(alias = "llama_state_seq_load_file")]
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let refuse = |error: std::io::Error| io_error(path, &error);
        Self::read(crate::regular_file::open(path).map_err(refuse)?, refuse)
    }

    /// Reads from anything that gives bytes, up to its end.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`Error::Io`] has an empty path.
    pub fn read_from(source: impl Read) -> Result<Self> {
        Self::read(source, |error| nameless("read", &error))
    }

    fn read(mut source: impl Read, refuse: impl Fn(std::io::Error) -> Error) -> Result<Self> {
        let mut take = |len: u64| {
            // Grows with what really arrives, whatever length the file claims.
            let mut bytes = Vec::new();
            source.by_ref().take(len).read_to_end(&mut bytes).map_err(&refuse)?;
            Ok::<_, Error>(bytes)
        };
        let preamble = take(PREAMBLE as u64)?;
        let shape = Preamble::decode(&preamble)?;
        let header = take(u64::from(shape.header_len))?;
        let payload = take(shape.payload_len)?;
        let found = (preamble.len() + header.len()) as u64 + payload.len() as u64;
        if found < shape.total() {
            return Err(StateError::Truncated { expected: shape.total(), found }.into());
        }
        if !take(1)?.is_empty() {
            return Err(StateError::TooLong { expected: shape.total(), found: found + 1 }.into());
        }
        Ok(Self::checked(shape, &header, payload)?)
    }

    /// Takes bytes apart that [`to_bytes`](Self::to_bytes) or [`write_to`](Self::write_to) made.
    ///
    /// # Errors
    /// [`Error::State`] when they are something else, cut off or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let shape = Preamble::decode(bytes)?;
        let found = bytes.len() as u64;
        if found < shape.total() {
            return Err(StateError::Truncated { expected: shape.total(), found }.into());
        }
        if found > shape.total() {
            return Err(StateError::TooLong { expected: shape.total(), found }.into());
        }
        let (header, payload) = bytes[PREAMBLE..].split_at(shape.header_len as usize);
        Ok(Self::checked(shape, header, payload.to_vec())?)
    }

    fn checked(shape: Preamble, header: &[u8], payload: Vec<u8>) -> Result<Self, StateError> {
        if Checksum::new().add(header).add(&payload).finish() != shape.checksum {
            return Err(StateError::Corrupted);
        }
        Ok(Self { header: Header::decode(header)?, payload, native: false })
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("kind", &self.header.kind)
            .field("model", &self.header.model_text)
            .field("tokens", &self.header.tokens.len())
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

#[cold]
fn io_error(path: &Path, error: &std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), detail: error.to_string() }
}

/// Of a reader or a writer that has no name.
#[cold]
fn nameless(action: &str, error: &std::io::Error) -> Error {
    Error::Io { path: PathBuf::new(), detail: format!("cannot {action} the state: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            header: Header {
                kind: StateKind::Sequence,
                seq: SeqId(3),
                llama_cpp: "0".to_owned(),
                architecture: "llama".to_owned(),
                model_text: "llama 1B".to_owned(),
                model: 7,
                params: Params {
                    type_k: 1,
                    type_v: 1,
                    flash_attention: 0,
                    unified: true,
                    swa_full: false,
                    rope: 9,
                    n_ctx: 512,
                    n_ctx_seq: 256,
                    n_seq_max: 2,
                },
                tokens: vec![Token(1), Token(-5), Token(70_000), Token::MEDIA],
                media: vec![MediaSpan { start: 3, n_tokens: 1, n_pos: 2, id: "2x2-ab".to_owned(), piece: 0 }],
            },
            payload: (0..200).collect(),
            native: false,
        }
    }

    fn error(bytes: &[u8]) -> StateError {
        match State::from_bytes(bytes) {
            Err(Error::State(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bytes_there_and_back() {
        let state = state();
        let bytes = state.to_bytes().expect("fits");
        assert_eq!(bytes.len() as u64, state.size());
        assert_eq!(State::from_bytes(&bytes).expect("sound"), state);
        assert_eq!(State::read_from(&bytes[..]).expect("sound"), state);
    }

    #[test]
    fn every_cut_is_found() {
        let bytes = state().to_bytes().expect("fits");
        assert_eq!(error(&[]), StateError::NotAState);
        for len in 1..bytes.len() {
            assert!(matches!(error(&bytes[..len]), StateError::Truncated { .. }), "{len}");
            assert!(matches!(State::read_from(&bytes[..len]), Err(Error::State(_))), "{len}");
        }
        let mut long = bytes;
        long.push(0);
        assert!(matches!(error(&long), StateError::TooLong { .. }));
        assert!(matches!(State::read_from(&long[..]), Err(Error::State(StateError::TooLong { .. }))));
    }

    #[test]
    fn every_changed_bit_is_found() {
        let bytes = state().to_bytes().expect("fits");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(State::from_bytes(&changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn forged_lengths_do_not_allocate() {
        let preamble = Preamble { header_len: u32::MAX, payload_len: u64::MAX, checksum: 0 };
        assert!(matches!(error(&preamble.encode()), StateError::Truncated { .. }));
        assert!(State::read_from(&preamble.encode()[..]).is_err());
    }

    #[test]
    fn forged_headers_are_malformed() {
        let good = state().header.encode();
        for len in 0..good.len() {
            let header = &good[..len];
            let checksum = Checksum::new().add(header).add(&[]).finish();
            let header_len = u32::try_from(len).expect("short");
            let preamble = Preamble { header_len, payload_len: 0, checksum };
            let bytes = [&preamble.encode()[..], header].concat();
            assert!(matches!(error(&bytes), StateError::Malformed { .. }), "{len}");
        }
    }
}
