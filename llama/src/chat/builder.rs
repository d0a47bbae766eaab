//! Setting up a chat.

use super::history::History;
use super::prompt::Prompter;
use super::trim::{Overrun, Trim};
use super::{Chat, Overflow};
use crate::cancel::CancelToken;
use crate::chat_template::{ChatTemplate, TemplateOptions, TemplateValue};
use crate::context::ContextBuilder;
use crate::error::{Error, Result};
#[cfg(feature = "tools")]
use crate::format::ChatFormat;
use crate::generate::{Draft, Limits, PromptLookup, Session};
use crate::message::Message;
use crate::model::Model;
#[cfg(feature = "multimodal")]
use crate::multimodal::Projector;
use crate::sampler::Sampler;
#[cfg(feature = "multimodal")]
use std::sync::Arc;

/// Context length unless chosen otherwise, where the model was trained on more. More costs memory.
const DEFAULT_CONTEXT: u32 = 8192;

/// Outputs per step where tokens are proposed; longer proposals are cut.
const SPECULATIVE_OUTPUTS: u32 = 64;

/// Sets up a [`Chat`]; made by [`Model::chat_builder`].
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let mut chat = model.chat_builder().system("You are terse.").context(4096).max_tokens(500).seed(1).build()?;
/// println!("{}", chat.ask("What is the capital of France?")?);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is created before `build`"]
pub struct ChatBuilder {
    model: Model,
    context: ContextBuilder,
    system: Option<String>,
    history: Vec<Message>,
    template: Option<ChatTemplate>,
    options: TemplateOptions,
    sampler: Option<Sampler>,
    temperature: Option<f32>,
    seed: Option<u32>,
    limits: Limits,
    overflow: Overflow,
    trim: Option<Trim>,
    cancel: Option<CancelToken>,
    #[cfg(feature = "multimodal")]
    projector: Option<Projector>,
}

impl ChatBuilder {
    pub(super) fn new(model: Model) -> Self {
        // Only the last token of each step has an output, so that much less memory has to be set aside.
        let mut context = model.context_builder().n_outputs_max(1);
        let trained = model.n_ctx_train();
        if trained > 0 {
            context = context.n_ctx(trained.min(DEFAULT_CONTEXT));
        }
        Self {
            model,
            context,
            system: None,
            history: Vec::new(),
            template: None,
            options: TemplateOptions::default(),
            sampler: None,
            temperature: None,
            seed: None,
            limits: Limits::default(),
            overflow: Overflow::default(),
            trim: None,
            cancel: None,
            #[cfg(feature = "multimodal")]
            projector: None,
        }
    }

    /// Instructions to the model, in front of everything else. An empty text means none.
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.system = Some(text.into());
        self
    }

    /// Messages that the conversation starts with, behind those given before and behind the system message.
    pub fn history(mut self, messages: impl IntoIterator<Item = Message>) -> Self {
        self.history.extend(messages);
        self
    }

    /// Tokens that the conversation may have in the model's memory. The default is the length that the model was
    /// trained on, at most 8192; 0 stands for all of that length. llama.cpp rounds up to a multiple of 256.
    pub fn context(mut self, tokens: u32) -> Self {
        self.context = self.context.n_ctx(tokens);
        self
    }

    /// Threads to compute with. The default is [`default_threads`](crate::default_threads).
    pub fn n_threads(mut self, threads: u32) -> Self {
        self.context = self.context.n_threads(threads).n_threads_batch(threads);
        self
    }

    /// Any other parameter of the context.
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// use llama::CacheType;
    /// let chat = model.chat_builder().context_with(|c| c.type_k(CacheType::Q8_0).n_ubatch(256)).build()?;
    /// # Ok::<(), llama::Error>(())
    /// ```
    pub fn context_with(mut self, change: impl FnOnce(ContextBuilder) -> ContextBuilder) -> Self {
        self.context = change(self.context);
        self
    }

    /// How tokens are chosen. The sampler is reset before each reply. The default is what the model recommends,
    /// see [`SamplingDefaults::sampler`](crate::SamplingDefaults::sampler).
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = Some(sampler);
        self
    }

    /// Temperature of the default sampler; 0 always takes the most likely token.
    pub fn temperature(mut self, temperature: f32) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Seed of the default sampler: the same seed gives the same replies to the same messages.
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Ends each reply after this many tokens. Without a limit a reply ends where the context does.
    pub fn max_tokens(mut self, tokens: usize) -> Self {
        self.limits.max_tokens = Some(tokens);
        self
    }

    /// Ends each reply in front of this text. May be called several times; empty strings are ignored.
    pub fn stop(mut self, text: impl Into<String>) -> Self {
        self.limits.stops.push(text.into());
        self
    }

    /// What happens when the conversation outgrows the context.
    pub fn overflow(mut self, policy: Overflow) -> Self {
        self.overflow = policy;
        self
    }

    /// Has a function decide which messages stay when the conversation outgrows the context. It gets all messages,
    /// the newest last, and the sizes; the history becomes what it returns. Where that still does not fit, sending
    /// gives [`Error::ContextFull`] and the history stays as it was. Messages may also become shorter, or give up
    /// their images (`Message::without_media`).
    ///
    /// ```
    /// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
    /// // Keeps the newest message only.
    /// let chat = model.chat_builder().overflow_with(|messages, _| messages[messages.len() - 1..].to_vec());
    /// # Ok::<(), llama::Error>(())
    /// ```
    pub fn overflow_with(
        mut self,
        keep: impl Fn(&[Message], Overrun) -> Vec<Message> + Send + Sync + 'static,
    ) -> Self {
        self.trim = Some(Trim::new(keep));
        self
    }

    /// Notes with each token how likely it was, and the `n` most likely ones, see
    /// [`GenerationBuilder::logprobs`](crate::GenerationBuilder::logprobs).
    pub fn logprobs(mut self, n: usize) -> Self {
        self.limits.logprobs = Some(n);
        self
    }

    /// Proposes what followed the last tokens when they occurred before, see [`PromptLookup`].
    pub fn prompt_lookup(mut self, lookup: PromptLookup) -> Self {
        self.limits.lookup = Some(lookup);
        self.wide()
    }

    /// Lets a smaller model propose tokens, see [`Draft`].
    pub fn draft(mut self, draft: impl Into<Draft>) -> Self {
        self.limits.draft = Some(draft.into());
        self.wide()
    }

    /// Checking several tokens in one step takes an output of each.
    fn wide(mut self) -> Self {
        self.context = self.context.n_outputs_max(SPECULATIVE_OUTPUTS);
        self
    }

    /// What turns images and recordings of messages into something that the model understands; see
    /// [`Message::with_media`].
    ///
    /// Some models see all parts of an image at once; theirs must fit into one ubatch, see
    /// [`context_with`](Self::context_with) and [`ContextBuilder::n_ubatch`].
    ///
    /// ```no_run
    /// use llama::multimodal::{Image, Projector};
    /// use llama::{Message, Model};
    /// let model = Model::load("model.gguf")?;
    /// let projector = Projector::load(&model, "mmproj.gguf")?;
    /// let mut chat = model.chat_builder().projector(&projector).build()?;
    /// let image = Image::decode(&std::fs::read("llama.jpg")?)?;
    /// println!("{}", chat.ask(Message::user("What is in this picture?").with_media(image))?);
    /// println!("{}", chat.ask("What else?")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "multimodal")]
    pub fn projector(mut self, projector: &Projector) -> Self {
        self.projector = Some(projector.clone());
        self
    }

    /// Another template than the model's own.
    pub fn template(mut self, template: ChatTemplate) -> Self {
        self.template = Some(template);
        self
    }

    /// Sets a variable of the template, for example `enable_thinking`.
    pub fn template_variable(mut self, name: impl Into<String>, value: impl Into<TemplateValue>) -> Self {
        self.options = self.options.variable(name, value);
        self
    }

    /// Whether models that can think aloud do so before they answer. With feature `tools` their thoughts are kept
    /// apart from the answer; see [`Completion::reasoning`](crate::Completion::reasoning).
    pub fn thinking(self, on: bool) -> Self {
        self.template_variable("enable_thinking", on)
    }

    /// The switch that stops a reply. The chat never switches it off again: as long as it is on, each reply ends
    /// at once. Without this the chat has a switch of its own, see [`Chat::cancel_token`].
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Creates the context.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for values that cannot work; [`Error::CreateContext`] mostly for missing memory;
    /// [`Error::VocabOnly`] and [`Error::NoVocab`] for models that cannot chat.
    pub fn build(self) -> Result<Chat> {
        #[cfg(feature = "multimodal")]
        if self.projector.as_ref().is_some_and(|p| !Arc::ptr_eq(&p.model().inner, &self.model.inner)) {
            return Err(Error::invalid("projector", "it belongs to another model"));
        }
        let mut sampler = match self.sampler {
            Some(_) if self.temperature.is_some() || self.seed.is_some() => {
                return Err(Error::InvalidParameter {
                    name: "sampler",
                    reason: "give temperature and seed to the sampler itself".to_owned(),
                });
            }
            Some(sampler) => sampler,
            None => default_sampler(&self.model, self.temperature, self.seed)?,
        };
        let mut limits = self.limits;
        if self.template.is_none() && self.model.chat_template_source(None)?.is_none() {
            // Such a model may have no token for the end of a message and spell the mark.
            limits.stops.push("<|im_end|>".to_owned());
        }
        #[cfg(feature = "tools")]
        let format = match &self.template {
            Some(template) => ChatFormat::from_template(template, &self.model.vocab())?,
            None => ChatFormat::of_model(&self.model)?,
        };
        let template = self.template.map_or_else(|| ChatTemplate::of_model(&self.model), Ok)?;
        let own_token = self.cancel.is_none();
        let context = self.context.cancel(self.cancel.unwrap_or_default()).build()?;
        let mut messages: Vec<Message> =
            self.system.filter(|text| !text.is_empty()).map(Message::system).into_iter().collect();
        messages.extend(self.history);
        Ok(Chat {
            session: Session::new(context)?,
            grammar: sampler.set_grammar(None)?,
            sampler,
            prompter: Prompter::new(
                self.model.vocab(),
                template,
                self.options,
                #[cfg(feature = "tools")]
                format,
                #[cfg(feature = "multimodal")]
                self.projector,
            ),
            history: History::new(messages),
            limits,
            overflow: self.overflow,
            trim: self.trim,
            own_token,
        })
    }
}

fn default_sampler(model: &Model, temperature: Option<f32>, seed: Option<u32>) -> Result<Sampler> {
    let mut defaults = model.metadata().sampling_defaults()?;
    if let Some(temperature) = temperature {
        if !temperature.is_finite() || temperature < 0.0 {
            return Err(Error::InvalidParameter {
                name: "temperature",
                reason: format!("{temperature} is negative or no number"),
            });
        }
        defaults.temperature = Some(temperature);
    }
    let builder = defaults.sampler();
    match seed {
        Some(seed) => builder.seed(seed).build(),
        None => builder.build(),
    }
}
