//! Queries that a client has sent together: worked on at the same time, answered as one by one.

use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_postgres::SimpleQueryMessage;

use crate::harness::Server;
use crate::link::{Link, Place};
use crate::standin::{StandIn, TABLES, setup, shown, state};

/// Every query a job, and no job longer than it is told to be.
const PLAIN: &str = "use_native_cache = false";
const STEP: Duration = Duration::from_millis(800);

async fn slow(stand_in: &StandIn, jobs: usize) {
    stand_in.post("slow", json!({"seconds": vec![STEP.as_secs_f64(); jobs]})).await;
}

/// Does something, and returns the most jobs that ran at once meanwhile.
async fn most_at_once<T>(stand_in: &StandIn, doing: impl Future<Output = T>) -> (T, u64) {
    let mut most = 0;
    tokio::pin!(doing);
    loop {
        tokio::select! {
            done = &mut doing => return (done, most),
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                let jobs: Value = jobs(stand_in).await;
                most = most.max(jobs["running"].as_u64().expect("a number"));
            }
        }
    }
}

async fn jobs(stand_in: &StandIn) -> Value {
    let answer = stand_in.http.get(format!("{}/test/jobs", stand_in.url)).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

async fn at_rest(stand_in: &StandIn) -> Value {
    let began = Instant::now();
    loop {
        let jobs = jobs(stand_in).await;
        if jobs["running"] == 0 || began.elapsed() > Duration::from_secs(20) {
            return jobs;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn place(server: &Server) -> Place {
    Place { database: "proj".into(), ..Place::sluice(server) }
}

fn four() -> String {
    (1..=4).map(|n| format!("SELECT max(n) + {n} FROM shop.numbers")).collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_of_a_message_overlap_and_answer_in_order() {
    let (stand_in, server) = setup(PLAIN).await;
    let client = server.connect("tester", "proj").await;
    slow(&stand_in, 4).await;
    let (rows, most) = most_at_once(&stand_in, shown(&client, &four())).await;
    assert_eq!(rows, [["15001"], ["15002"], ["15003"], ["15004"]]);
    assert_eq!(most, 4);
    assert_eq!((stand_in.count("jobs.dryRun").await, stand_in.count("jobs.insert").await), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_overlap_than_the_configuration_says() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve(&format!("{PLAIN}\n\n[server]\nmax_overlap = 2"));
    let client = server.connect("tester", "proj").await;
    slow(&stand_in, 4).await;
    let (rows, most) = most_at_once(&stand_in, shown(&client, &four())).await;
    assert_eq!(rows, [["15001"], ["15002"], ["15003"], ["15004"]]);
    assert_eq!(most, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_by_one_where_the_configuration_says_so() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve(&format!("{PLAIN}\n\n[server]\nmax_overlap = 1"));
    let client = server.connect("tester", "proj").await;
    slow(&stand_in, 4).await;
    let (rows, most) = most_at_once(&stand_in, shown(&client, &four())).await;
    assert_eq!(rows, [["15001"], ["15002"], ["15003"], ["15004"]]);
    assert_eq!(most, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn executes_before_a_sync_overlap() {
    let (stand_in, server) = setup(PLAIN).await;
    let mut link = Link::start(&place(&server)).await;
    slow(&stand_in, 4).await;
    let mut messages = vec!["Parse \"s\" \"SELECT max(n) + $1 FROM shop.numbers\" [23]".to_owned()];
    for n in 1..=3 {
        messages.push(format!("Bind \"\" \"s\" [] [\"{n}\"] []"));
        messages.push("Describe P \"\"".to_owned());
        messages.push("Execute \"\" 0".to_owned());
    }
    messages.push("Parse \"\" \"SELECT min(n) FROM shop.numbers\" []".to_owned());
    messages.push("Bind \"\" \"\" [] [] []".to_owned());
    messages.push("Execute \"\" 0".to_owned());
    messages.push("Sync".to_owned());
    link.send(&messages).await;
    let (answers, most) = most_at_once(&stand_in, link.all()).await;
    let rows: Vec<&String> = answers.iter().filter(|answer| answer.starts_with("DataRow")).collect();
    assert_eq!(rows, ["DataRow \"15001\"", "DataRow \"15002\"", "DataRow \"15003\"", "DataRow \"1\""], "{answers:?}");
    assert_eq!((most, stand_in.count("jobs.insert").await), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_ends_what_was_begun_behind_it() {
    let (stand_in, server) = setup(PLAIN).await;
    let client = server.connect("tester", "proj").await;
    slow(&stand_in, 4).await;
    let sql = "SELECT max(n) FROM shop.numbers; SELECT 1 / (max(n) - 15000) FROM shop.numbers; SELECT min(n) FROM shop.numbers; SELECT 1";
    let error = client.simple_query(sql).await.expect_err("a division by zero");
    assert_eq!(state(&error), "22012");
    assert_eq!(at_rest(&stand_in).await["running"], 0);
    // What was set aside for them is given back, and the connection lives on.
    let began = Instant::now();
    while shown(&client, "SELECT sum(reserved_usd) FROM sluice.budgets").await != [["0"]] {
        assert!(began.elapsed() < Duration::from_secs(20), "money stays set aside");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(shown(&client, "SELECT count(*) FROM shop.orders WHERE id > 1").await, [["2"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_asked_twice_runs_once() {
    let (stand_in, server) = setup(PLAIN).await;
    let client = server.connect("tester", "proj").await;
    slow(&stand_in, 2).await;
    let sql = "SELECT max(n) FROM shop.numbers; select MAX( n ) from shop.numbers; SELECT max(n) FROM shop.numbers";
    assert_eq!(shown(&client, sql).await, [["15000"], ["15000"], ["15000"]]);
    assert_eq!(stand_in.count("jobs.insert").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_for_one_does_not_refuse_the_next() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    // Room for one estimate beside what was billed, not for two estimates.
    let server = stand_in.serve(&format!("{PLAIN}\n\n[[budgets]]\nname = \"day\"\nmatch = {{ user = \"*\" }}\nmax_budget = 0.000128"));
    let client = server.connect("tester", "proj").await;
    slow(&stand_in, 2).await;
    let sql = "SELECT max(n) FROM shop.numbers; SELECT min(n) FROM shop.numbers";
    let overlapped = client.simple_query(sql).await.map(|messages| messages.len()).map_err(|error| state(&error).to_owned());
    assert_eq!(overlapped, Ok(6));
    let third = client.simple_query("SELECT sum(n) FROM shop.numbers").await.expect_err("the money is used up");
    assert_eq!(state(&third), "SL002");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_between_queries_holds_for_those_behind_it() {
    let (_stand_in, server) = setup(PLAIN).await;
    let client = server.connect("tester", "proj").await;
    let sql = "SELECT min(placed) FROM shop.orders; SET TimeZone = 'Asia/Tokyo'; SELECT min(placed) FROM shop.orders; \
               SELECT min(placed)::text FROM shop.orders; RESET TimeZone; SELECT min(placed) FROM shop.orders";
    let (utc, tokyo) = ("2024-01-01 12:00:00.000001+00", "2024-01-01 21:00:00.000001+09");
    assert_eq!(shown(&client, sql).await, [[utc], [tokyo], [tokyo], [utc]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_all_of_a_message() {
    let (stand_in, server) = setup(PLAIN).await;
    let client = server.connect("tester", "proj").await;
    stand_in.post("slow", json!({"seconds": [30.0, 30.0, 30.0]})).await;
    let token = client.cancel_token();
    let asking = tokio::spawn(async move { client.simple_query(&four()).await.map(|messages: Vec<SimpleQueryMessage>| messages.len()) });
    stand_in.called("jobs.insert", 3).await;
    token.cancel_query(tokio_postgres::NoTls).await.expect("it is sent");
    let error = asking.await.expect("it ends").expect_err("it was cancelled");
    assert_eq!(state(&error), "57014");
    let jobs = at_rest(&stand_in).await;
    assert_eq!((&jobs["running"], &jobs["unattended"]), (&json!(0), &json!([])));
}
