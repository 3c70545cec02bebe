//! Strings, bytes, UUIDs (varchar.c, name.c, bytea in varlena.c, uuid.c).

use super::number::invalid;
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

/// The bytes of an identifier, one less than NAMEDATALEN.
const NAME_BYTES: usize = 63;

/// `varcharin`, `bpcharin`: the length in the typmod counts characters.
pub fn limited(text: &str, ty: Type, typmod: i32) -> Result<String> {
    let Some(limit) = usize::try_from(typmod - 4).ok().filter(|_| typmod >= 4) else { return Ok(text.to_owned()) };
    let length = text.chars().count();
    if text.chars().skip(limit).any(|c| c != ' ') {
        let message = format!("value too long for type {}", ty.format(typmod));
        return Err(Report::new(SqlState::STRING_DATA_RIGHT_TRUNCATION, message));
    }
    let kept: String = text.chars().take(limit).collect();
    Ok(if ty == Type::BPCHAR { format!("{kept}{}", " ".repeat(limit.saturating_sub(length))) } else { kept })
}

/// `namein`: cut to 63 bytes, at a character.
pub fn name(text: &str) -> String {
    let mut end = text.len().min(NAME_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// `charin`: the first byte, or the one whose number is written as `\101`.
pub fn char_type(text: &str) -> Result<String> {
    let octal = |digits: &str| u32::from_str_radix(digits, 8).ok().filter(|_| digits.len() == 3 && !digits.starts_with('+'));
    let numbered = text.strip_prefix('\\').and_then(octal).and_then(char::from_u32);
    match numbered.or(text.chars().next()) {
        None | Some('\0') => Ok(String::new()),
        Some(c) if c.is_ascii() => Ok(c.to_string()),
        Some(_) => Err(Report::unsupported("a \"char\" outside ASCII")),
    }
}

/// `byteain`: hex (`\x...`) or escape format.
pub fn bytea(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(hex) => bytea_hex(hex),
        None => bytea_escape(text),
    }
}

fn bytea_hex(hex: &str) -> Result<Vec<u8>> {
    let bad = |message: String| Report::new(SqlState::INVALID_PARAMETER_VALUE, message);
    let mut bytes = Vec::with_capacity(hex.len() / 2);
    let mut rest = hex.chars();
    while let Some(high) = rest.next() {
        if matches!(high, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let digit = |c: char| c.to_digit(16).ok_or_else(|| bad(format!("invalid hexadecimal digit: \"{c}\"")));
        let high = digit(high)?;
        let low = digit(rest.next().ok_or_else(|| bad("invalid hexadecimal data: odd number of digits".into()))?)?;
        bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits make a byte"));
    }
    Ok(bytes)
}

fn bytea_escape(text: &str) -> Result<Vec<u8>> {
    let bad = || Report::new(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type bytea");
    let source = text.as_bytes();
    let (mut bytes, mut i) = (Vec::with_capacity(source.len()), 0);
    while i < source.len() {
        if source[i] != b'\\' {
            bytes.push(source[i]);
            i += 1;
        } else if source.get(i + 1) == Some(&b'\\') {
            bytes.push(b'\\');
            i += 2;
        } else {
            let octal =
                source.get(i + 1..i + 4).filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit))).ok_or_else(bad)?;
            let value = octal.iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            bytes.push(u8::try_from(value).map_err(|_| bad())?);
            i += 4;
        }
    }
    Ok(bytes)
}

/// `uuid_in`: 32 hexadecimal digits, a hyphen after any group of four, optional braces.
pub fn uuid(text: &str) -> Result<[u8; 16]> {
    let bad = || invalid(Type::UUID, text);
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').ok_or_else(bad)?,
        None => text,
    };
    let (mut value, mut rest) = ([0_u8; 16], inner);
    for (i, byte) in value.iter_mut().enumerate() {
        let pair = rest.get(..2).filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit())).ok_or_else(bad)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        rest = &rest[2..];
        if i % 2 == 1 && i < 15 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
    }
    if rest.is_empty() { Ok(value) } else { Err(bad()) }
}
