//! A cached answer that is asked for again and again: found for half a second at a time without making its key anew.
//!
//! What a key is made of cannot have changed meanwhile: the statement is bound already, session, principal and parameters are compared,
//! the catalog and a flush of the cache count generations. Only tables' versions may be half a second older than the cache itself lets them be.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::cache::Entry;
use crate::query::{OutputColumn, Principal, QueryContext, Rows};
use crate::types::literal::Literal;

/// How long an answer is taken for granted.
const TRUSTED: Duration = Duration::from_millis(500);
/// The most that are remembered for one statement: sessions times parameters.
const ITEMS: usize = 64;
/// Parameters that are remembered are few and short.
const PARAMETERS: usize = 8;
const TEXT: usize = 64;

/// The answers of one statement.
#[derive(Debug, Default)]
pub(super) struct Memo(Mutex<Vec<Item>>);

/// An answer at hand.
pub(super) struct Found {
    pub(super) until: Instant,
    pub(super) columns: Arc<[OutputColumn]>,
    pub(super) entry: Arc<Entry>,
}

#[derive(Debug)]
struct Item {
    settings: Arc<Vec<(String, String)>>,
    principal: Arc<Principal>,
    parameters: Vec<Literal>,
    /// Of catalog and cache.
    generations: (u64, u64),
    until: Instant,
    columns: Arc<[OutputColumn]>,
    /// The cache owns the rows.
    entry: Weak<Entry>,
}

impl Memo {
    /// Finds the answer to the same question of the same session.
    pub(super) fn get(&self, cx: &QueryContext, parameters: &[Literal], generations: (u64, u64)) -> Option<(Rows, Arc<Entry>)> {
        let Found { columns, entry, .. } = self.find(&cx.session.settings, &cx.principal, parameters, generations)?;
        Some((Rows { columns, batches: entry.rows() }, entry))
    }

    /// Finds an answer, and until when it is taken for granted.
    pub(super) fn find(
        &self,
        settings: &Arc<Vec<(String, String)>>,
        principal: &Arc<Principal>,
        parameters: &[Literal],
        generations: (u64, u64),
    ) -> Option<Found> {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let item = items.iter().find(|item| {
            Arc::ptr_eq(&item.settings, settings)
                && item.generations == generations
                && item.parameters == parameters
                && item.principal == *principal
        })?;
        if Instant::now() >= item.until {
            return None;
        }
        Some(Found { until: item.until, columns: Arc::clone(&item.columns), entry: item.entry.upgrade()? })
    }

    /// Remembers an answer that the cache gave.
    pub(super) fn put(
        &self,
        cx: &QueryContext,
        parameters: &[Literal],
        generations: (u64, u64),
        columns: &Arc<[OutputColumn]>,
        entry: &Arc<Entry>,
    ) {
        let short = |literal: &Literal| match literal {
            Literal::Text(text) | Literal::Numeric(text) => text.len() <= TEXT,
            Literal::Json(_) | Literal::Bytes(_) | Literal::Array(_) => false,
            _ => true,
        };
        if parameters.len() > PARAMETERS || !parameters.iter().all(short) {
            return;
        }
        let now = Instant::now();
        let left = (entry.expires_at - chrono::Utc::now()).to_std().unwrap_or_default();
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.retain(|item| item.until > now && item.entry.strong_count() > 0);
        if items.len() >= ITEMS {
            items.remove(0);
        }
        items.push(Item {
            settings: Arc::clone(&cx.session.settings),
            principal: Arc::clone(&cx.principal),
            parameters: parameters.to_vec(),
            generations,
            until: now + left.min(TRUSTED),
            columns: Arc::clone(columns),
            entry: Arc::downgrade(entry),
        });
    }
}
