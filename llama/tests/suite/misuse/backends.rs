//! Back ends in files that are none.

use super::Row;
use llama::backends::{load, load_from};

/// No plugin, and no folder.
const PATHS: [&str; 6] = ["", "no-such-file", "a\0b", "$ORIGIN", "/dev/null", "/proc/self/mem"];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new("load: a folder", "LoadBackend", |_| load("/").map(drop)),
        Row::new("load: a program", "LoadBackend", |_| load("/proc/self/exe").map(drop)),
    ];
    for path in PATHS {
        rows.push(Row::new(format!("load: {path:?}"), "LoadBackend", move |_| load(path).map(drop)));
        rows.push(Row::new(format!("load_from: {path:?}"), "LoadBackend", move |_| {
            load_from(path).map(drop)
        }));
    }
    rows
}
