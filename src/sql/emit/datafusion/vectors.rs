//! Arrays that count from 0: int2vector, oidvector, and what is made of them. The engine's lists have no lower bound, so what shows it
//! is told here.

use super::Printer;
use crate::error::{Report, Result};
use crate::sql::array_bounds::{Begin, begins};
use crate::sql::tree::Expr;

impl Printer<'_> {
    /// Prints a subscript of an array as the engine counts, from 1.
    pub(super) fn counted_from_one(&mut self, array: &Expr, index: &Expr) -> Result<String> {
        let index_text = self.expr(index)?;
        match begins(array) {
            Begin::One => Ok(index_text),
            Begin::Zero => Ok(format!("pg_add(arrow_cast({index_text}, 'Int64'), CAST(1 AS BIGINT))")),
            Begin::Either => Err(uncertain(index)),
        }
    }
}

impl Printer<'_> {
    /// Prints a call whose answer tells where its array begins, for one that does not begin at 1; `None` for all other calls.
    pub(super) fn told_from_zero(&self, function: &str, args: &[Expr], texts: &[String]) -> Result<Option<(bool, Vec<String>)>> {
        let set = function == "generate_subscripts";
        let telling =
            set || matches!(function, "array_length" | "array_lower" | "array_upper" | "array_dims" | "array_position" | "array_positions");
        let (true, [array, rest @ ..]) = (telling, args) else { return Ok(None) };
        let begin = begins(array);
        if begin == Begin::One || begin == Begin::Either && function == "array_length" {
            return Ok(None);
        }
        let [list, values @ ..] = texts else { return Ok(None) };
        let text = match (begin, function, values) {
            (Begin::Zero, "generate_subscripts", [dimension]) => format!("pg_subscripts_from_zero({list}, {dimension})"),
            // An empty vector still has its one dimension.
            (Begin::Zero, "array_length", [dimension]) => first(dimension, &format!("pg_cardinality({list})")),
            (Begin::Zero, "array_lower", [dimension]) => first(dimension, &format!("pg_cardinality({list}) * 0")),
            (Begin::Zero, "array_upper", [dimension]) => first(dimension, &format!("pg_cardinality({list}) - 1")),
            (Begin::Zero, "array_dims", []) => bounds_from_zero(list),
            (Begin::Zero, "array_position", [value]) => less_one(&format!("pg_array_position({list}, {value})")),
            _ => return Err(uncertain(rest.first().unwrap_or(array))),
        };
        Ok(Some((set, vec![text])))
    }
}

fn less_one(text: &str) -> String {
    format!("pg_add({text}, CAST(-1 AS INT))")
}

/// A number of the first dimension, the only one.
fn first(dimension: &str, text: &str) -> String {
    format!("CASE WHEN {dimension} = 1 THEN CAST({text} AS INT) END")
}

/// The bounds of a list that counts from 0, as `[0:2]`.
pub(super) fn bounds_from_zero(list: &str) -> String {
    let last = format!("arrow_cast(pg_cardinality({list}) - 1, 'Utf8')");
    format!("pg_concat_op(pg_concat_op('[0:', {last}), ']')")
}

/// The refusal where an array may begin here or there.
pub(super) fn uncertain(at: &Expr) -> Report {
    Report::unsupported("a subscript of an array that may count from 0 or from 1").at(at.position)
}
