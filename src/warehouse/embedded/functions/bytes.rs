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
        "base64" => {
            let mut out = Vec::new();
            let (mut n, mut have) = (0_u32, 0);
            for c in text.bytes().filter(|c| !c.is_ascii_whitespace()) {
                if c == b'=' {
                    break;
                }
                let Some(digit) = ALPHABET.iter().position(|known| *known == c) else {
                    return Err(invalid(format!("invalid symbol \"{}\" found while decoding base64 sequence", char::from(c))));
                };
                n = n << 6 | u32::try_from(digit).unwrap_or(0);
                have += 6;
                if have >= 8 {
                    have -= 8;
                    out.push(u8::try_from(n >> have & 0xff).unwrap_or(0));
                }
            }
            Ok(Value::Bytes(out.into()))
        }
        "escape" => Err(Report::unsupported("decode from escape")),
        _ => Err(invalid(format!("unrecognized encoding: \"{format}\""))),
    }
}
