//! The engine for grammars: what it allows, compared with a recogniser of its own kind and with llama.cpp.

use crate::common::{cases, model, noise};
use crate::gbnf::{Generator, Rules};
use llama::sys::guarded;
use llama::{Candidates, CustomSampler, Error, Grammar, Sampler, Special, Token, Vocab};
use llama_test_kit::Rng;
use std::collections::BTreeSet;
use std::ffi::CString;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Samples from noise until the grammar ends the text; the text, and whether it ended.
fn run(grammar: Grammar, seed: u64, max: usize) -> Result<(String, bool), Error> {
    let vocab = grammar.vocab().clone();
    let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
    let mut rng = Rng::new(seed);
    let mut bytes = Vec::new();
    for step in 0..max {
        if sampler.grammar().is_some_and(Grammar::is_finished) {
            return Ok((String::from_utf8(bytes).unwrap(), true));
        }
        let token = sampler.sample(&noise(&vocab, &mut rng, step))?;
        if vocab.is_eog(token)? {
            return Ok((String::from_utf8(bytes).unwrap(), true));
        }
        bytes.extend(vocab.token_to_bytes(token, Special::AsText)?);
    }
    Ok((String::from_utf8_lossy(&bytes).into_owned(), false))
}

#[test]
fn random_grammars_give_their_own_texts() {
    let vocab = model().vocab();
    let mut ended = 0;
    let total = cases(1_000);
    for seed in 0..total {
        let rules = Rules::random(&mut Generator::new(seed));
        let gbnf = rules.to_string();
        let grammar = Grammar::new(&vocab, &gbnf).unwrap_or_else(|error| panic!("{seed}: {error}\n{gbnf}"));
        let (text, complete) = run(grammar, seed, 40).unwrap_or_else(|e| panic!("{seed}: {e}\n{gbnf}"));
        if complete {
            ended += 1;
            assert!(rules.describe(&text), "{seed}: {text:?} is no text of\n{gbnf}");
        }
    }
    assert!(ended > total / 2, "{ended} of {total}");
}

/// Remembers which tokens it was shown.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<BTreeSet<i32>>>);

impl Recorder {
    pub(crate) fn seen(&self) -> BTreeSet<i32> {
        self.0.lock().unwrap().clone()
    }
}

impl CustomSampler for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }
    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        *self.0.lock().unwrap() = candidates.iter().map(|(token, _)| token.0).collect();
    }
    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

/// llama.cpp's own sampler for a grammar.
pub(crate) struct Reference(*mut llama::sys::llama_sampler);

impl Reference {
    fn new(vocab: &Vocab, gbnf: &str) -> Self {
        let (gbnf, root) = (CString::new(gbnf).unwrap(), CString::new("root").unwrap());
        let raw = Self::vocab(vocab);
        // SAFETY: the vocabulary lives as long as its model; both texts are terminated.
        let ptr = unsafe { guarded::llama_sampler_init_grammar(raw, gbnf.as_ptr(), root.as_ptr()) }.unwrap();
        assert!(!ptr.is_null(), "llama.cpp refuses it");
        Self(ptr)
    }

    /// One that waits; `None` where llama.cpp refuses a pattern.
    pub(crate) fn lazy(vocab: &Vocab, gbnf: &str, patterns: &[&str], tokens: &[Token]) -> Option<Self> {
        let (gbnf, root) = (CString::new(gbnf).unwrap(), CString::new("root").unwrap());
        let raw = Self::vocab(vocab);
        let patterns: Vec<CString> = patterns.iter().map(|text| CString::new(*text).unwrap()).collect();
        let mut patterns: Vec<_> = patterns.iter().map(|text| text.as_ptr()).collect();
        let tokens: Vec<i32> = tokens.iter().map(|token| token.0).collect();
        // SAFETY: the vocabulary lives as long as its model; all texts are terminated, the lists as long as told.
        let made = unsafe {
            guarded::llama_sampler_init_grammar_lazy_patterns(
                raw,
                gbnf.as_ptr(),
                root.as_ptr(),
                patterns.as_mut_ptr(),
                patterns.len(),
                tokens.as_ptr(),
                tokens.len(),
            )
        };
        made.ok().filter(|ptr| !ptr.is_null()).map(Self)
    }

    fn vocab(vocab: &Vocab) -> *const llama::sys::llama_vocab {
        // SAFETY: the model is alive.
        unsafe { guarded::llama_model_get_vocab(vocab.model().as_ptr()) }.unwrap()
    }

    pub(crate) fn allowed(&self, vocab: &Vocab) -> BTreeSet<i32> {
        let mut list: Vec<_> = (0..i32::try_from(vocab.len()).unwrap())
            .map(|id| llama::sys::llama_token_data { id, logit: 0.0, p: 0.0 })
            .collect();
        let (data, size) = (list.as_mut_ptr(), list.len());
        let mut array = llama::sys::llama_token_data_array { data, size, selected: -1, sorted: false };
        // SAFETY: the sampler is alive, the array describes the list.
        unsafe { guarded::llama_sampler_apply(self.0, &raw mut array) }.unwrap();
        list.iter().filter(|candidate| candidate.logit == 0.0).map(|candidate| candidate.id).collect()
    }

    pub(crate) fn accept(&self, token: Token) {
        // SAFETY: the sampler is alive, the token was chosen from what it allows.
        unsafe { guarded::llama_sampler_accept(self.0, token.0) }.unwrap();
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: made in `new`, freed only here.
        let _ = unsafe { guarded::llama_sampler_free(self.0) };
    }
}

/// Tokens on which both engines agree: llama.cpp lets control tokens stand for the letters of their names, and bytes
/// that no text has.
pub(crate) fn texts(vocab: &Vocab) -> BTreeSet<i32> {
    (0..i32::try_from(vocab.len()).unwrap())
        .filter(|&id| {
            let bytes = vocab.token_to_bytes(Token(id), Special::AsText).unwrap();
            let never = |byte: &u8| matches!(byte, 0 | 0xC0 | 0xC1 | 0xF5..=0xFF);
            vocab.is_eog(Token(id)).unwrap() || !bytes.is_empty() && !bytes.iter().any(never)
        })
        .collect()
}

#[test]
fn the_same_tokens_are_allowed_as_by_llama_cpp() {
    let vocab = model().vocab();
    let texts = texts(&vocab);
    let is_text = |id: &i32| texts.contains(id);
    for seed in 0..cases(25) {
        let gbnf = Rules::random(&mut Generator::new(1_000_000 + seed)).to_string();
        let recorder = Recorder::default();
        let mut sampler = Sampler::builder()
            .grammar(Grammar::new(&vocab, &gbnf).unwrap())
            .custom(recorder.clone())
            .greedy()
            .build()
            .unwrap();
        let reference = Reference::new(&vocab, &gbnf);
        let mut rng = Rng::new(seed);
        for step in 0..6 {
            let token = sampler.sample(&noise(&vocab, &mut rng, step)).unwrap();
            let expected: BTreeSet<i32> = reference.allowed(&vocab).into_iter().filter(is_text).collect();
            let found: BTreeSet<i32> = recorder.seen().into_iter().filter(is_text).collect();
            let differ: Vec<String> = found
                .symmetric_difference(&expected)
                .map(|&id| format!("{id} {:x?}", vocab.token_to_bytes(Token(id), Special::AsText).unwrap()))
                .collect();
            assert!(differ.is_empty(), "{seed}, step {step}: {differ:?}\n{gbnf}");
            if vocab.is_eog(token).unwrap() {
                break;
            }
            reference.accept(token);
        }
    }
}

/// The share of each token among many draws of the first token.
fn shares(build: impl Fn(u32) -> Sampler, logits: &[f32], draws: u32) -> Vec<f64> {
    let mut counts = vec![0.0; logits.len()];
    let mut sampler = build(7);
    let mut fresh = sampler.grammar().map(|grammar| grammar.try_clone().unwrap());
    for _ in 0..draws {
        counts[sampler.sample(logits).unwrap().index().unwrap()] += 1.0 / f64::from(draws);
        let grammar = fresh.take();
        fresh = grammar.as_ref().map(|grammar| grammar.try_clone().unwrap());
        sampler.set_grammar(grammar).unwrap();
    }
    counts
}

/// Passes everything on; makes the grammar come first, since nobody knows what it does.
#[derive(Clone)]
struct Opaque;

impl CustomSampler for Opaque {
    fn name(&self) -> &'static str {
        "opaque"
    }
    fn apply(&mut self, _: &mut Candidates<'_>) {}
    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

type Chain = fn(llama::SamplerBuilder) -> llama::SamplerBuilder;

#[test]
fn asking_the_grammar_late_changes_no_probability() {
    let vocab = model().vocab();
    let grammar = || Grammar::new(&vocab, "root ::= [a-m]+ | \" \" [a-z]+").unwrap();
    let mut rng = Rng::new(5);
    let logits: Vec<f32> = (0..vocab.len()).map(|_| 3.0 * rng.normal()).collect();
    let plain = |seed| Sampler::builder().grammar(grammar()).seed(seed);
    let chains: [(Chain, u32); 3] = [
        (|b| b.temperature(0.7), 1_000),
        (|b| b.top_k(5).temperature(0.9), 1_000),
        (|b| b.penalties(llama::PenaltyParams::default()).temperature(0.5).top_k(3).min_p(0.1), 1_000),
    ];
    for (chain, draws) in chains {
        let late = shares(|seed| chain(plain(seed)).build().unwrap(), &logits, draws);
        let first = shares(|seed| chain(plain(seed).custom(Opaque)).build().unwrap(), &logits, draws);
        // The standard deviation of a difference is below 0.023.
        let worst = late.iter().zip(&first).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 0.1, "{worst}");
    }
    let greedy = |b: llama::SamplerBuilder| b.greedy().build().unwrap().sample(&logits).unwrap();
    assert_eq!(greedy(plain(1)), greedy(plain(1).custom(Opaque)));
}

#[test]
fn ambiguity_costs_little() {
    let vocab = model().vocab();
    let letters = |text: &str| vocab.tokenize_fragment(text, Special::AsText).unwrap();
    let (a, b) = (letters("a")[0], letters("b")[0]);
    let names: Vec<String> = (0..26).map(|i| format!("x{i} root")).collect();
    let rules: Vec<String> = (0..26).map(|i| format!("x{i} ::= \"a\" | \"a\" \"a\"")).collect();
    let long = format!("root ::= {} | \"a\"\n{}", names.join(" | "), rules.join("\n"));
    for gbnf in [
        // llama.cpp's work doubles with each letter here.
        "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\"",
        "root ::= root root | \"a\"",
        "root ::= root root root | root root | \"a\" | \"\"",
        "root ::= (\"a\"* \"a\"*)* \"b\"",
        "root ::= ((((\"a\"?)*)*)*)* \"b\"",
        "root ::= x x x x x x x x \"b\"\nx ::= y y y y\ny ::= z z z z\nz ::= \"a\" |",
        &long,
    ] {
        let start = Instant::now();
        let mut logits = vec![0.0; vocab.len()];
        logits[a.index().unwrap()] = 10.0;
        logits[b.index().unwrap()] = 5.0;
        let grammar = Grammar::new(&vocab, gbnf).unwrap();
        let mut sampler = Sampler::builder().grammar(grammar).greedy().build().unwrap();
        let mut last = Ok(Token(0));
        for _ in 0..64 {
            last = sampler.sample(&logits);
            if last.is_err() {
                break;
            }
        }
        assert!(matches!(last, Ok(_) | Err(Error::Grammar { .. })), "{last:?} {gbnf}");
        assert!(start.elapsed() < Duration::from_secs(30), "{:?} {gbnf}", start.elapsed());
    }
}

#[test]
fn hostile_grammars_are_errors_or_work() {
    let vocab = model().vocab();
    let lines = |n: usize, line: fn(usize) -> String| (0..n).map(line).collect::<Vec<_>>().join("\n");
    let many = lines(20_000, |i| format!("r{i} ::= r{} | \"a\"", i + 1));
    let wide = lines(5_000, |i| format!("r{i} ::= \"{i}\" | r{i} \"{i}\""));
    let doubling = lines(40, |i| format!("x{i} ::= x{0} x{0}", i + 1));
    let either: Vec<String> = (0..5_000).map(|i| format!("r{i}")).collect();
    for gbnf in [
        "root ::= root".to_owned(),
        "root ::= a\na ::= b\nb ::= a".to_owned(),
        "root ::= \"x\" root".to_owned(),
        "root ::= \"a\"{1000}{1000}{1000}".to_owned(),
        "root ::= (\"a\"{100}){100}{100}{100}".to_owned(),
        "root ::= \"a\"{18446744073709551615}".to_owned(),
        "root ::= \"a\"{18446744073709551616}".to_owned(),
        "root ::= \"a\"{5,3}".to_owned(),
        "root ::= [^\\x00-\\U0010ffff]".to_owned(),
        "root ::= \"\\ud800\"".to_owned(),
        "root ::= <[999999999]>".to_owned(),
        "root ::= <[99999999999999999999]>".to_owned(),
        "root ::= <no such token>".to_owned(),
        "root ::= ()".to_owned(),
        "root ::= (".to_owned(),
        "root ::= )".to_owned(),
        "root ::= | | |".to_owned(),
        "root ::= \"\\".to_owned(),
        "root ::= [\\".to_owned(),
        "root ::= !".to_owned(),
        "root ::= <".to_owned(),
        "::=".to_owned(),
        "root ::= \"é".to_owned(),
        format!("root ::= r0\n{many}\nr20000 ::= \"b\""),
        format!("root ::= {}\n{wide}", either.join(" | ")),
        format!("root ::= x0\n{doubling}\nx40 ::= \"a\" |"),
        format!("root ::= {}", "\"a\"? ".repeat(50_000)),
        format!("root ::= {}", "(".repeat(10_000)),
        "root ::= ".to_owned() + &"x".repeat(100_000),
    ] {
        let start = Instant::now();
        let shown = &gbnf[..gbnf.len().min(50)];
        match Grammar::new(&vocab, &gbnf).and_then(|grammar| run(grammar, 1, 6)) {
            Ok(_)
            | Err(
                Error::Grammar { .. }
                | Error::TooLong { .. }
                | Error::TokenOutOfRange { .. }
                | Error::NoCandidates { .. },
            ) => {}
            Err(error) => panic!("{error:?} {shown}"),
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{:?} {shown}", start.elapsed());
    }
}

#[test]
fn rules_may_begin_with_themselves() {
    let vocab = model().vocab();
    let gbnf = "root ::= sum\nsum ::= sum \"+\" digit | digit\ndigit ::= [0-9]";
    for seed in 0..20 {
        let (text, ended) = run(Grammar::new(&vocab, gbnf).unwrap(), seed, 60).unwrap();
        let fine = text.split('+').all(|part| part.len() == 1 && part.as_bytes()[0].is_ascii_digit());
        assert!(!ended || fine, "{text}");
    }
}

#[test]
fn ways_without_end_are_not_entered() {
    let vocab = model().vocab();
    let gbnf = "root ::= \"a\" endless | \"b\" \"c\"\nendless ::= \"d\" endless";
    for seed in 0..20 {
        assert_eq!(run(Grammar::new(&vocab, gbnf).unwrap(), seed, 9).unwrap(), ("bc".to_owned(), true));
    }
}

#[test]
fn control_tokens_are_no_text() {
    let vocab = model().vocab();
    let end = vocab.eot().or(vocab.eos()).unwrap();
    let name = String::from_utf8(vocab.token_to_bytes(end, Special::Parse).unwrap()).unwrap();
    let start = vocab.tokenize_fragment("<|im_start|>", Special::Parse).unwrap()[0];
    let mut logits = vec![0.0; vocab.len()];
    logits[end.index().unwrap()] = 10.0;
    logits[start.index().unwrap()] = 9.0;
    let first = |gbnf: &str| {
        let grammar = Grammar::new(&vocab, gbnf).unwrap();
        Sampler::builder().grammar(grammar).greedy().build().unwrap().sample(&logits).unwrap()
    };
    let token = first(&format!("root ::= \"{name}\" | \"<|im_start|>\""));
    assert!(token != end && token != start, "spelled with ordinary tokens only");
    assert_eq!(first(&format!("root ::= <[{}]> \"a\"", start.0)), start, "unless it is named");
    assert_eq!(first("root ::= <|im_start|> \"a\""), start);
    assert_eq!(first("root ::= !<[0]> \"a\""), start, "the end is not among the others");
}

#[test]
fn a_grammar_can_be_exchanged() {
    let vocab = model().vocab();
    let logits = vec![0.0; vocab.len()];
    let mut sampler = Sampler::builder().greedy().build().unwrap();
    assert!(sampler.set_grammar(Some(Grammar::new(&vocab, "root ::= \"a\"").unwrap())).unwrap().is_none());
    assert_eq!(sampler.names().unwrap(), ["grammar", "greedy"]);
    let token = sampler.sample(&logits).unwrap();
    assert_eq!(vocab.detokenize(&[token], Special::AsText).unwrap(), "a");
    let old = sampler.set_grammar(None).unwrap().unwrap();
    assert_eq!((old.is_finished(), old.may_end()), (true, Some(true)));
    let other = crate::common::random(llama_test_kit::Arch::Llama);
    sampler.set_grammar(Some(old)).unwrap();
    let foreign = Grammar::new(&other.vocab(), "root ::= \"a\"").unwrap();
    assert!(matches!(sampler.set_grammar(Some(foreign)), Err(Error::InvalidParameter { .. })));
}
