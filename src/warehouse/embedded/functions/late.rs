//! `pg_key`: its argument, of which the engine knows nothing. `pg_late`: the same, when the rows are asked for and not while the query is planned. What is computed with it can be stopped.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::Schema;
use datafusion::common::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use super::Scalar;
use super::rows::FIRST;

/// The name in texts.
pub const LATE: &str = "pg_late";

fn function() -> Scalar {
    Scalar::new(LATE, FIRST, |arrays, _, _| Ok(Arc::clone(&arrays[0]))).late()
}

/// Wraps an expression, so that whoever computes it over and over notices the end of its query.
///
/// # Errors
/// None that could be told of.
pub fn late(expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(ScalarUDF::from(function())));
    let (field, options) = (expr.return_field(schema)?, Arc::new(ConfigOptions::default()));
    Ok(Arc::new(ScalarFunctionExpr::new(LATE, FUNCTION.clone(), vec![Arc::clone(expr)], field, options)))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![function(), Scalar::new("pg_key", FIRST, |arrays, _, _| Ok(Arc::clone(&arrays[0])))]
}
