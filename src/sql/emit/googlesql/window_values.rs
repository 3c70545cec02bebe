//! Windows computed in a subquery of their own: what is printed as a subquery, as the text of an interval or the elements of an array are, cannot hold a
//! window of the rows around it.

use super::expr::same;
use super::*;
use crate::sql::walk::{self, VisitorMut};

/// Moves the windows of every SELECT that has some into a subquery, with all that the SELECT needs beside them; `None` where there are none.
pub(super) fn apart(bound: &Bound) -> Option<Bound> {
    let mut found = false;
    walk::each_expr(&bound.query, |expr| found |= matches!(expr.kind, ExprKind::Window(_)));
    if !found {
        return None;
    }
    let mut moved = bound.clone();
    let last = super::hidden::last_relation(&moved.query).0;
    let mut apart = Apart { last, moved: IdSet::default() };
    walk::walk_query_mut(&mut moved.query, &mut apart);
    (!apart.moved.is_empty()).then_some(moved)
}

struct Apart {
    last: u32,
    /// The FROM items that stand in subqueries of windows already.
    moved: IdSet<RelationId>,
}

impl VisitorMut for Apart {
    fn query(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        let (Some(from), false) = (&select.from, matches!(select.group_by, GroupBy::Sets { .. })) else { return };
        let mut local = IdSet::default();
        super::groups::items(from, &mut local);
        let mut outer: Vec<&mut Expr> = select.projection.iter_mut().collect();
        outer.extend(query.order_by.iter_mut().filter_map(|key| match &mut key.by {
            SortBy::Expr(expr) => Some(expr),
            SortBy::Output(_) => None,
        }));
        if let Distinct::On(keys) = &mut select.distinct {
            outer.extend(keys.iter_mut());
        }
        let known = !self.moved.is_disjoint(&local);
        if known || !outer.iter().any(|expr| has_window(expr)) || outer.iter().any(|expr| returns_set(expr)) {
            return;
        }
        self.moved.extend(&local);
        self.last += 1;
        let keys = if let GroupBy::Plain(keys) = &select.group_by { keys.clone() } else { Vec::new() };
        let mut moved = Moved { local, keys, id: RelationId(self.last), columns: Vec::new() };
        outer.into_iter().for_each(|expr| moved.replace(expr));
        let shape = |(i, expr): (usize, &Expr)| RelationColumn {
            name: format!("value_{}", i + 1),
            ty: expr.ty,
            typmod: expr.typmod,
            scale: expr.scale,
        };
        let inner = Query {
            ctes: Vec::new(),
            body: SetExpr::Select(Box::new(Select {
                distinct: Distinct::No,
                projection: moved.columns.clone(),
                from: select.from.take(),
                filter: select.filter.take(),
                group_by: std::mem::replace(&mut select.group_by, GroupBy::None),
                having: select.having.take(),
            })),
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            columns: moved.columns.iter().enumerate().map(shape).collect(),
        };
        select.from = Some(Relation::Derived { id: moved.id, alias: "windowed".into(), lateral: false, query: Box::new(inner) });
    }
}

fn has_window(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Window(_)) || walk::children(expr).into_iter().any(has_window)
}

fn returns_set(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.returns_set) || walk::children(expr).into_iter().any(returns_set)
}

/// Replaces what only the subquery can compute by its columns.
struct Moved {
    local: IdSet<RelationId>,
    keys: Vec<Expr>,
    id: RelationId,
    columns: Vec<Expr>,
}

impl Moved {
    fn replace(&mut self, expr: &mut Expr) {
        let computed = matches!(expr.kind, ExprKind::Window(_) | ExprKind::Aggregate(_) | ExprKind::Grouping(_));
        if computed || self.is_local(expr) || self.keys.iter().any(|key| same(key, expr)) {
            let known = self.columns.iter().position(|known| same(known, expr) && known.ty == expr.ty);
            let column = known.unwrap_or_else(|| {
                self.columns.push(expr.clone());
                self.columns.len() - 1
            });
            expr.kind = ExprKind::Column { relation: self.id, column };
            return;
        }
        if let ExprKind::Subquery { query, .. } = &mut expr.kind {
            walk::each_expr_mut(query, |inner| {
                if self.is_local(inner) {
                    self.replace(inner);
                }
            });
        }
        walk::children_mut(expr).into_iter().for_each(|child| self.replace(child));
    }

    fn is_local(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Column { relation, .. } if self.local.contains(relation))
    }
}
