//! Large results by the Storage Read API: the same rows as in pages, whatever breaks; which way is taken, and that it says so.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::Server;
use crate::standin::{StandIn, rows, shown, state};

/// Every type, with NULL, what is empty, and the ends of what BigQuery can hold.
const TYPES: &str = r#"
CREATE TABLE kinds (id INT64 NOT NULL, i INT64, f FLOAT64, b BOOL, s STRING, raw BYTES, d DATE, t TIME, dt DATETIME, ts TIMESTAMP, n NUMERIC,
  big BIGNUMERIC, j JSON, span INTERVAL, days RANGE<DATE>, times RANGE<TIMESTAMP>, tags ARRAY<STRING>, ints ARRAY<INT64>, floats ARRAY<FLOAT64>,
  bigs ARRAY<BIGNUMERIC>, moments ARRAY<TIMESTAMP>,
  item STRUCT<sku STRING, n INT64, f FLOAT64, price NUMERIC, big BIGNUMERIC, d DATE, t TIME, dt DATETIME, ts TIMESTAMP, raw BYTES, ok BOOL, tags ARRAY<STRING>, sub STRUCT<x INT64>>,
  items ARRAY<STRUCT<k STRING, v INT64>>);
INSERT INTO kinds VALUES
  (1, 9223372036854775807, 1.5e300, TRUE, 'é "x" \\', b'\xff\x00', DATE '0001-01-01', TIME '23:59:59.999999', DATETIME '9999-12-31 23:59:59.999999',
   TIMESTAMP '9999-12-31 23:59:59.999999+00', NUMERIC '99999999999999999999999999999.999999999',
   BIGNUMERIC '578960446186580977117854925043439539266.34992332820282019728792003956564819967', JSON '{"b": 1.0, "a": [true, null, "x"]}',
   INTERVAL '-1-2 3 -4:5:6.789' YEAR TO SECOND, RANGE<DATE> '[2024-01-01, UNBOUNDED)', RANGE<TIMESTAMP> '[UNBOUNDED, 2024-01-01 12:00:00.5+00)',
   ['x', '', 'NULL'], [1, -9223372036854775808], [0.1, -0.0, 1e16], [BIGNUMERIC '-1', BIGNUMERIC '0.00000000000000000000000000000000000001'],
   [TIMESTAMP '1969-12-31 23:59:59.999999+00'],
   STRUCT('k', 1, 1e16, NUMERIC '1.50', BIGNUMERIC '0.1', DATE '2024-02-29', TIME '01:02:03', DATETIME '2024-02-29 12:34:56.5', TIMESTAMP '0001-01-01 00:00:00+00', b'x', FALSE, ['t'], STRUCT(7)),
   [STRUCT('a', 1), STRUCT(NULL, NULL)]);
INSERT INTO kinds VALUES
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, [], NULL, [], [], [], NULL, []);
INSERT INTO kinds VALUES
  (3, -9223372036854775808, CAST('NaN' AS FLOAT64), FALSE, '', b'', DATE '9999-12-31', TIME '00:00:00', DATETIME '0001-01-01 00:00:00',
   TIMESTAMP '0001-01-01 00:00:00+00', NUMERIC '-0.000000001', BIGNUMERIC '-578960446186580977117854925043439539266.34992332820282019728792003956564819968',
   JSON 'null', INTERVAL '0:0:0.000001' HOUR TO SECOND, RANGE<DATE> '[UNBOUNDED, UNBOUNDED)', NULL, ['one'], [0], [CAST('-inf' AS FLOAT64)], [BIGNUMERIC '0'], [],
   STRUCT(NULL, NULL, CAST('inf' AS FLOAT64), NUMERIC '0', NULL, NULL, NULL, NULL, NULL, NULL, NULL, [], NULL), [STRUCT('', 0)]);
INSERT INTO kinds VALUES
  (4, 0, -0.0, TRUE, 'NULL', b'abc', DATE '1970-01-01', TIME '12:00:00.5', DATETIME '1969-12-31 23:59:59.999999', TIMESTAMP '1970-01-01 00:00:00+00', 0, 0,
   JSON '"text"', INTERVAL 0 DAY, RANGE<DATE> '[1970-01-01, 1970-01-02)', RANGE<TIMESTAMP> '[1970-01-01 00:00:00+00, 1970-01-02 00:00:00+00)', [], [], [], [], [],
   STRUCT('', 0, 0.0, NUMERIC '10', BIGNUMERIC '10', DATE '1970-01-01', TIME '00:00:00.000001', DATETIME '1970-01-01 00:00:00', TIMESTAMP '1970-01-01 00:00:00.25+00', b'', TRUE, ['', 'b'], STRUCT(NULL)), []);
"#;
const NUMBERS: &str = "CREATE TABLE numbers AS SELECT n, REPEAT('x', MOD(n, 50)) AS filler FROM UNNEST(GENERATE_ARRAY(1, 15000)) AS n;";
/// Everything that has more than one page goes through the Storage Read API; nothing is cached.
const QUICK: &str = "page_bytes = \"64KiB\"\nstorage_from = \"0B\"\nretry_pause = \"2ms\"\nrequest_timeout = \"600ms\"\nbreaker_failures = 0\nuse_native_cache = false";
const NO_CACHE: &str = "\n\n[cache]\nenabled = false";

fn by_storage(stand_in: &StandIn, more: &str) -> Server {
    stand_in.serve(&format!("storage_endpoint = \"{}\"\n{QUICK}\n{more}{NO_CACHE}", stand_in.storage))
}

fn metrics(server: &Server) -> String {
    server.get("/metrics").expect("metrics").1
}

async fn connect(server: &Server) -> Client {
    server.connect("tester", "proj").await
}

async fn setup(sql: &str, more: &str) -> (StandIn, Server, Client) {
    let stand_in = StandIn::start();
    assert!(!stand_in.storage.is_empty(), "the stand-in needs grpcio and google-cloud-bigquery-storage (tests/support/requirements.txt)");
    stand_in.make(sql).await;
    let server = by_storage(&stand_in, more);
    let client = connect(&server).await;
    stand_in.forget().await;
    (stand_in, server, client)
}

/// How the last query's result was read.
async fn told(client: &Client) -> String {
    let summary = shown(client, "SHOW sluice.last_query").await;
    let summary: Value = serde_json::from_str(&summary[0][0]).expect("JSON");
    summary["result"].as_str().unwrap_or_default().to_owned()
}

fn fault(method: &str, more: Value) -> Value {
    let mut fault = json!({ "method": format!("storage.{method}") });
    for (key, value) in more.as_object().expect("an object") {
        fault[key] = value.clone();
    }
    fault
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_the_same_either_way() {
    let (stand_in, _server, client) = setup(TYPES, "").await;
    let in_pages = stand_in.serve(&format!("result_path = \"rest\"\npage_bytes = \"1B\"{NO_CACHE}"));
    let in_pages = connect(&in_pages).await;
    let tiny = stand_in.serve(&format!("storage_endpoint = \"{}\"\n{}{NO_CACHE}", stand_in.storage, QUICK.replace("64KiB", "1B")));
    let tiny = connect(&tiny).await;
    let columns = shown(
        &client,
        "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'kinds'",
    )
    .await;
    let mut texts: Vec<String> =
        columns[0][0].split(',').map(|column| format!("SELECT id, {column} FROM shop.kinds ORDER BY id")).collect();
    assert_eq!(texts.len(), 23);
    // As GoogleSQL, which knows ranges.
    texts.retain(|text| !text.contains("days") && !text.contains("times"));
    texts.extend(
        ["SELECT * FROM `shop.kinds` ORDER BY id", "SELECT id, days, times, item.sub FROM `shop.kinds` ORDER BY id"].map(str::to_owned),
    );
    // What is computed takes other forms: arrays that may hold NULL, numerics with digits of their own, built json, narrow types.
    let computed = [
        "ARRAY[i, NULL]",
        "ARRAY[s]",
        "ARRAY[f, NULL]",
        "ARRAY[d, NULL]",
        "ARRAY[ts]",
        "n / 3",
        "round(n, 2)",
        "i::numeric",
        "json_build_object('a', i, 'b', s)",
        "j ->> 'b'",
        "j -> 'a'",
        "(id::int2) AS two",
        "f::float4",
        "id = 2",
        "s || 'x'",
        "'a'::char(3)",
        "'00112233-4455-6677-8899-aabbccddeeff'::uuid",
        "d - date '2000-01-01'",
        "ts AT TIME ZONE 'UTC'",
        "id::oid AS three",
        "i::text",
        "sum(id) OVER ()",
        "avg(id) OVER ()",
        "span * 2",
        "to_jsonb(s)",
    ];
    texts.extend(
        computed.map(|expression| format!("SELECT id, {expression} FROM shop.kinds WHERE f IS NULL OR f < 1e30 OR id = 3 ORDER BY id")),
    );
    let mut compared = 0;
    for sql in &texts {
        let wanted = rows(&in_pages, sql).await;
        stand_in.forget().await;
        let found = rows(&tiny, sql).await;
        match (wanted, found) {
            (Ok(wanted), Ok(found)) => {
                assert_eq!(found, wanted, "{sql}");
                assert!(told(&tiny).await.starts_with("Storage Read API"), "{sql}: {}", told(&tiny).await);
                assert_eq!(stand_in.count("storage.ReadRows").await, 1, "{sql}");
                compared += 1;
            }
            (wanted, found) => panic!("{sql}: pages {wanted:?}, storage {found:?}"),
        }
    }
    assert_eq!(compared, texts.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_kept_in_one_stream_and_all_else_comes_in_several() {
    let (stand_in, _server, client) = setup(NUMBERS, "").await;
    let ordered = shown(&client, "SELECT n, filler FROM shop.numbers ORDER BY n DESC").await;
    assert_eq!(ordered.len(), 15_000);
    assert!(ordered.iter().enumerate().all(|(i, row)| row[0] == (15_000 - i).to_string()));
    assert_eq!(stand_in.requests("storage.CreateReadSession").await[0]["query"]["streams"], 1);
    assert_eq!((stand_in.count("storage.ReadRows").await, stand_in.count("jobs.getQueryResults").await), (1, 1));
    let what = told(&client).await;
    assert!(
        what.starts_with("Storage Read API, one stream, in the order of the query: about ")
            && what.ends_with("more than storage_from (0 bytes)"),
        "{what}"
    );

    stand_in.forget().await;
    let mut any: Vec<u32> = shown(&client, "SELECT n, filler FROM shop.numbers").await.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(stand_in.requests("storage.CreateReadSession").await[0]["query"]["streams"], 4);
    assert_eq!(stand_in.count("storage.ReadRows").await, 4);
    assert!(told(&client).await.starts_with("Storage Read API, 4 streams: "), "{}", told(&client).await);
    any.sort_unstable();
    assert!(any.into_iter().eq(1..=15_000));

    // A server may give fewer streams than are asked for; compression is a setting; GoogleSQL of the client's own goes the same way.
    stand_in.post("settings", json!({"most_streams": 2, "batch_rows": 7})).await;
    let zstd = by_storage(&stand_in, "storage_compression = \"zstd\"\nstorage_streams = 3");
    let zstd = connect(&zstd).await;
    assert_eq!(shown(&zstd, "SELECT n FROM shop.numbers WHERE n <= 5000").await.len(), 5000);
    assert!(told(&zstd).await.starts_with("Storage Read API, 2 streams: "), "{}", told(&zstd).await);
    zstd.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    let last = shown(&zstd, "SELECT n FROM shop.numbers WHERE n <= 4000 ORDER BY n").await;
    assert_eq!((last.len(), last[3999][0].as_str()), (4000, "4000"));
    assert!(told(&zstd).await.starts_with("Storage Read API, one stream"), "{}", told(&zstd).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_and_its_reason_are_told_and_counted() {
    let (stand_in, _server, _) = setup(NUMBERS, "").await;
    let small = stand_in.serve(&format!("storage_endpoint = \"{}\"\npage_bytes = \"64KiB\"{NO_CACHE}", stand_in.storage));
    let client = connect(&small).await;
    let all = "SELECT n, filler FROM shop.numbers ORDER BY n";
    let plan = shown(&client, &format!("EXPLAIN ANALYZE {all}")).await.concat().join("\n");
    assert!(plan.contains("  Result: pages: about ") && plan.contains("not more than storage_from (64 MiB)"), "{plan}");
    shown(&client, "SELECT max(n) FROM shop.numbers").await;
    assert_eq!(told(&client).await, "pages: the first holds all rows");

    let server = by_storage(&stand_in, "");
    let client = connect(&server).await;
    let plan = shown(&client, &format!("EXPLAIN ANALYZE {all}")).await.concat().join("\n");
    assert!(plan.contains("  Actual: 15000 rows in ") && plan.contains("  Result: Storage Read API, one stream"), "{plan}");
    let plan: Value = serde_json::from_str(&shown(&client, &format!("EXPLAIN (ANALYZE, FORMAT JSON) {all}")).await[0][0]).unwrap();
    assert!(plan[0]["Plan"]["Result"].as_str().unwrap().starts_with("Storage Read API, one stream"), "{plan}");
    let counted = metrics(&server);
    assert!(counted.contains("sluice_results_total{path=\"storage\",reason=\"large\"} 2"), "{counted}");

    // Where the settings or the server leave no choice.
    for (settings, why) in [
        (format!("storage_endpoint = \"{}\"\nresult_path = \"rest\"", stand_in.storage), "result_path is \"rest\""),
        (String::new(), "no storage_endpoint is set"),
    ] {
        let server = stand_in.serve(&format!("{settings}\npage_bytes = \"64KiB\"{NO_CACHE}"));
        let client = connect(&server).await;
        assert_eq!(shown(&client, all).await.len(), 15_000);
        assert_eq!(told(&client).await, format!("pages: {why}"));
    }
    for (set, why) in [
        (
            json!({"method": "jobs.getQueryResults", "kind": "answer", "unset": ["totalRows"], "count": 1000}),
            "the number of rows is not told",
        ),
        (json!({"method": "*", "kind": "answer", "unset": ["configuration"], "count": 1000}), "the table of the result is not told"),
    ] {
        stand_in.fault(set).await;
        assert_eq!(shown(&client, all).await.len(), 15_000);
        assert_eq!(told(&client).await, format!("pages: {why}"));
        stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
    }
    // The answer to the insert need not name the table: the job's own does.
    stand_in.fault(json!({"method": "jobs.insert", "kind": "answer", "unset": ["configuration"]})).await;
    assert_eq!(shown(&client, all).await.len(), 15_000);
    assert!(told(&client).await.starts_with("Storage Read API"), "{}", told(&client).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_before_the_first_row_leaves_the_pages() {
    let (stand_in, server, client) = setup(NUMBERS, "").await;
    let all = "SELECT n, filler FROM shop.numbers ORDER BY n";
    let denied = "Permission 'bigquery.readsessions.create' denied on resource";
    let lasting = 1000;
    for (broken, why) in [
        (fault("CreateReadSession", json!({"code": "PERMISSION_DENIED", "message": denied})), format!("accessDenied: {denied}")),
        (
            fault("CreateReadSession", json!({"code": "UNIMPLEMENTED", "message": "no such service"})),
            "notImplemented: no such service".into(),
        ),
        (fault("CreateReadSession", json!({"code": "FAILED_PRECONDITION"})), "invalid: scripted".into()),
        (fault("CreateReadSession", json!({"count": lasting})), "backendError: scripted".into()),
        (fault("CreateReadSession", json!({"kind": "columns"})), "the Storage Read API gives other columns than the result has".into()),
        (fault("CreateReadSession", json!({"kind": "streamless"})), "its session is not the one that was asked for".into()),
        (fault("CreateReadSession", json!({"kind": "reversed"})), "its rows do not come in the order of the pages".into()),
        (fault("ReadRows", json!({"code": "PERMISSION_DENIED", "message": "no"})), "accessDenied: no".into()),
        (fault("ReadRows", json!({"kind": "garble", "count": lasting})), "a batch that cannot be read".into()),
        (fault("ReadRows", json!({"kind": "miscount", "count": lasting})), "a batch does not have the rows that it tells of".into()),
        (fault("ReadRows", json!({"kind": "early", "count": lasting})), "the stream ended early".into()),
    ] {
        stand_in.fault(broken.clone()).await;
        let found = shown(&client, all).await;
        assert!(
            found.len() == 15_000 && found.iter().enumerate().all(|(i, row)| row[0] == (i + 1).to_string()),
            "{broken}: {}",
            found.len()
        );
        assert_eq!(told(&client).await, format!("pages: the Storage Read API cannot be used ({why})"), "{broken}");
        stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
    }
    assert!(metrics(&server).contains("sluice_results_total{path=\"pages\",reason=\"failed\"} 11"));
    let nobody = stand_in.serve(&format!("storage_endpoint = \"127.0.0.1:1\"\n{QUICK}{NO_CACHE}"));
    let nobody = connect(&nobody).await;
    assert_eq!(shown(&nobody, all).await.len(), 15_000);
    assert!(told(&nobody).await.starts_with("pages: the Storage Read API cannot be used ("), "{}", told(&nobody).await);

    // Where nobody answers, the next query does not wait in vain.
    let nobody = QUICK.replace("retry_pause = \"2ms\"", "retry_pause = \"500ms\"");
    let nobody = stand_in.serve(&format!("storage_endpoint = \"127.0.0.1:1\"\n{nobody}{NO_CACHE}"));
    let nobody = connect(&nobody).await;
    assert_eq!(shown(&nobody, all).await.len(), 15_000);
    assert_eq!(shown(&nobody, all).await.len(), 15_000);
    assert_eq!(told(&nobody).await, "pages: nobody answers at the Storage Read API, it is left alone for a while");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_stream_goes_on_at_the_next_row() {
    let (stand_in, server, client) = setup(NUMBERS, "").await;
    for sql in ["SELECT n, filler FROM shop.numbers ORDER BY n", "SELECT n, filler FROM shop.numbers"] {
        for (i, broken) in [
            fault("ReadRows", json!({"after": 2})),
            fault("ReadRows", json!({"after": 1, "count": 3})),
            fault("ReadRows", json!({"after": 3, "code": "INTERNAL"})),
            fault("ReadRows", json!({"after": 1, "code": "RESOURCE_EXHAUSTED"})),
            fault("ReadRows", json!({"after": 0, "code": "ABORTED"})),
            fault("ReadRows", json!({"after": 2, "kind": "hang", "seconds": 5})),
            fault("ReadRows", json!({"after": 2, "kind": "duplicate"})),
            fault("ReadRows", json!({"after": 2, "kind": "empty"})),
            fault("ReadRows", json!({"after": 2, "kind": "miscount"})),
            fault("ReadRows", json!({"after": 1, "kind": "garble"})),
            fault("CreateReadSession", json!({"kind": "hang", "seconds": 5})),
            fault("CreateReadSession", json!({"count": 2})),
        ]
        .into_iter()
        .enumerate()
        {
            stand_in.forget().await;
            stand_in.fault(broken.clone()).await;
            let mut found: Vec<u32> = shown(&client, sql).await.iter().map(|row| row[0].parse().unwrap()).collect();
            if !sql.contains("ORDER") {
                found.sort_unstable();
            }
            assert!(found.iter().copied().eq(1..=15_000), "{sql}, {broken}: {} rows", found.len());
            assert!(told(&client).await.starts_with("Storage Read API"), "{broken}: {}", told(&client).await);
            if i == 0 {
                let offsets: Vec<u64> =
                    stand_in.requests("storage.ReadRows").await.iter().filter_map(|r| r["query"]["offset"].as_u64()).collect();
                assert!(offsets.contains(&2000) && offsets.iter().all(|offset| [0, 2000].contains(offset)), "{offsets:?}");
            }
            stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
        }
    }
    let counted = metrics(&server);
    let resumed = counted.lines().find_map(|line| line.strip_prefix("sluice_storage_streams_resumed_total ")).unwrap();
    assert!(resumed.parse::<u32>().unwrap() >= 16, "{resumed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_rows_is_one_clear_error() {
    let (stand_in, _server, client) = setup(NUMBERS, "").await;
    let sql = "SELECT n, filler FROM shop.numbers ORDER BY n";
    let lasting = |more: Value| {
        let mut one = fault("ReadRows", more);
        one["skip"] = json!(0);
        one
    };
    for (broken, code, message) in [
        (vec![lasting(json!({"after": 2, "code": "PERMISSION_DENIED", "message": "no"}))], "42501", ""),
        (
            vec![lasting(json!({"after": 2})), lasting(json!({"after": 0, "count": 1000}))],
            "58000",
            "BigQuery's answer broke off after 2000 of 15000 rows",
        ),
        (
            vec![lasting(json!({"after": 2, "code": "NOT_FOUND", "message": "expired"}))],
            "58000",
            "BigQuery's answer broke off after 2000 of 15000 rows",
        ),
    ] {
        for one in &broken {
            stand_in.fault(one.clone()).await;
        }
        let error = client.simple_query(sql).await.unwrap_err();
        assert_eq!(state(&error), code, "{broken:?}: {error:?}");
        let said = error.as_db_error().unwrap().message();
        assert!(said.contains(message), "{broken:?}: {said}");
        stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
        assert_eq!(shown(&client, sql).await.len(), 15_000, "the next query works");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_is_paid_within_the_limits_or_not_at_all() {
    let (stand_in, _server, client) = setup(NUMBERS, "").await;
    let sql = "SELECT n, filler FROM shop.numbers ORDER BY n";
    let spent = async |client: &Client| {
        let money = shown(client, "SELECT spent_usd, reserved_usd FROM sluice.spend").await;
        money.first().map_or((0.0, 0.0), |row| (row[0].parse::<f64>().unwrap(), row[1].parse::<f64>().unwrap()))
    };
    let (_, _) = spent(&client).await;
    shown(&client, sql).await;
    let job = 10.0 * 1_048_576.0 * 6.25 / 1_099_511_627_776.0;
    let (first, reserved) = spent(&client).await;
    // 15,000 rows of about 50 bytes at USD 1.10 per TiB.
    assert!(first > job + 3e-7 && first < job + 3e-6 && reserved == 0.0, "{first} {reserved} {job}");
    // What was only tried costs nothing.
    stand_in.fault(fault("CreateReadSession", json!({"code": "PERMISSION_DENIED"}))).await;
    shown(&client, sql).await;
    let (second, reserved) = spent(&client).await;
    assert!((second - first - job).abs() < 2e-9 && reserved == 0.0, "{first} {second} {reserved}");

    // A price that would break the limit of the query: pages, which are free.
    let dear = stand_in.serve(&format!(
        "storage_endpoint = \"{}\"\n{QUICK}{NO_CACHE}\n\n[pricing]\nstorage_read_usd_per_tib = 100_000_000.0",
        stand_in.storage
    ));
    let dear = connect(&dear).await;
    stand_in.forget().await;
    assert_eq!(shown(&dear, sql).await.len(), 15_000);
    let what = told(&dear).await;
    assert!(what.starts_with("pages: SL001: reading the result would cost another USD "), "{what}");
    assert_eq!(stand_in.count("storage.CreateReadSession").await, 0);
    assert!((spent(&dear).await.0 - job).abs() < 2e-9);
}
