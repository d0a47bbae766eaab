//! Objects to one static library.
//!
//! With binutils, each CPU variant becomes one relocatable object whose symbols are local but for the
//! few that the dispatcher uses, under names of its own; then everything becomes one object of
//! which only the prefixed C API stays global. So no kernel compiled for a new processor can be
//! linked into code that runs on an old one, and no second copy of ggml in the program can clash.
//! Elsewhere the objects go into an archive as they are.

use crate::backends::{Built, Libraries};
use crate::compile::Toolchain;
use crate::env::Env;
use crate::headers::Api;
use crate::plan::Plan;
use crate::{bindings, plan::VariantPlan};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name of the library, without prefix and extension.
pub(crate) const LIBRARY: &str = "llama_cpp";

/// What is called by another name in the whole library: functions of C++ in whose place the shim's come.
const RENAMES: [(&str, &str); 3] =
    [("_Znwm", "lrs_operator_new"), ("_Znam", "lrs_operator_new_array"), ("__cxa_atexit", "lrs_at_exit")];

/// Static libraries that CMake made.
#[derive(Debug, Default)]
pub(crate) struct Archives {
    /// The one CPU variant, where CMake compiles the core.
    pub(crate) cpu: Option<PathBuf>,
    /// All others.
    pub(crate) others: Vec<PathBuf>,
    /// Back ends that are no parts of the program.
    pub(crate) plugins: Vec<Built>,
    /// What those that are parts of it call.
    pub(crate) libraries: Vec<Libraries>,
}

/// The binutils that merging needs.
#[derive(Debug)]
pub(crate) struct Tools<'a> {
    toolchain: &'a Toolchain,
    linker: Linker,
    objcopy: PathBuf,
    nm: PathBuf,
}

/// How GNU ld is started.
#[derive(Debug)]
enum Linker {
    /// By the compiler driver, which knows the architecture; an option may make it choose GNU ld.
    Driver(Option<&'static str>),
    /// By its name, where the driver has another linker only (zig).
    Program(PathBuf),
}

impl<'a> Tools<'a> {
    /// Looks for them beside the compiler.
    ///
    /// # Errors
    /// Why merging is not possible.
    pub(crate) fn find(env: &Env, toolchain: &'a Toolchain) -> Result<Self, String> {
        if !env.target.is_linux() {
            return Err(format!("objects are not ELF on {}", env.target.os));
        }
        let program =
            |name: &str| toolchain.query(&format!("-print-prog-name={name}")).unwrap_or_else(|| name.into());
        let (source, object) = (env.out_dir.join("merges.cpp"), env.out_dir.join("merges.o"));
        std::fs::write(&source, "int merges;\n").map_err(|e| format!("{}: {e}", source.display()))?;
        execute(toolchain.cxx().arg("-c").arg("-o").arg(&object).arg(&source))?;
        let merged = env.out_dir.join("merged.o");
        let with_linker = |linker| Self { toolchain, linker, objcopy: PathBuf::new(), nm: PathBuf::new() };
        let drivers = [
            (program("ld.bfd"), Linker::Driver(Some("-fuse-ld=bfd"))),
            (program("ld"), Linker::Driver(None)),
        ];
        let named = env.objcopy.as_ref().map(|objcopy| sibling(objcopy, "objcopy", "ld"));
        let programs = named.into_iter().chain([beside_archiver("ld"), "ld".into()]);
        let linked = drivers
            .into_iter()
            .chain(programs.map(|ld| (ld.clone(), Linker::Program(ld))))
            .filter(|(ld, _)| prints(ld, "--help", "--force-group-allocation"))
            .map(|(_, linker)| with_linker(linker))
            .find(|tools| relink(tools, std::slice::from_ref(&object), &merged).is_ok())
            .ok_or_else(|| "no GNU ld with --force-group-allocation for the target".to_owned())?;
        // A compiler for several targets may name the building machine's objcopy: it must read such objects.
        let reads = |objcopy: &PathBuf| {
            let mut command = Command::new(objcopy);
            execute(command.args(["--wildcard", "--keep-global-symbol=merges*"]).arg(&merged)).is_ok()
        };
        let candidates = match &env.objcopy {
            Some(objcopy) => vec![objcopy.clone()],
            None => vec![program("objcopy"), beside_archiver("objcopy"), "objcopy".into()],
        };
        let objcopy = candidates
            .into_iter()
            .find(|objcopy| prints(objcopy, "--help", "--keep-global-symbols") && reads(objcopy))
            .ok_or_else(|| "no GNU objcopy for the target".to_owned())?;
        Ok(Self { nm: sibling(&objcopy, "objcopy", "nm"), objcopy, ..linked })
    }
}

/// A tool of the binutils whose `ar` the `cc` crate takes for the target.
fn beside_archiver(tool: &str) -> PathBuf {
    let ar = cc::Build::new().cargo_metadata(false).try_get_archiver().ok();
    sibling(Path::new(ar.as_ref().map_or("".as_ref(), Command::get_program)), "ar", tool)
}

/// Another tool of the same binutils, with the same prefix and folder.
fn sibling(path: &Path, name: &str, other: &str) -> PathBuf {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let (prefix, suffix) = file.rsplit_once(name).unwrap_or_default();
    path.with_file_name(format!("{prefix}{other}{suffix}"))
}

fn prints(program: &Path, arg: &str, text: &str) -> bool {
    Command::new(program).arg(arg).output().is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains(text))
}

/// Writes the library into the output folder. The result are static libraries that are not in it.
///
/// # Errors
/// The output of the tool that failed.
pub(crate) fn archive(
    env: &Env,
    toolchain: &Toolchain,
    plan: &Plan,
    api: &Api,
    objects: &[PathBuf],
    archives: &Archives,
    tools: Option<&Tools<'_>>,
) -> Result<Option<Libraries>, String> {
    let mut apart = None;
    let pick = |units: &[usize]| -> Vec<PathBuf> { units.iter().map(|&i| objects[i].clone()).collect() };
    let mut parts = pick(&plan.core);
    if let Some(tools) = tools {
        let markers = if plan.dispatch { Some(Markers::compile(env, toolchain)?) } else { None };
        for variant in &plan.variants {
            let mut own = pick(&variant.units);
            own.extend(archives.cpu.clone());
            match &markers {
                Some(markers) => parts.push(variant_object(env, tools, markers, variant, api, own)?),
                None => parts.extend(own),
            }
        }
        parts.extend_from_slice(&archives.others);
        let whole = env.out_dir.join("llama_cpp.o");
        relink(tools, &parts, &whole)?;
        if let Some(limit) = plan.stack_limit() {
            // Everything else calls operator new through this object, and takes nothing down at the end (at_exit.cpp).
            let rest = env.out_dir.join("llama_cpp_rest.o");
            let mut rename = Command::new(&tools.objcopy);
            for (name, ours) in RENAMES {
                rename.arg(format!("--redefine-sym={name}={ours}"));
            }
            execute(rename.arg(&whole).arg(&rest))?;
            relink(tools, &[rest, objects[limit].clone()], &whole)?;
        }
        let mut objcopy = Command::new(&tools.objcopy);
        objcopy.arg("--wildcard");
        for prefix in [bindings::SYMBOL_PREFIX, bindings::GUARD_PREFIX] {
            objcopy.arg(format!("--keep-global-symbol={prefix}*"));
        }
        for name in unique_symbols(tools, &whole)? {
            objcopy.arg(format!("--redefine-sym={name}={}{name}", bindings::SYMBOL_PREFIX));
        }
        execute(objcopy.arg(&whole))?;
        parts = vec![whole];
    } else {
        parts.extend(plan.variants.iter().flat_map(|v| pick(&v.units)));
        let all = || archives.others.iter().chain(&archives.cpu);
        let name = |archive: &PathBuf| archive.file_name().unwrap_or_default().display().to_string();
        apart = Some(Libraries {
            folders: all().filter_map(|archive| Some(archive.parent()?.to_owned())).collect(),
            names: all().map(|archive| format!("static:+verbatim={}", name(archive))).collect(),
        });
    }
    let mut build = cc::Build::new();
    build.cargo_metadata(false).out_dir(&env.out_dir).objects(&parts);
    // `ar` adds to an archive that is there.
    let _ = std::fs::remove_file(env.out_dir.join(format!("lib{LIBRARY}.a")));
    build.try_compile(LIBRARY).map_err(|e| format!("cannot write the static library: {e}"))?;
    Ok(apart)
}

/// One variant as one object. Its static constructors move to a section of their own, so that the
/// program start does not run them: the dispatcher does, when it has chosen the variant.
fn variant_object(
    env: &Env,
    tools: &Tools<'_>,
    markers: &Markers,
    variant: &VariantPlan,
    api: &Api,
    mut objects: Vec<PathBuf>,
) -> Result<PathBuf, String> {
    let name = &variant.name;
    let out = env.out_dir.join(format!("cpu_{name}.o"));
    objects.insert(0, markers.first.clone());
    objects.push(markers.last.clone());
    relink(tools, &objects, &out)?;

    let mut renames = format!(
        "lrv_needs lrv_{name}_needs\nlrv_init_first lrv_{name}_init_first\nlrv_init_last lrv_{name}_init_last\n"
    );
    for f in &api.cpu_functions {
        let _ = writeln!(renames, "{}{f} lrv_{name}_{f}", bindings::SYMBOL_PREFIX);
    }
    let list = env.out_dir.join(format!("cpu_{name}.symbols"));
    std::fs::write(&list, &renames).map_err(|e| format!("{}: {e}", list.display()))?;
    execute(
        Command::new(&tools.objcopy)
            .arg(format!("--redefine-syms={}", list.display()))
            .args(["--wildcard", &format!("--keep-global-symbol=lrv_{name}_*")])
            .arg(format!("--rename-section=.init_array=.lrv_init.{name}"))
            .arg(&out),
    )?;
    Ok(out)
}

/// C++ names that the dynamic linker makes one in the whole process. What CMake compiles has some; objcopy cannot hide
/// them, only rename them.
fn unique_symbols(tools: &Tools<'_>, object: &Path) -> Result<Vec<String>, String> {
    let mut nm = Command::new(&tools.nm);
    let out = nm.args(["--extern-only", "--defined-only"]).arg(object).output();
    let out = out.map_err(|e| format!("cannot run {}: {e}", tools.nm.display()))?;
    if !out.status.success() {
        return Err(format!("{} failed:\n{}", tools.nm.display(), String::from_utf8_lossy(&out.stderr)));
    }
    let text = String::from_utf8_lossy(&out.stdout);
    let unique = text.lines().filter_map(|line| line.split_once(" u "));
    Ok(unique.map(|(_, name)| name.to_owned()).collect())
}

/// Several objects, or all of several archives, as one object. Of the user's arguments only the architecture
/// matters here.
fn relink(tools: &Tools<'_>, objects: &[PathBuf], out: &Path) -> Result<(), String> {
    let (mut command, prefix) = match &tools.linker {
        Linker::Driver(choice) => {
            let mut command = tools.toolchain.cxx();
            command.args(["-nostdlib", "-fno-sanitize=all"]).args(*choice);
            (command, "-Wl,")
        }
        Linker::Program(ld) => (Command::new(ld), ""),
    };
    let option = |name| format!("{prefix}{name}");
    command.arg("-r").args(["--build-id=none", "--force-group-allocation", "--whole-archive"].map(option));
    command.arg("-o").arg(out).args(objects);
    execute(command.arg(option("--no-whole-archive")))
}

/// Objects that mark both ends of a variant's list of static constructors.
struct Markers {
    first: PathBuf,
    last: PathBuf,
}

impl Markers {
    fn compile(env: &Env, toolchain: &Toolchain) -> Result<Self, String> {
        let one = |which: &str| {
            let source = env.out_dir.join(format!("init_{which}.cpp"));
            let object = env.out_dir.join(format!("init_{which}.o"));
            let text = format!(
                "extern \"C\" {{ extern void (*lrv_init_{which})();\n\
                 __attribute__((section(\".init_array\"), used)) void (*lrv_init_{which})() = nullptr; }}\n"
            );
            std::fs::write(&source, text).map_err(|e| format!("{}: {e}", source.display()))?;
            execute(toolchain.cxx().arg("-c").arg("-o").arg(&object).arg(&source))?;
            Ok::<_, String>(object)
        };
        Ok(Self { first: one("first")?, last: one("last")? })
    }
}

pub(crate) fn execute(command: &mut Command) -> Result<(), String> {
    let out = command.output().map_err(|e| format!("cannot run {}: {e}", command.get_program().display()))?;
    if out.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&out.stderr);
    let first: Vec<&str> = text.lines().take(20).collect();
    Err(format!("{} failed:\n{}", command.get_program().display(), first.join("\n")))
}
