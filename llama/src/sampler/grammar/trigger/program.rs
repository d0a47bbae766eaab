//! Patterns as programs for a matcher.

use super::bytes::ByteSet;
use super::syntax::{self, Node};
use crate::error::Result;

/// Most steps of a program.
const MAX_STEPS: usize = 4096;

/// Most bytes in the look-aheads of a pattern.
const MAX_AHEAD: usize = 64;

/// One step. All but `Byte`, `Jump`, `Fork` and `Match` go on to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Reads a byte.
    Byte(ByteSet),
    Jump(usize),
    /// Goes on at both; the first is preferred.
    Fork(usize, usize),
    /// Notes where the text has got to.
    Note(usize),
    Start,
    End,
    WordEdge(bool),
    /// From here on the bytes of a look-ahead have to come, or must not.
    Ahead(u64),
    Match,
}

/// A pattern as steps.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// Places that are noted: the beginning, and beginning and end of each group.
    pub(super) notes: usize,
    pub(super) aheads: Aheads,
}

/// All look-aheads of a pattern, one behind the other, with one bit for each byte of them.
///
/// What has been seen of them is a set of such bits: those that the next byte has to fit.
#[derive(Debug, Default)]
pub(super) struct Aheads {
    bytes: Vec<ByteSet>,
    /// The last byte of each.
    last: u64,
    /// Bytes of texts that must not come.
    unwanted: u64,
}

impl Aheads {
    fn add(&mut self, wanted: bool, bytes: &[ByteSet]) -> Option<u64> {
        let first = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        if end > MAX_AHEAD {
            return None;
        }
        self.last |= 1 << (end - 1);
        if !wanted {
            self.unwanted |= (first..end).fold(0, |bits, at| bits | 1 << at);
        }
        Some(1 << first)
    }

    /// What is to be seen behind this byte; `None` where a text comes that must not, or one that must does not.
    pub(super) fn read(&self, pending: u64, byte: u8) -> Option<u64> {
        if pending == 0 {
            return Some(0);
        }
        let fits = |bits: u64, (at, set): (usize, &ByteSet)| bits | u64::from(set.contains(byte)) << at;
        let seen = pending & self.bytes.iter().enumerate().fold(0, fits);
        let missed = pending & !seen;
        let bad = seen & self.last & self.unwanted | missed & !self.unwanted;
        (bad == 0).then_some((seen & !self.last) << 1)
    }

    /// True when the look-aheads hold should the text end here.
    pub(super) fn hold_at_end(&self, pending: u64) -> bool {
        pending & !self.unwanted == 0
    }
}

impl Program {
    /// The programs of a pattern, the first that matches counts. As in llama.cpp, a pattern from `^` to `$` is tried
    /// on the whole text first, which makes a difference for `^a|b$`.
    pub(super) fn of_pattern(pattern: &str) -> Result<Vec<Self>> {
        let parsed = syntax::parse(pattern)?;
        let mut programs = Vec::new();
        if pattern.starts_with('^') && pattern.ends_with('$') && matches!(parsed.root, Node::Either(_)) {
            let whole = Node::Sequence(vec![Node::Start, parsed.root.clone(), Node::End]);
            programs.push(Self::new(pattern, &whole, parsed.groups)?);
        }
        programs.push(Self::new(pattern, &parsed.root, parsed.groups)?);
        Ok(programs)
    }

    /// The program that finds just this text.
    #[cfg(feature = "tools")]
    pub(super) fn of_text(text: &str) -> Result<Self> {
        Self::new(text, &Node::Sequence(text.bytes().map(syntax::byte).collect()), 0)
    }

    fn new(pattern: &str, root: &Node, groups: usize) -> Result<Self> {
        let mut program = Self { steps: Vec::new(), notes: 1 + 2 * groups, aheads: Aheads::default() };
        match program.add(root).and_then(|()| program.push(Step::Match)) {
            Some(()) => Ok(program),
            None => Err(syntax::invalid(
                pattern,
                &format!(
                    "with its repetitions written out it has more than {MAX_STEPS} steps, or {MAX_AHEAD} bytes \
                     of look-aheads"
                ),
            )),
        }
    }

    fn push(&mut self, step: Step) -> Option<()> {
        self.steps.push(step);
        (self.steps.len() <= MAX_STEPS).then_some(())
    }

    /// Appends the steps of a part; `None` when they are too many.
    fn add(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Byte(set) => self.push(Step::Byte(*set)),
            Node::Sequence(parts) => parts.iter().try_for_each(|part| self.add(part)),
            Node::Either(list) => self.either(list),
            Node::Group(number, inner) => {
                self.push(Step::Note(2 * number - 1))?;
                self.add(inner)?;
                self.push(Step::Note(2 * number))
            }
            Node::Repeat { part, least, most, greedy } => self.repeat(part, *least, *most, *greedy),
            Node::Start => self.push(Step::Start),
            Node::End => self.push(Step::End),
            Node::WordEdge(edge) => self.push(Step::WordEdge(*edge)),
            Node::Ahead { wanted, bytes } => {
                let pending = self.aheads.add(*wanted, bytes)?;
                self.push(Step::Ahead(pending))
            }
        }
    }

    fn either(&mut self, list: &[Node]) -> Option<()> {
        let mut ends = Vec::new();
        for (at, node) in list.iter().enumerate() {
            if at + 1 == list.len() {
                self.add(node)?;
                break;
            }
            let fork = self.steps.len();
            self.push(Step::Fork(fork + 1, 0))?;
            self.add(node)?;
            ends.push(self.steps.len());
            self.push(Step::Jump(0))?;
            self.steps[fork] = Step::Fork(fork + 1, self.steps.len());
        }
        for end in ends {
            self.steps[end] = Step::Jump(self.steps.len());
        }
        Some(())
    }

    fn repeat(&mut self, part: &Node, least: usize, most: Option<usize>, greedy: bool) -> Option<()> {
        for _ in 0..least {
            let before = self.steps.len();
            self.add(part)?;
            // Nothing, however often: `(?:(?:){1000}){1000}` and deeper would take for ever.
            if self.steps.len() == before {
                break;
            }
        }
        let mut forks = Vec::new();
        for _ in least..most.unwrap_or(least + 1) {
            forks.push(self.steps.len());
            self.push(Step::Fork(0, 0))?;
            self.add(part)?;
        }
        if let (None, Some(&fork)) = (most, forks.first()) {
            self.push(Step::Jump(fork))?;
        }
        let end = self.steps.len();
        for fork in forks {
            self.steps[fork] = if greedy { Step::Fork(fork + 1, end) } else { Step::Fork(end, fork + 1) };
        }
        Some(())
    }
}
