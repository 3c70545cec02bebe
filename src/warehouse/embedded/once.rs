//! Joins that only ask whether there is a row (IN, EXISTS and their negations) need one row of each key: the engine goes through all pairs of rows with equal
//! keys, which is endless where a few keys have many rows each. So rows whose key came before are left out on the side that is only asked.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use datafusion::common::JoinType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
};
use futures::StreamExt;

/// Keys that are remembered: where there are more, each has few rows or it takes its time.
const KEYS: usize = 32_768;
/// What they may take, in bytes.
const BYTES: usize = 4 << 20;

/// Puts a [`OnceExec`] below such joins; runs when the plan has its final form.
#[derive(Debug)]
pub struct Once;

impl PhysicalOptimizerRule for Once {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let Some(join) = plan.downcast_ref::<HashJoinExec>().filter(|join| join.filter().is_none()) else {
                return Ok(Transformed::no(plan));
            };
            let once = |keys: Vec<Arc<dyn PhysicalExpr>>, input: &Arc<dyn ExecutionPlan>| {
                Arc::new(OnceExec { keys, input: Arc::clone(input) }) as Arc<dyn ExecutionPlan>
            };
            let children = match join.join_type() {
                JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
                    let keys = join.on().iter().map(|(_, right)| Arc::clone(right)).collect();
                    vec![Arc::clone(join.left()), once(keys, join.right())]
                }
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
                    let keys = join.on().iter().map(|(left, _)| Arc::clone(left)).collect();
                    vec![once(keys, join.left()), Arc::clone(join.right())]
                }
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => return Ok(Transformed::no(plan)),
            };
            // Each of its rows is one of its input's, in the same order and the same partition.
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep);
            Ok(Transformed::yes(Arc::clone(&plan).replace_children(children, options)?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "once"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Hands on the rows of its input whose keys are new.
#[derive(Debug)]
struct OnceExec {
    keys: Vec<Arc<dyn PhysicalExpr>>,
    input: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for OnceExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnceExec")
    }
}

impl ExecutionPlan for OnceExec {
    fn name(&self) -> &str {
        "OnceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
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
        for key in &self.keys {
            f(key)?;
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] =
            <[Arc<dyn ExecutionPlan>; 1]>::try_from(children).map_err(|_| DataFusionError::Internal("OnceExec has one input".into()))?;
        Ok(Arc::new(OnceExec { keys: self.keys.clone(), input }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let batches = self.input.execute(partition, context)?;
        let schema = self.schema();
        let mut seen = Seen::of(self.keys.clone(), &schema);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches.map(move |batch| seen.new_rows(batch?)))))
    }
}

/// The keys that came.
struct Seen {
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    /// `None` when there are too many of them, or no form to remember them in.
    keys: Option<(RowConverter, HashSet<Box<[u8]>>)>,
    bytes: usize,
}

impl Seen {
    fn of(exprs: Vec<Arc<dyn PhysicalExpr>>, schema: &Schema) -> Seen {
        let fields = exprs.iter().map(|expr| Ok(SortField::new(expr.data_type(schema)?))).collect::<Result<Vec<_>>>();
        let converter =
            fields.ok().filter(|fields| RowConverter::supports_fields(fields)).and_then(|fields| RowConverter::new(fields).ok());
        Seen { exprs, keys: converter.map(|converter| (converter, HashSet::new())), bytes: 0 }
    }

    fn new_rows(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let Some((converter, keys)) = &mut self.keys else { return Ok(batch) };
        let columns = self.exprs.iter().map(|expr| expr.evaluate(&batch)?.into_array(batch.num_rows())).collect::<Result<Vec<_>>>()?;
        let rows = converter.convert_columns(&columns)?;
        let mut new = Vec::with_capacity(batch.num_rows());
        for row in &rows {
            let bytes: &[u8] = row.as_ref();
            let is_new = !keys.contains(bytes);
            if is_new {
                keys.insert(bytes.into());
                self.bytes += bytes.len();
            }
            new.push(is_new);
        }
        if keys.len() > KEYS || self.bytes > BYTES {
            self.keys = None;
        }
        if new.iter().all(|is_new| *is_new) {
            return Ok(batch);
        }
        Ok(filter_record_batch(&batch, &BooleanArray::from(new))?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};
    use datafusion::physical_expr::expressions::Column;

    use super::*;

    fn batch(values: Vec<Option<i64>>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([("a", Arc::new(Int64Array::from(values)) as ArrayRef, true)]).unwrap()
    }

    #[test]
    fn each_key_comes_once_until_there_are_too_many() {
        let first = batch(vec![Some(1), None, Some(1), Some(2), None]);
        let mut seen = Seen::of(vec![Arc::new(Column::new("a", 0))], &first.schema());
        assert_eq!(seen.new_rows(first).unwrap(), batch(vec![Some(1), None, Some(2)]));
        assert_eq!(seen.new_rows(batch(vec![Some(2), Some(3), None])).unwrap(), batch(vec![Some(3)]));
        let many = batch((0..40_000).map(Some).collect());
        assert_eq!(seen.new_rows(many.clone()).unwrap().num_rows(), 40_000 - 3);
        assert_eq!(seen.new_rows(many.clone()).unwrap(), many);
    }
}
