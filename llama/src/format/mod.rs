//! llama.cpp's chat formats: from messages and tools to a prompt, and from what the model says to a message.
#![forbid(unsafe_code)]

mod parsed;
mod prompt;
mod request;

pub use parsed::ParsedMessage;
pub use prompt::ChatPrompt;
pub use request::{ChatRequest, ToolChoice, ToolDefinition};

use crate::chat_template::ChatTemplate;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::vocab::Vocab;
use crate::vocab::marks::Marks;
use llama_sys::chat::Format;
use serde::Deserialize;
use std::sync::Arc;

/// How a model is spoken to and how it answers: its template, and what llama.cpp finds out about it.
///
/// [`Chat`](crate::Chat) does all of this by itself; a format is for those who write their own loop.
///
/// ```
/// use llama::{ChatFormat, ChatRequest, Message};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let format = ChatFormat::of_model(&model)?;
/// let prompt = format.render(&ChatRequest::new([Message::user("Hi")]))?;
/// let tokens = prompt.tokenize()?;
/// // ... generate text with `prompt.grammar()?` and `prompt.stops()` ...
/// let message = prompt.parse("Hello!")?;
/// assert_eq!(message.content, "Hello!");
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChatFormat {
    plain: Arc<Format>,
    /// The template that some models have for requests with tools.
    with_tools: Option<Arc<Format>>,
    template: ChatTemplate,
    vocab: Vocab,
    marks: Marks,
}

/// What a template can express.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let can = llama::ChatFormat::of_model(&model)?.capabilities()?;
/// assert!(can.tools && can.system);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct FormatCapabilities {
    /// It describes tools to the model.
    #[serde(rename = "supports_tools")]
    pub tools: bool,
    /// It shows the model its own earlier calls.
    #[serde(rename = "supports_tool_calls")]
    pub tool_calls: bool,
    /// It has a place for system messages; otherwise they go in front of the first question.
    #[serde(rename = "supports_system_role")]
    pub system: bool,
    /// It shows several calls in one message.
    #[serde(rename = "supports_parallel_tool_calls")]
    pub parallel_tool_calls: bool,
    /// It shows the reasoning of earlier messages.
    #[serde(rename = "supports_preserve_reasoning")]
    pub past_reasoning: bool,
}

impl ChatFormat {
    /// The format of a model.
    ///
    /// # Errors
    /// [`Error::Template`] when its template does not parse.
    pub fn of_model(model: &Model) -> Result<Self> {
        let mut format = Self::from_template(&ChatTemplate::of_model(model)?, &model.vocab())?;
        if let Some(source) = model.chat_template_source(Some("tool_use"))? {
            format.with_tools = Some(format.parse_template(&source)?);
        }
        Ok(format)
    }

    /// The format of a template of your own, for the vocabulary of a model.
    ///
    /// # Errors
    /// [`Error::Template`] when it does not parse.
    pub fn new(source: impl Into<String>, vocab: &Vocab) -> Result<Self> {
        Self::from_template(&ChatTemplate::new(source, vocab)?, vocab)
    }

    pub(crate) fn from_template(template: &ChatTemplate, vocab: &Vocab) -> Result<Self> {
        crate::backend::init()?;
        Ok(Self {
            plain: parse_template(template.source(), template)?,
            with_tools: None,
            template: template.clone(),
            vocab: vocab.clone(),
            marks: Marks::new(vocab)?,
        })
    }

    fn parse_template(&self, source: &str) -> Result<Arc<Format>> {
        parse_template(source, &self.template)
    }

    /// What the template can express.
    ///
    /// # Errors
    /// When llama.cpp is out of memory.
    pub fn capabilities(&self) -> Result<FormatCapabilities> {
        let format = self.with_tools.as_ref().unwrap_or(&self.plain);
        read(&format.caps().map_err(|fault| template_error(&fault))?)
    }

    /// Renders a request.
    ///
    /// # Errors
    /// [`Error::Template`] when the template refuses it or takes too much work, or when a schema cannot become a grammar;
    /// [`Error::InvalidParameter`] for tools that cannot be told apart; [`Error::MarkerCount`] when it leaves out
    /// images or recordings, or repeats them.
    pub fn render(&self, request: &ChatRequest) -> Result<ChatPrompt> {
        request.check()?;
        #[cfg(feature = "multimodal")]
        if let Some((stand_ins, request)) = request.without_media(self.template.source())? {
            return self.apply(&request)?.with_media(&stand_ins);
        }
        self.apply(request)
    }

    /// Renders a request without media.
    fn apply(&self, request: &ChatRequest) -> Result<ChatPrompt> {
        let marker = self.marks.marker(&request.texts())?;
        let format = match &self.with_tools {
            Some(format) if request.has_tools() => format,
            _ => &self.plain,
        };
        let json = request.to_json(marker.as_ref()).to_string();
        let applied = read(&format.apply(&json).map_err(|fault| template_error(&fault))?)?;
        ChatPrompt::new(applied, marker.as_ref(), &self.template, &self.vocab)
    }
}

fn parse_template(source: &str, template: &ChatTemplate) -> Result<Arc<Format>> {
    let (bos, eos) = template.ends();
    Format::new(source, bos, eos).map(Arc::new).map_err(|fault| template_error(&fault))
}

pub(super) fn template_error(fault: &llama_sys::Fault) -> Error {
    Error::Template { detail: fault.message().trim().to_owned() }
}

/// Reads what C++ wrote.
pub(super) fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::Failed {
        operation: "reading llama.cpp's chat format",
        detail: error.to_string(),
    })
}
