//! A fence around aggregates that give a row even over no rows: the engine pushes a filter that reads none of their columns below them, where it
//! takes the rows away but not the row that is made of none. And around OFFSET without a LIMIT, below which it takes the sort away.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::{Aggregate, Expr, GroupingSet, Limit, LogicalPlan, lit};

/// Stack that is kept free, and what is added when there is less.
const STACK: (usize, usize) = (128 * 1024, 2 * 1024 * 1024);

/// More rows than there are; with an offset it is still a number.
const ALL: i64 = i64::MAX / 2;

/// Puts a limit that never ends anything above each such aggregate below a filter or a join: no filter passes a limit.
pub fn fenced(plan: LogicalPlan) -> Result<LogicalPlan> {
    fence(plan, false).map(|done| done.data)
}

fn fence(plan: LogicalPlan, filtered: bool) -> Result<Transformed<LogicalPlan>> {
    stacker::maybe_grow(STACK.0, STACK.1, || {
        let below = filtered || matches!(plan, LogicalPlan::Filter(_) | LogicalPlan::Join(_));
        let compared = compares(&plan);
        let plan = plan.map_children(|child| fence(child, below))?.transform_data(|plan| {
            plan.map_subqueries(|query| {
                // The rows of an IN become those of a join, whose condition is a filter on them.
                let apart = matches!(&query, LogicalPlan::Subquery(subquery) if subquery.outer_ref_columns.is_empty());
                fence(query, compared && apart)
            })
        })?;
        plan.transform_data(|plan| {
            Ok(match &plan {
                LogicalPlan::Aggregate(aggregate) if filtered && gives_a_row(aggregate) => {
                    let fetch = Some(Box::new(lit(ALL)));
                    Transformed::yes(LogicalPlan::Limit(Limit { skip: None, fetch, input: Arc::new(plan) }))
                }
                LogicalPlan::Limit(Limit { skip: skip @ Some(_), fetch: None, input }) => {
                    let fetch = Some(Box::new(lit(ALL)));
                    Transformed::yes(LogicalPlan::Limit(Limit { skip: skip.clone(), fetch, input: input.clone() }))
                }
                _ => Transformed::no(plan),
            })
        })
    })
}

/// Tells whether a plan compares something with the rows of a subquery.
fn compares(plan: &LogicalPlan) -> bool {
    let compares = |expr: &Expr| Ok(matches!(expr, Expr::InSubquery(_) | Expr::SetComparison(_)));
    plan.expressions().iter().any(|expr| expr.exists(compares).unwrap_or(true))
}

/// Tells whether an aggregate has a group of all rows.
fn gives_a_row(aggregate: &Aggregate) -> bool {
    let holds_all = |expr: &Expr| match expr {
        Expr::GroupingSet(GroupingSet::Rollup(_) | GroupingSet::Cube(_)) => true,
        Expr::GroupingSet(GroupingSet::GroupingSets(sets)) => sets.iter().any(Vec::is_empty),
        _ => false,
    };
    aggregate.group_expr.is_empty() || aggregate.group_expr.iter().any(holds_all)
}
