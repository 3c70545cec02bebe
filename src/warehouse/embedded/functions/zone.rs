//! Time zones: local time to instants and back, as PostgreSQL resolves gaps and overlaps.

use super::Scalar;
use super::rows::{INTERVAL, TIMESTAMP, TIMESTAMPTZ, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};
use crate::types::input::{Order, Reads, datetime};
use crate::types::zone::Tz;
use crate::types::{Type, output};
use chrono::{DateTime, Offset, TimeZone};

/// Finds a zone by name, without regard to case as PostgreSQL does.
pub(super) fn parse(name: &str) -> Result<Tz> {
    let unknown = || Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{name}\" not recognized"));
    if name.eq_ignore_ascii_case("utc") {
        return Ok(Tz::UTC);
    }
    // The emitter's mark for the name of a place.
    if let Some(place) = name.strip_prefix(':') {
        return place.parse::<Tz>().map_err(|_| unknown());
    }
    if datetime::followed(&name.to_lowercase()).is_some() {
        return Err(Report::unsupported(format!("the time zone \"{name}\", whose meaning depends on the moment,"))
            .hint("Name it by its place, as Europe/Moscow."));
    }
    // An abbreviation is a fixed offset, even where a zone with summer time is called so (CET); POSIX counts west of Greenwich.
    let seconds = match (name.trim_start().starts_with(['+', '-']), datetime::abbreviation(&name.to_lowercase())) {
        (true, _) => datetime::posix_zone(name.trim()).ok_or_else(unknown)?.into(),
        (false, Some(seconds)) => i64::from(seconds),
        (false, None) => {
            return Tz::place(name).or_else(|| Tz::posix(name)).ok_or_else(unknown);
        }
    };
    match seconds {
        0 => Ok(Tz::UTC),
        _ => i32::try_from(seconds).ok().and_then(Tz::east).ok_or_else(unknown),
    }
}

/// Finds a zone, and the order of dates that may stand before its name.
pub(super) fn reads(text: &str) -> Result<Reads> {
    let (order, name) = match text.split_once(' ') {
        Some(("DMY", name)) => (Order::Dmy, name),
        Some(("YMD", name)) => (Order::Ymd, name),
        _ => (Order::Mdy, text),
    };
    Ok(Reads { zone: parse(name)?, order })
}

/// Returns the offset of a zone at an instant, in microseconds.
fn offset_at(instant: i64, zone: Tz) -> i64 {
    let utc = DateTime::from_timestamp_micros(instant).unwrap_or_default().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1_000_000
}

/// Returns local time of an instant.
pub(super) fn to_local(instant: i64, zone: Tz) -> Result<i64> {
    if zone == Tz::UTC {
        return Ok(instant);
    }
    instant.checked_add(offset_at(instant, zone)).ok_or_else(out_of_range)
}

/// Returns the instant of local time. In an overlap and in a gap the offset before the change counts (`DetermineTimeZoneOffset`):
/// except that an overlap takes standard time, the later reading.
pub(super) fn to_instant(local: i64, zone: Tz) -> Result<i64> {
    if zone == Tz::UTC {
        return Ok(local);
    }
    let day = 86_400_000_000;
    let before = offset_at(local.saturating_sub(day), zone);
    let after = offset_at(local.saturating_add(day), zone);
    if before == after {
        // No change near, or two that cancel out: the offset at the first guess decides.
        let guess = local.checked_sub(before).ok_or_else(out_of_range)?;
        let there = offset_at(guess, zone);
        return local.checked_sub(there).ok_or_else(out_of_range);
    }
    let early = local.checked_sub(before).ok_or_else(out_of_range)?;
    let late = local.checked_sub(after).ok_or_else(out_of_range)?;
    let early_holds = offset_at(early, zone) == before;
    let late_holds = offset_at(late, zone) == after;
    Ok(match (early_holds, late_holds) {
        (true, false) => early,
        (false, true) => late,
        // Overlap (clocks set back): PostgreSQL prefers standard time, which is the later offset.
        (true, true) => late,
        // Gap (clocks set forward): the offset before the change.
        (false, false) => early,
    })
}

/// Local time by a zone's name; an abbreviation that follows a place means what it meant there at the moment.
fn local_there(instant: i64, name: &str) -> Result<i64> {
    let word = name.to_lowercase();
    let Some(place) = datetime::followed(&word) else { return to_local(instant, parse(name)?) };
    match datetime::meant(&word, place, instant) {
        Some(east) => instant.checked_add(i64::from(east) * 1_000_000).ok_or_else(out_of_range),
        None => to_local(instant, place),
    }
}

/// The instant of local time by a zone's name.
fn instant_of(local: i64, name: &str) -> Result<i64> {
    let word = name.to_lowercase();
    let Some(place) = datetime::followed(&word) else { return to_instant(local, parse(name)?) };
    let guess = to_instant(local, place)?;
    match datetime::meant(&word, place, guess) {
        Some(east) => local.checked_sub(i64::from(east) * 1_000_000).ok_or_else(out_of_range),
        None => Ok(guess),
    }
}

pub(super) fn out_of_range() -> Report {
    Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "timestamp out of range")
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_tz_to_local", TIMESTAMP, |args| match &args[0] {
            Value::TimestampTz(at) => Ok(Value::Timestamp(local_there(*at, args[1].str()?)?)),
            other => Err(Report::internal(format!("AT TIME ZONE over {other:?}"))),
        }),
        strict!("pg_zone_interval", INTERVAL, |args| match &args[0] {
            Value::Interval(0, 0, micros) => Ok(Value::Interval(0, 0, *micros)),
            Value::Interval(..) => {
                let shown = output::literal(&args[0].literal(Type::INTERVAL, -1)?, Type::INTERVAL, Tz::UTC);
                let message = format!("interval time zone \"{shown}\" must not include months or days");
                Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message))
            }
            other => Err(Report::internal(format!("a time zone as {other:?}"))),
        }),
        strict!("pg_local_to_tz", TIMESTAMPTZ, |args| match &args[0] {
            Value::Timestamp(at) => Ok(Value::TimestampTz(instant_of(*at, args[1].str()?)?)),
            other => Err(Report::internal(format!("AT TIME ZONE over {other:?}"))),
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect("a time").and_utc().timestamp_micros()
    }

    #[test]
    fn gaps_and_overlaps() {
        let zone = parse("america/new_york").expect("known");
        // 02:30 does not exist on 2024-03-10; PostgreSQL reads it as 03:30 EDT.
        assert_eq!(to_instant(micros("2024-03-10 02:30:00"), zone), Ok(micros("2024-03-10 07:30:00")));
        // 01:30 happens twice on 2024-11-03; PostgreSQL takes EST.
        assert_eq!(to_instant(micros("2024-11-03 01:30:00"), zone), Ok(micros("2024-11-03 06:30:00")));
        assert_eq!(to_local(micros("2024-07-01 12:00:00"), zone), Ok(micros("2024-07-01 08:00:00")));
        assert!(parse("Nowhere/City").is_err());
    }
}
