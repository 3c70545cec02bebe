//! The whole row of a FROM item that an outer join may leave without one: neither warehouse has a row that is NULL as a whole, so the item gets a
//! column more, which is TRUE in each of its rows.

use std::collections::{HashMap, HashSet};

use crate::sql::tree::*;
use crate::sql::walk::{self, VisitorMut};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// Which whole rows are rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Those that are counted, and those that are asked whether they are there.
    Counted,
    /// Also those that are shown.
    All,
}

/// Rewrites every use of such rows; `None` if there is none.
pub(super) fn rewritten(query: &Query, rows: Rows) -> Option<Query> {
    let mut markers: HashMap<RelationId, Marker> = HashMap::new();
    walk::each_expr(query, |expr| {
        if let Some((id, fields)) = whole(expr, rows) {
            let marker = markers.entry(id).or_insert_with(|| Marker { rows: Vec::new(), columns: fields.to_vec() });
            if !marker.rows.iter().any(|known| known == fields) {
                marker.rows.push(fields.to_vec());
            }
        }
    });
    if markers.is_empty() {
        return None;
    }
    // Functions, and lateral items that are no plain SELECT, stay as they are: of those a row without a value counts as none.
    let (mut held, mut last) = (HashSet::new(), 0);
    walk::each_relation(query, |relation| {
        last = last.max(relation.id().map_or(0, |id| id.0));
        match relation {
            Relation::Table { id, .. } | Relation::Cte { id, .. } | Relation::Derived { id, lateral: false, .. } => drop(held.insert(*id)),
            Relation::Derived { id, query, .. } if is_plain(query) => drop(held.insert(*id)),
            _ => {}
        }
        // A row that a subquery hands on is some of its columns.
        if let Relation::Cte { id, columns, .. } = relation
            && let Some(marker) = markers.get_mut(id)
        {
            marker.columns = whole_item(*id, columns);
        }
        if let Relation::Derived { id, query, .. } = relation
            && let Some(marker) = markers.get_mut(id)
        {
            marker.columns = whole_item(*id, &query.columns);
        }
    });
    markers.retain(|id, _| held.contains(id));
    let mut query = query.clone();
    walk::walk_query_mut(&mut query, &mut Replaced { rows, markers: &markers });
    walk::walk_query_mut(&mut query, &mut Marked { last, markers });
    Some(query)
}

/// An item that gets a column more.
struct Marker {
    /// The fields of its rows that are asked for.
    rows: Vec<Vec<Expr>>,
    /// All of its columns, behind which the new one stands.
    columns: Vec<Expr>,
}

fn whole_item(id: RelationId, columns: &[RelationColumn]) -> Vec<Expr> {
    let column = |(column, like): (usize, &RelationColumn)| Expr {
        kind: ExprKind::Column { relation: id, column },
        ty: like.ty,
        typmod: like.typmod,
        scale: like.scale,
        position: None,
    };
    columns.iter().enumerate().map(column).collect()
}

/// Tells whether an expression is such a row, or counts some.
pub(super) fn is_whole(expr: &Expr, rows: Rows) -> bool {
    whole(expr, rows).is_some()
}

/// Returns the FROM item whose row an expression is, or counts, and its fields.
fn whole(expr: &Expr, rows: Rows) -> Option<(RelationId, &[Expr])> {
    match &expr.kind {
        ExprKind::Row(fields, RowOf::Outer(id)) if rows == Rows::All => Some((*id, fields)),
        ExprKind::IsNull { expr, .. } => match &expr.kind {
            ExprKind::Row(fields, RowOf::Outer(id)) => Some((*id, fields)),
            _ => None,
        },
        ExprKind::Aggregate(call) if call.function.name == "count" && !call.distinct => match call.args.as_slice() {
            [Expr { kind: ExprKind::Row(fields, RowOf::Outer(id)), .. }] => Some((*id, fields)),
            _ => None,
        },
        _ => None,
    }
}

/// Puts what tells whether there is a row in the place of rows.
struct Replaced<'m> {
    rows: Rows,
    markers: &'m HashMap<RelationId, Marker>,
}

impl VisitorMut for Replaced<'_> {
    fn query(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        // Grouped by all of a row's columns, a SELECT is grouped by its being there too.
        if let GroupBy::Plain(exprs) = &mut select.group_by {
            let grouped: Vec<Expr> = self
                .markers
                .iter()
                .filter(|(_, marker)| marker.rows.iter().any(|row| row.iter().all(|field| exprs.contains(field))))
                .map(|(id, item)| marker(*id, &item.columns))
                .collect();
            exprs.extend(grouped);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        let Some((id, fields)) = whole(expr, self.rows) else { return };
        let (fields, position) = (fields.to_vec(), expr.position);
        let present = match self.markers.get(&id) {
            Some(item) => is_there(marker(id, &item.columns)),
            None if fields.len() == 1 => is_there(fields[0].clone()),
            None => Expr::new(ExprKind::Or(fields.iter().cloned().map(is_there).collect()), Type::BOOL, position),
        };
        if let ExprKind::Aggregate(call) = &mut expr.kind {
            let one = Expr::literal(Literal::Bool(true), Type::BOOL, position);
            call.args = vec![match self.markers.get(&id) {
                Some(item) => marker(id, &item.columns),
                None => Expr::new(ExprKind::Case { whens: vec![(present, one)], otherwise: None }, Type::BOOL, position),
            }];
            return;
        }
        if let ExprKind::IsNull { negated, .. } = expr.kind {
            let kind = if negated { present.kind } else { ExprKind::Not(Box::new(present)) };
            *expr = Expr::new(kind, Type::BOOL, position);
            return;
        }
        let row = Expr::new(ExprKind::Row(fields, RowOf::Fields), Type::RECORD, position);
        *expr = Expr { position, ..Expr::new(ExprKind::Case { whens: vec![(present, row)], otherwise: None }, Type::RECORD, position) };
    }
}

fn marker(id: RelationId, columns: &[Expr]) -> Expr {
    Expr { scale: NumericScale::Any, ..Expr::new(ExprKind::Column { relation: id, column: columns.len() }, Type::BOOL, None) }
}

fn is_there(value: Expr) -> Expr {
    Expr::new(ExprKind::IsNull { expr: Box::new(value), negated: true }, Type::BOOL, None)
}

/// Tells whether a query's rows stay the same with a column more.
fn is_plain(query: &Query) -> bool {
    let own_name = query.columns.iter().all(|column| !column.name.eq_ignore_ascii_case("is_there"));
    own_name && matches!(&query.body, SetExpr::Select(select) if select.distinct == Distinct::No)
}

/// Puts the items into subqueries that have the column more.
struct Marked {
    last: u32,
    markers: HashMap<RelationId, Marker>,
}

impl VisitorMut for Marked {
    fn relation(&mut self, relation: &mut Relation) {
        // The subquery keeps the item's number: each is marked once.
        let Some((id, marker)) = relation.id().and_then(|id| self.markers.remove_entry(&id)) else { return };
        if let Relation::Derived { lateral: true, query, .. } = relation {
            let there = Expr::literal(Literal::Bool(true), Type::BOOL, None);
            if let SetExpr::Select(select) = &mut query.body {
                select.projection.push(there);
            }
            query.columns.push(RelationColumn { name: "is_there".into(), ty: Type::BOOL, typmod: -1, scale: NumericScale::Any });
            return;
        }
        self.last += 1;
        let inner = RelationId(self.last);
        let mut projection = marker.columns;
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
