//! What every warehouse must do: one list of checks against the trait, run over the embedded engine (Parquet and CSV) and over BigQuery (the
//! stand-in; results in pages, and by the Storage Read API). Queries are PostgreSQL's, bound and emitted as for any client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Int64Array, RecordBatch};
use futures::StreamExt;
use futures::future::join_all;
use sluice::catalog::model::{Snapshot, Table, TableKind, TableName};
use sluice::error::{Report, SqlState};
use sluice::guard::Estimate;
use sluice::guard::price::Usd;
use sluice::query::{BatchStream, CacheMode, Notices, OutputColumn, Principal, QueryContext, QueryId, SessionInputs};
use sluice::sql::bind::{BindContext, bind};
use sluice::sql::classify::{Class, classify};
use sluice::sql::emit::{Dialect, Job, Origin, emit};
use sluice::warehouse::{Fact, FreeAsk, Outcome, Running};

#[path = "warehouse_contract/shown.rs"]
mod shown;
#[path = "warehouse_contract/worlds.rs"]
mod worlds;

use shown::{is_documented, shown};
use worlds::{Behind, World};

/// Rows of `shop.many`: n from 1, and x's.
const MANY: u64 = 15_000;
/// Reads for hours, wherever it runs.
const ENDLESS: &str = "SELECT count(*) FROM many a, many b WHERE md5(a.filler || b.n) < md5(b.filler || a.n)";
/// The most that one batch of `shop.many` may hold in memory.
const BATCH_BYTES: usize = 512 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_engine_keeps_the_contract() {
    keeps_the_contract(&World::embedded().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bigquery_keeps_the_contract_in_pages() {
    keeps_the_contract(&World::bigquery(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bigquery_keeps_the_contract_by_the_storage_read_api() {
    keeps_the_contract(&World::bigquery(true).await).await;
}

async fn keeps_the_contract(world: &World) {
    tells_its_tables(world).await;
    tells_versions(world).await;
    estimates_for_nothing(world).await;
    refuses_wrong_texts(world).await;
    types_values_as_documented(world).await;
    tells_the_outcome_before_the_end(world).await;
    answers_with_no_rows(world).await;
    streams_large_results(world).await;
    runs_jobs_at_once(world).await;
    fails_with_a_state(world).await;
    stops_when_cancelled(world).await;
    stops_at_the_deadline(world).await;
    stops_when_nobody_listens(world).await;
    answers_freely_what_a_job_answers(world).await;
    describes_texts_of_its_own_language(world).await;
}

impl World {
    /// What a query is asked with.
    fn cx(&self) -> QueryContext {
        QueryContext {
            id: QueryId::next(),
            principal: Arc::new(Principal { user: "tester".into(), role: "tester".into(), admin: false, token: None }),
            session: Arc::new(SessionInputs {
                database: "proj".into(),
                search_path: vec!["shop".into()],
                timezone: sluice::types::zone::Tz::UTC,
                reads_in: sluice::types::zone::Tz::UTC.into(),
                timezone_name: "UTC".into(),
                application_name: String::new(),
                cache_mode: CacheMode::Off,
                max_usd: None,
                dry_run: false,
                labels: vec![],
                tags: Vec::new(),
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
            cancel: Default::default(),
            deadline: None,
            started: Instant::now(),
            row_limited: false,
            notices: Notices::default(),
            turn: None,
        }
    }

    /// Makes a job of PostgreSQL's SQL.
    fn job(&self, sql: &str) -> Job {
        let path = ["shop".to_owned()];
        let cx = BindContext {
            snapshot: &self.snapshot,
            search_path: &path,
            timezone: sluice::types::zone::Tz::UTC,
            reads_in: sluice::types::zone::Tz::UTC.into(),
            parameter_types: &[],
        };
        let mut statements = sluice::sql::parse::parse(sql).unwrap_or_else(|report| panic!("{sql}: {report:?}"));
        let Ok(Class::Read(read)) = classify(statements.remove(0)) else { panic!("{sql} is no query") };
        let bound = bind(&read, &cx).unwrap_or_else(|report| panic!("{sql}: {report:?}"));
        emit(&bound, self.warehouse.dialect(), &[], sluice::types::zone::Tz::UTC).unwrap_or_else(|report| panic!("{sql}: {report:?}"))
    }

    /// Makes a job and asks for its price, as the pipeline does.
    async fn priced(&self, cx: &QueryContext, sql: &str) -> Result<(Job, Estimate), Report> {
        let job = self.job(sql);
        let estimate = self.warehouse.estimate(cx, &job).await?;
        Ok((job, estimate))
    }

    /// Starts a job that has a price.
    async fn begin(&self, cx: &QueryContext, (job, estimate): (Job, Estimate)) -> Result<Running, Report> {
        let admitted = self.guard.admit(cx, "canonical", job, &estimate)?;
        self.warehouse.run(cx, admitted).await
    }

    /// Runs a job to its end.
    async fn run(&self, cx: &QueryContext, sql: &str) -> Result<(Vec<RecordBatch>, Outcome, Estimate), Report> {
        let (job, estimate) = self.priced(cx, sql).await?;
        let mut running = self.begin(cx, (job, estimate.clone())).await?;
        let mut batches = Vec::new();
        while let Some(batch) = running.batches.next().await {
            batches.push(batch?);
        }
        let outcome = running.outcome.get().cloned().unwrap_or_else(|| panic!("{}: {sql}: the stream ended without an outcome", self.name));
        Ok((batches, outcome, estimate))
    }

    async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let (batches, ..) = self.run(&self.cx(), sql).await.unwrap_or_else(|report| panic!("{}: {sql}: {report:?}", self.name));
        shown(&batches)
    }

    /// The first error of a job, wherever it shows.
    async fn error(&self, cx: &QueryContext, sql: &str) -> Report {
        match self.run(cx, sql).await {
            Ok((batches, ..)) => panic!("{}: {sql} answers {:?}", self.name, shown(&batches)),
            Err(report) => report,
        }
    }

    /// What is spent once nothing is set aside any more.
    async fn settled(&self, what: &str) -> Usd {
        let began = Instant::now();
        loop {
            let budgets = self.guard.budgets(&self.cx().principal);
            let balance = budgets.first().expect("the day's").balance;
            if balance.reserved == Usd::ZERO {
                return balance.spent;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{}: {what}: {:?} stays set aside", self.name, balance.reserved);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn table(&self, name: &str) -> &Arc<Table> {
        self.snapshot.table(Some("shop"), name, &[]).unwrap_or_else(|| panic!("{}: no table {name}", self.name))
    }
}

fn columns_of(snapshot: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let column = |table: &Arc<Table>| table.columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
    snapshot.tables().map(|table| (table.name.to_string(), column(table))).collect()
}

async fn tells_its_tables(world: &World) {
    let whole = columns_of(&world.snapshot);
    assert_eq!(whole.keys().collect::<Vec<_>>(), ["shop.changing", "shop.kinds", "shop.many"], "{}", world.name);
    assert_eq!(whole["shop.many"], ["n bigint", "filler text"], "{}", world.name);
    assert_eq!(whole["shop.kinds"], KINDS, "{}", world.name);

    let outline = world.warehouse.outline().await.expect("an outline");
    assert!(columns_of(&outline).keys().eq(whole.keys()), "{}: the outline names the same tables", world.name);
    let listed = outline.listed();
    let read = world.warehouse.read(&listed).await.expect("they can be read");
    assert_eq!(read.len(), listed.len(), "{}", world.name);
    let mut known = columns_of(&outline);
    known.extend(read.into_iter().map(|(name, table)| {
        let table = table.unwrap_or_else(|| panic!("{}: {name} was there a moment ago", world.name));
        assert_ne!(table.kind, TableKind::Listed);
        (name.to_string(), table.columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect())
    }));
    assert_eq!(known, whole, "{}: outline and reading make the snapshot", world.name);
    if !listed.is_empty() {
        let mut path = listed[0].path.clone();
        path.splice(path.len() - 1.., ["gone".to_owned()]);
        let gone = Arc::new(Table::listed(TableName { schema: "shop".into(), table: "gone".into() }, path));
        let read = world.warehouse.read(&[gone]).await.expect("that is no failure");
        assert!(matches!(&read[..], [(name, None)] if name.table == "gone"), "{}: {read:?}", world.name);
    }
}

async fn tells_versions(world: &World) {
    let version = async |name: &str| world.warehouse.version(world.table(name)).await.expect("a version");
    let (before, other) = (version("changing").await, version("many").await);
    assert_eq!(version("changing").await, before, "{}: nothing has changed", world.name);
    assert_eq!(world.rows("SELECT count(*) FROM changing").await, [["2"]]);
    world.change().await;
    // What was asked for a moment ago may be told again.
    let until = Instant::now() + Duration::from_secs(3);
    let after = loop {
        match version("changing").await {
            same if same == before => assert!(Instant::now() < until, "{}: a row came, and the version stays", world.name),
            other => break other,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(world.rows("SELECT count(*), sum(n) FROM changing").await, [["3", "6"]], "{}", world.name);
    assert_eq!(version("changing").await, after, "{}", world.name);
    assert_eq!(version("many").await, other, "{}: another table", world.name);
    let mut gone = (**world.table("many")).clone();
    gone.name.table = "gone".into();
    gone.path.splice(gone.path.len() - 1.., ["gone".to_owned()]);
    assert_eq!(world.warehouse.version(&gone).await.unwrap_err().sqlstate, SqlState::UNDEFINED_TABLE, "{}", world.name);
}

async fn estimates_for_nothing(world: &World) {
    let spent = world.settled("before").await;
    let bytes = async |sql: &str| world.priced(&world.cx(), sql).await.expect("an estimate").1.bytes;
    let (one, two) = (bytes("SELECT id FROM kinds").await, bytes("SELECT id, name FROM kinds").await);
    assert!(one.0 > 0 && two > one, "{}: {one} {two}", world.name);
    assert_eq!(bytes("SELECT id FROM kinds").await, one, "{}: the same again", world.name);
    assert_eq!(world.settled("estimates").await, spent, "{}: estimates are free", world.name);
    for sql in ["SELECT n FROM many", "SELECT n, filler FROM many WHERE n < 10", "SELECT count(*) FROM many", "SELECT name FROM kinds"] {
        let (_, outcome, estimate) = world.run(&world.cx(), sql).await.expect("rows");
        assert!(outcome.processed <= estimate.bytes, "{}: {sql}: {outcome:?} {estimate:?}", world.name);
    }
}

async fn refuses_wrong_texts(world: &World) {
    let spent = world.settled("before").await;
    for text in ["SELECT no_such_column FROM shop.many", "SELECT n FROM shop.no_such_table", "SELECT FROM WHERE", "DROP TABLE shop.many"] {
        let job = Job { text: text.into(), ..world.job("SELECT n FROM many") };
        let report =
            world.warehouse.estimate(&world.cx(), &job).await.err().unwrap_or_else(|| panic!("{}: {text} has a price", world.name));
        let state = report.sqlstate.0;
        assert!(state.starts_with("42") || ["XX000", "0A000"].contains(&state), "{}: {text}: {report:?}", world.name);
    }
    assert_eq!(world.settled("refusals").await, spent, "{}", world.name);
    assert_eq!(world.rows("SELECT count(*) FROM many").await, [[MANY.to_string()]]);
}

/// The columns of `shop.kinds`: every kind that both have.
const KINDS: [&str; 11] = [
    "id bigint",
    "flag boolean",
    "amount numeric",
    "ratio double precision",
    "name text",
    "raw bytea",
    "day date",
    "clock time without time zone",
    "moment timestamp with time zone",
    "seen timestamp without time zone",
    "tags text[]",
];

async fn types_values_as_documented(world: &World) {
    let sql = "SELECT id, flag, amount, ratio, name, raw, day, clock, moment, seen, tags, id::int4 AS small, interval '1 day' * id FROM kinds ORDER BY id";
    let (columns, (batches, ..)) = (world.job(sql).columns, world.run(&world.cx(), sql).await.expect("rows"));
    for batch in &batches {
        assert_eq!(batch.num_columns(), columns.len(), "{}", world.name);
        for (column, array) in columns.iter().zip(batch.columns()) {
            assert!(is_documented(column.ty, array.data_type()), "{}: {} comes as {:?}", world.name, column.ty, array.data_type());
        }
    }
    let rows = shown(&batches);
    let first = [
        "1",
        "true",
        "1.5",
        "0.1",
        "ä, b",
        "ff00",
        "2024-02-29",
        "12:30:00.000001",
        "2024-02-29T12:00:00.000001Z",
        "2024-02-29T12:00:00",
        "[x, y]",
        "1",
        "1 days",
    ];
    assert_eq!(rows[0], first, "{}", world.name);
    let second =
        ["2", "false", "-99999999.99", "-inf", "", "", "0001-01-01", "00:00:00", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00"];
    assert_eq!(rows[1][..10], second, "{}", world.name);
    assert_eq!(rows[2][..2], ["3", "NULL"], "{}", world.name);
    assert!(rows[2][1..10].iter().all(|value| value == "NULL"), "{}: {:?}", world.name, rows[2]);
    assert_eq!(rows.len(), 3, "{}", world.name);
}

async fn tells_the_outcome_before_the_end(world: &World) {
    let before = world.settled("before").await;
    let (_, outcome, estimate) = world.run(&world.cx(), "SELECT sum(n) FROM many").await.expect("rows");
    let after = world.settled("a job").await;
    assert_eq!(after.minus(before), world.guard.price_of(outcome.billed), "{}: {outcome:?}", world.name);
    assert!(outcome.billed >= outcome.processed && outcome.processed.0 > 0, "{}: {outcome:?} {estimate:?}", world.name);
}

async fn answers_with_no_rows(world: &World) {
    let (batches, outcome, _) = world.run(&world.cx(), "SELECT n, filler FROM many WHERE n < 0").await.expect("an answer");
    assert!(shown(&batches).is_empty() && !outcome.warehouse_cache_hit, "{}", world.name);
    assert_eq!(world.rows("SELECT sum(n) FROM many WHERE n < 0").await, [["NULL"]], "{}", world.name);
}

async fn streams_large_results(world: &World) {
    let cx = world.cx();
    let priced = world.priced(&cx, "SELECT n, filler FROM many").await.expect("a price");
    let mut running = world.begin(&cx, priced).await.expect("it runs");
    let (mut seen, mut batches) = (Vec::new(), 0);
    while let Some(batch) = running.batches.next().await {
        let batch = batch.expect("a batch");
        assert!(batch.get_array_memory_size() <= BATCH_BYTES, "{}: {} bytes at once", world.name, batch.get_array_memory_size());
        if batches == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await; // a slow client loses nothing
        }
        batches += 1;
        let numbers = batch.column(0).as_any().downcast_ref::<Int64Array>().expect("bigint").clone();
        let texts: Vec<String> = shown(&[batch]).into_iter().map(|mut row| row.remove(1)).collect();
        for (n, text) in numbers.values().iter().zip(texts) {
            assert_eq!(text.len(), usize::try_from(n % 50 + 1).expect("small"), "{}: {n}", world.name);
        }
        seen.extend(numbers.values().iter().map(|n| u64::try_from(*n).expect("positive")));
    }
    seen.sort_unstable();
    assert!(seen.into_iter().eq(1..=MANY), "{}", world.name);
    let outcome = running.outcome.get().expect("an outcome");
    assert!(batches > 1, "{}: {batches} batches", world.name);
    let reading = outcome.reading.as_ref().map(|reading| reading.what.starts_with("Storage Read API"));
    assert_eq!(reading.unwrap_or(false), world.by_storage, "{}: {outcome:?}", world.name);
    let ordered: Vec<String> = world.rows("SELECT n FROM many ORDER BY n DESC").await.concat();
    assert!(ordered.into_iter().eq((1..=MANY).rev().map(|n| n.to_string())), "{}: the order is kept", world.name);
}

async fn runs_jobs_at_once(world: &World) {
    let sqls: Vec<String> = (1..=8).map(|k| format!("SELECT count(*), max(n) FROM many WHERE n <= {k}000")).collect();
    let answers = join_all(sqls.iter().map(|sql| world.rows(sql))).await;
    for (k, rows) in (1..).zip(answers) {
        assert_eq!(rows, [[format!("{k}000"), format!("{k}000")]], "{}", world.name);
    }
    world.settled("jobs at once").await;
}

async fn fails_with_a_state(world: &World) {
    // Every row fails: where another part of a table shows rows before one fails, the embedded engine bills the query.
    for (sql, state) in [
        ("SELECT 10 / (n - n) FROM many", "22012"),
        ("SELECT (n + 1) * 9223372036854775807 FROM many", "22003"),
        ("SELECT sum(n / (n - 14999)) FROM many", "22012"),
        ("SELECT name::int4 FROM kinds WHERE id = 1", "22P02"),
    ] {
        let before = world.settled("before").await;
        let report = world.error(&world.cx(), sql).await;
        assert_eq!(report.sqlstate.0, state, "{}: {sql}: {report:?}", world.name);
        assert_eq!(world.settled(sql).await, before, "{}: {sql}: what failed is free", world.name);
    }
}

/// The error of a job under way, wherever it shows.
async fn failed(world: &World, cx: &QueryContext, priced: (Job, Estimate)) -> Report {
    match world.begin(cx, priced).await {
        Err(report) => report,
        Ok(mut running) => loop {
            match running.batches.next().await {
                Some(Err(report)) => return report,
                Some(Ok(_)) => {}
                None => panic!("{}: it has ended", world.name),
            }
        },
    }
}

async fn stops_when_cancelled(world: &World) {
    let cx = world.cx();
    let priced = world.priced(&cx, ENDLESS).await.expect("a price");
    world.slow().await;
    let (report, at) = tokio::join!(failed(world, &cx, priced), async {
        world.works().await;
        cx.cancel.cancel();
        Instant::now()
    });
    let said = (report.sqlstate.0, report.message.as_str());
    assert_eq!(said, ("57014", "canceling statement due to user request"), "{}", world.name);
    assert!(at.elapsed() < Duration::from_secs(1), "{}: {:?}", world.name, at.elapsed());
    world.settled("cancel").await;
    world.attended().await;

    // Before it began.
    let cx = world.cx();
    let priced = world.priced(&cx, "SELECT sum(n) FROM many").await.expect("a price");
    cx.cancel.cancel();
    assert_eq!(failed(world, &cx, priced).await.sqlstate.0, "57014", "{}", world.name);
    world.settled("cancelled before").await;
}

async fn stops_at_the_deadline(world: &World) {
    let cx = world.cx();
    let priced = world.priced(&cx, ENDLESS).await.expect("a price");
    world.slow().await;
    let until = Instant::now() + Duration::from_millis(1500);
    let report = failed(world, &QueryContext { deadline: Some(until), ..cx }, priced).await;
    let late = until.elapsed();
    let said = (report.sqlstate.0, report.message.as_str());
    assert_eq!(said, ("57014", "canceling statement due to statement timeout"), "{}", world.name);
    assert!(late < Duration::from_secs(1), "{}: {late:?}", world.name);
    world.settled("deadline").await;
    world.attended().await;
}

async fn stops_when_nobody_listens(world: &World) {
    let cx = world.cx();
    let priced = world.priced(&cx, ENDLESS).await.expect("a price");
    world.slow().await;
    tokio::select! {
        report = failed(world, &cx, priced) => panic!("{}: {report:?}", world.name),
        () = world.works() => {}
    }
    world.settled("dropped before the first row").await;
    world.attended().await;

    let cx = world.cx();
    let priced = world.priced(&cx, "SELECT n, filler FROM many").await.expect("a price");
    let mut running = world.begin(&cx, priced).await.expect("it runs");
    running.batches.next().await.expect("rows").expect("no error");
    drop(running);
    world.settled("dropped amid its rows").await;
    assert_eq!(world.rows("SELECT count(*) FROM many").await, [[MANY.to_string()]], "{}", world.name);
}

async fn answers_freely_what_a_job_answers(world: &World) {
    let many = world.table("many");
    let limited = FreeAsk::Rows { columns: vec![1, 0], limit: 7 };
    let more = FreeAsk::Rows { columns: vec![0], limit: MANY * 2 };
    let mut answered = 0;
    for (ask, sql, same) in [
        (FreeAsk::Nothing, "SELECT n, filler FROM many LIMIT 0", true),
        (FreeAsk::Facts(vec![Fact::Count]), "SELECT count(*) FROM many", true),
        (limited, "SELECT filler, n FROM many", false),
        (more, "SELECT n FROM many", true),
    ] {
        let columns: Arc<[OutputColumn]> = world.job(sql).columns;
        let before = world.settled("before").await;
        let cx = world.cx();
        let may = world.warehouse.may_free(&cx, &ask, Some(many)).await;
        let free = world.warehouse.free(&cx, &ask, Some(many), &columns).await;
        assert_eq!(may, free.is_some(), "{}: {ask:?}", world.name);
        let Some(free) = free else { continue };
        answered += 1;
        let mut free = shown(&collected(free).await);
        assert_eq!(world.settled("free").await, before, "{}: {ask:?}", world.name);
        let mut job = world.rows(sql).await;
        free.sort();
        job.sort();
        match same {
            true => assert_eq!(free, job, "{}: {ask:?}", world.name),
            false => assert!(free.len() == 7 && free.iter().all(|row| job.binary_search(row).is_ok()), "{}: {free:?}", world.name),
        }
    }
    let expected = match world.behind {
        Behind::Folder(_) => 0,
        Behind::StandIn(_) => 4,
    };
    assert_eq!(answered, expected, "{}", world.name);
}

async fn describes_texts_of_its_own_language(world: &World) {
    let client = |text: &str| Job {
        text: text.into(),
        dialect: world.warehouse.dialect(),
        parameters: Vec::new(),
        columns: Arc::new([]),
        tables: vec![world.table("kinds").clone()],
        ordered: false,
        origin: Origin::Client { default_schema: Some("shop".into()), perhaps: Vec::new() },
        fingerprint: String::new(),
    };
    let describe = async |text: &str| world.warehouse.describe(&world.cx(), &client(text)).await;
    let spent = world.settled("before").await;
    if world.warehouse.dialect() == Dialect::DataFusion {
        assert_eq!(describe("SELECT id FROM shop.kinds").await.unwrap_err().sqlstate, SqlState::FEATURE_NOT_SUPPORTED, "{}", world.name);
        return;
    }
    let (columns, estimate) = describe("SELECT id, name AS called, tags FROM kinds").await.expect("columns");
    let told: Vec<String> = columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
    assert_eq!(told, ["id bigint", "called text", "tags text[]"], "{}", world.name);
    let same = world.priced(&world.cx(), "SELECT id, name, tags FROM kinds").await.expect("an estimate").1;
    assert_eq!(estimate.bytes, same.bytes, "{}", world.name);
    for (text, state) in [
        ("SELECT nothing FROM kinds", "42703"),
        ("SELECT n FROM many", "42501"), // a table that the text was not judged by
        ("CREATE TABLE shop.made AS SELECT 1 AS a", "42501"),
    ] {
        assert_eq!(describe(text).await.unwrap_err().sqlstate.0, state, "{}: {text}", world.name);
    }
    assert_eq!(world.settled("describing").await, spent, "{}", world.name);
}

async fn collected(mut stream: BatchStream) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        batches.push(batch.expect("a batch"));
    }
    batches
}
