//! Stopping work that does not wait: operators and functions look now and then whether anybody still wants their query's rows.
//!
//! A task can be stopped only where it waits, and a function over a batch, a sort or a list of millions waits nowhere. So whoever polls
//! a query's operators says whose work the thread does, and whatever may take long calls [`tick`] as it goes.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::{Report, Result, SqlState};
use crate::query::QueryContext;

/// How many ticks pass between two looks.
const TICKS: u32 = 4096;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Stop>>> = const { RefCell::new(None) };
    static PASSED: Cell<u32> = const { Cell::new(0) };
}

/// Whether one query's work is still wanted.
#[derive(Debug)]
pub struct Stop {
    token: CancellationToken,
    /// Looked at by those who work: while they do, no timer of theirs may run.
    deadline: OnceLock<Instant>,
}

impl Stop {
    /// Makes one that ends with the query's cancellation, or alone.
    pub fn of(cx: &QueryContext) -> Arc<Stop> {
        let stop = Stop { token: cx.cancel.child_token(), deadline: OnceLock::new() };
        stop.until(cx.deadline);
        Arc::new(stop)
    }

    /// Ends the work at a moment, unless it has a deadline already.
    pub fn until(&self, deadline: Option<Instant>) {
        if let Some(deadline) = deadline {
            let _ = self.deadline.set(deadline);
        }
    }

    /// Nobody wants it any more.
    pub fn stop(&self) {
        self.token.cancel();
    }

    /// Stops the work when the guard is dropped.
    pub fn guard(&self) -> DropGuard {
        self.token.clone().drop_guard()
    }

    /// Fails when the work is to stop.
    ///
    /// # Errors
    /// 57014.
    pub fn check(&self) -> Result<()> {
        let over = self.deadline.get().is_some_and(|deadline| *deadline <= Instant::now());
        match (self.token.is_cancelled(), over) {
            (_, true) => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")),
            (true, false) => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            (false, false) => Ok(()),
        }
    }

    /// Does a piece of this query's work on this thread.
    pub fn during<T>(self: &Arc<Stop>, work: impl FnOnce() -> T) -> T {
        let _before = Before(CURRENT.replace(Some(Arc::clone(self))));
        work()
    }
}

/// Puts back what was current, after a panic too.
struct Before(Option<Arc<Stop>>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

/// Fails when the query whose work this thread does is to stop.
///
/// # Errors
/// 57014.
pub fn check() -> Result<()> {
    CURRENT.with_borrow(|current| current.as_ref().map_or(Ok(()), |stop| stop.check()))
}

/// Counts a small piece of work, and looks now and then as [`check`] does.
///
/// # Errors
/// 57014.
pub fn tick() -> Result<()> {
    let passed = PASSED.get() + 1;
    if passed < TICKS {
        PASSED.set(passed);
        return Ok(());
    }
    PASSED.set(0);
    check()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_work_of_a_stopped_query_fails() {
        let [one, other] = [(), ()].map(|()| Arc::new(Stop { token: CancellationToken::new(), deadline: OnceLock::new() }));
        let guard = one.guard();
        one.during(|| {
            assert!(check().is_ok());
            drop(guard);
            assert_eq!(check().map_err(|report| report.sqlstate), Err(SqlState::QUERY_CANCELED));
            other.during(|| assert!(check().is_ok()));
            assert!((0..TICKS).any(|_| tick().is_err()));
        });
        assert!(check().is_ok(), "no query's work");
    }

    #[test]
    fn a_deadline_ends_work_without_a_timer() {
        let late = Arc::new(Stop { token: CancellationToken::new(), deadline: OnceLock::new() });
        late.until(Some(Instant::now()));
        late.during(|| assert!(check().is_err_and(|report| report.message.ends_with("statement timeout"))));
    }
}
