//! Planning that ends with its query: the engine's rules go over a plan many times without a wait, so before each piece of their work it is looked
//! whether anybody still wants the plan. A client that was told of its timeout would leave the thread at work else.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

use super::stop;

/// A rule for logical plans that stops with its query.
#[derive(Debug)]
pub struct Wanted(pub Arc<dyn OptimizerRule + Send + Sync>);

/// A rule for physical plans that stops with its query.
#[derive(Debug)]
pub struct WantedPlan(pub Arc<dyn PhysicalOptimizerRule + Send + Sync>);

fn check() -> Result<()> {
    stop::check().map_err(|report| DataFusionError::External(Box::new(report)))
}

impl OptimizerRule for Wanted {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        check()?;
        self.0.rewrite(plan, config)
    }
}

impl PhysicalOptimizerRule for WantedPlan {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        check()?;
        self.0.optimize(plan, config)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}
