//! Choosing tokens.

use crate::common::{batch, context, model, question};
use llama::{DryParams, Error, Grammar, PenaltyParams, Sampler, SamplerBuilder, Special, Token};

fn logits() -> Vec<f32> {
    (0..1000_i16).map(|i| (f32::from(i) * 0.37).sin() * 4.0).collect()
}

type Setup = (&'static str, fn(SamplerBuilder) -> SamplerBuilder);

/// Every sampler that needs no vocabulary.
const PLAIN: [Setup; 15] = [
    ("greedy", SamplerBuilder::greedy),
    ("dist", SamplerBuilder::dist),
    ("top-k", |b| b.top_k(40)),
    ("top-p", |b| b.top_p(0.9)),
    ("min-p", |b| b.min_p(0.05)),
    ("typical", |b| b.typical(0.9)),
    ("temp", |b| b.temperature(0.7)),
    ("temp 0", |b| b.temperature(0.0)),
    ("dynamic temp", |b| b.dynamic_temperature(0.8, 0.3, 1.0)),
    ("xtc", |b| b.xtc(0.5, 0.1)),
    ("top-n-sigma", |b| b.top_n_sigma(1.0)),
    ("mirostat 2", |b| b.mirostat_v2(5.0, 0.1)),
    ("adaptive-p", |b| b.min_p(0.01).adaptive_p(0.5, 0.9)),
    ("penalties", |b| b.penalties(PenaltyParams { repeat: 1.3, frequency: 0.1, presence: 0.1, last_n: 16 })),
    ("bias", |b| b.logit_bias(&[(Token(3), f32::NEG_INFINITY), (Token(4), 2.0)])),
];

#[test]
fn every_sampler_selects_and_repeats_itself_with_a_seed() {
    let logits = logits();
    for (name, setup) in PLAIN {
        let run = || -> Vec<Token> {
            let mut sampler = setup(Sampler::builder()).seed(7).build().unwrap();
            (0..50).map(|_| sampler.sample(&logits).unwrap()).collect()
        };
        let tokens = run();
        assert_eq!(tokens, run(), "{name}");
        assert!(tokens.iter().all(|t| t.index().is_some_and(|i| i < logits.len())), "{name}");
    }
}

#[test]
fn samplers_with_a_vocabulary() {
    let vocab = model().vocab();
    let logits: Vec<f32> = (0_u16..).take(vocab.len()).map(|i| (f32::from(i) * 0.61).cos() * 3.0).collect();
    let build: [(&str, Result<Sampler, Error>); 3] = [
        ("mirostat", Sampler::builder().mirostat(&vocab, 5.0, 0.1, 100).seed(1).build()),
        (
            "dry",
            Sampler::builder()
                .dry(&vocab, DryParams { multiplier: 0.8, ..DryParams::default() })
                .seed(1)
                .build(),
        ),
        ("infill", Sampler::builder().top_k(40).infill(&vocab).seed(1).build()),
    ];
    for (name, sampler) in build {
        let mut sampler = sampler.unwrap();
        for _ in 0..50 {
            let token = sampler.sample(&logits).unwrap();
            assert!(vocab.text(token).is_ok(), "{name}");
        }
        assert!(matches!(sampler.sample(&logits[1..]), Err(Error::InvalidLogits { .. })), "{name}");
    }
}

#[test]
fn greedy_takes_the_best() {
    let mut sampler = Sampler::greedy().unwrap();
    assert_eq!(sampler.sample(&[1.0, 5.0, 2.0][..]).unwrap(), Token(1));
    assert_eq!(sampler.sample(&[f32::NEG_INFINITY, -5.0][..]).unwrap(), Token(1));
    assert_eq!(sampler.sample(&[3.0][..]).unwrap(), Token(0));
}

#[test]
fn unusable_logits_are_refused() {
    for (name, setup) in PLAIN {
        let mut sampler = setup(Sampler::builder()).seed(7).build().unwrap();
        let minus = f32::NEG_INFINITY;
        for bad in [
            vec![],
            vec![f32::NAN; 10],
            vec![1.0, f32::NAN, 2.0, 1.0, 1.0],
            vec![1.0, f32::INFINITY, 2.0, 1.0, 1.0],
            vec![minus; 10],
            vec![1e30, 1.0, 1.0, 1.0, 1.0],
        ] {
            let result = sampler.sample(&bad);
            assert!(matches!(result, Err(Error::InvalidLogits { .. })), "{name} {bad:?}: {result:?}");
        }
        let bans: Vec<f32> = (0..50_i16).map(|i| if i % 7 == 4 { f32::from(i) } else { minus }).collect();
        for _ in 0..20 {
            let token = sampler.sample(&bans).unwrap();
            assert_eq!(token.0 % 7, 4, "{name} must not choose a banned token");
        }
    }
}

#[test]
fn bad_parameters_are_refused() {
    let vocab = model().vocab();
    let dry = |change: fn(&mut DryParams)| {
        let mut params = DryParams { multiplier: 0.8, ..DryParams::default() };
        change(&mut params);
        Sampler::builder().dry(&vocab, params)
    };
    let penalty = |change: fn(&mut PenaltyParams)| {
        let mut params = PenaltyParams::default();
        change(&mut params);
        Sampler::builder().penalties(params)
    };
    let bad = [
        Sampler::builder().top_p(-0.1),
        Sampler::builder().top_p(f32::NAN),
        Sampler::builder().min_p(1.1),
        Sampler::builder().typical(f32::INFINITY),
        Sampler::builder().temperature(-1.0),
        Sampler::builder().temperature(f32::NAN),
        Sampler::builder().temperature(1e-30),
        Sampler::builder().dynamic_temperature(1.0, -1.0, 1.0),
        Sampler::builder().dynamic_temperature(1.0, 0.5, f32::NAN),
        Sampler::builder().xtc(2.0, 0.1),
        Sampler::builder().xtc(0.5, -0.1),
        Sampler::builder().top_n_sigma(f32::NAN),
        Sampler::builder().mirostat_v2(f32::NAN, 0.1),
        Sampler::builder().mirostat_v2(5.0, -1.0),
        Sampler::builder().mirostat(&vocab, 5.0, 0.1, 1),
        Sampler::builder().mirostat(&vocab, 5.0, 0.1, -5),
        Sampler::builder().adaptive_p(2.0, 0.9),
        Sampler::builder().adaptive_p(0.5, 1.0),
        Sampler::builder().logit_bias(&[(Token(-1), 1.0)]),
        Sampler::builder().logit_bias(&[(Token(1), f32::NAN)]),
        Sampler::builder().logit_bias(&[(Token(1), f32::INFINITY)]),
        Sampler::builder().infill(&vocab).logit_bias(&[(Token(1_000_000), 1.0)]),
        penalty(|p| p.last_n = -1),
        penalty(|p| p.last_n = i32::MAX),
        penalty(|p| p.repeat = 0.0),
        penalty(|p| p.frequency = f32::NAN),
        penalty(|p| p.presence = f32::INFINITY),
        dry(|p| p.last_n = i32::MAX),
        dry(|p| p.allowed_length = -1),
        dry(|p| p.base = f32::NAN),
        dry(|p| p.breakers.push("a\0b".to_owned())),
    ];
    for (i, builder) in bad.into_iter().enumerate() {
        let shown = format!("{i}: {builder:?}");
        assert!(builder.build().is_err(), "{shown}");
    }
}

#[test]
fn extreme_but_valid_parameters_do_not_break() {
    let logits = logits();
    let setups: [fn(SamplerBuilder) -> SamplerBuilder; 9] = [
        |b| b.top_k(i32::MAX).top_k(i32::MIN),
        |b| b.top_p(0.0).min_p(1.0),
        |b| b.top_p_min(0.5, usize::MAX).min_p_min(0.5, usize::MAX).typical_min(0.5, usize::MAX),
        |b| b.temperature(1e-6),
        |b| b.temperature(1e6).typical(0.0),
        |b| b.xtc(1.0, 0.0),
        |b| b.top_n_sigma(1e-6),
        |b| b.temperature(0.0).typical(0.5).adaptive_p(-1.0, 0.0),
        |b| b.temperature(1e-6).temperature(1e-6).typical(0.3).mirostat_v2(0.0, 0.0),
    ];
    for (i, setup) in setups.into_iter().enumerate() {
        let mut sampler = setup(Sampler::builder()).seed(3).build().unwrap();
        for _ in 0..20 {
            assert!(sampler.sample(&logits).unwrap().index().is_some_and(|t| t < logits.len()), "setup {i}");
        }
    }
}

#[test]
fn a_clone_and_a_reset_repeat_the_choices() {
    let logits = logits();
    let mut sampler = Sampler::builder()
        .penalties(PenaltyParams { repeat: 1.5, ..PenaltyParams::default() })
        .top_k(50)
        .temperature(1.5)
        .seed(11)
        .build()
        .unwrap();
    let first: Vec<Token> = (0..20).map(|_| sampler.sample(&logits).unwrap()).collect();
    let mut copy = sampler.try_clone().unwrap();
    for _ in 0..20 {
        assert_eq!(sampler.sample(&logits).unwrap(), copy.sample(&logits).unwrap());
    }
    sampler.reset().unwrap();
    let again: Vec<Token> = (0..20).map(|_| sampler.sample(&logits).unwrap()).collect();
    assert_eq!(first, again);
    assert_eq!(sampler.seed().unwrap(), Some(11));
    assert_eq!(sampler.names().unwrap(), ["penalties", "top-k", "temp", "dist"]);
}

#[test]
fn penalties_see_the_prompt() {
    let logits = [1.0, 1.1, 0.5];
    let build = || {
        Sampler::builder()
            .penalties(PenaltyParams { presence: 5.0, ..PenaltyParams::default() })
            .greedy()
            .build()
            .unwrap()
    };
    assert_eq!(build().sample(&logits[..]).unwrap(), Token(1));
    let mut sampler = build();
    sampler.accept(Token(1)).unwrap();
    assert_eq!(sampler.sample(&logits[..]).unwrap(), Token(0));
    assert!(sampler.accept(Token(-1)).is_err());
}

/// Text generated by the default model under a grammar, and whether the model ended it.
fn constrained(gbnf: &str, seed: u32, max: usize) -> (String, bool) {
    let model = model();
    let vocab = model.vocab();
    let mut sampler = Sampler::builder()
        .grammar(Grammar::new(&vocab, gbnf).unwrap())
        .temperature(1.2)
        .seed(seed)
        .build()
        .unwrap();
    let prompt = question("What is the capital of France?");
    for &token in &prompt {
        sampler.accept(token).unwrap();
    }
    let mut ctx = context(&model);
    let mut next = batch(0, 0, &prompt);
    let mut text = String::new();
    let mut decoder = vocab.decoder(Special::AsText);
    for pos in (0..).skip(prompt.len()).take(max) {
        let token = sampler.sample(ctx.decode(&next).unwrap().logits_last().unwrap()).unwrap();
        if vocab.is_eog(token).unwrap() {
            return (text, true);
        }
        text.push_str(decoder.push(token).unwrap());
        next = batch(0, pos, &[token]);
    }
    (text, false)
}

#[test]
fn a_grammar_is_always_obeyed() {
    for seed in 0..10 {
        let (text, ended) = constrained(r#"root ::= "yes" | "no" | "per" [a-f] "aps""#, seed, 30);
        assert!(ended, "{text:?}");
        let perhaps = text.len() == 7 && text.starts_with("per") && text.ends_with("aps");
        assert!(text == "yes" || text == "no" || perhaps, "{text:?}");
        let (text, ended) = constrained("root ::= [0-9] [0-9] \"🦙\" \"é\"", seed, 30);
        assert!(ended && text.ends_with("🦙é"), "{text:?}");
    }
}

#[test]
fn sampling_goes_on_after_the_end() {
    let vocab = model().vocab();
    let logits: Vec<f32> = vec![0.0; vocab.len()];
    let mut sampler =
        Sampler::builder().grammar(Grammar::new(&vocab, "root ::= \"a\"").unwrap()).seed(1).build().unwrap();
    let mut ended = 0;
    for _ in 0..5 {
        ended += i32::from(vocab.is_eog(sampler.sample(&logits).unwrap()).unwrap());
    }
    assert!(ended >= 4);
    sampler.reset().unwrap();
    assert!(!vocab.is_eog(sampler.sample(&logits).unwrap()).unwrap());
    let mut copy = sampler.try_clone().unwrap();
    assert_eq!(copy.sample(&logits).unwrap(), sampler.sample(&logits).unwrap());
}

#[test]
fn bias_and_grammar_can_leave_nothing() {
    let vocab = model().vocab();
    let logits: Vec<f32> = vec![0.0; vocab.len()];
    let letter = vocab.tokenize_fragment("a", Special::AsText).unwrap()[0];
    let mut sampler = Sampler::builder()
        .grammar(Grammar::new(&vocab, "root ::= \"a\"").unwrap())
        .logit_bias(&[(letter, f32::NEG_INFINITY)])
        .build()
        .unwrap();
    assert!(matches!(sampler.sample(&logits), Err(Error::NoCandidates { .. })));
    assert!(matches!(sampler.sample(&logits), Err(Error::NoCandidates { .. })), "and stays usable");
}

#[test]
fn bad_grammars_are_errors() {
    let vocab = model().vocab();
    let nested = format!("root ::= {}\"a\"{}", "(".repeat(100_000), ")".repeat(100_000));
    let unknown = "root ::= nowhere";
    for bad in [
        "",
        "   \n ",
        "root",
        "root ::= \"open",
        "root ::= [a-",
        "root ::= (\"a\"",
        unknown,
        "start ::= \"a\"",
        "root ::= root \"a\"",
        "root ::= \"a\"{999999999}",
        "root ::= \"\\x\"",
        "root ::= \"a\" ::= \"b\"",
        "\0root ::= \"a\"",
        "root ::= *",
        nested.as_str(),
    ] {
        let result = Grammar::new(&vocab, bad);
        assert!(result.is_err(), "{:?}", &bad[..bad.len().min(40)]);
    }
    assert!(Grammar::with_root(&vocab, "start ::= \"a\"", "start").is_ok());
    assert!(Grammar::with_root(&vocab, "start ::= \"a\"", "st\0art").is_err());
}

#[test]
fn grammars_that_would_exhaust_the_process_are_errors() {
    let vocab = model().vocab();
    let chain = |n: usize| {
        let rules: Vec<String> = (1..n).map(|i| format!("a{i} ::= a{} \"x\"", i + 1)).collect();
        format!("root ::= a1\n{}\na{n} ::= \"y\"\n", rules.join("\n"))
    };
    let doubled = |rule: fn(usize) -> String, last: &str| {
        let rules: Vec<String> = (1..40).map(rule).collect();
        format!("root ::= a1\n{}\na40 ::= {last}\n", rules.join("\n"))
    };
    // Left to llama.cpp these would take time or memory without end.
    for bad in [
        format!("root ::= #\r{}", "(".repeat(1_000_000)),
        chain(600_000),
        format!("root ::= {}", "\"a\"{2000} ".repeat(10_000)),
    ] {
        let result = Grammar::new(&vocab, &bad);
        assert!(result.is_err(), "{:?}", &bad[..bad.len().min(60)]);
    }
    for good in [
        doubled(|i| format!("a{i} ::= a{0} \"x\" | a{0} \"y\"", i + 1), "\"z\""),
        doubled(|i| format!("a{i} ::= a{0} a{0}", i + 1), "\"z\" |"),
        "root ::= e root \"x\" | \"y\"\ne ::= f\nf ::= \"z\" |".to_owned(),
    ] {
        let grammar = Grammar::new(&vocab, &good).unwrap();
        let mut sampler = Sampler::builder().grammar(grammar).greedy().build().unwrap();
        assert!(sampler.sample(&vec![0.0; vocab.len()]).is_ok(), "{good}");
    }
    let nested = |n: usize| format!("root ::= {}\"y\"{}", "(".repeat(n), ")".repeat(n));
    assert!(Grammar::new(&vocab, &nested(257)).is_err());
    // What is allowed has room, on a small stack too.
    let small = std::thread::Builder::new().stack_size(192 << 10).spawn(move || {
        Grammar::new(&vocab, &nested(256)).unwrap();
        let grammar = Grammar::new(&vocab, &chain(3_000)).unwrap();
        let mut sampler = Sampler::builder().grammar(grammar).greedy().build().unwrap();
        let logits = vec![0.0; vocab.len()];
        let first = sampler.sample(&logits).unwrap();
        assert!(vocab.detokenize(&[first], Special::AsText).unwrap().starts_with('y'));
        sampler.reset().unwrap();
        assert_eq!(sampler.sample(&logits).unwrap(), first);
    });
    small.unwrap().join().unwrap();
}

#[test]
fn ordinary_grammars_stay_accepted() {
    let vocab = model().vocab();
    for good in [
        "root ::= object\nvalue ::= object | array | string | number | (\"true\" | \"false\" | \"null\") ws\n\
         object ::= \"{\" ws ( string \":\" ws value (\",\" ws string \":\" ws value)* )? \"}\" ws\n\
         array ::= \"[\" ws ( value (\",\" ws value)* )? \"]\" ws\n\
         string ::= \"\\\"\" ( [^\"\\\\\\x7F\\x00-\\x1F] | \"\\\\\" ([\"\\\\bfnrt] | \"u\" [0-9a-fA-F]{4}) )* \"\\\"\" ws\n\
         number ::= (\"-\"? ([0-9] | [1-9] [0-9]{0,15})) (\".\" [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws\n\
         ws ::= | \" \" | \"\\n\" [ \\t]{0,20}",
        "# c\r\nroot ::= # c\r\n  (\"a\"\n | b) # c\r\rb ::= [^\\]-a] . \"é🦙\" \r\n\tc ::= \"c\"{1,}",
        "root ::= \"a\"{3}+ (\"b\"{0} [a-]){2,} \"\" | !<[3]> <[4]>\n\n",
        "root ::= (\"a\"?)* \"b\" root | \"c\"{0,2000}",
    ] {
        let result = Grammar::new(&vocab, good);
        assert!(result.is_ok(), "{result:?} for {good:?}");
    }
}

#[test]
fn steps_of_different_models_do_not_mix() {
    let other = crate::common::random(llama_test_kit::Arch::Llama);
    let mixed = Sampler::builder().infill(&model().vocab()).mirostat(&other.vocab(), 5.0, 0.1, 100).build();
    assert!(matches!(mixed, Err(Error::InvalidParameter { .. })));
}

#[test]
fn a_sampler_keeps_its_model_alive() {
    let mut sampler = {
        let model = llama::Model::load(crate::common::default_path()).unwrap();
        let grammar = Grammar::new(&model.vocab(), "root ::= \"a\"+").unwrap();
        Sampler::builder().grammar(grammar).seed(1).build().unwrap()
    };
    let logits = vec![0.0; model().n_vocab()];
    for _ in 0..10 {
        sampler.sample(&logits).unwrap();
    }
}
