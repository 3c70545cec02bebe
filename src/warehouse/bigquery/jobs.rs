//! Query jobs: dry runs, idempotent inserts, labels, cancelling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gcp_bigquery_client::model::dataset_reference::DatasetReference;
use gcp_bigquery_client::model::job::Job as JobModel;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::job_reference::JobReference;

use super::Shared;
use super::answers::{Figures, JobAnswer, TablePlace};
use super::api::Api;
use super::dry_run::scan;
use super::failure::Failure;
use super::retry::transient;
use super::types::parameters;
use crate::catalog::model::TableName;
use crate::error::{Report, Result, SqlState};
use crate::guard::price::Bytes;
use crate::guard::{Accuracy, Admitted, Estimate, Scan};
use crate::query::QueryContext;
use crate::sql::emit::{Job, Origin};

/// How long a cancelled job is watched until it says what it billed.
const CANCEL_WATCH: Duration = Duration::from_secs(30);

/// How often a job that may have been made is looked for, at the slowest.
const LOST_POLL: Duration = Duration::from_secs(2);

/// A job that BigQuery knows, or may know.
#[derive(Clone)]
pub struct Started {
    /// The API under the identity that it runs as.
    pub api: Arc<Api>,
    /// Its id, made by us (some emulators make their own).
    pub id: String,
    /// Where it runs.
    pub location: Option<String>,
    /// An answer told of it. Without one it may exist or not.
    pub told: bool,
}

/// A job that could not be started.
#[derive(Clone, Debug)]
pub struct NotStarted {
    /// Why.
    pub failure: Failure,
    /// One of the calls may have made it all the same.
    pub perhaps: bool,
}

/// What the answer to an insert says.
#[derive(Clone)]
pub struct Inserted {
    /// The job.
    pub job: Started,
    /// Its failure, where it is known at once.
    pub failure: Option<Failure>,
    /// Its figures, where it was done at once and tells its bill.
    pub figures: Option<Figures>,
    /// The table that holds its result, where the answer tells it.
    pub destination: Option<TablePlace>,
}

impl Shared {
    /// Starts a job under an id of our own; a lost answer is looked up before the call is made again.
    pub(super) async fn start(&self, model: &JobModel, wanted: &Started, deadline: Option<Instant>) -> Result<Inserted, NotStarted> {
        let project = self.settings.payer();
        let perhaps = AtomicBool::new(false);
        let once = || async {
            let failure = match wanted.api.insert_job(project, model).await {
                Ok(answer) if answer.is_of_another(&wanted.id) => Failure::unanswered("the answer is about another job"),
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            // 409: the id is ours alone, so an earlier attempt of ours arrived. No answer, or a server's error: it may have.
            let duplicate = failure.status == 409;
            if !duplicate && !failure.is_unsure() {
                return Err(failure);
            }
            perhaps.store(true, Ordering::Relaxed);
            match self.look_up(wanted).await {
                Ok(found) => Ok(found),
                Err(_) if duplicate => Err(Failure { status: 503, ..failure }),
                Err(_) => Err(failure),
            }
        };
        let answer: JobAnswer = transient(self.pauses(deadline), once)
            .await
            .map_err(|failure| NotStarted { failure: self.note(&failure).clone(), perhaps: perhaps.load(Ordering::Relaxed) })?;
        // A bill is believed where the answer says whose it is.
        let is_billed =
            |figures: &Figures| answer.is_done() && answer.job_reference.job_id.is_some() && figures.total_bytes_billed.is_some();
        let figures = Some(answer.figures()).filter(is_billed);
        let destination = answer.destination();
        let JobAnswer { job_reference: place, status, .. } = answer;
        let (id, location) = (place.job_id.unwrap_or_else(|| wanted.id.clone()), place.location.or_else(|| wanted.location.clone()));
        let job = Started { api: wanted.api.clone(), id, location, told: true };
        Ok(Inserted { job, failure: status.error_result, figures, destination })
    }

    /// Cancels a job; waits until BigQuery has taken the order.
    pub(super) async fn cancel(&self, job: &Started) {
        let deadline = Some(Instant::now() + CANCEL_WATCH);
        let done = transient(self.pauses(deadline), || self.order_cancel(job)).await;
        if let Err(failure) = done {
            tracing::warn!(job_id = %job.id, status = failure.status, "job could not be cancelled");
        }
    }

    /// Cancels a job that no answer told of, should there be one: a call that was given up may still be on its way, or worked on.
    /// Returns whether there is one.
    pub(super) async fn cancel_if_made(&self, job: &Started) -> bool {
        let until = Instant::now() + self.settings.request_timeout + self.settings.retry_pause * 32;
        let mut pause = self.settings.retry_pause;
        loop {
            match transient(self.pauses(Some(until)), || self.order_cancel(job)).await {
                Ok(()) => return true,
                Err(failure) if failure.status == 404 && Instant::now() + pause < until => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LOST_POLL);
                }
                Err(failure) => {
                    if failure.status != 404 {
                        tracing::warn!(job_id = %job.id, status = failure.status, "job that may exist could not be cancelled");
                    }
                    return failure.status != 404;
                }
            }
        }
    }

    async fn order_cancel(&self, job: &Started) -> Result<(), Failure> {
        job.api.cancel_job(self.settings.payer(), &job.id, job.location.as_deref()).await
    }

    async fn look_up(&self, job: &Started) -> Result<JobAnswer, Failure> {
        job.api.job(self.settings.payer(), &job.id, job.location.as_deref()).await
    }

    /// Returns a job as soon as it is done; `None` when it is not within the time, or cannot be asked for.
    pub(super) async fn finished(&self, job: &Started, within: Duration) -> Option<JobAnswer> {
        let deadline = Instant::now() + within;
        let mut pause = Duration::from_millis(100);
        loop {
            let answer = transient(self.pauses(Some(deadline)), || self.look_up(job)).await.ok()?;
            if answer.is_done() {
                return Some(answer);
            }
            if Instant::now() + pause >= deadline {
                return None;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Returns why a job failed, if it did.
    pub(super) async fn failure_of(&self, job: &Started) -> Option<Failure> {
        self.look_up(job).await.ok()?.status.error_result
    }

    /// Waits for what a stopped job billed; `None` where that stays unknown.
    pub(super) async fn billed_after_stop(&self, job: &Started, admitted: &Admitted) -> Option<Bytes> {
        let answer = self.finished(job, CANCEL_WATCH).await?;
        let figures = answer.figures();
        let failed = answer.status.error_result.is_some_and(|failure| !failure.may_cost());
        number(figures.total_bytes_billed.as_deref()).map(Bytes).or(failed.then_some(Bytes(0))).or_else(|| billed(&figures, admitted))
    }

    /// Makes the request for a job; `cap` is the most that it may bill.
    pub(super) fn model(&self, cx: &QueryContext, job: &Job, cap: Option<Bytes>) -> Result<JobModel> {
        let parameters = parameters(&job.parameters, &job.text)?;
        let remaining = cx.remaining().unwrap_or(Duration::MAX).min(self.settings.job_timeout).max(Duration::from_millis(1));
        let query = JobConfigurationQuery {
            query: job.text.clone(),
            default_dataset: self.default_dataset(job),
            use_legacy_sql: Some(false),
            use_query_cache: Some(self.settings.use_native_cache),
            priority: Some(self.settings.priority.to_uppercase()),
            maximum_bytes_billed: cap.map(|cap| cap.0.to_string()),
            parameter_mode: (!parameters.is_empty()).then(|| "NAMED".to_owned()),
            query_parameters: (!parameters.is_empty()).then_some(parameters),
            ..Default::default()
        };
        let configuration = JobConfiguration {
            query: Some(query),
            job_timeout_ms: Some(remaining.as_millis().to_string()),
            labels: Some(self.labels(cx, job)),
            ..Default::default()
        };
        let reference =
            JobReference { project_id: Some(self.settings.payer().to_owned()), location: self.location_of(job)?, ..Default::default() };
        Ok(JobModel { configuration: Some(configuration), job_reference: Some(reference), ..Default::default() })
    }

    /// Returns where the names without data set of a client's text belong.
    fn default_dataset(&self, job: &Job) -> Option<DatasetReference> {
        let Origin::Client { default_schema: Some(dataset), .. } = &job.origin else { return None };
        Some(DatasetReference { dataset_id: dataset.clone(), project_id: self.settings.project.clone() })
    }

    /// Returns where the job has to run: the setting, else where its tables are.
    fn location_of(&self, job: &Job) -> Result<Option<String>> {
        if !self.settings.location.is_empty() {
            return Ok(Some(self.settings.location.clone()));
        }
        let locations = self.locations.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut found: Option<(&String, &TableName)> = None;
        for table in &job.tables {
            let Some(location) = locations.get(&table.name.schema) else { continue };
            match found {
                Some((other, name)) if other != location => {
                    let what = format!("{name} is in {other} and {} in {location}", table.name);
                    return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("a query cannot read from two locations: {what}"))
                        .hint("Copy one of the tables to the other's location."));
                }
                _ => found = Some((location, &table.name)),
            }
        }
        Ok(found.map(|(location, _)| location.clone()))
    }
}

/// Returns the bytes that were billed; by the rules of the price where the server tells only what was processed.
pub fn billed(figures: &Figures, admitted: &Admitted) -> Option<Bytes> {
    if let Some(billed) = number(figures.total_bytes_billed.as_deref()) {
        return Some(Bytes(billed));
    }
    if figures.cache_hit == Some(true) {
        return Some(Bytes(0));
    }
    let bytes = processed(figures)?;
    let mut scans: Vec<Scan> = admitted.job().tables.iter().map(|table| scan(table.name.clone(), table.columns.len())).collect();
    if let [only] = &mut scans[..] {
        only.bytes = bytes;
    }
    Some(admitted.billed(&Estimate { bytes, accuracy: Accuracy::Exact, scans, warehouse_cache_hit: false, tables_told: true }))
}

/// Returns the bytes that were processed.
pub fn processed(figures: &Figures) -> Option<Bytes> {
    number(figures.total_bytes_processed.as_deref()).map(Bytes)
}

fn number(text: Option<&str>) -> Option<u64> {
    text?.parse().ok()
}
