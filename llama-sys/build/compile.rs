//! Turns the units of a plan into compiler calls.

use crate::cache::{self, Contents, Slot};
use crate::env::Env;
use crate::headers::{Generated, MTMD_PREFIX};
use crate::jobs;
use crate::plan::{Include, Plan, Source, Unit, tree_files};
use crate::target::Target;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// The C and C++ compilers.
#[derive(Debug)]
pub(crate) struct Toolchain {
    c: cc::Tool,
    cxx: cc::Tool,
    /// First line of the C compiler's version.
    c_version: String,
    /// First line of the C++ compiler's version.
    pub(crate) version: String,
    /// The C++ standard library is LLVM's.
    pub(crate) has_libcxx: bool,
}

impl Toolchain {
    /// Finds the compilers the way the `cc` crate does (`CC`, `CXX`, `CFLAGS`, ... are honoured).
    ///
    /// # Errors
    /// When there is no working compiler.
    pub(crate) fn detect(env: &Env) -> Result<Self, String> {
        let remedies = |cpp: bool| remedies(env.target.is_foreign, cpp);
        let tool = |cpp: bool| {
            let mut build = cc::Build::new();
            // Processor flags are the plan's business, not rustc's.
            build.cpp(cpp).opt_level(3).debug(false).warnings(false).inherit_rustflags(false);
            build.out_dir(&env.out_dir).try_get_compiler().map_err(|e| {
                let what = if cpp { "C++" } else { "C" };
                format!("llama-sys needs a {what} compiler and found none that works: {e}\n{}", remedies(cpp))
            })
        };
        let (c, cxx) = (tool(false)?, tool(true)?);
        let version = |tool: &cc::Tool, cpp: bool| {
            version(tool).ok_or_else(|| {
                let what = if cpp { "C++" } else { "C" };
                format!("the {what} compiler {} does not run\n{}", tool.path().display(), remedies(cpp))
            })
        };
        let (c_version, version) = (version(&c, false)?, version(&cxx, true)?);
        let has_libcxx = has_libcxx(&cxx, &remedies(true))?;
        Ok(Self { c, cxx, c_version, version, has_libcxx })
    }

    /// True when the C++ compiler takes `flags`, and the assembler the instructions that they allow.
    #[must_use]
    pub(crate) fn accepts(&self, env: &Env, flags: &[String]) -> bool {
        let source = env.out_dir.join("accepts.cpp");
        let object = env.out_dir.join("accepts.o");
        let known = ASSEMBLY.iter().filter(|(flag, _)| flags.iter().any(|f| f == flag));
        let text: Vec<String> = known.map(|(_, line)| format!("asm(\"{line}\");\n")).collect();
        std::fs::write(&source, text.concat()).is_ok()
            && self
                .cxx()
                .args(flags)
                .arg("-c")
                .arg("-o")
                .arg(object)
                .arg(source)
                .output()
                .is_ok_and(|o| o.status.success())
    }

    /// A call of the C++ compiler with nothing but the user's arguments.
    #[must_use]
    pub(crate) fn cxx(&self) -> Command {
        command(&self.cxx)
    }

    /// Keeps template statics inside one variant instead of sharing them process-wide.
    #[cfg_attr(not(feature = "cmake"), allow(dead_code, reason = "for flags that are handed to CMake"))]
    #[must_use]
    pub(crate) fn local_statics(&self, target: &Target) -> Option<&'static str> {
        local_statics(target, &self.cxx)
    }

    /// All that decides what the compilers make of a file: programs, versions, and the user's arguments.
    #[cfg_attr(not(feature = "cmake"), allow(dead_code, reason = "for folders that CMake compiles in"))]
    #[must_use]
    pub(crate) fn identity(&self) -> Vec<OsString> {
        let tools = [(&self.c, &self.c_version), (&self.cxx, &self.version)];
        let words = tools.into_iter().flat_map(|(tool, version)| {
            let command = command(tool);
            let all = std::iter::once(command.get_program()).chain(command.get_args());
            all.map(OsString::from).chain([version.into()]).collect::<Vec<_>>()
        });
        words.collect()
    }

    /// True for Microsoft's compiler and what takes its arguments.
    #[must_use]
    pub(crate) fn is_like_msvc(&self) -> bool {
        self.cxx.is_like_msvc()
    }

    /// True when the linker finds the library of that path by its name alone.
    #[cfg_attr(not(feature = "cmake"), allow(dead_code, reason = "for libraries that CMake has found"))]
    #[must_use]
    pub(crate) fn knows(&self, library: &Path) -> bool {
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        let known = self.query(&format!("-print-file-name={name}"));
        known.and_then(|path| path.canonicalize().ok()) == library.canonicalize().ok()
    }

    /// Path that the compiler driver uses for one of its own programs or files.
    #[must_use]
    pub(crate) fn query(&self, question: &str) -> Option<PathBuf> {
        let out = self.cxx().arg(question).output().ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        let text = text.trim();
        (out.status.success() && !text.is_empty()).then(|| PathBuf::from(text))
    }
}

/// An instruction for each flag that a compiler may know while its assembler is too old.
const ASSEMBLY: [(&str, &str); 8] = [
    ("-mavx2", "vpaddd %ymm0, %ymm0, %ymm0"),
    ("-mavx512f", "vpaddd %zmm0, %zmm0, %zmm0"),
    ("-mavx512vbmi", "vpermb %zmm0, %zmm0, %zmm0"),
    ("-mavx512vnni", "vpdpbusd %zmm0, %zmm0, %zmm0"),
    ("-mavx512bf16", "vdpbf16ps %zmm0, %zmm0, %zmm0"),
    ("-mavxvnni", "{vex} vpdpbusd %ymm0, %ymm0, %ymm0"),
    ("-mamx-tile", "tilezero %tmm0"),
    ("-mamx-int8", "tdpbssd %tmm2, %tmm1, %tmm0"),
];

/// How to get a compiler.
fn remedies(foreign: bool, cpp: bool) -> String {
    let (package, variable, flags) = if cpp { ("g++", "CXX", "CXXFLAGS") } else { ("gcc", "CC", "CFLAGS") };
    if foreign {
        return format!(
            "Remedies: install one for the target with its libraries (Debian: `apt install {package}-aarch64-linux-gnu` or \
             `{package}-mingw-w64-x86-64-posix`; Android: the NDK), or name compiler and sysroot in {variable}_<target> \
             and {flags}_<target>, with underscores in the target's name."
        );
    }
    format!(
        "Remedies: install one (Debian: `apt install {package}`; macOS: `xcode-select --install`; Windows: the Visual Studio \
         build tools), or name it in {variable}."
    )
}

/// True when the compiler's standard library for the target is libc++.
fn has_libcxx(cxx: &cc::Tool, remedies: &str) -> Result<bool, String> {
    if cxx.is_like_msvc() {
        return Ok(false);
    }
    let mut probe = command(cxx);
    probe.args(["-std=gnu++17", "-dM", "-E", "-include", "mutex", "-x", "c++", "-"]).stdin(Stdio::null());
    let program = cxx.path().display();
    let out = probe.output().map_err(|e| format!("cannot run {program}: {e}"))?;
    if !out.status.success() {
        let text = String::from_utf8_lossy(&out.stderr);
        let first: Vec<&str> = text.lines().take(5).collect();
        return Err(format!(
            "the C++ compiler {program} finds no C++17 standard library:\n{}\n{remedies}",
            first.join("\n")
        ));
    }
    let macros = String::from_utf8_lossy(&out.stdout);
    let defines = |name: &str| macros.lines().any(|line| line.split(' ').nth(1) == Some(name));
    if defines("__GLIBCXX__") && !defines("_GLIBCXX_HAS_GTHREADS") {
        return Err(format!(
            "the C++ standard library of {program} has no threads\nRemedies: a MinGW compiler with POSIX threads \
             (Debian: `apt install g++-mingw-w64-x86-64-posix`, and if both kinds are installed name \
             x86_64-w64-mingw32-g++-posix and x86_64-w64-mingw32-gcc-posix in CXX_x86_64_pc_windows_gnu and \
             CC_x86_64_pc_windows_gnu)."
        ));
    }
    Ok(defines("_LIBCPP_VERSION"))
}

/// A call of a compiler with the user's arguments. Objects for link-time optimisation have no symbols to merge.
fn command(tool: &cc::Tool) -> Command {
    let mut command = tool.to_command();
    if tool.args().iter().any(|a| a.to_string_lossy().starts_with("-flto")) {
        command.arg("-fno-lto");
    }
    command
}

/// What a compiler takes `native` for in its own arguments and `flags`, `None` when they do not say so.
fn native(tool: &cc::Tool, unit: &Unit) -> Option<OsString> {
    let own = tool.args().iter().map(|a| a.to_string_lossy());
    let mut all = own.chain(unit.flags.iter().map(Into::into));
    if tool.is_like_msvc() || !all.any(|a| a.starts_with("-m") && a.ends_with("=native")) {
        return None;
    }
    let language = if unit.c { "c" } else { "c++" };
    let mut probe = command(tool);
    probe.args(&unit.flags).args(["-dM", "-E", "-x", language, "-"]).stdin(Stdio::null());
    let mut hasher = DefaultHasher::new();
    probe.output().ok()?.stdout.hash(&mut hasher);
    Some(format!("native={:016x}", hasher.finish()).into())
}

fn version(tool: &cc::Tool) -> Option<String> {
    let out = if tool.is_like_msvc() && !tool.is_like_clang_cl() {
        tool.to_command().output().ok()?
    } else {
        // With its arguments: the first may say what the program is (`zig c++`).
        tool.to_command().arg("--version").output().ok().filter(|o| o.status.success())?
    };
    let text = if out.stdout.is_empty() { out.stderr } else { out.stdout };
    Some(String::from_utf8_lossy(&text).lines().next().unwrap_or("unknown").trim().to_owned())
}

/// Compiles every unit; the result has one object per unit, in order.
///
/// # Errors
/// The compiler's output for the first unit that failed.
pub(crate) fn all(
    env: &Env,
    toolchain: &Toolchain,
    jobserver: Option<&jobserver::Client>,
    tree: &Path,
    generated: &Generated,
    plan: &Plan,
) -> Result<Vec<PathBuf>, String> {
    let objects = env.cache_dir.join("objects");
    std::fs::create_dir_all(&objects).map_err(|e| format!("{}: {e}", objects.display()))?;
    // Two builds that share the folder (two profiles, an editor) do not compile the same twice.
    let _lock = cache::lock(&env.cache_dir)?;

    let contents = Contents::default();
    let paths = Paths { tree, shim: &env.crate_dir.join("shim"), generated };
    let calls: Vec<Call> = plan.units.iter().map(|u| Call::new(env, toolchain, &paths, u)).collect();
    let mut stale: Vec<&Call> = calls.iter().filter(|c| !c.slot.is_fresh(&contents)).collect();
    // The longest first, so that no core is idle at the end.
    stale.sort_by_key(|c| std::cmp::Reverse(c.weight));
    jobs::run(jobserver, stale.len(), |i| stale[i].run(&contents))?;
    Ok(calls.into_iter().map(|c| c.slot.object).collect())
}

struct Paths<'a> {
    tree: &'a Path,
    shim: &'a Path,
    generated: &'a Generated,
}

struct Call {
    command: Command,
    args: Vec<OsString>,
    slot: Slot,
    msvc: bool,
    clang: bool,
    weight: u64,
}

impl Call {
    fn new(env: &Env, toolchain: &Toolchain, paths: &Paths<'_>, unit: &Unit) -> Self {
        let (tool, version) =
            if unit.c { (&toolchain.c, &toolchain.c_version) } else { (&toolchain.cxx, &toolchain.version) };
        let source = match &unit.source {
            Source::Tree(file) => paths.tree.join(file),
            Source::Shim(file) => paths.shim.join(file),
            Source::Unity(name, _) if unit.is_multimodal() => paths.generated.multimodal.join(name),
            Source::Unity(name, _) => paths.generated.unity.join(name),
        };
        let mut args = arguments(&env.target, tool, unit);
        for include in &unit.includes {
            let folder = match include {
                Include::System(dir) => dir.clone(),
                Include::Tree(dir) => paths.tree.join(dir),
                Include::Shim => paths.shim.to_owned(),
                Include::Versions => paths.generated.versions.clone(),
                Include::Lists => paths.generated.shim.clone(),
                Include::Checks => paths.generated.checks.clone(),
                Include::Multimodal => paths.generated.multimodal.clone(),
                Include::Plugin => paths.generated.plugin.clone(),
            };
            args.push(joined("-I", &folder));
        }
        let mut first = vec![paths.generated.prefix.join("symbol_prefix.h")];
        first.extend(unit.is_multimodal().then(|| paths.generated.multimodal.join(MTMD_PREFIX)));
        first.extend(unit.prelude.map(|file| paths.shim.join(file)));
        for header in first {
            if tool.is_like_msvc() {
                args.push(joined("/FI", &header));
            } else {
                args.extend(["-include".into(), header.into()]);
            }
        }
        if !tool.is_like_msvc() {
            args.push(prefix_map(paths.tree, "llama.cpp"));
            if unit.includes.contains(&Include::Shim) {
                args.push(prefix_map(paths.shim, "shim"));
            }
        }
        args.push(source.clone().into());
        let command = command(tool);
        let mut key: Vec<OsString> = command.get_args().map(OsString::from).collect();
        key.extend(args.iter().cloned());
        key.extend(native(tool, unit));
        let identity = format!("{} {version}", tool.path().display());
        let name = source.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self {
            slot: Slot::new(&env.cache_dir, &name, &identity, &key),
            weight: weight(paths, unit, &source),
            msvc: tool.is_like_msvc(),
            clang: tool.is_like_clang_cl(),
            command,
            args,
        }
    }

    /// Makes the compiler list the files that it reads.
    fn list_deps(&self, file: &Path) -> Vec<OsString> {
        match (self.msvc, self.clang) {
            (false, _) => vec!["-MD".into(), "-MF".into(), file.into()],
            (true, true) => vec!["/clang:-MD".into(), joined("/clang:-MF", file)],
            (true, false) => vec!["/sourceDependencies".into(), file.into()],
        }
    }

    fn run(&self, contents: &Contents) -> Result<(), String> {
        // Written beside its place and moved there, so that two builds at once cannot mix.
        let unique = format!("tmp{}", std::process::id());
        let partial = self.slot.object.with_extension(format!("{unique}.o"));
        let partial_deps = self.slot.object.with_extension(format!("{unique}.d"));
        let mut command = Command::new(self.command.get_program());
        command.args(self.command.get_args());
        command.envs(self.command.get_envs().filter_map(|(k, v)| Some((k, v?))));
        command.args(&self.args);
        if self.msvc {
            command.arg("/c").arg(joined("/Fo", &partial));
        } else {
            command.arg("-c").arg("-o").arg(&partial);
        }
        command.args(self.list_deps(&partial_deps));
        self.slot.forget().map_err(|e| format!("{}: {e}", self.slot.object.display()))?;
        let started = SystemTime::now();
        let out =
            command.output().map_err(|e| format!("cannot run {}: {e}", command.get_program().display()))?;
        if !out.status.success() {
            let _ = std::fs::remove_file(&partial);
            let text = String::from_utf8_lossy(if out.stderr.is_empty() { &out.stdout } else { &out.stderr });
            let first: Vec<&str> = text.lines().take(30).collect();
            let program = command.get_program().display();
            let args: Vec<_> = command.get_args().map(|a| a.display().to_string()).collect();
            return Err(format!(
                "compiling llama.cpp failed: {program} {}\n{}",
                args.join(" "),
                first.join("\n")
            ));
        }
        let moved = std::fs::rename(&partial, &self.slot.object).and_then(|()| {
            let moved = std::fs::rename(&partial_deps, &self.slot.deps);
            // Before 2019's version 16.7 it knows no such list: the object is compiled again then.
            if self.msvc { Ok(()) } else { moved }
        });
        moved
            .and_then(|()| self.slot.record(contents, started))
            .map_err(|e| format!("{}: {e}", self.slot.object.display()))
    }
}

/// Everything but the include path and the source.
fn arguments(target: &Target, tool: &cc::Tool, unit: &Unit) -> Vec<OsString> {
    let mut args: Vec<String> = Vec::new();
    if tool.is_like_msvc() {
        args.extend([if unit.opt > 1 { "/O2" } else { "/O1" }, "/utf-8", "/bigobj", "/w"].map(str::to_owned));
        if !unit.c {
            // Not `/EHsc`: our C functions throw.
            args.extend(["/std:c++17", "/EHs", "/EHc-"].map(str::to_owned));
        }
        if tool.is_like_clang_cl() {
            args.extend(unit.flags.iter().cloned());
        } else {
            args.extend(msvc_arch(&unit.flags).map(str::to_owned));
        }
    } else {
        args.push(format!("-O{}", unit.opt));
        args.push(if unit.c { "-std=gnu11" } else { "-std=gnu++17" }.to_owned());
        args.extend(["-w", "-fvisibility=hidden", "-fexceptions"].map(str::to_owned));
        if !target.is_apple() {
            args.extend(["-ffunction-sections", "-fdata-sections"].map(str::to_owned));
        }
        args.extend(local_statics(target, tool).filter(|_| !unit.c).map(str::to_owned));
        args.extend(unit.flags.iter().cloned());
    }
    args.push("-DNDEBUG".to_owned());
    args.extend(unit.defines.iter().map(|d| format!("-D{d}")));
    args.into_iter().map(OsString::from).collect()
}

fn local_statics(target: &Target, tool: &cc::Tool) -> Option<&'static str> {
    (target.is_linux() && tool.is_like_gnu()).then_some("-fno-gnu-unique")
}

fn msvc_arch(flags: &[String]) -> Option<&'static str> {
    let has = |f: &str| flags.iter().any(|x| x == f);
    if has("-mavx512f") {
        Some("/arch:AVX512")
    } else if has("-mavx2") || has("-march=native") {
        Some("/arch:AVX2")
    } else {
        None
    }
}

fn weight(paths: &Paths<'_>, unit: &Unit, source: &Path) -> u64 {
    let size = |p: &Path| std::fs::metadata(p).map_or(0, |m| m.len());
    match &unit.source {
        Source::Unity(..) => tree_files(&unit.source).iter().map(|f| size(&paths.tree.join(f))).sum(),
        _ => size(source),
    }
}

fn joined(option: &str, path: &Path) -> OsString {
    let mut out = OsString::from(option);
    out.push(path);
    out
}

/// Keeps the folders of this machine out of messages and objects.
fn prefix_map(folder: &Path, name: &str) -> OsString {
    let mut out = joined("-ffile-prefix-map=", folder);
    out.push("=");
    out.push(name);
    out
}
