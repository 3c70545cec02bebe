//! What a query reads by way of views: only the warehouse's dry run tells. It is within policy or nothing of the answer is given, and an answer
//! is as old as the tables behind its views.

use std::sync::Arc;

use super::{Pipeline, Question};
use crate::catalog::model::{Snapshot, Table, TableKind};
use crate::error::{Report, Result, SqlState};
use crate::guard::Estimate;
use crate::query::QueryContext;

/// Dry runs name no more tables than this (REST reference, `referencedTables`).
const TABLES_TOLD: usize = 50;

/// What stands behind the views of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Behind {
    /// What the warehouse said; `None` where it was not asked.
    pub(super) estimate: Option<Estimate>,
    /// The tables, which an answer depends on like those that the query names; `None` where they are not all known.
    pub(super) tables: Option<Vec<Arc<Table>>>,
}

impl Pipeline {
    /// Looks behind the views of a query, before anything else knows an answer: where its principal may not read everything, or the answer could
    /// come from the cache (`keeps`).
    ///
    /// # Errors
    /// SL008, and whatever the warehouse has against the query.
    pub(super) async fn behind_views(&self, cx: &QueryContext, question: &Question<'_>, keeps: bool) -> Result<Behind> {
        let tables = question.bound.tables();
        if !tables.iter().any(|table| table.is_view()) {
            return Ok(Behind { estimate: None, tables: Some(Vec::new()) });
        }
        if !keeps && self.parts.policy.is_unlimited(&cx.principal) {
            return Ok(Behind::default());
        }
        let estimate = self.estimate_of(cx, question).await?.1;
        let behind = self.look_behind(cx, &self.parts.catalog.snapshot(), &tables, &estimate)?;
        Ok(Behind { estimate: Some(estimate), tables: behind })
    }

    /// Returns the tables behind the views among these, as an estimate tells them; `None` where they are not all known.
    ///
    /// # Errors
    /// SL008.
    pub(super) fn look_behind(
        &self,
        cx: &QueryContext,
        snapshot: &Snapshot,
        named: &[Arc<Table>],
        estimate: &Estimate,
    ) -> Result<Option<Vec<Arc<Table>>>> {
        let policy = &self.parts.policy;
        if !named.iter().any(|table| table.is_view()) {
            return Ok(Some(Vec::new()));
        }
        let told_all = estimate.scans.len() < TABLES_TOLD;
        if !policy.is_unlimited(&cx.principal) {
            if !told_all {
                let message = format!("SL008: the query reads {TABLES_TOLD} tables or more by way of a view, and BigQuery names no others");
                return Err(
                    Report::new(SqlState::FORBIDDEN_BY_POLICY, message).hint("Read fewer tables, or name them instead of the view.")
                );
            }
            policy.check_behind_views(&cx.principal, estimate.scans.iter().map(|scan| &scan.table))?;
        }
        let others: Vec<_> =
            estimate.scans.iter().map(|scan| &scan.table).filter(|name| named.iter().all(|table| table.name != **name)).collect();
        let known = |name: &&_| snapshot.tables().find(|table| table.name == **name && table.kind != TableKind::Listed).cloned();
        let tables: Option<Vec<Arc<Table>>> = others.iter().map(known).collect();
        Ok(tables.filter(|tables| told_all && !tables.is_empty()))
    }
}
