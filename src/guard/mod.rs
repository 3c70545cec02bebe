//! No bill that was not agreed to: `admit` is the only maker of [`Admitted`], and a warehouse runs nothing else.

pub mod approval;
pub mod budgets;
pub mod ledger;
pub mod partition;
pub mod price;
pub mod quote;
pub mod refusal;
pub mod settings;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::Utc;

use crate::catalog::model::{Table, TableName};
use crate::error::{Report, Result, SqlState};
use crate::query::{Notice, Principal, QueryContext};
use crate::sql::emit::{Dialect, Job};
use crate::sql::tree::Bound;
use approval::{Approvals, Subject};
use budgets::day_of;
use ledger::{Ledger, Reservation};
use price::{Bytes, Usd};
use quote::Quote;
use refusal::Limit;
use settings::{ClusteredEstimate, Mode, OnEstimateError, Period, Pricing, Settings};

/// How far an estimate may be trusted; of two, the greater one holds for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// The warehouse named the tables that the query reads, by way of views too. Else nothing follows from what `scans` leaves out.
    pub tables_told: bool,
}

/// A job that may run, with the money that is set aside for it. Only the guard makes one.
#[derive(Debug)]
pub struct Admitted {
    job: Job,
    price: Usd,
    cap: Option<Bytes>,
    reservation: Option<(Reservation, Arc<Pricing>)>,
    /// For reading the result, where that has a price of its own.
    reading: Option<Reservation>,
    /// The most that all of it may cost; `None`: no limit.
    most: Option<Usd>,
}

impl Admitted {
    /// The job.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The price that people are shown.
    pub fn price(&self) -> Usd {
        self.price
    }

    /// The most that the warehouse may bill (`maximumBytesBilled`); `None` for free jobs and where nothing is capped.
    pub fn cap(&self) -> Option<Bytes> {
        self.cap
    }

    /// Returns what reading this much is billed, by the rules that the job was admitted under: for warehouses that send no bill.
    pub fn billed(&self, read: &Estimate) -> Bytes {
        self.reservation.as_ref().map_or(Bytes(0), |(_, pricing)| pricing.billed(read))
    }

    /// Settles the reservation with what was billed. Without it, dropping keeps the reservation as spent (the outcome is unknown).
    pub fn settle(&mut self, billed: Bytes) {
        if let Some((reservation, pricing)) = &mut self.reservation {
            reservation.settle(pricing.price_of(billed));
        }
    }

    /// Settles an attempt that failed, and sets the price of another one aside.
    ///
    /// # Errors
    /// SL002 when the money for it is gone meanwhile.
    pub fn again(&mut self, billed: Bytes) -> Result<()> {
        let Some((reservation, pricing)) = &mut self.reservation else { return Ok(()) };
        let spent = pricing.price_of(billed);
        reservation.again(Utc::now(), spent).map_err(|refused| {
            let left = pricing.amount(refused.limit.minus(refused.balance.used()));
            Report::new(SqlState::BUDGET_EXHAUSTED, format!("SL002: only {left} is left, too little to run the failed job once more"))
                .hint("Cached answers and EXPLAIN stay free.")
        })
    }

    /// Sets aside what reading so much of the result by the Storage Read API costs; returns that price. What was admitted was the query alone, so
    /// its limits have to hold for both together.
    ///
    /// # Errors
    /// SL001 and SL002 where they do not: the result can still be read for free.
    pub fn reserve_reading(&mut self, read: Bytes) -> Result<Usd> {
        let Some((reservation, pricing)) = &self.reservation else { return Ok(Usd::ZERO) };
        let price = pricing.price_of_reading(read);
        if price == Usd::ZERO {
            return Ok(price);
        }
        let over = |state, limit: Usd| {
            let (price, limit) = (pricing.amount(price), pricing.amount(limit));
            Report::new(state, format!("{}: reading the result would cost another {price}, over the limit of {limit}", state.0))
        };
        match self.most {
            Some(most) if reservation.amount().plus(price) > most => return Err(over(SqlState::OVER_COST_LIMIT, most)),
            _ => {}
        }
        let beside = reservation.beside(Utc::now(), price).map_err(|refused| over(SqlState::BUDGET_EXHAUSTED, refused.limit))?;
        self.reading = Some(beside);
        Ok(price)
    }

    /// Settles the price of reading the result: all of it, or nothing where no row was read.
    pub fn settle_reading(&mut self, read: bool) {
        if let Some(mut reading) = self.reading.take() {
            let amount = if read { reading.amount() } else { Usd::ZERO };
            reading.settle(amount);
        }
    }

    /// Gives the reservation back: for jobs that provably never ran.
    pub fn release(&mut self) {
        self.settle(Bytes(0));
    }
}

/// What a user may still spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The cap per query; `None` = no cap.
    pub per_query: Option<Usd>,
    /// The cap per user and day.
    pub day: Option<Usd>,
    /// Settled and set aside today.
    pub spent_today: Usd,
}

/// Decides what may run at what price.
#[derive(Debug)]
pub struct Guard {
    settings: Settings,
    pricing: Arc<Pricing>,
    ledger: Arc<Ledger>,
    approvals: Arc<Approvals>,
    paused: Arc<Mutex<HashSet<String>>>,
    /// What `sluice.set_budget` has changed since the settings were read.
    changed: Mutex<BTreeMap<String, Usd>>,
}

impl Guard {
    /// Makes a guard with empty books.
    pub fn new(settings: Settings) -> Guard {
        Guard {
            pricing: Arc::new(settings.pricing.clone()),
            settings,
            ledger: Arc::default(),
            approvals: Arc::default(),
            paused: Arc::default(),
            changed: Mutex::default(),
        }
    }

    /// Makes a guard of other settings that goes on with these books: what is spent, approved and paused stays so.
    #[must_use]
    pub fn with_settings(&self, settings: Settings) -> Guard {
        Guard {
            pricing: Arc::new(settings.pricing.clone()),
            settings,
            ledger: self.ledger.clone(),
            approvals: self.approvals.clone(),
            paused: self.paused.clone(),
            changed: Mutex::default(),
        }
    }

    /// Refuses what needs no estimate to be refused.
    ///
    /// # Errors
    /// SL006 for paused users, SL004 for partitioned tables without a partition filter.
    pub fn check_partitions(&self, cx: &QueryContext, bound: &Bound) -> Result<()> {
        self.check_paused(&cx.principal)?;
        if self.settings.mode == Mode::Off {
            return Ok(());
        }
        match partition::missing_filter(&bound.query, self.settings.require_partition_filter) {
            Some(report) => self.refuse(cx, report),
            None => Ok(()),
        }
    }

    /// The same for a text without a tree: `filtered` are the columns that stand in its conditions.
    ///
    /// # Errors
    /// As [`Guard::check_partitions`].
    pub fn check_partition_columns(&self, cx: &QueryContext, tables: &[Arc<Table>], filtered: &HashSet<String>) -> Result<()> {
        self.check_paused(&cx.principal)?;
        if self.settings.mode == Mode::Off {
            return Ok(());
        }
        match partition::missing_name(tables, filtered, self.settings.require_partition_filter) {
            Some(report) => self.refuse(cx, report),
            None => Ok(()),
        }
    }

    /// Refuses a paused user, also what would cost nothing.
    ///
    /// # Errors
    /// SL006.
    pub fn check_active(&self, principal: &Principal) -> Result<()> {
        self.check_paused(principal)
    }

    /// Prices an estimate.
    pub fn quote(&self, estimate: &Estimate) -> Quote {
        self.pricing.quote(estimate)
    }

    /// Returns the price of billed bytes.
    pub fn price_of(&self, billed: Bytes) -> Usd {
        self.pricing.price_of(billed)
    }

    /// Returns the rules that make money of bytes; prints amounts, too.
    pub fn pricing(&self) -> &Pricing {
        &self.pricing
    }

    /// Makes the refusal for a job whose estimate could not be had (SL005): nothing runs unpriced.
    pub fn estimate_unavailable(&self, cause: &Report) -> Report {
        Report::new(SqlState::ESTIMATE_UNAVAILABLE, "SL005: no estimate could be had, so the query does not run")
            .detail(format!("The warehouse said: {}.", cause.message.trim_end_matches('.')))
            .hint("Try again in a moment; queries whose answer is in the cache still work.")
    }

    /// Admits a job at the price of its estimate: checks every limit and sets the money aside in one step. `canonical` is the query's
    /// canonical text, which approvals are bound to.
    ///
    /// # Errors
    /// SL001, SL002, SL003, SL005, SL006.
    pub fn admit(&self, cx: &QueryContext, canonical: &str, job: Job, estimate: &Estimate) -> Result<Admitted> {
        self.check_paused(&cx.principal)?;
        let estimate = match self.reliable(&job, estimate) {
            Ok(estimate) => estimate,
            Err(report) => {
                self.refuse(cx, report)?;
                estimate.clone()
            }
        };
        let quote = self.pricing.quote(&estimate);
        let cap = self.cap(cx);
        if let Some((cap, limit)) = &cap
            && quote.billed > *cap
            && !(estimate.accuracy == Accuracy::UpperBound
                && self.settings.clustered_estimate == ClusteredEstimate::Cap
                && keeps_caps(&job))
        {
            self.refuse(cx, refusal::over_limit(&self.pricing, &job, &estimate, &quote, limit))?;
        }
        let cap = cap.map(|(cap, _)| cap).filter(|_| self.settings.mode == Mode::Enforce);
        // No more than the cap is billed, so no more than that need be set aside.
        let reserve_bytes = cap.map_or(quote.reserve_bytes, |cap| quote.reserve_bytes.min(cap));
        let reserve = self.pricing.price_of(reserve_bytes);

        // More than these only after somebody has said yes to it.
        let capped = cap.map(|cap| self.pricing.price_of(cap)).filter(|price| *price > Usd::ZERO);
        let unapproved = self.settings.approval.from_usd.filter(|from| self.settings.mode == Mode::Enforce && quote.price <= *from);
        let most = capped.into_iter().chain(unapproved).min();
        let approval = self.approval(cx, canonical, &job, quote.price.min(self.pricing.price_of(cap.unwrap_or(quote.billed))), reserve)?;
        let reservation = match self.reserve(cx, reserve, &quote) {
            Ok(reservation) => reservation,
            Err(report) => {
                if let Some(taken) = approval {
                    self.approvals.give_back(taken);
                }
                return Err(report);
            }
        };
        let price = quote.price;
        Ok(Admitted { job, price, cap, reservation: Some((reservation, self.pricing.clone())), reading: None, most })
    }

    /// Admits a job that reads nothing but the server's own relations.
    ///
    /// # Errors
    /// XX000 for any other job: such a path around the limits would be a defect.
    pub fn admit_free(&self, job: Job) -> Result<Admitted> {
        if job.dialect != Dialect::DataFusion || !job.tables.iter().all(|table| table.is_system()) {
            return Err(Report::internal("a job that reads the warehouse was to be admitted without a price"));
        }
        Ok(Admitted { job, price: Usd::ZERO, cap: None, reservation: None, reading: None, most: None })
    }

    /// Returns what this user may still spend.
    pub fn limits(&self, cx: &QueryContext) -> Limits {
        let balance = self.ledger.balance(Utc::now(), &day_of(&cx.principal), Period::DAY);
        let per_query = self.cap(cx).map(|(cap, limit)| match limit {
            Limit::Usd(limit) => limit,
            Limit::Bytes(_) => self.pricing.price_of(cap),
        });
        Limits { per_query, day: self.settings.max_usd_per_day, spent_today: balance.used() }
    }

    /// Approves a request of SL003: `sluice.approve(id)`.
    ///
    /// # Errors
    /// 42501 for those who may not, 42704 for an unknown id.
    pub fn approve(&self, id: &str, by: &Principal) -> Result<String> {
        self.approvals.approve(id, by, &self.settings.approval)
    }

    /// Denies a request of SL003: `sluice.deny(id)`.
    ///
    /// # Errors
    /// As [`Guard::approve`].
    pub fn deny(&self, id: &str, by: &Principal) -> Result<String> {
        self.approvals.deny(id, by, &self.settings.approval)
    }

    /// Returns (id, user, price, approved) of every request of SL003.
    pub fn approvals(&self) -> Vec<(String, String, Usd, bool)> {
        self.approvals.list(&self.settings.approval)
    }

    /// Tells whether somebody may decide about requests of SL003.
    pub fn may_approve(&self, principal: &Principal) -> bool {
        approval::may_decide(principal, &self.settings.approval)
    }

    /// Pauses a user: nothing of theirs is admitted (SL006) until [`Guard::resume`].
    ///
    /// # Errors
    /// 42501 unless an admin asks.
    pub fn pause(&self, user: &str, by: &Principal) -> Result<String> {
        check_admin(by, "pause and resume users")?;
        self.paused().insert(user.to_owned());
        Ok(format!("paused {user}"))
    }

    /// Lets a paused user go on.
    ///
    /// # Errors
    /// 42501 unless an admin asks.
    pub fn resume(&self, user: &str, by: &Principal) -> Result<String> {
        check_admin(by, "pause and resume users")?;
        Ok(if self.paused().remove(user) { format!("resumed {user}") } else { format!("{user} was not paused") })
    }

    fn paused(&self) -> MutexGuard<'_, HashSet<String>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_paused(&self, principal: &Principal) -> Result<()> {
        if !self.paused().contains(&principal.user) {
            return Ok(());
        }
        Err(Report::new(SqlState::PAUSED, format!("SL006: user \"{}\" is paused", principal.user))
            .hint("An admin can resume with SELECT sluice.resume(user)."))
    }

    /// Returns the tightest cap per query in bytes, and the limit that it comes from.
    fn cap(&self, cx: &QueryContext) -> Option<(Bytes, Limit)> {
        let role = self.settings.roles.get(&cx.principal.role).copied().unwrap_or_default();
        let usd = role.max_usd_per_query.or(self.settings.max_usd_per_query);
        let usd = match cx.session.max_usd.map(Usd::from_dollars) {
            Some(session) => Some(usd.map_or(session, |limit| limit.min(session))),
            None => usd,
        };
        let by_usd = usd.and_then(|limit| Some((self.pricing.bytes_for(limit)?, Limit::Usd(limit))));
        let bytes = role.max_bytes_per_query.or(self.settings.max_bytes_per_query);
        let by_bytes = bytes.map(|limit| (limit, Limit::Bytes(limit)));
        by_usd.into_iter().chain(by_bytes).min_by_key(|(cap, _)| *cap)
    }

    /// Turns an estimate that may be too low into one that cannot be: the tables whole.
    fn reliable(&self, job: &Job, estimate: &Estimate) -> Result<Estimate> {
        if matches!(estimate.accuracy, Accuracy::Exact | Accuracy::UpperBound) {
            return Ok(estimate.clone());
        }
        let mut whole = Some(Bytes(0));
        for table in job.tables.iter().filter(|table| !table.is_system()) {
            whole = whole.zip(table.bytes).map(|(sum, bytes)| sum.plus(Bytes(bytes)));
        }
        match (self.settings.on_estimate_error, whole) {
            (OnEstimateError::TableSize, Some(bytes)) => {
                Ok(Estimate { bytes: bytes.max(estimate.bytes), accuracy: Accuracy::UpperBound, ..estimate.clone() })
            }
            _ => Err(Report::new(SqlState::ESTIMATE_UNAVAILABLE, "SL005: the warehouse cannot tell what the query would read")
                .hint("Name the columns, filter on the partition column, or set guard.on_estimate_error = \"table_size\".")),
        }
    }

    /// Takes the approval that the query needs, if it needs one.
    fn approval(&self, cx: &QueryContext, canonical: &str, job: &Job, price: Usd, reserve: Usd) -> Result<Option<approval::Taken>> {
        let settings = &self.settings.approval;
        let Some(from) = settings.from_usd.filter(|from| price > *from && self.settings.mode != Mode::Off) else {
            return Ok(None);
        };
        let subject = Subject::of(canonical, &format!("{:?}", job.parameters), &cx.principal);
        if let Some(taken) = self.approvals.take(subject, price, settings) {
            return Ok(Some(taken));
        }
        // Nobody should be asked for a yes that the budget then makes worthless.
        if let Ok(mut trial) = self.ledger.reserve(Utc::now(), reserve, &self.claims(&cx.principal)) {
            trial.settle(Usd::ZERO);
        } else if self.settings.mode == Mode::Enforce {
            return Ok(None);
        }
        let amount = format!("{}{}", self.pricing.amount(price), self.pricing.label());
        let limit = self.pricing.amount(from);
        if self.settings.mode == Mode::Observe {
            self.refuse(
                cx,
                Report::new(SqlState::APPROVAL_REQUIRED, format!("SL003: query would cost {amount}, approval is required above {limit}")),
            )?;
            return Ok(None);
        }
        let id = self.approvals.ask(subject, price, &cx.principal, settings);
        Err(Report::new(SqlState::APPROVAL_REQUIRED, format!("SL003: query would cost {amount}, approval is required above {limit}"))
            .detail(format!("The request has the id {id} and is good for {}.", approval::minutes(settings)))
            .hint(format!("Ask an approver to send: SELECT sluice.approve('{id}'); then run the query again.")))
    }

    /// Refuses, or only warns where the guard observes.
    fn refuse(&self, cx: &QueryContext, report: Report) -> Result<()> {
        match self.settings.mode {
            Mode::Enforce => Err(report),
            Mode::Observe => {
                warn(cx, &report);
                Ok(())
            }
            Mode::Off => Ok(()),
        }
    }
}

/// Tells whether the warehouse stops a job before it bills more than the cap, so that an upper bound above it may be tried. BigQuery does
/// (`maximumBytesBilled`); the embedded engine bills what it has read.
fn keeps_caps(job: &Job) -> bool {
    job.dialect == Dialect::GoogleSql
}

fn warn(cx: &QueryContext, report: &Report) {
    let Report { message, detail, hint, .. } = report.clone();
    cx.notices.push(Notice { detail, hint, ..Notice::warning(format!("would be refused: {message}")) });
}

fn check_admin(by: &Principal, what: &str) -> Result<()> {
    if by.admin { Ok(()) } else { Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("only an admin may {what}"))) }
}

/// Matches a name against a pattern in which `*` stands for any characters.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(head) else { return false };
    let starts = std::iter::once(0).chain(name.char_indices().map(|(i, c)| i + c.len_utf8()));
    starts.into_iter().any(|i| matches(rest, &name[i..]))
}

#[cfg(test)]
mod tests;
