//! Mathematical functions (chapter 9.3).

use arrow::datatypes::{DataType, i256};

use super::decimal::{Decimal, decimal, fitting, power, shape, small, times_power, too_large};
use super::digits::DIGITS;
use super::rows::{FIRST, FLOAT8, INT4, NUMERIC, TEXT, constant_int, strict, strict_rows};
use super::value::Value;
use super::{Returns, Scalar};
use crate::error::{Report, Result, SqlState};

fn range(what: &str) -> Report {
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, what)
}

fn float(value: f64, inputs_finite: bool) -> Result<Value<'static>> {
    if value.is_infinite() && inputs_finite {
        return Err(range("value out of range: overflow"));
    }
    Ok(Value::Float(value))
}

/// Rounding to a constant number of digits keeps a column narrow; to a computed one it must be wide.
const ROUNDED: Returns = |types, constants| match (&types[0], constant_int(constants, 1)) {
    (DataType::Float64 | DataType::Float32, _) => Ok(DataType::Float64),
    (DataType::LargeBinary, Ok(digits)) => Ok(fitting(76, i32::try_from(digits.clamp(0, 76)).unwrap_or(76))),
    (ty, Ok(digits)) => {
        let (precision, scale) = shape(ty).ok_or_else(|| Report::internal("round over no numeric"))?;
        let digits = i32::try_from(digits.clamp(-76, 76)).unwrap_or(76);
        let whole = i32::from(precision) - i32::from(scale);
        // Rounding up may carry into a new digit; digits beyond the column's are zeros.
        Ok(fitting(whole + digits.max(0) + 1, digits.max(0)))
    }
    (_, Err(_)) => Ok(DataType::LargeBinary),
};

/// ceil and floor of numerics have no digits behind the point.
const WHOLE: Returns = |types, _| match &types[0] {
    DataType::Float64 | DataType::Float32 => Ok(DataType::Float64),
    DataType::LargeBinary => Ok(DataType::Decimal256(76, 0)),
    ty => {
        let (precision, scale) = shape(ty).ok_or_else(|| Report::internal("ceil over no numeric"))?;
        Ok(fitting(i32::from(precision) - i32::from(scale) + 1, 0))
    }
};

/// Rounds to digits behind the point, or cuts there; `shown`: the zeros behind the last digit are part of the result.
fn rounded(args: &[Value], cut: bool, shown: bool) -> Result<Value<'static>> {
    match &args[0] {
        Value::Float(value) => Ok(Value::Float(if cut { value.trunc() } else { value.round_ties_even() })),
        value => {
            let value = decimal(value)?;
            let digits = small(&args[1])?.clamp(-76, 2000);
            if !shown && digits >= i32::from(value.scale) {
                return Ok(Value::Numeric(value));
            }
            let short = if cut { value.truncated(digits) } else { value.rescaled(digits) }.ok_or_else(too_large)?;
            // A negative scale is not stored: the zeros are written out.
            Ok(Value::Numeric(short.rescaled(digits.max(0)).ok_or_else(too_large)?))
        }
    }
}

fn toward(args: &[Value], up: bool) -> Result<Value<'static>> {
    match &args[0] {
        Value::Float(value) => Ok(Value::Float(if up { value.ceil() } else { value.floor() })),
        value => {
            let value = decimal(value)?;
            let whole = value.truncated(0).ok_or_else(too_large)?;
            let exact = value.own_scale() == 0;
            let step = match (up, value.is_negative(), exact) {
                (_, _, true) | (true, true, _) | (false, false, _) => i256::ZERO,
                (true, false, false) => i256::ONE,
                (false, true, false) => i256::MINUS_ONE,
            };
            Ok(Value::Numeric(Decimal::new(whole.unscaled.wrapping_add(step), 0)))
        }
    }
}

/// `dpow` with its errors.
fn dpow(base: f64, exponent: f64) -> Result<Value<'static>> {
    if base == 0.0 && exponent < 0.0 {
        return Err(Report::new(SqlState("2201F"), "zero raised to a negative power is undefined"));
    }
    if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
        let message = "a negative number raised to a non-integer power yields a complex result";
        return Err(Report::new(SqlState("2201F"), message));
    }
    let value = base.powf(exponent);
    if value == 0.0 && base != 0.0 && base.is_finite() && exponent.is_finite() {
        return Err(range("value out of range: underflow"));
    }
    float(value, base.is_finite() && exponent.is_finite())
}

/// numeric ^ integer (numeric.c, `power_var`): 16 digits behind the point, or the base's display scale if that is more.
fn numeric_power(base: Decimal, exponent: Decimal, mark: i32, exponent_mark: i32) -> Result<Value<'static>> {
    let whole = exponent.rescaled(0).filter(|_| exponent.own_scale() == 0).and_then(|e| e.unscaled.to_i128());
    if exponent.own_scale() > 0 {
        return Ok(Value::Numeric(super::logarithm::fractional_power(base, exponent, mark, exponent_mark)?));
    }
    let Some(n @ -200..=200) = whole else {
        return Err(Report::unsupported("numeric raised to a large power"));
    };
    let scale = base.display_scale(mark).max(16);
    if base.is_zero() && n < 0 {
        return Err(Report::new(SqlState("2201F"), "zero raised to a negative power is undefined"));
    }
    let (value, exact) = repeated_product(base, n.unsigned_abs())?;
    let value = if n < 0 { Decimal::int(1).quotient(value, scale)? } else { value };
    let whole = value.truncated(0).ok_or_else(too_large)?.unscaled.to_string().len();
    if !exact && i32::try_from(whole).unwrap_or(i32::MAX).saturating_add(scale) > SURE_DIGITS {
        return Err(Report::unsupported("a numeric power of this many digits"));
    }
    Ok(Value::Numeric(value.rescaled(scale).ok_or_else(too_large)?))
}

/// Digits of a rounded product that are right.
const SURE_DIGITS: i32 = 34;

/// Multiplies a number with itself; exactly, or with 37 significant digits where the product gets longer.
fn repeated_product(base: Decimal, n: u128) -> Result<(Decimal, bool)> {
    let shorten = |value: Decimal| -> Result<(Decimal, bool)> {
        let value = value.rescaled(value.own_scale()).ok_or_else(too_large)?;
        let digits = i32::try_from(value.unscaled.wrapping_abs().to_string().len()).unwrap_or(76);
        let spare = (digits - 37).min(i32::from(value.scale));
        if spare <= 0 {
            return Ok((value, true));
        }
        Ok((value.rescaled(i32::from(value.scale) - spare).ok_or_else(too_large)?, false))
    };
    let (base, mut exact) = shorten(base)?;
    let mut value = Decimal::int(1);
    for _ in 0..n {
        let product = value.unscaled.checked_mul(base.unscaled).ok_or_else(too_large)?;
        let (next, kept) = shorten(Decimal::new(product, value.scale.checked_add(base.scale).ok_or_else(too_large)?))?;
        value = next;
        exact &= kept;
    }
    Ok((value, exact))
}

/// `numeric_sqrt`: at least 16 significant digits, by Newton's integer method.
pub(super) fn numeric_sqrt(value: Decimal, mark: i32) -> Result<Decimal> {
    if value.is_negative() {
        return Err(Report::new(SqlState("2201F"), "cannot take square root of a negative number"));
    }
    let (weight, _) = value.weight();
    let sweight = (weight + 1) * 4 / 2 - 1;
    root_to(value, (16 - sweight).max(value.display_scale(mark)).max(0))
}

/// The square root with this many digits behind the point.
pub(super) fn root_to(value: Decimal, scale: i32) -> Result<Decimal> {
    if scale > 37 {
        return Err(too_large());
    }
    // isqrt(value * 10^(2 * (scale + 1))), one digit more to round by.
    let shift = 2 * (scale + 1) - i32::from(value.scale);
    let n = if shift >= 0 { times_power(value.unscaled, shift).ok_or_else(too_large)? } else { value.unscaled.wrapping_div(power(-shift)) };
    if n == i256::ZERO {
        return Ok(Decimal::new(i256::ZERO, i8::try_from(scale).unwrap_or(0)));
    }
    let digits = i32::try_from(n.to_string().len()).unwrap_or(0);
    let mut guess = power(digits / 2 + 1);
    loop {
        let next = guess.wrapping_add(n.wrapping_div(guess)).wrapping_div(i256::from_i128(2));
        if next >= guess {
            break;
        }
        guess = next;
    }
    Decimal::new(guess, i8::try_from(scale + 1).unwrap_or(0)).rescaled(scale).ok_or_else(too_large)
}

fn gcd(a: i64, b: i64) -> Result<i64> {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).map_err(|_| range("bigint out of range"))
}

fn factorial(n: i64) -> Result<Value<'static>> {
    if n < 0 {
        return Err(range("factorial of a negative number is undefined"));
    }
    let product = (1..=n).try_fold(i256::ONE, |product, i| product.checked_mul(i256::from_i128(i.into())));
    Ok(Value::Numeric(Decimal::new(product.ok_or_else(too_large)?, 0)))
}

/// gcd and lcm of numerics, at the larger scale of both.
fn numeric_divisor(args: &[Value], lcm: bool) -> Result<Value<'static>> {
    let (a, b, scale) = decimal(&args[0])?.aligned(decimal(&args[1])?)?;
    let (mut x, mut y) = (a.wrapping_abs(), b.wrapping_abs());
    while y != i256::ZERO {
        (x, y) = (y, x.wrapping_rem(y));
    }
    let value = match (lcm, x == i256::ZERO) {
        (false, _) => x,
        (true, true) => i256::ZERO,
        (true, false) => a.wrapping_div(x).checked_mul(b).ok_or_else(too_large)?.wrapping_abs(),
    };
    Ok(Value::Numeric(Decimal::new(value, scale)))
}

fn domain(ok: bool, message: &str) -> Result<()> {
    if ok { Ok(()) } else { Err(Report::new(SqlState("2201E"), message)) }
}

fn width_bucket(args: &[Value]) -> Result<Value<'static>> {
    let invalid = |message: &str| Report::new(SqlState("2201G"), message);
    let buckets = args[3].int()?;
    if buckets <= 0 {
        return Err(invalid("count must be greater than zero"));
    }
    if let (Value::Float(x), Value::Float(low), Value::Float(high)) = (&args[0], &args[1], &args[2]) {
        let (x, low, high) = (*x, *low, *high);
        if low == high {
            return Err(invalid("lower bound cannot equal upper bound"));
        }
        if x.is_nan() || low.is_nan() || high.is_nan() {
            return Err(invalid("operand, lower bound, and upper bound cannot be NaN"));
        }
        if low.is_infinite() || high.is_infinite() {
            return Err(invalid("lower and upper bounds must be finite"));
        }
        let (inside, before) = if low < high { (x >= low && x < high, x < low) } else { (x <= low && x > high, x > low) };
        if !inside {
            return Ok(Value::Int(if before { 0 } else { buckets + 1 }));
        }
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let bucket = ((x - low) / (high - low) * buckets as f64) as i64;
        return Ok(Value::Int(bucket.min(buckets - 1) + 1));
    }
    let (x, low, high) = (decimal(&args[0])?, decimal(&args[1])?, decimal(&args[2])?);
    let scale = i32::from(x.scale.max(low.scale).max(high.scale));
    let at = |value: Decimal| value.rescaled(scale).map(|value| value.unscaled).ok_or_else(too_large);
    let (x, low, high) = (at(x)?, at(low)?, at(high)?);
    if low == high {
        return Err(invalid("lower bound cannot equal upper bound"));
    }
    let (offset, span) =
        if low < high { (x.wrapping_sub(low), high.wrapping_sub(low)) } else { (low.wrapping_sub(x), low.wrapping_sub(high)) };
    if offset < i256::ZERO {
        return Ok(Value::Int(0));
    }
    if offset >= span {
        return Ok(Value::Int(buckets + 1));
    }
    let scaled = offset.checked_mul(i256::from_i128(buckets.into())).ok_or_else(too_large)?;
    Ok(Value::Int(scaled.wrapping_div(span).to_i128().and_then(|b| i64::try_from(b).ok()).unwrap_or(0) + 1))
}

macro_rules! plain_float {
    ($($name:literal => $f:expr),+ $(,)?) => {
        vec![$(strict!($name, FLOAT8, |args| {
            let x = args[0].float()?;
            let f: fn(f64) -> f64 = $f;
            float(f(x), x.is_finite())
        })),+]
    };
}

/// Functions of an angle know none that is infinite.
fn angle(x: f64, f: fn(f64) -> f64) -> Result<Value<'static>> {
    if x.is_infinite() { Err(range("input is out of range")) } else { Ok(Value::Float(f(x))) }
}

/// As float.h has it: `degrees` divides by it, where Rust multiplies.
const RADIANS_PER_DEGREE: f64 = 0.017_453_292_519_943_295;

pub(super) fn functions() -> Vec<Scalar> {
    let mut list = plain_float![
        "pg_cbrt" => f64::cbrt, "pg_degrees" => |x| x / RADIANS_PER_DEGREE, "pg_atan" => f64::atan,
    ];
    list.extend([
        strict!("pg_sin", FLOAT8, |args| angle(args[0].float()?, f64::sin)),
        strict!("pg_cos", FLOAT8, |args| angle(args[0].float()?, f64::cos)),
        strict!("pg_tan", FLOAT8, |args| angle(args[0].float()?, f64::tan)),
        strict!("pg_radians", FLOAT8, |args| match (args[0].float()?, args[0].float()?.to_radians()) {
            (x, 0.0) if x != 0.0 => Err(range("value out of range: underflow")),
            (_, value) => Ok(Value::Float(value)),
        }),
        strict!("pg_exp", FLOAT8, |args| {
            let x = args[0].float()?;
            match x.exp() {
                0.0 if x.is_finite() => Err(range("value out of range: underflow")),
                value => float(value, x.is_finite()),
            }
        }),
        strict!("pg_row_count", FIRST, |args| match &args[0] {
            Value::Int(count) if *count < 0 => {
                let word = args[1].str()?;
                let state = SqlState(if word == "LIMIT" { "2201W" } else { "2201X" });
                Err(Report::new(state, format!("{word} must not be negative")))
            }
            Value::Int(count) => Ok(Value::Int(*count)),
            _ => Err(Report::internal("a number of rows that is no integer")),
        }),
        strict!("pg_abs", FIRST, |args| match &args[0] {
            Value::Int(value) => value.checked_abs().map(Value::Int).ok_or_else(|| range("bigint out of range")),
            Value::Float(value) => Ok(Value::Float(value.abs())),
            value => {
                let value = decimal(value)?;
                Ok(Value::Numeric(Decimal::new(value.unscaled.wrapping_abs(), value.scale)))
            }
        }),
        strict!("pg_ceil", WHOLE, |args| toward(args, true)),
        strict!("pg_floor", WHOLE, |args| toward(args, false)),
        Scalar::new("pg_round", ROUNDED, |arrays, ty, rows| {
            strict_rows(arrays, ty, rows, &|args| rounded(args, false, *ty == DataType::LargeBinary))
        }),
        Scalar::new("pg_trunc", ROUNDED, |arrays, ty, rows| {
            strict_rows(arrays, ty, rows, &|args| rounded(args, true, *ty == DataType::LargeBinary))
        }),
        strict!("pg_sign", WHOLE, |args| match &args[0] {
            // dsign: what is neither above nor below zero is 0, NaN too.
            Value::Float(value) if *value == 0.0 || value.is_nan() => Ok(Value::Float(0.0)),
            Value::Float(value) => Ok(Value::Float(value.signum())),
            value => {
                let value = decimal(value)?;
                let sign = if value.is_zero() {
                    0
                } else if value.is_negative() {
                    -1
                } else {
                    1
                };
                Ok(Value::Numeric(Decimal::int(sign)))
            }
        }),
        strict!("pg_power", FLOAT8, |args| dpow(args[0].float()?, args[1].float()?)),
        strict!("pg_numeric_power", DIGITS, |args| {
            numeric_power(decimal(&args[0])?, decimal(&args[1])?, small(&args[2])?, small(&args[3])?)
        }),
        strict!("pg_sqrt", FLOAT8, |args| {
            let x = args[0].float()?;
            if x < 0.0 {
                return Err(Report::new(SqlState("2201F"), "cannot take square root of a negative number"));
            }
            Ok(Value::Float(x.sqrt()))
        }),
        strict!("pg_numeric_sqrt", DIGITS, |args| Ok(Value::Numeric(numeric_sqrt(decimal(&args[0])?, small(&args[1])?)?))),
        strict!("pg_ln", FLOAT8, |args| {
            let x = args[0].float()?;
            domain(x != 0.0, "cannot take logarithm of zero")?;
            domain(x.is_nan() || x >= 0.0, "cannot take logarithm of a negative number")?;
            Ok(Value::Float(x.ln()))
        }),
        strict!("pg_log10", FLOAT8, |args| {
            let x = args[0].float()?;
            domain(x != 0.0, "cannot take logarithm of zero")?;
            domain(x.is_nan() || x >= 0.0, "cannot take logarithm of a negative number")?;
            Ok(Value::Float(x.log10()))
        }),
        strict!("pg_asin", FLOAT8, |args| {
            let x = args[0].float()?;
            if x.abs() > 1.0 { Err(range("input is out of range")) } else { Ok(Value::Float(x.asin())) }
        }),
        strict!("pg_acos", FLOAT8, |args| {
            let x = args[0].float()?;
            if x.abs() > 1.0 { Err(range("input is out of range")) } else { Ok(Value::Float(x.acos())) }
        }),
        strict!("pg_atan2", FLOAT8, |args| Ok(Value::Float(args[0].float()?.atan2(args[1].float()?)))),
        strict!("pg_pi", FLOAT8, |_| Ok(Value::Float(std::f64::consts::PI))),
        strict!("pg_numeric_div_trunc", NUMERIC, |args| {
            let (a, b, _) = decimal(&args[0])?.aligned(decimal(&args[1])?)?;
            if b == i256::ZERO {
                return Err(super::decimal::division_by_zero());
            }
            Ok(Value::Numeric(Decimal::new(a.wrapping_div(b), 0)))
        }),
        strict!("pg_factorial", DIGITS, |args| factorial(args[0].int()?)),
        strict!("pg_numeric_gcd", DIGITS, |args| numeric_divisor(args, false)),
        strict!("pg_numeric_lcm", DIGITS, |args| numeric_divisor(args, true)),
        strict!("pg_min_scale", INT4, |args| Ok(Value::Int(decimal(&args[0])?.own_scale().into()))),
        strict!("pg_trim_scale", DIGITS, |args| {
            let value = decimal(&args[0])?;
            Ok(Value::Numeric(value.rescaled(value.own_scale()).ok_or_else(too_large)?))
        }),
        strict!("pg_gcd", FIRST, |args| Ok(Value::Int(gcd(args[0].int()?, args[1].int()?)?))),
        strict!("pg_lcm", FIRST, |args| {
            let (a, b) = (args[0].int()?, args[1].int()?);
            if a == 0 || b == 0 {
                return Ok(Value::Int(0));
            }
            let lcm = (a / gcd(a, b)?).checked_mul(b).and_then(i64::checked_abs);
            lcm.map(Value::Int).ok_or_else(|| range("bigint out of range"))
        }),
        strict!("pg_setseed", TEXT, |args| {
            let seed = args[0].float()?;
            Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("setseed parameter {seed} is out of allowed range [-1,1]")))
        })
        .late(),
        strict!("pg_width_bucket", INT4, |args| width_bucket(args)),
    ]);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number")
    }

    #[test]
    fn roots_have_the_digits_that_postgresql_gives() {
        assert_eq!(numeric_sqrt(number("2"), 0).expect("a root").shown(-1), "1.414213562373095");
        assert_eq!(numeric_sqrt(number("1000000"), 0).expect("a root").shown(-1), "1000");
    }
}
