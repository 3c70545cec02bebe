//! `range @> column` where the range is the same for all rows: what is asked is whether the column lies between two values, and so it is said, so that
//! partitions can be pruned by it.

use super::Binder;
use super::functions::resolve_function;
use crate::error::Result;
use crate::sql::tree::{Expr, ExprKind, Query, Signature};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::range::{self, End};
use crate::types::{NumericScale, Type};

impl Binder<'_> {
    /// Turns the question whether a constant range holds a column's value into comparisons; `None` for all else.
    ///
    /// # Errors
    /// As the comparisons that are made of it.
    pub fn constant_range(&self, operator: &Signature, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        let (range, value) = match (operator.name.as_str(), args) {
            ("@>", [range, value]) | ("<@", [value, range]) => (range, value),
            _ => return Ok(None),
        };
        // The value is read twice.
        if range::subtype(range.ty) != Some(value.ty) || !is_column(value) {
            return Ok(None);
        }
        let mut parts = Vec::new();
        // What is wrong with it is said when it is known whether it is computed (`check`).
        let Ok(known) = constant(range) else { return Ok(None) };
        let (lower, upper) = match known {
            Some(bytes) => match range::ends(&bytes, range.ty)? {
                Some((lower, upper)) => (bound_of(lower, value.ty, range.position), bound_of(upper, value.ty, range.position)),
                None => return Ok(Some(self.known(value, false, position))),
            },
            // daterange(current_date - 7, current_date)
            None => match same_for_all_rows(range) {
                Some((lower, upper)) => {
                    parts.push(self.is_in_order(range)?);
                    (lower, upper)
                }
                None => return Ok(None),
            },
        };
        for ((bound, inclusive), at, beside) in [(lower, ">=", ">"), (upper, "<=", "<")] {
            let Some(bound) = bound else { continue };
            parts.push(self.operator(if inclusive { at } else { beside }, Some(value.clone()), bound, position)?);
        }
        Ok(Some(match parts.len() {
            0 => self.known(value, true, position),
            1 => parts.remove(0),
            _ => self.make(ExprKind::And(parts), Type::BOOL, -1, position),
        }))
    }

    /// A condition that always holds, and fails where the bounds of a range are in the wrong order.
    fn is_in_order(&self, range: &Expr) -> Result<Expr> {
        let function = resolve_function(Some("pg_catalog"), "isempty", &[range.ty], false, range.position)?.signature;
        let asked = self.make(ExprKind::Call { function, args: vec![range.clone()] }, Type::BOOL, -1, range.position);
        Ok(self.make(ExprKind::IsNull { expr: Box::new(asked), negated: true }, Type::BOOL, -1, range.position))
    }

    /// What is the same for every value but NULL.
    fn known(&self, value: &Expr, holds: bool, position: Option<u32>) -> Expr {
        let present = ExprKind::IsNull { expr: Box::new(value.clone()), negated: true };
        let present = self.make(present, Type::BOOL, -1, position);
        let holds = Expr::literal(Literal::Bool(holds), Type::BOOL, position);
        self.make(ExprKind::Case { whens: vec![(present, holds)], otherwise: None }, Type::BOOL, -1, position)
    }
}

/// Says what is wrong with the constant ranges of a query that are asked whether they hold a value: PostgreSQL's planner makes them.
///
/// # Errors
/// 22000 and what else their bounds say.
pub fn check(query: &Query) -> Result<()> {
    let mut found = Ok(());
    walk::each_expr(query, |expr| {
        if let (ExprKind::Operator { args, .. }, true) = (&expr.kind, found.is_ok() && contains(expr)) {
            found = args.iter().filter(|arg| range::subtype(arg.ty).is_some()).try_for_each(|arg| constant(arg).map(|_| ()));
        }
    });
    found
}

/// Tells whether an expression asks whether a range holds something.
pub fn contains(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Operator { operator, .. } if matches!(operator.name.as_str(), "@>" | "<@"))
}

fn is_column(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column { .. } => true,
        ExprKind::Cast { expr, .. } => is_column(expr),
        _ => false,
    }
}

/// Returns the range that an expression always is.
///
/// # Errors
/// What is wrong with it.
pub fn constant(expr: &Expr) -> Result<Option<Vec<u8>>> {
    let given = |arg: &Expr| match &arg.kind {
        ExprKind::Literal(Literal::Null) => Some(None),
        ExprKind::Literal(value) => Some(Some(value.clone())),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Literal(Literal::Bytes(bytes)) => Ok(Some(bytes.clone())),
        ExprKind::Call { function, args } if Type::by_name(&function.name) == Some(expr.ty) => {
            let flags = match args.get(2).map(given) {
                None => Some("[)".to_owned()),
                Some(Some(Some(Literal::Text(flags)))) => Some(flags),
                Some(Some(None)) => None,
                _ => return Ok(None),
            };
            let (Some(Some(lower)), Some(Some(upper))) = (args.first().map(given), args.get(1).map(given)) else { return Ok(None) };
            range::construct(expr.ty, lower, upper, flags.as_deref()).map(Some)
        }
        _ => Ok(None),
    }
}

/// A bound, none where it is infinite, and whether it belongs to the range.
type Bound = (Option<Expr>, bool);

/// The bounds that a constructor gets, where they read no row and are never NULL but as a constant.
fn same_for_all_rows(range: &Expr) -> Option<(Bound, Bound)> {
    let ExprKind::Call { function, args } = &range.kind else { return None };
    if Type::by_name(&function.name) != Some(range.ty) {
        return None;
    }
    let flags = match args.get(2).map(|flags| &flags.kind) {
        None => "[)",
        Some(ExprKind::Literal(Literal::Text(flags))) => flags,
        _ => return None,
    };
    let bound = |arg: &Expr| match arg.is_null_literal() {
        true => Some(None),
        false => is_known(arg).then(|| Some(arg.clone())),
    };
    let (low, high) = match flags {
        "[)" => (true, false),
        "[]" => (true, true),
        "(]" => (false, true),
        "()" => (false, false),
        _ => return None,
    };
    Some(((bound(args.first()?)?, low), (bound(args.get(1)?)?, high)))
}

/// Functions that tell the time, or make one of others: of no row, and never NULL.
const OF_TIME: [&str; 9] = [
    "now",
    "current_timestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "localtimestamp",
    "current_date",
    "date_trunc",
    "timezone",
    "make_date",
];

/// Tells whether a value is the same for all rows, and not NULL.
fn is_known(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => *value != Literal::Null,
        ExprKind::Cast { expr, .. } => is_known(expr),
        ExprKind::Operator { operator, args } => matches!(operator.name.as_str(), "+" | "-") && args.iter().all(is_known),
        ExprKind::Call { function, args } => OF_TIME.contains(&function.name.as_str()) && args.iter().all(is_known),
        _ => false,
    }
}

/// A bound as a constant.
fn bound_of(end: End, ty: Type, position: Option<u32>) -> Bound {
    let scale = match &end.value {
        Some(Literal::Numeric(digits)) => NumericScale::Fixed(crate::types::input::number::scale_of(digits)),
        _ => NumericScale::Any,
    };
    (end.value.map(|value| Expr { scale, ..Expr::literal(value, ty, position) }), end.inclusive)
}
