//! Of the root package, which owns examples, benches and tests: puts plugins (feature `dynamic-backends`) next to the
//! examples, where programs look for them, and tells tests what they compile plugins of their own with. Everything else
//! is linked statically.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    let (Some(plugins), Some(out)) = (env::var_os("DEP_LLAMA_SYS_PLUGINS"), env::var_os("OUT_DIR")) else {
        return ExitCode::SUCCESS;
    };
    for name in ["TREE", "PREFIX", "PLUGIN"] {
        let value = env::var(format!("DEP_LLAMA_SYS_{name}")).unwrap_or_default();
        println!("cargo::rustc-env=LLAMA_SYS_{name}={value}");
    }
    // target/<profile>/build/<package>/out
    let Some(profile) = Path::new(&out).ancestors().nth(3) else { return ExitCode::SUCCESS };
    if let Err(error) = put(Path::new(&plugins), &profile.join("examples")) {
        println!("cargo::error=cannot put the plugins next to the examples: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Makes the plugins of `to` those of `from`.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for old in fs::read_dir(to)? {
        let old = old?;
        if old.file_name().to_string_lossy().starts_with("libllama-backend-") {
            fs::remove_file(old.path())?;
        }
    }
    for plugin in fs::read_dir(from)? {
        let plugin = plugin?.path();
        let link = to.join(plugin.file_name().unwrap_or_default());
        fs::hard_link(&plugin, &link).or_else(|_| fs::copy(&plugin, &link).map(drop))?;
        // A build with other features takes it away again.
        for file in [plugin, link] {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
    Ok(())
}
