//! Live sessions: who is connected, what runs, and the keys by which it is cancelled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::advisory::Locks;
use super::relay::{Order, Relay};
use crate::query::live::{Activity, Ends, LiveSessions, Secured, SessionInfo};
use crate::telemetry::metrics::{self, Cancel};

struct Entry {
    info: SessionInfo,
    /// What names the session in a cancel request.
    order: Order,
    running: Option<CancellationToken>,
    terminate: CancellationToken,
}

/// Every live session of this process.
#[derive(Default)]
pub struct Registry {
    sessions: Mutex<BTreeMap<i32, Entry>>,
    /// The way to the other replicas.
    relay: Relay,
    /// What sessions have locked.
    pub(super) locks: Locks,
}

impl Registry {
    /// Makes an empty one.
    pub fn new() -> Arc<Registry> {
        Arc::default()
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<i32, Entry>) -> T) -> T {
        work(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the way to the other replicas.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Adds a session; `secret` is what a cancel request must know. It leaves when the returned value is dropped.
    ///
    /// Its process id is random: replicas that share an address then give no two clients the same, and whoever reads what replicas tell each
    /// other would have to guess id and secret together.
    pub fn enter(self: &Arc<Registry>, user: &str, database: &str, ends: Option<Ends>, secret: &[u8]) -> Registration {
        let now = Utc::now();
        let terminate = CancellationToken::new();
        let pid = self.with(|sessions| {
            let mut pid = random_pid();
            while pid == 0 || sessions.contains_key(&pid) {
                pid = random_pid();
            }
            let info = SessionInfo {
                pid,
                user: user.to_owned(),
                database: database.to_owned(),
                application_name: String::new(),
                ends,
                secured: None,
                connected: now,
                activity: Activity::Idle,
                since: now,
                transaction: None,
                started: None,
                query: String::new(),
            };
            let order = Order::of(pid, secret);
            sessions.insert(pid, Entry { info, order, running: None, terminate: terminate.clone() });
            pid
        });
        Registration { registry: Arc::clone(self), pid, ends, terminate }
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

    /// Cancels what a session runs, for a client that knows its key. A session that is not here may be another replica's.
    pub fn cancel(&self, pid: i32, secret: &[u8]) {
        let order = Order::of(pid, secret);
        metrics::cancel(if self.obey(&order) {
            Cancel::Here
        } else if self.relay.pass_on(order) {
            Cancel::PassedOn
        } else {
            Cancel::Dropped
        });
    }

    /// Cancels what the session runs that an order names. Tells whether it is here.
    pub fn obey(&self, order: &Order) -> bool {
        self.with(|sessions| {
            // Every session is compared, each in constant time: how long it takes tells nothing of a key.
            let mut found = false;
            for entry in sessions.values().filter(|entry| entry.order == *order) {
                found = true;
                if let Some(running) = &entry.running {
                    running.cancel();
                }
            }
            found
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

/// 31 random bits.
fn random_pid() -> i32 {
    let mut bytes = [0; 4];
    getrandom::getrandom(&mut bytes).expect("the operating system gives random bytes");
    i32::from_be_bytes(bytes) & i32::MAX
}

/// A session's place in the registry.
pub struct Registration {
    registry: Arc<Registry>,
    pid: i32,
    ends: Option<Ends>,
    terminate: CancellationToken,
}

impl Registration {
    /// Returns where client and server are.
    pub fn ends(&self) -> Option<Ends> {
        self.ends
    }

    /// Takes note of how the connection is encrypted.
    pub fn secure(&self, secured: Option<Secured>) {
        self.update(|entry| entry.info.secured = secured);
    }

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

    /// Says that a query was answered at once.
    pub fn passed(&self, query: &str) {
        let now = Utc::now();
        self.update(|entry| {
            (entry.info.since, entry.info.started) = (now, Some(now));
            let query = prefix(query, 1024);
            if entry.info.query != query {
                entry.info.query.clear();
                entry.info.query.push_str(query);
            }
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
        self.registry.locks.free_all(self.pid);
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
        let session = registry.enter("ada", "shop", None, &[1, 2, 3, 4]);
        let token = CancellationToken::new();
        session.begin("SELECT 1", token.clone(), Utc::now());
        registry.cancel(session.pid(), &[1, 2, 3, 5]);
        registry.cancel(session.pid() ^ 1, &[1, 2, 3, 4]);
        assert!(!token.is_cancelled());
        registry.cancel(session.pid(), &[1, 2, 3, 4]);
        assert!(token.is_cancelled());
        assert_eq!(registry.list()[0].activity.word(), "active");
        drop(session);
        assert!(registry.list().is_empty());
    }

    #[test]
    fn a_key_that_is_not_here_is_passed_on_and_obeyed_there() {
        let (here, there) = (Registry::new(), Registry::new());
        let session = there.enter("ada", "shop", None, &[9; 32]);
        let token = CancellationToken::new();
        session.begin("SELECT 1", token.clone(), Utc::now());
        let mut orders = here.relay().open();
        here.cancel(session.pid(), &[9; 32]);
        let order = orders.try_recv().expect("passed on");
        let told = Order::read(&order.bytes()).expect("an order");
        assert!(there.obey(&told) && token.is_cancelled());
        assert!(!here.obey(&told));
        assert!(!there.obey(&Order::of(session.pid(), &[8; 32])));
    }

    #[test]
    fn process_ids_are_positive_and_differ() {
        let registry = Registry::new();
        let sessions: Vec<Registration> = (0..100).map(|_| registry.enter("ada", "shop", None, &[0; 4])).collect();
        assert!(sessions.iter().all(|session| session.pid() > 0));
        assert_eq!(registry.list().len(), 100);
    }
}
