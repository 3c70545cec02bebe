//! Expressions: one arm for each form of the parser's tree; what takes more than a few lines stands in its own file.

use sqlparser::ast::{self, BinaryOperator, CastKind, Expr as AstExpr, UnaryOperator};

use super::coerce::{Context, common_type_at};
use super::collation;
use super::names::fold;
use super::{Binder, common_typmod};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The stack that must be left before an expression is bound on the current one, and the size of the next.
pub const RED_ZONE: usize = 256 << 10;
pub const STACK: usize = 4 << 20;

impl Binder<'_> {
    /// Binds a select item, with the catalog column that it shows.
    pub fn expr_with_origin(&mut self, expr: &AstExpr) -> Result<(Expr, (u32, i16))> {
        match expr {
            AstExpr::Nested(inner) => self.expr_with_origin(inner),
            AstExpr::Identifier(ident) if !is_keyword_function(ident) => {
                let found = self.column(ident)?;
                Ok((found.expr, found.origin))
            }
            AstExpr::CompoundIdentifier(idents) => {
                let found = self.qualified(idents)?;
                Ok((found.expr, found.origin))
            }
            _ => Ok((self.expr(expr)?, (0, 0))),
        }
    }

    /// Binds an expression. Strings, NULL and undecided parameters keep the type unknown.
    pub fn expr(&mut self, expr: &AstExpr) -> Result<Expr> {
        let letters = usize::from(collation::reads_letters(expr));
        self.reading_letters += letters;
        let bound = stacker::maybe_grow(RED_ZONE, STACK, || self.expr_on_stack(expr));
        self.reading_letters -= letters;
        bound
    }

    fn expr_on_stack(&mut self, expr: &AstExpr) -> Result<Expr> {
        let position = self.start(expr);
        match expr {
            AstExpr::Nested(inner) => self.expr(inner),
            AstExpr::Identifier(ident) if is_keyword_function(ident) => self.keyword_function(&fold(ident), None, position),
            AstExpr::Identifier(ident) => Ok(self.column(ident)?.expr),
            AstExpr::CompoundIdentifier(idents) => Ok(self.qualified(idents)?.expr),
            AstExpr::Value(value) => self.value(&value.value, position),
            AstExpr::TypedString(string) => {
                let (ty, typmod) = self.type_name(&string.data_type, position)?;
                self.typed_string(&string.value.value, ty, typmod, position)
            }
            AstExpr::Interval(interval) => self.interval(interval),
            AstExpr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => self.logical(left, op, right),
            AstExpr::BinaryOp { left, op, right } => self.binary(left, op, right),
            AstExpr::UnaryOp { op, expr } => self.unary(*op, expr, position),
            AstExpr::IsTrue(inner) => self.is_bool(inner, Some(true), false),
            AstExpr::IsNotTrue(inner) => self.is_bool(inner, Some(true), true),
            AstExpr::IsFalse(inner) => self.is_bool(inner, Some(false), false),
            AstExpr::IsNotFalse(inner) => self.is_bool(inner, Some(false), true),
            AstExpr::IsUnknown(inner) => self.is_bool(inner, None, false),
            AstExpr::IsNotUnknown(inner) => self.is_bool(inner, None, true),
            AstExpr::IsNull(inner) => self.is_null(inner, false),
            AstExpr::IsNotNull(inner) => self.is_null(inner, true),
            AstExpr::IsDistinctFrom(left, right) => self.is_distinct(left, right, false),
            AstExpr::IsNotDistinctFrom(left, right) => self.is_distinct(left, right, true),
            AstExpr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            AstExpr::InSubquery { expr, subquery, negated } => self.among_subquery(expr, subquery, *negated),
            AstExpr::Between { expr, negated, low, high } => self.between(expr, *negated, low, high),
            AstExpr::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_ref(), if *negated { "!~~" } else { "~~" })
            }
            AstExpr::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_ref(), if *negated { "!~~*" } else { "~~*" })
            }
            AstExpr::SimilarTo { negated, expr, pattern, escape_char } => {
                self.similar(expr, pattern, escape_char.as_ref(), if *negated { "!~" } else { "~" })
            }
            AstExpr::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false),
            AstExpr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true),
            whole @ AstExpr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None, .. } => {
                self.cast(whole, expr, data_type)
            }
            AstExpr::Collate { expr, collation } => {
                self.check_collation(collation)?;
                let position = self.operator_position(expr);
                let bound = self.expr(expr)?;
                let element = bound.ty.element().unwrap_or(bound.ty);
                if !element.is_string() && !matches!(element, Type::UNKNOWN | Type::NAME) {
                    let message = format!("collations are not supported by type {}", bound.ty);
                    return Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position));
                }
                Ok(bound)
            }
            AstExpr::Case { operand, conditions, else_result, .. } => {
                self.conditionals.push("CASE");
                let bound = self.case(operand.as_deref(), conditions, else_result.as_deref(), position);
                self.conditionals.pop();
                bound
            }
            AstExpr::Exists { subquery, negated } => {
                let query = self.query(subquery, true)?.query;
                let exists = self.make(ExprKind::Subquery { kind: SubqueryKind::Exists, query: Box::new(query) }, Type::BOOL, -1, position);
                Ok(if *negated { self.make(ExprKind::Not(Box::new(exists)), Type::BOOL, -1, position) } else { exists })
            }
            AstExpr::Subquery(subquery) => self.scalar_subquery(subquery, position),
            AstExpr::Tuple(items) => self.row(items, position),
            AstExpr::Array(array) => self.array(&array.elem, None, position),
            AstExpr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            AstExpr::Function(function) => self.function(function, position),
            AstExpr::Extract { .. }
            | AstExpr::AtTimeZone { .. }
            | AstExpr::Position { .. }
            | AstExpr::Substring { .. }
            | AstExpr::Trim { .. }
            | AstExpr::Overlay { .. }
            | AstExpr::Ceil { .. }
            | AstExpr::Floor { .. }
            | AstExpr::IsNormalized { .. } => self.special(expr, position),
            // A prefix that is no operator's.
            AstExpr::Prefixed { prefix, value } => {
                let bound = self.expr(value)?;
                self.operator(&prefix.value, None, bound, position)
            }
            AstExpr::Wildcard(_) | AstExpr::QualifiedWildcard(..) => {
                Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"*\"").at(position))
            }
            _ => Err(Report::unsupported("this form of expression").at(position)),
        }
    }

    /// AND and OR: chains become one node, and are walked without recursion.
    fn logical(&mut self, left: &AstExpr, op: &BinaryOperator, right: &AstExpr) -> Result<Expr> {
        let name = if *op == BinaryOperator::And { "AND" } else { "OR" };
        let mut operands = vec![right];
        let mut rest = left;
        while let AstExpr::BinaryOp { left, op: inner, right } = rest
            && inner == op
        {
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        let position = self.start(rest);
        let mut parts = Vec::new();
        for operand in operands.into_iter().rev() {
            let bound = self.expr(operand)?;
            let bound = self.condition(bound, name)?;
            match (bound.kind, name) {
                (ExprKind::And(inner), "AND") | (ExprKind::Or(inner), "OR") => parts.extend(inner),
                (kind, _) => parts.push(Expr { kind, ..Expr::literal(Literal::Null, Type::BOOL, bound.position) }),
            }
        }
        // What stands behind a constant that decides is not looked at, as PostgreSQL's planner does not (`simplify_and_arguments`).
        let decides = |part: &Expr| matches!(part.kind, ExprKind::Literal(Literal::Bool(value)) if value == (name == "OR"));
        if let Some(at) = parts.iter().position(decides) {
            parts.truncate(at + 1);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let kind = if name == "AND" { ExprKind::And(parts) } else { ExprKind::Or(parts) };
        Ok(self.make(kind, Type::BOOL, -1, position))
    }

    fn unary(&mut self, op: UnaryOperator, operand: &AstExpr, position: Option<u32>) -> Result<Expr> {
        // The sign of a number is part of the constant, and so are the signs before that one (`doNegate`).
        if let (UnaryOperator::Minus, Some((digits, is_negative))) = (op, signed(operand)) {
            let bound = self.value(&ast::Value::Number(digits.clone(), false), position)?;
            return Ok(if is_negative { bound } else { negated(bound, digits) });
        }
        let bound = self.expr(operand)?;
        let name = match op {
            UnaryOperator::Not => {
                let condition = self.condition(bound, "NOT")?;
                return Ok(self.make(ExprKind::Not(Box::new(condition)), Type::BOOL, -1, position));
            }
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::BitwiseNot => "~",
            UnaryOperator::PGAbs => "@",
            UnaryOperator::PGSquareRoot => "|/",
            UnaryOperator::PGCubeRoot => "||/",
            _ => return Err(Report::unsupported(format!("operator {op}")).at(position)),
        };
        self.operator(name, None, bound, position)
    }

    fn is_bool(&mut self, inner: &AstExpr, value: Option<bool>, negated: bool) -> Result<Expr> {
        let name = match value {
            Some(true) => "IS TRUE",
            Some(false) => "IS FALSE",
            None => "IS UNKNOWN",
        };
        let name = if negated { name.replace("IS ", "IS NOT ") } else { name.to_owned() };
        let bound = self.expr(inner)?;
        let expr = self.condition(bound, &name)?;
        let position = expr.position;
        Ok(self.make(ExprKind::IsBool { expr: Box::new(expr), value, negated }, Type::BOOL, -1, position))
    }

    fn is_null(&mut self, inner: &AstExpr, negated: bool) -> Result<Expr> {
        let expr = self.expr(inner)?;
        let position = expr.position;
        if let ExprKind::Row(fields, _) = expr.kind {
            // A row is NULL if all its fields are, and NOT NULL if none is.
            let parts = fields.into_iter().map(|field| self.null_test(field, negated)).collect::<Result<Vec<_>>>()?;
            return Ok(self.all_of(parts, position));
        }
        self.null_test(expr, negated)
    }

    fn null_test(&self, expr: Expr, negated: bool) -> Result<Expr> {
        let expr = self.settle_any(expr)?;
        let position = expr.position;
        Ok(self.make(ExprKind::IsNull { expr: Box::new(expr), negated }, Type::BOOL, -1, position))
    }

    /// AND of conditions; one alone stays itself.
    pub fn all_of(&self, mut parts: Vec<Expr>, position: Option<u32>) -> Expr {
        match parts.len() {
            0 => Expr::literal(Literal::Bool(true), Type::BOOL, position),
            1 => parts.remove(0),
            _ => self.make(ExprKind::And(parts), Type::BOOL, -1, position),
        }
    }

    /// OR of conditions; one alone stays itself.
    pub fn any_of(&self, mut parts: Vec<Expr>, position: Option<u32>) -> Expr {
        match parts.len() {
            0 => Expr::literal(Literal::Bool(false), Type::BOOL, position),
            1 => parts.remove(0),
            _ => self.make(ExprKind::Or(parts), Type::BOOL, -1, position),
        }
    }

    fn cast(&mut self, whole: &AstExpr, inner: &AstExpr, data_type: &ast::DataType) -> Result<Expr> {
        let position = self.start(inner);
        let places = |binder: &Self| match whole {
            AstExpr::Cast { kind, .. } => binder.cast_places(kind, inner, whole),
            _ => (position, None),
        };
        let (ty, typmod) = self.type_name(data_type, None).map_err(|report| report.at(places(self).1.or(position)))?;
        let mut bare = inner;
        while let AstExpr::Nested(next) = bare {
            bare = next;
        }
        let bound = match bare {
            // ARRAY[]::int[] and friends: the elements take the type directly.
            AstExpr::Array(array) if ty.is_array() => return self.array(&array.elem, Some((ty, typmod)), position),
            _ => self.expr(inner)?,
        };
        if ty == Type::UNKNOWN {
            return Ok(bound);
        }
        let bound =
            if ty == Type::BOOL && bound.ty == Type::INT8 && self.has_one_integer() { super::integers::as_integer(bound) } else { bound };
        let cast = self.coercer().coerce(bound, ty, typmod, Context::Explicit);
        cast.map_err(|report| match report.sqlstate {
            SqlState::CANNOT_COERCE => Report { position: places(self).0, ..report },
            _ => report,
        })
    }

    fn case(
        &mut self,
        operand: Option<&AstExpr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&AstExpr>,
        position: Option<u32>,
    ) -> Result<Expr> {
        let operand = match operand {
            Some(expr) => {
                let bound = self.expr(expr)?;
                Some(self.settle(bound)?)
            }
            None => None,
        };
        let mut whens: Vec<(Expr, Expr)> = Vec::new();
        for when in conditions {
            let at = self.start(&when.condition);
            let condition = self.expr(&when.condition)?;
            let condition = match &operand {
                // What is compared in vain is told at the word before it.
                Some(operand) => self.value_operator("=", self.copy(operand)?, condition, at).map_err(|report| match at {
                    Some(at) if report.position == Some(at) && is_not_found(&report) => {
                        Report { position: self.places.word_before(at, "when"), ..report }
                    }
                    _ => report,
                })?,
                None => self.condition(condition, "CASE/WHEN")?,
            };
            whens.push((condition, self.expr(&when.result)?));
        }
        let otherwise = otherwise.map(|expr| self.expr(expr)).transpose()?;
        // ELSE weighs most when the preferred type is looked for.
        let weightiest = otherwise.as_ref().map_or(Type::UNKNOWN, |expr| expr.ty);
        let mut places: Vec<(Type, Option<u32>)> = vec![(weightiest, otherwise.as_ref().and_then(|expr| expr.position).or(position))];
        places.extend(whens.iter().map(|(_, result)| (result.ty, result.position.or(position))));
        let ty = common_type_at("CASE", &places)?;
        let whens = whens
            .into_iter()
            .map(|(condition, result)| Ok((condition, self.coerce(result, ty, Context::Implicit)?)))
            .collect::<Result<Vec<_>>>()?;
        let otherwise = otherwise.map(|expr| self.coerce(expr, ty, Context::Implicit)).transpose()?;
        let missing = otherwise.is_none();
        let typmod = common_typmod(whens.iter().map(|(_, result)| result).chain(&otherwise));
        let typmod = if missing { -1 } else { typmod };
        Ok(self.make(ExprKind::Case { whens, otherwise: otherwise.map(Box::new) }, ty, typmod, position))
    }

    /// Coerces all to their common type.
    pub fn unified(&self, construct: &str, exprs: Vec<Expr>) -> Result<(Vec<Expr>, Type, i32)> {
        let types: Vec<(Type, Option<u32>)> = exprs.iter().map(|expr| (expr.ty, expr.position)).collect();
        let ty = common_type_at(construct, &types)?;
        let exprs = exprs.into_iter().map(|expr| self.coerce(expr, ty, Context::Implicit)).collect::<Result<Vec<_>>>()?;
        let typmod = common_typmod(&exprs);
        Ok((exprs, ty, typmod))
    }

    /// Binds a subquery whose columns are asked for.
    pub fn value_query(&mut self, subquery: &ast::Query, position: Option<u32>) -> Result<Query> {
        let bound = self.query(subquery, true)?;
        if bound.outputs.is_empty() {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "subquery must return a column").at(position));
        }
        Ok(bound.query)
    }

    fn scalar_subquery(&mut self, subquery: &ast::Query, position: Option<u32>) -> Result<Expr> {
        let query = self.value_query(subquery, position)?;
        let [column] = query.columns.as_slice() else {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "subquery must return only one column").at(position));
        };
        let (ty, typmod, scale) = (column.ty, column.typmod, column.scale);
        let kind = ExprKind::Subquery { kind: SubqueryKind::Scalar, query: Box::new(query) };
        Ok(Expr { kind, ty, typmod, scale, position })
    }

    /// ROW(...).
    pub fn row(&mut self, items: &[AstExpr], position: Option<u32>) -> Result<Expr> {
        let fields = items.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>>>()?;
        Ok(Expr::new(ExprKind::Row(fields, RowOf::Fields), Type::RECORD, position))
    }
}

/// Tells whether an operator or a function was not found, or could not be chosen.
pub fn is_not_found(report: &Report) -> bool {
    matches!(report.sqlstate, SqlState::UNDEFINED_FUNCTION | SqlState::AMBIGUOUS_FUNCTION)
}

/// The expression without its parentheses.
pub fn bare(expr: &AstExpr) -> &AstExpr {
    match expr {
        AstExpr::Nested(inner) => bare(inner),
        other => other,
    }
}

/// A number below minus signs and parentheses, and whether it is negative.
fn signed(expr: &AstExpr) -> Option<(&String, bool)> {
    match expr {
        AstExpr::Value(value) => match &value.value {
            ast::Value::Number(digits, false) => Some((digits, false)),
            _ => None,
        },
        AstExpr::Nested(inner) => signed(inner),
        AstExpr::UnaryOp { op: UnaryOperator::Minus, expr } => signed(expr).map(|(digits, is_negative)| (digits, !is_negative)),
        _ => None,
    }
}

/// `-5` as a constant. `-2147483648` is an integer although 2147483648 is not.
fn negated(expr: Expr, digits: &str) -> Expr {
    match expr.kind {
        ExprKind::Literal(Literal::Int(value)) => {
            let ty = if i32::try_from(-value).is_ok() { Type::INT4 } else { Type::INT8 };
            Expr { kind: ExprKind::Literal(Literal::Int(-value)), ty, ..expr }
        }
        ExprKind::Literal(Literal::Numeric(ref text)) if digits == "9223372036854775808" => {
            debug_assert_eq!(text, digits);
            Expr { scale: NumericScale::Any, ..Expr::literal(Literal::Int(i64::MIN), Type::INT8, expr.position) }
        }
        ExprKind::Literal(Literal::Numeric(text)) => {
            let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
            let text = if zero { text } else { format!("-{text}") };
            Expr { scale: expr.scale, ..Expr::literal(Literal::Numeric(text), Type::NUMERIC, expr.position) }
        }
        kind => Expr { kind, ..Expr::literal(Literal::Null, expr.ty, expr.position) },
    }
}

/// Names that are functions without parentheses (gram.y, `func_expr_common_subexpr`).
const KEYWORD_FUNCTIONS: [&str; 11] = [
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
];

/// Tells whether a name is a function without parentheses.
pub fn is_keyword_function(ident: &ast::Ident) -> bool {
    let is = |word: &&str| word.len() == ident.value.len() && word.eq_ignore_ascii_case(&ident.value);
    ident.quote_style.is_none() && KEYWORD_FUNCTIONS.iter().any(is)
}
