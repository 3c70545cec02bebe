//! Functions of BigQuery's own: to the embedded engine, as to PostgreSQL, they do not exist.

use crate::error::Result;
use crate::sql::bind::warehouse;
use crate::sql::tree::{ExprKind, Query};
use crate::sql::walk;

/// Refuses a query that calls one.
///
/// # Errors
/// 42883 with the position of the first call.
pub(super) fn check(query: &Query) -> Result<()> {
    let mut found = None;
    walk::each_expr(query, |expr| {
        let function = match &expr.kind {
            ExprKind::Call { function, .. } => function,
            ExprKind::Aggregate(call) => &call.function,
            ExprKind::Window(call) => &call.function,
            _ => return,
        };
        if function.schema == "bigquery" && found.is_none() {
            found = warehouse::missing(expr);
        }
    });
    found.map_or(Ok(()), Err)
}
