//! json and jsonb as PostgreSQL reads and prints them (chapter 8.14).

use crate::error::{Report, Result};

/// Checks that the text is JSON as PostgreSQL's json input does.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn validate(text: &str) -> Result<()> {
    canonical(text).map(drop)
}

/// Returns the jsonb output form: keys by length and bytes, the last of duplicate keys, `", "` and `": "`, numbers as numeric prints them.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn canonical(text: &str) -> Result<String> {
    let _ = text;
    Err(Report::unsupported("json"))
}
