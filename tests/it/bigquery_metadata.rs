//! What the catalog knows of BigQuery: tables by day as one relation, pseudo columns, names with the project, what has not changed is not read again.

use serde_json::{Value, json};

use crate::standin::{StandIn, TABLES, setup, shown, state};

const BY_DAY: &str = "
CREATE TABLE events_20240101 AS SELECT 1 AS id;
CREATE TABLE events_20240102 AS SELECT 2 AS id, 'view' AS kind UNION ALL SELECT 3, 'buy';
CREATE TABLE events_20240103 AS SELECT 4 AS id, 'view' AS kind;
CREATE TABLE events_other AS SELECT 5 AS id, 'x' AS kind;
";

async fn counts(stand_in: &StandIn) -> Value {
    let answer = stand_in.http.get(format!("{}/test/requests", stand_in.url)).send().await.expect("an answer");
    answer.json::<Value>().await.expect("JSON")["counts"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_by_day_are_one_relation() {
    let stand_in = StandIn::start();
    stand_in.make(BY_DAY).await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    let sql = "SELECT id, kind, _TABLE_SUFFIX FROM shop.\"events_*\" WHERE _TABLE_SUFFIX BETWEEN '20240101' AND '20240102' ORDER BY id";
    assert_eq!(shown(&client, sql).await, [["1", "NULL", "20240101"], ["2", "view", "20240102"], ["3", "buy", "20240102"]]);
    let job = &stand_in.requests("jobs.insert").await[0]["body"]["configuration"]["query"]["query"];
    assert!(job.as_str().unwrap().contains("`proj.shop.events_*`"), "{job}");
    assert_eq!(
        shown(&client, "SELECT * FROM shop.\"events_*\" e WHERE e._table_suffix = '20240103'").await,
        [["4", "view"]],
        "* leaves it out"
    );
    assert_eq!(shown(&client, "SELECT kind, count(*) FROM \"events_*\" WHERE _table_suffix >= '20240102' AND _table_suffix < '20240104' GROUP BY kind ORDER BY kind").await, [
        ["buy", "1"],
        ["view", "2"]
    ]);
    // The members are tables as before, and \d shows no column that * does not.
    assert_eq!(shown(&client, "SELECT id FROM shop.events_20240101").await, [["1"]]);
    let columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'events_*' ORDER BY ordinal_position";
    assert_eq!(shown(&client, columns).await, [["id"], ["kind"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_table_wants_its_filter_and_obeys_policy() {
    let stand_in = StandIn::start();
    stand_in.make(BY_DAY).await;
    let roles = "[[users]]\nname = \"ann\"\nrole = \"analyst\"\n\n[[roles]]\nname = \"analyst\"\ndeny = [\"shop.events_other\"]\n";
    let server = stand_in.serve(roles);
    let ann = server.connect("ann", "proj").await;
    assert_eq!(shown(&ann, "SELECT id FROM shop.events_20240101").await, [["1"]]);
    // It holds a table that the role may not read.
    let error = ann.simple_query("SELECT count(id) FROM shop.\"events_*\" WHERE _TABLE_SUFFIX = '20240101'").await.unwrap_err();
    assert_eq!(state(&error), "SL008", "{error:?}");
    // The catalog does not show it, nor tells anything of it.
    let listed = "SELECT relname FROM pg_class WHERE relname LIKE 'events_o%' OR oid = 'shop.events_20240101'::regclass ORDER BY 1";
    assert_eq!(shown(&ann, listed).await, [["events_20240101"]]);
    assert_eq!(shown(&ann, "SELECT count(*) FROM information_schema.columns WHERE table_name = 'events_other'").await, [["0"]]);
    assert_eq!(
        shown(&ann, "SELECT to_regclass('shop.events_other'), has_table_privilege('shop.events_20240101', 'SELECT')").await,
        [["NULL", "t"]]
    );
    let none = ann.simple_query("SELECT has_table_privilege('shop.events_other', 'SELECT')").await.unwrap_err();
    assert_eq!(state(&none), "42P01");
    let tester = server.connect("tester", "proj").await;
    assert_eq!(shown(&tester, "SELECT relname FROM pg_class WHERE relname LIKE 'events_o%'").await, [["events_other"]]);
    ann.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    assert_eq!(state(&ann.simple_query("SELECT id FROM `proj.shop.events_*`").await.unwrap_err()), "SL008");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_ingestion_is_a_column_for_those_who_name_it() {
    let (stand_in, _) = setup("").await;
    let table = json!({"project": "proj", "dataset": "shop", "table": "loaded", "timePartitioning": {"type": "DAY"},
                       "schema": [{"name": "id", "type": "INTEGER"}], "rows": [[1], [2]]});
    stand_in.post("tables", table).await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    assert_eq!(shown(&client, "SELECT * FROM shop.loaded ORDER BY id").await, [["1"], ["2"]]);
    let today = "SELECT id, _PARTITIONTIME = date_trunc('day', _PARTITIONTIME), _partitiondate IS NULL FROM shop.loaded WHERE _PARTITIONTIME > '2024-01-01' ORDER BY id";
    assert_eq!(shown(&client, today).await, [["1", "t", "f"], ["2", "t", "f"]]);
    let columns = client.prepare("SELECT _PARTITIONTIME, _PARTITIONDATE FROM shop.loaded").await.unwrap();
    let described: Vec<(&str, &str)> = columns.columns().iter().map(|column| (column.name(), column.type_().name())).collect();
    assert_eq!(described, [("_partitiontime", "timestamptz"), ("_partitiondate", "date")]);
    assert_eq!(shown(&client, "SELECT count(_PARTITIONTIME) FROM shop.loaded WHERE _PARTITIONTIME < '2020-01-01'").await, [["0"]]);
    assert_eq!(state(&client.simple_query("SELECT _PARTITIONTIME FROM shop.orders").await.unwrap_err()), "42703");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_read_again() {
    let (stand_in, server) = setup("").await;
    let client = server.connect("tester", "proj").await;
    assert_eq!(shown(&client, "SELECT sum(id) FROM shop.orders").await, [["6"]]);
    let server = stand_in.serve("\n[catalog]\nttl = \"1s\"\n");
    let client = server.connect("tester", "proj").await;
    stand_in.forget().await;
    stand_in.called("tables.list", 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let seen = counts(&stand_in).await;
    assert_eq!(seen["tables.get"], seen["tables.get 304"], "{seen}");
    // A change is seen.
    stand_in.make("CREATE OR REPLACE TABLE shop.numbers AS SELECT 1 AS n, 2 AS fresh;").await;
    stand_in.forget().await;
    stand_in.called("tables.list", 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(shown(&client, "SELECT fresh FROM shop.numbers").await, [["2"]]);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_may_hold_the_project() {
    let stand_in = StandIn::start();
    stand_in.make(TABLES).await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    assert_eq!(shown(&client, "SELECT max(o.id) FROM proj.shop.orders o").await, [["3"]]);
    assert_eq!(shown(&client, "SELECT proj.shop.orders.id FROM proj.shop.orders WHERE proj.shop.orders.id = 1").await, [["1"]]);
    assert_eq!(state(&client.simple_query("SELECT 1 FROM other.shop.orders").await.unwrap_err()), "0A000");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_with_row_level_security_count_whole() {
    let stand_in = StandIn::start();
    let table = |name: &str, policies: Value| {
        json!({"project": "proj", "dataset": "shop", "table": name, "rowAccessPolicies": policies, "numBytes": 40_u64 << 20,
               "schema": [{"name": "id", "type": "INTEGER"}], "rows": [[1], [2]]})
    };
    stand_in.post("tables", table("open", json!([]))).await;
    stand_in.post("tables", table("secured", json!([{"filterPredicate": "id > 1"}]))).await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    let plan = async |table: &str| shown(&client, &format!("EXPLAIN SELECT max(id) FROM shop.{table}")).await[1][0].clone();
    let (open, secured) = (plan("open").await, plan("secured").await);
    assert!(open.contains("10.0 MiB billed") || open.contains("10 MiB billed"), "{open}");
    assert!(secured.contains("40.0 MiB billed") || secured.contains("40 MiB billed"), "{secured}");
    assert!(secured.contains("at most"), "{secured}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_tables_keep_nobody_waiting() {
    let stand_in = StandIn::start();
    stand_in.make(BY_DAY).await;
    for i in 0..1500 {
        let table = json!({"project": "proj", "dataset": "many", "table": format!("t{i}"), "schema": [{"name": "id", "type": "INTEGER"}], "rows": [[i]]});
        stand_in.post("tables", table).await;
    }
    // Each table takes its time: all of them take a minute and more.
    stand_in.fault(json!({"method": "tables.get", "kind": "hang", "seconds": 1.0, "count": 100_000})).await;
    stand_in.forget().await;
    let began = std::time::Instant::now();
    let server = stand_in.serve("\n[cache]\nenabled = false\n");
    let client = server.connect("tester", "proj").await;
    assert_eq!(shown(&client, "SELECT 1").await, [["1"]]);
    assert_eq!(shown(&client, "SELECT count(*) > 10 FROM pg_type").await, [["t"]]);
    // A table that nobody has read yet is read when it is named; so are tables by day, and names in GoogleSQL.
    assert_eq!(shown(&client, "SELECT max(id) FROM many.t1499").await, [["1499"]]);
    assert_eq!(shown(&client, "SELECT a.id, b.id FROM many.t1497 a, many.t1498 b").await, [["1497", "1498"]]);
    assert_eq!(shown(&client, "SELECT id FROM shop.\"events_*\" WHERE _TABLE_SUFFIX = '20240103'").await, [["4"]]);
    let statement = client.prepare("SELECT id FROM many.t1496 WHERE id > $1").await.expect("a statement");
    assert_eq!(client.query(&statement, &[&1_i64]).await.expect("rows").len(), 1);
    assert_eq!(state(&client.simple_query("SELECT nope FROM many.t1495").await.unwrap_err()), "42703");
    assert_eq!(state(&client.simple_query("SELECT 1 FROM many.nope").await.unwrap_err()), "42P01");
    client.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    assert_eq!(shown(&client, "SELECT id FROM `many.t1494`").await, [["1494"]]);
    client.batch_execute("SET sluice.dialect = postgres").await.unwrap();
    assert!(began.elapsed() < std::time::Duration::from_secs(45), "{:?}", began.elapsed());
    assert!(stand_in.count("tables.get").await < 1400, "everything was read before anything was answered");
    // A query that asks for all of them waits for all of them.
    stand_in.http.delete(format!("{}/test/faults", stand_in.url)).send().await.unwrap();
    assert_eq!(shown(&client, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'many'").await, [["1500"]]);
    assert_eq!(shown(&client, "SELECT count(*) FROM pg_class WHERE relname LIKE 'events%'").await, [["5"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_other_projects_have_names_of_three_parts() {
    let (stand_in, _) = setup("").await;
    let table = |project: &str, dataset: &str, name: &str, location: &str| {
        json!({"project": project, "dataset": dataset, "table": name, "location": location,
               "schema": [{"name": "word", "type": "STRING"}, {"name": "n", "type": "INTEGER"}], "rows": [["king", 7], ["queen", 8]]})
    };
    stand_in.post("tables", table("bigquery-public-data", "samples", "shakespeare", "US")).await;
    stand_in.post("tables", table("bigquery-public-data", "far", "away", "EU")).await;
    stand_in.post("tables", table("private", "samples", "secret", "US")).await;
    let server = stand_in.serve("\n[[users]]\nname = \"ann\"\nrole = \"analyst\"\n\n[[roles]]\nname = \"analyst\"\nallow = [\"shop.*\"]\n");
    let client = server.connect("tester", "proj").await;
    let sql = "SELECT s.word, o.id FROM \"bigquery-public-data\".samples.shakespeare s JOIN shop.orders o ON o.id + 6 = s.n ORDER BY 1";
    assert_eq!(shown(&client, sql).await, [["king", "1"], ["queen", "2"]]);
    let job = &stand_in.requests("jobs.insert").await[0]["body"]["configuration"]["query"]["query"];
    assert!(job.as_str().unwrap().contains("`bigquery-public-data.samples.shakespeare`"), "{job}");
    let plan = shown(&client, "EXPLAIN SELECT word FROM \"bigquery-public-data\".samples.shakespeare").await;
    assert!(plan.concat().concat().contains("Scan on bigquery-public-data.samples.shakespeare"), "{plan:?}");
    client.batch_execute("SET sluice.dialect = googlesql").await.unwrap();
    assert_eq!(shown(&client, "SELECT SUM(n) FROM `bigquery-public-data.samples.shakespeare`").await, [["15"]]);
    client.batch_execute("SET sluice.dialect = postgres").await.unwrap();
    // What is not there, what is elsewhere, other projects, other roles.
    for (sql, code) in [
        ("SELECT 1 FROM \"bigquery-public-data\".samples.nope", "42P01"),
        ("SELECT 1 FROM \"bigquery-public-data\".nope.nope", "42P01"),
        ("SELECT 1 FROM \"bigquery-public-data\".samples.shakespeare s, \"bigquery-public-data\".far.away a", "0A000"),
        ("SELECT 1 FROM private.samples.secret", "0A000"),
    ] {
        assert_eq!(state(&client.simple_query(sql).await.unwrap_err()), code, "{sql}");
    }
    let ann = server.connect("ann", "proj").await;
    assert_eq!(state(&ann.simple_query("SELECT word FROM \"bigquery-public-data\".samples.shakespeare").await.unwrap_err()), "SL008");
    let none = stand_in.serve("other_projects = []");
    let none = none.connect("tester", "proj").await;
    assert_eq!(state(&none.simple_query("SELECT word FROM \"bigquery-public-data\".samples.shakespeare").await.unwrap_err()), "0A000");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_nothing_enforces_are_shown_and_not_relied_on() {
    let stand_in = StandIn::start();
    let table = |name: &str, fields: Value, keys: Value| json!({"project": "proj", "dataset": "shop", "table": name, "schema": fields, "tableConstraints": keys});
    let number = |name: &str| json!({"name": name, "type": "INT64"});
    let regions = table(
        "regions",
        json!([number("country"), number("region"), {"name": "label", "type": "STRING"}]),
        json!({"primaryKey": {"columns": ["country", "region"]}}),
    );
    let reference = json!({
        "primaryKey": {"columns": ["id"]},
        "foreignKeys": [{
            "name": "sales.to_region",
            "referencedTable": {"projectId": "proj", "datasetId": "shop", "tableId": "regions"},
            "columnReferences": [{"referencingColumn": "country", "referencedColumn": "country"}, {"referencingColumn": "region", "referencedColumn": "region"}],
        }],
    });
    stand_in.post("tables", regions).await;
    let mut sales = table("sales", json!([number("id"), number("region"), number("country")]), reference);
    sales["rows"] = json!([{"id": 1, "region": 1, "country": 1}, {"id": 1, "region": 2, "country": 1}]);
    stand_in.post("tables", sales).await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    let constraints = "SELECT conname, contype, conrelid::regclass, conindid::regclass, conkey, confkey, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1";
    assert_eq!(
        shown(&client, constraints).await,
        [
            ["regions_pkey", "p", "regions", "regions_pkey", "{1,2}", "NULL", "PRIMARY KEY (country, region)"],
            ["sales_pkey", "p", "sales", "sales_pkey", "{1}", "NULL", "PRIMARY KEY (id)"],
            [
                "to_region",
                "f",
                "sales",
                "regions_pkey",
                "{3,2}",
                "{1,2}",
                "FOREIGN KEY (country, region) REFERENCES regions(country, region) NOT VALID"
            ],
        ]
    );
    let indexes = "SELECT i.relname, x.indkey, x.indisprimary, pg_get_indexdef(i.oid), pg_get_indexdef(i.oid, 2, true) FROM pg_index x \
                   JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid AND t.relhasindex WHERE i.relkind = 'i' ORDER BY 1";
    assert_eq!(
        shown(&client, indexes).await,
        [
            ["regions_pkey", "1 2", "t", "CREATE UNIQUE INDEX regions_pkey ON shop.regions USING btree (country, region)", "region"],
            ["sales_pkey", "1", "t", "CREATE UNIQUE INDEX sales_pkey ON shop.sales USING btree (id)", ""],
        ]
    );
    // What BI tools ask.
    let standard = "SELECT tc.constraint_type, kcu.column_name, kcu.position_in_unique_constraint, ccu.table_name \
                    FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu USING (constraint_schema, constraint_name) \
                    LEFT JOIN information_schema.referential_constraints rc USING (constraint_schema, constraint_name) \
                    JOIN (SELECT DISTINCT constraint_name, table_name FROM information_schema.constraint_column_usage) ccu USING (constraint_name) \
                    WHERE tc.table_name = 'sales' ORDER BY 1, kcu.ordinal_position";
    assert_eq!(
        shown(&client, standard).await,
        [["FOREIGN KEY", "country", "1", "regions"], ["FOREIGN KEY", "region", "2", "regions"], ["PRIMARY KEY", "id", "NULL", "sales"]]
    );
    // PostgreSQL would rely on the key, here the rows are looked at.
    let grouped = client.simple_query("SELECT id, region FROM shop.sales GROUP BY id").await.unwrap_err();
    assert_eq!(state(&grouped), "42803");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_warehouse_hides_and_says_of_itself_is_in_the_catalog() {
    let stand_in = StandIn::start();
    let data_set = json!({"datasetReference": {"datasetId": "shop"}, "description": "All that is sold"});
    let made = stand_in.http.post(format!("{}/bigquery/v2/projects/proj/datasets", stand_in.url)).json(&data_set).send().await;
    assert!(made.expect("an answer").status().is_success());
    let tag = |name: &str| json!({"names": [format!("projects/p/locations/us/taxonomies/1/policyTags/{name}")]});
    let table = json!({"project": "proj", "dataset": "shop", "table": "people", "rowAccessPolicies": [{"filterPredicate": "id > 1"}], "rows": [],
                       "schema": [{"name": "id", "type": "INTEGER"}, {"name": "email", "type": "STRING", "policyTags": tag("mail")},
                                  {"name": "home", "type": "RECORD", "fields": [{"name": "street", "type": "STRING", "policyTags": tag("place")}]}]});
    stand_in.post("tables", table).await;
    stand_in.make("CREATE TABLE shop.open (id INT64)").await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    let secured = "SELECT relname, relrowsecurity FROM pg_class WHERE relnamespace = 'shop'::regnamespace ORDER BY 1";
    assert_eq!(shown(&client, secured).await, [["open", "f"], ["people", "t"]]);
    assert_eq!(shown(&client, "SELECT name, row_security FROM sluice.tables ORDER BY 1").await, [["open", "f"], ["people", "t"]]);
    let labels = "SELECT a.attname, l.provider, substring(l.label from '[^/]*$') FROM pg_seclabel l
                  JOIN pg_attribute a ON a.attrelid = l.objoid AND a.attnum = l.objsubid ORDER BY 1";
    assert_eq!(shown(&client, labels).await, [["email", "bigquery", "mail"], ["home", "bigquery", "place"]]);
    let named = "SELECT objtype, objname FROM pg_seclabels ORDER BY 2";
    assert_eq!(shown(&client, named).await, [["column", "shop.people.email"], ["column", "shop.people.home"]]);
    assert_eq!(shown(&client, "SELECT obj_description('shop'::regnamespace, 'pg_namespace')").await, [["All that is sold"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_shows_what_its_tables_would_show() {
    let stand_in = StandIn::start();
    stand_in.make("CREATE TABLE salaries AS SELECT 'ann' AS name, 7 AS pay; CREATE TABLE open_data AS SELECT 1 AS n").await;
    stand_in.make("CREATE VIEW pays AS SELECT name, pay FROM shop.salaries; CREATE VIEW opened AS SELECT n FROM shop.open_data").await;
    let roles = "[[users]]\nname = \"ann\"\nrole = \"analyst\"\n\n[[roles]]\nname = \"analyst\"\nallow = [\"shop.*\"]\ndeny = [\"shop.salaries\"]\n\n\
                 [[roles]]\nname = \"default\"\nallow = [\"*\"]\n\n[cache]\nscope = \"global\"\n";
    let server = stand_in.serve(roles);
    let (tester, ann) = (server.connect("tester", "proj").await, server.connect("ann", "proj").await);
    // What somebody else was shown, and the cache has, is no way to it either.
    for query in ["SELECT pay FROM shop.pays", "SELECT pay FROM `shop`.pays", "SELECT count(*) FROM shop.pays"] {
        assert_eq!(shown(&tester, query).await.len(), 1, "{query}");
        assert_eq!(state(&ann.simple_query(query).await.expect_err(query)), "SL008", "{query}");
        let explain = format!("EXPLAIN {query}");
        assert_eq!(state(&ann.simple_query(&explain).await.expect_err(&explain)), "SL008", "{explain}");
        let price = format!("SELECT sluice.price('{query}')");
        assert_eq!(state(&ann.simple_query(&price).await.expect_err(&price)), "SL008", "{price}");
    }
    let hidden = ann.query("SELECT name FROM shop.pays WHERE pay > $1", &[&5_i64]).await.unwrap_err();
    assert!(state(&hidden) == "SL008" && !format!("{hidden:?}").contains("salaries"), "{hidden:?}");
    for _ in 0..2 {
        assert_eq!(shown(&ann, "SELECT n FROM shop.opened").await, [["1"]]);
    }
    assert_eq!(shown(&ann, "SELECT n FROM shop.open_data").await, [["1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_finds_tables_that_were_made_meanwhile() {
    let stand_in = StandIn::start();
    stand_in.make("CREATE TABLE early AS SELECT 1 AS n").await;
    let server = stand_in.serve("");
    let client = server.connect("tester", "proj").await;
    stand_in.make("CREATE TABLE late AS SELECT 2 AS n").await;
    assert_eq!(state(&client.simple_query("SELECT n FROM shop.late").await.unwrap_err()), "42P01");
    client.batch_execute("SELECT sluice.reload()").await.unwrap();
    assert_eq!(shown(&client, "SELECT n FROM shop.late").await, [["2"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_by_way_of_a_view_depend_on_its_tables() {
    let stand_in = StandIn::start();
    stand_in.make("CREATE TABLE people AS SELECT 'ann' AS name, 'ann@example.org' AS mail; CREATE TABLE open_data AS SELECT 1 AS n").await;
    stand_in.make("CREATE VIEW mails AS SELECT name, mail FROM shop.people; CREATE VIEW opened AS SELECT n FROM shop.open_data").await;
    let server = stand_in.serve("\n[[pii]]\ncolumns = [\"shop.people.mail\"]\n");
    let client = server.connect("tester", "proj").await;
    // Each once from BigQuery and once from the cache, in both languages; what is marked as personal is not kept, behind a view either.
    for (query, jobs) in [
        ("SELECT n FROM shop.opened", 1),
        ("SELECT n FROM `shop`.opened", 1),
        ("SELECT mail FROM shop.mails", 2),
        ("SELECT name FROM `shop`.mails", 2),
        ("SELECT name FROM shop.people", 1),
    ] {
        stand_in.forget().await;
        for _ in 0..2 {
            assert_eq!(shown(&client, query).await.len(), 1, "{query}");
        }
        assert_eq!(stand_in.count("jobs.insert").await, jobs, "{query}");
    }
}
