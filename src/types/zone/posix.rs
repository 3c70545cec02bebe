//! Zones in POSIX's spelling (localtime.c, `tzparse`): a name, an offset that counts west, and perhaps summer time with its rules.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};

use super::{first_of, year_of};

/// The longest abbreviation.
const NAME: usize = 15;
const HOUR: i32 = 3600;
/// When summer time begins and ends where the zone does not say.
const DEFAULT_RULES: &str = "M3.2.0,M11.1.0";

/// A zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Posix {
    standard: Period,
    summer: Option<Summer>,
}

/// Summer time, from one moment of the year to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Summer {
    period: Period,
    start: Change,
    end: Change,
}

/// A time that a zone keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    name: [u8; NAME],
    /// Seconds east of Greenwich.
    pub east: i32,
}

/// When a zone changes its time, each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Change {
    day: Day,
    /// Seconds after midnight, local time.
    at: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Day {
    /// `Jn`: from 1, without 29 February.
    Julian(i32),
    /// `n`: from 0, with it.
    OfYear(i32),
    /// `Mm.n.d`: the n-th of a month's days of the week, the fifth being the last.
    OfWeek { month: i32, week: i32, day: i32 },
}

impl Period {
    fn new(name: &str, east: i32) -> Option<Period> {
        let mut bytes = [0; NAME];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        // More than a day away there is no such place.
        (east.abs() < 24 * HOUR).then_some(Period { name: bytes, east })
    }

    /// Returns its abbreviation.
    pub fn name(&self) -> &str {
        let length = self.name.iter().position(|byte| *byte == 0).unwrap_or(NAME);
        std::str::from_utf8(&self.name[..length]).unwrap_or_default()
    }
}

impl Posix {
    /// Reads a zone. Letters are capitals in PostgreSQL, whatever is written.
    pub(super) fn read(text: &str) -> Option<Posix> {
        let text = text.to_ascii_uppercase();
        let mut rest = Rest(&text);
        let name = rest.name()?;
        let standard = Period::new(name, -rest.offset()?)?;
        if rest.0.is_empty() {
            return Some(Posix { standard, summer: None });
        }
        let name = rest.name().filter(|name| !name.is_empty())?;
        let east = if rest.0.is_empty() || rest.0.starts_with([',', ';']) { standard.east + HOUR } else { -rest.offset()? };
        let period = Period::new(name, east)?;
        let mut rules = Rest(match rest.0.strip_prefix([',', ';']) {
            Some(rules) => rules,
            None if rest.0.is_empty() => DEFAULT_RULES,
            None => return None,
        });
        let start = rules.change()?;
        rules.0 = rules.0.strip_prefix(',')?;
        let end = rules.change()?;
        rules.0.is_empty().then_some(Posix { standard, summer: Some(Summer { period, start, end }) })
    }

    /// Returns the time that it keeps in summer or in winter.
    pub fn period(&self, summer: bool) -> &Period {
        match &self.summer {
            Some(found) if summer => &found.period,
            _ => &self.standard,
        }
    }

    /// Returns its offset in seconds east, if that is always the same.
    pub fn fixed(&self) -> Option<i32> {
        self.summer.is_none().then_some(self.standard.east)
    }

    /// Tells whether it keeps summer time at a moment.
    pub(super) fn is_summer(&self, utc: NaiveDateTime) -> bool {
        let Some(summer) = &self.summer else { return false };
        let year = year_of(utc);
        // The last change before the moment; those of the years beside it may come on the other side of New Year.
        let changes = (year - 1..=year + 1)
            .flat_map(|year| [(summer.start.moment(year, self.standard.east), true), (summer.end.moment(year, summer.period.east), false)]);
        let before = changes.filter_map(|(moment, begins)| Some((moment?, begins))).filter(|(moment, _)| *moment <= utc);
        before.max_by_key(|(moment, _)| *moment).is_some_and(|(_, begins)| begins)
    }
}

impl Change {
    /// Returns the moment of a year, of local time that is so many seconds east.
    fn moment(&self, year: i32, east: i32) -> Option<NaiveDateTime> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        let day = match self.day {
            Day::Julian(n) => first + TimeDelta::days(i64::from(n - 1) + i64::from(first.leap_year() && n >= 60)),
            Day::OfYear(n) => first + TimeDelta::days(n.into()),
            Day::OfWeek { month, week, day } => {
                let month = u32::try_from(month).ok()?;
                let first = first_of(year, month)?;
                let next = if month == 12 { first_of(year + 1, 1)? } else { first_of(year, month + 1)? };
                let weekday = i32::try_from(first.weekday().num_days_from_sunday()).ok()?;
                let days = (day - weekday).rem_euclid(7) + 7 * (week - 1);
                let found = first + TimeDelta::days(days.into());
                if found >= next { found - TimeDelta::days(7) } else { found }
            }
        };
        day.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::seconds(i64::from(self.at) - i64::from(east)))
    }
}

/// What is left to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// An abbreviation: between angle brackets, or what is no digit, comma or sign.
    fn name(&mut self) -> Option<&'a str> {
        let (name, rest) = match self.0.strip_prefix('<') {
            Some(quoted) => quoted.split_once('>')?,
            None => self.0.split_at(self.0.find(|c: char| c.is_ascii_digit() || matches!(c, ',' | '-' | '+')).unwrap_or(self.0.len())),
        };
        self.0 = rest;
        Some(name)
    }

    fn number(&mut self, least: i32, most: i32) -> Option<i32> {
        let (digits, rest) = self.0.split_at(self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len()));
        self.0 = rest;
        digits.parse().ok().filter(|number| (least..=most).contains(number))
    }

    /// `[+|-]hh[:mm[:ss]]` in seconds.
    fn offset(&mut self) -> Option<i32> {
        let negative = self.0.starts_with('-');
        self.0 = self.0.strip_prefix(['-', '+']).unwrap_or(self.0);
        let mut seconds = self.number(0, 24 * 7 - 1)? * HOUR;
        for (unit, most) in [(60, 59), (1, 60)] {
            let Some(rest) = self.0.strip_prefix(':') else { break };
            self.0 = rest;
            seconds += self.number(0, most)? * unit;
        }
        Some(if negative { -seconds } else { seconds })
    }

    fn change(&mut self) -> Option<Change> {
        let day = if let Some(rest) = self.0.strip_prefix('J') {
            self.0 = rest;
            Day::Julian(self.number(1, 365)?)
        } else if let Some(rest) = self.0.strip_prefix('M') {
            self.0 = rest;
            let month = self.number(1, 12)?;
            self.0 = self.0.strip_prefix('.')?;
            let week = self.number(1, 5)?;
            self.0 = self.0.strip_prefix('.')?;
            Day::OfWeek { month, week, day: self.number(0, 6)? }
        } else {
            Day::OfYear(self.number(0, 365)?)
        };
        let at = match self.0.strip_prefix('/') {
            Some(rest) => {
                self.0 = rest;
                self.offset()?
            }
            None => 2 * HOUR,
        };
        Some(Change { day, at })
    }
}

/// Writes seconds as `hh[:mm[:ss]]`.
fn clock(seconds: i32) -> String {
    let seconds = seconds.abs();
    match (seconds / 60 % 60, seconds % 60) {
        (0, 0) => format!("{:02}", seconds / HOUR),
        (minutes, 0) => format!("{:02}:{minutes:02}", seconds / HOUR),
        (minutes, rest) => format!("{:02}:{minutes:02}:{rest:02}", seconds / HOUR),
    }
}

/// Returns the name that PostgreSQL gives to a zone of which only the offset is said (pgtz.c, `pg_tzset_offset`).
pub fn name_of_offset(east: i32) -> String {
    let shown = clock(east);
    if east < 0 { format!("<-{shown}>+{shown}") } else { format!("<+{shown}>-{shown}") }
}

impl fmt::Display for Posix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |seconds: i32| if seconds < 0 { "-" } else { "" };
        let put =
            |f: &mut fmt::Formatter<'_>, period: &Period| write!(f, "<{}>{}{}", period.name(), sign(-period.east), clock(period.east));
        put(f, &self.standard)?;
        let Some(summer) = &self.summer else { return Ok(()) };
        put(f, &summer.period)?;
        for change in [summer.start, summer.end] {
            match change.day {
                Day::Julian(n) => write!(f, ",J{n}")?,
                Day::OfYear(n) => write!(f, ",{n}")?,
                Day::OfWeek { month, week, day } => write!(f, ",M{month}.{week}.{day}")?,
            }
            write!(f, "/{}{}", sign(change.at), clock(change.at))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::types::Type;
    use crate::types::literal::Literal;
    use crate::types::output::{self, Dates, Style};
    use crate::types::{input, zone::Tz};

    // As PostgreSQL 15 shows them.
    #[test]
    fn moments_in_zones_with_rules() {
        let moments = ["1600-07-01 12:00+00", "1900-01-01 12:00+00", "2024-03-10 07:00+00", "2024-07-01 12:00+00", "2500-07-01 12:00+00"];
        for (zone, shown) in [
            ("est5edt,m3.2.0,m11.1.0", ["08:00:00-04", "07:00:00-05", "03:00:00-04", "08:00:00-04", "08:00:00-04"]),
            ("FOO3BAR", ["10:00:00-02", "09:00:00-03", "05:00:00-02", "10:00:00-02", "10:00:00-02"]),
            ("FOO3BAR,J60,J300", ["10:00:00-02", "09:00:00-03", "05:00:00-02", "10:00:00-02", "10:00:00-02"]),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", ["00:00:00+12", "01:00:00+13", "20:00:00+13", "00:00:00+12", "00:00:00+12"]),
            ("<+0530>-5:30", ["17:30:00+05:30", "17:30:00+05:30", "12:30:00+05:30", "17:30:00+05:30", "17:30:00+05:30"]),
        ] {
            let zone = Tz::posix(zone).unwrap();
            let found = moments.map(|moment| {
                let literal = input::parse(moment, Type::TIMESTAMPTZ, -1, zone).unwrap();
                output::literal(&literal, Type::TIMESTAMPTZ, zone).split_once(' ').unwrap().1.to_owned()
            });
            assert_eq!(found, shown, "{}", zone.name());
            assert_eq!(Tz::posix(&zone.name()), Some(zone), "its name says the same");
        }
    }

    #[test]
    fn local_times_that_come_twice_or_never() {
        let zone = Tz::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
        let shown = |text: &str| {
            let Ok(Literal::TimestampTz(micros)) = input::parse(text, Type::TIMESTAMPTZ, -1, zone) else { panic!("{text}") };
            let mut out = Vec::new();
            Style { dates: Dates::Sql, ..Style::plain(zone) }.timestamptz(&mut out, micros);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown("2024-03-10 02:30"), "03/10/2024 03:30:00 EDT");
        assert_eq!(shown("2024-11-03 01:30"), "11/03/2024 01:30:00 EST");
    }

    #[test]
    fn what_is_no_zone() {
        for text in [
            "x",
            "FOO-168",
            "FOO3BAR2,M3.2.0",
            "FOO3BAR2,M3.2.0,M13.1.0",
            "<+03-3",
            "EST5EDT,M3.2.0,M11.1.0x",
            "A_VERY_LONG_NAME_OF_A_ZONE5",
        ] {
            assert_eq!(Tz::posix(text), None, "{text}");
        }
        assert_eq!(Tz::east(-27_000).unwrap().name(), "<-07:30>07:30");
    }
}
