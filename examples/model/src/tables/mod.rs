//! What the model is taught, as flat data.

pub mod calendar;
pub mod colours;
pub mod countries;
pub mod opposites;
pub mod tools;
pub mod words;
