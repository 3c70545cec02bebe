//! json: reading.

use super::Scalar;

/// Returns the kind of a json text as `jsonb_typeof` says it.
pub(super) fn kind(text: &str) -> &'static str {
    match text.trim_start().bytes().next() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    Vec::new()
}
