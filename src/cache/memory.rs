//! The store in this process: bounded in bytes, least useful entries leave first (moka's TinyLFU).

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::Utc;
use moka::Expiry;

use super::key::Key;
use super::{Entry, ResultCache};
use crate::catalog::model::TableName;

/// What an entry takes beside its rows and its key.
const OVERHEAD: usize = 512;

/// Entries by key.
pub struct Memory {
    entries: moka::future::Cache<Key, Arc<Entry>>,
}

struct ByEntry;

impl Expiry<Key, Arc<Entry>> for ByEntry {
    fn expire_after_create(&self, _key: &Key, entry: &Arc<Entry>, _now: Instant) -> Option<Duration> {
        Some(remaining(entry))
    }

    fn expire_after_update(&self, _key: &Key, entry: &Arc<Entry>, _now: Instant, _left: Option<Duration>) -> Option<Duration> {
        Some(remaining(entry))
    }
}

fn remaining(entry: &Entry) -> Duration {
    (entry.expires_at - Utc::now()).to_std().unwrap_or_default()
}

impl Memory {
    /// Makes a store that holds so many bytes.
    pub fn new(max_bytes: u64) -> Memory {
        let weigh = |key: &Key, entry: &Arc<Entry>| {
            let bytes = entry.bytes.saturating_add(u64::try_from(key.text().len() + OVERHEAD).unwrap_or(u64::MAX));
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let entries = moka::future::Cache::builder().max_capacity(max_bytes).weigher(weigh).expire_after(ByEntry).build();
        Memory { entries }
    }

    /// Returns what is held, in bytes, once pending work is done.
    pub async fn weight(&self) -> u64 {
        self.entries.run_pending_tasks().await;
        self.entries.weighted_size()
    }
}

#[async_trait]
impl ResultCache for Memory {
    async fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        self.entries.get(key).await
    }

    async fn put(&self, key: &Key, entry: Arc<Entry>) {
        self.entries.insert(key.clone(), entry).await;
    }

    async fn flush(&self, table: Option<&TableName>) -> u64 {
        let hits = |key: &Key| table.is_none_or(|table| key.tables().contains(table));
        let keys: Vec<Arc<Key>> = self.entries.iter().map(|(key, _)| key).filter(|key| hits(key)).collect();
        for key in &keys {
            self.entries.invalidate(&**key).await;
        }
        u64::try_from(keys.len()).unwrap_or(u64::MAX)
    }

    async fn health(&self) -> bool {
        true
    }

    async fn size(&self) -> Option<(u64, u64)> {
        let bytes = self.weight().await;
        Some((self.entries.entry_count(), bytes))
    }
}
