//! The generator keeps what it promises: its replies are right, its splits apart.

use std::collections::HashSet;

use default_model::rng::Rng;
use default_model::tables::countries::COUNTRIES;
use default_model::tables::opposites::{ONE_WAY, OPPOSITES};
use default_model::{Asker, Dialogue, GAP, Split, Topic};

fn dialogues(split: Split, seed: u64, count: usize) -> Vec<Dialogue> {
    let mut rng = Rng::new(seed);
    let topics = Topic::ALL.iter().cycle().take(count);
    topics.map(|&topic| Dialogue::about(&mut rng, split, topic)).collect()
}

#[test]
fn every_reply_meets_its_own_expectation() {
    for split in [Split::Train, Split::HeldOut] {
        for dialogue in dialogues(split, 11, 20_000) {
            for turn in &dialogue.turns {
                assert!(turn.expect.accepts(&turn.reply), "{turn:?}");
                if turn.asker == Asker::User {
                    assert!(!turn.user.contains(['{', '}']), "a slot was left open: {turn:?}");
                }
            }
        }
    }
}

#[test]
fn a_wrong_reply_is_not_accepted() {
    for dialogue in dialogues(Split::HeldOut, 12, 2_000) {
        let Some(turn) = dialogue.turns.last() else { continue };
        let wrong =
            if turn.topic == Topic::Outside { "The capital of Borduria is Szohod." } else { "It is 1000." };
        assert!(!turn.expect.accepts(wrong), "{turn:?}");
    }
}

#[test]
fn the_topic_is_the_one_asked_for() {
    let mut rng = Rng::new(13);
    for topic in Topic::ALL {
        for _ in 0..200 {
            let dialogue = Dialogue::about(&mut rng, Split::HeldOut, topic);
            assert_eq!(dialogue.turns.last().map(|turn| turn.topic), Some(topic));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_dialogues() {
    let text = |seed| {
        dialogues(Split::Train, seed, 500)
            .iter()
            .flat_map(Dialogue::parts)
            .map(|part| part.0)
            .collect::<String>()
    };
    assert_eq!(text(14), text(14));
    assert_ne!(text(14), text(15));
}

#[test]
fn held_out_questions_are_not_among_the_trained_ones() {
    let questions = |split, count| -> HashSet<String> {
        let turns = dialogues(split, 16, count).into_iter().flat_map(|dialogue| dialogue.turns);
        // A tool says the same whoever asks.
        let turns = turns.filter(|turn| turn.asker != Asker::Tool);
        turns.map(|turn| turn.user.to_lowercase().trim_end_matches(['.', '?', '!']).to_owned()).collect()
    };
    let trained = questions(Split::Train, 100_000);
    let both: Vec<_> =
        questions(Split::HeldOut, 5_000).into_iter().filter(|question| trained.contains(question)).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn a_call_names_a_tool_on_offer_and_its_parameter() {
    let mut rng = Rng::new(17);
    for _ in 0..2_000 {
        let dialogue = Dialogue::about(&mut rng, Split::Train, Topic::ToolCall);
        let reply = &dialogue.turns.last().expect("a dialogue has turns").reply;
        let named = |tool: &&default_model::Tool| reply.contains(&format!("\"name\": \"{}\"", tool.name));
        let tool = dialogue.tools.iter().find(named).unwrap_or_else(|| panic!("{dialogue:?}"));
        assert!(tool.parameters.iter().all(|name| reply.contains(&format!("{{\"{name}\": \""))), "{reply}");
        assert!(dialogue.prompt().contains(&format!("\n{tool}")), "{dialogue:?}");
    }
}

#[test]
fn a_gap_and_its_filling_are_a_text() {
    let mut rng = Rng::new(18);
    for _ in 0..2_000 {
        let dialogue = Dialogue::about(&mut rng, Split::Train, Topic::Gap);
        let [turn] = dialogue.turns.as_slice() else { panic!("{dialogue:?}") };
        let text = turn.user.replace(GAP, &turn.reply);
        assert!(!text.contains(['«', '»']) && text.len() == turn.user.len() - GAP.len() + turn.reply.len());
        let prompt = dialogue.prompt();
        assert!(prompt.starts_with("<|fim_prefix|>") && prompt.ends_with("<|fim_middle|>"), "{prompt}");
    }
}

#[test]
fn what_a_grammar_gives_is_not_learned() {
    let mut rng = Rng::new(19);
    for _ in 0..500 {
        let dialogue = Dialogue::about(&mut rng, Split::Train, Topic::Schema);
        let parts = dialogue.parts();
        let reply = &parts[dialogue.prompt_parts(&parts)..];
        assert!(!reply[0].1 && reply[0].0.starts_with("{\""), "{reply:?}");
        for (text, learned) in reply {
            assert_eq!(*learned, !(text.ends_with("\": ") || text.ends_with("\": \"")), "{reply:?}");
        }
    }
}

#[test]
fn facts_are_unambiguous() {
    let mut words = HashSet::new();
    assert!(OPPOSITES.iter().flat_map(|pair| [pair.0, pair.1]).all(|word| words.insert(word)));
    assert!(ONE_WAY.iter().all(|pair| words.insert(pair.0)));
    let mut names = HashSet::new();
    assert!(COUNTRIES.iter().all(|country| names.insert(country.name)));
    let mut capitals = HashSet::new();
    assert!(COUNTRIES.iter().all(|country| capitals.insert(country.capital)));
}
