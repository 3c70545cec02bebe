//! An answer at hand, kept beside whoever got it: as long as the memo would give it, it is given without asking the pipeline. A row of constants
//! stays as it is.

use std::sync::{Arc, Weak};
use std::time::Instant;

use super::prepared::Prepared;
use super::report::{self, Told};
use super::{History, Pipeline};
use crate::cache::Entry;
use crate::query::lasting::{Again, Lasting};
use crate::query::{Principal, QueryId, SessionInputs};
use crate::telemetry::CacheStatus;
use crate::types::literal::Literal;

/// One session's question and its answer.
struct Hit {
    pipeline: Arc<Pipeline>,
    fingerprint: Arc<str>,
    user: Arc<str>,
    reads_data: bool,
    other_spelling: bool,
    saved_nanos: u64,
    /// The client wants no notices of prices.
    quiet: bool,
    generations: (u64, u64),
    until: Instant,
    entry: Weak<Entry>,
}

impl Pipeline {
    /// Returns the answer that [`Pipeline::answer`] would give at this moment, if it is at hand, to be given again. It is good for this session
    /// with these settings only, and no longer than the memo trusts it.
    pub fn lasting(
        self: &Arc<Pipeline>,
        session: &SessionInputs,
        principal: &Arc<Principal>,
        prepared: &Prepared,
        parameters: &[Literal],
    ) -> Option<Arc<dyn Lasting>> {
        let generations = self.generations();
        if prepared.is_row {
            let (fingerprint, user) = (Arc::clone(&prepared.fingerprint), principal.user.as_str().into());
            return Some(Arc::new(Row { fingerprint, user }));
        }
        let found = prepared.memo.find(&session.settings, principal, parameters, generations)?;
        Some(Arc::new(Hit {
            pipeline: Arc::clone(self),
            fingerprint: Arc::clone(&prepared.fingerprint),
            user: principal.user.as_str().into(),
            reads_data: prepared.needs_warehouse,
            other_spelling: found.entry.text_hash != prepared.text_hash,
            saved_nanos: found.entry.price_nanos,
            quiet: report::is_quiet(session),
            generations,
            until: found.until,
            entry: Arc::downgrade(&found.entry),
        }))
    }
}

/// A row of constants: `SELECT 1`.
struct Row {
    fingerprint: Arc<str>,
    user: Arc<str>,
}

/// What is told of an answer that was given again.
fn told<'a>(fingerprint: &'a Arc<str>, user: &Arc<str>, again: &Again, cache: CacheStatus, saved_nanos: u64) -> Told<'a> {
    Told {
        id: again.id,
        fingerprint,
        user: Arc::clone(user),
        total: again.took,
        rows: again.rows,
        cache,
        price_nanos: saved_nanos,
        saved_nanos,
        stages: &[],
        outcome: None,
        free: None,
        sqlstate: None,
    }
}

impl Row {
    fn told<'a>(&'a self, again: &Again) -> Told<'a> {
        told(&self.fingerprint, &self.user, again, CacheStatus::Bypass, 0)
    }
}

impl Lasting for Row {
    fn again(&self, asked: Instant, rows: u64) -> Option<Again> {
        let again = Again { id: QueryId::next(), took: asked.elapsed(), rows, notice: None };
        self.told(&again).tell(None);
        Some(again)
    }

    fn summary(&self, again: &Again) -> String {
        self.told(again).summary()
    }
}

impl Hit {
    fn told<'a>(&'a self, again: &Again) -> Told<'a> {
        told(&self.fingerprint, &self.user, again, CacheStatus::Hit, self.saved_nanos)
    }

    fn history(&self) -> Option<&History> {
        self.reads_data.then(|| self.pipeline.parts.history.as_ref())
    }
}

impl Lasting for Hit {
    fn again(&self, asked: Instant, rows: u64) -> Option<Again> {
        let parts = &self.pipeline.parts;
        if asked >= self.until || self.pipeline.generations() != self.generations || self.entry.strong_count() == 0 {
            return None;
        }
        parts.cache.count_hit();
        let mut again = Again { id: QueryId::next(), took: asked.elapsed(), rows, notice: None };
        if !self.quiet {
            again.notice = Some(report::hit_notice(&parts.guard, self.saved_nanos, self.other_spelling, again.took));
        }
        self.told(&again).tell(self.history());
        Some(again)
    }

    fn summary(&self, again: &Again) -> String {
        self.told(again).summary()
    }
}
