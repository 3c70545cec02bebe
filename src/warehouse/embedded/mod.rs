//! DataFusion over Parquet and CSV files, in this process.

pub mod functions;
