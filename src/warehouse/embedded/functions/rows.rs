//! Functions written for one row, run over arrays.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::ScalarValue;

use super::Returns;
use super::value::{Value, build, read};
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::stop::{self, Held};

/// A function of one row. Behind a pointer: the loops below exist once, not once a function.
pub(super) type OfRow<'f> = &'f dyn for<'a> Fn(&'a [Value<'a>]) -> Result<Value<'a>>;

/// Runs a function for each row where no argument is NULL; NULL in, NULL out.
pub(super) fn strict_rows(arrays: &[ArrayRef], ty: &DataType, rows: usize, f: OfRow<'_>) -> Result<ArrayRef> {
    each_row(arrays, ty, rows, &|args| if args.iter().any(Value::is_null) { Ok(Value::Null) } else { f(args) })
}

/// Runs a function for each row.
pub(super) fn each_row(arrays: &[ArrayRef], ty: &DataType, rows: usize, f: OfRow<'_>) -> Result<ArrayRef> {
    let (mut parts, mut held, mut counted) = (Vec::new(), 0, Held::default());
    // A chunk at a time: the values of a row borrow from its arguments.
    let mut from = 0;
    while from < rows || (rows == 0 && parts.is_empty()) {
        stop::check()?;
        let to = rows.min(from + 1024);
        let args = (from..to).map(|i| arrays.iter().map(|array| read(array, i)).collect::<Result<Vec<_>>>()).collect::<Result<Vec<_>>>()?;
        let mut values = Vec::with_capacity(args.len());
        for row in &args {
            let value = f(row)?;
            let made = value.made();
            if made >= LARGE {
                stop::check()?;
            }
            held += made;
            if held > MAX_MADE {
                return Err(too_large());
            }
            counted.grow_to(held)?;
            values.push(value);
        }
        parts.push(build(&values, ty)?);
        if rows == 0 {
            break;
        }
        from = to;
    }
    if parts.len() == 1 {
        return Ok(parts.remove(0));
    }
    let parts: Vec<&dyn arrow::array::Array> = parts.iter().map(AsRef::as_ref).collect();
    arrow::compute::concat(&parts).map_err(Report::internal)
}

/// A value whose making takes time.
const LARGE: usize = 64 * 1024;

/// What a function may make of one batch, in bytes. Values are made before any operator could reserve memory for them.
const MAX_MADE: usize = 512 * 1024 * 1024;

fn too_large() -> Report {
    Report::new(SqlState::OUT_OF_MEMORY, "out of memory: a function's values are too large together")
        .hint(format!("A function may make {} MiB of a batch of rows. Make fewer or shorter values.", MAX_MADE >> 20))
}

/// Makes a [`Scalar`] of a strict function of one row.
macro_rules! strict {
    ($name:literal, $returns:expr, $f:expr) => {
        $crate::warehouse::embedded::functions::Scalar::new($name, $returns, |arrays, ty, rows| {
            $crate::warehouse::embedded::functions::rows::strict_rows(arrays, ty, rows, &$f)
        })
    };
}
pub(super) use strict;

/// Makes a [`Scalar`] of a function of one row that sees NULLs.
macro_rules! each {
    ($name:literal, $returns:expr, $f:expr) => {
        $crate::warehouse::embedded::functions::Scalar::new($name, $returns, |arrays, ty, rows| {
            $crate::warehouse::embedded::functions::rows::each_row(arrays, ty, rows, &$f)
        })
    };
}
pub(super) use each;

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $ty:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: Returns = |_, _| Ok($ty);)*
    };
}

types! {
    /// text.
    TEXT = DataType::Utf8;
    /// bool.
    BOOL = DataType::Boolean;
    /// int4.
    INT4 = DataType::Int32;
    /// int8.
    INT8 = DataType::Int64;
    /// float8.
    FLOAT8 = DataType::Float64;
    /// bytea.
    BYTEA = DataType::Binary;
    /// date.
    DATE = DataType::Date32;
    /// time.
    TIME = DataType::Time64(TimeUnit::Microsecond);
    /// timestamp.
    TIMESTAMP = DataType::Timestamp(TimeUnit::Microsecond, None);
    /// timestamptz.
    TIMESTAMPTZ = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    /// interval.
    INTERVAL = DataType::Interval(IntervalUnit::MonthDayNano);
    /// text[].
    TEXTS = super::value::list_of(DataType::Utf8);
    /// numeric as wide as it gets.
    NUMERIC = DataType::Decimal256(76, 38);
}

/// The type of the first argument.
pub(super) const FIRST: Returns = |types, _| types.first().map(plain).ok_or_else(|| Report::internal("a function without arguments"));

/// The type of the second argument.
pub(super) const SECOND: Returns = |types, _| types.get(1).map(plain).ok_or_else(|| Report::internal("a function without arguments"));

/// Results hold strings as Utf8, whatever the arguments hold.
pub(super) fn plain(ty: &DataType) -> DataType {
    match ty {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(field) | DataType::LargeList(field) => super::value::list_of(plain(field.data_type())),
        DataType::Dictionary(_, value) => plain(value),
        other => other.clone(),
    }
}

/// Returns the text of a constant argument.
pub(super) fn constant<'a>(constants: &[Option<&'a ScalarValue>], i: usize) -> Result<&'a str> {
    match constants.get(i) {
        Some(Some(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)) | ScalarValue::LargeUtf8(Some(text)))) => Ok(text),
        _ => Err(Report::internal("a function's argument is no constant")),
    }
}

/// Returns the integer of a constant argument.
pub(super) fn constant_int(constants: &[Option<&ScalarValue>], i: usize) -> Result<i64> {
    match constants.get(i) {
        Some(Some(ScalarValue::Int64(Some(value)))) => Ok(*value),
        Some(Some(ScalarValue::Int32(Some(value)))) => Ok((*value).into()),
        _ => Err(Report::internal("a function's argument is no constant")),
    }
}
