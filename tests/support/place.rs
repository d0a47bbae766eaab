//! Programs in folders of their own, with plugins or without.

use llama::sys::build_info;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the test `child` is to do in a program of its own; several words.
pub(crate) const CHILD: &str = "LLAMA_TEST_BACKENDS";

/// A program in a folder of its own.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("backends").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        let this = std::env::current_exe().expect("this program");
        let place = Self(folder);
        let program = place.0.join("program");
        std::fs::hard_link(&this, &program)
            .or_else(|_| std::fs::copy(&this, &program).map(drop))
            .expect("a copy of this program");
        place
    }

    pub(crate) fn with_plugins(self) -> Self {
        for plugin in plugins() {
            std::fs::copy(&plugin, self.0.join(plugin.file_name().expect("a name"))).expect("copied");
        }
        self
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(format!("libllama-backend-{name}.so")), bytes).expect("written");
    }

    pub(crate) fn command(&self, orders: &str) -> Command {
        let mut command = Command::new(self.0.join("program"));
        command.args(["child", "--exact", "--nocapture"]).env(CHILD, orders).current_dir("/");
        command
    }

    pub(crate) fn run(&self, orders: &str) -> Told {
        Told::by(&mut self.command(orders))
    }
}

/// What a program said.
pub(crate) struct Told(pub(crate) String);

impl Told {
    pub(crate) fn by(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}\n{errors}", output.status);
        Self(text)
    }

    pub(crate) fn all(&self, what: &str) -> Vec<&str> {
        let lines = self.0.lines().filter_map(|line| line.strip_prefix(':')?.strip_prefix(what));
        lines.map(str::trim).collect()
    }

    pub(crate) fn logits(&self) -> Vec<f64> {
        let bits = self.all("logits")[0].split(' ').map(|bits| bits.parse().expect("a number"));
        bits.map(|bits| f64::from(f32::from_bits(bits))).collect()
    }
}

/// The plugins of this build, the smallest first.
pub(crate) fn plugins() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(build_info::PLUGINS.expect("the feature is on")).expect("the folder");
    let mut all: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    all.sort_by_key(|file| std::fs::metadata(file).expect("a file").len());
    all
}

/// Bytes of a plugin; `None`, said past the test harness, where this build has none.
pub(crate) fn smallest(check: &str) -> Option<Vec<u8>> {
    let all = plugins();
    if all.is_empty() {
        skipped(check, "this build has no plugin: add feature `blas`");
    }
    all.first().map(|file| std::fs::read(file).expect("read"))
}

pub(crate) fn skipped(check: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {check}: {why}");
}
