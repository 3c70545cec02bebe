//! Operators that look whether their query is still wanted, at each of their batches and within their functions.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::JoinType;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::lit;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coop::{CooperativeExec, make_cooperative};
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
};
use futures::{Stream, StreamExt};

use super::functions::{late, raise};
use super::stop::Stop;

/// Puts a watch over every operator; runs last, when the plan has its final form.
#[derive(Debug)]
pub struct Watch;

impl PhysicalOptimizerRule for Watch {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        watched(plan)
    }

    fn name(&self) -> &str {
        "watch"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn watched(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let children = plan.children().into_iter().map(|child| watched(Arc::clone(child))).collect::<Result<Vec<_>>>()?;
    // The watch changes no properties, so none is computed anew.
    let plan = match children.is_empty() {
        true => plan,
        false => plan.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep))?,
    };
    let plan = match (plan.downcast_ref::<NestedLoopJoinExec>(), plan.downcast_ref::<HashJoinExec>()) {
        (Some(join), _) => watched_join(join)?,
        (_, Some(join)) => watched_hash_join(join)?.unwrap_or(plan),
        (None, None) => plan,
    };
    let has_one = plan.downcast_ref::<Watched>().is_some() || plan.downcast_ref::<CooperativeExec>().is_some();
    Ok(if has_one { plan } else { Arc::new(Watched { plan, ran: None }) })
}

/// A join by keys of which many rows are equal finds many pairs of them, and gives no batch while its condition or its kind swallows them. So each
/// piece of its pairs goes through a condition, which looks out for the query's end. `None` where each pair is a row.
fn watched_hash_join(join: &HashJoinExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let filter = match (join.filter(), join.join_type()) {
        (Some(filter), _) => watched_filter(filter)?,
        (None, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full) => return Ok(None),
        (None, _) => {
            let schema = Arc::new(Schema::empty());
            JoinFilter::new(late(&lit(true), &schema)?, Vec::new(), schema)
        }
    };
    Ok(Some(join.builder().with_filter(Some(filter)).build_exec()?))
}

fn watched_filter(filter: &JoinFilter) -> Result<JoinFilter> {
    let condition = late(filter.expression(), filter.schema())?;
    Ok(JoinFilter::new(condition, filter.column_indices().to_vec(), Arc::clone(filter.schema())))
}

/// A join that looks for pairs has many to look at before it gives a batch: its condition looks out for the query's end.
fn watched_join(join: &NestedLoopJoinExec) -> Result<Arc<dyn ExecutionPlan>> {
    let filter = join.filter().map(watched_filter);
    let join: Arc<dyn ExecutionPlan> = Arc::new(NestedLoopJoinExecBuilder::from(join).with_filter(filter.transpose()?).build()?);
    // Where its left side does not fit into memory, the engine runs that side once more, which not every operator can, and gives the rows of outer
    // joins several times. So that side runs once.
    let [left, right] = join.children()[..] else { return Ok(join) };
    let once: Arc<dyn ExecutionPlan> = Arc::new(Watched { plan: Arc::clone(left), ran: Some(AtomicBool::new(false)) });
    let children = vec![once, Arc::clone(right)];
    join.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep))
}

/// An operator under watch.
#[derive(Debug)]
struct Watched {
    plan: Arc<dyn ExecutionPlan>,
    /// Whether it ran, of one that runs once.
    ran: Option<AtomicBool>,
}

impl DisplayAs for Watched {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl ExecutionPlan for Watched {
    fn name(&self) -> &str {
        "Watched"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.plan.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.plan]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Watched { plan: children.swap_remove(0), ran: self.ran.as_ref().map(|_| AtomicBool::new(false)) }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.ran.as_ref().is_some_and(|ran| ran.swap(true, Ordering::Relaxed)) {
            return Err(DataFusionError::ResourcesExhausted("the rows that a join has to hold do not fit".into()));
        }
        let stop = context.session_config().get_extension::<Stop>();
        let stream = self.plan.execute(partition, context)?;
        Ok(match stop {
            Some(stop) => {
                let schema = stream.schema();
                // An operator that makes many batches of one must let others run in between, this query's own end among them.
                Box::pin(WatchedStream { inner: make_cooperative(stream), schema, stop })
            }
            None => stream,
        })
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.plan.metrics()
    }
}

struct WatchedStream {
    inner: SendableRecordBatchStream,
    schema: SchemaRef,
    stop: Arc<Stop>,
}

impl Stream for WatchedStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        if let Err(report) = self.stop.check() {
            return Poll::Ready(Some(Err(raise(report))));
        }
        let WatchedStream { inner, stop, .. } = &mut *self;
        stop.during(|| inner.poll_next_unpin(cx))
    }
}

impl RecordBatchStream for WatchedStream {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
