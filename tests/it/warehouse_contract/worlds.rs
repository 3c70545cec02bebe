//! The same three tables in both warehouses.

use std::fs::{self, File};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use sluice::catalog::model::Snapshot;
use sluice::guard::Guard;
use sluice::guard::settings::{ApprovalSettings, Settings as GuardSettings};
use sluice::warehouse::Warehouse;
use sluice::warehouse::bigquery::{self, BigQuery};
use sluice::warehouse::embedded::{self, Embedded};

use crate::harness::Folder;
use crate::standin::StandIn;

/// A warehouse with its tables, and a guard in front of it.
pub struct World {
    pub name: &'static str,
    pub warehouse: Arc<dyn Warehouse>,
    pub guard: Guard,
    pub snapshot: Snapshot,
    pub behind: Behind,
    /// Large results come by the Storage Read API.
    pub by_storage: bool,
}

/// Where its rows are.
pub enum Behind {
    Folder(Folder),
    StandIn(StandIn),
}

const TABLES: &str = r"
CREATE TABLE kinds (id INT64, flag BOOL, amount NUMERIC, ratio FLOAT64, name STRING, raw BYTES, day DATE, clock TIME, moment TIMESTAMP,
                    seen DATETIME, tags ARRAY<STRING>);
INSERT INTO kinds VALUES
  (1, TRUE, NUMERIC '1.5', 0.1, 'ä, b', b'\xff\x00', DATE '2024-02-29', TIME '12:30:00.000001', TIMESTAMP '2024-02-29 12:00:00.000001+00',
   DATETIME '2024-02-29 12:00:00', ['x', 'y']),
  (2, FALSE, NUMERIC '-99999999.99', CAST('-inf' AS FLOAT64), '', b'', DATE '0001-01-01', TIME '00:00:00',
   TIMESTAMP '9999-12-31 23:59:59.999999+00', DATETIME '0001-01-01 00:00:00', []),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, []);
CREATE TABLE many AS SELECT n, REPEAT('x', MOD(n, 50) + 1) AS filler FROM UNNEST(GENERATE_ARRAY(1, 15000)) AS n;
CREATE TABLE changing AS SELECT n FROM UNNEST([1, 2]) AS n;
";

impl World {
    /// The embedded engine over Parquet and CSV.
    pub async fn embedded() -> World {
        let folder = Folder::new("contract");
        let shop = folder.path().join("shop");
        fs::create_dir(&shop).expect("a folder");
        let kinds = kinds();
        let file = File::create(shop.join("kinds.parquet")).expect("a file");
        let mut writer = ArrowWriter::try_new(file, kinds.schema(), None).expect("Parquet");
        writer.write(&kinds).expect("rows");
        writer.close().expect("a file");
        let many = (1..=super::MANY).map(|n| format!("{n},\"{}\"\n", "x".repeat(usize::try_from(n % 50 + 1).expect("small"))));
        fs::write(shop.join("many.csv"), "n,filler\n".to_owned() + &many.collect::<String>()).expect("a file");
        fs::write(shop.join("changing.csv"), "n\n1\n2\n").expect("a file");
        let paths = vec![folder.path().to_owned()];
        let settings = embedded::Settings { paths, database: "proj".into(), partitions: 2, ..embedded::Settings::default() };
        let engine = Embedded::open(settings).expect("an engine");
        World::new("embedded", Arc::new(engine), Behind::Folder(folder), false).await
    }

    /// BigQuery's stand-in, with results in pages or by the Storage Read API.
    pub async fn bigquery(by_storage: bool) -> World {
        let stand_in = StandIn::start();
        stand_in.make(TABLES).await;
        let settings = bigquery::Settings {
            project: "proj".into(),
            api_endpoint: stand_in.url.clone(),
            storage_endpoint: stand_in.storage.clone(),
            storage_from: by_storage.then_some(0),
            page_bytes: 64 << 10,
            retry_pause: Duration::from_millis(2),
            use_native_cache: false,
            ..bigquery::Settings::default()
        };
        let warehouse = BigQuery::new(settings).await.expect("a warehouse");
        let name = if by_storage { "BigQuery, Storage Read API" } else { "BigQuery, pages" };
        World::new(name, Arc::new(warehouse), Behind::StandIn(stand_in), by_storage).await
    }

    async fn new(name: &'static str, warehouse: Arc<dyn Warehouse>, behind: Behind, by_storage: bool) -> World {
        let guard = Guard::new(GuardSettings {
            max_usd_per_query: None,
            max_usd_per_day: None,
            require_partition_filter: false,
            approval: ApprovalSettings { from_usd: None, ..ApprovalSettings::default() },
            ..GuardSettings::default()
        });
        let snapshot = warehouse.snapshot().await.expect("a snapshot");
        World { name, warehouse, guard, snapshot, behind, by_storage }
    }

    /// A row comes to `shop.changing`.
    pub async fn change(&self) {
        match &self.behind {
            Behind::Folder(folder) => fs::write(folder.path().join("shop/changing.csv"), "n\n1\n2\n3\n").expect("a file"),
            Behind::StandIn(stand_in) => stand_in.make("INSERT INTO changing VALUES (3);").await,
        }
    }

    /// The next job takes long. What reads for hours does so by itself; the stand-in waits before it begins.
    pub async fn slow(&self) {
        if let Behind::StandIn(stand_in) = &self.behind {
            stand_in.forget().await;
            stand_in.post("slow", json!({"seconds": [60]})).await;
        }
    }

    /// The job is under way.
    pub async fn works(&self) {
        match &self.behind {
            Behind::Folder(_) => tokio::time::sleep(Duration::from_millis(300)).await,
            Behind::StandIn(stand_in) => stand_in.called("jobs.getQueryResults", 1).await,
        }
    }

    /// No job runs on that nobody waits for, and none is left that nobody cancelled.
    pub async fn attended(&self) {
        let Behind::StandIn(stand_in) = &self.behind else { return };
        let answer = stand_in.http.get(format!("{}/test/jobs", stand_in.url)).send().await.expect("the stand-in answers");
        let jobs: Value = answer.json().await.expect("JSON");
        assert_eq!(jobs["unattended"], json!([]), "{}", self.name);
        assert!(stand_in.count("jobs.cancel").await > 0, "{}", self.name);
    }
}

fn kinds() -> RecordBatch {
    let mut tags = ListBuilder::new(StringBuilder::new());
    for row in [&["x", "y"][..], &[], &[]] {
        row.iter().for_each(|tag| tags.values().append_value(tag));
        tags.append(true);
    }
    // Days and microseconds from 1970 on.
    let (day, first_day, micros) = (19_782, -719_162, 86_400_000_000_i64);
    let noon = i64::from(day) * micros + micros / 2;
    let raw = vec![Some(&[0xff, 0][..]), Some(&[]), None];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        (
            "amount",
            Arc::new(Decimal128Array::from(vec![Some(150), Some(-9_999_999_999), None]).with_precision_and_scale(10, 2).expect("it fits")),
        ),
        ("ratio", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NEG_INFINITY), None]))),
        ("name", Arc::new(StringArray::from(vec![Some("ä, b"), Some(""), None]))),
        ("raw", Arc::new(BinaryArray::from(raw))),
        ("day", Arc::new(Date32Array::from(vec![Some(day), Some(first_day), None]))),
        ("clock", Arc::new(Time64MicrosecondArray::from(vec![Some(45_000_000_001), Some(0), None]))),
        (
            "moment",
            Arc::new(TimestampMicrosecondArray::from(vec![Some(noon + 1), Some(253_402_300_799_999_999), None]).with_timezone("UTC")),
        ),
        ("seen", Arc::new(TimestampMicrosecondArray::from(vec![Some(noon), Some(i64::from(first_day) * micros), None]))),
        ("tags", Arc::new(tags.finish())),
    ];
    RecordBatch::try_from_iter(columns).expect("a batch")
}
