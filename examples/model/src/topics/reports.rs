//! What tools report, and the sentences about it.

use serde_json::Value as Json;

use crate::rng::Rng;
use crate::tables::tools::{ERRORS, ERRORS_HELD_OUT, SKIES, SKIES_HELD_OUT};
use crate::tables::words::ODD_WORDS;
use crate::topics::opposites;
use crate::topics::tools::{Call, Known};
use crate::turn::{Asker, Expect, Topic, Turn};
use crate::{Split, made_up, phrase};

/// The result of `call`, and the sentence about it.
pub(crate) fn answer(rng: &mut Rng, split: Split, call: &Call) -> Turn {
    let (result, reply, expect) = match call.tool {
        Known::Weather => weather(rng, split, &call.argument),
        Known::Calculator => {
            let number = value(rng);
            let reply = format!("{} = {number}.", call.argument);
            let result = match rng.below(8) {
                0 => object(rng, &[("result", digits(&number))]),
                1 => object(rng, &[("value", digits(&number))]),
                2 => format!("{} = {number}", call.argument),
                3 => format!("= {number}"),
                4 => format!("The result is {number}."),
                _ => number.clone(),
            };
            (result, reply, vec![number])
        }
        Known::Clock => {
            let time = format!("{:02}:{:02}", rng.between(0, 23), rng.between(0, 59));
            let date =
                format!("{}-{:02}-{:02}", rng.between(2020, 2040), rng.between(1, 12), rng.between(1, 28));
            let seconds = rng.between(0, 59);
            let result = match rng.below(9) {
                0 => object(rng, &[("time", time.as_str().into())]),
                1 => format!("{date} {time}"),
                2 => format!("{date}T{time}:{seconds:02}Z"),
                3 => format!("{time}:{seconds:02}"),
                4 => format!("It is {time}."),
                5 => format!("{time} o'clock"),
                _ => time.clone(),
            };
            (result, format!("It is {time}."), vec![time])
        }
    };
    let turn = Turn::new(Topic::ToolAnswer, result, &reply, Expect::Says(expect)).asker(Asker::Tool);
    Turn { weather: call.tool == Known::Weather, ..turn }
}

/// What went wrong in a tool, and the sentence that says so.
pub(crate) fn error(rng: &mut Rng, split: Split) -> Turn {
    let text = match split {
        // Any words at all, so that they are copied and not recited.
        Split::Train if rng.chance(50) => any_words(rng),
        Split::Train => rng.pick(ERRORS).to_owned(),
        Split::HeldOut => rng.pick(ERRORS_HELD_OUT).to_owned(),
    };
    let word = made_up::word(rng);
    let text = text.replace("{m}", &word).replace("{M}", &phrase::capitalised(&word));
    let text = text.replace("{x}", &rng.between(1, 599).to_string());
    let result = match rng.below(8) {
        0 | 1 => object(rng, &[("error", text.as_str().into())]),
        2 | 3 => format!("Error: {text}"),
        4 => format!("ERROR: {text}"),
        5 => format!("failed: {text}"),
        _ => format!("error: {text}"),
    };
    let reply = format!("The tool reports an error: {text}.");
    let expect = Expect::Says(vec!["error".into(), text]);
    Turn::new(Topic::ToolError, result, &reply, expect).asker(Asker::Tool)
}

fn any_words(rng: &mut Rng) -> String {
    let word = |rng: &mut Rng| match rng.below(4) {
        0 => made_up::word(rng),
        1 => rng.pick(ODD_WORDS).to_owned(),
        2 => opposites::any_pair(rng).0.to_owned(),
        _ => {
            rng.pick(&["is", "not", "the", "no", "on", "set", "out", "of", "time", "was", "found"]).to_owned()
        }
    };
    (0..rng.between(2, 4)).map(|_| word(rng)).collect::<Vec<_>>().join(" ")
}

fn weather(rng: &mut Rng, split: Split, city: &str) -> (String, String, Vec<String>) {
    let sky = match split {
        Split::Train if rng.chance(15) => made_up::word(rng),
        Split::HeldOut if rng.chance(50) => rng.pick(SKIES_HELD_OUT).to_owned(),
        _ => rng.pick(SKIES).to_owned(),
    };
    let sign = if rng.chance(10) { "-" } else { "" };
    let degrees = format!("{sign}{}", rng.between(1, 40));
    let with_sky = |result: &str| result.replace("{s}", &sky);
    let both = |text: &str| with_sky(text).replace("{d}", &degrees).replace("{c}", city);
    match rng.below(12) {
        0 => (sky.clone(), with_sky(&format!("It is {{s}} in {city}.")), vec![sky.clone(), city.into()]),
        1 => {
            let result = rng.pick(&["{d}", "{d} degrees", "{d} °C", "{d}°C", "{\"temperature\": {d}}"]);
            (both(result), both("It is {d} degrees in {c}."), vec![degrees.clone(), city.into()])
        }
        2 => {
            let key = rng.pick(&["sky", "weather", "condition", "conditions", "description"]);
            let result = object(rng, &[(key, sky.as_str().into())]);
            (result, with_sky(&format!("It is {{s}} in {city}.")), vec![sky.clone(), city.into()])
        }
        kind => {
            let result = if kind < 8 {
                let sky_key = rng.pick(&["sky", "weather", "condition", "conditions"]);
                let warmth_key = rng.pick(&["temperature", "temperature", "degrees", "temp", "celsius"]);
                let mut pairs = vec![(sky_key, sky.as_str().into()), (warmth_key, digits(&degrees))];
                if rng.chance(50) {
                    pairs.reverse();
                }
                if rng.chance(20) {
                    pairs.insert(0, ("city", city.into()));
                }
                if rng.chance(30) {
                    let more = match rng.below(4) {
                        0 | 1 => ("rain", rng.chance(50).into()),
                        2 => ("humidity", rng.between(10, 99).into()),
                        _ => ("wind", rng.between(1, 60).into()),
                    };
                    pairs.insert(rng.below(pairs.len() + 1), more);
                }
                object(rng, &pairs)
            } else {
                both(rng.pick(&[
                    "{s}, {d} degrees",
                    "{d} degrees, {s}",
                    "{s}, {d} °C",
                    "{d}°C and {s}",
                    "{d} degrees and {s}",
                    "{s}, {d}",
                    "It is {s} and {d} degrees in {c}.",
                ]))
            };
            let said = vec![sky.clone(), degrees.clone(), city.into()];
            (result, both("It is {s} and {d} degrees in {c}."), said)
        }
    }
}

/// What the calculator found; the model copies it and cannot check it.
fn value(rng: &mut Rng) -> String {
    let whole = match rng.below(4) {
        0 => rng.between(0, 99),
        1 => rng.between(100, 999),
        2 => rng.between(1000, 9999),
        _ => rng.between(10_000, 999_999),
    };
    let sign = if rng.chance(10) { "-" } else { "" };
    let fraction = if rng.chance(12) { format!(".{}", rng.between(1, 999)) } else { String::new() };
    format!("{sign}{whole}{fraction}")
}

/// A number's text as a JSON number.
fn digits(text: &str) -> Json {
    text.parse::<i64>().map(Json::from).or_else(|_| text.parse::<f64>().map(Json::from)).unwrap_or_default()
}

/// A JSON object, with spaces or without: tools differ.
fn object(rng: &mut Rng, pairs: &[(&str, Json)]) -> String {
    let (colon, comma) = if rng.chance(50) { (": ", ", ") } else { (":", ",") };
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\"{colon}{value}")).collect();
    format!("{{{}}}", pairs.join(comma))
}
