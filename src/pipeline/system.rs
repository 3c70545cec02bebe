//! Queries over system relations and over nothing: answered here, free, never behind a job.

use std::sync::Arc;

use super::Pipeline;
use crate::catalog::model::Snapshot;
use crate::catalog::pg_catalog::{World, batch};
use crate::error::Result;
use crate::query::{QueryContext, Rows};
use crate::sql::emit::{Dialect, emit};
use crate::sql::tree::Bound;
use crate::types::literal::Literal;
use crate::warehouse::embedded::functions;

impl Pipeline {
    /// Answers a query that reads no base table, on the embedded engine.
    ///
    /// # Errors
    /// 0A000 with position for what the engine does not know, and what goes wrong while it runs.
    pub(super) async fn system(&self, cx: &QueryContext, snapshot: &Arc<Snapshot>, bound: &Bound, parameters: &[Literal]) -> Result<Rows> {
        let job = emit(bound, Dialect::DataFusion, parameters, cx.session.timezone)?;
        let world = Arc::new(World {
            snapshot: snapshot.clone(),
            principal: cx.principal.clone(),
            database: cx.session.database.clone(),
            search_path: cx.session.search_path.clone(),
            settings: cx.session.settings.clone(),
            users: self.settings.users.clone(),
        });
        let rows = |table: &_| batch(table, &world);
        let register = |ctx: &_| functions::catalog::register(ctx, world.clone());
        let running = self.parts.system.system(cx, &job, &rows, &register).await?;
        Ok(Rows { columns: bound.columns.clone(), batches: running.batches })
    }
}
