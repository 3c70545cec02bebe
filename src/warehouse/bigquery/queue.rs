//! Who may run a job next: so many at once, and who waits is served in turn by user, not by who asks most.
//!
//! Each user's next place has a number (stride scheduling: Waldspurger and Weihl, 1995): the smallest is served first and then moves on by a stride
//! that is shorter the greater the user's weight is. Whoever comes after a pause starts at the present number, so that idleness saves nothing up.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::telemetry::metrics;

/// How far a user of weight 1 moves on with each job.
const STRIDE: u64 = 1 << 20;
/// Users that wait for nothing are forgotten once this many are held.
const USERS_BEFORE_CLEANING: usize = 1024;

/// Places for running jobs, and the line before them.
#[derive(Debug)]
pub struct Queue {
    /// Jobs at once.
    places: usize,
    /// Queries that may wait.
    line: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    waiting: usize,
    /// The number that was served last.
    now: u64,
    users: HashMap<String, User>,
}

#[derive(Debug, Default)]
struct User {
    /// The number of the next place.
    next: u64,
    weight: u64,
    waiting: VecDeque<oneshot::Sender<()>>,
}

impl User {
    /// Takes a place: returns its number.
    fn step(&mut self, now: u64) -> u64 {
        let number = self.next.max(now);
        self.next = number + STRIDE / self.weight.clamp(1, STRIDE);
        number
    }
}

/// What somebody who asks for a place gets.
#[derive(Debug)]
pub enum Turn {
    /// A place.
    Now(Place),
    /// A place later.
    Later(Waiting),
    /// Nothing: the line is full.
    Full,
}

impl Queue {
    /// Makes a queue of so many places and so many that may wait.
    pub fn new(places: usize, line: usize) -> Arc<Queue> {
        Arc::new(Queue { places: places.max(1), line, state: Mutex::default() })
    }

    /// Asks for a place.
    pub fn join(self: &Arc<Queue>, user: &str, weight: u32) -> Turn {
        let mut state = self.lock();
        if state.users.len() > USERS_BEFORE_CLEANING {
            let now = state.now;
            state.users.retain(|_, user| !user.waiting.is_empty() || user.next > now);
        }
        let (free, now) = (state.running < self.places && state.waiting == 0, state.now);
        if !free && state.waiting >= self.line {
            return Turn::Full;
        }
        let entry = state.users.entry(user.to_owned()).or_default();
        entry.weight = u64::from(weight);
        let turn = if free {
            let number = entry.step(now);
            state.now = number;
            state.running += 1;
            Turn::Now(Place { queue: self.clone() })
        } else {
            let (sender, receiver) = oneshot::channel();
            entry.waiting.push_back(sender);
            state.waiting += 1;
            Turn::Later(Waiting { queue: self.clone(), user: user.to_owned(), receiver })
        };
        state.count();
        turn
    }

    /// Returns how many run and how many wait.
    pub fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.waiting)
    }

    fn leave(&self) {
        let mut state = self.lock();
        state.running = state.running.saturating_sub(1);
        while state.running < self.places && state.serve() {}
        state.count();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives a place to the next in line; `false` when nobody waits.
    fn serve(&mut self) -> bool {
        let now = self.now;
        let next = self.users.values_mut().filter(|user| !user.waiting.is_empty()).min_by_key(|user| user.next.max(now));
        let Some(user) = next else { return false };
        let Some(sender) = user.waiting.pop_front() else { return false };
        self.waiting -= 1;
        // Who has gone away meanwhile takes no place and no turn.
        if sender.send(()).is_ok() {
            self.now = user.step(now);
            self.running += 1;
        }
        true
    }

    fn count(&self) {
        metrics::jobs(self.running, self.waiting);
    }
}

/// A place among the running jobs, given back when it goes out of scope.
#[derive(Debug)]
pub struct Place {
    queue: Arc<Queue>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.leave();
    }
}

/// Waits for a place; dropping it leaves the line.
#[derive(Debug)]
pub struct Waiting {
    queue: Arc<Queue>,
    user: String,
    receiver: oneshot::Receiver<()>,
}

impl Future for Waiting {
    type Output = Place;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Place> {
        match Pin::new(&mut self.receiver).poll(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Place { queue: self.queue.clone() }),
            // The queue lives as long as this does, and drops no sender unused.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.receiver.close();
        if self.receiver.try_recv().is_ok() {
            // A place was given that nobody took.
            return self.queue.leave();
        }
        let mut state = self.queue.lock();
        let Some(user) = state.users.get_mut(&self.user) else { return };
        let before = user.waiting.len();
        user.waiting.retain(|sender| !sender.is_closed());
        let gone = before - user.waiting.len();
        state.waiting -= gone;
        state.count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(turn: Turn) -> Place {
        match turn {
            Turn::Now(place) => place,
            other => panic!("{other:?}"),
        }
    }

    fn later(turn: Turn) -> Waiting {
        match turn {
            Turn::Later(waiting) => waiting,
            other => panic!("{other:?}"),
        }
    }

    /// Lets one place go round until nobody waits; returns who was served in which order.
    async fn served(first: Place, waiting: Vec<(&'static str, Waiting)>) -> Vec<&'static str> {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        for (name, waiting) in waiting {
            let sender = sender.clone();
            tokio::spawn(async move {
                let place = waiting.await;
                sender.send(name).ok();
                drop(place);
            });
        }
        drop(sender);
        tokio::task::yield_now().await;
        drop(first);
        let mut order = Vec::new();
        while let Some(name) = receiver.recv().await {
            order.push(name);
        }
        order
    }

    #[tokio::test]
    async fn users_take_turns_however_many_queries_they_send() {
        let queue = Queue::new(1, 100);
        let first = now(queue.join("many", 1));
        let mut waiting: Vec<_> = (0..6).map(|_| ("many", later(queue.join("many", 1)))).collect();
        waiting.extend((0..2).map(|_| ("few", later(queue.join("few", 1)))));
        let order = served(first, waiting).await;
        let few: Vec<usize> = order.iter().enumerate().filter(|(_, name)| **name == "few").map(|(at, _)| at).collect();
        assert!(few[0] <= 1 && few[1] <= 3, "{order:?}");
        assert_eq!(queue.load(), (0, 0));
    }

    #[tokio::test]
    async fn weights_divide_the_turns() {
        let queue = Queue::new(1, 100);
        let first = now(queue.join("light", 1));
        let mut waiting: Vec<_> = (0..9).map(|_| ("light", later(queue.join("light", 1)))).collect();
        waiting.extend((0..9).map(|_| ("heavy", later(queue.join("heavy", 3)))));
        let order = served(first, waiting).await;
        let heavy = order[..8].iter().filter(|name| **name == "heavy").count();
        assert!((6..=7).contains(&heavy), "three of four turns: {order:?}");
    }

    #[tokio::test]
    async fn the_line_has_an_end_and_can_be_left() {
        let queue = Queue::new(2, 1);
        let places = [now(queue.join("a", 1)), now(queue.join("a", 1))];
        let waiting = later(queue.join("a", 1));
        assert!(matches!(queue.join("b", 1), Turn::Full));
        assert_eq!(queue.load(), (2, 1));
        drop(waiting);
        assert_eq!(queue.load(), (2, 0));
        let waiting = later(queue.join("b", 1));
        drop(places);
        // The place was given, and nobody came for it.
        assert_eq!(queue.load(), (1, 0));
        drop(waiting);
        assert_eq!(queue.load(), (0, 0));
        drop(now(queue.join("c", 1)));
    }
}
