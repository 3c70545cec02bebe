//! The order of a subquery's rows, where PostgreSQL's plans keep it and clients rely on it: `SELECT array_agg(x) FROM (SELECT ... ORDER BY y)`,
//! `SELECT * FROM (SELECT ... ORDER BY y) LIMIT 5`, `SELECT x, rank() OVER (ORDER BY y) FROM t LIMIT 5`. No other engine promises it, so it is made
//! explicit.

use super::Binder;
use super::grouping::each;
use super::query::column_of;
use crate::sql::row_places::{adds_up, may_be_numbered, number};
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
    /// Gives a query without ORDER BY the order that its rows have in PostgreSQL: that of its windows, for which they were sorted, and that of the
    /// subquery it reads.
    pub fn inherit_order(&self, query: &mut Query) {
        let windows = match &query.body {
            SetExpr::Select(select) if query.order_by.is_empty() && select.distinct == Distinct::No => window_keys(select),
            _ => Vec::new(),
        };
        self.order_by(query, windows);
    }

    /// Gives a query without ORDER BY that of the subquery it reads.
    pub fn inherit_order_from(&self, query: &mut Query) {
        self.order_by(query, Vec::new());
    }

    /// Gives a query without ORDER BY these keys, and behind them those of the subquery it reads.
    fn order_by(&self, query: &mut Query, mut keys: Vec<SortKey>) {
        if !query.order_by.is_empty() {
            return;
        }
        let SetExpr::Select(select) = &mut query.body else { return };
        if is_plain(select) {
            keys.extend(select.from.as_mut().and_then(|from| self.order_of(from)).into_iter().flatten());
        }
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
            give_order(part, &keys);
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

    /// Tells whether a side of UNION ALL has an order, its own or that of what it reads.
    fn has_ordered_side(&self, query: &mut Query) -> bool {
        if let SetExpr::Set { left, right, .. } = &mut query.body {
            let (left, right) = (self.has_ordered_side(left), self.has_ordered_side(right));
            return left || right;
        }
        self.inherit_order(query);
        !query.order_by.is_empty()
    }

    /// Returns the order of a FROM item's rows, as keys over its columns.
    fn order_of(&self, from: &mut Relation) -> Option<Vec<SortKey>> {
        let (id, columns, keys) = match from {
            Relation::Derived { id, query, .. } => {
                let keys = self.keys_of(query)?;
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

    /// Returns the order of a query's rows by its columns; keys that are no columns become further ones.
    pub fn keys_of(&self, query: &mut Query) -> Option<Vec<Ordered>> {
        self.inherit_order(query);
        if adds_up(query) && self.has_ordered_side(query) && may_be_numbered(query) {
            let column = query.columns.len();
            number(query, &mut 0)?;
            let key = |column| Ordered { column, descending: false, nulls_first: false };
            return Some(vec![key(column), key(column + 1)]);
        }
        let mut keys = Vec::new();
        for key in query.order_by.clone() {
            let column = match key.by {
                SortBy::Output(i) => i,
                SortBy::Expr(expr) => further_column(query, expr)?,
            };
            keys.push(Ordered { column, descending: key.descending, nulls_first: key.nulls_first });
        }
        Some(keys)
    }
}

/// The order in which the windows of a SELECT leave its rows: sorted for the first of them last (`select_active_windows` takes them from the last to the
/// first), by what divides them and then by what orders them.
fn window_keys(select: &Select) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = Vec::new();
    let mut add = |key: SortKey| {
        let constant = matches!(&key.by, SortBy::Expr(Expr { kind: ExprKind::Literal(_) | ExprKind::Parameter(_), .. }));
        if !constant && !keys.iter().any(|known| known.by == key.by) {
            keys.push(key);
        }
    };
    for target in &select.projection {
        each(target, &mut |expr| {
            let ExprKind::Window(call) = &expr.kind else { return };
            for part in &call.partition_by {
                add(SortKey { by: SortBy::Expr(part.clone()), descending: false, nulls_first: false });
            }
            call.order_by.iter().cloned().for_each(&mut add);
        });
    }
    keys
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

/// Tells whether a call's value depends on the order of the rows, and it has none of its own.
pub fn depends_on_order(expr: &Expr) -> bool {
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

/// Gives the aggregates and windows of an expression these keys, where they have none of their own.
pub fn give_order(expr: &mut Expr, keys: &[SortKey]) {
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
    walk::children_mut(expr).into_iter().for_each(|child| give_order(child, keys));
}
