//! The cumulative statistics: `pg_stat_database`, `pg_stat_all_tables`, `pg_statio_all_tables`, `pg_locks`, ... (PostgreSQL, chapter 28).
//!
//! Nothing is counted by table or block here, so that counters stand at 0, as on a server that has just begun; tools find the rows that
//! they ask for. What the catalog knows (rows of a table, sessions of a database) is told.

use std::sync::Arc;

use super::cells::{Cell, Row};
use super::relations::{count, kind};
use super::{World, keys};
use crate::catalog::model::{Table, stable_oid};

/// The relations of a view: of users, of the system, or all.
fn of_view<'a>(view: &str, world: &'a World) -> impl Iterator<Item = &'a Arc<Table>> {
    let (users, system) = (!view.contains("_sys_"), !view.contains("_user_"));
    let shown = move |table: &&Arc<Table>| {
        let own = matches!(table.name.schema.as_str(), "pg_catalog" | "information_schema");
        matches!(kind(table), 'r' | 'm') && if own { system } else { users }
    };
    world.snapshot.tables().filter(shown)
}

fn zeros(columns: &[&'static str]) -> Row {
    columns.iter().map(|column| (*column, Cell::Int(0))).collect()
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn named(table: &Table) -> Row {
    vec![("relid", Cell::Int(table.oid.into())), ("schemaname", text(&table.name.schema)), ("relname", text(&table.name.table))]
}

/// Returns the rows of a view; `None` for one that is not of these.
pub fn rows(view: &str, world: &World) -> Option<Vec<Row>> {
    Some(match view {
        "pg_stat_all_tables" | "pg_stat_sys_tables" | "pg_stat_user_tables" => of_view(view, world).map(tables).collect(),
        "pg_stat_xact_all_tables" | "pg_stat_xact_sys_tables" | "pg_stat_xact_user_tables" => {
            of_view(view, world).map(|table| [named(table), scans(table), zeros(CHANGES)].concat()).collect()
        }
        "pg_statio_all_tables" | "pg_statio_sys_tables" | "pg_statio_user_tables" => {
            let row = |table: &Arc<Table>| {
                let indexes: &[&str] = if keys::has_index(table) { &["idx_blks_read", "idx_blks_hit"] } else { &[] };
                [named(table), zeros(&["heap_blks_read", "heap_blks_hit"]), zeros(indexes)].concat()
            };
            of_view(view, world).map(row).collect()
        }
        "pg_stat_all_indexes" | "pg_stat_user_indexes" => indexes(world, &["idx_scan", "idx_tup_read", "idx_tup_fetch"]),
        "pg_statio_all_indexes" | "pg_statio_user_indexes" => indexes(world, &["idx_blks_read", "idx_blks_hit"]),
        "pg_stat_database" => databases(world),
        "pg_stat_database_conflicts" => {
            let counts = ["confl_tablespace", "confl_lock", "confl_snapshot", "confl_bufferpin", "confl_deadlock"];
            world.snapshot.databases.iter().map(|name| [database(name), zeros(&counts)].concat()).collect()
        }
        "pg_stat_bgwriter" => {
            vec![[zeros(WRITER), vec![("checkpoint_write_time", Cell::Float(0.0)), ("checkpoint_sync_time", Cell::Float(0.0))]].concat()]
        }
        "pg_stat_archiver" => vec![zeros(&["archived_count", "failed_count"])],
        "pg_stat_wal" => {
            let counts = zeros(&["wal_records", "wal_fpi", "wal_buffers_full", "wal_write", "wal_sync"]);
            vec![
                [counts, vec![("wal_bytes", text("0")), ("wal_write_time", Cell::Float(0.0)), ("wal_sync_time", Cell::Float(0.0))]]
                    .concat(),
            ]
        }
        "pg_locks" => locks(world),
        _ => return None,
    })
}

const CHANGES: &[&str] = &["n_tup_ins", "n_tup_upd", "n_tup_del", "n_tup_hot_upd"];
const WRITER: &[&str] = &[
    "checkpoints_timed",
    "checkpoints_req",
    "buffers_checkpoint",
    "buffers_clean",
    "maxwritten_clean",
    "buffers_backend",
    "buffers_backend_fsync",
    "buffers_alloc",
];

/// Of a table without indexes none is scanned: NULL, not 0.
fn scans(table: &Arc<Table>) -> Row {
    let indexes: &[&str] = if keys::has_index(table) { &["idx_scan", "idx_tup_fetch"] } else { &[] };
    [zeros(&["seq_scan", "seq_tup_read"]), zeros(indexes)].concat()
}

fn tables(table: &Arc<Table>) -> Row {
    let counts = [
        "n_dead_tup",
        "n_mod_since_analyze",
        "n_ins_since_vacuum",
        "vacuum_count",
        "autovacuum_count",
        "analyze_count",
        "autoanalyze_count",
    ];
    [named(table), scans(table), zeros(CHANGES), vec![("n_live_tup", Cell::Int(table.rows.map_or(0, count)))], zeros(&counts)].concat()
}

/// The indexes behind primary keys; only tables of users have keys.
fn indexes(world: &World, counts: &[&'static str]) -> Vec<Row> {
    let row = |known: keys::Known| {
        let index = vec![("indexrelid", Cell::Int(keys::index_oid(known.table).into())), ("indexrelname", text(&known.key.name))];
        [named(known.table), index, zeros(counts)].concat()
    };
    keys::all(world).filter(keys::Known::is_primary).map(row).collect()
}

fn database(name: &str) -> Row {
    vec![("datid", Cell::Int(stable_oid("database", name).into())), ("datname", text(name))]
}

/// One row for each database, and one for what databases share.
fn databases(world: &World) -> Vec<Row> {
    let counts = || {
        let whole = [
            "xact_commit",
            "xact_rollback",
            "blks_read",
            "blks_hit",
            "tup_returned",
            "tup_fetched",
            "tup_inserted",
            "tup_updated",
            "tup_deleted",
            "conflicts",
            "temp_files",
            "temp_bytes",
            "deadlocks",
            "sessions",
            "sessions_abandoned",
            "sessions_fatal",
            "sessions_killed",
        ];
        let times = ["blk_read_time", "blk_write_time", "session_time", "active_time", "idle_in_transaction_time"];
        [zeros(&whole), times.iter().map(|time| (*time, Cell::Float(0.0))).collect()].concat()
    };
    let sessions = world.sessions.list();
    let row = |name: &String| {
        let connected = sessions.iter().filter(|session| session.database == *name).count();
        [database(name), vec![("numbackends", Cell::Int(count(connected as u64)))], counts()].concat()
    };
    let shared = [zeros(&["datid", "numbackends"]), counts()].concat();
    std::iter::once(shared).chain(world.snapshot.databases.iter().map(row)).collect()
}

/// What the statement that asks holds itself: the relation that it reads, and its own transaction.
fn locks(world: &World) -> Vec<Row> {
    let transaction = format!("{}/1", world.backend_pid);
    let relation = world.snapshot.table(Some("pg_catalog"), "pg_locks", &[]).map_or(0, |table| table.oid);
    let row = |kind: &str, mode: &str| {
        vec![
            ("locktype", text(kind)),
            ("virtualtransaction", text(&transaction)),
            ("pid", Cell::Int(world.backend_pid.into())),
            ("mode", text(mode)),
            ("granted", Cell::Bool(true)),
            ("fastpath", Cell::Bool(true)),
        ]
    };
    let database = Cell::Int(stable_oid("database", &world.database).into());
    let own = vec![("database", database), ("relation", Cell::Int(relation.into()))];
    vec![
        [row("relation", "AccessShareLock"), own].concat(),
        [row("virtualxid", "ExclusiveLock"), vec![("virtualxid", text(&transaction))]].concat(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::model::{Key, Schema, Snapshot, TableName};
    use crate::catalog::pg_catalog::{batch, system_schemas};
    use crate::query::Principal;
    use crate::query::live::LiveSessions;
    use crate::query::setting::SettingList;
    use crate::sql::fixtures;
    use crate::types::Type;

    #[test]
    fn each_view_has_a_row_for_what_it_tells_of() {
        let key = Key { name: "orders_pkey".into(), columns: vec![0], refers: None };
        let orders = fixtures::table("orders", &[("id", Type::INT8)]);
        let name = TableName { schema: "shop".into(), table: "orders".into() };
        let orders = Table { name, keys: vec![key], rows: Some(7), ..orders };
        let shop = Schema { name: "shop".into(), tables: [("orders".to_owned(), Arc::new(orders))].into(), ..Schema::default() };
        let schemas = system_schemas().into_iter().chain([shop]).map(|schema| (schema.name.clone(), schema)).collect();
        let world = World {
            snapshot: Arc::new(Snapshot { schemas, databases: vec!["shop".into()], ..Snapshot::default() }),
            principal: Arc::new(Principal { user: "ann".into(), role: "ann".into(), admin: false, token: None }),
            backend_pid: 7,
            xid: Default::default(),
            database: "shop".into(),
            search_path: vec!["shop".into()],
            settings: Arc::default(),
            about_settings: SettingList::default(),
            users: Vec::new(),
            objects: Arc::default(),
            sessions: LiveSessions::default(),
            server: std::collections::BTreeMap::new(),
        };
        let count = |view: &str| {
            let table = world.snapshot.table(Some("pg_catalog"), view, &[]).expect("a view");
            batch(table, &world).expect("rows of its shape").num_rows()
        };
        for view in ["pg_stat_user_tables", "pg_statio_user_tables", "pg_stat_xact_user_tables", "pg_indexes"] {
            assert_eq!(count(view), 1, "{view}");
        }
        for view in ["pg_stat_all_indexes", "pg_statio_user_indexes", "pg_stat_database_conflicts", "pg_stat_wal"] {
            assert_eq!(count(view), 1, "{view}");
        }
        assert_eq!(count("pg_stat_all_tables"), 1 + count("pg_stat_sys_tables"));
        assert_eq!((count("pg_stat_database"), count("pg_locks")), (2, 2));
        let rows = tables(&world.snapshot.schemas["shop"].tables["orders"]);
        assert!(rows.contains(&("n_live_tup", Cell::Int(7))) && rows.contains(&("idx_scan", Cell::Int(0))));
    }
}
