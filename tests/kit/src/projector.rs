//! Projectors (mmproj) with random weights: images and recordings to the embeddings of a tiny model.

use std::fs;
use std::path::Path;

use llama::gguf::{GgufWriter, TensorType, Value};

use crate::metadata::Metadata;
use crate::rng::Rng;
use crate::{Error, Written};

/// Width of the encoders.
const WIDTH: u32 = 32;
/// Width of their feed-forward parts.
const FEED_FORWARD: u32 = 48;
/// Layers of each encoder.
const LAYERS: u32 = 2;
/// Side of an image in pixels.
const IMAGE: u32 = 32;
/// Side of a patch in pixels.
const PATCH: u32 = 8;
/// Bands of the spectrum of a recording.
const MELS: u32 = 16;
/// Frames of sound in one piece of a recording, after the convolutions.
const FRAMES: u32 = 1500;
/// Frames that make one embedding.
const STACK: u32 = 16;

/// How images are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Eyes {
    /// A CLIP encoder with two layers behind it, as `LLaVA` has: 16 embeddings per image.
    Llava,
    /// A `SigLIP` encoder as Gemma 3 has: 4 embeddings per image, which see each other in both directions.
    Gemma3,
}

/// A projector to be written: what it takes, the width of its model, a seed.
#[derive(Debug, Clone)]
#[must_use = "nothing is written before `write` is called"]
pub struct RandomProjector {
    n_embd: u32,
    eyes: Option<Eyes>,
    ears: bool,
    seed: u64,
    extra: Vec<(String, Value)>,
    left_out: Vec<String>,
    replaced: Vec<(String, Vec<u64>, TensorType)>,
}

impl RandomProjector {
    /// A projector that takes images for models of width `n_embd`, of seed 1.
    pub fn new(n_embd: u32) -> Self {
        Self {
            n_embd,
            eyes: Some(Eyes::Llava),
            ears: false,
            seed: 1,
            extra: Vec::new(),
            left_out: Vec::new(),
            replaced: Vec::new(),
        }
    }

    /// Sets how images are looked at; `None` for a projector that takes none.
    pub fn eyes(mut self, eyes: Option<Eyes>) -> Self {
        self.eyes = eyes;
        self
    }

    /// Takes recordings too: a Whisper encoder with the projector of Ultravox, 94 embeddings per 30 seconds.
    pub fn ears(mut self, ears: bool) -> Self {
        self.ears = ears;
        self
    }

    /// Sets the seed: the same seed gives the same file.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a metadata value, or replaces one that is there anyway.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.push((key.into(), value.into()));
        self
    }

    /// Leaves a tensor out, for tests of files that are wrong.
    pub fn without(mut self, tensor: impl Into<String>) -> Self {
        self.left_out.push(tensor.into());
        self
    }

    /// Writes a tensor with another shape and type, all zero, for tests of files that are wrong.
    pub fn with_zeros(mut self, tensor: impl Into<String>, dims: &[u64], kind: TensorType) -> Self {
        self.replaced.push((tensor.into(), dims.to_vec(), kind));
        self
    }

    /// The names of all tensors, in file order.
    #[must_use]
    pub fn tensor_names(&self) -> Vec<String> {
        self.tensors().into_iter().map(|(name, _)| name).collect()
    }

    /// Writes the projector to `path`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Written, Error> {
        let mut writer = GgufWriter::new();
        for (key, value) in self.describe().into_pairs() {
            writer.set(key, value)?;
        }
        let mut weights = 0;
        for (name, dims) in self.tensors() {
            if self.left_out.contains(&name) {
                continue;
            }
            if let Some((_, dims, kind)) = self.replaced.iter().find(|(other, ..)| *other == name) {
                let (block, bytes) = (kind.block_elements().unwrap_or(1), kind.block_bytes().unwrap_or(4));
                let len = usize::try_from(dims.iter().product::<u64>() / block * bytes).unwrap_or(0);
                writer.tensor(&name, dims, *kind, vec![0; len])?;
                continue;
            }
            let mut rng = Rng::named(self.seed, &name);
            let len: u64 = dims.iter().product();
            let norm = name.contains("ln") || name.contains("norm");
            let mean = if norm && name.ends_with("weight") { 1.0 } else { 0.0 };
            let data: Vec<u8> = (0..len).flat_map(|_| (mean + 0.2 * rng.normal()).to_le_bytes()).collect();
            writer.tensor(&name, &dims, TensorType::F32, data)?;
            weights += len;
        }
        writer.save(&path)?;
        Ok(Written { weights, bytes: fs::metadata(path)?.len() })
    }

    fn describe(&self) -> Metadata {
        let mut meta = Metadata::default();
        meta.add("general.architecture", "clip");
        meta.add("general.type", "mmproj");
        meta.add("general.name", format!("random projector {}", self.seed));
        meta.add("clip.has_vision_encoder", self.eyes.is_some());
        meta.add("clip.has_audio_encoder", self.ears);
        meta.add("clip.use_gelu", true);
        for kind in self.eyes.map(|_| "vision").into_iter().chain(self.ears.then_some("audio")) {
            let mut add = |key: &str, value: Value| meta.add(&format!("clip.{kind}.{key}"), value);
            add("embedding_length", Value::U32(WIDTH));
            add("feed_forward_length", Value::U32(FEED_FORWARD));
            add("block_count", Value::U32(LAYERS));
            add("projection_dim", Value::U32(self.n_embd));
            add("attention.head_count", Value::U32(2));
            add("attention.layer_norm_epsilon", Value::F32(1e-5));
        }
        if let Some(eyes) = self.eyes {
            let name = if eyes == Eyes::Llava { "mlp" } else { "gemma3" };
            meta.add("clip.vision.projector_type", name);
            meta.add("clip.vision.image_size", IMAGE);
            meta.add("clip.vision.patch_size", PATCH);
            meta.add("clip.vision.image_mean", vec![0.5_f32; 3]);
            meta.add("clip.vision.image_std", vec![0.5_f32; 3]);
            if eyes == Eyes::Gemma3 {
                meta.add("clip.vision.projector.scale_factor", 2_u32);
            }
        }
        if self.ears {
            meta.add("clip.audio.projector_type", "ultravox");
            meta.add("clip.audio.num_mel_bins", MELS);
            meta.add("clip.audio.projector.stack_factor", STACK);
        }
        for (key, value) in &self.extra {
            meta.add(key, value.clone());
        }
        meta
    }

    /// Names and dimensions of all tensors, in file order.
    fn tensors(&self) -> Vec<(String, Vec<u64>)> {
        let mut list = List(Vec::new());
        let (width, out) = (u64::from(WIDTH), u64::from(self.n_embd));
        if let Some(eyes) = self.eyes {
            let patch = u64::from(PATCH);
            let patches = u64::from((IMAGE / PATCH).pow(2));
            list.add("v.patch_embd.weight", &[patch, patch, 3, width]);
            list.encoder("v", true);
            match eyes {
                Eyes::Llava => {
                    list.add("v.class_embd", &[width]);
                    list.add("v.position_embd.weight", &[width, patches + 1]);
                    list.pair("v.pre_ln", &[width]);
                    list.add("mm.0.weight", &[width, out]);
                    list.add("mm.0.bias", &[out]);
                    list.add("mm.2.weight", &[out, out]);
                    list.add("mm.2.bias", &[out]);
                }
                Eyes::Gemma3 => {
                    list.add("v.position_embd.weight", &[width, patches]);
                    list.pair("v.post_ln", &[width]);
                    list.add("mm.input_projection.weight", &[out, width]);
                    list.add("mm.soft_emb_norm.weight", &[width]);
                }
            }
        }
        if self.ears {
            let stacked = width * u64::from(STACK);
            list.add("a.position_embd.weight", &[width, u64::from(FRAMES)]);
            list.add("a.conv1d.1.weight", &[3, u64::from(MELS), width]);
            list.add("a.conv1d.1.bias", &[1, width]);
            list.add("a.conv1d.2.weight", &[3, width, width]);
            list.add("a.conv1d.2.bias", &[1, width]);
            list.encoder("a", false);
            list.pair("a.post_ln", &[width]);
            list.add("mm.a.norm_pre.weight", &[stacked]);
            list.add("mm.a.mlp.1.weight", &[stacked, 2 * out]);
            list.add("mm.a.norm_mid.weight", &[out]);
            list.add("mm.a.mlp.2.weight", &[out, out]);
        }
        list.0
    }
}

struct List(Vec<(String, Vec<u64>)>);

impl List {
    fn add(&mut self, name: &str, dims: &[u64]) {
        self.0.push((name.to_owned(), dims.to_vec()));
    }

    /// A weight and a bias of the same shape.
    fn pair(&mut self, name: &str, dims: &[u64]) {
        self.add(&format!("{name}.weight"), dims);
        self.add(&format!("{name}.bias"), dims);
    }

    /// The layers of a transformer; Whisper has no bias on its keys.
    fn encoder(&mut self, prefix: &str, key_bias: bool) {
        let (width, ff) = (u64::from(WIDTH), u64::from(FEED_FORWARD));
        for layer in 0..LAYERS {
            let name = |part: &str| format!("{prefix}.blk.{layer}.{part}");
            for norm in ["ln1", "ln2"] {
                self.pair(&name(norm), &[width]);
            }
            for matrix in ["attn_q", "attn_k", "attn_v", "attn_out"] {
                self.add(&name(&format!("{matrix}.weight")), &[width, width]);
                if key_bias || matrix != "attn_k" {
                    self.add(&name(&format!("{matrix}.bias")), &[width]);
                }
            }
            self.add(&name("ffn_up.weight"), &[width, ff]);
            self.add(&name("ffn_up.bias"), &[ff]);
            self.add(&name("ffn_down.weight"), &[ff, width]);
            self.add(&name("ffn_down.bias"), &[width]);
        }
    }
}
