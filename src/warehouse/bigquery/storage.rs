//! Results by the Storage Read API: the table behind a finished job as Arrow batches over gRPC, in several streams where no order has to be kept.

mod gate;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::read_session::Schema;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answers::{JobAnswer, Results, TablePlace};
use super::failure::Failure;
use super::pages::{Answer, Run, STATISTICS, Stop, incomplete, next_batch};
use super::retry::transient;
use crate::error::{Report, SqlState};
use crate::guard::price::{Bytes, Usd};
use crate::telemetry::ReadReason;
use crate::warehouse::Reading;
pub use gate::Gate;
use stream::{Reader, Shape, Trouble};

/// How long the first batch may take: pages are there as well.
const PATIENCE: Duration = Duration::from_secs(15);

/// How a result was read, or has to be.
pub enum Way {
    /// It is read already, to its last row.
    Read(Reading),
    /// No row of it has left: it has to be read in pages.
    Pages(Reading),
}

fn pages(reason: ReadReason, why: impl std::fmt::Display) -> Way {
    Way::Pages(Reading { reason, what: format!("pages: {why}"), price: Usd::ZERO })
}

/// A result that is worth its streams, and may be read in them.
struct Chosen {
    table: TablePlace,
    /// Rows in all.
    total: u64,
    /// Bytes, about.
    size: Bytes,
    /// What reading them costs.
    price: Usd,
}

/// The streams of a session, on their way.
struct Opened {
    batches: mpsc::Receiver<Result<RecordBatch, Trouble>>,
    /// Dropped with the run, and so are the streams.
    readers: JoinSet<()>,
}

impl Run {
    /// Reads a result by the Storage Read API if that is worth it and possible. The first page is there: it tells how large the result is. Where
    /// the query has an order its rows leave at once, and the one stream has to begin with the same; else the streams give them again. `head` are its
    /// first rows.
    pub(super) async fn by_storage(&mut self, answer: &mut Answer, first: &mut Results, head: Option<&RecordBatch>) -> Result<Way, Stop> {
        let Some(from) = self.shared.settings.storage_from else { return Ok(pages(ReadReason::Setting, "result_path is \"rest\"")) };
        if first.token().is_none() {
            return Ok(pages(ReadReason::Small, "the first holds all rows"));
        }
        let Some(head) = head else { return Ok(pages(ReadReason::Untold, "the first is empty")) };
        let chosen = match self.choose(answer, head, from).await? {
            Ok(chosen) => chosen,
            Err(way) => return Ok(way),
        };
        let ordered = self.admitted.job().ordered;
        let made = if ordered { self.first_leaves(answer, first, head).await? } else { head.clone() };
        let wanted = if ordered { 1 } else { self.shared.settings.storage_streams.max(1) };
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut opened = match tokio::time::timeout_at(until, self.open(answer, &chosen, wanted)).await {
            Ok(opened) => match opened? {
                Ok(opened) => opened,
                Err(failure) => return Ok(self.failed(false, &failure)),
            },
            Err(_) => return Ok(self.failed(false, &Failure::unanswered("no answer in time"))),
        };
        let (count, total) = (opened.readers.len(), chosen.total);
        // Rows that came, and rows that left beyond those of the first page: before these, pages can take over.
        let (mut came, mut left) = (0, 0);
        loop {
            let coming = async {
                match came {
                    0 => tokio::time::timeout_at(until, opened.batches.recv()).await.unwrap_or_else(|_| {
                        let late = Failure::unanswered("no rows in time");
                        Some(Err(Trouble::Failed(late)))
                    }),
                    _ => opened.batches.recv().await,
                }
            };
            let Some(next) = self.unless_stopped(coming).await? else { break };
            let batch = match next {
                Ok(batch) => batch,
                Err(Trouble::Failed(failure)) if left == 0 => return Ok(self.failed(came > 0, &failure)),
                Err(Trouble::Broken(report)) if left == 0 => return Ok(self.given_up(came > 0, &report.message)),
                Err(Trouble::Failed(failure)) => return Err(broken_off(failure, answer.sent + left, total)),
                Err(Trouble::Broken(report)) => return Err(Stop::Broken(report)),
            };
            let Some(fresh) = unsent(&made, answer.sent.saturating_sub(came), &batch) else {
                return Ok(self.given_up(true, "its rows do not come in the order of the pages"));
            };
            came += rows_of(&batch);
            if came > total {
                return Err(Stop::Broken(incomplete(format!("more than {total} rows came"))));
            }
            if fresh.num_rows() > 0 {
                left += rows_of(&fresh);
                self.hand_on(fresh).await?;
            }
        }
        if left == 0 {
            return Ok(self.given_up(came > 0, "it does not give all rows"));
        }
        // Of a reader that panicked nothing but its rows is missing.
        if came < total {
            return Err(Stop::Broken(incomplete(format!("{came} rows came instead of {total}"))));
        }
        self.admitted.settle_reading(true);
        let streams = match (count, ordered) {
            (1, true) => "one stream, in the order of the query".to_owned(),
            (1, false) => "one stream".to_owned(),
            (count, _) => format!("{count} streams"),
        };
        let from = Bytes(self.shared.settings.storage_from.unwrap_or_default());
        let what = format!("Storage Read API, {streams}: about {}, more than storage_from ({from})", chosen.size);
        Ok(Way::Read(Reading { reason: ReadReason::Large, what, price: chosen.price }))
    }

    /// Decides whether a result is to be read so; sets its price aside.
    async fn choose(&mut self, answer: &mut Answer, head: &RecordBatch, from: u64) -> Result<Result<Chosen, Way>, Stop> {
        let shared = self.shared.clone();
        match &shared.storage {
            Ok(gate) if gate.is_resting() => {
                return Ok(Err(pages(ReadReason::Failed, "nobody answers at the Storage Read API, it is left alone for a while")));
            }
            Ok(_) => {}
            Err(why) => return Ok(Err(pages(ReadReason::Setting, why))),
        }
        let Some(total) = answer.total else { return Ok(Err(pages(ReadReason::Untold, "the number of rows is not told"))) };
        let size = Bytes(size_of(head, total));
        if size.0 <= from {
            return Ok(Err(pages(ReadReason::Small, format!("about {size}, not more than storage_from ({})", Bytes(from)))));
        }
        // Where the result is; and the bill, in the same answer.
        if answer.destination.is_none() || answer.known.is_none() {
            let found = self.unless_stopped(shared.finished(&answer.job, STATISTICS)).await?;
            answer.destination = answer.destination.take().or_else(|| found.as_ref().and_then(JobAnswer::destination));
            answer.known = answer.known.take().or_else(|| Some(found?.figures().or(answer.told.clone())));
        }
        let Some(table) = answer.destination.clone() else {
            return Ok(Err(pages(ReadReason::Untold, "the table of the result is not told")));
        };
        Ok(match self.admitted.reserve_reading(size) {
            Ok(price) => Ok(Chosen { table, total, size, price }),
            Err(report) => Err(pages(ReadReason::Price, report.message)),
        })
    }

    /// Lets all rows of the first page leave; returns them, for the stream has to begin with them.
    async fn first_leaves(&self, answer: &mut Answer, first: &mut Results, head: &RecordBatch) -> Result<RecordBatch, Stop> {
        self.hand_on(head.clone()).await?;
        let mut parts = vec![head.clone()];
        while let Some(part) = next_batch(first, answer)? {
            parts.push(part);
        }
        let made = concat_batches(&head.schema(), &parts).map_err(|error| Stop::Broken(Report::internal(error.to_string())))?;
        if parts.len() > 1 {
            self.hand_on(made.slice(head.num_rows(), made.num_rows() - head.num_rows())).await?;
        }
        answer.sent = rows_of(&made);
        Ok(made)
    }

    /// Opens a session and lets its streams come; or says why that cannot be.
    async fn open(&self, answer: &Answer, chosen: &Chosen, wanted: usize) -> Result<Result<Opened, Failure>, Stop> {
        let shared = &self.shared;
        let Ok(gate) = &shared.storage else { return Ok(Err(Failure::unanswered("it is not there"))) };
        let caller = gate.caller(answer.job.api.clone());
        let opening = transient(shared.pauses(self.cx.deadline).at_most(2), || caller.open(shared.settings.payer(), &chosen.table, wanted));
        let session = self.unless_stopped(opening).await?;
        let (streams, schema) = match session.map(|session| (session.streams, session.schema)) {
            Ok((streams, Some(Schema::ArrowSchema(schema)))) if !streams.is_empty() && streams.len() <= wanted => (streams, schema),
            Ok(_) => {
                let message = "its session is not the one that was asked for".to_owned();
                return Ok(Err(Failure { status: 200, reason: String::new(), message }));
            }
            Err(failure) => return Ok(Err(failure)),
        };
        let shape = Shape { schema: schema.serialized_schema, fields: answer.fields.clone(), columns: answer.columns.clone() };
        let (shape, count) = (Arc::new(shape), streams.len());
        let (sender, batches) = mpsc::channel(1);
        let mut readers = JoinSet::new();
        for stream in streams {
            let (caller, shape, pauses) = (caller.clone(), shape.clone(), shared.pauses(self.cx.deadline));
            let reader = Reader { caller, name: stream.name, shape, pauses, rows: (count == 1).then_some(chosen.total) };
            readers.spawn(reader.run(sender.clone()));
        }
        Ok(Ok(Opened { batches, readers }))
    }

    /// Sends rows to the client; waits for one that is slow.
    async fn hand_on(&self, batch: RecordBatch) -> Result<(), Stop> {
        let sending = async { self.sender.send(Ok(batch)).await.map_err(|_| Stop::Stopped(None)) };
        self.unless_stopped(sending).await?
    }

    /// Goes back to pages after a failure; where nobody answers, nobody is asked for a while.
    fn failed(&mut self, read: bool, failure: &Failure) -> Way {
        if let (Ok(gate), 0) = (&self.shared.storage, failure.status) {
            gate.leave_alone();
        }
        self.given_up(read, &said(failure))
    }

    /// Goes back to pages. What was not read is not paid for.
    fn given_up(&mut self, read: bool, why: &str) -> Way {
        self.admitted.settle_reading(read);
        tracing::info!(query_id = %self.cx.id, "result is read in pages, the Storage Read API cannot be used");
        pages(ReadReason::Failed, format!("the Storage Read API cannot be used ({why})"))
    }
}

/// Returns the rows of a batch that have not left yet: `again` is how many of the page's last rows it gives once more at most. `None` when these
/// are others.
fn unsent(page: &RecordBatch, again: u64, batch: &RecordBatch) -> Option<RecordBatch> {
    let again = usize::try_from(again).ok()?;
    let known = again.min(batch.num_rows());
    let same = known == 0 || page.slice(page.num_rows() - again, known) == batch.slice(0, known);
    same.then(|| batch.slice(known, batch.num_rows() - known))
}

fn rows_of(batch: &RecordBatch) -> u64 {
    u64::try_from(batch.num_rows()).unwrap_or(u64::MAX)
}

/// How large a result is, going by its first page.
fn size_of(page: &RecordBatch, total: u64) -> u64 {
    let size = u64::try_from(page.get_array_memory_size()).unwrap_or(u64::MAX);
    let rows = u64::try_from(page.num_rows()).unwrap_or(u64::MAX);
    u64::try_from(u128::from(size) * u128::from(total) / u128::from(rows.max(1))).unwrap_or(u64::MAX)
}

/// What a failure says, with the class that it is of.
fn said(failure: &Failure) -> String {
    let message = failure.message.trim_end_matches('.');
    if failure.reason.is_empty() { message.to_owned() } else { format!("{}: {message}", failure.reason) }
}

/// The one error after rows that have left already.
fn broken_off(failure: Failure, sent: u64, total: u64) -> Stop {
    if matches!(failure.status, 401 | 403) {
        return Stop::Failed(failure); // says whose permission it is
    }
    let message = format!("BigQuery's answer broke off after {sent} of {total} rows");
    Stop::Broken(Report::new(SqlState::SYSTEM_ERROR, message).detail(format!("{}.", said(&failure))).hint("Try again."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};

    #[test]
    fn the_first_page_tells_the_size() {
        let column = Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef;
        let page = RecordBatch::try_from_iter([("a", column)]).unwrap();
        let row = size_of(&page, 4) / 4;
        assert!((8..64).contains(&row), "{row}");
        assert_eq!(size_of(&page, 1_000_000), row * 1_000_000);
        assert_eq!(size_of(&page.slice(0, 0), 7), size_of(&page, 28));
    }

    #[test]
    fn rows_that_have_left_do_not_leave_again() {
        let numbers = |numbers: Vec<i64>| RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(numbers)) as ArrayRef)]).unwrap();
        let page = numbers(vec![1, 2, 3, 4]);
        let left = |again, batch: Vec<i64>| unsent(&page, again, &numbers(batch));
        assert_eq!(left(4, vec![1, 2, 3]), Some(numbers(vec![])));
        assert_eq!(left(1, vec![4, 5, 6]), Some(numbers(vec![5, 6])));
        assert_eq!(left(4, vec![1, 2, 3, 4, 5]), Some(numbers(vec![5])));
        assert_eq!(left(0, vec![7]), Some(numbers(vec![7])));
        assert_eq!(left(4, vec![2, 1]), None);
        assert_eq!(left(2, vec![3, 5, 4]), None);
    }
}
