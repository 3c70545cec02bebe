//! pg_dump reads the database through its catalog, and PostgreSQL takes what it writes.

use std::process::Command;

use sluice::warehouse::embedded::demo;

use crate::harness::{Folder, Judge, Server, psql};
use crate::standin::shown;

/// Runs pg_dump, which is installed beside psql.
fn dumped(dsn: &str, options: &[&str]) -> String {
    let psql = psql().expect("psql is installed (tests/run installs it)");
    let output = Command::new(psql.with_file_name("pg_dump")).args(options).arg(dsn).output().expect("pg_dump runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "pg_dump {options:?}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_the_same_shop_in_postgresql() {
    let folder = Folder::new("dump");
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    let server = Server::over(&[&made.path]);
    let dsn = format!("postgres://tester@127.0.0.1:{}/local", server.port);
    // By cursors and INSERTs; the lines for psql alone are left out.
    let text = dumped(&dsn, &["--no-owner", "--rows-per-insert=100"]);
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with('\\')).collect();
    let judge = Judge::new("dump").await;
    judge.client.batch_execute(&text.join("\n")).await.expect("PostgreSQL takes the dump");
    let client = server.client().await;
    for asked in [
        "SELECT table_name, column_name, ordinal_position, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'shop'
         ORDER BY table_name, ordinal_position",
        "SELECT order_id, customer_id, status, channel, amount, shipped_on, note, day FROM shop.orders ORDER BY order_id",
        "SELECT customer_id, uid, name, balance, tags, note FROM shop.customers ORDER BY customer_id",
        "SELECT count(*) FROM shop.events",
    ] {
        assert_eq!(shown(&client, asked).await, shown(&judge.client, asked).await, "{asked}");
    }
    judge.finish().await;

    // By COPY, one table.
    let text = dumped(&dsn, &["--data-only", "--table=shop.customers"]);
    let rows = text.lines().skip_while(|line| !line.starts_with("COPY shop.customers ")).skip(1).take_while(|line| *line != "\\.").count();
    assert_eq!(shown(&client, "SELECT count(*) FROM shop.customers").await, [[rows.to_string()]]);
    // What the server says of itself is no part of a database.
    assert!(!dumped(&dsn, &["--schema-only"]).contains("sluice."));
}
