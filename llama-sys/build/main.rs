//! Compiles llama.cpp with nothing but a C++ compiler.
//!
//! `env` reads the outside world, `source` finds llama.cpp, `plan` says what to compile (pure data),
//! `compile` runs the compilers through `cache` and `jobs`, `merge` turns objects into one archive,
//! `link` tells Cargo about it, `info` records what was built.

mod backends;
#[cfg_attr(not(feature = "bindgen"), allow(dead_code, reason = "generation is behind feature `bindgen`"))]
mod bindings;
mod blas;
mod cache;
mod carrier;
mod checks;
#[cfg(any(feature = "cuda", feature = "metal", feature = "vulkan"))]
mod cmake;
mod compile;
mod env;
mod headers;
mod info;
mod jobs;
mod link;
mod merge;
mod plan;
mod source;
mod target;
mod variants;

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: nothing has been opened yet, so the descriptors that Cargo's variables name are Cargo's.
    let jobserver = unsafe { jobserver::Client::from_env() };
    match run(jobserver.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(jobserver: Option<&jobserver::Client>) -> Result<(), String> {
    let env = env::Env::read()?;
    if env.skip {
        // Documentation and `cargo check` need no C++: constants say that nothing was compiled.
        return info::write_skipped(&env);
    }
    let tree = source::find(&env, |tree| headers::fits(&env, tree))?;
    let api = headers::prepare(&env, &tree)?;

    let toolchain = compile::Toolchain::detect(&env)?;
    let options = plan::Options {
        chat: env.has("chat"),
        jinja: env.has("jinja"),
        multimodal: env.has("multimodal"),
        json_schema: env.has("json-schema"),
        native: env.has("native"),
        variants: env.variants.clone(),
        prefix: bindings::SYMBOL_PREFIX,
        backends: env.features.clone(),
        blas: env.has("blas").then(|| blas::find(&env, &toolchain)).transpose()?,
    };
    let can_merge = merge::Tools::find(&env, &toolchain);
    let files = plan::Listing::read(&tree.path)?;
    let plan =
        plan::plan(&env.target, &options, can_merge.is_ok(), |flags| toolchain.accepts(&env, flags), &files)?;

    let generated = headers::write(&env, &tree, &plan, &api)?;
    // First what can fail because something is not installed.
    #[cfg(any(feature = "cuda", feature = "metal", feature = "vulkan"))]
    let archives = cmake::all(&env, &toolchain, &tree.path, &generated, &options)?;
    #[cfg(not(any(feature = "cuda", feature = "metal", feature = "vulkan")))]
    let archives = Vec::new();
    let objects = compile::all(&env, &toolchain, jobserver, &tree.path, &generated, &plan)?;
    merge::archive(&env, &toolchain, &plan, &api, &objects, &archives, can_merge.as_ref().ok())?;
    link::emit(&env, &toolchain, &tree);
    info::write(&env, &tree, &toolchain, &plan, can_merge.err().as_deref())
}
