//! The engine's optimizer rules, with its defects mended.
//!
//! `eliminate_cross_join` melts neighbouring inner joins together and gives all of them one reading of NULL: beside other joins,
//! `IS NOT DISTINCT FROM` became `=`, or `=` became `IS NOT DISTINCT FROM`. So joins by `IS NOT DISTINCT FROM` go into it as joins
//! with a plain condition, and become joins by keys again when the other rules are done.
//!
//! `extract_equijoin_predicate` adds keys by `=` to joins by `IS NOT DISTINCT FROM` that came about in an earlier round, which then are keys for
//! which NULL is NULL: such joins keep their conditions.
//!
//! `single_distinct_aggregation_to_group_by` makes a sum beside a DISTINCT aggregate a sum of sums: of numerics that has more digits than what compares
//! with it knows of, and doubles are added in another order. There it stays away.
//!
//! `aggregate_statistics` answers an aggregate with FILTER by the aggregate below it: it is left out where there is one.
//!
//! `ProjectionPushdown` moves expressions below filters and limits, where they are computed for rows that the query leaves out, and may fail for
//! them: see [`super::held`]. `FilterPushdown` takes columns of the same name for one another: see [`super::by_name`].
//! `aggregate_statistics` takes 0 for the sum of no rows: see [`super::summed`].

use std::sync::Arc;

use datafusion::common::NullEquality;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan, Operator, binary_expr};
use datafusion::optimizer::extract_equijoin_predicate::ExtractEquijoinPredicate;
use datafusion::optimizer::{ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::sorts::sort::SortExec;

use super::by_name::ByName;
use super::guarded::Guarded;
use super::held::Held;
use super::in_order::InOrder;
use super::null_extended::NullExtended;
use super::once::Once;
use super::pieces::Pieces;
use super::summed::Summed;
use super::wanted::{Wanted, WantedPlan};
use super::watched::Watch;

/// Returns the rules in their order.
pub fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let at = rules.iter().position(|rule| rule.name() == "eliminate_cross_join").unwrap_or(0);
    rules.insert(at, Arc::new(KeysToConditions));
    for rule in rules.iter_mut().filter(|rule| rule.name() == "extract_equijoin_predicate") {
        *rule = Arc::new(ConditionsToKeys::default());
    }
    for rule in rules.iter_mut().filter(|rule| rule.name() == "single_distinct_aggregation_to_group_by") {
        *rule = Arc::new(WithoutSums(Arc::clone(rule)));
    }
    rules.push(Arc::new(ConditionsToKeys::default()));
    rules.into_iter().map(|rule| Arc::new(Wanted(rule)) as Arc<dyn OptimizerRule + Send + Sync>).collect()
}

/// Returns the rules for physical plans in their order.
pub fn physical_optimizer_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    for rule in rules.iter_mut().filter(|rule| rule.name() == "ProjectionPushdown") {
        *rule = Arc::new(Held(Arc::clone(rule)));
    }
    for rule in rules.iter_mut().filter(|rule| rule.name() == "aggregate_statistics") {
        *rule = Arc::new(Summed(Arc::clone(rule)));
    }
    for rule in rules.iter_mut().filter(|rule| rule.name().starts_with("FilterPushdown")) {
        *rule = Arc::new(ByName(Arc::clone(rule)));
    }
    for rule in rules.iter_mut().filter(|rule| rule.name() == "aggregate_statistics") {
        *rule = Arc::new(Unfiltered(Arc::clone(rule)));
    }
    rules.insert(0, Arc::new(NullExtended));
    rules.push(Arc::new(FewGroups));
    rules.push(Arc::new(Guarded));
    rules.push(Arc::new(InOrder));
    rules.push(Arc::new(Pieces));
    rules.push(Arc::new(Once));
    rules.push(Arc::new(Watch));
    rules.into_iter().map(|rule| Arc::new(WantedPlan(rule)) as Arc<dyn PhysicalOptimizerRule + Send + Sync>).collect()
}

/// Groups that are kept by their order instead of all: the engine makes room for as many from the start.
const TOP_GROUPS: usize = 10_000;
/// Rows that a sort keeps in memory instead of spilling them: a limit beyond is none to it.
const TOP_ROWS: usize = 1 << 32;

/// Takes limits off aggregates and sorts that would make room for more than there may be: `OFFSET 3` alone has a limit of all there are.
#[derive(Debug)]
struct FewGroups;

impl PhysicalOptimizerRule for FewGroups {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| match plan.downcast_ref::<AggregateExec>() {
            Some(aggregate) if aggregate.limit_options().is_some_and(|options| options.limit() > TOP_GROUPS) => {
                Ok(Transformed::yes(Arc::new(aggregate.with_new_limit_options(None)) as Arc<dyn ExecutionPlan>))
            }
            _ => match plan.downcast_ref::<SortExec>() {
                Some(sort) if sort.fetch().is_some_and(|rows| rows > TOP_ROWS) => {
                    Ok(Transformed::yes(Arc::new(SortExec::with_fetch(sort, None)) as Arc<dyn ExecutionPlan>))
                }
                _ => Ok(Transformed::no(plan)),
            },
        })
        .data()
    }

    fn name(&self) -> &str {
        "few_groups"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The engine's rule that answers aggregates by statistics, kept from plans with FILTER: there it takes an aggregate further down for the one
/// that it looks at.
#[derive(Debug)]
struct Unfiltered(Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for Unfiltered {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let filters = |node: &Arc<dyn ExecutionPlan>| {
            let aggregate = node.downcast_ref::<AggregateExec>();
            Ok(aggregate.is_some_and(|aggregate| aggregate.filter_expr().iter().any(Option::is_some)))
        };
        if plan.exists(filters)? { Ok(plan) } else { self.0.optimize(plan, config) }
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// A rule that stays away from aggregates with sums.
#[derive(Debug)]
struct WithoutSums(Arc<dyn OptimizerRule + Send + Sync>);

impl OptimizerRule for WithoutSums {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> datafusion::error::Result<Transformed<LogicalPlan>> {
        let is_sum = |expr: &Expr| matches!(expr, Expr::AggregateFunction(call) if call.func.name() == "sum" && !call.params.distinct);
        match &plan {
            LogicalPlan::Aggregate(aggregate) if aggregate.aggr_expr.iter().any(is_sum) => Ok(Transformed::no(plan)),
            _ => self.0.rewrite(plan, config),
        }
    }
}

#[derive(Debug)]
struct KeysToConditions;

impl OptimizerRule for KeysToConditions {
    fn name(&self) -> &str {
        "null_equal_keys_to_conditions"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> datafusion::error::Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(join) = plan else { return Ok(Transformed::no(plan)) };
        let by_null = join.join_type == JoinType::Inner && join.null_equality == NullEquality::NullEqualsNull && !join.on.is_empty();
        if !by_null {
            return Ok(Transformed::no(LogicalPlan::Join(join)));
        }
        let Join { on, filter, .. } = &join;
        let same = on.iter().map(|(left, right)| binary_expr(left.clone(), Operator::IsNotDistinctFrom, right.clone()));
        let filter = conjunction(same.chain(filter.clone()));
        let null_equality = NullEquality::NullEqualsNothing;
        Ok(Transformed::yes(LogicalPlan::Join(Join { on: Vec::new(), filter, null_equality, ..join })))
    }
}

/// The engine's rule, kept from joins by keys for which NULL is NULL.
#[derive(Debug, Default)]
struct ConditionsToKeys(ExtractEquijoinPredicate);

impl OptimizerRule for ConditionsToKeys {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> datafusion::error::Result<Transformed<LogicalPlan>> {
        match &plan {
            LogicalPlan::Join(join) if join.null_equality == NullEquality::NullEqualsNull && !join.on.is_empty() => {
                Ok(Transformed::no(plan))
            }
            _ => self.0.rewrite(plan, config),
        }
    }
}
