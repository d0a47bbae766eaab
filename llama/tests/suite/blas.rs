//! The BLAS back end: prompts are computed on it, with the same result.

use crate::common::{batch, context, load_plugin, model, question};
use llama::{DeviceKind, SeqId};
use std::sync::{Arc, Mutex};

#[test]
fn prompts_run_on_it() {
    load_plugin("blas");
    let devices = llama::devices().unwrap();
    let device = devices.iter().find(|device| device.name() == "BLAS").expect("the device is there");
    assert_eq!(device.kind(), DeviceKind::Accelerator);
    assert!(llama::registries().unwrap().iter().any(|registry| registry.name() == "BLAS"));

    // A graph that only the processor computes is in one piece.
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    llama::log::set_sink(move |_, line| sink.lock().unwrap().push(line.to_owned()));
    let mut whole = context(&model());
    llama::log::clear_sink();
    let lines = lines.lock().unwrap().join("\n");
    let splits: usize = lines
        .split("splits = ")
        .nth(1)
        .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .unwrap_or_else(|| panic!("{lines}"));
    assert!(splits > 10, "{splits}");

    // Token by token is below the size where BLAS is used.
    let text = ["What is the capital of France?", "Tell me a story about a fox.", "What is 7 + 8?"].join(" ");
    let prompt = question(&text.repeat(4));
    assert!(prompt.len() > 100, "{}", prompt.len());
    let on_blas = whole.decode(&batch(0, 0, &prompt)).unwrap().logits_last().unwrap().to_vec();
    let mut steps = context(&model());
    let mut on_cpu = Vec::new();
    for (pos, token) in (0..).zip(&prompt) {
        let out = steps.decode(&batch(0, pos, &[*token])).unwrap();
        on_cpu = out.logits_last().unwrap().to_vec();
    }
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let cosine = dot(&on_blas, &on_cpu) / (dot(&on_blas, &on_blas) * dot(&on_cpu, &on_cpu)).sqrt();
    assert!(cosine > 0.999, "{cosine}");
    let best = |logits: &[f32]| (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    assert_eq!(best(&on_blas), best(&on_cpu));
    assert_eq!(whole.memory().pos_max(SeqId(0)).unwrap(), steps.memory().pos_max(SeqId(0)).unwrap());
}
