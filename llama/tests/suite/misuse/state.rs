//! Saved states, adapters and control vectors.

use super::{BAD_SEQUENCES, BAD_TOKENS, Row, Subjects, rows};
use crate::common::{folder, random};
use llama::{LoraAdapter, SeqId, State, Token};
use llama_test_kit::{Arch, RandomAdapter, Shape};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rows! {
    "Vocab::is_control: control of n" => TokenOutOfRange, |s| s.model.vocab().is_control(Token(1 << 30)).map(drop);
    "Context::save_state: of an encoder" => NoMemory, |s| s.encoder.save_state(&[]).map(drop);
    "Context::state_size: size of an encoder" => NoMemory, |s| s.encoder.state_size().map(drop);
    "Context::restore_sequence: of one model into another" => State, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.recurrent.restore_sequence(&state, SeqId(0))
    };
    "Context::restore_state: into an encoder" => NoMemory, |s| {
        let state = s.ctx.save_state(&[])?;
        s.encoder.restore_state(&state)
    };
    "Context::restore_sequence: into sequence n" => SeqIdOutOfRange, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.ctx.restore_sequence(&state, SeqId(2))
    };
    "Context::restore_state: one sequence as all" => State, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.ctx.restore_state(&state)
    };
    "Context::restore_sequence: all as one sequence" => State, |s| {
        let state = s.ctx.save_state(&[])?;
        s.ctx.restore_sequence(&state, SeqId(0))
    };
    "Context::save_sequence_partial: partial of a whole past" => State, |s| s.ctx.save_sequence_partial(SeqId(0), &[]).map(drop);
    "Context::restore_sequence: partial without a past" => State, |s| {
        let state = s.recurrent.save_sequence_partial(SeqId(0), &[])?;
        s.recurrent.restore_sequence(&state, SeqId(0))
    };
    "Context::save_sequence_on_device: device, sequence n" => SeqIdOutOfRange, |s| s.ctx.save_sequence_on_device(SeqId(2), false).map(drop);
    "Context::restore_sequence_from_device: device, restored twice over" => State, |s| {
        let first = s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.ctx.restore_sequence_from_device(&first, SeqId(0))
    };
    "Context::restore_sequence_from_device: device of another context" => State, |s| {
        let state = s.ctx.save_sequence_on_device(SeqId(0), false)?;
        s.recurrent.restore_sequence_from_device(&state, SeqId(0))
    };
    "State::from_bytes: nothing" => State, |_| llama::State::from_bytes(&[]).map(drop);
    "State::from_bytes: something else" => State, |_| llama::State::from_bytes(&[7; 100]).map(drop);
    "State::from_bytes: half" => State, |s| {
        let bytes = s.ctx.save_state(&[])?.to_bytes()?;
        llama::State::from_bytes(&bytes[..bytes.len() / 2]).map(drop)
    };
    "State::load: no file" => Io, |_| llama::State::load("/no/such.state").map(drop);
    "State::load: a folder" => Io, |_| llama::State::load("/").map(drop);
    "State::save: save to nowhere" => Io, |s| s.ctx.save_state(&[])?.save("/no/such/folder/a.state");
    "State::save: save to no name" => Io, |s| s.ctx.save_state(&[])?.save("");
    "LoraAdapter::load: no file" => LoadAdapter, |s| LoraAdapter::load(&s.model, "/no/such.gguf").map(drop);
    "LoraAdapter::load: a folder" => LoadAdapter, |s| LoraAdapter::load(&s.model, "/").map(drop);
    "LoraAdapter::load: no name" => LoadAdapter, |s| LoraAdapter::load(&s.model, "").map(drop);
    "LoraAdapter::load: a zero in the name" => LoadAdapter, |s| LoraAdapter::load(&s.model, "a\0b").map(drop);
    "LoraAdapter::load: a model" => LoadAdapter, |s| {
        LoraAdapter::load(&s.model, crate::common::default_path()).map(drop)
    };
    "Context::set_adapters: of another model" => InvalidParameter, |s| {
        let adapter = s.adapter()?;
        s.recurrent.set_adapters(&[(adapter, 1.0)])
    };
    "Context::set_adapters: scale NaN" => InvalidParameter, |s| {
        let adapter = s.adapter()?;
        s.ctx.set_adapters(&[(adapter, f32::NAN)])
    };
    "Context::set_adapters: the same twice" => InvalidParameter, |s| {
        let adapter = s.adapter()?;
        s.ctx.set_adapters(&[(adapter.clone(), 1.0), (adapter, 0.5)])
    };
    "LoraAdapter::metadata: metadata key with zero" => NulByte, |s| s.adapter()?.metadata("\0").map(drop);
    "Context::set_control_vector: empty" => InvalidParameter, |s| s.ctx.set_control_vector(&[], ..);
    "Context::set_control_vector: another width" => InvalidParameter, |s| s.ctx.set_control_vector(&[0.0; 7], ..);
    "Context::set_control_vector: too many layers" => InvalidParameter, |s| {
        let len = s.model.n_embd() * s.model.n_layer() as usize;
        s.ctx.set_control_vector(&vec![0.0; len], ..)
    };
    "Context::set_control_vector: NaN" => InvalidParameter, |s| {
        let len = s.model.n_embd();
        s.ctx.set_control_vector(&vec![f32::NAN; len], ..)
    };
    "Context::set_control_vector: layer 0" => InvalidParameter, |s| {
        let len = s.model.n_embd();
        s.ctx.set_control_vector(&vec![0.0; len], ..1)
    };
    "Context::set_control_vector: layers far out" => InvalidParameter, |s| {
        let len = s.model.n_embd();
        s.ctx.set_control_vector(&vec![0.0; len], 1000..)
    };
    "State::read_from: a folder" => Io, |_| State::read_from(std::fs::File::open("/").unwrap()).map(drop);
    "State::read_from: nothing" => State, |_| State::read_from(std::io::empty()).map(drop);
    "State::write_to: no room" => Io, |s| s.ctx.save_state(&[])?.write_to(&mut [0_u8; 10][..]);
    "State::save: over a folder" => Io, |s| s.ctx.save_state(&[])?.save(folder());
    "State::from_bytes: followed by more" => State, |s| {
        let mut bytes = s.ctx.save_state(&[])?.to_bytes()?;
        bytes.push(0);
        State::from_bytes(&bytes).map(drop)
    };
    "Context::restore_sequence: into an encoder" => NoMemory, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        s.encoder.restore_sequence(&state, SeqId(0))
    };
    "Context::restore_state: of a larger context" => State, |s| {
        s.ctx.decode(&crate::common::batch(0, 0, &[Token(5); 200]))?;
        s.ctx.decode(&crate::common::batch(1, 0, &[Token(5); 200]))?;
        let state = s.ctx.save_state(&[])?;
        s.model.context_builder().n_ctx(256).n_threads(1).build()?.restore_state(&state)
    };
    "Context::save_sequence_partial: of an encoder" => NoMemory, |s| s.encoder.save_sequence_partial(SeqId(0), &[]).map(drop);
    "LoraAdapter::load: an adapter of another width" => LoadAdapter, |s| {
        let path = folder().join("misuse-other.adapter.gguf");
        RandomAdapter::new(Shape::tiny(Arch::Llama)).write(&path).unwrap();
        LoraAdapter::load(&s.model, path).map(drop)
    };
    "LoraAdapter::load: for a vocabulary only" => VocabOnly, |s| {
        s.adapter()?;
        LoraAdapter::load(&s.vocab_only, folder().join("misuse.adapter.gguf")).map(drop)
    };
    "Context::set_adapters: scale infinite" => InvalidParameter, |s| {
        let adapter = s.adapter()?;
        s.ctx.set_adapters(&[(adapter, f32::NEG_INFINITY)])
    };
    "Context::set_adapters: of another handle's model" => InvalidParameter, |s| {
        let adapter = s.adapter()?;
        let other = llama::Model::load(crate::common::default_path())?;
        other.context_builder().n_ctx(256).n_threads(1).build()?.set_adapters(&[(adapter, 1.0)])
    };
    "Context::set_control_vector: an empty range" => InvalidParameter, |s| {
        let len = s.model.n_embd();
        s.ctx.set_control_vector(&vec![0.0; len], 1..1)
    };
    "Context::set_control_vector: recurrent, another width" => InvalidParameter, |s| s.recurrent.set_control_vector(&[0.0; 7], ..);
    "Context::restore_sequence: of a context with another model" => State, |s| {
        let state = s.ctx.save_sequence(SeqId(0), &[])?;
        random(Arch::Llama).context_builder().n_ctx(256).build()?.restore_sequence(&state, SeqId(0))
    };
    };
    for seq in BAD_SEQUENCES.map(SeqId) {
        let mut add = |name: &str, run: fn(&mut Subjects, SeqId) -> Result<(), llama::Error>| {
            let what = format!("Context::{name}: sequence {seq}");
            rows.push(Row::new(what, "SeqIdOutOfRange", move |s| run(s, seq)));
        };
        add("save_sequence", |s, seq| s.ctx.save_sequence(seq, &[]).map(drop));
        add("save_sequence_partial", |s, seq| s.ctx.save_sequence_partial(seq, &[]).map(drop));
        add("sequence_state_size", |s, seq| s.ctx.sequence_state_size(seq).map(drop));
        add("save_sequence_on_device", |s, seq| s.ctx.save_sequence_on_device(seq, true).map(drop));
        add("restore_sequence", |s, seq| {
            let state = s.ctx.save_sequence(SeqId(0), &[])?;
            s.ctx.restore_sequence(&state, seq)
        });
        add("restore_sequence_from_device", |s, seq| {
            let state = s.ctx.save_sequence_on_device(SeqId(0), false)?;
            s.ctx.restore_sequence_from_device(&state, seq)
        });
    }
    for token in BAD_TOKENS.map(Token) {
        rows.push(Row::new(format!("Context::save_state: token {token}"), "TokenOutOfRange", move |s| {
            s.ctx.save_state(&[token]).map(drop)
        }));
        rows.push(Row::new(format!("Context::save_sequence: token {token}"), "TokenOutOfRange", move |s| {
            s.ctx.save_sequence(SeqId(0), &[Token(5), token]).map(drop)
        }));
    }
    // A state in a file: cut off, or with a byte changed, at places all over it.
    for part in 0..24 {
        rows.push(Row::new(format!("State::from_bytes: {part}/24 of it"), "State", move |s| {
            let bytes = small_state(s)?;
            State::from_bytes(&bytes[..bytes.len() * part / 24]).map(drop)
        }));
        rows.push(Row::new(format!("State::from_bytes: a byte changed at {part}/24"), "State", move |s| {
            let mut bytes = small_state(s)?;
            let at = bytes.len() * part / 24;
            bytes[at] ^= 0x40;
            State::from_bytes(&bytes).map(drop)
        }));
    }
    rows
}

/// The bytes of a state with a few tokens in it.
fn small_state(s: &mut Subjects) -> Result<Vec<u8>, llama::Error> {
    s.ctx.decode(&crate::common::batch(0, 0, &[Token(5), Token(6), Token(7)]))?;
    s.ctx.save_state(&[Token(5), Token(6), Token(7)])?.to_bytes()
}
