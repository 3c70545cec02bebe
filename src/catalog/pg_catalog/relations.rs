//! Tables, views, columns and their comments: `pg_class`, `pg_attribute`, `pg_description`, `pg_tables`, `pg_views`, ...

use std::sync::Arc;

use super::cells::{Cell, Row};
use super::{OWNER, World, builtin, keys, row_types, schema_oid, system_kind};
use crate::catalog::model::{Table, TableKind};

/// `pg_class`'s own OID, the class of comments on relations and columns.
pub const PG_CLASS: i64 = 1259;
/// `pg_namespace`'s own OID, the class of comments on schemas.
pub const PG_NAMESPACE: i64 = 2615;
/// Who provides the labels of columns.
const TAGS: &str = "bigquery";
const BLOCK_BYTES: u64 = 8192;

/// Returns `relkind`. Tables outside the warehouse's own storage are tables like all others to tools.
pub fn kind(table: &Table) -> char {
    match table.kind {
        TableKind::Table | TableKind::External | TableKind::Listed => 'r',
        TableKind::View => 'v',
        TableKind::MaterializedView => 'm',
        TableKind::System => system_kind(&table.name),
    }
}

/// A count as a column holds it.
pub fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// `pg_class`.
pub fn classes(world: &World) -> Vec<Row> {
    let row = |table: &Arc<Table>| {
        let kind = kind(table);
        let stored = kind == 'r' || kind == 'm';
        let pages = table.bytes.map_or(0, |bytes| i64::from(i32::try_from(bytes.div_ceil(BLOCK_BYTES)).unwrap_or(i32::MAX)));
        #[allow(clippy::cast_precision_loss, reason = "reltuples is a float4 in PostgreSQL too")]
        let tuples = table.rows.map_or(-1.0, |rows| rows as f64);
        vec![
            ("oid", Cell::Int(table.oid.into())),
            ("relname", Cell::Text(table.name.table.clone())),
            ("relnamespace", Cell::Int(schema_oid(&table.name.schema).into())),
            ("reltype", Cell::Int(row_types::oids(table).0.into())),
            ("reloftype", Cell::Int(0)),
            ("relowner", Cell::Int(OWNER.into())),
            ("relam", Cell::Int(if stored { 2 } else { 0 })),
            ("relfilenode", Cell::Int(if stored { table.oid.into() } else { 0 })),
            ("reltablespace", Cell::Int(0)),
            // Some readers cut what has pages by ctid, and there is none.
            ("relpages", Cell::Int(0)),
            ("reltuples", Cell::Float(tuples)),
            ("relallvisible", Cell::Int(pages)),
            ("reltoastrelid", Cell::Int(0)),
            ("relhasindex", Cell::Bool(keys::has_index(table))),
            ("relisshared", Cell::Bool(false)),
            ("relpersistence", Cell::Text("p".into())),
            ("relkind", Cell::Text(kind.into())),
            ("relnatts", Cell::Int(count(table.columns.len() as u64))),
            ("relchecks", Cell::Int(0)),
            ("relhasrules", Cell::Bool(kind == 'v')),
            ("relhastriggers", Cell::Bool(false)),
            ("relhassubclass", Cell::Bool(false)),
            ("relrowsecurity", Cell::Bool(table.protection.rows)),
            ("relforcerowsecurity", Cell::Bool(false)),
            ("relispopulated", Cell::Bool(true)),
            ("relreplident", Cell::Text(if table.is_system() || !stored { "n" } else { "d" }.into())),
            ("relispartition", Cell::Bool(false)),
            ("relrewrite", Cell::Int(0)),
            ("relfrozenxid", Cell::Int(if kind == 'v' { 0 } else { 3 })),
            ("relminmxid", Cell::Int(i64::from(kind != 'v'))),
        ]
    };
    world.snapshot.tables().map(row).collect()
}

/// `pg_attribute`.
pub fn attributes(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in world.snapshot.tables() {
        for (number, column) in (1_i64..).zip(&table.columns) {
            let storage = builtin::storage(column.ty);
            // The columns of the catalog's tables do not sort by the database's collation.
            let catalog = table.name.schema == "pg_catalog" && kind(table) == 'r';
            let collation = if storage.collation == 100 && catalog { 950 } else { storage.collation };
            rows.push(vec![
                ("attrelid", Cell::Int(table.oid.into())),
                ("attname", Cell::Text(column.name.clone())),
                ("atttypid", Cell::Int(column.ty.0.into())),
                ("attstattarget", Cell::Int(-1)),
                ("attlen", Cell::Int(storage.length)),
                ("attnum", Cell::Int(number)),
                ("attndims", Cell::Int(i64::from(column.ty.is_array()))),
                ("attcacheoff", Cell::Int(-1)),
                ("atttypmod", Cell::Int(column.typmod.into())),
                ("attbyval", Cell::Bool(storage.by_value)),
                ("attalign", Cell::Text(storage.align.into())),
                ("attstorage", Cell::Text(storage.storage.into())),
                ("attcompression", Cell::Text(String::new())),
                ("attnotnull", Cell::Bool(!column.nullable)),
                ("atthasdef", Cell::Bool(false)),
                ("atthasmissing", Cell::Bool(false)),
                ("attidentity", Cell::Text(String::new())),
                ("attgenerated", Cell::Text(String::new())),
                ("attisdropped", Cell::Bool(false)),
                ("attislocal", Cell::Bool(true)),
                ("attinhcount", Cell::Int(0)),
                ("attcollation", Cell::Int(collation)),
            ]);
        }
    }
    rows
}

/// `pg_description`: comments on schemas, relations and columns.
pub fn descriptions(world: &World) -> Vec<Row> {
    let row = |object: u32, class: i64, column: i64, text: &str| {
        vec![
            ("objoid", Cell::Int(object.into())),
            ("classoid", Cell::Int(class)),
            ("objsubid", Cell::Int(column)),
            ("description", Cell::Text(text.to_owned())),
        ]
    };
    let mut rows: Vec<Row> = builtin::comments().iter().map(|comment| row(comment.object, comment.class.into(), 0, comment.text)).collect();
    for schema in world.snapshot.schemas.values() {
        let schema_comment = schema.description.as_ref().filter(|_| builtin::comment(None, schema_oid(&schema.name)).is_none());
        rows.extend(schema_comment.as_ref().map(|text| row(schema_oid(&schema.name), PG_NAMESPACE, 0, text)));
        for table in schema.tables.values() {
            rows.extend(table.description.as_ref().map(|text| row(table.oid, PG_CLASS, 0, text)));
            for (number, column) in (1_i64..).zip(&table.columns) {
                rows.extend(column.description.as_ref().map(|text| row(table.oid, PG_CLASS, number, text)));
            }
        }
    }
    rows
}

/// `pg_seclabel`: the policy tags of columns (BigQuery, "Introduction to column-level access control").
pub fn labels(world: &World) -> Vec<Row> {
    let row = |(table, number, tag): (&Arc<Table>, i64, &str)| {
        vec![
            ("objoid", Cell::Int(table.oid.into())),
            ("classoid", Cell::Int(PG_CLASS)),
            ("objsubid", Cell::Int(number)),
            ("provider", Cell::Text(TAGS.into())),
            ("label", Cell::Text(tag.to_owned())),
        ]
    };
    tags(world).map(row).collect()
}

/// `pg_seclabels`: the same with names.
pub fn named_labels(world: &World) -> Vec<Row> {
    let row = |(table, number, tag): (&Arc<Table>, i64, &str)| {
        let column = usize::try_from(number - 1).ok().and_then(|at| table.columns.get(at)).map_or("", |column| &column.name);
        vec![
            ("objoid", Cell::Int(table.oid.into())),
            ("classoid", Cell::Int(PG_CLASS)),
            ("objsubid", Cell::Int(number)),
            ("objtype", Cell::Text("column".into())),
            ("objnamespace", Cell::Int(schema_oid(&table.name.schema).into())),
            ("objname", Cell::Text(format!("{}.{column}", table.name))),
            ("provider", Cell::Text(TAGS.into())),
            ("label", Cell::Text(tag.to_owned())),
        ]
    };
    tags(world).map(row).collect()
}

fn tags(world: &World) -> impl Iterator<Item = (&Arc<Table>, i64, &str)> {
    world
        .snapshot
        .tables()
        .flat_map(|table| table.protection.tags.iter().map(move |(column, tag)| (table, count(*column as u64) + 1, tag.as_str())))
}

/// `pg_tables`.
pub fn tables(world: &World) -> Vec<Row> {
    let row = |table: &Arc<Table>| {
        vec![
            ("schemaname", Cell::Text(table.name.schema.clone())),
            ("tablename", Cell::Text(table.name.table.clone())),
            ("tableowner", Cell::Text(super::OWNER_NAME.into())),
            ("hasindexes", Cell::Bool(keys::has_index(table))),
            ("hasrules", Cell::Bool(false)),
            ("hastriggers", Cell::Bool(false)),
            ("rowsecurity", Cell::Bool(false)),
        ]
    };
    world.snapshot.tables().filter(|table| kind(table) == 'r').map(row).collect()
}

/// `pg_views`; the definitions stay in the warehouse.
pub fn views(world: &World) -> Vec<Row> {
    let row = |table: &Arc<Table>| {
        vec![
            ("schemaname", Cell::Text(table.name.schema.clone())),
            ("viewname", Cell::Text(table.name.table.clone())),
            ("viewowner", Cell::Text(super::OWNER_NAME.into())),
        ]
    };
    world.snapshot.tables().filter(|table| kind(table) == 'v').map(row).collect()
}

/// `pg_matviews`.
pub fn materialized_views(world: &World) -> Vec<Row> {
    let row = |table: &Arc<Table>| {
        vec![
            ("schemaname", Cell::Text(table.name.schema.clone())),
            ("matviewname", Cell::Text(table.name.table.clone())),
            ("matviewowner", Cell::Text(super::OWNER_NAME.into())),
            ("hasindexes", Cell::Bool(false)),
            ("ispopulated", Cell::Bool(true)),
        ]
    };
    world.snapshot.tables().filter(|table| kind(table) == 'm').map(row).collect()
}
