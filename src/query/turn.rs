//! The order of queries that overlap: those which a client has sent already are made ready beside the one that runs, and run in its wake.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// The most queries of one client that overlap.
pub const MOST: usize = 64;

/// A query's place among those of its client that overlap.
///
/// What must be the same as one by one goes by it: a query is admitted after those before it, and one that asks what one before it asks waits until
/// that one has been answered, so that the cache has the answer.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Those before are admitted, or answered without a job.
    before: CancellationToken,
    /// So is this one.
    passed: CancellationToken,
    /// Those before are answered: the client waits for this one.
    come: CancellationToken,
    /// What has been asked, by hash: the last few, those that are answered among them.
    asked: Arc<Mutex<VecDeque<u64>>>,
}

impl Turn {
    /// Returns the place of a query that the client waits for, and that others may follow.
    pub fn first() -> Turn {
        let (before, come) = (CancellationToken::new(), CancellationToken::new());
        before.cancel();
        come.cancel();
        Turn { before, passed: CancellationToken::new(), come, asked: Arc::default() }
    }

    /// Returns the place of the next query.
    #[must_use]
    pub fn next(&self) -> Turn {
        let (passed, come) = (CancellationToken::new(), CancellationToken::new());
        Turn { before: self.passed.clone(), passed, come, asked: Arc::clone(&self.asked) }
    }

    /// Tells whether the client waits for this query.
    pub fn has_come(&self) -> bool {
        self.come.is_cancelled()
    }

    /// The client waits for it now.
    pub fn come(&self) {
        self.come.cancel();
    }

    /// Waits until the client waits for it.
    pub async fn until_come(&self) {
        self.come.cancelled().await;
    }

    /// Waits until those before are admitted; forever if one of them fails, for then this one does not run.
    pub async fn until_next(&self) {
        self.before.cancelled().await;
    }

    /// Lets the next one be admitted.
    pub fn pass(&self) {
        self.passed.cancel();
    }

    /// Notes a question by its hash; `false` when one before has asked it.
    pub fn asks(&self, question: u64) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.contains(&question) {
            return false;
        }
        if asked.len() == MOST {
            asked.pop_front();
        }
        asked.push_back(question);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn the_next_is_admitted_after_the_one_before() {
        let first = Turn::first();
        let (second, third) = (first.next(), first.next().next());
        assert!(first.has_come() && !second.has_come());
        assert!(first.until_next().now_or_never().is_some() && second.until_next().now_or_never().is_none());
        first.pass();
        assert!(second.until_next().now_or_never().is_some() && third.until_next().now_or_never().is_none());
        second.come();
        assert!(second.until_come().now_or_never().is_some());
    }

    #[test]
    fn a_question_is_asked_once() {
        let first = Turn::first();
        assert!(first.asks(7) && first.next().asks(8) && !first.next().asks(7));
    }
}
