//! What relations exist: an immutable snapshot, replaced as a whole when it is refreshed.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Notify;

pub mod information_schema;
pub mod model;
pub mod name_sums;
pub mod pg_catalog;
pub mod sluice;

use model::{Schema, Snapshot, Table, TableKind, TableName};

/// The current catalog; cheap to share, never blocks a reader.
#[derive(Debug, Default)]
pub struct Catalog {
    current: ArcSwap<Snapshot>,
    changed: Notify,
}

impl Catalog {
    /// Makes a catalog holding this snapshot.
    pub fn new(snapshot: Snapshot) -> Catalog {
        Catalog { current: ArcSwap::from_pointee(snapshot), changed: Notify::new() }
    }

    /// Returns the snapshot that a query starting now works under.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Replaces the snapshot; queries under way keep theirs.
    pub fn replace(&self, snapshot: Snapshot) {
        self.current.rcu(|before| Snapshot { generation: before.generation + 1, ..snapshot.clone() });
        self.changed.notify_waiters();
    }

    /// Puts tables in the place of those that were only listed; `None`: there is no such table.
    pub fn learn(&self, read: &[(TableName, Option<Arc<Table>>)]) {
        self.current.rcu(|before| {
            let mut snapshot = Snapshot { generation: before.generation + 1, ..(**before).clone() };
            for (name, table) in read {
                let Some(schema) = snapshot.schemas.get_mut(&name.schema) else { continue };
                // What a refresh has brought meanwhile is newer.
                if schema.tables.get(&name.table).is_none_or(|known| known.kind != TableKind::Listed) {
                    continue;
                }
                match table {
                    Some(table) => drop(schema.tables.insert(name.table.clone(), table.clone())),
                    None => drop(schema.tables.remove(&name.table)),
                }
            }
            snapshot
        });
        self.changed.notify_waiters();
    }

    /// Adds a table of another project.
    pub fn adopt(&self, table: &Arc<Table>) {
        self.current.rcu(|before| {
            let mut snapshot = Snapshot { generation: before.generation + 1, ..(**before).clone() };
            let name = &table.name.schema;
            let schema = snapshot.schemas.entry(name.clone()).or_insert_with(|| Schema { name: name.clone(), ..Schema::default() });
            schema.tables.insert(table.name.table.clone(), table.clone());
            snapshot
        });
    }

    /// Waits until the columns of every relation are known; returns that snapshot.
    pub async fn whole(&self) -> Arc<Snapshot> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable(); // before the look, so that no change is missed
            let snapshot = self.snapshot();
            if snapshot.tables().all(|table| table.kind != TableKind::Listed) {
                return snapshot;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures;

    #[tokio::test]
    async fn what_is_listed_is_learnt() {
        let name = |table: &str| TableName { schema: "shop".into(), table: table.into() };
        let listed = ["a", "b"].map(|table| (table.to_owned(), Arc::new(Table::listed(name(table), Vec::new()))));
        let schema = Schema { name: "shop".into(), tables: listed.into(), ..Schema::default() };
        let catalog = Catalog::new(Snapshot { schemas: [("shop".to_owned(), schema)].into(), ..Snapshot::default() });
        let needed = catalog.snapshot().table(Some("shop"), "a", &[]).unwrap().known().unwrap_err().needs;
        assert_eq!(*needed.unwrap(), ("shop".to_owned(), "a".to_owned()));
        let read = Arc::new(Table { name: name("a"), ..fixtures::table("a", &[("id", crate::types::Type::INT8)]) });
        catalog.learn(&[(name("a"), Some(read.clone())), (name("c"), Some(read.clone()))]);
        assert_eq!(catalog.snapshot().listed().len(), 1);
        assert!(futures::FutureExt::now_or_never(catalog.whole()).is_none());
        catalog.learn(&[(name("a"), None), (name("b"), None)]);
        let whole = catalog.whole().await;
        assert_eq!((whole.tables().count(), whole.generation), (1, 2), "what is known is not taken back");
    }
}
