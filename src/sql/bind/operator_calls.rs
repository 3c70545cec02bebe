//! Functions that implement an operator (`pg_operator.oprcode`), called by their names: `int4mul(a, b)` is `a * b`.

use super::Binder;
use super::signatures::OPERATORS;
use crate::error::Result;
use crate::sql::tree::{Expr, Signature};
use crate::types::Type;

/// Those that are documented as functions; the emitters know them by their names.
const FUNCTIONS: [&str; 13] = [
    "array_append",
    "array_cat",
    "array_prepend",
    "json_extract_path",
    "json_extract_path_text",
    "jsonb_contained",
    "jsonb_contains",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "like",
    "notlike",
    "starts_with",
    "textcat",
];

impl Binder<'_> {
    /// Binds a call of such a function as its operator; `None` for all others.
    ///
    /// # Errors
    /// As operators.
    pub fn operator_call(&self, function: &Signature, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        let name = function.name.as_str();
        if FUNCTIONS.contains(&name) || name.starts_with("jsonb_exists") || function.oid == 0 {
            return Ok(None);
        }
        let fits = |left: Option<Type>, right| match function.arguments.as_slice() {
            [own] => left.is_none() && *own == right,
            [own, other] => left == Some(*own) && *other == right,
            _ => false,
        };
        let Some(operator) = OPERATORS.iter().find(|operator| implements(operator.function, name) && fits(operator.left, operator.right))
        else {
            return Ok(None);
        };
        let (left, right) = match args {
            [right] => (None, right),
            [left, right] => (Some(left.clone()), right),
            _ => return Ok(None),
        };
        self.operator(operator.name, left, right.clone(), position).map(Some)
    }
}

/// A function whose name several have is spelled with its schema.
fn implements(function: &str, name: &str) -> bool {
    function.strip_prefix("pg_catalog.").unwrap_or(function) == name
}
