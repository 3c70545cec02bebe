//! Functions and operators over ranges, which are kept as the bytes of `types::range`.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use super::cast::{arrow_type, named};
use super::rows::{BOOL, BYTEA, constant, each, each_row, strict};
use super::value::{Value, read};
use super::{Returns, Scalar};
use crate::error::{Report, Result};
use crate::types::Type;
use crate::types::range::{self, End};

/// Returns the bytes of a range.
fn bytes<'v>(value: &'v Value) -> Result<&'v [u8]> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(Report::internal(format!("a function expected a range and got {other:?}"))),
    }
}

fn made(bytes: Vec<u8>) -> Value<'static> {
    Value::Bytes(bytes.into())
}

/// The type of a range, which is the first argument of most of these functions.
fn of(value: &Value) -> Result<Type> {
    named(value.str()?)
}

/// A bound's type by the range's.
const BOUND: Returns = |_, constants: &[Option<&ScalarValue>]| {
    let element = range::subtype(named(constant(constants, 0)?)?).ok_or_else(|| Report::internal("a bound of no range"))?;
    Ok(arrow_type(element, -1))
};

/// The last argument tells which bound.
fn bound(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    let range = of(&read(&arrays[0], 0)?)?;
    let lower = read(&arrays[2], 0)?.bool()?;
    each_row(&arrays[1..2], ty, rows, &|args| {
        if args[0].is_null() {
            return Ok(Value::Null);
        }
        let end = range::ends(bytes(&args[0])?, range)?.map(|(low, high)| if lower { low } else { high });
        match end {
            Some(End { value: Some(value), .. }) if range::is_endless(&value) => {
                Err(Report::unsupported("an infinite date as a bound by itself")
                    .hint("Ask whether the bound is infinite, or use a date far away."))
            }
            Some(End { value: Some(value), .. }) => Value::of(value, ty),
            _ => Ok(Value::Null),
        }
    })
}

/// Runs a question about both bounds; an empty range has neither.
fn asked(args: &[Value], question: impl Fn(&End, &End) -> bool) -> Result<Value<'static>> {
    let ends = range::ends(bytes(&args[1])?, of(&args[0])?)?;
    Ok(Value::Bool(ends.is_some_and(|(lower, upper)| question(&lower, &upper))))
}

type Relation = fn(&[u8], &[u8], Type) -> Result<bool>;
type Combination = fn(&[u8], &[u8], Type) -> Result<Vec<u8>>;

fn related(args: &[Value], relation: Relation) -> Result<Value<'static>> {
    Ok(Value::Bool(relation(bytes(&args[1])?, bytes(&args[2])?, of(&args[0])?)?))
}

fn combined(args: &[Value], combination: Combination) -> Result<Value<'static>> {
    Ok(made(combination(bytes(&args[1])?, bytes(&args[2])?, of(&args[0])?)?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        // The range's type, the bounds with the display scales of numerics, the text that says which of them belong to it.
        each!("pg_range", BYTEA, |args| {
            let ty = of(&args[0])?;
            let element = range::subtype(ty).ok_or_else(|| Report::internal("a constructor of no range"))?;
            let value = |at: usize, scale: usize| match &args[at] {
                Value::Null => Ok(None),
                value => Ok(Some(value.literal(element, super::decimal::small(&args[scale])?)?)),
            };
            let flags = if args[5].is_null() { None } else { Some(args[5].str()?) };
            Ok(made(range::construct(ty, value(1, 2)?, value(3, 4)?, flags)?))
        }),
        Scalar::new("pg_range_bound", BOUND, bound),
        strict!("pg_range_is_empty", BOOL, |args| Ok(Value::Bool(range::ends(bytes(&args[1])?, of(&args[0])?)?.is_none()))),
        strict!("pg_range_lower_inc", BOOL, |args| asked(args, |lower, _| lower.inclusive)),
        strict!("pg_range_upper_inc", BOOL, |args| asked(args, |_, upper| upper.inclusive)),
        strict!("pg_range_lower_inf", BOOL, |args| asked(args, |lower, _| lower.value.is_none())),
        strict!("pg_range_upper_inf", BOOL, |args| asked(args, |_, upper| upper.value.is_none())),
        strict!("pg_range_contains", BOOL, |args| related(args, range::contains)),
        strict!("pg_range_overlaps", BOOL, |args| related(args, range::overlaps)),
        strict!("pg_range_before", BOOL, |args| related(args, range::before)),
        strict!("pg_range_not_right", BOOL, |args| related(args, range::reaches_not_right)),
        strict!("pg_range_not_left", BOOL, |args| related(args, range::reaches_not_left)),
        strict!("pg_range_adjacent", BOOL, |args| related(args, range::adjacent)),
        strict!("pg_range_holds", BOOL, |args| {
            let ty = of(&args[0])?;
            let element = range::subtype(ty).ok_or_else(|| Report::internal("an operator of no range"))?;
            Ok(Value::Bool(range::holds(bytes(&args[1])?, &args[2].literal(element, super::digits::CARRIED)?, ty)?))
        }),
        strict!("pg_range_union", BYTEA, |args| combined(args, range::union)),
        strict!("pg_range_merge", BYTEA, |args| combined(args, range::merge)),
        strict!("pg_range_intersection", BYTEA, |args| combined(args, range::intersection)),
        strict!("pg_range_minus", BYTEA, |args| combined(args, range::minus)),
        // A range without the digits that it shows, as text that sorts alike.
        strict!("pg_range_key", super::rows::TEXT, |args| Ok(super::keys::sortable(range::key(bytes(&args[0])?)))),
    ]
}
