//! What a query reads by way of views: only the warehouse's dry run tells, and it is within policy or nothing of the answer is given.

use super::{Pipeline, Question};
use crate::catalog::model::Table;
use crate::error::{Report, Result, SqlState};
use crate::guard::Estimate;
use crate::query::QueryContext;

/// Dry runs name no more tables than this (REST reference, `referencedTables`).
const TABLES_TOLD: usize = 50;

impl Pipeline {
    /// Looks behind the views of a query whose principal may not read everything, before anything else knows an answer. `asked` is what the
    /// warehouse said already; what it says now is returned for the price.
    ///
    /// # Errors
    /// SL008, and whatever the warehouse has against the query.
    pub(super) async fn behind_views(
        &self,
        cx: &QueryContext,
        question: &Question<'_>,
        asked: Option<Estimate>,
    ) -> Result<Option<Estimate>> {
        if !self.must_look(cx, question.bound.tables().iter().map(AsRef::as_ref)) {
            return Ok(asked);
        }
        let estimate = match asked {
            Some(estimate) => estimate,
            None => self.estimate_of(cx, question).await?.1,
        };
        self.check_views(cx, &estimate)?;
        Ok(Some(estimate))
    }

    /// As [`Pipeline::behind_views`], for a query whose estimate is known.
    pub(super) fn check_behind_views<'a>(
        &self,
        cx: &QueryContext,
        tables: impl Iterator<Item = &'a Table>,
        estimate: &Estimate,
    ) -> Result<()> {
        if self.must_look(cx, tables) { self.check_views(cx, estimate) } else { Ok(()) }
    }

    fn must_look<'a>(&self, cx: &QueryContext, mut tables: impl Iterator<Item = &'a Table>) -> bool {
        tables.any(Table::is_view) && !self.parts.policy.is_unlimited(&cx.principal)
    }

    fn check_views(&self, cx: &QueryContext, estimate: &Estimate) -> Result<()> {
        if estimate.scans.len() >= TABLES_TOLD {
            let message = format!("SL008: the query reads {TABLES_TOLD} tables or more by way of a view, and BigQuery names no others");
            return Err(Report::new(SqlState::FORBIDDEN_BY_POLICY, message));
        }
        self.parts.policy.check_behind_views(&cx.principal, estimate.scans.iter().map(|scan| &scan.table))
    }
}
