//! The server in front of BigQuery's many imitations: bare answers, odd spellings, broken pages, failing servers.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::harness::Server;
use crate::standin::{StandIn, TABLES, setup, shown, state, text};

const EVERYTHING: &str = "SELECT id, region, amount, day, tags, about, placed, seen, raw, item FROM shop.orders ORDER BY id";

async fn connect(server: &Server) -> Client {
    server.connect("tester", "proj").await
}

fn message(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map(|error| format!("{} | {} | {}", error.message(), error.detail().unwrap_or(""), error.hint().unwrap_or("")))
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_say_little_or_say_it_otherwise_are_understood() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let plain = {
        let server = stand_in.serve("page_bytes = \"64KiB\"");
        let client = connect(&server).await;
        (shown(&client, EVERYTHING).await, shown(&client, "SELECT n, filler FROM shop.numbers ORDER BY n").await)
    };
    for (shape, int64_timestamps) in [("spare", true), ("odd", true), ("ids", true), ("spare", false)] {
        stand_in.post("settings", json!({"shape": shape, "int64_timestamps": int64_timestamps})).await;
        let server = stand_in.serve("page_bytes = \"64KiB\"");
        let client = connect(&server).await;
        stand_in.forget().await;
        let rows = shown(&client, EVERYTHING).await;
        if int64_timestamps {
            assert_eq!(rows, plain.0, "{shape}");
        } else {
            // Seconds as a double cannot tell the microseconds of the year 9999.
            assert_eq!((&rows[0], &rows[2]), (&plain.0[0], &plain.0[2]), "{shape}");
        }
        assert_eq!((stand_in.count("jobs.dryRun").await, stand_in.count("jobs.insert").await), (1, 1), "{shape}");
        assert_eq!(shown(&client, "SELECT n, filler FROM shop.numbers ORDER BY n").await, plain.1, "{shape}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_may_be_written_as_people_write_them() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let host = stand_in.url.strip_prefix("http://").unwrap();
    for endpoint in [host.to_owned(), format!("{host}/"), format!("http://{host}/bigquery/v2/")] {
        let server = stand_in.serve_at(&endpoint, "");
        let client = connect(&server).await;
        assert_eq!(shown(&client, "SELECT count(id) FROM shop.orders").await, [["3"]], "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_makes_few_requests_and_a_hit_makes_none() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    let sql = "SELECT sum(id) FROM shop.orders";
    assert_eq!(shown(&client, sql).await, [["6"]]);
    let count = async |method: &str| stand_in.count(method).await;
    assert_eq!((count("jobs.dryRun").await, count("jobs.insert").await, count("jobs.getQueryResults").await), (1, 1, 1));
    assert_eq!(count("jobs.get").await, 0, "the bill came with the rows");
    stand_in.forget().await;
    for _ in 0..20 {
        assert_eq!(shown(&client, sql).await, [["6"]]);
    }
    let answer: Value = stand_in.http.get(format!("{}/test/requests", stand_in.url)).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["counts"], json!({}), "a fresh hit asks BigQuery nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_priced_does_not_run() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    let unset = ["statistics.totalBytesProcessed", "statistics.query.totalBytesProcessed"];
    stand_in.fault(json!({"method": "jobs.dryRun", "kind": "answer", "count": 3, "unset": unset})).await;
    for sql in ["SELECT max(n) FROM shop.numbers", "EXPLAIN SELECT min(n) FROM shop.numbers", "SELECT avg(n) FROM shop.numbers"] {
        let error = client.simple_query(sql).await.unwrap_err();
        assert_eq!(state(&error), "SL005", "{sql}: {error:?}");
    }
    assert_eq!(stand_in.count("jobs.insert").await, 0);
    assert_eq!(shown(&client, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_is_not_told_is_reckoned_not_forgotten() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    stand_in.fault(json!({"method": "jobs.get", "count": 100, "status": 404, "reason": "notFound", "message": "no such endpoint"})).await;
    stand_in.fault(json!({"method": "jobs.getQueryResults", "kind": "answer", "count": 100, "unset": ["totalBytesBilled"]})).await;
    assert_eq!(shown(&client, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
    let summary = shown(&client, "SHOW sluice.last_query").await;
    let summary: Value = serde_json::from_str(&summary[0][0]).unwrap();
    assert_eq!(summary["bytes_billed"], 10 << 20, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_answers_are_errors_never_other_rows() {
    let (stand_in, server) = setup("page_bytes = \"64KiB\"").await;
    let client = connect(&server).await;
    let sql = |n: usize| format!("SELECT n, filler FROM shop.numbers WHERE n > {n} ORDER BY n");
    let page = |set: Value, unset: Value, skip: u32| json!({"method": "jobs.getQueryResults", "kind": "answer", "skip": skip, "set": set, "unset": unset});
    // The second page comes without its rows; without its token; with the first page's token, for ever.
    let faults = [
        page(json!({}), json!(["rows"]), 1),
        page(json!({}), json!(["pageToken"]), 1),
        json!({"method": "jobs.getQueryResults", "kind": "answer", "count": 100, "set": {"pageToken": "7", "totalRows": null}}),
        json!({"method": "jobs.getQueryResults", "kind": "answer", "set": {"schema": {"fields": []}, "rows": []}}),
        json!({"method": "jobs.getQueryResults", "kind": "answer", "set": {"rows": [{"f": [{"v": "x"}, {"v": []}]}]}}),
    ];
    for (i, fault) in faults.into_iter().enumerate() {
        stand_in.fault(fault.clone()).await;
        let error = client.simple_query(&sql(i)).await.expect_err(&fault.to_string());
        assert!(matches!(state(&error), "58000" | "XX000" | "22003"), "{fault}: {error:?}");
        stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
        assert_eq!(text(&client, &sql(i)).await.len(), 15_000 - i, "the broken answer was not kept");
    }
    assert_eq!(stand_in.count("jobs.insert").await, 10, "each question is one job");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_fail_do_so_however_it_is_told() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    // In the answer to the insert, and again when the job is tried anew: a third one works.
    let failed = json!({"status": {"state": "DONE", "errorResult": {"reason": "backendError", "message": "the job failed"}}});
    stand_in.fault(json!({"method": "jobs.insert", "kind": "answer", "count": 2, "set": failed})).await;
    assert_eq!(shown(&client, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
    assert_eq!(stand_in.count("jobs.insert").await, 3);
    let denied = json!({"status": {"state": "DONE", "errorResult": {"reason": "accessDenied",
        "message": "Access Denied: Table proj:shop.numbers: User does not have bigquery.tables.getData permission for table proj:shop.numbers."}}});
    stand_in.fault(json!({"method": "jobs.insert", "kind": "answer", "set": denied})).await;
    let error = client.simple_query("SELECT min(n) FROM shop.numbers").await.unwrap_err();
    assert_eq!(state(&error), "42501");
    assert!(message(&error).contains("bigquery.tables.getData"), "{}", message(&error));
    // Complete, but without columns: jobs.get tells why.
    let nothing = json!({"jobComplete": true, "schema": null, "rows": null, "totalRows": null});
    stand_in.fault(json!({"method": "jobs.getQueryResults", "kind": "answer", "set": nothing})).await;
    stand_in.fault(json!({"method": "jobs.get", "kind": "answer", "count": 5, "set": {"status": {"state": "DONE", "errorResult": {"reason": "invalidQuery", "message": "Division by zero: 1 / 0 at [3:7]"}}}})).await;
    let error = client.simple_query("SELECT avg(n) FROM shop.numbers").await.unwrap_err();
    assert_eq!((state(&error), error.as_db_error().unwrap().position()), ("22012", None), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_about_the_translated_text_say_so() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    let fault =
        |status: u16, reason: &str, message: &str| json!({"method": "jobs.dryRun", "status": status, "reason": reason, "message": message});
    let cases = [
        (fault(400, "invalidQuery", "Syntax error: Unexpected \")\" at [2:14]"), "42601", "translated"),
        (
            fault(404, "notFound", "Not found: Table proj:shop.numbers was not found in location US"),
            "42P01",
            "relation \"shop.numbers\" does not exist",
        ),
        (
            fault(403, "accessDenied", "Access Denied: Project proj: User does not have bigquery.jobs.create permission in project proj."),
            "42501",
            "bigquery.jobs.create",
        ),
        (fault(400, "resourcesExceeded", "Resources exceeded during query execution"), "54000", "resources exceeded"),
        (fault(403, "billingNotEnabled", "Billing has not been enabled for this project"), "42501", "billing"),
        (fault(401, "authError", "Invalid Credentials"), "42501", "credentials"),
        (fault(501, "notImplemented", "no"), "0A000", "cannot"),
        (fault(403, "quotaExceeded", "Quota exceeded: too many"), "53400", "quota"),
    ];
    for (fault, sqlstate, word) in cases {
        stand_in.fault(fault.clone()).await;
        let error = client.simple_query("SELECT max(n) FROM shop.numbers").await.unwrap_err();
        assert_eq!(state(&error), sqlstate, "{fault}: {error:?}");
        assert!(message(&error).contains(word), "{fault}: {}", message(&error));
        assert_eq!(error.as_db_error().unwrap().position(), None, "{fault}");
        assert!(!message(&error).contains(" at ["), "{fault}: {}", message(&error));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_keeps_failing_is_left_alone() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    assert_eq!(shown(&client, "SELECT count(id) FROM shop.orders").await, [["3"]]);
    stand_in.fault(json!({"method": "jobs.dryRun", "count": 1000, "status": 503, "reason": "backendError"})).await;
    let asking = (0..10).map(|n| {
        let server = &server;
        async move {
            let error = connect(server).await.simple_query(&format!("SELECT max(n) + {n} FROM shop.numbers")).await.unwrap_err();
            assert_eq!(state(&error), "SL005", "{error:?}");
        }
    });
    futures::future::join_all(asking).await;
    stand_in.forget().await;
    for n in 0..10 {
        let error = client.simple_query(&format!("SELECT max(n) - {n} FROM shop.numbers")).await.unwrap_err();
        assert_eq!(state(&error), "SL005", "{error:?}");
        assert!(message(&error).contains("failed too often"), "{}", message(&error));
    }
    assert_eq!(stand_in.count("jobs.dryRun").await, 0, "the breaker is open");
    assert_eq!(shown(&client, "SELECT count(id) FROM shop.orders").await, [["3"]], "the cache still answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bigquery_points_at_is_found_in_the_clients_text() {
    let (stand_in, server) = setup("").await;
    let client = connect(&server).await;
    // (query, what BigQuery points at in the translated text, what the client is pointed at)
    let cases = [
        ("SELECT id, max(amount) FROM shop.orders GROUP BY id", "MAX(", "max(amount)"),
        ("SELECT id\nFROM shop.orders\nWHERE upper(region) = 'EU' AND amount > 1", "UPPER(", "upper(region)"),
        ("SELECT /* ä */ region, day FROM shop.orders WHERE id IN (SELECT n + 1 FROM shop.numbers)", "numbers.n", "n + 1"),
        ("SELECT id FROM shop.orders ORDER BY lower(region)", "LOWER(", "lower("),
        ("SELECT sum(o.id) OVER (PARTITION BY o.region ORDER BY o.day) FROM shop.orders o", "o.region", "o.region"),
    ];
    for (sql, points_at, wanted) in cases {
        stand_in.forget().await;
        let plan = shown(&client, &format!("EXPLAIN {sql}")).await;
        assert!(!plan.is_empty(), "{sql}");
        let text = stand_in.requests("jobs.dryRun").await[0]["body"]["configuration"]["query"]["query"].as_str().unwrap().to_owned();
        let at = text.find(points_at).unwrap_or_else(|| panic!("{points_at} in {text}"));
        let (line, column) = (text[..at].matches('\n').count() + 1, text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        let message = format!("No matching signature for something at [{line}:{column}]");
        stand_in.fault(json!({"method": "jobs.dryRun", "status": 400, "reason": "invalidQuery", "message": message})).await;
        let error = client.simple_query(sql).await.unwrap_err();
        let position = match error.as_db_error().unwrap().position() {
            Some(tokio_postgres::error::ErrorPosition::Original(position)) => *position as usize,
            other => panic!("{sql}: {other:?}"),
        };
        let there: String = sql.chars().skip(position - 1).collect();
        assert!(there.starts_with(wanted), "{sql}: {points_at} led to {there:?}");
    }
    // A place that no expression of the client's stands for is not made up.
    stand_in.fault(json!({"method": "jobs.dryRun", "status": 400, "reason": "invalidQuery", "message": "Syntax error at [2:3]"})).await;
    let error = client.simple_query("SELECT max(n) FROM shop.numbers").await.unwrap_err();
    assert_eq!((state(&error), error.as_db_error().unwrap().position()), ("42601", None));
}
