//! Hands link metadata of llama-sys on to the examples; builds nothing.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
