//! A recursive term that reads the rows of the step before more than once: what it asks of each of them in subqueries is asked of all at once, so they
//! are read there too. The engine's work table gives its rows away to the first who reads it, and it refuses a second.
//!
//! Above such a term stands a [`SharedExec`]: at each step the work table is read once, by whoever of its readers is first, and all have its rows.

use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, RecursiveQuery, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::work_table::WorkTableExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, InputDistributionRequirements, Partitioning,
    PlanProperties, ReplaceChildrenOptions,
};
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::OnceCell;

use super::kept::Kept;

/// Marks the recursive terms that read their work table more than once.
///
/// # Errors
/// What the engine says of a plan.
pub fn shared(plan: LogicalPlan) -> Result<LogicalPlan> {
    plan.transform_up_with_subqueries(|plan| match plan {
        LogicalPlan::RecursiveQuery(query) => {
            let (mut reads, mut schema) = (0_usize, None);
            query.recursive_term.apply_with_subqueries(|node| {
                if let LogicalPlan::TableScan(scan) = node
                    && scan.table_name.table() == query.name
                {
                    reads += 1;
                    schema = Some(scan.source.schema());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
            let Some(schema) = schema.filter(|_| reads > 1) else { return Ok(Transformed::no(LogicalPlan::RecursiveQuery(query))) };
            let node = Shared { name: query.name.clone(), schema, input: Arc::unwrap_or_clone(query.recursive_term) };
            let recursive_term = Arc::new(LogicalPlan::Extension(Extension { node: Arc::new(node) }));
            Ok(Transformed::yes(LogicalPlan::RecursiveQuery(RecursiveQuery { recursive_term, ..query })))
        }
        plan => Ok(Transformed::no(plan)),
    })
    .data()
}

/// A recursive term whose work table has several readers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shared {
    /// The work table's name.
    name: String,
    /// All of its columns.
    schema: SchemaRef,
    input: LogicalPlan,
}

impl PartialOrd for Shared {
    fn partial_cmp(&self, other: &Shared) -> Option<Ordering> {
        self.name.partial_cmp(&other.name)
    }
}

impl UserDefinedLogicalNodeCore for Shared {
    fn name(&self) -> &'static str {
        "Shared"
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
        write!(f, "Shared: {}", self.name)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Shared> {
        let input = inputs.pop().ok_or_else(|| DataFusionError::Internal("a shared term has one input".into()))?;
        Ok(Shared { input, ..self.clone() })
    }
}

/// The engine's planner, which knows of [`Shared`] and [`Kept`].
#[derive(Debug)]
pub struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Planner)]).create_physical_plan(plan, session).await
    }
}

#[async_trait]
impl ExtensionPlanner for Planner {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &dyn Session,
        _: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let [input] = inputs else { return Ok(None) };
        if let Some(kept) = node.as_any().downcast_ref::<Kept>() {
            return Ok(Some(kept.operator(input)));
        }
        let Some(shared) = node.as_any().downcast_ref::<Shared>() else { return Ok(None) };
        let source = WorkTableExec::new(shared.name.clone(), Arc::clone(&shared.schema), None)?;
        SharedExec::over(input, Arc::new(Rows::of(Arc::new(source)))).map(Some)
    }
}

/// The rows of a work table at one step.
struct Rows {
    /// The work table itself, with all of its columns.
    source: Arc<dyn ExecutionPlan>,
    step: Mutex<Step>,
}

/// The rows, once they are read, and the stream that they came from: the memory that they take is accounted for as long as it lives.
type Step = Arc<OnceCell<(Vec<RecordBatch>, Mutex<SendableRecordBatchStream>)>>;

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Rows {
    fn of(source: Arc<dyn ExecutionPlan>) -> Rows {
        Rows { source, step: Mutex::default() }
    }

    /// The table's name.
    fn name(&self) -> Option<&str> {
        self.source.downcast_ref::<WorkTableExec>().map(WorkTableExec::name)
    }

    /// Begins another step.
    fn renew(&self) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = Step::default();
    }

    fn step(&self) -> Step {
        self.step.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn read(&self, step: &Step, context: Arc<TaskContext>) -> Result<Vec<RecordBatch>> {
        let read = || async {
            let mut stream = self.source.execute(0, context)?;
            let mut batches = Vec::new();
            while let Some(batch) = stream.try_next().await? {
                batches.push(batch);
            }
            Ok::<_, DataFusionError>((batches, Mutex::new(stream)))
        };
        step.get_or_try_init(read).await.map(|(batches, _)| batches.clone())
    }
}

/// Stands above a recursive term and tells its readers that a step begins.
#[derive(Debug)]
struct SharedExec {
    input: Arc<dyn ExecutionPlan>,
    rows: Arc<Rows>,
}

impl SharedExec {
    /// Has all readers of the work table below read these rows.
    fn over(input: &Arc<dyn ExecutionPlan>, rows: Arc<Rows>) -> Result<Arc<dyn ExecutionPlan>> {
        let name = rows.name().map(str::to_owned);
        let input = Arc::clone(input).transform_up(|plan| {
            if let Some(reader) = plan.downcast_ref::<ReaderExec>().filter(|reader| reader.rows.name() == name.as_deref()) {
                let reader = ReaderExec { rows: rows.clone(), columns: reader.columns.clone(), properties: reader.properties.clone() };
                return Ok(Transformed::yes(Arc::new(reader) as Arc<dyn ExecutionPlan>));
            }
            match plan.downcast_ref::<WorkTableExec>().filter(|table| Some(table.name()) == name.as_deref()) {
                Some(table) => {
                    ReaderExec::of(table, rows.clone()).map(|reader| Transformed::yes(Arc::new(reader) as Arc<dyn ExecutionPlan>))
                }
                None => Ok(Transformed::no(plan)),
            }
        });
        Ok(Arc::new(SharedExec { input: input.data()?, rows }))
    }
}

impl DisplayAs for SharedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedExec")
    }
}

impl ExecutionPlan for SharedExec {
    fn name(&self) -> &'static str {
        "SharedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    /// Run once at each step, in one piece: the step begins with that.
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
            <[Arc<dyn ExecutionPlan>; 1]>::try_from(children).map_err(|_| DataFusionError::Internal("SharedExec has one input".into()))?;
        Ok(Arc::new(SharedExec { input, rows: self.rows.clone() }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    /// Takes the work table of the recursion that it stands in; its readers then are no work tables any more to the engine, which takes one only.
    fn with_new_state(&self, state: Arc<dyn Any + Send + Sync>) -> Option<Arc<dyn ExecutionPlan>> {
        let source = self.rows.source.with_new_state(state)?;
        SharedExec::over(&self.input, Arc::new(Rows::of(source))).ok()
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.rows.renew();
        self.input.execute(partition, context)
    }
}

/// Reads some columns of a shared work table.
#[derive(Debug)]
struct ReaderExec {
    rows: Arc<Rows>,
    columns: Vec<usize>,
    properties: Arc<PlanProperties>,
}

impl ReaderExec {
    fn of(table: &WorkTableExec, rows: Arc<Rows>) -> Result<ReaderExec> {
        let (all, schema) = (rows.source.schema(), table.schema());
        let place = |name: &str| {
            let mut places = all.fields().iter().enumerate().filter(|(_, field)| field.name() == name).map(|(i, _)| i);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                _ => Err(DataFusionError::NotImplemented("a recursive item with columns of one name, read in a subquery".into())),
            }
        };
        let columns = schema.fields().iter().map(|field| place(field.name())).collect::<Result<_>>()?;
        let equivalences = EquivalenceProperties::new(schema);
        let properties =
            PlanProperties::new(equivalences, Partitioning::UnknownPartitioning(1), EmissionType::Incremental, Boundedness::Bounded);
        Ok(ReaderExec { rows, columns, properties: Arc::new(properties) })
    }
}

impl DisplayAs for ReaderExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReaderExec")
    }
}

impl ExecutionPlan for ReaderExec {
    fn name(&self) -> &'static str {
        "ReaderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>, _: ReplaceChildrenOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (rows, step, columns) = (self.rows.clone(), self.rows.step(), self.columns.clone());
        let batches = async move {
            let batches = rows.read(&step, context).await?;
            let projected = move |batch: RecordBatch| batch.project(&columns).map_err(DataFusionError::from);
            Ok::<_, DataFusionError>(futures::stream::iter(batches).map(projected))
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), futures::stream::once(batches).try_flatten())))
    }
}
