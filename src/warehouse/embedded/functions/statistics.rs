//! Statistics over the array of a group's values, and over exact sums.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::ScalarValue;

use super::Scalar;
use super::array::{compare, single};
use super::decimal::{Decimal, decimal, small, too_large};
use super::digits::DIGITS;
use super::numbers::root_to;
use super::rows::{FIRST, FLOAT8, INTERVAL, each, each_row, strict};
use super::value::{Value, build, list_of, read};
use crate::error::{Report, Result, SqlState};

/// Returns the floats of a list without NULLs.
fn floats(list: &ArrayRef) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    for i in 0..list.len() {
        if let Value::Float(value) = read(list, i)? {
            values.push(value);
        }
    }
    Ok(values)
}

fn fraction(value: &Value) -> Result<f64> {
    let fraction = value.float()?;
    if !(0.0..=1.0).contains(&fraction) {
        let message = format!("percentile value {fraction} is not between 0 and 1");
        return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message));
    }
    Ok(fraction)
}

/// The values come sorted; NULLs do not count.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn percentile_cont(list: &ArrayRef, at: f64) -> Result<Value<'static>> {
    let values = floats(list)?;
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let place = at * (values.len() - 1) as f64;
    let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
    // As `float8_lerp`.
    Ok(Value::Float(if place.floor() == place.ceil() { low } else { low + (place - place.floor()) * (high - low) }))
}

/// The same over intervals.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn interval_percentile(list: &ArrayRef, at: f64) -> Result<Value<'static>> {
    let places: Vec<usize> = (0..list.len()).filter(|i| list.is_valid(*i)).collect();
    if places.is_empty() {
        return Ok(Value::Null);
    }
    let place = at * (places.len() - 1) as f64;
    let (low, high) = (read(list, places[place.floor() as usize])?, read(list, places[place.ceil() as usize])?);
    super::interval::between(&low, &high, place - place.floor())
}

/// One percentile for each fraction of an array; NULL for a NULL fraction.
fn many(list: &ArrayRef, fractions: &ArrayRef, ty: &DataType, of: impl Fn(f64) -> Result<Value<'static>>) -> Result<Value<'static>> {
    if list.null_count() == list.len() {
        return Ok(Value::Null);
    }
    let mut values = Vec::new();
    for i in 0..fractions.len() {
        values.push(match read(fractions, i)? {
            Value::Null => Value::Null,
            value => of(fraction(&value)?)?,
        });
    }
    Ok(Value::List(build(&values, ty)?))
}

/// The discrete percentiles of each list, as a list.
fn discretes(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    each_row(arrays, ty, rows, &|args| {
        let (Value::List(list), Value::List(fractions)) = (&args[0], &args[1]) else { return Ok(Value::Null) };
        if list.null_count() == list.len() {
            return Ok(Value::Null);
        }
        let mut places: Vec<Option<u32>> = Vec::new();
        for i in 0..fractions.len() {
            places.push(match read(fractions, i)? {
                Value::Null => None,
                value => percentile_disc(list, fraction(&value)?).and_then(|place| u32::try_from(place).ok()),
            });
        }
        let taken = arrow::compute::take(list, &arrow::array::UInt32Array::from(places), None);
        taken.map(Value::List).map_err(Report::internal)
    })
}

/// The least or greatest of a list, by PostgreSQL's order of the type.
fn extremes(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    each_row(arrays, ty, rows, &|args| {
        let Value::List(list) = &args[0] else { return Ok(Value::Null) };
        let greatest = args[1].str()? == "max";
        let mut best = Value::Null;
        for i in 0..list.len() {
            let value = read(list, i)?;
            let better = match (&value, &best) {
                (Value::Null, _) => false,
                (_, Value::Null) => true,
                (value, best) => {
                    let order = if greatest { compare(value, best)? } else { compare(best, value)? };
                    // Of equal ones the last counts (`interval_larger`), of char(n) the first (`bpchar_larger`).
                    order.is_gt() || order.is_eq() && !matches!(value, Value::Text(_))
                }
            };
            if better {
                best = value;
            }
        }
        Ok(best)
    })
}

/// bit_xor of the values of a list that differ.
fn xor_of_distinct(list: &ArrayRef) -> Result<Value<'static>> {
    let (mut total, mut seen) = (None, std::collections::HashSet::new());
    for i in 0..list.len() {
        let value = read(list, i)?;
        if !value.is_null() && seen.insert(value.int()?) {
            total = Some(total.unwrap_or(0) ^ value.int()?);
        }
    }
    Ok(total.map_or(Value::Null, Value::Int))
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn percentile_disc(list: &ArrayRef, at: f64) -> Option<usize> {
    let places: Vec<usize> = (0..list.len()).filter(|i| list.is_valid(*i)).collect();
    let row = ((places.len() as f64 * at).ceil() as usize).max(1);
    places.get(row - 1).copied()
}

/// Returns where the first of the most frequent values stands in a sorted list.
fn mode(list: &ArrayRef) -> Result<Option<usize>> {
    let (mut best, mut most) = (None, 0);
    let mut from = 0;
    while from < list.len() {
        if list.is_null(from) {
            from += 1;
            continue;
        }
        let first = read(list, from)?;
        let mut to = from + 1;
        while to < list.len() && list.is_valid(to) && compare(&first, &read(list, to)?)?.is_eq() {
            to += 1;
        }
        if to - from > most {
            (best, most) = (Some(from), to - from);
        }
        from = to;
    }
    Ok(best)
}

/// Youngs and Cramer's sums, in the order of the rows, as float8_accum makes them: n, Sx, Sxx.
#[allow(clippy::cast_precision_loss)]
fn accumulate(values: &[f64]) -> Result<(f64, f64, f64)> {
    let (mut n, mut sx, mut sxx) = (0.0, 0.0, 0.0);
    for &value in values {
        let before = sx;
        n += 1.0;
        sx += value;
        if n > 1.0 {
            let tmp = value * n - sx;
            sxx += tmp * tmp / (n * (n - 1.0));
            if f64::is_infinite(sx) || f64::is_infinite(sxx) {
                if f64::is_finite(before) && value.is_finite() {
                    return Err(overflow());
                }
                sxx = f64::NAN;
            }
        } else if !value.is_finite() {
            sxx = f64::NAN;
        }
    }
    Ok((n, sx, sxx))
}

fn float_variance(values: &[f64], name: &str) -> Result<Value<'static>> {
    let (n, _, sxx) = accumulate(values)?;
    let (sample, root) = (name.ends_with("samp"), name.starts_with("stddev"));
    if n == 0.0 || sample && n <= 1.0 {
        return Ok(Value::Null);
    }
    let variance = if sample { sxx / (n - 1.0) } else { sxx / n };
    Ok(Value::Float(if root { variance.sqrt() } else { variance }))
}

/// Adds up as float8pl (or float4pl, where `single`) does, in the order of the rows; infinity out of finite values is an error.
fn float_total(values: &[f64], average: bool, single: bool) -> Result<Value<'static>> {
    if average {
        let (n, sum, _) = accumulate(values)?;
        let mean = sum / n;
        return Ok(if n == 0.0 { Value::Null } else { Value::Float(if mean.is_nan() { f64::NAN } else { mean }) });
    }
    let Some((first, rest)) = values.split_first() else { return Ok(Value::Null) };
    let mut sum = *first;
    for value in rest {
        let (a, b) = (sum, *value);
        sum = a + b;
        if single {
            #[allow(clippy::cast_possible_truncation)]
            let narrow = sum as f32;
            sum = narrow.into();
        }
        if sum.is_infinite() && a.is_finite() && b.is_finite() {
            return Err(overflow());
        }
    }
    Ok(Value::Float(if sum.is_nan() { f64::NAN } else { sum }))
}

/// Values below this have squares whose sum does not overflow, however many they are.
const SMALL: f64 = 1e140;
/// The root of the greatest double: a distance above it has no square.
const ROOT: f64 = 1.34e154;

/// An average, by the greatest magnitude and the count of its values. float8_accum sums squares on the way, whatever is asked for: it fails where they
/// overflow.
fn finite_mean(args: &[Value]) -> Result<Value<'static>> {
    let mean = finite_sum(args)?.float()?;
    let (most, n) = (args[1].float()?, args[2].int()?);
    if most < SMALL || !most.is_finite() || n == 1 || n == 2 && mean.abs() == most {
        return Ok(Value::Float(mean));
    }
    if most - mean.abs() > ROOT {
        return Err(overflow());
    }
    Err(Report::unsupported("an average of doubles above 1e140"))
}

fn overflow() -> Report {
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

/// Refuses a sum (or average) that has overflowed: it is infinite, and the largest value is not.
fn finite_sum(args: &[Value]) -> Result<Value<'static>> {
    let sum = args[0].float()?;
    if sum.is_infinite() && args[1].float()?.is_finite() {
        return Err(overflow());
    }
    if sum == 0.0 && args[1].float()? < 0.0 {
        return Ok(Value::Float(-0.0));
    }
    Ok(Value::Float(if sum.is_nan() { f64::NAN } else { sum }))
}

/// The magnitude of a float, -1 for -0: the greatest of them tells whether a sum may be infinite, or -0.
fn magnitude(arrays: &[ArrayRef], ty: &DataType, _: usize) -> Result<ArrayRef> {
    let floats = cast(&arrays[0], ty).map_err(Report::internal)?;
    let of = |value: f64| if value == 0.0 && value.is_sign_negative() { -1.0 } else { value.abs() };
    Ok(Arc::new(floats.as_primitive::<Float64Type>().unary::<_, Float64Type>(of)))
}

/// Whether a group's rows have one value in a column, told by the least, the greatest, how many are not NULL, and how many there are.
fn is_same(args: &[Value]) -> Result<bool> {
    let (present, rows) = (args[2].int()?, args[3].int()?);
    Ok(present == 0 || present == rows && compare(&args[0], &args[1])?.is_eq())
}

fn ungrouped(label: &Value) -> Report {
    let label = label.str().unwrap_or_default();
    let message = format!("column \"{label}\" must appear in the GROUP BY clause or be used in an aggregate function");
    Report::new(SqlState::GROUPING_ERROR, message).detail("The grouped columns do not determine it: some group has several values.")
}

/// `numeric_stddev_internal`: exact sums, then one division (and one root).
pub(super) fn variance_of(sum: Decimal, squares: Decimal, n: i64, name: &str, mark: i32) -> Result<Value<'static>> {
    let (sample, root) = (name.ends_with("samp"), name.starts_with("stddev"));
    if n == 0 || sample && n <= 1 {
        return Ok(Value::Null);
    }
    let mul = |a: Decimal, b: Decimal| -> Result<Decimal> {
        let scale = a.scale.checked_add(b.scale).ok_or_else(too_large)?;
        Ok(Decimal::new(a.unscaled.checked_mul(b.unscaled).ok_or_else(too_large)?, scale))
    };
    let (own, own_squares) = (sum.own_scale(), squares.own_scale());
    let sum = sum.rescaled(own).ok_or_else(too_large)?;
    let squares = squares.rescaled(own_squares).ok_or_else(too_large)?;
    let (left, right, scale) = mul(squares, Decimal::int(n))?.aligned(mul(sum, sum)?)?;
    let spread = Decimal::new(left.checked_sub(right).ok_or_else(too_large)?, scale);
    // The result has twice the column's scale as its display scale, as numeric.c computes it.
    let shown = if mark >= 0 { mark * 2 } else { i32::from(scale) };
    if spread.is_zero() || spread.is_negative() {
        return Ok(Value::Numeric(Decimal::int(0)));
    }
    let divisor = mul(Decimal::int(n), Decimal::int(if sample { n - 1 } else { n }))?;
    let variance = spread.divided(divisor, shown, 0)?;
    if root { Ok(Value::Numeric(root_to(variance, variance.scale.into())?)) } else { Ok(Value::Numeric(variance)) }
}

/// float8_regr_accum over the pairs without NULLs: n, Sx, Sxx, Sy, Syy, Sxy. A sum that is infinite although its values are not has
/// overflowed; what infinite values leave of a spread is NaN.
fn regression(ys: &ArrayRef, xs: &ArrayRef, name: &str) -> Result<Value<'static>> {
    let (mut n, mut sx, mut sxx, mut sy, mut syy, mut sxy) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for i in 0..ys.len() {
        let (Value::Float(y), Value::Float(x)) = (read(ys, i)?, read(xs, i)?) else { continue };
        // Whether an infinite sum is no wonder.
        let (x_told, y_told) = (sx.is_infinite() || x.is_infinite(), sy.is_infinite() || y.is_infinite());
        n += 1.0;
        sx += x;
        sy += y;
        if n > 1.0 {
            let (tx, ty) = (x * n - sx, y * n - sy);
            let scale = 1.0 / (n * (n - 1.0));
            sxx += tx * tx * scale;
            syy += ty * ty * scale;
            sxy += tx * ty * scale;
            let wonder = (sx.is_infinite() || sxx.is_infinite()) && !x_told
                || (sy.is_infinite() || syy.is_infinite()) && !y_told
                || sxy.is_infinite() && !x_told && !y_told;
            if wonder {
                return Err(overflow());
            }
            for spread in [&mut sxx, &mut syy, &mut sxy] {
                if spread.is_infinite() {
                    *spread = f64::NAN;
                }
            }
        } else {
            if !x.is_finite() {
                (sxx, sxy) = (f64::NAN, f64::NAN);
            }
            if !y.is_finite() {
                (syy, sxy) = (f64::NAN, f64::NAN);
            }
        }
    }
    let some = |ok: bool, value: f64| if ok { Value::Float(value) } else { Value::Null };
    Ok(match name {
        "regr_sxx" => some(n >= 1.0, sxx),
        "regr_syy" => some(n >= 1.0, syy),
        "regr_sxy" => some(n >= 1.0, sxy),
        "regr_avgx" => some(n >= 1.0, sx / n),
        "regr_avgy" => some(n >= 1.0, sy / n),
        "covar_pop" => some(n >= 1.0, sxy / n),
        "covar_samp" => some(n >= 2.0, sxy / (n - 1.0)),
        "corr" => some(n >= 1.0 && sxx != 0.0 && syy != 0.0, sxy / (sxx * syy).sqrt()),
        "regr_r2" if n < 1.0 || sxx == 0.0 => Value::Null,
        "regr_r2" if syy == 0.0 => Value::Float(1.0),
        "regr_r2" => Value::Float((sxy * sxy) / (sxx * syy)),
        "regr_slope" => some(n >= 1.0 && sxx != 0.0, sxy / sxx),
        "regr_intercept" => some(n >= 1.0 && sxx != 0.0, (sy - sx * sxy / sxx) / n),
        other => return Err(Report::unsupported(format!("aggregate {other}"))),
    })
}

/// The most frequent value of each list.
fn modes(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    let lists = each_row(arrays, &list_of(ty.clone()), rows, &|args| match &args[0] {
        Value::List(list) => Ok(mode(list)?.map_or(Value::Null, |i| Value::List(list.slice(i, 1)))),
        _ => Ok(Value::Null),
    })?;
    first(&lists, ty, rows)
}

/// The value at a fraction of each list.
fn discrete(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    let lists = each_row(arrays, &list_of(ty.clone()), rows, &|args| match (&args[0], &args[1]) {
        (Value::List(list), value @ Value::Float(_)) => {
            Ok(percentile_disc(list, fraction(value)?).map_or(Value::Null, |i| Value::List(list.slice(i, 1))))
        }
        _ => Ok(Value::Null),
    })?;
    first(&lists, ty, rows)
}

fn element(types: &[DataType], _: &[Option<&ScalarValue>]) -> Result<DataType> {
    match &types[0] {
        DataType::List(field) => Ok(super::rows::plain(field.data_type())),
        other => Err(Report::internal(format!("a function expected an array and got {other}"))),
    }
}

fn first(lists: &ArrayRef, ty: &DataType, rows: usize) -> Result<ArrayRef> {
    each_row(std::slice::from_ref(lists), ty, rows, &|args| match &args[0] {
        Value::List(list) => single(list),
        _ => Ok(Value::Null),
    })
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        Scalar::new("pg_magnitude", FLOAT8, magnitude),
        each!("pg_same", FIRST, |args| if is_same(args)? { Ok(args[0].clone()) } else { Err(ungrouped(&args[4])) }),
        Scalar::new("pg_only", element, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) if list.len() == 1 => single(list),
                Value::Null => Ok(Value::Null),
                _ => Err(ungrouped(&args[1])),
            })
        }),
        strict!("pg_float8_percentile", FLOAT8, |args| percentile_cont(args[0].list()?, fraction(&args[1])?)),
        strict!("pg_float8_percentiles", |_, _| Ok(list_of(DataType::Float64)), |args| {
            let list = args[0].list()?;
            many(list, args[1].list()?, &DataType::Float64, |at| percentile_cont(list, at))
        }),
        strict!("pg_interval_percentile", INTERVAL, |args| interval_percentile(args[0].list()?, fraction(&args[1])?)),
        strict!("pg_interval_percentiles", |types, _| Ok(super::rows::plain(&types[0])), |args| {
            let list = args[0].list()?;
            many(list, args[1].list()?, list.data_type(), |at| interval_percentile(list, at))
        }),
        Scalar::new("pg_percentiles_disc", FIRST, discretes),
        Scalar::new("pg_extreme", element, extremes),
        strict!("pg_xor_of_distinct", element, |args| xor_of_distinct(args[0].list()?)),
        Scalar::new("pg_float_total", element, |arrays, ty, rows| {
            each_row(arrays, ty, rows, &|args| match &args[0] {
                Value::List(list) => float_total(&floats(list)?, args[1].str()? == "avg", *list.data_type() == DataType::Float32),
                _ => Ok(Value::Null),
            })
        }),
        strict!("pg_finite_sum", FLOAT8, |args| finite_sum(args)),
        strict!("pg_finite_mean", FLOAT8, |args| finite_mean(args)),
        Scalar::new("pg_percentile_disc", element, discrete),
        Scalar::new("pg_mode", element, modes),
        each!("pg_float_variance", FLOAT8, |args| match &args[0] {
            Value::List(list) => float_variance(&floats(list)?, args[1].str()?),
            _ => Ok(Value::Null),
        }),
        strict!("pg_numeric_variance", DIGITS, |args| {
            variance_of(decimal(&args[0])?, decimal(&args[1])?, args[2].int()?, args[3].str()?, small(&args[4])?)
        }),
        each!("pg_regression", FLOAT8, |args| match (&args[0], &args[1]) {
            (Value::List(ys), Value::List(xs)) => regression(ys, xs, args[2].str()?),
            _ => Ok(Value::Null),
        }),
    ]
}
