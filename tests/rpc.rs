//! Devices of another process: the same tokens as local ones, and no harm when that process goes away.

mod support;

use llama::log::Level;
use llama::rpc::{self, Server};
use llama::{
    Batch, CancelToken, Context, DeviceState, Error, Layers, Model, SeqId, Session, State, StopReason, Token,
};
use llama_test_kit::{Arch, RandomModel, Shape};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use support::worker::{Claims, Host, free_endpoint, processor, serve_if_asked};
use support::{default_model, default_model_path, endless, scratch, slow_model_path};

/// A server works for one process at a time, and an unfinished connection waits for its end: one test after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Run by the tests below in processes of their own.
#[test]
fn serve() {
    serve_if_asked();
}

fn generate(model: &Model, prompt: &[Token], count: usize) -> Result<Vec<Token>, Error> {
    let mut session = Session::new(model.context_builder().n_ctx(512).n_threads(1).build()?)?;
    let sampler = endless(model);
    let done = session.generate(prompt).sampler(sampler).max_tokens(count).start()?.finish()?;
    assert_eq!(done.stop, StopReason::TokenLimit);
    Ok(done.tokens)
}

fn prompt() -> Vec<Token> {
    default_model()
        .vocab()
        .tokenize("<|im_start|>user\nTell me a story about a fox.<|im_end|>\n", llama::Special::Parse)
        .expect("text")
}

#[test]
fn remote_devices_give_the_tokens_of_local_ones() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let expected = generate(default_model(), &prompt(), 60)?;
    let host = rpc::connect(&server.endpoint)?;
    assert_eq!((host.endpoint(), host.devices().len()), (server.endpoint.as_str(), 1));
    assert!(host.devices()[0].memory()?.total > 0);
    assert_eq!(host.devices()[0].kind(), llama::DeviceKind::Gpu);
    assert_eq!(rpc::connect(&server.endpoint)?.devices()[0].name(), host.devices()[0].name());
    for layers in [Layers::All, Layers::Count(2)] {
        let model = Model::builder(default_model_path()).devices(host.devices()).gpu_layers(layers).load()?;
        assert_eq!(generate(&model, &prompt(), 60)?, expected, "{layers:?}");
        // States of sequences travel between the hosts as well.
        let mut context = model.context_builder().n_ctx(256).build()?;
        context.decode(Batch::new().extend(SeqId(0), 0, &prompt()).logits_for_last())?;
        assert_eq!(
            context.memory().pos_max(SeqId(0))?,
            Some(i32::try_from(prompt().len()).expect("a short prompt") - 1)
        );
    }
    Ok(())
}

#[test]
fn a_worker_that_dies_is_an_error() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let endpoint = free_endpoint();
    let mut server = Host::start(endpoint.clone());
    let host = rpc::connect(&endpoint)?;
    let load = || Model::builder(slow_model_path()).devices(host.devices()).gpu_layers(Layers::All).load();
    let model = load()?;
    let mut session = Session::new(model.context_builder().n_ctx(2048).n_ubatch(64).build()?)?;
    let words: Vec<Token> = (0..1000).map(|i| Token(400 + i % 100)).collect();
    let sampler = endless(&model);
    let mut generation = session.generate(&words).sampler(sampler).start()?;
    let mut pieces = 0;
    let error = loop {
        match generation.next() {
            Some(Ok(_)) => pieces += 1,
            Some(Err(error)) => break error,
            None => panic!("the generation ended by itself after {pieces} pieces"),
        }
        if pieces == 5 {
            server.kill();
        }
        assert!(pieces < 1900, "nobody noticed");
    };
    assert!(error.to_string().contains("connection to the remote device is lost"), "{error}");
    drop(generation);
    assert!(session.generate(&words).start()?.finish().is_err());

    // While the server is away, errors; local work goes on.
    assert!(host.devices()[0].memory().is_err());
    let error = load().expect_err("nobody there");
    assert!(matches!(error, Error::LoadModel { .. } | Error::Fault { .. }), "{error}");
    assert_eq!(generate(default_model(), &prompt(), 5)?.len(), 5);
    drop(session);
    drop(model);

    // The same devices work again with a new server at the same place.
    let _server = Host::start(endpoint);
    let model = load()?;
    assert_eq!(generate(&model, &words[..50], 5)?.len(), 5);
    Ok(())
}

#[test]
fn a_worker_that_is_back_is_connected_anew() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let mut server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let load = || Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load();
    let expected = generate(default_model(), &prompt(), 10)?;
    let lost = load()?;
    let mut context = lost.context_builder().n_ctx(256).n_threads(2).build()?;
    one_by_one(&mut context, 300..303)?;
    server.kill();
    context.memory().clear(false)?;
    let error = one_by_one(&mut context, 300..400).expect_err("nobody there");
    let told = error.to_string();
    assert!(told.contains("connection to the remote device is lost"), "{told}");
    assert!(told.contains(&server.endpoint), "{told}");

    // Whatever still holds the old connection does not matter.
    server = Host::start(server.endpoint.clone());
    let model = load()?;
    assert_eq!(generate(&model, &prompt(), 10)?, expected);

    // What was on the server is gone with it.
    let mut late = lost.context_builder().n_ctx(256).n_threads(1).build()?;
    let error = one_by_one(&mut late, 300..303).expect_err("its weights are gone").to_string();
    assert!(error.contains("connection to the remote device is lost"), "{error}");
    drop((context, late, lost));
    assert_eq!(generate(&model, &prompt(), 10)?, expected);
    assert!(server.child.try_wait().expect("a process").is_none(), "the server is alive");
    Ok(())
}

/// What is done with a context whose server is gone.
type Act = fn(&mut Context, &State, &DeviceState) -> Result<(), Error>;

#[test]
fn states_of_a_worker_that_dies_are_errors() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let acts: [(&str, Act); 6] = [
        ("save", |context, _, _| context.save_state(&[]).map(drop)),
        ("save a sequence", |context, _, _| context.save_sequence(SeqId(0), &[]).map(drop)),
        ("restore", |context, state, _| context.restore_state(state)),
        ("save on the device", |context, _, _| context.save_sequence_on_device(SeqId(0), true).map(drop)),
        ("save anew on the device", |context, _, _| {
            context.save_sequence_on_device(SeqId(0), false).map(drop)
        }),
        ("restore on the device", |context, _, state| context.restore_sequence_from_device(state, SeqId(0))),
    ];
    for (what, act) in acts {
        let mut server = Host::start(free_endpoint());
        let host = rpc::connect(&server.endpoint)?;
        // A memory that has parts that are overwritten.
        let model =
            Model::builder(partial_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
        let mut context = model.context_builder().n_ctx(256).n_threads(1).build()?;
        one_by_one(&mut context, 20..30)?;
        let state = context.save_state(&[])?;
        let on_device = context.save_sequence_on_device(SeqId(0), false)?;
        context.restore_state(&state)?;
        context.restore_sequence_from_device(&on_device, SeqId(0))?;
        server.kill();
        let error = act(&mut context, &state, &on_device).expect_err(what).to_string();
        let lost = ["connection to the remote device is lost", "no connection to"];
        assert!(lost.iter().any(|words| error.contains(words)), "{what}: {error}");
        assert!(one_by_one(&mut context, 20..40).is_err(), "{what}");
    }
    Ok(())
}

#[test]
fn a_worker_without_layers_may_die() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let mut servers = [Host::start(free_endpoint()), Host::start(free_endpoint())];
    let hosts = [rpc::connect(&servers[0].endpoint)?, rpc::connect(&servers[1].endpoint)?];
    let devices = hosts.map(|host| host.devices()[0].clone());
    for shares in [[1.0, 0.0], [0.0, 1.0]] {
        let model = Model::builder(default_model_path())
            .devices(&devices)
            .tensor_split(&shares)
            .gpu_layers(Layers::All)
            .load()?;
        let mut context = model.context_builder().n_ctx(256).n_threads(1).build()?;
        assert_eq!(one_by_one(&mut context, 300..305)?.len(), 5);
        let idle = usize::from(shares[1] == 0.0);
        servers[idle].kill();
        drop(context);
        drop(model);
        servers[idle] = Host::start(servers[idle].endpoint.clone());
    }
    Ok(())
}

/// Logits of each token, decoded one by one.
fn one_by_one(context: &mut Context, words: impl Iterator<Item = i32>) -> Result<Vec<Vec<f32>>, Error> {
    let step = |(pos, word)| {
        let mut batch = Batch::new();
        batch.extend(SeqId(0), pos, &[Token(word)]).logits_for_last();
        Ok(context.decode(&batch)?.logits_last()?.to_vec())
    };
    (0..).zip(words).map(step).collect()
}

#[test]
fn contexts_of_one_device_do_not_disturb_each_other() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let remote =
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    let context = |model: &Model| model.context_builder().n_ctx(256).n_threads(1).build();

    // Graphs that the server keeps from token to token are gone when any memory is freed there.
    let expected = one_by_one(&mut context(default_model())?, 300..320)?;
    let (mut first, mut others) = (context(&remote)?, vec![context(&remote)?, context(&remote)?]);
    let words = (300..320).inspect(|word| drop((word % 7 == 0).then(|| others.pop())));
    assert!(one_by_one(&mut first, words)? == expected);

    // Each thread goes on with its own graph, whatever others have sent in between.
    let expected = [expected, one_by_one(&mut context(default_model())?, 400..420)?];
    std::thread::scope(|scope| {
        let all = [300, 400].map(|word| {
            let remote = &remote;
            scope.spawn(move || {
                let turn = |_| one_by_one(&mut context(remote)?, word..word + 20);
                (0..10).map(turn).collect::<Result<Vec<_>, Error>>()
            })
        });
        for (thread, expected) in all.into_iter().zip(&expected) {
            let turns = thread.join().expect("no panic")?;
            assert!(turns.iter().all(|logits| logits == expected));
        }
        Ok(())
    })
}

/// A model with a sliding window.
fn partial_model_path() -> PathBuf {
    RandomModel::new(Shape::tiny(Arch::Gemma3)).cached(scratch()).expect("the kit writes models")
}

/// A model with weights that are large enough to be kept.
fn wide_model_path() -> PathBuf {
    let mut shape = Shape::tiny(Arch::Llama);
    (shape.n_layer, shape.n_embd, shape.n_ff, shape.n_head, shape.head_dim) = (1, 256, 12288, 4, 64);
    "kept-llama".clone_into(&mut shape.name);
    RandomModel::new(shape).cached(scratch()).expect("the kit writes models")
}

#[cfg(unix)]
#[test]
fn weights_are_kept_whole_or_not_at_all() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let folder = scratch().join("cache").join(std::process::id().to_string());
    let logits = |model: &Model| one_by_one(&mut model.context_builder().n_ctx(256).build()?, 5..10);
    let expected = logits(&Model::load(wide_model_path())?)?;
    let kept = || std::fs::read_dir(&folder).expect("the server has made it").count();
    let endpoint = free_endpoint();
    let starts = [Host::start_with_full_cache, Host::start_with_cache, Host::start_with_cache];
    for (start, files) in starts.into_iter().zip([0, 3, 3]) {
        let _server = start(endpoint.clone(), &folder);
        let host = rpc::connect(&endpoint)?;
        let model =
            Model::builder(wide_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
        assert!(logits(&model)? == expected);
        assert_eq!(kept(), files);
    }
    // One that is damaged is removed, one that cannot be read is as good as none: both are sent again.
    let names =
        || std::fs::read_dir(&folder).expect("it is there").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> = names().collect();
    let mut bytes = std::fs::read(&files[0]).expect("it can be read");
    bytes[1000] ^= 1;
    std::fs::write(&files[0], &bytes).expect("it can be written");
    std::fs::write(&files[1], "").expect("it can be written");
    std::fs::remove_file(&files[2]).expect("it can be removed");
    std::fs::create_dir(&files[2]).expect("a folder that nobody can read as a file");
    let damaged = bytes;
    let mut server = Host::start_with_cache(endpoint.clone(), &folder);
    let host = rpc::connect(&endpoint)?;
    let model = Model::builder(wide_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    assert!(logits(&model)? == expected);
    assert!(server.child.try_wait().expect("a process").is_none(), "the server is alive");
    let mut now: Vec<PathBuf> = names().collect();
    now.sort();
    files.sort();
    assert_eq!(now, files);
    let healed = |file: &&PathBuf| {
        std::fs::read(file).is_ok_and(|bytes| bytes.len() == damaged.len() && bytes != damaged)
    };
    assert_eq!(now.iter().filter(healed).count(), 2);
    std::fs::remove_dir_all(&folder).expect("it can be removed");
    let error = Server::new(processor()).cache("/dev/null/cache").serve(&endpoint).expect_err("no folder");
    assert!(matches!(error, Error::Io { .. }), "{error}");
    Ok(())
}

/// `.ci/rpc-hosts` runs this with a server in another network namespace.
#[test]
fn another_host() -> Result<(), Error> {
    let Ok(endpoint) = std::env::var("LLAMA_TEST_RPC_HOST") else {
        println!("skipped: LLAMA_TEST_RPC_HOST names no server");
        return Ok(());
    };
    let host = rpc::connect(&endpoint)?;
    let model =
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    assert_eq!(generate(&model, &prompt(), 60)?, generate(default_model(), &prompt(), 60)?);
    drop(model);

    // Then the host falls silent: the script cuts the line when it sees this file.
    let Some(sign) = std::env::var_os("LLAMA_TEST_RPC_CUT") else { return Ok(()) };
    let model = Model::builder(slow_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    let mut session = Session::new(model.context_builder().n_ctx(4096).build()?)?;
    let sampler = endless(&model);
    let mut generation = session.generate(&[Token(400), Token(401)]).sampler(sampler).start()?;
    for _ in 0..5 {
        generation.next().expect("it has no end")?;
    }
    std::fs::write(sign, "").expect("the file can be written");
    let started = Instant::now();
    let error = generation.find_map(Result::err).expect("nobody noticed");
    println!("after {:?}: {error}", started.elapsed());
    assert!(error.to_string().contains("connection to the remote device is lost"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
    Ok(())
}

#[test]
fn endpoints_that_cannot_work() {
    let _lock = ONE_AT_A_TIME.lock();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let unused = free_endpoint();
    let bad =
        ["", ":", "host", ":5", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:70000"];
    let worse = ["[::1]:5", "::1:5", "no.such.host.invalid:5", "127.0.0.1:5\0", &unused];
    for endpoint in bad.iter().chain(&worse) {
        let error = rpc::connect(endpoint).expect_err("no server");
        assert!(matches!(&error, Error::Remote { endpoint: e, .. } if e == endpoint), "{error}");
    }
    let refused = rpc::connect(&unused).expect_err("no server").to_string();
    assert!(refused.to_lowercase().contains("refused"), "{refused}");

    for endpoint in bad.iter().chain(&worse[..4]).chain(&["192.0.2.1:5", "localhost:5", &taken]) {
        let error = Server::new(processor()).serve(endpoint).expect_err("cannot listen");
        assert!(matches!(error, Error::Remote { .. }), "{error}");
    }
    for endpoint in ["[::1]:5", "::1:5"] {
        let error = rpc::connect(endpoint).expect_err("no IPv4").to_string();
        assert!(error.contains("must be an IPv4 address"), "{error}");
    }

    let error = Server::new([]).serve(&unused).expect_err("no devices");
    assert!(matches!(error, Error::InvalidParameter { name: "devices", .. }), "{error}");
    for threads in [0, 513] {
        let error = Server::new(processor()).n_threads(threads).serve(&unused).expect_err("threads");
        assert!(matches!(error, Error::InvalidParameter { name: "n_threads", .. }), "{error}");
    }
    let error = Server::new(processor()).cache("a\0b").serve(&unused).expect_err("zero byte");
    assert!(matches!(error, Error::NulByte { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn child_processes_do_not_hold_connections() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let model =
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    let mut child = Command::new("sleep").arg("60").spawn().expect("a program of every system");
    drop(model);
    let started = Instant::now();
    let connected = rpc::connect(&server.endpoint);
    let _ = child.kill();
    let _ = child.wait();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}: {connected:?}", started.elapsed());
    connected.map(drop)
}

#[cfg(target_os = "linux")]
#[test]
fn failed_connections_leave_nothing_behind() {
    let _lock = ONE_AT_A_TIME.lock();
    let open = || std::fs::read_dir("/proc/self/fd").expect("Linux has it").count();
    let unused = free_endpoint();
    rpc::connect(&unused).expect_err("nobody there");
    let before = open();
    for _ in 0..50 {
        rpc::connect(&unused).expect_err("nobody there");
    }
    // Other tests wait, what they have started may still end.
    assert!(open() <= before + 5, "{before} before, {} after", open());
}

/// Stops a server for a while, as if it computed: it reads nothing and greets nobody.
#[cfg(unix)]
fn keep_busy(server: &Host, time: Duration) {
    let id = server.child.id().to_string();
    let signal = move |name: &str| {
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.expect("a program of every system").success());
    };
    signal("-STOP");
    std::thread::spawn(move || {
        std::thread::sleep(time);
        signal("-CONT");
    });
}

#[cfg(unix)]
#[test]
fn a_server_that_still_works_for_this_process_is_waited_for() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let load = || Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load();
    let model = load()?;
    keep_busy(&server, Duration::from_secs(13));
    drop(model);
    let started = Instant::now();
    assert_eq!(generate(&load()?, &prompt(), 10)?, generate(default_model(), &prompt(), 10)?);
    assert!(started.elapsed() > Duration::from_secs(12), "{:?}", started.elapsed());
    Ok(())
}

/// `.ci/rpc-hosts` runs this with more seconds than a host without a sign of life gets.
#[cfg(unix)]
#[test]
fn a_server_without_room_for_more_is_waited_for() -> Result<(), Error> {
    let Some(seconds) = std::env::var("LLAMA_TEST_RPC_BUSY").ok().and_then(|text| text.parse().ok()) else {
        println!("skipped: LLAMA_TEST_RPC_BUSY says no time");
        return Ok(());
    };
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let mut started = None;
    let model = Model::builder(slow_model_path())
        .devices(host.devices())
        .gpu_layers(Layers::All)
        .on_progress(|progress| {
            // It has room for the weights, which are on their way.
            if progress > 0.1 && started.is_none() {
                started = Some(Instant::now());
                keep_busy(&server, Duration::from_secs(seconds));
            }
        })
        .load()?;
    assert_eq!(generate(&model, &prompt()[..5], 3)?.len(), 3);
    let took = started.expect("there was some progress").elapsed();
    assert!(took > Duration::from_secs(seconds - 1), "{took:?}");
    Ok(())
}

#[test]
fn a_server_that_is_silent_does_not_hold_up_others() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let silent = impostor(b"");
    std::thread::scope(|scope| {
        let attempt = scope.spawn(|| rpc::connect(&silent));
        std::thread::sleep(Duration::from_secs(1));
        let model =
            Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
        assert_eq!(generate(&model, &prompt(), 10)?, generate(default_model(), &prompt(), 10)?);
        assert!(!attempt.is_finished(), "it waits for a word");
        let error = attempt.join().expect("no panic").expect_err("no word").to_string();
        assert!(error.contains("it says nothing"), "{error}");
        Ok(())
    })
}

#[test]
fn claims_of_a_server_are_checked() {
    let _lock = ONE_AT_A_TIME.lock();
    let claims = [
        (Claims { devices: 1 << 31, ..Claims::default() }, "2147483648 devices"),
        (Claims { alignment: 0, ..Claims::default() }, "align memory to 0 bytes"),
        (Claims { alignment: 48, ..Claims::default() }, "align memory to 48 bytes"),
        (Claims { alignment: 1 << 63, ..Claims::default() }, "align memory to 9223372036854775808 bytes"),
        (Claims { max_size: 0, ..Claims::default() }, "without memory"),
    ];
    for (claims, expected) in claims {
        let error = rpc::connect(&claims.serve(free_endpoint())).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Ends what makes claims.
fn hang_up(endpoint: &str) {
    let mut client = TcpStream::connect(endpoint).expect("it listens");
    client.write_all(&[0; 9]).expect("it listens");
    assert_eq!(client.read(&mut [0]).expect("it hangs up"), 0);
}

#[test]
fn a_server_that_is_back_must_have_the_same_devices() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let endpoint = free_endpoint();
    // Goes away with its first client that does not only ask.
    let host = rpc::connect(&Claims::default().serve(endpoint.clone()))?;
    let load = || {
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load().map(drop)
    };
    load().expect_err("it gives no memory");
    assert!(host.devices()[0].memory().is_err());
    let others = [Claims { alignment: 128, ..Claims::default() }, Claims { devices: 2, ..Claims::default() }];
    for other in others {
        other.serve(endpoint.clone());
        let error = load().expect_err("it gives no memory").to_string();
        assert!(error.contains("has other devices than before"), "{error}");
        hang_up(&endpoint);
    }
    Claims::default().serve(endpoint);
    assert_eq!(host.devices()[0].memory()?.total, 1 << 30);
    Ok(())
}

/// ggml frees the memory that it has before it asks for more, and would free it again after an exception.
#[test]
#[allow(clippy::multiple_unsafe_ops_per_block, reason = "a scenario of the C API")]
fn memory_that_is_not_given_is_not_freed_twice() -> Result<(), Error> {
    use llama::sys::{self, guarded as g};

    let _lock = ONE_AT_A_TIME.lock();
    let endpoint = Claims { allocations: 1, ..Claims::default() }.serve(free_endpoint());
    rpc::connect(&endpoint)?;
    let endpoint = std::ffi::CString::new(endpoint).expect("an endpoint");
    let registry = sys::rpc::connect(&endpoint)?;
    // SAFETY: a registry with one device, which lives for ever like its kind of memory.
    let allocator = unsafe {
        let device = g::ggml_backend_reg_dev_get(registry, 0)?;
        g::ggml_gallocr_new(g::ggml_backend_dev_buffer_type(device)?)?
    };
    let reserve = |n| {
        let params =
            sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: std::ptr::null_mut(), no_alloc: true };
        // SAFETY: a graph of its own context, which ends with it.
        unsafe {
            let context = g::ggml_init(params)?;
            let tensor = g::ggml_new_tensor_1d(context, sys::GGML_TYPE_F32, n)?;
            let graph = g::ggml_new_graph(context)?;
            g::ggml_build_forward_expand(graph, g::ggml_sqr(context, tensor)?)?;
            let reserved = g::ggml_gallocr_reserve(allocator, graph);
            g::ggml_free(context)?;
            Ok::<_, Error>(reserved?)
        }
    };
    assert!(reserve(1000)?);
    assert!(!reserve(2000)?, "the server has gone away");
    // SAFETY: it is freed once.
    unsafe { g::ggml_gallocr_free(allocator) }?;
    Ok(())
}

/// The protocol has 32 bits for the bytes between two elements.
#[test]
#[allow(clippy::multiple_unsafe_ops_per_block, reason = "a scenario of the C API")]
fn steps_that_cannot_be_sent_are_errors() -> Result<(), Error> {
    use llama::sys::{self, guarded as g};

    let _lock = ONE_AT_A_TIME.lock();
    let claims = Claims { allocations: 2, max_size: 1 << 60, ..Claims::default() };
    let endpoint = claims.serve(free_endpoint());
    rpc::connect(&endpoint)?;
    let endpoint = std::ffi::CString::new(endpoint).expect("an endpoint");
    let registry = sys::rpc::connect(&endpoint)?;
    // Rows of 8 GiB: the step to the next one matters where there is one.
    for (rows, works) in [(1, true), (2, false)] {
        let params =
            sys::ggml_init_params { mem_size: 1 << 20, mem_buffer: std::ptr::null_mut(), no_alloc: true };
        // SAFETY: a registry with one device, a context that ends with what is in it, and memory that is freed once.
        let works_here = unsafe {
            let device = g::ggml_backend_reg_dev_get(registry, 0)?;
            let context = g::ggml_init(params)?;
            g::ggml_new_tensor_2d(context, sys::GGML_TYPE_F32, 1 << 31, rows)?;
            let kind = g::ggml_backend_dev_buffer_type(device)?;
            let buffer = g::ggml_backend_alloc_ctx_tensors_from_buft(context, kind)?;
            g::ggml_backend_buffer_free(buffer)?;
            g::ggml_free(context)?;
            !buffer.is_null()
        };
        assert_eq!(works_here, works, "{rows} rows");
    }
    Ok(())
}

#[test]
fn a_server_ends_when_it_is_told_to() {
    let _lock = ONE_AT_A_TIME.lock();
    let cancelled = |outcome: Result<_, Error>| matches!(outcome, Err(Error::Cancelled));
    let token = CancelToken::new();
    token.cancel();
    let server = || Server::new(processor()).n_threads(1).cancel(token.clone());
    assert!(cancelled(server().serve(&free_endpoint())));

    token.reset();
    let endpoint = free_endpoint();
    for connects in [false, true, true] {
        std::thread::scope(|scope| {
            let serving = scope.spawn(|| server().serve(&endpoint));
            let mut client = None;
            while connects && client.is_none() {
                std::thread::sleep(Duration::from_millis(20));
                client = rpc::connect(&endpoint)
                    .and_then(|host| {
                        Model::builder(default_model_path())
                            .devices(host.devices())
                            .gpu_layers(Layers::All)
                            .load()
                    })
                    .ok();
            }
            // While it waits for a client, and while one is connected.
            std::thread::sleep(Duration::from_millis(200));
            assert!(!serving.is_finished());
            let started = Instant::now();
            token.cancel();
            assert!(cancelled(serving.join().expect("no panic")));
            assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
            let lost = client.map(|model: Model| generate(&model, &prompt(), 5).is_err());
            assert_eq!(lost, connects.then_some(true));
        });
        token.reset();
    }
}

#[test]
fn one_server_has_one_connection() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let host = rpc::connect(&server.endpoint)?;
    let model =
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    // The server is taken, but not by anybody else.
    let name = server.endpoint.replace("127.0.0.1", "localhost");
    let again = rpc::connect(&name)?;
    assert_eq!(again.endpoint(), name);
    assert_eq!(again.devices()[0].name(), host.devices()[0].name());
    assert_eq!(generate(&model, &prompt(), 5)?.len(), 5);
    Ok(())
}

/// Answers each connection with `reply`, and waits for its end.
fn impostor(reply: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2).flatten() {
            let mut stream: TcpStream = stream;
            let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
            let _ = stream.write_all(reply);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    endpoint
}

#[test]
fn what_is_no_server_is_refused_in_bounded_time() {
    let _lock = ONE_AT_A_TIME.lock();
    let mut other_version = [0; 36];
    other_version[..8].copy_from_slice(&28_u64.to_ne_bytes());
    other_version[8] = 1;
    let other_version: &'static [u8] = Box::leak(Box::new(other_version));
    for reply in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n and then some more text", other_version] {
        let started = Instant::now();
        let error = rpc::connect(&impostor(reply)).expect_err("no server of ours");
        assert!(matches!(error, Error::Remote { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    }
    let error = rpc::connect(&impostor(other_version)).expect_err("no server of ours");
    assert!(error.to_string().contains("version"), "{error}");
    // One that greets and then hangs.
    let mut greeting = other_version.to_vec();
    greeting[8..11].copy_from_slice(&rpc::protocol_version().map(|number| number.to_ne_bytes()[0]));
    let started = Instant::now();
    let error =
        rpc::connect(&impostor(Box::leak(greeting.into_boxed_slice()))).expect_err("it never answers");
    assert!(matches!(error, Error::Remote { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn a_client_without_a_word_does_not_keep_others_out() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let server = Host::start(free_endpoint());
    let mut silent = TcpStream::connect(&server.endpoint).expect("the server listens");
    // Both may wait for the same ten seconds.
    let mut attempts = (0..3).map(|_| rpc::connect(&server.endpoint));
    let host = attempts.find_map(Result::ok).expect("the server is free again");
    assert_eq!(silent.read(&mut [0]).expect("the server hangs up"), 0);
    // Whoever has greeted may take as long as it likes.
    let model =
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(generate(&model, &prompt(), 10)?, generate(default_model(), &prompt(), 10)?);
    Ok(())
}

#[test]
fn a_server_outlives_clients_that_talk_nonsense() -> Result<(), Error> {
    let _lock = ONE_AT_A_TIME.lock();
    let mut server = Host::start(free_endpoint());
    let mut state = 1_u64;
    let mut hello = vec![14_u8];
    hello.extend(24_u64.to_ne_bytes());
    hello.extend([0; 24]);
    // Messages of any length, which say that they are longer than memory can be, or is.
    for (command, size) in
        [6_u8, 10].into_iter().flat_map(|c| [u64::MAX, 1 << 63, 1 << 62, 1 << 46].map(|s| (c, s)))
    {
        let mut client = TcpStream::connect(&server.endpoint).expect("the server listens");
        let bytes = [hello.as_slice(), &[command], &size.to_ne_bytes(), &[0; 100]].concat();
        client.write_all(&bytes).expect("the server listens");
        // It hangs up, with or without having read all.
        let _ = client.read_to_end(&mut Vec::new());
    }
    // A tensor that lies outside of the memory that it names.
    let mut client = TcpStream::connect(&server.endpoint).expect("the server listens");
    let mut ask = |command: u8, request: &[u8], answer: &mut [u8]| {
        let size = (request.len() as u64).to_ne_bytes();
        client.write_all(&[&[command][..], &size, request].concat()).expect("the server listens");
        client.read_exact(answer).expect("an answer");
    };
    ask(14, &[0; 24], &mut [0; 36]);
    let mut buffer = [0; 24];
    ask(0, &[&[0; 4][..], &4096_u64.to_ne_bytes()].concat(), &mut buffer);
    let mut tensor = vec![0; 296];
    tensor[12..20].copy_from_slice(&buffer[8..16]);
    tensor[20..36].copy_from_slice(&[1_u32; 4].map(u32::to_ne_bytes).concat());
    let mut request = tensor;
    request.extend([0; 16]);
    client.write_all(&[&[8_u8][..], &(request.len() as u64).to_ne_bytes(), &request].concat()).expect("sent");
    assert_eq!(client.read(&mut [0]).expect("it hangs up"), 0);
    for _ in 0..200 {
        let mut bytes = hello.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bytes.push((state >> 33).to_le_bytes()[0] % 20);
            bytes.extend((state >> 40).to_ne_bytes());
            bytes.extend((0..state >> 58).flat_map(|i| (state ^ i).to_ne_bytes()));
        }
        let mut client = TcpStream::connect(&server.endpoint).expect("the server listens");
        let _ = client.write_all(&bytes);
    }
    assert!(server.child.try_wait().expect("a process").is_none(), "the server is alive");
    let host = rpc::connect(&server.endpoint)?;
    let model =
        Model::builder(default_model_path()).devices(host.devices()).gpu_layers(Layers::All).load()?;
    assert_eq!(generate(&model, &prompt(), 10)?, generate(default_model(), &prompt(), 10)?);
    Ok(())
}

#[test]
fn clients_that_come_and_go_are_no_errors() {
    let _lock = ONE_AT_A_TIME.lock();
    let (send, lines) = std::sync::mpsc::channel();
    let send = Mutex::new(send);
    llama::log::set_sink(move |level, line| {
        let _ = send.lock().expect("no panic").send((level, line.trim().to_owned()));
    });
    let endpoint = free_endpoint();
    let listens = endpoint.clone();
    std::thread::spawn(move || Server::new(processor()).n_threads(1).serve(&listens));
    while rpc::connect(&endpoint).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let closed = |(_, line): &(_, String)| line.contains("connection closed");
    let seen: Vec<_> = std::iter::from_fn(|| lines.recv_timeout(Duration::from_secs(10)).ok())
        .take_while(|line| !closed(line))
        .collect();
    llama::log::clear_sink();
    assert!(seen.iter().any(|(_, line)| line.contains("Accepted client")), "{seen:?}");
    // Those of this side, until the server listened, are.
    let failed =
        |(level, line): &&(Level, String)| *level > Level::Info && !line.contains("Failed to connect");
    let errors: Vec<_> = seen.iter().filter(failed).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn signals_disturb_neither_side() -> Result<(), Error> {
    use std::ffi::c_int;
    use std::os::unix::thread::{JoinHandleExt, RawPthread};
    use std::sync::atomic::{AtomicUsize, Ordering};

    unsafe extern "C" {
        fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
        fn siginterrupt(number: c_int, flag: c_int) -> c_int;
        fn pthread_kill(thread: RawPthread, number: c_int) -> c_int;
    }
    const SIGUSR1: c_int = 10;
    static CAUGHT: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn catch(_: c_int) {
        CAUGHT.fetch_add(1, Ordering::Relaxed);
    }

    let _lock = ONE_AT_A_TIME.lock();
    // SAFETY: the handler only counts.
    assert_eq!(unsafe { signal(SIGUSR1, catch) }, 0);
    // SAFETY: calls end early where the handler runs, as in programs that want to know of their signals.
    assert_eq!(unsafe { siginterrupt(SIGUSR1, 1) }, 0);
    let endpoint = free_endpoint();
    let listens = endpoint.clone();
    let server = std::thread::spawn(move || Server::new(processor()).n_threads(1).serve(&listens));
    while rpc::connect(&endpoint).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let client = std::thread::spawn(move || {
        let mut generated = Vec::new();
        for _ in 0..5 {
            // Nobody uses the connection in between: each round has one of its own.
            let host = rpc::connect(&endpoint)?;
            let model = Model::builder(default_model_path())
                .devices(host.devices())
                .gpu_layers(Layers::All)
                .load()?;
            generated.push(generate(&model, &prompt(), 10)?);
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok::<_, Error>(generated)
    });
    while !client.is_finished() {
        for thread in [server.as_pthread_t(), client.as_pthread_t()] {
            // SAFETY: a thread that has not been joined.
            assert_eq!(unsafe { pthread_kill(thread, SIGUSR1) }, 0);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let generated = client.join().expect("no panic")?;
    assert!(CAUGHT.load(Ordering::Relaxed) > 100);
    assert!(!server.is_finished());
    let expected = generate(default_model(), &prompt(), 10)?;
    assert!(generated.iter().all(|tokens| *tokens == expected), "{generated:?}");
    Ok(())
}

#[test]
fn hosts_and_servers_move_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<rpc::RemoteHost>();
    check::<Server>();
}
