//! Devices that have no memory left, fail, or never work: GPUs that `support/gpu.cpp` makes of the processor.
//!
//! Each case is a program of its own, for such a device stays as it is: a copy of this test program, with the plugin
//! beside it.

#[path = "../llama-sys/build/backends.rs"]
#[allow(dead_code, reason = "of the build script, not all of it is used")]
mod backends;
#[path = "support/place.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod place;
#[path = "../llama-sys/build/plugin_link.rs"]
mod plugin_link;
mod support;
#[path = "../llama-sys/build/target.rs"]
#[allow(dead_code, reason = "of the build script, not all of it is used")]
mod target;

use llama::{
    Batch, CacheType, Context, Device, DeviceKind, Error, Layers, LoadMode, LoraAdapter, MemoryEffect, Model,
    ModelBuilder, SeqId, SplitMode, Token,
};
use llama_test_kit::{Arch, RandomAdapter, RandomModel, Shape};
use place::{CHILD, Place, Told};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The file with what goes wrong.
const ORDERS: &str = "LLAMA_TEST_ORDERS";

/// The plugin, compiled once.
fn plugin() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faulty");
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        let tree = Path::new(env!("LLAMA_SYS_TREE"));
        let compiler = || Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()));
        let run = |command: &mut Command| {
            let out = command.output().expect("a C++ compiler");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        };
        let sources = [here.join("llama-sys/shim/plugin.cpp"), here.join("tests/support/gpu.cpp")];
        let objects = sources.map(|source| {
            let object = folder.join(source.file_name().expect("a name")).with_extension("o");
            let mut command = compiler();
            command.args(["-c", "-std=gnu++17", "-w", "-fPIC", "-fvisibility=hidden", "-o"]).arg(&object);
            command.args(["-DLRS_PLUGIN_REGISTRY=lrs_test_reg", "-DNDEBUG"]);
            command.arg("-include").arg(Path::new(env!("LLAMA_SYS_PREFIX")).join("symbol_prefix.h"));
            command.arg("-I").arg(env!("LLAMA_SYS_PLUGIN")).arg("-I").arg(here.join("llama-sys/shim"));
            command.arg("-I").arg(tree.join("ggml/include")).arg("-I").arg(tree.join("ggml/src"));
            run(command.arg(source));
            object
        });
        let (script, out) = (folder.join("plugin.map"), folder.join("libllama-backend-fake.so"));
        std::fs::write(&script, plugin_link::SCRIPT).expect("written");
        let objects: Vec<&Path> = objects.iter().map(PathBuf::as_path).collect();
        let static_stdcxx = cfg!(feature = "static-stdcxx");
        run(compiler().args(plugin_link::arguments(&script, &objects, &[], static_stdcxx, &out)));
        out
    })
}

/// Runs a case in a program of its own, with so many GPUs.
fn run(case: &str, gpus: u32) -> Told {
    let place = Place::new(&format!("faulty-{case}"));
    std::fs::copy(plugin(), place.0.join("libllama-backend-fake.so")).expect("copied");
    let mut command = place.command(case);
    command.env(ORDERS, place.0.join("orders")).env("LLAMA_TEST_GPUS", gpus.to_string());
    Told::by(&mut command)
}

/// Run by the tests in a folder of their own.
#[test]
fn child() {
    let Ok(case) = std::env::var(CHILD) else { return };
    let (_, work) = CASES.iter().find(|(name, _)| *name == case).expect("a case");
    work().expect("no other error");
}

/// What goes wrong from now on.
fn order(words: &str) {
    std::fs::write(std::env::var_os(ORDERS).expect("a file"), words).expect("written");
}

fn gpus() -> Vec<Device> {
    let all = llama::devices().expect("devices that fail are still devices");
    all.into_iter().filter(|device| device.kind() == DeviceKind::Gpu).collect()
}

fn free(device: &Device) -> Result<usize, Error> {
    Ok(device.memory()?.free)
}

/// Heads of 64 numbers, for keys that are quantized and can still be moved.
fn shape() -> Shape {
    Shape { name: "wide-heads".to_owned(), head_dim: 64, n_embd: 128, ..Shape::tiny(Arch::Llama) }
}

fn path() -> PathBuf {
    RandomModel::new(shape()).cached(support::scratch()).expect("the kit writes models")
}

fn builder<'a>() -> ModelBuilder<'a> {
    Model::builder(path()).gpu_layers(Layers::All)
}

fn batch(start: i32, len: i32) -> Batch {
    let tokens: Vec<Token> = (0..len).map(|i| Token(300 + 7 * i)).collect();
    let mut batch = Batch::new();
    batch.extend(SeqId(0), start, &tokens).logits_for_last();
    batch
}

fn logits(context: &mut Context) -> Result<Vec<f32>, Error> {
    context.memory().clear(true)?;
    Ok(context.decode(&batch(0, 20))?.logits_last()?.to_vec())
}

type Case = (&'static str, fn() -> Result<(), Error>);

const CASES: &[Case] = &[
    ("full", || full("full")),
    ("choke", || full("choke")),
    ("full-load", full_load),
    #[cfg(feature = "multimodal")]
    ("full-projector", full_projector),
    ("gone", || gone("gone")),
    ("mute", || gone("mute")),
    ("broken", broken),
    ("never", || never("gone0")),
    ("never-mute", || never("mute0")),
    ("many", many),
    ("together", together),
    ("cancelled", cancelled),
    #[cfg(feature = "multimodal")]
    ("combined", combined),
];

#[test]
fn a_device_without_memory_is_an_error_as_often_as_one_asks() {
    run("full", 1);
    run("choke", 1);
}

/// Turning quantized keys takes more memory than all that comes before.
fn full(words: &str) -> Result<(), Error> {
    let mut context = builder()
        .load()?
        .context_builder()
        .n_ctx(1 << 15)
        .n_ubatch(32)
        .type_k(CacheType::Q8_0)
        .n_threads(2)
        .build()?;
    let expected = logits(&mut context)?;
    context.memory().seq_remove(SeqId(0), 4..10)?;
    context.memory().seq_add(SeqId(0), 10.., -6)?;
    order(words);
    let failure = context.decode(&batch(14, 3)).expect_err("nothing left");
    assert!(matches!(failure.error, Error::Failed { operation: "moving positions", .. }), "{failure:?}");
    assert_eq!(failure.memory, MemoryEffect::Partial);
    assert_eq!(context.memory().span(SeqId(0))?, None, "of no use any more");
    for _ in 0..3 {
        let failure = context.decode(&batch(0, 20)).expect_err("still nothing left");
        assert!(failure.error.to_string().contains("failed to allocate Fake0 buffer"), "{failure}");
        assert_eq!(failure.memory, MemoryEffect::Unchanged);
    }
    order("");
    assert_eq!(logits(&mut context)?, expected);
    context.memory().seq_remove(SeqId(0), 4..10)?;
    context.memory().seq_add(SeqId(0), 10.., -6)?;
    context.decode(&batch(14, 3))?;
    // Dropped right after a failure.
    let mut other =
        context.model().context_builder().n_ctx(1 << 14).n_ubatch(32).type_k(CacheType::Q8_0).build()?;
    other.decode(&batch(0, 20))?;
    other.memory().seq_add(SeqId(0), .., 1)?;
    order(words);
    other.decode(&batch(21, 3)).expect_err("nothing left");
    drop(other);
    Ok(())
}

#[test]
fn what_does_not_fit_is_not_loaded() {
    run("full-load", 1);
}

fn full_load() -> Result<(), Error> {
    let gpu = &gpus()[0];
    let before = free(gpu)?;
    let model = builder().load()?;
    let loaded = free(gpu)?;
    order("full");
    let error = builder().load().expect_err("no memory");
    assert!(matches!(&error, Error::LoadModel { detail, .. } if detail.contains("Fake0")), "{error}");
    let error = model.context_builder().n_ctx(512).build().expect_err("no memory");
    assert!(matches!(&error, Error::CreateContext { detail } if detail.contains("buffer")), "{error}");
    order("");
    assert_eq!(free(gpu)?, loaded, "nothing is left of them");
    model.context_builder().n_ctx(512).build()?;
    drop(model);
    assert_eq!(free(gpu)?, before);
    Ok(())
}

#[cfg(feature = "multimodal")]
#[test]
fn a_projector_on_a_full_device_is_an_error() {
    run("full-projector", 1);
}

#[cfg(feature = "multimodal")]
fn full_projector() -> Result<(), Error> {
    use llama::multimodal::{ChunkKind, Image, Part, Projector};
    let gpu = &gpus()[0];
    let file = support::scratch().join(format!("mmproj-{}.gguf", std::process::id()));
    llama_test_kit::RandomProjector::new(128).write(&file).expect("the kit writes projectors");
    let model = builder().load()?;
    let before = free(gpu)?;
    for (orders, word) in [("full", "for the weights on Fake0"), ("once", "not enough memory to compute")] {
        order(orders);
        let error = Projector::load(&model, &file).expect_err("no memory");
        assert!(matches!(&error, Error::LoadProjector { detail, .. } if detail.contains(word)), "{error}");
        order("");
        assert_eq!(free(gpu)?, before, "nothing is left of it");
    }
    let projector = Projector::load(&model, &file)?;
    assert!(free(gpu)? < before);
    let picture = || Image::from_rgb(40, 30, vec![7; 40 * 30 * 3]);
    let prompt = projector.tokenize([Part::from(picture()?)])?;
    let chunk = prompt.chunks().find(|chunk| chunk.kind() == ChunkKind::Image).expect("an image");
    let expected = chunk.encode()?;
    order("full");
    assert_eq!(chunk.encode()?, expected, "it has all that it needs");
    order("gone");
    chunk.encode().expect_err("gone");
    drop((prompt, projector, model));
    std::fs::remove_file(file).expect("removed");
    Ok(())
}

#[test]
fn what_lies_on_a_lost_device_is_dropped_without_harm() {
    run("gone", 1);
    run("mute", 1);
}

fn gone(words: &'static str) -> Result<(), Error> {
    let lora = support::scratch().join(format!("lora-{}.gguf", std::process::id()));
    RandomAdapter::new(shape()).write(&lora).expect("the kit writes adapters");
    let model = builder().load()?;
    let adapter = LoraAdapter::load(&model, &lora)?;
    let mut contexts = Vec::new();
    for threads in [1, 2, 1, 1] {
        let mut context = model.context_builder().n_ctx(512).n_threads(threads).build()?;
        context.set_adapters(&[(adapter.clone(), 0.5)])?;
        logits(&mut context)?;
        contexts.push(context);
    }
    // Not even used.
    contexts.push(model.context_builder().n_ctx(512).build()?);
    order(words);
    for context in &mut contexts[..2] {
        let failure = context.decode(&batch(20, 3)).expect_err("gone");
        assert!(failure.error.to_string().contains("Fake0 is gone"), "{failure}");
        assert!(context.is_poisoned());
    }
    assert!(matches!(contexts[2].synchronize(), Err(Error::Fault { .. })));
    let error = model.context_builder().n_ctx(512).build().expect_err("gone");
    assert!(matches!(&error, Error::CreateContext { detail } if detail.contains("Fake0")), "{error}");
    order("");
    let lose = |done: f32| order(if done > 0.3 { words } else { "" });
    let error = builder().on_progress(lose).load().expect_err("gone in the middle of it");
    assert!(matches!(&error, Error::LoadModel { detail, .. } if detail.contains("Fake0 is gone")), "{error}");
    let error = builder().devices(&gpus()).load().expect_err("gone");
    assert!(matches!(&error, Error::LoadModel { detail, .. } if detail.contains("Fake0 is gone")), "{error}");
    drop(contexts);
    drop((adapter, model));
    std::fs::remove_file(lora).expect("removed");
    // The processor is still there.
    logits(&mut builder().load()?.context_builder().n_ctx(512).build()?)?;
    Ok(())
}

#[test]
fn a_failure_on_a_device_leaves_nothing_behind() {
    run("broken", 1);
}

fn broken() -> Result<(), Error> {
    let gpu = &gpus()[0];
    let before = free(gpu)?;
    let model = builder().load()?;
    let mut context = model.context_builder().n_ctx(512).n_threads(3).build()?;
    order("broken");
    let failure = context.decode(&batch(0, 20)).expect_err("broken");
    assert!(matches!(&failure.error, Error::Fault { fault, .. } if !fault.left_workers()), "{failure:?}");
    assert!(context.is_poisoned());
    drop((context, model));
    assert_eq!(free(gpu)?, before, "no thread of the processor was at work");
    Ok(())
}

#[test]
fn a_device_that_never_works_keeps_nobody_from_others() {
    run("never", 2);
    run("never-mute", 2);
}

fn never(words: &str) -> Result<(), Error> {
    use std::sync::{Arc, Mutex};
    order(words);
    let all = gpus();
    assert_eq!(all.iter().map(Device::name).collect::<Vec<_>>(), ["Fake0", "Fake1"]);
    assert!(all[0].memory().map_or(true, |memory| memory.total == 0) && all[1].memory()?.total > 0);
    let names = |model: &Model| -> Result<Vec<String>, Error> {
        let taken = model.context_builder().n_ctx(512).build()?.memory_usage()?;
        Ok(taken
            .into_iter()
            .filter_map(|usage| usage.device)
            .map(|device| device.name().to_owned())
            .collect())
    };
    assert_eq!(names(&builder().devices(&all[1..]).load()?)?, ["Fake1"]);
    assert!(names(&builder().devices(&[]).load()?)?.is_empty());
    let log = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&log);
    llama::log::set_sink(move |_, line| kept.lock().expect("no panic").push_str(line));
    assert_eq!(names(&builder().load()?)?, ["Fake1"], "nobody chose");
    llama::log::clear_sink();
    assert!(log.lock().expect("no panic").contains("Fake0 is left out"), "{log:?}");
    assert_eq!(names(&builder().gpu_layers(Layers::None).load()?)?, ["Fake1"]);
    builder().vocab_only(true).load()?;
    let plan = builder().devices(&all[1..]).planner().margin(0).plan()?;
    assert_eq!(plan.offloaded, plan.n_layer + 1);
    let plan = builder().planner().margin(0).plan()?;
    assert_eq!(plan.memories[1].device.as_ref().map(Device::name), Some("Fake1"));
    plan.check()?;
    let error = builder().devices(&all).load().expect_err("it does not work");
    assert!(matches!(&error, Error::LoadModel { detail, .. } if detail.contains("Fake0")), "{error}");
    let error = builder().tensor_device("output", &all[0]).load().expect_err("it does not work");
    assert!(matches!(&error, Error::LoadModel { detail, .. } if detail.contains("Fake0")), "{error}");
    Ok(())
}

#[test]
fn more_devices_than_llama_cpp_has_room_for() {
    run("many", 17);
}

fn many() -> Result<(), Error> {
    let all = gpus();
    assert_eq!(all.len(), 17);
    let refused = |builder: ModelBuilder<'_>| match builder.load() {
        Err(Error::TooLong { what: "devices", len, .. }) => len,
        other => panic!("{other:?}"),
    };
    for builder in [builder(), builder().tensor_split(&[1.0]), builder().split_mode(SplitMode::Tensor)] {
        assert_eq!(refused(builder), 17, "nobody chose");
    }
    assert_eq!(refused(builder().devices(&all[..16])), 16, "and the processor");
    let chosen = builder().devices(&all[..15]).tensor_split(&[1.0; 15]).load()?;
    logits(&mut chosen.context_builder().n_ctx(512).build()?)?;
    // One of them is used.
    let alone = builder().split_mode(SplitMode::None).main_gpu(16).load()?;
    logits(&mut alone.context_builder().n_ctx(512).build()?)?;
    // The processor takes part anyway, and is not one of them.
    let processor = llama::devices()?.into_iter().filter(|device| device.kind() == DeviceKind::Cpu);
    let listed: Vec<Device> = all[..15].iter().cloned().chain(processor).collect();
    let model = builder().devices(&listed).load()?;
    let taken = model.context_builder().n_ctx(512).build()?.memory_usage()?;
    assert_eq!(taken.len(), 16, "the host and fifteen GPUs");
    Ok(())
}

#[test]
fn devices_are_put_together_by_several_threads_at_once() {
    run("together", 4);
}

fn together() -> Result<(), Error> {
    let all = gpus();
    let (all, path) = (&all, &path());
    std::thread::scope(|scope| {
        let work = |start: usize| {
            move || -> Result<(), Error> {
                for i in 0..20 {
                    let pair = [all[(start + i) % 4].clone(), all[(start + i + 1) % 4].clone()];
                    let model = Model::builder(path).devices(&pair).split_mode(SplitMode::Tensor).load()?;
                    logits(&mut model.context_builder().n_ctx(256).build()?)?;
                }
                Ok(())
            }
        };
        let threads: Vec<_> = (0..4).map(|start| scope.spawn(work(start))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

#[test]
fn a_load_that_is_stopped_leaves_nothing_behind() {
    run("cancelled", 1);
}

fn cancelled() -> Result<(), Error> {
    use std::ops::ControlFlow;
    let gpu = &gpus()[0];
    let before = free(gpu)?;
    for mode in [LoadMode::Read, LoadMode::Mmap] {
        let stop = |done: f32| if done > 0.3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let load = builder().load_mode(mode).on_progress(stop).load();
        assert!(matches!(load, Err(Error::Cancelled)), "{load:?}");
        assert_eq!(free(gpu)?, before, "{mode}");
        drop(builder().load_mode(mode).load()?);
        assert_eq!(free(gpu)?, before, "{mode}");
    }
    Ok(())
}

#[cfg(feature = "multimodal")]
#[test]
fn a_projector_does_not_take_what_belongs_to_a_model() {
    run("combined", 2);
}

#[cfg(feature = "multimodal")]
fn combined() -> Result<(), Error> {
    use llama::multimodal::Projector;
    let model = builder().devices(&gpus()).split_mode(SplitMode::Tensor).load()?;
    let taken = model.context_builder().n_ctx(256).build()?.memory_usage()?;
    let combined =
        taken.into_iter().filter_map(|usage| usage.device).find(|d| d.kind() == DeviceKind::Combined);
    let combined = combined.expect("one device of two");
    let file = support::scratch().join(format!("mmproj-{}.gguf", std::process::id()));
    llama_test_kit::RandomProjector::new(128).write(&file).expect("the kit writes projectors");
    let error = Projector::builder(&model, &file).device(&combined).load().expect_err("it is the model's");
    assert!(matches!(error, Error::InvalidParameter { name: "device", .. }), "{error}");
    Projector::builder(&model, &file).device(&gpus()[0]).load()?;
    std::fs::remove_file(file).expect("removed");
    Ok(())
}
