//! Rows that hold at least every combination of outer values, and the same ones each time they are read.
//!
//! `SELECT ..., (SELECT ... WHERE y.k = x.k) FROM (SELECT k, row_number() OVER (...) AS n FROM t ORDER BY z LIMIT 10) x` reads `x` twice: for
//! its rows and for the values that the subquery is asked for. Which ten rows `x` has, and which numbers, ties may decide anew. So the
//! second reading leaves out what may differ: limits, DISTINCT ON, groups, conditions on such values. More values than needed do no harm.

use std::collections::HashSet;

use super::super::correlate::{conjunction, conjuncts};
use super::super::scope;
use super::Decorrelation;
use super::build::derived;
use super::domain::{is_plain, is_repeatable_query, is_steady};
use crate::sql::tree::{Distinct, Expr, ExprKind, GroupBy, JoinKind, Query, Relation, RelationId, Select, SetExpr, SetOp};
use crate::types::literal::Literal;

/// Columns that the wider rows do not have, since their values may differ from one reading to the next.
#[derive(Default)]
pub(super) struct Missing(HashSet<(RelationId, usize)>);

impl Missing {
    /// Tells whether an expression can be read from the wider rows, and is the same each time.
    pub(super) fn allows(&self, expr: &Expr) -> bool {
        let mut clean = is_steady(expr);
        scope::each(expr, &mut |part| match &part.kind {
            ExprKind::Column { relation, column } => clean &= !self.0.contains(&(*relation, *column)),
            ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Grouping(_) => clean = false,
            _ => {}
        });
        clean
    }

    /// The same of a guard, which is known to be the same each time and may ask subqueries.
    pub(super) fn allows_guard(&self, guard: &Expr) -> bool {
        let mut clean = true;
        scope::each(guard, &mut |part| {
            if let ExprKind::Column { relation, column } = &part.kind {
                clean &= !self.0.contains(&(*relation, *column));
            }
        });
        clean
    }

    /// Whether anything within a FROM item reads a missing column.
    fn is_read_by(&self, relation: &Relation) -> bool {
        struct Reads<'m>(&'m Missing, bool);
        impl crate::sql::walk::Visitor for Reads<'_> {
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Column { relation, column } = expr.kind {
                    self.1 |= self.0.0.contains(&(relation, column));
                }
            }
        }
        let mut reads = Reads(self, false);
        crate::sql::walk::walk_relation(relation, &mut reads);
        reads.1
    }
}

impl Decorrelation<'_> {
    /// Returns a FROM item with at least the rows of this one, the same each time; `None` where one row without columns will do.
    pub(super) fn widened(&self, relation: &Relation, missing: &mut Missing) -> Option<Relation> {
        if self.is_repeatable(relation) && !missing.is_read_by(relation) {
            return Some(relation.clone());
        }
        match relation {
            Relation::Join { kind, left, right, on } => self.widened_join(*kind, left, right, on.as_ref(), missing),
            Relation::Derived { id, alias, lateral, query } => {
                let query = self.widened_query(query, *id, missing)?;
                Some(Relation::Derived { id: *id, alias: alias.clone(), lateral: *lateral, query: Box::new(query) })
            }
            Relation::Cte { id, alias, cte, columns } => match self.items.get(cte) {
                Some(query) => {
                    let query = self.widened_query(query, *id, missing)?;
                    Some(derived(*id, alias, query))
                }
                None => lost(*id, columns.len(), missing),
            },
            Relation::Function { id, columns, .. } => lost(*id, columns.len(), missing),
            Relation::Table { .. } => Some(relation.clone()),
        }
    }

    fn widened_join(
        &self,
        kind: JoinKind,
        left: &Relation,
        right: &Relation,
        on: Option<&Expr>,
        missing: &mut Missing,
    ) -> Option<Relation> {
        let steady = |relation: &Relation, missing: &Missing| self.is_repeatable(relation) && !missing.is_read_by(relation);
        let plain = |missing: &Missing| on.is_none_or(|on| missing.allows(on));
        match kind {
            JoinKind::Cross | JoinKind::Inner => {
                let (left, right) = (self.widened(left, missing), self.widened(right, missing));
                let (Some(left), Some(right)) = (left.clone(), right.clone()) else { return left.or(right) };
                let mut conditions = Vec::new();
                if let Some(on) = on {
                    conjuncts(on, &mut conditions);
                }
                conditions.retain(|condition| missing.allows(condition));
                let kind = if conditions.is_empty() { JoinKind::Cross } else { JoinKind::Inner };
                Some(super::build::join(kind, left, right, conjunction(conditions)))
            }
            // A wider nullable side would find partners for rows that have none, so it is kept as it is or left out.
            JoinKind::Left => {
                let left = self.widened(left, missing)?;
                if steady(right, missing) && plain(missing) {
                    return Some(super::build::join(kind, left, right.clone(), on.cloned()));
                }
                lose(right, missing);
                Some(left)
            }
            JoinKind::Right => {
                let right = self.widened(right, missing)?;
                if steady(left, missing) && plain(missing) {
                    return Some(super::build::join(kind, left.clone(), right, on.cloned()));
                }
                lose(left, missing);
                Some(right)
            }
            JoinKind::Full => {
                lose(left, missing);
                lose(right, missing);
                None
            }
        }
    }

    /// Returns a query with at least the rows of this one, whose relation is `id`.
    fn widened_query(&self, query: &Query, id: RelationId, missing: &mut Missing) -> Option<Query> {
        let mut wide = query.clone();
        uncut(&mut wide);
        if let Some(repeatable) = self.without_doubt(&wide, id, missing) {
            return Some(repeatable);
        }
        match wide.body {
            SetExpr::Select(select) => {
                let Some(select) = self.widened_select(*select, id, missing) else { return lost(id, query.columns.len(), missing) };
                wide.body = SetExpr::Select(Box::new(select));
                Some(wide)
            }
            SetExpr::Set { op, all, left, right } => {
                let first = self.widened_query(&left, id, missing);
                // What INTERSECT and EXCEPT leave of the left side is part of it.
                let right = if op == SetOp::Union { Some(self.widened_query(&right, id, missing)) } else { None };
                match (first, right) {
                    (Some(mut left), None) => {
                        left.ctes.splice(0..0, wide.ctes);
                        left.columns = wide.columns;
                        Some(left)
                    }
                    (Some(left), Some(Some(right))) => {
                        wide.body = SetExpr::Set { op, all, left: Box::new(left), right: Box::new(right) };
                        Some(wide)
                    }
                    _ => lost(id, query.columns.len(), missing),
                }
            }
            SetExpr::Values(ref rows) => {
                for i in 0..query.columns.len() {
                    if !rows.iter().all(|row| row.get(i).is_some_and(|expr| missing.allows(expr))) {
                        missing.0.insert((id, i));
                    }
                }
                if rows.iter().flatten().all(|expr| missing.allows(expr)) { Some(wide) } else { lost(id, query.columns.len(), missing) }
            }
        }
    }

    /// Leaves out the columns that may differ, if what is left is the same each time.
    fn without_doubt(&self, query: &Query, id: RelationId, missing: &mut Missing) -> Option<Query> {
        let mut kept = query.clone();
        let mut doubtful = Vec::new();
        if let SetExpr::Select(select) = &mut kept.body {
            for (i, expr) in select.projection.iter_mut().enumerate() {
                if !self.is_repeatable_expr(expr) {
                    doubtful.push((id, i));
                    blank(expr);
                }
            }
        }
        let reads = missing.is_read_by(&derived(id, "", kept.clone()));
        let certain = !reads && is_repeatable_query(self, &kept);
        if certain {
            missing.0.extend(doubtful);
        }
        certain.then_some(kept)
    }

    /// Numbers of rows, for a subquery that asks for nothing but the number and what is partitioned by: which row has which number may differ, but
    /// not which numbers there are.
    pub(super) fn row_numbers(&self, source: &Relation, keys: &[Expr]) -> Option<Relation> {
        let (id, alias, query) = match source {
            Relation::Derived { id, alias, query, lateral: false } => (*id, alias, query.as_ref()),
            Relation::Cte { id, alias, cte, .. } => (*id, alias, self.items.get(cte)?),
            _ => return None,
        };
        let mut query = query.clone();
        uncut(&mut query);
        let SetExpr::Select(select) = &mut query.body else { return None };
        let mut wanted = Vec::new();
        for key in keys {
            match key.kind {
                ExprKind::Column { relation, column } if relation == id => wanted.push(column),
                _ => return None,
            }
        }
        let mut numbers = wanted.iter().filter_map(|column| Some((*column, select.projection.get(*column)?.clone())));
        let (at, number) = numbers.find(|(_, expr)| matches!(&bare(expr).kind, ExprKind::Window(_)))?;
        let ExprKind::Window(call) = &bare(&number).kind else { return None };
        // Of values that are equal and not alike it may be either that has the number.
        let parts = |expr: &Expr| is_plain(expr.ty) && call.partition_by.contains(expr);
        let beside = |column: &usize| *column == at || select.projection.get(*column).is_some_and(parts);
        if call.aggregate || call.function.name != "row_number" || select.distinct != Distinct::No || !wanted.iter().all(beside) {
            return None;
        }
        for (i, expr) in select.projection.iter_mut().enumerate() {
            if i == at || !wanted.contains(&i) {
                blank(expr);
            }
        }
        if !is_repeatable_query(self, &query) {
            return None;
        }
        if let SetExpr::Select(select) = &mut query.body {
            select.projection[at] = number;
        }
        Some(derived(id, alias, query))
    }

    fn widened_select(&self, mut select: Select, id: RelationId, missing: &mut Missing) -> Option<Select> {
        match &select.group_by {
            GroupBy::None => {}
            GroupBy::Plain(exprs) if !exprs.is_empty() => {
                (select.group_by, select.having) = (GroupBy::None, None);
            }
            // A grand total is a row of none, and a set of keys has NULLs that no row has.
            GroupBy::Plain(_) | GroupBy::Sets { .. } => return None,
        }
        if let Some(from) = select.from.take() {
            select.from = self.widened(&from, missing);
        }
        let mut conditions = Vec::new();
        if let Some(filter) = select.filter.take() {
            conjuncts(&filter, &mut conditions);
        }
        conditions.retain(|condition| missing.allows(condition));
        select.filter = conjunction(conditions);
        for (i, expr) in select.projection.iter_mut().enumerate() {
            if !missing.allows(expr) {
                missing.0.insert((id, i));
                blank(expr);
            }
        }
        Some(select)
    }
}

/// Takes off what keeps rows back.
fn uncut(query: &mut Query) {
    (query.limit, query.offset, query.with_ties) = (None, None, false);
    query.order_by.clear();
    if let SetExpr::Select(select) = &mut query.body
        && matches!(select.distinct, Distinct::On(_))
    {
        select.distinct = Distinct::No;
    }
}

fn blank(expr: &mut Expr) {
    *expr = Expr { kind: ExprKind::Literal(Literal::Null), ..expr.clone() };
}

/// Below casts from one integer to another.
fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() && expr.ty.is_integer() => bare(inner),
        _ => expr,
    }
}

/// All columns of an item are missing.
fn lost<T>(id: RelationId, width: usize, missing: &mut Missing) -> Option<T> {
    missing.0.extend((0..width).map(|column| (id, column)));
    None
}

fn lose(relation: &Relation, missing: &mut Missing) {
    match relation {
        Relation::Join { left, right, .. } => {
            lose(left, missing);
            lose(right, missing);
        }
        Relation::Table { id, table, .. } => missing.0.extend((0..table.columns.len()).map(|column| (*id, column))),
        Relation::Derived { id, query, .. } => missing.0.extend((0..query.columns.len()).map(|column| (*id, column))),
        Relation::Cte { id, columns, .. } | Relation::Function { id, columns, .. } => {
            missing.0.extend((0..columns.len()).map(|column| (*id, column)));
        }
    }
}
