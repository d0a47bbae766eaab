//! Reading trigger patterns: ECMAScript's regular expressions, as llama.cpp's chat formats write them.

use super::bytes::ByteSet;
use super::escape::Escaped;
use crate::error::{Error, Result};

/// Longest pattern in bytes.
pub(super) const MAX_LEN: usize = 4096;

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 64;

/// Most groups that are told apart.
const MAX_GROUPS: usize = 32;

/// Most that one repetition may be written out.
const MAX_REPEAT: usize = 1000;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Byte(ByteSet),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    /// A group that is told apart, with its number from 1.
    Group(usize, Box<Node>),
    Repeat {
        part: Box<Node>,
        least: usize,
        most: Option<usize>,
        greedy: bool,
    },
    /// The beginning of the text.
    Start,
    /// The end of the text so far.
    End,
    /// A place between a letter, digit or `_` and something else, or any other place.
    WordEdge(bool),
    /// The text that follows begins with these bytes, or does not.
    Ahead {
        wanted: bool,
        bytes: Vec<ByteSet>,
    },
}

/// A pattern that has been read.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) root: Node,
    pub(super) groups: usize,
}

/// Reads a pattern. Characters beyond ASCII count as the bytes of their UTF-8.
pub(super) fn parse(pattern: &str) -> Result<Pattern> {
    if pattern.len() > MAX_LEN {
        return Err(invalid(pattern, &format!("it has {} bytes; the limit is {MAX_LEN}", pattern.len())));
    }
    let mut parser = Parser { pattern, text: pattern.as_bytes(), at: 0, groups: 0, depth: 0 };
    let root = parser.alternatives()?;
    if parser.at < parser.text.len() {
        return Err(parser.error("a parenthesis that closes none"));
    }
    Ok(Pattern { root, groups: parser.groups })
}

/// An error that shows the beginning of the pattern.
pub(super) fn invalid(pattern: &str, reason: &str) -> Error {
    let shown: String = pattern.chars().take(60).collect();
    let dots = if shown.len() < pattern.len() { "..." } else { "" };
    Error::Grammar { detail: format!("trigger pattern \"{shown}{dots}\": {reason}") }
}

/// A pattern, and how far it has been read.
pub(super) struct Parser<'a> {
    pub(super) pattern: &'a str,
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    groups: usize,
    depth: usize,
}

impl Parser<'_> {
    pub(super) fn error(&self, what: &str) -> Error {
        invalid(self.pattern, &format!("{what} at byte {}", self.at))
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.text[self.at..].starts_with(text.as_bytes());
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn alternatives(&mut self) -> Result<Node> {
        let mut list = vec![self.sequence()?];
        while self.eat("|") {
            list.push(self.sequence()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Node::Either(list) })
    }

    fn sequence(&mut self) -> Result<Node> {
        let mut parts = Vec::new();
        while let Some(byte) = self.peek()
            && byte != b'|'
            && byte != b')'
        {
            let part = self.part()?;
            parts.push(self.repeated(part)?);
        }
        Ok(Node::Sequence(parts))
    }

    fn part(&mut self) -> Result<Node> {
        let first = self.text[self.at];
        self.at += 1;
        Ok(match first {
            b'^' => Node::Start,
            b'$' => Node::End,
            b'.' => Node::Byte(ByteSet::from_fn(|byte| byte != b'\n' && byte != b'\r')),
            b'(' => return self.group(),
            b'[' => Node::Byte(self.class()?),
            b'\\' if self.eat("b") => Node::WordEdge(true),
            b'\\' if self.eat("B") => Node::WordEdge(false),
            b'\\' => match self.escape()? {
                Escaped::Set(set) => Node::Byte(set),
                Escaped::Char(c) => literal(c),
                Escaped::Byte(value) => byte(value),
            },
            b'*' | b'+' | b'?' | b'{' => {
                self.at -= 1;
                return Err(self.error("nothing to repeat"));
            }
            plain => byte(plain),
        })
    }

    fn group(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(&format!("more than {MAX_DEPTH} nested parentheses")));
        }
        let wanted = if self.eat("?=") {
            Some(true)
        } else if self.eat("?!") {
            Some(false)
        } else {
            None
        };
        let mut number = None;
        if wanted.is_none() && !self.eat("?:") {
            self.groups += 1;
            number = Some(self.groups);
            if self.groups > MAX_GROUPS {
                return Err(self.error(&format!("more than {MAX_GROUPS} groups")));
            }
        }
        let inner = self.alternatives()?;
        if !self.eat(")") {
            return Err(self.error("a parenthesis that is not closed"));
        }
        self.depth -= 1;
        if let Some(wanted) = wanted {
            return self.ahead(wanted, &inner);
        }
        Ok(match number {
            Some(number) => Node::Group(number, Box::new(inner)),
            None => Node::Sequence(vec![inner]),
        })
    }

    /// A look-ahead. One for the absence of several texts is several.
    fn ahead(&self, wanted: bool, inner: &Node) -> Result<Node> {
        let of = |node: &Node| match bytes_of(node) {
            Some(bytes) if !bytes.is_empty() => Ok(Node::Ahead { wanted, bytes }),
            _ => Err(self.error("a look-ahead that is not for a fixed text, in front of what ends")),
        };
        match inner {
            Node::Either(list) if !wanted => Ok(Node::Sequence(list.iter().map(of).collect::<Result<_>>()?)),
            inner => of(inner),
        }
    }

    fn repeated(&mut self, part: Node) -> Result<Node> {
        let (least, most) = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => self.bounds()?,
            _ => return Ok(part),
        };
        if matches!(part, Node::Start | Node::End | Node::WordEdge(_) | Node::Ahead { .. }) {
            return Err(self.error("nothing to repeat"));
        }
        self.at += 1;
        let greedy = !self.eat("?");
        Ok(Node::Repeat { part: Box::new(part), least, most, greedy })
    }

    /// `{n}`, `{n,}` or `{n,m}`, up to the closing brace.
    fn bounds(&mut self) -> Result<(usize, Option<usize>)> {
        self.at += 1;
        let least = self.number()?;
        let mut most = Some(least);
        if self.eat(",") {
            most = if self.peek() == Some(b'}') { None } else { Some(self.number()?) };
        }
        if self.peek() != Some(b'}') {
            return Err(self.error("expected }"));
        }
        if most.is_some_and(|most| most < least) {
            return Err(self.error("bounds in descending order"));
        }
        Ok((least, most))
    }

    fn number(&mut self) -> Result<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.pattern[start..self.at].parse() {
            Ok(number) if number <= MAX_REPEAT => Ok(number),
            _ => Err(self.error(&format!("expected a number up to {MAX_REPEAT}"))),
        }
    }
}

/// A byte that stands for itself.
pub(super) fn byte(byte: u8) -> Node {
    let mut set = ByteSet::default();
    set.insert(byte);
    Node::Byte(set)
}

/// A character as its bytes.
fn literal(c: char) -> Node {
    Node::Sequence(c.encode_utf8(&mut [0; 4]).bytes().map(byte).collect())
}

/// The bytes of a part that always has the same number of them.
fn bytes_of(node: &Node) -> Option<Vec<ByteSet>> {
    match node {
        Node::Byte(set) => Some(vec![*set]),
        Node::Sequence(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(bytes_of).collect();
            parts.map(|parts| parts.concat())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pattern: &str) -> String {
        parse(pattern).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_pattern() {
        for (pattern, reason) in [
            ("(", "a parenthesis that is not closed at byte 1"),
            ("a)", "a parenthesis that closes none at byte 1"),
            ("[a", "a bracket that is not closed at byte 2"),
            ("*", "nothing to repeat at byte 0"),
            ("a**", "nothing to repeat at byte 2"),
            ("^*", "nothing to repeat"),
            ("a{2,1}", "bounds in descending order"),
            ("a{1001}", "expected a number up to 1000"),
            ("a{", "expected a number"),
            ("[z-a]", "a range in descending order"),
            ("[[:alpha:]]", "a class by its name"),
            ("\\", "a backslash at the end"),
            ("(a)\\1", "a back-reference"),
            ("\\xg0", "expected 2 hexadecimal digits"),
            ("\\ud800", "half a character"),
            ("\\q", "an unknown escape"),
            ("(?=a*)", "a look-ahead that is not for a fixed text"),
            ("(?!)", "a look-ahead that is not for a fixed text"),
            ("(?=a|b)", "a look-ahead that is not for a fixed text"),
            (&"(?:".repeat(65), "more than 64 nested parentheses"),
            (&"()".repeat(33), "more than 32 groups"),
            (&"a".repeat(4097), "it has 4097 bytes; the limit is 4096"),
        ] {
            assert!(refused(pattern).contains(reason), "{}", refused(pattern));
        }
    }
}
