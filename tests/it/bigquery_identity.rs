//! Roles that run as service accounts of their own: tokens of IAM, kept, renewed in time, refused clearly.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use crate::harness::Server;
use crate::standin::{StandIn, TABLES, shown, state};

const ANALYSTS: &str = "analysts@proj.iam.gserviceaccount.com";

/// A server in front of the stand-in whose `analyst` runs as a service account, and whose `boss` does not.
async fn start(more: &str) -> (StandIn, Server) {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve(&format!(
        "iam_endpoint = \"{}\"\nstorage_endpoint = \"{}\"\nstorage_from = \"0B\"\nuse_native_cache = false\nretry_pause = \"2ms\"\n{more}\n\n[[users]]\nname = \"ann\"\nrole = \"analyst\"\n\n[[users]]\nname = \"bea\"\nrole = \"boss\"\n\n\
         [[roles]]\nname = \"analyst\"\nimpersonate_service_account = \"{ANALYSTS}\"\n\n[[roles]]\nname = \"boss\"\n",
        stand_in.url, stand_in.storage
    ));
    stand_in.forget().await;
    (stand_in, server)
}

/// The accounts whose tokens came with the calls of a method.
async fn accounts(stand_in: &StandIn, method: &str) -> HashSet<String> {
    let account = |token: &str| token.split('#').next().unwrap_or_default().to_owned();
    stand_in.requests(method).await.iter().map(|entry| account(entry["token"].as_str().unwrap_or_default())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roles_queries_run_as_its_service_account() {
    let (stand_in, server) = start("").await;
    let [ann, bea] = [server.connect("ann", "proj").await, server.connect("bea", "proj").await];
    assert_eq!(shown(&ann, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
    assert_eq!(shown(&ann, "SELECT count(*) FROM shop.numbers").await, [["15000"]]);
    for method in ["jobs.dryRun", "jobs.insert", "jobs.getQueryResults"] {
        assert_eq!(accounts(&stand_in, method).await, HashSet::from([ANALYSTS.to_owned()]), "{method}");
    }
    let asked = stand_in.requests("iam.generateAccessToken").await;
    assert_eq!(asked.len(), 1, "one token for all of it");
    assert_eq!(asked[0]["body"]["scope"], json!(["https://www.googleapis.com/auth/bigquery"]));
    // What one identity may read, another may not: answers are not shared.
    stand_in.forget().await;
    assert_eq!(shown(&bea, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
    assert_eq!(accounts(&stand_in, "jobs.insert").await, HashSet::from([String::new()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_read_as_the_same_account_and_on_the_same_bill() {
    let (stand_in, server) = start("page_bytes = \"64KiB\"\nbilling_project = \"payer\"").await;
    let ann = server.connect("ann", "proj").await;
    assert_eq!(shown(&ann, "SELECT n FROM shop.numbers").await.len(), 15_000);
    let session = &stand_in.requests("storage.CreateReadSession").await[0]["query"];
    let streams = stand_in.requests("storage.ReadRows").await;
    assert_eq!((streams.len(), &session["parent"]), (4, &json!("projects/payer")));
    for (call, key) in streams
        .iter()
        .map(|stream| (&stream["query"], "read_stream=projects%2Fpayer%2F"))
        .chain([(session, "read_session.table=projects%2Fpayer%2F")])
    {
        assert_eq!(call["x-goog-user-project"], "payer", "{call}");
        assert!(call["x-goog-request-params"].as_str().is_some_and(|params| params.starts_with(key)), "{call}");
    }
    for method in ["jobs.insert", "storage.CreateReadSession", "storage.ReadRows"] {
        assert_eq!(accounts(&stand_in, method).await, HashSet::from([ANALYSTS.to_owned()]), "{method}");
    }
    assert_eq!(stand_in.count("iam.generateAccessToken").await, 1, "one token for all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_before_they_end_and_survive_a_failure_of_iam() {
    let (stand_in, server) = start("").await;
    stand_in.post("settings", json!({"token_seconds": 4})).await;
    let ann = server.connect("ann", "proj").await;
    assert_eq!(shown(&ann, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
    assert_eq!(stand_in.count("iam.generateAccessToken").await, 1);
    // Three of four seconds later it is renewed; IAM fails, and the old one still works.
    tokio::time::sleep(Duration::from_millis(3100)).await;
    stand_in.fault(json!({"method": "iam.generateAccessToken", "status": 503, "reason": "backendError", "count": 3})).await;
    assert_eq!(shown(&ann, "SELECT min(n) FROM shop.numbers").await, [["1"]]);
    assert!(stand_in.count("iam.generateAccessToken").await >= 2);
    tokio::time::sleep(Duration::from_millis(1000)).await;
    stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.expect("an answer");
    assert_eq!(shown(&ann, "SELECT avg(n) FROM shop.numbers").await.len(), 1);
    let tokens: HashSet<String> =
        stand_in.requests("jobs.insert").await.iter().map(|entry| entry["token"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(tokens.len(), 2, "{tokens:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_used_is_said_without_its_name() {
    let (stand_in, server) = start("").await;
    let [ann, bea] = [server.connect("ann", "proj").await, server.connect("bea", "proj").await];
    let fault = json!({"method": "iam.generateAccessToken", "count": 50, "status": 403, "reason": "forbidden",
                       "message": format!("Permission 'iam.serviceAccounts.getAccessToken' denied on {ANALYSTS}")});
    stand_in.fault(fault).await;
    let error = ann.simple_query("SELECT max(n) FROM shop.numbers").await.expect_err("refused");
    assert_eq!(state(&error), "42501");
    let shown_error = format!("{error:?}");
    assert!(shown_error.contains("Service Account Token Creator") && !shown_error.contains("analysts@"), "{shown_error}");
    server.logs(ANALYSTS);
    assert_eq!(shown(&bea, "SELECT max(n) FROM shop.numbers").await, [["15000"]], "others are not touched");
    assert!(!server.log().contains(&format!("{ANALYSTS}#")), "no token in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_itself_may_be_another() {
    let (stand_in, server) = start("impersonate_service_account = \"server@proj.iam.gserviceaccount.com\"").await;
    let bea = server.connect("bea", "proj").await;
    assert_eq!(shown(&bea, "SELECT max(n) FROM shop.numbers").await, [["15000"]]);
    assert_eq!(accounts(&stand_in, "jobs.insert").await, HashSet::from(["server@proj.iam.gserviceaccount.com".to_owned()]));
    let ann = server.connect("ann", "proj").await;
    assert_eq!(shown(&ann, "SELECT min(n) FROM shop.numbers").await, [["1"]]);
    // By way of the server's own account, as the token of the call to IAM tells.
    let calls = stand_in.requests("iam.generateAccessToken").await;
    let last = calls.last().expect("a call");
    assert!(
        last["token"].as_str().is_some_and(|token| token.starts_with("server@"))
            && last["path"].as_str().is_some_and(|path| path.contains("analysts@")),
        "{last}"
    );
}
