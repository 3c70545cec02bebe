//! From a job's text to a physical plan, with the list of what its scans are going to read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::ParamValues;
use datafusion::error::DataFusionError;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use futures::future::BoxFuture;

use super::engine::State;
use super::failure::{Stage, report};
use super::fence::fenced;
use super::kept::kept;
use super::memory::for_query;
use super::scan::{Entry, Ledger};
use super::stop::Stop;
use super::values::scalar;
use super::work_table::shared;
use crate::error::{Report, Result};
use crate::guard::Estimate;
use crate::query::QueryId;
use crate::sql::emit::Job;
use crate::sql::parse::dialect::Postgres;

/// A plan that is ready to run.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Arc<dyn ExecutionPlan>,
    /// What it runs under.
    pub context: Arc<TaskContext>,
    /// What its scans read.
    pub scans: Vec<Entry>,
    /// Ends its work, wherever it is.
    pub stop: Arc<Stop>,
}

/// Plans the job's text with its parameters; `memory` is what it may hold when it runs, in bytes.
///
/// # Errors
/// 0A000 for what the engine cannot do, 42P01 for a table whose files are gone.
pub fn plan(state: State, job: Job, memory: u64, stop: Arc<Stop>) -> BoxFuture<'static, Result<Planned>> {
    let mut planning = Box::pin(planned(state.take(), job, memory, stop.clone()));
    Box::pin(std::future::poll_fn(move |cx| stop.during(|| planning.as_mut().poll(cx))))
}

async fn planned(mut state: SessionState, job: Job, memory: u64, stop: Arc<Stop>) -> Result<Planned> {
    let ledger = Arc::new(Ledger::default());
    state.config_mut().set_extension(ledger.clone());
    state.config_mut().set_extension(stop.clone());
    let runtime = for_query(state.runtime_env(), memory);
    stop.within(runtime.memory_pool.clone());
    let failed = |error: DataFusionError| report(&error, Stage::Plan);
    let parameters = job.parameters.iter().map(|(ty, literal)| scalar(*ty, literal)).collect::<Result<Vec<_>>>()?;
    let mut logical = state.statement_to_plan(statement(&state, &job.text).map_err(failed)?).await.map_err(failed)?;
    if !parameters.is_empty() {
        logical = logical.replace_params_with_values(&ParamValues::from(parameters)).map_err(failed)?;
    }
    if matches!(logical, LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_)) {
        return Err(Report::internal("the text is no query")); // emitters print queries only; nothing else ever gets to run
    }
    let logical = fenced(logical).and_then(kept).and_then(shared).map_err(failed)?;
    let plan = state.create_physical_plan(&logical).await.map_err(failed)?;
    if plan.schema().fields().len() != job.columns.len() {
        let (has, wants) = (plan.schema().fields().len(), job.columns.len());
        return Err(Report::internal(format!("the text gives {has} columns where {wants} are due")));
    }
    tracing::trace!(text = %job.text, plan = %datafusion::physical_plan::displayable(plan.as_ref()).indent(false), "planned");
    let context = TaskContext::from(&state).with_runtime(runtime);
    Ok(Planned { plan, context: Arc::new(context), scans: ledger.take(), stop })
}

/// Parses a job's text as client text is parsed: sqlparser's own PostgreSQL dialect reads nested calls in exponential time.
fn statement(state: &SessionState, text: &str) -> datafusion::error::Result<Statement> {
    let limit = state.config_options().sql_parser.recursion_limit.get();
    let statements =
        DFParserBuilder::new(text).with_dialect(&Postgres::default()).with_recursion_limit(limit).build()?.parse_statements()?;
    let only = <[Statement; 1]>::try_from(Vec::from(statements));
    only.map(|[statement]| statement).map_err(|_| DataFusionError::Internal("the text is not one statement".into()))
}

/// Plans that were priced and wait to be run: what runs is exactly what was priced, and is planned once.
#[derive(Debug, Default)]
pub struct Priced(Mutex<VecDeque<(QueryId, Job, Planned, Estimate)>>);

/// Priced plans that may wait; EXPLAIN and refused queries never come back for theirs.
const PRICED_MAX: usize = 32;

impl Priced {
    /// Keeps a plan for the run of the same query.
    pub fn keep(&self, id: QueryId, job: Job, planned: Planned, estimate: Estimate) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(other, ..)| *other != id);
        if waiting.len() >= PRICED_MAX {
            waiting.pop_front();
        }
        waiting.push_back((id, job, planned, estimate));
    }

    /// Takes the plan of this query and very job, if it is still there.
    pub fn take(&self, id: QueryId, job: &Job) -> Option<(Planned, Estimate)> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting
            .iter()
            .position(|(other, priced, ..)| *other == id && priced.text == job.text && priced.parameters == job.parameters)?;
        let (_, _, planned, estimate) = waiting.remove(at)?;
        Some((planned, estimate))
    }
}
