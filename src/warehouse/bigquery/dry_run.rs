//! Dry runs: what a job would read, by the tables and by the bytes. What they leave open is asked again, or refused.

use std::sync::Arc;

use gcp_bigquery_client::model::job::Job as JobModel;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;

use super::Shared;
use super::answers::{Figures, TablePlace};
use super::jobs::processed;
use super::metadata::place;
use super::retry::transient;
use super::row_security::raised;
use super::types::TableField;
use crate::catalog::model::{Table, TableName};
use crate::error::{Report, Result, SqlState};
use crate::guard::price::Bytes;
use crate::guard::{Accuracy, Estimate, Scan};
use crate::query::{OutputColumn, QueryContext};
use crate::sql::emit::{Job, Origin};

/// Dry runs name no more tables than this (REST reference, `referencedTables`): of a client's text they must be known all.
const TABLES_TOLD: usize = 50;

impl Shared {
    /// Asks BigQuery what the job would read: a dry run of exactly its text.
    pub(super) async fn dry_run(&self, cx: &QueryContext, job: &Job) -> Result<Estimate> {
        let (figures, secured) = tokio::join!(self.told(cx, job), self.row_secured(job));
        self.estimated(job, &figures?, secured).await
    }

    /// Asks BigQuery for the columns of a text that a client wrote, and what it would read.
    pub(super) async fn describe(&self, cx: &QueryContext, job: &Job) -> Result<(Arc<[OutputColumn]>, Estimate)> {
        let (figures, secured) = tokio::join!(self.told(cx, job), self.row_secured(job));
        let figures = figures?;
        let estimate = self.estimated(job, &figures, secured).await?;
        if figures.schema.fields.is_empty() {
            return Err(Report::new(SqlState::SYSTEM_ERROR, "BigQuery's dry run does not tell the columns of the query"));
        }
        Ok((figures.schema.fields.iter().map(TableField::output_column).collect(), estimate))
    }

    /// Makes the estimate; tables with row-level security count whole, also those behind views.
    async fn estimated(&self, job: &Job, figures: &Figures, mut secured: Vec<Arc<Table>>) -> Result<Estimate> {
        let estimate = estimate(job, figures, &self.settings.project)?;
        if job.tables.iter().any(|table| table.is_view()) {
            let named: Vec<TablePlace> = job.tables.iter().map(|table| place(table)).collect::<Result<_>>()?;
            let behind = figures.referenced_tables.iter().filter(|other| !named.iter().any(|place| place.is(other)));
            secured.extend(self.row_secured_behind(behind.cloned().collect()).await);
        }
        Ok(raised(estimate, &secured))
    }

    /// Asks for the figures of a job. Where they have to name its tables and do not, BigQuery's cache is left out: of answers that come from it, the
    /// tables need not be told ("Only populated for query jobs that are not cache hits", `INFORMATION_SCHEMA.JOBS`, `referenced_tables`).
    async fn told(&self, cx: &QueryContext, job: &Job) -> Result<Figures> {
        let figures = self.dry_figures(cx, job, true).await?;
        let matters = is_clients(job) || job.tables.iter().any(|table| table.is_view());
        let from_cache = figures.cache_hit == Some(true) && figures.referenced_tables.is_empty();
        if !self.settings.use_native_cache || !matters || !from_cache && names_tables(job, &figures)? {
            return Ok(figures);
        }
        let Figures { referenced_tables, referenced_routines, .. } = self.dry_figures(cx, job, false).await?;
        Ok(Figures { referenced_tables, referenced_routines, ..figures })
    }

    async fn dry_figures(&self, cx: &QueryContext, job: &Job, cached: bool) -> Result<Figures> {
        self.check_quota()?;
        let model = self.model(cx, job, None)?;
        let dry = |configuration: JobConfiguration| {
            let uncached = |query| JobConfigurationQuery { use_query_cache: Some(false), ..query };
            let query = if cached { configuration.query } else { configuration.query.map(uncached) };
            JobConfiguration { dry_run: Some(true), query, ..configuration }
        };
        let model = JobModel { configuration: model.configuration.map(dry), ..model };
        let api = self.api_of(cx)?;
        let answer = transient(self.pauses(cx.deadline), || api.insert_job(self.settings.payer(), &model)).await;
        let answer = answer.map_err(|failure| self.note(&failure).report_about(job))?;
        match &answer.status.error_result {
            Some(failure) => Err(failure.report_about(job)),
            None => Ok(answer.figures()),
        }
    }
}

fn is_clients(job: &Job) -> bool {
    matches!(job.origin, Origin::Client { .. })
}

/// Tells whether the tables of a job are among those that its dry run names, and with them some that stand behind its views.
fn names_tables(job: &Job, figures: &Figures) -> Result<bool> {
    let told = &figures.referenced_tables;
    let mut views = Vec::new();
    for table in &job.tables {
        let place = place(table)?;
        if table.is_view() {
            views.push(place);
        } else if !told.iter().any(|other| place.covers(other)) {
            return Ok(false);
        }
    }
    Ok(views.is_empty() || told.iter().any(|other| !views.iter().any(|view| view.is(other))))
}

/// Makes an estimate of a dry run, and refuses what is not the SELECT that we meant.
fn estimate(job: &Job, figures: &Figures, project: &str) -> Result<Estimate> {
    let from_client = is_clients(job);
    match figures.statement_type.as_str() {
        "SELECT" => {}
        // Servers that do not tell are believed about texts of our own only.
        "" if !from_client => {}
        other if from_client => {
            return Err(Report::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("BigQuery takes the query for {other:?}, and only SELECT may run"),
            ));
        }
        other => return Err(Report::internal(format!("BigQuery takes the query for {other}"))),
    }
    if from_client && figures.referenced_tables.len() >= TABLES_TOLD {
        return Err(Report::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("the query reads {TABLES_TOLD} tables or more, and BigQuery names no others"),
        )
        .hint("Write it in PostgreSQL's SQL."));
    }
    if !figures.referenced_routines.is_empty() {
        return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "the query calls a routine of BigQuery"));
    }
    let perhaps = match &job.origin {
        Origin::Client { perhaps, .. } => perhaps.as_slice(),
        Origin::Emitter => &[],
    };
    let is_told = |table: &Table| place(table).is_ok_and(|place| figures.referenced_tables.iter().any(|other| place.covers(other)));
    let tables: Vec<&Arc<Table>> = job.tables.iter().chain(perhaps.iter().filter(|table| is_told(table))).collect();
    if from_client && job.tables.iter().any(|table| !table.is_view() && !is_told(table)) {
        return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "BigQuery does not tell which tables the query reads")
            .hint("Write it in PostgreSQL's SQL."));
    }
    let named: Vec<TablePlace> = tables.iter().map(|table| place(table)).collect::<Result<_>>()?;
    let is_named = |other: &TablePlace| named.iter().any(|place| place.covers(other));
    // Whether somebody may read a view's own tables is policy's business.
    let expands = tables.iter().any(|table| table.is_view());
    if let Some(other) = figures.referenced_tables.iter().find(|other| !expands && !is_named(other)) {
        let message = format!("the query reads {}.{}, which it does not name", other.dataset_id, other.table_id);
        return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, message));
    }
    let bytes = processed(figures).ok_or_else(|| {
        Report::new(
            SqlState::ESTIMATE_UNAVAILABLE,
            "SL005: BigQuery's dry run does not tell what the query would read, so the query does not run",
        )
        .hint("Try again in a moment; queries whose answer is in the cache still work.")
    })?;
    let clustered = tables.iter().any(|table| !table.clustering.is_empty());
    let accuracy = match figures.total_bytes_processed_accuracy.as_str() {
        "UNKNOWN" => Accuracy::Unknown,
        "LOWER_BOUND" => Accuracy::LowerBound,
        "UPPER_BOUND" => Accuracy::UpperBound,
        _ if clustered => Accuracy::UpperBound,
        _ => Accuracy::Exact,
    };
    let mut scans: Vec<Scan> = tables.iter().map(|table| scan(table.name.clone(), table.columns.len())).collect();
    for other in figures.referenced_tables.iter().filter(|other| !is_named(other)) {
        let schema = match &other.project_id {
            own if own == project => other.dataset_id.clone(),
            another => format!("{another}.{}", other.dataset_id),
        };
        scans.push(scan(TableName { schema, table: other.table_id.clone() }, 0));
    }
    if let [only] = &mut scans[..] {
        only.bytes = bytes;
    }
    let tables_told = names_tables(job, figures)?;
    Ok(Estimate { bytes, accuracy, scans, warehouse_cache_hit: figures.cache_hit.unwrap_or(false), tables_told })
}

/// BigQuery tells the sum only; how it divides among tables is not known.
pub fn scan(table: TableName, columns_total: usize) -> Scan {
    Scan { table, partitions: None, columns: Vec::new(), columns_total, bytes: Bytes(0), column_bytes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_of_something_else_is_refused() {
        let job = Job {
            text: String::new(),
            dialect: crate::sql::emit::Dialect::GoogleSql,
            parameters: Vec::new(),
            columns: Vec::new().into(),
            tables: Vec::new(),
            ordered: false,
            origin: Origin::Emitter,
            fingerprint: String::new(),
        };
        let with = |text: &str| estimate(&job, &serde_json::from_str(text).unwrap(), "p");
        assert_eq!(with(r#"{"statementType": "SCRIPT", "totalBytesProcessed": "0"}"#).unwrap_err().sqlstate.0, "XX000");
        let hidden = r#"{"statementType": "SELECT", "totalBytesProcessed": "1", "referencedTables": [{"projectId": "p", "datasetId": "d", "tableId": "t"}]}"#;
        assert_eq!(with(hidden).unwrap_err().sqlstate.0, "42501");
        for unpriced in
            [r#"{"statementType": "SELECT"}"#, r#"{"totalBytesProcessed": null, "cacheHit": true}"#, r#"{"totalBytesProcessed": "many"}"#]
        {
            assert_eq!(with(unpriced).unwrap_err().sqlstate.0, "SL005", "{unpriced}");
        }
        let unsure = with(r#"{"totalBytesProcessed": 5, "totalBytesProcessedAccuracy": "UNKNOWN"}"#).unwrap();
        assert_eq!(unsure.accuracy, Accuracy::Unknown);
        let sure = with(r#"{"statementType": "SELECT", "totalBytesProcessed": "5", "totalBytesProcessedAccuracy": "PRECISE"}"#).unwrap();
        assert_eq!((sure.bytes, sure.accuracy), (Bytes(5), Accuracy::Exact));
    }
}
