//! Days, months and moments: the calendar, casts between date, time and timestamps, `+ -` with integers and intervals.

use super::Scalar;
use super::decimal::small;
use super::rows::{DATE, INTERVAL, TIMESTAMP, TIMESTAMPTZ, strict};
use super::value::Value;
use super::zone::{out_of_range, parse, to_instant, to_local};
use super::{Returns, interval};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::zone::Tz;
use arrow::datatypes::DataType;
use chrono::{Datelike, NaiveDate};

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Returns year, month, day of days since 1970.
pub(super) fn civil(days: i32) -> (i32, u32, u32) {
    let date = NaiveDate::from_epoch_days(days).unwrap_or_default();
    (date.year(), date.month(), date.day())
}

/// Returns days since 1970 of a calendar day; an error outside what dates hold.
pub(super) fn days_from(year: i32, month: u32, day: u32) -> Result<i32> {
    NaiveDate::from_ymd_opt(year, month, day)
        .map(|date| date.to_epoch_days())
        .ok_or_else(|| Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "date out of range"))
}

/// Splits microseconds into days and microseconds of the day.
pub(super) fn split(micros: i64) -> (i32, i64) {
    (i32::try_from(micros.div_euclid(DAY)).unwrap_or(0), micros.rem_euclid(DAY))
}

/// Days to microseconds.
pub(super) fn at_midnight(days: i32) -> Result<i64> {
    i64::from(days).checked_mul(DAY).ok_or_else(out_of_range)
}

/// Returns the days of a month.
pub(super) fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Adds months; the day is cut to the month's length.
pub(super) fn add_months(days: i32, months: i32) -> Result<i32> {
    if months == 0 {
        return Ok(days);
    }
    let (year, month, day) = civil(days);
    let total = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    let year = i32::try_from(total.div_euclid(12)).map_err(|_| out_of_range())?;
    let month = u32::try_from(total.rem_euclid(12)).unwrap_or(0) + 1;
    days_from(year, month, day.min(month_length(year, month))).map_err(|_| out_of_range())
}

/// timestamp + interval: months, then days, then time.
pub(super) fn add_interval(micros: i64, months: i32, days: i32, time: i64) -> Result<i64> {
    let (date, clock) = split(micros);
    let moved = add_months(date, months)?;
    let moved = moved.checked_add(days).ok_or_else(out_of_range)?;
    let sum = at_midnight(moved)?.checked_add(clock).and_then(|at| at.checked_add(time));
    sum.filter(|at| *at >= FIRST_MOMENT).ok_or_else(out_of_range)
}

/// Midnight of 24 November 4714 BC (`MIN_TIMESTAMP`); the last moment is about that of an int8.
const FIRST_MOMENT: i64 = -210_866_803_200_000_000;

/// timestamptz + interval: months and days in local time, then exact time.
pub(super) fn add_interval_tz(micros: i64, months: i32, days: i32, time: i64, zone: Tz) -> Result<i64> {
    let mut at = micros;
    if months != 0 || days != 0 {
        at = to_instant(add_interval(to_local(at, zone)?, months, days, 0)?, zone)?;
    }
    at.checked_add(time).filter(|at| *at >= FIRST_MOMENT).ok_or_else(out_of_range)
}

/// Rounds microseconds to a typmod's digits.
fn to_precision(micros: i64, typmod: i32) -> i64 {
    let Ok(digits @ 0..=5) = u32::try_from(typmod) else { return micros };
    let step = 10_i64.pow(6 - digits);
    (micros + step / 2).div_euclid(step) * step
}

/// Casts between date, time and timestamps.
pub(super) fn cast(value: &Value, to: Type, typmod: i32, zone: Tz) -> Result<Value<'static>> {
    Ok(match (value, to) {
        (Value::Date(days), Type::DATE) => Value::Date(*days),
        (Value::Date(days), Type::TIMESTAMP) => Value::Timestamp(at_midnight(*days)?),
        (Value::Date(days), Type::TIMESTAMPTZ) => Value::TimestampTz(to_instant(at_midnight(*days)?, zone)?),
        (Value::Timestamp(at), Type::DATE) => Value::Date(split(*at).0),
        (Value::Timestamp(at), Type::TIME) => Value::Time(to_precision(split(*at).1, typmod)),
        (Value::Timestamp(at), Type::TIMESTAMP) => Value::Timestamp(to_precision(*at, typmod)),
        (Value::Timestamp(at), Type::TIMESTAMPTZ) => Value::TimestampTz(to_precision(to_instant(*at, zone)?, typmod)),
        (Value::TimestampTz(at), Type::DATE) => Value::Date(split(to_local(*at, zone)?).0),
        (Value::TimestampTz(at), Type::TIME) => Value::Time(to_precision(split(to_local(*at, zone)?).1, typmod)),
        (Value::TimestampTz(at), Type::TIMESTAMP) => Value::Timestamp(to_precision(to_local(*at, zone)?, typmod)),
        (Value::TimestampTz(at), Type::TIMESTAMPTZ) => Value::TimestampTz(to_precision(*at, typmod)),
        (Value::Time(at), Type::TIME) => Value::Time(to_precision(*at, typmod)),
        (Value::Time(at), Type::INTERVAL) => Value::Interval(0, 0, *at),
        (Value::Interval(_, _, micros), Type::TIME) => Value::Time(to_precision(micros.rem_euclid(DAY), typmod)),
        _ => return Err(Report::unsupported(format!("this cast to {to}"))),
    })
}

/// date + interval is a timestamp; time + interval a time.
const TIME_SUM: Returns = |types, _| {
    Ok(match &types[0] {
        DataType::Date32 => DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None),
        other => other.clone(),
    })
};

fn plus(value: &Value, months: i32, days: i32, micros: i64) -> Result<Value<'static>> {
    Ok(match value {
        Value::Date(date) => Value::Timestamp(add_interval(at_midnight(*date)?, months, days, micros)?),
        Value::Timestamp(at) => Value::Timestamp(add_interval(*at, months, days, micros)?),
        Value::Time(at) => Value::Time(at.wrapping_add(micros).rem_euclid(DAY)),
        other => return Err(Report::internal(format!("an interval added to {other:?}"))),
    })
}

fn date_plus(days: i32, by: i64) -> Result<Value<'static>> {
    let sum = i64::from(days).checked_add(by).and_then(|sum| i32::try_from(sum).ok());
    match sum {
        Some(sum) if NaiveDate::from_epoch_days(sum).is_some() => Ok(Value::Date(sum)),
        // 4714-11-24 BC to 5874897-12-31 (`IS_VALID_DATE`).
        Some(sum) if (-2_440_588..2_145_042_906).contains(&sum) => Err(Report::unsupported("a year after 262142")),
        _ => Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "date out of range")),
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_date_add", DATE, |args| match &args[0] {
            Value::Date(days) => date_plus(*days, args[1].int()?),
            other => Err(Report::internal(format!("days added to {other:?}"))),
        }),
        strict!(
            "pg_date_sub",
            |types, _| Ok(if types.get(1) == Some(&DataType::Date32) { DataType::Int32 } else { DataType::Date32 }),
            |args| match (&args[0], &args[1]) {
                (Value::Date(a), Value::Date(b)) => Ok(Value::Int(i64::from(*a) - i64::from(*b))),
                (Value::Date(days), by) => date_plus(*days, -by.int()?),
                (other, _) => Err(Report::internal(format!("days taken from {other:?}"))),
            }
        ),
        strict!("pg_time_add", TIME_SUM, |args| {
            let (months, days, micros) = interval::parts(&args[1])?;
            plus(&args[0], months, days, micros)
        }),
        strict!("pg_time_sub", TIME_SUM, |args| {
            let (months, days, micros) = interval::negated(&args[1])?;
            plus(&args[0], months, days, micros)
        }),
        strict!("pg_tz_add", TIMESTAMPTZ, |args| {
            let (months, days, micros) = interval::parts(&args[1])?;
            plus_tz(&args[0], months, days, micros, parse(args[2].str()?)?)
        }),
        strict!("pg_tz_sub", TIMESTAMPTZ, |args| {
            let (months, days, micros) = interval::negated(&args[1])?;
            plus_tz(&args[0], months, days, micros, parse(args[2].str()?)?)
        }),
        strict!("pg_time_diff", INTERVAL, |args| match (&args[0], &args[1]) {
            (Value::Timestamp(a), Value::Timestamp(b)) | (Value::TimestampTz(a), Value::TimestampTz(b)) => {
                let micros = a.checked_sub(*b).ok_or_else(out_of_range)?;
                // Hours above 24 become days (`timestamp_mi` justifies hours).
                Ok(Value::Interval(0, i32::try_from(micros / DAY).map_err(|_| out_of_range())?, micros % DAY))
            }
            (Value::Time(a), Value::Time(b)) => Ok(Value::Interval(0, 0, a - b)),
            other => Err(Report::internal(format!("a difference of {other:?}"))),
        }),
        strict!("pg_date_time", TIMESTAMP, |args| match (&args[0], &args[1]) {
            (Value::Date(days), Value::Time(time)) => Ok(Value::Timestamp(at_midnight(*days)? + time)),
            other => Err(Report::internal(format!("a date and time of {other:?}"))),
        }),
        strict!("pg_date_floor", DATE, |args| match &args[0] {
            Value::Timestamp(at) => Ok(Value::Date(split(*at).0)),
            other => Err(Report::internal(format!("a date of {other:?}"))),
        }),
        strict!("pg_date_ceil", DATE, |args| match &args[0] {
            Value::Timestamp(at) => {
                let (days, rest) = split(*at);
                Ok(Value::Date(if rest == 0 { days } else { days + 1 }))
            }
            other => Err(Report::internal(format!("a date of {other:?}"))),
        }),
        strict!("pg_make_date", DATE, |args| {
            let (year, month, day) = (small(&args[0])?, small(&args[1])?, small(&args[2])?);
            Ok(Value::Date(checked_date(year, month, day)?))
        }),
    ]
}

/// Returns days since 1970 of fields that a user gave.
pub(super) fn checked_date(year: i32, month: i32, day: i32) -> Result<i32> {
    let out = || Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date field value out of range: {year}-{month:02}-{day:02}"));
    let (Ok(m), Ok(d)) = (u32::try_from(month), u32::try_from(day)) else { return Err(out()) };
    if year < 1 {
        return Err(if year == 0 { out() } else { Report::unsupported("a date before the year 1") });
    }
    days_from(year, m, d).map_err(|_| out())
}

fn plus_tz(value: &Value, months: i32, days: i32, micros: i64, zone: Tz) -> Result<Value<'static>> {
    match value {
        Value::TimestampTz(at) => Ok(Value::TimestampTz(add_interval_tz(*at, months, days, micros, zone)?)),
        other => Err(Report::internal(format!("an interval added to {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_cut_to_their_length() {
        let january = days_from(2024, 1, 31).expect("a day");
        assert_eq!(add_months(january, 1), days_from(2024, 2, 29));
        assert_eq!(add_months(january, -2), days_from(2023, 11, 30));
        assert_eq!(add_months(january, 13), days_from(2025, 2, 28));
    }
}
