//! The operators of ranges (rangetypes.c). Bounds compare by their bytes.

use super::bound::{self, Side};
use super::{EMPTY, FULL, FULL_OF_NUMBERS, Parts, parts};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::literal::Literal;

/// Runs a comparison that is false where either range is empty.
fn both(a: &[u8], b: &[u8], ty: Type, holds: impl Fn(Parts, Parts) -> bool) -> Result<bool> {
    Ok(match (parts(a, ty)?, parts(b, ty)?) {
        (Some(a), Some(b)) => holds(a, b),
        _ => false,
    })
}

/// `a @> b`.
///
/// # Errors
/// For bytes that are no range, as all of these.
pub fn contains(a: &[u8], b: &[u8], ty: Type) -> Result<bool> {
    Ok(match (parts(a, ty)?, parts(b, ty)?) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a.lower <= b.lower && a.upper >= b.upper,
    })
}

/// `range @> value`.
///
/// # Errors
/// For a value of another type too.
pub fn holds(range: &[u8], value: &Literal, ty: Type) -> Result<bool> {
    let Some(range) = parts(range, ty)? else { return Ok(false) };
    let point = bound::point(value, ty)?;
    Ok(range.lower <= point.as_slice() && point.as_slice() <= range.upper)
}

/// `a && b`.
///
/// # Errors
/// For bytes that are no range.
pub fn overlaps(a: &[u8], b: &[u8], ty: Type) -> Result<bool> {
    both(a, b, ty, |a, b| a.lower <= b.upper && b.lower <= a.upper)
}

/// `a << b`.
///
/// # Errors
/// For bytes that are no range.
pub fn before(a: &[u8], b: &[u8], ty: Type) -> Result<bool> {
    both(a, b, ty, |a, b| a.upper < b.lower)
}

/// `a &< b`: `a` does not reach further to the right.
///
/// # Errors
/// For bytes that are no range.
pub fn reaches_not_right(a: &[u8], b: &[u8], ty: Type) -> Result<bool> {
    both(a, b, ty, |a, b| a.upper <= b.upper)
}

/// `a &> b`: `a` does not reach further to the left.
///
/// # Errors
/// For bytes that are no range.
pub fn reaches_not_left(a: &[u8], b: &[u8], ty: Type) -> Result<bool> {
    both(a, b, ty, |a, b| a.lower >= b.lower)
}

/// `a -|- b`.
///
/// # Errors
/// For bytes that are no range.
pub fn adjacent(a: &[u8], b: &[u8], ty: Type) -> Result<bool> {
    both(a, b, ty, |a, b| bound::meet(a.upper, b.lower) || bound::meet(b.upper, a.lower))
}

/// `a + b`.
///
/// # Errors
/// 22000 where something lies between them.
pub fn union(a: &[u8], b: &[u8], ty: Type) -> Result<Vec<u8>> {
    let apart = a != EMPTY && b != EMPTY && !overlaps(a, b, ty)? && !adjacent(a, b, ty)?;
    if apart {
        return Err(Report::new(SqlState("22000"), "result of range union would not be contiguous"));
    }
    merge(a, b, ty)
}

/// `range_merge(a, b)`: the smallest range that holds both.
///
/// # Errors
/// For bytes that are no range.
pub fn merge(a: &[u8], b: &[u8], ty: Type) -> Result<Vec<u8>> {
    Ok(match (parts(a, ty)?, parts(b, ty)?) {
        (None, _) => b.to_vec(),
        (_, None) => a.to_vec(),
        (Some(a), Some(b)) => {
            let low = if a.lower < b.lower { a } else { b };
            let high = if a.upper > b.upper { a } else { b };
            joined(low.lower, low.scales.get(..2), high.upper, high.scales.get(2..))
        }
    })
}

/// `a * b`.
///
/// # Errors
/// For bytes that are no range.
pub fn intersection(a: &[u8], b: &[u8], ty: Type) -> Result<Vec<u8>> {
    let (Some(a), Some(b)) = (parts(a, ty)?, parts(b, ty)?) else { return Ok(EMPTY.to_vec()) };
    let low = if a.lower >= b.lower { a } else { b };
    let high = if a.upper <= b.upper { a } else { b };
    Ok(joined(low.lower, low.scales.get(..2), high.upper, high.scales.get(2..)))
}

/// `a - b`.
///
/// # Errors
/// 22000 where `b` lies within `a`.
pub fn minus(a: &[u8], b: &[u8], ty: Type) -> Result<Vec<u8>> {
    let (Some(one), Some(other)) = (parts(a, ty)?, parts(b, ty)?) else { return Ok(a.to_vec()) };
    if one.lower < other.lower && one.upper > other.upper {
        return Err(Report::new(SqlState("22000"), "result of range difference would not be contiguous"));
    }
    if one.lower > other.upper || one.upper < other.lower {
        return Ok(a.to_vec());
    }
    if one.lower >= other.lower && one.upper <= other.upper {
        return Ok(EMPTY.to_vec());
    }
    Ok(if one.upper <= other.upper {
        joined(one.lower, one.scales.get(..2), &bound::flipped(other.lower, Side::Lower), other.scales.get(..2))
    } else {
        joined(&bound::flipped(other.upper, Side::Upper), other.scales.get(2..), one.upper, one.scales.get(2..))
    })
}

fn joined(lower: &[u8], lower_scale: Option<&[u8]>, upper: &[u8], upper_scale: Option<&[u8]>) -> Vec<u8> {
    if lower > upper {
        return EMPTY.to_vec();
    }
    let (low, high) = (lower_scale.unwrap_or_default(), upper_scale.unwrap_or_default());
    let first = if low.is_empty() { FULL } else { FULL_OF_NUMBERS };
    [&[first], lower, upper, low, high].concat()
}
