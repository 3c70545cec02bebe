//! The domain of a correlated subquery: every combination of outer values that it may be asked for, each once.
//!
//! It is read from a copy of the outer FROM. More combinations than needed do no harm (what is asked for is looked up by value), so
//! the copy may leave out joins, limits and conditions; fewer would, so only what surely gives the same rows twice is copied.

use std::collections::HashSet;

use super::super::correlate::{conjunction, defined};
use super::super::key::key_function;
use super::super::scope;
use super::Decorrelation;
use super::build::{derived, select, select_query};
use super::widen::Missing;
use crate::error::{Report, Result};
use crate::sql::tree::{
    CastMethod, Distinct, Expr, ExprKind, FrameUnit, GroupBy, JoinKind, Query, Relation, RelationColumn, RelationId, SetExpr, SortBy,
    Window,
};
use crate::sql::walk::{self, Visitor};
use crate::types::Type;

/// The outer columns that a subquery uses, and the query of their values.
pub(super) struct Domain {
    /// Tells it from others.
    pub(super) id: u32,
    /// The outer columns, then what tells the forms of their values apart.
    pub(super) keys: Vec<Expr>,
    /// `SELECT DISTINCT keys FROM ...`
    query: Option<Query>,
}

impl Domain {
    /// The columns under their names in the domain.
    pub(super) fn columns(&self) -> Vec<RelationColumn> {
        self.keys.iter().enumerate().map(|(i, key)| super::build::described(&format!("outer_{}", i + 1), key)).collect()
    }
}

impl Decorrelation<'_> {
    /// Makes the domain of `query` over a FROM clause with conditions that all its rows pass.
    pub(super) fn domain(&mut self, query: &Query, from: Option<&Relation>, conditions: &[Expr]) -> Result<Domain> {
        let guards = from.map(|from| self.guards_of(query, &defined(from))).unwrap_or_default();
        if !guards.is_empty()
            && let Ok(guarded) = self.domain_of(query, from, conditions, &guards)
        {
            return Ok(guarded);
        }
        self.domain_of(query, from, conditions, &[])
    }

    /// The same with what is known of the rows where the subquery is asked.
    fn domain_of(&mut self, query: &Query, from: Option<&Relation>, conditions: &[Expr], guards: &[Expr]) -> Result<Domain> {
        let mut keys = outer_columns(query);
        if keys.is_empty() {
            keys.extend(conjunction(guards.to_vec()));
        }
        if keys.is_empty() {
            return Ok(Domain { id: self.domain_id(), keys, query: None });
        }
        let position = keys[0].position;
        let refuse = || Err(Report::unsupported("a reference to an outer query in this place").at(position));
        let Some(from) = from else { return refuse() };
        let used: HashSet<RelationId> = keys.iter().chain(guards).flat_map(scope::relations_of).collect();
        if !used.is_subset(&defined(from)) {
            return refuse();
        }
        let source = sole_source(from, &used).unwrap_or(from);
        if !scope::outer_references(source).is_empty() {
            return Err(Report::unsupported("a correlated subquery beside such LATERAL items").at(position));
        }
        let mut missing = Missing::default();
        let wide = self.widened(source, &mut missing).filter(|_| keys.iter().all(|key| missing.allows(key)));
        let numbered = if wide.is_none() { self.row_numbers(source, &keys) } else { None };
        // Equal values of several forms (1.0 and 1.00) are looked up by their form too, so that each has its answer.
        let forms: Vec<Expr> = keys.iter().filter(|key| key_function(key.ty, key.typmod, key.scale).is_some()).map(form).collect();
        let keys: Vec<Expr> = keys.into_iter().chain(forms).collect();
        let (conditions, guards): (&[Expr], &[Expr]) = if numbered.is_some() { (&[], &[]) } else { (conditions, guards) };
        let Some(source) = wide.or(numbered) else {
            return Err(Report::unsupported("a correlated subquery over rows that may differ each time they are read").at(position));
        };
        let known = defined(&source);
        let conditions = conditions.iter().filter(|condition| missing.allows(condition));
        let guards_here = guards.iter().filter(|guard| missing.allows_guard(guard));
        let passed: Vec<Expr> =
            conditions.chain(guards_here).filter(|condition| scope::relations_of(condition).is_subset(&known)).cloned().collect();
        let exprs: Vec<Expr> = keys.iter().cloned().chain(passed).collect();
        let (copy, mut exprs) = self.copy_of_from(&source, &exprs);
        let passed = exprs.split_off(keys.len());
        let mut values = select(exprs, Some(copy), conjunction(passed));
        values.distinct = Distinct::All;
        let mut domain = Domain { id: self.domain_id(), keys, query: None };
        let mut query = select_query(values, domain.columns());
        // A guard may ask subqueries of its own.
        if guards.iter().any(super::holds_subquery) {
            self.query(&mut query)?;
        }
        domain.query = Some(query);
        Ok(domain)
    }

    /// Returns the domain as a FROM item, under a new id.
    pub(super) fn domain_item(&mut self, domain: &Domain) -> Option<(RelationId, Relation)> {
        let query = self.copy_of_query(domain.query.as_ref()?);
        let id = self.relation_id();
        Some((id, derived(id, "domain", query)))
    }

    /// Tells whether reading it twice surely gives the same rows.
    pub(super) fn is_repeatable(&self, relation: &Relation) -> bool {
        let mut check = Repeatable { certain: true, decorrelation: self, total: Vec::new() };
        walk::walk_relation(relation, &mut check);
        check.certain
    }
}

impl Decorrelation<'_> {
    /// Tells whether an expression over certain rows surely has the same value each time.
    pub(super) fn is_repeatable_expr(&self, expr: &Expr) -> bool {
        let mut check = Repeatable { certain: true, decorrelation: self, total: Vec::new() };
        walk::walk_expr(expr, &mut check);
        check.certain
    }
}

struct Repeatable<'a, 'b> {
    certain: bool,
    decorrelation: &'a Decorrelation<'b>,
    /// Windows whose order tells all rows apart that are not alike in every column that is used.
    total: Vec<Window>,
}

impl Visitor for Repeatable<'_, '_> {
    fn query(&mut self, query: &Query) {
        let first = matches!(&query.body, SetExpr::Select(select) if matches!(select.distinct, Distinct::On(_)));
        let cut = query.limit.is_some() || query.offset.is_some();
        self.certain &= !cut && !first || is_sorted_by_all(query);
        self.total.extend(totally_ordered(query));
    }

    fn relation(&mut self, relation: &Relation) {
        if let Relation::Cte { cte, .. } = relation {
            self.certain &= self.decorrelation.repeatable_ctes.contains(cte);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.certain &= match &expr.kind {
            ExprKind::Call { function, .. } => function.volatility != 'v',
            ExprKind::Window(call) => {
                // Rows that the order leaves equal have the same rank, and the same frame unless it counts rows.
                let ranks = matches!(call.function.name.as_str(), "rank" | "dense_rank" | "percent_rank" | "cume_dist");
                let by_peers = call.order_by.is_empty() || call.frame.as_ref().is_none_or(|frame| frame.unit != FrameUnit::Rows);
                !call.aggregate && ranks
                    || call.aggregate && by_peers && is_exact(&call.function.name, expr)
                    || self.total.contains(call) && !expr.ty.is_float()
            }
            ExprKind::Aggregate(call) => is_exact(&call.function.name, expr) || !call.order_by.is_empty() && !expr.ty.is_float(),
            _ => true,
        };
    }
}

/// What tells the forms of equal values apart: their text.
fn form(key: &Expr) -> Expr {
    let cast = ExprKind::Cast { expr: Box::new(key.clone()), explicit: true, method: CastMethod::InOut };
    match key.ty {
        // The blanks at the end of a char(n) are no part of its text.
        Type::BPCHAR => super::build::call("octet_length", vec![key.clone()], Type::INT4),
        _ => Expr::new(cast, Type::TEXT, key.position),
    }
}

/// Tells whether equal values of a type are alike to the last digit.
pub(super) fn is_plain(ty: Type) -> bool {
    ty.is_integer() || matches!(ty, Type::TEXT | Type::VARCHAR | Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::BOOL | Type::UUID)
}

/// Tells whether ORDER BY leaves only rows equal that are alike.
fn is_sorted_by_all(query: &Query) -> bool {
    query.columns.iter().enumerate().all(|(i, column)| {
        is_plain(column.ty)
            && query.order_by.iter().any(|key| match (&key.by, &query.body) {
                (SortBy::Output(output), _) => *output == i,
                (SortBy::Expr(expr), SetExpr::Select(select)) => select.projection.get(i) == Some(expr),
                _ => false,
            })
    })
}

/// Returns the windows of a SELECT that partition and order by every column of FROM that it uses.
fn totally_ordered(query: &Query) -> Vec<Window> {
    let SetExpr::Select(select) = &query.body else { return Vec::new() };
    let (Some(from), GroupBy::None) = (&select.from, &select.group_by) else { return Vec::new() };
    let own = defined(from);
    let (mut used, mut windows) = (Vec::new(), Vec::new());
    let keys = query.order_by.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr) } else { None });
    for expr in select.projection.iter().chain(&select.filter).chain(keys) {
        scope::each(expr, &mut |part| match &part.kind {
            ExprKind::Column { relation, .. } if own.contains(relation) => used.push(part.clone()),
            ExprKind::Window(call) => windows.push((**call).clone()),
            _ => {}
        });
    }
    windows.retain(|call| {
        let keys = call.order_by.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr) } else { None });
        let keys: Vec<&Expr> = call.partition_by.iter().chain(keys).collect();
        used.iter().all(|column| is_plain(column.ty) && keys.contains(&column))
    });
    windows
}

/// Tells whether an aggregate's value is the same in whatever order it meets its rows.
fn is_exact(name: &str, whole: &Expr) -> bool {
    matches!(name, "count" | "min" | "max" | "bool_and" | "bool_or" | "every" | "bit_and" | "bit_or" | "bit_xor")
        || matches!(name, "sum" | "avg") && !whole.ty.is_float()
}

/// A condition that may be asked twice: without subqueries and volatile functions.
pub(super) fn is_steady(expr: &Expr) -> bool {
    let mut steady = true;
    scope::each(expr, &mut |expr| match &expr.kind {
        ExprKind::Subquery { .. } => steady = false,
        ExprKind::Call { function, .. } => steady &= function.volatility != 'v',
        _ => {}
    });
    steady
}

/// Tells whether a query gives the same rows each time.
pub(super) fn is_repeatable_query(decorrelation: &Decorrelation<'_>, query: &Query) -> bool {
    let mut check = Repeatable { certain: true, decorrelation, total: Vec::new() };
    walk::walk_query(query, &mut check);
    check.certain
}

/// Returns the columns of outer queries that a query refers to, each once.
pub(super) fn outer_columns(query: &Query) -> Vec<Expr> {
    struct Columns<'a>(&'a HashSet<RelationId>, Vec<Expr>);
    impl Visitor for Columns<'_> {
        fn expr(&mut self, expr: &Expr) {
            let outer = column_relation(expr).is_some_and(|relation| self.0.contains(&relation));
            if outer && !self.1.iter().any(|known| known.kind == expr.kind) {
                self.1.push(expr.clone());
            }
        }
    }
    let outer = scope::outer_references_of_query(query);
    let mut columns = Columns(&outer, Vec::new());
    walk::walk_query(query, &mut columns);
    columns.1
}

fn column_relation(expr: &Expr) -> Option<RelationId> {
    if let ExprKind::Column { relation, .. } = expr.kind { Some(relation) } else { None }
}

/// Returns the one FROM item that has all these columns, if no outer join makes NULLs of them and it stands on its own.
fn sole_source<'a>(from: &'a Relation, used: &HashSet<RelationId>) -> Option<&'a Relation> {
    match from {
        Relation::Join { kind, left, right, .. } => {
            let (from_left, from_right) = match kind {
                JoinKind::Cross | JoinKind::Inner => (true, true),
                JoinKind::Left => (true, false),
                JoinKind::Right => (false, true),
                JoinKind::Full => (false, false),
            };
            if from_left && used.is_subset(&defined(left)) {
                return sole_source(left, used).or(Some(left));
            }
            if from_right && used.is_subset(&defined(right)) {
                return sole_source(right, used).or(Some(right));
            }
            None
        }
        leaf => leaf.id().is_some_and(|id| used.contains(&id)).then_some(leaf),
    }
    .filter(|source| scope::outer_references(source).is_empty())
}
