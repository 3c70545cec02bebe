//! date_trunc, extract, age, make_..., date_bin.

use super::Scalar;
use super::date::{DAY, at_midnight, checked_date, civil, days_from, month_length, split};
use super::decimal::{Decimal, small};
use super::interval::parts;
use super::rows::{BOOL, FLOAT8, INTERVAL, NUMERIC, SECOND, TIME, TIMESTAMP, TIMESTAMPTZ, each, strict};
use super::value::Value;
use super::zone::{out_of_range, parse, to_instant, to_local};
use crate::error::{Report, Result, SqlState};
use crate::types::zone::Tz;
use arrow::datatypes::i256;
use chrono::{Datelike, NaiveDate};

const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND_MICROS: i64 = 1_000_000;

/// The units by their names and abbreviations.
fn unit(name: &str) -> String {
    let name = name.trim().to_lowercase();
    match name.as_str() {
        "us" | "usec" | "usecs" | "useconds" | "microsecond" | "microseconds" => "microseconds",
        "ms" | "msec" | "msecs" | "mseconds" | "millisecond" | "milliseconds" => "milliseconds",
        "s" | "sec" | "secs" | "second" | "seconds" => "second",
        "m" | "min" | "mins" | "minute" | "minutes" => "minute",
        "h" | "hr" | "hrs" | "hour" | "hours" => "hour",
        "d" | "day" | "days" => "day",
        "w" | "week" | "weeks" => "week",
        "mon" | "mons" | "month" | "months" => "month",
        "qtr" | "quarter" => "quarter",
        "y" | "yr" | "yrs" | "year" | "years" => "year",
        "dec" | "decs" | "decade" | "decades" => "decade",
        "c" | "cent" | "century" | "centuries" => "century",
        "mil" | "mils" | "millennium" | "millennia" => "millennium",
        other => other,
    }
    .to_owned()
}

fn unrecognized(unit: &str, ty: &str) -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("unit \"{unit}\" not recognized for type {ty}"))
}

fn not_supported(unit: &str, ty: &str) -> Report {
    Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("unit \"{unit}\" not supported for type {ty}"))
}

/// Cuts local time to a unit.
fn truncate(local: i64, name: &str, ty: &str) -> Result<i64> {
    let (days, _) = split(local);
    let (year, month, _) = civil(days);
    let whole = |step: i64| local.div_euclid(step) * step;
    let first = |year: i32, month: u32| at_midnight(days_from(year, month, 1)?);
    Ok(match unit(name).as_str() {
        "microseconds" => local,
        "milliseconds" => whole(1000),
        "second" => whole(SECOND_MICROS),
        "minute" => whole(MINUTE),
        "hour" => whole(HOUR),
        "day" => at_midnight(days)?,
        // 1970-01-05 was a Monday.
        "week" => at_midnight((days - 4).div_euclid(7) * 7 + 4)?,
        "month" => first(year, month)?,
        "quarter" => first(year, (month - 1) / 3 * 3 + 1)?,
        "year" => first(year, 1)?,
        "decade" => first(year.div_euclid(10) * 10, 1).map_err(|_| Report::unsupported("a date before the year 1"))?,
        "century" => first((year - 1).div_euclid(100) * 100 + 1, 1)?,
        "millennium" => first((year - 1).div_euclid(1000) * 1000 + 1, 1)?,
        _ => return Err(unrecognized(name, ty)),
    })
}

fn date_trunc(name: &str, value: &Value, zone: Tz) -> Result<Value<'static>> {
    match value {
        Value::Timestamp(at) => Ok(Value::Timestamp(truncate(*at, name, "timestamp without time zone")?)),
        Value::TimestampTz(at) => {
            let local = to_local(*at, zone)?;
            let cut = truncate(local, name, "timestamp with time zone")?;
            // Below a day the offset stays: an hour that happens twice keeps its own.
            let at = if matches!(unit(name).as_str(), "microseconds" | "milliseconds" | "second" | "minute" | "hour") {
                at - (local - cut)
            } else {
                to_instant(cut, zone)?
            };
            Ok(Value::TimestampTz(at))
        }
        other => Err(Report::internal(format!("date_trunc over {other:?}"))),
    }
}

fn interval_trunc(name: &str, (months, days, micros): (i32, i32, i64)) -> Result<Value<'static>> {
    let time = |step: i64| Ok(Value::Interval(months, days, micros / step * step));
    let by = |n: i32| Ok(Value::Interval(months / n * n, 0, 0));
    match unit(name).as_str() {
        "microseconds" => time(1),
        "milliseconds" => time(1000),
        "second" => time(SECOND_MICROS),
        "minute" => time(MINUTE),
        "hour" => time(HOUR),
        "day" => Ok(Value::Interval(months, days, 0)),
        "month" => by(1),
        "quarter" => by(3),
        "year" => by(12),
        "decade" => by(120),
        "century" => by(1200),
        "millennium" => by(12_000),
        "week" => Err(not_supported(name, "interval").detail("Months usually have fractional weeks.")),
        _ => Err(unrecognized(name, "interval")),
    }
}

/// A field: a number and how many digits stand behind its point.
type Part = (i128, i8);

/// The year before 1 is -1.
fn before_christ(year: i128) -> i128 {
    if year > 0 { year } else { year - 1 }
}

fn date_field(days: i32, name: &str, ty: &str) -> Result<Part> {
    let date = NaiveDate::from_epoch_days(days).ok_or_else(out_of_range)?;
    let year = i128::from(date.year());
    let whole = |n: i128| Ok((n, 0));
    match unit(name).as_str() {
        "day" => whole(date.day().into()),
        "month" => whole(date.month().into()),
        "quarter" => whole(((date.month() - 1) / 3 + 1).into()),
        "year" => whole(before_christ(year)),
        "decade" => whole(year.div_euclid(10)),
        // There is no year zero, nor a century or millennium of this number.
        "century" if year <= 0 => whole(-((100 - year) / 100)),
        "millennium" if year <= 0 => whole(-((1000 - year) / 1000)),
        "century" => whole((year + 99) / 100),
        "millennium" => whole((year + 999) / 1000),
        "week" => whole(date.iso_week().week().into()),
        "isoyear" => whole(before_christ(date.iso_week().year().into())),
        "dow" => whole(date.weekday().num_days_from_sunday().into()),
        "isodow" => whole(date.weekday().number_from_monday().into()),
        "doy" => whole(date.ordinal().into()),
        "julian" => whole(i128::from(days) + 2_440_588),
        "timezone" | "timezone_h" | "timezone_hour" | "timezone_m" | "timezone_minute" => Err(not_supported(name, ty)),
        _ => Err(unrecognized(name, ty)),
    }
}

fn time_field(micros: i64, name: &str) -> Option<Part> {
    let minute = i128::from(micros % MINUTE);
    Some(match unit(name).as_str() {
        "microseconds" => (minute, 0),
        "milliseconds" => (minute, 3),
        "second" => (minute, 6),
        "minute" => (i128::from(micros / MINUTE % 60), 0),
        "hour" => (i128::from(micros / HOUR), 0),
        _ => return None,
    })
}

fn field(name: &str, value: &Value, zone: Tz) -> Result<Part> {
    match value {
        Value::Date(days) => match unit(name).as_str() {
            "epoch" => Ok((i128::from(*days) * 86_400, 0)),
            "microseconds" | "milliseconds" | "second" | "minute" | "hour" => Err(not_supported(name, "date")),
            _ => date_field(*days, name, "date"),
        },
        Value::Timestamp(at) => moment(*at, *at, name, "timestamp without time zone"),
        Value::TimestampTz(at) => {
            let local = to_local(*at, zone)?;
            let seconds = i128::from((local - at) / SECOND_MICROS);
            match unit(name).as_str() {
                "timezone" => Ok((seconds, 0)),
                "timezone_hour" => Ok((seconds / 3600, 0)),
                "timezone_minute" => Ok((seconds / 60 % 60, 0)),
                _ => moment(*at, local, name, "timestamp with time zone"),
            }
        }
        Value::Time(at) => match unit(name).as_str() {
            "epoch" => Ok(((*at).into(), 6)),
            _ => time_field(*at, name).ok_or_else(|| match unit(name).as_str() {
                "day" | "month" | "quarter" | "year" | "week" | "decade" | "century" | "millennium" | "dow" | "doy" | "isodow"
                | "isoyear" => not_supported(name, "time without time zone"),
                _ => unrecognized(name, "time without time zone"),
            }),
        },
        Value::Interval(months, days, micros) => {
            let whole = |n: i32| Ok((i128::from(n), 0));
            match unit(name).as_str() {
                "day" => whole(*days),
                "month" => whole(months % 12),
                "quarter" => whole(months % 12 / 3 + 1),
                "year" => whole(months / 12),
                "decade" => whole(months / 120),
                "century" => whole(months / 1200),
                "millennium" => whole(months / 12_000),
                "epoch" => {
                    // A year has 365.25 days here, a month 30.
                    let seconds = i128::from(months / 12) * 31_557_600 + i128::from(months % 12) * 2_592_000 + i128::from(*days) * 86_400;
                    Ok((seconds * 1_000_000 + i128::from(*micros), 6))
                }
                _ => time_field(*micros, name).ok_or_else(|| match unit(name).as_str() {
                    "week" | "dow" | "doy" | "isodow" | "isoyear" | "julian" | "timezone" | "timezone_h" | "timezone_hour"
                    | "timezone_m" | "timezone_minute" => not_supported(name, "interval"),
                    _ => unrecognized(name, "interval"),
                }),
            }
        }
        other => Err(Report::internal(format!("extract over {other:?}"))),
    }
}

fn moment(at: i64, local: i64, name: &str, ty: &str) -> Result<Part> {
    let (days, clock) = split(local);
    match unit(name).as_str() {
        "epoch" => Ok((at.into(), 6)),
        "julian" => {
            let micros = (i128::from(days) + 2_440_588) * i128::from(DAY) + i128::from(clock);
            let digits = micros * 100_000_000_000_000_000_000 / i128::from(DAY);
            if clock == 0 { Ok((i128::from(days) + 2_440_588, 0)) } else { Ok((digits, 20)) }
        }
        _ => match time_field(clock, name) {
            Some(part) => Ok(part),
            None => date_field(days, name, ty),
        },
    }
}

/// `age`: years, months, days and time, borrowing from the later month as people do (`timestamp_age`).
fn age(a: i64, b: i64) -> Result<Value<'static>> {
    let negative = a < b;
    let (late, early) = if negative { (b, a) } else { (a, b) };
    let ((late_days, late_time), (early_days, early_time)) = (split(late), split(early));
    let ((y1, m1, d1), (y2, m2, d2)) = (civil(late_days), civil(early_days));
    let mut years = y1 - y2;
    let mut months = i32::try_from(m1).unwrap_or(0) - i32::try_from(m2).unwrap_or(0);
    let mut days = i32::try_from(d1).unwrap_or(0) - i32::try_from(d2).unwrap_or(0);
    let mut time = late_time - early_time;
    if time < 0 {
        time += DAY;
        days -= 1;
    }
    while days < 0 {
        // The days are borrowed from the earlier value's month.
        let length = month_length(y2, m2);
        days += i32::try_from(length).unwrap_or(30);
        months -= 1;
    }
    if months < 0 {
        months += 12;
        years -= 1;
    }
    let (months, days, time) = (years * 12 + months, days, time);
    Ok(if negative { Value::Interval(-months, -days, -time) } else { Value::Interval(months, days, time) })
}

fn clock(args: &[Value], from: usize) -> Result<i64> {
    let (hour, minute, seconds) = (small(&args[from])?, small(&args[from + 1])?, args[from + 2].float()?);
    let whole = (0..=24).contains(&hour) && (0..60).contains(&minute) && (0.0..=60.0).contains(&seconds);
    #[allow(clippy::cast_possible_truncation)]
    let micros = i64::from(hour) * HOUR + i64::from(minute) * MINUTE + (seconds * 1_000_000.0).round_ties_even() as i64;
    if !whole || micros > DAY {
        let message = format!("time field value out of range: {hour}:{minute:02}:{seconds:02}");
        return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, message));
    }
    Ok(micros)
}

fn made(args: &[Value]) -> Result<i64> {
    let days = checked_date(small(&args[0])?, small(&args[1])?, small(&args[2])?)?;
    Ok(at_midnight(days)? + clock(args, 3)?)
}

fn bin(step: (i32, i32, i64), at: i64, origin: i64) -> Result<i64> {
    let (months, days, micros) = step;
    if months != 0 {
        return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "timestamps cannot be binned into intervals containing months or years"));
    }
    let width = i64::from(days).checked_mul(DAY).and_then(|day| day.checked_add(micros)).ok_or_else(out_of_range)?;
    if width <= 0 {
        return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "stride must be greater than zero"));
    }
    Ok(origin + (at - origin).div_euclid(width) * width)
}

/// Here an offset counts east of Greenwich, as in a timestamp's text; elsewhere zones follow POSIX.
fn eastward(zone: &str) -> Result<String> {
    if zone.starts_with(|c: char| c.is_ascii_digit()) {
        let message = format!("invalid input syntax for type numeric time zone: \"{zone}\"");
        return Err(
            Report::new(SqlState::INVALID_PARAMETER_VALUE, message).hint("Numeric time zones must have \"-\" or \"+\" as first character.")
        );
    }
    // `DecodeTimezone`: four digits are hours and minutes, and the hours end at 15.
    let offset = zone.strip_prefix(['+', '-']).and_then(|rest| rest.split(':').next()).filter(|hours| !hours.is_empty());
    let hours = offset.and_then(|hours| hours.get(..if hours.len() > 2 { hours.len() - 2 } else { hours.len() })?.parse::<u32>().ok());
    if hours.is_some_and(|hours| hours > 15) {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("numeric time zone \"{zone}\" out of range")));
    }
    Ok(match zone.split_at_checked(1) {
        Some(("+", rest)) => format!("-{rest}"),
        Some(("-", rest)) => format!("+{rest}"),
        _ => zone.to_owned(),
    })
}

/// OVERLAPS of two periods, each given by its ends in any order; one end of each may be unknown.
fn overlaps(args: &[Value]) -> Result<Value<'static>> {
    let at = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::Time(at) | Value::Timestamp(at) | Value::TimestampTz(at) => Ok(Some(*at)),
        other => Err(Report::internal(format!("OVERLAPS over {other:?}"))),
    };
    let period = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some((one, None)),
        (Some(a), Some(b)) => Some((a.min(b), Some(a.max(b)))),
    };
    let (Some((from1, to1)), Some((from2, to2))) = (period(at(&args[0])?, at(&args[1])?), period(at(&args[2])?, at(&args[3])?)) else {
        return Ok(Value::Null);
    };
    // The period that begins first must reach the other's beginning.
    let (earlier, later, begins) = match from1.cmp(&from2) {
        std::cmp::Ordering::Greater => (to2, to1, from1),
        std::cmp::Ordering::Less => (to1, to2, from2),
        std::cmp::Ordering::Equal => return Ok(if to1.is_none() || to2.is_none() { Value::Null } else { Value::Bool(true) }),
    };
    Ok(match (earlier, later) {
        (None, _) => Value::Null,
        (Some(end), _) if begins < end => Value::Bool(true),
        (Some(_), None) => Value::Null,
        (Some(_), Some(_)) => Value::Bool(false),
    })
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        each!("pg_overlaps", BOOL, |args| overlaps(args)),
        strict!("pg_date_trunc", SECOND, |args| date_trunc(args[0].str()?, &args[1], parse(args[2].str()?)?)),
        strict!("pg_interval_trunc", INTERVAL, |args| interval_trunc(args[0].str()?, parts(&args[1])?)),
        strict!("pg_extract", NUMERIC, |args| {
            let (unscaled, scale) = field(args[0].str()?, &args[1], parse(args[2].str()?)?)?;
            Ok(Value::Numeric(Decimal::new(i256::from_i128(unscaled), scale)))
        }),
        strict!("pg_date_part", FLOAT8, |args| {
            let (unscaled, scale) = field(args[0].str()?, &args[1], parse(args[2].str()?)?)?;
            Ok(Value::Float(Decimal::new(i256::from_i128(unscaled), scale).to_f64()))
        }),
        strict!("pg_age", INTERVAL, |args| match (&args[0], &args[1]) {
            (Value::Timestamp(a), Value::Timestamp(b)) => age(*a, *b),
            (Value::TimestampTz(a), Value::TimestampTz(b)) => {
                let zone = parse(args[2].str()?)?;
                age(to_local(*a, zone)?, to_local(*b, zone)?)
            }
            other => Err(Report::internal(format!("age over {other:?}"))),
        }),
        strict!("pg_make_time", TIME, |args| Ok(Value::Time(clock(args, 0)?))),
        strict!("pg_make_timestamp", TIMESTAMP, |args| Ok(Value::Timestamp(made(args)?))),
        strict!("pg_make_timestamptz", TIMESTAMPTZ, |args| Ok(Value::TimestampTz(to_instant(
            made(args)?,
            parse(&eastward(args[6].str()?)?)?
        )?))),
        strict!("pg_epoch_timestamp", TIMESTAMPTZ, |args| {
            let seconds = args[0].float()?;
            if seconds.is_infinite() {
                return Err(Report::unsupported("to_timestamp() of infinity"));
            }
            // 4714-11-24 BC to 294276-12-31.
            if !(-210_866_803_200.0..9_224_318_016_000.0).contains(&seconds) {
                return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("timestamp out of range: \"{seconds}\"")));
            }
            // The end of the year 262142.
            if seconds >= 8_210_266_876_800.0 {
                return Err(Report::unsupported("a year after 262142"));
            }
            #[allow(clippy::cast_possible_truncation)]
            let micros = (seconds * 1_000_000.0).round_ties_even() as i64;
            Ok(Value::TimestampTz(micros))
        }),
        strict!("pg_date_bin", SECOND, |args| {
            let step = parts(&args[0])?;
            match (&args[1], &args[2]) {
                (Value::Timestamp(at), Value::Timestamp(origin)) => Ok(Value::Timestamp(bin(step, *at, *origin)?)),
                (Value::TimestampTz(at), Value::TimestampTz(origin)) => Ok(Value::TimestampTz(bin(step, *at, *origin)?)),
                other => Err(Report::internal(format!("date_bin over {other:?}"))),
            }
        }),
    ]
}

/// Adds a step of generate_series to a moment.
pub(super) fn step(at: i64, (months, days, micros): (i32, i32, i64), zone: Tz) -> Result<i64> {
    super::date::add_interval_tz(at, months, days, micros, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect("a time").and_utc().timestamp_micros()
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(truncate(at("2024-02-29 13:00:00"), "week", ""), Ok(at("2024-02-26 00:00:00")));
        assert_eq!(truncate(at("1969-07-20 20:17:40"), "Quarter", ""), Ok(at("1969-07-01 00:00:00")));
        assert!(truncate(0, "fortnight", "").is_err());
    }

    #[test]
    fn ages_borrow_days() {
        let age = |a: &str, b: &str| match age(at(a), at(b)) {
            Ok(Value::Interval(months, days, micros)) => (months, days, micros),
            other => panic!("{other:?}"),
        };
        assert_eq!(age("2024-03-01 00:00:00", "2024-01-31 00:00:00"), (1, 1, 0));
        assert_eq!(age("2001-04-10 00:00:00", "1957-06-13 00:00:00"), (525, 27, 0));
    }
}
