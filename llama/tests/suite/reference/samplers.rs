//! Every sampler of llama.cpp on fixed random logits, against the same chain built with the C API.

use super::raw;
use crate::common::{default_path, model};
use llama::sys;
use llama::{
    Candidates, CustomSampler, DryParams, Grammar, PenaltyParams, Sampler, SamplerBuilder, Token, Vocab,
};
use llama_test_kit::Rng;
use std::ffi::CString;
use std::sync::{Arc, Mutex};

const SEED: u32 = 42;
const DRAWS: usize = 24;

type Ours = fn(SamplerBuilder, &Vocab) -> SamplerBuilder;
type Theirs = fn(*const sys::llama_vocab) -> Vec<*mut sys::llama_sampler>;

/// A sampler by the safe crate, and by the C API. What selects comes last.
struct Case {
    name: &'static str,
    ours: Ours,
    theirs: Theirs,
}

macro_rules! cases {
    ($($name:literal: $ours:expr, $vocab:ident => [$($c:ident($($arg:expr),*)),*];)*) => {
        &[$(Case {
            name: $name,
            ours: $ours,
            theirs: |$vocab| {
                let _ = $vocab;
                // SAFETY: plain numbers; the vocabulary is alive.
                vec![$(unsafe { sys::$c($($arg),*) }),*]
            },
        }),*]
    };
}

const CASES: &[Case] = cases! {
    "dist": |b, _| b, v => [llama_sampler_init_dist(SEED)];
    "greedy": |b, _| b.greedy(), v => [llama_sampler_init_greedy()];
    "top-k 1": |b, _| b.top_k(1), v => [llama_sampler_init_top_k(1), llama_sampler_init_dist(SEED)];
    "top-k 40": |b, _| b.top_k(40), v => [llama_sampler_init_top_k(40), llama_sampler_init_dist(SEED)];
    "top-k 0": |b, _| b.top_k(0), v => [llama_sampler_init_top_k(0), llama_sampler_init_dist(SEED)];
    "top-k -1": |b, _| b.top_k(-1), v => [llama_sampler_init_top_k(-1), llama_sampler_init_dist(SEED)];
    "top-p 0": |b, _| b.top_p(0.0), v => [llama_sampler_init_top_p(0.0, 1), llama_sampler_init_dist(SEED)];
    "top-p 0.5": |b, _| b.top_p(0.5), v => [llama_sampler_init_top_p(0.5, 1), llama_sampler_init_dist(SEED)];
    "top-p 0.95, 20 kept": |b, _| b.top_p_min(0.95, 20), v => [
        llama_sampler_init_top_p(0.95, 20), llama_sampler_init_dist(SEED)
    ];
    "top-p 1": |b, _| b.top_p(1.0), v => [llama_sampler_init_top_p(1.0, 1), llama_sampler_init_dist(SEED)];
    "min-p 0.05": |b, _| b.min_p(0.05), v => [llama_sampler_init_min_p(0.05, 1), llama_sampler_init_dist(SEED)];
    "min-p 0.5, 9 kept": |b, _| b.min_p_min(0.5, 9), v => [
        llama_sampler_init_min_p(0.5, 9), llama_sampler_init_dist(SEED)
    ];
    "typical 0.2": |b, _| b.typical(0.2), v => [
        llama_sampler_init_typical(0.2, 1), llama_sampler_init_dist(SEED)
    ];
    "typical 0.9, 5 kept": |b, _| b.typical_min(0.9, 5), v => [
        llama_sampler_init_typical(0.9, 5), llama_sampler_init_dist(SEED)
    ];
    "temperature 0": |b, _| b.temperature(0.0), v => [
        llama_sampler_init_temp(0.0), llama_sampler_init_dist(SEED)
    ];
    "temperature 0.3": |b, _| b.temperature(0.3), v => [
        llama_sampler_init_temp(0.3), llama_sampler_init_dist(SEED)
    ];
    "temperature 2": |b, _| b.temperature(2.0), v => [
        llama_sampler_init_temp(2.0), llama_sampler_init_dist(SEED)
    ];
    "dynamic temperature": |b, _| b.dynamic_temperature(0.8, 0.3, 1.5), v => [
        llama_sampler_init_temp_ext(0.8, 0.3, 1.5), llama_sampler_init_dist(SEED)
    ];
    "XTC": |b, _| b.xtc(0.5, 0.01), v => [
        llama_sampler_init_xtc(0.5, 0.01, 1, SEED), llama_sampler_init_dist(SEED)
    ];
    "XTC always": |b, _| b.xtc(1.0, 0.05), v => [
        llama_sampler_init_xtc(1.0, 0.05, 1, SEED), llama_sampler_init_dist(SEED)
    ];
    "sigma 1": |b, _| b.top_n_sigma(1.0), v => [
        llama_sampler_init_top_n_sigma(1.0), llama_sampler_init_dist(SEED)
    ];
    "sigma -1": |b, _| b.top_n_sigma(-1.0), v => [
        llama_sampler_init_top_n_sigma(-1.0), llama_sampler_init_dist(SEED)
    ];
    "penalties": |b, _| {
        b.penalties(PenaltyParams { last_n: 64, repeat: 1.3, frequency: 0.2, presence: 0.1 })
    }, v => [
        llama_sampler_init_penalties(sys::llama_vocab_n_tokens(v), 64, 1.3, 0.2, 0.1), llama_sampler_init_dist(SEED)
    ];
    "penalties, short": |b, _| {
        b.penalties(PenaltyParams { last_n: 2, repeat: 1.0, frequency: 0.0, presence: 2.0 })
    }, v => [
        llama_sampler_init_penalties(sys::llama_vocab_n_tokens(v), 2, 1.0, 0.0, 2.0), llama_sampler_init_dist(SEED)
    ];
    "mirostat": |b, v| b.mirostat(v, 5.0, 0.1, 100), v => [
        llama_sampler_init_mirostat(sys::llama_vocab_n_tokens(v), SEED, 5.0, 0.1, 100)
    ];
    "mirostat, small tau": |b, v| b.mirostat(v, 1.0, 0.5, 10), v => [
        llama_sampler_init_mirostat(sys::llama_vocab_n_tokens(v), SEED, 1.0, 0.5, 10)
    ];
    "mirostat 2": |b, _| b.mirostat_v2(5.0, 0.1), v => [llama_sampler_init_mirostat_v2(SEED, 5.0, 0.1)];
    "mirostat 2, small tau": |b, _| b.mirostat_v2(0.5, 0.9), v => [llama_sampler_init_mirostat_v2(SEED, 0.5, 0.9)];
    "adaptive-p": |b, _| b.min_p(0.01).adaptive_p(0.4, 0.9), v => [
        llama_sampler_init_min_p(0.01, 1), llama_sampler_init_adaptive_p(0.4, 0.9, SEED)
    ];
    "infill": |b, v| b.top_k(60).infill(v), v => [
        llama_sampler_init_top_k(60), llama_sampler_init_infill(v), llama_sampler_init_dist(SEED)
    ];
    "a usual chain": |b, _| b.top_k(40).top_p(0.95).min_p(0.05).temperature(0.8), v => [
        llama_sampler_init_top_k(40), llama_sampler_init_top_p(0.95, 1), llama_sampler_init_min_p(0.05, 1),
        llama_sampler_init_temp(0.8), llama_sampler_init_dist(SEED)
    ];
    "everything": |b, _| {
        b.penalties(PenaltyParams { last_n: 16, repeat: 1.1, frequency: 0.0, presence: 0.0 })
            .top_n_sigma(3.0).top_k(100).typical(0.99).top_p(0.97).min_p(0.01).xtc(0.3, 0.1)
            .dynamic_temperature(0.9, 0.2, 1.0)
    }, v => [
        llama_sampler_init_penalties(sys::llama_vocab_n_tokens(v), 16, 1.1, 0.0, 0.0),
        llama_sampler_init_top_n_sigma(3.0), llama_sampler_init_top_k(100), llama_sampler_init_typical(0.99, 1),
        llama_sampler_init_top_p(0.97, 1), llama_sampler_init_min_p(0.01, 1),
        llama_sampler_init_xtc(0.3, 0.1, 1, SEED), llama_sampler_init_temp_ext(0.9, 0.2, 1.0),
        llama_sampler_init_dist(SEED)
    ];
};

/// The samplers whose parameters are lists or texts.
fn with_lists() -> [Case; 3] {
    [
        Case {
            name: "bias",
            ours: |b, _| b.logit_bias(&[(Token(3), -5.0), (Token(9), 4.0)]),
            theirs: |vocab| {
                let biases = [(3, -5.0), (9, 4.0)].map(|(token, bias)| sys::llama_logit_bias { token, bias });
                // SAFETY: the vocabulary is alive.
                let n_vocab = unsafe { sys::llama_vocab_n_tokens(vocab) };
                // SAFETY: two biases, which are copied.
                let bias = unsafe { sys::llama_sampler_init_logit_bias(n_vocab, 2, biases.as_ptr()) };
                // SAFETY: a plain number.
                vec![bias, unsafe { sys::llama_sampler_init_dist(SEED) }]
            },
        },
        Case {
            name: "DRY",
            ours: |b, v| {
                let breakers = vec!["\n".to_owned()];
                b.dry(v, DryParams { multiplier: 2.0, base: 1.5, allowed_length: 1, last_n: 64, breakers })
            },
            theirs: |vocab| {
                let breaker = c"\n".as_ptr();
                // SAFETY: the vocabulary is alive; one breaker, which is copied.
                let dry =
                    unsafe { sys::llama_sampler_init_dry(vocab, 2.0, 1.5, 1, 64, [breaker].as_mut_ptr(), 1) };
                // SAFETY: a plain number.
                vec![dry, unsafe { sys::llama_sampler_init_dist(SEED) }]
            },
        },
        Case {
            name: "grammar",
            ours: |b, v| b.grammar(Grammar::new(v, GRAMMAR).unwrap()),
            theirs: |vocab| {
                let (grammar, root) = (CString::new(GRAMMAR).unwrap(), c"root".as_ptr());
                // SAFETY: the vocabulary is alive, both texts are terminated.
                let grammar = unsafe { sys::llama_sampler_init_grammar(vocab, grammar.as_ptr(), root) };
                // SAFETY: a plain number.
                vec![grammar, unsafe { sys::llama_sampler_init_dist(SEED) }]
            },
        },
    ]
}

/// Never complete within the draws, so that no end is drawn.
const GRAMMAR: &str = "root ::= [a-z ]{200,400}";

/// What is left of the candidates: token and bits of the logit.
type Left = Vec<(i32, u32)>;

/// Notes what the steps before it left.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Left>>>);

impl CustomSampler for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        let left = candidates.iter().map(|(token, logit)| (token.0, logit.to_bits())).collect();
        self.0.lock().unwrap().push(left);
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

/// Logits of each draw, the same for both sides.
fn draws(n_vocab: usize) -> Vec<Vec<f32>> {
    let mut rng = Rng::new(7);
    (0..DRAWS).map(|_| (0..n_vocab).map(|_| rng.normal() * 2.5).collect()).collect()
}

fn ours(case: &Case, vocab: &Vocab, draws: &[Vec<f32>]) -> (Vec<Token>, Vec<Left>) {
    let notes = Notes::default();
    let builder = (case.ours)(Sampler::builder(), vocab).custom(notes.clone()).seed(SEED);
    let mut sampler = builder.build().unwrap();
    let tokens = draws.iter().map(|logits| sampler.sample(logits).unwrap()).collect();
    (tokens, std::mem::take(&mut *notes.0.lock().unwrap()))
}

fn theirs(case: &Case, vocab: *const sys::llama_vocab, draws: &[Vec<f32>]) -> (Vec<Token>, Vec<Left>) {
    let samplers = (case.theirs)(vocab);
    let (mut tokens, mut noted) = (Vec::new(), Vec::new());
    for logits in draws {
        let mut data: Vec<_> =
            (0..).zip(logits).map(|(id, &logit)| sys::llama_token_data { id, logit, p: 0.0 }).collect();
        let mut list = sys::llama_token_data_array {
            data: data.as_mut_ptr(),
            size: data.len(),
            selected: -1,
            sorted: false,
        };
        for (index, &sampler) in samplers.iter().enumerate() {
            if index + 1 == samplers.len() {
                let size = list.size;
                noted.push(data[..size].iter().map(|c| (c.id, c.logit.to_bits())).collect());
                list.data = data.as_mut_ptr();
            }
            // SAFETY: the sampler is alive, the list describes `data`.
            unsafe { sys::llama_sampler_apply(sampler, &raw mut list) };
        }
        let token = data[usize::try_from(list.selected).unwrap()].id;
        for &sampler in &samplers {
            // SAFETY: the sampler is alive.
            unsafe { sys::llama_sampler_accept(sampler, token) };
        }
        tokens.push(Token(token));
    }
    for sampler in samplers {
        // SAFETY: made above, freed once.
        unsafe { sys::llama_sampler_free(sampler) };
    }
    (tokens, noted)
}

/// Without candidates that are banned, which the safe crate removes at once.
fn allowed(left: &Left) -> Left {
    left.iter().copied().filter(|&(_, logit)| f32::from_bits(logit) != f32::NEG_INFINITY).collect()
}

#[test]
fn every_sampler_leaves_and_draws_the_same() {
    let (model, reference) = (model(), raw::Model::load(&default_path()));
    let draws = draws(model.n_vocab());
    for case in CASES.iter().chain(&with_lists()) {
        let (our_tokens, our_lists) = ours(case, &model.vocab(), &draws);
        let (their_tokens, their_lists) = theirs(case, reference.vocab(), &draws);
        assert_eq!(our_tokens, their_tokens, "{}", case.name);
        assert_eq!(our_lists.len(), DRAWS, "{}", case.name);
        for (draw, (ours, theirs)) in our_lists.iter().zip(&their_lists).enumerate() {
            assert_eq!(allowed(ours), allowed(theirs), "{}, draw {draw}", case.name);
        }
    }
}
