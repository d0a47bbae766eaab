//! What llama.cpp's parser and matcher would make of a grammar.
//!
//! Only lazy grammars still run in llama.cpp. What would exhaust its stack or memory is refused here.

use crate::error::{Error, Result};
use std::collections::HashMap;

/// Deepest nesting of parentheses; llama.cpp's parser recurses on them.
pub(super) const MAX_DEPTH: usize = 256;

/// Longest grammar in bytes.
pub(super) const MAX_LEN: usize = 4 << 20;

/// Most elements of a grammar with its repetitions written out.
const MAX_ELEMENTS: usize = MAX_LEN;

/// Longest chain of rules that begin with one another; llama.cpp recurses along it.
const MAX_CHAIN: usize = 4_000;

/// Most ways in which one rule may begin; llama.cpp walks and keeps each of them.
const MAX_WAYS: usize = 1 << 16;

/// Most memory for the ways of one rule to begin, as ways times the longest chain.
const MAX_STACKED: usize = 1 << 25;

/// Most elements that llama.cpp's search for left recursion may look at.
const MAX_SEARCH: usize = 100_000_000;

/// llama.cpp's own limit for repetitions.
const MAX_REPEAT: u64 = 2_000;

/// A part of a rule, as far as it matters for how rules begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// A literal, character class or token, with its number of elements in llama.cpp's table.
    Text(usize),
    Rule(usize),
    Or,
}

/// The rules of a grammar, built like llama.cpp builds them (`llama_grammar_parser`), without their characters.
///
/// llama.cpp looks for left recursion in a way that recurses along chains of rules, takes exponential time for
/// some small grammars (`a ::= b "x" | b "y"`, `b ::= c "x" | c "y"` and so on), and misses recursion through
/// rules that can be empty indirectly, for which it then takes memory without end. So this looks first.
pub(super) struct Outline<'a> {
    text: &'a [u8],
    at: usize,
    rules: Vec<Vec<Item>>,
    names: HashMap<&'a [u8], usize>,
    elements: usize,
}

/// Elements of llama.cpp's table that the items stand for.
fn size(items: &[Item]) -> usize {
    items.iter().map(|&item| if let Item::Text(size) = item { size } else { 1 }).sum()
}

impl<'a> Outline<'a> {
    pub(super) fn parse(gbnf: &'a str) -> Result<Self> {
        let mut this =
            Self { text: gbnf.as_bytes(), at: 0, rules: Vec::new(), names: HashMap::new(), elements: 0 };
        this.space(true);
        while this.peek() != 0 {
            let rule = this.name()?;
            this.space(false);
            if !this.text[this.at..].starts_with(b"::=") {
                return Err(this.expected("::="));
            }
            this.at += 3;
            this.space(true);
            this.rules[rule] = this.alternates(0)?;
            if !matches!(this.peek(), 0 | b'\r' | b'\n') {
                return Err(this.expected("a new line or the end"));
            }
            this.space(true);
        }
        Ok(this)
    }

    /// The next byte, or 0 at the end.
    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn expected(&self, what: &str) -> Error {
        let line = self.text[..self.at.min(self.text.len())].split(|&c| c == b'\n').count();
        Error::Grammar { detail: format!("expected {what} at byte {}, in line {line}", self.at) }
    }

    fn count(&mut self, elements: usize) -> Result<()> {
        self.elements = self.elements.saturating_add(elements);
        if self.elements > MAX_ELEMENTS {
            return Err(Error::TooLong {
                what: "grammar with its repetitions written out, in elements",
                len: self.elements,
                max: MAX_ELEMENTS,
            });
        }
        Ok(())
    }

    fn space(&mut self, lines: bool) {
        loop {
            match self.peek() {
                b' ' | b'\t' => self.at += 1,
                b'\r' | b'\n' if lines => self.at += 1,
                b'#' => {
                    while !matches!(self.peek(), 0 | b'\r' | b'\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn name(&mut self) -> Result<usize> {
        let start = self.at;
        while matches!(self.peek(), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-') {
            self.at += 1;
        }
        if start == self.at {
            return Err(self.expected("a name"));
        }
        let text = self.text;
        if let Some(&rule) = self.names.get(&text[start..self.at]) {
            return Ok(rule);
        }
        let rule = self.add(Vec::new())?;
        self.names.insert(&text[start..self.at], rule);
        Ok(rule)
    }

    fn add(&mut self, items: Vec<Item>) -> Result<usize> {
        self.count(1)?;
        self.rules.push(items);
        Ok(self.rules.len() - 1)
    }

    fn alternates(&mut self, depth: usize) -> Result<Vec<Item>> {
        if depth > MAX_DEPTH {
            return Err(Error::TooLong {
                what: "nesting of parentheses in the grammar",
                len: depth,
                max: MAX_DEPTH,
            });
        }
        let mut items = Vec::new();
        self.sequence(&mut items, depth)?;
        while self.peek() == b'|' {
            self.count(1)?;
            items.push(Item::Or);
            self.at += 1;
            self.space(true);
            self.sequence(&mut items, depth)?;
        }
        Ok(items)
    }

    fn sequence(&mut self, items: &mut Vec<Item>, depth: usize) -> Result<()> {
        let lines = depth > 0;
        let (mut part, mut nested) = (items.len(), 1_u64);
        loop {
            let (least, most) = match self.peek() {
                b'*' => (0, None),
                b'+' => (1, None),
                b'?' => (0, Some(1)),
                b'{' => {
                    let bounds = self.bounds(lines)?;
                    self.repeat(items, part, &mut nested, bounds)?;
                    continue;
                }
                start => {
                    let Some((item, rules)) = self.item(start, depth)? else { return Ok(()) };
                    (part, nested) = (items.len(), rules);
                    if let Item::Text(size) = item {
                        self.count(size)?;
                    } else {
                        self.count(1)?;
                    }
                    if item != Item::Text(0) {
                        items.push(item);
                    }
                    self.space(lines);
                    continue;
                }
            };
            self.at += 1;
            self.space(lines);
            self.repeat(items, part, &mut nested, (least, most))?;
        }
    }

    /// One part of a sequence and the rules that it brings, up to but not including the space after it.
    fn item(&mut self, start: u8, depth: usize) -> Result<Option<(Item, u64)>> {
        let item = match start {
            b'"' => Item::Text(self.quoted(b'"')?),
            b'[' => Item::Text(self.quoted(b']')?),
            b'.' => {
                self.at += 1;
                Item::Text(1)
            }
            b'<' | b'!' => {
                self.at += usize::from(start == b'!');
                if self.peek() != b'<' {
                    return Err(self.expected("<"));
                }
                while self.peek() != b'>' {
                    if self.peek() == 0 {
                        return Err(self.expected(">"));
                    }
                    self.at += 1;
                }
                self.at += 1;
                Item::Text(1)
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => Item::Rule(self.name()?),
            b'(' => {
                self.at += 1;
                self.space(true);
                let before = self.rules.len();
                let rule = self.add(Vec::new())?;
                self.rules[rule] = self.alternates(depth + 1)?;
                if self.peek() != b')' {
                    return Err(self.expected(")"));
                }
                self.at += 1;
                return Ok(Some((Item::Rule(rule), (self.rules.len() - before).max(1) as u64)));
            }
            _ => return Ok(None),
        };
        Ok(Some((item, 1)))
    }

    /// Number of bytes up to the end mark, an upper bound for the elements; 0 exactly where there are none.
    fn quoted(&mut self, end: u8) -> Result<usize> {
        self.at += 1;
        let start = self.at;
        if end == b']' && self.peek() == b'^' {
            self.at += 1;
        }
        let first = self.at;
        while self.peek() != end {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
            if self.at >= self.text.len() {
                self.at = start;
                return Err(self.expected(if end == b'"' { "a closing quote" } else { "a closing bracket" }));
            }
        }
        let len = self.at - first;
        self.at += 1;
        Ok(len)
    }

    fn number(&mut self) -> Result<u64> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        digits.parse().map_err(|_| self.expected("a number"))
    }

    fn bounds(&mut self, lines: bool) -> Result<(u64, Option<u64>)> {
        self.at += 1;
        self.space(lines);
        let least = self.number()?;
        self.space(lines);
        let mut most = Some(least);
        if self.peek() == b',' {
            self.at += 1;
            self.space(lines);
            most = None;
            if self.peek().is_ascii_digit() {
                most = Some(self.number()?);
                self.space(lines);
            }
        }
        if self.peek() != b'}' {
            return Err(self.expected("}"));
        }
        self.at += 1;
        self.space(lines);
        if least > MAX_REPEAT {
            return Err(self.expected(&format!("at most {MAX_REPEAT} repetitions")));
        }
        if most.is_some_and(|most| most < least) {
            return Err(self.expected("bounds in ascending order"));
        }
        Ok((least, most.filter(|&most| most <= MAX_REPEAT)))
    }

    fn repeat(
        &mut self,
        items: &mut Vec<Item>,
        start: usize,
        nested: &mut u64,
        (least, most): (u64, Option<u64>),
    ) -> Result<()> {
        if start == items.len() {
            return Err(self.expected("something to repeat before this"));
        }
        let total = most.filter(|&most| most > 0).unwrap_or(least).max(1);
        *nested = nested.saturating_mul(total);
        if *nested > MAX_REPEAT {
            return Err(self.expected(&format!("at most {MAX_REPEAT} rules to repeat")));
        }
        let part = items[start..].to_vec();
        let elements = size(&part);
        let optional = most.map_or(1, |most| most - least);
        let times = usize::try_from(least + optional).unwrap_or(usize::MAX);
        self.count((elements + 4).saturating_mul(times))?;
        if least == 0 {
            items.truncate(start);
        }
        for _ in 1..least {
            items.extend_from_slice(&part);
        }
        let mut rest = None;
        for _ in 0..optional {
            let rule = self.add(Vec::new())?;
            let next = if most.is_none() { Some(rule) } else { rest };
            let mut body = part.clone();
            body.extend(next.map(Item::Rule));
            body.push(Item::Or);
            self.rules[rule] = body;
            rest = Some(rule);
        }
        items.extend(rest.map(Item::Rule));
        Ok(())
    }

    /// Rules that can produce nothing at all.
    fn nullable(&self) -> Vec<bool> {
        let mut users = vec![Vec::new(); self.rules.len()];
        for (rule, items) in self.rules.iter().enumerate() {
            for &item in items {
                if let Item::Rule(used) = item {
                    users[used].push(rule);
                }
            }
        }
        let mut nullable = vec![false; self.rules.len()];
        let mut todo: Vec<usize> = (0..self.rules.len()).collect();
        while let Some(rule) = todo.pop() {
            let empty = |item: &Item| matches!(*item, Item::Rule(used) if nullable[used]);
            if !nullable[rule]
                && self.rules[rule].split(|&item| item == Item::Or).any(|items| items.iter().all(empty))
            {
                nullable[rule] = true;
                todo.extend_from_slice(&users[rule]);
            }
        }
        nullable
    }

    /// Longest chain of rules that begin with one another.
    pub(super) fn longest_chain(&self) -> Result<usize> {
        let nullable = self.nullable();
        let n = self.rules.len();
        // For each rule those that it may begin with, and the number of its other ways to begin.
        let mut begins = vec![Vec::new(); n];
        let mut ways = vec![0_usize; n];
        for (rule, items) in self.rules.iter().enumerate() {
            for items in items.split(|&item| item == Item::Or) {
                ways[rule] += 1;
                for (at, &item) in items.iter().enumerate() {
                    let Item::Rule(used) = item else { break };
                    // A rule that only goes on with itself at its end begins no more ways: `a ::= b a |`.
                    if used != rule || at + 1 < items.len() || at == 0 {
                        begins[rule].push(used);
                    }
                    if !nullable[used] {
                        break;
                    }
                }
            }
        }
        let mut users = vec![0_usize; n];
        begins.iter().flatten().for_each(|&used| users[used] += 1);
        let mut ready: Vec<usize> = (0..n).filter(|&rule| users[rule] == 0).collect();
        let mut order = Vec::with_capacity(n);
        while let Some(rule) = ready.pop() {
            order.push(rule);
            for &used in &begins[rule] {
                users[used] -= 1;
                if users[used] == 0 {
                    ready.push(used);
                }
            }
        }
        if order.len() < n {
            return Err(Error::Grammar { detail: "left recursion: a rule begins with itself".to_owned() });
        }
        let mut chain = vec![1_usize; n];
        let mut search: Vec<usize> = self.rules.iter().map(|items| size(items) + 1).collect();
        let (mut longest, mut searched) = (0, 0_usize);
        for &rule in order.iter().rev() {
            for &used in &begins[rule] {
                chain[rule] = chain[rule].max(chain[used] + 1);
                ways[rule] = ways[rule].saturating_add(ways[used]).saturating_add(1);
                search[rule] = search[rule].saturating_add(search[used]);
            }
            longest = longest.max(chain[rule]);
            searched = searched.saturating_add(search[rule]);
            let stacked = ways[rule].saturating_mul(chain[rule]);
            for (what, len, max) in [
                ("chain of rules that begin with one another", longest, MAX_CHAIN),
                ("ways in which a rule of the grammar may begin: their list", ways[rule], MAX_WAYS),
                ("ways in which a rule may begin, times their length: their list", stacked, MAX_STACKED),
                ("search for left recursion in the grammar", searched, MAX_SEARCH),
            ] {
                if len > max {
                    return Err(Error::TooLong { what, len, max });
                }
            }
        }
        Ok(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(gbnf: &str) -> Result<usize> {
        Outline::parse(gbnf)?.longest_chain()
    }

    #[test]
    fn nesting_ignores_literals() {
        assert_eq!(chain("root ::= ((\"a\") (\"b\" (\"c\")))"), Ok(3));
        let open = "(".repeat(1_000);
        for quoted in [format!("\"{open}\""), format!("[{open}]"), format!("\"a\" # {open}")] {
            assert_eq!(chain(&format!("root ::= {quoted}")), Ok(1));
        }
        for bare in [format!("#\r{open}"), format!("\"\\\"\"{open}"), open.clone()] {
            assert!(matches!(chain(&format!("root ::= {bare}")), Err(Error::TooLong { len: 257, .. })));
        }
    }

    #[test]
    fn chains_and_ways_are_counted() {
        assert_eq!(chain("root ::= a\na ::= b \"x\" | b\nb ::= \"y\"*"), Ok(4));
        assert_eq!(chain("root ::= (\"a\"?)* \"b\"{2,4} <[7]> !<x> [^]"), Ok(4));
        assert!(chain("root ::= \"a\" root | [^\\]] root |").is_ok());
        let recursion = "root ::= e root \"x\" | \"y\"\ne ::= f\nf ::= \"z\" |";
        assert!(matches!(chain(recursion), Err(Error::Grammar { .. })));
        let copies = "root ::= \"0123456789\"{2000} ".repeat(240).replace("root", "\nroot");
        assert!(matches!(chain(&copies), Err(Error::TooLong { .. })));
    }
}
