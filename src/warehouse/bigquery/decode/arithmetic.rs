//! The last steps of numerics, in postfix order (`sql::emit::googlesql::digits`): computed with PostgreSQL's result scales.

use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::functions::decimal::{Decimal, division_by_zero, power, too_large};

/// Operands carry all the digits that PostgreSQL shows.
const AS_IT_IS: i32 = -2;

/// Computes `73588.40 78 /`.
///
/// # Errors
/// 22012 for a division by zero, 0A000 for more digits than are computed with, XX000 for what is no such text.
pub fn computed(text: &str) -> Result<String> {
    if !text.contains(' ') {
        return Ok(text.to_owned());
    }
    let mut stack: Vec<Decimal> = Vec::new();
    let broken = || Report::internal("the last steps of a numeric cannot be read");
    for word in text.split(' ') {
        let result = match word {
            "power" | "log" => {
                let (value, right, left) = (stack.pop(), stack.pop(), stack.pop());
                let (value, right, left) = (value.ok_or_else(broken)?, right.ok_or_else(broken)?, left.ok_or_else(broken)?);
                let digits = match word {
                    // A whole exponent multiplies to 16 digits behind the point, whatever stands before it.
                    // power_var: zero to a broken exponent is not computed at all.
                    "power" if left.is_zero() && right.own_scale() != 0 => 16,
                    "power" if right.own_scale() == 0 => 16.max(left.scale.into()),
                    "power" => (16 - power_weight(left, right)).max(left.scale.into()).max(right.scale.into()),
                    _ => (16 - ln_weight(right) + ln_weight(left)).max(left.scale.into()).max(right.scale.into()),
                };
                shortened(value, digits)?
            }
            "root" => root(stack.pop().ok_or_else(broken)?)?,
            "+" | "-" | "*" | "/" | "%" | "sqrt" | "ln" | "exp" | "spread" => {
                let (right, left) = (stack.pop().ok_or_else(broken)?, stack.pop().ok_or_else(broken)?);
                binary(word, left, right)?
            }
            "neg" | "abs" => {
                let value = stack.pop().ok_or_else(broken)?;
                if word == "neg" || value.is_negative() { Decimal::new(value.unscaled.wrapping_neg(), value.scale) } else { value }
            }
            number => Decimal::parse(number)?,
        };
        stack.push(result);
    }
    match stack.as_slice() {
        [result] => Ok(result.shown(AS_IT_IS)),
        _ => Err(broken()),
    }
}

fn binary(op: &str, left: Decimal, right: Decimal) -> Result<Decimal> {
    Ok(match op {
        "+" | "-" => {
            let (a, b, scale) = left.aligned(right)?;
            let sum = if op == "+" { a.checked_add(b) } else { a.checked_sub(b) };
            Decimal::new(sum.ok_or_else(too_large)?, scale)
        }
        "*" => {
            let product = left.unscaled.checked_mul(right.unscaled).ok_or_else(too_large)?;
            Decimal::new(product, left.scale.checked_add(right.scale).ok_or_else(too_large)?)
        }
        // The variance of equal values is 0, without any digit behind the point.
        "spread" if left.is_zero() || left.is_negative() => Decimal::int(0),
        "/" | "spread" => left.divided(right, AS_IT_IS, AS_IT_IS)?,
        "%" => {
            if right.is_zero() {
                return Err(division_by_zero());
            }
            let (a, b, scale) = left.aligned(right)?;
            Decimal::new(a.wrapping_rem(b), scale)
        }
        // The right side is the function's value for the left one, to 38 digits.
        "sqrt" => {
            let (weight, _) = left.weight();
            // numeric_sqrt: at least 16 digits in all.
            let digits = 16 - ((weight + 1) * 4 / 2 - 1);
            shortened(right, digits.max(left.scale.into()))?
        }
        "exp" => {
            // numeric_exp: the logarithm of the result tells how many digits stand before the point.
            #[allow(clippy::cast_possible_truncation, clippy::approx_constant)]
            // below 1000, or the warehouse has failed; as numeric.c spells it
            let before = (left.to_f64() * 0.434_294_481_903_252) as i32;
            shortened(right, (16 - before).max(left.scale.into()))?
        }
        "ln" => shortened(right, (16 - ln_weight(left)).max(left.scale.into()))?,
        _ => return Err(Report::internal("no such step of a numeric")),
    })
}

/// How many digits stand before the point of a power, less one (`power_var` in numeric.c).
fn power_weight(base: Decimal, exponent: Decimal) -> i32 {
    #[allow(clippy::cast_possible_truncation)] // below 1000, or the warehouse has failed already
    let weight = (exponent.to_f64() * base.to_f64().abs().log10()) as i32;
    weight
}

/// The square root, with as many digits as the value has.
fn root(value: Decimal) -> Result<Decimal> {
    if value.is_zero() {
        return Ok(value);
    }
    let target = value.unscaled.checked_mul(power(value.scale.into())).ok_or_else(too_large)?;
    // Newton's steps from above; the start is a little too large.
    let digits = i32::try_from(target.to_string().len()).unwrap_or(76);
    let two = Decimal::int(2).unscaled;
    let mut guess = power((digits + 1) / 2);
    loop {
        let next = guess.wrapping_add(target.wrapping_div(guess)).wrapping_div(two);
        if next >= guess {
            break;
        }
        guess = next;
    }
    // Rounded: one more where what is left is more than half a step.
    let rest = target.wrapping_sub(guess.wrapping_mul(guess));
    let rounded = if rest > guess { guess.wrapping_add(Decimal::int(1).unscaled) } else { guess };
    Ok(Decimal::new(rounded, value.scale))
}

/// Rounds to so many digits behind the point; there are 38 at most.
fn shortened(value: Decimal, digits: i32) -> Result<Decimal> {
    if digits > 37 {
        return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "a numeric function to more than 37 digits is not supported"));
    }
    value.rescaled(digits.max(0)).ok_or_else(too_large)
}

/// The decimal weight of a logarithm's first digit (`estimate_ln_dweight` in numeric.c).
fn ln_weight(value: Decimal) -> i32 {
    #[allow(clippy::cast_possible_truncation)] // logarithms of logarithms are small
    let whole = |value: f64| value as i32;
    let near_one = value.to_f64();
    if (0.9..=1.1).contains(&near_one) {
        // 0.9 <= var <= 1.1: ln(var) is about var - 1.
        let one = Decimal::new(power(value.scale.into()), value.scale);
        let rest = Decimal::new(value.unscaled.wrapping_sub(one.unscaled), value.scale);
        if rest.is_zero() {
            return 0;
        }
        let (weight, first) = rest.weight();
        return weight * 4 + whole(f64::from(first.max(1)).log10());
    }
    // Four to eight leading digits and the weight give the logarithm.
    let (weight, first) = value.weight();
    let digits = leading(value, weight, first);
    let estimate = digits.0.ln() + f64::from(digits.1 * 4) * std::f64::consts::LN_10;
    whole(estimate.abs().log10())
}

/// The first two groups of four digits, and the weight of the second.
fn leading(value: Decimal, weight: i32, first: i32) -> (f64, i32) {
    let scaled = value.to_f64().abs() / 10_f64.powi(4 * (weight - 1));
    if scaled.is_finite() && scaled > 0.0 { (scaled.trunc(), weight - 1) } else { (f64::from(first), weight) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_have_the_digits_of_postgresql() {
        for (steps, digits) in [
            ("1.50", "1.50"),
            ("2.5 2 /", "1.25000000000000000000"),
            ("10 3 /", "3.3333333333333333"),
            ("7 2.0 /", "3.5000000000000000"),
            ("3.17 384478.00 400 / -", "-958.0250000000000000"),
            ("1 3 / 3 *", "0.99999999999999999999"),
            ("1.5 neg abs", "1.5"),
            ("7.5 2 %", "1.5"),
            ("2.0 1.41421356237309504880168872420969807857 sqrt", "1.414213562373095"),
            ("2.0 7.38905609893065022723042746057500781318 exp", "7.3890560989306502"),
            ("2.5 0.91629073187415506518352723176801107145 ln", "0.9162907318741551"),
            ("10 0.0001 -4.00000000000000000000000000000000000000 log", "-4.0000000000000000"),
            ("2 0.5 1.41421356237309504880168872420969807857 power", "1.4142135623730950"),
            ("10.0 -3 0.00100000000000000000000000000000000000 power", "0.0010000000000000"),
            ("2.0 3 8.00000000000000000000000000000000000000 power", "8.0000000000000000"),
            ("3 14 * 6 6 * - 3 3 1 - * spread root", "1.00000000000000000000"),
            ("0 0.5 0.00000000000000000000000000000000000000 power", "0.0000000000000000"),
            ("0.000 1.25 0.00000000000000000000000000000000000000 power", "0.0000000000000000"),
            ("2 50 * 10 10 * - 2 2 * spread root", "0"),
            ("4 30 * 10 10 * - 4 4 1 - * spread root", "1.2909944487358056"),
        ] {
            assert_eq!(computed(steps).unwrap(), digits, "{steps}");
        }
        assert_eq!(computed("1 0 /").unwrap_err().sqlstate, SqlState::DIVISION_BY_ZERO);
        assert!(computed("1 +").is_err());
    }
}
