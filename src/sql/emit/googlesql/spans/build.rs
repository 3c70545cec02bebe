//! Expressions that `spans` makes.

use std::sync::Arc;

use crate::error::Result;
use crate::sql::bind::operators::resolve_operator;
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

pub(super) fn compare(name: &str, left: &Expr, right: &Expr) -> Result<Expr> {
    operation(name, left, right)
}

pub(super) fn operation(name: &str, left: &Expr, right: &Expr) -> Result<Expr> {
    let operator = resolve_operator(name, Some(left.ty), right.ty, left.position)?;
    let returns = operator.returns;
    Ok(Expr::new(ExprKind::Operator { operator, args: vec![left.clone(), right.clone()] }, returns, left.position))
}

pub(super) fn is_null(expr: &Expr, negated: bool) -> Expr {
    Expr::new(ExprKind::IsNull { expr: Box::new(expr.clone()), negated }, Type::BOOL, expr.position)
}

pub(super) fn either(first: Expr, second: Expr) -> Expr {
    Expr::new(ExprKind::Coalesce(vec![first, second]), Type::BOOL, None)
}

pub(super) fn all(mut parts: Vec<Expr>) -> Expr {
    match parts.len() {
        0 => Expr::literal(Literal::Bool(true), Type::BOOL, None),
        1 => parts.remove(0),
        _ => Expr::new(ExprKind::And(parts), Type::BOOL, None),
    }
}

pub(super) fn any(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { Expr::new(ExprKind::Or(parts), Type::BOOL, None) }
}

pub(super) fn case(whens: Vec<(Expr, Expr)>, otherwise: Option<Expr>, ty: Type) -> Expr {
    let scale = otherwise.as_ref().map_or(NumericScale::Any, |value| value.scale);
    Expr { scale, ..Expr::new(ExprKind::Case { whens, otherwise: otherwise.map(Box::new) }, ty, None) }
}

pub(super) fn error(message: &str, ty: Type) -> Expr {
    bigquery("error", vec![Expr::literal(Literal::Text(message.into()), Type::TEXT, None)], ty)
}

/// A call of BigQuery's own function.
pub(super) fn bigquery(name: &str, args: Vec<Expr>, returns: Type) -> Expr {
    let function = Signature {
        oid: 0,
        schema: "bigquery",
        name: name.into(),
        arguments: args.iter().map(|arg| arg.ty).collect(),
        variadic: None,
        returns,
        returns_set: false,
        volatility: 'i',
        strict: false,
    };
    Expr::new(ExprKind::Call { function: Arc::new(function), args }, returns, None)
}

pub(super) fn truth(value: bool) -> Expr {
    Expr::literal(Literal::Bool(value), Type::BOOL, None)
}
