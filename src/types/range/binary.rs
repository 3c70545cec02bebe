//! Ranges in the wire's binary format: `range_send` and `range_recv`.

use bytes::BufMut;

use super::{EMPTY, End, ends, make, subtype};
use crate::error::{Report, Result, SqlState};
use crate::types::literal::Literal;
use crate::types::output::Decimal;
use crate::types::{EPOCH_DAYS, EPOCH_MICROS, Type};

const IS_EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// Writes a range: flags, then each finite bound's length and bytes.
///
/// # Errors
/// For bytes that are no range.
pub fn to_wire(out: &mut impl BufMut, bytes: &[u8], ty: Type) -> Result<()> {
    let Some((lower, upper)) = ends(bytes, ty)? else {
        out.put_u8(IS_EMPTY);
        return Ok(());
    };
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.put_u8(
        flag(lower.inclusive, LOWER_INCLUSIVE)
            | flag(upper.inclusive, UPPER_INCLUSIVE)
            | flag(lower.value.is_none(), LOWER_INFINITE)
            | flag(upper.value.is_none(), UPPER_INFINITE),
    );
    for value in [lower.value, upper.value].into_iter().flatten() {
        let mut field = Vec::new();
        match value {
            Literal::Int(value) if ty == Type::INT4RANGE => field.extend(i32::try_from(value).map_err(Report::internal)?.to_be_bytes()),
            Literal::Int(value) => field.extend(value.to_be_bytes()),
            Literal::Date(days @ (i32::MIN | i32::MAX)) => field.extend(days.to_be_bytes()),
            Literal::Date(days) => field.extend(days.saturating_sub(EPOCH_DAYS).to_be_bytes()),
            Literal::Timestamp(micros @ (i64::MIN | i64::MAX)) | Literal::TimestampTz(micros @ (i64::MIN | i64::MAX)) => {
                field.extend(micros.to_be_bytes());
            }
            Literal::Timestamp(micros) | Literal::TimestampTz(micros) => field.extend(micros.saturating_sub(EPOCH_MICROS).to_be_bytes()),
            Literal::Numeric(digits) => Decimal::from_digits(digits.as_bytes()).binary(&mut field),
            _ => return Err(Report::internal("a bound that no range has")),
        }
        out.put_i32(i32::try_from(field.len()).map_err(Report::internal)?);
        out.put_slice(&field);
    }
    Ok(())
}

/// Reads a range as a client sends it; `value` reads a bound's bytes as a value of a type.
///
/// # Errors
/// 08P01 for too few bytes, 22P03 for other flags, and what is wrong with the bounds.
pub fn from_wire(bytes: &[u8], ty: Type, value: impl Fn(&[u8], Type) -> Result<Literal>) -> Result<Vec<u8>> {
    let short = || Report::new(SqlState::PROTOCOL_VIOLATION, "insufficient data left in message");
    let element = subtype(ty).ok_or_else(|| Report::internal("a range of no range type"))?;
    let (flags, mut rest) = bytes.split_first().ok_or_else(short)?;
    let has = |flag: u8| flags & flag != 0;
    let mut end = |infinite: bool, inclusive: bool| -> Result<End> {
        if infinite || has(IS_EMPTY) {
            return Ok(End { value: None, inclusive: false });
        }
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| short())?;
        let (field, after) = after.split_at_checked(length).ok_or_else(short)?;
        rest = after;
        Ok(End { value: Some(value(field, element)?), inclusive })
    };
    let lower = end(has(LOWER_INFINITE), has(LOWER_INCLUSIVE))?;
    let upper = end(has(UPPER_INFINITE), has(UPPER_INCLUSIVE))?;
    if !rest.is_empty() {
        return Err(Report::new(SqlState::INVALID_BINARY_REPRESENTATION, "incorrect binary data format"));
    }
    if has(IS_EMPTY) { Ok(EMPTY.to_vec()) } else { make(ty, lower, upper) }
}
