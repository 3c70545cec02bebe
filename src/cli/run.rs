//! `sluice run`: serves what the configuration says, until SIGTERM or Ctrl-C.

use std::path::Path;

use super::{Failure, serve};
use crate::config::Config;

/// Loads the configuration and serves.
pub fn run(path: &Path) -> Result<(), Failure> {
    let config = Config::load(path).map_err(Failure::config)?;
    serve::serve(config, None)
}
