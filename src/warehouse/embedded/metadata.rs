//! What a Parquet file's footer tells: rows, schema, and logical bytes by column. Kept by (file, size, time).

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::parquet::arrow::parquet_to_arrow_schema;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::columns::logical_width;
use super::folders::DataFile;
use super::strings;
use crate::error::{Report, Result, SqlState};
use crate::guard::Accuracy;

/// Files remembered at most; the oldest half goes when there are more.
const FILES_MAX: usize = 100_000;

/// What one file holds.
#[derive(Debug)]
pub struct FileMetadata {
    /// Rows.
    pub rows: u64,
    /// The file's own schema, partition columns not included.
    pub schema: SchemaRef,
    /// Logical bytes of each column of the schema, by BigQuery's rule.
    pub bytes: Vec<u64>,
    /// How far the figures may be trusted: exact where the writer recorded the size of its strings.
    pub accuracy: Accuracy,
}

impl FileMetadata {
    /// Returns the logical bytes of a column, 0 when the file does not have it.
    pub fn column_bytes(&self, name: &str) -> u64 {
        self.schema.index_of(name).map_or(0, |i| self.bytes[i])
    }
}

/// A footer with the size and modification time of the file that it was read from.
type Remembered = (u64, i128, Arc<FileMetadata>);

/// Remembered footers.
#[derive(Debug, Default)]
pub struct MetadataCache {
    files: Mutex<HashMap<PathBuf, Remembered>>,
}

impl MetadataCache {
    /// Returns a file's metadata, read when it is new or has changed. Blocks on the disk.
    ///
    /// # Errors
    /// 58000 when the file is gone or is no Parquet.
    pub fn get(&self, file: &DataFile) -> Result<Arc<FileMetadata>> {
        let lock = || self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((size, modified, metadata)) = lock().get(&file.path)
            && *size == file.size
            && *modified == file.modified
        {
            return Ok(metadata.clone());
        }
        let metadata = Arc::new(read(&file.path).map_err(|error| unreadable(&file.path, &error))?);
        let mut files = lock();
        if files.len() >= FILES_MAX {
            files.clear();
        }
        files.insert(file.path.clone(), (file.size, file.modified, metadata.clone()));
        Ok(metadata)
    }
}

/// The report about a file that should be readable and is not; the client learns its name, not where it lies.
pub fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Report {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    tracing::warn!(path = %path.display(), %error, "data file cannot be read");
    Report::new(SqlState::SYSTEM_ERROR, format!("could not read data file \"{name}\"")).hint("The file was removed, or it is damaged.")
}

fn read(path: &Path) -> Result<FileMetadata, ParquetError> {
    let source = Arc::new(File::open(path)?);
    let metadata = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip).parse_and_finish(source.as_ref())?;
    summarize(&metadata, &source)
}

fn summarize(metadata: &ParquetMetaData, source: &Arc<File>) -> Result<FileMetadata, ParquetError> {
    let file = metadata.file_metadata();
    let schema = Arc::new(parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata())?);
    let mut bytes = vec![0_u64; schema.fields().len()];
    let mut accuracy = Accuracy::Exact;
    for row_group in metadata.row_groups() {
        for (leaf, chunk) in row_group.columns().iter().enumerate() {
            let root = file.schema_descr().get_column_root_idx(leaf);
            let width = schema.fields().get(root).and_then(|field| logical_width(leaf_type(field.data_type())));
            let (size, sure) = chunk_bytes(chunk, width, source)?;
            bytes[root] = bytes[root].saturating_add(size);
            accuracy = accuracy.max(sure);
        }
    }
    Ok(FileMetadata { rows: u64::try_from(file.num_rows()).unwrap_or(0), schema, bytes, accuracy })
}

/// Returns the type of the values in a list, however deep; structs count by what their leaves hold at 8 bytes a value.
fn leaf_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
            leaf_type(item.data_type())
        }
        other => other,
    }
}

/// Returns the logical bytes of one column chunk, and how far they may be trusted.
fn chunk_bytes(chunk: &ColumnChunkMetaData, width: Option<u64>, source: &Arc<File>) -> Result<(u64, Accuracy), ParquetError> {
    let positive = |n: i64| u64::try_from(n).unwrap_or(0);
    let all = positive(chunk.num_values());
    // Values at the highest definition level are the ones that are there: not NULL, not an empty list.
    let defined = chunk.definition_level_histogram().and_then(|levels| levels.values().last().copied()).map(positive);
    let not_null = || chunk.statistics().and_then(|s| s.null_count_opt()).map(|nulls| all.saturating_sub(nulls));
    let required = chunk.column_descr().max_def_level() == 0;
    let values = if required { Some(all) } else { defined.or_else(not_null) };
    let sure = if values.is_some() { Accuracy::Exact } else { Accuracy::UpperBound };
    let values = values.unwrap_or(all);
    let data = match (width, chunk.unencoded_byte_array_data_bytes()) {
        (Some(width), _) => return Ok((values.saturating_mul(width), sure)),
        (None, Some(data)) => return Ok((positive(data).saturating_add(values.saturating_mul(2)), sure)),
        (None, None) => strings::bound(chunk, values, source)?,
    };
    Ok(match data {
        Some(data) => (data.saturating_add(values.saturating_mul(2)), Accuracy::UpperBound),
        None => (positive(chunk.uncompressed_size()).saturating_add(values.saturating_mul(2)), Accuracy::LowerBound),
    })
}
