//! PostgreSQL types as GoogleSQL types.

use super::*;
use crate::types::{NumericScale, Type, numeric_typmod};

/// Returns the GoogleSQL type that holds a PostgreSQL type's values, or `None` where none does.
pub(super) fn name(ty: Type, typmod: i32, scale: NumericScale) -> Option<String> {
    if let Some(element) = ty.element() {
        return name(element, typmod, scale).filter(|inner| !inner.starts_with("ARRAY")).map(|inner| format!("ARRAY<{inner}>"));
    }
    let name = match ty {
        Type::BOOL => "BOOL",
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => "INT64",
        Type::FLOAT4 | Type::FLOAT8 => "FLOAT64",
        Type::NUMERIC => return Some(numeric(typmod, scale).to_owned()),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::UUID | Type::UNKNOWN => "STRING",
        Type::BYTEA => "BYTES",
        Type::DATE => "DATE",
        Type::TIME => "TIME",
        Type::TIMESTAMP => "DATETIME",
        Type::TIMESTAMPTZ => "TIMESTAMP",
        Type::INTERVAL => "INTERVAL",
        Type::JSON | Type::JSONB => "JSON",
        Type::DATERANGE => "RANGE<DATE>",
        Type::TSRANGE => "RANGE<DATETIME>",
        Type::TSTZRANGE => "RANGE<TIMESTAMP>",
        _ => return None,
    };
    Some(name.to_owned())
}

/// NUMERIC holds 29 digits before the point and 9 behind it, BIGNUMERIC 38 each.
pub(super) fn numeric(typmod: i32, scale: NumericScale) -> &'static str {
    match (numeric_typmod(typmod), scale) {
        (Some((precision, digits)), _) if fits(precision, digits) => "NUMERIC",
        (None, NumericScale::Fixed(digits)) if digits <= 9 => "NUMERIC",
        _ => "BIGNUMERIC",
    }
}

/// Tells whether numeric(precision, scale) fits NUMERIC.
pub(super) fn fits(precision: u16, scale: i16) -> bool {
    (0..=9).contains(&scale) && i32::from(precision) - i32::from(scale) <= 29
}

/// Returns the GoogleSQL type of an expression, or refuses.
pub(super) fn of(expr: &Expr) -> Result<String> {
    name(expr.ty, expr.typmod, expr.scale).ok_or_else(|| {
        refuse(format!("a value of type {}", expr.ty), expr.position, "BigQuery has no such type; cast it to text or a number.")
    })
}

/// Tells whether GoogleSQL can group, compare and partition by this type as PostgreSQL does.
pub(super) fn groupable(ty: Type) -> bool {
    !ty.is_array() && !matches!(ty, Type::JSON | Type::JSONB | Type::RECORD | Type::INTERVAL | Type::BPCHAR)
}
