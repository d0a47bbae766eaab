//! The build plan and the link lines of every target that we claim, as a table: most of them cannot be built here.

#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/backends.rs"]
mod backends;
#[path = "../build/env.rs"]
mod env;
#[path = "../build/libraries.rs"]
mod libraries;
#[path = "../build/plan.rs"]
mod plan;
#[path = "../build/probe.rs"]
mod probe;
mod support;
#[path = "../build/target.rs"]
mod target;
#[path = "../build/variants.rs"]
mod variants;

use libraries::{Stdcxx, libraries};
use plan::{Listing, Options, Plan, Source, Unit};
use std::path::Path;
use target::Target;

/// What is compiled for one target, and what a program is linked with.
struct Row {
    arch: &'static str,
    os: &'static str,
    env: &'static str,
    /// All CPU variants.
    variants: &'static [&'static str],
    /// Flags of the first one.
    flags: &'static [&'static str],
    /// Macros of every file of ggml.
    ggml: &'static [&'static str],
    /// Macros of ggml-cpu on top, without those of the variant.
    cpu: &'static [&'static str],
    /// Kernels written for the processor.
    kernels: Option<&'static str>,
    libraries: &'static [&'static str],
}

const X86: &[&str] = &["sse42", "haswell", "alderlake", "icelake", "zen4", "sapphirerapids"];
const ARM: &[&str] = &[
    "armv8_0",
    "armv8_2_dotprod",
    "armv8_2_fp16",
    "armv8_2_sve",
    "armv8_6_i8mm",
    "armv8_6_sve2",
    "armv9_2_sme",
    "armv9_2_sve2_sme",
];
const AVX2: &[&str] = &["-msse4.2", "-mf16c", "-mfma", "-mbmi2", "-mavx", "-mavx2"];
const GNU: &[&str] = &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=600", "_GNU_SOURCE"];
const WINDOWS: &[&str] = &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=600", "_CRT_SECURE_NO_WARNINGS"];
const DARWIN: &[&str] = &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=600", "_DARWIN_C_SOURCE"];
const ALONE: &[&str] = &["GGML_USE_CPU_REPACK", "GGML_USE_LLAMAFILE"];
const GENERIC: &[&str] = &["GGML_USE_CPU_REPACK", "GGML_USE_LLAMAFILE", "GGML_CPU_GENERIC"];
const MERGED: &[&str] =
    &["GGML_USE_CPU_REPACK", "GGML_USE_LLAMAFILE", "GGML_BACKEND_DL", "GGML_BACKEND_BUILD"];
const APPLE: &[&str] = &[
    "GGML_USE_CPU_REPACK",
    "GGML_USE_LLAMAFILE",
    "GGML_USE_ACCELERATE",
    "ACCELERATE_NEW_LAPACK",
    "ACCELERATE_LAPACK_ILP64",
];
const ON_LINUX: &[&str] = &["stdc++", "m", "dl", "pthread"];

const TABLE: [Row; 15] = [
    Row {
        arch: "x86_64",
        os: "linux",
        env: "gnu",
        variants: X86,
        flags: &["-msse4.2"],
        ggml: GNU,
        cpu: MERGED,
        kernels: Some("x86"),
        libraries: ON_LINUX,
    },
    Row {
        arch: "x86_64",
        os: "linux",
        env: "musl",
        variants: X86,
        flags: &["-msse4.2"],
        ggml: GNU,
        cpu: MERGED,
        kernels: Some("x86"),
        libraries: ON_LINUX,
    },
    Row {
        arch: "aarch64",
        os: "linux",
        env: "gnu",
        variants: ARM,
        flags: &["-march=armv8-a"],
        ggml: GNU,
        cpu: MERGED,
        kernels: Some("arm"),
        libraries: ON_LINUX,
    },
    Row {
        arch: "aarch64",
        os: "linux",
        env: "musl",
        variants: ARM,
        flags: &["-march=armv8-a"],
        ggml: GNU,
        cpu: MERGED,
        kernels: Some("arm"),
        libraries: ON_LINUX,
    },
    Row {
        arch: "x86_64",
        os: "macos",
        env: "",
        variants: &["haswell"],
        flags: AVX2,
        ggml: DARWIN,
        cpu: APPLE,
        kernels: Some("x86"),
        libraries: &["c++", "m", "framework=Accelerate"],
    },
    Row {
        arch: "aarch64",
        os: "macos",
        env: "",
        variants: &["baseline"],
        flags: &[],
        ggml: DARWIN,
        cpu: APPLE,
        kernels: Some("arm"),
        libraries: &["c++", "m", "framework=Accelerate"],
    },
    Row {
        arch: "x86_64",
        os: "windows",
        env: "msvc",
        variants: &["haswell"],
        flags: AVX2,
        ggml: WINDOWS,
        cpu: &["GGML_USE_CPU_REPACK", "GGML_USE_LLAMAFILE", "__BMI2__"],
        kernels: Some("x86"),
        libraries: &["advapi32"],
    },
    Row {
        arch: "aarch64",
        os: "windows",
        env: "msvc",
        variants: &["baseline"],
        flags: &[],
        ggml: WINDOWS,
        cpu: &["GGML_USE_CPU_REPACK", "GGML_USE_LLAMAFILE", "__ARM_FEATURE_FMA"],
        kernels: Some("arm"),
        libraries: &["advapi32"],
    },
    Row {
        arch: "x86_64",
        os: "windows",
        env: "gnu",
        variants: &["haswell"],
        flags: AVX2,
        ggml: WINDOWS,
        cpu: ALONE,
        kernels: Some("x86"),
        libraries: &["static:-bundle=stdc++", "advapi32"],
    },
    Row {
        arch: "aarch64",
        os: "windows",
        env: "gnu",
        variants: &["baseline"],
        flags: &[],
        ggml: WINDOWS,
        cpu: ALONE,
        kernels: Some("arm"),
        libraries: &["static:-bundle=stdc++", "advapi32"],
    },
    Row {
        arch: "x86_64",
        os: "android",
        env: "",
        variants: &["haswell"],
        flags: AVX2,
        ggml: GNU,
        cpu: ALONE,
        kernels: Some("x86"),
        libraries: &["c++_shared", "m", "dl"],
    },
    Row {
        arch: "aarch64",
        os: "android",
        env: "",
        variants: &["armv8_0"],
        flags: &["-march=armv8-a"],
        ggml: GNU,
        cpu: ALONE,
        kernels: Some("arm"),
        libraries: &["c++_shared", "m", "dl"],
    },
    // No variants, and no flags beyond the compiler's own baseline.
    Row {
        arch: "x86",
        os: "linux",
        env: "gnu",
        variants: &["baseline"],
        flags: &[],
        ggml: GNU,
        cpu: ALONE,
        kernels: Some("x86"),
        libraries: ON_LINUX,
    },
    Row {
        arch: "arm",
        os: "linux",
        env: "gnu",
        variants: &["baseline"],
        flags: &[],
        ggml: GNU,
        cpu: ALONE,
        kernels: Some("arm"),
        libraries: ON_LINUX,
    },
    // Processors without kernels of their own take the portable ones.
    Row {
        arch: "riscv64",
        os: "linux",
        env: "gnu",
        variants: &["baseline"],
        flags: &[],
        ggml: GNU,
        cpu: GENERIC,
        kernels: None,
        libraries: ON_LINUX,
    },
];

/// The files of the pinned tree; says so where there is none.
fn tree(check: &str) -> Option<Listing> {
    let Some(tree) = option_env!("LLAMA_SYS_TREE") else {
        support::skipped(check, "no tree (LLAMA_SYS_SKIP is set)");
        return None;
    };
    Some(Listing::read(Path::new(tree)).expect("listing"))
}

fn make(target: &Target, options: &Options, files: &Listing) -> Result<Plan, String> {
    plan::plan(target, options, target.is_linux(), |_| true, files)
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.variants.iter().map(|v| v.name.as_str()).collect()
}

fn units(plan: &Plan, variant: usize) -> impl Iterator<Item = (&str, &Unit)> {
    plan.variants[variant].units.iter().filter_map(|&i| match &plan.units[i] {
        unit @ Unit { source: Source::Tree(file) | Source::Shim(file), .. } => Some((file.as_str(), unit)),
        Unit { .. } => None,
    })
}

fn unit<'a>(plan: &'a Plan, variant: usize, file: &str) -> &'a Unit {
    units(plan, variant).find(|(name, _)| name.ends_with(file)).expect("unit").1
}

#[test]
fn every_target_compiles_and_links_what_the_table_says() {
    let Some(files) = tree("plans of all targets") else { return };
    for row in TABLE {
        let target = Target::new(row.arch, row.os, row.env);
        let name = format!("{}-{}-{}", row.arch, row.os, row.env);
        let plan = make(&target, &Options::default(), &files).expect("plan");
        assert_eq!(names(&plan), row.variants, "{name}");
        assert_eq!(plan.dispatch, row.variants.len() > 1, "{name}");

        let ops = unit(&plan, 0, "ggml-cpu/ops.cpp");
        assert_eq!(ops.flags, row.flags, "{name}");
        let of_the_variant =
            |define: &&String| !variants::X86_FEATURES.iter().any(|f| f.define == define.as_str());
        let expected: Vec<&str> = row.ggml.iter().chain(row.cpu).copied().collect();
        let found: Vec<&String> = ops.defines.iter().filter(of_the_variant).collect();
        assert_eq!(found, expected, "{name}");

        let base = plan.core.iter().map(|&i| &plan.units[i]);
        let base = base.filter(|u| u.source == Source::Tree("ggml/src/ggml.c".to_owned()));
        assert_eq!(base.map(|u| u.defines.clone()).collect::<Vec<_>>(), [row.ggml], "{name}");

        let kernels: Vec<&str> = units(&plan, 0)
            .filter_map(|(file, _)| file.strip_prefix("ggml/src/ggml-cpu/arch/")?.split_once('/'))
            .map(|(folder, _)| folder)
            .collect();
        assert_eq!(kernels, row.kernels.map_or(vec![], |folder| vec![folder, folder]), "{name}");

        assert_eq!(libraries(&target, &Stdcxx::default(), false), row.libraries, "{name}");
    }
}

#[test]
fn ggml_gets_the_macros_of_other_unixes() {
    let Some(files) = tree("macros of other systems") else { return };
    for (os, expected) in [
        ("freebsd", &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=600", "__BSD_VISIBLE"][..]),
        ("netbsd", &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=600", "_NETBSD_SOURCE"]),
        ("openbsd", &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=700", "_BSD_SOURCE"]),
        ("dragonfly", &["GGML_SCHED_MAX_COPIES=4", "_XOPEN_SOURCE=600", "_DARWIN_C_SOURCE"]),
        ("ios", DARWIN),
    ] {
        let plan = make(&Target::new("aarch64", os, ""), &Options::default(), &files).expect("plan");
        let base = plan.units.iter().find(|u| u.source == Source::Tree("ggml/src/ggml.c".to_owned()));
        assert_eq!(base.expect("ggml.c").defines, expected, "{os}");
    }
}

#[test]
fn rustc_target_cpu_raises_the_only_variant() {
    let Some(files) = tree("baselines with -C target-cpu") else { return };
    let avx512 = "avx512f avx512vl avx512bw avx512dq avx512cd avx512vbmi avx512vnni";
    for (arch, os, env, features, expected) in [
        ("x86_64", "windows", "msvc", "avx2 fma", "haswell"),
        ("x86_64", "windows", "msvc", avx512, "icelake"),
        // Microsoft's compiler has no BF16.
        ("x86_64", "windows", "msvc", &format!("{avx512} avx512bf16"), "icelake"),
        ("x86_64", "windows", "gnu", &format!("{avx512} avx512bf16"), "zen4"),
        ("x86_64", "macos", "", "avx2 avxvnni", "alderlake"),
        ("aarch64", "android", "", "neon", "armv8_0"),
        ("aarch64", "android", "", "neon dotprod", "armv8_2_dotprod"),
        ("aarch64", "android", "", "neon dotprod fp16 sve i8mm sve2", "armv8_6_sve2"),
        // Apple's compiler knows the oldest processor of the target; elsewhere nothing could check the choice.
        ("aarch64", "macos", "", "neon dotprod fp16", "baseline"),
        ("aarch64", "windows", "msvc", "neon dotprod", "baseline"),
    ] {
        let mut target = Target::new(arch, os, env);
        target.features = features.split(' ').map(str::to_owned).collect();
        let plan = make(&target, &Options::default(), &files).expect("plan");
        assert_eq!(names(&plan), [expected], "{arch}-{os}-{env} with {features}");
    }
}

#[test]
fn the_only_variant_can_be_named() {
    let Some(files) = tree("named baselines") else { return };
    let with = |target: &Target, name: &str| {
        make(target, &Options { variants: Some(vec![name.to_owned()]), ..Options::default() }, &files)
    };
    for (arch, os, env, name) in [
        ("x86_64", "windows", "gnu", "sse42"),
        ("x86_64", "windows", "gnu", "sapphirerapids"),
        ("x86_64", "windows", "msvc", "icelake"),
        ("aarch64", "android", "", "armv8_6_i8mm"),
    ] {
        let plan = with(&Target::new(arch, os, env), name).expect("plan");
        assert_eq!(names(&plan), [name], "{arch}-{os}-{env}");
    }
    for (arch, os, env, name, known) in [
        ("x86_64", "windows", "gnu", "armv8_0", "zen4"),
        ("x86_64", "windows", "msvc", "zen4", "icelake"),
        ("aarch64", "android", "", "haswell", "armv8_2_dotprod"),
        ("aarch64", "macos", "", "armv8_0", "no names"),
    ] {
        let error = with(&Target::new(arch, os, env), name).expect_err("unknown");
        assert!(error.contains(&format!("\"{name}\"")) && error.contains(known), "{error}");
    }
}

#[test]
fn microsofts_compiler_is_told_what_it_does_not_say() {
    let Some(files) = tree("macros for Microsoft's compiler") else { return };
    let target = Target::new("x86_64", "windows", "msvc");
    let options = Options { variants: Some(vec!["icelake".to_owned()]), ..Options::default() };
    let plan = make(&target, &options, &files).expect("plan");
    let needs = unit(&plan, 0, "needs.cpp");
    assert_eq!(needs.defines, ["__BMI2__", "__AVX512VBMI__", "__AVX512VNNI__"]);
    for define in &needs.defines {
        assert!(unit(&plan, 0, "arch/x86/quants.c").defines.contains(define), "{define}");
    }
    // Others say it themselves.
    let plan = make(&Target::new("x86_64", "windows", "gnu"), &options, &files).expect("plan");
    assert_eq!(unit(&plan, 0, "needs.cpp").defines, [""; 0]);
}

#[test]
fn mingw_gets_what_its_headers_lack() {
    let Some(files) = tree("the header for MinGW") else { return };
    for row in TABLE {
        let plan = make(&Target::new(row.arch, row.os, row.env), &Options::default(), &files).expect("plan");
        let patched: Vec<&str> =
            units(&plan, 0).filter(|(_, u)| u.prelude == Some("mingw.h")).map(|(file, _)| file).collect();
        let expected: &[&str] =
            if (row.os, row.env) == ("windows", "gnu") { &["ggml/src/ggml-cpu/ggml-cpu.c"] } else { &[] };
        assert_eq!(patched, expected, "{}-{}-{}", row.arch, row.os, row.env);
    }
}

#[test]
fn native_is_for_the_building_machine_only() {
    let Some(files) = tree("feature native for other targets") else { return };
    let options = Options { native: true, ..Options::default() };
    let mut target = Target::new("aarch64", "linux", "gnu");
    target.is_foreign = target::is_foreign("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu");
    let error = make(&target, &options, &files).expect_err("cross");
    assert!(error.contains("native") && error.contains("LLAMA_SYS_CPU_VARIANTS"), "{error}");
    target.is_foreign = false;
    assert_eq!(names(&make(&target, &options, &files).expect("plan")), ["native"]);
}

#[test]
fn another_c_library_is_no_other_machine() {
    for (host, target, foreign) in [
        ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu", false),
        ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl", false),
        ("x86_64-alpine-linux-musl", "x86_64-unknown-linux-gnu", false),
        ("x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu", false),
        ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", true),
        ("x86_64-unknown-linux-gnu", "i686-unknown-linux-gnu", true),
        ("x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu", true),
        ("aarch64-unknown-linux-gnu", "aarch64-linux-android", true),
        ("aarch64-apple-darwin", "x86_64-apple-darwin", true),
    ] {
        assert_eq!(target::is_foreign(host, target), foreign, "{host} -> {target}");
    }
}

#[test]
fn variables_of_a_target_come_before_those_of_all() {
    let names = |host| env::names_for_target("OBJCOPY", host, "aarch64-unknown-linux-gnu");
    let both = ["OBJCOPY_aarch64-unknown-linux-gnu", "OBJCOPY_aarch64_unknown_linux_gnu"];
    assert_eq!(names("x86_64-unknown-linux-gnu"), [both[0], both[1], "TARGET_OBJCOPY", "OBJCOPY"]);
    assert_eq!(names("aarch64-unknown-linux-gnu"), [both[0], both[1], "HOST_OBJCOPY", "OBJCOPY"]);
}

#[test]
fn the_standard_library_is_the_compilers_unless_the_user_says_otherwise() {
    let shared = Stdcxx::default();
    let llvm = Stdcxx { is_llvm: true, ..Stdcxx::default() };
    let inside = Stdcxx { is_static: true, ..Stdcxx::default() };
    let llvm_inside = Stdcxx { is_llvm: true, ..inside.clone() };
    let named = |name: &str| Stdcxx { chosen: Some(name.to_owned()), ..Stdcxx::default() };
    for (os, env, stdcxx, rpc, expected) in [
        ("linux", "gnu", &llvm, false, &["c++", "m", "dl", "pthread"][..]),
        ("linux", "gnu", &inside, false, &["static:-bundle=stdc++", "m", "dl", "pthread"]),
        (
            "linux",
            "gnu",
            &llvm_inside,
            false,
            &["static:-bundle=c++", "static:-bundle=c++abi", "m", "dl", "pthread"],
        ),
        (
            "linux",
            "musl",
            &named("stdc++_libbacktrace"),
            false,
            &["stdc++_libbacktrace", "m", "dl", "pthread"],
        ),
        ("linux", "musl", &named(""), false, &["m", "dl", "pthread"]),
        ("windows", "gnu", &shared, true, &["static:-bundle=stdc++", "advapi32", "ws2_32"]),
        ("windows", "gnu", &llvm, false, &["c++", "advapi32"]),
        ("windows", "gnu", &inside, false, &["static:-bundle=stdc++", "advapi32"]),
        ("windows", "msvc", &inside, true, &["advapi32", "ws2_32"]),
        ("android", "", &inside, false, &["c++_static", "c++abi", "m", "dl"]),
        ("android", "", &named("c++_static"), false, &["c++_static", "m", "dl"]),
        ("macos", "", &inside, false, &["c++", "m", "framework=Accelerate"]),
        ("freebsd", "", &llvm, false, &["c++", "m", "pthread"]),
    ] {
        let found = libraries(&Target::new("x86_64", os, env), stdcxx, rpc);
        assert_eq!(found, expected, "{os}-{env} {stdcxx:?}");
    }
}

#[test]
fn a_system_that_is_too_old_is_refused() {
    let intel = Target::new("x86_64", "macos", "");
    let apple = Target::new("aarch64", "macos", "");
    for (target, blas, set, expected) in [
        (&intel, false, None, "10.15"),
        (&apple, false, None, "11.0"),
        (&intel, true, None, "13.3"),
        (&apple, true, None, "13.3"),
        (&intel, false, Some("10.15"), "10.15"),
        (&intel, false, Some("11"), "11"),
        (&apple, true, Some("14"), "14"),
        (&apple, true, Some("13.3.1"), "13.3.1"),
        (&apple, false, Some("26.2"), "26.2"),
    ] {
        assert_eq!(target.oldest_macos(blas, set), Ok(Some(expected.to_owned())), "{set:?}");
    }
    for (target, blas, set, needed) in [
        (&intel, false, "10.13", "10.15"),
        (&apple, false, "10.15", "11.0"),
        (&apple, true, "13", "13.3"),
        (&apple, true, "13.2", "13.3"),
        (&intel, false, "new", "10.15"),
        (&intel, false, "11.x", "10.15"),
    ] {
        let error = target.oldest_macos(blas, Some(set)).expect_err("too old");
        assert!(error.contains(set) && error.contains(needed) && error.contains("Tauri"), "{error}");
    }
    assert_eq!(Target::new("x86_64", "linux", "gnu").oldest_macos(true, Some("1")), Ok(None));
    assert_eq!(Target::new("aarch64", "ios", "").oldest_macos(true, Some("1")), Ok(None));
}

#[test]
fn libraries_are_looked_for_in_the_words_of_each_compiler() {
    let program = probe::Probe {
        text: "",
        include: Some("/i c".into()),
        folder: Some("/l".into()),
        library: Some("x"),
    };
    let arguments = |probe: &probe::Probe<'_>, msvc| {
        let all = probe.arguments(msvc, Path::new("p.cpp"), Path::new("p.out"));
        all.into_iter().map(|word| word.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(arguments(&program, false), ["-I/i c", "-o", "p.out", "p.cpp", "-L/l", "-lx"]);
    let microsoft = ["/nologo", "/I/i c", "/Fop.obj", "/Fep.out", "p.cpp", "/link", "/LIBPATH:/l", "x.lib"];
    assert_eq!(arguments(&program, true), microsoft);
    let header = probe::Probe::default();
    assert_eq!(arguments(&header, false), ["-o", "p.out", "p.cpp"]);
}
