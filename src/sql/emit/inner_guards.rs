//! An inner WHERE that guards what stands outside: `SELECT ... FROM (SELECT * FROM t WHERE a <> 0) x WHERE 100 / a > 5`. PostgreSQL filters the inner
//! rows first; BigQuery may merge both conditions and compute them in any order.
//!
//! So the inner condition goes out as a column of its own, and what may fail is computed only where it is true. The same for an inner column that may
//! fail, which a condition outside would carry below the inner one.

use std::collections::{HashMap, HashSet};

use super::guards::{columns_of, fails_itself};
use crate::sql::tree::*;
use crate::sql::walk::{self, Visitor, VisitorMut};
use crate::types::{NumericScale, Type};

/// Guards a query's conditions by those further in; `None` where none needs to be.
pub fn guarded(query: &Query) -> Option<Query> {
    let mut plan = Plan::default();
    walk::walk_query(query, &mut plan);
    if plan.guards.is_empty() && plan.wraps.is_empty() {
        return None;
    }
    let mut query = query.clone();
    walk::walk_query_mut(&mut query, &mut plan);
    Some(query)
}

/// A subquery that rows come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Derived(RelationId),
    Cte(CteId),
}

/// What matters of a subquery with a condition: which of its columns may fail.
#[derive(Clone)]
struct Inner {
    failing: Vec<bool>,
}

#[derive(Default)]
struct Plan {
    ctes: HashMap<CteId, Inner>,
    /// Which subqueries give their condition as a further column, and the number of that.
    guards: HashMap<Source, usize>,
    /// Which of their columns are computed only where their condition is true.
    wraps: HashMap<Source, HashSet<usize>>,
}

impl Visitor for Plan {
    fn query(&mut self, query: &Query) {
        for cte in query.ctes.iter().filter(|cte| !cte.recursive) {
            self.ctes.extend(inner(&cte.query).map(|inner| (cte.id, inner)));
        }
        let SetExpr::Select(select) = &query.body else { return };
        let (Some(from), Some(filter)) = (&select.from, &select.filter) else { return };
        let mut leaves = Vec::new();
        each_leaf(from, &mut |relation| match relation {
            Relation::Derived { id, query, .. } => leaves.extend(inner(query).map(|inner| (*id, Source::Derived(*id), inner))),
            Relation::Cte { id, cte, .. } => {
                leaves.extend(self.ctes.get(cte).map(|inner| (*id, Source::Cte(*cte), inner.clone())));
            }
            _ => {}
        });
        if leaves.is_empty() {
            return;
        }
        for part in parts(filter) {
            let columns = columns_of(part);
            for (id, source, inner) in &leaves {
                let mut own = columns.iter().filter(|(relation, _)| relation == id).map(|(_, column)| *column).peekable();
                if own.peek().is_some() && fails(part) {
                    self.guards.insert(*source, inner.failing.len());
                }
                for column in own.filter(|column| inner.failing.get(*column) == Some(&true)) {
                    self.wraps.entry(*source).or_default().insert(column);
                }
            }
        }
    }
}

impl VisitorMut for Plan {
    fn query(&mut self, query: &mut Query) {
        for cte in &mut query.ctes {
            self.apply(Source::Cte(cte.id), &mut cte.query);
        }
        let SetExpr::Select(select) = &mut query.body else { return };
        let (Some(from), Some(filter)) = (&select.from, &mut select.filter) else { return };
        let mut known: HashMap<RelationId, usize> = HashMap::new();
        each_leaf(from, &mut |relation| {
            let source = match relation {
                Relation::Derived { id, .. } => Some((*id, Source::Derived(*id))),
                Relation::Cte { id, cte, .. } => Some((*id, Source::Cte(*cte))),
                _ => None,
            };
            known.extend(source.and_then(|(id, source)| Some((id, *self.guards.get(&source)?))));
        });
        let is_chain = matches!(filter.kind, ExprKind::And(_));
        let parts: Vec<&mut Expr> = match (is_chain, filter) {
            (true, Expr { kind: ExprKind::And(parts), .. }) => parts.iter_mut().collect(),
            (_, whole) => vec![whole],
        };
        for part in parts {
            if !fails(part) {
                continue;
            }
            let mut relations: Vec<RelationId> = columns_of(part).into_iter().map(|(relation, _)| relation).collect();
            relations.sort_unstable();
            relations.dedup();
            let guard = |relation: RelationId| {
                let kind = ExprKind::Column { relation, column: *known.get(&relation)? };
                Some(Expr::new(kind, Type::BOOL, None))
            };
            let mut guards: Vec<Expr> = relations.into_iter().filter_map(guard).collect();
            let condition = match guards.len() {
                0 => continue,
                1 => guards.remove(0),
                _ => Expr::new(ExprKind::And(guards), Type::BOOL, None),
            };
            *part = only_where(condition, part.clone());
        }
    }

    fn relation(&mut self, relation: &mut Relation) {
        match relation {
            Relation::Derived { id, query, .. } => self.apply(Source::Derived(*id), query),
            Relation::Cte { cte, columns, .. } if self.guards.contains_key(&Source::Cte(*cte)) => columns.push(guard_column(columns)),
            _ => {}
        }
    }
}

impl Plan {
    fn apply(&self, source: Source, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        let Some(filter) = select.filter.clone() else { return };
        for column in self.wraps.get(&source).into_iter().flatten() {
            if let Some(item) = select.projection.get_mut(*column) {
                *item = only_where(filter.clone(), item.clone());
            }
        }
        if self.guards.contains_key(&source) {
            select.projection.push(filter);
            query.columns.push(guard_column(&query.columns));
        }
    }
}

/// `CASE WHEN condition THEN value END`
fn only_where(condition: Expr, value: Expr) -> Expr {
    let (ty, typmod, scale, position) = (value.ty, value.typmod, value.scale, value.position);
    Expr { kind: ExprKind::Case { whens: vec![(condition, value)], otherwise: None }, ty, typmod, scale, position }
}

fn guard_column(columns: &[RelationColumn]) -> RelationColumn {
    let mut name = "guard".to_owned();
    while columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    RelationColumn { name, ty: Type::BOOL, typmod: -1, scale: NumericScale::Any }
}

/// A subquery whose condition an outer one could be merged with.
fn inner(query: &Query) -> Option<Inner> {
    let SetExpr::Select(select) = &query.body else { return None };
    let plain = select.group_by == GroupBy::None && select.having.is_none() && select.distinct == Distinct::No;
    let limited = query.limit.is_some() || query.offset.is_some();
    if !plain || limited || !select.filter.as_ref().is_some_and(is_repeatable) || select.projection.iter().any(is_grouped) {
        return None;
    }
    // Numerics keep their digits by their form.
    let failing = select.projection.iter().map(|item| item.ty != Type::NUMERIC && fails(item)).collect();
    Some(Inner { failing })
}

/// Tells whether a condition may be computed twice.
fn is_repeatable(expr: &Expr) -> bool {
    let once = match &expr.kind {
        ExprKind::Subquery { .. } => true,
        ExprKind::Call { function, .. } => function.volatility == 'v',
        _ => false,
    };
    !once && walk::children(expr).into_iter().all(is_repeatable)
}

fn is_grouped(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Aggregate(_) | ExprKind::Window(_)) || walk::children(expr).into_iter().any(is_grouped)
}

fn fails(expr: &Expr) -> bool {
    fails_itself(expr) || walk::children(expr).into_iter().any(fails)
}

fn parts(filter: &Expr) -> Vec<&Expr> {
    match &filter.kind {
        ExprKind::And(parts) => parts.iter().collect(),
        _ => vec![filter],
    }
}

/// Calls `f` for the items whose rows no outer join fills up with NULLs.
fn each_leaf(relation: &Relation, f: &mut dyn FnMut(&Relation)) {
    match relation {
        Relation::Join { kind, left, right, .. } => {
            if matches!(kind, JoinKind::Cross | JoinKind::Inner | JoinKind::Left) {
                each_leaf(left, f);
            }
            if matches!(kind, JoinKind::Cross | JoinKind::Inner | JoinKind::Right) {
                each_leaf(right, f);
            }
        }
        leaf => f(leaf),
    }
}
