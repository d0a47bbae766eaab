//! `show`: a few dialogues of every topic, to be read by people.

use default_model::{Dialogue, Split, Topic, rng::Rng};

/// Prints `count` dialogues per topic.
pub(crate) fn run(split: Split, count: usize, seed: u64) {
    let mut rng = Rng::new(seed);
    for topic in Topic::ALL {
        println!("# {topic}");
        for _ in 0..count {
            let dialogue = Dialogue::about(&mut rng, split, topic);
            if let Some(system) = dialogue.system {
                println!("system: {system}");
            }
            for tool in dialogue.tools {
                println!("tool: {tool}");
            }
            for turn in dialogue.turns {
                println!("  {:?}: {}\n  reply: {}", turn.asker, turn.user, turn.reply);
            }
            println!();
        }
    }
}
