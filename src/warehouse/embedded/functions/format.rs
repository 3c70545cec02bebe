//! to_char over dates and times; to_date and to_timestamp (formatting.c).

use super::Scalar;
use super::date::{at_midnight, checked_date, civil, days_from, split};
use super::rows::{DATE, TEXT, TIMESTAMPTZ, strict};
use super::value::Value;
use super::zone::{parse, to_instant, to_local};
use crate::error::{Report, Result, SqlState};
use crate::types::zone::Tz;
use chrono::{Datelike, NaiveDate};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// Keywords, longest first where one begins another.
const KEYWORDS: &[&str] = &[
    "SSSSS", "MONTH", "Month", "month", "Y,YYY", "IYYY", "YYYY", "HH24", "HH12", "A.M.", "P.M.", "a.m.", "p.m.", "B.C.", "A.D.", "b.c.",
    "a.d.", "SSSS", "IDDD", "IYY", "YYY", "DAY", "Day", "day", "DDD", "MON", "Mon", "mon", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "TZH",
    "TZM", "tzh", "tzm", "AM", "PM", "am", "pm", "BC", "AD", "bc", "ad", "FX", "CC", "DD", "DY", "Dy", "dy", "HH", "ID", "IW", "IY", "MI",
    "MM", "MS", "OF", "RM", "rm", "SS", "TZ", "tz", "US", "WW", "YY", "D", "I", "J", "Q", "W", "Y",
];

/// A piece of a template.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// `fill`: FM stands before it; `names`: TM does.
    Key {
        word: &'static str,
        fill: bool,
        names: bool,
        ordinal: Option<&'static str>,
    },
    Text(String),
}

/// Cuts a template into keywords and text. A keyword whose case says nothing is known in capitals and in small letters, not in a mixture of both.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece>> {
    let mut list = Vec::new();
    let mut rest = template;
    let push = |list: &mut Vec<Piece>, text: &str| match list.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => list.push(Piece::Text(text.to_owned())),
    };
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            let mut text = String::new();
            let mut chars = rest.char_indices().skip(1);
            let mut end = rest.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => text.extend(chars.next().map(|(_, c)| c)),
                    c => text.push(c),
                }
            }
            push(&mut list, &text);
            rest = &rest[end..];
            continue;
        }
        if let Some(tail) = rest.strip_prefix("\\\"") {
            push(&mut list, "\"");
            rest = tail;
            continue;
        }
        // One prefix, for the keyword right behind it. Localized names (TM) are English here, and never padded.
        let prefix = ["FM", "fm", "TM", "tm"].into_iter().find(|prefix| rest.starts_with(prefix)).unwrap_or_default();
        rest = &rest[prefix.len()..];
        let found =
            KEYWORDS.iter().find(|word| rest.starts_with(*word)).or_else(|| KEYWORDS.iter().find(|word| is_in_small_letters(rest, word)));
        match found {
            Some(word) => {
                rest = &rest[word.len()..];
                let ordinal = ["TH", "th"].into_iter().find(|suffix| rest.starts_with(suffix));
                if ordinal.is_some() {
                    rest = &rest[2..];
                }
                let (fill, names) = (prefix.eq_ignore_ascii_case("FM"), prefix.eq_ignore_ascii_case("TM"));
                list.push(Piece::Key { word, fill, names, ordinal });
            }
            None if rest.starts_with('"') || rest.starts_with("\\\"") => {}
            None => {
                let length = rest.chars().next().map_or(0, char::len_utf8);
                push(&mut list, &rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    Ok(list)
}

/// Tells whether a keyword stands for digits.
fn is_number(word: &str) -> bool {
    const NAMES: &str = "A.D. A.M. AD AM B.C. BC P.M. PM MONTH MON DAY DY RM TZH TZ OF FX";
    !NAMES.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case(word))
}

fn is_in_small_letters(text: &str, word: &str) -> bool {
    text.len() >= word.len() && text.bytes().zip(word.bytes()).all(|(letter, capital)| letter == capital.to_ascii_lowercase())
}

/// Appends what TH or th asks for behind a number.
pub(super) fn add_ordinal(n: i64, suffix: Option<&str>, out: &mut String) {
    match suffix {
        Some("TH") => out.push_str(&ordinal(n).to_uppercase()),
        Some(_) => out.push_str(ordinal(n)),
        None => {}
    }
}

fn ordinal(n: i64) -> &'static str {
    match (n.abs() % 100, n.abs() % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// Writes a moment's local time; `zone` for its name and offset, where it has one.
fn to_char(local: i64, template: &str, zone: Option<(Tz, i64)>) -> Result<String> {
    let (days, clock) = split(local);
    let (year, month, day) = civil(days);
    if year <= 0 {
        return Err(Report::unsupported("to_char of a date before Christ"));
    }
    let date = NaiveDate::from_epoch_days(days).unwrap_or_default();
    let (hour, minute, second, micros) = (clock / 3_600_000_000, clock / 60_000_000 % 60, clock / 1_000_000 % 60, clock % 1_000_000);
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let name = |full: &str, word: &str, short: bool, fill: bool| {
        let text = if short { &full[..3] } else { full };
        let text = match word.chars().nth(1) {
            Some(c) if c.is_uppercase() => text.to_uppercase(),
            _ if word.starts_with(|c: char| c.is_uppercase()) => text.to_owned(),
            _ => text.to_lowercase(),
        };
        if fill || short { text } else { format!("{text:<9}") }
    };
    let month_name = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    let weekday = date.weekday().num_days_from_sunday();
    let day_name = DAYS[usize::try_from(weekday).unwrap_or(0)];
    let iso = date.iso_week();
    let mut out = String::new();
    for piece in pieces(template)? {
        let (word, fill, names, suffix) = match piece {
            Piece::Text(text) => {
                out.push_str(&text);
                continue;
            }
            Piece::Key { word, fill, names, ordinal } => (word, fill, names, ordinal),
        };
        let bare = fill || names;
        // Fractions of a second keep their zeros.
        let fill = fill && !matches!(word, "MS" | "US" | "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6");
        let mut number = |value: i64, width: usize| {
            out.push_str(&if fill { value.to_string() } else { format!("{value:0width$}") });
            add_ordinal(value, suffix, &mut out);
        };
        match word {
            "YYYY" => number(year.into(), 4),
            "YYY" => number(i64::from(year) % 1000, 3),
            "YY" => number(i64::from(year) % 100, 2),
            "Y" => number(i64::from(year) % 10, 1),
            "Y,YYY" => {
                out.push_str(&format!("{},{:03}", year / 1000, year % 1000));
                add_ordinal(year.into(), suffix, &mut out);
            }
            "IYYY" => number(iso.year().into(), 4),
            "IYY" => number(i64::from(iso.year()) % 1000, 3),
            "IY" => number(i64::from(iso.year()) % 100, 2),
            "I" => number(i64::from(iso.year()) % 10, 1),
            "CC" => number((i64::from(year) + 99) / 100, 2),
            "MM" => number(month.into(), 2),
            "DD" => number(day.into(), 2),
            "DDD" => number(date.ordinal().into(), 3),
            "IDDD" => number(i64::from(iso.week() - 1) * 7 + i64::from(date.weekday().number_from_monday()), 3),
            "D" => number(i64::from(weekday) + 1, 1),
            "ID" => number(date.weekday().number_from_monday().into(), 1),
            "IW" => number(iso.week().into(), 2),
            "WW" => number((i64::from(date.ordinal()) - 1) / 7 + 1, 2),
            "W" => number((i64::from(day) - 1) / 7 + 1, 1),
            "Q" => number(i64::from((month - 1) / 3 + 1), 1),
            "J" => number(i64::from(days) + 2_440_588, 1),
            "HH24" => number(hour, 2),
            "HH" | "HH12" => number(hour12, 2),
            "MI" => number(minute, 2),
            "SS" => number(second, 2),
            "SSSS" | "SSSSS" => number(clock / 1_000_000, 1),
            "MS" | "FF3" => number(micros / 1000, 3),
            "US" | "FF6" => number(micros, 6),
            "FF1" => number(micros / 100_000, 1),
            "FF2" => number(micros / 10_000, 2),
            "FF4" => number(micros / 100, 4),
            "FF5" => number(micros / 10, 5),
            "AM" | "PM" => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            "am" | "pm" => out.push_str(if hour < 12 { "am" } else { "pm" }),
            "A.M." | "P.M." => out.push_str(if hour < 12 { "A.M." } else { "P.M." }),
            "a.m." | "p.m." => out.push_str(if hour < 12 { "a.m." } else { "p.m." }),
            "B.C." | "A.D." => out.push_str("A.D."),
            "b.c." | "a.d." => out.push_str("a.d."),
            "BC" | "AD" => out.push_str("AD"),
            "bc" | "ad" => out.push_str("ad"),
            // It is about reading.
            "FX" => {}
            "MONTH" | "Month" | "month" => out.push_str(&name(month_name, word, false, bare)),
            "MON" | "Mon" | "mon" => out.push_str(&name(month_name, word, true, bare)),
            "DAY" | "Day" | "day" => out.push_str(&name(day_name, word, false, bare)),
            "DY" | "Dy" | "dy" => out.push_str(&name(day_name, word, true, bare)),
            "RM" | "rm" => {
                let roman = ROMAN[usize::try_from(month - 1).unwrap_or(0)];
                let roman = if word == "rm" { roman.to_lowercase() } else { roman.to_owned() };
                out.push_str(&if fill { roman } else { format!("{roman:<4}") });
            }
            "TZ" | "tz" | "OF" | "TZH" | "TZM" | "tzh" | "tzm" => {
                // Without a zone there is no name, and the offset is zero.
                let minutes = zone.map_or(0, |(_, at)| (local - at) / 60_000_000);
                let sign = if minutes < 0 { '-' } else { '+' };
                match word {
                    "TZ" | "tz" => {
                        let short = zone.map(|(zone, at)| abbreviation(zone, at)).unwrap_or_default();
                        out.push_str(&if word == "tz" { short.to_lowercase() } else { short });
                    }
                    "TZH" | "tzh" => out.push_str(&format!("{sign}{:02}", minutes.abs() / 60)),
                    "TZM" | "tzm" => out.push_str(&format!("{:02}", minutes.abs() % 60)),
                    _ => {
                        let hours = minutes.abs() / 60;
                        out.push_str(&if fill { format!("{sign}{hours}") } else { format!("{sign}{hours:02}") });
                        if minutes % 60 != 0 {
                            out.push_str(&format!(":{:02}", minutes.abs() % 60));
                        }
                    }
                }
            }
            other => return Err(Report::unsupported(format!("the pattern {other} of to_char"))),
        }
    }
    Ok(out)
}

fn abbreviation(zone: Tz, at: i64) -> String {
    let utc = chrono::DateTime::from_timestamp_micros(at).unwrap_or_default();
    utc.with_timezone(&zone).format("%Z").to_string()
}

/// What to_date and to_timestamp read.
#[derive(Default)]
struct Fields {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    ordinal: Option<i32>,
    /// The year and week of ISO 8601, and the day of that week from 1.
    iso: (Option<i32>, Option<i32>, Option<i32>),
    /// The day of the week by name or number, from 1 for Sunday: only a week of ISO 8601 has days.
    weekday: Option<i32>,
    week: Option<i32>,
    julian: Option<i32>,
    /// Seconds of a day, and of an offset.
    clock: Option<i64>,
    offset: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    /// Microseconds that MS says.
    millis: i64,
    /// Microseconds that US says.
    micros: i64,
    pm: Option<bool>,
}

fn bad(text: &str, word: &str) -> Report {
    Report::new(SqlState::INVALID_DATETIME_FORMAT, format!("invalid value \"{text}\" for \"{word}\""))
}

fn read_fields(text: &str, template: &str) -> Result<Fields> {
    let mut fields = Fields::default();
    let mut rest = text.trim_start();
    let list = pieces(template)?;
    for (i, piece) in list.iter().enumerate() {
        let word = match piece {
            Piece::Text(separator) => {
                // Separators match any separators; letters must be there and are skipped one by one.
                let offset = matches!(list.get(i + 1), Some(Piece::Key { word: "TZH" | "tzh", .. }));
                if offset && separator.chars().count() > 1 && rest.contains('-') {
                    return Err(Report::unsupported("several separators before the sign of an offset"));
                }
                // The sign of an offset is no separator.
                for c in separator.chars() {
                    if c.is_alphanumeric() {
                        rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or("");
                    } else {
                        rest = rest.trim_start();
                        if rest.starts_with(|c: char| !c.is_alphanumeric() && c != '+' && !(offset && c == '-')) {
                            rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
                        }
                    }
                }
                continue;
            }
            Piece::Key { word, .. } => *word,
        };
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        // A number ends after its width where another number follows at once (`is_next_separator`), else where its digits end.
        let adjacent = matches!(piece, Piece::Key { fill: false, ordinal: None, .. })
            && match list.get(i + 1) {
                Some(Piece::Key { word, .. }) => is_number(word),
                Some(Piece::Text(text)) => text.starts_with(|c: char| c.is_ascii_digit()),
                None => false,
            };
        let mut number = |width: usize| -> Result<i64> {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let take = if adjacent { digits.min(width) } else { digits };
            if adjacent && rest.len() < width {
                let message = format!("source string too short for \"{word}\" formatting field");
                let detail = format!("Field requires {width} characters, but only {} remain.", rest.len());
                return Err(Report::new(SqlState::INVALID_DATETIME_FORMAT, message).detail(detail));
            }
            if take == 0 {
                return Err(bad(rest.get(..width.min(rest.len())).unwrap_or(rest), word).detail("Value must be an integer."));
            }
            let value = rest[..take].parse().map_err(|_| bad(rest, word))?;
            rest = &rest[take..];
            Ok(value)
        };
        let small = |value: i64| i32::try_from(value).map_err(|_| bad(text, word));
        match word {
            "YYYY" => set(&mut fields.year, small(number(4)?)?, word)?,
            "YYY" | "YY" | "Y" => set(&mut fields.year, near_2020(small(number(word.len())?)?), word)?,
            "IYYY" => fields.iso.0 = Some(small(number(4)?)?),
            "IYY" | "IY" | "I" => fields.iso.0 = Some(near_2020(small(number(word.len())?)?)),
            "IW" => fields.iso.1 = Some(small(number(2)?)?),
            "ID" => {
                let day = small(number(1)?)?;
                set(&mut fields.weekday, day, word)?;
                (fields.weekday, fields.iso.2) = (Some(day % 7 + 1), Some(day));
            }
            "WW" => fields.week = Some(small(number(2)?)?),
            "J" => fields.julian = Some(small(number(7)?)? - 2_440_588),
            // Read and not looked at, as PostgreSQL does.
            "Q" | "D" => {
                number(1)?;
            }
            "SSSS" | "SSSSS" => fields.clock = Some(number(5)?),
            "RM" | "rm" => {
                let hit = (0..12).rev().find(|i| rest.get(..ROMAN[*i].len()).is_some_and(|head| head.eq_ignore_ascii_case(ROMAN[*i])));
                let best = hit
                    .map(|_| (0..12).filter(|i| rest.to_uppercase().starts_with(ROMAN[*i])).max_by_key(|i| ROMAN[*i].len()).unwrap_or(0));
                let Some(at) = best else { return Err(bad(rest, word)) };
                rest = &rest[ROMAN[at].len()..];
                set(&mut fields.month, small(i64::try_from(at).unwrap_or(0) + 1)?, word)?;
            }
            "AD" | "ad" | "BC" | "bc" => match rest.get(..2).map(str::to_lowercase).as_deref() {
                Some("ad") => rest = &rest[2..],
                Some("bc") => return Err(Report::unsupported("a date before Christ")),
                _ => return Err(bad(rest, word)),
            },
            "DAY" | "Day" | "day" | "DY" | "Dy" | "dy" => {
                let full = word.len() > 2;
                let hit = DAYS.iter().zip(0..).find_map(|(name, day)| {
                    let name = if full { *name } else { &name[..3] };
                    rest.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name)).map(|head| (head.len(), day))
                });
                let Some((length, day)) = hit else { return Err(bad(rest.get(..3).unwrap_or(rest), word)) };
                rest = &rest[length..];
                // PostgreSQL compares what is known of the day with a name's number from 0.
                set(&mut fields.weekday, day, word)?;
                fields.weekday = Some(day + 1);
            }
            "TZH" | "tzh" => {
                let negative = rest.starts_with('-');
                rest = rest.trim_start_matches(['+', '-']);
                let digits: String = rest.chars().take_while(char::is_ascii_digit).take(2).collect();
                let hours: i64 = digits.parse().map_err(|_| bad(rest, word))?;
                rest = &rest[digits.len()..];
                fields.offset = Some(if negative { -hours * 3600 } else { hours * 3600 });
            }
            "TZM" | "tzm" if fields.offset.is_none() => {
                return Err(Report::unsupported("the pattern TZM without TZH when reading a date"));
            }
            "TZM" | "tzm" => {
                let minutes = number(2)? * 60;
                fields.offset = fields.offset.map(|offset| if offset < 0 { offset - minutes } else { offset + minutes });
            }
            "MM" => set(&mut fields.month, small(number(2)?)?, word)?,
            "DD" => set(&mut fields.day, small(number(2)?)?, word)?,
            "DDD" => set(&mut fields.ordinal, small(number(3)?)?, word)?,
            "HH24" => fields.hour = number(2)?,
            "HH" | "HH12" => {
                fields.hour = number(2)?;
                if !(1..=12).contains(&fields.hour) {
                    let message = format!("hour \"{}\" is invalid for the 12-hour clock", fields.hour);
                    return Err(Report::new(SqlState::INVALID_DATETIME_FORMAT, message)
                        .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
                }
                fields.pm = fields.pm.or(Some(false)).filter(|_| fields.pm.is_some());
            }
            "MI" => fields.minute = number(2)?,
            "SS" => fields.second = number(2)?,
            "MS" | "US" | "FF6" => {
                let width = if word == "MS" { 3 } else { 6 };
                if word == "FF6" && rest.bytes().take_while(u8::is_ascii_digit).count() > 6 {
                    return Err(Report::unsupported("more than six digits of a second when reading a date"));
                }
                let digits: String = rest.chars().take_while(char::is_ascii_digit).take(width).collect();
                if digits.is_empty() {
                    return Err(bad(rest, word));
                }
                rest = &rest[digits.len()..];
                let micros = format!("{digits:0<6}").parse().map_err(|_| bad(text, word))?;
                // The two are added up.
                if word == "MS" { fields.millis = micros } else { fields.micros = micros }
            }
            "A.M." | "P.M." | "a.m." | "p.m." => {
                let head = rest.get(..4).unwrap_or("").to_lowercase();
                fields.pm = match head.as_str() {
                    "a.m." => Some(false),
                    "p.m." => Some(true),
                    _ => return Err(bad(rest, word)),
                };
                rest = &rest[4..];
            }
            "AM" | "PM" | "am" | "pm" => {
                let head = rest.get(..2).unwrap_or("").to_lowercase();
                fields.pm = match head.as_str() {
                    "am" => Some(false),
                    "pm" => Some(true),
                    _ => return Err(bad(rest, word)),
                };
                rest = &rest[2..];
            }
            "MONTH" | "Month" | "month" | "MON" | "Mon" | "mon" => {
                let full = word.len() > 3;
                let hit = MONTHS.iter().position(|name| {
                    let name = if full { name } else { &name[..3] };
                    rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
                });
                let Some(at) = hit else { return Err(bad(rest.get(..3).unwrap_or(rest), word)) };
                rest = &rest[if full { MONTHS[at].len() } else { 3 }..];
                set(&mut fields.month, small(i64::try_from(at).unwrap_or(0) + 1)?, word)?;
            }
            other => return Err(Report::unsupported(format!("the pattern {other} when reading a date"))),
        }
        if matches!(piece, Piece::Key { ordinal: Some(_), .. }) && is_number(word) {
            let mut chars = rest.chars();
            chars.by_ref().take(2).for_each(drop);
            rest = chars.as_str();
        }
    }
    Ok(fields)
}

/// `from_char_set_int`: a field that is read twice must say the same.
fn set(field: &mut Option<i32>, value: i32, word: &str) -> Result<()> {
    if field.replace(value).is_some_and(|known| known != 0 && known != value) {
        let message = format!("conflicting values for \"{word}\" field in formatting string");
        return Err(Report::new(SqlState::INVALID_DATETIME_FORMAT, message)
            .detail("This value contradicts a previous setting for the same field type."));
    }
    Ok(())
}

/// `adjust_partial_year_to_2020`.
fn near_2020(year: i32) -> i32 {
    match year {
        ..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        _ => year,
    }
}

impl Fields {
    fn day(&self, text: &str) -> Result<i32> {
        if let Some(julian) = self.julian {
            return Ok(julian);
        }
        let (iso, plain) = (self.iso != (None, None, None), self.year.or(self.month).or(self.day).or(self.ordinal));
        if iso && plain.is_some() {
            return Err(Report::new(SqlState::INVALID_DATETIME_FORMAT, "invalid combination of date conventions")
                .hint("Do not mix Gregorian and ISO week date conventions in a formatting template."));
        }
        if let (Some(year), Some(week), _) = self.iso {
            let first = checked_date(year, 1, 4)?;
            // The fourth of January is in week 1; days count from Thursday, 1970-01-01.
            let monday = first - (first + 3).rem_euclid(7);
            return Ok(monday + (week - 1) * 7 + (self.weekday.unwrap_or(2) + 5) % 7);
        }
        let out = || Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\""));
        let Some(year) = self.year else {
            // A template without a year means the year 1 before Christ (formatting.c, `ZERO_tm`).
            if self.month.is_none() && self.ordinal.or(self.week).is_some() {
                let message = "cannot calculate day of year without year information";
                return Err(Report::new(SqlState::INVALID_DATETIME_FORMAT, message));
            }
            // Without a year no month is too short for a day.
            let day = self.day.unwrap_or(1);
            let month = u32::try_from(self.month.unwrap_or(1)).map_err(|_| out())?;
            return if (1..=31).contains(&day) { Ok(days_from(0, month, 1).map_err(|_| out())? + day - 1) } else { Err(out()) };
        };
        if let (Some(ordinal), None) = (self.ordinal, self.month) {
            let first = checked_date(year, 1, 1).map_err(|_| out())?;
            let length = if checked_date(year, 2, 29).is_ok() { 366 } else { 365 };
            if !(1..=length).contains(&ordinal) {
                return Err(out());
            }
            return Ok(first + ordinal - 1);
        }
        if let (Some(week), None) = (self.week, self.month) {
            return Ok(checked_date(year, 1, 1).map_err(|_| out())? + (week - 1) * 7);
        }
        checked_date(year, self.month.unwrap_or(1), self.day.unwrap_or(1)).map_err(|_| out())
    }

    fn clock(&self, text: &str) -> Result<i64> {
        let micros = self.millis + self.micros;
        if micros >= 1_000_000 {
            return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\"")));
        }
        if let Some(seconds) = self.clock {
            if !(0..86_400).contains(&seconds) {
                return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\"")));
            }
            return Ok(seconds * 1_000_000 + micros);
        }
        let hour = match self.pm {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        if !(0..24).contains(&hour) || !(0..60).contains(&self.minute) || !(0..60).contains(&self.second) {
            return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("date/time field value out of range: \"{text}\"")));
        }
        Ok(((hour * 60 + self.minute) * 60 + self.second) * 1_000_000 + micros)
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_to_char", TEXT, |args| {
            let template = args[1].str()?;
            match &args[0] {
                Value::Timestamp(at) => Ok(Value::text(to_char(*at, template, None)?)),
                Value::TimestampTz(at) => {
                    let zone = parse(args[2].str()?)?;
                    Ok(Value::text(to_char(to_local(*at, zone)?, template, Some((zone, *at)))?))
                }
                Value::Time(micros) => Ok(Value::text(super::interval_format::to_char((0, 0, *micros), template)?)),
                value => Ok(Value::text(super::interval_format::to_char(super::interval::parts(value)?, template)?)),
            }
        }),
        strict!("pg_to_date", DATE, |args| {
            let text = args[0].str()?;
            Ok(Value::Date(read_fields(text, args[1].str()?)?.day(text)?))
        }),
        strict!("pg_to_timestamp", TIMESTAMPTZ, |args| {
            let text = args[0].str()?;
            let fields = read_fields(text, args[1].str()?)?;
            let local = at_midnight(fields.day(text)?)? + fields.clock(text)?;
            if let Some(offset) = fields.offset {
                return Ok(Value::TimestampTz(local - offset * 1_000_000));
            }
            Ok(Value::TimestampTz(to_instant(local, parse(args[2].str()?)?)?))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let at = 1_709_215_530_500_000; // 2024-02-29 14:05:30.5
        let write = |template| to_char(at, template, None).expect("a template");
        assert_eq!(write("YYYY-MM-DD HH24:MI:SS.MS"), "2024-02-29 14:05:30.500");
        assert_eq!(write("FMDay, DDth FMMonth \"of\" YYYY PM"), "Thursday, 29th February of 2024 PM");
        assert_eq!(write("Dy DD Mon|HH12|Q|IW|DDD"), "Thu 29 Feb|02|1|09|060");
        assert_eq!(write("MONTH|FMMI"), "FEBRUARY |5");
    }

    #[test]
    fn reading() {
        let day = |text, template| read_fields(text, template).and_then(|fields| fields.day(text));
        assert_eq!(day("05 Dec 2000", "DD Mon YYYY"), checked_date(2000, 12, 5));
        assert_eq!(day("20240229", "YYYYMMDD"), checked_date(2024, 2, 29));
        assert!(day("2024-13-01", "YYYY-MM-DD").is_err());
        // Digits end where no digit follows, not after two of them.
        assert!(day("2024-123-01", "YYYY-MM-DD").is_err());
        assert_eq!(day("2024.07.15", "YY.MM.DD"), checked_date(2024, 7, 15));
        assert_eq!(day("4th7 2024", "DDTHMM YYYY"), checked_date(2024, 7, 4));
        assert_eq!(day("2024-16 Wednesday", "IYYY-IW Day"), checked_date(2024, 4, 17));
        assert_eq!(day("2024-16 sun", "IYYY-IW Dy"), checked_date(2024, 4, 21));
    }
}
