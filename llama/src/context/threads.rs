//! How many threads to compute with.

use crate::error::{Error, Result};
use std::num::NonZero;

/// Most threads that ggml takes.
pub(crate) const MAX_THREADS: u32 = 512;

/// The number of threads that contexts of most models use unless told otherwise: one per physical core, and never
/// more than the process is allowed to use at once (processor affinity and control groups count). Contexts of
/// models with less than 20 million parameters use one: they are faster with it.
#[must_use]
pub fn default_threads() -> u32 {
    let allowed = std::thread::available_parallelism().map_or(1, NonZero::get);
    let cores = physical_cores().unwrap_or(allowed);
    u32::try_from(allowed.min(cores)).unwrap_or(1).clamp(1, MAX_THREADS)
}

/// Below this many parameters one thread is the fastest: what it computes between two meetings of the threads is
/// less than a meeting costs, and on a busy machine they wait for each other far longer than they compute.
const WORTH_SHARING: u64 = 20_000_000;

/// The default for a model of this many parameters.
pub(super) fn default_for(n_params: u64) -> u32 {
    if n_params < WORTH_SHARING { 1 } else { default_threads() }
}

/// The number as C takes it, or an error that names the parameter.
pub(crate) fn checked(name: &'static str, threads: u32) -> Result<i32> {
    if !(1..=MAX_THREADS).contains(&threads) {
        return Err(Error::invalid(name, format!("{threads} is not between 1 and {MAX_THREADS}")));
    }
    crate::ffi::context::as_i32(name, threads)
}

/// Physical cores of the machine, where the system tells.
#[cfg(target_os = "linux")]
fn physical_cores() -> Option<usize> {
    let mut cores = std::collections::HashSet::new();
    for entry in std::fs::read_dir("/sys/devices/system/cpu").ok()?.flatten() {
        let siblings = entry.path().join("topology/thread_siblings_list");
        if let Ok(list) = std::fs::read_to_string(siblings) {
            cores.insert(list.trim().to_owned());
        }
    }
    (!cores.is_empty()).then_some(cores.len())
}

#[cfg(not(target_os = "linux"))]
fn physical_cores() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_usable() {
        let threads = default_threads();
        assert!(checked("n_threads", threads).is_ok());
        let allowed = std::thread::available_parallelism().map_or(1, NonZero::get);
        assert!(usize::try_from(threads).is_ok_and(|t| t <= allowed));
    }

    #[test]
    fn tiny_models_get_one_thread() {
        assert_eq!(default_for(2_000_000), 1);
        assert_eq!(default_for(7_000_000_000), default_threads());
    }

    #[test]
    fn silly_numbers_are_refused() {
        assert!(checked("n_threads", 0).is_err());
        assert!(checked("n_threads", 513).is_err());
    }
}
