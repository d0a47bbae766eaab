//! Files with hostile numbers in their metadata, without tensors, with tensors of other types, or with vocabularies that
//! make no sense: none may end the process.
//!
//! Each case runs in a child process, so that a death (a division by zero, a failed assertion on a thread of
//! ggml, a crash) is seen as such. By default a choice of architectures and values is tried, and tensors are taken
//! away from all layers at once.
//! `LLAMA_HOSTILE=all` tries all architectures and each tensor, which takes minutes; `LLAMA_HOSTILE=thorough` also all
//! keys and more values, which takes hours; `LLAMA_HOSTILE_ARCH=name` only one architecture.

mod cases;
mod keys;
mod names;
mod synth;
mod vocabs;

use cases::{Bases, Case};
use llama::gguf::TensorType;
use llama::{Batch, Error, FlashAttention, Model, SeqId, Token};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use synth::{Form, Outcome, Synth};

/// A child that shows no progress for so long hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// What a child does after it has made its files.
const COMPUTING: &str = "computing with the files";
/// Address space of a child in KiB: a hostile number may ask for any amount of memory. `LLAMA_HOSTILE_MEMORY` replaces
/// it where a sanitizer takes a large part of it.
const MEMORY: &str = "6291456";

fn asked_for(what: &str) -> bool {
    std::env::var("LLAMA_HOSTILE").is_ok_and(|asked| asked == what)
}

fn thorough() -> bool {
    asked_for("thorough")
}

/// Computes a few tokens in every way that the model allows. Errors are fine.
fn compute(model: &Model, threads: u32) -> Result<(), Error> {
    let mut refused = Ok(());
    for flash in [FlashAttention::Off, FlashAttention::On] {
        let builder = model.context_builder().n_ctx(256).n_ubatch(64).n_threads(threads);
        let mut ctx = match builder.flash_attention(flash).build() {
            Ok(ctx) => ctx,
            Err(error @ Error::CreateContext { .. }) => {
                refused = Err(error);
                continue;
            }
            Err(other) => return Err(other),
        };
        let mut batch = Batch::new();
        batch.extend(SeqId(0), 0, &[Token(1), Token(5), Token(7)]).logits_for_last();
        if model.has_encoder() || !model.has_decoder() {
            ctx.encode(&batch).map_err(|failed| failed.error)?;
        }
        if model.has_decoder() {
            ctx.decode(&batch).map_err(|failed| failed.error)?;
            batch.clear().extend(SeqId(0), 3, &[Token(9)]).logits_for_last();
            ctx.decode(&batch).map_err(|failed| failed.error)?;
        }
    }
    refused
}

/// A kind of cases.
struct Kind {
    name: &'static str,
    /// The files that are changed.
    forms: &'static [Form],
    cases: fn(&str, &Bases) -> Vec<Case>,
    load: fn(&mut Synth) -> Outcome,
    compute: fn(&Model) -> Result<(), Error>,
}

const KINDS: [Kind; 4] = [
    // A number may change what the file must have.
    Kind {
        name: "numbers",
        forms: &[Form::Fewest],
        cases: cases::numbers,
        load: Synth::load,
        compute: |model| compute(model, 2),
    },
    Kind {
        name: "tensors",
        forms: &[Form::Fewest, Form::Most, Form::Heads],
        cases: cases::tensors,
        load: |file| file.load_as_it_is(),
        compute: |model| {
            // Not every architecture can be saved.
            let _ = model.save(crate::common::folder().join(format!("saved-{}.gguf", model.architecture())));
            // With one thread an assertion in a computation is an error, which is looked at: two are slow on a busy
            // machine.
            compute(model, 1)
        },
    },
    Kind {
        name: "types",
        forms: &[Form::Fewest, Form::Most],
        cases: cases::types,
        load: |file| file.load_as_it_is(),
        compute: |model| compute(model, 1),
    },
    Kind {
        name: "vocabs",
        forms: &[Form::Fewest],
        cases: vocabs::cases,
        load: vocabs::load,
        compute: vocabs::ask,
    },
];

/// One of the files of an architecture.
fn base(arch: &str, form: Form) -> Option<Synth> {
    if let Some(file) = Synth::read(arch, form) {
        return Some(file);
    }
    let file = match form {
        Form::Fewest => {
            let mut file = Synth::new(arch);
            file.loads();
            Some(file)
        }
        Form::Most => base(arch, Form::Fewest)?.most(),
        Form::Heads => base(arch, Form::Fewest)?.heads(),
    };
    if let Some(file) = &file {
        file.save(form).unwrap();
    }
    file
}

/// Run by the tests below in a process of its own: all cases of one kind and architecture from a number on.
#[test]
fn child() {
    let Some(job) = std::env::var_os("LLAMA_TEST_HOSTILE") else { return };
    let job = job.to_str().unwrap().to_owned();
    let [kind, arch, start, progress] = job.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    let mut start: usize = start.parse().unwrap();
    let note = |case: usize, what: &str| std::fs::write(progress, format!("{case} {what}")).unwrap();
    let bases: Bases = kind
        .forms
        .iter()
        .filter_map(|&form| {
            note(0, &format!("the file {form:?}"));
            Some((form, base(arch, form)?))
        })
        .collect();
    if start == 0 {
        note(0, COMPUTING);
        for (form, file) in &bases {
            match file.clone().load() {
                Outcome::Loaded(model) => {
                    println!("BASE {arch} {form:?}: {:?}", (kind.compute)(&model));
                }
                Outcome::Refused(words) => println!("BASE {arch} {form:?} refused: {words}"),
            }
        }
        start = 1;
    }
    let mut tally = BTreeMap::<&str, u32>::new();
    for (number, case) in (1..).zip((kind.cases)(arch, &bases)).skip(start - 1) {
        note(number, &case.to_string());
        let result = match (kind.load)(&mut case.apply(&bases)) {
            Outcome::Loaded(model) => {
                (kind.compute)(&model).map_or_else(|error| error.to_string(), |()| "ok".to_owned())
            }
            Outcome::Refused(words) => format!("refused: {words}"),
        };
        let what = match result.as_str() {
            words if words.contains("ggml-cpu/") => panic!("on any thread of ggml: {words}"),
            "ok" => "computed",
            words if words.contains("ASSERT") => "only the net",
            words if words.starts_with("refused") => "refused",
            _ => "an error",
        };
        if what != "computed" && thorough() {
            println!("{what} {arch} {case}: {result}");
        }
        *tally.entry(what).or_default() += 1;
    }
    println!("TALLY {arch} {tally:?}");
    note(usize::MAX, "done");
}

/// Starts a child with bounded memory.
fn spawn(job: &str, out: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    let out = std::fs::OpenOptions::new().create(true).append(true).open(out).unwrap();
    let memory = std::env::var("LLAMA_HOSTILE_MEMORY");
    let memory = memory.as_deref().unwrap_or(MEMORY);
    Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -c 0; ulimit -v {memory}; exec \"$0\" hostile::child --exact --nocapture"),
        ])
        .arg(program)
        .env("LLAMA_TEST_HOSTILE", job)
        // What a failure ends in the middle of a computation is leaked.
        .env("ASAN_OPTIONS", std::env::var("ASAN_OPTIONS").unwrap_or_default() + ":detect_leaks=0")
        .stdout(out.try_clone().unwrap())
        .stderr(Stdio::from(out))
        .spawn()
        .unwrap()
}

/// Waits for a child; `None` when it hangs.
fn wait(child: &mut Child, progress: &Path) -> Option<ExitStatus> {
    let (mut seen, mut since) = (String::new(), Instant::now());
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        let now = std::fs::read_to_string(progress).unwrap_or_default();
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if since.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs all cases of a kind and an architecture; returns the deaths.
fn run(kind: &str, arch: &str, folder: &Path) -> Vec<String> {
    let progress: PathBuf = folder.join(format!("progress-{kind}-{arch}"));
    let out = folder.join(format!("out-{kind}-{arch}"));
    let _ = std::fs::remove_file(&out);
    let (mut start, mut deaths) = (0, Vec::new());
    loop {
        let _ = std::fs::remove_file(&progress);
        let mut child = spawn(&format!("{kind} {arch} {start} {}", progress.display()), &out);
        let status = wait(&mut child, &progress);
        let reached = std::fs::read_to_string(&progress).unwrap_or_default();
        let (number, what) = reached.split_once(' ').unwrap_or(("0", "start"));
        if status.is_some_and(|status| status.success()) {
            return deaths;
        }
        let how = status.map_or("hangs".to_owned(), |status| status.to_string());
        deaths.push(format!("{arch} {what}: {how}"));
        let number: usize = number.parse().unwrap();
        if number == 0 && start == 0 && what != COMPUTING {
            return deaths;
        }
        start = number + 1;
    }
}

/// Runs a kind of cases for the architectures that are asked for.
fn none_dies(kind: &str) {
    let only = std::env::var("LLAMA_HOSTILE_ARCH").ok();
    let chosen = match &only {
        Some(only) => vec![only.as_str()],
        None if thorough() || asked_for("all") => keys::ARCHITECTURES.to_vec(),
        None => keys::CHOICE.to_vec(),
    };
    none_of_these_dies(kind, &chosen);
}

fn none_of_these_dies(kind: &str, chosen: &[&str]) {
    let folder = crate::common::folder().join("hostile");
    std::fs::create_dir_all(&folder).unwrap();
    let begun = Instant::now();
    let deaths: Vec<String> = chosen.iter().flat_map(|arch| run(kind, arch, &folder)).collect();
    println!("{kind}: {} architectures, {:.0} s", chosen.len(), begun.elapsed().as_secs_f32());
    assert!(deaths.is_empty(), "{} deaths:\n{}", deaths.len(), deaths.join("\n"));
}

#[test]
fn no_number_ends_the_process() {
    none_dies("numbers");
}

#[test]
fn no_missing_tensor_ends_the_process() {
    none_dies("tensors");
}

#[test]
fn no_type_ends_the_process() {
    none_dies("types");
}

#[test]
fn no_vocabulary_ends_the_process() {
    none_of_these_dies("vocabs", &["llama"]);
}

#[test]
fn a_missing_tensor_is_named() {
    let mut file = Synth::new("phi3");
    // Queries, keys and values may come together or apart; the loader asks for neither.
    assert!(file.loads() && file.tensors.keys().all(|name| !name.contains("attn_q")));
    let Outcome::Loaded(model) = file.load_as_it_is() else { panic!("loaded above") };
    let words = compute(&model, 1).unwrap_err().to_string();
    assert!(words.contains("ggml_mul_mat: w is missing: the file lacks a tensor"), "{words}");
}

#[test]
fn numbers_of_rows_are_looked_at() {
    let mut file = Synth::new("deepseek4");
    file.meta.insert("deepseek4.hash_layer_count".to_owned(), 1_u32.into());
    assert!(file.loads());
    let name = "blk.0.ffn_gate_tid2eid.weight";
    assert!(file.tensors.contains_key(name), "{:?}", file.tensors.keys());
    // The bits of the numbers.
    file.types.insert(name.to_owned(), TensorType::I32);
    let Outcome::Refused(words) = file.load_as_it_is() else { panic!("loaded") };
    assert!(words.contains("has the number") && words.contains("it must be one of 4 experts"), "{words}");
    // Zeros are numbers of experts.
    file.zeroed = true;
    assert!(matches!(file.load_as_it_is(), Outcome::Loaded(_)));
}

#[test]
fn a_type_that_nothing_computes_with_is_named() {
    let words = |name: &str, kind| {
        let mut file = Synth::new("llama");
        assert!(file.loads());
        file.types.insert(name.to_owned(), kind);
        match file.load_as_it_is() {
            Outcome::Loaded(model) => compute(&model, 2).unwrap_err().to_string(),
            Outcome::Refused(words) => words,
        }
    };
    let norm = words("blk.0.attn_norm.weight", TensorType::F16);
    assert!(
        norm.contains("MUL cannot be computed with f32 and f16: blk.0.attn_norm.weight is f16"),
        "{norm}"
    );
    let matrix = words("blk.1.ffn_up.weight", TensorType::Q8_1);
    assert!(matrix.contains("MUL_MAT cannot be computed with q8_1 and f32: blk.1.ffn_up.weight"), "{matrix}");
    let output = words("blk.1.attn_output.weight", TensorType::F64);
    assert!(output.contains("blk.1.attn_output.weight"), "{output}");
    let tokens = words("token_embd.weight", TensorType::I64);
    assert!(tokens.contains("token_embd.weight"), "{tokens}");
}
