//! String functions, with PostgreSQL's edge cases (chapter 9.4).

use super::Scalar;
use super::rows::{BYTEA, INT4, TEXT, TEXTS, each, strict};
use super::value::{Value, build};
use crate::error::{Report, Result, SqlState};
use arrow::datatypes::DataType;

/// What one string may grow to.
pub(super) const MAX: usize = 256 * 1024 * 1024;

/// 54000 of a string that would grow beyond that.
pub(super) fn too_long() -> Report {
    Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "requested length too large")
}

fn invalid(message: impl Into<String>) -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

fn count(n: usize) -> Value<'static> {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Returns the byte where character `n` begins, or the end.
fn byte_of(text: &str, n: usize) -> usize {
    if text.is_ascii() {
        return n.min(text.len());
    }
    text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
}

pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// `substr(text, from, for)`; positions count from 1 and may lie outside.
pub(super) fn substr(text: &str, from: i64, limit: Option<i64>) -> Result<&str> {
    let end = match limit {
        Some(limit) if limit < 0 => {
            return Err(Report::new(SqlState("22011"), "negative substring length not allowed"));
        }
        Some(limit) => from.saturating_add(limit),
        None => i64::MAX,
    };
    let start = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
    let end = usize::try_from(end.max(1) - 1).unwrap_or(usize::MAX);
    if end <= start {
        return Ok("");
    }
    let first = byte_of(text, start);
    let rest = &text[first..];
    Ok(&rest[..byte_of(rest, end - start)])
}

/// Letters after a character that is no letter or digit become capital, the others small.
fn initcap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(simple_lower(c));
        } else {
            out.extend(simple_upper(c));
        }
        inside = c.is_alphanumeric();
    }
    out
}

/// One character to one character, as the C library does: `ß` stays.
fn simple_upper(c: char) -> Option<char> {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => Some(one),
        // Greek letters with an iota below have one capital besides the two that Unicode's full rules give them.
        _ => Some(match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => char::from_u32(u32::from(c) + 8).unwrap_or(c),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(c) + 9).unwrap_or(c),
            _ => c,
        }),
    }
}

fn simple_lower(c: char) -> Option<char> {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => Some(one),
        _ if c == 'İ' => Some('i'),
        _ => Some(c),
    }
}

fn pad(text: &str, width: i64, fill: &str, left: bool) -> Result<String> {
    let width = usize::try_from(width).unwrap_or(0);
    if width > MAX / 4 {
        return Err(too_long());
    }
    let have = length(text);
    if have >= width || fill.is_empty() {
        return Ok(text[..byte_of(text, width)].to_owned());
    }
    let padding: String = fill.chars().cycle().take(width - have).collect();
    Ok(if left { padding + text } else { text.to_owned() + &padding })
}

fn split_part(text: &str, by: &str, n: i64) -> Result<String> {
    if n == 0 {
        return Err(invalid("field position must not be zero"));
    }
    if by.is_empty() {
        return Ok(if n == 1 || n == -1 { text.to_owned() } else { String::new() });
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    let index = usize::try_from(n.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let part = if n > 0 { text.split(by).nth(index) } else { text.split(by).collect::<Vec<_>>().into_iter().rev().nth(index) };
    Ok(part.unwrap_or("").to_owned())
}

fn translate(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match from.chars().position(|candidate| candidate == c) {
            None => out.push(c),
            Some(at) => out.extend(to.get(at)),
        }
    }
    out
}

/// What one array may hold.
pub(super) const MAX_ELEMENTS: usize = 5_000_000;

/// 54000 of an array that has grown too large.
pub(super) fn too_many_elements() -> Report {
    Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("array size exceeds the maximum allowed ({MAX_ELEMENTS})"))
}

fn texts(parts: impl Iterator<Item = Option<String>>) -> Result<Value<'static>> {
    let values: Vec<Value> = parts.take(MAX_ELEMENTS + 1).map(|part| part.map_or(Value::Null, Value::text)).collect();
    if values.len() > MAX_ELEMENTS {
        return Err(too_many_elements());
    }
    Ok(Value::List(build(&values, &DataType::Utf8)?))
}

fn string_to_array(text: &str, by: Option<&str>, null: Option<&str>) -> Result<Value<'static>> {
    let item = |part: &str| if null == Some(part) { None } else { Some(part.to_owned()) };
    match by {
        _ if text.is_empty() => texts(std::iter::empty()),
        None => texts(text.chars().map(|c| item(&c.to_string()))),
        Some("") => texts(std::iter::once(item(text))),
        Some(by) => texts(text.split(by).map(item)),
    }
}

fn trim<'a>(text: &'a str, set: &str, left: bool, right: bool) -> &'a str {
    let mut text = text;
    if left {
        text = text.trim_start_matches(|c| set.contains(c));
    }
    if right {
        text = text.trim_end_matches(|c| set.contains(c));
    }
    text
}

fn overlay(text: &str, new: &str, from: i64, len: i64) -> Result<String> {
    if from <= 0 {
        return Err(Report::new(SqlState("22011"), "negative substring length not allowed"));
    }
    let head = substr(text, 1, Some(from - 1))?;
    let tail = substr(text, from.saturating_add(len), None)?;
    Ok(format!("{head}{new}{tail}"))
}

/// `unistr`: \\XXXX, \\+XXXXXX, \\uXXXX and \\UXXXXXXXX are characters.
fn unistr(text: &str) -> Result<String> {
    let wrong = || Report::new(SqlState::SYNTAX_ERROR, "invalid Unicode escape");
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('\\') {
            out.push('\\');
            rest = after;
            continue;
        }
        let (skip, length) = match rest.bytes().next() {
            Some(b'+') => (1, 6),
            Some(b'u') => (1, 4),
            Some(b'U') => (1, 8),
            _ => (0, 4),
        };
        let digits = rest.get(skip..skip + length).ok_or_else(wrong)?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        out.push(char::from_u32(code).filter(|c| *c != '\0').ok_or_else(|| Report::unsupported("a surrogate in unistr"))?);
        rest = &rest[skip + length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// `parse_ident`: the parts of a qualified name.
fn parse_ident(text: &str, strict: bool) -> Result<Value<'static>> {
    let wrong = |detail: &str| {
        let report = invalid(format!("string is not a valid identifier: \"{text}\""));
        if detail.is_empty() { report } else { report.detail(detail) }
    };
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut tail = quoted;
            loop {
                let end = tail.find('"').ok_or_else(|| wrong("String has unclosed double quotes."))?;
                name.push_str(&tail[..end]);
                tail = &tail[end + 1..];
                match tail.strip_prefix('"') {
                    Some(after) => {
                        name.push('"');
                        tail = after;
                    }
                    None => break,
                }
            }
            if name.is_empty() {
                return Err(wrong("Quoted identifier must not be empty."));
            }
            parts.push(name);
            rest = tail;
        } else {
            let starts = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
            let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
            if !starts {
                return Err(wrong(""));
            }
            parts.push(rest[..length].to_ascii_lowercase());
            rest = &rest[length..];
        }
        rest = rest.trim_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() || !strict => break,
            None => return Err(wrong("")),
        }
    }
    texts(parts.into_iter().map(Some))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_unistr", TEXT, |args| Ok(Value::text(unistr(args[0].str()?)?))),
        strict!("pg_parse_ident", TEXTS, |args| parse_ident(args[0].str()?, args[1].bool()?)),
        strict!("pg_length", INT4, |args| Ok(count(length(args[0].str()?)))),
        strict!("pg_octet_length", INT4, |args| match &args[0] {
            Value::Bytes(bytes) => Ok(count(bytes.len())),
            value => Ok(count(value.str()?.len())),
        }),
        strict!("pg_bit_length", INT4, |args| match &args[0] {
            Value::Bytes(bytes) => Ok(count(bytes.len() * 8)),
            value => Ok(count(value.str()?.len() * 8)),
        }),
        strict!("pg_lower", TEXT, |args| Ok(Value::text(args[0].str()?.chars().filter_map(simple_lower).collect::<String>()))),
        strict!("pg_upper", TEXT, |args| Ok(Value::text(args[0].str()?.chars().filter_map(simple_upper).collect::<String>()))),
        strict!("pg_initcap", TEXT, |args| Ok(Value::text(initcap(args[0].str()?)))),
        strict!("pg_substr", TEXT, |args| {
            let limit = args.get(2).map(Value::int).transpose()?;
            Ok(Value::text(substr(args[0].str()?, args[1].int()?, limit)?))
        }),
        strict!("pg_left", TEXT, |args| {
            let (text, n) = (args[0].str()?, args[1].int()?);
            let keep = if n >= 0 { n } else { i64::try_from(length(text)).unwrap_or(0) + n };
            Ok(Value::text(&text[..byte_of(text, usize::try_from(keep).unwrap_or(0))]))
        }),
        strict!("pg_right", TEXT, |args| {
            let (text, n) = (args[0].str()?, args[1].int()?);
            let have = i64::try_from(length(text)).unwrap_or(0);
            let skip = if n >= 0 { have - n } else { -n };
            Ok(Value::text(&text[byte_of(text, usize::try_from(skip).unwrap_or(0))..]))
        }),
        strict!("pg_lpad", TEXT, |args| Ok(Value::text(pad(args[0].str()?, args[1].int()?, args[2].str()?, true)?))),
        strict!("pg_rpad", TEXT, |args| Ok(Value::text(pad(args[0].str()?, args[1].int()?, args[2].str()?, false)?))),
        strict!("pg_btrim", TEXT, |args| Ok(Value::text(trim(args[0].str()?, args[1].str()?, true, true)))),
        strict!("pg_ltrim", TEXT, |args| Ok(Value::text(trim(args[0].str()?, args[1].str()?, true, false)))),
        strict!("pg_rtrim", TEXT, |args| Ok(Value::text(trim(args[0].str()?, args[1].str()?, false, true)))),
        strict!("pg_strpos", INT4, |args| {
            let (text, part) = (args[0].str()?, args[1].str()?);
            Ok(text.find(part).map_or(Value::Int(0), |at| count(length(&text[..at]) + 1)))
        }),
        strict!("pg_replace", TEXT, |args| {
            let (text, from, to) = (args[0].str()?, args[1].str()?, args[2].str()?);
            if from.is_empty() {
                return Ok(Value::text(text));
            }
            if to.len() > from.len() && text.len() + text.matches(from).count().saturating_mul(to.len() - from.len()) > MAX {
                return Err(too_long());
            }
            Ok(Value::text(text.replace(from, to)))
        }),
        strict!("pg_translate", TEXT, |args| Ok(Value::text(translate(args[0].str()?, args[1].str()?, args[2].str()?)))),
        strict!("pg_reverse", TEXT, |args| Ok(Value::text(args[0].str()?.chars().rev().collect::<String>()))),
        strict!("pg_repeat", TEXT, |args| {
            let (text, n) = (args[0].str()?, usize::try_from(args[1].int()?).unwrap_or(0));
            if text.len().saturating_mul(n) > MAX {
                return Err(too_long());
            }
            Ok(Value::text(text.repeat(n)))
        }),
        strict!("pg_split_part", TEXT, |args| Ok(Value::text(split_part(args[0].str()?, args[1].str()?, args[2].int()?)?))),
        strict!("pg_concat_op", TEXT, |args| {
            let parts = args.iter().map(Value::str).collect::<Result<Vec<_>>>()?;
            Ok(Value::text(parts.concat()))
        }),
        strict!("pg_ascii", INT4, |args| Ok(Value::Int(args[0].str()?.chars().next().map_or(0, |c| u32::from(c).into())))),
        strict!("pg_chr", TEXT, |args| match args[0].int()? {
            0 => Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "null character not permitted")),
            ..0 => Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "character number must be positive")),
            n => match u32::try_from(n).ok().and_then(char::from_u32) {
                Some(c) => Ok(Value::text(c.to_string())),
                None => Err(Report::new(
                    SqlState::PROGRAM_LIMIT_EXCEEDED,
                    "requested character not valid for encoding: ".to_owned() + &n.to_string()
                )),
            },
        }),
        strict!("pg_to_hex", TEXT, |args| Ok(Value::text(format!("{:x}", args[0].int()?)))),
        strict!("pg_overlay", TEXT, |args| {
            let new = args[1].str()?;
            let len = args.get(3).map(Value::int).transpose()?.unwrap_or(i64::try_from(length(new)).unwrap_or(0));
            Ok(Value::text(overlay(args[0].str()?, new, args[2].int()?, len)?))
        }),
        each!("pg_string_to_array", TEXTS, |args| match &args[0] {
            Value::Text(text) => string_to_array(text, args[1].str().ok(), args[2].str().ok()),
            _ => Ok(Value::Null),
        }),
        strict!("pg_encode", TEXT, |args| match &args[0] {
            Value::Bytes(bytes) => super::bytes::encode(bytes, args[1].str()?),
            other => Err(Report::internal(format!("encode over {other:?}"))),
        }),
        strict!("pg_decode", BYTEA, |args| super::bytes::decode(args[0].str()?, args[1].str()?)),
        strict!("pg_bytea_concat", BYTEA, |args| match (&args[0], &args[1]) {
            (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes([a.as_ref(), b.as_ref()].concat().into())),
            other => Err(Report::internal(format!("bytes of {other:?}"))),
        }),
        each!("pg_num_nulls", INT4, |args| Ok(count(args.iter().filter(|value| value.is_null()).count()))),
        each!("pg_num_nonnulls", INT4, |args| Ok(count(args.iter().filter(|value| !value.is_null()).count()))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substr_clips_as_postgresql_does() {
        assert_eq!(substr("hello", -1, Some(4)), Ok("he"));
        assert_eq!(substr("ünïcode", 2, Some(2)), Ok("nï"));
        assert_eq!(substr("abc", 5, None), Ok(""));
        assert!(substr("abc", 1, Some(-1)).is_err());
    }

    #[test]
    fn initcap_and_split_part() {
        assert_eq!(initcap("o'neil aND 3rd éTÉ"), "O'Neil And 3rd Été");
        assert_eq!(split_part("a,b,,c", ",", -1), Ok("c".into()));
        assert_eq!(split_part("a,b", ",", 3), Ok(String::new()));
        assert!(split_part("a", ",", 0).is_err());
    }
}
