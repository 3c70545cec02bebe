//! What relations exist: an immutable snapshot, replaced as a whole when it is refreshed.

use std::sync::Arc;

use arc_swap::ArcSwap;

pub mod information_schema;
pub mod model;
pub mod pg_catalog;
pub mod sluice;

use model::Snapshot;

/// The current catalog; cheap to share, never blocks a reader.
#[derive(Debug, Default)]
pub struct Catalog {
    current: ArcSwap<Snapshot>,
}

impl Catalog {
    /// Makes a catalog holding this snapshot.
    pub fn new(snapshot: Snapshot) -> Catalog {
        Catalog { current: ArcSwap::from_pointee(snapshot) }
    }

    /// Returns the snapshot that a query starting now works under.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Replaces the snapshot; queries under way keep theirs.
    pub fn replace(&self, mut snapshot: Snapshot) {
        snapshot.generation = self.current.load().generation + 1;
        self.current.store(Arc::new(snapshot));
    }
}
