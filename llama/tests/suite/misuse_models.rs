//! Loading, saving, quantizing and training with bad arguments: each row must end in an error that was found
//! before llama.cpp had to, leave the process alive, and leave no file behind.

use crate::common::{default_path, folder, model};
use llama::gguf::{Gguf, GgufWriter, TensorType, Value};
use llama::{
    Error, FileType, Importance, LoadMode, MetadataOverride, Model, ModelBuilder, NumaStrategy, Optimizer,
    Quantize, Token, Trainer, TrainingData, split_path, split_prefix,
};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::PathBuf;

/// Bad arguments for one function.
struct Row {
    what: &'static str,
    run: fn() -> Result<(), Error>,
}

fn tiny() -> PathBuf {
    RandomModel::new(Shape::tiny(Arch::Llama)).cached(folder()).unwrap()
}

fn trainable() -> Model {
    Model::builder(tiny()).trainable().load().unwrap()
}

fn target() -> PathBuf {
    folder().join("misuse-target.gguf")
}

fn quantize(change: impl FnOnce(Quantize) -> Quantize) -> Result<(), Error> {
    change(Quantize::new(tiny(), target())).run().map(drop)
}

fn train(tokens: &[Token]) -> Result<(), Error> {
    let mut data = TrainingData::new(256);
    data.push(tokens)?;
    Trainer::builder(trainable()).n_threads(1).build()?.epoch(&data).map(drop)
}

fn optimizer(optimizer: Optimizer) -> Result<(), Error> {
    Trainer::builder(trainable()).n_threads(1).optimizer(optimizer).build().map(drop)
}

/// Loads and computes on two threads: ggml's assertions on the second one end the process.
fn compute(builder: ModelBuilder<'_>) -> Result<(), Error> {
    let mut ctx = builder.load()?.context_builder().n_ctx(256).n_threads(2).build()?;
    ctx.decode(&crate::common::batch(0, 0, &[Token(5), Token(7)])).map(drop).unwrap();
    Ok(())
}

fn override_in(arch: Arch, key: &str, value: impl Into<MetadataOverride>) -> Result<(), Error> {
    let path = RandomModel::new(Shape::tiny(arch)).cached(folder()).unwrap();
    compute(Model::builder(path).metadata_override(&format!("{}.{key}", arch.name()), value))
}

fn epsilon(value: f64) -> Result<(), Error> {
    override_in(Arch::Llama, "attention.layer_norm_rms_epsilon", value)
}

fn rotated(value: i64) -> Result<(), Error> {
    override_in(Arch::Gemma3, "rope.dimension_count", value)
}

/// The tiny Qwen 2 as another architecture with the same tensors, with changed or added keys.
fn rewritten(architecture: &str, changes: &[(&str, Value)]) -> Vec<u8> {
    let path = RandomModel::new(Shape::tiny(Arch::Qwen2)).cached(folder()).unwrap();
    let gguf = Gguf::open(&path).unwrap();
    let mut source = File::open(&path).unwrap();
    let mut writer = GgufWriter::new();
    let mut pairs: Vec<_> = gguf.metadata().to_vec();
    for (key, value) in &mut pairs {
        if key == "general.architecture" {
            *value = architecture.into();
        }
        *key = key.replace("qwen2.", &format!("{architecture}."));
    }
    for (name, value) in changes {
        let key = format!("{architecture}.{name}");
        pairs.retain(|(old, _)| *old != key);
        pairs.push((key, value.clone()));
    }
    for (key, value) in pairs {
        writer.set(key, value).unwrap();
    }
    for tensor in gguf.tensors() {
        let data = gguf.read_tensor(&mut source, tensor).unwrap();
        writer.tensor(tensor.name(), tensor.dims(), tensor.tensor_type(), data).unwrap();
    }
    let mut bytes = Vec::new();
    writer.write_to(&mut bytes).unwrap();
    bytes
}

/// A model with positions of several dimensions (M-RoPE).
pub(crate) fn sections(list: &[i32]) -> Vec<u8> {
    rewritten("qwen2vl", &[("rope.dimension_sections", list.to_vec().into())])
}

fn hostile(key: &str, value: impl Into<Value>) -> Result<(), Error> {
    compute(Model::builder_from_bytes(&rewritten("qwen2", &[(key, value.into())])))
}

/// The tiny Llama with tensors that need not lie at multiples of more.
fn aligned_to(alignment: u32) -> Vec<u8> {
    let mut source = File::open(tiny()).unwrap();
    let gguf = Gguf::open(tiny()).unwrap();
    let mut writer = GgufWriter::new();
    writer.set("general.alignment", alignment).unwrap();
    for (key, value) in gguf.metadata() {
        writer.set(key.clone(), value.clone()).unwrap();
    }
    for tensor in gguf.tensors() {
        let data = gguf.read_tensor(&mut source, tensor).unwrap();
        writer.tensor(tensor.name(), tensor.dims(), tensor.tensor_type(), data).unwrap();
    }
    let mut bytes = Vec::new();
    writer.write_to(&mut bytes).unwrap();
    bytes
}

macro_rules! rows {
    ($($what:literal => $run:expr;)*) => { &[$(Row { what: $what, run: $run }),*] };
}

const ROWS: &[Row] = rows! {
    "bytes: none" => || Model::from_bytes(&[]).map(drop);
    "bytes: a magic number" => || Model::from_bytes(b"GGUF").map(drop);
    "bytes: zeros" => || Model::from_bytes(&[0; 4096]).map(drop);
    "bytes: ones" => || Model::from_bytes(&[0xff; 4096]).map(drop);
    "bytes: half a model" => || {
        let bytes = std::fs::read(tiny()).unwrap();
        Model::from_bytes(&bytes[..bytes.len() / 2]).map(drop)
    };
    "bytes: mapped" => || {
        let bytes = std::fs::read(tiny()).unwrap();
        Model::builder_from_bytes(&bytes).load_mode(LoadMode::Mmap).load().map(drop)
    };
    "bytes: direct access" => || {
        let bytes = std::fs::read(tiny()).unwrap();
        Model::builder_from_bytes(&bytes).load_mode(LoadMode::DirectIo).load().map(drop)
    };
    "file: a folder" => || Model::from_file(&File::open(folder()).unwrap()).map(drop);
    "file: empty" => || Model::from_file(&File::open("/dev/null").unwrap()).map(drop);
    "file: only for writing" => || {
        Model::from_file(&File::create(folder().join("misuse-write.bin")).unwrap()).map(drop)
    };
    "file: a source text" => || Model::from_file(&File::open(default_path().with_file_name("train.py")).unwrap()).map(drop);
    "splits: none" => || Model::builder_from_splits([""; 0]).load().map(drop);
    "splits: an empty name" => || Model::builder_from_splits([""]).load().map(drop);
    "splits: a zero byte" => || Model::builder_from_splits(["a\0b"]).load().map(drop);
    "splits: a folder" => || Model::builder_from_splits([folder()]).load().map(drop);
    "splits: the same file twice" => || Model::builder_from_splits([tiny(), tiny()]).load().map(drop);
    "epsilon: -1" => || epsilon(-1.0);
    "epsilon: barely negative" => || epsilon(-1e-30);
    "epsilon: NaN" => || epsilon(f64::NAN);
    "epsilon: infinite" => || epsilon(f64::INFINITY);
    "epsilon: more than 32 bits hold" => || epsilon(1e300);
    "epsilon: -1, and the second override does not count" => || {
        let key = "llama.attention.layer_norm_rms_epsilon";
        compute(Model::builder(tiny()).metadata_override(key, -1.0).metadata_override(key, 1e-5))
    };
    "epsilon: of BERT" => || override_in(Arch::Bert, "attention.layer_norm_epsilon", -1.0);
    "epsilon: of Mamba" => || override_in(Arch::Mamba, "attention.layer_norm_rms_epsilon", f64::NAN);
    "epsilon: of T5" => || override_in(Arch::T5, "attention.layer_norm_rms_epsilon", -1.0);
    "epsilon: -1 in the file" => || hostile("attention.layer_norm_rms_epsilon", -1.0_f32);
    "epsilon: barely negative in the file" => || hostile("attention.layer_norm_rms_epsilon", -1e-30_f32);
    "epsilon: NaN in the file" => || hostile("attention.layer_norm_rms_epsilon", f32::NAN);
    "rotated: 0" => || rotated(0);
    "rotated: 0 of llama" => || override_in(Arch::Llama, "rope.dimension_count", 0_i64);
    "rotated: odd" => || rotated(7);
    "rotated: more than a head" => || rotated(18);
    "rotated: huge" => || rotated(1 << 30);
    "rotated: negative" => || rotated(-2);
    "rotated: more than 32 bits hold" => || rotated((1 << 32) + 7);
    "rotated: odd in the file" => || hostile("rope.dimension_count", 7_u32);
    "rotated: huge in the file" => || hostile("rope.dimension_count", u32::MAX);
    "rotated: odd within the window" => || override_in(Arch::Gemma3, "rope.dimension_count_swa", 7_i64);
    "rotated: huge within the window" => || override_in(Arch::Gemma3, "rope.dimension_count_swa", 1000_i64);
    "frequency: NaN" => || override_in(Arch::Llama, "rope.freq_base", f64::NAN);
    "frequency: infinite" => || override_in(Arch::Gemma3, "rope.freq_base_swa", f64::INFINITY);
    "frequency: negative" => || override_in(Arch::Qwen2, "rope.freq_base", -1.0);
    "scaling: NaN" => || override_in(Arch::Llama, "rope.scaling.factor", f64::NAN);
    "sections: all 0" => || compute(Model::builder_from_bytes(&sections(&[0; 4])));
    "sections: only the fourth" => || compute(Model::builder_from_bytes(&sections(&[0, 0, 0, 8])));
    "sections: that cancel" => || compute(Model::builder_from_bytes(&sections(&[1, -1, 0, 0])));
    "sections: more than a head" => || compute(Model::builder_from_bytes(&sections(&[9, 9, 9, 9])));
    "sections: all 0, in a file" => || {
        let path = folder().join("misuse-sections.gguf");
        std::fs::write(&path, sections(&[0; 4])).unwrap();
        compute(Model::builder(path))
    };
    "sections: all 0, within a file" => || {
        let path = folder().join("misuse-sections.bin");
        std::fs::write(&path, [vec![1; 24], sections(&[0; 4])].concat()).unwrap();
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start(24)).unwrap();
        compute(Model::builder_from_file(&file))
    };
    "heads: none" => || override_in(Arch::Llama, "attention.head_count", 0_i64);
    "heads: no keys and values" => || override_in(Arch::Qwen2, "attention.head_count_kv", 0_i64);
    "heads: keys and values for three of four" => || override_in(Arch::Qwen3, "attention.head_count_kv", 3_i64);
    "layers: none" => || override_in(Arch::Llama, "block_count", 0_i64);
    "layers: more than llama.cpp has room for" => || override_in(Arch::Llama, "block_count", 513_i64);
    "layers: negative in the file" => || hostile("block_count", -1_i32);
    "width: none" => || hostile("embedding_length", 0_u32);
    "heads: none in the file" => || hostile("attention.head_count", 0_u32);
    "an architecture that divides by a missing number" => || {
        compute(Model::builder(tiny()).metadata_override("general.architecture", "qwen3moe"))
    };
    "alignment: 1, mapped" => || {
        let path = folder().join("misuse-alignment.gguf");
        std::fs::write(&path, aligned_to(1)).unwrap();
        compute(Model::builder(path).load_mode(LoadMode::Mmap))
    };
    "quantize: no layers" => || quantize(|q| q.metadata_override("llama.block_count", 0_i64));
    "split path: no parts" => || split_path("a", 0, 0).map(drop);
    "split path: behind the last" => || split_path("a", 3, 3).map(drop);
    "split path: zero byte" => || split_path("\0", 0, 3).map(drop);
    "split prefix: behind the last" => || split_prefix("a", 3, 3).map(drop);
    "split prefix: zero byte" => || split_prefix("\0", 0, 3).map(drop);
    "load mode: no such name" => || "swap".parse::<LoadMode>().map(drop);
    "save: rearranged weights" => || model().save(target());
    "save: nowhere" => || trainable().save("/no/such/folder/model.gguf");
    "save: no name" => || trainable().save("");
    "save: zero byte" => || trainable().save("a\0b");
    "save: a folder" => || trainable().save(folder());
    "save: only a vocabulary" => || {
        Model::builder(tiny()).trainable().vocab_only(true).load().unwrap().save(target())
    };
    "quantize: no input" => || Quantize::new("/no/such", target()).run().map(drop);
    "quantize: input with zero byte" => || Quantize::new("a\0b", target()).run().map(drop);
    "quantize: output with zero byte" => || Quantize::new(tiny(), "a\0b").run().map(drop);
    "quantize: over itself" => || Quantize::new(tiny(), tiny()).run().map(drop);
    "quantize: over itself, another name" => || {
        let other = folder().join("../llama-suite").join(tiny().file_name().unwrap());
        Quantize::new(tiny(), other).run().map(drop)
    };
    "quantize: to a folder" => || Quantize::new(tiny(), folder()).run().map(drop);
    "quantize: to nowhere" => || Quantize::new(tiny(), "/no/such/folder/x").run().map(drop);
    "quantize: already quantized" => || Quantize::new(default_path(), target()).file_type(FileType::Q4_0).run().map(drop);
    "quantize: unknown type" => || quantize(|q| q.file_type(FileType(77)));
    "quantize: type MAX" => || quantize(|q| q.file_type(FileType(u32::MAX)));
    "quantize: type with the mark of a guess" => || quantize(|q| q.file_type(FileType(1024 + 2)));
    "quantize: IQ1 without importance" => || quantize(|q| q.file_type(FileType::IQ1_S));
    "quantize: IQ2 without importance" => || quantize(|q| q.file_type(FileType::IQ2_M));
    "quantize: IQ2 with nothing important" => || {
        quantize(|q| q.file_type(FileType::IQ2_XXS).pure(true).importance(Importance::new()))
    };
    "quantize: embeddings without importance" => || {
        quantize(|q| q.token_embedding_type(TensorType::IQ1_S))
    };
    "quantize: embeddings that do not divide" => || quantize(|q| q.token_embedding_type(TensorType::Q6_K));
    "quantize: output that does not divide" => || quantize(|q| q.output_tensor_type(TensorType::Q6_K));
    "quantize: output of integers" => || quantize(|q| q.output_tensor_type(TensorType::I64));
    "quantize: output of intermediate numbers" => || quantize(|q| q.output_tensor_type(TensorType::Q8_K));
    "quantize: output of no type" => || quantize(|q| q.output_tensor_type(TensorType::from_number(u32::MAX)));
    "quantize: pattern of nothing" => || quantize(|q| q.tensor_type("", TensorType::Q8_0));
    "quantize: pattern with zero byte" => || quantize(|q| q.tensor_type("\0", TensorType::Q8_0));
    "quantize: pattern without end" => || {
        quantize(|q| q.file_type(FileType::Q4_0).tensor_type("[", TensorType::Q8_0))
    };
    "quantize: pattern too long" => || quantize(|q| q.tensor_type(&"(".repeat(100_000), TensorType::Q8_0));
    "quantize: no threads" => || quantize(|q| q.n_threads(0));
    "quantize: all threads" => || quantize(|q| q.n_threads(u32::MAX));
    "quantize: prune what is not there" => || quantize(|q| q.prune_layers(&[2]));
    "quantize: prune MAX" => || quantize(|q| q.prune_layers(&[u32::MAX]));
    "quantize: prune all" => || quantize(|q| q.prune_layers(&[0, 1, 1, 0]));
    "quantize: negative metadata" => || quantize(|q| q.metadata_override("x", -5_i64));
    "quantize: metadata without a key" => || quantize(|q| q.metadata_override("", 5_i64));
    "quantize: alignment" => || quantize(|q| q.metadata_override("general.alignment", 3_i64));
    "quantize: split" => || quantize(|q| q.metadata_override("split.no", 3_i64));
    "quantize: unknown architecture" => || quantize(|q| q.metadata_override("general.architecture", "nonsense"));
    "importance: not a number" => || Importance::new().with("a", vec![f32::NAN]).map(drop);
    "importance: negative" => || Importance::new().with("a", vec![-0.5]).map(drop);
    "importance: a model" => || Importance::open(tiny()).map(drop);
    "importance: no file" => || Importance::open("/no/such").map(drop);
    "file type: no such name" => || "Q9_K".parse::<FileType>().map(drop);
    "train: mapped weights" => || Trainer::builder(Model::load(tiny()).unwrap()).build().map(drop);
    "train: quantized weights" => || {
        Trainer::builder(Model::builder(default_path()).trainable().load().unwrap()).build().map(drop)
    };
    "train: a shared model" => || {
        let model = trainable();
        Trainer::builder(model.clone()).build().map(drop)
    };
    "train: a vocabulary in use" => || {
        let model = trainable();
        let _vocab = model.vocab();
        Trainer::builder(model).build().map(drop)
    };
    "train: contexts of odd length" => || Trainer::builder(trainable()).n_ctx(300).build().map(drop);
    "train: contexts without end" => || Trainer::builder(trainable()).n_ctx(u32::MAX - 255).build().map(drop);
    "train: no threads" => || Trainer::builder(trainable()).n_threads(0).build().map(drop);
    "train: nothing" => || Trainer::builder(trainable()).train_only(|_| false).build().map(drop);
    "train: rate 0" => || optimizer(Optimizer::adamw(0.0)?);
    "train: rate NaN" => || optimizer(Optimizer::sgd(f32::NAN));
    "train: rate negative" => || optimizer(Optimizer::sgd(-1.0));
    "train: decay of 2" => || optimizer(Optimizer::Sgd { rate: 0.1, weight_decay: 2.0 });
    "train: too few tokens" => || train(&[Token(5); 256]);
    "train: too many tokens" => || train(&[Token(5); 258]);
    "train: token -1" => || train(&[Token(-1); 257]);
    "train: token MAX" => || train(&[Token(i32::MAX); 257]);
    "train: examples of another length" => || {
        let data = TrainingData::from_text(&[Token(5); 600], 512, 1)?;
        Trainer::builder(trainable()).n_threads(1).build()?.evaluate(&data).map(drop)
    };
    "train: no examples" => || {
        Trainer::builder(trainable()).n_threads(1).build()?.epoch(&TrainingData::new(256)).map(drop)
    };
    "train: stride 0" => || TrainingData::from_text(&[Token(5); 600], 512, 0).map(drop);
    "train: examples of no length" => || TrainingData::from_text(&[Token(5); 600], 0, 1).map(drop);
    "train: examples longer than the text" => || TrainingData::from_text(&[Token(5)], u32::MAX, 1).map(drop);
    "numa: after a model" => || {
        let _model = model();
        llama::init_numa(NumaStrategy::Numactl).map(drop)
    };
};

#[test]
fn every_misuse_is_an_error_and_the_next_call_works() {
    for row in ROWS {
        let result = (row.run)();
        assert!(result.is_err(), "{}: accepted", row.what);
        let words = format!("{result:?}");
        let fault = matches!(result, Err(Error::Fault { .. } | Error::Poisoned { .. }));
        assert!(!fault && !words.contains("GGML_ASSERT"), "{}: only the net caught it: {words}", row.what);
        assert!(!target().exists(), "{}: left a file", row.what);
    }
    let loaded = Model::from_bytes(&std::fs::read(tiny()).unwrap()).unwrap();
    let mut ctx = loaded.context_builder().n_ctx(256).n_threads(1).build().unwrap();
    ctx.decode(&crate::common::batch(0, 0, &[Token(5)])).unwrap();
    println!("{} rows of misuse, all errors", ROWS.len());
}

#[test]
fn sound_numbers_are_not_refused() {
    assert_eq!(rotated(8), Ok(()), "half a head");
    assert_eq!(epsilon(0.0), Ok(()));
    let ignored = override_in(Arch::Llama, "attention.layer_norm_rms_epsilon", -1_i64);
    assert_eq!(ignored, Ok(()), "llama.cpp ignores overrides of another type");
    let elsewhere = Model::builder(tiny()).metadata_override("other.epsilon", -1.0);
    assert_eq!(compute(elsewhere), Ok(()), "not read");
    for list in [[2, 3, 3, 0], [8, 0, 0, 0], [4, 4, 4, 4]] {
        assert_eq!(compute(Model::builder_from_bytes(&sections(&list))), Ok(()), "{list:?}");
    }
    let bad = rewritten("qwen2", &[("attention.layer_norm_rms_epsilon", (-1.0_f32).into())]);
    let repaired =
        Model::builder_from_bytes(&bad).metadata_override("qwen2.attention.layer_norm_rms_epsilon", 1e-6);
    assert_eq!(compute(repaired), Ok(()), "the override counts, not the file");
    let loose = folder().join("sound-alignment.gguf");
    std::fs::write(&loose, aligned_to(1)).unwrap();
    assert_eq!(compute(Model::builder(&loose)), Ok(()), "read instead of mapped");
    let vocab = Model::builder_from_bytes(&bad).vocab_only(true).load();
    assert!(vocab.is_ok(), "nothing is computed with it: {vocab:?}");
}

#[test]
fn the_key_and_the_value_are_named() {
    let path = RandomModel::new(Shape::tiny(Arch::Qwen2)).cached(folder()).unwrap();
    let key = "qwen2.rope.dimension_count";
    match Model::builder(&path).metadata_override(key, 7_i64).load() {
        Err(Error::LoadModel { path: named, detail }) => {
            assert_eq!(named, path);
            assert!(detail.contains(&format!("{key} is 7,")), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    let zeros = Model::from_bytes(&sections(&[0; 4])).unwrap_err().to_string();
    assert!(zeros.contains("qwen2vl.rope.dimension_sections is [0, 0, 0, 0],"), "{zeros}");
}

#[test]
fn a_model_inside_another_file_is_read_with_any_choice_of_lazy_tensors() {
    let path = folder().join("misuse-inner.bin");
    std::fs::write(&path, [vec![1; 7], std::fs::read(tiny()).unwrap()].concat()).unwrap();
    let mut file = File::open(path).unwrap();
    for mode in [LoadMode::Auto, LoadMode::Read, LoadMode::DirectIo] {
        file.seek(SeekFrom::Start(7)).unwrap();
        compute(Model::builder_from_file(&file).load_mode(mode).lazy_tensors(true)).unwrap();
    }
    file.seek(SeekFrom::Start(7)).unwrap();
    let mapped = Model::builder_from_file(&file).load_mode(LoadMode::Mmap).load();
    assert!(matches!(&mapped, Err(Error::LoadModel { .. })), "{mapped:?}");
}
