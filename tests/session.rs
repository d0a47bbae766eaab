//! Sessions on models of several architectures with random weights.

mod support;

use llama::{
    CacheType, Completion, Error, Model, Sampler, SeqId, Session, State, StateError, StopReason, Token,
};
use llama_test_kit::{Arch, Rng};
use std::sync::mpsc;
use std::time::Duration;
use support::{endless, long_model, random_model, scratch};

const GENERATIVE: [Arch; 7] =
    [Arch::Llama, Arch::Qwen2, Arch::Qwen3, Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba];

fn session(model: &Model) -> Session {
    let context = model.context_builder().n_ctx(1024).n_ubatch(64).n_threads(1);
    context.build().and_then(Session::new).expect("the session can be created")
}

/// Models whose memory cannot go back to any point.
const FORGETFUL: [Arch; 4] = [Arch::Mamba, Arch::Jamba, Arch::Gemma2, Arch::Gemma3];

/// A session whose sliding window, if there is one, really forgets.
fn forgetful(model: &Model) -> Session {
    let context = model.context_builder().n_ctx(1024).n_ubatch(64).n_threads(1).swa_full(false);
    context.build().and_then(Session::new).expect("the session can be created")
}

/// The same tokens with about the same probabilities: what differs is the rounding of steps of other lengths.
fn assert_same(ours: &Completion, fresh: &Completion, what: &str) {
    assert_eq!(ours.tokens, fresh.tokens, "{what}");
    assert_eq!(ours.logprobs.len(), fresh.logprobs.len(), "{what}");
    for (a, b) in ours.logprobs.iter().zip(&fresh.logprobs) {
        let off = (a.log_probability - b.log_probability).abs();
        assert!(off < 0.02, "{what}: {} and {}", a.log_probability, b.log_probability);
    }
}

/// Ordinary tokens of the kit's vocabularies, different ones for each `seed`.
fn words(count: usize, seed: usize) -> Vec<Token> {
    (0..count).filter_map(|i| i32::try_from(400 + (i * 7 + seed * 13) % 150).ok()).map(Token).collect()
}

fn generate(session: &mut Session, prompt: &[Token], count: usize) -> Result<llama::Completion, Error> {
    let sampler = endless(session.model());
    session.generate(prompt).sampler(sampler).max_tokens(count).logprobs(1).start()?.finish()
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
fn a_long_prompt_is_cancelled_within_one_ubatch() -> Result<(), Error> {
    const UBATCH: usize = 64;
    let model = long_model();
    let context = || model.context_builder().n_ctx(8192).n_ubatch(64).n_threads(1).build();
    let mut session = Session::new(context()?)?;
    let prompt = words(6000, 1);
    let token = session.cancel_token();

    // At the tenth ubatch another thread is told to cancel, at the twentieth its answer is waited for.
    let (ask, asked) = mpsc::channel();
    let (answer, answered) = mpsc::channel();
    let (report, reported) = mpsc::channel();
    let (switch, seen) = (token.clone(), token.clone());
    let canceller = std::thread::spawn(move || {
        asked.recv().expect("the prompt is long enough");
        switch.cancel();
        answer.send(()).expect("somebody waits");
    });
    let generation = session.generate(&prompt).sampler(endless(&model)).on_prompt(move |done, total| {
        assert_eq!(total, 6000);
        // Before anything else: was this ubatch finished with the switch on?
        report.send((done, seen.is_cancelled())).expect("the test listens");
        if done == 10 * UBATCH {
            ask.send(()).expect("the other thread listens");
        }
        if done == 20 * UBATCH {
            answered.recv().expect("the other thread answers");
        }
    });
    let done = generation.start()?.finish()?;
    canceller.join().expect("no panic");
    assert_eq!((done.stop, done.usage.generated), (StopReason::Cancelled, 0));
    let steps: Vec<(usize, bool)> = reported.try_iter().collect();
    assert!(steps.len() >= 10 && steps.iter().filter(|(_, late)| *late).count() <= 1, "{steps:?}");
    let kept = session.tokens().len();
    assert_eq!(Some(kept), steps.last().map(|&(done, _)| done), "what was finished stays");

    assert_eq!(generate(&mut session, &prompt, 1)?.stop, StopReason::Cancelled, "the switch is still on");
    token.reset();
    let again = generate(&mut session, &prompt[..1000], 10)?;
    assert_eq!(again.usage.reused, kept.min(999), "what was computed before the cancel is reused");
    let fresh = generate(&mut Session::new(context()?)?, &prompt[..1000], 10)?;
    assert_same(&again, &fresh, "after a cancel");
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

#[test]
fn forgetful_memories_go_back_to_checkpoints() -> Result<(), Error> {
    for arch in FORGETFUL {
        let model = random_model(arch);
        let mut session = forgetful(&model);
        let check = |session: &mut Session, prompt: &[Token], reused: usize| -> Result<(), Error> {
            let ours = generate(session, prompt, 300)?;
            let fresh = generate(&mut forgetful(&model), prompt, 300)?;
            let what = format!("{arch:?} with a prompt of {}", prompt.len());
            assert_eq!((ours.usage.reused, fresh.usage.reused), (reused, 0), "{what}");
            assert_same(&ours, &fresh, &what);
            Ok(())
        };
        let question = words(600, 1);
        let other = |at: usize, seed| [&question[..at], &words(20, seed)].concat();
        check(&mut session, &question, 0)?;
        check(&mut session, &question, 599)?;
        check(&mut session, &other(600, 2), 599)?;
        check(&mut session, &other(590, 3), 0)?;
        check(&mut session, &other(590, 4), 590)?;
        check(&mut session, &other(595, 5), 590)?;
        check(&mut session, &other(595, 6), 590)?;
        check(&mut session, &other(595, 7), 595)?;
        check(&mut session, &other(10, 8), 0)?;
    }
    Ok(())
}

#[test]
fn checkpoints_are_bounded() -> Result<(), Error> {
    let model = random_model(Arch::Mamba);
    let mut session = session(&model);
    for len in (50..600).step_by(50) {
        generate(&mut session, &words(len, 1), 2)?;
    }
    assert_eq!(session.checkpoints(), 8);
    let size = session.context().model().n_embd();
    assert!(size > 0);
    session.set_checkpoint_limits(3, u64::MAX);
    assert_eq!(session.checkpoints(), 3);
    // Each is larger than a byte.
    session.set_checkpoint_limits(3, 1);
    assert_eq!(session.checkpoints(), 0);
    session.set_checkpoint_limits(0, u64::MAX);
    generate(&mut session, &words(300, 2), 2)?;
    session.checkpoint()?;
    assert_eq!(session.checkpoints(), 0);
    let again = generate(&mut session, &words(300, 2), 2)?;
    assert_eq!(again.usage.reused, 0, "nothing to go back to");

    let mut free = self::session(&random_model(Arch::Llama));
    generate(&mut free, &words(300, 2), 2)?;
    free.checkpoint()?;
    assert_eq!(free.checkpoints(), 0, "memories that roll back need none");
    Ok(())
}

#[test]
fn rewinding_is_exact_on_every_memory() -> Result<(), Error> {
    for arch in GENERATIVE {
        let model = random_model(arch);
        let free = !FORGETFUL.contains(&arch);
        let mut session = forgetful(&model);
        let prompt = words(500, 1);
        let answer = generate(&mut session, &prompt, 100)?;
        let text = [&prompt[..], &answer.tokens[..99]].concat();
        assert_eq!(session.tokens(), text);
        session.checkpoint()?;
        generate(&mut session, &[&text[..], &words(300, 2)].concat(), 5)?;

        assert_eq!(session.rewind(5000)?, 0);
        assert_eq!(session.rewind(text.len())?, 0, "{arch:?} goes back to the checkpoint");
        assert_eq!(session.tokens(), text);
        let computed = session.rewind(520)?;
        assert!(computed == 0 || !free, "{arch:?} computed {computed}");
        assert_eq!(session.tokens(), &text[..520]);
        assert_eq!(session.rewind(200)? == 0, free, "{arch:?}");
        assert_eq!(session.tokens(), &text[..200]);

        let next = [&text[..200], &words(30, 3)].concat();
        let ours = generate(&mut session, &next, 20)?;
        assert_eq!(ours.usage.reused, 200, "{arch:?}");
        assert_same(&ours, &generate(&mut forgetful(&model), &next, 20)?, &format!("{arch:?}"));
        session.rewind(0)?;
        assert!(session.tokens().is_empty());
    }
    Ok(())
}

#[test]
fn forks_go_their_own_ways() -> Result<(), Error> {
    for arch in GENERATIVE {
        let model = random_model(arch);
        let mut session = session(&model);
        assert!(session.fork()?.tokens().is_empty());
        generate(&mut session, &words(300, 1), 10)?;
        let text = session.tokens().to_vec();
        let mut fork = session.fork()?;
        assert_eq!(fork.tokens(), session.tokens());
        let branch = |seed| [&text[..], &words(40, seed)].concat();
        let (ours, theirs) = std::thread::scope(|scope| {
            let theirs = scope.spawn(|| generate(&mut fork, &branch(2), 20));
            (generate(&mut session, &branch(3), 20), theirs.join().expect("no panic"))
        });
        for (done, seed) in [(theirs?, 2), (ours?, 3)] {
            assert_eq!(done.usage.reused, 309, "{arch:?}");
            let fresh = generate(&mut self::session(&model), &branch(seed), 20)?;
            assert_same(&done, &fresh, &format!("{arch:?} {seed}"));
        }
        // A copy of a sliding window is no longer all of the past; then there are checkpoints here as well.
        let back = [&branch(2)[..], &words(10, 4)].concat();
        let reused = generate(&mut fork, &back, 5)?.usage.reused;
        assert!(reused == 349 || reused == 348, "{arch:?} reused {reused}");
        fork.cancel_token().cancel();
        assert!(!session.cancel_token().is_cancelled());
    }
    Ok(())
}

#[test]
fn sessions_come_back_from_files() -> Result<(), Error> {
    for arch in GENERATIVE {
        let model = random_model(arch);
        let file = scratch().join(format!("{arch:?}.session"));
        let mut session = forgetful(&model);
        let text = words(300, 1);
        let answer = generate(&mut session, &text, 10)?;
        session.save(&file)?;

        let mut later = forgetful(&model);
        generate(&mut later, &words(50, 9), 5)?;
        later.restore(&file)?;
        assert_eq!(later.tokens(), session.tokens());
        let next = [&text[..], &answer.tokens, &words(5, 2)].concat();
        let ours = generate(&mut later, &next, 20)?;
        assert_eq!(ours.usage.reused, 309, "{arch:?}");
        assert_same(&ours, &generate(&mut forgetful(&model), &next, 20)?, &format!("{arch:?}"));
    }
    Ok(())
}

#[test]
fn empty_sessions_come_back_from_files() -> Result<(), Error> {
    for arch in GENERATIVE {
        let model = random_model(arch);
        let file = scratch().join(format!("{arch:?}.empty.session"));
        forgetful(&model).save(&file)?;
        let mut later = forgetful(&model);
        generate(&mut later, &words(50, 9), 5)?;
        later.restore(&file)?;
        assert!(later.tokens().is_empty(), "{arch:?}");
        let ours = generate(&mut later, &words(50, 1), 20)?;
        assert_eq!(ours.usage.reused, 0, "{arch:?}");
        assert_same(&ours, &generate(&mut forgetful(&model), &words(50, 1), 20)?, &format!("{arch:?}"));
    }
    Ok(())
}

#[test]
fn wrong_session_files_are_refused_with_a_reason() -> Result<(), Error> {
    fn refused(session: &mut Session, state: &State) -> StateError {
        let before = session.tokens().to_vec();
        let Err(Error::State(error)) = session.restore_state(state) else { panic!("accepted") };
        assert_eq!(session.tokens(), before, "nothing is lost");
        error
    }
    let model = random_model(Arch::Llama);
    let mut session = session(&model);
    generate(&mut session, &words(600, 1), 3)?;
    let state = session.state()?;

    let mut other = self::session(&random_model(Arch::Qwen3));
    generate(&mut other, &words(10, 1), 3)?;
    assert!(matches!(refused(&mut other, &state), StateError::OtherModel { .. }));
    let cache = model.context_builder().n_ctx(1024).type_k(CacheType::F32).n_threads(1).build()?;
    let error = refused(&mut Session::new(cache)?, &state);
    assert!(matches!(error, StateError::OtherParameter { name: "type_k", .. }), "{error}");
    let small = model.context_builder().n_ctx(512).n_threads(1).build()?;
    let error = refused(&mut Session::new(small)?, &state);
    assert_eq!(error, StateError::TooLarge { needed: 602, available: 512 });

    // States that no session has saved.
    let mut context = model.context_builder().n_ctx(1024).n_threads(1).build()?;
    context.restore_sequence(&state, SeqId(0))?;
    let nameless = context.save_sequence(SeqId(0), &[])?;
    assert!(matches!(refused(&mut session, &nameless), StateError::Malformed { .. }));
    let wrong = context.save_sequence(SeqId(0), &words(10, 1))?;
    let Err(Error::State(StateError::Malformed { problem })) = session.restore_state(&wrong) else {
        panic!("accepted")
    };
    assert_eq!(problem, "it has 10 tokens, but its last position is 601");
    assert!(session.tokens().is_empty());
    generate(&mut session, &words(20, 1), 3)?;

    // A part of a state, which would go on top of another past.
    let mut recurrent = self::session(&random_model(Arch::Mamba));
    generate(&mut recurrent, &words(20, 1), 3)?;
    let tokens = recurrent.tokens().to_vec();
    let mut context = random_model(Arch::Mamba).context_builder().n_ctx(1024).n_threads(1).build()?;
    context.restore_sequence(&recurrent.state()?, SeqId(0))?;
    for part in [context.save_sequence_partial(SeqId(0), &tokens)?, context.save_state(&tokens)?] {
        assert!(matches!(refused(&mut recurrent, &part), StateError::OtherKind { .. }));
    }

    let mut bytes = state.to_bytes()?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let file = scratch().join("damaged.session");
    std::fs::write(&file, &bytes).expect("written");
    assert_eq!(session.restore(&file), Err(Error::State(StateError::Corrupted)));
    assert!(matches!(session.restore(scratch().join("nowhere")), Err(Error::Io { .. })));
    assert_eq!(session.tokens().len(), 22, "still there");
    Ok(())
}

#[test]
fn generations_go_on_beyond_the_context() -> Result<(), Error> {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Qwen3, Arch::Gemma2, Arch::Gemma3] {
        let model = random_model(arch);
        let mut session = Session::new(model.context_builder().n_ctx(256).n_threads(1).build()?)?;
        let prompt = words(100, 1);
        let generation = session.generate(&prompt).sampler(endless(&model)).max_tokens(1500).shift(20);
        let done = generation.start()?.finish()?;
        assert_eq!((done.stop, done.tokens.len()), (StopReason::TokenLimit, 1500), "{arch:?}");
        // Of 236 tokens 118 go each time.
        assert!(done.usage.discarded >= 1300 && done.usage.discarded % 118 == 0, "{:?}", done.usage);
        let text = [&prompt[..], &done.tokens[..1499]].concat();
        let tail = &text[20 + done.usage.discarded..];
        assert_eq!(session.tokens(), [&text[..20], tail].concat(), "{arch:?} keeps the first and the last");
        let end = session.tokens().len() - 1;
        let text = session.tokens().to_vec();
        let next = generate(&mut session, &[&text[..], &words(3, 2)].concat(), 1)?;
        assert_eq!(next.usage.reused, end + 1, "{arch:?}");
        let mut context = session.into_context();
        let end = i32::try_from(end + 3).expect("small");
        assert_eq!(context.memory().pos_max(SeqId(0))?, Some(end), "positions are without gaps");
    }
    Ok(())
}

#[test]
fn what_stays_after_a_shift_is_what_was_computed() -> Result<(), Error> {
    // One layer: what a token leaves in memory depends on itself and its position only, so a shifted memory must
    // be that of the text without the forgotten part.
    let model = support::shallow_model();
    let mut session = session(&model);
    let text = words(200, 1);
    generate(&mut session, &text, 1)?;
    session.shift(30, 100)?;
    assert!(matches!(session.state(), Err(Error::State(StateError::EditPending))));
    assert!(matches!(session.fork(), Err(Error::State(StateError::EditPending))));
    let short = [&text[..30], &text[130..], &words(5, 2)].concat();
    let ours = generate(&mut session, &short, 30)?;
    assert_eq!(ours.usage.reused, 100);
    assert_same(&ours, &generate(&mut self::session(&model), &short, 30)?, "shifted");
    Ok(())
}

#[test]
fn shifts_that_cannot_be() -> Result<(), Error> {
    for arch in FORGETFUL {
        let model = random_model(arch);
        let mut session = forgetful(&model);
        let error = session.generate(&words(5, 1)).shift(1).start().map(drop).expect_err("refused");
        assert!(matches!(error, Error::Memory { .. }), "{arch:?}: {error:?}");
        generate(&mut session, &words(50, 1), 5)?;
        assert!(matches!(session.shift(1, 5), Err(Error::Memory { .. })));
        assert_eq!(session.tokens().len(), 54);
    }
    let mut session = session(&random_model(Arch::Llama));
    generate(&mut session, &words(50, 1), 5)?;
    for (keep, discard) in [(55, 0), (50, 5), (0, 55), (usize::MAX, 1), (1, usize::MAX)] {
        assert!(
            matches!(session.shift(keep, discard), Err(Error::InvalidParameter { .. })),
            "{keep} {discard}"
        );
    }
    session.shift(54, 0)?;
    for keep in [1023, usize::MAX] {
        let error = session.generate(&words(5, 1)).shift(keep).start().map(drop).expect_err("refused");
        let reason = format!("keeping {keep} of 1024 tokens leaves nothing to discard");
        assert_eq!(error, Error::InvalidParameter { name: "shift", reason });
    }
    assert_eq!(session.tokens().len(), 54);
    Ok(())
}

#[test]
fn logprobs_are_those_of_the_model() -> Result<(), Error> {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Mamba] {
        let model = random_model(arch);
        let prompt = words(40, 1);
        // Biases, temperature and filters change what is chosen, not what is told.
        let sampler =
            Sampler::builder().logit_bias(&[(Token(450), 5.0)]).top_k(10).temperature(3.0).seed(5).build()?;
        let mut session = session(&model);
        let mut generation = session.generate(&prompt).sampler(sampler).max_tokens(12).logprobs(4).start()?;
        let mut pieces = Vec::new();
        while let Some(piece) = generation.next_piece() {
            pieces.push(piece?);
        }
        let done = generation.finish()?;
        let joined: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(joined, done.text);
        assert_eq!(pieces.iter().flat_map(|piece| piece.tokens.clone()).collect::<Vec<_>>(), done.tokens);
        let told: Vec<_> = pieces.iter().flat_map(|piece| piece.logprobs.clone()).collect();
        assert_eq!((told.len(), &told), (done.tokens.len(), &done.logprobs));

        let mut context = model.context_builder().n_ctx(256).n_threads(1).build()?;
        for (at, told) in done.logprobs.iter().enumerate() {
            context.memory().clear(false)?;
            let mut batch = llama::Batch::new();
            let text = [&prompt[..], &done.tokens[..at]].concat();
            batch.extend(SeqId(0), 0, &text).logits_for_last();
            let output = context.decode(&batch)?;
            let logits = output.logits_last()?;
            assert_eq!(told.token, done.tokens[at]);
            let expected = logits.log_probability(told.token)?;
            assert!((told.log_probability - expected).abs() < 0.02, "{arch:?} {at}");
            assert_eq!(told.top.len(), 4);
            for (ours, theirs) in told.top.iter().zip(logits.top(4)?) {
                assert!((ours.log_probability - theirs.log_probability).abs() < 0.02, "{arch:?} {at}");
            }
        }
        let none =
            session.generate(&prompt).sampler(endless(&model)).max_tokens(5).logprobs(0).start()?.finish()?;
        assert!(none.logprobs.len() == 5 && none.logprobs.iter().all(|token| token.top.is_empty()));
        let off = session.generate(&prompt).sampler(endless(&model)).max_tokens(5).start()?.finish()?;
        assert!(off.logprobs.is_empty());
    }
    Ok(())
}

#[test]
fn any_order_of_operations_gives_what_a_fresh_session_gives() -> Result<(), Error> {
    for (seed, arch) in (1..).zip(GENERATIVE) {
        let model = random_model(arch);
        let mut rng = Rng::new(seed);
        let mut below = |n: usize| rng.below(u32::try_from(n).expect("small")) as usize;
        let mut session = forgetful(&model);
        let mut saved: Vec<State> = Vec::new();
        let mut story = Vec::new();
        for step in 0..25 {
            let len = session.tokens().len();
            match below(8) {
                0 => story.push(format!("rewind {}", session.rewind(below(len + 1))?)),
                1 => session.checkpoint()?,
                2 => session = session.fork()?,
                3 if len > 0 => saved.push(session.state()?),
                4 if !saved.is_empty() => session.restore_state(&saved[below(saved.len())])?,
                5 => session.set_checkpoint_limits(below(4), u64::MAX),
                _ => {
                    // A beginning of what is there, or all of it, and something new.
                    let keep = if below(3) == 0 { len } else { below(len + 1) }.min(700);
                    let prompt = [&session.tokens()[..keep], &words(1 + below(150), step)].concat();
                    let ours = generate(&mut session, &prompt, 5)?;
                    let fresh = generate(&mut forgetful(&model), &prompt, 5)?;
                    story.push(format!("{} of {}", ours.usage.reused, prompt.len()));
                    assert_same(&ours, &fresh, &format!("{arch:?}, step {step}: {story:?}"));
                }
            }
            let end = session.tokens().len().checked_sub(1).and_then(|end| i32::try_from(end).ok());
            let mut copy = session.fork()?.into_context();
            assert_eq!(copy.memory().pos_max(SeqId(0))?, end, "{arch:?}, step {step}");
        }
    }
    Ok(())
}

#[test]
fn forks_compute_as_their_context_does() -> Result<(), Error> {
    let model = random_model(Arch::Llama);
    let directions: Vec<f32> = (0..model.n_embd()).map(|i| if i % 3 == 0 { 0.5 } else { -0.2 }).collect();
    let mut context = model.context_builder().n_ctx(1024).n_ubatch(64).n_threads(1).build()?;
    context.set_control_vector(&directions, ..)?;
    context.set_n_threads(2, 2)?;
    let mut steered = Session::new(context)?;
    let prompt = words(50, 1);
    generate(&mut steered, &prompt, 5)?;
    let mut fork = steered.fork()?;
    assert_eq!((fork.context().n_threads(), fork.context().n_ubatch()), (2, 64));
    let next = words(60, 2);
    let (ours, theirs) = (generate(&mut steered, &next, 20)?, generate(&mut fork, &next, 20)?);
    assert_same(&theirs, &ours, "both are steered");
    let plain = generate(&mut session(&model), &next, 20)?;
    assert_ne!(plain.logprobs, ours.logprobs, "which makes a difference");
    Ok(())
}
