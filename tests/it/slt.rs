//! Plays `tests/slt/**/*.slt` on PostgreSQL and on Sluice: the same rows, or the same class of error, on both.
//!
//! The tables are the demo's shop, small. Values are compared as text, as a client of the simple protocol sees them. What only one
//! side knows is marked `skipif postgres` or `onlyif sluice`.

use std::path::{Path, PathBuf};

use sluice::warehouse::embedded::demo;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::data;
use crate::harness::{Folder, Judge, Server};

/// The size of the shop: 50 customers, 2000 orders, 5000 events.
const SCALE: f64 = 0.001;

#[tokio::test(flavor = "multi_thread")]
async fn postgres_and_sluice_agree() {
    let files = slt_files();
    assert!(!files.is_empty(), "tests/slt holds files");
    let folder = Folder::new("slt");
    let demo = demo::ensure(folder.path(), SCALE, &mut |_| ()).expect("the demo data can be written");
    let mut failures = Vec::new();
    let judge = Judge::new("slt").await;
    data::load(&judge.client, &demo.path.join("shop")).await;
    failures.extend(play(&files, "postgres", &judge.client).await);
    judge.finish().await;
    let server = Server::over(&[&demo.path]);
    let client = server.client().await;
    failures.extend(play(&files, "sluice", &client).await);
    assert!(failures.is_empty(), "{} of the files disagree:\n\n{}", failures.len(), failures.join("\n\n"));
}

fn slt_files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "slt") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt"), &mut found);
    found.sort();
    found
}

/// Plays every file; each failure names the engine, the file and the line.
async fn play(files: &[PathBuf], engine: &'static str, client: &Client) -> Vec<String> {
    let mut failures = Vec::new();
    for file in files {
        let mut runner = Runner::new(|| async { Ok(Session { client, engine }) });
        runner.add_label(engine);
        if let Err(error) = runner.run_file_async(file).await {
            failures.push(format!("{engine}: {}", error.display(false)));
        }
    }
    failures
}

struct Session<'a> {
    client: &'a Client,
    engine: &'static str,
}

/// An error as the files spell it: SQLSTATE, then the message.
#[derive(Debug)]
struct Refusal {
    sqlstate: String,
    message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.sqlstate, self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Refusal {
        match error.as_db_error() {
            Some(error) => Refusal { sqlstate: error.code().code().to_owned(), message: error.message().to_owned() },
            None => Refusal { sqlstate: "-----".into(), message: error.to_string() },
        }
    }
}

#[async_trait::async_trait]
impl AsyncDB for Session<'_> {
    type Error = Refusal;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Refusal> {
        let mut rows = Vec::new();
        let mut width = None;
        for message in self.client.simple_query(sql).await? {
            match message {
                SimpleQueryMessage::RowDescription(columns) => width = Some(columns.len()),
                SimpleQueryMessage::Row(row) => {
                    let value = |i| match row.get(i) {
                        None => "NULL".to_owned(),
                        Some("") => "(empty)".to_owned(),
                        Some(text) => text.replace('\n', "\\n"),
                    };
                    rows.push((0..row.len()).map(value).collect());
                }
                _ => {}
            }
        }
        Ok(match width {
            Some(width) => DBOutput::Rows { types: vec![DefaultColumnType::Any; width], rows },
            None => DBOutput::StatementComplete(0),
        })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        self.engine
    }

    fn error_sql_state(error: &Refusal) -> Option<String> {
        Some(error.sqlstate.clone())
    }
}
