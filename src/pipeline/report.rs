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
use crate::query::{BatchStream, Notice, QueryContext, Rows};
use crate::telemetry::{CacheStatus, FreeSource, QueryEvent, metrics};
use crate::warehouse::{Outcome, Running};

/// What is known of a query so far.
pub(super) struct Story {
    fingerprint: String,
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
    pub(super) fn begin(fingerprint: &str, text_hash: u64, reads_data: bool, parts: &Parts) -> Story {
        Story {
            fingerprint: fingerprint.to_owned(),
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
        if cx.session.setting("sluice.notices") == Some("off") {
            return None;
        }
        let guard = &self.guard;
        let took = milliseconds(cx.started.elapsed());
        let message = match (self.cache, self.outcome.as_ref().and_then(|outcome| outcome.get())) {
            (CacheStatus::Hit, _) => {
                let spelling = if self.other_spelling { " (same query, other spelling)" } else { "" };
                format!("cache hit{spelling}, saved {}{}, {took}", guard.pricing().amount(self.saved), guard.pricing().label())
            }
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
        let outcome = self.outcome.as_ref().and_then(|outcome| outcome.get());
        let (id, price, saved, total) = (cx.id.0, self.price(), self.saved, cx.started.elapsed());
        let (fingerprint, cache, settled, free) = (self.fingerprint.clone(), self.cache, self.outcome.clone(), self.free);
        cx.notices.sum_up(move || {
            let outcome = settled.as_ref().and_then(|outcome| outcome.get());
            serde_json::json!({
                "id": id,
                "fingerprint": fingerprint,
                "rows": rows,
                "cache": described(cache),
                "free": free.map(FreeSource::as_str),
                "bytes_processed": outcome.map(|outcome| outcome.processed.0),
                "bytes_billed": outcome.map(|outcome| outcome.billed.0),
                "price_nanos": price.0,
                "saved_nanos": saved.0,
                "job_id": outcome.and_then(|outcome| outcome.job_id.clone()),
                "result": outcome.and_then(|outcome| outcome.reading.as_ref()).map(|reading| reading.what.clone()),
                "milliseconds": total.as_secs_f64() * 1e3,
                "sqlstate": sqlstate.map(|state| state.0),
            })
            .to_string()
        });
        if self.reads_data {
            self.history.add(QueryFacts {
                id: cx.id.0,
                user: cx.principal.user.clone(),
                fingerprint: self.fingerprint.clone(),
                finished: chrono::Utc::now(),
                milliseconds: cx.started.elapsed().as_secs_f64() * 1e3,
                rows,
                cache: self.cache.as_str(),
                bytes_processed: outcome.map(|outcome| outcome.processed.0),
                bytes_billed: outcome.map(|outcome| outcome.billed.0),
                price_nanos: if self.cache == CacheStatus::Hit { 0 } else { self.price().0 },
                saved_nanos: self.saved.0,
                job_id: outcome.and_then(|outcome| outcome.job_id.clone()),
                sqlstate: sqlstate.map(|state| state.0),
            });
        }
        QueryEvent {
            id: cx.id.0,
            fingerprint: &self.fingerprint,
            user: &cx.principal.user,
            stages: &self.stages,
            total,
            rows,
            bytes_processed: outcome.map_or(0, |outcome| outcome.processed.0),
            bytes_billed: outcome.map_or(0, |outcome| outcome.billed.0),
            price_nanos: price.0,
            cache: self.cache,
            sqlstate: sqlstate.map(|state| state.0),
        }
        .emit();
    }
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
