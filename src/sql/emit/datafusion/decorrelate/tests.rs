//! Shapes of rewritten queries.
