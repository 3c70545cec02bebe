//! jsonb: joining, deleting, setting, printing with indents.

use arrow::array::{Array, ArrayRef};

use super::Scalar;
use super::json::{elements, kind, members, steps, string};
use super::rows::{TEXT, each, strict};
use super::value::{Value, read};
use crate::error::{Report, Result, SqlState};
use crate::types::json::{canonical, quote};

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
        Value::List(list) => {
            (0..list.len()).filter(|i| !list.is_null(*i)).map(|i| Ok(read(list, i)?.str()?.to_owned())).collect::<Result<_>>()?
        }
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
    match kind(text) {
        "object" => {}
        "array" if elements(text).is_empty() && !create => return Ok(text.to_owned()),
        "array" => {}
        _ => {
            let message = if new.is_some() { "cannot set path in scalar" } else { "cannot delete path in scalar" };
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
    }
    set_at(text, steps, 1, new, create)
}

/// As [`set`], further down: `depth` counts the steps from 1. A scalar on the way stays what it is.
fn set_at(text: &str, steps: &[String], depth: usize, new: Option<&str>, create: bool) -> Result<String> {
    let Some((step, rest)) = steps.split_first() else { return Ok(text.to_owned()) };
    let inner =
        |value: &str| if rest.is_empty() { Ok(new.map(str::to_owned)) } else { set_at(value, rest, depth + 1, new, create).map(Some) };
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
                let message = format!("path element at position {depth} is not an integer: \"{step}\"");
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
        _ => Ok(text.to_owned()),
    }
}

/// The steps of a path in which none is NULL.
fn known_steps(list: &ArrayRef) -> Result<Option<Vec<String>>> {
    match (0..list.len()).find(|i| list.is_null(*i)) {
        Some(at) => Err(Report::new(SqlState("22004"), format!("path element at position {} is null", at + 1))),
        None => steps(list),
    }
}

/// Leaves members that are null out; json is written without blanks.
fn strip_nulls(text: &str, binary: bool) -> Result<String> {
    match kind(text) {
        "object" => {
            let mut out = Vec::new();
            for (key, value) in members(text)? {
                if kind(value) != "null" {
                    out.push((key, strip_nulls(value, binary)?));
                }
            }
            if binary {
                return Ok(object(&out));
            }
            let mut written = String::from("{");
            for (i, (key, value)) in out.iter().enumerate() {
                written.push_str(if i > 0 { "," } else { "" });
                quote(key, &mut written);
                written.extend([":", value]);
            }
            Ok(written + "}")
        }
        "array" => {
            let items = elements(text).into_iter().map(|item| strip_nulls(item, binary)).collect::<Result<Vec<_>>>()?;
            Ok(if binary { array(&items) } else { format!("[{}]", items.join(",")) })
        }
        // The escapes of json's strings are read and written anew.
        "string" if !binary => {
            let mut written = String::new();
            quote(&string(text.trim())?, &mut written);
            Ok(written)
        }
        _ => Ok(text.trim().to_owned()),
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

/// `jsonb_set_lax`: what a NULL in place of the new value does is said by the last argument.
fn set_lax(args: &[Value]) -> Result<Value<'static>> {
    let [document, path, new, create, treatment] = args else { return Err(Report::internal("jsonb_set_lax of five arguments")) };
    if [document, path, create].into_iter().any(|arg| matches!(arg, Value::Null)) {
        return Ok(Value::Null);
    }
    let Some(steps) = known_steps(path.list()?)? else { return Ok(Value::Null) };
    let changed =
        |new: Option<&str>, create: bool| -> Result<Value<'static>> { Ok(Value::text(set(document.str()?, &steps, new, create)?)) };
    let wrong = || {
        let message = "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"";
        Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
    };
    if matches!(treatment, Value::Null) {
        return Err(wrong());
    }
    if !matches!(new, Value::Null) {
        return changed(Some(new.str()?), create.bool()?);
    }
    match treatment.str()? {
        "raise_exception" => Err(Report::new(SqlState("22004"), "JSON value must not be null")
            .detail("Exception was raised because null_value_treatment is \"raise_exception\".")
            .hint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")),
        "use_json_null" => changed(Some("null"), create.bool()?),
        "delete_key" => changed(None, false),
        "return_target" => Ok(Value::text(document.str()?.to_owned())),
        _ => Err(wrong()),
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_jsonb_concat", TEXT, |args| Ok(Value::text(concat(args[0].str()?, args[1].str()?)?))),
        strict!("pg_jsonb_delete", TEXT, |args| Ok(Value::text(delete(args[0].str()?, &args[1])?))),
        strict!("pg_jsonb_delete_path", TEXT, |args| match known_steps(args[1].list()?)? {
            Some(steps) => Ok(Value::text(set(args[0].str()?, &steps, None, false)?)),
            None => Ok(Value::Null),
        }),
        strict!("pg_jsonb_set", TEXT, |args| match known_steps(args[1].list()?)? {
            Some(steps) => Ok(Value::text(set(args[0].str()?, &steps, Some(args[2].str()?), args[3].bool()?)?)),
            None => Ok(Value::Null),
        }),
        each!("pg_jsonb_set_lax", TEXT, |args| set_lax(args)),
        strict!("pg_jsonb_strip_nulls", TEXT, |args| Ok(Value::text(strip_nulls(args[0].str()?, args[1].bool()?)?))),
        strict!("pg_jsonb_pretty", TEXT, |args| {
            let mut out = String::new();
            pretty(args[0].str()?, 0, &mut out)?;
            Ok(Value::text(out))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concatenation_and_deletion() {
        assert_eq!(concat(r#"{"b": 1}"#, r#"{"a": 2, "b": 3}"#), Ok(r#"{"a": 2, "b": 3}"#.into()));
        assert_eq!(concat("[1]", "2"), Ok("[1, 2]".into()));
        assert_eq!(delete(r#"["a", "b"]"#, &Value::text("a")), Ok(r#"["b"]"#.into()));
        assert_eq!(set(r#"{"a": {"b": 1}}"#, &["a".into(), "c".into()], Some("5"), true), Ok(r#"{"a": {"b": 1, "c": 5}}"#.into()));
    }
}
