//! The same rows on both sides: Parquet folders as Sluice reads them, loaded into PostgreSQL with COPY.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::pin::pin;

use bytes::Bytes;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use futures::SinkExt;
use tokio_postgres::Client;

/// A file, with the hive partition that it lies in.
type Part = (std::path::PathBuf, Option<(String, String)>);

/// Creates and fills a table for every file and hive folder of a directory, in a schema called like it.
pub async fn load(client: &Client, folder: &Path) {
    let schema = folder.file_name().and_then(|name| name.to_str()).expect("a plain name");
    client.batch_execute(&format!("CREATE SCHEMA \"{schema}\"; SET search_path = \"{schema}\"")).await.expect("a schema can be made");
    let mut tables: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for entry in sorted(folder) {
        let name = entry.file_stem().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        let files = tables.entry(name).or_default();
        if entry.is_file() {
            files.push((entry, None));
            continue;
        }
        for part in sorted(&entry) {
            if part.is_file() {
                files.push((part, None));
                continue;
            }
            let level = part.file_name().and_then(|name| name.to_str()).expect("a plain name");
            let (column, value) = level.split_once('=').expect("a hive partition");
            let partition = Some((column.to_owned(), value.to_owned()));
            files.extend(sorted(&part).into_iter().map(|file| (file, partition.clone())));
        }
    }
    for (table, files) in tables {
        let (first, partition) = &files[0];
        let schema = reader(first).schema().clone();
        let mut columns: Vec<String> = schema.fields().iter().map(|field| format!("\"{}\" {}", field.name(), pg_type(field))).collect();
        columns.extend(partition.iter().map(|(column, _)| format!("\"{column}\" date")));
        client.batch_execute(&format!("CREATE TABLE \"{table}\" ({})", columns.join(", "))).await.expect("a table can be made");
        let sink = client.copy_in(&format!("COPY \"{table}\" FROM STDIN")).await.expect("COPY starts");
        let mut sink = pin!(sink);
        for (file, partition) in &files {
            let last = partition.as_ref().map(|(_, value)| format!("\t{value}")).unwrap_or_default();
            for batch in reader(file).build().expect("Parquet that we wrote") {
                let batch = batch.expect("Parquet that we wrote");
                let text = copy_text(batch.columns(), batch.num_rows(), &last);
                sink.send(Bytes::from(text)).await.expect("COPY takes rows");
            }
        }
        sink.finish().await.unwrap_or_else(|error| panic!("COPY into {table}: {error}"));
    }
    client.batch_execute("ANALYZE").await.expect("ANALYZE runs");
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).expect("a folder that we wrote").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn reader(file: &Path) -> ParquetRecordBatchReaderBuilder<File> {
    ParquetRecordBatchReaderBuilder::try_new(File::open(file).expect("a file that we wrote")).expect("Parquet that we wrote")
}

fn pg_type(field: &datafusion::arrow::datatypes::Field) -> String {
    field.metadata().get("pg.type").unwrap_or_else(|| panic!("{} names no type", field.name())).clone()
}

/// Prints rows in COPY's text format.
fn copy_text(columns: &[ArrayRef], rows: usize, last: &str) -> String {
    let mut text = String::new();
    for row in 0..rows {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                text.push('\t');
            }
            match value(column, row) {
                None => text.push_str("\\N"),
                Some(value) => text.push_str(&value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")),
            }
        }
        text.push_str(last);
        text.push('\n');
    }
    text
}

fn value(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    if let DataType::List(_) = array.data_type() {
        let items = array.as_list::<i32>().value(row);
        let mut text = String::from("{");
        for i in 0..items.len() {
            let comma = if i == 0 { "" } else { "," };
            match value(&items, i) {
                None => write!(text, "{comma}NULL").expect("a String"),
                Some(item) => write!(text, "{comma}\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")).expect("a String"),
            }
        }
        return Some(text + "}");
    }
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::default()).expect("plain types");
    Some(formatter.value(row).to_string())
}

/// Tells whether every field says what PostgreSQL type it is.
pub fn is_typed(schema: &Schema) -> bool {
    schema.fields().iter().all(|field| field.metadata().contains_key("pg.type"))
}
