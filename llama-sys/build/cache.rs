//! Compiled objects, found again by what they were made from.
//!
//! An object is fresh when compiler, arguments and the content of every file that it read are the
//! same as when it was made. The folder lies in Cargo's target folder and is shared by all profiles.

use std::collections::HashMap;
use std::ffi::OsString;
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

/// The place of one object.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The object file.
    pub(crate) object: PathBuf,
    /// The compiler's list of files it read (`-MD`).
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
        std::fs::read_to_string(&self.deps).ok().map(|rule| parse_deps(&rule))
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
