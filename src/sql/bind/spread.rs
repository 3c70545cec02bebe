//! Set-returning calls beside aggregates or windows: `SELECT generate_series(min(d), max(d), '1 day') FROM t`. Groups and windows are
//! computed first, then every row is spread over the call's rows (ProjectSet above Agg).

use super::Binder;
use super::query::plain_query;
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

impl Binder<'_> {
    /// Puts the calls of relation `set` above a SELECT with groups or windows.
    pub fn spread(&mut self, mut select: Select, order_by: &mut [SortKey], set: RelationId, mut calls: Vec<Expr>) -> Select {
        let mut below = Below { id: self.next_relation(), set, projection: Vec::new() };
        for call in &mut calls {
            walk::children_mut(call).into_iter().for_each(|arg| below.lift(arg));
        }
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
        let like = |name: String, expr: &Expr| RelationColumn { name, ty: expr.ty, typmod: expr.typmod, scale: expr.scale };
        let columns = super::select::set_columns(&calls);
        let rows = Relation::Function { id: set, alias: "srf".into(), calls, ordinality: false, columns };
        let inner_columns: Vec<RelationColumn> =
            below.projection.iter().enumerate().map(|(i, expr)| like(format!("c{}", i + 1), expr)).collect();
        select.projection = below.projection;
        let query = plain_query(SetExpr::Select(Box::new(select)), inner_columns);
        let left = Relation::Derived { id: below.id, alias: "groups".into(), lateral: false, query: Box::new(query) };
        let from = Relation::Join { kind: JoinKind::Cross, left: Box::new(left), right: Box::new(rows), on: None };
        Select { distinct, projection, from: Some(from), filter: None, group_by: GroupBy::None, having: None }
    }
}
