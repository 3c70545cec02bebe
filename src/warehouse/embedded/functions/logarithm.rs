//! exp, ln, log and fractional powers of numerics, with the digits that PostgreSQL gives (numeric.c).

use arrow::datatypes::i256;

use super::Scalar;
use super::decimal::{Decimal, decimal, power, small, too_large};
use super::digits::DIGITS;
use super::rows::strict;
use super::value::Value;
use crate::error::{Report, Result, SqlState};

/// Digits behind the point of everything computed here.
const SCALE: i32 = 36;
/// Digits behind the point that are right in the end; of a power, digits in all.
const SURE: i32 = 32;
/// NUMERIC_MIN_SIG_DIGITS.
const SIGNIFICANT: i32 = 16;
/// ln 2 at `SCALE`.
const LN_2: i128 = 693_147_180_559_945_309_417_232_121_458_176_568;
/// log10 e, as numeric.c spells it.
#[allow(clippy::approx_constant)]
const LOG10_E: f64 = 0.434_294_481_903_252;

/// A number at `SCALE`, below 100.
fn fixed(value: Decimal) -> Result<i256> {
    Ok(value.rescaled(SCALE).ok_or_else(too_large)?.unscaled)
}

fn multiply(a: i256, b: i256) -> Result<i256> {
    Ok(a.checked_mul(b).ok_or_else(too_large)?.wrapping_div(power(SCALE)))
}

fn divide(a: i256, b: i256) -> Result<i256> {
    Ok(a.checked_mul(power(SCALE)).ok_or_else(too_large)?.wrapping_div(b))
}

/// The natural logarithm at `SCALE`: ln(m * 2^k) = k ln 2 + 2 artanh((m - 1) / (m + 1)).
fn ln_fixed(value: Decimal) -> Result<i256> {
    let (one, two) = (power(SCALE), i256::from_i128(2));
    let (low, high) =
        (one.wrapping_mul(i256::from_i128(3)).wrapping_div(i256::from_i128(4)), one.wrapping_mul(two).wrapping_sub(power(SCALE - 1)));
    let mut k = 0_i64;
    // What is far from one is brought near it by exact quotients.
    let mut m = value;
    let digits = value.weight().0 * 4;
    if digits.abs() > 30 {
        return Err(too_large());
    }
    let mut step = fixed(m)?;
    while step > high {
        m = m.quotient(Decimal::int(2), 37)?;
        step = fixed(m)?;
        k += 1;
    }
    while step < low {
        step = step.wrapping_mul(two);
        k -= 1;
    }
    let z = divide(step.wrapping_sub(one), step.wrapping_add(one))?;
    let square = multiply(z, z)?;
    let (mut term, mut sum, mut n) = (z, z, 1_i128);
    while term != i256::ZERO {
        term = multiply(term, square)?;
        n += 2;
        sum = sum.wrapping_add(term.wrapping_div(i256::from_i128(n)));
    }
    Ok(sum.wrapping_mul(two).wrapping_add(i256::from_i128(LN_2).wrapping_mul(i256::from_i128(k.into()))))
}

/// e^x to `scale` digits behind the point: x = k ln 2 + r, e^x = 2^k e^r.
fn exp_to(x: i256, scale: i32) -> Result<Decimal> {
    let ln_2 = i256::from_i128(LN_2);
    let k = x.wrapping_div(ln_2).to_i128().and_then(|k| i32::try_from(k).ok()).ok_or_else(too_large)?;
    let r = x.wrapping_sub(ln_2.wrapping_mul(i256::from_i128(k.into())));
    let (mut term, mut sum, mut n) = (power(SCALE), power(SCALE), 1_i128);
    while term != i256::ZERO {
        term = multiply(term, r)?.wrapping_div(i256::from_i128(n));
        sum = sum.wrapping_add(term);
        n += 1;
    }
    if k.abs() > 100 {
        return Err(too_large());
    }
    let two_k = i256::from_i128(1_i128 << k.unsigned_abs());
    let shift = i8::try_from(SCALE).map_err(|_| too_large())?;
    let value = if k >= 0 {
        Decimal::new(sum.checked_mul(two_k).ok_or_else(too_large)?, shift)
    } else {
        Decimal::new(sum, shift).quotient(Decimal::new(two_k, 0), 75)?
    };
    value.rescaled(scale).ok_or_else(too_large)
}

fn check(value: Decimal) -> Result<()> {
    let refuse = |message| Err(Report::new(SqlState("2201E"), message));
    match (value.is_zero(), value.is_negative()) {
        (true, _) => refuse("cannot take logarithm of zero"),
        (_, true) => refuse("cannot take logarithm of a negative number"),
        _ => Ok(()),
    }
}

/// `estimate_ln_dweight`: the decimal weight of the logarithm.
#[allow(clippy::cast_possible_truncation, reason = "numeric.c truncates here too")]
fn ln_weight(value: Decimal) -> Result<i32> {
    let float = value.to_f64();
    if !(0.9..=1.1).contains(&float) {
        return Ok(float.ln().abs().log10() as i32);
    }
    let (a, b, scale) = value.aligned(Decimal::int(1))?;
    let rest = Decimal::new(a.wrapping_sub(b), scale);
    if rest.is_zero() {
        return Ok(0);
    }
    let (weight, first) = rest.weight();
    Ok(weight * 4 + f64::from(first).log10() as i32)
}

fn rounded(value: i256, scale: i32) -> Result<Decimal> {
    if scale > SURE {
        return Err(too_large());
    }
    Decimal::new(value, i8::try_from(SCALE).map_err(|_| too_large())?).rescaled(scale).ok_or_else(too_large)
}

fn ln(value: Decimal, mark: i32) -> Result<Decimal> {
    check(value)?;
    let scale = (SIGNIFICANT - ln_weight(value)?).max(value.display_scale(mark)).max(0);
    rounded(ln_fixed(value)?, scale)
}

fn log(base: Decimal, value: Decimal, base_mark: i32, mark: i32) -> Result<Decimal> {
    check(base)?;
    check(value)?;
    let weight = ln_weight(value)? - ln_weight(base)?;
    let scale = (SIGNIFICANT - weight).max(base.display_scale(base_mark)).max(value.display_scale(mark)).max(0);
    let (top, bottom) = (ln_fixed(value)?, ln_fixed(base)?);
    if bottom == i256::ZERO {
        return Err(super::decimal::division_by_zero());
    }
    rounded(divide(top, bottom)?, scale)
}

#[allow(clippy::cast_possible_truncation, reason = "numeric.c truncates here too")]
fn exp(value: Decimal, mark: i32) -> Result<Decimal> {
    let weight = (value.to_f64() * LOG10_E).clamp(-2000.0, 2000.0) as i32;
    let scale = (SIGNIFICANT - weight).max(value.display_scale(mark)).max(0);
    if scale + weight.max(0) > SURE || weight < -30 {
        return Err(too_large());
    }
    exp_to(fixed(value)?, scale)
}

/// `power_var` for exponents that are no integers.
#[allow(clippy::cast_possible_truncation, reason = "numeric.c truncates here too")]
pub(super) fn fractional_power(base: Decimal, exponent: Decimal, base_mark: i32, mark: i32) -> Result<Decimal> {
    if base.is_zero() {
        if exponent.is_negative() {
            return Err(Report::new(SqlState("2201F"), "zero raised to a negative power is undefined"));
        }
        return Decimal::int(0).rescaled(SIGNIFICANT).ok_or_else(too_large);
    }
    if base.is_negative() {
        let message = "a negative number raised to a non-integer power yields a complex result";
        return Err(Report::new(SqlState("2201F"), message));
    }
    let logarithm = ln_fixed(base)?;
    let product = multiply(logarithm, fixed(exponent)?)?;
    // The weight is found from a logarithm and a product of 8 digits, as there.
    let digits = (8 - ln_weight(base)?).clamp(0, SURE);
    let short = rounded(logarithm, digits)?;
    let rough = rounded(multiply(fixed(short)?, fixed(exponent)?)?, digits)?.to_f64() * LOG10_E;
    let weight = rough as i32;
    let scale = (SIGNIFICANT - weight).max(base.display_scale(base_mark)).max(exponent.display_scale(mark)).max(0);
    // What the logarithm is short of is short in the product as often as the exponent says.
    let exponent_digits = if exponent.is_zero() { 0 } else { (exponent.to_f64().abs().log10() as i32 + 1).max(0) };
    if scale + weight.max(0) + exponent_digits > SURE || weight < -30 {
        return Err(too_large());
    }
    exp_to(product, scale)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_numeric_ln", DIGITS, |args| Ok(Value::Numeric(ln(decimal(&args[0])?, small(&args[1])?)?))),
        strict!("pg_numeric_exp", DIGITS, |args| Ok(Value::Numeric(exp(decimal(&args[0])?, small(&args[1])?)?))),
        strict!("pg_numeric_log", DIGITS, |args| {
            Ok(Value::Numeric(log(decimal(&args[0])?, decimal(&args[1])?, small(&args[2])?, small(&args[3])?)?))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).expect("a number")
    }

    #[test]
    fn digits_are_postgresqls() {
        let ln = |text: &str| ln(number(text), -2).expect("a logarithm").shown(-2);
        assert_eq!(ln("2.0"), "0.6931471805599453");
        assert_eq!(ln("1000.0"), "6.9077552789821371");
        assert_eq!(ln("1.01"), "0.009950330853168083");
        let exp = |text: &str| exp(number(text), -2).expect("a power").shown(-2);
        assert_eq!(exp("1.0"), "2.7182818284590452");
        assert_eq!(exp("10.0"), "22026.465794806717");
        assert_eq!(exp("-5.5"), "0.004086771438464067");
        assert_eq!(exp("0.0"), "1.0000000000000000");
        assert_eq!(exp("36.0000000000000000"), "4311231547115195.2271134222928569");
        // PostgreSQL has all of 41 digits.
        assert!(super::exp(number("57.0000000000000000"), -2).is_err());
        assert_eq!(log(number("2.0"), number("10.0"), -2, -2).expect("a logarithm").shown(-2), "3.3219280948873623");
        let power = |a: &str, b: &str| fractional_power(number(a), number(b), -2, -2).expect("a power").shown(-2);
        assert_eq!(power("2.0", "0.5"), "1.4142135623730950");
        assert_eq!(power("100.0", "0.5"), "10.000000000000000");
        assert_eq!(power("10.5", "2.5"), "357.25083099973330");
    }
}
