//! The functions and the emitter judged by PostgreSQL: the same queries on the same tables give the same text.
//!
//! Needs the PostgreSQL of `SLUICE_TEST_PG`, which `tests/run` starts. `SLUICE_JUDGE_FILE` names another file of queries, each ended
//! by a semicolon at a line's end.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema as ArrowSchema};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::cast::arrow_type;
use super::value::{Value, build, read};
use super::{register, report_of};
use crate::catalog::model::{Column, Protection, Schema, Snapshot, Table, TableKind, TableName, TableVersion};
use crate::sql::bind::{BindContext, bind};
use crate::sql::classify::{Class, classify};
use crate::sql::emit::{Dialect, emit};
use crate::sql::parse::parse;
use crate::types::{NumericScale, Type, input, output};

#[test]
fn every_called_function_exists() {
    let ctx = SessionContext::new();
    register(&ctx);
    let known = ctx.state().scalar_functions().keys().cloned().collect::<Vec<_>>();
    let missing: Vec<String> = crate::sql::emit::datafusion::called_functions().into_iter().filter(|name| !known.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

type Cells = Vec<Vec<Option<String>>>;

async fn postgres(client: &tokio_postgres::Client, sql: &str) -> Result<Cells, String> {
    let messages = client.simple_query(sql).await.map_err(|error| match error.as_db_error() {
        Some(error) => format!("{} {}", error.code().code(), error.message()),
        None => error.to_string(),
    })?;
    let mut rows = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect());
        }
    }
    Ok(rows)
}

async fn load(client: &tokio_postgres::Client, ctx: &SessionContext) -> Snapshot {
    let columns = postgres(
        client,
        "select c.relname, a.attname, a.atttypid, a.atttypmod from pg_class c join pg_attribute a on a.attrelid = c.oid \
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 order by 1, a.attnum",
    )
    .await
    .expect("the catalog");
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in columns {
        let cell = |i: usize| row[i].clone().expect("not null");
        tables.entry(cell(0)).or_default().push(Column {
            name: cell(1),
            ty: Type(cell(2).parse().expect("an oid")),
            typmod: cell(3).parse().expect("a typmod"),
            nullable: true,
            native: String::new(),
            description: None,
        });
    }
    let mut schema = Schema { name: "public".into(), description: None, tables: BTreeMap::new() };
    for (name, columns) in tables {
        let rows = postgres(client, &format!("select * from \"{name}\"")).await.expect("rows");
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for (i, column) in columns.iter().enumerate() {
            let ty = arrow_type(column.ty, column.typmod);
            let values: Vec<Value> =
                rows.iter()
                    .map(|row| match &row[i] {
                        Some(text) => Value::of(input::parse(text, column.ty, -1, crate::types::zone::Tz::UTC).expect("a value"), &ty)
                            .expect("a value"),
                        None => Value::Null,
                    })
                    .collect();
            arrays.push(build(&values, &ty).expect("an array"));
            fields.push(Field::new(&column.name, ty, true));
        }
        let batch = RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).expect("a batch");
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("a table");
        ctx.register_table(datafusion::common::TableReference::partial("public", name.as_str()), Arc::new(table)).expect("a new table");
        let model = Table {
            name: TableName { schema: "public".into(), table: name.clone() },
            oid: 20_000,
            kind: TableKind::Table,
            columns,
            partitioning: None,
            clustering: Vec::new(),
            keys: Vec::new(),
            protection: Protection::default(),
            rows: None,
            bytes: None,
            version: TableVersion("1".into()),
            names: Default::default(),
            max_cache_seconds: None,
            pseudo: Vec::new(),
            description: None,
            path: vec!["public".into(), name.clone()],
        };
        schema.tables.insert(name, Arc::new(model));
    }
    Snapshot {
        databases: vec!["tiny".into()],
        default_schema: Some("public".into()),
        schemas: BTreeMap::from([("public".to_owned(), schema)]),
        generation: 1,
        ..Snapshot::default()
    }
}

async fn sluice(ctx: &SessionContext, snapshot: &Snapshot, sql: &str) -> Result<Cells, (String, String)> {
    let early = |report: crate::error::Report| (String::new(), report.to_string());
    let statement = parse(sql).map_err(early)?.remove(0);
    let Class::Read(query) = classify(statement).map_err(early)? else { return Err((String::new(), "no query".into())) };
    let path = vec!["public".to_owned()];
    let cx = BindContext {
        snapshot,
        search_path: &path,
        timezone: crate::types::zone::Tz::UTC,
        reads_in: crate::types::zone::Tz::UTC.into(),
        parameter_types: &[],
    };
    let bound = bind(&query, &cx).map_err(early)?;
    let job = emit(&bound, Dialect::DataFusion, &[], crate::types::zone::Tz::UTC).map_err(early)?;
    let late = |error: datafusion::error::DataFusionError| {
        let text = report_of(&error).map_or_else(|| error.to_string(), |report| report.to_string());
        (job.text.clone(), text)
    };
    let batches = ctx.sql(&job.text).await.map_err(late)?.collect().await.map_err(late)?;
    let mut rows = Vec::new();
    for batch in &batches {
        for i in 0..batch.num_rows() {
            let mut row = Vec::new();
            for (array, column) in batch.columns().iter().zip(job.columns.iter()) {
                let mark = match column.scale {
                    NumericScale::Fixed(scale) => scale.into(),
                    NumericScale::Any => -3,
                    NumericScale::Quotient => -3,
                };
                let value = read(&array.slice(i, 1), 0).and_then(|value| value.literal(column.ty, mark)).map_err(early)?;
                let null = matches!(value, crate::types::literal::Literal::Null);
                row.push((!null).then(|| output::literal(&value, column.ty, crate::types::zone::Tz::UTC)));
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Makes a database with the tables of `judge_schema.sql` on the PostgreSQL of `SLUICE_TEST_PG`: a connection to it, its task, a
/// connection that can drop it, and its name.
async fn judge() -> (Client, tokio::task::JoinHandle<()>, Client, String) {
    let dsn = std::env::var("SLUICE_TEST_PG").expect("SLUICE_TEST_PG names a PostgreSQL (tests/run starts one)");
    let (admin, connection) = tokio_postgres::connect(&dsn, NoTls).await.expect("a PostgreSQL");
    tokio::spawn(async move { connection.await.ok() });
    let name = format!("sluice_functions_{}", std::process::id());
    let make = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
    admin.batch_execute(&make).await.expect("a database can be made");
    let mut config: tokio_postgres::Config = dsn.parse().expect("SLUICE_TEST_PG is a connection string");
    let (client, connection) = config.dbname(&name).connect(NoTls).await.expect("the new database answers");
    let task = tokio::spawn(async move {
        connection.await.ok();
    });
    client.batch_execute(include_str!("judge_schema.sql")).await.expect("the tables can be made");
    (client, task, admin, name)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_postgresql() {
    let (client, connection, admin, name) = judge().await;
    client.simple_query("set timezone = 'UTC'; set extra_float_digits = 1").await.expect("settings");
    let mut config = SessionConfig::new().with_default_catalog_and_schema("datafusion", "public").with_target_partitions(2);
    config.options_mut().sql_parser.map_string_types_to_utf8view = false;
    config.options_mut().execution.time_zone = Some("UTC".into());
    let ctx = SessionContext::new_with_config(config);
    register(&ctx);
    let snapshot = load(&client, &ctx).await;
    let file = std::env::var("SLUICE_JUDGE_FILE").map(|file| std::fs::read_to_string(file).expect("the file of queries"));
    let queries = file.unwrap_or_else(|_| include_str!("judge.sql").to_owned());
    let (mut wrong, mut refused, mut right) = (Vec::new(), Vec::new(), 0);
    for sql in queries.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()) {
        let expected = postgres(&client, sql).await;
        let got = sluice(&ctx, &snapshot, sql).await;
        match (expected, got) {
            (Ok(mut expected), Ok(mut got)) => {
                if !sql.to_lowercase().contains("order by") {
                    expected.sort();
                    got.sort();
                }
                if expected == got {
                    right += 1;
                } else {
                    let at = expected.iter().zip(&got).position(|(a, b)| a != b).unwrap_or(expected.len().min(got.len()));
                    wrong.push(format!(
                        "{sql}\n  rows {} / {}, row {at}:\n  expected {:?}\n  got      {:?}",
                        expected.len(),
                        got.len(),
                        expected.get(at),
                        got.get(at)
                    ));
                }
            }
            (Ok(_), Err((text, error))) => refused.push(format!("{sql}\n  {error}\n  {text}")),
            (Err(error), Ok(got)) => wrong.push(format!("{sql}\n  expected {error}\n  got {:?}", got.first())),
            (Err(expected), Err((_, error))) => {
                if error.starts_with(&expected[..5]) {
                    right += 1
                } else {
                    refused.push(format!("{sql}\n  expected {expected}\n  {error}"))
                }
            }
        }
    }
    connection.abort();
    drop(client);
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("the database can be dropped");
    println!("REFUSED {}\n{}\nWRONG {}\n{}\nright {right}", refused.len(), refused.join("\n"), wrong.len(), wrong.join("\n"));
    assert!(wrong.is_empty(), "{} of the answers are not PostgreSQL's", wrong.len());
}
