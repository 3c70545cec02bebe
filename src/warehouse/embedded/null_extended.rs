//! What outer joins and grouping sets do to a column that is constant below them: it is NULL in some of their rows.
//!
//! The engine carries "this column is constant" and "these columns are equal" upwards through both, and drops a sort or a repartition by
//! such a column. A node that promises nothing of the kind stands above each of them; and below windows over columns that a condition makes
//! equal to something, whose order the engine takes for given and then misses.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, Statistics};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream,
};

/// Puts a [`NullExtendedExec`] above each outer join and each aggregate over grouping sets; runs before the rules that read the promises.
#[derive(Debug)]
pub struct NullExtended;

impl PhysicalOptimizerRule for NullExtended {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if let Some(input) = window_input(plan.as_ref()).filter(|input| has_equals(input)) {
                let input = Arc::new(NullExtendedExec::new(Arc::clone(input))) as Arc<dyn ExecutionPlan>;
                let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
                return Ok(Transformed::yes(plan.replace_children(vec![input], options)?));
            }
            Ok(match makes_nulls(plan.as_ref()) {
                true => Transformed::yes(Arc::new(NullExtendedExec::new(plan)) as Arc<dyn ExecutionPlan>),
                false => Transformed::no(plan),
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "null_extended"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Returns what a window over parts reads.
fn window_input(plan: &dyn ExecutionPlan) -> Option<&Arc<dyn ExecutionPlan>> {
    if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
        return window.window_expr().iter().any(|expr| !expr.partition_by().is_empty()).then(|| window.input());
    }
    let window = plan.downcast_ref::<WindowAggExec>()?;
    window.window_expr().iter().any(|expr| !expr.partition_by().is_empty()).then(|| window.input())
}

/// Tells whether expressions are known to be equal.
fn has_equals(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.equivalence_properties().eq_group().iter().any(|class| class.len() > 1)
}

fn makes_nulls(plan: &dyn ExecutionPlan) -> bool {
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        return aggregate.group_expr().has_grouping_set();
    }
    let join_type = None
        .or_else(|| plan.downcast_ref::<HashJoinExec>().map(|join| *join.join_type()))
        .or_else(|| plan.downcast_ref::<NestedLoopJoinExec>().map(|join| *join.join_type()))
        .or_else(|| plan.downcast_ref::<SortMergeJoinExec>().map(SortMergeJoinExec::join_type));
    matches!(join_type, Some(JoinType::Left | JoinType::Right | JoinType::Full))
}

/// Hands its input's batches on and promises nothing about their columns.
#[derive(Clone, Debug)]
struct NullExtendedExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl NullExtendedExec {
    fn new(input: Arc<dyn ExecutionPlan>) -> NullExtendedExec {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            input.output_partitioning().clone(),
            input.pipeline_behavior(),
            input.boundedness(),
        )
        .with_evaluation_type(input.properties().evaluation_type)
        .with_scheduling_type(input.properties().scheduling_type);
        NullExtendedExec { input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for NullExtendedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "NullExtendedExec")
    }
}

impl ExecutionPlan for NullExtendedExec {
    fn name(&self) -> &'static str {
        "NullExtendedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = <[Arc<dyn ExecutionPlan>; 1]>::try_from(children)
            .map_err(|_| DataFusionError::Internal("NullExtendedExec has one input".into()))?;
        Ok(Arc::new(NullExtendedExec::new(input)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(inputs[0].clone())
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }
}
