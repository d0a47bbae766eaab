//! Back ends in files of their own: where a program finds them, and what it makes of files that are none.
//!
//! Each case is a folder with a copy of this test program, which runs there as a program of its own.

#[path = "support/place.rs"]
mod place;
mod support;

use llama::sys::build_info;
use llama::{Batch, Model, SeqId, Special, backends};
use place::{CHILD, Place, Told, plugins, skipped, smallest};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Run by the tests in a folder of their own.
#[test]
fn child() {
    let Ok(orders) = std::env::var(CHILD) else { return };
    for file in backends::automatic().expect("automatic") {
        match file.outcome {
            Ok(plugin) => println!("\n:loaded {} {}", plugin.name(), file.path.display()),
            Err(error) => println!("\n:refused {error}"),
        }
    }
    for order in orders.split_whitespace() {
        match order {
            "privileged" => println!("\n:privileged {}", llama::sys::plugin::is_privileged()),
            "libraries" => println!("\n:libraries {:?}", makers_libraries()),
            "load" => load_by_hand(),
            "threads" => load_while_others_look(),
            _ => println!("\n:logits {}", logits()),
        }
    }
    for device in llama::devices().expect("devices") {
        println!("\n:device {}", device.name());
    }
    println!("\n:offload {}", llama::backend::supports_gpu_offload().expect("offload"));
}

/// Names that libraries of plugins start with.
const NEEDED: [&str; 4] = ["libopenblas.so", "libmkl_rt.so", "libvulkan.so", "libcublas.so"];

/// Which of [`NEEDED`] this process has in memory.
fn makers_libraries() -> Vec<&'static str> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    NEEDED.into_iter().filter(|name| maps.contains(name.trim_end_matches(".so"))).collect()
}

/// Logits of a prompt that is long enough for BLAS, as the bits of the numbers.
fn logits() -> String {
    let model = Model::load(support::default_model_path()).expect("the model");
    let text = "What is the capital of France? ".repeat(16);
    let tokens = model.vocab().tokenize(&text, Special::AsText).expect("tokens");
    assert!(tokens.len() > 64, "{}", tokens.len());
    let mut context = model.context_builder().n_ctx(512).n_threads(1).build().expect("a context");
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &tokens).logits_for_last();
    let out = context.decode(&batch).expect("decoded");
    let logits = out.logits_last().expect("logits");
    logits.iter().map(|x| x.to_bits().to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn plugins_beside_the_program_compute_the_same() {
    let alone = Place::new("alone").run("logits libraries");
    assert_eq!(alone.all("libraries"), ["[]"], "what plugins need the program does not");
    assert_eq!((alone.all("device"), alone.all("offload")), (vec!["CPU"], vec!["false"]));
    assert_eq!((alone.all("loaded"), alone.all("refused")), (Vec::new(), Vec::new()));

    let place = Place::new("beside").with_plugins();
    let beside = place.run("logits libraries");
    let mut expected: Vec<String> = std::fs::read_dir(&place.0)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path().display().to_string())
        .filter(|path| path.contains("libllama"))
        .collect();
    expected.sort();
    // A plugin that finds no driver says so; BLAS needs none.
    let told: Vec<&str> = [beside.all("loaded"), beside.all("refused")].concat();
    assert!(expected.iter().all(|path| told.iter().any(|line| line.contains(path))), "{told:?}");
    if build_info::FEATURES.contains(&"blas") {
        assert!(beside.all("device").contains(&"BLAS"), "{told:?}");
        assert_ne!(beside.all("libraries"), ["[]"]);
    }
    assert_eq!(beside.all("device").last(), Some(&"CPU"));
    let gpu = beside.all("device").iter().any(|name| name.starts_with("Vulkan") || name.starts_with("CUDA"));
    assert_eq!(beside.all("offload"), [gpu.to_string()]);

    let (a, b) = (alone.logits(), beside.logits());
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let cosine = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
    assert!(cosine > 0.999, "{cosine} with {:?}", beside.all("device"));
    if !plugins().is_empty() {
        assert_ne!(a, b, "computed in another way: {:?}", beside.all("device"));
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let place = Place::new("elsewhere");
    let other = place.0.join("other");
    std::fs::create_dir_all(&other).expect("a folder");
    for plugin in plugins() {
        std::fs::copy(&plugin, other.join(plugin.file_name().expect("a name"))).expect("copied");
    }
    let mut command = place.command("");
    for variable in ["LD_LIBRARY_PATH", "PATH", "GGML_BACKEND_PATH"] {
        command.env(variable, &other);
    }
    let told = Told::by(command.current_dir(&other));
    assert_eq!(told.all("device"), ["CPU"]);
    assert_eq!((told.all("loaded"), told.all("refused")), (Vec::new(), Vec::new()));
    // A link to the program leads to the folder of the program.
    symlink(place.0.join("program"), other.join("program")).expect("a link");
    assert_eq!(Place(other).run("").all("device"), ["CPU"]);
}

/// Every occurrence of `from` becomes `to`.
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut out = bytes.to_vec();
    let places: Vec<usize> = (0..out.len() - from.len()).filter(|&at| out[at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "{}", String::from_utf8_lossy(from));
    for at in places {
        out[at..at + to.len()].copy_from_slice(to);
    }
    out
}

/// The C library of this process.
fn foreign_library() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let libraries = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    libraries.map(PathBuf::from).find(|path| path.ends_with("libc.so.6")).expect("a C library")
}

#[test]
fn broken_files_are_explained_and_do_no_harm() {
    let Some(plugin) = smallest("broken files beside the program") else { return };
    let place = Place::new("broken");
    let mut needed = NEEDED.into_iter().map(str::as_bytes);
    let needed = needed.find(|name| plugin.windows(name.len()).any(|part| part == *name));
    let needed = needed.expect("a library that the plugin needs");
    let mut absent = needed.to_vec();
    absent[4] = b'X';
    let absent_name = String::from_utf8(absent.clone()).expect("ASCII");

    let mut processor = plugin.clone();
    processor[18] ^= 0x55;
    let cases: [(&str, &[u8], &str); 10] = [
        ("empty", b"", "no shared library"),
        ("garbage", &[0xa5; 10_000], "no shared library"),
        (
            "text",
            b"#!/bin/sh\nexit 1\n#23456789012345678901234567890123456789012345678901234",
            "no shared library",
        ),
        ("half", &plugin[..plugin.len() / 2], "cut off"),
        ("head", &plugin[..64], "cut off"),
        ("short", &plugin[..63], "it has 63 bytes"),
        ("processor", &processor, "another processor"),
        ("foreign", &std::fs::read(foreign_library()).expect("read"), "no plugin"),
        ("stamp", &patched(&plugin, b"interface 1-", b"interface 0-"), "it was built for llama.cpp"),
        ("needs", &patched(&plugin, needed, &absent), &absent_name),
    ];
    for (name, bytes, _) in &cases {
        place.write(name, bytes);
    }
    let mut expected: Vec<(&str, &str)> = cases.iter().map(|(name, _, why)| (*name, *why)).collect();
    let path = |name: &str| place.0.join(format!("libllama-backend-{name}.so"));
    std::fs::create_dir(path("folder")).expect("a folder");
    expected.push(("folder", "not a file"));
    symlink(place.0.join("nowhere"), path("dangling")).expect("a link");
    expected.push(("dangling", "No such file"));
    symlink(path("loop"), path("loop")).expect("a link");
    expected.push(("loop", "symbolic links"));
    let pipe = Command::new("mkfifo").arg(path("pipe")).status();
    if pipe.is_ok_and(|status| status.success()) {
        expected.push(("pipe", "not a file"));
    }
    place.write("secret", &plugin);
    let nobody = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(path("secret"), nobody).expect("permissions");
    if std::fs::File::open(path("secret")).is_err() {
        expected.push(("secret", "Permission denied"));
    } else {
        skipped("a plugin that cannot be read", "root reads everything");
        std::fs::remove_file(path("secret")).expect("removed");
    }
    // These have other names, and one that is whole comes last.
    std::fs::write(place.0.join("libllama-backend-other.so.1"), b"").expect("written");
    std::fs::write(place.0.join("libllama.so"), b"").expect("written");
    std::fs::write(place.0.join("whole"), &plugin).expect("written");
    symlink(place.0.join("whole"), path("zz")).expect("a link");

    let told = place.run("logits");
    let refused = told.all("refused");
    assert_eq!(refused.len(), expected.len(), "{refused:#?}");
    for (name, why) in expected {
        let start = format!("cannot load the back end \"{}\": ", path(name).display());
        let line = refused.iter().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("{name} is not in {refused:#?}"));
        assert!(line.contains(why), "{why}: {line}");
    }
    let loaded = told.all("loaded");
    assert!(loaded.len() == 1 && loaded[0].ends_with("libllama-backend-zz.so"), "{loaded:?}");
    assert!(!told.logits().is_empty());
}

/// Run in a folder with the file `whole`, a plugin, and a copy of it.
fn load_by_hand() {
    let program = std::env::current_exe().expect("this program");
    let folder = program.parent().expect("a folder");
    std::env::set_current_dir(folder).expect("the folder");
    let before = llama::devices().expect("devices").len();
    let first = backends::load("whole").expect("a relative path");
    let again = backends::load(folder.join("whole")).expect("an absolute path");
    let linked = backends::load("hard-link").expect("another name of the same file");
    assert_eq!((first.name(), first.path()), (again.name(), again.path()));
    assert_eq!(linked.registry().name(), first.name());
    assert_eq!(llama::devices().expect("devices").len(), before + first.devices().len());

    let found = backends::load_from("copies").expect("the folder");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, Path::new("copies/libllama-backend-copy.so"));
    let error = found[0].outcome.as_ref().expect_err("there already").to_string();
    assert!(error.contains("there already") && error.contains(first.name()), "{error}");

    for (path, why) in [("", "No such file"), ("copies", "not a file"), ("$ORIGIN/whole", "`$`")] {
        let error = backends::load(path).expect_err("refused").to_string();
        assert!(error.starts_with("cannot load the back end \"") && error.contains(why), "{error}");
    }
    assert!(backends::load("a\0b").is_err() && backends::load_from("a\0b").is_err());
    assert!(backends::load_from("nowhere").is_err() && backends::load_from("whole").is_err());
    assert_eq!(llama::devices().expect("devices").len(), before + first.devices().len());
}

#[test]
fn plugins_are_loaded_by_hand() {
    let Some(plugin) = smallest("plugins from a folder of the caller") else { return };
    let place = Place::new("by-hand");
    std::fs::write(place.0.join("whole"), &plugin).expect("written");
    std::fs::hard_link(place.0.join("whole"), place.0.join("hard-link")).expect("linked");
    std::fs::create_dir_all(place.0.join("$ORIGIN")).expect("a folder");
    std::fs::write(place.0.join("$ORIGIN/whole"), &plugin).expect("written");
    std::fs::create_dir(place.0.join("copies")).expect("a folder");
    std::fs::write(place.0.join("copies/libllama-backend-copy.so"), &plugin).expect("written");
    place.run("load logits");
}

/// Run in a folder with the file `whole`, a plugin.
fn load_while_others_look() {
    let program = std::env::current_exe().expect("this program");
    let whole = program.with_file_name("whole");
    let before = llama::devices().expect("devices").len();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| backends::load(&whole).expect("it loads"));
        }
        for _ in 0..4 {
            scope.spawn(|| {
                while llama::devices().expect("devices").len() == before {
                    llama::registries().expect("registries");
                    llama::backend::supports_gpu_offload().expect("offload");
                }
            });
        }
        scope.spawn(|| Model::load(support::default_model_path()).expect("the model"));
    });
    assert!(llama::devices().expect("devices").len() > before);
}

#[test]
fn plugins_are_loaded_while_other_threads_look_for_devices() {
    // A device appears in any case with BLAS; a GPU may not be there.
    let blas = plugins().into_iter().find(|file| file.ends_with("libllama-backend-blas.so"));
    let Some(plugin) = blas else {
        skipped("loading while other threads look", "this build has no BLAS: add feature `blas`");
        return;
    };
    let place = Place::new("threads");
    std::fs::copy(plugin, place.0.join("whole")).expect("copied");
    for _ in 0..5 {
        place.run("threads");
    }
}

#[test]
fn programs_with_more_rights_than_their_user_load_nothing() {
    let place = Place::new("privileged").with_plugins();
    let program = place.0.join("program");
    // A file of its own: a hard link shares its rights.
    std::fs::remove_file(&program).expect("removed");
    std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("copied");
    let rights = std::fs::Permissions::from_mode(0o4755);
    std::fs::set_permissions(&program, rights).expect("permissions");
    let mut command = place.command("privileged");
    command.uid(65534);
    let started = command.output().is_ok_and(|output| output.status.success());
    let told = if started { Told::by(&mut command) } else { Told(String::new()) };
    if told.all("privileged") != ["true"] {
        skipped("plugins beside a program with more rights", "only root can make one");
        return;
    }
    assert_eq!((told.all("loaded"), told.all("refused")), (Vec::new(), Vec::new()));
    assert_eq!(told.all("device"), ["CPU"]);
}

#[test]
fn examples_find_the_plugins_of_the_build() {
    let program = std::env::current_exe().expect("this program");
    let examples = program.parent().and_then(Path::parent).expect("target/<profile>/deps").join("examples");
    let output = Command::new(examples.join("info")).output().expect("run `cargo build --examples` first");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for plugin in plugins() {
        let beside = examples.join(plugin.file_name().expect("a name")).display().to_string();
        assert!(text.lines().any(|line| line.starts_with("plugin") && line.contains(&beside)), "{text}");
    }
}
