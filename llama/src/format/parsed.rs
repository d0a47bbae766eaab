//! What a model said, in its parts.

use crate::message::{Message, ToolCall};
use serde::Deserialize;

/// What a model said: its answer, what it thought before, and the calls that it asks for.
///
/// ```
/// # let model = llama::Model::load("../examples/model/llama-tiny-chat.gguf")?;
/// use llama::{ChatFormat, ChatRequest, Message, ToolDefinition};
/// let nothing = serde_json::json!({"type": "object", "properties": {}});
/// let request = ChatRequest::new([Message::user("What is the time?")])
///     .tools([ToolDefinition::new("clock", "Current time", nothing)]);
/// let prompt = ChatFormat::of_model(&model)?.render(&request)?;
/// let said = prompt.parse("<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>")?;
/// assert_eq!((said.content.as_str(), said.tool_calls[0].name.as_str()), ("", "clock"));
/// let history = Message::from(said);
/// # drop(history);
/// # Ok::<(), llama::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[non_exhaustive]
pub struct ParsedMessage {
    /// The answer.
    pub content: String,
    /// What the model thought before.
    pub reasoning: String,
    /// The calls in their order.
    #[serde(deserialize_with = "calls")]
    pub tool_calls: Vec<ToolCall>,
}

impl From<ParsedMessage> for Message {
    /// The message of the model for a history.
    fn from(parsed: ParsedMessage) -> Self {
        Self::assistant(parsed.content).with_reasoning(parsed.reasoning).with_tool_calls(parsed.tool_calls)
    }
}

fn calls<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<ToolCall>, D::Error> {
    #[derive(Deserialize)]
    struct Call {
        name: String,
        arguments: String,
        id: String,
    }
    let calls = Vec::<Call>::deserialize(deserializer)?;
    Ok(calls.into_iter().map(|call| ToolCall::new(call.name, call.arguments).with_id(call.id)).collect())
}
