//! Columns that tell where a row of UNION ALL or of VALUES stands, so that the order in which PostgreSQL gives them can be asked for.

use super::bind::functions::resolve_function;
use super::tree::*;
use super::walk::aggregates;
use crate::error::Result;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// Tells whether a query is UNION ALL and no more.
pub fn adds_up(query: &Query) -> bool {
    let whole = query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    whole && matches!(query.body, SetExpr::Set { op: SetOp::Union, all: true, .. })
}

/// Tells whether the sides of UNION ALL can tell their numbers and those of their rows.
pub fn may_be_numbered(query: &Query) -> bool {
    match &query.body {
        SetExpr::Set { left, right, .. } => adds_up(query) && may_be_numbered(left) && may_be_numbered(right),
        SetExpr::Select(select) => select.distinct == Distinct::No,
        // Sorted ones stand otherwise than they are written.
        SetExpr::Values(_) => query.order_by.is_empty(),
    }
}

/// Adds two columns: the number of the side of UNION ALL that a row comes from, and the row's own number there.
pub fn number(query: &mut Query, side: &mut i64) -> Option<()> {
    let integer = |value: i64| Expr::literal(Literal::Int(value), Type::INT8, None);
    match &mut query.body {
        SetExpr::Set { left, right, .. } => {
            number(left, side)?;
            number(right, side)?;
        }
        SetExpr::Select(select) => {
            let of_rows = select.from.is_some() && select.group_by == GroupBy::None && !select.projection.iter().any(aggregates);
            let row = match of_rows || !query.order_by.is_empty() {
                true => row_number(select, &query.order_by)?,
                false => integer(0),
            };
            select.projection.extend([integer(*side), row]);
            *side += 1;
            if query.limit.is_none() && query.offset.is_none() {
                query.order_by.clear();
            }
        }
        SetExpr::Values(rows) => {
            for (row, place) in rows.iter_mut().zip(0..) {
                row.extend([integer(*side), integer(place)]);
            }
            *side += 1;
        }
    }
    for what in ["side", "row"] {
        let mut name = format!("{what}_{}", query.columns.len() + 1);
        while query.columns.iter().any(|known| known.name.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        query.columns.push(RelationColumn { name, ty: Type::INT8, typmod: -1, scale: NumericScale::Fixed(0) });
    }
    Some(())
}

/// `row_number() OVER (ORDER BY ..)` by the keys of a query.
fn row_number(select: &Select, keys: &[SortKey]) -> Option<Expr> {
    let expr = |key: &SortKey| match &key.by {
        SortBy::Output(i) => select.projection.get(*i).cloned(),
        SortBy::Expr(expr) => Some(expr.clone()),
    };
    let key = |key: &SortKey| Some(SortKey { by: SortBy::Expr(expr(key)?), ..*key });
    row_number_over(keys.iter().map(key).collect::<Option<Vec<_>>>()?).ok()
}

/// `row_number() OVER (ORDER BY ..)`.
///
/// # Errors
/// An internal one, if the catalog's data lacked the function.
pub fn row_number_over(order_by: Vec<SortKey>) -> Result<Expr> {
    let function = resolve_function(Some("pg_catalog"), "row_number", &[], false, None)?.signature;
    let call = Window { function, aggregate: false, args: Vec::new(), filter: None, partition_by: Vec::new(), order_by, frame: None };
    Ok(Expr::new(ExprKind::Window(Box::new(call)), Type::INT8, None))
}
