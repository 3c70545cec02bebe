//! Lists become rows a piece at a time: a batch before UNNEST holds no more than a batch of elements, and the numbers of a series are made
//! when their piece is due. The engine's own UNNEST makes all rows of a list at once.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, ListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Int64Type, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, WindowExpr};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
};
use futures::{Stream, StreamExt};

use super::functions::{LATE, RUNNING_LIST, RUNNING_TEXT, raise, series_length};
use crate::error::Report;

/// Puts a [`PiecesExec`] before each UNNEST of lists.
#[derive(Debug)]
pub struct Pieces;

impl PhysicalOptimizerRule for Pieces {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>()
                && window.window_expr().iter().any(|expr| gathers(expr.as_ref()))
            {
                let few: Arc<dyn ExecutionPlan> = Arc::new(PiecesExec { rows: Some(FEW_ROWS), ..PiecesExec::new(window.input(), &[]) });
                return Ok(Transformed::yes(plan.replace_children(vec![few], keep())?));
            }
            if let Some(repartition) = plan.downcast_ref::<RepartitionExec>()
                && matches!(repartition.partitioning(), Partitioning::RoundRobinBatch(_))
                && is_over_gathered(repartition.input())
            {
                // Handed out to several threads the rows would wait in heaps, all of what each holds.
                return Ok(Transformed::yes(Arc::clone(repartition.input())));
            }
            if let Some(bytes) = long_texts(plan.as_ref())? {
                let rows = Some((BATCH_BYTES / bytes).max(1));
                let few =
                    |child: &Arc<dyn ExecutionPlan>| Arc::new(PiecesExec { rows, ..PiecesExec::new(child, &[]) }) as Arc<dyn ExecutionPlan>;
                let children = plan.children().into_iter().map(few).collect();
                return Ok(Transformed::yes(plan.replace_children(children, keep())?));
            }
            let Some(unnest) = plan.downcast_ref::<UnnestExec>() else { return Ok(Transformed::no(plan)) };
            let input = Arc::clone(unnest.input());
            let lists: Vec<usize> = unnest.list_column_indices().iter().map(|list| list.index_in_input_schema).collect();
            let plain = unnest.list_column_indices().iter().all(|list| list.depth == 1)
                && lists.iter().all(|list| matches!(input.schema().field(*list).data_type(), DataType::List(_)));
            if lists.is_empty() || !plain {
                return Ok(Transformed::no(plan));
            }
            let pieces: Arc<dyn ExecutionPlan> = Arc::new(PiecesExec::new(&input, &lists));
            Ok(Transformed::yes(plan.replace_children(vec![pieces], keep())?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "pieces"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Rows before a window whose every row may hold all rows before it.
const FEW_ROWS: usize = 32;

fn keep() -> ReplaceChildrenOptions {
    ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep)
}

/// Tells whether a window function gives all values of its frame.
fn gathers(expr: &dyn WindowExpr) -> bool {
    let plain = expr.as_any().downcast_ref::<PlainAggregateWindowExpr>().map(|expr| expr.get_aggregate_expr());
    let sliding = || expr.as_any().downcast_ref::<SlidingAggregateWindowExpr>().map(|expr| expr.get_aggregate_expr());
    plain.or_else(sliding).is_some_and(|call| matches!(call.fun().name(), RUNNING_LIST | RUNNING_TEXT | "array_agg" | "string_agg"))
}

/// Tells whether rows come from such a window, through nothing that holds them.
fn is_over_gathered(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
        return window.window_expr().iter().any(|expr| gathers(expr.as_ref()));
    }
    let through = plan.downcast_ref::<ProjectionExec>().is_some() || plan.downcast_ref::<FilterExec>().is_some();
    through && plan.children().first().is_some_and(|input| is_over_gathered(input))
}

/// What the texts of one batch may take that functions make as long as they are told.
const BATCH_BYTES: usize = 64 << 20;

/// How long the texts are that an operator's expressions make of little, where that is known and much.
fn long_texts(plan: &dyn ExecutionPlan) -> Result<Option<usize>> {
    let mut longest = None;
    plan.apply_expressions(&mut |expr| {
        expr.apply(|part| {
            let late = part.downcast_ref::<ScalarFunctionExpr>().filter(|call| call.fun().name() == LATE);
            let length = late.and_then(|call| call.args().first()).and_then(|arg| arg.downcast_ref::<Literal>()).map(Literal::value);
            let length = match length {
                Some(ScalarValue::Int32(Some(length))) => usize::try_from(*length).ok(),
                Some(ScalarValue::Int64(Some(length))) => usize::try_from(*length).ok(),
                _ => None,
            };
            longest = longest.max(length);
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(longest.filter(|_| !plan.children().is_empty()))
}

/// One column of the pieces.
#[derive(Clone, Debug)]
enum Item {
    /// A value that all pieces of a row share.
    Value(Arc<dyn PhysicalExpr>),
    /// A list that exists.
    List(Arc<dyn PhysicalExpr>),
    /// `generate_series` over integers: first, last, step.
    Series(Vec<Arc<dyn PhysicalExpr>>),
}

/// Computes what the projection below would, in pieces.
#[derive(Clone, Debug)]
struct PiecesExec {
    input: Arc<dyn ExecutionPlan>,
    items: Vec<Item>,
    /// The size of a piece, where it is not a batch's.
    rows: Option<usize>,
    /// Those of the projection.
    properties: Arc<PlanProperties>,
}

impl PiecesExec {
    fn new(input: &Arc<dyn ExecutionPlan>, lists: &[usize]) -> PiecesExec {
        let properties = Arc::clone(input.properties());
        let (input, exprs) = match input.downcast_ref::<ProjectionExec>() {
            Some(projection) => {
                let exprs = projection.expr().iter().map(|item| Arc::clone(&item.expr)).collect::<Vec<_>>();
                (Arc::clone(projection.input()), exprs)
            }
            None => {
                let schema = input.schema();
                let column = |(i, field): (usize, &Arc<Field>)| Arc::new(Column::new(field.name(), i)) as Arc<dyn PhysicalExpr>;
                (Arc::clone(input), schema.fields().iter().enumerate().map(column).collect())
            }
        };
        let item = |(i, expr): (usize, Arc<dyn PhysicalExpr>)| match lists.contains(&i) {
            true => series(&expr).map_or(Item::List(expr), Item::Series),
            false => Item::Value(expr),
        };
        PiecesExec { input, items: exprs.into_iter().enumerate().map(item).collect(), rows: None, properties }
    }
}

/// The arguments of a series of integers that is empty where one of them is NULL.
fn series(expr: &Arc<dyn PhysicalExpr>) -> Option<Vec<Arc<dyn PhysicalExpr>>> {
    let call = expr.downcast_ref::<ScalarFunctionExpr>()?;
    let [inner] = call.args() else { return None };
    let series = inner.downcast_ref::<ScalarFunctionExpr>()?;
    let is = call.fun().name() == "pg_never_null" && series.fun().name() == "pg_series" && series.args().len() == 3;
    is.then(|| series.args().to_vec())
}

impl DisplayAs for PiecesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PiecesExec: {:?}", self.items)
    }
}

impl ExecutionPlan for PiecesExec {
    fn name(&self) -> &str {
        "PiecesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(&self, f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        let mut then = TreeNodeRecursion::Continue;
        for item in &self.items {
            let exprs = match item {
                Item::Value(expr) | Item::List(expr) => std::slice::from_ref(expr),
                Item::Series(args) => args.as_slice(),
            };
            for expr in exprs {
                then = then.visit_sibling(|| f(expr))?;
            }
        }
        Ok(then)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(PiecesExec { input: children.swap_remove(0), ..Self::clone(&self) }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, keep())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let size = self.rows.unwrap_or_else(|| context.session_config().batch_size());
        let input = self.input.execute(partition, context)?;
        Ok(Box::pin(PiecesStream { input, items: self.items.clone(), schema: self.schema(), size, open: None }))
    }
}

struct PiecesStream {
    input: SendableRecordBatchStream,
    items: Vec<Item>,
    schema: SchemaRef,
    /// Elements of a piece.
    size: usize,
    open: Option<Open>,
}

/// An input batch that is not used up.
struct Open {
    columns: Vec<Computed>,
    rows: usize,
    /// The next row, and how many elements of its lists are out already.
    row: usize,
    done: usize,
}

enum Computed {
    Value(ArrayRef),
    List(ListArray),
    /// First number, step and length of each row's series.
    Series(Vec<(i64, i64, usize)>),
}

impl Computed {
    fn of(item: &Item, batch: &RecordBatch) -> Result<Computed> {
        let rows = batch.num_rows();
        Ok(match item {
            Item::Value(expr) => Computed::Value(expr.evaluate(batch)?.into_array(rows)?),
            Item::List(expr) => Computed::List(expr.evaluate(batch)?.into_array(rows)?.as_list::<i32>().clone()),
            Item::Series(args) => {
                let args = args.iter().map(|arg| integers(&arg.evaluate(batch)?.into_array(rows)?)).collect::<Result<Vec<_>>>()?;
                let series = |row: usize| {
                    let value = |arg: &Int64Array| arg.is_valid(row).then(|| arg.value(row));
                    match (value(&args[0]), value(&args[1]), value(&args[2])) {
                        (Some(from), Some(to), Some(step)) => Ok((from, step, series_length(from, to, step).map_err(raise)?)),
                        _ => Ok((0, 1, 0)),
                    }
                };
                Computed::Series((0..rows).map(series).collect::<Result<Vec<_>>>()?)
            }
        })
    }

    fn length(&self, row: usize) -> usize {
        match self {
            Computed::Value(_) => 0,
            Computed::List(list) if list.is_null(row) => 0,
            Computed::List(list) => usize::try_from(list.value_length(row)).unwrap_or(0),
            Computed::Series(series) => series[row].2,
        }
    }

    /// Some whole rows.
    fn rows(&self, from: usize, count: usize, ty: &DataType) -> Result<ArrayRef> {
        match self {
            Computed::Value(array) => Ok(array.slice(from, count)),
            Computed::List(list) => Ok(Arc::new(list.slice(from, count))),
            Computed::Series(series) => numbers(&series[from..from + count], ty),
        }
    }

    /// A part of one row.
    fn part(&self, row: usize, from: usize, count: usize, ty: &DataType) -> Result<ArrayRef> {
        match self {
            Computed::Value(array) => Ok(array.slice(row, 1)),
            Computed::List(list) => {
                let (from, to) = (from.min(self.length(row)), (from + count).min(self.length(row)));
                let DataType::List(field) = list.data_type() else { return Err(raise(Report::internal("a piece of no list"))) };
                let valid = NullBuffer::from(vec![list.is_valid(row)]);
                let part = ListArray::try_new(
                    field.clone(),
                    OffsetBuffer::from_lengths([to - from]),
                    list.value(row).slice(from, to - from),
                    Some(valid),
                )?;
                Ok(Arc::new(part))
            }
            Computed::Series(series) => {
                let (first, step, length) = series[row];
                let (from, to) = (from.min(length), (from + count).min(length));
                // Beyond the end no number exists, and none is needed.
                let first = i64::try_from(from).ok().and_then(|from| step.checked_mul(from)).and_then(|by| first.checked_add(by));
                numbers(&[(first.unwrap_or(0), step, to - from)], ty)
            }
        }
    }
}

fn integers(array: &ArrayRef) -> Result<Int64Array> {
    Ok(arrow::compute::cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

/// A list of numbers for each row.
fn numbers(series: &[(i64, i64, usize)], ty: &DataType) -> Result<ArrayRef> {
    let DataType::List(field) = ty else { return Err(raise(Report::internal("a series that is no list"))) };
    let all = series.iter().flat_map(|(from, step, length)| (0..*length).map(move |i| from + step * i64::try_from(i).unwrap_or(0)));
    let values: ArrayRef = match field.data_type() {
        // They lie between two numbers of the type.
        #[allow(clippy::cast_possible_truncation)]
        DataType::Int32 => Arc::new(all.map(|number| number as i32).collect::<Vec<i32>>().into_iter().collect::<Int32Array>()),
        DataType::Int64 => Arc::new(Int64Array::from(all.collect::<Vec<i64>>())),
        other => return Err(raise(Report::internal(format!("a series of the engine's type {other}")))),
    };
    let lengths = OffsetBuffer::from_lengths(series.iter().map(|(_, _, length)| *length));
    Ok(Arc::new(ListArray::try_new(field.clone(), lengths, values, None)?))
}

impl Open {
    /// The next piece; `None` when the batch is used up.
    fn next(&mut self, schema: &SchemaRef, size: usize) -> Result<Option<RecordBatch>> {
        if self.row >= self.rows {
            return Ok(None);
        }
        let length = |row: usize| self.columns.iter().map(|column| column.length(row)).max().unwrap_or(0);
        let types = schema.fields().iter().map(|field| field.data_type());
        let pairs = self.columns.iter().zip(types);
        let (columns, rows) = if length(self.row) > size {
            let (row, from) = (self.row, self.done);
            let columns = pairs.map(|(column, ty)| column.part(row, from, size, ty)).collect::<Result<Vec<_>>>()?;
            let more = from + size < length(row);
            (self.row, self.done) = if more { (row, from + size) } else { (row + 1, 0) };
            (columns, 1)
        } else {
            let (from, mut to, mut elements) = (self.row, self.row, 0);
            while to < self.rows && (to == from || elements + length(to).max(1) <= size) {
                elements += length(to).max(1);
                to += 1;
            }
            let columns = pairs.map(|(column, ty)| column.rows(from, to - from, ty)).collect::<Result<Vec<_>>>()?;
            self.row = to;
            (columns, to - from)
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(Some(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?))
    }
}

impl Stream for PiecesStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let PiecesStream { input, items, schema, size, open } = &mut *self;
        loop {
            if let Some(batch) = open {
                match batch.next(schema, *size).transpose() {
                    Some(piece) => return Poll::Ready(Some(piece)),
                    None => *open = None,
                }
            }
            let batch = match ready!(input.poll_next_unpin(cx)) {
                Some(Ok(batch)) => batch,
                other => return Poll::Ready(other),
            };
            let columns = match items.iter().map(|item| Computed::of(item, &batch)).collect::<Result<Vec<_>>>() {
                Ok(columns) => columns,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            *open = Some(Open { columns, rows: batch.num_rows(), row: 0, done: 0 });
        }
    }
}

impl RecordBatchStream for PiecesStream {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{Int32Type, Schema};

    use super::*;

    #[test]
    fn long_rows_come_in_parts_and_short_ones_together() {
        let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true)));
        let fields = vec![Field::new("k", DataType::Int32, true), Field::new("l", list.clone(), true), Field::new("s", list, true)];
        let schema = Arc::new(Schema::new(fields));
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
            Some(vec![Some(1), Some(2), Some(3)]),
            None,
            Some(vec![]),
            Some(vec![Some(4)]),
        ]);
        let series = Computed::Series(vec![(10, 5, 10), (0, 1, 0), (1, 1, 2), (i64::from(i32::MAX), 7, 1)]);
        let keys: ArrayRef = Arc::new(Int32Array::from(vec![7, 8, 9, 6]));
        let mut open = Open { columns: vec![Computed::Value(keys), Computed::List(lists), series], rows: 4, row: 0, done: 0 };
        let mut shown = Vec::new();
        while let Some(piece) = open.next(&schema, 4).unwrap() {
            let lists = |column: usize| {
                let list = piece.column(column).as_list::<i32>();
                (0..piece.num_rows()).map(|row| list.value(row).as_primitive::<Int32Type>().values().to_vec()).collect::<Vec<_>>()
            };
            shown.push((piece.column(0).as_primitive::<Int32Type>().values().to_vec(), lists(1), lists(2)));
        }
        assert_eq!(
            shown,
            [
                (vec![7], vec![vec![1, 2, 3]], vec![vec![10, 15, 20, 25]]),
                (vec![7], vec![vec![]], vec![vec![30, 35, 40, 45]]),
                (vec![7], vec![vec![]], vec![vec![50, 55]]),
                (vec![8, 9, 6], vec![vec![], vec![], vec![4]], vec![vec![], vec![1, 2], vec![i32::MAX]]),
            ]
        );
    }
}
