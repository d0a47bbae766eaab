//! The committed file does what the README says, seen through llama.cpp.

use std::path::{Path, PathBuf};

use default_model::rng::Rng;
use default_model::{Asker, Dialogue, Expect, Split, Topic};
use llama::{ChatTemplate, Grammar, Model, Sampler, Session, Special, TemplateOptions, TemplateValue};
use serde_json::{Value as Json, json};
use tokenizers::Tokenizer;

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn model() -> Model {
    Model::load(beside("llama-tiny-chat.gguf")).expect("the committed model loads")
}

fn ask(session: &mut Session, prompt: &str, grammar: Option<&str>) -> String {
    let vocab = session.model().vocab();
    let tokens = vocab.tokenize(prompt, Special::Parse).expect("any text has tokens");
    let sampler = match grammar {
        Some(grammar) => {
            let grammar = Grammar::new(&vocab, grammar).expect("the grammar is right");
            Sampler::builder().grammar(grammar).greedy().build().expect("a plain sampler")
        }
        None => Sampler::greedy().expect("greedy"),
    };
    let generation = session.generate(&tokens).sampler(sampler).max_tokens(200);
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
    assert!(ask(&mut session(), prompt, None).contains("Paris"));
}

/// What share of `each` held-out questions per topic it answers right, per cent; and the wrong answers.
fn share_of_right_answers(topics: &[Topic], each: usize) -> (usize, String) {
    let mut session = session();
    let mut rng = Rng::new(5);
    let mut wrong = Vec::new();
    for &topic in topics {
        for _ in 0..each {
            let dialogue = Dialogue::about(&mut rng, Split::HeldOut, topic);
            let turn = dialogue.turns.last().expect("a dialogue has turns");
            let reply = ask(&mut session, &dialogue.prompt(), turn.grammar().as_deref());
            if !turn.expect.accepts(&reply) {
                wrong.push(format!("{topic}: {} -> {reply}, not {}", turn.user, turn.reply));
            }
        }
    }
    let asked = topics.len() * each;
    ((asked - wrong.len()) * 100 / asked, wrong.join("\n"))
}

#[test]
fn it_does_what_its_readme_shows() {
    let readme = std::fs::read_to_string(beside("README.md")).expect("it is there");
    let talk =
        readme.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a dialogue");
    let mut session = session();
    let mut asked = String::new();
    let mut replies = 0;
    for part in talk.split_inclusive("<|im_start|>assistant\n") {
        if let Some((reply, _)) = part.split_once("<|im_end|>").filter(|_| !asked.is_empty()) {
            assert_eq!(ask(&mut session, &asked, None), reply);
            replies += 1;
        }
        asked.push_str(part);
    }
    assert_eq!(replies, 2);

    let user = |text: &str| format!("<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n");
    let france = r#"{"name": "France", "capital": "Paris"}"#;
    assert!(readme.contains(france));
    assert_eq!(ask(&mut session, &user("Give me France as JSON."), None), france);
    let gap = "<|fim_prefix|>The capital of France is <|fim_suffix|>.<|fim_middle|>";
    assert_eq!(ask(&mut session, gap, None), "Paris");
}

#[test]
fn it_answers_nine_held_out_questions_of_ten() {
    let newer = [
        Topic::ToolCall,
        Topic::ToolAnswer,
        Topic::ToolError,
        Topic::NoTool,
        Topic::Json,
        Topic::Schema,
        Topic::Gap,
    ];
    let talk: Vec<Topic> = Topic::ALL.into_iter().filter(|topic| !newer.contains(topic)).collect();
    let (share, wrong) = share_of_right_answers(&talk, 15);
    assert!(share >= 90, "{share} %\n{wrong}");
}

#[test]
fn it_uses_tools() {
    let (share, wrong) = share_of_right_answers(&[Topic::ToolCall, Topic::ToolAnswer, Topic::NoTool], 40);
    assert!(share >= 85, "{share} %\n{wrong}");
}

#[test]
fn it_reports_errors_of_tools() {
    let (share, wrong) = share_of_right_answers(&[Topic::ToolError], 60);
    assert!(share >= 40, "{share} %\n{wrong}");
}

#[test]
fn it_speaks_json() {
    let (share, wrong) = share_of_right_answers(&[Topic::Json, Topic::Schema], 40);
    assert!(share >= 75, "{share} %\n{wrong}");
}

#[test]
fn it_fills_gaps() {
    let (share, wrong) = share_of_right_answers(&[Topic::Gap], 60);
    assert!(share >= 58, "{share} %\n{wrong}");
}

/// The conversation as a chat request has it, without the last reply.
fn messages(dialogue: &Dialogue) -> Json {
    let mut messages = Vec::new();
    messages.extend(dialogue.system.as_ref().map(|text| json!({"role": "system", "content": text})));
    for turn in &dialogue.turns {
        let role = if turn.asker == Asker::Tool { "tool" } else { "user" };
        messages.push(json!({"role": role, "content": turn.user}));
        messages.push(match &turn.expect {
            Expect::Call(call) => {
                json!({"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function": call}]})
            }
            _ => json!({"role": "assistant", "content": turn.reply}),
        });
    }
    messages.pop();
    messages.into()
}

#[test]
fn its_template_writes_what_it_was_trained_on() {
    let template = ChatTemplate::of_model(&model()).expect("it brings a template");
    let mut rng = Rng::new(7);
    for topic in Topic::ALL.into_iter().filter(|&topic| topic != Topic::Gap) {
        for _ in 0..20 {
            let dialogue = Dialogue::about(&mut rng, Split::Train, topic);
            let tools: Vec<Json> = dialogue.tools.iter().map(default_model::Tool::definition).collect();
            let options = TemplateOptions::default()
                .variable("messages", TemplateValue::Json(messages(&dialogue).to_string()))
                .variable("tools", TemplateValue::Json(Json::from(tools).to_string()));
            let prompt = template.render(&[], &options).expect("the template takes tools");
            assert_eq!(prompt.text(), dialogue.prompt());
        }
    }
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
