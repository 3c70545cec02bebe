//! Batches as [`crate::query::BatchStream`] promises them: each column in an Arrow type that belongs to its PostgreSQL type.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, Schema, SchemaRef, TimeUnit};

use super::values::arrow_type;
use crate::error::{Report, Result, SqlState};
use crate::query::OutputColumn;
use crate::types::Type;

/// The casts that a stream's batches need, decided once.
#[derive(Debug)]
pub struct Conform {
    schema: SchemaRef,
    casts: Vec<Option<(DataType, Type)>>,
}

impl Conform {
    /// Decides, from what the plan gives and what the client is told.
    pub fn new(given: &Schema, columns: &[OutputColumn]) -> Conform {
        let mut fields: Vec<FieldRef> = Vec::with_capacity(columns.len());
        let mut casts = Vec::with_capacity(columns.len());
        for (field, column) in given.fields().iter().zip(columns) {
            let due = due(field.data_type(), column.ty);
            fields.push(Arc::new(Field::new(&column.name, due.clone(), true)));
            casts.push((due != *field.data_type()).then_some((due, column.ty)));
        }
        Conform { schema: Arc::new(Schema::new(fields)), casts }
    }

    /// Casts a batch.
    ///
    /// # Errors
    /// 22003 when a value does not fit its type.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let arrays = batch.columns().iter().zip(&self.casts).map(|(array, cast)| match cast {
            None => Ok(array.clone()),
            Some((due, ty)) => convert(array, due, *ty),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays.collect::<Result<_>>()?, &options)
            .map_err(|error| Report::internal(format!("the engine gave a batch of another shape: {error}")))
    }
}

fn convert(array: &ArrayRef, due: &DataType, ty: Type) -> Result<ArrayRef> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, due, &options).map_err(|error| match array.data_type().is_numeric() {
        true => Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{ty} out of range")),
        false => Report::internal(format!("the engine gave {} for {ty}: {error}", array.data_type())),
    })
}

/// Returns the Arrow type that values of `ty` are handed on in, given the type that the plan makes.
fn due(given: &DataType, ty: Type) -> DataType {
    use DataType::{
        Binary, BinaryView, Decimal128, Decimal256, Int8, Int16, Int32, Int64, LargeBinary, LargeUtf8, UInt8, UInt16, UInt32, Utf8,
        Utf8View,
    };
    if let (Some(element), DataType::List(item)) = (ty.element(), given) {
        let inner = due(item.data_type(), element);
        return if inner == *item.data_type() { given.clone() } else { list(inner) };
    }
    match (ty, given) {
        // The wire takes wider integers and checks their range.
        (Type::INT2 | Type::INT4 | Type::INT8, Int8 | UInt8) => DataType::Int16,
        (Type::INT2 | Type::INT4 | Type::INT8, Int16 | Int32 | Int64) => given.clone(),
        (Type::INT2 | Type::INT4 | Type::INT8, _) => Int64,
        (Type::NUMERIC, Decimal128(..) | Decimal256(..) | LargeBinary) => given.clone(),
        (Type::NUMERIC, DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale)) => Decimal128(*precision, *scale),
        (Type::NUMERIC, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | DataType::UInt64) => Decimal128(20, 0),
        (Type::NUMERIC, DataType::Null) => Decimal128(38, 0),
        (Type::BYTEA, Binary | LargeBinary | BinaryView) => given.clone(),
        (Type::INTERVAL, _) => DataType::Interval(IntervalUnit::MonthDayNano),
        (Type::TIME, _) => DataType::Time64(TimeUnit::Microsecond),
        (Type::VOID | Type::UNKNOWN, _) if !matches!(given, Utf8 | LargeUtf8 | Utf8View) => Utf8,
        _ => match (arrow_type(ty), given) {
            (Utf8, Utf8 | LargeUtf8 | Utf8View) => given.clone(),
            // A timestamp keeps its instant, whatever the zone's name.
            (DataType::Timestamp(unit, Some(utc)), _) => DataType::Timestamp(unit, Some(utc)),
            (due, _) => due,
        },
    }
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, Int64Array, StringViewArray, UInt64Array};

    use super::*;

    fn conform(array: ArrayRef, ty: Type) -> Result<ArrayRef> {
        let schema = Schema::new(vec![Field::new("x", array.data_type().clone(), true)]);
        let columns = [OutputColumn::new("a", ty)];
        let batch = RecordBatch::try_new(Arc::new(schema.clone()), vec![array]).unwrap();
        Ok(Conform::new(&schema, &columns).apply(&batch)?.column(0).clone())
    }

    #[test]
    fn columns_get_a_type_of_their_postgres_type() {
        let type_of = |array: ArrayRef, ty| conform(array, ty).unwrap().data_type().clone();
        assert_eq!(type_of(Arc::new(UInt64Array::from(vec![1])), Type::INT8), DataType::Int64);
        assert_eq!(type_of(Arc::new(Int64Array::from(vec![1])), Type::INT4), DataType::Int64);
        assert_eq!(type_of(Arc::new(Int64Array::from(vec![1])), Type::NUMERIC), DataType::Decimal128(20, 0));
        assert_eq!(type_of(Arc::new(StringViewArray::from(vec!["a"])), Type::TEXT), DataType::Utf8View);
        let null: ArrayRef = Arc::new(arrow::array::NullArray::new(2));
        assert_eq!(type_of(null, Type::DATE), DataType::Date32);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let error = conform(Arc::new(UInt64Array::from(vec![u64::MAX])), Type::INT8).unwrap_err();
        assert_eq!((error.sqlstate, error.message.as_str()), (SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range"));
    }
}
