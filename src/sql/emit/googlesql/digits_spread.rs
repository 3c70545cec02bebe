//! The digits of variances and deviations of exact numbers: the sums that they are made of, in postfix order.

use super::digits::{MOST, Maker, call, integer, push, text_of};
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::sql::bind::operators::resolve_operator;
use crate::types::{NumericScale, Type};

impl Maker<'_> {
    /// Variances and deviations of exact numbers: (n * sum(x * x) - sum(x) * sum(x)) / (n * (n - 1)), or / (n * n), and its root
    /// (numeric_stddev_internal in numeric.c).
    pub fn spread(&self, expr: &Expr) -> Option<Expr> {
        let (name, argument) = match &expr.kind {
            ExprKind::Aggregate(call) if !call.within_group && !call.distinct => (call.function.name.clone(), call.args.first()?),
            ExprKind::Window(call) if call.aggregate => (call.function.name.clone(), call.args.first()?),
            _ => return None,
        };
        let sample = match name.as_str() {
            "variance" | "var_samp" | "stddev" | "stddev_samp" => true,
            "var_pop" | "stddev_pop" => false,
            _ => return None,
        };
        let of = |function: &str, argument: Expr| {
            let function = resolve_function(Some("pg_catalog"), function, &[argument.ty], false, None).ok()?.signature;
            let (ty, args) = (function.returns, vec![argument]);
            let kind = match &expr.kind {
                ExprKind::Aggregate(call) => {
                    ExprKind::Aggregate(Box::new(Aggregate { function, args, order_by: Vec::new(), ..(**call).clone() }))
                }
                ExprKind::Window(call) => ExprKind::Window(Box::new(Window { function, args, ..(**call).clone() })),
                _ => return None,
            };
            Some(Expr::new(kind, ty, expr.position))
        };
        let is_own = self.own.is_own(argument);
        let scale = match (argument.ty, argument.scale) {
            (ty, _) if ty.is_integer() => 0,
            (Type::NUMERIC, NumericScale::Fixed(scale)) if scale * 2 <= MOST => scale,
            _ if is_own => MOST,
            _ => return None,
        };
        let value = match argument.ty {
            Type::NUMERIC => argument.clone(),
            _ => {
                let kind = ExprKind::Cast { expr: Box::new(argument.clone()), explicit: false, method: CastMethod::Function };
                Expr { scale: NumericScale::Fixed(0), ..Expr::new(kind, Type::NUMERIC, expr.position) }
            }
        };
        let fixed = |expr: Expr, scale: u16| Expr { scale: NumericScale::Fixed(scale), ..expr };
        let operator = resolve_operator("*", Some(Type::NUMERIC), Type::NUMERIC, None).ok()?;
        // The squares of whole numbers of 64 bits are too large for NUMERIC.
        let factor = match argument.ty {
            Type::NUMERIC if !is_own => value.clone(),
            _ => Expr { scale: value.scale, ..call("wide", vec![value.clone()], Type::NUMERIC, expr.position) },
        };
        let square = Expr::new(ExprKind::Operator { operator, args: vec![factor.clone(), factor] }, Type::NUMERIC, expr.position);
        let squares = fixed(of("sum", fixed(square, scale.saturating_mul(2)))?, scale.saturating_mul(2));
        let leaf = |value: &Expr, parts: &mut Vec<Expr>| {
            if is_own && value.ty == Type::NUMERIC {
                parts.push(call("own", vec![value.clone()], Type::TEXT, expr.position));
                return Some(());
            }
            self.leaf(value, parts)
        };
        let (sum, count) = (fixed(of("sum", value)?, scale), of("count", argument.clone())?);
        let mut parts = Vec::new();
        leaf(&count, &mut parts)?;
        push(" ", &mut parts);
        leaf(&squares, &mut parts)?;
        push(" * ", &mut parts);
        leaf(&sum, &mut parts)?;
        push(" ", &mut parts);
        leaf(&sum, &mut parts)?;
        push(" * - ", &mut parts);
        leaf(&count, &mut parts)?;
        push(" ", &mut parts);
        leaf(&count, &mut parts)?;
        push(if sample { " 1 - * spread" } else { " * spread" }, &mut parts);
        if name.starts_with("stddev") {
            push(" root", &mut parts);
        }
        let enough = resolve_operator(">", Some(Type::INT8), Type::INT8, None).ok()?;
        let enough =
            Expr::new(ExprKind::Operator { operator: enough, args: vec![count, integer(i64::from(sample))] }, Type::BOOL, expr.position);
        let text = call("joined", parts, Type::TEXT, expr.position);
        Some(text_of(ExprKind::Case { whens: vec![(enough, text)], otherwise: None }, expr))
    }
}
