//! Many queries at once: so many jobs run, the others wait in turn, and are told.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::harness::Server;
use crate::standin::{StandIn, TABLES, setup, shown, state};

const USERS: &str = "\n[[users]]\nname = \"few\"\n\n[[users]]\nname = \"many\"\n";

async fn ask(server: &Server, user: &str, n: usize) -> Result<Duration, String> {
    let client = server.connect(user, "proj").await;
    let began = Instant::now();
    client.simple_query(&format!("SELECT max(n) + {n} FROM shop.numbers")).await.map_err(|error| state(&error).to_owned())?;
    Ok(began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_semaphore_lets_so_many_run_and_no_more() {
    let (stand_in, server) = setup("max_concurrent_jobs = 3\nuse_native_cache = false").await;
    stand_in.post("slow", json!({"seconds": vec![0.5; 12]})).await;
    let began = Instant::now();
    let mut most = 0;
    let asking = tokio::spawn({
        let port = server.port;
        async move {
            join_all((0..12).map(|n| async move {
                let dsn = format!("host=127.0.0.1 port={port} user=tester dbname=proj");
                let client = crate::harness::connect(&dsn).await.expect("a connection");
                client.simple_query(&format!("SELECT max(n) + {n} FROM shop.numbers")).await.expect("an answer");
            }))
            .await
        }
    });
    while !asking.is_finished() {
        let answer = stand_in.http.get(format!("{}/test/jobs", stand_in.url)).send().await.expect("an answer");
        let jobs: serde_json::Value = answer.json().await.expect("JSON");
        most = most.max(jobs["running"].as_u64().expect("a number"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    asking.await.expect("all answered");
    assert_eq!(most, 3);
    assert!(began.elapsed() >= Duration::from_secs(2), "four rounds of half a second");
    let (_, metrics) = server.get("/metrics").expect("metrics");
    assert!(metrics.contains("sluice_jobs_running 0") && metrics.contains("sluice_jobs_waiting 0"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_little_does_not_wait_for_who_asks_much() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve(&format!("max_concurrent_jobs = 1\nuse_native_cache = false\n{USERS}"));
    stand_in.post("slow", json!({"seconds": vec![0.2; 40]})).await;
    let many = join_all((0..12).map(|n| ask(&server, "many", n)));
    let few = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        ask(&server, "few", 100).await
    };
    let catalog = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let client = server.connect("few", "proj").await;
        let began = Instant::now();
        shown(&client, "SELECT count(*) FROM pg_catalog.pg_class").await;
        shown(&client, "SELECT count(*) FROM shop.numbers").await; // from metadata
        shown(&client, "EXPLAIN SELECT max(n) FROM shop.numbers").await;
        began.elapsed()
    };
    let (many, few, catalog) = tokio::join!(many, few, catalog);
    let slowest = many.into_iter().map(|took| took.expect("an answer")).max().expect("some");
    let few = few.expect("an answer");
    assert!(few < slowest / 2, "few waited {few:?}, many {slowest:?}");
    assert!(catalog < slowest / 2, "what needs no job waits for none: {catalog:?} of {slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_has_an_end_and_waiting_has_one_too() {
    let (stand_in, server) = setup("max_concurrent_jobs = 1\nmax_queued_jobs = 1\nqueue_timeout = \"6s\"\nuse_native_cache = false").await;
    stand_in.post("slow", json!({"seconds": [30.0, 0.0]})).await;
    let dsn = format!("host=127.0.0.1 port={} user=tester dbname=proj", server.port);
    let first = server.connect("tester", "proj").await;
    let token = first.cancel_token();
    let running = tokio::spawn(async move { first.simple_query("SELECT max(n) FROM shop.numbers").await.map(drop) });
    stand_in.called("jobs.insert", 1).await;
    // The second waits, is told after 5 seconds, and gives up after 6.
    let (second, mut connection) = tokio_postgres::connect(&dsn, NoTls).await.expect("a connection");
    let (sender, mut notices) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = futures::future::poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notice(notice) = message {
                sender.send((Instant::now(), notice.message().to_owned())).ok();
            }
        }
    });
    let waiting = tokio::spawn(async move {
        let error = second.simple_query("SELECT min(n) FROM shop.numbers").await.expect_err("it gives up");
        (Instant::now(), state(&error).to_owned(), error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default())
    });
    stand_in.called("jobs.dryRun", 2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(ask(&server, "tester", 7).await, Err("53300".to_owned()), "the line is full");
    let (told, notice) = notices.recv().await.expect("a notice");
    assert!(notice.starts_with("waiting for a free place: 1 jobs are running"), "{notice}");
    let (ended, code, message) = waiting.await.expect("a verdict");
    assert!(told < ended, "the notice comes while the query waits");
    assert_eq!(code, "53300", "{message}");
    assert!(message.contains("within 6 s"), "{message}");
    token.cancel_query(NoTls).await.expect("a cancel request");
    assert!(running.await.expect("an end").is_err());
    assert!(ask(&server, "tester", 8).await.is_ok(), "the place is free again");
}
