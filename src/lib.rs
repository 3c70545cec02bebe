//! Sluice speaks the PostgreSQL wire protocol in front of BigQuery, or of an embedded engine.
//!
//! # The way of a query
//! A client's bytes become messages in [`wire`]; its [`session`] knows settings, prepared statements and portals; [`pipeline`] leads each
//! query through the stages: [`sql`] (parse, classify, bind, stamp, fingerprint, emit), [`optimize`], [`policy`], [`cache`],
//! [`guard`], [`warehouse`]. The rows come back as Arrow batches and leave through [`wire`] again.
//!
//! # Who may import whom
//! Bottom up; `tests/it/layers.rs` fails on anything else. `error`: nothing. `types`: error. `telemetry`: nothing. `query`: error, types.
//! `catalog`: + query, telemetry. `sql`: + catalog. `policy`, `optimize`: + sql. `guard`, `cache`: + sql. `warehouse`: + guard.
//! `pipeline`: all of these. `session`: error, types, query, sql, pipeline, telemetry. `wire`: error, types, query, session, telemetry.
//! `server`, `admin`, `config`, `cli` stand on top. Nobody imports `config`: every module declares its own `Settings`, `config` fills them.

/// Planning a query and writing a small answer allocate little pieces by the hundred.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod error;
pub mod types;
pub mod telemetry;
pub mod query;
pub mod catalog;
pub mod sql;
pub mod policy;
pub mod optimize;
pub mod guard;
pub mod cache;
pub mod warehouse;
pub mod pipeline;
pub mod session;
pub mod wire;
pub mod server;
pub mod admin;
pub mod config;
pub mod cli;
