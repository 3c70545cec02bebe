//! Rows in binary format (`record_send`): how many fields, then for each its type, its length and its value. Rows come as their own text, whose
//! fields are read as their types read them.

use bytes::{BufMut, BytesMut};

use super::{spelled, with_length};
use crate::error::{Report, Result};
use crate::types::literal::Literal;
use crate::types::output::Decimal;
use crate::types::zone::Tz;
use crate::types::{Type, days_since_2000, input, micros_since_2000, range};

/// Writes a row whose fields have these types, without its length.
///
/// # Errors
/// 0A000 for a field without a binary form here, XX000 for a text that is no row of as many fields.
pub(super) fn put(out: &mut BytesMut, fields: &[Type], text: &[u8]) -> Result<()> {
    let text = std::str::from_utf8(text).map_err(Report::internal)?;
    let values = split(text).ok_or_else(|| Report::internal("a row whose text is none"))?;
    // A row without fields has the text of one that is NULL.
    let values = if fields.is_empty() { Vec::new() } else { values };
    if values.len() != fields.len() {
        return Err(Report::internal(format!("a row of {} fields came for one of {}", values.len(), fields.len())));
    }
    out.put_i32(i32::try_from(fields.len()).map_err(Report::internal)?);
    for (value, ty) in values.iter().zip(fields) {
        out.put_u32(ty.0);
        match value {
            None => out.put_i32(-1),
            Some(value) => with_length(out, |out| field(out, value, *ty))?,
        }
    }
    Ok(())
}

/// Splits a row's text into its fields; `None` among them is NULL (rowtypes.c, `record_in`).
fn split(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.strip_prefix('(')?.strip_suffix(')')?.chars();
    let mut fields = Vec::new();
    let (mut field, mut quoted): (Option<String>, bool) = (None, false);
    while let Some(c) = rest.next() {
        match c {
            ',' if !quoted => fields.push(field.take()),
            '"' if quoted && rest.as_str().starts_with('"') => {
                rest.next();
                field.get_or_insert_default().push('"');
            }
            '"' => {
                quoted = !quoted;
                field.get_or_insert_default();
            }
            '\\' => field.get_or_insert_default().push(rest.next()?),
            c => field.get_or_insert_default().push(c),
        }
    }
    fields.push(field);
    (!quoted).then_some(fields)
}

fn field(out: &mut BytesMut, text: &str, ty: Type) -> Result<()> {
    if spelled::has_form(ty) {
        return spelled::put(out, ty, text.as_bytes());
    }
    match ty {
        Type::CHAR => out.put_u8(text.bytes().next().unwrap_or(0)),
        Type::JSONB => {
            out.put_u8(1);
            out.put_slice(text.as_bytes());
        }
        _ if ty.is_string() || ty == Type::JSON => out.put_slice(text.as_bytes()),
        _ => value(out, &input::parse(text, ty, -1, Tz::UTC)?, ty)?,
    }
    Ok(())
}

fn value(out: &mut BytesMut, value: &Literal, ty: Type) -> Result<()> {
    match (value, ty) {
        (Literal::Bool(value), _) => out.put_u8((*value).into()),
        (Literal::Int(value), Type::INT2) => out.put_i16(i16::try_from(*value).map_err(Report::internal)?),
        (Literal::Int(value), Type::INT4) => out.put_i32(i32::try_from(*value).map_err(Report::internal)?),
        (Literal::Int(value), Type::INT8) => out.put_i64(*value),
        (Literal::Int(value), _) => out.put_u32(u32::try_from(*value).map_err(Report::internal)?),
        #[allow(clippy::cast_possible_truncation, reason = "it was read as a float4")]
        (Literal::Float(value), Type::FLOAT4) => out.put_f32(*value as f32),
        (Literal::Float(value), _) => out.put_f64(*value),
        (Literal::Numeric(digits), _) => Decimal::from_digits(digits.as_bytes()).binary(out),
        (Literal::Bytes(bytes), Type::BYTEA) => out.put_slice(bytes),
        (Literal::Bytes(bytes), _) => range::to_wire(out, bytes, ty)?,
        (Literal::Date(days), _) => out.put_i32(days_since_2000(*days)),
        (Literal::Time(micros), _) => out.put_i64(*micros),
        (Literal::Timestamp(micros) | Literal::TimestampTz(micros), _) => out.put_i64(micros_since_2000(*micros)),
        (Literal::Interval { months, days, micros }, _) => {
            out.put_i64(*micros);
            out.put_i32(*days);
            out.put_i32(*months);
        }
        (Literal::Uuid(bytes), _) => out.put_slice(bytes),
        (Literal::Array(items), _) => array(out, items, ty)?,
        (Literal::Json(text), _) => {
            out.put_u8(1);
            out.put_slice(text.as_bytes());
        }
        (Literal::Text(text), _) if ty.is_string() || ty == Type::JSON => out.put_slice(text.as_bytes()),
        (Literal::Null | Literal::Text(_), _) => {
            return Err(Report::unsupported(format!("the binary format of a row with a field of type {ty}"))
                .hint("Ask for the column in text format, or cast it to text."));
        }
    }
    Ok(())
}

/// `array_send` for one dimension.
fn array(out: &mut BytesMut, items: &[Literal], ty: Type) -> Result<()> {
    let element = ty.element().unwrap_or(Type::TEXT);
    out.put_i32((!items.is_empty()).into());
    out.put_i32(items.contains(&Literal::Null).into());
    out.put_u32(element.0);
    if items.is_empty() {
        return Ok(());
    }
    out.put_i32(i32::try_from(items.len()).map_err(Report::internal)?);
    out.put_i32(1);
    for item in items {
        match item {
            Literal::Null => out.put_i32(-1),
            item => with_length(out, |out| value(out, item, element))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_row() {
        let fields = |text| split(text).unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(fields(r#"(1,"a ""b"" \\c",,"")"#), [some("1"), some(r#"a "b" \c"#), None, some("")]);
        assert_eq!(fields("()"), [None]);
        assert_eq!(fields(r#"("(2,b)")"#), [some("(2,b)")]);
        assert!(split("1,2").is_none() && split(r#"("1)"#).is_none());
    }

    #[test]
    fn a_row_as_postgres_sends_it() {
        let mut out = BytesMut::new();
        put(&mut out, &[Type::INT4, Type::UNKNOWN, Type::NUMERIC, Type::INT4_ARRAY], br#"(1,a,,"{1,NULL}")"#).unwrap();
        let hex: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
        let array = "000003ef000000200000000100000001000000170000000200000001000000040000000";
        assert_eq!(hex, format!("00000004000000170000000400000001000002c10000000161000006a4ffffffff{array}1ffffffff"));
        out.clear();
        put(&mut out, &[], b"()").unwrap();
        assert_eq!(&out[..], [0; 4]);
        assert!(put(&mut out, &[Type::INT4], b"(1,2)").is_err());
    }
}
