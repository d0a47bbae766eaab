//! The plan compiles what llama.cpp's own CMake files compile, with the same macros and processor flags.

#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/backends.rs"]
mod backends;
#[path = "support/cmake.rs"]
mod calls;
#[path = "../build/plan.rs"]
mod plan;
mod support;
#[path = "../build/target.rs"]
mod target;
#[path = "../build/variants.rs"]
mod variants;

use calls::{Call, comparable, configure, tree};
use plan::{Listing, Options, Plan, Source, Unit, tree_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use target::Target;

/// What llama.cpp's own build would run.
fn cmake(name: &str, options: &[&str]) -> Option<Vec<Call>> {
    let own = ["-DGGML_NATIVE=OFF", "-DGGML_OPENMP=OFF", "-DGGML_CCACHE=OFF", "-DLLAMA_OPENSSL=OFF"];
    let parts = ["COMMON", "TESTS", "TOOLS", "EXAMPLES", "SERVER", "APP"];
    let parts = parts.map(|part| format!("-DLLAMA_BUILD_{part}=OFF"));
    let all = own.iter().chain(options).map(|&option| option.to_owned()).chain(parts);
    configure(&tree(), name, &all.collect::<Vec<_>>())
}

fn our_plan() -> Plan {
    let target = Target::new("x86_64", "linux", "gnu");
    let files = Listing::read(&tree()).expect("listing");
    plan::plan(&target, &Options::default(), true, |_| true, &files).expect("plan")
}

fn key(files: &BTreeSet<String>) -> String {
    files.iter().cloned().collect::<Vec<_>>().join(" ")
}

fn unit_files(unit: &Unit) -> BTreeSet<String> {
    tree_files(&unit.source).into_iter().collect()
}

#[test]
fn core_equals_cmake() {
    let Some(calls) = cmake("static", &["-DBUILD_SHARED_LIBS=OFF"]) else {
        support::skipped(
            "the plan against CMake's core",
            "cmake is not installed (or LLAMA_SYS_SKIP is set)",
        );
        return;
    };
    let theirs: BTreeMap<String, &Call> = calls
        .iter()
        .filter(|c| !c.output.contains("ggml-cpu.dir") && c.files.iter().all(|f| !f.starts_with("vendor/")))
        .map(|c| (key(&c.files), c))
        .collect();
    let plan = our_plan();
    let ours: BTreeMap<String, &Unit> = plan
        .core
        .iter()
        .map(|&i| &plan.units[i])
        .filter(|u| !matches!(u.source, Source::Shim(_)))
        .map(|u| (key(&unit_files(u)), u))
        .collect();
    let (a, b): (Vec<_>, Vec<_>) = (theirs.keys().collect(), ours.keys().collect());
    assert_eq!(a, b, "the same translation units");
    for (files, call) in &theirs {
        let unit = ours[files];
        assert_eq!(comparable(&call.defines), comparable(&unit.defines.iter().cloned().collect()), "{files}");
        assert_eq!(call.flags, unit.flags, "{files}");
        // Upstream compiles everything with -O3. We do where time is spent and take -O2 or -O1 elsewhere.
        assert_eq!(call.opt.as_deref(), Some("-O3"), "{files}");
        assert!(unit.opt == 3 || files.starts_with("src/"), "{files}");
    }
    println!("{} translation units equal", ours.len());
}

#[test]
fn cpu_variants_equal_cmake() {
    let options = ["-DBUILD_SHARED_LIBS=ON", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON"];
    let Some(calls) = cmake("variants", &options) else {
        support::skipped(
            "the plan against CMake's CPU variants",
            "cmake is not installed (or LLAMA_SYS_SKIP is set)",
        );
        return;
    };
    let plan = our_plan();
    let mut compared = 0;
    for variant in &plan.variants {
        let folder = format!("ggml-cpu-{}.dir/", variant.name);
        let theirs: BTreeMap<String, &Call> =
            calls.iter().filter(|c| c.output.contains(&folder)).map(|c| (key(&c.files), c)).collect();
        let ours: BTreeMap<String, &Unit> = variant
            .units
            .iter()
            .map(|&i| &plan.units[i])
            .filter(|u| !matches!(u.source, Source::Shim(_)))
            .map(|u| (key(&unit_files(u)), u))
            .collect();
        let (a, b): (Vec<_>, Vec<_>) = (theirs.keys().collect(), ours.keys().collect());
        assert_eq!(a, b, "{}", variant.name);
        for (file, call) in &theirs {
            let unit = ours[file];
            // A feature that a file does not mention is left out there, so that variants share the object.
            let source = std::fs::read_to_string(tree().join(file)).expect("source");
            let left_out = |feature: &&variants::Feature| {
                !feature.only.is_empty()
                    && !feature.only.contains(&file.strip_prefix("ggml/src/").unwrap_or(file))
            };
            let mut defines = comparable(&call.defines);
            let mut flags = call.flags.clone();
            for feature in variants::X86_FEATURES.iter().filter(left_out) {
                let macros = match feature.name {
                    "AVX_VNNI" => ["__AVXVNNI__", "GGML_AVX_VNNI"],
                    "AVX512_BF16" => ["__AVX512BF16__", "GGML_AVX512_BF16"],
                    _ => ["__AMX_INT8__", "GGML_AMX"],
                };
                assert!(macros.iter().all(|m| !source.contains(m)), "{file} uses {}", feature.name);
                defines.retain(|d| d != feature.define && !(feature.name == "AMX" && d == "GGML_AMX_TILE"));
                flags.retain(|f| !feature.flags.contains(&f.as_str()));
            }
            assert_eq!(
                defines,
                comparable(&unit.defines.iter().cloned().collect()),
                "{} {file}",
                variant.name
            );
            assert_eq!(flags, unit.flags, "{} {file}", variant.name);
            compared += 1;
        }
    }
    println!("{compared} translation units of {} variants equal", plan.variants.len());
}

#[test]
fn the_multimodal_library_has_the_files_of_cmake() {
    let Some(tree) = option_env!("LLAMA_SYS_TREE") else {
        support::skipped("the multimodal library against CMake's list", "no tree (LLAMA_SYS_SKIP is set)");
        return;
    };
    let text = std::fs::read_to_string(format!("{tree}/tools/mtmd/CMakeLists.txt")).expect("CMakeLists.txt");
    let (_, list) = text.split_once("add_library(mtmd").expect("the library");
    let list = list.split_once(')').expect("its end").0;
    let theirs: BTreeSet<String> = list
        .split_whitespace()
        .filter(|word| Path::new(word).extension().is_some_and(|e| e == "cpp"))
        .map(|word| format!("tools/mtmd/{word}"))
        .collect();
    let files = Listing::read(Path::new(tree)).expect("listing");
    let options = Options { multimodal: true, ..Options::default() };
    let target = Target::new("x86_64", "linux", "gnu");
    let plan = plan::plan(&target, &options, true, |_| true, &files).expect("plan");
    let mut ours: BTreeSet<String> =
        plan.units.iter().filter(|u| u.is_multimodal()).flat_map(unit_files).collect();
    ours.retain(|file| file.starts_with("tools/"));
    // A part of shim/multimodal.cpp.
    assert!(ours.insert("tools/mtmd/mtmd-helper.cpp".to_owned()));
    assert_eq!(ours, theirs);
}

#[test]
fn all_chat_parsers_are_compiled() {
    if option_env!("LLAMA_SYS_TREE").is_none() {
        support::skipped("the list of chat parsers", "LLAMA_SYS_SKIP is set");
        return;
    }
    let list = std::fs::read_to_string(tree().join("common/parsers/sources.cmake")).expect("sources.cmake");
    let theirs: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.trim().rsplit_once('/'))
        .filter(|(_, file)| Path::new(file).extension().is_some_and(|e| e == "cpp"))
        .map(|(_, file)| format!("common/parsers/{file}"))
        .collect();
    assert_eq!(theirs, plan::CHAT_PARSERS.map(str::to_owned).into());
}

/// Back ends that `cc` compiles: their own files, and the list of back ends.
#[test]
fn backends_equal_cmake() {
    let options = ["-DBUILD_SHARED_LIBS=OFF", "-DGGML_RPC=ON", "-DGGML_RPC_RDMA=OFF"];
    let blas = ["-DGGML_BLAS=ON", "-DGGML_BLAS_VENDOR=OpenBLAS"];
    let with_blas = Path::new("/usr/include/x86_64-linux-gnu/cblas.h").exists();
    let all: Vec<&str> = options.into_iter().chain(blas.into_iter().filter(|_| with_blas)).collect();
    let Some(calls) = cmake("backends", &all) else {
        support::skipped(
            "the plan against CMake's back ends",
            "cmake is not installed (or LLAMA_SYS_SKIP is set)",
        );
        return;
    };
    if !with_blas {
        support::skipped("the plan against CMake's BLAS back end", "OpenBLAS is not installed");
    }
    let options = Options {
        backends: if with_blas { vec!["blas", "rpc"] } else { vec!["rpc"] },
        blas: with_blas
            .then(|| plan::Blas { defines: vec!["GGML_BLAS_USE_OPENBLAS".to_owned()], ..Default::default() }),
        ..Options::default()
    };
    let target = Target::new("x86_64", "linux", "gnu");
    let files = Listing::read(&tree()).expect("listing");
    let plan = plan::plan(&target, &options, true, |_| true, &files).expect("plan");
    let mut compared = 0;
    for backend in backends::BACKENDS.iter().filter(|b| options.backends.contains(&b.feature)) {
        let backends::Sources::Cc { files, .. } = &backend.sources else {
            panic!("{} is CMake's", backend.feature)
        };
        let renames: Vec<String> = backends::renames(backend, options.prefix).collect();
        let folder = format!("ggml-{}.dir/", backend.feature);
        let theirs: Vec<&Call> = calls.iter().filter(|c| c.output.contains(&folder)).collect();
        assert_eq!(theirs.len(), files.len(), "{}", backend.feature);
        for call in theirs {
            let unit = plan.units.iter().find(|u| unit_files(u) == call.files).expect("the same files");
            let ours = unit.defines.iter().filter(|d| !renames.contains(d)).cloned().collect();
            assert_eq!(comparable(&call.defines), comparable(&ours), "{:?}", call.files);
            assert_eq!((&call.flags, unit.opt), (&unit.flags, 3), "{:?}", call.files);
            compared += 1;
        }
        // CMake tells everybody about a back end. We tell the one file that asks.
        for call in calls.iter().filter(|c| c.defines.contains(backend.define)) {
            for file in &call.files {
                let source = std::fs::read_to_string(tree().join(file)).expect("source");
                let ours = plan.units.iter().find(|u| unit_files(u).contains(file));
                let told = ours.is_some_and(|u| u.defines.iter().any(|d| d == backend.define));
                assert_eq!(source.contains(backend.define), told, "{file}");
            }
        }
    }
    println!("{compared} translation units equal");
}
