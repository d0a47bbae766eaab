//! Which rules are being read, and where each goes on when it ends.

use super::network::{Edge, Network};
use crate::error::{Error, Result};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// Most steps between two calls of [`refill`](Stacks::refill).
const MAX_STEPS: usize = 1 << 26;

/// Most places that wait to be looked at.
const MAX_WAITING: usize = 1 << 20;

/// Most rules that are being read at once, counted once for each place in the text where they began.
const MAX_NODES: usize = 1 << 20;

/// Stands for the end of the whole text instead of a state.
const OUTSIDE: u32 = u32::MAX;

/// A place in the rules: a state, and the reading of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) state: u32,
    pub(super) node: u32,
}

/// The reading of one rule that began at one place in the text.
#[derive(Debug, Clone)]
struct Node {
    /// Where the text goes on when the rule ends. Mostly one place.
    first: Place,
    more: Vec<Place>,
    /// The rule has ended already where it began: it may be empty.
    done: bool,
}

/// Readings of rules. All that begin at one place in the text with one rule are one, whoever asked for it. So an
/// ambiguous grammar, which describes a text in a number of ways that may grow exponentially, still needs only as
/// many as there are rules and places in the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Stacks {
    nodes: Vec<Node>,
    /// For each rule the last turn in which a reading of it began, and which.
    newest: Vec<(u32, u32)>,
    turn: u32,
    seen: HashSet<u64, BuildHasherDefault<Mix>>,
    todo: Vec<Place>,
    steps: usize,
}

/// Mixes the bits of a place, which the caller of the text cannot choose freely.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Stacks {
    /// Begins to read a rule; the places that read characters, and whether the text may end at once.
    pub(super) fn begin(net: &Network, root: u32, out: &mut Vec<Place>) -> Result<(Self, bool)> {
        let outside = Node { first: Place { state: OUTSIDE, node: 0 }, more: Vec::new(), done: false };
        let mut stacks =
            Self { nodes: vec![outside], newest: vec![(0, 0); net.starts.len()], ..Self::default() };
        stacks.todo.push(Place { state: net.starts[root as usize], node: 0 });
        let ends = stacks.settle(net, out)?;
        Ok((stacks, ends))
    }

    /// Number of readings, to go back to with [`truncate`](Self::truncate).
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets the newest readings.
    pub(super) fn truncate(&mut self, len: usize) {
        self.nodes.truncate(len);
    }

    /// Gives room for the steps of another list of tokens.
    pub(super) fn refill(&mut self) {
        self.steps = 0;
    }

    /// Follows the edges that `reads` accepts from the places in the range. Appends the places that read further,
    /// and returns whether the text may end here.
    pub(super) fn step(
        &mut self,
        net: &Network,
        places: &mut Vec<Place>,
        from: Range<usize>,
        reads: impl Fn(Edge) -> Option<u32>,
    ) -> Result<bool> {
        self.todo.clear();
        self.steps += from.len();
        for place in &places[from] {
            let edges = &net.states[place.state as usize].edges;
            let targets = edges.iter().filter_map(|&edge| reads(edge));
            self.todo.extend(targets.map(|state| Place { state, node: place.node }));
        }
        if self.todo.is_empty() { Ok(false) } else { self.settle(net, places) }
    }

    /// Follows everything that reads nothing: ends of rules and beginnings of others.
    fn settle(&mut self, net: &Network, out: &mut Vec<Place>) -> Result<bool> {
        let base = self.nodes.len();
        self.turn += 1;
        self.seen.clear();
        let mut ends = false;
        while let Some(place) = self.todo.pop() {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.todo.len() > MAX_WAITING || self.nodes.len() > MAX_NODES {
                return Err(too_ambiguous());
            }
            if place.state == OUTSIDE {
                ends = true;
                continue;
            }
            if !self.seen.insert(u64::from(place.state) << 32 | u64::from(place.node)) {
                continue;
            }
            let state = &net.states[place.state as usize];
            if state.reads {
                out.push(place);
            }
            for &edge in &state.edges {
                match edge {
                    Edge::Free(to) => self.todo.push(Place { state: to, ..place }),
                    Edge::Call(rule, to) => {
                        self.steps += self.call(net, rule, Place { state: to, ..place }, base);
                    }
                    Edge::Char(..) | Edge::Token(..) | Edge::NotToken(..) => {}
                }
            }
            if state.ends {
                let node = place.node as usize;
                self.nodes[node].done |= node >= base;
                self.todo.push(self.nodes[node].first);
                self.todo.extend_from_slice(&self.nodes[node].more);
            }
        }
        Ok(ends)
    }

    /// Reads a rule from here on; afterwards the text goes on at `back`. Returns the steps that took.
    fn call(&mut self, net: &Network, rule: u32, back: Place, base: usize) -> usize {
        let caller = &self.nodes[back.node as usize];
        // Where only the end of the calling rule follows, the text goes on as behind that. So lists that are
        // written as `list ::= item list | item` do not become longer and longer chains.
        let ends_with_it = net.states[back.state as usize].tail;
        let settled = (back.node as usize) < base && caller.more.is_empty();
        let back = if ends_with_it && settled { caller.first } else { back };
        let (turn, node) = self.newest[rule as usize];
        if turn != self.turn {
            let node = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            self.nodes.push(Node { first: back, more: Vec::new(), done: false });
            self.newest[rule as usize] = (self.turn, node);
            self.todo.push(Place { state: net.starts[rule as usize], node });
            return 0;
        }
        let node = &mut self.nodes[node as usize];
        if node.first == back || node.more.contains(&back) {
            return node.more.len();
        }
        node.more.push(back);
        if node.done {
            self.todo.push(back);
        }
        node.more.len()
    }

    /// Forgets readings that none of these places needs; their numbers change.
    pub(super) fn compact(&mut self, places: &mut [Place]) {
        const NONE: u32 = u32::MAX;
        let mut moved = vec![NONE; self.nodes.len()];
        let mut todo: Vec<u32> = places.iter().map(|place| place.node).collect();
        let mut needed: Vec<u32> = Vec::new();
        while let Some(node) = todo.pop() {
            if moved[node as usize] == NONE {
                moved[node as usize] = 0;
                needed.push(node);
                let Node { first, more, .. } = &self.nodes[node as usize];
                todo.extend(
                    std::iter::once(first).chain(more).filter(|p| p.state != OUTSIDE).map(|p| p.node),
                );
            }
        }
        needed.sort_unstable();
        for (&node, number) in needed.iter().zip(0..) {
            moved[node as usize] = number;
        }
        let shift = |place: &mut Place| {
            place.node = if place.state == OUTSIDE { 0 } else { moved[place.node as usize] };
        };
        let mut kept = Vec::with_capacity(needed.len());
        for &node in &needed {
            let mut node = self.nodes[node as usize].clone();
            shift(&mut node.first);
            node.more.iter_mut().for_each(shift);
            kept.push(node);
        }
        places.iter_mut().for_each(shift);
        self.nodes = kept;
    }
}

#[cold]
fn too_ambiguous() -> Error {
    Error::Grammar {
        detail: "too ambiguous: one token takes too many steps, or too many rules at once".to_owned(),
    }
}
