//! Reading GBNF, the notation of llama.cpp's grammars.

mod scan;

use super::chars::CharSet;
use super::network::{Edge, Network, Part};
use crate::error::{Error, Result};
use crate::token::Token;
use scan::Scanner;
use std::collections::HashMap;

/// Longest grammar in bytes.
const MAX_LEN: usize = 4 << 20;

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 256;

/// Finds the token that a text such as `<|im_start|>` names, or one by its number.
pub(super) trait Tokens {
    fn by_text(&self, text: &str) -> Result<Token>;
    fn by_number(&self, number: u64) -> Result<Token>;
}

/// Reads a grammar; returns its rules and the number of the start rule.
pub(super) fn parse(gbnf: &str, root: &str, tokens: &dyn Tokens) -> Result<(Network, u32)> {
    if gbnf.len() > MAX_LEN {
        return Err(Error::TooLong { what: "grammar in bytes", len: gbnf.len(), max: MAX_LEN });
    }
    let mut parser = Parser {
        scan: Scanner::new(gbnf),
        net: Network::default(),
        names: HashMap::new(),
        sets: HashMap::new(),
        defined: Vec::new(),
        tokens,
    };
    parser.scan.space(true);
    if parser.scan.is_done() {
        return Err(Error::Grammar { detail: "it is empty".to_owned() });
    }
    while !parser.scan.is_done() {
        parser.rule()?;
    }
    for (name, &rule) in &parser.names {
        if !parser.defined[rule as usize] {
            return Err(Error::Grammar { detail: format!("rule \"{name}\" is used but not defined") });
        }
    }
    let Some(&start) = parser.names.get(root) else {
        return Err(Error::Grammar { detail: format!("it defines no \"{root}\" rule to start at") });
    };
    let mut net = parser.net;
    if !net.finish(start) {
        return Err(Error::Grammar {
            detail: format!("no text ever completes \"{root}\": each way through it goes on without end"),
        });
    }
    Ok((net, start))
}

/// Parentheses that are open, or the rule itself.
struct Group {
    start: u32,
    end: u32,
    /// The state in front of the parentheses.
    before: u32,
}

struct Parser<'a> {
    scan: Scanner<'a>,
    net: Network,
    names: HashMap<&'a str, u32>,
    sets: HashMap<CharSet, u32>,
    defined: Vec<bool>,
    tokens: &'a dyn Tokens,
}

impl Parser<'_> {
    /// The number of the rule that is named here.
    fn name(&mut self) -> Result<u32> {
        let start = self.scan.at;
        while is_word(self.scan.peek()) {
            self.scan.at += 1;
        }
        if start == self.scan.at {
            return Err(self.scan.expected("a name"));
        }
        let name = self.scan.since(start);
        if let Some(&rule) = self.names.get(name) {
            return Ok(rule);
        }
        let rule = u32::try_from(self.defined.len()).unwrap_or(u32::MAX);
        // Where it starts is known with its definition.
        self.net.starts.push(0);
        self.defined.push(false);
        self.names.insert(name, rule);
        Ok(rule)
    }

    fn rule(&mut self) -> Result<()> {
        let rule = self.name()?;
        self.scan.space(false);
        if !self.scan.text[self.scan.at..].starts_with(b"::=") {
            return Err(self.scan.expected("::="));
        }
        self.scan.at += 3;
        self.scan.space(true);
        // A second definition replaces the first.
        let start = self.net.state()?;
        self.net.starts[rule as usize] = start;
        self.defined[rule as usize] = true;
        self.body(start)?;
        if !self.scan.is_done() && !matches!(self.scan.peek(), b'\r' | b'\n') {
            return Err(self.scan.expected("a new line or the end"));
        }
        self.scan.space(true);
        Ok(())
    }

    /// Alternatives of a rule, with parentheses inside; not recursive, so that no nesting exhausts the stack.
    fn body(&mut self, start: u32) -> Result<()> {
        let end = self.net.state()?;
        self.net.states[end as usize].ends = true;
        let mut groups = vec![Group { start, end, before: start }];
        let mut at = start;
        let mut part: Option<Part> = None;
        loop {
            let depth = groups.len() - 1;
            let (group_start, group_end) = (groups[depth].start, groups[depth].end);
            match self.scan.peek() {
                b'|' => {
                    self.scan.at += 1;
                    self.scan.space(true);
                    self.net.edge(at, Edge::Free(group_end));
                    (at, part) = (group_start, None);
                }
                b'(' => {
                    self.scan.at += 1;
                    self.scan.space(true);
                    if depth == MAX_DEPTH {
                        let what = "nesting of parentheses in the grammar";
                        return Err(Error::TooLong { what, len: depth + 1, max: MAX_DEPTH });
                    }
                    let start = self.net.after(at)?;
                    let end = self.net.state()?;
                    groups.push(Group { start, end, before: at });
                    (at, part) = (start, None);
                }
                b')' if depth > 0 => {
                    self.scan.at += 1;
                    self.net.edge(at, Edge::Free(group_end));
                    let before = groups[depth].before;
                    groups.pop();
                    self.scan.space(depth > 1);
                    at = group_end;
                    part = Some(Part { before, first: group_start, last: group_end });
                }
                b'*' | b'+' | b'?' | b'{' => {
                    let Some(repeated) = part else {
                        return Err(self.scan.expected("something to repeat before this"));
                    };
                    let (least, most) = self.scan.repetition(depth > 0)?;
                    let repeated = self.net.repeat(repeated, least, most)?;
                    (at, part) = (repeated.last, Some(repeated));
                }
                _ => {
                    let first = self.net.after(at)?;
                    let Some(last) = self.item(first)? else {
                        if depth > 0 {
                            return Err(self.scan.expected(")"));
                        }
                        self.net.edge(first, Edge::Free(end));
                        return Ok(());
                    };
                    self.scan.space(depth > 0);
                    part = (last != first).then_some(Part { before: at, first, last });
                    at = last;
                }
            }
        }
    }

    /// Reads one item of a sequence behind a state and returns the state behind it; `None` where none begins.
    fn item(&mut self, from: u32) -> Result<Option<u32>> {
        let edge: fn(u32, u32) -> Edge = match self.scan.peek() {
            b'"' => return self.literal(from).map(Some),
            b'[' | b'.' => {
                let Some(set) = self.class()? else { return Ok(Some(from)) };
                return self.read(from, set).map(Some);
            }
            b'<' => |token, to| Edge::Token(number(token), to),
            b'!' => |token, to| Edge::NotToken(number(token), to),
            c if is_word(c) => Edge::Call,
            _ => return Ok(None),
        };
        let value = if is_word(self.scan.peek()) { self.name()? } else { self.token()?.0.unsigned_abs() };
        let to = self.net.state()?;
        self.net.edge(from, edge(value, to));
        Ok(Some(to))
    }

    /// Reads a character of a set behind a state and returns the state behind it.
    fn read(&mut self, from: u32, set: CharSet) -> Result<u32> {
        let next = u32::try_from(self.net.sets.len()).unwrap_or(u32::MAX);
        let set = *self.sets.entry(set).or_insert_with_key(|set| {
            self.net.sets.push(set.clone());
            next
        });
        let to = self.net.state()?;
        self.net.edge(from, Edge::Char(set, to));
        Ok(to)
    }

    fn literal(&mut self, mut at: u32) -> Result<u32> {
        self.scan.at += 1;
        while !self.scan.eat(b'"') {
            let c = self.scan.character("a closing quote")?;
            at = self.read(at, CharSet::new(vec![(c, c)], false))?;
        }
        Ok(at)
    }

    /// A class of characters; `None` for `[]` and `[^]`, which stand for no text at all.
    fn class(&mut self) -> Result<Option<CharSet>> {
        if self.scan.eat(b'.') {
            return Ok(Some(CharSet::new(Vec::new(), true)));
        }
        self.scan.at += 1;
        let negated = self.scan.eat(b'^');
        let mut ranges = Vec::new();
        while !self.scan.eat(b']') {
            let low = self.scan.character("a closing bracket")?;
            let mut high = low;
            if self.scan.peek() == b'-' && self.scan.text.get(self.scan.at + 1) != Some(&b']') {
                self.scan.at += 1;
                high = self.scan.character("the end of a range")?;
            }
            ranges.push((low, high));
        }
        Ok((!ranges.is_empty()).then(|| CharSet::new(ranges, negated)))
    }

    /// A token: `<[7]>` by its number, `<text>` by its text; `!` in front means any other.
    fn token(&mut self) -> Result<Token> {
        self.scan.eat(b'!');
        let start = self.scan.at;
        if !self.scan.eat(b'<') {
            return Err(self.scan.expected("<"));
        }
        if self.scan.eat(b'[') {
            let number = self.scan.number()?;
            if !self.scan.eat(b']') || !self.scan.eat(b'>') {
                return Err(self.scan.expected("]>"));
            }
            return self.tokens.by_number(number);
        }
        while !self.scan.eat(b'>') {
            if self.scan.is_done() {
                return Err(self.scan.expected(">"));
            }
            self.scan.at += 1;
        }
        self.tokens.by_text(self.scan.since(start))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// A token number on its way through an edge.
fn number(token: u32) -> Token {
    Token(i32::try_from(token).unwrap_or(i32::MAX))
}
