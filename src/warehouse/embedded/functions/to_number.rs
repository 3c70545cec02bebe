//! to_number: a text read by a template (formatting.c, `NUM_processor` with `is_to_char` false). It goes through the text byte by byte, and where the
//! template has a place for a digit, whatever stands there is passed.

use super::Scalar;
use super::decimal::Decimal;
use super::digits::DIGITS;
use super::number_format::{Form, Mark, form_of};
use super::rows::strict;
use super::value::Value;
use crate::error::{Report, Result, SqlState};
use crate::types::input::number;

/// What was read so far.
struct Reader<'t> {
    form: &'t Form,
    text: &'t [u8],
    at: usize,
    /// `-` or `+`.
    sign: Option<u8>,
    digits: String,
    /// Digits before and behind the point.
    before: usize,
    behind: usize,
    point: bool,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Reads by one mark; tells whether one byte more is to be passed.
    fn mark(&mut self, mark: &Mark) -> bool {
        match (mark, self.next()) {
            (Mark::Nine | Mark::Zero, _) => self.digit(true),
            (Mark::Point, _) => self.digit(false),
            // No digit was written, so that with FM no comma is looked for.
            (Mark::Comma, next) => return !self.form.fill && next == Some(b','),
            (Mark::Currency, _) => return self.pass_other(1),
            (Mark::Ordinal(_), _) => return !self.form.point && self.pass_other(2),
            (Mark::Minus | Mark::Signed, Some(b'-')) => self.sign = Some(b'-'),
            (Mark::Plus | Mark::Signed, Some(b'+')) => self.sign = Some(b'+'),
            (Mark::Minus | Mark::Plus | Mark::Signed, _) => return self.pass_other(1),
            (Mark::Text(_), _) => {
                self.at += self.width();
                return false;
            }
            // The sign of S is read beside digits.
            (Mark::Sign | Mark::Silent | Mark::Roman(_), _) => return false,
        }
        true
    }

    /// The bytes of the character that begins here.
    fn width(&self) -> usize {
        match self.next() {
            Some(0xC0..0xE0) => 2,
            Some(0xE0..0xF0) => 3,
            Some(0xF0..) => 4,
            _ => 1,
        }
    }

    /// Passes characters that are in no number (`NUM_eat_non_data_chars`).
    fn pass_other(&mut self, count: usize) -> bool {
        for _ in 0..count {
            match self.next() {
                Some(next) if !b"0123456789.,+-".contains(&next) => self.at += self.width(),
                _ => break,
            }
        }
        false
    }

    /// Reads a digit or the point, and the sign on either side (`NUM_numpart_from_char`). It stays on what it has read.
    fn digit(&mut self, of_digit: bool) {
        if self.next() == Some(b' ') {
            self.at += 1;
        }
        if self.sign.is_none() && of_digit && self.before + self.behind == 0 {
            self.sign = match self.next() {
                Some(sign @ (b'-' | b'+')) => Some(sign),
                Some(b'<') if self.form.brackets => Some(b'-'),
                _ => None,
            };
            self.at += usize::from(self.sign.is_some());
        }
        let Some(next) = self.next() else { return };
        let mut read = false;
        if next.is_ascii_digit() {
            if self.point && self.behind == self.form.post {
                return;
            }
            self.digits.push(char::from(next));
            if self.point {
                self.behind += 1;
            } else {
                self.before += 1;
            }
            read = true;
        } else if self.form.point && !self.point && next == b'.' {
            self.digits.push('.');
            (self.point, read) = (true, true);
        }
        if self.sign.is_some() || self.before + self.behind == 0 {
            return;
        }
        if self.form.has_sign && read {
            // S is bound to the last digit.
            if let Some(sign @ (b'-' | b'+')) = self.text.get(self.at + 1).copied() {
                self.sign = Some(sign);
                self.at += 1;
            }
        } else if !read && !self.form.has_sign && (self.form.plus || self.form.minus) && matches!(next, b'-' | b'+') {
            self.sign = Some(next);
        }
    }
}

/// Reads a number; `None` by an empty template.
fn read(text: &str, template: &str) -> Result<Option<Decimal>> {
    if template.is_empty() {
        return Ok(None);
    }
    let form = form_of(template)?;
    if form.roman {
        return Err(Report::unsupported("to_number with RN").hint("PostgreSQL 15 does not support it either."));
    }
    if form.exponent || form.has_shift {
        return Err(Report::unsupported(format!("to_number with {}", if form.exponent { "EEEE" } else { "V" })));
    }
    let mut reader =
        Reader { form: &form, text: text.as_bytes(), at: 0, sign: None, digits: String::new(), before: 0, behind: 0, point: false };
    for mark in &form.marks {
        if reader.next().is_none() {
            break;
        }
        if reader.mark(mark) {
            reader.at += 1;
        }
    }
    let Reader { sign, digits, behind, .. } = reader;
    let digits = digits.strip_suffix('.').unwrap_or(&digits);
    let sign = sign.map_or(' ', char::from);
    if !digits.contains(|digit: char| digit.is_ascii_digit()) {
        let message = format!("invalid input syntax for type numeric: \"{sign}{digits}\"");
        return Err(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
    }
    let padded = if digits.starts_with('.') { format!("0{digits}") } else { digits.to_owned() };
    // The template's places before the point and the digits that were read behind it are precision and scale.
    let precision = u16::try_from(form.pre + behind).unwrap_or(u16::MAX);
    let typmod = crate::types::pack_numeric_typmod(precision, i16::try_from(behind).unwrap_or(i16::MAX));
    let signed = format!("{}{padded}", if sign == '-' { "-" } else { "" });
    Decimal::parse(&number::constrain(&signed, typmod)?).map(Some)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![strict!("pg_to_number", DIGITS, |args| { Ok(read(args[0].str()?, args[1].str()?)?.map_or(Value::Null, Value::Numeric)) })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_their_format() {
        let is = |text: &str, format: &str, expected: &str| {
            let read = read(text, format).expect("a number").expect("a template");
            assert_eq!(read.shown(-2), expected, "{text} by {format}");
        };
        is("12,454.8-", "99G999D9S", "-12454.8");
        is("$1,234.56", "L9,999.99", "1234.56");
        is("-34,338,492", "99G999G999", "-34338492");
        is("<564646.654564>", "999999.999999PR", "-564646.654564");
        is("0.00001-", "9.999999S", "-0.00001");
        is("123", "999", "123");
        is("20240229", "999999", "202402");
        is("2024.0229", "999999.99", "2024.02");
        // Brackets are PR's, FM looks for no commas, and what is no digit takes the place of one.
        is("<12>", "99", "1");
        is("$5.00", "9.90PR", "5.0");
        is("1,234.56", "FM0000D0999", "1234.56");
        is("  7", "9G999", "7");
        is(".5", "9,999", "5");
        assert_eq!(read("1", ""), Ok(None));
        assert!(read("abc", "999").is_err());
        for (text, format) in [("20240229", "999999.99"), ("12", "9.9"), ("12", ".9")] {
            assert_eq!(read(text, format).unwrap_err().message, "numeric field overflow", "{text} by {format}");
        }
    }
}
