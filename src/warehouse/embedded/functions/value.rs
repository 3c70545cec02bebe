//! One value of a row, read from any Arrow array and built into one.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanBuilder, Decimal128Builder, Decimal256Builder, FixedSizeBinaryBuilder, Float32Builder,
    Float64Builder, IntervalMonthDayNanoBuilder, LargeBinaryBuilder, ListArray, PrimitiveBuilder, StringBuilder, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    ArrowNativeType, DataType, Date32Type, Decimal128Type, Decimal256Type, Field, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    UInt32Type, i256,
};
use arrow::record_batch::RecordBatch;

use super::decimal::Decimal;
use crate::error::{Report, Result, SqlState};
use crate::query::OutputColumn;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};
use crate::warehouse::embedded::stop;

/// A value of PostgreSQL as the functions compute with it.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// NULL.
    Null,
    /// bool.
    Bool(bool),
    /// int2, int4, int8, oid.
    Int(i64),
    /// float4, float8.
    Float(f64),
    /// numeric.
    Numeric(Decimal),
    /// Everything that travels as text.
    Text(Cow<'a, str>),
    /// bytea, uuid.
    Bytes(Cow<'a, [u8]>),
    /// date.
    Date(i32),
    /// time.
    Time(i64),
    /// timestamp.
    Timestamp(i64),
    /// timestamptz.
    TimestampTz(i64),
    /// interval: months, days, microseconds.
    Interval(i32, i32, i64),
    /// An array's elements.
    List(ArrayRef),
}

impl<'a> Value<'a> {
    /// Makes a text value.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Text(text.into())
    }

    /// Tells whether this is NULL.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns the bytes that were made for the value; what it borrows is counted elsewhere.
    pub(super) fn made(&self) -> usize {
        match self {
            Value::Text(Cow::Owned(text)) => text.len(),
            Value::Bytes(Cow::Owned(bytes)) => bytes.len(),
            // A row of a batch shares the buffers of all its rows.
            Value::List(list) => list.to_data().get_slice_memory_size().unwrap_or_else(|_| list.get_array_memory_size()),
            _ => 0,
        }
    }

    /// Returns the text, or an internal error.
    pub(super) fn str(&self) -> Result<&str> {
        match self {
            Value::Text(text) => Ok(text),
            other => Err(mismatch("text", other)),
        }
    }

    /// Returns the integer, or an internal error.
    pub(super) fn int(&self) -> Result<i64> {
        match self {
            Value::Int(value) => Ok(*value),
            other => Err(mismatch("an integer", other)),
        }
    }

    /// Returns the bool, or an internal error.
    pub(super) fn bool(&self) -> Result<bool> {
        match self {
            Value::Bool(value) => Ok(*value),
            other => Err(mismatch("a bool", other)),
        }
    }

    /// Returns the float, or an internal error.
    pub(super) fn float(&self) -> Result<f64> {
        match self {
            Value::Float(value) => Ok(*value),
            other => Err(mismatch("a float", other)),
        }
    }

    /// Returns the list, or an internal error.
    pub(super) fn list(&self) -> Result<&ArrayRef> {
        match self {
            Value::List(list) => Ok(list),
            other => Err(mismatch("an array", other)),
        }
    }

    /// Returns the value as a constant of a type; numerics with `scale` digits shown where it is known.
    pub(super) fn literal(&self, ty: Type, scale: i32) -> Result<Literal> {
        Ok(match self {
            Value::Null => Literal::Null,
            Value::Bool(value) => Literal::Bool(*value),
            Value::Int(value) => Literal::Int(*value),
            Value::Float(value) => Literal::Float(*value),
            Value::Numeric(value) => Literal::Numeric(value.shown(scale)),
            Value::Text(text) if ty == Type::JSONB => Literal::Json(text.to_string()),
            Value::Text(text) => Literal::Text(text.to_string()),
            Value::Bytes(bytes) if ty == Type::UUID => {
                Literal::Uuid(<[u8; 16]>::try_from(bytes.as_ref()).map_err(|_| Report::internal("a uuid of other than 16 bytes"))?)
            }
            Value::Bytes(bytes) => Literal::Bytes(bytes.to_vec()),
            Value::Date(days) => Literal::Date(*days),
            Value::Time(micros) => Literal::Time(*micros),
            Value::Timestamp(micros) => Literal::Timestamp(*micros),
            Value::TimestampTz(micros) => Literal::TimestampTz(*micros),
            Value::Interval(months, days, micros) => Literal::Interval { months: *months, days: *days, micros: *micros },
            Value::List(list) => {
                let element = ty.element().unwrap_or(Type::TEXT);
                let items = (0..list.len()).map(|i| read(list, i)?.literal(element, scale)).collect::<Result<Vec<_>>>()?;
                Literal::Array(items)
            }
        })
    }

    /// Makes a value of a constant. An array becomes a list of the given element type.
    pub(super) fn of(literal: Literal, to: &DataType) -> Result<Value<'static>> {
        Ok(match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(value),
            Literal::Int(value) => Value::Int(value),
            Literal::Float(value) => Value::Float(value),
            Literal::Numeric(digits) => Value::Numeric(Decimal::parse(&digits)?),
            Literal::Text(text) | Literal::Json(text) => Value::Text(text.into()),
            Literal::Bytes(bytes) => Value::Bytes(bytes.into()),
            Literal::Uuid(bytes) => Value::Bytes(bytes.to_vec().into()),
            Literal::Date(days) => Value::Date(days),
            Literal::Time(micros) => Value::Time(micros),
            Literal::Timestamp(micros) => Value::Timestamp(micros),
            Literal::TimestampTz(micros) => Value::TimestampTz(micros),
            Literal::Interval { months, days, micros } => Value::Interval(months, days, micros),
            Literal::Array(items) => {
                let DataType::List(field) = to else { return Err(Report::internal("an array constant of no array type")) };
                let values = items.into_iter().map(|item| Value::of(item, field.data_type())).collect::<Result<Vec<_>>>()?;
                Value::List(build(&values, field.data_type())?)
            }
        })
    }
}

/// Returns the values of a batch's first row as constants of its columns' types.
///
/// # Errors
/// 0A000 for a value that is no constant here.
pub fn literals(batch: &RecordBatch, columns: &[OutputColumn]) -> Result<Vec<Literal>> {
    let shown = |column: &OutputColumn| match column.scale {
        NumericScale::Fixed(digits) => i32::from(digits),
        NumericScale::Quotient | NumericScale::Any => -3,
    };
    let columns = batch.columns().iter().zip(columns);
    columns.map(|(array, column)| read(array, 0)?.literal(column.ty, shown(column))).collect()
}

fn mismatch(wanted: &str, value: &Value) -> Report {
    Report::internal(format!("a function expected {wanted} and got {value:?}"))
}

/// Reads row `i` of an array. A constant is an array of one row, which every row reads.
pub(super) fn read(array: &ArrayRef, i: usize) -> Result<Value<'_>> {
    stop::tick()?;
    let i = if array.len() == 1 { 0 } else { i };
    if array.is_null(i) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(i)),
        DataType::Int16 => Value::Int(array.as_primitive::<Int16Type>().value(i).into()),
        DataType::Int32 => Value::Int(array.as_primitive::<Int32Type>().value(i).into()),
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(i)),
        DataType::UInt32 => Value::Int(array.as_primitive::<UInt32Type>().value(i).into()),
        DataType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(i).into()),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(i)),
        DataType::Decimal128(_, scale) => {
            Value::Numeric(Decimal::new(i256::from_i128(array.as_primitive::<Decimal128Type>().value(i)), *scale))
        }
        DataType::Decimal256(_, scale) => Value::Numeric(Decimal::new(array.as_primitive::<Decimal256Type>().value(i), *scale)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(i).into()),
        DataType::LargeUtf8 => Value::Text(array.as_string::<i64>().value(i).into()),
        DataType::Utf8View => Value::Text(array.as_string_view().value(i).into()),
        DataType::Binary => Value::Bytes(array.as_binary::<i32>().value(i).into()),
        DataType::LargeBinary => Value::Numeric(super::digits::parse(array.as_binary::<i64>().value(i))?),
        DataType::BinaryView => Value::Bytes(array.as_binary_view().value(i).into()),
        DataType::FixedSizeBinary(_) => Value::Bytes(array.as_fixed_size_binary().value(i).into()),
        DataType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(i)),
        DataType::Time64(TimeUnit::Microsecond) => Value::Time(array.as_primitive::<Time64MicrosecondType>().value(i)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(i);
            if zone.is_some() { Value::TimestampTz(micros) } else { Value::Timestamp(micros) }
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let interval = array.as_primitive::<IntervalMonthDayNanoType>().value(i);
            Value::Interval(interval.months, interval.days, interval.nanoseconds / 1000)
        }
        DataType::List(_) => Value::List(array.as_list::<i32>().value(i)),
        DataType::LargeList(_) => Value::List(array.as_list::<i64>().value(i)),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary.normalized_keys()[i];
            return owned(dictionary.values(), key);
        }
        other => return Err(Report::unsupported(format!("a value of the engine's type {other}"))),
    })
}

fn owned<'a>(values: &ArrayRef, i: usize) -> Result<Value<'a>> {
    Ok(match read(values, i)? {
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Bytes(bytes) => Value::Bytes(bytes.into_owned().into()),
        Value::Null => Value::Null,
        Value::Int(value) => Value::Int(value),
        other => return Err(mismatch("a string", &other)),
    })
}

macro_rules! primitive {
    ($builder:expr, $values:expr, $($pattern:pat => $value:expr),+) => {{
        let mut builder = $builder;
        for value in $values {
            match value {
                Value::Null => builder.append_null(),
                $($pattern => builder.append_value($value),)+
                #[allow(unreachable_patterns)]
                other => return Err(mismatch("another type", other)),
            }
        }
        Arc::new(builder.finish()) as ArrayRef
    }};
}

/// Builds an array of a type from values.
pub(super) fn build(values: &[Value], ty: &DataType) -> Result<ArrayRef> {
    let n = values.len();
    Ok(match ty {
        DataType::Null => new_null_array(ty, n),
        DataType::Boolean => primitive!(BooleanBuilder::with_capacity(n), values, Value::Bool(value) => *value),
        DataType::Int16 => {
            primitive!(PrimitiveBuilder::<Int16Type>::with_capacity(n), values, Value::Int(value) => narrow(*value, "smallint")?)
        }
        DataType::Int32 => {
            primitive!(PrimitiveBuilder::<Int32Type>::with_capacity(n), values, Value::Int(value) => narrow(*value, "integer")?)
        }
        DataType::Int64 => primitive!(PrimitiveBuilder::<Int64Type>::with_capacity(n), values, Value::Int(value) => *value),
        DataType::UInt32 => {
            primitive!(PrimitiveBuilder::<UInt32Type>::with_capacity(n), values, Value::Int(value) => narrow(*value, "OID")?)
        }
        #[allow(clippy::cast_possible_truncation)]
        DataType::Float32 => primitive!(Float32Builder::with_capacity(n), values, Value::Float(value) => *value as f32),
        DataType::Float64 => primitive!(Float64Builder::with_capacity(n), values, Value::Float(value) => *value),
        DataType::Decimal128(precision, scale) => {
            let builder = Decimal128Builder::with_capacity(n).with_data_type(DataType::Decimal128(*precision, *scale));
            primitive!(builder, values, Value::Numeric(value) => value.to_i128(*precision, *scale)?)
        }
        DataType::Decimal256(precision, scale) => {
            let builder = Decimal256Builder::with_capacity(n).with_data_type(DataType::Decimal256(*precision, *scale));
            primitive!(builder, values, Value::Numeric(value) => value.at_scale(*precision, *scale)?)
        }
        DataType::Utf8 => primitive!(StringBuilder::with_capacity(n, n * 16), values, Value::Text(value) => value),
        DataType::LargeBinary => {
            primitive!(LargeBinaryBuilder::with_capacity(n, n * 16), values, Value::Numeric(value) => value.shown(super::digits::CARRIED))
        }
        DataType::Binary => primitive!(BinaryBuilder::with_capacity(n, n * 16), values, Value::Bytes(value) => value),
        DataType::FixedSizeBinary(width) => {
            let mut builder = FixedSizeBinaryBuilder::with_capacity(n, *width);
            for value in values {
                match value {
                    Value::Bytes(bytes) => builder.append_value(bytes).map_err(Report::internal)?,
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Date32 => primitive!(PrimitiveBuilder::<Date32Type>::with_capacity(n), values, Value::Date(value) => *value),
        DataType::Time64(TimeUnit::Microsecond) => {
            primitive!(PrimitiveBuilder::<Time64MicrosecondType>::with_capacity(n), values, Value::Time(value) => *value)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let builder = PrimitiveBuilder::<TimestampMicrosecondType>::with_capacity(n).with_data_type(ty.clone());
            primitive!(builder, values, Value::Timestamp(value) | Value::TimestampTz(value) => *value)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let builder = IntervalMonthDayNanoBuilder::with_capacity(n);
            primitive!(builder, values, Value::Interval(months, days, micros) => {
                let nanos = micros.checked_mul(1000).ok_or_else(|| Report::unsupported("an interval of more than 292 years of time"))?;
                IntervalMonthDayNano::new(*months, *days, nanos)
            })
        }
        DataType::List(field) => build_list(values, field)?,
        other => return Err(Report::unsupported(format!("a result of the engine's type {other}"))),
    })
}

fn build_list(values: &[Value], field: &Arc<Field>) -> Result<ArrayRef> {
    let mut lengths = Vec::with_capacity(values.len());
    let mut parts: Vec<ArrayRef> = Vec::new();
    let mut valid = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::List(list) => {
                lengths.push(list.len());
                valid.push(true);
                let same = list.data_type() == field.data_type();
                let list = if same { list.clone() } else { arrow::compute::cast(list, field.data_type()).map_err(Report::internal)? };
                parts.push(list);
            }
            _ => {
                lengths.push(0);
                valid.push(false);
            }
        }
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    let items =
        if parts.is_empty() { new_null_array(field.data_type(), 0) } else { arrow::compute::concat(&parts).map_err(Report::internal)? };
    let list = ListArray::try_new(field.clone(), OffsetBuffer::from_lengths(lengths), items, Some(NullBuffer::from(valid)));
    Ok(Arc::new(list.map_err(Report::internal)?))
}

fn narrow<T: TryFrom<i64> + ArrowNativeType>(value: i64, name: &str) -> Result<T> {
    T::try_from(value).map_err(|_| Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range")))
}

/// The list type of an element type.
pub(super) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}
