//! `SELECT FROM t`: rows without columns. It is bound with a column that nobody sees, which is taken off its rows.

use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use futures::StreamExt;
use sqlparser::ast;

use super::backend::{Plan, Read};
use crate::error::{Report, Result};
use crate::query::{Answer, OutputColumn, QueryContext, Rows};
use crate::types::Type;
use crate::types::literal::Literal;

/// Returns a query with an empty select list as one with a constant in it; `None` for any other.
///
/// What would notice the constant is left as it is, and refused when it is bound: DISTINCT, and columns that ORDER BY and GROUP BY count.
pub fn filled(read: &Read) -> Option<Read> {
    if !is_empty(&read.query) {
        return None;
    }
    let mut filled = read.clone();
    fill(&mut filled.query);
    Some(filled)
}

fn is_empty(query: &ast::Query) -> bool {
    let counts = |expr: &ast::Expr| matches!(expr, ast::Expr::Value(_));
    let sorted = match &query.order_by.as_ref().map(|order_by| &order_by.kind) {
        None => false,
        Some(ast::OrderByKind::Expressions(keys)) => keys.iter().any(|key| counts(&key.expr)),
        Some(ast::OrderByKind::All(_)) => true,
    };
    match query.body.as_ref() {
        _ if sorted => false,
        // In parentheses, as COPY has it.
        ast::SetExpr::Query(inner) => query.order_by.is_none() && is_empty(inner),
        ast::SetExpr::Select(select) => {
            let grouped = match &select.group_by {
                ast::GroupByExpr::Expressions(exprs, _) => exprs.iter().any(counts),
                ast::GroupByExpr::All(_) => true,
            };
            select.projection.is_empty() && select.distinct.is_none() && !grouped
        }
        _ => false,
    }
}

fn fill(query: &mut ast::Query) {
    match query.body.as_mut() {
        ast::SetExpr::Query(inner) => fill(inner),
        ast::SetExpr::Select(select) => {
            let one = ast::Value::Number("1".into(), false).with_empty_span();
            select.projection.push(ast::SelectItem::UnnamedExpr(ast::Expr::Value(one)));
        }
        _ => {}
    }
}

/// A plan whose one column nobody sees.
pub struct Bare(pub Arc<dyn Plan>);

#[async_trait]
impl Plan for Bare {
    fn columns(&self) -> Arc<[OutputColumn]> {
        Arc::new([])
    }

    fn parameters(&self) -> &[Type] {
        self.0.parameters()
    }

    fn is_constant(&self) -> bool {
        self.0.is_constant()
    }

    fn overlaps(&self) -> bool {
        self.0.overlaps()
    }

    async fn answer(&self, cx: &QueryContext, parameters: Vec<Literal>) -> Result<Answer> {
        Ok(match self.0.answer(cx, parameters).await? {
            // What is answered in the query's place (its price, say) is seen.
            Answer::Rows { rows, tag } if rows.columns == self.0.columns() => {
                let batches = rows.batches.map(|batch| batch.and_then(|batch| bare(&batch))).boxed();
                Answer::Rows { rows: Rows { columns: Arc::new([]), batches }, tag }
            }
            other => other,
        })
    }
}

/// Returns as many rows without columns.
fn bare(batch: &RecordBatch) -> Result<RecordBatch> {
    let count = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &count).map_err(Report::internal)
}
