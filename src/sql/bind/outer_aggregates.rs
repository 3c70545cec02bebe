//! Aggregates of an outer query inside a subquery: `SELECT (SELECT max(o.x)) FROM o` (parse_agg.c, `check_agg_arguments`). They are computed
//! with the outer query's groups, in a query below; what the outer query shows then stands above, where its subqueries see columns.

use super::Binder;
use super::query::plain_query;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::sql::walk;

/// The query below: what it computes, and the id that it is known by.
struct Below<'s> {
    id: RelationId,
    /// The FROM items of the outer query, which are seen in the query below only.
    locals: &'s IdSet<RelationId>,
    projection: Vec<Expr>,
}

impl Below<'_> {
    /// Replaces what needs no aggregate of the query below by a column of it.
    fn lift(&mut self, expr: &mut Expr) {
        if matches!(&expr.kind, ExprKind::Literal(_) | ExprKind::Parameter(_)) || is_column_of(expr, self.id) {
            return;
        }
        if !mentions(expr, self.id) {
            self.take(expr);
            return;
        }
        if let ExprKind::Subquery { query, .. } = &mut expr.kind {
            // Only grouped columns can be here: this has been checked.
            walk::each_expr_mut(query, |part| {
                if matches!(&part.kind, ExprKind::Column { relation, .. } if self.locals.contains(relation)) {
                    self.take(part);
                }
            });
        }
        walk::children_mut(expr).into_iter().for_each(|child| self.lift(child));
    }

    fn take(&mut self, expr: &mut Expr) {
        let column = self.projection.iter().position(|known| known == expr).unwrap_or(self.projection.len());
        let lifted = Expr { kind: ExprKind::Column { relation: self.id, column }, ..expr.clone() };
        let whole = std::mem::replace(expr, lifted);
        if column == self.projection.len() {
            self.projection.push(whole);
        }
    }
}

fn is_column_of(expr: &Expr, id: RelationId) -> bool {
    matches!(&expr.kind, ExprKind::Column { relation, .. } if *relation == id)
}

/// Calls `f` for an expression and everything in it, subqueries included.
fn every(expr: &Expr, f: impl FnMut(&Expr)) {
    struct Every<F>(F);
    impl<F: FnMut(&Expr)> walk::Visitor for Every<F> {
        fn expr(&mut self, expr: &Expr) {
            (self.0)(expr);
        }
    }
    walk::walk_expr(expr, &mut Every(f));
}

fn mentions(expr: &Expr, id: RelationId) -> bool {
    let mut found = false;
    every(expr, |part| found |= is_column_of(part, id));
    found
}

impl Binder<'_> {
    /// Returns the query level (an index of `scopes`) that an aggregate belongs to: the innermost whose columns its arguments use, its own if
    /// they use none.
    pub(super) fn aggregate_level(&self, whole: &Expr) -> Result<usize> {
        let ExprKind::Aggregate(call) = &whole.kind else { return Err(Report::internal("the level of no aggregate")) };
        let sorted = call.order_by.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr) } else { None });
        let (direct, aggregated) = if call.within_group { (call.args.as_slice(), &[][..]) } else { (&[][..], call.args.as_slice()) };
        let (mut level, mut nested) = (None, None);
        for arg in aggregated.iter().chain(sorted).chain(&call.filter) {
            every(arg, |part| {
                level = level.max(self.column_level(part));
                nested = nested.max(self.scopes.iter().rposition(|scope| scope.outer_relation.is_some_and(|id| is_column_of(part, id))));
            });
        }
        let level = level.max(nested).unwrap_or(self.scopes.len() - 1);
        if nested == Some(level) {
            return Err(Report::new(SqlState::GROUPING_ERROR, "aggregate function calls cannot be nested").at(whole.position));
        }
        let mut lower = None;
        for arg in direct {
            every(arg, |part| {
                if self.column_level(part).is_some_and(|own| own > level) {
                    lower = lower.or(Some(part.position));
                }
            });
        }
        match lower {
            Some(position) => {
                let message = "outer-level aggregate cannot contain a lower-level variable in its direct arguments";
                Err(Report::new(SqlState::GROUPING_ERROR, message).at(position))
            }
            None => Ok(level),
        }
    }

    fn column_level(&self, expr: &Expr) -> Option<usize> {
        let ExprKind::Column { relation, .. } = &expr.kind else { return None };
        self.scopes.iter().rposition(|scope| scope.relations.contains(relation))
    }

    /// Has an outer query compute an aggregate; returns the column that stands for it in a subquery.
    pub(super) fn outer_aggregate(&mut self, level: usize, aggregate: Expr) -> Expr {
        let relation = match self.scopes[level].outer_relation {
            Some(id) => id,
            None => self.next_relation(),
        };
        let scope = &mut self.scopes[level];
        scope.outer_relation = Some(relation);
        let known = scope.outer_aggregates.iter().position(|known| *known == aggregate);
        let column = known.unwrap_or(scope.outer_aggregates.len());
        let expr = Expr { kind: ExprKind::Column { relation, column }, ..aggregate.clone() };
        if known.is_none() {
            scope.outer_aggregates.push(aggregate);
        }
        expr
    }

    /// Puts what a SELECT shows above its groups, where its subqueries see the aggregates that they hold.
    pub(super) fn above_groups(&mut self, mut select: Select, order_by: &mut [SortKey]) -> Result<Select> {
        let windows = self.scope().windows;
        let aggregates = std::mem::take(&mut self.scope().outer_aggregates);
        let locals = self.scope().relations.clone();
        let Some(id) = self.scope().outer_relation.filter(|_| !aggregates.is_empty()) else { return Ok(select) };
        let mut below = Below { id, locals: &locals, projection: aggregates };
        let mut projection = std::mem::take(&mut select.projection);
        projection.iter_mut().for_each(|target| below.lift(target));
        for key in order_by {
            if let SortBy::Expr(expr) = &mut key.by {
                below.lift(expr);
            }
        }
        let mut distinct = std::mem::replace(&mut select.distinct, Distinct::No);
        if let Distinct::On(exprs) = &mut distinct {
            exprs.iter_mut().for_each(|expr| below.lift(expr));
        }
        let mut filter = None;
        if let Some(mut having) = select.having.take() {
            if mentions(&having, id) {
                if windows {
                    let what = "a window function beside HAVING with an aggregate inside a subquery";
                    return Err(Report::unsupported(what).at(having.position));
                }
                below.lift(&mut having);
                filter = Some(having);
            } else {
                select.having = Some(having);
            }
        }
        let like =
            |(i, expr): (usize, &Expr)| RelationColumn { name: format!("c{}", i + 1), ty: expr.ty, typmod: expr.typmod, scale: expr.scale };
        let columns = below.projection.iter().enumerate().map(like).collect();
        select.projection = below.projection;
        let query = plain_query(SetExpr::Select(Box::new(select)), columns);
        let from = Relation::Derived { id, alias: "groups".into(), lateral: false, query: Box::new(query) };
        Ok(Select { distinct, projection, from: Some(from), filter, group_by: GroupBy::None, having: None })
    }
}
