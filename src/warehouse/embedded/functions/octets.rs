//! Functions over bytea and its bits.

use super::Scalar;
use super::rows::{BYTEA, INT4, TEXT, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};

fn bytes<'a>(value: &'a Value) -> Result<&'a [u8]> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(Report::internal(format!("a function expected bytes and got {other:?}"))),
    }
}

fn out_of_range(index: i64, count: usize) -> Report {
    let message = format!("index {index} out of valid range, 0..{}", i64::try_from(count).unwrap_or(i64::MAX) - 1);
    Report::new(SqlState("2202E"), message)
}

/// The byte (and, of bits, the bit in it) of an index.
fn at(index: i64, count: usize) -> Result<usize> {
    usize::try_from(index).ok().filter(|index| *index < count).ok_or_else(|| out_of_range(index, count))
}

/// `bytea_substring`: from 1, clipped.
fn substring(value: &[u8], from: i64, length: Option<i64>) -> Result<Vec<u8>> {
    let end = match length {
        Some(length) if length < 0 => {
            return Err(Report::new(SqlState("22011"), "negative substring length not allowed"));
        }
        Some(length) => from.saturating_add(length),
        None => i64::MAX,
    };
    let count = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let clip = |index: i64| usize::try_from((index - 1).clamp(0, count)).unwrap_or(0);
    let (from, end) = (clip(from), clip(end));
    Ok(value.get(from..end).unwrap_or_default().to_vec())
}

fn position(part: &[u8], value: &[u8]) -> i64 {
    if part.is_empty() {
        return 1;
    }
    let found = value.windows(part.len()).position(|window| window == part);
    found.and_then(|at| i64::try_from(at + 1).ok()).unwrap_or(0)
}

fn trim(value: &[u8], set: &[u8], left: bool, right: bool) -> Vec<u8> {
    let mut value = value;
    while let (true, [first, rest @ ..]) = (left, value)
        && set.contains(first)
    {
        value = rest;
    }
    while let (true, [rest @ .., last]) = (right, value)
        && set.contains(last)
    {
        value = rest;
    }
    value.to_vec()
}

/// The encodings that are this database's own.
fn check_encoding(name: &str) -> Result<()> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match plain.as_str() {
        "utf8" | "unicode" => Ok(()),
        "sqlascii" | "latin1" | "iso88591" | "win1252" | "latin9" => Err(Report::unsupported(format!("the encoding {name}"))),
        _ => Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid encoding name \"{name}\""))),
    }
}

/// The bytes of a name's value, filled up with zeros (NAMEDATALEN).
const NAME_BYTES: usize = 64;

/// `name[index]`: a byte, NULL outside.
fn name_byte(name: &str, index: i64) -> Result<Value<'static>> {
    let Some(index) = usize::try_from(index).ok().filter(|index| *index < NAME_BYTES) else { return Ok(Value::Null) };
    match name.as_bytes().get(index).copied() {
        None => Ok(Value::text("")),
        Some(byte) if byte.is_ascii() => Ok(Value::Text(char::from(byte).to_string().into())),
        Some(_) => Err(Report::unsupported("a \"char\" outside ASCII")),
    }
}

fn owned(bytes: Vec<u8>) -> Value<'static> {
    Value::Bytes(bytes.into())
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_name_byte", TEXT, |args| name_byte(args[0].str()?, args[1].int()?)),
        strict!("pg_get_byte", INT4, |args| {
            let value = bytes(&args[0])?;
            Ok(Value::Int(value[at(args[1].int()?, value.len())?].into()))
        }),
        strict!("pg_set_byte", BYTEA, |args| {
            let mut value = bytes(&args[0])?.to_vec();
            let index = at(args[1].int()?, value.len())?;
            value[index] = u8::try_from(args[2].int()? & 255).unwrap_or(0);
            Ok(owned(value))
        }),
        strict!("pg_get_bit", INT4, |args| {
            let value = bytes(&args[0])?;
            let bit = at(args[1].int()?, value.len() * 8)?;
            Ok(Value::Int((value[bit / 8] >> (bit % 8) & 1).into()))
        }),
        strict!("pg_set_bit", BYTEA, |args| {
            let mut value = bytes(&args[0])?.to_vec();
            let bit = at(args[1].int()?, value.len() * 8)?;
            match args[2].int()? {
                0 => value[bit / 8] &= !(1 << (bit % 8)),
                1 => value[bit / 8] |= 1 << (bit % 8),
                _ => return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1")),
            }
            Ok(owned(value))
        }),
        strict!("pg_bit_count", |_, _| Ok(arrow::datatypes::DataType::Int64), |args| {
            Ok(Value::Int(bytes(&args[0])?.iter().map(|byte| i64::from(byte.count_ones())).sum()))
        }),
        strict!("pg_bytea_substr", BYTEA, |args| {
            let length = args.get(2).map(Value::int).transpose()?;
            Ok(owned(substring(bytes(&args[0])?, args[1].int()?, length)?))
        }),
        strict!("pg_bytea_position", INT4, |args| Ok(Value::Int(position(bytes(&args[1])?, bytes(&args[0])?)))),
        strict!("pg_bytea_trim", BYTEA, |args| {
            let which = args[2].str()?;
            Ok(owned(trim(bytes(&args[0])?, bytes(&args[1])?, which != "right", which != "left")))
        }),
        strict!("pg_convert_from", TEXT, |args| {
            check_encoding(args[1].str()?)?;
            match String::from_utf8(bytes(&args[0])?.to_vec()) {
                Ok(text) if !text.contains('\0') => Ok(Value::text(text)),
                _ => Err(Report::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\"")),
            }
        }),
        strict!("pg_convert_to", BYTEA, |args| {
            check_encoding(args[1].str()?)?;
            Ok(owned(args[0].str()?.as_bytes().to_vec()))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_cut_as_text_is() {
        assert_eq!(substring(b"\x12\x34\x56", 2, Some(1)), Ok(vec![0x34]));
        assert_eq!(substring(b"\x12\x34\x56", -1, Some(3)), Ok(vec![0x12]));
        assert!(substring(b"", 1, Some(-1)).is_err());
        assert_eq!(position(b"\x34", b"\x12\x34"), 2);
        assert_eq!(trim(b"\x01\x02\x01", b"\x01", true, true), [2]);
    }
}
