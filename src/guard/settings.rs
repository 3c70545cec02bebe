//! What the guard goes by: `[pricing]`, `[guard]`, `[guard.approval]`, `[[budgets]]` and the limits of `[[roles]]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::price::{Bytes, MIB, Usd};

/// `guard.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Counts what is spent, limits nothing.
    Off,
    /// Warns where it would refuse.
    Observe,
    /// Refuses.
    #[default]
    Enforce,
}

/// `pricing.model`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Model {
    /// By bytes billed.
    #[default]
    OnDemand,
    /// By reserved slots: a single query has no price of its own.
    Slots,
    /// Nothing is priced.
    None,
}

/// `guard.on_estimate_error`: what becomes of a query whose estimate cannot be relied upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OnEstimateError {
    /// SL005.
    #[default]
    Deny,
    /// It counts as reading its tables whole; SL005 where their size is not known.
    TableSize,
}

/// `guard.clustered_estimate`: what becomes of a query whose upper bound is over the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ClusteredEstimate {
    /// It runs, and the warehouse stops it at the cap.
    #[default]
    Cap,
    /// SL001.
    Deny,
}

/// `[pricing]`, with the embedded engine's `simulate_prices` and `price_scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pricing {
    /// By what.
    pub model: Model,
    /// Per 2^40 bytes, the scale already multiplied in.
    pub usd_per_tib: Usd,
    /// Per 2^40 bytes of a result that the Storage Read API gives.
    pub storage_read_usd_per_tib: Usd,
    /// The least that is billed for each referenced table.
    pub min_bytes_per_table: Bytes,
    /// The word before amounts.
    pub currency: String,
    /// No bill will ever come: every price says so.
    pub simulated: bool,
}

impl Default for Pricing {
    fn default() -> Pricing {
        Pricing {
            model: Model::OnDemand,
            usd_per_tib: Usd::from_dollars(6.25),
            storage_read_usd_per_tib: Usd::from_dollars(1.1),
            min_bytes_per_table: Bytes(10 * MIB),
            currency: "USD".into(),
            simulated: false,
        }
    }
}

/// `[guard.approval]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalSettings {
    /// Queries above this price need a yes (SL003); `None` = never.
    pub from_usd: Option<Usd>,
    /// How long a request, and then its approval, stays good.
    pub ttl: Duration,
    /// Users and roles that may say yes, beside admins.
    pub approvers: Vec<String>,
}

impl Default for ApprovalSettings {
    fn default() -> ApprovalSettings {
        ApprovalSettings { from_usd: Some(Usd::from_dollars(1.0)), ttl: Duration::from_secs(15 * 60), approvers: vec!["admin".into()] }
    }
}

/// `on_exceed` of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OnExceed {
    /// SL002.
    #[default]
    Deny,
    /// SL002 for what must run; cached answers are still served (the guard never sees those).
    CacheOnly,
    /// A WARNING.
    Notice,
}

/// `budget_duration`: budgets start anew at whole multiples of it, counted in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// `30m`, `1h`, `1d`, `7d`: multiples since 1970-01-01.
    Every(Duration),
    /// `1mo`: a calendar month.
    Month,
}

impl Period {
    /// One day.
    pub const DAY: Period = Period::Every(Duration::from_secs(86_400));
}

/// One of `[[budgets]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// Its name, shown in refusals.
    pub name: String,
    /// Whom it concerns: a user name with `*` for any characters.
    pub user: String,
    /// `per = "user"`: every matching user has the whole amount; `per = "all"`: they share it.
    pub shared: bool,
    /// The most that may be spent in one period.
    pub max: Usd,
    /// From here on every query brings a WARNING.
    pub soft: Option<Usd>,
    /// The period.
    pub period: Period,
    /// What happens above `max`.
    pub on_exceed: OnExceed,
}

/// What a role changes in `[guard]`; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoleLimits {
    /// Instead of `guard.max_usd_per_query`.
    pub max_usd_per_query: Option<Usd>,
    /// Instead of `guard.max_bytes_per_query`.
    pub max_bytes_per_query: Option<Bytes>,
}

/// Everything the guard goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How strict.
    pub mode: Mode,
    /// The hard cap per query (SL001).
    pub max_usd_per_query: Option<Usd>,
    /// The hard cap per query in bytes billed; the lower of the two wins.
    pub max_bytes_per_query: Option<Bytes>,
    /// The hard cap per user and day, in UTC (SL002).
    pub max_usd_per_day: Option<Usd>,
    /// Partitioned tables need a condition on the partition column (SL004).
    pub require_partition_filter: bool,
    /// Estimates that cannot be relied upon.
    pub on_estimate_error: OnEstimateError,
    /// Estimates that are an upper bound.
    pub clustered_estimate: ClusteredEstimate,
    /// Who says yes.
    pub approval: ApprovalSettings,
    /// The price of a byte.
    pub pricing: Pricing,
    /// Named budgets.
    pub budgets: Vec<Budget>,
    /// Limits by role.
    pub roles: BTreeMap<String, RoleLimits>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mode: Mode::Enforce,
            max_usd_per_query: Some(Usd::from_dollars(10.0)),
            max_bytes_per_query: None,
            max_usd_per_day: Some(Usd::from_dollars(20.0)),
            require_partition_filter: true,
            on_estimate_error: OnEstimateError::Deny,
            clustered_estimate: ClusteredEstimate::Cap,
            approval: ApprovalSettings::default(),
            pricing: Pricing::default(),
            budgets: Vec::new(),
            roles: BTreeMap::new(),
        }
    }
}
