//! Dates, times and timestamps (datetime.c, `DecodeDateTime`; appendix B.1). Ambiguous dates are read in the order of DateStyle.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};

use super::fields::{self, Field};
use super::{Order, Reads};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::output::{offset_seconds, within_tables};
use crate::types::zone::Tz;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// What goes wrong while decoding; the caller knows the type and the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No date or time at all.
    Format,
    /// A field out of its range.
    Overflow,
    /// A month or day out of its range: perhaps the fields are in another order.
    MonthDay,
    /// A zone beyond sixteen hours.
    Displacement,
    /// No such time zone.
    Zone(String),
    /// Understood, but not to be had here.
    Refused(&'static str),
    /// A year after 9999.
    Late(i32),
}

/// `date_in`.
///
/// # Errors
/// 22007 or 22008.
pub fn date(text: &str, order: Order) -> Result<i32> {
    let decoded = decode(text, false, order).map_err(|problem| report(&problem, Type::DATE, text))?;
    decoded.days().map_err(|problem| report(&problem, Type::DATE, text))
}

/// `time_in`: microseconds since midnight; a date and a zone are read and ignored.
///
/// # Errors
/// 22007 or 22008.
pub fn time(text: &str) -> Result<i64> {
    let decoded = decode(text, true, Order::Mdy).map_err(|problem| report(&problem, Type::TIME, text))?;
    decoded.time.ok_or_else(|| report(&Problem::Format, Type::TIME, text))
}

/// `timetz_in`, in output form. The zone must be given: without one PostgreSQL takes the session's offset of today.
///
/// # Errors
/// 22007 or 22008; 0A000 without a zone.
pub fn timetz(text: &str) -> Result<String> {
    let wrong = |problem: &Problem| report(problem, Type::TIMETZ, text);
    let decoded = decode(text, true, Order::Mdy).map_err(|problem| wrong(&problem))?;
    let micros = decoded.time.ok_or_else(|| wrong(&Problem::Format))?;
    let Some(Zone::Fixed(east)) = decoded.zone else {
        return Err(Report::unsupported("a constant of type time with time zone without an offset").hint("Write it as in '10:00:00+02'."));
    };
    let (seconds, fraction) = (micros / SECOND, micros % SECOND);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}").trim_end_matches('0').to_owned() };
    let sign = if east < 0 { '-' } else { '+' };
    let east = east.abs();
    let minutes = if east % 3600 == 0 { String::new() } else { format!(":{:02}", east / 60 % 60) };
    let rest = if east % 60 == 0 { String::new() } else { format!(":{:02}", east % 60) };
    Ok(format!("{clock}{fraction}{sign}{:02}{minutes}{rest}", east / 3600))
}

/// `timestamp_in`: microseconds since 1970; a zone is read and ignored.
///
/// # Errors
/// 22007 or 22008.
pub fn timestamp(text: &str, order: Order) -> Result<i64> {
    let wrong = |problem: Problem| report(&problem, Type::TIMESTAMP, text);
    let decoded = decode(text, false, order).map_err(wrong)?;
    Ok(i64::from(decoded.days().map_err(wrong)?) * DAY + decoded.time.unwrap_or(0))
}

/// `timestamptz_in`: microseconds since 1970 UTC; without a zone the session's counts.
///
/// # Errors
/// 22007 or 22008.
pub fn timestamptz(text: &str, session: Reads) -> Result<i64> {
    let wrong = |problem: Problem| report(&problem, Type::TIMESTAMPTZ, text);
    let decoded = decode(text, false, session.order).map_err(wrong)?;
    let local = i64::from(decoded.days().map_err(wrong)?) * DAY + decoded.time.unwrap_or(0);
    Ok(match decoded.zone {
        Some(Zone::Fixed(east)) => local - i64::from(east) * SECOND,
        Some(Zone::Named(zone)) => to_utc(local, zone),
        Some(Zone::Followed(word, place)) => {
            // As `DetermineTimeZoneAbbrevOffset`: the place's own reading of the local time is the moment asked about.
            let guess = to_utc(local, place);
            meant(&word, place, guess).map_or(guess, |east| local - i64::from(east) * SECOND)
        }
        None => to_utc(local, session.zone),
    })
}

/// Converts local time to UTC. In a gap the offset before it counts, in an overlap the later moment (`DetermineTimeZoneOffset`).
pub fn to_utc(local: i64, zone: Tz) -> i64 {
    let Some(naive) = naive(within_tables(local, zone)) else { return local };
    let east = |moment: NaiveDateTime| match zone.offset_from_local_datetime(&moment) {
        LocalResult::Single(offset) => Some(offset.fix().local_minus_utc()),
        LocalResult::Ambiguous(_, later) => Some(later.fix().local_minus_utc()),
        LocalResult::None => None,
    };
    // No gap is a day long, except where a zone jumped over the date line.
    let offset = east(naive).or_else(|| east(naive - TimeDelta::hours(3))).or_else(|| east(naive - TimeDelta::hours(27)));
    local - i64::from(offset.unwrap_or(0)) * SECOND
}

/// Converts UTC to local time.
pub fn to_local(utc: i64, zone: Tz) -> i64 {
    utc + i64::from(offset_seconds(utc, zone)) * SECOND
}

fn naive(micros: i64) -> Option<NaiveDateTime> {
    chrono::DateTime::from_timestamp_micros(micros).map(|moment| moment.naive_utc())
}

/// Finds a time zone by name, whatever the case.
pub fn zone(name: &str) -> Option<Tz> {
    // Dates are asked about too.
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    Tz::place(name)
}

/// Reads a zone in POSIX's spelling, without summer time: `+05:30`, `UTC+12`, `<+03>-3`. Its offset counts west; the result, in seconds, east.
pub fn posix_zone(text: &str) -> Option<i32> {
    let rest = match text.strip_prefix('<') {
        Some(named) => named.split_once('>').filter(|(name, _)| name.len() >= 3)?.1,
        None => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let letters = text.len() - rest.len();
            if letters > 0 && letters < 3 {
                return None;
            }
            rest
        }
    };
    let (sign, digits) = match rest.strip_prefix('-') {
        Some(digits) => (1, digits),
        None => (-1, rest.strip_prefix('+').unwrap_or(rest)),
    };
    let mut seconds = 0;
    let mut unit = 3600;
    for (i, part) in digits.split(':').enumerate() {
        let limit = if i == 0 { 24 } else { 59 };
        let number = part.parse::<i32>().ok().filter(|number| part.len() <= 2 && *number <= limit && unit > 0)?;
        seconds += number * unit;
        unit /= 60;
    }
    Some(sign * seconds)
}

/// Finds the place whose history an abbreviation follows (timezone/tznames/Default: `MSK Europe/Moscow`). Its offset depends on the moment.
pub fn followed(word: &str) -> Option<Tz> {
    static TABLE: LazyLock<HashMap<&'static str, Tz>> = LazyLock::new(|| {
        let parse = |line: &'static str| line.split_once('\t').and_then(|(word, place)| Some((word, place.parse().ok()?)));
        include_str!("followed.tsv").lines().filter_map(parse).collect()
    });
    TABLE.get(word).copied()
}

/// Returns the offset east, in seconds, that an abbreviation meant in a place at a moment, or the last time before it, or the first after it
/// (`pg_interpret_timezone_abbrev`); `None` where the place never knew it.
pub fn meant(word: &str, place: Tz, utc: i64) -> Option<i32> {
    // Local rules hold for weeks at least; before this many days ago no place kept time by a zone.
    const STEP: i64 = 7;
    const DAYS: i64 = 200 * 366;
    let at = |days: i64| {
        let offset = place.offset_from_utc_datetime(&naive(utc.checked_add(days.checked_mul(DAY)?)?)?);
        offset.abbreviation().is_some_and(|known| known.eq_ignore_ascii_case(word)).then(|| offset.fix().local_minus_utc())
    };
    let steps = || (0..=DAYS).step_by(usize::try_from(STEP).unwrap_or(1));
    steps().find_map(|days| at(-days)).or_else(|| steps().find_map(at))
}

/// Returns the offset east of an abbreviation (`pg_timezone_abbrevs`, the Default set), in seconds.
pub fn abbreviation(word: &str) -> Option<i32> {
    static TABLE: LazyLock<HashMap<&'static str, i32>> = LazyLock::new(|| abbreviations().collect());
    TABLE.get(word).copied()
}

/// Returns all abbreviations with their offsets.
pub fn abbreviations() -> impl Iterator<Item = (&'static str, i32)> {
    let parse = |line: &'static str| line.split_once('\t').and_then(|(word, east)| Some((word, east.parse().ok()?)));
    include_str!("abbreviations.tsv").lines().filter_map(parse)
}

#[derive(Clone, Debug)]
enum Zone {
    Fixed(i32),
    Named(Tz),
    /// An abbreviation that follows a place's history.
    Followed(String, Tz),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Am,
    Pm,
}

/// What the fields said so far.
#[derive(Default)]
struct Decoded {
    order: Order,
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    text_month: bool,
    two_digit_year: bool,
    time: Option<i64>,
    half: Option<Half>,
    weekday: bool,
    zone: Option<Zone>,
}

fn decode(text: &str, time_only: bool, order: Order) -> Result<Decoded, Problem> {
    let fields = fields::split(text).ok_or(Problem::Format)?;
    if fields.is_empty() {
        return Err(Problem::Format);
    }
    let mut decoded = Decoded { order, ..Decoded::default() };
    let mut after_t = false;
    for (i, field) in fields.iter().enumerate() {
        match field {
            Field::Date(text) if decoded.has_date() || (time_only && decoded.time.is_some()) => decoded.zone_by_name(text)?,
            Field::Date(text) if zone(text).is_some() || decoded.has_day() && text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                decoded.zone_by_name(text)?;
            }
            Field::Date(text) => decoded.date(text)?,
            Field::Time(text) => decoded.clock(text)?,
            Field::Signed(text) => decoded.offset(text)?,
            Field::Number(text) if text.contains('.') && !time_only && !after_t && !decoded.any_date() => decoded.date(text)?,
            Field::Number(text) => decoded.number(text, after_t || (time_only && !decoded.any_date()))?,
            Field::Word(word) if time_only && is_date_word(word) => return Err(Problem::Format),
            Field::Word(word) => decoded.word(word, matches!(fields.get(i + 1), Some(Field::Number(_) | Field::Time(_))))?,
        }
        after_t = matches!(field, Field::Word(word) if word == "t");
    }
    if time_only && decoded.time.is_none() {
        return Err(Problem::Format);
    }
    decoded.finish()?;
    Ok(decoded)
}

/// Words that `DecodeTimeOnly` does not know.
fn is_date_word(word: &str) -> bool {
    matches!(word, "t" | "epoch" | "at" | "on") || fields::month(word).is_some() || fields::is_weekday(word)
}

impl Decoded {
    fn has_date(&self) -> bool {
        self.year.is_some() && ((self.month.is_some() && self.day.is_some()) || self.day_of_year.is_some())
    }

    fn has_day(&self) -> bool {
        self.month.is_some() && self.day.is_some()
    }

    fn any_date(&self) -> bool {
        self.year.is_some() || self.month.is_some() || self.day.is_some()
    }

    /// `DecodeDate`: numbers and a month's name between delimiters.
    fn date(&mut self, text: &str) -> Result<(), Problem> {
        // Numbers joined so must come first of all; a separator may not end them.
        if self.time.is_some() || self.weekday || !text.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(Problem::Format);
        }
        let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
        for part in parts.iter().filter(|part| part.starts_with(|c: char| c.is_ascii_alphabetic())) {
            let month = fields::month(part).ok_or(Problem::Format)?;
            if self.month.replace(month).is_some() {
                return Err(Problem::Format);
            }
            self.text_month = true;
        }
        for part in parts.iter().filter(|part| part.starts_with(|c: char| c.is_ascii_digit())) {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) || self.has_date() {
                return Err(Problem::Format);
            }
            self.part(part)?;
        }
        if self.has_date() { Ok(()) } else { Err(Problem::Format) }
    }

    /// `DecodeNumber`: which of year, month and day a number is.
    fn part(&mut self, digits: &str) -> Result<(), Problem> {
        let value: u32 = digits.parse().map_err(|_| Problem::Overflow)?;
        let long = digits.len() >= 3;
        if digits.len() == 3 && self.year.is_some() && self.month.is_none() && (1..=366).contains(&value) {
            self.day_of_year = Some(value);
            return Ok(());
        }
        let leads = long || self.order == Order::Ymd;
        match (self.year, self.month, self.day) {
            (None, None, None) if !leads && self.order == Order::Dmy => self.day = Some(value),
            (None, None, None) if !leads => self.month = Some(value),
            (None, Some(_), None) if !(self.text_month && leads) => self.day = Some(value),
            (None, None, None) | (None, Some(_), None | Some(_)) => {
                self.year = Some(i32::try_from(value).map_err(|_| Problem::Overflow)?);
                self.two_digit_year = digits.len() <= 2;
            }
            (Some(_), None, None) | (None, None, Some(_)) => self.month = Some(value),
            (Some(year), Some(_), None) if self.text_month && long && self.two_digit_year => {
                self.day = Some(u32::try_from(year).map_err(|_| Problem::Overflow)?);
                self.year = Some(i32::try_from(value).map_err(|_| Problem::Overflow)?);
                self.two_digit_year = false;
            }
            (Some(_), Some(_), None) => self.day = Some(value),
            _ => return Err(Problem::Format),
        }
        Ok(())
    }

    /// A number by itself: part of a date, a date or a time without delimiters (`DecodeNumberField`).
    fn number(&mut self, text: &str, is_time: bool) -> Result<(), Problem> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |range: std::ops::Range<usize>| whole[range].parse::<u32>().map_err(|_| Problem::Format);
        if !is_time && !self.has_date() && !text.contains('.') {
            if whole.len() < 6 {
                return self.part(whole);
            }
            if self.any_date() {
                return Err(Problem::Format);
            }
            let length = whole.len();
            self.year = Some(whole[..length - 4].parse().map_err(|_| Problem::Overflow)?);
            self.two_digit_year = length == 6;
            (self.month, self.day) = (Some(digits(length - 4..length - 2)?), Some(digits(length - 2..length)?));
            return Ok(());
        }
        if self.time.is_some() {
            return Err(Problem::Format);
        }
        let (hour, minute, second) = match whole.len() {
            6 => (digits(0..2)?, digits(2..4)?, digits(4..6)?),
            4 => (digits(0..2)?, digits(2..4)?, 0),
            _ => return Err(Problem::Format),
        };
        self.time = Some(of_clock(hour, minute, second, fraction)?);
        Ok(())
    }

    /// `DecodeTime`: hh:mm, hh:mm:ss, hh:mm:ss.fff.
    fn clock(&mut self, text: &str) -> Result<(), Problem> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let parts = whole.split(':').map(|part| part.parse::<u32>().map_err(|_| Problem::Format)).collect::<Result<Vec<u32>, _>>()?;
        let (hour, minute, second) = match parts.as_slice() {
            [hour, minute] if fraction.is_empty() => (*hour, *minute, 0),
            // mm:ss.fff
            [minute, second] => (0, *minute, *second),
            [hour, minute, second] => (*hour, *minute, *second),
            _ => return Err(Problem::Format),
        };
        if self.time.is_some() {
            return Err(Problem::Format);
        }
        self.time = Some(of_clock(hour, minute, second, fraction)?);
        Ok(())
    }

    /// `DecodeTimezone`: +hh, +hhmm, +hhmmss, +hh:mm, +hh:mm:ss.
    fn offset(&mut self, text: &str) -> Result<(), Problem> {
        let (sign, digits) = text.split_at(1);
        let number = |part: &str| part.parse::<i32>().map_err(|_| Problem::Format);
        let (hour, minute, second) = match digits.split(':').collect::<Vec<&str>>().as_slice() {
            [hour, minute, second] => (number(hour)?, number(minute)?, number(second)?),
            [hour, minute] => (number(hour)?, number(minute)?, 0),
            [run] if run.len() > 4 => {
                (number(&run[..run.len() - 4])?, number(&run[run.len() - 4..run.len() - 2])?, number(&run[run.len() - 2..])?)
            }
            [run] if run.len() > 2 => (number(&run[..run.len() - 2])?, number(&run[run.len() - 2..])?, 0),
            [hour] => (number(hour)?, 0, 0),
            _ => return Err(Problem::Format),
        };
        if !(0..=15).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
            return Err(Problem::Displacement);
        }
        let east = hour * 3600 + minute * 60 + second;
        // After a zone's name the sign is the POSIX way round: only UTC-like names are taken so.
        match self.zone {
            None if self.time.is_some() || self.has_date() => self.zone = Some(Zone::Fixed(if sign == "-" { -east } else { east })),
            _ => return Err(Problem::Format),
        }
        Ok(())
    }

    fn zone_by_name(&mut self, name: &str) -> Result<(), Problem> {
        let found = zone(name).map(Zone::Named).or_else(|| posix_zone(name).map(Zone::Fixed));
        let found = found.ok_or_else(|| Problem::Zone(name.to_owned()))?;
        if self.zone.replace(found).is_some() { Err(Problem::Format) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, before_number: bool) -> Result<(), Problem> {
        if let Some(month) = fields::month(word) {
            // A month's name after a number that was taken for the month: that number is the day.
            if let (Some(number @ 1..=31), false, None) = (self.month, self.text_month, self.day) {
                self.day = Some(number);
            } else if self.month.is_some() {
                return Err(Problem::Format);
            }
            (self.month, self.text_month) = (Some(month), true);
            return Ok(());
        }
        match word {
            "t" if before_number => Ok(()),
            "am" | "pm" => {
                let half = if word == "am" { Half::Am } else { Half::Pm };
                if self.half.replace(half).is_some() { Err(Problem::Format) } else { Ok(()) }
            }
            "ad" | "at" | "on" => Ok(()),
            "bc" => Err(Problem::Refused("a date before Christ")),
            "epoch" => {
                (self.year, self.month, self.day) = (Some(1970), Some(1), Some(1));
                (self.time, self.zone) = (Some(0), Some(Zone::Fixed(0)));
                Ok(())
            }
            "allballs" => {
                (self.time, self.zone) = (Some(0), Some(Zone::Fixed(0)));
                Ok(())
            }
            "infinity" | "-infinity" | "+infinity" => Err(Problem::Refused("an infinite date")),
            "now" | "today" | "tomorrow" | "yesterday" => Err(Problem::Refused("a constant that depends on the clock")),
            "j" | "jd" | "julian" => Err(Problem::Refused("a Julian day")),
            _ if fields::is_weekday(word) => {
                self.weekday = true;
                Ok(())
            }
            _ if self.zone.is_some() => Err(Problem::Format),
            _ => {
                let followed = followed(word).map(|place| Zone::Followed(word.to_owned(), place));
                let found = followed.or_else(|| abbreviation(word).map(Zone::Fixed)).or_else(|| zone(word).map(Zone::Named));
                self.zone = Some(found.ok_or(Problem::Format)?);
                Ok(())
            }
        }
    }

    /// `ValidateDate`, and AM/PM.
    fn finish(&mut self) -> Result<(), Problem> {
        if let Some(half) = self.half {
            let time = self.time.ok_or(Problem::Format)?;
            let hour = time / (3600 * SECOND);
            if hour > 12 {
                return Err(Problem::Overflow);
            }
            let shift = match half {
                Half::Pm if hour != 12 => 12,
                Half::Am if hour == 12 => -12,
                _ => 0,
            };
            self.time = Some(time + shift * 3600 * SECOND);
        }
        if let (Some(year), true) = (self.year, self.two_digit_year) {
            self.year = Some(if year < 70 { year + 2000 } else { year + 1900 });
        }
        if self.year == Some(0) {
            return Err(Problem::Overflow);
        }
        if self.month.is_some_and(|month| !(1..=12).contains(&month)) || self.day.is_some_and(|day| !(1..=31).contains(&day)) {
            return Err(Problem::MonthDay);
        }
        Ok(())
    }

    fn days(&self) -> Result<i32, Problem> {
        let year = self.year.ok_or(Problem::Format)?;
        let date = match self.day_of_year {
            // The 366th day of a short year is the first of the next.
            Some(day) => NaiveDate::from_yo_opt(year, 1).map(|first| first + TimeDelta::days(i64::from(day) - 1)),
            None => NaiveDate::from_ymd_opt(year, self.month.ok_or(Problem::Format)?, self.day.ok_or(Problem::Format)?),
        };
        if year > 9999 {
            // Chrono's years end before PostgreSQL's; days go around with the 400 years.
            let like = 2000 + year % 400;
            let day = self.month.zip(self.day).map(|(month, day)| NaiveDate::from_ymd_opt(like, month, day));
            return Err(if day == Some(None) { Problem::Overflow } else { Problem::Late(year) });
        }
        Ok(date.ok_or(Problem::Overflow)?.to_epoch_days())
    }
}

/// Microseconds since midnight; 24:00:00 and second 60 are allowed, fractions round to microseconds.
pub fn of_clock(hour: u32, minute: u32, second: u32, fraction: &str) -> Result<i64, Problem> {
    let micros = fraction_micros(fraction)?;
    if minute > 59 || second > 60 || hour > 24 {
        return Err(Problem::Overflow);
    }
    let total = (i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)) * SECOND + micros;
    if total > DAY { Err(Problem::Overflow) } else { Ok(total) }
}

/// The digits after the point, as microseconds.
pub fn fraction_micros(digits: &str) -> Result<i64, Problem> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Format);
    }
    let value: f64 = format!("0.{digits}0").parse().map_err(|_| Problem::Format)?;
    #[allow(clippy::cast_possible_truncation, reason = "between 0 and a million")]
    Ok((value * 1e6).round_ties_even() as i64)
}

/// `DateTimeParseError`: the problem as PostgreSQL words it.
pub fn report(problem: &Problem, ty: Type, text: &str) -> Report {
    let out_of_range = || Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\""));
    match problem {
        Problem::Format => {
            // The parser's own names of the types: they do not say "without time zone".
            let name = ty.to_string();
            let name = name.strip_suffix(" without time zone").unwrap_or(&name);
            Report::new(SqlState::INVALID_DATETIME_FORMAT, format!("invalid input syntax for type {name}: \"{text}\""))
        }
        Problem::Overflow if ty == Type::INTERVAL => {
            Report::new(SqlState("22015"), format!("interval field value out of range: \"{text}\""))
        }
        Problem::Overflow => out_of_range(),
        Problem::MonthDay => out_of_range().hint("Perhaps you need a different \"datestyle\" setting."),
        Problem::Displacement => Report::new(SqlState("22009"), format!("time zone displacement out of range: \"{text}\"")),
        Problem::Zone(name) => Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{name}\" not recognized")),
        Problem::Refused(what @ "a constant that depends on the clock") => {
            Report::unsupported(format!("{what} (\"{text}\")")).hint("Use CURRENT_DATE, CURRENT_TIMESTAMP or LOCALTIMESTAMP.")
        }
        Problem::Late(year) => {
            let (kind, last) = if ty == Type::DATE { ("date", 5_874_897) } else { ("timestamp", 294_276) };
            match *year > last {
                true => Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("{kind} out of range: \"{text}\"")),
                false => Report::unsupported(format!("a year after 9999 (\"{text}\")")),
            }
        }
        Problem::Refused(what) => Report::unsupported(format!("{what} (\"{text}\")")),
    }
}
