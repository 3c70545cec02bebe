//! Bound tree to datafusion text.

use crate::error::{Report, Result};
use crate::sql::tree::Bound;

/// Prints a bound query.
///
/// # Errors
/// 0A000 with position for what has no faithful form.
pub fn emit(bound: &Bound) -> Result<String> {
    let _ = bound;
    Err(Report::unsupported("this query"))
}
