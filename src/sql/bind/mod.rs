//! Names and types: the parser's tree to the bound tree.

pub mod coerce;
pub mod functions;
pub mod operators;
pub mod scale;
