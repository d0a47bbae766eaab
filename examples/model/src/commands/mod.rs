//! One file per subcommand.

pub(crate) mod corpus;
pub(crate) mod eval;
pub(crate) mod pack;
pub(crate) mod show;
