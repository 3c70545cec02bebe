//! A server that keeps failing is left alone for a while, and asked by one call before everybody calls again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures within this time ..
const WINDOW: Duration = Duration::from_secs(30);
/// .. keep calls away for so long (RULES.md 6).
const PAUSE: Duration = Duration::from_secs(15);

/// Counts failures of a server.
#[derive(Debug)]
pub struct Breaker {
    /// So many failures open it; 0: none ever do.
    failures: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: VecDeque<Instant>,
    /// Closed: `None`. Open until this moment; then one call goes through and the next waits another pause for its outcome.
    open_until: Option<Instant>,
}

impl Breaker {
    /// Makes a closed breaker that so many failures open; 0: none ever do.
    pub fn new(failures: usize) -> Breaker {
        Breaker { failures, state: Mutex::default() }
    }

    /// Lets a call through, or tells how long to keep away.
    ///
    /// # Errors
    /// The time until the next trial.
    pub fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        match state.open_until {
            None => Ok(()),
            Some(until) if until > now => Err(until - now),
            // A trial that never reports, because its query was cancelled, holds nobody up for longer than this.
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                Ok(())
            }
        }
    }

    /// The server answered as it should.
    pub fn succeeded(&self) {
        let mut state = self.state();
        if state.open_until.take().is_some() {
            state.failures.clear();
        }
    }

    /// The server did not answer, or failed.
    pub fn failed(&self, now: Instant) {
        if self.failures == 0 {
            return;
        }
        let mut state = self.state();
        state.failures.push_back(now);
        while state.failures.front().is_some_and(|then| now.saturating_duration_since(*then) > WINDOW)
            || state.failures.len() > self.failures
        {
            state.failures.pop_front();
        }
        if state.open_until.is_some() || state.failures.len() >= self.failures {
            state.open_until = Some(now + PAUSE);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURES: usize = 20;

    #[test]
    fn opens_after_many_failures_and_closes_after_one_success() {
        let breaker = Breaker::new(FAILURES);
        let start = Instant::now();
        for _ in 1..FAILURES {
            breaker.failed(start);
        }
        assert!(breaker.admit(start).is_ok());
        breaker.failed(start);
        assert_eq!(breaker.admit(start), Err(PAUSE));
        let later = start + PAUSE;
        assert!(breaker.admit(later).is_ok(), "one call tries");
        assert!(breaker.admit(later).is_err(), "the others wait for its outcome");
        breaker.failed(later);
        assert!(breaker.admit(later + PAUSE - Duration::from_millis(1)).is_err());
        assert!(breaker.admit(later + PAUSE).is_ok());
        breaker.succeeded();
        assert!(breaker.admit(later + PAUSE).is_ok() && breaker.admit(later + PAUSE).is_ok());
    }

    #[test]
    fn old_failures_are_forgotten() {
        let breaker = Breaker::new(FAILURES);
        let start = Instant::now();
        for i in 0..60 {
            breaker.failed(start + WINDOW / 10 * i);
        }
        assert!(breaker.admit(start + WINDOW * 6).is_ok());
    }
}
