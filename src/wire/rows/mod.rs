//! Arrow batches as DataRow messages, written straight into the write buffer.
//!
//! A batch's columns are looked at once and become `Column`s, typed views of the Arrow buffers; a value then costs a match or two
//! and no allocation. What Arrow type stands for which PostgreSQL type is said at [`crate::query::BatchStream`].

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use bytes::{BufMut, BytesMut};

use crate::error::{Report, Result, SqlState};
use crate::query::OutputColumn;
use crate::types::output::Style;

mod binary;
mod chunk;
mod column;
mod record;
mod spelled;
pub mod copy;
mod text;

use chunk::Lane;
use column::Column;

/// When the write buffer holds this much, it goes to the socket before more rows are encoded.
pub const FLUSH_AT: usize = 60 * 1024;
/// Rows that are encoded at a time, at most.
const CHUNK_ROWS: usize = 256;
/// About how many bytes of values are encoded at a time, unless one row has more.
const CHUNK_BYTES: usize = 32 * 1024;

/// A format code of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 0.
    Text,
    /// 1.
    Binary,
}

impl Format {
    /// Reads a format code.
    ///
    /// # Errors
    /// 22023 for anything but 0 and 1.
    pub fn of(code: i16) -> Result<Format> {
        match code {
            0 => Ok(Format::Text),
            1 => Ok(Format::Binary),
            _ => Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("unsupported format code: {code}"))),
        }
    }
}

/// Encodes the rows of one result.
pub struct RowEncoder {
    columns: Arc<[OutputColumn]>,
    formats: Vec<Format>,
    style: Style,
    scratch: BytesMut,
}

impl RowEncoder {
    /// Makes an encoder; `formats` holds one code for each column.
    pub fn new(columns: Arc<[OutputColumn]>, formats: Vec<Format>, style: Style) -> RowEncoder {
        RowEncoder { columns, formats, style, scratch: BytesMut::new() }
    }

    /// Shows what comes from now on in another style: settings may change between two Executes of a portal, and PostgreSQL follows them.
    pub fn restyle(&mut self, style: Style) {
        self.style = style;
    }

    /// Appends rows `from..to` of a batch to `out` and stops early when `out` is due to be flushed. Returns the next row.
    ///
    /// # Errors
    /// 22003 for a value outside its column's type, 0A000 for a type without a binary form here, XX000 for a batch that is not as promised.
    pub fn encode(&mut self, batch: &RecordBatch, from: usize, to: usize, out: &mut BytesMut) -> Result<usize> {
        if batch.num_columns() != self.columns.len() {
            let (got, want) = (batch.num_columns(), self.columns.len());
            return Err(Report::internal(format!("a batch of {got} columns came for a result of {want}")));
        }
        let arrays: Vec<ArrayRef> = batch.columns().iter().map(plain).collect::<Result<_>>()?;
        let mut lanes = Vec::with_capacity(arrays.len());
        for ((array, column), format) in arrays.iter().zip(self.columns.iter()).zip(&self.formats) {
            lanes.push(Lane::new(Column::new(array, column, *format)?, self.style));
        }
        let count = i16::try_from(lanes.len()).map_err(|_| Report::internal("more columns than a DataRow can hold"))?;
        let mut row = from;
        while row < to && out.len() < FLUSH_AT {
            let mut rows = row..to.min(row + CHUNK_ROWS);
            while rows.len() > 1 && lanes.iter().map(|lane| lane.weight(&rows)).sum::<usize>() > CHUNK_BYTES {
                rows.end = rows.start + rows.len() / 2;
            }
            row = rows.end;
            chunk::encode(&mut lanes, count, rows, &mut self.scratch, out)?;
        }
        Ok(row)
    }
}

/// Unpacks a batch's dictionary columns: once, for a batch is encoded in many pieces.
///
/// # Errors
/// XX000 for a dictionary that Arrow cannot unpack.
pub fn unpacked(batch: RecordBatch) -> Result<RecordBatch> {
    if !batch.columns().iter().any(|array| matches!(array.data_type(), DataType::Dictionary(..))) {
        return Ok(batch);
    }
    let arrays: Vec<ArrayRef> = batch.columns().iter().map(plain).collect::<Result<_>>()?;
    let fields: Vec<Field> = batch
        .schema()
        .fields()
        .iter()
        .zip(&arrays)
        .map(|(field, array)| Field::new(field.name(), array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Report::internal)
}

/// Unpacks a dictionary column, which embedded engines use for partition keys.
fn plain(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(_, value) => {
            arrow::compute::cast(array, value).map_err(|error| Report::internal(format!("dictionary column: {error}")))
        }
        _ => Ok(Arc::clone(array)),
    }
}

/// Writes a value with its length before it.
fn with_length(out: &mut BytesMut, write: impl FnOnce(&mut BytesMut) -> Result<()>) -> Result<()> {
    let start = out.len();
    out.put_i32(0);
    write(out)?;
    let length = i32::try_from(out.len() - start - 4)
        .map_err(|_| Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "a value is longer than the 2 GiB that a message can hold"))?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
