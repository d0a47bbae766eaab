//! JSON schemas as grammars.

mod check;

use crate::error::{Error, Result};
use check::check;
use serde_json::{Value, json};

/// Rules of the converter that let through what no parser reads, and better ones: exponents beyond any number,
/// halves of characters.
const REPAIRED: &[(&str, &str)] = &[
    (
        r#"("-"? integral-part) ("." decimal-part)? ([eE] [-+]? integral-part)?"#,
        r#"("-"? integral-part) ("." decimal-part)? ([eE] [-+]? [0-9]{1,2})?"#,
    ),
    // Minus zero is no integer to most parsers.
    (r#"("-"? integral-part)"#, r#"("0" | "-"? [1-9] [0-9]{0,15})"#),
    (
        r#"[^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" [0-9a-fA-F]{4})"#,
        r#"[^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" ([0-9a-cA-Ce-fE-F] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))"#,
    ),
];

/// Converts a schema to GBNF. What the converter of llama.cpp would ignore is refused.
pub(crate) fn to_gbnf(schema: &str) -> Result<String> {
    let schema: Value = serde_json::from_str(schema)
        .map_err(|error| Error::Schema { detail: format!("it is not JSON: {error}") })?;
    let mut schema = name_root(schema);
    check(&mut schema, "#", 0)?;
    let gbnf = llama_sys::json_schema::to_grammar(&schema.to_string()).map_err(|fault| Error::Schema {
        detail: fault.message().split_whitespace().collect::<Vec<_>>().join(" "),
    })?;
    Ok(repaired(&gbnf))
}

fn repaired(gbnf: &str) -> String {
    let line = |line: &str| {
        let (name, body) = line.split_once(" ::= ").unwrap_or((line, ""));
        let better = REPAIRED.iter().find(|(bad, _)| *bad == body).map(|(_, good)| (*good).to_owned());
        // Names of further properties may not begin with what stands in no JSON text. A literal never has these
        // three characters, its quotes are escaped.
        let better = better.unwrap_or_else(|| body.replace("[^\"", r#"[^"\\\x7F\x00-\x1F"#));
        format!("{name} ::= {better}\n")
    };
    gbnf.lines().map(line).collect()
}

/// Where the root refers to itself as `#`, which the converter does not know, that becomes a name for a copy of it.
pub(crate) fn name_root(mut schema: Value) -> Value {
    const NAME: &str = "the root";
    fn rename(node: &mut Value) -> bool {
        let own = node.get_mut("$ref").filter(|target| **target == "#");
        let found = own.map(|target| *target = json!(format!("#/$defs/{NAME}"))).is_some();
        let inner: Vec<&mut Value> = match node {
            Value::Object(map) => map.values_mut().collect(),
            Value::Array(list) => list.iter_mut().collect(),
            _ => Vec::new(),
        };
        inner.into_iter().fold(found, |found, value| rename(value) || found)
    }
    if !rename(&mut schema) {
        return schema;
    }
    let mut copy = schema.clone();
    for shared in ["$defs", "definitions"] {
        copy.as_object_mut().and_then(|map| map.remove(shared));
    }
    if let Some(root) = schema.as_object_mut() {
        // What is no map of schemas is refused when it is looked at.
        let definitions = root.entry("$defs").or_insert_with(|| json!({}));
        if let Some(map) = definitions.as_object_mut() {
            map.insert(NAME.to_owned(), copy);
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsupported_keywords_are_named() {
        for (schema, why) in [
            (r#"{"type":"number","multipleOf":2}"#, "\"multipleOf\" of type number"),
            (r#"{"type":"number","minimum":2}"#, "\"minimum\" of type number"),
            (r#"{"type":"array","uniqueItems":true}"#, "uniqueItems"),
            (r#"{"not":{}}"#, "\"not\" of type any"),
            (r#"{"properties":{"a":{"if":{}}}}"#, "#/properties/a: \"if\""),
            (r#"{"type":"object","minProperties":2}"#, "minProperties"),
            (r#"{"type":"object","required":["a"]}"#, "\"a\""),
            (r#"{"type":"string","format":"email"}"#, "email"),
            (r#"{"type":"integer","format":"date"}"#, "date"),
            (r#"{"type":"string","pattern":"^a.*$"}"#, "pattern"),
            (r#"{"type":"string","pattern":"a"}"#, "pattern"),
            (r#"{"type":"string","pattern":"^a|b$"}"#, "pattern"),
            (r#"{"type":"string","pattern":"^a$","maxLength":3}"#, "only one"),
            (r#"{"type":"string","format":"date","maxLength":3}"#, "only one"),
            (r##"{"$ref":"#/$defs/a","type":"string","$defs":{"a":{}}}"##, "beside \"$ref\""),
            (r#"{"oneOf":[{}],"type":"string"}"#, "beside \"oneOf\""),
            (r#"{"allOf":[{},{}]}"#, "allOf"),
            (r#"{"enum":["a"],"maxLength":3}"#, "beside \"enum\""),
            (r#"{"enum":["a",7],"type":"string"}"#, "7"),
            (r#"{"type":"integer","minimum":1,"exclusiveMinimum":1}"#, "together"),
            (r#"{"prefixItems":[{}],"items":{}}"#, "beside \"prefixItems\""),
            (r#"{"prefixItems":[{}],"minItems":2}"#, "exactly 1"),
            (r#"{"$defs":{"x":{"contains":{}}}}"#, "#/$defs/x: \"contains\""),
            (r#"{"type":"colour"}"#, "colour"),
            (r#"{"anyOf":3}"#, "anyOf"),
            ("7", "an object"),
            ("false", "an object"),
            ("{", "not JSON"),
        ] {
            let error = to_gbnf(schema).unwrap_err().to_string();
            assert!(error.contains(why), "{schema}: {error}");
        }
        let mut deep = json!({});
        for _ in 0..60 {
            deep = json!({"items": deep});
        }
        assert!(to_gbnf(&deep.to_string()).is_ok());
    }

    #[test]
    fn formats_become_bounds_and_rules_are_repaired() {
        let mut schema = json!({"type": "integer", "format": "uint8", "minimum": 3});
        check(&mut schema, "#", 0).unwrap();
        assert_eq!((&schema["minimum"], &schema["maximum"]), (&json!(3), &json!(255)));
        let gbnf = to_gbnf(r#"{"type":["number","string"],"description":"x"}"#).unwrap();
        assert!(gbnf.contains("[eE] [-+]? [0-9]{1,2}") && gbnf.contains("[dD] [0-7]"), "{gbnf}");
        assert!(to_gbnf(r#"{"type":"number"}"#).unwrap().contains("[eE] [-+]? [0-9]{1,2}"));
    }

    #[test]
    fn the_root_may_refer_to_itself() {
        let list = r##"{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}}"##;
        let gbnf = to_gbnf(list).unwrap();
        assert!(gbnf.contains("next-0 ::= ref-defs-the-root"), "{gbnf}");
    }
}
