//! The macros that look at pointers to tensors cover ggml's functions.

#![allow(dead_code, reason = "the build script's modules are tested here, not all of each is used")]

#[path = "../build/bindings.rs"]
mod bindings;
#[path = "../build/checks.rs"]
mod checks;

use checks::OPTIONAL;

fn functions() -> Vec<bindings::Function> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bindings.rs");
    bindings::functions(&std::fs::read_to_string(path).expect("the committed bindings"))
}

#[test]
fn every_operation_looks_at_its_tensors() {
    let functions = functions();
    let text = checks::graph_ops(&functions, &["ggml_set_f32".to_owned()]);
    for function in ["ggml_mul", "ggml_get_rows", "ggml_nelements", "ggml_build_forward_expand"] {
        let line = format!("#define {function}(...) lrs::checked<0x0>(\"{function}\", #__VA_ARGS__, ");
        assert!(text.contains(&line), "{function}");
        assert!(text.contains(&format!("#undef {function}\n")), "{function}");
    }
    for other in ["ggml_init", "ggml_format_name", "ggml_set_f32", "ggml_backend_tensor_set", "llama_decode"]
    {
        assert!(!text.contains(&format!("#define {other}(")), "{other}");
    }
    // All functions that make a tensor from a tensor.
    let makes = |f: &&bindings::Function| {
        f.ret.as_deref() == Some("*mut ggml_tensor")
            && f.args.iter().any(|(_, kind)| kind == "*mut ggml_tensor")
    };
    let excluded =
        |name: &str| name.starts_with("ggml_opt_") || ["ggml_format_name", "ggml_set_f32"].contains(&name);
    let made: Vec<_> = functions.iter().filter(makes).filter(|f| !excluded(&f.name)).collect();
    assert!(made.len() > 200, "{}", made.len());
    for function in made {
        assert!(text.contains(&format!("#define {}(", function.name)), "{}", function.name);
    }
}

#[test]
fn arguments_that_may_be_null_exist() {
    let functions = functions();
    let text = checks::graph_ops(&functions, &[]);
    for (name, argument) in OPTIONAL {
        let function = functions.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no {name}"));
        let index = function.args.iter().position(|(arg, _)| arg == argument).expect(name);
        let line = format!("#define {name}(...) lrs::checked<{:#x}>(", 1 << index);
        assert!(text.contains(&line), "{name}");
    }
}
