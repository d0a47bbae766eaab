//! Images, audio and projectors.

use super::Subjects as Others;
use crate::common::{default_path, folder, random};
use crate::misuse_media::{bmp, png, wav};
use crate::multimodal::{context, llava, load, picture, tone};
use llama::multimodal::{
    Audio, Image, MediaEmbedding, MediaPrompt, Part, Projector, ProjectorBuilder, split_at_markers,
};
use llama::{
    Chat, ChatTemplate, Context, Error, Format, Message, Model, Prompt, PromptPart, SeqId, TemplateOptions,
};
use llama_test_kit::{Arch, RandomProjector};

/// What the rows work on.
pub(super) struct Subjects {
    projector: Projector,
    ears: Projector,
    prompt: MediaPrompt,
    heard: MediaPrompt,
    embedding: MediaEmbedding,
    ctx: Context,
    stranger: Context,
    encoder: Context,
}

impl Subjects {
    fn new() -> Self {
        let (model, projector) = llava();
        let ears = load(&model, &RandomProjector::new(64).eyes(None).ears(true)).unwrap();
        let prompt = projector.tokenize([Part::text("a"), Part::from(picture(1)), Part::text("b")]).unwrap();
        let heard = ears.tokenize([Part::from(tone(440.0))]).unwrap();
        Self {
            embedding: heard.chunk(1).unwrap().encode().unwrap(),
            ctx: context(&model),
            stranger: context(&random(Arch::Qwen3)),
            encoder: random(Arch::Bert).context_builder().n_ctx(256).embeddings(true).build().unwrap(),
            projector,
            ears,
            prompt,
            heard,
        }
    }

    /// Correct calls.
    fn still_work(&mut self) {
        self.ctx.memory().clear(true).unwrap();
        let pos = self.prompt.evaluate(&mut self.ctx, SeqId(0), 0).unwrap().next_pos();
        assert_eq!(pos, self.prompt.n_pos());
        let chunk = self.heard.chunk(1).unwrap();
        chunk.evaluate(&mut self.ctx, SeqId(1), 0, Some(&self.embedding)).unwrap();
        self.ctx.memory().clear(true).unwrap();
    }

    fn at(&mut self, seq: i32, pos: i32) -> Result<(), Error> {
        Ok(self.prompt.evaluate(&mut self.ctx, SeqId(seq), pos).map(drop)?)
    }

    fn chat(&self) -> Result<Chat, Error> {
        self.projector.model().chat_builder().projector(&self.projector).context(256).n_threads(1).build()
    }

    fn rendered(&self) -> Result<Prompt, Error> {
        ChatTemplate::of_model(self.projector.model())?.render(&[seen()], &TemplateOptions::default())
    }

    fn builder(&self) -> ProjectorBuilder {
        Projector::builder(self.projector.model(), "nowhere.gguf")
    }
}

/// A row of its own subjects, which are made for the first one.
fn row(what: &str, variant: &'static str, run: fn(&mut Subjects) -> Result<(), Error>) -> super::Row {
    super::Row::new(what, variant, move |others: &mut Others| {
        let subjects = others.media.get_or_insert_with(Subjects::new);
        let result = run(subjects);
        subjects.still_work();
        result
    })
}

macro_rules! rows {
    ($($what:literal => $variant:ident, $run:expr;)*) => { vec![$(row($what, stringify!($variant), $run)),*] };
}

pub(super) fn rows() -> Vec<super::Row> {
    rows! {
    "Image::from_rgb: no pixels" => InvalidParameter, |_| rgb(0, 0, 0);
    "Image::from_rgb: no rows" => InvalidParameter, |_| rgb(8, 0, 0);
    "Image::from_rgb: no columns" => InvalidParameter, |_| rgb(0, 8, 0);
    "Image::from_rgb: a byte too few" => InvalidParameter, |_| rgb(2, 2, 11);
    "Image::from_rgb: a byte too many" => InvalidParameter, |_| rgb(2, 2, 13);
    "Image::from_rgb: a size whose product wraps" => InvalidParameter, |_| rgb(u32::MAX, u32::MAX, 3);
    "Image::from_rgb: a size whose bytes wrap in 32 bits" => InvalidParameter, |_| rgb(1 << 16, 1 << 16, 0);
    "Image::from_rgb: too wide" => InvalidParameter, |_| rgb(32_769, 1, 3 * 32_769);
    "Image::from_rgb: too high" => InvalidParameter, |_| rgb(1, 32_769, 3 * 32_769);
    "Image::decode: nothing" => DecodeMedia, |_| Image::decode(&[]).map(drop);
    "Image::decode: text" => DecodeMedia, |_| Image::decode(b"this is no picture").map(drop);
    "Image::decode: audio" => DecodeMedia, |_| Image::decode(&wav(100)).map(drop);
    "Image::decode: a picture that is all claim" => DecodeMedia, |_| Image::decode(&bmp(30_000, 30_000, 0)).map(drop);
    "Image::decode: half a picture" => DecodeMedia, |_| Image::decode(&png(64, 64)[..200]).map(drop);
    "Audio::from_samples: rate 0" => InvalidParameter, |_| Audio::from_samples(0, vec![0.0; 100]).map(drop);
    "Audio::from_samples: rate MAX" => InvalidParameter, |_| Audio::from_samples(u32::MAX, vec![0.0; 100]).map(drop);
    "Audio::from_samples: nothing" => InvalidParameter, |_| Audio::from_samples(16_000, Vec::new()).map(drop);
    "Audio::from_samples: one sample" => InvalidParameter, |_| Audio::from_samples(16_000, vec![0.0]).map(drop);
    "Audio::from_samples: NaN" => InvalidParameter, |_| Audio::from_samples(16_000, vec![0.0, f32::NAN]).map(drop);
    "Audio::from_samples: infinite" => InvalidParameter, |_| Audio::from_samples(16_000, vec![f32::INFINITY; 9]).map(drop);
    "Audio::decode: nothing" => DecodeMedia, |_| Audio::decode(&[], 16_000).map(drop);
    "Audio::decode: a picture" => DecodeMedia, |_| Audio::decode(&png(8, 8), 16_000).map(drop);
    "Audio::decode: with rate 0" => InvalidParameter, |_| Audio::decode(&wav(100), 0).map(drop);
    "Audio::decode: with rate MAX" => InvalidParameter, |_| Audio::decode(&wav(100), u32::MAX).map(drop);
    "Projector::tokenize: images for ears" => UnsupportedMedia, |s| s.ears.tokenize([Part::from(picture(1))]).map(drop);
    "Projector::tokenize: audio for eyes" => UnsupportedMedia, |s| s.projector.tokenize([Part::from(tone(1.0))]).map(drop);
    "Projector::tokenize_fragment: a rate that it does not take" => SampleRate, |s| {
        let audio = Audio::from_samples(44_100, vec![0.0; 4410])?;
        s.ears.tokenize_fragment([Part::from(audio)]).map(drop)
    };
    "split_at_markers: one for two" => MarkerCount, |_| {
        let text = [PromptPart::template("<m>")];
        split_at_markers(&text, "<m>", [picture(1).into(), picture(2).into()]).map(drop)
    };
    "split_at_markers: empty" => InvalidParameter, |_| split_at_markers(&[], "", []).map(drop);
    "Chunk::encode: a text" => InvalidParameter, |s| s.prompt.chunk(0).unwrap().encode().map(drop);
    "Chunk::evaluate: an embedding for a text" => InvalidParameter, |s| {
        let chunk = s.prompt.chunk(0).unwrap();
        Ok(chunk.evaluate(&mut s.ctx, SeqId(0), 0, Some(&s.embedding)).map(drop)?)
    };
    "Chunk::evaluate: an embedding of something else" => InvalidParameter, |s| {
        let chunk = s.prompt.chunk(1).unwrap();
        Ok(chunk.evaluate(&mut s.ctx, SeqId(0), 0, Some(&s.embedding)).map(drop)?)
    };
    "Chunk::evaluate: in a context of another model" => InvalidParameter, |s| {
        let chunk = s.prompt.chunk(1).unwrap();
        Ok(chunk.evaluate(&mut s.stranger, SeqId(0), 0, None).map(drop)?)
    };
    "Chunk::evaluate: position MAX" => InvalidBatch, |s| {
        let chunk = s.heard.chunk(1).unwrap();
        Ok(chunk.evaluate(&mut s.ctx, SeqId(0), i32::MAX, Some(&s.embedding)).map(drop)?)
    };
    "MediaPrompt::evaluate: sequence -1" => SeqIdOutOfRange, |s| s.at(-1, 0);
    "MediaPrompt::evaluate: sequence n" => SeqIdOutOfRange, |s| s.at(2, 0);
    "MediaPrompt::evaluate: position -1" => PositionGap, |s| s.at(0, -1);
    "MediaPrompt::evaluate: position MAX" => InvalidBatch, |s| s.at(0, i32::MAX);
    "MediaPrompt::evaluate: behind a past at 0" => PositionGap, |s| { s.at(1, 0)?; s.at(1, 0) };
    "MediaPrompt::evaluate: with a gap" => PositionGap, |s| { s.at(1, 0)?; s.at(1, 100) };
    "MediaPrompt::evaluate: in a context of another model" => InvalidParameter, |s| {
        Ok(s.prompt.evaluate(&mut s.stranger, SeqId(0), 0).map(drop)?)
    };
    "MediaPrompt::evaluate: in an encoder" => InvalidParameter, |s| Ok(s.prompt.evaluate(&mut s.encoder, SeqId(0), 0).map(drop)?);
    "MediaPrompt::evaluate: an empty prompt" => EmptyBatch, |s| {
        let nothing = s.projector.tokenize_fragment([])?;
        Ok(nothing.evaluate(&mut s.ctx, SeqId(0), 0).map(drop)?)
    };
    "MediaPrompt::evaluate: a prompt of empty texts" => EmptyBatch, |s| {
        let nothing = s.projector.tokenize_fragment([Part::text(""), Part::template("")])?;
        Ok(nothing.evaluate(&mut s.ctx, SeqId(0), 0).map(drop)?)
    };
    "ChatBuilder::build: a projector of another model" => InvalidParameter, |s| {
        random(Arch::Qwen3).chat_builder().projector(&s.projector).context(256).build().map(drop)
    };
    "Chat::send: an image without a projector" => NoProjector, |s| {
        s.projector.model().chat_builder().context(256).build()?.send(seen()).map(drop)
    };
    "Chat::send: audio for eyes" => UnsupportedMedia, |s| s.chat()?.send(heard()).map(drop);
    "Chat::send: more images than fit" => ContextFull, |s| {
        s.chat()?.send((0..20).fold(seen(), |message, seed| message.with_media(picture(seed)))).map(drop)
    };
    "Chat::ask: audio for eyes" => UnsupportedMedia, |s| s.chat()?.ask(heard()).map(drop);
    "Chat::send_message: audio for eyes" => UnsupportedMedia, |s| s.chat()?.send_message(heard()).map(drop);
    "Chat::reply: audio for eyes" => UnsupportedMedia, |s| {
        let mut chat = s.chat()?;
        chat.push(heard());
        chat.reply().map(drop)
    };
    "Chat::ask_as: audio for eyes" => UnsupportedMedia, |s| {
        s.chat()?.ask_as(heard(), &Format::choice(&["a", "b"])).map(drop)
    };
    "Chat::yes_no: audio for eyes" => UnsupportedMedia, |s| s.chat()?.yes_no(heard()).map(drop);
    "Chat::send: a template that leaves images out" => MarkerCount, |s| {
        let template = ChatTemplate::new("nothing", &s.projector.model().vocab())?;
        let builder = s.projector.model().chat_builder().projector(&s.projector).context(256);
        builder.template(template).build()?.send(seen()).map(drop)
    };
    "Chat::send: nothing behind an image" => InvalidParameter, |s| {
        let template = ChatTemplate::new("{{ messages[0].content }}", &s.projector.model().vocab())?;
        let builder = s.projector.model().chat_builder().projector(&s.projector).context(256);
        builder.template(template).build()?.send(seen()).map(drop)
    };
    "ChatTemplate::render: images left out" => MarkerCount, |s| {
        let template = ChatTemplate::new("nothing", &s.projector.model().vocab())?;
        template.render(&[seen()], &TemplateOptions::default()).map(drop)
    };
    "Prompt::tokenize: images" => NoProjector, |s| s.rendered()?.tokenize(&s.projector.model().vocab()).map(drop);
    "Projector::load: no such file" => LoadProjector, |s| Projector::load(s.projector.model(), "nowhere.gguf").map(drop);
    "Projector::load: a folder" => LoadProjector, |s| Projector::load(s.projector.model(), folder()).map(drop);
    "Projector::load: a path with a zero byte" => LoadProjector, |s| Projector::load(s.projector.model(), "a\0b").map(drop);
    "Projector::load: a text model" => LoadProjector, |s| Projector::load(s.projector.model(), default_path()).map(drop);
    "Projector::memory_needed: no such file" => LoadProjector, |_| Projector::memory_needed("nowhere.gguf", None).map(drop);
    "Projector::memory_needed: a text model" => LoadProjector, |_| Projector::memory_needed(default_path(), None).map(drop);
    "Projector::memory_needed: a path with a zero byte" => LoadProjector, |_| Projector::memory_needed("a\0b", None).map(drop);
    "ProjectorBuilder::load: no threads" => InvalidParameter, |s| s.builder().n_threads(0).load().map(drop);
    "ProjectorBuilder::load: too many threads" => InvalidParameter, |s| s.builder().n_threads(u32::MAX).load().map(drop);
    "ProjectorBuilder::load: no image tokens" => InvalidParameter, |s| s.builder().max_image_tokens(0).load().map(drop);
    "ProjectorBuilder::load: too many image tokens" => InvalidParameter, |s| s.builder().min_image_tokens(u32::MAX).load().map(drop);
    "ProjectorBuilder::load: fewer than the fewest" => InvalidParameter, |s| s.builder().min_image_tokens(9).max_image_tokens(8).load().map(drop);
    "ProjectorBuilder::load: for a vocabulary" => VocabOnly, |_| {
        let vocab = Model::builder(default_path()).vocab_only(true).load()?;
        load(&vocab, &RandomProjector::new(64)).map(drop)
    };
    }
}

fn seen() -> Message {
    Message::user("Look: ").with_media(picture(1))
}

fn heard() -> Message {
    Message::user("Listen: ").with_media(tone(440.0))
}

fn rgb(width: u32, height: u32, len: usize) -> Result<(), Error> {
    Image::from_rgb(width, height, vec![0; len]).map(drop)
}
