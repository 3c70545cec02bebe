//! Values in binary format.

use bytes::{BufMut, BytesMut};

use super::column::{Column, List, Values};
use super::{record, spelled, with_length};
use crate::error::{Report, Result};
use crate::types::output::Decimal;
use crate::types::{Type, days_since_2000, micros_since_2000, range};

impl Column<'_> {
    /// Appends the length and the bytes of a value that is not NULL.
    #[inline]
    pub(super) fn binary(&self, row: usize, out: &mut BytesMut) -> Result<()> {
        match &self.values {
            Values::Null => out.put_i32(-1),
            Values::Int8(values) => long(out, values[row]),
            Values::Int4(values) => int(out, values[row]),
            Values::Int2(values) => short(out, values[row]),
            Values::Oid(values) | Values::RegType(values) => {
                out.put_i32(4);
                out.put_u32(values[row]);
            }
            Values::Narrow(values, ty) => {
                let value = values.checked(row, *ty)?;
                let internal = |_| Report::internal("a checked integer does not fit");
                match *ty {
                    Type::INT2 => short(out, i16::try_from(value).map_err(internal)?),
                    Type::INT4 => int(out, i32::try_from(value).map_err(internal)?),
                    Type::INT8 => long(out, value),
                    _ => {
                        out.put_i32(4);
                        out.put_u32(u32::try_from(value).map_err(internal)?);
                    }
                }
            }
            Values::Float8(values) => {
                out.put_i32(8);
                out.put_f64(values[row]);
            }
            Values::Float4(values) => {
                out.put_i32(4);
                out.put_f32(values[row]);
            }
            Values::Decimal128(values, scale, display) => {
                let decimal = Decimal::from_i128(values[row], *scale, *display);
                return with_length(out, |out| {
                    decimal.binary(out);
                    Ok(())
                });
            }
            Values::Decimal256(values, scale, display) => {
                let decimal = Decimal::from_i256(values[row], *scale, *display);
                return with_length(out, |out| {
                    decimal.binary(out);
                    Ok(())
                });
            }
            Values::Digits(values) => {
                let decimal = Decimal::from_digits(values.value(row));
                return with_length(out, |out| {
                    decimal.binary(out);
                    Ok(())
                });
            }
            Values::Bool(values) => {
                out.put_i32(1);
                out.put_u8(values.value(row).into());
            }
            Values::Text(texts, jsonb) => {
                let text = texts.at(row);
                return with_length(out, |out| {
                    if *jsonb {
                        out.put_u8(1);
                    }
                    out.put_slice(text);
                    Ok(())
                });
            }
            Values::Spelled(texts, ty) => {
                let text = texts.at(row);
                return with_length(out, |out| spelled::put(out, *ty, text));
            }
            Values::Record(texts, fields) => {
                let text = texts.at(row);
                return with_length(out, |out| record::put(out, fields, text));
            }
            Values::Chars(texts) => {
                out.put_i32(1);
                out.put_u8(texts.at(row).first().copied().unwrap_or(0));
            }
            Values::Bytes(values) => {
                let bytes = values.at(row);
                return with_length(out, |out| {
                    out.put_slice(bytes);
                    Ok(())
                });
            }
            Values::Range(values, ty) => {
                let bytes = values.at(row);
                return with_length(out, |out| range::to_wire(out, bytes, *ty));
            }
            Values::Uuid(values) => {
                out.put_i32(16);
                out.put_slice(values.value(row));
            }
            Values::Date(values) => int(out, days_since_2000(values[row])),
            Values::Time(values) => long(out, values[row]),
            Values::Timestamp(values, unit) | Values::TimestampTz(values, unit) => {
                long(out, micros_since_2000(unit.micros(values[row])));
            }
            Values::Interval(values) => {
                let value = values[row];
                out.put_i32(16);
                out.put_i64(value.nanoseconds.div_euclid(1000));
                out.put_i32(value.days);
                out.put_i32(value.months);
            }
            Values::List(list) => return with_length(out, |out| list.binary(row, out)),
        }
        Ok(())
    }
}

fn short(out: &mut BytesMut, value: i16) {
    out.put_i32(2);
    out.put_i16(value);
}

fn int(out: &mut BytesMut, value: i32) {
    out.put_i32(4);
    out.put_i32(value);
}

fn long(out: &mut BytesMut, value: i64) {
    out.put_i32(8);
    out.put_i64(value);
}

impl List<'_> {
    /// Dimensions, has-NULLs flag, element type, then length and lower bound of the one dimension, then the elements (`array_send`).
    fn binary(&self, row: usize, out: &mut BytesMut) -> Result<()> {
        let range = self.range(row);
        let count = i32::try_from(range.len()).map_err(|_| Report::internal("an array of more elements than the format can say"))?;
        let nulls = range.clone().any(|element| self.elements.is_null(element));
        out.put_i32(if count == 0 && !self.vector { 0 } else { 1 });
        out.put_i32(nulls.into());
        out.put_u32(self.element.0);
        if count == 0 && !self.vector {
            return Ok(());
        }
        out.put_i32(count);
        out.put_i32(if self.from_zero { 0 } else { 1 });
        for element in range {
            if self.elements.is_null(element) {
                out.put_i32(-1);
            } else {
                self.elements.binary(element, out)?;
            }
        }
        Ok(())
    }
}
