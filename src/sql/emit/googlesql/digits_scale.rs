//! How many digits behind the point a numeric shows, as an expression of GoogleSQL.

use super::digits::{GREATEST_OF, LEAST_OF, MOST, Maker, SCHEMA, call, equal, integer, signature};
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::types::input::number;
use crate::types::{NumericScale, Type};

impl Maker<'_> {
    /// Returns how many digits behind the point a value has, as an expression.
    pub fn scale(&self, expr: &Expr) -> Option<Expr> {
        if expr.ty.is_integer() {
            return Some(integer(0));
        }
        if let NumericScale::Fixed(digits) = expr.scale {
            return (digits <= MOST).then(|| integer(digits.into()));
        }
        if self.own.is_own(expr) {
            return Some(call("own_scale", vec![expr.clone()], Type::INT8, expr.position));
        }
        let typed = |kind| Expr::new(kind, Type::INT8, expr.position);
        if let (true, Some((sum, count))) = (self.rounded, super::digits_averages::sum_and_count(expr)) {
            return self.quotient_scale(&sum, &count, expr.position);
        }
        match &expr.kind {
            ExprKind::Literal(Literal::Null) => Some(integer(0)),
            ExprKind::Column { relation, column } => self.hidden((*relation, *column, true), expr.position),
            ExprKind::Parameter(n) => match self.parameters.get(*n)? {
                Literal::Numeric(digits) => Some(integer(number::scale_of(digits).min(MOST).into())),
                Literal::Null => Some(integer(0)),
                _ => None,
            },
            ExprKind::Cast { expr: inner, .. } if inner.ty == Type::NUMERIC && expr.typmod < 0 => self.scale(inner),
            ExprKind::Cast { expr: inner, .. } if inner.ty.is_string() && expr.typmod < 0 => {
                Some(call("text_scale", vec![(**inner).clone()], Type::INT8, expr.position))
            }
            ExprKind::NullIf { left, .. } => self.scale(left),
            ExprKind::Operator { operator, args } => match (operator.name.as_str(), args.as_slice()) {
                ("+" | "-", [operand]) => self.scale(operand),
                ("/", [left, right]) if self.rounded && left.ty == Type::NUMERIC && right.ty == Type::NUMERIC => {
                    self.quotient_scale(left, right, expr.position)
                }
                ("*", [left, right]) => Some(call("more", vec![self.scale(left)?, self.scale(right)?], Type::INT8, expr.position)),
                ("+" | "-" | "%", [left, right]) => {
                    Some(call("longer", vec![self.scale(left)?, self.scale(right)?], Type::INT8, expr.position))
                }
                _ => None,
            },
            ExprKind::Call { function, args } => match (function.name.as_str(), args.as_slice()) {
                ("abs", [operand]) => self.scale(operand),
                ("rounded", [_, scale]) if function.schema == SCHEMA => Some(scale.clone()),
                ("mod", [left, right]) => Some(call("longer", vec![self.scale(left)?, self.scale(right)?], Type::INT8, expr.position)),
                ("round" | "trunc", [_, places]) => Some(call("places", vec![places.clone()], Type::INT8, expr.position)),
                ("to_number", [_, template]) => {
                    let template = literals::constant_text(template)?.to_ascii_uppercase();
                    let behind = template.split_once(['.', 'D']).map_or("", |(_, behind)| behind);
                    (!template.contains(['V', 'E', '"', '\\'])).then(|| integer(behind.matches(['9', '0']).count().try_into().unwrap_or(0)))
                }
                _ => None,
            },
            ExprKind::Case { whens, otherwise } => {
                let whens: Option<Vec<(Expr, Expr)>> = whens.iter().map(|(when, then)| Some((when.clone(), self.scale(then)?))).collect();
                let otherwise = match otherwise {
                    Some(otherwise) => Some(Box::new(self.scale(otherwise)?)),
                    None => None,
                };
                Some(typed(ExprKind::Case { whens: whens?, otherwise }))
            }
            ExprKind::Coalesce(items) => {
                let whens: Option<Vec<(Expr, Expr)>> = items.iter().map(|item| Some((Maker::present(item), self.scale(item)?))).collect();
                Some(typed(ExprKind::Case { whens: whens?, otherwise: None }))
            }
            ExprKind::Greatest(items) | ExprKind::Least(items) => {
                let whens: Option<Vec<(Expr, Expr)>> = items.iter().map(|item| Some((equal(item, expr)?, self.scale(item)?))).collect();
                Some(typed(ExprKind::Case { whens: whens?, otherwise: None }))
            }
            ExprKind::Aggregate(aggregate) if matches!(aggregate.function.name.as_str(), "min" | "max") => {
                let [argument] = aggregate.args.as_slice() else { return None };
                let name = if aggregate.function.name == "min" { LEAST_OF } else { GREATEST_OF };
                let args = vec![self.scale(argument)?, argument.clone()];
                let function = signature(name, &args, Type::INT8);
                Some(typed(ExprKind::Aggregate(Box::new(Aggregate { function, args, distinct: false, ..(**aggregate).clone() }))))
            }
            // A sum has as many digits as the longest of its values.
            ExprKind::Aggregate(aggregate) if aggregate.function.name == "sum" => {
                let [argument] = aggregate.args.as_slice() else { return None };
                let scale = typed(ExprKind::Case { whens: vec![(Maker::present(argument), self.scale(argument)?)], otherwise: None });
                let function = resolve_function(Some("pg_catalog"), "max", &[Type::INT8], false, None).ok()?.signature;
                let call = Aggregate { function, args: vec![scale], distinct: false, order_by: Vec::new(), ..(**aggregate).clone() };
                Some(typed(ExprKind::Aggregate(Box::new(call))))
            }
            ExprKind::Window(window) if window.aggregate && window.function.name == "sum" => {
                let [argument] = window.args.as_slice() else { return None };
                let scale = typed(ExprKind::Case { whens: vec![(Maker::present(argument), self.scale(argument)?)], otherwise: None });
                let function = resolve_function(Some("pg_catalog"), "max", &[Type::INT8], false, None).ok()?.signature;
                Some(typed(ExprKind::Window(Box::new(Window { function, args: vec![scale], ..(**window).clone() }))))
            }
            _ => None,
        }
    }
}
