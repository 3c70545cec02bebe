//! The digits of numerics in arrays of the result: each element leaves as the text that a column's value leaves as.

use super::digits::{Maker, call};
use super::own_digits::Own;
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::sql::bind::operators::resolve_operator;
use crate::types::{NumericScale, Type};

/// Tells whether the elements of an array show the digits that their values have.
pub(super) fn shows_its_own(expr: &Expr, own: &Own) -> bool {
    if expr.ty != Type::NUMERIC_ARRAY || expr.is_null_literal() {
        return expr.ty == Type::NUMERIC_ARRAY;
    }
    let is_own = |item: &Expr| own.is_own(item) || super::functions_array::shows_itself(item);
    match &expr.kind {
        ExprKind::Array(items) => items.iter().all(is_own),
        ExprKind::Literal(Literal::Array(items)) => items.iter().all(|item| match item {
            Literal::Numeric(text) => !(text.contains('.') && text.ends_with('0')),
            _ => true,
        }),
        ExprKind::Aggregate(call) => call.function.name == "array_agg" && call.args.iter().all(is_own),
        ExprKind::Window(call) => call.function.name == "array_agg" && call.args.iter().all(is_own),
        ExprKind::Column { .. } => own.is_own_array(expr),
        ExprKind::Subquery { kind: SubqueryKind::Array, query } => match &query.body {
            SetExpr::Select(select) => select.projection.iter().take(1).all(is_own),
            _ => false,
        },
        ExprKind::Coalesce(items) => items.iter().all(|item| shows_its_own(item, own)),
        ExprKind::Case { whens, otherwise } => {
            whens.iter().map(|(_, then)| then).chain(otherwise.as_deref()).all(|item| shows_its_own(item, own))
        }
        ExprKind::Slice { expr: array, .. } => shows_its_own(array, own),
        // What text, JSON and double precision give has no zeros that are not in the value: of text that is not so.
        ExprKind::Cast { expr: inner, .. } => {
            inner.ty.is_array()
                && !inner.ty.element().is_some_and(Type::is_string)
                && (inner.ty != Type::NUMERIC_ARRAY || shows_its_own(inner, own))
        }
        ExprKind::Call { args, .. } | ExprKind::Operator { args, .. } => args.iter().all(|arg| match arg.ty {
            Type::NUMERIC_ARRAY => shows_its_own(arg, own),
            Type::NUMERIC => is_own(arg),
            _ => true,
        }),
        _ => false,
    }
}

/// Rewrites one result column; tells whether that could be done.
pub(super) fn rewrite(query: &mut Query, maker: &mut Maker, i: usize, group_by: &GroupBy) -> bool {
    let SetExpr::Select(select) = &query.body else { return false };
    let Some(item) = select.projection.get(i).cloned() else { return false };
    if super::hidden::is_key(group_by, &item) {
        return false;
    }
    let Some(texts) = super::hidden::retried(query, maker, |maker| maker.texts(&item)) else { return false };
    if let SetExpr::Select(select) = &mut query.body {
        select.projection[i] = Expr { scale: item.scale, ..call("numbers", vec![texts], Type::NUMERIC_ARRAY, item.position) };
    }
    true
}

impl Maker<'_> {
    /// An array of numerics as one of postfix texts.
    pub fn texts(&self, expr: &Expr) -> Option<Expr> {
        let typed = |kind| Some(Expr::new(kind, Type::TEXT_ARRAY, expr.position));
        if expr.ty != Type::NUMERIC_ARRAY {
            return None;
        }
        if expr.is_null_literal() {
            return Some(Expr::literal(Literal::Null, Type::TEXT_ARRAY, expr.position));
        }
        let any = |arg: &Expr| match arg.ty {
            Type::NUMERIC_ARRAY => self.texts(arg),
            Type::NUMERIC => self.text(arg),
            _ => Some(arg.clone()),
        };
        match &expr.kind {
            ExprKind::Array(items) => typed(ExprKind::Array(items.iter().map(|item| self.text(item)).collect::<Option<_>>()?)),
            ExprKind::Literal(Literal::Array(items)) => {
                let one = |item: &Literal| match item {
                    Literal::Numeric(text) => Some(Literal::Text(text.clone())),
                    Literal::Null => Some(Literal::Null),
                    _ => None,
                };
                typed(ExprKind::Literal(Literal::Array(items.iter().map(one).collect::<Option<_>>()?)))
            }
            ExprKind::Aggregate(aggregate) if aggregate.function.name == "array_agg" && !aggregate.distinct => {
                let args = vec![self.text(aggregate.args.first()?)?];
                let function = resolve_function(Some("pg_catalog"), "array_agg", &[Type::TEXT], false, None).ok()?.signature;
                typed(ExprKind::Aggregate(Box::new(Aggregate { function, args, ..(**aggregate).clone() })))
            }
            ExprKind::Window(window) if window.function.name == "array_agg" => {
                let args = vec![self.text(window.args.first()?)?];
                let function = resolve_function(Some("pg_catalog"), "array_agg", &[Type::TEXT], false, None).ok()?.signature;
                typed(ExprKind::Window(Box::new(Window { function, args, ..(**window).clone() })))
            }
            ExprKind::Column { relation, column } => {
                Some(Expr { ty: Type::TEXT_ARRAY, ..self.hidden((*relation, *column, false), expr.position)? })
            }
            ExprKind::Coalesce(items) => typed(ExprKind::Coalesce(items.iter().map(|item| self.texts(item)).collect::<Option<_>>()?)),
            ExprKind::Case { whens, otherwise } => {
                let whens: Option<Vec<(Expr, Expr)>> = whens.iter().map(|(when, then)| Some((when.clone(), self.texts(then)?))).collect();
                let otherwise = match otherwise {
                    Some(otherwise) => Some(Box::new(self.texts(otherwise)?)),
                    None => None,
                };
                typed(ExprKind::Case { whens: whens?, otherwise })
            }
            ExprKind::Slice { expr: array, lower, upper } => {
                typed(ExprKind::Slice { expr: Box::new(self.texts(array)?), lower: lower.clone(), upper: upper.clone() })
            }
            ExprKind::Subquery { kind: SubqueryKind::Array, query } => {
                let mut query = query.clone();
                let SetExpr::Select(select) = &mut query.body else { return None };
                let sorted = query.order_by.iter().any(|key| matches!(key.by, SortBy::Output(_)));
                if select.distinct != Distinct::No || sorted || select.projection.len() != 1 {
                    return None;
                }
                let item = select.projection.first_mut()?;
                *item = self.text(item)?;
                let column = query.columns.first_mut()?;
                (column.ty, column.scale) = (Type::TEXT, NumericScale::Any);
                typed(ExprKind::Subquery { kind: SubqueryKind::Array, query })
            }
            ExprKind::Call { function, args } if matches!(function.name.as_str(), "array_append" | "array_prepend" | "array_cat") => {
                let args: Vec<Expr> = args.iter().map(any).collect::<Option<_>>()?;
                let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
                let function = resolve_function(Some("pg_catalog"), &function.name, &types, false, None).ok()?.signature;
                typed(ExprKind::Call { function, args })
            }
            ExprKind::Operator { operator, args } if operator.name == "||" => {
                let args: Vec<Expr> = args.iter().map(any).collect::<Option<_>>()?;
                let [left, right] = args.as_slice() else { return None };
                let operator = resolve_operator("||", Some(left.ty), right.ty, None).ok()?;
                typed(ExprKind::Operator { operator, args })
            }
            _ => None,
        }
    }
}
