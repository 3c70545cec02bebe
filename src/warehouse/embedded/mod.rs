//! DataFusion over Parquet and CSV files, in this process.
//!
//! [`Embedded::open`] finds the tables; [`Warehouse::estimate`] plans the very text and counts the bytes of its scans by BigQuery's
//! rule; [`Warehouse::run`] streams it on threads of its own. [`Embedded::system`] answers queries over system relations, and over
//! nothing at all: they cost nothing, so the guard is not asked.

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;

use super::{Running, Warehouse};
use crate::catalog::model::{Snapshot, Table, TableVersion};
use crate::error::{Report, Result};
use crate::guard::{Admitted, Estimate};
use crate::query::QueryContext;
use crate::sql::emit::{Dialect, Job};

pub mod demo;
pub mod functions;
pub mod settings;

pub use settings::Settings;

/// Makes the rows of one system relation, with its columns in the table's order.
pub type SystemRows<'a> = &'a (dyn Fn(&Table) -> Result<RecordBatch> + Send + Sync);

/// Adds functions that belong to one query's world (`pg_table_is_visible`, ...) to its context.
pub type SystemFunctions<'a> = &'a (dyn Fn(&datafusion::prelude::SessionContext) -> Result<()> + Send + Sync);

/// The embedded engine.
#[derive(Debug)]
pub struct Embedded {
    settings: Settings,
}

impl Embedded {
    /// Opens the folders of the settings.
    ///
    /// # Errors
    /// 58000 when a path cannot be read or holds what cannot be served.
    pub fn open(settings: Settings) -> Result<Embedded> {
        Ok(Embedded { settings })
    }

    /// Makes an engine without tables of its own, for system relations in front of another warehouse.
    ///
    /// # Errors
    /// 58000 when its threads cannot be started.
    pub fn catalog_only(settings: Settings) -> Result<Embedded> {
        Embedded::open(Settings { paths: Vec::new(), ..settings })
    }

    /// Runs a job that reads system relations only, or nothing: free of charge, hence without the guard.
    ///
    /// # Errors
    /// As [`Warehouse::run`]; XX000 when the job reads a base table.
    pub async fn system(&self, cx: &QueryContext, job: &Job, rows: SystemRows<'_>, functions: SystemFunctions<'_>) -> Result<Running> {
        let _ = (cx, job, rows, functions, &self.settings);
        Err(Report::unsupported("this query"))
    }
}

#[async_trait]
impl Warehouse for Embedded {
    fn dialect(&self) -> Dialect {
        Dialect::DataFusion
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        Ok(Snapshot::default())
    }

    async fn version(&self, _table: &Table) -> Result<TableVersion> {
        Err(Report::unsupported("this"))
    }

    async fn estimate(&self, _cx: &QueryContext, _job: &Job) -> Result<Estimate> {
        Err(Report::unsupported("this"))
    }

    async fn run(&self, _cx: &QueryContext, _admitted: Admitted) -> Result<Running> {
        Err(Report::unsupported("this"))
    }
}
