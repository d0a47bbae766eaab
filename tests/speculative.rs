//! Speculation changes how fast a text comes, not the text.

mod support;

use llama::{
    CacheType, ChatBuilder, Completion, ContextBuilder, Draft, Error, FlashAttention, GenerationBuilder,
    Grammar, Model, PromptLookup, Sampler, Session, Special, StopReason, Token,
};
use llama_test_kit::{Arch, RandomModel, Shape, VocabKind};
use support::{default_model, endless, long_model, random_model, rounding, scratch};

/// Questions whose answers repeat parts of them, and others.
const QUESTIONS: [&str; 5] = [
    "What is the capital of France?",
    "Tell me a story.",
    "Say this again: the red fox, the red fox and the red fox.",
    "What is 12 plus 30?",
    "Hello there, hello there, hello there",
];

/// What proposes tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    Lookup,
    /// The model itself: always right with a greedy sampler.
    Itself,
    Both,
}

const ALL: [By; 3] = [By::Lookup, By::Itself, By::Both];

/// A generation apart from its prompt.
struct Setup {
    sampler: Sampler,
    max_tokens: usize,
    stop: String,
    shift: Option<usize>,
}

impl Setup {
    fn new(sampler: Result<Sampler, Error>) -> Self {
        let sampler = sampler.expect("valid parameters");
        Self { sampler, max_tokens: usize::MAX, stop: String::new(), shift: None }
    }

    fn greedy() -> Self {
        Self::new(Sampler::greedy())
    }

    fn on<'s>(&self, session: &'s mut Session, prompt: &[Token]) -> Result<GenerationBuilder<'s>, Error> {
        let sampler = self.sampler.try_clone()?;
        let builder = session.generate(prompt).sampler(sampler).max_tokens(self.max_tokens).stop(&*self.stop);
        Ok(match self.shift {
            Some(keep) => builder.shift(keep),
            None => builder,
        })
    }
}

fn speculate<'s>(builder: GenerationBuilder<'s>, by: By, model: &Model) -> GenerationBuilder<'s> {
    let eager = PromptLookup { shortest: 1, ..PromptLookup::default() };
    let draft = Draft::new(model).min_probability(0.0);
    match by {
        By::Lookup => builder.prompt_lookup(eager),
        By::Itself => builder.draft(draft),
        By::Both => builder.prompt_lookup(eager).draft(draft),
    }
}

/// The logits of random models lie close together: with the full precision of everything, steps of other lengths
/// round too little to matter.
fn exact(model: &Model, n_ctx: u32) -> ContextBuilder {
    let builder = model.context_builder().n_ctx(n_ctx).n_threads(1);
    builder.type_k(CacheType::F32).type_v(CacheType::F32).flash_attention(FlashAttention::Off)
}

fn session(model: &Model, n_ctx: u32) -> Session {
    let context = exact(model, n_ctx).build();
    context.and_then(Session::new).expect("the session can be created")
}

fn question(text: &str) -> Vec<Token> {
    let prompt = format!("<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n");
    default_model().vocab().tokenize(&prompt, Special::Parse).expect("text")
}

/// The same text for the same reason, with and without; the second is the speculative one.
fn both(
    session: &mut Session,
    prompt: &[Token],
    by: By,
    setup: &Setup,
) -> Result<(Completion, Completion), Error> {
    let plain = setup.on(session, prompt)?.logprobs(1).start()?.finish()?;
    let memory = session.tokens().to_vec();
    let model = session.model().clone();
    let fast = speculate(setup.on(session, prompt)?, by, &model).logprobs(1).start()?.finish()?;
    assert_eq!(fast.tokens, plain.tokens, "{by:?}");
    assert_eq!((&fast.text, &fast.stop), (&plain.text, &plain.stop), "{by:?}");
    assert_eq!((plain.usage.drafted, plain.usage.accepted), (0, 0));
    assert!(fast.usage.accepted <= fast.usage.drafted);
    assert_eq!(session.tokens(), memory, "refused proposals leave nothing behind");
    for (a, b) in fast.logprobs.iter().zip(&plain.logprobs) {
        assert!((a.log_probability - b.log_probability).abs() < rounding(0.02), "{by:?}: {a:?} and {b:?}");
    }
    Ok((plain, fast))
}

#[test]
fn greedy_answers_are_the_same() -> Result<(), Error> {
    let mut accepted = [0; 3];
    for (at, by) in ALL.into_iter().enumerate() {
        let mut session = session(default_model(), 1024);
        for text in QUESTIONS {
            let setup = Setup { max_tokens: 200, ..Setup::greedy() };
            let (_, fast) = both(&mut session, &question(text), by, &setup)?;
            accepted[at] += fast.usage.accepted;
            if by == By::Itself {
                // The last proposals may go beyond the end.
                assert!(fast.usage.drafted - fast.usage.accepted <= 8, "{:?}", fast.usage);
            }
        }
    }
    assert!(accepted.iter().all(|&n| n > 5), "{accepted:?}");
    Ok(())
}

#[test]
fn drawn_answers_are_the_same_for_the_same_seed() -> Result<(), Error> {
    for by in ALL {
        let mut session = session(default_model(), 1024);
        for (seed, text) in (1..).zip(QUESTIONS) {
            let sampler = Sampler::builder()
                .penalties(llama::PenaltyParams { repeat: 1.1, ..Default::default() })
                .top_k(40)
                .temperature(1.2)
                .seed(seed)
                .build();
            let setup = Setup { max_tokens: 150, ..Setup::new(sampler) };
            both(&mut session, &question(text), by, &setup)?;
        }
    }
    Ok(())
}

#[test]
fn random_models_of_every_kind() -> Result<(), Error> {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Qwen3, Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba]
    {
        let model = random_model(arch);
        let free = !model.is_recurrent() && !model.is_hybrid();
        for swa_full in [true, false] {
            let context = exact(&model, 1024).n_ubatch(64).swa_full(swa_full).build()?;
            let mut session = Session::new(context)?;
            // Long enough for a small window to move on while proposals come and go.
            let len = if swa_full { 50 } else { 300 };
            let prompt: Vec<Token> = (0..len).map(|i| Token(400 + i * 7 % 50)).collect();
            for by in if free { &ALL[..] } else { &ALL[..1] } {
                let greedy = Setup { max_tokens: 80, ..Setup::new(Ok(endless(&model))) };
                let (_, fast) = both(&mut session, &prompt, *by, &greedy)?;
                assert_eq!(fast.usage.drafted > 0, free, "{arch:?} {by:?}");
                let sampler = Sampler::builder().temperature(0.5).seed(9).build();
                let drawn = Setup { max_tokens: 80, ..Setup::new(sampler) };
                both(&mut session, &prompt, *by, &drawn)?;
            }
        }
    }
    Ok(())
}

#[test]
fn grammars_hold() -> Result<(), Error> {
    for by in ALL {
        let mut session = session(default_model(), 512);
        let rules = r#"root ::= ("the red fox, " | "one, " | "two, "){10} "end""#;
        let grammar = Grammar::new(&default_model().vocab(), rules)?;
        let setup = Setup::new(Sampler::builder().grammar(grammar).greedy().build());
        let (_, fast) = both(&mut session, &question(QUESTIONS[2]), by, &setup)?;
        assert!(fast.text.ends_with(", end"), "{}", fast.text);
        assert!(fast.usage.accepted > 0, "{by:?}: {:?}", fast.usage);
    }
    Ok(())
}

#[test]
fn every_limit_and_many_stops() -> Result<(), Error> {
    let prompt = question(QUESTIONS[1]);
    for by in ALL {
        let mut session = session(default_model(), 512);
        let whole = Setup::greedy().on(&mut session, &prompt)?.start()?.finish()?;
        for limit in 0..20 {
            let (_, fast) = both(&mut session, &prompt, by, &Setup { max_tokens: limit, ..Setup::greedy() })?;
            assert!(fast.tokens.len() <= limit);
        }
        let ends: Vec<usize> = whole.text.char_indices().map(|(at, _)| at).collect();
        for window in ends.windows(6).step_by(11) {
            let stop = &whole.text[window[0]..window[5]];
            let setup = Setup { stop: stop.to_owned(), ..Setup::greedy() };
            let (_, fast) = both(&mut session, &prompt, by, &setup)?;
            assert_eq!(fast.stop, StopReason::StopString(stop.to_owned()));
        }
    }
    Ok(())
}

#[test]
fn pieces_join_and_have_all_tokens() -> Result<(), Error> {
    let mut session = session(default_model(), 512);
    let model = default_model();
    let builder = session.generate(&question(QUESTIONS[1])).sampler(Sampler::greedy()?);
    let mut generation = speculate(builder, By::Itself, model).start()?;
    let (mut text, mut tokens, mut most) = (String::new(), Vec::new(), 0);
    while let Some(piece) = generation.next_piece() {
        let piece = piece?;
        most = most.max(piece.tokens.len());
        text.push_str(&piece.text);
        tokens.extend(piece.tokens);
    }
    let done = generation.finish()?;
    assert_eq!((text, tokens), (done.text, done.tokens));
    assert!(most > 2, "several tokens at once");
    Ok(())
}

#[test]
fn full_contexts_and_shifts() -> Result<(), Error> {
    let model = random_model(Arch::Llama);
    let prompt: Vec<Token> = (0..100).map(|i| Token(400 + i * 7 % 50)).collect();
    for by in ALL {
        let mut session = session(&model, 256);
        let mut setup = Setup::new(Ok(endless(&model)));
        let (_, fast) = both(&mut session, &prompt, by, &setup)?;
        assert_eq!((fast.stop, session.tokens().len()), (StopReason::ContextFull, 256));
        (setup.shift, setup.max_tokens) = (Some(10), 700);
        let (_, fast) = both(&mut session, &prompt, by, &setup)?;
        assert!(fast.usage.discarded > 400 && fast.usage.accepted > 0, "{:?}", fast.usage);
    }
    Ok(())
}

#[test]
fn cancelled_in_the_middle() -> Result<(), Error> {
    let model = long_model();
    let prompt: Vec<Token> = (0..3000).map(|i| Token(400 + i * 7 % 50)).collect();
    let mut session = session(&model, 8192);
    let token = session.cancel_token();
    let sampler = endless(&model);
    let mut generation =
        speculate(session.generate(&prompt), By::Both, &model).sampler(sampler.try_clone()?).start()?;
    for _ in 0..3 {
        generation.next().expect("endless")?;
    }
    token.cancel();
    assert!(generation.next().is_none());
    let done = generation.finish()?;
    assert_eq!(done.stop, StopReason::Cancelled);
    token.reset();
    let text = [&prompt[..], &done.tokens].concat();
    assert_eq!(session.tokens(), &text[..text.len() - 1]);
    both(&mut session, &text, By::Both, &Setup { max_tokens: 20, ..Setup::new(Ok(sampler)) })?;
    Ok(())
}

#[test]
fn chats_speculate_as_well() -> Result<(), Error> {
    let model = default_model();
    let answers = |setup: fn(ChatBuilder) -> ChatBuilder| -> Result<(Vec<String>, usize), Error> {
        let mut chat = setup(model.chat_builder().n_threads(1).temperature(0.0)).build()?;
        let (mut texts, mut accepted) = (Vec::new(), 0);
        for text in QUESTIONS {
            let done = chat.send(text)?.finish()?;
            texts.push(done.text);
            accepted += done.usage.accepted;
        }
        Ok((texts, accepted))
    };
    let (plain, none) = answers(|builder| builder)?;
    assert_eq!(none, 0);
    let (fast, accepted) = answers(|builder| builder.prompt_lookup(PromptLookup::default()))?;
    assert_eq!(fast, plain);
    assert!(accepted > 0);
    let (fast, accepted) = answers(|builder| builder.draft(default_model()))?;
    assert_eq!(fast, plain);
    assert!(accepted > 20, "{accepted}");
    Ok(())
}

#[test]
fn draft_models_that_do_not_fit() -> Result<(), Error> {
    let shape = |n_vocab, vocab, name: &str| -> Result<Model, Error> {
        let shape = Shape { n_vocab, vocab, name: name.to_owned(), ..Shape::tiny(Arch::Llama) };
        Model::load(RandomModel::new(shape).cached(scratch()).expect("the kit writes models"))
    };
    let mut session = session(&random_model(Arch::Llama), 512);
    let mut refused = |draft: Draft| match session.generate(&[Token(5)]).draft(draft).start() {
        Err(Error::Draft { reason }) => reason,
        other => panic!("{other:?}"),
    };
    let reason = refused(Draft::new(&shape(640, VocabKind::ByteLevel("qwen2"), "draft-bytes")?));
    assert!(reason.contains("kinds of vocabulary"), "{reason}");
    let reason = refused(Draft::new(&shape(1000, VocabKind::SentencePiece, "draft-1000")?));
    assert!(reason.contains("640 in the large model, 1000 in the small one"), "{reason}");
    let reason = refused(Draft::new(default_model()));
    assert!(reason.contains("differ"), "{reason}");
    let reason = refused(Draft::new(&random_model(Arch::Jamba)));
    assert!(reason.contains("cannot take proposals back"), "{reason}");
    let reason = refused(Draft::new(&random_model(Arch::T5)));
    assert!(reason.contains("no model that continues"), "{reason}");

    let model = session.model().clone();
    for draft in [
        Draft::new(&model).max_tokens(0),
        Draft::new(&model).min_probability(f32::NAN),
        Draft::new(&model).min_probability(1.5),
    ] {
        let error = session.generate(&[Token(5)]).draft(draft).start().map(drop).expect_err("refused");
        assert!(matches!(error, Error::InvalidParameter { name: "draft", .. }), "{error:?}");
    }
    let lookup = PromptLookup { shortest: 5, ..PromptLookup::default() };
    let error = session.generate(&[Token(5)]).prompt_lookup(lookup).start().map(drop).expect_err("refused");
    assert!(matches!(error, Error::InvalidParameter { name: "prompt lookup", .. }), "{error:?}");
    // A slightly larger vocabulary that begins with the same tokens is fine.
    let padded = shape(700, VocabKind::SentencePiece, "draft-700")?;
    let generation = session.generate(&[Token(5)]).draft(padded).max_tokens(5).sampler(endless(&model));
    assert_eq!(generation.start()?.finish()?.tokens.len(), 5);
    Ok(())
}
