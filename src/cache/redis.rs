//! The store in Redis, shared by replicas. Redis down, slow or full of other things is a miss and a metric, never an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::Utc;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

use super::key::Key;
use super::{Entry, ResultCache, codec};
use crate::catalog::model::TableName;
use crate::error::{Report, Result, SqlState};
use crate::telemetry::metrics;

/// After a failure Redis is left alone for so long, so that not every query waits for a time-out.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(500);

/// Answers that read more tables than this carry no list of them and are flushed with any table.
const TABLES_IN_NAME: usize = 8;

/// `[cache.redis]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `redis://host:port/db`, `rediss://` for TLS.
    pub url: String,
    /// Before every key.
    pub prefix: String,
    /// For connecting and for every command.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { url: String::new(), prefix: "sluice:".into(), timeout: Duration::from_millis(50) }
    }
}

/// Entries in Redis.
pub struct Redis {
    connection: ConnectionManager,
    prefix: String,
    timeout: Duration,
    started: Instant,
    /// Milliseconds since `started` until which Redis is left alone.
    resting_until: AtomicU64,
}

impl Redis {
    /// Prepares the connection; it is made when it is first needed, and again when it is lost.
    ///
    /// # Errors
    /// 22023 for a URL that makes no sense.
    pub fn new(settings: &Settings) -> Result<Redis> {
        let bad = |error: redis::RedisError| {
            Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("cache.redis.url cannot be used: {}", error.category()))
                .hint("Write redis://host:6379/0, or rediss:// for TLS.")
        };
        let client = Client::open(settings.url.as_str()).map_err(bad)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(settings.timeout))
            .set_response_timeout(Some(settings.timeout))
            .set_number_of_retries(0)
            .set_min_delay(Duration::from_millis(1));
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(bad)?;
        Ok(Redis {
            connection,
            prefix: settings.prefix.clone(),
            timeout: settings.timeout,
            started: Instant::now(),
            resting_until: AtomicU64::new(0),
        })
    }

    /// Runs one command within the time-out; a failure lets Redis rest.
    async fn run<T>(&self, what: metrics::RedisCommand, command: impl Future<Output = RedisResult<T>>) -> Option<T> {
        if self.now() < self.resting_until.load(Ordering::Relaxed) {
            metrics::redis_failure(metrics::RedisFailure::Resting);
            return None;
        }
        let begun = Instant::now();
        let result = tokio::time::timeout(self.timeout, command).await;
        metrics::redis_time(what, begun.elapsed());
        let failure = match result {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) if error.is_timeout() => metrics::RedisFailure::Timeout,
            Ok(Err(_)) => metrics::RedisFailure::Error,
            Err(_) => metrics::RedisFailure::Timeout,
        };
        metrics::redis_failure(failure);
        let rest = u64::try_from(REST_AFTER_FAILURE.as_millis()).unwrap_or(0);
        self.resting_until.store(self.now() + rest, Ordering::Relaxed);
        None
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// `prefix hash : table . table`: the tables stand in the name, so that a flush finds them without reading values.
    fn name(&self, key: &Key) -> String {
        let tables: Vec<String> = match key.tables().len() {
            0..=TABLES_IN_NAME => key.tables().iter().map(tag).collect(),
            _ => vec!["any".into()],
        };
        format!("{}{}:{}.", self.prefix, key.hex(), tables.join("."))
    }

    async fn flush_pattern(&self, pattern: String) -> Option<u64> {
        let (mut cursor, mut flushed) = (0_u64, 0);
        loop {
            let mut connection = self.connection.clone();
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1000);
            let (next, names): (u64, Vec<Vec<u8>>) = self.run(metrics::RedisCommand::Flush, scan.query_async(&mut connection)).await?;
            if !names.is_empty() {
                let mut unlink = redis::cmd("UNLINK");
                unlink.arg(&names);
                let gone: u64 = self.run(metrics::RedisCommand::Flush, unlink.query_async(&mut connection)).await?;
                flushed += gone;
            }
            if next == 0 {
                return Some(flushed);
            }
            cursor = next;
        }
    }
}

fn tag(table: &TableName) -> String {
    blake3::hash(table.to_string().as_bytes()).to_hex()[..16].to_owned()
}

/// Escapes what SCAN's patterns give a meaning to.
fn literal(prefix: &str) -> String {
    prefix.chars().flat_map(|c| ['\\', c].into_iter().skip(usize::from(!"*?[]^\\".contains(c)))).collect()
}

#[async_trait]
impl ResultCache for Redis {
    async fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        let mut connection = self.connection.clone();
        let mut get = redis::cmd("GET");
        get.arg(self.name(key));
        let value: Option<Vec<u8>> = self.run(metrics::RedisCommand::Get, get.query_async(&mut connection)).await?;
        let entry = codec::decode(&value?, key);
        if entry.is_none() {
            metrics::redis_failure(metrics::RedisFailure::Corrupt);
        }
        entry.map(Arc::new)
    }

    async fn put(&self, key: &Key, entry: Arc<Entry>) {
        let left = (entry.expires_at - Utc::now()).num_milliseconds();
        let (true, Some(value)) = (left > 0, codec::encode(&entry, key)) else { return };
        let mut connection = self.connection.clone();
        let mut set = redis::cmd("SET");
        set.arg(self.name(key)).arg(value).arg("PX").arg(left);
        let _: Option<()> = self.run(metrics::RedisCommand::Set, set.query_async(&mut connection)).await;
    }

    async fn flush(&self, table: Option<&TableName>) -> u64 {
        let prefix = literal(&self.prefix);
        let patterns = match table {
            None => vec![format!("{prefix}*")],
            Some(table) => vec![format!("{prefix}*[:.]{}.*", tag(table)), format!("{prefix}*:any.")],
        };
        let mut flushed = 0;
        for pattern in patterns {
            flushed += self.flush_pattern(pattern).await.unwrap_or(0);
        }
        flushed
    }

    async fn health(&self) -> bool {
        let mut connection = self.connection.clone();
        let ping = redis::cmd("PING");
        let answer: Option<String> = self.run(metrics::RedisCommand::Ping, ping.query_async(&mut connection)).await;
        answer.is_some()
    }

    async fn size(&self) -> Option<(u64, u64)> {
        None // other replicas' entries are there too
    }
}
