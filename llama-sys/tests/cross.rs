//! The plans for other systems against llama.cpp's CMake files, where Debian has a compiler for the system.

#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/backends.rs"]
mod backends;
#[path = "../build/plan.rs"]
mod plan;
mod support;
#[path = "../build/target.rs"]
mod target;
#[path = "../build/variants.rs"]
mod variants;

use plan::{Listing, Options, Source, Unit};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use target::Target;

/// A system that Debian has a C++ compiler for.
struct Cross {
    target: Target,
    /// As CMake calls it.
    system: &'static str,
    /// What stands in front of `gcc` and `g++`.
    prefix: &'static str,
    options: &'static [&'static str],
    /// Folders of CMake with the objects of the variants, in our order.
    variants: &'static [&'static str],
}

fn crosses() -> [Cross; 2] {
    [
        Cross {
            target: Target::new("aarch64", "linux", "gnu"),
            system: "Linux",
            prefix: "aarch64-linux-gnu-",
            options: &["-DBUILD_SHARED_LIBS=ON", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON"],
            variants: &[
                "ggml-cpu-armv8.0_1.dir/",
                "ggml-cpu-armv8.2_1.dir/",
                "ggml-cpu-armv8.2_2.dir/",
                "ggml-cpu-armv8.2_3.dir/",
                "ggml-cpu-armv8.6_1.dir/",
                "ggml-cpu-armv8.6_2.dir/",
                "ggml-cpu-armv9.2_1.dir/",
                "ggml-cpu-armv9.2_2.dir/",
            ],
        },
        Cross {
            target: Target::new("x86_64", "windows", "gnu"),
            system: "Windows",
            prefix: "x86_64-w64-mingw32-",
            options: &[
                "-DBUILD_SHARED_LIBS=OFF",
                "-DGGML_SSE42=ON",
                "-DGGML_F16C=ON",
                "-DGGML_FMA=ON",
                "-DGGML_BMI2=ON",
                "-DGGML_AVX=ON",
                "-DGGML_AVX2=ON",
            ],
            variants: &["ggml-cpu.dir/"],
        },
    ]
}

/// One compiler call: file, macros, processor flags.
type Call = (String, BTreeSet<String>, Vec<String>);

/// What CMake would run below `ggml/` for the files whose objects lie in `folder`.
fn cmakes_calls(json: &serde_json::Value, tree: &Path, folder: &str) -> BTreeSet<Call> {
    // Macros that only say that libraries are shared there.
    let shared = ["GGML_SHARED", "GGML_BACKEND_SHARED", "GGML_BUILD", "NDEBUG"];
    let entries = json.as_array().expect("array").iter();
    let calls = entries.filter_map(|entry| {
        let words: Vec<&str> = entry["command"].as_str()?.split_whitespace().collect();
        let file = Path::new(entry["file"].as_str()?).strip_prefix(tree).ok()?.to_str()?.to_owned();
        let wanted = words.iter().any(|word| word.contains(folder)) && file.starts_with("ggml/");
        let defines = words.iter().filter_map(|word| word.strip_prefix("-D"));
        let defines = defines.filter(|d| !shared.contains(d) && !d.ends_with("_EXPORTS"));
        let flags = words.iter().filter(|word| word.starts_with("-m")).map(|&word| word.to_owned());
        wanted.then(|| (file, defines.map(str::to_owned).collect(), flags.collect()))
    });
    calls.collect()
}

fn our_calls<'a>(units: impl Iterator<Item = &'a Unit>) -> BTreeSet<Call> {
    units
        .filter_map(|unit| {
            let Source::Tree(file) = &unit.source else { return None };
            let defines = unit.defines.iter().cloned().collect();
            file.starts_with("ggml/").then(|| (file.clone(), defines, unit.flags.clone()))
        })
        .collect()
}

/// The macro that CMake defines everywhere where back ends are files of their own; here only CPU variants are.
fn without_dl(calls: BTreeSet<Call>) -> BTreeSet<Call> {
    let kept = |defines: BTreeSet<String>| {
        defines.into_iter().filter(|d| d != "GGML_BACKEND_DL" && d != "GGML_USE_CPU").collect()
    };
    calls.into_iter().map(|(file, defines, flags)| (file, kept(defines), flags)).collect()
}

#[test]
fn cross_plans_equal_cmakes() {
    let check = "plans for other systems against CMake";
    let Some(tree) = option_env!("LLAMA_SYS_TREE").map(PathBuf::from) else {
        support::skipped(check, "no tree (LLAMA_SYS_SKIP is set)");
        return;
    };
    let files = Listing::read(&tree).expect("listing");
    for Cross { target, system, prefix, options, variants } in crosses() {
        let compiler = |name: &str| format!("{prefix}{name}");
        let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if let Some(missing) = [compiler("g++"), "cmake".to_owned()].iter().find(|p| !is_there(p)) {
            support::skipped(check, &format!("{missing} is not installed"));
            continue;
        }
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cross-{}", target.arch));
        let mut command = Command::new("cmake");
        command.arg("-S").arg(&tree).arg("-B").arg(&dir).args([
            "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
            "-DGGML_NATIVE=OFF",
            "-DGGML_OPENMP=OFF",
            "-DGGML_CCACHE=OFF",
            "-DLLAMA_OPENSSL=OFF",
        ]);
        for part in ["COMMON", "TESTS", "TOOLS", "EXAMPLES", "SERVER", "APP"] {
            command.arg(format!("-DLLAMA_BUILD_{part}=OFF"));
        }
        command.arg(format!("-DCMAKE_SYSTEM_NAME={system}"));
        command.arg(format!("-DCMAKE_SYSTEM_PROCESSOR={}", target.arch));
        command.arg(format!("-DCMAKE_C_COMPILER={}", compiler("gcc")));
        command.arg(format!("-DCMAKE_CXX_COMPILER={}", compiler("g++")));
        let out = command.args(options).output().expect("cmake");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = std::fs::read_to_string(dir.join("compile_commands.json")).expect("compile commands");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");

        let plan =
            plan::plan(&target, &Options::default(), target.is_linux(), |_| true, &files).expect("plan");
        assert_eq!(plan.variants.len(), variants.len(), "{system}");
        for (variant, folder) in plan.variants.iter().zip(variants) {
            let ours = our_calls(variant.units.iter().map(|&i| &plan.units[i]));
            let mut theirs = cmakes_calls(&json, &tree, folder);
            // It asks the processor; cpu_detect.cpp does so here.
            theirs.retain(|(file, ..)| !file.ends_with("/cpu-feats.cpp"));
            assert!(ours.len() > 10, "{system} {folder}");
            assert_eq!(ours, theirs, "{system} {folder}");
        }
        let ours = our_calls(plan.core.iter().map(|&i| &plan.units[i]));
        let mut theirs = cmakes_calls(&json, &tree, "CMakeFiles/ggml-base.dir/");
        theirs.extend(cmakes_calls(&json, &tree, "CMakeFiles/ggml.dir/"));
        assert_eq!(without_dl(ours), without_dl(theirs), "{system}");
    }
}
