//! Keys that the warehouse knows of: `pg_constraint`, and the indexes that PostgreSQL would have behind primary keys.
//!
//! Nothing enforces them (BigQuery: PRIMARY KEY .. NOT ENFORCED), so that no query relies on one; tools draw their diagrams and propose joins
//! by them. A foreign key is shown as not validated.

use std::sync::Arc;

use super::cells::{Cell, Row};
use super::{OWNER, World, builtin, schema_oid};
use crate::catalog::model::{Key, Table, stable_oid};

/// A key of a table, and what a foreign key refers to.
pub struct Known<'a> {
    /// The table.
    pub table: &'a Arc<Table>,
    /// Its key.
    pub key: &'a Key,
    /// The table that it refers to, with its columns there.
    pub refers: Option<(&'a Arc<Table>, Vec<usize>)>,
}

impl Known<'_> {
    /// The constraint's OID.
    pub fn oid(&self) -> u32 {
        stable_oid("constraint", &format!("{}.{}", self.table.name, self.key.name))
    }

    /// Tells whether it is a primary key.
    pub fn is_primary(&self) -> bool {
        self.refers.is_none()
    }

    /// Its definition as `pg_get_constraintdef` prints it; `quoted` quotes a name, `named` names a table.
    pub fn definition(&self, quoted: impl Fn(&str) -> String, named: impl Fn(&Table) -> String) -> String {
        let list =
            |table: &Table, columns: &[usize]| columns.iter().map(|i| quoted(&table.columns[*i].name)).collect::<Vec<_>>().join(", ");
        let own = list(self.table, &self.key.columns);
        match &self.refers {
            None => format!("PRIMARY KEY ({own})"),
            Some((table, columns)) => format!("FOREIGN KEY ({own}) REFERENCES {}({}) NOT VALID", named(table), list(table, columns)),
        }
    }
}

/// The OID of the index behind a table's primary key.
pub fn index_oid(table: &Table) -> u32 {
    stable_oid("index", &format!("{}.pkey", table.name))
}

/// Tells whether PostgreSQL would keep an index for a key.
pub fn has_index(table: &Table) -> bool {
    table.keys.iter().any(|key| key.refers.is_none())
}

/// Every key; foreign ones only where the table that they refer to is known.
pub fn all(world: &World) -> impl Iterator<Item = Known<'_>> {
    let tables = world.snapshot.tables().filter(|table| !table.is_system());
    tables.flat_map(|table| table.keys.iter().map(move |key| (table, key))).filter_map(|(table, key)| {
        let refers = match &key.refers {
            None => None,
            Some(referred) => {
                let other = world.snapshot.schemas.get(&referred.table.schema)?.tables.get(&referred.table.table)?;
                Some((other, referred.columns.iter().map(|name| other.column(name)).collect::<Option<Vec<_>>>()?))
            }
        };
        Some(Known { table, key, refers })
    })
}

/// The attribute numbers of columns.
fn numbers(columns: &[usize]) -> Vec<i64> {
    columns.iter().filter_map(|i| i64::try_from(i + 1).ok()).collect()
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

/// `pg_constraint`.
pub fn constraints(world: &World) -> Vec<Row> {
    let row = |known: Known| {
        let primary = known.is_primary();
        let action = if primary { " " } else { "a" };
        let referred = known.refers.as_ref().map_or(known.table, |(table, _)| table);
        let indexed = primary || referred.keys.iter().any(|key| key.refers.is_none());
        let mut row: Row = vec![
            ("oid", Cell::Int(known.oid().into())),
            ("conname", text(&known.key.name)),
            ("connamespace", Cell::Int(schema_oid(&known.table.name.schema).into())),
            ("contype", text(if primary { "p" } else { "f" })),
            ("condeferrable", Cell::Bool(false)),
            ("condeferred", Cell::Bool(false)),
            ("convalidated", Cell::Bool(primary)),
            ("conrelid", Cell::Int(known.table.oid.into())),
            ("contypid", Cell::Int(0)),
            ("conindid", Cell::Int(if indexed { index_oid(referred).into() } else { 0 })),
            ("conparentid", Cell::Int(0)),
            ("confrelid", Cell::Int(if primary { 0 } else { referred.oid.into() })),
            ("confupdtype", text(action)),
            ("confdeltype", text(action)),
            ("confmatchtype", text(if primary { " " } else { "s" })),
            ("conislocal", Cell::Bool(true)),
            ("coninhcount", Cell::Int(0)),
            ("connoinherit", Cell::Bool(true)),
            ("conkey", Cell::Ints(numbers(&known.key.columns))),
        ];
        row.extend(known.refers.as_ref().map(|(_, columns)| ("confkey", Cell::Ints(numbers(columns)))));
        row
    };
    all(world).map(row).collect()
}

/// `pg_index`.
pub fn indexes(world: &World) -> Vec<Row> {
    let row = |known: Known| {
        let columns = &known.key.columns;
        let width = i64::try_from(columns.len()).unwrap_or(0);
        let collation = |i: &usize| builtin::storage(known.table.columns[*i].ty).collation;
        vec![
            ("indexrelid", Cell::Int(index_oid(known.table).into())),
            ("indrelid", Cell::Int(known.table.oid.into())),
            ("indnatts", Cell::Int(width)),
            ("indnkeyatts", Cell::Int(width)),
            ("indisunique", Cell::Bool(true)),
            ("indnullsnotdistinct", Cell::Bool(false)),
            ("indisprimary", Cell::Bool(true)),
            ("indisexclusion", Cell::Bool(false)),
            ("indimmediate", Cell::Bool(true)),
            ("indisclustered", Cell::Bool(false)),
            ("indisvalid", Cell::Bool(true)),
            ("indcheckxmin", Cell::Bool(false)),
            ("indisready", Cell::Bool(true)),
            ("indislive", Cell::Bool(true)),
            ("indisreplident", Cell::Bool(false)),
            ("indkey", Cell::Ints(numbers(columns))),
            ("indcollation", Cell::Ints(columns.iter().map(collation).collect())),
            ("indclass", Cell::Ints(vec![0; columns.len()])),
            ("indoption", Cell::Ints(vec![0; columns.len()])),
        ]
    };
    all(world).filter(Known::is_primary).map(row).collect()
}

/// The rows of `pg_class` for these indexes.
pub fn index_classes(world: &World) -> Vec<Row> {
    let row = |known: Known| {
        vec![
            ("oid", Cell::Int(index_oid(known.table).into())),
            ("relname", text(&known.key.name)),
            ("relnamespace", Cell::Int(schema_oid(&known.table.name.schema).into())),
            ("reltype", Cell::Int(0)),
            ("reloftype", Cell::Int(0)),
            ("relowner", Cell::Int(OWNER.into())),
            ("relam", Cell::Int(403)),
            ("relfilenode", Cell::Int(index_oid(known.table).into())),
            ("reltablespace", Cell::Int(0)),
            ("relpages", Cell::Int(0)),
            ("reltuples", Cell::Float(-1.0)),
            ("relallvisible", Cell::Int(0)),
            ("reltoastrelid", Cell::Int(0)),
            ("relhasindex", Cell::Bool(false)),
            ("relisshared", Cell::Bool(false)),
            ("relpersistence", text("p")),
            ("relkind", text("i")),
            ("relnatts", Cell::Int(i64::try_from(known.key.columns.len()).unwrap_or(0))),
            ("relchecks", Cell::Int(0)),
            ("relhasrules", Cell::Bool(false)),
            ("relhastriggers", Cell::Bool(false)),
            ("relhassubclass", Cell::Bool(false)),
            ("relrowsecurity", Cell::Bool(false)),
            ("relforcerowsecurity", Cell::Bool(false)),
            ("relispopulated", Cell::Bool(true)),
            ("relreplident", text("n")),
            ("relispartition", Cell::Bool(false)),
            ("relrewrite", Cell::Int(0)),
            ("relfrozenxid", Cell::Int(0)),
            ("relminmxid", Cell::Int(0)),
        ]
    };
    all(world).filter(Known::is_primary).map(row).collect()
}

/// The definition of the index behind a primary key, as `pg_get_indexdef` prints it.
pub fn index_definition(known: &Known, quoted: impl Fn(&str) -> String) -> String {
    let columns: Vec<String> = known.key.columns.iter().map(|i| quoted(&known.table.columns[*i].name)).collect();
    let (schema, table) = (quoted(&known.table.name.schema), quoted(&known.table.name.table));
    format!("CREATE UNIQUE INDEX {} ON {schema}.{table} USING btree ({})", quoted(&known.key.name), columns.join(", "))
}

/// `pg_indexes`.
pub fn index_names(world: &World) -> Vec<Row> {
    let row = |known: Known| {
        vec![
            ("schemaname", text(&known.table.name.schema)),
            ("tablename", text(&known.table.name.table)),
            ("indexname", text(&known.key.name)),
            ("indexdef", Cell::Text(index_definition(&known, crate::types::ident::quote_ident))),
        ]
    };
    all(world).filter(Known::is_primary).map(row).collect()
}
