//! Columns added to subqueries: the digits of a numeric that an outer query shows, or how many of them stand behind the point.

use super::digits::{Maker, Wanted, has_bare_column};
use super::expr::same;
use super::*;
use crate::sql::walk::{self, VisitorMut};
use crate::types::{NumericScale, Type};

/// The highest number that a FROM item has.
pub(super) fn last_relation(query: &Query) -> RelationId {
    let mut last = 0;
    walk::each_relation(query, |relation| last = last.max(relation.id().map_or(0, |id| id.0)));
    RelationId(last)
}

/// Reads a query from a subquery, so that its columns can be had with others beside them.
pub(super) fn wrap(query: &mut Query, id: RelationId) {
    let columns = query.columns.clone();
    let empty = SetExpr::Values(Vec::new());
    let inner = Query {
        ctes: Vec::new(),
        body: std::mem::replace(&mut query.body, empty),
        order_by: Vec::new(),
        limit: None,
        with_ties: false,
        offset: None,
        columns: columns.clone(),
    };
    let column = |(i, column): (usize, &RelationColumn)| Expr {
        typmod: column.typmod,
        scale: column.scale,
        ..Expr::new(ExprKind::Column { relation: id, column: i }, column.ty, None)
    };
    query.body = SetExpr::Select(Box::new(Select {
        distinct: Distinct::No,
        projection: columns.iter().enumerate().map(column).collect(),
        from: Some(Relation::Derived { id, alias: "combined".into(), lateral: false, query: Box::new(inner) }),
        filter: None,
        group_by: GroupBy::None,
        having: None,
    }));
}

/// Tries to make something; adds the columns of subqueries that it misses, and tries again.
pub(super) fn retried<'p, T>(root: &mut Query, maker: &mut Maker<'p>, make: impl Fn(&Maker<'p>) -> Option<T>) -> Option<T> {
    loop {
        maker.wanted.borrow_mut().clear();
        if let Some(made) = make(maker) {
            return Some(made);
        }
        let wanted: Vec<Wanted> = maker.wanted.borrow_mut().drain(..).collect();
        if wanted.is_empty() || !wanted.into_iter().all(|wanted| expose(root, maker, wanted)) {
            return None;
        }
    }
}

/// Adds a column to the subquery or WITH item that a relation reads. Tells whether it is there now.
pub(super) fn expose(root: &mut Query, maker: &mut Maker, wanted: Wanted) -> bool {
    // Entered as failed first, so that nothing is asked for while it is being made.
    if maker.hidden.contains_key(&wanted) {
        return true;
    }
    if !maker.failed.insert(wanted) {
        return false;
    }
    let Some((source, cte)) = source(root, wanted.0) else { return false };
    let mut sides = Vec::new();
    if !collect(&source.body, wanted.1, &mut sides) {
        return false;
    }
    let mut made = Vec::new();
    for side in sides {
        let one = |maker: &Maker| {
            let made = match wanted.2 {
                true => maker.scale(&side.expr),
                false if side.expr.ty.is_array() => maker.texts(&side.expr),
                false => maker.text(&side.expr),
            }?;
            match side.is_key {
                true if side.expr.ty.is_array() => None,
                true => super::digits::least(made),
                false => Some(made),
            }
        };
        match retried(root, maker, one) {
            Some(expr) => made.push(expr),
            None => return false,
        }
    }
    // The tree may have got other columns meanwhile: where this one stands is known only now.
    let Some((source, _)) = self::source(root, wanted.0) else { return false };
    let name = format!("{}_{}", source.columns[wanted.1].name, if wanted.2 { "scale" } else { "digits" });
    let ty = made.first().map_or(Type::TEXT, |expr| expr.ty);
    let column = RelationColumn { name, ty, typmod: -1, scale: NumericScale::Any };
    maker.hidden.insert(wanted, source.columns.len());
    maker.failed.remove(&wanted);
    walk::walk_query_mut(root, &mut Added { relation: wanted.0, cte, column, made });
    true
}

/// Finds the query that a FROM item reads, and the WITH item that it is.
fn source(root: &Query, relation: RelationId) -> Option<(Query, Option<CteId>)> {
    struct Find {
        relation: RelationId,
        derived: Option<Query>,
        cte: Option<CteId>,
        ctes: Vec<Cte>,
    }
    impl walk::Visitor for Find {
        fn query(&mut self, query: &Query) {
            self.ctes.extend(query.ctes.iter().cloned());
        }
        fn relation(&mut self, relation: &Relation) {
            match relation {
                Relation::Derived { id, query, .. } if *id == self.relation => self.derived = Some((**query).clone()),
                Relation::Cte { id, cte, .. } if *id == self.relation => self.cte = Some(*cte),
                _ => {}
            }
        }
    }
    let mut find = Find { relation, derived: None, cte: None, ctes: Vec::new() };
    walk::walk_query(root, &mut find);
    if let Some(query) = find.derived {
        return Some((query, None));
    }
    let cte = find.ctes.into_iter().find(|cte| Some(cte.id) == find.cte && !cte.recursive)?;
    Some((cte.query, Some(cte.id)))
}

/// A column of one side of a UNION ALL, or of one row of VALUES.
struct Side {
    expr: Expr,
    /// Whether the rows are grouped by it: equal values of several digits are one then.
    is_key: bool,
}

/// Tells whether the rows are grouped by an expression.
pub(super) fn is_key(group_by: &GroupBy, expr: &Expr) -> bool {
    matches!(group_by, GroupBy::Plain(keys) if keys.iter().any(|key| same(key, expr)))
}

/// Collects a column's expression on every side of a UNION ALL; `false` where a column cannot be added.
fn collect(body: &SetExpr, column: usize, sides: &mut Vec<Side>) -> bool {
    match body {
        SetExpr::Select(select) if select.distinct != Distinct::All => {
            let Some(expr) = select.projection.get(column) else { return false };
            let is_key = is_key(&select.group_by, expr);
            if select.group_by != GroupBy::None && !is_key && has_bare_column(expr) {
                return false;
            }
            sides.push(Side { expr: expr.clone(), is_key });
            true
        }
        SetExpr::Set { op: SetOp::Union, all: true, left, right } => {
            collect(&left.body, column, sides) && collect(&right.body, column, sides)
        }
        SetExpr::Values(rows) => {
            sides.extend(rows.iter().filter_map(|row| row.get(column)).map(|expr| Side { expr: expr.clone(), is_key: false }));
            !rows.is_empty()
        }
        _ => false,
    }
}

/// Adds the column wherever the subquery's columns are listed.
struct Added {
    relation: RelationId,
    cte: Option<CteId>,
    column: RelationColumn,
    made: Vec<Expr>,
}

impl Added {
    fn extend(&mut self, query: &mut Query) {
        query.columns.push(self.column.clone());
        match &mut query.body {
            SetExpr::Select(select) => select.projection.push(self.made.remove(0)),
            SetExpr::Set { left, right, .. } => {
                self.extend(left);
                self.extend(right);
            }
            SetExpr::Values(rows) => rows.iter_mut().for_each(|row| row.push(self.made.remove(0))),
        }
    }
}

impl VisitorMut for Added {
    fn query(&mut self, query: &mut Query) {
        for cte in &mut query.ctes {
            if Some(cte.id) == self.cte && !self.made.is_empty() {
                self.extend(&mut cte.query);
            }
        }
    }

    fn relation(&mut self, relation: &mut Relation) {
        match relation {
            Relation::Derived { id, query, .. } if *id == self.relation && !self.made.is_empty() => self.extend(query),
            Relation::Cte { cte, columns, .. } if Some(*cte) == self.cte => columns.push(self.column.clone()),
            _ => {}
        }
    }
}
