//! Arrow batches as CopyData messages: COPY's text, CSV and binary forms (copyto.c).

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use bytes::{BufMut, BytesMut};

use super::column::{Column, Values};
use super::{FLUSH_AT, Format, plain};
use crate::error::{Report, Result, SqlState};
use crate::query::{CopyForm, CopyFormat, OutputColumn};
use crate::types::output::Style;

/// The first bytes of COPY's binary form: signature, flags, length of the header's extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// Writes the rows of one COPY.
pub struct CopyEncoder {
    columns: Arc<[OutputColumn]>,
    form: CopyForm,
    style: Style,
    /// Bytes that a text value cannot hold as they are.
    special: [bool; 256],
    /// Nothing is sent yet: the binary form's header goes with the first row.
    first: bool,
    value: BytesMut,
    scratch: BytesMut,
}

impl CopyEncoder {
    /// Makes an encoder.
    pub fn new(columns: Arc<[OutputColumn]>, form: CopyForm, style: Style) -> CopyEncoder {
        let mut special = [false; 256];
        let bytes: &[u8] = match form.format {
            CopyFormat::Text => &[b'\\', 8, 9, 10, 11, 12, 13, form.delimiter],
            CopyFormat::Csv => &[b'\n', b'\r', form.quote, form.delimiter],
            CopyFormat::Binary => &[],
        };
        for byte in bytes {
            special[usize::from(*byte)] = true;
        }
        CopyEncoder { columns, form, style, special, first: true, value: BytesMut::new(), scratch: BytesMut::new() }
    }

    /// Appends CopyOutResponse, and the line of column names if there is one.
    ///
    /// # Errors
    /// XX000 for more columns than the message can count.
    pub fn begin(&mut self, out: &mut BytesMut) -> Result<()> {
        let binary = self.form.format == CopyFormat::Binary;
        let count = u16::try_from(self.columns.len()).map_err(Report::internal)?;
        out.put_u8(b'H');
        out.put_u32(4 + 1 + 2 + 2 * u32::from(count));
        out.put_u8(binary.into());
        out.put_u16(count);
        for _ in 0..count {
            out.put_u16(binary.into());
        }
        if self.form.header {
            let columns = Arc::clone(&self.columns);
            let start = open(out);
            for (i, column) in columns.iter().enumerate() {
                self.delimit(i, out);
                self.value.clear();
                self.value.put_slice(column.name.as_bytes());
                self.put_value(false, out);
            }
            self.end_line(out);
            close(out, start)?;
        }
        Ok(())
    }

    /// Appends rows `from..to` of a batch, one message each, and stops early when `out` is due to be flushed. Returns the next row.
    ///
    /// # Errors
    /// As [`super::RowEncoder::encode`].
    pub fn encode(&mut self, batch: &RecordBatch, from: usize, to: usize, out: &mut BytesMut) -> Result<usize> {
        let format = if self.form.format == CopyFormat::Binary { Format::Binary } else { Format::Text };
        let arrays: Vec<ArrayRef> = batch.columns().iter().map(plain).collect::<Result<_>>()?;
        let columns =
            arrays.iter().zip(self.columns.iter()).map(|(array, column)| Column::new(array, column, format)).collect::<Result<Vec<_>>>()?;
        let mut row = from;
        while row < to && out.len() < FLUSH_AT {
            let start = open(out);
            match format {
                Format::Binary => self.binary(&columns, row, out)?,
                Format::Text => self.line(&columns, row, out)?,
            }
            close(out, start)?;
            row += 1;
        }
        Ok(row)
    }

    /// Appends what follows the last row, and CopyDone.
    ///
    /// # Errors
    /// None that can happen: the last message is short.
    pub fn end(&mut self, out: &mut BytesMut) -> Result<()> {
        if self.form.format == CopyFormat::Binary {
            let start = open(out);
            self.signature(out);
            out.put_i16(-1);
            close(out, start)?;
        }
        out.put_slice(b"c\0\0\0\x04");
        Ok(())
    }

    fn signature(&mut self, out: &mut BytesMut) {
        if std::mem::take(&mut self.first) {
            out.put_slice(SIGNATURE);
        }
    }

    fn binary(&mut self, columns: &[Column], row: usize, out: &mut BytesMut) -> Result<()> {
        self.signature(out);
        out.put_i16(i16::try_from(columns.len()).map_err(Report::internal)?);
        for column in columns {
            if column.is_null(row) {
                out.put_i32(-1);
            } else {
                column.binary(row, out)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, columns: &[Column], row: usize, out: &mut BytesMut) -> Result<()> {
        for (i, column) in columns.iter().enumerate() {
            self.delimit(i, out);
            if column.is_null(row) {
                out.put_slice(self.form.null.as_bytes());
                continue;
            }
            self.value.clear();
            match &column.values {
                Values::Text(texts, _) => self.value.put_slice(texts.at(row)),
                _ => column.text(row, &self.style, &mut self.scratch, &mut self.value)?,
            }
            let quoted = self.form.force_quote.get(i).copied().unwrap_or(false);
            self.put_value(quoted, out);
        }
        self.end_line(out);
        Ok(())
    }

    fn delimit(&self, index: usize, out: &mut BytesMut) {
        if index > 0 {
            out.put_u8(self.form.delimiter);
        }
    }

    fn end_line(&self, out: &mut BytesMut) {
        out.put_u8(b'\n');
    }

    /// Writes the value at hand, escaped or quoted.
    fn put_value(&self, quoted: bool, out: &mut BytesMut) {
        match self.form.format {
            CopyFormat::Csv => self.put_csv(quoted, out),
            _ => self.put_escaped(out),
        }
    }

    /// `CopyAttributeOutText`.
    fn put_escaped(&self, out: &mut BytesMut) {
        let mut rest: &[u8] = &self.value;
        while let Some(at) = rest.iter().position(|byte| self.special[usize::from(*byte)]) {
            out.put_slice(&rest[..at]);
            let byte = rest[at];
            out.put_u8(b'\\');
            out.put_u8(match byte {
                // A tab is written as a letter even where it is the delimiter.
                8 => b'b',
                9 => b't',
                10 => b'n',
                11 => b'v',
                12 => b'f',
                13 => b'r',
                _ => byte,
            });
            rest = &rest[at + 1..];
        }
        out.put_slice(rest);
    }

    /// `CopyAttributeOutCSV`.
    fn put_csv(&self, quoted: bool, out: &mut BytesMut) {
        let CopyForm { quote, escape, null, .. } = &self.form;
        let value: &[u8] = &self.value;
        let quoted = quoted
            || value == null.as_bytes()
            // Alone on its line it would be read as the end of the data.
            || (self.columns.len() == 1 && value == b"\\.")
            || value.iter().any(|byte| self.special[usize::from(*byte)]);
        if !quoted {
            return out.put_slice(value);
        }
        out.put_u8(*quote);
        let mut rest = value;
        while let Some(at) = rest.iter().position(|byte| byte == quote || byte == escape) {
            out.put_slice(&rest[..at]);
            out.put_u8(*escape);
            out.put_u8(rest[at]);
            rest = &rest[at + 1..];
        }
        out.put_slice(rest);
        out.put_u8(*quote);
    }
}

/// Begins a CopyData message; returns where its length goes.
fn open(out: &mut BytesMut) -> usize {
    out.put_u8(b'd');
    let start = out.len();
    out.put_u32(0);
    start
}

/// Ends a message.
fn close(out: &mut BytesMut, start: usize) -> Result<()> {
    let length = i32::try_from(out.len() - start)
        .map_err(|_| Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "a row is longer than the 2 GiB that a message can hold"))?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}
