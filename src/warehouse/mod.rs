//! Where the rows are: one trait, two engines (embedded DataFusion, BigQuery).

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;

use crate::catalog::model::{Snapshot, Table, TableName, TableVersion};
use crate::error::{Report, Result};
use crate::guard::price::{Bytes, Usd};
use crate::guard::{Admitted, Estimate};
use crate::query::{BatchStream, OutputColumn, QueryContext};
use crate::sql::emit::{Dialect, Job};
use crate::telemetry::{FreeSource, ReadReason};

pub mod bigquery;
pub mod embedded;

/// What running a job came to; known when its last batch has been taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes processed.
    pub processed: Bytes,
    /// Bytes billed.
    pub billed: Bytes,
    /// The warehouse answered from its own cache.
    pub warehouse_cache_hit: bool,
    /// The warehouse's name of the job, if it has one.
    pub job_id: Option<String>,
    /// Time spent in the engine.
    pub engine_time: Duration,
    /// How the rows were read, where there is more than one way.
    pub reading: Option<Reading>,
}

/// How the rows of a job were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which way, and why.
    pub reason: ReadReason,
    /// The same for people.
    pub what: String,
    /// What reading itself costs, beside the job.
    pub price: Usd,
}

/// A job under way.
pub struct Running {
    /// Its rows, typed as [`BatchStream`] says. Dropping it cancels the job.
    pub batches: BatchStream,
    /// Set before the stream ends well.
    pub outcome: Arc<OnceLock<Outcome>>,
}

/// Calls to a warehouse over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls.
    pub requests: u64,
    /// Connections that were opened for them.
    pub connections: u64,
}

impl Traffic {
    /// Returns how many of a hundred calls found a connection that was open; none before the first call.
    pub fn reuse_percent(&self) -> f64 {
        let share = |part: u64, of: u64| f64::from(u32::try_from(u128::from(part) * 1_000_000 / u128::from(of)).unwrap_or(0)) / 10_000.0;
        match self.requests {
            0 => 0.0,
            all => share(all.saturating_sub(self.connections), all),
        }
    }
}

/// A question that a warehouse may be able to answer without a job, free of charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreeAsk {
    /// No rows at all: the columns are known.
    Nothing,
    /// What a table's metadata tells of it, an output column each.
    Facts(Vec<Fact>),
    /// So many rows of a table, whichever they are.
    Rows {
        /// The table's columns that make the output.
        columns: Vec<usize>,
        /// How many rows, unless the table has fewer.
        limit: u64,
    },
}

/// What the metadata of a table may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// How many rows it has.
    Count,
    /// The least value in the column that it is partitioned by.
    Min(usize),
    /// The greatest one.
    Max(usize),
}

impl FreeAsk {
    /// Returns where the answer comes from.
    pub fn source(&self) -> FreeSource {
        match self {
            FreeAsk::Nothing => FreeSource::Catalog,
            FreeAsk::Facts(facts) if facts.iter().all(|fact| *fact == Fact::Count) => FreeSource::Metadata,
            FreeAsk::Facts(_) => FreeSource::Partitions,
            FreeAsk::Rows { .. } => FreeSource::Listing,
        }
    }
}

/// An engine that holds tables and runs jobs in its dialect.
#[async_trait]
pub trait Warehouse: Send + Sync {
    /// The language that it runs.
    fn dialect(&self) -> Dialect;

    /// Loads databases, schemas and tables. System schemas are not part of it.
    ///
    /// # Errors
    /// 08006 when the warehouse cannot be reached, 42501 when it refuses.
    async fn snapshot(&self) -> Result<Snapshot>;

    /// The same in a moment: tables whose columns take longer to learn may be [`TableKind::Listed`](crate::catalog::model::TableKind::Listed) only.
    ///
    /// # Errors
    /// As [`Warehouse::snapshot`].
    async fn outline(&self) -> Result<Snapshot> {
        self.snapshot().await
    }

    /// Reads the columns of tables that were only listed; `None` for one that is not there.
    ///
    /// # Errors
    /// As [`Warehouse::snapshot`].
    async fn read(&self, _listed: &[Arc<Table>]) -> Result<Vec<(TableName, Option<Arc<Table>>)>> {
        Ok(Vec::new())
    }

    /// Ends when the warehouse has seen that the catalog is out of date.
    async fn outdated(&self) {
        std::future::pending().await
    }

    /// Returns a table's present version, free of charge.
    ///
    /// # Errors
    /// 42P01 when the table is gone, 08006 when the warehouse cannot be reached.
    async fn version(&self, table: &Table) -> Result<TableVersion>;

    /// Tells what exactly this job would read, free of charge (BigQuery: a dry run of this very text).
    ///
    /// # Errors
    /// Whatever the warehouse has against the text, as a client should read it.
    async fn estimate(&self, cx: &QueryContext, job: &Job) -> Result<Estimate>;

    /// Tells the columns and the price of a text that a client wrote, free of charge. The tables of the job are those that the text seems to
    /// name: what the warehouse finds beside them, and whatever is no SELECT, is refused.
    ///
    /// # Errors
    /// 0A000 where clients' texts are not run; what the warehouse has against the text.
    async fn describe(&self, _cx: &QueryContext, _job: &Job) -> Result<(Arc<[OutputColumn]>, Estimate)> {
        Err(Report::unsupported("a text of the warehouse's own language"))
    }

    /// Tells whether a question is answered without a job; `table` is the one that it is about.
    async fn may_free(&self, _cx: &QueryContext, _ask: &FreeAsk, _table: Option<&Table>) -> bool {
        false
    }

    /// Answers a question without a job and free of charge; `None` unless that answer is exactly the job's.
    async fn free(
        &self,
        _cx: &QueryContext,
        _ask: &FreeAsk,
        _table: Option<&Table>,
        _columns: &Arc<[OutputColumn]>,
    ) -> Option<BatchStream> {
        None
    }

    /// Returns the calls so far, where the warehouse is asked over the network.
    fn traffic(&self) -> Option<Traffic> {
        None
    }

    /// Runs an admitted job. `cx.cancel` and `cx.deadline` end it with 57014; it settles the reservation when the outcome is known.
    ///
    /// # Errors
    /// Whatever happens before the first batch; later errors come through the stream.
    async fn run(&self, cx: &QueryContext, admitted: Admitted) -> Result<Running>;
}
