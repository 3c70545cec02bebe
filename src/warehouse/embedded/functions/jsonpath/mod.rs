//! jsonpath: `jsonb_path_...` and the operators `@?` and `@@`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Scalar;
use super::rows::{BOOL, TEXT, TEXTS, strict};
use super::value::{Value, build};
use crate::error::{Report, Result, SqlState};

mod parse;
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

/// The items that a path gives: arguments document, path, variables, silent. `None` where it fails silently.
fn items(args: &[Value]) -> Result<Option<Vec<String>>> {
    let (document, path, variables) = (args[0].str()?, parsed(args[1].str()?)?, args[2].str()?);
    if super::json::kind(variables) != "object" {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "\"vars\" argument is not an object")
            .detail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object."));
    }
    match run::run(&path, document, variables) {
        Ok(found) => Ok(Some(found.into_iter().map(std::borrow::Cow::into_owned).collect())),
        Err(report) if args[3].bool()? && run::is_suppressed(&report) => Ok(None),
        Err(report) => Err(report),
    }
}

fn matched(args: &[Value]) -> Result<Value<'static>> {
    let found = items(args)?;
    match found.as_deref() {
        Some([one]) if one == "true" || one == "false" => Ok(Value::Bool(one == "true")),
        Some([one]) if one == "null" => Ok(Value::Null),
        _ if args[3].bool()? => Ok(Value::Null),
        _ => Err(Report::new(SqlState("22038"), "single boolean result is expected")),
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_jsonpath_exists", BOOL, |args| Ok(items(args)?.map_or(Value::Null, |found| Value::Bool(!found.is_empty())))),
        strict!("pg_jsonpath_match", BOOL, |args| matched(args)),
        strict!("pg_jsonpath_first", TEXT, |args| {
            Ok(items(args)?.and_then(|found| found.into_iter().next()).map_or(Value::Null, Value::text))
        }),
        strict!("pg_jsonpath_array", TEXT, |args| { Ok(Value::text(super::json_change::array(&items(args)?.unwrap_or_default()))) }),
        strict!("pg_jsonpath_items", TEXTS, |args| {
            let found: Vec<Value> = items(args)?.unwrap_or_default().into_iter().map(Value::text).collect();
            Ok(Value::List(build(&found, &arrow::datatypes::DataType::Utf8)?))
        }),
    ]
}
