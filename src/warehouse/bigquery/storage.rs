//! Results by the Storage Read API: the table behind a finished job as Arrow batches over gRPC, in several streams where no order has to be kept.

mod gate;
mod stream;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::read_session::Schema;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answers::{JobAnswer, Results};
use super::failure::Failure;
use super::pages::{Answer, Run, STATISTICS, Stop, incomplete};
use super::retry::transient;
use crate::error::{Report, SqlState};
use crate::guard::price::{Bytes, Usd};
use crate::telemetry::ReadReason;
use crate::warehouse::Reading;
pub use gate::Gate;
use stream::{Reader, Shape, Trouble};

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

impl Run {
    /// Reads a result by the Storage Read API if that is worth it and possible. The first page is there: it tells how large the result is, and is
    /// dropped for the streams, which give its rows again.
    pub(super) async fn by_storage(&mut self, answer: &mut Answer, first: &Results, made: &RecordBatch) -> Result<Way, Stop> {
        let shared = self.shared.clone();
        let settings = &shared.settings;
        let Some(from) = settings.storage_from else { return Ok(pages(ReadReason::Setting, "result_path is \"rest\"")) };
        if first.token().is_none() {
            return Ok(pages(ReadReason::Small, "the first holds all rows"));
        }
        let gate = match &shared.storage {
            Ok(gate) => gate,
            Err(why) => return Ok(pages(ReadReason::Setting, why)),
        };
        let Some(total) = answer.total else { return Ok(pages(ReadReason::Untold, "the number of rows is not told")) };
        let size = Bytes(size_of(made, total));
        if size.0 <= from {
            return Ok(pages(ReadReason::Small, format!("about {size}, not more than storage_from ({})", Bytes(from))));
        }
        // Where the result is; and the bill, in the same answer.
        if answer.destination.is_none() || answer.known.is_none() {
            let found = self.unless_stopped(shared.finished(&answer.job, STATISTICS)).await?;
            answer.destination = answer.destination.take().or_else(|| found.as_ref().and_then(JobAnswer::destination));
            answer.known = answer.known.take().or_else(|| Some(found?.figures().or(answer.told.clone())));
        }
        let Some(table) = &answer.destination else { return Ok(pages(ReadReason::Untold, "the table of the result is not told")) };
        let price = match self.admitted.reserve_reading(size) {
            Ok(price) => price,
            Err(report) => return Ok(pages(ReadReason::Price, report.message)),
        };

        let wanted = if self.admitted.job().ordered { 1 } else { settings.storage_streams.max(1) };
        let caller = gate.caller(answer.job.api.clone());
        let opening = transient(shared.pauses(self.cx.deadline), || caller.open(settings.payer(), table, wanted));
        let session = self.unless_stopped(opening).await?;
        let (streams, schema) = match session.map(|session| (session.streams, session.schema)) {
            Ok((streams, Some(Schema::ArrowSchema(schema)))) if !streams.is_empty() && streams.len() <= wanted => (streams, schema),
            Ok(_) => return Ok(self.given_up("its session is not the one that was asked for")),
            Err(failure) => return Ok(self.given_up(&said(&failure))),
        };
        let shape = Shape { schema: schema.serialized_schema, fields: answer.fields.clone(), columns: answer.columns.clone() };
        let (shape, count) = (Arc::new(shape), streams.len());
        let (sender, mut receiver) = mpsc::channel(1);
        let mut readers = JoinSet::new(); // dropped with the run, and so are the streams
        for stream in streams {
            let (caller, shape, pauses) = (caller.clone(), shape.clone(), shared.pauses(self.cx.deadline));
            let reader = Reader { caller, name: stream.name, shape, pauses, rows: (count == 1).then_some(total) };
            readers.spawn(reader.run(sender.clone()));
        }
        drop(sender);
        let mut sent: u64 = 0;
        while let Some(next) = self.unless_stopped(receiver.recv()).await? {
            match next {
                Ok(batch) => {
                    sent += u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
                    if sent > total {
                        return Err(Stop::Broken(incomplete(format!("more than {total} rows came"))));
                    }
                    let sending = async { self.sender.send(Ok(batch)).await.map_err(|_| Stop::Stopped(None)) };
                    self.unless_stopped(sending).await??;
                }
                Err(Trouble::Failed(failure)) if sent == 0 => return Ok(self.given_up(&said(&failure))),
                Err(Trouble::Broken(report)) if sent == 0 => return Ok(self.given_up(&report.message)),
                Err(Trouble::Failed(failure)) => return Err(broken_off(failure, sent, total)),
                Err(Trouble::Broken(report)) => return Err(Stop::Broken(report)),
            }
        }
        if sent == 0 {
            return Ok(self.given_up("it gives no rows"));
        }
        // Of a reader that panicked nothing but its rows is missing.
        if sent < total {
            return Err(Stop::Broken(incomplete(format!("{sent} rows came instead of {total}"))));
        }
        self.admitted.settle_reading(true);
        let order = if self.admitted.job().ordered { ", in the order of the query" } else { "" };
        let streams = if count == 1 { format!("one stream{order}") } else { format!("{count} streams") };
        let what = format!("Storage Read API, {streams}: about {size}, more than storage_from ({})", Bytes(from));
        Ok(Way::Read(Reading { reason: ReadReason::Large, what, price }))
    }

    /// Goes back to pages: no row was read, so there is nothing to pay for that.
    fn given_up(&mut self, why: &str) -> Way {
        self.admitted.settle_reading(false);
        tracing::info!(query_id = %self.cx.id, "result is read in pages, the Storage Read API cannot be used");
        pages(ReadReason::Failed, format!("the Storage Read API cannot be used ({why})"))
    }
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
}
