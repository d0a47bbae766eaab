//! Compiled objects, found again by what they were made from.
//!
//! An object is fresh when compiler, arguments and the content of every file that it read are the
//! same as when it was made. The folder lies in Cargo's target folder and is shared by all profiles.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Content hashes of files, each file read once per build.
#[derive(Debug, Default)]
pub(crate) struct Contents(Mutex<HashMap<PathBuf, Option<u64>>>);

impl Contents {
    fn hash(&self, path: &Path) -> Option<u64> {
        if let Some(known) = self.0.lock().ok()?.get(path) {
            return *known;
        }
        let hash = std::fs::read(path).ok().map(|bytes| {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            hasher.finish()
        });
        self.0.lock().ok()?.insert(path.to_owned(), hash);
        hash
    }

    /// One hash over all files, `None` when one of them cannot be read.
    fn combined(&self, paths: &[PathBuf]) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        for path in paths {
            path.hash(&mut hasher);
            self.hash(path)?.hash(&mut hasher);
        }
        Some(hasher.finish())
    }
}

/// The time stamp of a file that was just written lies in the past by up to one tick of the kernel's coarse clock.
const CLOCK_STEP: Duration = Duration::from_millis(100);

/// Keeps other builds out of `folder` until the result is dropped. File systems without locks do without: what is
/// made there is moved into its place whole.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join("lock");
    let file = std::fs::create_dir_all(folder).and_then(|()| File::create(&path));
    let file = file.map_err(|e| format!("{}: {e}", path.display()))?;
    let _ = file.lock();
    Ok(file)
}

/// The place of one object.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The object file.
    pub(crate) object: PathBuf,
    /// The compiler's list of files it read (`-MD`, `/sourceDependencies`).
    pub(crate) deps: PathBuf,
    stamp: PathBuf,
    /// Folder of generated files: named after their content, they never change.
    generated: PathBuf,
}

impl Slot {
    /// The slot for a compiler call; `name` is for humans.
    pub(crate) fn new(cache: &Path, name: &str, compiler: &str, args: &[OsString]) -> Self {
        let mut hasher = DefaultHasher::new();
        (compiler, args).hash(&mut hasher);
        let base = cache.join("objects").join(format!("{name}-{:016x}", hasher.finish()));
        Self {
            object: base.with_extension("o"),
            deps: base.with_extension("d"),
            stamp: base.with_extension("stamp"),
            generated: cache.join("generated"),
        }
    }

    /// True when the object can be used as it is.
    pub(crate) fn is_fresh(&self, contents: &Contents) -> bool {
        let recorded = std::fs::read_to_string(&self.stamp).ok();
        self.object.is_file() && recorded.is_some() && recorded == self.current(contents)
    }

    /// Makes the object stale, before it is replaced.
    ///
    /// # Errors
    /// When the stamp cannot be removed.
    pub(crate) fn forget(&self) -> std::io::Result<()> {
        match std::fs::remove_file(&self.stamp) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// Remembers what the object was made from by a compiler that ran since `started`. The object stays stale
    /// when a file may have changed meanwhile: nobody knows which content the compiler saw.
    ///
    /// # Errors
    /// When the stamp cannot be written.
    pub(crate) fn record(&self, contents: &Contents, started: SystemTime) -> std::io::Result<()> {
        match self.current(contents) {
            Some(stamp) if self.unchanged_since(started) => std::fs::write(&self.stamp, stamp),
            _ => Ok(()),
        }
    }

    fn unchanged_since(&self, started: SystemTime) -> bool {
        let older = |path: &PathBuf| {
            let modified = std::fs::metadata(path).and_then(|m| m.modified());
            modified.is_ok_and(|time| time + CLOCK_STEP < started)
        };
        self.dependencies()
            .is_some_and(|deps| deps.iter().all(|path| path.starts_with(&self.generated) || older(path)))
    }

    fn current(&self, contents: &Contents) -> Option<String> {
        contents.combined(&self.dependencies()?).map(|hash| format!("{hash:016x}"))
    }

    fn dependencies(&self) -> Option<Vec<PathBuf>> {
        let list = std::fs::read_to_string(&self.deps).ok()?;
        Some(if list.trim_start().starts_with('{') { parse_msvc_deps(&list) } else { parse_deps(&list) })
    }
}

/// The prerequisites in a Makefile rule as compilers write it.
#[must_use]
pub(crate) fn parse_deps(rule: &str) -> Vec<PathBuf> {
    let body = rule.split_once(": ").map_or("", |(_, body)| body).replace("\\\n", " ").replace("\\\r\n", " ");
    let mut out = Vec::new();
    let mut word = String::new();
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&' ') => word.extend(chars.next()),
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    out.push(PathBuf::from(std::mem::take(&mut word)));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(PathBuf::from(word));
    }
    out
}

/// The files in a list as Microsoft's compiler writes it: JSON with `Source` and `Includes`.
#[must_use]
pub(crate) fn parse_msvc_deps(json: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for (key, is_list) in [("\"Source\":", false), ("\"Includes\":", true)] {
        let mut rest = json.split_once(key).map_or("", |(_, rest)| rest).trim_start();
        if is_list {
            rest = rest.strip_prefix('[').unwrap_or_default().trim_start();
        }
        while let Some((word, behind)) = rest.strip_prefix('"').and_then(json_string) {
            out.push(PathBuf::from(word));
            let next = behind.trim_start().strip_prefix(',').filter(|_| is_list);
            rest = next.unwrap_or_default().trim_start();
        }
    }
    out
}

/// A string of JSON, its first quote gone, and what is behind it. Of escapes there are those of paths.
fn json_string(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((out, &text[at + 1..])),
            (_, '\\') => out.push(chars.next()?.1),
            (_, c) => out.push(c),
        }
    }
}
