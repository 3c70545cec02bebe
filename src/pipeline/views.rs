//! What a query reads by way of views: only the warehouse's dry run tells. It is within policy or nothing of the answer is given, and an answer
//! is as old as the tables behind its views.

use std::sync::Arc;

use super::{Pipeline, Question};
use crate::catalog::model::{Snapshot, Table, TableKind};
use crate::error::{Report, Result, SqlState};
use crate::guard::Estimate;
use crate::query::QueryContext;
use crate::sql::emit::{Dialect, Job, Origin};

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
            // BigQuery may leave out the tables of what its own cache answers, and a server that never names them would let everything pass.
            if !estimate.tables_told {
                let message = "SL008: BigQuery does not tell which tables the views of the query read";
                return Err(Report::new(SqlState::FORBIDDEN_BY_POLICY, message).hint("Name the tables instead of the view."));
            }
            policy.check_behind_views(&cx.principal, estimate.scans.iter().map(|scan| &scan.table))?;
        }
        let others: Vec<_> =
            estimate.scans.iter().map(|scan| &scan.table).filter(|name| named.iter().all(|table| table.name != **name)).collect();
        let known = |name: &&_| snapshot.tables().find(|table| table.name == **name && table.kind != TableKind::Listed).cloned();
        let tables: Option<Vec<Arc<Table>>> = others.iter().map(known).collect();
        Ok(tables.filter(|tables| told_all && !tables.is_empty()))
    }

    /// Returns what a client may be told of a text that the warehouse does not take: where it is a view that cannot be read, its words may name what
    /// stands behind it, and those who may not read everything get none of them.
    pub(super) async fn discreet_of_views(&self, cx: &QueryContext, tables: &[Arc<Table>], report: Report) -> Report {
        if is_passing(&report) || self.parts.warehouse.dialect() != Dialect::GoogleSql || self.parts.policy.is_unlimited(&cx.principal) {
            return report;
        }
        for view in tables.iter().filter(|table| table.is_view()) {
            let alone = self.parts.warehouse.estimate(cx, &whole(view)).await;
            if alone.is_err_and(|error| !is_passing(&error)) {
                return Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("view {} cannot be read", view.name))
                    .detail("BigQuery does not take its query: what it reads may have changed, or not be readable.")
                    .hint("Whoever made the view has to look into it.");
            }
        }
        report
    }
}

/// The job that reads a view.
fn whole(view: &Arc<Table>) -> Job {
    Job {
        text: format!("SELECT * FROM `{}`", view.path.join(".")),
        dialect: Dialect::GoogleSql,
        parameters: Vec::new(),
        columns: Arc::new([]),
        tables: vec![view.clone()],
        ordered: false,
        origin: Origin::Emitter,
        fingerprint: String::new(),
    }
}

/// Tells whether an error is about the server and the moment, not about the text.
pub(super) fn is_passing(report: &Report) -> bool {
    matches!(
        report.sqlstate,
        SqlState::CONNECTION_FAILURE
            | SqlState::SYSTEM_ERROR
            | SqlState::QUERY_CANCELED
            | SqlState::ESTIMATE_UNAVAILABLE
            | SqlState::CONFIGURATION_LIMIT_EXCEEDED
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
    )
}
