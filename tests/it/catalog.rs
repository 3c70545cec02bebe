//! The catalog as psql sees it: every backslash command runs, prints what PostgreSQL 15 prints for the same objects, and completes.

use std::process::Command;

use sluice::warehouse::embedded::demo;

use crate::harness::{Folder, Judge, Server, psql};

/// Commands that describe something, in all their variants.
const COMMANDS: &str = r"
\d \d+ \dS \d+|orders \d|o* \d|shop.orders \d|*.* \d+|pg_class \d|pg_stat_activity \d+|pg_stat_activity \d|information_schema.tables \d|sluice.*
\da \da+ \daS \dA \dA+ \dAc \dAc+ \dAf \dAf+ \dAo \dAo+ \dAp \dAp+ \db \db+ \dc \dcS \dcS+ \dC \dC+ \dd \ddS \dD \dDS+ \ddp \dE \dE+
\des \des+ \det \det+ \deu \deu+ \dew \dew+ \df \df+ \dfS \df+|count* \dfa \dfn|lower \dfw|rank \dfp \dft \df|substring|text|int4
\dF \dF+ \dFd \dFd+ \dFp \dFp+ \dFt \dFt+ \dg \dg+ \di \di+ \dl \dL \dLS+ \dm \dm+ \dn \dn+ \dnS+ \do \doS \doS+ \dO \dOS+ \dp \dpS \z
\z|orders \dP \dP+ \drds \dRp \dRp+ \dRs \dRs+ \ds \ds+ \dt \dt+ \dtS+ \dt|shop.* \dtvmsE \dT \dT+ \dTS+ \du \du+ \duS \dv \dv+ \dvS+ \dx \dx+
\dX \dy \dy+ \l \l+ \sf|lower(text) \sf+|lower(text) \conninfo \encoding \dconfig \dconfig+|* \dconfig|work_mem";

/// Commands about objects that are the same on every PostgreSQL 15.
const SAME: &str = r"
\dA \dAo \dAp \daS|sum* \daS|percentile* \daS|rank \dC \dC+ \dcS \dF \dFd \dFp \dFt \dT|int4 \d|pg_stat_activity \dTS|int* \doS|+ \doS|~~ \df|count* \df|lower
\dfw \df|generate_series \df|jsonb_* \df|pg_get_* \df|RI_FKey* \d|pg_class \d+|pg_attribute \d|pg_type \sf|lower(text) \sf|generate_series(int4,int4) \dX \dy \dRp \dl";

/// `\d|orders` is `\d orders`.
fn commands(list: &str) -> Vec<String> {
    list.split_whitespace().map(|command| command.replace('|', " ")).collect()
}

/// Runs commands in one session; what it printed and what it complained of.
fn run(dsn: &str, options: &[&str], commands: &[String]) -> (String, String) {
    let mut command = Command::new(psql().expect("psql is installed (tests/run installs it)"));
    command.args(["-X", dsn]).args(options);
    for text in commands {
        command.args(["-c", text]);
    }
    let output = command.output().expect("psql runs");
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn shop(folder: &Folder) -> (Server, String) {
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    let server = Server::over(&[&made.path]);
    let dsn = format!("postgres://tester@127.0.0.1:{}/local?options=-csearch_path%3Dshop", server.port);
    (server, dsn)
}

#[test]
fn every_command_of_psql_runs() {
    let folder = Folder::new("psql");
    let (server, dsn) = shop(&folder);
    let mut failures = Vec::new();
    for command in commands(COMMANDS) {
        let (_, complaints) = run(&dsn, &[], std::slice::from_ref(&command));
        if complaints.contains("ERROR") || complaints.contains("FATAL") {
            failures.push(format!("{command}: {complaints}"));
        }
    }
    assert!(failures.is_empty(), "{} commands fail:\n{}\n{}", failures.len(), failures.join("\n"), server.log());
}

#[test]
fn a_table_is_described_as_postgresql_describes_it() {
    let folder = Folder::new("describe");
    let (_server, dsn) = shop(&folder);
    let (printed, complaints) = run(&dsn, &[], &[r"\d orders".into(), r"\dt c*".into()]);
    assert_eq!(complaints, "");
    assert_eq!(
        printed,
        r#"                           Table "shop.orders"
   Column    |           Type           | Collation | Nullable | Default 
-------------+--------------------------+-----------+----------+---------
 order_id    | bigint                   |           | not null | 
 customer_id | integer                  |           | not null | 
 region      | text                     |           | not null | 
 status      | text                     |           | not null | 
 channel     | character varying(10)    |           |          | 
 amount      | numeric(12,2)            |           | not null | 
 placed_at   | timestamp with time zone |           | not null | 
 shipped_on  | date                     |           |          | 
 note        | text                     |           |          | 
 day         | date                     |           | not null | 

          List of relations
 Schema |   Name    | Type  | Owner  
--------+-----------+-------+--------
 shop   | customers | table | sluice
(1 row)

"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_postgresql_has_is_printed_alike() {
    let judge = Judge::new("catalog").await;
    let version = judge.client.query_one("SHOW server_version_num", &[]).await.expect("a version");
    let version: String = version.get(0);
    if !version.starts_with("15") {
        eprintln!("not compared: the judge is PostgreSQL {version}, the catalog is that of 15");
        return judge.finish().await;
    }
    let name: String = judge.client.query_one("SELECT current_database()::text", &[]).await.expect("a name").get(0);
    let given = std::env::var("SLUICE_TEST_PG").expect("SLUICE_TEST_PG names a PostgreSQL (tests/run starts one)");
    let (server, _) = given.rsplit_once('/').expect("a database in SLUICE_TEST_PG");
    let theirs_dsn = format!("{server}/{name}");
    let folder = Folder::new("alike");
    let (_server, dsn) = shop(&folder);
    let mut failures = Vec::new();
    for command in commands(SAME) {
        let theirs = run(&theirs_dsn, &["-At"], std::slice::from_ref(&command));
        let ours = run(&dsn, &["-At"], std::slice::from_ref(&command));
        if theirs != ours {
            let line = theirs.0.lines().zip(ours.0.lines()).find(|(theirs, ours)| theirs != ours);
            failures.push(format!(
                "{command}: {} and {} lines, first {line:?} {}",
                theirs.0.lines().count(),
                ours.0.lines().count(),
                ours.1
            ));
        }
    }
    judge.finish().await;
    assert!(failures.is_empty(), "{} commands differ:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_row_of_a_table_is_called() {
    let folder = Folder::new("row-types");
    let (server, _) = shop(&folder);
    let client = server.client().await;
    // A value of such a type there is not, which is said; no row is called a record that PostgreSQL calls by its table.
    for (sql, said) in [
        ("SELECT pg_typeof(o) FROM shop.orders o LIMIT 1", "0A000: pg_typeof() of a row of \"orders\" is not supported"),
        ("SELECT null::shop.orders", "0A000: a value of the composite type orders is not supported"),
        ("SELECT null::shop.no_such_table", "42704: type \"shop.no_such_table\" does not exist"),
    ] {
        let report = client.simple_query(sql).await.expect_err(sql);
        let report = report.as_db_error().expect("a report");
        assert_eq!(format!("{}: {}", report.code().code(), report.message()), said);
    }
}
