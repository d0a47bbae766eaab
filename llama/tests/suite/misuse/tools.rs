//! Chat formats and tools.

use super::{Row, Subjects, rows};
use crate::common::folder;
use crate::tools::TEMPLATE;
use llama::{
    ChatFormat, ChatPrompt, ChatRequest, ChatTemplate, Error, Grammar, Message, Model, Sampler, Tool,
    ToolChoice, ToolDefinition,
};
use llama_test_kit::{Arch, RandomModel, Shape};
use serde_json::{Value, json};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "ChatFormat::new: open expression" => Template, |s| ChatFormat::new("{{", &s.model.vocab()).map(drop);
    "ChatFormat::new: open block" => Template, |s| ChatFormat::new("{% for m in messages %}", &s.model.vocab()).map(drop);
    "ChatFormat::of_model: a template that does not parse" => Template, |_| {
        let path = folder().join("misuse-template.gguf");
        let model = RandomModel::new(Shape::tiny(Arch::Llama)).metadata("tokenizer.chat_template", "{{");
        model.write(&path).unwrap();
        ChatFormat::of_model(&Model::builder(path).vocab_only(true).load()?).map(drop)
    };
    "ChatFormat::render: refusal" => Template, |s| {
        let format = ChatFormat::new("{{ raise_exception('no') }}", &s.model.vocab())?;
        format.render(&ChatRequest::new([Message::user("Hi")])).map(drop)
    };
    "ChatFormat::render: a call required of no tools" => InvalidParameter, |s| {
        render(s, |request| request.tool_choice(ToolChoice::Required)).map(drop)
    };
    "ChatFormat::render: a schema and tools" => InvalidParameter, |s| {
        render(s, |request| request.tools([named("f")]).json_schema(json!({"type": "boolean"}))).map(drop)
    };
    "ChatFormat::render: a schema without end" => Template, |s| {
        render(s, |request| request.json_schema(json!({"$ref": "#"}))).map(drop)
    };
    "ChatFormat::render: a tool whose schema has no end" => Template, |s| {
        render(s, |request| request.tools([ToolDefinition::new("f", "", json!({"$ref": "#"}))])).map(drop)
    };
    "ChatPrompt::tokenize: a word too long to cut" => TooLong, |s| {
        let request = ChatRequest::new([Message::user("a".repeat(3 << 20))]);
        ChatFormat::of_model(&s.model)?.render(&request)?.tokenize().map(drop)
    };
    "ChatPrompt::parse: another format" => Reply, |s| demanding(s)?.parse("no call").map(drop);
    "ChatPrompt::parse_partial: another format" => Reply, |s| {
        // With the beginning of an answer in front there is always a part that fits.
        let format = ChatFormat::new("{{ messages[0].content }}", &s.model.vocab())?;
        let request = ChatRequest::new([Message::user("Hi")]).json_schema(json!({"type": "boolean"}));
        format.render(&request)?.parse_partial("no call").map(drop)
    };
    "ToolChat::ask: a call required of no tools" => InvalidParameter, |s| {
        chat(s)?.with_tools([]).tool_choice(ToolChoice::Required).ask("Hi").map(drop)
    };
    "ToolChat::ask: a question longer than the context" => ContextFull, |s| {
        chat(s)?.with_tools([]).ask("word ".repeat(2000)).map(drop)
    };
    "ToolChat::ask: a schema without end" => Template, |s| {
        let endless = Tool::new(ToolDefinition::new("f", "", json!({"$ref": "#"})), |_: Value| Ok(()));
        chat(s)?.with_tools([endless]).ask("Hi").map(drop)
    };
    "ToolChat::ask: beside a grammar" => InvalidParameter, |s| {
        let grammar = Grammar::new(&s.model.vocab(), "root ::= \"yes\"")?;
        let sampler = Sampler::builder().grammar(grammar).greedy().build()?;
        let template = ChatTemplate::new(TEMPLATE, &s.model.vocab())?;
        let mut chat = s.model.chat_builder().context(256).template(template).sampler(sampler).build()?;
        chat.with_tools([tool("f")]).ask("Hi").map(drop)
    };
    "ToolChat::complete: cancelled" => Cancelled, |s| {
        let token = llama::CancelToken::new();
        token.cancel();
        let mut chat = s.model.chat_builder().context(256).n_threads(1).cancel(token).build()?;
        chat.with_tools([tool("f")]).complete(Message::user("Hi")).map(drop)
    };
    };
    let long = "n".repeat(65);
    for names in [vec![""], vec!["a b"], vec!["a", "a"], vec![long.as_str()], vec!["\0"], vec!["\u{e9}"]] {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let of_render = names.clone();
        rows.push(Row::new(format!("ChatFormat::render: tools {names:?}"), "InvalidParameter", move |s| {
            render(s, |request| request.tools(of_render.iter().map(|name| named(name)))).map(drop)
        }));
        rows.push(Row::new(format!("ToolChat::ask: tools {names:?}"), "InvalidParameter", move |s| {
            chat(s)?.with_tools(names.iter().map(|name| tool(name))).ask("Hi").map(drop)
        }));
    }
    rows
}

fn named(name: &str) -> ToolDefinition {
    ToolDefinition::new(name, "", json!({"type": "object"}))
}

fn tool(name: &str) -> Tool {
    Tool::new(named(name), |_: Value| Ok(()))
}

fn render(s: &Subjects, change: impl FnOnce(ChatRequest) -> ChatRequest) -> Result<ChatPrompt, Error> {
    let format = ChatFormat::of_model(&s.model)?;
    format.render(&change(ChatRequest::new([Message::user("Hi")])))
}

/// A prompt whose answer has to be JSON.
fn demanding(s: &Subjects) -> Result<ChatPrompt, Error> {
    render(s, |request| request.json_schema(json!({"type": "boolean"})))
}

fn chat(s: &Subjects) -> Result<llama::Chat, Error> {
    s.model.chat_builder().context(256).n_threads(1).build()
}
