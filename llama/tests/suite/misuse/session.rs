//! Sessions: what they go back to, copy and keep in files, and how they speculate.

use super::{Row, Subjects, rows};
use crate::common::{folder, random};
use llama::{Context, Draft, Error, PromptLookup, SeqId, Session, Token};
use llama_test_kit::Arch;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Session::shift: more than there is" => InvalidParameter, |s| told(s)?.shift(2, 1000);
    "Session::shift: behind the end" => InvalidParameter, |s| told(s)?.shift(1000, 0);
    "Session::shift: numbers whose sum wraps" => InvalidParameter, |s| told(s)?.shift(usize::MAX, 2);
    "Session::shift: a past that is one state" => Memory, |s| of(&s.recurrent)?.shift(1, 1);
    "Session::state: right after a shift" => State, |s| {
        let mut session = told(s)?;
        session.shift(1, 2)?;
        session.state().map(drop)
    };
    "Session::fork: right after a shift" => State, |s| {
        let mut session = told(s)?;
        session.shift(1, 2)?;
        session.fork().map(drop)
    };
    "Session::save: right after a shift" => State, |s| {
        let mut session = told(s)?;
        session.shift(1, 2)?;
        session.save(super::subjects::target())
    };
    "Session::save: nowhere" => Io, |s| s.session.save("/no/such/folder/a.session");
    "Session::save: over a folder" => Io, |s| s.session.save(folder());
    "Session::restore: no file" => Io, |s| s.session.restore("/no/such.session");
    "Session::restore: a folder" => Io, |s| s.session.restore(folder());
    "Session::restore: a model" => State, |s| s.session.restore(crate::common::default_path());
    "Session::restore_state: of all sequences" => State, |s| {
        let state = s.ctx.save_state(&[])?;
        s.session.restore_state(&state)
    };
    "Session::restore_state: without tokens" => State, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.session.restore_state(&state)
    };
    "Session::restore_state: tokens that are not there" => State, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[Token(5), Token(6)])?;
        s.session.restore_state(&state)
    };
    "Session::restore_state: of another model" => State, |s| {
        let state = of(&s.recurrent)?.state()?;
        s.session.restore_state(&state)
    };
    "Session::restore_state: more than fits" => State, |s| {
        let mut longer = Session::new(s.model.context_builder().n_ctx(512).n_threads(1).build()?)?;
        longer.generate(&[Token(5); 300]).max_tokens(1).start()?.finish()?;
        let state = longer.state()?;
        s.session.restore_state(&state)
    };
    "GenerationBuilder::start: keeps all" => InvalidParameter, |s| s.session.generate(&[Token(5)]).shift(256).start().map(drop);
    "GenerationBuilder::start: keeps MAX" => InvalidParameter, |s| s.session.generate(&[Token(5)]).shift(usize::MAX).start().map(drop);
    "GenerationBuilder::start: a shift of a past that is one state" => Memory, |s| {
        of(&s.recurrent)?.generate(&[Token(5)]).shift(1).start().map(drop)
    };
    "GenerationBuilder::start: a draft of a recurrent model" => Draft, |s| draft(s, Draft::new(s.recurrent.model()));
    "GenerationBuilder::start: a draft of an encoder" => Draft, |s| draft(s, Draft::new(s.encoder.model()));
    "GenerationBuilder::start: a draft of a translator" => Draft, |s| draft(s, Draft::new(s.translator.model()));
    "GenerationBuilder::start: a draft of another vocabulary" => Draft, |s| draft(s, Draft::new(&random(Arch::Llama)));
    "GenerationBuilder::start: a draft of nothing" => InvalidParameter, |s| draft(s, Draft::new(&s.model).max_tokens(0));
    };
    for (what, probability) in [("NaN", f32::NAN), ("-1", -1.0), ("2", 2.0), ("infinite", f32::INFINITY)] {
        rows.push(Row::new(
            format!("GenerationBuilder::start: a draft with probability {what}"),
            "InvalidParameter",
            move |s| draft(s, Draft::new(&s.model).min_probability(probability)),
        ));
    }
    for (longest, shortest, max_tokens) in [(0, 0, 8), (4, 0, 8), (1, 2, 8), (4, 2, 0)] {
        let lookup = PromptLookup { longest, shortest, max_tokens };
        rows.push(Row::new(format!("GenerationBuilder::start: {lookup:?}"), "InvalidParameter", move |s| {
            s.session.generate(&[Token(5)]).prompt_lookup(lookup).start().map(drop)
        }));
    }
    rows
}

/// A session of the same model with something in memory.
fn of(ctx: &Context) -> Result<Session, Error> {
    let ctx = ctx.model().context_builder().n_ctx(256).n_threads(1).build()?;
    let mut session = Session::new(ctx)?;
    session.generate(&[Token(5); 8]).max_tokens(1).start()?.finish()?;
    Ok(session)
}

fn told(s: &Subjects) -> Result<Session, Error> {
    of(&s.ctx)
}

fn draft(s: &Subjects, draft: Draft) -> Result<(), Error> {
    told(s)?.generate(&[Token(5)]).draft(draft).start().map(drop)
}
