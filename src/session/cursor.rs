//! SQL cursors: DECLARE, FETCH, MOVE, CLOSE over a stream of batches that is read as far as it is fetched.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use tokio::sync::Mutex;

use super::Session;
use crate::error::{Report, Result, SqlState};
use crate::query::{BatchStream, OutputColumn, Rows};

/// An open cursor.
pub(super) struct Cursor {
    columns: Arc<[OutputColumn]>,
    rest: Arc<Mutex<Rest>>,
    /// WITH HOLD: outlives its transaction.
    pub(super) hold: bool,
}

/// What is not fetched yet.
struct Rest {
    batches: BatchStream,
    pending: Option<RecordBatch>,
}

impl Rest {
    /// Takes at most `most` rows; `None` at the end.
    async fn take(&mut self, most: usize) -> Option<Result<RecordBatch>> {
        let batch = match self.pending.take() {
            Some(batch) => batch,
            None => match self.batches.next().await? {
                Ok(batch) => batch,
                Err(report) => return Some(Err(report)),
            },
        };
        if batch.num_rows() > most {
            self.pending = Some(batch.slice(most, batch.num_rows() - most));
            return Some(Ok(batch.slice(0, most)));
        }
        Some(Ok(batch))
    }
}

impl Cursor {
    pub(super) fn new(rows: Rows, hold: bool) -> Cursor {
        Cursor { columns: rows.columns, rest: Arc::new(Mutex::new(Rest { batches: rows.batches, pending: None })), hold }
    }

    pub(super) fn columns(&self) -> Arc<[OutputColumn]> {
        Arc::clone(&self.columns)
    }

    /// Returns the next rows: at most `count`, or all.
    pub(super) fn fetch(&self, count: Option<u64>) -> Rows {
        let left = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        let batches = futures::stream::unfold((Arc::clone(&self.rest), left), |(rest, left)| async move {
            if left == 0 {
                return None;
            }
            let batch = rest.lock().await.take(left).await?;
            let left = match &batch {
                Ok(batch) => left - batch.num_rows(),
                Err(_) => 0,
            };
            Some((batch, (rest, left)))
        });
        Rows { columns: self.columns(), batches: Box::pin(batches) }
    }
}

impl Session {
    /// Returns the columns of a cursor that SQL declared.
    pub fn cursor_columns(&self, name: &str) -> Option<Arc<[OutputColumn]>> {
        self.cursors.get(name).map(Cursor::columns)
    }

    /// Closes a cursor that SQL declared, if there is one.
    pub fn close_cursor(&mut self, name: &str) {
        self.cursors.remove(name);
    }

    pub(super) fn cursor(&self, name: &str) -> Result<&Cursor> {
        self.cursors.get(name).ok_or_else(|| Report::new(SqlState::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist")))
    }
}
