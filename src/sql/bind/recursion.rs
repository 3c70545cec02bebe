//! WITH items that refer to themselves.

use sqlparser::ast;

use super::names::{fold, parts};
use crate::sql::tree::{CteId, Expr, ExprKind, Relation};

/// Tells whether a FROM item is, or joins, a WITH item.
pub fn reads(from: &Relation, id: CteId) -> bool {
    match from {
        Relation::Join { left, right, .. } => reads(left, id) || reads(right, id),
        Relation::Cte { cte, .. } => *cte == id,
        _ => false,
    }
}

/// Tells whether an expression holds an aggregate, subqueries aside.
pub fn aggregates(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Aggregate(_)) || crate::sql::walk::children(expr).into_iter().any(aggregates)
}

/// Tells whether a query names this relation anywhere.
pub fn refers_to(query: &ast::Query, name: &str) -> bool {
    ast::visit_relations(query, |relation| {
        let parts = parts(relation).unwrap_or_default();
        if parts.len() == 1 && fold(&parts[0]) == name { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    })
    .is_break()
}
