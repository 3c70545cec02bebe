//! `sluice check`: is the configuration right, and can the warehouse be reached.

use std::path::Path;

use super::Failure;
use crate::catalog::pg_catalog::system_schemas;
use crate::config::{self, Config};

/// Checks the file; asks the warehouse for its tables unless `offline`.
pub fn check(path: &Path, print: bool, offline: bool) -> Result<(), Failure> {
    let (raw, figment) = config::read(path).map_err(Failure::config)?;
    if print {
        for line in config::print::lines(&raw, &figment) {
            println!("{line}");
        }
    }
    let config = Config::check(&raw).map_err(Failure::config)?;
    if offline {
        println!("the configuration is valid");
        return Ok(());
    }
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::failed)?;
    let snapshot = runtime.block_on(super::build::snapshot(&config))?;
    let tables = snapshot.tables().filter(|table| !table.is_system()).count();
    println!("the configuration is valid; {tables} tables in {} schemas", snapshot.schemas.len() - system_schemas().len());
    Ok(())
}
