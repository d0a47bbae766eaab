//! Reading: bounded by the file's size, strict about everything it states.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{
    ALIGNMENT_KEY, Array, DEFAULT_ALIGNMENT, GgufError, MAGIC, MAX_DIMS, TensorInfo, TensorType, Value,
    ValueType, aligned,
};

/// Lists of lists may be nested this deep; nobody is known to nest at all.
const MAX_NESTING: u32 = 4;

/// How much is read at a time where a length cannot be trusted yet.
const CHUNK: u64 = 1 << 16;

/// Lists and texts of more than this are left out of a brief reading.
const BRIEF: u64 = 1 << 12;

/// The metadata and the tensor list of a GGUF file.
///
/// Tensor data stays in the file: [`read_tensor`](Self::read_tensor) fetches one tensor's.
#[derive(Debug, Clone, PartialEq)]
pub struct Gguf {
    version: u32,
    alignment: u32,
    metadata: Vec<(String, Value)>,
    tensors: Vec<TensorInfo>,
    data_start: u64,
}

impl Gguf {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If the file cannot be read or is no sound GGUF file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        Self::read(&mut BufReader::new(File::open(path)?))
    }

    /// Reads from the start of `source`, a file or a [`Cursor`](std::io::Cursor) over bytes.
    ///
    /// # Errors
    /// If `source` fails or holds no sound GGUF file.
    pub fn read(source: &mut (impl Read + Seek)) -> Result<Self, GgufError> {
        Self::read_all(source, false)
    }

    /// As [`read`](Self::read), with nothing in place of long texts, long lists and lists of texts: quick for a
    /// file with a large vocabulary. Texts need not be UTF-8.
    pub(crate) fn read_brief(source: &mut (impl Read + Seek)) -> Result<Self, GgufError> {
        Self::read_all(source, true)
    }

    fn read_all(source: &mut (impl Read + Seek), brief: bool) -> Result<Self, GgufError> {
        let size = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut input = Input { source, left: size, brief };

        let mut magic = vec![0; MAGIC.len().min(usize::try_from(size).unwrap_or(MAGIC.len()))];
        input.fill(&mut magic, "the magic number")?;
        if magic != MAGIC {
            return Err(GgufError::NotGguf { found: magic });
        }
        let version = input.u32("the version")?;
        match version {
            2 | 3 => {}
            _ if (1..=3).contains(&version.swap_bytes()) => return Err(GgufError::BigEndian),
            _ => return Err(GgufError::Version { version }),
        }
        let tensor_count = input.u64("the number of tensors")?;
        let pair_count = input.u64("the number of metadata values")?;
        // Name, number of dimensions, one dimension, type, offset.
        input.expect(tensor_count, 8 + 4 + 8 + 4 + 8, "the list of tensors")?;
        // Key, type, value.
        input.expect(pair_count, 8 + 4 + 1, "the metadata")?;

        let metadata = read_metadata(&mut input, pair_count)?;
        let alignment = alignment_of(&metadata)?;
        let mut tensors = Vec::new();
        let mut names = HashSet::new();
        for _ in 0..tensor_count {
            let tensor = read_tensor_info(&mut input)?;
            if !names.insert(tensor.name().to_owned()) {
                return Err(GgufError::invalid(
                    format!("tensor \"{}\"", tensor.name()),
                    "there are two of that name",
                ));
            }
            tensors.push(tensor);
        }
        let header = size - input.left;
        let data_start =
            aligned(header, alignment).ok_or_else(|| GgufError::invalid("the header", "it is too long"))?;
        check_places(&tensors, alignment, data_start, size)?;
        Ok(Self { version, alignment, metadata, tensors, data_start })
    }

    /// Adds the tensors of another part of a split model.
    pub(crate) fn add_part(&mut self, part: Self) {
        self.tensors.extend(part.tensors);
    }

    /// The version of the format.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The alignment of tensor data, in bytes.
    #[must_use]
    pub const fn alignment(&self) -> u32 {
        self.alignment
    }

    /// Keys and values, in the order of the file.
    #[must_use]
    pub fn metadata(&self) -> &[(String, Value)] {
        &self.metadata
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.iter().find(|pair| pair.0 == key).map(|pair| &pair.1)
    }

    /// The tensors, in the order of the file.
    #[must_use]
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The tensor called `name`.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name() == name)
    }

    /// Where the data section starts, in bytes from the start of the file.
    #[must_use]
    pub const fn data_start(&self) -> u64 {
        self.data_start
    }

    /// Reads the data of one tensor of this file from `source`.
    ///
    /// # Errors
    /// If the tensor's type is unknown, or `source` fails or is shorter than the file read before.
    pub fn read_tensor(
        &self,
        source: &mut (impl Read + Seek),
        tensor: &TensorInfo,
    ) -> Result<Vec<u8>, GgufError> {
        let what = || format!("tensor \"{}\"", tensor.name());
        let Some(bytes) = tensor.bytes() else {
            return Err(GgufError::invalid(
                what(),
                format!("the size of {} is unknown", tensor.tensor_type()),
            ));
        };
        let size = source.seek(SeekFrom::End(0))?;
        let start = self.data_start.checked_add(tensor.offset()).filter(|&start| start <= size);
        let start = start.ok_or_else(|| GgufError::invalid(what(), "its data is not in this file"))?;
        source.seek(SeekFrom::Start(start))?;
        Input { source, left: size - start, brief: false }.bytes(bytes, &what())
    }
}

/// A source that knows how much is left of it.
struct Input<'a, R> {
    source: &'a mut R,
    left: u64,
    brief: bool,
}

impl<R: Read> Input<'_, R> {
    /// Fails unless `count` items of at least `each` bytes can be there.
    fn expect(&self, count: u64, each: u64, what: &str) -> Result<(), GgufError> {
        let needed = count.saturating_mul(each);
        if needed <= self.left {
            return Ok(());
        }
        Err(GgufError::Truncated { what: what.to_owned(), needed, left: self.left })
    }

    fn fill(&mut self, buffer: &mut [u8], what: &str) -> Result<(), GgufError> {
        self.expect(1, buffer.len() as u64, what)?;
        self.source.read_exact(buffer)?;
        self.left -= buffer.len() as u64;
        Ok(())
    }

    /// Reads `count` bytes; memory grows with what is really there.
    fn bytes(&mut self, count: u64, what: &str) -> Result<Vec<u8>, GgufError> {
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

    fn u32(&mut self, what: &str) -> Result<u32, GgufError> {
        self.array(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &str) -> Result<u64, GgufError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Passes over `count` bytes.
    fn skip(&mut self, count: u64, what: &str) -> Result<(), GgufError> {
        self.expect(1, count, what)?;
        let passed = std::io::copy(&mut self.source.by_ref().take(count), &mut std::io::sink())?;
        if passed < count {
            return Err(GgufError::Truncated { what: what.to_owned(), needed: count - passed, left: 0 });
        }
        self.left -= count;
        Ok(())
    }

    fn string(&mut self, what: &str) -> Result<String, GgufError> {
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

    fn bool(&mut self, what: &str) -> Result<bool, GgufError> {
        truth(self.array::<1>(what)?[0], what)
    }

    fn value_type(&mut self, key: &str) -> Result<ValueType, GgufError> {
        let number = self.u32(key)?;
        ValueType::from_number(number)
            .ok_or_else(|| GgufError::UnknownValueType { key: key.to_owned(), number })
    }

    fn value(&mut self, kind: ValueType, key: &str) -> Result<Value, GgufError> {
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

fn read_metadata(input: &mut Input<'_, impl Read>, count: u64) -> Result<Vec<(String, Value)>, GgufError> {
    let mut metadata = Vec::new();
    let mut keys = HashSet::new();
    for _ in 0..count {
        let key = input.string("a key")?;
        if !keys.insert(key.clone()) {
            return Err(GgufError::invalid(format!("the key \"{key}\""), "it is there twice"));
        }
        let kind = input.value_type(&key)?;
        let value = input.value(kind, &key)?;
        metadata.push((key, value));
    }
    Ok(metadata)
}

fn alignment_of(metadata: &[(String, Value)]) -> Result<u32, GgufError> {
    match metadata.iter().find(|pair| pair.0 == ALIGNMENT_KEY) {
        None => Ok(DEFAULT_ALIGNMENT),
        Some((_, Value::U32(alignment))) if alignment.is_power_of_two() => Ok(*alignment),
        Some((_, other)) => {
            Err(GgufError::invalid("the alignment", format!("{other} is no power of two of 32 bits")))
        }
    }
}

fn read_tensor_info(input: &mut Input<'_, impl Read>) -> Result<TensorInfo, GgufError> {
    let name = input.string("the name of a tensor")?;
    let what = format!("tensor \"{name}\"");
    let count = input.u32(&what)?;
    if count as usize > MAX_DIMS {
        return Err(GgufError::invalid(what, "it needs one to four dimensions"));
    }
    let mut dims = Vec::new();
    for _ in 0..count {
        dims.push(input.u64(&what)?);
    }
    let tensor_type = TensorType::from_number(input.u32(&what)?);
    let mut tensor = TensorInfo::new(&name, &dims, tensor_type)?;
    tensor.offset = input.u64(&what)?;
    Ok(tensor)
}

/// Tensors lie one after the other, as llama.cpp wants them, and within the file.
fn check_places(tensors: &[TensorInfo], alignment: u32, data_start: u64, size: u64) -> Result<(), GgufError> {
    let mut expected = Some(0);
    for tensor in tensors {
        let what = || format!("tensor \"{}\"", tensor.name());
        match expected {
            Some(place) if place != tensor.offset() => {
                let problem = format!("its data is at {} instead of {place}", tensor.offset());
                return Err(GgufError::invalid(what(), problem));
            }
            // After a tensor of unknown size only the alignment can be checked.
            None if !tensor.offset().is_multiple_of(u64::from(alignment)) => {
                return Err(GgufError::invalid(what(), "its data is not aligned"));
            }
            _ => {}
        }
        let end = tensor.offset().checked_add(tensor.bytes().unwrap_or(0));
        let in_file = end.and_then(|end| data_start.checked_add(end));
        if in_file.is_none_or(|end| end > size) {
            let left = size.saturating_sub(data_start.saturating_add(tensor.offset()));
            return Err(GgufError::Truncated { what: what(), needed: tensor.bytes().unwrap_or(0), left });
        }
        expected = tensor.bytes().and(end).and_then(|end| aligned(end, alignment));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{GgufWriter, VERSION};
    use super::*;

    fn read(bytes: &[u8]) -> Result<Gguf, GgufError> {
        Gguf::read(&mut Cursor::new(bytes))
    }

    fn sample() -> Vec<u8> {
        let mut writer = GgufWriter::new();
        let pairs: Vec<(&str, Value)> = vec![
            ("u8", 8_u8.into()),
            ("i8", (-8_i8).into()),
            ("u16", 16_u16.into()),
            ("i16", (-16_i16).into()),
            ("u32", 32_u32.into()),
            ("i32", (-32_i32).into()),
            ("f32", 0.5_f32.into()),
            ("bool", true.into()),
            ("string", "smörgås".into()),
            ("u64", u64::MAX.into()),
            ("i64", i64::MIN.into()),
            ("f64", 0.25_f64.into()),
            ("list u8", vec![1_u8, 2].into()),
            ("list i8", vec![-1_i8].into()),
            ("list u16", vec![1_u16].into()),
            ("list i16", vec![-1_i16].into()),
            ("list u32", vec![1_u32].into()),
            ("list i32", vec![-1_i32].into()),
            ("list f32", vec![1.5_f32].into()),
            ("list bool", vec![true, false].into()),
            ("list string", vec!["a".to_owned(), String::new()].into()),
            ("list u64", vec![1_u64].into()),
            ("list i64", vec![-1_i64].into()),
            ("list f64", vec![2.5_f64].into()),
            ("list list", vec![Array::from(vec![1_u8]), Array::from(vec![String::from("b")])].into()),
            ("empty", Vec::<String>::new().into()),
        ];
        for (key, value) in pairs {
            writer.set(key, value).expect("a new key");
        }
        writer.tensor("one", &[32, 2], TensorType::Q8_0, vec![7; 68]).expect("sound");
        writer.tensor("two", &[3], TensorType::F32, vec![9; 12]).expect("sound");
        let mut file = Vec::new();
        writer.write_to(&mut file).expect("a vector takes everything");
        file
    }

    #[test]
    fn everything_comes_back() {
        let file = sample();
        let gguf = read(&file).expect("sound");
        assert_eq!(gguf.version(), VERSION);
        assert_eq!(gguf.get("string").and_then(Value::as_str), Some("smörgås"));
        assert_eq!(gguf.get("u64").and_then(Value::as_u64), Some(u64::MAX));
        assert_eq!(gguf.get("nothing"), None);
        let kinds: HashSet<ValueType> = gguf.metadata().iter().map(|pair| pair.1.value_type()).collect();
        assert_eq!(kinds.len(), ValueType::ALL.len());

        let two = gguf.tensor("two").expect("written");
        assert_eq!((two.offset(), two.dims(), two.bytes()), (96, &[3][..], Some(12)));
        let data = gguf.read_tensor(&mut Cursor::new(&file), two).expect("there");
        assert_eq!(data, [9; 12]);

        let mut again = GgufWriter::new();
        for (key, value) in gguf.metadata() {
            again.set(key.clone(), value.clone()).expect("a new key");
        }
        for tensor in gguf.tensors() {
            let data = gguf.read_tensor(&mut Cursor::new(&file), tensor).expect("there");
            again.tensor(tensor.name(), tensor.dims(), tensor.tensor_type(), data).expect("sound");
        }
        let mut copy = Vec::new();
        again.write_to(&mut copy).expect("a vector takes everything");
        assert_eq!(copy, file);
    }

    #[test]
    fn every_shorter_file_is_an_error() {
        let file = sample();
        let needed = read(&file).expect("sound").data_start() + 96 + 12;
        for length in 0..usize::try_from(needed).expect("small") {
            assert!(read(&file[..length]).is_err(), "{length} bytes were enough");
        }
    }

    #[test]
    fn no_changed_byte_panics() {
        let file = sample();
        for at in 0..file.len() {
            for byte in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut changed = file.clone();
                changed[at] = byte;
                let _ = read(&changed);
            }
        }
    }

    #[test]
    fn other_files_are_named() {
        assert!(matches!(read(b"PK\x03\x04...."), Err(GgufError::NotGguf { .. })));
        assert!(matches!(read(b""), Err(GgufError::NotGguf { .. })));
        assert!(matches!(read(b"GGUF\x01\0\0\0"), Err(GgufError::Version { version: 1 })));
        assert!(matches!(read(b"GGUF\0\0\0\x03"), Err(GgufError::BigEndian)));
    }

    /// A header with these counts and what follows them.
    fn header(tensors: u64, pairs: u64, rest: &[u8]) -> Vec<u8> {
        let mut file = b"GGUF\x03\0\0\0".to_vec();
        file.extend(tensors.to_le_bytes());
        file.extend(pairs.to_le_bytes());
        file.extend(rest);
        file
    }

    fn text(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn lying_lengths_are_refused_before_memory_is_taken() {
        assert!(matches!(read(&header(u64::MAX, 0, &[])), Err(GgufError::Truncated { .. })));
        assert!(matches!(read(&header(0, u64::MAX, &[])), Err(GgufError::Truncated { .. })));
        let long_key = header(0, 1, &[&u64::MAX.to_le_bytes()[..], &[0; 32]].concat());
        assert!(matches!(read(&long_key), Err(GgufError::Truncated { .. })));
        for kind in 0..13_u32 {
            let list = [
                text("k"),
                9_u32.to_le_bytes().into(),
                kind.to_le_bytes().into(),
                (u64::MAX / 4).to_le_bytes().into(),
            ];
            assert!(
                matches!(read(&header(0, 1, &list.concat())), Err(GgufError::Truncated { .. })),
                "type {kind}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let pair = |kind: u32, value: &[u8]| [&text("k"), &kind.to_le_bytes()[..], value].concat();
        assert!(matches!(
            read(&header(0, 1, &pair(13, &[0; 8]))),
            Err(GgufError::UnknownValueType { number: 13, .. })
        ));
        assert!(matches!(read(&header(0, 1, &pair(7, &[2]))), Err(GgufError::Invalid { .. })));
        let bad_text = [&1_u64.to_le_bytes()[..], &[0xFF]].concat();
        assert!(matches!(read(&header(0, 1, &pair(8, &bad_text))), Err(GgufError::NotUtf8 { .. })));
        let twice = [pair(0, &[1]), pair(0, &[1])].concat();
        assert!(matches!(read(&header(0, 2, &twice)), Err(GgufError::Invalid { .. })));
        let alignment = [&text(ALIGNMENT_KEY), &4_u32.to_le_bytes()[..], &3_u32.to_le_bytes()].concat();
        assert!(matches!(read(&header(0, 1, &alignment)), Err(GgufError::Invalid { .. })));
        // A list in a list in a list, without end.
        let deep: Vec<u8> =
            (0..64).flat_map(|_| [&9_u32.to_le_bytes()[..], &1_u64.to_le_bytes()].concat()).collect();
        assert!(matches!(read(&header(0, 1, &pair(9, &deep))), Err(GgufError::Invalid { .. })));
    }

    #[test]
    fn misplaced_tensors_are_refused() {
        let tensor = |name: &str, dims: u32, offset: u64| {
            let mut bytes = text(name);
            bytes.extend(dims.to_le_bytes());
            bytes.extend((0..dims).flat_map(|_| 1_u64.to_le_bytes()));
            bytes.extend(0_u32.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes
        };
        let file =
            |tensors: &[Vec<u8>]| header(tensors.len() as u64, 0, &[tensors.concat(), vec![0; 256]].concat());
        assert!(read(&file(&[tensor("a", 1, 0), tensor("b", 1, 32)])).is_ok());
        assert!(read(&file(&[tensor("a", 1, 0), tensor("b", 1, 0)])).is_err());
        assert!(read(&file(&[tensor("a", 1, 0), tensor("a", 1, 32)])).is_err());
        assert!(read(&file(&[tensor("a", 1, u64::MAX - 31)])).is_err());
        assert!(read(&file(&[tensor("a", 0, 0)])).is_err());
        assert!(read(&file(&[tensor("a", 5, 0)])).is_err());
    }
}
