//! SQL cursors: DECLARE, FETCH, MOVE, CLOSE over a stream of batches that is read as far as it is fetched.

use std::future::Future;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::Session;
use super::statement::{Action, Statement};
use crate::error::{Report, Result, SqlState};
use crate::query::{BatchStream, NamedCursor, OutputColumn, QueryContext, Rows};
use crate::sql::{
    self,
    classify::{Class, Motion},
};

/// An open cursor.
pub(super) struct Cursor {
    columns: Arc<[OutputColumn]>,
    rest: Arc<Mutex<Rest>>,
    /// WITH HOLD: outlives its transaction.
    pub(super) hold: bool,
    /// BINARY: what a simple query fetches comes in binary format.
    binary: bool,
    /// The text of its DECLARE, and when that was (microseconds since 1970).
    declared: (Arc<str>, i64),
    /// The savepoints that stood when it was declared: rolled back to one of them, it stays.
    pub(super) depth: usize,
    /// WITH HOLD, and its transaction was committed: no later one takes it away.
    pub(super) outlives: bool,
}

/// What is not fetched yet.
struct Rest {
    name: String,
    /// `None` once it has ended: a stream is not asked again.
    batches: Option<BatchStream>,
    pending: Option<RecordBatch>,
    /// How many rows were passed.
    position: u64,
    /// The row that the cursor stands on: none before the first and behind the last.
    current: Option<RecordBatch>,
    /// A portal that Bind made shows no row twice.
    is_lent: bool,
    /// An error ended it: where its transaction lives on, by ROLLBACK TO SAVEPOINT, that is no end of the rows.
    failed: bool,
}

impl Rest {
    /// Takes at most `most` rows; `None` at the end.
    async fn take(&mut self, most: usize) -> Option<Result<RecordBatch>> {
        if self.failed {
            return Some(Err(Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("portal \"{}\" cannot be run", self.name))));
        }
        let batch = match self.pending.take() {
            Some(batch) => batch,
            None => loop {
                let next = match &mut self.batches {
                    Some(batches) => batches.next().await,
                    None => None,
                };
                match next {
                    Some(Ok(batch)) if batch.num_rows() == 0 => {}
                    Some(Ok(batch)) => break batch,
                    Some(Err(report)) => {
                        (self.batches, self.failed) = (None, true);
                        return Some(Err(report));
                    }
                    None => {
                        (self.batches, self.current) = (None, None);
                        return None;
                    }
                }
            },
        };
        let taken = if batch.num_rows() > most {
            self.pending = Some(batch.slice(most, batch.num_rows() - most));
            batch.slice(0, most)
        } else {
            batch
        };
        self.position = self.position.saturating_add(u64::try_from(taken.num_rows()).unwrap_or(0));
        self.current = Some(taken.slice(taken.num_rows() - 1, 1));
        Some(Ok(taken))
    }

    /// Passes rows over; tells whether there were as many.
    async fn skip(&mut self, count: u64) -> Result<bool> {
        let mut left = count;
        while left > 0 {
            match self.take(usize::try_from(left).unwrap_or(usize::MAX)).await {
                Some(batch) => left -= u64::try_from(batch?.num_rows()).unwrap_or(left).min(left),
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Goes to one row and returns it, if it is there.
    async fn go(&mut self, motion: Motion) -> Result<Option<RecordBatch>> {
        let forward = match motion {
            Motion::Forward(_) | Motion::Relative(0) if self.is_lent => {
                let on_a_row = self.position > 0 && self.batches.is_some();
                return if on_a_row { Err(only_forward()) } else { Ok(None) };
            }
            Motion::Absolute(row) if self.is_lent && row <= self.position => return Err(only_forward()),
            Motion::Forward(_) | Motion::Relative(0) => return Ok(self.current.clone()),
            Motion::Relative(count) => count,
            Motion::Absolute(row) if row == self.position && self.current.is_some() => return Ok(self.current.clone()),
            Motion::Absolute(row) if row > self.position => row - self.position,
            Motion::Absolute(_) => {
                return Err(Report::unsupported("moving a cursor backward").hint("Cursors go forward only."));
            }
            Motion::Last => {
                let mut last = self.current.clone();
                while let Some(batch) = self.take(usize::MAX).await {
                    batch?;
                    last.clone_from(&self.current);
                }
                self.current.clone_from(&last);
                return Ok(last);
            }
        };
        Ok(if self.skip(forward - 1).await? { self.take(1).await.transpose()? } else { None })
    }
}

/// Fetches unless that is cancelled: then the cursor cannot be run any more, and its query ends.
async fn unless<T>(cancel: &CancellationToken, rest: &Mutex<Rest>, fetching: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        fetched = fetching => return fetched,
        () = cancel.cancelled() => {}
    }
    let mut rest = rest.lock().await;
    (rest.batches, rest.failed) = (None, true);
    Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request"))
}

/// What is left of a portal.
pub struct Lent {
    /// The rows to come.
    pub rows: Rows,
    /// How many were passed.
    pub passed: u64,
}

fn only_forward() -> Report {
    Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward")
        .hint("Declare it with SCROLL option to enable backward scan.")
}

impl Cursor {
    pub(super) fn new(name: &str, rows: Rows, hold: bool, binary: bool, text: Arc<str>) -> Cursor {
        let (batches, name) = (Some(rows.batches), name.to_owned());
        let rest = Rest { name, batches, pending: None, position: 0, current: None, is_lent: false, failed: false };
        let declared = (text, chrono::Utc::now().timestamp_micros());
        Cursor { columns: rows.columns, rest: Arc::new(Mutex::new(rest)), hold, binary, declared, depth: 0, outlives: false }
    }

    fn lent(name: &str, lent: Lent, text: Arc<str>) -> Cursor {
        let Lent { rows, passed: position } = lent;
        let (batches, name) = (Some(rows.batches), name.to_owned());
        let rest = Rest { name, batches, pending: None, position, current: None, is_lent: true, failed: false };
        let declared = (text, chrono::Utc::now().timestamp_micros());
        Cursor { columns: rows.columns, rest: Arc::new(Mutex::new(rest)), hold: false, binary: false, declared, depth: 0, outlives: false }
    }

    /// As `pg_cursors` shows it.
    pub(super) fn named(&self, name: &str) -> NamedCursor {
        let (text, since) = self.declared.clone();
        NamedCursor { name: name.to_owned(), text, since, hold: self.hold, binary: self.binary }
    }

    pub(super) fn columns(&self) -> Arc<[OutputColumn]> {
        Arc::clone(&self.columns)
    }

    /// Returns the rows of a FETCH; cancelling it ends the cursor's query too.
    pub(super) fn fetch(&self, motion: Motion, cancel: &CancellationToken) -> Rows {
        let (rest, cancel) = (Arc::clone(&self.rest), cancel.clone());
        let batches: BatchStream = match motion {
            Motion::Forward(count) if count != Some(0) => {
                let left = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
                Box::pin(futures::stream::unfold((rest, left), move |(rest, left)| {
                    let cancel = cancel.clone();
                    async move {
                        if left == 0 {
                            return None;
                        }
                        let batch = unless(&cancel, &rest, async { rest.lock().await.take(left).await.transpose() }).await.transpose()?;
                        let left = match &batch {
                            Ok(batch) => left - batch.num_rows(),
                            Err(_) => 0,
                        };
                        Some((batch, (rest, left)))
                    }
                }))
            }
            motion => Box::pin(
                futures::stream::once(async move {
                    let row = unless(&cancel, &rest, async { rest.lock().await.go(motion).await }).await;
                    row.transpose()
                })
                .filter_map(|row| async { row }),
            ),
        };
        Rows { columns: self.columns(), batches }
    }
}

impl Session {
    /// Returns the columns of a cursor that SQL declared.
    pub fn cursor_columns(&self, name: &str) -> Option<Arc<[OutputColumn]>> {
        self.cursors.get(name).map(Cursor::columns)
    }

    /// Returns the next rows of a cursor that SQL declared: what Execute on its portal asks for.
    ///
    /// # Errors
    /// 25P02 in a failed transaction block.
    pub fn cursor_rows(&self, name: &str, count: Option<u64>, cx: &QueryContext) -> Result<Option<Rows>> {
        let Some(cursor) = self.cursors.get(name) else { return Ok(None) };
        self.transaction.check()?;
        Ok(Some(cursor.fetch(Motion::Forward(count), &cx.cancel)))
    }

    /// Returns the cursors that a text names.
    ///
    /// # Errors
    /// As [`Session::parse`].
    pub fn cursors_of(&self, text: &str) -> Result<Vec<String>> {
        let name = |parsed| sql::classify::classify(parsed).ok().and_then(|class| Some(class.cursor()?.0.to_owned()));
        Ok(self.parse(text)?.into_iter().filter_map(name).collect())
    }

    /// Makes a cursor of a portal that Bind made: SQL may fetch from it, and move it, too.
    /// It stood behind `depth` savepoints when it was bound.
    pub fn lend(&mut self, name: &str, lent: Lent, text: &Arc<str>, depth: usize) {
        self.cursors.insert(name.to_owned(), Cursor { depth, ..Cursor::lent(name, lent, Arc::clone(text)) });
    }

    /// Ends the cursors of a transaction that is over: those WITH HOLD stay, of one that ended well.
    pub(super) fn end_cursors(&mut self, well: bool) {
        self.cursors.retain(|_, cursor| {
            cursor.outlives |= cursor.hold && well;
            cursor.outlives
        });
    }

    pub(super) fn open_cursor(&mut self, name: &str, cursor: Cursor) {
        let depth = self.transaction.depth();
        self.cursors.insert(name.to_owned(), Cursor { depth, ..cursor });
    }

    /// Closes a cursor that SQL declared, if there is one.
    pub fn close_cursor(&mut self, name: &str) {
        self.cursors.remove(name);
    }

    /// Tells whether a statement fetches from a BINARY cursor, whose rows a simple query gets in binary format.
    pub fn fetches_binary(&self, statement: &Statement) -> bool {
        match &statement.action {
            Action::Other(Class::Fetch { name, skip: false, .. }) => self.cursors.get(name).is_some_and(|cursor| cursor.binary),
            _ => false,
        }
    }

    pub(super) fn cursor(&self, name: &str) -> Result<&Cursor> {
        self.cursors.get(name).ok_or_else(|| Report::new(SqlState::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;
    use arrow::array::{ArrayRef, AsArray, Int32Array};
    use arrow::datatypes::Int32Type;

    /// A cursor over 1 to 7 in batches of 3, 0, 3 and 1.
    fn cursor() -> Cursor {
        let batch = |from: i32, to: i32| {
            let array: ArrayRef = Arc::new(Int32Array::from_iter_values(from..to));
            Ok(RecordBatch::try_from_iter([("n", array)]).unwrap())
        };
        let batches = futures::stream::iter([batch(1, 4), batch(4, 4), batch(4, 7), batch(7, 8)]);
        Cursor::new(
            "c",
            Rows { columns: [OutputColumn::new("n", Type::INT4)].into(), batches: Box::pin(batches) },
            false,
            false,
            "DECLARE c CURSOR FOR SELECT n".into(),
        )
    }

    async fn fetched(cursor: &Cursor, motion: Motion) -> Vec<i32> {
        let mut found = Vec::new();
        let mut rows = cursor.fetch(motion, &CancellationToken::new());
        while let Some(batch) = rows.batches.next().await {
            found.extend(batch.unwrap().column(0).as_primitive::<Int32Type>().values());
        }
        found
    }

    #[tokio::test]
    async fn a_cursor_goes_forward_in_every_way() {
        let c = cursor();
        assert_eq!(fetched(&c, Motion::Forward(Some(0))).await, Vec::<i32>::new());
        assert_eq!(fetched(&c, Motion::Forward(Some(2))).await, [1, 2]);
        assert_eq!(fetched(&c, Motion::Forward(Some(0))).await, [2]);
        assert_eq!(fetched(&c, Motion::Relative(2)).await, [4]);
        assert_eq!(fetched(&c, Motion::Absolute(4)).await, [4]);
        assert_eq!(fetched(&c, Motion::Absolute(6)).await, [6]);
        assert!(c.fetch(Motion::Absolute(5), &CancellationToken::new()).batches.next().await.unwrap().is_err());
        assert_eq!(fetched(&c, Motion::Last).await, [7]);
        assert_eq!(fetched(&c, Motion::Relative(0)).await, [7]);
        assert_eq!(fetched(&c, Motion::Forward(None)).await, Vec::<i32>::new());
        assert_eq!(fetched(&c, Motion::Forward(Some(0))).await, Vec::<i32>::new());
        assert_eq!(fetched(&c, Motion::Forward(Some(1))).await, Vec::<i32>::new());
        assert_eq!(fetched(&cursor(), Motion::Absolute(9)).await, Vec::<i32>::new());
    }

    #[tokio::test]
    async fn a_cancelled_fetch_ends_its_cursor() {
        let c = cursor();
        let rest = c.rest.clone();
        rest.lock().await.batches = Some(Box::pin(futures::stream::pending()));
        let cancel = CancellationToken::new();
        let mut rows = c.fetch(Motion::Forward(Some(1)), &cancel).batches;
        cancel.cancel();
        assert_eq!(rows.next().await.unwrap().unwrap_err().sqlstate, SqlState::QUERY_CANCELED);
        let again = c.fetch(Motion::Forward(Some(1)), &CancellationToken::new()).batches.next().await.unwrap();
        assert_eq!(again.unwrap_err().message, "portal \"c\" cannot be run");
    }
}
