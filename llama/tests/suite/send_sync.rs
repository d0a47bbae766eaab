//! Which types may be sent to and shared with other threads. The reasons are in the crate's documentation.

use crate::crate_root::{exports, public_modules};
use std::collections::BTreeSet;

/// Checks the types, and gives their names.
macro_rules! assert_both {
    ($($ty:ty),* $(,)?) => {{
        fn check<T: Send + Sync>() {}
        $(check::<$ty>();)*
        vec![$(stringify!($ty)),*]
    }};
}

/// Does not compile when one of the types may be sent or shared after all.
macro_rules! assert_neither {
    ($($ty:ty),* $(,)?) => {{
        trait Either<How> {
            fn check() {}
        }
        struct BySending;
        struct BySharing;
        impl<T> Either<()> for T {}
        impl<T: Send> Either<BySending> for T {}
        impl<T: Sync> Either<BySharing> for T {}
        $(<$ty as Either<_>>::check();)*
        vec![$(stringify!($ty)),*]
    }};
}

#[allow(clippy::too_many_lines, reason = "a list")]
fn both() -> Vec<&'static str> {
    use llama::*;
    assert_both!(
        AttentionType,
        Batch,
        CacheType,
        CancelToken,
        Candidates<'static>,
        Chat,
        ChatBuilder,
        ChatTemplate,
        ChoiceOption<bool>,
        Completion,
        Context,
        ContextBuilder,
        Box<dyn CustomSampler>,
        Decision<bool>,
        DecodeError,
        Device,
        DeviceKind,
        DeviceMemory,
        DeviceState,
        DeviceUsage,
        Draft,
        DryParams,
        Error,
        FileType,
        Fit,
        FitDevice,
        FlashAttention,
        Format,
        Grammar,
        Importance,
        Layers,
        LoadMode,
        Logits<'static>,
        LoraAdapter,
        Memory<'static>,
        MemoryEffect,
        MemoryUse,
        Message,
        Metadata<'static>,
        MetadataOverride,
        Model,
        NumaStrategy,
        Optimizer,
        Outcome<bool>,
        Output<'static>,
        Overflow,
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
        Registry,
        RopeScaling,
        RopeType,
        Sampled<'static>,
        Sampler,
        SamplerBuilder,
        Sections,
        SamplingDefaults,
        SeqId,
        Session,
        Special,
        SplitMode,
        State,
        StateError,
        StateKind,
        StopReason,
        TemplateOptions,
        TemplateValue,
        Timings,
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
        Usage,
        Vocab,
        VocabKind,
        gguf::Array,
        gguf::Gguf,
        gguf::GgufError,
        gguf::GgufStream<Vec<u8>>,
        gguf::GgufWriter<'static>,
        gguf::TensorInfo,
        gguf::TensorType,
        gguf::Value,
        gguf::ValueType,
        Classification,
        Classifier,
        ClassifierBuilder,
        Embedder,
        EmbedderBuilder,
        Embeddings,
        Infill,
        InfillBuilder,
        InfillOrder,
        Neighbour,
        Ranked,
        Reranker,
        RerankerBuilder,
        TokenEmbeddings,
        Truncated,
        log::Level,
    )
}

/// Those of optional features.
fn both_of_features() -> Vec<&'static str> {
    let lists: &[Vec<&str>] = &[
        #[cfg(feature = "async")]
        assert_both!(llama::TextStream<llama::Session>),
        #[cfg(feature = "multimodal")]
        {
            use llama::multimodal::*;
            assert_both!(
                Audio,
                Chunk<'static>,
                ChunkKind,
                Evaluated<'static>,
                Image,
                Media,
                MediaEmbedding,
                MediaPrompt,
                Part,
                Projector,
                ProjectorBuilder,
            )
        },
        #[cfg(feature = "dynamic-backends")]
        assert_both!(llama::backends::Plugin, llama::backends::PluginFile),
        #[cfg(feature = "rpc")]
        assert_both!(llama::rpc::RemoteHost, llama::rpc::Server),
        #[cfg(feature = "tokenizers")]
        assert_both!(llama::hf::Encoded, llama::hf::HfTokenizer),
        #[cfg(feature = "tools")]
        {
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
            )
        },
    ];
    lists.concat()
}

/// They hold callbacks that may borrow from the thread that builds.
fn neither() -> Vec<&'static str> {
    let lists: &[Vec<&str>] = &[
        assert_neither!(llama::ModelBuilder<'static>, llama::TrainerBuilder<'static>),
        #[cfg(feature = "tools")]
        assert_neither!(llama::ToolChat<'static>),
    ];
    lists.concat()
}

/// What is no type of its own: traits without objects, other names of types.
const NO_TYPES: [&str; 5] = ["Choice", "Pos", "ProgressFlow", "Result", "ToolResult"];

#[test]
fn every_public_type_is_listed() {
    let listed: BTreeSet<&str> =
        [both(), both_of_features(), only_sent(), neither()].concat().into_iter().map(simple).collect();
    let exported = exported();
    let exported: BTreeSet<&str> = exported.iter().map(String::as_str).collect();
    let missing: Vec<_> = exported.iter().filter(|n| !listed.contains(*n) && !NO_TYPES.contains(n)).collect();
    let unknown: Vec<_> = listed.difference(&exported).collect();
    println!("{} public types", listed.len());
    assert!(missing.is_empty(), "not listed: {missing:?}");
    assert!(unknown.is_empty(), "listed, but not exported: {unknown:?}");
}

/// The name of a type without path and parameters.
fn simple(ty: &'static str) -> &'static str {
    let ty = ty.strip_prefix("Box<dyn ").unwrap_or(ty);
    let ty = ty.split(['<', '>']).next().unwrap_or_default();
    ty.rsplit(':').next().unwrap_or_default().trim()
}

/// The names of types in the `pub use` lines of the crate and of its public modules.
fn exported() -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        exports().iter().flat_map(|list| words(list).collect::<Vec<_>>()).collect();
    for file in public_modules() {
        let text = std::fs::read_to_string(file).unwrap();
        for line in text.lines() {
            let item = ["pub use ", "pub struct ", "pub enum ", "pub trait "];
            let Some(kind) = item.iter().find(|kind| line.starts_with(*kind)) else { continue };
            names.extend(words(line).take(if *kind == "pub use " { usize::MAX } else { 1 }));
        }
    }
    names
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(char::is_uppercase)).map(str::to_owned)
}

/// Types that may be sent and not be shared.
fn only_sent() -> Vec<&'static str> {
    use llama::*;
    macro_rules! assert_sent {
        ($($ty:ty),* $(,)?) => {{
            fn check<T: Send>() {}
            $(check::<$ty>();)*
            vec![$(stringify!($ty)),*]
        }};
    }
    assert_sent!(Generation<'static>, GenerationBuilder<'static>, Reply<'static>)
}

#[cfg(feature = "async")]
#[test]
fn streams() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<llama::TextStream<llama::Session>>();
    check::<llama::TextStream<llama::Chat>>();
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
