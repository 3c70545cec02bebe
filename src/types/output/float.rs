//! Floats in the shortest form that reads back the same (PostgreSQL 12 and later, `extra_float_digits` above 0).

use std::fmt::Write;

use bytes::BufMut;

use super::slice;

/// Writes a float8.
pub fn float8(buf: &mut impl BufMut, value: f64) {
    let mut room = [0; slice::FLOAT];
    let len = slice::float8(&mut room, value);
    buf.put_slice(&room[..len]);
}

/// Writes a float4.
pub fn float4(buf: &mut impl BufMut, value: f32) {
    let mut room = [0; slice::FLOAT];
    let len = float4_slice(&mut room, value);
    buf.put_slice(&room[..len]);
}

/// Writes any float8 to the start of a slice.
pub(super) fn float8_slice(out: &mut [u8], value: f64) -> usize {
    if !value.is_finite() {
        return special(out, value.is_nan(), value > 0.0);
    }
    let mut ryu = ryu::Buffer::new();
    let shortest = ryu.format_finite(value);
    let bits = value.to_bits();
    let (mantissa, exponent) = ((bits & ((1 << 52) - 1)) | (1 << 52), i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0) - 1075);
    let mut room = Room::default();
    let exact = match exponent {
        1..=100 => room.inside(shortest, mantissa, exponent, 1 << 52, |room, precision| write!(room, "{value:.precision$e}")),
        _ => shortest,
    };
    // Crate `ryu` prints plain numbers from 1e-5 to 1e16, PostgreSQL from 1e-4 to 1e15: in between they look alike.
    if (1e-4..1e15).contains(&value.abs()) {
        return plain(out, exact);
    }
    // PostgreSQL switches to the exponent form at 15 digits before the point (d2s.c).
    layout(out, exact, 15)
}

/// Writes any float4 to the start of a slice.
pub(super) fn float4_slice(out: &mut [u8], value: f32) -> usize {
    if !value.is_finite() {
        return special(out, value.is_nan(), value > 0.0);
    }
    let mut ryu = ryu::Buffer::new();
    let shortest = ryu.format_finite(value);
    let bits = value.to_bits();
    let (mantissa, exponent) = ((bits & ((1 << 23) - 1)) | (1 << 23), i32::try_from((bits >> 23) & 0xff).unwrap_or(0) - 150);
    let mut room = Room::default();
    let exact = match exponent {
        1..=60 => room.inside(shortest, mantissa.into(), exponent, 1 << 23, |room, precision| write!(room, "{value:.precision$e}")),
        _ => shortest,
    };
    if (1e-4..1e6).contains(&value.abs()) {
        return plain(out, exact);
    }
    layout(out, exact, 6)
}

/// Copies `1.5`; of `100.0` what stands before the point.
fn plain(out: &mut [u8], text: &str) -> usize {
    let text = text.strip_suffix(".0").unwrap_or(text);
    out[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
}

/// Room for the digits of one float.
#[derive(Default)]
struct Room {
    bytes: [u8; 32],
    len: usize,
}

impl Write for Room {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Room {
    /// Returns the shortest digits that lie strictly between the halfway points to the neighbours, as PostgreSQL wants them (d2s.c: bounds are
    /// never accepted). Crate `ryu` accepts a bound of an even mantissa; then more digits are tried. Only whole numbers beyond the
    /// mantissa's width can meet a bound: others have too few digits.
    fn inside<'a>(
        &'a mut self,
        shortest: &'a str,
        mantissa: u64,
        exponent: i32,
        least: u64,
        print: impl Fn(&mut Room, usize) -> std::fmt::Result,
    ) -> &'a str {
        let Some(digits) = on_bound(shortest, mantissa, exponent, least) else { return shortest };
        for precision in digits..17 {
            self.len = 0;
            let printed = print(self, precision).is_ok();
            let text = std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default();
            if printed && on_bound(text, mantissa, exponent, least).is_none() {
                break;
            }
        }
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or(shortest)
    }
}

/// Returns the count of digits if the number is exactly halfway between mantissa x 2^exponent and a neighbour.
fn on_bound(text: &str, mantissa: u64, exponent: i32, least: u64) -> Option<usize> {
    let text = text.trim_start_matches('-');
    let (number, power) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (mut digits, mut power) = (0u128, power.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()?);
    for digit in whole.bytes().chain(fraction.bytes()) {
        digits = digits * 10 + u128::from(digit - b'0');
    }
    if digits == 0 {
        return None;
    }
    while digits % 10 == 0 {
        digits /= 10;
        power += 1;
    }
    // digits x 10^power = odd x 2^twos; a bound has an odd part of few bits, so that high powers of five are none.
    let fives = u32::try_from(power).ok().filter(|fives| *fives <= 23)?;
    let value = digits.checked_mul(5u128.pow(fives))?;
    let zeros = value.trailing_zeros();
    let (odd, twos) = (value >> zeros, i32::try_from(zeros).ok()? + power);
    let mantissa = u128::from(mantissa);
    let near = twos == exponent - 1 && (odd == 2 * mantissa + 1 || odd == 2 * mantissa - 1);
    // Below a power of two the neighbour is nearer.
    let below = mantissa == u128::from(least) && twos == exponent - 2 && odd == 4 * mantissa - 1;
    (near || below).then(|| digits.ilog10() as usize + 1)
}

fn special(out: &mut [u8], nan: bool, positive: bool) -> usize {
    let text: &[u8] = match (nan, positive) {
        (true, _) => b"NaN",
        (false, true) => b"Infinity",
        (false, false) => b"-Infinity",
    };
    out[..text.len()].copy_from_slice(text);
    text.len()
}

/// Lays the shortest digits out as PostgreSQL does; `text` is what crate `ryu` prints: `1.5`, `100.0`, `1e-7`, `1.25e30`.
fn layout(out: &mut [u8], text: &str, exponent_from: i32) -> usize {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().unwrap_or(0)),
        None => (text, 0),
    };
    let mut digits = [0u8; 32];
    let mut count = 0usize;
    // The position of the point, counted from the first digit that is not zero.
    let mut point = exponent;
    let mut after_point = false;
    for byte in mantissa.bytes() {
        if byte == b'.' {
            after_point = true;
        } else if count == 0 && byte == b'0' {
            point -= i32::from(after_point);
        } else {
            point += i32::from(!after_point);
            if count < digits.len() {
                digits[count] = byte;
                count += 1;
            }
        }
    }
    while count > 0 && digits[count - 1] == b'0' {
        count -= 1;
    }
    let digits = &digits[..count];

    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        out[len..len + bytes.len()].copy_from_slice(bytes);
        len += bytes.len();
    };
    if negative {
        put(b"-");
    }
    let scientific = point - 1;
    if digits.is_empty() {
        put(b"0");
    } else if scientific < -4 || scientific >= exponent_from {
        put(&digits[..1]);
        if digits.len() > 1 {
            put(b".");
            put(&digits[1..]);
        }
        put(if scientific < 0 { b"e-" } else { b"e+" });
        let mut itoa = itoa::Buffer::new();
        let magnitude = itoa.format(scientific.unsigned_abs());
        if magnitude.len() < 2 {
            put(b"0");
        }
        put(magnitude.as_bytes());
    } else if point <= 0 {
        put(b"0.");
        put(&b"0000"[..usize::try_from(-point).unwrap_or(0)]);
        put(digits);
    } else {
        let point = usize::try_from(point).unwrap_or(0);
        if digits.len() <= point {
            put(digits);
            put(&b"000000000000000"[..point - digits.len()]);
        } else {
            put(&digits[..point]);
            put(b".");
            put(&digits[point..]);
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eight(value: f64) -> String {
        let mut buf = Vec::new();
        float8(&mut buf, value);
        String::from_utf8(buf).unwrap()
    }

    fn four(value: f32) -> String {
        let mut buf = Vec::new();
        float4(&mut buf, value);
        String::from_utf8(buf).unwrap()
    }

    // Expected values printed by PostgreSQL 15.
    #[test]
    fn float8_prints_the_shortest_form() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123_456.789, "123456.789"),
            (100_000_000_000_000.0, "100000000000000"),
            (999_999_999_999_999.0, "999999999999999"),
            (1e15, "1e+15"),
            (1_234_567_890_123_456.0, "1.234567890123456e+15"),
            (1e23, "9.999999999999999e+22"),
            (1e100, "1e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            // Halfway to a neighbour with one digit less.
            (80_025_083_070_077_792.0, "8.002508307007779e+16"),
            (349_745_510_438_899_968.0, "3.4974551043889997e+17"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, expected) in cases {
            assert_eq!(eight(*value), *expected);
        }
    }

    #[test]
    fn float4_switches_to_exponents_sooner() {
        let cases: &[(f32, &str)] = &[
            (0.1, "0.1"),
            (123_456.0, "123456"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (3.4e38, "3.4e+38"),
            (-400_211_584.0, "-4.0021158e+08"),
            (-127_475_696.0, "-1.27475696e+08"),
        ];
        for (value, expected) in cases {
            assert_eq!(four(*value), *expected);
        }
    }
}
