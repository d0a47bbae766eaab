//! Images and audio as input (feature `multimodal`).
//!
//! A model that sees or hears comes as two files: the text model, and a *projector* (`mmproj-….gguf`) that turns
//! images and recordings into embeddings that the model takes in place of tokens. [`Projector`] holds the second
//! file, [`MediaPrompt`] is a prompt of texts, images and recordings cut into chunks, and
//! [`MediaPrompt::evaluate`] puts it into the memory of a [`Context`](crate::Context), where generation goes on as
//! after any other prompt.
//!
//! # Conversations
//! A [`Chat`](crate::Chat) with a projector takes [messages with media](crate::Message::with_media) in any place of
//! their text, and does the rest: it prepares and encodes only what is not in memory yet, forgets whole images with
//! their messages, and keeps what users write apart from what they attach. Replies in a form, tools and decisions
//! work as with texts.
//!
//! ```no_run
//! use llama::multimodal::{Image, Projector};
//! use llama::{Message, Model};
//!
//! let model = Model::load("model.gguf")?;
//! let projector = Projector::load(&model, "mmproj.gguf")?;
//! let mut chat = model.chat_builder().projector(&projector).build()?;
//! let image = Image::decode(&std::fs::read("llama.jpg")?)?;
//! let question = Message::user("").with_media(image).with_text("What is in this picture?");
//! for piece in chat.send(question)? {
//!     print!("{}", piece?);
//! }
//! println!("{}", chat.ask("Which animal is that?")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # By hand
//!
//! ```no_run
//! use llama::multimodal::{Image, Part, Projector};
//! use llama::{Batch, Model, Sampler, SeqId, Special};
//!
//! let model = Model::load("model.gguf")?;
//! let projector = Projector::load(&model, "mmproj.gguf")?;
//! let image = Image::decode(&std::fs::read("llama.jpg")?)?;
//! let prompt = projector.tokenize([
//!     Part::template("<|im_start|>user\n"),
//!     Part::from(image),
//!     Part::text("What is in this picture?"),
//!     Part::template("<|im_end|>\n<|im_start|>assistant\n"),
//! ])?;
//!
//! let mut ctx = model.context_builder().n_ctx(4096).build()?;
//! let mut sampler = Sampler::greedy()?;
//! let mut text = model.vocab().decoder(Special::AsText);
//! let (mut pos, mut token) = {
//!     let done = prompt.evaluate(&mut ctx, SeqId(0), 0)?;
//!     (done.next_pos(), sampler.sample(done.output().logits_last()?)?)
//! };
//! let mut batch = Batch::new();
//! while !model.vocab().is_eog(token)? {
//!     print!("{}", text.push(token)?);
//!     batch.clear().add(token, pos, &[SeqId(0)], true);
//!     token = sampler.sample(ctx.decode(&batch)?.logits_last()?)?;
//!     pos += 1;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where a chat template renders messages with media, [`Prompt::media_parts`](crate::Prompt::media_parts) has the
//! parts. Where other code renders the text, put a marker where a medium belongs and cut the rendered prompt with
//! [`split_at_markers`]; [`unused_marker`] gives one that nobody's text contains.
//!
//! | type | may be sent | may be shared | why |
//! |---|---|---|---|
//! | [`Projector`] | yes | yes | tokenizing only reads it; encoding takes turns |
//! | [`Image`], [`Audio`] | yes | yes | plain data; clones share it |
//! | [`MediaPrompt`], [`Chunk`] | yes | yes | do not change once they are made |
#![forbid(unsafe_code)]

mod check;
mod evaluate;
mod media;
mod message;
mod part;
mod place;
mod projector;
mod prompt;
mod sketch;

pub use evaluate::{Evaluated, MediaEmbedding};
pub use media::{Audio, Image};
pub(crate) use message::Placed;
pub use part::{Media, Part, default_marker, split_at_markers, unused_marker};
pub(crate) use place::StandIns;
pub use projector::{Projector, ProjectorBuilder};
pub use prompt::{Chunk, ChunkKind, MediaPrompt};
pub(crate) use sketch::Sketch;
