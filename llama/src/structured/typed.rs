//! Replies as values of Rust types.

use super::Format;
use crate::chat::Chat;
use crate::error::{Error, Result};
use crate::message::Message;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

impl Format {
    /// JSON of the form that a type has.
    #[must_use]
    pub fn json<T: JsonSchema>() -> Self {
        Self::json_schema(schemars::schema_for!(T).as_value().to_string())
    }
}

impl Chat {
    /// Asks for a value of a type. The reply can be nothing but JSON of the type's form.
    ///
    /// The text goes to the model as it is: it should say that JSON is wanted and what the fields mean. The names
    /// of the fields need not be said, the reply comes with them in their order.
    ///
    /// ```no_run
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct City {
    ///     name: String,
    ///     country: String,
    ///     inhabitants: Option<u64>,
    /// }
    /// let model = llama::Model::load("model.gguf")?;
    /// let city: City = model.chat("You answer in JSON.")?.ask_for("Give me a city in Japan.")?;
    /// println!("{} has {:?} inhabitants", city.name, city.inhabitants);
    /// # Ok::<(), llama::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Schema`] for types whose form cannot be enforced, see [`Format::json_schema`];
    /// [`Error::Incomplete`] when a limit cuts the reply; [`Error::Reply`] when the type refuses the value for
    /// reasons that its schema does not tell; otherwise as [`ask`](Self::ask).
    pub fn ask_for<T: DeserializeOwned + JsonSchema>(&mut self, message: impl Into<Message>) -> Result<T> {
        let reply = self.ask_as(message, &Format::json::<T>())?;
        serde_json::from_str(&reply).map_err(|error| Error::Reply { detail: error.to_string(), text: reply })
    }
}
