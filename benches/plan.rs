//! What a query costs before any warehouse is asked: parse, bind, and print in a dialect.
//!
//! `SLUICE_TPCDS=PATH cargo bench --bench plan` takes TPC-DS's queries from a folder (`tests/tpcds/run --write PATH` writes them); without it
//! TPC-H's are taken, which are in the repository. Every query is measured by itself; the medians and the 99th percentiles over all of its
//! runs, and over the set, are printed before criterion's own figures for the whole set.

#![allow(missing_docs, reason = "criterion's macro makes public functions")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use sluice::catalog::model::{Schema, Snapshot};
use sluice::sql::bind::{BindContext, bind};
use sluice::sql::classify::{Class, Read, classify};
use sluice::sql::ddl;
use sluice::sql::emit::{Dialect, emit};
use sluice::sql::parse::parse;
use sluice::sql::tree::Bound;
use sluice::types::zone::Tz;

/// Runs of each query, after those that warm it up.
const RUNS: usize = 200;
const WARM_UP: usize = 20;

const DIALECTS: [(&str, Dialect); 2] = [("googlesql", Dialect::GoogleSql), ("datafusion", Dialect::DataFusion)];

/// A set of queries and the tables that they are about.
struct Workload {
    name: &'static str,
    queries: Vec<(String, String)>,
    /// As files declare them, and as BigQuery serves them: it has no char(n).
    declared: Snapshot,
    served: Snapshot,
}

impl Workload {
    fn snapshot(&self, dialect: Dialect) -> &Snapshot {
        match dialect {
            Dialect::GoogleSql => &self.served,
            Dialect::DataFusion => &self.declared,
        }
    }
}

fn workload() -> Workload {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let (name, folder, schema) = match std::env::var_os("SLUICE_TPCDS") {
        Some(folder) => ("tpcds", PathBuf::from(folder), tests.join("tpcds/schema.sql")),
        None => ("tpch", tests.join("slt/tpch"), tests.join("slt/tpch/schema.sql")),
    };
    let mut queries: Vec<(String, String)> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql") && !path.ends_with("schema.sql"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), std::fs::read_to_string(&path).expect("a query")))
        .collect();
    queries.sort();
    assert!(!queries.is_empty(), "{} holds no queries", folder.display());
    let schema = std::fs::read_to_string(schema).expect("a schema");
    Workload { name, queries, declared: snapshot(&schema), served: snapshot(&without_char(&schema)) }
}

/// Declares text in place of char(n).
fn without_char(schema: &str) -> String {
    let mut parts = schema.split(" char(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + " text" + part.split_once(')').map_or("", |(_, rest)| rest))
}

fn snapshot(text: &str) -> Snapshot {
    let mut schema = Schema { name: ddl::DEFAULT_SCHEMA.into(), ..Schema::default() };
    for table in ddl::tables(text).expect("CREATE TABLE statements") {
        schema.tables.insert(table.name.table.clone(), Arc::new(table));
    }
    Snapshot {
        databases: vec!["bench".into()],
        default_schema: Some(ddl::DEFAULT_SCHEMA.into()),
        schemas: [(ddl::DEFAULT_SCHEMA.to_owned(), schema)].into(),
        generation: 1,
        ..Snapshot::default()
    }
}

/// Plans a query; returns the length of its text in the dialect, `None` where it is refused.
fn plan(query: &str, snapshot: &Snapshot, dialect: Dialect) -> Option<usize> {
    let bound = bound(&read(query), snapshot);
    emit(&bound, dialect, &[], Tz::UTC).ok().map(|job| job.text.len())
}

fn read(query: &str) -> Read {
    let statement = parse(query).expect("a query").remove(0);
    match classify(statement).expect("a query") {
        Class::Read(read) => read,
        _ => panic!("no query: {query}"),
    }
}

fn bound(read: &Read, snapshot: &Snapshot) -> Bound {
    let search_path = [ddl::DEFAULT_SCHEMA.to_owned()];
    let cx = BindContext { snapshot, search_path: &search_path, timezone: Tz::UTC, reads_in: Tz::UTC.into(), parameter_types: &[] };
    bind(read, &cx).unwrap_or_else(|report| panic!("{report}: {}", read.text))
}

/// Prints the median over the queries of what each part of planning takes.
fn parts(workload: &Workload) {
    for (name, dialect) in DIALECTS {
        let snapshot = workload.snapshot(dialect);
        let mut medians: [Vec<Duration>; 3] = Default::default();
        for (_, query) in &workload.queries {
            let mut runs: [Vec<Duration>; 3] = Default::default();
            for _ in 0..WARM_UP {
                let began = Instant::now();
                let read = black_box(read(black_box(query)));
                runs[0].push(began.elapsed());
                let began = Instant::now();
                let bound = black_box(bound(&read, snapshot));
                runs[1].push(began.elapsed());
                let began = Instant::now();
                drop(black_box(emit(&bound, dialect, &[], Tz::UTC)));
                runs[2].push(began.elapsed());
            }
            for (runs, medians) in runs.iter_mut().zip(&mut medians) {
                runs.sort();
                medians.push(runs[WARM_UP / 2]);
            }
        }
        medians.iter_mut().for_each(|medians| medians.sort());
        let [parse, bind, emit] = medians.map(|medians| medians[medians.len() / 2]);
        println!("{} {name}: parse {parse:?}, bind {bind:?}, emit {emit:?}", workload.name);
    }
}

/// Prints the median and the 99th percentile over every run of every query, and the slowest queries by their medians.
fn report(workload: &Workload) {
    for (name, dialect) in DIALECTS {
        let (mut all, mut medians): (Vec<Duration>, Vec<(Duration, &str)>) = (Vec::new(), Vec::new());
        let snapshot = workload.snapshot(dialect);
        let refused = workload.queries.iter().filter(|(_, query)| plan(query, snapshot, dialect).is_none()).count();
        for (label, query) in &workload.queries {
            let timed = |_| {
                let began = Instant::now();
                black_box(plan(black_box(query), snapshot, dialect));
                began.elapsed()
            };
            let mut runs: Vec<Duration> = (0..WARM_UP + RUNS).map(timed).skip(WARM_UP).collect();
            runs.sort();
            medians.push((runs[RUNS / 2], label));
            all.extend(runs);
        }
        all.sort();
        medians.sort();
        let slowest: Vec<String> = medians.iter().rev().take(5).map(|(time, label)| format!("{label} {time:?}")).collect();
        println!(
            "{} {name}: {} queries, {refused} refused, median {:?}, p99 {:?}; slowest: {}",
            workload.name,
            workload.queries.len(),
            all[all.len() / 2],
            all[all.len() * 99 / 100],
            slowest.join(", ")
        );
    }
}

fn benches(criterion: &mut Criterion) {
    let workload = workload();
    report(&workload);
    parts(&workload);
    for (name, dialect) in DIALECTS {
        criterion.bench_function(&format!("plan {} {name}", workload.name), |bencher| {
            bencher.iter(|| {
                for (_, query) in &workload.queries {
                    black_box(plan(black_box(query), workload.snapshot(dialect), dialect));
                }
            });
        });
    }
}

criterion_group! {
    name = plans;
    config = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(5));
    targets = benches
}
criterion_main!(plans);
