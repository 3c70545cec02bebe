//! The server in front of BigQuery: values, jobs, parameters, pages, cancelling, faults.

use serde_json::{Value, json};

use crate::standin::{StandIn, TABLES, setup, shown, state, text};

#[tokio::test(flavor = "multi_thread")]
async fn values_of_every_type_arrive_as_postgres_prints_them() {
    let (_stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    let rows = text(&client, "SELECT id, region, amount, day, tags, about, placed, seen, raw, item FROM shop.orders ORDER BY id").await;
    let shown: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect()).collect();
    assert_eq!(
        shown,
        [
            vec![
                "1",
                "eu",
                "1.50",
                "2024-01-01",
                "{x,y}",
                r#"{"a": [true, null], "b": 1}"#,
                "2024-01-01 12:00:00.000001+00",
                "2024-01-01 12:00:00",
                r"\xff00",
                r#"{"n": 3, "sku": "k1"}"#,
            ],
            vec!["2", "us", "20.00", "2024-01-02", "{}", "NULL", "9999-12-31 23:59:59.999999+00", "NULL", "NULL", "NULL"],
            vec!["3", "eu", "NULL", "2024-01-02", "{}", r#""text""#, "NULL", "0001-01-01 00:00:00", r"\x", r#"{"n": 0, "sku": null}"#],
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_one_dry_run_and_one_capped_labelled_job() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET application_name = 'Grafana 11'").await.unwrap();
    let sql = "SELECT region, sum(amount) FROM orders WHERE day = '2024-01-02' GROUP BY region ORDER BY region";
    assert_eq!(text(&client, sql).await, [[Some("eu".to_owned()), None], [Some("us".to_owned()), Some("20.00".to_owned())]]);
    let dry = stand_in.requests("jobs.dryRun").await;
    let jobs = stand_in.requests("jobs.insert").await;
    assert_eq!((dry.len(), jobs.len()), (1, 1));
    let (asked, ran) = (&dry[0]["body"]["configuration"], &jobs[0]["body"]["configuration"]);
    assert_eq!(asked["query"]["query"], ran["query"]["query"], "the text that was priced is the text that ran");
    assert_eq!(ran["query"]["useLegacySql"], false);
    assert!(ran["query"]["maximumBytesBilled"].as_str().unwrap().parse::<u64>().unwrap() >= 10 << 20);
    assert!(ran["jobTimeoutMs"].as_str().unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(ran["labels"]["user"], "tester");
    assert_eq!(ran["labels"]["application_name"], "grafana_11");
    assert!(jobs[0]["body"]["jobReference"]["jobId"].as_str().unwrap().starts_with("sluice_"));
    assert_eq!(jobs[0]["body"]["jobReference"]["location"], "US");
    // The same question in another spelling costs nothing.
    let again = "select o.region, SUM(o.amount) from shop.orders o where o.day = date '2024-01-02' group by 1 order by 1";
    assert_eq!(text(&client, again).await.len(), 2);
    assert_eq!((stand_in.count("jobs.dryRun").await, stand_in.count("jobs.insert").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_says_what_becomes_a_label() {
    let (stand_in, server) = setup("\n[observe]\nlabel_from = [\"application_name\"]").await;
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET application_name = 'psql'; SET sluice.labels = 'team=growth, user=mallory'").await.unwrap();
    text(&client, "SELECT max(n) FROM shop.numbers /*controller='orders'*/").await;
    let body = stand_in.requests("jobs.insert").await[0]["body"].clone();
    let labels = &body["configuration"]["labels"];
    assert_eq!((&labels["application_name"], &labels["team"]), (&json!("psql"), &json!("growth")), "{labels}");
    assert_eq!((&labels["user"], &labels["controller"]), (&Value::Null, &Value::Null), "{labels}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_a_comment_become_labels_and_leave_the_text_alone() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET sluice.labels = 'team=growth, user=mallory'").await.unwrap();
    let sql = "SELECT max(n) FROM shop.numbers";
    text(&client, &format!("{sql} /*controller='Orders%20List',framework='django:4.2',user='mallory',9='x'*/;")).await;
    let body = stand_in.requests("jobs.insert").await[0]["body"].clone();
    let labels = &body["configuration"]["labels"];
    assert_eq!((labels["controller"].as_str(), labels["framework"].as_str()), (Some("orders_list"), Some("django_4_2")), "{labels}");
    assert_eq!(
        (labels["team"].as_str(), labels["user"].as_str()),
        (Some("growth"), Some("tester")),
        "the server's own word counts: {labels}"
    );
    assert!(labels["fingerprint"].as_str().is_some_and(|hash| hash.len() == 16), "{labels}");
    assert!(!body["configuration"]["query"]["query"].as_str().unwrap().contains("/*"));
    // Another value in the same place is the same kind of query; tags do not keep the cache from hitting.
    text(&client, &format!("{sql} WHERE n > 1")).await;
    text(&client, &format!("{sql} WHERE n > 2 /*route='a'*/")).await;
    text(&client, &format!("{sql} /*route='b'*/")).await;
    let jobs = stand_in.requests("jobs.insert").await;
    assert_eq!(jobs.len(), 3);
    let prints: Vec<&str> = jobs.iter().map(|job| job["body"]["configuration"]["labels"]["fingerprint"].as_str().unwrap()).collect();
    assert_eq!((prints[0] == prints[1], prints[1] == prints[2]), (false, true), "{prints:?}");
    // Through the extended protocol as well, and never more labels than BigQuery takes.
    let many: Vec<String> = (0..80).map(|n| format!("k{n}=v")).collect();
    client.batch_execute(&format!("SET sluice.labels = '{}'", many.join(", "))).await.unwrap();
    client.query("SELECT min(n) FROM shop.numbers WHERE n > $1 /*route='extended'*/", &[&3_i64]).await.unwrap();
    let labels = stand_in.requests("jobs.insert").await[3]["body"]["configuration"]["labels"].clone();
    assert_eq!(labels.as_object().unwrap().len(), 64);
    assert_eq!(labels["user"], "tester");
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_travel_as_parameters() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    let sql = "SELECT id FROM shop.orders WHERE region = $1 AND id >= $2 AND id = ANY ($3) ORDER BY id";
    let rows = client.query(sql, &[&"eu", &2_i64, &vec![1_i64, 3]]).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(rows.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>(), [3]);
    let job = &stand_in.requests("jobs.insert").await[0]["body"]["configuration"]["query"];
    assert!(!job["query"].as_str().unwrap().contains("eu"), "a value was written into the text");
    assert_eq!(job["queryParameters"][0]["parameterValue"]["value"], "eu");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_come_in_pages_and_in_order() {
    let (stand_in, server) = setup("page_bytes = \"64KiB\"").await;
    let client = server.connect("tester", "proj").await;
    let rows = text(&client, "SELECT n, filler FROM shop.numbers ORDER BY n").await;
    assert_eq!(rows.len(), 15_000);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row[0].as_deref(), Some((i + 1).to_string().as_str()));
        assert_eq!(row[1].as_ref().map(String::len), Some((i + 1) % 50));
    }
    assert!(stand_in.count("jobs.getQueryResults").await > 5);
    assert_eq!(stand_in.count("jobs.insert").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_timeout_and_disconnect_cancel_the_job() {
    let (stand_in, server) = setup("").await;
    stand_in.post("slow", json!({"seconds": [60, 60, 60]})).await;
    let client = server.connect("tester", "proj").await;
    let token = client.cancel_token();
    let asking = tokio::spawn(async move { (client.simple_query("SELECT sum(n) FROM shop.numbers").await, client) });
    stand_in.called("jobs.insert", 1).await;
    token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    let (answer, client) = asking.await.unwrap();
    assert_eq!(state(&answer.unwrap_err()), "57014");
    stand_in.called("jobs.cancel", 1).await;

    client.batch_execute("SET statement_timeout = '300ms'").await.unwrap();
    let error = client.simple_query("SELECT max(n) FROM shop.numbers").await.unwrap_err();
    assert_eq!(state(&error), "57014");
    assert!(error.as_db_error().unwrap().message().contains("statement timeout"));
    stand_in.called("jobs.cancel", 2).await;

    let dsn = format!("host=127.0.0.1 port={} user=tester dbname=proj", server.port);
    let (gone, connection) = tokio_postgres::connect(&dsn, tokio_postgres::NoTls).await.unwrap();
    let socket = tokio::spawn(connection);
    tokio::spawn(async move { gone.simple_query("SELECT min(n) FROM shop.numbers").await.ok() });
    stand_in.called("jobs.insert", 3).await;
    socket.abort(); // drops the connection: the socket closes in the middle of the query
    stand_in.called("jobs.cancel", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_faults_are_not_noticed_and_no_job_runs_twice() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    stand_in.fault(json!({"method": "jobs.dryRun", "status": 503, "reason": "backendError"})).await;
    stand_in.fault(json!({"method": "jobs.insert", "kind": "lost"})).await;
    stand_in.fault(json!({"method": "jobs.getQueryResults", "kind": "drop"})).await;
    assert_eq!(text(&client, "SELECT count(n) FROM shop.numbers").await, [[Some("15000".to_owned())]]);
    let ids: Vec<Value> =
        stand_in.requests("jobs.insert").await.iter().map(|entry| entry["body"]["jobReference"]["jobId"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one query, two jobs: {ids:?}");
    stand_in.fault(json!({"method": "jobs.insert", "status": 403, "reason": "quotaExceeded", "message": "Quota exceeded"})).await;
    assert_eq!(state(&client.simple_query("SELECT avg(n) FROM shop.numbers").await.unwrap_err()), "53400");
    stand_in.forget().await;
    assert_eq!(state(&client.simple_query("SELECT max(n) FROM shop.numbers").await.unwrap_err()), "53400");
    assert_eq!(stand_in.count("jobs.insert").await, 0, "a used-up quota is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_bigquery_have_a_sqlstate() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    let error = client.simple_query("SELECT 1 / (n - n) FROM shop.numbers").await.unwrap_err();
    assert_eq!(state(&error), "22012");
    let error = client.simple_query("SELECT * FROM shop.nothing").await.unwrap_err();
    assert_eq!(state(&error), "42P01");
    // A table that vanishes behind the catalog's back.
    let path = format!("{}/bigquery/v2/projects/proj/datasets/shop/tables/numbers", stand_in.url);
    stand_in.http.delete(path).send().await.unwrap();
    let error = client.simple_query("SELECT sum(n) FROM shop.numbers").await.unwrap_err();
    assert_eq!(state(&error), "42P01", "{error:?}");
    assert_eq!(text(&client, "SELECT count(id) FROM shop.orders").await, [[Some("3".to_owned())]], "other tables never notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_used_again_and_counted() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    for n in 0..30 {
        shown(&client, &format!("SELECT count(*) FROM shop.numbers WHERE n > {n}")).await;
    }
    let metric = |name: &str| -> usize {
        let text = server.get("/metrics").expect("metrics").1;
        let line = text.lines().find_map(|line| line.strip_prefix(name).and_then(|line| line.strip_prefix(' ')));
        line.unwrap_or_else(|| panic!("{name} in {text}")).parse().expect("a number")
    };
    // What the server on the other side has counted, from the start; what is under way between the two questions is waited for.
    let mut seen = (0, 0);
    for _ in 0..50 {
        let log = stand_in.log().await;
        let connections: std::collections::HashSet<u64> = log.iter().filter_map(|entry| entry["connection"].as_u64()).collect();
        seen = (log.len(), connections.len());
        if metric("sluice_warehouse_requests_total") == log.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (requests, connections) = seen;
    assert_eq!(metric("sluice_warehouse_requests_total"), requests);
    // One may have been opened in vain: another became free meanwhile.
    let opened = metric("sluice_warehouse_connections_total");
    assert!((connections..connections + 3).contains(&opened), "{opened} opened, {connections} used");
    assert!(requests >= 90 && opened * 10 < requests, "{requests} requests over {opened} connections");
    let said = shown(&client, "SELECT ok, detail FROM sluice.health WHERE component = 'connections'").await;
    let (calls, rest) = said[0][1].split_once(" calls over ").expect("calls");
    let (over, rest) = rest.split_once(" connections, ").expect("connections");
    let (calls, over): (f64, f64) = (calls.parse().expect("a number"), over.parse().expect("a number"));
    assert_eq!((said[0][0].as_str(), rest), ("t", &*format!("{:.1} % over one that was open", (1.0 - over / calls) * 100.0)));
}
