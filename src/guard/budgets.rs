//! Budgets: the accounts that a user's queries count in, what is said when one is used up, how they stand.

use std::sync::PoisonError;

use chrono::Utc;

use super::ledger::{Account, Balance, Claim, Refused, Reservation};
use super::price::Usd;
use super::quote::Quote;
use super::settings::{Budget, Mode, OnExceed, Period};
use super::{Guard, check_admin, matches, warn};
use crate::error::{Report, Result, SqlState};
use crate::query::{Notice, Principal, QueryContext};

/// The name that the cap per user and day goes by.
pub const DAY: &str = "day";

/// How a budget stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetState {
    /// Its name; [`DAY`] for the cap per user and day.
    pub name: String,
    /// Whose it is; `None` for one that several users share.
    pub user: Option<String>,
    /// The most; `None` where the day has no cap.
    pub max: Option<Usd>,
    /// Settled and set aside in the present period.
    pub balance: Balance,
    /// Its period.
    pub period: Period,
    /// What happens above the most.
    pub on_exceed: OnExceed,
}

impl Guard {
    /// Returns how the budgets of a user stand; an admin sees everybody's.
    pub fn budgets(&self, principal: &Principal) -> Vec<BudgetState> {
        let now = Utc::now();
        let mut claims = self.claims(principal);
        if principal.admin {
            let periods: Vec<(Option<&str>, Period)> = std::iter::once((None, Period::DAY))
                .chain(self.settings.budgets.iter().map(|budget| (Some(&*budget.name), budget.period)))
                .collect();
            for (name, period) in periods {
                for (account, _) in self.ledger.accounts(now, name, period) {
                    if claims.iter().all(|claim| claim.account != account) {
                        let limit = self.budget(&account).map(|budget| self.max_of(budget)).or(self.settings.max_usd_per_day);
                        claims.push(Claim { account, period, limit });
                    }
                }
            }
        }
        let state = |claim: Claim| {
            let budget = self.budget(&claim.account);
            BudgetState {
                name: claim.account.budget.clone().unwrap_or_else(|| DAY.to_owned()),
                user: claim.account.user.clone(),
                max: match budget {
                    Some(budget) => Some(self.max_of(budget)),
                    None => self.settings.max_usd_per_day,
                },
                balance: self.ledger.balance(now, &claim.account, claim.period),
                period: claim.period,
                on_exceed: budget.map_or(OnExceed::Deny, |budget| budget.on_exceed),
            }
        };
        claims.into_iter().map(state).collect()
    }

    /// Changes the most of a budget until the settings are read again: `sluice.set_budget(name, usd)`.
    ///
    /// # Errors
    /// 42501 unless an admin asks, 42704 for a name that no budget has, 22023 for an amount that is none.
    pub fn set_budget(&self, name: &str, usd: f64, by: &Principal) -> Result<String> {
        check_admin(by, "change a budget")?;
        if !usd.is_finite() || usd < 0.0 {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("{usd} is no amount of money")));
        }
        if self.settings.budgets.iter().all(|budget| budget.name != name) {
            let known: Vec<&str> = self.settings.budgets.iter().map(|budget| budget.name.as_str()).collect();
            let report = Report::new(SqlState::UNDEFINED_OBJECT, format!("there is no budget \"{name}\""));
            return Err(if known.is_empty() {
                report.hint("Budgets are the [[budgets]] of the configuration; it has none.")
            } else {
                report.hint(format!("Budgets: {}.", known.join(", ")))
            });
        }
        let most = Usd::from_dollars(usd);
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), most);
        Ok(format!("budget \"{name}\" is {} until the configuration is read again", self.pricing.amount(most)))
    }

    /// Returns the most of a budget, as it is now.
    fn max_of(&self, budget: &Budget) -> Usd {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).get(&budget.name).copied().unwrap_or(budget.max)
    }

    /// Returns the budget of an account; `None` for the day.
    fn budget(&self, account: &Account) -> Option<&Budget> {
        let name = account.budget.as_ref()?;
        self.settings.budgets.iter().find(|budget| budget.name == *name)
    }

    /// Sets the money aside in every account that the user's queries count in.
    pub(super) fn reserve(&self, cx: &QueryContext, reserve: Usd, quote: &Quote) -> Result<Reservation> {
        let now = Utc::now();
        let mut claims = self.claims(&cx.principal);
        loop {
            match self.ledger.reserve(now, reserve, &claims) {
                Ok(reservation) => {
                    self.warn_soft(cx, &claims);
                    return Ok(reservation);
                }
                Err(refused) => {
                    let account = &claims[refused.claim].account;
                    let report = self.over_budget(account, &refused, quote);
                    let lenient = self.budget(account).is_some_and(|budget| budget.on_exceed == OnExceed::Notice);
                    if lenient {
                        warn(cx, &report);
                    } else {
                        self.refuse(cx, report)?;
                    }
                    // It is only counted from here on; every round frees one claim, so this ends.
                    claims[refused.claim].limit = None;
                }
            }
        }
    }

    /// Returns the accounts that a user's queries count in, in the order of checking.
    pub(super) fn claims(&self, principal: &Principal) -> Vec<Claim> {
        let day = Claim { account: day_of(principal), period: Period::DAY, limit: self.settings.max_usd_per_day };
        let budgets = self.settings.budgets.iter().filter(|budget| matches(&budget.user, &principal.user));
        let claims = budgets.map(|budget| {
            let account = Account { budget: Some(budget.name.clone()), user: (!budget.shared).then(|| principal.user.clone()) };
            Claim { account, period: budget.period, limit: Some(self.max_of(budget)) }
        });
        let mut claims: Vec<Claim> = std::iter::once(day).chain(claims).collect();
        if self.settings.mode == Mode::Off {
            claims.iter_mut().for_each(|claim| claim.limit = None);
        }
        claims
    }

    fn over_budget(&self, account: &Account, refused: &Refused, quote: &Quote) -> Report {
        let Refused { balance, limit, .. } = *refused;
        let left = limit.minus(balance.used());
        // The price alone may fit, and the rounding that is set aside with it not.
        let cost = if quote.price > left {
            format!("would cost {quote}")
        } else {
            format!("could cost up to {}{}", self.pricing.amount(quote.reserve), self.pricing.label())
        };
        let left = self.pricing.amount(left);
        let of = match &account.budget {
            None => format!("the day's limit of {}", self.pricing.amount(limit)),
            Some(name) => format!("{} of budget \"{name}\"", self.pricing.amount(limit)),
        };
        let Balance { spent, reserved } = balance;
        Report::new(SqlState::BUDGET_EXHAUSTED, format!("SL002: query {cost}, and only {left} of {of} is left"))
            .detail(format!("Spent: {}; set aside for queries under way: {}.", self.pricing.amount(spent), self.pricing.amount(reserved)))
            .hint("Days and budget periods begin at midnight UTC. Cached answers and EXPLAIN stay free.")
    }

    fn warn_soft(&self, cx: &QueryContext, claims: &[Claim]) {
        let now = Utc::now();
        for claim in claims {
            let Some(budget) = self.budget(&claim.account) else { continue };
            let used = self.ledger.balance(now, &claim.account, claim.period).used();
            if budget.soft.is_some_and(|soft| used > soft) {
                let (used, max) = (self.pricing.amount(used), self.pricing.amount(self.max_of(budget)));
                cx.notices.push(Notice::warning(format!("budget \"{}\" is at {used} of {max}", budget.name)));
            }
        }
    }
}

/// The account of a user's day.
pub(super) fn day_of(principal: &Principal) -> Account {
    Account { budget: None, user: Some(principal.user.clone()) }
}
