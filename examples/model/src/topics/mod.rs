//! One file per topic: its facts, its wordings, its replies.

pub(crate) mod arithmetic;
pub(crate) mod calendar;
pub(crate) mod capitals;
pub(crate) mod colours;
pub(crate) mod comparison;
pub(crate) mod echo;
pub(crate) mod follow_up;
pub(crate) mod gaps;
pub(crate) mod identity;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod opposites;
pub(crate) mod outside;
pub(crate) mod reports;
pub(crate) mod small_talk;
pub(crate) mod stories;
pub(crate) mod tools;
