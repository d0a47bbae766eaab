//! Models from several files, from bytes, from open files; and models written to files.

use crate::common::{batch, context, default_path, folder, greedy, model, question, random};
use llama::gguf::{Gguf, GgufWriter, Value};
use llama::{Error, LoadMode, Model, Special, Token, split_path, split_prefix};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

fn logits(model: &Model) -> Vec<f32> {
    let mut ctx = model.context_builder().n_ctx(256).n_threads(1).build().unwrap();
    let out = ctx.decode(&batch(0, 0, &[Token(5), Token(9), Token(7)])).unwrap();
    out.logits_last().unwrap().as_slice().to_vec()
}

/// Writes a model as several files with the given names.
pub(crate) fn split(path: &Path, parts: &[PathBuf]) {
    let gguf = Gguf::open(path).unwrap();
    let mut source = File::open(path).unwrap();
    let per_part = gguf.tensors().len().div_ceil(parts.len());
    for (index, (part, tensors)) in parts.iter().zip(gguf.tensors().chunks(per_part)).enumerate() {
        let mut writer = GgufWriter::new();
        if index == 0 {
            for (key, value) in gguf.metadata() {
                writer.set(key.clone(), value.clone()).unwrap();
            }
        }
        writer.set("split.no", Value::U16(u16::try_from(index).unwrap())).unwrap();
        writer.set("split.count", Value::U16(u16::try_from(parts.len()).unwrap())).unwrap();
        let total = i32::try_from(gguf.tensors().len()).unwrap();
        writer.set("split.tensors.count", Value::I32(total)).unwrap();
        for tensor in tensors {
            let data = gguf.read_tensor(&mut source, tensor).unwrap();
            writer.tensor(tensor.name(), tensor.dims(), tensor.tensor_type(), data).unwrap();
        }
        writer.save(part).unwrap();
    }
}

fn tiny() -> PathBuf {
    RandomModel::new(Shape::tiny(Arch::Llama)).cached(folder()).unwrap()
}

fn refusal(result: llama::Result<Model>) -> String {
    match result {
        Err(error @ Error::LoadModel { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn split_files_give_the_same_model() {
    let whole = logits(&Model::load(tiny()).unwrap());
    let named: Vec<_> = (0..3).map(|i| split_path(folder().join("tiny-split"), i, 3).unwrap()).collect();
    split(&tiny(), &named);
    assert_eq!(logits(&Model::load(&named[0]).unwrap()), whole, "found by their names");
    let own: Vec<_> = ["own-a.gguf", "own-b.gguf", "own-c.gguf"].map(|n| folder().join(n)).into();
    split(&tiny(), &own);
    assert_eq!(logits(&Model::builder_from_splits(&own).load().unwrap()), whole);
    assert_eq!(logits(&Model::builder_from_splits([tiny()]).load().unwrap()), whole, "one file is fine");

    let swapped = [&own[0], &own[2], &own[1]];
    assert!(refusal(Model::builder_from_splits(swapped).load()).contains("in order"));
    assert!(refusal(Model::builder_from_splits(&own[1..]).load()).contains("consists of 3"));
    assert!(refusal(Model::builder_from_splits(&own[..2]).load()).contains("2 were given"));
    let missing = [own[0].clone(), own[1].clone(), folder().join("no-such.gguf")];
    assert!(refusal(Model::builder_from_splits(missing).load()).contains("no such file"));
    let none: [&str; 0] = [];
    assert!(matches!(
        Model::builder_from_splits(none).load(),
        Err(Error::InvalidParameter { name: "splits", .. })
    ));
}

#[test]
fn split_names() {
    let path = split_path("dir/m", 1, 4).unwrap();
    assert_eq!(path, Path::new("dir/m-00002-of-00004.gguf"));
    assert_eq!(split_prefix(&path, 1, 4).unwrap().unwrap(), Path::new("dir/m"));
    assert_eq!(split_prefix(&path, 2, 4).unwrap(), None);
    assert_eq!(split_prefix("x", 0, 1).unwrap(), None);
    assert!(split_path("m", 4, 4).is_err() && split_prefix("m", 0, 0).is_err());
    assert!(split_path("a\0b", 0, 1).is_err() && split_prefix("a\0b", 0, 1).is_err());
}

#[test]
fn bytes_in_memory_give_the_same_model() {
    let bytes = std::fs::read(default_path()).unwrap();
    let loaded = Model::from_bytes(&bytes).unwrap();
    drop(bytes);
    let prompt = question("Hello!");
    let reference = greedy(&mut context(&model()), 0, &prompt, 12);
    assert_eq!(greedy(&mut context(&loaded), 0, &prompt, 12), reference);

    let bytes = std::fs::read(tiny()).unwrap();
    let mut seen = Vec::new();
    Model::builder_from_bytes(&bytes).on_progress(|p| seen.push(p)).load().unwrap();
    assert_eq!(seen.last(), Some(&1.0));
    let vocab = Model::builder_from_bytes(&bytes).vocab_only(true).load().unwrap();
    assert!(!vocab.vocab().tokenize("a b", Special::AsText).unwrap().is_empty());
    assert!(Model::builder_from_bytes(&bytes).load_mode(LoadMode::Read).load().is_ok());
}

#[test]
fn bad_bytes_are_explained() {
    let bytes = std::fs::read(tiny()).unwrap();
    assert!(refusal(Model::from_bytes(&[])).contains("no bytes"));
    assert!(refusal(Model::from_bytes(b"PK\x03\x04 and more of the archive")).contains("PyTorch"));
    for keep in [1, 4, 23, 500, bytes.len() / 2, bytes.len() - 64] {
        refusal(Model::from_bytes(&bytes[..keep]));
    }
    assert!(refusal(Model::from_bytes(&bytes[..bytes.len() / 2])).contains("cut off"));
    for mode in [LoadMode::Mmap, LoadMode::MmapMlock, LoadMode::DirectIo] {
        let refused = Model::builder_from_bytes(&bytes).load_mode(mode).load();
        assert!(matches!(refused, Err(Error::InvalidParameter { name: "load_mode", .. })), "{mode:?}");
    }
}

#[test]
fn an_open_file_gives_the_same_model() {
    let whole = logits(&Model::load(tiny()).unwrap());
    let mut file = File::open(tiny()).unwrap();
    for mode in [LoadMode::Auto, LoadMode::Read, LoadMode::Mmap] {
        file.rewind().unwrap();
        assert_eq!(
            logits(&Model::builder_from_file(&file).load_mode(mode).load().unwrap()),
            whole,
            "{mode:?}"
        );
    }
    file.rewind().unwrap();
    let mut magic = [0; 4];
    file.read_exact(&mut magic).unwrap();
    assert_eq!(&magic, b"GGUF", "the file is still open and usable");
}

#[test]
fn a_model_inside_another_file() {
    let path = folder().join("embedded.bin");
    let mut out = File::create(&path).unwrap();
    out.write_all(b"a header of some container").unwrap();
    let start = out.stream_position().unwrap();
    out.write_all(&std::fs::read(tiny()).unwrap()).unwrap();
    drop(out);
    let mut file = File::open(&path).unwrap();
    file.seek(SeekFrom::Start(start)).unwrap();
    assert_eq!(logits(&Model::from_file(&file).unwrap()), logits(&Model::load(tiny()).unwrap()));
    file.rewind().unwrap();
    refusal(Model::from_file(&file));
    file.seek(SeekFrom::End(0)).unwrap();
    refusal(Model::from_file(&file));
    refusal(Model::from_file(&File::create(folder().join("write-only.bin")).unwrap()));
}

#[test]
fn many_files_are_closed_again() {
    let file = File::open(tiny()).unwrap();
    for _ in 0..1100 {
        (&file).rewind().unwrap();
        Model::builder_from_file(&file).vocab_only(true).load().unwrap();
    }
}

#[test]
fn saving_and_loading_gives_the_same_model() {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Qwen3, Arch::Gemma3, Arch::Mamba] {
        let source = RandomModel::new(Shape::tiny(arch)).cached(folder()).unwrap();
        let model = Model::builder(&source).trainable().load().unwrap();
        let path = folder().join(format!("saved-{}.gguf", arch.name()));
        model.save(&path).unwrap();
        let again = Model::load(&path).unwrap();
        assert_eq!(again.n_params(), model.n_params());
        assert_eq!(logits(&again), logits(&model), "{arch:?}");
    }
}

#[test]
fn a_model_may_replace_its_own_file() {
    let path = folder().join("own-file.gguf");
    std::fs::copy(tiny(), &path).unwrap();
    let model = Model::builder(&path).mmap(true).extra_buffer_types(false).load().unwrap();
    let before = logits(&model);
    model.save(&path).unwrap();
    assert_eq!(logits(&model), before);
    assert_eq!(logits(&Model::load(&path).unwrap()), before);
}

#[test]
fn what_cannot_be_saved_says_why() {
    let refuse = |model: &Model, path: &Path| match model.save(path) {
        Err(error @ Error::SaveModel { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let target = folder().join("never.gguf");
    assert!(refuse(&random(Arch::Llama), &target).contains("trainable()"));
    let load = |arch| {
        let path = RandomModel::new(Shape::tiny(arch)).cached(folder()).unwrap();
        Model::builder(path).trainable().load().unwrap()
    };
    assert!(refuse(&load(Arch::T5), &target).contains("'t5'"));
    assert!(refuse(&load(Arch::Bert), &target).contains("parameters"));
    let llama = load(Arch::Llama);
    assert!(refuse(&llama, Path::new("/no/such/folder/x.gguf")).contains("open"));
    assert!(refuse(&llama, &folder()).contains("no name of a file"));
    refuse(&llama, Path::new(""));
    refuse(&llama, Path::new("/"));
    let vocab = Model::builder(tiny()).trainable().vocab_only(true).load().unwrap();
    assert!(matches!(vocab.save(&target), Err(Error::VocabOnly)));
    assert!(!target.exists());
}
