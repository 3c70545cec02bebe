//! WITH items that refer to themselves.

use sqlparser::ast::{self, SetExpr as AstSetExpr, SetOperator};

use super::Binder;
use super::coerce::{Context, common_type_at};
use super::composite::HandedOn;
use super::names::{fold, parts};
use super::order::distinguishable;
use super::query::{BoundQuery, Output, VisibleCte, first_position, is_all, output_position, plain_query};
use super::search_cycle::{Clauses, Path};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

impl Binder<'_> {
    /// Binds a WITH item that refers to itself, with the rows and paths among its columns.
    pub fn recursive(
        &mut self,
        item: &ast::Cte,
        name: &str,
        id: CteId,
        clauses: Option<Clauses>,
        position: Option<u32>,
    ) -> Result<(BoundQuery, HandedOn, Vec<Path>)> {
        let query = &item.query;
        let malformed = || {
            let message = format!("recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term");
            Report::new(SqlState::INVALID_RECURSION, message).at(position)
        };
        let AstSetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right } = query.body.as_ref() else {
            return Err(malformed());
        };
        if let Some(what) = [(query.order_by.is_some(), "ORDER BY"), (query.limit_clause.is_some() || query.fetch.is_some(), "LIMIT")]
            .iter()
            .find_map(|(there, what)| there.then_some(what))
        {
            return Err(
                Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{what} in a recursive query is not implemented")).at(position)
            );
        }
        let all = is_all(*set_quantifier)?;
        let visible = self.ctes.len();
        let mut ctes = match &query.with {
            Some(with) => self.with(with)?,
            None => Vec::new(),
        };
        let mut first = self.set_expr(left, false).map_err(|report| {
            if report.sqlstate != SqlState::UNDEFINED_TABLE || !names_itself(left, name) {
                return report;
            }
            let message = format!("recursive reference to query \"{name}\" must not appear within its non-recursive term");
            Report::new(SqlState::INVALID_RECURSION, message).at(position)
        })?;
        let unknown: Vec<bool> = first.query.columns.iter().map(|column| column.ty == Type::UNKNOWN).collect();
        for i in (0..unknown.len()).filter(|i| unknown[*i]) {
            self.coerce_column(&mut first.query, i, Type::TEXT)?;
        }
        ctes.append(&mut first.query.ctes);
        self.rename(&mut first, &item.alias, name)?;
        for column in &mut first.query.columns {
            if column.typmod < 0 {
                column.scale = NumericScale::Any;
            }
        }
        let mut own = VisibleCte {
            name: name.to_owned(),
            id,
            columns: first.query.columns.clone(),
            outputs: first.outputs.iter().map(|output| Output { name: output.name.clone(), origin: (0, 0) }).collect(),
            uses: 0,
            order: Vec::new(),
            rows: HandedOn::new(),
            paths: Vec::new(),
            added: 0,
            level: 0,
        };
        if let Some(clauses) = &clauses {
            self.add_inside(clauses, &mut own)?;
        }
        self.ctes.push(own);
        let mut second = self.set_expr(right, false)?;
        let uses = self.ctes.pop().map_or(0, |cte| cte.uses);
        self.ctes.truncate(visible);
        if uses == 0 {
            return Err(malformed());
        }
        if uses > 1 {
            let message = format!("recursive reference to query \"{name}\" must not appear more than once");
            return Err(Report::new(SqlState::INVALID_RECURSION, message).at(position));
        }
        if let Some(place) = misplaced(&second.query, id) {
            let message = format!("recursive reference to query \"{name}\" must not appear within {place}");
            return Err(Report::new(SqlState::INVALID_RECURSION, message).at(position));
        }
        if let SetExpr::Select(select) = &second.query.body
            && !matches!(select.group_by, GroupBy::None)
            && select.from.as_ref().is_some_and(|from| reads(from, id))
            && select.projection.iter().chain(&select.having).any(walk::aggregates)
        {
            let message = "aggregate functions are not allowed in a recursive query's recursive term";
            return Err(Report::new(SqlState::INVALID_RECURSION, message).at(first_position(&second.query)));
        }
        self.same_width(&first, &second, "UNION", first_position(&second.query).or(position))?;
        for (i, column) in first.query.columns.clone().iter().enumerate() {
            let other = second.query.columns[i].ty;
            let integer = if column.ty == other { None } else { self.common_integer(column.ty, other) };
            if let Some(integer) = integer {
                self.coerce_column(&mut first.query, i, integer)?;
                self.coerce_column(&mut second.query, i, integer)?;
                continue;
            }
            let (own_place, other_place) = (output_place(&first.query, i), output_place(&second.query, i));
            let overall = match other {
                Type::UNKNOWN => column.ty,
                // A constant of the first term takes the other's type, if it can be read so.
                _ if unknown[i] => {
                    if let Some(text) = constant(&first.query, i) {
                        self.coerce(Expr::literal(text, Type::UNKNOWN, own_place), other, Context::Implicit)?;
                    }
                    other
                }
                _ => common_type_at("UNION", &[(column.ty, own_place), (other, other_place)])?,
            };
            if overall != column.ty {
                let message = format!(
                    "recursive query \"{name}\" column {} has type {} in non-recursive term but type {overall} overall",
                    i + 1,
                    column.ty
                );
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message)
                    .at(own_place)
                    .hint("Cast the output of the non-recursive term to the correct type."));
            }
            let typmod = second.query.columns[i].typmod;
            if column.typmod >= 0 && (other != column.ty || typmod != column.typmod) {
                let message = format!(
                    "recursive query \"{name}\" column {} has type {} in non-recursive term but type {overall} overall",
                    i + 1,
                    column.ty.format(column.typmod)
                );
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message)
                    .at(own_place)
                    .hint("Cast the output of the non-recursive term to the correct type."));
            }
            if !all {
                distinguishable(overall, output_position(&first.query, i))?;
            }
            self.coerce_column(&mut second.query, i, column.ty)?;
        }
        if let Some(clauses) = clauses {
            if matches!(first.query.body, SetExpr::Set { .. }) {
                return Err(Report::unsupported("with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT"));
            }
            let (mut bound, rows, paths) = self.searched(name, id, clauses, Recursive { first, second, all })?;
            bound.query.ctes = ctes;
            return Ok((bound, rows, paths));
        }
        let columns = first.query.columns.clone();
        let outputs = first.outputs.iter().map(|output| Output { name: output.name.clone(), origin: (0, 0) }).collect();
        let body = SetExpr::Set { op: SetOp::Union, all, left: Box::new(first.query), right: Box::new(second.query) };
        let mut query = plain_query(body, columns);
        query.ctes = ctes;
        Ok((BoundQuery { query, outputs }, HandedOn::new(), Vec::new()))
    }
}

/// Where a column of a term stands; those of VALUES stand nowhere.
fn output_place(term: &Query, i: usize) -> Option<u32> {
    match &term.body {
        SetExpr::Values(_) => None,
        SetExpr::Set { left, .. } => output_place(left, i),
        SetExpr::Select(_) => output_position(term, i),
    }
}

/// The constant that a column of a term is.
fn constant(term: &Query, i: usize) -> Option<Literal> {
    let SetExpr::Select(select) = &term.body else { return None };
    match &select.projection.get(i)?.kind {
        ExprKind::Literal(literal @ Literal::Text(_)) => Some(literal.clone()),
        _ => None,
    }
}

/// The two terms of a recursive query.
pub struct Recursive {
    pub first: BoundQuery,
    pub second: BoundQuery,
    /// UNION ALL.
    pub all: bool,
}

/// Where the recursive term reads its own item although it must not: PostgreSQL allows that in FROM alone, where each row makes rows of its own
/// (`checkWellFormedRecursionWalker`).
fn misplaced(term: &Query, id: CteId) -> Option<&'static str> {
    let mut all = 0;
    walk::each_relation(term, |relation| all += usize::from(matches!(relation, Relation::Cte { cte, .. } if *cte == id)));
    let mut places = Vec::new();
    read_by(term, id, None, &mut places);
    places.iter().find_map(|place| *place).or((places.len() < all).then_some("a subquery"))
}

/// Adds for each time that a query's FROM reads an item what is wrong with the place.
fn read_by(query: &Query, id: CteId, within: Option<&'static str>, places: &mut Vec<Option<&'static str>>) {
    match &query.body {
        SetExpr::Select(select) => select.from.iter().for_each(|from| joined_by(from, id, within, places)),
        SetExpr::Set { op, all, left, right } => {
            let (before, behind) = match op {
                SetOp::Union => (None, None),
                SetOp::Intersect => (all.then_some("INTERSECT"), all.then_some("INTERSECT")),
                SetOp::Except => (all.then_some("EXCEPT"), Some("EXCEPT")),
            };
            read_by(left, id, within.or(before), places);
            read_by(right, id, within.or(behind), places);
        }
        SetExpr::Values(_) => {}
    }
}

fn joined_by(from: &Relation, id: CteId, within: Option<&'static str>, places: &mut Vec<Option<&'static str>>) {
    match from {
        Relation::Join { kind, left, right, .. } => {
            let outer = |empty: bool| within.or(empty.then_some("an outer join"));
            joined_by(left, id, outer(matches!(kind, JoinKind::Right | JoinKind::Full)), places);
            joined_by(right, id, outer(matches!(kind, JoinKind::Left | JoinKind::Full)), places);
        }
        Relation::Cte { cte, .. } if *cte == id => places.push(within),
        Relation::Derived { query, .. } => read_by(query, id, within, places),
        _ => {}
    }
}

/// Tells whether a term names a relation so.
fn names_itself(term: &AstSetExpr, name: &str) -> bool {
    ast::visit_relations(term, |relation| is_named(relation, name)).is_break()
}

fn is_named(relation: &ast::ObjectName, name: &str) -> std::ops::ControlFlow<()> {
    let parts = parts(relation).unwrap_or_default();
    if parts.len() == 1 && fold(&parts[0]) == name { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
}

/// Tells whether a FROM item is, or joins, a WITH item.
pub fn reads(from: &Relation, id: CteId) -> bool {
    match from {
        Relation::Join { left, right, .. } => reads(left, id) || reads(right, id),
        Relation::Cte { cte, .. } => *cte == id,
        _ => false,
    }
}

/// The items of a WITH in an order in which none refers to a later one: those of WITH RECURSIVE may be written in any (`makeDependencyGraph`). Where they
/// refer to one another, or two have one name, the order in which they are written.
pub fn in_order(with: &ast::With) -> Vec<&ast::Cte> {
    let written: Vec<&ast::Cte> = with.cte_tables.iter().collect();
    let names: Vec<String> = written.iter().map(|item| fold(&item.alias.name)).collect();
    let twice = (0..names.len()).any(|i| names[..i].contains(&names[i]));
    if !with.recursive || twice || written.len() < 2 {
        return written;
    }
    let refers = |from: usize, to: usize| from != to && refers_to(&written[from].query, &names[to]);
    let mut rest: Vec<usize> = (0..written.len()).collect();
    let mut order = Vec::with_capacity(written.len());
    while let Some(next) = rest.iter().position(|item| !rest.iter().any(|other| refers(*item, *other))) {
        order.push(written[rest.remove(next)]);
    }
    if rest.is_empty() { order } else { written }
}

/// Tells whether a query names this relation anywhere.
pub fn refers_to(query: &ast::Query, name: &str) -> bool {
    ast::visit_relations(query, |relation| is_named(relation, name)).is_break()
}
