//! How this library was built.

include!(concat!(env!("OUT_DIR"), "/build_info.rs"));
