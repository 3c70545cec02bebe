//! Advisory locks (chapter 13.3.5): names that sessions agree to hold one at a time, which is how migration tools keep out of each other's way.
//!
//! They are held in the memory of one server process. Replicas do not share them, and as all that they guard here are reads, nothing is lost.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::error::{Report, Result, SqlState};

/// The most locks that one session may hold.
const MOST: usize = 1000;

/// What is locked: a name in a database.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) database: String,
    /// Names of one bigint and of two integers are different ones.
    pub(super) is_pair: bool,
    pub(super) number: i64,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Mode {
    /// With everyone else who shares it.
    Shared,
    /// Alone.
    Exclusive,
}

impl Mode {
    /// Returns PostgreSQL's name of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Shared => "ShareLock",
            Mode::Exclusive => "ExclusiveLock",
        }
    }
}

/// What one session holds.
#[derive(Debug, Default)]
pub(super) struct OwnLocks(Vec<OwnLock>);

#[derive(Debug)]
struct OwnLock {
    key: Key,
    mode: Mode,
    /// For the transaction: behind how many savepoints. `None`: for the session.
    depth: Option<usize>,
}

impl OwnLocks {
    /// Adds one.
    pub(super) fn add(&mut self, key: Key, mode: Mode, depth: Option<usize>) {
        self.0.push(OwnLock { key, mode, depth });
    }

    /// Takes one away that is held for the session. Tells whether there was one.
    pub(super) fn free(&mut self, key: &Key, mode: Mode) -> bool {
        let found = self.0.iter().position(|own| own.depth.is_none() && own.mode == mode && own.key == *key);
        found.map(|at| self.0.swap_remove(at)).is_some()
    }

    /// What was locked behind savepoints that are released counts as locked before them.
    pub(super) fn release_to(&mut self, depth: usize) {
        self.0.iter_mut().filter_map(|own| own.depth.as_mut()).for_each(|own| *own = (*own).min(depth));
    }

    /// Takes those away that end.
    pub(super) fn end(&mut self, ends: impl Fn(Option<usize>) -> bool) -> Vec<(Key, Mode)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let (ended, kept) = std::mem::take(&mut self.0).into_iter().partition(|own| ends(own.depth));
        self.0 = kept;
        let ended: Vec<OwnLock> = ended;
        ended.into_iter().map(|own| (own.key, own.mode)).collect()
    }
}

/// The locks of a server.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Mutex<Held>,
    /// Someone let go of a lock.
    freed: Notify,
}

#[derive(Debug, Default)]
struct Held {
    /// How often each session (by process id) holds a name in a mode.
    holders: HashMap<Key, HashMap<(i32, Mode), usize>>,
    /// Who waits for what, in the order in which they came: one each.
    waiting: Vec<(i32, Key, Mode)>,
}

impl Held {
    /// The sessions that keep one from a lock: those that hold it otherwise, and those that came before for it.
    fn in_the_way(&self, pid: i32, key: &Key, mode: Mode) -> BTreeSet<i32> {
        let conflicts = |other: Mode| mode == Mode::Exclusive || other == Mode::Exclusive;
        let holders = self.holders.get(key);
        // Who holds it already need not stand in line.
        if holders.is_some_and(|holders| holders.contains_key(&(pid, mode))) {
            return BTreeSet::new();
        }
        let holding = holders.into_iter().flatten().map(|((holder, other), _)| (*holder, *other));
        let before = self.waiting.iter().take_while(|(waiter, ..)| *waiter != pid).filter(|(_, name, _)| name == key);
        holding
            .chain(before.map(|(waiter, _, other)| (*waiter, *other)))
            .filter(|(other, held)| *other != pid && conflicts(*held))
            .map(|(other, _)| other)
            .collect()
    }

    fn take(&mut self, pid: i32, key: &Key, mode: Mode) -> Result<()> {
        let held = self.holders.values().filter(|holders| holders.keys().any(|(holder, _)| *holder == pid)).count();
        if held >= MOST {
            return Err(Report::new(SqlState::OUT_OF_MEMORY, format!("a session may hold at most {MOST} advisory locks")));
        }
        *self.holders.entry(key.clone()).or_default().entry((pid, mode)).or_default() += 1;
        Ok(())
    }

    /// Tells whether a session waits, over whatever many others, for itself.
    fn is_a_circle(&self, pid: i32) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![pid];
        while let Some(waiter) = next.pop() {
            let Some((_, key, mode)) = self.waiting.iter().find(|(other, ..)| *other == waiter) else { continue };
            for blocker in self.in_the_way(waiter, key, *mode) {
                if blocker == pid {
                    return true;
                }
                if seen.insert(blocker) {
                    next.push(blocker);
                }
            }
        }
        false
    }
}

impl Locks {
    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        work(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a lock that is free. Tells whether it was.
    ///
    /// # Errors
    /// 53200 for a session that holds too many.
    pub(super) fn try_take(&self, pid: i32, key: &Key, mode: Mode) -> Result<bool> {
        self.with(|held| if held.in_the_way(pid, key, mode).is_empty() { held.take(pid, key, mode).map(|()| true) } else { Ok(false) })
    }

    /// Takes a lock as soon as it is free. Dropping the future ends the wait.
    ///
    /// # Errors
    /// 40P01 for a wait that would never end, 53200 for a session that holds too many.
    pub(super) async fn take(&self, pid: i32, key: &Key, mode: Mode) -> Result<()> {
        if self.try_take(pid, key, mode)? {
            return Ok(());
        }
        let _in_line = InLine::new(self, pid, key, mode);
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            let taken = self.with(|held| {
                if held.in_the_way(pid, key, mode).is_empty() {
                    return held.take(pid, key, mode).map(|()| true);
                }
                if held.is_a_circle(pid) {
                    return Err(Report::new(SqlState("40P01"), "deadlock detected")
                        .detail("Sessions wait for each other's advisory locks.")
                        .hint("Take advisory locks in the same order everywhere."));
                }
                Ok(false)
            })?;
            if taken {
                return Ok(());
            }
            freed.await;
        }
    }

    /// Lets go of a lock once. Tells whether it was held.
    pub(super) fn free(&self, pid: i32, key: &Key, mode: Mode) -> bool {
        let was_held = self.with(|held| {
            let Some(holders) = held.holders.get_mut(key) else { return false };
            let Some(count) = holders.get_mut(&(pid, mode)) else { return false };
            *count -= 1;
            if *count == 0 {
                holders.remove(&(pid, mode));
            }
            if holders.is_empty() {
                held.holders.remove(key);
            }
            true
        });
        self.freed.notify_waiters();
        was_held
    }

    /// Lets go of all locks of a session.
    pub(super) fn free_all(&self, pid: i32) {
        self.with(|held| {
            held.holders.retain(|_, holders| {
                holders.retain(|(holder, _), _| *holder != pid);
                !holders.is_empty()
            });
        });
        self.freed.notify_waiters();
    }
}

/// A session's place in line.
struct InLine<'a>(&'a Locks, i32);

impl<'a> InLine<'a> {
    fn new(locks: &'a Locks, pid: i32, key: &Key, mode: Mode) -> InLine<'a> {
        locks.with(|held| held.waiting.push((pid, key.clone(), mode)));
        InLine(locks, pid)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.with(|held| held.waiting.retain(|(waiter, ..)| *waiter != self.1));
        // Those behind it may come now.
        self.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn key(number: i64) -> Key {
        Key { database: "shop".into(), is_pair: false, number }
    }

    #[test]
    fn one_holds_it_alone_or_several_share_it() {
        let locks = Locks::default();
        let take = |pid, number, mode| locks.try_take(pid, &key(number), mode).unwrap();
        assert!(take(1, 7, Mode::Exclusive) && take(1, 7, Mode::Exclusive) && take(1, 7, Mode::Shared));
        assert!(!take(2, 7, Mode::Exclusive) && !take(2, 7, Mode::Shared));
        assert!(take(2, 8, Mode::Shared) && take(1, 8, Mode::Shared) && !take(1, 8, Mode::Exclusive));
        assert!(locks.free(1, &key(7), Mode::Exclusive));
        assert!(!take(2, 7, Mode::Shared), "it was taken twice");
        assert!(locks.free(1, &key(7), Mode::Exclusive) && take(2, 7, Mode::Shared));
        assert!(!locks.free(1, &key(7), Mode::Exclusive), "nothing is left of it");
        locks.free_all(1);
        locks.free_all(2);
        assert!(locks.with(|held| held.holders.is_empty()));
    }

    #[tokio::test]
    async fn who_waits_gets_it_in_turn_or_learns_that_nobody_will() {
        let locks = Arc::new(Locks::default());
        locks.take(1, &key(1), Mode::Exclusive).await.unwrap();
        locks.take(2, &key(2), Mode::Exclusive).await.unwrap();
        let second = tokio::spawn({
            let locks = locks.clone();
            async move { locks.take(2, &key(1), Mode::Exclusive).await }
        });
        while locks.with(|held| held.waiting.is_empty()) {
            tokio::task::yield_now().await;
        }
        assert_eq!(locks.take(1, &key(2), Mode::Exclusive).await.unwrap_err().sqlstate.0, "40P01");
        assert!(!locks.try_take(3, &key(1), Mode::Shared).unwrap(), "another one is before it in line");
        assert!(locks.free(1, &key(1), Mode::Exclusive));
        second.await.unwrap().unwrap();
        assert!(locks.with(|held| held.waiting.is_empty()));
    }

    #[test]
    fn a_session_holds_so_many_and_no_more() {
        let locks = Locks::default();
        let most = i64::try_from(MOST).unwrap();
        assert!((0..most).all(|number| locks.try_take(1, &key(number), Mode::Shared).unwrap()));
        assert_eq!(locks.try_take(1, &key(most), Mode::Shared).unwrap_err().sqlstate, SqlState::OUT_OF_MEMORY);
    }
}
