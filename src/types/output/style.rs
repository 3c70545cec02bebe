//! What `DateStyle`, `IntervalStyle`, `TimeZone`, `bytea_output` and `extra_float_digits` say about the text of a value.

use bytes::BufMut;
use chrono::{DateTime, TimeZone};

use super::interval;
use super::time::{Line, MICROS_PER_DAY, civil, endless_date, endless_moment, offset_seconds, within_tables};
use crate::types::input::{Order, Reads};
use crate::types::zone::Tz;

/// The first word of `DateStyle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dates {
    /// `2024-07-03 11:46:40+02`.
    #[default]
    Iso,
    /// `07/03/2024 11:46:40 CEST`.
    Sql,
    /// `03.07.2024 11:46:40 CEST`.
    German,
    /// `Wed Jul 03 11:46:40 2024 CEST`.
    Postgres,
}

/// `IntervalStyle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Intervals {
    /// `1 year 2 mons 3 days 04:05:06`.
    #[default]
    Postgres,
    /// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs`.
    Verbose,
    /// `+1-2 +3 +4:05:06`.
    SqlStandard,
    /// `P1Y2M3DT4H5M6S`.
    Iso8601,
}

/// How a session wants values to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// `TimeZone`.
    pub zone: Tz,
    /// `DateStyle`.
    pub dates: Dates,
    /// The order that `DateStyle` says.
    pub order: Order,
    /// `IntervalStyle`.
    pub intervals: Intervals,
    /// `extra_float_digits`; above zero, floats have their shortest exact form.
    pub float_digits: i32,
    /// `bytea_output = escape`.
    pub bytea_escape: bool,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEK: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

impl Style {
    /// Returns PostgreSQL's defaults, in a time zone.
    pub fn plain(zone: Tz) -> Style {
        let (dates, intervals) = (Dates::Iso, Intervals::Postgres);
        Style { zone, dates, order: Order::Mdy, intervals, float_digits: 1, bytea_escape: false }
    }

    /// Returns how values are read.
    pub fn reads(&self) -> Reads {
        Reads { zone: self.zone, order: self.order }
    }

    /// Tells whether dates are shown as ISO 8601 has them.
    pub fn is_iso(&self) -> bool {
        self.dates == Dates::Iso
    }

    /// Tells whether floats have their shortest exact form.
    pub fn shortest_floats(&self) -> bool {
        self.float_digits > 0
    }

    /// Writes a float8.
    pub fn float8(&self, buf: &mut impl BufMut, value: f64) {
        match self.float_digits {
            1.. => super::float8(buf, value),
            digits => rounded(buf, value, 15 + digits),
        }
    }

    /// Writes a float4.
    pub fn float4(&self, buf: &mut impl BufMut, value: f32) {
        match self.float_digits {
            1.. => super::float4(buf, value),
            digits => rounded(buf, value.into(), 6 + digits),
        }
    }

    /// Writes a bytea.
    pub fn bytea(&self, buf: &mut impl BufMut, value: &[u8]) {
        if self.bytea_escape { super::bytea_escape(buf, value) } else { super::bytea_hex(buf, value) }
    }

    /// Writes a date given as days since 1970-01-01 (datetime.c, `EncodeDateOnly`).
    pub fn date(&self, buf: &mut impl BufMut, days: i32) {
        if self.is_iso() {
            return super::date(buf, days);
        }
        if let Some(word) = endless_date(days) {
            return buf.put_slice(word);
        }
        let mut line = Line::new();
        let year = self.numbers(&mut line, days.into());
        line.end(buf, year <= 0);
    }

    /// Writes day, month and year as numbers; returns the year.
    fn numbers(&self, line: &mut Line, days: i64) -> i64 {
        let (year, month, day) = civil(days);
        let separator: &[u8] = match self.dates {
            Dates::Iso | Dates::Postgres => b"-",
            Dates::Sql => b"/",
            Dates::German => b".",
        };
        let day_first = self.order == Order::Dmy || self.dates == Dates::German;
        line.two(if day_first { day } else { month });
        line.put(separator);
        line.two(if day_first { month } else { day });
        line.put(separator);
        line.number(if year > 0 { year } else { 1 - year }.unsigned_abs(), 4);
        year
    }

    /// Writes a timestamp given as microseconds since 1970-01-01 00:00:00.
    pub fn timestamp(&self, buf: &mut impl BufMut, micros: i64) {
        if self.is_iso() {
            return super::timestamp(buf, micros);
        }
        if let Some(word) = endless_moment(micros) {
            return buf.put_slice(word);
        }
        let mut line = Line::new();
        let year = self.moment(&mut line, micros);
        line.end(buf, year <= 0);
    }

    /// Writes a timestamptz given as microseconds since 1970-01-01 00:00:00 UTC.
    pub fn timestamptz(&self, buf: &mut impl BufMut, micros: i64) {
        if self.is_iso() {
            return super::timestamptz(buf, micros, self.zone);
        }
        if let Some(word) = endless_moment(micros) {
            return buf.put_slice(word);
        }
        let offset = offset_seconds(micros, self.zone);
        let mut line = Line::new();
        let year = self.moment(&mut line, micros.saturating_add(i64::from(offset) * 1_000_000));
        line.put(b" ");
        let moment = DateTime::from_timestamp_micros(within_tables(micros, self.zone)).unwrap_or(DateTime::UNIX_EPOCH);
        let zone = self.zone.offset_from_utc_datetime(&moment.naive_utc());
        match zone.abbreviation() {
            Some(name) if name.len() <= 10 => line.put(name.as_bytes()),
            // A zone without letters is called by its offset, without colons.
            _ => {
                line.put(if offset < 0 { b"-" } else { b"+" });
                let offset = i64::from(offset.unsigned_abs());
                line.two(offset / 3600);
                for part in
                    [offset / 60 % 60, offset % 60].into_iter().take(if offset % 60 != 0 { 2 } else { usize::from(offset % 3600 != 0) })
                {
                    line.two(part);
                }
            }
        }
        line.end(buf, year <= 0);
    }

    /// Writes a date and a time of day in another style than ISO (datetime.c, `EncodeDateTime`); returns the year.
    fn moment(&self, line: &mut Line, micros: i64) -> i64 {
        let (days, time) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
        if self.dates != Dates::Postgres {
            let year = self.numbers(line, days);
            line.put(b" ");
            line.time(time);
            return year;
        }
        let (year, month, day) = civil(days);
        let name = |names: &[&'static str], index: i64| names[usize::try_from(index).unwrap_or(0) % names.len()].as_bytes();
        line.put(name(&WEEK, days.rem_euclid(7)));
        line.put(b" ");
        if self.order == Order::Dmy {
            line.two(day);
            line.put(b" ");
            line.put(name(&MONTHS, month - 1));
        } else {
            line.put(name(&MONTHS, month - 1));
            line.put(b" ");
            line.two(day);
        }
        line.put(b" ");
        line.time(time);
        line.put(b" ");
        line.number(if year > 0 { year } else { 1 - year }.unsigned_abs(), 4);
        year
    }

    /// Writes an interval (datetime.c, `EncodeInterval`).
    pub fn interval(&self, buf: &mut impl BufMut, months: i32, days: i32, micros: i64) {
        let parts = Parts {
            year: i64::from(months / 12),
            month: i64::from(months % 12),
            day: days.into(),
            hour: micros / 3_600_000_000,
            minute: micros / 60_000_000 % 60,
            second: micros / 1_000_000 % 60,
            fraction: micros % 1_000_000,
        };
        let mut line = Line::new();
        match self.intervals {
            Intervals::Postgres => return interval(buf, months, days, micros),
            Intervals::Verbose => parts.verbose(&mut line),
            Intervals::SqlStandard => parts.sql_standard(&mut line),
            Intervals::Iso8601 => parts.iso_8601(&mut line),
        }
        line.end(buf, false);
    }
}

/// The fields of an interval; those of its time have one sign.
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    fraction: i64,
}

impl Parts {
    fn time(&self) -> [i64; 4] {
        [self.hour, self.minute, self.second, self.fraction]
    }

    fn seconds(&self, line: &mut Line, width: usize) {
        line.number(self.second.unsigned_abs(), width);
        line.fraction(self.fraction.abs());
    }

    fn clock(&self, line: &mut Line) {
        line.number(self.hour.unsigned_abs(), 1);
        line.put(b":");
        line.number(self.minute.unsigned_abs(), 2);
        line.put(b":");
        self.seconds(line, 2);
    }

    fn verbose(&self, line: &mut Line) {
        line.put(b"@");
        let (mut zero, mut before) = (true, false);
        let fields = [(self.year, "year"), (self.month, "mon"), (self.day, "day"), (self.hour, "hour"), (self.minute, "min")];
        for (value, unit) in fields.into_iter().filter(|(value, _)| *value != 0) {
            // The first field's sign becomes "ago"; the others show theirs against it.
            before = if zero { value < 0 } else { before };
            let shown = if before { -value } else { value };
            line.put(if shown < 0 { b" -" } else { b" " });
            line.number(shown.unsigned_abs(), 1);
            line.put(b" ");
            line.put(unit.as_bytes());
            line.put(if shown == 1 { b"" } else { b"s" });
            zero = false;
        }
        if self.second != 0 || self.fraction != 0 {
            let negative = self.second < 0 || self.fraction < 0;
            before = if zero { negative } else { before };
            line.put(if negative == before { b" " } else { b" -" });
            self.seconds(line, 1);
            line.put(if self.second.abs() == 1 && self.fraction == 0 { b" sec" } else { b" secs" });
            zero = false;
        }
        line.put(if zero { b" 0" } else { b"" });
        line.put(if before { b" ago" } else { b"" });
    }

    fn sql_standard(&self, line: &mut Line) {
        let fields = [self.year, self.month, self.day, self.hour, self.minute, self.second, self.fraction];
        let (negative, positive) = (fields.iter().any(|field| *field < 0), fields.iter().any(|field| *field > 0));
        let year_month = self.year != 0 || self.month != 0;
        let day_time = self.day != 0 || self.time().iter().any(|field| *field != 0);
        if !negative && !positive {
            return line.put(b"0");
        }
        let sign = |negative: bool| if negative { b"-" } else { b"+" };
        let month = |line: &mut Line| {
            line.number(self.year.unsigned_abs(), 1);
            line.put(b"-");
            line.number(self.month.unsigned_abs(), 1);
        };
        if (negative && positive) || (year_month && day_time) {
            line.put(sign(self.year < 0 || self.month < 0));
            month(line);
            line.put(b" ");
            line.put(sign(self.day < 0));
            line.number(self.day.unsigned_abs(), 1);
            line.put(b" ");
            line.put(sign(self.time().iter().any(|field| *field < 0)));
            return self.clock(line);
        }
        line.put(if negative { b"-" } else { b"" });
        if year_month {
            return month(line);
        }
        if self.day != 0 {
            line.number(self.day.unsigned_abs(), 1);
            line.put(b" ");
        }
        self.clock(line);
    }

    fn iso_8601(&self, line: &mut Line) {
        let put = |line: &mut Line, value: i64, unit: &[u8]| {
            if value != 0 {
                line.put(if value < 0 { b"-" } else { b"" });
                line.number(value.unsigned_abs(), 1);
                line.put(unit);
            }
        };
        let time = self.time().iter().any(|field| *field != 0);
        if !time && self.year == 0 && self.month == 0 && self.day == 0 {
            return line.put(b"PT0S");
        }
        line.put(b"P");
        put(line, self.year, b"Y");
        put(line, self.month, b"M");
        put(line, self.day, b"D");
        line.put(if time { b"T" } else { b"" });
        put(line, self.hour, b"H");
        put(line, self.minute, b"M");
        if self.second != 0 || self.fraction != 0 {
            line.put(if self.second < 0 || self.fraction < 0 { b"-" } else { b"" });
            self.seconds(line, 1);
            line.put(b"S");
        }
    }
}

/// Writes a float as C's `%.*g` does: so many digits, trailing zeros removed, an exponent where the number is small or large.
fn rounded(buf: &mut impl BufMut, value: f64, digits: i32) {
    if !value.is_finite() || value == 0.0 {
        return super::float8(buf, value);
    }
    let digits = usize::try_from(digits).unwrap_or(1).max(1);
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let least = i32::try_from(digits).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= least {
        let sign = if exponent < 0 { '-' } else { '+' };
        buf.put_slice(format!("{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs()).as_bytes());
        return;
    }
    // Rounding to so many digits again, now behind the point, gives the same digits.
    let behind = usize::try_from(least - 1 - exponent).unwrap_or(0);
    buf.put_slice(trimmed(&format!("{value:.behind$}")).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut buf = Vec::new();
        write(&mut buf);
        String::from_utf8(buf).unwrap()
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn moments_in_every_style() {
        let plain = Style::plain(Tz::Europe__Berlin);
        let shown = |dates, day_first| {
            let order = if day_first { Order::Dmy } else { Order::Mdy };
            let style = Style { dates, order, ..plain };
            [text(|b| style.date(b, 19_907)), text(|b| style.timestamp(b, -1)), text(|b| style.timestamptz(b, 1_720_000_000_500_000))]
        };
        assert_eq!(shown(Dates::Sql, false), ["07/03/2024", "12/31/1969 23:59:59.999999", "07/03/2024 11:46:40.5 CEST"]);
        assert_eq!(shown(Dates::Sql, true), ["03/07/2024", "31/12/1969 23:59:59.999999", "03/07/2024 11:46:40.5 CEST"]);
        assert_eq!(shown(Dates::German, false), ["03.07.2024", "31.12.1969 23:59:59.999999", "03.07.2024 11:46:40.5 CEST"]);
        assert_eq!(shown(Dates::Postgres, false), ["07-03-2024", "Wed Dec 31 23:59:59.999999 1969", "Wed Jul 03 11:46:40.5 2024 CEST"]);
        assert_eq!(shown(Dates::Postgres, true), ["03-07-2024", "Wed 31 Dec 23:59:59.999999 1969", "Wed 03 Jul 11:46:40.5 2024 CEST"]);
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn zones_without_letters() {
        let shown = |zone| text(|b| Style { dates: Dates::Sql, ..Style::plain(zone) }.timestamptz(b, 1_720_000_000_000_000));
        assert_eq!(shown(Tz::Australia__Lord_Howe), "07/03/2024 20:16:40 +1030");
        assert_eq!(shown(Tz::America__Sao_Paulo), "07/03/2024 06:46:40 -03");
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn intervals_in_every_style() {
        let cases: &[(i32, i32, i64, [&str; 3])] = &[
            (0, 0, 0, ["@ 0", "0", "PT0S"]),
            (14, 3, 14_706_789_000, ["@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs", "+1-2 +3 +4:05:06.789", "P1Y2M3DT4H5M6.789S"]),
            (-14, 3, 14_706_000_000, ["@ 1 year 2 mons -3 days -4 hours -5 mins -6 secs ago", "-1-2 +3 +4:05:06", "P-1Y-2M3DT4H5M6S"]),
            (0, -1, 3_600_000_000, ["@ 1 day -1 hours ago", "+0-0 -1 +1:00:00", "P-1DT1H"]),
            (0, 0, -1, ["@ 0.000001 secs ago", "-0:00:00.000001", "PT-0.000001S"]),
            (-25, 0, 0, ["@ 2 years 1 mon ago", "-2-1", "P-2Y-1M"]),
            (0, 5, 1_000_000, ["@ 5 days 1 sec", "5 0:00:01", "P5DT1S"]),
        ];
        for (months, days, micros, expected) in cases {
            for (intervals, expected) in [Intervals::Verbose, Intervals::SqlStandard, Intervals::Iso8601].into_iter().zip(expected) {
                let style = Style { intervals, ..Style::plain(Tz::UTC) };
                assert_eq!(text(|b| style.interval(b, *months, *days, *micros)), *expected);
            }
        }
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn floats_of_fewer_digits() {
        let eight = |digits, value| text(|b| Style { float_digits: digits, ..Style::plain(Tz::UTC) }.float8(b, value));
        assert_eq!(eight(0, 0.1 + 0.2), "0.3");
        assert_eq!(eight(0, 1.0 / 3.0), "0.333333333333333");
        assert_eq!(eight(0, 123_456_789_012_345_680.0), "1.23456789012346e+17");
        assert_eq!(eight(-15, 99.5), "1e+02");
        assert_eq!(eight(-12, 0.000_012_345), "1.23e-05");
        assert_eq!(eight(0, 1e15), "1e+15");
        assert_eq!(eight(0, 100.0), "100");
        assert_eq!(eight(0, -0.0), "-0");
    }
}
