//! The Vulkan back end: whole and partial offload, compared with the processor.

use crate::common::{batch, default_path, load_plugin, model, question};
use llama::{Device, Layers, Model, Token};

fn device() -> Option<Device> {
    load_plugin("vulkan");
    let all = llama::devices().unwrap();
    let found = all.into_iter().find(|device| device.name().starts_with("Vulkan"));
    if found.is_none() {
        println!("skipped: no GPU with Vulkan (GGML_VK_VISIBLE_DEVICES=0 allows a software device)");
    }
    found
}

fn logits(model: &Model, prompt: &[Token]) -> Vec<f32> {
    let mut context = model.context_builder().n_ctx(512).build().unwrap();
    context.decode(&batch(0, 0, prompt)).unwrap().logits_last().unwrap().to_vec()
}

#[test]
fn the_back_end_is_registered() {
    load_plugin("vulkan");
    assert!(llama::registries().unwrap().iter().any(|registry| registry.name() == "Vulkan"));
}

#[test]
fn offloaded_layers_give_the_same_tokens() {
    let Some(device) = device() else { return };
    assert!(device.memory().unwrap().total > 0);
    let prompt = question("What is the capital of France?");
    let expected = logits(&model(), &prompt);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    for layers in [Layers::All, Layers::Count(2)] {
        let offloaded = Model::builder(default_path())
            .devices(std::slice::from_ref(&device))
            .gpu_layers(layers)
            .load()
            .unwrap();
        let found = logits(&offloaded, &prompt);
        let cosine = dot(&found, &expected) / (dot(&found, &found) * dot(&expected, &expected)).sqrt();
        assert!(cosine > 0.999, "{layers:?}: {cosine}");
        let mut context = offloaded.context_builder().n_ctx(512).build().unwrap();
        let answer = crate::common::greedy(&mut context, 0, &prompt, 20);
        let text = offloaded.vocab().detokenize(&answer, llama::Special::AsText).unwrap();
        assert!(text.contains("Paris"), "{layers:?}: {text}");
    }
}
