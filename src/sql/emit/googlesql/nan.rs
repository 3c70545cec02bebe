//! NaN: equal to itself and greater than every number in PostgreSQL, unordered and sorted first in GoogleSQL.

use super::text::{Level, chain};
use super::*;
use crate::types::literal::Literal;

/// Tells whether a value can be NaN: a double precision that comes from a stored one.
pub(super) fn may_be_nan(expr: &Expr) -> bool {
    if !expr.ty.is_float() {
        return false;
    }
    match &expr.kind {
        ExprKind::Literal(Literal::Float(value)) => value.is_nan(),
        ExprKind::Literal(_) => false,
        ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Subquery { .. } => true,
        ExprKind::Cast { expr, .. } => expr.ty.is_string() || may_be_nan(expr),
        ExprKind::Window(call) => call.args.iter().any(may_be_nan),
        ExprKind::Aggregate(call) => {
            let ordered = |key: &SortKey| matches!(&key.by, SortBy::Expr(by) if may_be_nan(by));
            call.args.iter().any(may_be_nan) || call.order_by.iter().any(ordered)
        }
        _ => {
            let mut found = false;
            super::select::for_operands(expr, &mut |operand| found |= may_be_nan(operand) || operand.ty.is_array());
            found
        }
    }
}

/// Tells whether an array of floats may hold NaN.
pub(super) fn may_hold_nan(array: &Expr) -> bool {
    match &array.kind {
        ExprKind::Literal(Literal::Array(items)) => items.iter().any(|item| matches!(item, Literal::Float(value) if value.is_nan())),
        ExprKind::Array(items) => items.iter().any(may_be_nan),
        _ => array.ty.element().is_some_and(crate::types::Type::is_float),
    }
}

/// Prints sort keys for a printed value: NaN behind every other number, before or after NULL as the key says.
pub(super) fn sort_keys(sql: &str, nan: bool, key: &SortKey) -> String {
    let plain = super::query::ordered(sql, key);
    if nan { format!("{}, {plain}", super::query::ordered(&format!("IS_NAN({sql})"), key)) } else { plain }
}

/// Adds to a comparison of floats what PostgreSQL says of NaN.
pub(super) fn compared(name: &str, left: (&Expr, &Text), right: (&Expr, &Text), plain: Text) -> Text {
    let (left_nan, right_nan) = (may_be_nan(left.0), may_be_nan(right.0));
    let is_nan = |text: &Text| Text::call("IS_NAN", std::slice::from_ref(text));
    let not_nan = |text: &Text| Text::new(format!("NOT {}", is_nan(text)), Level::Not);
    // The other side must not be NULL where NaN alone would decide.
    let known = |(expr, text): (&Expr, &Text)| {
        (!literals::is_constant(expr)).then(|| Text::new(format!("{} IS NOT NULL", text.operand()), Level::Compare))
    };
    let or = |extra: Vec<Text>| chain(&[plain.clone(), chain(&extra, "AND", Level::And)], "OR", Level::Or);
    let and = |extra: Text| chain(&[plain.clone(), extra], "AND", Level::And);
    match (name, left_nan, right_nan) {
        ("=", true, true) => or(vec![is_nan(left.1), is_nan(right.1)]),
        ("<>", true, true) => and(Text::new(format!("NOT ({} AND {})", is_nan(left.1), is_nan(right.1)), Level::Not)),
        (">", true, true) => or(vec![is_nan(left.1), not_nan(right.1)]),
        ("<", true, true) => or(vec![not_nan(left.1), is_nan(right.1)]),
        (">" | ">=", true, _) => or([Some(is_nan(left.1)), known(right)].into_iter().flatten().collect()),
        ("<" | "<=", _, true) => or([Some(is_nan(right.1)), known(left)].into_iter().flatten().collect()),
        _ => plain,
    }
}
