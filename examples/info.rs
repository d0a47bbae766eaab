//! What is in this build of llama.cpp and what it can run on.
//!
//! `cargo run --release --example info`

mod support;

use llama::sys::build_info as build;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use support::Outcome;

const HELP: &str = "\
Prints versions, how this program was built, CPU variants and devices.

Usage: info

  -h, --help  show this";

const MIB: usize = 1 << 20;

fn main() -> ExitCode {
    support::main(HELP, |args| {
        support::texts(args, 0)?;
        Ok(std::io::stdout().write_all(report()?.as_bytes())?)
    })
}

fn report() -> Outcome<String> {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| writeln!(out, "{name:<14} {value}");

    line("llama.cpp", build::LLAMA_CPP_VERSION)?;
    line("ggml", build::GGML_VERSION)?;
    line("commit", build::LLAMA_CPP_COMMIT.unwrap_or("not known (sources are no git checkout)"))?;
    line("source", build::SOURCE)?;
    line("compiler", build::COMPILER)?;
    let builders: Vec<String> =
        build::BUILDERS.iter().map(|(part, builder)| format!("{part} by {builder}")).collect();
    line("built", &builders.join(", "))?;
    line("features", &list(build::FEATURES))?;
    line("bindings", env!("CARGO_PKG_VERSION"))?;

    let chosen = llama::backend::cpu_variant();
    for variant in llama::backend::cpu_variants() {
        let note = match (chosen.as_ref().ok() == Some(&variant.name), variant.supported) {
            (true, _) => "runs on this machine",
            (false, true) => "would run on this machine too",
            (false, false) => "needs another processor",
        };
        line("CPU variant", &format!("{:<14} {note}", variant.name))?;
    }
    if let Some(reason) = build::SINGLE_VARIANT_REASON {
        line("", &format!("one variant only: {reason}"))?;
    }
    if let Err(why) = chosen {
        // Nothing can be computed here, and the report says why.
        line("", &why.to_string())?;
        return Ok(out);
    }
    line("threads", &format!("{} by default", llama::default_threads()))?;

    #[cfg(feature = "dynamic-backends")]
    for file in llama::backends::automatic()? {
        match file.outcome {
            Ok(plugin) => line("plugin", &format!("{}: {}", plugin.name(), plugin.path().display()))?,
            Err(error) => line("plugin", &error.to_string())?,
        }
    }
    let registries = llama::registries()?;
    let names: Vec<&str> = registries.iter().map(llama::Registry::name).collect();
    line("back ends", &list(&names))?;
    for device in llama::devices()? {
        let memory = device.memory()?;
        let (free, total) = (memory.free / MIB, memory.total / MIB);
        line("device", &format!("{} ({}): {}", device.name(), device.kind(), device.description().trim()))?;
        line("", &format!("{free} MiB free of {total} MiB"))?;
    }
    for said in llama::backend::init_log()? {
        line("back ends say", said.trim())?;
    }
    line("GPU offload", yes_no(llama::backend::supports_gpu_offload()?))?;
    line("mmap", yes_no(llama::backend::supports_mmap()?))?;
    line("mlock", yes_no(llama::backend::supports_mlock()?))?;
    line("system", llama::backend::system_info()?.trim())?;
    Ok(out)
}

fn list(items: &[&str]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
