//! json and jsonb: reading by raw slices, so that numbers keep their digits and json its spelling.

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::Scalar;
use super::decimal::Decimal;
use super::rows::{BOOL, INT4, TEXT, TEXTS, strict};
use super::value::{Value, build, read};
use crate::error::{Report, Result, SqlState};
use crate::types::json::{canonical, quote};

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
    serde_json::from_str(raw.trim()).map_err(|_| Report::unsupported("a json string of this form"))
}

/// A value as `->>` gives it: strings without quotes, null as NULL.
fn as_text(raw: &str) -> Result<Value<'static>> {
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
fn field<'a>(text: &'a str, key: &str) -> Result<Option<&'a str>> {
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
fn steps(list: &ArrayRef) -> Result<Option<Vec<String>>> {
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
                order = k1.len().cmp(&k2.len()).then_with(|| k1.cmp(k2));
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

/// Writes an object of raw values.
pub(super) fn object(members: &[(String, String)]) -> String {
    let mut out = String::from("{");
    for (i, (key, value)) in members.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        quote(key, &mut out);
        out.push_str(": ");
        out.push_str(value);
    }
    out.push('}');
    out
}

/// Writes an array of raw values.
pub(super) fn array(elements: &[String]) -> String {
    format!("[{}]", elements.join(", "))
}

fn concat(a: &str, b: &str) -> Result<String> {
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
    if let ("object", "object") = (kind(a), kind(b)) {
        let mut all: Vec<(String, String)> = members(a)?.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        all.extend(members(b)?.into_iter().map(|(key, value)| (key, value.to_owned())));
        return canonical(&object(&all));
    }
    let list = |text: &str| if kind(text) == "array" { owned(elements(text)) } else { vec![text.to_owned()] };
    Ok(array(&[list(a), list(b)].concat()))
}

fn delete(text: &str, what: &Value) -> Result<String> {
    let scalar = || Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "cannot delete from scalar"));
    let keys: Vec<String> = match what {
        Value::Int(index) => {
            return match kind(text) {
                "array" => {
                    let list = elements(text);
                    let n = i64::try_from(list.len()).unwrap_or(0);
                    let index = if *index < 0 { index + n } else { *index };
                    let kept: Vec<String> =
                        list.iter().enumerate().filter(|(i, _)| i64::try_from(*i) != Ok(index)).map(|(_, v)| (*v).to_owned()).collect();
                    Ok(array(&kept))
                }
                "object" => Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "cannot delete from object using integer index")),
                _ => scalar(),
            };
        }
        Value::List(list) => steps(list)?.unwrap_or_default(),
        value => vec![value.str()?.to_owned()],
    };
    match kind(text) {
        "object" => {
            let kept: Vec<(String, String)> =
                members(text)?.into_iter().filter(|(key, _)| !keys.contains(key)).map(|(key, value)| (key, value.to_owned())).collect();
            Ok(object(&kept))
        }
        "array" => {
            let mut kept = Vec::new();
            for value in elements(text) {
                if kind(value) != "string" || !keys.contains(&string(value)?) {
                    kept.push(value.to_owned());
                }
            }
            Ok(array(&kept))
        }
        _ => scalar(),
    }
}

/// `jsonb_set` (`new`) and `#-` (no `new`).
fn set(text: &str, steps: &[String], new: Option<&str>, create: bool) -> Result<String> {
    let Some((step, rest)) = steps.split_first() else { return Ok(text.to_owned()) };
    let inner = |value: &str| if rest.is_empty() { Ok(new.map(str::to_owned)) } else { set(value, rest, new, create).map(Some) };
    match kind(text) {
        "object" => {
            let mut out = Vec::new();
            let mut seen = false;
            for (key, value) in members(text)? {
                if key == *step {
                    seen = true;
                    if let Some(value) = inner(value)? {
                        out.push((key, value));
                    }
                } else {
                    out.push((key, value.to_owned()));
                }
            }
            if let (false, true, true, Some(new)) = (seen, rest.is_empty(), create, new) {
                out.push((step.clone(), new.to_owned()));
            }
            canonical(&object(&out))
        }
        "array" => {
            let list = elements(text);
            let Ok(index) = step.trim().parse::<i64>() else {
                let message = format!("path element at position 1 is not an integer: \"{step}\"");
                return Err(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
            };
            let n = i64::try_from(list.len()).unwrap_or(0);
            let at = if index < 0 { index + n } else { index };
            let mut out = Vec::new();
            for (i, value) in list.iter().enumerate() {
                if i64::try_from(i) == Ok(at) { out.extend(inner(value)?) } else { out.push((*value).to_owned()) }
            }
            if let (true, true, Some(new)) = (rest.is_empty(), create, new) {
                if at >= n {
                    out.push(new.to_owned());
                } else if at < 0 {
                    out.insert(0, new.to_owned());
                }
            }
            Ok(array(&out))
        }
        _ => Err(Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            if new.is_some() { "cannot set path in scalar" } else { "cannot delete path in scalar" },
        )),
    }
}

fn strip_nulls(text: &str) -> Result<String> {
    match kind(text) {
        "object" => {
            let mut out = Vec::new();
            for (key, value) in members(text)? {
                if kind(value) != "null" {
                    out.push((key, strip_nulls(value)?));
                }
            }
            Ok(object(&out))
        }
        "array" => Ok(array(&elements(text).into_iter().map(strip_nulls).collect::<Result<Vec<_>>>()?)),
        _ => Ok(text.to_owned()),
    }
}

fn pretty(text: &str, depth: usize, out: &mut String) -> Result<()> {
    let indent = |out: &mut String, depth: usize| out.extend(["\n", &" ".repeat(4 * depth)]);
    let object = kind(text) == "object";
    if !object && kind(text) != "array" {
        out.push_str(text);
        return Ok(());
    }
    out.push(if object { '{' } else { '[' });
    let items: Vec<(Option<String>, &str)> = if object {
        members(text)?.into_iter().map(|(key, value)| (Some(key), value)).collect()
    } else {
        elements(text).into_iter().map(|value| (None, value)).collect()
    };
    for (i, (key, value)) in items.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        indent(out, depth + 1);
        if let Some(key) = key {
            quote(key, out);
            out.push_str(": ");
        }
        pretty(value, depth + 1, out)?;
    }
    indent(out, depth);
    out.push(if object { '}' } else { ']' });
    Ok(())
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
            field(args[0].str()?, args[1].str()?)?.map_or(Ok(Value::Null), |raw| shown(raw, args[2].bool()?))
        }),
        strict!("pg_json_element", TEXT, |args| {
            element(args[0].str()?, args[1].int()?).map_or(Ok(Value::Null), |raw| shown(raw, args[2].bool()?))
        }),
        strict!("pg_json_path", TEXT, |args| match steps(args[1].list()?)? {
            Some(steps) => path(args[0].str()?, &steps)?.map_or(Ok(Value::Null), |raw| shown(raw, args[2].bool()?)),
            None => Ok(Value::Null),
        }),
        strict!("pg_jsonb_contains", BOOL, |args| Ok(Value::Bool(contains(args[0].str()?, args[1].str()?, true)?))),
        strict!("pg_jsonb_exists", BOOL, |args| Ok(Value::Bool(exists(args[0].str()?, args[1].str()?)?))),
        strict!("pg_jsonb_exists_any", BOOL, |args| exists_many(args, false)),
        strict!("pg_jsonb_exists_all", BOOL, |args| exists_many(args, true)),
        strict!("pg_jsonb_concat", TEXT, |args| Ok(Value::text(concat(args[0].str()?, args[1].str()?)?))),
        strict!("pg_jsonb_delete", TEXT, |args| Ok(Value::text(delete(args[0].str()?, &args[1])?))),
        strict!("pg_jsonb_delete_path", TEXT, |args| match steps(args[1].list()?)? {
            Some(steps) => Ok(Value::text(set(args[0].str()?, &steps, None, false)?)),
            None => Ok(Value::Null),
        }),
        strict!("pg_jsonb_set", TEXT, |args| match steps(args[1].list()?)? {
            Some(steps) => Ok(Value::text(set(args[0].str()?, &steps, Some(args[2].str()?), args[3].bool()?)?)),
            None => Ok(Value::Null),
        }),
        strict!("pg_jsonb_strip_nulls", TEXT, |args| Ok(Value::text(strip_nulls(args[0].str()?)?))),
        strict!("pg_jsonb_pretty", TEXT, |args| {
            let mut out = String::new();
            pretty(args[0].str()?, 0, &mut out)?;
            Ok(Value::text(out))
        }),
        strict!("pg_compare_json", INT4, |args| Ok(Value::Int(compare(args[0].str()?, args[1].str()?)? as i64))),
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
            texts(elements(text).into_iter().map(|raw| shown(raw, json)).collect::<Result<Vec<_>>>()?)
        }),
        strict!("pg_json_object_keys", TEXTS, |args| {
            let text = args[0].str()?;
            no_object("jsonb_object_keys", text)?;
            texts(members(text)?.into_iter().map(|(key, _)| Value::text(key)).collect())
        }),
        strict!("pg_json_object_values", TEXTS, |args| {
            let text = args[0].str()?;
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

    #[test]
    fn concatenation_and_deletion() {
        assert_eq!(concat(r#"{"b": 1}"#, r#"{"a": 2, "b": 3}"#), Ok(r#"{"a": 2, "b": 3}"#.into()));
        assert_eq!(concat("[1]", "2"), Ok("[1, 2]".into()));
        assert_eq!(delete(r#"["a", "b"]"#, &Value::text("a")), Ok(r#"["b"]"#.into()));
        assert_eq!(set(r#"{"a": {"b": 1}}"#, &["a".into(), "c".into()], Some("5"), true), Ok(r#"{"a": {"b": 1, "c": 5}}"#.into()));
    }
}
