//! bytea: encode, decode.

use super::value::Value;
use crate::error::{Report, Result, SqlState};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lines of 76 characters, as PostgreSQL breaks them.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (i, chunk) in bytes.chunks(3).enumerate() {
        if i > 0 && i % 19 == 0 {
            out.push('\n');
        }
        let n = chunk.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for k in 0..4 {
            let index = usize::try_from(n >> (18 - 6 * k) & 63).unwrap_or(0);
            out.push(if k <= chunk.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    out
}

fn invalid(message: String) -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

pub(super) fn encode(bytes: &[u8], format: &str) -> Result<Value<'static>> {
    match format.to_lowercase().as_str() {
        "hex" => Ok(Value::text(hex(bytes))),
        "base64" => Ok(Value::text(base64(bytes))),
        "escape" => {
            let mut out = String::new();
            for byte in bytes {
                match byte {
                    b'\\' => out.push_str("\\\\"),
                    0 | 0x80.. => out.push_str(&format!("\\{byte:03o}")),
                    byte => out.push(char::from(*byte)),
                }
            }
            Ok(Value::text(out))
        }
        _ => Err(invalid(format!("unrecognized encoding: \"{format}\""))),
    }
}

/// Reads groups of four digits, the last one filled up with `=` (encode.c, `pg_base64_decode`).
fn base64_decoded(text: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    // The digits of a group, how many there are, and how many bytes the last group has (3 while it is not known to be the last).
    let (mut group, mut have, mut bytes) = (0_u32, 0, 3);
    for c in text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')) {
        let digit = match (c, have) {
            ('=', 2 | 3) | ('=', _) if bytes < 3 => 0,
            ('=', 2 | 3) => {
                bytes = have - 1;
                0
            }
            ('=', _) => return Err(invalid("unexpected \"=\" while decoding base64 sequence".into())),
            _ => match ALPHABET.iter().position(|known| char::from(*known) == c) {
                Some(digit) => u32::try_from(digit).unwrap_or(0),
                None => return Err(invalid(format!("invalid symbol \"{c}\" found while decoding base64 sequence"))),
            },
        };
        group = group << 6 | digit;
        have += 1;
        if have == 4 {
            out.extend_from_slice(&group.to_be_bytes()[1..=bytes]);
            (group, have) = (0, 0);
        }
    }
    if have != 0 {
        let hint = "Input data is missing padding, is truncated, or is otherwise corrupted.";
        return Err(invalid("invalid base64 end sequence".into()).hint(hint));
    }
    Ok(out)
}

pub(super) fn decode(text: &str, format: &str) -> Result<Value<'static>> {
    match format.to_lowercase().as_str() {
        "hex" => {
            let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
            if digits.len() % 2 == 1 {
                return Err(invalid("invalid hexadecimal data: odd number of digits".into()));
            }
            let bytes = digits
                .chunks(2)
                .map(|pair| {
                    let digit = |c: char| c.to_digit(16).ok_or_else(|| invalid(format!("invalid hexadecimal digit: \"{c}\"")));
                    Ok(u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).unwrap_or(0))
                })
                .collect::<Result<Vec<u8>>>()?;
            Ok(Value::Bytes(bytes.into()))
        }
        "base64" => Ok(Value::Bytes(base64_decoded(text)?.into())),
        "escape" => Err(Report::unsupported("decode from escape")),
        _ => Err(invalid(format!("unrecognized encoding: \"{format}\""))),
    }
}
