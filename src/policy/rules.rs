//! Which functions may run, by resolved name: pure ones do, volatile ones only when listed, and some never.

use crate::error::{Report, Result, SqlState};
use crate::sql::tree::Signature;

/// Volatile by `pg_proc`, yet they change nothing and read nothing but the clock, chance, or the server's own state.
const HARMLESS: &[&str] = &[
    "clock_timestamp",
    "gen_random_uuid",
    "pg_blocking_pids",
    "pg_collation_actual_version",
    "pg_database_collation_actual_version",
    "pg_database_size",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_is_wal_replay_paused",
    "pg_jit_available",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp",
    "pg_notification_queue_usage",
    "pg_partition_ancestors",
    "pg_partition_tree",
    "pg_relation_size",
    "pg_safe_snapshot_blocking_pids",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
    "random",
    "timeofday",
];

/// What the server itself carries out for a session; never together with data of the warehouse.
const BY_THE_SERVER: &[&str] =
    &["pg_cancel_backend", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_terminate_backend", "set_config", "setseed"];

/// Not volatile by `pg_proc`, yet they read data past the tree, files, or other sessions' state.
const FORBIDDEN: &[&str] = &[
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
    "ts_stat",
];

/// The warehouse's own functions that reach outside or act.
const FORBIDDEN_OF_THE_WAREHOUSE: &[&str] = &["external_query", "error", "load_extension"];

/// Checks one function or operator. `reads_data` tells whether the query reads tables of the warehouse.
///
/// # Errors
/// 42501 for what has side effects or reads past the tree.
pub fn check(function: &Signature, reads_data: bool) -> Result<()> {
    let name = function.name.as_str();
    let allowed = match function.schema {
        "pg_catalog" => in_pg_catalog(name, function.volatility, reads_data),
        // They check for themselves who calls, and never run in the warehouse.
        "sluice" => !reads_data || function.volatility != 'v',
        "bigquery" => !FORBIDDEN_OF_THE_WAREHOUSE.contains(&name.to_ascii_lowercase().as_str()),
        // The catalog queries of clients call information_schema's few helpers; they are immutable or stable.
        "information_schema" => function.volatility != 'v',
        _ => false,
    };
    if allowed { Ok(()) } else { Err(refusal(function)) }
}

fn in_pg_catalog(name: &str, volatility: char, reads_data: bool) -> bool {
    if FORBIDDEN.contains(&name) {
        return false;
    }
    volatility != 'v' || HARMLESS.contains(&name) || name.starts_with("pg_stat_get_xact_") || (BY_THE_SERVER.contains(&name) && !reads_data)
}

fn refusal(function: &Signature) -> Report {
    let report = Report::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for function {}", function.name));
    if BY_THE_SERVER.contains(&function.name.as_str()) {
        return report.hint("It may be called in a statement that reads no tables.");
    }
    report.hint("Only functions without side effects may run here: nothing that writes, sleeps, locks, or reads files.")
}
