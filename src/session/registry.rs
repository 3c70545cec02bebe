//! Live sessions: who is connected, what runs, and the keys by which it is cancelled.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::query::live::{Activity, LiveSessions, SessionInfo};

struct Entry {
    info: SessionInfo,
    secret: Vec<u8>,
    running: Option<CancellationToken>,
    terminate: CancellationToken,
}

/// Every live session of this process.
#[derive(Default)]
pub struct Registry {
    sessions: Mutex<BTreeMap<i32, Entry>>,
    next: AtomicI32,
}

impl Registry {
    /// Makes an empty one.
    pub fn new() -> Arc<Registry> {
        Arc::new(Registry { sessions: Mutex::default(), next: AtomicI32::new(1) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<i32, Entry>) -> T) -> T {
        work(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a session; `secret` is what a cancel request must know. It leaves when the returned value is dropped.
    pub fn enter(self: &Arc<Registry>, user: &str, database: &str, address: Option<String>, secret: Vec<u8>) -> Registration {
        let now = Utc::now();
        let terminate = CancellationToken::new();
        let pid = self.with(|sessions| {
            let mut pid = self.next.fetch_add(1, Ordering::Relaxed);
            while pid <= 0 || sessions.contains_key(&pid) {
                if pid <= 0 {
                    self.next.store(1, Ordering::Relaxed);
                }
                pid = self.next.fetch_add(1, Ordering::Relaxed);
            }
            let info = SessionInfo {
                pid,
                user: user.to_owned(),
                database: database.to_owned(),
                application_name: String::new(),
                address,
                connected: now,
                activity: Activity::Idle,
                since: now,
                transaction: None,
                started: None,
                query: String::new(),
            };
            sessions.insert(pid, Entry { info, secret, running: None, terminate: terminate.clone() });
            pid
        });
        Registration { registry: Arc::clone(self), pid, terminate }
    }

    /// Returns all sessions, by process id.
    pub fn list(&self) -> Vec<SessionInfo> {
        self.with(|sessions| sessions.values().map(|entry| entry.info.clone()).collect())
    }

    /// Returns a way to list them, for the catalog.
    pub fn live(self: &Arc<Registry>) -> LiveSessions {
        let registry = Arc::clone(self);
        LiveSessions::new(move || registry.list())
    }

    /// Cancels what a session runs, for a client that knows the secret. Tells whether the key was right.
    pub fn cancel(&self, pid: i32, secret: &[u8]) -> bool {
        self.with(|sessions| {
            let Some(entry) = sessions.get(&pid).filter(|entry| same(&entry.secret, secret)) else { return false };
            if let Some(running) = &entry.running {
                running.cancel();
            }
            true
        })
    }

    /// `pg_cancel_backend`: cancels what a session runs. The caller has checked that it may. Tells whether there is such a session.
    pub fn cancel_backend(&self, pid: i32) -> bool {
        self.with(|sessions| {
            let Some(entry) = sessions.get(&pid) else { return false };
            if let Some(running) = &entry.running {
                running.cancel();
            }
            true
        })
    }

    /// `pg_terminate_backend`: ends a session. The caller has checked that it may. Tells whether there is such a session.
    pub fn terminate_backend(&self, pid: i32) -> bool {
        self.with(|sessions| {
            let Some(entry) = sessions.get(&pid) else { return false };
            entry.terminate.cancel();
            true
        })
    }

    /// Returns how many sessions a user has.
    pub fn count(&self, user: &str) -> usize {
        self.with(|sessions| sessions.values().filter(|entry| entry.info.user == user).count())
    }

    /// Returns a session's user.
    pub fn user(&self, pid: i32) -> Option<String> {
        self.with(|sessions| sessions.get(&pid).map(|entry| entry.info.user.clone()))
    }
}

/// Compares secrets in a time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differences, (x, y)| differences | (x ^ y)) == 0
}

/// A session's place in the registry.
pub struct Registration {
    registry: Arc<Registry>,
    pid: i32,
    terminate: CancellationToken,
}

impl Registration {
    /// Returns the process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Returns the token that ends the session.
    pub fn terminate(&self) -> &CancellationToken {
        &self.terminate
    }

    /// Returns the registry.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    fn update(&self, change: impl FnOnce(&mut Entry)) {
        self.registry.with(|sessions| {
            if let Some(entry) = sessions.get_mut(&self.pid) {
                change(entry);
            }
        });
    }

    /// Says that a query runs, and how to cancel it.
    pub fn begin(&self, query: &str, cancel: CancellationToken, transaction: DateTime<Utc>) {
        let now = Utc::now();
        self.update(|entry| {
            entry.running = Some(cancel);
            entry.info.activity = Activity::Active;
            entry.info.since = now;
            entry.info.started = Some(now);
            entry.info.transaction = Some(transaction);
            entry.info.query.clear();
            entry.info.query.push_str(prefix(query, 1024));
        });
    }

    /// Says that nothing runs any more.
    pub fn rest(&self, activity: Activity) {
        let now = Utc::now();
        self.update(|entry| {
            entry.running = None;
            entry.info.activity = activity;
            entry.info.since = now;
            if activity == Activity::Idle {
                entry.info.transaction = None;
            }
        });
    }

    /// Says what the application calls itself.
    pub fn rename(&self, application_name: &str) {
        self.update(|entry| application_name.clone_into(&mut entry.info.application_name));
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.with(|sessions| sessions.remove(&self.pid));
    }
}

fn prefix(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_cancels() {
        let registry = Registry::new();
        let session = registry.enter("ada", "shop", None, vec![1, 2, 3, 4]);
        let token = CancellationToken::new();
        session.begin("SELECT 1", token.clone(), Utc::now());
        assert!(!registry.cancel(session.pid(), &[1, 2, 3, 5]));
        assert!(!registry.cancel(session.pid() + 1, &[1, 2, 3, 4]));
        assert!(!token.is_cancelled());
        assert!(registry.cancel(session.pid(), &[1, 2, 3, 4]));
        assert!(token.is_cancelled());
        assert_eq!(registry.list()[0].activity.word(), "active");
        drop(session);
        assert!(registry.list().is_empty());
    }
}
