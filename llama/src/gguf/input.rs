//! A source that is read piece by piece, never further than it reaches.

use std::io::Read;

use super::{Array, GgufError, Value, ValueType};

/// Lists of lists may be nested this deep; nobody is known to nest at all.
const MAX_NESTING: u32 = 4;

/// How much is read at a time where a length cannot be trusted yet.
const CHUNK: u64 = 1 << 16;

/// Lists and texts of more than this are left out of a brief reading.
const BRIEF: u64 = 1 << 12;

/// A source that knows how much is left of it.
pub(super) struct Input<'a, R> {
    pub(super) source: &'a mut R,
    pub(super) left: u64,
    pub(super) brief: bool,
}

impl<R: Read> Input<'_, R> {
    /// Fails unless `count` items of at least `each` bytes can be there.
    pub(super) fn expect(&self, count: u64, each: u64, what: &str) -> Result<(), GgufError> {
        let needed = count.saturating_mul(each);
        if needed <= self.left {
            return Ok(());
        }
        Err(GgufError::Truncated { what: what.to_owned(), needed, left: self.left })
    }

    pub(super) fn fill(&mut self, buffer: &mut [u8], what: &str) -> Result<(), GgufError> {
        self.expect(1, buffer.len() as u64, what)?;
        self.source.read_exact(buffer)?;
        self.left -= buffer.len() as u64;
        Ok(())
    }

    /// Reads `count` bytes; memory grows with what is really there.
    pub(super) fn bytes(&mut self, count: u64, what: &str) -> Result<Vec<u8>, GgufError> {
        self.expect(1, count, what)?;
        let mut bytes = Vec::new();
        let mut missing = count;
        while missing > 0 {
            let step = missing.min(CHUNK);
            let read = self.source.by_ref().take(step).read_to_end(&mut bytes)? as u64;
            if read < step {
                return Err(GgufError::Truncated { what: what.to_owned(), needed: missing, left: read });
            }
            missing -= step;
        }
        self.left -= count;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], GgufError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32, GgufError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &str) -> Result<u64, GgufError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Passes over `count` bytes.
    pub(super) fn skip(&mut self, count: u64, what: &str) -> Result<(), GgufError> {
        self.expect(1, count, what)?;
        let passed = std::io::copy(&mut self.source.by_ref().take(count), &mut std::io::sink())?;
        if passed < count {
            return Err(GgufError::Truncated { what: what.to_owned(), needed: count - passed, left: 0 });
        }
        self.left -= count;
        Ok(())
    }

    pub(super) fn string(&mut self, what: &str) -> Result<String, GgufError> {
        let length = self.u64(what)?;
        if self.brief && length > BRIEF {
            self.skip(length, what)?;
            return Ok(String::new());
        }
        let bytes = self.bytes(length, what)?;
        if self.brief {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        String::from_utf8(bytes).map_err(|_| GgufError::NotUtf8 { what: what.to_owned() })
    }

    pub(super) fn bool(&mut self, what: &str) -> Result<bool, GgufError> {
        truth(self.array::<1>(what)?[0], what)
    }

    pub(super) fn value_type(&mut self, key: &str) -> Result<ValueType, GgufError> {
        let number = self.u32(key)?;
        ValueType::from_number(number)
            .ok_or_else(|| GgufError::UnknownValueType { key: key.to_owned(), number })
    }

    pub(super) fn value(&mut self, kind: ValueType, key: &str) -> Result<Value, GgufError> {
        Ok(match kind {
            ValueType::U8 => Value::U8(u8::from_le_bytes(self.array(key)?)),
            ValueType::I8 => Value::I8(i8::from_le_bytes(self.array(key)?)),
            ValueType::U16 => Value::U16(u16::from_le_bytes(self.array(key)?)),
            ValueType::I16 => Value::I16(i16::from_le_bytes(self.array(key)?)),
            ValueType::U32 => Value::U32(u32::from_le_bytes(self.array(key)?)),
            ValueType::I32 => Value::I32(i32::from_le_bytes(self.array(key)?)),
            ValueType::F32 => Value::F32(f32::from_le_bytes(self.array(key)?)),
            ValueType::Bool => Value::Bool(self.bool(key)?),
            ValueType::String => Value::String(self.string(key)?),
            ValueType::Array => Value::Array(self.list(key, MAX_NESTING)?),
            ValueType::U64 => Value::U64(u64::from_le_bytes(self.array(key)?)),
            ValueType::I64 => Value::I64(i64::from_le_bytes(self.array(key)?)),
            ValueType::F64 => Value::F64(f64::from_le_bytes(self.array(key)?)),
        })
    }

    fn list(&mut self, key: &str, nesting: u32) -> Result<Array, GgufError> {
        let kind = self.value_type(key)?;
        let count = self.u64(key)?;
        self.expect(count, kind.least_bytes(), key)?;
        if self.brief && kind == ValueType::String {
            for _ in 0..count {
                let length = self.u64(key)?;
                self.skip(length, key)?;
            }
            return Ok(Array::String(Vec::new()));
        }
        if self.brief && kind != ValueType::Array && count > BRIEF {
            self.skip(count * kind.least_bytes(), key)?;
            return Ok(Array::Bool(Vec::new()));
        }
        Ok(match kind {
            ValueType::U8 => Array::U8(self.numbers(count, key, u8::from_le_bytes)?),
            ValueType::I8 => Array::I8(self.numbers(count, key, i8::from_le_bytes)?),
            ValueType::U16 => Array::U16(self.numbers(count, key, u16::from_le_bytes)?),
            ValueType::I16 => Array::I16(self.numbers(count, key, i16::from_le_bytes)?),
            ValueType::U32 => Array::U32(self.numbers(count, key, u32::from_le_bytes)?),
            ValueType::I32 => Array::I32(self.numbers(count, key, i32::from_le_bytes)?),
            ValueType::F32 => Array::F32(self.numbers(count, key, f32::from_le_bytes)?),
            ValueType::U64 => Array::U64(self.numbers(count, key, u64::from_le_bytes)?),
            ValueType::I64 => Array::I64(self.numbers(count, key, i64::from_le_bytes)?),
            ValueType::F64 => Array::F64(self.numbers(count, key, f64::from_le_bytes)?),
            ValueType::Bool => {
                let bytes = self.bytes(count, key)?;
                Array::Bool(bytes.into_iter().map(|byte| truth(byte, key)).collect::<Result<_, _>>()?)
            }
            ValueType::String => {
                let mut texts = Vec::new();
                for _ in 0..count {
                    texts.push(self.string(key)?);
                }
                Array::String(texts)
            }
            ValueType::Array if nesting == 0 => {
                return Err(GgufError::invalid(
                    format!("the value of \"{key}\""),
                    "its lists are nested too deep",
                ));
            }
            ValueType::Array => {
                let mut lists = Vec::new();
                for _ in 0..count {
                    lists.push(self.list(key, nesting - 1)?);
                }
                Array::Array(lists)
            }
        })
    }

    fn numbers<T, const N: usize>(
        &mut self,
        count: u64,
        key: &str,
        number: fn([u8; N]) -> T,
    ) -> Result<Vec<T>, GgufError> {
        let bytes = self.bytes(count.saturating_mul(N as u64), key)?;
        let (numbers, _) = bytes.as_chunks::<N>();
        Ok(numbers.iter().copied().map(number).collect())
    }
}

fn truth(byte: u8, what: &str) -> Result<bool, GgufError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        other => {
            Err(GgufError::invalid(format!("the value of \"{what}\""), format!("{other} is no truth value")))
        }
    }
}
