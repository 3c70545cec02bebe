//! `SELECT 1`: one row of constants needs no engine. Drivers and pools ask it all day.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;

use super::conform::Conform;
use super::values::scalar;
use crate::error::{Report, Result};
use crate::sql::tree::{Bound, Distinct, Expr, ExprKind, GroupBy, SetExpr};
use crate::types::Type;
use crate::types::literal::Literal;

/// Types whose constants have one form only, here and in the engine.
const PLAIN: [Type; 10] =
    [Type::BOOL, Type::INT2, Type::INT4, Type::INT8, Type::FLOAT8, Type::TEXT, Type::DATE, Type::TIMESTAMP, Type::TIMESTAMPTZ, Type::UUID];

/// Tells whether a query is nothing but a select list of constants and parameters: only another parameter gives it another answer.
pub fn is_row(bound: &Bound) -> bool {
    select_list(bound).is_some()
}

/// Returns the row of a query that is nothing but a select list of constants and parameters; `None` for any other query.
///
/// # Errors
/// 22003 when a value is outside its type.
pub fn one_row(bound: &Bound, parameters: &[Literal]) -> Result<Option<RecordBatch>> {
    let Some(list) = select_list(bound) else { return Ok(None) };
    let mut arrays = Vec::with_capacity(list.len());
    let mut fields = Vec::with_capacity(list.len());
    for (expr, column) in list.iter().zip(bound.columns.iter()) {
        let value = match &expr.kind {
            ExprKind::Parameter(n) => parameters.get(*n).unwrap_or(&Literal::Null),
            ExprKind::Literal(value) => value,
            _ => return Ok(None),
        };
        let array = scalar(expr.ty, value)?.to_array().map_err(Report::internal)?;
        fields.push(Field::new(&column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(Report::internal)?;
    Conform::new(&schema, &bound.columns).apply(&batch).map(Some)
}

fn select_list(bound: &Bound) -> Option<&[Expr]> {
    let query = &bound.query;
    let SetExpr::Select(select) = &query.body else { return None };
    let bare = query.ctes.is_empty()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && select.from.is_none()
        && select.filter.is_none()
        && select.having.is_none()
        && matches!(select.distinct, Distinct::No)
        && matches!(select.group_by, GroupBy::None)
        && !select.projection.is_empty()
        && select.projection.iter().all(|expr| is_plain(expr, &bound.parameters));
    bare.then_some(&select.projection)
}

fn is_plain(expr: &Expr, parameters: &[Type]) -> bool {
    let known = match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Parameter(n) => parameters.get(*n) == Some(&expr.ty),
        _ => false,
    };
    known && PLAIN.contains(&expr.ty) && expr.typmod == -1
}
