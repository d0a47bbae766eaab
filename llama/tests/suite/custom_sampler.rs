//! Samplers written in Rust, and chains looked at and rearranged.

use crate::common::{context, model, question};
use llama::{Candidates, CustomSampler, Error, Grammar, PenaltyParams, Sampler, Session, Token};
use std::panic::{AssertUnwindSafe, catch_unwind};

const LOGITS: [f32; 5] = [0.5, 3.0, 2.0, -1.0, 1.0];

type Deed = fn(&mut Candidates<'_>);

/// Does whatever a function says.
#[derive(Clone)]
struct Does(Deed);

impl CustomSampler for Does {
    fn name(&self) -> &'static str {
        "does"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        (self.0)(candidates);
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

/// Bans every token that was accepted.
#[derive(Clone, Default)]
struct Once {
    seen: Vec<Token>,
}

impl CustomSampler for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        candidates.map_logits(
            |token, logit| {
                if self.seen.contains(&token) { f32::NEG_INFINITY } else { logit }
            },
        );
    }

    fn accept(&mut self, token: Token) {
        self.seen.push(token);
    }

    fn reset(&mut self) {
        self.seen.clear();
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

fn tokens(sampler: &mut Sampler, n: usize) -> Vec<i32> {
    (0..n).map(|_| sampler.sample(&LOGITS[..]).unwrap().0).collect()
}

#[test]
fn state_is_kept_cloned_and_reset() {
    let mut sampler = Sampler::builder().top_k(0).custom(Once::default()).greedy().build().unwrap();
    assert_eq!(tokens(&mut sampler, 2), [1, 2]);
    let mut copy = sampler.try_clone().unwrap();
    assert_eq!(tokens(&mut sampler, 3), [4, 0, 3]);
    assert_eq!(tokens(&mut copy, 3), [4, 0, 3], "a copy has the state of its moment");
    let error = sampler.sample(&LOGITS[..]).unwrap_err();
    assert!(matches!(&error, Error::CustomSampler { name, .. } if name == "once"), "{error}");
    sampler.reset().unwrap();
    assert_eq!(tokens(&mut sampler, 2), [1, 2]);
    sampler.accept(Token(4)).unwrap();
    assert_eq!(tokens(&mut sampler, 1), [0], "tokens of the prompt are seen, too");
}

#[test]
fn the_place_matters() {
    let ban_best = Does(|c| {
        c.sort();
        c.set_logit(0, f32::NEG_INFINITY);
    });
    // Behind top-k 1 nothing is left, in front of it the second is taken.
    let mut before = Sampler::builder().custom(ban_best.clone()).top_k(1).greedy().build().unwrap();
    assert_eq!(tokens(&mut before, 1), [2]);
    let mut behind = Sampler::builder().top_k(1).custom(ban_best).greedy().build().unwrap();
    assert!(matches!(behind.sample(&LOGITS[..]), Err(Error::CustomSampler { .. })));
    assert_eq!(before.names().unwrap(), ["does", "top-k", "greedy"]);
}

#[test]
fn what_llama_cpp_leaves_is_what_comes() {
    let check = Does(|c| {
        assert_eq!((c.len(), c.is_sorted()), (3, true));
        assert_eq!(c.iter().map(|(token, _)| token.0).collect::<Vec<_>>(), [1, 2, 4]);
        c.softmax();
        assert!(c.probability(0) > c.probability(1));
        c.retain(|token, _| token != Token(1));
    });
    let mut sampler = Sampler::builder().top_k(3).custom(check).temperature(0.5).greedy().build().unwrap();
    assert_eq!(tokens(&mut sampler, 2), [2, 2]);
}

#[test]
fn it_may_select() {
    let third = Does(|c| c.select(3));
    let never = Does(|_| panic!("a step behind the choice was asked"));
    let mut sampler = Sampler::builder().custom(third).custom(never).build().unwrap();
    assert_eq!(tokens(&mut sampler, 1), [3]);
}

#[test]
fn bad_results_are_errors_and_leave_it_usable() {
    let cases: [(&str, Deed); 9] = [
        ("NaN", |c| c.set_logit(0, f32::NAN)),
        ("infinity", |c| c.set_logit(0, f32::INFINITY)),
        ("far too large", |c| c.map_logits(|_, _| 1e30)),
        ("nothing left", |c| c.truncate(0)),
        ("all banned", |c| c.map_logits(|_, _| f32::NEG_INFINITY)),
        ("all refused", |c| c.retain(|_, _| false)),
        ("index out of range", |c| c.set_logit(5, 0.0)),
        ("choice out of range", |c| c.select(usize::MAX)),
        ("banned choice", |c| {
            c.set_logit(1, f32::NEG_INFINITY);
            c.select(1);
        }),
    ];
    for (what, does) in cases {
        let mut sampler = Sampler::builder().custom(Does(does)).top_p(0.9).seed(1).build().unwrap();
        for _ in 0..2 {
            let error = sampler.sample(&LOGITS[..]).unwrap_err();
            assert!(matches!(&error, Error::CustomSampler { name, .. } if name == "does"), "{what}: {error}");
        }
        sampler.remove_step(0).unwrap();
        sampler.sample(&LOGITS[..]).unwrap();
    }
}

/// Panics where it is told to.
struct Panics(&'static str);

impl CustomSampler for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn apply(&mut self, _: &mut Candidates<'_>) {
        assert_ne!(self.0, "apply");
    }

    fn accept(&mut self, _: Token) {
        assert_ne!(self.0, "accept");
    }

    fn reset(&mut self) {
        assert_ne!(self.0, "reset");
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        assert_ne!(self.0, "clone");
        Box::new(Self(self.0))
    }
}

#[test]
fn panics_reach_the_caller_and_poison() {
    for place in ["apply", "accept", "reset"] {
        let mut sampler = Sampler::builder().top_k(3).custom(Panics(place)).greedy().build().unwrap();
        let result = catch_unwind(AssertUnwindSafe(|| match place {
            "reset" => sampler.reset(),
            _ => sampler.sample(&LOGITS[..]).map(drop),
        }));
        assert!(result.is_err(), "{place}");
        for error in [
            sampler.sample(&LOGITS[..]).unwrap_err(),
            sampler.accept(Token(1)).unwrap_err(),
            sampler.reset().unwrap_err(),
            sampler.reset_step(0).unwrap_err(),
            sampler.try_clone().map(drop).unwrap_err(),
        ] {
            assert!(matches!(&error, Error::Poisoned { cause } if cause.contains("panicked")), "{error}");
        }
    }
    let sampler = Sampler::builder().custom(Panics("clone")).build().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| sampler.try_clone())).is_err());
}

#[test]
fn chains_are_inspected_and_rearranged() {
    let vocab = model().vocab();
    let mut sampler = Sampler::builder()
        .logit_bias(&[(Token(3), 1.0)])
        .grammar(Grammar::new(&vocab, "root ::= [a-z]+").unwrap())
        .penalties(PenaltyParams { repeat: 1.5, ..PenaltyParams::default() })
        .xtc(0.1, 0.1)
        .custom(Once::default())
        .top_k(10)
        .seed(42)
        .build()
        .unwrap();
    let names = ["logit-bias", "grammar", "penalties", "xtc", "once", "top-k", "dist"];
    assert_eq!(sampler.names().unwrap(), names);
    assert_eq!(sampler.len(), 7);
    assert_eq!(sampler.seeds().unwrap(), [None, None, None, None, None, None, Some(42)]);
    assert_eq!(sampler.seed().unwrap(), Some(42));

    sampler.move_step(5, 2).unwrap();
    let moved = ["logit-bias", "grammar", "top-k", "penalties", "xtc", "once", "dist"];
    assert_eq!(sampler.names().unwrap(), moved);
    for (from, to) in [(0, 2), (1, 2), (2, 0), (6, 2), (2, 6), (2, 7), (99, 2)] {
        assert!(matches!(sampler.move_step(from, to), Err(Error::InvalidParameter { .. })), "{from} {to}");
    }
    assert!(matches!(sampler.remove_step(6), Err(Error::InvalidParameter { .. })));
    assert!(matches!(sampler.remove_step(7), Err(Error::InvalidParameter { .. })));
    assert!(matches!(sampler.reset_step(usize::MAX), Err(Error::InvalidParameter { .. })));
    for index in 0..7 {
        sampler.reset_step(index).unwrap();
    }
    for _ in 0..2 {
        sampler.remove_step(0).unwrap();
    }
    assert_eq!(sampler.names().unwrap(), &moved[2..]);
}

#[test]
fn one_step_is_reset_alone() {
    let mut sampler =
        Sampler::builder().custom(Once::default()).custom(Once::default()).greedy().build().unwrap();
    assert_eq!(tokens(&mut sampler, 2), [1, 2]);
    sampler.reset_step(0).unwrap();
    assert_eq!(tokens(&mut sampler, 1), [4], "the other one still remembers");
    sampler.reset_step(1).unwrap();
    assert_eq!(tokens(&mut sampler, 1), [1], "the first one only saw 4");
}

#[test]
fn a_generation_that_a_panic_left_in_the_middle_says_so() {
    let prompt = question("Tell me a story.");
    let mut session = Session::new(context(&model())).unwrap();
    for in_prompt in [true, false] {
        let place = if in_prompt { "nowhere" } else { "apply" };
        let sampler = Sampler::builder().custom(Panics(place)).greedy().build().unwrap();
        let story = session.generate(&prompt).sampler(sampler).max_tokens(5);
        let mut story = story.on_prompt(move |_, _| assert!(!in_prompt)).start().unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| story.next_piece())).is_err(), "{place}");
        let error = story.by_ref().find_map(Result::err);
        assert!(matches!(error, Some(Error::Poisoned { .. })), "{error:?}");
        assert_eq!(story.next_piece(), None);
        assert!(matches!(story.finish(), Err(Error::Poisoned { .. })));
        // The session has not suffered.
        let next =
            session.generate(&prompt).sampler(Sampler::greedy().unwrap()).max_tokens(5).start().unwrap();
        assert_eq!(next.finish().unwrap().usage.generated, 5);
    }
}
