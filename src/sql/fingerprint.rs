//! The canonical form of a bound query and its hash.
