//! What tools ask of the server beyond the tables: settings as numbers, element types, where both ends are, sleep that can be ended.

use std::time::{Duration, Instant};

use sluice::warehouse::embedded::demo;
use tokio_postgres::Client;

use crate::harness::{Folder, Server};
use crate::standin::{rows, shown, state};

/// The settings that say what the configuration says.
const NUMBERS: &str =
    "SELECT name, setting, unit, source FROM pg_settings WHERE name IN ('max_connections', 'port', 'shared_buffers') ORDER BY name";

/// The class of the error that a query ends in.
async fn failure(client: &Client, sql: &str) -> String {
    match rows(client, sql).await {
        Ok(rows) => format!("{rows:?}"),
        Err(error) => state(&error).to_owned(),
    }
}

fn shop(folder: &Folder) -> Server {
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    Server::over(&[&made.path])
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_tell_what_the_configuration_says() {
    let folder = Folder::new("tools-settings");
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    let server = Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\n\n[backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{:?}]\n\n\
         [cache]\nmax_bytes = \"64MiB\"\nmax_entry_bytes = \"1MiB\"\n\n[server]\nmax_connections = 7\n",
        made.path.display().to_string()
    ));
    let client = server.client().await;
    let row = |name: &str, setting: &str, unit: &str| [name, setting, unit, "configuration file"].map(str::to_owned).to_vec();
    let port = server.port.to_string();
    let expected = [row("max_connections", "7", "NULL"), row("port", &port, "NULL"), row("shared_buffers", "8192", "8kB")];
    assert_eq!(shown(&client, NUMBERS).await, expected);
    assert_eq!(shown(&client, "SHOW shared_buffers").await, [["64MB"]]);
    assert_eq!(shown(&client, "SELECT current_setting('max_connections')::int + 1").await, [["8"]]);
    assert_eq!(failure(&client, "SET max_connections = 9").await, "55P02");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_of_the_connection_are_told() {
    let folder = Folder::new("tools-ends");
    let server = shop(&folder);
    let client = server.client().await;
    let ends = "SELECT inet_server_addr(), inet_server_addr()::text, inet_server_port(), inet_client_addr(),
                       inet_client_port() = (SELECT client_port FROM pg_stat_activity WHERE pid = pg_backend_pid())";
    let port = server.port.to_string();
    assert_eq!(shown(&client, ends).await, [["127.0.0.1", "127.0.0.1/32", &port, "127.0.0.1", "t"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_arrays_have_element_types() {
    let folder = Folder::new("tools-elements");
    let server = shop(&folder);
    let client = server.client().await;
    let joined = "SELECT c.column_name, c.data_type, e.data_type, e.udt_name, e.dtd_identifier, e.object_type
                  FROM information_schema.columns c JOIN information_schema.element_types e
                    ON (e.object_schema, e.object_name, e.object_type, e.collection_type_identifier)
                     = (c.table_schema, c.table_name, 'TABLE', c.dtd_identifier)
                  WHERE c.table_name = 'pg_index' ORDER BY c.ordinal_position LIMIT 2";
    let expected = [["indkey", "ARRAY", "smallint", "int2", "a16", "TABLE"], ["indcollation", "ARRAY", "oid", "oid", "a17", "TABLE"]];
    assert_eq!(shown(&client, joined).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sleep_lasts_and_ends() {
    let folder = Folder::new("tools-sleep");
    let server = shop(&folder);
    let client = server.client().await;
    let began = Instant::now();
    assert_eq!(shown(&client, "SELECT pg_sleep(0.3)").await, [[""]]);
    assert!(began.elapsed() >= Duration::from_millis(300));
    let began = Instant::now();
    assert_eq!(shown(&client, "SELECT x, pg_sleep(0.1) FROM generate_series(1, 3) x").await, [["1", ""], ["2", ""], ["3", ""]]);
    assert!(began.elapsed() >= Duration::from_millis(300), "each row sleeps");
    assert_eq!(failure(&client, "SELECT pg_sleep(0.1) FROM shop.orders").await, "42501");
    client.batch_execute("SET statement_timeout = '100ms'").await.expect("a limit");
    let began = Instant::now();
    assert_eq!(failure(&client, "SELECT pg_sleep(60)").await, "57014");
    assert_eq!(failure(&client, "SELECT 1, pg_sleep(60)").await, "57014");
    assert!(began.elapsed() < Duration::from_secs(20));
    client.batch_execute("RESET statement_timeout").await.expect("no limit");
    let token = client.cancel_token();
    let (slept, cancelled) = tokio::join!(failure(&client, "SELECT pg_sleep(60)"), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        token.cancel_query(tokio_postgres::NoTls).await
    });
    cancelled.expect("a cancel request");
    assert_eq!(slept, "57014");
}
