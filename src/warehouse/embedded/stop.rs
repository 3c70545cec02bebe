//! Stopping work that does not wait: operators and functions look now and then whether anybody still wants their query's rows, and whether
//! what they hold is still within its memory.
//!
//! A task can be stopped only where it waits, and a function over a batch, a sort or a list of millions waits nowhere. So whoever polls
//! a query's operators says whose work the thread does, and whatever may take long calls [`tick`] as it goes.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::failure::{Stage, report};
use crate::error::{Report, Result, SqlState};
use crate::query::QueryContext;

/// How many ticks pass between two looks.
const TICKS: u32 = 4096;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Stop>>> = const { RefCell::new(None) };
    static PASSED: Cell<u32> = const { Cell::new(0) };
    static GATHERED: RefCell<(usize, Held)> = const { RefCell::new((0, Held(None))) };
}

/// Whether one query's work is still wanted.
#[derive(Debug)]
pub struct Stop {
    token: CancellationToken,
    /// Looked at by those who work: while they do, no timer of theirs may run.
    deadline: OnceLock<Instant>,
    /// What the query may hold.
    memory: OnceLock<Arc<dyn MemoryPool>>,
}

impl Stop {
    /// Makes one that ends with the query's cancellation, or alone.
    pub fn of(cx: &QueryContext) -> Arc<Stop> {
        let stop = Stop { token: cx.cancel.child_token(), deadline: OnceLock::new(), memory: OnceLock::new() };
        stop.until(cx.deadline);
        Arc::new(stop)
    }

    /// Ends the work at a moment, unless it has a deadline already.
    pub fn until(&self, deadline: Option<Instant>) {
        if let Some(deadline) = deadline {
            let _ = self.deadline.set(deadline);
        }
    }

    /// Counts what functions hold in this pool.
    pub fn within(&self, memory: Arc<dyn MemoryPool>) {
        let _ = self.memory.set(memory);
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
        let _before = Before(CURRENT.replace(Some(Arc::clone(self))), GATHERED.replace((0, Held(None))));
        work()
    }
}

/// Puts back what was current, after a panic too.
struct Before(Option<Arc<Stop>>, (usize, Held));

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
        GATHERED.replace(std::mem::take(&mut self.1));
    }
}

/// Memory that is counted as its query's until this is dropped.
#[derive(Debug, Default)]
pub struct Held(Option<MemoryReservation>);

/// What is smaller is not counted.
const COUNTED: usize = 64 * 1024;

impl Held {
    /// Counts so many bytes in all.
    ///
    /// # Errors
    /// 53200 where the query may not hold as much.
    pub fn grow_to(&mut self, bytes: usize) -> Result<()> {
        let counted = self.0.as_ref().map_or(0, MemoryReservation::size);
        if bytes < counted.saturating_add(COUNTED) {
            return Ok(());
        }
        if self.0.is_none() {
            let pool = CURRENT.with_borrow(|current| current.as_ref()?.memory.get().cloned());
            self.0 = pool.map(|pool| MemoryConsumer::new("values").register(&pool));
        }
        let Some(reservation) = &self.0 else { return Ok(()) };
        reservation.try_grow(bytes - counted).map_err(|error| report(&error, Stage::Run))
    }
}

/// Counts so many bytes for the query whose work this thread does.
///
/// # Errors
/// 53200 where it may not hold as much.
pub fn hold(bytes: usize) -> Result<Held> {
    let mut held = Held::default();
    held.grow_to(bytes)?;
    Ok(held)
}

/// Counts so many bytes more until the operator at work has made its batch: values that it gathers row by row.
///
/// # Errors
/// 53200 where the query may not hold as much.
pub fn gather(bytes: usize) -> Result<()> {
    GATHERED.with_borrow_mut(|(total, held)| {
        *total = total.saturating_add(bytes);
        held.grow_to(*total)
    })
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
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    use super::*;

    fn alone() -> Stop {
        Stop { token: CancellationToken::new(), deadline: OnceLock::new(), memory: OnceLock::new() }
    }

    #[test]
    fn what_functions_hold_is_counted_until_they_are_done() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1 << 20));
        let query = Arc::new(alone());
        query.within(pool.clone());
        query.during(|| {
            let mut held = hold(500_000).unwrap();
            held.grow_to(900_000).unwrap();
            assert_eq!(pool.reserved(), 900_000);
            assert_eq!(held.grow_to(2_000_000).map_err(|report| report.sqlstate), Err(SqlState::OUT_OF_MEMORY));
            drop(held);
            (0..1000).for_each(|_| gather(500).unwrap());
            query.during(|| gather(400_000).unwrap());
            assert!((400_000..=500_000).contains(&pool.reserved()), "the inner operator has made its batch");
            assert!(gather(600_000).is_err());
        });
        assert_eq!(pool.reserved(), 0);
        assert!(hold(1 << 30).is_ok(), "no query's work");
    }

    #[test]
    fn only_the_work_of_a_stopped_query_fails() {
        let [one, other] = [(), ()].map(|()| Arc::new(alone()));
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
        let late = Arc::new(alone());
        late.until(Some(Instant::now()));
        late.during(|| assert!(check().is_err_and(|report| report.message.ends_with("statement timeout"))));
    }
}
