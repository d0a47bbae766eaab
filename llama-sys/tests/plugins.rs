//! Back ends in files of their own: what they share with the program, how they fail, which are refused.
#![cfg(feature = "dynamic-backends")]
#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/backends.rs"]
mod backends;
#[path = "../build/plugin_link.rs"]
mod plugin_link;
mod support;
#[path = "../build/target.rs"]
mod target;

use llama_sys::{Fault, FaultKind, build_info, ggml_backend_reg_t, guarded, plugin};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// ggml's log and registry are those of the process, and plugins are loaded one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn lock() -> std::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn compiler() -> Command {
    Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into()))
}

/// Compiles the plugin of `support/plugin.cpp` as the build would; the error is the compiler's.
fn compile(
    name: &str,
    defines: &[&str],
    parts: &[&str],
    libraries: &backends::Libraries,
) -> Result<PathBuf, String> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = Path::new(env!("LLAMA_SYS_TREE"));
    let run = |command: &mut Command| {
        let out = command.output().expect("a C++ compiler");
        let words = String::from_utf8_lossy(&out.stderr).into_owned();
        if out.status.success() { Ok(()) } else { Err(words) }
    };
    let mut objects = Vec::new();
    for source in parts {
        let object = folder().join(name).with_extension(format!("{}.o", objects.len()));
        let mut command = compiler();
        command.args(["-c", "-std=gnu++17", "-w", "-fPIC", "-fvisibility=hidden", "-o"]).arg(&object);
        command.args(["-DLRS_PLUGIN_REGISTRY=lrs_test_reg", "-DNDEBUG"]);
        command.args(defines.iter().map(|define| format!("-D{define}")));
        command.arg("-include").arg(Path::new(env!("LLAMA_SYS_PREFIX")).join("symbol_prefix.h"));
        command.arg("-I").arg(env!("LLAMA_SYS_PLUGIN")).arg("-I").arg(crate_dir.join("shim"));
        command.arg("-I").arg(tree.join("ggml/include")).arg("-I").arg(tree.join("ggml/src"));
        run(command.arg(crate_dir.join(source)))?;
        objects.push(object);
    }
    let objects: Vec<&Path> = objects.iter().map(PathBuf::as_path).collect();
    let (script, out) = (folder().join(name).with_extension("map"), folder().join(name));
    std::fs::write(&script, plugin_link::SCRIPT).expect("written");
    let static_stdcxx = cfg!(feature = "static-stdcxx");
    let arguments = plugin_link::arguments(&script, &objects, &[libraries], static_stdcxx, &out);
    run(compiler().args(arguments)).map(|()| out)
}

const NONE: backends::Libraries = backends::Libraries { folders: Vec::new(), names: Vec::new() };

fn plugin(name: &str, registry: &str, device: &str) -> PathBuf {
    let defines = [format!("REGISTRY={registry}"), format!("DEVICE={device}")];
    let defines = defines.each_ref().map(String::as_str);
    compile(name, &defines, &["shim/plugin.cpp", "tests/support/plugin.cpp"], &NONE).expect("it compiles")
}

fn load(file: &Path) -> Result<ggml_backend_reg_t, String> {
    // SAFETY: plugins of this build; tests load one at a time.
    unsafe { plugin::load(file) }
}

/// The well-behaved one, compiled once.
fn test_plugin() -> ggml_backend_reg_t {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    load(FILE.get_or_init(|| plugin("good.so", "", ""))).expect("it loads")
}

/// Starts the device of the test plugin, which does what `order` says.
fn start(registry: ggml_backend_reg_t, order: &CStr) -> Result<(), Fault> {
    // SAFETY: the registry comes from the plugin and has one device.
    let device = unsafe { guarded::ggml_backend_reg_dev_get(registry, 0) }?;
    // SAFETY: the device comes from its registry, the order is terminated.
    unsafe { guarded::ggml_backend_dev_init(device, order.as_ptr()) }.map(drop)
}

fn address(registry: ggml_backend_reg_t, name: &CStr) -> *mut c_void {
    // SAFETY: the registry comes from the plugin, the name is terminated.
    unsafe { guarded::ggml_backend_reg_get_proc_address(registry, name.as_ptr()) }.expect("no failure")
}

#[test]
fn failures_of_both_sides_become_errors() {
    let _lock = lock();
    let registry = test_plugin();
    let unwound = address(registry, c"unwound").cast::<c_int>();
    let cases = [
        (c"abort", FaultKind::Assertion, "device 7 gives up after 1.25 s"),
        (c"assert", FaultKind::Assertion, "GGML_ASSERT"),
        (c"catch and go on", FaultKind::Assertion, "second"),
        (c"catch and rethrow", FaultKind::Assertion, "passed on"),
        (c"throw", FaultKind::Exception, "the device is gone"),
        (c"memory", FaultKind::OutOfMemory, "bad_alloc"),
        (c"number", FaultKind::Unknown, ""),
    ];
    // SAFETY: a number in the plugin, which only the thread with the lock uses.
    let count = || unsafe { unwound.read() };
    for (order, kind, words) in cases {
        let before = count();
        let fault = start(registry, order).expect_err("it fails");
        assert_eq!(fault.kind(), kind, "{order:?}: {fault}");
        assert!(fault.message().contains(words), "{order:?}: {fault}");
        assert_eq!(count(), before + 1, "{order:?}: destructors ran");
    }
    start(registry, c"nothing").expect("it works after all of them");
}

static LOGGED: Mutex<String> = Mutex::new(String::new());

unsafe extern "C" fn keep(_level: u32, text: *const c_char, _user: *mut c_void) {
    // SAFETY: ggml passes a terminated string.
    let text = unsafe { CStr::from_ptr(text) };
    LOGGED.lock().expect("one thread").push_str(&text.to_string_lossy());
}

#[test]
fn a_plugin_uses_the_ggml_of_the_program() {
    let _lock = lock();
    let registry = test_plugin();
    // SAFETY: the function lives as long as the program.
    unsafe { guarded::ggml_log_set(Some(keep), std::ptr::null_mut()) }.expect("no failure");
    start(registry, c"log").expect("no failure");
    // SAFETY: as above.
    unsafe { guarded::ggml_log_set(None, std::ptr::null_mut()) }.expect("no failure");
    assert_eq!(*LOGGED.lock().expect("one thread"), "test has 12 units, 0.375 of them free, q4_K\n");

    // SAFETY: a type that exists.
    let ours = unsafe { guarded::ggml_type_name(llama_sys::GGML_TYPE_F16) }.expect("no failure");
    assert_eq!(address(registry, c"type name").cast_const().cast(), ours, "one table of types");
    // The same file, the same back end.
    assert_eq!(test_plugin(), registry);
}

/// Names of all devices that ggml knows.
fn devices() -> Vec<String> {
    // SAFETY: no arguments.
    let count = unsafe { guarded::ggml_backend_dev_count() }.expect("no failure");
    let name = |i| {
        // SAFETY: below the count.
        let device = unsafe { guarded::ggml_backend_dev_get(i) }.expect("no failure");
        // SAFETY: the device comes from ggml's registry.
        let name = unsafe { guarded::ggml_backend_dev_name(device) }.expect("no failure");
        // SAFETY: a terminated string that lives as long as the device.
        unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
    };
    (0..count).map(name).collect()
}

#[test]
fn a_back_end_that_fails_is_not_registered() {
    let _lock = lock();
    let before = devices();
    let null = load(&plugin("null.so", "return nullptr", "")).expect_err("refused");
    assert_eq!(null, "its back end cannot run on this machine");
    let throws =
        load(&plugin("throws.so", "throw std::runtime_error(\"no driver\")", "")).expect_err("refused");
    assert!(throws.contains("no driver"), "{throws}");
    let aborts = load(&plugin("aborts.so", "GGML_ABORT(\"no bus\")", "")).expect_err("refused");
    assert!(aborts.contains("no bus"), "{aborts}");

    let registry = load(&plugin("device.so", "", "GGML_ABORT(\"no device\")")).expect("it loads");
    // SAFETY: the registry comes from a plugin.
    let fault = unsafe { plugin::register(registry) }.expect_err("refused");
    assert!(fault.message().contains("no device"), "{fault}");
    assert_eq!(devices(), before);

    let registry = test_plugin();
    for _ in 0..2 {
        // SAFETY: as above.
        unsafe { plugin::register(registry) }.expect("registered");
        assert_eq!(devices(), [&before[..], &["Test0".to_owned()]].concat());
    }
}

#[test]
fn the_entry_point_refuses_another_build() {
    type Attach = unsafe extern "C" fn(
        *const c_char,
        unsafe extern "C" fn(*const c_char) -> *mut c_void,
        *mut c_char,
        usize,
    ) -> ggml_backend_reg_t;
    unsafe extern "C" fn nothing(_name: *const c_char) -> *mut c_void {
        std::ptr::null_mut()
    }
    let _lock = lock();
    // SAFETY: a plugin of this build.
    let library = unsafe { libloading::Library::new(plugin("entry.so", "", "")) }.expect("it opens");
    // SAFETY: the type of the function in `shim/plugin.h`.
    let attach = unsafe { library.get::<Attach>(b"lrs_plugin_attach\0") }.expect("the entry point");
    let ask = |stamp: &str| {
        let stamp = CString::new(stamp).expect("no zero");
        let mut why = [0_u8; 1024];
        // SAFETY: the stamp is terminated, the buffer has the size that is given.
        let registry = unsafe { attach(stamp.as_ptr(), nothing, why.as_mut_ptr().cast(), why.len()) };
        assert!(registry.is_null());
        CStr::from_bytes_until_nul(&why).expect("terminated").to_string_lossy().into_owned()
    };
    let other = ask("llama.cpp 0.0.1");
    assert!(other.contains(plugin::stamp()) && other.contains("this program is llama.cpp 0.0.1"), "{other}");
    let missing = ask(plugin::stamp());
    assert!(missing.starts_with("this program has no function lrs_ggml_"), "{missing}");
}

/// A shared library in `folder` that needs `needs`, which lies there, too.
fn shared(folder: &Path, name: &str, text: &str, needs: Option<&str>) {
    let source = folder.join(name).with_extension("cpp");
    std::fs::write(&source, text).expect("written");
    let mut command = compiler();
    command.args(["-shared", "-fPIC", "-o"]).arg(folder.join(format!("lib{name}.so"))).arg(source);
    command.arg("-L").arg(folder).args(needs.map(|needs| format!("-l{needs}")));
    let out = command.output().expect("a C++ compiler");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// BLAS libraries of many systems need one of Fortran, which nobody has who has no BLAS library.
#[test]
fn what_libraries_beside_a_plugin_need_is_found_beside_it() {
    let _lock = lock();
    let beside = folder().join("beside");
    std::fs::create_dir_all(&beside).expect("the target folder can be written");
    shared(&beside, "lrs_deep", "extern \"C\" int lrs_deep() { return 1; }\n", None);
    let near = "extern \"C\" int lrs_deep();\nextern \"C\" int lrs_near() { return lrs_deep(); }\n";
    shared(&beside, "lrs_near", near, Some("lrs_deep"));
    let defines = ["REGISTRY=int lrs_near(); if (!lrs_near()) return nullptr", "DEVICE="];
    let libraries = backends::Libraries { folders: vec![beside.clone()], names: vec!["lrs_near".to_owned()] };
    let parts = ["shim/plugin.cpp", "tests/support/plugin.cpp"];
    let file = compile("beside/needs.so", &defines, &parts, &libraries).expect("it compiles");
    load(&file).expect("it loads");
}

#[test]
fn the_folder_of_the_build_may_have_any_name() {
    let _lock = lock();
    let name = "a, b's #1 é";
    std::fs::create_dir_all(folder().join(name)).expect("the target folder can be written");
    load(&plugin(&format!("{name}/named.so"), "", "")).expect("it loads");
}

#[test]
fn a_function_that_the_program_does_not_give_fails_the_build() {
    let _lock = lock();
    let call = "void ggml_not_on_the_list(); ggml_not_on_the_list()";
    let defines = [format!("REGISTRY={call}"), "DEVICE=".to_owned()];
    let defines = defines.each_ref().map(String::as_str);
    let parts = ["shim/plugin.cpp", "tests/support/plugin.cpp"];
    let why = compile("unknown.so", &defines, &parts, &NONE).expect_err("it does not link");
    assert!(why.contains("undefined") && why.contains("ggml_not_on_the_list"), "{why}");
}

/// Run by the test below in a process of its own, which ends with the plugin in it.
#[test]
fn child_with_a_plugin() {
    if let Some(file) = std::env::var_os("LLAMA_SYS_TEST_PLUGIN") {
        load(Path::new(&file)).expect("it loads");
    }
}

#[test]
fn nothing_of_a_plugin_is_taken_down_while_threads_may_compute() {
    let _lock = lock();
    let object = "struct end { ~end() { std::abort(); } }; static end one; (void) one";
    let out = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child_with_a_plugin"])
        .env("LLAMA_SYS_TEST_PLUGIN", plugin("at_exit.so", object, ""))
        .output()
        .expect("a process");
    assert!(out.status.success(), "{out:?}");
}

#[test]
fn plugins_of_this_build_show_one_function_and_need_no_ggml_before() {
    let _lock = lock();
    let plugins = Path::new(build_info::PLUGINS.expect("the feature is on"));
    let files: Vec<PathBuf> =
        std::fs::read_dir(plugins).expect("the folder").map(|entry| entry.expect("entry").path()).collect();
    let wanted = build_info::FEATURES.iter().filter(|f| ["blas", "cuda", "vulkan"].contains(f)).count();
    assert_eq!(files.len(), wanted, "{files:?}");
    for file in files {
        // Static constructors run before anything is connected, so they call nothing of ggml.
        // SAFETY: a plugin of this build.
        let library = unsafe { libloading::Library::new(&file) };
        std::mem::forget(library.expect("what it was linked with is here"));
        let symbols = |which: &str| {
            let out = Command::new("nm").args(["-D", which]).arg(&file).output().ok()?;
            let text = String::from_utf8(out.stdout).ok()?;
            Some(
                text.lines()
                    .filter_map(|l| l.split_whitespace().last())
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            )
        };
        let (Some(defined), Some(undefined)) = (symbols("--defined-only"), symbols("--undefined-only"))
        else {
            support::skipped("the symbols of plugins", "nm is not installed");
            return;
        };
        assert_eq!(defined, ["lrs_plugin_attach"], "{}", file.display());
        assert!(undefined.iter().all(|name| !name.contains("ggml")), "{}: {undefined:?}", file.display());
    }
}
