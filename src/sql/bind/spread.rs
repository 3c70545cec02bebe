//! Set-returning calls beside aggregates or windows: `SELECT generate_series(min(d), max(d), '1 day') FROM t`. Groups and windows are
//! computed first, then every row is spread over the call's rows (ProjectSet above Agg). Calls that are grouped by are spread before.

use super::Binder;
use super::order::Targets;
use super::query::plain_query;
use super::select::{call_columns, ordinal_key, set_columns, set_item};
use crate::error::Result;
use crate::sql::tree::*;
use crate::sql::walk;

/// The query below: what it computes, and the id that it is known by.
struct Below {
    id: RelationId,
    set: RelationId,
    projection: Vec<Expr>,
}

impl Below {
    /// Replaces what does not depend on the call's rows by columns of the query below.
    fn lift(&mut self, expr: &mut Expr) {
        if matches!(&expr.kind, ExprKind::Literal(_) | ExprKind::Parameter(_)) {
            return;
        }
        if matches!(&expr.kind, ExprKind::Column { relation, .. } if *relation == self.set) {
            return;
        }
        let mut above = false;
        super::grouping::each(expr, &mut |part| {
            above |= matches!(&part.kind, ExprKind::Column { relation, .. } if *relation == self.set);
        });
        if above {
            walk::children_mut(expr).into_iter().for_each(|child| self.lift(child));
            return;
        }
        let column = self.projection.iter().position(|known| known == expr).unwrap_or(self.projection.len());
        let lifted = Expr { kind: ExprKind::Column { relation: self.id, column }, ..expr.clone() };
        let whole = std::mem::replace(expr, lifted);
        if column == self.projection.len() {
            self.projection.push(whole);
        }
    }
}

/// The set-returning calls of a select list, each side with the relation that they become.
pub struct Split {
    /// Spread below the groups, or where there are none.
    pub below: Option<(RelationId, Vec<Expr>)>,
    /// Spread above the groups and windows.
    pub above: Option<(RelationId, Vec<Expr>)>,
}

impl Split {
    /// Tells whether the rows are sorted by a call: then PostgreSQL spreads them before it takes the first of each.
    pub fn sorts(&self, order_by: &[SortKey], targets: &Targets) -> bool {
        order_by.iter().any(|key| match &key.by {
            SortBy::Output(i) => targets.exprs.get(*i).is_some_and(|expr| self.is_within(expr)),
            SortBy::Expr(expr) => self.is_within(expr),
        })
    }

    /// Where the first call stands.
    pub fn position(&self) -> Option<u32> {
        self.sides().flat_map(|(_, calls)| calls).filter_map(|call| call.position).min()
    }

    fn is_within(&self, expr: &Expr) -> bool {
        self.sides().any(|(id, _)| mentions(expr, *id))
    }

    fn sides(&self) -> impl Iterator<Item = &(RelationId, Vec<Expr>)> {
        self.below.iter().chain(&self.above)
    }
}

/// Tells of each call whether the rows are grouped by it, or by another one over it.
fn within_groups(id: RelationId, calls: &[Expr], groups: &[Expr]) -> Vec<bool> {
    let owners: Vec<usize> = calls.iter().enumerate().flat_map(|(i, call)| std::iter::repeat_n(i, call_columns(call).len())).collect();
    let mut grouped = vec![false; calls.len()];
    let mark = |expr: &Expr, grouped: &mut Vec<bool>| {
        super::grouping::each(expr, &mut |part| {
            if let ExprKind::Column { relation, column } = &part.kind
                && *relation == id
                && let Some(owner) = owners.get(*column)
            {
                grouped[*owner] = true;
            }
        });
    };
    groups.iter().for_each(|expr| mark(expr, &mut grouped));
    // A call stands behind those within it.
    for (i, call) in calls.iter().enumerate().rev() {
        if grouped[i] {
            mark(call, &mut grouped);
        }
    }
    grouped
}

fn mentions(expr: &Expr, id: RelationId) -> bool {
    let mut found = false;
    super::grouping::each(expr, &mut |part| found |= matches!(&part.kind, ExprKind::Column { relation, .. } if *relation == id));
    found
}

impl Binder<'_> {
    /// Parts the calls of relation `id` into those that are spread before the groups and those that are spread after them, and gives what
    /// stands for their columns in `shown` and in the grouping expressions its new place.
    pub fn split_calls(&mut self, id: RelationId, calls: Vec<Expr>, shown: Vec<&mut Expr>, groups: &mut [Expr], grouping: bool) -> Split {
        if !grouping {
            let side = Some((id, calls));
            if !self.scope().windows {
                return Split { below: side, above: None };
            }
            self.scope().relations.remove(&id);
            return Split { below: None, above: side };
        }
        let other = self.next_relation();
        let (mut below, mut above) = (Vec::new(), Vec::new());
        let (mut old, mut low, mut high) = (0, 0, 0);
        let mut places: IdMap<usize, (RelationId, usize)> = IdMap::default();
        let grouped = within_groups(id, &calls, groups);
        for (call, grouped) in calls.into_iter().zip(grouped) {
            let width = call_columns(&call).len();
            let (side, next, relation) = if grouped { (&mut below, &mut low, id) } else { (&mut above, &mut high, other) };
            for column in old..old + width {
                places.insert(column, (relation, *next));
                *next += 1;
            }
            old += width;
            side.push(call);
        }
        struct Move(RelationId, IdMap<usize, (RelationId, usize)>);
        impl walk::VisitorMut for Move {
            fn expr(&mut self, expr: &mut Expr) {
                if let ExprKind::Column { relation, column } = &mut expr.kind
                    && *relation == self.0
                    && let Some(place) = self.1.get(column)
                {
                    (*relation, *column) = *place;
                }
            }
        }
        let mut mover = Move(id, places);
        let calls = below.iter_mut().chain(&mut above);
        shown.into_iter().chain(groups).chain(calls).for_each(|expr| walk::walk_expr_mut(expr, &mut mover));
        let side = |id: RelationId, calls: Vec<Expr>| if calls.is_empty() { None } else { Some((id, calls)) };
        Split { below: side(id, below), above: side(other, above) }
    }

    /// Puts the calls of relation `set` above a SELECT with groups or windows.
    ///
    /// # Errors
    /// Those of [`Binder::set_levels`].
    pub fn spread(&mut self, mut select: Select, order_by: &mut Vec<SortKey>, set: RelationId, mut calls: Vec<Expr>) -> Result<Select> {
        let mut below = Below { id: self.next_relation(), set, projection: Vec::new() };
        for call in &mut calls {
            walk::children_mut(call).into_iter().for_each(|arg| below.lift(arg));
        }
        let mut projection = std::mem::take(&mut select.projection);
        projection.iter_mut().for_each(|target| below.lift(target));
        for key in order_by.iter_mut() {
            if let SortBy::Expr(expr) = &mut key.by {
                below.lift(expr);
            }
        }
        let mut distinct = std::mem::replace(&mut select.distinct, Distinct::No);
        if let Distinct::On(exprs) = &mut distinct {
            exprs.iter_mut().for_each(|expr| below.lift(expr));
        }
        let like = |name: String, expr: &Expr| RelationColumn { name, ty: expr.ty, typmod: expr.typmod, scale: expr.scale };
        // Rows of one row stay in their order, unless they are sorted themselves.
        let sorts = |key: &SortKey| match &key.by {
            SortBy::Output(i) => projection.get(*i).is_some_and(|target| mentions(target, set)),
            SortBy::Expr(expr) => mentions(expr, set),
        };
        let ordinality = distinct == Distinct::No && !order_by.is_empty() && !order_by.iter().any(sorts);
        let inner_columns: Vec<RelationColumn> =
            below.projection.iter().enumerate().map(|(i, expr)| like(format!("c{}", i + 1), expr)).collect();
        select.projection = below.projection;
        let query = plain_query(SetExpr::Select(Box::new(select)), inner_columns);
        let left = Relation::Derived { id: below.id, alias: "groups".into(), lateral: false, query: Box::new(query) };
        let keys = order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
        let on = match &mut distinct {
            Distinct::On(exprs) => exprs.as_mut_slice(),
            Distinct::No | Distinct::All => &mut [],
        };
        let levels = self.set_levels(set, calls, projection.iter_mut().chain(keys).chain(on))?;
        let mut from = left;
        for (id, calls) in levels {
            let ordinal = set_columns(&calls).len();
            from = set_item(id, calls, ordinality, Some(from));
            if ordinality {
                order_by.push(ordinal_key(id, ordinal));
            }
        }
        Ok(Select { distinct, projection, from: Some(from), filter: None, group_by: GroupBy::None, having: None })
    }
}
