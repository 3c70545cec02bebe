//! Numerics from Arrow decimals: the digits that PostgreSQL shows, as text and in the binary form.

use arrow::datatypes::i256;
use bytes::BufMut;

use super::{NumericScale, slice};

/// The most digits that are ever shown: 76 of Decimal256, its greatest scale, and room for zeros behind the point.
const ROOM: usize = 512;

/// A numeric value as decimal digits with the display scale that PostgreSQL gives it.
pub struct Decimal {
    digits: [u8; ROOM],
    len: usize,
    /// Digits behind the point, at most `len`.
    scale: usize,
    negative: bool,
}

impl Decimal {
    /// Takes an Arrow Decimal128 of a scale, shown by `display`.
    pub fn from_i128(value: i128, scale: i8, display: NumericScale) -> Decimal {
        let magnitude = value.unsigned_abs();
        let mut itoa = itoa::Buffer::new();
        let text = match u64::try_from(magnitude) {
            Ok(small) => itoa.format(small),
            Err(_) => itoa.format(magnitude),
        };
        Decimal::of(text.as_bytes(), scale, value < 0, display)
    }

    /// Takes an Arrow Decimal256 of a scale, shown by `display`.
    pub fn from_i256(value: i256, scale: i8, display: NumericScale) -> Decimal {
        if let Some(small) = value.to_i128() {
            return Decimal::from_i128(small, scale, display);
        }
        let negative = value < i256::ZERO;
        // 18 digits at a time, from the right; the remainder of a negative value is negative.
        let chunk = i256::from_i128(1_000_000_000_000_000_000);
        let mut digits = [b'0'; 90];
        let mut at = digits.len();
        let mut rest = value;
        while rest != i256::ZERO && at >= 18 {
            let part = rest.wrapping_rem(chunk).to_i128().unwrap_or(0).unsigned_abs();
            rest = rest.wrapping_div(chunk);
            let mut itoa = itoa::Buffer::new();
            let text = itoa.format(u64::try_from(part).unwrap_or(0));
            digits[at - text.len()..at].copy_from_slice(text.as_bytes());
            at -= 18;
        }
        let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len() - 1);
        Decimal::of(&digits[first..], scale, negative, display)
    }

    /// Takes digits as they are shown: sign, digits, point.
    pub fn from_digits(text: &[u8]) -> Decimal {
        let (negative, text) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
        let mut decimal = Decimal { digits: [b'0'; ROOM], len: 0, scale: 0, negative };
        let point = text.iter().position(|byte| *byte == b'.');
        for digit in text.iter().filter(|byte| byte.is_ascii_digit()).take(ROOM) {
            decimal.digits[decimal.len] = *digit;
            decimal.len += 1;
        }
        decimal.scale = point.map_or(0, |point| decimal.len.saturating_sub(point));
        decimal
    }

    fn of(magnitude: &[u8], scale: i8, negative: bool, display: NumericScale) -> Decimal {
        let mut decimal = Decimal { digits: [b'0'; ROOM], len: 0, scale: 0, negative };
        match usize::try_from(scale) {
            Ok(scale) => {
                // A digit stands before the point, be it a zero.
                let lead = (scale + 1).saturating_sub(magnitude.len());
                decimal.digits[lead..lead + magnitude.len()].copy_from_slice(magnitude);
                decimal.len = lead + magnitude.len();
                decimal.scale = scale;
            }
            Err(_) => {
                decimal.digits[..magnitude.len()].copy_from_slice(magnitude);
                decimal.len = magnitude.len() + usize::from(scale.unsigned_abs());
            }
        }
        let shown = match display {
            NumericScale::Fixed(shown) => usize::from(shown).min(ROOM / 2),
            NumericScale::Any => decimal.own_scale(),
            NumericScale::Quotient => decimal.quotient_scale(),
        };
        decimal.rescale(shown);
        if decimal.digits[..decimal.len].iter().all(|digit| *digit == b'0') {
            decimal.negative = false;
        }
        decimal
    }

    /// Returns the digits behind the point that are not trailing zeros.
    fn own_scale(&self) -> usize {
        let fraction = &self.digits[self.len - self.scale..self.len];
        fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |at| at + 1)
    }

    /// Returns the display scale of a quotient of this value: at least 16 significant digits, counted in groups of four
    /// (numeric.c, `select_div_scale`). Where the operands' leading groups decide, the value alone decides here.
    fn quotient_scale(&self) -> usize {
        let Some(first) = self.digits[..self.len].iter().position(|digit| *digit != b'0') else { return 20 };
        let before_point = i64::try_from(self.len - self.scale).unwrap_or(0) - i64::try_from(first).unwrap_or(0);
        let weight = (before_point - 1).div_euclid(4);
        // Equal operands have equal leading groups, which counts as the smaller weight.
        let one = before_point == 1 && self.digits[first] == b'1' && self.digits[first + 1..self.len].iter().all(|digit| *digit == b'0');
        let weight = if one { weight - 1 } else { weight };
        usize::try_from(16 - 4 * weight).unwrap_or(0).min(ROOM / 2)
    }

    /// Shows `scale` digits behind the point; drops by rounding half away from zero.
    fn rescale(&mut self, scale: usize) {
        if scale >= self.scale {
            // The digits beyond `len` are zeros already.
            self.len = (self.len + scale - self.scale).min(ROOM);
            self.scale = scale;
            return;
        }
        let kept = self.len - (self.scale - scale);
        let up = self.digits[kept] >= b'5';
        self.digits[kept..self.len].fill(b'0');
        self.len = kept;
        self.scale = scale;
        if !up {
            return;
        }
        for at in (0..self.len).rev() {
            if self.digits[at] != b'9' {
                self.digits[at] += 1;
                return;
            }
            self.digits[at] = b'0';
        }
        self.digits.copy_within(0..self.len, 1);
        self.digits[0] = b'1';
        self.len += 1;
    }

    /// Writes the text form.
    pub fn text(&self, buf: &mut impl BufMut) {
        if self.negative {
            buf.put_u8(b'-');
        }
        let point = self.len - self.scale;
        buf.put_slice(&self.digits[..point]);
        if self.scale > 0 {
            buf.put_u8(b'.');
            buf.put_slice(&self.digits[point..self.len]);
        }
    }

    /// Writes the binary form: count of base-10000 digits, weight, sign, display scale, digits (numeric.c, `numeric_send`).
    pub fn binary(&self, buf: &mut impl BufMut) {
        let point = self.len - self.scale;
        // Groups of four are aligned at the point.
        let lead = (4 - point % 4) % 4;
        let groups = (point + lead) / 4 + self.scale.div_ceil(4);
        let group = |index: usize| {
            (0..4).fold(0i16, |value, i| {
                let digit = (index * 4 + i).checked_sub(lead).filter(|at| *at < self.len).map_or(0, |at| self.digits[at] - b'0');
                value * 10 + i16::from(digit)
            })
        };
        let first = (0..groups).find(|index| group(*index) != 0).unwrap_or(groups);
        let last = (first..groups).rev().find(|index| group(*index) != 0).map_or(first, |index| index + 1);
        let short = |value: usize| i16::try_from(value).unwrap_or(i16::MAX);
        let weight = if first == last { 0 } else { short((point + lead) / 4) - 1 - short(first) };
        buf.put_i16(short(last - first));
        buf.put_i16(weight);
        buf.put_u16(if self.negative { 0x4000 } else { 0 });
        buf.put_i16(short(self.scale));
        for index in first..last {
            buf.put_i16(group(index));
        }
    }
}

/// Writes an Arrow Decimal128 as text.
pub fn decimal128(buf: &mut impl BufMut, value: i128, scale: i8, display: NumericScale) {
    // Most columns show the digits that they hold.
    if let (NumericScale::Fixed(shown), Ok(digits_behind)) = (display, usize::try_from(scale))
        && digits_behind == usize::from(shown)
        && digits_behind < 20
        && let Ok(magnitude) = u64::try_from(value.unsigned_abs())
    {
        let mut room = [0; slice::DECIMAL];
        let len = slice::decimal(&mut room, value < 0, magnitude, digits_behind);
        return buf.put_slice(&room[..len]);
    }
    Decimal::from_i128(value, scale, display).text(buf);
}

/// Writes an Arrow Decimal256 as text.
pub fn decimal256(buf: &mut impl BufMut, value: i256, scale: i8, display: NumericScale) {
    Decimal::from_i256(value, scale, display).text(buf);
}

#[cfg(test)]
mod tests {
    use super::*;
    use NumericScale::{Any, Fixed, Quotient};

    fn text(value: i128, scale: i8, display: NumericScale) -> String {
        let mut buf = Vec::new();
        decimal128(&mut buf, value, scale, display);
        String::from_utf8(buf).unwrap()
    }

    #[test]
    fn the_display_scale_decides_the_digits() {
        assert_eq!(text(12_345, 2, Fixed(2)), "123.45");
        assert_eq!(text(12_345, 2, Fixed(4)), "123.4500");
        assert_eq!(text(12_345, 2, Fixed(1)), "123.5");
        assert_eq!(text(-99_999, 3, Fixed(1)), "-100.0");
        assert_eq!(text(-5, 2, Fixed(2)), "-0.05");
        assert_eq!(text(-1, 2, Fixed(0)), "0");
        assert_eq!(text(5, -3, Fixed(0)), "5000");
        assert_eq!(text(1_230_000, 6, Any), "1.23");
        assert_eq!(text(5_000_000, 6, Any), "5");
        assert_eq!(text(0, 9, Any), "0");
    }

    // 1/3, 10/3, 7/7, 20000/3, 0/3, 1/30000 as PostgreSQL 15 prints them.
    #[test]
    fn quotients_have_sixteen_digits_or_more() {
        let third = 333_333_333_333_333_333_333_333_333_333i128;
        assert_eq!(text(third, 30, Quotient), "0.33333333333333333333");
        assert_eq!(text(third * 10, 30, Quotient), "3.3333333333333333");
        assert_eq!(text(1_000_000, 6, Quotient), "1.00000000000000000000");
        assert_eq!(text(66_666_666_666_666_666_666_666, 19, Quotient), "6666.6666666666666667");
        assert_eq!(text(0, 6, Quotient), "0.00000000000000000000");
    }

    #[test]
    fn seventy_six_digits() {
        let value = i256::from_string(&"9".repeat(76)).unwrap();
        let mut buf = Vec::new();
        decimal256(&mut buf, value, 38, Fixed(38));
        assert_eq!(String::from_utf8(buf).unwrap(), format!("{}.{}", "9".repeat(38), "9".repeat(38)));
        let mut buf = Vec::new();
        let value = i256::from_string("-170141183460469231731687303715884105729000000000000000000").unwrap();
        decimal256(&mut buf, value, 18, Fixed(0));
        assert_eq!(String::from_utf8(buf).unwrap(), "-170141183460469231731687303715884105729");
    }

    // Expected bytes from numeric_send of PostgreSQL 15.
    #[test]
    fn binary_form() {
        let bytes = |value: i128, scale: i8, shown: u16| {
            let mut buf = Vec::new();
            Decimal::from_i128(value, scale, Fixed(shown)).binary(&mut buf);
            buf.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(bytes(12_345, 2, 2), "0002000000000002007b1194");
        assert_eq!(bytes(0, 2, 2), "0000000000000002");
        assert_eq!(bytes(-1_000_000, 0, 0), "0001000140000000".to_owned() + "0064");
        assert_eq!(bytes(1, 5, 5), "0001fffe000000050".to_owned() + "3e8");
        assert_eq!(bytes(100_000_001, 4, 4), "00030001000000040001".to_owned() + "00000001");
    }
}
