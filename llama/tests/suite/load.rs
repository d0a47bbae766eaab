//! Loading models: parameters, progress, and errors that say what is wrong.

use crate::common::{default_path, folder, model};
use llama::gguf::{GgufWriter, TensorType};
use llama::{CancelToken, Error, Layers, LoadMode, Model, devices};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The one-line reason for which a path is refused.
fn refusal(path: impl AsRef<Path>) -> String {
    match Model::load(path.as_ref()) {
        Err(Error::LoadModel { path: named, detail }) => {
            assert_eq!(named, path.as_ref());
            assert!(!detail.contains('\n') && detail.len() < 300, "one line: {detail}");
            detail
        }
        other => panic!("{other:?}"),
    }
}

fn gguf(name: &str, architecture: &str, kind: &str) -> PathBuf {
    let path = folder().join(name);
    let mut writer = GgufWriter::new();
    writer.set("general.architecture", architecture).unwrap();
    writer.set("general.type", kind).unwrap();
    writer.tensor("some.weight", &[4], TensorType::F32, vec![0; 16]).unwrap();
    writer.save(&path).unwrap();
    path
}

#[test]
fn a_missing_file() {
    assert!(refusal("/no/such/model.gguf").contains("no such file"));
}

#[test]
fn a_directory() {
    assert!(refusal(folder()).contains("directory"));
}

#[test]
fn an_empty_file() {
    assert!(refusal(file("empty.gguf", b"")).contains("empty"));
}

#[test]
fn a_text_file() {
    let detail = refusal(file("text.gguf", b"Hello, I am a text and not a model.\n"));
    assert!(detail.contains("not a GGUF file") && detail.contains("text file"), "{detail}");
}

#[test]
fn other_formats() {
    assert!(refusal(file("page.gguf", b"<html><body>404</body></html>")).contains("web page"));
    assert!(refusal(file("torch.gguf", b"PK\x03\x04....................")).contains("PyTorch"));
    let safetensors = b"\x40\x00\x00\x00\x00\x00\x00\x00{\"weight\":{\"dtype\":\"F32\"}}";
    assert!(refusal(file("st.gguf", safetensors)).contains("safetensors"));
}

#[test]
fn a_truncated_file() {
    let whole = std::fs::read(default_path()).unwrap();
    for keep in [5, 100, 5000, whole.len() / 2, whole.len() - 64] {
        let detail = refusal(file(&format!("cut-{keep}.gguf"), &whole[..keep]));
        assert!(detail.contains("cut off"), "{keep} bytes: {detail}");
    }
}

#[test]
fn an_unknown_architecture() {
    let detail = refusal(gguf("unknown.gguf", "imaginary9000", "model"));
    assert!(detail.contains("unknown model architecture: 'imaginary9000'"), "{detail}");
    assert!(detail.contains("update"), "{detail}");
}

#[test]
fn adapters_and_projectors_are_no_models() {
    assert!(refusal(gguf("lora.gguf", "llama", "adapter")).contains("LoRA adapter"));
    assert!(refusal(gguf("mmproj.gguf", "clip", "mmproj")).contains("mmproj"));
}

#[test]
fn a_vocabulary_without_weights() {
    let whole = llama::gguf::Gguf::open(default_path()).unwrap();
    let mut writer = GgufWriter::new();
    for (key, value) in whole.metadata() {
        writer.set(key.clone(), value.clone()).unwrap();
    }
    let path = folder().join("vocab.gguf");
    writer.save(&path).unwrap();
    assert!(refusal(&path).contains("no weights"), "{}", refusal(&path));
    let vocab = Model::builder(&path).vocab_only(true).load().unwrap();
    assert_eq!(vocab.n_vocab(), model().n_vocab());
    assert!(vocab.is_vocab_only());
    assert!(matches!(vocab.context_builder().build(), Err(Error::VocabOnly)));
}

#[test]
fn the_error_names_the_file() {
    let message = Model::load("/no/such/model.gguf").unwrap_err().to_string();
    assert!(message.starts_with("cannot load model \"/no/such/model.gguf\": "), "{message}");
}

#[test]
fn odd_paths() {
    assert!(Model::load("").is_err());
    assert!(Model::load("a\0b").is_err());
}

#[test]
fn facts_about_the_default_model() {
    let model = model();
    assert_eq!(model.architecture(), "llama");
    assert!(model.description().starts_with("llama"), "{}", model.description());
    assert!(model.n_params() > 100_000 && model.size() > 100_000);
    assert_eq!(model.n_embd() % model.n_head() as usize, 0);
    assert!(model.n_layer() > 0 && model.n_head_kv() > 0 && model.n_ctx_train() >= 256);
    assert_eq!(model.n_embd(), model.n_embd_input());
    assert_eq!(model.n_embd(), model.n_embd_output());
    assert!(model.has_decoder() && !model.has_encoder());
    assert!(!model.is_recurrent() && !model.is_hybrid() && !model.is_diffusion());
    assert_eq!(model.decoder_start_token(), None);
    assert_eq!(model.rope_type(), llama::RopeType::Norm);
    assert!(model.chat_template_source(None).unwrap().is_some_and(|t| t.contains("im_start")));
    assert_eq!(model.chat_template_source(Some("no such")).unwrap(), None);
    assert_eq!(model.classifier_labels().unwrap(), []);
    assert!(!model.file_type().to_string().is_empty());
}

#[test]
fn metadata_of_any_length() {
    let model = model();
    let metadata = model.metadata();
    assert_eq!(metadata.get("general.architecture").unwrap().as_deref(), Some("llama"));
    assert_eq!(metadata.get("no.such.key").unwrap(), None);
    assert_eq!(metadata.parse("llama.block_count").unwrap(), Some(model.n_layer()));
    assert_eq!(metadata.parse::<u32>("general.architecture").unwrap(), None);
    let pairs = metadata.pairs().unwrap();
    assert_eq!(pairs.len(), metadata.len().unwrap());
    assert!(pairs.iter().any(|(key, _)| key == "general.architecture"));
    assert!(metadata.get("a\0b").is_err());
}

#[test]
fn overrides_replace_metadata() {
    let model = Model::builder(default_path())
        .metadata_override("general.name", "renamed")
        .metadata_override("llama.context_length", 300_i64)
        .load()
        .unwrap();
    assert_eq!(model.n_ctx_train(), 300);
    let too_long = "x".repeat(200);
    let refused = Model::builder(default_path()).metadata_override(&too_long, true).load();
    assert!(matches!(refused, Err(Error::TooLong { len: 200, max: 127, .. })));
    let refused = Model::builder(default_path()).metadata_override("k", too_long.as_str()).load();
    assert!(matches!(refused, Err(Error::TooLong { .. })));
}

#[test]
fn every_load_mode() {
    for mode in [LoadMode::Read, LoadMode::Mmap, LoadMode::DirectIo, LoadMode::Auto] {
        let model = Model::builder(default_path()).load_mode(mode).gpu_layers(Layers::None).load().unwrap();
        assert_eq!(model.n_vocab(), crate::common::model().n_vocab(), "{mode:?}");
    }
}

#[test]
fn the_processor_in_a_list_of_devices_changes_nothing() {
    let all = devices().unwrap();
    let model = Model::builder(default_path()).devices(&all).gpu_layers(Layers::All).load().unwrap();
    let ctx = model.context_builder().n_ctx(256).build().unwrap();
    let taken: Vec<_> = ctx.memory_usage().unwrap().into_iter().filter_map(|usage| usage.device).collect();
    let own = |kind| !matches!(kind, llama::DeviceKind::Cpu | llama::DeviceKind::Accelerator);
    assert!(taken.iter().all(|device| own(device.kind())), "{taken:?}");
    let only: Vec<_> = all.into_iter().filter(|device| !own(device.kind())).collect();
    let model = Model::builder(default_path()).devices(&only).gpu_layers(Layers::All).load().unwrap();
    let ctx = model.context_builder().n_ctx(256).build().unwrap();
    assert_eq!(ctx.memory_usage().unwrap().len(), 1, "the host");
}

#[test]
fn tensors_are_placed_on_devices() {
    let devices = devices().unwrap();
    let cpu = devices.iter().find(|device| device.kind() == llama::DeviceKind::Cpu).unwrap();
    let base = || Model::builder(default_path());
    let placed =
        base().tensor_device("ffn_.*", cpu).lazy_tensors(true).load_mtp(false).no_host(true).load().unwrap();
    let question = crate::common::question("Hello!");
    let reference = crate::common::greedy(&mut crate::common::context(&model()), 0, &question, 8);
    assert_eq!(crate::common::greedy(&mut crate::common::context(&placed), 0, &question, 8), reference);
    assert!(matches!(base().tensor_device("", cpu).load(), Err(Error::InvalidParameter { .. })));
    assert!(matches!(base().tensor_device("a\0", cpu).load(), Err(Error::NulByte { .. })));
    assert!(matches!(base().tensor_device(&"a".repeat(1000), cpu).load(), Err(Error::TooLong { .. })));
    assert!(matches!(base().tensor_device("(", cpu).load(), Err(Error::LoadModel { .. })));
    let many = (0..10_000).fold(base(), |builder, _| builder.tensor_device("x", cpu));
    assert!(matches!(many.load(), Err(Error::TooLong { .. })));
}

#[test]
fn load_modes_have_names() {
    for mode in [
        LoadMode::Auto,
        LoadMode::Read,
        LoadMode::Mmap,
        LoadMode::Mlock,
        LoadMode::MmapMlock,
        LoadMode::DirectIo,
    ] {
        assert_eq!(mode.to_string().parse::<LoadMode>().unwrap(), mode);
    }
    for bad in ["", "nothing", "MMAP", "mmap ", "a\0"] {
        assert!(bad.parse::<LoadMode>().is_err(), "{bad:?}");
    }
}

#[test]
fn bad_parameters() {
    let base = || Model::builder(default_path());
    assert!(base().gpu_layers(Layers::Count(u32::MAX)).load().is_err());
    assert!(base().tensor_split(&[1.0; 100]).load().is_err());
    assert!(base().tensor_split(&[f32::NAN]).load().is_err());
    assert!(base().tensor_split(&[-1.0]).load().is_err());
    assert!(base().metadata_override("", 1_i64).load().is_err());
    assert!(base().devices(&[]).load().is_ok());
    assert!(base().tensor_split(&[1.0]).check_tensors(true).load().is_ok());
}

#[test]
fn progress_rises_to_one() {
    let mut seen = Vec::new();
    Model::builder(default_path()).on_progress(|p| seen.push(p)).load().unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&1.0));
}

#[test]
fn progress_can_stop_the_load() {
    let mut calls = 0;
    let stopped = Model::builder(default_path())
        .on_progress(|_| {
            calls += 1;
            if calls > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .load();
    assert_eq!(stopped.unwrap_err(), Error::Cancelled);
    assert_eq!(calls, 2);
}

#[test]
fn a_cancelled_token_stops_the_load() {
    let token = CancelToken::new();
    token.cancel();
    let stopped = Model::builder(default_path()).cancel(token.clone()).load();
    assert_eq!(stopped.unwrap_err(), Error::Cancelled);
    token.reset();
    assert!(Model::builder(default_path()).cancel(token).load().is_ok());
}

#[test]
fn a_panic_in_the_progress_callback_reaches_the_caller() {
    for when in [0.0, 0.5] {
        let caught = std::panic::catch_unwind(|| {
            Model::builder(default_path()).on_progress(|p| assert!(p <= when, "on purpose")).load()
        });
        assert!(caught.is_err());
    }
    assert!(Model::load(default_path()).is_ok());
}

#[test]
fn devices_are_known() {
    let devices = devices().unwrap();
    let cpu = devices.iter().find(|device| device.kind() == llama::DeviceKind::Cpu).unwrap();
    assert!(!cpu.name().is_empty() && !cpu.description().is_empty());
    assert!(cpu.memory().unwrap().total > 0);
    let model = Model::builder(default_path()).devices(std::slice::from_ref(cpu)).load();
    drop(model);
}

#[test]
fn the_platform_is_described() {
    llama::backend::init().unwrap();
    let variant = llama::backend::cpu_variant().unwrap();
    assert!(llama::backend::cpu_variants().iter().any(|v| v.name == variant && v.supported));
    assert!(!llama::backend::system_info().unwrap().is_empty());
    assert!(!llama::backend::llama_cpp_version().is_empty());
    assert!(!llama::backend::ggml_version().unwrap().is_empty());
    assert!(llama::backend::max_sequences().unwrap() >= 64);
    assert!(llama::backend::supports_mmap().is_ok() && llama::backend::supports_mlock().is_ok());
    // A back end that finds no device says why, and the processor serves.
    let said = llama::backend::init_log().unwrap();
    for registry in
        llama::registries().unwrap().iter().filter(|r| r.name() == "CUDA" && r.devices().is_empty())
    {
        assert!(
            said.iter().any(|line| line.contains("failed to initialize")),
            "{}: {said:?}",
            registry.name()
        );
    }
    assert!(llama::backend::supports_gpu_offload().is_ok());
}
