//! The tables of the folders: their shape for the catalog and the engine, their files for each query.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::csv::reader::Format as CsvFormat;
use tokio::sync::Notify;

use super::columns;
use super::folders::{self, DataFile, Format, Listing, Place};
use super::metadata::{MetadataCache, unreadable};
use crate::catalog::model::{self, Column, Partitioning, Snapshot, TableKind, TableVersion, stable_oid};
use crate::error::{Report, Result, SqlState};

/// How long a listing of a folder serves the stages of a query and its neighbours.
const LISTING_FRESH: Duration = Duration::from_millis(500);
/// Lines of a CSV file that its column types are inferred from.
const CSV_SAMPLE: usize = 20_000;

/// One table: where it is, what it looks like, which files it has.
#[derive(Debug)]
pub struct FolderTable {
    /// Its place.
    pub place: Place,
    /// How its files are written.
    pub format: Format,
    /// Its columns as the catalog shows them, in the order of `schema`.
    pub columns: Vec<Column>,
    /// Its columns as the engine reads them: the files' own, then the partition columns.
    pub schema: SchemaRef,
    /// How many of the columns are partition columns.
    pub partition_columns: usize,
    listing: Mutex<(Instant, Arc<Listing>)>,
    metadata: Arc<MetadataCache>,
    /// Told when the files have another shape than the catalog says.
    outdated: Arc<Notify>,
}

impl FolderTable {
    /// Reads the shape of a table from its files. Blocks on the disk.
    ///
    /// # Errors
    /// 42P01 when there is no file, 58000 when the files cannot be read or do not agree.
    pub fn load(place: Place, metadata: &Arc<MetadataCache>, outdated: &Arc<Notify>) -> Result<FolderTable> {
        let listing = folders::list(&place)?;
        let (mut columns, mut fields): (Vec<Column>, Vec<Field>) = served_columns(&place, &listing, metadata)?.into_iter().unzip();
        for (name, data_type) in listing.partition_columns.iter().zip(listing.partition_types()) {
            let nulls = listing.files.iter().any(|file| file.partition.contains(&None));
            let (column, read) = columns::column(&Field::new(name, data_type, nulls)).expect("partition columns have plain types");
            columns.push(column);
            fields.push(read);
        }
        let partition_columns = listing.partition_columns.len();
        let format = listing.format;
        let schema = Arc::new(Schema::new(fields));
        let listing = Mutex::new((Instant::now(), Arc::new(listing)));
        let (metadata, outdated) = (metadata.clone(), outdated.clone());
        Ok(FolderTable { place, format, columns, schema, partition_columns, listing, metadata, outdated })
    }

    /// Returns the files, listed again unless that has just been done. Blocks on the disk.
    ///
    /// # Errors
    /// 42P01 when nothing is left, 58000 when the folder is no longer the table that it was.
    pub fn listing(&self) -> Result<Arc<Listing>> {
        let lock = || self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = {
            let known = lock();
            if known.0.elapsed() < LISTING_FRESH {
                return Ok(known.1.clone());
            }
            known.1.clone()
        };
        let listing = Arc::new(folders::list(&self.place)?);
        if !self.is_shape_of(&listing, &known)? {
            self.outdated.notify_one();
            let message = format!("the files of table \"{}\" have changed their shape", self.place.name);
            return Err(Report::new(SqlState::SYSTEM_ERROR, message).hint("The catalog is being read again; try in a moment."));
        }
        *lock() = (Instant::now(), listing.clone());
        Ok(listing)
    }

    /// Tells whether files still have every column of the table, of the same types: where one is gone, the engine would read NULLs.
    fn is_shape_of(&self, listing: &Listing, known: &Listing) -> Result<bool> {
        if listing.format != self.format || listing.partition_columns.len() != self.partition_columns {
            return Ok(false);
        }
        if listing.version() == known.version() {
            return Ok(true);
        }
        let present = served_columns(&self.place, listing, &self.metadata)?;
        let is_there = |field: &arrow::datatypes::FieldRef| {
            present.iter().any(|(_, other)| {
                other.name() == field.name() && other.data_type() == field.data_type() && (field.is_nullable() || !other.is_nullable())
            })
        };
        let own = &self.schema.fields()[..self.schema.fields().len() - self.partition_columns];
        if present.len() > own.len() {
            self.outdated.notify_one(); // a new column keeps nobody from reading the others
        }
        // The fields of CSV are read by their places.
        let in_place = self.format != Format::Csv || own.iter().zip(&present).all(|(field, (_, other))| field.name() == other.name());
        Ok(in_place && own.iter().all(is_there))
    }

    /// Returns the types of the partition columns.
    pub fn partition_fields(&self) -> &[arrow::datatypes::FieldRef] {
        &self.schema.fields()[self.schema.fields().len() - self.partition_columns..]
    }

    /// Returns the schema of what stands in the files themselves.
    pub fn file_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.schema.fields()[..self.schema.fields().len() - self.partition_columns].to_vec()))
    }

    /// Returns the table as the catalog shows it. Blocks on the disk.
    ///
    /// # Errors
    /// As [`FolderTable::listing`].
    pub fn model(&self, metadata: &MetadataCache) -> Result<model::Table> {
        let listing = self.listing()?;
        let size = size_of(self, &listing.files, metadata)?;
        let partitioning = self.partition_fields().first().map(|field| Partitioning {
            column: field.name().clone(),
            unit: if *field.data_type() == DataType::Date32 { "DAY" } else { "RANGE" }.to_owned(),
            filter_required: false,
        });
        Ok(model::Table {
            name: self.place.name.clone(),
            oid: stable_oid("table", &self.place.name.to_string()),
            kind: TableKind::Table,
            columns: self.columns.clone(),
            partitioning,
            clustering: Vec::new(),
            keys: Vec::new(),
            protection: model::Protection::default(),
            rows: size.map(|(rows, _)| rows),
            bytes: size.map(|(_, bytes)| bytes),
            version: listing.version(),
            names: Default::default(),
            max_cache_seconds: None,
            pseudo: Vec::new(),
            description: None,
            path: vec![self.place.name.schema.clone(), self.place.name.table.clone()],
        })
    }

    /// Returns the present version. Blocks on the disk.
    ///
    /// # Errors
    /// As [`FolderTable::listing`].
    pub fn version(&self) -> Result<TableVersion> {
        Ok(self.listing()?.version())
    }
}

/// Every table of the settings' paths.
#[derive(Debug, Default)]
pub struct Tables {
    tables: BTreeMap<String, BTreeMap<String, Arc<FolderTable>>>,
}

impl Tables {
    /// Reads the folders. A table that cannot be read is left out and logged: the others are served. Blocks on the disk.
    ///
    /// # Errors
    /// 58000 when a path itself cannot be read.
    pub fn load(paths: &[PathBuf], metadata: &Arc<MetadataCache>, outdated: &Arc<Notify>) -> Result<Tables> {
        let mut tables = Tables::default();
        for path in paths {
            for place in folders::find(path)? {
                let name = place.name.clone();
                let schema = tables.tables.entry(name.schema.clone()).or_default();
                if schema.contains_key(&name.table) {
                    continue;
                }
                match FolderTable::load(place, metadata, outdated) {
                    Ok(table) => {
                        schema.insert(name.table, Arc::new(table));
                    }
                    Err(error) => tracing::warn!(table = %name, error = %error.message, "table is left out"),
                }
            }
        }
        tables.tables.retain(|_, schema| !schema.is_empty());
        Ok(tables)
    }

    /// Finds a table by its exact name.
    pub fn get(&self, schema: &str, table: &str) -> Option<&Arc<FolderTable>> {
        self.tables.get(schema)?.get(table)
    }

    /// Returns the names of the schemas.
    pub fn schemas(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    /// Returns the names of a schema's tables.
    pub fn names(&self, schema: &str) -> Vec<String> {
        self.tables.get(schema).map(|tables| tables.keys().cloned().collect()).unwrap_or_default()
    }

    /// Makes the catalog's picture of them. Blocks on the disk.
    pub fn snapshot(&self, database: &str, metadata: &MetadataCache) -> Snapshot {
        let mut snapshot = Snapshot { databases: vec![database.to_owned()], ..Snapshot::default() };
        for (name, tables) in &self.tables {
            let mut schema = model::Schema { name: name.clone(), ..model::Schema::default() };
            for (name, table) in tables {
                match table.model(metadata) {
                    Ok(model) => {
                        schema.tables.insert(name.clone(), Arc::new(model));
                    }
                    Err(error) => tracing::warn!(table = %table.place.name, error = %error.message, "table is left out"),
                }
            }
            snapshot.schemas.insert(name.clone(), schema);
        }
        // The schema called like the database, else the only one.
        let by_name = snapshot.schemas.keys().find(|name| *name == database);
        let only = snapshot.schemas.keys().next().filter(|_| snapshot.schemas.len() == 1);
        snapshot.default_schema = by_name.or(only).cloned();
        snapshot
    }
}

/// Returns (rows, logical bytes) of files; `None` for CSV, whose rows nobody has counted.
fn size_of(table: &FolderTable, files: &[DataFile], metadata: &MetadataCache) -> Result<Option<(u64, u64)>> {
    if table.format == Format::Csv {
        return Ok(None);
    }
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    for file in files {
        let file = metadata.get(file)?;
        rows += file.rows;
        bytes += file.bytes.iter().sum::<u64>();
        let widths = table.partition_fields().iter().map(|field| columns::logical_width(field.data_type()).unwrap_or(8));
        bytes += widths.map(|width| width * file.rows).sum::<u64>();
    }
    Ok(Some((rows, bytes)))
}

/// Returns the columns of the files that are served: as the catalog shows them, and as the engine reads them.
fn served_columns(place: &Place, listing: &Listing, metadata: &MetadataCache) -> Result<Vec<(Column, Field)>> {
    let mut served = Vec::new();
    for field in file_fields(place, listing, metadata)? {
        if listing.partition_columns.contains(field.name()) {
            continue; // some writers keep the column in the file too; the path has the last word
        }
        match columns::column(&field) {
            Some(column) => served.push(column),
            None => tracing::info!(table = %place.name, column = field.name(), "column has a type that is not served"),
        }
    }
    Ok(served)
}

/// Returns the union of the files' columns, in order of appearance. Files of CSV have to agree on it: they are read by their places.
fn file_fields(place: &Place, listing: &Listing, metadata: &MetadataCache) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    let mut previous: Option<SchemaRef> = None;
    for file in &listing.files {
        let schema = match listing.format {
            Format::Parquet => metadata.get(file)?.schema.clone(),
            Format::Csv => Arc::new(csv_schema(file)?),
        };
        if previous.as_ref() == Some(&schema) {
            continue;
        }
        if listing.format == Format::Csv && !schema.fields().iter().zip(&fields).all(|(field, known)| field.name() == known.name()) {
            let message = format!("the columns of table \"{}\" stand in different orders in different files", place.name);
            return Err(Report::new(SqlState::SYSTEM_ERROR, message));
        }
        for field in schema.fields() {
            match fields.iter_mut().find(|known| known.name() == field.name()) {
                None => {
                    // A column that earlier files do not have is NULL there.
                    let nullable = field.is_nullable() || previous.is_some();
                    fields.push(field.as_ref().clone().with_nullable(nullable));
                }
                Some(known) => {
                    let wider = wider(known.data_type(), field.data_type()).ok_or_else(|| {
                        let message =
                            format!("column \"{}\" of table \"{}\" has different types in different files", known.name(), place.name);
                        Report::new(SqlState::SYSTEM_ERROR, message)
                    })?;
                    *known = known.clone().with_data_type(wider).with_nullable(known.is_nullable() || field.is_nullable());
                }
            }
        }
        if let Some(previous) = &previous {
            let missing = |field: &Field| schema.index_of(field.name()).is_err() && previous.index_of(field.name()).is_ok();
            fields.iter_mut().filter(|field| missing(field)).for_each(|field| *field = field.clone().with_nullable(true));
        }
        previous = Some(schema);
    }
    Ok(fields)
}

/// Returns the type that holds values of both, where files written at different times disagree.
fn wider(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Float32, Float64, Int8, Int16, Int32, Int64, Null, Utf8};
    let rank = |t: &DataType| [Int8, Int16, Int32, Int64].iter().position(|integer| integer == t);
    Some(match (a, b) {
        (a, b) if columns::canonical(a).is_some() && columns::canonical(a) == columns::canonical(b) => a.clone(),
        (a, b) if a == b => a.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (a, b) if rank(a).is_some() && rank(b).is_some() => {
            if rank(a) < rank(b) {
                b.clone()
            } else {
                a.clone()
            }
        }
        (Float32 | Float64, Float32 | Float64) => Float64,
        (Utf8, Int64 | Float64 | DataType::Boolean | DataType::Date32 | DataType::Timestamp(..)) => Utf8,
        (Int64 | Float64 | DataType::Boolean | DataType::Date32 | DataType::Timestamp(..), Utf8) => Utf8,
        _ => return None,
    })
}

/// Infers a CSV file's columns from its header and its first lines.
fn csv_schema(file: &DataFile) -> Result<Schema> {
    let opened = File::open(&file.path).map_err(|error| unreadable(&file.path, &error))?;
    let format = CsvFormat::default().with_header(true);
    let (schema, _) = format.infer_schema(opened, Some(CSV_SAMPLE)).map_err(|error| unreadable(&file.path, &error))?;
    // A column without a value so far is text.
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Null => field.as_ref().clone().with_data_type(DataType::Utf8).with_nullable(true),
        _ => field.as_ref().clone().with_nullable(true),
    });
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}
