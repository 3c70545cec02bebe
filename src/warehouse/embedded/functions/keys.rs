//! Keys: forms of values that compare natively as PostgreSQL compares the values themselves.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};

use super::Scalar;
use super::array::compare;
use super::digits;
use super::json::{elements, kind, members, string};
use super::rows::{BOOL, FIRST, FLOAT8, INT8, TEXT, each_row, strict};
use super::value::{Value, build, list_of, read};
use crate::error::{Report, Result};
use crate::types::json::canonical;

/// Writes a json value so that the bytes sort as `compareJsonbContainers` sorts: null, strings, numbers, booleans, arrays, objects; arrays
/// and objects by their size first.
fn json_key(text: &str, key: &mut Vec<u8>) -> Result<()> {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    match kind(text) {
        "null" => key.push(1),
        "string" => {
            key.push(2);
            key.extend(string(text)?.bytes());
            key.push(0); // no jsonb string holds a NUL
        }
        "number" => {
            key.push(3);
            digits::key(text.trim(), key);
        }
        "boolean" => key.extend([4, u8::from(text.trim() == "true")]),
        "array" => {
            let items = elements(text);
            key.push(5);
            key.extend(count(items.len()));
            for item in items {
                json_key(item, key)?;
            }
        }
        _ => {
            let pairs = members(text)?;
            key.push(6);
            key.extend(count(pairs.len()));
            for (name, value) in pairs {
                key.extend(name.bytes());
                key.push(0); // no name holds a NUL
                json_key(value, key)?;
            }
        }
    }
    Ok(())
}

/// The key of a whole jsonb value: PostgreSQL stores a bare scalar as an array of one, which sorts below a real one.
fn document_key(text: &str) -> Result<Vec<u8>> {
    let text = canonical(text)?;
    let mut key = Vec::new();
    match kind(&text) {
        "object" => json_key(&text, &mut key)?,
        "array" => {
            json_key(&text, &mut key)?;
            key.insert(5, 1);
        }
        _ => {
            key.extend([5, 0, 0, 0, 1, 0]);
            json_key(&text, &mut key)?;
        }
    }
    Ok(key)
}

/// Bytes as text that sorts alike: the engine's window frames know no other bytes.
pub(super) fn sortable(bytes: &[u8]) -> Value<'static> {
    Value::Text(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into())
}

/// One zero and one NaN.
fn float(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}

fn float_key(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    match ty {
        DataType::Float64 => Ok(Arc::new(arrays[0].as_primitive::<Float64Type>().unary::<_, Float64Type>(float))),
        DataType::Float32 => {
            let one = |value: f32| if value.is_nan() { f32::NAN } else { value + 0.0 };
            Ok(Arc::new(arrays[0].as_primitive::<Float32Type>().unary::<_, Float32Type>(one)))
        }
        DataType::List(field) => each_row(arrays, ty, rows, &|args| match &args[0] {
            Value::List(list) => {
                let items = (0..list.len()).map(|i| {
                    Ok(match read(list, i)? {
                        Value::Float(value) => Value::Float(float(value)),
                        _ => Value::Null,
                    })
                });
                Ok(Value::List(build(&items.collect::<Result<Vec<_>>>()?, field.data_type())?))
            }
            _ => Ok(Value::Null),
        }),
        other => Err(Report::internal(format!("a float of the engine's type {other}"))),
    }
}

/// The place of a number in PostgreSQL's order, where NaN is the greatest and one zero is as good as the other.
fn rank_of(value: f64) -> i64 {
    let bits = float(value).to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The number in a place.
fn of_rank(rank: i64) -> f64 {
    f64::from_bits((rank ^ ((rank >> 63).cast_unsigned() >> 1).cast_signed()).cast_unsigned())
}

/// What `greatest` and `least` compare.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// jsonb where the values are texts, else whatever they are.
    Values,
    /// char(n): texts without the blanks at their end.
    Padded,
}

/// The greatest (or least) argument that is not NULL; the first of equals, as `ExecEvalMinMax` keeps it.
fn extreme(arrays: &[ArrayRef], ty: &DataType, rows: usize, greatest: bool, order: Order) -> Result<ArrayRef> {
    let json = matches!(arrays[0].data_type(), DataType::Utf8);
    let chosen = each_row(arrays, &list_of(ty.clone()), rows, &|args| {
        let mut best: Option<&Value> = None;
        for arg in args.iter().filter(|arg| !arg.is_null()) {
            let better = match best {
                None => true,
                Some(best) => {
                    let found = match order {
                        Order::Padded => arg.str()?.trim_end_matches(' ').cmp(best.str()?.trim_end_matches(' ')),
                        Order::Values if json => document_key(arg.str()?)?.cmp(&document_key(best.str()?)?),
                        Order::Values => compare(arg, best)?,
                    };
                    if greatest { found.is_gt() } else { found.is_lt() }
                }
            };
            if better {
                best = Some(arg);
            }
        }
        match best {
            Some(value) => Ok(Value::List(build(std::slice::from_ref(value), ty)?)),
            None => Ok(Value::Null),
        }
    })?;
    each_row(&[chosen], ty, rows, &|args| match &args[0] {
        Value::List(list) => super::array::single(list),
        _ => Ok(Value::Null),
    })
}

/// Drops what is equal to its neighbour on the left from a sorted list.
/// Leaves the first of documents that are equal and stand side by side.
fn unique_documents(list: &ArrayRef) -> Result<Value<'static>> {
    let (mut kept, mut last): (Vec<Value>, Option<Option<Vec<u8>>>) = (Vec::new(), None);
    for i in 0..list.len() {
        let value = read(list, i)?;
        let key = if value.is_null() { None } else { Some(document_key(value.str()?)?) };
        if last.as_ref() != Some(&key) {
            kept.push(value);
            last = Some(key);
        }
    }
    Ok(Value::List(build(&kept, list.data_type())?))
}

fn unique(list: &ArrayRef) -> Result<Value<'static>> {
    let mut kept: Vec<Value> = Vec::new();
    for i in 0..list.len() {
        let value = read(list, i)?;
        let same = match kept.last() {
            None => false,
            Some(last) if last.is_null() || value.is_null() => last.is_null() == value.is_null(),
            Some(last) => compare(last, &value)?.is_eq(),
        };
        if !same {
            kept.push(value);
        }
    }
    Ok(Value::List(build(&kept, list.data_type())?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_json_key", TEXT, |args| Ok(sortable(&document_key(args[0].str()?)?))),
        Scalar::new("pg_float_key", FIRST, float_key),
        // How many rows are equal although they are not the same; PostgreSQL keeps the one that it met first.
        strict!("pg_one_form", BOOL, |args| match args[0].int()? {
            0 | 1 => Ok(Value::Bool(true)),
            _ => Err(Report::unsupported("a recursive UNION whose rows are equal and show other digits")
                .hint("Cast the column to one type on both sides, as numeric(12,2).")),
        }),
        Scalar::new("pg_unique", FIRST, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) => unique(list),
                _ => Ok(Value::Null),
            })
        }),
        Scalar::new("pg_unique_json", FIRST, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) => unique_documents(list),
                _ => Ok(Value::Null),
            })
        }),
        Scalar::new("pg_greatest", FIRST, |arrays, ty, rows| extreme(arrays, ty, rows, true, Order::Values)),
        Scalar::new("pg_least", FIRST, |arrays, ty, rows| extreme(arrays, ty, rows, false, Order::Values)),
        Scalar::new("pg_greatest_char", FIRST, |arrays, ty, rows| extreme(arrays, ty, rows, true, Order::Padded)),
        Scalar::new("pg_least_char", FIRST, |arrays, ty, rows| extreme(arrays, ty, rows, false, Order::Padded)),
        Scalar::new("pg_float_rank", INT8, |arrays, _, _| {
            Ok(Arc::new(arrays[0].as_primitive::<Float64Type>().unary::<_, Int64Type>(rank_of)))
        }),
        Scalar::new("pg_float_of_rank", FLOAT8, |arrays, _, _| {
            Ok(Arc::new(arrays[0].as_primitive::<Int64Type>().unary::<_, Float64Type>(of_rank)))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_sort_as_numbers_do() {
        let sorted =
            [f64::NEG_INFINITY, f64::MIN, -1.5, -f64::MIN_POSITIVE, 0.0, f64::MIN_POSITIVE, 1.5, f64::MAX, f64::INFINITY, f64::NAN];
        for pair in sorted.windows(2) {
            assert!(rank_of(pair[0]) < rank_of(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        for value in &sorted[..9] {
            assert_eq!(of_rank(rank_of(*value)), *value);
        }
        assert!(of_rank(rank_of(-f64::NAN)).is_nan() && rank_of(-0.0) == rank_of(0.0));
    }

    #[test]
    fn json_sorts_as_jsonb_does() {
        let of = |text: &str| document_key(text).expect("json");
        let sorted = [
            "[]",
            "null",
            "\"a\"",
            "\"ab\"",
            "-1",
            "0",
            "1.5",
            "2",
            "10",
            "false",
            "true",
            "[1]",
            "[2]",
            "[1, 1]",
            "{}",
            r#"{"aa": 0}"#,
            r#"{"b": 1}"#,
        ];
        for pair in sorted.windows(2) {
            assert!(of(pair[0]) < of(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        assert_eq!(of(r#"{"a": 1.0, "b": 2}"#), of(r#"{"b":2,"a":1}"#));
    }
}
