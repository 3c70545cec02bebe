//! numeric: exact decimals with PostgreSQL's result scales (numeric.c).

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, i256};
use std::sync::Arc;

use super::Scalar;
use super::digits::DIGITS;
use super::rows::{each, strict, strict_rows};
use super::value::Value;
use crate::error::{Report, Result, SqlState};

/// A decimal: `unscaled` x 10^-`scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::warehouse) struct Decimal {
    pub(in crate::warehouse) unscaled: i256,
    pub(in crate::warehouse) scale: i8,
}

/// Scale mark of the emitter: the value's digits without trailing zeros.
const OWN: i32 = -1;

impl Decimal {
    pub(in crate::warehouse) fn new(unscaled: i256, scale: i8) -> Decimal {
        Decimal { unscaled, scale }
    }

    pub(in crate::warehouse) fn int(value: i64) -> Decimal {
        Decimal::new(i256::from_i128(value.into()), 0)
    }

    /// Reads sign, digits, point.
    pub(in crate::warehouse) fn parse(text: &str) -> Result<Decimal> {
        let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let unscaled = i256::from_string(&text.replace('.', ""));
        match (unscaled, i8::try_from(digits)) {
            (Some(unscaled), Ok(scale)) => Ok(Decimal::new(unscaled, scale)),
            _ => Err(Report::unsupported("a numeric of more than 76 digits")),
        }
    }

    pub(in crate::warehouse) fn is_zero(self) -> bool {
        self.unscaled == i256::ZERO
    }

    pub(in crate::warehouse) fn is_negative(self) -> bool {
        self.unscaled < i256::ZERO
    }

    fn digits(self) -> i32 {
        if let Some(small) = self.unscaled.to_i128() {
            return small.unsigned_abs().checked_ilog10().map_or(1, |log| i32::try_from(log).unwrap_or(0) + 1);
        }
        i32::try_from(self.unscaled.to_string().trim_start_matches('-').len()).unwrap_or(76)
    }

    /// Returns weight and first digit in base 10000, as `select_div_scale` wants them.
    pub(in crate::warehouse) fn weight(self) -> (i32, i32) {
        if self.is_zero() {
            return (0, 0);
        }
        let digits = self.digits();
        let exponent = digits - i32::from(self.scale) - 1;
        let weight = exponent.div_euclid(4);
        let wanted = exponent - 4 * weight + 1;
        let first = if digits >= wanted {
            self.unscaled.wrapping_div(power(digits - wanted)).to_i128()
        } else {
            self.unscaled.wrapping_mul(power(wanted - digits)).to_i128()
        };
        (weight, first.and_then(|first| i32::try_from(first.abs()).ok()).unwrap_or(0))
    }

    /// Returns the digits behind the point without trailing zeros.
    pub(in crate::warehouse) fn own_scale(self) -> i32 {
        let mut scale = i32::from(self.scale);
        let mut value = self.unscaled;
        let ten = i256::from_i128(10);
        while scale > 0 && value.wrapping_rem(ten) == i256::ZERO {
            value = value.wrapping_div(ten);
            scale -= 1;
        }
        scale.max(0)
    }

    /// Returns PostgreSQL's display scale of this value, given the emitter's mark.
    pub(super) fn display_scale(self, mark: i32) -> i32 {
        match mark {
            0.. => mark,
            OWN => self.own_scale(),
            _ => self.scale.into(),
        }
    }

    /// Prints with the digits that the emitter's mark gives.
    pub(in crate::warehouse) fn shown(self, mark: i32) -> String {
        let scale = self.display_scale(mark);
        let Some(value) = self.rescaled(scale) else { return self.to_text() };
        value.to_text()
    }

    fn to_text(self) -> String {
        let digits = self.unscaled.to_string();
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
        let scale = usize::try_from(self.scale).unwrap_or(0);
        if scale == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        format!("{sign}{whole}.{fraction}")
    }

    /// Rounds half away from zero to `scale` digits (or pads); `None` when it does not fit.
    pub(in crate::warehouse) fn rescaled(self, scale: i32) -> Option<Decimal> {
        let step = scale - i32::from(self.scale);
        let to = i8::try_from(scale).ok()?;
        if step >= 0 {
            if self.is_zero() {
                return Some(Decimal::new(i256::ZERO, to));
            }
            return Some(Decimal::new(times_power(self.unscaled, step)?, to));
        }
        if -step > 76 {
            return Some(Decimal::new(i256::ZERO, to));
        }
        Some(Decimal::new(divide_rounded(self.unscaled, power(-step)), to))
    }

    /// Cuts digits off.
    pub(super) fn truncated(self, scale: i32) -> Option<Decimal> {
        let step = i32::from(self.scale) - scale;
        if step <= 0 {
            return self.rescaled(scale);
        }
        Some(Decimal::new(self.unscaled.wrapping_div(power(step.min(76))), i8::try_from(scale).ok()?))
    }

    /// Returns the unscaled value at a column's scale; digits are never dropped.
    pub(super) fn at_scale(self, precision: u8, scale: i8) -> Result<i256> {
        let wide = |value: i256| value.wrapping_abs() < power(precision.min(76).into());
        match self.rescaled(scale.into()) {
            Some(value) if wide(value.unscaled) => {
                if scale < self.scale && self.own_scale() > i32::from(scale) {
                    return Err(Report::unsupported(format!("a numeric with more than {scale} digits behind the point")));
                }
                Ok(value.unscaled)
            }
            _ => Err(too_large()),
        }
    }

    pub(super) fn to_i128(self, precision: u8, scale: i8) -> Result<i128> {
        self.at_scale(precision, scale)?.to_i128().ok_or_else(too_large)
    }

    /// Divides as PostgreSQL does: `numeric_div` with the operands' display scales.
    pub(in crate::warehouse) fn divided(self, other: Decimal, mark: i32, other_mark: i32) -> Result<Decimal> {
        if other.is_zero() {
            return Err(division_by_zero());
        }
        let ((w1, d1), (w2, d2)) = (self.weight(), other.weight());
        let weight = w1 - w2 - i32::from(d1 <= d2);
        let scale = (16 - weight * 4).max(self.display_scale(mark)).max(other.display_scale(other_mark)).max(0);
        self.quotient(other, scale)
    }

    /// Divides to `scale` digits, rounding half away from zero.
    pub(super) fn quotient(self, other: Decimal, scale: i32) -> Result<Decimal> {
        let to = i8::try_from(scale).map_err(|_| too_large())?;
        let shift = scale + i32::from(other.scale) - i32::from(self.scale);
        let (mut top, mut bottom) = (self.unscaled, other.unscaled);
        if shift < 0 {
            bottom = times_power(bottom, -shift).ok_or_else(too_large)?;
        } else {
            if let (Some(a), Some(b), true) = (top.to_i128(), bottom.to_i128(), shift <= 38)
                && let Some(a) = a.checked_mul(10_i128.pow(shift.unsigned_abs()))
                && a != i128::MIN
            {
                let (quotient, rest) = (a / b, a % b);
                let up = rest.unsigned_abs() >= b.unsigned_abs() - rest.unsigned_abs();
                let sign = if (a < 0) == (b < 0) { 1 } else { -1 };
                return Ok(Decimal::new(i256::from_i128(quotient + if up { sign } else { 0 }), to));
            }
            match times_power(top, shift) {
                Some(shifted) => top = shifted,
                None => return self.long_quotient(other, shift, to),
            }
        }
        Ok(Decimal::new(divide_rounded(top, bottom), to))
    }

    /// Divides digit by digit, where the shifted dividend would not fit.
    fn long_quotient(self, other: Decimal, shift: i32, to: i8) -> Result<Decimal> {
        let ten = i256::from_i128(10);
        let negative = self.is_negative() != other.is_negative();
        let bottom = other.unscaled.wrapping_abs();
        let mut rest = self.unscaled.wrapping_abs();
        let mut quotient = rest.wrapping_div(bottom);
        rest = rest.wrapping_rem(bottom);
        for _ in 0..shift {
            let wider = rest.checked_mul(ten).ok_or_else(too_large)?;
            quotient = quotient.checked_mul(ten).and_then(|q| q.checked_add(wider.wrapping_div(bottom))).ok_or_else(too_large)?;
            rest = wider.wrapping_rem(bottom);
        }
        if rest >= bottom.wrapping_sub(rest) {
            quotient = quotient.wrapping_add(i256::ONE);
        }
        Ok(Decimal::new(if negative { quotient.wrapping_neg() } else { quotient }, to))
    }

    /// Returns the nearest float.
    pub(in crate::warehouse) fn to_f64(self) -> f64 {
        // Text to float rounds correctly.
        self.to_text().parse().unwrap_or(f64::NAN)
    }

    /// Brings two decimals to one scale.
    pub(in crate::warehouse) fn aligned(self, other: Decimal) -> Result<(i256, i256, i8)> {
        let scale = self.scale.max(other.scale);
        let a = self.rescaled(scale.into()).ok_or_else(too_large)?;
        let b = other.rescaled(scale.into()).ok_or_else(too_large)?;
        Ok((a.unscaled, b.unscaled, scale))
    }
}

/// Returns `value` x 10^`n`; `None` when it does not fit.
pub(in crate::warehouse) fn times_power(value: i256, n: i32) -> Option<i256> {
    (n <= 76).then(|| value.checked_mul(power(n))).flatten()
}

/// Returns 10^n for n up to 76.
pub(in crate::warehouse) fn power(n: i32) -> i256 {
    let n = u32::try_from(n.clamp(0, 76)).unwrap_or(0);
    if n <= 38 {
        i256::from_i128(10_i128.pow(n))
    } else {
        i256::from_i128(10_i128.pow(38)).wrapping_mul(i256::from_i128(10_i128.pow(n - 38)))
    }
}

fn divide_rounded(top: i256, bottom: i256) -> i256 {
    let quotient = top.wrapping_div(bottom);
    let rest = top.wrapping_rem(bottom).wrapping_abs();
    if rest >= bottom.wrapping_abs().wrapping_sub(rest) {
        let negative = (top < i256::ZERO) != (bottom < i256::ZERO);
        return if negative { quotient.wrapping_sub(i256::ONE) } else { quotient.wrapping_add(i256::ONE) };
    }
    quotient
}

pub(in crate::warehouse) fn too_large() -> Report {
    Report::unsupported("a numeric of this many digits").detail("The embedded engine computes with at most 76 digits.")
}

pub(in crate::warehouse) fn division_by_zero() -> Report {
    Report::new(SqlState::DIVISION_BY_ZERO, "division by zero")
}

/// Returns a number of any type as a decimal.
pub(super) fn decimal(value: &Value) -> Result<Decimal> {
    match value {
        Value::Numeric(value) => Ok(*value),
        Value::Int(value) => Ok(Decimal::int(*value)),
        other => Err(Report::internal(format!("a function expected a numeric and got {other:?}"))),
    }
}

/// Returns a small integer argument.
pub(super) fn small(value: &Value) -> Result<i32> {
    i32::try_from(value.int()?).map_err(|_| Report::internal("an argument is out of range"))
}

/// Returns precision and scale of a decimal type.
pub(super) fn shape(ty: &DataType) -> Option<(u8, i8)> {
    match ty {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}

/// Returns the narrowest decimal type of this many digits; above 76, digits behind the point give way (and are checked by value).
pub(super) fn fitting(precision: i32, scale: i32) -> DataType {
    let scale = if precision > 76 { scale.min(38) } else { scale };
    let narrow = i8::try_from(scale).unwrap_or(38);
    match u8::try_from(precision) {
        Ok(precision) if precision <= 38 => DataType::Decimal128(precision.max(1), narrow),
        Ok(precision) if precision <= 76 => DataType::Decimal256(precision, narrow),
        _ => DataType::Decimal256(76, narrow),
    }
}

/// Adds (`sign` 1) or subtracts (-1) columns of decimals.
pub(super) fn add(arrays: &[ArrayRef], ty: &DataType, rows: usize, sign: i8) -> Result<ArrayRef> {
    if *ty == DataType::LargeBinary {
        return strict_rows(arrays, ty, rows, &|args| {
            let (a, b, scale) = decimal(&args[0])?.aligned(decimal(&args[1])?)?;
            let sum = if sign < 0 { a.checked_sub(b) } else { a.checked_add(b) };
            Ok(Value::Numeric(Decimal::new(sum.ok_or_else(too_large)?, scale)))
        });
    }
    let (precision, scale) = shape(ty).ok_or_else(|| Report::internal("a sum of decimals of another type"))?;
    if let (DataType::Decimal128(_, s1), DataType::Decimal128(_, s2), DataType::Decimal128(_, _)) =
        (arrays[0].data_type(), arrays[1].data_type(), ty)
    {
        // The result's precision has room for the carry: nothing here can overflow.
        let f1 = 10_i128.pow(u32::from((scale - s1).unsigned_abs()));
        let f2 = 10_i128.pow(u32::from((scale - s2).unsigned_abs())) * i128::from(sign);
        return narrow(arrays, ty, rows, |a, b| a.wrapping_mul(f1).wrapping_add(b.wrapping_mul(f2)));
    }
    wide(arrays, ty, rows, |a, b| {
        let (a, b, aligned) = a.aligned(b)?;
        let sum = if sign < 0 { a.checked_sub(b) } else { a.checked_add(b) };
        Decimal::new(sum.ok_or_else(too_large)?, aligned).at_scale(precision, scale)
    })
}

/// Multiplies columns of decimals.
pub(super) fn multiply(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    if *ty == DataType::LargeBinary {
        return strict_rows(arrays, ty, rows, &|args| {
            let (a, b) = (decimal(&args[0])?, decimal(&args[1])?);
            let product = a.unscaled.checked_mul(b.unscaled).ok_or_else(too_large)?;
            Ok(Value::Numeric(Decimal::new(product, a.scale.checked_add(b.scale).ok_or_else(too_large)?)))
        });
    }
    let (precision, scale) = shape(ty).ok_or_else(|| Report::internal("a product of decimals of another type"))?;
    if matches!(
        (arrays[0].data_type(), arrays[1].data_type(), ty),
        (DataType::Decimal128(_, _), DataType::Decimal128(_, _), DataType::Decimal128(_, _))
    ) {
        return narrow(arrays, ty, rows, i128::wrapping_mul);
    }
    wide(arrays, ty, rows, |a, b| {
        let (a, b) = (trim(a, scale), trim(b, scale));
        let product = a.unscaled.checked_mul(b.unscaled).ok_or_else(too_large)?;
        let together = i8::try_from(i32::from(a.scale) + i32::from(b.scale)).map_err(|_| too_large())?;
        Decimal::new(product, together).at_scale(precision, scale)
    })
}

/// Drops trailing zeros where the exact product would not fit otherwise.
fn trim(value: Decimal, scale: i8) -> Decimal {
    if value.scale > 19 || scale > 37 {
        let own = value.own_scale();
        return value.rescaled(own).unwrap_or(value);
    }
    value
}

fn narrow(arrays: &[ArrayRef], ty: &DataType, rows: usize, f: impl Fn(i128, i128) -> i128) -> Result<ArrayRef> {
    let (a, b) = (arrays[0].as_primitive::<Decimal128Type>(), arrays[1].as_primitive::<Decimal128Type>());
    let result: Decimal128Array = match (a.len() == rows, b.len() == rows) {
        (true, true) => arrow::compute::binary(a, b, f).map_err(Report::internal)?,
        (true, false) if b.is_valid(0) => {
            let b = b.value(0);
            a.unary(|a| f(a, b))
        }
        (false, true) if a.is_valid(0) => {
            let a = a.value(0);
            b.unary(|b| f(a, b))
        }
        _ => return Ok(arrow::array::new_null_array(ty, rows)),
    };
    Ok(Arc::new(result.with_data_type(ty.clone())))
}

fn wide(arrays: &[ArrayRef], ty: &DataType, rows: usize, f: impl Fn(Decimal, Decimal) -> Result<i256>) -> Result<ArrayRef> {
    let decimals = |array: &ArrayRef| -> Result<(Decimal256Array, i8)> {
        let (precision, scale) = shape(array.data_type()).ok_or_else(|| Report::internal("an operand is no decimal"))?;
        let wide = DataType::Decimal256(precision.max(39), scale);
        Ok((cast(array, &wide).map_err(Report::internal)?.as_primitive::<Decimal256Type>().clone(), scale))
    };
    let ((a, s1), (b, s2)) = (decimals(&arrays[0])?, decimals(&arrays[1])?);
    let mut result = Vec::with_capacity(rows);
    for i in 0..rows {
        let (x, y) = (if a.len() == 1 { 0 } else { i }, if b.len() == 1 { 0 } else { i });
        result.push(if a.is_null(x) || b.is_null(y) { None } else { Some(f(Decimal::new(a.value(x), s1), Decimal::new(b.value(y), s2))?) });
    }
    let result: Decimal256Array = result.into_iter().collect();
    cast(&result.with_data_type(DataType::Decimal256(76, shape(ty).map_or(0, |(_, scale)| scale))), ty).map_err(Report::internal)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_avg", DIGITS, |args| {
            let (sum, count) = (decimal(&args[0])?, decimal(&args[1])?);
            if count.is_zero() {
                return Ok(Value::Null);
            }
            Ok(Value::Numeric(sum.divided(count, small(&args[2])?, 0)?))
        }),
        Scalar::new(
            "pg_wide",
            |types, _| match shape(&types[0]) {
                Some((precision, scale)) if precision <= 28 => Ok(DataType::Decimal128(precision, scale)),
                Some((_, scale)) => Ok(DataType::Decimal256(76, scale)),
                None => Err(Report::internal("a sum of something other than numerics")),
            },
            |arrays, ty, _| cast(&arrays[0], ty).map_err(Report::internal),
        ),
        each!("pg_scale", super::rows::INT4, |args| match &args[0] {
            Value::Null => Ok(Value::Null),
            value => Ok(Value::Int(decimal(value)?.display_scale(small(&args[1])?).into())),
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number")
    }

    fn quotient(a: &str, b: &str) -> String {
        let value = number(a).divided(number(b), -1, -1).expect("a quotient");
        value.to_text()
    }

    #[test]
    fn quotients_have_the_digits_that_postgresql_gives() {
        assert_eq!(quotient("1", "3"), "0.33333333333333333333");
        assert_eq!(quotient("10", "4"), "2.5000000000000000");
        assert_eq!(quotient("1", "1"), "1.00000000000000000000");
        assert_eq!(quotient("-2", "3"), "-0.66666666666666666667");
        assert_eq!(quotient("100000", "7"), "14285.714285714286");
        assert_eq!(quotient("1", "70000"), "0.000014285714285714285714");
        assert!(number("1").divided(number("0"), 0, 0).is_err());
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        assert_eq!(number("-2.5").rescaled(0).expect("fits").to_text(), "-3");
        assert_eq!(number("0.05").rescaled(1).expect("fits").to_text(), "0.1");
        assert_eq!(number("1.2300").shown(-1), "1.23");
    }
}
