//! Constants.

use chrono::{DateTime, Days, NaiveDate};

use crate::error::{Report, Result};
use crate::types::literal::Literal;
use crate::types::{Type, numeric_typmod, range};

/// Quotes a string constant.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Returns the name of a type's Arrow form as `arrow_cast` reads it; numeric without typmod carries its digits.
pub(super) fn arrow_type(ty: Type, typmod: i32) -> String {
    if let Some(element) = ty.element() {
        return format!("List({})", arrow_type(element, typmod));
    }
    match ty {
        Type::BOOL => "Boolean".into(),
        Type::INT2 => "Int16".into(),
        Type::INT4 => "Int32".into(),
        Type::INT8 => "Int64".into(),
        Type::FLOAT4 => "Float32".into(),
        Type::FLOAT8 => "Float64".into(),
        Type::NUMERIC => match numeric_typmod(typmod) {
            Some((precision, scale)) if precision <= 38 && scale >= 0 => format!("Decimal128({precision}, {scale})"),
            Some((precision @ 39..=76, scale @ 0..=38)) => format!("Decimal256({precision}, {scale})"),
            Some(_) => "Decimal256(76, 38)".into(),
            None => "LargeBinary".into(),
        },
        Type::BYTEA => "Binary".into(),
        ty if range::subtype(ty).is_some() => "Binary".into(),
        Type::DATE => "Date32".into(),
        Type::TIME => "Time64(Microsecond)".into(),
        Type::TIMESTAMP => "Timestamp(Microsecond, None)".into(),
        Type::TIMESTAMPTZ => "Timestamp(Microsecond, Some(\"UTC\"))".into(),
        Type::INTERVAL => "Interval(MonthDayNano)".into(),
        Type::UUID => "FixedSizeBinary(16)".into(),
        ty if is_oid(ty) => "UInt32".into(),
        _ => "Utf8".into(),
    }
}

/// Tells whether values are OIDs (oid, xid and the reg* types).
pub(super) fn is_oid(ty: Type) -> bool {
    matches!(
        ty,
        Type::OID
            | Type::XID
            | Type::CID
            | Type::REGPROC
            | Type::REGPROCEDURE
            | Type::REGOPER
            | Type::REGCLASS
            | Type::REGTYPE
            | Type::REGNAMESPACE
            | Type::REGROLE
            | Type::REGCOLLATION
            | Type(2204)
            | Type(3734)
            | Type(3769)
    )
}

/// Writes a NULL of a type.
pub(super) fn null(ty: Type, typmod: i32) -> String {
    match ty {
        Type::UNKNOWN | Type::VOID | Type::RECORD => "NULL".into(),
        _ => format!("arrow_cast(NULL, {})", text(&arrow_type(ty, typmod))),
    }
}

/// Writes the NULL of a numeric, or of an array of them, that is shown with so many digits behind its point.
pub(super) fn null_of_scale(ty: Type, digits: u16) -> String {
    let decimal = if digits > 38 { format!("Decimal256(76, {digits})") } else { format!("Decimal128(38, {digits})") };
    let arrow = if ty.is_array() { format!("List({decimal})") } else { decimal };
    format!("arrow_cast(NULL, {})", text(&arrow))
}

/// Writes a constant of a type.
pub(super) fn constant(value: &Literal, ty: Type, typmod: i32, position: Option<u32>) -> Result<String> {
    let cast = |inner: String| format!("arrow_cast({inner}, {})", text(&arrow_type(ty, typmod)));
    Ok(match value {
        Literal::Null => null(ty, typmod),
        Literal::Bool(value) => if *value { "TRUE" } else { "FALSE" }.into(),
        Literal::Int(value) => integer(*value, ty),
        Literal::Float(value) => float(*value, ty),
        Literal::Numeric(digits) => {
            numeric(digits).ok_or_else(|| Report::unsupported("a numeric constant of more than 76 digits").at(position))?
        }
        Literal::Text(value) if is_oid(ty) => format!("pg_to_{}({})", ty.name(), text(value)),
        Literal::Text(value) if ty == Type::JSONPATH => format!("pg_jsonpath({})", text(value)),
        Literal::Text(value) | Literal::Json(value) => text(value),
        Literal::Bytes(bytes) => format!("X'{}'", hex(bytes)),
        Literal::Uuid(bytes) => cast(format!("X'{}'", hex(bytes))),
        // Bounds of ranges.
        Literal::Date(i32::MIN | i32::MAX) | Literal::Timestamp(i64::MIN | i64::MAX) | Literal::TimestampTz(i64::MIN | i64::MAX) => {
            endless(value, ty)
        }
        Literal::Date(days) => match date(*days) {
            Some(day) => format!("CAST('{day}' AS DATE)"),
            None => return Err(Report::unsupported("a date outside the years 1 to 9999").at(position)),
        },
        Literal::Time(micros) => cast(micros.to_string()),
        Literal::Timestamp(micros) => match DateTime::from_timestamp_micros(*micros) {
            Some(at) => format!("arrow_cast('{}', 'Timestamp(Microsecond, None)')", at.naive_utc().format("%Y-%m-%d %H:%M:%S%.6f")),
            None => return Err(Report::unsupported("a timestamp outside the years 1 to 9999").at(position)),
        },
        Literal::TimestampTz(micros) => format!("arrow_cast({micros}, {})", text(&arrow_type(Type::TIMESTAMPTZ, -1))),
        Literal::Interval { months, days, micros } => {
            format!("pg_interval(CAST({months} AS BIGINT), CAST({days} AS BIGINT), CAST({micros} AS BIGINT))")
        }
        Literal::Array(items) => {
            let element = ty.element().unwrap_or(Type::TEXT);
            if items.is_empty() {
                return Ok(format!("pg_empty_array({})", null(element, -1)));
            }
            let items = items.iter().map(|item| constant(item, element, -1, position)).collect::<Result<Vec<_>>>()?;
            format!("make_array({})", items.join(", "))
        }
    })
}

/// Writes a numeric constant, or an array of them, that carries its digits.
pub(super) fn digits(value: &Literal, ty: Type, position: Option<u32>) -> Result<String> {
    match value {
        Literal::Numeric(_) => Ok(format!("pg_digits({}, {})", constant(value, ty, -1, position)?, shown(value))),
        Literal::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| digits(item, Type::NUMERIC, position)).collect::<Result<Vec<_>>>()?;
            Ok(format!("make_array({})", items.join(", ")))
        }
        _ => constant(value, ty, -1, position),
    }
}

fn shown(value: &Literal) -> usize {
    match value {
        Literal::Numeric(digits) => digits.split_once('.').map_or(0, |(_, fraction)| fraction.len()),
        _ => 0,
    }
}

fn integer(value: i64, ty: Type) -> String {
    let digits = if value < 0 { format!("'{value}'") } else { value.to_string() };
    match ty {
        Type::INT2 => format!("CAST({digits} AS SMALLINT)"),
        Type::INT4 => format!("CAST({digits} AS INT)"),
        ty if is_oid(ty) => format!("CAST({digits} AS INT UNSIGNED)"),
        _ => format!("CAST({digits} AS BIGINT)"),
    }
}

/// An infinite date, which the bound of a range may be: the greatest or the least number of its type.
fn endless(value: &Literal, ty: Type) -> String {
    let number = match value {
        Literal::Date(days) => format!("CAST('{days}' AS INT)"),
        Literal::Timestamp(micros) | Literal::TimestampTz(micros) => format!("CAST('{micros}' AS BIGINT)"),
        _ => "NULL".to_owned(),
    };
    format!("arrow_cast({number}, {})", text(&arrow_type(ty, -1)))
}

fn float(value: f64, ty: Type) -> String {
    let name = if ty == Type::FLOAT4 { "REAL" } else { "DOUBLE" };
    if value.is_nan() {
        return format!("CAST('NaN' AS {name})");
    }
    if value.is_infinite() {
        return format!("CAST('{}' AS {name})", if value > 0.0 { "inf" } else { "-inf" });
    }
    format!("CAST('{value:e}' AS {name})")
}

/// Writes a numeric with exactly its digits.
fn numeric(value: &str) -> Option<String> {
    let digits = value.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let precision = (whole.len() + fraction.len()).max(1);
    if precision > 76 {
        return None;
    }
    Some(format!("CAST('{value}' AS DECIMAL({precision}, {}))", fraction.len()))
}

fn date(days: i32) -> Option<NaiveDate> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let span = Days::new(u64::from(days.unsigned_abs()));
    if days < 0 { epoch.checked_sub_days(span) } else { epoch.checked_add_days(span) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_keep_type_and_digits() {
        let write = |value, ty| constant(&value, ty, -1, None).expect("a constant");
        assert_eq!(write(Literal::Int(5), Type::INT4), "CAST(5 AS INT)");
        assert_eq!(write(Literal::Int(i64::MIN), Type::INT8), "CAST('-9223372036854775808' AS BIGINT)");
        assert_eq!(write(Literal::Numeric("-0.050".into()), Type::NUMERIC), "CAST('-0.050' AS DECIMAL(3, 3))");
        assert_eq!(write(Literal::Text("o'clock \\".into()), Type::TEXT), "'o''clock \\'");
        assert_eq!(write(Literal::Date(19_782), Type::DATE), "CAST('2024-02-29' AS DATE)");
    }
}
