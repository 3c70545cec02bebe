//! The schema `sluice`: what the server says of itself, as views.
//!
//! The shapes and their comments (`\d+ sluice.queries` shows them) are here, with the rows that follow from the catalog alone. The rows of
//! the others are handed in ([`World::server`]): they come from the guard, the cache, the sessions.

use super::model::{Column, Schema, stable_oid};
use super::pg_catalog::cells::{Cell, Row};
use super::pg_catalog::{World, schema_oid, system_table};
use crate::types::Type;

/// A view: name, comment, columns (name, type, comment).
struct View(&'static str, &'static str, &'static [(&'static str, Type, &'static str)]);

const VIEWS: &[View] = &[
    View(
        "approvals",
        "Queries that wait for a yes (SL003), and those that have one and have not run; others' are shown to approvers only",
        &[
            ("id", Type::TEXT, "What SELECT sluice.approve(id) and sluice.deny(id) take"),
            ("user", Type::NAME, "Who wants to run the query"),
            ("usd", Type::FLOAT8, "Its price in US dollars"),
            ("approved", Type::BOOL, "Somebody has said yes; the query may run once"),
        ],
    ),
    View(
        "budgets",
        "Limits on money by user and period; an admin sees everybody's",
        &[
            ("name", Type::TEXT, "The budget's name; \"day\" is guard.max_usd_per_user_day"),
            ("user", Type::NAME, "Whose it is; NULL for one that several users share"),
            ("max_usd", Type::FLOAT8, "The most in one period; NULL for no limit"),
            ("spent_usd", Type::FLOAT8, "Settled in the present period"),
            ("reserved_usd", Type::FLOAT8, "Set aside for queries under way"),
            ("left_usd", Type::FLOAT8, "What may still be spent"),
            ("period", Type::TEXT, "How long a period is; periods begin at multiples of it in UTC"),
            ("on_exceed", Type::TEXT, "deny, cache_only or notice"),
        ],
    ),
    View(
        "cache",
        "The result cache, since the start of this process",
        &[
            ("enabled", Type::BOOL, "Answers are kept and looked up"),
            ("store", Type::TEXT, "memory or redis"),
            ("entries", Type::INT8, "Answers held; NULL where the store is shared"),
            ("bytes", Type::INT8, "What they take"),
            ("max_bytes", Type::INT8, "What they may take"),
            ("hits", Type::INT8, "Look-ups that found an answer"),
            ("misses", Type::INT8, "Look-ups that did not"),
            ("ttl_seconds", Type::INT8, "How long an answer lives at most"),
        ],
    ),
    View(
        "config",
        "Every effective value of the configuration with its origin; for admins",
        &[
            ("key", Type::TEXT, "section.key, as in the file"),
            ("value", Type::TEXT, "The value as it would be written; secrets are left out"),
            ("origin", Type::TEXT, "file, environment or default"),
        ],
    ),
    View(
        "health",
        "Whether the parts work, asked now",
        &[
            ("component", Type::TEXT, "warehouse, catalog, cache; connections, where the warehouse is asked over the network"),
            ("ok", Type::BOOL, "It works"),
            ("detail", Type::TEXT, "In a few words"),
        ],
    ),
    View(
        "queries",
        "The last 1000 queries over the warehouse's tables; others' are shown to admins only. No SQL text is kept",
        &[
            ("id", Type::INT8, "The query's id in this process, as in logs and job labels"),
            ("finished", Type::TIMESTAMPTZ, "When it ended"),
            ("user", Type::NAME, "Who asked"),
            ("fingerprint", Type::TEXT, "A hash of the query without its constants: equal for equal shapes"),
            ("milliseconds", Type::FLOAT8, "From arrival to the last row"),
            ("rows", Type::INT8, "Rows sent"),
            ("cache", Type::TEXT, "hit, miss, or bypass for queries that may not be cached"),
            ("bytes_processed", Type::INT8, "What the warehouse read"),
            ("bytes_billed", Type::INT8, "What it billed"),
            ("usd", Type::FLOAT8, "What it cost, in US dollars; nothing for a hit"),
            ("saved_usd", Type::FLOAT8, "What a hit saved"),
            ("job_id", Type::TEXT, "The warehouse's job"),
            ("sqlstate", Type::TEXT, "The class of its error; NULL for success"),
        ],
    ),
    View(
        "running",
        "Statements that run now; others' are shown to admins only",
        &[
            ("pid", Type::INT4, "What pg_cancel_backend(pid) takes"),
            ("user", Type::NAME, "Who runs it"),
            ("database", Type::NAME, "The database of the connection"),
            ("application_name", Type::TEXT, "What the client calls itself"),
            ("started", Type::TIMESTAMPTZ, "When it began"),
            ("seconds", Type::FLOAT8, "How long it runs by now"),
            ("query", Type::TEXT, "Its text"),
        ],
    ),
    View(
        "sessions",
        "Live connections to this process; others' are shown to admins only",
        &[
            ("pid", Type::INT4, "What pg_terminate_backend(pid) takes"),
            ("user", Type::NAME, "Who is connected"),
            ("database", Type::NAME, "The database of the connection"),
            ("application_name", Type::TEXT, "What the client calls itself"),
            ("client_addr", Type::TEXT, "Where the client is; NULL for a local socket"),
            ("connected", Type::TIMESTAMPTZ, "Since when"),
            ("state", Type::TEXT, "As in pg_stat_activity"),
            ("state_since", Type::TIMESTAMPTZ, "Since when it is in this state"),
        ],
    ),
    View(
        "spend",
        "Money spent by user on the present day (UTC); others' is shown to admins only",
        &[
            ("user", Type::NAME, "Whose"),
            ("spent_usd", Type::FLOAT8, "Settled today"),
            ("reserved_usd", Type::FLOAT8, "Set aside for queries under way"),
        ],
    ),
    View(
        "tables",
        "The warehouse's tables with what is known of them without a query",
        &[
            ("schema", Type::NAME, "The schema: a data set, a folder"),
            ("name", Type::NAME, "The table"),
            ("kind", Type::TEXT, "table, view, materializedview or external"),
            ("rows", Type::INT8, "Rows, where the metadata tells"),
            ("bytes", Type::INT8, "Logical bytes, where the metadata tells: what reading all of it is billed"),
            ("partition_column", Type::NAME, "Filter on it with constants to read fewer partitions"),
            ("partition_unit", Type::TEXT, "DAY, HOUR, MONTH, YEAR or RANGE"),
            ("clustering", Type::TEXT_ARRAY, "The clustering columns, in order"),
            ("row_security", Type::BOOL, "The warehouse itself hides rows from some"),
        ],
    ),
    View("version", "The version of Sluice", &[("version", Type::TEXT, "As `sluice --version` prints it")]),
];

/// A function of the schema, which the server itself carries out.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its arguments: name and type.
    pub arguments: &'static [(&'static str, Type)],
    /// What it returns.
    pub returns: Type,
    /// What it does.
    pub comment: &'static str,
}

/// The functions of the schema.
pub const FUNCTIONS: &[Function] = &[
    text_function("approve", &[("id", Type::TEXT)], "Lets a query that waits for a yes run once; for approvers"),
    text_function("deny", &[("id", Type::TEXT)], "Refuses a query that waits for a yes; for approvers"),
    Function { name: "flush_cache", arguments: &[], returns: Type::INT8, comment: "Drops every cached answer; for admins" },
    Function {
        name: "flush_cache",
        arguments: &[("table_name", Type::TEXT)],
        returns: Type::INT8,
        comment: "Drops the cached answers that read a table; for admins",
    },
    text_function("pause", &[("user_name", Type::TEXT)], "Admits nothing of a user (SL006); for admins"),
    text_function("price", &[("sql", Type::TEXT)], "What a query would cost; runs nothing, costs nothing"),
    text_function("reload", &[], "Puts the configuration file in force; for admins"),
    text_function("resume", &[("user_name", Type::TEXT)], "Lets a paused user go on; for admins"),
    text_function(
        "set_budget",
        &[("name", Type::TEXT), ("usd", Type::FLOAT8)],
        "Changes the most of a budget until the configuration is read again; for admins",
    ),
    text_function("translate", &[("sql", Type::TEXT)], "The GoogleSQL that would run for a query"),
];

const fn text_function(name: &'static str, arguments: &'static [(&'static str, Type)], comment: &'static str) -> Function {
    Function { name, arguments, returns: Type::TEXT, comment }
}

impl Function {
    /// Returns its OID.
    pub fn oid(&self) -> u32 {
        let types: Vec<&str> = self.arguments.iter().map(|(_, ty)| ty.name()).collect();
        stable_oid("function", &format!("sluice.{}({})", self.name, types.join(",")))
    }

    /// Returns its line of `pg_proc`, in COPY's text form.
    pub fn proc_line(&self) -> String {
        let types: Vec<String> = self.arguments.iter().map(|(_, ty)| ty.0.to_string()).collect();
        let names: Vec<&str> = self.arguments.iter().map(|(name, _)| *name).collect();
        let names = if names.is_empty() { "\\N".to_owned() } else { format!("{{{}}}", names.join(",")) };
        let (oid, name, schema, count, returns) = (self.oid(), self.name, schema_oid("sluice"), types.len(), self.returns.0);
        format!(
            "{oid}\t{name}\t{schema}\t10\t12\t1\t0\t0\t0\tf\tf\tf\tt\tf\tv\tr\t{count}\t0\t{returns}\t{}\t\\N\t\\N\t{names}\t\\N\t{name}\t\\N\t\\N\t\\N",
            types.join(" ")
        )
    }
}

/// Returns the schema's model.
pub fn schema() -> Schema {
    let view = |View(name, comment, columns): &View| {
        let column = |(name, ty, comment): &(&str, Type, &str)| Column {
            name: (*name).to_owned(),
            ty: *ty,
            typmod: -1,
            nullable: true,
            native: String::new(),
            description: Some((*comment).to_owned()),
        };
        let mut table = system_table("sluice", name, columns.iter().map(column).collect(), None);
        table.description = Some((*comment).to_owned());
        ((*name).to_owned(), table.into())
    };
    Schema { name: "sluice".into(), description: Some("What Sluice says of itself".into()), tables: VIEWS.iter().map(view).collect() }
}

/// Returns the rows of one view.
pub fn rows(view: &str, world: &World) -> Vec<Row> {
    match view {
        "version" => vec![vec![("version", Cell::Text(env!("CARGO_PKG_VERSION").into()))]],
        "tables" => tables(world),
        _ => world.server.get(view).cloned().unwrap_or_default(),
    }
}

fn tables(world: &World) -> Vec<Row> {
    let number = |value: u64| Cell::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let mut rows = Vec::new();
    for table in world.snapshot.tables().filter(|table| !table.is_system()) {
        let mut row: Row = vec![
            ("schema", Cell::Text(table.name.schema.clone())),
            ("name", Cell::Text(table.name.table.clone())),
            ("kind", Cell::Text(format!("{:?}", table.kind).to_lowercase())),
            ("clustering", Cell::Texts(table.clustering.clone())),
            ("row_security", Cell::Bool(table.protection.rows)),
        ];
        row.extend(table.rows.map(|rows| ("rows", number(rows))));
        row.extend(table.bytes.map(|bytes| ("bytes", number(bytes))));
        if let Some(partitioning) = &table.partitioning {
            row.push(("partition_column", Cell::Text(partitioning.column.clone())));
            row.push(("partition_unit", Cell::Text(partitioning.unit.clone())));
        }
        rows.push(row);
    }
    rows
}
