//! The demo's data: database `shop`, made on the first start, the same on every machine.

use std::path::{Path, PathBuf};

use crate::error::Result;

/// One line of the demo's opening block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name without schema.
    pub name: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// The data set on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// What `backend.local.paths` has to hold: a directory whose sub-directory `shop` is the schema.
    pub path: PathBuf,
    /// Its tables.
    pub tables: Vec<Table>,
    /// It was written just now, not found.
    pub generated: bool,
}

/// Told how far the work is, between 0 and 1.
pub type Progress<'a> = &'a mut dyn FnMut(f64);

/// Returns where the demo keeps its data: `$XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`.
///
/// # Errors
/// 58000 when neither is known.
pub fn default_dir() -> Result<PathBuf> {
    Err(crate::error::Report::unsupported("this"))
}

/// Finds the data set below `dir`, or writes it: whole or not at all. Scale 1 is the demo, 0.001 a set for tests.
///
/// # Errors
/// 53100 on a full disk, 58000 when the directory cannot be written.
pub fn ensure(dir: &Path, scale: f64, progress: Progress<'_>) -> Result<Demo> {
    let _ = (dir, scale, progress);
    Err(crate::error::Report::unsupported("this"))
}

/// Shows progress on stderr: a bar on a terminal, else a plain line every tenth.
pub fn stderr_progress() -> impl FnMut(f64) {
    |_| {}
}
