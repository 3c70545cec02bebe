//! sqlx and tokio-postgres in front of Sluice: the same answers as from PostgreSQL. Prints "N passed, M failed".
//!
//!     clients postgres://demo@127.0.0.1:7432/shop postgres://postgres@127.0.0.1:5432/postgres

use std::error::Error;
use std::fmt::Write;
use std::future::Future;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use futures::{StreamExt, TryStreamExt, pin_mut};
use sqlx::{Column, Connection, Executor, PgConnection, Row, Statement, TypeInfo};
use tokio_postgres::{Client, NoTls};

const VALUES: &str = "SELECT 1::int2 AS a, 2::int4 AS b, 3000000000::int8 AS c, 1.5::float4 AS d, 2.25::float8 AS e, true AS f, 'text é'::text AS g,
    '\\x00ff'::bytea AS h, '2024-02-29'::date AS i, '2024-02-29 12:34:56+01'::timestamptz AS j, '{\"a\": [1, null]}'::jsonb AS k,
    ARRAY[1, NULL, 3]::int4[] AS l, ARRAY['x', 'y \"z\"']::text[] AS m, NULL::int4 AS n";
const SLOW: &str = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b, generate_series(1, 1000) AS c";
const WRONG: [&str; 4] = ["SELECT nix", "SELECT 1/0", "SELEC 1", "SELECT * FROM nowhere"];

type Told = Result<String, Box<dyn Error>>;

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

impl Count {
    /// Compares what a function makes of both servers.
    async fn same<F: Future<Output = Told>>(&mut self, name: &str, answer: impl Fn(String) -> F) {
        let urls: Vec<String> = std::env::args().skip(1).take(2).collect();
        let (here, there) = (answer(urls[0].clone()).await, answer(urls[1].clone()).await);
        match (here, there) {
            (Ok(here), Ok(there)) if here == there => self.passed += 1,
            (here, there) => {
                self.failed += 1;
                println!("FAILED {name}\n  Sluice     {here:?}\n  PostgreSQL {there:?}");
            }
        }
    }
}

async fn by_tokio(url: &str) -> Result<Client, Box<dyn Error>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SET TimeZone = 'UTC'").await?;
    Ok(client)
}

fn described(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| format!("{} {} {:?}", error.code().code(), error.message(), error.position()))
}

async fn tokio_values(url: String) -> Told {
    let client = by_tokio(&url).await?;
    let row = client.query_one(VALUES, &[]).await?;
    let mut told = String::new();
    for column in row.columns() {
        write!(told, "{} {} {:?} ", column.name(), column.type_(), column.table_oid())?;
    }
    write!(told, "{} {} {} {} {} {} {} ", row.get::<_, i16>(0), row.get::<_, i32>(1), row.get::<_, i64>(2), row.get::<_, f32>(3), row.get::<_, f64>(4), row.get::<_, bool>(5), row.get::<_, &str>(6))?;
    write!(told, "{:?} {} {} {} ", row.get::<_, &[u8]>(7), row.get::<_, NaiveDate>(8), row.get::<_, DateTime<Utc>>(9), row.get::<_, serde_json::Value>(10))?;
    write!(told, "{:?} {:?} {:?}", row.get::<_, Vec<Option<i32>>>(11), row.get::<_, Vec<String>>(12), row.get::<_, Option<i32>>(13))?;
    Ok(told)
}

async fn tokio_prepared(url: String) -> Told {
    let client = by_tokio(&url).await?;
    let statement = client.prepare("SELECT $1::int4 + 1, $2::text, $3::float8[]").await?;
    let mut told = format!("{:?}", statement.params());
    for n in 0..8_i32 {
        let row = client.query_one(&statement, &[&n, &(n % 2 == 0).then_some("even"), &vec![Some(0.5), None]]).await?;
        write!(told, "{} {:?} {:?};", row.get::<_, i32>(0), row.get::<_, Option<String>>(1), row.get::<_, Vec<Option<f64>>>(2))?;
    }
    Ok(told)
}

/// Many statements under way at a time: the driver sends them without waiting.
async fn tokio_pipelined(url: String) -> Told {
    let client = by_tokio(&url).await?;
    let statement = client.prepare("SELECT $1::int4 * 2").await?;
    let numbers: Vec<i32> = (0..100).collect();
    let (client, statement) = (&client, &statement);
    let all = futures::future::try_join_all(numbers.iter().map(|n| async move { client.query_one(statement, &[n]).await })).await?;
    Ok(format!("{:?}", all.iter().map(|row| row.get::<_, i32>(0)).collect::<Vec<_>>()))
}

async fn tokio_errors(url: String) -> Told {
    let client = by_tokio(&url).await?;
    let mut told = String::new();
    for text in WRONG {
        for error in [client.query(text, &[]).await.err(), client.simple_query(text).await.err()] {
            write!(told, "{};", error.map_or_else(String::new, |error| described(&error)))?;
        }
    }
    Ok(format!("{told} {}", client.query_one("SELECT 1", &[]).await?.get::<_, i32>(0)))
}

async fn tokio_portal(url: String) -> Told {
    let mut client = by_tokio(&url).await?;
    let transaction = client.transaction().await?;
    let portal = transaction.bind("SELECT n FROM generate_series(1, 25) AS n", &[]).await?;
    let mut sizes = Vec::new();
    loop {
        let rows = transaction.query_portal(&portal, 10).await?;
        sizes.push(rows.len());
        if rows.len() < 10 {
            break;
        }
    }
    transaction.commit().await?;
    Ok(format!("{sizes:?}"))
}

async fn tokio_copy(url: String) -> Told {
    let client = by_tokio(&url).await?;
    let stream = client.copy_out("COPY (SELECT n, 'x' || n FROM generate_series(1, 100) AS n) TO STDOUT (FORMAT csv)").await?;
    pin_mut!(stream);
    let mut told = Vec::new();
    while let Some(part) = stream.next().await {
        told.extend_from_slice(&part?);
    }
    Ok(String::from_utf8(told)?)
}

async fn tokio_cancel(url: String) -> Told {
    let client = by_tokio(&url).await?;
    let token = client.cancel_token();
    let began = Instant::now();
    let (result, cancelled) = tokio::join!(client.simple_query(SLOW), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        token.cancel_query(NoTls).await
    });
    cancelled?;
    let error = result.err().map_or_else(String::new, |error| described(&error));
    Ok(format!("{error} {}", began.elapsed() < Duration::from_secs(3)))
}

async fn by_sqlx(url: &str) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect(&format!("{url}?sslmode=disable")).await?;
    connection.execute("SET TimeZone = 'UTC'").await?;
    Ok(connection)
}

async fn sqlx_values(url: String) -> Told {
    let mut connection = by_sqlx(&url).await?;
    let row = sqlx::query(VALUES).fetch_one(&mut connection).await?;
    let mut told = String::new();
    for column in row.columns() {
        write!(told, "{} {} ", column.name(), column.type_info().name())?;
    }
    write!(told, "{} {} {} {} {} {} {} ", row.get::<i16, _>(0), row.get::<i32, _>(1), row.get::<i64, _>(2), row.get::<f32, _>(3), row.get::<f64, _>(4), row.get::<bool, _>(5), row.get::<&str, _>(6))?;
    write!(told, "{:?} {} {} {} ", row.get::<&[u8], _>(7), row.get::<NaiveDate, _>(8), row.get::<DateTime<Utc>, _>(9), row.get::<serde_json::Value, _>(10))?;
    write!(told, "{:?} {:?} {:?}", row.get::<Vec<Option<i32>>, _>(11), row.get::<Vec<String>, _>(12), row.get::<Option<i32>, _>(13))?;
    Ok(told)
}

async fn sqlx_parameters(url: String) -> Told {
    let mut connection = by_sqlx(&url).await?;
    let mut told = String::new();
    for n in 0..8_i64 {
        let row: (i64, Option<String>, NaiveDate) = sqlx::query_as("SELECT $1::int8 + 1, $2::text, $3::date")
            .bind(n)
            .bind((n % 2 == 0).then_some("even"))
            .bind(NaiveDate::from_ymd_opt(2024, 2, 29))
            .fetch_one(&mut connection)
            .await?;
        write!(told, "{row:?};")?;
    }
    Ok(told)
}

async fn sqlx_stream(url: String) -> Told {
    let mut connection = by_sqlx(&url).await?;
    let rows = sqlx::query("SELECT n, n::text FROM generate_series(1, $1::int4) AS n").bind(5000).fetch(&mut connection);
    let total = rows.try_fold((0, 0), |(count, length), row| async move { Ok((count + 1, length + row.get::<&str, _>(1).len())) }).await?;
    Ok(format!("{total:?}"))
}

async fn sqlx_described(url: String) -> Told {
    let mut connection = by_sqlx(&url).await?;
    let statement = connection.prepare("SELECT $1::int4 AS a, $2::text AS b, now() AS c").await?;
    let columns: Vec<String> = statement.columns().iter().map(|column| format!("{} {}", column.name(), column.type_info().name())).collect();
    Ok(format!("{columns:?} {:?}", statement.parameters()))
}

async fn sqlx_errors(url: String) -> Told {
    let mut connection = by_sqlx(&url).await?;
    let mut told = String::new();
    for text in WRONG {
        if let Err(sqlx::Error::Database(error)) = sqlx::query(text).execute(&mut connection).await {
            write!(told, "{:?} {};", error.code(), error.message())?;
        }
    }
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut connection).await?;
    Ok(format!("{told} {one}"))
}

async fn sqlx_transaction(url: String) -> Told {
    let mut connection = by_sqlx(&url).await?;
    let mut outer = connection.begin().await?;
    let mut inner = outer.begin().await?;
    let wrong = sqlx::query("SELECT nix").execute(&mut *inner).await.is_err();
    inner.rollback().await?;
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *outer).await?;
    outer.commit().await?;
    Ok(format!("{wrong} {one}"))
}

#[tokio::main]
async fn main() {
    let mut count = Count::default();
    count.same("tokio-postgres values", tokio_values).await;
    count.same("tokio-postgres prepared", tokio_prepared).await;
    count.same("tokio-postgres pipelined", tokio_pipelined).await;
    count.same("tokio-postgres errors", tokio_errors).await;
    count.same("tokio-postgres portal", tokio_portal).await;
    count.same("tokio-postgres COPY", tokio_copy).await;
    count.same("tokio-postgres cancel", tokio_cancel).await;
    count.same("sqlx values", sqlx_values).await;
    count.same("sqlx parameters", sqlx_parameters).await;
    count.same("sqlx stream", sqlx_stream).await;
    count.same("sqlx described", sqlx_described).await;
    count.same("sqlx errors", sqlx_errors).await;
    count.same("sqlx transaction", sqlx_transaction).await;
    println!("{} passed, {} failed", count.passed, count.failed);
    std::process::exit(i32::from(count.failed > 0));
}
