//! One client's state: settings, transaction, prepared statements, cursors; which statements it answers itself and which it hands on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::error::{Report, Result, SqlState};
use crate::query::lasting::{Again, Lasting};
use crate::query::live::Activity;
use crate::query::random::Random;
use crate::query::setting::SettingList;
use crate::query::{CacheMode, NamedCursor, NamedStatement, Notices, Principal, QueryContext, QueryId, SessionInputs, SessionObjects};
use crate::types::ident::quote_ident;
use crate::types::input::{Order, Reads};
use crate::types::output::Style;
use crate::types::zone::Tz;

mod advisory;
pub mod backend;
mod ahead;
mod bare;
mod call_each;
mod calls;
mod copy;
mod cursor;
mod recent;
pub mod registry;
pub mod relay;
mod run;
pub mod settings;
mod statement;
pub mod transaction;
pub mod values;

/// A parsed statement that is not classified yet.
pub use crate::sql::parse::Statement as Parsed;
use advisory::OwnLocks;
use ahead::Ahead;
pub use ahead::{Coming, What};
use backend::Backend;
use cursor::Cursor;
pub use cursor::Lent;
use recent::Recent;
use registry::Registration;
pub use statement::{SavepointEnd, Statement};
use transaction::{Status, Transaction};
use values::Values;

/// What sessions can be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest that a statement may run, whatever `statement_timeout` says; `None` for no limit.
    pub statement_timeout: Option<Duration>,
    /// `TimeZone` at start.
    pub timezone: String,
    /// The most prepared statements, and the most cursors and portals, that one session may hold.
    pub max_statements: usize,
    /// How many queries of one session are worked on at once, where the client has sent several: 1 for one by one.
    pub overlap: usize,
    /// What the configuration says of settings that tools read: name and value.
    pub server: Vec<(&'static str, String)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            statement_timeout: Some(Duration::from_secs(300)),
            timezone: "UTC".to_owned(),
            max_statements: 5000,
            overlap: 4,
            server: Vec::new(),
        }
    }
}

/// The settings that a client is told at start and whenever they change.
pub const REPORTED: [&str; 13] = [
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
    "TimeZone",
];

/// What follows from the settings, worked out again when one has changed.
struct Derived {
    generation: u64,
    zone: Tz,
    style: Style,
    /// What queries are given, but for the start of their transaction.
    inputs: Arc<SessionInputs>,
    statement_timeout: Option<Duration>,
    idle_session_timeout: Option<Duration>,
    idle_in_transaction_timeout: Option<Duration>,
}

/// One client's state.
pub struct Session {
    backend: Arc<dyn Backend>,
    settings: Arc<Settings>,
    principal: Arc<Principal>,
    database: String,
    registration: Registration,
    values: Values,
    transaction: Transaction,
    statements: HashMap<String, Arc<Statement>>,
    cursors: HashMap<String, Cursor>,
    held_locks: OwnLocks,
    random: Random,
    derived: Option<Derived>,
    recent: Recent,
    ahead: Ahead,
    last: Last,
    /// Nothing runs, and the registry knows.
    rests: bool,
    /// The message has several statements, which make a transaction block of their own.
    several: bool,
    /// When the statement began that is read, planned and run: what `statement_timeout` counts from. Several messages may make one up.
    since: Option<Instant>,
}

/// What was told of the last query.
#[derive(Default)]
pub(crate) enum Last {
    /// There was none.
    #[default]
    Nothing,
    /// It ran.
    Ran(Notices),
    /// Its answer was given again.
    Again(Arc<dyn Lasting>, Again),
}

impl Session {
    /// Opens a session with what the startup packet says: (setting, value) pairs.
    ///
    /// # Errors
    /// 3D000 for an unknown database, and what SET would say of the settings.
    pub fn open(
        backend: Arc<dyn Backend>,
        settings: Arc<Settings>,
        principal: Principal,
        database: String,
        registration: Registration,
        startup: &[(String, String)],
    ) -> Result<Session> {
        let mut values = Values::default();
        for (name, value) in &settings.server {
            values.configure(name, value)?;
        }
        if let Some(ends) = registration.ends() {
            values.configure("port", &ends.server.port().to_string())?;
        }
        values.configure("TimeZone", &settings.timezone)?;
        if let Some(limit) = settings.statement_timeout {
            values.configure("statement_timeout", &limit.as_millis().to_string())?;
        }
        let path: Vec<String> = backend.default_search_path(&database).iter().map(|schema| quote_ident(schema)).collect();
        values.configure("search_path", &path.join(", "))?;
        for (name, value) in startup {
            values.start(name, value)?;
        }
        if let Some(name) = values.get("application_name") {
            registration.rename(name);
        }
        Ok(Session {
            backend,
            settings,
            principal: Arc::new(principal),
            database,
            registration,
            values,
            transaction: Transaction::default(),
            statements: HashMap::new(),
            cursors: HashMap::new(),
            held_locks: OwnLocks::default(),
            random: Random::default(),
            derived: None,
            recent: Recent::default(),
            ahead: Ahead::default(),
            last: Last::default(),
            rests: false,
            several: false,
            since: None,
        })
    }

    /// Returns the token that ends this session.
    pub fn terminate(&self) -> &CancellationToken {
        self.registration.terminate()
    }

    /// Returns the process id that the client knows.
    pub fn pid(&self) -> i32 {
        self.registration.pid()
    }

    /// Returns the status for ReadyForQuery.
    pub fn status(&self) -> Status {
        self.transaction.status()
    }

    /// Returns a number that grows with each change of a setting.
    pub fn generation(&self) -> u64 {
        self.values.generation()
    }

    /// Returns a reported setting's value.
    pub fn reported(&self, name: &str) -> String {
        match name {
            "is_superuser" => "off".to_owned(),
            "session_authorization" => self.principal.user.clone(),
            _ => self.values.show(name).map(|(_, value)| value).unwrap_or_default(),
        }
    }

    /// Returns `TimeZone`.
    pub fn zone(&mut self) -> Tz {
        self.derived().zone
    }

    /// Returns how values are shown.
    pub fn style(&mut self) -> Style {
        self.derived().style
    }

    fn derived(&mut self) -> &Derived {
        let generation = self.values.generation();
        if self.derived.as_ref().is_none_or(|derived| derived.generation != generation) {
            self.derived = Some(self.derive());
        }
        self.derived.as_ref().expect("it was made")
    }

    fn derive(&self) -> Derived {
        let zone = settings::timezone(self.values.get("timezone").unwrap_or("UTC")).map_or(Tz::UTC, |(zone, _)| zone);
        let limit = |name: &str| {
            let ms = self.values.get(name).and_then(|value| value.parse::<u64>().ok());
            ms.filter(|ms| *ms > 0).map(Duration::from_millis)
        };
        Derived {
            generation: self.values.generation(),
            zone,
            style: settings::style(|name| self.values.get(name), zone),
            inputs: Arc::new(self.inputs_in(zone)),
            statement_timeout: match (limit("statement_timeout"), self.settings.statement_timeout) {
                (Some(own), Some(most)) => Some(own.min(most)),
                (own, most) => own.or(most),
            },
            idle_session_timeout: limit("idle_session_timeout"),
            idle_in_transaction_timeout: limit("idle_in_transaction_session_timeout"),
        }
    }

    /// Tells whether `client_min_messages` lets notices and warnings through.
    pub fn hears(&self, severity: crate::query::Severity) -> bool {
        use crate::query::Severity;
        match (self.values.get("client_min_messages"), severity) {
            (_, Severity::Info) => true,
            (Some("error"), _) | (Some("warning"), Severity::Notice) => false,
            _ => true,
        }
    }

    /// Takes note that a statement begins, and returns what the stages need to know about it.
    pub fn begin(&mut self, source: &str, row_limited: bool) -> QueryContext {
        self.rests = false;
        let mut cx = self.context(row_limited);
        if let Some(inputs) = self.inputs_about_itself(source) {
            cx.session = inputs;
        }
        self.registration.begin(source, cx.cancel.clone(), cx.transaction_start);
        cx
    }

    /// Takes note that a portal goes on that was begun with `cx`.
    pub fn resume(&mut self, statement: &Statement, cx: &QueryContext) {
        self.rests = false;
        self.registration.begin(&statement.source, cx.cancel.clone(), cx.transaction_start);
    }

    /// Returns when the present statement must be done: reading and planning it count, in however many messages it comes.
    pub fn deadline(&mut self) -> Option<Instant> {
        let since = *self.since.get_or_insert_with(Instant::now);
        self.derived().statement_timeout.and_then(|limit| since.checked_add(limit))
    }

    /// Returns that deadline where a statement has begun and the client is waited for in its midst.
    pub fn deadline_between_messages(&mut self) -> Option<Instant> {
        self.since?;
        self.deadline()
    }

    /// Takes note that a statement is done: the next one has its own time.
    pub fn is_done(&mut self) {
        self.since = None;
    }

    /// Returns how many savepoints stand.
    pub fn depth(&self) -> usize {
        self.transaction.depth()
    }

    /// Returns what the stages need to know about a statement, which nobody can see running yet.
    fn context(&mut self, row_limited: bool) -> QueryContext {
        let started = Instant::now();
        QueryContext {
            id: QueryId::next(),
            principal: self.principal.clone(),
            session: self.inputs(),
            transaction_start: self.transaction.start(&self.values),
            xid: self.transaction.xid(&self.values),
            random: self.random.clone(),
            statement_start: self.transaction.arrived(),
            cancel: CancellationToken::new(),
            deadline: self.deadline(),
            started,
            row_limited,
            notices: Notices::default(),
            turn: None,
        }
    }

    /// Takes note that nothing runs any more.
    pub fn rest(&mut self) {
        let status = self.transaction.status();
        if self.rests && status == Status::Idle {
            return;
        }
        self.rests = status == Status::Idle;
        self.registration.rest(match status {
            Status::Idle => Activity::Idle,
            Status::InBlock => Activity::IdleInTransaction,
            Status::Failed => Activity::IdleInFailedTransaction,
        });
    }

    /// Takes note of a statement whose answer was given again.
    pub fn repeated(&mut self, statement: &Statement, lasting: &Arc<dyn Lasting>, again: Again) {
        self.registration.passed(&statement.source);
        self.last = Last::Again(Arc::clone(lasting), again);
    }

    /// Takes note of a message that may run something.
    pub fn arrive(&mut self) {
        self.transaction.arrive();
        self.since.get_or_insert_with(Instant::now);
    }

    /// Takes note that the message has several statements.
    pub fn has_several(&mut self) {
        self.several = true;
    }

    /// Takes note of an error: a transaction block fails, an implicit transaction is rolled back.
    pub fn fail(&mut self) {
        self.since = None;
        self.ahead.clear();
        self.transaction.fail(&mut self.values);
        if !self.transaction.in_block() {
            self.end_cursors(false);
            self.free_transaction_locks(0);
        }
    }

    /// Ends the implicit transaction of a message, or of a pipeline at Sync. Returns whether portals end with it.
    pub fn end_message(&mut self) -> bool {
        self.since = None;
        self.ahead.clear();
        self.several = false;
        self.transaction.end_implicit(&mut self.values);
        let over = !self.transaction.in_block();
        if over {
            self.end_cursors(true);
            self.free_transaction_locks(0);
        }
        over
    }

    /// Returns how long the client may stay idle now, and what it is told afterwards.
    pub fn idle_limit(&mut self) -> Option<(Duration, Report)> {
        let idle = self.transaction.status() == Status::Idle;
        let derived = self.derived();
        Some(if idle {
            let message = "terminating connection due to idle-session timeout";
            (derived.idle_session_timeout?, Report::new(SqlState("57P05"), message))
        } else {
            let message = "terminating connection due to idle-in-transaction timeout";
            (derived.idle_in_transaction_timeout?, Report::new(SqlState("25P03"), message))
        })
    }

    /// As [`Session::inputs`], with the session's own objects; `None` for a query that does not ask about them.
    fn inputs_about_itself(&mut self, source: &str) -> Option<Arc<SessionInputs>> {
        let lower = source.to_ascii_lowercase();
        if !lower.contains("pg_prepared_statement") && !lower.contains("pg_cursor") {
            return None;
        }
        let inputs = self.inputs();
        let statements = self.statements.iter().filter(|(name, _)| !name.is_empty());
        let mut statements: Vec<NamedStatement> = statements.filter_map(|(name, statement)| statement.named(name)).collect();
        statements.sort_by_key(|statement| statement.since);
        let mut cursors: Vec<NamedCursor> = self.cursors.iter().map(|(name, cursor)| cursor.named(name)).collect();
        cursors.sort_by_key(|cursor| cursor.since);
        Some(Arc::new(SessionInputs { objects: Arc::new(SessionObjects { statements, cursors }), ..SessionInputs::clone(&inputs) }))
    }

    /// Returns what the session contributes to a query.
    fn inputs(&mut self) -> Arc<SessionInputs> {
        Arc::clone(&self.derived().inputs)
    }

    fn inputs_in(&self, timezone: Tz) -> SessionInputs {
        let get = |name: &str| self.values.get(name).unwrap_or_default();
        SessionInputs {
            database: self.database.clone(),
            search_path: search_path(get("search_path"), &self.principal.user),
            timezone,
            reads_in: Reads { zone: timezone, order: Order::of(get("datestyle")) },
            timezone_name: get("timezone").to_owned(),
            application_name: get("application_name").to_owned(),
            cache_mode: match get("sluice.cache") {
                "off" => CacheMode::Off,
                "refresh" => CacheMode::Refresh,
                "only" => CacheMode::Only,
                _ => CacheMode::On,
            },
            max_usd: get("sluice.max_usd").trim().parse().ok(),
            dry_run: get("sluice.dry_run") == "on",
            labels: settings::labels(get("sluice.labels")).unwrap_or_default(),
            tags: Vec::new(),
            backend_pid: self.registration.pid(),
            ends: self.registration.ends(),
            settings: Arc::new(self.listed()),
            about_settings: SettingList::new({
                let (values, modes) = (self.values.clone(), self.shown_modes());
                move || {
                    let mut about = values.about();
                    for (name, value) in &modes {
                        about.iter_mut().filter(|setting| setting.name == *name).for_each(|setting| setting.setting.clone_from(value));
                    }
                    about
                }
            }),
            objects: Arc::default(),
        }
    }

    /// The present transaction's modes, as settings.
    fn shown_modes(&self) -> [(&'static str, String); 3] {
        self.transaction.modes(&self.values).settings()
    }

    fn listed(&self) -> Vec<(String, String)> {
        let mut listed = self.values.listed();
        for name in ["is_superuser", "session_authorization"] {
            listed.push((name.to_owned(), self.reported(name)));
        }
        listed.push(("role".to_owned(), "none".to_owned()));
        for (name, value) in self.shown_modes() {
            listed.retain(|(known, _)| known != name);
            listed.push((name.to_owned(), value));
        }
        listed
    }

    fn room<T>(&self, held: &HashMap<String, T>, what: &str) -> Result<()> {
        if held.len() < self.settings.max_statements {
            return Ok(());
        }
        let most = self.settings.max_statements;
        Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("a session may hold at most {most} {what} (session.max_statements)")))
    }
}

/// Splits `search_path` into schemas; `$user` is the user's name, and `pg_catalog` is always searched first anyway.
fn search_path(value: &str, user: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = value.trim_start();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(inner) => {
                let (mut name, mut chars) = (String::new(), inner.char_indices().peekable());
                let mut end = inner.len();
                while let Some((i, c)) = chars.next() {
                    if c != '"' {
                        name.push(c);
                    } else if chars.peek().is_some_and(|(_, next)| *next == '"') {
                        name.push('"');
                        chars.next();
                    } else {
                        end = i + 1;
                        break;
                    }
                }
                (name, &inner[end..])
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_lowercase(), &rest[end..])
            }
        };
        let name = if name == "$user" { user.to_owned() } else { name };
        if !name.is_empty() && name != "pg_catalog" && !path.contains(&name) {
            path.push(name);
        }
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_paths_are_split_as_identifiers() {
        assert_eq!(search_path("\"$user\", public", "ada"), ["ada", "public"]);
        assert_eq!(search_path("A, \"B c\", \"d\"\"e\" ,pg_catalog", "ada"), ["a", "B c", "d\"e"]);
        assert!(search_path("", "ada").is_empty());
        assert_eq!(search_path("\"unclosed", "ada"), ["unclosed"]);
    }
}
