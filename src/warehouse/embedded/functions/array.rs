//! Arrays, and the rows of set-returning functions as arrays.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, TimestampMicrosecondArray};
use arrow::datatypes::DataType;

use super::cast::{named, output_text};
use super::decimal::small;
use super::interval::parts;
use super::items::items;
use super::rows::{BOOL, FIRST, INT4, SECOND, TEXT, each, plain, strict};
use super::text::{MAX_ELEMENTS, too_many_elements};
use super::value::{Value, build, list_of, read};
use super::{Returns, Scalar, time, zone};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::warehouse::embedded::stop;

/// The most rows that one call of a set-returning function may make.
const MAX_ROWS: usize = 20_000_000;

/// The element type of the first argument.
const ELEMENT: Returns = |types, _| element(&types[0]);

/// The array type of the first argument.
const LIST: Returns = |types, _| Ok(list_of(plain(&types[0])));

const INT4S: Returns = |_, _| Ok(list_of(DataType::Int32));

fn element(ty: &DataType) -> Result<DataType> {
    match ty {
        DataType::List(field) | DataType::LargeList(field) => Ok(plain(field.data_type())),
        other => Err(Report::internal(format!("a function expected an array and got {other}"))),
    }
}

/// Compares two values of one type as its btree operators do.
pub(super) fn compare(a: &Value, b: &Value) -> Result<Ordering> {
    stop::tick()?;
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => {
            // NaN is equal to itself and above everything; zeros are equal.
            if a == b { Ordering::Equal } else { a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())) }
        }
        (Value::Numeric(a), Value::Numeric(b)) => {
            let (a, b, _) = a.aligned(*b)?;
            a.cmp(&b)
        }
        (Value::Int(_), Value::Numeric(_)) | (Value::Numeric(_), Value::Int(_)) => {
            let (a, b, _) = super::decimal::decimal(a)?.aligned(super::decimal::decimal(b)?)?;
            a.cmp(&b)
        }
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) | (Value::Timestamp(a), Value::Timestamp(b)) | (Value::TimestampTz(a), Value::TimestampTz(b)) => {
            a.cmp(b)
        }
        (Value::Interval(..), Value::Interval(..)) => super::interval::key(parts(a)?).cmp(&super::interval::key(parts(b)?)),
        (Value::List(a), Value::List(b)) => {
            for i in 0..a.len().min(b.len()) {
                let order = nulls(&read(a, i)?, &read(b, i)?)?;
                if order != Ordering::Equal {
                    return Ok(order);
                }
            }
            a.len().cmp(&b.len())
        }
        other => return Err(Report::unsupported(format!("a comparison of {other:?}"))),
    })
}

/// Inside arrays NULLs are equal to each other and above everything.
fn nulls(a: &Value, b: &Value) -> Result<Ordering> {
    match (a.is_null(), b.is_null()) {
        (false, false) => compare(a, b),
        (a, b) => Ok(a.cmp(&b)),
    }
}

/// Reads every element. (`read` takes one row for a constant, so one element serves as itself.)
fn of(values: &[Value], ty: &DataType) -> Result<Value<'static>> {
    Ok(Value::List(build(values, &plain(ty))?))
}

fn int(n: usize) -> Value<'static> {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn subscript(list: &ArrayRef, index: i64) -> Result<Value<'static>> {
    match usize::try_from(index - 1) {
        Ok(i) if i < list.len() => Ok(Value::List(list.slice(i, 1))),
        _ => Ok(Value::Null),
    }
}

fn slice(list: &ArrayRef, lower: Option<i64>, upper: Option<i64>) -> ArrayRef {
    let n = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let first = lower.unwrap_or(1).max(1);
    let last = upper.unwrap_or(n).min(n);
    if first > last {
        return list.slice(0, 0);
    }
    list.slice(usize::try_from(first - 1).unwrap_or(0), usize::try_from(last - first + 1).unwrap_or(0))
}

/// Joins lists; the types agree but for the form of strings.
fn cat(lists: &[&ArrayRef]) -> Result<Value<'static>> {
    let ty = plain(lists[0].data_type());
    let lists = lists.iter().map(|list| arrow::compute::cast(list, &ty).map_err(Report::internal)).collect::<Result<Vec<_>>>()?;
    let parts: Vec<&dyn Array> = lists.iter().map(AsRef::as_ref).collect();
    Ok(Value::List(arrow::compute::concat(&parts).map_err(Report::internal)?))
}

fn one(value: &Value, ty: &DataType) -> Result<ArrayRef> {
    build(std::slice::from_ref(value), ty)
}

/// `array_append` and `array_prepend`; a NULL array counts as empty.
fn extend(list: &Value, value: &Value, front: bool, ty: &DataType) -> Result<Value<'static>> {
    let value = one(value, &element(ty)?)?;
    match list {
        Value::List(list) if front => cat(&[&value, list]),
        Value::List(list) => cat(&[list, &value]),
        _ => Ok(Value::List(value)),
    }
}

fn any(value: &Value, operator: &str, list: &ArrayRef, all: bool) -> Result<Value<'static>> {
    let mut unknown = false;
    for item in items(list)? {
        if item.is_null() || value.is_null() {
            unknown = true;
            continue;
        }
        let hit = match operator {
            "~~" | "!~~" | "~~*" | "!~~*" => like(value.str()?, item.str()?, operator.ends_with('*'))? != operator.starts_with('!'),
            _ => {
                let order = compare(value, &item)?;
                match operator {
                    "=" => order.is_eq(),
                    "<>" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    ">=" => order.is_ge(),
                    other => return Err(Report::unsupported(format!("operator {other} ANY"))),
                }
            }
        };
        if hit != all {
            return Ok(Value::Bool(hit));
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(all) })
}

/// LIKE of one text, with backslash as the escape.
fn like(text: &str, pattern: &str, ignore_case: bool) -> Result<bool> {
    match ignore_case {
        true => super::like::like(&text.to_lowercase(), &pattern.to_lowercase()),
        false => super::like::like(text, pattern),
    }
}

fn contains(a: &ArrayRef, b: &ArrayRef) -> Result<bool> {
    let have = items(a)?;
    for wanted in items(b)? {
        let mut found = false;
        for value in have.iter() {
            found = found || !wanted.is_null() && !value.is_null() && compare(value, &wanted)?.is_eq();
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

fn overlap(a: &ArrayRef, b: &ArrayRef) -> Result<bool> {
    for x in items(a)? {
        for y in items(b)? {
            if !x.is_null() && !y.is_null() && compare(&x, &y)?.is_eq() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn too_many() -> Report {
    Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("a set-returning function makes more than {MAX_ROWS} rows"))
}

fn no_step() -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, "step size cannot equal zero")
}

/// How many numbers a series has.
///
/// # Errors
/// 22023 for a step of zero.
pub fn series_length(from: i64, to: i64, step: i64) -> Result<usize> {
    if step == 0 {
        return Err(no_step());
    }
    let span = if step > 0 { i128::from(to) - i128::from(from) } else { i128::from(from) - i128::from(to) };
    let rows = if span < 0 { 0 } else { span / i128::from(step).abs() + 1 };
    usize::try_from(rows).map_err(|_| too_many())
}

fn series(from: i64, to: i64, step: i64, ty: &DataType) -> Result<Value<'static>> {
    let rows = series_length(from, to, step)?;
    if rows > MAX_ROWS {
        return Err(too_many());
    }
    let values = (0..rows).map(|i| from + step * i64::try_from(i).unwrap_or(0));
    let list: arrow::array::Int64Array = values.collect();
    Ok(Value::List(arrow::compute::cast(&list, &element(ty)?).map_err(Report::internal)?))
}

fn time_series(args: &[Value], ty: &DataType) -> Result<Value<'static>> {
    let (from, to) = match (&args[0], &args[1]) {
        (Value::Timestamp(from), Value::Timestamp(to)) | (Value::TimestampTz(from), Value::TimestampTz(to)) => (*from, *to),
        other => return Err(Report::internal(format!("a series of {other:?}"))),
    };
    let step = parts(&args[2])?;
    let zone = zone::parse(args[3].str()?)?;
    let sign = super::interval::key(step).cmp(&0);
    if sign.is_eq() {
        return Err(no_step());
    }
    let mut values: Vec<i64> = Vec::new();
    let mut at = from;
    while if sign.is_gt() { at <= to } else { at >= to } {
        stop::tick()?;
        values.push(at);
        if values.len() > MAX_ROWS {
            return Err(too_many());
        }
        at = time::step(at, step, zone)?;
    }
    let moments: ArrayRef = Arc::new(TimestampMicrosecondArray::from(values));
    Ok(Value::List(arrow::compute::cast(&moments, &element(ty)?).map_err(Report::internal)?))
}

fn to_string(args: &[Value]) -> Result<Value<'static>> {
    let (Value::List(list), Value::Text(by)) = (&args[0], &args[1]) else { return Ok(Value::Null) };
    let element = named(args[3].str()?)?.element().unwrap_or(Type::TEXT);
    let zone = zone::parse(args[4].str()?)?;
    let shown = small(&args[5])?;
    let mut words = Vec::new();
    for item in items(list)? {
        match (&item, &args[2]) {
            (Value::Null, Value::Text(null)) => words.push(null.to_string()),
            (Value::Null, _) => {}
            (item, _) => words.push(output_text(item, element, shown, zone)?),
        }
    }
    Ok(Value::text(words.join(by)))
}

/// `string_agg` over the group's values, and one delimiter or the delimiters of the rows.
fn string_agg(args: &[Value]) -> Result<Value<'static>> {
    let Value::List(list) = &args[0] else { return Ok(Value::Null) };
    let mut out: Option<String> = None;
    let mut held = stop::Held::default();
    for i in 0..list.len() {
        stop::tick()?;
        let Value::Text(text) = read(list, i)? else { continue };
        match &mut out {
            None => out = Some(text.to_string()),
            Some(out) => {
                let by = match &args[1] {
                    Value::List(delimiters) => read(delimiters, i)?.str().unwrap_or("").to_owned(),
                    by => by.str().unwrap_or("").to_owned(),
                };
                out.push_str(&by);
                out.push_str(&text);
                held.grow_to(out.capacity())?;
            }
        }
    }
    Ok(out.map_or(Value::Null, Value::text))
}

pub(super) fn functions() -> Vec<Scalar> {
    let mut list = with_types();
    list.extend([
        strict!("pg_array_length", INT4, |args| match (args[0].list()?.len(), args.get(1).map_or(Ok(1), Value::int)?) {
            (0, _) => Ok(Value::Null),
            (n, 1) => Ok(int(n)),
            _ => Ok(Value::Null),
        }),
        strict!("pg_array_lower", INT4, |args| match (args[0].list()?.len(), args[1].int()?) {
            (1.., 1) => Ok(Value::Int(1)),
            _ => Ok(Value::Null),
        }),
        strict!("pg_array_ndims", INT4, |args| Ok(if args[0].list()?.is_empty() { Value::Null } else { Value::Int(1) })),
        each!("pg_count_present", |_, _| Ok(DataType::Int64), |args| match &args[0] {
            Value::List(list) => Ok(int(list.len() - list.null_count())),
            _ => Ok(Value::Int(0)),
        }),
        strict!("pg_array_dims", TEXT, |args| Ok(match args[0].list()?.len() {
            0 => Value::Null,
            n => Value::text(format!("[1:{n}]")),
        })),
        strict!("pg_width_bucket_array", INT4, |args| {
            let mut below = 0;
            for bound in items(args[1].list()?)? {
                if bound.is_null() {
                    return Err(Report::new(SqlState("22004"), "thresholds array must not contain NULLs"));
                }
                below += usize::from(compare(&args[0], &bound)?.is_ge());
            }
            Ok(int(below))
        }),
        strict!("pg_cardinality", INT4, |args| Ok(int(args[0].list()?.len()))),
        strict!("pg_array_contains", BOOL, |args| Ok(Value::Bool(contains(args[0].list()?, args[1].list()?)?))),
        strict!("pg_array_overlap", BOOL, |args| Ok(Value::Bool(overlap(args[0].list()?, args[1].list()?)?))),
        strict!("pg_compare_array", INT4, |args| Ok(Value::Int(compare(&args[0], &args[1])? as i64))),
        each!("pg_any", BOOL, |args| match &args[2] {
            Value::List(list) => any(&args[0], args[1].str()?, list, args[3].bool()?),
            _ => Ok(Value::Null),
        }),
        each!("pg_array_to_string", TEXT, |args| to_string(args)),
        each!("pg_string_agg", TEXT, |args| string_agg(args)),
        each!("pg_array_position", INT4, |args| {
            let Value::List(list) = &args[0] else { return Ok(Value::Null) };
            let start = match args.get(2) {
                Some(Value::Null) => return Err(Report::new(SqlState("22004"), "initial position must not be null")),
                Some(start) => start.int()?,
                None => 1,
            };
            for (i, item) in items(list)?.iter().enumerate() {
                if i64::try_from(i + 1).unwrap_or(i64::MAX) >= start && nulls(item, &args[1])?.is_eq() {
                    return Ok(int(i + 1));
                }
            }
            Ok(Value::Null)
        }),
        each!("pg_array_positions", INT4S, |args| {
            let Value::List(list) = &args[0] else { return Ok(Value::Null) };
            let mut found = Vec::new();
            for (i, item) in items(list)?.iter().enumerate() {
                if nulls(item, &args[1])?.is_eq() {
                    found.push(int(i + 1));
                }
            }
            of(&found, &DataType::Int32)
        }),
        strict!("pg_subscripts", INT4S, |args| {
            let n = if args[1].int()? == 1 { args[0].list()?.len() } else { 0 };
            of(&(1..=n).map(int).collect::<Vec<_>>(), &DataType::Int32)
        }),
        // Of an array that counts from 0.
        strict!("pg_subscripts_from_zero", INT4S, |args| {
            let n = if args[1].int()? == 1 { args[0].list()?.len() } else { 0 };
            of(&(0..n).map(int).collect::<Vec<_>>(), &DataType::Int32)
        }),
        each!("pg_ordinals", |_, _| Ok(list_of(DataType::Int64)), |args| {
            let n = args.iter().map(|list| list.list().map_or(0, |list| list.len())).max().unwrap_or(0);
            of(&(1..=n).map(int).collect::<Vec<_>>(), &DataType::Int64)
        }),
    ]);
    list
}

/// Functions whose rows need the result's type.
fn with_types() -> Vec<Scalar> {
    use super::rows::{each_row, strict_rows};
    vec![
        Scalar::new("pg_subscript", ELEMENT, |arrays, ty, rows| {
            let lists = strict_rows(arrays, &list_of(ty.clone()), rows, &|args| subscript(args[0].list()?, args[1].int()?))?;
            each_row(&[lists], ty, rows, &|args| match &args[0] {
                Value::List(list) => single(list),
                _ => Ok(Value::Null),
            })
        }),
        strict!("pg_slice", |types, _| Ok(plain(&types[0])), |args| {
            let bound = |i: usize| -> Result<Option<i64>> { if args[i].bool()? { args[i + 1].int().map(Some) } else { Ok(None) } };
            Ok(Value::List(slice(args[0].list()?, bound(1)?, bound(3)?)))
        }),
        each!("pg_array_cat", |types, _| Ok(plain(&types[0])), |args| match (&args[0], &args[1]) {
            (Value::List(a), Value::List(b)) => cat(&[a, b]),
            (Value::List(list), _) | (_, Value::List(list)) => Ok(Value::List(list.clone())),
            _ => Ok(Value::Null),
        }),
        Scalar::new(
            "pg_array_append",
            |types, _| Ok(plain(&types[0])),
            |arrays, ty, rows| each_row(arrays, ty, rows, &|args| extend(&args[0], &args[1], false, ty)),
        ),
        Scalar::new("pg_array_prepend", SECOND, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| extend(&args[1], &args[0], true, ty))
        }),
        Scalar::new(
            "pg_array_remove",
            |types, _| Ok(plain(&types[0])),
            |arrays, ty, rows| {
                each_row(arrays, ty, rows, &|args| {
                    let Value::List(list) = &args[0] else { return Ok(Value::Null) };
                    let mut kept = Vec::new();
                    for item in items(list)? {
                        if !nulls(&item, &args[1])?.is_eq() {
                            kept.push(item);
                        }
                    }
                    of(&kept, &element(ty)?)
                })
            },
        ),
        Scalar::new(
            "pg_array_replace",
            |types, _| Ok(plain(&types[0])),
            |arrays, ty, rows| {
                each_row(arrays, ty, rows, &|args| {
                    let Value::List(list) = &args[0] else { return Ok(Value::Null) };
                    let mut out = Vec::new();
                    for item in items(list)? {
                        out.push(if nulls(&item, &args[1])?.is_eq() { args[2].clone() } else { item });
                    }
                    of(&out, &element(ty)?)
                })
            },
        ),
        // A frame's rows, of which the first stands at a place of its partition, without those from a place to another; one may stay.
        strict!("pg_without", |types, _| Ok(plain(&types[0])), |args| {
            let (list, first, keep) = (args[0].list()?, args[1].int()?, args[4].int()?);
            let gone = args[2].int()?..=args[3].int()?;
            let stays = |i: &u32| {
                let place = first + i64::from(*i);
                place == keep || !gone.contains(&place)
            };
            let kept: Vec<u32> = (0..u32::try_from(list.len()).unwrap_or(u32::MAX)).filter(stays).collect();
            let taken = arrow::compute::take(list, &arrow::array::UInt32Array::from(kept), None);
            taken.map(Value::List).map_err(Report::internal)
        }),
        strict!("pg_trim_array", |types, _| Ok(plain(&types[0])), |args| {
            let (list, n) = (args[0].list()?, args[1].int()?);
            let kept = usize::try_from(n).ok().and_then(|n| list.len().checked_sub(n));
            let outside = || Report::new(SqlState("2202E"), format!("number of elements to trim must be between 0 and {}", list.len()));
            Ok(Value::List(list.slice(0, kept.ok_or_else(outside)?)))
        }),
        Scalar::new("pg_array_fill", LIST, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| {
                let Value::List(dimensions) = &args[1] else {
                    return Err(Report::new(SqlState("22004"), "dimension array or low bound array cannot be null"));
                };
                match &*items(dimensions)? {
                    [] => of(&[], &element(ty)?),
                    [Value::Int(n)] => {
                        let n = usize::try_from(*n).ok().filter(|n| *n <= MAX_ELEMENTS).ok_or_else(too_many_elements)?;
                        of(&vec![args[0].clone(); n], &element(ty)?)
                    }
                    _ => Err(Report::unsupported("array_fill with several dimensions")),
                }
            })
        }),
        Scalar::new("pg_series", LIST, |arrays, ty, rows| {
            strict_rows(arrays, ty, rows, &|args| series(args[0].int()?, args[1].int()?, args[2].int()?, ty))
        })
        .late(),
        Scalar::new("pg_time_series", LIST, |arrays, ty, rows| strict_rows(arrays, ty, rows, &|args| time_series(args, ty))).late(),
        Scalar::new("pg_empty_array", LIST, |_, ty, rows| {
            let empty = of(&[], &element(ty)?)?;
            build(&vec![empty; rows.max(1)], ty)
        }),
        Scalar::new("pg_never_null", FIRST, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) => Ok(Value::List(list.clone())),
                _ => of(&[], &element(ty)?),
            })
        }),
        Scalar::new("pg_never_empty", FIRST, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) if !list.is_empty() => Ok(Value::List(list.clone())),
                _ => of(&[Value::Null], &element(ty)?),
            })
        }),
        Scalar::new("pg_single", ELEMENT, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) if list.len() > 1 => {
                    let message = "more than one row returned by a subquery used as an expression";
                    Err(Report::new(SqlState::CARDINALITY_VIOLATION, message))
                }
                Value::List(list) if list.len() == 1 => single(list),
                _ => Ok(Value::Null),
            })
        }),
    ]
}

/// Returns the only element.
pub(super) fn single(list: &ArrayRef) -> Result<Value<'_>> {
    read(list, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_and_all_know_null() {
        let list = build(&[Value::Int(1), Value::Null], &DataType::Int32).expect("a list");
        assert!(matches!(any(&Value::Int(1), "=", &list, false), Ok(Value::Bool(true))));
        assert!(matches!(any(&Value::Int(2), "=", &list, false), Ok(Value::Null)));
        assert!(matches!(any(&Value::Int(2), "=", &list, true), Ok(Value::Bool(false))));
    }
}
