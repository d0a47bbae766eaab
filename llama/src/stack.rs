//! Room for C++ code that recurses once per character.
//!
//! The C++ standard library's regular expressions, which llama.cpp uses for some vocabularies, recurse once per
//! character of a match: about 320 bytes of stack each with GCC. A few thousand letters without a space would
//! overflow the stack of an ordinary thread and end the process.

use crate::error::{Error, Result};
use std::panic::resume_unwind;
use std::thread;

/// Stack that one character of a match may need, generously.
const BYTES_PER_CHAR: usize = 1024;

/// Matches up to this many characters are left to the calling thread's own stack.
const SAFE_CHARS: usize = 256;

/// Longest match that is tried at all.
const MAX_CHARS: usize = 1 << 20;

/// Stack for everything else.
const BASE: usize = 1 << 20;

/// Runs `work`, which may recurse `chars` times, with a stack that is large enough.
pub(crate) fn with_room<T: Send>(
    what: &'static str,
    chars: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T> {
    if chars <= SAFE_CHARS {
        return Ok(work());
    }
    if chars > MAX_CHARS {
        return Err(Error::TooLong { what, len: chars, max: MAX_CHARS });
    }
    thread::scope(|scope| {
        let size = BASE + chars * BYTES_PER_CHAR;
        let worker = thread::Builder::new().stack_size(size).spawn_scoped(scope, work).map_err(|error| {
            Error::Failed { operation: "starting a thread with a large stack", detail: error.to_string() }
        })?;
        worker.join().or_else(|payload| resume_unwind(payload))
    })
}

/// The longest stretch of `text`, in characters, that is all white space or has none: the patterns of
/// vocabularies do not match beyond it (but for a few line breaks, which the generous size covers).
pub(crate) fn longest_stretch(text: &str) -> usize {
    let (mut longest, mut current, mut white) = (0_usize, 0_usize, false);
    for c in text.chars() {
        if c.is_whitespace() == white {
            current += 1;
        } else {
            white = !white;
            current = 1;
        }
        longest = longest.max(current);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches() {
        assert_eq!(longest_stretch(""), 0);
        assert_eq!(longest_stretch("ab cde  f"), 3);
        assert_eq!(longest_stretch("a    b"), 4);
        assert_eq!(longest_stretch("éé🦙"), 3);
    }

    #[test]
    fn work_runs_where_there_is_room() {
        let here = thread::current().id();
        let run = |chars| with_room("test", chars, || thread::current().id());
        assert_eq!(run(10), Ok(here));
        assert!(run(100_000).is_ok_and(|id| id != here));
        assert!(matches!(run(usize::MAX), Err(Error::TooLong { .. })));
    }
}
