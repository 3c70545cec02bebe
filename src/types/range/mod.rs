//! Ranges: PostgreSQL's six range types as bytes whose order is `range_cmp`'s (rangetypes.c).
//!
//! The bytes of an empty range are one zero. Any other begins with a byte that is the same for all of its type, then come its lower and its upper bound: a byte that says whether the bound
//! is infinite, the value in a form that sorts as the values do, and a byte that says on which side of the value the bound lies. So bounds compare by their
//! bytes, a lower with an upper one too, and so do whole ranges. A numrange ends with the display scales of its bounds, which say nothing of
//! its place: it compares by [`key`].

use super::Type;
use super::literal::Literal;
use crate::error::{Report, Result, SqlState};

mod algebra;
mod binary;
mod bound;
mod text;

pub use algebra::{adjacent, before, contains, holds, intersection, merge, minus, overlaps, reaches_not_left, reaches_not_right, union};
pub use binary::{from_wire, to_wire};
pub use text::{read, shown, write};

use bound::{Bound, Side};

/// A range type: range, multirange, subtype (`pg_range`).
const RANGES: [(Type, Type, Type); 6] = [
    (Type::INT4RANGE, Type(4451), Type::INT4),
    (Type::NUMRANGE, Type(4532), Type::NUMERIC),
    (Type::TSRANGE, Type(4533), Type::TIMESTAMP),
    (Type::TSTZRANGE, Type(4534), Type::TIMESTAMPTZ),
    (Type::DATERANGE, Type(4535), Type::DATE),
    (Type::INT8RANGE, Type(4536), Type::INT8),
];

/// Returns the type of a range's bounds; `None` for what is no range.
pub fn subtype(range: Type) -> Option<Type> {
    RANGES.iter().find(|row| row.0 == range).map(|row| row.2)
}

/// Returns the range type of a multirange.
pub fn of_multirange(multirange: Type) -> Option<Type> {
    RANGES.iter().find(|row| row.1 == multirange).map(|row| row.0)
}

/// Returns the multirange type of a range.
pub fn multirange(range: Type) -> Option<Type> {
    RANGES.iter().find(|row| row.0 == range).map(|row| row.1)
}

/// The first byte of a range that is not empty.
const FULL: u8 = 1;
/// The first byte of a numrange that is not empty.
const FULL_OF_NUMBERS: u8 = 2;
/// An empty range.
const EMPTY: [u8; 1] = [0];
/// Two display scales of two bytes.
const SCALES: usize = 4;

/// One bound of a range in the making; `None` is infinite.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The value.
    pub value: Option<Literal>,
    /// The value belongs to the range.
    pub inclusive: bool,
}

/// Makes a range of its bounds: checked, found empty, or brought into the form that a discrete range has (`make_range`).
///
/// # Errors
/// 22000 when the lower bound lies above the upper one; 22003 or 22008 when a bound has no next value.
pub fn make(ty: Type, lower: End, upper: End) -> Result<Vec<u8>> {
    let (mut low, mut high) = (Bound::encode(ty, Side::Lower, &lower)?, Bound::encode(ty, Side::Upper, &upper)?);
    if is_empty_between(&low, &high)? {
        return Ok(EMPTY.to_vec());
    }
    let (mut lower, mut upper) = (lower, upper);
    if is_discrete(ty) {
        if let (Some(value), false) = (&lower.value, lower.inclusive)
            && let Some(next) = next(value, ty)?
        {
            lower = End { value: Some(next), inclusive: true };
            low = Bound::encode(ty, Side::Lower, &lower)?;
        }
        if let (Some(value), true) = (&upper.value, upper.inclusive)
            && let Some(next) = next(value, ty)?
        {
            upper = End { value: Some(next), inclusive: false };
            high = Bound::encode(ty, Side::Upper, &upper)?;
        }
        if is_empty_between(&low, &high)? {
            return Ok(EMPTY.to_vec());
        }
    }
    let mut bytes = Vec::with_capacity(1 + low.bytes.len() + high.bytes.len());
    bytes.push(if ty == Type::NUMRANGE { FULL_OF_NUMBERS } else { FULL });
    bytes.extend(&low.bytes);
    bytes.extend(&high.bytes);
    if ty == Type::NUMRANGE {
        bytes.extend(bound::scale(&lower));
        bytes.extend(bound::scale(&upper));
    }
    Ok(bytes)
}

/// Makes a range as the constructor functions do, of the text that says which bounds belong to it.
///
/// # Errors
/// 42601 for another text, 22000 for none; as [`make`].
pub fn construct(ty: Type, lower: Option<Literal>, upper: Option<Literal>, flags: Option<&str>) -> Result<Vec<u8>> {
    let Some(flags) = flags else {
        return Err(Report::new(SqlState("22000"), "range constructor flags argument must not be null"));
    };
    let (low, high) = match flags {
        "[]" => (true, true),
        "[)" => (true, false),
        "(]" => (false, true),
        "()" => (false, false),
        _ => {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "invalid range bound flags")
                .hint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\"."));
        }
    };
    make(ty, End { value: lower, inclusive: low }, End { value: upper, inclusive: high })
}

fn is_empty_between(lower: &Bound, upper: &Bound) -> Result<bool> {
    if lower.is_finite() && upper.is_finite() && lower.value() > upper.value() {
        return Err(Report::new(SqlState("22000"), "range lower bound must be less than or equal to range upper bound"));
    }
    Ok(lower.bytes > upper.bytes)
}

/// Tells whether each value of a range type has a next one.
fn is_discrete(ty: Type) -> bool {
    matches!(ty, Type::INT4RANGE | Type::INT8RANGE | Type::DATERANGE)
}

/// The value after this one; an infinite date has none.
fn next(value: &Literal, ty: Type) -> Result<Option<Literal>> {
    let overflow = |ty: Type| Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{ty} out of range"));
    Ok(match (value, ty) {
        (Literal::Date(i32::MIN | i32::MAX), _) => None,
        (Literal::Date(days), _) => match days + 1 {
            days if days <= bound::LAST_DAY => Some(Literal::Date(days)),
            _ => return Err(Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "date out of range")),
        },
        (Literal::Int(value), Type::INT4RANGE) if *value >= i64::from(i32::MAX) => return Err(overflow(Type::INT4)),
        (Literal::Int(value), _) => Some(Literal::Int(value.checked_add(1).ok_or_else(|| overflow(Type::INT8))?)),
        _ => None,
    })
}

/// A range that is not empty, taken apart.
#[derive(Clone, Copy)]
struct Parts<'a> {
    lower: &'a [u8],
    upper: &'a [u8],
    /// The display scales of a numrange, else nothing.
    scales: &'a [u8],
}

/// Takes a range apart; `None` for the empty one.
fn parts(bytes: &[u8], ty: Type) -> Result<Option<Parts<'_>>> {
    let broken = || Report::internal("bytes that are no range");
    match bytes.split_first() {
        Some((0, [])) => Ok(None),
        Some((&first, rest)) if first == FULL || first == FULL_OF_NUMBERS => {
            let scales = if first == FULL_OF_NUMBERS { SCALES } else { 0 };
            let (bounds, scales) = rest.split_at_checked(rest.len().wrapping_sub(scales)).ok_or_else(broken)?;
            let length = bound::length(bounds, ty).ok_or_else(broken)?;
            let (lower, upper) = bounds.split_at_checked(length).ok_or_else(broken)?;
            if bound::length(upper, ty) != Some(upper.len()) {
                return Err(broken());
            }
            Ok(Some(Parts { lower, upper, scales }))
        }
        _ => Err(broken()),
    }
}

/// The bounds of a range; `None` for the empty one.
///
/// # Errors
/// For bytes that are no range.
pub fn ends(bytes: &[u8], ty: Type) -> Result<Option<(End, End)>> {
    let Some(parts) = parts(bytes, ty)? else { return Ok(None) };
    let scale = |at: usize| parts.scales.get(at..at + 2).map_or(0, |scale| usize::from(u16::from_be_bytes([scale[0], scale[1]])));
    Ok(Some((bound::decode(parts.lower, ty, scale(0))?, bound::decode(parts.upper, ty, scale(2))?)))
}

/// Tells whether a bound's value is an infinite date, which is no missing bound.
pub fn is_endless(value: &Literal) -> bool {
    matches!(
        value,
        Literal::Date(i32::MIN | i32::MAX) | Literal::Timestamp(i64::MIN | i64::MAX) | Literal::TimestampTz(i64::MIN | i64::MAX)
    )
}

/// Returns bytes that are equal where ranges are: a numrange's without the display scales.
pub fn key(bytes: &[u8]) -> &[u8] {
    match bytes {
        [FULL_OF_NUMBERS, .., _, _, _, _] => &bytes[..bytes.len() - SCALES],
        _ => bytes,
    }
}

#[cfg(test)]
mod tests;
