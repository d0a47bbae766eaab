//! Random grammars, and whether a text is one of theirs: written for the tests, slow and simple.

use llama_test_kit::Rng;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// Draws the parts of a grammar.
pub(crate) struct Generator(Rng);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::named(seed, "grammar"))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0.below(u32::try_from(bound).unwrap()) as usize
    }
}

enum Expr {
    Literal(String),
    /// Ranges of characters, or all but those.
    Class(Vec<(char, char)>, bool),
    Rule(usize),
    Sequence(Vec<Expr>),
    Either(Vec<Expr>),
    Repeat(Box<Expr>, usize, Option<usize>),
}

/// The rules of a grammar; the first is the root. Recursion stands behind a character at least.
pub(crate) struct Rules(Vec<Expr>);

const WORDS: [&str; 12] = ["a", "b", "ab", "the ", "é", "🦙", "\n", "\"", "\\", "-", "]", "12"];

impl Rules {
    pub(crate) fn random(rng: &mut Generator) -> Self {
        let count = 1 + rng.below(4);
        Self((0..count).map(|rule| alternatives(rng, rule, count, 3)).collect())
    }

    /// True when the whole text is described by the root.
    pub(crate) fn describe(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        self.ends(&self.0[0], &chars, 0, &mut HashMap::new()).contains(&chars.len())
    }

    /// Where texts of an expression that begin at `at` may end. `known` remembers it by the expression's address.
    fn ends(
        &self,
        expr: &Expr,
        text: &[char],
        at: usize,
        known: &mut HashMap<(usize, usize), BTreeSet<usize>>,
    ) -> BTreeSet<usize> {
        let key = (std::ptr::from_ref(expr).addr(), at);
        if let Some(ends) = known.get(&key) {
            return ends.clone();
        }
        let ends = self.ends_anew(expr, text, at, known);
        known.insert(key, ends.clone());
        ends
    }

    fn ends_anew(
        &self,
        expr: &Expr,
        text: &[char],
        at: usize,
        known: &mut HashMap<(usize, usize), BTreeSet<usize>>,
    ) -> BTreeSet<usize> {
        match expr {
            Expr::Literal(word) => {
                let word: Vec<char> = word.chars().collect();
                text[at..].starts_with(&word).then_some(at + word.len()).into_iter().collect()
            }
            Expr::Class(ranges, negated) => {
                let fits = |c: &char| ranges.iter().any(|(low, high)| (low..=high).contains(&c)) != *negated;
                text.get(at).filter(|c| fits(c)).map(|_| at + 1).into_iter().collect()
            }
            Expr::Rule(rule) => self.ends(&self.0[*rule], text, at, known),
            Expr::Sequence(parts) => {
                let mut ends = BTreeSet::from([at]);
                for part in parts {
                    ends = ends.iter().flat_map(|&at| self.ends(part, text, at, known)).collect();
                }
                ends
            }
            Expr::Either(parts) => parts.iter().flat_map(|part| self.ends(part, text, at, known)).collect(),
            Expr::Repeat(part, least, most) => {
                let mut ends = BTreeSet::new();
                let mut now = BTreeSet::from([at]);
                for times in 0..=most.unwrap_or(least + text.len() + 1) {
                    if times >= *least {
                        ends.extend(&now);
                    }
                    now = now.iter().flat_map(|&at| self.ends(part, text, at, known)).collect();
                }
                ends
            }
        }
    }
}

fn alternatives(rng: &mut Generator, rule: usize, count: usize, depth: usize) -> Expr {
    let mut list: Vec<Expr> = (0..=rng.below(3)).map(|_| sequence(rng, rule, count, depth)).collect();
    if rng.below(3) == 0 {
        // Recursion: there is always another alternative, and a character in front.
        let word = WORDS[rng.below(4)].to_owned();
        let mut parts = vec![Expr::Literal(word), Expr::Rule(rng.below(rule + 1))];
        if rng.below(2) == 0 {
            parts.push(Expr::Literal(WORDS[rng.below(12)].to_owned()));
        }
        list.push(Expr::Sequence(parts));
    }
    Expr::Either(list)
}

fn sequence(rng: &mut Generator, rule: usize, count: usize, depth: usize) -> Expr {
    Expr::Sequence((0..rng.below(4)).map(|_| part(rng, rule, count, depth)).collect())
}

fn part(rng: &mut Generator, rule: usize, count: usize, depth: usize) -> Expr {
    match rng.below(if depth == 0 { 4 } else { 8 }) {
        0 | 1 => Expr::Literal(WORDS[rng.below(12)].to_owned()),
        2 => class(rng),
        // Later rules only, so that no rule begins with itself.
        3 if rule + 1 < count => Expr::Rule(rule + 1 + rng.below(count - rule - 1)),
        3 => Expr::Literal("x".to_owned()),
        4 | 5 => alternatives(rng, rule, count, depth - 1),
        _ => {
            let least = rng.below(3);
            let most = (rng.below(2) == 0).then(|| least + rng.below(3));
            Expr::Repeat(Box::new(part(rng, rule, count, depth - 1)), least, most)
        }
    }
}

fn class(rng: &mut Generator) -> Expr {
    let sets =
        [vec![('a', 'f')], vec![('0', '9'), ('_', '_')], vec![('à', 'ü')], vec![('"', '"'), ('\\', ']')]];
    Expr::Class(sets[rng.below(4)].clone(), rng.below(4) == 0)
}

fn escaped(c: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '"' | '\\' | ']' | '[' => write!(f, "\\{c}"),
        'é' => f.write_str("\\u00e9"),
        '-' => f.write_str("\\-"),
        c => write!(f, "{c}"),
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(word) => {
                f.write_str("\"")?;
                word.chars().try_for_each(|c| escaped(c, f))?;
                f.write_str("\"")
            }
            Self::Class(ranges, negated) => {
                f.write_str(if *negated { "[^" } else { "[" })?;
                for &(low, high) in ranges {
                    escaped(low, f)?;
                    f.write_str("-")?;
                    escaped(high, f)?;
                }
                f.write_str("]")
            }
            Self::Rule(0) => f.write_str("root"),
            Self::Rule(rule) => write!(f, "r{rule}"),
            Self::Sequence(parts) => parts.iter().try_for_each(|part| write!(f, " {part}")),
            Self::Either(parts) => {
                f.write_str("(")?;
                for (at, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if at == 0 { "" } else { " | " })?;
                }
                f.write_str(")")
            }
            Self::Repeat(part, 0, None) => write!(f, "({part})*"),
            Self::Repeat(part, 1, None) => write!(f, "({part})+"),
            Self::Repeat(part, 0, Some(1)) => write!(f, "({part})?"),
            Self::Repeat(part, least, None) => write!(f, "({part}){{{least},}}"),
            Self::Repeat(part, least, Some(most)) => write!(f, "({part}){{{least},{most}}}"),
        }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, expr) in self.0.iter().enumerate() {
            writeln!(f, "{} ::= {expr}", Expr::Rule(rule))?;
        }
        Ok(())
    }
}
