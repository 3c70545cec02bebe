//! Settings with a meaning of their own: time zones, styles, encodings, and the values that Sluice cannot follow.

use chrono_tz::{TZ_VARIANTS, Tz};

use super::Definition;
use crate::error::{Report, Result};

/// Checks a canonical value further and spells it as SHOW does.
pub(super) fn check(definition: &Definition, value: String) -> Result<String> {
    let refuse_unless = |accepted: bool, hint: &str| {
        if accepted { Ok(()) } else { Err(Report::unsupported(format!("{} = {value}", definition.name)).hint(hint)) }
    };
    match definition.name {
        "TimeZone" => return timezone(&value).map(|(_, name)| name).ok_or_else(|| definition.invalid(&value, None)),
        "DateStyle" => return date_style(definition, &value),
        "client_encoding" => return client_encoding(definition, &value),
        "application_name" => return Ok(ascii_name(&value)),
        "IntervalStyle" => refuse_unless(value == "postgres", "Intervals are shown in style \"postgres\" only.")?,
        "bytea_output" => refuse_unless(value == "hex", "bytea is shown in hex only.")?,
        "extra_float_digits" => {
            refuse_unless(value.parse::<i32>().is_ok_and(|digits| digits > 0), "Floats are shown in their shortest exact form (1 to 3).")?;
        }
        "standard_conforming_strings" | "array_nulls" => refuse_unless(value == "on", "Only \"on\" is understood.")?,
        "transform_null_equals" => refuse_unless(value == "off", "Only \"off\" is understood.")?,
        "timezone_abbreviations" => refuse_unless(value == "Default", "Only \"Default\" is understood.")?,
        "lc_monetary" | "lc_numeric" | "lc_time" => {
            refuse_unless(matches!(value.as_str(), "" | "C" | "POSIX" | "C.UTF-8" | "C.utf8"), "Values are formatted as in locale \"C\".")?;
        }
        "sluice.dialect" => refuse_unless(value != "googlesql", "Queries are written in PostgreSQL's SQL.")?,
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

/// Resolves a time zone by name, in any case, or by whole hours east of Greenwich. Returns it with the name that SHOW prints.
pub fn timezone(value: &str) -> Option<(Tz, String)> {
    let value = value.trim();
    if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(value)) {
        return Some((*zone, zone.name().to_owned()));
    }
    // POSIX spelling counts the hours west, a bare number the hours east; the name shows both.
    let hours: i32 = match value.strip_prefix('<') {
        Some(posix) => posix.split_once('>')?.0.parse().ok()?,
        None => value.parse::<f64>().ok().filter(|hours| hours.fract() == 0.0 && hours.abs() <= 14.0).map(|hours| hours as i32)?,
    };
    if hours == 0 {
        return Some((Tz::UTC, "<+00>-00".to_owned()));
    }
    let west = -hours;
    let zone: Tz = format!("Etc/GMT{west:+}").parse().ok()?;
    Some((zone, format!("<{hours:+03}>{west:+03}")))
}

fn date_style(definition: &Definition, value: &str) -> Result<String> {
    for word in value.split(',') {
        match word.trim().to_ascii_lowercase().as_str() {
            "iso" | "mdy" | "us" | "noneuro" | "noneuropean" | "default" | "" => {}
            "postgres" | "sql" | "german" | "dmy" | "ymd" | "euro" | "european" => {
                return Err(Report::unsupported(format!("DateStyle = {value}")).hint("Dates are shown in style \"ISO, MDY\" only."));
            }
            _ => return Err(definition.invalid(value, None)),
        }
    }
    Ok("ISO, MDY".to_owned())
}

fn client_encoding(definition: &Definition, value: &str) -> Result<String> {
    let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match plain.as_str() {
        "utf8" | "unicode" => Ok("UTF8".to_owned()),
        // No conversion: the bytes are the same.
        "sqlascii" => Ok("SQL_ASCII".to_owned()),
        known if known.starts_with("latin") || known.starts_with("iso8859") || known.starts_with("win") || known.starts_with("euc") => {
            Err(Report::unsupported(format!("client_encoding = {value}")).hint("Use UTF8."))
        }
        "sjis" | "big5" | "gbk" | "gb18030" | "uhc" | "johab" | "koi8r" | "koi8u" | "muleinternal" | "shiftjis2004" => {
            Err(Report::unsupported(format!("client_encoding = {value}")).hint("Use UTF8."))
        }
        _ => Err(definition.invalid(value, None)),
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
