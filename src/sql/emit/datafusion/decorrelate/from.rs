//! Subqueries in FROM: derived tables, LATERAL, conditions of joins.

use std::collections::HashSet;

use super::super::correlate::{conjunction, conjuncts, defined};
use super::super::scope;
use super::build::{column, derived, described, join, same, select, select_query};
use super::native::{Place, is_native_lateral};
use super::{Decorrelation, Site, is_correlated};
use crate::error::{Report, Result};
use crate::sql::tree::{Distinct, Expr, ExprKind, GroupBy, JoinKind, Query, Relation, RelationId};

impl Decorrelation<'_> {
    /// Rewrites a FROM clause; conditions of inner joins with correlated subqueries move to WHERE.
    pub(super) fn from(&mut self, relation: Relation, conditions: &mut Vec<Expr>) -> Result<Relation> {
        self.relation(relation, Some(conditions))
    }

    fn relation(&mut self, relation: Relation, mut conditions: Option<&mut Vec<Expr>>) -> Result<Relation> {
        match relation {
            Relation::Derived { id, alias, lateral, mut query } => {
                self.query(&mut query)?;
                Ok(Relation::Derived { id, alias, lateral, query })
            }
            Relation::Function { id, alias, mut calls, ordinality, columns } => {
                let mut site = Site::new(None, GroupBy::None);
                for call in &mut calls {
                    self.expr(call, Place::Inside, &mut site)?;
                }
                Ok(Relation::Function { id, alias, calls, ordinality, columns })
            }
            Relation::Join { kind: JoinKind::Cross, left, right, on: None } if reaches_left(&left, &right) => {
                // a, (b JOIN LATERAL (... a ...)) becomes (a, b) JOIN LATERAL (...).
                let Relation::Join { kind: kind @ (JoinKind::Cross | JoinKind::Inner | JoinKind::Left), left: first, right: second, on } =
                    *right
                else {
                    return Err(Report::unsupported("LATERAL in this kind of join"));
                };
                self.relation(join(kind, join(JoinKind::Cross, *left, *first, None), *second, on), conditions)
            }
            Relation::Join { kind, left, right, on } => {
                let inner = matches!(kind, JoinKind::Cross | JoinKind::Inner);
                let through_left = if inner || kind == JoinKind::Left { conditions.as_deref_mut() } else { None };
                let left = self.relation(*left, through_left)?;
                let (left, right) = if matches!(kind, JoinKind::Cross | JoinKind::Inner | JoinKind::Left) {
                    self.arguments(left, *right)?
                } else {
                    (left, *right)
                };
                let right = match right {
                    Relation::Derived { id, alias, lateral: true, query } if !scope::outer_references_of_query(&query).is_empty() => {
                        if !is_native_lateral(kind, &query) {
                            return self.lateral(kind, left, (id, alias, *query), on);
                        }
                        self.relation(Relation::Derived { id, alias, lateral: true, query }, None)?
                    }
                    right => self.relation(right, if inner { conditions.as_deref_mut() } else { None })?,
                };
                self.joined(kind, left, right, on, conditions)
            }
            other => Ok(other),
        }
    }

    /// Subqueries over the rows of the left side in a function's arguments are answered beside those rows.
    fn arguments(&mut self, left: Relation, right: Relation) -> Result<(Relation, Relation)> {
        let Relation::Function { id, alias, mut calls, ordinality, columns } = right else { return Ok((left, right)) };
        let used: HashSet<RelationId> = calls.iter().flat_map(outer_of_subqueries).collect();
        if used.is_empty() || !used.is_subset(&defined(&left)) {
            return Ok((left, Relation::Function { id, alias, calls, ordinality, columns }));
        }
        let mut site = Site::new(Some(left), GroupBy::None);
        for call in &mut calls {
            self.expr(call, Place::Inside, &mut site)?;
        }
        let Some(left) = site.with_answers() else { return Err(Report::internal("a join without sides")) };
        Ok((left, Relation::Function { id, alias, calls, ordinality, columns }))
    }

    /// The condition of a join may hold subqueries.
    fn joined(
        &mut self,
        kind: JoinKind,
        left: Relation,
        right: Relation,
        on: Option<Expr>,
        conditions: Option<&mut Vec<Expr>>,
    ) -> Result<Relation> {
        let mut kept = Vec::new();
        let mut hard = Vec::new();
        if let Some(on) = &on {
            let mut list = Vec::new();
            conjuncts(on, &mut list);
            for condition in list {
                if has_subquery(&condition) { hard.push(condition) } else { kept.push(condition) }
            }
        }
        if hard.is_empty() {
            return Ok(join(kind, left, right, on));
        }
        // Every row of the result passes the condition of an inner join.
        if let (JoinKind::Inner, Some(conditions)) = (kind, conditions) {
            conditions.extend(hard);
            let kind = if kept.is_empty() { JoinKind::Cross } else { JoinKind::Inner };
            return Ok(join(kind, left, right, conjunction(kept)));
        }
        // Else the side that the subquery speaks of brings the answer along.
        let mut sites = [Site::new(Some(left), GroupBy::None), Site::new(Some(right), GroupBy::None)];
        let mut of_both = Vec::new();
        for mut condition in hard {
            let correlated = is_correlated(&condition);
            let used = outer_of_subqueries(&condition);
            let [first, second] = &mut sites;
            let of = |site: &Site| site.from.as_ref().is_some_and(|from| used.is_subset(&defined(from)));
            let site = match (of(first), of(second)) {
                (true, _) => first,
                (_, true) => second,
                _ if !correlated => first,
                _ if matches!(kind, JoinKind::Left | JoinKind::Right) => {
                    of_both.push(condition);
                    continue;
                }
                _ => return Err(Report::unsupported("a subquery over both sides of an outer join").at(condition.position)),
            };
            self.expr(&mut condition, Place::Inside, site)?;
            kept.push(condition);
        }
        let [left, right] = sites.map(Site::with_answers);
        let (Some(mut left), Some(mut right)) = (left, right) else { return Err(Report::internal("a join without sides")) };
        for condition in of_both {
            self.of_both_sides(kind, (&mut left, &mut right), condition, &mut kept)?;
        }
        Ok(join(kind, left, right, conjunction(kept)))
    }

    /// A condition of an outer join whose subqueries speak of both sides: they are asked for all pairs of rows, and the side that may be filled up brings
    /// the answers along, each of its rows with those for every partner. For each pair there is one row of answers, so none is lost or doubled.
    fn of_both_sides(
        &mut self,
        kind: JoinKind,
        (left, right): (&mut Relation, &mut Relation),
        mut condition: Expr,
        kept: &mut Vec<Expr>,
    ) -> Result<()> {
        let pairs = if kept.is_empty() { JoinKind::Cross } else { JoinKind::Inner };
        let mut pairs = join(pairs, left.clone(), right.clone(), conjunction(kept.clone()));
        let steady = self.is_repeatable(&pairs) || self.keep(&mut pairs) && self.is_repeatable(&pairs);
        if !steady {
            return Err(Report::unsupported("a subquery over both sides of an outer join").at(condition.position));
        }
        if let Relation::Join { left: first, right: second, .. } = &pairs {
            (*left, *right) = (Relation::clone(first), Relation::clone(second));
        }
        let mut site = Site::new(Some(pairs), GroupBy::None);
        self.expr(&mut condition, Place::Inside, &mut site)?;
        let Some(pairs) = site.from else { return Err(Report::internal("a join without sides")) };
        for (answer, on) in site.joins {
            let (keys, theirs) = looked_up(&on)?;
            // An answer of nothing has no row of its own.
            let columns = keys.iter().enumerate().map(|(i, key)| described(&format!("outer_{}", i + 1), key)).collect::<Vec<_>>();
            let (copy, copied) = self.copy_of_from(&pairs, &keys);
            let mut asked = select(copied, Some(copy), None);
            asked.distinct = Distinct::All;
            let id = self.relation_id();
            let own: Vec<Expr> = columns.iter().enumerate().map(|(i, described)| column(id, i, described)).collect();
            let asked = derived(id, "pairs", select_query(asked, columns));
            let answers = join(JoinKind::Left, asked, answer, same(own.clone(), theirs));
            let side = if kind == JoinKind::Left { &mut *right } else { &mut *left };
            let known = defined(side);
            let mut conditions = Vec::new();
            for (key, own) in keys.into_iter().zip(own) {
                let inside = scope::relations_of(&key).is_subset(&known);
                if inside { &mut conditions } else { &mut *kept }.extend(same(vec![key], vec![own]));
            }
            let joined = if conditions.is_empty() { JoinKind::Cross } else { JoinKind::Inner };
            *side = join(joined, side.clone(), answers, conjunction(conditions));
        }
        kept.push(condition);
        Ok(())
    }

    /// LATERAL: the rows for all values of the left side, joined by them.
    fn lateral(&mut self, kind: JoinKind, mut left: Relation, derived: (RelationId, String, Query), on: Option<Expr>) -> Result<Relation> {
        let (id, alias, query) = derived;
        let kind = match kind {
            JoinKind::Cross | JoinKind::Inner => JoinKind::Inner,
            JoinKind::Left => JoinKind::Left,
            JoinKind::Right | JoinKind::Full => return Err(Report::unsupported("LATERAL in this kind of join")),
        };
        let width = query.columns.len();
        let domain = match self.domain(&query, Some(&left), &[]) {
            Err(_) if self.keep(&mut left) => self.domain(&query, Some(&left), &[])?,
            domain => domain?,
        };
        let mut rows = self.push(query, &domain, false)?;
        self.query(&mut rows)?;
        let values = (width..width + domain.keys.len()).map(|i| column(id, i, &rows.columns[i])).collect();
        let on = conjunction(same(domain.keys.clone(), values).into_iter().chain(on).collect());
        let right = Relation::Derived { id, alias, lateral: false, query: Box::new(rows) };
        self.joined(kind, left, right, on, None)
    }
}

impl Site {
    /// Its FROM, each row beside its answers.
    fn with_answers(self) -> Option<Relation> {
        self.joins.into_iter().fold(self.from, |from, (answer, on)| from.map(|from| join(JoinKind::Left, from, answer, Some(on))))
    }
}

/// Tells whether a join on the right holds a LATERAL item that refers to the left.
pub(super) fn reaches_left(left: &Relation, right: &Relation) -> bool {
    let known = defined(left);
    matches!(right, Relation::Join { .. }) && scope::outer_references(right).iter().any(|id| known.contains(id))
}

/// What an answer is looked up by: the outer values, and the answer's columns.
fn looked_up(on: &Expr) -> Result<(Vec<Expr>, Vec<Expr>)> {
    let mut conditions = Vec::new();
    conjuncts(on, &mut conditions);
    let sides = |condition: Expr| match condition.kind {
        ExprKind::IsDistinct { left, right, negated: true, .. } => Ok((*left, *right)),
        _ => Err(Report::internal("an answer that is not looked up by values")),
    };
    conditions.into_iter().map(sides).collect()
}

fn has_subquery(expr: &Expr) -> bool {
    let mut found = false;
    scope::each(expr, &mut |expr| found |= matches!(expr.kind, crate::sql::tree::ExprKind::Subquery { .. }));
    found
}

/// The relations that the subqueries of an expression refer to outside themselves.
fn outer_of_subqueries(expr: &Expr) -> HashSet<RelationId> {
    let mut used = HashSet::new();
    scope::each(expr, &mut |expr| {
        if let crate::sql::tree::ExprKind::Subquery { query, .. } = &expr.kind {
            used.extend(scope::outer_references_of_query(query));
        }
    });
    used
}
