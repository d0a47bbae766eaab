//! GGUF files.

use super::subjects::tiny;
use super::{Row, rows};
use crate::common::{default_path, folder};
use llama::Error;
use llama::gguf::{Gguf, GgufWriter, TensorType};
use std::io::Cursor;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Gguf::open: no file" => Gguf, |_| Ok(Gguf::open("/no/such").map(drop)?);
    "Gguf::open: a folder" => Gguf, |_| Ok(Gguf::open(folder()).map(drop)?);
    "Gguf::open: a text" => Gguf, |_| Ok(Gguf::open(default_path().with_file_name("train.py")).map(drop)?);
    "Gguf::read: nothing" => Gguf, |_| Ok(Gguf::read(&mut Cursor::new([])).map(drop)?);
    "Gguf::read: version 99" => Gguf, |_| Ok(Gguf::read(&mut Cursor::new(b"GGUF\x63\0\0\0")).map(drop)?);
    "Gguf::read: the other byte order" => Gguf, |_| Ok(Gguf::read(&mut Cursor::new(b"GGUF\0\0\0\x03")).map(drop)?);
    "Gguf::read: counts without end" => Gguf, |_| {
        let bytes = [&b"GGUF\x03\0\0\0"[..], &[0xff; 16]].concat();
        Ok(Gguf::read(&mut Cursor::new(bytes)).map(drop)?)
    };
    "Gguf::read_tensor: another file" => Gguf, |_| {
        let gguf = Gguf::open(tiny())?;
        Ok(gguf.read_tensor(&mut Cursor::new([0; 10]), &gguf.tensors()[0]).map(drop)?)
    };
    "GgufWriter::set: a key twice" => Gguf, |_| {
        let mut writer = GgufWriter::new();
        writer.set("a", 1_u32)?;
        Ok(writer.set("a", 1_u32)?)
    };
    "GgufWriter::set: alignment 3" => Gguf, |_| Ok(GgufWriter::new().set("general.alignment", 3_u32)?);
    "GgufWriter::set: alignment 0" => Gguf, |_| Ok(GgufWriter::new().set("general.alignment", 0_u32)?);
    "GgufWriter::set: alignment 2^31" => Gguf, |_| Ok(GgufWriter::new().set("general.alignment", 1_u32 << 31)?);
    "GgufWriter::set: alignment beyond the largest page" => Gguf, |_| Ok(GgufWriter::new().set("general.alignment", 1_u32 << 22)?);
    "GgufWriter::set: alignment as text" => Gguf, |_| Ok(GgufWriter::new().set("general.alignment", "32")?);
    "GgufWriter::tensor: too little data" => Gguf, |_| tensor("a", &[4], TensorType::F32, 15);
    "GgufWriter::tensor: too much data" => Gguf, |_| tensor("a", &[4], TensorType::F32, 17);
    "GgufWriter::tensor: five dimensions" => Gguf, |_| tensor("a", &[1; 5], TensorType::F32, 4);
    "GgufWriter::tensor: rows that do not divide" => Gguf, |_| tensor("a", &[33], TensorType::Q4_0, 18);
    "GgufWriter::tensor: a name too long" => Gguf, |_| tensor(&"n".repeat(200), &[1], TensorType::F32, 4);
    "GgufWriter::tensor: more elements than numbers" => Gguf, |_| tensor("a", &[u64::MAX, 2], TensorType::F32, 4);
    "GgufWriter::tensor: more bytes than numbers" => Gguf, |_| tensor("a", &[u64::MAX / 2], TensorType::F32, 4);
    "GgufWriter::tensor: an unknown type" => Gguf, |_| tensor("a", &[1], TensorType::from_number(u32::MAX), 4);
    "GgufWriter::declare: a name twice" => Gguf, |_| {
        let mut writer = GgufWriter::new();
        writer.declare("a", &[1], TensorType::F32)?;
        Ok(writer.declare("a", &[1], TensorType::F32)?)
    };
    "GgufWriter::declare: an unknown type" => Gguf, |_| {
        Ok(GgufWriter::new().declare("a", &[1], TensorType::from_number(9999))?)
    };
    "GgufWriter::save: nowhere" => Gguf, |_| Ok(GgufWriter::new().save("/no/such/folder/a.gguf")?);
    "GgufWriter::save: a folder" => Gguf, |_| Ok(GgufWriter::new().save(folder())?);
    "GgufWriter::write_to: a tensor without data" => Gguf, |_| {
        let mut writer = GgufWriter::new();
        writer.declare("a", &[1], TensorType::F32)?;
        Ok(writer.write_to(Vec::new())?)
    };
    "GgufWriter::write_to: no room" => Gguf, |_| Ok(GgufWriter::new().write_to(&mut [0_u8; 4][..])?);
    "GgufWriter::stream: no room" => Gguf, |_| Ok(GgufWriter::new().stream(&mut [0_u8; 4][..]).map(drop)?);
    "GgufWriter::stream: more than one file holds" => Gguf, |_| {
        let mut writer = GgufWriter::new();
        writer.declare("a", &[u64::MAX / 8], TensorType::F32)?;
        writer.declare("b", &[u64::MAX / 8], TensorType::F32)?;
        writer.declare("c", &[u64::MAX / 8], TensorType::F32)?;
        Ok(writer.stream(Vec::new()).map(drop)?)
    };
    "GgufStream::tensor: more than declared" => Gguf, |_| Ok(GgufWriter::new().stream(Vec::new())?.tensor(&[0; 4])?);
    "GgufStream::tensor: of another size" => Gguf, |_| {
        let mut writer = GgufWriter::new();
        writer.declare("a", &[1], TensorType::F32)?;
        Ok(writer.stream(Vec::new())?.tensor(&[0; 5])?)
    };
    "GgufStream::finish: a tensor is missing" => Gguf, |_| {
        let mut writer = GgufWriter::new();
        writer.declare("a", &[1], TensorType::F32)?;
        Ok(writer.stream(Vec::new())?.finish()?)
    };
    };
    for part in 0..16 {
        rows.push(Row::new(format!("Gguf::read: {part}/16 of a model"), "Gguf", move |_| {
            let bytes = std::fs::read(tiny()).unwrap();
            Ok(Gguf::read(&mut Cursor::new(&bytes[..bytes.len() * part / 16])).map(drop)?)
        }));
    }
    rows
}

fn tensor(name: &str, dims: &[u64], tensor_type: TensorType, bytes: usize) -> Result<(), Error> {
    Ok(GgufWriter::new().tensor(name, dims, tensor_type, vec![0; bytes])?)
}
