//! What may not be read is not read, and not told of: GoogleSQL and views before BigQuery, whose dry run says what a text reads.

use serde_json::json;
use tokio_postgres::Client;

use crate::harness::Server;
use crate::standin::{StandIn, rows, shown, state};

/// A role that may read `shop`, but for its salaries; the tester may read everything.
const ROLES: &str = "[[users]]\nname = \"ann\"\nrole = \"analyst\"\n\n[[roles]]\nname = \"analyst\"\nallow = [\"shop.*\"]\ndeny = [\"shop.salaries\"]\n\n\
                     [[roles]]\nname = \"default\"\nallow = [\"*\"]\n\n[cache]\nscope = \"global\"\n";

const SHOP: &str =
    "CREATE TABLE orders AS SELECT 1 AS id, 'n' AS note, [3, 4] AS tags; CREATE VIEW vorders AS SELECT id, note FROM shop.orders;
    CREATE TABLE salaries AS SELECT 'ann' AS person, 7 AS pay; CREATE VIEW pays AS SELECT person, pay FROM shop.salaries";

async fn stand_in() -> StandIn {
    let stand_in = StandIn::start();
    stand_in.make(SHOP).await;
    let people = "CREATE TABLE people AS SELECT 1 AS id, 'HRSECRET' AS person";
    stand_in.post("sql", json!({"project": "proj", "dataset": "hr", "sql": people})).await;
    stand_in
}

async fn as_ann(server: &Server) -> Client {
    server.connect("ann", "proj").await
}

async fn no_faults(stand_in: &StandIn) {
    stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
}

/// Aliases of other scopes are no way to tables that are not served, and what is wrong with such a text says nothing about them.
#[tokio::test(flavor = "multi_thread")]
async fn googlesql_reads_no_table_behind_an_alias() {
    let stand_in = stand_in().await;
    let unlimited = stand_in.serve("allowed_datasets = [\"shop\"]");
    let limited = stand_in.serve(ROLES);
    for client in [unlimited.connect("tester", "proj").await, as_ann(&limited).await] {
        for dialect in ["auto", "googlesql"] {
            client.batch_execute(&format!("SET sluice.dialect = {dialect}")).await.unwrap();
            for text in [
                "SELECT person FROM `hr`.people UNION ALL SELECT note FROM shop.vorders AS hr WHERE FALSE",
                "SELECT p.person FROM (SELECT person FROM `hr`.people) p JOIN (SELECT 1 FROM shop.vorders AS hr LIMIT 1) ON TRUE",
                "SELECT p.person FROM (SELECT person FROM `hr`.people) p, shop.orders AS hr",
                "SELECT 1 FROM (SELECT DATE_ADD(p, INTERVAL 1 DAY) FROM `hr`.people p) p, shop.orders AS hr",
                "SELECT 1 FROM (SELECT persom FROM `hr`.people) p, shop.orders AS hr",
                "SELECT 1 FROM (SELECT x FROM `hr`.people_who_are_not_there) p, shop.orders AS hr",
            ] {
                let error = client.simple_query(text).await.expect_err(text);
                let told = error.as_db_error().unwrap();
                assert_eq!(told.code().code(), "42501", "{text}: {told:?}");
                let words = told.message().replace("_who_are_not_there", "");
                assert_eq!(words, "\"hr.people\" may be a table, and there is none of this name that may be read", "{text}");
                assert!(told.detail().is_none() && told.position().is_none(), "{told:?}");
            }
        }
        // Arrays are read as before, and what is wrong beside them is told.
        assert_eq!(shown(&client, "SELECT t FROM `shop`.orders AS o, o.tags AS t ORDER BY t").await, [["3"], ["4"]]);
        assert_eq!(shown(&client, "SELECT (SELECT SUM(t) FROM UNNEST(o.tags) AS t) FROM `shop`.orders AS o").await, [["7"]]);
        let error = client.simple_query("SELECT nope FROM `shop`.orders AS o, o.tags AS t").await.unwrap_err();
        assert_eq!(state(&error), "42703", "{error:?}");
    }
    // A WITH item of another scope hides no table.
    let ann = as_ann(&limited).await;
    ann.batch_execute("SET sluice.dialect = googlesql; SET search_path = shop").await.unwrap();
    let text = "SELECT 1 FROM (WITH salaries AS (SELECT 1 AS id) SELECT * FROM `salaries`) a, (SELECT DATE_ADD(s, INTERVAL 1 DAY) FROM salaries s) b";
    let error = ann.simple_query(text).await.unwrap_err();
    assert!(state(&error) == "SL008" && !format!("{error:?}").contains("pay"), "{error:?}");
    assert_eq!(shown(&ann, "WITH salaries AS (SELECT 5 AS id) SELECT id FROM `salaries`").await, [["5"]]);
}

/// BigQuery may leave the tables out of a dry run that its own cache answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_that_names_no_tables_proves_nothing() {
    let stand_in = stand_in().await;
    let server = stand_in.serve(ROLES);
    let ann = as_ann(&server).await;
    let silent = |count: u32| {
        json!({"method": "jobs.dryRun", "kind": "answer", "count": count, "unset": ["statistics.query.referencedTables"],
               "set": {"statistics.query.cacheHit": true, "statistics.query.totalBytesProcessed": "0", "statistics.totalBytesProcessed": "0"}})
    };
    stand_in.fault(silent(1)).await;
    stand_in.forget().await;
    assert_eq!(state(&ann.simple_query("SELECT pay FROM shop.pays").await.unwrap_err()), "SL008");
    let asked = stand_in.requests("jobs.dryRun").await;
    let cached: Vec<_> = asked.iter().map(|dry| dry["body"]["configuration"]["query"]["useQueryCache"].as_bool()).collect();
    assert_eq!(cached, [Some(true), Some(false)], "asked again without BigQuery's cache");
    stand_in.fault(silent(1)).await;
    assert_eq!(shown(&ann, "SELECT id FROM shop.vorders").await, [["1"]], "the second answer names what may be read");
    stand_in.fault(silent(100)).await;
    for (text, expected) in [
        ("SELECT pay + 1 FROM shop.pays", "SL008"),
        ("SELECT id + 1 FROM shop.vorders", "SL008"),
        ("EXPLAIN SELECT id + 2 FROM shop.vorders", "SL008"),
        ("SELECT sluice.price('SELECT id + 3 FROM shop.vorders')", "SL008"),
        ("SELECT id FROM `shop`.orders", "42501"),
        ("SELECT p.person FROM (SELECT person FROM `hr`.people) p, shop.orders AS hr", "42501"),
    ] {
        assert_eq!(state(&ann.simple_query(text).await.expect_err(text)), expected, "{text}");
    }
    assert_eq!(shown(&ann, "SELECT id + 4 FROM shop.orders").await, [["5"]], "a text of our own names its tables");
    no_faults(&stand_in).await;
    assert_eq!(shown(&ann, "SELECT id + 1 FROM shop.vorders").await, [["2"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_cannot_be_read_does_not_name_what_it_reads() {
    let stand_in = stand_in().await;
    let server = stand_in.serve(ROLES);
    let (tester, ann) = (server.connect("tester", "proj").await, as_ann(&server).await);
    let texts = ["SELECT note FROM shop.vorders", "SELECT note FROM `shop`.vorders", "EXPLAIN SELECT note FROM shop.vorders"];
    for broken in ["DROP TABLE orders", "CREATE TABLE orders AS SELECT 1 AS number"] {
        stand_in.make(broken).await;
        for text in texts {
            let error = ann.simple_query(text).await.expect_err(text);
            assert_eq!(state(&error), "55000", "{text}: {error:?}");
            let told = error.as_db_error().unwrap();
            assert_eq!(told.message(), "view shop.vorders cannot be read", "{text}");
        }
        let told = format!("{:?}", rows(&tester, texts[0]).await.unwrap_err());
        assert!(!told.contains("55000"), "who may read everything is told why: {told}");
    }
    let error = ann.simple_query("SELECT nope FROM `shop`.pays").await.unwrap_err();
    assert!(matches!(state(&error), "42703" | "SL008"), "a mistake of the text is told: {error:?}");
}

/// The dry run does not tell what a table with row-level security costs, behind a view either (RULES.md 2).
#[tokio::test(flavor = "multi_thread")]
async fn a_view_over_secured_rows_costs_what_its_table_costs() {
    let stand_in = StandIn::start();
    let table = json!({"project": "proj", "dataset": "shop", "table": "guarded", "rowAccessPolicies": [{"filterPredicate": "id > 1"}],
                       "numBytes": 10_u64 << 40, "schema": [{"name": "id", "type": "INTEGER"}], "rows": [[1], [2]]});
    stand_in.post("tables", table).await;
    stand_in.make("CREATE VIEW vguarded AS SELECT id FROM shop.guarded").await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    for text in ["select id from shop.guarded", "select id from shop.vguarded", "SELECT id FROM `shop`.vguarded"] {
        let price = shown(&client, &format!("SELECT sluice.price('{text}')")).await.concat().concat();
        assert!(price.contains("USD 62.50"), "{text}: {price}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_its_one_column() {
    let stand_in = stand_in().await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    client.batch_execute("SET sluice.dry_run = on").await.unwrap();
    for text in ["SELECT id, note FROM shop.orders", "SELECT id FROM shop.orders", "SELECT id, note FROM `shop`.orders"] {
        let statement = client.prepare(text).await.unwrap();
        let columns: Vec<_> = statement.columns().iter().map(|column| (column.name(), column.type_().name())).collect();
        assert_eq!(columns, [("price", "text")], "{text}");
        let price: String = client.query_one(&statement, &[]).await.unwrap().get(0);
        assert!(price.starts_with("USD "), "{text}: {price}");
    }
    assert_eq!(client.query_one("SELECT 1 + 1", &[]).await.unwrap().get::<_, i32>(0), 2, "what has no price is answered");
}
