//! JSON schemas become grammars, and hostile ones become errors.
#![cfg(feature = "json-schema")]

use llama_sys::json_schema::to_grammar;

/// On an ordinary thread, whose stack is small.
fn convert(schema: String) -> Result<String, String> {
    std::thread::spawn(move || to_grammar(&schema).map_err(|fault| fault.message().to_owned()))
        .join()
        .expect("no panic")
}

#[test]
fn schemas_become_grammars() {
    for (schema, rule) in [
        (r#"{"type": "boolean"}"#, "root ::= (\"true\" | \"false\")\n"),
        (r#"{"enum": ["a", "b"]}"#, r#"root ::= ("\"a\"" | "\"b\"")"#),
        (r#"{"type": "integer", "minimum": 0, "maximum": 9}"#, "root ::= ([0-9])"),
        (
            r#"{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}"#,
            r#"name-kv ::= "\"name\"" space ":" space string"#,
        ),
        // A definition may contain itself.
        (
            r##"{"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object",
                "properties": {"left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#/$defs/tree"}}}}}"##,
            "ref-defs-tree-right ::= ref-defs-tree\n",
        ),
        (r#"{"const": {"minItems": 10000000000}}"#, "minItems"),
        (r#"{"type": "string", "maxLength": 2000}"#, "char{0,2000}"),
    ] {
        let grammar = convert(schema.to_owned()).expect(schema);
        assert!(grammar.contains(rule), "{schema}\n{grammar}");
    }
}

#[test]
fn what_cannot_be_converted_is_refused() {
    let deep = |open: &str, inner: &str, close: &str, n: usize| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    for (schema, why) in [
        ("{".to_owned(), "parse error"),
        ("\"text\"".to_owned(), "must be an object"),
        (r#"{"type": "colour"}"#.to_owned(), "colour"),
        (r#"{"$ref": "https://example.com/x"}"#.to_owned(), "same document"),
        (r##"{"$ref": "#/$defs/none"}"##.to_owned(), "not found"),
        (r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}"##.to_owned(), "refers to itself"),
        (
            r##"{"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##
                .to_owned(),
            "refers to itself",
        ),
        (r#"{"type": "array", "maxItems": 1000000000}"#.to_owned(), "maxItems is 1000000000; the limit is 2000"),
        (r#"{"type": "string", "minLength": 10000000000}"#.to_owned(), "minLength is 10000000000"),
        (r#"{"type": "array", "minItems": 5, "maxItems": 3}"#.to_owned(), "between 5 and 3"),
        (r#"{"type": "integer", "minimum": 1e300}"#.to_owned(), "minimum is 1e+300"),
        (r#"{"type": "integer", "exclusiveMinimum": 9223372036854775807}"#.to_owned(), "exclusiveMinimum"),
        (r#"{"type": "integer", "minimum": 3, "exclusiveMaximum": 3}"#.to_owned(), "between 3 and 2"),
        (r#"{"type": "string", "pattern": "^(a$"}"#.to_owned(), "Invalid pattern"),
        (format!(r#"{{"properties": {{"{}": {{}}}}}}"#, "n".repeat(100_000)), "a name of 100000 bytes"),
        (deep(r#"{"items": "#, "{}", "}", 100_000), "nested too deeply"),
        (deep(r#"{"enum": ["#, "1", "]}", 100_000), "nested too deeply"),
    ] {
        let message = convert(schema.clone()).expect_err(&schema[..schema.len().min(100)]);
        assert!(message.contains(why), "{message}");
    }
}

#[test]
fn deep_but_honest_nesting_fits_an_ordinary_stack() {
    let schema = format!("{}{{}}{}", r#"{"type": "array", "items": "#.repeat(250), "}".repeat(250));
    assert!(convert(schema).is_ok());
}
