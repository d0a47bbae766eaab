//! Templates of real models, rendered as Hugging Face's transformers renders them.
//!
//! `LLAMA_TEST_TEMPLATES` names a folder of templates, `LLAMA_TEST_PYTHON` a Python with jinja2.

use crate::common::model;
use llama::{ChatFormat, ChatRequest, Message, ParsedMessage, Special, ToolCall, ToolDefinition, Vocab};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(crate) fn templates() -> Option<Vec<(String, String)>> {
    let folder = PathBuf::from(std::env::var_os("LLAMA_TEST_TEMPLATES")?);
    let mut list: Vec<(String, String)> = std::fs::read_dir(&folder)
        .expect("LLAMA_TEST_TEMPLATES is a folder")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jinja"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    list.sort();
    assert!(!list.is_empty(), "{} has no templates", folder.display());
    Some(list)
}

pub(crate) fn weather() -> ToolDefinition {
    let parameters = json!({
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Name of the city"}},
        "required": ["city"],
    });
    ToolDefinition::new("weather", "Current weather", parameters)
}

pub(crate) fn conversations() -> Vec<(&'static str, Vec<Message>, Vec<ToolDefinition>)> {
    let call = ToolCall::new("weather", r#"{"city": "Lima"}"#).with_id("abc123456");
    let asked = Message::assistant("").with_tool_calls([call.clone()]);
    let answer = Message::tool(&call, r#"{"rain": false, "wind": "léger"}"#);
    let system = Message::system("You are terse.");
    let question = Message::user("Do I need an umbrella in Lima? <b>\"Yes\"</b> & 🦙");
    let all = [system.clone(), question.clone(), asked.clone(), answer.clone()];
    let done = [Message::assistant("No, it is dry."), Message::user("And tomorrow?")];
    vec![
        ("question", vec![question.clone()], vec![]),
        ("system", vec![system.clone(), question.clone()], vec![]),
        (
            "turns",
            vec![system.clone(), question.clone(), Message::assistant("No."), Message::user("Sure?")],
            vec![],
        ),
        ("tools", vec![system.clone(), question.clone()], vec![weather()]),
        ("call", all.to_vec(), vec![weather()]),
        ("after a call", all.iter().chain(&done).cloned().collect(), vec![weather()]),
        (
            "reasoning",
            vec![
                question,
                asked.with_reasoning("I have to look this up."),
                answer,
                Message::assistant("No.").with_reasoning("It is dry."),
                Message::user("Thanks"),
            ],
            vec![weather()],
        ),
    ]
}

/// The variables that transformers would pass.
fn variables(messages: &[Message], tools: &[ToolDefinition], vocab: &Vocab) -> Value {
    let text = |token: Option<llama::Token>| {
        token.map_or(String::new(), |token| vocab.detokenize(&[token], Special::Parse).unwrap())
    };
    let call = |call: &ToolCall| {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
        json!({"type": "function", "function": {"name": call.name, "arguments": arguments}, "id": call.id})
    };
    let message = |m: &Message| {
        let mut out = json!({"role": m.role, "content": m.content});
        if !m.reasoning.is_empty() {
            out["reasoning_content"] = m.reasoning.clone().into();
        }
        if !m.tool_calls.is_empty() {
            out["tool_calls"] = m.tool_calls.iter().map(call).collect();
        }
        if m.role == "tool" {
            out["name"] = m.tool_name.clone().into();
            out["tool_call_id"] = m.tool_call_id.clone().into();
        }
        out
    };
    let tool = |t: &ToolDefinition| {
        let function = json!({"name": t.name, "description": t.description, "parameters": t.parameters});
        json!({"type": "function", "function": function})
    };
    let mut out = json!({
        "messages": messages.iter().map(message).collect::<Vec<_>>(),
        "bos_token": text(vocab.bos()),
        "eos_token": text(vocab.eos()),
        "add_generation_prompt": true,
        "enable_thinking": true,
        "date_string": "26 Jul 2024",
    });
    if !tools.is_empty() {
        out["tools"] = tools.iter().map(tool).collect();
    }
    out
}

fn reference(jobs: &Value) -> Option<Vec<Value>> {
    let python = std::env::var_os("LLAMA_TEST_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/reference/render_template.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("LLAMA_TEST_PYTHON names an interpreter");
    child.stdin.take().unwrap().write_all(jobs.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "the reference failed; does that Python have jinja2?");
    Some(serde_json::from_slice(&out.stdout).unwrap())
}

#[test]
fn real_templates_render_like_the_reference() {
    let Some(templates) = templates() else {
        println!("skipped: LLAMA_TEST_TEMPLATES is not set");
        return;
    };
    let vocab = model().vocab();
    let cases: Vec<_> = templates
        .iter()
        .flat_map(|template| conversations().into_iter().map(move |c| (template, c)))
        .collect();
    let jobs = cases.iter().map(|((_, source), (_, messages, tools))| {
        json!({"template": source, "variables": variables(messages, tools, &vocab)})
    });
    let expected = reference(&jobs.collect());
    if expected.is_none() {
        println!("skipped: the comparison, LLAMA_TEST_PYTHON is not set");
    }
    let mut wrong = Vec::new();
    for (i, ((name, source), (what, messages, tools))) in cases.into_iter().enumerate() {
        let format = ChatFormat::new(source, &vocab).unwrap();
        let request = ChatRequest::new(messages).tools(tools).variable("date_string", "26 Jul 2024");
        let prompt = format.render(&request).unwrap_or_else(|error| panic!("{name}, {what}: {error}"));
        assert!(!prompt.tokenize().unwrap().is_empty());
        let Some(expected) = &expected else { continue };
        let expected =
            expected[i]["text"].as_str().unwrap_or_else(|| panic!("{name}, {what}: {}", expected[i]));
        let text = prompt.prompt().text();
        if text != expected {
            wrong.push(format!("{name}, {what}:\n{text}\n--- expected\n{expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

/// A call of the weather tool as a model of each family writes it, with thoughts where there are `Some`.
const CALLS: &[(&str, Option<&str>, &str)] = &[
    (
        "Qwen-Qwen3",
        Some("hm"),
        "<think>\nhm\n</think>\n\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Lima\"}}\n</tool_call>",
    ),
    (
        "Qwen3-Coder",
        None,
        "<tool_call>\n<function=weather>\n<parameter=city>\nLima\n</parameter>\n</function>\n</tool_call>",
    ),
    (
        "GLM-4.6",
        Some("hm"),
        "<think>hm</think>\n<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Lima</arg_value>\n</tool_call>",
    ),
    (
        "Hermes",
        None,
        "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Lima\"}}\n</tool_call>",
    ),
    (
        "DeepSeek",
        Some("hm"),
        "hm</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Lima\"}\
         <｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    (
        "gpt-oss",
        Some("hm"),
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.weather \
         <|constrain|>json<|message|>{\"city\": \"Lima\"}",
    ),
    (
        "granite",
        None,
        "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Lima\"}}\n</tool_call>",
    ),
    ("Llama-3.1-8B-Instruct", None, "{\"name\": \"weather\", \"parameters\": {\"city\": \"Lima\"}}"),
    (
        "Mistral-Nemo",
        None,
        "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\": \"Lima\"}, \"id\": \"abc123456\"}]",
    ),
    ("LFM2", None, "<|tool_call_start|>[weather(city=\"Lima\")]<|tool_call_end|>"),
    (
        "gemma-4",
        Some("hm"),
        "<|channel>thought\nhm<channel|><|tool_call>call:weather{city:<|\"|>Lima<|\"|>}<tool_call|>",
    ),
];

/// Families whose calls llama.cpp does not understand, and why.
const UNKNOWN: &[(&str, &str)] = &[("SmolLM3", "the template takes tools as `xml_tools`, not `tools`")];

/// What has to come before a plain answer.
const OPENINGS: &[(&str, &str)] = &[("gpt-oss", "<|channel|>final<|message|>")];

#[test]
fn calls_of_every_family_are_understood_in_full_and_in_part() {
    let Some(templates) = templates() else {
        println!("skipped: LLAMA_TEST_TEMPLATES is not set");
        return;
    };
    let vocab = model().vocab();
    let mut wrong = Vec::new();
    for (name, source) in &templates {
        if let Some((_, why)) = UNKNOWN.iter().find(|(part, _)| name.contains(part)) {
            println!("{name}: {why}");
            continue;
        }
        let (_, reasoning, text) = CALLS
            .iter()
            .find(|(part, ..)| name.contains(part))
            .unwrap_or_else(|| panic!("no call in the format of {name}"));
        let format = ChatFormat::new(source, &vocab).unwrap();
        let request = ChatRequest::new([Message::user("Rain?")]).tools([weather()]);
        let prompt = format.render(&request).unwrap();
        let message = match prompt.parse(text) {
            Ok(message) => message,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let arguments = |call: &ToolCall| serde_json::from_str::<Value>(&call.arguments).ok();
        let call = message.tool_calls.first().map(|call| (call.name.clone(), arguments(call)));
        if call != Some(("weather".to_owned(), Some(json!({"city": "Lima"})))) {
            wrong.push(format!("{name}: {message:?}"));
        }
        if reasoning.is_some_and(|reasoning| message.reasoning.trim() != reasoning) {
            wrong.push(format!("{name}: {message:?}"));
        }
        let mut before = String::new();
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            match prompt.parse_partial(&text[..end]) {
                Ok(part) => {
                    let now = part.tool_calls.first().map(|call| call.arguments.clone()).unwrap_or_default();
                    if !now.starts_with(&before) {
                        wrong.push(format!("{name}: {:?} took {before:?} back to {now:?}", &text[..end]));
                    }
                    before = now;
                }
                Err(error) => wrong.push(format!("{name}: {:?}: {error}", &text[..end])),
            }
        }
        let opening = OPENINGS.iter().find(|(part, _)| name.contains(part)).map_or("", |(_, text)| text);
        let plain = prompt.parse_partial(&format!("{opening}No rain at all")).unwrap();
        if plain.content + &plain.reasoning != "No rain at all" {
            wrong.push(format!("{name}: plain text"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is new in each part of a reply only adds to what was there before, wherever the model is cut.
#[test]
fn nothing_of_a_reply_is_taken_back() {
    let Some(templates) = templates() else {
        println!("skipped: LLAMA_TEST_TEMPLATES is not set");
        return;
    };
    let vocab = model().vocab();
    let mut wrong = Vec::new();
    for (name, source) in &templates {
        let format = ChatFormat::new(source, &vocab).unwrap();
        let request = ChatRequest::new([Message::user("Rain?")]).tools([weather()]).parallel_tool_calls(true);
        let prompt = format.render(&request).unwrap();
        let call = CALLS.iter().find(|(part, ..)| name.contains(part)).map_or("", |(.., text)| text);
        let opening = OPENINGS.iter().find(|(part, _)| name.contains(part)).map_or("", |(_, text)| text);
        for text in [
            call.to_owned(),
            format!("Let me see. {call}"),
            format!("{call}\n{call}"),
            format!("{call} And then?"),
            format!("{opening}A < b, {{\"a\": [1]}} and [x]<tool"),
            "<think>never ends".to_owned(),
            "<think>a</think>b<think>c".to_owned(),
            "a</think>b".to_owned(),
            format!("{opening}\n\n  spaces  \n\n"),
        ] {
            let ends = (0..=text.len()).filter(|&end| text.is_char_boundary(end));
            let parts = ends.filter_map(|end| prompt.parse_partial(&text[..end]).ok());
            let mut told = ParsedMessage::default();
            for now in parts.chain(prompt.parse(&text).ok()) {
                // Empty where the text is not of the format.
                if now == ParsedMessage::default() {
                    continue;
                }
                if !now.content.starts_with(&told.content)
                    || !now.reasoning.starts_with(&told.reasoning)
                    || now.tool_calls.len() < told.tool_calls.len()
                {
                    wrong.push(format!("{name}: {text:?}\n    {told:?}\n    {now:?}"));
                }
                told = now;
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
