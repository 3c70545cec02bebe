//! Who is connected and what runs, for `pg_stat_activity`: filled by the session, read by the catalog.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Waiting for a command.
    Idle,
    /// Waiting for a command within a transaction.
    IdleInTransaction,
    /// The same, after an error.
    IdleInFailedTransaction,
    /// Running a query.
    Active,
}

impl Activity {
    /// Returns the word of `pg_stat_activity.state`.
    pub fn word(self) -> &'static str {
        match self {
            Activity::Idle => "idle",
            Activity::IdleInTransaction => "idle in transaction",
            Activity::IdleInFailedTransaction => "idle in transaction (aborted)",
            Activity::Active => "active",
        }
    }
}

/// The two ends of a connection over TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Where the client is.
    pub client: SocketAddr,
    /// Where it reached the server.
    pub server: SocketAddr,
}

impl Ends {
    /// Returns the client's address. One of IPv4 is shown as such, whatever the listener takes.
    pub fn client_address(&self) -> IpAddr {
        self.client.ip().to_canonical()
    }

    /// Returns the server's address, likewise.
    pub fn server_address(&self) -> IpAddr {
        self.server.ip().to_canonical()
    }
}

/// How a connection is encrypted, as `pg_stat_ssl` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secured {
    /// The protocol's version, as `TLSv1.3`.
    pub version: &'static str,
    /// The cipher by OpenSSL's name.
    pub cipher: &'static str,
    /// The bits of its key.
    pub bits: i32,
}

/// One live session, as `pg_stat_activity` shows it.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// The process id that the client knows it by.
    pub pid: i32,
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// `application_name`.
    pub application_name: String,
    /// Where client and server are; `None` for a local socket.
    pub ends: Option<Ends>,
    /// How it is encrypted, if it is.
    pub secured: Option<Secured>,
    /// When it connected.
    pub connected: DateTime<Utc>,
    /// What it is doing.
    pub activity: Activity,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When its transaction began.
    pub transaction: Option<DateTime<Utc>>,
    /// When its last statement began.
    pub started: Option<DateTime<Utc>>,
    /// The last statement: shown to its own user and to admins only.
    pub query: String,
}

/// A way to ask for the live sessions.
#[derive(Clone)]
pub struct LiveSessions(Arc<dyn Fn() -> Vec<SessionInfo> + Send + Sync>);

impl LiveSessions {
    /// Wraps whoever knows them.
    pub fn new(list: impl Fn() -> Vec<SessionInfo> + Send + Sync + 'static) -> LiveSessions {
        LiveSessions(Arc::new(list))
    }

    /// Returns the sessions of this moment, by process id.
    pub fn list(&self) -> Vec<SessionInfo> {
        (self.0)()
    }
}

impl Default for LiveSessions {
    fn default() -> LiveSessions {
        LiveSessions::new(Vec::new)
    }
}

impl fmt::Debug for LiveSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveSessions")
    }
}
