//! Functions that only the session can answer, in the select list of a query: `SELECT set_config(name, 'view', false) FROM pg_settings WHERE ...`
//! as pg_dump sends it, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity`, `SELECT pg_try_advisory_lock(hashtext('a')), 1`.
//!
//! The query, with the arguments in the place of each call, is asked of the backend; the session calls for its rows, one after the other.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use futures::StreamExt;
use sqlparser::ast::{
    CastKind, DataType as TypeName, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, LimitClause, OrderByKind, Query,
    Select, SelectItem, SetExpr, Value,
};

use super::Session;
use super::backend::Plan;
use super::calls::{self, Which};
use crate::error::{Report, Result, SqlState};
use crate::query::{Answer, OutputColumn, QueryContext, Rows, Tag};
use crate::sql::bind::casts::{Context, can_coerce};
use crate::sql::classify::Read;
use crate::types::Type;
use crate::types::literal::Literal;

/// The most rows that one statement calls for.
const MOST: usize = 1000;

/// What stands in the select list.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A column of the query that is asked.
    Shown,
    /// The columns of a star.
    Star,
    /// A call; its arguments are as many columns of the query that is asked.
    Call(Which, String),
}

/// A query with calls in its select list.
#[derive(Clone, Debug)]
pub(super) struct Each {
    items: Vec<Item>,
}

/// Returns the calls, and the query of their arguments, if the query is a SELECT with such calls in its list; `declared` are the types of its
/// parameters that the client declares (0 for none).
pub(super) fn find(read: &Read, declared: &[Type]) -> Option<(Read, Each)> {
    let SetExpr::Select(select) = read.query.body.as_ref() else { return None };
    // Grouped or sorted out, the calls would not be one for each row that is shown.
    let plain = select.distinct.is_none() && select.having.is_none() && is_empty(&select.group_by);
    if !plain || !select.projection.iter().any(|item| parts(item).is_some_and(|(expr, _)| which(expr).is_some())) {
        return None;
    }
    let (items, projection) = laid_out(select, declared)?;
    if names_a_call(&read.query, &items) {
        return None;
    }
    let mut asked = read.clone();
    if let SetExpr::Select(select) = asked.query.body.as_mut() {
        select.projection = projection;
    }
    // Bound statements are kept by their text, and this one is another than the client's.
    asked.source.push_str(" -- arguments");
    Some((asked, Each { items }))
}

fn is_empty(group_by: &GroupByExpr) -> bool {
    matches!(group_by, GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty())
}

/// An item's expression and alias.
fn parts(item: &SelectItem) -> Option<(&Expr, Option<String>)> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some((expr, None)),
        SelectItem::ExprWithAlias { expr, alias } => Some((expr, Some(calls::folded(alias)))),
        _ => None,
    }
}

/// The function that an expression calls, and its arguments.
fn which(expr: &Expr) -> Option<(Which, Vec<&Expr>)> {
    let Expr::Function(function) = expr else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    let argument = |arg| match arg {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    let args = list.args.iter().map(argument).collect::<Option<Vec<_>>>()?;
    let which = Which::named(&calls::name(function)?, args.len()).filter(|which| *which != Which::CurrentSetting)?;
    (args.len() == which.types().len() && function.over.is_none() && function.filter.is_none()).then_some((which, args))
}

fn laid_out(select: &Select, declared: &[Type]) -> Option<(Vec<Item>, Vec<SelectItem>)> {
    let (mut items, mut projection) = (Vec::new(), Vec::new());
    for item in &select.projection {
        let call = parts(item).and_then(|(expr, alias)| Some((which(expr)?, alias)));
        match (call, item) {
            (Some(((which, args), alias)), _) => {
                projection.extend(args.iter().zip(which.types()).map(|(arg, ty)| SelectItem::UnnamedExpr(argument(arg, *ty, declared))));
                items.push(Item::Call(which, alias.unwrap_or_else(|| which.name().to_owned())));
            }
            (None, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }) => {
                items.push(Item::Shown);
                projection.push(item.clone());
            }
            // Of two stars nobody knows how many columns each has.
            (None, _) if !items.iter().any(|item| matches!(item, Item::Star)) => {
                items.push(Item::Star);
                projection.push(item.clone());
            }
            _ => return None,
        }
    }
    let changes = |item: &Item| matches!(item, Item::Call(Which::SetConfig, _));
    // What stands beside it may ask for what it sets.
    if items.len() > 1 && items.iter().any(changes) {
        return None;
    }
    Some((items, projection))
}

/// An argument as it is asked for: what has no type of its own gets that of the function's.
fn argument(arg: &Expr, ty: Type, declared: &[Type]) -> Expr {
    let untyped = match arg {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_) | Value::Null => true,
            Value::Placeholder(name) => {
                let number =
                    name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok()).and_then(|number| number.checked_sub(1));
                number.and_then(|number| declared.get(number)).is_none_or(|ty| ty.0 == 0 || *ty == Type::UNKNOWN)
            }
            _ => false,
        },
        _ => false,
    };
    if !untyped {
        return arg.clone();
    }
    let data_type = match ty {
        Type::INT4 => TypeName::Int(None),
        Type::INT8 => TypeName::BigInt(None),
        Type::BOOL => TypeName::Boolean,
        _ => TypeName::Text,
    };
    Expr::Cast { kind: CastKind::DoubleColon, expr: Box::new(arg.clone()), data_type, array: false, format: None }
}

/// Tells whether the rows are sorted by a place or a name in the select list, which the arguments move, or some of them are skipped: the
/// functions are called for those too.
fn names_a_call(query: &Query, items: &[Item]) -> bool {
    let named = |expr: &Expr| match expr {
        Expr::Value(_) => true,
        Expr::Identifier(name) => items.iter().any(|item| matches!(item, Item::Call(_, called) if *called == calls::folded(name))),
        _ => false,
    };
    let sorted = match query.order_by.as_ref().map(|order| &order.kind) {
        Some(OrderByKind::Expressions(keys)) => keys.iter().any(|key| named(&key.expr)),
        Some(OrderByKind::All(_)) => true,
        None => false,
    };
    sorted || !matches!(query.limit_clause, None | Some(LimitClause::LimitOffset { offset: None, .. }))
}

impl Each {
    /// Returns the columns of the answer; `None` where arguments are of other types than the functions take.
    pub(super) fn columns(&self, asked: &[OutputColumn]) -> Option<Arc<[OutputColumn]>> {
        let mut columns = Vec::new();
        for (item, from, to) in self.places(asked.len()) {
            match item {
                Item::Shown | Item::Star => columns.extend_from_slice(&asked[from..to]),
                Item::Call(which, name) => {
                    let fits = |(column, wanted): (&OutputColumn, &Type)| {
                        column.ty == *wanted || can_coerce(column.ty, *wanted, Context::Implicit)
                    };
                    if !asked[from..to].iter().zip(which.types()).all(fits) {
                        return None;
                    }
                    columns.push(OutputColumn::new(name, which.returns()));
                }
            }
        }
        Some(columns.into())
    }

    /// The items, and which columns of the query that is asked they are made of.
    fn places(&self, count: usize) -> Vec<(&Item, usize, usize)> {
        let width = |item: &Item| match item {
            Item::Shown => 1,
            Item::Star => 0,
            Item::Call(which, _) => which.types().len(),
        };
        let known: usize = self.items.iter().map(width).sum();
        let mut from = 0;
        let place = |item| {
            let begin = from;
            from += if matches!(item, &Item::Star) { count.saturating_sub(known) } else { width(item) };
            (item, begin, from)
        };
        self.items.iter().map(place).collect()
    }
}

impl Session {
    /// Calls for each row, and answers with what the functions return.
    pub(super) async fn call_each(
        &mut self,
        cx: &QueryContext,
        (each, plan): (&Each, &Arc<dyn Plan>),
        columns: Arc<[OutputColumn]>,
        parameters: Vec<Literal>,
    ) -> Result<Answer> {
        let Answer::Rows { rows, .. } = plan.answer(cx, parameters).await? else { return Err(Report::internal("a query without rows")) };
        let mut batches = rows.batches;
        let (mut answered, mut count) = (Vec::new(), 0);
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            count += batch.num_rows();
            if count > MOST {
                return Err(Report::new(SqlState("54000"), format!("functions of the session called for more than {MOST} rows")));
            }
            answered.push(Ok(self.call_for(cx, each, &columns, &batch).await?));
        }
        let rows = Rows { columns, batches: Box::pin(futures::stream::iter(answered)) };
        Ok(Answer::Rows { rows, tag: Tag::Select })
    }

    async fn call_for(&mut self, cx: &QueryContext, each: &Each, columns: &[OutputColumn], batch: &RecordBatch) -> Result<RecordBatch> {
        let places = each.places(batch.num_columns());
        let mut texts = Vec::new();
        for (item, from, to) in &places {
            let args = if matches!(item, Item::Call(..)) { &batch.columns()[*from..*to] } else { &[] };
            texts.push(
                args.iter()
                    .map(|array| cast(array, &DataType::Utf8))
                    .collect::<std::result::Result<Vec<_>, _>>()
                    .map_err(Report::internal)?,
            );
        }
        let mut values: Vec<Vec<Option<String>>> = vec![Vec::new(); places.len()];
        for row in 0..batch.num_rows() {
            for (i, (item, ..)) in places.iter().enumerate() {
                let Item::Call(which, _) = item else { continue };
                let text = |array: &ArrayRef| {
                    let array = array.as_string::<i32>();
                    (!array.is_null(row)).then(|| array.value(row).to_owned())
                };
                let args: Vec<Option<String>> = texts[i].iter().map(text).collect();
                values[i].push(self.perform(cx, *which, &args).await?);
            }
        }
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for ((item, from, to), values) in places.iter().zip(values) {
            match item {
                Item::Shown | Item::Star => arrays.extend_from_slice(&batch.columns()[*from..*to]),
                Item::Call(which, _) if which.returns() == Type::BOOL => {
                    arrays.push(Arc::new(values.iter().map(|value| value.as_ref().map(|value| value == "t")).collect::<BooleanArray>()));
                }
                Item::Call(..) => arrays.push(Arc::new(StringArray::from(values))),
            }
        }
        let fields = columns
            .iter()
            .zip(&arrays)
            .map(|(column, array)| arrow::datatypes::Field::new(column.name.clone(), array.data_type().clone(), true));
        let schema = Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema, arrays, &options).map_err(Report::internal)
    }
}
