//! The text of the commonest types, written at the start of a slice that has room for it: what the wire spends its time on. Each
//! function returns the length written.

use super::time::offset_seconds;
use super::{float, time};
use crate::types::zone::Tz;

/// Room for any integer.
pub const INTEGER: usize = 20;
/// Room for any float.
pub const FLOAT: usize = 32;
/// Room for a number of at most 64 bits with a point.
pub const DECIMAL: usize = 48;
/// Room for any date.
pub const DATE: usize = 24;
/// Room for any time of day.
pub const TIME: usize = 16;
/// Room for any timestamp with its zone.
pub const TIMESTAMP: usize = 56;

/// `00` to `99`.
static PAIRS: [u8; 200] = pairs();

const fn pairs() -> [u8; 200] {
    let mut pairs = [b'0'; 200];
    let mut i = 0;
    while i < 100 {
        // Below ten each.
        #[allow(clippy::cast_possible_truncation)]
        {
            pairs[2 * i] = b'0' + (i / 10) as u8;
            pairs[2 * i + 1] = b'0' + (i % 10) as u8;
        }
        i += 1;
    }
    pairs
}

/// Writes two digits; `value` is below 100.
#[inline]
fn two(out: &mut [u8], at: usize, value: usize) {
    out[at] = PAIRS[2 * value];
    out[at + 1] = PAIRS[2 * value + 1];
}

/// Writes two bytes, the high one first.
#[inline]
#[allow(clippy::cast_possible_truncation)]
fn short(out: &mut [u8], at: usize, value: u16) {
    out[at] = (value >> 8) as u8;
    out[at + 1] = value as u8;
}

/// Writes a whole number.
#[inline]
pub fn integer(out: &mut [u8], value: i64) -> usize {
    if value < 0 {
        out[0] = b'-';
        return 1 + unsigned(&mut out[1..], value.unsigned_abs());
    }
    unsigned(out, value.unsigned_abs())
}

/// Writes a whole number without a sign.
#[inline]
pub fn unsigned(out: &mut [u8], value: u64) -> usize {
    let len = value.checked_ilog10().map_or(1, |log| log as usize + 1);
    padded(&mut out[..len], value);
    len
}

/// Fills a slice with a number's last digits, zeros in front. Remainders of division are small: their casts lose nothing.
#[inline]
#[allow(clippy::cast_possible_truncation)]
fn padded(out: &mut [u8], mut value: u64) {
    let mut at = out.len();
    // Four digits a division, on 32 bits as soon as that is enough.
    while at >= 4 && value > u64::from(u32::MAX) {
        let four = (value % 10_000) as usize;
        value /= 10_000;
        at -= 4;
        two(out, at, four / 100);
        two(out, at + 2, four % 100);
    }
    let mut value = value as u32;
    while at >= 4 {
        let four = (value % 10_000) as usize;
        value /= 10_000;
        at -= 4;
        two(out, at, four / 100);
        two(out, at + 2, four % 100);
    }
    if at >= 2 {
        at -= 2;
        two(out, at, (value % 100) as usize);
        value /= 100;
    }
    if at == 1 {
        out[0] = b'0' + (value % 10) as u8;
    }
}

const TENS: [u64; 20] = {
    let mut tens = [1; 20];
    let mut i = 1;
    while i < 20 {
        tens[i] = tens[i - 1] * 10;
        i += 1;
    }
    tens
};

/// Writes `magnitude / 10^scale` with all its digits behind the point; `scale` is below 20.
#[inline]
pub fn decimal(out: &mut [u8], negative: bool, magnitude: u64, scale: usize) -> usize {
    let mut at = 0;
    if negative {
        out[0] = b'-';
        at = 1;
    }
    if scale == 0 {
        return at + unsigned(&mut out[at..], magnitude);
    }
    let ten = TENS[scale];
    at += unsigned(&mut out[at..], magnitude / ten);
    out[at] = b'.';
    padded(&mut out[at + 1..at + 1 + scale], magnitude % ten);
    at + 1 + scale
}

/// The greatest scale of [`decimal_binary`].
pub const BINARY_SCALE: usize = 16;
/// Room for the binary form of a number of at most 64 bits.
pub const DECIMAL_BINARY: usize = 8 + 2 * 9;

/// Writes `magnitude / 10^scale` in numeric's binary form: count of base-10000 digits, weight, sign, display scale, digits (numeric.c,
/// `numeric_send`). `scale` is at most [`BINARY_SCALE`].
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
pub fn decimal_binary(out: &mut [u8], negative: bool, magnitude: u64, scale: usize) -> usize {
    const WHOLE: usize = 5;
    let mut groups = [0u16; WHOLE + BINARY_SCALE / 4];
    let end = WHOLE + scale.div_ceil(4);
    let mut fraction = magnitude % TENS[scale] * TENS[(end - WHOLE) * 4 - scale];
    let mut at = end;
    while at > WHOLE {
        at -= 1;
        groups[at] = (fraction % 10_000) as u16;
        fraction /= 10_000;
    }
    let mut whole = magnitude / TENS[scale];
    let mut first = WHOLE;
    while whole > 0 {
        first -= 1;
        groups[first] = (whole % 10_000) as u16;
        whole /= 10_000;
    }
    while first < end && groups[first] == 0 {
        first += 1;
    }
    let mut last = end;
    while last > first && groups[last - 1] == 0 {
        last -= 1;
    }
    let weight = if first == last { 0 } else { WHOLE as i16 - 1 - first as i16 };
    let (count, sign) = ((last - first) as u16, if negative { 0x4000 } else { 0 });
    short(out, 0, count);
    short(out, 2, weight as u16);
    short(out, 4, sign);
    short(out, 6, scale as u16);
    let mut at = 8;
    while first < last {
        short(out, at, groups[first]);
        first += 1;
        at += 2;
    }
    at
}

/// Writes a float8 in its shortest form.
#[inline]
pub fn float8(out: &mut [u8], value: f64) -> usize {
    // A decimal of at most 15 digits that reads back as the value is its shortest form: no other of so few digits does. Prices, rates and
    // counts are such numbers, and two operations find theirs; the quotient is rounded as reading would round it.
    let magnitude = value.abs();
    if magnitude < 1e11 {
        // Below 1e15, and not negative.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let whole = (magnitude * 1e4 + 0.5) as u64;
        #[allow(clippy::cast_precision_loss)]
        if whole as f64 / 1e4 == magnitude {
            let len = decimal(out, value.is_sign_negative(), whole, 4);
            return trimmed(out, len);
        }
    }
    float::float8_slice(out, value)
}

/// Takes trailing zeros, and a bare point, off a number that has a point.
#[inline]
fn trimmed(out: &[u8], mut len: usize) -> usize {
    while out[len - 1] == b'0' {
        len -= 1;
    }
    if out[len - 1] == b'.' { len - 1 } else { len }
}

/// Writes a date given as days since 1970-01-01, as DateStyle ISO prints it.
#[inline]
pub fn date(out: &mut [u8], days: i32) -> usize {
    if !(time::FIRST_DAY..=time::LAST_DAY).contains(&i64::from(days)) {
        return time::rare_date(out, days);
    }
    plain_date(out, i64::from(days));
    10
}

/// Writes `YYYY-MM-DD`; the year is between 1 and 9999 (Neri and Schneider, "Euclidean affine functions and their application to calendar
/// algorithms": the divisions become multiplications).
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn plain_date(out: &mut [u8], days: i64) {
    let quarters = 4 * (days + 719_468) as u32 + 3;
    let (century, day_of_century) = (quarters / 146_097, quarters % 146_097 / 4);
    let product = 2_939_745 * u64::from(4 * day_of_century + 3);
    let (year_of_century, day_of_year) = ((product >> 32) as u32, (product as u32) / 2_939_745 / 4);
    let shifted = 2141 * day_of_year + 197_913;
    let (month, day) = (shifted >> 16, (shifted & 0xffff) / 2141 + 1);
    // The calculation's years begin in March.
    let after_december = day_of_year >= 306;
    let year = (100 * century + year_of_century + u32::from(after_december)) as usize;
    let month = if after_december { month - 12 } else { month };
    let out = &mut out[..10];
    two(out, 0, year / 100);
    two(out, 2, year % 100);
    out[4] = b'-';
    two(out, 5, month as usize);
    out[7] = b'-';
    two(out, 8, day as usize);
}

/// Writes a time of day given as microseconds since midnight (24:00:00 included).
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn time_of_day(out: &mut [u8], micros: i64) -> usize {
    let micros = micros.clamp(0, time::MICROS_PER_DAY) as u64;
    let (seconds, fraction) = ((micros / 1_000_000) as usize, micros % 1_000_000);
    two(out, 0, seconds / 3600);
    out[2] = b':';
    two(out, 3, seconds / 60 % 60);
    out[5] = b':';
    two(out, 6, seconds % 60);
    if fraction == 0 {
        return 8;
    }
    out[8] = b'.';
    padded(&mut out[9..15], fraction);
    trimmed(out, 15)
}

/// Writes a timestamp given as microseconds since 1970-01-01 00:00:00, as DateStyle ISO prints it.
#[inline]
pub fn timestamp(out: &mut [u8], micros: i64) -> usize {
    let days = micros.div_euclid(time::MICROS_PER_DAY);
    if !(time::FIRST_DAY..=time::LAST_DAY).contains(&days) {
        return time::rare_timestamp(out, micros);
    }
    plain_date(out, days);
    out[10] = b' ';
    11 + time_of_day(&mut out[11..], micros.rem_euclid(time::MICROS_PER_DAY))
}

/// Writes a timestamptz given as microseconds since 1970-01-01 00:00:00 UTC, in the zone's time with its offset.
#[inline]
pub fn timestamptz(out: &mut [u8], micros: i64, zone: Tz) -> usize {
    let offset = if zone == Tz::UTC { 0 } else { offset_seconds(micros, zone) };
    let local = micros.saturating_add(i64::from(offset) * 1_000_000);
    if !(time::FIRST_DAY..=time::LAST_DAY).contains(&local.div_euclid(time::MICROS_PER_DAY)) {
        return time::rare_timestamptz(out, micros, local, offset);
    }
    let len = timestamp(out, local);
    len + zone_offset(&mut out[len..], offset)
}

/// Writes an offset east of Greenwich: `+02`, `-03:30`, `+00:53:28`.
pub(super) fn zone_offset(out: &mut [u8], offset: i32) -> usize {
    let magnitude = offset.unsigned_abs() as usize;
    out[0] = if offset < 0 { b'-' } else { b'+' };
    two(out, 1, magnitude / 3600 % 100);
    if magnitude.is_multiple_of(3600) {
        return 3;
    }
    out[3] = b':';
    two(out, 4, magnitude / 60 % 60);
    if magnitude.is_multiple_of(60) {
        return 6;
    }
    out[6] = b':';
    two(out, 7, magnitude % 60);
    9
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(write: impl FnOnce(&mut [u8]) -> usize) -> String {
        let mut room = [b'x'; 64];
        let len = write(&mut room);
        String::from_utf8(room[..len].to_vec()).unwrap()
    }

    #[test]
    fn limits() {
        assert_eq!(text(|out| integer(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(text(|out| integer(out, 0)), "0");
        assert_eq!(text(|out| unsigned(out, u64::MAX)), u64::MAX.to_string());
        assert_eq!(text(|out| decimal(out, true, 5, 2)), "-0.05");
        assert_eq!(text(|out| decimal(out, false, u64::MAX, 19)), "1.8446744073709551615");
        assert_eq!(text(|out| float8(out, -0.0)), "-0");
        assert_eq!(text(|out| float8(out, 0.0001)), "0.0001");
        assert_eq!(text(|out| float8(out, 99_999_999_999.999_9)), "99999999999.9999");
        assert_eq!(text(|out| timestamptz(out, i64::MAX, Tz::UTC)), "infinity");
        assert_eq!(text(|out| timestamptz(out, i64::MAX - 1, Tz::UTC)), "294247-01-10 04:00:54.775806+00");
    }

    proptest! {
        #[test]
        fn binary_numerics_as_the_digits_say(value in any::<i64>(), shift in 0u32..64, scale in 0i8..=16) {
            let value = value >> shift;
            let mut expected = Vec::new();
            let shown = crate::types::NumericScale::Fixed(u16::try_from(scale).unwrap());
            crate::types::output::Decimal::from_i128(value.into(), scale, shown).binary(&mut expected);
            let mut room = [0; DECIMAL_BINARY];
            let len = decimal_binary(&mut room, value < 0, value.unsigned_abs(), usize::try_from(scale).unwrap());
            prop_assert_eq!(&room[..len], expected);
        }

        #[test]
        fn integers_as_the_standard_library_prints_them(value in any::<i64>(), shift in 0u32..64) {
            let value = value >> shift;
            prop_assert_eq!(text(|out| integer(out, value)), value.to_string());
        }

        // The short way and the long one agree.
        #[test]
        fn floats_of_few_decimals(cents in -2_000_000_000_000i64..2_000_000_000_000, places in 0i32..6) {
            #[allow(clippy::cast_precision_loss)]
            let value = cents as f64 / 10f64.powi(places);
            prop_assert_eq!(text(|out| float8(out, value)), text(|out| float::float8_slice(out, value)));
        }

        #[test]
        fn dates_as_chrono_prints_them(days in -719_162i32..=2_932_896, micros in 0i64..86_400_000_000) {
            let date = chrono::NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
            prop_assert_eq!(text(|out| super::date(out, days)), date.format("%Y-%m-%d").to_string());
            let moment = i64::from(days) * time::MICROS_PER_DAY + micros;
            let shown = chrono::DateTime::from_timestamp_micros(moment).unwrap().format("%Y-%m-%d %H:%M:%S%.6f").to_string();
            let shown = match shown.strip_suffix(".000000") {
                Some(whole) => whole,
                None => shown.trim_end_matches('0'),
            };
            prop_assert_eq!(text(|out| timestamp(out, moment)), shown);
        }
    }
}
