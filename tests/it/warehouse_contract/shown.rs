//! Batches as people read them, and what types they may have.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use sluice::types::Type;

/// The rows as text; numerics without the zeros that their scale adds.
pub fn shown(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).expect("it can be shown")).collect();
        for row in 0..batch.num_rows() {
            let value = |(column, array): (&ArrayFormatter, &Arc<dyn Array>)| {
                let text = column.value(row).to_string();
                match array.data_type() {
                    DataType::Decimal128(..) | DataType::Decimal256(..) if text.contains('.') => {
                        text.trim_end_matches('0').trim_end_matches('.').to_owned()
                    }
                    _ => text,
                }
            };
            rows.push(columns.iter().zip(batch.columns()).map(value).collect());
        }
    }
    rows
}

/// What `sluice::query::BatchStream` says about the Arrow types of a PostgreSQL type.
pub fn is_documented(ty: Type, arrow: &DataType) -> bool {
    match (ty, arrow) {
        (Type::BOOL, DataType::Boolean)
        | (Type::INT2, DataType::Int16 | DataType::Int32 | DataType::Int64)
        | (Type::INT4, DataType::Int32 | DataType::Int64)
        | (Type::INT8, DataType::Int64)
        | (Type::FLOAT8, DataType::Float64)
        | (Type::NUMERIC, DataType::Decimal128(..) | DataType::Decimal256(..))
        | (Type::TEXT, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        | (Type::BYTEA, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
        | (Type::DATE, DataType::Date32)
        | (Type::TIME, DataType::Time64(TimeUnit::Microsecond))
        | (Type::TIMESTAMP, DataType::Timestamp(TimeUnit::Microsecond, None)) => true,
        (Type::TIMESTAMPTZ, DataType::Timestamp(TimeUnit::Microsecond, Some(zone))) => &**zone == "UTC",
        (Type::INTERVAL, DataType::Interval(unit)) => *unit == IntervalUnit::MonthDayNano,
        (ty, DataType::List(field) | DataType::LargeList(field)) => {
            ty.element().is_some_and(|element| is_documented(element, field.data_type()))
        }
        _ => false,
    }
}
