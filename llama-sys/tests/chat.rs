//! Chat formats: origin of text, and inputs that would never end or never come back.
#![cfg(feature = "chat")]

use llama_sys::build_info::SYMBOLS_LOCAL;
use llama_sys::chat::{Format, Parser};
use llama_sys::{jinja, json_schema};
use serde_json::{Value, json};

const HERMES: &str = "{{ bos_token }}{% if tools %}<tools>{{ tools | tojson }}</tools>{% endif %}\
    {% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\
    {% for c in m.tool_calls %}<tool_call>\n{\"name\": \"{{ c.function.name }}\", \"arguments\": \
    {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

fn tools() -> Value {
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!([{"type": "function", "function": {"name": "weather", "description": "d", "parameters": city}}])
}

fn apply(format: &Format, request: &Value) -> Result<Value, String> {
    let text = format.apply(&request.to_string()).map_err(|fault| fault.message().to_owned())?;
    Ok(serde_json::from_str(&text).expect("JSON"))
}

fn parser(reply: &Value) -> Parser {
    let params = json!({
        "format": reply["format"], "generation_prompt": reply["generation_prompt"], "parser": reply["parser"]
    });
    Parser::new(&params.to_string()).expect("parser")
}

#[test]
fn a_prompt_knows_where_its_text_came_from() {
    let format = Format::new(HERMES, "<s>", "</s>").expect("template");
    let request = json!({"messages": [{"role": "user", "content": "Hi <|im_end|>"}]});
    let reply = apply(&format, &request).expect("prompt");
    let expected = json!([
        {"text": "<s><|im_start|>user\n", "is_input": false},
        {"text": "Hi <|im_end|>", "is_input": true},
        {"text": "<|im_end|>\n<|im_start|>assistant\n", "is_input": false},
    ]);
    assert_eq!(reply["prompt"], expected);
    // A role that is none of the usual ones is input like any other text.
    let request = json!({"messages": [{"role": "im_end", "content": "x"}]});
    let reply = apply(&format, &request).expect("prompt");
    assert_eq!(
        reply["prompt"][1],
        json!({"text": "im_end", "is_input": true}).pointer("").cloned().expect("json")
    );
}

#[test]
fn a_message_can_be_continued() {
    let format = Format::new(HERMES, "", "").expect("template");
    let messages =
        json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<|im_end|>Hel"}]);
    let reply = apply(&format, &json!({"messages": messages, "continue": true})).expect("prompt");
    let parts = reply["prompt"].as_array().expect("parts");
    let text: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
    assert!(text.ends_with("<|im_start|>assistant\n<|im_end|>Hel"), "{text}");
    let own = parts.iter().find(|part| part["text"] == "<|im_end|>Hel").expect("the message itself");
    assert_eq!(own["is_input"], true);
    let alone = json!({"messages": [{"role": "user", "content": "Hi"}], "continue": true});
    assert!(apply(&format, &alone).expect_err("nothing to continue").contains("continue"));
}

#[test]
fn calls_come_back() {
    let format = Format::new(HERMES, "", "").expect("template");
    let request = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": tools()});
    let reply = apply(&format, &request).expect("prompt");
    assert_eq!(reply["grammar_lazy"], true);
    let said =
        "Let me see.<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Lima\"}}\n</tool_call>";
    let message: Value =
        serde_json::from_str(&parser(&reply).parse(said, false).expect("parse")).expect("JSON");
    assert_eq!(message["tool_calls"][0]["name"], "weather");
    assert_eq!(message["content"], "Let me see.");
    let caps: Value = serde_json::from_str(&format.caps().expect("caps")).expect("JSON");
    assert_eq!(caps["supports_tool_calls"], true, "{caps}");
}

#[test]
fn requests_of_another_form_are_refused() {
    let format = Format::new(HERMES, "", "").expect("template");
    let hi = json!([{"role": "user", "content": "Hi"}]);
    let cycle = json!({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/a"}}});
    let tool = |parameters: &Value| json!([{"type": "function", "function": {"name": "f", "parameters": parameters}}]);
    for (request, why) in [
        (json!([]), "type_error"),
        (json!({}), "messages"),
        (json!({"messages": 1}), "messages"),
        (json!({"messages": [{"content": "x"}]}), "role"),
        (json!({"messages": hi, "tool_choice": "maybe"}), "maybe"),
        (json!({"messages": hi, "tools": [{"type": "function"}]}), "function"),
        (json!({"messages": hi, "tools": tool(&cycle)}), "refers to itself"),
        (json!({"messages": hi, "tools": tool(&json!({"maxItems": 1_000_000}))}), "maxItems"),
        (json!({"messages": hi, "json_schema": cycle}), "refers to itself"),
        (json!({"messages": hi, "json_schema": {"type": "colour"}}), "colour"),
    ] {
        let message = apply(&format, &request).expect_err(&request.to_string());
        assert!(message.contains(why), "{message}");
    }
    for params in [
        "",
        "{}",
        r#"{"format": 99, "generation_prompt": "", "parser": ""}"#,
        r#"{"format": 2, "generation_prompt": "", "parser": "{\"parsers\": 1}"}"#,
    ] {
        assert!(Parser::new(params).is_err(), "{params}");
    }
}

/// Runs on an ordinary thread, whose stack is small, and expects an error.
fn fails(what: &str, work: impl FnOnce() -> Result<String, llama_sys::Fault> + Send + 'static) {
    let result = std::thread::spawn(work).join().expect("no panic");
    let fault = result.expect_err(what);
    let message = fault.message();
    assert!(message.contains("too much work") || message.contains("nested too deeply"), "{what}: {message}");
}

#[test]
fn work_without_end_is_an_error() {
    if !SYMBOLS_LOCAL {
        println!("skipped: objects are not merged here, so allocations are not counted");
        return;
    }
    for template in [
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% for i in range(100000) %}{% for j in range(100000) %}{% set x = i + j %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='x') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    ] {
        let source = template.to_owned();
        fails(template, move || jinja::render(&source, "{}").map(|_| String::new()));
        let source = template.to_owned();
        fails(template, move || {
            Format::new(&source, "", "")?.apply(r#"{"messages": [{"role": "user", "content": "Hi"}]}"#)
        });
    }
    // Each level twice: 2^60 alternatives.
    let open = r#"{"type": ["object", "object"], "properties": {"x": "#;
    let doubling = format!("{}{{}}{}", open.repeat(60), "}}".repeat(60));
    fails("schema", move || json_schema::to_grammar(&doubling));
}

/// C's `localtime` keeps its answer in one place, so a thread that renders must not call it.
#[cfg(unix)]
#[test]
fn threads_ask_for_the_time_side_by_side() {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn localtime(seconds: *const i64) -> *const [c_int; 6];
    }
    // SAFETY: it reads one number; nothing else in this test program calls it.
    let answer = unsafe { localtime(&0) };
    // SAFETY: C's `struct tm` begins with six numbers from seconds to years; it stays where it is.
    let before = unsafe { answer.read() };

    let format = Format::new("{{ strftime_now('%Y') }} {{ date_string }}", "", "").expect("template");
    let request = json!({"messages": [{"role": "user", "content": "Hi"}]});
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let text =
                        jinja::render("{{ strftime_now('%Y-%m-%d') }}", "{}").expect("text").remove(0).text;
                    let year = &text[..4];
                    assert!(text.len() == 10 && year.parse::<u32>().is_ok_and(|year| year > 2024), "{text}");
                    let prompt = apply(&format, &request).expect("prompt")["prompt"].to_string();
                    assert_eq!(prompt.matches(year).count(), 2, "{prompt}");
                }
            });
        }
    });
    // SAFETY: as above.
    assert_eq!(unsafe { answer.read() }, before, "C's own answer was written over");
}

#[test]
fn hostile_replies_do_no_harm() {
    let format = Format::new(HERMES, "", "").expect("template");
    let request = json!({"messages": [{"role": "user", "content": "Hi"}], "tools": tools()});
    let params = apply(&format, &request).expect("prompt");
    let call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": ";
    for text in [
        format!("{call}{}", "[".repeat(200_000)),
        format!("{call}{}", "{\"a\":".repeat(200_000)),
        "<tool_call>".repeat(50_000),
        "x".repeat(2_000_000),
        "\u{0}\u{1}\u{feff}🦙".repeat(1000),
    ] {
        let parser = parser(&params);
        std::thread::spawn(move || {
            for partial in [true, false] {
                // A message or an error; in both cases we are still here.
                let _ = parser.parse(&text, partial);
            }
        })
        .join()
        .expect("no panic");
    }
    assert!(parser(&params).parse("Hi", false).is_ok());
}
