//! A plan's batches on their way: two in the channel at most, so that a slow client slows the scan.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use datafusion::physical_plan::execute_stream;
use futures::{FutureExt, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::conform::Conform;
use super::failure::{Stage, report};
use super::plan::Planned;
use super::stop::Stop;
use crate::error::{Report, Result, SqlState};
use crate::query::{BatchStream, OutputColumn, QueryContext};
use crate::warehouse::{Outcome, Running};

/// Batches that may wait for the client.
const BATCHES_WAITING: usize = 2;

/// How a run ended, for whoever settles the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every row was handed over.
    Complete,
    /// The client cancelled, timed out, or went away.
    Stopped,
    /// The query failed before any row was handed over.
    Failed,
    /// The query failed behind rows that were handed over.
    Broken,
}

/// Runs a plan on the engine's threads; `settle` is told the end before the stream ends and gives the outcome.
pub fn start(
    threads: &Handle,
    cx: &QueryContext,
    planned: Planned,
    columns: Arc<[OutputColumn]>,
    settle: impl FnOnce(End, Duration) -> Outcome + Send + 'static,
) -> Running {
    if let Some(stop) = planned.context.session_config().get_extension::<Stop>() {
        stop.until(cx.deadline); // a plan may have been made before the run was asked for
    }
    let outcome = Arc::new(OnceLock::new());
    let (sender, receiver) = mpsc::channel(BATCHES_WAITING);
    let (cx, told) = (cx.clone(), outcome.clone());
    let (stop, unwanted) = (planned.stop.clone(), planned.stop.guard());
    threads.spawn(async move {
        let started = Instant::now();
        let mut delivered = false;
        let pumped = AssertUnwindSafe(pump(&cx, planned, &columns, &sender, &mut delivered)).catch_unwind().await;
        stop.stop(); // its other tasks too
        let failed = if delivered { End::Broken } else { End::Failed };
        let (end, error) = match pumped {
            Ok(Ok(end)) => (end, None),
            Ok(Err(error)) if error.sqlstate == SqlState::QUERY_CANCELED => (End::Stopped, Some(error)),
            Ok(Err(error)) => (failed, Some(error)),
            Err(_) => (failed, Some(Report::internal("the embedded engine failed"))), // the panic hook has said where
        };
        let outcome = settle(end, started.elapsed());
        match error {
            None => {
                told.set(outcome).ok();
            }
            // A client that is gone does not listen to errors either.
            Some(error) => {
                sender.send(Err(error)).await.ok();
            }
        }
    });
    // Whoever drops the rows wants no more work done for them.
    let batches: BatchStream = Box::pin(futures::stream::unfold((receiver, unwanted), |(mut receiver, unwanted)| async move {
        let batch = receiver.recv().await?;
        Some((batch, (receiver, unwanted)))
    }));
    Running { batches, outcome }
}

async fn pump(
    cx: &QueryContext,
    planned: Planned,
    columns: &[OutputColumn],
    sender: &mpsc::Sender<Result<RecordBatch>>,
    delivered: &mut bool,
) -> Result<End> {
    let conform = Conform::new(&planned.plan.schema(), columns);
    let mut stream = execute_stream(planned.plan, planned.context).map_err(|error| report(&error, Stage::Run))?;
    loop {
        // The next batch is awaited by hand with everything that can end the wait.
        let next = tokio::select! {
            biased;
            () = sender.closed() => return Ok(End::Stopped),
            stop = stopped(cx) => return Err(stop),
            next = stream.next() => next,
        };
        let Some(batch) = next else { return Ok(End::Complete) };
        let batch = batch.map_err(|error| report(&error, Stage::Run))?;
        if batch.num_rows() == 0 {
            continue;
        }
        let batch = conform.apply(&batch)?;
        tokio::select! {
            biased;
            stop = stopped(cx) => return Err(stop),
            sent = sender.send(Ok(batch)) => if sent.is_err() { return Ok(End::Stopped) },
        }
        *delivered = true;
    }
}

/// Waits for a reason to stop.
pub async fn stopped(cx: &QueryContext) -> Report {
    let timed_out = || Report::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout");
    let deadline = async {
        match cx.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => futures::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = deadline => timed_out(),
        () = cx.cancel.cancelled() => match cx.deadline {
            Some(deadline) if deadline <= Instant::now() => timed_out(),
            _ => Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request"),
        },
    }
}
