//! Bound tree to googlesql text.

use chrono_tz::Tz;

use crate::error::{Report, Result};
use crate::sql::tree::Bound;

/// Prints a bound query; `zone` is the session's TimeZone.
///
/// # Errors
/// 0A000 with position for what has no faithful form.
pub fn emit(bound: &Bound, zone: Tz) -> Result<String> {
    let _ = (bound, zone);
    Err(Report::unsupported("this query"))
}
