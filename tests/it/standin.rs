//! BigQuery's stand-in of `tests/support` (Google's SQL engine behind BigQuery's REST API), and a server in front of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::harness::Server;

/// The tables that most tests read.
pub const TABLES: &str = "
CREATE TABLE orders (id INT64 NOT NULL, region STRING, amount NUMERIC(10, 2), day DATE, tags ARRAY<STRING>, about JSON,
                     placed TIMESTAMP, seen DATETIME, raw BYTES, item STRUCT<sku STRING, n INT64>) PARTITION BY day CLUSTER BY region;
INSERT INTO orders VALUES
  (1, 'eu', NUMERIC '1.50', DATE '2024-01-01', ['x', 'y'], JSON '{\"b\": 1, \"a\": [true, null]}', TIMESTAMP '2024-01-01 12:00:00.000001+00',
   DATETIME '2024-01-01 12:00:00', b'\\xff\\x00', STRUCT('k1', 3)),
  (2, 'us', NUMERIC '20', DATE '2024-01-02', [], NULL, TIMESTAMP '9999-12-31 23:59:59.999999+00', NULL, NULL, NULL),
  (3, 'eu', NULL, DATE '2024-01-02', NULL, JSON '\"text\"', NULL, DATETIME '0001-01-01 00:00:00', b'', STRUCT(NULL, 0));
CREATE TABLE numbers AS SELECT n, REPEAT('x', MOD(n, 50)) AS filler FROM UNNEST(GENERATE_ARRAY(1, 15000)) AS n;
";

/// A running stand-in, stopped when it goes out of scope.
pub struct StandIn {
    child: Child,
    /// Closing it ends the stand-in.
    _stdin: Option<ChildStdin>,
    /// Its address.
    pub url: String,
    /// The address of its Storage Read API.
    pub storage: String,
    /// For requests of the test's own.
    pub http: reqwest::Client,
}

impl StandIn {
    /// Starts one with the Python of `SLUICE_TEST_PYTHON`.
    pub fn start() -> StandIn {
        StandIn::start_with(&[])
    }

    /// Starts one with arguments of its own.
    pub fn start_with(arguments: &[&Path]) -> StandIn {
        let python = std::env::var_os("SLUICE_TEST_PYTHON").expect("SLUICE_TEST_PYTHON names a Python (tests/run makes one)");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/bigquery.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg("--parent")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the stand-in starts");
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the stand-in says where it is");
        let listening = line.trim().strip_prefix("listening ").expect("the stand-in listens");
        let (url, storage) = listening.split_once(" storage ").unwrap_or((listening, ""));
        let (url, storage) = (url.to_owned(), storage.to_owned());
        StandIn { child, _stdin: stdin, url, storage, http: reqwest::Client::new() }
    }

    /// Sends an order to `/test/..`.
    pub async fn post(&self, path: &str, body: Value) {
        let answer = self.http.post(format!("{}/test/{path}", self.url)).json(&body).send().await.expect("the stand-in answers");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    /// Runs a script in the data set `proj.shop`.
    pub async fn make(&self, sql: &str) {
        self.post("sql", json!({"project": "proj", "dataset": "shop", "sql": sql})).await;
    }

    /// Starts a server in front of it; `more` goes below `[backend.bigquery]`.
    pub fn serve(&self, more: &str) -> Server {
        self.serve_at(&self.url, more)
    }

    /// Starts a server that knows the stand-in by this address.
    pub fn serve_at(&self, endpoint: &str, more: &str) -> Server {
        self.serve_within(endpoint, more, &[])
    }

    /// The same with variables of its environment.
    pub fn serve_within(&self, endpoint: &str, more: &str, environment: &[(&str, &Path)]) -> Server {
        let sections = format!(
            "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nadmin = true\n\n[backend]\nkind = \"bigquery\"\n\n[guard]\ninject_limit = 0\n\
             require_partition_filter = false\n\n[backend.bigquery]\nproject = \"proj\"\napi_endpoint = \"{endpoint}\"\n{more}\n"
        );
        Server::start_within(&sections, environment)
    }

    /// Adds a fault to the script.
    pub async fn fault(&self, fault: Value) {
        self.post("faults", fault).await;
    }

    /// The requests of one method since the last [`StandIn::forget`].
    pub async fn requests(&self, method: &str) -> Vec<Value> {
        self.log().await.into_iter().filter(|entry| entry["method"] == method).collect()
    }

    /// All of them.
    pub async fn log(&self) -> Vec<Value> {
        let answer = self.http.get(format!("{}/test/requests", self.url)).send().await.expect("the stand-in answers");
        let log: Value = answer.json().await.expect("JSON");
        log["log"].as_array().expect("a log").clone()
    }

    /// How often a method was called since then.
    pub async fn count(&self, method: &str) -> usize {
        self.requests(method).await.len()
    }

    /// Empties the log of requests.
    pub async fn forget(&self) {
        self.http.delete(format!("{}/test/requests", self.url)).send().await.expect("the stand-in answers");
    }

    /// Waits until a method has been called so often.
    pub async fn called(&self, method: &str, times: usize) {
        let began = Instant::now();
        while self.count(method).await < times {
            assert!(began.elapsed() < Duration::from_secs(20), "{method} was not called {times} times");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A stand-in with [`TABLES`], and a server in front of it.
pub async fn setup(more: &str) -> (StandIn, Server) {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve(more);
    stand_in.forget().await;
    (stand_in, server)
}

/// Asks in the simple protocol; returns every row as text.
pub async fn text(client: &Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = |message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()),
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// As [`text`], with `NULL` for NULL.
pub async fn shown(client: &Client, sql: &str) -> Vec<Vec<String>> {
    rows(client, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

/// As [`shown`], for queries that may fail.
pub async fn rows(client: &Client, sql: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let row = |message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).unwrap_or("NULL").to_owned()).collect()),
        _ => None,
    };
    Ok(client.simple_query(sql).await?.into_iter().filter_map(row).collect())
}

/// Returns the error's SQLSTATE.
pub fn state(error: &tokio_postgres::Error) -> &str {
    error.code().map_or("", SqlState::code)
}
