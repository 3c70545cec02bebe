//! Expressions: one arm for each form of the parser's tree; what takes more than a few lines stands in its own file.

use sqlparser::ast::{self, AccessExpr, BinaryOperator, CastKind, Expr as AstExpr, Subscript, UnaryOperator};
use sqlparser::tokenizer::Location;

use super::coerce::{Context, common_type};
use super::names::{fold, parts};
use super::typenames::type_of;
use super::{Binder, common_typmod};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The stack that must be left before an expression is bound on the current one, and the size of the next.
pub const RED_ZONE: usize = 256 << 10;
pub const STACK: usize = 4 << 20;

impl Binder<'_> {
    /// Where an expression begins.
    pub fn start(&self, expr: &AstExpr) -> Option<u32> {
        location(expr).and_then(|location| self.places.of(location))
    }

    /// Where the operator behind an operand stands, by the text.
    pub fn operator_position(&self, left: &AstExpr) -> Option<u32> {
        let end = sqlparser::ast::Spanned::span(left).end;
        if end.line == 0 { self.start(left) } else { self.places.operator_after(end) }
    }

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
        stacker::maybe_grow(RED_ZONE, STACK, || self.expr_on_stack(expr))
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
                let (ty, typmod) = type_of(&string.data_type).map_err(|report| report.at(position))?;
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
            AstExpr::InSubquery { expr, subquery, negated } => {
                let operator = if *negated { "<>" } else { "=" };
                self.compare_subquery(expr, operator, subquery, *negated)
            }
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
            AstExpr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None, .. } => self.cast(expr, data_type),
            AstExpr::Collate { expr, collation } => {
                self.check_collation(collation)?;
                self.expr(expr)
            }
            AstExpr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), position)
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
        let kind = if name == "AND" { ExprKind::And(parts) } else { ExprKind::Or(parts) };
        Ok(self.make(kind, Type::BOOL, -1, position))
    }

    fn unary(&mut self, op: UnaryOperator, operand: &AstExpr, position: Option<u32>) -> Result<Expr> {
        // The sign of a number is part of the constant.
        if let (UnaryOperator::Minus, AstExpr::Value(value)) = (op, operand)
            && let ast::Value::Number(digits, false) = &value.value
        {
            let bound = self.value(&ast::Value::Number(digits.clone(), false), position)?;
            return Ok(negated(bound, digits));
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
        if let ExprKind::Row(fields) = expr.kind {
            // A row is NULL if all its fields are, and NOT NULL if none is.
            let parts = fields.into_iter().map(|field| self.null_test(field, negated)).collect::<Result<Vec<_>>>()?;
            return Ok(self.all_of(parts, position));
        }
        self.null_test(expr, negated)
    }

    fn null_test(&self, expr: Expr, negated: bool) -> Result<Expr> {
        let expr = self.settle(expr)?;
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

    fn cast(&mut self, inner: &AstExpr, data_type: &ast::DataType) -> Result<Expr> {
        let position = self.start(inner);
        let (ty, typmod) = type_of(data_type).map_err(|report| report.at(position))?;
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
        self.coercer().coerce(bound, ty, typmod, Context::Explicit).map_err(|report| report.at(position))
    }

    fn check_collation(&self, collation: &ast::ObjectName) -> Result<()> {
        let name = parts(collation).and_then(|mut parts| parts.pop());
        let position = name.as_ref().and_then(|ident| self.places.of(ident.span.start));
        match name.map(|ident| fold(&ident)).as_deref() {
            Some("C" | "POSIX" | "default" | "ucs_basic" | "C.UTF-8" | "C.utf8") => Ok(()),
            Some(name) => {
                Err(Report::unsupported(format!("collation \"{name}\"")).at(position).hint("Text is compared bytewise: COLLATE \"C\"."))
            }
            None => Err(Report::unsupported("this collation")),
        }
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
                Some(operand) => self.operator("=", Some(operand.clone()), condition, at)?,
                None => self.condition(condition, "CASE/WHEN")?,
            };
            whens.push((condition, self.expr(&when.result)?));
        }
        let otherwise = otherwise.map(|expr| self.expr(expr)).transpose()?;
        // ELSE weighs most when the preferred type is looked for.
        let mut types: Vec<Type> = vec![otherwise.as_ref().map_or(Type::UNKNOWN, |expr| expr.ty)];
        types.extend(whens.iter().map(|(_, result)| result.ty));
        let odd = whens.iter().find(|(_, result)| result.ty != types[1]).and_then(|(_, result)| result.position);
        let ty = common_type("CASE", &types, odd.or(position))?;
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
        let types: Vec<Type> = exprs.iter().map(|expr| expr.ty).collect();
        let odd = exprs.iter().find(|expr| expr.ty != types[0]).and_then(|expr| expr.position);
        let ty = common_type(construct, &types, odd)?;
        let exprs = exprs.into_iter().map(|expr| self.coerce(expr, ty, Context::Implicit)).collect::<Result<Vec<_>>>()?;
        let typmod = common_typmod(&exprs);
        Ok((exprs, ty, typmod))
    }

    fn scalar_subquery(&mut self, subquery: &ast::Query, position: Option<u32>) -> Result<Expr> {
        let query = self.query(subquery, true)?.query;
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
        Ok(Expr::new(ExprKind::Row(fields), Type::RECORD, position))
    }

    fn array(&mut self, elements: &[AstExpr], target: Option<(Type, i32)>, position: Option<u32>) -> Result<Expr> {
        let mut bound = Vec::new();
        for element in elements {
            bound.push(match element {
                AstExpr::Array(inner) => self.array(&inner.elem, target, self.start(element).or(position))?,
                _ => self.expr(element)?,
            });
        }
        let nested = bound.iter().any(|expr| expr.ty.is_array());
        let (ty, elements) = match target {
            Some((array, typmod)) => {
                let element = if nested { array } else { array.element().unwrap_or(Type::TEXT) };
                let coerced = bound
                    .into_iter()
                    .map(|expr| self.coercer().coerce(expr, element, typmod, Context::Explicit))
                    .collect::<Result<Vec<_>>>()?;
                (array, coerced)
            }
            None if bound.is_empty() => {
                return Err(Report::new(SqlState::INDETERMINATE_DATATYPE, "cannot determine type of empty array")
                    .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
                    .at(position));
            }
            None => {
                let (elements, element, _) = self.unified("ARRAY", bound)?;
                let array = if element.is_array() { Some(element) } else { element.array() };
                let missing =
                    || Report::new(SqlState::UNDEFINED_OBJECT, format!("could not find array type for data type {element}")).at(position);
                (array.ok_or_else(missing)?, elements)
            }
        };
        let typmod = common_typmod(&elements);
        Ok(self.make(ExprKind::Array(elements), ty, typmod, position))
    }

    fn access(&mut self, root: &AstExpr, chain: &[AccessExpr]) -> Result<Expr> {
        let mut expr = self.expr(root)?;
        for access in chain {
            let position = expr.position;
            let subscript = match access {
                AccessExpr::Subscript(subscript) => subscript,
                AccessExpr::Dot(field) => {
                    if let (ExprKind::Row(_), AstExpr::Identifier(field), AstExpr::Identifier(root)) = (&expr.kind, field, bare(root)) {
                        // (alias).column
                        expr = self.qualified(&[root.clone(), field.clone()])?.expr;
                        continue;
                    }
                    return Err(Report::unsupported("a field of a composite value").at(position));
                }
            };
            expr = self.subscript(expr, subscript)?;
        }
        Ok(expr)
    }

    fn subscript(&mut self, expr: Expr, subscript: &Subscript) -> Result<Expr> {
        let position = expr.position;
        let element = expr.ty.element().or(match expr.ty {
            Type::JSONB => Some(Type::JSONB),
            Type::INT2VECTOR => Some(Type::INT2),
            Type::OIDVECTOR => Some(Type::OID),
            _ => None,
        });
        let Some(element) = element else {
            let message = format!("cannot subscript type {} because it does not support subscripting", expr.ty);
            return Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position));
        };
        let index = |binder: &mut Self, part: &AstExpr| -> Result<Box<Expr>> {
            let bound = binder.expr(part)?;
            if expr.ty == Type::JSONB && bound.ty == Type::UNKNOWN {
                return Ok(Box::new(binder.settle(bound)?));
            }
            if expr.ty == Type::JSONB && bound.ty.is_string() {
                return Ok(Box::new(binder.coerce(bound, Type::TEXT, Context::Implicit)?));
            }
            let at = bound.position;
            let coerced = binder.coerce(bound, Type::INT4, Context::Assignment);
            Ok(Box::new(coerced.map_err(|report| {
                if report.sqlstate == SqlState::CANNOT_COERCE || report.sqlstate == SqlState::DATATYPE_MISMATCH {
                    Report::new(SqlState::DATATYPE_MISMATCH, "array subscript must have type integer").at(at)
                } else {
                    report
                }
            })?))
        };
        match subscript {
            Subscript::Index { index: part } => {
                let index = index(self, part)?;
                let (typmod, scale) = (expr.typmod, expr.scale);
                Ok(Expr { kind: ExprKind::Subscript { expr: Box::new(expr), index }, ty: element, typmod, scale, position })
            }
            Subscript::Slice { stride: Some(_), .. } => {
                Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \":\"").at(position))
            }
            Subscript::Slice { lower_bound, upper_bound, .. } => {
                let lower = lower_bound.as_ref().map(|part| index(self, part)).transpose()?;
                let upper = upper_bound.as_ref().map(|part| index(self, part)).transpose()?;
                let (ty, typmod, scale) = (expr.ty, expr.typmod, expr.scale);
                Ok(Expr { kind: ExprKind::Slice { expr: Box::new(expr), lower, upper }, ty, typmod, scale, position })
            }
        }
    }
}

fn bare(expr: &AstExpr) -> &AstExpr {
    match expr {
        AstExpr::Nested(inner) => bare(inner),
        other => other,
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
pub fn is_keyword_function(ident: &ast::Ident) -> bool {
    ident.quote_style.is_none()
        && matches!(
            ident.value.to_ascii_lowercase().as_str(),
            "current_date"
                | "current_time"
                | "current_timestamp"
                | "localtime"
                | "localtimestamp"
                | "current_role"
                | "current_user"
                | "session_user"
                | "user"
                | "current_catalog"
                | "current_schema"
        )
}

/// The place of an expression's first token, as far as the parser kept it.
fn location(expr: &AstExpr) -> Option<Location> {
    let found = match expr {
        AstExpr::Identifier(ident) => ident.span.start,
        AstExpr::CompoundIdentifier(idents) => idents.first()?.span.start,
        AstExpr::Value(value) => value.span.start,
        AstExpr::TypedString(string) => string.value.span.start,
        AstExpr::BinaryOp { left, .. } => return leftmost(left),
        AstExpr::Function(function) => parts(&function.name)?.first()?.span.start,
        AstExpr::Case { case_token, .. } => case_token.0.span.start,
        AstExpr::Nested(inner) => return location(inner),
        AstExpr::CompoundFieldAccess { root, .. } => return location(root),
        AstExpr::UnaryOp { expr, .. }
        | AstExpr::IsTrue(expr)
        | AstExpr::IsNotTrue(expr)
        | AstExpr::IsFalse(expr)
        | AstExpr::IsNotFalse(expr)
        | AstExpr::IsUnknown(expr)
        | AstExpr::IsNotUnknown(expr)
        | AstExpr::IsNull(expr)
        | AstExpr::IsNotNull(expr)
        | AstExpr::IsDistinctFrom(expr, _)
        | AstExpr::IsNotDistinctFrom(expr, _)
        | AstExpr::InList { expr, .. }
        | AstExpr::InSubquery { expr, .. }
        | AstExpr::Between { expr, .. }
        | AstExpr::Like { expr, .. }
        | AstExpr::ILike { expr, .. }
        | AstExpr::SimilarTo { expr, .. }
        | AstExpr::AnyOp { left: expr, .. }
        | AstExpr::AllOp { left: expr, .. }
        | AstExpr::Cast { expr, .. }
        | AstExpr::Collate { expr, .. }
        | AstExpr::Extract { expr, .. }
        | AstExpr::Position { expr, .. }
        | AstExpr::Substring { expr, .. }
        | AstExpr::Trim { expr, .. }
        | AstExpr::Overlay { expr, .. }
        | AstExpr::Ceil { expr, .. }
        | AstExpr::Floor { expr, .. }
        | AstExpr::AtTimeZone { timestamp: expr, .. } => return location(expr),
        AstExpr::Interval(interval) => return location(&interval.value),
        AstExpr::Subquery(query) | AstExpr::Exists { subquery: query, .. } => return super::query::start_of(query),
        AstExpr::Tuple(items) => return location(items.first()?),
        AstExpr::Array(array) => return location(array.elem.first()?),
        _ => return None,
    };
    (found.line > 0).then_some(found)
}

fn leftmost(mut expr: &AstExpr) -> Option<Location> {
    while let AstExpr::BinaryOp { left, .. } = expr {
        expr = left;
    }
    location(expr)
}
