//! Carries a panic of a Rust callback past the C frames between it and its caller.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Holds the first panic of a callback until C has returned.
#[derive(Default)]
pub(crate) struct PanicSlot {
    payload: Option<Box<dyn Any + Send>>,
}

impl PanicSlot {
    /// Runs `callback`; after a panic returns `stop`, and from then on without running it again.
    pub(crate) fn run<T>(&mut self, stop: T, callback: impl FnOnce() -> T) -> T {
        if self.payload.is_some() {
            return stop;
        }
        match catch_unwind(AssertUnwindSafe(callback)) {
            Ok(value) => value,
            Err(payload) => {
                self.payload = Some(payload);
                stop
            }
        }
    }

    /// Lets a stored panic continue, now that no C frame is in the way.
    pub(crate) fn resume(self) {
        if let Some(payload) = self.payload {
            resume_unwind(payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PanicSlot;

    #[test]
    fn a_panic_stops_and_resumes() {
        let mut slot = PanicSlot::default();
        assert!(slot.run(false, || true));
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        assert!(!slot.run(false, || panic!("boom")));
        assert!(!slot.run(false, || true), "a later call does not run the callback again");
        let resumed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| slot.resume()));
        std::panic::set_hook(hook);
        assert!(resumed.is_err());
    }
}
