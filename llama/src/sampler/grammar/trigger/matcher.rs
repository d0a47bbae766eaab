//! Finding a pattern in a text that grows.

use super::bytes::is_word;
use super::program::{Program, Step};
use std::collections::HashSet;

/// Most states of look-aheads that are followed at once.
const MAX_PENDING: usize = 4096;

/// A place that was not noted.
const NOWHERE: usize = usize::MAX;

/// The pattern can be read in too many ways at once.
#[derive(Debug)]
pub(super) struct TooMany;

/// Ways through a pattern, the preferred ones first.
#[derive(Debug, Clone, Default)]
struct Threads {
    /// The next step of each, and what is pending of look-aheads.
    at: Vec<(usize, u64)>,
    /// The places that each noted, one behind the other.
    notes: Vec<usize>,
}

/// How far a growing text has got through a pattern: each byte is looked at once.
///
/// Of several matches that one counts which a backtracking search would find: the leftmost one, by the preferences
/// of the pattern.
#[derive(Debug, Clone, Default)]
pub(super) struct Matcher {
    threads: Threads,
    /// Bytes read.
    len: usize,
    last: Option<u8>,
    /// The best match that ends before the end of the text.
    found: Option<usize>,
}

/// Room for the work of matchers.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    /// The threads behind the next byte.
    next: Threads,
    /// What the thread at hand noted.
    notes: Vec<usize>,
    todo: Vec<Todo>,
    /// For each step the turn in which it was last entered with nothing pending.
    turns: Vec<u64>,
    turn: u64,
    /// Steps that were entered in this turn with something pending.
    pending: HashSet<(usize, u64)>,
}

#[derive(Debug, Clone, Copy)]
enum Todo {
    Enter(usize, u64),
    /// Takes a note back.
    Note(usize, usize),
}

impl Scratch {
    fn begin_turn(&mut self, program: &Program) {
        self.next.at.clear();
        self.next.notes.clear();
        self.notes.resize(program.notes, NOWHERE);
        self.turns.resize(self.turns.len().max(program.steps.len()), 0);
        self.turn += 1;
        self.pending.clear();
    }

    /// False when the step was entered in this turn already.
    fn enter(&mut self, step: usize, pending: u64) -> Result<bool, TooMany> {
        if pending == 0 {
            return Ok(std::mem::replace(&mut self.turns[step], self.turn) != self.turn);
        }
        let is_new = self.pending.insert((step, pending));
        if self.pending.len() > MAX_PENDING { Err(TooMany) } else { Ok(is_new) }
    }

    /// Goes on at a step behind the next byte, unless a look-ahead forbids it.
    fn over(&mut self, program: &Program, byte: Option<u8>, step: usize, pending: u64) {
        if let Some(pending) = byte.and_then(|byte| program.aheads.read(pending, byte)) {
            self.next.at.push((step, pending));
            self.next.notes.extend_from_slice(&self.notes);
        }
    }
}

impl Matcher {
    /// Reads more text. Returns where the first group that is not empty begins in a match, or the match itself.
    pub(super) fn read(
        &mut self,
        program: &Program,
        text: &[u8],
        scratch: &mut Scratch,
    ) -> Result<Option<usize>, TooMany> {
        for &byte in text {
            let found = self.advance(program, Some(byte), scratch)?;
            self.found = found.or(self.found);
            std::mem::swap(&mut self.threads, &mut scratch.next);
            self.len += 1;
            self.last = Some(byte);
        }
        // What depends on the end of the text holds for now only.
        Ok(self.advance(program, None, scratch)?.or(self.found))
    }

    /// Follows all threads over the next byte, or to the end of the text so far.
    fn advance(
        &self,
        program: &Program,
        byte: Option<u8>,
        scratch: &mut Scratch,
    ) -> Result<Option<usize>, TooMany> {
        scratch.begin_turn(program);
        for (&(step, pending), notes) in
            self.threads.at.iter().zip(self.threads.notes.chunks_exact(program.notes))
        {
            scratch.notes.copy_from_slice(notes);
            if self.follow(program, byte, step, pending, scratch)? {
                return Ok(Some(begin(&scratch.notes)));
            }
        }
        // A match could also begin here.
        if self.found.is_none() {
            scratch.notes.fill(NOWHERE);
            scratch.notes[0] = self.len;
            if self.follow(program, byte, 0, 0, scratch)? {
                return Ok(Some(begin(&scratch.notes)));
            }
        }
        Ok(None)
    }

    /// Follows one thread; true when it has matched. Then what is left to follow is not preferred.
    fn follow(
        &self,
        program: &Program,
        byte: Option<u8>,
        step: usize,
        pending: u64,
        scratch: &mut Scratch,
    ) -> Result<bool, TooMany> {
        scratch.todo.clear();
        scratch.todo.push(Todo::Enter(step, pending));
        while let Some(todo) = scratch.todo.pop() {
            let (step, mut pending) = match todo {
                Todo::Enter(step, pending) => (step, pending),
                Todo::Note(at, place) => {
                    scratch.notes[at] = place;
                    continue;
                }
            };
            if !scratch.enter(step, pending)? {
                continue;
            }
            let passes = match program.steps[step] {
                Step::Byte(set) => {
                    if byte.is_some_and(|byte| set.contains(byte)) {
                        scratch.over(program, byte, step + 1, pending);
                    }
                    false
                }
                Step::Match if byte.is_some() && pending != 0 => {
                    // It depends on what follows.
                    scratch.over(program, byte, step, pending);
                    false
                }
                Step::Match if program.aheads.hold_at_end(pending) => return Ok(true),
                Step::Match => false,
                Step::Jump(to) => {
                    scratch.todo.push(Todo::Enter(to, pending));
                    false
                }
                Step::Fork(first, second) => {
                    scratch.todo.push(Todo::Enter(second, pending));
                    scratch.todo.push(Todo::Enter(first, pending));
                    false
                }
                Step::Note(at) => {
                    scratch.todo.push(Todo::Note(at, scratch.notes[at]));
                    scratch.notes[at] = self.len;
                    true
                }
                Step::Start => self.len == 0,
                Step::End => byte.is_none(),
                Step::WordEdge(edge) => (self.last.is_some_and(is_word) != byte.is_some_and(is_word)) == edge,
                Step::Ahead(bits) => {
                    pending |= bits;
                    true
                }
            };
            if passes {
                scratch.todo.push(Todo::Enter(step + 1, pending));
            }
        }
        Ok(false)
    }
}

/// Where the first group that is not empty begins, or the match.
fn begin(notes: &[usize]) -> usize {
    let full = |group: &&[usize]| group[1] != NOWHERE && group[0] < group[1];
    notes[1..].chunks_exact(2).find(full).map_or(notes[0], |group| group[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many bytes a pattern is found in a text that grows by pieces, and where it begins.
    fn find(pattern: &str, pieces: &[&str]) -> Option<(usize, usize)> {
        let programs = Program::of_pattern(pattern).unwrap();
        let mut matchers = vec![Matcher::default(); programs.len()];
        let mut scratch = Scratch::default();
        let mut len = 0;
        for piece in pieces {
            len += piece.len();
            for (matcher, program) in matchers.iter_mut().zip(&programs) {
                if let Some(start) = matcher.read(program, piece.as_bytes(), &mut scratch).unwrap() {
                    return Some((len, start));
                }
            }
        }
        None
    }

    #[test]
    fn texts_grow() {
        assert_eq!(find("<go>", &["a<", "g", "o", ">b"]), Some((6, 1)));
        assert_eq!(find("[\\s\\S]*?(<go>)[\\s\\S]*", &["é", "<go", "> <go>"]), Some((11, 2)));
        assert_eq!(find("[\\s\\S]*(<go>)", &["<go> <go>"]), Some((9, 5)));
        assert_eq!(find("(a)?(b+)", &["xb", "b"]), Some((2, 1)));
        assert_eq!(find("()(|a)x(y)", &["xy"]), Some((2, 1)), "empty groups do not count");
        assert_eq!(find("a|ab", &["x", "ab"]), Some((3, 1)));
        assert_eq!(find("a{2,3}?b{2}", &["aaaabb"]), Some((6, 1)));
        assert_eq!(find("(?:(x)|(y))+z", &["xyz"]), Some((3, 0)), "the first group keeps what it had");
        assert_eq!(find("(a*)*b", &["aaaab"]), Some((5, 0)));
        assert_eq!(find("", &["a"]), Some((1, 0)));
        assert_eq!(find("[]", &["a", "b"]), None);
    }

    #[test]
    fn ends_and_edges() {
        assert_eq!(find("^\\s+to$", &[" ", "to"]), Some((3, 0)));
        assert_eq!(find("^\\s+to$", &[" ", "too"]), None);
        assert_eq!(find("^\\s+to$", &[" t", "o"]), Some((3, 0)));
        assert_eq!(find("b$", &["ab", "b"]), Some((2, 1)));
        assert_eq!(find("^b", &["ab", "b"]), None);
        assert_eq!(find("^a|b$", &["b"]), Some((1, 0)));
        assert_eq!(find("^a|ab$", &["ab"]), Some((2, 0)));
        assert_eq!(find("^(a)|(a)(b)$", &["x", "ab"]), Some((3, 1)), "not from the beginning: anywhere");
        assert_eq!(find("\\bto\\b", &["on", "to to", "o to "]), Some((7, 5)), "an end is an edge");
        assert_eq!(find("\\Bo", &["o o", "oo"]), Some((5, 3)));
    }

    #[test]
    fn look_aheads() {
        assert_eq!(find(">>>(?!all)", &[">>>all", ">>>al", "l"]), Some((11, 6)));
        assert_eq!(find(">>>(?!all)", &[">>>all>>>all"]), None);
        assert_eq!(find(">>>(?!all)", &[">>", ">al", "x"]), Some((5, 0)));
        let to = "( to=(?!self<)(?!user<)[^<]*?<)";
        assert_eq!(find(to, &[" to=self< to=user< to=selfish", "<"]), Some((30, 18)));
        assert_eq!(find(to, &[" to=selfuser", "<"]), Some((13, 0)));
        assert_eq!(find(" to=(?!self|user)", &[" to=use", "r"]), Some((7, 0)));
        assert_eq!(find("x(?=ab)(a)", &["xa", "xabb"]), Some((6, 3)));
        assert_eq!(find("x(?=a)$", &["x", "a"]), None);
        assert_eq!(find("<(?:(?!no).)*>", &["<n.no>", "<n.n.>"]), Some((12, 6)));
        assert_eq!(find("(?![ab]c)[a-c]+d", &["acd", "cccd"]), Some((3, 1)));
    }

    #[test]
    fn hostile_patterns_end() {
        let text = "a".repeat(2_000);
        assert_eq!(find("(a*)*b", &[&text]), None);
        assert_eq!(find("(a|aa)+$x", &[&text]), None);
        assert_eq!(find(&format!("{}b", "a?".repeat(900)), &[&text]), None);
        let nothing = (0..60).fold("(?:)".to_owned(), |part, _| format!("(?:{part}{{1000}}a{{0}})"));
        assert_eq!(find(&format!("{nothing}{{1000}}b"), &["ab"]), Some((2, 1)));
        let many: Vec<String> = ('b'..='z').map(|c| format!("(?!a{c})")).collect();
        let programs = Program::of_pattern(&format!("(?:{}|a)*c", many.join("|"))).unwrap();
        let read = Matcher::default().read(&programs[0], text.as_bytes(), &mut Scratch::default());
        assert!(matches!(read, Err(TooMany)));
    }
}
