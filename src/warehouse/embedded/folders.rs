//! Directories become schemas, files and hive-partitioned folders become tables.
//!
//! Of a path in the settings, each sub-directory is a schema; the path itself is one when it directly holds tables. In a schema, a
//! `.parquet` or `.csv` file is a table, and so is a folder of such files, with or without `day=2026-03-01` levels. Names that begin
//! with a dot or an underscore are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use arrow::datatypes::DataType;
use datafusion::scalar::ScalarValue;

use crate::catalog::model::{TableName, TableVersion};
use crate::error::{Report, Result, SqlState};

/// Levels of partition folders at most.
const DEPTH_MAX: usize = 8;
/// Hive's name for the partition of NULL.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// How a table's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Parquet.
    Parquet,
    /// CSV with a header line.
    Csv,
}

/// One file of a table, as it was when the folder was read.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub size: u64,
    /// When it was written, in nanoseconds since 1970.
    pub modified: i128,
    /// The values of the partition columns, as written in the path, decoded; `None` is NULL.
    pub partition: Vec<Option<String>>,
}

/// A table's place on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: TableName,
    /// The file, or the folder.
    pub path: PathBuf,
}

/// What a table's place holds at one moment.
#[derive(Clone, Debug)]
pub struct Listing {
    /// How the files are written.
    pub format: Format,
    /// The names of the partition columns, outermost first.
    pub partition_columns: Vec<String>,
    /// The files, sorted by path.
    pub files: Vec<DataFile>,
}

/// Finds the tables of a path in the settings; where two have one name, the first stays.
///
/// # Errors
/// 58000 when the path cannot be read.
pub fn find(root: &Path) -> Result<Vec<Place>> {
    let mut places = BTreeMap::new();
    let mut add = |schema: &str, path: PathBuf| {
        if let Some(table) = table_name(&path) {
            let name = TableName { schema: schema.to_owned(), table };
            places.entry(name.clone()).or_insert(Place { name, path });
        }
    };
    for entry in entries(root)? {
        if !entry.is_dir() || has_partitions(&entry) {
            if let Some(schema) = root.canonicalize().ok().as_deref().and_then(file_name) {
                add(&schema, entry);
            }
            continue;
        }
        let Some(schema) = file_name(&entry) else { continue };
        for table in entries(&entry)? {
            add(&schema, table);
        }
    }
    Ok(places.into_values().collect())
}

/// Lists the files of a table. Blocks on the disk.
///
/// # Errors
/// 42P01 when nothing is left of it, 58000 when the folder mixes formats or partition columns.
pub fn list(place: &Place) -> Result<Listing> {
    let gone = || Report::new(SqlState::UNDEFINED_TABLE, format!("the files of table \"{}\" are gone", place.name));
    let mut found = Vec::new();
    if place.path.is_dir() {
        walk(&place.path, &mut Vec::new(), &mut found).map_err(|error| broken(place, &error.to_string()))?;
    } else if let Some((file, format)) = data_file(&place.path, &[]) {
        found.push((Vec::new(), file, format));
    }
    found.sort_by(|a, b| a.1.path.cmp(&b.1.path));
    let Some((columns, _, format)) = found.first().cloned() else { return Err(gone()) };
    if found.iter().any(|(_, _, other)| *other != format) {
        return Err(broken(place, "it holds both Parquet and CSV files"));
    }
    if found.iter().any(|(other, _, _)| *other != columns) {
        return Err(broken(place, "its files do not all lie below the same partition columns"));
    }
    Ok(Listing { format, partition_columns: columns, files: found.into_iter().map(|(_, file, _)| file).collect() })
}

impl Listing {
    /// Returns the version: a hash of every file's name, size and time.
    pub fn version(&self) -> TableVersion {
        let mut hash = blake3::Hasher::new();
        for file in &self.files {
            hash.update(file.path.as_os_str().as_encoded_bytes());
            hash.update(&[0]);
            hash.update(&file.size.to_le_bytes());
            hash.update(&file.modified.to_le_bytes());
        }
        TableVersion(hash.finalize().to_hex()[..32].to_owned())
    }

    /// Infers the type of each partition column from all of its values: date, else bigint, else text.
    pub fn partition_types(&self) -> Vec<DataType> {
        let values = |i: usize| self.files.iter().filter_map(move |file| file.partition[i].as_deref()).collect::<BTreeSet<_>>();
        (0..self.partition_columns.len())
            .map(|i| {
                let values = values(i);
                let all = |data_type: DataType| {
                    values.iter().all(|value| partition_value(Some(value), &data_type).is_some()).then_some(data_type)
                };
                if values.is_empty() {
                    return DataType::Utf8;
                }
                all(DataType::Date32).or_else(|| all(DataType::Int64)).unwrap_or(DataType::Utf8)
            })
            .collect()
    }
}

/// Reads a partition value as a type; `None` when it is no value of it.
pub fn partition_value(text: Option<&str>, data_type: &DataType) -> Option<ScalarValue> {
    Some(match data_type {
        DataType::Date32 => ScalarValue::Date32(match text {
            Some(text) => Some(days(text)?),
            None => None,
        }),
        // `007` is a name, not a number: it would not be found again under its own spelling.
        DataType::Int64 => ScalarValue::Int64(match text {
            Some(text) => Some(text.parse::<i64>().ok().filter(|number| number.to_string() == text)?),
            None => None,
        }),
        _ => ScalarValue::Utf8(text.map(str::to_owned)),
    })
}

fn days(text: &str) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    i32::try_from((date - chrono::NaiveDate::default()).num_days()).ok()
}

type Found = (Vec<String>, DataFile, Format);

/// Gathers the files below a folder, with the partition columns that lead to each.
fn walk(folder: &Path, partition: &mut Vec<(String, Option<String>)>, found: &mut Vec<Found>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !hidden(name)) else { continue };
        let path = entry.path();
        let is_dir = entry.file_type().map(|kind| if kind.is_symlink() { path.is_dir() } else { kind.is_dir() })?;
        if !is_dir {
            if let Some((file, format)) = data_file(&path, partition) {
                found.push((partition.iter().map(|(column, _)| column.clone()).collect(), file, format));
            }
        } else if partition.len() < DEPTH_MAX
            && let Some((column, value)) = name.split_once('=')
        {
            let value = (value != HIVE_NULL).then(|| percent_decode(value));
            partition.push((column.to_owned(), value));
            walk(&path, partition, found)?;
            partition.pop();
        }
    }
    Ok(())
}

/// Describes a data file; `None` when it is something else, or has just gone.
fn data_file(path: &Path, partition: &[(String, Option<String>)]) -> Option<(DataFile, Format)> {
    let format = format_of(path)?;
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let modified = match metadata.modified().ok()?.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    let partition = partition.iter().map(|(_, value)| value.clone()).collect();
    Some((DataFile { path: path.to_owned(), size: metadata.len(), modified, partition }, format))
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "parquet" => Some(Format::Parquet),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}

/// Returns the entries of a directory that could be schemas or tables, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |error: std::io::Error| {
        Report::new(SqlState::SYSTEM_ERROR, format!("could not read directory \"{}\": {error}", folder.display()))
            .hint("Check backend.local.paths.")
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if file_name(&path).is_some_and(|name| !hidden(&name)) && (path.is_dir() || format_of(&path).is_some()) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn has_partitions(folder: &Path) -> bool {
    let is_partition = |entry: fs::DirEntry| entry.path().is_dir() && entry.file_name().to_str().is_some_and(|name| name.contains('='));
    fs::read_dir(folder).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(is_partition)))
}

fn table_name(path: &Path) -> Option<String> {
    if path.is_dir() { file_name(path) } else { Some(path.file_stem()?.to_str()?.to_owned()) }
}

fn file_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

fn hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

fn broken(place: &Place, why: &str) -> Report {
    Report::new(SqlState::SYSTEM_ERROR, format!("table \"{}\" cannot be read: {why}", place.name))
}

/// Hive writes `/`, `:`, `=` and others in values as `%2F`.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = text.get(i + 1..i + 3).filter(|_| bytes[i] == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(code.unwrap_or(bytes[i]));
        i += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("sluice-folders-{}-{:x}", std::process::id(), files.len() * 7919 + files[0].len()));
        fs::remove_dir_all(&root).ok();
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a\n1\n").unwrap();
        }
        root
    }

    #[test]
    fn folders_are_schemas_and_files_are_tables() {
        let root = tree(&[
            "shop/orders/day=2026-03-01/a.csv",
            "shop/orders/day=2026-03-02/a.csv",
            "shop/_tmp/x.csv",
            "shop/items.csv",
            "s2/t.parquet",
        ]);
        let places = find(&root).unwrap();
        let names: Vec<String> = places.iter().map(|place| place.name.to_string()).collect();
        assert_eq!(names, ["s2.t", "shop.items", "shop.orders"]);
        let orders = list(&places[2]).unwrap();
        assert_eq!(orders.partition_columns, ["day"]);
        assert_eq!(orders.partition_types(), [DataType::Date32]);
        assert_eq!(orders.files[1].partition, [Some("2026-03-02".to_owned())]);
        // A file more is another version; a table without files is no table.
        let before = orders.version();
        fs::write(root.join("shop/orders/day=2026-03-02/b.csv"), "a\n").unwrap();
        assert_ne!(list(&places[2]).unwrap().version(), before);
        fs::remove_dir_all(root.join("shop/orders")).unwrap();
        assert_eq!(list(&places[2]).unwrap_err().sqlstate, SqlState::UNDEFINED_TABLE);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_path_that_holds_tables_is_a_schema_itself() {
        let root =
            tree(&["orders/region=E%2FU/a.csv", "orders/region=007/a.csv", "orders/region=__HIVE_DEFAULT_PARTITION__/a.csv", "t.csv"]);
        let places = find(&root).unwrap();
        let schema = root.file_name().unwrap().to_str().unwrap();
        assert_eq!(
            places.iter().map(|place| place.name.to_string()).collect::<Vec<_>>(),
            [format!("{schema}.orders"), format!("{schema}.t")]
        );
        let orders = list(&places[0]).unwrap();
        assert_eq!(orders.partition_types(), [DataType::Utf8]);
        let values: Vec<Option<&str>> = orders.files.iter().map(|file| file.partition[0].as_deref()).collect();
        assert_eq!(values, [Some("007"), Some("E/U"), None]);
        fs::remove_dir_all(root).unwrap();
    }
}
