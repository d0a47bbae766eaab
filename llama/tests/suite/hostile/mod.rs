//! Files with hostile numbers in their metadata: none may end the process.
//!
//! Each case runs in a child process, so that a death (a division by zero, a failed assertion on a thread of
//! ggml, a crash) is seen as such. By default a choice of architectures and values is tried.
//! `LLAMA_HOSTILE=all` tries all architectures, which takes minutes; `LLAMA_HOSTILE=thorough` also all keys and more
//! values, which takes hours; `LLAMA_HOSTILE_ARCH=name` only one architecture.

mod keys;
mod synth;

use llama::gguf::{Array, Value};
use llama::{Batch, Error, FlashAttention, Model, SeqId, Token};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use synth::{Outcome, Synth};

/// A child that shows no progress for so long hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// Address space of a child in KiB: a hostile number may ask for any amount of memory.
const MEMORY: u64 = 6 << 20;

/// What replaces a whole number.
const QUICK: &[u64] = &[0, u32::MAX as u64];
const MORE: &[u64] = &[0, 3, u32::MAX as u64];
const THOROUGH: &[u64] = &[0, 1, 3, 7, 65, 1 << 16, 0x7fff_ffff, 0x8000_0000, u32::MAX as u64];

/// One change of a file's metadata.
struct Case {
    key: String,
    value: Value,
}

fn asked_for(what: &str) -> bool {
    std::env::var("LLAMA_HOSTILE").is_ok_and(|asked| asked == what)
}

fn thorough() -> bool {
    asked_for("thorough")
}

/// The changes of one architecture's file, in a fixed order.
fn cases(arch: &str, base: &Synth) -> Vec<Case> {
    let values = match () {
        () if thorough() => THOROUGH,
        () if asked_for("all") => MORE,
        () => QUICK,
    };
    let mut cases = Vec::new();
    let mut push = |key: &str, value: Value| cases.push(Case { key: key.to_owned(), value });
    let prefix = format!("{arch}.");
    for (key, old) in base.meta.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        match old {
            Value::Array(Array::I32(list)) => {
                for &n in values {
                    #[allow(clippy::cast_possible_truncation, reason = "bits count")]
                    let n = (n as u32).cast_signed();
                    push(key, vec![n; list.len()].into());
                    push(key, [vec![n], vec![2; list.len().saturating_sub(1)]].concat().into());
                }
            }
            Value::F32(_) => {
                let floats: &[f32] =
                    if thorough() { &[0.0, -1.0, 1e30, f32::NAN, f32::INFINITY] } else { &[0.0, -1.0] };
                for &n in floats {
                    push(key, n.into());
                }
            }
            _ => {
                for &n in values {
                    push(key, Value::U32(u32::try_from(n).unwrap()));
                }
            }
        }
    }
    if thorough() {
        for name in keys::INTEGERS.iter().filter(|name| !base.meta.contains_key(&format!("{prefix}{name}"))) {
            for n in [0, 1, 3, u32::MAX] {
                push(&format!("{prefix}{name}"), Value::U32(n));
            }
        }
        for name in keys::LISTS.iter().filter(|name| !base.meta.contains_key(&format!("{prefix}{name}"))) {
            for n in [0, 1, 9, -1] {
                push(&format!("{prefix}{name}"), vec![n; 4].into());
            }
        }
    }
    cases
}

/// Computes a few tokens in every way that the model allows. Errors are fine.
fn compute(model: &Model) -> Result<(), Error> {
    for flash in [FlashAttention::Off, FlashAttention::On] {
        let built =
            model.context_builder().n_ctx(256).n_ubatch(64).n_threads(2).flash_attention(flash).build();
        let mut ctx = match built {
            Ok(ctx) => ctx,
            Err(Error::CreateContext { .. }) => continue,
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
    Ok(())
}

/// Run by the test below in a process of its own: all cases of one architecture from a number on.
#[test]
fn child() {
    let Some(job) = std::env::var_os("LLAMA_TEST_HOSTILE") else { return };
    let job = job.to_str().unwrap().to_owned();
    let [arch, start, progress] = job.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    let mut start: usize = start.parse().unwrap();
    let note = |case: usize, what: &str| std::fs::write(progress, format!("{case} {what}")).unwrap();
    let base = Synth::read(arch).unwrap_or_else(|| {
        note(0, "the base");
        let mut base = Synth::new(arch);
        if let Outcome::Refused(words) = base.load() {
            println!("REFUSED {arch}: {words}");
        }
        base.save().unwrap();
        base
    });
    if start == 0 {
        note(0, "computing with the base");
        let mut base = base.clone();
        match base.load() {
            Outcome::Loaded(model) => println!("BASE {arch}: {:?}", compute(&model)),
            Outcome::Refused(words) => println!("BASE {arch} refused: {words}"),
        }
        start = 1;
    }
    let mut tally = BTreeMap::<&str, u32>::new();
    for (number, case) in (1..).zip(cases(arch, &base)).skip(start - 1) {
        note(number, &format!("{} = {}", case.key, case.value));
        let mut file = base.clone();
        file.meta.insert(case.key.clone(), case.value.clone());
        let result = match file.load() {
            Outcome::Loaded(model) => {
                compute(&model).map_or_else(|error| error.to_string(), |()| "ok".to_owned())
            }
            Outcome::Refused(words) => format!("refused: {words}"),
        };
        let kind = match result.as_str() {
            "ok" => "computed",
            words if words.contains("ASSERT") => "only the net",
            words if words.starts_with("refused") => "refused",
            _ => "an error",
        };
        if kind != "computed" && thorough() {
            println!("{kind} {arch} {} = {}: {result}", case.key, case.value);
        }
        *tally.entry(kind).or_default() += 1;
    }
    println!("TALLY {arch} {tally:?}");
    note(usize::MAX, "done");
}

/// Starts a child with bounded memory.
fn spawn(job: &str, out: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    let out = std::fs::OpenOptions::new().create(true).append(true).open(out).unwrap();
    Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -c 0; ulimit -v {MEMORY}; exec \"$0\" hostile::child --exact --nocapture"),
        ])
        .arg(program)
        .env("LLAMA_TEST_HOSTILE", job)
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

/// Runs all cases of an architecture; returns the deaths.
fn run(arch: &str, folder: &Path) -> Vec<String> {
    let progress: PathBuf = folder.join(format!("progress-{arch}"));
    let out = folder.join(format!("out-{arch}"));
    let _ = std::fs::remove_file(&out);
    let (mut start, mut deaths) = (0, Vec::new());
    loop {
        let _ = std::fs::remove_file(&progress);
        let mut child = spawn(&format!("{arch} {start} {}", progress.display()), &out);
        let status = wait(&mut child, &progress);
        let reached = std::fs::read_to_string(&progress).unwrap_or_default();
        let (number, what) = reached.split_once(' ').unwrap_or(("0", "start"));
        if status.is_some_and(|status| status.success()) {
            return deaths;
        }
        let how = status.map_or("hangs".to_owned(), |status| status.to_string());
        deaths.push(format!("{arch} {what}: {how}"));
        let number: usize = number.parse().unwrap();
        if number == 0 && start == 0 && what != "computing with the base" {
            return deaths;
        }
        start = number + 1;
    }
}

#[test]
fn no_number_ends_the_process() {
    let folder = crate::common::folder().join("hostile");
    std::fs::create_dir_all(&folder).unwrap();
    let only = std::env::var("LLAMA_HOSTILE_ARCH").ok();
    let begun = Instant::now();
    let mut deaths = Vec::new();
    let chosen = match &only {
        Some(only) => vec![only.as_str()],
        None if thorough() || asked_for("all") => keys::ARCHITECTURES.to_vec(),
        None => keys::CHOICE.to_vec(),
    };
    for arch in &chosen {
        deaths.extend(run(arch, &folder));
    }
    println!("{} architectures, {:.0} s", chosen.len(), begun.elapsed().as_secs_f32());
    assert!(deaths.is_empty(), "{} deaths:\n{}", deaths.len(), deaths.join("\n"));
}
