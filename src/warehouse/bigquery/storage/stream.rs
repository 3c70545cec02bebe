//! One stream of a read session, from its first row to its last: what breaks goes on at the next row.

use std::sync::Arc;

use arrow::buffer::Buffer;
use arrow::ipc::reader::StreamDecoder;
use arrow::record_batch::RecordBatch;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::ReadRowsResponse;
use gcp_bigquery_client::google::cloud::bigquery::storage::v1::read_rows_response::Rows;
use tokio::sync::mpsc;

use super::gate::{Caller, is_past_the_end};
use crate::error::Report;
use crate::query::OutputColumn;
use crate::telemetry::metrics;
use crate::warehouse::bigquery::decode::from_arrow;
use crate::warehouse::bigquery::failure::Failure;
use crate::warehouse::bigquery::retry::FullJitter;
use crate::warehouse::bigquery::types::TableField;

/// What the rows of a session look like: told once, needed for every batch.
pub struct Shape {
    /// The schema as Arrow IPC has it.
    pub schema: Vec<u8>,
    /// The result's columns as BigQuery tells them.
    pub fields: Vec<TableField>,
    /// The same as the client sees them.
    pub columns: Arc<[OutputColumn]>,
}

/// Why a stream ended before its end.
#[derive(Debug)]
pub enum Trouble {
    /// BigQuery failed it.
    Failed(Failure),
    /// Its rows are not what they should be.
    Broken(Report),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failed(failure)
    }
}

/// Nobody takes its batches any more.
struct Gone;

/// One stream.
pub struct Reader {
    /// Who reads.
    pub caller: Caller,
    /// The stream's name.
    pub name: String,
    /// What its rows look like.
    pub shape: Arc<Shape>,
    /// How long to wait when it breaks, from one row to the next.
    pub pauses: FullJitter,
    /// How many rows it has, where it is the only one.
    pub rows: Option<u64>,
}

impl Reader {
    /// Reads to the end; the last thing that is handed on is what went wrong, if anything did.
    pub async fn run(self, sender: mpsc::Sender<Result<RecordBatch, Trouble>>) {
        let mut offset = 0;
        let mut pauses = self.pauses.clone();
        loop {
            let begun = offset;
            let trouble = match self.attempt(&mut offset, &sender).await {
                Ok(Err(Gone)) => return,
                Ok(Ok(())) if self.rows.is_none_or(|rows| offset >= rows) => return,
                Ok(Ok(())) => Trouble::Failed(Failure::unanswered("the stream ended early")),
                Err(Trouble::Failed(failure)) if begun > 0 && offset == begun && is_past_the_end(&failure) => return,
                Err(trouble) => trouble,
            };
            if offset > begun {
                pauses = self.pauses.clone();
            }
            match &trouble {
                Trouble::Failed(failure) if failure.is_transient() => match pauses.next() {
                    Some(pause) => {
                        metrics::stream_resumed();
                        tokio::time::sleep(pause).await;
                    }
                    None => return drop(sender.send(Err(trouble)).await),
                },
                _ => return drop(sender.send(Err(trouble)).await),
            }
        }
    }

    /// Reads from a row on, until the stream ends or breaks; `offset` counts what was handed on.
    async fn attempt(&self, offset: &mut u64, sender: &mpsc::Sender<Result<RecordBatch, Trouble>>) -> Result<Result<(), Gone>, Trouble> {
        let mut messages = self.caller.read(&self.name, *offset).await?;
        let mut decoder = None;
        let mut before = None;
        while let Some(message) = self.caller.next(&mut messages).await? {
            // A batch tells which part of the stream it is: the same part once more is the same batch.
            let part = message.stats.as_ref().and_then(|stats| stats.progress).map(|part| (part.at_response_start, part.at_response_end));
            if part.is_some_and(|(start, end)| start < end) && part == before {
                return Err(Failure::unanswered("a batch came twice").into());
            }
            before = part;
            let shape = self.shape.clone();
            let rows = message.row_count;
            // Milliseconds of work each: not on the threads that everybody shares.
            let decoding = tokio::task::spawn_blocking(move || decode(message, decoder, &shape));
            let (batch, used) = decoding.await.map_err(|_| unreadable())??;
            decoder = Some(used);
            let count = batch.as_ref().map_or(0, RecordBatch::num_rows);
            if usize::try_from(rows).ok() != Some(count) {
                return Err(Failure::unanswered("a batch does not have the rows that it tells of").into());
            }
            let Some(batch) = batch.filter(|batch| batch.num_rows() > 0) else { continue };
            if sender.send(Ok(batch)).await.is_err() {
                return Ok(Err(Gone));
            }
            *offset += u64::try_from(count).unwrap_or(u64::MAX);
        }
        Ok(Ok(()))
    }
}

/// Decodes a message: its batch, if it holds one, as one of ours.
fn decode(
    message: ReadRowsResponse,
    decoder: Option<StreamDecoder>,
    shape: &Shape,
) -> Result<(Option<RecordBatch>, StreamDecoder), Trouble> {
    let mut decoder = match decoder {
        Some(decoder) => decoder,
        None => {
            let mut decoder = StreamDecoder::new();
            decoder.decode(&mut Buffer::from(shape.schema.as_slice())).map_err(|_| unreadable())?;
            decoder
        }
    };
    let Some(Rows::ArrowRecordBatch(batch)) = message.rows else { return Ok((None, decoder)) };
    let mut bytes = Buffer::from_vec(batch.serialized_record_batch);
    let batch = decoder.decode(&mut bytes).map_err(|_| unreadable())?;
    let batch = batch.map(|batch| from_arrow(&batch, &shape.fields, &shape.columns)).transpose().map_err(Trouble::Broken)?;
    // A message is a whole batch: nothing behind it, nothing of it to come.
    if !bytes.is_empty() || decoder.finish().is_err() {
        return Err(unreadable());
    }
    Ok((batch, decoder))
}

/// What was damaged on its way is asked for again.
fn unreadable() -> Trouble {
    Trouble::Failed(Failure::unanswered("a batch that cannot be read"))
}
