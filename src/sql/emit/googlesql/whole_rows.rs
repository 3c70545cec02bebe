//! `count(t)` of a FROM item that an outer join may leave empty: GoogleSQL has no row that is NULL as a whole, so the item gets a column more, which is
//! TRUE in each of its rows.

use super::*;
use crate::sql::walk::{self, VisitorMut};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// Rewrites every SELECT that counts such rows; `None` if there is none.
pub(super) fn rewritten(query: &Query) -> Option<Query> {
    let mut last = 0;
    walk::each_relation(query, |relation| last = last.max(relation.id().map_or(0, |id| id.0)));
    let mut found = false;
    walk::each_expr(query, |expr| found |= counted(expr).is_some());
    if !found {
        return None;
    }
    let mut query = query.clone();
    walk::walk_query_mut(&mut query, &mut Marked { last });
    Some(query)
}

/// Returns the FROM item whose rows are counted.
fn counted(expr: &Expr) -> Option<RelationId> {
    let ExprKind::Aggregate(call) = &expr.kind else { return None };
    let ("count", false, [Expr { kind: ExprKind::Row(fields), .. }]) = (call.function.name.as_str(), call.distinct, call.args.as_slice())
    else {
        return None;
    };
    let mut ids = fields.iter().map(|field| match field.kind {
        ExprKind::Column { relation, .. } => Some(relation),
        _ => None,
    });
    let first = ids.next()??;
    ids.all(|id| id == Some(first)).then_some(first)
}

struct Marked {
    last: u32,
}

impl VisitorMut for Marked {
    fn query(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        let mut empty = HashSet::new();
        if let Some(from) = &select.from {
            left_empty(from, false, &mut empty);
        }
        let mut parts: Vec<&mut Expr> = select.projection.iter_mut().chain(&mut select.having).collect();
        parts.extend(query.order_by.iter_mut().filter_map(|key| match &mut key.by {
            SortBy::Expr(expr) => Some(expr),
            SortBy::Output(_) => None,
        }));
        let mut markers = HashMap::new();
        for part in parts {
            walk::walk_expr_mut(part, &mut Replaced { empty: &empty, markers: &mut markers });
        }
        if let Some(from) = &mut select.from {
            self.mark(from, &markers);
        }
    }
}

impl Marked {
    fn mark(&mut self, relation: &mut Relation, markers: &HashMap<RelationId, Vec<Expr>>) {
        if let Relation::Join { left, right, .. } = relation {
            self.mark(left, markers);
            self.mark(right, markers);
            return;
        }
        let Some((id, fields)) = relation.id().and_then(|id| Some((id, markers.get(&id)?))) else { return };
        self.last += 1;
        let inner = RelationId(self.last);
        let mut projection: Vec<Expr> = fields.to_vec();
        for field in &mut projection {
            if let ExprKind::Column { relation, .. } = &mut field.kind {
                *relation = inner;
            }
        }
        projection.push(Expr::literal(Literal::Bool(true), Type::BOOL, None));
        let shape = |(i, expr): (usize, &Expr)| RelationColumn {
            name: format!("column_{}", i + 1),
            ty: expr.ty,
            typmod: expr.typmod,
            scale: expr.scale,
        };
        let columns = projection.iter().enumerate().map(shape).collect();
        let alias = match relation {
            Relation::Table { alias, .. } | Relation::Derived { alias, .. } | Relation::Cte { alias, .. } => alias.clone(),
            _ => "whole".to_owned(),
        };
        let hollow = Relation::Function { id, alias: String::new(), calls: Vec::new(), ordinality: false, columns: Vec::new() };
        let mut from = std::mem::replace(relation, hollow);
        match &mut from {
            Relation::Table { id, .. } | Relation::Derived { id, .. } | Relation::Cte { id, .. } | Relation::Function { id, .. } => {
                *id = inner
            }
            Relation::Join { .. } => {}
        }
        let select = Select { distinct: Distinct::No, projection, from: Some(from), filter: None, group_by: GroupBy::None, having: None };
        let query = Query {
            ctes: Vec::new(),
            body: SetExpr::Select(Box::new(select)),
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            columns,
        };
        *relation = Relation::Derived { id, alias, lateral: false, query: Box::new(query) };
    }
}

/// Gathers the FROM items that may be left empty and can be put into a subquery.
fn left_empty(relation: &Relation, outer: bool, ids: &mut HashSet<RelationId>) {
    match relation {
        Relation::Join { kind, left, right, .. } => {
            left_empty(left, outer || matches!(kind, JoinKind::Right | JoinKind::Full), ids);
            left_empty(right, outer || matches!(kind, JoinKind::Left | JoinKind::Full), ids);
        }
        Relation::Table { id, .. } | Relation::Cte { id, .. } | Relation::Derived { id, lateral: false, .. } if outer => {
            ids.insert(*id);
        }
        _ => {}
    }
}

struct Replaced<'r> {
    empty: &'r HashSet<RelationId>,
    markers: &'r mut HashMap<RelationId, Vec<Expr>>,
}

impl VisitorMut for Replaced<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        let Some(id) = counted(expr).filter(|id| self.empty.contains(id)) else { return };
        let ExprKind::Aggregate(call) = &mut expr.kind else { return };
        let Some(Expr { kind: ExprKind::Row(fields), position, .. }) = call.args.first() else { return };
        let marker =
            Expr { scale: NumericScale::Any, ..Expr::new(ExprKind::Column { relation: id, column: fields.len() }, Type::BOOL, *position) };
        self.markers.entry(id).or_insert_with(|| fields.clone());
        call.args = vec![marker];
    }
}
