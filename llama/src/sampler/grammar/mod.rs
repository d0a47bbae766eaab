//! Grammars that restrict what is generated.

mod chars;
mod gbnf;
#[cfg(feature = "llguidance")]
pub(crate) mod guided;
mod network;
mod own;
mod recognizer;
mod stacks;
pub(crate) mod trie;
mod trigger;

use crate::error::{Error, Result};
use crate::ffi::sampler::Candidate;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use gbnf::Tokens;
use own::Own;
use recognizer::Recognizer;
use trigger::Trigger;

/// A grammar with its state: which tokens may follow on those chosen so far. Keeps the model alive.
///
/// Grammars are written in GBNF, llama.cpp's notation. A text that a grammar lets through is valid UTF-8 and can
/// always be completed: ways that would go on without end, and characters that are none, are not entered. A
/// control token, which has no text, never stands for the characters of its name.
///
/// ```
/// use llama::{Grammar, Sampler, Token};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let vocab = model.vocab();
/// let grammar = Grammar::new(&vocab, r#"root ::= "yes" | "no""#)?;
/// let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
/// let mut text = String::new();
/// while !sampler.grammar().is_some_and(Grammar::is_finished) {
///     let token = sampler.sample(&vec![0.0; vocab.len()])?;
///     text += &vocab.detokenize(&[token], llama::Special::AsText)?;
/// }
/// assert!(text == "yes" || text == "no");
/// # Ok::<(), llama::Error>(())
/// ```
///
/// # Work
/// The engine is this crate's own. Rules may begin with themselves, and ambiguity costs little: what llama.cpp keeps
/// as a list of stacks, which may double with each character, is one graph here. A grammar that is hostile
/// nevertheless ends in [`Error::Grammar`] while sampling, not in a process without memory.
#[doc(alias = "llama_sampler_init_grammar")]
#[derive(Debug)]
pub struct Grammar {
    engine: Engine,
    vocab: Vocab,
}

#[derive(Debug)]
enum Engine {
    Own(Box<Own>),
    #[cfg(feature = "llguidance")]
    Guided(Box<guided::Guided>),
}

struct VocabTokens<'v>(&'v Vocab);

impl Tokens for VocabTokens<'_> {
    fn by_text(&self, text: &str) -> Result<Token> {
        match self.0.tokenize_fragment(text, Special::Parse)?[..] {
            [token] => Ok(token),
            ref tokens => Err(Error::Grammar {
                detail: format!("{text} is not one token of this vocabulary but {}", tokens.len()),
            }),
        }
    }

    fn by_number(&self, number: u64) -> Result<Token> {
        let token = Token(i32::try_from(number).unwrap_or(i32::MAX));
        self.0.check(token).map(|_| token)
    }
}

impl Grammar {
    /// Parses a grammar whose start symbol is `root`.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar that does not parse or describes no text; [`Error::TooLong`] beyond 4 MiB,
    /// 256 nested parentheses, or a million states with its repetitions written out; [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn new(vocab: &Vocab, gbnf: &str) -> Result<Self> {
        Self::with_root(vocab, gbnf, "root")
    }

    /// Parses a grammar with another start symbol.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Grammar`] for a grammar that lacks the symbol.
    #[doc(alias = "llama_sampler_init_grammar")]
    pub fn with_root(vocab: &Vocab, gbnf: &str, root: &str) -> Result<Self> {
        let recognizer = parse(vocab, gbnf, root)?;
        Ok(Self { engine: Engine::Own(Box::new(Own::new(recognizer, None))), vocab: vocab.clone() })
    }

    /// Parses a grammar that only starts to restrict once one of the tokens appears, or one of the patterns is found
    /// in the text generated so far.
    ///
    /// The grammar describes the text from there on: from the token, or from the first group of the pattern that is
    /// not empty, or without one from where the match begins. Patterns are tried in their order after each token. The
    /// tokens may be control tokens: they stand for their names in this grammar, and control tokens do so in the text
    /// that patterns are matched with.
    ///
    /// Patterns are ECMAScript regular expressions. They read bytes, so a class or a repetition takes a character
    /// beyond ASCII apart; `^` and `$` are the ends of the whole text so far; look-aheads may be for fixed texts, as
    /// in `(?!all)`; there are no back-references. Matching looks at each byte of the text once, whatever the pattern.
    ///
    /// ```
    /// use llama::{Grammar, Sampler, Special};
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// let vocab = model.vocab();
    /// let gbnf = r#"root ::= "<go>" [0-9]"#;
    /// let grammar = Grammar::lazy(&vocab, gbnf, "root", &["<go>"], &[])?;
    /// let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
    /// for token in vocab.tokenize("Well, <go>", Special::AsText)? {
    ///     // What a model would say.
    ///     let mut logits = vec![0.0; vocab.len()];
    ///     logits[token.0 as usize] = 1.0;
    ///     sampler.sample(&logits)?;
    /// }
    /// let next = sampler.sample(&vec![0.0; vocab.len()])?;
    /// assert!(vocab.detokenize(&[next], Special::AsText)?.bytes().all(|c| c.is_ascii_digit()));
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`with_root`](Self::with_root); [`Error::Grammar`] for a pattern that does not parse or has more than 4096
    /// bytes or steps, 32 groups, 64 nested parentheses or 64 bytes of look-aheads, and where there is neither pattern
    /// nor token; [`Error::TooLong`] for more than 64 patterns. While sampling, [`Error::Grammar`] for a trigger that the grammar
    /// does not begin with.
    #[doc(alias = "llama_sampler_init_grammar_lazy_patterns")]
    pub fn lazy(vocab: &Vocab, gbnf: &str, root: &str, patterns: &[&str], tokens: &[Token]) -> Result<Self> {
        let recognizer = parse(vocab, gbnf, root)?;
        let trigger = Trigger::new(patterns, tokens)?;
        tokens.iter().try_for_each(|&token| vocab.check(token).map(drop))?;
        let engine = Engine::Own(Box::new(Own::new(recognizer, Some(trigger))));
        let mut this = Self { engine, vocab: vocab.clone() };
        this.spell(tokens)?;
        Ok(this)
    }

    /// The vocabulary that the grammar was made for.
    #[must_use]
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// True when the text is complete and nothing may follow but its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.engine {
            Engine::Own(own) => own.is_finished(),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.is_finished(),
        }
    }

    /// True when the text may end here. `None` while a lazy grammar waits: it does not say.
    #[must_use]
    pub fn may_end(&self) -> Option<bool> {
        match &self.engine {
            Engine::Own(own) => own.may_end(),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => Some(guided.may_end()),
        }
    }

    /// True for a grammar that describes a part of the text only.
    pub(crate) fn is_lazy(&self) -> bool {
        match &self.engine {
            Engine::Own(own) => own.is_lazy(),
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => false,
        }
    }

    /// A copy with the same state.
    ///
    /// # Errors
    /// Never at present.
    #[doc(alias = "llama_sampler_clone")]
    pub fn try_clone(&self) -> Result<Self> {
        let engine = match &self.engine {
            Engine::Own(own) => Engine::Own(own.clone()),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => Engine::Guided(Box::new(guided.deep_clone())),
        };
        Ok(Self { engine, vocab: self.vocab.clone() })
    }

    /// Lets the text of control tokens stand for them, for formats that are written with such tokens. For grammars
    /// of this crate's own engine.
    pub(crate) fn spell(&mut self, tokens: &[Token]) -> Result<()> {
        let text = |&token: &Token| Ok((token, self.vocab.token_to_bytes(token, Special::Parse)?));
        let texts = tokens.iter().map(text).collect::<Result<_>>()?;
        match &mut self.engine {
            Engine::Own(own) => own.spell_as(texts),
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => {}
        }
        Ok(())
    }

    /// Moves behind text that is there already, also for later resets. For grammars of this crate's own engine.
    ///
    /// # Errors
    /// [`Error::Grammar`] when the text does not fit.
    #[cfg(feature = "tools")]
    pub(crate) fn skip(&mut self, text: &str) -> Result<()> {
        match &mut self.engine {
            Engine::Own(own) => own.skip(text.as_bytes()),
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => Ok(()),
        }
    }

    /// Lets a lazy grammar sleep in thoughts. `before` is what the prompt says of the answer already.
    #[cfg(feature = "tools")]
    pub(crate) fn ignore_thoughts(&mut self, begin: &str, ends: &[String], before: &str) -> Result<()> {
        match &mut self.engine {
            Engine::Own(own) => own.ignore_thoughts(begin, ends, before),
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => Ok(()),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self.engine {
            Engine::Own(_) => "grammar",
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => "llguidance",
        }
    }

    /// True when single tokens can be looked at for less than all of them together.
    pub(super) fn is_selective(&self) -> bool {
        match &self.engine {
            // A grammar that waits allows all tokens at no cost.
            Engine::Own(own) => !own.waits(),
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => true,
        }
    }

    /// Whether one token may follow.
    pub(super) fn allows(&mut self, token: Token) -> Result<bool> {
        let trie = trie::of_model(self.vocab.model())?;
        match &mut self.engine {
            Engine::Own(own) => own.allows(trie, token),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.allows(trie, token),
        }
    }

    /// Removes candidates that may not follow.
    pub(super) fn filter(&mut self, candidates: &mut Vec<Candidate>) -> Result<()> {
        let trie = trie::of_model(self.vocab.model())?;
        let allowed = match &mut self.engine {
            Engine::Own(own) if own.waits() => return Ok(()),
            Engine::Own(own) => own.allowed(trie)?,
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.allowed(trie)?,
        };
        candidates.retain(|candidate| is_set(&allowed, Token(candidate.id)));
        Ok(())
    }

    /// Takes a chosen token. An error leaves the grammar unchanged.
    pub(super) fn accept(&mut self, token: Token) -> Result<()> {
        let trie = trie::of_model(self.vocab.model())?;
        match &mut self.engine {
            Engine::Own(own) => own.accept(trie, &self.vocab, token),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.accept(trie, token),
        }
    }

    pub(super) fn reset(&mut self) {
        match &mut self.engine {
            Engine::Own(own) => own.reset(),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.reset(),
        }
    }
}

fn parse(vocab: &Vocab, gbnf: &str, root: &str) -> Result<Recognizer> {
    if vocab.is_empty() {
        return Err(Error::NoVocab);
    }
    let (net, start) = gbnf::parse(gbnf, root, &VocabTokens(vocab))?;
    trie::of_model(vocab.model())?;
    Recognizer::new(net, start)
}

fn is_set(bits: &[u64], token: Token) -> bool {
    token.index().and_then(|index| bits.get(index / 64).map(|word| word >> (index % 64) & 1)) == Some(1)
}

#[cfg(all(test, feature = "tools"))]
mod tests {
    use super::*;
    use crate::model::Model;
    use std::path::Path;

    #[test]
    fn control_tokens_stand_for_their_text_where_a_format_says_so() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/model/llama-tiny-chat.gguf");
        let model = Model::load(path).unwrap();
        let vocab = model.vocab();
        let [mark] = vocab.tokenize_fragment("<|im_start|>", Special::Parse).unwrap()[..] else { panic!() };
        let [a] = vocab.tokenize_fragment("a", Special::AsText).unwrap()[..] else { panic!() };
        let mut grammar = Grammar::new(&vocab, r#"root ::= "Well" "<|im_start|>" "a""#).unwrap();
        grammar.skip("Well").unwrap();
        assert_eq!(grammar.allows(mark), Ok(false));
        grammar.spell(&[mark]).unwrap();
        let mut candidates: Vec<Candidate> =
            [mark, a].map(|token| Candidate { id: token.0, logit: 0.0, p: 0.0 }).to_vec();
        grammar.filter(&mut candidates).unwrap();
        assert_eq!(candidates.iter().map(|candidate| candidate.id).collect::<Vec<_>>(), [mark.0]);
        for _ in 0..2 {
            grammar.accept(mark).unwrap();
            assert_eq!((grammar.allows(mark), grammar.allows(a)), (Ok(false), Ok(true)));
            grammar.accept(a).unwrap();
            assert!(grammar.is_finished());
            grammar.reset();
            assert_eq!(
                (grammar.may_end(), grammar.allows(mark)),
                (Some(false), Ok(true)),
                "behind the text skipped"
            );
        }
        assert!(matches!(grammar.skip("x"), Err(Error::Grammar { .. })));
        assert_eq!(grammar.allows(mark), Ok(true), "and nothing has changed");
    }
}
