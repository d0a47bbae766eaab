//! Reads numbers from bytes that nobody vouches for.

use super::StateError;

/// A position in bytes; every read is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], StateError> {
        let (head, rest) = self
            .0
            .split_at_checked(len)
            .ok_or_else(|| StateError::malformed("it ends before what it announces"))?;
        self.0 = rest;
        Ok(head)
    }

    /// Skips `count` pieces of `each` bytes.
    pub(super) fn skip(&mut self, count: u64, each: u64) -> Result<(), StateError> {
        let len = count.checked_mul(each).and_then(|len| usize::try_from(len).ok()).unwrap_or(usize::MAX);
        self.bytes(len).map(drop)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(N)?);
        Ok(out)
    }

    pub(super) fn u8(&mut self) -> Result<u8, StateError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u32(&mut self) -> Result<u32, StateError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, StateError> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, StateError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Result<String, StateError> {
        let len = self.u32()? as usize;
        let bytes = self.bytes(len)?.to_vec();
        String::from_utf8(bytes).map_err(|_| StateError::malformed("a text is not UTF-8"))
    }

    /// The same as [`u32`](Self::u32), in the byte order of this machine, as llama.cpp writes.
    pub(super) fn native_u32(&mut self) -> Result<u32, StateError> {
        self.array().map(u32::from_ne_bytes)
    }

    pub(super) fn native_i32(&mut self) -> Result<i32, StateError> {
        self.array().map(i32::from_ne_bytes)
    }

    pub(super) fn native_u64(&mut self) -> Result<u64, StateError> {
        self.array().map(u64::from_ne_bytes)
    }
}
