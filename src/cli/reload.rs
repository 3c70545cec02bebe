//! A running server's configuration: told to `sluice.config`, read again on SIGHUP and by `sluice.reload()`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use figment::Figment;

use super::build::{Built, Kept, refresh, sentence};
use crate::config::{self, Config};
use crate::error::{Report, Result, SqlState};
use crate::pipeline::host::{ConfigFacts, Host};
use crate::server::Gates;
use crate::server::peers::{Meeting, Peers};
use crate::session::backend::Piped;
use crate::session::registry::Registry;
use crate::wire::Gate;

/// Sections whose changes take effect at the next start only: they belong to what lives as long as the process.
const AT_START: &[&str] = &["server.", "web.", "backend.", "observe.", "catalog.", "parallel."];

/// The configuration that is in force, and where it comes from.
pub struct Source {
    /// The file; `None` where there is none to read again.
    pub path: Option<PathBuf>,
    /// Every value with its origin.
    pub facts: Vec<ConfigFacts>,
}

impl Source {
    /// Describes a configuration.
    pub fn new(path: Option<PathBuf>, raw: &config::raw::RawConfig, figment: &Figment) -> Source {
        Source { path, facts: facts(raw, figment) }
    }
}

fn facts(raw: &config::raw::RawConfig, figment: &Figment) -> Vec<ConfigFacts> {
    let entries = config::print::entries(raw, figment);
    entries.into_iter().map(|(key, value, origin)| ConfigFacts { key, value, origin: origin.to_owned() }).collect()
}

/// The server around the pipeline.
pub struct Live {
    path: Option<PathBuf>,
    registry: Arc<Registry>,
    now: Mutex<Vec<ConfigFacts>>,
    parts: OnceLock<Swapped>,
    /// One reload at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What a reload replaces, and what it makes the new ones from.
pub struct Swapped {
    /// What stays.
    pub built: Arc<Built>,
    /// The way of queries.
    pub piped: Arc<Piped>,
    /// The way of connections.
    pub gates: Arc<Gates>,
    /// The other replicas.
    pub peers: Peers,
    /// What is handed from one pipeline to the next.
    pub kept: Mutex<Kept>,
}

impl Live {
    /// Begins with the configuration at start.
    pub fn new(source: Source, registry: Arc<Registry>) -> Live {
        Live { path: source.path, registry, now: Mutex::new(source.facts), parts: OnceLock::new(), turn: tokio::sync::Mutex::new(()) }
    }

    /// Says what reloads replace; before that there is nothing to reload.
    pub fn serves(&self, parts: Swapped) {
        let _ = self.parts.set(parts);
    }

    /// Reads the catalog again: a table that was made a moment ago need not wait for its time. The old one stays where that fails.
    async fn look_for_tables(&self) {
        let Some(Swapped { built, .. }) = self.parts.get() else { return };
        if let Err(report) = refresh(&built.catalog, built.warehouse.as_ref()).await {
            tracing::warn!(sqlstate = report.sqlstate.0, "the catalog could not be read again");
        }
    }

    async fn swap(&self) -> Result<String> {
        let wrong = |message: String| Report::new(SqlState("F0000"), format!("the configuration stays as it was: {message}"));
        let (Some(path), Some(parts)) = (&self.path, self.parts.get()) else {
            return Err(Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "there is no configuration file to read again"));
        };
        let _turn = self.turn.lock().await;
        let (raw, figment) = config::read(path).map_err(wrong)?;
        let config = Config::check(&raw).map_err(wrong)?;
        let kept_before = parts.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let host = parts.piped.pipeline().host();
        let made = parts.built.pipeline(&config, host, Some(&kept_before)).await;
        let (pipeline, kept) = made.map_err(|report| wrong(sentence(&report)))?;
        let gate = gate(&config, &parts.piped, &self.registry).map_err(|report| wrong(sentence(&report)))?;
        let before = parts.gates.current();
        let gate = gate.after(&before);
        let meeting = Meeting::of(&config.cache.redis).map_err(|report| wrong(sentence(&report)))?;
        // Everything is there: from here on nothing can fail but the gate, which goes first.
        parts.gates.replace(gate).map_err(|report| wrong(sentence(&report)))?;
        parts.piped.replace(pipeline);
        // What is taken from a user is taken at once: their sessions end.
        let after = parts.gates.current();
        for session in self.registry.list().iter().filter(|session| !after.keeps(&session.user, &before)) {
            self.registry.terminate_backend(session.pid);
        }
        parts.peers.meet(meeting);
        *parts.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        let new = facts(&raw, &figment);
        let old = std::mem::replace(&mut *self.now.lock().unwrap_or_else(PoisonError::into_inner), new.clone());
        Ok(told(&changes(&old, &new)))
    }
}

/// Makes the gate of a configuration.
///
/// # Errors
/// A certificate, key or verifier that cannot be read.
pub fn gate(config: &Config, piped: &Arc<Piped>, registry: &Arc<Registry>) -> Result<Gate> {
    Gate::new(config.wire.clone(), config.sessions.clone(), piped.clone(), registry.clone())
}

/// Returns the keys whose values differ.
fn changes(old: &[ConfigFacts], new: &[ConfigFacts]) -> Vec<String> {
    let value = |facts: &[ConfigFacts], key: &str| facts.iter().find(|fact| fact.key == key).map(|fact| fact.value.clone());
    let mut keys: Vec<String> = old.iter().chain(new).map(|fact| fact.key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys.retain(|key| value(old, key) != value(new, key));
    keys
}

/// Tells whether a key's value is what the process was built with.
fn takes_a_start(key: &str) -> bool {
    !["server.max_message_bytes", "server.max_overlap"].contains(&key) && AT_START.iter().any(|section| key.starts_with(section))
}

fn told(changes: &[String]) -> String {
    let (later, now): (Vec<&String>, Vec<&String>) = changes.iter().partition(|key| takes_a_start(key));
    let list = |keys: &[&String]| keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
    // Passwords are not shown, so that a file without visible changes may have some.
    let mut text = match now.as_slice() {
        [] => "configuration read again".to_owned(),
        keys => format!("configuration read again; changed: {}", list(keys)),
    };
    if !later.is_empty() {
        text.push_str(&format!("; at the next start: {}", list(&later)));
    }
    text
}

#[async_trait]
impl Host for Live {
    fn config(&self) -> Vec<ConfigFacts> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn reload(&self) -> Result<String> {
        let answer = self.swap().await;
        match &answer {
            Ok(said) => {
                tracing::info!(said, "configuration reloaded");
                self.look_for_tables().await;
            }
            // The file and what is in force differ until somebody mends it.
            Err(report) => tracing::error!(why = report.message, "configuration not reloaded"),
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_by_when_they_take_effect() {
        let fact = |key: &str, value: &str| ConfigFacts { key: key.into(), value: value.into(), origin: "file".into() };
        let old = [fact("guard.mode", "\"enforce\""), fact("server.listen", "\"a\""), fact("cache.ttl", "\"5m\"")];
        let new = [fact("guard.mode", "\"observe\""), fact("server.listen", "\"b\""), fact("cache.ttl", "\"5m\""), fact("users", "[]")];
        let changes = changes(&old, &new);
        assert_eq!(changes, ["guard.mode", "server.listen", "users"]);
        assert_eq!(told(&changes), "configuration read again; changed: guard.mode, users; at the next start: server.listen");
        assert_eq!(told(&[]), "configuration read again");
    }
}
