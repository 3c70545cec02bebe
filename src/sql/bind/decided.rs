//! What constants decide before anything is computed (clauses.c, `eval_const_expressions`): AND and OR that one of their parts decides, and the branches of
//! CASE and COALESCE that are never reached, be there a constant that cannot be computed.

use super::operators::resolve_operator;
use crate::sql::tree::{Expr, ExprKind};
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

/// Makes what its constants decide of an expression.
pub fn decide(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) => connective(expr),
        ExprKind::Case { whens, otherwise } => branches(whens, otherwise.as_deref_mut()),
        ExprKind::Coalesce(args) => {
            let known = args.iter().position(|arg| matches!(&arg.kind, ExprKind::Literal(value) if *value != Literal::Null));
            args.iter_mut().skip(known.map_or(usize::MAX, |at| at + 1)).for_each(leave_out);
        }
        _ => {}
    }
}

/// `false AND x` is false, whatever x is. What is constant before the deciding part is computed by PostgreSQL, and may fail.
fn connective(expr: &mut Expr) {
    let (parts, all) = match &expr.kind {
        ExprKind::And(parts) => (parts, true),
        ExprKind::Or(parts) => (parts, false),
        _ => return,
    };
    let Some(at) = parts.iter().position(|part| part.kind == ExprKind::Literal(Literal::Bool(!all))) else { return };
    let mut computed = Vec::new();
    for part in &parts[..at] {
        constants_in(part, &mut computed);
    }
    // Aggregates and subqueries make the query what it is.
    if computed.is_empty() && parts[..at].iter().any(is_of_rows) {
        return;
    }
    expr.kind = after(computed, !all).unwrap_or(ExprKind::Literal(Literal::Bool(!all)));
}

/// A truth value behind constants that are computed first, as a sum that is never negative: the warehouses, too, look no further at a condition that a
/// constant decides.
fn after(computed: Vec<Expr>, value: bool) -> Option<ExprKind> {
    if computed.is_empty() {
        return None;
    }
    let number = |n: i64| Expr::literal(Literal::Int(n), Type::INT4, None);
    let each = computed.into_iter().map(|constant| {
        let condition = match constant.ty {
            Type::BOOL => constant,
            _ => Expr::new(ExprKind::IsNull { expr: Box::new(constant), negated: false }, Type::BOOL, None),
        };
        Expr::new(ExprKind::Case { whens: vec![(condition, number(1))], otherwise: Some(Box::new(number(0))) }, Type::INT4, None)
    });
    let plus = resolve_operator("+", Some(Type::INT4), Type::INT4, None).ok()?;
    let sum = each.fold(number(0), |sum, next| {
        let operator = plus.clone();
        Expr::new(ExprKind::Operator { operator, args: vec![sum, next] }, Type::INT4, None)
    });
    let operator = resolve_operator(if value { ">=" } else { "<" }, Some(Type::INT4), Type::INT4, None).ok()?;
    Some(ExprKind::Operator { operator, args: vec![sum, number(0)] })
}

fn branches(whens: &mut [(Expr, Expr)], otherwise: Option<&mut Expr>) {
    let mut ended = false;
    for (condition, result) in whens {
        let known = if ended { Some(false) } else { truth(condition).map(|value| value == Some(true)) };
        if ended {
            leave_out(condition);
        }
        if known == Some(false) {
            leave_out(result);
        }
        ended |= known == Some(true);
    }
    if let (true, Some(otherwise)) = (ended, otherwise) {
        leave_out(otherwise);
    }
}

/// What is never reached is not computed either; aggregates and subqueries stay.
fn leave_out(expr: &mut Expr) {
    if !cannot_fail(expr) && !is_of_rows(expr) {
        expr.kind = ExprKind::Literal(Literal::Null);
    }
}

/// The truth value of a condition over constants, as far as it is seen at once.
fn truth(expr: &Expr) -> Option<Option<bool>> {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => Some(Some(*value)),
        ExprKind::Literal(Literal::Null) => Some(None),
        ExprKind::Not(inner) => truth(inner).map(|value| value.map(|value| !value)),
        ExprKind::IsNull { expr: inner, negated } => match &inner.kind {
            ExprKind::Literal(value) => Some(Some((*value == Literal::Null) != *negated)),
            _ => None,
        },
        ExprKind::Operator { operator, args } => {
            let [left, right] = args.as_slice() else { return None };
            let (ExprKind::Literal(left_value), ExprKind::Literal(right_value)) = (&left.kind, &right.kind) else { return None };
            match (operator.name.as_str(), left_value, right_value) {
                ("=" | "<>" | "<" | "<=" | ">" | ">=", Literal::Null, _) | ("=" | "<>" | "<" | "<=" | ">" | ">=", _, Literal::Null) => {
                    Some(None)
                }
                (name, Literal::Int(a), Literal::Int(b)) => Some(Some(match name {
                    "=" => a == b,
                    "<>" => a != b,
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    ">=" => a >= b,
                    _ => return None,
                })),
                ("=", Literal::Text(a), Literal::Text(b)) if left.ty == Type::TEXT && right.ty == Type::TEXT => Some(Some(a == b)),
                ("<>", Literal::Text(a), Literal::Text(b)) if left.ty == Type::TEXT && right.ty == Type::TEXT => Some(Some(a != b)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Gathers the largest constant parts of an expression that may fail; what CASE and COALESCE hold is reached or not by itself.
fn constants_in(expr: &Expr, out: &mut Vec<Expr>) {
    if is_constant(expr) {
        if !cannot_fail(expr) {
            out.push(expr.clone());
        }
    } else if !matches!(expr.kind, ExprKind::Case { .. } | ExprKind::Coalesce(_) | ExprKind::Subquery { .. }) {
        walk::children(expr).into_iter().for_each(|child| constants_in(child, out));
    }
}

fn is_constant(expr: &Expr) -> bool {
    let may_be = match &expr.kind {
        ExprKind::Column { .. } | ExprKind::Parameter(_) | ExprKind::Row(..) => false,
        ExprKind::Call { function, .. } => function.volatility == 'i' && !function.returns_set,
        ExprKind::Operator { operator, .. } => operator.volatility == 'i',
        _ => !is_of_rows_itself(expr),
    };
    may_be && walk::children(expr).into_iter().all(is_constant)
}

fn is_of_rows(expr: &Expr) -> bool {
    is_of_rows_itself(expr) || walk::children(expr).into_iter().any(is_of_rows)
}

fn is_of_rows_itself(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Grouping(_) | ExprKind::Subquery { .. } => true,
        ExprKind::Call { function, .. } => function.returns_set,
        _ => false,
    }
}

fn cannot_fail(expr: &Expr) -> bool {
    let plain = match &expr.kind {
        ExprKind::Operator { operator, .. } => matches!(operator.name.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">="),
        ExprKind::Literal(_)
        | ExprKind::Column { .. }
        | ExprKind::Parameter(_)
        | ExprKind::IsNull { .. }
        | ExprKind::IsBool { .. }
        | ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_) => true,
        _ => false,
    };
    plain && walk::children(expr).into_iter().all(cannot_fail)
}
