//! BigQuery's texts of single values.

use arrow::datatypes::IntervalMonthDayNano;

use crate::types::literal::Literal;
use crate::types::{Type, input, range};

/// `true`, `false`.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Takes `NaN`, `Infinity`, `-Infinity` as BigQuery spells them, too.
pub fn float<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Returns a decimal without its point, with exactly `scale` digits behind where it was; `None` where more digits than that count.
pub fn digits(text: &str, scale: usize) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() <= 400)?),
        None => (text, 0),
    };
    let (sign, plain) = match mantissa.as_bytes().first()? {
        b'-' => ("-", &mantissa[1..]),
        b'+' => ("", &mantissa[1..]),
        _ => ("", mantissa),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let mut all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let wanted = i64::try_from(whole.len() + scale).ok()? + i64::from(exponent);
    let wanted = usize::try_from(wanted.max(0)).ok()?;
    if all.get(wanted..).is_some_and(|lost| lost.bytes().any(|digit| digit != b'0')) {
        return None;
    }
    all.truncate(wanted);
    all.extend(std::iter::repeat_n('0', wanted - all.len()));
    let number = all.trim_start_matches('0');
    Some(if number.is_empty() { "0".to_owned() } else { format!("{sign}{number}") })
}

/// Days since 1970 of `YYYY-MM-DD`.
pub fn date(text: &str) -> Option<i32> {
    let (year, (month, day)) = text.split_once('-').and_then(|(year, rest)| Some((year, rest.split_once('-')?)))?;
    let day = chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    i32::try_from(day.signed_duration_since(chrono::NaiveDate::default()).num_days()).ok()
}

/// Microseconds since midnight of `HH:MM:SS[.F]`.
pub fn time(text: &str) -> Option<i64> {
    let clock = chrono::NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?;
    clock.signed_duration_since(chrono::NaiveTime::MIN).num_microseconds()
}

/// Microseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.F]`.
pub fn datetime(text: &str) -> Option<i64> {
    let (day, clock) = text.split_once(['T', ' '])?;
    Some(i64::from(date(day)?) * 86_400_000_000 + time(clock)?)
}

/// Microseconds since 1970; seconds with a fraction or an exponent, or a date and time in UTC, from servers that do not know `useInt64Timestamp`.
pub fn timestamp(text: &str) -> Option<i64> {
    if let Ok(micros) = text.parse() {
        return Some(micros);
    }
    if let Some(micros) = digits(text, 6) {
        return micros.parse().ok();
    }
    if let Ok(seconds) = text.parse::<f64>() {
        #[allow(clippy::cast_possible_truncation)] // saturates; BigQuery's years are within
        return seconds.is_finite().then(|| (seconds * 1e6).round() as i64);
    }
    let utc = ["Z", " UTC", "+00:00", "+00"].iter().find_map(|zone| text.strip_suffix(zone))?;
    datetime(utc)
}

/// `Y-M D H:M:S[.F]`, each part with its own sign.
pub fn interval(text: &str) -> Option<IntervalMonthDayNano> {
    let mut parts = text.split(' ');
    let (months, days, clock) = (parts.next()?, parts.next()?, parts.next()?);
    let signed = |text: &str| text.strip_prefix('-').map_or((1, text.to_owned()), |rest| (-1, rest.to_owned()));
    let (sign, months) = signed(months);
    let (year, month) = months.split_once('-')?;
    let months = sign * (year.parse::<i32>().ok()? * 12 + month.parse::<i32>().ok()?);
    let (sign, clock) = signed(clock);
    let mut fields = clock.split(':');
    let (hours, minutes, seconds) = (fields.next()?, fields.next()?, fields.next()?);
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let whole = (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?) * 60 + seconds.parse::<i64>().ok()?;
    let nanos: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let nanos = whole.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(IntervalMonthDayNano::new(months, days.parse().ok()?, i64::from(sign) * nanos))
}

/// The bytes of `00112233-4455-6677-8899-aabbccddeeff`.
pub fn uuid(text: &str) -> Option<[u8; 16]> {
    let hex: String = text.chars().filter(|letter| *letter != '-').collect();
    let number = u128::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == 32)?;
    Some(number.to_be_bytes())
}

/// `[2024-01-01, UNBOUNDED)` as PostgreSQL keeps it: `[2024-01-01,)`.
pub fn range(text: &str, ty: Type) -> Option<Vec<u8>> {
    let (start, end) = text.strip_prefix('[')?.strip_suffix(')')?.split_once(',')?;
    let bound = |text: &str| {
        let text = text.trim();
        if matches!(text, "UNBOUNDED" | "NULL" | "") {
            return Some(None);
        }
        let value = match ty {
            Type::DATERANGE => Literal::Date(date(text)?),
            Type::TSRANGE => Literal::Timestamp(datetime(text)?),
            _ => Literal::TimestampTz(
                timestamp(text).or_else(|| input::datetime::timestamptz(text, crate::types::zone::Tz::UTC.into()).ok())?,
            ),
        };
        Some(Some(value))
    };
    let (lower, upper) = (bound(start)?, bound(end)?);
    range::make(ty, range::End { value: lower, inclusive: true }, range::End { value: upper, inclusive: false }).ok()
}
