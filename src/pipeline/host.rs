//! What stands above the pipeline and is asked by queries all the same: the configuration, and reloading it.

use async_trait::async_trait;

use crate::error::{Report, Result, SqlState};

/// One effective value of the configuration, as `sluice.config` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFacts {
    /// `section.key`.
    pub key: String,
    /// As it would be written; secrets are left out.
    pub value: String,
    /// `file`, `environment` or `default`.
    pub origin: String,
}

/// The server around the pipeline.
#[async_trait]
pub trait Host: Send + Sync {
    /// Returns every effective value of the configuration.
    fn config(&self) -> Vec<ConfigFacts>;

    /// Reads the configuration again and puts it in force; returns a sentence about what changed.
    ///
    /// # Errors
    /// What is wrong with it; then the old one stays in force.
    async fn reload(&self) -> Result<String>;
}

/// A pipeline without a server around it, as `sluice explain` has.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

#[async_trait]
impl Host for NoHost {
    fn config(&self) -> Vec<ConfigFacts> {
        Vec::new()
    }

    async fn reload(&self) -> Result<String> {
        Err(Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "there is no configuration file to read again"))
    }
}
