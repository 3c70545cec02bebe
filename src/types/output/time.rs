//! Dates, times and intervals as DateStyle ISO and IntervalStyle postgres print them.

use super::slice;
use crate::types::zone::Tz;
use bytes::BufMut;
use chrono::{DateTime, Offset, TimeZone};

const MICROS_PER_SECOND: i64 = 1_000_000;
pub(super) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// 0001-01-01, as days since 1970-01-01.
pub(super) const FIRST_DAY: i64 = -719_162;
/// 9999-12-31.
pub(super) const LAST_DAY: i64 = 2_932_896;

/// Text of a known greatest length, built on the stack.
pub(super) struct Line {
    bytes: [u8; 96],
    pub(super) len: usize,
}

impl Line {
    pub(super) fn new() -> Line {
        Line { bytes: [0; 96], len: 0 }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Writes a number of at least `width` digits.
    pub(super) fn number(&mut self, value: u64, width: usize) {
        let mut itoa = itoa::Buffer::new();
        let text = itoa.format(value);
        for _ in text.len()..width {
            self.put(b"0");
        }
        self.put(text.as_bytes());
    }

    /// Writes a number below 100 as two digits.
    pub(super) fn two(&mut self, value: i64) {
        let value = u8::try_from(value).unwrap_or(0);
        self.put(&[b'0' + value / 10, b'0' + value % 10]);
    }

    /// Writes the fraction of a second without trailing zeros, or nothing.
    pub(super) fn fraction(&mut self, micros: i64) {
        if micros == 0 {
            return;
        }
        let mut digits = [b'0'; 7];
        digits[0] = b'.';
        let mut rest = micros;
        for digit in digits[1..].iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        let end = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1);
        self.put(&digits[..end]);
    }

    /// Writes a date; returns whether it is before Christ, which is said at the very end.
    fn date(&mut self, days: i64) -> bool {
        let (year, month, day) = civil(days);
        let before_christ = year <= 0;
        let year = if before_christ { 1 - year } else { year };
        self.number(year.unsigned_abs(), 4);
        self.put(b"-");
        self.two(month);
        self.put(b"-");
        self.two(day);
        before_christ
    }

    pub(super) fn time(&mut self, micros: i64) {
        let seconds = micros / MICROS_PER_SECOND;
        self.two(seconds / 3600);
        self.put(b":");
        self.two(seconds / 60 % 60);
        self.put(b":");
        self.two(seconds % 60);
        self.fraction(micros % MICROS_PER_SECOND);
    }

    fn timestamp(&mut self, micros: i64) -> bool {
        let before_christ = self.date(micros.div_euclid(MICROS_PER_DAY));
        self.put(b" ");
        self.time(micros.rem_euclid(MICROS_PER_DAY));
        before_christ
    }

    /// Writes an offset east of Greenwich, in seconds.
    pub(super) fn offset(&mut self, offset: i32) {
        let mut text = [0; 9];
        let len = slice::zone_offset(&mut text, offset);
        self.put(&text[..len]);
    }

    fn copy_to(mut self, out: &mut [u8], before_christ: bool) -> usize {
        if before_christ {
            self.put(b" BC");
        }
        out[..self.len].copy_from_slice(&self.bytes[..self.len]);
        self.len
    }

    pub(super) fn end(mut self, buf: &mut impl BufMut, before_christ: bool) {
        if before_christ {
            self.put(b" BC");
        }
        buf.put_slice(&self.bytes[..self.len]);
    }
}

/// Turns days since 1970-01-01 into year, month, day of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The word for a moment that is earlier or later than all others: the least and the greatest number.
fn endless(earliest: bool, latest: bool) -> Option<&'static [u8]> {
    match (earliest, latest) {
        (true, _) => Some(b"-infinity"),
        (_, true) => Some(b"infinity"),
        _ => None,
    }
}

pub(super) fn endless_date(days: i32) -> Option<&'static [u8]> {
    endless(days == i32::MIN, days == i32::MAX)
}

pub(super) fn endless_moment(micros: i64) -> Option<&'static [u8]> {
    endless(micros == i64::MIN, micros == i64::MAX)
}

fn put(out: &mut [u8], word: &[u8]) -> usize {
    out[..word.len()].copy_from_slice(word);
    word.len()
}

/// Writes a date outside the years 1 to 9999.
#[cold]
pub(super) fn rare_date(out: &mut [u8], days: i32) -> usize {
    if let Some(word) = endless_date(days) {
        return put(out, word);
    }
    let mut line = Line::new();
    let before_christ = line.date(i64::from(days));
    line.copy_to(out, before_christ)
}

/// Writes a timestamp outside the years 1 to 9999.
#[cold]
pub(super) fn rare_timestamp(out: &mut [u8], micros: i64) -> usize {
    if let Some(word) = endless_moment(micros) {
        return put(out, word);
    }
    let mut line = Line::new();
    let before_christ = line.timestamp(micros);
    line.copy_to(out, before_christ)
}

/// Writes a timestamptz outside the years 1 to 9999, given its local time too.
#[cold]
pub(super) fn rare_timestamptz(out: &mut [u8], micros: i64, local: i64, offset: i32) -> usize {
    if let Some(word) = endless_moment(micros) {
        return put(out, word);
    }
    let mut line = Line::new();
    let before_christ = line.timestamp(local);
    line.offset(offset);
    line.copy_to(out, before_christ)
}

/// Writes a date given as days since 1970-01-01.
pub fn date(buf: &mut impl BufMut, days: i32) {
    let mut room = [0; slice::DATE];
    let len = slice::date(&mut room, days);
    buf.put_slice(&room[..len]);
}

/// Writes a time given as microseconds since midnight (24:00:00 included).
pub fn time(buf: &mut impl BufMut, micros: i64) {
    let mut room = [0; slice::TIME];
    let len = slice::time_of_day(&mut room, micros);
    buf.put_slice(&room[..len]);
}

/// Writes a timestamp given as microseconds since 1970-01-01 00:00:00.
pub fn timestamp(buf: &mut impl BufMut, micros: i64) {
    let mut room = [0; slice::TIMESTAMP];
    let len = slice::timestamp(&mut room, micros);
    buf.put_slice(&room[..len]);
}

/// Writes a timestamptz given as microseconds since 1970-01-01 00:00:00 UTC, in the zone's time with its offset.
pub fn timestamptz(buf: &mut impl BufMut, micros: i64, zone: Tz) {
    let mut room = [0; slice::TIMESTAMP];
    let len = slice::timestamptz(&mut room, micros, zone);
    buf.put_slice(&room[..len]);
}

/// Returns the zone's offset east of Greenwich at a moment, in seconds.
pub fn offset_seconds(micros: i64, zone: Tz) -> i32 {
    let moment = DateTime::from_timestamp_micros(within_tables(micros, zone)).unwrap_or(DateTime::UNIX_EPOCH);
    zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()
}

/// Moves a moment from 2100 on into a year of the same calendar before it: crate `chrono-tz` has no rules beyond 2099, PostgreSQL applies
/// the last ones for ever.
pub(crate) fn within_tables(micros: i64, zone: Tz) -> i64 {
    const END: i64 = 4_102_444_800 * MICROS_PER_SECOND;
    // Morocco's daylight saving follows Ramadan, by a list that ends in 2087.
    if micros < END || matches!(zone, Tz::Africa__Casablanca | Tz::Africa__El_Aaiun) {
        return micros;
    }
    let first_day = |year: i64| 365 * (year - 1970) + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 - 477;
    let calendar = |year: i64| (first_day(year).rem_euclid(7), first_day(year + 1) - first_day(year));
    let year = civil(micros.div_euclid(MICROS_PER_DAY)).0;
    // Every calendar that there is comes up within 28 years.
    let same = (2072..2100).find(|known| calendar(*known) == calendar(year)).unwrap_or(2099);
    micros - (first_day(year) - first_day(same)) * MICROS_PER_DAY
}

/// Writes an interval: `1 year 2 mons -3 days +04:05:06.789` (datetime.c, `EncodeInterval`).
pub fn interval(buf: &mut impl BufMut, months: i32, days: i32, micros: i64) {
    let mut line = Line::new();
    let mut before = false;
    for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if value == 0 {
            continue;
        }
        if line.len > 0 {
            line.put(b" ");
        }
        if value < 0 {
            line.put(b"-");
        } else if before {
            line.put(b"+");
        }
        line.number(u64::from(value.unsigned_abs()), 1);
        line.put(b" ");
        line.put(unit.as_bytes());
        if value != 1 {
            line.put(b"s");
        }
        // A negative field makes the next one show its sign.
        before = value < 0;
    }
    if line.len == 0 || micros != 0 {
        if line.len > 0 {
            line.put(b" ");
        }
        if micros < 0 {
            line.put(b"-");
        } else if before {
            line.put(b"+");
        }
        let magnitude = micros.unsigned_abs();
        let seconds = magnitude / 1_000_000;
        line.number(seconds / 3600, 2);
        line.put(b":");
        line.number(seconds / 60 % 60, 2);
        line.put(b":");
        line.number(seconds % 60, 2);
        line.fraction(i64::try_from(magnitude % 1_000_000).unwrap_or(0));
    }
    line.end(buf, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut buf = Vec::new();
        write(&mut buf);
        String::from_utf8(buf).unwrap()
    }

    #[test]
    fn infinite_moments_are_words() {
        assert_eq!(text(|out| date(out, i32::MAX)), "infinity");
        assert_eq!(text(|out| date(out, i32::MIN)), "-infinity");
        assert_eq!(text(|out| timestamp(out, i64::MIN)), "-infinity");
        for zone in [Tz::UTC, Tz::America__New_York, Tz::Asia__Tokyo] {
            assert_eq!(text(|out| timestamptz(out, i64::MAX, zone)), "infinity");
            assert_eq!(text(|out| timestamptz(out, i64::MIN, zone)), "-infinity");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(text(|b| date(b, 0)), "1970-01-01");
        assert_eq!(text(|b| date(b, 19_782)), "2024-02-29");
        assert_eq!(text(|b| date(b, -719_162)), "0001-01-01");
        assert_eq!(text(|b| date(b, -719_163)), "0001-12-31 BC");
        assert_eq!(text(|b| date(b, 2_932_896)), "9999-12-31");
        assert_eq!(text(|b| date(b, 2_932_897)), "10000-01-01");
    }

    #[test]
    fn times() {
        assert_eq!(text(|b| time(b, 0)), "00:00:00");
        assert_eq!(text(|b| time(b, 3_723_450_000)), "01:02:03.45");
        assert_eq!(text(|b| time(b, 86_400_000_000)), "24:00:00");
        assert_eq!(text(|b| timestamp(b, -1)), "1969-12-31 23:59:59.999999");
    }

    #[test]
    fn zones_show_their_offset() {
        let summer = 1_720_000_000_000_000;
        assert_eq!(text(|b| timestamptz(b, summer, Tz::UTC)), "2024-07-03 09:46:40+00");
        assert_eq!(text(|b| timestamptz(b, summer, Tz::Europe__Berlin)), "2024-07-03 11:46:40+02");
        assert_eq!(text(|b| timestamptz(b, summer, Tz::Asia__Kolkata)), "2024-07-03 15:16:40+05:30");
        assert_eq!(text(|b| timestamptz(b, summer, Tz::America__St_Johns)), "2024-07-03 07:16:40-02:30");
        assert_eq!(text(|b| timestamptz(b, -3_000_000_000_000_000, Tz::Europe__Berlin)), "1874-12-07 19:33:28+00:53:28");
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn daylight_saving_goes_on_after_2099() {
        assert_eq!(text(|b| timestamptz(b, 86_636_029_182_273_114, Tz::Europe__Berlin)), "4715-05-22 21:39:42.273114+02");
        assert_eq!(text(|b| timestamptz(b, 28_450_921_198_000_000, Tz::America__New_York)), "2871-07-28 21:39:58-04");
        assert_eq!(text(|b| timestamptz(b, 191_731_307_698_368_270, Tz::Australia__Lord_Howe)), "8045-09-21 19:04:58.36827+10:30");
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn intervals_in_postgres_style() {
        let cases: &[(i32, i32, i64, &str)] = &[
            (0, 0, 0, "00:00:00"),
            (14, 3, 14_706_789_000, "1 year 2 mons 3 days 04:05:06.789"),
            (-14, 3, 14_706_000_000, "-1 years -2 mons +3 days 04:05:06"),
            (0, -1, 3_600_000_000, "-1 days +01:00:00"),
            (0, 1, -3_600_000_000, "1 day -01:00:00"),
            (0, 0, -1, "-00:00:00.000001"),
            (0, 0, 360_000_000_000_000, "100000:00:00"),
            (1, 0, 0, "1 mon"),
        ];
        for (months, days, micros, expected) in cases {
            assert_eq!(text(|b| interval(b, *months, *days, *micros)), *expected);
        }
    }
}
