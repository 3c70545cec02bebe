//! What outer joins and grouping sets do to a column that is constant below them: it is NULL in some of their rows.
//!
//! The engine carries "this column is constant" and "these columns are equal" upwards through both, and drops a sort or a repartition by
//! such a column. A node that promises nothing of the kind ([`ApartExec`]) stands above each of them; and below windows over columns that a
//! condition makes equal to something, whose order the engine takes for given and then misses.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ChildrenPropertiesMode, ExecutionPlan, ExecutionPlanProperties, ReplaceChildrenOptions};

use super::apart::{ApartExec, Reason};

/// Puts a [`ApartExec`] above each outer join and each aggregate over grouping sets; runs before the rules that read the promises.
#[derive(Debug)]
pub struct NullExtended;

impl PhysicalOptimizerRule for NullExtended {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if let Some(input) = window_input(plan.as_ref()).filter(|input| has_equals(input)) {
                let input = Arc::new(ApartExec::new(Reason::Nulls, Arc::clone(input))) as Arc<dyn ExecutionPlan>;
                let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
                return Ok(Transformed::yes(plan.replace_children(vec![input], options)?));
            }
            if let Some(aggregate) = plan.downcast_ref::<AggregateExec>().filter(|aggregate| sorts_distinct(aggregate)) {
                return Ok(Transformed::yes(in_own_order(aggregate)?));
            }
            Ok(match makes_nulls(plan.as_ref()) {
                true => Transformed::yes(Arc::new(ApartExec::new(Reason::Nulls, plan)) as Arc<dyn ExecutionPlan>),
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

/// Tells whether an aggregate sorts distinct values.
fn sorts_distinct(aggregate: &AggregateExec) -> bool {
    aggregate.aggr_expr().iter().any(|expr| expr.is_distinct() && !expr.order_bys().is_empty())
}

/// The engine turns such an aggregate around where its rows come in the opposite order, but not the values: the rows' order is kept from it.
fn in_own_order(aggregate: &AggregateExec) -> Result<Arc<dyn ExecutionPlan>> {
    let turned_back = |expr: &Arc<AggregateFunctionExpr>| match expr.reverse_expr() {
        Some(original) if expr.is_distinct() && expr.is_reversed() => Arc::new(original),
        _ => Arc::clone(expr),
    };
    let exprs = aggregate.aggr_expr().iter().map(turned_back).collect();
    let input = Arc::new(ApartExec::new(Reason::Order, Arc::clone(aggregate.input()))) as Arc<dyn ExecutionPlan>;
    let (group_by, filters) = (Arc::new(aggregate.group_expr().clone()), aggregate.filter_expr().to_vec());
    Ok(Arc::new(AggregateExec::try_new(*aggregate.mode(), group_by, exprs, filters, input, aggregate.input_schema())?))
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
