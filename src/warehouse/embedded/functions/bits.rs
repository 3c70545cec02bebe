//! Functions and operators over bit strings, which are kept as their digits.

use arrow::array::{Array, ArrayRef};

use super::Scalar;
use super::rows::{INT4, INT8, TEXT, strict};
use super::value::{Value, read};
use crate::error::{Report, Result, SqlState};
use crate::types::bits;

/// The digit of an index from 0.
fn at(digits: &str, index: i64) -> Result<usize> {
    usize::try_from(index).ok().filter(|index| *index < digits.len()).ok_or_else(|| {
        let last = i64::try_from(digits.len()).unwrap_or(i64::MAX) - 1;
        Report::new(SqlState("2202E"), format!("bit index {index} out of valid range (0..{last})"))
    })
}

/// `bitsubstring`: from 1, clipped.
fn substring(digits: &str, from: i64, length: Option<i64>) -> Result<String> {
    let end = match length {
        Some(length) if length < 0 => return Err(Report::new(SqlState("22011"), "negative substring length not allowed")),
        Some(length) => from.saturating_add(length),
        None => i64::MAX,
    };
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let clip = |index: i64| usize::try_from((index - 1).clamp(0, count)).unwrap_or(0);
    Ok(digits.get(clip(from)..clip(end)).unwrap_or_default().to_owned())
}

fn overlay(digits: &str, new: &str, from: i64, length: i64) -> Result<String> {
    if from <= 0 {
        return Err(Report::new(SqlState("22011"), "negative substring length not allowed"));
    }
    let head = substring(digits, 1, Some(from - 1))?;
    let tail = substring(digits, from.saturating_add(length), None)?;
    Ok(format!("{head}{new}{tail}"))
}

/// `bit_and`, `bit_or` and `bit_xor` over the list of a group's bit strings.
fn total(sign: &str, list: &ArrayRef) -> Result<Value<'static>> {
    let mut total: Option<String> = None;
    for i in 0..list.len() {
        let value = read(list, i)?;
        if value.is_null() {
            continue;
        }
        total = Some(match total {
            None => value.str()?.to_owned(),
            Some(total) => bits::combined(sign, &total, value.str()?)?,
        });
    }
    Ok(total.map_or(Value::Null, Value::text))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_bits_total", TEXT, |args| total(args[0].str()?, args[1].list()?)),
        strict!("pg_bits_combined", TEXT, |args| Ok(Value::text(bits::combined(args[0].str()?, args[1].str()?, args[2].str()?)?))),
        strict!("pg_bits_inverted", TEXT, |args| Ok(Value::text(bits::inverted(args[0].str()?)))),
        strict!("pg_bits_shifted", TEXT, |args| Ok(Value::text(bits::shifted(args[0].str()?, args[1].int()?)))),
        strict!("pg_bits_octets", INT4, |args| Ok(Value::Int(i64::try_from(args[0].str()?.len().div_ceil(8)).unwrap_or(0)))),
        strict!("pg_bits_length", INT4, |args| Ok(Value::Int(i64::try_from(args[0].str()?.len()).unwrap_or(0)))),
        strict!("pg_bits_count", INT8, |args| {
            let ones = args[0].str()?.bytes().filter(|bit| *bit == b'1').count();
            Ok(Value::Int(i64::try_from(ones).unwrap_or(0)))
        }),
        strict!("pg_bits_get", INT4, |args| {
            let digits = args[0].str()?;
            let index = at(digits, args[1].int()?)?;
            Ok(Value::Int(i64::from(digits.as_bytes()[index] == b'1')))
        }),
        strict!("pg_bits_set", TEXT, |args| {
            let digits = args[0].str()?;
            let index = at(digits, args[1].int()?)?;
            let new = args[2].int()?;
            if !matches!(new, 0 | 1) {
                return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1"));
            }
            Ok(Value::text(format!("{}{new}{}", &digits[..index], &digits[index + 1..])))
        }),
        strict!("pg_bits_substring", TEXT, |args| {
            let length = args.get(2).map(Value::int).transpose()?;
            Ok(Value::text(substring(args[0].str()?, args[1].int()?, length)?))
        }),
        strict!("pg_bits_position", INT4, |args| {
            let found = args[0].str()?.find(args[1].str()?);
            Ok(Value::Int(found.and_then(|at| i64::try_from(at + 1).ok()).unwrap_or(0)))
        }),
        strict!("pg_bits_overlay", TEXT, |args| {
            let new = args[1].str()?;
            let length = args.get(3).map_or_else(|| Ok(i64::try_from(new.len()).unwrap_or(0)), Value::int)?;
            Ok(Value::text(overlay(args[0].str()?, new, args[2].int()?, length)?))
        }),
    ]
}
