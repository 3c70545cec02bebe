//! The second question costs nothing: results kept by proof of equality.

pub mod codec;
pub mod flight;
pub mod freshness;
pub mod keep;
pub mod key;
pub mod memory;
pub mod redis;
#[cfg(test)]
mod contract;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::catalog::model::{Table, TableName, TableVersion};
use crate::error::Result;
use crate::query::{BatchStream, Principal};
use crate::sql::tree::Bound;
use crate::telemetry::metrics;
use crate::types::literal::Literal;
use flight::{Flight, Flights, Lead};
use freshness::Versions;
use key::{Key, Scope};

/// `cache.store`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Store {
    /// In this process.
    #[default]
    Memory,
    /// In Redis, shared by replicas.
    Redis,
}

/// `[cache]`, `[cache.redis]`, `[[pii]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Answers are kept and looked up.
    pub enabled: bool,
    /// Where.
    pub store: Store,
    /// The most that the in-process store holds, in bytes.
    pub max_bytes: u64,
    /// The most that one answer may hold, in bytes.
    pub max_entry_bytes: u64,
    /// How long an answer lives at most.
    pub ttl: Duration,
    /// Who shares answers.
    pub scope: Scope,
    /// Tables' versions are asked for again when they are older than ten seconds.
    pub check_table_version: bool,
    /// Equal questions wait for the first.
    pub single_flight: bool,
    /// `[cache.redis]`.
    pub redis: redis::Settings,
    /// Columns `schema.table.column` whose results are never kept.
    pub pii: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            enabled: true,
            store: Store::Memory,
            max_bytes: 256 << 20,
            max_entry_bytes: 16 << 20,
            ttl: Duration::from_secs(300),
            scope: Scope::Identity,
            check_table_version: true,
            single_flight: true,
            redis: redis::Settings::default(),
            pii: Vec::new(),
        }
    }
}

/// A complete answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its rows.
    pub batches: Vec<RecordBatch>,
    /// When it was stored.
    pub stored_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The price that it saves, in billionths of a dollar.
    pub price_nanos: u64,
    /// A hash of the text that asked first, to tell "same query, other spelling".
    pub text_hash: u64,
    /// What it takes in memory.
    pub bytes: u64,
}

impl Entry {
    /// Returns the rows as a stream.
    pub fn rows(self: &Arc<Entry>) -> BatchStream {
        Box::pin(futures::stream::iter(self.batches.clone().into_iter().map(Ok)))
    }

    /// Returns how many rows there are.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Returns how long ago it was stored.
    pub fn age(&self) -> Duration {
        (Utc::now() - self.stored_at).to_std().unwrap_or_default()
    }

    fn is_fresh(&self) -> bool {
        Utc::now() < self.expires_at
    }
}

/// Where entries are: in process, or in Redis. No method fails: what cannot be had is a miss.
#[async_trait]
pub trait ResultCache: Send + Sync {
    /// Returns the entry of exactly this key.
    async fn get(&self, key: &Key) -> Option<Arc<Entry>>;

    /// Stores an entry until it expires.
    async fn put(&self, key: &Key, entry: Arc<Entry>);

    /// Drops the entries that read this table, or all; returns how many.
    async fn flush(&self, table: Option<&TableName>) -> u64;

    /// Tells whether the store can be reached.
    async fn health(&self) -> bool;

    /// Returns how many entries are held, and how many bytes they take; `None` where the store is not this process's own.
    async fn size(&self) -> Option<(u64, u64)>;
}

/// What a key is made of.
#[derive(Clone, Copy, Debug)]
pub struct KeyParts<'a> {
    /// The backend with project and location.
    pub backend: &'a str,
    /// The canonical query after all rewriting, injected limits included.
    pub canonical: &'a str,
    /// The parameters' values; their types are part of the canonical text.
    pub parameters: &'a [Literal],
    /// Every base table with its version.
    pub tables: &'a [(TableName, TableVersion)],
    /// Who asks.
    pub principal: &'a Principal,
    /// The fingerprint of the policy that was applied.
    pub policy: &'a str,
    /// Session inputs that the query really reads, as text.
    pub session: &'a str,
}

/// What goes with rows that are to be kept.
#[derive(Debug)]
pub struct Meta {
    /// How long the answer stays good ([`Cache::ttl`]).
    pub ttl: Duration,
    /// What the next one saves, in billionths of a dollar.
    pub price_nanos: u64,
    /// A hash of the client's text.
    pub text_hash: u64,
    /// The lead of the flight, if there is one: waiters are woken when the answer is stored.
    pub lead: Option<Lead>,
}

/// The result cache.
pub struct Cache {
    settings: Settings,
    store: Arc<dyn ResultCache>,
    flights: Flights,
    versions: Versions,
    flushes: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What the cache holds and how it answered since the start: the relation `sluice.cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheState {
    /// Entries and their bytes; `None` where the store is shared with others.
    pub size: Option<(u64, u64)>,
    /// Look-ups that found an answer.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// The store can be reached.
    pub healthy: bool,
}

impl Cache {
    /// Makes the cache; a Redis that is down is no reason not to start.
    ///
    /// # Errors
    /// 22023 for a Redis URL that makes no sense.
    pub async fn new(settings: Settings) -> Result<Cache> {
        let store: Arc<dyn ResultCache> = match settings.store {
            Store::Memory => Arc::new(memory::Memory::new(settings.max_bytes)),
            Store::Redis => Arc::new(redis::Redis::new(&settings.redis)?),
        };
        let (hits, misses) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Cache { settings, store, flights: Flights::default(), versions: Versions::default(), flushes: AtomicU64::new(0), hits, misses })
    }

    /// Returns what it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns how it stands.
    pub async fn state(&self) -> CacheState {
        CacheState {
            size: self.store.size().await,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            healthy: self.store.health().await,
        }
    }

    /// Tells whether answers are kept at all.
    pub fn enabled(&self) -> bool {
        self.settings.enabled
    }

    /// Makes the key of a query.
    pub fn key(&self, parts: KeyParts) -> Key {
        Key::new(self.settings.scope, &parts)
    }

    /// Returns how long an answer to this query may live; `None` when it must not be kept at all: switched off, reads system
    /// relations or columns marked as PII, or true for no time.
    pub fn ttl(&self, bound: &Bound, valid_for: Option<Duration>) -> Option<Duration> {
        if !self.settings.enabled {
            return None;
        }
        freshness::ttl(bound, &self.settings, valid_for)
    }

    /// The same for a query that is known by its tables alone.
    pub fn ttl_of(&self, tables: &[Arc<Table>]) -> Option<Duration> {
        if !self.settings.enabled {
            return None;
        }
        freshness::ttl_of(tables, &self.settings)
    }

    /// Returns the present versions of tables, asked for again (`check`, free of charge) where what is known is older than ten seconds.
    ///
    /// # Errors
    /// Whatever `check` says: the table is gone, the warehouse cannot be reached.
    pub async fn versions<F, Fut>(&self, tables: &[Arc<Table>], check: F) -> Result<Vec<(TableName, TableVersion)>>
    where
        F: Fn(Arc<Table>) -> Fut,
        Fut: Future<Output = Result<TableVersion>>,
    {
        self.versions.current(tables, self.settings.check_table_version, check).await
    }

    /// Looks an answer up.
    pub async fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        if !self.settings.enabled {
            return None;
        }
        let entry = self.store.get(key).await.filter(|entry| entry.is_fresh());
        if entry.is_some() { &self.hits } else { &self.misses }.fetch_add(1, Ordering::Relaxed);
        metrics::cache_lookup(if entry.is_some() { metrics::Lookup::Hit } else { metrics::Lookup::Miss });
        entry
    }

    /// Passes rows on and stores them when they turn out complete and not too large.
    pub fn keep(&self, key: Key, rows: BatchStream, meta: Meta) -> BatchStream {
        if !self.settings.enabled || meta.ttl.is_zero() {
            return rows;
        }
        keep::tee(self.store.clone(), key, rows, meta, self.settings.max_entry_bytes)
    }

    /// Tells whether the answer of this key is there, without taking it.
    pub async fn holds(&self, key: &Key) -> bool {
        self.settings.enabled && self.store.get(key).await.is_some_and(|entry| entry.is_fresh())
    }

    /// Tells whether somebody runs the query of this key.
    pub fn is_under_way(&self, key: &Key) -> bool {
        self.flights.is_under_way(key)
    }

    /// Becomes the one who runs the query of this key, or waits for that one. Waiting ends with the future: wrap it in the
    /// query's cancellation and deadline.
    pub async fn lead_or_wait(&self, key: &Key) -> Flight {
        if !self.settings.enabled || !self.settings.single_flight {
            return Flight::Alone;
        }
        match self.flights.lead_or_wait(key).await {
            // Another leader may have stored its answer after this query had looked: then nothing runs.
            Flight::Leader(lead) if self.store.get(key).await.is_some_and(|entry| entry.is_fresh()) => {
                lead.stored();
                Flight::Waited
            }
            flight => flight,
        }
    }

    /// Drops the answers that read this table, or all; returns how many.
    pub async fn flush(&self, table: Option<&TableName>) -> u64 {
        self.versions.forget();
        self.flushes.fetch_add(1, Ordering::Relaxed);
        let dropped = self.store.flush(table).await;
        // Whoever looked while the store was being flushed may have seen what is gone now.
        self.flushes.fetch_add(1, Ordering::Relaxed);
        dropped
    }

    /// Returns a number that grows with each flush: an answer held outside of the cache is good only while it stays the same.
    pub fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }

    /// Counts a hit that was found without a lookup.
    pub fn count_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
        metrics::cache_lookup(metrics::Lookup::Hit);
    }

    /// Tells whether the store can be reached.
    pub async fn health(&self) -> bool {
        self.store.health().await
    }
}

#[cfg(test)]
mod tests;
