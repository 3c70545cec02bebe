//! Tables that are known by their names only: read when a query names them, and waited for where a query asks for all of them.

use std::sync::Arc;
use std::time::Duration;

use super::{Pipeline, stoppable};
use crate::catalog::model::{Snapshot, Table, TableName};
use crate::error::{Report, Result, SqlState};
use crate::query::QueryContext;
use crate::sql::tree::Bound;

/// How long the columns of tables may take to be read.
const PATIENCE: Duration = Duration::from_secs(60);

/// System relations that tell nothing of tables: what drivers ask for first.
const WITHOUT_TABLES: [&str; 18] = [
    "pg_am",
    "pg_authid",
    "pg_collation",
    "pg_database",
    "pg_enum",
    "pg_extension",
    "pg_language",
    "pg_locks",
    "pg_namespace",
    "pg_proc",
    "pg_range",
    "pg_roles",
    "pg_settings",
    "pg_shadow",
    "pg_stat_activity",
    "pg_stat_database",
    "pg_type",
    "pg_user",
];

impl Pipeline {
    /// Reads the columns of a table that a query names.
    ///
    /// # Errors
    /// What keeps the warehouse from telling.
    pub(super) async fn read_table(&self, needed: &(String, String)) -> Result<()> {
        let (schema, name) = needed;
        let snapshot = self.parts.catalog.snapshot();
        let table = snapshot.schemas.get(schema).and_then(|schema| schema.tables.get(name));
        let Some(table) = table.cloned() else { return self.read_other(&snapshot, schema, name).await };
        let reading = self.parts.warehouse.read(std::slice::from_ref(&table));
        let read = tokio::time::timeout(PATIENCE, reading).await.map_err(|_| late(&format!("the columns of {}", table.name)))??;
        self.parts.catalog.learn(&read);
        Ok(())
    }

    /// Reads a table of another project.
    async fn read_other(&self, snapshot: &Snapshot, schema: &str, name: &str) -> Result<()> {
        let missing = || {
            Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{schema}.{name}\" does not exist"))
                .hint("It may also be that the server's account may not read it.")
        };
        // The name of a project holds no point, but for those of a domain (example.com:project).
        let Some((project, dataset)) = schema.rsplit_once('.').filter(|(project, _)| snapshot.others.iter().any(|known| known == project))
        else {
            return Ok(()); // gone meanwhile: binding it again says so
        };
        let path = vec![project.to_owned(), dataset.to_owned(), name.to_owned()];
        let listed = Arc::new(Table::listed(TableName { schema: schema.to_owned(), table: name.to_owned() }, path));
        let reading = self.parts.warehouse.read(std::slice::from_ref(&listed));
        let read = tokio::time::timeout(PATIENCE, reading).await.map_err(|_| late(&format!("the columns of {}", listed.name)))??;
        let table = read.into_iter().find_map(|(_, table)| table).ok_or_else(missing)?;
        self.parts.catalog.adopt(&table);
        Ok(())
    }

    /// Returns the snapshot that a query over system relations is answered from: one that knows all tables, where the query may ask for them.
    ///
    /// # Errors
    /// 08006 when they cannot be read in time; 57014.
    pub(super) async fn whole_for(&self, cx: &QueryContext, bound: &Bound, snapshot: Arc<Snapshot>) -> Result<Arc<Snapshot>> {
        if bound.tables().iter().all(|table| WITHOUT_TABLES.contains(&table.name.table.as_str())) {
            return Ok(snapshot);
        }
        let waiting =
            async { tokio::time::timeout(PATIENCE, self.parts.catalog.whole()).await.map_err(|_| late("the columns of all tables")) };
        stoppable(cx, waiting).await
    }
}

fn late(what: &str) -> Report {
    Report::new(SqlState::CONNECTION_FAILURE, format!("{what} could not be read within {} s", PATIENCE.as_secs())).hint("Try again.")
}
