//! Grammars that restrict what is generated.

use crate::error::{Error, Result};
use crate::ffi::sampler::{Candidate, SamplerPtr};
use crate::ffi::text::c_string;
use crate::stack;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use llama_sys::Fault;
use std::collections::HashMap;
use std::ffi::CString;

/// Deepest nesting of parentheses; llama.cpp's parser recurses on them.
const MAX_DEPTH: usize = 256;

/// Longest grammar in bytes.
const MAX_LEN: usize = 4 << 20;

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

/// Longest trigger pattern in bytes; the C++ library's compiler recurses on each term.
const MAX_PATTERN: usize = 512;

/// Deepest nesting of parentheses in a trigger pattern.
const MAX_PATTERN_DEPTH: usize = 16;

/// Most states of a compiled pattern: the limit of the C++ library.
const MAX_STATES: usize = 100_000;

/// A parsed GBNF grammar with its state. Keeps the model alive.
///
/// ```
/// use llama::{Grammar, Sampler};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let grammar = Grammar::new(&model.vocab(), r#"root ::= "yes" | "no""#)?;
/// let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_sampler_init_grammar")]
#[derive(Debug)]
pub struct Grammar {
    ptr: SamplerPtr,
    vocab: Vocab,
    /// A copy in the first state, where a reset by llama.cpp would recurse more than any stack allows.
    first: Option<SamplerPtr>,
    triggers: Triggers,
    /// Bytes that trigger patterns have to be matched against; `None` once the grammar is known to apply.
    watched: Option<usize>,
}

/// What a lazy grammar waits for.
#[derive(Debug, Clone, Default)]
struct Triggers {
    tokens: Vec<Token>,
    room: Option<PatternRoom>,
}

/// Recursion that matching trigger patterns may need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct PatternRoom {
    /// Once per match.
    fixed: usize,
    /// For each byte of text.
    per_byte: usize,
}

impl Grammar {
    /// Parses a grammar whose start symbol is `root`.
    ///
    /// Grammars whose rules begin in too many ways, or with themselves, are refused. Ambiguity further on is not
    /// seen: `root ::= "a" root "b" | "a" root "c" | "d"` doubles llama.cpp's time and memory with each `a`.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar that does not parse; [`Error::TooLong`] beyond a limit.
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn new(vocab: &Vocab, gbnf: &str) -> Result<Self> {
        Self::with_root(vocab, gbnf, "root")
    }

    /// Parses a grammar with another start symbol.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar that does not parse or lacks the symbol.
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn with_root(vocab: &Vocab, gbnf: &str, root: &str) -> Result<Self> {
        let (text, root_text, chain) = prepare(vocab, gbnf, root)?;
        build(vocab, chain, Triggers::default(), || SamplerPtr::grammar(vocab.ptr(), &text, &root_text))
    }

    /// Parses a grammar that only starts to restrict once one of the patterns matches the text generated so far
    /// (from its beginning; the grammar then applies from the first group on) or one of the tokens appears.
    ///
    /// Patterns are ECMAScript regular expressions of up to 512 bytes with up to 16 nested parentheses. They are
    /// matched again after every token by the C++ library, which backtracks: nested repetitions such as `(a*)*b`
    /// may take exponential time, so let no one whom you do not trust write them.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar or pattern that does not parse, or a pattern beyond a limit;
    /// [`Error::TooLong`] for a grammar beyond a limit; [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_sampler_init_grammar_lazy_patterns")]
    pub fn lazy(vocab: &Vocab, gbnf: &str, root: &str, patterns: &[&str], tokens: &[Token]) -> Result<Self> {
        let (text, root_text, chain) = prepare(vocab, gbnf, root)?;
        let pattern_steps = pattern_room(patterns)?;
        let patterns: Vec<CString> =
            patterns.iter().map(|pattern| c_string("trigger pattern", pattern)).collect::<Result<_>>()?;
        for &token in tokens {
            vocab.check(token)?;
        }
        if patterns.is_empty() && tokens.is_empty() {
            return Err(Error::Grammar {
                detail: "a lazy grammar needs a pattern or a token to start at".to_owned(),
            });
        }
        let longest = patterns.iter().map(|pattern| pattern.as_bytes().len()).max().unwrap_or(0);
        let triggers = Triggers { tokens: tokens.to_vec(), room: pattern_steps };
        build(vocab, chain.max(2 * longest), triggers, || {
            SamplerPtr::lazy_grammar(vocab.ptr(), &text, &root_text, &patterns, tokens)
        })
    }

    /// The vocabulary that the grammar was made for.
    #[must_use]
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// A copy with the same state.
    ///
    /// # Errors
    /// When llama.cpp is out of memory.
    #[doc(alias = "llama_sampler_clone")]
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            ptr: self.ptr.duplicate()?,
            vocab: self.vocab.clone(),
            first: self.first.as_ref().map(SamplerPtr::duplicate).transpose()?,
            triggers: self.triggers.clone(),
            watched: self.watched,
        })
    }

    /// Moves behind text that is there already, also for later resets.
    ///
    /// # Errors
    /// [`Error::Grammar`] when the text does not fit.
    #[cfg(feature = "tools")]
    pub(crate) fn skip(&mut self, tokens: &[Token]) -> Result<()> {
        for &token in tokens {
            self.accept(token)?.map_err(|fault| Error::Grammar { detail: fault.message().to_owned() })?;
        }
        if !tokens.is_empty() {
            self.first = Some(self.ptr.duplicate()?);
        }
        Ok(())
    }

    pub(super) fn ptr(&self) -> &SamplerPtr {
        &self.ptr
    }

    pub(super) fn apply(&mut self, candidates: &mut [Candidate]) -> Result<(), Fault> {
        if self.watched.is_none() {
            return self.ptr.apply(candidates, false).map(drop);
        }
        // A grammar that still waits for its trigger bans nothing.
        let before = banned(candidates);
        self.ptr.apply(candidates, false)?;
        if banned(candidates) > before {
            self.watched = None;
        }
        Ok(())
    }

    /// Takes a chosen token. The outer error leaves the grammar unchanged.
    pub(super) fn accept(&mut self, token: Token) -> Result<Result<(), Fault>> {
        let (Some(watched), Some(room)) = (&mut self.watched, self.triggers.room) else {
            return Ok(self.ptr.accept(token));
        };
        if self.triggers.tokens.contains(&token) {
            self.watched = None;
            return Ok(self.ptr.accept(token));
        }
        let bytes = watched.saturating_add(self.vocab.token_to_bytes(token, Special::Parse)?.len());
        let ptr = &mut self.ptr;
        let levels = room.fixed.saturating_add(bytes.saturating_mul(room.per_byte));
        let accepted = stack::with_room(
            "matching the text so far against the patterns of a lazy grammar, in steps",
            levels,
            || ptr.accept(token),
        )?;
        *watched = bytes;
        Ok(accepted)
    }

    pub(super) fn reset(&mut self) -> Result<(), Fault> {
        match self.first.as_ref().map(SamplerPtr::duplicate) {
            Some(Ok(ptr)) => self.ptr = ptr,
            Some(Err(Error::Fault { fault, .. })) => return Err(fault),
            // The other error is a null pointer, which llama.cpp does not return for grammars.
            Some(Err(_)) | None => self.ptr.reset()?,
        }
        self.watched = self.triggers.room.map(|_| 0);
        Ok(())
    }
}

fn banned(candidates: &[Candidate]) -> usize {
    candidates.iter().filter(|candidate| candidate.logit == f32::NEG_INFINITY).count()
}

/// Checks the texts; also returns how deep the constructor recurses.
fn prepare(vocab: &Vocab, gbnf: &str, root: &str) -> Result<(CString, CString, usize)> {
    if vocab.is_empty() {
        return Err(Error::NoVocab);
    }
    if gbnf.trim().is_empty() {
        return Err(invalid("it is empty"));
    }
    if gbnf.len() > MAX_LEN {
        return Err(Error::TooLong { what: "grammar in bytes", len: gbnf.len(), max: MAX_LEN });
    }
    let (text, root_text) = (c_string("grammar", gbnf)?, c_string("grammar root", root)?);
    if !defines(gbnf, root) {
        return Err(Error::Grammar { detail: format!("it defines no \"{root}\" rule to start at") });
    }
    // Parsers, this one and llama.cpp's, recurse for parentheses; a level takes more room than a character.
    let nested = 4 * gbnf.bytes().filter(|&c| c == b'(').take(MAX_DEPTH + 1).count();
    let chain = stack::with_room("nesting of parentheses in the grammar", nested, || {
        Outline::parse(gbnf)?.longest_chain()
    })??;
    Ok((text, root_text, chain.max(nested)))
}

fn invalid(detail: &str) -> Error {
    Error::Grammar { detail: detail.to_owned() }
}

/// Runs the constructor, which recurses `levels` deep, where there is room for it.
fn build(
    vocab: &Vocab,
    levels: usize,
    triggers: Triggers,
    constructor: impl FnOnce() -> Result<Option<SamplerPtr>, Fault> + Send,
) -> Result<Grammar> {
    // The log's detail belongs to the thread that llama.cpp ran on.
    let (made, detail) = stack::with_room("chain of rules in the grammar", levels, || {
        crate::log::clear_detail();
        let made = constructor();
        (made, crate::log::take_detail())
    })?;
    let detail = match made {
        Ok(Some(ptr)) => {
            let first = stack::is_deep(levels).then(|| ptr.duplicate()).transpose()?;
            let watched = triggers.room.map(|_| 0);
            return Ok(Grammar { ptr, vocab: vocab.clone(), first, triggers, watched });
        }
        Ok(None) => detail,
        Err(fault) => fault.message().to_owned(),
    };
    Err(invalid(if detail.is_empty() { "it does not parse" } else { &detail }))
}

/// Checks trigger patterns and tells how deep matching them may recurse.
///
/// The C++ library recurses once per state that a match passes, about two for each byte of a pattern. Counted
/// repetitions multiply states; a repeated group may pass all of its states for each byte of text.
fn pattern_room(patterns: &[&str]) -> Result<Option<PatternRoom>> {
    let mut room: Option<PatternRoom> = None;
    for pattern in patterns {
        if pattern.len() > MAX_PATTERN {
            return Err(Error::Grammar {
                detail: format!("a trigger pattern of {} bytes; the limit is {MAX_PATTERN}", pattern.len()),
            });
        }
        let (mut depth, mut deepest, mut states, mut loops) = (0_usize, 0, pattern.len(), false);
        let (mut bracket, mut repeats) = (false, false);
        let mut chars = pattern.char_indices();
        while let Some((at, c)) = chars.next() {
            let rest = &pattern[at + c.len_utf8()..];
            match c {
                '\\' => drop(chars.next()),
                '*' | '+' | '?' if !bracket => repeats = true,
                '[' => bracket = true,
                ']' => bracket = false,
                '(' if !bracket => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                ')' => {
                    depth = depth.saturating_sub(usize::from(!bracket));
                    loops |= rest.starts_with(['*', '+', '{']);
                }
                '{' => {
                    repeats = true;
                    let counts = rest.split('}').next().unwrap_or(rest).split(',');
                    let most = counts.filter_map(|n| n.parse().ok()).max().unwrap_or(1_usize);
                    states = states.saturating_mul(most.max(1)).min(MAX_STATES);
                }
                _ => {}
            }
        }
        if deepest > MAX_PATTERN_DEPTH {
            return Err(Error::Grammar {
                detail: format!(
                    "a trigger pattern with {deepest} nested parentheses; the limit is {MAX_PATTERN_DEPTH}"
                ),
            });
        }
        let per_byte = if loops { states + 1 } else { usize::from(repeats) };
        let room = room.get_or_insert_default();
        room.fixed = room.fixed.max(states);
        room.per_byte = room.per_byte.max(per_byte);
    }
    Ok(room)
}

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
struct Outline<'a> {
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
    fn parse(gbnf: &'a str) -> Result<Self> {
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
    fn longest_chain(&self) -> Result<usize> {
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
            return Err(invalid("left recursion: a rule begins with itself"));
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

/// True when some line defines the rule.
fn defines(gbnf: &str, rule: &str) -> bool {
    gbnf.split("::=").any(|before| before.trim_end().rsplit(|c: char| c.is_whitespace()).next() == Some(rule))
        && !rule.is_empty()
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

    #[test]
    fn room_for_patterns() {
        let room = |pattern: &str| pattern_room(&[pattern]).map(|room| room.map(|r| (r.fixed, r.per_byte)));
        assert_eq!(pattern_room(&[]), Ok(None));
        assert_eq!(room("[a]*?(<go>)[b]*"), Ok(Some((15, 1))));
        assert_eq!(room("(()()x)*"), Ok(Some((8, 9))));
        assert_eq!(room("(a?){1,50}"), Ok(Some((500, 501))));
        assert_eq!(room("((a?){1000}){1000}"), Ok(Some((MAX_STATES, MAX_STATES + 1))));
        assert!(matches!(room(&"a".repeat(513)), Err(Error::Grammar { .. })));
        assert!(matches!(room(&"(".repeat(17)), Err(Error::Grammar { .. })));
        assert!(matches!(room(&"([)é]".repeat(17)), Err(Error::Grammar { .. })));
        assert!(room(&"[(]\\(".repeat(17)).is_ok());
    }

    #[test]
    fn the_root_must_be_defined() {
        assert!(defines("root ::= a\na ::= \"x\"", "root"));
        assert!(defines("a ::= \"x\"\n  root::= a", "root"));
        assert!(!defines("myroot ::= a", "root"));
        assert!(!defines("", ""));
    }
}
