//! The system catalog as PostgreSQL 15 has it: every relation with its columns, filled from the snapshot (PostgreSQL, chapter 53).
//!
//! The shapes are PostgreSQL's own (`relations.tsv`, written by `tests/generate/signatures`). A relation that Sluice has nothing
//! to say in is empty, but there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use arrow::record_batch::RecordBatch;

use super::model::{Column, Protection, Schema, Snapshot, Table, TableKind, TableName, TableVersion, stable_oid};
use super::{information_schema, sluice};
use crate::error::Result;
use crate::query::live::LiveSessions;
use crate::query::setting::SettingList;
use crate::query::xid::Xid;
use crate::query::{Principal, SessionObjects};
use crate::types::Type;

mod activity;
pub mod builtin;
pub mod cells;
pub mod cluster;
pub mod keys;
mod objects;
pub mod relations;
pub mod row_types;
mod statistics;
mod zones;

use cells::Row;

/// The role that owns everything.
pub const OWNER: u32 = 10;
/// Its name.
pub const OWNER_NAME: &str = "sluice";

/// What the rows of the system catalog are made from.
#[derive(Clone, Debug)]
pub struct World {
    /// The catalog under which the query began.
    pub snapshot: Arc<Snapshot>,
    /// Who asks.
    pub principal: Arc<Principal>,
    /// The process id of the session.
    pub backend_pid: i32,
    /// The number of its transaction.
    pub xid: Xid,
    /// The database of the connection.
    pub database: String,
    /// The session's schemas, in order.
    pub search_path: Vec<String>,
    /// The session's settings by lower-case name.
    pub settings: Arc<Vec<(String, String)>>,
    /// What there is to know of them.
    pub about_settings: SettingList,
    /// The logins: name, and whether an admin.
    pub users: Vec<(String, bool)>,
    /// The session's prepared statements and cursors.
    pub objects: Arc<SessionObjects>,
    /// Who is connected.
    pub sessions: LiveSessions,
    /// The rows of those views of the schema `sluice` that the query reads and the catalog cannot fill, by view.
    pub server: BTreeMap<String, Vec<Row>>,
}

static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let mut schemas: BTreeMap<&str, Schema> = BTreeMap::new();
    let mut columns: BTreeMap<(&str, &str, u32), Vec<Column>> = BTreeMap::new();
    for line in include_str!("relations.tsv").lines() {
        let field: Vec<&'static str> = line.split('\t').collect();
        let [schema, relation, name, ty, typmod, not_null, oid, _] = field[..] else { continue };
        let column = Column {
            name: name.to_owned(),
            ty: Type(ty.parse().expect("relations.tsv holds OIDs")),
            typmod: typmod.parse().expect("relations.tsv holds typmods"),
            nullable: not_null == "f",
            native: String::new(),
            description: None,
        };
        columns.entry((schema, relation, oid.parse().expect("relations.tsv holds OIDs"))).or_default().push(column);
    }
    for ((schema, relation, oid), columns) in columns {
        let table = system_table(schema, relation, columns, Some(oid));
        let entry = schemas.entry(schema).or_insert_with(|| Schema { name: schema.to_owned(), ..Schema::default() });
        entry.tables.insert(relation.to_owned(), Arc::new(table));
    }
    schemas.into_values().collect()
});

/// Makes the model of a system relation.
pub fn system_table(schema: &str, relation: &str, columns: Vec<Column>, oid: Option<u32>) -> Table {
    Table {
        name: TableName { schema: schema.to_owned(), table: relation.to_owned() },
        oid: oid.unwrap_or_else(|| stable_oid("relation", &format!("{schema}.{relation}"))),
        kind: TableKind::System,
        columns,
        partitioning: None,
        clustering: Vec::new(),
        keys: Vec::new(),
        protection: Protection::default(),
        rows: None,
        bytes: None,
        version: TableVersion(String::new()),
        names: Default::default(),
        max_cache_seconds: Some(0),
        pseudo: Vec::new(),
        description: None,
        path: vec![schema.to_owned(), relation.to_owned()],
    }
}

/// Returns `pg_catalog`, `information_schema` and `sluice`, to be merged into every snapshot.
pub fn system_schemas() -> Vec<Schema> {
    SCHEMAS.iter().cloned().chain([sluice::schema()]).collect()
}

/// Returns the OID of a schema: PostgreSQL's own for its own, else a hash of the name.
pub fn schema_oid(name: &str) -> u32 {
    match name {
        "pg_catalog" => 11,
        "information_schema" => 13_207,
        "public" => 2200,
        _ => stable_oid("schema", name),
    }
}

/// Returns the OID of a role.
pub fn role_oid(name: &str) -> u32 {
    if name == OWNER_NAME { OWNER } else { stable_oid("role", name) }
}

/// Returns `relkind` of a system relation.
fn system_kind(name: &TableName) -> char {
    static TABLES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
        let fields = include_str!("relations.tsv").lines().map(|line| line.split('\t').collect::<Vec<&str>>());
        fields.filter(|field| field[0] == "pg_catalog" && field[7] == "r").map(|field| field[1]).collect()
    });
    if name.schema == "pg_catalog" && TABLES.contains(name.table.as_str()) { 'r' } else { 'v' }
}

/// Makes the rows of one system relation, in the order of its columns.
///
/// # Errors
/// XX000 for a row that does not fit the relation's shape.
pub fn batch(table: &Table, world: &World) -> Result<RecordBatch> {
    let name = table.name.table.as_str();
    if let Some(batch) = builtin::batch(table) {
        let batch = batch?;
        return if name == "pg_type" { row_types::batch(table, &batch, world) } else { Ok(batch) };
    }
    let rows = match table.name.schema.as_str() {
        "information_schema" => information_schema::rows(name, world),
        "sluice" => sluice::rows(name, world),
        _ => rows(name, world),
    };
    cells::batch(table, &rows)
}

/// The rows of the relations of `pg_catalog` that depend on the server; the others are empty.
fn rows(name: &str, world: &World) -> Vec<Row> {
    match name {
        "pg_class" => [relations::classes(world), keys::index_classes(world)].concat(),
        "pg_constraint" => keys::constraints(world),
        "pg_index" => keys::indexes(world),
        "pg_attribute" => relations::attributes(world),
        "pg_description" => relations::descriptions(world),
        "pg_seclabel" => relations::labels(world),
        "pg_seclabels" => relations::named_labels(world),
        "pg_tables" => relations::tables(world),
        "pg_views" => relations::views(world),
        "pg_matviews" => relations::materialized_views(world),
        "pg_namespace" => cluster::namespaces(world),
        "pg_database" => cluster::databases(world),
        "pg_roles" => cluster::roles(world, true),
        "pg_authid" => cluster::roles(world, false),
        "pg_user" => cluster::users(world, true),
        "pg_shadow" => cluster::users(world, false),
        "pg_available_extensions" => objects::extensions(),
        "pg_available_extension_versions" => objects::extension_versions(),
        "pg_settings" => cluster::settings(world),
        "pg_prepared_statements" => objects::statements(world),
        "pg_init_privs" => objects::initial_privileges(),
        "pg_depend" => objects::dependencies(world),
        "pg_cursors" => objects::cursors(world),
        "pg_timezone_abbrevs" => zones::abbrevs(),
        "pg_timezone_names" => zones::names(),
        "pg_stat_activity" => activity::sessions(world),
        "pg_stat_ssl" => activity::encrypted(world),
        "pg_stat_gssapi" => activity::by_gssapi(world),
        "pg_indexes" => keys::index_names(world),
        _ => statistics::rows(name, world).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_has_a_batch_of_its_shape() {
        let world = World {
            snapshot: Arc::new(Snapshot::default()),
            principal: Arc::new(Principal { user: "ann".into(), role: "ann".into(), admin: false, token: None }),
            backend_pid: 7,
            xid: Xid::default(),
            database: "shop".into(),
            search_path: vec!["shop".into()],
            settings: Arc::default(),
            about_settings: SettingList::default(),
            users: Vec::new(),
            objects: Arc::default(),
            sessions: LiveSessions::default(),
            server: BTreeMap::new(),
        };
        let schemas = system_schemas();
        assert_eq!(schemas.len(), 3);
        for table in schemas.iter().flat_map(|schema| schema.tables.values()) {
            let batch = batch(table, &world).expect("a batch");
            assert_eq!(batch.num_columns(), table.columns.len(), "{}", table.name);
        }
    }
}
