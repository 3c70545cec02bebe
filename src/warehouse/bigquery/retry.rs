//! Calls that fail for a moment are made again: full jitter, doubling pauses, never past the deadline.

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use backon::Retryable;

use super::failure::Failure;

/// How often a call is made at most.
const ATTEMPTS: u32 = 7;

/// Pauses that are random between nothing and a bound that doubles, up to 32 times the first ("full jitter").
#[derive(Clone, Debug)]
pub struct FullJitter {
    bound: Duration,
    most: Duration,
    left: u32,
    deadline: Option<Instant>,
}

impl FullJitter {
    /// Starts with this bound; no pause reaches past the deadline.
    pub fn new(first: Duration, deadline: Option<Instant>) -> FullJitter {
        FullJitter { bound: first, most: first * 32, left: ATTEMPTS - 1, deadline }
    }

    /// Makes fewer of them, where there is another way.
    #[must_use]
    pub fn at_most(self, pauses: u32) -> FullJitter {
        FullJitter { left: self.left.min(pauses), ..self }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        // Hashing with fresh random keys is a random number without a dependency.
        let random = RandomState::new().build_hasher().finish() % 1024;
        let pause = self.bound.mul_f64(f64::from(u16::try_from(random).unwrap_or(0)) / 1024.0);
        self.bound = (self.bound * 2).min(self.most);
        match self.deadline {
            Some(deadline) if Instant::now() + pause >= deadline => None,
            _ => Some(pause),
        }
    }
}

/// Makes a call until it succeeds, fails for good, or the pauses end.
///
/// # Errors
/// The last failure.
pub async fn transient<T, F>(pauses: FullJitter, call: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    call.retry(pauses).when(Failure::is_transient).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_below_their_bounds_and_end() {
        let pauses: Vec<Duration> = FullJitter::new(Duration::from_millis(10), None).collect();
        assert_eq!(pauses.len(), 6);
        for (i, pause) in pauses.iter().enumerate() {
            assert!(*pause < Duration::from_millis(10 << i), "{pause:?}");
        }
        assert_eq!(FullJitter::new(Duration::from_millis(10), None).at_most(2).count(), 2);
        let soon = Instant::now() + Duration::from_micros(1);
        assert!(FullJitter::new(Duration::from_secs(3600), Some(soon)).count() <= 1);
    }

    #[tokio::test]
    async fn only_passing_failures_are_tried_again() {
        let mut calls = 0;
        let first = Duration::from_micros(10);
        let got: Result<u32, Failure> = transient(FullJitter::new(first, None), || {
            calls += 1;
            let result = if calls < 3 { Err(Failure { status: 503, ..Failure::default() }) } else { Ok(calls) };
            async move { result }
        })
        .await;
        assert_eq!(got.unwrap(), 3);
        let mut calls = 0;
        let got: Result<(), Failure> = transient(FullJitter::new(first, None), || {
            calls += 1;
            async { Err(Failure { status: 400, ..Failure::default() }) }
        })
        .await;
        assert_eq!((got.unwrap_err().status, calls), (400, 1));
    }
}
