//! Bound tree to datafusion text.

use chrono_tz::Tz;

use crate::error::{Report, Result};
use crate::sql::tree::Bound;
use crate::types::literal::Literal;

/// Prints a bound query; `zone` is the session's TimeZone.
///
/// # Errors
/// 0A000 with position for what has no faithful form.
pub fn emit(bound: &Bound, parameters: &[Literal], zone: Tz) -> Result<String> {
    let _ = (bound, parameters, zone);
    Err(Report::unsupported("this query"))
}
