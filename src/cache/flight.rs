//! Single flight in this process: equal questions at the same time run once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::key::Key;

/// How long waiters wait for the rest once the first rows have come: a leader whose client reads slowly must not hold them up.
const PATIENCE_WHILE_STREAMING: Duration = Duration::from_secs(5);

/// What a leader has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Running,
    Streaming,
    Stored,
    NotStored,
}

/// The part of a query in its flight.
#[derive(Debug)]
pub enum Flight {
    /// It runs the query; hand the lead to [`super::Meta::lead`], or drop it when the query fails: then another takes over.
    Leader(Lead),
    /// The leader has stored its answer: look it up again.
    Waited,
    /// The query runs beside others: flights are off, or the leader's answer cannot be shared.
    Alone,
}

type Waiting = Arc<Mutex<HashMap<Key, watch::Receiver<Progress>>>>;

/// Every flight under way.
#[derive(Clone, Debug, Default)]
pub struct Flights {
    waiting: Waiting,
}

/// The right and the duty to run the query of a key.
#[derive(Debug)]
pub struct Lead {
    key: Key,
    waiting: Waiting,
    progress: watch::Sender<Progress>,
}

impl Flights {
    /// Tells whether somebody runs the query of a key.
    pub fn is_under_way(&self, key: &Key) -> bool {
        lock(&self.waiting).contains_key(key)
    }

    /// Becomes the leader, or waits until the leader's answer is stored or cannot be.
    pub async fn lead_or_wait(&self, key: &Key) -> Flight {
        loop {
            let mut receiver = {
                let mut waiting = lock(&self.waiting);
                match waiting.get(key) {
                    Some(receiver) => receiver.clone(),
                    None => {
                        let (progress, receiver) = watch::channel(Progress::Running);
                        waiting.insert(key.clone(), receiver);
                        return Flight::Leader(Lead { key: key.clone(), waiting: self.waiting.clone(), progress });
                    }
                }
            };
            match wait(&mut receiver).await {
                Some(Progress::Stored) => return Flight::Waited,
                Some(_) => return Flight::Alone,
                // The leader failed or went away: whoever comes first takes over.
                None => {}
            }
        }
    }
}

/// Waits for the end of a flight; `None` when the leader is gone without a word.
async fn wait(receiver: &mut watch::Receiver<Progress>) -> Option<Progress> {
    let started = receiver.wait_for(|progress| *progress != Progress::Running).await.map(|progress| *progress);
    match started {
        Ok(Progress::Streaming) => {}
        Ok(progress) => return Some(progress),
        Err(_) => return None,
    }
    let ended = receiver.wait_for(|progress| !matches!(progress, Progress::Running | Progress::Streaming));
    match tokio::time::timeout(PATIENCE_WHILE_STREAMING, ended).await {
        Ok(Ok(progress)) => Some(*progress),
        Ok(Err(_)) => None,
        Err(_) => Some(Progress::NotStored),
    }
}

impl Lead {
    /// Tells that rows have begun to come.
    pub fn streaming(&self) {
        self.progress.send_replace(Progress::Streaming);
    }

    /// Ends the flight with an answer in the cache.
    pub fn stored(self) {
        self.end(Progress::Stored);
    }

    /// Ends the flight with an answer that is not kept: the waiters run by themselves, all at once.
    pub fn not_stored(self) {
        self.end(Progress::NotStored);
    }

    fn end(&self, progress: Progress) {
        lock(&self.waiting).remove(&self.key);
        self.progress.send_replace(progress);
    }
}

impl Drop for Lead {
    /// Opens the key for the next; the sender's end wakes the waiters.
    fn drop(&mut self) {
        if matches!(*self.progress.borrow(), Progress::Running | Progress::Streaming) {
            lock(&self.waiting).remove(&self.key);
        }
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Progress>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::key::Scope;
    use super::super::tests::{Parts, key};
    use super::*;

    fn a_key() -> Key {
        key(Scope::Global, &Parts::default())
    }

    async fn leader(flights: &Flights) -> Lead {
        match flights.lead_or_wait(&a_key()).await {
            Flight::Leader(lead) => lead,
            other => panic!("{other:?}"),
        }
    }

    fn waiter(flights: &Flights) -> tokio::task::JoinHandle<Flight> {
        let flights = flights.clone();
        tokio::spawn(async move { flights.lead_or_wait(&a_key()).await })
    }

    #[tokio::test]
    async fn waiters_get_the_stored_answer() {
        let flights = Flights::default();
        let lead = leader(&flights).await;
        let waiters: Vec<_> = (0..10).map(|_| waiter(&flights)).collect();
        tokio::task::yield_now().await;
        lead.streaming();
        lead.stored();
        for waiter in waiters {
            // Those that came late find the key free and lead; with the answer stored they will not run it.
            assert!(matches!(waiter.await.expect("no panic"), Flight::Waited | Flight::Leader(_)));
        }
        assert!(lock(&flights.waiting).is_empty());
    }

    #[tokio::test]
    async fn a_vanished_leader_hands_over_to_one() {
        let flights = Flights::default();
        let lead = leader(&flights).await;
        let waiting = (waiter(&flights), waiter(&flights));
        tokio::task::yield_now().await;
        lead.streaming();
        drop(lead);
        let (first, rest) = match futures::future::select(waiting.0, waiting.1).await {
            futures::future::Either::Left((first, rest)) | futures::future::Either::Right((first, rest)) => (first, rest),
        };
        let Flight::Leader(next) = first.expect("no panic") else { panic!("somebody takes over") };
        assert!(!rest.is_finished());
        next.stored();
        assert!(matches!(rest.await.expect("no panic"), Flight::Waited));
    }

    #[tokio::test]
    async fn an_answer_that_is_not_kept_lets_everybody_run() {
        let flights = Flights::default();
        let lead = leader(&flights).await;
        let waiters = [waiter(&flights), waiter(&flights)];
        tokio::task::yield_now().await;
        lead.not_stored();
        for waiter in waiters {
            assert!(matches!(waiter.await.expect("no panic"), Flight::Alone));
        }
    }
}
