//! Waiting for the backend with an eye on the socket: a client that vanishes, a cancel request, the deadline and the server's end stop a query.

use std::future::Future;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connection::{FIRST_READ, Halt, NEXT_READ, canceled, shutdown};
use super::presence::Presence;
use super::{Stream, message};
use crate::error::Result;
use crate::query::{QueryContext, Severity};

/// How much is read ahead while a query runs: enough to see pipelined messages, or that the client is gone.
const READ_AHEAD: usize = 256 * 1024;
/// How long a cancelled query may take to wind up before it is dropped.
const WIND_UP: Duration = Duration::from_secs(5);

/// The client's side of a connection, while its session works.
pub(super) struct Watch<'a> {
    pub(super) stream: &'a mut Box<dyn Stream>,
    pub(super) input: &'a mut BytesMut,
    pub(super) presence: &'a mut Presence,
    pub(super) terminate: &'a CancellationToken,
}

impl Watch<'_> {
    /// Waits for work of the backend until it is done, or `deadline`; what ends it early cancels `cx`.
    pub(super) async fn over<T>(
        self,
        cx: &QueryContext,
        deadline: Option<std::time::Instant>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T, Halt> {
        let Watch { stream, input, presence, terminate } = self;
        tokio::pin!(work);
        let mut halt: Option<Halt> = None;
        let mut until = deadline.map(Instant::from_std);
        let timed_out = || Halt::Report(canceled("canceling statement due to statement timeout"));
        input.reserve(FIRST_READ);
        loop {
            let gone = tokio::select! {
                biased;
                done = &mut work => return match (done, halt) {
                    (Ok(value), None | Some(Halt::Report(_))) => Ok(value),
                    // The work saw the cancellation first; the reason is told in PostgreSQL's words all the same.
                    (Err(_), None) if cx.cancel.is_cancelled() => Err(match deadline {
                        Some(deadline) if deadline <= std::time::Instant::now() => timed_out(),
                        _ => Halt::Report(canceled("canceling statement due to user request")),
                    }),
                    (Err(report), None) => Err(Halt::Report(report)),
                    (_, Some(halt)) => Err(halt),
                },
                () = cx.cancel.cancelled(), if halt.is_none() => {
                    halt = Some(Halt::Report(canceled("canceling statement due to user request")));
                    until = Some(Instant::now() + WIND_UP);
                    false
                }
                () = terminate.cancelled(), if halt.is_none() => {
                    cx.cancel.cancel();
                    halt = Some(Halt::Fatal(shutdown()));
                    until = Some(Instant::now() + WIND_UP);
                    false
                }
                () = cx.notices.urgent(), if halt.is_none() => !tell_now(cx, stream).await,
                () = tokio::time::sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    if let Some(halt) = halt {
                        return Err(halt);
                    }
                    cx.cancel.cancel();
                    halt = Some(timed_out());
                    until = Some(Instant::now() + WIND_UP);
                    false
                }
                read = stream.read_buf(input), if halt.is_none() && presence.sends() && input.len() < READ_AHEAD => {
                    input.reserve(NEXT_READ);
                    !presence.hear(&read)
                }
                () = presence.is_due(), if halt.is_none() => !presence.ask(stream).await,
            };
            if gone {
                cx.cancel.cancel();
                halt = Some(Halt::Gone);
                until = Some(Instant::now() + WIND_UP);
            }
        }
    }
}

/// Sends the notices that have gathered while the query waits; `false` when the client takes none. What is written but not sent yet comes behind
/// them: notices may stand between any two messages.
async fn tell_now(cx: &QueryContext, stream: &mut Box<dyn Stream>) -> bool {
    let quiet = matches!(cx.session.setting("client_min_messages"), Some("error" | "warning"));
    let mut out = BytesMut::new();
    for notice in cx.notices.drain().iter().filter(|notice| !quiet || notice.severity != Severity::Notice) {
        message::notice(&mut out, notice);
    }
    let sending = async {
        stream.write_all(&out).await?;
        stream.flush().await
    };
    matches!(tokio::time::timeout(WIND_UP, sending).await, Ok(Ok(())))
}
