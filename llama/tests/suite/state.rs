//! States saved and brought back, in every form; wrong ones are refused.

use crate::common::{batch, context, folder, greedy, model, question, random, random_shape};
use llama::{
    CacheType, Context, ContextBuilder, Error, FlashAttention, Model, Sampler, SeqId, State, StateError,
    StateKind, Token,
};
use llama_test_kit::{Arch, RandomModel, Shape};

const A: SeqId = SeqId(0);
const B: SeqId = SeqId(1);

fn builder(model: &Model) -> ContextBuilder {
    model.context_builder().n_ctx(512).n_seq_max(2).n_threads(1)
}

fn pos(n: usize) -> i32 {
    i32::try_from(n).unwrap()
}

/// Decodes all but the last token of the prompt, so that the last one shows where the state continues.
fn prefill(ctx: &mut Context, seq: i32, prompt: &[Token]) {
    ctx.decode(&batch(seq, 0, &prompt[..prompt.len() - 1])).unwrap();
}

/// The continuation of a restored sequence.
fn go_on(ctx: &mut Context, seq: i32, prompt: &[Token], max: usize) -> Vec<Token> {
    let mut sampler = Sampler::greedy().unwrap();
    let mut next = batch(seq, pos(prompt.len()) - 1, &prompt[prompt.len() - 1..]);
    let mut out = Vec::new();
    for at in (pos(prompt.len())..).take(max) {
        let token = sampler.sample(ctx.decode(&next).unwrap().logits_last().unwrap()).unwrap();
        out.push(token);
        next = batch(seq, at, &[token]);
    }
    out
}

fn some_tokens(n: usize) -> Vec<Token> {
    (0..n).map(|i| Token(20 + pos(i * 7 % 300))).collect()
}

fn state_error<T: std::fmt::Debug>(result: Result<T, Error>) -> StateError {
    match result {
        Err(Error::State(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Every form gives the tokens that an undisturbed context gives.
fn all_forms(name: &str, make: &dyn Fn() -> Context, prompt: &[Token]) {
    let mut undisturbed = make();
    prefill(&mut undisturbed, 0, prompt);
    let expected = go_on(&mut undisturbed, 0, prompt, 12);

    let mut saver = make();
    prefill(&mut saver, 0, prompt);
    let whole = saver.save_state(prompt).unwrap();
    let one = saver.save_sequence(A, prompt).unwrap();
    assert!(saver.state_size().unwrap() > 0 && saver.sequence_state_size(A).unwrap() > 0);
    assert_eq!(go_on(&mut saver, 0, prompt, 12), expected, "{name}: saving changes nothing");
    assert_eq!((whole.kind(), whole.sequence()), (StateKind::Whole, None));
    assert_eq!((one.kind(), one.sequence()), (StateKind::Sequence, Some(A)));

    for state in [&whole, &one] {
        let path = folder().join(format!("{name}-{:?}.state", state.kind()));
        state.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), state.size());
        let mut buffer = vec![0; usize::try_from(state.size()).unwrap()];
        state.write_to(&mut buffer[..]).unwrap();
        let forms = [
            ("in memory", state.clone()),
            ("file", State::load(&path).unwrap()),
            ("bytes", State::from_bytes(&state.to_bytes().unwrap()).unwrap()),
            ("buffer", State::read_from(&buffer[..]).unwrap()),
        ];
        for (form, state) in forms {
            assert_eq!(state.tokens(), prompt);
            let mut ctx = make();
            // What was there before does not matter.
            ctx.decode(&batch(0, 0, &some_tokens(5))).unwrap();
            if state.kind() == StateKind::Whole {
                ctx.restore_state(&state).unwrap();
                assert_eq!(ctx.memory().pos_max(B).unwrap(), None);
                assert_eq!(go_on(&mut ctx, 0, prompt, 12), expected, "{name}: whole, {form}");
                continue;
            }
            for seq in [0, 1] {
                ctx.restore_sequence(&state, SeqId(seq)).unwrap();
                assert_eq!(ctx.memory().pos_max(SeqId(seq)).unwrap(), Some(pos(prompt.len()) - 2));
                let got = go_on(&mut ctx, seq, prompt, 12);
                assert_eq!(got, expected, "{name}: one as sequence {seq}, {form}");
            }
        }
    }
}

#[test]
fn every_form_continues_alike() {
    let model = model();
    let prompt = question("What is the capital of France?");
    all_forms("chat-f16", &|| builder(&model).build().unwrap(), &prompt);
    all_forms("chat-unified", &|| builder(&model).kv_unified(true).build().unwrap(), &prompt);
    all_forms(
        "chat-transposed",
        &|| builder(&model).flash_attention(FlashAttention::Off).build().unwrap(),
        &prompt,
    );
    all_forms(
        "chat-q8",
        &|| builder(&model).type_k(CacheType::Q8_0).type_v(CacheType::Q8_0).build().unwrap(),
        &prompt,
    );
}

#[test]
fn every_kind_of_memory_continues_alike() {
    for arch in [Arch::Llama, Arch::Qwen2, Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba] {
        let model = random(arch);
        // Longer than the window of the Gemmas.
        let prompt = some_tokens(60);
        all_forms(arch.name(), &|| builder(&model).n_ctx(256).build().unwrap(), &prompt);
    }
    let moe = random_shape(Shape::tiny_moe());
    all_forms("moe", &|| builder(&moe).n_ctx(256).build().unwrap(), &some_tokens(20));
}

#[test]
fn several_sequences_at_once() {
    let model = model();
    let (first, second) = (question("What is the capital of France?"), question("Hello!"));
    let make = || builder(&model).kv_unified(true).build().unwrap();
    let expected = [greedy(&mut make(), 0, &first, 8), greedy(&mut make(), 1, &second, 8)];
    let mut ctx = make();
    prefill(&mut ctx, 0, &first);
    prefill(&mut ctx, 1, &second);
    let state = State::from_bytes(&ctx.save_state(&[]).unwrap().to_bytes().unwrap()).unwrap();
    let mut other = make();
    other.restore_state(&state).unwrap();
    for (seq, (prompt, expected)) in [first, second].iter().zip(&expected).enumerate() {
        let got = go_on(&mut other, pos(seq), prompt, expected.len());
        assert_eq!(&got, expected, "sequence {seq}");
    }
}

#[test]
fn shared_cells_stay_shared() {
    let model = model();
    let prompt = question("Hello!");
    let make = || builder(&model).kv_unified(true).build().unwrap();
    let mut ctx = make();
    prefill(&mut ctx, 0, &prompt);
    ctx.memory().seq_copy(A, B, ..).unwrap();
    let state = ctx.save_state(&[]).unwrap();
    let mut other = make();
    other.restore_state(&State::from_bytes(&state.to_bytes().unwrap()).unwrap()).unwrap();
    let expected = go_on(&mut ctx, 0, &prompt, 6);
    assert_eq!(go_on(&mut other, 1, &prompt, 6), expected);
    assert_eq!(go_on(&mut other, 0, &prompt, 6), expected);
}

#[test]
fn an_empty_sequence_empties() {
    for arch in [Arch::Llama, Arch::Mamba, Arch::Jamba] {
        let model = random(arch);
        let mut ctx = builder(&model).n_ctx(256).build().unwrap();
        let empty = ctx.save_sequence(B, &[]).unwrap();
        ctx.decode(&batch(0, 0, &some_tokens(9))).unwrap();
        ctx.restore_sequence(&empty, A).unwrap();
        assert_eq!(ctx.memory().span(A).unwrap(), None);
        ctx.decode(&batch(0, 0, &some_tokens(9))).unwrap();
        let nothing = builder(&model).n_ctx(256).build().unwrap().save_state(&[]).unwrap();
        ctx.restore_state(&nothing).unwrap();
        assert_eq!(ctx.memory().span(A).unwrap(), None);
    }
}

#[test]
fn going_back_with_a_partial_state() {
    for arch in [Arch::Gemma2, Arch::Gemma3, Arch::Mamba, Arch::Jamba] {
        let model = random(arch);
        let prompt = some_tokens(50);
        let make = || builder(&model).n_ctx(256).build().unwrap();
        let mut ctx = make();
        prefill(&mut ctx, 0, &prompt);
        let whole = ctx.save_sequence(A, &[]).unwrap();
        let partial = ctx.save_sequence_partial(A, &[]).unwrap();
        assert!(partial.size() <= whole.size());
        let on_device = ctx.save_sequence_on_device(A, true).unwrap();
        assert_eq!(on_device.sequence(), A);
        let expected = go_on(&mut ctx, 0, &prompt, 40);
        ctx.restore_sequence(&State::from_bytes(&partial.to_bytes().unwrap()).unwrap(), A).unwrap();
        assert_eq!(ctx.memory().pos_max(A).unwrap(), Some(48), "{arch:?}");
        assert_eq!(go_on(&mut ctx, 0, &prompt, 40), expected, "{arch:?}");
        ctx.restore_sequence_from_device(&on_device, A).unwrap();
        assert_eq!(go_on(&mut ctx, 0, &prompt, 40), expected, "{arch:?}, on the device");
        let missing = state_error(ctx.restore_sequence(&partial, B));
        assert_eq!(missing, StateError::MissingPast { seq: B });
    }
    let mut ctx = context(&model());
    assert!(matches!(state_error(ctx.save_sequence_partial(A, &[])), StateError::Unsupported { .. }));
}

#[test]
fn on_the_device() {
    for (arch, flash) in [
        (Arch::Llama, FlashAttention::Auto),
        (Arch::Llama, FlashAttention::Off),
        (Arch::Gemma3, FlashAttention::Auto),
        (Arch::Mamba, FlashAttention::Auto),
        (Arch::Jamba, FlashAttention::Auto),
    ] {
        let model = random(arch);
        let prompt = some_tokens(50);
        let make = || builder(&model).n_ctx(256).flash_attention(flash).build().unwrap();
        let mut ctx = make();
        prefill(&mut ctx, 0, &prompt);
        let state = ctx.save_sequence_on_device(A, false).unwrap();
        let expected = go_on(&mut ctx, 0, &prompt, 12);
        for seq in [1, 0, 1] {
            ctx.restore_sequence_from_device(&state, SeqId(seq)).unwrap();
            assert_eq!(go_on(&mut ctx, seq, &prompt, 12), expected, "{arch:?}");
        }
        // A later one of the same sequence takes the place; other contexts have none.
        let later = ctx.save_sequence_on_device(A, false).unwrap();
        assert_eq!(state_error(ctx.restore_sequence_from_device(&state, A)), StateError::Replaced { seq: A });
        assert_eq!(state_error(make().restore_sequence_from_device(&later, A)), StateError::OtherContext);
        ctx.restore_sequence_from_device(&later, A).unwrap();
    }
    let mut ctx = builder(&model()).type_k(CacheType::Q8_0).build().unwrap();
    assert!(matches!(state_error(ctx.save_sequence_on_device(A, false)), StateError::Unsupported { .. }));
}

/// Run by the test below in a process of its own, which has little memory left in the end.
#[cfg(target_os = "linux")]
#[test]
fn little_memory() {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
    }
    const RLIMIT_AS: c_int = 9;
    if std::env::var_os("LLAMA_TEST_LITTLE_MEMORY").is_none() {
        return;
    }
    let mut shape = Shape::tiny(Arch::Llama);
    (shape.n_layer, shape.n_head, shape.n_head_kv, shape.head_dim) = (3, 16, 16, 256);
    (shape.n_ctx, shape.name) = (1024, "much-memory-llama".to_owned());
    let model = random_shape(shape);
    // 96 MiB: malloc has no place of that size without asking the system.
    let mut ctx = model
        .context_builder()
        .n_ctx(1024)
        .n_seq_max(1)
        .type_k(CacheType::F32)
        .type_v(CacheType::F32)
        .build()
        .unwrap();
    let prompt = some_tokens(1000);
    prefill(&mut ctx, 0, &prompt);
    let limit = |bytes| {
        // SAFETY: two numbers, the second of which says that the first may be raised again.
        assert_eq!(unsafe { setrlimit(RLIMIT_AS, &[bytes, u64::MAX]) }, 0);
    };
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    limit(pages.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096 + (8 << 20));
    let failed = ctx.save_sequence_on_device(A, false);
    limit(u64::MAX);
    let Err(failed) = failed else { panic!("there was room") };
    assert!(matches!(failed, Error::Fault { .. }), "{failed}");
    assert!(failed.to_string().contains("no memory for this state"), "{failed}");
    let state = ctx.save_sequence_on_device(A, false).unwrap();
    let expected = go_on(&mut ctx, 0, &prompt, 5);
    ctx.restore_sequence_from_device(&state, A).unwrap();
    assert_eq!(go_on(&mut ctx, 0, &prompt, 5), expected);
    println!("a full device is an error");
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_without_room_for_a_state_is_an_error() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["state::little_memory", "--exact", "--nocapture"])
        .env("LLAMA_TEST_LITTLE_MEMORY", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("a full device is an error"), "{output:?}");
}

#[test]
fn larger_contexts_and_other_batch_sizes_take_it() {
    for flash in [FlashAttention::Off, FlashAttention::On] {
        let model = model();
        let prompt = question("What is the capital of France?");
        let make = |n_ctx| builder(&model).n_ctx(n_ctx).flash_attention(flash);
        let mut ctx = make(512).build().unwrap();
        prefill(&mut ctx, 0, &prompt);
        let (one, whole) = (ctx.save_sequence(A, &[]).unwrap(), ctx.save_state(&[]).unwrap());
        let expected = go_on(&mut ctx, 0, &prompt, 8);
        let mut other = make(2048).n_batch(64).n_ubatch(16).n_threads(2).build().unwrap();
        other.restore_sequence(&one, B).unwrap();
        assert_eq!(go_on(&mut other, 1, &prompt, 8), expected);
        other.restore_state(&whole).unwrap();
        assert_eq!(go_on(&mut other, 0, &prompt, 8), expected);
    }
}

#[test]
fn edits_must_be_computed_first() {
    let model = model();
    let mut ctx = builder(&model).build().unwrap();
    ctx.decode(&batch(0, 0, &some_tokens(12))).unwrap();
    let state = ctx.save_sequence(A, &[]).unwrap();
    ctx.memory().seq_remove(A, 2..5).unwrap();
    ctx.memory().seq_add(A, 5.., -3).unwrap();
    assert_eq!(state_error(ctx.save_sequence(A, &[])), StateError::EditPending);
    assert_eq!(state_error(ctx.save_state(&[])), StateError::EditPending);
    ctx.decode(&batch(0, 9, &some_tokens(1))).unwrap();
    ctx.save_sequence(A, &[]).unwrap();

    ctx.memory().seq_copy(A, B, ..).unwrap();
    assert_eq!(state_error(ctx.save_sequence(B, &[])), StateError::EditPending);
    assert_eq!(state_error(ctx.restore_sequence(&state, B)), StateError::EditPending);
    ctx.decode(&batch(1, 10, &some_tokens(1))).unwrap();
    ctx.restore_sequence(&state, B).unwrap();
}

#[test]
fn other_models_and_parameters_are_refused() {
    let model = model();
    let mut ctx = builder(&model).build().unwrap();
    ctx.decode(&batch(0, 0, &some_tokens(12))).unwrap();
    let one = ctx.save_sequence(A, &[]).unwrap();
    let whole = ctx.save_state(&[]).unwrap();

    let stranger = random(Arch::Llama);
    let mut other = builder(&stranger).build().unwrap();
    for error in [state_error(other.restore_sequence(&one, A)), state_error(other.restore_state(&whole))] {
        assert!(matches!(error, StateError::OtherModel { .. }), "{error}");
    }
    let parameter = |builder: ContextBuilder| {
        let mut other = builder.build().unwrap();
        for error in [state_error(other.restore_sequence(&one, A)), state_error(other.restore_state(&whole))]
        {
            match error {
                StateError::OtherParameter { name, .. } => println!("{name}: refused"),
                other => panic!("{other}"),
            }
        }
        // The refusal has changed nothing.
        other.decode(&batch(0, 0, &some_tokens(3))).unwrap();
    };
    parameter(builder(&model).type_k(CacheType::Q8_0));
    parameter(builder(&model).type_v(CacheType::F32));
    parameter(builder(&model).kv_unified(true));
    parameter(builder(&model).n_seq_max(3));
    parameter(builder(&model).rope_freq_base(5000.0));
    parameter(builder(&model).yarn_ext_factor(0.5));

    // The kind must fit the function.
    assert!(matches!(state_error(ctx.restore_state(&one)), StateError::OtherKind { .. }));
    assert!(matches!(state_error(ctx.restore_sequence(&whole, A)), StateError::OtherKind { .. }));
    // Values are stored the other way round without flash attention. Where the choice was left to llama.cpp
    // only it can tell, and the sequence is empty afterwards.
    let mut plain = builder(&model).flash_attention(FlashAttention::Off).build().unwrap();
    plain.decode(&batch(0, 0, &some_tokens(3))).unwrap();
    let refused = state_error(plain.restore_sequence(&one, A));
    assert!(matches!(refused, StateError::Refused { .. }), "{refused}");
    assert_eq!(plain.memory().span(A).unwrap(), None);
    let refused = state_error(plain.restore_state(&whole));
    assert!(matches!(refused, StateError::Refused { .. }), "{refused}");
    assert_eq!(greedy(&mut plain, 0, &question("Hello!"), 3).len(), 3);
}

#[test]
fn metadata_and_vocabulary_tell_models_apart() {
    let fingerprint = |n_vocab: u32, key: &str| {
        let path = folder().join(format!("fingerprint-{n_vocab}-{key}.gguf"));
        let shape = Shape { n_vocab, ..Shape::tiny(Arch::Llama) };
        RandomModel::new(shape).metadata("test.key", key).write(&path).unwrap();
        Model::load(path).unwrap().fingerprint().unwrap()
    };
    assert_eq!(fingerprint(640, "a"), fingerprint(640, "a"));
    assert_ne!(fingerprint(640, "a"), fingerprint(640, "b"));
    assert_ne!(fingerprint(640, "a"), fingerprint(641, "a"));
}

#[test]
fn states_that_do_not_fit_are_refused() {
    let model = model();
    let mut ctx = builder(&model).n_seq_max(1).build().unwrap();
    ctx.decode(&batch(0, 0, &some_tokens(400))).unwrap();
    let one = ctx.save_sequence(A, &[]).unwrap();
    let whole = ctx.save_state(&[]).unwrap();
    let mut small = builder(&model).n_ctx(256).n_seq_max(1).build().unwrap();
    for error in [state_error(small.restore_sequence(&one, A)), state_error(small.restore_state(&whole))] {
        assert_eq!(error, StateError::TooLarge { needed: 400, available: 256 });
    }
    // Shared memory that others fill.
    let make = || builder(&model).kv_unified(true).build().unwrap();
    let mut ctx = make();
    ctx.decode(&batch(0, 0, &some_tokens(400))).unwrap();
    let one = ctx.save_sequence(A, &[]).unwrap();
    let refused = state_error(ctx.restore_sequence(&one, B));
    assert!(matches!(refused, StateError::Refused { .. }), "{refused}");
    assert_eq!(ctx.memory().span(B).unwrap(), None);
    assert_eq!(ctx.memory().span(A).unwrap(), Some((0, 399)));
    let on_device = ctx.save_sequence_on_device(A, false).unwrap();
    let refused = state_error(ctx.restore_sequence_from_device(&on_device, B));
    assert!(matches!(refused, StateError::Refused { .. }), "{refused}");
    assert_eq!(ctx.memory().span(B).unwrap(), None);
    ctx.restore_sequence_from_device(&on_device, A).unwrap();
    assert_eq!(ctx.memory().span(A).unwrap(), Some((0, 399)));
}

/// Replaces bytes of the payload and makes the checksums right again: what an attacker would do.
fn forge(state: &State, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let bytes = state.to_bytes().unwrap();
    let header_len = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let (front, payload) = bytes.split_at(40 + header_len);
    let header = &front[40..];
    let mut payload = payload.to_vec();
    change(&mut payload);
    let mut out = front[..16].to_vec();
    out.extend((payload.len() as u64).to_le_bytes());
    out.extend(checksum(&[header, &payload]).to_le_bytes());
    out.extend(checksum(&[&out.clone()]).to_le_bytes());
    out.extend(header);
    out.extend(payload);
    out
}

fn checksum(pieces: &[&[u8]]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sum = 0x51af_d7ed_558c_cd00_u64;
    let mut word = |word: u64| {
        let mixed = (sum ^ word).wrapping_mul(FACTOR);
        sum = mixed ^ (mixed >> 29);
    };
    for piece in pieces {
        word(piece.len() as u64);
        let (words, rest) = piece.as_chunks::<8>();
        for &bytes in words {
            word(u64::from_le_bytes(bytes));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        word(u64::from_le_bytes(last));
    }
    word(FACTOR);
    sum
}

/// Forged states with right checksums: whatever they say, the context stays usable.
#[test]
fn hostile_states_are_harmless() {
    let archs = [Arch::Llama, Arch::Gemma3, Arch::Mamba, Arch::Jamba];
    let mut seed = 7_u64;
    let mut random_number = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap()
    };
    let mut outcomes = [0; 3];
    // More of them on request, for a search rather than a check.
    let rounds = std::env::var("LLAMA_TEST_ROUNDS").map_or(200, |rounds| rounds.parse().unwrap());
    for (arch, unified) in archs.into_iter().flat_map(|arch| [(arch, false), (arch, true)]) {
        let model = random(arch);
        let mut ctx = builder(&model).n_ctx(256).kv_unified(unified).build().unwrap();
        ctx.decode(&batch(0, 0, &some_tokens(9))).unwrap();
        ctx.decode(&batch(1, 0, &some_tokens(5))).unwrap();
        let states = [ctx.save_state(&[]).unwrap(), ctx.save_sequence(A, &[]).unwrap()];
        assert!(State::from_bytes(&forge(&states[0], |_| {})).is_ok(), "the forger works");
        for round in 0..rounds {
            let state = &states[round % 2];
            let forged = forge(state, |payload| match round % 4 {
                0 | 1 => {
                    // Words in front, where the numbers are, become something else.
                    for _ in 0..=random_number() % 3 {
                        let at = random_number() % (payload.len() / 4).min(80) * 4;
                        let value =
                            [0, 1, 2, 5, 8, 255, u32::MAX, 1 << 31, i32::MAX.cast_unsigned(), 1 << 20];
                        let value = value[random_number() % value.len()];
                        payload[at..at + 4].copy_from_slice(&value.to_ne_bytes());
                    }
                }
                2 => payload.truncate(random_number() % payload.len()),
                _ => payload.extend(vec![1; 1 + random_number() % 50]),
            });
            let forged = State::from_bytes(&forged).unwrap();
            let result =
                if round % 2 == 0 { ctx.restore_state(&forged) } else { ctx.restore_sequence(&forged, B) };
            match result {
                Ok(()) => outcomes[0] += 1,
                Err(Error::State(StateError::Refused { .. })) => outcomes[1] += 1,
                Err(Error::State(_)) => outcomes[2] += 1,
                Err(other) => panic!("{arch:?}, round {round}: {other}"),
            }
            // What came in can be used or removed.
            for seq in [A, B] {
                if let Some(end) = ctx.memory().pos_max(seq).unwrap()
                    && end < 200
                {
                    ctx.decode(&batch(seq.0, end + 1, &some_tokens(2))).unwrap();
                }
            }
            ctx.memory().clear(false).unwrap();
            ctx.decode(&batch(0, 0, &some_tokens(4))).unwrap();
            assert!(!ctx.is_poisoned());
        }
    }
    let [accepted, by_llama_cpp, before] = outcomes;
    println!("{accepted} accepted, {by_llama_cpp} refused by llama.cpp, {before} before it");
    assert!(before > 200 && by_llama_cpp > 0);
}

#[test]
fn files_that_are_no_states() {
    let path = folder().join("no.state");
    for (content, expected) in [
        (&b""[..], StateError::NotAState),
        (b"GGUF", StateError::NotAState),
        (b"short", StateError::NotAState),
    ] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(state_error(State::load(&path)), expected);
    }
    assert!(matches!(State::load(folder().join("missing.state")), Err(Error::Io { .. })));
    assert!(matches!(State::load(folder()), Err(Error::Io { .. })));
    let mut ctx = context(&model());
    let state = ctx.save_state(&[]).unwrap();
    assert!(matches!(state.save(folder().join("no/such/folder")), Err(Error::Io { .. })));
    assert!(matches!(state.write_to(&mut [0_u8; 10][..]), Err(Error::Io { .. })));
    // An existing file is replaced as a whole.
    state.save(&path).unwrap();
    assert_eq!(State::load(&path).unwrap().size(), state.size());
}

#[test]
fn readers_and_writers_without_a_name_have_no_path() {
    let mut ctx = model().context_builder().n_ctx(256).n_threads(1).build().unwrap();
    let full = ctx.save_state(&[]).unwrap().write_to(&mut [0_u8; 10][..]).unwrap_err().to_string();
    assert!(full.starts_with("cannot write the state: "), "{full}");
    let folder = std::fs::File::open(folder()).unwrap();
    let unreadable = State::read_from(folder).unwrap_err().to_string();
    assert!(unreadable.starts_with("cannot read the state: "), "{unreadable}");
    let named = State::load("/no/such.state").unwrap_err().to_string();
    assert!(named.starts_with("\"/no/such.state\": "), "{named}");
}
