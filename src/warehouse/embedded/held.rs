//! Expressions that may fail stay above the filters and limits that they stand above: `SELECT a / b .. WHERE k <> 7` computes no quotient for the rows
//! that WHERE leaves out. The engine moves a projection below a filter where it makes rows narrower.

use std::fmt;
use std::sync::Arc;

use datafusion::common::Statistics;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, SendableRecordBatchStream,
};

use super::guarded::may_fail;

/// The rule that moves projections, which does not see those that stay.
#[derive(Debug)]
pub struct Held(pub Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for Held {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let held = plan.transform_up(|plan| {
            let stays = plan.downcast_ref::<ProjectionExec>().is_some_and(|projection| {
                projection.expr().iter().any(|projected| may_fail(&projected.expr)) && leaves_rows_out(projection.input())
            });
            Ok(if stays { Transformed::yes(Arc::new(HeldExec(plan)) as Arc<dyn ExecutionPlan>) } else { Transformed::no(plan) })
        });
        let moved = self.0.optimize(held.data()?, config)?;
        let free = moved.transform_up(|plan| match plan.downcast_ref::<HeldExec>() {
            Some(HeldExec(projection)) => Ok(Transformed::yes(Arc::clone(projection))),
            None => Ok(Transformed::no(plan)),
        });
        free.data()
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Tells whether a node, or one of those in line below it, gives fewer rows than it gets.
fn leaves_rows_out(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let fewer = plan.downcast_ref::<FilterExec>().is_some() || plan.downcast_ref::<GlobalLimitExec>().is_some() || plan.fetch().is_some();
    fewer || matches!(plan.children().as_slice(), [input] if leaves_rows_out(input))
}

/// A projection that stays where it is.
#[derive(Debug)]
struct HeldExec(Arc<dyn ExecutionPlan>);

impl DisplayAs for HeldExec {
    fn fmt_as(&self, form: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt_as(form, f)
    }
}

impl ExecutionPlan for HeldExec {
    fn name(&self) -> &'static str {
        "HeldExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.0.children()
    }

    fn apply_expressions(&self, visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        self.0.apply_expressions(visit)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(HeldExec(Arc::clone(&self.0).replace_children(children, options)?)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.0.execute(partition, context)
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        self.0.child_stats_requests(partition)
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        self.0.statistics_from_inputs(inputs, args)
    }
}
