//! What a query does before its client waits for it: it learns what it would read, and is admitted after those before it.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Pipeline, Question, stoppable};
use crate::cache::key::Key;
use crate::error::Result;
use crate::guard::{Admitted, Estimate};
use crate::query::QueryContext;
use crate::query::turn::Turn;
use crate::sql::emit::Job;

impl Pipeline {
    /// Asks the warehouse what a query would read that its client does not wait for yet, and waits until those before it are admitted. What it
    /// learns, if it is not `known`, is `None` for any other query, and where it is not needed or something is wrong: that is told when its turn has come.
    pub(super) async fn ask_early(
        &self,
        cx: &QueryContext,
        question: &Question<'_>,
        key: Option<&Key>,
        known: Option<Estimate>,
    ) -> Result<Option<Estimate>> {
        let cache = &self.parts.cache;
        let new = |turn: &Turn| key.is_none_or(|key| turn.asks(hash(key)));
        let Some(turn) = cx.early() else {
            cx.turn.as_ref().map(new);
            return Ok(known);
        };
        let held = match key {
            Some(key) => cache.holds(key).await,
            None => false,
        };
        let estimate = match self.job(cx, question) {
            _ if known.is_some() => known,
            Ok(job) if !held && !question.may_be_free() => self.estimate(cx, &job).await.ok(),
            _ => None,
        };
        let waiting = async {
            turn.until_next().await;
            // Where somebody asks the same, the answer will be in the cache.
            if !new(turn) || key.is_some_and(|key| cache.is_under_way(key)) {
                turn.until_come().await;
            }
            Ok(())
        };
        stoppable(cx, waiting).await?;
        Ok(estimate)
    }

    /// Admits a job. One that is early and does not fit the limits tries again when its turn has come: those before it may have set aside more
    /// than they needed.
    pub(super) async fn admit(&self, cx: &QueryContext, canonical: &str, job: Job, estimate: &Estimate) -> Result<Admitted> {
        let guard = &self.parts.guard;
        let early = cx.early().cloned();
        let admitted = match early {
            None => guard.admit(cx, canonical, job, estimate),
            Some(turn) => match guard.admit(cx, canonical, job.clone(), estimate) {
                Ok(admitted) => Ok(admitted),
                Err(_) => {
                    stoppable(cx, come(&turn)).await?;
                    guard.admit(cx, canonical, job, estimate)
                }
            },
        };
        if let (Ok(_), Some(turn)) = (&admitted, &cx.turn) {
            turn.pass();
        }
        admitted
    }
}

async fn come(turn: &Turn) -> Result<()> {
    turn.until_come().await;
    Ok(())
}

fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
