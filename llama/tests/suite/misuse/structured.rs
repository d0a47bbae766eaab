//! Replies of a given form, and decisions.

use super::{Row, rows};
use crate::common::random;
use llama::{Chat, Choice, ChoiceOption, Error, Format, Grammar, Sampler, Token};
use llama_test_kit::Arch;

pub(super) fn rows() -> Vec<Row> {
    #[allow(unused_mut, reason = "features add rows")]
    let mut rows = rows! {
    "Format::compile: bad GBNF" => Grammar, |s| Format::grammar("root ::= (").compile(&s.model.vocab()).map(drop);
    "Format::compile: no texts" => InvalidParameter, |s| Format::choice(&[""; 0]).compile(&s.model.vocab()).map(drop);
    "Format::compile: an empty text" => InvalidParameter, |s| Format::choice(&["a", ""]).compile(&s.model.vocab()).map(drop);
    "Format::compile: a grammar that is too long" => TooLong, |s| {
        Format::grammar("#".repeat(5 << 20)).compile(&s.model.vocab()).map(drop)
    };
    "GenerationBuilder::start: bad grammar" => Grammar, |s| {
        s.session.generate(&[Token(5)]).grammar("root ::= missing").start().map(drop)
    };
    "GenerationBuilder::start: sampler of another model, and a form" => InvalidParameter, |s| {
        let sampler = Sampler::builder().infill(&random(Arch::Llama).vocab()).build()?;
        s.session.generate(&[Token(5)]).sampler(sampler).choice(&["a"]).start().map(drop)
    };
    "Generation::finish: cut by a limit" => Incomplete, |s| {
        s.session.generate(&[Token(5)]).grammar("root ::= [a-z]{200}").max_tokens(1).start()?.finish().map(drop)
    };
    "Sampler::set_grammar: of another model" => InvalidParameter, |s| {
        let mut sampler = Sampler::builder().infill(&s.model.vocab()).build()?;
        sampler.set_grammar(Some(Grammar::new(&random(Arch::Llama).vocab(), "root ::= \"a\"")?)).map(drop)
    };
    "Chat::send_as: bad grammar" => Grammar, |s| chat(s)?.send_as("Hi", &Format::grammar("root ::= (")).map(drop);
    "Chat::send_as: a message longer than the context" => ContextFull, |s| {
        chat(s)?.send_as("llama ".repeat(2_000), &yes_or_no()).map(drop)
    };
    "Chat::ask_as: no texts" => InvalidParameter, |s| chat(s)?.ask_as("Hi", &Format::choice(&[""; 0])).map(drop);
    "Chat::ask_as: cut by a limit" => Incomplete, |s| {
        let form = Format::grammar("root ::= [a-z]{200}");
        s.model.chat_builder().context(256).n_threads(1).max_tokens(2).build()?.ask_as("Hi", &form).map(drop)
    };
    "Chat::ask_as: cancelled" => Cancelled, |s| {
        let token = llama::CancelToken::new();
        token.cancel();
        let mut chat = s.model.chat_builder().context(256).n_threads(1).cancel(token).build()?;
        chat.ask_as("Hi", &yes_or_no()).map(drop)
    };
    "Chat::decide: options that cannot be told apart" => InvalidParameter, |s| chat(s)?.decide::<Twins>("Hi").map(drop);
    "Chat::decide_among: no options" => InvalidParameter, |s| chat(s)?.decide_among("Hi", &[""; 0]).map(drop);
    "Chat::decide_among: an empty option" => InvalidParameter, |s| chat(s)?.decide_among("Hi", &["a", ""]).map(drop);
    "Chat::decide_among: too many options" => TooLong, |s| {
        let options: Vec<String> = (0..1025).map(|n| n.to_string()).collect();
        chat(s)?.decide_among("Hi", &options).map(drop)
    };
    "Chat::decide_from: an option longer than the context" => ContextFull, |s| {
        chat(s)?.decide_from("Hi", vec![ChoiceOption::new(1, "llama ".repeat(2_000)), ChoiceOption::new(2, "b")]).map(drop)
    };
    "Chat::yes_no: a text longer than the context" => ContextFull, |s| chat(s)?.yes_no("llama ".repeat(2_000)).map(drop);
    "Chat::score: an empty range" => InvalidParameter, |s| {
        let (low, high) = (2, 1);
        chat(s)?.score("Hi", low..=high).map(drop)
    };
    "Chat::score: every number" => TooLong, |s| chat(s)?.score("Hi", i32::MIN..=i32::MAX).map(drop);
    "Model::decide: only a vocabulary" => VocabOnly, |s| s.vocab_only.decide::<Twins>("Hi").map(drop);
    "Model::decide_among: an empty option" => InvalidParameter, |s| s.model.decide_among("Hi", &["", "b"]).map(drop);
    "Model::yes_no: an encoder" => NoMemory, |_| random(Arch::Bert).yes_no("Hi").map(drop);
    "Model::score: every number" => TooLong, |s| s.model.score("Hi", i32::MIN..=i32::MAX).map(drop);
    };
    #[cfg(feature = "structured")]
    rows.extend(rows! {
    "Format::compile: a schema that is no JSON" => Schema, |s| Format::json_schema("{").compile(&s.model.vocab()).map(drop);
    "Format::compile: an unknown keyword" => Schema, |s| {
        Format::json_schema(r#"{"type": "string", "contains": {}}"#).compile(&s.model.vocab()).map(drop)
    };
    "Chat::ask_for: cut by a limit" => Incomplete, |s| {
        let mut chat = s.model.chat_builder().context(256).n_threads(1).max_tokens(1).build()?;
        chat.ask_for::<Vec<u64>>("Hi").map(drop)
    };
    });
    #[cfg(feature = "llguidance")]
    rows.extend(rows! {
    "Grammar::guided_json: no JSON" => Schema, |s| Grammar::guided_json(&s.model.vocab(), "{").map(drop);
    "Grammar::guided_json: an unknown keyword" => Grammar, |s| {
        Grammar::guided_json(&s.model.vocab(), r#"{"type": "strange"}"#).map(drop)
    };
    "Grammar::guided_lark: no Lark" => Grammar, |s| Grammar::guided_lark(&s.model.vocab(), "start: (").map(drop);
    "Grammar::guided_lark: too long" => TooLong, |s| {
        Grammar::guided_lark(&s.model.vocab(), &" ".repeat(5 << 20)).map(drop)
    };
    "Grammar::guided_regex: an open group" => Grammar, |s| Grammar::guided_regex(&s.model.vocab(), "(").map(drop);
    });
    rows
}

fn chat(subjects: &super::subjects::Subjects) -> Result<Chat, Error> {
    subjects.model.chat_builder().context(256).n_threads(1).build()
}

fn yes_or_no() -> Format {
    Format::choice(&["yes", "no"])
}

/// Two options of one text.
#[derive(Debug, Clone, PartialEq)]
struct Twins;

impl Choice for Twins {
    fn options() -> Vec<ChoiceOption<Self>> {
        vec![ChoiceOption::new(Self, "same"), ChoiceOption::new(Self, "same")]
    }
}
