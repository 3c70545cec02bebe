//! Parameter values as DataFusion's scalars.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalMonthDayNano, IntervalUnit, TimeUnit, i256};
use datafusion::scalar::ScalarValue;

use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::literal::Literal;

/// Returns the Arrow type that values of a PostgreSQL type have in the engine; numerics take the precision and scale of the value.
pub fn arrow_type(ty: Type) -> DataType {
    match ty {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        ty if ty == Type::OID || crate::sql::bind::coerce::is_reg(ty) => DataType::UInt32,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC => DataType::Decimal128(38, 10),
        Type::BYTEA => DataType::Binary,
        ty if crate::types::range::subtype(ty).is_some() => DataType::Binary,
        Type::DATE => DataType::Date32,
        Type::TIME => DataType::Time64(TimeUnit::Microsecond),
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::UUID => DataType::FixedSizeBinary(16),
        _ => match ty.element() {
            Some(element) => DataType::List(Arc::new(Field::new("item", arrow_type(element), true))),
            None => DataType::Utf8,
        },
    }
}

/// Returns the scalar of a typed value.
///
/// # Errors
/// 22003 when the value is outside its type, XX000 when value and type do not belong together.
pub fn scalar(ty: Type, literal: &Literal) -> Result<ScalarValue> {
    let out_of_range = || Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("value out of range for type {ty}"));
    Ok(match (literal, ty) {
        (Literal::Null, _) => ScalarValue::try_new_null(&arrow_type(ty)).map_err(Report::internal)?,
        (Literal::Bool(value), _) => ScalarValue::Boolean(Some(*value)),
        (Literal::Int(value), Type::INT2) => ScalarValue::Int16(Some(i16::try_from(*value).map_err(|_| out_of_range())?)),
        (Literal::Int(value), Type::INT4) => ScalarValue::Int32(Some(i32::try_from(*value).map_err(|_| out_of_range())?)),
        (Literal::Int(value), Type::INT8) => ScalarValue::Int64(Some(*value)),
        (Literal::Int(value), _) => ScalarValue::UInt32(Some(u32::try_from(*value).map_err(|_| out_of_range())?)),
        #[allow(clippy::cast_possible_truncation)] // float4 input has been rounded to float4 already
        (Literal::Float(value), Type::FLOAT4) => ScalarValue::Float32(Some(*value as f32)),
        (Literal::Float(value), _) => ScalarValue::Float64(Some(*value)),
        (Literal::Numeric(text), _) => numeric(text).ok_or_else(out_of_range)?,
        (Literal::Text(text) | Literal::Json(text), _) => ScalarValue::Utf8(Some(text.clone())),
        (Literal::Bytes(bytes), _) => ScalarValue::Binary(Some(bytes.clone())),
        (Literal::Date(days), _) => ScalarValue::Date32(Some(*days)),
        (Literal::Time(micros), _) => ScalarValue::Time64Microsecond(Some(*micros)),
        (Literal::Timestamp(micros), _) => ScalarValue::TimestampMicrosecond(Some(*micros), None),
        (Literal::TimestampTz(micros), _) => ScalarValue::TimestampMicrosecond(Some(*micros), Some("UTC".into())),
        (Literal::Interval { months, days, micros }, _) => {
            let nanos = micros.checked_mul(1000).ok_or_else(|| Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "interval out of range"))?;
            ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(*months, *days, nanos)))
        }
        (Literal::Uuid(bytes), _) => ScalarValue::FixedSizeBinary(16, Some(bytes.to_vec())),
        (Literal::Array(values), _) => array(ty, values)?,
    })
}

fn array(ty: Type, values: &[Literal]) -> Result<ScalarValue> {
    let element = ty.element().ok_or_else(|| Report::internal(format!("an array value of type {ty}")))?;
    let mut scalars = values.iter().map(|value| scalar(element, value)).collect::<Result<Vec<_>>>()?;
    let mut item = arrow_type(element);
    // Numerics of different scales have to agree on one type.
    if element == Type::NUMERIC {
        let scale = values.iter().filter_map(|value| if let Literal::Numeric(text) = value { Some(digits(text).1) } else { None }).max();
        item = DataType::Decimal128(38, i8::try_from(scale.unwrap_or(0)).unwrap_or(i8::MAX));
        scalars = scalars.iter().map(|value| value.cast_to(&item).map_err(Report::internal)).collect::<Result<_>>()?;
    }
    Ok(ScalarValue::List(ScalarValue::new_list(&scalars, &item, true)))
}

/// Splits `-12.340` into its digits without sign and point, and how many stand behind the point.
fn digits(text: &str) -> (String, usize) {
    let text = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (format!("{whole}{fraction}"), fraction.len())
}

fn numeric(text: &str) -> Option<ScalarValue> {
    let (digits, scale) = digits(text);
    let scale = i8::try_from(scale).ok()?;
    let signed = if text.starts_with('-') { format!("-{digits}") } else { digits.clone() };
    let length = digits.trim_start_matches('0').len().max(usize::try_from(scale).ok()?).max(1);
    if length <= 38 {
        return Some(ScalarValue::Decimal128(Some(signed.parse().ok()?), 38, scale));
    }
    (length <= 76).then(|| i256::from_string(&signed)).flatten().map(|value| ScalarValue::Decimal256(Some(value), 76, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_keep_every_digit() {
        assert_eq!(scalar(Type::NUMERIC, &Literal::Numeric("-12.340".into())).unwrap(), ScalarValue::Decimal128(Some(-12_340), 38, 3));
        let long = "1".repeat(60);
        assert!(matches!(scalar(Type::NUMERIC, &Literal::Numeric(long)).unwrap(), ScalarValue::Decimal256(Some(_), 76, 0)));
        assert_eq!(scalar(Type::NUMERIC, &Literal::Numeric("1".repeat(90))).unwrap_err().sqlstate, SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    }

    #[test]
    fn arrays_of_numerics_share_a_scale() {
        let values = vec![Literal::Numeric("1.5".into()), Literal::Null, Literal::Numeric("2.25".into())];
        let value = scalar(Type::NUMERIC_ARRAY, &Literal::Array(values)).unwrap();
        assert_eq!(value.to_string(), "[1.50, , 2.25]");
    }

    #[test]
    fn null_has_its_type() {
        assert_eq!(scalar(Type::DATE, &Literal::Null).unwrap(), ScalarValue::Date32(None));
        assert_eq!(scalar(Type::INT2, &Literal::Int(40_000)).unwrap_err().sqlstate, SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    }
}
