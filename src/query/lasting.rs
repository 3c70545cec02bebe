//! Answers at hand that may be given again as they are, until something says otherwise.

use std::time::{Duration, Instant};

use super::{Notice, QueryId};

/// An answer that was given a moment ago.
pub trait Lasting: Send + Sync {
    /// Takes note that its rows are given once more, to a client that asked at this moment; `None` when they have to be asked for anew.
    fn again(&self, asked: Instant, rows: u64) -> Option<Again>;

    /// Sums one of those times up in one line of JSON, for `SHOW sluice.last_query`.
    fn summary(&self, again: &Again) -> String;
}

/// One time that an answer was given again.
#[derive(Clone, Debug)]
pub struct Again {
    /// The query's name in logs.
    pub id: QueryId,
    /// How long it took.
    pub took: Duration,
    /// How many rows it has.
    pub rows: u64,
    /// What the client is told beside them.
    pub notice: Option<Notice>,
}
