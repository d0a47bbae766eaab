//! GPUs: whole and partial offload, compared with the processor.

use crate::common::{batch, default_path, load_plugin, question};
use llama::{Layers, Model, Registry, Token};

/// Features and ggml's names of their back ends.
const BACKENDS: &[(&str, &str)] = &[
    #[cfg(feature = "cuda")]
    ("cuda", "CUDA"),
    #[cfg(feature = "metal")]
    ("metal", "MTL"),
    #[cfg(feature = "vulkan")]
    ("vulkan", "Vulkan"),
];

fn registries() -> Vec<Registry> {
    for (feature, _) in BACKENDS {
        load_plugin(feature);
    }
    let all = llama::registries().unwrap();
    let is_ours = |registry: &Registry| BACKENDS.iter().any(|(_, name)| *name == registry.name());
    all.into_iter().filter(is_ours).collect()
}

fn logits(model: &Model, prompt: &[Token]) -> Vec<f32> {
    let mut context = model.context_builder().n_ctx(512).build().unwrap();
    context.decode(&batch(0, 0, prompt)).unwrap().logits_last().unwrap().to_vec()
}

#[test]
fn the_back_ends_are_registered() {
    assert_eq!(registries().len(), BACKENDS.len());
}

#[test]
fn offloaded_layers_give_the_same_tokens() {
    let prompt = question("What is the capital of France?");
    let processor = Model::builder(default_path()).gpu_layers(Layers::None).load().unwrap();
    let expected = logits(&processor, &prompt);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    for registry in registries() {
        let Some(device) = registry.devices().first() else {
            println!(
                "skipped: {} has no device (GGML_VK_VISIBLE_DEVICES=0 allows a software device)",
                registry.name()
            );
            continue;
        };
        assert!(device.memory().unwrap().total > 0);
        for layers in [Layers::All, Layers::Count(2)] {
            let offloaded = Model::builder(default_path())
                .devices(std::slice::from_ref(device))
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
}
