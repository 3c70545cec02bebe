//! Filters are not pushed through rows in which two columns have the same name.
//!
//! The engine's rule for physical plans finds a filter's column in the node below by its name alone: in the rows of a join, the `id` of one
//! table becomes that of another. What a join or a limit learns while it runs (a dynamic filter) then leaves out rows of the answer.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::union::UnionExec;

use super::apart::{ApartExec, Reason, removed};

/// The rule that pushes filters, which is kept from such rows.
#[derive(Debug)]
pub struct ByName(pub Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for ByName {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !plan.exists(|plan| Ok(misleads(plan.as_ref())))? {
            return self.0.optimize(plan, config);
        }
        let apart = plan.transform_up(|plan| {
            Ok(match misleads(plan.as_ref()) {
                true => Transformed::yes(Arc::new(ApartExec::new(Reason::Names, plan)) as Arc<dyn ExecutionPlan>),
                false => Transformed::no(plan),
            })
        });
        removed(Reason::Names, self.0.optimize(apart.data()?, config)?)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Tells whether a name may stand for another column within a node than above it.
fn misleads(plan: &dyn ExecutionPlan) -> bool {
    let children = plan.children();
    // What stands at the end finds its columns itself.
    let Some(first) = children.first() else { return false };
    if plan.downcast_ref::<UnionExec>().is_some() && children.iter().any(|child| !same_names(child.as_ref(), plan)) {
        return true;
    }
    // A filter that narrows its rows looks for the columns of those above it among all of its own.
    names_twice(plan) || plan.downcast_ref::<FilterExec>().is_some() && names_twice(first.as_ref())
}

fn names_twice(plan: &dyn ExecutionPlan) -> bool {
    let schema = plan.schema();
    let mut seen = HashSet::with_capacity(schema.fields().len());
    !schema.fields().iter().all(|field| seen.insert(field.name().as_str()))
}

fn same_names(one: &dyn ExecutionPlan, other: &dyn ExecutionPlan) -> bool {
    let (one, other) = (one.schema(), other.schema());
    one.fields().iter().map(|field| field.name()).eq(other.fields().iter().map(|field| field.name()))
}
