//! Expressions.

use super::Printer;
use super::literal;
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::types::{NumericScale, Type};

impl Printer<'_> {
    /// Prints an expression; anything that is no call or name comes in parentheses.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<String> {
        let position = expr.position;
        Ok(match &expr.kind {
            ExprKind::Literal(value) => literal::constant(value, expr.ty, expr.typmod, position)?,
            ExprKind::Parameter(n) => match self.parameters.get(*n) {
                Some(value) => {
                    let ty = self.bound.parameters.get(*n).copied().unwrap_or(expr.ty);
                    literal::constant(value, ty, -1, position)?
                }
                // Described or explained without values.
                None => literal::null(expr.ty, expr.typmod),
            },
            ExprKind::Column { relation, column } => match self.relations.get(relation).and_then(|names| names.get(*column)) {
                Some(name) => name.clone(),
                None => return Err(Report::unsupported("a reference to a FROM item further right or outside").at(position)),
            },
            ExprKind::Call { function, args } => self.call(function, args, expr)?,
            ExprKind::Operator { operator, args } => self.operator(operator, args, expr)?,
            ExprKind::And(args) => self.joined(args, " AND ")?,
            ExprKind::Or(args) => self.joined(args, " OR ")?,
            ExprKind::Not(inner) => format!("(NOT {})", self.expr(inner)?),
            ExprKind::IsNull { expr: inner, negated } => format!("({} IS {}NULL)", self.expr(inner)?, not(*negated)),
            ExprKind::IsBool { expr: inner, value, negated } => {
                let word = match value {
                    Some(true) => "TRUE",
                    Some(false) => "FALSE",
                    None => "UNKNOWN",
                };
                format!("({} IS {}{word})", self.expr(inner)?, not(*negated))
            }
            ExprKind::IsDistinct { operator, left, right, negated } => {
                let (left, right) = self.comparable(operator, left, right)?;
                format!("({left} IS {}DISTINCT FROM {right})", not(*negated))
            }
            ExprKind::Cast { expr: inner, method, .. } => self.cast(inner, expr, *method)?,
            ExprKind::Case { whens, otherwise } => {
                let mut text = "CASE".to_owned();
                for (condition, result) in whens {
                    text.push_str(&format!(" WHEN {} THEN {}", self.expr(condition)?, self.same_type(result, expr)?));
                }
                if let Some(result) = otherwise {
                    text.push_str(&format!(" ELSE {}", self.same_type(result, expr)?));
                }
                text.push_str(" END");
                text
            }
            ExprKind::Coalesce(args) => {
                let args = args.iter().map(|arg| self.same_type(arg, expr)).collect::<Result<Vec<_>>>()?;
                format!("coalesce({})", args.join(", "))
            }
            ExprKind::NullIf { operator, left, right } => {
                let (a, b) = self.comparable(operator, left, right)?;
                let value = self.expr(left)?;
                format!("CASE WHEN {} THEN NULL ELSE {value} END", equality(operator, &a, &b))
            }
            ExprKind::Greatest(args) => self.extreme("greatest", ">=", args, expr)?,
            ExprKind::Least(args) => self.extreme("least", "<=", args, expr)?,
            ExprKind::InList { operator, expr: left, list, negated } => self.in_list(operator, left, list, *negated)?,
            ExprKind::AnyArray { operator, left, array, all } => self.any_array(operator, left, array, *all)?,
            ExprKind::Aggregate(call) => self.aggregate(call, expr)?,
            ExprKind::Window(call) => self.window(call, expr)?,
            ExprKind::Grouping(indexes) => {
                let args: Vec<String> = indexes.iter().filter_map(|&i| self.grouping.get(i).cloned()).collect();
                format!("CAST(grouping({}) AS INT)", args.join(", "))
            }
            ExprKind::Subquery { kind, query } => self.subquery(kind, query, expr)?,
            ExprKind::Array(items) => self.array(items, expr)?,
            ExprKind::Subscript { expr: array, index } => match array.ty {
                Type::JSONB => self.jsonb_subscript(array, index)?,
                ty if ty.is_array() => format!("pg_subscript({}, {})", self.expr(array)?, self.expr(index)?),
                _ => return Err(Report::unsupported("this subscript").at(position)),
            },
            ExprKind::Slice { expr: array, lower, upper } => {
                let mut bounds = Vec::new();
                for bound in [lower, upper] {
                    bounds.push(match bound {
                        Some(bound) => format!("TRUE, {}", self.expr(bound)?),
                        None => "FALSE, CAST(0 AS INT)".into(),
                    });
                }
                format!("pg_slice({}, {})", self.expr(array)?, bounds.join(", "))
            }
            ExprKind::Row(_) => return Err(Report::unsupported("a row value here").at(position)),
        })
    }

    fn joined(&mut self, args: &[Expr], word: &str) -> Result<String> {
        let args = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
        Ok(format!("({})", args.join(word)))
    }

    /// Prints the arguments of a call.
    pub(super) fn exprs(&mut self, args: &[Expr]) -> Result<Vec<String>> {
        args.iter().map(|arg| self.expr(arg)).collect()
    }

    /// Prints a branch of CASE, COALESCE and the like. Decimals of different scales meet in the planner's own common type.
    fn same_type(&mut self, branch: &Expr, whole: &Expr) -> Result<String> {
        if branch.is_null_literal() {
            return Ok(if whole.ty == Type::NUMERIC { "NULL".into() } else { literal::null(whole.ty, -1) });
        }
        self.expr(branch)
    }

    /// GREATEST and LEAST leave NULLs out, as the native functions do.
    fn extreme(&mut self, name: &str, _op: &str, args: &[Expr], whole: &Expr) -> Result<String> {
        if whole.ty == Type::INTERVAL || whole.ty.is_array() || matches!(whole.ty, Type::JSONB | Type::RECORD) {
            return Err(Report::unsupported(format!("{name} of type {}", whole.ty)).at(whole.position));
        }
        let args = args.iter().map(|arg| self.same_type(arg, whole)).collect::<Result<Vec<_>>>()?;
        Ok(format!("{name}({})", args.join(", ")))
    }

    fn in_list(&mut self, operator: &Signature, left: &Expr, list: &[Expr], negated: bool) -> Result<String> {
        let mut items = Vec::new();
        let mut value = String::new();
        for item in list {
            let (a, b) = self.comparable(operator, left, item)?;
            value = a;
            items.push(b);
        }
        if items.is_empty() {
            return Ok(if negated { "TRUE".into() } else { "FALSE".into() });
        }
        Ok(format!("({value} {}IN ({}))", not(negated), items.join(", ")))
    }

    fn array(&mut self, items: &[Expr], whole: &Expr) -> Result<String> {
        let element = whole.ty.element().unwrap_or(Type::TEXT);
        if items.iter().any(|item| item.ty.is_array()) {
            return Err(Report::unsupported("a multidimensional array").at(whole.position));
        }
        if items.is_empty() {
            return Ok(format!("pg_empty_array({})", literal::null(element, -1)));
        }
        let items = items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
        Ok(format!("make_array({})", items.join(", ")))
    }

    fn jsonb_subscript(&mut self, value: &Expr, index: &Expr) -> Result<String> {
        let name = if index.ty.is_integer() { "pg_json_element" } else { "pg_json_field" };
        Ok(format!("{name}({}, {}, TRUE)", self.expr(value)?, self.expr(index)?))
    }
}

/// The display scale of a numeric as the `pg_...` functions take it: the scale, -1 for the value's own digits, -2 for a quotient's.
pub(super) fn scale(scale: NumericScale) -> String {
    match scale {
        NumericScale::Fixed(digits) => digits.to_string(),
        NumericScale::Any => "-1".into(),
        NumericScale::Quotient => "-2".into(),
    }
}

fn equality(operator: &Signature, left: &str, right: &str) -> String {
    let _ = operator;
    format!("{left} = {right}")
}

pub(super) fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}
