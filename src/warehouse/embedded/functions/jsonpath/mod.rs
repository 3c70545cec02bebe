//! jsonpath: `jsonb_path_...` and the operators `@?` and `@@`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Scalar;
use super::rows::{BOOL, TEXT, TEXTS, strict};
use super::value::{Value, build};
use crate::error::{Report, Result, SqlState};

mod parse;
mod patterns;
mod print;
mod run;

thread_local! {
    static PARSED: RefCell<HashMap<String, Rc<parse::Path>>> = RefCell::new(HashMap::new());
}

fn parsed(text: &str) -> Result<Rc<parse::Path>> {
    if let Some(path) = PARSED.with_borrow(|known| known.get(text).cloned()) {
        return Ok(path);
    }
    let path = Rc::new(parse::parse(text)?);
    PARSED.with_borrow_mut(|known| {
        if known.len() >= 64 {
            known.clear();
        }
        known.insert(text.to_owned(), path.clone());
    });
    Ok(path)
}

/// What a path gives, and whether it came to its end: arguments document, path, variables, silent.
struct Found {
    items: Vec<String>,
    error: Option<Report>,
    strict: bool,
}

fn found(args: &[Value]) -> Result<Found> {
    let (document, path, variables) = (args[0].str()?, parsed(args[1].str()?)?, args[2].str()?);
    if super::json::kind(variables) != "object" {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "\"vars\" argument is not an object")
            .detail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object."));
    }
    let mut items = Vec::new();
    let error = run::run(&path, document, variables, &mut items).err();
    if let Some(report) = error.as_ref().filter(|report| !run::is_suppressed(report)) {
        return Err(report.clone());
    }
    Ok(Found { items: items.into_iter().map(std::borrow::Cow::into_owned).collect(), error, strict: path.strict })
}

/// The items; in silent mode those that came before an error.
fn items(args: &[Value]) -> Result<Vec<String>> {
    let found = found(args)?;
    match found.error {
        Some(report) if !args[3].bool()? => Err(report),
        _ => Ok(found.items),
    }
}

/// Whether a path gives anything. In lax mode the first item decides, before any error.
fn exists(args: &[Value]) -> Result<Value<'static>> {
    if let Some(any) = run::ends_in_a_number(&*parsed(args[1].str()?)?, args[0].str()?, args[2].str()?)? {
        return Ok(Value::Bool(any));
    }
    let found = found(args)?;
    match found.error {
        Some(_) if !found.strict && !found.items.is_empty() => Ok(Value::Bool(true)),
        Some(report) if !args[3].bool()? => Err(report),
        Some(_) => Ok(Value::Null),
        None => Ok(Value::Bool(!found.items.is_empty())),
    }
}

fn matched(args: &[Value]) -> Result<Value<'static>> {
    let found = items(args)?;
    match found.as_slice() {
        [one] if one == "true" || one == "false" => Ok(Value::Bool(one == "true")),
        [one] if one == "null" => Ok(Value::Null),
        _ if args[3].bool()? => Ok(Value::Null),
        _ => Err(Report::new(SqlState("22038"), "single boolean result is expected")),
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_jsonpath", TEXT, |args| {
            let path = parsed(args[0].str()?)?;
            patterns::check_patterns(&path.root)?;
            Ok(Value::text(print::print(&path)))
        }),
        strict!("pg_jsonpath_exists", BOOL, |args| exists(args)),
        strict!("pg_jsonpath_match", BOOL, |args| matched(args)),
        strict!("pg_jsonpath_first", TEXT, |args| { Ok(items(args)?.into_iter().next().map_or(Value::Null, Value::text)) }),
        strict!("pg_jsonpath_array", TEXT, |args| { Ok(Value::text(super::json_change::array(&items(args)?))) }),
        strict!("pg_jsonpath_items", TEXTS, |args| {
            let found: Vec<Value> = items(args)?.into_iter().map(Value::text).collect();
            Ok(Value::List(build(&found, &arrow::datatypes::DataType::Utf8)?))
        }),
    ]
}
