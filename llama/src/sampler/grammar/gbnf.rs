//! Reading GBNF, the notation of llama.cpp's grammars.

use super::chars::CharSet;
use super::network::{Edge, Network, Part};
use crate::error::{Error, Result};
use crate::token::Token;
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
    let text = gbnf.as_bytes();
    let net = Network::default();
    let mut parser = Parser {
        gbnf,
        text,
        at: 0,
        net,
        names: HashMap::new(),
        sets: HashMap::new(),
        defined: Vec::new(),
        tokens,
    };
    parser.space(true);
    if parser.is_done() {
        return Err(Error::Grammar { detail: "it is empty".to_owned() });
    }
    while !parser.is_done() {
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
    gbnf: &'a str,
    text: &'a [u8],
    at: usize,
    net: Network,
    names: HashMap<&'a str, u32>,
    sets: HashMap<CharSet, u32>,
    defined: Vec<bool>,
    tokens: &'a dyn Tokens,
}

impl Parser<'_> {
    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The next byte, or 0 at the end.
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = !self.is_done() && self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> Error {
        let line = self.text[..self.at.min(self.text.len())].split(|&c| c == b'\n').count();
        Error::Grammar { detail: format!("expected {what} at byte {}, in line {line}", self.at) }
    }

    fn space(&mut self, lines: bool) {
        loop {
            match self.peek() {
                b' ' | b'\t' => self.at += 1,
                b'\r' | b'\n' if lines => self.at += 1,
                b'#' => {
                    while !self.is_done() && !matches!(self.peek(), b'\r' | b'\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// The number of the rule that is named here.
    fn name(&mut self) -> Result<u32> {
        let start = self.at;
        while is_word(self.peek()) {
            self.at += 1;
        }
        if start == self.at {
            return Err(self.expected("a name"));
        }
        let name = &self.gbnf[start..self.at];
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
        self.space(false);
        if !self.text[self.at..].starts_with(b"::=") {
            return Err(self.expected("::="));
        }
        self.at += 3;
        self.space(true);
        // A second definition replaces the first.
        let start = self.net.state()?;
        self.net.starts[rule as usize] = start;
        self.defined[rule as usize] = true;
        self.body(start)?;
        if !self.is_done() && !matches!(self.peek(), b'\r' | b'\n') {
            return Err(self.expected("a new line or the end"));
        }
        self.space(true);
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
            match self.peek() {
                b'|' => {
                    self.at += 1;
                    self.space(true);
                    self.net.edge(at, Edge::Free(group_end));
                    (at, part) = (group_start, None);
                }
                b'(' => {
                    self.at += 1;
                    self.space(true);
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
                    self.at += 1;
                    self.net.edge(at, Edge::Free(group_end));
                    let before = groups[depth].before;
                    groups.pop();
                    self.space(depth > 1);
                    at = group_end;
                    part = Some(Part { before, first: group_start, last: group_end });
                }
                b'*' | b'+' | b'?' | b'{' => {
                    let Some(repeated) = part else {
                        return Err(self.expected("something to repeat before this"));
                    };
                    let (least, most) = self.repetition(depth > 0)?;
                    let repeated = self.net.repeat(repeated, least, most)?;
                    (at, part) = (repeated.last, Some(repeated));
                }
                _ => {
                    let first = self.net.after(at)?;
                    let Some(last) = self.item(first)? else {
                        if depth > 0 {
                            return Err(self.expected(")"));
                        }
                        self.net.edge(first, Edge::Free(end));
                        return Ok(());
                    };
                    self.space(depth > 0);
                    part = (last != first).then_some(Part { before: at, first, last });
                    at = last;
                }
            }
        }
    }

    /// Reads one item of a sequence behind a state and returns the state behind it; `None` where none begins.
    fn item(&mut self, from: u32) -> Result<Option<u32>> {
        let edge: fn(u32, u32) -> Edge = match self.peek() {
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
        let value = if is_word(self.peek()) { self.name()? } else { self.token()?.0.unsigned_abs() };
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
        self.at += 1;
        while !self.eat(b'"') {
            let c = self.character("a closing quote")?;
            at = self.read(at, CharSet::new(vec![(c, c)], false))?;
        }
        Ok(at)
    }

    /// A class of characters; `None` for `[]` and `[^]`, which stand for no text at all.
    fn class(&mut self) -> Result<Option<CharSet>> {
        if self.eat(b'.') {
            return Ok(Some(CharSet::new(Vec::new(), true)));
        }
        self.at += 1;
        let negated = self.eat(b'^');
        let mut ranges = Vec::new();
        while !self.eat(b']') {
            let low = self.character("a closing bracket")?;
            let mut high = low;
            if self.peek() == b'-' && self.text.get(self.at + 1) != Some(&b']') {
                self.at += 1;
                high = self.character("the end of a range")?;
            }
            ranges.push((low, high));
        }
        Ok((!ranges.is_empty()).then(|| CharSet::new(ranges, negated)))
    }

    /// One character, possibly escaped, as its number.
    fn character(&mut self, or: &str) -> Result<u32> {
        let Some(c) = self.gbnf[self.at..].chars().next() else { return Err(self.expected(or)) };
        if c != '\\' {
            self.at += c.len_utf8();
            return Ok(u32::from(c));
        }
        let escaped = self.text.get(self.at + 1).copied().unwrap_or(0);
        let digits = match escaped {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let plain = match escaped {
            b't' => b'\t',
            b'r' => b'\r',
            b'n' => b'\n',
            b'\\' | b'"' | b'[' | b']' | b'-' => escaped,
            _ if digits > 0 => {
                let hex = self.text.get(self.at + 2..self.at + 2 + digits).unwrap_or_default();
                if hex.len() < digits || !hex.iter().all(u8::is_ascii_hexdigit) {
                    return Err(self.expected(&format!("{digits} hexadecimal digits in the escape")));
                }
                let hex = std::str::from_utf8(hex).unwrap_or_default();
                let value = u32::from_str_radix(hex, 16).unwrap_or(u32::MAX);
                self.at += 2 + digits;
                return Ok(value);
            }
            _ => return Err(self.expected("a known escape")),
        };
        self.at += 2;
        Ok(u32::from(plain))
    }

    /// A token: `<[7]>` by its number, `<text>` by its text; `!` in front means any other.
    fn token(&mut self) -> Result<Token> {
        self.eat(b'!');
        let start = self.at;
        if !self.eat(b'<') {
            return Err(self.expected("<"));
        }
        if self.eat(b'[') {
            let number = self.number()?;
            if !self.eat(b']') || !self.eat(b'>') {
                return Err(self.expected("]>"));
            }
            return self.tokens.by_number(number);
        }
        while !self.eat(b'>') {
            if self.is_done() {
                return Err(self.expected(">"));
            }
            self.at += 1;
        }
        self.tokens.by_text(&self.gbnf[start..self.at])
    }

    fn number(&mut self) -> Result<u64> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.gbnf[start..self.at].parse().map_err(|_| self.expected("a number"))
    }

    /// `*`, `+`, `?` or `{...}`, with the space behind: the least and the largest number of repetitions.
    fn repetition(&mut self, lines: bool) -> Result<(usize, Option<usize>)> {
        let kind = self.peek();
        self.at += 1;
        self.space(lines);
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (least, most) = match kind {
            b'*' => return Ok((0, None)),
            b'+' => return Ok((1, None)),
            b'?' => return Ok((0, Some(1))),
            _ => {
                let least = count(self.number()?);
                self.space(lines);
                let mut most = Some(least);
                if self.eat(b',') {
                    self.space(lines);
                    most = if self.peek().is_ascii_digit() { Some(count(self.number()?)) } else { None };
                    self.space(lines);
                }
                (least, most)
            }
        };
        if !self.eat(b'}') {
            return Err(self.expected("}"));
        }
        self.space(lines);
        if most.is_some_and(|most| most < least) {
            return Err(self.expected("bounds in ascending order"));
        }
        Ok((least, most))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// A token number on its way through an edge.
fn number(token: u32) -> Token {
    Token(i32::try_from(token).unwrap_or(i32::MAX))
}
