//! The order of a subquery's rows, where PostgreSQL's plans keep it and clients rely on it: `SELECT array_agg(x) FROM (SELECT ... ORDER BY y)`,
//! `SELECT * FROM (SELECT ... ORDER BY y) LIMIT 5`. No other engine promises it, so it is made explicit.

use super::Binder;
use super::grouping::each;
use super::query::column_of;
use crate::sql::tree::*;
use crate::sql::walk;

/// A sort key over a query's columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ordered {
    /// Which column.
    pub column: usize,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
}

/// Aggregates whose value depends on the order of the rows.
const COLLECTORS: &[&str] =
    &["array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "xmlagg", "range_agg"];

impl Binder<'_> {
    /// Gives a query without ORDER BY that of the subquery it reads.
    pub fn inherit_order(&self, query: &mut Query) {
        if !query.order_by.is_empty() {
            return;
        }
        let SetExpr::Select(select) = &mut query.body else { return };
        if !is_plain(select) {
            return;
        }
        let Some(keys) = select.from.as_mut().and_then(|from| self.order_of(from)) else { return };
        query.order_by = keys
            .into_iter()
            .map(|key| match &key.by {
                SortBy::Expr(expr) => match select.projection.iter().position(|target| target == expr) {
                    Some(i) => SortKey { by: SortBy::Output(i), ..key },
                    None => key,
                },
                SortBy::Output(_) => key,
            })
            .collect();
    }

    /// Gives the aggregates and windows of a SELECT the order of the subquery that it reads, where they have none of their own.
    pub fn inherit_inside(&self, select: &mut Select, order_by: &mut [SortKey]) {
        let keys = order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
        let mut parts: Vec<&mut Expr> = select.projection.iter_mut().chain(&mut select.having).chain(keys).collect();
        let mut asked = false;
        for part in &parts {
            each(part, &mut |expr| asked |= depends_on_order(expr));
        }
        if !asked {
            return;
        }
        let Some(keys) = select.from.as_mut().and_then(|from| self.order_of(from)) else { return };
        for part in &mut parts {
            put(part, &keys);
        }
    }

    /// Gives a DISTINCT ON without ORDER BY that of the subquery that it reads, if it begins with the same expressions.
    pub fn inherit_first(&self, select: &mut Select, order_by: &mut Vec<SortKey>) {
        let Distinct::On(on) = &select.distinct else { return };
        if !order_by.is_empty() || select.group_by != GroupBy::None {
            return;
        }
        let (on, from) = (on.clone(), select.from.as_mut());
        let Some(keys) = from.and_then(|from| self.order_of(from)) else { return };
        let leads = |key: &SortKey| matches!(&key.by, SortBy::Expr(expr) if on.contains(expr));
        if keys.len() >= on.len() && keys[..on.len()].iter().all(leads) {
            *order_by = keys;
        }
    }

    /// Returns the order of a FROM item's rows, as keys over its columns.
    fn order_of(&self, from: &mut Relation) -> Option<Vec<SortKey>> {
        let (id, columns, keys) = match from {
            Relation::Derived { id, query, .. } => {
                let keys = self.keys_of(query, true)?;
                (*id, query.columns.clone(), keys)
            }
            Relation::Cte { id, cte, columns, .. } => {
                let known = self.ctes.iter().rev().find(|known| known.id == *cte)?;
                (*id, columns.clone(), known.order.clone())
            }
            _ => return None,
        };
        let of = |key: Ordered| {
            let expr = column_of(id, key.column, columns.get(key.column)?, None);
            Some(SortKey { by: SortBy::Expr(expr), descending: key.descending, nulls_first: key.nulls_first })
        };
        keys.into_iter().map(of).collect::<Option<Vec<_>>>().filter(|keys| !keys.is_empty())
    }

    /// Returns the order of a query's rows by its columns; with `widen`, keys that are no columns become further ones.
    pub fn keys_of(&self, query: &mut Query, widen: bool) -> Option<Vec<Ordered>> {
        self.inherit_order(query);
        let mut keys = Vec::new();
        for key in query.order_by.clone() {
            let column = match key.by {
                SortBy::Output(i) => i,
                SortBy::Expr(_) if !widen => return None,
                SortBy::Expr(expr) => further_column(query, expr)?,
            };
            keys.push(Ordered { column, descending: key.descending, nulls_first: key.nulls_first });
        }
        Some(keys)
    }
}

/// Tells whether a SELECT passes the rows of its FROM on as they come.
fn is_plain(select: &Select) -> bool {
    matches!((&select.distinct, &select.group_by), (Distinct::No, GroupBy::None)) && select.having.is_none()
}

/// Adds a column to a SELECT behind those that names can mean.
fn further_column(query: &mut Query, expr: Expr) -> Option<usize> {
    let SetExpr::Select(select) = &mut query.body else { return None };
    if select.distinct != Distinct::No {
        return None;
    }
    let column = query.columns.len();
    let mut name = format!("order_{}", column + 1);
    while query.columns.iter().any(|known| known.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    query.columns.push(RelationColumn { name, ty: expr.ty, typmod: expr.typmod, scale: expr.scale });
    for key in &mut query.order_by {
        if matches!(&key.by, SortBy::Expr(known) if *known == expr) {
            key.by = SortBy::Output(column);
        }
    }
    select.projection.push(expr);
    Some(column)
}

fn depends_on_order(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(call) => {
            call.order_by.is_empty() && !call.distinct && !call.within_group && COLLECTORS.contains(&call.function.name.as_str())
        }
        ExprKind::Window(call) => call.order_by.is_empty() && (places(call) || whole(call)),
        _ => false,
    }
}

/// Functions of a row's place, whatever the frame is.
fn places(call: &Window) -> bool {
    !call.aggregate && matches!(call.function.name.as_str(), "row_number" | "ntile" | "lag" | "lead")
}

/// Functions of the frame's first and last rows or of their order, over the default frame: the whole partition.
fn whole(call: &Window) -> bool {
    let name = call.function.name.as_str();
    let by_order = if call.aggregate { COLLECTORS.contains(&name) } else { matches!(name, "first_value" | "last_value" | "nth_value") };
    by_order && call.frame.is_none()
}

fn put(expr: &mut Expr, keys: &[SortKey]) {
    if depends_on_order(expr) {
        match &mut expr.kind {
            ExprKind::Aggregate(call) => call.order_by = keys.to_vec(),
            ExprKind::Window(call) => {
                if whole(call) {
                    let (start, end) = (FrameBound::UnboundedPreceding, FrameBound::UnboundedFollowing);
                    call.frame = Some(Frame { unit: FrameUnit::Rows, start, end, exclude: FrameExclude::NoOthers });
                }
                call.order_by = keys.to_vec();
            }
            _ => {}
        }
    }
    walk::children_mut(expr).into_iter().for_each(|child| put(child, keys));
}
