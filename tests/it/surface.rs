//! The schema `sluice` at the socket: functions in both protocols and as CALL, views, what each user may see.

use sluice::warehouse::embedded::demo;
use tokio_postgres::Client;

use crate::harness::{Folder, Server};
use crate::standin::{rows, shown, state};

/// A server over a small shop with two users; trust.
fn shop(folder: &Folder, extra: &str) -> Server {
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"boss\"\nadmin = true\n\n[[users]]\nname = \"ann\"\n\n[backend]\nkind = \"local\"\n\n\
         [backend.local]\npaths = [{:?}]\nprice_scale = 1000000.0\n\n[guard]\nrequire_partition_filter = false\nmax_usd_per_query = 1000000.0\n\
         max_usd_per_user_day = 1000000.0\n\n[guard.approval]\nfrom_usd = 0\n\n{extra}",
        made.path.display().to_string()
    ))
}

async fn one(client: &Client, sql: &str) -> String {
    shown(client, sql).await.remove(0).remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn translate_and_price_in_every_form() {
    let folder = Folder::new("surface");
    let server = shop(&folder, "");
    let client = server.connect("ann", "local").await;
    let query = "SELECT region, count(*) FROM shop.orders WHERE day = '2026-03-01' GROUP BY 1";
    let quoted = query.replace('\'', "''");
    let expected = one(&client, &format!("SELECT sluice.translate('{quoted}')")).await;
    assert!(expected.starts_with("SELECT orders.region, COUNT(*) AS count\nFROM shop.orders AS orders\n"), "{expected}");
    for form in [
        format!("SELECT * FROM sluice.translate('{quoted}')"),
        format!("SELECT * FROM sluice.translate('{quoted}') AS result"),
        format!("CALL sluice.translate('{quoted}')"),
        format!("SELECT sluice.translate('{quoted}'::text) AS t"),
    ] {
        assert_eq!(one(&client, &form).await, expected, "{form}");
    }
    let row = client.query_one("SELECT sluice.translate($1)", &[&query]).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!((row.columns()[0].name(), row.get::<_, String>(0)), ("translate", expected.clone()));
    let row = client.query_one("SELECT sluice.price($1) AS costs", &[&query]).await.unwrap_or_else(|error| panic!("{error:?}"));
    assert!(row.get::<_, String>("costs").starts_with("USD ") && row.get::<_, String>(0).contains("(simulated"));
    assert_eq!(one(&client, "SELECT sluice.price('SELECT 1')").await, "free");
    assert_eq!(one(&client, "SELECT sluice.price(NULL)").await, "NULL");

    // Mistakes of the inner text are told without a position that would point into the outer.
    let error = client.simple_query("SELECT sluice.translate('SELECT nope FROM shop.orders')").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!((error.code().code(), error.position()), ("42703", None));
    assert_eq!(error.detail(), Some("In the query that was given, at character 8: nope FROM shop.orders"));
    assert_eq!(state(&rows(&client, "SELECT sluice.translate('SELECT 1; SELECT 2')").await.unwrap_err()), "42601");
    assert_eq!(state(&rows(&client, "SELECT sluice.translate('SELECT * FROM pg_class')").await.unwrap_err()), "0A000");
    assert_eq!(state(&rows(&client, "SELECT sluice.price('SELECT 1'), 2").await.unwrap_err()), "0A000");
    assert_eq!(state(&rows(&client, "SELECT sluice.nosuch('x')").await.unwrap_err()), "42883");
    assert_eq!(state(&rows(&client, "CALL sluice.translate('SELECT 1'").await.unwrap_err()), "42601");
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_steer_and_others_do_not() {
    let folder = Folder::new("steer");
    let server = shop(&folder, "[[budgets]]\nname = \"everyone\"\nmatch = { user = \"*\" }\nmax_budget = 1000.0\n");
    let (boss, ann) = (server.connect("boss", "local").await, server.connect("ann", "local").await);
    let query = "SELECT count(*) FROM shop.orders WHERE amount > 1";
    shown(&ann, query).await;
    for call in ["flush_cache()", "pause('ann')", "resume('ann')", "set_budget('everyone', 1)", "reload()"] {
        assert_eq!(state(&rows(&ann, &format!("SELECT sluice.{call}")).await.unwrap_err()), "42501", "{call}");
    }
    assert_eq!(state(&rows(&boss, "SELECT sluice.flush_cache('shop.nosuch')").await.unwrap_err()), "42P01");
    let flushed = boss.query_one("SELECT sluice.flush_cache($1)", &[&"shop.orders"]).await.unwrap();
    assert_eq!(flushed.get::<_, i64>(0), 1, "a number, as Describe says");
    assert_eq!(one(&boss, "SELECT sluice.pause('ann')").await, "paused ann");
    assert_eq!(state(&rows(&ann, "SELECT count(*) FROM shop.orders WHERE amount > 2").await.unwrap_err()), "SL006");
    assert_eq!(one(&boss, "CALL sluice.resume('ann')").await, "resumed ann");

    assert_eq!(
        one(&boss, "SELECT sluice.set_budget('everyone', 0.5)").await,
        "budget \"everyone\" is USD 0.50 until the configuration is read again"
    );
    assert_eq!(state(&rows(&ann, "SELECT count(*) FROM shop.orders WHERE amount > 3").await.unwrap_err()), "SL002");
    let error = boss.simple_query("SELECT sluice.set_budget('nosuch', 1)").await.unwrap_err();
    assert_eq!((state(&error), error.as_db_error().unwrap().hint()), ("42704", Some("Budgets: everyone.")));
    assert_eq!(state(&rows(&boss, "SELECT sluice.set_budget('everyone', -1)").await.unwrap_err()), "22023");
    assert!(one(&boss, "SELECT sluice.reload()").await.starts_with("configuration read again"));
    shown(&ann, "SELECT count(*) FROM shop.orders WHERE amount > 3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_tell_what_is_and_no_more_than_one_may_see() {
    let folder = Folder::new("views");
    let server = shop(&folder, "[[budgets]]\nname = \"everyone\"\nmatch = { user = \"*\" }\nmax_budget = 1000.0\n");
    let (boss, ann) = (server.connect("boss", "local").await, server.connect("ann", "local").await);
    ann.batch_execute("SET application_name = 'report'").await.unwrap();
    for query in ["SELECT count(*) FROM shop.orders WHERE amount > 1", "select COUNT(*) from shop.orders where amount > 1"] {
        shown(&ann, query).await;
    }
    rows(&ann, "SELECT count(*) / 0 FROM shop.orders").await.unwrap_err();
    let queries = "SELECT \"user\", cache, rows, sqlstate, usd > 0, saved_usd > 0, bytes_billed > 0 FROM sluice.queries ORDER BY id";
    assert_eq!(
        shown(&ann, queries).await,
        [
            ["ann", "miss", "1", "NULL", "t", "f", "t"],
            ["ann", "hit", "1", "NULL", "f", "t", "NULL"],
            ["ann", "miss", "0", "22012", "f", "f", "NULL"]
        ]
    );
    shown(&boss, "SELECT count(*) FROM shop.customers").await;
    assert_eq!(one(&boss, "SELECT count(DISTINCT \"user\") FROM sluice.queries").await, "2");
    assert_eq!(one(&ann, "SELECT count(DISTINCT \"user\") FROM sluice.queries").await, "1");

    assert_eq!(shown(&ann, "SELECT \"user\", application_name, state FROM sluice.sessions").await, [["ann", "report", "active"]]);
    assert_eq!(one(&boss, "SELECT count(*) FROM sluice.sessions").await, "2");
    assert_eq!(shown(&ann, "SELECT \"user\", query FROM sluice.running").await, [["ann", "SELECT \"user\", query FROM sluice.running"]]);
    let budgets = "SELECT name, max_usd, spent_usd > 0, left_usd < max_usd, period, on_exceed FROM sluice.budgets WHERE \"user\" = 'ann' ORDER BY name";
    assert_eq!(shown(&ann, budgets).await, [["day", "1000000", "t", "t", "1d", "deny"], ["everyone", "1000", "t", "t", "1d", "deny"]]);
    assert_eq!(shown(&boss, budgets).await, shown(&ann, budgets).await, "an admin sees everybody's");
    assert_eq!(shown(&ann, "SELECT \"user\" FROM sluice.spend").await, [["ann"]]);
    assert_eq!(shown(&ann, "SELECT enabled, store, hits, entries > 0 FROM sluice.cache").await, [["t", "memory", "1", "t"]]);
    assert_eq!(shown(&ann, "SELECT component, ok FROM sluice.health").await, [["warehouse", "t"], ["catalog", "t"], ["cache", "t"]]);
    assert_eq!(one(&ann, "SELECT count(*) FROM sluice.config").await, "0");
    assert_eq!(shown(&boss, "SELECT value, origin FROM sluice.config WHERE key = 'guard.max_usd_per_query'").await, [["1000000", "file"]]);
    assert_eq!(one(&ann, "SELECT version FROM sluice.version").await, env!("CARGO_PKG_VERSION"));
    assert_eq!(shown(&ann, "SELECT * FROM sluice.approvals").await.len(), 0);
    assert_eq!(one(&ann, "SELECT count(*) FROM sluice.tables WHERE schema = 'shop'").await, "5");

    // The functions are in the catalog, with what they do.
    let functions = "SELECT p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), obj_description(p.oid, 'pg_proc') IS NOT NULL, \
                     p.oid::regproc::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'sluice' ORDER BY 1, 2";
    let listed = shown(&ann, functions).await;
    assert_eq!(listed.len(), 10);
    assert_eq!(listed[2], ["flush_cache", "", "bigint", "t", "sluice.flush_cache"]);
    assert_eq!(listed[8], ["set_budget", "name text, usd double precision", "text", "t", "sluice.set_budget"]);

    // Every view and every column says what it is.
    let silent = "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE n.nspname = 'sluice' AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)";
    assert_eq!(shown(&ann, silent).await, Vec::<Vec<String>>::new());
    assert_eq!(
        one(&ann, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'sluice'").await,
        "11"
    );
}
