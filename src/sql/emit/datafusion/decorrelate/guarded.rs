//! Subqueries that may fail, where something keeps them from being asked: `CASE WHEN x > 1 THEN (SELECT 1 / y ...) END`. PostgreSQL asks them row by
//! row, and only where it comes to them; here all answers are made beforehand. So they are made for the rows alone that CASE, COALESCE, AND, OR
//! and FILTER let through.

use std::collections::HashSet;

use super::super::scope;
use super::domain::is_steady;
use super::{Decorrelation, holds_subquery};
use crate::sql::emit::guards::fails_itself;
use crate::sql::tree::{Expr, ExprKind, Query, RelationId};
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

/// What is known of a row where each operand of an expression is computed, in the order of [`walk::children`]; nothing for operands that ask no
/// subquery.
pub(super) fn of_operands(expr: &Expr) -> Vec<Vec<Expr>> {
    match &expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Coalesce(_) | ExprKind::Case { .. } | ExprKind::Aggregate(_)
            if holds_subquery(expr) => {}
        _ => return Vec::new(),
    }
    match &expr.kind {
        ExprKind::And(parts) => one_after_the_other(parts, |part| is(part, false, true)),
        ExprKind::Or(parts) => one_after_the_other(parts, |part| is(part, true, true)),
        ExprKind::Coalesce(parts) => one_after_the_other(parts, |part| {
            let kind = ExprKind::IsNull { expr: Box::new(part.clone()), negated: false };
            Expr::new(kind, Type::BOOL, None)
        }),
        ExprKind::Case { whens, otherwise } => {
            let mut operands = Vec::new();
            let before = |i: usize| whens[..i].iter().map(|(condition, _)| is(condition, true, true));
            for (i, (condition, result)) in whens.iter().enumerate() {
                operands.push(if holds_subquery(condition) { before(i).collect() } else { Vec::new() });
                let here = || before(i).chain([condition.clone()]).collect();
                operands.push(if holds_subquery(result) { here() } else { Vec::new() });
            }
            if otherwise.as_ref().is_some_and(|result| holds_subquery(result)) {
                operands.push(before(whens.len()).collect());
            }
            operands
        }
        ExprKind::Aggregate(call) => match &call.filter {
            Some(filter) => vec![vec![filter.clone()]; walk::children(expr).len() - 1],
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn one_after_the_other(parts: &[Expr], left_open: impl Fn(&Expr) -> Expr) -> Vec<Vec<Expr>> {
    let known = |(i, part): (usize, &Expr)| match holds_subquery(part) {
        true => parts[..i].iter().map(&left_open).collect(),
        false => Vec::new(),
    };
    parts.iter().enumerate().map(known).collect()
}

fn is(expr: &Expr, value: bool, negated: bool) -> Expr {
    let kind = ExprKind::IsBool { expr: Box::new(expr.clone()), value: Some(value), negated };
    Expr::new(kind, Type::BOOL, None)
}

impl Decorrelation<'_> {
    /// What is known of the rows of a FROM clause where a subquery is asked; nothing for one that cannot fail.
    pub(super) fn guards_of(&self, query: &Query, from: &HashSet<RelationId>) -> Vec<Expr> {
        if self.guards.is_empty() || !may_fail(query) {
            return Vec::new();
        }
        let speaks_of_rows = |guard: &&Expr| {
            let used = scope::relations_of(guard);
            let steady = is_steady(guard) || self.is_repeatable_expr(guard);
            !used.is_empty() && used.is_subset(from) && steady && !is_of_groups(guard)
        };
        self.guards.iter().filter(speaks_of_rows).cloned().collect()
    }
}

/// Tells whether a subquery may fail over some rows.
pub(super) fn may_fail(query: &Query) -> bool {
    let mut found = false;
    walk::each_expr(query, |expr| found |= fails_itself(expr) && !is_safe_division(expr));
    found
}

/// `a / NULLIF(b, 0)`
fn is_safe_division(expr: &Expr) -> bool {
    let ExprKind::Operator { args, .. } = &expr.kind else { return false };
    matches!(args.last().map(bare), Some(ExprKind::NullIf { right, .. }) if matches!(bare(right), ExprKind::Literal(value) if is_zero(value)))
}

fn bare(expr: &Expr) -> &ExprKind {
    match &expr.kind {
        ExprKind::Cast { expr, .. } => bare(expr),
        kind => kind,
    }
}

fn is_zero(value: &Literal) -> bool {
    match value {
        Literal::Int(n) => *n == 0,
        Literal::Numeric(digits) => digits.chars().all(|c| matches!(c, '0' | '.' | '-')),
        Literal::Float(x) => *x == 0.0,
        _ => false,
    }
}

/// Tells whether an expression is computed over groups or windows; what a subquery does inside is its own.
fn is_of_groups(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Grouping(_))
        || walk::children(expr).into_iter().any(is_of_groups)
}
