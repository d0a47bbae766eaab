//! Prompt and generation speed on random weights of realistic shape, next to C++ `llama-bench`.
//!
//! ```text
//! cargo bench --features bench --bench speed -- --types q4_k_m,q8_0 --rounds 7
//! LLAMA_BENCH=path/to/llama-bench cargo bench --features bench --bench speed
//! ```
//!
//! The same two quantities as `llama-bench`, taken in the same way: a prompt of N random tokens in one decode,
//! and N single-token decodes, each in a fresh context just large enough, after one warm-up. With
//! `LLAMA_BENCH` set, every round runs ours and theirs one after the other, so that a busy machine is busy for
//! both; printed are the ratio of the medians and that of the best runs, which disturbances touch least.
//! Build `llama-bench` from the same llama.cpp with the flags of the CPU variant that is printed here:
//! `benches/README.md` has the commands.
//!
//! With `--threads 1 --on-cpu true` the time is that of the one thread on a processor: a busy machine disturbs it
//! less. With `--other PROGRAM`, that is a `speed` of another build (other features, another commit), it is run in place of
//! `llama-bench`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use llama::{Batch, Context, Model, SeqId, Token};
use llama_test_kit::{RandomModel, Rng, Shape, WeightType};

/// What to measure.
struct Plan {
    shapes: Vec<Shape>,
    types: Vec<WeightType>,
    rounds: usize,
    threads: u32,
    prompt: u32,
    generate: u32,
    /// Rearranged weights, which BLAS leaves to the CPU; llama.cpp's default is yes.
    repack: bool,
    /// One round, printed for the program that asked.
    once: bool,
    /// Time that the calling thread had a processor, not time that passed.
    on_cpu: bool,
    rival: Option<Rival>,
}

/// What we are compared with.
enum Rival {
    LlamaBench(PathBuf),
    /// This bench of another build.
    Other(PathBuf),
}

/// Tokens per second of one run.
#[derive(Clone, Copy)]
struct Speed {
    prompt: f64,
    generate: f64,
}

/// A figure's name and where it is.
type Column = (String, fn(&Speed) -> f64);

fn main() -> ExitCode {
    match plan(env::args().skip(1)).and_then(|plan| measure(&plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("speed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn plan(args: impl Iterator<Item = String>) -> Result<Plan, Box<dyn Error>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut plan = Plan {
        shapes: vec![shape("llama-180m")?],
        types: vec!["q4_k_m".parse()?],
        rounds: 5,
        threads: u32::try_from(cores)?,
        prompt: 512,
        generate: 128,
        repack: true,
        once: false,
        on_cpu: false,
        rival: env::var_os("LLAMA_BENCH").map(|program| Rival::LlamaBench(program.into())),
    };
    // Cargo itself passes `--bench`.
    let mut args = args.filter(|arg| arg != "--bench");
    while let Some(flag) = args.next() {
        let value = args.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--shapes" => plan.shapes = value.split(',').map(shape).collect::<Result<_, _>>()?,
            "--types" => plan.types = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--rounds" => plan.rounds = value.parse::<usize>()?.max(1),
            "--threads" => plan.threads = value.parse()?,
            "--prompt" => plan.prompt = value.parse()?,
            "--generate" => plan.generate = value.parse()?,
            "--repack" => plan.repack = value.parse()?,
            "--once" => plan.once = value.parse()?,
            "--on-cpu" => plan.on_cpu = value.parse()?,
            "--other" => plan.rival = Some(Rival::Other(value.into())),
            _ => {
                let known = "--shapes --types --rounds --threads --prompt --generate --repack --on-cpu --once --other";
                return Err(format!("unknown option {flag}; there are {known}").into());
            }
        }
    }
    Ok(plan)
}

fn shape(name: &str) -> Result<Shape, Box<dyn Error>> {
    let names: Vec<&str> = Shape::names().collect();
    Shape::by_name(name).ok_or_else(|| format!("no shape '{name}'; there are {}", names.join(", ")).into())
}

fn measure(plan: &Plan) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("speed");
    fs::create_dir_all(&folder)?;
    if !plan.once {
        println!("CPU variant {}, {} threads, {} rounds", variant(), plan.threads, plan.rounds);
        if plan.rival.is_none() {
            println!("LLAMA_BENCH is not set: no comparison with C++");
        }
    }
    for shape in &plan.shapes {
        for &weights in &plan.types {
            let file = RandomModel::new(shape.clone()).weights(weights).cached(&folder)?;
            let name = format!("{} {weights}", shape.name);
            if plan.once {
                let speed = run_ours(plan, &file)?;
                println!("{{\"avg_ts\":{}}}\n{{\"avg_ts\":{}}}", speed.prompt, speed.generate);
            } else {
                measure_model(plan, &name, weights, &file)?;
            }
        }
    }
    Ok(())
}

fn measure_model(plan: &Plan, name: &str, weights: WeightType, file: &Path) -> Result<(), Box<dyn Error>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        // Who goes first alternates: neither side always runs on the warmer processor.
        if round % 2 == 1 {
            ours.push(run_ours(plan, file)?);
        }
        match &plan.rival {
            Some(Rival::LlamaBench(program)) => theirs.push(run_llama_bench(plan, program, file)?),
            Some(Rival::Other(program)) => {
                let shape = name.split(' ').next().unwrap_or_default();
                theirs.push(run_other(plan, program, shape, weights)?);
            }
            None => {}
        }
        if round % 2 == 0 {
            ours.push(run_ours(plan, file)?);
        }
    }
    let columns: [Column; 2] = [
        (format!("pp{}", plan.prompt), |speed| speed.prompt),
        (format!("tg{}", plan.generate), |speed| speed.generate),
    ];
    for (what, column) in columns {
        let [low, middle, best] = spread(ours.iter().map(column));
        print!("{name} {what:>6}: ours {middle:9.2} t/s ({low:.2} to {best:.2})");
        if theirs.is_empty() {
            println!();
        } else {
            let [low, their_middle, their_best] = spread(theirs.iter().map(column));
            let them = if let Some(Rival::Other(_)) = plan.rival { "other" } else { "C++" };
            print!(", {them} {their_middle:9.2} t/s ({low:.2} to {their_best:.2})");
            println!(", ratio {:.3} (of the best runs {:.3})", middle / their_middle, best / their_best);
        }
    }
    Ok(())
}

/// Smallest, median and largest.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let median =
        if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) };
    [sorted[0], median, sorted[sorted.len() - 1]]
}

/// One run of C++ `llama-bench` in a process of its own.
fn run_llama_bench(plan: &Plan, program: &Path, file: &Path) -> Result<Speed, Box<dyn Error>> {
    let mut command = Command::new(program);
    command
        .args(["-r", "1", "-o", "jsonl", "-p", &plan.prompt.to_string(), "-n", &plan.generate.to_string()])
        .args(["-t", &plan.threads.to_string(), "-m"])
        .arg(file);
    figures(command)
}

/// One run of another build of this bench. It finds the models that this one has written where both were built into
/// one target folder.
fn run_other(plan: &Plan, program: &Path, shape: &str, weights: WeightType) -> Result<Speed, Box<dyn Error>> {
    let mut command = Command::new(program);
    command
        .args(["--once", "true", "--shapes", shape, "--types", &weights.to_string()])
        .args(["--threads", &plan.threads.to_string(), "--prompt", &plan.prompt.to_string()])
        .args(["--generate", &plan.generate.to_string(), "--on-cpu", &plan.on_cpu.to_string()]);
    figures(command)
}

/// Runs a program that prints the figures of the prompt and of the generation.
fn figures(mut command: Command) -> Result<Speed, Box<dyn Error>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::null()).output().map_err(|e| format!("{program}: {e}"))?;
    let text = String::from_utf8(output.stdout)?;
    let mut speeds = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("\"avg_ts\":")?;
        rest.split([',', '}']).next()?.trim().parse::<f64>().ok()
    });
    match (speeds.next(), speeds.next()) {
        (Some(prompt), Some(generate)) if output.status.success() => Ok(Speed { prompt, generate }),
        _ => Err(format!("{program} gave no figures ({})", output.status).into()),
    }
}

/// The CPU variant that computes, as `LLAMA_CPU_VARIANT` would name it.
fn variant() -> &'static str {
    llama::backend::cpu_variant().unwrap_or("unknown")
}

/// One run of ours: model loaded, prompt and generation each in a context of its own.
fn run_ours(plan: &Plan, file: &Path) -> Result<Speed, Box<dyn Error>> {
    let model = Model::builder(file).extra_buffer_types(plan.repack).load()?;
    let n_vocab = u32::try_from(model.n_vocab())?;
    let mut rng = Rng::new(1);
    let mut token = || Token(rng.below(n_vocab).cast_signed());

    let mut ctx = context(&model, plan, plan.prompt)?;
    let tokens: Vec<Token> = (0..plan.prompt).map(|_| token()).collect();
    let mut batch = Batch::new();
    batch.extend(SeqId(0), 0, &tokens).logits_for_last();
    ctx.decode(&batch)?;
    ctx.memory().clear(false)?;
    let clock = Clock::start(plan)?;
    ctx.decode(&batch)?;
    ctx.synchronize()?;
    let prompt = f64::from(plan.prompt) / clock.seconds()?;
    drop(ctx);

    let mut ctx = context(&model, plan, plan.generate)?;
    batch.clear().add(token(), 0, &[SeqId(0)], true);
    ctx.decode(&batch)?;
    ctx.memory().clear(false)?;
    let clock = Clock::start(plan)?;
    for pos in 0..plan.generate {
        batch.clear().add(token(), pos.cast_signed(), &[SeqId(0)], true);
        ctx.decode(&batch)?.logits_last()?;
    }
    let generate = f64::from(plan.generate) / clock.seconds()?;
    Ok(Speed { prompt, generate })
}

/// What time is taken by.
enum Clock {
    Passed(Instant),
    /// Nanoseconds on a processor at the start.
    OnCpu(f64),
}

impl Clock {
    fn start(plan: &Plan) -> Result<Self, Box<dyn Error>> {
        Ok(if plan.on_cpu { Self::OnCpu(on_cpu()?) } else { Self::Passed(Instant::now()) })
    }

    fn seconds(&self) -> Result<f64, Box<dyn Error>> {
        match self {
            Self::Passed(start) => Ok(start.elapsed().as_secs_f64()),
            Self::OnCpu(start) => Ok((on_cpu()? - start) / 1e9),
        }
    }
}

/// Nanoseconds that this thread has had a processor; Linux tells.
fn on_cpu() -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}

/// A context that holds just `n_ctx` tokens, as `llama-bench` makes it.
fn context(model: &Model, plan: &Plan, n_ctx: u32) -> llama::Result<Context> {
    model.context_builder().n_ctx(n_ctx).n_threads(plan.threads).build()
}
