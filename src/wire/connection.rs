//! The loop of one connection: a message in, its method, answers out. One flush for each Sync, and none while more messages wait.

use std::collections::HashMap;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures::FutureExt;
use pgwire::messages::{DecodeContext, PgWireFrontendMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::message::{self, Level};
use super::polling::Pace;
use super::portal::Portal;
use super::presence::Presence;
use super::repeat::Repeats;
use super::rows::FLUSH_AT;
use super::watch::Watch;
use super::{Gate, Stream, frame};
use crate::error::{Report, Result, SqlState};
use crate::query::{Notice, QueryContext, Severity};
use crate::session::{REPORTED, Session};

/// Read at a time while nothing is known of what comes.
pub(super) const FIRST_READ: usize = 1024;
/// Read at a time when a message has begun.
pub(super) const NEXT_READ: usize = 16 * 1024;
/// The room for answers that a quiet connection keeps.
const KEPT: usize = 4 * 1024;

/// Why the work on a message ended.
pub(super) enum Halt {
    /// The statement failed; the connection goes on.
    Report(Report),
    /// The connection ends, and the client is told.
    Fatal(Report),
    /// The client is gone.
    Gone,
}

impl From<Report> for Halt {
    fn from(report: Report) -> Halt {
        Halt::Report(report)
    }
}

/// One client, past its startup.
pub(super) struct Connection<'a> {
    pub(super) gate: &'a Gate,
    stream: Box<dyn Stream>,
    /// Bytes received and not yet understood.
    pub(super) input: BytesMut,
    /// Bytes to send.
    pub(super) out: BytesMut,
    pub(super) session: Session,
    pub(super) portals: HashMap<String, Portal>,
    /// After an error in the extended protocol: nothing is done until Sync.
    pub(super) skipping: bool,
    /// Something is due to reach the client before the next wait.
    pub(super) flush_due: bool,
    /// Answers that may be given again.
    pub(super) repeats: Repeats,
    pace: Pace,
    presence: Presence,
    told: (u64, Vec<String>),
    terminate: CancellationToken,
}

impl<'a> Connection<'a> {
    pub(super) fn new(gate: &'a Gate, stream: Box<dyn Stream>, session: Session) -> Connection<'a> {
        let told = (session.generation(), REPORTED.iter().map(|name| session.reported(name)).collect());
        let terminate = session.terminate().clone();
        Connection {
            gate,
            stream,
            input: BytesMut::new(),
            out: BytesMut::new(),
            session,
            portals: HashMap::new(),
            skipping: false,
            flush_due: false,
            repeats: Repeats::default(),
            pace: Pace::new(&gate.poller),
            presence: Presence::default(),
            told,
            terminate,
        }
    }

    /// Serves the client until it leaves, breaks the protocol, or is sent away.
    pub(super) async fn run(mut self, drain: CancellationToken) {
        let end = loop {
            match self.next(&drain).await {
                Ok(Some(message)) => {
                    if let Err(halt) = self.dispatch(message).await {
                        break halt;
                    }
                }
                Ok(None) => break Halt::Gone,
                Err(halt) => break halt,
            }
        };
        self.portals.clear();
        if let Halt::Fatal(report) | Halt::Report(report) = end {
            message::error(&mut self.out, Level::Fatal, &report);
            // A client that does not read cannot hold the connection open.
            let _ = tokio::time::timeout(Duration::from_secs(1), self.stream.write_all(&self.out)).await;
            let _ = tokio::time::timeout(Duration::from_secs(1), self.stream.shutdown()).await;
        }
    }

    /// Returns the next message; `None` when the client has left.
    async fn next(&mut self, drain: &CancellationToken) -> Result<Option<PgWireFrontendMessage>, Halt> {
        loop {
            let limit = self.gate.settings.max_message_bytes;
            if let Some(size) = frame::size(&self.input, limit, "server.max_message_bytes").map_err(Halt::Fatal)?
                && self.input.len() >= size
            {
                if matches!(self.input[0], b'P' | b'B' | b'Q') && !self.skipping {
                    if self.out.len() >= FLUSH_AT {
                        self.flush().await?;
                    }
                    let mut input = std::mem::take(&mut self.input);
                    let repeated = self.repeat(&mut input);
                    self.input = input;
                    if repeated {
                        continue;
                    }
                }
                let frame = self.input.split_to(size);
                self.repeats.see(&frame, self.out.len());
                match self.decode(frame).await? {
                    Some(message) => return Ok(Some(message)),
                    None => continue,
                }
            }
            if self.flush_due {
                self.flush().await?;
            }
            // A client that is quiet holds little; one that fills what it is given gets more.
            if self.out.is_empty() && self.out.capacity() > KEPT {
                self.out = BytesMut::new();
            }
            self.input.reserve(if self.input.is_empty() { FIRST_READ } else { NEXT_READ });
            let idle = self.session.idle_limit();
            let deadline = self.session.deadline_between_messages();
            let busy_poll = self.gate.settings.busy_poll;
            let early = self.pace.attend(self.stream.as_ref(), &mut self.input, &self.gate.poller, busy_poll);
            let read = tokio::select! {
                biased;
                () = drain.cancelled() => return Err(Halt::Fatal(shutdown())),
                () = self.terminate.cancelled() => return Err(Halt::Fatal(shutdown())),
                read = async { match early { Some(read) => read, None => self.stream.read_buf(&mut self.input).await } } => read,
                () = tokio::time::sleep(idle.as_ref().map_or(Duration::MAX, |(limit, _)| *limit)), if idle.is_some() => {
                    let report = idle.map_or_else(shutdown, |(_, report)| report);
                    return Err(Halt::Fatal(report));
                }
                // In the midst of an extended query its time runs on.
                () = tokio::time::sleep_until(deadline.map_or_else(Instant::now, Instant::from_std)), if deadline.is_some() => {
                    self.fail(&canceled("canceling statement due to statement timeout"));
                    self.skipping = true;
                    continue;
                }
            };
            if !matches!(read, Ok(1..)) {
                return Ok(None);
            }
            self.pace.heard(&self.gate.poller, busy_poll);
        }
    }

    /// Checks a frame, then decodes it; `None` when it was malformed or refused and the client has been told.
    async fn decode(&mut self, mut frame: BytesMut) -> Result<Option<PgWireFrontendMessage>, Halt> {
        let kind = frame[0];
        if self.skipping && !matches!(kind, b'S' | b'X') {
            return Ok(None);
        }
        let message = decoded(&mut frame);
        match message {
            Ok(message) => Ok(Some(message)),
            Err(report) => {
                self.fail(&report);
                if matches!(kind, b'Q' | b'F') {
                    self.ready();
                } else {
                    self.skipping = true;
                }
                Ok(None)
            }
        }
    }

    async fn dispatch(&mut self, message: PgWireFrontendMessage) -> Result<(), Halt> {
        use PgWireFrontendMessage as Message;
        if let Message::Query(_) | Message::Parse(_) | Message::Bind(_) | Message::Execute(_) = message {
            self.session.arrive();
        }
        let extended = match message {
            Message::Query(query) => return self.query(&query.query).await,
            Message::Parse(parse) => self.parse(&parse).await,
            Message::Bind(bind) => self.bind(&bind).await,
            Message::Describe(describe) => self.describe(&describe),
            Message::Execute(execute) => self.execute(execute.name.as_deref().unwrap_or_default(), execute.max_rows).await,
            Message::Close(close) => self.close(&close),
            Message::Flush(_) => {
                self.flush_due = true;
                Ok(())
            }
            Message::Sync(_) => {
                self.sync();
                Ok(())
            }
            Message::Terminate(_) => {
                // A client may say goodbye before it has read its answers.
                if self.flush_due {
                    self.flush().await?;
                }
                return Err(Halt::Gone);
            }
            // Left over from a COPY that failed: PostgreSQL ignores them too.
            Message::CopyData(_) | Message::CopyDone(_) | Message::CopyFail(_) => Ok(()),
            _ => return Err(Halt::Fatal(frame::violation("unexpected message"))),
        };
        match extended {
            Err(Halt::Report(report)) => {
                self.fail(&report);
                self.skipping = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Tells the client of an error and lets the transaction fail.
    pub(super) fn fail(&mut self, report: &Report) {
        message::error(&mut self.out, Level::Error, report);
        // A client that waits without a Sync is told at once, as PostgreSQL tells it.
        self.flush_due = true;
        self.session.fail();
        self.session.rest();
    }

    /// Ends a simple query or a Sync: settings that changed, then ReadyForQuery.
    pub(super) fn ready(&mut self) {
        if self.session.end_message() {
            self.portals.clear();
        }
        self.session.rest();
        let generation = self.session.generation();
        if self.told.0 != generation {
            for (name, told) in REPORTED.iter().zip(&mut self.told.1) {
                let value = self.session.reported(name);
                if *told != value {
                    message::parameter_status(&mut self.out, name, &value);
                    *told = value;
                }
            }
            self.told.0 = generation;
        }
        message::ready(&mut self.out, self.session.status().byte());
        self.flush_due = true;
    }

    /// Tells of names that were too long, as PostgreSQL's parser does: before anything else is done with them.
    pub(super) fn tell_cut(&mut self, cut: &[String]) {
        if !self.session.hears(Severity::Notice) {
            return;
        }
        for message in cut {
            let (severity, sqlstate) = (Severity::Notice, SqlState::NAME_TOO_LONG);
            message::notice(&mut self.out, &Notice { severity, sqlstate, message: message.clone(), detail: None, hint: None });
        }
    }

    /// Sends the notices that have gathered.
    pub(super) fn notices(&mut self, cx: &QueryContext) {
        for notice in cx.notices.drain() {
            if self.session.hears(notice.severity) || notice.severity == Severity::Info {
                message::notice(&mut self.out, &notice);
            }
        }
    }

    /// Sends everything that is written. A slow client makes this wait, and with it whatever produces the rows.
    pub(super) async fn flush(&mut self) -> Result<(), Halt> {
        self.flush_due = false;
        self.repeats.sent += 1;
        let Connection { stream, out, terminate, gate, .. } = self;
        let patience = gate.settings.write_timeout.unwrap_or(Duration::MAX);
        // The deadline is for each piece that the client takes, not for all of them. The first try needs none.
        let mut taken = match stream.write(out).now_or_never() {
            Some(Ok(count)) if count > 0 || out.is_empty() => count,
            None => 0,
            Some(_) => return Err(Halt::Gone),
        };
        if taken == out.len() && matches!(stream.flush().now_or_never(), Some(Ok(()))) {
            out.clear();
            return Ok(());
        }
        loop {
            let piece = tokio::select! {
                biased;
                piece = async {
                    match taken == out.len() {
                        true => stream.flush().await.map(|()| 0),
                        false => stream.write(&out[taken..]).await,
                    }
                } => piece,
                () = terminate.cancelled() => return Err(Halt::Gone),
                () = tokio::time::sleep(patience), if patience != Duration::MAX => {
                    warn!(seconds = patience.as_secs(), "connection ended: its client reads nothing (server.write_timeout)");
                    return Err(Halt::Gone);
                }
            };
            match piece {
                Ok(0) if taken == out.len() => break,
                Ok(0) | Err(_) => return Err(Halt::Gone),
                Ok(count) => taken += count,
            }
        }
        out.clear();
        Ok(())
    }

    /// Splits the connection: while the one part works, the other is watched.
    pub(super) fn parts(&mut self) -> (&mut Session, Watch<'_>) {
        let Connection { session, stream, input, presence, terminate, .. } = self;
        (session, Watch { stream, input, presence, terminate })
    }
}

/// Checks a frame and decodes it.
pub(super) fn decoded(frame: &mut BytesMut) -> Result<PgWireFrontendMessage> {
    let kind = frame[0];
    frame::check(kind, &frame[5..])?;
    if kind == b'F' {
        return Err(Report::unsupported("the function call message").hint("Call the function in a SELECT."));
    }
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    context.awaiting_frontend_startup = false;
    match PgWireFrontendMessage::decode(frame, &context) {
        Ok(Some(message)) if !frame.has_remaining() => Ok(message),
        _ => Err(frame::violation("invalid message format")),
    }
}

pub(super) fn canceled(message: &str) -> Report {
    Report::new(SqlState::QUERY_CANCELED, message)
}

pub(super) fn shutdown() -> Report {
    Report::new(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command")
}
