//! Compiles llama.cpp with nothing but a C++ compiler.
//!
//! `env` reads the outside world, `source` finds llama.cpp, `builder` chooses who compiles which part, `plan` says
//! what to compile (pure data), `compile` runs the compilers through `cache` and `jobs`, `recipe` and `cmake` leave a part
//! to CMake, `merge` turns objects into one archive, `plugin` links back ends that are files of their own, `libraries` says
//! what the archive is linked with, `link` tells Cargo about it, `info` records what was built.

mod backends;
#[cfg_attr(not(feature = "bindgen"), allow(dead_code, reason = "generation is behind feature `bindgen`"))]
mod bindings;
mod blas;
mod builder;
mod cache;
mod carrier;
mod checks;
#[cfg(feature = "cmake")]
mod cmake;
mod compile;
mod env;
mod headers;
mod info;
mod jobs;
mod libraries;
mod link;
mod merge;
mod plan;
mod plugin;
mod plugin_link;
mod probe;
#[cfg(feature = "cmake")]
mod recipe;
mod source;
mod target;
mod variants;

fn main() {
    // SAFETY: nothing has been opened yet, so the descriptors that Cargo's variables name are Cargo's.
    let jobserver = unsafe { jobserver::Client::from_env() };
    // Cargo fails for these lines, too, and shows nothing else: with an exit status it would add all that was printed.
    if let Err(message) = run(jobserver.as_ref()) {
        tell(&message);
    }
}

/// An error in Cargo's own form.
fn tell(message: &str) {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
}

fn run(jobserver: Option<&jobserver::Client>) -> Result<(), String> {
    let env = env::Env::read()?;
    if env.skip {
        // Documentation and `cargo check` need no C++: constants say that nothing was compiled.
        return info::write_skipped(&env);
    }
    plugin::check(&env)?;
    let parts = builder::parts(&env.target, &env.features, env.builder.as_deref())?;
    if !env.cmake_options.is_empty() && parts.iter().all(|part| part.builder != builder::Builder::CMake) {
        return Err(
            "LLAMA_SYS_CMAKE_OPTIONS is set, and CMake compiles no part of this build: leave it out, or set \
                    LLAMA_SYS_BUILDER=cmake as well"
                .to_owned(),
        );
    }
    if let Some(oldest) = &env.oldest_macos {
        // SAFETY: there is no other thread yet. The `cc` and `cmake` crates and CMake read it.
        unsafe { std::env::set_var("MACOSX_DEPLOYMENT_TARGET", oldest) };
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
        dynamic: env.has(plugin::FEATURE),
        blas: env.has("blas").then(|| blas::find(&env, &toolchain)).transpose()?,
        cmake: builder::is_cmakes(&parts, builder::CORE),
    };
    let can_merge = merge::Tools::find(&env, &toolchain);
    let files = plan::Listing::read(&tree.path)?;
    let plan =
        plan::plan(&env.target, &options, can_merge.is_ok(), |flags| toolchain.accepts(&env, flags), &files)?;

    let generated = headers::write(&env, &tree, &plan, &api)?;
    // First what can fail because something is not installed.
    #[cfg(feature = "cmake")]
    let archives = {
        let (env, toolchain, tree) = (&env, &toolchain, &tree);
        let site = cmake::Site { env, toolchain, tree, generated: &generated, options: &options };
        cmake::all(site, &plan, &parts)?
    };
    #[cfg(not(feature = "cmake"))]
    let archives = merge::Archives::default();
    let objects = compile::all(&env, &toolchain, jobserver, &tree.path, &generated, &plan)?;
    let apart = merge::archive(&env, &toolchain, &plan, &api, &objects, &archives, can_merge.as_ref().ok())?;
    plugin::all(&env, &toolchain, &generated, &options, &plan, &objects, &archives.plugins)?;
    let blas = options.blas.iter().filter(|_| !options.dynamic).map(|blas| &blas.libraries);
    let behind: Vec<&backends::Libraries> = apart.iter().chain(&archives.libraries).chain(blas).collect();
    link::emit(&env, &toolchain, &tree, &behind)?;
    info::write(&env, &tree, &toolchain, &plan, &parts, can_merge.err().as_deref())
}
