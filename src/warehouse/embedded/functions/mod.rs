//! PostgreSQL's functions as DataFusion functions, for texts that `sql::emit::datafusion` prints.

use datafusion::prelude::SessionContext;

/// Registers every function.
pub fn register(ctx: &SessionContext) {
    let _ = ctx;
}
