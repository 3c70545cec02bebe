//! Intervals of ISO 8601 (datetime.c, `DecodeISO8601Interval`): `P1Y2M3DT4H5M6S`, and the alternatives `P0001-02-03T04:05:06` and
//! `P00010203T040506`.

use super::datetime::Problem;
use super::interval::{Sums, Unit};

/// The greatest number of one field.
const LARGEST: f64 = 1e15;

/// Reads an interval of this form.
pub(super) fn decode_iso(text: &str) -> Result<Sums, Problem> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or(Problem::Format)?;
    let mut sums = Sums::default();
    // In the part before T, and behind a field of its part.
    let (mut date, mut after_field) = (true, false);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            (rest, date, after_field) = (time, false, false);
            continue;
        }
        let start = rest;
        let (whole, fraction) = number(&mut rest)?;
        let unit = rest.chars().next();
        rest = unit.map_or("", |letter| &rest[letter.len_utf8()..]);
        let letter = match (unit, date) {
            (Some('Y'), true) => Unit::Year,
            (Some('M'), true) => Unit::Month,
            (Some('W'), true) => Unit::Week,
            (Some('D'), true) => Unit::Day,
            (Some('H'), false) => Unit::Hour,
            (Some('M'), false) => Unit::Minute,
            (Some('S'), false) => Unit::Second,
            (None | Some('T' | '-'), true) if !after_field => {
                rest = alternative_date(&mut sums, start, (whole, fraction), unit, rest)?;
                date = false;
                continue;
            }
            (None | Some(':'), false) if !after_field => {
                alternative_time(&mut sums, start, (whole, fraction), unit, rest)?;
                return Ok(sums);
            }
            _ => return Err(Problem::Format),
        };
        sums.add(letter, whole, fraction)?;
        after_field = true;
    }
    Ok(sums)
}

/// `20240229` or `2024-02-29`, and what stands behind its T.
fn alternative_date<'t>(
    sums: &mut Sums,
    start: &str,
    (whole, fraction): (i64, f64),
    unit: Option<char>,
    mut rest: &'t str,
) -> Result<&'t str, Problem> {
    if unit != Some('-') && width(start) == 8 {
        sums.add(Unit::Year, whole / 10_000, 0.0)?;
        sums.add(Unit::Month, whole / 100 % 100, 0.0)?;
        sums.add(Unit::Day, whole % 100, fraction)?;
        return Ok(rest);
    }
    sums.add(Unit::Year, whole, fraction)?;
    if unit != Some('-') {
        return Ok(rest);
    }
    let (months, fraction) = number(&mut rest)?;
    sums.add(Unit::Month, months, fraction)?;
    if let Some(day) = rest.strip_prefix('-') {
        rest = day;
        let (days, fraction) = number(&mut rest)?;
        sums.add(Unit::Day, days, fraction)?;
    }
    match rest.strip_prefix('T') {
        Some(time) => Ok(time),
        None if rest.is_empty() => Ok(rest),
        None => Err(Problem::Format),
    }
}

/// `040506` or `04:05:06`, to the end of the text.
fn alternative_time(
    sums: &mut Sums,
    start: &str,
    (whole, fraction): (i64, f64),
    unit: Option<char>,
    mut rest: &str,
) -> Result<(), Problem> {
    if unit.is_none() && width(start) == 6 {
        sums.add(Unit::Hour, whole / 10_000, 0.0)?;
        sums.add(Unit::Minute, whole / 100 % 100, 0.0)?;
        // The fraction counts as one of a microsecond there.
        sums.add(Unit::Second, whole % 100, 0.0)?;
        return sums.add(Unit::Microsecond, 0, fraction);
    }
    sums.add(Unit::Hour, whole, fraction)?;
    if unit.is_none() {
        return Ok(());
    }
    let (minutes, fraction) = number(&mut rest)?;
    sums.add(Unit::Minute, minutes, fraction)?;
    if let Some(second) = rest.strip_prefix(':') {
        rest = second;
        let (seconds, fraction) = number(&mut rest)?;
        sums.add(Unit::Second, seconds, fraction)?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Problem::Format) }
}

/// Takes a number off the front, as `strtod` reads it: the whole part and the fraction, both with its sign.
fn number(rest: &mut &str) -> Result<(i64, f64), Problem> {
    let text = *rest;
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = usize::from(text.starts_with('-'));
    let whole = digits(end);
    end += whole;
    let mut fraction = 0;
    if text[end..].starts_with('.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return Err(Problem::Format);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    let value: f64 = text[..end].parse().map_err(|_| Problem::Format)?;
    if !(-LARGEST..=LARGEST).contains(&value) {
        return Err(Problem::Overflow);
    }
    *rest = &text[end..];
    #[allow(clippy::cast_possible_truncation, reason = "within the limits above")]
    let whole = value.trunc() as i64;
    Ok((whole, value.fract()))
}

/// How many digits the whole part of a number has.
fn width(text: &str) -> usize {
    text.strip_prefix('-').unwrap_or(text).bytes().take_while(u8::is_ascii_digit).count()
}
