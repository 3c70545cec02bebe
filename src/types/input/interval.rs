//! Intervals (datetime.c, `DecodeInterval` and `DecodeISO8601Interval`; chapter 8.5.4).

use super::datetime::{Problem, fraction_micros, report};
use super::fields::{self, Field};
use super::interval_iso::decode_iso;
use crate::error::Result;
use crate::types::Type;
use crate::types::literal::Literal;

const SECOND: i64 = 1_000_000;

/// `interval_in`. The typmod holds the fields of `interval day to second(3)`.
///
/// # Errors
/// 22007, 22015.
pub fn parse(text: &str, typmod: i32) -> Result<Literal> {
    let verbose = fields::split(text).ok_or(Problem::Format).and_then(|fields| decode(&fields, range(typmod)));
    let sums = match verbose {
        Err(Problem::Format) => decode_iso(text),
        other => other,
    };
    let finished = sums.and_then(|sums| sums.finish()).map_err(|problem| report(&problem, Type::INTERVAL, text))?;
    let Literal::Interval { months, days, micros } = finished else { return Ok(finished) };
    Ok(adjust(months, days, micros, typmod))
}

/// Cuts an interval to the fields and the precision of a typmod (`AdjustIntervalForTypmod`).
pub fn adjust(mut months: i32, mut days: i32, mut micros: i64, typmod: i32) -> Literal {
    if typmod >= 0 {
        let cut = |micros: i64, unit: i64| micros / unit * unit;
        match range(typmod) {
            YEAR => (months, days, micros) = (months / 12 * 12, 0, 0),
            MONTH | YEAR_TO_MONTH => (days, micros) = (0, 0),
            DAY_ONLY => micros = 0,
            HOUR | DAY_TO_HOUR => micros = cut(micros, 3600 * SECOND),
            MINUTE | DAY_TO_MINUTE | HOUR_TO_MINUTE => micros = cut(micros, 60 * SECOND),
            _ => {}
        }
        let precision = typmod & 0xffff;
        if precision < 6 {
            let unit = 10_i64.pow(6 - u32::try_from(precision).unwrap_or(6));
            let rounded = (micros.abs() + unit / 2) / unit * unit;
            micros = if micros < 0 { -rounded } else { rounded };
        }
    }
    Literal::Interval { months, days, micros }
}

/// Packs fields (`YEAR TO MONTH`: the names joined by ` TO `) and precision into a typmod.
pub fn typmod(fields: Option<&str>, precision: Option<u32>) -> Option<i32> {
    let range = match fields {
        None => FULL_RANGE,
        Some(fields) => match fields.to_ascii_uppercase().as_str() {
            "YEAR" => YEAR,
            "MONTH" => MONTH,
            "DAY" => DAY_ONLY,
            "HOUR" => HOUR,
            "MINUTE" => MINUTE,
            "SECOND" => SECOND_ONLY,
            "YEAR TO MONTH" => YEAR_TO_MONTH,
            "DAY TO HOUR" => DAY_TO_HOUR,
            "DAY TO MINUTE" => DAY_TO_MINUTE,
            "DAY TO SECOND" => DAY_TO_SECOND,
            "HOUR TO MINUTE" => HOUR_TO_MINUTE,
            "HOUR TO SECOND" => HOUR_TO_SECOND,
            "MINUTE TO SECOND" => MINUTE_TO_SECOND,
            _ => return None,
        },
    };
    let precision = precision.map_or(0xffff, |digits| i32::try_from(digits.min(6)).unwrap_or(6));
    Some((range << 16) | precision)
}

// INTERVAL_MASK of the fields (timestamp.h, datetime.h).
const MONTH: i32 = 1 << 1;
const YEAR: i32 = 1 << 2;
const DAY_ONLY: i32 = 1 << 3;
const HOUR: i32 = 1 << 10;
const MINUTE: i32 = 1 << 11;
const SECOND_ONLY: i32 = 1 << 12;
const YEAR_TO_MONTH: i32 = YEAR | MONTH;
const DAY_TO_HOUR: i32 = DAY_ONLY | HOUR;
const HOUR_TO_MINUTE: i32 = HOUR | MINUTE;
const DAY_TO_MINUTE: i32 = DAY_ONLY | HOUR | MINUTE;
const MINUTE_TO_SECOND: i32 = MINUTE | SECOND_ONLY;
const HOUR_TO_SECOND: i32 = HOUR | MINUTE_TO_SECOND;
const DAY_TO_SECOND: i32 = DAY_ONLY | HOUR_TO_SECOND;
const FULL_RANGE: i32 = 0x7fff;

fn range(typmod: i32) -> i32 {
    if typmod < 0 { FULL_RANGE } else { (typmod >> 16) & 0x7fff }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Decade,
    Century,
    Millennium,
}

/// What the fields come to. Fractions fall down: 1.5 months are a month and 15 days.
#[derive(Default)]
pub(super) struct Sums {
    months: i64,
    days: i64,
    micros: i64,
}

fn add(sum: &mut i64, value: i64) -> Result<(), Problem> {
    *sum = sum.checked_add(value).ok_or(Problem::Overflow)?;
    Ok(())
}

impl Sums {
    /// Adds so many of a unit.
    pub(super) fn add(&mut self, unit: Unit, whole: i64, fraction: f64) -> Result<(), Problem> {
        let times = |factor: i64| whole.checked_mul(factor).ok_or(Problem::Overflow);
        match unit {
            Unit::Microsecond => self.clock(whole)?,
            Unit::Millisecond => self.clock(times(1000)?)?,
            Unit::Second => self.clock(times(SECOND)?)?,
            Unit::Minute => self.clock(times(60 * SECOND)?)?,
            Unit::Hour => self.clock(times(3600 * SECOND)?)?,
            Unit::Day => add(&mut self.days, whole)?,
            Unit::Week => add(&mut self.days, times(7)?)?,
            Unit::Month => add(&mut self.months, whole)?,
            Unit::Year => add(&mut self.months, times(12)?)?,
            Unit::Decade => add(&mut self.months, times(120)?)?,
            Unit::Century => add(&mut self.months, times(1200)?)?,
            Unit::Millennium => add(&mut self.months, times(12_000)?)?,
        }
        #[allow(clippy::cast_possible_truncation, reason = "fractions are below one, times a small factor")]
        let rounded = |factor: f64| (fraction * factor).round_ties_even() as i64;
        match unit {
            Unit::Microsecond => self.clock(rounded(1.0)),
            Unit::Millisecond => self.clock(rounded(1000.0)),
            Unit::Second => self.fraction_of_seconds(fraction, 1.0),
            Unit::Minute => self.fraction_of_seconds(fraction, 60.0),
            Unit::Hour => self.fraction_of_seconds(fraction, 3600.0),
            Unit::Day => self.fraction_of_seconds(fraction, 86_400.0),
            Unit::Week => self.fraction_of_days(fraction, 7.0),
            Unit::Month => self.fraction_of_days(fraction, 30.0),
            Unit::Year => add(&mut self.months, rounded(12.0)),
            Unit::Decade => add(&mut self.months, rounded(120.0)),
            Unit::Century => add(&mut self.months, rounded(1200.0)),
            Unit::Millennium => add(&mut self.months, rounded(12_000.0)),
        }
    }

    /// Adds microseconds.
    fn clock(&mut self, micros: i64) -> Result<(), Problem> {
        add(&mut self.micros, micros)
    }

    #[allow(clippy::cast_possible_truncation, reason = "at most a day's seconds, then at most a million")]
    fn fraction_of_seconds(&mut self, fraction: f64, scale: f64) -> Result<(), Problem> {
        let seconds = fraction * scale;
        self.clock(seconds.trunc() as i64 * SECOND)?;
        self.clock((seconds.fract() * 1e6).round_ties_even() as i64)
    }

    #[allow(clippy::cast_possible_truncation, reason = "at most thirty")]
    fn fraction_of_days(&mut self, fraction: f64, scale: f64) -> Result<(), Problem> {
        let days = fraction * scale;
        add(&mut self.days, days.trunc() as i64)?;
        self.fraction_of_seconds(days.fract(), 86_400.0)
    }

    fn finish(self) -> Result<Literal, Problem> {
        let months = i32::try_from(self.months).map_err(|_| Problem::Overflow)?;
        let days = i32::try_from(self.days).map_err(|_| Problem::Overflow)?;
        Ok(Literal::Interval { months, days, micros: self.micros })
    }
}

/// What hh:mm:ss counts for: every unit below a day (`DTK_TIME_M`).
const CLOCK: [Unit; 5] = [Unit::Hour, Unit::Minute, Unit::Second, Unit::Millisecond, Unit::Microsecond];

/// `DecodeInterval`: the fields are read from the last to the first, so that a unit is known before its number.
fn decode(fields: &[Field], range: i32) -> Result<Sums, Problem> {
    let mut sums = Sums::default();
    let mut unit: Option<Unit> = None;
    let mut seen: Vec<Unit> = Vec::new();
    let mut ago = false;
    for field in fields.iter().rev() {
        let mut note = |units: &[Unit]| {
            let twice = units.iter().any(|unit| seen.contains(unit));
            seen.extend(units);
            if twice { Err(Problem::Format) } else { Ok(()) }
        };
        match field {
            Field::Word(word) if word == "ago" => ago = true,
            Field::Word(word) => unit = Some(unit_of(word)?),
            Field::Time(text) => {
                note(&CLOCK)?;
                sums.clock(clock(text, range)?)?;
                unit = Some(Unit::Day);
            }
            Field::Signed(text) if text.contains(':') => {
                note(&CLOCK)?;
                let micros = clock(&text[1..], range)?;
                sums.clock(if text.starts_with('-') { -micros } else { micros })?;
                unit = Some(Unit::Day);
            }
            Field::Number(text) | Field::Signed(text) | Field::Date(text) => {
                let (negative, digits) = (text.starts_with('-'), text.trim_start_matches(['+', '-']));
                let signed = |value: i64| if negative { -value } else { value };
                if let Some((years, months)) = digits.split_once('-') {
                    let months: i64 = months.parse().map_err(|_| Problem::Format)?;
                    let years: i64 = years.parse().map_err(|_| Problem::Format)?;
                    if !(0..12).contains(&months) {
                        return Err(Problem::Overflow);
                    }
                    note(&[Unit::Month])?;
                    sums.add(Unit::Month, signed(years.checked_mul(12).ok_or(Problem::Overflow)? + months), 0.0)?;
                    continue;
                }
                let counted = unit.unwrap_or_else(|| rightmost(range));
                let (whole, fraction) = number(digits)?;
                // Fractions of a second are milliseconds and microseconds too.
                let units = if fraction != 0.0 && counted == Unit::Second { &CLOCK[2..] } else { std::slice::from_ref(&counted) };
                note(units)?;
                sums.add(counted, signed(whole), if negative { -fraction } else { fraction })?;
                if counted == Unit::Hour {
                    unit = Some(Unit::Day);
                }
            }
        }
    }
    if seen.is_empty() {
        return Err(Problem::Format);
    }
    if ago {
        let opposite = |value: i64| value.checked_neg().ok_or(Problem::Overflow);
        sums = Sums { months: opposite(sums.months)?, days: opposite(sums.days)?, micros: opposite(sums.micros)? };
    }
    Ok(sums)
}

fn number(digits: &str) -> Result<(i64, f64), Problem> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) || matches!(digits, "" | ".") {
        return Err(Problem::Format);
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Problem::Overflow)? };
    Ok((whole, format!("0.{fraction}0").parse().map_err(|_| Problem::Format)?))
}

/// Hours without a limit, minutes and seconds within theirs; `mm:ss.fff`, and `mm:ss` for an interval minute to second.
fn clock(text: &str, range: i32) -> Result<i64, Problem> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts = whole.split(':').map(|part| part.parse::<i64>().map_err(|_| Problem::Format)).collect::<Result<Vec<i64>, _>>()?;
    let (hour, minute, second) = match parts.as_slice() {
        [minute, second] if range == MINUTE_TO_SECOND || !fraction.is_empty() => (0, *minute, *second),
        [hour, minute] => (*hour, *minute, 0),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return Err(Problem::Format),
    };
    if !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return Err(Problem::Overflow);
    }
    let rest = (minute * 60 + second) * SECOND + fraction_micros(fraction)?;
    hour.checked_mul(3600 * SECOND).and_then(|micros| micros.checked_add(rest)).ok_or(Problem::Overflow)
}

/// The unit of a bare last number.
fn rightmost(range: i32) -> Unit {
    match range {
        YEAR => Unit::Year,
        MONTH | YEAR_TO_MONTH => Unit::Month,
        DAY_ONLY => Unit::Day,
        HOUR | DAY_TO_HOUR => Unit::Hour,
        MINUTE | HOUR_TO_MINUTE | DAY_TO_MINUTE => Unit::Minute,
        _ => Unit::Second,
    }
}

/// `DecodeUnits` (`deltatktbl`); words count up to their tenth letter.
fn unit_of(word: &str) -> Result<Unit, Problem> {
    Ok(match &word[..word.len().min(10)] {
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" => Unit::Microsecond,
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" => Unit::Millisecond,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
        "dec" | "decs" | "decade" | "decades" => Unit::Decade,
        "c" | "cent" | "century" | "centuries" => Unit::Century,
        "mil" | "mils" | "millennia" | "millennium" => Unit::Millennium,
        "infinity" => return Err(Problem::Refused("an infinite interval")),
        _ => return Err(Problem::Format),
    })
}
