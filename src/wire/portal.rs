//! Portals, and the rows that leave through them.

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use bytes::BytesMut;
use futures::StreamExt;

use super::ahead::Behind;
use super::connection::{Connection, Halt, canceled};
use super::message;
use super::rows::copy::CopyEncoder;
use super::rows::{FLUSH_AT, Format, RowEncoder, unpacked};
use crate::error::Result;
use crate::query::turn::Turn;
use crate::query::{Answer, BatchStream, CopyForm, OutputColumn, QueryContext, Rows, Tag};
use crate::session::{Lent, SavepointEnd, Statement};
use crate::types::literal::Literal;
use crate::types::output::Style;

/// A bound statement.
pub(super) struct Portal {
    pub(super) statement: Arc<Statement>,
    pub(super) parameters: Vec<Literal>,
    pub(super) formats: Vec<Format>,
    pub(super) state: State,
    /// The savepoints that stood when it was bound: rolled back to one of them, it is gone.
    pub(super) depth: usize,
}

/// How far a portal has come.
pub(super) enum State {
    /// Not run yet.
    Bound,
    /// Rows are left, or may be.
    Open(Box<OpenRows>),
    /// All rows are sent.
    Finished(Tag),
    /// A command that has run.
    Ran,
    /// SQL fetched from it: its rows are the session's cursor of its name.
    Lent,
}

/// What becomes of the rows.
enum Encoder {
    /// DataRow messages.
    Rows(RowEncoder),
    /// CopyData messages.
    Copy(Box<CopyEncoder>),
}

impl Encoder {
    fn encode(&mut self, batch: &RecordBatch, from: usize, to: usize, out: &mut BytesMut) -> Result<usize> {
        match self {
            Encoder::Rows(encoder) => encoder.encode(batch, from, to, out),
            Encoder::Copy(encoder) => encoder.encode(batch, from, to, out),
        }
    }
}

/// Rows on their way.
pub(super) struct OpenRows {
    pub(super) cx: QueryContext,
    /// When the Execute that sends them must be done: each has its own time.
    pub(super) deadline: Option<Instant>,
    encoder: Encoder,
    batches: BatchStream,
    /// A batch that is sent in part, and its next row.
    pending: Option<(RecordBatch, usize)>,
    /// Rows that were sent.
    passed: u64,
    pub(super) tag: Tag,
}

impl OpenRows {
    /// Shows the rows to come as the session's settings say now.
    pub(super) fn restyle(&mut self, style: Style) {
        if let Encoder::Rows(encoder) = &mut self.encoder {
            encoder.restyle(style);
        }
    }

    /// Returns what is left.
    pub(super) fn into_lent(self, columns: Arc<[OutputColumn]>) -> Lent {
        let pending = self.pending.map(|(batch, row)| Ok(batch.slice(row, batch.num_rows() - row)));
        let batches = futures::stream::iter(pending).chain(self.batches).boxed();
        Lent { rows: Rows { columns, batches }, passed: self.passed }
    }
}

/// How sending ended.
pub(super) enum Sent {
    /// No rows are left.
    All(u64),
    /// The row limit was reached.
    Limit,
}

/// A batch that comes so soon leaves with the rows before it, unless they fill a packet: those wait for nothing.
const SOON: Duration = Duration::from_millis(1);
/// More than a packet on most networks.
const PACKET: usize = 2048;

impl Connection<'_> {
    /// Runs a statement and returns its answer, watching the socket. While it waits, queries behind it are begun.
    pub(super) async fn start(
        &mut self,
        statement: &Statement,
        parameters: Vec<Literal>,
        row_limited: bool,
        behind: Behind<'_>,
    ) -> Result<(QueryContext, Answer), Halt> {
        self.lend_for(statement).await?;
        let (mut cx, taken) = match self.session.take_early(statement, &parameters, row_limited) {
            Some((cx, taken)) => (cx, Some(taken)),
            None => (self.session.begin_statement(statement, row_limited), None),
        };
        if taken.is_none() && self.is_followed(&behind) {
            cx.turn = Some(Turn::first());
        }
        let deadline = cx.deadline;
        if row_limited {
            // What makes the rows lives as long as the portal; only those who wait for them have a deadline.
            cx.deadline = None;
        }
        let answer = match self.session.query(&cx, statement, &parameters) {
            Err(report) => Err(report.into()),
            Ok(None) => {
                let (session, watch) = self.parts();
                let run = watch.over(&cx, deadline, session.run(&cx, statement, parameters)).await;
                if run.is_ok() {
                    self.end_portals(statement);
                }
                run
            }
            Ok(Some(plan)) => {
                let early = taken.is_some();
                let mut work = match taken {
                    Some(taken) => Box::pin(taken.answer()),
                    None => plan.answer(&cx, parameters),
                };
                // What is answered at once needs nobody to watch it.
                match futures::poll!(&mut work) {
                    Poll::Ready(Ok(answer)) if !early => Ok(answer),
                    Poll::Ready(done) => {
                        self.look_ahead(&cx, behind);
                        self.parts().1.over(&cx, deadline, std::future::ready(done)).await
                    }
                    Poll::Pending => {
                        self.look_ahead(&cx, behind);
                        if self.flush_due {
                            // The answers before it do not wait for it.
                            self.flush().await?;
                        }
                        self.parts().1.over(&cx, deadline, work).await
                    }
                }
            }
        };
        match answer {
            Ok(answer) => Ok((cx, answer)),
            Err(halt) => {
                self.notices(&cx);
                Err(halt)
            }
        }
    }

    /// Ends the portals that were bound behind a savepoint which is rolled back to; those of one that is released live on.
    fn end_portals(&mut self, statement: &Statement) {
        let depth = self.session.depth();
        match statement.savepoint() {
            Some(SavepointEnd::Release) => self.portals.values_mut().for_each(|portal| portal.depth = portal.depth.min(depth)),
            Some(SavepointEnd::RollBack) => self.portals.retain(|_, portal| portal.depth < depth),
            None => {}
        }
    }

    /// Makes rows ready to be sent.
    pub(super) fn open(&mut self, cx: QueryContext, rows: Rows, tag: Tag, mut formats: Vec<Format>) -> OpenRows {
        formats.resize(rows.columns.len(), Format::Text);
        let encoder = Encoder::Rows(RowEncoder::new(rows.columns, formats, self.session.style()));
        OpenRows { deadline: cx.deadline, cx, encoder, batches: rows.batches, pending: None, passed: 0, tag }
    }

    /// Sends the rows of a COPY, from CopyOutResponse to CommandComplete.
    pub(super) async fn copy_out(&mut self, cx: QueryContext, rows: Rows, form: CopyForm) -> Result<(), Halt> {
        let mut encoder = Box::new(CopyEncoder::new(rows.columns, form, self.session.style()));
        encoder.begin(&mut self.out)?;
        let encoder = Encoder::Copy(encoder);
        let mut open = OpenRows { deadline: cx.deadline, cx, encoder, batches: rows.batches, pending: None, passed: 0, tag: Tag::Copy };
        if let Sent::All(count) = self.send(&mut open, None).await? {
            if let Encoder::Copy(encoder) = &mut open.encoder {
                encoder.end(&mut self.out)?;
            }
            self.notices(&open.cx);
            message::rows_complete(&mut self.out, Tag::Copy, count);
        }
        Ok(())
    }

    /// Sends rows: all of them, or as many as `limit` says. One batch is held at a time, and the next is asked for only when the socket has
    /// taken what was written.
    pub(super) async fn send(&mut self, open: &mut OpenRows, limit: Option<u64>) -> Result<Sent, Halt> {
        let mut count = 0;
        loop {
            let (batch, from) = match open.pending.take() {
                Some(pending) => pending,
                None => match self.fetch(open).await? {
                    Some(batch) => (batch, 0),
                    None => {
                        self.tell_between(open, true);
                        return Ok(Sent::All(count));
                    }
                },
            };
            // What was said while the rows were made comes before them.
            self.tell_between(open, false);
            let left = limit.map_or(usize::MAX, |limit| usize::try_from(limit - count).unwrap_or(usize::MAX));
            let to = from.saturating_add(left).min(batch.num_rows());
            let mut row = from;
            while row < to {
                let next = open.encoder.encode(&batch, row, to, &mut self.out)?;
                count += u64::try_from(next - row).unwrap_or(0);
                row = next;
                if self.out.len() >= FLUSH_AT {
                    self.flush().await?;
                    if open.cx.cancel.is_cancelled() {
                        return Err(Halt::Report(canceled("canceling statement due to user request")));
                    }
                    if open.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                        open.cx.cancel.cancel();
                        return Err(Halt::Report(canceled("canceling statement due to statement timeout")));
                    }
                }
            }
            if row < batch.num_rows() {
                open.pending = Some((batch, row));
            }
            open.passed += u64::try_from(to - from).unwrap_or(0);
            if limit.is_some_and(|limit| count >= limit) {
                self.notices(&open.cx);
                return Ok(Sent::Limit);
            }
        }
    }

    /// Sends the notices between rows. The data of a COPY stands without them, which some drivers take for its end.
    fn tell_between(&mut self, open: &OpenRows, at_end: bool) {
        if let Encoder::Copy(_) = open.encoder {
            return;
        }
        let before = self.out.len();
        self.notices(&open.cx);
        self.repeats.notices(before, self.out.len(), at_end);
    }

    /// Returns the next batch, watching the socket. Rows that are written do not wait for a batch that keeps them waiting: they are sent before it.
    async fn fetch(&mut self, open: &mut OpenRows) -> Result<Option<RecordBatch>, Halt> {
        let OpenRows { cx, batches, deadline, .. } = open;
        let mut next = Box::pin(async { batches.next().await.transpose() });
        let mut ready = futures::poll!(&mut next);
        if ready.is_pending() && !self.out.is_empty() {
            let soon = if self.out.len() < PACKET { tokio::time::timeout(SOON, &mut next).await.ok() } else { None };
            match soon {
                Some(done) => ready = Poll::Ready(done),
                None => self.flush().await?,
            }
        }
        let next = async {
            match ready {
                Poll::Ready(done) => done,
                Poll::Pending => next.await,
            }
        };
        let batch = self.parts().1.over(cx, *deadline, next).await?;
        Ok(batch.map(unpacked).transpose()?)
    }

    /// Computes the first rows, which stay until they are sent: what is wrong with a constant is said before anything about its rows.
    pub(super) async fn compute(&mut self, open: &mut OpenRows) -> Result<(), Halt> {
        match self.fetch(open).await? {
            Some(batch) => open.pending = Some((batch, 0)),
            // A stream that has ended is not asked again.
            None => open.batches = futures::stream::empty().boxed(),
        }
        Ok(())
    }

    /// Writes the end of an answer without rows.
    pub(super) fn complete(&mut self, cx: &QueryContext, tag: Option<&str>) {
        self.notices(cx);
        match tag {
            Some(tag) => message::command_complete(&mut self.out, tag),
            None => message::empty_query(&mut self.out),
        }
    }
}
