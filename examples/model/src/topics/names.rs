//! Remembering the name the user told earlier.

use crate::phrase::Wordings;
use crate::rng::Rng;
use crate::tables::words::{NAMES, NAMES_HELD_OUT};
use crate::turn::{Expect, Topic, Turn};
use crate::{Split, made_up};

const TELL: Wordings = Wordings {
    train: &[
        "My name is {x}.",
        "I am {x}.",
        "I'm {x}.",
        "Hi, I am {x}.",
        "Hello, my name is {x}.",
        "Call me {x}.",
        "People call me {x}.",
        "Hi! I'm {x}.",
        "You can call me {x}.",
        "This is {x}.",
        "My name's {x}.",
        "Hello! This is {x}.",
        "my name is {x}",
        "I am called {x}.",
        "Please call me {x}.",
        "Hey, {x} here.",
        "i am {x}",
        "Hello, I'm {x}. Nice to meet you.",
        "My friends call me {x}.",
    ],
    held_out: &[
        "Good morning, my name is {x}.",
        "Hey, I'm {x}.",
        "Hello Cria, I am {x}.",
        "Everybody calls me {x}.",
        "By the way, my name is {x}.",
    ],
};

const RECALL: Wordings = Wordings {
    train: &[
        "What is my name?",
        "What's my name?",
        "Do you remember my name?",
        "Who am I?",
        "Do you know my name?",
        "Tell me my name.",
        "What am I called?",
        "Say my name.",
        "My name?",
        "Can you tell me my name?",
        "Do you know who I am?",
        "Remind me of my name.",
        "Did I tell you my name?",
        "What did I say my name was?",
        "what is my name",
        "Which name did I tell you?",
        "How am I called?",
    ],
    held_out: &[
        "Do you still know my name?",
        "What was my name?",
        "Can you remember my name?",
        "Please tell me my name.",
        "Tell me who I am.",
    ],
};

/// A first name, now and then one that nobody has.
pub(crate) fn any_name(rng: &mut Rng, split: Split) -> String {
    match split {
        Split::Train if rng.chance(40) => crate::phrase::capitalised(&made_up::word(rng)),
        Split::Train => rng.pick(NAMES).to_owned(),
        Split::HeldOut => rng.pick(NAMES_HELD_OUT).to_owned(),
    }
}

pub(crate) fn tell(rng: &mut Rng, split: Split, name: &str) -> Turn {
    let user = rng.pick(TELL.of(split)).replace("{x}", name);
    let reply = format!("Nice to meet you, {name}!");
    Turn::new(Topic::Name, user, &reply, Expect::Ends(name.to_owned()))
}

pub(crate) fn recall(rng: &mut Rng, split: Split, name: Option<&str>) -> Turn {
    let user = rng.pick(RECALL.of(split)).to_owned();
    match name {
        Some(name) => {
            Turn::new(Topic::Name, user, &format!("Your name is {name}."), Expect::Ends(name.to_owned()))
        }
        None => Turn::new(Topic::Name, user, "I don't know your name yet.", Expect::Unknown),
    }
}
