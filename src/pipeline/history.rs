//! The last queries that went to the warehouse, or would have without the cache: the relation `sluice.queries`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Queries that are remembered.
const REMEMBERED: usize = 1000;

/// One finished query: no text, no values.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryFacts {
    /// Its id in this process.
    pub id: u64,
    /// Who asked.
    pub user: Arc<str>,
    /// Its name in logs.
    pub fingerprint: Arc<str>,
    /// When it ended.
    pub finished: DateTime<Utc>,
    /// How long it took.
    pub milliseconds: f64,
    /// Rows sent.
    pub rows: u64,
    /// `hit`, `miss`, `bypass`.
    pub cache: &'static str,
    /// Bytes processed by the warehouse.
    pub bytes_processed: Option<u64>,
    /// Bytes billed.
    pub bytes_billed: Option<u64>,
    /// What it cost, in billionths of a dollar.
    pub price_nanos: u64,
    /// What a hit saved.
    pub saved_nanos: u64,
    /// The warehouse's job.
    pub job_id: Option<String>,
    /// The SQLSTATE of its failure.
    pub sqlstate: Option<&'static str>,
}

/// The last queries, oldest first.
#[derive(Debug, Default)]
pub struct History(Mutex<VecDeque<QueryFacts>>);

impl History {
    /// Adds one; the oldest leaves when there are too many.
    pub fn add(&self, facts: QueryFacts) {
        let mut queries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queries.len() >= REMEMBERED {
            queries.pop_front();
        }
        queries.push_back(facts);
    }

    /// Returns them all.
    pub fn list(&self) -> Vec<QueryFacts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leave() {
        let history = History::default();
        let facts = |id| QueryFacts {
            id,
            user: "ann".into(),
            fingerprint: "".into(),
            finished: DateTime::UNIX_EPOCH,
            milliseconds: 1.0,
            rows: 1,
            cache: "miss",
            bytes_processed: None,
            bytes_billed: None,
            price_nanos: 0,
            saved_nanos: 0,
            job_id: None,
            sqlstate: None,
        };
        (0..1002).for_each(|id| history.add(facts(id)));
        let ids: Vec<u64> = history.list().iter().map(|facts| facts.id).collect();
        assert_eq!((ids.len(), ids[0], ids[999]), (1000, 2, 1001));
    }
}
