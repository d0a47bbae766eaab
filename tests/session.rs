//! Sessions on models of several architectures with random weights.

mod support;

use llama::{Error, Model, Sampler, Session, StopReason, Token};
use llama_test_kit::Arch;
use std::time::{Duration, Instant};
use support::{endless, random_model};

const GENERATIVE: [Arch; 7] =
    [Arch::Llama, Arch::Qwen2, Arch::Qwen3, Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba];

fn session(model: &Model) -> Session {
    let context = model.context_builder().n_ctx(1024).n_ubatch(64).n_threads(1);
    context.build().and_then(Session::new).expect("the session can be created")
}

/// Ordinary tokens of the kit's vocabularies, different ones for each `seed`.
fn words(count: usize, seed: usize) -> Vec<Token> {
    (0..count).filter_map(|i| i32::try_from(400 + (i * 7 + seed * 13) % 150).ok()).map(Token).collect()
}

fn generate(session: &mut Session, prompt: &[Token], count: usize) -> Result<llama::Completion, Error> {
    let sampler = endless(session.model());
    session.generate(prompt).sampler(sampler).max_tokens(count).start()?.finish()
}

#[test]
fn a_changed_prompt_gives_what_a_fresh_session_gives() -> Result<(), Error> {
    for arch in GENERATIVE {
        let model = random_model(arch);
        let mut session = session(&model);
        let first = words(150, 1);
        let answer = generate(&mut session, &first, 20)?;

        let longer: Vec<Token> = [&first[..], &answer.tokens, &words(10, 2)].concat();
        let other: Vec<Token> = [&first[..100], &words(60, 3)].concat();
        for prompt in [&longer, &other, &other, &first] {
            let ours = generate(&mut session, prompt, 20)?;
            let fresh = generate(&mut self::session(&model), prompt, 20)?;
            assert_eq!(ours.tokens, fresh.tokens, "{arch:?} with a prompt of {} tokens", prompt.len());
            assert_eq!((ours.usage.prompt, fresh.usage.reused), (prompt.len(), 0));
        }
    }
    Ok(())
}

#[test]
fn what_is_common_is_reused_where_the_memory_can_forget_the_rest() -> Result<(), Error> {
    for arch in GENERATIVE {
        let model = random_model(arch);
        let recurrent = model.is_recurrent() || model.is_hybrid();
        let mut session = session(&model);
        let first = words(150, 1);
        let answer = generate(&mut session, &first, 5)?;

        // Everything but the last token of the answer has been computed.
        let longer: Vec<Token> = [&first[..], &answer.tokens, &words(10, 2)].concat();
        assert_eq!(generate(&mut session, &longer, 5)?.usage.reused, 154, "{arch:?}");

        let branch: Vec<Token> = [&first[..100], &words(10, 3)].concat();
        let expected = if recurrent { 0 } else { 100 };
        assert_eq!(generate(&mut session, &branch, 5)?.usage.reused, expected, "{arch:?}");
    }
    Ok(())
}

#[test]
fn a_sliding_window_that_has_moved_on_is_computed_again() -> Result<(), Error> {
    for arch in [Arch::Gemma2, Arch::Gemma3] {
        let model = random_model(arch);
        let windowed = || -> Result<Session, Error> {
            let context = model.context_builder().n_ctx(1024).n_ubatch(64).n_threads(1).swa_full(false);
            Session::new(context.build()?)
        };
        let mut session = windowed()?;
        let first = words(700, 1);
        generate(&mut session, &first, 20)?;
        for kept in [100, 640, 700] {
            let branch: Vec<Token> = [&first[..kept], &words(10, 3)].concat();
            let ours = generate(&mut session, &branch, 20)?;
            let fresh = generate(&mut windowed()?, &branch, 20)?;
            assert_eq!(ours.tokens, fresh.tokens, "{arch:?} branching at {kept}");
            if kept == 100 {
                assert_eq!(ours.usage.reused, 0, "{arch:?}");
            }
            generate(&mut session, &first, 20)?;
        }
    }
    Ok(())
}

#[test]
fn pieces_are_whole_characters_and_join_to_the_text() -> Result<(), Error> {
    for arch in [Arch::Llama, Arch::Qwen2] {
        let model = random_model(arch);
        let sampler = Sampler::builder().temperature(5.0).seed(3).build()?;
        let mut session = session(&model);
        let mut generation = session.generate(&words(5, 1)).sampler(sampler).max_tokens(300).start()?;
        let mut text = String::new();
        for piece in &mut generation {
            let piece = piece?;
            assert!(!piece.is_empty());
            text.push_str(&piece);
        }
        let done = generation.finish()?;
        assert_eq!(done.text, text);
        assert!(done.tokens.len() <= 300);
    }
    Ok(())
}

#[test]
fn prompts_that_cannot_be() {
    let mut session = session(&random_model(Arch::Llama));
    assert!(matches!(session.generate(&[]).start(), Err(Error::EmptyBatch)));
    let long = words(1024, 1);
    let error = session.generate(&long).start().map(drop).expect_err("refused");
    assert_eq!(error, Error::ContextFull { needed: 1025, available: 1024 });
    let error =
        session.generate(&[Token(-1)]).start().and_then(llama::Generation::finish).expect_err("refused");
    assert!(matches!(error, Error::TokenOutOfRange { .. }), "{error:?}");
    assert!(session.tokens().is_empty());
    assert!(generate(&mut session, &long[..1023], 5).is_ok_and(|done| done.stop == StopReason::ContextFull));
}

#[test]
fn a_failed_generation_says_so_again() -> Result<(), Error> {
    let mut session = session(&random_model(Arch::Llama));
    let mut generation = session.generate(&[Token(5), Token(1 << 20)]).start()?;
    let first = generation.next().expect("an error").expect_err("refused");
    assert!(generation.next().is_none());
    assert_eq!(generation.finish().expect_err("refused"), first);
    Ok(())
}

#[test]
fn models_without_memory_have_no_sessions() -> Result<(), Error> {
    let context = random_model(Arch::Bert).context_builder().build()?;
    assert!(matches!(Session::new(context), Err(Error::NoMemory)));
    Ok(())
}

#[test]
fn a_session_gives_its_context_back() -> Result<(), Error> {
    let mut session = session(&random_model(Arch::Llama));
    generate(&mut session, &words(10, 1), 5)?;
    assert_eq!((session.tokens().len(), session.capacity()), (14, 1024));
    let mut context = session.into_context();
    assert_eq!(context.memory().pos_max(llama::SeqId(0))?, Some(13));
    Ok(())
}

#[test]
fn a_long_prompt_is_cancelled_in_the_middle() -> Result<(), Error> {
    let model = Model::load(support::slow_model_path())?;
    let context = model.context_builder().n_ctx(8192).n_ubatch(128).n_threads(1).build()?;
    let mut session = Session::new(context)?;
    let prompt = words(6000, 1);

    let start = Instant::now();
    let whole = generate(&mut session, &prompt, 1)?;
    let full_time = start.elapsed();
    assert_eq!(whole.usage.generated, 1);

    session.clear()?;
    let token = session.cancel_token();
    let delay = (full_time / 10).max(Duration::from_millis(1));
    let (cancelled, ended) = std::thread::scope(|scope| {
        let canceller = scope.spawn(move || {
            std::thread::sleep(delay);
            token.cancel();
            Instant::now()
        });
        let done = generate(&mut session, &prompt, 1);
        let ended = Instant::now();
        assert!(matches!(done, Ok(llama::Completion { stop: StopReason::Cancelled, .. })), "{done:?}");
        (canceller.join().expect("no panic"), ended)
    });
    let late = ended.saturating_duration_since(cancelled);
    assert!(late < full_time / 4, "ended {late:?} after the cancel; the whole prompt takes {full_time:?}");

    session.cancel_token().reset();
    let kept = session.tokens().len();
    assert!(kept < prompt.len());
    let again = generate(&mut session, &prompt[..1000], 10)?;
    assert_eq!(again.usage.reused, kept.min(999), "what was computed before the cancel is reused");
    let fresh = generate(
        &mut Session::new(model.context_builder().n_ctx(2048).n_threads(1).build()?)?,
        &prompt[..1000],
        10,
    )?;
    assert_eq!(again.tokens, fresh.tokens);
    Ok(())
}

#[test]
fn recurrent_models_survive_a_cancel() -> Result<(), Error> {
    for arch in [Arch::Mamba, Arch::Jamba, Arch::Gemma2] {
        let model = random_model(arch);
        let mut session = session(&model);
        generate(&mut session, &words(300, 1), 5)?;
        let token = session.cancel_token();
        let sampler = endless(&model);
        let mut generation = session.generate(&words(500, 2)).sampler(sampler).start()?;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(5));
                token.cancel();
            });
            for piece in &mut generation {
                assert!(piece.is_ok());
            }
        });
        assert_eq!(generation.finish()?.stop, StopReason::Cancelled, "{arch:?}");
        session.cancel_token().reset();
        let ours = generate(&mut session, &words(400, 2), 10)?;
        let fresh = generate(&mut self::session(&model), &words(400, 2), 10)?;
        assert_eq!(ours.tokens, fresh.tokens, "{arch:?}");
    }
    Ok(())
}
