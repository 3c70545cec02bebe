//! What the embedded engine can be told.

use std::path::PathBuf;

/// `[backend.local]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directories of Parquet and CSV: a directory is a schema, a file or a hive-partitioned folder a table.
    pub paths: Vec<PathBuf>,
    /// What all queries together may hold in memory; sorts, joins and aggregates spill to disk before they are refused.
    pub memory_limit: u64,
    /// What one query may hold of it.
    pub query_memory_limit: u64,
    /// What all queries together may spill to disk.
    pub spill_limit: u64,
    /// Where to spill; `None` is the system's temporary directory.
    pub temp_dir: Option<PathBuf>,
    /// Threads, and parts that a scan is cut into; 0 is one for each core, at least 2 and at most 8.
    pub partitions: usize,
    /// The database that clients connect to.
    pub database: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            paths: Vec::new(),
            memory_limit: 1 << 30,
            query_memory_limit: 256 << 20,
            spill_limit: 20 << 30,
            temp_dir: None,
            partitions: 0,
            database: "local".to_owned(),
        }
    }
}

impl Settings {
    /// Returns the number of threads, with 0 resolved.
    pub fn threads(&self) -> usize {
        match self.partitions {
            0 => std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8),
            n => n,
        }
    }
}
