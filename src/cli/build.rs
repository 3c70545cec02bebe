//! From the configuration to the parts: what lives as long as the process, and what a reload makes anew.

use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use crate::cache::Cache;
use crate::catalog::model::Snapshot;
use crate::catalog::{Catalog, pg_catalog};
use crate::config::{Backend, Config};
use crate::error::Report;
use crate::guard::Guard;
use crate::optimize::Optimizer;
use crate::pipeline::history::History;
use crate::pipeline::host::Host;
use crate::pipeline::{self, Parts, Pipeline};
use crate::policy::Policy;
use crate::session::registry::Registry;
use crate::warehouse::Warehouse;
use crate::warehouse::bigquery::BigQuery;
use crate::warehouse::embedded::Embedded;

/// Memory for bound statements.
const STATEMENT_BYTES: u64 = 64 << 20;

/// How long the warehouse may take to list its tables at start.
const FIRST_SNAPSHOT: Duration = Duration::from_secs(60);

/// How long the columns of the tables are waited for at start.
const FIRST_COLUMNS: Duration = Duration::from_secs(2);

/// Tables whose columns are read at a time.
const COLUMNS_AT_A_TIME: usize = 192;

/// How long a warehouse that does not answer is left alone.
const REST: Duration = Duration::from_secs(5);

/// What lives as long as the process.
pub struct Built {
    /// What relations exist.
    pub catalog: Arc<Catalog>,
    /// Where the rows are.
    pub warehouse: Arc<dyn Warehouse>,
    system: Arc<Embedded>,
    /// How cache keys name the warehouse.
    backend: String,
    history: Arc<History>,
    /// Who is connected.
    pub registry: Arc<Registry>,
}

/// What a reload hands over from the pipeline before to the one after it.
#[derive(Clone)]
pub struct Kept {
    guard: Arc<Guard>,
    cache: Arc<Cache>,
}

impl Built {
    /// Opens the warehouse and reads its tables.
    ///
    /// # Errors
    /// What keeps the warehouse from being reached.
    pub async fn open(config: &Config) -> Result<Built, Failure> {
        let (warehouse, system, backend) = open(&config.backend).await?;
        let catalog = Arc::new(Catalog::default());
        let first = tokio::time::timeout(FIRST_SNAPSHOT, warehouse.outline()).await;
        let first = first.map_err(|_| Failure::failed("the warehouse does not answer"))?.map_err(failed)?;
        catalog.replace(with_system(first));
        // What is left is read in the background; where it is little, nobody should come before it is there.
        let reading = tokio::spawn(read_columns(catalog.clone(), warehouse.clone()));
        drop(tokio::time::timeout(FIRST_COLUMNS, reading).await);
        Ok(Built { catalog, warehouse, system, backend, history: Arc::default(), registry: Registry::new() })
    }

    /// Puts a pipeline together. Of the one before it keeps the books, what was approved and who is paused, and the cache unless its settings
    /// have changed.
    ///
    /// # Errors
    /// 22023 and 0A000 for settings that make no sense.
    pub async fn pipeline(&self, config: &Config, host: Arc<dyn Host>, before: Option<&Kept>) -> Result<(Arc<Pipeline>, Kept), Report> {
        let users = config.wire.users.iter().map(|user| (user.name.clone(), user.admin)).collect();
        let cache = match before {
            Some(kept) if *kept.cache.settings() == config.cache => kept.cache.clone(),
            _ => Arc::new(Cache::new(config.cache.clone()).await?),
        };
        let guard = Arc::new(match before {
            Some(kept) => kept.guard.with_settings(config.guard.clone()),
            None => Guard::new(config.guard.clone()),
        });
        let parts = Parts {
            catalog: self.catalog.clone(),
            optimizer: Optimizer::new(config.optimize.clone()),
            policy: Policy::new(config.policy.clone())?,
            cache: cache.clone(),
            guard: guard.clone(),
            warehouse: self.warehouse.clone(),
            system: self.system.clone(),
            history: self.history.clone(),
            host,
        };
        let settings = pipeline::Settings {
            backend: self.backend.clone(),
            statement_bytes: STATEMENT_BYTES,
            max_rows: config.max_rows,
            users,
            sessions: self.registry.live(),
        };
        Ok((Arc::new(Pipeline::new(settings, parts)), Kept { guard, cache }))
    }
}

/// Opens the warehouse and the engine for system relations; says how cache keys name them.
async fn open(backend: &Backend) -> Result<(Arc<dyn Warehouse>, Arc<Embedded>, String), Failure> {
    match backend {
        Backend::Local(settings) => {
            let engine = Arc::new(Embedded::open(settings.clone()).map_err(failed)?);
            let paths: Vec<String> = settings.paths.iter().map(|path| path.display().to_string()).collect();
            Ok((engine.clone(), engine, format!("local {}", paths.join(","))))
        }
        Backend::BigQuery(settings, engine) => {
            let name = format!("bigquery {} {} {}", settings.api_endpoint, settings.project, settings.location);
            let warehouse = BigQuery::new((**settings).clone()).await.map_err(failed)?;
            let engine = Embedded::catalog_only(engine.clone()).map_err(failed)?;
            Ok((Arc::new(warehouse), Arc::new(engine), name))
        }
    }
}

/// Reads the warehouse's tables and adds the system schemas.
async fn read_catalog(warehouse: &dyn Warehouse) -> Result<Snapshot, Report> {
    Ok(with_system(warehouse.snapshot().await?))
}

/// Reads the columns of all tables that are only listed; goes on trying while the warehouse does not answer.
async fn read_columns(catalog: Arc<Catalog>, warehouse: Arc<dyn Warehouse>) {
    loop {
        let mut listed = catalog.snapshot().listed();
        if listed.is_empty() {
            return;
        }
        // Those over others come last: they are quick then.
        listed.sort_by_key(|table| table.name.table.ends_with('*'));
        listed.truncate(COLUMNS_AT_A_TIME);
        match warehouse.read(&listed).await {
            Ok(read) => catalog.learn(&read),
            Err(report) => {
                tracing::warn!(sqlstate = report.sqlstate.0, "the columns of tables could not be read");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn with_system(mut snapshot: Snapshot) -> Snapshot {
    for schema in pg_catalog::system_schemas() {
        snapshot.schemas.insert(schema.name.clone(), schema);
    }
    snapshot
}

/// Makes what the warehouse holds now the catalog.
///
/// # Errors
/// As [`Warehouse::snapshot`].
pub async fn refresh(catalog: &Catalog, warehouse: &dyn Warehouse) -> Result<(), Report> {
    catalog.replace(read_catalog(warehouse).await?);
    Ok(())
}

/// Returns the tables that a configuration serves.
///
/// # Errors
/// What keeps the warehouse from being asked.
pub async fn snapshot(config: &Config) -> Result<Snapshot, Failure> {
    let (warehouse, ..) = open(&config.backend).await?;
    read_catalog(warehouse.as_ref()).await.map_err(failed)
}

/// A failure to do something.
pub fn failed(report: Report) -> Failure {
    Failure::failed(sentence(&report))
}

/// Joins what a report says into lines for a terminal.
pub fn sentence(report: &Report) -> String {
    let mut text = report.message.clone();
    for more in [&report.detail, &report.hint].into_iter().flatten() {
        text.push_str("\n  ");
        text.push_str(more);
    }
    text
}
