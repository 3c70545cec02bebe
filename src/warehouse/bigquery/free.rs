//! What BigQuery answers without a job and free of charge: a table's row count from its metadata, the ends of its partitioning column from the list
//! of its partitions, a few of its rows from its listing.
//!
//! Neither knows of row-level security, and the listing knows of no masks: where a table or a column has any, or where it cannot be told, a
//! job decides (BigQuery, "Introduction to row-level security", "Limitations").

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::Shared;
use super::answers::{Results, TableAnswer, TablePlace};
use super::api::RowsRequest;
use super::decode::{Cell, Row, batch};
use super::failure::Failure;
use super::metadata::place;
use super::pages::rows_for;
use super::partitions::facts_of;
use super::retry::transient;
use super::types::TableField;
use crate::catalog::model::Table;
use crate::error::{Report, Result, SqlState};
use crate::query::{BatchStream, OutputColumn, QueryContext};
use crate::warehouse::FreeAsk;

/// More rows than this are a job's business.
const ROWS: u64 = 100_000;

/// Types whose cells are what a query of the bare column would give, too.
const PLAIN: [&str; 11] = ["INT64", "FLOAT64", "BOOL", "STRING", "BYTES", "DATE", "TIME", "DATETIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC"];

/// A question that can be answered so, with what is needed for it.
enum Fit {
    Nothing,
    /// One row.
    Facts(Vec<(TableField, Cell)>),
    /// The columns to list in the table's order, and which of them each output column is.
    Rows {
        place: TablePlace,
        fields: Vec<TableField>,
        order: Vec<usize>,
        limit: u64,
    },
}

impl Shared {
    /// Tells whether a question is answered without a job.
    pub(super) async fn may_free(&self, cx: &QueryContext, ask: &FreeAsk, table: Option<&Table>) -> bool {
        self.fit(cx, ask, table).await.is_some()
    }

    /// Answers a question without a job, where that is exact.
    pub(super) async fn free(
        self: &Arc<Shared>,
        cx: &QueryContext,
        ask: &FreeAsk,
        table: Option<&Table>,
        columns: &Arc<[OutputColumn]>,
    ) -> Option<BatchStream> {
        let one = |batch: Result<RecordBatch>| -> BatchStream { Box::pin(futures::stream::iter([batch])) };
        match self.fit(cx, ask, table).await? {
            Fit::Nothing => Some(Box::pin(futures::stream::empty())),
            Fit::Facts(facts) => {
                let (fields, cells): (Vec<TableField>, Vec<Cell>) = facts.into_iter().unzip();
                Some(one(batch(&[Row { cells }], &fields, columns)))
            }
            Fit::Rows { place, fields, order, limit } => {
                let mut listing = Listing {
                    shared: self.clone(),
                    cx: cx.clone(),
                    place,
                    fields,
                    order,
                    columns: columns.clone(),
                    left: limit,
                    token: None,
                    begun: false,
                };
                // The first page before anything is promised: what goes wrong with it is left to a job.
                let first = listing.next().await.ok()?;
                let rest = futures::stream::try_unfold(listing, |mut listing| async move {
                    Ok::<_, Report>(listing.next().await?.map(|batch| (batch, listing)))
                });
                Some(Box::pin(futures::StreamExt::chain(futures::stream::iter(first.map(Ok)), rest)))
            }
        }
    }

    async fn fit(&self, cx: &QueryContext, ask: &FreeAsk, table: Option<&Table>) -> Option<Fit> {
        let settings = &self.settings;
        match ask {
            FreeAsk::Nothing => return settings.free_metadata.then_some(Fit::Nothing),
            FreeAsk::Facts(_) if !settings.free_metadata => return None,
            FreeAsk::Rows { limit, .. } if !settings.free_preview || *limit > ROWS => return None,
            FreeAsk::Facts(_) | FreeAsk::Rows { .. } => {}
        }
        self.check_quota().ok()?;
        let (table, place) = (table?, place(table?).ok()?);
        let api = self.api_of(cx).ok()?;
        // One attempt: where it fails, a job does as well.
        let (answer, policies) = tokio::join!(api.table(&place), api.has_row_policies(&place));
        let answer = answer.ok()?;
        if policies != Ok(false) || !is_plain(&answer) {
            return None;
        }
        match ask {
            FreeAsk::Nothing => None,
            FreeAsk::Facts(facts) => facts_of(&api, &place, table, &answer, facts).await.map(Fit::Facts),
            FreeAsk::Rows { columns, limit } => {
                let (fields, order) = listed(table, columns, &answer.schema.fields)?;
                Some(Fit::Rows { place, fields, order, limit: *limit })
            }
        }
    }
}

/// A table whose metadata tells all: of BigQuery's own storage, without rows that are still streamed in or changes that are still to be applied.
pub(super) fn is_plain(answer: &TableAnswer) -> bool {
    answer.kind == "TABLE"
        && answer.streaming_buffer.is_none()
        && answer.biglake_configuration.is_none()
        && answer.table_constraints.is_none()
        && answer.max_staleness.is_none()
}

/// Finds the columns to list in the table's own order; `None` where one of them has another form in a listing than in a result, or is protected.
fn listed(table: &Table, columns: &[usize], fields: &[TableField]) -> Option<(Vec<TableField>, Vec<usize>)> {
    let mut wanted: Vec<usize> = Vec::new();
    for column in columns {
        let known = table.columns.get(*column)?;
        let at = fields.iter().position(|field| field.name == known.name)?;
        let field = &fields[at];
        // The catalog may be older than the table.
        let as_known = field.native() == known.native && field.served_as() == (known.ty, known.typmod);
        if !as_known || !PLAIN.contains(&field.kind.as_str()) || field.is_repeated() || field.is_protected() {
            return None;
        }
        wanted.push(at);
    }
    let mut sorted = wanted.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let order = wanted.iter().map(|at| sorted.binary_search(at).ok()).collect::<Option<_>>()?;
    Some((sorted.into_iter().map(|at| fields[at].clone()).collect(), order))
}

/// Pages of a table, as far as they are wanted.
struct Listing {
    shared: Arc<Shared>,
    cx: QueryContext,
    place: TablePlace,
    fields: Vec<TableField>,
    order: Vec<usize>,
    columns: Arc<[OutputColumn]>,
    left: u64,
    token: Option<String>,
    begun: bool,
}

impl Listing {
    /// Returns the next page's rows; `None` after the last.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.left == 0 || (self.begun && self.token.is_none()) {
            return Ok(None);
        }
        let mut page = self.page().await?;
        if self.begun && page.token().is_some() && page.token() == self.token.as_deref() {
            page = self.page().await?; // it is the page before, sent twice
        }
        self.begun = true;
        let next = page.take_token();
        if next.is_some() && next == self.token {
            return Err(
                Report::new(SqlState::SYSTEM_ERROR, "BigQuery's listing of the table leads back to the same page").hint("Try again.")
            );
        }
        self.token = next;
        page.rows.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= u64::try_from(page.rows.len()).unwrap_or(self.left);
        self.batch(&page).map(Some)
    }

    async fn page(&self) -> Result<Results> {
        let rows = rows_for(self.shared.settings.page_bytes, self.fields.len()).min(self.left);
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let names = names.join(",");
        let request = RowsRequest { fields: &names, token: self.token.as_deref(), rows };
        let api = self.shared.api_of(&self.cx)?;
        let asking = transient(self.shared.pauses(self.cx.deadline), || api.table_rows(&self.place, &request));
        tokio::select! {
            biased;
            () = self.cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            page = asking => page.map_err(|failure: Failure| failure.report()),
        }
    }

    fn batch(&self, page: &Results) -> Result<RecordBatch> {
        // Each listed column once, under the type of the first output column that shows it; then in the order of the query.
        let described = (0..self.fields.len()).map(|at| {
            let output = self.order.iter().position(|listed| *listed == at).unwrap_or_default();
            self.columns[output].clone()
        });
        let listed = batch(&page.rows, &self.fields, &described.collect::<Vec<_>>())?;
        let arrays: Vec<ArrayRef> = self.order.iter().map(|at| listed.column(*at).clone()).collect();
        let named = self.columns.iter().zip(&arrays).map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(named.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(page.rows.len()));
        RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|error| Report::internal(error.to_string()))
    }
}
