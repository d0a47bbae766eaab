//! Tools, as the system turn lists them and as the assistant calls them.

use std::fmt;

use serde_json::{Value as Json, json};

use crate::turn::{CALL_END, CALL_START};

/// What stands before the list of tools.
pub(crate) const LIST_START: &str = "Tools:";

/// A tool on offer. It displays as its line in the system turn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tool {
    /// The name a call uses.
    pub name: String,
    /// The names of the parameters.
    pub parameters: Vec<String>,
    /// What the tool is for; may be empty.
    pub description: String,
}

impl Tool {
    pub(crate) fn new(name: &str, parameters: &[&str], description: &str) -> Self {
        Self {
            name: name.to_owned(),
            parameters: parameters.iter().map(|&name| name.to_owned()).collect(),
            description: description.to_owned(),
        }
    }

    /// The tool as the `OpenAI` form of chat requests defines it.
    ///
    /// ```
    /// use default_model::{Dialogue, Split, Topic, rng::Rng};
    ///
    /// let dialogue = Dialogue::about(&mut Rng::new(1), Split::HeldOut, Topic::ToolCall);
    /// assert_eq!(dialogue.tools[0].definition()["type"], "function");
    /// ```
    #[must_use]
    pub fn definition(&self) -> Json {
        let properties: serde_json::Map<String, Json> =
            self.parameters.iter().map(|name| (name.clone(), json!({"type": "string"}))).collect();
        let mut function = json!({
            "name": self.name,
            "parameters": {"type": "object", "properties": properties},
        });
        if !self.description.is_empty() {
            function["description"] = self.description.as_str().into();
        }
        json!({"type": "function", "function": function})
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.parameters.join(", "))?;
        if self.description.is_empty() { Ok(()) } else { write!(f, ": {}", self.description) }
    }
}

/// A call's JSON.
pub(crate) fn call(tool: &str, argument: Option<(&str, &str)>) -> Json {
    let arguments: serde_json::Map<String, Json> =
        argument.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({"name": tool, "arguments": arguments})
}

/// A call's text, as the assistant says it.
pub(crate) fn call_text(tool: &str, argument: Option<(&str, &str)>) -> String {
    let arguments = argument
        .map_or_else(String::new, |(name, value)| format!("\"{name}\": {}", Json::String(value.to_owned())));
    format!("{CALL_START}\n{{\"name\": \"{tool}\", \"arguments\": {{{arguments}}}}}\n{CALL_END}")
}
