//! Counts the calls of the REST API and the connections that the client's pool opens for them: most calls should find one that is open.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tonic::codegen::Service;
use tower_layer::Layer;

use crate::telemetry::metrics;
use crate::warehouse::Traffic;

/// The counts of one pool; put around what opens its connections.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    requests: AtomicU64,
    connections: AtomicU64,
}

impl Counts {
    /// Counts a call that is about to be made.
    pub fn request(&self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        metrics::warehouse_request();
    }

    /// Returns the counts so far.
    pub fn traffic(&self) -> Traffic {
        let (requests, connections) = (&self.0.requests, &self.0.connections);
        Traffic { requests: requests.load(Ordering::Relaxed), connections: connections.load(Ordering::Relaxed) }
    }

    fn connection(&self) {
        self.0.connections.fetch_add(1, Ordering::Relaxed);
        metrics::warehouse_connection();
    }
}

impl<S> Layer<S> for Counts {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, counts: self.clone() }
    }
}

/// What opens connections, and counts those that it has opened.
#[derive(Clone, Debug)]
pub struct Counted<S> {
    inner: S,
    counts: Counts,
}

impl<S, R> Service<R> for Counted<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, to: R) -> Self::Future {
        let (opening, counts) = (self.inner.call(to), self.counts.clone());
        Box::pin(async move { opening.await.inspect(|_| counts.connection()) })
    }
}
