//! What the cache has to say: the key of an answer, and looking it up.

use std::sync::Arc;
use std::time::Duration;

use super::{Parts, Pipeline};
use crate::cache::flight::{Flight, Lead};
use crate::cache::key::Key;
use crate::cache::{Entry, KeyParts};
use crate::catalog::model::Table;
use crate::error::{Result, SqlState};
use crate::policy::Applied;
use crate::query::{CacheMode, QueryContext};
use crate::types::literal::Literal;

/// What makes the key of an answer, beside who asks.
pub(super) struct Keyed<'a> {
    /// How long the answer may live; `None` when it may not be kept.
    pub(super) ttl: Option<Duration>,
    pub(super) tables: &'a [Arc<Table>],
    pub(super) canonical: &'a str,
    pub(super) parameters: &'a [Literal],
    pub(super) allowed: &'a Applied,
    /// Session inputs that the query reads.
    pub(super) session: &'a str,
}

/// What the cache said.
pub(super) enum Found {
    Hit(Arc<Entry>),
    Miss(Option<Lead>),
}

impl Pipeline {
    /// Makes the key under which the answer may be looked up and kept, and how long; `None` when it may not.
    pub(super) async fn key(&self, cx: &QueryContext, keyed: Keyed<'_>) -> Result<Option<(Key, Duration)>> {
        let Parts { cache, warehouse, .. } = &self.parts;
        let Some(ttl) = keyed.ttl.filter(|_| cx.session.cache_mode != CacheMode::Off && !cx.session.dry_run) else { return Ok(None) };
        let check = |table: Arc<Table>| async move { warehouse.version(&table).await };
        let versions = match cache.versions(keyed.tables, check).await {
            Ok(versions) => versions,
            Err(report) if report.sqlstate == SqlState::UNDEFINED_TABLE => return Err(report),
            Err(_) => return Ok(None), // not provably fresh: let the query itself say what is wrong
        };
        let key = cache.key(KeyParts {
            backend: &self.settings.backend,
            canonical: keyed.canonical,
            parameters: keyed.parameters,
            tables: &versions,
            principal: &cx.principal,
            policy: &keyed.allowed.fingerprint,
            session: keyed.session,
        });
        Ok(Some((key, ttl)))
    }

    /// Looks in the cache, and waits for an equal query that is under way already.
    pub(super) async fn look_up(&self, cx: &QueryContext, key: Option<&(Key, Duration)>) -> Result<Found> {
        let cache = &self.parts.cache;
        let Some((key, _)) = key else { return Ok(Found::Miss(None)) };
        if cx.session.cache_mode == CacheMode::Refresh {
            return Ok(Found::Miss(None));
        }
        if let Some(entry) = cache.get(key).await {
            return Ok(Found::Hit(entry));
        }
        if cx.early().is_some() {
            return Ok(Found::Miss(None)); // others would wait for a query that itself waits for its client
        }
        Ok(match cache.lead_or_wait(key).await {
            Flight::Leader(lead) => Found::Miss(Some(lead)),
            Flight::Waited => cache.get(key).await.map_or(Found::Miss(None), Found::Hit),
            Flight::Alone => Found::Miss(None),
        })
    }
}
