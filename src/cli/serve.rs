//! Builds every part from the configuration, serves, and drains on SIGTERM or Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::build::{Built, failed, refresh, sentence};
use super::reload::{self, Live, Source, Swapped};
use crate::admin::{self, AdminState, Readiness};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::pipeline::host::Host;
use crate::server::Server;
use crate::server::peers::{Meeting, Peers};
use crate::session::backend::Piped;
use crate::telemetry;
use crate::warehouse::Warehouse;

/// Expressions are trees, and walking a tree takes stack: enough for the deepest that the parser lets through, many times over.
pub const THREAD_STACK: usize = 16 << 20;

/// What is printed once the server listens.
pub type Opening<'a> = &'a dyn Fn(&Catalog);

/// Serves until it is told to stop.
///
/// # Errors
/// What keeps the server from starting: a busy port, an unreachable warehouse, settings that do not go together.
pub fn serve(config: Config, source: Source, opening: Option<Opening<'_>>) -> Result<(), Failure> {
    let _log = telemetry::start(&config.telemetry).map_err(Failure::config)?;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.workers > 0 {
        builder.worker_threads(config.workers);
    }
    let runtime = builder.enable_all().thread_stack_size(THREAD_STACK).build().map_err(Failure::failed)?;
    let result = runtime.block_on(serve_here(config, source, opening));
    // What hangs in a blocking call must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(2));
    result
}

async fn serve_here(config: Config, source: Source, opening: Option<Opening<'_>>) -> Result<(), Failure> {
    let metrics = telemetry::metrics::start().map_err(Failure::failed)?;
    let shutdown = CancellationToken::new();
    stop_on_signals(&shutdown).map_err(Failure::failed)?;

    let web = match config.web {
        Some(address) => Some(bind_web(address).await?),
        None => None,
    };

    let built = Arc::new(Built::open(&config).await?);
    let registry = built.registry.clone();
    let live = Arc::new(Live::new(source, registry.clone()));
    let (pipeline, kept) = built.pipeline(&config, live.clone(), None).await.map_err(|report| Failure::config(sentence(&report)))?;
    let piped = Arc::new(Piped::new(pipeline));
    let catalog = built.catalog.clone();
    tokio::spawn(keep_fresh(catalog.clone(), built.warehouse.clone(), config.catalog_ttl, shutdown.clone()));

    let draining = Arc::new(AtomicBool::new(false));
    let gate = reload::gate(&config, &piped, &registry).map_err(|report| Failure::config(sentence(&report)))?;
    let server = Server::bind(config.server.clone(), Arc::new(gate)).await.map_err(failed)?;
    let peers = Peers::new(registry);
    peers.meet(Meeting::of(&config.cache.redis).map_err(|report| Failure::config(sentence(&report)))?);
    live.serves(Swapped { built, piped, gates: server.gates(), peers, kept: Mutex::new(kept) });
    reload_on_signal(live).map_err(Failure::failed)?;
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

async fn keep_fresh(catalog: Arc<Catalog>, warehouse: Arc<dyn Warehouse>, every: Duration, shutdown: CancellationToken) {
    if every.is_zero() {
        return;
    }
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(every) => {}
            () = warehouse.outdated() => {}
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

/// SIGHUP reads the configuration again; what comes of it stands in the log.
fn reload_on_signal(live: Arc<Live>) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let _ = live.reload().await;
        }
    });
    Ok(())
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
