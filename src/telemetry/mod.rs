//! Tracing and metrics: structured logs, one event per query, never SQL text or values.

pub mod metrics;

use std::io::IsTerminal;
use std::time::Duration;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// `observe.log_format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// Pretty on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// `[observe]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How lines look.
    pub log_format: Format,
    /// `info`, or directives such as `sluice=debug,warn`.
    pub log_level: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { log_format: Format::Auto, log_level: "info".into() }
    }
}

/// Lines that may wait to be written; whoever logs more waits with them, and none is lost.
const WAITING_LINES: usize = 16 * 1024;

/// Writes the log while it lives, and its last lines when it is dropped.
pub struct Log(#[allow(dead_code)] WorkerGuard); // held, never read

/// Starts logging to standard error, from a thread of its own. Once per process.
///
/// # Errors
/// A sentence about a log level that makes no sense, or about logging that has started already.
pub fn start(settings: &Settings) -> Result<Log, String> {
    let filter = filter(&settings.log_level)?;
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(false).buffered_lines_limit(WAITING_LINES).thread_name("log").finish(std::io::stderr());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let json = match settings.log_format {
        Format::Auto => !std::io::stderr().is_terminal(),
        Format::Json => true,
        Format::Pretty => false,
    };
    let started = if json { builder.json().flatten_event(true).try_init() } else { builder.compact().with_target(false).try_init() };
    started.map_err(|error| error.to_string())?;
    Ok(Log(guard))
}

/// A bare level is for Sluice; libraries speak up from warnings on.
fn filter(level: &str) -> Result<EnvFilter, String> {
    let directives = if level.contains(['=', ',']) { level.to_owned() } else { format!("warn,sluice={level}") };
    EnvFilter::try_new(&directives).map_err(|error| format!("log level \"{level}\" makes no sense: {error}"))
}

/// What answered a query that no job was needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FreeSource {
    /// The catalog: no row was asked for.
    Catalog,
    /// The table's metadata.
    Metadata,
    /// The list of the table's partitions.
    Partitions,
    /// The table's listing.
    Listing,
}

impl FreeSource {
    /// Returns the word for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            FreeSource::Catalog => "catalog",
            FreeSource::Metadata => "metadata",
            FreeSource::Partitions => "partitions",
            FreeSource::Listing => "listing",
        }
    }

    /// Returns the words for people.
    pub fn what(self) -> &'static str {
        match self {
            FreeSource::Catalog => "no row is asked for",
            FreeSource::Metadata => "row count from the table's metadata",
            FreeSource::Partitions => "ends of the partitioning column from the list of the table's partitions",
            FreeSource::Listing => "rows from the table's listing",
        }
    }
}

/// Why a job's result was read the way it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadReason {
    /// By the Storage Read API: it is large.
    Large,
    /// In pages: it is small.
    Small,
    /// In pages: the settings say so, or name no endpoint.
    Setting,
    /// In pages: the server does not tell where the result is, or how large it is.
    Untold,
    /// In pages: the price of the other way is over the limits.
    Price,
    /// In pages: the Storage Read API refused or failed before its first row.
    Failed,
}

impl ReadReason {
    /// Returns the word for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            ReadReason::Large => "large",
            ReadReason::Small => "small",
            ReadReason::Setting => "setting",
            ReadReason::Untold => "untold",
            ReadReason::Price => "price",
            ReadReason::Failed => "failed",
        }
    }

    /// Returns the way: `pages` or `storage`.
    pub fn path(self) -> &'static str {
        if self == ReadReason::Large { "storage" } else { "pages" }
    }
}

/// How the cache answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheStatus {
    /// From the cache.
    Hit,
    /// Looked up, not found.
    Miss,
    /// Not looked up: switched off, or not cacheable.
    Bypass,
}

impl CacheStatus {
    /// Returns the word for logs and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            CacheStatus::Hit => "hit",
            CacheStatus::Miss => "miss",
            CacheStatus::Bypass => "bypass",
        }
    }
}

/// Everything that is told of a finished query: no text, no values, no names.
#[derive(Clone, Debug)]
pub struct QueryEvent<'a> {
    /// The query's id.
    pub id: u64,
    /// The fingerprint, literals removed; empty when it never was bound.
    pub fingerprint: &'a str,
    /// Who asked: logged as a hash.
    pub user: &'a str,
    /// Time by stage, in the order of the way.
    pub stages: &'a [(&'static str, Duration)],
    /// Time in all.
    pub total: Duration,
    /// Rows sent.
    pub rows: u64,
    /// Bytes processed by the warehouse.
    pub bytes_processed: u64,
    /// Bytes billed.
    pub bytes_billed: u64,
    /// The price in billionths of a dollar.
    pub price_nanos: u64,
    /// How the cache answered.
    pub cache: CacheStatus,
    /// The SQLSTATE of the failure; `None` for success.
    pub sqlstate: Option<&'static str>,
}

impl QueryEvent<'_> {
    /// Writes the one event of this query, and counts it.
    pub fn emit(&self) {
        let stages = self.stages.iter().map(|(name, time)| format!("{name}={}", time.as_micros())).collect::<Vec<_>>().join(" ");
        tracing::info!(
            target: "sluice::query",
            query_id = self.id,
            fingerprint = self.fingerprint,
            user = user_hash(self.user),
            total_us = micros(self.total),
            stages_us = stages,
            rows = self.rows,
            bytes_processed = self.bytes_processed,
            bytes_billed = self.bytes_billed,
            price_nanos = self.price_nanos,
            cache = self.cache.as_str(),
            sqlstate = self.sqlstate.unwrap_or("00000"),
            "query finished"
        );
        metrics::query(self);
    }
}

/// Returns what stands for a user in logs.
pub fn user_hash(user: &str) -> String {
    blake3::hash(user.as_bytes()).to_hex()[..12].to_owned()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_query_is_one_line_without_names() {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            QueryEvent {
                id: 7,
                fingerprint: "0123456789abcdef",
                user: "ann",
                stages: &[("bind", Duration::from_micros(5)), ("run", Duration::from_micros(70))],
                total: Duration::from_micros(80),
                rows: 1,
                bytes_processed: 10,
                bytes_billed: 20,
                price_nanos: 30,
                cache: CacheStatus::Miss,
                sqlstate: None,
            }
            .emit();
        });
        let text = String::from_utf8(buffer.0.lock().expect("no panic").clone()).expect("text");
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).expect("json");
        assert_eq!(line["query_id"], 7);
        assert_eq!(line["stages_us"], "bind=5 run=70");
        assert_eq!(line["cache"], "miss");
        assert_eq!(line["sqlstate"], "00000");
        assert!(!text.contains("ann\""));
    }

    #[test]
    fn levels_are_checked() {
        assert!(filter("info").is_ok());
        assert!(filter("sluice=debug,warn").is_ok());
        assert!(filter("sluice=loud,warn").is_err());
    }
}
