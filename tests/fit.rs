//! Plans for devices are kept by loads: on GPUs of this machine, and on the processor of other processes.

mod support;

use llama::{
    Batch, Device, DeviceKind, Error, Fit, Layers, LoadMode, Model, ModelBuilder, Planner, SeqId, SplitMode,
    Token,
};
use llama_test_kit::{RandomModel, Shape, WeightType};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
#[cfg(feature = "rpc")]
use {
    llama_test_kit::Arch,
    std::sync::Arc,
    support::worker::{Claims, free_endpoint},
};

const MIB: u64 = 1 << 20;

/// Memory is compared, and a server works for one process at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Run by the tests below in processes of their own.
#[cfg(feature = "rpc")]
#[test]
fn serve() {
    support::worker::serve_if_asked();
}

/// Twelve layers of 3 MiB, and 12 KiB of memory for each past token.
fn shape() -> Shape {
    let whole = Shape::by_name("llama-180m").expect("a known shape");
    Shape { name: "llama-40m".to_owned(), n_layer: 12, n_embd: 512, n_ff: 1408, n_head: 8, ..whole }
}

fn write(shape: Shape) -> PathBuf {
    let model = RandomModel::new(shape).weights(WeightType::Q8_0);
    model.cached(support::scratch()).expect("the kit writes models")
}

fn model_path() -> PathBuf {
    write(shape())
}

/// The same with experts, which are 5 of 6 MiB of each layer.
fn experts_path() -> PathBuf {
    let name = "llama-moe".to_owned();
    write(Shape { name, n_ff: 704, n_expert: 4, n_expert_used: 2, ..shape() })
}

/// A pattern for the experts.
const EXPERTS: &str = "ffn_.*_exps";

/// The CPU of this process.
fn processor() -> Device {
    let all = llama::devices().expect("devices");
    all.into_iter().find(|device| device.kind() == DeviceKind::Cpu).expect("a processor")
}

/// Calls `test` with each set of devices that there is.
fn with_devices(test: impl Fn(&Path, &[Device]) -> Result<(), Error>) -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let path = model_path();
    let own = |device: &Device| matches!(device.kind(), DeviceKind::Gpu | DeviceKind::IntegratedGpu);
    let local: Vec<Device> = llama::devices()?
        .into_iter()
        .filter(|device| own(device) && !device.name().starts_with("RPC"))
        .collect();
    match local.first() {
        Some(device) => test(&path, std::slice::from_ref(device))?,
        None => println!("skipped: no GPU here (GGML_VK_VISIBLE_DEVICES=0 allows a software device)"),
    }
    #[cfg(feature = "rpc")]
    {
        use support::worker::{Host, free_endpoint};
        let servers = [Host::start(free_endpoint()), Host::start(free_endpoint())];
        let mut remote = Vec::new();
        for server in &servers {
            remote.extend_from_slice(llama::rpc::connect(&server.endpoint)?.devices());
        }
        test(&path, &remote[..1])?;
        test(&path, &remote)?;
        if let Some(device) = local.first() {
            test(&path, &[device.clone(), remote[0].clone()])?;
        }
    }
    #[cfg(not(feature = "rpc"))]
    println!("skipped: devices of other processes (feature `rpc`)");
    Ok(())
}

/// A planner that may take so much of each device.
fn planner<'a>(path: &'a Path, devices: &[Device], layers: Layers, limits: &[u64]) -> Planner<'a> {
    limited(Model::builder(path).devices(devices).gpu_layers(layers).planner(), devices, limits)
}

fn limited<'a>(planner: Planner<'a>, devices: &[Device], limits: &[u64]) -> Planner<'a> {
    let limited = |planner: Planner<'a>, (device, bytes): (&Device, &u64)| planner.limit(device, *bytes);
    devices.iter().zip(limits).fold(planner.margin(0), limited)
}

/// Loads as planned, computes, and compares what is taken with the plan.
fn keep(path: &Path, plan: &Fit) -> Result<(), Error> {
    keep_with(path, plan, |builder| builder)
}

/// The same with these options.
fn keep_with(
    path: &Path,
    plan: &Fit,
    options: impl Fn(ModelBuilder<'_>) -> ModelBuilder<'_>,
) -> Result<(), Error> {
    let n_shares = plan.tensor_split.len();
    assert!(n_shares == 0 || n_shares == plan.memories.len() - 1, "a share for each device: {plan:?}");
    let model = options(Model::builder(path)).planned(plan).load_mode(LoadMode::Read).load()?;
    let mut context = model.context_builder().n_ctx(plan.n_ctx).n_threads(1).build()?;
    let taken = context.memory_usage()?;
    assert_eq!(taken.len(), plan.memories.len());
    for (taken, planned) in taken.iter().zip(&plan.memories) {
        let name = taken.device.as_ref().map(Device::name);
        assert_eq!(name, planned.device.as_ref().map(Device::name));
        let (real, expected) = (taken.usage, planned.usage);
        let near = |real: u64, expected: u64, part: u64| real.abs_diff(expected) <= real / part + 4096;
        assert!(near(real.weights, expected.weights, 50), "{name:?}: weights {real:?} {expected:?}");
        assert_eq!(real.context, expected.context, "{name:?}");
        // llama.cpp measures without its own places of norms: where one device follows another and both work at the
        // same time, four more copies of a layer's output are planned than made.
        let part = if plan.memories.len() > 2 { 16 } else { 50 };
        assert!(near(real.compute, expected.compute, part), "{name:?}: compute {real:?} {expected:?}");
    }
    let prompt: Vec<Token> = (0..20).map(|i| Token(300 + 7 * i)).collect();
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &prompt).logits_for_last();
    let found = context.decode(&batch)?.logits_last()?.to_vec();
    let alone = options(Model::builder(path)).devices(&[]).load()?;
    let mut alone = alone.context_builder().n_ctx(512).n_threads(1).build()?;
    let expected = alone.decode(&batch)?.logits_last()?.to_vec();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let cosine = dot(&found, &expected) / (dot(&found, &found) * dot(&expected, &expected)).sqrt();
    assert!(cosine > 0.99, "{cosine}");
    Ok(())
}

#[test]
fn all_layers_where_there_is_room() -> Result<(), Error> {
    with_devices(|path, devices| {
        let plan = planner(path, devices, Layers::Auto, &[]).n_ctx(256..=2048).plan()?;
        assert_eq!((plan.offloaded, plan.n_ctx), (plan.n_layer + 1, 2048));
        plan.check()?;
        keep(path, &plan)
    })
}

#[test]
fn what_does_not_fit_stays_with_the_processor() -> Result<(), Error> {
    with_devices(|path, devices| {
        let whole = planner(path, devices, Layers::All, &[]).context(|c| c.n_ctx(1024)).plan()?;
        // Room for the computations, and for most of the rest. The output goes first and is as large as five layers.
        let room = |memory: &llama::FitDevice| {
            memory.usage.compute + (memory.usage.weights + memory.usage.context) * 3 / 4
        };
        let limits: Vec<u64> = whole.memories[1..].iter().map(room).collect();
        let plan = planner(path, devices, Layers::Auto, &limits).context(|c| c.n_ctx(1024)).plan()?;
        plan.check()?;
        assert!((plan.n_layer / 4..=plan.n_layer).contains(&plan.offloaded), "{plan:?}");
        for memory in &plan.memories[1..] {
            let name = memory.device.as_ref().map(Device::name);
            let place = devices.iter().position(|device| Some(device.name()) == name).expect("one of them");
            assert!(memory.usage.total() <= limits[place], "{plan:?}");
            assert!(memory.available.is_some_and(|available| available <= limits[place]), "{plan:?}");
        }
        keep(path, &plan)?;
        let more = planner(path, devices, Layers::Count(plan.offloaded + 1), &limits)
            .context(|c| c.n_ctx(1024))
            .plan()?;
        assert!(!more.fits(), "one more layer would have fitted: {more:?}");
        Ok(())
    })
}

#[test]
fn the_context_gets_shorter_before_layers_stay_behind() -> Result<(), Error> {
    with_devices(|path, devices| {
        let taken = |n_ctx: u32| -> Result<Vec<u64>, Error> {
            let plan = planner(path, devices, Layers::All, &[]).context(|c| c.n_ctx(n_ctx)).plan()?;
            Ok(plan.memories[1..].iter().map(|memory| memory.usage.total()).collect())
        };
        let limits = taken(2048)?;
        let plan = planner(path, devices, Layers::Auto, &limits).n_ctx(512..=8192).plan()?;
        plan.check()?;
        assert_eq!(plan.offloaded, plan.n_layer + 1);
        // Layers are shared out by estimates: of several devices one may be full earlier.
        let least = if devices.len() == 1 { 2048 } else { 1024 };
        assert!((least..=2048).contains(&plan.n_ctx), "{limits:?} {plan:?}");
        keep(path, &plan)?;
        let longer = planner(path, devices, Layers::All, &limits).n_ctx(2304..=8192).plan()?;
        assert!(!longer.fits(), "{longer:?}");

        // Not even the shortest leaves room for all layers: it is taken, and some stay behind.
        let plan = planner(path, devices, Layers::Auto, &limits).n_ctx(4096..=8192).plan()?;
        plan.check()?;
        assert!(plan.offloaded > 0 && plan.offloaded <= plan.n_layer, "{}", plan.offloaded);
        assert!(plan.n_ctx >= 4096);
        keep(path, &plan)
    })
}

#[test]
fn what_is_missing_has_a_name_and_a_number() -> Result<(), Error> {
    with_devices(|path, devices| {
        // Nothing fits on the devices: everything stays with the host, unless all layers are asked for.
        let tiny = vec![MIB; devices.len()];
        let plan = planner(path, devices, Layers::Auto, &tiny).context(|c| c.n_ctx(512)).plan()?;
        assert_eq!(plan.offloaded, 0);
        plan.check()?;
        let plan = planner(path, devices, Layers::All, &tiny).context(|c| c.n_ctx(512)).plan()?;
        let short = plan.memories.iter().find(|memory| memory.missing > 0).expect("a memory that lacks some");
        assert_eq!(short.missing, short.usage.total() - MIB);
        let error = plan.check().expect_err("it does not fit");
        let Error::DoesNotFit { memory, needed, available } = &error else { panic!("{error}") };
        assert_eq!(memory, short.device.as_ref().expect("a device").name());
        assert_eq!((*needed, *available), (short.usage.total(), MIB));
        let text = error.to_string();
        assert!(text.contains(memory) && text.contains(&format!("{} are missing", short.missing)), "{text}");
        // Neither here nor there.
        let plan = planner(path, devices, Layers::Auto, &tiny)
            .limit(&processor(), 10 * MIB)
            .n_ctx(512..=4096)
            .plan()?;
        assert_eq!(plan.n_ctx, 512, "the shortest is planned where nothing helps");
        let error = plan.check().expect_err("it does not fit").to_string();
        assert!(error.contains("bytes of the host are needed, 10485760 are available"), "{error}");
        Ok(())
    })
}

#[test]
fn devices_hold_as_much_as_they_can() -> Result<(), Error> {
    with_devices(|path, devices| {
        if devices.len() < 2 {
            return Ok(());
        }
        let context = |c: llama::ContextBuilder| c.n_ctx(512);
        let halves = |limits: &[u64]| {
            let builder = Model::builder(path).devices(devices).gpu_layers(Layers::All);
            let planner = builder.tensor_split(&[1.0, 1.0]).planner().context(context);
            devices.iter().zip(limits).fold(planner, |planner, (device, bytes)| planner.limit(device, *bytes))
        };
        let half = halves(&[]).plan()?.memories;
        let room = |memory: &llama::FitDevice, percent: u64| {
            memory.usage.compute + (memory.usage.weights + memory.usage.context) * percent / 100
        };
        // More than a half here, less than one there: together the whole model.
        let limits = [room(&half[1], 180), room(&half[2], 75)];
        assert!(!halves(&limits).plan()?.fits());
        let plan = planner(path, devices, Layers::Auto, &limits).context(context).plan()?;
        plan.check()?;
        assert_eq!(plan.offloaded, plan.n_layer + 1, "{plan:?}");
        assert_eq!(plan.tensor_split.iter().sum::<f32>().to_string(), (plan.n_layer + 1).to_string());
        assert!(plan.tensor_split[0] > plan.tensor_split[1], "{plan:?}");
        keep(path, &plan)?;
        // A device that is full takes no part.
        let plan = planner(path, devices, Layers::Auto, &[0, 1 << 30]).context(context).plan()?;
        plan.check()?;
        let used: Vec<&str> =
            plan.memories.iter().filter_map(|memory| memory.device.as_ref()).map(Device::name).collect();
        assert_eq!((plan.offloaded, used), (plan.n_layer + 1, vec![devices[1].name()]));
        keep(path, &plan)
    })
}

#[test]
fn what_combines_devices_belongs_to_one_model() -> Result<(), Error> {
    with_devices(|path, devices| {
        let builder = || Model::builder(path).devices(devices).split_mode(SplitMode::Tensor);
        let error = builder().fit(|context| context.n_ctx(512)).expect_err("it is not planned for");
        assert!(matches!(error, Error::InvalidParameter { name: "split_mode", .. }), "{error}");
        let context =
            builder().load().and_then(|model| model.context_builder().n_ctx(512).n_threads(1).build());
        let context = match context {
            Ok(context) => context,
            Err(error) => {
                println!("skipped: {} devices do not act as one: {error}", devices.len());
                return Ok(());
            }
        };
        let taken = context.memory_usage()?;
        let combined: Vec<Device> = taken.into_iter().filter_map(|memory| memory.device).collect();
        assert!(combined.iter().any(|device| device.kind() == DeviceKind::Combined), "{combined:?}");
        for builder in [
            Model::builder(path).devices(&combined),
            Model::builder(path).tensor_device("output", &combined[0]),
        ] {
            let error = builder.load().expect_err("it belongs to the context's model");
            assert!(matches!(error, Error::InvalidParameter { .. }), "{error}");
        }
        Ok(())
    })
}

#[test]
fn experts_stay_behind_before_layers_do() -> Result<(), Error> {
    let path = experts_path();
    with_devices(|_, devices| {
        let context = |c: llama::ContextBuilder| c.n_ctx(512);
        let plan = |layers, cpu_moe, limits: &[u64]| {
            let builder = Model::builder(&path).devices(devices).gpu_layers(layers).cpu_moe(cpu_moe);
            limited(builder.planner(), devices, limits).context(context).plan()
        };
        let whole = plan(Layers::All, 0, &[])?;
        let dense = plan(Layers::All, u32::MAX, &[])?;
        assert_eq!((whole.cpu_moe, dense.cpu_moe), (0, u32::MAX));
        assert!(dense.memories[0].usage.weights > whole.memories[0].usage.weights + 50 * MIB, "{dense:?}");
        keep(&path, &dense)?;
        // Room for the rest of all layers, and for half of the experts.
        let between = |part: u64| -> Vec<u64> {
            let least = dense.memories[1..].iter().map(|memory| memory.usage.total());
            let most = whole.memories[1..].iter().map(|memory| memory.usage.total());
            least.zip(most).map(|(least, most)| least + (most - least) * part / 8).collect()
        };
        let limits = between(4);
        let some = planner(&path, devices, Layers::Auto, &limits).context(context).plan()?;
        some.check()?;
        assert_eq!((some.offloaded, some.gpu_layers()), (some.n_layer + 1, Layers::All));
        assert!((3..=9).contains(&some.cpu_moe), "{some:?}");
        // Several devices could share layers out otherwise.
        if devices.len() == 1 {
            assert!(
                !plan(Layers::All, some.cpu_moe - 1, &limits)?.fits(),
                "one more layer's would have fitted"
            );
        }
        keep(&path, &some)?;
        // A number that is given is kept.
        let given = plan(Layers::Auto, 2, &limits)?;
        assert_eq!(given.cpu_moe, 2);
        assert!(given.fits() && given.offloaded <= given.n_layer, "{given:?}");
        // Not even the rest of all layers fits.
        let without_past = |memory: &llama::FitDevice| memory.usage.total() - memory.usage.context;
        let limits: Vec<u64> = dense.memories[1..].iter().map(without_past).collect();
        let few = planner(&path, devices, Layers::Auto, &limits).context(context).plan()?;
        few.check()?;
        assert_eq!(few.cpu_moe, few.n_layer);
        assert!((1..=few.n_layer).contains(&few.offloaded), "{few:?}");
        keep(&path, &few)
    })
}

#[test]
fn what_stays_with_the_host_needs_no_room_on_devices() -> Result<(), Error> {
    let path = experts_path();
    with_devices(|_, devices| {
        let builder = || Model::builder(&path).devices(devices).tensor_device(EXPERTS, &processor());
        let context = |c: llama::ContextBuilder| c.n_ctx(8192).offload_kqv(false);
        let whole = builder().gpu_layers(Layers::All).planner().margin(0).context(context).plan()?;
        let limits: Vec<u64> = whole.memories[1..]
            .iter()
            .map(|memory| memory.usage.total() + memory.usage.total() / 8)
            .collect();
        let plan = limited(builder().planner(), devices, &limits).context(context).plan()?;
        plan.check()?;
        assert_eq!((plan.offloaded, plan.cpu_moe), (plan.n_layer + 1, 0), "{plan:?}");
        Ok(())
    })
}

/// Layers that predict several tokens at once count as layers. This one has no weights.
#[test]
fn layers_that_predict_several_tokens_count() -> Result<(), Error> {
    fn extended(builder: ModelBuilder<'_>) -> ModelBuilder<'_> {
        let builder = builder.metadata_override("llama.block_count", 13_i64);
        builder.metadata_override("llama.nextn_predict_layers", 1_i64)
    }
    with_devices(|path, devices| {
        let planner = |limits: &[u64]| {
            let builder = extended(Model::builder(path)).devices(devices);
            limited(builder.planner(), devices, limits).context(|c| c.n_ctx(512))
        };
        let plan = planner(&[]).plan()?;
        assert_eq!((plan.n_layer, plan.offloaded, plan.gpu_layers()), (13, 14, Layers::All));
        keep_with(path, &plan, extended)?;
        let limits: Vec<u64> =
            plan.memories[1..].iter().map(|memory| memory.usage.total() - memory.usage.weights / 4).collect();
        let plan = planner(&limits).plan()?;
        plan.check()?;
        assert!((3..=13).contains(&plan.offloaded), "{plan:?}");
        keep_with(path, &plan, extended)
    })
}

#[test]
fn the_device_that_holds_all_is_the_only_one_of_a_plan() -> Result<(), Error> {
    with_devices(|path, devices| {
        let Some(last) = devices.get(1) else { return Ok(()) };
        let builder = || Model::builder(path).devices(devices).split_mode(SplitMode::None).main_gpu(1);
        let plan = builder().fit(|context| context.n_ctx(512))?;
        assert_eq!(plan.memories[1].device.as_ref().map(Device::name), Some(last.name()));
        let model = builder().planned(&plan).load()?;
        let taken = model.context_builder().n_ctx(512).n_threads(1).build()?.memory_usage()?;
        assert_eq!(taken[1].device.as_ref().map(Device::name), Some(last.name()));
        assert!(taken[1].usage.weights > 0);
        Ok(())
    })
}

#[test]
fn room_is_left_for_others() -> Result<(), Error> {
    with_devices(|path, devices| {
        let device = &devices[0];
        let planner = || planner(path, &devices[..1], Layers::Auto, &[]).context(|c| c.n_ctx(512));
        let alone = planner().plan()?;
        let available = |plan: &Fit| plan.memories[1].available.expect("it tells what it has");
        let half = available(&alone) / 2;
        let beside = planner().beside(&alone.usage()).reserve(device, half).plan()?;
        let expected = available(&alone) - alone.memories[1].usage.total() - half;
        // The driver of a GPU, and other programs, may take some in between.
        let slack = if device.name().starts_with("RPC") { 0 } else { 512 * MIB };
        assert!(available(&beside).abs_diff(expected) <= slack, "{alone:?} {beside:?}");
        let full = planner().reserve(device, MIB).reserve(device, u64::MAX).plan()?;
        assert_eq!((full.offloaded, full.gpu_layers()), (0, Layers::None), "{full:?}");
        let plan = planner().reserve(&processor(), u64::MAX).plan()?;
        assert_eq!(
            (plan.memories[0].available, plan.memories[0].missing),
            (Some(0), plan.memories[0].usage.total())
        );
        Ok(())
    })
}

#[cfg(feature = "rpc")]
#[test]
fn what_is_full_holds_nothing() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let path = model_path();
    // More may be taken than a device wants to give: the rest is negative then.
    for free in [0, 0_u64.wrapping_sub(4096)] {
        let claims = Claims { free: Arc::new(free.into()), ..Claims::default() };
        let host = llama::rpc::connect(&claims.serve(free_endpoint()))?;
        assert_eq!(host.devices()[0].memory()?.free, 0);
        let planner = |layers| planner(&path, host.devices(), layers, &[]).context(|c| c.n_ctx(512));
        let plan = planner(Layers::Auto).plan()?;
        plan.check()?;
        assert_eq!(plan.offloaded, 0, "{plan:?}");
        let plan = planner(Layers::All).plan()?;
        assert_eq!((plan.offloaded, plan.memories.len()), (plan.n_layer + 1, 2));
        assert_eq!(plan.memories[1].available, Some(0));
        assert_eq!(plan.memories[1].missing, plan.memories[1].usage.total(), "{plan:?}");

        // Another one has room for everything.
        let other = llama::rpc::connect(&Claims::default().serve(free_endpoint()))?;
        let both = [host.devices()[0].clone(), other.devices()[0].clone()];
        let plan = self::planner(&path, &both, Layers::Auto, &[]).context(|c| c.n_ctx(512)).plan()?;
        plan.check()?;
        let used: Vec<_> = plan.memories.iter().filter_map(|memory| memory.device.as_ref()).collect();
        assert_eq!((used.len(), used[0].name()), (1, both[1].name()), "{plan:?}");
    }
    Ok(())
}

#[cfg(feature = "rpc")]
#[test]
fn what_is_free_is_read_before_anything_is_made() -> Result<(), Error> {
    use std::sync::atomic::{AtomicU64, Ordering};

    let _lock = ONE_AT_A_TIME.lock();
    let path = model_path();
    let free = Arc::new(AtomicU64::new(1 << 30));
    let claims = Claims { free: Arc::clone(&free), ..Claims::default() };
    let host = llama::rpc::connect(&claims.serve(free_endpoint()))?;
    let plan = planner(&path, host.devices(), Layers::Auto, &[]).context(|context| {
        free.store(0, Ordering::Relaxed);
        context.n_ctx(512)
    });
    let plan = plan.plan()?;
    assert_eq!((plan.offloaded, plan.memories[1].available), (plan.n_layer + 1, Some(1 << 30)));
    Ok(())
}

/// The host cannot allocate anything.
#[cfg(feature = "rpc")]
#[test]
fn recurrent_states_are_planned_without_memory() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let host = llama::rpc::connect(&Claims::default().serve(free_endpoint()))?;
    for arch in [Arch::Mamba, Arch::Jamba] {
        let path =
            RandomModel::new(Shape::tiny(arch)).cached(support::scratch()).expect("the kit writes models");
        let plan = planner(&path, host.devices(), Layers::Auto, &[]).context(|c| c.n_ctx(512).n_seq_max(64));
        let plan = plan.plan()?;
        plan.check()?;
        assert_eq!(plan.offloaded, plan.n_layer + 1);
        // 64 states of 16 numbers of four bytes for each of 128 channels.
        assert!(plan.memories[1].usage.context > 64 * 128 * 16 * 4, "{arch:?}: {plan:?}");
    }
    Ok(())
}

#[test]
fn ranges_with_nothing_in_them() {
    let path = model_path();
    #[allow(clippy::reversed_empty_ranges, reason = "this is what is tested")]
    for range in [0..=512, 512..=256] {
        let error = Model::builder(&path).devices(&[]).planner().n_ctx(range).plan().expect_err("no sizes");
        assert!(matches!(error, Error::InvalidParameter { name: "n_ctx", .. }), "{error}");
    }
}

#[test]
fn without_devices_the_host_decides() -> Result<(), Error> {
    let path = model_path();
    let planner = || Model::builder(&path).devices(&[]).planner();
    let limit = planner().context(|c| c.n_ctx(1024)).plan()?.memories[0].usage.total();
    let plan = planner().limit(&processor(), limit).n_ctx(256..=8000).plan()?;
    assert_eq!((plan.n_ctx, plan.offloaded, plan.memories.len()), (1024, 0, 1));
    plan.check()?;
    // The plan's own context can be built.
    let model = Model::builder(&path).planned(&plan).load()?;
    assert_eq!(model.context_builder().n_ctx(plan.n_ctx).build()?.n_ctx(), 1024);
    let plan = planner().limit(&processor(), limit).n_ctx(2048..=8000).plan()?;
    assert!(matches!(plan.check(), Err(Error::DoesNotFit { memory, .. }) if memory == "the host"));
    Ok(())
}
