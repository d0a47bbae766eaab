//! The rules of a grammar as networks of states.

use super::chars::CharSet;
use crate::error::{Error, Result};
use crate::token::Token;

/// Most states of a grammar with its repetitions written out.
const MAX_STATES: usize = 1 << 20;

/// A way out of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Costs nothing.
    Free(u32),
    /// Reads a character of this set.
    Char(u32, u32),
    /// Reads this one token, whatever its text.
    Token(Token, u32),
    /// Reads any token but this one and those that end a generation.
    NotToken(Token, u32),
    /// Reads what this rule describes.
    Call(u32, u32),
}

impl Edge {
    fn target(self) -> u32 {
        match self {
            Self::Free(to)
            | Self::Char(_, to)
            | Self::Token(_, to)
            | Self::NotToken(_, to)
            | Self::Call(_, to) => to,
        }
    }

    /// The same edge in a copy of the network that lies `by` states further on.
    fn moved(self, by: u32) -> Self {
        match self {
            Self::Free(to) => Self::Free(to + by),
            Self::Char(set, to) => Self::Char(set, to + by),
            Self::Token(token, to) => Self::Token(token, to + by),
            Self::NotToken(token, to) => Self::NotToken(token, to + by),
            Self::Call(rule, to) => Self::Call(rule, to + by),
        }
    }
}

/// A place inside a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) edges: Vec<Edge>,
    /// The rule may end here.
    pub(super) ends: bool,
    /// Some edge reads a character or token.
    pub(super) reads: bool,
    /// The rule ends here and nothing else can happen.
    pub(super) tail: bool,
}

/// A part of a rule that a repetition may stand behind: everything from state `first` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The state in front, whose last edge leads to `first`.
    pub(super) before: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// All rules. Every way through them can be completed.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) states: Vec<State>,
    pub(super) sets: Vec<CharSet>,
    /// The first state of each rule.
    pub(super) starts: Vec<u32>,
}

/// An index as it is stored; the limits keep them small.
fn small(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Network {
    pub(super) fn state(&mut self) -> Result<u32> {
        self.room_for(1)?;
        self.states.push(State::default());
        Ok(small(self.states.len() - 1))
    }

    fn room_for(&self, states: usize) -> Result<()> {
        let len = self.states.len().saturating_add(states);
        if len > MAX_STATES {
            return Err(Error::TooLong {
                what: "grammar with its repetitions written out, in states",
                len,
                max: MAX_STATES,
            });
        }
        Ok(())
    }

    pub(super) fn edge(&mut self, from: u32, edge: Edge) {
        self.states[from as usize].edges.push(edge);
    }

    /// A new state behind `from`.
    pub(super) fn after(&mut self, from: u32) -> Result<u32> {
        let to = self.state()?;
        self.edge(from, Edge::Free(to));
        Ok(to)
    }

    /// Repeats the newest part `least` to `most` times.
    pub(super) fn repeat(&mut self, part: Part, least: usize, most: Option<usize>) -> Result<Part> {
        let template: Vec<State> = self.states.drain(part.first as usize..).collect();
        self.states[part.before as usize].edges.pop();
        let first = self.after(part.before)?;
        let mut at = first;
        for number in 1..=least {
            let (start, end) = self.copy(&template, part)?;
            self.edge(at, Edge::Free(start));
            at = end;
            if most.is_none() && number == least {
                self.edge(end, Edge::Free(start));
            }
        }
        let mut skips = Vec::new();
        if most.is_none() && least == 0 {
            at = self.after(at)?;
            let (start, end) = self.copy(&template, part)?;
            self.edge(at, Edge::Free(start));
            self.edge(end, Edge::Free(at));
        }
        for _ in least..most.unwrap_or(least) {
            skips.push(at);
            let (start, end) = self.copy(&template, part)?;
            self.edge(at, Edge::Free(start));
            at = end;
        }
        let end = self.after(at)?;
        for from in skips {
            self.edge(from, Edge::Free(end));
        }
        Ok(Part { before: part.before, first, last: end })
    }

    /// Appends a copy of a part; its first and last state.
    fn copy(&mut self, template: &[State], part: Part) -> Result<(u32, u32)> {
        self.room_for(template.len())?;
        let start = small(self.states.len());
        // Copies never lie in front of the original.
        let by = start - part.first;
        self.states.extend(template.iter().map(|state| State {
            edges: state.edges.iter().map(|edge| edge.moved(by)).collect(),
            ..State::default()
        }));
        Ok((start, part.last + by))
    }

    /// Removes what cannot be completed, and looks at what is left. False when nothing is left of rule `root`.
    pub(super) fn finish(&mut self, root: u32) -> bool {
        let completes = self.completes();
        let Self { states, sets, starts } = self;
        for state in states.iter_mut() {
            state.edges.retain(|edge| can_pass(*edge, sets, starts, &completes));
            state.reads = state.edges.iter().any(|edge| !matches!(edge, Edge::Free(_) | Edge::Call(..)));
        }
        for at in 0..states.len() {
            states[at].tail = is_tail(states, at);
        }
        completes[starts[root as usize] as usize]
    }

    /// For each state, whether its rule can end from there.
    fn completes(&self) -> Vec<bool> {
        // Who has to be looked at again when a state turns out to complete.
        let mut users = vec![Vec::new(); self.states.len()];
        for (from, state) in self.states.iter().enumerate() {
            for &edge in &state.edges {
                users[edge.target() as usize].push(small(from));
                if let Edge::Call(rule, _) = edge {
                    users[self.starts[rule as usize] as usize].push(small(from));
                }
            }
        }
        let mut completes = vec![false; self.states.len()];
        let mut todo: Vec<u32> = (0..small(self.states.len())).collect();
        while let Some(at) = todo.pop() {
            let state = &self.states[at as usize];
            let passes = |&edge: &Edge| can_pass(edge, &self.sets, &self.starts, &completes);
            if !completes[at as usize] && (state.ends || state.edges.iter().any(passes)) {
                completes[at as usize] = true;
                todo.extend_from_slice(&users[at as usize]);
            }
        }
        completes
    }
}

/// True when the rule ends at this state, or a few free steps on, and nothing else can happen.
fn is_tail(states: &[State], mut at: usize) -> bool {
    for _ in 0..8 {
        match states[at].edges[..] {
            [] => return states[at].ends,
            [Edge::Free(to)] if !states[at].ends => at = to as usize,
            _ => return false,
        }
    }
    false
}

fn can_pass(edge: Edge, sets: &[CharSet], starts: &[u32], completes: &[bool]) -> bool {
    let here = match edge {
        Edge::Char(set, _) => !sets[set as usize].is_empty(),
        Edge::Call(rule, _) => completes[starts[rule as usize] as usize],
        Edge::Free(_) | Edge::Token(..) | Edge::NotToken(..) => true,
    };
    here && completes[edge.target() as usize]
}
