//! Sessions, conversations and templates.

use super::{BAD_TOKENS, Row, rows};
use crate::common::random;
use llama::{
    Chat, ChatBuilder, ChatTemplate, Error, Message, Overflow, Sampler, Session, TemplateOptions, Token,
};
use llama_test_kit::Arch;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Session::new: of an encoder" => NoMemory, |_| {
        Session::new(random(Arch::Bert).context_builder().n_ctx(256).embeddings(true).build()?).map(drop)
    };
    "GenerationBuilder::start: no prompt" => EmptyBatch, |s| s.session.generate(&[]).start().map(drop);
    "GenerationBuilder::start: longer than the context" => ContextFull, |s| {
        s.session.generate(&[Token(5); 10_000]).start().map(drop)
    };
    "GenerationBuilder::start: no room for an answer" => ContextFull, |s| s.session.generate(&[Token(5); 256]).start().map(drop);
    "Generation::cancel: after an error" => TokenOutOfRange, |s| {
        let mut generation = s.session.generate(&[Token(-1)]).start()?;
        assert!(generation.next().is_some_and(|piece| piece.is_err()));
        generation.cancel().map(drop)
    };
    "Generation::finish: logits of another vocabulary" => InvalidLogits, |s| {
        let sampler = Sampler::builder().infill(&random(Arch::Llama).vocab()).build()?;
        s.session.generate(&[Token(5)]).sampler(sampler).start()?.finish().map(drop)
    };
    "ChatBuilder::build: only a vocabulary" => VocabOnly, |s| s.vocab_only.chat("").map(drop);
    "ChatBuilder::build: an encoder" => NoMemory, |_| random(Arch::Bert).chat("").map(drop);
    "Model::chat: only a vocabulary" => VocabOnly, |s| s.vocab_only.chat("system").map(drop);
    "ChatBuilder::build: sampler and seed" => InvalidParameter, |s| {
        s.model.chat_builder().sampler(Sampler::greedy()?).seed(1).build().map(drop)
    };
    "Chat::send: a message longer than the context" => ContextFull, |s| chat(s)?.send(long()).map(drop);
    "Chat::send_message: a message longer than the context" => ContextFull, |s| {
        chat(s)?.send_message(Message::new("tool", long())).map(drop)
    };
    "Chat::ask: a message longer than the context" => ContextFull, |s| chat(s)?.ask(long()).map(drop);
    "Chat::ask: cancelled" => Cancelled, |s| {
        let token = llama::CancelToken::new();
        token.cancel();
        s.model.chat_builder().context(256).n_threads(1).cancel(token).build()?.ask("Hello!").map(drop)
    };
    "Chat::reply: a history longer than the context" => ContextFull, |s| {
        let mut chat = chat(s)?;
        chat.push(Message::user(long()));
        chat.reply().map(drop)
    };
    "Chat::send: a system message longer than the context" => ContextFull, |s| {
        s.model.chat_builder().context(256).system(long()).build()?.send("Hi").map(drop)
    };
    "Chat::send: overflow that is refused" => ContextFull, |s| {
        let mut chat = s.model.chat_builder().context(256).n_threads(1).overflow(Overflow::Refuse).build()?;
        for _ in 0..60 {
            chat.push(Message::user("Tell me more about llamas."));
        }
        chat.send("Hello!").map(drop)
    };
    "Reply::finish: logits of another vocabulary" => TokenOutOfRange, |s| {
        let sampler = Sampler::builder().infill(&random(Arch::Llama).vocab()).build()?;
        s.model.chat_builder().context(256).sampler(sampler).build()?.send("Hi")?.finish().map(drop)
    };
    "Reply::cancel: after an error" => TokenOutOfRange, |s| {
        let sampler = Sampler::builder().infill(&random(Arch::Llama).vocab()).build()?;
        let mut chat = s.model.chat_builder().context(256).sampler(sampler).build()?;
        let mut reply = chat.send("Hi")?;
        assert!(reply.next().is_some_and(|piece| piece.is_err()));
        reply.cancel().map(drop)
    };
    "Chat::send: messages chosen by a function that do not fit" => ContextFull, |s| {
        let builder = s.model.chat_builder().context(256).n_threads(1);
        builder.overflow_with(|messages, _| messages.to_vec()).build()?.send(long()).map(drop)
    };
    "Chat::send: a draft of another vocabulary" => Draft, |s| {
        let draft = random(Arch::Llama);
        s.model.chat_builder().context(256).n_threads(1).draft(draft).build()?.send("Hi").map(drop)
    };
    "Chat::save: nowhere" => Io, |s| chat(s)?.save("/no/such/folder/a.chat");
    "Chat::restore: no file" => Io, |s| chat(s)?.restore("/no/such.chat");
    "Chat::restore: a model" => State, |s| chat(s)?.restore(crate::common::default_path());
    "ChatTemplate::render: nested too deep" => Template, |s| {
        let deep = ["{% if true %}".repeat(5000), "{% endif %}".repeat(5000)].concat();
        let template = ChatTemplate::new(deep, &s.model.vocab())?;
        template.render(&[Message::user("Hi")], &TemplateOptions::default()).map(drop)
    };
    "Prompt::tokenize: a word too long to cut" => TooLong, |s| {
        let template = ChatTemplate::of_model(&s.model)?;
        let messages = [Message::user("a".repeat(3 << 20))];
        template.render(&messages, &TemplateOptions::default())?.tokenize(&s.model.vocab()).map(drop)
    };
    "ChatTemplate::named: no such name" => NoChatTemplate, |s| ChatTemplate::named(&s.model, "no such").map(drop);
    "ChatTemplate::named: zero byte" => NulByte, |s| ChatTemplate::named(&s.model, "\0").map(drop);
    };
    for token in BAD_TOKENS {
        rows.push(Row::new(format!("Generation::finish: token {token}"), "TokenOutOfRange", move |s| {
            s.session.generate(&[Token(5), Token(token)]).start()?.finish().map(drop)
        }));
    }
    rows.extend(BUILDS.iter().map(|&(what, change)| {
        Row::new(format!("ChatBuilder::build: {what}"), "InvalidParameter", move |s| {
            change(s.model.chat_builder()).build().map(drop)
        })
    }));
    for (what, source) in TEMPLATES {
        rows.push(Row::new(format!("ChatTemplate::render: {what}"), "Template", move |s| {
            let template = ChatTemplate::new(source, &s.model.vocab())?;
            template.render(&[Message::user("Hi")], &TemplateOptions::default()).map(drop)
        }));
        rows.push(Row::new(format!("Chat::send: template, {what}"), "Template", move |s| {
            let template = ChatTemplate::new(source, &s.model.vocab())?;
            s.model.chat_builder().context(256).template(template).build()?.send("Hi").map(drop)
        }));
    }
    rows
}

/// One parameter of a conversation that cannot work.
const BUILDS: &[(&str, fn(ChatBuilder) -> ChatBuilder)] = &[
    ("temperature NaN", |c| c.temperature(f32::NAN)),
    ("temperature -1", |c| c.temperature(-1.0)),
    ("temperature infinite", |c| c.temperature(f32::INFINITY)),
    ("context MAX", |c| c.context(u32::MAX)),
    ("no threads", |c| c.n_threads(0)),
    ("too many threads", |c| c.n_threads(u32::MAX)),
    ("n_batch 0", |c| c.context_with(|c| c.n_batch(0))),
    ("n_seq_max 0", |c| c.context_with(|c| c.n_seq_max(0))),
];

/// Templates that the engine cannot run.
const TEMPLATES: [(&str, &str); 6] = [
    ("open expression", "{{"),
    ("open block", "{% for m in messages %}"),
    ("unknown block", "{% nonsense %}"),
    ("refusal", "{{ raise_exception('no') }}"),
    ("unknown filter", "{{ messages | nonsense }}"),
    ("call of what is no function", "{{ messages() }}"),
];

fn chat(s: &super::Subjects) -> Result<Chat, Error> {
    s.model.chat_builder().context(256).n_threads(1).build()
}

/// More words than fit.
fn long() -> String {
    "word ".repeat(2000)
}
