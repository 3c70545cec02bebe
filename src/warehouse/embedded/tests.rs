//! The engine from text to rows, over small folders.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arrow::util::pretty::pretty_format_batches;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::guard::Accuracy;
use crate::query::{CacheMode, Notices, OutputColumn, Principal, QueryId, SessionInputs};
use crate::types::Type;
use crate::types::literal::Literal;

fn cx() -> QueryContext {
    QueryContext {
        id: QueryId::next(),
        principal: Arc::new(Principal { user: "u".into(), role: "u".into(), admin: false, token: None }),
        session: Arc::new(SessionInputs {
            database: "local".into(),
            search_path: vec![],
            timezone: crate::types::zone::Tz::UTC,
            reads_in: crate::types::zone::Tz::UTC.into(),
            timezone_name: "UTC".into(),
            application_name: String::new(),
            cache_mode: CacheMode::On,
            max_usd: None,
            dry_run: false,
            labels: vec![],
            tags: vec![],
            backend_pid: 1,
            ends: None,
            settings: Arc::default(),
            objects: Arc::default(),
            about_settings: Default::default(),
        }),
        transaction_start: chrono::Utc::now(),
        xid: Default::default(),
        random: Default::default(),
        statement_start: chrono::Utc::now(),
        cancel: CancellationToken::new(),
        deadline: None,
        started: Instant::now(),
        row_limited: false,
        notices: Notices::default(),
        turn: None,
    }
}

fn job(text: &str, columns: &[Type]) -> Job {
    let columns: Vec<OutputColumn> = columns.iter().map(|ty| OutputColumn::new("c", *ty)).collect();
    Job {
        text: text.into(),
        dialect: Dialect::DataFusion,
        parameters: vec![],
        columns: columns.into(),
        tables: vec![],
        ordered: false,
        origin: crate::sql::emit::Origin::Emitter,
        fingerprint: String::new(),
    }
}

/// Runs a job past the guard, which has tests of its own.
async fn run(engine: &Embedded, cx: &QueryContext, job: &Job) -> Result<Running> {
    let planned = engine.plan(cx, engine.state.clone(), job).await?;
    let settle = |end, engine_time| Outcome {
        processed: Bytes(u64::from(end == End::Complete)),
        billed: Bytes(0),
        warehouse_cache_hit: false,
        job_id: None,
        engine_time,
        reading: None,
    };
    Ok(run::start(engine.threads.handle(), cx, planned, job.columns.clone(), settle))
}

async fn rows(engine: &Embedded, job: &Job) -> Result<String> {
    let mut running = run(engine, &cx(), job).await?;
    let mut batches = Vec::new();
    while let Some(batch) = running.batches.next().await {
        batches.push(batch?);
    }
    assert_eq!(running.outcome.get().map(|outcome| outcome.processed), Some(Bytes(1)), "the outcome is there when the rows have ended");
    let table = pretty_format_batches(&batches).unwrap().to_string();
    let lines = table.lines().skip(3).filter(|line| !line.starts_with('+'));
    Ok(lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("|")).collect::<Vec<_>>().join("\n"))
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Folder {
        let root = std::env::temp_dir().join(format!("sluice-engine-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&root).ok();
        for (file, text) in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Folder(root)
    }

    fn open(&self) -> Embedded {
        open(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn open(path: &Path) -> Embedded {
    Embedded::open(Settings { paths: vec![path.to_owned()], database: "shop".into(), partitions: 2, ..Settings::default() }).unwrap()
}

fn demo() -> (Embedded, Snapshot) {
    let folder = std::env::temp_dir().join("sluice-engine-demo");
    let demo = demo::ensure(&folder, 0.001, &mut |_| ()).unwrap();
    let engine = open(&demo.path);
    let snapshot = futures::executor::block_on(engine.snapshot()).unwrap();
    (engine, snapshot)
}

#[tokio::test]
async fn the_demo_is_a_catalog() {
    let (_, snapshot) = demo();
    assert_eq!((snapshot.databases[0].as_str(), snapshot.default_schema.as_deref()), ("shop", Some("shop")));
    let events = snapshot.table(None, "events", &[]).unwrap();
    let columns: Vec<String> = events.columns.iter().map(|column| format!("{} {}", column.name, column.ty.format(column.typmod))).collect();
    assert_eq!(
        columns,
        [
            "event_id bigint",
            "at timestamp with time zone",
            "customer_id integer",
            "kind text",
            "url text",
            "user_agent text",
            "payload jsonb",
            "tags text[]",
            "value numeric(12,2)",
            "duration_ms integer",
            "day date"
        ]
    );
    assert_eq!((events.rows, events.partitioning.as_ref().unwrap().column.as_str()), (Some(5000), "day"));
    let customers = snapshot.table(None, "customers", &[]).unwrap();
    let format = |name: &str| {
        customers.columns[customers.column(name).unwrap()].ty.format(customers.columns[customers.column(name).unwrap()].typmod)
    };
    assert_eq!((format("uid"), format("email"), format("country")), ("uuid".into(), "character varying(80)".into(), "character(2)".into()));
}

/// Bytes as BigQuery counts them, computed from the values themselves, are what the footers say.
#[tokio::test]
async fn the_estimate_is_exact() {
    let (engine, _) = demo();
    let counted = "SELECT sum(2 + octet_length(\"url\")), sum(CASE WHEN \"payload\" IS NULL THEN 0 ELSE 2 + octet_length(\"payload\") END), \
                   16 * count(\"value\"), 8 * count(\"customer_id\"), 8 * count(*) FROM \"shop\".\"events\"";
    let truth = rows(&engine, &job(counted, &[Type::INT8; 5])).await.unwrap();
    let text = "SELECT \"url\", \"payload\", \"value\", \"customer_id\", \"day\" FROM \"shop\".\"events\" LIMIT 1";
    let estimate = engine.estimate(&cx(), &job(text, &[Type::TEXT; 5])).await.unwrap();
    let by_column = |name: &str| estimate.scans[0].column_bytes.iter().find(|(column, _)| column == name).unwrap().1.0;
    let told = ["url", "payload", "value", "customer_id", "day"].map(|name| by_column(name).to_string()).join("|");
    assert_eq!(told, truth);
    assert_eq!(estimate.accuracy, Accuracy::Exact);
    assert_eq!(estimate.bytes.0, truth.split('|').map(|bytes| bytes.parse::<u64>().unwrap()).sum::<u64>());
    assert_eq!((estimate.scans[0].partitions, estimate.scans[0].columns.len(), estimate.scans[0].columns_total), (Some((214, 214)), 5, 11));
}

#[tokio::test]
async fn partitions_are_pruned_before_they_are_priced() {
    let (engine, _) = demo();
    let estimate = async |condition: &str| {
        let text = format!("SELECT \"region\" FROM \"shop\".\"orders\" WHERE {condition}");
        let estimate = engine.estimate(&cx(), &job(&text, &[Type::TEXT])).await.unwrap();
        estimate.scans.first().map(|scan| (scan.partitions.unwrap().0, scan.columns.join(",")))
    };
    let of = |partitions, columns: &str| Some((partitions, columns.to_owned()));
    assert_eq!(estimate("\"day\" = DATE '2026-03-01'").await, of(1, "region,day"));
    assert_eq!(estimate("\"day\" >= DATE '2026-07-30' AND \"status\" = 'paid'").await, of(4, "region,status,day"));
    assert_eq!(estimate("\"day\" IN (DATE '2026-03-01', DATE '2026-03-02', DATE '1999-01-01')").await, of(2, "region,day"));
    assert_eq!(estimate("date_part('month', \"day\") = 2").await, of(28, "region,day"));
    assert_eq!(estimate("\"day\" < DATE '1999-01-01'").await, of(0, "region,day"));
    assert_eq!(estimate("\"day\" = (SELECT max(\"day\") FROM \"shop\".\"orders\")").await, of(214, "region,day"));
    assert_eq!(estimate("false").await, None);
}

#[tokio::test]
async fn a_table_read_twice_is_counted_once() {
    let (engine, _) = demo();
    let bytes = async |text: &str| engine.estimate(&cx(), &job(text, &[Type::INT8])).await.unwrap().bytes.0;
    let once = bytes("SELECT sum(\"order_id\") FROM \"shop\".\"orders\"").await;
    assert_eq!(once, 2000 * 8);
    assert_eq!(bytes("SELECT \"order_id\" FROM \"shop\".\"orders\" UNION ALL SELECT \"order_id\" FROM \"shop\".\"orders\"").await, once);
    assert_eq!(bytes("SELECT count(*) FROM \"shop\".\"orders\"").await, 0);
}

#[tokio::test]
async fn rows_come_typed() {
    let (engine, _) = demo();
    let text = "SELECT \"country\", count(*) AS n, sum(\"balance\") AS s FROM \"shop\".\"customers\" WHERE \"customer_id\" <= $1 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1";
    let mut job = job(text, &[Type::TEXT, Type::INT8, Type::NUMERIC]);
    job.parameters = vec![(Type::INT4, Literal::Int(50))];
    let row = rows(&engine, &job).await.unwrap();
    assert!(row.split('|').count() == 3 && row.contains('.'), "{row}");
    let text = "SELECT count(*) FROM \"shop\".\"order_items\" i JOIN \"shop\".\"orders\" o ON i.\"order_id\" = o.\"order_id\"";
    let joined: u64 = rows(&engine, &self::job(text, &[Type::INT8])).await.unwrap().parse().unwrap();
    assert!((4000..6000).contains(&joined));
    // Orders are worth the sum of their lines.
    let text = "SELECT count(*) FROM (SELECT o.\"order_id\" FROM \"shop\".\"orders\" o JOIN \"shop\".\"order_items\" i ON i.\"order_id\" = o.\"order_id\" \
                GROUP BY o.\"order_id\", o.\"amount\" HAVING o.\"amount\" <> sum(i.\"price\" * i.\"quantity\")) AS x";
    assert_eq!(rows(&engine, &self::job(text, &[Type::INT8])).await.unwrap(), "0");
}

#[tokio::test]
async fn csv_files_are_tables_too() {
    let folder =
        Folder::new("csv", &[("shop/t.csv", "id,name,d,x\n1,\"a, b\",2026-01-02,1.5\n2,,2026-01-03,\n"), ("shop/bad.parquet", "no")]);
    let engine = folder.open();
    let snapshot = engine.snapshot().await.unwrap();
    let table = snapshot.table(None, "t", &[]).unwrap();
    let types: Vec<String> = table.columns.iter().map(|column| column.ty.to_string()).collect();
    assert_eq!(types, ["bigint", "text", "date", "double precision"]);
    assert!(snapshot.table(None, "bad", &[]).is_none(), "what cannot be read is left out, the rest is served");
    let job = job("SELECT * FROM \"shop\".\"t\" ORDER BY 1", &[Type::INT8, Type::TEXT, Type::DATE, Type::FLOAT8]);
    assert_eq!(rows(&engine, &job).await.unwrap(), "1|a, b|2026-01-02|1.5\n2||2026-01-03|");
    let estimate = engine.estimate(&cx(), &job).await.unwrap();
    assert_eq!((estimate.bytes, estimate.accuracy), (Bytes(51), Accuracy::UpperBound));
}

#[tokio::test]
async fn a_table_that_vanishes_is_a_clear_error() {
    let folder = Folder::new("gone", &[("shop/t.csv", "id\n1\n"), ("shop/u.csv", "id\n1\n")]);
    let engine = folder.open();
    let snapshot = engine.snapshot().await.unwrap();
    let planned = engine.plan(&cx(), engine.state.clone(), &job("SELECT * FROM \"shop\".\"t\"", &[Type::INT8])).await.unwrap();
    std::fs::remove_file(folder.0.join("shop/t.csv")).unwrap();
    let settle = |_, engine_time| Outcome {
        processed: Bytes(0),
        billed: Bytes(0),
        warehouse_cache_hit: false,
        job_id: None,
        engine_time,
        reading: None,
    };
    let mut running = run::start(engine.threads.handle(), &cx(), planned, vec![OutputColumn::new("id", Type::INT8)].into(), settle);
    let error = running.batches.next().await.unwrap().unwrap_err();
    assert_eq!((error.sqlstate, error.message.as_str()), (SqlState::SYSTEM_ERROR, "a data file vanished while it was read"));
    // A catalog that is read again knows it no more.
    let table = snapshot.table(None, "t", &[]).unwrap().clone();
    assert!(engine.snapshot().await.unwrap().table(None, "t", &[]).is_none());
    assert_eq!(engine.version(&table).await.unwrap_err().sqlstate, SqlState::UNDEFINED_TABLE);
}

/// A file in a file's place that lacks a column is no file of NULLs.
#[tokio::test]
async fn a_table_that_loses_a_column_is_a_clear_error() {
    let folder = Folder::new("shape", &[("shop/t.csv", "id,name\n1,a\n"), ("shop/u.csv", "id\n1\n")]);
    let engine = folder.open();
    engine.snapshot().await.unwrap();
    let text = "SELECT \"name\" FROM \"shop\".\"t\"";
    assert_eq!(rows(&engine, &job(text, &[Type::TEXT])).await.unwrap(), "a");
    std::fs::write(folder.0.join("shop/t.csv"), "id,label\n1,abc\n").unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await; // a listing serves for half a second
    let error = rows(&engine, &job(text, &[Type::TEXT])).await.unwrap_err();
    assert_eq!(
        (error.sqlstate, error.message.as_str()),
        (SqlState::SYSTEM_ERROR, "the files of table \"shop.t\" have changed their shape")
    );
    tokio::time::timeout(Duration::from_secs(5), engine.outdated()).await.expect("the catalog is to be read again");
    engine.snapshot().await.unwrap();
    let text = "SELECT \"label\" FROM \"shop\".\"t\"";
    assert_eq!(rows(&engine, &job(text, &[Type::TEXT])).await.unwrap(), "abc");
    // Nor is one with its columns in another order, though it has them all.
    std::fs::write(folder.0.join("shop/t.csv"), "label,id\nabcd,1\n").unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(rows(&engine, &job(text, &[Type::TEXT])).await.unwrap_err().sqlstate, SqlState::SYSTEM_ERROR);
    engine.snapshot().await.unwrap();
    assert_eq!(rows(&engine, &job(text, &[Type::TEXT])).await.unwrap(), "abcd");
}

#[tokio::test]
async fn cancel_and_timeout_end_a_query() {
    let (engine, _) = demo();
    let endless = job(
        "SELECT count(*) FROM \"shop\".\"events\" a, \"shop\".\"events\" b, \"shop\".\"events\" c WHERE a.\"url\" || b.\"url\" <> c.\"url\"",
        &[Type::INT8],
    );
    let context = cx();
    let mut running = run(&engine, &context, &endless).await.unwrap();
    context.cancel.cancel();
    let error = running.batches.next().await.unwrap().unwrap_err();
    assert_eq!((error.sqlstate, error.message.as_str()), (SqlState::QUERY_CANCELED, "canceling statement due to user request"));
    let context = QueryContext { deadline: Some(Instant::now() + Duration::from_millis(20)), ..cx() };
    let error = match run(&engine, &context, &endless).await {
        Ok(mut running) => running.batches.next().await.unwrap().unwrap_err(),
        Err(error) => error,
    };
    assert_eq!((error.sqlstate, error.message.as_str()), (SqlState::QUERY_CANCELED, "canceling statement due to statement timeout"));
}

/// A reader that takes nothing stops the scan: two batches wait, no more are made.
#[tokio::test]
async fn a_slow_client_slows_the_scan() {
    let (engine, _) = demo();
    let ended = Arc::new(std::sync::Mutex::new(None));
    let planned = engine.plan(&cx(), engine.state.clone(), &job("SELECT \"url\" FROM \"shop\".\"events\"", &[Type::TEXT])).await.unwrap();
    let told = ended.clone();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let settle = move |end, engine_time| {
        *told.lock().unwrap() = Some(end);
        sender.send(()).ok();
        Outcome { processed: Bytes(0), billed: Bytes(0), warehouse_cache_hit: false, job_id: None, engine_time, reading: None }
    };
    let mut running = run::start(engine.threads.handle(), &cx(), planned, vec![OutputColumn::new("u", Type::TEXT)].into(), settle);
    running.batches.next().await.unwrap().unwrap();
    assert_eq!(*ended.lock().unwrap(), None, "214 files are not read for a client that took one batch");
    drop(running);
    receiver.await.unwrap();
    assert_eq!(*ended.lock().unwrap(), Some(End::Stopped), "a client that goes away stops the query");
}

/// Who has been shown rows has been shown the table: a query that fails behind them is billed like one that is stopped.
#[tokio::test]
async fn a_query_that_fails_behind_its_rows_is_no_failed_one() {
    let lines: String = (0..100_000).map(|id| format!("{id}\n")).collect();
    let folder = Folder::new("broken", &[("shop/t.csv", &format!("id\n{lines}"))]);
    let engine = folder.open();
    engine.snapshot().await.unwrap();
    for (divisor, expected) in [("\"id\" - 99999", End::Broken), ("\"id\" - \"id\"", End::Failed)] {
        let job = job(&format!("SELECT 1 / ({divisor}) FROM \"shop\".\"t\""), &[Type::INT8]);
        let planned = engine.plan(&cx(), engine.state.clone(), &job).await.unwrap();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let settle = move |end, engine_time| {
            sender.send(end).ok();
            Outcome { processed: Bytes(0), billed: Bytes(0), warehouse_cache_hit: false, job_id: None, engine_time, reading: None }
        };
        let mut running = run::start(engine.threads.handle(), &cx(), planned, job.columns.clone(), settle);
        let mut last = None;
        while let Some(batch) = running.batches.next().await {
            last = Some(batch);
        }
        assert_eq!(last.unwrap().unwrap_err().sqlstate, SqlState::DIVISION_BY_ZERO);
        assert_eq!(receiver.await.unwrap(), expected, "{divisor}");
    }
}

#[tokio::test]
async fn what_the_engine_cannot_do_is_refused() {
    let (engine, _) = demo();
    let error = async |text: &str| rows(&engine, &job(text, &[Type::INT8])).await.unwrap_err().sqlstate;
    assert_eq!(error("SELECT no_such_function(1)").await, SqlState::FEATURE_NOT_SUPPORTED);
    assert_eq!(error("SELECT 1/0").await, SqlState::DIVISION_BY_ZERO);
    assert_eq!(error("CREATE TABLE x AS SELECT 1").await, SqlState::INTERNAL_ERROR);
    assert_eq!(error("SELECT 1, 2").await, SqlState::INTERNAL_ERROR);
}

#[tokio::test]
async fn memory_is_limited() {
    let (engine, _) = demo();
    let text = "SELECT \"payload\", count(*) FROM \"shop\".\"events\" GROUP BY 1 ORDER BY 2, 1";
    let refused = async |memory_limit, query_memory_limit| {
        let paths = engine.settings.paths.clone();
        let small = Settings { paths, memory_limit, query_memory_limit, spill_limit: 0, partitions: 2, ..Settings::default() };
        rows(&Embedded::open(small).unwrap(), &job(text, &[Type::TEXT, Type::INT8])).await.err()
    };
    for (all, one, name) in [(200 << 10, 1 << 30, "memory_limit"), (1 << 30, 200 << 10, "query_memory_limit")] {
        let error = refused(all, one).await.unwrap();
        assert!([SqlState::OUT_OF_MEMORY, SqlState::DISK_FULL].contains(&error.sqlstate), "{error:?}");
        let told = error.detail.unwrap_or_default();
        assert!(error.sqlstate == SqlState::DISK_FULL || told.contains(&format!("backend.local.{name}")), "{told}");
    }
    assert_eq!(refused(1 << 30, 64 << 20).await, None);
}
