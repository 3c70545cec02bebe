//! Rows that are made once and kept, however often they are read: WITH items that the emitter marks ([`KEPT`]). The engine plans such an item anew
//! wherever it is read; each of these plans stands ready, and the first that is asked runs for all.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, UserDefinedLogicalNodeCore};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, InputDistributionRequirements, Partitioning,
    PlanProperties, ReplaceChildrenOptions,
};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use crate::sql::emit::datafusion::KEPT;

/// Marks the items that are kept.
///
/// # Errors
/// What the engine says of a plan.
pub fn kept(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut items: HashMap<String, Rows> = HashMap::new();
    plan.transform_up_with_subqueries(|plan| match plan {
        LogicalPlan::SubqueryAlias(ref item) if item.alias.table().starts_with(KEPT) => {
            let name = item.alias.table().to_owned();
            let rows = items.entry(name.clone()).or_default().clone();
            Ok(Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(Kept { name, rows, input: plan }) })))
        }
        plan => Ok(Transformed::no(plan)),
    })
    .data()
}

/// The rows of an item, once somebody has read them, and the memory that they take.
#[derive(Clone, Default)]
struct Rows(Arc<OnceCell<(Vec<RecordBatch>, MemoryReservation)>>);

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

/// An item that is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    name: String,
    rows: Rows,
    input: LogicalPlan,
}

impl Kept {
    /// Makes the operator that gives its rows.
    pub(super) fn operator(&self, input: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(KeptExec::of(Arc::clone(input), self.rows.clone()))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Kept) -> bool {
        self.name == other.name && self.input == other.input
    }
}

impl Eq for Kept {}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Kept) -> Option<Ordering> {
        self.name.partial_cmp(&other.name)
    }
}

impl Hash for Kept {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.input.hash(state);
    }
}

impl UserDefinedLogicalNodeCore for Kept {
    fn name(&self) -> &'static str {
        "Kept"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept: {}", self.name.trim_start_matches(KEPT))
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Kept> {
        let input = inputs.pop().ok_or_else(|| DataFusionError::Internal("a kept item has one input".into()))?;
        Ok(Kept { input, ..self.clone() })
    }
}

/// Gives the rows that are kept, and makes them if nobody has.
#[derive(Debug)]
struct KeptExec {
    input: Arc<dyn ExecutionPlan>,
    rows: Rows,
    properties: Arc<PlanProperties>,
}

impl KeptExec {
    fn of(input: Arc<dyn ExecutionPlan>, rows: Rows) -> KeptExec {
        let equivalences = EquivalenceProperties::new(input.schema());
        let properties =
            PlanProperties::new(equivalences, Partitioning::UnknownPartitioning(1), EmissionType::Incremental, Boundedness::Bounded);
        KeptExec { input, rows, properties: Arc::new(properties) }
    }
}

async fn read(input: Arc<dyn ExecutionPlan>, context: Arc<TaskContext>) -> Result<(Vec<RecordBatch>, MemoryReservation)> {
    let reservation = MemoryConsumer::new("rows that are kept").register(context.memory_pool());
    let mut stream = input.execute(0, context)?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        reservation.try_grow(batch.get_array_memory_size())?;
        batches.push(batch);
    }
    Ok((batches, reservation))
}

impl DisplayAs for KeptExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptExec")
    }
}

impl ExecutionPlan for KeptExec {
    fn name(&self) -> &'static str {
        "KeptExec"
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

    fn required_input_distribution(&self) -> Vec<Distribution> {
        self.input_distribution_requirements().into_per_child()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
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
            <[Arc<dyn ExecutionPlan>; 1]>::try_from(children).map_err(|_| DataFusionError::Internal("KeptExec has one input".into()))?;
        Ok(Arc::new(KeptExec::of(input, self.rows.clone())))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (input, rows, schema) = (Arc::clone(&self.input), self.rows.clone(), self.schema());
        let batches = async move {
            let (batches, _) = rows.0.get_or_try_init(|| read(input, context)).await?;
            // Where it is read once more, the plan may know more of its columns or less.
            let alike = move |batch: RecordBatch| {
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options).map_err(DataFusionError::from)
            };
            Ok::<_, DataFusionError>(futures::stream::iter(batches.clone()).map(alike))
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), futures::stream::once(batches).try_flatten())))
    }
}
