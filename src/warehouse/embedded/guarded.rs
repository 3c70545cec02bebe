//! Filters whose parts may fail: `a <> 0 AND 100 / a > 5` computes the quotient where the first part holds, as PostgreSQL does, which judges a
//! row by one part after the other. The engine computes both over the whole batch.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, CastExpr, lit};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};

/// Puts the parts of each filter that may fail behind those that cannot; runs when the filters have found their places.
#[derive(Debug)]
pub struct Guarded;

impl PhysicalOptimizerRule for Guarded {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let Some(filter) = plan.downcast_ref::<FilterExec>() else { return Ok(Transformed::no(plan)) };
            match guarded(filter.predicate())? {
                Some(predicate) => {
                    let filter = FilterExecBuilder::from(filter).with_predicate(predicate).build()?;
                    Ok(Transformed::yes(Arc::new(filter) as Arc<dyn ExecutionPlan>))
                }
                None => Ok(Transformed::no(plan)),
            }
        })
        .data()
    }

    fn name(&self) -> &str {
        "guarded"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The parts that cannot fail first, the others each where all before them hold; `None` where nothing may fail.
fn guarded(predicate: &Arc<dyn PhysicalExpr>) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let (risky, safe): (Vec<&Arc<dyn PhysicalExpr>>, Vec<_>) = split_conjunction(predicate).into_iter().partition(|part| may_fail(part));
    if risky.is_empty() {
        return Ok(None);
    }
    let mut parts = safe.into_iter().chain(risky).rev().map(one_after_the_other);
    let Some(last) = parts.next() else { return Ok(None) };
    let mut guarded = last?;
    for part in parts {
        guarded = choice(part?, guarded, lit(false))?;
    }
    Ok(Some(guarded))
}

/// AND and OR as choices, so that the right side is computed for the rows that the left side leaves undecided. To a filter, NULL is false.
fn one_after_the_other(condition: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
    match condition.downcast_ref::<BinaryExpr>() {
        Some(binary) if may_fail(binary.right()) => {
            let sides = || Ok((one_after_the_other(binary.left())?, one_after_the_other(binary.right())?));
            match binary.op() {
                Operator::And => sides().and_then(|(left, right)| choice(left, right, lit(false))),
                Operator::Or => sides().and_then(|(left, right)| choice(left, lit(true), right)),
                _ => Ok(condition.clone()),
            }
        }
        _ => Ok(condition.clone()),
    }
}

fn choice(when: Arc<dyn PhysicalExpr>, then: Arc<dyn PhysicalExpr>, otherwise: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
    Ok(Arc::new(CaseExpr::try_new(None, vec![(when, then)], Some(otherwise))?))
}

/// Tells whether a value may make an expression fail.
pub(super) fn may_fail(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let mut found = false;
    let _ = expr.apply(|part| {
        let arithmetic = |operator: &Operator| {
            matches!(operator, Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Divide | Operator::Modulo)
        };
        found |= part.downcast_ref::<ScalarFunctionExpr>().is_some()
            || part.downcast_ref::<CastExpr>().is_some()
            || part.downcast_ref::<BinaryExpr>().is_some_and(|binary| arithmetic(binary.op()));
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}
