//! json made of arrays of text, jsonb_insert, and the columns of `json_to_recordset`.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;

use super::Scalar;
use super::json::{as_text, elements, field, kind, members, readable, steps};
use super::json_change::{array, object};
use super::rows::{TEXT, TEXTS, each, strict};
use super::value::{Value, build, read};
use crate::error::{Report, Result, SqlState};
use crate::types::json::{canonical, quote};

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(text, &mut out);
    out
}

/// The texts of an array; `None` is NULL.
fn texts(list: &ArrayRef) -> Result<Vec<Option<String>>> {
    (0..list.len()).map(|i| Ok(if list.is_null(i) { None } else { Some(read(list, i)?.str()?.to_owned()) })).collect()
}

/// `json_object(keys, values)` and `json_object(pairs)`.
fn of_texts(keys: &[Option<String>], values: &[Option<String>], binary: bool) -> Result<Value<'static>> {
    if keys.len() != values.len() {
        return Err(Report::new(SqlState("2202E"), "mismatched array dimensions"));
    }
    let mut pairs = Vec::new();
    for (key, value) in keys.iter().zip(values) {
        let key = key.as_ref().ok_or_else(|| Report::new(SqlState("22004"), "null value not allowed for object key"))?;
        pairs.push((key.clone(), value.as_ref().map_or("null".to_owned(), |value| quoted(value))));
    }
    if binary {
        return Ok(Value::text(canonical(&object(&pairs))?));
    }
    let written: Vec<String> = pairs.iter().map(|(key, value)| format!("{} : {value}", quoted(key))).collect();
    Ok(Value::text(format!("{{{}}}", written.join(", "))))
}

fn of_pairs(list: &ArrayRef, binary: bool) -> Result<Value<'static>> {
    let all = texts(list)?;
    if all.len() % 2 == 1 {
        return Err(Report::new(SqlState("2202E"), "array must have even number of elements"));
    }
    let part = |from: usize| all.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>();
    of_texts(&part(0), &part(1), binary)
}

/// `jsonb_insert`: a new element before or after the one that the path names, or a new key.
fn insert(text: &str, path: &[String], new: &str, after: bool) -> Result<String> {
    let Some((step, rest)) = path.split_first() else { return Ok(text.to_owned()) };
    match kind(text) {
        "object" => {
            let mut out = Vec::new();
            let mut seen = false;
            for (key, value) in members(text)? {
                let here = key == *step;
                seen |= here;
                if here && rest.is_empty() {
                    return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "cannot replace existing key")
                        .hint("Try using the function jsonb_set to replace key value."));
                }
                let value = if here { insert(value, rest, new, after)? } else { value.to_owned() };
                out.push((key, value));
            }
            if !seen && rest.is_empty() {
                out.push((step.clone(), new.to_owned()));
            }
            canonical(&object(&out))
        }
        "array" => {
            let mut list: Vec<String> = elements(text).into_iter().map(str::to_owned).collect();
            let Ok(index) = step.trim().parse::<i64>() else {
                let message = format!("path element at position 1 is not an integer: \"{step}\"");
                return Err(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
            };
            let n = i64::try_from(list.len()).unwrap_or(0);
            let at = if index < 0 { index + n } else { index };
            if let Some(element) = usize::try_from(at).ok().and_then(|at| list.get_mut(at))
                && !rest.is_empty()
            {
                *element = insert(element, rest, new, after)?;
            } else if rest.is_empty() {
                let inside = (0..n).contains(&at);
                let at = if inside { at + i64::from(after) } else { at.clamp(0, n) };
                list.insert(usize::try_from(at).unwrap_or(0), new.to_owned());
            }
            Ok(array(&list))
        }
        _ => Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "cannot set path in scalar")),
    }
}

/// One column of a record set: of each object the member of a name, as text or as json.
fn column(text: &str, name: &str, as_json: bool, set: bool) -> Result<Value<'static>> {
    let rows = match (kind(text), set) {
        ("array", true) => elements(text),
        (_, true) => return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "cannot call json_to_recordset on a non-array")),
        ("object", false) => vec![text],
        (_, false) => return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "cannot call json_to_record on a non-object")),
    };
    let mut values = Vec::new();
    for row in rows {
        if kind(row) != "object" {
            let message = "argument of json_to_recordset must be an array of objects";
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        values.push(match field(row, name)? {
            None => Value::Null,
            Some(value) if as_json => Value::text(value.trim().to_owned()),
            Some(value) => as_text(value)?,
        });
    }
    Ok(Value::List(build(&values, &DataType::Utf8)?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_json_object_pairs", TEXT, |args| of_pairs(args[0].list()?, args[1].bool()?)),
        strict!("pg_json_object_texts", TEXT, |args| of_texts(&texts(args[0].list()?)?, &texts(args[1].list()?)?, args[2].bool()?)),
        strict!("pg_jsonb_insert", TEXT, |args| match steps(args[1].list()?)? {
            Some(steps) => Ok(Value::text(insert(args[0].str()?, &steps, args[2].str()?, args[3].bool()?)?)),
            None => Ok(Value::Null),
        }),
        each!("pg_json_column", TEXTS, |args| match &args[0] {
            Value::Null => Ok(Value::List(build(&[], &DataType::Utf8)?)),
            text => column(readable(text)?, args[1].str()?, args[2].bool()?, args[3].bool()?),
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserting_moves_what_stands_there() {
        let path = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>();
        let insert = |text: &str, steps: &[&str], after| insert(text, &path(steps), "9", after);
        assert_eq!(insert(r#"{"a": [0, 1, 2]}"#, &["a", "1"], false), Ok(r#"{"a": [0, 9, 1, 2]}"#.into()));
        assert_eq!(insert(r#"{"a": [0, 1, 2]}"#, &["a", "1"], true), Ok(r#"{"a": [0, 1, 9, 2]}"#.into()));
        assert_eq!(insert("[0, 1]", &["-1"], false), Ok("[0, 9, 1]".into()));
        assert_eq!(insert(r#"{"a": 1}"#, &["b"], false), Ok(r#"{"a": 1, "b": 9}"#.into()));
        assert!(insert(r#"{"a": 1}"#, &["a"], false).is_err());
    }
}
