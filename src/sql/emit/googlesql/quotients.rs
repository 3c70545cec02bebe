//! Arithmetic over quotients, roots and logarithms: PostgreSQL rounds each before it goes on, BigQuery keeps 38 digits.
//!
//! Rounded to fewer digits both agree; shown in full they differ about the twentieth digit. So what is shown in full is refused.

use super::*;
use crate::sql::walk;
use crate::types::{NumericScale, Type};

/// Refuses output columns that show digits which PostgreSQL would have rounded away further in.
pub(super) fn check(bound: &Bound) -> Result<()> {
    let mut sources = Sources::default();
    sources.collect(&bound.query);
    let mut shown = Vec::new();
    outputs(&bound.query, &mut |expr| {
        if !super::digits::is_rewritten(expr) {
            shown.push(expr);
        }
    });
    match shown.into_iter().find(|expr| sources.is_rounded_further_in(expr)) {
        Some(expr) => Err(refuse(
            "arithmetic over a quotient, an average or a root, shown in full",
            expr.position,
            "PostgreSQL rounds it first: round the result, as in round(x, 2).",
        )),
        None => Ok(()),
    }
}

/// Calls `f` for each expression that gives the query's columns.
fn outputs<'q>(query: &'q Query, f: &mut dyn FnMut(&'q Expr)) {
    match &query.body {
        SetExpr::Select(select) => select.projection.iter().for_each(f),
        SetExpr::Set { left, right, .. } => {
            outputs(left, f);
            outputs(right, f);
        }
        SetExpr::Values(rows) => rows.iter().flatten().for_each(f),
    }
}

/// Where the columns of FROM items come from.
#[derive(Default)]
pub(super) struct Sources<'q> {
    queries: IdMap<RelationId, &'q Query>,
    ctes: IdMap<CteId, &'q Query>,
    references: IdMap<RelationId, CteId>,
}

impl<'q> Sources<'q> {
    pub fn collect(&mut self, query: &'q Query) {
        for cte in &query.ctes {
            self.ctes.insert(cte.id, &cte.query);
            self.collect(&cte.query);
        }
        match &query.body {
            SetExpr::Select(select) => {
                if let Some(from) = &select.from {
                    self.relation(from);
                }
            }
            SetExpr::Set { left, right, .. } => {
                self.collect(left);
                self.collect(right);
            }
            SetExpr::Values(_) => {}
        }
    }

    /// Returns the query that a FROM item reads.
    pub fn query(&self, relation: RelationId) -> Option<&'q Query> {
        self.queries.get(&relation).or_else(|| self.ctes.get(self.references.get(&relation)?)).copied()
    }

    fn relation(&mut self, relation: &'q Relation) {
        match relation {
            Relation::Derived { id, query, .. } => {
                self.queries.insert(*id, query);
                self.collect(query);
            }
            Relation::Cte { id, cte, .. } => {
                self.references.insert(*id, *cte);
            }
            Relation::Join { left, right, .. } => {
                self.relation(left);
                self.relation(right);
            }
            Relation::Table { .. } | Relation::Function { .. } => {}
        }
    }

    /// Tells whether a numeric of unknown display scale comes out of arithmetic over a quotient.
    fn is_rounded_further_in(&self, expr: &Expr) -> bool {
        self.rounded(expr, &mut IdSet::default())
    }

    /// Tells whether a value is a quotient that was not rounded where it was made (`digits_quotients`).
    fn is_quotient(&self, expr: &Expr, seen: &mut IdSet<RelationId>) -> bool {
        if expr.ty != Type::NUMERIC || expr.scale != NumericScale::Quotient {
            return false;
        }
        match &expr.kind {
            ExprKind::Column { relation, column } => {
                let Some(query) = self.query(*relation).filter(|_| seen.insert(*relation)) else { return true };
                let mut exprs = Vec::new();
                columns(query, *column, &mut exprs);
                let found = exprs.into_iter().any(|expr| self.is_quotient(expr, seen));
                seen.remove(relation);
                found
            }
            ExprKind::Subquery { kind: SubqueryKind::Scalar, query } => {
                let mut exprs = Vec::new();
                columns(query, 0, &mut exprs);
                exprs.into_iter().any(|expr| self.is_quotient(expr, seen))
            }
            ExprKind::Case { .. }
            | ExprKind::Coalesce(_)
            | ExprKind::Greatest(_)
            | ExprKind::Least(_)
            | ExprKind::NullIf { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Aggregate(_)
            | ExprKind::Window(_)
            | ExprKind::Call { .. } => {
                let made = matches!(&expr.kind, ExprKind::Aggregate(call) if !matches!(call.function.name.as_str(), "min" | "max" | "sum" | "only_value"))
                    || matches!(&expr.kind, ExprKind::Window(call) if call.aggregate && !matches!(call.function.name.as_str(), "min" | "max" | "sum"));
                made || walk::children(expr).into_iter().any(|child| self.is_quotient(child, seen))
            }
            ExprKind::Operator { operator, args } => operator.name == "/" || args.iter().any(|arg| self.is_quotient(arg, seen)),
            _ => true,
        }
    }

    fn rounded(&self, expr: &Expr, seen: &mut IdSet<RelationId>) -> bool {
        if expr.ty != Type::NUMERIC || matches!(expr.scale, NumericScale::Fixed(_)) {
            return false;
        }
        match &expr.kind {
            _ if is_root(expr) => true,
            ExprKind::Column { relation, column } => {
                let Some(query) = self.query(*relation).filter(|_| seen.insert(*relation)) else { return false };
                let mut exprs = Vec::new();
                columns(query, *column, &mut exprs);
                let found = exprs.into_iter().any(|expr| self.rounded(expr, seen));
                seen.remove(relation);
                found
            }
            ExprKind::Operator { operator, args } if matches!(operator.name.as_str(), "+" | "-" | "*" | "/" | "%") && args.len() == 2 => {
                args.iter().any(|arg| self.is_quotient(arg, &mut IdSet::default()) || self.rounded(arg, seen))
            }
            ExprKind::Aggregate(call) if matches!(call.function.name.as_str(), "sum" | "avg") => {
                call.args.iter().any(|arg| self.is_quotient(arg, &mut IdSet::default()) || self.rounded(arg, seen))
            }
            ExprKind::Window(call) if matches!(call.function.name.as_str(), "sum" | "avg") => {
                call.args.iter().any(|arg| self.is_quotient(arg, &mut IdSet::default()) || self.rounded(arg, seen))
            }
            ExprKind::Subquery { kind: SubqueryKind::Scalar, query } => {
                let mut exprs = Vec::new();
                columns(query, 0, &mut exprs);
                exprs.into_iter().any(|expr| self.rounded(expr, seen))
            }
            _ => walk::children(expr).into_iter().any(|child| self.rounded(child, seen)),
        }
    }
}

/// Tells whether a value has digits here that PostgreSQL has rounded away before anything is made of it. `rounded`: the tree's quotients are rounded
/// (`digits_quotients`).
pub(super) fn is_inexact(expr: &Expr, rounded: bool) -> bool {
    if expr.ty != Type::NUMERIC || matches!(expr.scale, NumericScale::Fixed(_)) {
        return false;
    }
    match &expr.kind {
        _ if is_root(expr) => true,
        ExprKind::Call { function, .. } if function.schema == super::digits::SCHEMA => false,
        ExprKind::Column { .. } => !rounded && expr.scale == NumericScale::Quotient,
        ExprKind::Operator { operator, args } if operator.name == "/" && args.len() == 2 => !rounded,
        ExprKind::Aggregate(call) if !matches!(call.function.name.as_str(), "min" | "max" | "sum" | "only_value") => true,
        ExprKind::Window(call) if call.aggregate && !matches!(call.function.name.as_str(), "min" | "max" | "sum") => true,
        _ => walk::children(expr).into_iter().any(|child| is_inexact(child, rounded)),
    }
}

/// Tells whether numeric.c computes a value to about 16 digits where BigQuery gives 38.
fn is_root(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { function, .. } => matches!(function.name.as_str(), "ln" | "log" | "log10" | "exp" | "sqrt" | "power" | "pow"),
        ExprKind::Operator { operator, args } => operator.name == "^" && args.len() == 2,
        _ => false,
    }
}

/// Collects what column `i` of a query is made of.
pub(super) fn columns<'q>(query: &'q Query, i: usize, found: &mut Vec<&'q Expr>) {
    match &query.body {
        SetExpr::Select(select) => found.extend(select.projection.get(i)),
        SetExpr::Set { left, right, .. } => {
            columns(left, i, found);
            columns(right, i, found);
        }
        SetExpr::Values(rows) => found.extend(rows.iter().filter_map(|row| row.get(i))),
    }
}
