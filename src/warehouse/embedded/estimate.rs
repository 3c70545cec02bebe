//! What a plan reads, in bytes as BigQuery counts them: every column that is named, over every partition that is left.
//!
//! A table that is read twice is counted once, as BigQuery does: for each column the union of the partitions. LIMIT changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::columns::logical_width;
use super::folders::{DataFile, Format};
use super::metadata::MetadataCache;
use super::scan::Entry;
use crate::catalog::model::TableName;
use crate::error::Result;
use crate::guard::price::Bytes;
use crate::guard::{Accuracy, Estimate, Scan};

/// Prices the scans of a plan. Blocks on the disk where a footer is not known yet.
///
/// # Errors
/// 58000 when a file is gone or is no Parquet.
pub fn estimate(entries: &[Entry], metadata: &MetadataCache) -> Result<Estimate> {
    let mut tables: BTreeMap<&TableName, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        tables.entry(&entry.table.place.name).or_default().push(entry);
    }
    let mut scans = Vec::new();
    let mut accuracy = Accuracy::Exact;
    for entries in tables.values() {
        let (scan, sure) = table(entries, metadata)?;
        accuracy = accuracy.max(sure);
        scans.push(scan);
    }
    Ok(Estimate {
        bytes: Bytes(scans.iter().map(|scan| scan.bytes.0).sum()),
        accuracy,
        scans,
        warehouse_cache_hit: false,
        tables_told: true,
    })
}

/// Merges the scans of one table.
fn table(entries: &[&Entry], metadata: &MetadataCache) -> Result<(Scan, Accuracy)> {
    let table = &entries[0].table;
    // Which columns each file is read for.
    let mut files: BTreeMap<&Path, (&DataFile, BTreeSet<usize>)> = BTreeMap::new();
    for entry in entries {
        for file in &entry.files {
            files.entry(&file.path).or_insert_with(|| (file, BTreeSet::new())).1.extend(&entry.columns);
        }
    }
    let columns: BTreeSet<usize> = entries.iter().flat_map(|entry| &entry.columns).copied().collect();
    let partitions = files.values().map(|(file, _)| &file.partition).collect::<BTreeSet<_>>().len();
    let mut scan = Scan {
        table: table.place.name.clone(),
        partitions: (table.partition_columns > 0)
            .then(|| (u64::try_from(partitions).unwrap_or(u64::MAX), entries.iter().map(|entry| entry.partitions).max().unwrap_or(0))),
        columns: columns.iter().map(|i| table.columns[*i].name.clone()).collect(),
        columns_total: table.columns.len(),
        bytes: Bytes(0),
        column_bytes: Vec::new(),
    };
    if table.format == Format::Csv {
        // A CSV file is read whole, whatever is asked of it.
        scan.bytes = Bytes(files.values().filter(|(_, columns)| !columns.is_empty()).map(|(file, _)| file.size).sum());
        return Ok((scan, Accuracy::UpperBound));
    }
    let own = table.columns.len() - table.partition_columns;
    let mut by_column = vec![0_u64; table.columns.len()];
    let mut accuracy = Accuracy::Exact;
    for (file, read) in files.values() {
        let footer = metadata.get(file)?;
        if !read.is_empty() {
            accuracy = accuracy.max(footer.accuracy);
        }
        for (i, column) in table.columns.iter().enumerate() {
            let bytes = if i < own {
                footer.column_bytes(&column.name)
            } else {
                partition_bytes(file.partition[i - own].as_deref(), &table.partition_fields()[i - own], footer.rows)
            };
            by_column[i] += bytes;
            if read.contains(&i) {
                scan.bytes.0 += bytes;
            }
        }
    }
    scan.column_bytes = table.columns.iter().zip(by_column).map(|(column, bytes)| (column.name.clone(), Bytes(bytes))).collect();
    Ok((scan, accuracy))
}

/// A partition column is stored in the folder's name, yet counts as a column of the table.
fn partition_bytes(value: Option<&str>, field: &arrow::datatypes::Field, rows: u64) -> u64 {
    let Some(text) = value else { return 0 };
    rows * logical_width(field.data_type()).unwrap_or(2 + u64::try_from(text.len()).unwrap_or(0))
}
