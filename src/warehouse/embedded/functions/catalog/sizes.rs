//! pg_size_bytes: a size in words as bytes (dbsize.c).

use super::{Gives, Question};
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::functions::value::Value;

pub(super) const QUESTIONS: &[Question] = &[Question::new("pg_size_bytes", Gives::Int8, |_, args| bytes(args[0].str()?).map(Value::Int))];

const UNITS: [(&str, u32); 6] = [("bytes", 0), ("kB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("PB", 50)];

/// Reads `[sign] digits [. digits] [e exponent] [unit]`.
fn bytes(text: &str) -> Result<i64> {
    let invalid = || Report::new(SqlState("22023"), format!("invalid size: \"{text}\""));
    let white = |ch: char| matches!(ch, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    let given = text.trim_start_matches(white);
    let (negative, given) = match given.strip_prefix(['-', '+']) {
        Some(rest) => (given.starts_with('-'), rest),
        None => (false, given),
    };
    let run = |text: &str| text.len() - text.trim_start_matches(|ch: char| ch.is_ascii_digit()).len();
    let (whole, rest) = given.split_at(run(given));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(run(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    // An "e" without a number behind it begins the unit.
    let power = rest.strip_prefix(['e', 'E']).and_then(|power| {
        let sign = usize::from(power.starts_with(['-', '+']));
        let length = sign + run(&power[sign..]);
        (length > sign).then(|| power.split_at(length))
    });
    let (power, rest) = power.unwrap_or(("0", rest));
    let named = rest.trim_matches(white);
    let unit = UNITS.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(named) || named.is_empty());
    let Some((_, shift)) = unit else {
        return Err(invalid()
            .detail(format!("Invalid size unit: \"{named}\"."))
            .hint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\"."));
    };
    let out_of_range = || Report::new(SqlState("22003"), "bigint out of range");
    let digits = format!("{whole}{fraction}");
    let mantissa: i128 = digits
        .trim_start_matches('0')
        .parse()
        .or_else(|_| if digits.trim_matches('0').is_empty() { Ok(0) } else { Err(out_of_range()) })?;
    let power: i64 = power.parse().map_err(|_| out_of_range())?;
    let places = i64::try_from(fraction.len()).ok().and_then(|places| places.checked_sub(power)).ok_or_else(out_of_range)?;
    let scaled = mantissa.checked_mul(1 << shift).ok_or_else(out_of_range)?;
    let size = if places < 0 {
        let tens = places.checked_neg().and_then(|tens| u32::try_from(tens).ok()).and_then(|tens| 10_i128.checked_pow(tens));
        match tens {
            _ if scaled == 0 => 0,
            Some(tens) => scaled.checked_mul(tens).ok_or_else(out_of_range)?,
            None => return Err(out_of_range()),
        }
    } else {
        // Rounded half away from zero, as a numeric becomes a bigint.
        match u32::try_from(places).ok().and_then(|tens| 10_i128.checked_pow(tens)) {
            Some(tens) => scaled.checked_add(tens / 2).ok_or_else(out_of_range)? / tens,
            None => 0,
        }
    };
    i64::try_from(if negative { -size } else { size }).map_err(|_| out_of_range())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read() {
        for (text, size) in [
            ("1 MB", 1_048_576),
            (" -1.5kb ", -1536),
            ("1e3", 1000),
            (".5 GB", 536_870_912),
            ("1e-3 PB", 1_125_899_906_843),
            ("0.5 bytes", 1),
            ("-0.5", -1),
            ("1.", 1),
            ("0e99", 0),
        ] {
            assert_eq!(bytes(text).unwrap(), size, "{text}");
        }
        for (text, said) in
            [("x", "22023: invalid size: \"x\""), ("1 B", "22023: invalid size: \"1 B\""), ("9000 PB", "22003: bigint out of range")]
        {
            assert_eq!(bytes(text).unwrap_err().to_string(), said);
        }
    }
}
