//! The files of the data set: what each holds, and two hands that write them.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::shop::{self, DAYS, FIRST_DAY, Size};
use super::{Progress, events};
use crate::error::{Report, Result, SqlState};

/// Rows of a row group: what a scan holds of a file at a time.
const ROW_GROUP_ROWS: usize = 64 * 1024;
/// Files of `order_items`.
const ITEM_FILES: u32 = 16;
/// How often the progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// One file that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Its table.
    pub table: &'static str,
    kind: Kind,
    /// About how much work it is.
    weight: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Customers,
    Products,
    Items { first: u32, end: u32 },
    Orders { day: u32 },
    Events { day: u32 },
}

/// A written file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its table.
    pub table: &'static str,
    /// Where it lies, below the data set.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
}

/// Returns every file of the data set, the heavy ones first.
pub fn parts(size: Size) -> Vec<Part> {
    let rows = |total: u32, day: u32| u64::from(Size::first_of_day(total, day + 1) - Size::first_of_day(total, day));
    let share = |i: u32| u32::try_from(u64::from(size.orders) * u64::from(i) / u64::from(ITEM_FILES)).expect("a share of the orders");
    let mut parts: Vec<Part> =
        (0..DAYS).map(|day| Part { table: "events", kind: Kind::Events { day }, weight: rows(size.events, day) * 10 }).collect();
    parts.extend((0..ITEM_FILES).map(|i| {
        let (first, end) = (share(i), share(i + 1));
        Part { table: "order_items", kind: Kind::Items { first, end }, weight: u64::from(end - first) * 4 }
    }));
    parts.extend((0..DAYS).map(|day| Part { table: "orders", kind: Kind::Orders { day }, weight: rows(size.orders, day) * 4 }));
    parts.push(Part { table: "customers", kind: Kind::Customers, weight: u64::from(size.customers) * 5 });
    parts.push(Part { table: "products", kind: Kind::Products, weight: u64::from(size.products) * 5 });
    parts
}

impl Part {
    fn path(&self) -> String {
        let table = self.table;
        match self.kind {
            Kind::Customers | Kind::Products => format!("shop/{table}.parquet"),
            Kind::Items { first, .. } => format!("shop/{table}/part-{first:08}.parquet"),
            Kind::Orders { day } | Kind::Events { day } => format!("shop/{table}/day={}/part-0.parquet", date(day)),
        }
    }

    fn rows(&self, size: Size) -> (SchemaRef, Vec<ArrayRef>) {
        match self.kind {
            Kind::Customers => (shop::customers_schema(), shop::customers(size)),
            Kind::Products => (shop::products_schema(), shop::products(size)),
            Kind::Items { first, end } => (shop::items_schema(), shop::items(size, first, end)),
            Kind::Orders { day } => (shop::orders_schema(), shop::orders(size, day)),
            Kind::Events { day } => (events::schema(), events::events(size, day)),
        }
    }

    fn write(&self, folder: &Path, size: Size) -> std::result::Result<Written, ParquetError> {
        let path = self.path();
        let file = folder.join(&path);
        fs::create_dir_all(file.parent().expect("the path has a folder"))?;
        let (schema, arrays) = self.rows(size);
        let rows = arrays.first().map_or(0, |array| array.len());
        let mut writer = ArrowWriter::try_new(File::create(&file)?, schema.clone(), Some(properties()))?;
        writer.write(&shop::batch(schema, arrays))?;
        writer.close()?;
        let bytes = fs::metadata(&file)?.len();
        Ok(Written { table: self.table, path, rows: u64::try_from(rows).unwrap_or(u64::MAX), bytes })
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("a level of zstd")))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_dictionary_enabled("payload".into(), false) // never the same twice
        .set_column_dictionary_enabled("event_id".into(), false)
        .set_column_dictionary_enabled("order_id".into(), false)
        .set_created_by("sluice demo".to_owned())
        .build()
}

fn date(day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::default() + chrono::Duration::days(i64::from(FIRST_DAY) + i64::from(day))
}

/// Writes every file below a folder, on as many threads as there are cores, up to four.
///
/// # Errors
/// 53100 on a full disk, 58000 for anything else that the disk refuses.
pub fn write_all(folder: &Path, size: Size, progress: Progress<'_>) -> Result<Vec<Written>> {
    let parts = parts(size);
    let total: u64 = parts.iter().map(|part| part.weight).sum();
    let (next, done, failed) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let written = Mutex::new(Vec::with_capacity(parts.len()));
    let work = || -> Result<()> {
        while !failed.load(Ordering::Relaxed) {
            let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let file = part.write(folder, size).map_err(|error| {
                failed.store(true, Ordering::Relaxed);
                refused(&error)
            })?;
            written.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            done.fetch_add(part.weight, Ordering::Relaxed);
        }
        Ok(())
    };
    let hands = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4);
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..hands).map(|_| scope.spawn(work)).collect();
        while !hands.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            #[allow(clippy::cast_precision_loss)] // for people
            progress(done.load(Ordering::Relaxed) as f64 / total.max(1) as f64);
            std::thread::park_timeout(PROGRESS_EVERY);
        }
        hands.into_iter().try_for_each(|hand| hand.join().unwrap_or_else(|_| Err(Report::internal("making the demo data failed"))))
    })?;
    progress(1.0);
    let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(written)
}

fn refused(error: &ParquetError) -> Report {
    let cause = if let ParquetError::External(inner) = error { inner.downcast_ref::<io::Error>() } else { None };
    match cause {
        Some(cause) => disk(cause),
        None => Report::new(SqlState::SYSTEM_ERROR, format!("could not write the demo data: {error}")),
    }
}

/// Says what the disk refused.
pub fn disk(error: &io::Error) -> Report {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Report::new(SqlState::DISK_FULL, "could not write the demo data: no space left on the device")
                .detail("The demo needs about 400 MB once.")
                .hint("Free some space, or choose another directory with --data-dir.")
        }
        _ => Report::new(SqlState::SYSTEM_ERROR, format!("could not write the demo data: {error}"))
            .hint("Choose another directory with --data-dir."),
    }
}
