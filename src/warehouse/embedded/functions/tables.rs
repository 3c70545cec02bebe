//! The columns of small tables that functions give: keywords, lists of options.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringArray};
use arrow::datatypes::DataType;

use super::rows::strict_rows;
use super::value::{Value, list_of, read};
use super::{Returns, Scalar};
use crate::error::{Report, Result};

/// Word, category, whether it may be a bare label (written by `tests/generate/signatures`).
const KEYWORDS: &str = include_str!("pg_keywords.tsv");

const TEXTS: Returns = |_, _| Ok(list_of(DataType::Utf8));

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        // A column of pg_get_keywords() that is text, by name.
        Scalar::new("pg_keywords", TEXTS, |arrays, ty, rows| {
            strict_rows(arrays, ty, rows, &|args| {
                let column = args[0].str()?;
                let texts: Vec<&str> = keywords().map(|keyword| described(keyword, column)).collect();
                Ok(Value::List(Arc::new(StringArray::from(texts)) as ArrayRef))
            })
        }),
        // Whether each is allowed as a bare label.
        Scalar::new(
            "pg_keyword_labels",
            |_, _| Ok(list_of(DataType::Boolean)),
            |arrays, ty, rows| {
                strict_rows(arrays, ty, rows, &|_| {
                    let labels: Vec<bool> = keywords().map(|(_, _, bare)| bare).collect();
                    Ok(Value::List(Arc::new(BooleanArray::from(labels)) as ArrayRef))
                })
            },
        ),
        // Names or values of a list of `name=value`.
        Scalar::new("pg_option_names", TEXTS, |arrays, ty, rows| strict_rows(arrays, ty, rows, &|args| parts(args, 0))),
        Scalar::new("pg_option_values", TEXTS, |arrays, ty, rows| strict_rows(arrays, ty, rows, &|args| parts(args, 1))),
    ]
}

fn keywords() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    KEYWORDS.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?, fields.next()? == "t"))
    })
}

fn described((word, category, bare): (&'static str, &'static str, bool), column: &str) -> &'static str {
    match (column, category) {
        ("word", _) => word,
        ("catcode", category) => category,
        ("catdesc", "U") => "unreserved",
        ("catdesc", "C") => "unreserved (cannot be function or type name)",
        ("catdesc", "T") => "reserved (can be function or type name)",
        ("catdesc", _) => "reserved",
        _ if bare => "can be bare label",
        _ => "requires AS",
    }
}

fn parts<'a>(args: &'a [Value<'a>], part: usize) -> Result<Value<'a>> {
    let Value::List(list) = &args[0] else { return Err(Report::internal("options are a list")) };
    let mut texts = Vec::new();
    for i in 0..list.len() {
        let option = read(list, i)?;
        let mut halves = option.str()?.splitn(2, '=');
        texts.push(halves.nth(part).map(str::to_owned));
    }
    Ok(Value::List(Arc::new(StringArray::from(texts)) as ArrayRef))
}
