//! Ranges as text: `range_in` and `range_out`.

use super::{EMPTY, End, ends, make, subtype};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::input::{self, Reads};
use crate::types::literal::Literal;
use crate::types::output::{self, Style};
use crate::types::zone::Tz;
use bytes::BufMut;

/// Reads a range; what its dates say may depend on the session.
///
/// # Errors
/// 22P02 for what is no range, and what is wrong with its bounds.
pub fn read(text: &str, ty: Type, reads: impl Into<Reads>) -> Result<Vec<u8>> {
    let reads = reads.into();
    let wrong = |detail: &str| {
        Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("malformed range literal: \"{text}\"")).detail(detail.to_owned())
    };
    let element = subtype(ty).ok_or_else(|| Report::internal("a range of no range type"))?;
    let trimmed = text.trim_start_matches(input::number::is_space);
    if let Some(word) = trimmed.get(..5)
        && word.eq_ignore_ascii_case("empty")
    {
        return if trimmed[5..].chars().all(input::number::is_space) {
            Ok(EMPTY.to_vec())
        } else {
            Err(wrong("Junk after \"empty\" key word."))
        };
    }
    let mut rest = trimmed.chars();
    let low = match rest.next() {
        Some('[') => true,
        Some('(') => false,
        _ => return Err(wrong("Missing left parenthesis or bracket.")),
    };
    let mut rest = rest.as_str();
    let lower = end(&mut rest).ok_or_else(|| wrong("Unexpected end of input."))?;
    rest = rest.strip_prefix(',').ok_or_else(|| wrong("Missing comma after lower bound."))?;
    let upper = end(&mut rest).ok_or_else(|| wrong("Unexpected end of input."))?;
    let mut rest = rest.chars();
    let high = match rest.next() {
        Some(']') => true,
        Some(')') => false,
        _ => return Err(wrong("Too many commas.")),
    };
    if !rest.as_str().chars().all(input::number::is_space) {
        return Err(wrong("Junk after right parenthesis or bracket."));
    }
    let value = |text: Option<String>| text.map(|text| bound(&text, element, reads)).transpose();
    make(ty, End { value: value(lower)?, inclusive: low }, End { value: value(upper)?, inclusive: high })
}

/// Takes a bound's text off the front; `Some(None)` where it is infinite, `None` where the text ends within it.
fn end(rest: &mut &str) -> Option<Option<String>> {
    if rest.starts_with([',', ')', ']']) {
        return Some(None);
    }
    let mut text = String::new();
    let mut quoted = false;
    let mut chars = rest.chars();
    loop {
        let before = chars.as_str();
        match chars.next()? {
            ',' | ')' | ']' if !quoted => {
                *rest = before;
                return Some(Some(text));
            }
            '\\' => text.push(chars.next()?),
            '"' if !quoted => quoted = true,
            // Two of them stand for one.
            '"' if chars.as_str().starts_with('"') => {
                chars.next();
                text.push('"');
            }
            '"' => quoted = false,
            other => text.push(other),
        }
    }
}

/// A bound may be an infinite date, which no column holds.
fn bound(text: &str, ty: Type, reads: Reads) -> Result<Literal> {
    let word = text.trim_matches(input::number::is_space).to_ascii_lowercase();
    let later = match word.as_str() {
        "infinity" | "+infinity" => Some(true),
        "-infinity" => Some(false),
        _ => None,
    };
    Ok(match (ty, later) {
        (Type::DATE, Some(later)) => Literal::Date(if later { i32::MAX } else { i32::MIN }),
        (Type::TIMESTAMP, Some(later)) => Literal::Timestamp(if later { i64::MAX } else { i64::MIN }),
        (Type::TIMESTAMPTZ, Some(later)) => Literal::TimestampTz(if later { i64::MAX } else { i64::MIN }),
        _ => input::parse(text, ty, -1, reads)?,
    })
}

/// Writes a range with its dates in a session's style.
///
/// # Errors
/// For bytes that are no range.
pub fn write(buf: &mut impl BufMut, bytes: &[u8], ty: Type, style: &Style) -> Result<()> {
    let Some((lower, upper)) = ends(bytes, ty)? else {
        buf.put_slice(b"empty");
        return Ok(());
    };
    buf.put_u8(if lower.inclusive { b'[' } else { b'(' });
    put(buf, &lower, style);
    buf.put_u8(b',');
    put(buf, &upper, style);
    buf.put_u8(if upper.inclusive { b']' } else { b')' });
    Ok(())
}

/// Returns a range as text in PostgreSQL's default style; bytes that are none as nothing.
pub fn shown(bytes: &[u8], ty: Type, zone: Tz) -> Vec<u8> {
    let mut text = Vec::new();
    // What is made here was checked when it was read.
    match write(&mut text, bytes, ty, &Style::plain(zone)) {
        Ok(()) => text,
        Err(_) => Vec::new(),
    }
}

fn put(buf: &mut impl BufMut, end: &End, style: &Style) {
    let Some(value) = &end.value else { return };
    let mut text = Vec::with_capacity(32);
    match value {
        Literal::Date(i32::MAX) | Literal::Timestamp(i64::MAX) | Literal::TimestampTz(i64::MAX) => text.extend(b"infinity"),
        Literal::Date(i32::MIN) | Literal::Timestamp(i64::MIN) | Literal::TimestampTz(i64::MIN) => text.extend(b"-infinity"),
        Literal::Date(days) => style.date(&mut text, *days),
        Literal::Timestamp(micros) => style.timestamp(&mut text, *micros),
        Literal::TimestampTz(micros) => style.timestamptz(&mut text, *micros),
        Literal::Int(value) => output::integer(&mut text, *value),
        Literal::Numeric(digits) => text.extend(digits.as_bytes()),
        _ => {}
    }
    // Of what `range_bound_escape` quotes, bounds hold no more than blanks.
    if text.contains(&b' ') {
        buf.put_u8(b'"');
        buf.put_slice(&text);
        buf.put_u8(b'"');
    } else {
        buf.put_slice(&text);
    }
}
