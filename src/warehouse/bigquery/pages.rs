//! A job from insert to its last row: rows flow through a channel of one page, so that a slow client slows the reading.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::answers::{Figures, JOB_PREFIX, JobAnswer, Results, TablePlace};
use super::api::PageRequest;
use super::decode::batch;
use super::failure::Failure;
use super::jobs::{Inserted, NotStarted, Started, billed, processed};
use super::queue::Place;
use super::retry::transient;
use super::storage::Way;
use super::types::TableField;
use crate::error::{Report, Result, SqlState};
use crate::guard::Admitted;
use crate::guard::price::Bytes;
use crate::query::{OutputColumn, QueryContext};
use crate::telemetry::metrics;
use crate::warehouse::Outcome;

/// How long one call waits for the job (RULES: at most 10 s, so that a vanished client is noticed).
const POLL: Duration = Duration::from_secs(10);
/// Jobs that are started for one query when BigQuery fails them for reasons of its own.
const JOBS: u32 = 3;
/// The first page is no larger than this: its rows are waited for, and the next one comes while they leave.
const FIRST_PAGE: u64 = 256 << 10;
/// How long the statistics of a finished job may take.
pub(super) const STATISTICS: Duration = Duration::from_secs(10);

/// One query on its way.
pub(super) struct Run {
    pub shared: Arc<Shared>,
    pub cx: QueryContext,
    pub admitted: Admitted,
    pub sender: mpsc::Sender<Result<RecordBatch>>,
    pub outcome: Arc<OnceLock<Outcome>>,
    pub place: Place,
}

/// The answer of a finished job, as far as it is known.
pub(super) struct Answer {
    pub job: Started,
    /// Its columns as BigQuery tells them, and as the client sees them.
    pub fields: Vec<TableField>,
    pub columns: Arc<[OutputColumn]>,
    /// Rows in all, where that is told.
    pub total: Option<u64>,
    /// The figures that came with the first page.
    pub told: Figures,
    /// The figures with the bill.
    pub known: Option<Figures>,
    /// The table that holds it.
    pub destination: Option<TablePlace>,
    /// Rows of the first page that have left already.
    pub sent: u64,
}

impl Answer {
    fn begin(inserted: Inserted, first: &Results, columns: Arc<[OutputColumn]>) -> Answer {
        let Inserted { job, figures, destination, .. } = inserted;
        let told = first.figures();
        let told_all = told.total_bytes_billed.is_some() && told.total_bytes_processed.is_some();
        let known = figures.or_else(|| told_all.then(|| told.clone()));
        Answer { job, fields: first.schema.fields.clone(), columns, total: first.total(), told, known, destination, sent: 0 }
    }
}

/// Why a run ended early.
pub(super) enum Stop {
    /// The query was stopped from outside: tell the client so, if it listens.
    Stopped(Option<Report>),
    /// BigQuery failed it.
    Failed(Failure),
    /// We could not read its answer.
    Broken(Report),
}

impl Run {
    /// Runs to the end; `ready` is told when the first page is there, or why it never will be.
    pub async fn go(mut self, ready: oneshot::Sender<Result<()>>) {
        let mut ready = Some(ready);
        let mut job = None;
        let stop = self.drive(&mut ready, &mut job).await.err();
        let Some(stop) = stop else { return };
        // A query that BigQuery failed before its first row was for free, even where the job cannot be asked about that.
        let for_free = matches!(&stop, Stop::Failed(failure) if ready.is_some() && failure.is_of_the_query());
        let (report, ended) = match stop {
            Stop::Stopped(report) => (report, false),
            Stop::Broken(report) => (Some(report), false),
            Stop::Failed(failure) => {
                let report = self.shared.note(&failure).report_about(self.admitted.job());
                (Some(report), failure.is_of_the_job() || failure.is_of_the_query())
            }
        };
        if let Some(job) = job.as_ref().filter(|job| job.told && !ended) {
            self.shared.cancel(job).await;
        }
        if let Some(report) = report {
            match ready.take() {
                Some(ready) => drop(ready.send(Err(report))),
                // A client that is gone does not listen to errors either.
                None => drop(self.sender.send(Err(report)).await),
            }
        }
        match &job {
            None => self.admitted.release(),
            Some(job) if !job.told && !self.shared.cancel_if_made(job).await => self.admitted.release(),
            // A reservation whose outcome stays unknown is kept: dropping it without a word does that.
            Some(job) => {
                let billed = self.shared.billed_after_stop(job, &self.admitted).await;
                if let Some(billed) = billed.or(for_free.then_some(Bytes(0))) {
                    self.admitted.settle(billed);
                }
            }
        }
        drop(self.place);
    }

    async fn drive(&mut self, ready: &mut Option<oneshot::Sender<Result<()>>>, job: &mut Option<Started>) -> Result<(), Stop> {
        let began = Instant::now();
        let (inserted, mut first) = self.first_page(ready, job).await?;
        let engine_time = began.elapsed();
        if let Some(ready) = ready.take() {
            ready.send(Ok(())).ok();
        }
        let mut answer = Answer::begin(inserted, &first, self.admitted.job().columns.clone());
        let head = next_batch(&mut first, &answer)?;
        let reading = match self.by_storage(&mut answer, &mut first, head.as_ref()).await? {
            Way::Read(reading) => reading,
            Way::Pages(reading) => {
                self.by_pages(&mut answer, first, head).await?;
                reading
            }
        };
        metrics::result_read(reading.reason);
        let figures = answer.known.unwrap_or_default();
        let billed = billed(&figures, &self.admitted);
        let told = Outcome {
            processed: processed(&figures).unwrap_or_default(),
            billed: billed.unwrap_or_default(),
            warehouse_cache_hit: figures.cache_hit.unwrap_or(false),
            job_id: Some(answer.job.id),
            engine_time,
            reading: Some(reading),
        };
        // A bill that stays unknown keeps the reservation.
        if let Some(billed) = billed {
            self.admitted.settle(billed);
            self.outcome.set(told).ok();
        }
        Ok(())
    }

    /// Sends a result page by page; `head` are the first rows of the first page. While a page leaves, the next one comes.
    async fn by_pages(&self, answer: &mut Answer, first: Results, head: Option<RecordBatch>) -> Result<(), Stop> {
        let total = answer.total;
        let mut rows_wanted = rows_for(self.shared.settings.page_bytes, answer.fields.len());
        let (mut page, mut head) = (first, head);
        let (mut seen, mut tokens) = (0, HashSet::new());
        let mut has_left = answer.sent > 0;
        loop {
            seen += page.rows_told();
            rows_wanted = adapt(rows_wanted, &page, self.shared.settings.page_bytes);
            // Some servers give a token with the last page, too.
            let token = page.take_token().filter(|_| total != Some(seen));
            check_count(seen, total, token.is_none()).map_err(Stop::Broken)?;
            // The bill is asked for while the client reads the first page.
            let bill = async {
                match &answer.known {
                    Some(known) => known.clone(),
                    None => {
                        let job = self.shared.finished(&answer.job, STATISTICS).await;
                        job.as_ref().map(JobAnswer::figures).unwrap_or_default().or(answer.told.clone())
                    }
                }
            };
            let nothing = std::mem::take(&mut has_left);
            let send = async {
                let mut next = head.take();
                if nothing {
                    return Ok(());
                }
                loop {
                    let made = match next.take() {
                        Some(made) => made,
                        None => match next_batch(&mut page, answer)? {
                            Some(made) => made,
                            None => return Ok(()),
                        },
                    };
                    self.sender.send(Ok(made)).await.map_err(|_| Stop::Stopped(None))?;
                    // Who takes the rows often waits for this thread: they leave before the next ones are read.
                    tokio::task::yield_now().await;
                }
            };
            let next = async {
                match token {
                    Some(token) => self.next_page(&answer.job, token, rows_wanted, &mut tokens).await.map(Some),
                    None => Ok(None),
                }
            };
            let all = async { tokio::join!(send, bill, next) };
            let (sent, figures, next) = self.unless_stopped(all).await?;
            sent?;
            answer.known = Some(figures);
            let Some(next) = next? else { return Ok(()) };
            page = next;
        }
    }

    /// Starts a job and waits for its first page; starts another where BigQuery failed the first for reasons of its own.
    async fn first_page(
        &mut self,
        ready: &mut Option<oneshot::Sender<Result<()>>>,
        job: &mut Option<Started>,
    ) -> Result<(Inserted, Results), Stop> {
        let rows = rows_for(self.shared.settings.page_bytes.min(FIRST_PAGE), self.admitted.job().columns.len());
        let mut left = JOBS;
        let mut pauses = self.shared.pauses(self.cx.deadline);
        loop {
            left -= 1;
            // Made anew each time: less time is left for another job.
            let mut model = self.shared.model(&self.cx, self.admitted.job(), self.admitted.cap()).map_err(Stop::Broken)?;
            let id = job_id();
            let mut location = None;
            if let Some(reference) = &mut model.job_reference {
                reference.job_id = Some(id.clone());
                location = reference.location.clone();
            }
            // An insert under way is never abandoned: it could make a job that nobody cancels. The job counts as made until we know better.
            let api = self.shared.api_of(&self.cx).map_err(Stop::Broken)?;
            let wanted = Started { api, id, location, told: false };
            *job = Some(wanted.clone());
            let inserting = self.shared.start(&model, &wanted, self.cx.deadline);
            tokio::pin!(inserting);
            let (answer, stopped) = tokio::select! {
                biased;
                report = stopped(&self.cx, &self.sender) => {
                    if let (Some(report), Some(ready)) = (report, ready.take()) {
                        ready.send(Err(report)).ok();
                    }
                    (inserting.await, true)
                }
                answer = &mut inserting => (answer, false),
            };
            let inserted = match answer {
                Ok(inserted) => inserted,
                Err(NotStarted { failure, perhaps }) => {
                    if !perhaps {
                        *job = None;
                    }
                    return Err(if stopped { Stop::Stopped(None) } else { Stop::Failed(failure) });
                }
            };
            *job = Some(inserted.job.clone());
            if stopped {
                return Err(Stop::Stopped(None));
            }
            let page = match &inserted.failure {
                Some(failure) => Err(Stop::Failed(failure.clone())),
                None => self.page(&inserted.job, None, rows).await,
            };
            match page {
                // A failure of the job, not of a call about it: those were tried again already.
                Err(Stop::Failed(failure)) if left > 0 && failure.is_worth_another_job() && failure.is_of_the_job() => {
                    tracing::info!(job_id = %inserted.job.id, reason = %failure.reason, "job failed, started again");
                    let Some(pause) = pauses.next() else { return Err(Stop::Failed(failure)) };
                    // The failed job was for free, and another one needs its money set aside anew.
                    let said = format!("BigQuery failed the job: {}", failure.message);
                    self.admitted.again(Bytes(0)).map_err(|report| Stop::Broken(report.detail(said)))?;
                    self.unless_stopped(tokio::time::sleep(pause)).await?;
                }
                Ok(page) => return Ok((inserted, page)),
                Err(stop) => return Err(stop),
            }
        }
    }

    /// Fetches the page behind a token. `asked` are the tokens so far: a page that leads back to one of them was sent already, and is asked
    /// for once more before it counts as broken.
    async fn next_page(&self, job: &Started, token: String, rows: u64, asked: &mut HashSet<String>) -> Result<Results, Stop> {
        asked.insert(token.clone());
        let leads_back = |page: &Results| page.token().is_some_and(|next| asked.contains(next));
        let mut page = self.page(job, Some(&token), rows).await?;
        if leads_back(&page) {
            page = self.page(job, Some(&token), rows).await?;
        }
        if leads_back(&page) {
            return Err(Stop::Broken(incomplete("its pages lead back to the same page".into())));
        }
        Ok(page)
    }

    /// Fetches a page; waits for the job before the first.
    async fn page(&self, job: &Started, token: Option<&str>, rows: u64) -> Result<Results, Stop> {
        let shared = &self.shared;
        let mut pause = Duration::from_millis(20);
        loop {
            let asked = Instant::now();
            let wait = self.cx.remaining().map_or(POLL, |left| left.min(POLL)).max(Duration::from_millis(1));
            let request = PageRequest { job_id: &job.id, location: job.location.as_deref(), token, rows, wait };
            let fetch = transient(shared.pauses(self.cx.deadline), || async {
                match job.api.results(shared.settings.payer(), &request).await {
                    // Did the call fail, or does it tell of a job that did? The first is asked again, the second is not.
                    Err(failure) if failure.is_worth_another_job() => Err(shared.failure_of(job).await.unwrap_or(failure)),
                    answer => answer,
                }
            });
            let results = self.unless_stopped(fetch).await?.map_err(Stop::Failed)?;
            if token.is_some() {
                return Ok(results);
            }
            if results.is_complete() {
                return self.unless_failed(job, results).await;
            }
            // A server that does not wait as it was asked to is not asked without a pause.
            if asked.elapsed() < wait / 2 {
                self.unless_stopped(tokio::time::sleep(pause)).await?;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }

    /// Some servers say that a failed job is complete: its answer has no columns then.
    async fn unless_failed(&self, job: &Started, results: Results) -> Result<Results, Stop> {
        if !results.schema.fields.is_empty() || self.admitted.job().columns.is_empty() {
            return Ok(results);
        }
        match self.unless_stopped(self.shared.failure_of(job)).await?.or_else(|| results.errors.first().cloned()) {
            Some(failure) => Err(Stop::Failed(failure)),
            None => Err(Stop::Broken(incomplete("it comes without columns".into()))),
        }
    }

    /// Does work that ends early when the query does.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            report = stopped(&self.cx, &self.sender) => Err(Stop::Stopped(report)),
            done = work => Ok(done),
        }
    }
}

/// Waits for a reason to stop; `None`: nobody listens any more.
pub(super) async fn stopped(cx: &QueryContext, sender: &mpsc::Sender<Result<RecordBatch>>) -> Option<Report> {
    let timed_out = || Report::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout");
    let deadline = async {
        match cx.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = sender.closed() => None,
        () = deadline => Some(timed_out()),
        () = cx.cancel.cancelled() => Some(match cx.deadline {
            Some(deadline) if deadline <= Instant::now() => timed_out(),
            _ => Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request"),
        }),
    }
}

/// Pages that hold more or fewer rows than the whole answer are not passed off as the answer.
fn check_count(seen: u64, total: Option<u64>, last: bool) -> Result<()> {
    match total {
        Some(total) if seen > total || (last && seen < total) => Err(incomplete(format!("{seen} rows came instead of {total}"))),
        _ => Ok(()),
    }
}

/// The error for an answer with too few rows or too many.
pub(super) fn incomplete(what: String) -> Report {
    Report::new(SqlState::SYSTEM_ERROR, format!("BigQuery's answer is not whole: {what}")).hint("Try again.")
}

/// A job id of our own: 128 random bits.
fn job_id() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let half = || RandomState::new().build_hasher().finish();
    format!("{JOB_PREFIX}{:016x}{:016x}", half(), half())
}

/// A first guess of how many rows make a page.
pub(super) fn rows_for(page_bytes: u64, columns: usize) -> u64 {
    let row = u64::try_from(columns.max(1)).unwrap_or(1).saturating_mul(32);
    (page_bytes / row).clamp(1, 100_000)
}

/// Corrects the guess by what a page came to.
fn adapt(rows: u64, page: &Results, page_bytes: u64) -> u64 {
    let (count, size) = (page.parts.rows(), page.parts.bytes());
    if count == 0 || (count < 100 && size < page_bytes) {
        return rows;
    }
    (page_bytes / (size / count).max(1)).clamp(1, 100_000)
}

/// Returns the next rows of a page as a batch; `None` after the last.
pub(super) fn next_batch(page: &mut Results, answer: &Answer) -> Result<Option<RecordBatch>, Stop> {
    let Some(rows) = page.next_rows() else { return Ok(None) };
    let rows = rows.map_err(|failure| Stop::Broken(incomplete(failure.message)))?;
    batch(&rows, &answer.fields, &answer.columns).map(Some).map_err(Stop::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_sized_by_bytes() {
        assert_eq!(rows_for(8 << 20, 4), 65_536);
        assert_eq!(rows_for(10, 4), 1);
        assert_ne!(job_id(), job_id());
        assert!(job_id().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    }
}
