//! Files that appear under their name only when they are complete.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A file in the making; deleted unless it is published.
#[derive(Debug)]
pub(crate) struct PartFile {
    path: PathBuf,
}

impl PartFile {
    /// A new name in the folder of `target`. Nothing is created yet.
    pub(crate) fn beside(target: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{unique}.part", std::process::id()));
        Self { path: target.with_file_name(name) }
    }

    /// A file that somebody else will write.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, replacing what is there.
    pub(crate) fn publish(self, target: &Path) -> io::Result<()> {
        std::fs::rename(&self.path, target)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // Published or never written, mostly; what cannot be deleted is only litter.
        let _ = std::fs::remove_file(&self.path);
    }
}
