//! What is told about a query: the NOTICE for the client, one event for the log, the metrics.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use futures::{Stream, StreamExt};

use super::Parts;
use super::history::{History, QueryFacts};
use crate::cache::Entry;
use crate::error::{Report, Result, SqlState};
use crate::guard::Guard;
use crate::guard::price::Usd;
use crate::query::{BatchStream, Notice, QueryContext, QueryId, Rows, SessionInputs};
use crate::telemetry::{CacheStatus, FreeSource, QueryEvent, metrics};
use crate::warehouse::{Outcome, Running};

/// What is known of a query so far.
pub(super) struct Story {
    fingerprint: Arc<str>,
    /// A hash of the client's text.
    text_hash: u64,
    cache: CacheStatus,
    other_spelling: bool,
    saved: Usd,
    guard: Arc<Guard>,
    history: Arc<History>,
    /// The query reads tables of the warehouse.
    reads_data: bool,
    stages: Vec<(&'static str, Duration)>,
    last: Instant,
    outcome: Option<Arc<OnceLock<Outcome>>>,
    /// Answered without a job, by this.
    free: Option<FreeSource>,
}

impl Story {
    /// Begins when the query does.
    pub(super) fn begin(fingerprint: &Arc<str>, text_hash: u64, reads_data: bool, parts: &Parts) -> Story {
        Story {
            fingerprint: Arc::clone(fingerprint),
            text_hash,
            cache: CacheStatus::Bypass,
            other_spelling: false,
            saved: Usd::ZERO,
            guard: parts.guard.clone(),
            history: parts.history.clone(),
            reads_data,
            stages: Vec::with_capacity(4),
            last: Instant::now(),
            outcome: None,
            free: None,
        }
    }

    /// Ends a stage.
    pub(super) fn stage(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.last));
        self.last = now;
    }

    /// Nothing is read that could cost.
    pub(super) fn free(&mut self) {
        self.cache = CacheStatus::Bypass;
    }

    /// The cache had it.
    pub(super) fn hit(&mut self, entry: &Entry) {
        self.cache = CacheStatus::Hit;
        self.saved = Usd(entry.price_nanos);
        self.other_spelling = entry.text_hash != self.text_hash;
    }

    /// The cache had it not (or was not asked).
    pub(super) fn miss(&mut self, asked: bool) {
        self.cache = if asked { CacheStatus::Miss } else { CacheStatus::Bypass };
        self.stage("cache");
    }

    /// No job was needed.
    pub(super) fn answered_free(&mut self, source: FreeSource) {
        metrics::free_answer(source);
        self.free = Some(source);
    }

    /// A job runs.
    pub(super) fn run(&mut self, running: &Running) {
        self.stage("run");
        self.outcome = Some(running.outcome.clone());
    }

    /// Lets the rows pass and tells the story after the last.
    pub(super) fn tell_at_the_end(self, cx: &QueryContext, max_rows: Option<u64>, rows: Rows) -> Rows {
        let batches = Telling { inner: rows.batches, cx: cx.clone(), story: Some(self), rows: 0, max_rows };
        Rows { columns: rows.columns, batches: Box::pin(batches) }
    }

    /// Tells the story of a query that ended before its first row.
    pub(super) fn tell_refusal(self, cx: &QueryContext, report: Report) -> Report {
        self.log(cx, 0, Some(report.sqlstate));
        report
    }

    /// Returns what was billed; for a cache hit, what was not.
    fn price(&self) -> Usd {
        match (self.cache, self.outcome.as_ref().and_then(|outcome| outcome.get())) {
            (CacheStatus::Hit, _) => self.saved,
            (_, Some(outcome)) => price_of(&self.guard, outcome),
            (_, None) => Usd::ZERO,
        }
    }

    fn notice(&self, cx: &QueryContext) -> Option<Notice> {
        if is_quiet(&cx.session) {
            return None;
        }
        let guard = &self.guard;
        let elapsed = cx.started.elapsed();
        let took = milliseconds(elapsed);
        let message = match (self.cache, self.outcome.as_ref().and_then(|outcome| outcome.get())) {
            (CacheStatus::Hit, _) => return Some(hit_notice(guard, self.saved.0, self.other_spelling, elapsed)),
            (cache, Some(outcome)) => {
                let engine = milliseconds(outcome.engine_time);
                let cache = if outcome.warehouse_cache_hit { "answered from the warehouse's own cache" } else { described(cache) };
                format!("scanned {}, {}, {took} (engine {engine}), {cache}", outcome.processed, bill(guard, outcome))
            }
            (_, None) => match self.free {
                Some(source) => format!("free: {}, no job ran, {took}", source.what()),
                None => return None,
            },
        };
        Some(Notice::plain(message))
    }

    fn log(&self, cx: &QueryContext, rows: u64, sqlstate: Option<SqlState>) {
        let user: Arc<str> = cx.principal.user.as_str().into();
        let (id, total) = (cx.id, cx.started.elapsed());
        let (fingerprint, cache, settled, free) = (Arc::clone(&self.fingerprint), self.cache, self.outcome.clone(), self.free);
        let (price_nanos, saved_nanos) = (self.price().0, self.saved.0);
        let told = Told {
            id,
            fingerprint: &self.fingerprint,
            user: Arc::clone(&user),
            total,
            rows,
            cache,
            price_nanos,
            saved_nanos,
            stages: &self.stages,
            outcome: self.outcome.as_ref().and_then(|outcome| outcome.get()),
            free,
            sqlstate,
        };
        told.tell(self.reads_data.then_some(&self.history));
        cx.notices.sum_up(move || {
            let outcome = settled.as_ref().and_then(|outcome| outcome.get());
            let user = Arc::clone(&user);
            Told { id, fingerprint: &fingerprint, user, total, rows, cache, price_nanos, saved_nanos, stages: &[], outcome, free, sqlstate }
                .summary()
        });
    }
}

/// Everything that is told of a query at its end.
pub(super) struct Told<'a> {
    pub(super) id: QueryId,
    pub(super) fingerprint: &'a Arc<str>,
    pub(super) user: Arc<str>,
    pub(super) total: Duration,
    pub(super) rows: u64,
    pub(super) cache: CacheStatus,
    /// What was billed; for a cache hit, what was not.
    pub(super) price_nanos: u64,
    pub(super) saved_nanos: u64,
    pub(super) stages: &'a [(&'static str, Duration)],
    pub(super) outcome: Option<&'a Outcome>,
    pub(super) free: Option<FreeSource>,
    pub(super) sqlstate: Option<SqlState>,
}

impl Told<'_> {
    /// Tells the log, the metrics, and the history of queries that read data.
    pub(super) fn tell(&self, history: Option<&History>) {
        if let Some(history) = history {
            history.add(QueryFacts {
                id: self.id.0,
                user: Arc::clone(&self.user),
                fingerprint: Arc::clone(self.fingerprint),
                finished: chrono::Utc::now(),
                milliseconds: self.total.as_secs_f64() * 1e3,
                rows: self.rows,
                cache: self.cache.as_str(),
                bytes_processed: self.outcome.map(|outcome| outcome.processed.0),
                bytes_billed: self.outcome.map(|outcome| outcome.billed.0),
                price_nanos: if self.cache == CacheStatus::Hit { 0 } else { self.price_nanos },
                saved_nanos: self.saved_nanos,
                job_id: self.outcome.and_then(|outcome| outcome.job_id.clone()),
                sqlstate: self.sqlstate.map(|state| state.0),
            });
        }
        QueryEvent {
            id: self.id.0,
            fingerprint: self.fingerprint,
            user: &self.user,
            stages: self.stages,
            total: self.total,
            rows: self.rows,
            bytes_processed: self.outcome.map_or(0, |outcome| outcome.processed.0),
            bytes_billed: self.outcome.map_or(0, |outcome| outcome.billed.0),
            price_nanos: self.price_nanos,
            cache: self.cache,
            sqlstate: self.sqlstate.map(|state| state.0),
        }
        .emit();
    }

    /// Sums it up in one line of JSON.
    pub(super) fn summary(&self) -> String {
        serde_json::json!({
            "id": self.id.0,
            "fingerprint": &**self.fingerprint,
            "rows": self.rows,
            "cache": described(self.cache),
            "free": self.free.map(FreeSource::as_str),
            "bytes_processed": self.outcome.map(|outcome| outcome.processed.0),
            "bytes_billed": self.outcome.map(|outcome| outcome.billed.0),
            "price_nanos": self.price_nanos,
            "saved_nanos": self.saved_nanos,
            "job_id": self.outcome.and_then(|outcome| outcome.job_id.clone()),
            "result": self.outcome.and_then(|outcome| outcome.reading.as_ref()).map(|reading| reading.what.clone()),
            "milliseconds": self.total.as_secs_f64() * 1e3,
            "sqlstate": self.sqlstate.map(|state| state.0),
        })
        .to_string()
    }
}

/// Tells whether a session wants no notices of prices.
pub(super) fn is_quiet(session: &SessionInputs) -> bool {
    session.setting("sluice.notices") == Some("off")
}

/// What the client is told of a cache hit.
pub(super) fn hit_notice(guard: &Guard, saved_nanos: u64, other_spelling: bool, took: Duration) -> Notice {
    let spelling = if other_spelling { " (same query, other spelling)" } else { "" };
    let (saved, label) = (guard.pricing().amount(Usd(saved_nanos)), guard.pricing().label());
    Notice::plain(format!("cache hit{spelling}, saved {saved}{label}, {}", milliseconds(took)))
}

/// Returns what a finished job cost, and reading its result.
fn price_of(guard: &Guard, outcome: &Outcome) -> Usd {
    let reading = outcome.reading.as_ref().map_or(Usd::ZERO, |reading| reading.price);
    guard.price_of(outcome.billed).plus(reading)
}

/// Returns `USD 0.06 (simulated, 10 MiB minimum)` for a finished job.
fn bill(guard: &Guard, outcome: &Outcome) -> String {
    let pricing = guard.pricing();
    let label = pricing.label().trim_matches([' ', '(', ')']);
    let minimum = format!("{} minimum", pricing.min_bytes_per_table);
    let raised = outcome.billed > outcome.processed.ceil_mib();
    let notes: Vec<&str> = [(!label.is_empty()).then_some(label), raised.then_some(minimum.as_str())].into_iter().flatten().collect();
    let amount = pricing.amount(price_of(guard, outcome));
    if notes.is_empty() { amount } else { format!("{amount} ({})", notes.join(", ")) }
}

fn described(cache: CacheStatus) -> &'static str {
    match cache {
        CacheStatus::Hit => "cache hit",
        CacheStatus::Miss => "cache miss",
        CacheStatus::Bypass => "not cached",
    }
}

fn milliseconds(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1e3;
    if millis < 0.95 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") }
}

/// The rows, with the story at their end.
struct Telling {
    inner: BatchStream,
    cx: QueryContext,
    story: Option<Story>,
    rows: u64,
    max_rows: Option<u64>,
}

impl Stream for Telling {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let mut next = std::task::ready!(self.inner.poll_next_unpin(cx));
        if let Some(Ok(batch)) = &next {
            self.rows += u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
            if let Some(most) = self.max_rows.filter(|most| self.rows > *most) {
                next = Some(Err(Report::new(
                    SqlState::PROGRAM_LIMIT_EXCEEDED,
                    format!("the result has more than {most} rows (guard.max_rows)"),
                )
                .hint("Add a LIMIT or a narrower filter.")));
            }
        }
        match &next {
            Some(Ok(_)) => {}
            Some(Err(report)) => {
                if let Some(story) = self.story.take() {
                    story.log(&self.cx, self.rows, Some(report.sqlstate));
                }
            }
            None => {
                if let Some(story) = self.story.take() {
                    if let Some(notice) = story.notice(&self.cx) {
                        self.cx.notices.push(notice);
                    }
                    story.log(&self.cx, self.rows, None);
                }
            }
        }
        Poll::Ready(next)
    }
}

impl Drop for Telling {
    /// The client went away, or took no more rows.
    fn drop(&mut self) {
        if let Some(story) = self.story.take() {
            story.log(&self.cx, self.rows, Some(SqlState::QUERY_CANCELED));
        }
    }
}
