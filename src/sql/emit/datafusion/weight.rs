//! What the engine would make of nested conditionals: its simplifier writes `coalesce(x, y)` as `CASE WHEN x IS NOT NULL THEN x ELSE y
//! END`, so that every level doubles the one below.

use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind, Query};
use crate::sql::walk;

/// Levels of doubling that still plan in the blink of an eye.
const MAX_DOUBLED: u32 = 12;

/// Refuses a query whose plan would grow without measure.
///
/// # Errors
/// 54001 with the position of the outermost expression that is too much.
pub(super) fn check(query: &Query) -> Result<()> {
    let mut heavy = None;
    walk::each_expr(query, |expr| {
        if heavy.is_none() && doubles(expr) && levels(expr) > MAX_DOUBLED {
            heavy = Some(expr.position);
        }
    });
    match heavy {
        None => Ok(()),
        Some(position) => Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, "the expression is too complex")
            .hint("Compute nested COALESCE, NULLIF or IN step by step, in subqueries.")
            .at(position)),
    }
}

fn doubles(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Coalesce(_) | ExprKind::NullIf { .. } | ExprKind::InList { .. } | ExprKind::AnyArray { .. })
}

fn levels(expr: &Expr) -> u32 {
    let below = walk::children(expr).into_iter().map(levels).max().unwrap_or(0);
    below + u32::from(doubles(expr))
}
