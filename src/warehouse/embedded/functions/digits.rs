//! Numerics that carry their display scale: PostgreSQL's own digits, as ASCII in a LargeBinary column.
//!
//! The scale of a column of quotients, of a CASE over mixed scales or of a parameter differs from value to value, and an Arrow decimal
//! has one scale for all. Such columns compare by [`key`], never by their bytes.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;

use super::decimal::{Decimal, decimal, fitting, shape, small, too_large};
use super::rows::{TEXT, each, each_row, strict, strict_rows};
use super::statistics::variance_of;
use super::value::{Value, list_of, read};
use super::{Returns, Scalar};
use crate::error::{Report, Result};

/// The result type of what makes digits.
pub(super) const DIGITS: Returns = |_, _| Ok(DataType::LargeBinary);

/// The mark of the emitter for values that know their scale.
pub(super) const CARRIED: i32 = -3;

/// Writes a form of the number whose bytes sort as the numbers do, and are equal where they are.
pub(super) fn key(text: &str, key: &mut Vec<u8>) {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading = all.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return key.push(0x80);
    }
    let exponent = i64::try_from(whole.len()).unwrap_or(0) - i64::try_from(leading).unwrap_or(0) + (1 << 31);
    let from = key.len();
    key.push(if negative { 0x40 } else { 0xC0 });
    key.extend(u32::try_from(exponent).unwrap_or(u32::MAX).to_be_bytes());
    key.extend(significant.bytes());
    key.push(0);
    if negative {
        // The greater the magnitude, the smaller the number.
        key[from + 1..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// Gives numbers their digits; a list's elements too. What carries digits already stays.
fn digits(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    if arrays[0].data_type() == ty {
        return Ok(arrays[0].clone());
    }
    let shown = |value: &Value, mark: i32| match value {
        Value::Null => Ok(Value::Null),
        value => {
            let value = decimal(value)?;
            Ok(Value::Numeric(value.rescaled(value.display_scale(mark)).ok_or_else(too_large)?))
        }
    };
    each_row(arrays, ty, rows, &|args| match &args[0] {
        Value::List(list) => {
            let mark = small(&args[1])?;
            let items = (0..list.len()).map(|i| shown(&read(list, i)?, mark)).collect::<Result<Vec<_>>>()?;
            Ok(Value::List(super::value::build(&items, &DataType::LargeBinary)?))
        }
        value => shown(value, small(&args[1])?),
    })
}

fn digits_type(types: &[DataType], _: &[Option<&datafusion::common::ScalarValue>]) -> Result<DataType> {
    Ok(match types.first() {
        Some(DataType::List(_)) => list_of(DataType::LargeBinary),
        _ => DataType::LargeBinary,
    })
}

/// Turns digits back into a decimal of a known scale; decimals stay.
const FIXED: Returns = |types, constants| match &types[0] {
    DataType::LargeBinary => {
        let scale = i32::try_from(super::rows::constant_int(constants, 1)?).unwrap_or(0);
        Ok(fitting(76, scale.clamp(0, 76)))
    }
    other => Ok(other.clone()),
};

/// An aggregate over the list of a group's digits.
fn total(list: &ArrayRef, name: &str, distinct: bool) -> Result<Value<'static>> {
    let mut values: Vec<Decimal> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for i in 0..list.len() {
        let value = read(list, i)?;
        if value.is_null() {
            continue;
        }
        let value = decimal(&value)?;
        if distinct {
            let mut bytes = Vec::new();
            key(&value.shown(CARRIED), &mut bytes);
            if !seen.insert(bytes) {
                continue;
            }
        }
        values.push(value);
    }
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let sum = |values: &[Decimal]| -> Result<Decimal> {
        values.iter().try_fold(Decimal::int(0), |sum, value| {
            let (a, b, scale) = sum.aligned(*value)?;
            Ok(Decimal::new(a.checked_add(b).ok_or_else(too_large)?, scale))
        })
    };
    let n = i64::try_from(values.len()).unwrap_or(i64::MAX);
    Ok(Value::Numeric(match name {
        "sum" => sum(&values)?,
        "avg" => sum(&values)?.divided(Decimal::int(n), CARRIED, 0)?,
        "min" | "max" => {
            let mut best = values[0];
            for value in &values[1..] {
                let (a, b, _) = value.aligned(best)?;
                // numeric_larger and numeric_smaller keep the later one of equals.
                if if name == "max" { a >= b } else { a <= b } {
                    best = *value;
                }
            }
            best
        }
        _ => {
            let square = |value: &Decimal| -> Result<Decimal> {
                let scale = value.scale.checked_mul(2).ok_or_else(too_large)?;
                Ok(Decimal::new(value.unscaled.checked_mul(value.unscaled).ok_or_else(too_large)?, scale))
            };
            let squares = values.iter().map(square).collect::<Result<Vec<_>>>()?;
            let sum = sum(&values)?;
            let squares = squares.iter().try_fold(Decimal::int(0), |sum, value| -> Result<Decimal> {
                let (a, b, scale) = sum.aligned(*value)?;
                Ok(Decimal::new(a.checked_add(b).ok_or_else(too_large)?, scale))
            })?;
            return variance_of(sum, squares, n, name, i32::from(sum.scale));
        }
    }))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        Scalar::new("pg_digits", digits_type, digits),
        Scalar::new("pg_decimal", FIXED, |arrays, ty, rows| {
            if shape(arrays[0].data_type()).is_some() || matches!(arrays[0].data_type(), DataType::List(_)) {
                return Ok(arrays[0].clone());
            }
            strict_rows(&arrays[..1], ty, rows, &|args| Ok(Value::Numeric(decimal(&args[0])?)))
        }),
        strict!("pg_numeric_key", TEXT, |args| {
            let mut bytes = Vec::new();
            key(&decimal(&args[0])?.shown(CARRIED), &mut bytes);
            Ok(super::keys::sortable(&bytes))
        }),
        strict!("pg_digits_chain", DIGITS, |args| {
            let signs = args[0].str()?;
            let first = decimal(&args[1])?;
            let total = signs.bytes().zip(&args[2..]).try_fold(first, |total, (sign, operand)| -> Result<Decimal> {
                let (a, b, scale) = total.aligned(decimal(operand)?)?;
                let result = if sign == b'+' { a.checked_add(b) } else { a.checked_sub(b) };
                Ok(Decimal::new(result.ok_or_else(too_large)?, scale))
            })?;
            Ok(Value::Numeric(total))
        }),
        each!("pg_numeric_total", DIGITS, |args| match &args[0] {
            Value::List(list) => total(list, args[1].str()?, args[2].bool()?),
            _ => Ok(Value::Null),
        }),
    ]
}

/// Reads the digits of a value in a column of digits.
pub(super) fn parse(bytes: &[u8]) -> Result<Decimal> {
    Decimal::parse(std::str::from_utf8(bytes).map_err(Report::internal)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_numbers_do() {
        let of = |text: &str| {
            let mut bytes = Vec::new();
            key(text, &mut bytes);
            bytes
        };
        let sorted =
            ["-100", "-99.5", "-1.01", "-1", "-0.05", "-0.005", "0", "0.0049", "0.005", "0.05", "1", "1.01", "9", "10", "99.5", "100"];
        for pair in sorted.windows(2) {
            assert!(of(pair[0]) < of(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        assert_eq!(of("1.50"), of("1.5"));
        assert_eq!(of("-0.00"), of("0"));
    }
}
