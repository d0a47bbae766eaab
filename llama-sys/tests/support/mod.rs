//! Shared by the tests of this crate.

use std::io::Write;

/// Says that a check was not made, past the test harness, which hides the output of tests that pass.
pub(crate) fn skipped(check: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {check}: {why}");
}
