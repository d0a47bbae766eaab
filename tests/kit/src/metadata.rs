//! Key-value pairs of a model file.

use llama::gguf::Value;

/// Metadata in the order in which it is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Metadata(Vec<(String, Value)>);

impl Metadata {
    /// Adds one pair; a key that is there already gets the new value.
    pub(crate) fn add(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some(pair) => pair.1 = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// The pairs in order.
    pub(crate) fn into_pairs(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter()
    }
}
