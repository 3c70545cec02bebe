//! Correlated subqueries that the engine does not join itself, made into joins (Neumann and Kemper, "Unnesting Arbitrary Queries").
//!
//! A subquery is asked for all the outer values it may meet at once (`domain`, `push`), and the outer rows look their answer up:
//! `FROM outer LEFT JOIN answers ON values are the same`. At most one answer stands for each value, so no outer row is lost or doubled.
//! What is left in the tree is what the engine joins itself (`native`).

use std::collections::{HashMap, HashSet};

use super::correlate::{conjunction, conjuncts};
use super::scope;
use crate::error::{Report, Result};
use crate::sql::tree::{
    Cte, CteId, Distinct, Expr, ExprKind, GroupBy, JoinKind, Query, Relation, RelationColumn, RelationId, Select, SetExpr, SetOp, SortBy,
};
use crate::sql::walk::{self, Visitor};
use crate::types::literal::Literal;

mod answer;
mod build;
mod domain;
mod from;
mod fresh;
mod guarded;
mod inlined;
mod inside;
mod kept;
pub(super) mod native;
mod push;
#[cfg(test)]
mod tests;
mod widen;

use native::Place;

/// Rewrites a query so that the engine can plan all its subqueries; `None` where nothing needs it.
///
/// # Errors
/// 0A000 with position for what has no faithful form.
pub(super) fn decorrelate(query: &Query, parameters: &[Literal]) -> Result<Option<Query>> {
    let mut found = Found { subquery: false, last: 0, last_cte: 0 };
    walk::walk_query(query, &mut found);
    if !found.subquery {
        return Ok(None);
    }
    let mut decorrelation = Decorrelation {
        parameters,
        next_relation: found.last + 1,
        next_cte: found.last_cte + 1,
        repeatable_ctes: HashSet::new(),
        items: HashMap::new(),
        pushed_ctes: HashMap::new(),
        next_domain: 0,
        guards: Vec::new(),
        recursions: 0,
        kept: Vec::new(),
        kept_ctes: HashSet::new(),
    };
    let mut query = query.clone();
    inlined::inline(&mut query);
    decorrelation.query(&mut query)?;
    decorrelation.name_kept(&mut query);
    decorrelation.check_ctes(&query)?;
    Ok(Some(query))
}

/// The work on one statement.
struct Decorrelation<'a> {
    parameters: &'a [Literal],
    next_relation: u32,
    next_cte: u32,
    /// WITH items that give the same rows each time they are read.
    repeatable_ctes: HashSet<CteId>,
    /// The queries of those that may not.
    items: HashMap<CteId, Query>,
    /// WITH items that have rows for every value of a domain, whose columns follow theirs; and which domain that is.
    pushed_ctes: HashMap<CteId, u32>,
    next_domain: u32,
    /// What is known of the rows of the SELECT for which the expression at hand is computed.
    guards: Vec<Expr>,
    /// How many recursive items the query at hand stands within.
    recursions: usize,
    /// What became WITH items of the query at hand, so that its rows are made once.
    kept: Vec<Cte>,
    /// All WITH items whose rows are to be made once.
    kept_ctes: HashSet<CteId>,
}

/// A SELECT whose subqueries are being answered.
struct Site {
    /// Its FROM, as the domains read it.
    from: Option<Relation>,
    /// Some of it has become WITH items.
    keeps: bool,
    /// Conditions that every row passes.
    conditions: Vec<Expr>,
    /// The answers, each with what it is looked up by.
    joins: Vec<(Relation, Expr)>,
    /// Columns of answers that stand outside the aggregates of a SELECT with groups.
    grouped: Vec<Expr>,
    group_by: GroupBy,
}

struct Found {
    subquery: bool,
    last: u32,
    last_cte: u32,
}

impl Visitor for Found {
    fn query(&mut self, query: &Query) {
        for cte in &query.ctes {
            self.last_cte = self.last_cte.max(cte.id.0);
        }
    }

    fn relation(&mut self, relation: &Relation) {
        self.last = self.last.max(relation.id().map_or(0, |id| id.0));
        self.subquery |= match relation {
            Relation::Derived { lateral, .. } => *lateral,
            Relation::Join { kind: JoinKind::Cross, left, right, on: None } => from::reaches_left(left, right),
            _ => false,
        };
    }

    fn expr(&mut self, expr: &Expr) {
        self.subquery |= matches!(expr.kind, ExprKind::Subquery { .. });
    }
}

impl Decorrelation<'_> {
    /// A reference to a WITH item that was pushed must have been told which of its rows it means.
    fn check_ctes(&self, query: &Query) -> Result<()> {
        let mut widths: HashMap<CteId, usize> = HashMap::new();
        struct Items<'a>(&'a mut HashMap<CteId, usize>);
        impl Visitor for Items<'_> {
            fn query(&mut self, query: &Query) {
                self.0.extend(query.ctes.iter().map(|cte| (cte.id, cte.query.columns.len())));
            }
        }
        walk::walk_query(query, &mut Items(&mut widths));
        let mut missed = false;
        walk::each_relation(query, |relation| {
            if let Relation::Cte { cte, columns, .. } = relation {
                missed |= self.pushed_ctes.contains_key(cte) && widths.get(cte) != Some(&columns.len());
            }
        });
        if missed { Err(Report::unsupported("WITH that refers to an outer query, used in such a place")) } else { Ok(()) }
    }

    fn relation_id(&mut self) -> RelationId {
        self.next_relation += 1;
        RelationId(self.next_relation - 1)
    }

    fn domain_id(&mut self) -> u32 {
        self.next_domain += 1;
        self.next_domain
    }

    fn cte_id(&mut self) -> CteId {
        self.next_cte += 1;
        CteId(self.next_cte - 1)
    }

    fn query(&mut self, query: &mut Query) -> Result<()> {
        let (outer, kept) = (std::mem::take(&mut self.guards), std::mem::take(&mut self.kept));
        let result = self.query_alone(query);
        self.guards = outer;
        query.ctes.extend(std::mem::replace(&mut self.kept, kept));
        result
    }

    fn query_alone(&mut self, query: &mut Query) -> Result<()> {
        for Cte { id, recursive, query, .. } in &mut query.ctes {
            if *recursive {
                // Within it, its rows are those of the step before.
                self.repeatable_ctes.insert(*id);
            }
            self.recursions += usize::from(*recursive);
            let done = self.query(query);
            self.recursions -= usize::from(*recursive);
            done?;
            // What a recursive item reads of itself is as repeatable as it is.
            self.repeatable_ctes.insert(*id);
            if !domain::is_repeatable_query(self, query) {
                self.repeatable_ctes.remove(id);
                if !*recursive {
                    self.items.insert(*id, query.clone());
                }
            }
        }
        if let SetExpr::Values(rows) = &mut query.body
            && rows.iter().flatten().any(holds_subquery)
        {
            // The engine answers no subqueries in VALUES.
            query.body = one_after_the_other(std::mem::take(rows), &query.columns)?;
        }
        let Query { body, order_by, .. } = query;
        match body {
            SetExpr::Select(select) => self.select(select, order_by),
            SetExpr::Set { left, right, .. } => {
                self.query(left)?;
                self.query(right)
            }
            SetExpr::Values(rows) => {
                let mut site = Site::new(None, GroupBy::None);
                for expr in rows.iter_mut().flatten() {
                    self.expr(expr, Place::Inside, &mut site)?;
                }
                Ok(())
            }
        }
    }

    fn select(&mut self, select: &mut Select, order_by: &mut [crate::sql::tree::SortKey]) -> Result<()> {
        let mut conditions = Vec::new();
        if let Some(from) = select.from.take() {
            select.from = Some(self.from(from, &mut conditions)?);
        }
        if let Some(filter) = select.filter.take() {
            conjuncts(&filter, &mut conditions);
        }
        let mut site = Site::new(select.from.clone(), select.group_by.clone());
        site.conditions.clone_from(&conditions);
        for condition in &mut conditions {
            self.expr(condition, Place::Condition, &mut site)?;
        }
        select.filter = conjunction(conditions);

        let grouped = !matches!(select.group_by, GroupBy::None);
        let listed = if grouped { Place::Grouped } else { Place::Value };
        let sorted = if grouped { Place::Grouped } else { Place::Inside };
        // Grouping expressions that hold subqueries, as they were and with the answers in them: what is shown of one is the same answer.
        let mut answered: Vec<(Expr, Expr)> = Vec::new();
        if let GroupBy::Plain(exprs) | GroupBy::Sets { exprs, .. } = &mut select.group_by {
            for expr in exprs {
                let written = expr.clone();
                self.expr(expr, Place::Inside, &mut site)?;
                if written != *expr {
                    answered.push((written, expr.clone()));
                }
            }
        }
        for expr in &mut select.projection {
            put_answers(expr, &answered);
            self.expr(expr, listed, &mut site)?;
        }
        let on = match &mut select.distinct {
            Distinct::On(exprs) => exprs.as_mut_slice(),
            Distinct::No | Distinct::All => &mut [],
        };
        let keys = order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
        for expr in select.having.iter_mut().chain(on).chain(keys) {
            put_answers(expr, &answered);
            self.expr(expr, sorted, &mut site)?;
        }
        if let (GroupBy::Plain(exprs), false) = (&mut select.group_by, site.grouped.is_empty()) {
            exprs.extend(site.grouped);
        }
        if site.keeps {
            select.from = site.from;
        }
        for (answer, on) in site.joins {
            let Some(from) = select.from.take() else { return Err(Report::internal("an answer without a question")) };
            select.from = Some(build::join(JoinKind::Left, from, answer, Some(on)));
        }
        Ok(())
    }

    /// Answers the subqueries of an expression.
    fn expr(&mut self, expr: &mut Expr, place: Place, site: &mut Site) -> Result<()> {
        if matches!(expr.kind, ExprKind::Subquery { .. }) {
            return self.subquery(expr, place, site);
        }
        let below = match (&expr.kind, place) {
            (ExprKind::And(_) | ExprKind::Or(_), Place::Condition | Place::Passing) => Place::Passing,
            // NOT EXISTS (...) is known to be yes or no.
            (ExprKind::Not(inner), Place::Condition | Place::Passing) if is_exists(inner) => place,
            (ExprKind::Aggregate(_) | ExprKind::Window(_), _) => Place::Inside,
            (_, Place::Condition | Place::Passing) => Place::Value,
            (_, place) => place,
        };
        // A window's operands stand outside the aggregates.
        let below = if matches!(expr.kind, ExprKind::Window(_)) && place == Place::Grouped { Place::Grouped } else { below };
        let guards = guarded::of_operands(expr);
        let known = self.guards.len();
        for (i, child) in walk::children_mut(expr).into_iter().enumerate() {
            self.guards.extend(guards.get(i).into_iter().flatten().cloned());
            self.expr(child, below, site)?;
            self.guards.truncate(known);
        }
        Ok(())
    }
}

impl Site {
    fn new(from: Option<Relation>, group_by: GroupBy) -> Site {
        Site { from, keeps: false, conditions: Vec::new(), joins: Vec::new(), grouped: Vec::new(), group_by }
    }
}

/// VALUES as a UNION ALL of its rows.
fn one_after_the_other(rows: Vec<Vec<Expr>>, columns: &[RelationColumn]) -> Result<SetExpr> {
    let row = |row: Vec<Expr>| SetExpr::Select(Box::new(build::select(row, None, None)));
    let query = |body: SetExpr| Box::new(build::query(body, columns.to_vec()));
    let union = |left: SetExpr, right: SetExpr| SetExpr::Set { op: SetOp::Union, all: true, left: query(left), right: query(right) };
    rows.into_iter().map(row).reduce(union).ok_or_else(|| Report::internal("VALUES without rows"))
}

fn holds_subquery(expr: &Expr) -> bool {
    let mut found = false;
    scope::each(expr, &mut |expr| found |= matches!(expr.kind, ExprKind::Subquery { .. }));
    found
}

/// Puts what stands for grouping expressions in their place.
fn put_answers(expr: &mut Expr, answered: &[(Expr, Expr)]) {
    if answered.is_empty() {
        return;
    }
    match answered.iter().find(|(written, _)| written == expr) {
        Some((_, answer)) => *expr = Expr { position: expr.position, ..answer.clone() },
        None => walk::children_mut(expr).into_iter().for_each(|child| put_answers(child, answered)),
    }
}

fn is_exists(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Subquery { kind: crate::sql::tree::SubqueryKind::Exists, .. })
}

/// Tells whether an expression holds a subquery that refers to an outer query.
fn is_correlated(expr: &Expr) -> bool {
    let mut found = false;
    scope::each(expr, &mut |expr| {
        if let ExprKind::Subquery { query, .. } = &expr.kind {
            found |= !scope::outer_references_of_query(query).is_empty();
        }
    });
    found
}
