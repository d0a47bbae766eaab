//! Stopping work from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A switch that stops a running load, decode or generation from anywhere.
///
/// Clones share the switch. Cancelling is immediate on the CPU, inside a long prompt too; a device may
/// finish its current piece of work first. The switch stays on until [`reset`](Self::reset).
///
/// ```
/// let token = llama::CancelToken::new();
/// let elsewhere = token.clone();
/// std::thread::spawn(move || elsewhere.cancel()).join().unwrap();
/// assert!(token.is_cancelled());
/// ```
#[doc(alias = "ggml_abort_callback")]
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    flag: Arc<AtomicBool>,
}

impl CancelToken {
    /// A switch that is off.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Turns the switch on.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Release);
    }

    /// Turns the switch off again.
    pub fn reset(&self) {
        self.flag.store(false, Ordering::Release);
    }

    /// True while the switch is on.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// The shared flag, for the callback that llama.cpp polls.
    pub(crate) fn flag(&self) -> &Arc<AtomicBool> {
        &self.flag
    }
}
