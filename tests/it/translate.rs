//! Golden translations: PostgreSQL in, GoogleSQL out. `UPDATE_GOLDENS=1` rewrites what is expected; `tests/translate/judge.py`
//! then compares the rows of both texts.
//!
//! A file is a list of cases: `-- name` (with `[Zone/Name]` for a session time zone), the query, a line `----`, the expected text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice::catalog::model::{Column, Protection, Schema, Snapshot, Table, TableKind, TableName, TableVersion, stable_oid};
use sluice::sql::bind::{BindContext, bind};
use sluice::sql::classify::{Class, classify};
use sluice::sql::emit::googlesql;
use sluice::types::{Type, pack_numeric_typmod};

#[test]
fn translations_are_as_expected() {
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let snapshot = snapshot();
    let mut differences = String::new();
    for path in goldens() {
        let before = std::fs::read_to_string(&path).expect("a golden file");
        let after = rewritten(&before, &snapshot);
        if before == after {
            continue;
        }
        if update {
            std::fs::write(&path, &after).expect("a golden file can be written");
        } else {
            for (expected, found) in before.split("\n-- ").zip(after.split("\n-- ")).filter(|(expected, found)| expected != found) {
                let _ = write!(differences, "\n{}: expected\n{expected}\nfound\n{found}\n", path.display());
            }
        }
    }
    assert!(differences.is_empty(), "{differences}\nUPDATE_GOLDENS=1 accepts this; look at git diff and run tests/translate/judge.py");
}

/// A place of nearly every translation leads back to the query: printing with marks gives the same text again.
#[test]
fn places_are_known_in_translations() {
    let snapshot = snapshot();
    let (mut known, mut unknown) = (0_usize, Vec::new());
    for path in goldens() {
        let file = std::fs::read_to_string(&path).expect("a golden file");
        for case in format!("\n{}", file.trim()).split("\n-- ").skip(1) {
            let (name, rest) = case.split_once('\n').expect("a query below the name");
            let query = rest.split("\n----").next().unwrap_or(rest).trim();
            let zone: sluice::types::zone::Tz =
                name.split_once('[').map_or("UTC", |(_, zone)| zone.trim_end_matches(']')).parse().expect("a zone");
            let search_path = ["shop".to_owned()];
            let cx =
                BindContext { snapshot: &snapshot, search_path: &search_path, timezone: zone, reads_in: zone.into(), parameter_types: &[] };
            let bound = sluice::sql::parse::parse(query).and_then(|mut statements| {
                let Class::Read(read) = classify(statements.remove(0))? else { panic!("{query} is no query") };
                bind(&read, &cx)
            });
            let Ok(bound) = bound else { continue };
            let Ok(text) = googlesql::emit(&bound, &[], zone) else { continue };
            let end = u32::try_from(text.chars().count()).expect("short");
            let letters = u32::try_from(query.chars().count()).expect("short");
            let mut places = (1..=end).step_by(3).filter_map(|at| googlesql::places::source_of(&bound, &[], zone, &text, at));
            match places.next() {
                Some(source) => {
                    assert!((1..=letters).contains(&source), "{query}: {source}");
                    known += 1;
                }
                None => unknown.push(name.to_owned()),
            }
        }
    }
    println!("places known in {known} of {} translations; not in: {}", known + unknown.len(), unknown.join("; "));
    assert!(unknown.len() * 10 < known, "not in: {}", unknown.join("; "));
}

fn goldens() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/translate");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/translate")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension().is_some_and(|extension| extension == "sql") && path.file_name().is_some_and(|name| name != "schema.sql")
        })
        .collect();
    paths.sort();
    paths
}

/// Returns the file with every expected text as it is printed now.
fn rewritten(file: &str, snapshot: &Snapshot) -> String {
    let mut out = String::new();
    for (i, case) in format!("\n{}", file.trim()).split("\n-- ").skip(1).enumerate() {
        let (name, rest) = case.split_once('\n').expect("a query below the name");
        let query = rest.split("\n----").next().unwrap_or(rest).trim();
        let zone = name.split_once('[').map_or("UTC", |(_, zone)| zone.trim_end_matches(']'));
        let text = translated(query, zone, snapshot);
        let _ = write!(out, "{}-- {name}\n{query}\n----\n{text}\n", if i == 0 { "" } else { "\n" });
    }
    out
}

fn translated(query: &str, zone: &str, snapshot: &Snapshot) -> String {
    let zone: sluice::types::zone::Tz = zone.parse().expect("a zone");
    let search_path = ["shop".to_owned()];
    let cx = BindContext { snapshot, search_path: &search_path, timezone: zone, reads_in: zone.into(), parameter_types: &[] };
    let result = sluice::sql::parse::parse(query).and_then(|mut statements| {
        let Class::Read(read) = classify(statements.remove(0))? else { panic!("{query} is no query") };
        googlesql::emit(&bind(&read, &cx)?, &[], zone)
    });
    match result {
        Ok(text) => text,
        Err(report) => {
            let position = report.position.map_or(String::new(), |position| format!(" at {position}"));
            format!("ERROR {}{position}: {}", report.sqlstate.0, report.message)
        }
    }
}

/// Reads the tables out of schema.sql.
fn snapshot() -> Snapshot {
    let mut schema = Schema { name: "shop".into(), ..Schema::default() };
    for statement in include_str!("../translate/schema.sql").split("CREATE TABLE ").skip(1) {
        let (name, rest) = statement.split_once(" (").expect("a column list");
        let name = name.trim_matches('"');
        let columns = split_columns(rest.split(");").next().expect("an end of the columns"));
        let table = Table {
            name: TableName { schema: "shop".into(), table: name.into() },
            oid: stable_oid("table", name),
            kind: TableKind::Table,
            columns: columns.iter().map(|column| self::column(column)).collect(),
            partitioning: None,
            clustering: Vec::new(),
            keys: Vec::new(),
            protection: Protection::default(),
            rows: None,
            bytes: None,
            version: TableVersion(String::new()),
            names: Default::default(),
            max_cache_seconds: None,
            pseudo: Vec::new(),
            description: None,
            path: vec!["my-project".into(), "shop".into(), name.into()],
        };
        schema.tables.insert(name.into(), Arc::new(table));
    }
    Snapshot {
        databases: vec!["shop".into()],
        default_schema: Some("shop".into()),
        schemas: [("shop".to_owned(), schema)].into(),
        generation: 1,
        ..Snapshot::default()
    }
}

fn split_columns(list: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                columns.push(String::new());
                continue;
            }
            _ => {}
        }
        columns.last_mut().expect("one at least").push(c);
    }
    columns.iter().map(|column| column.trim().to_owned()).collect()
}

fn column(text: &str) -> Column {
    let (name, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\" ").expect("a quoted name"),
        None => text.split_once(' ').expect("a type"),
    };
    let nullable = !rest.ends_with(" NOT NULL");
    let ty = rest.trim_end_matches(" NOT NULL");
    let (ty, typmod, native) = match ty {
        "bigint" => (Type::INT8, -1, "INT64".to_owned()),
        "text" => (Type::TEXT, -1, "STRING".to_owned()),
        "text[]" => (Type::TEXT_ARRAY, -1, "ARRAY<STRING>".to_owned()),
        "date" => (Type::DATE, -1, "DATE".to_owned()),
        "time" => (Type::TIME, -1, "TIME".to_owned()),
        "timestamp" => (Type::TIMESTAMP, -1, "DATETIME".to_owned()),
        "timestamptz" => (Type::TIMESTAMPTZ, -1, "TIMESTAMP".to_owned()),
        "double precision" => (Type::FLOAT8, -1, "FLOAT64".to_owned()),
        "boolean" => (Type::BOOL, -1, "BOOL".to_owned()),
        "daterange" => (Type::DATERANGE, -1, "RANGE<DATE>".to_owned()),
        "tsrange" => (Type::TSRANGE, -1, "RANGE<DATETIME>".to_owned()),
        "jsonb" => (Type::JSONB, -1, "JSON".to_owned()),
        other => {
            let (precision, scale) =
                other.strip_prefix("numeric(").and_then(|rest| rest.trim_end_matches(')').split_once(',')).expect("a known type");
            let (precision, scale) = (precision.parse().expect("a precision"), scale.parse().expect("a scale"));
            let native = if scale <= 9 { "NUMERIC" } else { "BIGNUMERIC" };
            (Type::NUMERIC, pack_numeric_typmod(precision, scale), format!("{native}({precision}, {scale})"))
        }
    };
    Column { name: name.into(), ty, typmod, nullable, native, description: None }
}
