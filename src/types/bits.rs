//! Bit strings, kept as their digits: `101` (varbit.c).

use super::Type;
use crate::error::{Report, Result, SqlState};

/// Reads `101`, `b101` or `x1F` as `bit_in` does.
///
/// # Errors
/// 22P02 for any other digit.
pub fn read(text: &str) -> Result<String> {
    let wrong =
        |digit: char, base: &str| Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("\"{digit}\" is not a valid {base} digit"));
    if let Some(digits) = text.strip_prefix(['x', 'X']) {
        let mut out = String::with_capacity(4 * digits.len());
        for digit in digits.chars() {
            let value = digit.to_digit(16).ok_or_else(|| wrong(digit, "hexadecimal"))?;
            out.push_str(&format!("{value:04b}"));
        }
        return Ok(out);
    }
    let digits = text.strip_prefix(['b', 'B']).unwrap_or(text);
    match digits.chars().find(|digit| !matches!(digit, '0' | '1')) {
        Some(digit) => Err(wrong(digit, "binary")),
        None => Ok(digits.to_owned()),
    }
}

/// Brings bits to the length of bit(n), or to the limit of varbit(n), as an explicit cast does: at the right end.
pub fn fitted(bits: &str, ty: Type, typmod: i32) -> String {
    let Ok(length @ 1..) = usize::try_from(typmod) else { return bits.to_owned() };
    match ty {
        Type::BIT if bits.len() < length => format!("{bits}{}", "0".repeat(length - bits.len())),
        _ => bits[..bits.len().min(length)].to_owned(),
    }
}

/// The lowest bits of an integer, as many as bit(n) has; one without a length.
pub fn of_int(value: i64, typmod: i32) -> String {
    let length = u32::try_from(typmod.max(1)).unwrap_or(1);
    let bit = |i: u32| if (value >> i.min(63)) & 1 == 1 { '1' } else { '0' };
    (0..length).rev().map(bit).collect()
}

/// The integer that bits make: int4 of at most 32, int8 of at most 64.
///
/// # Errors
/// 22003 for more of them.
pub fn to_int(bits: &str, ty: Type) -> Result<i64> {
    let width = if ty == Type::INT8 { 64 } else { 32 };
    if bits.len() > width {
        return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{ty} out of range")));
    }
    let value = bits.bytes().fold(0_u64, |value, bit| value << 1 | u64::from(bit == b'1'));
    Ok(match (ty, u32::try_from(value)) {
        (Type::INT4, Ok(value)) => value.cast_signed().into(),
        _ => value.cast_signed(),
    })
}

/// How many bits there are, and their bytes, as `varbit_send` writes them; `None` for what is no bits.
pub fn bytes(digits: &str) -> Option<(i32, Vec<u8>)> {
    let mut bytes = vec![0_u8; digits.len().div_ceil(8)];
    for (i, digit) in digits.bytes().enumerate() {
        match digit {
            b'0' => {}
            b'1' => bytes[i / 8] |= 0x80 >> (i % 8),
            _ => return None,
        }
    }
    Some((i32::try_from(digits.len()).ok()?, bytes))
}

/// `&`, `|`, `#` of bits of one length.
///
/// # Errors
/// 22026 for different lengths.
pub fn combined(operator: &str, left: &str, right: &str) -> Result<String> {
    if left.len() != right.len() {
        let name = match operator {
            "&" => "AND",
            "|" => "OR",
            _ => "XOR",
        };
        return Err(Report::new(SqlState("22026"), format!("cannot {name} bit strings of different sizes")));
    }
    let one = |(a, b): (u8, u8)| match operator {
        "&" => a == b'1' && b == b'1',
        "|" => a == b'1' || b == b'1',
        _ => a != b,
    };
    Ok(left.bytes().zip(right.bytes()).map(|pair| if one(pair) { '1' } else { '0' }).collect())
}

/// `~`.
pub fn inverted(bits: &str) -> String {
    bits.bytes().map(|bit| if bit == b'1' { '0' } else { '1' }).collect()
}

/// `<<` by a positive distance, `>>` by a negative one; the length stays.
pub fn shifted(bits: &str, distance: i64) -> String {
    let by = usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX).min(bits.len());
    let (zeros, kept) = ("0".repeat(by), bits.len() - by);
    if distance >= 0 { format!("{}{zeros}", &bits[by..]) } else { format!("{zeros}{}", &bits[..kept]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_bits() {
        assert_eq!(of_int(44, 10), "0000101100");
        assert_eq!(of_int(44, 3), "100");
        assert_eq!(of_int(-44, 12), "111111010100");
        assert_eq!(to_int("1110", Type::INT4), Ok(14));
        assert_eq!(to_int(&"1".repeat(32), Type::INT4), Ok(-1));
        assert_eq!(to_int(&"1".repeat(33), Type::INT8), Ok((1 << 33) - 1));
        assert!(to_int(&"1".repeat(33), Type::INT4).is_err());
    }

    #[test]
    fn text_and_lengths() {
        assert_eq!(read("x1f").as_deref(), Ok("00011111"));
        assert_eq!(read("b101").as_deref(), Ok("101"));
        assert!(read("102").is_err() && read("xg").is_err());
        assert_eq!(fitted("101", Type::BIT, 5), "10100");
        assert_eq!(fitted("10101", Type::BIT, 3), "101");
        assert_eq!(fitted("101", Type::VARBIT, 5), "101");
        assert_eq!(shifted("10001", 3), "01000");
        assert_eq!(shifted("10001", -2), "00100");
        assert_eq!(shifted("10001", 9), "00000");
    }
}
