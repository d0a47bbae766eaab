//! Bad arguments for states, adapters and samplers written in Rust, as in `misuse`.

use crate::common::{batch, model, question, random};
use llama::{Context, Error, SeqId, Token};
use llama_test_kit::Arch;

/// Bad arguments for one function.
struct Row {
    what: &'static str,
    run: fn(&mut Subjects) -> Result<(), Error>,
}

/// What the rows work on.
struct Subjects {
    ctx: Context,
    recurrent: Context,
    encoder: Context,
}

impl Subjects {
    fn new() -> Self {
        Self {
            ctx: model().context_builder().n_ctx(512).n_seq_max(2).n_threads(1).build().unwrap(),
            recurrent: random(Arch::Mamba).context_builder().n_ctx(256).n_threads(1).build().unwrap(),
            encoder: random(Arch::Bert).context_builder().n_ctx(256).embeddings(true).build().unwrap(),
        }
    }

    /// A correct call of everything.
    fn still_work(&mut self) {
        self.ctx.memory().clear(false).unwrap();
        self.ctx.decode(&batch(0, 0, &question("Hello!"))).unwrap();
        let state = self.ctx.save_sequence(SeqId(0), &[]).unwrap();
        self.ctx.restore_sequence(&state, SeqId(1)).unwrap();
        self.ctx.memory().clear(false).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.recurrent.decode(&batch(0, 0, &[Token(5), Token(6)])).unwrap();
        let state = self.recurrent.save_state(&[]).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.recurrent.restore_state(&state).unwrap();
        self.recurrent.memory().clear(false).unwrap();
        self.encoder.encode(&batch(0, 0, &[Token(5), Token(6)])).unwrap();
    }
}

macro_rules! rows {
    ($($what:literal => $run:expr;)*) => { &[$(Row { what: $what, run: $run }),*] };
}

const ROWS: &[Row] = rows! {
    "state: save sequence -1" => |s| s.ctx.save_sequence(SeqId(-1), &[]).map(drop);
    "state: save sequence n" => |s| s.ctx.save_sequence(SeqId(2), &[]).map(drop);
    "state: size of nobody" => |s| s.ctx.sequence_state_size(SeqId(i32::MAX)).map(drop);
    "state: save with token -1" => |s| s.ctx.save_state(&[Token(-1)]).map(drop);
    "state: save with token MAX" => |s| s.ctx.save_sequence(SeqId(0), &[Token(i32::MAX)]).map(drop);
    "state: of an encoder" => |s| s.encoder.save_state(&[]).map(drop);
    "state: size of an encoder" => |s| s.encoder.state_size().map(drop);
    "state: of one model into another" => |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.recurrent.restore_sequence(&state, SeqId(0))
    };
    "state: into an encoder" => |s| {
        let state = s.ctx.save_state(&[])?;
        s.encoder.restore_state(&state)
    };
    "state: into sequence n" => |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.ctx.restore_sequence(&state, SeqId(2))
    };
    "state: one sequence as all" => |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.ctx.restore_state(&state)
    };
    "state: all as one sequence" => |s| {
        let state = s.ctx.save_state(&[])?;
        s.ctx.restore_sequence(&state, SeqId(0))
    };
    "state: partial of a whole past" => |s| s.ctx.save_sequence_partial(SeqId(0), &[]).map(drop);
    "state: partial without a past" => |s| {
        let state = s.recurrent.save_sequence_partial(SeqId(0), &[])?;
        s.recurrent.restore_sequence(&state, SeqId(0))
    };
    "state: device, sequence n" => |s| s.ctx.save_sequence_on_device(SeqId(2), false).map(drop);
    "state: device, restored twice over" => |s| {
        let first = s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.ctx.restore_sequence_from_device(&first, SeqId(0))
    };
    "state: device of another context" => |s| {
        let state = s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.recurrent.restore_sequence_from_device(&state, SeqId(0))
    };
    "state: nothing" => |_| llama::State::from_bytes(&[]).map(drop);
    "state: something else" => |_| llama::State::from_bytes(&[7; 100]).map(drop);
    "state: half" => |s| {
        let bytes = s.ctx.save_state(&[])?.to_bytes()?;
        llama::State::from_bytes(&bytes[..bytes.len() / 2]).map(drop)
    };
    "state: no file" => |_| llama::State::load("/no/such.state").map(drop);
    "state: a folder" => |_| llama::State::load("/").map(drop);
    "state: save to nowhere" => |s| s.ctx.save_state(&[])?.save("/no/such/folder/a.state");
    "state: save to no name" => |s| s.ctx.save_state(&[])?.save("");
};

#[test]
fn every_misuse_is_an_error_and_the_next_call_works() {
    let mut subjects = Subjects::new();
    subjects.still_work();
    for row in ROWS {
        let result = (row.run)(&mut subjects);
        assert!(result.is_err(), "{}: accepted", row.what);
        let fault = matches!(result, Err(Error::Fault { .. } | Error::Poisoned { .. }));
        assert!(!fault, "{}: only the net caught it: {result:?}", row.what);
        subjects.still_work();
    }
    println!("{} rows of misuse, all errors", ROWS.len());
}
