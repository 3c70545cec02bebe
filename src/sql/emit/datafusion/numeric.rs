//! Numerics: a column whose display scale is known is an Arrow decimal, any other carries PostgreSQL's digits (`functions::digits`).

use super::Printer;
use super::expr::scale;
use crate::error::Result;
use crate::sql::tree::{Expr, ExprKind};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The digits behind the point that the engine rounds to at most.
const MOST_PLACES: i64 = 76;

/// Tells whether values of this type carry their own display scale.
pub(super) fn carries_digits(ty: Type, scale: NumericScale) -> bool {
    matches!(ty, Type::NUMERIC | Type::NUMERIC_ARRAY) && !matches!(scale, NumericScale::Fixed(_))
}

/// Tells whether an expression's values carry their own display scale.
pub(super) fn has_digits(expr: &Expr) -> bool {
    carries_digits(expr.ty, expr.scale)
}

impl Printer<'_> {
    /// Brings the text of a numeric expression into the form that its scale says: what is printed knows nothing of it.
    pub(super) fn in_form(&mut self, expr: &Expr, text: String) -> Result<String> {
        Ok(match (expr.ty, expr.scale) {
            (Type::NUMERIC | Type::NUMERIC_ARRAY, NumericScale::Fixed(shown)) if reads_digits(expr) => {
                format!("pg_decimal({text}, {shown})")
            }
            _ if !has_digits(expr) => text,
            _ => match &expr.kind {
                ExprKind::Column { relation, .. } if !self.stored.contains(relation) => text,
                ExprKind::Literal(Literal::Null) | ExprKind::Subquery { .. } => text,
                ExprKind::Cast { expr: inner, .. } if has_digits(inner) => text,
                ExprKind::Call { function, args } if args.len() == 2 && matches!(function.name.as_str(), "round" | "trunc") => {
                    format!("pg_digits({text}, {})", self.rounded_to(&args[1])?)
                }
                _ => format!("pg_digits({text}, -1)"),
            },
        })
    }

    /// The digits of what is rounded to as many as a parameter, or anything else without a row, says: the engine computes it beforehand, and makes a
    /// decimal of the result.
    fn rounded_to(&mut self, places: &Expr) -> Result<String> {
        Ok(match self.constant(places) {
            Some(Literal::Int(places)) => places.clamp(0, MOST_PLACES).to_string(),
            _ => format!("greatest(least({}, {MOST_PLACES}), 0)", self.expr(places)?),
        })
    }

    /// Prints an expression as one that carries its digits.
    pub(super) fn digits(&mut self, expr: &Expr) -> Result<String> {
        let text = self.expr(expr)?;
        Ok(if has_digits(expr) { text } else { format!("pg_digits({text}, {})", scale(expr.scale)) })
    }

    /// Prints an expression in the form of a column of this type and scale.
    pub(super) fn expr_as(&mut self, expr: &Expr, ty: Type, due: NumericScale) -> Result<String> {
        match (carries_digits(ty, due), has_digits(expr)) {
            (true, false) if matches!(expr.ty, Type::NUMERIC | Type::NUMERIC_ARRAY) => self.digits(expr),
            (false, true) if matches!(due, NumericScale::Fixed(_)) => Ok(format!("pg_decimal({}, {})", self.expr(expr)?, scale(due))),
            _ => self.expr(expr),
        }
    }
}

/// Tells whether an operand carries digits, so that the result may too.
pub(super) fn reads_digits(expr: &Expr) -> bool {
    if let ExprKind::Subquery { .. } | ExprKind::Column { .. } | ExprKind::Literal(_) = expr.kind {
        return false;
    }
    walk::children(expr).into_iter().any(has_digits)
}
