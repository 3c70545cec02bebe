//! json and jsonb: reading by raw slices, so that numbers keep their digits and json its spelling.

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::Scalar;
use super::decimal::Decimal;
use super::rows::{BOOL, INT4, TEXT, TEXTS, strict};
use super::value::{Value, build, read};
use crate::error::{Report, Result, SqlState};
use crate::types::json::{check_escapes, quote};

/// Returns the kind of a json text as `jsonb_typeof` says it.
pub(super) fn kind(text: &str) -> &'static str {
    match text.trim_start().bytes().next() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// Returns the end of the value that begins at `from`; the text is known to be json.
fn end_of(text: &[u8], from: usize) -> usize {
    let (mut depth, mut i, mut inside) = (0_usize, from, false);
    while i < text.len() {
        match text[i] {
            b'\\' if inside => i += 1,
            b'"' => {
                inside = !inside;
                if !inside && depth == 0 {
                    return i + 1;
                }
            }
            _ if inside => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return i,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1;
                }
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return i,
            _ => {}
        }
        i += 1;
    }
    text.len()
}

/// Returns the raw parts between the brackets of an array or object, with the separators skipped.
fn parts(text: &str) -> Vec<&str> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let mut list = Vec::new();
    let mut i = 1;
    while i < bytes.len() {
        match bytes[i] {
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => i += 1,
            b']' | b'}' => break,
            _ => {
                let end = end_of(bytes, i);
                list.push(&text[i..end]);
                i = end;
            }
        }
    }
    list
}

/// The elements of an array.
pub(super) fn elements(text: &str) -> Vec<&str> {
    if kind(text) == "array" { parts(text) } else { Vec::new() }
}

/// The members of an object; in json a key may come twice.
pub(super) fn members(text: &str) -> Result<Vec<(String, &str)>> {
    if kind(text) != "object" {
        return Ok(Vec::new());
    }
    parts(text).chunks_exact(2).map(|pair| Ok((string(pair[0])?, pair[1]))).collect()
}

/// The characters of a json string.
pub(super) fn string(raw: &str) -> Result<String> {
    let text: String = serde_json::from_str(raw.trim()).map_err(|_| Report::unsupported("a json string of this form"))?;
    if text.contains('\0') {
        return Err(Report::new(SqlState("22P05"), "unsupported Unicode escape sequence").detail("\\u0000 cannot be converted to text."));
    }
    Ok(text)
}

/// A value as `->>` gives it: strings without quotes, null as NULL.
pub(super) fn as_text(raw: &str) -> Result<Value<'static>> {
    Ok(match kind(raw) {
        "null" => Value::Null,
        "string" => Value::text(string(raw)?),
        _ => Value::text(raw.trim().to_owned()),
    })
}

fn shown(raw: &str, json: bool) -> Result<Value<'static>> {
    if json { Ok(Value::text(raw.trim().to_owned())) } else { as_text(raw) }
}

/// The last member of a name wins.
pub(super) fn field<'a>(text: &'a str, key: &str) -> Result<Option<&'a str>> {
    if kind(text) != "object" {
        return Ok(None);
    }
    // Keys without escapes are compared as they stand.
    let mut quoted = String::new();
    quote(key, &mut quoted);
    let parts = parts(text);
    let mut found = None;
    for pair in parts.chunks_exact(2) {
        if pair[0] == quoted || pair[0].contains('\\') && string(pair[0])? == key {
            found = Some(pair[1]);
        }
    }
    Ok(found)
}

/// The text of a document whose strings can all be read.
pub(super) fn readable<'a>(document: &'a Value) -> Result<&'a str> {
    let text = document.str()?;
    check_escapes(text)?;
    Ok(text)
}

fn element(text: &str, index: i64) -> Option<&str> {
    let list = elements(text);
    let n = i64::try_from(list.len()).ok()?;
    let index = if index < 0 { index + n } else { index };
    list.get(usize::try_from(index).ok()?).copied()
}

fn path<'a>(text: &'a str, steps: &[String]) -> Result<Option<&'a str>> {
    let mut at = text;
    for step in steps {
        let next = match kind(at) {
            "object" => field(at, step)?,
            "array" => step.trim().parse::<i32>().ok().and_then(|i| element(at, i.into())),
            _ => None,
        };
        let Some(next) = next else { return Ok(None) };
        at = next;
    }
    Ok(Some(at))
}

/// Reads a text[]; `None` where an element is NULL.
pub(super) fn steps(list: &ArrayRef) -> Result<Option<Vec<String>>> {
    (0..list.len()).map(|i| Ok(read(list, i)?.str().ok().map(str::to_owned))).collect()
}

fn number(raw: &str) -> Option<Decimal> {
    Decimal::parse(raw.trim()).ok()
}

/// `compareJsonbContainers`: objects above arrays above booleans above numbers above strings above null.
pub(super) fn compare(a: &str, b: &str) -> Result<Ordering> {
    let rank = |text: &str| match kind(text) {
        "null" => 0,
        "string" => 1,
        "number" => 2,
        "boolean" => 3,
        "array" => 4,
        _ => 5,
    };
    if rank(a) != rank(b) {
        return Ok(rank(a).cmp(&rank(b)));
    }
    match kind(a) {
        "null" => Ok(Ordering::Equal),
        "boolean" => Ok(a.trim().cmp(b.trim())),
        "string" => Ok(string(a)?.cmp(&string(b)?)),
        "number" => match (number(a), number(b)) {
            (Some(x), Some(y)) => {
                let (x, y, _) = x.aligned(y)?;
                Ok(x.cmp(&y))
            }
            _ => Err(Report::unsupported("a json number of more than 76 digits")),
        },
        "array" => {
            let (x, y) = (elements(a), elements(b));
            let mut order = x.len().cmp(&y.len());
            for (x, y) in x.iter().zip(&y) {
                if order != Ordering::Equal {
                    break;
                }
                order = compare(x, y)?;
            }
            Ok(order)
        }
        _ => {
            let (x, y) = (members(a)?, members(b)?);
            let mut order = x.len().cmp(&y.len());
            for ((k1, v1), (k2, v2)) in x.iter().zip(&y) {
                if order != Ordering::Equal {
                    break;
                }
                // As strings: only their place in the object goes by length.
                order = k1.cmp(k2);
                if order == Ordering::Equal {
                    order = compare(v1, v2)?;
                }
            }
            Ok(order)
        }
    }
}

fn contains(a: &str, b: &str, top: bool) -> Result<bool> {
    match (kind(a), kind(b)) {
        ("object", "object") => {
            for (key, wanted) in members(b)? {
                match field(a, &key)? {
                    Some(value) if contains(value, wanted, false)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        ("array", "array") => {
            let have = elements(a);
            for wanted in elements(b) {
                let mut found = false;
                for value in &have {
                    // Nested arrays and objects contain; scalars are equal.
                    found = found || contains(value, wanted, false)?;
                }
                if !found {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        // An array may contain a bare scalar, at the top only.
        ("array", "string" | "number" | "boolean" | "null") if top => contains(a, &format!("[{b}]"), false),
        ("object" | "array", _) | (_, "object" | "array") => Ok(false),
        _ => Ok(compare(a, b)? == Ordering::Equal),
    }
}

fn exists(text: &str, key: &str) -> Result<bool> {
    match kind(text) {
        "object" => Ok(field(text, key)?.is_some()),
        "array" => {
            for value in elements(text) {
                if kind(value) == "string" && string(value)? == key {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        "string" => Ok(string(text)? == key),
        _ => Ok(false),
    }
}

fn exists_many(args: &[Value], all: bool) -> Result<Value<'static>> {
    let keys = args[1].list()?;
    let mut result = all;
    for i in 0..keys.len() {
        if let Value::Text(key) = read(keys, i)? {
            let hit = exists(args[0].str()?, &key)?;
            result = if all { result && hit } else { result || hit };
        }
    }
    Ok(Value::Bool(result))
}

fn texts(values: Vec<Value>) -> Result<Value<'static>> {
    Ok(Value::List(build(&values, &DataType::Utf8)?))
}

fn no_array(function: &str, text: &str) -> Result<()> {
    let invalid = |message: String| Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
    match kind(text) {
        "array" => Ok(()),
        "object" => invalid(format!("cannot {function} an object")),
        _ => invalid(format!("cannot {function} a scalar")),
    }
}

fn no_object(function: &str, text: &str) -> Result<()> {
    let invalid = |what: &str| Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("cannot call {function} on {what}")));
    match kind(text) {
        "object" => Ok(()),
        "array" => invalid("an array"),
        _ => invalid("a scalar"),
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_json_field", TEXT, |args| {
            field(readable(&args[0])?, args[1].str()?)?.map_or(Ok(Value::Null), |raw| shown(raw, args[2].bool()?))
        }),
        strict!("pg_jsonb_items", TEXT, |args| {
            let text = args[0].str()?;
            Ok(Value::text(if matches!(kind(text), "object" | "array") { text.to_owned() } else { format!("[{text}]") }))
        }),
        strict!("pg_json_element", TEXT, |args| {
            element(readable(&args[0])?, args[1].int()?).map_or(Ok(Value::Null), |raw| shown(raw, args[2].bool()?))
        }),
        strict!("pg_json_path", TEXT, |args| match steps(args[1].list()?)? {
            Some(steps) => path(readable(&args[0])?, &steps)?.map_or(Ok(Value::Null), |raw| shown(raw, args[2].bool()?)),
            None => Ok(Value::Null),
        }),
        strict!("pg_jsonb_contains", BOOL, |args| Ok(Value::Bool(contains(args[0].str()?, args[1].str()?, true)?))),
        strict!("pg_jsonb_exists", BOOL, |args| Ok(Value::Bool(exists(args[0].str()?, args[1].str()?)?))),
        strict!("pg_jsonb_exists_any", BOOL, |args| exists_many(args, false)),
        strict!("pg_jsonb_exists_all", BOOL, |args| exists_many(args, true)),
        strict!("pg_json_array_length", INT4, |args| {
            let text = args[0].str()?;
            no_array("get array length of", text).map_err(|mut report| {
                report.message =
                    if kind(text) == "object" { "cannot get array length of a non-array" } else { "cannot get array length of a scalar" }
                        .into();
                report
            })?;
            Ok(Value::Int(i64::try_from(elements(text).len()).unwrap_or(i64::MAX)))
        }),
        strict!("pg_json_typeof", TEXT, |args| Ok(Value::text(kind(args[0].str()?)))),
        strict!("pg_json_elements", TEXTS, |args| {
            let text = args[0].str()?;
            no_array("extract elements from", text)?;
            let json = args[1].bool()?;
            if !json {
                check_escapes(text)?;
            }
            texts(elements(text).into_iter().map(|raw| shown(raw, json)).collect::<Result<Vec<_>>>()?)
        }),
        strict!("pg_json_object_keys", TEXTS, |args| {
            let text = readable(&args[0])?;
            no_object("jsonb_object_keys", text)?;
            texts(members(text)?.into_iter().map(|(key, _)| Value::text(key)).collect())
        }),
        strict!("pg_json_object_values", TEXTS, |args| {
            let text = readable(&args[0])?;
            no_object("jsonb_each", text)?;
            let json = args[1].bool()?;
            texts(members(text)?.into_iter().map(|(_, raw)| shown(raw, json)).collect::<Result<Vec<_>>>()?)
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_fields() {
        let text = r#"{"a": [1, {"b\"c": 2.50}], "n": null}"#;
        assert_eq!(field(text, "n"), Ok(Some("null")));
        assert_eq!(path(text, &["a".into(), "-1".into(), "b\"c".into()]), Ok(Some("2.50")));
        assert_eq!(element("[10, 20]", -3), None);
    }

    #[test]
    fn containment() {
        let yes = |a, b| contains(a, b, true).expect("json");
        assert!(yes(r#"{"a": {"b": 1, "c": 2}}"#, r#"{"a": {"c": 2.0}}"#));
        assert!(yes("[1, 2, [3]]", "[[3], 1]"));
        assert!(yes(r#"["foo", "bar"]"#, r#""bar""#));
        assert!(!yes(r#"{"a": [1]}"#, r#"{"a": 1}"#));
    }
}
