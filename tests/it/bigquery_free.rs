//! Answers without a job: `LIMIT 0`, whole counts, a few rows; and where only a job will do.

use serde_json::json;
use tokio_postgres::Client;

use crate::standin::{StandIn, TABLES, setup, shown};

const PLAIN: &str = "
CREATE TABLE plain (id INT64 NOT NULL, price NUMERIC(10, 2), wide BIGNUMERIC, ok BOOL, name STRING, raw BYTES, day DATE, clock TIME, seen DATETIME,
                    placed TIMESTAMP, ratio FLOAT64, tags ARRAY<STRING>, about JSON);
INSERT INTO plain VALUES
  (1, NUMERIC '1.50', BIGNUMERIC '0.1', TRUE, 'a', b'\\xff', DATE '2024-01-01', TIME '01:02:03.000004', DATETIME '2024-01-01 12:00:00',
   TIMESTAMP '2024-01-01 12:00:00.000001+00', 0.5, ['x'], JSON '{}'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, [], NULL);
";

async fn jobs(stand_in: &StandIn) -> usize {
    stand_in.count("jobs.insert").await + stand_in.count("jobs.dryRun").await
}

/// Asks, and returns the rows with the notice that came.
async fn told(client: &Client, sql: &str) -> (Vec<Vec<String>>, String) {
    let rows = shown(client, sql).await;
    let last = shown(client, "SHOW sluice.last_query").await;
    let summary: serde_json::Value = serde_json::from_str(&last[0][0]).expect("a summary");
    (rows, summary["free"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_shows_what_a_job_shows() {
    let stand_in = StandIn::start();
    stand_in.make(PLAIN).await;
    let free = stand_in.serve("");
    let paid = stand_in.serve("free_preview = false");
    stand_in.forget().await;
    let (client, judge) = (free.connect("tester", "proj").await, paid.connect("tester", "proj").await);
    let sql = "SELECT ratio, id, price, wide, ok, name, raw, day, clock, seen, placed, id AS again FROM shop.plain LIMIT 10";
    let (rows, source) = told(&client, sql).await;
    assert_eq!((source.as_str(), jobs(&stand_in).await), ("listing", 0));
    assert_eq!(rows, shown(&judge, sql).await, "the job sees the same");
    assert_eq!(rows.len(), 2);
    // In the binary format of the extended protocol, too.
    let [all, one] = [
        client.query("SELECT id, day FROM shop.plain LIMIT 5", &[]).await,
        client.query("SELECT id FROM shop.plain LIMIT $1", &[&1_i64]).await,
    ]
    .map(|rows| rows.expect("rows"));
    assert_eq!((all.len(), all[0].get::<_, i64>(0), one.len()), (2, 1, 1));
    // Arrays and JSON look otherwise in a listing: a job.
    let before = jobs(&stand_in).await;
    for sql in ["SELECT tags FROM shop.plain LIMIT 1", "SELECT about FROM shop.plain LIMIT 1"] {
        assert_eq!(told(&client, sql).await.1, "", "{sql}");
    }
    assert_eq!(jobs(&stand_in).await, before + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_listings_come_in_pages_and_end_where_they_should() {
    let (stand_in, server) = setup("page_bytes = \"4KiB\"").await;
    let client = server.connect("tester", "proj").await;
    stand_in.fault(json!({"method": "tabledata.list", "kind": "duplicate", "skip": 2})).await;
    stand_in.fault(json!({"method": "tabledata.list", "kind": "drop", "skip": 3})).await;
    let (rows, source) = told(&client, "SELECT n, filler FROM shop.numbers LIMIT 1000").await;
    assert_eq!((source.as_str(), rows.len()), ("listing", 1000));
    let different: std::collections::HashSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(different.len(), 1000, "no row comes twice");
    assert!(stand_in.count("tabledata.list").await > 10);
    assert_eq!(told(&client, "SELECT n FROM shop.numbers LIMIT 100001").await.0.len(), 15_000);
    assert_eq!(stand_in.count("jobs.insert").await, 1, "more than that is a job's business");
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_and_nothing_are_free() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    let cases = [
        ("SELECT count(*) FROM shop.numbers", vec![vec!["15000"]], "metadata"),
        ("SELECT count(*) AS n, count(1) FROM shop.orders", vec![vec!["3", "3"]], "metadata"),
        ("SELECT region, sum(amount) FROM shop.orders WHERE id > 1 GROUP BY region ORDER BY 2 LIMIT 0", vec![], "catalog"),
        ("SELECT * FROM (SELECT o.*, n.n FROM shop.orders o JOIN shop.numbers n ON n.n = o.id) x LIMIT 0", vec![], "catalog"),
    ];
    for (sql, rows, source) in &cases {
        assert_eq!(
            told(&client, sql).await,
            (rows.iter().map(|row| row.iter().map(|v| (*v).to_owned()).collect()).collect(), (*source).to_owned()),
            "{sql}"
        );
        let plan = shown(&client, &format!("EXPLAIN {sql}")).await;
        assert!(plan[0][0].starts_with("Query  (free: "), "{sql}: {plan:?}");
    }
    let statement = client.prepare("SELECT region, sum(amount) FROM shop.orders GROUP BY 1").await.expect("described");
    assert_eq!(statement.columns().len(), 2);
    client.batch_execute("SET sluice.dry_run = on").await.expect("a setting");
    assert_eq!(shown(&client, "SELECT count(*) FROM shop.numbers").await, [["free: no job is needed"]]);
    assert_eq!(jobs(&stand_in).await, 0);
    let (_, metrics) = server.get("/metrics").expect("metrics");
    assert!(metrics.contains("sluice_free_answers_total{source=\"metadata\"} 2"), "{metrics}");
    // A new row is seen at once.
    client.batch_execute("SET sluice.dry_run = off").await.expect("a setting");
    stand_in.make("INSERT INTO shop.numbers VALUES (0, '')").await;
    assert_eq!(shown(&client, "SELECT count(*) FROM shop.numbers").await, [["15001"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_a_job_will_do() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    stand_in.make("CREATE VIEW seen AS SELECT id, region FROM shop.orders;").await;
    let schema = json!([{"name": "id", "type": "INTEGER"}, {"name": "secret", "type": "STRING", "policyTags": {"names": ["x"]}}]);
    let tables = [
        json!({"table": "tagged"}),
        json!({"table": "guarded", "rowAccessPolicies": [{"filterPredicate": "id > 1"}]}),
        json!({"table": "streamed", "streamingBuffer": {"estimatedRows": "1"}}),
        json!({"table": "keyed", "tableConstraints": {"primaryKey": {"columns": ["id"]}}}),
    ];
    for mut table in tables {
        table["project"] = json!("proj");
        table["dataset"] = json!("shop");
        table["schema"] = schema.clone();
        table["rows"] = json!([[1, "a"], [2, "b"]]);
        stand_in.post("tables", table).await;
    }
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    let cases = [
        "SELECT id FROM shop.seen LIMIT 1",
        "SELECT count(*) FROM shop.seen",
        "SELECT secret FROM shop.tagged LIMIT 1",
        "SELECT id FROM shop.guarded LIMIT 1",
        "SELECT count(*) FROM shop.guarded",
        "SELECT count(*) FROM shop.streamed",
        "SELECT count(*) FROM shop.keyed",
        "SELECT DISTINCT id FROM shop.tagged LIMIT 2",
        "SELECT id FROM shop.tagged ORDER BY id LIMIT 2",
        "SELECT id FROM shop.tagged WHERE id > 0 LIMIT 2",
        "SELECT id + 1 FROM shop.tagged LIMIT 2",
        "SELECT id FROM shop.tagged LIMIT 2 OFFSET 1",
        "SELECT count(*) FILTER (WHERE id > 1) FROM shop.tagged",
        "SELECT count(DISTINCT id) FROM shop.tagged",
        "SELECT count(*) FROM shop.tagged HAVING count(*) > 1",
    ];
    for sql in cases {
        stand_in.forget().await;
        assert_eq!(told(&client, sql).await.1, "", "{sql}");
        assert_eq!(stand_in.count("jobs.insert").await, 1, "{sql}");
    }
    assert_eq!(told(&client, "SELECT id FROM shop.tagged LIMIT 1").await.1, "listing", "only the tagged column is protected");
    // A constant that cannot be computed is an error in PostgreSQL, rows or none: the warehouse is asked.
    assert_eq!(told(&client, "SELECT 1 / 0 FROM shop.tagged LIMIT 0").await.1, "");
}

const CUT: &str = "
CREATE TABLE days (day DATE, n INT64) PARTITION BY day;
INSERT INTO days VALUES (DATE '2024-01-31', 1), (DATE '2023-12-31', 2), (NULL, 3), (DATE '2024-02-29', 4), (DATE '2024-02-29', 5);
CREATE TABLE none (day DATE) PARTITION BY day;
CREATE TABLE unknown (day DATE) PARTITION BY day;
INSERT INTO unknown VALUES (NULL), (NULL);
CREATE TABLE numbers_each (n INT64, s STRING) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(-10, 100, 1));
INSERT INTO numbers_each VALUES (-7, 'a'), (42, 'b');
CREATE TABLE months (day DATE) PARTITION BY DATE_TRUNC(day, MONTH);
INSERT INTO months VALUES (DATE '2024-01-31');
CREATE TABLE hours (seen TIMESTAMP) PARTITION BY TIMESTAMP_TRUNC(seen, HOUR);
INSERT INTO hours VALUES (TIMESTAMP '2024-01-01 09:30:00+00');
CREATE TABLE tens (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 100, 10));
INSERT INTO tens VALUES (15);
CREATE TABLE beyond (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 100, 1));
INSERT INTO beyond VALUES (15), (1000);
CREATE TABLE loaded (id INT64) PARTITION BY _PARTITIONDATE;
INSERT INTO loaded VALUES (1);
";

/// A table of days as the stand-in takes it.
fn days(name: &str, more: serde_json::Value) -> serde_json::Value {
    let mut table = json!({"project": "proj", "dataset": "shop", "table": name, "timePartitioning": {"type": "DAY", "field": "day"},
                           "schema": [{"name": "day", "type": "DATE"}], "rows": [["2024-01-02"], ["2024-01-09"]]});
    table.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ends_of_the_partitions_are_free_where_each_is_one_value() {
    let stand_in = StandIn::start();
    stand_in.make(CUT).await;
    // Partitions that were emptied, or that are kept for long.
    let emptied: Vec<String> = (1..=8).map(|day| format!("2024010{day}")).chain(["20240109".into(), "20240110".into()]).collect();
    stand_in.post("tables", days("emptied", json!({"partitions": emptied}))).await;
    stand_in
        .post("tables", days("kept", json!({"timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "3153600000000"}})))
        .await;
    let (free, paid) = (stand_in.serve(""), stand_in.serve("free_metadata = false"));
    let (client, judge) = (free.connect("tester", "proj").await, paid.connect("tester", "proj").await);
    for sql in [
        "SELECT max(day) FROM shop.days",
        "SELECT min(day), count(*), max(day) AS last, max(day) FROM shop.days",
        "SELECT min(day), max(day), count(*) FROM shop.none",
        "SELECT min(day), max(day) FROM shop.unknown",
        "SELECT min(n), max(n) FROM shop.numbers_each",
        "SELECT min(_PARTITIONTIME), max(_partitiondate) FROM shop.loaded",
        "SELECT min(day), max(day) FROM shop.emptied",
        "SELECT min(day), max(day) FROM shop.kept",
    ] {
        stand_in.forget().await;
        let (rows, source) = told(&client, sql).await;
        assert_eq!((source.as_str(), jobs(&stand_in).await), ("partitions", 0), "{sql}");
        assert_eq!(rows, shown(&judge, sql).await, "{sql}: the job sees the same");
        let plan = shown(&client, &format!("EXPLAIN {sql}")).await;
        assert!(plan[0][0].starts_with("Query  (free: ends of the partitioning column"), "{sql}: {plan:?}");
    }
    let typed = client.query_one("SELECT max(day), min(day)::text FROM shop.days", &[]).await.expect("a job, for the text");
    assert_eq!(typed.get::<_, String>(1), "2023-12-31");
    let typed = client.query_one("SELECT max(day) FROM shop.days", &[]).await.expect("a row in binary");
    assert_eq!(typed.columns()[0].type_().name(), "date");
    // A new day is seen at once.
    stand_in.make("INSERT INTO days VALUES (DATE '2024-03-01', 6)").await;
    assert_eq!(told(&client, "SELECT max(day) FROM shop.days").await, (vec![vec!["2024-03-01".to_owned()]], "partitions".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_partitions_are_more_than_one_value_a_job_tells_their_ends() {
    let stand_in = StandIn::start();
    stand_in.make(CUT).await;
    let tables = [
        days("guarded", json!({"rowAccessPolicies": [{"filterPredicate": "day > '2024-01-05'"}]})),
        days("streamed", json!({"streamingBuffer": {"estimatedRows": "1"}})),
        days("tagged", json!({"schema": [{"name": "day", "type": "DATE", "policyTags": {"names": ["x"]}}]})),
        days("fading", json!({"timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "86400000"}})),
        days("odd", json!({"partitions": ["20240102", "20240109", "__UNPARTITIONED__"]})),
        days("unlisted", json!({"partitions": ["20240101"]})),
        days("long_empty", json!({"partitions": (1..=29).map(|day| format!("202402{day:02}")).collect::<Vec<_>>()})),
    ];
    for table in tables {
        stand_in.post("tables", table).await;
    }
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    for (sql, rows) in [
        ("SELECT max(day) FROM shop.months", "2024-01-31"),
        ("SELECT max(seen AT TIME ZONE 'UTC') FROM shop.hours", "2024-01-01 09:30:00"),
        ("SELECT min(n) FROM shop.tens", "15"),
        ("SELECT max(n) FROM shop.beyond", "1000"),
        ("SELECT max(n) FROM shop.days", "5"),
        ("SELECT max(day) FROM shop.days WHERE n < 3", "2024-01-31"),
        ("SELECT max(day) FILTER (WHERE n < 3) FROM shop.days", "2024-01-31"),
        ("SELECT count(day) FROM shop.days", "4"),
        ("SELECT max(day) FROM shop.days HAVING count(*) > 1", "2024-02-29"),
        ("SELECT max(day) FROM (SELECT day FROM shop.days LIMIT 10) d", "2024-02-29"),
        ("SELECT max(day) FROM shop.guarded", "2024-01-09"),
        ("SELECT max(day) FROM shop.streamed", "2024-01-09"),
        ("SELECT max(day) FROM shop.tagged", "2024-01-09"),
        ("SELECT max(day) FROM shop.fading", "2024-01-09"),
        ("SELECT max(day) FROM shop.odd", "2024-01-09"),
        ("SELECT max(day) FROM shop.unlisted", "2024-01-09"),
        ("SELECT max(day) FROM shop.long_empty", "2024-01-09"),
    ] {
        stand_in.forget().await;
        assert_eq!(told(&client, sql).await, (vec![vec![rows.to_owned()]], String::new()), "{sql}");
        assert_eq!(stand_in.count("jobs.insert").await, 1, "{sql}");
    }
    // Neither does a list that cannot be read, nor a table that changes under it.
    stand_in.forget().await;
    stand_in.fault(json!({"method": "tabledata.list", "kind": "error", "status": 404, "reason": "notFound"})).await;
    assert_eq!(told(&client, "SELECT max(day) FROM shop.days").await.1, "");
    assert_eq!(stand_in.count("jobs.insert").await, 1);
    stand_in.make("INSERT INTO days VALUES (DATE '2024-03-01', 6)").await;
    stand_in.fault(json!({"method": "tabledata.list", "kind": "hang", "seconds": 1.0})).await;
    let asked = tokio::spawn(async move { told(&client, "SELECT max(day), min(day) FROM shop.days").await });
    stand_in.called("tabledata.list", 2).await;
    stand_in.make("INSERT INTO days VALUES (DATE '2024-04-01', 7)").await;
    assert_eq!(asked.await.unwrap(), (vec![vec!["2024-04-01".to_owned(), "2023-12-31".to_owned()]], String::new()));
}
