//! Quantizing models.

use super::subjects::{target, tiny};
use super::{Row, rows};
use crate::common::{default_path, folder};
use llama::gguf::{Gguf, GgufWriter, TensorType};
use llama::{Error, FileType, Importance, Quantize};
use std::fs::File;

pub(super) fn rows() -> Vec<Row> {
    rows! {
    "Quantize::run: no input" => LoadModel, |_| Quantize::new("/no/such", target()).run().map(drop);
    "Quantize::run: input with zero byte" => LoadModel, |_| Quantize::new("a\0b", target()).run().map(drop);
    "Quantize::run: output with zero byte" => NulByte, |_| Quantize::new(tiny(), "a\0b").run().map(drop);
    "Quantize::run: over itself" => InvalidParameter, |_| Quantize::new(tiny(), tiny()).run().map(drop);
    "Quantize::run: over itself, another name" => InvalidParameter, |_| {
        let other = folder().join("../llama-suite").join(tiny().file_name().unwrap());
        Quantize::new(tiny(), other).run().map(drop)
    };
    "Quantize::run: to a folder" => InvalidParameter, |_| Quantize::new(tiny(), folder()).run().map(drop);
    "Quantize::run: to nowhere" => InvalidParameter, |_| Quantize::new(tiny(), "/no/such/folder/x").run().map(drop);
    "Quantize::run: already quantized" => Quantize, |_| Quantize::new(default_path(), target()).file_type(FileType::Q4_0).run().map(drop);
    "Quantize::run: unknown type" => InvalidParameter, |_| quantize(|q| q.file_type(FileType(77)));
    "Quantize::run: type MAX" => InvalidParameter, |_| quantize(|q| q.file_type(FileType(u32::MAX)));
    "Quantize::run: type with the mark of a guess" => InvalidParameter, |_| quantize(|q| q.file_type(FileType(1024 + 2)));
    "Quantize::run: IQ1 without importance" => InvalidParameter, |_| quantize(|q| q.file_type(FileType::IQ1_S));
    "Quantize::run: IQ2 without importance" => InvalidParameter, |_| quantize(|q| q.file_type(FileType::IQ2_M));
    "Quantize::run: IQ2 with nothing important" => InvalidParameter, |_| {
        quantize(|q| q.file_type(FileType::IQ2_XXS).pure(true).importance(Importance::new()))
    };
    "Quantize::run: embeddings without importance" => InvalidParameter, |_| {
        quantize(|q| q.token_embedding_type(TensorType::IQ1_S))
    };
    "Quantize::run: embeddings that do not divide" => InvalidParameter, |_| quantize(|q| q.token_embedding_type(TensorType::Q6_K));
    "Quantize::run: output that does not divide" => InvalidParameter, |_| quantize(|q| q.output_tensor_type(TensorType::Q6_K));
    "Quantize::run: output of integers" => InvalidParameter, |_| quantize(|q| q.output_tensor_type(TensorType::I64));
    "Quantize::run: output of intermediate numbers" => InvalidParameter, |_| quantize(|q| q.output_tensor_type(TensorType::Q8_K));
    "Quantize::run: output of no type" => InvalidParameter, |_| quantize(|q| q.output_tensor_type(TensorType::from_number(u32::MAX)));
    "Quantize::run: pattern of nothing" => InvalidParameter, |_| quantize(|q| q.tensor_type("", TensorType::Q8_0));
    "Quantize::run: pattern with zero byte" => NulByte, |_| quantize(|q| q.tensor_type("\0", TensorType::Q8_0));
    "Quantize::run: pattern without end" => Quantize, |_| {
        quantize(|q| q.file_type(FileType::Q4_0).tensor_type("[", TensorType::Q8_0))
    };
    "Quantize::run: pattern too long" => TooLong, |_| quantize(|q| q.tensor_type(&"(".repeat(100_000), TensorType::Q8_0));
    "Quantize::run: no layers" => Quantize, |_| quantize(|q| q.metadata_override("llama.block_count", 0_i64));
    "Quantize::run: no threads" => InvalidParameter, |_| quantize(|q| q.n_threads(0));
    "Quantize::run: all threads" => InvalidParameter, |_| quantize(|q| q.n_threads(u32::MAX));
    "Quantize::run: prune what is not there" => InvalidParameter, |_| quantize(|q| q.prune_layers(&[2]));
    "Quantize::run: prune MAX" => InvalidParameter, |_| quantize(|q| q.prune_layers(&[u32::MAX]));
    "Quantize::run: prune all" => InvalidParameter, |_| quantize(|q| q.prune_layers(&[0, 1, 1, 0]));
    "Quantize::run: negative metadata" => InvalidParameter, |_| quantize(|q| q.metadata_override("x", -5_i64));
    "Quantize::run: metadata without a key" => InvalidParameter, |_| quantize(|q| q.metadata_override("", 5_i64));
    "Quantize::run: alignment" => InvalidParameter, |_| quantize(|q| q.metadata_override("general.alignment", 3_i64));
    "Quantize::run: split" => InvalidParameter, |_| quantize(|q| q.metadata_override("split.no", 3_i64));
    "Quantize::run: unknown architecture" => Quantize, |_| quantize(|q| q.metadata_override("general.architecture", "nonsense"));
    "Importance::with: not a number" => InvalidParameter, |_| Importance::new().with("a", vec![f32::NAN]).map(drop);
    "Importance::with: negative" => InvalidParameter, |_| Importance::new().with("a", vec![-0.5]).map(drop);
    "Importance::open: a model" => Io, |_| Importance::open(tiny()).map(drop);
    "Importance::open: no file" => Io, |_| Importance::open("/no/such").map(drop);
    "FileType::from_str: no such name" => InvalidParameter, |_| "Q9_K".parse::<FileType>().map(drop);
    "Quantize::run: buffer of no size, to nowhere" => InvalidParameter, |_| {
        Quantize::new(tiny(), "/no/such/folder/x").max_buffer(0).run().map(drop)
    };
    "Quantize::run: a text as model" => LoadModel, |_| {
        Quantize::new(default_path().with_file_name("train.py"), target()).run().map(drop)
    };
    "Quantize::run: key too long" => TooLong, |_| quantize(|q| q.metadata_override(&"k".repeat(128), 1_i64));
    "Quantize::run: text too long" => TooLong, |_| quantize(|q| q.metadata_override("k", "v".repeat(128).as_str()));
    "Quantize::run: text with zero byte" => NulByte, |_| quantize(|q| q.metadata_override("k", "\0"));
    "Quantize::run: a tensor without numbers" => Quantize, |_| Quantize::new(hollow(), target()).file_type(FileType::Q8_0).run().map(drop);
    "Quantize::dry_run: a tensor without numbers" => Quantize, |_| Quantize::new(hollow(), target()).file_type(FileType::Q8_0).dry_run().map(drop);
    "Quantize::run: a pipe" => LoadModel, |_| Quantize::new(super::model::pipe("misuse-pipe.gguf"), target()).run().map(drop);
    "Importance::open: a pipe" => Io, |_| Importance::open(super::model::pipe("misuse-pipe.gguf")).map(drop);
    "Quantize::dry_run: no input" => LoadModel, |_| Quantize::new("/no/such", target()).dry_run().map(drop);
    "Quantize::dry_run: a folder" => LoadModel, |_| Quantize::new(folder(), target()).dry_run().map(drop);
    "Quantize::dry_run: unknown type" => InvalidParameter, |_| {
        Quantize::new(tiny(), target()).file_type(FileType(77)).dry_run().map(drop)
    };
    "Quantize::dry_run: prune all" => InvalidParameter, |_| Quantize::new(tiny(), target()).prune_layers(&[0, 1]).dry_run().map(drop);
    "Importance::with: infinite" => InvalidParameter, |_| Importance::new().with("a", vec![f32::INFINITY]).map(drop);
    "Importance::open: a folder" => Io, |_| Importance::open(folder()).map(drop);
    "Importance::open: no name" => Io, |_| Importance::open("").map(drop);
    "FileType::from_str: no name" => InvalidParameter, |_| "".parse::<FileType>().map(drop);
    }
}

/// The tiny model with a matrix that has rows of nothing.
fn hollow() -> std::path::PathBuf {
    let gguf = Gguf::open(tiny()).unwrap();
    let mut source = File::open(tiny()).unwrap();
    let mut writer = GgufWriter::new();
    for (key, value) in gguf.metadata() {
        writer.set(key.clone(), value.clone()).unwrap();
    }
    for tensor in gguf.tensors() {
        let data = gguf.read_tensor(&mut source, tensor).unwrap();
        writer.tensor(tensor.name(), tensor.dims(), tensor.tensor_type(), data).unwrap();
    }
    writer.tensor("blk.0.more.weight", &[0, 64], TensorType::F32, Vec::new()).unwrap();
    let path = folder().join("misuse-hollow.gguf");
    writer.save(&path).unwrap();
    path
}

fn quantize(change: impl FnOnce(Quantize) -> Quantize) -> Result<(), Error> {
    change(Quantize::new(tiny(), target())).run().map(drop)
}
