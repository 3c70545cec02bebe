//! Arrays that count from 0: int2vector, oidvector, and what is made of them. Neither warehouse's lists have a lower bound, so where one begins is
//! known of the expression.

use super::tree::{Expr, ExprKind, Query, SetExpr};
use super::walk;
use crate::types::Type;

/// Where an array begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At 1, as arrays do.
    One,
    /// At 0.
    Zero,
    /// Some of its values here, some there.
    Either,
}

/// Tells where the arrays that an expression gives begin.
pub fn begins(expr: &Expr) -> Begin {
    if matches!(expr.ty, Type::INT2VECTOR | Type::OIDVECTOR) {
        return Begin::Zero;
    }
    if !expr.ty.is_array() {
        return Begin::One;
    }
    match &expr.kind {
        ExprKind::Cast { expr: inner, .. } => begins(inner),
        ExprKind::Coalesce(args) => together(args.iter()),
        ExprKind::Case { whens, otherwise, .. } => together(whens.iter().map(|(_, then)| then).chain(otherwise.as_deref())),
        ExprKind::Call { .. } | ExprKind::Operator { .. } => match together(walk::children(expr).into_iter()) {
            Begin::One => Begin::One,
            _ => Begin::Either,
        },
        _ => Begin::One,
    }
}

/// Where all of them begin that are arrays.
fn together<'a>(parts: impl Iterator<Item = &'a Expr>) -> Begin {
    of_all(parts.filter(|part| part.ty.is_array() && !part.is_null_literal()).map(begins))
}

fn of_all(known: impl Iterator<Item = Begin>) -> Begin {
    known.reduce(|a, b| if a == b { a } else { Begin::Either }).unwrap_or(Begin::One)
}

/// Tells where the arrays of a query's column begin.
pub fn of_column(query: &Query, column: usize) -> Begin {
    if !query.columns.get(column).is_some_and(|column| column.ty.is_array()) {
        return Begin::One;
    }
    match &query.body {
        SetExpr::Select(select) => select.projection.get(column).map_or(Begin::One, begins),
        SetExpr::Set { left, right, .. } => of_all([of_column(left, column), of_column(right, column)].into_iter()),
        SetExpr::Values(rows) => together(rows.iter().filter_map(|row| row.get(column))),
    }
}
