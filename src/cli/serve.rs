//! Builds every part from the configuration, serves, and drains on SIGTERM or Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::admin::{self, AdminState, Readiness};
use crate::cache::Cache;
use crate::catalog::{Catalog, pg_catalog};
use crate::config::{Backend, Config};
use crate::error::Report;
use crate::guard::Guard;
use crate::optimize::Optimizer;
use crate::pipeline::{self, Parts, Pipeline};
use crate::policy::Policy;
use crate::server::Server;
use crate::session;
use crate::session::backend::Piped;
use crate::session::registry::Registry;
use crate::telemetry;
use crate::warehouse::Warehouse;
use crate::warehouse::bigquery::BigQuery;
use crate::warehouse::embedded::Embedded;
use crate::wire::Gate;

/// Memory for bound statements.
const STATEMENT_BYTES: u64 = 64 << 20;

/// Expressions are trees, and walking a tree takes stack: enough for the deepest that the parser lets through, many times over.
const THREAD_STACK: usize = 16 << 20;

/// How long the warehouse may take to list its tables at start.
const FIRST_SNAPSHOT: Duration = Duration::from_secs(60);

/// What is printed once the server listens.
pub type Opening<'a> = &'a dyn Fn(&Catalog);

/// Serves until it is told to stop.
///
/// # Errors
/// What keeps the server from starting: a busy port, an unreachable warehouse, settings that do not go together.
pub fn serve(config: Config, opening: Option<Opening<'_>>) -> Result<(), Failure> {
    telemetry::start(&config.telemetry).map_err(Failure::config)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.workers > 0 {
        builder.worker_threads(config.workers);
    }
    let runtime = builder.enable_all().thread_stack_size(THREAD_STACK).build().map_err(Failure::failed)?;
    let result = runtime.block_on(serve_here(config, opening));
    // What hangs in a blocking call must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(2));
    result
}

async fn serve_here(config: Config, opening: Option<Opening<'_>>) -> Result<(), Failure> {
    let metrics = telemetry::metrics::start().map_err(Failure::failed)?;
    let shutdown = CancellationToken::new();
    stop_on_signals(&shutdown).map_err(Failure::failed)?;

    let web = match config.web {
        Some(address) => Some(bind_web(address).await?),
        None => None,
    };

    let users = config.wire.users.iter().map(|user| (user.name.clone(), user.admin)).collect();
    let (warehouse, system, backend) = open(&config.backend).await?;
    let catalog = Arc::new(Catalog::default());
    let first = tokio::time::timeout(FIRST_SNAPSHOT, refresh(&catalog, warehouse.as_ref())).await;
    first.map_err(|_| Failure::failed("the warehouse does not answer"))?.map_err(failed)?;
    let parts = Parts {
        catalog: catalog.clone(),
        optimizer: Optimizer::new(config.optimize.clone()),
        policy: Policy::new(config.policy.clone()).map_err(|report| Failure::config(sentence(&report)))?,
        cache: Cache::new(config.cache.clone()).await.map_err(|report| Failure::config(sentence(&report)))?,
        guard: Arc::new(Guard::new(config.guard.clone())),
        warehouse: warehouse.clone(),
        system,
    };
    let registry = Registry::new();
    let settings =
        pipeline::Settings { backend, statement_bytes: STATEMENT_BYTES, max_rows: config.max_rows, users, sessions: registry.live() };
    let pipeline = Arc::new(Pipeline::new(settings, parts));
    tokio::spawn(keep_fresh(catalog.clone(), warehouse, config.catalog_ttl, shutdown.clone()));

    let draining = Arc::new(AtomicBool::new(false));
    let sessions = session::Settings { statement_timeout: config.statement_timeout, ..session::Settings::default() };
    let gate = Gate::new(config.wire.clone(), sessions, Arc::new(Piped::new(pipeline)), registry)
        .map_err(|report| Failure::config(sentence(&report)))?;
    let server = Server::bind(config.server.clone(), Arc::new(gate)).await.map_err(failed)?;
    let web_stop = CancellationToken::new();
    let web_task =
        web.map(|listener| tokio::spawn(admin::serve(listener, admin_state(&config, metrics, &catalog, &draining), web_stop.clone())));

    if let Some(opening) = opening {
        opening(&catalog);
    }
    tracing::info!(listen = config.server.listen, "listening");
    let drain = shutdown.clone();
    let drained = draining.clone();
    tokio::spawn(async move {
        drain.cancelled().await;
        drained.store(true, Ordering::Relaxed);
        tracing::info!("draining");
    });
    server.run(shutdown).await;
    web_stop.cancel();
    if let Some(task) = web_task {
        let _ = task.await;
    }
    tracing::info!("stopped");
    Ok(())
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

/// Reads the warehouse's tables, adds the system schemas, and makes that the catalog.
async fn refresh(catalog: &Catalog, warehouse: &dyn Warehouse) -> Result<(), Report> {
    let mut snapshot = warehouse.snapshot().await?;
    for schema in pg_catalog::system_schemas() {
        snapshot.schemas.insert(schema.name.clone(), schema);
    }
    catalog.replace(snapshot);
    Ok(())
}

async fn keep_fresh(catalog: Arc<Catalog>, warehouse: Arc<dyn Warehouse>, every: Duration, shutdown: CancellationToken) {
    if every.is_zero() {
        return;
    }
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        // The old catalog stays good when the warehouse cannot be asked.
        if let Err(report) = refresh(&catalog, warehouse.as_ref()).await {
            tracing::warn!(sqlstate = report.sqlstate.0, "the catalog could not be read again");
        }
    }
}

fn admin_state(config: &Config, metrics: telemetry::metrics::Handle, catalog: &Arc<Catalog>, draining: &Arc<AtomicBool>) -> AdminState {
    let draining = draining.clone();
    let known = catalog.clone();
    let listen = config.server.listen.clone();
    AdminState {
        metrics,
        ready: Arc::new(move || {
            let ready = if draining.load(Ordering::Relaxed) { Readiness::NotReady("draining".into()) } else { Readiness::Ready };
            Box::pin(async move { ready })
        }),
        status: Arc::new(move || {
            let tables = known.snapshot().tables().filter(|table| !table.is_system()).count();
            vec![
                ("version".into(), env!("CARGO_PKG_VERSION").into()),
                ("postgres".into(), listen.clone()),
                ("tables".into(), tables.to_string()),
            ]
        }),
    }
}

async fn bind_web(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            Failure::failed(format!("port {} (web) is in use; choose another with --web-listen or web.listen", address.port()))
        }
        _ => Failure::failed(format!("cannot listen on {address} (web): {error}")),
    })
}

fn stop_on_signals(shutdown: &CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        shutdown.cancel();
        // A second signal means now.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
    Ok(())
}

fn failed(report: Report) -> Failure {
    Failure::failed(sentence(&report))
}

/// Joins what a report says into lines for a terminal.
fn sentence(report: &Report) -> String {
    let mut text = report.message.clone();
    for more in [&report.detail, &report.hint].into_iter().flatten() {
        text.push_str("\n  ");
        text.push_str(more);
    }
    text
}
