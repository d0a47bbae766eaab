//! Which metadata and tensors each architecture needs, with their dimensions in ggml's order.

use llama::gguf::Value;

use crate::metadata::Metadata;
use crate::shape::{Arch, Shape};

/// Kernel width of the convolution in recurrent layers.
const CONV_KERNEL: u32 = 4;
/// Numbers of state per channel in recurrent layers.
const STATE_SIZE: u32 = 16;
/// Distances that T5 tells apart.
const RELATIVE_BUCKETS: u32 = 32;

/// What a tensor is for, which decides its type in a mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Token embeddings.
    Embedding,
    /// Output matrix, or the embedding table that doubles as one.
    Output,
    /// Value projection of a layer.
    AttnV(u32),
    /// Second feed-forward matrix of a layer.
    FfnDown(u32),
    /// Any other matrix.
    Matrix,
    /// Stays F32: norms, biases, routers, positions, recurrent parameters.
    Plain,
}

/// How a tensor that stays F32 is filled. Matrices are always normal, scaled by their width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fill {
    /// Around one.
    One,
    /// Around zero, with this standard deviation.
    Normal(f32),
    /// -1, -2, ... along each row: the decay rates of a state-space model.
    Decay,
}

/// One tensor to write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    /// Row length first.
    pub(crate) dims: Vec<u64>,
    pub(crate) role: Role,
    pub(crate) fill: Fill,
}

impl Tensor {
    /// Number of weights.
    pub(crate) fn len(&self) -> u64 {
        self.dims.iter().product()
    }
}

/// The `<arch>.*` keys of a shape.
pub(crate) fn describe(shape: &Shape, meta: &mut Metadata) {
    let arch = shape.arch.name();
    let mut add = |key: &str, value: Value| meta.add(&format!("{arch}.{key}"), value);
    let attention = shape.arch != Arch::Mamba;
    add("context_length", Value::U32(shape.n_ctx));
    add("embedding_length", Value::U32(shape.n_embd));
    add("block_count", Value::U32(shape.n_layer));
    add("vocab_size", Value::U32(shape.n_vocab));
    add("feed_forward_length", Value::U32(if attention { shape.n_ff } else { 0 }));
    add("attention.head_count", Value::U32(if attention { shape.n_head } else { 0 }));
    if attention {
        add("attention.key_length", Value::U32(shape.head_dim));
        add("attention.value_length", Value::U32(shape.head_dim));
        add("attention.head_count_kv", Value::U32(shape.n_head_kv));
    }
    add("attention.layer_norm_rms_epsilon", Value::F32(1e-5));
    if shape.n_expert > 0 {
        add("expert_count", Value::U32(shape.n_expert));
        add("expert_used_count", Value::U32(shape.n_expert_used));
    }
    if matches!(shape.arch, Arch::Mamba | Arch::Jamba) {
        add("ssm.conv_kernel", Value::U32(CONV_KERNEL));
        add("ssm.inner_size", Value::U32(2 * shape.n_embd));
        add("ssm.state_size", Value::U32(STATE_SIZE));
        add("ssm.time_step_rank", Value::U32(time_step_rank(shape)));
    }
    match shape.arch {
        Arch::Llama | Arch::Qwen2 | Arch::Qwen3 => {
            add("rope.dimension_count", Value::U32(shape.head_dim));
            add("rope.freq_base", Value::F32(10_000.0));
        }
        Arch::Gemma2 => {
            add("attention.sliding_window", Value::U32(shape.window));
            add("attn_logit_softcapping", Value::F32(50.0));
            add("final_logit_softcapping", Value::F32(30.0));
        }
        Arch::Gemma3 => {
            add("attention.sliding_window", Value::U32(shape.window));
            add("attention.sliding_window_pattern", Value::U32(2));
            add("rope.freq_base", Value::F32(1_000_000.0));
            add("rope.freq_base_swa", Value::F32(10_000.0));
        }
        Arch::Mamba => {}
        Arch::Jamba => {
            let heads = |layer| if is_recurrent(shape, layer) { 0 } else { shape.n_head_kv.cast_signed() };
            add("attention.head_count_kv", (0..shape.n_layer).map(heads).collect::<Vec<i32>>().into());
        }
        Arch::Bert => {
            add("attention.layer_norm_epsilon", Value::F32(1e-12));
            add("attention.causal", Value::Bool(false));
            // The mean of all tokens.
            add("pooling_type", Value::U32(1));
        }
        Arch::T5 => {
            add("attention.layer_norm_epsilon", Value::F32(1e-6));
            add("attention.relative_buckets_count", Value::U32(RELATIVE_BUCKETS));
            add("decoder_start_token_id", Value::U32(0));
            add("decoder_block_count", Value::U32(shape.n_layer));
        }
    }
    if !shape.labels.is_empty() {
        // The classifier head.
        add("pooling_type", Value::U32(4));
        add("classifier.output_labels", shape.labels.clone().into());
    }
}

/// The tensors of a shape, in file order.
pub(crate) fn tensors(shape: &Shape) -> Vec<Tensor> {
    let mut list = List { shape, tensors: Vec::new() };
    list.embeddings();
    for layer in 0..shape.n_layer {
        match shape.arch {
            Arch::Llama | Arch::Qwen2 | Arch::Qwen3 | Arch::Gemma2 | Arch::Gemma3 => {
                list.decoder_layer(layer);
            }
            Arch::Mamba => {
                list.norm(&format!("blk.{layer}.attn_norm"), shape.n_embd);
                list.recurrent(layer);
            }
            Arch::Jamba => list.hybrid_layer(layer),
            Arch::Bert => list.bert_layer(layer),
            Arch::T5 => {
                list.t5_layer("enc", layer);
                list.t5_layer("dec", layer);
            }
        }
    }
    list.tensors
}

/// In Jamba every second layer, from the second on, has attention; the others are recurrent.
fn is_recurrent(shape: &Shape, layer: u32) -> bool {
    match shape.arch {
        Arch::Mamba => true,
        Arch::Jamba => layer.is_multiple_of(2),
        _ => false,
    }
}

fn time_step_rank(shape: &Shape) -> u32 {
    (shape.n_embd / 16).max(1)
}

struct List<'a> {
    shape: &'a Shape,
    tensors: Vec<Tensor>,
}

impl List<'_> {
    fn push(&mut self, name: String, dims: &[u32], role: Role, fill: Fill) {
        let dims = dims.iter().map(|&d| u64::from(d)).collect();
        self.tensors.push(Tensor { name, dims, role, fill });
    }

    fn matrix(&mut self, name: &str, dims: &[u32], role: Role) {
        self.push(format!("{name}.weight"), dims, role, Fill::Normal(0.0));
    }

    fn norm(&mut self, name: &str, width: u32) {
        self.push(format!("{name}.weight"), &[width], Role::Plain, Fill::One);
    }

    fn bias(&mut self, name: &str, width: u32) {
        self.push(format!("{name}.bias"), &[width], Role::Plain, Fill::Normal(0.02));
    }

    fn norm_with_bias(&mut self, name: &str, width: u32) {
        self.norm(name, width);
        self.bias(name, width);
    }

    fn embeddings(&mut self) {
        let s = self.shape;
        let is_output = s.tied || s.arch == Arch::T5;
        let role = if is_output { Role::Output } else { Role::Embedding };
        let n_labels = u32::try_from(s.labels.len()).unwrap_or(1);
        self.matrix("token_embd", &[s.n_embd, s.n_vocab], role);
        match s.arch {
            Arch::Bert => {
                self.push("token_types.weight".into(), &[s.n_embd, 2], Role::Plain, Fill::Normal(0.1));
                self.push(
                    "position_embd.weight".into(),
                    &[s.n_embd, s.n_ctx],
                    Role::Plain,
                    Fill::Normal(0.1),
                );
                self.norm_with_bias("token_embd_norm", s.n_embd);
                if n_labels > 0 {
                    self.matrix("cls", &[s.n_embd, s.n_embd], Role::Matrix);
                    self.bias("cls", s.n_embd);
                    self.matrix("cls.output", &[s.n_embd, n_labels], Role::Matrix);
                    self.bias("cls.output", n_labels);
                }
            }
            Arch::T5 => {
                self.norm("enc.output_norm", s.n_embd);
                self.norm("dec.output_norm", s.n_embd);
            }
            _ => {
                self.norm("output_norm", s.n_embd);
                if !s.tied {
                    self.matrix("output", &[s.n_embd, s.n_vocab], Role::Output);
                }
                if n_labels > 0 {
                    self.matrix("cls.output", &[s.n_embd, n_labels], Role::Matrix);
                }
            }
        }
    }

    /// Query, key, value and output projections under `prefix`.
    fn attention(&mut self, prefix: &str, output: &str, layer: u32) {
        let s = self.shape;
        let (q, kv) = (s.n_head * s.head_dim, s.n_head_kv * s.head_dim);
        self.matrix(&format!("{prefix}_q"), &[s.n_embd, q], Role::Matrix);
        self.matrix(&format!("{prefix}_k"), &[s.n_embd, kv], Role::Matrix);
        self.matrix(&format!("{prefix}_v"), &[s.n_embd, kv], Role::AttnV(layer));
        self.matrix(&format!("{prefix}_{output}"), &[q, s.n_embd], Role::Matrix);
        if matches!(s.arch, Arch::Qwen2 | Arch::Bert) {
            self.bias(&format!("{prefix}_q"), q);
            self.bias(&format!("{prefix}_k"), kv);
            self.bias(&format!("{prefix}_v"), kv);
        }
    }

    /// Gate, up and down matrices under `prefix`, of all experts at once where there are any.
    fn feed_forward(&mut self, prefix: &str, layer: u32) {
        let s = self.shape;
        let (suffix, experts) = if s.n_expert > 0 {
            let router = format!("{prefix}.ffn_gate_inp.weight");
            self.push(router, &[s.n_embd, s.n_expert], Role::Plain, Fill::Normal(0.1));
            ("_exps", vec![s.n_expert])
        } else {
            ("", vec![])
        };
        let dims = |a, b| [vec![a, b], experts.clone()].concat();
        self.matrix(&format!("{prefix}.ffn_gate{suffix}"), &dims(s.n_embd, s.n_ff), Role::Matrix);
        self.matrix(&format!("{prefix}.ffn_up{suffix}"), &dims(s.n_embd, s.n_ff), Role::Matrix);
        self.matrix(&format!("{prefix}.ffn_down{suffix}"), &dims(s.n_ff, s.n_embd), Role::FfnDown(layer));
    }

    fn decoder_layer(&mut self, layer: u32) {
        let s = self.shape;
        let blk = format!("blk.{layer}");
        self.norm(&format!("{blk}.attn_norm"), s.n_embd);
        self.attention(&format!("{blk}.attn"), "output", layer);
        if matches!(s.arch, Arch::Qwen3 | Arch::Gemma3) {
            self.norm(&format!("{blk}.attn_q_norm"), s.head_dim);
            self.norm(&format!("{blk}.attn_k_norm"), s.head_dim);
        }
        if matches!(s.arch, Arch::Gemma2 | Arch::Gemma3) {
            self.norm(&format!("{blk}.post_attention_norm"), s.n_embd);
            self.norm(&format!("{blk}.post_ffw_norm"), s.n_embd);
        }
        self.norm(&format!("{blk}.ffn_norm"), s.n_embd);
        self.feed_forward(&blk, layer);
    }

    fn hybrid_layer(&mut self, layer: u32) {
        let s = self.shape;
        let blk = format!("blk.{layer}");
        self.norm(&format!("{blk}.attn_norm"), s.n_embd);
        if is_recurrent(s, layer) {
            self.recurrent(layer);
            self.norm(&format!("{blk}.ssm_dt_norm"), time_step_rank(s));
            self.norm(&format!("{blk}.ssm_b_norm"), STATE_SIZE);
            self.norm(&format!("{blk}.ssm_c_norm"), STATE_SIZE);
        } else {
            self.attention(&format!("{blk}.attn"), "output", layer);
        }
        self.norm(&format!("{blk}.ffn_norm"), s.n_embd);
        self.feed_forward(&blk, layer);
    }

    /// The state-space part of a recurrent layer.
    fn recurrent(&mut self, layer: u32) {
        let s = self.shape;
        let (inner, rank) = (2 * s.n_embd, time_step_rank(s));
        let blk = format!("blk.{layer}");
        self.matrix(&format!("{blk}.ssm_in"), &[s.n_embd, 2 * inner], Role::Matrix);
        self.push(format!("{blk}.ssm_conv1d.weight"), &[CONV_KERNEL, inner], Role::Plain, Fill::Normal(0.5));
        self.bias(&format!("{blk}.ssm_conv1d"), inner);
        self.matrix(&format!("{blk}.ssm_x"), &[inner, rank + 2 * STATE_SIZE], Role::Matrix);
        self.push(format!("{blk}.ssm_dt.weight"), &[rank, inner], Role::Plain, Fill::Normal(0.2));
        self.bias(&format!("{blk}.ssm_dt"), inner);
        self.push(format!("{blk}.ssm_a"), &[STATE_SIZE, inner], Role::Plain, Fill::Decay);
        self.push(format!("{blk}.ssm_d"), &[inner], Role::Plain, Fill::One);
        self.matrix(&format!("{blk}.ssm_out"), &[inner, s.n_embd], Role::Matrix);
    }

    fn bert_layer(&mut self, layer: u32) {
        let s = self.shape;
        let blk = format!("blk.{layer}");
        self.attention(&format!("{blk}.attn"), "output", layer);
        self.bias(&format!("{blk}.attn_output"), s.n_embd);
        self.norm_with_bias(&format!("{blk}.attn_output_norm"), s.n_embd);
        self.matrix(&format!("{blk}.ffn_up"), &[s.n_embd, s.n_ff], Role::Matrix);
        self.bias(&format!("{blk}.ffn_up"), s.n_ff);
        self.matrix(&format!("{blk}.ffn_down"), &[s.n_ff, s.n_embd], Role::FfnDown(layer));
        self.bias(&format!("{blk}.ffn_down"), s.n_embd);
        self.norm_with_bias(&format!("{blk}.layer_output_norm"), s.n_embd);
    }

    fn t5_layer(&mut self, side: &str, layer: u32) {
        let s = self.shape;
        let blk = format!("{side}.blk.{layer}");
        self.norm(&format!("{blk}.attn_norm"), s.n_embd);
        self.attention(&format!("{blk}.attn"), "o", layer);
        if layer == 0 {
            let name = format!("{blk}.attn_rel_b.weight");
            self.push(name, &[s.n_head, RELATIVE_BUCKETS], Role::Plain, Fill::Normal(0.5));
        }
        if side == "dec" {
            self.norm(&format!("{blk}.cross_attn_norm"), s.n_embd);
            self.attention(&format!("{blk}.cross_attn"), "o", layer);
        }
        self.norm(&format!("{blk}.ffn_norm"), s.n_embd);
        self.feed_forward(&blk, layer);
    }
}
