//! Grammars that restrict what is generated.

mod chars;
mod gbnf;
#[cfg(feature = "llguidance")]
pub(crate) mod guided;
mod lazy;
mod network;
mod outline;
mod pattern;
mod recognizer;
mod stacks;
pub(crate) mod trie;

use super::link::Failure;
use crate::error::{Error, Result};
use crate::ffi::sampler::Candidate;
use crate::token::Token;
use crate::vocab::{Special, Vocab};
use gbnf::Tokens;
use lazy::Lazy;
use llama_sys::Fault;
use recognizer::Recognizer;

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
/// # Engines
/// [`new`](Self::new) uses an engine of this crate's own. Rules may begin with themselves, and ambiguity costs
/// little: what llama.cpp keeps as a list of stacks, which may double with each character, is one graph here. A
/// grammar that is hostile nevertheless ends in [`Error::Grammar`] while sampling, not in a process without memory.
/// [`lazy`](Self::lazy) uses llama.cpp's engine, which is not bounded in this way.
#[doc(alias = "llama_sampler_init_grammar")]
#[derive(Debug)]
pub struct Grammar {
    engine: Engine,
    vocab: Vocab,
}

#[derive(Debug)]
enum Engine {
    Own(Box<Own>),
    Lazy(Lazy),
    #[cfg(feature = "llguidance")]
    Guided(Box<guided::Guided>),
}

/// This crate's own engine.
#[derive(Debug, Clone)]
struct Own {
    now: Recognizer,
    first: Recognizer,
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
        if vocab.is_empty() {
            return Err(Error::NoVocab);
        }
        let (net, start) = gbnf::parse(gbnf, root, &VocabTokens(vocab))?;
        trie::of_model(vocab.model())?;
        let first = Recognizer::new(net, start)?;
        Ok(Self { engine: Engine::Own(Box::new(Own { now: first.clone(), first })), vocab: vocab.clone() })
    }

    /// Parses a grammar that only starts to restrict once one of the patterns matches the text generated so far
    /// (from its beginning; the grammar then applies from the first group on) or one of the tokens appears.
    ///
    /// Patterns are ECMAScript regular expressions of up to 512 bytes with up to 16 nested parentheses. They are
    /// matched again after every token by the C++ library, which backtracks: nested repetitions such as `(a*)*b`
    /// may take exponential time, so let no one whom you do not trust write them. The same holds for the grammar,
    /// which llama.cpp reads here: rules that begin with themselves or in too many ways are refused, but
    /// ambiguity further on is not seen: `root ::= "a" root "b" | "a" root "c" | "d"` doubles its time and memory
    /// with each `a`.
    ///
    /// # Errors
    /// [`Error::Grammar`] for a grammar or pattern that does not parse, or a pattern beyond a limit;
    /// [`Error::TooLong`] for a grammar beyond a limit; [`Error::TokenOutOfRange`].
    #[doc(alias = "llama_sampler_init_grammar_lazy_patterns")]
    pub fn lazy(vocab: &Vocab, gbnf: &str, root: &str, patterns: &[&str], tokens: &[Token]) -> Result<Self> {
        let lazy = Lazy::new(vocab, gbnf, root, patterns, tokens)?;
        Ok(Self { engine: Engine::Lazy(lazy), vocab: vocab.clone() })
    }

    /// The vocabulary that the grammar was made for.
    #[must_use]
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// True when the text is complete and nothing may follow but its end. A lazy grammar never says so.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.engine {
            Engine::Own(own) => own.now.must_end(),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.is_finished(),
            Engine::Lazy(_) => false,
        }
    }

    /// True when the text may end here. `None` for a lazy grammar, which does not say.
    #[must_use]
    pub fn may_end(&self) -> Option<bool> {
        match &self.engine {
            Engine::Own(own) => Some(own.now.may_end()),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => Some(guided.may_end()),
            Engine::Lazy(_) => None,
        }
    }

    /// A copy with the same state.
    ///
    /// # Errors
    /// When llama.cpp is out of memory.
    #[doc(alias = "llama_sampler_clone")]
    pub fn try_clone(&self) -> Result<Self> {
        let engine = match &self.engine {
            Engine::Own(own) => Engine::Own(own.clone()),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => Engine::Guided(Box::new(guided.deep_clone())),
            Engine::Lazy(lazy) => Engine::Lazy(lazy.try_clone()?),
        };
        Ok(Self { engine, vocab: self.vocab.clone() })
    }

    /// Lets the text of control tokens stand for them, for formats that are written with such tokens. For grammars
    /// of this crate's own engine.
    #[cfg(feature = "tools")]
    pub(crate) fn spell(&mut self, tokens: &[Token]) -> Result<()> {
        if let Engine::Own(own) = &mut self.engine {
            let text = |&token: &Token| Ok((token, self.vocab.token_to_bytes(token, Special::Parse)?));
            own.now.spell_as(tokens.iter().map(text).collect::<Result<_>>()?);
            own.first = own.now.clone();
        }
        Ok(())
    }

    /// Moves behind text that is there already, also for later resets. For grammars of this crate's own engine.
    ///
    /// # Errors
    /// [`Error::Grammar`] when the text does not fit.
    #[cfg(feature = "tools")]
    pub(crate) fn skip(&mut self, text: &str) -> Result<()> {
        if let Engine::Own(own) = &mut self.engine {
            own.now.skip(text.as_bytes())?;
            own.first = own.now.clone();
        }
        Ok(())
    }

    pub(super) fn name(&self) -> &'static str {
        match self.engine {
            Engine::Own(_) | Engine::Lazy(_) => "grammar",
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => "llguidance",
        }
    }

    /// True when single tokens can be looked at for less than all of them together.
    pub(super) fn is_selective(&self) -> bool {
        match self.engine {
            Engine::Own(_) => true,
            #[cfg(feature = "llguidance")]
            Engine::Guided(_) => true,
            Engine::Lazy(_) => false,
        }
    }

    /// Whether one token may follow.
    pub(super) fn allows(&mut self, token: Token) -> Result<bool> {
        match &mut self.engine {
            Engine::Own(own) => own.now.allows(trie::of_model(self.vocab.model())?, token),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.allows(trie::of_model(self.vocab.model())?, token),
            Engine::Lazy(_) => Ok(true),
        }
    }

    /// Removes candidates that may not follow.
    pub(super) fn filter(&mut self, candidates: &mut Vec<Candidate>) -> Result<(), Failure> {
        match &mut self.engine {
            Engine::Own(own) => {
                let trie = trie::of_model(self.vocab.model()).map_err(Failure::Error)?;
                let allowed = own.now.allowed(trie).map_err(Failure::Error)?;
                candidates.retain(|candidate| is_set(&allowed, Token(candidate.id)));
            }
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => {
                let trie = trie::of_model(self.vocab.model()).map_err(Failure::Error)?;
                let allowed = guided.allowed(trie).map_err(Failure::Error)?;
                candidates.retain(|candidate| is_set(&allowed, Token(candidate.id)));
            }
            Engine::Lazy(lazy) => {
                lazy.apply(candidates)?;
                candidates.retain(|candidate| candidate.logit != f32::NEG_INFINITY);
            }
        }
        Ok(())
    }

    /// Takes a chosen token. An error that is no fault leaves the grammar unchanged.
    pub(super) fn accept(&mut self, token: Token) -> Result<(), Failure> {
        match &mut self.engine {
            Engine::Own(own) => {
                let trie = trie::of_model(self.vocab.model()).map_err(Failure::Error)?;
                own.now.accept(trie, token).map_err(Failure::Error)
            }
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => {
                let trie = trie::of_model(self.vocab.model()).map_err(Failure::Error)?;
                guided.accept(trie, token).map_err(Failure::Error)
            }
            Engine::Lazy(lazy) => lazy.accept(&self.vocab, token),
        }
    }

    pub(super) fn reset(&mut self) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Own(own) => own.now.clone_from(&own.first),
            #[cfg(feature = "llguidance")]
            Engine::Guided(guided) => guided.reset(),
            Engine::Lazy(lazy) => lazy.reset()?,
        }
        Ok(())
    }
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
            grammar.reset().unwrap();
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
