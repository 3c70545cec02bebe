//! `sluice run`: serves what the configuration says, until SIGTERM or Ctrl-C.

use std::path::Path;

use super::reload::Source;
use super::{Failure, serve};
use crate::config::{self, Config};

/// Loads the configuration and serves.
pub fn run(path: &Path) -> Result<(), Failure> {
    let (raw, figment) = config::read(path).map_err(Failure::config)?;
    let config = Config::check(&raw).map_err(Failure::config)?;
    serve::serve(config, Source::new(Some(path.to_owned()), &raw, &figment), None)
}
