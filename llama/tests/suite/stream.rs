//! Text as an asynchronous stream.

use crate::common::{model, question, random_shape};
use futures_executor::{block_on, block_on_stream};
use llama::{
    CancelToken, Candidates, Chat, CustomSampler, Error, Message, Model, Sampler, Session, Special,
    StopReason, Token,
};
use llama_test_kit::{Arch, Shape};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

const STORY: &str = "Tell me a story.";

fn session() -> Session {
    Session::new(model().context_builder().n_ctx(512).n_threads(1).build().unwrap()).unwrap()
}

fn chat() -> Chat {
    model().chat_builder().n_threads(1).temperature(0.0).build().unwrap()
}

/// A model for long prompts.
fn long() -> Model {
    random_shape(Shape { n_ctx: 8192, name: "stream-8192".to_owned(), ..Shape::tiny(Arch::Llama) })
}

/// Takes one token for ever and counts how often it is asked.
#[derive(Debug, Clone)]
struct Counter {
    asked: Arc<AtomicUsize>,
    token: Token,
}

impl Counter {
    fn new() -> Self {
        let word = model().vocab().tokenize("word", Special::AsText).unwrap();
        Self { asked: Arc::default(), token: *word.last().unwrap() }
    }
}

impl CustomSampler for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn apply(&mut self, candidates: &mut Candidates<'_>) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let at = candidates.iter().position(|(token, _)| token == self.token);
        candidates.select(at.unwrap_or(0));
    }

    fn clone_box(&self) -> Box<dyn CustomSampler> {
        Box::new(self.clone())
    }
}

/// Waits for what another thread does; minutes pass only where something is broken.
fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..12_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} never happens");
}

#[test]
fn the_same_text_as_without() {
    let prompt = question(STORY);
    let mut plain = session();
    let expected = plain.generate(&prompt).sampler(Sampler::greedy().unwrap()).start().unwrap();
    let expected = expected.finish().unwrap();

    let greedy = || Sampler::greedy().unwrap();
    let mut stream = session().stream(&prompt, move |story| story.sampler(greedy()).logprobs(1)).unwrap();
    let (mut text, mut tokens) = (String::new(), Vec::new());
    let (mut session, done) = block_on(async {
        while let Some(piece) = stream.next_piece().await {
            let piece = piece.unwrap();
            assert_eq!(piece.logprobs.len(), piece.tokens.len());
            text.push_str(&piece.text);
            tokens.extend(piece.tokens);
        }
        stream.finish().await
    });
    let done = done.unwrap();
    assert_eq!((&text, &tokens), (&expected.text, &expected.tokens));
    assert_eq!((&done.text, &done.tokens, &done.stop), (&expected.text, &expected.tokens, &expected.stop));
    assert_eq!(session.tokens(), plain.tokens());

    // As a plain stream of texts, of the session that came back.
    session.clear().unwrap();
    let stream = session.stream(&prompt, move |story| story.sampler(greedy())).unwrap();
    let pieces: Vec<String> = block_on_stream(stream).map(Result::unwrap).collect();
    assert!(pieces.iter().all(|piece| !piece.is_empty()));
    assert_eq!(pieces.concat(), expected.text);
}

#[test]
fn chats_stream_and_come_back() {
    let expected = chat().ask(STORY).unwrap();
    let stream = chat().stream(STORY).unwrap();
    let (chat, done) = block_on(stream.finish());
    assert_eq!(done.unwrap().text, expected);
    assert_eq!(chat.messages()[1], Message::assistant(expected.as_str()));
    let (chat, done) = block_on(chat.stream("And another one?").unwrap().finish());
    assert!(done.unwrap().usage.reused > 0, "the memory came back too");
    assert_eq!(chat.messages().len(), 4);
}

#[test]
fn the_computation_waits_for_its_reader() {
    let counter = Counter::new();
    let count = Arc::clone(&counter.asked);
    let sampler = Sampler::builder().custom(counter).build().unwrap();
    let mut stream = session().stream(&question(STORY), |story| story.sampler(sampler)).unwrap();
    let asked = || count.load(Ordering::SeqCst);
    eventually("the queue fills", || asked() >= 17);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(asked(), 17, "16 pieces wait, one waits for room");
    for _ in 0..5 {
        assert!(block_on(stream.next_piece()).unwrap().is_ok());
    }
    eventually("it goes on", || asked() >= 22);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(asked(), 22);
    let (_, done) = stream.cancel();
    assert_eq!(done.unwrap().stop, StopReason::Cancelled);
}

#[test]
fn dropping_a_stream_ends_it_and_frees_its_session() {
    let counter = Counter::new();
    let count = Arc::clone(&counter.asked);
    let sampler = Sampler::builder().custom(counter).build().unwrap();
    let mut stream = session().stream(&question(STORY), |story| story.sampler(sampler)).unwrap();
    assert!(block_on(stream.next_piece()).unwrap().is_ok());
    drop(stream);
    eventually("the worker lets go", || Arc::strong_count(&count) == 1);
    let asked = count.load(Ordering::SeqCst);
    assert!(asked <= 19, "{asked}");
}

#[test]
fn dropping_a_stream_ends_a_long_prompt_within_one_ubatch() {
    let model = long();
    let prompt = vec![Token(400); 4000];
    for give_back in [false, true] {
        let context = model.context_builder().n_ctx(8192).n_ubatch(64).n_threads(1).build().unwrap();
        let session = Session::new(context).unwrap();
        let (reached, waits) = mpsc::channel();
        let (go, gone) = mpsc::channel::<()>();
        let (report, reported) = mpsc::channel();
        let stream = session.stream(&prompt, move |story| {
            story.on_prompt(move |done, _| {
                let _ = report.send(done);
                if done == 640 {
                    reached.send(()).unwrap();
                    // Ends when the test has dropped its end.
                    let _ = gone.recv();
                }
            })
        });
        let stream = stream.unwrap();
        waits.recv().unwrap();
        if give_back {
            // Cancelling waits for the worker, so this thread lets it go first: at most one ubatch may follow.
            drop(go);
            let (mut session, done) = stream.cancel();
            assert_eq!(done.unwrap().stop, StopReason::Cancelled);
            let computed = session.tokens().len();
            let steps = reported.iter().count();
            assert_eq!(computed, 64 * steps, "whole ubatches");
            let again = session.generate(&prompt).max_tokens(3).start().unwrap().finish().unwrap();
            assert_eq!((again.usage.reused, again.stop), (computed.min(3999), StopReason::TokenLimit));
        } else {
            drop(stream);
            drop(go);
            // The channel ends when the worker is gone.
            assert_eq!(reported.iter().last(), Some(640));
        }
    }
}

#[test]
fn switches_end_a_stream() {
    let token = CancelToken::new();
    let mut session = session();
    session.set_cancel_token(token.clone()).unwrap();
    for own in [true, false] {
        let endless = Sampler::builder().custom(Counter::new()).build().unwrap();
        let mut stream = session.stream(&question(STORY), |story| story.sampler(endless)).unwrap();
        assert!(block_on(stream.next_piece()).unwrap().is_ok());
        if own {
            stream.cancel_token().cancel();
        } else {
            token.cancel();
        }
        let (back, done) = block_on(stream.finish());
        session = back;
        let done = done.unwrap();
        assert_eq!(done.stop, StopReason::Cancelled);
        assert!(!done.text.is_empty());
    }
    token.reset();
    let next = session.generate(&question(STORY)).max_tokens(3).start().unwrap().finish().unwrap();
    assert_eq!(next.stop, StopReason::TokenLimit, "the stream's own switch is gone");

    let chat = chat();
    chat.cancel_token().cancel();
    let stream = chat.stream(STORY).unwrap();
    let (back, done) = block_on(stream.finish());
    assert_ne!(done.unwrap().stop, StopReason::Cancelled, "sending takes an earlier cancel back");
    drop(back);
    // Endless, and after a few pieces it waits for its reader: it cannot end by itself before the cancel.
    let endless = Sampler::builder().custom(Counter::new()).build().unwrap();
    let chat = model().chat_builder().n_threads(1).sampler(endless).build().unwrap();
    let token = chat.cancel_token();
    let stream = chat.stream(STORY).unwrap();
    token.cancel();
    let (_, done) = block_on(stream.finish());
    assert_eq!(done.unwrap().stop, StopReason::Cancelled, "and no later one");
}

#[test]
fn a_cancel_that_comes_too_late_ends_nothing() {
    let prompt = question(STORY);
    let mut session = session();
    for give_back in [true, false] {
        let mut stream = session.stream(&prompt, |story| story.max_tokens(3)).unwrap();
        while let Some(piece) = block_on(stream.next_piece()) {
            piece.unwrap();
        }
        // The worker has ended.
        let token = stream.cancel_token();
        let (back, done) = if give_back { stream.cancel() } else { block_on(stream.finish()) };
        session = back;
        token.cancel();
        assert_eq!(done.unwrap().stop, StopReason::TokenLimit);
        let next = session.generate(&prompt).max_tokens(3).start().unwrap().finish().unwrap();
        assert_eq!((next.stop, next.usage.generated), (StopReason::TokenLimit, 3));
    }
    // The chat that comes back answers.
    let mut stream = chat().stream(STORY).unwrap();
    while block_on(stream.next_piece()).is_some() {}
    let (mut chat, _) = stream.cancel();
    assert!(chat.ask(STORY).is_ok());
}

#[test]
fn what_cannot_start_is_the_first_item() {
    let mut stream = session().stream(&[], |story| story).unwrap();
    assert_eq!(block_on(stream.next_piece()), Some(Err(Error::EmptyBatch)));
    assert_eq!(block_on(stream.next_piece()), None);
    let (mut session, done) = block_on(stream.finish());
    assert_eq!(done, Err(Error::EmptyBatch));
    assert!(session.generate(&question(STORY)).max_tokens(3).start().unwrap().finish().is_ok());

    let stream = chat().stream("word ".repeat(9000)).unwrap();
    let (chat, done) = stream.cancel();
    assert!(matches!(done, Err(Error::ContextFull { .. })), "{done:?}");
    assert!(chat.messages().is_empty());
}

#[test]
fn a_panic_of_the_worker_reaches_whoever_waits() {
    let mut stream =
        session().stream(&question(STORY), |story| story.on_prompt(|_, _| panic!("of the caller"))).unwrap();
    assert_eq!(block_on(stream.next_piece()), None);
    let panic = catch_unwind(AssertUnwindSafe(|| block_on(stream.finish()))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"of the caller"));
}
