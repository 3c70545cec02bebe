//! PostgreSQL's output functions: values as text, written into a buffer without allocation (dates as DateStyle ISO, IntervalStyle postgres).

use super::literal::Literal;
use super::{NumericScale, Type, range};
use crate::types::zone::Tz;
use bytes::BufMut;

mod decimal;
mod float;
pub mod slice;
mod style;
mod time;

pub use decimal::{Decimal, decimal128, decimal256};
pub use float::{float4, float8};
pub use style::{Dates, Intervals, Style};
pub(crate) use time::within_tables;
pub use time::{date, interval, offset_seconds, time, timestamp, timestamptz};

/// Writes a bool: `t` or `f`.
pub fn bool(buf: &mut impl BufMut, value: bool) {
    buf.put_u8(if value { b't' } else { b'f' });
}

/// Writes int2, int4, int8, oid.
pub fn integer(buf: &mut impl BufMut, value: i64) {
    let mut room = [0; slice::INTEGER];
    let len = slice::integer(&mut room, value);
    buf.put_slice(&room[..len]);
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes bytea as `bytea_output = hex` prints it: `\x` and two digits a byte.
pub fn bytea_hex(buf: &mut impl BufMut, value: &[u8]) {
    buf.put_slice(b"\\x");
    hex(buf, value);
}

fn hex(buf: &mut impl BufMut, value: &[u8]) {
    for chunk in value.chunks(64) {
        let mut digits = [0u8; 128];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(chunk) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        buf.put_slice(&digits[..chunk.len() * 2]);
    }
}

/// Writes bytea as `bytea_output = escape` prints it: printable ASCII as it is, backslash doubled, the rest in octal.
pub fn bytea_escape(buf: &mut impl BufMut, value: &[u8]) {
    for &byte in value {
        match byte {
            b'\\' => buf.put_slice(b"\\\\"),
            0x20..=0x7e => buf.put_u8(byte),
            _ => buf.put_slice(&[b'\\', b'0' + (byte >> 6), b'0' + ((byte >> 3) & 7), b'0' + (byte & 7)]),
        }
    }
}

/// Writes a uuid.
pub fn uuid(buf: &mut impl BufMut, value: &[u8; 16]) {
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (i, byte) in value.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    buf.put_slice(&text);
}

/// Writes one element of an array's text form, quoted where `array_out` quotes: empty, `NULL`, white space, quotes, braces, backslash, comma.
pub fn array_element(buf: &mut impl BufMut, text: &[u8]) {
    if !needs_quotes(text) {
        buf.put_slice(text);
        return;
    }
    buf.put_u8(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        buf.put_slice(&rest[..at]);
        buf.put_u8(b'\\');
        buf.put_u8(rest[at]);
        rest = &rest[at + 1..];
    }
    buf.put_slice(rest);
    buf.put_u8(b'"');
}

fn needs_quotes(text: &[u8]) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case(b"null")
        || text.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',' | b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c))
}

/// Returns a constant's text form as PostgreSQL's output function of the type prints it; NULL gives `NULL`.
pub fn literal(value: &Literal, ty: Type, zone: Tz) -> String {
    let mut buf = Vec::new();
    write_literal(&mut buf, value, ty, zone);
    String::from_utf8(buf).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn write_literal(buf: &mut Vec<u8>, value: &Literal, ty: Type, zone: Tz) {
    match value {
        Literal::Null => buf.put_slice(b"NULL"),
        Literal::Bool(v) => bool(buf, *v),
        Literal::Int(v) => integer(buf, *v),
        // A float4 constant holds the value of its float4, so that narrowing gives it back.
        #[allow(clippy::cast_possible_truncation)]
        Literal::Float(v) if ty == Type::FLOAT4 => float4(buf, *v as f32),
        Literal::Float(v) => float8(buf, *v),
        Literal::Numeric(v) | Literal::Text(v) | Literal::Json(v) => buf.put_slice(v.as_bytes()),
        Literal::Bytes(v) if range::subtype(ty).is_some() => buf.put_slice(&range::shown(v, ty, zone)),
        Literal::Bytes(v) => bytea_hex(buf, v),
        Literal::Date(v) => date(buf, *v),
        Literal::Time(v) => time(buf, *v),
        Literal::Timestamp(v) => timestamp(buf, *v),
        Literal::TimestampTz(v) => timestamptz(buf, *v, zone),
        Literal::Interval { months, days, micros } => interval(buf, *months, *days, *micros),
        Literal::Uuid(v) => uuid(buf, v),
        Literal::Array(values) => {
            let element = ty.element().unwrap_or(Type::TEXT);
            buf.put_u8(b'{');
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    buf.put_u8(b',');
                }
                if matches!(value, Literal::Null) {
                    buf.put_slice(b"NULL");
                } else {
                    let mut text = Vec::new();
                    write_literal(&mut text, value, element, zone);
                    array_element(buf, &text);
                }
            }
            buf.put_u8(b'}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut buf = Vec::new();
        write(&mut buf);
        String::from_utf8(buf).unwrap()
    }

    #[test]
    fn bytea_in_both_styles() {
        assert_eq!(text(|b| bytea_hex(b, &[0, 0xde, 0xad, 255])), "\\x00deadff");
        assert_eq!(text(|b| bytea_hex(b, &[7; 100])).len(), 202);
        assert_eq!(text(|b| bytea_escape(b, b"a\\b\x00\xff~")), "a\\\\b\\000\\377~");
    }

    #[test]
    fn uuid_has_its_dashes() {
        let value = [0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11];
        assert_eq!(text(|b| uuid(b, &value)), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    }

    #[test]
    fn arrays_quote_as_array_out_does() {
        let values = ["a", "", "NULL", "null", "a b", "x\"y", "x\\y", "{", "a,b", "é"].map(|v| Literal::Text(v.into()));
        let array = Literal::Array(values.into_iter().chain([Literal::Null]).collect());
        assert_eq!(literal(&array, Type::TEXT_ARRAY, Tz::UTC), r#"{a,"","NULL","null","a b","x\"y","x\\y","{","a,b",é,NULL}"#);
        let times = Literal::Array(vec![Literal::Timestamp(0)]);
        assert_eq!(literal(&times, Type::TIMESTAMP_ARRAY, Tz::UTC), r#"{"1970-01-01 00:00:00"}"#);
    }
}
