//! BigQuery over REST.
