//! Setting up a chat.

use super::history::History;
use super::prompt::Prompter;
use super::{Chat, Overflow};
use crate::cancel::CancelToken;
use crate::chat_template::{ChatTemplate, TemplateOptions, TemplateValue};
use crate::context::ContextBuilder;
use crate::error::{Error, Result};
use crate::generate::{Limits, Session};
use crate::message::Message;
use crate::model::Model;
use crate::sampler::Sampler;

/// Context length unless chosen otherwise, where the model was trained on more. More costs memory.
const DEFAULT_CONTEXT: u32 = 8192;

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
    cancel: Option<CancelToken>,
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
            cancel: None,
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
        let sampler = match self.sampler {
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
        let template = self.template.map_or_else(|| ChatTemplate::of_model(&self.model), Ok)?;
        let own_token = self.cancel.is_none();
        let context = self.context.cancel(self.cancel.unwrap_or_default()).build()?;
        let mut messages: Vec<Message> =
            self.system.filter(|text| !text.is_empty()).map(Message::system).into_iter().collect();
        messages.extend(self.history);
        Ok(Chat {
            session: Session::new(context)?,
            sampler,
            prompter: Prompter::new(self.model.vocab(), template, self.options),
            history: History::new(messages),
            limits,
            overflow: self.overflow,
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
