//! Cancel requests that come to another replica than the session they mean.

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::harness::{Folder, Server, redis};
use crate::link::{Link, Place};
use crate::standin::shown;

/// Takes minutes unless it is cancelled.
const LONG: &str = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b, generate_series(1, 1000) AS c";
/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A replica that tells the others over this Redis.
fn replica(folder: &Folder, redis: &str) -> Server {
    Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nadmin = true\n\n[backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{:?}]\n\n\
         [cache.redis]\nurl = {redis:?}\nprefix = \"it-cancel-{}:\"\n",
        folder.path().display().to_string(),
        std::process::id()
    ))
}

/// A session whose long query runs, and its process id.
async fn busy(server: &Server, watcher: &Client) -> Link {
    let mut link = Link::start(&Place::sluice(server)).await;
    link.write(&format!("Query \"{LONG}\""), &[]).await;
    until("the query runs", async || running(watcher).await == 1).await;
    link
}

async fn running(watcher: &Client) -> usize {
    let active = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%generate_series%' AND pid <> pg_backend_pid()";
    shown(watcher, active).await.len()
}

async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn cancel(server: &Server, key: &[u8]) {
    let mut link = Link::open(&Place::sluice(server)).await;
    link.write("CancelRequest", key).await;
    assert_eq!(link.count(1).await, ["Closed"]);
}

/// How often cancel requests came to this.
fn counted(server: &Server, outcome: &str) -> u64 {
    let (_, metrics) = server.get("/metrics").expect("metrics");
    let name = format!("sluice_cancel_requests_total{{outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().expect("a count"))
}

fn is_cancelled(answers: &[String]) -> bool {
    answers.iter().any(|answer| answer.contains("57014") && answer.contains("due to user request"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_request_reaches_the_replica_that_holds_the_session() {
    let Some(url) = redis() else { panic!("SLUICE_TEST_REDIS names no Redis (tests/run starts one)") };
    let folder = Folder::new("cancel");
    let (first, second) = (replica(&folder, &url), replica(&folder, &url));
    let watcher = first.client().await;
    let mut link = busy(&first, &watcher).await;
    let key = link.key.clone();

    let mut wrong = key.clone();
    *wrong.last_mut().expect("a key") ^= 1;
    cancel(&second, &wrong).await;
    assert_eq!(counted(&second, "passed_on"), 1);
    assert_eq!(running(&watcher).await, 1, "a wrong key cancels nothing");

    // The first replica may not have met the others yet.
    until("the other replica cancels", async || {
        cancel(&second, &key).await;
        running(&watcher).await == 0
    })
    .await;
    let answers = link.all().await;
    assert!(is_cancelled(&answers), "{answers:?}");
    assert!(counted(&first, "from_elsewhere") >= 1);
    assert_eq!((counted(&second, "here"), counted(&second, "from_elsewhere")), (0, 0));
    // The connection lives on.
    let answers = link.ask(&["Query \"SELECT 2\"".to_owned()]).await;
    assert!(answers.iter().any(|answer| answer == "CommandComplete \"SELECT 1\""), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_cancel_request_reaches_its_own_replica() {
    let folder = Folder::new("cancel");
    for (redis, lost) in [("", "dropped"), ("redis://127.0.0.1:1/0", "passed_on")] {
        let server = replica(&folder, redis);
        let watcher = server.client().await;
        let mut link = busy(&server, &watcher).await;
        cancel(&server, &[0x7f; 8]).await;
        assert_eq!((counted(&server, lost), counted(&server, "here")), (1, 0), "{redis}");
        until("a request that nobody can be told of is counted", async || counted(&server, "dropped") == 1).await;
        assert_eq!(running(&watcher).await, 1, "{redis}");
        let key = link.key.clone();
        cancel(&server, &key).await;
        let answers = link.all().await;
        assert!(is_cancelled(&answers), "{answers:?}");
        assert_eq!(counted(&server, "here"), 1, "{redis}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn protocol_3_2_has_longer_keys() {
    let folder = Folder::new("cancel");
    let server = replica(&folder, "");
    let watcher = server.client().await;
    let mut link = Link::open(&Place::sluice(&server)).await;
    let answers = link.ask(&["Startup 3.2 \"user\" \"tester\" \"database\" \"local\"".to_owned()]).await;
    assert!(answers.iter().any(|answer| answer == "ReadyForQuery I"), "{answers:?}");
    assert_eq!(link.key.len(), 4 + 32);
    link.write(&format!("Query \"{LONG}\""), &[]).await;
    until("the query runs", async || running(&watcher).await == 1).await;
    let key = link.key.clone();
    cancel(&server, &key[..8]).await;
    assert_eq!((counted(&server, "here"), running(&watcher).await), (0, 1), "the beginning of a key is no key");
    cancel(&server, &key).await;
    let answers = link.all().await;
    assert!(is_cancelled(&answers), "{answers:?}");
}

/// What computes for long without a wait: a list of millions, all rows before each row, pairs that nothing joins, long texts.
const ENDLESS: [&str; 23] = [
    "SELECT count(*) FROM generate_series(1, 1000000000)",
    "SELECT count(*) FROM generate_series(timestamp '2000-01-01', timestamp '2030-01-01', interval '1 second')",
    "SELECT max(length(x)) FROM (SELECT string_agg(g::text, ',') OVER (ORDER BY g) x FROM generate_series(1, 100000) g) t",
    "SELECT max(array_length(x, 1)) FROM (SELECT array_agg(g) OVER (ORDER BY g) x FROM generate_series(1, 100000) g) t",
    "SELECT max(length(x::text)) FROM (SELECT jsonb_agg(g) OVER (ORDER BY g) x FROM generate_series(1, 100000) g) t",
    "SELECT length(jsonb_agg(g)::text) FROM generate_series(1, 8000000) g",
    "SELECT array_length(array_agg(g), 1) FROM generate_series(1, 100000000) g",
    "SELECT string_agg(g::text, ',' ORDER BY g DESC) FROM generate_series(1, 10000000) g",
    "SELECT count(*) FROM (SELECT g FROM generate_series(1, 100000000) g ORDER BY -g OFFSET 5) t",
    "SELECT count(*) FROM (SELECT DISTINCT g FROM generate_series(1, 100000000) g) t",
    "SELECT count(DISTINCT md5(g::text)) FROM generate_series(1, 100000000) g",
    "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a + b = 7",
    "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(2000000, 3000000) b WHERE a > b",
    "WITH d AS (SELECT g % 5 AS a, g FROM generate_series(1, 400000) g) SELECT count(*) FROM d WHERE NOT EXISTS (SELECT FROM d e WHERE e.a = d.a AND e.g + d.g = 1)",
    "WITH d AS (SELECT g % 5 AS a, g FROM generate_series(1, 400000) g) SELECT count(*) FROM d JOIN d e ON e.a = d.a AND e.g + d.g = 1",
    "WITH d AS (SELECT g % 5 AS a, g FROM generate_series(1, 400000) g) SELECT count(*) FROM d LEFT JOIN d e ON e.a = d.a AND e.g + d.g = 1",
    "WITH d AS (SELECT g % 5 AS a, g FROM generate_series(1, 400000) g) SELECT count(*) FROM d WHERE EXISTS (SELECT FROM d e WHERE e.a = d.a AND e.g + d.g = 1)",
    "SELECT sum(x) FROM (SELECT sum(g) OVER (ORDER BY g) x FROM generate_series(1, 100000000) g) t",
    "SELECT count(*) FROM regexp_split_to_table(repeat('a,', 50000000), ',')",
    "SELECT count(*) FROM regexp_matches(repeat('ab', 50000000), 'a', 'g')",
    "SELECT length(regexp_replace(repeat('a', 100000000), 'a', 'bc', 'g'))",
    "SELECT sum(length(lpad(x::text, 1000000))) FROM generate_series(1, 1000000) x",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000000) SELECT count(*) FROM t",
];
/// The processor time that a query may take after its end was told.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// What the process may hold at most.
const HELD_MAX_MB: u64 = 1500;

/// The processor time that a process has taken: its own, and the kernel's for it.
fn times(pid: u32) -> [Duration; 2] {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the server runs");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    [11, 12].map(|at| Duration::from_millis(fields[at].parse::<u64>().expect("ticks") * 10))
}

/// The processor time that a process has computed. What the kernel takes to get its memory back depends on the machine: half a second or
/// more for a gigabyte on a virtual one.
fn taken(pid: u32) -> Duration {
    times(pid)[0]
}

/// The most memory that a process has held, in MB.
fn held(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high-water mark");
    line.split_whitespace().next().expect("a number").parse::<u64>().expect("a number") / 1024
}

/// Waits until a process does nothing.
async fn idle(pid: u32) {
    let began = Instant::now();
    loop {
        let all = || times(pid).iter().sum::<Duration>();
        let before = all();
        tokio::time::sleep(Duration::from_millis(250)).await;
        if all() - before <= Duration::from_millis(30) {
            return;
        }
        assert!(began.elapsed() < PATIENCE * 2, "the server goes on computing");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_stopped_computes_no_more() {
    let folder = Folder::new("cancel");
    let server = replica(&folder, "");
    let client = server.client().await;
    client.batch_execute("SET statement_timeout = '700ms'").await.expect("a setting");
    let pid = server.pid();
    for query in ENDLESS {
        let began = Instant::now();
        let error = client.simple_query(query).await.expect_err(query);
        let code = error.as_db_error().unwrap_or_else(|| panic!("{query}: {error}")).code().code().to_owned();
        let (told, before) = (began.elapsed(), taken(pid));
        // Who holds too much is refused before time is up.
        assert!(matches!(code.as_str(), "57014" | "53200" | "54000"), "{code} {query}");
        assert!(told < Duration::from_secs(4), "{told:?} {query}");
        idle(pid).await;
        let more = taken(pid) - before;
        assert!(more < AFTERWARDS, "{more:?} after the end was told: {query}");
    }
    // Long texts come in batches of few rows.
    client.batch_execute("SET statement_timeout = 0").await.expect("a setting");
    let texts = "SELECT sum(length(t)) FROM (SELECT g, repeat('x', 10000000) AS t FROM generate_series(1, 100) g) t";
    let sum = client.query_one(texts, &[]).await.expect(texts).get::<_, i64>(0);
    assert_eq!(sum, 1_000_000_000);
    assert!(held(pid) < HELD_MAX_MB, "{} MB", held(pid));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_gone_is_computed_for_no_more() {
    let folder = Folder::new("cancel");
    let server = replica(&folder, "");
    let watcher = server.client().await;
    for query in ENDLESS.iter().take(4) {
        let mut link = Link::start(&Place::sluice(&server)).await;
        link.write(&format!("Query \"{query}\""), &[]).await;
        until("the query runs", async || running(&watcher).await == 1).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(link);
        let before = taken(server.pid());
        idle(server.pid()).await;
        let more = taken(server.pid()) - before;
        assert!(more < AFTERWARDS + Duration::from_millis(300), "{more:?} after the client was gone: {query}");
    }
}
