//! Samplers, grammars and probabilities.

use super::{BAD_TOKENS, Row, rows};
use crate::common::random;
use llama::{
    Candidates, CustomSampler, DryParams, Error, Grammar, Logits, PenaltyParams, Sampler, SamplerBuilder,
    Token, Vocab,
};
use llama_test_kit::Arch;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Grammar::lazy: trigger out of range" => TokenOutOfRange, |s| {
        Grammar::lazy(&s.model.vocab(), "root ::= \"a\"", "root", &[], &[Token(1 << 30)]).map(drop)
    };
    "Grammar::lazy: bad trigger pattern" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), "root ::= \"a\"", "root", &["[a"], &[]).map(drop)
    };
    "Sampler::reset_step: reset a step that is not there" => InvalidParameter, |_| Sampler::greedy()?.reset_step(1);
    "Sampler::move_step: remove a step that is not there" => InvalidParameter, |_| Sampler::greedy()?.remove_step(usize::MAX);
    "Sampler::move_step: remove the one that selects" => InvalidParameter, |_| Sampler::greedy()?.remove_step(0);
    "Sampler::move_step: move from nowhere" => InvalidParameter, |_| Sampler::builder().top_k(1).build()?.move_step(2, 0);
    "Sampler::move_step: move behind the end" => InvalidParameter, |_| Sampler::builder().top_k(1).build()?.move_step(0, 1);
    "Sampler::sample: custom, NaN" => CustomSampler, |_| custom(|c| c.set_logit(0, f32::NAN));
    "Sampler::sample: custom, infinity" => CustomSampler, |_| custom(|c| c.map_logits(|_, _| f32::INFINITY));
    "Sampler::sample: custom, nothing left" => CustomSampler, |_| custom(|c| c.truncate(0));
    "Sampler::sample: custom, candidate that is not there" => CustomSampler, |_| custom(|c| c.set_logit(usize::MAX, 0.0));
    "Sampler::sample: custom, choice that is not there" => CustomSampler, |_| custom(|c| c.select(2));
    "Logits::log_probability: token n" => TokenOutOfRange, |_| Logits::from(&[0.0][..]).log_probability(Token(1)).map(drop);
    "Logits::top: NaN" => InvalidLogits, |_| Logits::from(&[f32::NAN][..]).top(1).map(drop);
    "Logits::log_sum_exp: no logits" => InvalidLogits, |_| Logits::from(&[][..]).log_sum_exp().map(drop);
    "Sampler::accept: negative token without a vocabulary" => TokenOutOfRange, |s| s.sampler.accept(Token(-1));
    "Sampler::sample: logits of another vocabulary" => InvalidLogits, |s| {
        let mut sampler = Sampler::builder().infill(&s.model.vocab()).build()?;
        sampler.sample(&[0.0; 10][..]).map(drop)
    };
    "Sampler::sample: everything banned by biases" => NoCandidates, |_| {
        let mut sampler = Sampler::builder().logit_bias(&[(Token(0), f32::NEG_INFINITY)]).build()?;
        sampler.sample(&[1.0][..]).map(drop)
    };
    "Sampler::sample: everything banned by the grammar" => NoCandidates, |s| {
        let vocab = s.model.vocab();
        let grammar = Grammar::new(&vocab, r#"root ::= "a""#)?;
        let mut logits = vec![f32::NEG_INFINITY; vocab.len()];
        logits[vocab.tokenize("b", llama::Special::AsText)?[0].index().unwrap()] = 1.0;
        Sampler::builder().grammar(grammar).build()?.sample(&logits).map(drop)
    };
    "Sampler::sample: after a panic" => Poisoned, |_| panicked()?.sample(&[0.0, 1.0][..]).map(drop);
    "Sampler::accept: after a panic" => Poisoned, |_| panicked()?.accept(Token(0));
    "Sampler::reset: after a panic" => Poisoned, |_| panicked()?.reset();
    "Sampler::try_clone: after a panic" => Poisoned, |_| panicked()?.try_clone().map(drop);
    "Sampler::reset_step: after a panic" => Poisoned, |_| panicked()?.reset_step(0);
    "Sampler::remove_step: after a panic" => Poisoned, |_| panicked()?.remove_step(0);
    "Sampler::move_step: after a panic" => Poisoned, |_| panicked()?.move_step(0, 0);
    "SamplerBuilder::build: steps of two models" => InvalidParameter, |s| {
        Sampler::builder().infill(&s.model.vocab()).infill(&random(Arch::Llama).vocab()).build().map(drop)
    };
    "SamplerBuilder::build: grammar and step of two models" => InvalidParameter, |s| {
        let grammar = Grammar::new(&random(Arch::Llama).vocab(), r#"root ::= "a""#)?;
        Sampler::builder().infill(&s.model.vocab()).grammar(grammar).build().map(drop)
    };
    "SamplerBuilder::build: DRY breaker with a zero" => NulByte, |s| {
        let params = DryParams { multiplier: 0.8, breakers: vec!["a\0".to_owned()], ..DryParams::default() };
        Sampler::builder().dry(&s.model.vocab(), params).build().map(drop)
    };
    "SamplerBuilder::build: bias of a token that the vocabulary lacks" => TokenOutOfRange, |s| {
        let builder = Sampler::builder().infill(&s.model.vocab());
        builder.logit_bias(&[(Token(1_000_000), 1.0)]).build().map(drop)
    };
    "Grammar::new: repeated for ever" => TooLong, |s| {
        Grammar::new(&s.model.vocab(), r#"root ::= "a"{99999999999}"#).map(drop)
    };
    "Grammar::lazy: no grammar" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), " ", "root", &["a"], &[]).map(drop)
    };
    "Grammar::lazy: no symbol" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "", &["a"], &[]).map(drop)
    };
    "Grammar::with_root: zero byte in the name" => Grammar, |s| {
        Grammar::with_root(&s.model.vocab(), r#"a ::= "a""#, "a\0").map(drop)
    };
    "Grammar::with_root: a symbol that is not there" => Grammar, |s| {
        Grammar::with_root(&s.model.vocab(), r#"a ::= "a""#, "b").map(drop)
    };
    "Grammar::with_root: no symbol" => Grammar, |s| Grammar::with_root(&s.model.vocab(), r#"a ::= "a""#, "").map(drop);
    "Grammar::lazy: no trigger" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &[], &[]).map(drop)
    };
    "Grammar::lazy: too many patterns" => TooLong, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &["a"; 65], &[]).map(drop)
    };
    "Grammar::lazy: repetitions of repetitions" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &["(?:a{1000}){1000}"], &[]).map(drop)
    };
    "Grammar::lazy: back-reference" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &["(a)\\1"], &[]).map(drop)
    };
    "Grammar::lazy: look-ahead for a text that is not fixed" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &["a(?!b*c)"], &[]).map(drop)
    };
    "Sampler::sample: a trigger with which the grammar does not begin" => Grammar, |s| {
        let vocab = s.model.vocab();
        let grammar = Grammar::lazy(&vocab, r#"root ::= "a""#, "root", &["b"], &[])?;
        let mut logits = vec![0.0; vocab.len()];
        logits[vocab.tokenize_fragment("b", llama::Special::AsText)?[0].index().unwrap()] = 1.0;
        Sampler::builder().grammar(grammar).greedy().build()?.sample(&logits).map(drop)
    };
    "Grammar::lazy: pattern too long" => Grammar, |s| {
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &[&"a".repeat(10_000)], &[]).map(drop)
    };
    "Grammar::lazy: pattern too deep" => Grammar, |s| {
        let deep = ["(".repeat(100), ")".repeat(100)].concat();
        Grammar::lazy(&s.model.vocab(), r#"root ::= "a""#, "root", &[&deep], &[]).map(drop)
    };
    "Logits::log_probabilities_into: NaN" => InvalidLogits, |_| {
        Logits::from(&[f32::NAN][..]).log_probabilities_into(&mut Vec::new())
    };
    "Logits::log_probabilities_into: no logits" => InvalidLogits, |_| {
        Logits::from(&[][..]).log_probabilities_into(&mut Vec::new())
    };
    "Logits::log_sum_exp: all banned" => InvalidLogits, |_| Logits::from(&[f32::NEG_INFINITY; 4][..]).log_sum_exp().map(drop);
    "Logits::top: infinity" => InvalidLogits, |_| Logits::from(&[f32::INFINITY, 0.0][..]).top(1).map(drop);
    };
    for (what, gbnf) in GRAMMARS {
        rows.push(Row::new(format!("Grammar::new: {what}"), "Grammar", move |s| {
            Grammar::new(&s.model.vocab(), gbnf).map(drop)
        }));
    }
    rows.extend(BUILDS.iter().map(|&(what, change)| {
        Row::new(format!("SamplerBuilder::build: {what}"), "InvalidParameter", move |s| {
            change(Sampler::builder(), &s.model.vocab()).build().map(drop)
        })
    }));
    for token in BAD_TOKENS {
        rows.push(Row::new(format!("Sampler::accept: token {token}"), "TokenOutOfRange", move |s| {
            Sampler::builder().infill(&s.model.vocab()).build()?.accept(Token(token))
        }));
        rows.push(Row::new(
            format!("Logits::log_probability: token {token}"),
            "TokenOutOfRange",
            move |_| Logits::from(&[0.0, 1.0][..]).log_probability(Token(token)).map(drop),
        ));
        rows.push(Row::new(format!("Grammar::lazy: trigger {token}"), "TokenOutOfRange", move |s| {
            Grammar::lazy(&s.model.vocab(), "root ::= [a]", "root", &[], &[Token(token)]).map(drop)
        }));
    }
    // Logits that cannot be sampled from, for every way of selecting.
    for (kind, select) in SELECTS {
        for (what, logits) in LOGITS {
            rows.push(Row::new(format!("Sampler::sample: {kind}, {what}"), "InvalidLogits", move |_| {
                select(Sampler::builder()).build()?.sample(logits).map(drop)
            }));
        }
    }
    rows
}

const GRAMMARS: [(&str, &str); 11] = [
    ("empty", ""),
    ("left recursion", r#"root ::= root "a""#),
    (
        "left recursion around a corner",
        r#"root ::= a "x"
a ::= root"#,
    ),
    ("another root", r#"a ::= "b""#),
    ("no rule", "root"),
    ("open text", r#"root ::= "a"#),
    ("open class", "root ::= [a-z"),
    ("open group", r#"root ::= ("a""#),
    ("closed twice", r#"root ::= "a")"#),
    ("unknown symbol", "root ::= nowhere"),
    ("repeated backwards", r#"root ::= "a"{3,1}"#),
];

type Select = (&'static str, fn(SamplerBuilder) -> SamplerBuilder);

const SELECTS: [Select; 6] = [
    ("greedy", SamplerBuilder::greedy),
    ("dist", SamplerBuilder::dist),
    ("top-p", |b| b.top_p(0.9)),
    ("typical", |b| b.typical(0.9)),
    ("mirostat 2", |b| b.mirostat_v2(5.0, 0.1)),
    ("adaptive-p", |b| b.adaptive_p(0.5, 0.9)),
];

const LOGITS: [(&str, &[f32]); 5] = [
    ("no logits", &[]),
    ("NaN", &[1.0, f32::NAN, 2.0]),
    ("infinity", &[1.0, f32::INFINITY, 2.0]),
    ("all banned", &[f32::NEG_INFINITY; 3]),
    ("numbers too large", &[1.0, 1e38, 2.0]),
];

type Build = (&'static str, fn(SamplerBuilder, &Vocab) -> SamplerBuilder);

/// One parameter of a sampler that cannot work.
const BUILDS: &[Build] = &[
    ("top-p -0.1", |b, _| b.top_p(-0.1)),
    ("top-p NaN", |b, _| b.top_p(f32::NAN)),
    ("top-p 2", |b, _| b.top_p_min(2.0, 1)),
    ("min-p 1.1", |b, _| b.min_p(1.1)),
    ("min-p infinite", |b, _| b.min_p_min(f32::INFINITY, usize::MAX)),
    ("typical NaN", |b, _| b.typical(f32::NAN)),
    ("typical -1", |b, _| b.typical_min(-1.0, 0)),
    ("temperature -1", |b, _| b.temperature(-1.0)),
    ("temperature NaN", |b, _| b.temperature(f32::NAN)),
    ("temperature that overflows", |b, _| b.temperature(1e-30)),
    ("dynamic temperature NaN", |b, _| b.dynamic_temperature(f32::NAN, 0.1, 1.0)),
    ("dynamic temperature, range -1", |b, _| b.dynamic_temperature(1.0, -1.0, 1.0)),
    ("dynamic temperature, exponent NaN", |b, _| b.dynamic_temperature(1.0, 0.5, f32::NAN)),
    ("XTC probability 2", |b, _| b.xtc(2.0, 0.1)),
    ("XTC threshold -1", |b, _| b.xtc(0.5, -1.0)),
    ("sigma NaN", |b, _| b.top_n_sigma(f32::NAN)),
    ("mirostat m 1", |b, v| b.mirostat(v, 5.0, 0.1, 1)),
    ("mirostat m MIN", |b, v| b.mirostat(v, 5.0, 0.1, i32::MIN)),
    ("mirostat tau NaN", |b, v| b.mirostat(v, f32::NAN, 0.1, 100)),
    ("mirostat 2 tau -1", |b, _| b.mirostat_v2(-1.0, 0.1)),
    ("mirostat 2 eta infinite", |b, _| b.mirostat_v2(5.0, f32::INFINITY)),
    ("adaptive-p target 2", |b, _| b.adaptive_p(2.0, 0.9)),
    ("adaptive-p decay 1", |b, _| b.adaptive_p(0.5, 1.0)),
    ("bias NaN", |b, _| b.logit_bias(&[(Token(1), f32::NAN)])),
    ("bias infinite", |b, _| b.logit_bias(&[(Token(1), f32::INFINITY)])),
    ("penalties last_n -1", |b, _| b.penalties(PenaltyParams { last_n: -1, ..Default::default() })),
    ("penalties last_n MAX", |b, _| b.penalties(PenaltyParams { last_n: i32::MAX, ..Default::default() })),
    ("penalties repeat 0", |b, _| {
        b.penalties(PenaltyParams { repeat: 0.0, last_n: 8, ..Default::default() })
    }),
    ("penalties frequency NaN", |b, _| {
        b.penalties(PenaltyParams { frequency: f32::NAN, last_n: 8, ..Default::default() })
    }),
    ("DRY multiplier NaN", |b, v| b.dry(v, DryParams { multiplier: f32::NAN, ..Default::default() })),
    ("DRY base -1", |b, v| b.dry(v, DryParams { multiplier: 1.0, base: -1.0, ..Default::default() })),
    ("DRY length -1", |b, v| {
        b.dry(v, DryParams { multiplier: 1.0, allowed_length: -1, ..Default::default() })
    }),
    ("DRY last_n MIN", |b, v| {
        b.dry(v, DryParams { multiplier: 1.0, last_n: i32::MIN, ..Default::default() })
    }),
];

/// A sampler with a step that does this.
fn with_step(does: fn(&mut Candidates<'_>)) -> Result<Sampler, Error> {
    struct Does(fn(&mut Candidates<'_>));
    impl CustomSampler for Does {
        fn name(&self) -> &'static str {
            "does"
        }
        fn apply(&mut self, candidates: &mut Candidates<'_>) {
            (self.0)(candidates);
        }
        fn clone_box(&self) -> Box<dyn CustomSampler> {
            Box::new(Self(self.0))
        }
    }
    Sampler::builder().custom(Does(does)).build()
}

/// Samples from two logits with a step of this kind.
fn custom(does: fn(&mut Candidates<'_>)) -> Result<(), Error> {
    with_step(does)?.sample(&[0.0, 1.0][..]).map(drop)
}

/// A sampler whose own step has panicked.
fn panicked() -> Result<Sampler, Error> {
    let mut sampler = with_step(|_| panic!("on purpose"))?;
    let result = catch_unwind(AssertUnwindSafe(|| sampler.sample(&[0.0, 1.0][..])));
    assert!(result.is_err(), "the panic was swallowed");
    Ok(sampler)
}
