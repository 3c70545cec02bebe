//! `sluice translate`: PostgreSQL's SQL to GoogleSQL, without a warehouse and without a configuration.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, complaint, offline, tables};
use crate::catalog::model::{Snapshot, Table};
use crate::config::Config;
use crate::error::{Report, Result, SqlState};
use crate::optimize::{self, Optimizer, Trace};
use crate::sql::bind::{BindContext, bind};
use crate::sql::classify::classify;
use crate::sql::emit::{Dialect, emit};
use crate::sql::parse::{self, Statement};
use crate::sql::stamp::{StampContext, stamp};
use crate::sql::tree::{Bound, ExprKind, Relation};
use crate::sql::walk;
use crate::types::zone::Tz;

/// The longest input.
const MAX_INPUT: u64 = 16 << 20;

/// Flags of `sluice translate`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// SQL, the name of a file of statements, or `-` for standard input
    #[arg(default_value = "-")]
    sql: String,
    /// The tables: CREATE TABLE statements (PostgreSQL's or GoogleSQL's), or JSON as `bq show --schema` prints it (the table is called as
    /// the file, or TABLE=FILE), or a JSON map of tables. May be given several times
    #[arg(long, short, value_name = "FILE")]
    schema: Vec<String>,
    /// The project of tables whose name has none
    #[arg(long)]
    project: Option<String>,
    /// The data set of tables whose name has none
    #[arg(long)]
    dataset: Option<String>,
    /// The session's TimeZone
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    time_zone: String,
    /// Asks the warehouse of this configuration for its tables
    #[arg(long, short, conflicts_with = "schema", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints JSON: the translation with types, tables, columns and rewrites, or the error
    #[arg(long)]
    json: bool,
}

/// Translates every statement; those that cannot be translated are told on standard error.
pub fn translate(arguments: &Arguments) -> Result<(), Failure> {
    let zone = crate::session::settings::timezone(&arguments.time_zone);
    let (zone, _) = zone.ok_or_else(|| Failure::config(format!("--time-zone: there is no time zone \"{}\"", arguments.time_zone)))?;
    let home = tables::Home { project: arguments.project.clone(), dataset: arguments.dataset.clone() };
    let snapshot = match &arguments.config {
        Some(path) => served(path)?,
        None => tables::snapshot(&arguments.schema, &home)?,
    };
    let text = input(&arguments.sql)?;
    let world = World { zone, search_path: search_path(&snapshot, &home), snapshot };
    let statements = match parse::parse_each(&text) {
        Ok(statements) => statements,
        Err(report) => vec![Err(report)],
    };
    let answers: Vec<Answer> = statements
        .into_iter()
        .map(|statement| match statement {
            Ok(statement) => (Some(statement.source.clone()), world.translation(statement)),
            Err(report) => (None, Err(report)),
        })
        .collect();
    if arguments.json {
        let shown: Vec<Value> = answers.iter().enumerate().map(|(i, answer)| in_json(i + 1, answer, &text)).collect();
        println!("{}", serde_json::to_string_pretty(&shown).expect("a JSON value prints"));
    } else {
        print(&answers, &text, arguments);
    }
    let failures = answers.iter().filter(|(_, answer)| answer.is_err()).count();
    match (failures, answers.len()) {
        (0, 0) => Err(Failure::config("there is no statement to translate")),
        (0, _) => Ok(()),
        // Each was told in full already.
        (_, 1) => Err(Failure::silent()),
        (failures, all) => Err(Failure::failed(format!("{failures} of {all} statements have no translation"))),
    }
}

/// The statement's text, where it is known, and what became of it.
type Answer = (Option<String>, Result<Translation>);

/// Returns the SQL that was given, the file's of that name, or standard input's.
pub fn input(given: &str) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::config(format!("cannot read {given}: {error}"));
    if given == "-" {
        if std::io::stdin().is_terminal() {
            eprintln!("reading SQL from standard input; end it with Ctrl-D");
        }
        let mut text = String::new();
        std::io::stdin().take(MAX_INPUT).read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    if std::path::Path::new(given).is_file() {
        return std::fs::read_to_string(given).map_err(unreadable);
    }
    // A name without blanks is a file's name, not a query.
    if !given.contains(char::is_whitespace) && !given.contains('(') {
        return Err(Failure::config(format!("there is no file {given}; write SQL in quotes, as in: sluice translate 'SELECT 1'")));
    }
    Ok(given.to_owned())
}

/// Asks a warehouse for its tables.
fn served(path: &std::path::Path) -> Result<Snapshot, Failure> {
    let config = Config::load(path).map_err(Failure::config)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
    runtime.block_on(super::build::snapshot(&config))
}

fn search_path(snapshot: &Snapshot, home: &tables::Home) -> Vec<String> {
    home.dataset.clone().into_iter().chain(snapshot.default_schema.clone()).chain(["public".to_owned()]).collect()
}

/// What statements are read against.
struct World {
    zone: Tz,
    search_path: Vec<String>,
    snapshot: Snapshot,
}

/// One statement in GoogleSQL.
struct Translation {
    googlesql: String,
    bound: Bound,
    rewrites: Vec<Trace>,
}

impl World {
    fn translation(&self, statement: Statement) -> Result<Translation> {
        let (read, types) = classify(statement)?.into_query().ok_or_else(|| {
            Report::new(SqlState::WRONG_OBJECT_TYPE, "only queries have a translation")
                .detail("Statements about the session are answered by the server itself.")
        })?;
        let cx = BindContext {
            snapshot: &self.snapshot,
            search_path: &self.search_path,
            timezone: self.zone,
            reads_in: self.zone.into(),
            parameter_types: &types,
        };
        let mut bound = bind(&read, &cx)?;
        let database = self.snapshot.databases.first().cloned().unwrap_or_default();
        let query = offline::context(offline::session(self.zone, database, self.search_path.clone()));
        let now = chrono::Utc::now();
        stamp(
            &mut bound,
            &StampContext {
                session: &query.session,
                principal: &query.principal,
                transaction_start: query.transaction_start,
                xid: &query.xid,
                random: &query.random,
                statement_start: query.statement_start,
                now,
                snapshot: &self.snapshot,
            },
        )?;
        if let Some(table) = bound.tables().iter().find(|table| table.is_system()) {
            return Err(Report::unsupported(format!("a translation of a query over {}", table.name))
                .detail("Relations of the system are answered by the server itself and never reach the warehouse."));
        }
        let optimizer = Optimizer::new(optimize::Settings { inject_limit: 0, ..optimize::Settings::default() });
        let rewrites = optimizer.apply(&query, &mut bound);
        let job = emit(&bound, Dialect::GoogleSql, &[], self.zone)?;
        Ok(Translation { googlesql: job.text, bound, rewrites })
    }
}

fn print(answers: &[Answer], text: &str, arguments: &Arguments) {
    for (i, (_, answer)) in answers.iter().enumerate() {
        match answer {
            Ok(translation) if answers.len() == 1 => println!("{}", translation.googlesql),
            Ok(translation) => println!("{}{};", if i > 0 { "\n" } else { "" }, translation.googlesql),
            Err(report) => {
                eprint!("{}", complaint::shown(text, report));
                if report.sqlstate == SqlState::UNDEFINED_TABLE && arguments.schema.is_empty() && arguments.config.is_none() {
                    eprintln!("HINT:  No tables are known: name a file of CREATE TABLE statements with --schema.");
                }
            }
        }
    }
}

fn in_json(number: usize, (source, answer): &Answer, text: &str) -> Value {
    let mut shown = json!({ "statement": number });
    if let Some(source) = source {
        shown["sql"] = json!(source);
    }
    match answer {
        Ok(translation) => {
            let bound = &translation.bound;
            shown["googlesql"] = json!(translation.googlesql);
            shown["columns"] =
                bound.columns.iter().map(|column| json!({ "name": column.name, "type": column.ty.format(column.typmod) })).collect();
            shown["parameters"] = bound.parameters.iter().map(|ty| json!(ty.format(-1))).collect();
            shown["tables"] = bound.tables().iter().map(|table| table_in_json(bound, table)).collect();
            shown["rewrites"] = translation.rewrites.iter().map(|trace| json!({ "rule": trace.rule, "what": trace.what })).collect();
        }
        Err(report) => shown["error"] = error_in_json(text, report),
    }
    shown
}

/// Returns a report as JSON.
pub fn error_in_json(text: &str, report: &Report) -> Value {
    let place = complaint::place(text, report);
    json!({
        "sqlstate": report.sqlstate.0,
        "message": report.message,
        "detail": report.detail,
        "hint": report.hint,
        "position": report.position,
        "line": place.map(|(line, _)| line),
        "column": place.map(|(_, column)| column),
    })
}

/// A table with the columns of it that the query reads.
fn table_in_json(bound: &Bound, table: &Arc<Table>) -> Value {
    let mut ids = Vec::new();
    walk::each_relation(&bound.query, |relation| {
        if let Relation::Table { id, table: other, .. } = relation
            && other.name == table.name
        {
            ids.push(*id);
        }
    });
    let mut read = BTreeSet::new();
    walk::each_expr(&bound.query, |expr| {
        if let ExprKind::Column { relation, column } = &expr.kind
            && ids.contains(relation)
        {
            read.insert(*column);
        }
    });
    let columns: Vec<Value> = read
        .into_iter()
        .filter_map(|i| table.columns.get(i))
        .map(|column| json!({ "name": column.name, "type": column.ty.format(column.typmod), "bigquery_type": column.native }))
        .collect();
    json!({ "schema": table.name.schema, "name": table.name.table, "path": table.path.join("."), "columns": columns })
}
