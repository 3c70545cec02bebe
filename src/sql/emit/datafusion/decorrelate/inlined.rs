//! Scalar subqueries that read nothing of their own are what they select: `(SELECT a.x + 1)`, `(SELECT e FROM (SELECT a.x, a.y) AS e)`. Written so,
//! no row has to be looked up for them.

use super::super::scope;
use crate::sql::tree::{Distinct, Expr, ExprKind, GroupBy, Query, Relation, RelationId, Select, SetExpr, SubqueryKind};
use crate::sql::walk::{self, Visitor, VisitorMut};
use crate::types::literal::Literal;

/// Puts the values of such subqueries in their place, where they refer to an outer query.
pub(super) fn inline(query: &mut Query) {
    walk::walk_query_mut(query, &mut Inline);
}

struct Inline;

impl VisitorMut for Inline {
    fn expr(&mut self, expr: &mut Expr) {
        while let Some(value) = value_of(expr) {
            *expr = Expr { position: expr.position, ..value };
        }
    }
}

fn value_of(expr: &Expr) -> Option<Expr> {
    let ExprKind::Subquery { kind: SubqueryKind::Scalar, query } = &expr.kind else { return None };
    let [value] = <[Expr; 1]>::try_from(row_of(query)?).ok()?;
    (!scope::outer_references_of_query(query).is_empty()).then_some(value)
}

/// The values of a query that is one row of expressions.
fn row_of(query: &Query) -> Option<Vec<Expr>> {
    let Query { ctes, body: SetExpr::Select(select), order_by, limit, offset: None, with_ties: false, .. } = query else { return None };
    let one = limit.as_ref().is_none_or(|limit| matches!(limit.kind, ExprKind::Literal(Literal::Int(1..))));
    let Select { distinct: Distinct::No, projection, from, filter: None, group_by: GroupBy::None, having: None } = &**select else {
        return None;
    };
    if !one || !ctes.is_empty() || !order_by.is_empty() || !projection.iter().all(is_value) {
        return None;
    }
    match from {
        None => Some(projection.clone()),
        Some(Relation::Derived { id, query, .. }) => {
            let fields = row_of(query)?;
            let mut values = projection.clone();
            let mut uses = Uses { id: *id, count: vec![0; fields.len()] };
            values.iter().for_each(|value| walk::walk_expr(value, &mut uses));
            // What is computed stays computed once.
            if !fields.iter().zip(uses.count).all(|(field, count)| count < 2 || is_at_hand(field)) {
                return None;
            }
            values.iter_mut().for_each(|value| walk::walk_expr_mut(value, &mut Put { id: *id, fields: &fields }));
            Some(values)
        }
        Some(_) => None,
    }
}

/// Tells whether an expression is one value of one row, the same whenever it is asked for.
fn is_value(expr: &Expr) -> bool {
    let mut value = true;
    scope::each(expr, &mut |part| {
        value &= match &part.kind {
            ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Grouping(_) => false,
            ExprKind::Call { function, .. } => !function.returns_set && function.volatility != 'v',
            _ => true,
        };
    });
    value
}

fn is_at_hand(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column { .. } | ExprKind::Literal(_) | ExprKind::Parameter(_))
}

/// Counts how often each column of an item is used.
struct Uses {
    id: RelationId,
    count: Vec<usize>,
}

impl Visitor for Uses {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Column { relation, column } = expr.kind
            && relation == self.id
            && let Some(count) = self.count.get_mut(column)
        {
            *count += 1;
        }
    }
}

/// Puts values in the place of an item's columns.
struct Put<'a> {
    id: RelationId,
    fields: &'a [Expr],
}

impl VisitorMut for Put<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Column { relation, column } = expr.kind
            && relation == self.id
            && let Some(field) = self.fields.get(column)
        {
            *expr = Expr { position: expr.position, ..field.clone() };
        }
    }
}
