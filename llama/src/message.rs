//! One message of a conversation.

/// A message: who says what.
///
/// ```
/// use llama::Message;
/// let messages = [Message::system("You are terse."), Message::user("Hi")];
/// assert_eq!(messages[1].role, "user");
/// ```
#[doc(alias = "llama_chat_message")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool`, or what else the model's template knows.
    pub role: String,
    /// The text.
    pub content: String,
    /// What the model thought before it said the text. Templates see it with feature `tools`.
    pub reasoning: String,
    /// Calls that the model asks for. Templates see them with feature `tools`.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a message of role `tool` answers: its id.
    pub tool_call_id: String,
    /// The tool that a message of role `tool` comes from.
    pub tool_name: String,
    /// Images and recordings, by their places in the text.
    #[cfg(feature = "multimodal")]
    pub(crate) media: Vec<crate::multimodal::Placed>,
}

impl Message {
    /// A message of any role.
    #[must_use]
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into(), ..Self::default() }
    }

    /// Instructions for the model.
    #[must_use]
    pub fn system(content: impl Into<String>) -> Self {
        Self::new("system", content)
    }

    /// What the user says.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self::new("user", content)
    }

    /// What the model says.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new("assistant", content)
    }

    /// What a tool answers to a call.
    ///
    /// ```
    /// use llama::{Message, ToolCall};
    /// let call = ToolCall::new("weather", r#"{"city": "Lima"}"#).with_id("call00001");
    /// let question = Message::assistant("").with_tool_calls([call.clone()]);
    /// let answer = Message::tool(&call, "sunny");
    /// assert_eq!(answer.tool_call_id, question.tool_calls[0].id);
    /// ```
    #[must_use]
    pub fn tool(call: &ToolCall, content: impl Into<String>) -> Self {
        Self { tool_call_id: call.id.clone(), tool_name: call.name.clone(), ..Self::new("tool", content) }
    }

    /// The next message with the contents of this one in front of its own.
    pub(crate) fn followed_by(&self, next: &Self) -> Self {
        let mut joined = self.clone();
        joined.append("\n\n");
        #[cfg(feature = "multimodal")]
        joined.media.extend(next.media.iter().cloned().map(|mut placed| {
            placed.at += joined.content.len();
            placed
        }));
        joined.content.push_str(&next.content);
        Self {
            content: joined.content,
            #[cfg(feature = "multimodal")]
            media: joined.media,
            ..next.clone()
        }
    }

    /// Puts text behind everything there is.
    pub(crate) fn append(&mut self, text: &str) {
        // A place behind the end counts as the end, and stays in front of this text.
        #[cfg(feature = "multimodal")]
        self.media.iter_mut().for_each(|placed| placed.at = placed.at.min(self.content.len()));
        self.content.push_str(text);
    }

    /// With calls that the model asks for.
    #[must_use]
    pub fn with_tool_calls(mut self, calls: impl IntoIterator<Item = ToolCall>) -> Self {
        self.tool_calls = calls.into_iter().collect();
        self
    }

    /// With what the model thought before.
    #[must_use]
    pub fn with_reasoning(mut self, text: impl Into<String>) -> Self {
        self.reasoning = text.into();
        self
    }
}

impl<T: Into<String>> From<T> for Message {
    /// What the user says.
    fn from(text: T) -> Self {
        Self::user(text)
    }
}

/// A call of a tool that the model asks for.
///
/// ```
/// let call = llama::ToolCall::new("weather", r#"{"city": "Lima"}"#);
/// assert_eq!(call.name, "weather");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct ToolCall {
    /// Name of the tool.
    pub name: String,
    /// The arguments, as the text of a JSON object. While a reply is being generated: as far as it goes.
    pub arguments: String,
    /// Names this call in a conversation; empty where the model's format has no ids.
    pub id: String,
}

impl ToolCall {
    /// A call without an id.
    #[must_use]
    pub fn new(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self { name: name.into(), arguments: arguments.into(), id: String::new() }
    }

    /// With an id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }
}
