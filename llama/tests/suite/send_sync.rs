//! Which types may be sent to and shared with other threads. The reasons are in the crate's documentation.

macro_rules! assert_both {
    ($($ty:ty),* $(,)?) => {
        $({
            fn check<T: Send + Sync>() {}
            check::<$ty>();
        })*
    };
}

#[test]
fn every_public_type() {
    use llama::*;
    assert_both!(
        AttentionType,
        Batch,
        CacheType,
        CancelToken,
        Candidates<'static>,
        ChatTemplate,
        Classification,
        Classifier,
        ClassifierBuilder,
        Context,
        ContextBuilder,
        Box<dyn CustomSampler>,
        DecodeError,
        Device,
        DeviceKind,
        DeviceMemory,
        DeviceState,
        DryParams,
        Embedder,
        EmbedderBuilder,
        Embeddings,
        Error,
        FileType,
        FlashAttention,
        Grammar,
        Importance,
        Infill,
        InfillBuilder,
        InfillOrder,
        Layers,
        LoadMode,
        LoraAdapter,
        Logits<'static>,
        Memory<'static>,
        MemoryEffect,
        Message,
        Metadata<'static>,
        MetadataOverride,
        Model,
        Neighbour,
        NumaStrategy,
        Optimizer,
        Output<'static>,
        llama::Sampled<'static>,
        llama::Fit,
        llama::FitDevice,
        llama::DeviceUsage,
        llama::MemoryUse,
        PenaltyParams,
        Perf,
        Pooling,
        Prompt,
        PromptPart,
        Quantize,
        Quantized,
        Ranked,
        Registry,
        Reranker,
        RerankerBuilder,
        RopeScaling,
        RopeType,
        Sampler,
        SamplerBuilder,
        SamplingDefaults,
        SeqId,
        Special,
        SplitMode,
        State,
        StateError,
        StateKind,
        TemplateOptions,
        TemplateValue,
        Token,
        TokenAttributes,
        TokenDecoder,
        TokenEmbeddings,
        TokenProbability,
        Trainer,
        TrainingData,
        TrainingProgress,
        TrainingStats,
        Truncated,
        Vocab,
        VocabKind,
        llama::log::Level,
    );
}

#[test]
fn owners_are_static() {
    fn check<T: 'static>() {}
    check::<llama::Model>();
    check::<llama::Context>();
    check::<llama::Vocab>();
    check::<llama::Sampler>();
    check::<llama::Grammar>();
    check::<llama::TokenDecoder>();
    check::<llama::Trainer>();
}
