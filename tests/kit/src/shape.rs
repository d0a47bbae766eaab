//! The shapes of models: the tiny one of each architecture and realistic ones for speed.

use crate::vocab::VocabKind;

/// A model architecture the kit can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Arch {
    /// Llama, Mistral and relatives; with experts when the shape has some.
    Llama,
    /// Qwen 2: biases on query, key and value.
    Qwen2,
    /// Qwen 3: norms on query and key.
    Qwen3,
    /// Gemma 2: sliding window on every other layer, capped logits, norms after each block.
    Gemma2,
    /// Gemma 3: sliding window with its own rope, norms on query and key.
    Gemma3,
    /// Mamba: recurrent, no attention.
    Mamba,
    /// Jamba: recurrent layers with an attention layer between them.
    Jamba,
    /// BERT: an encoder that gives embeddings.
    Bert,
    /// T5: encoder and decoder.
    T5,
}

impl Arch {
    /// The name in `general.architecture`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma2 => "gemma2",
            Self::Gemma3 => "gemma3",
            Self::Mamba => "mamba",
            Self::Jamba => "jamba",
            Self::Bert => "bert",
            Self::T5 => "t5",
        }
    }
}

/// Sizes of a model. All fields may be changed before writing; [`tiny`](Shape::tiny) is a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Name, also `general.name` of the file.
    pub name: String,
    /// Architecture.
    pub arch: Arch,
    /// Layers (for T5: encoder layers and as many decoder layers).
    pub n_layer: u32,
    /// Width of the residual stream.
    pub n_embd: u32,
    /// Width of the feed-forward part (of each expert).
    pub n_ff: u32,
    /// Attention heads.
    pub n_head: u32,
    /// Key and value heads.
    pub n_head_kv: u32,
    /// Width of a head.
    pub head_dim: u32,
    /// Tokens the model claims to be trained for.
    pub n_ctx: u32,
    /// Tokens in the vocabulary.
    pub n_vocab: u32,
    /// Kind of vocabulary.
    pub vocab: VocabKind,
    /// The embedding table is the output matrix too.
    pub tied: bool,
    /// Experts, 0 for a dense model. Llama and Jamba only.
    pub n_expert: u32,
    /// Experts used per token.
    pub n_expert_used: u32,
    /// Sliding window in tokens. Gemma only.
    pub window: u32,
    /// Classifier labels: a BERT with labels is a re-ranker instead of an embedder, and a Qwen 3 one besides.
    pub labels: Vec<String>,
}

/// Name, layers, width, feed-forward width, heads, key-value heads, vocabulary.
type Row = (&'static str, u32, u32, u32, u32, u32, u32, VocabKind);

/// Llama shapes of the sizes that people run, with heads of 64 and the embedding table as output matrix.
const REALISTIC: [Row; 3] = [
    ("llama-180m", 13, 1024, 2816, 16, 4, 32_000, VocabKind::SentencePiece),
    ("llama-0.5b", 26, 1280, 3584, 20, 4, 32_000, VocabKind::SentencePiece),
    ("llama-1b", 16, 2048, 8192, 32, 8, 128_256, VocabKind::ByteLevel("llama-bpe")),
];

/// Names of the tiny shapes, each a few hundred kilobytes as F32.
const TINY: [&str; 11] = [
    "tiny-llama",
    "tiny-llama-moe",
    "tiny-qwen2",
    "tiny-qwen3",
    "tiny-gemma2",
    "tiny-gemma3",
    "tiny-mamba",
    "tiny-jamba",
    "tiny-bert",
    "tiny-bert-rank",
    "tiny-t5",
];

impl Shape {
    /// The smallest sensible model of an architecture: a few hundred kilobytes as F32.
    #[must_use]
    pub fn tiny(arch: Arch) -> Self {
        let vocab = match arch {
            Arch::Llama | Arch::Gemma2 | Arch::Gemma3 | Arch::Jamba => VocabKind::SentencePiece,
            Arch::Qwen2 | Arch::Qwen3 => VocabKind::ByteLevel("qwen2"),
            Arch::Mamba => VocabKind::ByteLevel("gpt-2"),
            Arch::Bert => VocabKind::WordPiece,
            Arch::T5 => VocabKind::Unigram,
        };
        Self {
            name: format!("tiny-{}", arch.name()),
            arch,
            n_layer: 2,
            n_embd: 64,
            n_ff: 128,
            n_head: 4,
            n_head_kv: if matches!(arch, Arch::Bert | Arch::T5) { 4 } else { 2 },
            head_dim: 16,
            n_ctx: 256,
            n_vocab: 640,
            vocab,
            tied: matches!(arch, Arch::Gemma2 | Arch::Gemma3),
            n_expert: 0,
            n_expert_used: 0,
            window: if matches!(arch, Arch::Gemma2 | Arch::Gemma3) { 32 } else { 0 },
            labels: Vec::new(),
        }
    }

    /// A tiny Llama with four experts, two of them used per token.
    #[must_use]
    pub fn tiny_moe() -> Self {
        Self {
            name: "tiny-llama-moe".into(),
            n_expert: 4,
            n_expert_used: 2,
            n_ff: 64,
            vocab: VocabKind::ByteLevel("llama-bpe"),
            ..Self::tiny(Arch::Llama)
        }
    }

    /// A tiny BERT that scores pairs of texts.
    #[must_use]
    pub fn tiny_reranker() -> Self {
        Self { name: "tiny-bert-rank".into(), labels: vec!["relevance".into()], ..Self::tiny(Arch::Bert) }
    }

    /// A shape by name, see [`names`](Self::names).
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "tiny-llama-moe" => return Some(Self::tiny_moe()),
            "tiny-bert-rank" => return Some(Self::tiny_reranker()),
            _ => {}
        }
        if let Some(tiny) = name.strip_prefix("tiny-") {
            return all_archs().find(|arch| arch.name() == tiny).map(Self::tiny);
        }
        let &(name, n_layer, n_embd, n_ff, n_head, n_head_kv, n_vocab, vocab) =
            REALISTIC.iter().find(|row| row.0 == name)?;
        Some(Self {
            name: name.into(),
            n_layer,
            n_embd,
            n_ff,
            n_head,
            n_head_kv,
            head_dim: 64,
            n_ctx: 8192,
            n_vocab,
            vocab,
            tied: true,
            ..Self::tiny(Arch::Llama)
        })
    }

    /// All names that [`by_name`](Self::by_name) knows, tiny ones first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TINY.into_iter().chain(REALISTIC.iter().map(|row| row.0))
    }

    /// The tiny shape of everything the kit can write.
    pub fn all_tiny() -> impl Iterator<Item = Self> {
        TINY.into_iter().filter_map(Self::by_name)
    }
}

fn all_archs() -> impl Iterator<Item = Arch> {
    use Arch::{Bert, Gemma2, Gemma3, Jamba, Llama, Mamba, Qwen2, Qwen3, T5};
    [Llama, Qwen2, Qwen3, Gemma2, Gemma3, Mamba, Jamba, Bert, T5].into_iter()
}

#[cfg(test)]
mod tests {
    use super::{Shape, all_archs};

    #[test]
    fn every_name_has_a_shape_of_that_name() {
        for name in Shape::names() {
            assert_eq!(Shape::by_name(name).map(|s| s.name).as_deref(), Some(name));
        }
        assert_eq!(Shape::by_name("tiny-"), None);
        assert_eq!(Shape::by_name("nonsense"), None);
    }

    #[test]
    fn every_architecture_has_a_tiny_shape() {
        for arch in all_archs() {
            assert!(Shape::all_tiny().any(|shape| shape.arch == arch), "{arch:?}");
        }
    }
}
