//! The listener: a connection limit, one task a connection, refusal of open addresses without TLS, graceful drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};

use crate::error::{Report, Result, SqlState};
use crate::query::live::Ends;
use crate::wire::{Gate, Seats};

pub mod peers;

/// `[server]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: String,
    /// The most connections that have logged in.
    pub max_connections: usize,
    /// How long running queries may finish after the drain begins.
    pub shutdown_timeout: Duration,
    /// Listen on addresses beyond loopback without TLS.
    pub allow_insecure: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            listen: "127.0.0.1:7432".to_owned(),
            max_connections: 200,
            shutdown_timeout: Duration::from_secs(30),
            allow_insecure: false,
        }
    }
}

/// A server that has its address and waits to serve.
pub struct Server {
    settings: Settings,
    listener: TcpListener,
    gates: Arc<Gates>,
}

/// The gate that new connections go through. A new configuration brings another one; connections that are open stay with theirs.
pub struct Gates {
    current: ArcSwap<Gate>,
    /// The address is open to the network.
    needs_tls: bool,
}

impl Gates {
    /// Returns the gate of connections that come now.
    pub fn current(&self) -> Arc<Gate> {
        self.current.load_full()
    }

    /// Puts another gate in its place.
    ///
    /// # Errors
    /// F0000 for a gate without TLS on an address that is open to the network.
    pub fn replace(&self, gate: Gate) -> Result<()> {
        if self.needs_tls && !gate.has_tls() {
            return Err(Report::new(SqlState("F0000"), "server.listen is open to the network, and TLS would be gone")
                .hint("Set tls.cert and tls.key."));
        }
        self.current.store(Arc::new(gate));
        Ok(())
    }
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// F0000 for an address that is busy, malformed, or open to the network without TLS.
    pub async fn bind(settings: Settings, gate: Arc<Gate>) -> Result<Server> {
        crate::sql::stamp::begin();
        let failed = |what: String| Report::new(SqlState("F0000"), what);
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host(&settings.listen)
            .await
            .map_err(|error| failed(format!("cannot resolve server.listen = \"{}\": {error}", settings.listen)))?
            .collect();
        let needs_tls = addresses.iter().any(|address| !address.ip().is_loopback()) && !settings.allow_insecure;
        if needs_tls && !gate.has_tls() {
            return Err(failed(format!("server.listen = \"{}\" is open to the network without TLS", settings.listen))
                .hint("Set tls.cert and tls.key, listen on 127.0.0.1, or set server.allow_insecure = true."));
        }
        let listener = TcpListener::bind(&addresses[..]).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => failed(format!("address {} is in use", settings.listen))
                .hint("Another server runs there: choose another port with --listen or server.listen."),
            _ => failed(format!("cannot listen on {}: {error}", settings.listen)),
        })?;
        let gates = Arc::new(Gates { current: ArcSwap::new(gate), needs_tls });
        Ok(Server { settings, listener, gates })
    }

    /// Returns the gates, for a reload.
    pub fn gates(&self) -> Arc<Gates> {
        self.gates.clone()
    }

    /// Returns the address that was taken (port 0 has become a real one).
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Serves until `shutdown` fires; then sends idle clients away, waits for running queries, and cancels what is left after
    /// `shutdown_timeout`.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(renew(self.gates.clone())));
        let tasks = TaskTracker::new();
        let seats = Arc::new(Seats::new(self.settings.max_connections));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = shutdown.cancelled() => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: the next try must not be at once.
                    warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let Ok(server) = stream.local_addr() else { continue }; // gone already
            let ends = Ends { client: peer, server };
            let gate = self.gates.current();
            let (seats, drain) = (Arc::clone(&seats), shutdown.clone());
            tasks.spawn(async move {
                debug!(%peer, "connection opened");
                gate.serve(Box::new(stream), Some(ends), &seats, drain).await;
                debug!(%peer, "connection closed");
            });
        }
        drop(self.listener);
        tasks.close();
        info!(connections = tasks.len(), "draining");
        if tokio::time::timeout(self.settings.shutdown_timeout, tasks.wait()).await.is_err() {
            warn!(connections = tasks.len(), "cancelling what still runs");
            let registry = self.gates.current().registry().clone();
            for session in registry.list() {
                registry.terminate_backend(session.pid);
            }
            let _ = tokio::time::timeout(Duration::from_secs(10), tasks.wait()).await;
        }
    }
}

/// How soon a reload is noticed that lets the files of certificates be looked at again.
const RELOAD_NOTICED: Duration = Duration::from_secs(1);

/// Looks at the files of certificates from time to time; new ones serve the connections that come then.
async fn renew(gates: Arc<Gates>) {
    loop {
        let every = gates.current().renew_every();
        tokio::time::sleep(every.unwrap_or(RELOAD_NOTICED)).await;
        if every.is_none() {
            continue;
        }
        let gate = gates.current();
        match tokio::task::spawn_blocking(move || gate.renew_tls()).await {
            Ok(Ok(true)) => info!("certificates read again"),
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(report)) => error!(why = report.message, "the new certificates cannot be used; the old ones stay in force"),
        }
    }
}
