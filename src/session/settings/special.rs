//! Settings with a meaning of their own: time zones, styles, encodings, and the values that Sluice cannot follow.

use super::Definition;
use crate::error::{Report, Result};
use crate::types::input::Order;
use crate::types::output::{Dates, Intervals, Style};
use crate::types::zone::{Tz, name_of_offset};

/// Checks a canonical value further and spells it as SHOW does.
pub(super) fn check(definition: &Definition, value: String) -> Result<String> {
    let refuse_unless = |accepted: bool, hint: &str| {
        if accepted { Ok(()) } else { Err(Report::unsupported(format!("{} = {value}", definition.name)).hint(hint)) }
    };
    match definition.name {
        "TimeZone" => {
            let invalid = || match value.trim().parse::<f64>() {
                Ok(_) => definition.invalid(&value, None).detail("UTC timezone offset is out of range."),
                Err(_) => definition.invalid(&value, None),
            };
            return timezone(&value).map(|(_, name)| name).ok_or_else(invalid);
        }
        "DateStyle" => return date_style(definition, &value),
        "client_encoding" => return client_encoding(definition, &value),
        "application_name" => return Ok(ascii_name(&value)),
        "standard_conforming_strings" | "array_nulls" => refuse_unless(value == "on", "Only \"on\" is understood.")?,
        "transform_null_equals" => refuse_unless(value == "off", "Only \"off\" is understood.")?,
        "timezone_abbreviations" => refuse_unless(value == "Default", "Only \"Default\" is understood.")?,
        "lc_monetary" | "lc_numeric" | "lc_time" => {
            refuse_unless(matches!(value.as_str(), "" | "C" | "POSIX" | "C.UTF-8" | "C.utf8"), "Values are formatted as in locale \"C\".")?;
        }
        "sluice.max_usd" => {
            let number = value.trim().parse::<f64>();
            if !value.trim().is_empty() && !number.is_ok_and(|usd| usd.is_finite() && usd >= 0.0) {
                return Err(definition.invalid(&value, Some("Give an amount in US dollars, as in 0.50.".into())));
            }
        }
        "sluice.labels" if labels(&value).is_none() => {
            return Err(definition.invalid(&value, Some("Write labels as team=growth, app=report.".into())));
        }
        _ => {}
    }
    Ok(value)
}

/// Resolves a time zone by name, in any case, by hours east of Greenwich, or in POSIX's spelling. Returns it with the name that SHOW prints.
pub fn timezone(value: &str) -> Option<(Tz, String)> {
    let value = value.trim();
    if let Some(zone) = Tz::place(value) {
        return Some((zone, zone.name().into_owned()));
    }
    // POSIX spelling counts the hours west, a bare number the hours east; the name shows both.
    if let Ok(hours) = value.parse::<f64>() {
        #[allow(clippy::cast_possible_truncation, reason = "as C casts it, and out of range is refused")]
        let seconds = (hours * 3600.0) as i32;
        let zone = Some(hours).filter(|hours| hours.is_finite()).and_then(|_| Tz::east(seconds))?;
        return Some((zone, name_of_offset(seconds)));
    }
    Tz::posix(value).map(|zone| (zone, value.to_ascii_uppercase()))
}

/// Reads `DateStyle`: a style and an order, in any sequence (variable.c, `check_datestyle`). What is not said is left out; [`whole_date_style`]
/// fills it in.
fn date_style(definition: &Definition, value: &str) -> Result<String> {
    let (mut style, mut order) = (None, None);
    let mut conflict = false;
    for word in value.split(',') {
        let word = word.trim().trim_matches('"').to_ascii_lowercase();
        let (new_style, new_order) = match word.as_str() {
            "iso" => (Some("ISO"), None),
            "sql" => (Some("SQL"), None),
            "german" => (Some("German"), None),
            "ymd" => (None, Some("YMD")),
            "dmy" => (None, Some("DMY")),
            "mdy" | "us" => (None, Some("MDY")),
            "default" => (Some("ISO"), Some("MDY")),
            _ if word.starts_with("postgres") => (Some("Postgres"), None),
            _ if word.starts_with("euro") => (None, Some("DMY")),
            _ if word.starts_with("noneuro") => (None, Some("MDY")),
            _ => return Err(definition.invalid(value, None).detail(format!("Unrecognized key word: \"{word}\"."))),
        };
        conflict |= style.is_some_and(|style| new_style.is_some_and(|new| new != style));
        conflict |= order.is_some_and(|order| new_order.is_some_and(|new| new != order));
        style = style.or(new_style);
        order = order.or(new_order);
    }
    if conflict {
        return Err(definition.invalid(value, None).detail("Conflicting \"datestyle\" specifications."));
    }
    // German is a style and an order.
    let order = order.or((style == Some("German")).then_some("DMY"));
    Ok(format!("{}, {}", style.unwrap_or_default(), order.unwrap_or_default()))
}

/// Fills in what a new `DateStyle` does not say from the one before it.
pub(in crate::session) fn whole_date_style(new: &str, before: &str) -> String {
    let parts = |value: &str| value.split_once(", ").map_or((String::new(), String::new()), |(style, order)| (style.into(), order.into()));
    let ((style, order), (old_style, old_order)): ((String, String), (String, String)) = (parts(new), parts(before));
    format!("{}, {}", if style.is_empty() { old_style } else { style }, if order.is_empty() { old_order } else { order })
}

/// What an encoding's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Encoding {
    /// UTF8.
    Utf8,
    /// SQL_ASCII: no conversion, the bytes are the same.
    Ascii,
    /// One that PostgreSQL converts to.
    Other,
    /// None.
    Unknown,
}

/// Reads an encoding's name, whatever its case and punctuation (encnames.c).
pub(in crate::session) fn encoding(name: &str) -> Encoding {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let number = |prefix: &str| plain.strip_prefix(prefix).and_then(|rest| rest.parse::<u32>().ok());
    match plain.as_str() {
        "utf8" | "unicode" => Encoding::Utf8,
        "sqlascii" => Encoding::Ascii,
        "euccn" | "eucjis2004" | "eucjp" | "euckr" | "euctw" | "johab" | "mskanji" | "shiftjis" | "shiftjis2004" | "sjis" | "big5"
        | "gb18030" | "gbk" | "uhc" | "koi8" | "koi8r" | "koi8u" | "muleinternal" | "abc" | "alt" | "tcvn" | "tcvn5712" | "vscii"
        | "win" | "win932" | "win936" | "win949" | "win950" | "windows932" | "windows936" | "windows949" | "windows950" => Encoding::Other,
        _ if number("latin").is_some_and(|n| (1..=10).contains(&n))
            || number("iso8859").is_some_and(|n| matches!(n, 1..=10 | 13..=16))
            || number("win").is_some_and(|n| matches!(n, 866 | 874 | 1250..=1258))
            || number("windows").is_some_and(|n| matches!(n, 866 | 874 | 1250..=1258)) =>
        {
            Encoding::Other
        }
        _ => Encoding::Unknown,
    }
}

fn client_encoding(definition: &Definition, value: &str) -> Result<String> {
    match encoding(value) {
        Encoding::Utf8 => Ok("UTF8".to_owned()),
        Encoding::Ascii => Ok("SQL_ASCII".to_owned()),
        Encoding::Other => Err(Report::unsupported(format!("client_encoding = {value}")).hint("Use UTF8.")),
        Encoding::Unknown => Err(definition.invalid(value, None)),
    }
}

/// Makes the style of output of the settings that say it; a value that is not known counts as PostgreSQL's default.
pub(in crate::session) fn style<'a>(get: impl Fn(&str) -> Option<&'a str>, zone: Tz) -> Style {
    let date_style = get("datestyle").unwrap_or_default();
    Style {
        zone,
        dates: match date_style.split(',').next().unwrap_or_default() {
            "SQL" => Dates::Sql,
            "German" => Dates::German,
            "Postgres" => Dates::Postgres,
            _ => Dates::Iso,
        },
        order: Order::of(date_style),
        intervals: match get("intervalstyle").unwrap_or_default() {
            "postgres_verbose" => Intervals::Verbose,
            "sql_standard" => Intervals::SqlStandard,
            "iso_8601" => Intervals::Iso8601,
            _ => Intervals::Postgres,
        },
        float_digits: get("extra_float_digits").and_then(|digits| digits.parse().ok()).unwrap_or(1),
        bytea_escape: get("bytea_output") == Some("escape"),
    }
}

/// Names are kept in ASCII and to 63 bytes, as PostgreSQL keeps `application_name`.
fn ascii_name(value: &str) -> String {
    value.bytes().map(|byte| if (32..127).contains(&byte) { char::from(byte) } else { '?' }).take(63).collect()
}

/// Reads `key=value, key=value`.
pub(in crate::session) fn labels(value: &str) -> Option<Vec<(String, String)>> {
    let mut labels = Vec::new();
    for pair in value.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (key, value) = pair.split_once('=')?;
        if key.trim().is_empty() {
            return None;
        }
        labels.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    Some(labels)
}
