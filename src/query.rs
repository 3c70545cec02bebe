//! The values that travel with a query: who asks, what the session says, by when, and the rows that come back.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use futures::Stream;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::error::{Result, SqlState};
use crate::types::input::Reads;
use crate::types::{NumericScale, Type};
use random::Random;
use turn::Turn;
use xid::Xid;

pub mod lasting;
pub mod live;
pub mod random;
pub mod setting;
pub mod turn;
pub mod xid;

/// Names one query in logs, job labels and notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueryId(pub u64);

impl QueryId {
    /// Returns the next id of this process.
    pub fn next() -> QueryId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        QueryId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Who asks: the user that authenticated, with the role that policy and limits go by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The login name.
    pub user: String,
    /// The role of the configuration (`[[roles]]`), or the user's name where none is given.
    pub role: String,
    /// May approve, flush, pause.
    pub admin: bool,
    /// The user's own access token, with which the warehouse is asked; `None`: with the server's credentials.
    pub token: Option<Token>,
}

/// An OAuth access token. Two are equal when their texts are.
#[derive(Clone)]
pub struct Token {
    secret: Arc<SecretString>,
    hash: blake3::Hash,
    expires: Instant,
}

impl Token {
    /// Wraps a token that is good until a moment.
    pub fn new(secret: SecretString, expires: Instant) -> Token {
        let hash = blake3::hash(secret.expose_secret().as_bytes());
        Token { secret: Arc::new(secret), hash, expires }
    }

    /// Returns the token itself.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Tells whether its time is over.
    pub fn is_expired(&self) -> bool {
        Instant::now() >= self.expires
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.as_bytes().hash(state);
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// What the session contributes to the meaning and the cost of a query: its settings, as they stand when the query starts.
#[derive(Clone, Debug)]
pub struct SessionInputs {
    /// The database of the connection.
    pub database: String,
    /// Schemas searched for unqualified names, in order (without `pg_catalog`, which always comes first).
    pub search_path: Vec<String>,
    /// `TimeZone`, resolved.
    pub timezone: crate::types::zone::Tz,
    /// How the constants of a statement are read: by what was set when it was parsed, whatever is set when it runs.
    pub reads_in: Reads,
    /// `TimeZone` as SHOW prints it.
    pub timezone_name: String,
    /// `application_name`.
    pub application_name: String,
    /// `sluice.cache`.
    pub cache_mode: CacheMode,
    /// `sluice.max_usd`: may lower the cap per query, never raise it.
    pub max_usd: Option<f64>,
    /// `sluice.dry_run`: price only.
    pub dry_run: bool,
    /// `sluice.labels`, for job labels; never part of a cache key.
    pub labels: Vec<(String, String)>,
    /// The tags of the statement's comment (sqlcommenter), likewise.
    pub tags: Vec<(String, String)>,
    /// The process id that the client knows this session by.
    pub backend_pid: i32,
    /// Where client and server are; `None` for a local socket.
    pub ends: Option<live::Ends>,
    /// Every setting by lower-case name, for `current_setting()`.
    pub settings: Arc<Vec<(String, String)>>,
    /// What there is to know of them, for `pg_settings`.
    pub about_settings: setting::SettingList,
    /// Its prepared statements and cursors, for a query that asks about them.
    pub objects: Arc<SessionObjects>,
}

/// What a session has given names to.
#[derive(Clone, Debug, Default)]
pub struct SessionObjects {
    /// Prepared statements.
    pub statements: Vec<NamedStatement>,
    /// Cursors.
    pub cursors: Vec<NamedCursor>,
}

/// A row of `pg_prepared_statements`.
#[derive(Clone, Debug)]
pub struct NamedStatement {
    /// Its name.
    pub name: String,
    /// The text that the client sent.
    pub text: Arc<str>,
    /// When it was prepared: microseconds since 1970.
    pub since: i64,
    /// The types of its parameters.
    pub parameters: Vec<Type>,
    /// By PREPARE, not by a message of the protocol.
    pub from_sql: bool,
}

/// A row of `pg_cursors`.
#[derive(Clone, Debug)]
pub struct NamedCursor {
    /// Its name.
    pub name: String,
    /// The text that the client sent.
    pub text: Arc<str>,
    /// When it was declared: microseconds since 1970.
    pub since: i64,
    /// WITH HOLD.
    pub hold: bool,
    /// BINARY.
    pub binary: bool,
}

impl SessionInputs {
    /// Returns a setting's value by its lower-case name.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// `sluice.cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CacheMode {
    /// Look up and keep.
    #[default]
    On,
    /// Neither look up nor keep.
    Off,
    /// Do not look up, keep.
    Refresh,
    /// Answer from the cache or refuse with SL007.
    Only,
}

/// Everything the stages need to know about the one query they work on.
#[derive(Clone)]
pub struct QueryContext {
    /// The query's name in logs and labels.
    pub id: QueryId,
    /// Who asks.
    pub principal: Arc<Principal>,
    /// What the session says.
    pub session: Arc<SessionInputs>,
    /// When the transaction (or the single statement) began: what `now()` says.
    pub transaction_start: DateTime<Utc>,
    /// The transaction's number.
    pub xid: Xid,
    /// The session's random numbers.
    pub random: Random,
    /// When the message came that runs it: what `statement_timestamp()` says.
    pub statement_start: DateTime<Utc>,
    /// Fires when the client cancels, goes away, the deadline passes, or the server drains.
    pub cancel: CancellationToken,
    /// `statement_timeout` as a moment.
    pub deadline: Option<Instant>,
    /// When the query arrived.
    pub started: Instant,
    /// Rows the client asked for at most (cursor, portal with a row limit); LIMIT injection keeps away then.
    pub row_limited: bool,
    /// Notices and warnings to send before the command's end.
    pub notices: Notices,
    /// Its place among the client's queries that overlap; `None` for one that nothing stands beside.
    pub turn: Option<Turn>,
}

impl QueryContext {
    /// Returns its place if it is made ready before the client waits for it.
    pub fn early(&self) -> Option<&Turn> {
        self.turn.as_ref().filter(|turn| !turn.has_come())
    }

    /// Returns the time left until the deadline; `None` when there is no deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

/// NOTICE, WARNING, INFO, ... as the protocol knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Worth reading.
    Notice,
    /// Worth acting on.
    Warning,
    /// Asked for.
    Info,
}

/// One message beside the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How loud.
    pub severity: Severity,
    /// The class; 00000 for a plain notice, 01000 for a plain warning.
    pub sqlstate: SqlState,
    /// The text.
    pub message: String,
    /// A sentence more.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Notice {
    /// Makes a plain NOTICE.
    pub fn plain(message: impl Into<String>) -> Notice {
        Notice { severity: Severity::Notice, sqlstate: SqlState::SUCCESS, message: message.into(), detail: None, hint: None }
    }

    /// Makes a plain WARNING.
    pub fn warning(message: impl Into<String>) -> Notice {
        Notice { severity: Severity::Warning, sqlstate: SqlState::WARNING, message: message.into(), detail: None, hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Notice {
        self.hint = Some(hint.into());
        self
    }
}

/// The notices of one query, shared between the stages that write them and the wire that sends them; and its summary.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<Vec<Notice>>>, Arc<Mutex<Option<Summary>>>, Arc<Notify>);

/// Makes the summary of a query, if anyone asks.
#[derive(Clone)]
struct Summary(Arc<dyn Fn() -> String + Send + Sync>);

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Summary")
    }
}

impl Notices {
    /// Adds one.
    pub fn push(&self, notice: Notice) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    /// Adds one that is sent at once, while the query still waits.
    pub fn push_now(&self, notice: Notice) {
        self.push(notice);
        self.2.notify_one();
    }

    /// Waits until one is to be sent at once.
    pub async fn urgent(&self) {
        self.2.notified().await;
    }

    /// Sums the query up in one line of JSON, for `SHOW sluice.last_query`.
    pub fn sum_up(&self, summary: impl Fn() -> String + Send + Sync + 'static) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(Summary(Arc::new(summary)));
    }

    /// Returns the summary.
    pub fn summary(&self) -> Option<String> {
        let summary = self.1.lock().unwrap_or_else(PoisonError::into_inner).clone();
        summary.map(|summary| (summary.0)())
    }

    /// Takes all that have gathered.
    pub fn drain(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One column of a result as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OutputColumn {
    /// The name PostgreSQL would give (`count`, `?column?`, duplicates included).
    pub name: String,
    /// The type.
    pub ty: Type,
    /// The typmod, -1 for none.
    pub typmod: i32,
    /// How numerics are shown.
    pub scale: NumericScale,
    /// OID of the table that a bare column reference comes from, else 0.
    pub table_oid: u32,
    /// Attribute number in that table, else 0.
    pub attribute: i16,
    /// Its arrays count from 0, as those that were made of vectors do.
    pub from_zero: bool,
    /// The types of the fields of its rows, where it is one of rows and they are known.
    pub fields: Option<Arc<[Type]>>,
}

impl OutputColumn {
    /// Makes a column without origin or typmod.
    pub fn new(name: impl Into<String>, ty: Type) -> OutputColumn {
        let (name, scale) = (name.into(), NumericScale::Any);
        OutputColumn { name, ty, typmod: -1, scale, table_oid: 0, attribute: 0, from_zero: false, fields: None }
    }
}

/// Arrow batches on their way; dropping the stream cancels the job behind it.
///
/// The Arrow type of each column follows from its PostgreSQL type:
/// bool Boolean; int2/4/8 Int16/32/64; oid and reg* UInt32; float4/8 Float32/64; numeric Decimal128 or Decimal256 of any scale;
/// text, varchar, bpchar, name, json, jsonb and every type not named here Utf8, LargeUtf8 or Utf8View holding PostgreSQL's
/// output text; bytea Binary, LargeBinary or BinaryView; date Date32; time Time64(us); timestamp Timestamp(us); timestamptz
/// Timestamp(us, "UTC"); interval Interval(MonthDayNano); uuid FixedSizeBinary(16); ranges Binary of `types::range`'s bytes; arrays List (or
/// LargeList) of these.
/// int columns may come wider (Int64 for int4) and are range-checked by the wire.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// Rows for the client.
pub struct Rows {
    /// What RowDescription says.
    pub columns: Arc<[OutputColumn]>,
    /// The batches.
    pub batches: BatchStream,
}

/// What a statement comes to.
pub enum Answer {
    /// Rows, then `TAG n` (the tag is `SELECT` for queries; SHOW and EXPLAIN have their own without a count).
    Rows {
        /// The rows.
        rows: Rows,
        /// The word of CommandComplete.
        tag: Tag,
    },
    /// COPY TO STDOUT: the rows, and how they are written.
    Copy {
        /// The rows.
        rows: Rows,
        /// Their form.
        form: CopyForm,
    },
    /// No rows: a command tag such as `SET`, `BEGIN`.
    Command(String),
    /// The text held no statement.
    Empty,
}

/// `FORMAT` of COPY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyFormat {
    /// Lines of values between tabs.
    #[default]
    Text,
    /// Comma-separated values.
    Csv,
    /// PostgreSQL's binary file format.
    Binary,
}

/// How COPY writes rows: its options, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyForm {
    /// `FORMAT`.
    pub format: CopyFormat,
    /// `HEADER`.
    pub header: bool,
    /// `DELIMITER`.
    pub delimiter: u8,
    /// `NULL`.
    pub null: String,
    /// `QUOTE`.
    pub quote: u8,
    /// `ESCAPE`.
    pub escape: u8,
    /// `FORCE_QUOTE`: the columns that it names.
    pub force_quote: Vec<bool>,
}

/// The word of CommandComplete after rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `SELECT n`.
    Select,
    /// `FETCH n`.
    Fetch,
    /// `SHOW`, without a count.
    Show,
    /// `EXPLAIN`, without a count.
    Explain,
    /// `COPY n`.
    Copy,
}

impl Rows {
    /// Makes rows of text columns from values held in memory: what SHOW, EXPLAIN and the like answer.
    pub fn text(names: &[&str], values: &[Vec<Option<String>>]) -> Rows {
        use arrow::array::{ArrayRef, StringArray};
        use arrow::datatypes::{DataType, Field, Schema};
        let columns: Vec<OutputColumn> = names.iter().map(|name| OutputColumn::new(*name, Type::TEXT)).collect();
        let arrays =
            (0..names.len()).map(|i| Arc::new(values.iter().map(|row| row[i].as_deref()).collect::<StringArray>()) as ArrayRef).collect();
        let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns are of equal length");
        Rows { columns: columns.into(), batches: Box::pin(futures::stream::iter([Ok(batch)])) }
    }
}
