//! setseed(), and random() behind it: in a SELECT without FROM, whose values are computed one after the other, they are what they are in
//! PostgreSQL. Over rows neither warehouse computes in an order that could be told, so that is refused.

use super::tree::{Bound, Distinct, Expr, ExprKind, GroupBy, Query, Select, SetExpr};
use super::walk;
use crate::error::{Report, Result};
use crate::query::random::Random;
use crate::types::literal::Literal;

/// Puts the numbers in the place of the calls. Tells whether there were any.
///
/// # Errors
/// 0A000 where the order of the calls is not that of the text.
pub fn draw(bound: &mut Bound, random: &Random) -> Result<bool> {
    let (mut calls, mut seeds, mut position) = (0, false, None);
    walk::each_expr(&bound.query, |expr| {
        if let Some(name) = call(expr) {
            calls += 1;
            seeds |= name == "setseed";
            position = position.or(expr.position);
        }
    });
    if calls == 0 || !seeds && !random.is_seeded() {
        return Ok(false);
    }
    let refuse = |what: &str| Report::unsupported(what).hint("Call it in a SELECT of its own, without FROM.").at(position);
    let place = if seeds { "setseed() in such a place" } else { "random() after setseed() in such a place" };
    let Some(projection) = one_row(&mut bound.query) else { return Err(refuse(place)) };
    let mut drawn = 0;
    for expr in projection {
        draw_in(expr, random, &mut drawn);
    }
    if drawn == calls { Ok(true) } else { Err(refuse(place)) }
}

/// The name of a call of either.
fn call(expr: &Expr) -> Option<&str> {
    let ExprKind::Call { function, .. } = &expr.kind else { return None };
    (function.schema == "pg_catalog" && matches!(function.name.as_str(), "random" | "setseed")).then_some(function.name.as_str())
}

/// The select list of a query that is one row of expressions.
fn one_row(query: &mut Query) -> Option<&mut [Expr]> {
    let plain = query.ctes.is_empty() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    match &mut query.body {
        SetExpr::Select(select) if plain => match &mut **select {
            Select { distinct: Distinct::No, projection, from: None, filter: None, group_by: GroupBy::None, having: None } => {
                Some(projection)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Operands first, from left to right; what is computed only perhaps is left alone.
fn draw_in(expr: &mut Expr, random: &Random, drawn: &mut usize) {
    if !matches!(
        expr.kind,
        ExprKind::Call { .. }
            | ExprKind::Operator { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Array(_)
            | ExprKind::Not(_)
            | ExprKind::IsNull { .. }
            | ExprKind::IsBool { .. }
    ) {
        return;
    }
    for operand in walk::children_mut(expr) {
        draw_in(operand, random, drawn);
    }
    let Some(name) = call(expr) else { return };
    if name == "random" && !random.is_seeded() {
        *drawn += 1; // before the seed it is anybody's
        return;
    }
    let value = match (name, &expr.kind) {
        ("random", _) => random.next().map(Literal::Float),
        (_, ExprKind::Call { args, .. }) => match args.first().and_then(number) {
            Some(seed) if (-1.0..=1.0).contains(&seed) => {
                random.seed(seed);
                Some(Literal::Text(String::new()))
            }
            Some(_) => {
                *drawn += 1; // the engine says that it is no seed, once its rows are asked for
                return;
            }
            None => None,
        },
        _ => None,
    };
    if let Some(value) = value {
        *drawn += 1;
        expr.kind = ExprKind::Literal(value);
    }
}

fn number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Float(value)) => Some(*value),
        ExprKind::Cast { expr, .. } => number(expr),
        ExprKind::Literal(Literal::Int(value)) => i32::try_from(*value).ok().map(f64::from),
        ExprKind::Literal(Literal::Numeric(digits)) => digits.parse().ok(),
        _ => None,
    }
}
