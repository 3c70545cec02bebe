//! to_char over intervals and times of day (formatting.c, `interval_to_char`).

use super::format::{Piece, ROMAN, add_ordinal, pieces};
use crate::error::{Report, Result, SqlState};

fn invalid() -> Report {
    Report::new(SqlState::INVALID_DATETIME_FORMAT, "invalid format specification for an interval value")
        .hint("Intervals are not tied to specific calendar dates.")
}

/// Writes an interval by a template.
pub(super) fn to_char((months, days, micros): (i32, i32, i64), template: &str) -> Result<String> {
    let (year, month, day) = (i64::from(months / 12), i64::from(months % 12), i64::from(days));
    let (hour, minute, second, fraction) = (micros / 3_600_000_000, micros / 60_000_000 % 60, micros / 1_000_000 % 60, micros % 1_000_000);
    let total = i64::from(months) * 30 + day;
    let afternoon = hour % 24 >= 12;
    let mut out = String::new();
    for piece in pieces(template)? {
        let (word, fill, suffix) = match piece {
            Piece::Text(text) => {
                out.push_str(&text);
                continue;
            }
            Piece::Key { word, fill, ordinal, .. } => (word, fill, ordinal),
        };
        // Fractions of a second keep their zeros.
        let fill = fill && !matches!(word, "MS" | "US" | "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6");
        let mut number = |value: i64, width: usize| {
            // A sign takes one more place, but not of days; for the years of ISO 8601 the plain year's sign counts.
            let signed = if word.starts_with('I') { year < 0 } else { value < 0 && word != "DD" };
            let width = if signed { width + 1 } else { width };
            out.push_str(&if fill { value.to_string() } else { format!("{value:0width$}") });
            add_ordinal(value, suffix, &mut out);
        };
        match word {
            "YYYY" => number(year, 4),
            "YYY" => number(year % 1000, 3),
            "YY" => number(year % 100, 2),
            "Y" => number(year % 10, 1),
            "IYYY" => number(iso_year(year, month, day), 4),
            "IYY" => number(iso_year(year, month, day) % 1000, 3),
            "IY" => number(iso_year(year, month, day) % 100, 2),
            "I" => number(iso_year(year, month, day) % 10, 1),
            "J" => number(julian_day(year, month, day), 1),
            "Y,YYY" => {
                out.push_str(&format!("{},{:03}", year / 1000, year % 1000));
                add_ordinal(year, suffix, &mut out);
            }
            "CC" => number(year / 100, 2),
            "MM" => number(month, 2),
            "Q" if month == 0 => {}
            "Q" => number((month - 1) / 3 + 1, 1),
            "DD" => number(day, 2),
            "DDD" => number(total, 3),
            "WW" => number((total - 1) / 7 + 1, 2),
            "W" => number((day - 1) / 7 + 1, 1),
            "HH24" => number(hour, 2),
            "HH" | "HH12" => number(if hour % 12 == 0 { 12 } else { hour % 12 }, 2),
            "MI" => number(minute, 2),
            "SS" => number(second, 2),
            "SSSS" | "SSSSS" => number(hour * 3600 + minute * 60 + second, 1),
            "MS" | "FF3" => number(fraction / 1000, 3),
            "US" | "FF6" => number(fraction, 6),
            "FF1" => number(fraction / 100_000, 1),
            "FF2" => number(fraction / 10_000, 2),
            "FF4" => number(fraction / 100, 4),
            "FF5" => number(fraction / 10, 5),
            "AM" | "PM" => out.push_str(if afternoon { "PM" } else { "AM" }),
            "am" | "pm" => out.push_str(if afternoon { "pm" } else { "am" }),
            "A.M." | "P.M." => out.push_str(if afternoon { "P.M." } else { "A.M." }),
            "a.m." | "p.m." => out.push_str(if afternoon { "p.m." } else { "a.m." }),
            "FX" => {}
            "RM" | "rm" => {
                if month < 0 || year < 0 {
                    return Err(Report::unsupported("the pattern RM of to_char for a negative interval"));
                }
                if month == 0 && year == 0 {
                    continue;
                }
                let at = if month == 0 { if year >= 0 { 11 } else { 0 } } else { (month - 1).rem_euclid(12) };
                let roman = ROMAN[usize::try_from(at).unwrap_or(0)];
                let roman = if word == "rm" { roman.to_lowercase() } else { roman.to_owned() };
                out.push_str(&if fill { roman } else { format!("{roman:<4}") });
            }
            _ => return Err(invalid()),
        }
    }
    Ok(out)
}

/// `date2j`: an interval's fields are taken for a date's, whatever they are.
fn julian_day(year: i64, month: i64, day: i64) -> i64 {
    let (month, year) = if month > 2 { (month + 1, year + 4800) } else { (month + 13, year + 4799) };
    let century = year / 100;
    year * 365 - 32_167 + year / 4 - century + century / 4 + 7834 * month / 256 + day
}

/// `date2isoyear`
fn iso_year(year: i64, month: i64, day: i64) -> i64 {
    let at = julian_day(year, month, day);
    // The Monday of the week that holds the fourth of January.
    let first = |year: i64| {
        let fourth = julian_day(year, 1, 4);
        fourth - fourth.rem_euclid(7)
    };
    let year = if at < first(year) { year - 1 } else { year };
    let week = (at - first(year)) / 7 + 1;
    if week >= 52 && at >= first(year + 1) { year + 1 } else { year }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_show_their_own_fields() {
        let day = 86_400_000_000;
        assert_eq!(to_char((0, 0, 54_132_000_000), "HH24:MI:SS"), Ok("15:02:12".into()));
        assert_eq!(to_char((0, 400, 10_800_000_000), "DD HH24"), Ok("400 03".into()));
        assert_eq!(to_char((14, 3, 0), "YYYY-MM-DD"), Ok("0001-02-03".into()));
        assert_eq!(to_char((0, -1, -3_600_000_000), "DD HH24"), Ok("-1 -01".into()));
        assert!(to_char((0, 0, day), "Day").is_err());
        assert_eq!(to_char((0, 0, 0), "IYYY IYY IY I"), Ok("-001 -01 -1 -1".into()));
        assert_eq!(to_char((27, 0, 0), "IYYY IY I"), Ok("0002 02 2".into()));
        assert_eq!(to_char((-14, 0, 0), "IYYY IYY IY I"), Ok("-0002 -002 -02 -2".into()));
        assert_eq!(to_char((0, 1, 0), "J"), Ok("1721029".into()));
    }
}
