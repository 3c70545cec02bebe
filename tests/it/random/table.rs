//! The table of the random queries (`rows.tsv`), in each of the forms in which it is loaded.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;

/// Name, PostgreSQL's type, BigQuery's type.
const COLUMNS: [(&str, &str, &str); 12] = [
    ("id", "int8", "INT64"),
    ("a", "int8", "INT64"),
    ("b", "int8", "INT64"),
    ("x", "float8", "FLOAT64"),
    ("n", "numeric(10,2)", "NUMERIC(10, 2)"),
    ("s", "text", "STRING"),
    ("k", "text", "STRING"),
    ("d", "date", "DATE"),
    ("ts", "timestamp", "DATETIME"),
    ("tz", "timestamptz", "TIMESTAMP"),
    ("f", "bool", "BOOL"),
    ("j", "jsonb", "JSON"),
];

/// Returns the rows; `None` is NULL.
fn rows() -> Vec<Vec<Option<String>>> {
    let lines = include_str!("rows.tsv").lines().skip(1);
    let value = |text: &str| (text != "\\N").then(|| text.replace("\\\\", "\\"));
    lines.map(|line| line.split('\t').map(value).collect()).collect()
}

/// Returns the statements that make the table on PostgreSQL.
pub fn postgresql() -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, ty, _)| format!("{name} {ty}")).collect();
    let quoted = |value: &Option<String>| value.as_ref().map_or("NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")));
    let rows: Vec<String> = rows().iter().map(|row| format!("({})", row.iter().map(quoted).collect::<Vec<_>>().join(", "))).collect();
    format!("CREATE TABLE t ({}); INSERT INTO t VALUES {}", columns.join(", "), rows.join(", "))
}

/// Returns the statements that make the table on BigQuery.
pub fn googlesql() -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, _, ty)| format!("{name} {ty}")).collect();
    let literal = |(value, (_, _, ty)): (&Option<String>, &(&str, &str, &str))| {
        let Some(text) = value else { return "NULL".to_owned() };
        let quoted = format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        match ty.split('(').next().expect("a name") {
            "INT64" | "BOOL" => text.clone(),
            "STRING" => quoted,
            "FLOAT64" => format!("CAST({quoted} AS FLOAT64)"),
            ty => format!("{ty} {quoted}"),
        }
    };
    let rows: Vec<String> =
        rows().iter().map(|row| format!("({})", row.iter().zip(&COLUMNS).map(literal).collect::<Vec<_>>().join(", "))).collect();
    format!("CREATE TABLE t ({}); INSERT INTO t VALUES {};", columns.join(", "), rows.join(", "))
}

/// Writes the table as a Parquet file `t` into a folder.
pub fn write_parquet(folder: &Path) {
    fs::create_dir_all(folder).expect("the temporary folder can be written");
    let rows = rows();
    let arrays: Vec<ArrayRef> =
        COLUMNS.iter().enumerate().map(|(i, (_, ty, _))| array(ty, rows.iter().map(|row| row[i].as_deref()).collect())).collect();
    let field = |((name, ty, _), array): (&(&str, &str, &str), &ArrayRef)| {
        Field::new(*name, array.data_type().clone(), true).with_metadata([("pg.type".to_owned(), (*ty).to_owned())].into())
    };
    let schema = Arc::new(Schema::new(COLUMNS.iter().zip(&arrays).map(field).collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(schema.clone(), arrays).expect("columns of one length");
    let file = File::create(folder.join("t.parquet")).expect("the temporary folder can be written");
    let mut writer = ArrowWriter::try_new(file, schema, None).expect("Parquet can be written");
    writer.write(&batch).and_then(|()| writer.close()).expect("Parquet can be written");
}

fn array(ty: &str, values: Vec<Option<&str>>) -> ArrayRef {
    let parsed = values.into_iter();
    match ty {
        "int8" => Arc::new(parsed.map(|value| value.map(|text| text.parse().expect("an integer"))).collect::<Int64Array>()),
        "float8" => Arc::new(parsed.map(|value| value.map(|text| text.parse().expect("a float"))).collect::<Float64Array>()),
        "bool" => Arc::new(parsed.map(|value| value.map(|text| text == "true")).collect::<BooleanArray>()),
        "date" => {
            let days = |text: &str| {
                let date: NaiveDate = text.parse().expect("a date");
                i32::try_from((date - NaiveDate::default()).num_days()).expect("a near date")
            };
            Arc::new(parsed.map(|value| value.map(days)).collect::<Date32Array>())
        }
        "timestamp" => {
            let micros =
                |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").expect("a timestamp").and_utc().timestamp_micros();
            Arc::new(parsed.map(|value| value.map(micros)).collect::<TimestampMicrosecondArray>())
        }
        "timestamptz" => {
            let micros = |text: &str| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").expect("a timestamp").timestamp_micros();
            Arc::new(parsed.map(|value| value.map(micros)).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        "numeric(10,2)" => {
            let cents = |text: &str| text.replace('.', "").parse::<i128>().expect("cents");
            let array: Decimal128Array = parsed.map(|value| value.map(cents)).collect();
            Arc::new(array.with_precision_and_scale(10, 2).expect("numeric(10,2)"))
        }
        _ => Arc::new(parsed.collect::<StringArray>()),
    }
}

#[test]
fn the_rows_have_every_column() {
    assert!(rows().iter().all(|row| row.len() == COLUMNS.len()));
}
