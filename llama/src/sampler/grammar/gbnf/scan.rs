//! Characters and numbers of a grammar.

use crate::error::{Error, Result};

/// A grammar, and how far it has been read.
pub(super) struct Scanner<'a> {
    gbnf: &'a str,
    pub(super) text: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(gbnf: &'a str) -> Self {
        Self { gbnf, text: gbnf.as_bytes(), at: 0 }
    }

    /// The text from there to here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.gbnf[start..self.at]
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The next byte, or 0 at the end.
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = !self.is_done() && self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    pub(super) fn expected(&self, what: &str) -> Error {
        let line = self.text[..self.at.min(self.text.len())].split(|&c| c == b'\n').count();
        Error::Grammar { detail: format!("expected {what} at byte {}, in line {line}", self.at) }
    }

    pub(super) fn space(&mut self, lines: bool) {
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

    /// One character, possibly escaped, as its number.
    pub(super) fn character(&mut self, or: &str) -> Result<u32> {
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

    pub(super) fn number(&mut self) -> Result<u64> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.gbnf[start..self.at].parse().map_err(|_| self.expected("a number"))
    }

    /// `*`, `+`, `?` or `{...}`, with the space behind: the least and the largest number of repetitions.
    pub(super) fn repetition(&mut self, lines: bool) -> Result<(usize, Option<usize>)> {
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
