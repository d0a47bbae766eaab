//! Runs compiler calls in parallel within Cargo's jobserver.

use jobserver::{Acquired, Client};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Runs `work(0..count)` on as many threads as Cargo allows; stops starting new work after an error.
///
/// # Errors
/// The first error that `work` returned.
pub(crate) fn run(
    jobserver: Option<&Client>,
    count: usize,
    work: impl Fn(usize) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let threads = std::env::var("NUM_JOBS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_usize);
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let error = Mutex::new(None);

    let busy = || next.load(Ordering::Relaxed) < count && !failed.load(Ordering::Relaxed);
    let step = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= count {
            return;
        }
        if let Err(why) = work(index) {
            failed.store(true, Ordering::Relaxed);
            if let Ok(mut slot) = error.lock() {
                slot.get_or_insert(why);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            scope.spawn(|| {
                while busy() {
                    match jobserver.map(acquire) {
                        // No jobserver, or a broken one: NUM_JOBS is the limit.
                        None | Some(Err(_)) => step(),
                        Some(Ok(Some(_token))) => step(),
                        Some(Ok(None)) => std::thread::sleep(Duration::from_millis(10)),
                    }
                }
            });
        }
        // This thread owns the token that Cargo gave to the build script.
        while busy() {
            step();
        }
    });
    match error.into_inner() {
        Ok(Some(why)) => Err(why),
        _ => Ok(()),
    }
}

/// A token, or `None` when there is none now. Waits for it where a jobserver cannot be polled (macOS).
fn acquire(client: &Client) -> io::Result<Option<Acquired>> {
    match client.try_acquire() {
        Err(e) if e.kind() == io::ErrorKind::Unsupported => client.acquire().map(Some),
        polled => polled,
    }
}
