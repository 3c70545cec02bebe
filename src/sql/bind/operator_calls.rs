//! Functions that implement an operator (`pg_operator.oprcode`), called by their names: `int4mul(a, b)` is `a * b`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Binder;
use super::signatures::{OPERATORS, Operator};
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

/// The operators by the names of the functions that implement them. A function whose name several have is spelled with its schema.
static BY_FUNCTION: LazyLock<FxHashMap<&str, Vec<&Operator>>> = LazyLock::new(|| {
    let mut operators: FxHashMap<&str, Vec<&Operator>> = FxHashMap::default();
    for operator in OPERATORS.iter() {
        operators.entry(operator.function.strip_prefix("pg_catalog.").unwrap_or(operator.function)).or_default().push(operator);
    }
    operators
});

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
        let operators = BY_FUNCTION.get(name).map_or(&[][..], Vec::as_slice);
        let Some(operator) = operators.iter().find(|operator| fits(operator.left, operator.right)) else { return Ok(None) };
        let (left, right) = match args {
            [right] => (None, right),
            [left, right] => (Some(left.clone()), right),
            _ => return Ok(None),
        };
        self.operator(operator.name, left, right.clone(), position).map(Some)
    }
}
