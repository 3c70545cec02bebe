//! What the catalog knows of databases, schemas, tables and columns: plain values.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::name_sums::NameSums;
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

/// A schema-qualified table name, as the catalog spells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema (a BigQuery data set, a folder).
    pub schema: String,
    /// The table.
    pub table: String,
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

/// Changes whenever the table's content or shape may have changed (BigQuery: etag and lastModifiedTime; files: names, sizes, times).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableVersion(pub String);

/// What kind of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableKind {
    /// A base table.
    Table,
    /// A logical view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A table outside the warehouse's own storage.
    External,
    /// One of the warehouse that is known by its name only: its columns are read when they are needed, or when there is time.
    Listed,
    /// A relation of `pg_catalog`, `information_schema` or `sluice`: never costs anything.
    System,
}

/// How a table is cut into partitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partitioning {
    /// The column that decides (`_PARTITIONTIME` for ingestion time).
    pub column: String,
    /// `DAY`, `HOUR`, `MONTH`, `YEAR`, `RANGE`.
    pub unit: String,
    /// The warehouse itself refuses queries without a filter on the column.
    pub filter_required: bool,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// The name as the warehouse spells it.
    pub name: String,
    /// The PostgreSQL type that it is served as.
    pub ty: Type,
    /// The typmod, -1 for none.
    pub typmod: i32,
    /// May hold NULL.
    pub nullable: bool,
    /// The warehouse's own type, as in `STRUCT<a INT64>` or `Utf8View`: what the emitters convert from.
    pub native: String,
    /// The description, shown as the column's comment.
    pub description: Option<String>,
}

/// A key that the warehouse knows of. Nothing enforces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The constraint's name.
    pub name: String,
    /// The columns, counted from 0.
    pub columns: Vec<usize>,
    /// What a foreign key refers to; `None` for the primary key.
    pub refers: Option<Referred>,
}

/// What a foreign key refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referred {
    /// The table.
    pub table: TableName,
    /// The names of its columns.
    pub columns: Vec<String>,
}

/// What the warehouse itself hides of a table from some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// Rows, by row-level security.
    pub rows: bool,
    /// Columns, counted from 0, by the policy tags on them.
    pub tags: Vec<(usize, String)>,
}

/// One relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// A stable OID, a hash of the name.
    pub oid: u32,
    /// Its kind.
    pub kind: TableKind,
    /// Its columns in order; attribute numbers count from 1.
    pub columns: Vec<Column>,
    /// What finds its columns by their names.
    pub names: NameSums,
    /// Columns that queries may name and `*` leaves out (`_PARTITIONTIME`, `_TABLE_SUFFIX`); they are numbered behind `columns`.
    pub pseudo: Vec<Column>,
    /// Its partitioning, if any.
    pub partitioning: Option<Partitioning>,
    /// The names of its clustering columns.
    pub clustering: Vec<String>,
    /// Its keys.
    pub keys: Vec<Key>,
    /// What the warehouse hides of it, as far as it tells.
    pub protection: Protection,
    /// Rows, where the metadata tells.
    pub rows: Option<u64>,
    /// Logical bytes, where the metadata tells.
    pub bytes: Option<u64>,
    /// The version at the time of the snapshot.
    pub version: TableVersion,
    /// How long a cached answer over it may live at most, in seconds (streaming buffer, external: 60).
    pub max_cache_seconds: Option<u32>,
    /// The description, shown as the table's comment.
    pub description: Option<String>,
    /// The path in the warehouse, unquoted parts: project, data set, table.
    pub path: Vec<String>,
}

impl Table {
    /// Finds a column by exact name, else without regard to case if that is unambiguous (BigQuery's columns have no case).
    pub fn column(&self, name: &str) -> Option<usize> {
        let every = || self.columns.iter().chain(&self.pseudo);
        if let Some(i) = every().position(|column| column.name == name) {
            return Some(i);
        }
        let mut hits = every().enumerate().filter(|(_, column)| cut(&column.name).eq_ignore_ascii_case(name));
        let (i, _) = hits.next()?;
        hits.next().is_none().then_some(i)
    }

    /// Returns a column by its number, pseudo columns included.
    pub fn column_at(&self, column: usize) -> Option<&Column> {
        self.columns.iter().chain(&self.pseudo).nth(column)
    }

    /// Tells whether the table is partitioned by this column (both pseudo columns tell the time of ingestion).
    pub fn is_cut_by(&self, column: usize) -> bool {
        let Some((partitioning, column)) = self.partitioning.as_ref().zip(self.column_at(column)) else { return false };
        let by = &partitioning.column;
        column.name.eq_ignore_ascii_case(by) || (by == "_PARTITIONTIME" && column.name == "_PARTITIONDATE")
    }

    /// Returns itself where its columns are known, else what has to be read first.
    ///
    /// # Errors
    /// A report that names the relation as needed.
    pub fn known(self: &Arc<Table>) -> Result<&Arc<Table>> {
        if self.kind != TableKind::Listed {
            return Ok(self);
        }
        Err(needed(&self.name))
    }

    /// Makes one that is known by its name only.
    pub fn listed(name: TableName, path: Vec<String>) -> Table {
        Table {
            oid: stable_oid("table", &name.to_string()),
            name,
            kind: TableKind::Listed,
            columns: Vec::new(),
            names: NameSums::default(),
            pseudo: Vec::new(),
            partitioning: None,
            clustering: Vec::new(),
            keys: Vec::new(),
            protection: Protection::default(),
            rows: None,
            bytes: None,
            version: TableVersion(String::new()),
            max_cache_seconds: Some(0),
            description: None,
            path,
        }
    }

    /// Tells whether its rows are those of other tables.
    pub fn is_view(&self) -> bool {
        matches!(self.kind, TableKind::View | TableKind::MaterializedView)
    }

    /// Tells whether this relation belongs to the server itself and costs nothing.
    pub fn is_system(&self) -> bool {
        self.kind == TableKind::System
    }
}

/// The longest name, in bytes (PostgreSQL's NAMEDATALEN): clients' longer ones are cut.
pub const LONGEST_NAME: usize = 63;

/// Returns a name as PostgreSQL keeps it. The warehouse's longer names are found by what is left of them.
#[inline]
pub fn cut(name: &str) -> &str {
    if is_cut(name) { &name[..name.floor_char_boundary(LONGEST_NAME)] } else { name }
}

/// Tells whether PostgreSQL keeps less than the whole name.
#[inline]
pub fn is_cut(name: &str) -> bool {
    name.len() > LONGEST_NAME
}

/// One schema.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its relations by name.
    pub tables: BTreeMap<String, Arc<Table>>,
}

impl Schema {
    /// Finds a relation by exact name, else without regard to case if that is unambiguous.
    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        if let Some(table) = self.tables.get(name) {
            return Some(table);
        }
        let mut hits = self.tables.values().filter(|table| cut(&table.name.table).eq_ignore_ascii_case(name));
        let hit = hits.next()?;
        hits.next().is_none().then_some(hit)
    }
}

/// The whole catalog at one moment; immutable, shared by every query that started under it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The databases a client may connect to (the project; the demo's `shop`). The first is the default.
    pub databases: Vec<String>,
    /// The schema that unqualified names fall to, and that `public` means where no schema is called so.
    pub default_schema: Option<String>,
    /// Every schema, system ones included, by name.
    pub schemas: BTreeMap<String, Schema>,
    /// Other projects whose tables may be named in three parts. Their schemas are called `project.data_set`, and hold what has been named so far.
    pub others: Vec<String>,
    /// Counts refreshes; part of the key of everything cached by text.
    pub generation: u64,
}

impl Snapshot {
    /// Finds a schema: exact, then without case, then `public` as the default schema.
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        if let Some(schema) = self.schemas.get(name) {
            return Some(schema);
        }
        let mut hits = self.schemas.values().filter(|schema| cut(&schema.name).eq_ignore_ascii_case(name));
        if let (Some(hit), None) = (hits.next(), hits.next()) {
            return Some(hit);
        }
        (name == "public").then(|| self.schemas.get(self.default_schema.as_deref()?)).flatten()
    }

    /// Finds a relation. Unqualified names look in `pg_catalog`, then along the search path, then in the default schema.
    pub fn table(&self, schema: Option<&str>, name: &str, search_path: &[String]) -> Option<&Arc<Table>> {
        if let Some(schema) = schema {
            return self.schema(schema)?.table(name);
        }
        if let Some(table) = self.schemas.get("pg_catalog").and_then(|schema| schema.tables.get(name)) {
            return Some(table);
        }
        let path = search_path.iter().map(String::as_str).chain(self.default_schema.as_deref());
        path.filter_map(|schema| self.schema(schema)).find_map(|schema| schema.table(name))
    }

    /// Finds a table of another project.
    ///
    /// # Errors
    /// A report that names the relation as needed, where it has not been read.
    pub fn of_other(&self, project: &str, schema: &str, table: &str) -> Result<&Arc<Table>> {
        let name = TableName { schema: format!("{project}.{schema}"), table: table.to_owned() };
        let found = self.schemas.get(&name.schema).and_then(|schema| schema.tables.get(table));
        found.ok_or_else(|| needed(&name))
    }

    /// Returns the relations that are known by their names only.
    pub fn listed(&self) -> Vec<Arc<Table>> {
        self.tables().filter(|table| table.kind == TableKind::Listed).cloned().collect()
    }

    /// Returns every relation.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.schemas.values().flat_map(|schema| schema.tables.values())
    }
}

fn needed(name: &TableName) -> Report {
    let mut report = Report::new(SqlState::CONNECTION_FAILURE, format!("the columns of {name} have not been read yet"));
    report.needs = Some(Box::new((name.schema.clone(), name.table.clone())));
    report
}

/// Returns the stable OID of a named object: a hash above PostgreSQL's own range (16384 and up, below 2^31).
pub fn stable_oid(kind: &str, name: &str) -> u32 {
    // FNV-1a: stable across versions, platforms and replicas.
    let hash =
        kind.bytes().chain([0]).chain(name.bytes()).fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    16_384 + hash % (0x7fff_ffff - 16_384)
}
