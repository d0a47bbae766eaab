//! llama.cpp for Rust: language models inside your program.
//!
//! This crate compiles [llama.cpp](https://github.com/ggml-org/llama.cpp) with nothing but a C++ compiler. On Linux
//! one program holds kernels for several generations of processors and runs the best one ([`backend::cpu_variants`]);
//! elsewhere there is one baseline. It does not take the process down: arguments and files are checked before they
//! reach C++, and what fails there nevertheless comes back as an [`Error`], unless it is on one of llama.cpp's own
//! worker threads.
//!
//! # A conversation
//! ```
//! # let path = "../examples/model/llama-tiny-chat.gguf";
//! let model = llama::Model::load(path)?;
//! let mut chat = model.chat("You are terse.")?;
//! let mut reply = chat.send("What is the capital of France?")?;
//! for piece in &mut reply {
//!     print!("{}", piece?);
//! }
//! println!(" [{:.0} tokens per second]", reply.finish()?.timings.generation_rate());
//! # Ok::<(), llama::Error>(())
//! ```
//! The model is a file in GGUF format. It is read once: clones of a [`Model`] share it, so threads and conversations
//! may have one each. [`Chat`] keeps the history and its place in the memory; dropping a reply ends it. Programs for
//! other purposes are in the [`cookbook`].
//!
//! # The loop by hand
//! ```no_run
//! use llama::{Batch, Model, Sampler, SeqId, Special};
//!
//! let model = Model::load("model.gguf")?;
//! let vocab = model.vocab();
//! let mut ctx = model.context_builder().n_ctx(4096).build()?;
//! let mut sampler = Sampler::builder().top_k(40).top_p(0.95).temperature(0.8).build()?;
//!
//! let prompt = vocab.tokenize("The quick brown", Special::AsText)?;
//! let mut batch = Batch::new();
//! batch.extend(SeqId(0), 0, &prompt).logits_for_last();
//! let mut text = vocab.decoder(Special::AsText);
//! for pos in (0..).skip(prompt.len()).take(64) {
//!     let token = sampler.sample(ctx.decode(&batch)?.logits_last()?)?;
//!     if vocab.is_eog(token)? {
//!         break;
//!     }
//!     print!("{}", text.push(token)?);
//!     batch.clear().add(token, pos, &[SeqId(0)], true);
//! }
//! # Ok::<(), llama::Error>(())
//! ```
//!
//! # Layers
//! | layer | what is there |
//! |---|---|
//! | [`sys`] | the C API as it is, `unsafe`; and its guarded twin that returns errors instead of aborting |
//! | this crate, bottom | [`Model`], [`Vocab`], [`Context`], [`Batch`], [`Sampler`], [`ChatTemplate`]: what llama.cpp computes with |
//! | | [`LoraAdapter`], [`State`]: what goes into a context and comes out of it; [`devices`], [`fit()`], [`backend`]: where it runs |
//! | | [`gguf`], [`Quantize`], [`Trainer`]: models as files, smaller, changed |
//! | this crate, middle | [`Session`] and [`Generation`]: text in pieces; [`Chat`] and [`Reply`]: conversations; [`PromptLookup`] and [`Draft`]: the same text in fewer steps |
//! | | [`Format`]: replies of a given form; [`Decision`]: probabilities of options, without a reply |
//! | | [`Embedder`], [`Reranker`], [`Classifier`]: many texts in one call; [`Infill`]: gaps in a text |
//! | features | `Tool`: functions that a model may call; `multimodal`: images and audio; `rpc`: devices of other hosts; `hf`: tokenizing without a model |
//!
//! # Threads
//! | type | may be sent | may be shared | why |
//! |---|---|---|---|
//! | [`Model`], [`Vocab`], [`Device`] | yes | yes | immutable once loaded; clones share it |
//! | [`LoraAdapter`] | yes | yes | immutable once loaded |
//! | [`CancelToken`] | yes | yes | one atomic flag |
//! | [`Context`] | yes | yes | everything that computes needs `&mut`; use one per thread |
//! | [`Sampler`], [`Grammar`], [`CustomSampler`] | yes | yes | everything that changes them needs `&mut` |
//! | [`Session`], [`Chat`] | yes | yes | as [`Context`] |
//! | [`Embedder`], [`Reranker`], [`Classifier`] | yes | yes | as [`Context`] |
//! | [`Generation`], [`Reply`], [`GenerationBuilder`] | yes | no | they borrow a session, and hold functions of the caller |
//! | `TextStream` | yes | yes | a queue; the session is on a thread of its own |
//! | [`Batch`], [`State`], [`Quantize`], [`TrainingData`] | yes | yes | plain data |
//! | [`Trainer`] | yes | yes | as [`Context`]; it has its model to itself |
//! | [`Output`], [`Logits`], [`Candidates`], [`Memory`] | yes | yes | views of what is borrowed |
//! | [`ContextBuilder`], [`SamplerBuilder`], [`ChatBuilder`] | yes | yes | plain data and handles |
//! | [`ModelBuilder`], [`TrainerBuilder`], `ToolChat` | no | no | may hold a callback that borrows from its thread |
//! | [`gguf`], [`Message`], [`ChatTemplate`], [`Completion`], [`Error`] and what they are made of | yes | yes | plain data |
//!
//! # Features
//! | feature | default | what it adds |
//! |---|---|---|
//! | `jinja` | yes | runs a model's own chat template; without it only families that llama.cpp knows by themselves |
//! | `async` | no | `TextStream`: replies as streams for asynchronous programs of any runtime |
//! | `blas` | no | prompts on a BLAS library of the machine |
//! | `cuda`, `metal`, `vulkan` | no | GPUs; built by cmake with the maker's tools |
//! | `dynamic-backends` | no | `blas`, `cuda` and `vulkan` as files that are loaded while the program runs: module `backends` |
//! | `derive` | no | `#[derive(llama::Choice)]` for [decisions](Model::decide) |
//! | `llguidance` | no | a further engine: Lark grammars, regular expressions, more keywords of JSON schemas |
//! | `log` | no | sends llama.cpp's log to the `log` crate |
//! | `multimodal` | no | images and audio in conversations and prompts: module `multimodal` |
//! | `native` | no | one CPU variant, for the building machine: compiles fastest |
//! | `rpc` | no | devices of other hosts, and this host's for others: module `rpc` |
//! | `static-stdcxx` | no | links the C++ standard library statically |
//! | `structured` | no | typed answers: JSON schemas as grammars, `Chat::ask_for` |
//! | `tokenizers` | no | tokenizes without llama.cpp: `tokenizer.json`, offsets, in parallel: module `hf` |
//! | `tools` | no | tools, reasoning apart from the answer, llama.cpp's own chat formats; needs `structured` |
//!
//! llama.cpp's log is silent; see [`log`](mod@log).

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

mod adapter;
pub mod backend;
#[cfg(feature = "dynamic-backends")]
pub mod backends;
mod batch;
mod cancel;
mod chat;
mod chat_template;
mod context;
pub mod cookbook;
mod decide;
mod device;
mod embed;
mod error;
mod ffi;
mod fit;
#[cfg(feature = "tools")]
mod format;
mod generate;
pub mod gguf;
#[cfg(feature = "tokenizers")]
pub mod hf;
mod host_memory;
mod infill;
pub mod log;
mod message;
mod model;
#[cfg(feature = "multimodal")]
pub mod multimodal;
mod part_file;
mod prompt;
mod quantize;
mod registry;
mod regular_file;
#[cfg(feature = "rpc")]
pub mod rpc;
mod sampler;
mod stack;
mod state;
mod structured;
mod token;
#[cfg(feature = "tools")]
mod tools;
mod train;
mod vocab;

pub use adapter::LoraAdapter;
pub use batch::{Batch, Sections};
pub use cancel::CancelToken;
pub use chat::{Chat, ChatBuilder, Overflow, Overrun, Reply};
#[cfg(feature = "tools")]
pub use chat::{ReplyEvent, ToolChat};
pub use chat_template::{ChatTemplate, TemplateOptions, TemplateValue};
pub use context::{
    AttentionType, CacheType, Context, ContextBuilder, DeviceState, FlashAttention, Logits, Memory, Output,
    Perf, Pooling, RopeScaling, Sampled, TokenProbability, default_threads,
};
pub use decide::{Choice, ChoiceOption, Decision, Outcome};
pub use device::{Device, DeviceKind, DeviceMemory, devices};
pub use embed::{
    Classification, Classifier, ClassifierBuilder, Embedder, EmbedderBuilder, Embeddings, Neighbour, Ranked,
    Reranker, RerankerBuilder, TokenEmbeddings, Truncated, similarity,
};
pub use error::{DecodeError, Error, MemoryEffect, Result};
pub use fit::{DeviceUsage, Fit, FitDevice, MemoryUse, Planner, fit};
#[cfg(feature = "tools")]
pub use format::{
    ChatFormat, ChatPrompt, ChatRequest, FormatCapabilities, ParsedMessage, ToolChoice, ToolDefinition,
};
#[cfg(feature = "async")]
pub use generate::TextStream;
pub use generate::{
    Completion, Draft, Generation, GenerationBuilder, Piece, PromptLookup, Session, StopReason, Timings,
    TokenLogprobs, Usage,
};
pub use infill::{Infill, InfillBuilder, InfillOrder};
#[cfg(feature = "derive")]
pub use llama_derive::Choice;
pub use llama_sys as sys;
pub use message::{Message, ToolCall};
pub use model::{
    FileType, Layers, LoadMode, Metadata, MetadataOverride, Model, ModelBuilder, ProgressFlow, RopeType,
    SamplingDefaults, SplitMode, split_path, split_prefix,
};
pub use prompt::Prompt;
pub use quantize::{Importance, Quantize, Quantized};
pub use registry::{NumaStrategy, Registry, init_numa, registries};
pub use sampler::{Candidates, CustomSampler, DryParams, Grammar, PenaltyParams, Sampler, SamplerBuilder};
pub use state::{State, StateError, StateKind};
pub use structured::Format;
pub use token::{Pos, SeqId, Token};
#[cfg(feature = "tools")]
pub use tools::{Tool, ToolResult, tool};
pub use train::{Optimizer, Trainer, TrainerBuilder, TrainingData, TrainingProgress, TrainingStats};
pub use vocab::{PromptPart, Special, TokenAttributes, TokenDecoder, Vocab, VocabKind};

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
