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
    let place = |source: &Query, cte| (source.columns[wanted.1].name.clone(), source.columns.len(), cte);
    // Most are made as the tree stands.
    let tried = source(root, wanted.0, |source, cte| {
        let mut sides = Vec::new();
        if !collect(&source.body, wanted.1, &mut sides) {
            return None;
        }
        let made: Option<Vec<Expr>> = sides.iter().map(|(side, is_key)| hidden_of(maker, wanted, side, *is_key)).collect();
        Some(match made {
            Some(made) => Ok((made, place(source, cte))),
            None => Err(sides.into_iter().map(|(side, is_key)| (side.clone(), is_key)).collect::<Vec<_>>()),
        })
    });
    let (made, (column, columns, cte)) = match tried.flatten() {
        None => return false,
        Some(Ok(made)) => made,
        Some(Err(sides)) => {
            let mut made = Vec::new();
            for (side, is_key) in &sides {
                match retried(root, maker, |maker| hidden_of(maker, wanted, side, *is_key)) {
                    Some(expr) => made.push(expr),
                    None => return false,
                }
            }
            // The tree has got other columns meanwhile: where this one stands is known only now.
            let Some(place) = source(root, wanted.0, place) else { return false };
            (made, place)
        }
    };
    let name = format!("{column}_{}", if wanted.2 { "scale" } else { "digits" });
    let ty = made.first().map_or(Type::TEXT, |expr| expr.ty);
    let column = RelationColumn { name, ty, typmod: -1, scale: NumericScale::Any };
    maker.hidden.insert(wanted, columns);
    maker.failed.remove(&wanted);
    let mut added = Added { relation: wanted.0, cte, column, made };
    match derived_mut(root, wanted.0) {
        Some(query) => added.extend(query),
        None => walk::walk_query_mut(root, &mut added),
    }
    true
}

/// Makes what is wanted of one side's expression.
fn hidden_of(maker: &Maker, wanted: Wanted, expr: &Expr, is_key: bool) -> Option<Expr> {
    let made = match wanted.2 {
        true => maker.scale(expr),
        false if expr.ty.is_array() => maker.texts(expr),
        false => maker.text(expr),
    }?;
    match is_key {
        true if expr.ty.is_array() => None,
        true => super::digits::least(made),
        false => Some(made),
    }
}

/// Finds the subquery that a FROM item is, without a look at expressions: most are found so.
fn derived(query: &Query, relation: RelationId) -> Option<&Query> {
    let within = query.ctes.iter().find_map(|cte| derived(&cte.query, relation));
    within.or_else(|| match &query.body {
        SetExpr::Select(select) => derived_from(select.from.as_ref()?, relation),
        SetExpr::Set { left, right, .. } => derived(left, relation).or_else(|| derived(right, relation)),
        SetExpr::Values(_) => None,
    })
}

fn derived_from(from: &Relation, relation: RelationId) -> Option<&Query> {
    match from {
        Relation::Derived { id, query, .. } if *id == relation => Some(query),
        Relation::Derived { query, .. } => derived(query, relation),
        Relation::Join { left, right, .. } => derived_from(left, relation).or_else(|| derived_from(right, relation)),
        Relation::Table { .. } | Relation::Cte { .. } | Relation::Function { .. } => None,
    }
}

/// As [`derived`], to be changed.
fn derived_mut(query: &mut Query, relation: RelationId) -> Option<&mut Query> {
    let Query { ctes, body, .. } = query;
    let within = ctes.iter_mut().find_map(|cte| derived_mut(&mut cte.query, relation));
    within.or_else(|| match body {
        SetExpr::Select(select) => derived_from_mut(select.from.as_mut()?, relation),
        SetExpr::Set { left, right, .. } => derived_mut(left, relation).or_else(|| derived_mut(right, relation)),
        SetExpr::Values(_) => None,
    })
}

fn derived_from_mut(from: &mut Relation, relation: RelationId) -> Option<&mut Query> {
    match from {
        Relation::Derived { id, query, .. } => {
            if *id == relation {
                Some(query)
            } else {
                derived_mut(query, relation)
            }
        }
        Relation::Join { left, right, .. } => derived_from_mut(left, relation).or_else(|| derived_from_mut(right, relation)),
        Relation::Table { .. } | Relation::Cte { .. } | Relation::Function { .. } => None,
    }
}

/// Looks at the query that a FROM item reads, and the WITH item that it is; `None` where there is no such query.
fn source<T>(root: &Query, relation: RelationId, look: impl FnOnce(&Query, Option<CteId>) -> T) -> Option<T> {
    struct Find<T, L> {
        relation: RelationId,
        cte: Option<CteId>,
        look: Option<L>,
        seen: Option<T>,
    }
    impl<T, L: FnOnce(&Query, Option<CteId>) -> T> Find<T, L> {
        fn look(&mut self, query: &Query) {
            self.seen = self.seen.take().or_else(|| Some((self.look.take()?)(query, self.cte)));
        }
    }
    impl<T, L: FnOnce(&Query, Option<CteId>) -> T> walk::Visitor for Find<T, L> {
        fn query(&mut self, query: &Query) {
            if let Some(cte) = query.ctes.iter().find(|cte| Some(cte.id) == self.cte && !cte.recursive) {
                self.look(&cte.query);
            }
        }
        fn relation(&mut self, relation: &Relation) {
            match relation {
                Relation::Derived { id, query, .. } if *id == self.relation => self.look(query),
                Relation::Cte { id, cte, .. } if *id == self.relation => self.cte = Some(*cte),
                _ => {}
            }
        }
    }
    if let Some(query) = derived(root, relation) {
        return Some(look(query, None));
    }
    let mut find = Find { relation, cte: None, look: Some(look), seen: None };
    walk::walk_query(root, &mut find);
    if find.seen.is_none() && find.cte.is_some() {
        // A WITH item stands before those who read it.
        walk::walk_query(root, &mut find);
    }
    find.seen
}

/// A column of one side of a UNION ALL, or of one row of VALUES, and whether the rows are grouped by it: equal values of several digits are one then.
type Side<'q> = (&'q Expr, bool);

/// Tells whether the rows are grouped by an expression.
pub(super) fn is_key(group_by: &GroupBy, expr: &Expr) -> bool {
    matches!(group_by, GroupBy::Plain(keys) if keys.iter().any(|key| same(key, expr)))
}

/// Collects a column's expression on every side of a UNION ALL; `false` where a column cannot be added.
fn collect<'q>(body: &'q SetExpr, column: usize, sides: &mut Vec<Side<'q>>) -> bool {
    match body {
        SetExpr::Select(select) if select.distinct != Distinct::All => {
            let Some(expr) = select.projection.get(column) else { return false };
            let is_key = is_key(&select.group_by, expr);
            if select.group_by != GroupBy::None && !is_key && has_bare_column(expr) {
                return false;
            }
            sides.push((expr, is_key));
            true
        }
        SetExpr::Set { op: SetOp::Union, all: true, left, right } => {
            collect(&left.body, column, sides) && collect(&right.body, column, sides)
        }
        SetExpr::Values(rows) => {
            sides.extend(rows.iter().filter_map(|row| row.get(column)).map(|expr| (expr, false)));
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
