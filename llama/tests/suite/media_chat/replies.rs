//! Replies to messages with media, and what goes wrong.

use super::{about, assert_alike, builder, chat, ears, gemma, places, qwen, say};
use crate::common::random;
use crate::multimodal::{llava, load, picture, tone};
use llama::multimodal::Image;
use llama::{CancelToken, Chat, Draft, Error, Format, Message, PromptLookup, StopReason};
use llama_test_kit::{Arch, RandomProjector};

#[test]
fn errors_come_before_anything_is_computed() {
    let (eyes, both) = (llava(), ears());
    let deaf = || about("Listen: ", tone(440.0));
    let refused = |chat: &mut Chat, message: Message| {
        let error = chat.send(message).unwrap_err();
        assert!(chat.messages().is_empty() && chat.session().tokens().is_empty(), "{error}");
        error
    };
    let mut text_only = eyes.0.chat_builder().context(256).n_threads(1).build().unwrap();
    assert_eq!(refused(&mut text_only, about("a", picture(1))), Error::NoProjector { media: 1 });
    assert_eq!(refused(&mut chat(&eyes), deaf()), Error::UnsupportedMedia { kind: "audio" });
    let blind = load(&both.0, &RandomProjector::new(64).eyes(None).ears(true)).unwrap();
    let mut blind = chat(&(both.0.clone(), blind));
    assert_eq!(refused(&mut blind, about("a", picture(1))), Error::UnsupportedMedia { kind: "images" });
    let slow = llama::multimodal::Audio::from_samples(8_000, vec![0.0; 800]).unwrap();
    let expected = Error::SampleRate { given: 8_000, expected: 16_000 };
    assert_eq!(refused(&mut chat(&both), about("a", slow)), expected);

    let many = (0..20).fold(Message::user("a"), |message, seed| message.with_media(picture(seed)));
    let mut small = builder(&eyes).context(256).build().unwrap();
    let error = refused(&mut small, many);
    let Error::ContextFull { needed, available: 256 } = error else { panic!("{error}") };
    assert!(needed > 320, "{needed}");

    let gemma = gemma();
    let mut narrow = builder(&gemma).context_with(|c| c.n_batch(3).n_ubatch(3)).build().unwrap();
    let error = refused(&mut narrow, about("a", picture(1)));
    assert!(matches!(error, Error::BatchTooLarge { n_tokens: 4, max: 3, .. }), "{error}");
    let error = narrow.decide_among(about("a", picture(1)), &["b", "c"]).unwrap_err();
    assert!(matches!(error, Error::BatchTooLarge { n_tokens: 4, max: 3, .. }), "{error}");
}

#[test]
fn replies_can_be_dropped_and_cancelled() {
    for pair in [llava(), qwen()] {
        let token = CancelToken::new();
        let mut chat = builder(&pair).cancel(token.clone()).build().unwrap();
        token.cancel();
        let question = || about("What is this? ", picture(1));
        let done = say(&mut chat, question());
        assert_eq!((done.stop, done.usage.encoded), (StopReason::Cancelled, 0));
        assert!(chat.messages().is_empty());
        token.reset();
        let mut reply = chat.send(question()).unwrap();
        reply.next_piece();
        drop(reply);
        assert_eq!(chat.messages().len(), 2);
        let next = say(&mut chat, "Go on.");
        assert!(next.usage.encoded == 0 && next.usage.reused > 16, "{:?}", next.usage);
        chat.truncate(0);
        let again = say(&mut chat, question());
        assert_eq!((again.usage.encoded, again.usage.reused), (0, again.usage.prompt - 1));
    }
}

#[test]
fn what_cannot_be_encoded_ends_the_reply() {
    let model = random(Arch::Llama);
    let file = RandomProjector::new(64).metadata("clip.vision.image_std", vec![0.0_f32; 3]);
    let pair = (model.clone(), load(&model, &file).unwrap());
    let mut chat = chat(&pair);
    say(&mut chat, "Hello!");
    let mut reply = chat.send(about("What is this? ", picture(1))).unwrap();
    assert!(matches!(reply.next(), Some(Err(Error::InvalidBatch { .. }))));
    assert!(reply.finish().is_err());
    assert_eq!((chat.messages().len(), places(&chat)), (2, 0));
    let next = say(&mut chat, "And now?");
    assert!(next.usage.reused > 0 && next.usage.encoded == 0);
}

#[test]
fn forms_and_decisions_see_images() {
    let pair = llava();
    let mut chat = chat(&pair);
    let format = Format::choice(&["yes", "no"]);
    let answer = chat.ask_as(about("Is it blue? ", picture(1)), &format).unwrap();
    assert!(["yes", "no"].contains(&answer.as_str()));
    let decide = |chat: &mut Chat, image: Image| chat.yes_no(about("Is it blue? ", image)).unwrap();
    let (one, two) = (decide(&mut chat, picture(1)), decide(&mut chat, picture(2)));
    assert_ne!(one.mass().to_bits(), two.mass().to_bits(), "what is seen decides");
    assert_eq!(chat.messages().len(), 2);
    let question = || about("Which one? ", picture(3));
    let options = ["the river", "the house", "a tree"];
    let one_by_one = chat.decide_among(question(), &options).unwrap();
    for pair in [llava(), qwen()] {
        let mut wide = builder(&pair)
            .context_with(|c| c.n_seq_max(8).kv_unified(true).n_outputs_max(8))
            .build()
            .unwrap();
        let together = wide.decide_among(question(), &options).unwrap();
        let mut narrow = builder(&pair).build().unwrap();
        let apart = narrow.decide_among(question(), &options).unwrap();
        for (ours, theirs) in together.outcomes().iter().zip(apart.outcomes()) {
            assert!((ours.log_probability - theirs.log_probability).abs() < 1e-3, "{ours:?} {theirs:?}");
        }
    }
    assert!(one_by_one.outcomes().len() == 3 && chat.score(question(), 1..=3).is_ok());
}

#[test]
fn speculation_leaves_images_alone() {
    let pair = llava();
    let question = || about("word word word ", picture(1)).with_media(picture(1)).with_text("word word");
    let plain = say(&mut builder(&pair).max_tokens(20).build().unwrap(), question());
    let mut lookup = builder(&pair).max_tokens(20).prompt_lookup(PromptLookup::default()).build().unwrap();
    assert_alike(&say(&mut lookup, question()), &plain, "lookup");
    let mut draft = builder(&pair).max_tokens(20).draft(Draft::new(&pair.0)).build().unwrap();
    assert_alike(&say(&mut draft, question()), &plain, "draft");
    assert_eq!((places(&lookup), places(&draft)), (32, 32));
}

#[cfg(feature = "tools")]
#[test]
fn tools_can_be_called_about_images() {
    let pair = llava();
    let mut chat = chat(&pair);
    let see = llama::tool("see", "Looks", |(): ()| Ok("a tree"));
    let done = chat.with_tools([see]).complete(about("What is it? ", picture(1))).unwrap();
    assert_eq!((done.usage.encoded, places(&chat)), (1, 16));
    // A tool may answer with an image.
    let call = llama::ToolCall::new("see", "{}").with_id("call00000");
    chat.push(Message::assistant("").with_tool_calls([call.clone()]));
    chat.push(Message::tool(&call, "this: ").with_media(picture(2)));
    assert_eq!(chat.reply().unwrap().finish().unwrap().usage.encoded, 1);
    assert_eq!(places(&chat), 32);
}

#[cfg(feature = "async")]
#[test]
fn streams_take_images() {
    let mut stream = chat(&llava()).stream(about("What is it? ", picture(1))).unwrap();
    futures_executor::block_on_stream(&mut stream).for_each(|piece| drop(piece.unwrap()));
    let (chat, done) = futures_executor::block_on(stream.finish());
    assert_eq!((done.unwrap().usage.encoded, places(&chat)), (1, 16));
}
