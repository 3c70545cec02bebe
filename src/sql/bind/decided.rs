//! AND and OR that a constant decides: `false AND x`. PostgreSQL's planner never computes what stands behind it (`simplify_and_arguments`, clauses.c), be
//! it a constant that cannot be computed.

use crate::sql::tree::{Expr, ExprKind};
use crate::sql::walk;
use crate::types::literal::Literal;

/// Makes the constant of an AND or OR that its parts decide. What stands before the deciding one is computed by PostgreSQL where it is constant, so it
/// must be of a kind that cannot fail.
pub fn decide(expr: &mut Expr) {
    let (parts, all) = match &expr.kind {
        ExprKind::And(parts) => (parts, true),
        ExprKind::Or(parts) => (parts, false),
        _ => return,
    };
    let Some(at) = parts.iter().position(|part| part.kind == ExprKind::Literal(Literal::Bool(!all))) else { return };
    if parts[..at].iter().all(cannot_fail) {
        expr.kind = ExprKind::Literal(Literal::Bool(!all));
    }
}

fn cannot_fail(expr: &Expr) -> bool {
    let plain = match &expr.kind {
        ExprKind::Operator { operator, .. } => matches!(operator.name.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">="),
        ExprKind::Literal(_)
        | ExprKind::Column { .. }
        | ExprKind::Parameter(_)
        | ExprKind::IsNull { .. }
        | ExprKind::IsBool { .. }
        | ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_) => true,
        _ => false,
    };
    plain && walk::children(expr).into_iter().all(cannot_fail)
}
