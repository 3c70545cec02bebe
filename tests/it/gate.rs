//! The way of a newcomer, and of an attacker: psql, prices, refusals, the shared cache, garbage, drain.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sluice::warehouse::embedded::demo;

use crate::harness::{Folder, Server, psql, redis};

/// A small shop; prices a million times BigQuery's, so that reading all events costs more than a dollar limit.
fn shop(folder: &Folder, extra: &str) -> Server {
    let made = demo::ensure(folder.path(), 0.02, &mut |_| {}).expect("the data can be made");
    Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nadmin = true\n\n[backend]\nkind = \"local\"\n\n\
         [backend.local]\npaths = [{:?}]\nprice_scale = 1000000.0\n\n\
         [guard]\nrequire_partition_filter = false\nmax_usd_per_query = 70.0\nmax_usd_per_user_day = 1000000.0\ninject_limit = 0\n\n\
         [guard.approval]\nfrom_usd = 0.0\n\n{extra}",
        made.path.display().to_string()
    ))
}

/// Runs commands in one psql session; returns everything that it printed.
fn run(server: &Server, commands: &[&str]) -> String {
    run_as(server, "tester", commands)
}

fn run_as(server: &Server, user: &str, commands: &[&str]) -> String {
    let psql = psql().expect("psql is installed (tests/run installs it)");
    let mut command = Command::new(psql);
    command.args([
        "-X",
        "-v",
        "VERBOSITY=verbose",
        &format!("postgres://{user}@127.0.0.1:{}/local?options=-csearch_path%3Dshop", server.port),
    ]);
    for text in commands {
        command.args(["-c", text]);
    }
    let output = command.output().expect("psql runs");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_first_five_minutes_work() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    let tables = run(&server, &["\\d"]);
    assert!(tables.contains("orders") && tables.contains("events"), "{tables}");
    let asked = run(&server, &["SELECT region, sum(amount) FROM orders WHERE day = '2026-03-01' GROUP BY 1"]);
    assert!(asked.contains("scanned") && asked.contains("(simulated") && asked.contains("cache miss"), "{asked}");
    let again = run(&server, &["select o.region, SUM(o.amount) from orders o where o.day = date '2026-03-01' group by o.region"]);
    assert!(again.contains("cache hit (same query, other spelling), saved"), "{again}");

    let dear = run(&server, &["SELECT * FROM events"]);
    assert!(dear.contains("SL001") && dear.contains("DETAIL:") && dear.contains("HINT:"), "{dear}");
    let plan = run(&server, &["EXPLAIN SELECT count(*) FROM events WHERE day >= '2026-03-01'"]);
    assert!(plan.contains("partitions") && plan.contains("GoogleSQL"), "{plan}");
}

#[test]
fn mistakes_are_named_and_the_connection_lives_on() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    let cases = [
        ("SELEC 1", "42601"),
        ("SELECT * FROM ordres", "42P01"),
        ("SELECT amout FROM orders", "42703"),
        ("DELETE FROM orders", "25006"),
        ("SELECT nextval('x')", "0A000"),
        ("SET no_such_setting = 1", "42704"),
        ("SELECT 1/0", "22012"),
    ];
    for (text, state) in cases {
        let answer = run(&server, &[text]);
        assert!(answer.contains(state), "{text}: {answer}");
    }
    let statements: Vec<&str> = cases.iter().map(|(text, _)| *text).chain(["SELECT 'still here'"]).collect();
    assert!(run(&server, &statements).contains("still here"));
}

/// What a role may not read is not named to it either: not by errors about columns, not by hints, not by Describe.
#[test]
fn errors_do_not_name_what_is_hidden() {
    let folder = Folder::new("shop");
    let roles = "[[users]]\nname = \"ann\"\nrole = \"analyst\"\n\n\
                 [[roles]]\nname = \"analyst\"\nallow = [\"shop.*\"]\ndeny = [\"shop.customers\"]\n";
    let server = shop(&folder, roles);
    for text in [
        "SELECT emial FROM customers",
        "SELECT c.email + 1 FROM shop.customers c",
        "SELECT o.amont FROM orders o JOIN customers c USING (customer_id)",
        "PREPARE p AS SELECT * FROM customers",
        "EXPLAIN SELECT emial FROM customers",
    ] {
        let answer = run_as(&server, "ann", &[text]);
        assert!(answer.contains("SL008") && !answer.contains("email\"") && !answer.contains("customer_id"), "{text}: {answer}");
        assert!(!answer.contains("shop.customers\"") && !answer.contains("except shop"), "{text}: {answer}");
    }
    let answer = run_as(&server, "ann", &["SELECT * FROM customer"]);
    assert!(answer.contains("42P01") && !answer.contains("customers"), "{answer}");
    let answer = run_as(&server, "ann", &["SELECT amont FROM orders"]);
    assert!(answer.contains("42703") && answer.contains("orders.amount"), "what may be read is named: {answer}");
    assert!(run(&server, &["SELECT emial FROM customers"]).contains("customers.email"), "to others too");
}

#[test]
fn long_and_deep_queries_end_in_an_answer_or_an_error() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    let sums = |terms: usize| format!("SELECT count(*){} AS s FROM customers GROUP BY customer_id % 2", " + 1".repeat(terms));
    let calls = format!("SELECT {}1{}", "coalesce(".repeat(100), ", 2)".repeat(100));
    let between = format!("SELECT {}1{}", "(".repeat(40), " BETWEEN 0 AND 2)::int".repeat(40));
    let cases = format!("SELECT {}1{}", "CASE ".repeat(40), " WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 3 END".repeat(40));
    let nested = format!("SELECT {}1{}", "(1+1+1+1+1+".repeat(60), ")".repeat(60));
    for text in [
        sums(300),
        sums(390),
        sums(399),
        sums(401),
        sums(5_000),
        calls,
        between,
        cases,
        nested,
        format!("SELECT {}1{}", "(".repeat(120), ")".repeat(120)),
    ] {
        let answer = run(&server, &[&text]);
        assert!(answer.contains("row") || answer.contains("ERROR:  "), "{}: {answer}", &text[..60]);
        assert!(run(&server, &["SELECT 'still here'"]).contains("still here"), "{}: {}", &text[..60], server.log());
    }
}

#[test]
fn a_price_is_counted_where_it_was_paid() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    let query = "SELECT count(*) FROM orders WHERE day < '2026-02-01'";
    run(&server, &[query, query]);
    let (_, metrics) = server.get("/metrics").expect("metrics");
    let value = |name: &str| -> f64 {
        let line =
            metrics.lines().find(|line| line.starts_with(name) && !line.starts_with('#')).unwrap_or_else(|| panic!("{name}: {metrics}"));
        line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    assert!(value("sluice_usd_spent") > 1.0, "{metrics}");
    assert!((value("sluice_usd_spent") - value("sluice_usd_saved")).abs() < 1e-6, "asked twice, paid once: {metrics}");
}

#[test]
fn replicas_share_answers_through_redis() {
    let Some(url) = redis() else { panic!("SLUICE_TEST_REDIS names no Redis (tests/run starts one)") };
    let folder = Folder::new("shop");
    let cache =
        format!("[cache]\nstore = \"redis\"\n\n[cache.redis]\nurl = {url:?}\nprefix = \"it-{}:\"\ntimeout = \"2s\"\n", std::process::id());
    let (first, second) = (shop(&folder, &cache), shop(&folder, &cache));
    let query = "SELECT count(*) FROM orders WHERE day < '2026-02-01'";
    assert!(run(&first, &[query]).contains("cache miss"));
    let answer = run(&second, &[query]);
    assert!(answer.contains("cache hit"), "{answer}");
}

#[test]
fn an_answer_that_is_asked_for_again_and_again_is_forgotten_at_once() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    let query = "SELECT count(*) FROM orders WHERE day < '2026-02-01'";
    let told = |commands: &[&str]| -> Vec<String> {
        let answer = run(&server, commands);
        let notices = answer.lines().filter(|line| line.contains("NOTICE"));
        notices
            .map(|line| ["cache hit", "cache miss", "not cached"].into_iter().find(|word| line.contains(word)).unwrap_or("?").to_owned())
            .collect()
    };
    let expected = ["cache miss", "cache hit", "cache hit", "cache hit", "cache miss", "cache hit", "not cached"];
    assert_eq!(told(&[query, query, query, query, "SELECT sluice.flush_cache()", query, query, "SET sluice.cache = off", query]), expected);
    // Another session's flush counts as well.
    let first = told(&[query, query, query]);
    assert_eq!(first, ["cache hit", "cache hit", "cache hit"]);
    run(&server, &["SELECT sluice.flush_cache()"]);
    assert_eq!(told(&[query]), ["cache miss"]);
}

#[test]
fn a_dead_redis_is_a_bypass_and_never_an_error() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "[cache]\nstore = \"redis\"\n\n[cache.redis]\nurl = \"redis://127.0.0.1:1/0\"\n");
    let answer = run(&server, &["SELECT count(*) FROM orders WHERE day < '2026-02-01'"]);
    assert!(answer.contains("cache miss") && !answer.contains("ERROR"), "{answer}");
    let (_, metrics) = server.get("/metrics").expect("metrics");
    assert!(metrics.contains("sluice_redis_failures_total"), "{metrics}");
}

#[test]
fn garbage_harms_nobody_else() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 8, 4, 210, 22, 47, 1, 2, 3], &[0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]]
    {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("the port is open");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out can be set");
        stream.write_all(garbage).expect("bytes can be sent");
        let mut answer = Vec::new();
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut answer);
    }
    assert!(run(&server, &["SELECT 41 + 1"]).contains("42"));
}

#[test]
fn sigterm_drains_and_ends() {
    let folder = Folder::new("shop");
    let server = shop(&folder, "");
    assert!(run(&server, &["SELECT 1"]).contains("(1 row)"));
    Command::new("kill").args(["-TERM", &server.pid().to_string()]).status().expect("kill runs");
    let started = Instant::now();
    while Path::new(&format!("/proc/{}/fd/0", server.pid())).exists() {
        assert!(started.elapsed() < Duration::from_secs(20), "still running:\n{}", server.log());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err());
}
