//! BigQuery behind the seam [`Warehouse`]: REST calls, metadata, dry runs, jobs, pages.

mod answers;
mod api;
mod breaker;
mod credentials;
mod cutter;
mod decode;
mod dry_run;
mod failure;
mod free;
mod impersonate;
mod invalid;
mod jobs;
mod labels;
mod lenient;
mod metadata;
mod pages;
mod partitions;
mod queue;
mod reasons;
mod retry;
mod row_security;
mod settings;
mod storage;
mod traffic;
mod types;
mod wildcards;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::catalog::model::{Snapshot, Table, TableName, TableVersion};
use crate::error::{Report, Result, SqlState};
use crate::guard::{Admitted, Estimate};
use crate::query::{BatchStream, Notice, OutputColumn, QueryContext};
use crate::sql::emit::{Dialect, Job};
use crate::warehouse::{FreeAsk, Running, Traffic, Warehouse};
use answers::TablePlace;
use api::Api;
use failure::Failure;
pub use labels::LabelFrom;
pub use metadata::described;
use pages::Run;
use queue::{Place, Queue, Turn};
use retry::FullJitter;
pub use settings::{Compression, Settings};
use storage::Gate;

/// How long an answer may be cached over a table whose version does not tell all (RULES: streaming buffer, external, views, wildcards).
const UNVERSIONED_SECONDS: u32 = 60;
/// How long a query waits for its turn before its client is told (RULES.md 6).
const PATIENCE: Duration = Duration::from_secs(5);

/// BigQuery.
pub struct BigQuery {
    shared: Arc<Shared>,
}

struct Shared {
    /// Under the server's own identity: metadata.
    api: Arc<Api>,
    /// Under those of roles that have one.
    roles: HashMap<String, Arc<Api>>,
    settings: Settings,
    /// Where large results are read, or why they are not.
    storage: std::result::Result<Gate, String>,
    /// Who may run a job next.
    queue: Arc<Queue>,
    /// The tables as they were read last: what has not changed since is not read again.
    tables: Mutex<HashMap<TablePlace, Arc<Table>>>,
    /// Where each data set is.
    locations: RwLock<HashMap<String, String>>,
    /// Which tables have row-level security, and when that was asked.
    row_security: Mutex<HashMap<TablePlace, (Instant, bool)>>,
    /// Until when the quota counts as used up.
    quota: Mutex<Option<Instant>>,
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
        let api = Api::new(&settings).await?;
        let storage = Gate::new(&settings, &api)?;
        let queue = Queue::new(settings.max_concurrent_jobs, settings.max_queued_jobs);
        let roles = settings.impersonate_roles.iter();
        let roles = roles.map(|(role, account)| Ok((role.clone(), Arc::new(api.acting_as(account, &settings.iam_endpoint)?))));
        let roles = roles.collect::<Result<_>>()?;
        Ok(BigQuery {
            shared: Arc::new(Shared {
                api: Arc::new(api),
                roles,
                settings,
                storage,
                queue,
                tables: Mutex::default(),
                row_security: Mutex::default(),
                locations: RwLock::default(),
                quota: Mutex::default(),
            }),
        })
    }
}

impl Shared {
    /// Returns the API under the identity that the query runs as: the user's own access token, the service account of the role, or the
    /// server's credentials. What is asked, fetched and cancelled for the query is so with that one identity.
    ///
    /// # Errors
    /// 28000 for a token whose time is over.
    fn api_of(&self, cx: &QueryContext) -> Result<Arc<Api>> {
        match &cx.principal.token {
            Some(token) if token.is_expired() => {
                Err(Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, "the access token of this session has expired")
                    .hint("Connect again with a new one; queries whose answer is in the cache still work."))
            }
            Some(token) => Ok(Arc::new(self.api.with_token(token))),
            None => Ok(self.roles.get(&cx.principal.role).unwrap_or(&self.api).clone()),
        }
    }

    fn pauses(&self, deadline: Option<Instant>) -> FullJitter {
        FullJitter::new(self.settings.retry_pause, deadline)
    }

    /// Remembers a used-up quota.
    fn note<'a>(&self, failure: &'a Failure) -> &'a Failure {
        if failure.reason == "quotaExceeded" {
            *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + self.settings.quota_pause);
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

    /// Waits for a place among the running jobs; says so when that takes long.
    async fn place(&self, cx: &QueryContext) -> Result<Place> {
        let (user, role) = (&cx.principal.user, &cx.principal.role);
        let weight = self.settings.queue_weights.get(role).copied().unwrap_or(1);
        let waiting = match self.queue.join(user, weight) {
            Turn::Now(place) => return Ok(place),
            Turn::Later(waiting) => waiting,
            Turn::Full => return Err(self.crowded(format!("{} queries are waiting already", self.settings.max_queued_jobs))),
        };
        tokio::pin!(waiting);
        let wait = cx.remaining().unwrap_or(Duration::MAX).min(self.settings.queue_timeout);
        let (over, patience) = (tokio::time::sleep(wait), tokio::time::sleep(PATIENCE));
        tokio::pin!(over, patience);
        let mut told = false;
        loop {
            tokio::select! {
                biased;
                () = cx.cancel.cancelled() => {
                    return Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request"));
                }
                place = &mut waiting => return Ok(place),
                () = &mut over => return Err(match cx.remaining() {
                    Some(left) if left.is_zero() => Report::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout"),
                    _ => self.crowded(format!("no place became free within {} s", self.settings.queue_timeout.as_secs())),
                }),
                () = &mut patience, if !told => {
                    told = true;
                    let (running, queued) = self.queue.load();
                    let message = format!("waiting for a free place: {running} jobs are running, {queued} queries are waiting");
                    cx.notices.push_now(Notice::plain(message));
                }
            }
        }
    }

    fn crowded(&self, what: String) -> Report {
        Report::new(SqlState::TOO_MANY_CONNECTIONS, format!("too many queries at once: {what}"))
            .detail(format!("At most {} jobs run at once (backend.bigquery.max_concurrent_jobs).", self.settings.max_concurrent_jobs))
            .hint("Try again in a moment; queries whose answer is in the cache still work.")
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

    async fn outline(&self) -> Result<Snapshot> {
        self.shared.outline().await
    }

    async fn read(&self, listed: &[Arc<Table>]) -> Result<Vec<(TableName, Option<Arc<Table>>)>> {
        self.shared.read(listed).await
    }

    async fn version(&self, table: &Table) -> Result<TableVersion> {
        self.shared.version_of(table).await
    }

    async fn estimate(&self, cx: &QueryContext, job: &Job) -> Result<Estimate> {
        let asking = self.shared.dry_run(cx, job);
        tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            estimate = asking => estimate,
        }
    }

    async fn describe(&self, cx: &QueryContext, job: &Job) -> Result<(Arc<[OutputColumn]>, Estimate)> {
        let asking = self.shared.describe(cx, job);
        tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            described = asking => described,
        }
    }

    async fn may_free(&self, cx: &QueryContext, ask: &FreeAsk, table: Option<&Table>) -> bool {
        self.shared.may_free(cx, ask, table).await
    }

    async fn free(&self, cx: &QueryContext, ask: &FreeAsk, table: Option<&Table>, columns: &Arc<[OutputColumn]>) -> Option<BatchStream> {
        self.shared.free(cx, ask, table, columns).await
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(self.shared.api.traffic())
    }

    async fn run(&self, cx: &QueryContext, mut admitted: Admitted) -> Result<Running> {
        let place = match self.shared.check_quota().and_then(|()| self.shared.api_of(cx).map(drop)) {
            Ok(()) => self.shared.place(cx).await,
            Err(report) => Err(report),
        };
        let place = place.inspect_err(|_| admitted.release())?;
        let (sender, receiver) = mpsc::channel(1);
        let (ready, first) = oneshot::channel();
        let outcome = Arc::new(OnceLock::new());
        let run = Run { shared: self.shared.clone(), cx: cx.clone(), admitted, sender, outcome: outcome.clone(), place };
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
