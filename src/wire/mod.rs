//! The PostgreSQL protocol: bytes to messages, Arrow rows to bytes. Knows nothing of SQL.
//!
//! pgwire decodes the frontend's messages and does SCRAM; the loop, the checks before decoding, and everything sent are here.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::error::{Report, Result, SqlState};
use crate::query::live::Ends;
use crate::session;
use crate::session::backend::Backend;
use crate::session::registry::Registry;

mod ahead;
pub mod auth;
mod connection;
mod extended;
pub mod frame;
pub mod fuzz;
mod lend;
mod lobby;
mod login;
mod message;
pub mod oauth;
mod parameters;
mod places;
mod polling;
mod portal;
mod presence;
mod repeat;
pub mod rows;
pub mod rules;
mod simple;
mod startup;
mod tls;
mod watch;

/// Whether connections are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Off,
    /// When the client asks and there is a certificate.
    #[default]
    Prefer,
    /// Always.
    Require,
}

/// Whether clients show certificates (`tls.client_certificate`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked for any.
    #[default]
    Off,
    /// They may; one that cannot be verified ends the handshake.
    Optional,
    /// They must.
    Required,
}

/// `[tls]`.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Whether.
    pub mode: TlsMode,
    /// The certificate chain, PEM.
    pub cert: Option<PathBuf>,
    /// The private key, PEM.
    pub key: Option<PathBuf>,
    /// The authorities that sign clients' certificates, PEM.
    pub client_ca: Option<PathBuf>,
    /// Whether clients show certificates.
    pub client_certificates: ClientCertificates,
    /// How often the files are looked at; `None`: never.
    pub renew_every: Option<Duration>,
}

/// How users prove who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// SCRAM-SHA-256, with channel binding over TLS.
    #[default]
    Scram,
    /// Not at all; from loopback addresses only.
    Trust,
    /// By a client certificate, whose common name is the user.
    Cert,
    /// By an OAuth access token, sent as the password.
    OAuth,
    /// By an OAuth access token, sent by SASL OAUTHBEARER.
    OAuthBearer,
    /// They cannot.
    Reject,
}

/// What one identity outside (a certificate's name, an e-mail address) is called here.
pub type IdentityMap = BTreeMap<String, String>;

/// One of `[[users]]`.
#[derive(Clone, Debug)]
pub struct User {
    /// The login name.
    pub name: String,
    /// `SCRAM-SHA-256$iterations:salt$stored key:server key`; `None` for a user that cannot log in by password.
    pub password: Option<SecretString>,
    /// The role; the name when none is given.
    pub role: Option<String>,
    /// May approve, flush, pause.
    pub admin: bool,
    /// What OAuth knows the user by; the name when none is given.
    pub email: Option<String>,
    /// The warehouse is asked with the user's own OAuth token, not with the server's credentials.
    pub own_identity: bool,
}

/// What users are that no `[[users]]` entry names, where authentication is `trust`.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The role; the name when none is given.
    pub role: Option<String>,
    /// May approve, flush, pause.
    pub admin: bool,
}

/// What the protocol can be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Encryption.
    pub tls: Tls,
    /// Authentication, where there are no rules.
    pub method: Method,
    /// `[[auth.rules]]`: the first that fits a connection decides; one that none fits is refused.
    pub rules: Vec<rules::Rule>,
    /// `[auth.oauth]`; `None` where no rule asks for tokens.
    pub oauth: Option<oauth::Settings>,
    /// Who may connect.
    pub users: Vec<User>,
    /// With [`Method::Trust`]: who everyone else is; `None` turns them away.
    pub guest: Option<Guest>,
    /// The largest message of an authenticated client (`server.max_message_bytes`).
    pub max_message_bytes: usize,
    /// From the first byte to the end of authentication, and for the TLS handshake.
    pub startup_timeout: Duration,
    /// How long a client may leave what it is sent unread (`server.write_timeout`); `None` for ever.
    pub write_timeout: Option<Duration>,
    /// How long to look for a quick client's next message before the connection sleeps (`server.busy_poll`); zero: not at all.
    pub busy_poll: Duration,
    /// The most connections that have not logged in (`server.max_unauthenticated_connections`).
    pub max_unauthenticated: usize,
    /// The most connections of one user (`server.max_connections_per_user`).
    pub max_per_user: Option<usize>,
    /// The most connections from one address (`server.max_connections_per_address`).
    pub max_per_address: Option<usize>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            tls: Tls::default(),
            method: Method::Scram,
            rules: Vec::new(),
            oauth: None,
            users: Vec::new(),
            guest: None,
            max_message_bytes: 64 << 20,
            startup_timeout: Duration::from_secs(15),
            write_timeout: Some(Duration::from_secs(300)),
            busy_poll: Duration::from_micros(500),
            max_unauthenticated: 100,
            max_per_user: None,
            max_per_address: None,
        }
    }
}

/// A byte stream to a client: a socket, TLS over one, or a pipe in tests.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Reads what has come already, or says that it would block; `None` where only the runtime can tell.
    fn read_now(&self, into: &mut [u8]) -> Option<std::io::Result<usize>> {
        let _ = into;
        None
    }
}

impl Stream for TcpStream {
    fn read_now(&self, into: &mut [u8]) -> Option<std::io::Result<usize>> {
        Some((&*SockRef::from(self)).read(into))
    }
}

impl Stream for DuplexStream {}

impl Stream for Box<dyn Stream> {
    fn read_now(&self, into: &mut [u8]) -> Option<std::io::Result<usize>> {
        self.as_ref().read_now(into)
    }
}

/// Everything that all connections share.
pub struct Gate {
    settings: Settings,
    sessions: Arc<session::Settings>,
    backend: Arc<dyn Backend>,
    registry: Arc<Registry>,
    tls: Option<tls::Tls>,
    authenticator: auth::Authenticator,
    introspector: Option<oauth::Introspector>,
    places: places::Places,
    poller: polling::Poller,
    lobby: lobby::Lobby,
}

/// The places of connections that have logged in (`server.max_connections`); gates come and go, these stay.
#[derive(Debug)]
pub struct Seats {
    free: Arc<Semaphore>,
    most: usize,
}

impl Seats {
    /// Makes as many.
    pub fn new(most: usize) -> Seats {
        Seats { free: Arc::new(Semaphore::new(most)), most }
    }

    /// Takes one.
    ///
    /// # Errors
    /// 53300 when all are taken.
    pub(crate) fn take(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            Report::new(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already")
                .detail(format!("The server takes {} connections (server.max_connections).", self.most))
        })
    }
}

impl Gate {
    /// Puts it together; loads certificate and key.
    ///
    /// # Errors
    /// A certificate, key or verifier that cannot be read.
    pub fn new(settings: Settings, sessions: session::Settings, backend: Arc<dyn Backend>, registry: Arc<Registry>) -> Result<Gate> {
        let tls = tls::Tls::load(&settings.tls)?;
        let authenticator = auth::Authenticator::new(&settings.users)?;
        let introspector = settings.oauth.clone().map(oauth::Introspector::new).transpose()?;
        let (places, lobby) = (places::Places::default(), lobby::Lobby::new(settings.max_unauthenticated));
        let poller = polling::Poller::default();
        Ok(Gate { settings, sessions: Arc::new(sessions), backend, registry, tls, authenticator, introspector, places, poller, lobby })
    }

    /// Takes over what the gate before it knows: who is locked out, the salts of users that do not exist, how many connections an address has.
    #[must_use]
    pub fn after(mut self, before: &Gate) -> Gate {
        self.authenticator.remember(&before.authenticator);
        self.places = before.places.clone();
        self
    }

    /// Tells whether a session of this user, which another gate let in, is what this one would let in: the user is there, with the same role and rights.
    pub fn keeps(&self, user: &str, before: &Gate) -> bool {
        self.standing(user) == before.standing(user)
    }

    /// What a user is: role, whether an admin, whether with credentials of their own; `None` for one who is not let in.
    fn standing<'a>(&'a self, user: &'a str) -> Option<(&'a str, bool, bool)> {
        match (self.settings.users.iter().find(|known| known.name == user), &self.settings.guest) {
            (Some(known), _) => Some((known.role.as_deref().unwrap_or(user), known.admin, known.own_identity)),
            (None, Some(guest)) => Some((guest.role.as_deref().unwrap_or(user), guest.admin, false)),
            (None, None) => None,
        }
    }

    /// Reads certificate, key and authorities again if their files have changed; connections that come from now on are shown the new ones.
    /// Tells whether they were read. Reads files, so not for a thread of the runtime.
    ///
    /// # Errors
    /// What is wrong with the new files; the old certificate stays in force.
    pub fn renew_tls(&self) -> Result<bool> {
        self.tls.as_ref().map_or(Ok(false), tls::Tls::renew)
    }

    /// Tells whether clients can encrypt.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Tells how often the files of certificates are to be looked at.
    pub fn renew_every(&self) -> Option<Duration> {
        self.settings.tls.renew_every.filter(|_| self.has_tls())
    }

    /// Returns the live sessions.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Serves one client to its end. `drain` sends it away once it is idle; `ends` is `None` for a local socket. It takes a seat when it has
    /// logged in.
    pub async fn serve(&self, stream: Box<dyn Stream>, ends: Option<Ends>, seats: &Seats, drain: CancellationToken) {
        let turn = self.lobby.enter();
        let _place = match (self.settings.max_per_address, ends) {
            (Some(most), Some(ends)) => match self.places.take(ends.client.ip(), most) {
                Some(place) => Some(place),
                None => {
                    let report = Report::new(SqlState::TOO_MANY_CONNECTIONS, "too many connections from this address")
                        .detail(format!("The server takes {most} from one address (server.max_connections_per_address)."));
                    let refusing = tokio::time::timeout(self.settings.startup_timeout, startup::refuse(self, stream, &report));
                    turn.over.run_until_cancelled(refusing).await;
                    return;
                }
            },
            _ => None,
        };
        let opening = tokio::time::timeout(self.settings.startup_timeout, startup::open(self, stream, ends, seats));
        let connection = tokio::select! {
            opened = opening => opened,
            () = drain.cancelled() => return,
            () = turn.over.cancelled() => {
                debug!("connection ended: others wait to log in (server.max_unauthenticated_connections)");
                return;
            }
        };
        drop(turn);
        if let Ok(Some((connection, _seat))) = connection {
            connection.run(drain).await;
        }
    }
}

#[cfg(test)]
mod tests;
