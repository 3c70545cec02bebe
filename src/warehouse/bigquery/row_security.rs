//! Tables with row-level security: their dry runs do not tell what a query reads (BigQuery, "Using row-level security with other features"), so that the
//! whole table is what counts.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;

use super::Shared;
use super::answers::TablePlace;
use super::metadata::{CONCURRENT_CALLS, place};
use super::wildcards::is_wildcard;
use crate::catalog::model::{Table, TableKind, TableName};
use crate::guard::price::Bytes;
use crate::guard::{Accuracy, Estimate};
use crate::sql::emit::Job;

/// How long an answer is good for.
const TRUSTED: Duration = Duration::from_secs(60);

impl Shared {
    /// Returns the tables of a job that have row-level security. Where it cannot be told (the account may not list policies), it counts as none.
    pub(super) async fn row_secured(&self, job: &Job) -> Vec<Arc<Table>> {
        let plain: Vec<Arc<Table>> = job.tables.iter().filter(|table| table.kind == TableKind::Table).cloned().collect();
        let asked = futures::stream::iter(plain).map(|table| async move { self.is_row_secured(&table).await.then_some(table) });
        asked.buffered(CONCURRENT_CALLS).filter_map(std::future::ready).collect().await
    }

    /// The same for tables that a job reads by way of its views. One whose size cannot be had is returned without.
    pub(super) async fn row_secured_behind(&self, places: Vec<TablePlace>) -> Vec<Arc<Table>> {
        let project = &self.settings.project;
        let asked = futures::stream::iter(places).map(|place| async move {
            let place = place.within(project, "");
            if !self.is_secured_at(place.clone()).await {
                return None;
            }
            let read = self.tables_at(vec![place.clone()]).await.ok();
            let unknown = || {
                let name = TableName { schema: place.dataset_id.clone(), table: place.table_id.clone() };
                Arc::new(Table::listed(name, vec![place.project_id, place.dataset_id, place.table_id]))
            };
            Some(read.and_then(|mut read| read.pop().flatten()).unwrap_or_else(unknown))
        });
        asked.buffered(CONCURRENT_CALLS).filter_map(std::future::ready).collect().await
    }

    /// Tells whether a table has row-level security, as it was a moment ago.
    pub(super) async fn is_row_secured(&self, table: &Table) -> bool {
        let Ok(place) = place(table) else { return false };
        self.is_secured_at(place).await
    }

    async fn is_secured_at(&self, place: TablePlace) -> bool {
        if is_wildcard(&place.table_id) {
            return false;
        }
        let now = Instant::now();
        let known = self.row_security.lock().unwrap_or_else(PoisonError::into_inner).get(&place).copied();
        if let Some((_, secured)) = known.filter(|(asked, _)| now.saturating_duration_since(*asked) < TRUSTED) {
            return secured;
        }
        let secured = self.api.has_row_policies(&place).await.unwrap_or(false);
        let mut all = self.row_security.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (asked, _)| now.saturating_duration_since(*asked) < TRUSTED);
        all.insert(place, (now, secured));
        secured
    }
}

/// Raises an estimate to the size of the tables whose part in it is not told.
pub fn raised(estimate: Estimate, secured: &[Arc<Table>]) -> Estimate {
    if secured.is_empty() {
        return estimate;
    }
    let whole = secured.iter().try_fold(Bytes(0), |sum, table| Some(sum.plus(Bytes(table.bytes?))));
    match whole {
        Some(whole) => {
            let accuracy = estimate.accuracy.max(Accuracy::UpperBound);
            let mut scans = estimate.scans;
            if let [only] = &mut scans[..] {
                only.bytes = only.bytes.max(whole);
            }
            Estimate { bytes: estimate.bytes.max(whole), accuracy, scans, warehouse_cache_hit: false, tables_told: estimate.tables_told }
        }
        None => Estimate { accuracy: Accuracy::Unknown, ..estimate },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::table;

    #[test]
    fn what_is_not_told_counts_whole() {
        let estimate =
            Estimate { bytes: Bytes(10), accuracy: Accuracy::Exact, scans: Vec::new(), warehouse_cache_hit: true, tables_told: true };
        assert_eq!(raised(estimate.clone(), &[]), estimate);
        let known = Arc::new(Table { bytes: Some(1000), ..table("t", &[]) });
        let whole = raised(estimate.clone(), &[known.clone(), known.clone()]);
        assert_eq!((whole.bytes, whole.accuracy, whole.warehouse_cache_hit), (Bytes(2000), Accuracy::UpperBound, false));
        let unknown = Arc::new(table("u", &[]));
        assert_eq!(raised(estimate, &[known, unknown]).accuracy, Accuracy::Unknown);
    }
}
