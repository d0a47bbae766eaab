//! Conversations with images and recordings, on tiny random models and projectors.

mod memory;
mod prompts;
mod replies;

use crate::common::random;
use crate::multimodal::load;
use llama::multimodal::{Media, Projector};
use llama::{Chat, ChatBuilder, Completion, Message, Model, Token};
use llama_test_kit::{Arch, Eyes, RandomProjector};

const PLACE: Token = Token(-1);

/// A template that knows contents as lists of parts only.
const PARTS: &str = "{% for m in messages %}<{{ m.role }}>{% for part in m.content %}\
    {% if part.type == 'text' %}{{ part.text }}{% elif part.type == 'image' %}<image>{% endif %}\
    {% endfor %};{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

fn ears() -> (Model, Projector) {
    let model = random(Arch::Llama);
    let projector = load(&model, &RandomProjector::new(64).ears(true)).unwrap();
    (model, projector)
}

/// Images whose parts see each other, and a sliding window.
fn gemma() -> (Model, Projector) {
    let model = random(Arch::Gemma3);
    let projector = load(&model, &RandomProjector::new(64).eyes(Some(Eyes::Gemma3))).unwrap();
    (model, projector)
}

/// Positions in two dimensions.
fn qwen() -> (Model, Projector) {
    let model = random(Arch::Qwen2Vl);
    let projector = load(&model, &RandomProjector::new(64)).unwrap();
    (model, projector)
}

/// One state for the whole past.
fn mamba() -> (Model, Projector) {
    let model = random(Arch::Mamba);
    let projector = load(&model, &RandomProjector::new(64)).unwrap();
    (model, projector)
}

/// One state for a part of the layers.
fn jamba() -> (Model, Projector) {
    let model = random(Arch::Jamba);
    let projector = load(&model, &RandomProjector::new(64)).unwrap();
    (model, projector)
}

/// Short replies of the most likely tokens.
fn builder((model, projector): &(Model, Projector)) -> ChatBuilder {
    let builder = model.chat_builder().projector(projector).context(512).n_threads(1);
    builder.temperature(0.0).max_tokens(4).logprobs(3)
}

fn chat(pair: &(Model, Projector)) -> Chat {
    builder(pair).build().unwrap()
}

fn about(text: &str, media: impl Into<Media>) -> Message {
    Message::user(text).with_media(media)
}

fn say(chat: &mut Chat, message: impl Into<Message>) -> Completion {
    chat.send(message).unwrap().finish().unwrap()
}

/// Places of images and recordings in memory.
fn places(chat: &Chat) -> usize {
    chat.session().tokens().iter().filter(|&&token| token == PLACE).count()
}

/// Nearly the same probabilities of the most likely first tokens. Which is first may be a tie.
fn assert_alike(ours: &Completion, theirs: &Completion, what: &str) {
    let (ours, theirs) = (&ours.logprobs[0], &theirs.logprobs[0]);
    // Computing in other steps rounds differently.
    assert!((ours.log_probability - theirs.log_probability).abs() < 2e-3, "{what}: {ours:?} {theirs:?}");
}
