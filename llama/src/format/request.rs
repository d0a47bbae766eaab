//! What is to be rendered.

use crate::chat_template::{TemplateOptions, TemplateValue};
use crate::error::{Error, Result};
use crate::message::{Message, ToolCall};
#[cfg(feature = "multimodal")]
use crate::multimodal::StandIns;
use crate::structured::name_root;
use crate::vocab::marks::Marker;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Longest name of a tool, in bytes.
const MAX_NAME: usize = 64;

/// A tool as the model sees it.
///
/// ```
/// let weather = llama::ToolDefinition::new(
///     "weather",
///     "Current weather of a city",
///     serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
/// );
/// assert_eq!(weather.name, "weather");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// Letters, digits, `_` and `-`, up to 64.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// A JSON schema of its arguments, which are an object.
    pub parameters: Value,
}

impl ToolDefinition {
    /// A tool with a JSON schema of its arguments.
    #[must_use]
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        Self { name: name.into(), description: description.into(), parameters }
    }
}

/// Whether the model has to call tools.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{ChatFormat, ChatRequest, Message, ToolChoice, ToolDefinition};
/// let place = serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}});
/// let request = ChatRequest::new([Message::user("Hi")])
///     .tools([ToolDefinition::new("weather", "Current weather", place)])
///     .tool_choice(ToolChoice::Required);
/// let prompt = ChatFormat::of_model(&model)?.render(&request)?;
/// assert!(prompt.gbnf().is_some());
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// The model must call one. In most formats it may write text before it does.
    Required,
    /// The model sees the tools and must not call any.
    None,
}

impl ToolChoice {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Required => "required",
            Self::None => "none",
        }
    }
}

/// A conversation to be rendered, with tools and wishes for the answer.
///
/// ```
/// use llama::{ChatRequest, Message};
/// let request = ChatRequest::new([Message::user("Is a llama a camel?")])
///     .thinking(false)
///     .json_schema(serde_json::json!({"type": "boolean"}));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it does nothing before it is rendered"]
pub struct ChatRequest {
    messages: Vec<Message>,
    tools: Vec<ToolDefinition>,
    choice: ToolChoice,
    parallel: bool,
    schema: Option<Value>,
    thinking: Option<bool>,
    variables: Vec<(String, TemplateValue)>,
    continued: bool,
    closed: bool,
}

impl ChatRequest {
    /// A conversation without tools.
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Self {
        Self { messages: messages.into_iter().collect(), ..Self::default() }
    }

    /// Tools that the model may call.
    pub fn tools(mut self, tools: impl IntoIterator<Item = ToolDefinition>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Whether the model has to call tools.
    pub fn tool_choice(mut self, choice: ToolChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Lets the model call several tools at once.
    pub fn parallel_tool_calls(mut self, parallel: bool) -> Self {
        self.parallel = parallel;
        self
    }

    /// Makes the answer JSON of this schema.
    pub fn json_schema(mut self, schema: Value) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Whether models that can think aloud do so. The default is on.
    pub fn thinking(mut self, on: bool) -> Self {
        self.thinking = Some(on);
        self
    }

    /// Sets a variable of the template. Its value counts as template text.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<TemplateValue>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The options of a template.
    pub(crate) fn options(mut self, options: &TemplateOptions) -> Self {
        self.closed = !options.add_generation_prompt;
        self.variables.extend(options.variables.iter().cloned());
        self
    }

    /// Lets the model go on with its own last message instead of beginning a new one.
    pub fn continue_last(mut self) -> Self {
        self.continued = true;
        self
    }

    /// Ends the prompt behind the last message, without the beginning of the model's own.
    pub fn without_generation_prompt(mut self) -> Self {
        self.closed = true;
        self
    }

    pub(super) fn has_tools(&self) -> bool {
        !self.tools.is_empty()
    }

    /// All texts of the messages and of the tools.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        let messages = self.messages.iter().flat_map(|m| {
            let own = [&m.role, &m.content, &m.reasoning, &m.tool_call_id, &m.tool_name];
            let calls = m.tool_calls.iter().flat_map(|call| [&call.name, &call.arguments, &call.id]);
            own.into_iter().chain(calls)
        });
        let tools = self.tools.iter().flat_map(|tool| {
            let mut texts = vec![tool.name.as_str(), &tool.description];
            collect(&tool.parameters, &mut texts);
            texts
        });
        messages.map(String::as_str).chain(tools)
    }

    /// The request with stand-ins for media; `None` where there are none.
    #[cfg(feature = "multimodal")]
    pub(super) fn without_media(&self, template: &str) -> Result<Option<(StandIns, Self)>> {
        let values = self.variables.iter().filter_map(|(_, value)| value.text());
        let tools: Vec<String> = self.tools.iter().map(|tool| tool.parameters.to_string()).collect();
        let others = values.chain(self.texts()).chain(tools.iter().map(String::as_str)).chain([template]);
        let put = StandIns::put(&self.messages, others)?;
        Ok(put.map(|(stand_ins, messages)| (stand_ins, Self { messages, ..self.clone() })))
    }

    pub(super) fn check(&self) -> Result<()> {
        for (i, tool) in self.tools.iter().enumerate() {
            let name = &tool.name;
            let usual = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
            if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(usual) {
                let reason = format!("{name:?} is no name of letters, digits, _ and -, up to {MAX_NAME}");
                return Err(Error::invalid("tools", reason));
            }
            if self.tools[..i].iter().any(|other| other.name == *name) {
                return Err(Error::invalid("tools", format!("there are two tools named {name:?}")));
            }
        }
        if self.choice == ToolChoice::Required && self.tools.is_empty() {
            return Err(Error::invalid("tool_choice", "a call is required, but there are no tools"));
        }
        if self.schema.is_some() && !self.tools.is_empty() {
            return Err(Error::invalid("json_schema", "it cannot be combined with tools"));
        }
        Ok(())
    }

    /// The request in the form that the shim reads.
    pub(super) fn to_json(&self, marker: Option<&Marker>) -> Value {
        let hide =
            |text: &str| Value::from(marker.map_or(Cow::Borrowed(text), |m| m.hide(text)).into_owned());
        let call = |call: &ToolCall| {
            let arguments = match marker {
                Some(marker) => hide_inside(&call.arguments, marker),
                None => call.arguments.clone(),
            };
            let function = json!({"name": hide(&call.name), "arguments": arguments});
            let mut out = json!({"type": "function", "function": function});
            if !call.id.is_empty() {
                out["id"] = hide(&call.id);
            }
            out
        };
        let message = |message: &Message| {
            let mut out = json!({"role": hide(&message.role), "content": hide(&message.content)});
            let optional = [
                ("reasoning_content", &message.reasoning),
                ("tool_call_id", &message.tool_call_id),
                ("name", &message.tool_name),
            ];
            for (name, text) in optional.into_iter().filter(|(_, text)| !text.is_empty()) {
                out[name] = hide(text);
            }
            if !message.tool_calls.is_empty() {
                out["tool_calls"] = message.tool_calls.iter().map(call).collect();
            }
            out
        };
        let tool = |tool: &ToolDefinition| {
            let (name, description) = (&tool.name, hide(&tool.description));
            let parameters = tool.parameters.clone();
            let parameters = name_root(match marker {
                Some(marker) => hide_all(parameters, marker),
                None => parameters,
            });
            let function = json!({"name": name, "description": description, "parameters": parameters});
            json!({"type": "function", "function": function})
        };
        let variables: Map<String, Value> =
            self.variables.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
        let mut out = json!({
            "messages": self.messages.iter().map(message).collect::<Vec<_>>(),
            "tool_choice": self.choice.name(),
            "parallel_tool_calls": self.parallel,
            "add_generation_prompt": !self.closed,
            "continue": self.continued,
        });
        if !self.tools.is_empty() {
            out["tools"] = self.tools.iter().map(tool).collect();
        }
        if let Some(schema) = &self.schema {
            out["json_schema"] = name_root(schema.clone());
        }
        let switch = variables.get("enable_thinking").and_then(Value::as_bool);
        if let Some(on) = self.thinking.or(switch) {
            out["enable_thinking"] = on.into();
        }
        out["variables"] = variables.into();
        out
    }
}

fn variable(value: &TemplateValue) -> Value {
    match value {
        TemplateValue::Bool(value) => (*value).into(),
        TemplateValue::Int(value) => (*value).into(),
        TemplateValue::Str(value) => value.as_str().into(),
        // What is no JSON is a text.
        TemplateValue::Json(value) => serde_json::from_str(value).unwrap_or_else(|_| value.as_str().into()),
    }
}

/// Collects the texts of a JSON value, names included.
fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => {
            for (key, value) in fields {
                texts.push(key);
                collect(value, texts);
            }
        }
        _ => {}
    }
}

/// Hides control tokens in the texts of a JSON value.
fn hide_all(value: Value, marker: &Marker) -> Value {
    match value {
        Value::String(text) => marker.hide(&text).into_owned().into(),
        Value::Array(items) => items.into_iter().map(|item| hide_all(item, marker)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (marker.hide(&key).into_owned(), hide_all(value, marker)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// Hides control tokens inside the text of a JSON value, where they may be spelled with escapes.
fn hide_inside(json: &str, marker: &Marker) -> String {
    match serde_json::from_str(json) {
        Ok(value) => hide_all(value, marker).to_string(),
        Err(_) => marker.hide(json).into_owned(),
    }
}
