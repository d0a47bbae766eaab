//! Of the root package, which owns examples, benches and tests. There is nothing to build or to hand on yet: the
//! library is linked statically.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
