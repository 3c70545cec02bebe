//! Batches of the Storage Read API as the batches that pages of REST cells make: the same types, the same values.
//!
//! Where both sides hold a type alike its array is taken over; every other value is written as a REST cell has it, and read as one.

use std::sync::Arc;

use arrow::array::types::IntervalMonthDayNanoType;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, IntervalMonthDayNano, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, NaiveTime};

use super::{Cell, assembled, listed};
use crate::error::{Report, Result};
use crate::query::OutputColumn;
use crate::types::Type;
use crate::warehouse::bigquery::types::{TableField, base64};

/// Turns a batch of the Storage Read API into one of ours. `fields` are the result's columns as REST tells them.
///
/// # Errors
/// XX000 when the batch does not have these columns; 22003, 22008 for values that PostgreSQL's types cannot hold.
pub fn from_arrow(batch: &RecordBatch, fields: &[TableField], columns: &[OutputColumn]) -> Result<RecordBatch> {
    let schema = batch.schema_ref();
    let same = schema.fields().iter().zip(fields).all(|(theirs, ours)| theirs.name().eq_ignore_ascii_case(&ours.name));
    if fields.len() != columns.len() || schema.fields().len() != fields.len() || !same {
        return Err(Report::internal("the Storage Read API gives other columns than the result has"));
    }
    let arrays = batch.columns().iter().zip(fields.iter().zip(columns));
    let arrays = arrays.map(|(array, (field, column))| match super::has_written_digits(field, column) {
        true => {
            let cells = (0..array.len()).map(|i| cell(array, i, field, false)).collect::<Result<Vec<Cell>>>()?;
            super::written_list(&cells.iter().collect::<Vec<_>>(), Type::NUMERIC, "STRING")
        }
        false => converted(array, field, column.ty, field.is_repeated()),
    });
    assembled(arrays.collect::<Result<_>>()?, columns, batch.num_rows())
}

/// Makes the array of one column. `repeated`: it holds lists (an ARRAY column).
fn converted(array: &ArrayRef, field: &TableField, ty: Type, repeated: bool) -> Result<ArrayRef> {
    if let (Some(element), true) = (ty.element(), repeated) {
        let lists = array.as_list_opt::<i32>().ok_or_else(|| unexpected(array, field))?;
        let offsets = lists.offsets();
        let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let (Ok(first), Ok(last)) = (usize::try_from(first), usize::try_from(last)) else { return Err(unexpected(array, field)) };
        let values = converted(&lists.values().slice(first, last - first), field, element, false)?;
        // BigQuery's results hold no NULL arrays: what is none is empty, as in a page.
        return Ok(listed(values, offsets.lengths(), NullBuffer::new_valid(lists.len())));
    }
    if let Some(array) = taken_over(array, field, ty)? {
        return Ok(array);
    }
    let cells = (0..array.len()).map(|i| cell(array, i, field, repeated)).collect::<Result<Vec<Cell>>>()?;
    super::array(&cells.iter().collect::<Vec<_>>(), field, ty, repeated)
}

/// Returns the array itself where REST's cells would make the same of it.
fn taken_over(array: &ArrayRef, field: &TableField, ty: Type) -> Result<Option<ArrayRef>> {
    let cast = |to: &DataType| {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(array, to, &options).map(Some).map_err(|_| unexpected(array, field))
    };
    Ok(match (ty, field.kind.as_str(), array.data_type()) {
        (Type::BOOL, "BOOL", DataType::Boolean)
        | (Type::INT2 | Type::INT4 | Type::INT8, "INT64", DataType::Int64)
        | (Type::FLOAT8, "FLOAT64", DataType::Float64)
        | (Type::BYTEA, "BYTES", DataType::Binary)
        | (Type::DATE, "DATE", DataType::Date32)
        | (Type::TIME, "TIME", DataType::Time64(TimeUnit::Microsecond))
        | (Type::TIMESTAMP, "DATETIME", DataType::Timestamp(TimeUnit::Microsecond, None))
        | (Type::INTERVAL, "INTERVAL", DataType::Interval(IntervalUnit::MonthDayNano))
        | (Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR, "STRING" | "GEOGRAPHY", DataType::Utf8) => {
            Some(array.clone())
        }
        (Type::TIMESTAMPTZ, "TIMESTAMP", DataType::Timestamp(TimeUnit::Microsecond, Some(_))) => {
            let moments = array.as_primitive::<TimestampMicrosecondType>().clone();
            Some(Arc::new(moments.with_timezone("UTC")))
        }
        (Type::NUMERIC, "NUMERIC", DataType::Decimal128(38, 9)) | (Type::NUMERIC, "BIGNUMERIC", DataType::Decimal256(76, 38)) => {
            Some(array.clone())
        }
        // With digits of its own: widened, which loses none.
        (Type::NUMERIC, "NUMERIC", DataType::Decimal128(_, scale)) if *scale < 9 => cast(&DataType::Decimal128(38, 9))?,
        (Type::NUMERIC, "BIGNUMERIC", DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale)) if *scale < 38 => {
            cast(&DataType::Decimal256(76, 38))?
        }
        _ => None,
    })
}

/// Writes a value as a REST cell has it.
fn cell(array: &ArrayRef, i: usize, field: &TableField, repeated: bool) -> Result<Cell> {
    if repeated {
        let lists = array.as_list_opt::<i32>().ok_or_else(|| unexpected(array, field))?;
        let items = if lists.is_null(i) { None } else { Some(lists.value(i)) };
        let items = items.map(|items| (0..items.len()).map(|j| cell(&items, j, field, false)).collect::<Result<_>>());
        return Ok(Cell::List(items.transpose()?.unwrap_or_default()));
    }
    if array.is_null(i) {
        return Ok(Cell::Null);
    }
    let text = match (field.kind.as_str(), array.data_type()) {
        ("STRUCT", DataType::Struct(_)) => {
            let parts = array.as_struct().columns();
            if parts.len() != field.fields.len() {
                return Err(unexpected(array, field));
            }
            let cells = parts.iter().zip(&field.fields).map(|(part, inner)| cell(part, i, inner, inner.is_repeated()));
            return Ok(Cell::Record(cells.collect::<Result<_>>()?));
        }
        ("RANGE", DataType::Struct(_)) => {
            let [start, end] = array.as_struct().columns() else { return Err(unexpected(array, field)) };
            let kind = field.range_element_type.as_ref().map_or("DATE", |element| &element.kind);
            let element = TableField { kind: kind.to_owned(), ..TableField::default() };
            let bound = |part| match cell(part, i, &element, false)? {
                Cell::Text(text) => Ok(text.into_string()),
                _ => Ok("UNBOUNDED".to_owned()),
            };
            format!("[{}, {})", bound(start)?, bound(end)?)
        }
        (_, DataType::Boolean) => array.as_boolean().value(i).to_string(),
        (_, DataType::Int64) => array.as_primitive::<Int64Type>().value(i).to_string(),
        (_, DataType::Float64) => float(array.as_primitive::<Float64Type>().value(i)),
        (_, DataType::Utf8) => array.as_string::<i32>().value(i).to_owned(),
        (_, DataType::Binary) => base64(array.as_binary::<i32>().value(i)),
        (_, DataType::Decimal128(..)) => decimal(&array.as_primitive::<Decimal128Type>().value_as_string(i)),
        (_, DataType::Decimal256(..)) => decimal(&array.as_primitive::<Decimal256Type>().value_as_string(i)),
        (_, DataType::Date32) => date(array.as_primitive::<Date32Type>().value(i)).ok_or_else(|| unexpected(array, field))?,
        (_, DataType::Time64(TimeUnit::Microsecond)) => {
            clock(array.as_primitive::<Time64MicrosecondType>().value(i)).ok_or_else(|| unexpected(array, field))?
        }
        (_, DataType::Timestamp(TimeUnit::Microsecond, zone)) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(i);
            match zone {
                Some(_) => micros.to_string(),
                None => datetime(micros).ok_or_else(|| unexpected(array, field))?,
            }
        }
        (_, DataType::Interval(IntervalUnit::MonthDayNano)) => interval(array.as_primitive::<IntervalMonthDayNanoType>().value(i)),
        _ => return Err(unexpected(array, field)),
    };
    Ok(Cell::Text(text.into()))
}

fn unexpected(array: &ArrayRef, field: &TableField) -> Report {
    Report::internal(format!("the Storage Read API gives {} as {}", field.native(), array.data_type()))
}

/// `NaN`, `Infinity`, and always a point or an exponent.
fn float(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        value if value.is_infinite() => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        value => format!("{value:?}"),
    }
}

/// Without zeros at its end.
fn decimal(text: &str) -> String {
    if !text.contains('.') {
        return text.to_owned();
    }
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" | "" => "0".to_owned(),
        text => text.to_owned(),
    }
}

fn date(days: i32) -> Option<String> {
    let day = NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(days.into()))?;
    Some(day.format("%Y-%m-%d").to_string())
}

fn clock(micros: i64) -> Option<String> {
    let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(seconds).ok()?, u32::try_from(rest).ok()? * 1000)?;
    Some(time.format(if rest == 0 { "%H:%M:%S" } else { "%H:%M:%S%.6f" }).to_string())
}

fn datetime(micros: i64) -> Option<String> {
    let moment = DateTime::from_timestamp_micros(micros)?;
    let layout = if micros.rem_euclid(1_000_000) == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
    Some(moment.format(layout).to_string())
}

/// `Y-M D H:M:S[.F]`, each part with its own sign.
fn interval(value: IntervalMonthDayNano) -> String {
    let (months, micros) = (value.months.unsigned_abs(), value.nanoseconds.unsigned_abs() / 1000);
    let (sign, before) = (if value.months < 0 { "-" } else { "" }, if value.nanoseconds < 0 { "-" } else { "" });
    let seconds = micros / 1_000_000;
    let fraction = match micros % 1_000_000 {
        0 => String::new(),
        rest if rest % 1000 == 0 => format!(".{:03}", rest / 1000),
        rest => format!(".{rest:06}"),
    };
    let (years, months) = (months / 12, months % 12);
    format!("{sign}{years}-{months} {} {before}{}:{}:{}{fraction}", value.days, seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int64Array, Int64Builder, ListBuilder, StringArray, StructArray};
    use arrow::datatypes::Field;

    use super::*;
    use crate::warehouse::bigquery::decode::{Row, batch};

    fn field(text: &str) -> TableField {
        serde_json::from_str(text).unwrap()
    }

    /// Converts one column, and compares it with what these REST cells make.
    fn same(array: ArrayRef, described: &str, ty: Type, cells: serde_json::Value) {
        let (fields, columns) = ([field(described)], [OutputColumn::new("a", ty)]);
        let made = from_arrow(&RecordBatch::try_from_iter([("a", array)]).unwrap(), &fields, &columns).unwrap();
        let rows = cells.as_array().unwrap().iter().map(|cell| serde_json::json!({"f": [{"v": cell}]})).collect::<Vec<_>>();
        let rows: Vec<Row> = serde_json::from_value(rows.into()).unwrap();
        assert_eq!(made, batch(&rows, &fields, &columns).unwrap());
    }

    #[test]
    fn digits_of_its_own_are_widened() {
        let cents = Decimal128Array::from(vec![Some(150), None]).with_precision_and_scale(10, 2).unwrap();
        let cells = serde_json::json!(["1.5", null]);
        same(Arc::new(cents.clone()), r#"{"name": "a", "type": "NUMERIC"}"#, Type::NUMERIC, cells.clone());
        same(Arc::new(cents), r#"{"name": "a", "type": "BIGNUMERIC"}"#, Type::NUMERIC, cells);
    }

    #[test]
    fn parts_of_a_batch_convert_as_the_whole() {
        let mut lists = ListBuilder::new(Int64Builder::new());
        for list in [vec![1, 2], vec![], vec![3], vec![4, 5, 6]] {
            lists.values().append_slice(&list);
            lists.append(true);
        }
        lists.append(false);
        let lists: ArrayRef = Arc::new(lists.finish());
        let ints = r#"{"name": "a", "type": "INTEGER", "mode": "REPEATED"}"#;
        let cells = serde_json::json!([[], [{"v": "3"}], [{"v": "4"}, {"v": "5"}, {"v": "6"}], []]);
        same(lists.slice(1, 4), ints, Type::INT8_ARRAY, cells);
        let part = |name: &str, array: ArrayRef| (Arc::new(Field::new(name, array.data_type().clone(), true)), array);
        let parts = [part("n", Arc::new(Int64Array::from(vec![7, 8]))), part("t", Arc::new(StringArray::from(vec![None, Some("x")])))];
        let whole: ArrayRef = Arc::new(StructArray::from(parts.to_vec()));
        let record = r#"{"name": "a", "type": "RECORD", "fields": [{"name": "n", "type": "INTEGER"}, {"name": "t", "type": "STRING"}]}"#;
        same(whole.slice(1, 1), record, Type::JSONB, serde_json::json!([{"f": [{"v": "8"}, {"v": "x"}]}]));
    }

    #[test]
    fn other_columns_and_other_types_are_refused() {
        let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
        let ask = |name: &str, kind: &str, ty| {
            let fields = [field(&format!(r#"{{"name": "{name}", "type": "{kind}"}}"#))];
            from_arrow(&batch, &fields, &[OutputColumn::new("a", ty)]).map_err(|report| report.sqlstate.0)
        };
        assert!(ask("A", "INTEGER", Type::INT8).is_ok());
        assert_eq!(ask("b", "INTEGER", Type::INT8), Err("XX000"));
        assert_eq!(ask("a", "BOOLEAN", Type::BOOL), Err("22003"));
        assert_eq!(from_arrow(&batch, &[], &[]).unwrap_err().sqlstate.0, "XX000");
        assert_eq!(interval(IntervalMonthDayNano::new(-14, 3, -14_706_500_000_000)), "-1-2 3 -4:5:6.500");
        assert_eq!((float(1e16).as_str(), float(3.0).as_str(), float(f64::NEG_INFINITY).as_str()), ("1e16", "3.0", "-Infinity"));
        assert_eq!((decimal("-0.000").as_str(), decimal("10").as_str(), decimal("10.50").as_str()), ("0", "10", "10.5"));
    }
}
