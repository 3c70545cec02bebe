//! Values in text format.

use bytes::{BufMut, BytesMut};

use super::column::{Column, List, Values};
use crate::error::Result;
use crate::types::output::Style;
use crate::types::{Type, output, range};

impl Column<'_> {
    /// Appends a value that is not NULL.
    #[inline]
    pub(super) fn text(&self, row: usize, style: &Style, scratch: &mut BytesMut, out: &mut BytesMut) -> Result<()> {
        match &self.values {
            Values::Null => {}
            Values::Text(texts, _) | Values::Chars(texts) | Values::Spelled(texts, _) | Values::Record(texts, _) => {
                out.put_slice(texts.at(row))
            }
            Values::Int8(values) => output::integer(out, values[row]),
            Values::Int4(values) => output::integer(out, values[row].into()),
            Values::Int2(values) => output::integer(out, values[row].into()),
            Values::Oid(values) => output::integer(out, values[row].into()),
            Values::RegType(values) => match Type(values[row]) {
                Type(0) => out.put_u8(b'-'),
                ty if ty.entry().is_some() => out.put_slice(ty.format(-1).as_bytes()),
                ty => output::integer(out, ty.0.into()),
            },
            Values::Narrow(values, ty) => output::integer(out, values.checked(row, *ty)?),
            Values::Decimal128(values, scale, display) => output::decimal128(out, values[row], *scale, *display),
            Values::Decimal256(values, scale, display) => output::decimal256(out, values[row], *scale, *display),
            Values::Digits(values) => out.put_slice(values.value(row)),
            Values::Float8(values) => style.float8(out, values[row]),
            Values::Float4(values) => style.float4(out, values[row]),
            Values::Bool(values) => output::bool(out, values.value(row)),
            Values::Date(values) => style.date(out, values[row]),
            Values::Time(values) => output::time(out, values[row]),
            Values::Timestamp(values, unit) => style.timestamp(out, unit.micros(values[row])),
            Values::TimestampTz(values, unit) => style.timestamptz(out, unit.micros(values[row])),
            Values::Interval(values) => {
                let value = values[row];
                style.interval(out, value.months, value.days, value.nanoseconds.div_euclid(1000));
            }
            Values::Bytes(values) => style.bytea(out, values.at(row)),
            Values::Range(values, ty) => range::write(out, values.at(row), *ty, style)?,
            Values::Uuid(values) => {
                if let Ok(value) = values.value(row).try_into() {
                    output::uuid(out, value);
                }
            }
            Values::List(list) => list.text(row, style, scratch, out)?,
        }
        Ok(())
    }
}

impl List<'_> {
    fn text(&self, row: usize, style: &Style, scratch: &mut BytesMut, out: &mut BytesMut) -> Result<()> {
        let range = self.range(row);
        if !self.vector {
            if self.from_zero && !range.is_empty() {
                out.put_slice(format!("[0:{}]=", range.len() - 1).as_bytes());
            }
            out.put_u8(b'{');
        }
        for element in range.clone() {
            if element > range.start {
                out.put_u8(if self.vector { b' ' } else { b',' });
            }
            if self.elements.is_null(element) {
                out.put_slice(b"NULL");
            } else if let Values::Text(texts, _) = &self.elements.values {
                output::array_element(out, texts.at(element));
            } else if self.quotes {
                let mut text = scratch.split();
                self.elements.text(element, style, scratch, &mut text)?;
                output::array_element(out, &text);
                text.clear();
                scratch.unsplit(text);
                scratch.clear();
            } else {
                self.elements.text(element, style, scratch, out)?;
            }
        }
        if !self.vector {
            out.put_u8(b'}');
        }
        Ok(())
    }
}
