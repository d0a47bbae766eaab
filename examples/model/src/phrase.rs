//! How questions are worded: shared frames, polite wrapping, and carelessness.

use crate::Split;
use crate::rng::Rng;

/// Wordings for training and wordings that only the held-out questions use.
pub(crate) struct Wordings {
    pub(crate) train: &'static [&'static str],
    pub(crate) held_out: &'static [&'static str],
}

/// Every way to ask for one kind of fact. `{x}` and the like are slots.
pub(crate) struct Forms {
    /// Noun phrases ("the capital of {x}"), to be put into a question frame.
    pub(crate) nouns: Wordings,
    /// Complete questions.
    pub(crate) whole: Wordings,
}

/// Frames for any noun phrase.
const FRAMES: Wordings = Wordings {
    train: &[
        "What is {np}?",
        "What is {np}?",
        "What is {np}?",
        "What's {np}?",
        "What's {np}?",
        "Tell me {np}.",
        "Name {np}.",
        "{np}?",
        "{np}",
        "Do you know {np}?",
        "Give me {np}.",
        "Can you tell me {np}?",
        "Please tell me {np}.",
        "I want to know {np}.",
        "I'd like to know {np}.",
        "Could you tell me what {np} is?",
        "Do you know what {np} is?",
        "Tell me what {np} is.",
        "I wonder what {np} is.",
        "What would be {np}?",
        "Any idea what {np} is?",
        "I am searching for {np}.",
        "Please say {np}.",
        "Would you say what {np} is?",
        "Could you give me {np}?",
        "What precisely is {np}?",
        "I can't find {np}.",
        "I can't recall {np}.",
        "I want to find out {np}.",
        "Let's talk about {np}.",
        "Would you name {np}?",
        "I'd love to hear {np}.",
        "Are you able to name {np}?",
        "Are you sure what {np} is?",
        "Can you remember {np}?",
        "Could you say {np}?",
        "Do give me {np}.",
        "So {np}?",
        "And what is {np}?",
        "Say {np}.",
        "Remind me what {np} is.",
        "What might {np} be?",
        "Let me know {np}.",
        "Find {np}.",
        "I forgot {np}.",
        "Help me with {np}.",
        "I need {np}.",
        "Answer this: what is {np}?",
        "{np} is what?",
        "{np} is",
        "I need to know what {np} is.",
        "Can you give me {np}?",
        "How about {np}?",
        "You know {np}, right?",
        "Can you say what {np} is?",
        "Would you know {np}?",
        "I'm asking for {np}.",
        "I am not sure what {np} is.",
        "My question is about {np}.",
        "Write down {np}.",
        "What do you think {np} is?",
    ],
    held_out: &[
        "Could you name {np}?",
        "Would you tell me what {np} is?",
        "I am looking for {np}.",
        "What exactly is {np}?",
        "Please give me {np}.",
        "Can you remind me of {np}?",
        "I have to find out {np}.",
        "Let's see if you know {np}.",
        "I can't remember what {np} is.",
        "Do tell me {np}.",
        "I would love to know {np}.",
        "Are you able to tell me {np}?",
    ],
};

const OPENINGS: Wordings = Wordings {
    train: &[
        "Hi, ",
        "Hello! ",
        "Hey, ",
        "Please, ",
        "Quick question: ",
        "Okay, ",
        "Now ",
        "So, ",
        "Well, ",
        "Sorry, ",
        "Excuse me, ",
        "One more: ",
        "Next question: ",
        "Question: ",
        "Thanks. ",
        "Great! ",
        "I'm curious, ",
        "Just wondering, ",
        "Cria, ",
        "Hmm, ",
        "Tell me, ",
        "Good. ",
        "Oh, ",
        "I have a question. ",
        "Can you help me? ",
        "By the way, ",
        "And ",
        "Good morning. ",
        "Well then, ",
        "Hello Cria, ",
        "Hi there. ",
        "Good day. ",
        "Hello again, ",
        "Look, ",
        "Ah, ",
        "Another question: ",
        "The next question: ",
        "My question: ",
        "Here is a question: ",
        "Very good. ",
        "Fine. ",
        "Cool. ",
        "Then ",
        "Also, ",
        "Ok ",
        "Dear Cria, ",
        "Good to know. ",
        "I see. ",
        "Perfect. ",
        "A question: ",
        "Hey there, ",
    ],
    held_out: &[
        "Right, ",
        "My next question: ",
        "Alright, ",
        "Listen, ",
        "Good evening. ",
        "Hello there, ",
        "Nice. ",
    ],
};

const CLOSINGS: Wordings = Wordings {
    train: &[
        " Thanks.",
        " Please.",
        " Thank you!",
        " Be quick.",
        " I forgot.",
        " I need it for school.",
        " Do you know?",
        " Thank you very much.",
        " Can you help?",
        " Any idea?",
        " I'm curious.",
        " It is for my homework.",
        " I need it for a test.",
        " I would be happy.",
        " Thanks a lot!",
        " That would be nice.",
        " It is important.",
        " I ask for a friend.",
        " My teacher wants to know.",
        " Help me, please.",
        " I need to know.",
        " Take your time.",
        " It is not urgent.",
        " You are so helpful!",
        " Many people ask this.",
        " It is for a game.",
        " I would be very glad.",
        " We need it today.",
        " Just the answer.",
        " Thank you so much, Cria!",
        " Much appreciated.",
        " Let me know.",
        " I have no idea.",
        " I always forget this.",
        " That is all.",
        " Good luck!",
        " I want to learn.",
        " No hurry.",
        " It is for work.",
        " It would help me.",
    ],
    held_out: &[" Many thanks!", " It is for a quiz.", " I would be grateful."],
};

/// Whether the casing of what stands in the slots may be lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// Known words: "paris" is as good as "Paris".
    Free,
    /// Words that the reply has to repeat.
    Kept,
}

impl Wordings {
    pub(crate) fn of(&self, split: Split) -> &'static [&'static str] {
        match split {
            Split::Train => self.train,
            Split::HeldOut => self.held_out,
        }
    }
}

/// A question from `forms` about what is in `slots`.
///
/// A held-out question has at least one part never seen in training: the
/// complete wording, the frame, or the noun phrase.
pub(crate) fn ask(rng: &mut Rng, split: Split, forms: &Forms, slots: &[(&str, &str)], case: Case) -> String {
    let Forms { nouns, whole } = forms;
    let wording = if nouns.train.is_empty() || (!whole.of(split).is_empty() && rng.chance(45)) {
        rng.pick(whole.of(split)).to_owned()
    } else {
        let (frame, noun) = match split {
            Split::HeldOut if nouns.held_out.is_empty() || rng.chance(50) => (FRAMES.held_out, nouns.train),
            Split::HeldOut => (FRAMES.train, nouns.held_out),
            Split::Train => (FRAMES.train, nouns.train),
        };
        rng.pick(frame).replace("{np}", rng.pick(noun))
    };
    finish(rng, split, &wording, slots, case)
}

/// Wraps a wording politely, makes it as careless as people are, fills its slots.
pub(crate) fn finish(
    rng: &mut Rng,
    split: Split,
    wording: &str,
    slots: &[(&str, &str)],
    case: Case,
) -> String {
    let mut text = wording.to_owned();
    if rng.chance(15) {
        let opening = rng.pick(OPENINGS.of(split));
        text = format!("{opening}{}", if opening.ends_with(", ") { text } else { capitalised(&text) });
    }
    if rng.chance(10) {
        let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
        text = format!("{text}{stop}{}", rng.pick(CLOSINGS.of(split)));
    } else if rng.chance(20) {
        text.truncate(text.trim_end_matches(['.', '?', '!']).len());
    }
    if rng.chance(5) {
        text = with_typo(rng, &text);
    }
    let lower = rng.chance(15);
    if lower {
        text = text.to_lowercase();
    }
    for (slot, value) in slots {
        let value = if lower && case == Case::Free { value.to_lowercase() } else { (*value).to_owned() };
        text = text.replace(&format!("{{{slot}}}"), &value);
    }
    if lower { text } else { capitalised(&text) }
}

/// `text` with its first letter in upper case.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Spoils one longer word of `text`, never a slot.
fn with_typo(rng: &mut Rng, text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let at = rng.below(words.len());
    let word = &mut words[at];
    if word.len() >= 4 && word.chars().all(|c| c.is_ascii_lowercase()) {
        let place = rng.between(1, 2) as usize;
        let letter = word.remove(place);
        match rng.below(3) {
            0 => {}
            1 => word.insert(place + 1, letter),
            _ => word.insert_str(place, &format!("{letter}{letter}")),
        }
    }
    words.join(" ")
}
