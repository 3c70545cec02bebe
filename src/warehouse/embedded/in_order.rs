//! The branches of UNION ALL, and the rows of VALUES that hold subqueries, come one behind the other as PostgreSQL gives them: the engine gathers the
//! partitions of a union in the order in which they happen to be ready, and a LIMIT then takes other rows each time.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Statistics;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::{RecordBatchReceiverStream, RecordBatchStreamAdapter};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream,
};
use futures::StreamExt;

/// Batches that a branch whose turn has not come may have ready.
const BATCHES_WAITING: usize = 2;

/// Gathers the partitions of unions in order; runs when nothing adds partitions any more.
#[derive(Debug)]
pub struct InOrder;

impl PhysicalOptimizerRule for InOrder {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let gathered = plan.transform_up(|plan| {
            let Some(gather) = plan.downcast_ref::<CoalescePartitionsExec>().filter(|gather| is_union(gather.input())) else {
                return Ok(Transformed::no(plan));
            };
            let ordered: Arc<dyn ExecutionPlan> = Arc::new(InOrderExec::new(Arc::clone(gather.input())));
            Ok(Transformed::yes(match gather.fetch() {
                Some(rows) => Arc::new(GlobalLimitExec::new(ordered, 0, Some(rows))),
                None => ordered,
            }))
        });
        let plan = gathered.data()?;
        let several = plan.output_partitioning().partition_count() > 1 && is_union(&plan);
        Ok(if several { Arc::new(InOrderExec::new(plan)) } else { plan })
    }

    fn name(&self) -> &str {
        "in_order"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Tells whether the partitions of a node are those of a union.
fn is_union(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if plan.downcast_ref::<UnionExec>().is_some() {
        return true;
    }
    let input = match plan.children()[..] {
        [input] => input,
        // The others are the subqueries whose values it needs.
        [input, ..] if plan.name() == "ScalarSubqueryExec" => input,
        _ => return false,
    };
    let count = |plan: &Arc<dyn ExecutionPlan>| plan.output_partitioning().partition_count();
    plan.downcast_ref::<RepartitionExec>().is_none() && count(plan) == count(input) && is_union(input)
}

/// Gives one partition of its input after the other; all of them work from the start.
#[derive(Debug)]
struct InOrderExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl InOrderExec {
    fn new(input: Arc<dyn ExecutionPlan>) -> InOrderExec {
        let mut equivalences = input.equivalence_properties().clone();
        // What holds within each partition need not hold across them.
        equivalences.clear_orderings();
        equivalences.clear_per_partition_constants();
        let properties =
            PlanProperties::new(equivalences, Partitioning::UnknownPartitioning(1), input.pipeline_behavior(), input.boundedness())
                .with_evaluation_type(input.properties().evaluation_type)
                .with_scheduling_type(input.properties().scheduling_type);
        InOrderExec { input, properties: Arc::new(properties) }
    }
}

impl DisplayAs for InOrderExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "InOrderExec")
    }
}

impl ExecutionPlan for InOrderExec {
    fn name(&self) -> &'static str {
        "InOrderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
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
            <[Arc<dyn ExecutionPlan>; 1]>::try_from(children).map_err(|_| DataFusionError::Internal("InOrderExec has one input".into()))?;
        Ok(Arc::new(InOrderExec::new(input)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let branches = (0..self.input.output_partitioning().partition_count()).map(|partition| {
            let mut batches = self.input.execute(partition, Arc::clone(&context))?;
            let mut branch = RecordBatchReceiverStream::builder(self.schema(), BATCHES_WAITING);
            let waiting = branch.tx();
            branch.spawn(async move {
                while let Some(batch) = batches.next().await {
                    if waiting.send(batch).await.is_err() {
                        break; // nobody reads on
                    }
                }
                Ok(())
            });
            Ok(branch.build())
        });
        let branches = branches.collect::<Result<Vec<SendableRecordBatchStream>>>()?;
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), futures::stream::iter(branches).flatten())))
    }

    fn child_stats_requests(&self, _: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(None)]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(inputs[0].clone())
    }
}
