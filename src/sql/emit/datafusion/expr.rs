//! Expressions.

use super::Printer;
use super::key::{key_function, null_like};
use super::literal;
use super::numeric::has_digits;
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type, range};

impl Printer<'_> {
    /// Prints an expression; anything that is no call or name comes in parentheses.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<String> {
        if let Some((_, shown)) = self.representatives.iter().find(|(grouped, _)| grouped == expr) {
            return Ok(shown.clone());
        }
        let text = self.raw(expr)?;
        self.in_form(expr, text)
    }

    fn raw(&mut self, expr: &Expr) -> Result<String> {
        let position = expr.position;
        Ok(match &expr.kind {
            ExprKind::Literal(value) if has_digits(expr) => literal::digits(value, expr.ty, position)?,
            ExprKind::Literal(Literal::Null) if expr.typmod < 0 => self.null(expr.ty, expr.scale),
            ExprKind::Literal(value) => literal::constant(value, expr.ty, expr.typmod, position)?,
            ExprKind::Parameter(n) => match self.parameters.get(*n) {
                Some(value) => {
                    let ty = self.bound.parameters.get(*n).copied().unwrap_or(expr.ty);
                    if has_digits(expr) { literal::digits(value, ty, position)? } else { literal::constant(value, ty, -1, position)? }
                }
                // Described or explained without values.
                None => literal::null(expr.ty, expr.typmod),
            },
            ExprKind::Column { relation, column } => match self.relations.get(relation).and_then(|names| names.get(*column)) {
                Some(name) => name,
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
                let (a, b) = self.comparable(operator, left, right)?;
                if left.ty.is_array() {
                    // Arrays come as one comparison, which is NULL where either is.
                    let (x, y) = (self.expr(left)?, self.expr(right)?);
                    let sign = if *negated { "=" } else { "<>" };
                    format!("CASE WHEN {x} IS NULL OR {y} IS NULL THEN ({x} IS NULL) {sign} ({y} IS NULL) ELSE {a} {sign} {b} END")
                } else {
                    format!("({a} IS {}DISTINCT FROM {b})", not(*negated))
                }
            }
            ExprKind::Cast { expr: inner, method, .. } => self.cast(inner, expr, *method)?,
            ExprKind::Case { whens, otherwise } => {
                // A CASE of conditions is taken apart into AND and OR, which compute all of its sides; one of numbers is not.
                let apart = expr.ty == Type::BOOL && whens.iter().map(|(_, then)| then).chain(otherwise.as_deref()).any(computes);
                let number = |text: String| if apart { format!("CAST({text} AS INT)") } else { text };
                let mut text = "CASE".to_owned();
                for (condition, result) in whens {
                    let (condition, result) = (self.expr(condition)?, self.same_type(result, expr)?);
                    text.push_str(&format!(" WHEN {condition} THEN {}", number(result)));
                }
                if let Some(result) = otherwise {
                    text.push_str(&format!(" ELSE {}", number(self.same_type(result, expr)?)));
                }
                text.push_str(" END");
                if apart { format!("({text} = CAST(1 AS INT))") } else { text }
            }
            ExprKind::Coalesce(args) => {
                let args = args.iter().map(|arg| self.same_type(arg, expr)).collect::<Result<Vec<_>>>()?;
                format!("coalesce({})", args.join(", "))
            }
            ExprKind::NullIf { operator, left, right } => {
                let (a, b) = self.comparable(operator, left, right)?;
                let value = self.expr(left)?;
                format!("CASE WHEN {a} = {b} THEN NULL ELSE {value} END")
            }
            ExprKind::Greatest(args) => self.extreme("greatest", args, expr)?,
            ExprKind::Least(args) => self.extreme("least", args, expr)?,
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
                Type::NAME => format!("pg_name_byte({}, {})", self.expr(array)?, self.expr(index)?),
                ty if ty.is_array() => format!("pg_subscript({}, {})", self.expr(array)?, self.counted_from_one(array, index)?),
                _ => return Err(Report::unsupported("this subscript").at(position)),
            },
            ExprKind::Slice { expr: array, lower, upper } => {
                let mut bounds = Vec::new();
                for bound in [lower, upper] {
                    bounds.push(match bound {
                        Some(bound) => format!("TRUE, {}", self.counted_from_one(array, bound)?),
                        None => "FALSE, CAST(0 AS INT)".into(),
                    });
                }
                format!("pg_slice({}, {})", self.expr(array)?, bounds.join(", "))
            }
            ExprKind::Row(fields, _) => self.record(fields)?,
        })
    }

    /// A row as its output function shows it: what is compared or looked into was expanded by the binder.
    fn record(&mut self, fields: &[Expr]) -> Result<String> {
        let types: Vec<&str> = fields.iter().map(|field| field.ty.name()).collect();
        let scales: Vec<String> = fields.iter().map(|field| scale(field.scale)).collect();
        let mut args = vec![literal::text(&types.join(" ")), literal::text(&scales.join(" ")), self.zone_text()];
        args.extend(self.exprs(fields)?);
        Ok(format!("pg_record({})", args.join(", ")))
    }

    fn joined(&mut self, args: &[Expr], word: &str) -> Result<String> {
        let args = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>>>()?;
        Ok(format!("({})", args.join(word)))
    }

    /// Prints the arguments of a call.
    pub(super) fn exprs(&mut self, args: &[Expr]) -> Result<Vec<String>> {
        args.iter().map(|arg| self.expr(arg)).collect()
    }

    /// Prints a branch of CASE, COALESCE and the like. Decimals of one display scale meet in the planner's own common type, numerics of
    /// several carry their digits.
    pub(super) fn same_type(&mut self, branch: &Expr, whole: &Expr) -> Result<String> {
        if branch.is_null_literal() {
            return Ok(if whole.ty == Type::NUMERIC_ARRAY { self.null(whole.ty, whole.scale) } else { null_like(whole) });
        }
        self.expr_as(branch, whole.ty, whole.scale)
    }

    /// GREATEST and LEAST leave NULLs out, as the native functions do.
    fn extreme(&mut self, name: &str, args: &[Expr], whole: &Expr) -> Result<String> {
        if matches!(whole.ty, Type::RECORD | Type::NUMRANGE | Type::INET | Type::PG_LSN | Type::XID8) {
            return Err(Report::unsupported(format!("{name} of type {}", whole.ty)).at(whole.position));
        }
        let args = args.iter().map(|arg| self.same_type(arg, whole)).collect::<Result<Vec<_>>>()?;
        let by_key =
            key_function(whole.ty, whole.typmod, whole.scale).is_some() || whole.ty.is_array() || range::subtype(whole.ty).is_some();
        let name = match whole.ty {
            Type::BPCHAR => format!("pg_{name}_char"),
            _ if by_key => format!("pg_{name}"),
            _ => name.to_owned(),
        };
        Ok(format!("{name}({})", args.join(", ")))
    }

    /// Prints IN and NOT IN; `operator` compares the values, as equal or as different.
    pub(super) fn in_list(&mut self, operator: &Signature, left: &Expr, list: &[Expr], negated: bool) -> Result<String> {
        let pairs = list.iter().map(|item| self.comparable(operator, left, item)).collect::<Result<Vec<_>>>()?;
        let Some((value, _)) = pairs.first() else {
            return Ok(if negated { "TRUE".into() } else { "FALSE".into() });
        };
        let constant = |item: &Expr| matches!(item.kind, ExprKind::Literal(_) | ExprKind::Parameter(_));
        if pairs.iter().any(|(other, _)| other != value) || !list.iter().all(constant) {
            // The form of the left side depends on the item; and the planner takes a list with a CASE that may be NULL for one with a NULL.
            let pairs: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} = {b}")).collect();
            return Ok(format!("({}({}))", not(negated), pairs.join(" OR ")));
        }
        let items: Vec<&str> = pairs.iter().map(|(_, item)| item.as_str()).collect();
        Ok(format!("({value} {}IN ({}))", not(negated), items.join(", ")))
    }

    /// Prints the NULL of a type, as its other values are held.
    fn null(&self, ty: Type, scale: NumericScale) -> String {
        match (ty, scale) {
            (Type::NUMERIC | Type::NUMERIC_ARRAY, NumericScale::Fixed(digits)) => literal::null_of_scale(ty, digits),
            _ => literal::null(ty, -1),
        }
    }

    fn array(&mut self, items: &[Expr], whole: &Expr) -> Result<String> {
        let element = whole.ty.element().unwrap_or(Type::TEXT);
        if items.iter().any(|item| item.ty.is_array()) {
            return Err(Report::unsupported("a multidimensional array").at(whole.position));
        }
        if items.is_empty() {
            return Ok(format!("pg_empty_array({})", self.null(element, whole.scale)));
        }
        let scale = whole.scale;
        let items = items.iter().map(|item| self.expr_as(item, element, scale)).collect::<Result<Vec<_>>>()?;
        Ok(format!("make_array({})", items.join(", ")))
    }

    fn jsonb_subscript(&mut self, value: &Expr, index: &Expr) -> Result<String> {
        // A text names a member of an object, or counts the elements of an array; so does a number.
        let (value, at) = (self.expr(value)?, self.expr(index)?);
        let at = if index.ty.is_integer() { format!("arrow_cast({at}, 'Utf8')") } else { at };
        Ok(format!("pg_json_path({value}, make_array({at}), TRUE)"))
    }
}

/// The display scale of a numeric as the `pg_...` functions take it: the scale, or -3 for values that carry it.
pub(super) fn scale(scale: NumericScale) -> String {
    match scale {
        NumericScale::Fixed(digits) => digits.to_string(),
        NumericScale::Any | NumericScale::Quotient => "-3".into(),
    }
}

pub(super) fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// Tells whether making a value is more than reading and comparing columns.
fn computes(expr: &Expr) -> bool {
    let compares = |name: &str| matches!(name, "=" | "<>" | "<" | ">" | "<=" | ">=");
    let own = match &expr.kind {
        ExprKind::Call { .. } => true,
        ExprKind::Cast { expr: inner, .. } => !matches!(inner.kind, ExprKind::Literal(_)),
        ExprKind::Operator { operator, .. } => !compares(&operator.name),
        _ => false,
    };
    own || walk::children(expr).into_iter().any(computes)
}
