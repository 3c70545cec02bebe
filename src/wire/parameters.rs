//! Bind parameters: text and binary values to literals.

use super::frame::utf8;
use super::rows::Format;
use crate::error::{Report, Result, SqlState};
use crate::types::literal::Literal;
use crate::types::output::Style;
use crate::types::zone::Tz;
use crate::types::{EPOCH_DAYS, EPOCH_MICROS, Type, input, json, range};

/// Reads parameter `number` (from 1), which is not NULL.
///
/// # Errors
/// What the type's input function says; 22P03 or 08P01 for bytes that are no binary value of the type.
pub fn read(bytes: &[u8], ty: Type, format: Format, style: &Style, number: usize) -> Result<Literal> {
    match format {
        Format::Text => input::parse(utf8(bytes)?, ty, -1, style.reads()),
        Format::Binary => {
            let mut value = Binary(bytes);
            let literal = value.read(ty, style.zone)?;
            if value.0.is_empty() {
                Ok(literal)
            } else {
                Err(Report::new(
                    SqlState::INVALID_BINARY_REPRESENTATION,
                    format!("incorrect binary data format in bind parameter {number}"),
                ))
            }
        }
    }
}

struct Binary<'a>(&'a [u8]);

impl<'a> Binary<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or_else(|| Report::new(SqlState::PROTOCOL_VIOLATION, "insufficient data left in message"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(Report::internal)
    }

    fn short(&mut self) -> Result<i16> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    fn int(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    fn long(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn read(&mut self, ty: Type, zone: Tz) -> Result<Literal> {
        Ok(match ty {
            Type::BOOL => Literal::Bool(self.take(1)?[0] != 0),
            Type::INT2 => Literal::Int(self.short()?.into()),
            Type::INT4 => Literal::Int(self.int()?.into()),
            Type::INT8 => Literal::Int(self.long()?),
            Type::OID | Type::XID | Type::CID | Type::REGCLASS | Type::REGTYPE | Type::REGPROC | Type::REGNAMESPACE | Type::REGROLE => {
                Literal::Int(u32::from_be_bytes(self.array()?).into())
            }
            Type::FLOAT4 => Literal::Float(f32::from_be_bytes(self.array()?).into()),
            Type::FLOAT8 => Literal::Float(f64::from_be_bytes(self.array()?)),
            Type::NUMERIC => self.numeric()?,
            Type::BYTEA => Literal::Bytes(self.rest().to_vec()),
            Type::DATE => match self.int()? {
                i32::MIN | i32::MAX => return Err(Report::unsupported("an infinite date")),
                days => Literal::Date(days.checked_add(EPOCH_DAYS).ok_or_else(|| overflow("date"))?),
            },
            Type::TIME => match self.long()? {
                micros @ 0..=86_400_000_000 => Literal::Time(micros),
                _ => return Err(overflow("time")),
            },
            Type::TIMESTAMP => Literal::Timestamp(self.moment("timestamp")?),
            Type::TIMESTAMPTZ => Literal::TimestampTz(self.moment("timestamp")?),
            Type::INTERVAL => {
                let micros = self.long()?;
                let days = self.int()?;
                Literal::Interval { months: self.int()?, days, micros }
            }
            Type::UUID => Literal::Uuid(self.array()?),
            Type::JSON => {
                let text = utf8(self.rest())?;
                json::validate(text)?;
                Literal::Text(text.to_owned())
            }
            Type::JSONB => {
                let version = self.take(1)?[0];
                if version != 1 {
                    return Err(Report::internal(format!("unsupported jsonb version number {version}")));
                }
                Literal::Json(json::canonical(utf8(self.rest())?)?)
            }
            // The binary form of character types is their text; their input functions pad and check it.
            Type::CHAR => match self.take(1)?[0] {
                0 => Literal::Text(String::new()),
                byte => input::parse(utf8(&[byte])?, ty, -1, zone)?,
            },
            _ if ty.is_string() => input::parse(utf8(self.rest())?, ty, -1, zone)?,
            _ if ty.is_array() => self.elements(ty, zone)?,
            _ if range::subtype(ty).is_some() => {
                Literal::Bytes(range::from_wire(self.rest(), ty, |bytes, element| bound(bytes, element, zone))?)
            }
            _ => return Err(Report::unsupported(format!("a binary parameter of type {ty}")).hint("Send it in text format.")),
        })
    }

    fn moment(&mut self, what: &str) -> Result<i64> {
        match self.long()? {
            i64::MIN | i64::MAX => Err(Report::unsupported(format!("an infinite {what}"))),
            micros => micros.checked_add(EPOCH_MICROS).ok_or_else(|| overflow(what)),
        }
    }

    fn elements(&mut self, ty: Type, zone: Tz) -> Result<Literal> {
        let dimensions = self.int()?;
        let _has_nulls = self.int()?;
        let sent = Type(u32::from_be_bytes(self.array()?));
        let element = ty.element().unwrap_or(Type::TEXT);
        if sent != element {
            let (sent, wanted) = (sent.0, element.0);
            return Err(Report::new(
                SqlState::DATATYPE_MISMATCH,
                format!("binary data has array element type {sent} ({}) instead of expected {wanted} ({element})", Type(sent)),
            ));
        }
        match dimensions {
            0 => return Ok(Literal::Array(Vec::new())),
            1 => {}
            _ => return Err(Report::unsupported("an array of several dimensions")),
        }
        let count = self.int()?;
        if self.int()? != 1 {
            return Err(Report::unsupported("an array whose lower bound is not 1"));
        }
        let mut values = Vec::new();
        for _ in 0..count {
            let length = self.int()?;
            values.push(match usize::try_from(length) {
                Err(_) => Literal::Null,
                Ok(length) => {
                    let mut value = Binary(self.take(length)?);
                    let literal = value.read(element, zone)?;
                    if !value.0.is_empty() {
                        return Err(Report::new(SqlState::INVALID_BINARY_REPRESENTATION, "improper binary format in array element"));
                    }
                    literal
                }
            });
        }
        Ok(Literal::Array(values))
    }

    /// Base-10000 digits with a weight and a display scale (numeric.c, `numeric_recv`).
    fn numeric(&mut self) -> Result<Literal> {
        let bad =
            |what: &str| Report::new(SqlState::INVALID_BINARY_REPRESENTATION, format!("invalid {what} in external \"numeric\" value"));
        let count = self.short()?;
        let weight = i64::from(self.short()?);
        let sign = u16::from_be_bytes(self.array()?);
        let scale = self.short()?;
        match sign {
            0 | 0x4000 => {}
            0xc000 | 0xd000 | 0xf000 => return Err(Report::unsupported("NaN or infinity as a numeric")),
            _ => return Err(bad("sign")),
        }
        let scale = usize::try_from(scale).ok().filter(|scale| *scale <= 0x3fff).ok_or_else(|| bad("scale"))?;
        let count = usize::try_from(count).map_err(|_| bad("length"))?;
        let mut groups = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            let digit = self.short()?;
            if !(0..10_000).contains(&digit) {
                return Err(bad("digit"));
            }
            groups.push(digit);
        }
        let group = |place: i64| usize::try_from(weight - place).ok().and_then(|index| groups.get(index)).copied().unwrap_or(0);
        let mut text = String::new();
        for place in (0..=weight.max(0)).rev() {
            text.push_str(&format!("{:04}", group(place)));
        }
        let mut whole = text.trim_start_matches('0').to_owned();
        if whole.is_empty() {
            whole.push('0');
        }
        if scale > 0 {
            whole.push('.');
            let mut fraction = String::new();
            let mut place = -1;
            while fraction.len() < scale {
                fraction.push_str(&format!("{:04}", group(place)));
                place -= 1;
            }
            fraction.truncate(scale);
            whole.push_str(&fraction);
        }
        let negative = sign == 0x4000 && whole.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0');
        Ok(Literal::Numeric(if negative { format!("-{whole}") } else { whole }))
    }
}

/// A bound of a range: its type's binary form, or an infinite date.
fn bound(bytes: &[u8], ty: Type, zone: Tz) -> Result<Literal> {
    match (ty, bytes) {
        (Type::DATE, [0x7f, 0xff, 0xff, 0xff]) => return Ok(Literal::Date(i32::MAX)),
        (Type::DATE, [0x80, 0, 0, 0]) => return Ok(Literal::Date(i32::MIN)),
        (Type::TIMESTAMP, [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) => return Ok(Literal::Timestamp(i64::MAX)),
        (Type::TIMESTAMP, [0x80, 0, 0, 0, 0, 0, 0, 0]) => return Ok(Literal::Timestamp(i64::MIN)),
        (Type::TIMESTAMPTZ, [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) => return Ok(Literal::TimestampTz(i64::MAX)),
        (Type::TIMESTAMPTZ, [0x80, 0, 0, 0, 0, 0, 0, 0]) => return Ok(Literal::TimestampTz(i64::MIN)),
        _ => {}
    }
    let mut value = Binary(bytes);
    let literal = value.read(ty, zone)?;
    if value.0.is_empty() { Ok(literal) } else { Err(Report::new(SqlState::INVALID_BINARY_REPRESENTATION, "incorrect binary data format")) }
}

fn overflow(what: &str) -> Report {
    Report::new(SqlState::DATETIME_FIELD_OVERFLOW, format!("{what} out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(ty: Type, hex: &str) -> Result<Literal> {
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
        read(&bytes, ty, Format::Binary, &Style::plain(Tz::UTC), 1)
    }

    #[test]
    fn binary_values() {
        assert_eq!(binary(Type::INT4, "ffffffff").unwrap(), Literal::Int(-1));
        assert_eq!(binary(Type::DATE, "00000000").unwrap(), Literal::Date(10_957));
        assert_eq!(binary(Type::NUMERIC, "0002000000000002007b1194").unwrap(), Literal::Numeric("123.45".into()));
        assert_eq!(binary(Type::NUMERIC, "0001fffe0000000503e8").unwrap(), Literal::Numeric("0.00001".into()));
        assert_eq!(binary(Type::NUMERIC, "00010001400000000064").unwrap(), Literal::Numeric("-1000000".into()));
        assert_eq!(binary(Type::NUMERIC, "0000000000000002").unwrap(), Literal::Numeric("0.00".into()));
        assert_eq!(
            binary(Type::INT4_ARRAY, "00000001000000010000001700000002000000010000000400000001ffffffff").unwrap(),
            Literal::Array(vec![Literal::Int(1), Literal::Null])
        );
        let range = binary(Type::DATERANGE, "0c0000000400000000").unwrap();
        assert_eq!(crate::types::output::literal(&range, Type::DATERANGE, Tz::UTC), "(,2000-01-02)");
    }

    #[test]
    fn bad_binary_values() {
        let said = |ty, hex| binary(ty, hex).unwrap_err().to_string();
        assert_eq!(said(Type::INT4, "ffff"), "08P01: insufficient data left in message");
        assert_eq!(said(Type::INT4, "0000000001"), "22P03: incorrect binary data format in bind parameter 1");
        assert_eq!(said(Type::NUMERIC, "000100000000000027ff"), "22P03: invalid digit in external \"numeric\" value");
        assert_eq!(
            said(Type::INT8_ARRAY, "000000000000000000000017"),
            "42804: binary data has array element type 23 (integer) instead of expected 20 (bigint)"
        );
        assert!(binary(Type::INT4_ARRAY, "0000000100000000000000177fffffff00000001").is_err());
        assert!(read(b"\xff", Type::TEXT, Format::Text, &Style::plain(Tz::UTC), 1).is_err());
    }
}
