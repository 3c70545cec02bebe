//! GoogleSQL from the client: forwarded byte for byte, typed by a dry run, under the same guard, policy and cache as everything else.

use serde_json::json;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::harness::Server;
use crate::standin::{setup, shown, state, text};

const QUERY: &str = "SELECT * EXCEPT (about, placed, seen, raw, item) FROM `proj.shop.orders` ORDER BY id -- as it is";

#[tokio::test(flavor = "multi_thread")]
async fn what_only_google_reads_is_forwarded_byte_for_byte() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    assert_eq!(
        shown(&client, QUERY).await,
        [["1", "eu", "1.5", "2024-01-01", "{x,y}"], ["2", "us", "20", "2024-01-02", "{}"], ["3", "eu", "NULL", "2024-01-02", "{}"]]
    );
    let (dry, jobs) = (stand_in.requests("jobs.dryRun").await, stand_in.requests("jobs.insert").await);
    assert_eq!((dry.len(), jobs.len()), (1, 1), "one dry run tells types and price");
    let ran = &jobs[0]["body"]["configuration"];
    assert_eq!((ran["query"]["query"].as_str(), &ran["query"]["useLegacySql"]), (Some(QUERY), &json!(false)));
    assert!(ran["query"]["maximumBytesBilled"].as_str().unwrap().parse::<u64>().unwrap() >= 10 << 20);
    // The same bytes again come from the cache; other bytes do not.
    shown(&client, QUERY).await;
    assert_eq!(stand_in.count("jobs.insert").await, 1);
    shown(&client, &QUERY.replace("as it is", "as it was")).await;
    assert_eq!(stand_in.count("jobs.insert").await, 2);
    // A changed table is read again.
    stand_in.make("INSERT INTO orders (id, region, day) VALUES (4, 'us', DATE '2024-01-03')").await;
    client.batch_execute("SELECT sluice.flush_cache()").await.unwrap();
    assert_eq!(shown(&client, QUERY).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_decoded_as_for_any_job() {
    let (_stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    let theirs = "SELECT id, region, day, tags, about, placed, seen, raw, item FROM `proj`.shop.orders ORDER BY id";
    let ours = "SELECT id, region, day, tags, about, placed, seen, raw, item FROM shop.orders ORDER BY id";
    assert_eq!(shown(&client, theirs).await, shown(&client, ours).await);
    // In the extended protocol Describe tells the types, and the binary values are theirs.
    let statement = client.prepare(theirs).await.unwrap();
    let types: Vec<&str> = statement.columns().iter().map(|column| column.type_().name()).collect();
    assert_eq!(types, ["int8", "text", "date", "_text", "jsonb", "timestamptz", "timestamp", "bytea", "jsonb"]);
    let rows = client.query(&statement, &[]).await.unwrap();
    assert_eq!((rows[0].get::<_, i64>(0), rows[0].get::<_, Vec<String>>(3)), (1, vec!["x".to_owned(), "y".to_owned()]));
    // A NUMERIC of GoogleSQL shows the digits that it has, as BigQuery shows it.
    let numbers = "SELECT amount, SAFE.SUBSTR('abc', 2), CAST(amount AS FLOAT64) FROM `proj`.shop.orders WHERE id = 1";
    assert_eq!(shown(&client, numbers).await, [["1.5", "bc", "1.5"]]);
    // Names without a data set are those of the search path.
    client.batch_execute("SET search_path = shop").await.unwrap();
    assert_eq!(text(&client, "SELECT COUNTIF(region = \"eu\") AS n FROM `orders`").await, [[Some("2".to_owned())]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_and_the_setting() {
    let (_stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET sluice.dialect = postgres").await.unwrap();
    assert_eq!(state(&client.simple_query(QUERY).await.unwrap_err()), "42601");
    client.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    // In GoogleSQL two quotes make a string, and a quotient is a double.
    assert_eq!(text(&client, "SELECT \"a\", 7 / 2, 'it\\'s'").await, [["a", "3.5", "it's"].map(|value| Some(value.to_owned()))]);
    client.batch_execute("RESET sluice.dialect").await.unwrap();
    assert_eq!(text(&client, "SELECT 7 / 2").await, [[Some("3".to_owned())]]);
    let psql = std::process::Command::new(crate::harness::psql().expect("psql is installed"))
        .args(["-X", &format!("postgres://tester@127.0.0.1:{}/proj", server.port), "-c", QUERY])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&psql.stderr);
    assert!(told.contains("NOTICE:  the query is read as GoogleSQL (syntax error at or near"), "{told}");
    // What only looks like GoogleSQL gets PostgreSQL's error, at its place.
    let error = client.simple_query("SELECT a.id FROM shop.orders a JOIN shop.orders b ORDER BY 1").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!((error.code().code(), error.message()), ("42601", "syntax error at or near \"ORDER\""));
    assert!(
        error.position().is_some() && error.detail().is_some_and(|detail| detail.starts_with("It is no GoogleSQL either: ")),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_one_harmless_select_is_forwarded() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    for (query, expected) in [
        ("SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')", "42501"),
        ("SELECT ERROR('x') FROM shop.orders", "42501"),
        ("SELECT shop.f(id) FROM shop.orders", "42501"),
        ("SELECT 1; SELECT 2", "42601"),
        ("WITH x AS (SELECT 1) SELECT * FROM x; DROP TABLE shop.orders", "42601"),
        ("EXPORT DATA OPTIONS (uri = 'gs://x/*') AS SELECT 1", "42601"),
        ("#legacySQL\nSELECT 1", "0A000"),
        ("SELECT * FROM shop.INFORMATION_SCHEMA.TABLES", "0A000"),
        ("SELECT @@version", "42601"),
        ("SELECT * FROM shop.nothing", "42P01"),
        ("SELECT * FROM other.shop.orders", "42P01"),
        ("DELETE FROM shop.orders WHERE TRUE", "25006"),
    ] {
        let error = client.simple_query(query).await.expect_err(query);
        assert_eq!(state(&error), expected, "{query}: {error:?}");
    }
    assert_eq!(stand_in.count("jobs.insert").await, 0);
    assert_eq!(stand_in.count("jobs.dryRun").await, 0, "what the text gives away is refused before BigQuery sees it");
    // What BigQuery has against it has its position in the client's text.
    let error = client.simple_query("SELECT id,\n  nope FROM shop.orders").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!((error.code().code(), error.position()), ("42703", Some(&tokio_postgres::error::ErrorPosition::Original(14))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guard_policy_and_limits_hold() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET sluice.dialect = googlesql; SET sluice.max_usd = 0.00001").await.unwrap();
    assert_eq!(state(&client.simple_query("SELECT n FROM shop.numbers").await.unwrap_err()), "SL001");
    assert_eq!(stand_in.count("jobs.insert").await, 0);
    let plan = shown(&client, "EXPLAIN SELECT n FROM `proj.shop.numbers`").await.concat().join("\n");
    assert!(plan.contains("price USD") && plan.contains("SELECT n FROM `proj.shop.numbers`"), "{plan}");

    // The command line prices it the same way.
    let explained = std::process::Command::new(crate::harness::binary())
        .args(["explain", "--config", server.config().to_str().unwrap(), "SELECT n FROM `proj.shop.numbers`"])
        .output()
        .unwrap();
    let explained = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(explained.starts_with("Query  (price USD") && explained.contains("SELECT n FROM `proj.shop.numbers`"), "{explained}");
    let price = shown(&client, "SELECT sluice.price('SELECT n FROM `proj.shop.numbers`')").await.concat().concat();
    assert!(price.starts_with("USD "), "{price}");

    let limited = Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nrole = \"analyst\"\n\n[[roles]]\nname = \"analyst\"\nallow = [\"shop.numbers\"]\n\n\
         [backend]\nkind = \"bigquery\"\n\n[guard]\ninject_limit = 100\n\n[backend.bigquery]\nproject = \"proj\"\napi_endpoint = \"{}\"\n",
        stand_in.url
    ));
    let client = limited.connect("tester", "proj").await;
    assert_eq!(state(&client.simple_query("SELECT * FROM `proj.shop.orders`").await.unwrap_err()), "SL008");
    // Behind a view the dry run names tables that the text does not: what another scope hides is looked up all the same.
    stand_in.post("sql", json!({"project": "proj", "dataset": "secret", "sql": "CREATE TABLE t AS SELECT 1 AS n"})).await;
    stand_in.make("CREATE VIEW v AS SELECT n FROM shop.numbers").await;
    let viewing = Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nrole = \"analyst\"\n\n[[roles]]\nname = \"analyst\"\nallow = [\"shop.*\"]\n\n\
         [backend]\nkind = \"bigquery\"\n\n[backend.bigquery]\nproject = \"proj\"\napi_endpoint = \"{}\"\n",
        stand_in.url
    ));
    let guest = viewing.connect("tester", "proj").await;
    let seen = guest.simple_query("SELECT COUNT(*) AS c FROM `shop`.v").await;
    assert!(seen.is_ok(), "{seen:?}");
    for hidden in [
        "SELECT n FROM `secret`.t",
        "SELECT n FROM `secret`.t UNION ALL SELECT n FROM shop.v AS secret",
        "SELECT n FROM secret.t UNION ALL SELECT (SELECT MAX(`secret`.n) FROM shop.numbers AS secret) FROM shop.orders",
    ] {
        let state = state(&guest.simple_query(hidden).await.expect_err(hidden)).to_owned();
        assert!(matches!(state.as_str(), "SL008" | "42501"), "{hidden}: {state}");
    }

    stand_in.forget().await;
    // The text stays as it is; the rows are cut as those of any other query.
    let query = "SELECT n FROM `proj.shop.numbers`";
    assert_eq!(rows(&client, query).await, 100);
    assert_eq!(stand_in.requests("jobs.insert").await[0]["body"]["configuration"]["query"]["query"], query);
    assert_eq!(rows(&client, "SELECT n FROM `proj.shop.numbers` LIMIT 150").await, 150);
}

async fn rows(client: &Client, query: &str) -> usize {
    let messages = client.simple_query(query).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    messages.iter().filter(|message| matches!(message, SimpleQueryMessage::Row(_))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_not_kept() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    for _ in 0..2 {
        shown(&client, "SELECT id, RAND() AS r FROM `proj.shop.orders`").await;
    }
    assert_eq!(stand_in.count("jobs.insert").await, 2);
    // A statement that was prepared before the table changed does not lie about its columns.
    let statement = client.prepare("SELECT * FROM `proj.shop.numbers` WHERE n = 1").await.unwrap();
    assert_eq!(client.query(&statement, &[]).await.unwrap().len(), 1);
    assert_eq!(client.query(&statement, &[]).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_engine_refuses_it() {
    let folder = crate::harness::Folder::new("googlesql");
    let made = sluice::warehouse::embedded::demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    let server = Server::over(&[&made.path]);
    let client = server.client().await;
    let error = client.simple_query("SELECT * EXCEPT (note) FROM `shop.orders`").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code().code(), "42601");
    assert!(error.hint().unwrap().contains("GoogleSQL"), "{error:?}");
    client.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    assert_eq!(state(&client.simple_query("SELECT * EXCEPT (note) FROM `shop.orders`").await.unwrap_err()), "0A000");
    client.batch_execute("SET sluice.dialect = auto").await.unwrap();
    assert_eq!(state(&client.simple_query("SELECT FROM WHERE `").await.unwrap_err()), "42601", "what nobody reads is a syntax error");
}
