//! Averages of exact numbers as what they are: a sum divided by a count.

use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::sql::bind::operators::resolve_operator;
use crate::types::{NumericScale, Type};

type Renamed = Box<dyn Fn(Arc<Signature>) -> ExprKind>;

/// avg(x) of exact numbers is sum(x) divided by count(x).
pub(super) fn sum_and_count(expr: &Expr) -> Option<(Expr, Expr)> {
    let resolved = |name: &str, ty: Type| resolve_function(Some("pg_catalog"), name, &[ty], false, None).ok().map(|found| found.signature);
    let (argument, of): (&Expr, Renamed) = match &expr.kind {
        ExprKind::Aggregate(call) if call.function.name == "avg" => {
            let call = call.clone();
            (&expr_args(expr)?[0], Box::new(move |function| ExprKind::Aggregate(Box::new(Aggregate { function, ..(*call).clone() }))))
        }
        ExprKind::Window(call) if call.aggregate && call.function.name == "avg" => {
            let call = call.clone();
            (&expr_args(expr)?[0], Box::new(move |function| ExprKind::Window(Box::new(Window { function, ..(*call).clone() }))))
        }
        _ => return None,
    };
    if expr.ty != Type::NUMERIC || !(argument.ty.is_integer() || argument.ty == Type::NUMERIC) {
        return None;
    }
    let sum = resolved("sum", argument.ty)?;
    let sum_scale = if argument.ty.is_integer() { NumericScale::Fixed(0) } else { argument.scale };
    let sum_ty = sum.returns;
    let sum = Expr { scale: sum_scale, ..Expr::new(of(sum), sum_ty, expr.position) };
    let count = resolve_function(Some("pg_catalog"), "count", &[argument.ty], false, None).ok()?.signature;
    Some((sum, Expr::new(of(count), Type::INT8, expr.position)))
}

fn expr_args(expr: &Expr) -> Option<&[Expr]> {
    let args = match &expr.kind {
        ExprKind::Aggregate(call) => &call.args,
        ExprKind::Window(call) => &call.args,
        _ => return None,
    };
    (args.len() == 1).then_some(args.as_slice())
}

/// The same value with its averages written as quotients, so that it shares the sums and counts of the postfix text.
pub(super) fn averages_as_quotients(expr: &Expr) -> Expr {
    let mut out = expr.clone();
    if let Some((sum, count)) = sum_and_count(expr)
        && let Ok(operator) = resolve_operator("/", Some(Type::NUMERIC), Type::NUMERIC, None)
    {
        let numeric = |expr: Expr| match expr.ty {
            Type::NUMERIC => expr,
            _ => Expr {
                scale: NumericScale::Fixed(0),
                ..Expr::new(
                    ExprKind::Cast { expr: Box::new(expr), explicit: false, method: CastMethod::Function },
                    Type::NUMERIC,
                    out.position,
                )
            },
        };
        out.kind = ExprKind::Operator { operator, args: vec![numeric(sum), numeric(count)] };
        return out;
    }
    match &mut out.kind {
        ExprKind::Operator { args, .. } | ExprKind::Coalesce(args) => {
            args.iter_mut().for_each(|arg| *arg = averages_as_quotients(arg));
        }
        ExprKind::Case { whens, otherwise } => {
            whens.iter_mut().for_each(|(_, then)| *then = averages_as_quotients(then));
            if let Some(otherwise) = otherwise {
                **otherwise = averages_as_quotients(otherwise);
            }
        }
        _ => {}
    }
    out
}
