//! Booleans and numbers, and arithmetic on decimal text (numeric.c, int.c, float.c, bool.c).

use crate::error::{Report, Result, SqlState};
use crate::types::literal::Literal;
use crate::types::{Type, numeric_typmod};

/// The most digits that a numeric may have before and after the point.
const MAX_DIGITS_BEFORE: i64 = 131_072;
const MAX_DIGITS_AFTER: i64 = 16_383;

/// `boolin`: any unambiguous prefix of true, false, yes, no, on, off; 1 and 0.
pub fn boolean(text: &str) -> Result<bool> {
    let word = text.trim_matches(is_space).to_ascii_lowercase();
    let prefix_of = |full: &str, least: usize| word.len() >= least && full.starts_with(&word);
    if prefix_of("true", 1) || prefix_of("yes", 1) || prefix_of("on", 2) || word == "1" {
        Ok(true)
    } else if prefix_of("false", 1) || prefix_of("no", 1) || prefix_of("off", 2) || word == "0" {
        Ok(false)
    } else {
        Err(invalid(Type::BOOL, text))
    }
}

/// `int2in`, `int4in`, `int8in`.
pub fn integer(text: &str, ty: Type) -> Result<i64> {
    let trimmed = text.trim_matches(is_space);
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(ty, text));
    }
    let out_of_range = || Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("value \"{text}\" is out of range for type {ty}"));
    let value: i64 = trimmed.parse().map_err(|_| out_of_range())?;
    if fits(value, ty) { Ok(value) } else { Err(out_of_range()) }
}

/// Tells whether the value is within the integer type.
pub fn fits(value: i64, ty: Type) -> bool {
    match ty {
        Type::INT2 => i16::try_from(value).is_ok(),
        Type::INT4 => i32::try_from(value).is_ok(),
        Type::INT8 => true,
        _ => u32::try_from(value).is_ok(),
    }
}

/// `oidin`: unsigned, and negative numbers wrap around.
pub fn oid(text: &str) -> Result<i64> {
    let trimmed = text.trim_matches(is_space);
    let value: i64 = trimmed.parse().map_err(|_| invalid(Type::OID, text))?;
    let wrapped = i32::try_from(value).ok().map(|small| i64::from(small.cast_unsigned()));
    wrapped
        .or(u32::try_from(value).ok().map(i64::from))
        .ok_or_else(|| Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("value \"{text}\" is out of range for type oid")))
}

/// `float8in`, `float4in`.
pub fn float(text: &str, ty: Type) -> Result<f64> {
    let trimmed = text.trim_matches(is_space);
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed).to_ascii_lowercase();
    let negative = trimmed.starts_with('-');
    let signed = |value: f64| if negative { -value } else { value };
    match unsigned.as_str() {
        "nan" => return Ok(f64::NAN),
        "inf" | "infinity" => return Ok(signed(f64::INFINITY)),
        // Rust reads these spellings with a sign in front; only digits may follow here.
        _ if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => return Err(invalid(ty, text)),
        _ => {}
    }
    let value: f64 = trimmed.parse().map_err(|_| invalid(ty, text))?;
    let has_digits = unsigned.split('e').next().unwrap_or_default().bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    #[allow(clippy::cast_possible_truncation, reason = "rounding to float4 is what is asked for")]
    let value = if ty == Type::FLOAT4 { f64::from(trimmed.parse::<f32>().unwrap_or(value as f32)) } else { value };
    if value.is_infinite() || (value == 0.0 && has_digits) {
        let message = format!("\"{trimmed}\" is out of range for type {ty}");
        return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message));
    }
    Ok(value)
}

/// `numeric_in`: sign, digits, point, exponent; the result has no exponent and keeps the digits written behind the point.
pub fn numeric(text: &str) -> Result<String> {
    let trimmed = text.trim_matches(is_space);
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if ["nan", "inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return Err(Report::unsupported(format!("the numeric value \"{trimmed}\""))
            .hint("The warehouse has NaN and infinities in double precision only."));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| invalid(Type::NUMERIC, text))?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
        return Err(invalid(Type::NUMERIC, text));
    }
    let length = |part: &str| i64::try_from(part.len()).unwrap_or(i64::MAX);
    let overflow = || Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
    let scale = length(fraction).saturating_sub(exponent);
    if length(whole).saturating_add(exponent) > MAX_DIGITS_BEFORE || scale > MAX_DIGITS_AFTER {
        return Err(overflow());
    }
    let digits = format!("{whole}{fraction}");
    Ok(compose(trimmed.starts_with('-'), digits, scale))
}

/// Writes the number `digits * 10^-scale` with `max(scale, 0)` digits behind the point.
fn compose(negative: bool, mut digits: String, scale: i64) -> String {
    let places = usize::try_from(scale).unwrap_or(0);
    digits.extend(std::iter::repeat_n('0', usize::try_from(-scale).unwrap_or(0)));
    let digits = format!("{}{digits}", "0".repeat((places + 1).saturating_sub(digits.len())));
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// Returns how many digits stand behind the point.
pub fn scale_of(decimal: &str) -> u16 {
    decimal.split_once('.').map_or(0, |(_, fraction)| u16::try_from(fraction.len()).unwrap_or(u16::MAX))
}

/// Rounds a decimal half away from zero to so many digits behind the point (before it, where negative), and writes at least that many.
pub fn round(decimal: &str, scale: i32) -> String {
    let negative = decimal.starts_with('-');
    let (whole, fraction) = decimal.trim_start_matches('-').split_once('.').unwrap_or((decimal.trim_start_matches('-'), ""));
    let digits = format!("{whole}{fraction}");
    let keep = i64::try_from(whole.len()).unwrap_or(i64::MAX) + i64::from(scale);
    let Ok(keep) = usize::try_from(keep) else { return compose(false, "0".into(), i64::from(scale.max(0))) };
    if keep >= digits.len() {
        let padded = format!("{digits}{}", "0".repeat(keep - digits.len()));
        return compose(negative, padded, i64::from(scale));
    }
    let up = digits.as_bytes()[keep] >= b'5';
    let mut kept = digits.as_bytes()[..keep].to_vec();
    if up {
        let carried = kept.iter_mut().rev().all(|digit| {
            *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
            *digit == b'0'
        });
        if carried {
            kept.insert(0, b'1');
        }
    }
    compose(negative, String::from_utf8(kept).expect("digits are ASCII"), i64::from(scale))
}

/// Applies numeric(precision, scale): rounds, and refuses what does not fit.
///
/// # Errors
/// 22003 `numeric field overflow`.
pub fn constrain(decimal: &str, typmod: i32) -> Result<String> {
    let Some((precision, scale)) = numeric_typmod(typmod) else { return Ok(decimal.to_owned()) };
    let rounded = round(decimal, scale.into());
    let whole = rounded.trim_start_matches('-').split('.').next().unwrap_or_default().trim_start_matches('0').len();
    let room = i32::from(precision) - i32::from(scale);
    let zeros_behind = || rounded.split_once('.').map_or(0, |(_, fraction)| fraction.bytes().take_while(|byte| *byte == b'0').count());
    // With a scale above the precision, zeros have to follow the point.
    let used = if whole > 0 { i32::try_from(whole).unwrap_or(i32::MAX) } else { -i32::try_from(zeros_behind()).unwrap_or(0) };
    let zero = rounded.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'));
    if zero || used <= room {
        return Ok(rounded);
    }
    let bound = if room == 0 { "1".to_owned() } else { format!("10^{room}") };
    Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow")
        .detail(format!("A field with precision {precision}, scale {scale} must round to an absolute value less than {bound}.")))
}

/// Makes a numeric of a float as PostgreSQL does: 15 significant digits, 6 for float4.
pub fn from_float(value: f64, ty: Type) -> Result<Literal> {
    let digits = if ty == Type::FLOAT4 { 5 } else { 14 };
    let text = numeric(&format!("{value:.digits$e}"))?;
    let trimmed = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    Ok(Literal::Numeric(trimmed))
}

/// 22P02 with PostgreSQL's wording.
pub fn invalid(ty: Type, text: &str) -> Report {
    Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type {ty}: \"{text}\""))
}

/// C's isspace.
pub fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_keep_the_digits_written() {
        for (text, value) in [
            ("1.50", "1.50"),
            (" -0.5 ", "-0.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e5", "100000"),
            ("1.50e1", "15.0"),
            ("1e-3", "0.001"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("0012", "12"),
            ("+7", "7"),
            ("1.5e0", "1.5"),
            ("12e-1", "1.2"),
        ] {
            assert_eq!(numeric(text).as_deref(), Ok(value), "{text}");
        }
        for text in ["", "abc", "1.2.3", "1e", "--1", "1 2", "."] {
            assert_eq!(numeric(text).unwrap_err().message, format!("invalid input syntax for type numeric: \"{text}\""));
        }
        assert_eq!(numeric("1e999999").unwrap_err().message, "value overflows numeric format");
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (text, scale, value) in [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("1.005", 2, "1.01"),
            ("9.99", 1, "10.0"),
            ("0.4", 0, "0"),
            ("-0.4", 0, "0"),
            ("7", 2, "7.00"),
            ("1234", -2, "1200"),
            ("1250", -2, "1300"),
            ("99", -2, "100"),
            ("49", -2, "0"),
            ("1", -5, "0"),
        ] {
            assert_eq!(round(text, scale), value, "{text} to {scale}");
        }
    }

    #[test]
    fn constraints_are_checked() {
        let typmod = crate::types::pack_numeric_typmod;
        assert_eq!(constrain("12.345", typmod(5, 2)).as_deref(), Ok("12.35"));
        let error = constrain("999.995", typmod(5, 2)).unwrap_err();
        assert_eq!(error.detail.as_deref(), Some("A field with precision 5, scale 2 must round to an absolute value less than 10^3."));
        assert_eq!(constrain("0.0012", typmod(2, 4)).as_deref(), Ok("0.0012"));
        assert!(constrain("0.0123", typmod(2, 4)).is_err());
        assert_eq!(constrain("12345", typmod(3, -2)).as_deref(), Ok("12300"));
    }

    #[test]
    fn integers_floats_booleans() {
        assert_eq!(integer(" 42 ", Type::INT4), Ok(42));
        assert_eq!(integer("99999999999", Type::INT4).unwrap_err().message, "value \"99999999999\" is out of range for type integer");
        assert_eq!(integer("1.5", Type::INT8).unwrap_err().message, "invalid input syntax for type bigint: \"1.5\"");
        assert_eq!(float("1e400", Type::FLOAT8).unwrap_err().message, "\"1e400\" is out of range for type double precision");
        assert_eq!(float("-inf", Type::FLOAT8), Ok(f64::NEG_INFINITY));
        assert!(float("1e-400", Type::FLOAT8).is_err() && float("abc", Type::FLOAT8).is_err() && float("", Type::FLOAT8).is_err());
        assert_eq!(oid("-1"), Ok(4_294_967_295));
        assert!(boolean("t").unwrap() && boolean(" YES ").unwrap() && boolean("on").unwrap() && !boolean("of").unwrap());
        assert_eq!(boolean("o").unwrap_err().message, "invalid input syntax for type boolean: \"o\"");
        assert_eq!(from_float(0.1, Type::FLOAT8), Ok(Literal::Numeric("0.1".into())));
        assert_eq!(from_float(1e20, Type::FLOAT8), Ok(Literal::Numeric("100000000000000000000".into())));
    }
}
