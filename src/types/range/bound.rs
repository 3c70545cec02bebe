//! One bound of a range as bytes: its class, its value, its side of the value.

use super::End;
use crate::error::{Report, Result};
use crate::types::Type;
use crate::types::literal::Literal;

/// Below all values.
const LOWEST: u8 = 0;
const FINITE: u8 = 1;
/// Above all values.
const HIGHEST: u8 = 2;

/// An upper bound just below its value.
const BELOW: u8 = 0;
/// A bound that its value belongs to.
const AT: u8 = 1;
/// A lower bound just above its value.
const ABOVE: u8 = 2;

/// The last day that PostgreSQL knows, 5874897-12-31.
pub(super) const LAST_DAY: i32 = 2_147_483_493 - 2_440_588;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Lower,
    Upper,
}

/// An encoded bound.
pub(super) struct Bound {
    pub(super) bytes: Vec<u8>,
}

impl Bound {
    pub(super) fn encode(ty: Type, side: Side, end: &End) -> Result<Bound> {
        let Some(value) = &end.value else {
            return Ok(Bound { bytes: vec![if side == Side::Lower { LOWEST } else { HIGHEST }] });
        };
        let mut bytes = Vec::with_capacity(10);
        bytes.push(FINITE);
        put(&mut bytes, value, ty)?;
        bytes.push(match (end.inclusive, side) {
            (true, _) => AT,
            (false, Side::Lower) => ABOVE,
            (false, Side::Upper) => BELOW,
        });
        Ok(Bound { bytes })
    }

    pub(super) fn is_finite(&self) -> bool {
        self.bytes[0] == FINITE
    }

    /// The bytes of the value of a finite bound.
    pub(super) fn value(&self) -> &[u8] {
        value(&self.bytes)
    }
}

/// Encodes a value that a range may hold.
pub(super) fn point(value: &Literal, ty: Type) -> Result<Vec<u8>> {
    Ok(Bound::encode(ty, Side::Lower, &End { value: Some(value.clone()), inclusive: true })?.bytes)
}

/// The bytes of a finite bound's value.
fn value(bound: &[u8]) -> &[u8] {
    bound.get(1..bound.len() - 1).unwrap_or_default()
}

/// Tells whether no value lies between an upper and a lower bound, and none belongs to both.
pub(super) fn meet(upper: &[u8], lower: &[u8]) -> bool {
    let finite = upper[0] == FINITE && lower[0] == FINITE;
    finite && value(upper) == value(lower) && matches!((upper.last(), lower.last()), (Some(&BELOW), Some(&AT)) | (Some(&AT), Some(&ABOVE)))
}

/// Where a range begins, what lies before it ends: its lower bound as an upper one, and likewise the other way round.
pub(super) fn flipped(bound: &[u8], side: Side) -> Vec<u8> {
    let mut bytes = bound.to_vec();
    if bound.first() == Some(&FINITE)
        && let Some(place) = bytes.last_mut()
    {
        *place = match (side, *place == AT) {
            (Side::Lower, true) => BELOW,
            (Side::Upper, true) => ABOVE,
            (_, false) => AT,
        };
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, value: &Literal, ty: Type) -> Result<()> {
    match (value, ty) {
        (Literal::Int(value), Type::INT4RANGE) => {
            let value = i32::try_from(*value).map_err(|_| Report::internal("a bound of an int4range that is no int4"))?;
            bytes.extend((value.cast_unsigned() ^ 1 << 31).to_be_bytes());
        }
        (Literal::Date(days), Type::DATERANGE) => bytes.extend((days.cast_unsigned() ^ 1 << 31).to_be_bytes()),
        (Literal::Int(value), Type::INT8RANGE)
        | (Literal::Timestamp(value), Type::TSRANGE)
        | (Literal::TimestampTz(value), Type::TSTZRANGE) => bytes.extend((value.cast_unsigned() ^ 1 << 63).to_be_bytes()),
        (Literal::Numeric(digits), Type::NUMRANGE) => put_number(bytes, digits),
        _ => return Err(Report::internal(format!("a bound of a {ty} that is {value:?}"))),
    }
    Ok(())
}

/// The digits without the zeros around them behind their exponent; of a negative number all of it inverted. A zero byte ends the digits.
fn put_number(bytes: &mut Vec<u8>, text: &str) {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = [whole, fraction].concat();
    let significant = all.trim_start_matches('0');
    let leading = all.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return bytes.push(ZERO);
    }
    let exponent = i64::try_from(whole.len()).unwrap_or(0) - i64::try_from(leading).unwrap_or(0) + EXPONENT_BIAS;
    let from = bytes.len() + 1;
    bytes.push(if negative { NEGATIVE } else { POSITIVE });
    bytes.extend(u32::try_from(exponent).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(significant.bytes());
    bytes.push(0);
    if negative {
        bytes[from..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

const NEGATIVE: u8 = 0x40;
const ZERO: u8 = 0x80;
const POSITIVE: u8 = 0xC0;
const EXPONENT_BIAS: i64 = 1 << 31;
/// Sign and exponent.
const NUMBER_HEAD: usize = 5;

/// Returns the length of the bound that some bytes begin with.
pub(super) fn length(bytes: &[u8], ty: Type) -> Option<usize> {
    if *bytes.first()? != FINITE {
        return Some(1);
    }
    let value = match ty {
        Type::INT4RANGE | Type::DATERANGE => 4,
        Type::NUMRANGE => match *bytes.get(1)? {
            ZERO => 1,
            sign => {
                let end = if sign == NEGATIVE { 0xff } else { 0 };
                NUMBER_HEAD + 1 + bytes.get(1 + NUMBER_HEAD..)?.iter().position(|byte| *byte == end)?
            }
        },
        _ => 8,
    };
    Some(1 + value + 1)
}

/// Reads a bound; `scale` are the digits that a numeric shows behind its point.
pub(super) fn decode(bytes: &[u8], ty: Type, scale: usize) -> Result<End> {
    if bytes.first() != Some(&FINITE) {
        return Ok(End { value: None, inclusive: false });
    }
    let broken = || Report::internal("bytes that are no bound of a range");
    let inner = value(bytes);
    let long = || Some((u64::from_be_bytes(inner.try_into().ok()?) ^ 1 << 63).cast_signed());
    let short = || Some((u32::from_be_bytes(inner.try_into().ok()?) ^ 1 << 31).cast_signed());
    let literal = match ty {
        Type::INT4RANGE => short().map(|value| Literal::Int(value.into())),
        Type::DATERANGE => short().map(Literal::Date),
        Type::INT8RANGE => long().map(Literal::Int),
        Type::TSRANGE => long().map(Literal::Timestamp),
        Type::TSTZRANGE => long().map(Literal::TimestampTz),
        _ => number(inner, scale).map(Literal::Numeric),
    };
    Ok(End { value: Some(literal.ok_or_else(broken)?), inclusive: bytes.last() == Some(&AT) })
}

fn number(bytes: &[u8], scale: usize) -> Option<String> {
    let zeros = |count: usize| "0".repeat(count);
    let sign = *bytes.first()?;
    if sign == ZERO {
        return Some(if scale > 0 { format!("0.{}", zeros(scale)) } else { "0".into() });
    }
    let negative = sign == NEGATIVE;
    let plain: Vec<u8> = bytes[1..].iter().map(|byte| if negative { !*byte } else { *byte }).collect();
    let exponent = i64::from(u32::from_be_bytes(plain.get(..4)?.try_into().ok()?)) - EXPONENT_BIAS;
    let digits = std::str::from_utf8(plain.get(4..plain.len() - 1)?).ok()?;
    let (whole, fraction) = match usize::try_from(exponent) {
        Ok(count) if count >= digits.len() => (format!("{digits}{}", zeros(count - digits.len())), String::new()),
        Ok(0) => ("0".to_owned(), digits.to_owned()),
        Ok(count) => (digits[..count].to_owned(), digits[count..].to_owned()),
        Err(_) => ("0".to_owned(), format!("{}{digits}", zeros(usize::try_from(-exponent).ok()?))),
    };
    let fraction = format!("{fraction}{}", zeros(scale.saturating_sub(fraction.len())));
    let sign = if negative { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// The display scale of a numeric bound.
pub(super) fn scale(end: &End) -> [u8; 2] {
    let digits = match &end.value {
        Some(Literal::Numeric(text)) => text.split_once('.').map_or(0, |(_, fraction)| fraction.len()),
        _ => 0,
    };
    u16::try_from(digits).unwrap_or(u16::MAX).to_be_bytes()
}
