//! The system catalog as PostgreSQL 15 has it: every relation with its columns, filled from the snapshot (PostgreSQL, chapter 53).
//!
//! The shapes are PostgreSQL's own (`relations.tsv`, written by `tests/generate/signatures`). A relation that Sluice has nothing
//! to say in is empty, but there.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::record_batch::RecordBatch;

use super::model::{Column, Schema, Snapshot, Table, TableKind, TableName, TableVersion, stable_oid};
use crate::error::Result;
use crate::query::Principal;
use crate::types::Type;

pub mod cells;

use cells::Row;

/// What the rows of the system catalog are made from.
#[derive(Clone, Debug)]
pub struct World {
    /// The catalog under which the query began.
    pub snapshot: Arc<Snapshot>,
    /// Who asks.
    pub principal: Principal,
    /// The database of the connection.
    pub database: String,
    /// The session's schemas, in order.
    pub search_path: Vec<String>,
    /// The session's settings by lower-case name.
    pub settings: Arc<Vec<(String, String)>>,
    /// The logins: name, and whether an admin.
    pub users: Vec<(String, bool)>,
}

static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let mut schemas: BTreeMap<&str, Schema> = BTreeMap::new();
    let mut columns: BTreeMap<(&str, &str), Vec<Column>> = BTreeMap::new();
    for line in include_str!("relations.tsv").lines() {
        let field: Vec<&'static str> = line.split('\t').collect();
        let [schema, relation, name, ty, typmod, not_null] = field[..] else { continue };
        let column = Column {
            name: name.to_owned(),
            ty: Type(ty.parse().expect("relations.tsv holds OIDs")),
            typmod: typmod.parse().expect("relations.tsv holds typmods"),
            nullable: not_null == "f",
            native: String::new(),
            description: None,
        };
        columns.entry((schema, relation)).or_default().push(column);
    }
    for ((schema, relation), columns) in columns {
        let table = table(schema, relation, columns);
        let entry = schemas.entry(schema).or_insert_with(|| Schema { name: schema.to_owned(), ..Schema::default() });
        entry.tables.insert(relation.to_owned(), Arc::new(table));
    }
    schemas.into_values().collect()
});

fn table(schema: &str, relation: &str, columns: Vec<Column>) -> Table {
    Table {
        name: TableName { schema: schema.to_owned(), table: relation.to_owned() },
        oid: stable_oid("relation", &format!("{schema}.{relation}")),
        kind: TableKind::System,
        columns,
        partitioning: None,
        clustering: Vec::new(),
        rows: None,
        bytes: None,
        version: TableVersion(String::new()),
        max_cache_seconds: Some(0),
        description: None,
        path: vec![schema.to_owned(), relation.to_owned()],
    }
}

/// Returns `pg_catalog` and `information_schema`, to be merged into every snapshot.
pub fn system_schemas() -> Vec<Schema> {
    SCHEMAS.clone()
}

/// Makes the rows of one system relation, in the order of its columns.
///
/// # Errors
/// XX000 for a row that does not fit the relation's shape.
pub fn batch(table: &Table, world: &World) -> Result<RecordBatch> {
    let rows: Vec<Row> = match (table.name.schema.as_str(), table.name.table.as_str()) {
        _ => {
            let _ = world;
            Vec::new()
        }
    };
    cells::batch(table, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_has_a_batch_of_its_shape() {
        let world = World {
            snapshot: Arc::new(Snapshot::default()),
            principal: Principal { user: "ann".into(), role: "ann".into(), admin: false },
            database: "shop".into(),
            search_path: vec!["shop".into()],
            settings: Arc::default(),
            users: Vec::new(),
        };
        let schemas = system_schemas();
        assert_eq!(schemas.len(), 2);
        for table in schemas.iter().flat_map(|schema| schema.tables.values()) {
            let batch = batch(table, &world).expect("a batch");
            assert_eq!(batch.num_columns(), table.columns.len(), "{}", table.name);
        }
    }
}
