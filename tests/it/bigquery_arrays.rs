//! Arrays out of BigQuery, whose results know neither NULL arrays nor NULL elements: each prints as PostgreSQL prints it.

use tokio_postgres::Client;

use crate::harness::Judge;
use crate::standin::{StandIn, rows, shown, state};

const COLUMNS: &[(&str, &str, &str)] = &[
    ("i", "bigint", "INT64"),
    ("t", "text", "STRING"),
    ("n", "numeric(10,2)", "NUMERIC(10, 2)"),
    ("big", "numeric(50,12)", "BIGNUMERIC(50, 12)"),
    ("f", "double precision", "FLOAT64"),
    ("b", "boolean", "BOOL"),
    ("d", "date", "DATE"),
    ("clock", "time", "TIME"),
    ("ts", "timestamp", "DATETIME"),
    ("tz", "timestamptz", "TIMESTAMP"),
    ("raw", "bytea", "BYTES"),
    ("span", "interval", "INTERVAL"),
    ("j", "jsonb", "JSON"),
];

/// (PostgreSQL, GoogleSQL) for each row.
const ROWS: &[(&str, &str)] = &[
    (
        r#"1, -9223372036854775808, 'a "b", \ {}', 1.50, 12345678901234567890123456789012345678.000000000001, 0.1, true, '2024-02-29', '23:59:59.999999',
           '2024-02-29 12:34:56.5', '9999-12-31 23:59:59.999999+00', '\xff00', '1 year 2 mons -3 days 04:05:06.789', '{"b": 1, "a": [null]}'"#,
        r#"1, -9223372036854775808, 'a "b", \\ {}', NUMERIC '1.50', BIGNUMERIC '12345678901234567890123456789012345678.000000000001', 0.1, TRUE,
           DATE '2024-02-29', TIME '23:59:59.999999', DATETIME '2024-02-29 12:34:56.5', TIMESTAMP '9999-12-31 23:59:59.999999+00', b'\xff\x00',
           INTERVAL '1-2 -3 4:5:6.789' YEAR TO SECOND, JSON '{"b": 1, "a": [null]}'"#,
    ),
    (
        "2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        "2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    ),
    (
        r"3, 9007199254740993, 'NULL', -0.01, -1, 'NaN', false, '0001-01-01', '00:00:00', '0001-01-01 00:00:00', '1969-12-31 23:59:59.999999+00', '', '-00:00:00.5', 'null'",
        r"3, 9007199254740993, 'NULL', NUMERIC '-0.01', BIGNUMERIC '-1', CAST('NaN' AS FLOAT64), FALSE, DATE '0001-01-01', TIME '00:00:00',
          DATETIME '0001-01-01 00:00:00', TIMESTAMP '1969-12-31 23:59:59.999999+00', b'', INTERVAL '-0:0:0.5' HOUR TO SECOND, JSON 'null'",
    ),
    (
        "4, 0, '', 0, 0.1, '-Infinity', NULL, '9999-12-31', '12:00', '9999-12-31 23:59:59.999999', '2024-06-30 12:00:00+00', 'x', '0', '\"text\"'",
        "4, 0, '', 0, BIGNUMERIC '0.1', CAST('-inf' AS FLOAT64), NULL, DATE '9999-12-31', TIME '12:00:00', DATETIME '9999-12-31 23:59:59.999999',
         TIMESTAMP '2024-06-30 12:00:00+00', b'x', INTERVAL 0 DAY, JSON '\"text\"'",
    ),
    (
        "5, 7, 'é', 99999999.99, 2, 1.7976931348623157e308, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[1.0, 2]'",
        "5, 7, 'é', NUMERIC '99999999.99', BIGNUMERIC '2', 1.7976931348623157e308, NULL, NULL, NULL, NULL, NULL, NULL, NULL, JSON '[1, 2]'",
    ),
];

/// PostgreSQL and a server in front of the stand-in, with the same table `v`; it holds no arrays but `tags`.
async fn both() -> (StandIn, crate::harness::Server, Judge) {
    let stand_in = StandIn::start();
    let list = |dialect: fn(&(&str, &str, &'static str)) -> String| COLUMNS.iter().map(dialect).collect::<Vec<_>>().join(", ");
    let mut google = format!("CREATE TABLE v (id INT64 NOT NULL, {}, tags ARRAY<STRING>);", list(|c| format!("{} {}", c.0, c.2)));
    let mut postgres = format!("CREATE TABLE v (id bigint NOT NULL, {}, tags text[] NOT NULL);", list(|c| format!("{} {}", c.0, c.1)));
    for (theirs, ours) in ROWS {
        google.push_str(&format!("\nINSERT INTO v VALUES ({ours}, ['x', 'y']);"));
        postgres.push_str(&format!("\nINSERT INTO v VALUES ({theirs}, '{{x,y}}');").replace("[1.0, 2]", "[1, 2]"));
    }
    stand_in.make(&google).await;
    let judge = Judge::new("arrays").await;
    judge.client.batch_execute(&postgres).await.expect("the same table");
    let server = stand_in.serve("");
    (stand_in, server, judge)
}

/// Compares a query's rows.
async fn compare(sluice: &Client, judge: &Client, sql: &str, differences: &mut Vec<String>) {
    let wanted = rows(judge, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    match rows(sluice, sql).await {
        Ok(found) if found == wanted => {}
        Ok(found) => differences.push(format!("{sql}\n  PostgreSQL {wanted:?}\n  Sluice     {found:?}")),
        Err(error) => differences.push(format!("{sql}\n  PostgreSQL {wanted:?}\n  Sluice     {error:?}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_print_as_postgres_prints_them() {
    let (_stand_in, server, judge) = both().await;
    let sluice = server.connect("tester", "proj").await;
    let mut differences = Vec::new();
    let each = |form: &str| COLUMNS.iter().map(|(column, _, _)| form.replace("{}", column)).collect::<Vec<_>>().join(", ");
    for sql in [
        format!("SELECT {} FROM v", each("array_agg({} ORDER BY id)")),
        format!("SELECT {}, count(*) FROM v", each("array_agg({} ORDER BY id DESC) FILTER (WHERE id > 3)")),
        format!("SELECT {} FROM v WHERE id > 100", each("array_agg({})")),
        format!("SELECT {} FROM v WHERE id = 1", each("ARRAY(SELECT {} FROM v ORDER BY id)")),
        format!("SELECT {} FROM v WHERE id = 1", each("ARRAY(SELECT {} FROM v WHERE id > 100)")),
        format!("SELECT id, {} FROM v ORDER BY id", each("ARRAY[{}, NULL, {}]")),
        format!("SELECT id, {} FROM v ORDER BY id", each("CASE WHEN id < 3 THEN ARRAY[{}] END")),
        format!(
            "SELECT a.id, x.* FROM v a LEFT JOIN (SELECT max(id) AS last, {} FROM v WHERE id < 4) x ON x.last = a.id ORDER BY 1",
            each("array_agg({} ORDER BY id) AS {}")
        ),
    ] {
        compare(&sluice, &judge.client, &sql, &mut differences).await;
    }
    for sql in [
        "SELECT id, tags, tags[2:2], tags[5:6], tags || NULL::text, NULL::text[] FROM v ORDER BY id LIMIT 2",
        "SELECT a.id, b.tags FROM v a LEFT JOIN v b ON b.id = a.id + 4 ORDER BY 1",
        "SELECT ARRAY[1.5, NULL, 2], ARRAY[1.25::float8, 'NaN', 'Infinity', '-Infinity', NULL, '-0'], ARRAY[true, NULL] FROM v WHERE id = 1",
        "SELECT ARRAY['2024-01-31'::date, NULL], ARRAY['2024-01-31 10:00'::timestamp, NULL], ARRAY['2024-01-31 10:00+02'::timestamptz, NULL] FROM v WHERE id = 1",
        "SELECT ARRAY['00112233-4455-6677-8899-aabbccddeeff'::uuid, NULL], ARRAY['1 day'::interval, NULL], ARRAY['{\"b\": 1, \"a\": 2}'::jsonb, NULL, 'null'] FROM v WHERE id = 1",
        "SELECT ARRAY['00112233-4455-6677-8899-aabbccddeeff'::uuid], ARRAY['1 day'::interval], ARRAY['{\"b\": 1, \"a\": 2}'::jsonb], ARRAY[NULL::int], ARRAY[]::int[] FROM v WHERE id = 1",
        "SELECT tags FROM v WHERE id = 1 UNION ALL SELECT ARRAY['a', NULL] FROM v WHERE id = 1 UNION ALL SELECT NULL::text[] FROM v WHERE id = 1",
        "SELECT tags FROM v WHERE id = 1 UNION ALL SELECT ARRAY['a', 'b'] FROM v WHERE id = 1",
        "SELECT x.tags FROM (SELECT tags FROM v WHERE id = 1 UNION ALL SELECT ARRAY['a', NULL] FROM v WHERE id = 1) x",
        "WITH w AS (SELECT id, array_agg(n) AS ns FROM v GROUP BY id) SELECT id, ns, ns[1] FROM w ORDER BY id",
        "SELECT id, array_agg(t) OVER (ORDER BY id) FROM v ORDER BY id",
        "SELECT id, ns FROM (SELECT id, array_agg(n) OVER (ORDER BY id) AS ns FROM v) x ORDER BY id",
        "SELECT string_to_array(t, ' ') FROM v ORDER BY id",
        "SELECT array_remove(array_agg(t ORDER BY id), 'NULL'), array_append(array_agg(i ORDER BY id), NULL) FROM v",
    ] {
        compare(&sluice, &judge.client, sql, &mut differences).await;
    }
    judge.finish().await;
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_as_parameters_come_back() {
    let (_stand_in, server, judge) = both().await;
    let sluice = server.connect("tester", "proj").await;
    let sql =
        "SELECT $1::bigint[], $2::text[], $3::float8[], $4::bigint[], 5 = ANY ($4::bigint[]), cardinality($2::text[]) FROM v WHERE id = 1";
    let floats = vec![Some(1.5), None, Some(f64::INFINITY)];
    let words: Vec<Option<&str>> = vec![Some("a,b"), None, Some("NULL"), Some("")];
    let nothing: Option<Vec<i64>> = None;
    let mut answers = Vec::new();
    for client in [&judge.client, &sluice] {
        let rows =
            client.query(sql, &[&vec![1_i64, i64::MAX], &words, &floats, &nothing]).await.unwrap_or_else(|error| panic!("{error:?}"));
        let row = &rows[0];
        answers.push((
            row.get::<_, Option<Vec<Option<i64>>>>(0),
            row.get::<_, Option<Vec<Option<String>>>>(1),
            row.get::<_, Option<Vec<Option<f64>>>>(2),
            row.get::<_, Option<Vec<Option<i64>>>>(3),
            row.get::<_, Option<bool>>(4),
            row.get::<_, Option<i32>>(5),
        ));
    }
    judge.finish().await;
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1].3, None, "an array that is NULL is not an empty one");
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_within_structs_and_views() {
    let stand_in = StandIn::start();
    stand_in
        .make(
            "CREATE TABLE s (id INT64, one STRUCT<ns ARRAY<INT64>, f FLOAT64>, many ARRAY<STRUCT<d DATE, t ARRAY<STRING>>>);
             INSERT INTO s VALUES (1, STRUCT([1, 2], CAST('NaN' AS FLOAT64)), [STRUCT(DATE '2024-02-29', ['x'])]), (2, NULL, NULL), (3, STRUCT(ARRAY<INT64>[], 1.5), [STRUCT(CAST(NULL AS DATE), ARRAY<STRING>[])]);
             CREATE TABLE money (id INT64, price STRUCT<low NUMERIC, high BIGNUMERIC>);
             INSERT INTO money VALUES (1, STRUCT(NUMERIC '0.10', BIGNUMERIC '12345678901234567890.123456789'));
             CREATE VIEW odd AS SELECT id, IF(id = 2, NULL, [id, NULL]) AS holes FROM shop.s;",
        )
        .await;
    let server = stand_in.serve("");
    let sluice = server.connect("tester", "proj").await;
    assert_eq!(
        shown(&sluice, "SELECT id, one, many FROM shop.s ORDER BY id").await,
        [
            ["1", r#"{"f": "NaN", "ns": [1, 2]}"#, r#"[{"d": "2024-02-29", "t": ["x"]}]"#],
            ["2", "NULL", "[]"],
            ["3", r#"{"f": 1.5, "ns": []}"#, r#"[{"d": null, "t": []}]"#],
        ]
    );
    let exact = r#"{"low": 0.1, "high": "12345678901234567890.123456789"}"#;
    assert_eq!(
        shown(&sluice, "SELECT price, (price->>'high')::numeric(30,9) FROM shop.money").await,
        [[exact, "12345678901234567890.123456789"]]
    );
    let unmatched = "SELECT b.one, b.many FROM shop.s a LEFT JOIN shop.s b ON b.id = a.id + 2 ORDER BY a.id";
    let whole = [r#"{"f": 1.5, "ns": []}"#, r#"[{"d": null, "t": []}]"#];
    assert_eq!(shown(&sluice, unmatched).await, [whole, ["NULL", "NULL"], ["NULL", "NULL"]]);
    assert_eq!(shown(&sluice, "SELECT id, holes FROM shop.odd ORDER BY id").await, [["1", "{1,NULL}"], ["2", "NULL"], ["3", "{3,NULL}"]]);
    let error = sluice.simple_query("SELECT ARRAY[ARRAY[id]] FROM shop.s").await.unwrap_err();
    assert_eq!(state(&error), "0A000", "BigQuery has no arrays of several dimensions");
}
