//! Pages of REST cells, and batches of the Storage Read API, as Arrow batches, typed as [`crate::query::BatchStream`] says.
//!
//! An array column comes as an ARRAY, or, where it may be or hold NULL, as JSON: BigQuery's results can do neither.

mod arithmetic;
mod columnar;
mod built;
mod scalars;

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, FixedSizeBinaryBuilder, Float32Array,
    Float64Array, Int64Array, IntervalMonthDayNanoArray, LargeBinaryBuilder, ListArray, StringBuilder, Time64MicrosecondArray,
    TimestampMicrosecondArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{Field, Schema, i256};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

pub use columnar::from_arrow;
use scalars::{boolean, date, datetime, digits, float, interval, range, time, timestamp, uuid};

use super::types::{TableField, from_base64};
use crate::error::{Report, Result, SqlState};
use crate::query::OutputColumn;
use crate::types::{NumericScale, Type, json};

/// The value of one cell.
#[derive(Debug, Default)]
pub enum Cell {
    /// NULL.
    #[default]
    Null,
    /// A scalar, as text.
    Text(Box<str>),
    /// An ARRAY.
    List(Vec<Cell>),
    /// A STRUCT.
    Record(Vec<Cell>),
}

/// One row: `{"f": [{"v": ..}, ..]}`.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Its cells.
    #[serde(rename = "f", deserialize_with = "cells", default)]
    pub cells: Vec<Cell>,
}

/// Cells are wrapped in `{"v": ..}` each; [`Cell`] takes off the wrapping.
fn cells<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Cell>, D::Error> {
    Ok(Option::<Vec<Cell>>::deserialize(from)?.unwrap_or_default())
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Cell, D::Error> {
        from.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Cell, E> {
        Ok(Cell::Text(text.into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_string().into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Text(format!("{value:?}").into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Cell::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Cell, A::Error> {
        let mut cell = Cell::Null;
        while let Some(key) = entries.next_key::<std::borrow::Cow<'_, str>>()? {
            match &*key {
                "v" => cell = entries.next_value()?,
                "f" => cell = Cell::Record(entries.next_value()?),
                _ => drop(entries.next_value::<serde::de::IgnoredAny>()?),
            }
        }
        Ok(cell)
    }
}

/// Turns a page into a batch.
///
/// # Errors
/// XX000 when the answer does not have the columns of the query; 22003, 22008 for values that PostgreSQL's types cannot hold.
pub fn batch(rows: &[Row], fields: &[TableField], columns: &[OutputColumn]) -> Result<RecordBatch> {
    if fields.len() != columns.len() {
        return Err(Report::internal(format!("BigQuery answers with {} columns instead of {}", fields.len(), columns.len())));
    }
    let mut arrays = Vec::with_capacity(columns.len());
    for (i, (field, column)) in fields.iter().zip(columns).enumerate() {
        let cells: Vec<&Cell> = rows.iter().map(|row| row.cells.get(i).unwrap_or(&Cell::Null)).collect();
        arrays.push(match has_written_digits(field, column) {
            true => written_list(&cells, Type::NUMERIC, "STRING")?,
            false => array(&cells, field, column.ty, field.is_repeated())?,
        });
    }
    assembled(arrays, columns, rows.len())
}

/// Tells whether a column holds arrays that were written as JSON, of numerics whose digits differ: each as text, or as what is left to compute.
fn has_written_digits(field: &TableField, column: &OutputColumn) -> bool {
    column.ty == Type::NUMERIC_ARRAY && !field.is_repeated() && !matches!(column.scale, NumericScale::Fixed(_))
}

/// Puts the arrays of a result's columns together.
fn assembled(arrays: Vec<ArrayRef>, columns: &[OutputColumn], rows: usize) -> Result<RecordBatch> {
    let described = columns.iter().zip(&arrays).map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(described.collect::<Vec<Field>>()));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|error| Report::internal(error.to_string()))
}

/// Makes the array of one column. `repeated`: the cells are lists (of an ARRAY column).
fn array(cells: &[&Cell], field: &TableField, ty: Type, repeated: bool) -> Result<ArrayRef> {
    match ty.element() {
        Some(element) if repeated => return list(cells, field, element),
        Some(element) => return written_list(cells, element, "BIGNUMERIC"),
        None => {}
    }
    let text = || cells.iter().map(|cell| scalar(cell, ty));
    Ok(match ty {
        Type::BOOL => Arc::new(each(text(), ty, boolean)?.into_iter().collect::<BooleanArray>()),
        Type::INT2 | Type::INT4 | Type::INT8 => Arc::new(each(text(), ty, |text| text.parse().ok())?.into_iter().collect::<Int64Array>()),
        Type::OID | Type::REGCLASS | Type::REGTYPE | Type::REGPROC | Type::REGNAMESPACE | Type::XID => {
            Arc::new(each(text(), ty, |text| text.parse().ok())?.into_iter().collect::<UInt32Array>())
        }
        Type::FLOAT4 => Arc::new(each(text(), ty, float::<f32>)?.into_iter().collect::<Float32Array>()),
        Type::FLOAT8 => Arc::new(each(text(), ty, float::<f64>)?.into_iter().collect::<Float64Array>()),
        Type::NUMERIC => numeric(cells, field)?,
        Type::BYTEA => {
            let mut builder = BinaryBuilder::new();
            each(text(), ty, from_base64)?.into_iter().for_each(|bytes| builder.append_option(bytes));
            Arc::new(builder.finish())
        }
        Type::DATERANGE | Type::TSRANGE | Type::TSTZRANGE => {
            let mut builder = BinaryBuilder::new();
            each(text(), ty, |text| range(text, ty))?.into_iter().for_each(|bytes| builder.append_option(bytes));
            Arc::new(builder.finish())
        }
        Type::DATE => Arc::new(each(text(), ty, date)?.into_iter().collect::<Date32Array>()),
        Type::TIME => Arc::new(each(text(), ty, time)?.into_iter().collect::<Time64MicrosecondArray>()),
        Type::TIMESTAMP => Arc::new(each(text(), ty, datetime)?.into_iter().collect::<TimestampMicrosecondArray>()),
        Type::TIMESTAMPTZ => Arc::new(each(text(), ty, timestamp)?.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Type::INTERVAL => Arc::new(each(text(), ty, interval)?.into_iter().collect::<IntervalMonthDayNanoArray>()),
        Type::UUID => {
            let mut builder = FixedSizeBinaryBuilder::new(16);
            for bytes in each(text(), ty, uuid)? {
                match bytes {
                    Some(bytes) => builder.append_value(bytes).map_err(|error| Report::internal(error.to_string()))?,
                    None => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        _ => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                builder.append_option(printed(cell, field, ty)?);
            }
            Arc::new(builder.finish())
        }
    })
}

/// Makes a list array of arrays that were written as JSON: `[1, null]`, or `null` for no array. Every element is a scalar whose text is that of
/// a cell of its type (the emitter sees to it).
fn written_list(cells: &[&Cell], element: Type, kind: &str) -> Result<ArrayRef> {
    let unreadable = || Report::internal(format!("BigQuery answers with something else than a JSON array of {element}"));
    let read = |cell: &&Cell| match cell {
        Cell::Null => Ok(Cell::Null),
        Cell::Text(text) => match serde_json::from_str::<Option<Vec<Cell>>>(text) {
            Ok(list) => Ok(list.map_or(Cell::Null, Cell::List)),
            Err(_) => Err(unreadable()),
        },
        _ => Err(unreadable()),
    };
    let read: Vec<Cell> = cells.iter().map(read).collect::<Result<_>>()?;
    // The elements' own type is not told: the widest numeric holds them all.
    let field = TableField { kind: kind.into(), ..TableField::default() };
    list(&read.iter().collect::<Vec<_>>(), &field, element)
}

/// Makes a list array.
fn list(cells: &[&Cell], field: &TableField, element: Type) -> Result<ArrayRef> {
    let mut items = Vec::new();
    let mut lengths = Vec::with_capacity(cells.len());
    let mut valid = Vec::with_capacity(cells.len());
    for cell in cells {
        match cell {
            Cell::List(list) => {
                items.extend(list);
                lengths.push(list.len());
                valid.push(true);
            }
            _ => {
                lengths.push(0);
                valid.push(false);
            }
        }
    }
    let values = array(&items, field, element, false)?;
    Ok(listed(values, lengths, NullBuffer::from(valid)))
}

fn listed(values: ArrayRef, lengths: impl IntoIterator<Item = usize>, valid: NullBuffer) -> ArrayRef {
    let inner = Arc::new(Field::new("item", values.data_type().clone(), true));
    Arc::new(ListArray::new(inner, OffsetBuffer::from_lengths(lengths), values, Some(valid)))
}

fn scalar(cell: &Cell, ty: Type) -> Result<Option<&str>> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(text) => Ok(Some(text)),
        Cell::List(_) | Cell::Record(_) => Err(Report::internal(format!("BigQuery answers with a nested value instead of {ty}"))),
    }
}

fn each<'a, T>(texts: impl Iterator<Item = Result<Option<&'a str>>>, ty: Type, read: impl Fn(&str) -> Option<T>) -> Result<Vec<Option<T>>> {
    let one = |text: Result<Option<&'a str>>| match text? {
        None => Ok(None),
        Some(text) => match read(text) {
            Some(value) => Ok(Some(value)),
            None => Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("a value of BigQuery does not fit type {ty}"))),
        },
    };
    texts.map(one).collect()
}

/// NUMERIC has 9 digits behind the point, BIGNUMERIC 38; a numeric that BigQuery gives as INT64 has none.
fn numeric(cells: &[&Cell], field: &TableField) -> Result<ArrayRef> {
    let texts = || cells.iter().map(|cell| scalar(cell, Type::NUMERIC));
    let failed = |error: ArrowError| Report::internal(error.to_string());
    let (scale, places) = match field.kind.as_str() {
        "NUMERIC" => (9, 9),
        "INT64" => (0, 0),
        // Digits that differ from row to row, or what is left to compute.
        "STRING" => {
            let mut builder = LargeBinaryBuilder::new();
            for text in texts() {
                builder.append_option(text?.map(arithmetic::computed).transpose()?.map(String::into_bytes));
            }
            return Ok(Arc::new(builder.finish()));
        }
        _ => {
            let values = each(texts(), Type::NUMERIC, |text| i256::from_string(&digits(text, 38)?))?;
            return Ok(Arc::new(values.into_iter().collect::<Decimal256Array>().with_precision_and_scale(76, 38).map_err(failed)?));
        }
    };
    let values = each(texts(), Type::NUMERIC, |text| digits(text, places)?.parse::<i128>().ok())?;
    Ok(Arc::new(values.into_iter().collect::<Decimal128Array>().with_precision_and_scale(38, scale).map_err(failed)?))
}

/// A value of a type that travels as PostgreSQL's output text.
fn printed(cell: &Cell, field: &TableField, ty: Type) -> Result<Option<String>> {
    if matches!(cell, Cell::Null) {
        return Ok(None);
    }
    if field.kind == "STRUCT" || matches!(cell, Cell::List(_) | Cell::Record(_)) {
        let text = structure(cell, field, matches!(cell, Cell::List(_))).to_string();
        return json::canonical(&text).map(Some);
    }
    let Cell::Text(text) = cell else { return Ok(None) };
    match ty {
        Type::JSONB | Type::JSON if built::is_built(text) => built::written(text, ty == Type::JSONB),
        // json that BigQuery made (json_agg of scalars) is laid out as jsonb.
        Type::JSONB | Type::JSON => json::canonical(text).map(Some),
        Type::TEXT if field.kind == "JSON" && built::is_built(text) => built::written(text, false),
        // What `->>` selects leaves as JSON: a string without its quotes, null as NULL, everything else as jsonb is written.
        Type::TEXT if field.kind == "JSON" => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::Null) => Ok(None),
            Ok(serde_json::Value::String(plain)) => Ok(Some(plain)),
            _ => json::canonical(text).map(Some),
        },
        _ => Ok(Some(text.to_string())),
    }
}

/// A STRUCT or ARRAY as JSON: numbers and booleans bare, everything else as text.
fn structure(cell: &Cell, field: &TableField, repeated: bool) -> serde_json::Value {
    use serde_json::Value;
    match cell {
        Cell::Null => Value::Null,
        Cell::List(items) if repeated => Value::Array(items.iter().map(|item| structure(item, field, false)).collect()),
        Cell::List(_) => Value::Null,
        Cell::Record(cells) => {
            let entry = |(cell, inner): (&Cell, &TableField)| (inner.name.clone(), structure(cell, inner, inner.is_repeated()));
            Value::Object(cells.iter().zip(&field.fields).map(entry).collect())
        }
        Cell::Text(text) => match field.kind.as_str() {
            "BOOL" => Value::Bool(boolean(text).unwrap_or(false)),
            "INT64" | "FLOAT64" | "JSON" => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_string())),
            "TIMESTAMP" => match timestamp(text).and_then(chrono::DateTime::from_timestamp_micros) {
                Some(moment) => Value::String(moment.format("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()),
                None => Value::String(text.to_string()),
            },
            _ => Value::String(text.to_string()),
        },
    }
}

#[cfg(test)]
#[path = "decode/tests.rs"]
mod tests;
