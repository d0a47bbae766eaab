//! Quantizing model files: every type, every option, every refusal.

use crate::common::{context, default_path, folder, greedy, question};
use crate::sources::split;
use llama::gguf::{Gguf, TensorType};
use llama::{Error, FileType, Importance, Model, Quantize, split_path};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::path::{Path, PathBuf};

/// Wide enough for blocks of 256.
fn wide() -> PathBuf {
    let shape = Shape {
        name: "quantize-wide".into(),
        n_embd: 256,
        n_ff: 256,
        head_dim: 64,
        ..Shape::tiny(Arch::Llama)
    };
    RandomModel::new(shape).cached(folder()).unwrap()
}

fn tiny() -> PathBuf {
    RandomModel::new(Shape::tiny(Arch::Llama)).cached(folder()).unwrap()
}

fn out(name: &str) -> PathBuf {
    let path = folder().join(format!("quantized-{name}.gguf"));
    let _ = std::fs::remove_file(&path);
    path
}

/// Importance for every matrix of a model.
fn importance(path: &Path) -> Importance {
    let gguf = Gguf::open(path).unwrap();
    gguf.tensors().iter().filter(|t| t.dims().len() > 1).fold(Importance::new(), |list, tensor| {
        let columns = usize::try_from(tensor.dims()[0]).unwrap();
        list.with(tensor.name(), [1.0, 2.0, 3.0].into_iter().cycle().take(columns).collect()).unwrap()
    })
}

fn computes(path: &Path) {
    let model = Model::load(path).unwrap();
    let mut ctx = context(&model);
    let out = ctx.decode(&crate::common::batch(0, 0, &[llama::Token(5), llama::Token(6)])).unwrap();
    assert!(out.logits_last().unwrap().iter().all(|v| v.is_finite()), "{}", path.display());
}

fn type_of(path: &Path, tensor: &str) -> TensorType {
    Gguf::open(path).unwrap().tensor(tensor).unwrap().tensor_type()
}

#[test]
fn every_type_can_be_written() {
    let importance = importance(&wide());
    for (name, file_type) in FileType::writable() {
        let target = out(name);
        let mut job = Quantize::new(wide(), &target).file_type(file_type);
        if file_type.needs_importance() {
            job = job.importance(importance.clone());
        }
        let done = job.run().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(done.files.len() == 1 && done.files[0] == target);
        assert!(name == "F32" || done.size_after < done.size_before, "{name}: {done:?}");
        assert_eq!(done.size_after, Model::load(&target).unwrap().size(), "{name}");
        assert_eq!(name.parse::<FileType>().unwrap(), file_type);
        computes(&target);
        std::fs::remove_file(target).unwrap();
    }
}

#[test]
fn the_default_model_keeps_its_answers() {
    let target = out("default");
    let refused = Quantize::new(default_path(), &target).file_type(FileType::Q5_K_M).run().unwrap_err();
    assert!(refused.to_string().contains("requantizing from type q8_0 is disabled"), "{refused}");
    assert!(matches!(refused, Error::Quantize { .. }) && !target.exists());

    let job = Quantize::new(default_path(), &target).file_type(FileType::Q5_K_M).allow_requantize(true);
    let planned = job.clone().dry_run().unwrap();
    assert!(planned.files.is_empty() && !target.exists());
    let done = job.run().unwrap();
    assert_eq!(done.size_before, crate::common::model().size());
    assert_eq!(done.fallbacks, planned.fallbacks);
    assert!(done.size_after.abs_diff(planned.size_after) < 20_000, "{planned:?} {done:?}");
    assert!(done.size_after < done.size_before);
    let quantized = Model::load(&target).unwrap();
    assert!(quantized.chat_template_source(None).unwrap().is_some(), "metadata is kept");
    let tokens = greedy(&mut context(&quantized), 0, &question("Hello!"), 20);
    assert!(!tokens.is_empty());
}

#[test]
fn narrow_tensors_fall_back() {
    let done = Quantize::new(tiny(), out("narrow")).file_type(FileType::Q4_K_M).run().unwrap();
    assert!(done.fallbacks > 0);
    computes(&done.files[0]);
}

#[test]
fn options_reach_the_tensors() {
    let base = |name| Quantize::new(wide(), out(name)).file_type(FileType::Q4_K_M).n_threads(2);
    let file = |job: Quantize| job.run().unwrap().files.remove(0);

    let path = file(base("mix"));
    assert_eq!(type_of(&path, "output.weight"), TensorType::Q6_K);
    assert_eq!(type_of(&path, "token_embd.weight"), TensorType::Q4_K);
    let path = file(base("pure").pure(true));
    assert_eq!(type_of(&path, "output.weight"), TensorType::Q4_K);
    let path = file(base("out").output_tensor_type(TensorType::Q8_0).token_embedding_type(TensorType::F16));
    assert_eq!(type_of(&path, "output.weight"), TensorType::Q8_0);
    assert_eq!(type_of(&path, "token_embd.weight"), TensorType::F16);
    let path = file(base("keep").keep_output_tensor(true));
    assert_eq!(type_of(&path, "output.weight"), TensorType::F32);
    let path = file(base("some").tensor_type("blk\\.1\\.ffn_(up|down)", TensorType::Q8_0));
    assert_eq!(type_of(&path, "blk.1.ffn_up.weight"), TensorType::Q8_0);
    assert_eq!(type_of(&path, "blk.0.ffn_up.weight"), TensorType::Q4_K);
    let path = file(base("copy").only_copy(true).metadata_override("general.name", "copied"));
    assert_eq!(type_of(&path, "blk.0.ffn_up.weight"), TensorType::F32);
    let gguf = Gguf::open(&path).unwrap();
    assert_eq!(gguf.get("general.name").and_then(|value| value.as_str()), Some("copied"));
    let path = file(base("slabs").max_buffer(1));
    assert!(std::fs::read(&path).unwrap() == std::fs::read(file(base("mix"))).unwrap());
    let path = file(base("pruned").prune_layers(&[0, 0]));
    assert_eq!(Model::load(&path).unwrap().n_layer(), 1);
    computes(&path);
}

#[test]
fn threads_do_not_change_the_result() {
    let bytes = |threads| {
        let job = Quantize::new(wide(), out(&format!("threads-{threads}"))).file_type(FileType::Q4_K_M);
        std::fs::read(&job.n_threads(threads).run().unwrap().files[0]).unwrap()
    };
    assert!(bytes(1) == bytes(3));
}

#[test]
fn split_files_are_joined_or_kept() {
    let parts: Vec<_> = (0..2).map(|i| split_path(folder().join("q-split"), i, 2).unwrap()).collect();
    split(&wide(), &parts);
    let joined = Quantize::new(&parts[0], out("joined")).run().unwrap();
    assert_eq!(joined.files.len(), 1);
    computes(&joined.files[0]);
    let prefix = folder().join("q-kept");
    let kept = Quantize::new(&parts[0], &prefix).keep_split(true).run().unwrap();
    assert_eq!(kept.files, (0..2).map(|i| split_path(&prefix, i, 2).unwrap()).collect::<Vec<_>>());
    assert_eq!((kept.size_before, kept.size_after), (joined.size_before, joined.size_after));
    computes(&kept.files[0]);

    let refused = Quantize::new(&parts[0], folder().join("q-split")).keep_split(true).run();
    assert!(matches!(refused, Err(Error::InvalidParameter { name: "output", .. })));
    let refused = Quantize::new(&parts[0], &parts[1]).run();
    assert!(matches!(refused, Err(Error::InvalidParameter { name: "output", .. })));
    assert!(matches!(Quantize::new(&parts[1], out("second")).run(), Err(Error::Quantize { .. })));
}

#[test]
fn a_loaded_model_may_be_replaced() {
    let target = out("replaced");
    Quantize::new(wide(), &target).run().unwrap();
    let loaded = Model::builder(&target).mmap(true).load().unwrap();
    Quantize::new(wide(), &target).file_type(FileType::Q4_0).run().unwrap();
    let mut ctx = context(&loaded);
    ctx.decode(&crate::common::batch(0, 0, &[llama::Token(5)])).unwrap();
}

#[test]
fn what_cannot_work_is_refused() {
    let target = out("refused");
    let base = || Quantize::new(wide(), &target);
    let invalid: Vec<(&str, Quantize)> = vec![
        ("output", Quantize::new(wide(), wide())),
        ("output", Quantize::new(wide(), "")),
        ("output", Quantize::new(wide(), folder())),
        ("output", Quantize::new(wide(), "/no/such/folder/x.gguf")),
        ("file_type", base().file_type(FileType(9999))),
        ("file_type", base().file_type(FileType(4))),
        ("importance", base().file_type(FileType::IQ1_S)),
        ("importance", base().file_type(FileType::Q2_K_S)),
        ("importance", base().token_embedding_type(TensorType::IQ2_XXS)),
        ("importance", base().output_tensor_type(TensorType::IQ1_S).importance(Importance::new())),
        (
            "importance",
            base()
                .output_tensor_type(TensorType::IQ1_S)
                .importance(Importance::new().with("output.weight", vec![1.0; 3]).unwrap()),
        ),
        ("output_tensor_type", base().output_tensor_type(TensorType::Q8_1)),
        ("token_embedding_type", base().token_embedding_type(TensorType::I32)),
        ("token_embedding_type", base().token_embedding_type(TensorType::from_number(12345))),
        ("token_embedding_type", Quantize::new(tiny(), &target).token_embedding_type(TensorType::Q4_K)),
        ("tensor_type", base().tensor_type("", TensorType::Q8_0)),
        ("tensor_type", base().tensor_type("x", TensorType::Q8_K)),
        ("n_threads", base().n_threads(0)),
        ("n_threads", base().n_threads(100_000)),
        ("prune_layers", base().prune_layers(&[2])),
        ("prune_layers", base().prune_layers(&[u32::MAX])),
        ("prune_layers", base().prune_layers(&[0, 1])),
        ("metadata_override", base().metadata_override("", 1_i64)),
        ("metadata_override", base().metadata_override("k", -1_i64)),
        ("metadata_override", base().metadata_override("k", i64::MAX)),
        ("metadata_override", base().metadata_override("general.alignment", 64_i64)),
        ("metadata_override", base().metadata_override("split.count", 7_i64)),
    ];
    for (setter, job) in invalid {
        match job.clone().run() {
            Err(Error::InvalidParameter { name, .. }) => assert_eq!(name, setter, "{job:?}"),
            other => panic!("{setter}: {other:?}"),
        }
        assert!(!target.exists());
    }
    let refused = base().tensor_type("(", TensorType::Q8_0).file_type(FileType::Q4_0).run();
    assert!(matches!(refused, Err(Error::Quantize { .. })), "{refused:?}");
    assert!(matches!(
        base().tensor_type(&"a".repeat(600), TensorType::Q8_0).run(),
        Err(Error::TooLong { .. })
    ));
    assert!(matches!(base().tensor_type("a\0", TensorType::Q8_0).run(), Err(Error::NulByte { .. })));
    assert!(matches!(base().metadata_override(&"k".repeat(200), true).run(), Err(Error::TooLong { .. })));
    for input in ["/no/such/file.gguf", "", "/", file!()] {
        assert!(matches!(Quantize::new(input, &target).run(), Err(Error::LoadModel { .. })), "{input}");
    }
    let parts = std::fs::read_dir(folder()).unwrap().flatten();
    let left: Vec<_> =
        parts.map(|e| e.file_name()).filter(|n| n.to_string_lossy().contains("refused")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn broken_numbers_are_refused_not_fatal() {
    let path = folder().join("quantize-nan.gguf");
    let mut bytes = std::fs::read(wide()).unwrap();
    let at = bytes.len() - 4096;
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let refused = Quantize::new(&path, out("nan")).run().unwrap_err();
    assert!(refused.to_string().contains("invalid data"), "{refused}");
}

#[test]
fn huge_numbers_never_end_the_process() {
    let path = folder().join("quantize-huge.gguf");
    let mut bytes = std::fs::read(wide()).unwrap();
    let at = bytes.len() - 200_000;
    for chunk in bytes[at..].as_chunks_mut::<4>().0 {
        *chunk = 3e38_f32.to_le_bytes();
    }
    std::fs::write(&path, bytes).unwrap();
    let delicate = |name: &str| ["IQ1", "IQ2", "IQ3"].iter().any(|start| name.starts_with(start));
    for (name, file_type) in FileType::writable().filter(|pair| delicate(pair.0) || pair.0.ends_with("_K")) {
        let job = Quantize::new(&path, out(&format!("huge-{name}"))).file_type(file_type);
        let result = job.importance(importance(&wide())).run();
        assert!(matches!(result, Ok(_) | Err(Error::Quantize { .. })), "{name}: {result:?}");
    }
}

#[test]
fn importance_is_read_from_files() {
    use llama::gguf::GgufWriter;
    let path = folder().join("importance.gguf");
    let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let mut writer = GgufWriter::new();
    writer.set("general.type", "imatrix").unwrap();
    writer.tensor("a.weight.in_sum2", &[2, 2], TensorType::F32, floats(&[4.0, 8.0, 1.0, 2.0])).unwrap();
    writer.tensor("a.weight.counts", &[1, 2], TensorType::F32, floats(&[2.0, 0.0])).unwrap();
    writer.save(&path).unwrap();
    let read = Importance::open(&path).unwrap();
    assert_eq!(read.get("a.weight"), Some(&[2.0, 4.0, 1.0, 1.0][..]));
    assert_eq!((read.len(), read.is_empty()), (1, false));

    assert!(matches!(Importance::open(wide()), Err(Error::Io { .. })));
    assert!(matches!(Importance::open("/no/such"), Err(Error::Io { .. })));
    for bad in [f32::NAN, f32::INFINITY, -1.0] {
        assert!(Importance::new().with("a", vec![bad]).is_err());
    }
}
