//! Functions of BigQuery's own: to the embedded engine, as to PostgreSQL, they do not exist.

use crate::error::{Report, Result, SqlState};
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
            let types: Vec<String> = function.arguments.iter().map(ToString::to_string).collect();
            found = Some((format!("function {}({}) does not exist", function.name, types.join(", ")), expr.position));
        }
    });
    match found {
        None => Ok(()),
        Some((message, position)) => Err(Report::new(SqlState::UNDEFINED_FUNCTION, message)
            .hint("BigQuery has a function of this name; the embedded engine has none, and neither has PostgreSQL.")
            .at(position)),
    }
}
