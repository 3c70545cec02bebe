//! Hyperbolic functions, and the trigonometric ones over degrees, exact where PostgreSQL's are (float.c).

use super::Scalar;
use super::rows::{FLOAT8, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};

fn out_of_range() -> Report {
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range")
}

fn overflow() -> Report {
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow")
}

/// The sine of 0 to 90 degrees: 30 gives exactly 0.5.
fn sine_q1(x: f64) -> f64 {
    if x <= 30.0 { sine_to_30(x) } else { cosine_to_60(90.0 - x) }
}

fn cosine_q1(x: f64) -> f64 {
    if x <= 60.0 { cosine_to_60(x) } else { sine_to_30(90.0 - x) }
}

fn sine_to_30(x: f64) -> f64 {
    x.to_radians().sin() / 30_f64.to_radians().sin() / 2.0
}

fn cosine_to_60(x: f64) -> f64 {
    let one_minus = 1.0 - x.to_radians().cos();
    1.0 - one_minus / (1.0 - 60_f64.to_radians().cos()) / 2.0
}

/// Brings an angle into the first quadrant: the angle, and the signs of its sine and cosine.
fn quadrant(x: f64) -> Result<(f64, f64, f64)> {
    if x.is_infinite() {
        return Err(out_of_range());
    }
    let mut angle = x % 360.0;
    let (mut sine, mut cosine) = (1.0, 1.0);
    if angle < 0.0 {
        (angle, sine) = (-angle, -sine);
    }
    if angle > 180.0 {
        (angle, sine) = (360.0 - angle, -sine);
    }
    if angle > 90.0 {
        (angle, cosine) = (180.0 - angle, -cosine);
    }
    Ok((angle, sine, cosine))
}

fn sind(x: f64) -> Result<f64> {
    let (angle, sign, _) = quadrant(x)?;
    Ok(sign * sine_q1(angle))
}

fn cosd(x: f64) -> Result<f64> {
    let (angle, _, sign) = quadrant(x)?;
    Ok(sign * cosine_q1(angle))
}

fn tand(x: f64) -> Result<f64> {
    let (angle, sine, cosine) = quadrant(x)?;
    let value = sine * cosine * (sine_q1(angle) / cosine_q1(angle) / (sine_q1(45.0) / cosine_q1(45.0)));
    Ok(if value == 0.0 { 0.0 } else { value })
}

fn cotd(x: f64) -> Result<f64> {
    let (angle, sine, cosine) = quadrant(x)?;
    let value = sine * cosine * (cosine_q1(angle) / sine_q1(angle) / (cosine_q1(45.0) / sine_q1(45.0)));
    Ok(if value == 0.0 { 0.0 } else { value })
}

fn arc_sine_q1(x: f64) -> f64 {
    if x <= 0.5 { x.asin() / 0.5_f64.asin() * 30.0 } else { 90.0 - x.acos() / 0.5_f64.acos() * 60.0 }
}

fn arc_cosine_q1(x: f64) -> f64 {
    if x <= 0.5 { 90.0 - x.asin() / 0.5_f64.asin() * 30.0 } else { x.acos() / 0.5_f64.acos() * 60.0 }
}

fn within_one(x: f64) -> Result<()> {
    if (-1.0..=1.0).contains(&x) || x.is_nan() { Ok(()) } else { Err(out_of_range()) }
}

fn asind(x: f64) -> Result<f64> {
    within_one(x)?;
    Ok(if x >= 0.0 { arc_sine_q1(x) } else { -arc_sine_q1(-x) })
}

fn acosd(x: f64) -> Result<f64> {
    within_one(x)?;
    Ok(if x >= 0.0 { arc_cosine_q1(x) } else { 90.0 + arc_sine_q1(-x) })
}

// The inverse hyperbolic functions by the steps of the C library (fdlibm's, which glibc has kept): the standard library takes others, whose
// last digit differs. Its other functions call the C library's.

/// Beyond this the square is all that counts.
const LARGE: f64 = 268_435_456.0;

fn asinh(x: f64) -> f64 {
    let size = x.abs();
    if !x.is_finite() || size < 1.0 / LARGE {
        return x;
    }
    let value = if size > LARGE {
        size.ln() + std::f64::consts::LN_2
    } else if size > 2.0 {
        (2.0 * size + 1.0 / ((x * x + 1.0).sqrt() + size)).ln()
    } else {
        let square = x * x;
        (size + square / (1.0 + (1.0 + square).sqrt())).ln_1p()
    };
    value.copysign(x)
}

fn acosh(x: f64) -> f64 {
    if x > LARGE {
        return if x.is_finite() { x.ln() + std::f64::consts::LN_2 } else { x };
    }
    if x > 2.0 {
        let square = x * x;
        return (2.0 * x - 1.0 / (x + (square - 1.0).sqrt())).ln();
    }
    let above = x - 1.0;
    (above + (2.0 * above + above * above).sqrt()).ln_1p()
}

fn atanh(x: f64) -> f64 {
    let size = x.abs();
    if size < 1.0 / LARGE {
        return x;
    }
    let twice = size + size;
    let value = if size < 0.5 { 0.5 * (twice + twice * size / (1.0 - size)).ln_1p() } else { 0.5 * (twice / (1.0 - size)).ln_1p() };
    value.copysign(x)
}

fn finite(value: f64, x: f64) -> Result<f64> {
    if value.is_infinite() && x.is_finite() { Err(overflow()) } else { Ok(value) }
}

macro_rules! of_float {
    ($($name:literal => $f:expr),+ $(,)?) => {
        vec![$(strict!($name, FLOAT8, |args| {
            let f: fn(f64) -> Result<f64> = $f;
            f(args[0].float()?).map(Value::Float)
        })),+]
    };
}

pub(super) fn functions() -> Vec<Scalar> {
    let mut list = of_float![
        "pg_sind" => sind,
        "pg_cosd" => cosd,
        "pg_tand" => tand,
        "pg_cotd" => cotd,
        "pg_asind" => asind,
        "pg_acosd" => acosd,
        "pg_atand" => |x| Ok(x.atan() / 1_f64.atan() * 45.0),
        "pg_cot" => |x| if x.is_infinite() { Err(out_of_range()) } else { Ok(1.0 / x.tan()) },
        "pg_sinh" => |x| finite(x.sinh(), x).or(Ok(if x > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY })),
        "pg_cosh" => |x| Ok(x.cosh()),
        "pg_tanh" => |x| Ok(x.tanh()),
        "pg_asinh" => |x| Ok(asinh(x)),
        "pg_acosh" => |x| if x < 1.0 { Err(out_of_range()) } else { Ok(acosh(x)) },
        "pg_atanh" => |x| if x.abs() > 1.0 { Err(out_of_range()) } else { Ok(atanh(x)) },
    ];
    list.push(strict!("pg_atan2d", FLOAT8, |args| Ok(Value::Float(args[0].float()?.atan2(args[1].float()?) / 1_f64.atan() * 45.0))));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact in PostgreSQL too")]
    fn round_angles_have_round_values() {
        assert_eq!(sind(30.0), Ok(0.5));
        assert_eq!(sind(-150.0), Ok(-0.5));
        assert_eq!(cosd(60.0), Ok(0.5));
        assert_eq!(cosd(240.0), Ok(-0.5));
        assert_eq!(tand(45.0), Ok(1.0));
        assert_eq!(tand(135.0), Ok(-1.0));
        assert_eq!(asind(0.5), Ok(30.0));
        assert_eq!(acosd(-0.5), Ok(120.0));
        assert!(sind(f64::INFINITY).is_err());
        // As PostgreSQL prints them with every digit.
        assert_eq!([asinh(0.3), acosh(1.3), atanh(0.3), asinh(-7.5)].map(|value| format!("{value}")), INVERSE);
    }

    const INVERSE: [&str; 4] = ["0.29567304756342244", "0.7564329108569596", "0.30951960420311175", "-2.712465305184344"];

    #[test]
    fn ends_of_the_inverse_functions() {
        assert!(atanh(1.0).is_infinite() && acosh(1.0) == 0.0 && asinh(f64::NEG_INFINITY).is_infinite());
    }
}
