//! llama.cpp's log: silent unless asked for.
//!
//! llama.cpp writes to standard error by default. This crate takes the log over before the first call and
//! keeps it silent. [`set_sink`] sends it to a function of yours; with feature `log` it also goes to the
//! `log` crate (target `llama.cpp`). Independently of both, the last error lines of each thread are kept and
//! become the `detail` of an [`Error`](crate::Error).

use crate::ffi;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, RwLock};

/// How important a line is.
///
/// ```
/// use llama::log::Level;
/// llama::log::set_level(Level::Warn);
/// llama::log::set_sink(|level, text| eprint!("{level:?}: {text}"));
/// # llama::log::clear_sink();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Details for developers of llama.cpp.
    Debug,
    /// What is happening.
    Info,
    /// Something is unusual.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    fn from_raw(raw: u32) -> Self {
        match raw {
            llama_sys::GGML_LOG_LEVEL_ERROR => Self::Error,
            llama_sys::GGML_LOG_LEVEL_WARN => Self::Warn,
            llama_sys::GGML_LOG_LEVEL_DEBUG => Self::Debug,
            _ => Self::Info,
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Debug => 0,
            Self::Info => 1,
            Self::Warn => 2,
            Self::Error => 3,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

type Sink = Arc<dyn Fn(Level, &str) + Send + Sync>;

static SINK: RwLock<Option<Sink>> = RwLock::new(None);
static MIN_LEVEL: AtomicU8 = AtomicU8::new(Level::Info.rank());

/// Sends each line of llama.cpp's log to `sink`, without the line break.
///
/// The sink is called on whichever thread llama.cpp logs from, worker threads included. A sink that panics
/// loses that line; the panic does not spread. A sink must not call this crate: llama.cpp logs while locks are
/// held, and the call could wait for itself.
///
/// ```
/// llama::log::set_sink(|level, line| eprintln!("[{level}] {line}"));
/// llama::log::clear_sink();
/// ```
#[doc(alias = "llama_log_set")]
#[doc(alias = "ggml_log_set")]
pub fn set_sink(sink: impl Fn(Level, &str) + Send + Sync + 'static) {
    replace_sink(Some(Arc::new(sink)));
}

/// Makes the log silent again.
pub fn clear_sink() {
    replace_sink(None);
}

/// Only lines of this level and above reach the sink. The default is [`Level::Info`].
pub fn set_level(level: Level) {
    MIN_LEVEL.store(level.rank(), Ordering::Relaxed);
}

fn replace_sink(sink: Option<Sink>) {
    ffi::log::install();
    let old = match SINK.write() {
        Ok(mut slot) => std::mem::replace(&mut *slot, sink),
        Err(poisoned) => std::mem::replace(&mut *poisoned.into_inner(), sink),
    };
    // A sink's destructor may itself log, so it runs without the lock.
    drop(old);
}

/// Error lines kept per thread.
const KEPT_LINES: usize = 8;

#[derive(Debug)]
struct Lines {
    /// The line being written; llama.cpp writes some lines in several calls.
    partial: String,
    level: Level,
    /// The last lines of level `Warn` and above.
    kept: VecDeque<(Level, String)>,
}

thread_local! {
    static LINES: RefCell<Lines> =
        const { RefCell::new(Lines { partial: String::new(), level: Level::Info, kept: VecDeque::new() }) };
}

thread_local! {
    /// Lines of every level, while somebody wants them.
    static CAPTURED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Runs `call` and returns what llama.cpp logged on this thread meanwhile. One call may contain another.
pub(crate) fn capture<T>(call: impl FnOnce() -> T) -> (T, Vec<String>) {
    let outer = CAPTURED.replace(Some(Vec::new()));
    let result = call();
    let lines = CAPTURED.take().unwrap_or_default();
    CAPTURED.set(outer.map(|before| [before, lines.clone()].concat()));
    (result, lines)
}

/// Says something that llama.cpp does not know.
pub(crate) fn warn(line: &str) {
    receive(llama_sys::GGML_LOG_LEVEL_WARN, &format!("{line}\n"));
}

/// Takes a piece of text as llama.cpp writes it; called by the log callback. Never unwinds.
pub(crate) fn receive(raw_level: u32, text: &str) {
    let continued = raw_level == llama_sys::GGML_LOG_LEVEL_CONT;
    let finished = LINES.try_with(|lines| {
        let Ok(mut lines) = lines.try_borrow_mut() else { return Vec::new() };
        lines.push((!continued).then(|| Level::from_raw(raw_level)), text)
    });
    for (level, line) in finished.unwrap_or_default() {
        let _ = CAPTURED.try_with(|captured| {
            if let Ok(mut captured) = captured.try_borrow_mut()
                && let Some(lines) = captured.as_mut()
            {
                lines.push(line.clone());
            }
        });
        deliver(level, &line);
    }
}

impl Lines {
    /// Adds text and returns the lines that it completes.
    fn push(&mut self, level: Option<Level>, text: &str) -> Vec<(Level, String)> {
        let mut done = Vec::new();
        if let Some(level) = level {
            if !self.partial.is_empty() {
                self.finish(&mut done);
            }
            self.level = level;
        }
        let mut rest = text;
        while let Some((line, tail)) = rest.split_once('\n') {
            self.partial.push_str(line);
            self.finish(&mut done);
            rest = tail;
        }
        self.partial.push_str(rest);
        done
    }

    fn finish(&mut self, done: &mut Vec<(Level, String)>) {
        let line = std::mem::take(&mut self.partial);
        if line.trim().is_empty() {
            return;
        }
        if self.level >= Level::Warn {
            if self.kept.len() == KEPT_LINES {
                self.kept.pop_front();
            }
            self.kept.push_back((self.level, line.clone()));
        }
        done.push((self.level, line));
    }
}

fn deliver(level: Level, line: &str) {
    // A foreign sink may panic; a panic must not reach C, and the log has nobody to report it to.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "log")]
        to_log_crate(level, line);
        if level.rank() < MIN_LEVEL.load(Ordering::Relaxed) {
            return;
        }
        let sink = SINK.read().ok().and_then(|slot| slot.clone());
        if let Some(sink) = sink {
            sink(level, line);
        }
    }));
    if let Err(payload) = outcome {
        // Its destructor is foreign code, too, and may panic in turn.
        std::mem::forget(payload);
    }
}

#[cfg(feature = "log")]
fn to_log_crate(level: Level, line: &str) {
    let level = match level {
        Level::Debug => ::log::Level::Debug,
        Level::Info => ::log::Level::Info,
        Level::Warn => ::log::Level::Warn,
        Level::Error => ::log::Level::Error,
    };
    ::log::log!(target: "llama.cpp", level, "{line}");
}

/// Forgets the kept lines of this thread; called before an operation whose failure will be explained.
pub(crate) fn clear_detail() {
    let _ = LINES.try_with(|lines| {
        if let Ok(mut lines) = lines.try_borrow_mut() {
            lines.kept.clear();
        }
    });
}

/// The kept error lines of this thread as one line, or empty. Warnings are used where no error was logged.
pub(crate) fn take_detail() -> String {
    let kept = LINES
        .try_with(|lines| lines.try_borrow_mut().map(|mut l| std::mem::take(&mut l.kept)).unwrap_or_default())
        .unwrap_or_default();
    let wanted =
        if kept.iter().any(|(level, _)| *level == Level::Error) { Level::Error } else { Level::Warn };
    let mut parts: Vec<&str> = Vec::new();
    for (_, line) in kept.iter().filter(|(level, _)| *level == wanted) {
        let line = strip_function(line.trim());
        if !line.is_empty() && !parts.contains(&line) {
            parts.push(line);
        }
    }
    parts.join("; ")
}

/// `llama_model_load: error loading model: x` without the name of the C++ function in front.
fn strip_function(line: &str) -> &str {
    match line.split_once(": ") {
        Some((name, rest))
            if !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'~'))
                && name.contains('_') =>
        {
            rest
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        Lines { partial: String::new(), level: Level::Info, kept: VecDeque::new() }
    }

    #[test]
    fn continued_lines_are_joined() {
        let mut l = lines();
        assert!(l.push(Some(Level::Error), "half").is_empty());
        assert_eq!(l.push(None, " and half\n"), [(Level::Error, "half and half".to_owned())]);
    }

    #[test]
    fn an_unfinished_line_ends_when_a_new_one_starts() {
        let mut l = lines();
        assert!(l.push(Some(Level::Info), ".").is_empty());
        assert!(l.push(None, "..").is_empty());
        let done = l.push(Some(Level::Warn), "next\n");
        assert_eq!(done, [(Level::Info, "...".to_owned()), (Level::Warn, "next".to_owned())]);
    }

    #[test]
    fn several_lines_in_one_call() {
        let done = lines().push(Some(Level::Error), "a\n\nb\nc");
        assert_eq!(done, [(Level::Error, "a".to_owned()), (Level::Error, "b".to_owned())]);
    }

    #[test]
    fn function_names_are_stripped() {
        assert_eq!(strip_function("llama_model_load: error loading model: x"), "error loading model: x");
        assert_eq!(strip_function("note: stays"), "note: stays");
        assert_eq!(strip_function("no colon"), "no colon");
    }

    #[test]
    fn detail_prefers_errors_over_warnings() {
        clear_detail();
        receive(llama_sys::GGML_LOG_LEVEL_WARN, "a_b: careful\n");
        receive(llama_sys::GGML_LOG_LEVEL_ERROR, "a_b: broken\n");
        assert_eq!(take_detail(), "broken");
        assert_eq!(take_detail(), "");
    }

    #[test]
    fn captures_contain_each_other() {
        let say = |text: &str| receive(llama_sys::GGML_LOG_LEVEL_INFO, text);
        let (inner, outer) = capture(|| {
            say("first\n");
            let ((), inner) = capture(|| say("second\n"));
            say("third\n");
            inner
        });
        assert_eq!(inner, ["second"]);
        assert_eq!(outer, ["first", "second", "third"]);
        say("fourth\n");
        assert!(capture(|| ()).1.is_empty());
    }

    #[test]
    fn a_panicking_sink_is_contained() {
        deliver(Level::Error, "nobody listens");
    }
}
