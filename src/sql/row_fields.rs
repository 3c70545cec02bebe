//! The types of a row's fields, of columns that are rows or arrays of rows: their binary form tells them.

use std::sync::Arc;

use super::tree::{Expr, ExprKind, Query, SetExpr};
use crate::types::Type;

/// Returns the types of the fields of a query's column; `None` for a column that is no row, or whose rows differ or are not known.
pub fn of_column(query: &Query, column: usize) -> Option<Arc<[Type]>> {
    match &query.body {
        SetExpr::Select(select) => of(select.projection.get(column)?),
        SetExpr::Set { left, right, .. } => of_column(left, column).filter(|fields| of_column(right, column).as_ref() == Some(fields)),
        SetExpr::Values(rows) => alike(rows.iter().filter_map(|row| row.get(column))),
    }
}

fn of(expr: &Expr) -> Option<Arc<[Type]>> {
    match &expr.kind {
        ExprKind::Row(fields, _) => {
            let types: Vec<Type> = fields.iter().map(|field| field.ty).collect();
            // A row within a row has fields of its own, which its type does not tell.
            let is_row = |ty: &Type| *ty == Type::RECORD || ty.element() == Some(Type::RECORD);
            (!types.iter().any(is_row)).then(|| types.into())
        }
        ExprKind::Array(items) if expr.ty.element() == Some(Type::RECORD) => alike(items.iter()),
        ExprKind::Aggregate(aggregate) if expr.ty.element() == Some(Type::RECORD) => of(aggregate.args.first()?),
        ExprKind::Coalesce(args) => alike(args.iter()),
        _ => None,
    }
}

/// What all of them have that are not NULL.
fn alike<'a>(parts: impl Iterator<Item = &'a Expr>) -> Option<Arc<[Type]>> {
    let mut found = parts.filter(|part| !part.is_null_literal()).map(of);
    let first = found.next()??;
    found.all(|other| other.as_ref() == Some(&first)).then_some(first)
}
