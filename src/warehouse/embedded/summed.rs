//! Sums are computed from rows, not told from what is known about them.
//!
//! Of a column that is a constant the engine knows the sum beforehand: the constant times the number of rows. Of no rows that is 0, where SQL says NULL.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::{ChildrenPropertiesMode, ExecutionPlan, ReplaceChildrenOptions};

use super::apart::{ApartExec, Reason, removed};

/// The rule that tells aggregates from statistics, which sees none below sums.
#[derive(Debug)]
pub struct Summed(pub Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for Summed {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !plan.exists(|plan| Ok(sums(plan)))? {
            return self.0.optimize(plan, config);
        }
        let apart = plan.transform_up(|plan| match plan.downcast_ref::<AggregateExec>() {
            Some(aggregate) if sums(&plan) => {
                let input = Arc::new(ApartExec::new(Reason::Sums, Arc::clone(aggregate.input())));
                let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
                Ok(Transformed::yes(Arc::clone(&plan).replace_children(vec![input], options)?))
            }
            _ => Ok(Transformed::no(plan)),
        });
        removed(Reason::Sums, self.0.optimize(apart.data()?, config)?)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Tells whether a node sums all of its rows.
fn sums(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<AggregateExec>()
        .is_some_and(|aggregate| aggregate.group_expr().is_empty() && aggregate.aggr_expr().iter().any(|call| call.fun().name() == "sum"))
}
