//! What a lazy grammar waits for.

mod bytes;
mod escape;
mod matcher;
mod program;
mod syntax;
mod text;

use crate::error::{Error, Result};
use crate::token::Token;
use matcher::{Matcher, Scratch, TooMany};
use program::Program;
use std::sync::Arc;
pub(super) use text::Pieces;
use text::Text;

/// Most patterns of a grammar.
const MAX_PATTERNS: usize = 64;

/// Waits for one of some tokens, or for a text in which one of some patterns is found.
#[derive(Debug, Clone)]
pub(super) struct Trigger {
    patterns: Arc<[Program]>,
    tokens: Arc<[Token]>,
    marks: Option<Marks>,
    /// The state in front of all text.
    first: State,
    now: State,
    scratch: Scratch,
}

/// What thoughts begin and end with. Nothing between is a trigger.
#[derive(Debug, Clone)]
struct Marks {
    begin: Arc<[Program]>,
    ends: Arc<[Program]>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// One for each pattern.
    matchers: Vec<Matcher>,
    /// All text but the thoughts.
    text: Text,
    /// Look for the next mark.
    marks: Vec<Matcher>,
    /// The thought that has begun.
    thought: Option<Text>,
}

impl Trigger {
    pub(super) fn new(patterns: &[&str], tokens: &[Token]) -> Result<Self> {
        if patterns.is_empty() && tokens.is_empty() {
            let detail = "a lazy grammar needs a pattern or a token to start at".to_owned();
            return Err(Error::Grammar { detail });
        }
        if patterns.len() > MAX_PATTERNS {
            let what = "list of trigger patterns";
            return Err(Error::TooLong { what, len: patterns.len(), max: MAX_PATTERNS });
        }
        let mut programs = Vec::new();
        for pattern in patterns {
            programs.extend(Program::of_pattern(pattern)?);
        }
        let first = State { matchers: vec![Matcher::default(); programs.len()], ..State::default() };
        Ok(Self {
            patterns: programs.into(),
            tokens: tokens.into(),
            marks: None,
            now: first.clone(),
            first,
            scratch: Scratch::default(),
        })
    }

    /// Sleeps in thoughts, which begin with one text and end with one of others. `before` is what the prompt says
    /// of the answer already.
    #[cfg(feature = "tools")]
    pub(super) fn ignore_thoughts(&mut self, begin: &str, ends: &[String], before: &str) -> Result<()> {
        let ended: Vec<Program> = ends.iter().map(|end| Program::of_text(end)).collect::<Result<_>>()?;
        let marks = Marks { begin: Arc::new([Program::of_text(begin)?]), ends: ended.into() };
        let open = before
            .rsplit_once(begin)
            .is_some_and(|(_, thought)| !ends.iter().any(|end| thought.contains(end)));
        self.first.thought = open.then(Text::default);
        self.first.marks = marks.matchers(open);
        self.marks = Some(marks);
        self.reset();
        Ok(())
    }

    /// Forgets all text.
    pub(super) fn reset(&mut self) {
        self.now.clone_from(&self.first);
    }

    /// Reads one more token. Where that is a trigger it gives the text from where the trigger begins; then, and
    /// after an error, the state is as it was.
    pub(super) fn read(&mut self, token: Token, text: &[u8]) -> Result<Option<Pieces>> {
        let known = self.now.text.len();
        let read = self.read_more(token, text);
        if !matches!(read, Ok(None)) {
            self.now.text.truncate(known);
        }
        read
    }

    fn read_more(&mut self, token: Token, text: &[u8]) -> Result<Option<Pieces>> {
        let State { matchers, text: known, marks, thought } = &mut self.now;
        let (mut new_matchers, mut new_marks) = (matchers.clone(), marks.clone());
        let thinking = thought.is_some();
        let watched = self.marks.as_ref().map(|marks| if thinking { &marks.ends } else { &marks.begin });
        let mark = match watched {
            Some(programs) => find(programs, &mut new_marks, text, &mut self.scratch)?.into_iter().min(),
            None => None,
        };
        let pieces = match (thought.as_mut(), mark) {
            (Some(thought), None) => {
                thought.push(token, text);
                Vec::new()
            }
            // What ends a thought may be a trigger.
            (Some(thought), Some(start)) => {
                thought.push(token, text);
                let pieces = thought.since(start);
                thought.truncate(thought.len() - 1);
                pieces
            }
            (None, _) => vec![(token, text.to_vec())],
        };
        for (at, (token, piece)) in pieces.iter().enumerate() {
            let since = if self.tokens.contains(token) {
                Some(vec![(*token, piece.clone())])
            } else {
                known.push(*token, piece);
                let found = find(&self.patterns, &mut new_matchers, piece, &mut self.scratch)?;
                // The first pattern counts, not the first place.
                found.first().map(|&start| known.since(start))
            };
            if let Some(mut since) = since {
                since.extend_from_slice(&pieces[at + 1..]);
                return Ok(Some(since));
            }
        }
        *matchers = new_matchers;
        if let (Some(marks), Some(_)) = (&self.marks, mark) {
            *thought = (!thinking).then(Text::default);
            new_marks = marks.matchers(!thinking);
        }
        *marks = new_marks;
        Ok(None)
    }
}

impl Marks {
    /// Look for the next mark.
    fn matchers(&self, thinking: bool) -> Vec<Matcher> {
        let marks = if thinking { &self.ends } else { &self.begin };
        vec![Matcher::default(); marks.len()]
    }
}

/// Reads more text. Returns where the programs that match begin to.
fn find(
    programs: &[Program],
    matchers: &mut [Matcher],
    text: &[u8],
    scratch: &mut Scratch,
) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for (matcher, program) in matchers.iter_mut().zip(programs) {
        let start = matcher.read(program, text, scratch).map_err(|TooMany| Error::Grammar {
            detail: "a trigger pattern has too many look-aheads at once".to_owned(),
        })?;
        found.extend(start);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Token = Token(7);

    /// Reads tokens by their text. Returns the text from the trigger on, and how many tokens were read.
    fn read(trigger: &mut Trigger, tokens: &[&str]) -> Option<(String, usize)> {
        for (at, text) in tokens.iter().enumerate() {
            let token = if *text == "<call>" { CALL } else { Token(0) };
            let pieces = trigger.read(token, text.as_bytes()).unwrap();
            // What is a trigger has not been read, so it is one again.
            assert_eq!(pieces.is_some(), trigger.clone().read(token, text.as_bytes()).unwrap().is_some());
            if let Some(pieces) = pieces {
                let text = pieces.into_iter().flat_map(|(_, text)| text).collect();
                return Some((String::from_utf8(text).unwrap(), at + 1));
            }
        }
        None
    }

    #[test]
    fn the_first_pattern_counts() {
        let mut trigger = Trigger::new(&["c(d)", "(b)c"], &[CALL]).unwrap();
        let found = |text: &str, at| Some((text.to_owned(), at));
        assert_eq!(read(&mut trigger, &["a", "bcd"]), found("d", 2));
        assert_eq!(read(&mut trigger, &["b", "c", "d"]), found("bc", 2), "one token earlier");
        trigger.reset();
        assert_eq!(read(&mut trigger, &["b", "<call>"]), found("<call>", 2));
        assert_eq!(read(&mut trigger, &["d", "c", "d"]), found("d", 3));
    }

    #[cfg(feature = "tools")]
    #[test]
    fn thoughts_are_passed_over() {
        let ends = ["</think>".to_owned(), "<call>".to_owned()];
        let found = |text: &str, at| Some((text.to_owned(), at));
        let mut trigger = Trigger::new(&["^\\s*(go)", "</think>(x)"], &[CALL]).unwrap();
        trigger.ignore_thoughts("<think>", &ends, "<think></think>").unwrap();
        assert_eq!(read(&mut trigger, &["  ", "go"]), found("go", 2), "the thought of the prompt is over");
        trigger.reset();
        assert_eq!(
            read(&mut trigger, &["<th", "ink>", "go", "<thi", "nk> <", "/think", ">", "go", "x"]),
            None
        );
        trigger.reset();
        assert_eq!(read(&mut trigger, &["<think>", "a<", "/thi", "nk>x"]), found("x", 4));
        assert_eq!(read(&mut trigger, &["b", "<call>"]), found("<call>", 2), "an end may be a trigger");
        assert_eq!(read(&mut trigger, &["</think>", "<think>", "go"]), None, "the next one");

        trigger.ignore_thoughts("<think>", &ends, "x</think><think>\n").unwrap();
        for _ in 0..2 {
            assert_eq!(read(&mut trigger, &[" ", "go", "</think>", "g"]), None);
            trigger.reset();
        }
    }
}
