//! `+ - * / %` and bit operators: whole columns at a time, overflow and division by zero are errors.

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type};
use std::sync::Arc;

use super::decimal::{decimal, division_by_zero, fitting, shape, small};
use super::rows::{FIRST, strict};
use super::value::Value;
use super::{Returns, Scalar, decimal as decimals};
use crate::error::{Report, Result, SqlState};

fn out_of_range(ty: &DataType) -> Report {
    let name = match ty {
        DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        DataType::Int64 => "bigint",
        _ => "value",
    };
    let what = if name == "value" { "value out of range: overflow".to_owned() } else { format!("{name} out of range") };
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, what)
}

/// The wider of two number types; decimals by `both`.
fn widest(types: &[DataType], both: fn((i32, i32), (i32, i32)) -> DataType) -> Result<DataType> {
    let rank = |ty: &DataType| match ty {
        DataType::Int16 => 1,
        DataType::Int32 => 2,
        DataType::Int64 => 3,
        DataType::Float32 => 4,
        DataType::Float64 => 5,
        _ => 0,
    };
    let (a, b) = (&types[0], types.get(1).unwrap_or(&types[0]));
    if *a == DataType::LargeBinary || *b == DataType::LargeBinary {
        return Ok(DataType::LargeBinary);
    }
    if let (Some(a), Some(b)) = (shape(a), shape(b)) {
        return Ok(both((a.0.into(), a.1.into()), (b.0.into(), b.1.into())));
    }
    match (rank(a), rank(b)) {
        (0, _) | (_, 0) => Err(Report::internal(format!("arithmetic over {a} and {b}"))),
        (4, 5) | (5, 4) => Ok(DataType::Float64),
        (x, y) => Ok(if x >= y { a.clone() } else { b.clone() }),
    }
}

const SUM: Returns = |types, _| {
    widest(types, |(p1, s1), (p2, s2)| {
        let scale = s1.max(s2);
        fitting((p1 - s1).max(p2 - s2) + scale + 1, scale)
    })
};
const PRODUCT: Returns = |types, _| widest(types, |(p1, s1), (p2, s2)| fitting(p1 + p2, s1 + s2));
const QUOTIENT: Returns = |types, _| widest(types, |_, _| DataType::LargeBinary);
const REMAINDER: Returns = |types, _| {
    widest(types, |(p1, s1), (p2, s2)| {
        let scale = s1.max(s2);
        fitting((p1 - s1).max(p2 - s2) + scale, scale)
    })
};

/// Runs an operator over two columns of one integer type; `None` is overflow.
fn integers<T: ArrowPrimitiveType>(
    arrays: &[ArrayRef],
    ty: &DataType,
    rows: usize,
    f: impl Fn(T::Native, T::Native) -> Result<T::Native>,
) -> Result<ArrayRef> {
    let a = cast(&arrays[0], ty).map_err(Report::internal)?;
    let b = cast(&arrays[1], ty).map_err(Report::internal)?;
    let (a, b) = (a.as_primitive::<T>(), b.as_primitive::<T>());
    let external = |report: Report| arrow::error::ArrowError::ExternalError(Box::new(report));
    let back = |error: arrow::error::ArrowError| match error {
        arrow::error::ArrowError::ExternalError(inner) => match inner.downcast::<Report>() {
            Ok(report) => *report,
            Err(other) => Report::internal(other),
        },
        other => Report::internal(other),
    };
    let result: PrimitiveArray<T> = match (a.len() == rows, b.len() == rows) {
        (true, true) => arrow::compute::try_binary(a, b, |a, b| f(a, b).map_err(external)).map_err(back)?,
        (true, false) if b.is_valid(0) => {
            let b = b.value(0);
            a.try_unary(|a| f(a, b).map_err(external)).map_err(back)?
        }
        (false, true) if a.is_valid(0) => {
            let a = a.value(0);
            b.try_unary(|b| f(a, b).map_err(external)).map_err(back)?
        }
        _ => return Ok(new_null_array(ty, rows)),
    };
    Ok(Arc::new(result))
}

/// Runs an operator over floats; infinity out of finite operands is an error, and so is a zero that they do not make (float.h).
fn floats(
    arrays: &[ArrayRef],
    ty: &DataType,
    rows: usize,
    makes_zero: impl Fn(f64, f64) -> bool,
    f: impl Fn(f64, f64) -> Result<f64>,
) -> Result<ArrayRef> {
    let single = *ty == DataType::Float32;
    let checked = |a: f64, b: f64| -> Result<f64> {
        let mut value = f(a, b)?;
        if single {
            #[allow(clippy::cast_possible_truncation)]
            let narrow = value as f32;
            value = narrow.into();
        }
        if value.is_infinite() && a.is_finite() && b.is_finite() {
            return Err(out_of_range(ty));
        }
        if value == 0.0 && !makes_zero(a, b) {
            return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow"));
        }
        // One NaN: the processor's own carries a sign, by which it would sort.
        Ok(if value.is_nan() { f64::NAN } else { value })
    };
    let result = integers::<Float64Type>(arrays, &DataType::Float64, rows, checked)?;
    cast(&result, ty).map_err(Report::internal)
}

macro_rules! by_type {
    ($arrays:ident, $ty:ident, $rows:ident, $int:ident, $zero:expr, $float:expr, $decimal:expr) => {
        match $ty {
            DataType::Int16 => integers::<Int16Type>($arrays, $ty, $rows, |a, b| a.$int(b).ok_or_else(|| out_of_range($ty))),
            DataType::Int32 => integers::<Int32Type>($arrays, $ty, $rows, |a, b| a.$int(b).ok_or_else(|| out_of_range($ty))),
            DataType::Int64 => integers::<Int64Type>($arrays, $ty, $rows, |a, b| a.$int(b).ok_or_else(|| out_of_range($ty))),
            DataType::Float32 | DataType::Float64 => floats($arrays, $ty, $rows, $zero, $float),
            _ => $decimal,
        }
    };
}

macro_rules! by_integer {
    ($arrays:ident, $ty:ident, $rows:ident, |$a:ident, $b:ident| $f:expr) => {
        match $ty {
            DataType::Int16 => integers::<Int16Type>($arrays, $ty, $rows, |$a, $b| $f),
            DataType::Int32 => integers::<Int32Type>($arrays, $ty, $rows, |$a, $b| $f),
            _ => integers::<Int64Type>($arrays, $ty, $rows, |$a, $b| $f),
        }
    };
}

fn divide(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    match ty {
        DataType::Float32 | DataType::Float64 => {
            let makes_zero = |a: f64, b: f64| a == 0.0 || b.is_infinite();
            floats(arrays, ty, rows, makes_zero, |a, b| if b == 0.0 && !a.is_nan() { Err(division_by_zero()) } else { Ok(a / b) })
        }
        DataType::LargeBinary => super::rows::strict_rows(arrays, ty, rows, &|args| {
            let value = decimal(&args[0])?.divided(decimal(&args[1])?, small(&args[2])?, small(&args[3])?)?;
            Ok(Value::Numeric(value))
        }),
        _ => by_integer!(arrays, ty, rows, |a, b| {
            if b == 0 {
                return Err(division_by_zero());
            }
            a.checked_div(b).ok_or_else(|| out_of_range(ty))
        }),
    }
}

fn remainder(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    match ty {
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) | DataType::LargeBinary => {
            super::rows::strict_rows(arrays, ty, rows, &|args| {
                let (a, b, scale) = decimal(&args[0])?.aligned(decimal(&args[1])?)?;
                if b == arrow::datatypes::i256::ZERO {
                    return Err(division_by_zero());
                }
                Ok(Value::Numeric(decimals::Decimal::new(a.wrapping_rem(b), scale)))
            })
        }
        _ => by_integer!(arrays, ty, rows, |a, b| if b == 0 { Err(division_by_zero()) } else { Ok(a.wrapping_rem(b)) }),
    }
}

fn negate(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    match ty {
        DataType::Float32 => Ok(Arc::new(arrays[0].as_primitive::<Float32Type>().unary::<_, Float32Type>(|a| -a)) as ArrayRef),
        DataType::Float64 => Ok(Arc::new(arrays[0].as_primitive::<Float64Type>().unary::<_, Float64Type>(|a| -a)) as ArrayRef),
        _ => super::rows::strict_rows(arrays, ty, rows, &|args| match &args[0] {
            Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(|| out_of_range(ty)),
            value => {
                let value = decimal(value)?;
                Ok(Value::Numeric(decimals::Decimal::new(value.unscaled.wrapping_neg(), value.scale)))
            }
        }),
    }
}

/// Shifts by the low bits of the distance, as C on PostgreSQL's platforms does.
fn shift(value: i64, by: i64, ty: &DataType, left: bool) -> i64 {
    let bits: i64 = if *ty == DataType::Int64 { 64 } else { 32 };
    let by = u32::try_from(by & (bits - 1)).unwrap_or(0);
    let shifted = if left { value.wrapping_shl(by) } else { value >> by };
    match ty {
        #[allow(clippy::cast_possible_truncation)]
        DataType::Int16 => i64::from(shifted as i16),
        #[allow(clippy::cast_possible_truncation)]
        DataType::Int32 => i64::from(shifted as i32),
        _ => shifted,
    }
}

/// `a + b - c ...` over one type, from left to right.
fn chain(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    let signs = match super::value::read(&arrays[0], 0)? {
        Value::Text(signs) => signs.into_owned(),
        _ => return Err(Report::internal("a chain without signs")),
    };
    let mut total = arrays[1].clone();
    for (sign, operand) in signs.bytes().zip(&arrays[2..]) {
        let pair = [total, operand.clone()];
        let rows = if pair.iter().all(|array| array.len() == 1) { 1 } else { rows };
        let pair = &pair[..];
        total = if sign == b'+' {
            by_type!(pair, ty, rows, checked_add, |_, _| true, |a, b| Ok(a + b), Err(Report::internal("a chain of decimals")))?
        } else {
            by_type!(pair, ty, rows, checked_sub, |_, _| true, |a, b| Ok(a - b), Err(Report::internal("a chain of decimals")))?
        };
    }
    Ok(total)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        Scalar::new("pg_chain", super::rows::SECOND, chain),
        Scalar::new("pg_add", SUM, |arrays, ty, rows| {
            by_type!(arrays, ty, rows, checked_add, |_, _| true, |a, b| Ok(a + b), decimals::add(arrays, ty, rows, 1))
        }),
        Scalar::new("pg_sub", SUM, |arrays, ty, rows| {
            by_type!(arrays, ty, rows, checked_sub, |_, _| true, |a, b| Ok(a - b), decimals::add(arrays, ty, rows, -1))
        }),
        Scalar::new("pg_mul", PRODUCT, |arrays, ty, rows| {
            by_type!(arrays, ty, rows, checked_mul, |a, b| a == 0.0 || b == 0.0, |a, b| Ok(a * b), decimals::multiply(arrays, ty, rows))
        }),
        Scalar::new("pg_div", QUOTIENT, divide),
        Scalar::new("pg_mod", REMAINDER, remainder),
        Scalar::new("pg_neg", FIRST, negate),
        Scalar::new("pg_bit_and", SUM, |arrays, ty, rows| by_integer!(arrays, ty, rows, |a, b| Ok(a & b))),
        Scalar::new("pg_bit_or", SUM, |arrays, ty, rows| by_integer!(arrays, ty, rows, |a, b| Ok(a | b))),
        Scalar::new("pg_bit_xor", SUM, |arrays, ty, rows| by_integer!(arrays, ty, rows, |a, b| Ok(a ^ b))),
        strict!("pg_bit_not", FIRST, |args| Ok(Value::Int(!args[0].int()?))),
        Scalar::new("pg_shift_left", FIRST, |arrays, ty, rows| {
            super::rows::strict_rows(arrays, ty, rows, &|args| Ok(Value::Int(shift(args[0].int()?, args[1].int()?, ty, true))))
        }),
        Scalar::new("pg_shift_right", FIRST, |arrays, ty, rows| {
            super::rows::strict_rows(arrays, ty, rows, &|args| Ok(Value::Int(shift(args[0].int()?, args[1].int()?, ty, false))))
        }),
    ]
}
