//! What to compile, as data: a pure function of target, options and the list of files in the tree.
//!
//! It says what llama.cpp's CMake files say; `tests/parity.rs` compares the two.

use crate::backends::{self, BACKENDS, Backend, Libraries, Sources};
use crate::target::Target;
use crate::variants::{self, Settings, Variant, settings};
use std::path::{Path, PathBuf};

/// Sorted paths of the C and C++ files of a llama.cpp tree, relative to it, with `/` separators.
#[derive(Debug, Clone)]
pub(crate) struct Listing(Vec<String>);

/// Folders that hold sources we may compile.
const FOLDERS: [&str; 16] = [
    "src",
    "src/models",
    "ggml/src",
    "ggml/src/ggml-cpu",
    "ggml/src/ggml-cpu/amx",
    "ggml/src/ggml-cpu/tiled",
    "ggml/src/ggml-cpu/llamafile",
    "ggml/src/ggml-blas",
    "ggml/src/ggml-rpc",
    "common",
    "common/jinja",
    "tools/mtmd",
    "tools/mtmd/models",
    "vendor/hash",
    "vendor/hash/sha256",
    "common/parsers",
];

impl Listing {
    /// Reads the source folders.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) fn read(tree: &Path) -> Result<Self, String> {
        let mut files = Vec::new();
        let arch = ["ggml/src/ggml-cpu/arch/x86", "ggml/src/ggml-cpu/arch/arm"];
        for folder in FOLDERS.into_iter().chain(arch) {
            let path = tree.join(folder);
            let entries = std::fs::read_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            for entry in entries {
                let name = entry.map_err(|e| e.to_string())?.file_name();
                files.push(format!("{folder}/{}", name.to_string_lossy()));
            }
        }
        Ok(Self::new(files))
    }

    /// A listing of the given paths.
    #[must_use]
    pub(crate) fn new(mut files: Vec<String>) -> Self {
        files.retain(|f| is_c(f) || has_extension(f, "cpp"));
        files.sort();
        Self(files)
    }

    fn in_folder<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a String> {
        self.0.iter().filter(move |f| f.rsplit_once('/').is_some_and(|(dir, _)| dir == folder))
    }
}

/// True for C, false for C++.
#[must_use]
pub(crate) fn is_c(file: &str) -> bool {
    has_extension(file, "c")
}

fn has_extension(file: &str, extension: &str) -> bool {
    Path::new(file).extension().is_some_and(|e| e == extension)
}

/// The choices of the user.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one Cargo feature")]
pub(crate) struct Options {
    /// Compile the jinja engine.
    pub(crate) jinja: bool,
    /// Compile the multimodal library.
    pub(crate) multimodal: bool,
    /// Compile the chat formats: prompts with tools, and parsers for what models say. Needs the other two.
    pub(crate) chat: bool,
    /// Compile the conversion of JSON schemas to grammars.
    pub(crate) json_schema: bool,
    /// One variant for the building machine.
    pub(crate) native: bool,
    /// Only these CPU variants.
    pub(crate) variants: Option<Vec<String>>,
    /// Prefix of the C functions of back ends.
    pub(crate) prefix: &'static str,
    /// Back ends beside the CPU: names of features.
    pub(crate) backends: Vec<&'static str>,
    /// Back ends that can be plugins are such, instead of parts of the program.
    pub(crate) dynamic: bool,
    /// The BLAS library, where that back end is on.
    pub(crate) blas: Option<Blas>,
    /// llama.cpp's CMake files compile llama.cpp, ggml and the back ends: one CPU variant.
    pub(crate) cmake: bool,
}

impl Options {
    /// The back ends that are on.
    pub(crate) fn backends(&self) -> impl Iterator<Item = &'static Backend> {
        BACKENDS.iter().filter(|b| self.backends.contains(&b.feature))
    }

    /// The function that hands out the registry of a back end that becomes a plugin.
    pub(crate) fn plugin(&self, backend: &Backend) -> Option<&'static str> {
        backend.plugin.filter(|_| self.dynamic)
    }

    /// The back ends that are in the program from the start.
    fn linked(&self) -> impl Iterator<Item = &'static Backend> {
        self.backends().filter(|backend| self.plugin(backend).is_none())
    }
}

/// How a BLAS library is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Blas {
    /// What ggml-blas is told about it.
    pub(crate) defines: Vec<String>,
    /// Folder of its headers, where the compiler does not know it.
    pub(crate) include: Option<PathBuf>,
    /// What is linked.
    pub(crate) libraries: Libraries,
}

impl Blas {
    /// Apple's, which is on every machine of theirs.
    #[allow(dead_code, reason = "not every test that includes this file asks for it")]
    pub(crate) fn accelerate() -> Self {
        let defines = ["ACCELERATE_NEW_LAPACK", "ACCELERATE_LAPACK_ILP64", "GGML_BLAS_USE_ACCELERATE"];
        Self { defines: defines.map(str::to_owned).to_vec(), ..Self::default() }
    }
}

/// Where a translation unit comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A file of llama.cpp.
    Tree(String),
    /// Several files of llama.cpp compiled as one, under the given name.
    Unity(String, Vec<String>),
    /// A file of `shim/`.
    Shim(String),
}

/// A folder on the include path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Include {
    /// Of llama.cpp.
    Tree(&'static str),
    /// `shim/`.
    Shim,
    /// The generated version headers.
    Versions,
    /// The generated lists of the shim.
    Lists,
    /// What [`GRAPH_CHECKS`] includes.
    Checks,
    /// What is generated for the multimodal library.
    Multimodal,
    /// What is generated for plugins and for the program that loads them.
    Plugin,
    /// A folder of the machine.
    System(PathBuf),
}

/// One compiler call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Unit {
    /// What is compiled.
    pub(crate) source: Source,
    /// C instead of C++.
    pub(crate) c: bool,
    /// `-O` level.
    pub(crate) opt: u8,
    /// `NAME` or `NAME=value`.
    pub(crate) defines: Vec<String>,
    /// Include path, in order.
    pub(crate) includes: Vec<Include>,
    /// Processor flags in the spelling of GCC and Clang.
    pub(crate) flags: Vec<String>,
    /// A header of `shim/` that is included in front of everything.
    pub(crate) prelude: Option<&'static str>,
}

impl Unit {
    /// True when this belongs to the multimodal library.
    pub(crate) fn is_multimodal(&self) -> bool {
        self.includes.contains(&Include::Multimodal)
    }

    /// True for what llama.cpp's CMake files compile as well, and what must be compiled with their flags.
    fn is_of_the_core(&self) -> bool {
        match &self.source {
            Source::Shim(file) => file == NEEDS,
            Source::Tree(file) => is_of_the_core(file),
            Source::Unity(_, files) => files.iter().all(|file| is_of_the_core(file)),
        }
    }
}

fn is_of_the_core(file: &str) -> bool {
    file.starts_with("src/") || file.starts_with("ggml/")
}

/// A CPU variant and its units, as indices into [`Plan::units`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VariantPlan {
    /// Name of the variant.
    pub(crate) name: String,
    /// Its objects.
    pub(crate) units: Vec<usize>,
}

/// A back end in a file of its own and its units, as indices into [`Plan::units`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PluginPlan {
    /// The feature that turns it on.
    pub(crate) feature: &'static str,
    /// Its objects; what CMake compiles comes on top.
    pub(crate) units: Vec<usize>,
}

/// Everything that is compiled, and how objects are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// All compiler calls, each once.
    pub(crate) units: Vec<Unit>,
    /// Units of every binary: ggml-base, the registry, llama, the shim.
    pub(crate) core: Vec<usize>,
    /// CPU variants, slowest first.
    pub(crate) variants: Vec<VariantPlan>,
    /// Back ends that are loaded while the program runs.
    pub(crate) plugins: Vec<PluginPlan>,
    /// True when each variant becomes one object behind the dispatcher.
    pub(crate) dispatch: bool,
    /// What CMake compiles in our place; `None` where we compile it ourselves.
    pub(crate) cmake: Option<Vec<Unit>>,
}

impl Plan {
    /// The index of the unit, `None` for one of CMake's.
    fn add(&mut self, mut unit: Unit) -> Option<usize> {
        if let Source::Tree(file) = &unit.source
            && let Some((_, header)) = PRELUDES.iter().find(|(of, _)| of == file)
        {
            unit.prelude = Some(header);
        }
        if let Some(cmake) = self.cmake.as_mut().filter(|_| unit.is_of_the_core()) {
            cmake.push(unit);
            return None;
        }
        Some(self.units.iter().position(|u| *u == unit).unwrap_or_else(|| {
            self.units.push(unit);
            self.units.len() - 1
        }))
    }

    /// Index of the unit that watches the stack, where objects are merged.
    #[allow(dead_code, reason = "not every test that includes this file merges")]
    pub(crate) fn stack_limit(&self) -> Option<usize> {
        self.units.iter().position(|u| matches!(&u.source, Source::Shim(file) if file == STACK_LIMIT))
    }

    fn add_core(&mut self, unit: Unit) {
        let index = self.add(unit);
        self.core.extend(index);
    }
}

/// Files that only work while a model is loaded, described or converted: -O1, as for the model files, which only
/// describe graphs. It is a tenth of the build time.
const COLD: [&str; 8] = [
    "src/llama-adapter.cpp",
    "src/llama-arch.cpp",
    "src/llama-chat.cpp",
    "src/llama-hparams.cpp",
    "src/llama-model-loader.cpp",
    "src/llama-model-saver.cpp",
    "src/llama-model.cpp",
    "src/llama-quant.cpp",
];

/// Makes weights that a file lacks an error. In front of all files of llama's core: many describe computations, and
/// to the others it does nothing.
pub(crate) const GRAPH_CHECKS: &str = "graph_checks.h";

/// The file that saves and restores states, and its header, which includes [`GRAPH_CHECKS`].
const STATE_IO: (&str, &str) = ("src/llama-context.cpp", "state_io.h");

/// Looks at the stack in front of each allocation.
const STACK_LIMIT: &str = "stack_limit.cpp";

/// Says which instruction sets a CPU variant was compiled for.
const NEEDS: &str = "needs.cpp";

/// Files of llama's core where time is spent while generating text.
const HOT: [&str; 4] =
    ["src/llama-grammar.cpp", "src/llama-sampler.cpp", "src/llama-vocab.cpp", "src/unicode.cpp"];

/// Headers of `shim/` in front of single files; each says why.
const PRELUDES: [(&str, &str); 9] = [
    ("ggml/src/ggml-alloc.c", "graph_memory.h"),
    ("ggml/src/ggml-backend-meta.cpp", "meta_lock.h"),
    ("ggml/src/ggml-backend.cpp", "backend_hooks.h"),
    ("ggml/src/ggml-cpu/amx/amx.cpp", "to_log.h"),
    ("ggml/src/ggml-quants.c", "to_log.h"),
    ("src/llama-grammar.cpp", "to_log.h"),
    ("src/llama-kv-cache.cpp", "shift_watch.h"),
    ("src/llama-model-loader.cpp", "upload_leftovers.h"),
    ("src/unicode.cpp", "to_log.h"),
];

/// Upstream compiles the model files in batches of this size.
const UNITY_BATCH: usize = 16;

const GGML_CPU: [&str; 15] = [
    "ggml-cpu/ggml-cpu.c",
    "ggml-cpu/ggml-cpu.cpp",
    "ggml-cpu/repack.cpp",
    "ggml-cpu/hbm.cpp",
    "ggml-cpu/quants.c",
    "ggml-cpu/traits.cpp",
    "ggml-cpu/amx/amx.cpp",
    "ggml-cpu/amx/mmq.cpp",
    "ggml-cpu/tiled/tiled.cpp",
    "ggml-cpu/tiled/tiled-kernel.cpp",
    "ggml-cpu/binary-ops.cpp",
    "ggml-cpu/unary-ops.cpp",
    "ggml-cpu/vec.cpp",
    "ggml-cpu/ops.cpp",
    "ggml-cpu/llamafile/sgemm.cpp",
];

/// Makes the plan. `accepts` says whether the compiler knows some flags: a variant newer than the compiler is
/// left out.
///
/// # Errors
/// When an option names a CPU variant that the target does not have, or a source file is missing.
pub(crate) fn plan(
    target: &Target,
    options: &Options,
    can_merge: bool,
    accepts: impl Fn(&[String]) -> bool,
    files: &Listing,
) -> Result<Plan, String> {
    let chosen = choose_variants(target, options, can_merge, accepts)?;
    // One variant goes through the dispatcher as well: it keeps its constructors back until the check.
    let dispatch = can_merge && !variants::table(target).is_empty();
    let cmake = options.cmake.then(Vec::new);
    let (units, core, variants, plugins) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut plan = Plan { units, core, variants, plugins, dispatch, cmake };

    // Longest first: the model batches and the kernels decide when the build ends.
    match &chosen {
        Chosen::Several(list) => {
            for variant in list {
                add_variant(&mut plan, target, variant.name, dispatch, |file| {
                    settings(target, variant, file)
                });
            }
        }
        Chosen::Single(name, settings) => {
            add_variant(&mut plan, target, name, dispatch, |_| settings.clone());
        }
    }
    add_llama(&mut plan, files);
    add_ggml(&mut plan, target, options, files);
    add_backends(&mut plan, target, options);
    add_shim(&mut plan, options, dispatch);
    if options.multimodal {
        add_multimodal(&mut plan, files);
    }

    for unit in plan.units.iter().chain(plan.cmake.iter().flatten()) {
        let (Source::Tree(_) | Source::Unity(..)) = &unit.source else { continue };
        if let Some(missing) = tree_files(&unit.source).iter().find(|f| !files.0.contains(f)) {
            return Err(format!("the llama.cpp tree has no {missing}: is it of another version?"));
        }
    }
    Ok(plan)
}

/// The files of llama.cpp that a source consists of.
#[must_use]
pub(crate) fn tree_files(source: &Source) -> Vec<String> {
    match source {
        Source::Tree(file) => vec![file.clone()],
        Source::Unity(_, files) => files.clone(),
        Source::Shim(_) => Vec::new(),
    }
}

/// A file that gets every flag of its variant.
const FULL_FLAGS: &str = "ggml-cpu/ggml-cpu.c";

enum Chosen {
    Several(Vec<&'static Variant>),
    Single(String, Settings),
}

fn choose_variants(
    target: &Target,
    options: &Options,
    can_merge: bool,
    accepts: impl Fn(&[String]) -> bool,
) -> Result<Chosen, String> {
    if options.native {
        if target.is_foreign {
            return Err(
                "feature `native` compiles for the processor of the building machine, and this build is for \
                        another system\nRemedies: leave the feature out, or choose one variant by name with \
                        LLAMA_SYS_CPU_VARIANTS."
                    .to_owned(),
            );
        }
        let flags = match target.arch.as_str() {
            "x86_64" | "x86" => vec!["-march=native".to_owned()],
            "aarch64" => vec!["-mcpu=native".to_owned()],
            _ => Vec::new(),
        };
        return Ok(Chosen::Single("native".to_owned(), Settings { flags, ..variants::plain(target) }));
    }
    let table = variants::table(target);
    if can_merge && !table.is_empty() && !options.cmake {
        let known: Vec<&Variant> =
            table.iter().filter(|v| accepts(&settings(target, v, FULL_FLAGS).flags)).collect();
        let Some(wanted) = &options.variants else { return Ok(Chosen::Several(known)) };
        if let Some(unknown) = wanted.iter().find(|w| known.iter().all(|v| v.name != w.as_str())) {
            let names: Vec<&str> = known.iter().map(|v| v.name).collect();
            return Err(format!(
                "LLAMA_SYS_CPU_VARIANTS names \"{unknown}\"; this target and compiler have {}",
                names.join(", ")
            ));
        }
        return Ok(Chosen::Several(
            known.into_iter().filter(|v| wanted.iter().any(|w| w == v.name)).collect(),
        ));
    }
    let wanted = options.variants.as_ref().and_then(|list| list.first());
    let (name, variant) = variants::single(target, wanted.map(String::as_str))?;
    let settings =
        variant.map_or_else(|| variants::plain(target), |variant| settings(target, variant, FULL_FLAGS));
    Ok(Chosen::Single(name, settings))
}

fn add_variant(
    plan: &mut Plan,
    target: &Target,
    name: &str,
    dispatch: bool,
    settings: impl Fn(&str) -> Settings,
) {
    let arch = match target.arch.as_str() {
        "x86_64" | "x86" => &["ggml-cpu/arch/x86/quants.c", "ggml-cpu/arch/x86/repack.cpp"][..],
        "aarch64" | "arm" => &["ggml-cpu/arch/arm/quants.c", "ggml-cpu/arch/arm/repack.cpp"][..],
        _ => &[],
    };
    let mut units = Vec::new();
    for file in GGML_CPU.iter().chain(arch) {
        let Settings { defines, flags, macros } = settings(file);
        let mut all = ggml_defines(target);
        all.extend(["GGML_USE_CPU_REPACK".to_owned(), "GGML_USE_LLAMAFILE".to_owned()]);
        if arch.is_empty() {
            all.push("GGML_CPU_GENERIC".to_owned());
        }
        if dispatch {
            all.extend(["GGML_BACKEND_DL".to_owned(), "GGML_BACKEND_BUILD".to_owned()]);
        }
        if target.is_apple() {
            all.extend(
                ["GGML_USE_ACCELERATE", "ACCELERATE_NEW_LAPACK", "ACCELERATE_LAPACK_ILP64"]
                    .map(str::to_owned),
            );
        }
        all.extend(defines);
        all.extend(macros);
        units.extend(plan.add(Unit {
            source: Source::Tree(format!("ggml/src/{file}")),
            c: is_c(file),
            opt: 3,
            defines: all,
            includes: vec![
                Include::Tree("ggml"),
                Include::Tree("ggml/src"),
                Include::Tree("ggml/src/ggml-cpu"),
                Include::Tree("ggml/include"),
            ],
            flags,
            prelude: (target.is_mingw() && *file == FULL_FLAGS).then_some("mingw.h"),
        }));
    }
    let Settings { flags, macros, .. } = settings(FULL_FLAGS);
    units.extend(plan.add(shim_unit(NEEDS, macros, flags)));
    plan.variants.push(VariantPlan { name: name.to_owned(), units });
}

fn add_llama(plan: &mut Plan, files: &Listing) {
    let includes = vec![
        Include::Tree("src"),
        Include::Versions,
        Include::Tree("include"),
        Include::Tree("ggml/include"),
        Include::Checks,
    ];
    let unit = |source: Source, opt: u8| Unit {
        source,
        c: false,
        opt,
        defines: vec!["GGML_USE_CPU".to_owned()],
        includes: includes.clone(),
        flags: Vec::new(),
        prelude: Some(GRAPH_CHECKS),
    };
    let models: Vec<String> = files.in_folder("src/models").cloned().collect();
    for (i, batch) in models.chunks(UNITY_BATCH).enumerate() {
        plan.add_core(unit(Source::Unity(format!("models_{i}.cpp"), batch.to_vec()), 1));
    }
    for file in files.in_folder("src") {
        let listed = |list: &[&str]| list.contains(&file.as_str());
        let opt = if listed(&HOT) {
            3
        } else if listed(&COLD) {
            1
        } else {
            2
        };
        let mut unit = unit(Source::Tree(file.clone()), opt);
        if file == STATE_IO.0 {
            unit.prelude = Some(STATE_IO.1);
        }
        plan.add_core(unit);
    }
}

/// Files of `ggml/src` that make the registry; the rest of the folder is ggml-base.
const REGISTRY: [&str; 2] = ["ggml/src/ggml-backend-dl.cpp", "ggml/src/ggml-backend-reg.cpp"];

fn add_ggml(plan: &mut Plan, target: &Target, options: &Options, files: &Listing) {
    for file in files.in_folder("ggml/src") {
        let registry = REGISTRY.contains(&file.as_str());
        let mut defines = ggml_defines(target);
        if registry {
            defines.push("GGML_USE_CPU".to_owned());
        }
        if file == LIST {
            for backend in options.linked() {
                defines.push(backend.define.to_owned());
                defines.extend(backends::renames(backend, options.prefix));
            }
        }
        let mut unit = Unit {
            source: Source::Tree(file.clone()),
            c: is_c(file),
            opt: 3,
            defines,
            includes: if registry {
                vec![Include::Tree("ggml/include")]
            } else {
                vec![Include::Tree("ggml/src"), Include::Versions, Include::Tree("ggml/include")]
            },
            flags: Vec::new(),
            prelude: None,
        };
        if file == LIST && options.dynamic {
            // The same file, with a lock around it.
            unit.source = Source::Shim("registry.cpp".to_owned());
            unit.includes.extend([Include::Tree("ggml/src"), Include::Shim]);
        }
        plan.add_core(unit);
    }
}

/// The one file that knows which back ends there are.
const LIST: &str = "ggml/src/ggml-backend-reg.cpp";

fn add_backends(plan: &mut Plan, target: &Target, options: &Options) {
    for backend in options.backends() {
        let plugin = options.plugin(backend);
        let mut own: Vec<Unit> = plugin.map(|entry| plugin_unit(entry, options)).into_iter().collect();
        own.extend(backend_units(target, options, backend));
        let units: Vec<usize> = own.into_iter().filter_map(|unit| plan.add(unit)).collect();
        if plugin.is_some() {
            plan.plugins.push(PluginPlan { feature: backend.feature, units });
        } else {
            plan.core.extend(units);
        }
    }
}

/// What `cc` compiles of a back end.
fn backend_units(target: &Target, options: &Options, backend: &Backend) -> Vec<Unit> {
    let mut units = Vec::new();
    if let Sources::Cc { files, shim } = &backend.sources {
        let renames: Vec<String> = backends::renames(backend, options.prefix).collect();
        for &(file, prelude) in *files {
            let mut defines = ggml_defines(target);
            defines.extend(renames.iter().cloned());
            let mut includes = vec![Include::Tree("ggml/src"), Include::Tree("ggml/include"), Include::Shim];
            if let (Some(blas), "blas") = (&options.blas, backend.feature) {
                defines.extend(blas.defines.iter().cloned());
                includes.extend(blas.include.clone().map(Include::System));
            }
            let flags = Vec::new();
            let source = Source::Tree(file.to_owned());
            units.push(Unit { source, c: false, opt: 3, defines, includes, flags, prelude });
        }
        units.extend(shim.iter().map(|file| shim_unit(file, renames.clone(), Vec::new())));
    }
    units
}

/// The part of a plugin that connects it with the program; `entry` is the function that hands out its registry.
fn plugin_unit(entry: &str, options: &Options) -> Unit {
    let defines = vec![format!("LRS_PLUGIN_REGISTRY={}{entry}", options.prefix)];
    let mut unit = shim_unit("plugin.cpp", defines, Vec::new());
    unit.includes.push(Include::Plugin);
    unit
}

/// Macros that ggml's build defines everywhere below `ggml/`.
fn ggml_defines(target: &Target) -> Vec<String> {
    let mut out = vec!["GGML_SCHED_MAX_COPIES=4"];
    out.push(if target.os == "openbsd" { "_XOPEN_SOURCE=700" } else { "_XOPEN_SOURCE=600" });
    match target.os.as_str() {
        "linux" | "android" => out.push("_GNU_SOURCE"),
        "windows" => out.push("_CRT_SECURE_NO_WARNINGS"),
        "freebsd" => out.push("__BSD_VISIBLE"),
        "netbsd" => out.push("_NETBSD_SOURCE"),
        "openbsd" => out.push("_BSD_SOURCE"),
        "dragonfly" => out.push("_DARWIN_C_SOURCE"),
        _ if target.is_apple() => out.push("_DARWIN_C_SOURCE"),
        _ => {}
    }
    out.into_iter().map(str::to_owned).collect()
}

fn add_shim(plan: &mut Plan, options: &Options, dispatch: bool) {
    let merged = if dispatch { vec!["LRS_MERGED".to_owned()] } else { Vec::new() };
    plan.add_core(shim_unit("guarded.cpp", Vec::new(), Vec::new()));
    plan.add_core(shim_unit("guard.cpp", Vec::new(), Vec::new()));
    let mut checks = shim_unit("graph_checks.cpp", Vec::new(), Vec::new());
    checks.includes.push(Include::Checks);
    plan.add_core(checks);
    plan.add_core(shim_unit("cpu_detect.cpp", Vec::new(), Vec::new()));
    let mut memory = shim_unit("memory.cpp", Vec::new(), Vec::new());
    memory.includes.extend([Include::Tree("src"), Include::Tree("ggml/src")]);
    plan.add_core(memory);
    let mut indices = shim_unit("indices.cpp", Vec::new(), Vec::new());
    indices.includes.extend([Include::Tree("src"), Include::Tree("ggml/src")]);
    plan.add_core(indices);
    let mut graph_memory = shim_unit("graph_memory.cpp", Vec::new(), Vec::new());
    graph_memory.includes.push(Include::Tree("ggml/src"));
    plan.add_core(graph_memory);
    plan.add_core(shim_unit("dispatch.cpp", merged.clone(), Vec::new()));
    if options.dynamic {
        let mut host = shim_unit("plugin_host.cpp", Vec::new(), Vec::new());
        host.includes.extend([Include::Plugin, Include::Tree("ggml/src")]);
        plan.add_core(host);
    }
    if dispatch {
        // Not part of the core: it is put around it (merge.rs).
        plan.add(shim_unit(STACK_LIMIT, merged.clone(), Vec::new()));
        plan.add_core(shim_unit("at_exit.cpp", Vec::new(), Vec::new()));
    }
    for group in GROUPS.iter().filter(|group| (group.wanted)(options)) {
        for file in group.shim {
            plan.add_core(shim_unit(file, merged.clone(), Vec::new()));
        }
        if !group.files.is_empty() {
            plan.add_core(Unit {
                source: Source::Unity(
                    group.name.to_owned(),
                    group.files.iter().map(|&f| f.to_owned()).collect(),
                ),
                c: false,
                opt: 1,
                defines: Vec::new(),
                includes: common_includes(),
                flags: Vec::new(),
                prelude: group.prelude,
            });
        }
    }
}

/// Files of llama.cpp's `common` library that are compiled as one, in an order in which that works, and the shim
/// in front of them.
struct Group {
    name: &'static str,
    wanted: fn(&Options) -> bool,
    shim: &'static [&'static str],
    files: &'static [&'static str],
    prelude: Option<&'static str>,
}

const GROUPS: [Group; 6] = [
    Group {
        name: "json.cpp",
        wanted: |options| options.jinja || options.json_schema,
        shim: &["json_text.cpp"],
        files: &["common/json.cpp", "common/unicode.cpp"],
        prelude: None,
    },
    Group {
        name: "jinja.cpp",
        wanted: |options| options.jinja,
        shim: &["jinja.cpp", "nesting.cpp", "provenance.cpp", "values.cpp", "filters.cpp"],
        files: &[
            "common/jinja/value.cpp",
            "common/jinja/string.cpp",
            "common/jinja/lexer.cpp",
            "common/jinja/parser.cpp",
            "common/jinja/runtime.cpp",
            "common/jinja/caps.cpp",
        ],
        prelude: Some("jinja_hooks.h"),
    },
    Group {
        name: "json_schema.cpp",
        wanted: |options| options.json_schema,
        shim: &["json_schema.cpp", "text.cpp"],
        files: &["common/json-schema.cpp", "common/json-schema-to-grammar.cpp", "common/trie.cpp"],
        prelude: Some("to_log.h"),
    },
    Group {
        name: "chat.cpp",
        wanted: |options| options.chat,
        shim: &["chat.cpp", "log.cpp"],
        files: &[
            "common/chat.cpp",
            "common/chat-auto-parser-generator.cpp",
            "common/chat-auto-parser-helpers.cpp",
            "common/chat-diff-analyzer.cpp",
        ],
        prelude: Some("chat_hooks.h"),
    },
    Group {
        name: "chat_peg.cpp",
        wanted: |options| options.chat,
        shim: &[],
        files: &["common/chat-peg-parser.cpp", "common/peg-parser.cpp"],
        prelude: Some("peg_hooks.h"),
    },
    Group {
        name: "chat_parsers.cpp",
        wanted: |options| options.chat,
        shim: &[],
        files: &CHAT_PARSERS,
        prelude: Some("chat_hooks.h"),
    },
];

/// Parsers for particular models.
pub(crate) const CHAT_PARSERS: [&str; 17] = [
    "common/parsers/cohere2moe.cpp",
    "common/parsers/deepseek.cpp",
    "common/parsers/functionary-v3-2.cpp",
    "common/parsers/gemma4.cpp",
    "common/parsers/gigachat-v3.cpp",
    "common/parsers/gpt-oss.cpp",
    "common/parsers/kimi-k2.cpp",
    "common/parsers/kimi-k3.cpp",
    "common/parsers/lfm2.cpp",
    "common/parsers/ling3.cpp",
    "common/parsers/llm-jp-harmony.cpp",
    "common/parsers/minicpm5.cpp",
    "common/parsers/minimax-m3.cpp",
    "common/parsers/ministral3.cpp",
    "common/parsers/muse-glimmer.cpp",
    "common/parsers/parsers.cpp",
    "common/parsers/qwen3-coder.cpp",
];

fn common_includes() -> Vec<Include> {
    ["common", "vendor", "include", "ggml/include"].map(Include::Tree).to_vec()
}

fn shim_unit(file: &str, defines: Vec<String>, flags: Vec<String>) -> Unit {
    let mut includes = vec![Include::Shim, Include::Lists];
    includes.extend(common_includes());
    Unit { source: Source::Shim(file.to_owned()), c: false, opt: 2, defines, includes, flags, prelude: None }
}

/// Files of the multimodal library and their `-O` level: only what turns media into numbers is hot.
/// `mtmd-helper.cpp`, with its decoders of files, is compiled as a part of `shim/multimodal.cpp`.
const MULTIMODAL: [(&str, u8); 5] = [
    ("tools/mtmd/clip.cpp", 1),
    ("tools/mtmd/mtmd.cpp", 1),
    ("tools/mtmd/mtmd-helper-gen.cpp", 1),
    ("tools/mtmd/mtmd-audio.cpp", 2),
    ("tools/mtmd/mtmd-image.cpp", 2),
];

/// As [`GRAPH_CHECKS`], and writes to the log what these files print.
const MULTIMODAL_CHECKS: &str = "mtmd_checks.h";

/// SHA-256, in an order in which the files compile as one.
const HASH: [&str; 2] = ["vendor/hash/hash.cpp", "vendor/hash/sha256/sha256.c"];

fn add_multimodal(plan: &mut Plan, files: &Listing) {
    let folders = ["tools/mtmd", "vendor", "vendor/hash", "include", "ggml/include"];
    let includes = || -> Vec<Include> {
        let own = [Include::Checks, Include::Multimodal];
        folders.into_iter().map(Include::Tree).chain(own).collect()
    };
    let unit = |source: Source, opt: u8| Unit {
        source,
        c: false,
        opt,
        defines: Vec::new(),
        includes: includes(),
        flags: Vec::new(),
        prelude: Some(MULTIMODAL_CHECKS),
    };
    let mut shim = unit(Source::Shim("multimodal.cpp".to_owned()), 2);
    shim.includes.push(Include::Shim);
    plan.add_core(shim);
    for (file, opt) in MULTIMODAL {
        plan.add_core(unit(Source::Tree(file.to_owned()), opt));
    }
    let models: Vec<String> = files.in_folder("tools/mtmd/models").cloned().collect();
    plan.add_core(unit(Source::Unity("mtmd_models.cpp".to_owned(), models), 1));
    let hash = HASH.iter().map(|&f| f.to_owned()).collect();
    plan.add_core(unit(Source::Unity("mtmd_hash.cpp".to_owned(), hash), 2));
}
