//! Rows of system relations as cells, and the Arrow batch made of them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float32Builder, Float64Builder, Int16Builder, Int32Builder, Int64Builder, IntervalMonthDayNanoBuilder,
    ListBuilder, StringBuilder, TimestampMicrosecondBuilder, UInt32Builder, new_null_array,
};
use arrow::datatypes::{DataType, Field, IntervalMonthDayNano, IntervalUnit, Schema, TimeUnit};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use crate::catalog::model::Table;
use crate::error::{Report, Result};
use crate::types::Type;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A truth value.
    Bool(bool),
    /// int2, int4, int8, oid and the reg* types.
    Int(i64),
    /// float4, float8.
    Float(f64),
    /// Text of any kind.
    Text(String),
    /// timestamptz in microseconds since 1970.
    Time(i64),
    /// An interval of so many seconds.
    Seconds(i64),
    /// An array of text or names.
    Texts(Vec<String>),
    /// An array of numbers (int2vector, oidvector, oid[]...).
    Ints(Vec<i64>),
}

/// A row: the columns that have a value, by name; all others are NULL.
pub type Row = Vec<(&'static str, Cell)>;

/// Returns the Arrow type that a column of this PostgreSQL type has (see `query::BatchStream`).
pub fn arrow_type(ty: Type) -> DataType {
    match ty {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        _ if is_oid(ty) => DataType::UInt32,
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::INT2VECTOR => list(DataType::Int16),
        Type::OIDVECTOR => list(DataType::UInt32),
        _ => match ty.element() {
            Some(element) => list(arrow_type(element)),
            None => DataType::Utf8,
        },
    }
}

/// Tells whether values are OIDs, or print as the names of what they point to.
pub fn is_oid(ty: Type) -> bool {
    matches!(
        ty,
        Type::OID
            | Type::XID
            | Type::CID
            | Type::REGPROC
            | Type::REGPROCEDURE
            | Type::REGCLASS
            | Type::REGTYPE
            | Type::REGOPER
            | Type::REGNAMESPACE
            | Type::REGROLE
            | Type::REGCOLLATION
    )
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// Makes the batch of a relation from its rows.
///
/// # Errors
/// XX000 for a cell that does not fit its column, or names none.
pub fn batch(table: &Table, rows: &[Row]) -> Result<RecordBatch> {
    if let Some((name, _)) = rows.iter().take(1).flatten().find(|(name, _)| table.columns.iter().all(|column| column.name != *name)) {
        return Err(Report::internal(format!("{} has no column {name}", table.name)));
    }
    let mut fields = Vec::with_capacity(table.columns.len());
    let mut arrays = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        // Rows of one relation are mostly laid out alike.
        let usual = rows.first().and_then(|row| row.iter().position(|(name, _)| *name == column.name));
        let cells = rows.iter().map(|row| {
            let expected = usual.and_then(|i| row.get(i)).filter(|(name, _)| *name == column.name);
            expected.or_else(|| row.iter().find(|(name, _)| *name == column.name)).map(|(_, cell)| cell)
        });
        let data_type = arrow_type(column.ty);
        let array = array(&data_type, cells, rows.len())
            .ok_or_else(|| Report::internal(format!("a value of {}.{} has another type than the column", table.name, column.name)))?;
        fields.push(Field::new(&column.name, data_type, true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(Report::internal)
}

/// Collects a column; `None` when a cell does not fit.
fn array<'a>(data_type: &DataType, cells: impl Iterator<Item = Option<&'a Cell>>, rows: usize) -> Option<ArrayRef> {
    /// Appends each cell's value with a builder of the column's type.
    macro_rules! build {
        ($builder:expr, $cell:pat => $value:expr) => {{
            let mut builder = $builder;
            for cell in cells {
                match cell {
                    None => builder.append_null(),
                    Some($cell) => builder.append_value($value),
                    Some(_) => return None,
                }
            }
            Arc::new(builder.finish()) as ArrayRef
        }};
    }
    Some(match data_type {
        DataType::Boolean => build!(BooleanBuilder::new(), Cell::Bool(value) => *value),
        DataType::Int16 => build!(Int16Builder::new(), Cell::Int(value) => i16::try_from(*value).ok()?),
        DataType::Int32 => build!(Int32Builder::new(), Cell::Int(value) => i32::try_from(*value).ok()?),
        DataType::Int64 => build!(Int64Builder::new(), Cell::Int(value) => *value),
        DataType::UInt32 => build!(UInt32Builder::new(), Cell::Int(value) => u32::try_from(*value).ok()?),
        #[allow(clippy::cast_possible_truncation)] // float4 columns hold row counts and the like
        DataType::Float32 => build!(Float32Builder::new(), Cell::Float(value) => *value as f32),
        DataType::Float64 => build!(Float64Builder::new(), Cell::Float(value) => *value),
        DataType::Utf8 => build!(StringBuilder::new(), Cell::Text(value) => value),
        DataType::Timestamp(..) => build!(TimestampMicrosecondBuilder::new().with_timezone("UTC"), Cell::Time(value) => *value),
        DataType::Interval(_) => {
            build!(IntervalMonthDayNanoBuilder::new(), Cell::Seconds(value) => IntervalMonthDayNano::new(0, 0, value.checked_mul(1_000_000_000)?))
        }
        DataType::List(item) => match item.data_type() {
            DataType::Utf8 => build!(ListBuilder::new(StringBuilder::new()), Cell::Texts(values) => values.iter().map(Some)),
            DataType::Int16 => {
                build!(ListBuilder::new(Int16Builder::new()), Cell::Ints(values) => values.iter().map(|value| i16::try_from(*value).ok()))
            }
            DataType::UInt32 => {
                build!(ListBuilder::new(UInt32Builder::new()), Cell::Ints(values) => values.iter().map(|value| u32::try_from(*value).ok()))
            }
            _ => cells.flatten().next().is_none().then(|| new_null_array(data_type, rows))?,
        },
        _ => return None,
    })
}
