//! Turning a conversation into the prompt that a model was trained on.

use crate::error::{Error, Result};
use crate::message::Message;
use crate::model::Model;
#[cfg(feature = "multimodal")]
use crate::multimodal::StandIns;
use crate::prompt::Prompt;
use crate::token::Token;
#[cfg(feature = "jinja")]
use crate::vocab::marks::Marks;
use crate::vocab::{PromptPart, Special, Vocab};
use std::fmt::Write as _;

/// The template used where a model brings none: `ChatML`, as llama.cpp does.
const CHATML: &str = "{%- for message in messages -%}\
{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}\
{%- endfor -%}\
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}";

/// A chat template: a program that writes messages the way a model expects them.
///
/// With feature `jinja` (the default) the template itself is run by llama.cpp's engine, as llama-server does.
/// Without it llama.cpp's list of built-in formats is used, which knows common templates only.
///
/// ```
/// use llama::{ChatTemplate, Message, TemplateOptions};
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// let template = ChatTemplate::of_model(&model)?;
/// let prompt = template.render(&[Message::user("Hi")], &TemplateOptions::default())?;
/// let tokens = prompt.tokenize(&model.vocab())?;
/// # Ok::<(), llama::Error>(())
/// ```
#[doc(alias = "llama_chat_apply_template")]
#[doc(alias = "llama_model_chat_template")]
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    source: String,
    bos: String,
    eos: String,
    strip_bos: bool,
    strip_eos: bool,
    /// It takes contents as lists of parts only.
    wants_parts: bool,
    #[cfg(feature = "jinja")]
    marks: Marks,
}

/// A value that a template can use.
///
/// ```
/// use llama::{TemplateOptions, TemplateValue};
/// let options = TemplateOptions::default().variable("enable_thinking", false).variable("effort", "low");
/// assert_eq!(TemplateValue::from("low"), TemplateValue::from("low"));
/// # drop(options);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TemplateValue {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Str(String),
    /// Anything else, as JSON text.
    Json(String),
}

#[cfg(feature = "multimodal")]
impl TemplateValue {
    /// The value, where it is a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Json(text) => Some(text),
            Self::Bool(_) | Self::Int(_) => None,
        }
    }
}

impl From<bool> for TemplateValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for TemplateValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for TemplateValue {
    fn from(value: &str) -> Self {
        Self::Str(value.to_owned())
    }
}

/// How a conversation is rendered.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{ChatTemplate, Message, TemplateOptions};
/// let mut options = TemplateOptions::default();
/// options.add_generation_prompt = false;
/// let prompt = ChatTemplate::of_model(&model)?.render(&[Message::user("Hi")], &options)?;
/// assert!(!prompt.text().ends_with("assistant\n"));
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateOptions {
    /// Ends the prompt where the model's answer begins. On by default.
    pub add_generation_prompt: bool,
    /// Further variables of the template, for example `enable_thinking`. They count as template text.
    pub variables: Vec<(String, TemplateValue)>,
}

impl Default for TemplateOptions {
    fn default() -> Self {
        Self { add_generation_prompt: true, variables: Vec::new() }
    }
}

impl TemplateOptions {
    /// Sets a variable of the template.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<TemplateValue>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }
}

impl ChatTemplate {
    /// The model's own template, or `ChatML` for a model that brings none.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    pub fn of_model(model: &Model) -> Result<Self> {
        let source = model.chat_template_source(None)?.unwrap_or_else(|| CHATML.to_owned());
        Self::new(source, &model.vocab())
    }

    /// One of several templates of a model, for example `tool_use`.
    ///
    /// # Errors
    /// [`Error::NoChatTemplate`] when the model has none of that name.
    pub fn named(model: &Model, name: &str) -> Result<Self> {
        let source = model.chat_template_source(Some(name))?.ok_or(Error::NoChatTemplate)?;
        Self::new(source, &model.vocab())
    }

    /// A template of your own, for the vocabulary of a model.
    ///
    /// # Errors
    /// When llama.cpp fails to answer.
    pub fn new(source: impl Into<String>, vocab: &Vocab) -> Result<Self> {
        let text = |token: Option<Token>| -> Result<String> {
            let Some(token) = token else { return Ok(String::new()) };
            let bytes = vocab.token_to_bytes(token, Special::Parse)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let source = source.into();
        Ok(Self {
            wants_parts: wants_parts(&source)?,
            source,
            bos: text(vocab.bos())?,
            eos: text(vocab.eos())?,
            strip_bos: vocab.adds_bos(),
            strip_eos: vocab.adds_eos(),
            #[cfg(feature = "jinja")]
            marks: Marks::new(vocab)?,
        })
    }

    /// The template's text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Renders a conversation. Beginning and end tokens that tokenizing adds anyway are left out.
    ///
    /// # Errors
    /// [`Error::Template`] when the template does not parse or refuses the conversation, with its reason, is nested too
    /// deeply or takes too much work; [`Error::MarkerCount`] when it leaves out images or recordings, or repeats them.
    pub fn render(&self, messages: &[Message], options: &TemplateOptions) -> Result<Prompt> {
        #[cfg(feature = "multimodal")]
        {
            let values = options.variables.iter().filter_map(|(_, value)| value.text());
            let others = values.chain([self.source.as_str()]);
            if let Some((stand_ins, messages)) = StandIns::put(messages, others)? {
                return self.finish(self.run(&messages, options)?).with_media(&stand_ins);
            }
        }
        Ok(self.finish(self.run(messages, options)?))
    }

    /// Leaves out the tokens that tokenizing adds anyway.
    pub(crate) fn finish(&self, mut parts: Vec<PromptPart>) -> Prompt {
        if self.strip_bos {
            strip_start(&mut parts, &self.bos);
        }
        if self.strip_eos {
            strip_end(&mut parts, &self.eos);
        }
        parts.retain(|part| !part.text.is_empty());
        Prompt::of(parts)
    }

    /// The texts of the tokens for beginning and end.
    #[cfg(feature = "tools")]
    pub(crate) fn ends(&self) -> (&str, &str) {
        (&self.bos, &self.eos)
    }

    #[cfg(feature = "jinja")]
    fn run(&self, messages: &[Message], options: &TemplateOptions) -> Result<Vec<PromptPart>> {
        crate::backend::init()?;
        let texts = messages.iter().flat_map(|message| [message.role.as_str(), &message.content]);
        let marker = self.marks.marker(&texts)?;
        let hidden: Vec<Message>;
        let messages = match &marker {
            Some(marker) => {
                let hide = |m: &Message| Message::new(marker.hide(&m.role), marker.hide(&m.content));
                hidden = messages.iter().map(hide).collect();
                &hidden
            }
            None => messages,
        };
        let variables = self.variables(messages, options);
        let parts = llama_sys::jinja::render(&self.source, &variables)
            .map_err(|fault| Error::Template { detail: fault.message().trim().to_owned() })?;
        let part = |part: llama_sys::jinja::Part| PromptPart { text: part.text, is_input: part.is_input };
        let parts = parts.into_iter().map(part).collect();
        Ok(match marker {
            Some(marker) => marker.reveal(parts),
            None => parts,
        })
    }

    #[cfg(not(feature = "jinja"))]
    fn run(&self, messages: &[Message], options: &TemplateOptions) -> Result<Vec<PromptPart>> {
        built_in(&self.source, messages, options.add_generation_prompt)
    }

    /// The variables as JSON text.
    #[cfg_attr(not(feature = "jinja"), allow(dead_code, reason = "only the engine needs variables"))]
    fn variables(&self, messages: &[Message], options: &TemplateOptions) -> String {
        let mut json = String::from("{\"messages\":[");
        for (i, message) in messages.iter().enumerate() {
            if i > 0 {
                json.push(',');
            }
            json.push_str("{\"role\":");
            quote(&message.role, &mut json);
            json.push_str(",\"content\":");
            if self.wants_parts {
                json.push_str("[{\"type\":\"text\",\"text\":");
                quote(&message.content, &mut json);
                json.push_str("}]");
            } else {
                quote(&message.content, &mut json);
            }
            json.push('}');
        }
        json.push_str("],\"bos_token\":");
        quote(&self.bos, &mut json);
        json.push_str(",\"eos_token\":");
        quote(&self.eos, &mut json);
        let mut pair = |name: &str, value: &TemplateValue| {
            json.push(',');
            quote(name, &mut json);
            json.push(':');
            match value {
                TemplateValue::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
                TemplateValue::Int(value) => json.push_str(&value.to_string()),
                TemplateValue::Str(value) => quote(value, &mut json),
                TemplateValue::Json(value) => json.push_str(value),
            }
        };
        let given = |name: &str| options.variables.iter().any(|(key, _)| key == name);
        if options.add_generation_prompt && !given("add_generation_prompt") {
            pair("add_generation_prompt", &TemplateValue::Bool(true));
        }
        if !given("enable_thinking") {
            pair("enable_thinking", &TemplateValue::Bool(true));
        }
        for (name, value) in &options.variables {
            pair(name, value);
        }
        json.push('}');
        json
    }
}

#[cfg(feature = "jinja")]
fn wants_parts(source: &str) -> Result<bool> {
    crate::backend::init()?;
    // What is wrong with a template, rendering tells.
    Ok(llama_sys::jinja::wants_parts(source).unwrap_or(false))
}

#[cfg(not(feature = "jinja"))]
#[allow(clippy::unnecessary_wraps, reason = "as with the engine")]
fn wants_parts(_source: &str) -> Result<bool> {
    Ok(false)
}

/// Appends a text as a JSON string.
fn quote(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}

/// Removes `text` from the beginning, as far as the template wrote it.
fn strip_start(parts: &mut [PromptPart], text: &str) {
    if let Some(first) = parts.first_mut()
        && !first.is_input
        && !text.is_empty()
        && first.text.starts_with(text)
    {
        first.text.drain(..text.len());
    }
}

/// Removes `text` from the end, as far as the template wrote it.
fn strip_end(parts: &mut [PromptPart], text: &str) {
    if let Some(last) = parts.last_mut()
        && !last.is_input
        && !text.is_empty()
        && last.text.ends_with(text)
    {
        last.text.truncate(last.text.len() - text.len());
    }
}

/// Renders with one of llama.cpp's built-in formats. Contents are replaced by marks first, so that it is known
/// afterwards which text is theirs.
#[cfg_attr(feature = "jinja", allow(dead_code, reason = "the fallback without the engine, tested with it"))]
fn built_in(template: &str, messages: &[Message], add_assistant: bool) -> Result<Vec<PromptPart>> {
    use crate::ffi::text::c_string;
    let template = c_string("chat template", template)?;
    let mut list = Vec::with_capacity(messages.len());
    for (i, message) in messages.iter().enumerate() {
        list.push((c_string("role", &message.role)?, c_string("content", &mark(i))?));
    }
    let text = crate::ffi::chat::apply_template(&template, &list, add_assistant)?.ok_or_else(|| {
        Error::Template {
            detail: "it is none of llama.cpp's built-in formats; enable feature `jinja`".to_owned(),
        }
    })?;
    Ok(unmark(&String::from_utf8_lossy(&text), messages))
}

/// A text from Unicode's private area that stands for the content of a message.
fn mark(index: usize) -> String {
    format!("\u{f8f0}{index}\u{f8f1}")
}

/// Puts the contents back in place of their marks.
fn unmark(text: &str, messages: &[Message]) -> Vec<PromptPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{f8f0}') {
        let Some((number, tail)) = after.split_once('\u{f8f1}') else { break };
        parts.push(PromptPart::template(before));
        if let Some(message) = number.parse::<usize>().ok().and_then(|i| messages.get(i)) {
            parts.push(PromptPart::input(message.content.clone()));
        }
        rest = tail;
    }
    parts.push(PromptPart::template(rest));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(source: &str) -> ChatTemplate {
        ChatTemplate {
            source: source.to_owned(),
            bos: "<s>".to_owned(),
            eos: "</s>".to_owned(),
            strip_bos: true,
            strip_eos: true,
            wants_parts: false,
            #[cfg(feature = "jinja")]
            marks: Marks::of(&["<|im_end|>"]),
        }
    }

    #[test]
    fn variables_are_json() {
        let options = TemplateOptions::default().variable("enable_thinking", false).variable("n", 3_i64);
        let json = template("").variables(&[Message::user("a\"\\\n\u{1}é")], &options);
        assert_eq!(
            json,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\\\"\\\\\\n\\u0001é\"}],\"bos_token\":\"<s>\",\
             \"eos_token\":\"</s>\",\"add_generation_prompt\":true,\"enable_thinking\":false,\"n\":3}"
        );
    }

    #[test]
    fn tokens_that_are_added_anyway_are_stripped_from_template_text_only() {
        let mut parts = vec![PromptPart::template("<s>a"), PromptPart::input("</s>")];
        strip_start(&mut parts, "<s>");
        strip_end(&mut parts, "</s>");
        assert_eq!(parts, [PromptPart::template("a"), PromptPart::input("</s>")]);
    }

    #[test]
    fn the_built_in_formats_know_their_inputs() {
        let messages = [Message::system("Be terse."), Message::user("<|im_end|>")];
        let parts = built_in(CHATML, &messages, true).unwrap();
        let text: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(
            text,
            "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\n<|im_end|><|im_end|>\n\
             <|im_start|>assistant\n"
        );
        let inputs: Vec<&str> = parts.iter().filter(|p| p.is_input).map(|p| p.text.as_str()).collect();
        assert_eq!(inputs, ["Be terse.", "<|im_end|>"]);
        let unknown = built_in("{{ messages }}", &messages, true);
        assert!(matches!(unknown, Err(Error::Template { .. })), "{unknown:?}");
        assert!(matches!(built_in("a\0", &messages, true), Err(Error::NulByte { .. })));
    }

    #[test]
    fn marks_give_the_contents_back() {
        let messages = [Message::user("hi"), Message::assistant("yo")];
        let text = format!("<u>{}</u><a>{}</a>", mark(0), mark(1));
        assert_eq!(
            unmark(&text, &messages),
            [
                PromptPart::template("<u>"),
                PromptPart::input("hi"),
                PromptPart::template("</u><a>"),
                PromptPart::input("yo"),
                PromptPart::template("</a>"),
            ]
        );
    }
}
