//! Correlated subqueries, brought into the form that the engine can join: their conditions on the outer query become equalities.

use std::collections::HashSet;

use super::scope;
use crate::sql::tree::{Expr, ExprKind, GroupBy, Query, Relation, RelationId, Select, SetExpr};
use crate::sql::walk::{self, VisitorMut};

/// A subquery whose conditions are sorted out.
pub(super) struct Sorted {
    /// The subquery without the conditions below.
    pub(super) query: Query,
    /// Conditions that speak of the outer query alone.
    pub(super) outer: Vec<Expr>,
}

/// Splits a conjunction.
pub(super) fn conjuncts(filter: &Expr, list: &mut Vec<Expr>) {
    match &filter.kind {
        ExprKind::And(parts) => parts.iter().for_each(|part| conjuncts(part, list)),
        _ => list.push(filter.clone()),
    }
}

/// Joins conditions again.
pub(super) fn conjunction(mut list: Vec<Expr>) -> Option<Expr> {
    if list.len() < 2 {
        return list.pop();
    }
    let (ty, position) = (list[0].ty, list[0].position);
    Some(Expr::new(ExprKind::And(list), ty, position))
}

/// Returns `(inner, outer)` of an equality between something of the subquery and something of the outer query.
pub(super) fn equality<'a>(condition: &'a Expr, inner: &HashSet<RelationId>) -> Option<(&'a Expr, &'a Expr)> {
    let ExprKind::Operator { operator, args } = &condition.kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    if operator.name != "=" || operator.arguments.first() != operator.arguments.last() {
        return None;
    }
    let side = |expr: &Expr| {
        let used = scope::relations_of(expr);
        (!used.is_empty() && used.is_subset(inner), !used.is_empty() && used.is_disjoint(inner))
    };
    match (side(left), side(right)) {
        ((true, _), (_, true)) => Some((left, right)),
        ((_, true), (true, _)) => Some((right, left)),
        _ => None,
    }
}

/// Sorts out the WHERE of a plain SELECT (no groups, no DISTINCT). `a.x <> t.y AND t.z = a.x` becomes `t.z <> t.y AND t.z = a.x`.
pub(super) fn sort(query: &Query) -> Sorted {
    let mut sorted = Sorted { query: query.clone(), outer: Vec::new() };
    let SetExpr::Select(select) = &mut sorted.query.body else { return sorted };
    let (Some(filter), Some(from)) = (select.filter.take(), &select.from) else { return sorted };
    let inner = defined(from);
    let mut list = Vec::new();
    conjuncts(&filter, &mut list);
    let equalities: Vec<(Expr, Expr)> =
        list.iter().filter_map(|condition| equality(condition, &inner)).map(|(inner, outer)| (inner.clone(), outer.clone())).collect();
    let mut kept = Vec::new();
    for mut condition in list {
        let used = scope::relations_of(&condition);
        if !used.is_empty() && used.is_disjoint(&inner) && !has_subquery(&condition) {
            sorted.outer.push(condition);
            continue;
        }
        if !used.is_subset(&inner) && equality(&condition, &inner).is_none() {
            walk::walk_expr_mut(&mut condition, &mut Substitute(&equalities));
        }
        kept.push(condition);
    }
    select.filter = conjunction(kept);
    sorted
}

struct Substitute<'a>(&'a [(Expr, Expr)]);

impl VisitorMut for Substitute<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Column { .. } = expr.kind
            && let Some((inner, _)) = self.0.iter().find(|(_, outer)| outer.kind == expr.kind)
        {
            *expr = inner.clone();
        }
    }
}

fn has_subquery(expr: &Expr) -> bool {
    let mut found = false;
    scope::each(expr, &mut |expr| found |= matches!(expr.kind, ExprKind::Subquery { .. }));
    found
}

/// Returns the FROM items of a clause.
pub(super) fn defined(from: &Relation) -> HashSet<RelationId> {
    let mut set = HashSet::new();
    scope::each_leaf(from, &mut |id| {
        set.insert(id);
    });
    set
}

/// Returns the SELECT of a query that is nothing but FROM, WHERE and a select list of plain expressions.
pub(super) fn plain_select(query: &Query) -> Option<&Select> {
    let SetExpr::Select(select) = &query.body else { return None };
    let plain = query.ctes.is_empty()
        && matches!(select.distinct, crate::sql::tree::Distinct::No)
        && matches!(select.group_by, GroupBy::None)
        && select.having.is_none()
        && select.from.is_some()
        && !query.with_ties;
    let mut simple = true;
    for expr in &select.projection {
        scope::each(expr, &mut |expr| match &expr.kind {
            ExprKind::Window(_) | ExprKind::Subquery { .. } => simple = false,
            ExprKind::Call { function, .. } => simple &= !function.returns_set,
            _ => {}
        });
    }
    (plain && simple).then_some(select)
}
