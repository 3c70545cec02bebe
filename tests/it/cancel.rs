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
