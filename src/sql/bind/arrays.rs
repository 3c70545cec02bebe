//! ARRAY[...], subscripts, slices, fields.

use sqlparser::ast::{self, AccessExpr, Expr as AstExpr, Subscript};

use super::coerce::Context;
use super::expr::bare;
use super::names::fold;
use super::{Binder, common_typmod};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::rewrite::STAR;
use crate::sql::tree::*;
use crate::types::Type;

impl Binder<'_> {
    /// ARRAY[...], of the target's element type where a cast gives one.
    pub fn array(&mut self, elements: &[AstExpr], target: Option<(Type, i32)>, position: Option<u32>) -> Result<Expr> {
        let mut bound = Vec::new();
        for element in elements {
            bound.push(match element {
                AstExpr::Array(inner) => self.array(&inner.elem, target, self.start(element).or(position))?,
                _ => self.expr(element)?,
            });
        }
        // A vector is an array by its category, yet an array of vectors has its own type.
        if let Some(vector) = bound.iter().find(|expr| matches!(expr.ty, Type::INT2VECTOR | Type::OIDVECTOR)) {
            return Err(Report::unsupported(format!("an array of {}", vector.ty)).at(position));
        }
        if let Some((vector @ (Type::INT2VECTOR | Type::OIDVECTOR), _)) = target {
            return Err(Report::new(SqlState::DATATYPE_MISMATCH, format!("array is not a valid {vector}")).at(position));
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

    /// `expr[i]`, `expr[i:j]`, `(expr).field`, one after the other.
    pub fn access(&mut self, root: &AstExpr, chain: &[AccessExpr]) -> Result<Expr> {
        let (mut expr, chain) = self.access_root(root, chain)?;
        for access in chain {
            let position = expr.position;
            let subscript = match access {
                AccessExpr::Subscript(subscript) => subscript,
                AccessExpr::Dot(field) => {
                    let AstExpr::Identifier(field) = field else {
                        return Err(Report::unsupported("this field of a composite value").at(position));
                    };
                    if field.value == STAR {
                        continue;
                    }
                    expr = match bare(root) {
                        // (alias).column
                        AstExpr::Identifier(root)
                            if matches!(expr.kind, ExprKind::Row(_, _)) && self.item(std::slice::from_ref(root)).is_ok() =>
                        {
                            self.qualified(&[root.clone(), field.clone()])?.expr
                        }
                        _ => self.field(&expr, &fold(field))?,
                    };
                    continue;
                }
            };
            expr = self.subscript(expr, subscript)?;
        }
        Ok(expr)
    }

    /// What stands before the first subscript. The dots of `a.b[1]` are those of a name; only `(a).b[1]` takes a field of `a`.
    fn access_root<'a>(&mut self, root: &AstExpr, chain: &'a [AccessExpr]) -> Result<(Expr, &'a [AccessExpr])> {
        let mut name = match root {
            AstExpr::Identifier(first) => vec![first.clone()],
            _ => return Ok((self.expr(root)?, chain)),
        };
        for access in chain {
            match access {
                AccessExpr::Dot(AstExpr::Identifier(part)) if part.value != STAR => name.push(part.clone()),
                _ => break,
            }
        }
        if name.len() == 1 {
            return Ok((self.expr(root)?, chain));
        }
        let rest = &chain[name.len() - 1..];
        Ok((self.qualified(&name)?.expr, rest))
    }

    fn subscript(&mut self, expr: Expr, subscript: &Subscript) -> Result<Expr> {
        let position = expr.position;
        if let ExprKind::Subscript { expr: array, .. } = &expr.kind
            && array.ty.is_array()
        {
            return Err(Report::unsupported("several subscripts of one array").at(position));
        }
        let element = expr.ty.element().or(match expr.ty {
            Type::JSONB => Some(Type::JSONB),
            Type::INT2VECTOR => Some(Type::INT2),
            Type::OIDVECTOR => Some(Type::OID),
            // Its bytes, counted from 0 (pg_type: typsubscript is raw_array_subscript_handler).
            Type::NAME => Some(Type::CHAR),
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
            if expr.ty == Type::JSONB && !bound.ty.is_integer() {
                let message = format!("subscript type {} is not supported", bound.ty);
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message)
                    .hint("jsonb subscript must be coercible to either integer or text.")
                    .at(at));
            }
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
                if expr.ty == Type::JSONB {
                    let at = lower.as_ref().or(upper.as_ref()).map_or(position, |bound| bound.position);
                    return Err(Report::new(SqlState::DATATYPE_MISMATCH, "jsonb subscript does not support slices").at(at));
                }
                if expr.ty == Type::NAME {
                    return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "slices of fixed-length arrays not implemented"));
                }
                // A slice of a vector is an array.
                let is_vector = matches!(expr.ty, Type::INT2VECTOR | Type::OIDVECTOR);
                let ty = element.array().filter(|_| is_vector).unwrap_or(expr.ty);
                let (typmod, scale) = (expr.typmod, expr.scale);
                Ok(Expr { kind: ExprKind::Slice { expr: Box::new(expr), lower, upper }, ty, typmod, scale, position })
            }
        }
    }
}

/// The name that stands alone in parentheses.
pub fn alias_of(expr: &AstExpr) -> Option<&ast::Ident> {
    match bare(expr) {
        AstExpr::Identifier(name) => Some(name),
        _ => None,
    }
}
