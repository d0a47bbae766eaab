//! JSON objects as the model writes them: a space after each colon and each comma.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// A key and its value.
pub(crate) type Pair = (&'static str, Json);

/// The object's text, its keys in the given order.
pub(crate) fn write(object: &[Pair]) -> String {
    pieces(object).into_iter().map(|piece| piece.0).collect()
}

/// The object's text in pieces, each with whether it is a value: a grammar for the
/// object's schema leaves nothing else to the model. What ends a value belongs to it.
pub(crate) fn pieces(object: &[Pair]) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut before = "{".to_owned();
    for (at, (key, value)) in object.iter().enumerate() {
        let quote = if value.is_string() { "\"" } else { "" };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let end = if at + 1 == object.len() { "}" } else { ", \"" };
        // The quote that opens the next key is one token with what ends this value.
        let open = if at == 0 { "\"" } else { "" };
        let _ = write!(before, "{open}{key}\": {quote}");
        pieces.push((std::mem::take(&mut before), false));
        pieces.push((format!("{text}{quote}{end}"), true));
    }
    pieces
}

/// The object as a value.
pub(crate) fn object(object: &[Pair]) -> Json {
    object.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

pub(crate) fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

/// Whether two values are equal but for the case of strings and the spaces in them.
pub(crate) fn same(one: &Json, other: &Json) -> bool {
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<String>();
    match (one, other) {
        (Json::String(one), Json::String(other)) => plain(one) == plain(other),
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

const RULES: &str = r#"
space ::= | " " | "\n"{1,2} [ \t]{0,20}
char ::= [^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" [0-9a-fA-F]{4})
string ::= "\"" char* "\"" space
integer ::= "-"? ([0] | [1-9] [0-9]{0,15}) space
"#;

/// A grammar for objects with these keys and such values, as one for a JSON schema would be.
pub(crate) fn grammar(object: &[Pair]) -> String {
    let pair = |(key, value): &Pair| {
        let rule = if value.is_string() { "string" } else { "integer" };
        format!("\"\\\"{key}\\\"\" space \":\" space {rule}")
    };
    let pairs: Vec<String> = object.iter().map(pair).collect();
    format!("root ::= \"{{\" space {} \"}}\" space{RULES}", pairs.join(" \",\" space "))
}

#[cfg(test)]
mod tests {
    use super::{object, parse, pieces, write};

    #[test]
    fn what_is_written_is_the_object() {
        let pairs = [("name", "Paris".into()), ("days", 30.into()), ("said", "b".into())];
        assert_eq!(write(&pairs), r#"{"name": "Paris", "days": 30, "said": "b"}"#);
        assert_eq!(parse(&write(&pairs)), Some(object(&pairs)));
        let values: Vec<String> =
            pieces(&pairs).into_iter().filter(|piece| piece.1).map(|piece| piece.0).collect();
        assert_eq!(values, ["Paris\", \"", "30, \"", "b\"}"]);
    }
}
