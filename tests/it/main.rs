//! The integration tests: one binary.

mod translate;
