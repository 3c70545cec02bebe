//! The command line: translating offline, explaining, a first configuration, talking to a running server.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sluice::warehouse::embedded::demo;

use crate::harness::{Folder, Server, binary};
use crate::standin::StandIn;

/// Runs a verb; `input` goes to its standard input.
fn sluice(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(binary())
        .args(args)
        .env_remove("SLUICE_CONFIG")
        .env_remove("GOOGLE_CLOUD_PROJECT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).ok();
    child.wait_with_output().expect("the binary ends")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const DDL: &str = "CREATE TABLE shop.orders (id bigint NOT NULL, region varchar(10), amount numeric(12,2), day date, tags text[]);
CREATE TABLE shop.customers (id bigint PRIMARY KEY, name text);";

#[test]
fn translate_needs_nothing_but_the_tables() {
    let folder = Folder::new("translate");
    let schema = folder.path().join("schema.sql");
    fs::write(&schema, DDL).unwrap();
    let schema = schema.to_str().unwrap();
    let done =
        sluice(&["translate", "--schema", schema, "--project", "my-project", "SELECT region, sum(amount) FROM orders GROUP BY 1"], "");
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(
        out(&done),
        "SELECT orders.region, SUM(orders.amount) AS sum\nFROM `my-project.shop.orders` AS orders\nGROUP BY orders.region\n"
    );
    // A file of statements: each has its own verdict.
    let file = folder.path().join("queries.sql");
    fs::write(&file, "-- two\nSELECT count(*) FROM customers;\nSELECT amout\nFROM orders;\nSELEC 1;\nSELECT 1 AS one").unwrap();
    let done = sluice(&["translate", "--schema", schema, file.to_str().unwrap()], "");
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(out(&done), "SELECT COUNT(*) AS count\nFROM shop.customers AS customers;\n\nSELECT 1 AS one;\n");
    let told = err(&done);
    assert!(told.contains("ERROR:  42703: column \"amout\" does not exist\nLINE 3: SELECT amout\n               ^\nHINT:  "), "{told}");
    assert!(told.contains("LINE 5: SELEC 1;\n        ^\n"), "{told}");
    assert!(told.ends_with("sluice: 2 of 4 statements have no translation\n"), "{told}");
    // Without tables, the hint says how to name them.
    let done = sluice(&["translate", "-"], "SELECT * FROM orders");
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("--schema"), "{}", err(&done));
    let done = sluice(&["translate"], "PREPARE p (date) AS SELECT $1 + 1 AS d; SET x = 1");
    assert_eq!(out(&done), "SELECT DATE_ADD(@p1, INTERVAL 1 DAY) AS d;\n");
    assert!(err(&done).contains("42809: only queries have a translation"), "{}", err(&done));
    for deep in [format!("SELECT 1{}", " + 1".repeat(390)), format!("SELECT {}1{}", "(".repeat(120), ")".repeat(120)), "((".repeat(50_000)]
    {
        assert!(matches!(sluice(&["translate"], &deep).status.code(), Some(0 | 1)), "an answer or an error, however deep");
    }
    assert_eq!(sluice(&["translate"], " -- nothing\n").status.code(), Some(2));
    assert_eq!(sluice(&["translate", "nosuchfile"], "").status.code(), Some(2));
    assert_eq!(sluice(&["translate", "--schema", "nosuchfile", "SELECT 1"], "").status.code(), Some(2));
    assert_eq!(sluice(&["translate", "--time-zone", "Mars/Base", "SELECT 1"], "").status.code(), Some(2));
    // A schema that cannot be read is shown where.
    fs::write(&file, "CREATE TABLE t (a nosuch)").unwrap();
    let done = sluice(&["translate", "--schema", file.to_str().unwrap(), "SELECT 1"], "");
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("LINE 1: CREATE TABLE t (a nosuch)\n                          ^"), "{}", err(&done));
}

#[test]
fn translate_prints_json_with_everything_known() {
    let folder = Folder::new("json");
    let schema = folder.path().join("orders.json");
    fs::write(
        &schema,
        r#"[{"name": "id", "type": "INTEGER", "mode": "REQUIRED"}, {"name": "amount", "type": "NUMERIC", "precision": "12", "scale": "2"},
            {"name": "day", "type": "DATE"}, {"name": "note", "type": "STRING"}]"#,
    )
    .unwrap();
    let args = ["translate", "--json", "--schema", schema.to_str().unwrap(), "--dataset", "shop", "-"];
    let done = sluice(&args, "SELECT id, sum(amount) AS total FROM orders WHERE day >= $1 GROUP BY id; SELECT nope FROM orders");
    assert_eq!(done.status.code(), Some(1));
    let shown: Value = serde_json::from_str(&out(&done)).unwrap();
    let (first, second) = (&shown[0], &shown[1]);
    assert_eq!(first["sql"], "SELECT id, sum(amount) AS total FROM orders WHERE day >= $1 GROUP BY id");
    assert!(first["googlesql"].as_str().unwrap().contains("FROM shop.orders AS orders\nWHERE orders.day >= @p1"), "{first}");
    assert_eq!(first["columns"].to_string(), r#"[{"name":"id","type":"bigint"},{"name":"total","type":"numeric"}]"#);
    assert_eq!(first["parameters"].to_string(), r#"["date"]"#);
    assert_eq!(first["tables"][0]["path"], "shop.orders");
    let read: Vec<&str> = first["tables"][0]["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(read, ["id", "amount", "day"], "the columns that are read, and no others");
    assert_eq!(first["tables"][0]["columns"][1]["bigquery_type"], "NUMERIC(12, 2)");
    assert!(first["rewrites"].is_array());
    assert_eq!(
        (&second["error"]["sqlstate"], &second["error"]["line"], &second["error"]["column"]),
        (&"42703".into(), &1.into(), &81.into())
    );
}

#[test]
fn explain_asks_the_configured_backend() {
    let folder = Folder::new("explain");
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    let config = folder.path().join("sluice.toml");
    let paths = format!("[{:?}]", made.path.display().to_string());
    fs::write(
        &config,
        format!("[[users]]\nname = \"ann\"\npassword = \"x\"\n[backend]\nkind = \"local\"\n[backend.local]\npaths = {paths}\n"),
    )
    .unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let config = config.to_str().unwrap();
    let done = sluice(&["explain", "--config", config, "SELECT count(*) FROM shop.orders WHERE day = '2026-03-01'"], "");
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let plan = out(&done);
    assert!(plan.starts_with("Query  (price USD ") && plan.contains("(simulated") && plan.contains("partitions 1 of"), "{plan}");
    let done = sluice(&["explain", "--json", "--config", config, "SELECT 1; SELECT nope"], "");
    assert_eq!(done.status.code(), Some(1));
    let shown: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(shown[0][0]["Plan"]["Node Type"], "Query");
    assert_eq!(shown[1]["error"]["sqlstate"], "42703");
    assert_eq!(sluice(&["explain", "--config", config, "--user", "bob", "SELECT 1"], "").status.code(), Some(2));
}

#[test]
fn init_writes_a_configuration_that_runs() {
    let stand_in = StandIn::start();
    let folder = Folder::new("init");
    let file = folder.path().join("sluice.toml");
    let config = file.to_str().unwrap();
    let init = |endpoint: &str, more: &[&str]| {
        let args = [&["init", "--project", "proj", "--dataset", "shop", "--config", config], more].concat();
        Command::new(binary()).args(args).env("BIGQUERY_EMULATOR_HOST", endpoint).output().expect("the binary runs")
    };
    // A BigQuery that does not answer: nothing is written.
    let refused = init("http://127.0.0.1:1", &["--credentials", "none"]);
    assert_eq!(refused.status.code(), Some(1), "{}", out(&refused));
    assert!(err(&refused).contains("does not take a dry run") && !file.exists(), "{}", err(&refused));
    let done = init(&stand_in.url, &[]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(out(&done).contains("took a dry run, which is free"), "{}", out(&done));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    let password =
        out(&done).lines().find_map(|line| line.trim().strip_prefix("password")).unwrap().trim().split(' ').next().unwrap().to_owned();
    assert!(text.contains("SCRAM-SHA-256$") && !text.contains(&password), "{text}");
    assert_eq!(init(&stand_in.url, &[]).status.code(), Some(2), "never over a file that is there");
    let checked = sluice(&["check", "--config", config, "--offline", "--print"], "");
    assert_eq!(checked.status.code(), Some(0), "{}", err(&checked));
    assert!(out(&checked).contains("backend.bigquery.project = \"proj\"  # file"), "{}", out(&checked));
    let checked = sluice(&["check", "--config", config], "");
    assert_eq!(checked.status.code(), Some(0), "{}", err(&checked));
}

#[test]
fn a_wrong_configuration_names_the_nearest_key() {
    let folder = Folder::new("wrong");
    let file = folder.path().join("sluice.toml");
    fs::write(&file, "[guard]\nmax_usd_per_qery = 1\n").unwrap();
    let done = sluice(&["check", "--offline", "--config", file.to_str().unwrap()], "");
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("unknown key `max_usd_per_qery` in [guard]; did you mean `max_usd_per_query`?"), "{}", err(&done));
    assert_eq!(sluice(&["nosuchverb"], "").status.code(), Some(2));
    let help = out(&sluice(&[], ""));
    let verbs = help.split_once("Commands:\n").expect("a list of verbs").1;
    assert!(verbs.trim_start().starts_with("demo "), "{help}");
}

#[test]
fn the_schema_of_the_configuration_is_json_schema() {
    let done = sluice(&["schema"], "");
    assert_eq!(done.status.code(), Some(0));
    let schema: Value = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(schema["properties"]["guard"]["properties"]["max_usd_per_query"]["default"], 10.0);
    assert_eq!(schema["properties"]["users"]["items"]["required"][0], "name");
    assert_eq!(schema["additionalProperties"], false);
}

/// A server with a password for `boss`, an admin, and `ann`, over a small shop.
fn shop(folder: &Folder, extra: &str) -> Server {
    let made = demo::ensure(folder.path(), 0.001, &mut |_| {}).expect("the data can be made");
    Server::start(&format!(
        "[[users]]\nname = \"ann\"\npassword = \"ann's\"\n[[users]]\nname = \"boss\"\nadmin = true\npassword = \"secret\"\n\n[backend]\nkind = \"local\"\n\n\
         [backend.local]\npaths = [{:?}]\nprice_scale = 1000000.0\n\n[guard]\nrequire_partition_filter = false\nmax_usd_per_query = 1000000.0\n\
         max_usd_per_user_day = 1000000.0\n{extra}",
        made.path.display().to_string()
    ))
}

/// Runs a verb that speaks to a server, with a password.
fn remote(server: &Server, args: &[&str], password: &str) -> Output {
    let config = server.config();
    let args = [args, &["--config", config.to_str().unwrap()]].concat();
    Command::new(binary()).args(args).env("PGPASSWORD", password).output().expect("the binary runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_answers_its_own_binary() {
    let folder = Folder::new("remote");
    let server = shop(&folder, "\n[guard.approval]\nfrom_usd = 0.01\n");
    let status = remote(&server, &["status"], "secret");
    assert_eq!(status.status.code(), Some(0), "{}", err(&status));
    assert!(out(&status).contains("warehouse  ok") && out(&status).contains("sessions"), "{}", out(&status));
    let wrong = remote(&server, &["status"], "wrong");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(err(&wrong).contains("password authentication failed"), "{}", err(&wrong));

    let dsn = format!("host=127.0.0.1 port={} user=ann password=ann's dbname=local", server.port);
    let ann = crate::harness::connect(&dsn).await.expect("ann connects");
    let query = "SELECT sum(amount) FROM shop.orders";
    let refused = ann.simple_query(query).await.expect_err("too dear without a yes");
    let refused = refused.as_db_error().expect("a refusal").clone();
    assert_eq!(refused.code().code(), "SL003");
    let id = refused.detail().unwrap().split("id ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let not_hers = remote(&server, &["approve", &id, "--user", "ann"], "ann's");
    assert_eq!(not_hers.status.code(), Some(1), "only approvers may");
    let done = remote(&server, &["approve", &id], "secret");
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert!(out(&done).starts_with("approved: "), "{}", out(&done));
    ann.simple_query(query).await.expect("it may run once");
    assert!(err(&remote(&server, &["approve", "zzzz"], "secret")).contains("no approval request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_swaps_the_configuration_under_open_connections() {
    let folder = Folder::new("reload");
    let server = shop(&folder, "\n[guard.approval]\nfrom_usd = 0\n");
    let dsn = |user: &str, password: &str| format!("host=127.0.0.1 port={} user={user} password={password} dbname=local", server.port);
    let ann = crate::harness::connect(&dsn("ann", "ann's")).await.expect("ann connects");
    let query = "SELECT count(*) FROM shop.orders WHERE amount > 0";
    ann.simple_query(query).await.expect("within the limit");
    let prepared = ann.prepare("SELECT count(*) FROM shop.orders WHERE amount > 1").await.expect("prepares");

    let text = fs::read_to_string(server.config()).unwrap();
    let tighter = text.replace("max_usd_per_query = 1000000.0", "max_usd_per_query = 0.0001").replace("ann's", "other");
    fs::write(server.config(), &tighter).unwrap();
    assert!(remote(&server, &["reload", "--user", "ann"], "ann's").status.code() == Some(1), "only an admin may");
    let done = remote(&server, &["reload"], "secret");
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(out(&done), "configuration read again; changed: guard.max_usd_per_query\n");
    let state = |error: tokio_postgres::Error| error.code().map(|code| code.code().to_owned());
    let refused = ann.simple_query("SELECT count(*) FROM shop.orders WHERE amount > 2").await.expect_err("over the new limit");
    assert_eq!(state(refused).as_deref(), Some("SL001"), "on the connection that was open");
    let refused = ann.query(&prepared, &[]).await.expect_err("over the new limit");
    assert_eq!(state(refused).as_deref(), Some("SL001"), "in a statement that was prepared");
    assert!(crate::harness::connect(&dsn("ann", "ann's")).await.is_err(), "the new password counts");
    crate::harness::connect(&dsn("ann", "other")).await.expect("the new password counts");

    // What is wrong keeps the old one; SIGHUP says so in the log.
    fs::write(server.config(), "[guard]\nnosuch = 1\n").unwrap();
    let refused = remote_at(&server, "secret");
    assert!(refused.contains("stays as it was") && refused.contains("nosuch"), "{refused}");
    Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().expect("kill runs");
    let began = std::time::Instant::now();
    while !server.log().contains("configuration not reloaded") {
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    fs::write(server.config(), &text).unwrap();
    Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().expect("kill runs");
    // The first was the reload that tightened the limit.
    while server.log().matches("configuration reloaded").count() < 2 {
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    ann.query(&prepared, &[]).await.expect("the old limit is back");

    // A user who is another one now, or none, loses their sessions at once; the others keep theirs.
    let boss = crate::harness::connect(&dsn("boss", "secret")).await.expect("boss connects");
    let (begin, end) = (text.find("[[users]]\nname = \"ann\"").expect("ann"), text.len());
    let rest = text[begin + 9..end].find("\n[").map_or(end, |at| begin + 9 + at);
    fs::write(server.config(), format!("{}{}", &text[..begin], &text[rest..])).unwrap();
    let done = remote(&server, &["reload"], "secret");
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let ended = ann.query(&prepared, &[]).await.expect_err("ann is no user any more");
    assert!(ended.is_closed() || state(ended).as_deref() == Some("57P01"));
    boss.simple_query("SELECT 1").await.expect("boss is who he was");
}

/// Asks for a reload where the file itself cannot be read any more; returns what the server says.
fn remote_at(server: &Server, password: &str) -> String {
    let args = ["reload", "--server", &format!("127.0.0.1:{}", server.port), "--user", "boss"];
    let output = Command::new(binary())
        .args(args)
        .env("PGPASSWORD", password)
        .env_remove("SLUICE_CONFIG")
        .current_dir(std::env::temp_dir())
        .output()
        .expect("the binary runs");
    err(&output)
}

#[test]
fn shells_complete_it_and_man_shows_it() {
    for shell in ["bash", "zsh", "fish"] {
        let done = sluice(&["completions", shell], "");
        assert!(done.status.success() && out(&done).contains("healthcheck"), "{shell}: {}", err(&done));
    }
    // bash itself reads the script, and completes.
    let script = format!(
        "{}\nCOMP_WORDS=(sluice tran) COMP_CWORD=1; _sluice sluice tran sluice; echo ${{COMPREPLY[@]}}",
        out(&sluice(&["completions", "bash"], ""))
    );
    let done = Command::new("bash").args(["-c", &script]).output().expect("bash");
    assert_eq!(out(&done), "translate\n", "{}", err(&done));
    assert_eq!(sluice(&["completions", "cobol"], "").status.code(), Some(2));

    let page = out(&sluice(&["man"], ""));
    assert!(page.contains(".TH sluice 1") && page.contains("translate"), "{page}");
    let page = out(&sluice(&["man", "demo"], ""));
    assert!(page.contains("data\\-dir"), "{page}");
    assert_eq!(sluice(&["man", "nosuch"], "").status.code(), Some(2));
}
