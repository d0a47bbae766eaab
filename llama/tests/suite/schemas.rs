//! JSON schemas: every reply parses and is valid, or is a named error.

use crate::common::{cases, model, noise};
use llama::{Error, Format, Grammar, Sampler, Special};
use llama_test_kit::Rng;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

struct Schemas(Rng);

impl Schemas {
    fn below(&mut self, bound: u32) -> i64 {
        i64::from(self.0.below(bound))
    }

    fn schema(&mut self, depth: u32) -> Value {
        match self.below(if depth == 0 { 8 } else { 13 }) {
            0 => json!({"type": "boolean"}),
            1 => json!({"type": "null"}),
            2 => json!({"type": "number"}),
            3 => self.integer(),
            4 | 5 => self.string(),
            6 => json!({"enum": ["a", 7, "two words", null, "é\"\\🦙", [1, {"x": 2}]]}),
            7 => json!({"const": {"k": [true, "v"]}}),
            8 | 9 => self.object(depth),
            10 => self.array(depth),
            11 => json!({"anyOf": [self.schema(depth - 1), self.schema(depth - 1)]}),
            _ => {
                let tree = json!({"type": "object", "properties": {
                    "v": self.schema(0), "next": {"anyOf": [{"$ref": "#/$defs/t"}, {"type": "null"}]}},
                    "required": ["v", "next"], "additionalProperties": false});
                json!({"$ref": "#/$defs/t", "tree": tree})
            }
        }
    }

    fn integer(&mut self) -> Value {
        let low = self.below(2_000) - 1_000;
        let high = low + self.below(1_500);
        match self.below(5) {
            0 => json!({"type": "integer"}),
            1 => json!({"type": "integer", "minimum": low, "maximum": high}),
            2 => json!({"type": "integer", "exclusiveMinimum": low, "exclusiveMaximum": high + 2}),
            3 => json!({"type": ["integer", "null"], "minimum": low}),
            _ => json!({"type": "integer", "format": "uint8", "minimum": 0}),
        }
    }

    fn string(&mut self) -> Value {
        let least = self.below(4);
        let most = least + self.below(6);
        match self.below(5) {
            0 => json!({"type": "string"}),
            1 => json!({"type": "string", "minLength": least, "maxLength": most}),
            2 => {
                let format = ["date", "time", "date-time", "uuid"][usize::try_from(least).unwrap()];
                json!({"type": "string", "format": format})
            }
            3 => json!({"type": "string", "pattern": "^[A-Z]{2,3}-(x|yz)+[0-9]?$"}),
            _ => json!({"type": ["string", "boolean"], "maxLength": most}),
        }
    }

    fn object(&mut self, depth: u32) -> Value {
        let names = ["name", "b c", "é", "q\"", "n-1", "n_1"];
        let mut properties = serde_json::Map::new();
        let mut required = Vec::new();
        for name in &names[..usize::try_from(self.below(5)).unwrap()] {
            properties.insert((*name).to_owned(), self.schema(depth - 1));
            if self.below(2) == 0 {
                required.push(*name);
            }
        }
        match self.below(3) {
            0 => json!({"type": "object", "properties": properties, "required": required,
                "additionalProperties": false}),
            1 => json!({"type": "object", "properties": properties, "required": required,
                "additionalProperties": self.schema(0)}),
            _ => json!({"type": "object", "properties": properties, "required": required}),
        }
    }

    fn array(&mut self, depth: u32) -> Value {
        let least = self.below(3);
        match self.below(3) {
            0 => json!({"type": "array", "items": self.schema(depth - 1)}),
            1 => json!({"type": "array", "items": self.schema(depth - 1), "minItems": least,
                "maxItems": least + self.below(3)}),
            _ => json!({"type": "array", "prefixItems": [self.schema(depth - 1), self.schema(0)],
                "minItems": 2, "maxItems": 2}),
        }
    }

    /// A schema whose definitions stand at its root.
    fn document(&mut self) -> Value {
        fn lift(node: &mut Value, tree: &mut Option<Value>) {
            match node {
                Value::Object(map) => {
                    if let Some(mine) = map.remove("tree") {
                        tree.get_or_insert(mine);
                    }
                    map.values_mut().for_each(|value| lift(value, tree));
                }
                Value::Array(list) => list.iter_mut().for_each(|value| lift(value, tree)),
                _ => {}
            }
        }
        let mut schema = self.schema(3);
        let mut tree = None;
        lift(&mut schema, &mut tree);
        if let Some(mut tree) = tree {
            lift(&mut tree, &mut None);
            schema["$defs"] = json!({"t": tree});
        }
        schema
    }
}

/// Samples from noise; the text if it came to an end.
fn reply(grammar: Grammar, seed: u64) -> Result<Option<String>, Error> {
    let vocab = grammar.vocab().clone();
    let mut sampler = Sampler::builder().grammar(grammar).greedy().build()?;
    let mut rng = Rng::new(seed);
    let mut tokens = Vec::new();
    // JSON ends with these: likely ones keep texts short.
    let closing: Vec<usize> = ["\"", "}", "]", ","]
        .iter()
        .filter_map(|text| vocab.tokenize_fragment(text, Special::AsText).unwrap()[0].index())
        .collect();
    for step in 0..80 {
        if sampler.grammar().is_some_and(Grammar::is_finished) {
            return vocab.detokenize(&tokens, Special::AsText).map(Some);
        }
        let mut logits = noise(&vocab, &mut rng, step);
        for &at in &closing {
            logits[at] += if step % 4 == 3 { 6.0 } else { 0.0 };
        }
        let token = sampler.sample(&logits)?;
        if vocab.is_eog(token)? {
            return vocab.detokenize(&tokens, Special::AsText).map(Some);
        }
        tokens.push(token);
    }
    Ok(None)
}

fn check(schema: &Value, text: &str, seed: u64) {
    let value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{seed}: {error}: {text}\n{schema}"));
    check_value(schema, &value, seed);
}

fn check_value(schema: &Value, value: &Value, seed: u64) {
    let validator = jsonschema::validator_for(schema).unwrap();
    assert!(validator.is_valid(value), "{seed}: {value}\n{schema}");
}

#[test]
fn random_schemas_give_valid_values() {
    let vocab = model().vocab();
    let mut ended = 0;
    let total = cases(1_000);
    for seed in 0..total {
        let schema = Schemas(Rng::named(seed, "schema")).document();
        let format = Format::json_schema(schema.to_string());
        let grammar = format.compile(&vocab).unwrap_or_else(|error| panic!("{seed}: {error}\n{schema}"));
        let text = reply(grammar, seed).unwrap_or_else(|error| panic!("{seed}: {error}\n{schema}"));
        if let Some(text) = text {
            ended += 1;
            check(&schema, &text, seed);
        }
    }
    assert!(ended > total / 2, "{ended} of {total}");
}

#[cfg(feature = "llguidance")]
#[test]
fn random_schemas_give_valid_values_with_llguidance() {
    let vocab = model().vocab();
    let (mut ended, mut refused) = (0, 0);
    let total = cases(200);
    for seed in 0..total {
        let schema = Schemas(Rng::named(seed, "guided")).document();
        let grammar = match Format::json_schema(schema.to_string()).with_llguidance().compile(&vocab) {
            Ok(grammar) => grammar,
            // Such as an integer between bounds that leave none.
            Err(Error::Grammar { .. }) => {
                refused += 1;
                continue;
            }
            Err(error) => panic!("{seed}: {error}\n{schema}"),
        };
        if let Some(text) = reply(grammar, seed).unwrap_or_else(|error| panic!("{seed}: {error}\n{schema}")) {
            ended += 1;
            match serde_json::from_str(&text) {
                Ok(value) => check_value(&schema, &value, seed),
                // Its exponents have any number of digits.
                Err(error) => {
                    assert!(error.to_string().contains("number out of range"), "{seed}: {error} {text}");
                }
            }
        }
    }
    assert!(ended > total / 3 && refused < total / 10, "{ended} ended, {refused} refused of {total}");
}

#[test]
fn hostile_schemas_are_errors_or_work() {
    let vocab = model().vocab();
    let nested = |n: usize| format!("{}{{}}{}", "{\"items\":".repeat(n), "}".repeat(n));
    let wide: serde_json::Map<String, Value> =
        (0..300).map(|i| (format!("p{i}"), json!({"type": "integer"}))).collect();
    for schema in [
        "[".repeat(100_000),
        nested(90),
        nested(100_000),
        json!({"type": "object", "properties": wide}).to_string(),
        json!({"type": "object", "properties": wide, "required": ["p5", "p200"]}).to_string(),
        json!({"type": "string", "maxLength": 2000}).to_string(),
        json!({"type": "array", "items": {"type": "array", "items": {"type": "string", "maxLength": 2000},
            "maxItems": 2000}, "maxItems": 2000})
        .to_string(),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}).to_string(),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}, "minItems": 1}}})
            .to_string(),
        json!({"$ref": "#"}).to_string(),
        json!({"enum": []}).to_string(),
        json!({"enum": "x"}).to_string(),
        json!({"type": []}).to_string(),
        json!({"type": "object", "required": "x"}).to_string(),
        json!({"properties": []}).to_string(),
        json!({"properties": 3}).to_string(),
        json!({"type": "string", "minLength": -1}).to_string(),
        json!({"type": "string", "minLength": 1e300}).to_string(),
        json!({"type": "integer", "minimum": "x"}).to_string(),
        json!({"anyOf": []}).to_string(),
        json!({"const": "\u{0}\u{1}\u{7f}\u{2028}"}).to_string(),
    ] {
        let start = Instant::now();
        let shown = &schema[..schema.len().min(80)];
        let result =
            Format::json_schema(schema.as_str()).compile(&vocab).and_then(|grammar| reply(grammar, 1));
        match result {
            Ok(_) | Err(Error::Schema { .. } | Error::Grammar { .. } | Error::TooLong { .. }) => {}
            Err(error) => panic!("{error:?} {shown}"),
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{:?} {shown}", start.elapsed());
    }
}

mod typed {
    use super::*;
    use schemars::JsonSchema;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "the fields are read by serde only")]
    enum Kind {
        Town,
        Village { houses: u16 },
    }

    /// As varied as types are.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "the fields are read by serde only")]
    struct Place {
        /// What it is called.
        name: String,
        kind: Kind,
        height: i32,
        size: Option<f32>,
        tags: Vec<bool>,
        at: (u8, i8),
        letters: Option<char>,
        twin: Option<Box<Place>>,
        #[serde(default)]
        notes: BTreeMap<String, u32>,
    }

    #[test]
    fn every_reply_is_a_value_of_the_type() {
        let vocab = model().vocab();
        let mut ended = 0;
        for seed in 0..cases(60) {
            let grammar = Format::json::<Place>().compile(&vocab).unwrap();
            if let Some(text) = reply(grammar, seed).unwrap() {
                ended += 1;
                let parsed: Result<Place, _> = serde_json::from_str(&text);
                assert!(parsed.is_ok(), "{parsed:?} {text}");
            }
        }
        assert!(ended > 3, "{ended}");
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    struct Answer {
        yes: bool,
        count: u8,
    }

    #[test]
    fn a_chat_answers_with_a_value() {
        let mut chat = model().chat_builder().context(512).seed(1).build().unwrap();
        let answer: Answer = chat.ask_for("Is Paris the capital of France?").unwrap();
        let last = chat.messages().last().unwrap().content.clone();
        let again: Value = serde_json::from_str(&last).unwrap();
        assert_eq!((&again["yes"], &again["count"]), (&json!(answer.yes), &json!(answer.count)));
        let mut short = model().chat_builder().context(512).max_tokens(2).build().unwrap();
        let cut = short.ask_for::<Answer>("Is Paris the capital of France?");
        assert!(matches!(cut, Err(Error::Incomplete { .. })), "{cut:?}");
    }

    #[test]
    fn a_value_that_the_type_refuses_is_an_error() {
        #[derive(Debug)]
        struct Picky;
        impl<'de> Deserialize<'de> for Picky {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                bool::deserialize(from)?;
                Err(serde::de::Error::custom("never"))
            }
        }
        impl JsonSchema for Picky {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Picky".into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "boolean"})
            }
        }
        let mut chat = model().chat_builder().context(512).build().unwrap();
        let refused = chat.ask_for::<Picky>("Yes?");
        assert!(
            matches!(&refused, Err(Error::Reply { text, .. }) if text == "true" || text == "false"),
            "{refused:?}"
        );
    }
}
