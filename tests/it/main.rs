//! The integration tests: one binary, because each links the embedded engine again.
//!
//! They talk to the `sluice` binary at its socket. `tests/run` starts the PostgreSQL and the Redis that they compare with, and names
//! them in `SLUICE_TEST_PG` and `SLUICE_TEST_REDIS`; a test that needs what is not named fails.

mod bigquery;
mod bigquery_arrays;
mod bigquery_free;
mod bigquery_identity;
mod bigquery_metadata;
mod bigquery_queue;
mod bigquery_servers;
mod bigquery_storage;
mod bigquery_tls;
mod cancel;
mod catalog;
mod chaos;
mod chaos_storage;
mod cli;
mod data;
mod dump;
mod fuzz;
mod gate;
mod googlesql;
mod harness;
mod layers;
mod link;
mod logins;
mod memory;
mod messages;
mod oauth;
mod overlap;
mod policy;
mod random;
mod repeats;
mod slt;
mod standin;
mod tls;
mod tools;
mod surface;
mod tpch;
mod translate;
mod values;
mod warehouse_contract;
mod wire;
