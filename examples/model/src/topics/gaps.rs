//! Texts with a gap: lists, facts, stories and a few lines of code.
//!
//! A document marks with `«»` what its other words determine; one of these places becomes the gap.

use crate::rng::Rng;
use crate::tables::calendar::{DAYS, MONTHS};
use crate::tables::words::{HERO_NAMES, HEROES};
use crate::topics::{arithmetic, calendar, capitals, colours, opposites, stories};
use crate::turn::{Asker, Expect, GAP, Topic, Turn};
use crate::{Split, made_up};

const NUMBER_WORDS: &[&str] =
    &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// `{a}`, `{b}`, `{c}` are names, `{n}` is a number.
const CODE: &[&str] = &[
    "let {a} = {n};\nlet {b} = «{a}» + 1;\n",
    "let {a} = {n};\n«println»!(\"{}\", «{a}»);\n",
    "let mut {a} = 0;\n«while» {a} < {n} {\n    «{a}» += 1;\n}\n",
    "fn «add»({a}: i32, {b}: i32) -> i32 {\n    {a} + «{b}»\n}\n",
    "fn «multiply»({a}: i32, {b}: i32) -> i32 {\n    {a} * «{b}»\n}\n",
    "fn add({a}: i32, {b}: i32) -> «i32» {\n    «{a}» + {b}\n}\n",
    "fn main() {\n    let {a} = {n};\n    println!(\"{}\", «{a}»);\n}\n",
    "«for» {a} in 0..{n} {\n    «println»!(\"{}\", «{a}»);\n}\n",
    "if {a} > {b} {\n    max = «{a}»;\n} «else» {\n    max = «{b}»;\n}\n",
    "struct {A} {\n    {b}: «u32»,\n    {c}: u32,\n}\n",
    "use std::{a};\n\nfn main() {\n    «{a}»::{b}();\n}\n",
    "def add({a}, {b}):\n    «return» {a} + «{b}»\n",
    "def double({a}):\n    return «{a}» * 2\n",
    "for {a} in range({n}):\n    «print»(«{a}»)\n",
    "{a} = {n}\nprint(«{a}»)\n",
    "import {a}\n\n«{a}».{b}()\n",
    "while {a} < {n}:\n    «{a}» = {a} + 1\n",
    "{a}, {b} = «{b}», {a}\n",
    "if {a} == {n}:\n    print(\"{b}\")\n«else»:\n    print(\"{c}\")\n",
    "int {a} = {n};\nint {b} = «{a}» + {n};\n",
    "for (int {a} = 0; «{a}» < {n}; {a}++) {\n    sum += «{a}»;\n}\n",
    "const {a} = \"{b}\";\nconsole.«log»(«{a}»);\n",
    "<b>{a}</«b»>\n",
    "<{a}>{b}</«{a}»>\n",
];

/// Names that code uses.
const CODE_NAMES: &[&str] = &[
    "a", "b", "x", "y", "z", "i", "j", "k", "n", "count", "total", "sum", "value", "name", "width", "height",
    "left", "right", "first", "second", "item", "index", "size", "number", "word", "text", "line", "file",
    "data", "list",
];

/// A text with a gap. The two splits never share one.
pub(crate) fn turn(rng: &mut Rng, split: Split) -> Turn {
    loop {
        let document = document(rng);
        let places: Vec<usize> = document.match_indices('«').map(|place| place.0).collect();
        let Some(&start) = places.get(rng.below(places.len())) else { continue };
        let Some(len) = document[start..].find('»') else { continue };
        let plain = |text: &str| text.replace(['«', '»'], "");
        let (mut before, mut gap) = (plain(&document[..start]), plain(&document[start..start + len]));
        let after = plain(&document[start + len..]);
        // Editors put the space before a word on either side.
        if before.ends_with(' ') && rng.chance(50) {
            before.pop();
            gap.insert(0, ' ');
        }
        let text = format!("{before}{GAP}{after}");
        if is_held_out(&text) == (split == Split::HeldOut) {
            return Turn::new(Topic::Gap, text, &gap, Expect::Exactly(gap.clone())).asker(Asker::Text);
        }
    }
}

/// One text of eight, the same ones whenever they come up.
fn is_held_out(text: &str) -> bool {
    // FNV-1a: no release of the standard library changes it.
    let bytes = text.bytes().filter(|&byte| byte != b' ');
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    (hash ^ (hash >> 32)).is_multiple_of(8)
}

fn document(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => {
            let names: Vec<String> = DAYS.iter().map(|&day| day.to_owned()).collect();
            cycle(rng, &names)
        }
        1 => {
            let names: Vec<String> = MONTHS.iter().map(|month| month.0.to_owned()).collect();
            cycle(rng, &names)
        }
        2 => {
            let step = *rng.choose(&[1, 1, 1, 1, 2, 5, 10]);
            let start = rng.between(0, 60);
            let numbers: Vec<String> =
                (0..rng.between(4, 8)).map(|at| (start + at * step).to_string()).collect();
            list(rng, &numbers)
        }
        3 if rng.chance(40) => {
            let numbers: Vec<String> = NUMBER_WORDS.iter().map(|&word| word.to_owned()).collect();
            part(rng, &numbers)
        }
        3 => {
            let first = if rng.chance(30) { b'A' } else { b'a' };
            let letters: Vec<String> = (0..26).map(|at| char::from(first + at).to_string()).collect();
            part(rng, &letters)
        }
        4..=6 => (0..*rng.choose(&[1, 1, 1, 2])).map(|_| fact(rng)).collect::<Vec<_>>().join(" "),
        7 => story(rng),
        _ => code(rng),
    }
}

/// Some of `names` in a row, going round at the end.
fn cycle(rng: &mut Rng, names: &[String]) -> String {
    let start = rng.below(names.len());
    let row: Vec<String> =
        (0..rng.between(3, 6) as usize).map(|at| names[(start + at) % names.len()].clone()).collect();
    list(rng, &row)
}

/// A stretch of `names`.
fn part(rng: &mut Rng, names: &[String]) -> String {
    let count = (rng.between(4, 8) as usize).min(names.len());
    let start = rng.below(names.len() - count + 1);
    list(rng, &names[start..start + count])
}

/// A list whose items, or two of them in a row, can be the gap.
fn list(rng: &mut Rng, items: &[String]) -> String {
    let between = rng.pick(&[", ", ", ", " ", "\n"]);
    if rng.chance(15) && items.len() > 3 {
        let at = 1 + rng.below(items.len() - 2);
        let mut items = items.to_vec();
        items[at].insert(0, '«');
        items[at + 1].push('»');
        return items.join(between);
    }
    items.iter().map(|item| format!("«{item}»")).collect::<Vec<_>>().join(between)
}

/// A sentence that other topics say in reply; its answer or its beginning can be the gap.
fn fact(rng: &mut Rng) -> String {
    let turn = match rng.below(8) {
        0 | 1 => capitals::capital(rng, Split::Train),
        2 => capitals::country(rng, Split::Train),
        3 => arithmetic::turn(rng, Split::Train),
        4 => opposites::turn(rng, Split::Train),
        5 => calendar::turn(rng, Split::Train),
        _ => colours::turn(rng, Split::Train),
    };
    let Expect::Ends(answer) = &turn.expect else { return turn.reply };
    let Some((start, end)) = turn.reply.rsplit_once(answer.as_str()) else { return turn.reply };
    match start.split_once(' ').and_then(|(first, rest)| Some((first, rest.split_once(' ')?))) {
        Some(("The", (word, rest))) => format!("The «{word}» {rest}«{answer}»{end}"),
        _ => format!("{start}«{answer}»{end}"),
    }
}

/// Two sentences of a story; the hero's name can be the gap, or words that always follow each other.
fn story(rng: &mut Rng) -> String {
    let hero = rng.pick(HEROES);
    let sentences = stories::sentences(rng, hero);
    let at = 1 + rng.below(sentences.len() - 2);
    let name = HERO_NAMES.iter().find(|&&name| sentences[1].starts_with(name)).copied().unwrap_or(hero);
    let text = sentences[at - 1..=at].join(" ");
    match text.rsplit_once(name) {
        Some((start, end)) if rng.chance(50) && start.contains(name) => format!("{start}«{name}»{end}"),
        _ => {
            let words: Vec<&str> = sentences[at].split(' ').collect();
            let hole = words.len() / 2 + rng.below(words.len() / 2 - 1);
            let marked: Vec<String> = (0..words.len())
                .map(|at| match at {
                    _ if at == hole => format!("«{}", words[at]),
                    _ if at == hole + 1 => format!("{}»", words[at]),
                    _ => words[at].to_owned(),
                })
                .collect();
            format!("{} {}", sentences[at - 1], marked.join(" "))
        }
    }
}

fn code(rng: &mut Rng) -> String {
    let mut names: Vec<String> = Vec::new();
    while names.len() < 3 {
        let name = if rng.chance(40) { made_up::word(rng) } else { rng.pick(CODE_NAMES).to_owned() };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let number = rng.between(2, 99).to_string();
    let text = rng.pick(CODE).replace("{a}", &names[0]).replace("{b}", &names[1]).replace("{c}", &names[2]);
    text.replace("{A}", &crate::phrase::capitalised(&names[0])).replace("{n}", &number)
}
