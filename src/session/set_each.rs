//! `SELECT set_config(name, 'view', false) FROM pg_settings WHERE ...`: set_config for each row of a query, as pg_dump sends it.
//!
//! The query of the arguments is asked of the backend; the session sets what its rows say, one after the other.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use futures::StreamExt;
use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem, SetExpr};

use super::Session;
use super::backend::Plan;
use super::calls;
use crate::error::{Report, Result, SqlState};
use crate::query::{Answer, OutputColumn, QueryContext, Rows, Tag};
use crate::sql::classify::Read;
use crate::types::Type;
use crate::types::literal::Literal;

/// The most rows that one statement sets by.
const MOST: usize = 1000;

/// Returns the query of the arguments, and what the answer's column is called, if the query is a SELECT of nothing but `set_config` over rows.
pub(super) fn find(read: &Read) -> Option<(Read, OutputColumn)> {
    let SetExpr::Select(select) = read.query.body.as_ref() else { return None };
    let [item] = select.projection.as_slice() else { return None };
    let (expr, alias) = match item {
        SelectItem::UnnamedExpr(expr) => (expr, None),
        SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
        _ => return None,
    };
    let Expr::Function(function) = expr else { return None };
    if select.from.is_empty() || select.distinct.is_some() || calls::name(function)? != "set_config" {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    let arguments = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(SelectItem::UnnamedExpr(expr.clone())),
        _ => None,
    });
    let arguments = arguments.collect::<Option<Vec<_>>>().filter(|arguments| arguments.len() == 3)?;
    let column = OutputColumn::new(alias.unwrap_or_else(|| "set_config".into()), Type::TEXT);
    let mut asked = read.clone();
    if let SetExpr::Select(select) = asked.query.body.as_mut() {
        select.projection = arguments;
    }
    // Bound statements are kept by their text, and this one is another than the client's.
    asked.source.push_str(" -- arguments");
    Some((asked, column))
}

impl Session {
    /// Sets what each row says, and answers with the values that are in force then.
    pub(super) async fn set_each(
        &mut self,
        cx: &QueryContext,
        plan: &Arc<dyn Plan>,
        columns: Arc<[OutputColumn]>,
        parameters: Vec<Literal>,
    ) -> Result<Answer> {
        let Answer::Rows { rows, .. } = plan.answer(cx, parameters).await? else { return Err(Report::internal("a query without rows")) };
        let mut batches = rows.batches;
        let mut values = Vec::new();
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let texts = batch.columns().iter().map(|array| cast(array, &DataType::Utf8)).collect::<std::result::Result<Vec<_>, _>>();
            let texts = texts.map_err(Report::internal)?;
            for row in 0..batch.num_rows() {
                if values.len() == MOST {
                    return Err(Report::new(SqlState("54000"), format!("set_config() of more than {MOST} rows")));
                }
                let text = |i: usize| {
                    let array = texts.get(i)?.as_string::<i32>();
                    (!array.is_null(row)).then(|| array.value(row).to_owned())
                };
                let local = text(2).and_then(|value| super::settings::boolean(&value)).unwrap_or(false);
                values.push(self.set_config(text(0), text(1), local)?);
            }
        }
        let array: ArrayRef = Arc::new(StringArray::from(values));
        let batch = RecordBatch::try_from_iter_with_nullable([(columns[0].name.clone(), array, true)]).map_err(Report::internal)?;
        let rows = Rows { columns, batches: Box::pin(futures::stream::iter([Ok(batch)])) };
        Ok(Answer::Rows { rows, tag: Tag::Select })
    }
}
