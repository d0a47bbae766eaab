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
        Draft,
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
        Overrun,
        PenaltyParams,
        Perf,
        Piece,
        Pooling,
        Prompt,
        PromptLookup,
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
        ToolCall,
        TokenAttributes,
        TokenDecoder,
        TokenEmbeddings,
        TokenLogprobs,
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

#[cfg(feature = "async")]
#[test]
fn streams() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<llama::TextStream<llama::Session>>();
    check::<llama::TextStream<llama::Chat>>();
}

#[test]
fn running_generations_may_be_sent() {
    fn check<T: Send>() {}
    check::<llama::Generation<'static>>();
    check::<llama::GenerationBuilder<'static>>();
    check::<llama::Reply<'static>>();
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

#[cfg(feature = "tools")]
#[test]
fn every_public_type_of_feature_tools() {
    use llama::*;
    assert_both!(
        ChatFormat,
        ChatPrompt,
        ChatRequest,
        FormatCapabilities,
        ParsedMessage,
        ReplyEvent,
        Tool,
        ToolChoice,
        ToolDefinition,
    );
}
