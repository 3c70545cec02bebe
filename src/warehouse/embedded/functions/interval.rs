//! Intervals: months, days and microseconds that PostgreSQL keeps apart.

use arrow::datatypes::{DataType, i256};

use arrow::array::Array;

use super::Scalar;
use super::date::DAY;
use super::decimal::{Decimal, small};
use super::rows::{INTERVAL, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};

/// Returns months, days, microseconds.
pub(super) fn parts(value: &Value) -> Result<(i32, i32, i64)> {
    match value {
        Value::Interval(months, days, micros) => Ok((*months, *days, *micros)),
        other => Err(Report::internal(format!("a function expected an interval and got {other:?}"))),
    }
}

/// Returns the parts with opposite signs.
pub(super) fn negated(value: &Value) -> Result<(i32, i32, i64)> {
    let (months, days, micros) = parts(value)?;
    match (months.checked_neg(), days.checked_neg(), micros.checked_neg()) {
        (Some(months), Some(days), Some(micros)) => Ok((months, days, micros)),
        _ => Err(out_of_range()),
    }
}

fn out_of_range() -> Report {
    Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "interval out of range")
}

/// `interval_lerp`: the interval at a fraction of the way between two.
pub(super) fn between(low: &Value, high: &Value, fraction: f64) -> Result<Value<'static>> {
    let way = sum(parts(high)?, negated(low)?)?;
    sum(parts(&scaled(parts(&way)?, fraction)?)?, parts(low)?)
}

/// Sum or average of a list.
fn total(list: &arrow::array::ArrayRef, average: bool) -> Result<Value<'static>> {
    let (mut all, mut count) = (Value::Interval(0, 0, 0), 0_u32);
    for i in 0..list.len() {
        match super::value::read(list, i)? {
            Value::Null => {}
            value => {
                all = sum(parts(&all)?, parts(&value)?)?;
                count += 1;
            }
        }
    }
    match (count, average) {
        (0, _) => Ok(Value::Null),
        (_, false) => Ok(all),
        (_, true) => divided(parts(&all)?, f64::from(count)),
    }
}

fn sum(a: (i32, i32, i64), b: (i32, i32, i64)) -> Result<Value<'static>> {
    match (a.0.checked_add(b.0), a.1.checked_add(b.1), a.2.checked_add(b.2)) {
        (Some(months), Some(days), Some(micros)) => Ok(Value::Interval(months, days, micros)),
        _ => Err(out_of_range()),
    }
}

/// `interval_mul`: fractions of months become days, fractions of days become time.
fn scaled((months, days, micros): (i32, i32, i64), factor: f64) -> Result<Value<'static>> {
    // As timestamp.c: TSROUND rounds to microseconds.
    let round = |value: f64| (value * 1_000_000.0).round_ties_even() / 1_000_000.0;
    let month_product = f64::from(months) * factor;
    let day_product = f64::from(days) * factor;
    let result_months = whole(month_product)?;
    let mut result_days = whole(day_product)?;
    let month_remainder_days = round((month_product - f64::from(result_months)) * 30.0);
    let sec_days = month_remainder_days.trunc();
    let mut seconds = round((day_product - f64::from(result_days) + month_remainder_days - sec_days) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        let extra = (seconds / 86_400.0).trunc();
        result_days = result_days.checked_add(whole(extra)?).ok_or_else(out_of_range)?;
        seconds -= extra * 86_400.0;
    }
    result_days = result_days.checked_add(whole(sec_days)?).ok_or_else(out_of_range)?;
    #[allow(clippy::cast_precision_loss)]
    let time = (micros as f64 * factor + seconds * 1_000_000.0).round_ties_even();
    Ok(Value::Interval(result_months, result_days, microseconds(time)?))
}

/// `(int32) value`, where it fits.
fn whole(value: f64) -> Result<i32> {
    if value.is_nan() || value > f64::from(i32::MAX) || value < f64::from(i32::MIN) {
        return Err(out_of_range());
    }
    #[allow(clippy::cast_possible_truncation)]
    Ok(value as i32)
}

/// `(int64) value`, where it fits (`FLOAT8_FITS_IN_INT64`).
fn microseconds(value: f64) -> Result<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if !(-LIMIT..LIMIT).contains(&value) {
        return Err(out_of_range());
    }
    #[allow(clippy::cast_possible_truncation)]
    Ok(value as i64)
}

/// Time of 24 hours and more becomes days; signs of days and time agree.
fn justify_hours((months, days, micros): (i32, i32, i64)) -> Result<(i32, i32, i64)> {
    let mut days = days.checked_add(i32::try_from(micros / DAY).map_err(|_| out_of_range())?).ok_or_else(out_of_range)?;
    let mut micros = micros % DAY;
    if days > 0 && micros < 0 {
        (days, micros) = (days - 1, micros + DAY);
    } else if days < 0 && micros > 0 {
        (days, micros) = (days + 1, micros - DAY);
    }
    Ok((months, days, micros))
}

/// 30 days become a month; signs of months and days agree.
fn justify_days((months, days, micros): (i32, i32, i64)) -> Result<(i32, i32, i64)> {
    let mut months = months.checked_add(days / 30).ok_or_else(out_of_range)?;
    let mut days = days % 30;
    if months > 0 && days < 0 {
        (months, days) = (months - 1, days + 30);
    } else if months < 0 && days > 0 {
        (months, days) = (months + 1, days - 30);
    }
    Ok((months, days, micros))
}

fn justify(value: (i32, i32, i64)) -> Result<(i32, i32, i64)> {
    let (mut months, mut days, mut micros) = justify_days(justify_hours(value)?)?;
    if months > 0 && (days < 0 || days == 0 && micros < 0) {
        (months, days) = (months - 1, days + 30);
    } else if months < 0 && (days > 0 || days == 0 && micros > 0) {
        (months, days) = (months + 1, days - 30);
    }
    if days > 0 && micros < 0 {
        (days, micros) = (days - 1, micros + DAY);
    } else if days < 0 && micros > 0 {
        (days, micros) = (days + 1, micros - DAY);
    }
    Ok((months, days, micros))
}

/// The length by which intervals compare: a month has 30 days.
pub(super) fn key((months, days, micros): (i32, i32, i64)) -> i128 {
    (i128::from(months) * 30 + i128::from(days)) * i128::from(DAY) + i128::from(micros)
}

fn made(parts: (i32, i32, i64)) -> Value<'static> {
    Value::Interval(parts.0, parts.1, parts.2)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_interval", INTERVAL, |args| Ok(Value::Interval(small(&args[0])?, small(&args[1])?, args[2].int()?))),
        strict!("pg_interval_key", |_, _| Ok(DataType::Decimal128(38, 0)), |args| {
            Ok(Value::Numeric(Decimal::new(i256::from_i128(key(parts(&args[0])?)), 0)))
        }),
        strict!("pg_interval_neg", INTERVAL, |args| Ok(made(negated(&args[0])?))),
        strict!("pg_interval_total", INTERVAL, |args| total(args[0].list()?, args[1].str()? == "avg")),
        strict!("pg_interval_add", INTERVAL, |args| sum(parts(&args[0])?, parts(&args[1])?)),
        strict!("pg_interval_sub", INTERVAL, |args| sum(parts(&args[0])?, negated(&args[1])?)),
        strict!("pg_interval_mul", INTERVAL, |args| scaled(parts(&args[0])?, args[1].float()?)),
        strict!("pg_interval_div", INTERVAL, |args| {
            let by = args[1].float()?;
            if by == 0.0 {
                return Err(super::decimal::division_by_zero());
            }
            // interval_div divides each field; as a product only where that is the same number.
            divided(parts(&args[0])?, by)
        }),
        strict!("pg_justify_days", INTERVAL, |args| Ok(made(justify_days(parts(&args[0])?)?))),
        strict!("pg_justify_hours", INTERVAL, |args| Ok(made(justify_hours(parts(&args[0])?)?))),
        strict!("pg_justify_interval", INTERVAL, |args| Ok(made(justify(parts(&args[0])?)?))),
        strict!("pg_make_interval", INTERVAL, |args| {
            let n = |i: usize| small(&args[i]);
            let months = n(0)?.checked_mul(12).and_then(|m| m.checked_add(n(1).ok()?)).ok_or_else(out_of_range)?;
            let days = n(2)?.checked_mul(7).and_then(|d| d.checked_add(n(3).ok()?)).ok_or_else(out_of_range)?;
            let seconds = microseconds((args[6].float()? * 1_000_000.0).round_ties_even())?;
            let clock = i64::from(n(4)?) * 3_600_000_000 + i64::from(n(5)?) * 60_000_000;
            Ok(Value::Interval(months, days, clock.checked_add(seconds).ok_or_else(out_of_range)?))
        }),
    ]
}

/// `interval_div`: as `interval_mul`, with quotients.
fn divided((months, days, micros): (i32, i32, i64), by: f64) -> Result<Value<'static>> {
    let round = |value: f64| (value * 1_000_000.0).round_ties_even() / 1_000_000.0;
    let (result_months, mut result_days) = (whole(f64::from(months) / by)?, whole(f64::from(days) / by)?);
    let month_remainder_days = round((f64::from(months) / by - f64::from(result_months)) * 30.0);
    let sec_days = month_remainder_days.trunc();
    let mut seconds = round((f64::from(days) / by - f64::from(result_days) + month_remainder_days - sec_days) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        let extra = (seconds / 86_400.0).trunc();
        result_days = result_days.checked_add(whole(extra)?).ok_or_else(out_of_range)?;
        seconds -= extra * 86_400.0;
    }
    result_days = result_days.checked_add(whole(sec_days)?).ok_or_else(out_of_range)?;
    #[allow(clippy::cast_precision_loss)]
    let time = (micros as f64 / by + seconds * 1_000_000.0).round_ties_even();
    Ok(Value::Interval(result_months, result_days, microseconds(time)?))
}
