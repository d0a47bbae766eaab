//! Model files and how they are loaded and saved.

use super::subjects::{target, tiny, trainable};
use super::{Row, rows};
use crate::common::{default_path, folder, model};
use llama::gguf::{Gguf, GgufWriter, Value};
use llama::{
    CancelToken, DeviceKind, Error, Layers, LoadMode, MetadataOverride, Model, ModelBuilder, NumaStrategy,
    SplitMode, Token, split_path, split_prefix,
};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::ops::ControlFlow;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Metadata::get: metadata key with zero" => NulByte, |s| s.model.metadata().get("a\0").map(drop);
    "Model::chat_template_source: template name with zero" => NulByte, |s| s.model.chat_template_source(Some("\0")).map(drop);
    "Model::load: load a directory" => LoadModel, |_| Model::load("/").map(drop);
    "Model::load: load nothing" => LoadModel, |_| Model::load("").map(drop);
    "fit: no file" => LoadModel, |_| llama::fit("/no/such", &[], 256).map(drop);
    "fit: a text" => LoadModel, |_| llama::fit(default_path().with_file_name("train.py"), &[], 256).map(drop);
    "fit: a context of MAX" => InvalidParameter, |_| llama::fit(default_path(), &[], u32::MAX).map(drop);
    "ModelBuilder::fit: no sequences" => InvalidParameter, |_| {
        Model::builder(default_path()).fit(|context| context.n_seq_max(0)).map(drop)
    };
    "ModelBuilder::fit: more heads than fit" => LoadModel, |_| {
        Model::builder(default_path()).metadata_override("llama.attention.head_count", 0_i64).fit(|context| context).map(drop)
    };
    "ModelBuilder::fit: epsilon, -1" => LoadModel, |_| {
        let key = "llama.attention.layer_norm_rms_epsilon";
        Model::builder(tiny()).metadata_override(key, -1.0).fit(|context| context).map(drop)
    };
    "Planner::plan: a cancelled token" => Cancelled, |_| {
        let token = CancelToken::new();
        token.cancel();
        Model::builder(default_path()).cancel(token).planner().plan().map(drop)
    };
    "Planner::plan: a context of nothing" => InvalidParameter, |_| Model::builder(default_path()).planner().n_ctx(0..=256).plan().map(drop);
    "Planner::plan: sizes backwards" => InvalidParameter, |_| {
        #[allow(clippy::reversed_empty_ranges, reason = "this is what is tested")]
        let range = 512..=256;
        Model::builder(default_path()).planner().n_ctx(range).plan().map(drop)
    };
    "Planner::plan: devices that share each tensor" => InvalidParameter, |_| {
        Model::builder(default_path()).split_mode(SplitMode::Tensor).planner().plan().map(drop)
    };
    "Fit::check: all of the host is for others" => DoesNotFit, |_| {
        let cpu = llama::devices()?.into_iter().find(|device| device.kind() == DeviceKind::Cpu).unwrap();
        Model::builder(default_path()).devices(&[]).planner().reserve(&cpu, u64::MAX).plan()?.check()
    };
    "Fit::check: no memory at all" => DoesNotFit, |_| {
        let devices = llama::devices()?;
        let planner = Model::builder(default_path()).devices(&[]).planner();
        devices.iter().fold(planner, |planner, device| planner.limit(device, 0)).plan()?.check()
    };
    "Model::from_bytes: none" => LoadModel, |_| Model::from_bytes(&[]).map(drop);
    "Model::from_bytes: a magic number" => LoadModel, |_| Model::from_bytes(b"GGUF").map(drop);
    "Model::from_bytes: zeros" => LoadModel, |_| Model::from_bytes(&[0; 4096]).map(drop);
    "Model::from_bytes: ones" => LoadModel, |_| Model::from_bytes(&[0xff; 4096]).map(drop);
    "Model::from_bytes: half a model" => LoadModel, |_| {
        let bytes = std::fs::read(tiny()).unwrap();
        Model::from_bytes(&bytes[..bytes.len() / 2]).map(drop)
    };
    "ModelBuilder::load: bytes, mapped" => InvalidParameter, |_| {
        let bytes = std::fs::read(tiny()).unwrap();
        Model::builder_from_bytes(&bytes).load_mode(LoadMode::Mmap).load().map(drop)
    };
    "ModelBuilder::load: bytes, direct access" => InvalidParameter, |_| {
        let bytes = std::fs::read(tiny()).unwrap();
        Model::builder_from_bytes(&bytes).load_mode(LoadMode::DirectIo).load().map(drop)
    };
    "Model::from_file: a folder" => LoadModel, |_| Model::from_file(&File::open(folder()).unwrap()).map(drop);
    "Model::from_file: empty" => LoadModel, |_| Model::from_file(&File::open("/dev/null").unwrap()).map(drop);
    "Model::from_file: only for writing" => LoadModel, |_| {
        Model::from_file(&File::create(folder().join("misuse-write.bin")).unwrap()).map(drop)
    };
    "Model::from_file: a source text" => LoadModel, |_| Model::from_file(&File::open(default_path().with_file_name("train.py")).unwrap()).map(drop);
    "ModelBuilder::load: splits, none" => InvalidParameter, |_| Model::builder_from_splits([""; 0]).load().map(drop);
    "ModelBuilder::load: splits, an empty name" => LoadModel, |_| Model::builder_from_splits([""]).load().map(drop);
    "ModelBuilder::load: splits, a zero byte" => LoadModel, |_| Model::builder_from_splits(["a\0b"]).load().map(drop);
    "ModelBuilder::load: splits, a folder" => LoadModel, |_| Model::builder_from_splits([folder()]).load().map(drop);
    "ModelBuilder::load: splits, the same file twice" => LoadModel, |_| Model::builder_from_splits([tiny(), tiny()]).load().map(drop);
    "ModelBuilder::load: epsilon, -1" => LoadModel, |_| epsilon(-1.0);
    "ModelBuilder::load: epsilon, barely negative" => LoadModel, |_| epsilon(-1e-30);
    "ModelBuilder::load: epsilon, NaN" => LoadModel, |_| epsilon(f64::NAN);
    "ModelBuilder::load: epsilon, infinite" => LoadModel, |_| epsilon(f64::INFINITY);
    "ModelBuilder::load: epsilon, more than 32 bits hold" => LoadModel, |_| epsilon(1e300);
    "ModelBuilder::load: epsilon, -1, and the second override does not count" => LoadModel, |_| {
        let key = "llama.attention.layer_norm_rms_epsilon";
        compute(Model::builder(tiny()).metadata_override(key, -1.0).metadata_override(key, 1e-5))
    };
    "ModelBuilder::load: epsilon, of BERT" => LoadModel, |_| override_in(Arch::Bert, "attention.layer_norm_epsilon", -1.0);
    "ModelBuilder::load: epsilon, of Mamba" => LoadModel, |_| override_in(Arch::Mamba, "attention.layer_norm_rms_epsilon", f64::NAN);
    "ModelBuilder::load: epsilon, of T5" => LoadModel, |_| override_in(Arch::T5, "attention.layer_norm_rms_epsilon", -1.0);
    "ModelBuilder::load: epsilon, -1 in the file" => LoadModel, |_| hostile("attention.layer_norm_rms_epsilon", -1.0_f32);
    "ModelBuilder::load: epsilon, barely negative in the file" => LoadModel, |_| hostile("attention.layer_norm_rms_epsilon", -1e-30_f32);
    "ModelBuilder::load: epsilon, NaN in the file" => LoadModel, |_| hostile("attention.layer_norm_rms_epsilon", f32::NAN);
    "ModelBuilder::load: rotated, 0" => LoadModel, |_| rotated(0);
    "ModelBuilder::load: rotated, 0 of llama" => LoadModel, |_| override_in(Arch::Llama, "rope.dimension_count", 0_i64);
    "ModelBuilder::load: rotated, odd" => LoadModel, |_| rotated(7);
    "ModelBuilder::load: rotated, more than a head" => LoadModel, |_| rotated(18);
    "ModelBuilder::load: rotated, huge" => LoadModel, |_| rotated(1 << 30);
    "ModelBuilder::load: rotated, negative" => LoadModel, |_| rotated(-2);
    "ModelBuilder::load: rotated, more than 32 bits hold" => LoadModel, |_| rotated((1 << 32) + 7);
    "ModelBuilder::load: rotated, odd in the file" => LoadModel, |_| hostile("rope.dimension_count", 7_u32);
    "ModelBuilder::load: rotated, huge in the file" => LoadModel, |_| hostile("rope.dimension_count", u32::MAX);
    "ModelBuilder::load: rotated, odd within the window" => LoadModel, |_| override_in(Arch::Gemma3, "rope.dimension_count_swa", 7_i64);
    "ModelBuilder::load: rotated, huge within the window" => LoadModel, |_| override_in(Arch::Gemma3, "rope.dimension_count_swa", 1000_i64);
    "ModelBuilder::load: frequency, NaN" => LoadModel, |_| override_in(Arch::Llama, "rope.freq_base", f64::NAN);
    "ModelBuilder::load: frequency, infinite" => LoadModel, |_| override_in(Arch::Gemma3, "rope.freq_base_swa", f64::INFINITY);
    "ModelBuilder::load: frequency, negative" => LoadModel, |_| override_in(Arch::Qwen2, "rope.freq_base", -1.0);
    "ModelBuilder::load: scaling, NaN" => LoadModel, |_| override_in(Arch::Llama, "rope.scaling.factor", f64::NAN);
    "ModelBuilder::load: sections, all 0" => LoadModel, |_| compute(Model::builder_from_bytes(&sections(&[0; 4])));
    "ModelBuilder::load: sections, only the fourth" => LoadModel, |_| compute(Model::builder_from_bytes(&sections(&[0, 0, 0, 8])));
    "ModelBuilder::load: sections, that cancel" => LoadModel, |_| compute(Model::builder_from_bytes(&sections(&[1, -1, 0, 0])));
    "ModelBuilder::load: sections, more than a head" => LoadModel, |_| compute(Model::builder_from_bytes(&sections(&[9, 9, 9, 9])));
    "ModelBuilder::load: sections, all 0, in a file" => LoadModel, |_| {
        let path = folder().join("misuse-sections.gguf");
        std::fs::write(&path, sections(&[0; 4])).unwrap();
        compute(Model::builder(path))
    };
    "ModelBuilder::load: sections, all 0, within a file" => LoadModel, |_| {
        let path = folder().join("misuse-sections.bin");
        std::fs::write(&path, [vec![1; 24], sections(&[0; 4])].concat()).unwrap();
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start(24)).unwrap();
        compute(Model::builder_from_file(&file))
    };
    "ModelBuilder::load: heads, none" => LoadModel, |_| override_in(Arch::Llama, "attention.head_count", 0_i64);
    "ModelBuilder::load: no heads of keys and values" => LoadModel, |_| override_in(Arch::Qwen2, "attention.head_count_kv", 0_i64);
    "ModelBuilder::load: three heads of keys and values for four" => LoadModel, |_| override_in(Arch::Qwen3, "attention.head_count_kv", 3_i64);
    "ModelBuilder::load: no layers" => LoadModel, |_| override_in(Arch::Llama, "block_count", 0_i64);
    "ModelBuilder::load: more layers than llama.cpp has room for" => LoadModel, |_| override_in(Arch::Llama, "block_count", 513_i64);
    "ModelBuilder::load: a negative number of layers in the file" => LoadModel, |_| hostile("block_count", -1_i32);
    "ModelBuilder::load: no width" => LoadModel, |_| hostile("embedding_length", 0_u32);
    "ModelBuilder::load: no heads in the file" => LoadModel, |_| hostile("attention.head_count", 0_u32);
    "ModelBuilder::load: an architecture that divides by a missing number" => LoadModel, |_| {
        compute(Model::builder(tiny()).metadata_override("general.architecture", "qwen3moe"))
    };
    "ModelBuilder::load: an alignment of 1, mapped" => LoadModel, |_| {
        let path = folder().join("misuse-alignment.gguf");
        std::fs::write(&path, aligned_to(1)).unwrap();
        compute(Model::builder(path).load_mode(LoadMode::Mmap))
    };
    "ModelBuilder::load: a name of an architecture that goes on behind a zero byte" => LoadModel, |_| {
        compute(Model::builder_from_bytes(&renamed("olmo2", "olmo2\0x", &[("attention.head_count", 0_u32.into())])))
    };
    "ModelBuilder::load: experts, more used than there are" => LoadModel, |_| {
        let experts = [("expert_count", 2_u32.into()), ("expert_used_count", 3_u32.into())];
        compute(Model::builder_from_bytes(&rewritten("qwen2moe", &experts)))
    };
    "ModelBuilder::load: experts, none used" => LoadModel, |_| {
        compute(Model::builder_from_bytes(&rewritten("qwen2", &[("expert_count", 2_u32.into())])))
    };
    "ModelBuilder::load: tokens without number or text" => LoadModel, |_| compute(Model::builder_from_bytes(&nameless(u32::MAX)));
    "ModelBuilder::load: tokens without number or text, no weights" => LoadModel, |_| {
        Model::builder_from_bytes(&nameless(u32::MAX)).vocab_only(true).load().map(drop)
    };
    "ModelBuilder::load: a number in place of a list" => InvalidParameter, |_| {
        let bytes = rewritten("qwen2", &[("attention.head_count", vec![0, 0].into())]);
        compute(Model::builder_from_bytes(&bytes).metadata_override("qwen2.attention.head_count", 4_i64))
    };
    "ModelBuilder::load: another number of files" => InvalidParameter, |_| compute(Model::builder(tiny()).metadata_override("split.count", 2_i64));
    "ModelBuilder::load: another alignment" => InvalidParameter, |_| compute(Model::builder(tiny()).metadata_override("general.alignment", 1_i64));
    "ModelBuilder::load: a device" => LoadModel, |_| Model::load("/dev/zero").map(drop);
    "ModelBuilder::load: a pipe" => LoadModel, |_| Model::load(pipe("misuse-pipe.gguf")).map(drop);
    "ModelBuilder::load: splits, a pipe" => LoadModel, |_| Model::builder_from_splits([pipe("misuse-pipe.gguf")]).load().map(drop);
    "ModelBuilder::load: a pipe as the second part" => LoadModel, |_| {
        pipe("misuse-parts-00002-of-00002.gguf");
        let first = folder().join("misuse-parts-00001-of-00002.gguf");
        let count = Value::from(2_u16);
        std::fs::write(&first, renamed("qwen2", "qwen2", &[("split.count", count), ("split.no", 0_u16.into())])).unwrap();
        Model::load(first).map(drop)
    };
    "split_path: no parts" => InvalidParameter, |_| split_path("a", 0, 0).map(drop);
    "split_path: behind the last" => InvalidParameter, |_| split_path("a", 3, 3).map(drop);
    "split_path: zero byte" => NulByte, |_| split_path("\0", 0, 3).map(drop);
    "split_prefix: behind the last" => InvalidParameter, |_| split_prefix("a", 3, 3).map(drop);
    "split_prefix: zero byte" => NulByte, |_| split_prefix("\0", 0, 3).map(drop);
    "LoadMode::from_str: no such name" => InvalidParameter, |_| "swap".parse::<LoadMode>().map(drop);
    "Model::save: rearranged weights" => SaveModel, |_| model().save(target());
    "Model::save: nowhere" => SaveModel, |_| trainable().save("/no/such/folder/model.gguf");
    "Model::save: no name" => SaveModel, |_| trainable().save("");
    "Model::save: zero byte" => NulByte, |_| trainable().save("a\0b");
    "Model::save: a folder" => SaveModel, |_| trainable().save(folder());
    "Model::save: only a vocabulary" => VocabOnly, |_| {
        Model::builder(tiny()).trainable().vocab_only(true).load().unwrap().save(target())
    };
    "init_numa: after a model" => Failed, |_| {
        let _model = model();
        llama::init_numa(NumaStrategy::Numactl).map(drop)
    };
    "Model::load: no such file" => LoadModel, |_| Model::load("/no/such/model.gguf").map(drop);
    "Model::load: zero byte" => LoadModel, |_| Model::load("a\0b").map(drop);
    "Model::load: a source text" => LoadModel, |_| Model::load(default_path().with_file_name("train.py")).map(drop);
    "Model::load: a folder" => LoadModel, |_| Model::load(folder()).map(drop);
    "Metadata::parse: zero byte" => NulByte, |s| s.model.metadata().parse::<u32>("\0").map(drop);
    "Model::chat_template_source: zero byte in the middle" => NulByte, |s| s.model.chat_template_source(Some("a\0b")).map(drop);
    "ModelBuilder::load: stopped by the callback" => Cancelled, |_| {
        Model::builder(tiny()).on_progress(|_| ControlFlow::Break(())).load().map(drop)
    };
    "ModelBuilder::load: stopped half way" => Cancelled, |_| {
        let stop = |done| if done > 0.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        Model::builder(tiny()).on_progress(stop).load().map(drop)
    };
    "ModelBuilder::load: cancelled before" => Cancelled, |_| {
        let token = llama::CancelToken::new();
        token.cancel();
        Model::builder(tiny()).cancel(token).load().map(drop)
    };
    "split_path: zero bytes only" => NulByte, |_| split_path("\0\0", 1, 2).map(drop);
    "split_prefix: no parts" => InvalidParameter, |_| split_prefix("a", 0, 0).map(drop);
    "LoadMode::from_str: no name" => InvalidParameter, |_| "".parse::<LoadMode>().map(drop);
    "Trainer::save: nowhere" => SaveModel, |_| {
        llama::Trainer::builder(trainable()).n_threads(1).build()?.save("/no/such/folder/model.gguf")
    };
    };
    for (what, variant, change) in BUILDS {
        rows.push(Row::new(format!("ModelBuilder::load: {what}"), variant, move |_| {
            change(Model::builder(tiny())).load().map(drop)
        }));
    }
    for part in 0..16 {
        rows.push(Row::new(format!("Model::from_bytes: {part}/16 of a model"), "LoadModel", move |_| {
            let bytes = std::fs::read(tiny()).unwrap();
            Model::from_bytes(&bytes[..bytes.len() * part / 16]).map(drop)
        }));
    }
    rows
}

type Build = (&'static str, &'static str, fn(ModelBuilder<'static>) -> ModelBuilder<'static>);

/// One parameter of loading that cannot work, and how that ends.
const BUILDS: [Build; 20] = [
    ("more layers than numbers", "InvalidParameter", |b| b.gpu_layers(Layers::Count(u32::MAX))),
    ("a share of NaN", "InvalidParameter", |b| b.tensor_split(&[f32::NAN])),
    ("a negative share", "InvalidParameter", |b| b.tensor_split(&[1.0, -1.0])),
    ("an infinite share", "InvalidParameter", |b| b.tensor_split(&[f32::INFINITY])),
    ("a share too large to sum up", "InvalidParameter", |b| b.tensor_split(&[f32::MAX, 1.0])),
    ("too many shares", "TooLong", |b| b.tensor_split(&[1.0; 4096])),
    // More devices than there is room for are in the workspace's tests/faulty.rs.
    ("nothing that could act as one", "InvalidParameter", |b| {
        b.devices(&[cpu()]).split_mode(SplitMode::Tensor)
    }),
    ("key empty", "InvalidParameter", |b| b.metadata_override("", 1_i64)),
    ("key with zero byte", "NulByte", |b| b.metadata_override("a\0", 1_i64)),
    ("key too long", "TooLong", |b| b.metadata_override(&"k".repeat(128), 1_i64)),
    ("text with zero byte", "NulByte", |b| b.metadata_override("a", "\0")),
    ("text too long", "TooLong", |b| b.metadata_override("a", "v".repeat(128).as_str())),
    ("unknown architecture", "LoadModel", |b| b.metadata_override("general.architecture", "nonsense")),
    ("more heads than there are", "LoadModel", |b| {
        b.metadata_override("llama.attention.head_count", 1_000_000_i64)
    }),
    ("no heads", "LoadModel", |b| b.metadata_override("llama.attention.head_count", 0_i64)),
    ("more layers than there are", "LoadModel", |b| b.metadata_override("llama.block_count", 500_i64)),
    ("another width", "LoadModel", |b| b.metadata_override("llama.embedding_length", 4_i64)),
    ("device pattern empty", "InvalidParameter", |b| b.tensor_device("", &cpu())),
    ("device pattern without end", "LoadModel", |b| b.tensor_device("[", &cpu())),
    ("device pattern too long", "TooLong", |b| b.tensor_device(&"a".repeat(100_000), &cpu())),
];

fn cpu() -> llama::Device {
    llama::devices().unwrap().into_iter().find(|device| device.kind() == llama::DeviceKind::Cpu).unwrap()
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
    renamed(architecture, architecture, changes)
}

/// As [`rewritten`], with another name of the architecture than its keys have. Keys of others have their whole name.
fn renamed(architecture: &str, name: &str, changes: &[(&str, Value)]) -> Vec<u8> {
    let path = RandomModel::new(Shape::tiny(Arch::Qwen2)).cached(folder()).unwrap();
    let gguf = Gguf::open(&path).unwrap();
    let mut source = File::open(&path).unwrap();
    let mut writer = GgufWriter::new();
    let mut pairs: Vec<_> = gguf.metadata().to_vec();
    for (key, value) in &mut pairs {
        if key == "general.architecture" {
            *value = name.into();
        }
        *key = key.replace("qwen2.", &format!("{architecture}."));
    }
    for (name, value) in changes {
        let whole = name.starts_with("split.") || name.starts_with("tokenizer.");
        let key = if whole { (*name).to_owned() } else { format!("{architecture}.{name}") };
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

/// A pipe that nobody writes to; where there are none, a folder.
pub(crate) fn pipe(name: &str) -> std::path::PathBuf {
    let path = folder().join(name);
    if !path.exists() && !std::process::Command::new("mkfifo").arg(&path).status().is_ok_and(|s| s.success())
    {
        std::fs::create_dir(&path).unwrap();
    }
    path
}

/// A model whose tokens have no texts.
pub(crate) fn nameless(count: u32) -> Vec<u8> {
    renamed("qwen2", "qwen2", &[("tokenizer.ggml.model", "none".into()), ("vocab_size", count.into())])
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

/// A model with positions of several dimensions (M-RoPE).
pub(crate) fn sections(list: &[i32]) -> Vec<u8> {
    rewritten("qwen2vl", &[("rope.dimension_sections", list.to_vec().into())])
}

fn hostile(key: &str, value: impl Into<Value>) -> Result<(), Error> {
    compute(Model::builder_from_bytes(&rewritten("qwen2", &[(key, value.into())])))
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
