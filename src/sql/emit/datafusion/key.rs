//! Keys: what stands for a value wherever values are compared natively: ORDER BY, GROUP BY, DISTINCT, PARTITION BY, joins, IN.

use super::Printer;
use super::literal;
use super::numeric::carries_digits;
use super::{ident, qualified};
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, RelationColumn};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// Returns the function that makes the key; `None` where values compare natively as in PostgreSQL.
pub(super) fn key_function(ty: Type, scale: NumericScale) -> Option<&'static str> {
    match ty {
        // An interval's length counts, not its fields.
        Type::INTERVAL => Some("pg_interval_key"),
        Type::JSONB => Some("pg_json_key"),
        // -0 and 0 are equal, and so are all NaNs.
        Type::FLOAT4 | Type::FLOAT8 => Some("pg_float_key"),
        ty if ty.element().is_some_and(Type::is_float) => Some("pg_float_key"),
        Type::NUMERIC if carries_digits(ty, scale) => Some("pg_numeric_key"),
        _ => None,
    }
}

/// Tells whether arrays of this type would compare natively in another order than PostgreSQL's.
fn is_odd_array(ty: Type, scale: NumericScale) -> bool {
    ty.element().is_some_and(|element| !element.is_float() && key_function(element, scale).is_some())
}

/// Wraps a value into its key.
pub(super) fn keyed(text: &str, ty: Type, scale: NumericScale) -> String {
    match key_function(ty, scale) {
        Some(function) => format!("{function}({text})"),
        None => text.to_owned(),
    }
}

/// Wraps a column of a query into its key.
pub(super) fn column_key(alias: &str, column: &RelationColumn) -> String {
    keyed(&qualified(alias, &column.name), column.ty, column.scale)
}

/// Tells whether rows of these columns cannot be told apart natively.
pub(super) fn needs_keys(columns: &[RelationColumn]) -> bool {
    columns.iter().any(|column| key_function(column.ty, column.scale).is_some() || is_odd_array(column.ty, column.scale))
}

impl Printer<'_> {
    /// Prints the key of an expression.
    pub(super) fn key(&mut self, expr: &Expr) -> Result<String> {
        if matches!(expr.ty, Type::JSON) {
            return Err(Report::unsupported("a comparison of type json").at(expr.position));
        }
        if is_odd_array(expr.ty, expr.scale) {
            return Err(Report::unsupported(format!("sorting or grouping by {}", expr.ty)).at(expr.position));
        }
        Ok(keyed(&self.expr(expr)?, expr.ty, expr.scale))
    }

    /// Prints the distinct rows of a body that has these columns: one row of each class of equal rows.
    pub(super) fn distinct_rows(&mut self, body: &str, columns: &[RelationColumn], having: &str) -> Result<String> {
        let alias = self.alias("rows");
        let (mut list, mut keys) = (Vec::new(), Vec::new());
        for column in columns {
            if is_odd_array(column.ty, column.scale) {
                return Err(Report::unsupported(format!("DISTINCT over {}", column.ty)));
            }
            let (value, name) = (qualified(&alias, &column.name), ident(&column.name));
            match key_function(column.ty, column.scale) {
                Some(function) => {
                    keys.push(format!("{function}({value})"));
                    list.push(format!("first_value({value}) AS {name}"));
                }
                None => {
                    keys.push(value.clone());
                    list.push(format!("{value} AS {name}"));
                }
            }
        }
        let having = having.replace('\u{0}', &ident(&alias));
        Ok(format!("SELECT {} FROM ({body}) AS {} GROUP BY {}{having}", list.join(", "), ident(&alias), keys.join(", ")))
    }
}

/// Tells whether a float is a constant that natively compares as in PostgreSQL: neither zero nor NaN. Such a comparison stays native, so that
/// row groups can be pruned by it.
pub(super) fn is_plain_float(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Float(value)) => *value != 0.0 && !value.is_nan(),
        ExprKind::Literal(Literal::Int(value)) => *value != 0,
        ExprKind::Cast { expr, .. } => matches!(&expr.kind, ExprKind::Literal(_)) && is_plain_float(expr),
        ExprKind::Operator { operator, args } if operator.name == "-" && args.len() == 1 => is_plain_float(&args[0]),
        _ => false,
    }
}

/// The NULL of a type, for an expression that has no value.
pub(super) fn null_like(expr: &Expr) -> String {
    match (expr.ty, expr.scale) {
        (Type::NUMERIC, NumericScale::Fixed(_)) => "NULL".into(),
        _ => literal::null(expr.ty, expr.typmod),
    }
}
