//! Rows of a chunk, written by index into room that is made for all of them at once.
//!
//! The common types are written straight to their place. Values of the others are encoded before, a column at a time, and copied.

use std::ops::Range;

use bytes::{BufMut, BytesMut};

use super::column::{Blobs, Column, Texts, Values};
use super::{Format, Style};
use crate::error::{Report, Result, SqlState};
use crate::types::output::Decimal;
use crate::types::output::slice;
use crate::types::{NumericScale, days_since_2000, micros_since_2000};

/// The bytes in front of a DataRow's fields: type, length, count of fields.
const HEAD: usize = 7;

/// A column and what of it is encoded already.
pub(super) struct Lane<'a> {
    column: Column<'a>,
    style: Style,
    /// The values of this chunk's rows, if they are encoded before the rows are written: bytes, and where each value ends.
    encoded: Option<(BytesMut, Vec<usize>)>,
}

impl<'a> Lane<'a> {
    pub(super) fn new(column: Column<'a>, style: Style) -> Lane<'a> {
        Lane { column, style, encoded: None }
    }

    /// Tells about how many bytes some rows' values take: exactly for texts, roughly for the rest.
    pub(super) fn weight(&self, rows: &Range<usize>) -> usize {
        weight(&self.column, rows)
    }

    /// Returns the room that some rows' values need at most, their lengths not counted; encodes them if that is the only way to know.
    fn room(&mut self, rows: &Range<usize>, scratch: &mut BytesMut) -> Result<usize> {
        if let Some(width) = self.direct(rows) {
            self.encoded = None;
            return Ok(width);
        }
        let (mut bytes, mut ends) = self.encoded.take().unwrap_or_default();
        bytes.clear();
        ends.clear();
        for row in rows.clone() {
            if !self.column.is_null(row) {
                match self.column.format {
                    Format::Text => self.column.text(row, &self.style, scratch, &mut bytes)?,
                    Format::Binary => self.column.binary(row, &mut bytes)?,
                }
            }
            ends.push(bytes.len());
        }
        let room = bytes.len();
        self.encoded = Some((bytes, ends));
        Ok(room)
    }

    /// Returns the room for values that are written straight to their place; `None` for types that are not.
    fn direct(&self, rows: &Range<usize>) -> Option<usize> {
        let iso = self.style.is_iso();
        let each = match (&self.column.values, self.column.format) {
            (Values::Null, _) => 0,
            (Values::Text(texts, jsonb), format) => {
                return Some(texts_len(texts, &self.column, rows) + if *jsonb && format == Format::Binary { rows.len() } else { 0 });
            }
            (Values::Bytes(blobs), Format::Binary) => return Some(blobs_len(blobs, &self.column, rows)),
            (Values::Int8(_) | Values::Int4(_) | Values::Int2(_) | Values::Oid(_), Format::Text) => slice::INTEGER,
            (Values::Float8(_), Format::Text) if self.style.shortest_floats() => slice::FLOAT,
            (Values::Decimal128(_, scale, display), format) => match (usize::try_from(*scale), display, format) {
                (Ok(scale), NumericScale::Fixed(shown), Format::Text) if scale == usize::from(*shown) && scale < 20 => slice::DECIMAL,
                (Ok(scale), NumericScale::Fixed(shown), Format::Binary) if scale == usize::from(*shown) && scale <= slice::BINARY_SCALE => {
                    // A value beyond 64 bits takes up to ten groups on either side of the point.
                    slice::DECIMAL_BINARY.max(8 + 2 * 20)
                }
                _ => return None,
            },
            (Values::Bool(_), _) => 1,
            (Values::Date(_), Format::Text) if iso => slice::DATE,
            (Values::Timestamp(..) | Values::TimestampTz(..), Format::Text) if iso => slice::TIMESTAMP,
            (Values::Time(_), Format::Text) => slice::TIME,
            (Values::Int8(_) | Values::Float8(_) | Values::Time(_) | Values::Timestamp(..) | Values::TimestampTz(..), Format::Binary) => 8,
            (Values::Int4(_) | Values::Oid(_) | Values::RegType(_) | Values::Float4(_) | Values::Date(_), Format::Binary) => 4,
            (Values::Int2(_), Format::Binary) => 2,
            _ => return None,
        };
        Some(rows.len() * each)
    }

    /// Writes one field: its length, its value. Returns the size of both.
    #[inline]
    fn put(&self, row: usize, first: usize, out: &mut [u8]) -> usize {
        let (head, body) = out.split_at_mut(4);
        if self.column.is_null(row) {
            return fixed(head, [0xff; 4]);
        }
        let len = match (&self.encoded, self.column.format) {
            (Some((bytes, ends)), format) => {
                let from = if row == first { 0 } else { ends[row - first - 1] };
                // A value that was encoded in binary brings its length.
                let from = if format == Format::Binary { from + 4 } else { from };
                copy(body, &bytes[from..ends[row - first]])
            }
            (None, Format::Text) => self.put_text(row, body),
            (None, Format::Binary) => self.put_binary(row, body),
        };
        // The room of a whole chunk is below 2 GiB.
        #[allow(clippy::cast_possible_truncation)]
        fixed(head, (len as u32).to_be_bytes());
        4 + len
    }

    #[inline]
    fn put_text(&self, row: usize, out: &mut [u8]) -> usize {
        match &self.column.values {
            Values::Int8(values) => slice::integer(out, values[row]),
            Values::Int4(values) => slice::integer(out, values[row].into()),
            Values::Text(texts, _) => copy(out, texts.at(row)),
            Values::Float8(values) => slice::float8(out, values[row]),
            Values::Decimal128(values, scale, display) => {
                let value = values[row];
                match (u64::try_from(value.unsigned_abs()), usize::try_from(*scale)) {
                    (Ok(magnitude), Ok(scale)) => slice::decimal(out, value < 0, magnitude, scale),
                    _ => {
                        let room = out.len();
                        let mut rest = &mut *out;
                        Decimal::from_i128(value, *scale, *display).text(&mut rest);
                        room - rest.len()
                    }
                }
            }
            Values::Timestamp(values, unit) => slice::timestamp(out, unit.micros(values[row])),
            Values::TimestampTz(values, unit) => slice::timestamptz(out, unit.micros(values[row]), self.style.zone),
            Values::Date(values) => slice::date(out, values[row]),
            Values::Time(values) => slice::time_of_day(out, values[row]),
            Values::Bool(values) => fixed(out, if values.value(row) { *b"t" } else { *b"f" }),
            Values::Int2(values) => slice::integer(out, values[row].into()),
            Values::Oid(values) => slice::integer(out, values[row].into()),
            // Every other type is encoded before.
            _ => 0,
        }
    }

    #[inline]
    fn put_binary(&self, row: usize, out: &mut [u8]) -> usize {
        match &self.column.values {
            Values::Int8(values) => fixed(out, values[row].to_be_bytes()),
            Values::Int4(values) => fixed(out, values[row].to_be_bytes()),
            Values::Int2(values) => fixed(out, values[row].to_be_bytes()),
            Values::Oid(values) | Values::RegType(values) => fixed(out, values[row].to_be_bytes()),
            Values::Float8(values) => fixed(out, values[row].to_be_bytes()),
            Values::Float4(values) => fixed(out, values[row].to_be_bytes()),
            Values::Decimal128(values, scale, display) => {
                let value = values[row];
                match (u64::try_from(value.unsigned_abs()), usize::try_from(*scale)) {
                    (Ok(magnitude), Ok(scale)) => slice::decimal_binary(out, value < 0, magnitude, scale),
                    _ => {
                        let room = out.len();
                        let mut rest = &mut *out;
                        Decimal::from_i128(value, *scale, *display).binary(&mut rest);
                        room - rest.len()
                    }
                }
            }
            Values::Bool(values) => fixed(out, [values.value(row).into()]),
            Values::Text(texts, true) => {
                out[0] = 1;
                1 + copy(&mut out[1..], texts.at(row))
            }
            Values::Text(texts, false) => copy(out, texts.at(row)),
            Values::Bytes(blobs) => copy(out, blobs.at(row)),
            Values::Date(values) => fixed(out, days_since_2000(values[row]).to_be_bytes()),
            Values::Time(values) => fixed(out, values[row].to_be_bytes()),
            Values::Timestamp(values, unit) | Values::TimestampTz(values, unit) => {
                fixed(out, micros_since_2000(unit.micros(values[row])).to_be_bytes())
            }
            _ => 0,
        }
    }
}

/// Writes a value whose size the compiler knows: one store instead of a call.
#[inline(always)]
fn fixed<const N: usize>(out: &mut [u8], value: [u8; N]) -> usize {
    if let Some(place) = out.first_chunk_mut() {
        *place = value;
    }
    N
}

#[inline]
fn copy(out: &mut [u8], value: &[u8]) -> usize {
    out[..value.len()].copy_from_slice(value);
    value.len()
}

fn texts_len(texts: &Texts, column: &Column, rows: &Range<usize>) -> usize {
    match texts {
        Texts::Small(array) => usize::try_from(array.value_offsets()[rows.end] - array.value_offsets()[rows.start]).unwrap_or(0),
        Texts::Large(array) => usize::try_from(array.value_offsets()[rows.end] - array.value_offsets()[rows.start]).unwrap_or(0),
        Texts::View(_) => rows.clone().filter(|row| !column.is_null(*row)).map(|row| texts.at(row).len()).sum(),
    }
}

fn blobs_len(blobs: &Blobs, column: &Column, rows: &Range<usize>) -> usize {
    rows.clone().filter(|row| !column.is_null(*row)).map(|row| blobs.at(row).len()).sum()
}

fn weight(column: &Column, rows: &Range<usize>) -> usize {
    match &column.values {
        Values::Text(texts, _) => texts_len(texts, column, rows),
        Values::Bytes(blobs) => 2 * blobs_len(blobs, column, rows),
        Values::List(list) => {
            let elements = list.range(rows.start).start..list.range(rows.end - 1).end;
            if elements.is_empty() { 0 } else { weight(&list.elements, &elements) }
        }
        _ => 24 * rows.len(),
    }
}

/// Appends some rows as DataRow messages.
///
/// # Errors
/// 54000 for a row that a message cannot hold, and what a value runs into.
pub(super) fn encode(lanes: &mut [Lane], count: i16, rows: Range<usize>, scratch: &mut BytesMut, out: &mut BytesMut) -> Result<()> {
    let mut room = rows.len() * (HEAD + 4 * lanes.len());
    for lane in lanes.iter_mut() {
        room = room.saturating_add(lane.room(&rows, scratch)?);
    }
    if i32::try_from(room).is_err() {
        return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "a row is longer than the 2 GiB that a message can hold"));
    }
    let start = out.len();
    out.put_bytes(0, room);
    let written = write(lanes, count, rows, &mut out[start..]);
    out.truncate(start + written);
    Ok(())
}

fn write(lanes: &[Lane], count: i16, rows: Range<usize>, out: &mut [u8]) -> usize {
    let (first, count) = (rows.start, count.to_be_bytes());
    let mut at = 0;
    for row in rows {
        let start = at;
        at += HEAD;
        for lane in lanes {
            at += lane.put(row, first, &mut out[at..]);
        }
        let head = &mut out[start..start + HEAD];
        head[0] = b'D';
        // Below 2 GiB, as the room of all rows is.
        #[allow(clippy::cast_possible_truncation)]
        fixed(&mut head[1..5], ((at - start - 1) as u32).to_be_bytes());
        fixed(&mut head[5..7], count);
    }
    at
}
