//! Queries over system relations and over nothing: answered here, free, never behind a job.

use std::sync::Arc;

use arrow::array::{Array, AsArray, ListArray, StringArray, StructArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Fields, UInt32Type};
use arrow::record_batch::RecordBatch;
use futures::StreamExt;

use super::{Pipeline, reads};
use crate::catalog::model::Snapshot;
use crate::catalog::pg_catalog::{World, batch};
use crate::error::{Report, Result};
use crate::query::{BatchStream, OutputColumn, QueryContext, Rows};
use crate::sql::bind::coerce::is_reg;
use crate::sql::emit::{Dialect, emit};
use crate::sql::tree::Bound;
use crate::types::literal::Literal;
use crate::warehouse::embedded::{constants, functions};

impl Pipeline {
    /// Answers a query that reads no base table, on the embedded engine.
    ///
    /// # Errors
    /// 0A000 with position for what the engine does not know, and what goes wrong while it runs.
    pub(super) async fn system(&self, cx: &QueryContext, snapshot: &Arc<Snapshot>, bound: &Bound, parameters: &[Literal]) -> Result<Rows> {
        if let Some(row) = constants::one_row(bound, parameters)? {
            return Ok(Rows { columns: bound.columns.clone(), batches: Box::pin(futures::stream::iter([Ok(row)])) });
        }
        let job = emit(bound, Dialect::DataFusion, parameters, reads(cx))?;
        let world = Arc::new(World {
            snapshot: self.parts.policy.shown(&cx.principal, snapshot),
            principal: cx.principal.clone(),
            backend_pid: cx.session.backend_pid,
            xid: cx.xid.clone(),
            database: cx.session.database.clone(),
            search_path: cx.session.search_path.clone(),
            settings: cx.session.settings.clone(),
            about_settings: cx.session.about_settings.clone(),
            users: self.settings.users.clone(),
            objects: cx.session.objects.clone(),
            sessions: self.settings.sessions.clone(),
            server: self.facts(cx, &job.tables).await,
        });
        let rows = |table: &_| batch(table, &world);
        let register = |state: &mut _| functions::catalog::register(state, world.clone());
        let running = self.parts.system.system(cx, &job, &rows, &register).await?;
        let batches = names_of_objects(running.batches, bound.columns.clone(), world);
        Ok(Rows { columns: bound.columns.clone(), batches })
    }
}

/// Adds names to the OIDs in columns of regclass and its kin. (Those of regtype the wire knows, but for the row types of relations.)
fn names_of_objects(batches: BatchStream, columns: Arc<[OutputColumn]>, world: Arc<World>) -> BatchStream {
    let object = |column: &OutputColumn| column.ty.element().unwrap_or(column.ty);
    let named = move |column: &OutputColumn| is_reg(object(column));
    if !columns.iter().any(named) {
        return batches;
    }
    let names = functions::catalog::ObjectNames::new(world);
    Box::pin(batches.map(move |batch| {
        let batch = batch?;
        let mut arrays = batch.columns().to_vec();
        let with_names = |oids: &UInt32Array, column: &OutputColumn| -> StructArray {
            let shown: StringArray = oids.iter().map(|oid| oid.map(|oid| names.of(object(column), oid))).collect();
            let fields = Fields::from(vec![Field::new("oid", DataType::UInt32, true), Field::new("name", DataType::Utf8, true)]);
            StructArray::new(fields, vec![Arc::new(oids.clone()), Arc::new(shown)], oids.nulls().cloned())
        };
        for (array, column) in arrays.iter_mut().zip(columns.iter()).filter(|(_, column)| named(column)) {
            if let Some(oids) = array.as_primitive_opt::<UInt32Type>() {
                *array = Arc::new(with_names(oids, column));
            } else if let Some(lists) = array.as_list_opt::<i32>()
                && let Some(oids) = lists.values().as_primitive_opt::<UInt32Type>()
            {
                let objects = with_names(oids, column);
                let item = Arc::new(Field::new_list_field(objects.data_type().clone(), true));
                *array = Arc::new(ListArray::new(item, lists.offsets().clone(), Arc::new(objects), lists.nulls().cloned()));
            }
        }
        let columns = batch.schema_ref().fields().iter().zip(arrays).map(|(field, array)| (field.name().clone(), array, true));
        RecordBatch::try_from_iter_with_nullable(columns).map_err(Report::internal)
    }))
}
