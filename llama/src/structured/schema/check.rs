//! What the converter of llama.cpp would misread or ignore is refused, or written out.

use crate::error::{Error, Result};
use serde_json::{Map, Value, json};

/// Deepest nesting of schemas.
const MAX_DEPTH: usize = 100;

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Keywords that hold named schemas for references.
const DEFINITIONS: &[&str] = &["$defs", "definitions"];

/// Keywords that describe a value alone, without others beside them.
const ALONE: &[&str] = &["$ref", "anyOf", "oneOf", "allOf"];

/// The keywords of each type that the converter follows.
const OF_TYPE: &[(&str, &[&str])] = &[
    ("object", &["properties", "required", "additionalProperties"]),
    ("array", &["items", "prefixItems", "minItems", "maxItems"]),
    ("string", &["pattern", "format", "minLength", "maxLength"]),
    ("integer", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"]),
    ("number", &["format"]),
    ("boolean", &[]),
    ("null", &[]),
];

/// Formats of strings that the converter follows.
const STRING_FORMATS: &[&str] = &["date", "time", "date-time", "uuid"];

/// Formats of numbers that add nothing to what the grammar says.
const NUMBER_FORMATS: &[&str] = &["float", "double", "int", "uint", "int64", "uint64", "int128", "uint128"];

/// Formats of whole numbers that stand for bounds.
const BOUNDED_FORMATS: &[(&str, i64, i64)] = &[
    ("int8", -128, 127),
    ("uint8", 0, 255),
    ("int16", -32_768, 32_767),
    ("uint16", 0, 65_535),
    ("int32", -2_147_483_648, 2_147_483_647),
    ("uint32", 0, 4_294_967_295),
];

fn refuse<T>(path: &str, why: impl std::fmt::Display) -> Result<T> {
    Err(Error::Schema { detail: format!("{path}: {why}") })
}

/// Checks a schema with all those inside it, and writes out what the converter would not read.
pub(super) fn check(schema: &mut Value, path: &str, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return refuse("#", format!("schemas are nested deeper than {MAX_DEPTH}"));
    }
    let node = match schema {
        Value::Bool(true) => {
            *schema = json!({});
            return Ok(());
        }
        Value::Object(node) => node,
        _ => return refuse(path, "a schema is an object, or true"),
    };
    for &key in DEFINITIONS {
        each(node, key, path, depth, check)?;
    }
    let used: Vec<String> = node.keys().filter(|key| says_something(key)).cloned().collect();
    if let Some(key) = used.iter().find(|key| ALONE.contains(&key.as_str())) {
        if let Some(other) = used.iter().find(|other| *other != key) {
            return refuse(path, format!("\"{other}\" beside \"{key}\" is not supported"));
        }
        if key == "allOf" && node[key.as_str()].as_array().is_none_or(|list| list.len() != 1) {
            return refuse(path, "\"allOf\" is only supported with one schema");
        }
        return if key == "$ref" { Ok(()) } else { each(node, key, path, depth, check) };
    }
    if let Some(key) = used.iter().find(|key| matches!(key.as_str(), "const" | "enum")) {
        return check_values(node, key, &used, path);
    }
    let types = types(node, &used, path)?;
    for key in used.iter().filter(|key| *key != "type") {
        let known = |name: &String| of_type(name).is_some_and(|keys| keys.contains(&key.as_str()));
        if !types.iter().any(known) {
            let types = if types.is_empty() { "any".to_owned() } else { types.join(" or ") };
            return refuse(path, format!("\"{key}\" of type {types} is not supported"));
        }
    }
    check_numbers(node, path)?;
    check_string(node, &types, path)?;
    if types.len() > 1 {
        *schema = json!({"anyOf": types.iter().map(|name| alone(node, name)).collect::<Vec<_>>()});
        return schema.as_object_mut().map_or(Ok(()), |node| each(node, "anyOf", path, depth, check));
    }
    if types.iter().any(|name| name == "integer") {
        if let Some(parts) = without_minus_zero(node) {
            *schema = parts;
        }
        return Ok(());
    }
    check_array(node, path)?;
    check_object(node, path)?;
    each(node, "properties", path, depth, check)?;
    each(node, "prefixItems", path, depth, check)?;
    match node.get_mut("items") {
        Some(Value::Array(_)) => each(node, "items", path, depth, check)?,
        Some(items) => check(items, &format!("{path}/items"), depth + 1)?,
        None => {}
    }
    match node.get_mut("additionalProperties") {
        Some(Value::Bool(_)) | None => Ok(()),
        Some(more) => check(more, &format!("{path}/additionalProperties"), depth + 1),
    }
}

/// Checks each schema of a list or map.
fn each(
    node: &mut Map<String, Value>,
    key: &str,
    path: &str,
    depth: usize,
    check: fn(&mut Value, &str, usize) -> Result<()>,
) -> Result<()> {
    match node.get_mut(key) {
        None => Ok(()),
        Some(Value::Object(map)) => map
            .iter_mut()
            .try_for_each(|(name, schema)| check(schema, &format!("{path}/{key}/{name}"), depth + 1)),
        Some(Value::Array(list)) => list
            .iter_mut()
            .enumerate()
            .try_for_each(|(at, schema)| check(schema, &format!("{path}/{key}/{at}"), depth + 1)),
        Some(_) => refuse(path, format!("\"{key}\" holds no schemas")),
    }
}

fn says_something(key: &str) -> bool {
    !(ANNOTATIONS.contains(&key) || DEFINITIONS.contains(&key) || key.starts_with("x-"))
}

fn of_type(name: &str) -> Option<&'static [&'static str]> {
    OF_TYPE.iter().find(|(known, _)| *known == name).map(|(_, keys)| *keys)
}

/// The types of a schema; where it names none, the one that its keywords belong to.
fn types(node: &mut Map<String, Value>, used: &[String], path: &str) -> Result<Vec<String>> {
    let named: Vec<String> = match node.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(_) => return refuse(path, "\"type\" is a name or a list of names"),
        None => {
            let owner =
                OF_TYPE.iter().find(|(_, keys)| used.first().is_some_and(|key| keys.contains(&key.as_str())));
            let Some((name, _)) = owner else { return Ok(Vec::new()) };
            node.insert("type".to_owned(), json!(name));
            vec![(*name).to_owned()]
        }
    };
    match named.iter().find(|name| of_type(name).is_none()) {
        Some(unknown) => refuse(path, format!("there is no type \"{unknown}\"")),
        None => Ok(named),
    }
}

/// `const` and `enum`: the converter takes the values as they are, whatever else is asked of them.
fn check_values(node: &Map<String, Value>, key: &str, used: &[String], path: &str) -> Result<()> {
    if let Some(other) = used.iter().find(|other| *other != key && *other != "type") {
        return refuse(path, format!("\"{other}\" beside \"{key}\" is not supported"));
    }
    let values = match &node[key] {
        Value::Array(values) if key == "enum" => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    let Some(types) = node.get("type") else { return Ok(()) };
    let names: Vec<&str> = types.as_array().map_or_else(
        || types.as_str().into_iter().collect(),
        |list| list.iter().filter_map(Value::as_str).collect(),
    );
    match values.iter().find(|value| !names.iter().any(|name| is_of_type(value, name))) {
        Some(value) => refuse(path, format!("the value {value} of \"{key}\" is not of type {types}")),
        None => Ok(()),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

/// A schema of several types as one of a single type, with the keywords of that.
fn alone(node: &Map<String, Value>, name: &str) -> Value {
    let keys = of_type(name).unwrap_or_default();
    let mut own: Map<String, Value> = node
        .iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    own.insert("type".to_owned(), json!(name));
    Value::Object(own)
}

/// Integers between bounds of different signs, in two parts: the converter would let through `-0`.
fn without_minus_zero(node: &Map<String, Value>) -> Option<Value> {
    let bound = |key: &str, exclusive: &str, step: i64| -> Option<Option<i64>> {
        match (node.get(key), node.get(exclusive)) {
            (Some(value), _) => value.as_i64().map(Some),
            (None, Some(value)) => value.as_i64().and_then(|value| value.checked_add(step)).map(Some),
            (None, None) => Some(None),
        }
    };
    let low = bound("minimum", "exclusiveMinimum", 1)?;
    let high = bound("maximum", "exclusiveMaximum", -1)?;
    if (low.is_none() && high.is_none())
        || low.is_some_and(|low| low >= 0)
        || high.is_some_and(|high| high < 0)
    {
        return None;
    }
    let mut negative = json!({"type": "integer", "maximum": -1});
    let mut positive = json!({"type": "integer", "minimum": 0});
    if let Some(low) = low {
        negative["minimum"] = json!(low);
    }
    if let Some(high) = high {
        positive["maximum"] = json!(high);
    }
    Some(json!({"anyOf": [negative, positive]}))
}

fn check_numbers(node: &mut Map<String, Value>, path: &str) -> Result<()> {
    for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        if node.contains_key(bound) && node.contains_key(exclusive) {
            return refuse(path, format!("\"{bound}\" and \"{exclusive}\" together are not supported"));
        }
    }
    let format = node.get("format").and_then(Value::as_str);
    let Some(&(_, low, high)) = BOUNDED_FORMATS.iter().find(|(name, ..)| Some(*name) == format) else {
        return Ok(());
    };
    for (bound, exclusive, value) in
        [("minimum", "exclusiveMinimum", low), ("maximum", "exclusiveMaximum", high)]
    {
        if !node.contains_key(exclusive) && !node.contains_key(bound) {
            node.insert(bound.to_owned(), json!(value));
        }
    }
    Ok(())
}

fn check_string(node: &Map<String, Value>, types: &[String], path: &str) -> Result<()> {
    if let Some(format) = node.get("format") {
        let name = format.as_str().unwrap_or_default();
        let numeric = NUMBER_FORMATS.contains(&name) || BOUNDED_FORMATS.iter().any(|known| known.0 == name);
        let is_string = types.iter().any(|name| name == "string");
        if is_string && !STRING_FORMATS.contains(&name) || !is_string && !numeric {
            return refuse(path, format!("the format {format} is not supported"));
        }
    }
    let shapes = ["pattern", "format"].iter().filter(|key| node.contains_key(**key)).count();
    let lengths = node.contains_key("minLength") || node.contains_key("maxLength");
    if shapes > 1 || (shapes == 1 && lengths) {
        return refuse(path, "only one of \"pattern\", \"format\" and a length is supported");
    }
    match node.get("pattern") {
        Some(pattern) if !pattern.as_str().is_some_and(is_simple_pattern) => refuse(
            path,
            format!(
                "the pattern {pattern} is not supported: from ^ to $ only letters, digits, spaces, \"-\", \"_\", \
                 groups, classes such as [a-z], | and repetitions"
            ),
        ),
        _ => Ok(()),
    }
}

/// True for patterns whose grammar describes the same strings, all of which are good inside JSON.
fn is_simple_pattern(pattern: &str) -> bool {
    let inner = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    inner.is_some_and(|inner| {
        inner.chars().all(|c| c.is_ascii_alphanumeric() || " -_[]()|*+?{},".contains(c))
            && !inner.contains("(?")
            && !["*?", "+?", "??", "}?", "*+", "++", "?+", "}+"].iter().any(|lazy| inner.contains(lazy))
            // An alternative outside of a group would take the anchors with it.
            && !has_bare_alternative(inner)
    })
}

fn has_bare_alternative(pattern: &str) -> bool {
    let mut depth = 0_i32;
    pattern.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == '|' && depth == 0
    })
}

fn check_array(node: &Map<String, Value>, path: &str) -> Result<()> {
    let tuple = match (node.get("prefixItems"), node.get("items")) {
        (Some(_), Some(_)) => return refuse(path, "\"items\" beside \"prefixItems\" is not supported"),
        (Some(Value::Array(list)), None) | (None, Some(Value::Array(list))) => list.len() as u64,
        _ => return Ok(()),
    };
    let count = |key: &str| node.get(key).and_then(Value::as_u64);
    if count("minItems").is_some_and(|least| least > tuple)
        || count("maxItems").is_some_and(|most| most < tuple)
    {
        return refuse(path, format!("a list of exactly {tuple} items cannot have the length asked for"));
    }
    Ok(())
}

fn check_object(node: &Map<String, Value>, path: &str) -> Result<()> {
    let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if node.get("properties").and_then(|known| known.get(name)).is_none() {
            return refuse(path, format!("the required property \"{name}\" is not among \"properties\""));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_patterns() {
        for good in ["^a$", "^[A-Z]{2,3}-[0-9]+$", "^(red|green) ?$", "^$"] {
            assert!(is_simple_pattern(good), "{good}");
        }
        for bad in ["", "^", "a", "^.$", "^a\"$", "^[^a]$", "^a+?$", "^\\d$", "^(?:a)$", "^a|b$"] {
            assert!(!is_simple_pattern(bad), "{bad}");
        }
    }
}
