//! Functions that a model may call.
#![forbid(unsafe_code)]

use crate::format::ToolDefinition;
use crate::message::ToolCall;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What a tool gives back: a value, or an error of any kind that the model gets to read.
///
/// ```
/// use llama::{ToolResult, tool};
/// fn half(number: i64) -> ToolResult<i64> {
///     if number % 2 == 0 { Ok(number / 2) } else { Err(format!("{number} is odd").into()) }
/// }
/// let tool = tool("half", "Half of an even number", half);
/// # drop(tool);
/// assert_eq!(half(4).unwrap(), 2);
/// assert_eq!(half(3).unwrap_err().to_string(), "3 is odd");
/// ```
pub type ToolResult<T> = Result<T, Box<dyn Error + Send + Sync>>;

type Function = dyn Fn(&str) -> ToolResult<String> + Send + Sync;

/// A function that a model may call; made by [`tool`] or [`Tool::new`]. Clones share the function.
///
/// ```
/// use llama::{Tool, ToolDefinition};
/// let place = serde_json::json!({"type": "object", "properties": {"city": {"type": "string"}}});
/// let definition = ToolDefinition::new("weather", "Current weather of a city", place);
/// let weather = Tool::new(definition, |place| {
///     Ok(format!("sunny in {}", place["city"].as_str().unwrap_or("the world")))
/// });
/// assert_eq!(weather.definition().name, "weather");
/// assert_eq!(weather.call(r#"{"city": "Lima"}"#).unwrap(), "sunny in Lima");
/// ```
#[derive(Clone)]
pub struct Tool {
    definition: ToolDefinition,
    function: Arc<Function>,
}

/// Makes a tool of a function. The schema of its arguments comes from their type: the comments on the fields tell
/// the model what they mean.
///
/// An error of the function goes to the model, which may try again. A panic goes to the caller of the chat.
///
/// ```
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Sum {
///     /// Numbers to add.
///     numbers: Vec<f64>,
/// }
/// let sum = llama::tool("sum", "Adds numbers", |sum: Sum| Ok(sum.numbers.iter().sum::<f64>()));
/// assert_eq!(sum.call(r#"{"numbers": [1, 2]}"#).unwrap(), "3.0");
/// assert!(sum.call("{}").is_err());
/// ```
pub fn tool<A, R>(
    name: impl Into<String>,
    description: impl Into<String>,
    function: impl Fn(A) -> ToolResult<R> + Send + Sync + 'static,
) -> Tool
where
    A: DeserializeOwned + JsonSchema,
    R: Serialize,
{
    let schema = schemars::schema_for!(A).to_value();
    Tool::new(ToolDefinition::new(name, description, parameters(schema)), move |arguments| {
        function(serde_json::from_value(arguments)?)
    })
}

/// A schema without what only other programs need.
fn parameters(mut schema: Value) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
        fields.remove("title");
    }
    schema
}

impl Tool {
    /// A tool with a schema of your own. The function gets the arguments as they are.
    pub fn new<R: Serialize>(
        definition: ToolDefinition,
        function: impl Fn(Value) -> ToolResult<R> + Send + Sync + 'static,
    ) -> Self {
        let function = move |arguments: &str| {
            let arguments = serde_json::from_str(arguments)?;
            Ok(match serde_json::to_value(function(arguments)?)? {
                Value::String(text) => text,
                other => other.to_string(),
            })
        };
        Self { definition, function: Arc::new(function) }
    }

    /// The tool as the model sees it.
    #[must_use]
    pub fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// Calls the function. `arguments` is the text of a JSON object; the result is a text, or JSON text.
    ///
    /// # Errors
    /// When the arguments are not of its type, and the function's own errors.
    pub fn call(&self, arguments: &str) -> ToolResult<String> {
        (self.function)(arguments)
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("definition", &self.definition).finish_non_exhaustive()
    }
}

/// The answer to a call, also where it failed.
pub(crate) fn answer(tools: &[Tool], call: &ToolCall) -> String {
    let Some(tool) = tools.iter().find(|tool| tool.definition.name == call.name) else {
        let names: Vec<&str> = tools.iter().map(|tool| tool.definition.name.as_str()).collect();
        return failure(&format!("there is no tool {:?}; there are: {}", call.name, names.join(", ")));
    };
    tool.call(&call.arguments).unwrap_or_else(|error| failure(&error.to_string()))
}

/// An error in a form that models understand.
pub(crate) fn failure(what: &str) -> String {
    serde_json::json!({ "error": what }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, JsonSchema)]
    struct Place {
        /// Name of the city.
        city: String,
    }

    fn weather() -> Tool {
        tool("weather", "Weather", |place: Place| match place.city.as_str() {
            "Lima" => Ok(serde_json::json!({"rain": false})),
            other => Err(format!("no station in {other}").into()),
        })
    }

    #[test]
    fn comments_and_types_become_the_schema() {
        let schema = &weather().definition.parameters;
        assert_eq!(schema["properties"]["city"]["type"], "string");
        assert_eq!(schema["properties"]["city"]["description"], "Name of the city.");
        assert_eq!(schema["required"][0], "city");
        assert!(schema.get("$schema").is_none());
    }

    #[test]
    fn every_call_has_an_answer() {
        let tools = [weather()];
        for (name, arguments, expected) in [
            ("weather", r#"{"city": "Lima"}"#, r#"{"rain":false}"#),
            ("weather", r#"{"city": "Oz"}"#, r#"{"error":"no station in Oz"}"#),
            ("weather", r#"{"town": "Lima"}"#, r#"{"error":"missing field `city`"}"#),
            ("weather", "{", r#"{"error":"EOF"#),
            ("umbrella", "{}", r#"{"error":"there is no tool \"umbrella\"; there are: weather"}"#),
        ] {
            let text = answer(&tools, &ToolCall::new(name, arguments));
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
