//! HTTP beside the protocol: `/healthz`, `/readyz`, `/metrics`, and a page that says how it goes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::telemetry::metrics::Handle;

pub mod page;

/// Whether queries can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// They can.
    Ready,
    /// They cannot, and why, in a few words.
    NotReady(String),
}

/// Asked at each `/readyz`.
pub type Ready = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Readiness> + Send>> + Send + Sync>;

/// What the handlers need; handed in, so that this room knows nothing of the others.
#[derive(Clone)]
pub struct AdminState {
    /// The metrics.
    pub metrics: Handle,
    /// Is the warehouse reachable, and are we not draining.
    pub ready: Ready,
    /// The lines of the status page: (name, value).
    pub status: Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>,
}

/// Serves until `shutdown` fires and open requests are answered.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, state: AdminState, shutdown: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

/// Returns the routes.
pub fn router(state: AdminState) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(state)
}

async fn page(State(state): State<AdminState>) -> Html<String> {
    let readiness = (state.ready)().await;
    Html(page::render(&readiness, &(state.status)()))
}

async fn readyz(State(state): State<AdminState>) -> (StatusCode, String) {
    match (state.ready)().await {
        Readiness::Ready => (StatusCode::OK, "ready\n".into()),
        Readiness::NotReady(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}

async fn metrics(State(state): State<AdminState>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render())
}

#[cfg(test)]
mod tests;
