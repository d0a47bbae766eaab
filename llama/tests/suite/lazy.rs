//! Grammars that wait for a trigger, compared with llama.cpp's.

use crate::common::{cases, model};
use crate::grammar::{Recorder, Reference, texts};
use llama::{Error, Grammar, Sampler, Special, Token, Vocab};
use llama_test_kit::Rng;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Logits of a model that is sure of a token.
fn prefer(vocab: &Vocab, token: Token) -> Vec<f32> {
    let mut logits = vec![0.0; vocab.len()];
    logits[token.index().unwrap()] = 10.0;
    logits
}

fn token(vocab: &Vocab, text: &str) -> Token {
    vocab.tokenize_fragment(text, Special::AsText).unwrap()[0]
}

fn greedy(grammar: Grammar) -> Sampler {
    Sampler::builder().grammar(grammar).greedy().build().unwrap()
}

/// Lets the sampler say a text, if it can.
fn say(sampler: &mut Sampler, text: &str) -> Result<(), Error> {
    let vocab = sampler.grammar().unwrap().vocab().clone();
    for token in vocab.tokenize_fragment(text, Special::Parse)? {
        let found = sampler.sample(&prefer(&vocab, token))?;
        if found != token {
            return Err(Error::Grammar { detail: format!("{found} instead of {token}") });
        }
    }
    Ok(())
}

/// A grammar that tells where a text began to be read: each rest of it, with a number behind.
fn rests(text: &str) -> String {
    let mut gbnf = String::from("root ::= \"never\"");
    for (at, _) in text.char_indices() {
        gbnf += " | \"";
        for c in text[at..].chars() {
            write!(gbnf, "\\U{:08x}", u32::from(c)).unwrap();
        }
        write!(gbnf, "\" \"#{at}!\"").unwrap();
    }
    gbnf
}

/// Says a text with both engines and compares what they allow; whether it was a trigger.
fn compare(vocab: &Vocab, texts: &BTreeSet<i32>, patterns: &[&str], pieces: &[&str]) -> bool {
    let text = pieces.concat();
    let said: Vec<Token> =
        pieces.iter().flat_map(|piece| vocab.tokenize_fragment(piece, Special::AsText).unwrap()).collect();
    let gbnf = rests(&text);
    let Some(reference) = Reference::lazy(vocab, &gbnf, patterns, &[]) else {
        panic!("llama.cpp refuses one of {patterns:?}")
    };
    let grammar = Grammar::lazy(vocab, &gbnf, "root", patterns, &[]).unwrap();
    let recorder = Recorder::default();
    let mut sampler = Sampler::builder().grammar(grammar).custom(recorder.clone()).greedy().build().unwrap();
    let mut begun = 0;
    for (at, &token) in said.iter().enumerate() {
        let chosen =
            sampler.sample(&prefer(vocab, token)).unwrap_or_else(|e| panic!("{patterns:?} {text:?} {e}"));
        let allowed = reference.allowed(vocab);
        let is_text = |id: &i32| texts.contains(id);
        let expected: BTreeSet<i32> = allowed.iter().copied().filter(is_text).collect();
        let found: BTreeSet<i32> = recorder.seen().into_iter().filter(is_text).collect();
        let lens = (found.len(), expected.len());
        assert!(found == expected, "{patterns:?} {text:?} token {at}: {lens:?} allowed");
        begun += usize::from(allowed.len() < vocab.len());
        if chosen != token || begun == 3 {
            break;
        }
        reference.accept(token);
    }
    begun > 0
}

/// Patterns as llama.cpp's chat formats write them, with texts that come close.
const FORMATS: [(&[&str], &[&str]); 5] = [
    (
        &[
            "^\\s+to$",
            "^<\\|channel\\|>(?:commentary|analysis)\\s+to=functions$",
            "<\\|start\\|>assistant(\\s+to)",
            "<\\|start\\|>assistant(<\\|channel\\|>(?:commentary|analysis)\\s+to)",
        ],
        &[
            " to",
            "\n",
            "<|channel|>",
            "commentary",
            "analysis",
            "=functions",
            "<|start|>",
            "assistant",
            "<|start|>assistant",
            ".",
            "to",
        ],
    ),
    (
        &[
            "(?:^|<\\|start\\|>assistant)( to=(?!self<\\|message\\|>)(?!user<\\|message\\|>)[^<]*?<\\|message\\|>)",
        ],
        &[" to=", "self", "user", "<|message|>", "<|start|>assistant", "x", "<", "all"],
    ),
    (&[">>>(?!all)"], &[">", ">>", ">>>", "all", "al", "l", "\n", "f"]),
    (
        &["[\\s\\S]*?(<tool_call>|<function=)[\\s\\S]*"],
        &["<", "tool", "_call>", "<tool_call>", "<function=", "é", "\n"],
    ),
    (
        &["\\[TOOL_CALLS\\]", "\\{\"type\": \"function\","],
        &["[", "TOOL", "_CALLS", "]", "{\"", "type\": \"", "function\",", "[TOOL_CALLS]"],
    ),
];

#[test]
fn patterns_of_formats_are_found_where_llama_cpp_finds_them() {
    let vocab = model().vocab();
    let texts = texts(&vocab);
    let mut rng = Rng::new(3);
    let mut below = |bound: usize| rng.below(u32::try_from(bound).unwrap()) as usize;
    for (patterns, words) in FORMATS {
        let (mut found, total) = (0, cases(40));
        for _ in 0..total {
            let pieces: Vec<&str> = (0..=below(7)).map(|_| words[below(words.len())]).collect();
            found += u64::from(compare(&vocab, &texts, patterns, &pieces));
        }
        assert!(found > 0 && found < total, "{found} of {total} {patterns:?}");
    }
}

/// A random pattern. Repetitions repeat what is not empty: otherwise engines differ in what groups have seen.
fn pattern(rng: &mut Rng, depth: u32) -> String {
    let atom = |rng: &mut Rng, depth: u32| match rng.below(if depth == 0 { 5 } else { 8 }) {
        0 => ["\\w", "\\s", "[^a]", ".", "[b-c]"][rng.below(5) as usize].to_owned(),
        1..5 => ["a", "b", "c", " ", "ab"][rng.below(5) as usize].to_owned(),
        5 => format!("(?:{})", pattern(rng, depth - 1)),
        _ => format!("({})", pattern(rng, depth - 1)),
    };
    let mut out = String::new();
    for at in 0..=rng.below(3) {
        if at > 0 && rng.below(4) == 0 {
            out += "|";
        }
        if rng.below(8) == 0 {
            out +=
                ["^", "$", "\\b", "\\B", "(?!ab)", "(?!b|ca)", "(?=b[^c])", "(?=a)"][rng.below(8) as usize];
        }
        let atom = atom(rng, depth);
        out += &atom;
        if !atom.starts_with('(') && rng.below(3) == 0 {
            out += ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{1,}?"][rng.below(9) as usize];
        } else if atom.starts_with('(') && rng.below(4) == 0 {
            out += ["?", "??", "{2}"][rng.below(3) as usize];
        }
    }
    out
}

#[test]
fn random_patterns_are_found_where_llama_cpp_finds_them() {
    let vocab = model().vocab();
    let texts = texts(&vocab);
    let (mut found, total) = (0, cases(300));
    for seed in 0..total {
        let mut rng = Rng::new(70_000 + seed);
        let mut patterns: Vec<String> = (0..=rng.below(2)).map(|_| pattern(&mut rng, 2)).collect();
        if rng.below(4) == 0 {
            patterns[0] = format!("^{}$", patterns[0]);
        }
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let pieces: Vec<&str> = (0..=rng.below(8))
            .map(|_| ["a", "b", "c", " ", "ab", "bc", "d"][rng.below(7) as usize])
            .collect();
        found += u64::from(compare(&vocab, &texts, &patterns, &pieces));
    }
    assert!(found > total / 4 && found < total, "{found} of {total}");
}

#[test]
fn random_grammars_allow_behind_a_trigger_what_llama_cpp_allows() {
    let vocab = model().vocab();
    let bytes = |id: i32| vocab.token_to_bytes(Token(id), Special::AsText).unwrap();
    // About parts of characters llama.cpp is less exact.
    let whole = |&id: &i32| std::str::from_utf8(&bytes(id)).is_ok();
    let texts: BTreeSet<i32> = texts(&vocab).into_iter().filter(whole).collect();
    let is_text = |id: &i32| texts.contains(id);
    let trigger = token(&vocab, "a");
    let mut begun = 0;
    for seed in 0..cases(25) {
        let rules =
            crate::gbnf::Rules::random(&mut crate::gbnf::Generator::new(2_000_000 + seed)).to_string();
        let gbnf = rules.replacen("root ::=", "root ::= \"a\" first\nfirst ::=", 1);
        for tokens in [&[trigger][..], &[]] {
            let patterns = if tokens.is_empty() { &["[^a](a)"][..] } else { &[] };
            let grammar = Grammar::lazy(&vocab, &gbnf, "root", patterns, tokens).unwrap();
            let recorder = Recorder::default();
            let mut sampler =
                Sampler::builder().grammar(grammar).custom(recorder.clone()).greedy().build().unwrap();
            let reference = Reference::lazy(&vocab, &gbnf, patterns, tokens).unwrap();
            let mut rng = Rng::new(seed);
            for step in 0..8 {
                let logits = match step {
                    0 | 1 => prefer(&vocab, token(&vocab, "b")),
                    2 => prefer(&vocab, trigger),
                    _ => crate::common::noise(&vocab, &mut rng, step),
                };
                let chosen = sampler.sample(&logits).unwrap();
                let expected: BTreeSet<i32> = reference.allowed(&vocab).into_iter().filter(is_text).collect();
                let found: BTreeSet<i32> = recorder.seen().into_iter().filter(is_text).collect();
                assert!(found == expected, "{seed}, step {step}, {patterns:?}\n{gbnf}");
                begun += usize::from(expected.len() < texts.len());
                if !is_text(&chosen.0) || vocab.is_eog(chosen).unwrap() {
                    break;
                }
                reference.accept(chosen);
            }
        }
    }
    assert!(begun > 50, "{begun}");
}

#[test]
fn a_token_is_a_trigger() {
    let vocab = model().vocab();
    let (a, b) = (token(&vocab, "a"), token(&vocab, "b"));
    let mut sampler = greedy(Grammar::lazy(&vocab, "root ::= \"a\" \"b\"+", "root", &[], &[a]).unwrap());
    let grammar = |sampler: &Sampler| {
        let grammar = sampler.grammar().unwrap();
        (grammar.may_end(), grammar.is_finished())
    };
    for _ in 0..2 {
        assert_eq!(sampler.sample(&prefer(&vocab, b)).unwrap(), b, "free before the trigger");
        assert_eq!(grammar(&sampler), (None, false));
        assert_eq!(sampler.sample(&prefer(&vocab, a)).unwrap(), a, "the trigger");
        assert_eq!(grammar(&sampler), (Some(false), false));
        let forced = sampler.sample(&prefer(&vocab, a)).unwrap();
        assert!(vocab.detokenize(&[forced], Special::AsText).unwrap().bytes().all(|c| c == b'b'));
        assert_eq!(grammar(&sampler), (Some(true), false));
        sampler.reset().unwrap();
    }
}

#[test]
fn a_control_token_is_a_trigger() {
    let vocab = model().vocab();
    let [start] = vocab.tokenize_fragment("<|im_start|>", Special::Parse).unwrap()[..] else { panic!() };
    let gbnf = "root ::= (\"<|im_start|>\" \"b\")+";
    for (patterns, tokens) in [(&[][..], &[start][..]), (&["<\\|im_start\\|>"], &[])] {
        let mut sampler = greedy(Grammar::lazy(&vocab, gbnf, "root", patterns, tokens).unwrap());
        say(&mut sampler, "a<|im_start|>b").unwrap();
        let again = sampler.sample(&prefer(&vocab, start)).unwrap();
        assert_eq!(again == start, !tokens.is_empty(), "triggers stand for their names");
    }
}

#[test]
fn what_follows_a_trigger_in_its_token_counts() {
    let vocab = model().vocab();
    let pieces = vocab.tokenize_fragment(" the", Special::AsText).unwrap();
    let [the] = pieces[..] else { panic!("one token: {pieces:?}") };
    let mut sampler =
        greedy(Grammar::lazy(&vocab, "root ::= \"he\" \"x\"", "root", &[" t(h)"], &[]).unwrap());
    say(&mut sampler, " the").unwrap();
    say(&mut sampler, "x").unwrap();
    assert!(sampler.grammar().unwrap().is_finished());
    // A grammar that begins otherwise: an error, and nothing has happened.
    let mut sampler =
        greedy(Grammar::lazy(&vocab, "root ::= \"ha\"", "root", &[" t(h)", "^bbx$"], &[]).unwrap());
    say(&mut sampler, "bb").unwrap();
    for _ in 0..2 {
        let error = sampler.sample(&prefer(&vocab, the)).unwrap_err();
        assert!(matches!(&error, Error::Grammar { detail } if detail.contains("\"he\"")), "{error}");
    }
    let error = say(&mut sampler, "x").unwrap_err().to_string();
    assert!(error.contains("\"bbx\""), "{error}");
}

#[test]
fn copies_wait_on_their_own() {
    let vocab = model().vocab();
    let mut first =
        greedy(Grammar::lazy(&vocab, "root ::= \"go>\" \"b\"+", "root", &["<(go>)"], &[]).unwrap());
    say(&mut first, "Well <g").unwrap();
    let mut second = first.try_clone().unwrap();
    say(&mut first, "o>b").unwrap();
    assert!(say(&mut first, "a").is_err());
    say(&mut second, "a go>a").unwrap();
    second.reset().unwrap();
    say(&mut second, "o>a<go>b").unwrap();
    assert!(say(&mut second, "a").is_err());
}

#[test]
fn waiting_costs_the_same_for_each_token() {
    let vocab = model().vocab();
    // Each of these takes a backtracking search longer and longer, or more and more stack.
    let patterns =
        ["[\\s\\S]*?(<go>)[\\s\\S]*", "^(?:.|\\s)*(<no>)$", "(b|bb)*<", ">>>(?!all)", "(?:(?!x>).)*x>"];
    let gbnf = "root ::= \"<go>\" \"b\"+";
    let mut grammar = greedy(Grammar::lazy(&vocab, gbnf, "root", &patterns[..2], &[]).unwrap());
    let mut hostile = greedy(Grammar::lazy(&vocab, gbnf, "root", &patterns, &[]).unwrap());
    let letter = prefer(&vocab, token(&vocab, "b"));
    let small = std::thread::Builder::new().stack_size(192 << 10).spawn(move || {
        let mut times = Vec::new();
        for _ in 0..2 {
            let start = Instant::now();
            for _ in 0..5_000 {
                hostile.sample(&letter).unwrap();
            }
            times.push(start.elapsed());
        }
        for _ in 0..10_000 {
            grammar.sample(&letter).unwrap();
        }
        say(&mut grammar, "<go>b").unwrap();
        assert!(say(&mut grammar, "a").is_err());
        times
    });
    let times = small.unwrap().join().unwrap();
    assert!(times[1] < 3 * times[0] + Duration::from_secs(1), "{times:?}");
}

#[test]
fn ambiguity_behind_a_trigger_costs_little() {
    let vocab = model().vocab();
    // The ways to read this double with each letter.
    let gbnf = "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\"";
    let mut sampler = greedy(Grammar::lazy(&vocab, gbnf, "root", &["a"], &[]).unwrap());
    let start = Instant::now();
    say(&mut sampler, "x y").unwrap();
    let letters = prefer(&vocab, token(&vocab, "a"));
    for _ in 0..200 {
        sampler.sample(&letters).unwrap();
    }
    say(&mut sampler, "dbcb").unwrap();
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[cfg(feature = "tools")]
mod formats {
    use super::{compare, greedy, say, texts};
    use crate::common::model;
    use crate::templates::{templates, weather};
    use crate::tools::TEMPLATE;
    use llama::{ChatFormat, ChatRequest, Message, Special};
    use serde_json::{Value, json};

    #[test]
    fn triggers_of_real_templates() {
        let Some(templates) = templates() else {
            println!("skipped: LLAMA_TEST_TEMPLATES is not set");
            return;
        };
        let vocab = model().vocab();
        let known = texts(&vocab);
        let mut found = 0;
        for (name, source) in templates {
            let tool = json!({"name": "weather", "description": "", "parameters": weather().parameters});
            let request = json!({
                "messages": [{"role": "user", "content": "Hi"}],
                "tools": [{"type": "function", "function": tool}],
            });
            let format = llama::sys::chat::Format::new(&source, "", "").unwrap();
            let applied: Value = serde_json::from_str(&format.apply(&request.to_string()).unwrap()).unwrap();
            let format = ChatFormat::new(source, &vocab).unwrap();
            let request = ChatRequest::new([Message::user("Hi")]).tools([weather()]);
            let prompt = format.render(&request).unwrap();
            assert_eq!(prompt.is_lazy(), applied["grammar_lazy"] == true, "{name}");
            let grammar = prompt.grammar().unwrap_or_else(|error| panic!("{name}: {error}"));
            let Some(grammar) = grammar.filter(|_| prompt.is_lazy()) else { continue };
            assert_eq!(grammar.may_end(), None);
            for trigger in applied["triggers"].as_array().unwrap() {
                let text = trigger["text"].as_str().unwrap();
                println!("{name}: {trigger}");
                if trigger["kind"] != "word" {
                    continue;
                }
                let pattern: String = text
                    .chars()
                    .map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() })
                    .collect();
                let (half, rest) = text.split_at(text.char_indices().nth(1).map_or(0, |(at, _)| at));
                assert!(compare(&vocab, &known, &[&pattern], &["Well", half, text, rest, "."]), "{name}");
                assert!(!compare(&vocab, &known, &[&pattern], &["Well", half, half, "."]), "{name}");
                found += 1;
            }
        }
        assert!(found > 0);
    }

    #[test]
    fn thoughts_are_no_triggers() {
        let vocab = model().vocab();
        let format = ChatFormat::new(TEMPLATE, &vocab).unwrap();
        let prompt = format.render(&ChatRequest::new([Message::user("Hi")]).tools([weather()])).unwrap();
        assert!(prompt.is_lazy());
        let sampler = || greedy(prompt.grammar().unwrap().unwrap());
        let mut plain = sampler();
        say(&mut plain, "Well. <tool_call>\n").unwrap();
        assert!(say(&mut plain, "free").is_err());
        let mut thinks = sampler();
        say(&mut thinks, "<think>\nI could say <tool_call>\n here.\n</think>\n\nNo: <tool_").unwrap();
        say(&mut thinks, "x>").unwrap();
        say(&mut thinks, "<think> Or <tool_call>\n?</think> <tool_call>\n").unwrap();
        assert!(say(&mut thinks, "free").is_err());
        thinks.reset().unwrap();
        say(&mut thinks, "<tool_call>\n").unwrap();
        assert!(say(&mut thinks, "free").is_err());
        assert!(
            vocab.tokenize_fragment("<think>", Special::AsText).unwrap().len() > 1,
            "marks of many tokens"
        );
    }
}
