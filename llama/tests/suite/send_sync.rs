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
        ChoiceOption<bool>,
        Context,
        ContextBuilder,
        Box<dyn CustomSampler>,
        Decision<bool>,
        DecodeError,
        Device,
        DeviceKind,
        DeviceMemory,
        DeviceState,
        DryParams,
        Error,
        FileType,
        FlashAttention,
        Format,
        Grammar,
        Importance,
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
        NumaStrategy,
        Optimizer,
        Outcome<bool>,
        Output<'static>,
        PenaltyParams,
        Perf,
        Pooling,
        Prompt,
        PromptPart,
        Quantize,
        Quantized,
        Registry,
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
        TokenProbability,
        Trainer,
        TrainingData,
        TrainingProgress,
        TrainingStats,
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
