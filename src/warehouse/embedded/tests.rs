//! The engine from text to rows, over small folders.
