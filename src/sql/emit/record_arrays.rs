//! Arrays of rows: each row is kept as its text, so they can be gathered, shown and counted, and not compared.

use crate::error::{Report, Result};
use crate::sql::tree::{CastMethod, ExprKind, Query};
use crate::sql::walk;
use crate::types::Type;

/// Functions that ask nothing of the rows.
const COUNTING: [&str; 7] = ["array_length", "cardinality", "array_lower", "array_upper", "array_ndims", "array_dims", "count"];

/// Refuses what looks into such arrays.
///
/// # Errors
/// 0A000 with position.
pub(super) fn check(query: &Query) -> Result<()> {
    let mut refused = None;
    walk::each_expr(query, |expr| {
        let counts = match &expr.kind {
            ExprKind::Call { function, .. } => COUNTING.contains(&function.name.as_str()),
            ExprKind::Aggregate(call) => COUNTING.contains(&call.function.name.as_str()) && !call.distinct,
            ExprKind::Coalesce(_) | ExprKind::Case { .. } | ExprKind::IsNull { .. } | ExprKind::Row(..) => true,
            ExprKind::Subquery { .. } | ExprKind::Subscript { .. } | ExprKind::Slice { .. } => true,
            ExprKind::Cast { .. } => matches!(expr.ty, Type::TEXT | Type::VARCHAR),
            ExprKind::Window(call) => matches!(call.function.name.as_str(), "first_value" | "last_value" | "lag" | "lead"),
            _ => false,
        };
        let distinct = matches!(&expr.kind, ExprKind::Aggregate(call) if call.distinct) && holds_rows(expr.ty);
        if distinct || !counts && walk::children(expr).into_iter().any(|part| holds_rows(part.ty)) {
            refused = refused.or(Some(expr.position));
        }
    });
    refused.map_or(Ok(()), |position| Err(unsupported(position)))
}

/// Refuses all arrays of rows but the paths of SEARCH and CYCLE, which are arrays of texts (`sql::bind::search_cycle`).
///
/// # Errors
/// 0A000 with position.
pub(super) fn refuse(query: &Query) -> Result<()> {
    let mut refused = None;
    walk::each_expr(query, |expr| {
        let path = matches!(expr.kind, ExprKind::Cast { method: CastMethod::Binary, .. } | ExprKind::Column { .. });
        if holds_rows(expr.ty) && !path {
            refused = refused.or(Some(expr.position));
        }
    });
    refused.map_or_else(|| check(query), |position| Err(unsupported(position)))
}

/// Tells whether a type is an array of rows.
pub(super) fn holds_rows(ty: Type) -> bool {
    ty.element() == Some(Type::RECORD)
}

fn unsupported(position: Option<u32>) -> Report {
    Report::unsupported("an array of rows in this place").at(position)
}
