//! The patterns that a lazy grammar waits for.

use crate::error::{Error, Result};

/// Longest trigger pattern in bytes; the C++ library's compiler recurses on each term.
const MAX_PATTERN: usize = 512;

/// Deepest nesting of parentheses in a trigger pattern.
const MAX_PATTERN_DEPTH: usize = 16;

/// Most states of a compiled pattern: the limit of the C++ library.
const MAX_STATES: usize = 100_000;

/// Recursion that matching trigger patterns may need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PatternRoom {
    /// Once per match.
    pub(super) fixed: usize,
    /// For each byte of text.
    pub(super) per_byte: usize,
}

/// Checks trigger patterns and tells how deep matching them may recurse.
///
/// The C++ library recurses once per state that a match passes, about two for each byte of a pattern. Counted
/// repetitions multiply states; a repeated group may pass all of its states for each byte of text.
pub(super) fn pattern_room(patterns: &[&str]) -> Result<Option<PatternRoom>> {
    let mut room: Option<PatternRoom> = None;
    for pattern in patterns {
        if pattern.len() > MAX_PATTERN {
            return Err(Error::Grammar {
                detail: format!("a trigger pattern of {} bytes; the limit is {MAX_PATTERN}", pattern.len()),
            });
        }
        let (mut depth, mut deepest, mut states, mut loops) = (0_usize, 0, pattern.len(), false);
        let (mut bracket, mut repeats) = (false, false);
        let mut chars = pattern.char_indices();
        while let Some((at, c)) = chars.next() {
            let rest = &pattern[at + c.len_utf8()..];
            match c {
                '\\' => drop(chars.next()),
                '*' | '+' | '?' if !bracket => repeats = true,
                '[' => bracket = true,
                ']' => bracket = false,
                '(' if !bracket => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                ')' => {
                    depth = depth.saturating_sub(usize::from(!bracket));
                    loops |= rest.starts_with(['*', '+', '{']);
                }
                '{' => {
                    repeats = true;
                    let counts = rest.split('}').next().unwrap_or(rest).split(',');
                    let most = counts.filter_map(|n| n.parse().ok()).max().unwrap_or(1_usize);
                    states = states.saturating_mul(most.max(1)).min(MAX_STATES);
                }
                _ => {}
            }
        }
        if deepest > MAX_PATTERN_DEPTH {
            return Err(Error::Grammar {
                detail: format!(
                    "a trigger pattern with {deepest} nested parentheses; the limit is {MAX_PATTERN_DEPTH}"
                ),
            });
        }
        let per_byte = if loops { states + 1 } else { usize::from(repeats) };
        let room = room.get_or_insert_default();
        room.fixed = room.fixed.max(states);
        room.per_byte = room.per_byte.max(per_byte);
    }
    Ok(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_patterns() {
        let room = |pattern: &str| pattern_room(&[pattern]).map(|room| room.map(|r| (r.fixed, r.per_byte)));
        assert_eq!(pattern_room(&[]), Ok(None));
        assert_eq!(room("[a]*?(<go>)[b]*"), Ok(Some((15, 1))));
        assert_eq!(room("(()()x)*"), Ok(Some((8, 9))));
        assert_eq!(room("(a?){1,50}"), Ok(Some((500, 501))));
        assert_eq!(room("((a?){1000}){1000}"), Ok(Some((MAX_STATES, MAX_STATES + 1))));
        assert!(matches!(room(&"a".repeat(513)), Err(Error::Grammar { .. })));
        assert!(matches!(room(&"(".repeat(17)), Err(Error::Grammar { .. })));
        assert!(matches!(room(&"([)é]".repeat(17)), Err(Error::Grammar { .. })));
        assert!(room(&"[(]\\(".repeat(17)).is_ok());
    }
}
