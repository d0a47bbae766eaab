//! Reading: bounded by the file's size, strict about everything it states.

use std::collections::HashSet;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::input::Input;
use super::{
    ALIGNMENT_KEY, DEFAULT_ALIGNMENT, GgufError, MAGIC, MAX_DIMS, TensorInfo, TensorType, Value, aligned,
};

/// The metadata and the tensor list of a GGUF file.
///
/// Tensor data stays in the file: [`read_tensor`](Self::read_tensor) fetches one tensor's.
///
/// ```
/// use llama::gguf::Gguf;
/// let file = Gguf::open("../examples/model/llama-tiny-chat.gguf")?;
/// println!("{} values, {} tensors", file.metadata().len(), file.tensors().len());
/// # Ok::<(), llama::gguf::GgufError>(())
/// ```
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
    /// If the file cannot be read, is no regular file (a pipe, a device), or is no sound GGUF file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        Self::read(&mut BufReader::new(crate::regular_file::open(path.as_ref())?))
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

    /// Adds the tensors of another part of a split model. What holds for all of them is the smallest alignment.
    pub(crate) fn add_part(&mut self, part: Self) {
        self.alignment = self.alignment.min(part.alignment);
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

    use super::super::{Array, GgufWriter, VERSION, ValueType};
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
