//! DataFusion over Parquet and CSV files, in this process.
//!
//! [`Embedded::open`] finds the tables; [`Warehouse::estimate`] plans the very text and counts the bytes of its scans by BigQuery's
//! rule; [`Warehouse::run`] streams it on threads of its own. [`Embedded::system`] answers queries over system relations, and over
//! nothing at all: they cost nothing, so the guard is not asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider, SchemaProvider,
};
use datafusion::execution::SessionState;
use tokio::sync::Notify;

use super::{Outcome, Running, Warehouse};
use crate::catalog::model::{Snapshot, Table, TableVersion};
use crate::error::{Report, Result, SqlState};
use crate::guard::price::Bytes;
use crate::guard::{Admitted, Estimate};
use crate::query::QueryContext;
use crate::sql::emit::{Dialect, Job};

mod apart;
mod by_name;
mod columns;
mod conform;
pub mod constants;
pub mod demo;
mod engine;
mod estimate;
mod failure;
mod fence;
mod folders;
mod footers;
pub mod functions;
mod guarded;
mod held;
mod kept;
mod in_order;
mod memory;
mod null_extended;
mod metadata;
mod once;
mod pieces;
mod plan;
mod rules;
mod run;
mod scan;
pub mod settings;
mod stop;
mod strings;
mod summed;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod wanted;
mod watched;
mod work_table;

pub use settings::Settings;

use engine::{CATALOG, State, Threads};
use metadata::MetadataCache;
use plan::{Planned, Priced};
use run::End;
use stop::Stop;
use tables::{FolderTable, Tables};

/// Makes the rows of one system relation, with its columns in the table's order.
pub type SystemRows<'a> = &'a (dyn Fn(&Table) -> Result<RecordBatch> + Send + Sync);

/// Adds functions that belong to one query's world (`pg_table_is_visible`, ...) to its state.
pub type SystemFunctions<'a> = &'a (dyn Fn(&mut SessionState) -> Result<()> + Send + Sync);

/// The embedded engine.
#[derive(Debug)]
pub struct Embedded {
    settings: Settings,
    tables: Arc<ArcSwap<Tables>>,
    metadata: Arc<MetadataCache>,
    state: State,
    threads: Threads,
    priced: Priced,
    outdated: Arc<Notify>,
}

impl Embedded {
    /// Opens the folders of the settings. Blocks on the disk.
    ///
    /// # Errors
    /// 58000 when a path cannot be read; a table that cannot be read is left out.
    pub fn open(settings: Settings) -> Result<Embedded> {
        let metadata = Arc::new(MetadataCache::default());
        let outdated = Arc::new(Notify::new());
        let tables = Arc::new(ArcSwap::from_pointee(Tables::load(&settings.paths, &metadata, &outdated)?));
        let state = engine::base_state(&settings, tables.clone(), metadata.clone())?;
        let threads = Threads::start(settings.threads())?;
        Ok(Embedded { settings, tables, metadata, state, threads, priced: Priced::default(), outdated })
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
        let planned = self.plan(cx, self.system_state(job, rows, functions)?, job).await?;
        let settle = |_, engine_time| Outcome {
            processed: Bytes(0),
            billed: Bytes(0),
            warehouse_cache_hit: false,
            job_id: None,
            engine_time,
            reading: None,
        };
        Ok(run::start(self.threads.handle(), cx, planned, job.columns.clone(), settle))
    }

    /// Makes a state that knows the system relations of a job and nothing else.
    fn system_state(&self, job: &Job, rows: SystemRows<'_>, functions: SystemFunctions<'_>) -> Result<State> {
        let mut schemas: BTreeMap<&str, MemorySchemaProvider> = BTreeMap::new();
        let failed = |error| failure::report(&error, failure::Stage::Plan);
        for table in &job.tables {
            if !table.is_system() {
                return Err(Report::internal(format!("\"{}\" is no system relation", table.name)));
            }
            let batch = rows(table)?;
            let provider = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(failed)?;
            let schema = schemas.entry(&table.name.schema).or_default();
            schema.register_table(table.name.table.clone(), Arc::new(provider)).map_err(failed)?;
        }
        let catalog = MemoryCatalogProvider::new();
        for (name, schema) in schemas {
            catalog.register_schema(name, Arc::new(schema)).map_err(failed)?;
        }
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let mut state = self.state.clone().take();
        state.register_catalog_list(Arc::new(catalogs));
        functions(&mut state)?;
        Ok(State::new(state))
    }

    /// Plans a job and counts what it would read.
    async fn price(&self, cx: &QueryContext, job: &Job) -> Result<(Planned, Estimate)> {
        let planned = self.plan(cx, self.state.clone(), job).await?;
        let metadata = self.metadata.clone();
        self.on_disk(move || {
            let estimate = estimate::estimate(&planned.scans, &metadata)?;
            Ok((planned, estimate))
        })
        .await
    }

    /// Plans on the engine's threads: their stacks are large, a panic ends there, and cancelling works meanwhile.
    async fn plan(&self, cx: &QueryContext, state: State, job: &Job) -> Result<Planned> {
        if job.dialect != Dialect::DataFusion {
            return Err(Report::internal("a text of another dialect"));
        }
        let stop = Stop::of(cx);
        let unwanted = stop.guard(); // a client that is gone, a deadline: planning computes constants, which may take long
        let planned = self.on_threads(cx, plan::plan(state, job.clone(), self.settings.query_memory_limit, stop)).await?;
        unwanted.disarm();
        Ok(planned)
    }

    /// Runs work on the engine's threads until it is done, cancelled or too late.
    async fn on_threads<T: Send + 'static>(&self, cx: &QueryContext, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        let mut task = tokio_util::task::AbortOnDropHandle::new(self.threads.handle().spawn(work));
        tokio::select! {
            done = &mut task => done.unwrap_or_else(|_| Err(Report::internal("the embedded engine failed"))),
            stop = run::stopped(cx) => Err(stop),
        }
    }

    /// Runs what waits for the disk on the engine's threads for that.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let done = self.threads.handle().spawn_blocking(work).await;
        done.unwrap_or_else(|_| Err(Report::internal("the embedded engine failed")))
    }

    fn table(&self, table: &Table) -> Result<Arc<FolderTable>> {
        self.tables
            .load()
            .get(&table.name.schema, &table.name.table)
            .cloned()
            .ok_or_else(|| Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", table.name)))
    }
}

#[async_trait]
impl Warehouse for Embedded {
    fn dialect(&self) -> Dialect {
        Dialect::DataFusion
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        let (paths, database) = (self.settings.paths.clone(), self.settings.database.clone());
        let (metadata, current, outdated) = (self.metadata.clone(), self.tables.clone(), self.outdated.clone());
        self.on_disk(move || {
            let tables = Tables::load(&paths, &metadata, &outdated)?;
            let snapshot = tables.snapshot(&database, &metadata);
            current.store(Arc::new(tables));
            Ok(snapshot)
        })
        .await
    }

    async fn outdated(&self) {
        self.outdated.notified().await;
    }

    async fn version(&self, table: &Table) -> Result<TableVersion> {
        let table = self.table(table)?;
        self.on_disk(move || table.version()).await
    }

    async fn estimate(&self, cx: &QueryContext, job: &Job) -> Result<Estimate> {
        let (planned, estimate) = self.price(cx, job).await?;
        self.priced.keep(cx.id, job.clone(), planned, estimate.clone());
        Ok(estimate)
    }

    async fn run(&self, cx: &QueryContext, mut admitted: Admitted) -> Result<Running> {
        let priced = match self.priced.take(cx.id, admitted.job()) {
            Some(priced) => Ok(priced),
            None => self.price(cx, admitted.job()).await,
        };
        let (planned, estimate) = match priced {
            Ok(priced) => priced,
            Err(error) => {
                admitted.release(); // nothing has been read
                return Err(error);
            }
        };
        // Files may have grown since the estimate.
        let billed = admitted.billed(&estimate);
        if let Some(cap) = admitted.cap().filter(|cap| billed > *cap) {
            admitted.release();
            let message = format!("SL001: query would read {billed} now, over the limit of {cap} that it was admitted under");
            return Err(Report::new(SqlState::OVER_COST_LIMIT, message).hint("Run it again: it is priced anew."));
        }
        let columns = admitted.job().columns.clone();
        let settle = move |end: End, engine_time| {
            // As BigQuery bills: a failed query costs nothing, a stopped one may cost all. One that has shown rows is no failed one there.
            let (processed, billed) = match end {
                End::Failed => (Bytes(0), Bytes(0)),
                End::Complete | End::Stopped | End::Broken => (estimate.bytes, admitted.billed(&estimate)),
            };
            admitted.settle(billed);
            Outcome { processed, billed, warehouse_cache_hit: false, job_id: None, engine_time, reading: None }
        };
        Ok(run::start(self.threads.handle(), cx, planned, columns, settle))
    }
}
