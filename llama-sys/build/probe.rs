//! A small program that shows whether a header and a library are there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, and where its parts are looked for beside the compiler's own folders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probe<'a> {
    /// C++.
    pub(crate) text: &'a str,
    /// Folder of headers.
    pub(crate) include: Option<PathBuf>,
    /// Folder of libraries.
    pub(crate) folder: Option<PathBuf>,
    /// What is linked.
    pub(crate) library: Option<&'a str>,
}

impl Probe<'_> {
    /// True when it compiles and links in `folder`; `msvc` where the compiler is Microsoft's or takes its arguments.
    pub(crate) fn works(&self, folder: &Path, mut compiler: Command, msvc: bool) -> bool {
        let source = folder.join("probe.cpp");
        compiler.args(self.arguments(msvc, &source, &folder.join("probe.out")));
        std::fs::write(&source, self.text).is_ok() && compiler.output().is_ok_and(|out| out.status.success())
    }

    /// Arguments of the compiler.
    pub(crate) fn arguments(&self, msvc: bool, source: &Path, out: &Path) -> Vec<OsString> {
        let mut all: Vec<OsString> = Vec::new();
        let mut add = |option: &str, value: &Path| {
            let mut word = OsString::from(option);
            word.push(value);
            all.push(word);
        };
        if msvc {
            add("/nologo", Path::new(""));
            self.include.iter().for_each(|folder| add("/I", folder));
            add("/Fo", &out.with_extension("obj"));
            add("/Fe", out);
            add("", source);
            add("/link", Path::new(""));
            self.folder.iter().for_each(|folder| add("/LIBPATH:", folder));
            self.library.iter().for_each(|name| add("", Path::new(&format!("{name}.lib"))));
        } else {
            self.include.iter().for_each(|folder| add("-I", folder));
            add("-o", Path::new(""));
            add("", out);
            add("", source);
            self.folder.iter().for_each(|folder| add("-L", folder));
            self.library.iter().for_each(|name| add("-l", Path::new(name)));
        }
        all
    }
}
