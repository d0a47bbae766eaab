//! The build plan as data: CPU variants, parts and files. `targets.rs` has what depends on the target.

#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/backends.rs"]
mod backends;
#[path = "../build/cache.rs"]
mod cache;
#[path = "../build/plan.rs"]
mod plan;
#[path = "../build/target.rs"]
mod target;
#[path = "../build/variants.rs"]
mod variants;

use plan::{Include, Listing, Options, Plan, Source, Unit, tree_files};
use target::Target;

/// A tree with as many files as the plan needs.
fn files() -> Listing {
    let mut all: Vec<String> = [
        "src/llama.cpp",
        "src/llama-context.cpp",
        "src/llama-sampler.cpp",
        "src/llama-vocab.cpp",
        "ggml/src/ggml.c",
        "ggml/src/ggml.cpp",
        "ggml/src/gguf.cpp",
        "ggml/src/ggml-backend-dl.cpp",
        "ggml/src/ggml-backend-reg.cpp",
        "ggml/src/ggml-impl.h",
        "ggml/src/ggml-blas/ggml-blas.cpp",
        "ggml/src/ggml-rpc/ggml-rpc.cpp",
        "ggml/src/ggml-rpc/transport.cpp",
        "common/json.cpp",
        "common/unicode.cpp",
        "common/json-schema.cpp",
        "common/json-schema-to-grammar.cpp",
        "common/trie.cpp",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend((0..40).map(|i| format!("src/models/m{i:02}.cpp")));
    all.extend(
        ["value", "string", "lexer", "parser", "runtime", "caps"].map(|f| format!("common/jinja/{f}.cpp")),
    );
    all.extend(plan::CHAT_PARSERS.map(str::to_owned));
    all.extend(
        [
            "chat",
            "chat-auto-parser-generator",
            "chat-auto-parser-helpers",
            "chat-diff-analyzer",
            "chat-peg-parser",
            "peg-parser",
        ]
        .map(|f| format!("common/{f}.cpp")),
    );
    for file in [
        "ggml-cpu.c",
        "ggml-cpu.cpp",
        "repack.cpp",
        "hbm.cpp",
        "quants.c",
        "traits.cpp",
        "amx/amx.cpp",
        "amx/mmq.cpp",
        "tiled/tiled.cpp",
        "tiled/tiled-kernel.cpp",
        "binary-ops.cpp",
        "unary-ops.cpp",
        "vec.cpp",
        "ops.cpp",
        "llamafile/sgemm.cpp",
        "arch/x86/quants.c",
        "arch/x86/repack.cpp",
        "arch/arm/quants.c",
        "arch/arm/repack.cpp",
    ] {
        all.push(format!("ggml/src/ggml-cpu/{file}"));
    }
    for file in ["clip", "mtmd", "mtmd-audio", "mtmd-image", "mtmd-helper", "mtmd-helper-gen", "models/llava"]
    {
        all.push(format!("tools/mtmd/{file}.cpp"));
    }
    all.extend(["vendor/hash/hash.cpp", "vendor/hash/sha256/sha256.c"].map(str::to_owned));
    Listing::new(all)
}

fn make(target: &Target, options: &Options, can_merge: bool) -> Plan {
    plan::plan(target, options, can_merge, |_| true, &files()).expect("plan")
}

fn default_plan(target: &Target) -> Plan {
    make(target, &Options { jinja: true, ..Options::default() }, target.is_linux())
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.variants.iter().map(|v| v.name.as_str()).collect()
}

fn unit<'a>(plan: &'a Plan, variant: &str, file: &str) -> &'a Unit {
    let variant = plan.variants.iter().find(|v| v.name == variant).expect("variant");
    variant
        .units
        .iter()
        .map(|&i| &plan.units[i])
        .find(|u| matches!(&u.source, Source::Tree(f) if f.ends_with(file)))
        .expect("unit")
}

#[test]
fn linux_x86_64_has_every_class() {
    let plan = default_plan(&Target::new("x86_64", "linux", "gnu"));
    assert!(plan.dispatch);
    assert_eq!(names(&plan), ["sse42", "haswell", "alderlake", "icelake", "zen4", "sapphirerapids"]);
    assert_eq!(unit(&plan, "sse42", "ggml-cpu/ops.cpp").flags, ["-msse4.2"]);
    let zen4 = unit(&plan, "zen4", "ggml-cpu/vec.cpp");
    for flag in ["-mavx2", "-mavx512vnni", "-mavx512bf16"] {
        assert!(zen4.flags.iter().any(|f| f == flag), "{:?}", zen4.flags);
    }
    assert!(unit(&plan, "sapphirerapids", "amx/mmq.cpp").flags.iter().any(|f| f == "-mamx-int8"));
}

#[test]
fn variants_share_what_does_not_differ() {
    let plan = default_plan(&Target::new("x86_64", "linux", "gnu"));
    let index = |variant: &str, file: &str| {
        let wanted = unit(&plan, variant, file);
        plan.units.iter().position(|u| u == wanted)
    };
    assert_eq!(index("icelake", "ggml-cpu/ops.cpp"), index("sapphirerapids", "ggml-cpu/ops.cpp"));
    assert_eq!(index("haswell", "ggml-cpu/ops.cpp"), index("alderlake", "ggml-cpu/ops.cpp"));
    assert_ne!(index("haswell", "ggml-cpu/ops.cpp"), index("icelake", "ggml-cpu/ops.cpp"));
    assert_ne!(index("icelake", "ggml-cpu/vec.cpp"), index("zen4", "ggml-cpu/vec.cpp"));
    // No unit twice.
    for (i, a) in plan.units.iter().enumerate() {
        assert!(!plan.units[i + 1..].contains(a), "{a:?}");
    }
}

#[test]
fn linux_aarch64_raises_the_architecture_with_the_features() {
    let plan = default_plan(&Target::new("aarch64", "linux", "gnu"));
    assert!(plan.dispatch);
    assert_eq!(plan.variants.len(), 8);
    assert_eq!(unit(&plan, "armv8_0", "ggml-cpu/ops.cpp").flags, ["-march=armv8-a"]);
    let best = unit(&plan, "armv9_2_sve2_sme", "arch/arm/quants.c");
    assert_eq!(best.flags, ["-march=armv9.2-a+dotprod+fp16+sve+i8mm+sve2+sme"]);
    assert!(best.defines.iter().any(|d| d == "GGML_USE_MATMUL_INT8"));
    assert!(plan.units.iter().all(|u| !matches!(&u.source, Source::Tree(f) if f.contains("arch/x86"))));
}

#[test]
fn without_binutils_linux_has_one_honest_baseline() {
    let target = Target::new("x86_64", "linux", "musl");
    let plan = make(&target, &Options::default(), false);
    assert!(!plan.dispatch);
    assert_eq!(names(&plan), ["haswell"]);
    let defines = &unit(&plan, "haswell", "ggml-cpu/ops.cpp").defines;
    assert!(!defines.iter().any(|d| d == "GGML_BACKEND_DL"), "{defines:?}");
}

#[test]
fn native_is_one_variant_for_this_machine() {
    let options = Options { native: true, ..Options::default() };
    let plan = make(&Target::new("x86_64", "linux", "gnu"), &options, true);
    assert_eq!(names(&plan), ["native"]);
    assert!(plan.dispatch, "its constructors wait for the check of the processor, too");
    assert_eq!(unit(&plan, "native", "ggml-cpu/ops.cpp").flags, ["-march=native"]);
}

#[test]
fn chosen_variants_are_checked() {
    let target = Target::new("x86_64", "linux", "gnu");
    let with = |list: &[&str]| Options {
        variants: Some(list.iter().map(|&v| v.to_owned()).collect()),
        ..Options::default()
    };
    assert_eq!(names(&make(&target, &with(&["zen4", "sse42"]), true)), ["sse42", "zen4"]);
    let error = plan::plan(&target, &with(&["pentium"]), true, |_| true, &files()).expect_err("unknown");
    assert!(error.contains("pentium") && error.contains("haswell"), "{error}");
    assert_eq!(names(&make(&target, &with(&["sse42"]), false)), ["sse42"]);
}

#[test]
fn variants_that_the_compiler_does_not_know_are_left_out() {
    let old_compiler = |flags: &[String]| !flags.iter().any(|f| f.contains("amx") || f.contains("armv9"));
    let with = |arch: &str, options: &Options| {
        plan::plan(&Target::new(arch, "linux", "gnu"), options, true, old_compiler, &files())
    };
    let plan = with("x86_64", &Options::default()).expect("plan");
    assert_eq!(names(&plan).last(), Some(&"zen4"));
    assert_eq!(with("aarch64", &Options::default()).expect("plan").variants.len(), 6);
    let wanted = Options { variants: Some(vec!["sapphirerapids".to_owned()]), ..Options::default() };
    assert!(with("x86_64", &wanted).is_err());
}

#[test]
fn missing_sources_are_named() {
    let few = Listing::new(vec!["src/llama.cpp".to_owned()]);
    let target = Target::new("x86_64", "linux", "gnu");
    let error = plan::plan(&target, &Options::default(), true, |_| true, &few).expect_err("missing");
    assert!(error.contains("ggml/src/ggml-cpu/"), "{error}");
}

#[test]
fn what_describes_computations_is_checked() {
    let plan = default_plan(&Target::new("x86_64", "linux", "gnu"));
    let of_llama = |unit: &&Unit| tree_files(&unit.source).iter().any(|file| file.starts_with("src/"));
    let units: Vec<&Unit> = plan.units.iter().filter(of_llama).collect();
    assert_eq!(units.len(), 7);
    for unit in units {
        // Its header includes the other one.
        let saves = tree_files(&unit.source) == ["src/llama-context.cpp"];
        let header = if saves { "state_io.h" } else { "graph_checks.h" };
        assert_eq!(unit.prelude, Some(header), "{:?}", unit.source);
        assert!(unit.includes.contains(&Include::Checks), "{:?}", unit.source);
    }
}

#[test]
fn models_are_compiled_in_batches_of_sixteen() {
    let plan = default_plan(&Target::new("x86_64", "linux", "gnu"));
    let batches: Vec<usize> = plan
        .units
        .iter()
        .filter_map(|u| match &u.source {
            Source::Unity(name, files) if name.starts_with("models") => Some(files.len()),
            _ => None,
        })
        .collect();
    assert_eq!(batches, [16, 16, 8]);
}

#[test]
fn parts_of_the_common_library_are_optional_and_add_up() {
    let target = Target::new("x86_64", "linux", "gnu");
    let none = Options::default();
    let plan = |options: &Options| make(&target, options, true);
    let common = |options: &Options| {
        let plan = plan(options);
        let mut files: Vec<String> =
            plan.core.iter().flat_map(|&i| tree_files(&plan.units[i].source)).collect();
        files.retain(|file| file.starts_with("common/"));
        files
    };
    let jinja = Options { jinja: true, ..none.clone() };
    let json_schema = Options { json_schema: true, ..none.clone() };
    let both = Options { jinja: true, json_schema: true, ..none.clone() };
    assert_eq!(common(&none), [""; 0]);
    assert!(common(&jinja).iter().all(|file| !file.contains("schema")));
    assert!(common(&json_schema).iter().all(|file| !file.contains("jinja")));
    let all = Options { chat: true, ..both.clone() };
    assert!(common(&all).len() > common(&both).len() + plan::CHAT_PARSERS.len());
    assert!(plan(&both).units.iter().all(|unit| plan(&all).units.contains(unit)));
    for one in [&jinja, &json_schema] {
        assert!(!common(one).is_empty());
        assert!(common(one).iter().all(|file| common(&both).contains(file)));
        // What is compiled for one is not compiled again for both.
        assert!(plan(one).units.iter().all(|unit| plan(&both).units.contains(unit)));
    }
}

#[test]
fn the_multimodal_library_is_optional_and_changes_nothing_else() {
    let target = Target::new("x86_64", "linux", "gnu");
    let without = default_plan(&target);
    let with = make(&target, &Options { jinja: true, multimodal: true, ..Options::default() }, true);
    let (own, others): (Vec<Unit>, Vec<Unit>) = with.units.into_iter().partition(Unit::is_multimodal);
    assert_eq!(others, without.units);
    assert_eq!(with.core.len(), without.core.len() + own.len());
    for unit in &own {
        assert_eq!(unit.prelude, Some("mtmd_checks.h"), "{:?}", unit.source);
        assert!(unit.includes.contains(&Include::Checks), "{:?}", unit.source);
        assert!(unit.defines.iter().all(|d| d != "MTMD_VIDEO"), "no process of ffmpeg: {:?}", unit.source);
    }
    let mut compiled: Vec<String> = own.iter().flat_map(|u| plan::tree_files(&u.source)).collect();
    assert!(own.iter().any(|u| matches!(&u.source, Source::Shim(file) if file == "multimodal.cpp")));
    compiled.push("tools/mtmd/mtmd-helper.cpp".to_owned());
    compiled.sort();
    let expected = files_below(&["tools/mtmd/", "vendor/hash/"]);
    assert_eq!(compiled, expected);
}

#[test]
fn plugins_are_loaded_on_linux_by_programs_that_are_linked_dynamically() {
    let with = |arch, os, env| Target::new(arch, os, env).loads_plugins();
    assert!(with("x86_64", "linux", "gnu") && with("aarch64", "linux", "gnu"));
    assert!(!with("riscv64", "linux", "gnu") && !with("x86_64", "windows", "msvc"));
    assert!(!with("aarch64", "macos", "") && !with("aarch64", "android", ""));
    let mut musl = Target::new("x86_64", "linux", "musl");
    assert!(musl.loads_plugins());
    musl.features = vec!["crt-static".to_owned()];
    assert!(!musl.loads_plugins());
}

#[test]
fn plugins_are_no_part_of_the_program_and_are_compiled_the_same() {
    let target = Target::new("x86_64", "linux", "gnu");
    let backends = vec!["blas", "cuda", "rpc", "vulkan"];
    let fixed = Options { backends, prefix: "lrs_", ..Options::default() };
    let dynamic = Options { dynamic: true, ..fixed.clone() };
    let (fixed, dynamic) = (make(&target, &fixed, true), make(&target, &dynamic, true));
    assert!(fixed.plugins.is_empty());
    let features: Vec<&str> = dynamic.plugins.iter().map(|plugin| plugin.feature).collect();
    assert_eq!(features, ["blas", "vulkan", "cuda"], "RPC stays in the program");

    let is_blas = |unit: &Unit| matches!(&unit.source, Source::Tree(file) if file.contains("ggml-blas"));
    let core = |plan: &Plan| plan.core.iter().map(|&i| plan.units[i].clone()).collect::<Vec<_>>();
    assert!(core(&fixed).iter().any(is_blas) && !core(&dynamic).iter().any(is_blas));
    let blas: Vec<&Unit> = dynamic.plugins[0].units.iter().map(|&i| &dynamic.units[i]).collect();
    assert!(blas.iter().any(|&unit| is_blas(unit) && core(&fixed).contains(unit)));
    for plugin in &dynamic.plugins {
        let first = &dynamic.units[plugin.units[0]];
        assert!(matches!(&first.source, Source::Shim(file) if file == "plugin.cpp"), "{first:?}");
        assert!(first.defines[0].starts_with("LRS_PLUGIN_REGISTRY=lrs_ggml_backend_"), "{first:?}");
    }
    // The program is told of back ends that it has.
    let told = |plan: &Plan, define: &str| plan.units.iter().any(|u| u.defines.iter().any(|d| d == define));
    for define in ["GGML_USE_BLAS", "GGML_USE_CUDA", "GGML_USE_VULKAN"] {
        assert!(told(&fixed, define) && !told(&dynamic, define), "{define}");
    }
    assert!(told(&dynamic, "GGML_USE_RPC"));
    // One registry, with a lock around it.
    let registry = |unit: &Unit| match &unit.source {
        Source::Tree(file) => file.ends_with("ggml-backend-reg.cpp"),
        Source::Shim(file) => file == "registry.cpp",
        Source::Unity(..) => false,
    };
    assert_eq!(core(&dynamic).into_iter().filter(registry).count(), 1);
}

/// The files of [`files`] in these folders, sorted.
fn files_below(folders: &[&str]) -> Vec<String> {
    let all = format!("{:?}", files());
    let mut found: Vec<String> = all
        .split('"')
        .filter(|f| folders.iter().any(|folder| f.starts_with(folder)))
        .map(str::to_owned)
        .collect();
    found.sort();
    found
}

#[test]
fn dependency_rules_are_parsed() {
    let rule = "out.o: /a/b.cpp /a/c\\ d.h \\\n  /e.h\n";
    let paths: Vec<String> = cache::parse_deps(rule).iter().map(|p| p.display().to_string()).collect();
    assert_eq!(paths, ["/a/b.cpp", "/a/c d.h", "/e.h"]);
    assert!(cache::parse_deps("").is_empty());

    let list = r#"{
    "Version": "1.1",
    "Data": {
        "Source": "c:\\a\\b.cpp",
        "ProvidedModule": "",
        "Includes": [
            "c:\\program files\\c.h",
            "c:\\d.h"
        ],
        "ImportedModules": ["no"]
    }
}"#;
    let one_line: String = list.lines().map(str::trim).collect();
    for list in [list, &one_line] {
        let paths: Vec<_> = cache::parse_msvc_deps(list).iter().map(|p| p.display().to_string()).collect();
        assert_eq!(paths, [r"c:\a\b.cpp", r"c:\program files\c.h", r"c:\d.h"]);
    }
    for list in ["", "{", r#"{"Source":"a"#, r#"{"Includes":["a\"#, r#"{"Includes":"a"}"#] {
        assert!(cache::parse_msvc_deps(list).is_empty(), "{list}");
    }
}
