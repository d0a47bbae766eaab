//! Writing, to a file or to anything that takes bytes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::value::each_kind;
use super::{
    ALIGNMENT_KEY, Array, DEFAULT_ALIGNMENT, GgufError, MAGIC, TensorInfo, TensorType, VERSION, Value,
    aligned,
};
use crate::part_file::PartFile;

/// Largest alignment that is written. llama.cpp reads any power of two, but each tensor is padded to it: this is
/// the largest common page.
const MAX_ALIGNMENT: u32 = 1 << 21;

/// Collects metadata and tensors, then writes them as one GGUF file.
///
/// Tensor data may be borrowed, so nothing large has to be copied. Where even
/// holding it all at once is too much, [`declare`](Self::declare) the tensors
/// and hand their data to [`stream`](Self::stream) one by one.
///
/// ```
/// use llama::gguf::{Gguf, GgufError, GgufWriter, TensorType};
/// let mut writer = GgufWriter::new();
/// writer.set("general.name", "two numbers")?;
/// writer.tensor("numbers", &[2], TensorType::F32, [1.0_f32, 2.0].map(f32::to_le_bytes).concat())?;
/// let mut file = Vec::new();
/// writer.write_to(&mut file)?;
/// assert_eq!(&file[..4], b"GGUF");
/// # Ok::<(), GgufError>(())
/// ```
#[derive(Debug, Default)]
pub struct GgufWriter<'a> {
    metadata: Vec<(String, Value)>,
    tensors: Vec<TensorInfo>,
    data: Vec<Option<Cow<'a, [u8]>>>,
    names: HashSet<String>,
}

impl<'a> GgufWriter<'a> {
    /// A file with neither metadata nor tensors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a metadata value.
    ///
    /// # Errors
    /// If there is a value of that key already, or it is an alignment that cannot be.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Result<(), GgufError> {
        let (key, value) = (key.into(), value.into());
        if self.metadata.iter().any(|pair| pair.0 == key) {
            return Err(GgufError::invalid(format!("the key \"{key}\""), "it is there already"));
        }
        let fits = |alignment: u32| alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT;
        if key == ALIGNMENT_KEY && !matches!(value, Value::U32(alignment) if fits(alignment)) {
            let problem = format!("{value} is no 32-bit power of two up to {MAX_ALIGNMENT}");
            return Err(GgufError::invalid("the alignment", problem));
        }
        self.metadata.push((key, value));
        Ok(())
    }

    /// Adds a tensor with its data.
    ///
    /// # Errors
    /// If the name is taken or too long, the shape does not suit the type, or
    /// `data` is not exactly as long as shape and type demand.
    pub fn tensor(
        &mut self,
        name: &str,
        dims: &[u64],
        tensor_type: TensorType,
        data: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), GgufError> {
        let data = data.into();
        self.declare(name, dims, tensor_type)?;
        if let Some(tensor) = self.tensors.last()
            && let Err(error) = check_length(tensor, data.len())
        {
            self.names.remove(name);
            self.tensors.pop();
            self.data.pop();
            return Err(error);
        }
        if let Some(place) = self.data.last_mut() {
            *place = Some(data);
        }
        Ok(())
    }

    /// Adds a tensor whose data will be handed to the [`stream`](Self::stream).
    ///
    /// # Errors
    /// If the name is taken or too long, or the shape does not suit the type.
    pub fn declare(&mut self, name: &str, dims: &[u64], tensor_type: TensorType) -> Result<(), GgufError> {
        let tensor = TensorInfo::new(name, dims, tensor_type)?;
        let what = || format!("tensor \"{name}\"");
        if tensor.bytes().is_none() {
            return Err(GgufError::invalid(what(), format!("the size of {tensor_type} is unknown")));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(GgufError::invalid(what(), "there is one of that name already"));
        }
        self.tensors.push(tensor);
        self.data.push(None);
        Ok(())
    }

    /// Writes the file to `path`, which is created or replaced. It appears under its name only when it is complete.
    ///
    /// # Errors
    /// If the file cannot be written or a declared tensor has no data.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), GgufError> {
        let path = path.as_ref();
        let part = PartFile::beside(path);
        let mut file = BufWriter::new(File::create(part.path())?);
        self.write_to(&mut file)?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        part.publish(path)?;
        Ok(())
    }

    /// Writes the file to `sink`.
    ///
    /// # Errors
    /// If `sink` fails or a declared tensor has no data.
    pub fn write_to(&self, sink: impl Write) -> Result<(), GgufError> {
        let mut stream = self.stream(sink)?;
        for (tensor, data) in self.tensors.iter().zip(&self.data) {
            let missing = || GgufError::invalid(format!("tensor \"{}\"", tensor.name()), "it has no data");
            stream.tensor(data.as_ref().ok_or_else(missing)?)?;
        }
        stream.finish()
    }

    /// Writes everything but the tensor data, which is handed over afterwards.
    ///
    /// # Errors
    /// If `sink` fails or the tensors are too large for one file.
    pub fn stream<W: Write>(&self, sink: W) -> Result<GgufStream<W>, GgufError> {
        let alignment = self.alignment();
        let mut header = Vec::new();
        header.extend(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend((self.tensors.len() as u64).to_le_bytes());
        header.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put_text(&mut header, key);
            header.extend(value.value_type().number().to_le_bytes());
            put_value(&mut header, value);
        }
        let mut offset = 0;
        for tensor in &self.tensors {
            put_text(&mut header, tensor.name());
            // The shape has been checked: four dimensions at most.
            header.extend(u32::try_from(tensor.dims().len()).unwrap_or(0).to_le_bytes());
            header.extend(tensor.dims().iter().flat_map(|dim| dim.to_le_bytes()));
            header.extend(tensor.tensor_type().number().to_le_bytes());
            header.extend(u64::to_le_bytes(offset));
            let end = offset.checked_add(tensor.bytes().unwrap_or(0)).and_then(|end| aligned(end, alignment));
            offset = end.ok_or_else(|| {
                GgufError::invalid("the tensors", "together they are too large for one file")
            })?;
        }
        let mut stream = GgufStream { sink, alignment, left: self.tensors.clone().into_iter() };
        stream.put(&header)?;
        Ok(stream)
    }

    fn alignment(&self) -> u32 {
        let stated = self.metadata.iter().find(|pair| pair.0 == ALIGNMENT_KEY);
        if let Some((_, Value::U32(alignment))) = stated { *alignment } else { DEFAULT_ALIGNMENT }
    }
}

/// A file whose tensor data is being written, tensor by tensor.
///
/// ```
/// use llama::gguf::{GgufWriter, TensorType};
/// let mut writer = GgufWriter::new();
/// writer.declare("a", &[2], TensorType::F32)?;
/// let mut stream = writer.stream(Vec::new())?;
/// stream.tensor(&[0; 8])?;
/// stream.finish()?;
/// # Ok::<(), llama::gguf::GgufError>(())
/// ```
#[derive(Debug)]
#[must_use = "a file without its tensor data is of no use: call finish"]
pub struct GgufStream<W> {
    sink: W,
    alignment: u32,
    left: std::vec::IntoIter<TensorInfo>,
}

impl<W: Write> GgufStream<W> {
    /// The tensor whose data comes next.
    #[must_use]
    pub fn next_tensor(&self) -> Option<&TensorInfo> {
        self.left.as_slice().first()
    }

    /// Writes the data of the next tensor.
    ///
    /// # Errors
    /// If the length is wrong, no tensor is left, or the sink fails.
    pub fn tensor(&mut self, data: &[u8]) -> Result<(), GgufError> {
        let Some(tensor) = self.next_tensor() else {
            return Err(GgufError::invalid("the tensor data", "there is more of it than tensors"));
        };
        check_length(tensor, data.len())?;
        self.left.next();
        self.put(data)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If data of a tensor is missing or the sink fails.
    pub fn finish(mut self) -> Result<(), GgufError> {
        if let Some(tensor) = self.next_tensor() {
            return Err(GgufError::invalid(format!("tensor \"{}\"", tensor.name()), "it has no data"));
        }
        self.sink.flush()?;
        Ok(())
    }

    /// Writes `bytes` and fills up to the alignment.
    fn put(&mut self, bytes: &[u8]) -> Result<(), GgufError> {
        self.sink.write_all(bytes)?;
        let padding = (bytes.len() as u64).wrapping_neg() % u64::from(self.alignment);
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), padding), &mut self.sink)?;
        Ok(())
    }
}

fn check_length(tensor: &TensorInfo, length: usize) -> Result<(), GgufError> {
    if tensor.bytes() == Some(length as u64) {
        return Ok(());
    }
    let needed = tensor.bytes().unwrap_or(0);
    Err(GgufError::invalid(
        format!("tensor \"{}\"", tensor.name()),
        format!("it needs {needed} bytes of data, not {length}"),
    ))
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(n) => n.put(out),
        Value::I8(n) => n.put(out),
        Value::U16(n) => n.put(out),
        Value::I16(n) => n.put(out),
        Value::U32(n) => n.put(out),
        Value::I32(n) => n.put(out),
        Value::F32(n) => n.put(out),
        Value::Bool(value) => value.put(out),
        Value::String(text) => text.put(out),
        Value::Array(array) => array.put(out),
        Value::U64(n) => n.put(out),
        Value::I64(n) => n.put(out),
        Value::F64(n) => n.put(out),
    }
}

/// What the format can hold.
trait Put {
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! put_numbers {
    ($($number:ty),*) => {$(
        impl Put for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}
put_numbers!(u8, i8, u16, i16, u32, i32, f32, u64, i64, f64);

impl Put for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Put for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(out, self);
    }
}

impl Put for Array {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.element_type().number().to_le_bytes());
        out.extend((self.len() as u64).to_le_bytes());
        each_kind!(self, items => items.iter().for_each(|item| item.put(out)));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::Gguf;
    use super::*;

    #[test]
    fn mistakes_are_refused() {
        let mut writer = GgufWriter::new();
        writer.set("key", 1_u8).expect("new");
        assert!(writer.set("key", 2_u8).is_err());
        assert!(writer.set(ALIGNMENT_KEY, 12_u32).is_err());
        assert!(writer.set(ALIGNMENT_KEY, 32_u64).is_err());
        assert!(writer.tensor("t", &[2], TensorType::F32, vec![0; 7]).is_err());
        writer.tensor("t", &[2], TensorType::F32, vec![0; 8]).expect("a failed one leaves nothing behind");
        assert!(writer.tensor("t", &[2], TensorType::F32, vec![0; 8]).is_err());
        assert!(writer.declare("u", &[2], TensorType::from_number(77)).is_err());
        assert!(writer.declare("u", &[31], TensorType::Q4_0).is_err());
        writer.declare("u", &[32], TensorType::Q4_0).expect("sound");
        assert!(writer.write_to(&mut Vec::new()).is_err(), "a declared tensor has no data");
    }

    #[test]
    fn data_can_be_streamed() {
        let mut writer = GgufWriter::new();
        writer.set(ALIGNMENT_KEY, 128_u32).expect("new");
        writer.declare("a", &[3], TensorType::I8).expect("sound");
        writer.declare("b", &[2], TensorType::I16).expect("sound");
        let mut file = Vec::new();
        let mut stream = writer.stream(&mut file).expect("sound");
        assert_eq!(stream.next_tensor().map(TensorInfo::name), Some("a"));
        stream.tensor(&[1, 2, 3]).expect("three bytes");
        assert!(stream.tensor(&[1, 2, 3]).is_err());
        stream.tensor(&[4, 5, 6, 7]).expect("four bytes");
        assert!(stream.tensor(&[]).is_err());
        stream.finish().expect("complete");

        let gguf = Gguf::read(&mut Cursor::new(&file)).expect("sound");
        assert_eq!((gguf.alignment(), gguf.data_start() % 128, file.len() % 128), (128, 0, 0));
        let b = gguf.tensor("b").expect("written");
        assert_eq!(gguf.read_tensor(&mut Cursor::new(&file), b).expect("there"), [4, 5, 6, 7]);
    }

    #[test]
    fn an_unfinished_stream_is_an_error() {
        let mut writer = GgufWriter::new();
        writer.declare("a", &[1], TensorType::I8).expect("sound");
        let mut file = Vec::new();
        assert!(writer.stream(&mut file).and_then(GgufStream::finish).is_err());
    }
}
