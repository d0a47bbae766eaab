//! Who compiles what, and what CMake is told, as data: for systems that are not at hand.

#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/backends.rs"]
mod backends;
#[path = "../build/builder.rs"]
mod builder;
#[path = "support/cmake.rs"]
mod calls;
#[path = "../build/plan.rs"]
mod plan;
#[path = "../build/recipe.rs"]
mod recipe;
mod support;
#[path = "../build/target.rs"]
mod target;
#[path = "../build/variants.rs"]
mod variants;

use backends::{BACKENDS, Sources};
use builder::{Builder, CORE, SHIM, parts};
use calls::{comparable, configure, tree};
use plan::{Blas, Listing, Options, Plan, Source, tree_files};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use target::Target;

fn linux() -> Target {
    Target::new("x86_64", "linux", "gnu")
}

fn apple() -> [Target; 3] {
    [("x86_64", "macos"), ("aarch64", "macos"), ("aarch64", "ios")]
        .map(|(arch, os)| Target::new(arch, os, ""))
}

fn choice(features: &[&str], forced: Option<&str>) -> Vec<(&'static str, &'static str)> {
    let parts = parts(&linux(), features, forced).expect("a choice");
    parts.iter().map(|part| (part.name, part.builder.name())).collect()
}

#[test]
fn cc_compiles_all_that_it_can() {
    assert_eq!(choice(&[], None), [("core", "cc"), ("shim", "cc")]);
    assert_eq!(
        choice(&["blas", "cmake", "jinja", "rpc"], None),
        [("core", "cc"), ("rpc", "cc"), ("blas", "cc"), ("shim", "cc")],
        "a feature that allows cmake does not choose it"
    );
    assert_eq!(choice(&["blas", "rpc"], Some("cc")), choice(&["blas", "rpc"], None));
    assert_eq!(
        choice(&["cmake", "vulkan", "rpc"], None),
        [("core", "cc"), ("rpc", "cc"), ("vulkan", "cmake"), ("shim", "cc")]
    );
    for target in apple() {
        let parts = parts(&target, &["cmake", "metal"], None).expect("a choice");
        let builder = |name| parts.iter().find(|part| part.name == name).map(|part| part.builder);
        assert_eq!((builder(CORE), builder("metal")), (Some(Builder::Cc), Some(Builder::CMake)));
    }
}

#[test]
fn cmake_compiles_everything_but_our_own_where_it_is_asked_to() {
    assert_eq!(
        choice(&["blas", "cmake", "cuda", "rpc"], Some("cmake")),
        [("core", "cmake"), ("rpc", "cmake"), ("blas", "cmake"), ("cuda", "cmake"), ("shim", "cc")]
    );
    assert!(BACKENDS.iter().all(|backend| backend.feature != CORE && backend.feature != SHIM));
}

#[test]
fn a_choice_that_cannot_be_is_an_error_with_its_reason() {
    let msvc = Target::new("x86_64", "windows", "msvc");
    for (target, features, forced, words) in [
        (linux(), &[][..], Some("ninja"), &["\"ninja\"", "cc and cmake"][..]),
        (linux(), &[], Some(""), &["cc and cmake"]),
        (linux(), &["rpc"], Some("cmake"), &["feature `cmake`"]),
        (linux(), &["cmake", "rpc", "vulkan"], Some("cc"), &["LLAMA_SYS_BUILDER=cc", "`vulkan`"]),
        (linux(), &["cmake", "cuda", "vulkan"], Some("cc"), &["`vulkan` and `cuda`"]),
        (apple()[1].clone(), &["cmake", "metal"], Some("cc"), &["`metal`"]),
        (linux(), &["cmake", "metal"], None, &["`metal`", "Apple", "x86_64 linux"]),
        (Target::new("aarch64", "android", ""), &["cmake", "metal"], Some("cmake"), &["aarch64 android"]),
        (msvc, &["cmake"], Some("cmake"), &["Microsoft"]),
    ] {
        let error = parts(&target, features, forced).expect_err("no choice");
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn the_library_says_who_compiled_it() {
    use llama_sys::build_info::{BUILDERS, FEATURES};
    if BUILDERS.is_empty() {
        support::skipped("who compiled the library", "nobody did (LLAMA_SYS_SKIP is set)");
        return;
    }
    let host = Target::new(std::env::consts::ARCH, std::env::consts::OS, "");
    let forced = option_env!("LLAMA_SYS_BUILDER").filter(|name| !name.is_empty());
    let parts = parts(&host, FEATURES, forced).expect("a choice");
    let expected: Vec<_> = parts.iter().map(|part| (part.name, part.builder.name())).collect();
    assert_eq!(BUILDERS, expected);
}

#[test]
fn programs_are_linked_with_what_the_system_calls_it() {
    for target in apple() {
        let frameworks = ["framework=Foundation", "framework=Metal", "framework=MetalKit"];
        assert_eq!(backends::links(&target, "metal"), frameworks, "{}", target.os);
        let runtime = recipe::clang_runtime(&target, "metal");
        assert_eq!(runtime.is_some(), target.os == "macos", "{}", target.os);
        assert_eq!(recipe::clang_runtime(&target, "blas"), None);
    }
    for env in ["msvc", "gnu"] {
        let windows = Target::new("x86_64", "windows", env);
        assert_eq!(backends::links(&windows, "vulkan"), ["vulkan-1"]);
        assert_eq!(backends::links(&windows, "cuda"), ["static=cudart_static", "cublas", "cublasLt"]);
    }
    assert_eq!(backends::links(&linux(), "vulkan"), ["vulkan"]);
    let cuda = ["static=cudart_static", "cublas", "cublasLt", "dl", "rt", "pthread"];
    assert_eq!(backends::links(&linux(), "cuda"), cuda);
    for backend in &BACKENDS {
        let apart = matches!(backend.sources, Sources::CMake { .. });
        assert_eq!(apart, !backends::links(&linux(), backend.feature).is_empty(), "{}", backend.feature);
    }
}

#[test]
fn libraries_are_where_cmake_has_found_them() {
    let cache = "# This is the CMakeCache file.\n\
        CUDA_cublas_LIBRARY:FILEPATH=/usr/lib/x86_64-linux-gnu/libcublas.so\n\
        CUDA_cublasLt_LIBRARY:FILEPATH=CUDA_cublasLt_LIBRARY-NOTFOUND\n\
        CUDA_cudart_static_LIBRARY:FILEPATH=/opt/cuda/targets/sbsa-linux/lib/libcudart_static.a\n\
        CUDA_cuda_driver_LIBRARY:FILEPATH=/opt/cuda/lib64/stubs/libcuda.so\n\
        Vulkan_LIBRARY:FILEPATH=/sdk/lib/libvulkan.so\n\
        Vulkan_LIBRARY_X:FILEPATH=/no\n";
    let found = |feature, name| recipe::found(cache, feature, name).map(|path| path.display().to_string());
    let cudart = "/opt/cuda/targets/sbsa-linux/lib/libcudart_static.a";
    assert_eq!(found("cuda", "static=cudart_static").as_deref(), Some(cudart));
    assert_eq!(found("cuda", "cublas").as_deref(), Some("/usr/lib/x86_64-linux-gnu/libcublas.so"));
    assert_eq!(found("cuda", "cublasLt"), None);
    assert_eq!(found("cuda", "pthread"), None);
    assert_eq!(found("cuda", "cuda").as_deref(), Some("/opt/cuda/lib64/stubs/libcuda.so"));
    assert_eq!(found("vulkan", "vulkan").as_deref(), Some("/sdk/lib/libvulkan.so"));
    assert_eq!(recipe::found("", "vulkan", "vulkan"), None);
}

#[test]
fn cmake_is_told_where_nvcc_is_that_is_not_on_the_path() {
    let told = recipe::toolkit(Path::new("/opt/cuda/bin/nvcc"));
    assert_eq!(variable(&told, "CMAKE_CUDA_COMPILER"), Some("/opt/cuda/bin/nvcc"));
    assert_eq!(variable(&told, "CUDAToolkit_ROOT"), Some("/opt/cuda"));
    assert!(recipe::toolkit(Path::new("nvcc")).is_empty());
}

#[test]
fn the_driver_is_linked_where_the_user_wants_its_memory_management() {
    let with = |value: &str| {
        let options = vec![("GGML_CUDA_NO_VMM".to_owned(), value.to_owned())];
        recipe::links(&linux(), "cuda", &options).contains(&"cuda")
    };
    assert!(with("OFF") && with("0") && with("off"));
    assert!(!with("ON"));
    assert_eq!(recipe::links(&linux(), "cuda", &Vec::new()), backends::links(&linux(), "cuda"));
}

#[test]
fn releases_are_of_one_kind_for_rustc_and_cmake() {
    let mut msvc = Target::new("x86_64", "windows", "msvc");
    let runtime =
        |target: &Target| variable(&recipe::release(target), "CMAKE_MSVC_RUNTIME_LIBRARY").map(str::to_owned);
    assert_eq!(runtime(&msvc).as_deref(), Some("MultiThreadedDLL"));
    msvc.features.push("crt-static".to_owned());
    assert_eq!(runtime(&msvc).as_deref(), Some("MultiThreaded"));
    let linux = recipe::release(&linux());
    for name in ["CMAKE_C_FLAGS_RELEASE", "CMAKE_CXX_FLAGS_RELEASE"] {
        assert!(variable(&linux, name).is_some_and(|flags| flags.contains("-fno-lto")), "{name}");
    }
}

#[test]
fn the_registry_knows_metal_and_cc_compiles_the_registry() {
    if option_env!("LLAMA_SYS_TREE").is_none() {
        support::skipped("the plan with metal", "no tree (LLAMA_SYS_SKIP is set)");
        return;
    }
    for target in apple() {
        let options = Options { prefix: "lrs_", backends: vec!["metal"], ..Options::default() };
        let plan = plan_of(&target, &options);
        assert_eq!((plan.variants.len(), plan.dispatch, &plan.cmake), (1, false, &None), "{}", target.os);
        let file = "ggml/src/ggml-backend-reg.cpp".to_owned();
        let registry =
            plan.units.iter().find(|unit| unit.source == Source::Tree(file.clone())).expect("registry");
        for define in
            ["GGML_USE_METAL", "ggml_backend_metal_reg=lrs_ggml_backend_metal_reg", "_DARWIN_C_SOURCE"]
        {
            assert!(registry.defines.iter().any(|own| own == define), "{define}");
        }
        // Its own files are CMake's.
        let is_metals = |unit: &plan::Unit| tree_files(&unit.source).iter().any(|f| f.contains("ggml-metal"));
        assert!(!plan.units.iter().any(is_metals), "{}", target.os);
    }
}

#[test]
fn metals_shaders_travel_in_the_library() {
    let metal = BACKENDS.iter().find(|backend| backend.feature == "metal").expect("metal");
    let Sources::CMake { target, options } = &metal.sources else { panic!("cmake compiles it") };
    assert_eq!(*target, "ggml-metal");
    assert_eq!(*options, [("GGML_METAL", "ON"), ("GGML_METAL_EMBED_LIBRARY", "ON")]);
}

#[test]
fn what_is_missing_is_named_with_its_remedy() {
    let named = |feature: &str| -> Vec<&str> { recipe::needs(feature).map(|need| need.what).collect() };
    assert_eq!(named(""), ["cmake", "make"]);
    assert_eq!(named("metal"), ["cmake", "make"]);
    let cuda = named("cuda").join(", ");
    for what in ["nvcc", "cuBLAS", "cmake", "make"] {
        assert!(cuda.contains(what), "{cuda}");
    }
    let vulkan = named("vulkan").join(", ");
    for what in ["glslc", "1.3.275", "SPIR-V", "loader", "cmake"] {
        assert!(vulkan.contains(what), "{vulkan}");
    }
    assert!(recipe::needs("vulkan").all(|need| !need.remedy.is_empty()));
}

#[test]
fn compilers_get_the_prefix_and_the_guard_in_their_own_words() {
    let renames = || ["a=lrs_a".to_owned()].into_iter();
    let gcc = recipe::flags(&linux(), "/p.h", renames(), "/tree");
    let expected = ["-include", "/p.h", "-fvisibility=hidden", "-fexceptions", "-w", "-Da=lrs_a"];
    assert_eq!(gcc[..6], expected);
    assert_eq!(gcc[6..], ["-ffile-prefix-map=/tree=llama.cpp"]);
    assert_eq!(
        recipe::cuda_flags(&linux(), &gcc),
        "-include /p.h -w -Da=lrs_a -Xcompiler=-fvisibility=hidden -Xcompiler=-fexceptions \
         -Xcompiler=-ffile-prefix-map=/tree=llama.cpp"
    );
    let windows = Target::new("x86_64", "windows", "msvc");
    let msvc = recipe::flags(&windows, r"C:\p.h", renames(), r"C:\tree");
    assert!(msvc.iter().all(|flag| flag.starts_with('/') || flag == "-Da=lrs_a"), "{msvc:?}");
    for flag in [r"/FIC:\p.h", "/O2", "/DNDEBUG", "/EHs"] {
        assert!(msvc.iter().any(|own| own == flag), "{flag}");
    }
    assert!(recipe::cuda_flags(&windows, &msvc).starts_with(r"-Da=lrs_a -Xcompiler=/FIC:\p.h "));
    for path in ["a b", "o'brien", "a(1)", "a;b", "a&b"] {
        assert_eq!(recipe::quoted(&format!("-I/{path}")), format!("\"-I/{path}\""));
    }
    for path in ["a,b", "é", "C:\\a", "a_b-c.d"] {
        assert_eq!(recipe::quoted(&format!("-I/{path}")), format!("-I/{path}"));
    }
}

/// Cargo runs the script again for those variables alone that `env.rs` has told it about.
#[test]
fn the_environment_is_read_in_one_place() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("build");
    // Cargo's own, which it looks after itself.
    let cargos = ["CARGO_CFG_TARGET_", "\"CARGO\"", "\"HOST\"", "\"NUM_JOBS\"", "\"TARGET\""];
    for file in std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()) {
        if file.is_dir() || file.ends_with("env.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("read");
        for line in text.lines().filter(|line| line.contains("env::var")) {
            assert!(cargos.iter().any(|name| line.contains(name)), "{}: {line}", file.display());
        }
    }
}

/// The plan for the tree at hand.
fn plan_of(target: &Target, options: &Options) -> Plan {
    let files = Listing::read(&tree()).expect("listing");
    plan::plan(target, options, target.is_linux(), |_| true, &files).expect("plan")
}

fn with_backends(blas: bool) -> Options {
    let openblas = Blas { defines: vec!["GGML_BLAS_USE_OPENBLAS".to_owned()], ..Blas::default() };
    Options {
        prefix: "lrs_",
        backends: if blas { vec!["blas", "rpc", "vulkan"] } else { vec!["rpc", "vulkan"] },
        blas: blas.then_some(openblas),
        cmake: true,
        ..Options::default()
    }
}

fn variable<'a>(variables: &'a recipe::Variables, name: &str) -> Option<&'a str> {
    variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

#[test]
fn the_cpu_variant_becomes_cmakes_variables() {
    if option_env!("LLAMA_SYS_TREE").is_none() {
        support::skipped("CPU variants as variables", "no tree (LLAMA_SYS_SKIP is set)");
        return;
    }
    let with = |target: &Target, variant: Option<&str>, native: bool| {
        let variants = variant.map(|name| vec![name.to_owned(), "never-looked-at".to_owned()]);
        let options = Options { variants, native, cmake: true, ..Options::default() };
        let plan = plan_of(target, &options);
        assert_eq!((plan.variants.len(), plan.dispatch), (1, !variants::table(target).is_empty()));
        recipe::core(target, &options, &plan, "unknown", "/headers")
    };
    let avx512 = |variables: &recipe::Variables| {
        (
            variable(variables, "GGML_AVX2").map(str::to_owned),
            variable(variables, "GGML_AVX512").map(str::to_owned),
        )
    };
    let is = |avx2: &str, avx512: &str| (Some(avx2.to_owned()), Some(avx512.to_owned()));
    assert_eq!(avx512(&with(&linux(), None, false)), is("ON", "OFF"), "the baseline");
    assert_eq!(avx512(&with(&linux(), Some("sse42"), false)), is("OFF", "OFF"));
    let best = with(&linux(), Some("sapphirerapids"), false);
    assert_eq!(avx512(&best), is("ON", "ON"));
    assert_eq!(variable(&best, "GGML_AMX_TILE"), Some("ON"));
    assert_eq!(variable(&best, "GGML_NATIVE"), Some("OFF"));
    let native = with(&linux(), None, true);
    assert_eq!((variable(&native, "GGML_NATIVE"), variable(&native, "GGML_AVX2")), (Some("ON"), None));

    let arm = Target::new("aarch64", "linux", "gnu");
    let dotprod = with(&arm, Some("armv8_2_dotprod"), false);
    assert_eq!(variable(&dotprod, "GGML_CPU_ARM_ARCH"), Some("armv8.2-a+dotprod"));
    assert_eq!(variable(&with(&arm, None, false), "GGML_CPU_ARM_ARCH"), Some("armv8-a"), "the baseline");
    let riscv = with(&Target::new("riscv64", "linux", "gnu"), None, false);
    assert_eq!(variable(&riscv, "GGML_CPU_ARM_ARCH"), None);
    assert!(!riscv.iter().any(|(name, _)| name.starts_with("GGML_AVX")), "{riscv:?}");
    let [_, mac, _] = apple();
    let mac = with(&mac, None, false);
    // On by themselves on Apple's systems; `metal` is compiled apart and `blas` only if asked for.
    let backend = recipe::BACKEND.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    for name in ["GGML_METAL", "GGML_BLAS"] {
        assert_eq!(variable(&mac, name), Some("OFF"), "{name}");
        assert_eq!(variable(&backend, name), Some("OFF"), "{name}");
    }
}

#[test]
fn accelerate_is_apples_blas() {
    for target in apple() {
        assert_eq!(backends::links(&target, "blas"), ["framework=Accelerate"], "{}", target.os);
    }
    let blas = Some(Blas::accelerate());
    let options = Options { backends: vec!["blas"], blas, cmake: true, ..Options::default() };
    let nothing = Plan {
        units: Vec::new(),
        core: Vec::new(),
        variants: Vec::new(),
        plugins: Vec::new(),
        dispatch: false,
        cmake: Some(Vec::new()),
    };
    let variables = recipe::core(&apple()[0], &options, &nothing, "unknown", "/headers");
    assert_eq!(variable(&variables, "GGML_BLAS"), Some("ON"));
    assert_eq!(variable(&variables, "GGML_BLAS_VENDOR"), Some("Apple"));
}

/// CMake only warns about a variable that nobody reads.
#[test]
fn llama_cpp_knows_the_variables() {
    if option_env!("LLAMA_SYS_TREE").is_none() {
        support::skipped("CMake's variables", "no tree (LLAMA_SYS_SKIP is set)");
        return;
    }
    let mut text = String::new();
    read(&tree(), &mut text);
    let known: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let options = with_backends(true);
    let mut all: BTreeSet<String> = BTreeSet::new();
    for variants in [None, Some(vec!["armv8_2_sve".to_owned()])] {
        let arm = Target::new("aarch64", "linux", "gnu");
        let target = if variants.is_some() { arm } else { linux() };
        let options = Options { variants, ..options.clone() };
        let variables = recipe::core(&target, &options, &plan_of(&target, &options), "unknown", "/headers");
        all.extend(variables.into_iter().map(|(name, _)| name));
    }
    all.extend(recipe::BACKEND.map(|(name, _)| name.to_owned()));
    for backend in &BACKENDS {
        let Sources::CMake { options, .. } = &backend.sources else { continue };
        all.extend(options.iter().map(|(name, _)| (*name).to_owned()));
    }
    let unknown: Vec<&String> = all.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(all.len() > 35, "{}", all.len());
}

/// All of CMake's files below `folder`.
fn read(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            read(&path, text);
        } else if path.ends_with("CMakeLists.txt") || path.extension().is_some_and(|e| e == "cmake") {
            text.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn every_c_function_of_a_back_end_gets_the_prefix() {
    if option_env!("LLAMA_SYS_TREE").is_none() {
        support::skipped("the functions of back ends", "no tree (LLAMA_SYS_SKIP is set)");
        return;
    }
    for backend in &BACKENDS {
        let header = tree().join(format!("ggml/include/ggml-{}.h", backend.feature));
        let text = std::fs::read_to_string(&header).expect("header");
        let mut declared: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("GGML_BACKEND_API ")?.split_once('('))
            .filter_map(|(start, _)| start.split([' ', '*']).next_back())
            .collect();
        declared.sort_unstable();
        assert_eq!(declared, backend.functions, "{}", header.display());
    }
}

/// With `LLAMA_SYS_BUILDER=cmake`: llama.cpp's build with our additions against our own plan.
#[test]
fn the_core_is_the_same_whoever_compiles_it() {
    let openblas = Path::new("/usr/include/x86_64-linux-gnu/cblas.h").exists();
    let crate_dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let shim = crate_dir.join("shim");
    let headers = tree().join("ggml/include").display().to_string();
    for variant in ["haswell", "sapphirerapids"] {
        let options = Options { variants: Some(vec![variant.to_owned()]), ..with_backends(openblas) };
        let plan = plan_of(&linux(), &options);
        let preludes: Vec<String> = recipe::preludes(&plan)
            .into_iter()
            .flat_map(|prelude| [prelude.target, prelude.file, prelude.header.to_owned()])
            .collect();
        let mut arguments: Vec<String> = recipe::core(&linux(), &options, &plan, "unknown", &headers)
            .into_iter()
            .map(|(name, value)| format!("-D{name}={value}"))
            .collect();
        let macros: Vec<String> =
            recipe::core_macros(&options).into_iter().map(|define| format!("-D{define}")).collect();
        arguments.push(format!("-DCMAKE_C_FLAGS={}", macros.join(" ")));
        arguments.push(format!("-DCMAKE_CXX_FLAGS={}", macros.join(" ")));
        arguments.push(format!("-DLLAMA_SYS_CHECKS={}", shim.display()));
        arguments.push(format!("-DLLAMA_SYS_PRELUDES={}", preludes.join(";")));
        arguments.push(format!("-DLLAMA_SYS_SHIM={}", shim.display()));
        arguments.push(format!("-DLLAMA_SYS_TREE={}", tree().display()));
        let Some(calls) = configure(&crate_dir.join("build/cmake"), "forced", &arguments) else {
            support::skipped("the core by cmake", "cmake is not installed (or LLAMA_SYS_SKIP is set)");
            return;
        };
        // What upstream compiles beside: a library for downloads.
        let calls: Vec<_> =
            calls.iter().filter(|call| call.files.iter().all(|file| !file.starts_with("vendor/"))).collect();
        let units = plan.cmake.as_ref().expect("units of cmake");
        assert_eq!(calls.len(), units.len());
        let told: BTreeSet<String> = recipe::core_macros(&options).into_iter().collect();
        for unit in units {
            let files: BTreeSet<String> = match &unit.source {
                Source::Shim(file) => BTreeSet::from([shim.join(file).display().to_string()]),
                source => tree_files(source).into_iter().collect(),
            };
            let call = calls.iter().find(|call| call.files == files).expect("the same files");
            assert_eq!(call.flags, unit.flags, "{files:?}");
            assert_eq!(call.opt.as_deref(), Some("-O3"), "{files:?}");
            // CMake's is in front of all of libllama, ours where it matters.
            let ours = unit.prelude.filter(|header| *header != plan::GRAPH_CHECKS);
            let whole = call.files.iter().any(|file| file.starts_with("src/")).then_some(plan::GRAPH_CHECKS);
            assert!(unit.prelude != Some(plan::GRAPH_CHECKS) || whole.is_some(), "{files:?}");
            let headers = whole.into_iter().chain(ours);
            let headers: Vec<_> = headers.map(|header| shim.join(header).display().to_string()).collect();
            assert_eq!(call.included, headers, "{files:?}");
            if matches!(unit.source, Source::Shim(_)) {
                continue;
            }
            // Every file is told about back ends, one asks. Dispatching is a matter of our own plan.
            if let Source::Tree(file) = &unit.source
                && file == "ggml/src/ggml-backend-reg.cpp"
            {
                let listed = |feature| {
                    BACKENDS.iter().any(|b| b.feature == feature && call.defines.contains(b.define))
                };
                assert!(options.backends.iter().all(|&feature| listed(feature)), "{:?}", call.defines);
            }
            let own = |define: &String| {
                told.contains(define)
                    || BACKENDS.iter().any(|backend| backend.define == define)
                    || ["GGML_BACKEND_DL", "GGML_BACKEND_BUILD"].contains(&define.as_str())
            };
            let without = |defines: BTreeSet<String>| -> BTreeSet<String> {
                comparable(&defines).into_iter().filter(|define| !own(define)).collect()
            };
            assert_eq!(
                without(call.defines.clone()),
                without(unit.defines.iter().cloned().collect()),
                "{files:?}"
            );
        }
        println!("{variant}: {} translation units equal", units.len());
    }
    if !openblas {
        support::skipped("the BLAS back end by cmake", "OpenBLAS is not installed");
    }
}
