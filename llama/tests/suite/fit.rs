//! What is planned before loading is what a load takes.

use crate::common::{batch, default_path, folder};
use llama::{
    CacheType, CancelToken, ContextBuilder, DeviceKind, Error, FlashAttention, Layers, LoadMode, MemoryUse,
    Model, Token,
};
use llama_test_kit::{Arch, RandomModel, Shape, WeightType};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Seek, SeekFrom};

/// Within one part in fifty, and a page for alignment.
fn near(planned: u64, real: u64) -> bool {
    planned.abs_diff(real) <= real / 50 + 4096
}

fn total(memories: impl Iterator<Item = MemoryUse>) -> (u64, u64, u64) {
    memories.fold((0, 0, 0), |sum, m| (sum.0 + m.weights, sum.1 + m.context, sum.2 + m.compute))
}

#[test]
fn plans_are_kept_by_loads() {
    for shape in Shape::all_tiny() {
        let name = shape.name.clone();
        let path = RandomModel::new(shape.clone()).cached(folder()).unwrap();
        for n_ctx in [256, 1024] {
            let plan = llama::fit(&path, &[], n_ctx).unwrap();
            let model = Model::builder(&path).devices(&[]).load_mode(LoadMode::Read).load().unwrap();
            let ctx = model.context_builder().n_ctx(n_ctx).n_threads(1).build().unwrap();
            let planned = total(plan.memories.iter().map(|m| m.usage));
            let real = total(ctx.memory_usage().unwrap().iter().map(|m| m.usage));
            assert!(near(planned.0, real.0), "{name} {n_ctx}: weights {} and {}", planned.0, real.0);
            assert!(near(planned.0, model.size()), "{name}: weights {} and {}", planned.0, model.size());
            assert_eq!(planned.1, real.1, "{name} {n_ctx}: memory of past tokens");
            assert!(near(planned.2, real.2), "{name} {n_ctx}: compute {} and {}", planned.2, real.2);
            let layers: u64 = plan.layer_weights.iter().sum();
            assert_eq!(layers + plan.other_weights, model.size(), "{name}: all tensors belong somewhere");
            assert!(plan.layer_weights.iter().all(|bytes| *bytes > 0), "{name}");
            assert_eq!(plan.n_layer, model.n_layer());
            assert!(plan.fits(), "{name}: a few hundred kilobytes");
            assert_eq!((plan.offloaded, plan.gpu_layers(), plan.cpu_moe), (0, Layers::None, 0));
        }
    }
}

/// Weights that the CPU rearranges have a kind of memory of their own, and BLAS works on the CPU's: all of it is the
/// host's, and counted once.
#[test]
fn the_host_has_one_memory() {
    let shape =
        Shape { name: "tiny-llama-256".to_owned(), n_embd: 256, n_ff: 512, ..Shape::tiny(Arch::Llama) };
    for weights in [WeightType::Q4_0, WeightType::Q8_0, WeightType::F32] {
        let path = RandomModel::new(shape.clone()).weights(weights).cached(folder()).unwrap();
        let model = Model::builder(&path).devices(&[]).load_mode(LoadMode::Read).load().unwrap();
        let context = model.context_builder().n_ctx(512).n_threads(1).build().unwrap();
        let real = context.memory_usage().unwrap();
        let plan = llama::fit(&path, &[], 512).unwrap();
        assert_eq!((real.len(), plan.memories.len()), (1, 1), "{real:?} {plan:?}");
        let (real, planned) = (real[0].usage, plan.memories[0].usage);
        assert!(
            near(planned.weights, real.weights) && near(real.weights, model.size()),
            "{weights}: {real:?}"
        );
        assert_eq!(planned.compute, real.compute, "{weights}");
        let limit = plan.memories[0].usage.total() - 1000;
        let cpu = llama::devices().unwrap().into_iter().find(|d| d.kind() == DeviceKind::Cpu).unwrap();
        let short = Model::builder(&path).devices(&[]).planner().limit(&cpu, limit).context(|c| c.n_ctx(512));
        let short = short.plan().unwrap();
        assert_eq!((short.missing(), short.fits()), (1000, false), "{weights}");
        assert!(matches!(short.check(), Err(Error::DoesNotFit { memory, .. }) if memory == "the host"));
    }
}

#[test]
fn the_cache_is_as_large_as_its_numbers() {
    // Blocks of Q8_0 need heads of 32.
    let shape = Shape { name: "tiny-llama-32".to_owned(), head_dim: 32, ..Shape::tiny(Arch::Llama) };
    let path = RandomModel::new(shape.clone()).cached(folder()).unwrap();
    let cache = |n_ctx, kind, flash| {
        let plan = Model::builder(&path)
            .devices(&[])
            .fit(|context| context.n_ctx(n_ctx).type_k(kind).type_v(kind).flash_attention(flash));
        plan.unwrap().memories.iter().map(|m| m.usage.context).sum::<u64>()
    };
    let numbers =
        |n_ctx: u32| 2 * u64::from(shape.n_layer * shape.n_head_kv * shape.head_dim) * u64::from(n_ctx);
    for n_ctx in [256, 512, 4096] {
        assert_eq!(cache(n_ctx, CacheType::F32, FlashAttention::Off), 4 * numbers(n_ctx));
        assert_eq!(cache(n_ctx, CacheType::F16, FlashAttention::Off), 2 * numbers(n_ctx));
        // 32 numbers of 8 bits and a scale of 16.
        assert_eq!(cache(n_ctx, CacheType::Q8_0, FlashAttention::On), numbers(n_ctx) * 34 / 32);
    }
}

#[test]
fn what_is_missing_is_said_and_nothing_is_allocated() {
    let name = "tiny-llama-wide".to_owned();
    let shape = Shape { name, n_layer: 32, n_head_kv: 4, head_dim: 128, ..Shape::tiny(Arch::Llama) };
    let path = RandomModel::new(shape).cached(folder()).unwrap();
    // Keys and values of four heads of 128 numbers of 16 bits: 256 GiB for four million tokens in 32 layers.
    let plan = llama::fit(&path, &llama::devices().unwrap(), 1 << 22).unwrap();
    assert_eq!(plan.n_layer, 32);
    assert!(!plan.fits());
    let host = &plan.memories[0];
    let available = host.available.expect("the host tells what it has");
    assert!(host.device.is_none() && available > 0);
    assert_eq!(host.missing, host.usage.total() - available);
    assert_eq!(host.usage.context, 256 << 30);
}

#[test]
fn what_cannot_be_loaded_cannot_be_planned() {
    assert!(llama::fit("/no/such/file", &[], 256).is_err());
    assert!(llama::fit(default_path().with_file_name("train.py"), &[], 256).is_err());
    assert!(llama::fit(default_path(), &[], u32::MAX).is_err());
    let odd = Model::builder(default_path()).metadata_override("llama.attention.head_count", 0_i64);
    assert!(odd.fit(|context| context).is_err());
    let later = llama::fit(default_path(), &[], 0).unwrap();
    assert!(later.memories[0].usage.context > 0, "as long as in training");
}

/// The models that plans are made with have no weights: what a caller keeps of one must not compute.
#[test]
fn what_is_planned_with_cannot_compute() {
    let kept = RefCell::new(None);
    let planned = |set: &dyn Fn(ContextBuilder) -> ContextBuilder| {
        Model::builder(default_path()).devices(&[]).fit(set).unwrap()
    };
    let plain = planned(&|context| context.n_ctx(512));
    let other = Model::load(default_path()).unwrap();
    let kinds: [&dyn Fn(ContextBuilder) -> ContextBuilder; 2] = [
        &|context| {
            kept.replace(Some(context.clone()));
            context.n_ctx(512)
        },
        // Parameters of another model's context are parameters, too.
        &|_| other.context_builder().n_threads(1).n_ctx(512),
    ];
    for set in kinds {
        let found = planned(set);
        assert_eq!(found.memories[0].usage, plain.memories[0].usage);
    }
    let error = kept.take().unwrap().n_ctx(512).build().unwrap_err();
    assert!(matches!(&error, Error::CreateContext { detail } if detail.contains("plan")), "{error}");
}

#[test]
fn plans_are_cancelled() {
    let token = CancelToken::new();
    token.cancel();
    let plan = Model::builder(default_path()).cancel(token).fit(|context| context);
    assert!(matches!(plan, Err(Error::Cancelled)), "{plan:?}");

    // While the search goes on: the first context is measured, the next one is not.
    let token = CancelToken::new();
    let measured = Cell::new(0);
    let builder = Model::builder(default_path()).devices(&[]).cancel(token.clone());
    let planner = builder.planner().n_ctx(256..=4096).context(|context| {
        token.cancel();
        measured.set(measured.get() + 1);
        context
    });
    assert!(matches!(planner.plan(), Err(Error::Cancelled)));
    assert_eq!(measured.get(), 1);
}

/// Elsewhere there may be no way to tell.
#[cfg(target_os = "linux")]
#[test]
fn what_others_have_taken_of_the_host_is_not_free() {
    let read = || {
        let text = std::fs::read_to_string("/proc/meminfo").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    };
    let cpu = llama::devices().unwrap().into_iter().find(|d| d.kind() == DeviceKind::Cpu).unwrap();
    let (before, memory, after) = (read(), cpu.memory().unwrap(), read());
    assert!(memory.free < memory.total, "{memory:?}");
    assert!(memory.free <= before.max(after) + (1 << 30), "{memory:?}, {before} {after}");
}

/// A plan opens its model several times.
#[test]
fn open_files_are_planned_from_where_they_were() {
    let path = RandomModel::new(Shape::tiny(Arch::Llama)).cached(folder()).unwrap();
    let expected = llama::fit(&path, &[], 512).unwrap();
    let inner = folder().join("planned-inside.bin");
    let content = [b"a header of some container".to_vec(), std::fs::read(&path).unwrap()].concat();
    std::fs::write(&inner, content).unwrap();
    for (path, start) in [(&path, 0), (&inner, 26)] {
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start(start)).unwrap();
        let planner = Model::builder_from_file(&file).devices(&[]).planner();
        let cpu = llama::devices().unwrap().into_iter().find(|d| d.kind() == DeviceKind::Cpu).unwrap();
        let plan = planner.limit(&cpu, expected.memories[0].usage.total()).n_ctx(256..=4096).plan().unwrap();
        assert_eq!((plan.n_ctx, plan.memories[0].usage), (512, expected.memories[0].usage), "{start}");
    }
}

/// Without devices everything is with the host, experts or not.
#[test]
fn experts_that_stay_with_the_host_change_no_answer() {
    let path = RandomModel::new(Shape::tiny_moe()).cached(folder()).unwrap();
    let logits = |layers| {
        let model = Model::builder(&path).gpu_layers(Layers::All).cpu_moe(layers).load().unwrap();
        let mut context = model.context_builder().n_ctx(256).n_threads(1).build().unwrap();
        let output = context.decode(&batch(0, 0, &[Token(5), Token(9), Token(7)])).unwrap();
        output.logits_last().unwrap().to_vec()
    };
    let expected = logits(0);
    for layers in [1, 2, u32::MAX] {
        assert_eq!(logits(layers), expected, "{layers}");
    }
}
