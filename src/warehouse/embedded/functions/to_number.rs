//! to_number: a text read by a format (formatting.c, `NUM_processor` with `is_to_char` false).

use super::Scalar;
use super::decimal::Decimal;
use super::digits::DIGITS;
use super::rows::strict;
use super::value::Value;
use crate::error::{Report, Result, SqlState};
use crate::types::input::number;

/// One element of a format.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    /// `9` or `0`.
    Digit,
    /// `.` or `D`.
    Point,
    /// `,` or `G`.
    Group,
    /// `L`.
    Currency,
    /// `S`, `SG`, `PL`, `MI`: a sign here.
    Sign,
    /// `PR`.
    Brackets,
    /// Anything else: one character is passed over.
    Other(char),
}

fn marks(format: &str) -> Result<Vec<Mark>> {
    let mut marks = Vec::new();
    let mut rest = format;
    while !rest.is_empty() {
        let upper = rest.get(..2).map(str::to_ascii_uppercase).unwrap_or_default();
        let (mark, length) = match upper.as_str() {
            "SG" | "PL" | "MI" => (Some(Mark::Sign), 2),
            "PR" => (Some(Mark::Brackets), 2),
            "FM" => (None, 2),
            "TH" => (None, 2),
            "RN" => return Err(Report::unsupported("to_number with RN").hint("PostgreSQL 15 does not support it either.")),
            _ => {
                let first = rest.chars().next().unwrap_or_default();
                let mark = match first.to_ascii_uppercase() {
                    '9' | '0' => Mark::Digit,
                    '.' | 'D' => Mark::Point,
                    ',' | 'G' => Mark::Group,
                    'L' => Mark::Currency,
                    'S' => Mark::Sign,
                    'E' | 'V' => return Err(Report::unsupported(format!("to_number with {first}"))),
                    '"' => return Err(Report::unsupported("to_number with quoted text")),
                    _ => Mark::Other(first),
                };
                (Some(mark), first.len_utf8())
            }
        };
        marks.extend(mark);
        rest = &rest[length..];
    }
    Ok(marks)
}

/// Reads a number. What the format does not name is passed over, as PostgreSQL does.
fn read(text: &str, format: &str) -> Result<Decimal> {
    let marks = marks(format)?;
    if marks.contains(&Mark::Other(' ')) && marks.contains(&Mark::Point) {
        return Err(Report::unsupported("to_number with blanks and a point"));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let (mut negative, mut signed) = (false, false);
    let (mut digits, mut point) = (String::new(), false);
    let room = marks.iter().take_while(|mark| **mark != Mark::Point).filter(|mark| **mark == Mark::Digit).count();
    let behind = marks.iter().skip_while(|mark| **mark != Mark::Point).filter(|mark| **mark == Mark::Digit).count();
    let has_point = marks.contains(&Mark::Point);
    let mut fraction = 0;
    let sign = |c: char, negative: &mut bool, signed: &mut bool| -> bool {
        let known = !*signed && matches!(c, '-' | '+' | '<');
        if known {
            *negative = matches!(c, '-' | '<');
            *signed = true;
        }
        known
    };
    for mark in &marks {
        let Some(c) = chars.get(at).copied() else { break };
        match mark {
            Mark::Digit => {
                // A sign or blanks may stand before the first digit.
                let mut c = Some(c);
                while digits.is_empty() {
                    match c {
                        Some(' ') => at += 1,
                        Some(found) if sign(found, &mut negative, &mut signed) => at += 1,
                        _ => break,
                    }
                    c = chars.get(at).copied();
                }
                match c {
                    Some(digit) if digit.is_ascii_digit() && (!point || fraction < behind) => {
                        digits.push(digit);
                        fraction += usize::from(point);
                        at += 1;
                    }
                    Some('.') if has_point && !point => {
                        // Fewer digits than the format has places.
                    }
                    // What is no part of a number takes a digit's place.
                    Some(other) if !other.is_ascii_digit() && !matches!(other, '.' | '-' | '+' | '<' | '>' | ' ') => at += 1,
                    _ => {}
                }
            }
            Mark::Point => {
                if c == '.' {
                    digits.push('.');
                    point = true;
                    at += 1;
                } else if c.is_ascii_digit() {
                    // The place of the point takes a digit as any other does.
                    digits.push(c);
                    at += 1;
                }
            }
            Mark::Group => {
                if c == ',' {
                    at += 1;
                }
            }
            Mark::Currency => {
                if c == '$' {
                    at += 1;
                }
            }
            Mark::Sign | Mark::Brackets => {
                if sign(c, &mut negative, &mut signed) || c == '>' {
                    at += 1;
                }
            }
            Mark::Other(_) => at += 1,
        }
    }
    // A sign behind the number.
    while let Some(c) = chars.get(at) {
        if !sign(*c, &mut negative, &mut signed) {
            break;
        }
        at += 1;
    }
    let digits = digits.trim_end_matches('.');
    if !digits.contains(|c: char| c.is_ascii_digit()) {
        return Err(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type numeric: \" \""));
    }
    let padded = if digits.starts_with('.') { format!("0{digits}") } else { digits.to_owned() };
    // The format's places before the point and the digits that were read behind it are precision and scale.
    let precision = u16::try_from(room + fraction).unwrap_or(u16::MAX);
    let typmod = crate::types::pack_numeric_typmod(precision, i16::try_from(fraction).unwrap_or(i16::MAX));
    Decimal::parse(&number::constrain(&format!("{}{padded}", if negative { "-" } else { "" }), typmod)?)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![strict!("pg_to_number", DIGITS, |args| Ok(Value::Numeric(read(args[0].str()?, args[1].str()?)?)))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_their_format() {
        let is = |text: &str, format: &str, expected: &str| {
            assert_eq!(read(text, format).expect("a number").shown(-2), expected, "{text} by {format}");
        };
        is("12,454.8-", "99G999D9S", "-12454.8");
        is("$1,234.56", "L9,999.99", "1234.56");
        is("-34,338,492", "99G999G999", "-34338492");
        is("<564646.654564>", "999999.999999PR", "-564646.654564");
        is("0.00001-", "9.999999S", "-0.00001");
        is("123", "999", "123");
        is("20240229", "999999", "202402");
        is("2024.0229", "999999.99", "2024.02");
        assert!(read("abc", "999").is_err());
        for (text, format) in [("20240229", "999999.99"), ("12", "9.9"), ("12", ".9")] {
            assert_eq!(read(text, format).unwrap_err().message, "numeric field overflow", "{text} by {format}");
        }
    }
}
