//! Choices for a context that are numbers in C.

/// How the embeddings of a sequence's tokens become one.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::Pooling;
/// let ctx = model.context_builder().n_ctx(256).embeddings(true).pooling(Pooling::Mean).build()?;
/// assert_eq!(ctx.pooling(), Pooling::Mean);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_pooling_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pooling {
    /// Not at all: one embedding per token.
    None,
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
    /// That of the last token.
    Last,
    /// A classifier's scores, for reranking.
    Rank,
    /// A value that this version of the crate does not know.
    Other(i32),
}

impl Pooling {
    pub(super) fn raw(self) -> i32 {
        match self {
            Self::None => llama_sys::LLAMA_POOLING_TYPE_NONE,
            Self::Mean => llama_sys::LLAMA_POOLING_TYPE_MEAN,
            Self::Cls => llama_sys::LLAMA_POOLING_TYPE_CLS,
            Self::Last => llama_sys::LLAMA_POOLING_TYPE_LAST,
            Self::Rank => llama_sys::LLAMA_POOLING_TYPE_RANK,
            Self::Other(raw) => raw,
        }
    }

    pub(crate) fn from_raw(raw: i32) -> Self {
        match raw {
            llama_sys::LLAMA_POOLING_TYPE_NONE => Self::None,
            llama_sys::LLAMA_POOLING_TYPE_MEAN => Self::Mean,
            llama_sys::LLAMA_POOLING_TYPE_CLS => Self::Cls,
            llama_sys::LLAMA_POOLING_TYPE_LAST => Self::Last,
            llama_sys::LLAMA_POOLING_TYPE_RANK => Self::Rank,
            other => Self::Other(other),
        }
    }
}

/// Which tokens a token can see.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::AttentionType;
/// // Every token sees the whole text, as some embedding models want it.
/// let ctx = model.context_builder().n_ctx(256).attention(AttentionType::NonCausal).build()?;
/// # drop(ctx);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_attention_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttentionType {
    /// Those before it.
    Causal,
    /// All of the batch.
    NonCausal,
}

impl AttentionType {
    pub(super) fn raw(self) -> i32 {
        match self {
            Self::Causal => llama_sys::LLAMA_ATTENTION_TYPE_CAUSAL,
            Self::NonCausal => llama_sys::LLAMA_ATTENTION_TYPE_NON_CAUSAL,
        }
    }
}

/// Whether attention is computed in one fused step, which needs less memory and is mostly faster.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::FlashAttention;
/// let ctx = model.context_builder().n_ctx(256).flash_attention(FlashAttention::Off).build()?;
/// # drop(ctx);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_flash_attn_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FlashAttention {
    /// Where the devices support it.
    #[default]
    Auto,
    /// Never.
    Off,
    /// Always; creating the context fails where it is not supported.
    On,
}

impl FlashAttention {
    pub(crate) fn raw(self) -> i32 {
        match self {
            Self::Auto => llama_sys::LLAMA_FLASH_ATTN_TYPE_AUTO,
            Self::Off => llama_sys::LLAMA_FLASH_ATTN_TYPE_DISABLED,
            Self::On => llama_sys::LLAMA_FLASH_ATTN_TYPE_ENABLED,
        }
    }
}

/// How rotary positions are stretched beyond the length of training.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::RopeScaling;
/// let builder = model.context_builder().n_ctx(512).rope_scaling(RopeScaling::Linear);
/// let ctx = builder.rope_freq_scale(0.5).build()?;
/// # drop(ctx);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_rope_scaling_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RopeScaling {
    /// Not at all.
    None,
    /// All positions by one factor.
    Linear,
    /// `YaRN`.
    Yarn,
    /// Factors per dimension that come with the model.
    LongRope,
}

impl RopeScaling {
    pub(super) fn raw(self) -> i32 {
        match self {
            Self::None => llama_sys::LLAMA_ROPE_SCALING_TYPE_NONE,
            Self::Linear => llama_sys::LLAMA_ROPE_SCALING_TYPE_LINEAR,
            Self::Yarn => llama_sys::LLAMA_ROPE_SCALING_TYPE_YARN,
            Self::LongRope => llama_sys::LLAMA_ROPE_SCALING_TYPE_LONGROPE,
        }
    }
}

/// Number format of the memory of past tokens. The quantized ones save memory at some loss of quality.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::CacheType;
/// // Half of the memory that 16-bit numbers take.
/// let builder = model.context_builder().n_ctx(256).type_k(CacheType::Q8_0).type_v(CacheType::Q8_0);
/// let ctx = builder.build()?;
/// # drop(ctx);
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "ggml_type")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the formats")]
pub enum CacheType {
    F32,
    F16,
    Bf16,
    Q8_0,
    Q4_0,
    Q4_1,
    Iq4Nl,
    Q5_0,
    Q5_1,
}

impl CacheType {
    pub(super) fn raw(self) -> llama_sys::ggml_type {
        match self {
            Self::F32 => llama_sys::GGML_TYPE_F32,
            Self::F16 => llama_sys::GGML_TYPE_F16,
            Self::Bf16 => llama_sys::GGML_TYPE_BF16,
            Self::Q8_0 => llama_sys::GGML_TYPE_Q8_0,
            Self::Q4_0 => llama_sys::GGML_TYPE_Q4_0,
            Self::Q4_1 => llama_sys::GGML_TYPE_Q4_1,
            Self::Iq4Nl => llama_sys::GGML_TYPE_IQ4_NL,
            Self::Q5_0 => llama_sys::GGML_TYPE_Q5_0,
            Self::Q5_1 => llama_sys::GGML_TYPE_Q5_1,
        }
    }
}
