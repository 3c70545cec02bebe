//! BigQuery behind the seam [`Warehouse`]: REST calls, metadata, dry runs, jobs, pages.

mod answers;
mod api;
mod breaker;
mod credentials;
mod decode;
mod failure;
mod jobs;
mod lenient;
mod metadata;
mod pages;
mod retry;
mod settings;
mod types;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::catalog::model::{Snapshot, Table, TableVersion};
use crate::error::{Report, Result, SqlState};
use crate::guard::{Admitted, Estimate};
use crate::query::{BatchStream, OutputColumn, QueryContext};
use crate::sql::emit::{Dialect, Job};
use crate::warehouse::{Running, Warehouse};
use api::Api;
use failure::Failure;
pub use metadata::described;
use pages::Run;
use retry::FullJitter;
pub use settings::Settings;

/// How long nothing is asked of a project whose quota is used up.
const QUOTA_PAUSE: Duration = Duration::from_secs(600);

/// BigQuery.
pub struct BigQuery {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    api: Api,
    settings: Arc<Settings>,
    slots: Arc<Semaphore>,
    /// Where each data set is.
    locations: Arc<RwLock<HashMap<String, String>>>,
    /// Until when the quota counts as used up.
    quota: Arc<Mutex<Option<Instant>>>,
}

impl BigQuery {
    /// Makes the warehouse; finds credentials, calls nothing yet. An empty `api_endpoint` falls back to BIGQUERY_EMULATOR_HOST.
    ///
    /// # Errors
    /// 22023 for settings that make no sense, 28000 without usable credentials.
    pub async fn new(mut settings: Settings) -> Result<BigQuery> {
        if settings.project.is_empty() {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "backend.bigquery.project is not set")
                .hint("Name the project whose data sets are served, or set GOOGLE_CLOUD_PROJECT."));
        }
        if !matches!(settings.priority.to_ascii_lowercase().as_str(), "interactive" | "batch") {
            let message = format!("backend.bigquery.priority is \"{}\": it is interactive or batch", settings.priority);
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        if settings.api_endpoint.is_empty() {
            settings.api_endpoint = std::env::var("BIGQUERY_EMULATOR_HOST").unwrap_or_default();
        }
        let api = Api::new(&settings.api_endpoint, &settings.credentials).await?;
        let slots = Arc::new(Semaphore::new(settings.max_concurrent_jobs.clamp(1, Semaphore::MAX_PERMITS)));
        let settings = Arc::new(settings);
        Ok(BigQuery { shared: Arc::new(Shared { api, settings, slots, locations: Arc::default(), quota: Arc::default() }) })
    }
}

impl Shared {
    /// Returns the warehouse as the user of a query sees it: with the user's own access token where there is one, else with the server's
    /// credentials. What is asked, fetched and cancelled through it is so with that one identity.
    ///
    /// # Errors
    /// 28000 for a token whose time is over.
    fn of(self: &Arc<Shared>, cx: &QueryContext) -> Result<Arc<Shared>> {
        let Some(token) = &cx.principal.token else { return Ok(self.clone()) };
        if token.is_expired() {
            return Err(Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, "the access token of this session has expired")
                .hint("Connect again with a new one; queries whose answer is in the cache still work."));
        }
        Ok(Arc::new(Shared { api: self.api.with_token(token), ..(**self).clone() }))
    }

    fn pauses(&self, deadline: Option<Instant>) -> FullJitter {
        FullJitter::new(self.settings.retry_pause, deadline)
    }

    /// Remembers a used-up quota.
    fn note<'a>(&self, failure: &'a Failure) -> &'a Failure {
        if failure.reason == "quotaExceeded" {
            *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + QUOTA_PAUSE);
        }
        failure
    }

    /// Refuses while the quota is used up: asking again would only use more of it.
    fn check_quota(&self) -> Result<()> {
        let until = *self.quota.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) if until > Instant::now() => {
                let seconds = until.saturating_duration_since(Instant::now()).as_secs() + 1;
                Err(Report::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, "a quota of BigQuery is used up")
                    .hint(format!("Try again in {seconds} s; queries whose answer is in the cache still work.")))
            }
            _ => Ok(()),
        }
    }

    /// Waits for a slot among the running jobs.
    async fn slot(&self, cx: &QueryContext) -> Result<OwnedSemaphorePermit> {
        let wait = cx.remaining().unwrap_or(Duration::MAX).min(self.settings.queue_timeout);
        tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            slot = tokio::time::timeout(wait, self.slots.clone().acquire_owned()) => match slot {
                Ok(Ok(slot)) => Ok(slot),
                _ if cx.remaining().is_some_and(|left| left.is_zero()) => {
                    Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout"))
                }
                _ => Err(Report::new(SqlState::TOO_MANY_CONNECTIONS, format!("{} jobs are running already", self.settings.max_concurrent_jobs))
                    .hint("Try again in a moment, or raise backend.bigquery.max_concurrent_jobs.")),
            },
        }
    }
}

#[async_trait]
impl Warehouse for BigQuery {
    fn dialect(&self) -> Dialect {
        Dialect::GoogleSql
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        self.shared.load_snapshot().await
    }

    async fn version(&self, table: &Table) -> Result<TableVersion> {
        self.shared.version_of(table).await
    }

    async fn estimate(&self, cx: &QueryContext, job: &Job) -> Result<Estimate> {
        let shared = self.shared.of(cx)?;
        let asking = shared.dry_run(cx, job);
        tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            estimate = asking => estimate,
        }
    }

    async fn describe(&self, cx: &QueryContext, job: &Job) -> Result<(Arc<[OutputColumn]>, Estimate)> {
        let shared = self.shared.of(cx)?;
        let asking = shared.describe(cx, job);
        tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            described = asking => described,
        }
    }

    async fn run(&self, cx: &QueryContext, mut admitted: Admitted) -> Result<Running> {
        let shared = self.shared.of(cx).inspect_err(|_| admitted.release())?;
        let slot = match shared.check_quota() {
            Ok(()) => shared.slot(cx).await,
            Err(report) => Err(report),
        };
        let slot = slot.inspect_err(|_| admitted.release())?;
        let (sender, receiver) = mpsc::channel(1);
        let (ready, first) = oneshot::channel();
        let outcome = Arc::new(OnceLock::new());
        let run = Run { shared, cx: cx.clone(), admitted, sender, outcome: outcome.clone(), slot };
        tokio::spawn(run.go(ready));
        // Dropping this future drops the receiver, which stops the run.
        let batches: BatchStream = Box::pin(futures::stream::unfold(receiver, |mut receiver| async move {
            let batch = receiver.recv().await?;
            Some((batch, receiver))
        }));
        match first.await {
            Ok(Ok(())) => Ok(Running { batches, outcome }),
            Ok(Err(report)) => Err(report),
            Err(_) => Err(Report::internal("the job's task ended without a word")),
        }
    }
}
