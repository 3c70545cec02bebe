//! A node that does nothing but stand between two others: it promises nothing about its columns, and lets no filter pass.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Statistics;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream,
};

/// Why it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Columns are NULL in some rows, whatever is known about them below ([`super::null_extended`]).
    Nulls,
    /// An aggregate puts its values into an order of its own ([`super::null_extended`]).
    Order,
    /// A sum is not told from what is known about its rows ([`super::summed`]).
    Sums,
    /// Columns have the same name, and filters find theirs by name ([`super::by_name`]).
    Names,
}

/// Hands its input's batches on.
#[derive(Clone, Debug)]
pub struct ApartExec {
    reason: Reason,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl ApartExec {
    /// Stands above a node.
    pub fn new(reason: Reason, input: Arc<dyn ExecutionPlan>) -> ApartExec {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            input.output_partitioning().clone(),
            input.pipeline_behavior(),
            input.boundedness(),
        )
        .with_evaluation_type(input.properties().evaluation_type)
        .with_scheduling_type(input.properties().scheduling_type);
        ApartExec { reason, input, properties: Arc::new(properties) }
    }
}

/// Takes those that stand for a reason away again.
pub fn removed(reason: Reason, plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let removed = plan.transform_up(|plan| match plan.downcast_ref::<ApartExec>() {
        Some(apart) if apart.reason == reason => Ok(Transformed::yes(Arc::clone(&apart.input))),
        _ => Ok(Transformed::no(plan)),
    });
    removed.data()
}

impl DisplayAs for ApartExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "ApartExec: {:?}", self.reason)
    }
}

impl ExecutionPlan for ApartExec {
    fn name(&self) -> &'static str {
        "ApartExec"
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
        let [input] =
            <[Arc<dyn ExecutionPlan>; 1]>::try_from(children).map_err(|_| DataFusionError::Internal("ApartExec has one input".into()))?;
        Ok(Arc::new(ApartExec::new(self.reason, input)))
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
        Ok(match self.reason {
            Reason::Sums => Arc::new(Statistics::new_unknown(&self.schema())),
            Reason::Nulls | Reason::Order | Reason::Names => inputs[0].clone(),
        })
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }
}
