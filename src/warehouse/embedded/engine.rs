//! The engine itself: threads of its own, the memory pool, and the session state that every query starts from.

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProviderList, SchemaProvider, TableProvider};
use datafusion::config::Dialect;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::{Builder, Handle, Runtime};

use super::functions;
use super::metadata::MetadataCache;
use super::scan::FolderScan;
use super::settings::Settings;
use super::tables::Tables;
use crate::error::{Report, Result, SqlState};

/// The catalog's name inside the engine; texts name schema and table only.
pub const CATALOG: &str = "sluice";
/// Nested parentheses a text may have: emitted text is deep, and the threads' stacks are large.
const RECURSION_LIMIT: &str = "1000";
/// The stack of each engine thread: reserved, not used.
const STACK_BYTES: usize = 32 << 20;
/// Threads that wait for the disk.
const BLOCKING_THREADS: usize = 16;

/// Threads that go away with their owner, without waiting for it.
#[derive(Debug)]
pub struct Threads(Option<Runtime>);

impl Threads {
    /// Starts them.
    ///
    /// # Errors
    /// 58000 when the system gives no more threads.
    pub fn start(count: usize) -> Result<Threads> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(count)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("engine")
            .thread_stack_size(STACK_BYTES)
            .enable_time()
            .build()
            .map_err(|error| Report::new(SqlState::SYSTEM_ERROR, format!("could not start the engine's threads: {error}")))?;
        Ok(Threads(Some(runtime)))
    }

    /// Returns the handle to spawn on.
    pub fn handle(&self) -> &Handle {
        self.0.as_ref().expect("the runtime is there until drop").handle()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background(); // a plain drop would block, which an async caller must not
        }
    }
}

/// The session state that a query starts from.
///
/// Behind a pointer that is known to be `Send` and `Sync`: else the compiler proves both anew, through every type of DataFusion's
/// plans, at each async method that comes near one. That took a minute of every build.
#[derive(Clone, Debug)]
pub struct State(Arc<dyn Any + Send + Sync>);

impl State {
    /// Hides a state.
    pub fn new(state: SessionState) -> State {
        State(Arc::new(state))
    }

    /// Takes it out, to be changed for one query: a copy if others hold it too.
    pub fn take(self) -> SessionState {
        Arc::unwrap_or_clone(self.0.downcast::<SessionState>().expect("`new` takes nothing else"))
    }
}

/// Makes the state that queries start from: configuration, memory, functions, and the folders' tables.
///
/// # Errors
/// 58000 when the directory for spilling cannot be used.
pub fn base_state(settings: &Settings, tables: Arc<ArcSwap<Tables>>, metadata: Arc<MetadataCache>) -> Result<State> {
    let cannot = |error: DataFusionError| Report::new(SqlState::SYSTEM_ERROR, format!("could not start the embedded engine: {error}"));
    let limit = usize::try_from(settings.memory_limit).unwrap_or(usize::MAX);
    let named = NonZeroUsize::new(5).expect("five is not zero");
    let mode = match &settings.temp_dir {
        Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
        None => DiskManagerMode::OsTmpDirectory,
    };
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(TrackConsumersPool::new(FairSpillPool::new(limit), named)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(settings.spill_limit))
        .build_arc()
        .map_err(cannot)?;
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_query_planner(Arc::new(super::work_table::Planner))
        .with_optimizer_rules(super::rules::optimizer_rules())
        .with_physical_optimizer_rules(super::rules::physical_optimizer_rules())
        .with_config(configuration(settings).map_err(cannot)?)
        .with_runtime_env(runtime)
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .build();
    let ctx = SessionContext::new_with_state(state);
    ctx.register_catalog(CATALOG, Arc::new(Folders { tables, metadata }));
    functions::register(&ctx);
    Ok(State::new(ctx.state()))
}

fn configuration(settings: &Settings) -> datafusion::error::Result<SessionConfig> {
    let mut config = SessionConfig::new()
        .with_target_partitions(settings.threads())
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, "public")
        .with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.dialect = Dialect::PostgreSQL;
    options.sql_parser.parse_float_as_decimal = true; // 1.5 is a numeric
    options.sql_parser.map_string_types_to_utf8view = false; // one form of text everywhere
    options.execution.parquet.schema_force_view_types = false;
    // `x IS NOT FALSE` is never NULL to the logical plan and may be NULL to the physical one: grouping by it was an internal error.
    options.execution.skip_physical_aggregate_schema_check = true;
    // What a join learns of its one side for the scan of the other is told when all of its partitions have it, and one that nobody reads
    // (the other side of an empty one, in a join above) never has it: the others waited for ever.
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    // A limit of distinct rows that come in some order was handed to a stream that knows no order: an internal error.
    options.optimizer.enable_distinct_aggregation_soft_limit = false;
    options.execution.time_zone = Some("UTC".to_owned());
    config.options_mut().set("datafusion.sql_parser.recursion_limit", RECURSION_LIMIT)?;
    Ok(config)
}

/// The folders' tables as DataFusion's catalog; always the present ones.
#[derive(Debug)]
struct Folders {
    tables: Arc<ArcSwap<Tables>>,
    metadata: Arc<MetadataCache>,
}

impl CatalogProvider for Folders {
    fn schema_names(&self) -> Vec<String> {
        self.tables.load().schemas()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let (tables, metadata) = (self.tables.clone(), self.metadata.clone());
        Some(Arc::new(Folder { name: name.to_owned(), tables, metadata }))
    }
}

#[derive(Debug)]
struct Folder {
    name: String,
    tables: Arc<ArcSwap<Tables>>,
    metadata: Arc<MetadataCache>,
}

#[async_trait]
impl SchemaProvider for Folder {
    fn table_names(&self) -> Vec<String> {
        self.tables.load().names(&self.name)
    }

    async fn table(&self, name: &str) -> datafusion::error::Result<Option<Arc<dyn TableProvider>>> {
        let table = self.tables.load().get(&self.name, name).cloned();
        Ok(table.map(|table| Arc::new(FolderScan { table, metadata: self.metadata.clone() }) as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.load().get(&self.name, name).is_some()
    }
}
