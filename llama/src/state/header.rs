//! What is written in front of llama.cpp's bytes, so that a wrong or damaged state is found out early.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | magic |
//! | 4 | version of this format |
//! | 4 | length of the header |
//! | 8 | length of the payload |
//! | 8 | checksum of header and payload |
//! | 8 | checksum of the 32 bytes above |
//! | … | header: who saved what with which parameters, the tokens, images and recordings among them |
//! | … | payload: llama.cpp's bytes |
//!
//! Numbers are little-endian; the payload has the byte order of the machine that wrote it.

use super::reader::Reader;
use super::{Kind, MediaSpan, StateError};
use crate::state::checksum::Checksum;
use crate::token::{SeqId, Token};

pub(super) const MAGIC: [u8; 8] = *b"\x89LLSTAT\n";
pub(super) const VERSION: u32 = 2;
pub(super) const PREAMBLE: usize = 40;

const ENDIAN: u8 = if cfg!(target_endian = "big") { 2 } else { 1 };

/// Parameters of a context that decide whether a state fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Params {
    pub(crate) type_k: u32,
    pub(crate) type_v: u32,
    /// As asked for: 0 automatic, 1 off, 2 on.
    pub(crate) flash_attention: u8,
    pub(crate) unified: bool,
    pub(crate) swa_full: bool,
    /// Checksum of everything that changes how positions are encoded.
    pub(crate) rope: u64,
    pub(crate) n_ctx: u32,
    pub(crate) n_ctx_seq: u32,
    pub(crate) n_seq_max: u32,
}

/// Who saved what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// The sequence that was saved, unless everything was.
    pub(crate) seq: SeqId,
    pub(crate) llama_cpp: String,
    pub(crate) architecture: String,
    /// For people: the model in a few words.
    pub(crate) model_text: String,
    /// For the machine: the model's fingerprint.
    pub(crate) model: u64,
    pub(crate) params: Params,
    pub(crate) tokens: Vec<Token>,
    /// Images and recordings, which have placeholders among the tokens.
    pub(crate) media: Vec<MediaSpan>,
}

/// The lengths and the checksum at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Preamble {
    pub(super) header_len: u32,
    pub(super) payload_len: u64,
    pub(super) checksum: u64,
}

impl Preamble {
    pub(super) fn encode(self) -> [u8; PREAMBLE] {
        let mut out = [0; PREAMBLE];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..16].copy_from_slice(&self.header_len.to_le_bytes());
        out[16..24].copy_from_slice(&self.payload_len.to_le_bytes());
        out[24..32].copy_from_slice(&self.checksum.to_le_bytes());
        let sum = Checksum::new().add(&out[..32]).finish();
        out[32..].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// `bytes` may be shorter than a preamble.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let known = bytes.len().min(MAGIC.len());
        if bytes.is_empty() || bytes[..known] != MAGIC[..known] {
            return Err(StateError::NotAState);
        }
        if bytes.len() < PREAMBLE {
            return Err(StateError::Truncated { expected: PREAMBLE as u64, found: bytes.len() as u64 });
        }
        let mut reader = Reader::new(&bytes[8..PREAMBLE]);
        let version = reader.u32()?;
        if version != VERSION {
            return Err(StateError::Format { found: version, supported: VERSION });
        }
        let preamble =
            Self { header_len: reader.u32()?, payload_len: reader.u64()?, checksum: reader.u64()? };
        if reader.u64()? != Checksum::new().add(&bytes[..32]).finish() {
            return Err(StateError::Corrupted);
        }
        Ok(preamble)
    }

    /// Length of everything.
    pub(super) fn total(self) -> u64 {
        (PREAMBLE as u64 + u64::from(self.header_len)).saturating_add(self.payload_len)
    }
}

impl Header {
    /// The header alone, without preamble.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256 + 4 * self.tokens.len());
        out.push(ENDIAN);
        out.push(self.kind.number());
        out.extend(self.seq.0.to_le_bytes());
        put_text(&mut out, &self.llama_cpp);
        put_text(&mut out, &self.architecture);
        put_text(&mut out, &self.model_text);
        out.extend(self.model.to_le_bytes());
        let p = &self.params;
        out.extend(p.type_k.to_le_bytes());
        out.extend(p.type_v.to_le_bytes());
        out.extend([p.flash_attention, u8::from(p.unified), u8::from(p.swa_full)]);
        out.extend(p.rope.to_le_bytes());
        out.extend(p.n_ctx.to_le_bytes());
        out.extend(p.n_ctx_seq.to_le_bytes());
        out.extend(p.n_seq_max.to_le_bytes());
        out.extend((self.tokens.len() as u64).to_le_bytes());
        out.extend(self.tokens.iter().flat_map(|token| token.0.to_le_bytes()));
        out.extend((self.media.len() as u64).to_le_bytes());
        self.media.iter().for_each(|span| span.encode(&mut out));
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != ENDIAN {
            return Err(StateError::Unsupported {
                reason: "it was saved on a machine of another byte order",
            });
        }
        let kind = r.u8()?;
        let kind = Kind::from_number(kind)
            .ok_or_else(|| StateError::malformed(format!("there is no kind {kind}")))?;
        let mut header = Self {
            kind,
            seq: SeqId(r.i32()?),
            llama_cpp: r.text()?,
            architecture: r.text()?,
            model_text: r.text()?,
            model: r.u64()?,
            params: Params {
                type_k: r.u32()?,
                type_v: r.u32()?,
                flash_attention: r.u8()?,
                unified: r.u8()? != 0,
                swa_full: r.u8()? != 0,
                rope: r.u64()?,
                n_ctx: r.u32()?,
                n_ctx_seq: r.u32()?,
                n_seq_max: r.u32()?,
            },
            tokens: tokens(&mut r)?,
            media: Vec::new(),
        };
        header.media = MediaSpan::decode_all(&mut r, &header.tokens)?;
        if r.left() > 0 {
            return Err(StateError::malformed("the header is longer than its content"));
        }
        Ok(header)
    }
}

fn tokens(r: &mut Reader<'_>) -> Result<Vec<Token>, StateError> {
    let count = r.u64()?;
    let len = count.checked_mul(4).and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX);
    let (numbers, _) = r.bytes(len)?.as_chunks::<4>();
    Ok(numbers.iter().map(|&n| Token(i32::from_le_bytes(n))).collect())
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    // Longer texts than 4 GiB do not occur: they are names.
    let len = u32::try_from(text.len()).unwrap_or(0);
    out.extend(len.to_le_bytes());
    out.extend(&text.as_bytes()[..len as usize]);
}
