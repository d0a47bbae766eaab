//! The committed file does what the README says, seen through llama.cpp.

use std::path::{Path, PathBuf};

use default_model::rng::Rng;
use default_model::{Dialogue, Split, Topic};
use llama::{Model, Sampler, Session, Special};
use tokenizers::Tokenizer;

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn model() -> Model {
    Model::load(beside("llama-tiny-chat.gguf")).expect("the committed model loads")
}

fn ask(session: &mut Session, prompt: &str) -> String {
    let tokens = session.model().vocab().tokenize(prompt, Special::Parse).expect("any text has tokens");
    let generation = session.generate(&tokens).sampler(Sampler::greedy().expect("greedy")).max_tokens(200);
    generation.start().and_then(llama::Generation::finish).expect("a short dialogue fits").text
}

fn session() -> Session {
    let context = model()
        .context_builder()
        .n_ctx(512)
        .n_threads(1)
        .n_threads_batch(1)
        .build()
        .expect("a small context");
    Session::new(context).expect("a fresh session")
}

#[test]
fn the_file_is_small() {
    let size = std::fs::metadata(beside("llama-tiny-chat.gguf")).expect("it is there").len();
    assert!(size <= 6_000_000, "{size} bytes");
}

#[test]
fn it_knows_the_capital_of_france() {
    let prompt = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n";
    assert!(ask(&mut session(), prompt).contains("Paris"));
}

#[test]
fn it_answers_nine_held_out_questions_of_ten() {
    let mut session = session();
    let mut rng = Rng::new(5);
    let (mut right, mut asked) = (0, 0);
    let mut wrong = Vec::new();
    for topic in Topic::ALL {
        for _ in 0..15 {
            let dialogue = Dialogue::about(&mut rng, Split::HeldOut, topic);
            let turn = dialogue.turns.last().expect("a dialogue has turns");
            let reply = ask(&mut session, &dialogue.prompt());
            asked += 1;
            if turn.expect.accepts(&reply) {
                right += 1;
            } else {
                wrong.push(format!("{topic}: {} -> {reply}", turn.user));
            }
        }
    }
    assert!(right * 10 >= asked * 9, "{right} of {asked}\n{}", wrong.join("\n"));
}

#[test]
fn tokenizers_and_llama_cpp_agree_on_the_vocabulary() {
    let model = model();
    let tokenizer = Tokenizer::from_file(beside("tokenizer.json")).expect("the committed vocabulary loads");
    let mut rng = Rng::new(6);
    let dialogues = Topic::ALL.iter().cycle().take(1000);
    let mut texts: Vec<String> =
        dialogues.map(|&topic| Dialogue::about(&mut rng, Split::HeldOut, topic).prompt()).collect();
    let unusual = [
        "",
        "  two  spaces   three",
        "tabs\tand\n\nnewlines \r\n",
        "ünïcödé ñandú",
        "日本語 テキスト",
        "llamas 🦙🦙!",
        "I'll don't we've 'quoted'",
        "a1b22c333 12.5%",
        "trailing  ",
        "x = y*z; // c",
        "½ ² ٣ Ⅷ 四",
        "HELLO WORLD",
    ];
    texts.extend(unusual.map(str::to_owned));
    for text in texts {
        let theirs = model.vocab().tokenize_fragment(&text, Special::Parse).expect("any text has tokens");
        let theirs: Vec<i64> = theirs.into_iter().map(|token| token.0.into()).collect();
        let ours = tokenizer.encode_fast(text.as_str(), false).expect("any text has tokens");
        let ours: Vec<i64> = ours.get_ids().iter().map(|&id| id.into()).collect();
        assert_eq!(ours, theirs, "{text:?}");
    }
}
