//! The 22 TPC-H queries in PostgreSQL's spelling (`tests/slt/tpch/q*.sql`), on the official data at a small scale: the rows that
//! PostgreSQL gives.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use tokio_postgres::{Client, SimpleQueryMessage};
use tpchgen::generators as tpch;

use crate::data;
use crate::harness::{Folder, Judge, Server};

/// 1500 customers, 15,000 orders, 60,000 lines.
const SCALE: f64 = 0.01;

/// The columns of each table with their PostgreSQL types (TPC-H specification 3.0.1, clause 1.4).
const TABLES: [(&str, &str); 8] = [
    ("region", "r_regionkey int4, r_name char(25), r_comment varchar(152)"),
    ("nation", "n_nationkey int4, n_name char(25), n_regionkey int4, n_comment varchar(152)"),
    (
        "part",
        "p_partkey int4, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size int4, p_container char(10), \
         p_retailprice numeric(15,2), p_comment varchar(23)",
    ),
    (
        "supplier",
        "s_suppkey int4, s_name char(25), s_address varchar(40), s_nationkey int4, s_phone char(15), s_acctbal numeric(15,2), s_comment varchar(101)",
    ),
    ("partsupp", "ps_partkey int4, ps_suppkey int4, ps_availqty int4, ps_supplycost numeric(15,2), ps_comment varchar(199)"),
    (
        "customer",
        "c_custkey int4, c_name varchar(25), c_address varchar(40), c_nationkey int4, c_phone char(15), c_acctbal numeric(15,2), \
         c_mktsegment char(10), c_comment varchar(117)",
    ),
    (
        "orders",
        "o_orderkey int8, o_custkey int4, o_orderstatus char(1), o_totalprice numeric(15,2), o_orderdate date, o_orderpriority char(15), \
         o_clerk char(15), o_shippriority int4, o_comment varchar(79)",
    ),
    (
        "lineitem",
        "l_orderkey int8, l_partkey int4, l_suppkey int4, l_linenumber int4, l_quantity numeric(15,2), l_extendedprice numeric(15,2), \
         l_discount numeric(15,2), l_tax numeric(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date, l_commitdate date, \
         l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10), l_comment varchar(44)",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_22_queries_give_the_rows_of_postgres() {
    let queries: Vec<(String, String)> = (1..=22)
        .map(|number| {
            let name = format!("q{number:02}");
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/slt/tpch/{name}.sql"));
            (name, fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        })
        .collect();
    let folder = Folder::new("tpch");
    write_all(&folder.path().join("tpch"));
    let server = Server::over(&[folder.path()]);
    let client = server.client().await;
    let judge = Judge::new("tpch").await;
    data::load(&judge.client, &folder.path().join("tpch")).await;
    // The query "potential part promotion" takes PostgreSQL a minute without it.
    judge.client.batch_execute("CREATE INDEX ON lineitem (l_partkey, l_suppkey)").await.expect("an index can be made");
    let mut wrong = Vec::new();
    for (name, sql) in &queries {
        let ours = rows(&client, sql).await;
        let theirs = rows(&judge.client, sql).await;
        match (ours, theirs) {
            (Err(error), _) => wrong.push(format!("{name}: {error}")),
            (_, Err(error)) => wrong.push(format!("{name} on PostgreSQL: {error}")),
            (Ok(ours), Ok(theirs)) => wrong.extend(difference(name, &ours, &theirs)),
        }
    }
    judge.finish().await;
    assert!(wrong.is_empty(), "{} of 22 are not as PostgreSQL has them:\n{}", wrong.len(), wrong.join("\n"));
}

/// Compares rows in their order, as text; TPC-H's own ORDER BY leaves no ties that matter at this scale.
fn difference(name: &str, ours: &[Vec<Option<String>>], theirs: &[Vec<Option<String>>]) -> Option<String> {
    if ours.len() != theirs.len() {
        return Some(format!("{name}: {} rows, PostgreSQL has {}", ours.len(), theirs.len()));
    }
    let at = (0..ours.len()).find(|row| ours[*row] != theirs[*row])?;
    Some(format!("{name}: row {at} is\n  {:?}\n  {:?} on PostgreSQL", ours[at], theirs[at]))
}

async fn rows(client: &Client, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    let messages = client.simple_query(sql).await.map_err(|error| match error.as_db_error() {
        Some(error) => format!("{}: {} {}", error.code().code(), error.message(), error.detail().unwrap_or_default()),
        None => error.to_string(),
    })?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()),
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}

/// Writes the eight tables as Parquet.
fn write_all(folder: &Path) {
    fs::create_dir_all(folder).expect("the temporary folder can be written");
    let lines = |table: &str| -> Vec<String> {
        match table {
            "region" => tpch::RegionGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            "nation" => tpch::NationGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            "part" => tpch::PartGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            "supplier" => tpch::SupplierGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            "partsupp" => tpch::PartSuppGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            "customer" => tpch::CustomerGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            "orders" => tpch::OrderGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
            _ => tpch::LineItemGenerator::new(SCALE, 1, 1).iter().map(|row| row.to_string()).collect(),
        }
    };
    for (table, columns) in TABLES {
        let columns = split_columns(columns);
        let lines = lines(table);
        let values: Vec<Vec<&str>> = lines.iter().map(|line| line.split('|').collect()).collect();
        let column = |i: usize| values.iter().map(move |row| row[i]);
        let arrays: Vec<ArrayRef> = columns.iter().enumerate().map(|(i, (_, ty))| array(ty, column(i))).collect();
        let fields: Vec<Field> = columns
            .iter()
            .zip(&arrays)
            .map(|((name, ty), array)| {
                Field::new(name, array.data_type().clone(), false).with_metadata([("pg.type".to_owned(), ty.clone())].into())
            })
            .collect();
        let schema = Arc::new(Schema::new(fields));
        assert!(data::is_typed(&schema));
        let batch = RecordBatch::try_new(schema.clone(), arrays).expect("columns of one length");
        let file = File::create(folder.join(format!("{table}.parquet"))).expect("the temporary folder can be written");
        let mut writer = ArrowWriter::try_new(file, schema, None).expect("Parquet can be written");
        writer.write(&batch).and_then(|()| writer.close()).expect("Parquet can be written");
    }
}

/// Splits `a numeric(15,2), b date` at the commas between columns.
fn split_columns(text: &str) -> Vec<(String, String)> {
    let named =
        |column: &str| column.trim().split_once(' ').map(|(name, ty)| (name.to_owned(), ty.trim().to_owned())).expect("name and type");
    text.split(", ").map(named).collect()
}

fn array<'a>(ty: &str, values: impl Iterator<Item = &'a str>) -> ArrayRef {
    let number = |text: &str| text.parse::<i64>().expect("an integer");
    match ty {
        "int4" => Arc::new(values.map(|text| i32::try_from(number(text)).expect("an int4")).collect::<Int32Array>()),
        "int8" => Arc::new(values.map(number).collect::<Int64Array>()),
        "date" => {
            let days = |text: &str| {
                let date: chrono::NaiveDate = text.parse().expect("a date");
                i32::try_from((date - chrono::NaiveDate::default()).num_days()).expect("a near date")
            };
            Arc::new(Date32Array::from_iter_values(values.map(days)))
        }
        "numeric(15,2)" => {
            let cents = |text: &str| {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                format!("{whole}{fraction:0<2}").parse::<i128>().expect("cents")
            };
            let array: Decimal128Array = values.map(cents).collect();
            Arc::new(array.with_precision_and_scale(15, 2).expect("numeric(15,2)"))
        }
        // Files hold char(n) as PostgreSQL shows it: padded.
        _ => {
            let length = ty.strip_prefix("char(").and_then(|rest| rest.strip_suffix(')')).map_or(0, |n| n.parse().expect("a length"));
            Arc::new(StringArray::from_iter_values(values.map(|text| format!("{text:length$}"))))
        }
    }
}

#[test]
fn the_data_is_the_official_one() {
    let folder = Folder::new("tpch-data");
    write_all(folder.path());
    let first = tpch::LineItemGenerator::new(SCALE, 1, 1).iter().next().expect("a line").to_string();
    assert!(first.starts_with("1|1552|93|1|17|24710.35|0.04|0.02|N|O|1996-03-13|"), "{first}");
    assert_eq!(array("numeric(15,2)", ["17", "-3.5", "0.04"].into_iter()).data_type(), &DataType::Decimal128(15, 2));
}
