//! What stays in memory, and what comes back to it.

use super::{PLACE, about, assert_alike, builder, chat, ears, gemma, jamba, mamba, places, qwen, say};
use crate::common::folder;
use crate::multimodal::{llava, load, picture};
use llama::multimodal::Projector;
use llama::{Error, Message, Model, Overflow, State, StopReason};
use llama_test_kit::{Eyes, RandomProjector};

#[test]
fn later_turns_use_what_is_in_memory() {
    for pair in [llava(), gemma(), qwen(), ears(), mamba(), jamba()] {
        let what = pair.0.architecture().to_owned();
        let mut chat = chat(&pair);
        let first = say(&mut chat, about("What is this? ", picture(1)));
        assert_eq!((first.usage.reused, first.usage.encoded), (0, 1), "{what}");
        let second = say(&mut chat, "And what else?");
        // A reply of random tokens may be split otherwise when it is read as text.
        assert!(second.usage.reused + 1 >= first.usage.prompt, "{what}: {:?}", second.usage);
        assert_eq!(second.usage.encoded, 0, "{what}");
        let third = say(&mut chat, about("Compare it with ", picture(2)).with_text(" please"));
        assert_eq!(third.usage.encoded, 1, "{what}");
        assert!(third.usage.reused + 1 >= second.usage.prompt, "{what}: {:?}", third.usage);

        let history = chat.messages()[..4].to_vec();
        let mut fresh = builder(&pair).history(history).build().unwrap();
        let anew = say(&mut fresh, chat.messages()[4].clone());
        assert_eq!((anew.usage.prompt, anew.usage.encoded), (third.usage.prompt, 2), "{what}");
        assert_alike(&third, &anew, &what);
    }
}

#[test]
fn another_image_is_not_mistaken_for_the_first() {
    for pair in [llava(), gemma(), qwen(), mamba(), jamba()] {
        let what = pair.0.architecture().to_owned();
        let mut chat = chat(&pair);
        let text = "What is this? ";
        let one = say(&mut chat, about(text, picture(1)));
        chat.clear();
        let two = say(&mut chat, about(text, picture(2)));

        assert_eq!((one.usage.prompt, two.usage.encoded), (two.usage.prompt, 1), "{what}");
        assert!(two.usage.reused < one.usage.prompt - 4, "{what}: {:?}", two.usage);
        assert_alike(&two, &say(&mut builder(&pair).build().unwrap(), about(text, picture(2))), &what);
        // Seen before, so it is not encoded again.
        chat.clear();
        let again = say(&mut chat, about(text, picture(1)));
        assert_eq!(again.usage.encoded, 0, "{what}");
        assert_alike(&again, &one, &what);
        chat.clear();
        let words = say(&mut chat, text);
        assert!(words.usage.reused < words.usage.prompt && places(&chat) == 0, "{what}");
    }
}

/// Whatever the memory held before, it holds the right thing afterwards.
#[test]
fn conversations_that_jump_about_compute_what_fresh_ones_do() {
    let mut rng = llama_test_kit::Rng::new(11);
    for pair in [llava(), gemma(), qwen(), jamba()] {
        let what = pair.0.architecture().to_owned();
        let build = || builder(&pair).context_with(|c| c.swa_full(false)).build().unwrap();
        let mut chat = build();
        for round in 0..8 {
            let len = rng.below(u32::try_from(chat.messages().len()).unwrap() + 1) as usize;
            chat.truncate(len / 2 * 2);
            let mut message = Message::user(["Look: ", "And now? "][rng.below(2) as usize]);
            for _ in 0..rng.below(3) {
                let seed = u8::try_from(rng.below(3)).unwrap();
                message = message.with_media(picture(seed)).with_text(" so ");
            }
            let mut fresh = build();
            chat.messages().iter().for_each(|message| fresh.push(message.clone()));
            let ours = say(&mut chat, message.clone());
            let theirs = say(&mut fresh, message);
            assert_eq!(ours.usage.prompt, theirs.usage.prompt, "{what}");
            assert_alike(&ours, &theirs, &format!("{what}, round {round}"));
        }
    }
}

#[test]
fn what_a_window_has_moved_past_is_computed_again() {
    let pair = gemma();
    let narrow = || builder(&pair).context_with(|c| c.swa_full(false)).build().unwrap();
    let mut chat = narrow();
    for turn in 0..3 {
        say(&mut chat, about("What is this picture here? ", picture(turn)).with_text(" Tell me more of it."));
    }
    chat.truncate(2);
    let back = say(&mut chat, "Once more, please.");
    let mut fresh = narrow();
    chat.messages()[..2].iter().for_each(|message| fresh.push(message.clone()));
    let anew = say(&mut fresh, "Once more, please.");
    assert_eq!((back.usage.encoded, anew.usage.encoded, back.usage.prompt), (0, 1, anew.usage.prompt));
    assert_alike(&back, &anew, "gemma3");
}

#[test]
fn the_oldest_images_are_left_out_with_their_messages() {
    for pair in [llava(), qwen()] {
        let what = pair.0.architecture().to_owned();
        let mut chat = builder(&pair).context(256).system("brief").build().unwrap();
        let mut encoded = 0;
        for turn in 0..12 {
            let done = say(&mut chat, about("What is this picture? ", picture(turn)).with_text(" Say."));
            encoded += done.usage.encoded;
            assert!(places(&chat).is_multiple_of(16) && done.usage.prompt < 256, "{what}");
        }
        assert!(chat.dropped() > 0 && chat.messages().len() == 25, "{what}");
        assert_eq!(encoded, 12, "{what}: images that stay are not encoded again");
        let mut refusing = builder(&pair).context(256).overflow(Overflow::Refuse).build().unwrap();
        let error = (0..12).find_map(|turn| refusing.ask(about("What is it? ", picture(turn))).err());
        assert!(matches!(error, Some(Error::ContextFull { available: 256, .. })), "{what}: {error:?}");
    }
}

#[test]
fn messages_can_give_up_their_images() {
    let pair = llava();
    let mut chat = builder(&pair)
        .context(256)
        .overflow_with(|messages, sizes| {
            assert!(sizes.prompt + sizes.reserved > sizes.available);
            let (newest, older) = messages.split_last().unwrap();
            older.iter().cloned().map(Message::without_media).chain([newest.clone()]).collect()
        })
        .build()
        .unwrap();
    for turn in 0..7 {
        say(&mut chat, about("?", picture(turn)));
    }
    assert!(chat.messages().len() == 14 && places(&chat) < 7 * 16);
    assert_eq!(chat.messages()[0].content, "?");
}

#[test]
fn a_full_memory_makes_room_without_cutting_images() {
    let pair = llava();
    let mut chat = builder(&pair).context(256).overflow(Overflow::Shift).max_tokens(200).build().unwrap();
    let message = (0..5).fold(Message::user("Look: "), |message, seed| message.with_media(picture(seed)));
    let done = say(&mut chat, message.with_text("Tell me everything about them."));
    if done.stop == StopReason::TokenLimit {
        assert!(done.usage.discarded > 0, "{:?}", done.usage);
    }
    assert_eq!(places(&chat) % 16, 0);
    let mut fixed = builder(&qwen()).overflow(Overflow::Shift).build().unwrap();
    assert!(matches!(fixed.send("Hi"), Err(Error::Memory { .. })));
}

#[test]
fn forks_and_files_keep_what_was_seen() {
    for pair in [llava(), gemma(), qwen(), mamba()] {
        let what = pair.0.architecture().to_owned();
        let mut chat = chat(&pair);
        say(&mut chat, about("What is this? ", picture(1)));
        let mut fork = chat.fork().unwrap();
        let file = folder().join(format!("media-{}-{what}.chat", std::process::id()));
        chat.save(&file).unwrap();
        let direct = say(&mut chat, "And this?");
        let forked = say(&mut fork, "And this?");
        assert_eq!((forked.usage.encoded, forked.usage.reused), (0, direct.usage.reused), "{what}");
        assert_alike(&forked, &direct, &what);

        let later = |pair: &(Model, Projector)| {
            let mut later = builder(pair).history(chat.messages()[..2].to_vec()).build().unwrap();
            later.restore(&file).unwrap();
            assert!(places(&later) > 0);
            say(&mut later, "And this?")
        };
        let restored = later(&pair);
        // Checkpoints, which one state for the whole past needs to go back, are not in the file.
        if what != "mamba" {
            assert_eq!((restored.usage.encoded, restored.usage.reused), (0, direct.usage.reused), "{what}");
        }
        assert_alike(&restored, &direct, &what);
        // What another projector saw is something else.
        let mut other = RandomProjector::new(64).seed(2);
        if what == "gemma3" {
            other = other.eyes(Some(Eyes::Gemma3));
        }
        let other = load(&pair.0, &other).unwrap();
        assert_eq!(later(&(pair.0.clone(), other)).usage.encoded, 1, "{what}");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn sessions_do_not_cut_images() {
    let pair = llava();
    let mut chat = chat(&pair);
    say(&mut chat, about("What is this? ", picture(1)).with_text(" Say what it is."));
    let file = folder().join(format!("media-cut-{}.chat", std::process::id()));
    chat.save(&file).unwrap();
    let mut session = llama::Session::new(pair.0.context_builder().n_ctx(512).build().unwrap()).unwrap();
    let state = State::load(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    session.restore_state(&state).unwrap();
    assert_eq!(session.tokens(), chat.session().tokens());
    let start = session.tokens().iter().position(|&token| token == PLACE).unwrap();
    for (keep, discard) in [(start + 1, 20), (1, start), (start + 15, 1)] {
        let error = session.shift(keep, discard).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { .. }), "{keep} {discard}: {error}");
    }
    session.shift(1, start + 15).unwrap();
    assert!(session.tokens().iter().all(|&token| token != PLACE));
    session.restore_state(&state).unwrap();
    assert_eq!(session.rewind(start + 3).unwrap(), 0);
    assert_eq!(session.tokens().len(), start, "in front of the image");
}
