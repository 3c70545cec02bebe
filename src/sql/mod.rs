//! Text to bound, typed tree to text: functions of their arguments, no I/O.

pub mod bind;
pub mod classify;
pub mod commenter;
pub mod ddl;
pub mod emit;
#[cfg(test)]
pub mod fixtures;
pub mod fingerprint;
pub mod language;
pub mod parse;
pub mod passthrough;
pub mod stamp;
pub mod styles;
pub mod tree;
pub mod walk;
