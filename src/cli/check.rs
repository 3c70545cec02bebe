//! `sluice check`: is the configuration right, and can the warehouse be reached.

use std::path::Path;

use super::Failure;
use crate::config::{self, Backend, Config};
use crate::warehouse::Warehouse;
use crate::warehouse::bigquery::BigQuery;
use crate::warehouse::embedded::Embedded;

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
    let snapshot = runtime.block_on(async {
        match &config.backend {
            Backend::Local(settings) => Embedded::open(settings.clone())?.snapshot().await,
            Backend::BigQuery(settings, _) => BigQuery::new((**settings).clone()).await?.snapshot().await,
        }
    });
    let snapshot = snapshot.map_err(|report| Failure::failed(report.message))?;
    println!("the configuration is valid; {} tables in {} schemas", snapshot.tables().count(), snapshot.schemas.len());
    Ok(())
}
