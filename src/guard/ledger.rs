//! What is spent and what is set aside, by account and period: one lock, one step, never over a limit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Datelike, Utc};

use super::price::Usd;
use super::settings::Period;

/// Periods that are over are forgotten once this many accounts are held.
const ACCOUNTS_BEFORE_CLEANING: usize = 4096;

/// Whose money: one limit, of one user or of all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The budget's name; `None` for the day of a user.
    pub budget: Option<String>,
    /// Whose; `None` for a shared budget.
    pub user: Option<String>,
}

/// A claim on one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The account.
    pub account: Account,
    /// Its period.
    pub period: Period,
    /// The most that may be spent and set aside in the period; `None` only counts.
    pub limit: Option<Usd>,
}

/// The state of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Settled.
    pub spent: Usd,
    /// Set aside for what is under way.
    pub reserved: Usd,
}

impl Balance {
    /// Returns what is gone or promised.
    pub fn used(self) -> Usd {
        self.spent.plus(self.reserved)
    }
}

/// A claim that did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which of the claims.
    pub claim: usize,
    /// The account before it.
    pub balance: Balance,
    /// Its limit.
    pub limit: Usd,
}

/// The books of one process.
#[derive(Debug, Default)]
pub struct Ledger {
    balances: Mutex<HashMap<(Account, i64), Balance>>,
}

impl Ledger {
    /// Sets the amount aside in every account, or in none: the one step in which a limit is checked.
    ///
    /// # Errors
    /// The first claim that does not fit.
    pub fn reserve(self: &Arc<Ledger>, now: DateTime<Utc>, amount: Usd, claims: &[Claim]) -> Result<Reservation, Refused> {
        let mut balances = self.lock();
        let accounts: Vec<(Account, i64)> = claims.iter().map(|claim| (claim.account.clone(), number(claim.period, now))).collect();
        for (i, (key, claim)) in accounts.iter().zip(claims).enumerate() {
            let balance = balances.get(key).copied().unwrap_or_default();
            // Checked, since a sum that stops at the largest amount would always fit under it.
            let fits = |limit: Usd| balance.spent.0.checked_add(balance.reserved.0)?.checked_add(amount.0).filter(|sum| *sum <= limit.0);
            if let Some(limit) = claim.limit
                && fits(limit).is_none()
            {
                return Err(Refused { claim: i, balance, limit });
            }
        }
        if balances.len() > ACCOUNTS_BEFORE_CLEANING {
            let current: HashMap<Option<&str>, i64> =
                accounts.iter().map(|(account, period)| (account.budget.as_deref(), *period)).collect();
            balances.retain(|(account, period), balance| {
                balance.reserved != Usd::ZERO || current.get(&account.budget.as_deref()).is_none_or(|now| now == period)
            });
        }
        for key in &accounts {
            let balance = balances.entry(key.clone()).or_default();
            balance.reserved = balance.reserved.plus(amount);
        }
        drop(balances);
        Ok(Reservation { ledger: self.clone(), claims: claims.to_vec(), accounts, amount, open: true })
    }

    /// Returns the state of an account in the period that `now` lies in.
    pub fn balance(&self, now: DateTime<Utc>, account: &Account, period: Period) -> Balance {
        self.lock().get(&(account.clone(), number(period, now))).copied().unwrap_or_default()
    }

    /// Returns the accounts of one budget (`None`: the days of users) that were used in the period that `now` lies in.
    pub fn accounts(&self, now: DateTime<Utc>, budget: Option<&str>, period: Period) -> Vec<(Account, Balance)> {
        let current = number(period, now);
        let balances = self.lock();
        let ours = balances.iter().filter(|((account, period), _)| account.budget.as_deref() == budget && *period == current);
        let mut accounts: Vec<(Account, Balance)> = ours.map(|((account, _), balance)| (account.clone(), *balance)).collect();
        accounts.sort_by(|(left, _), (right, _)| left.user.cmp(&right.user));
        accounts
    }

    fn close(&self, accounts: &[(Account, i64)], amount: Usd, spent: Usd) {
        let mut balances = self.lock();
        for key in accounts {
            let balance = balances.entry(key.clone()).or_default();
            balance.reserved = balance.reserved.minus(amount);
            balance.spent = balance.spent.plus(spent);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Account, i64), Balance>> {
        self.balances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns which period a moment lies in.
fn number(period: Period, now: DateTime<Utc>) -> i64 {
    match period {
        Period::Every(length) => now.timestamp().div_euclid(i64::try_from(length.as_secs()).unwrap_or(i64::MAX).max(1)),
        Period::Month => i64::from(now.year()) * 12 + i64::from(now.month0()),
    }
}

/// Money set aside. Dropped without a word it counts as spent: what nobody knows the end of may have been billed.
#[derive(Debug)]
pub struct Reservation {
    ledger: Arc<Ledger>,
    claims: Vec<Claim>,
    accounts: Vec<(Account, i64)>,
    amount: Usd,
    open: bool,
}

impl Reservation {
    /// Returns what is set aside.
    pub fn amount(&self) -> Usd {
        self.amount
    }

    /// Settles it with what was spent so far, and sets the same amount aside once more.
    ///
    /// # Errors
    /// The first claim that does not fit any more; what was spent is settled even so.
    pub fn again(&mut self, now: DateTime<Utc>, spent: Usd) -> Result<(), Refused> {
        self.settle(spent);
        *self = self.ledger.reserve(now, self.amount, &self.claims)?;
        Ok(())
    }

    /// Sets another amount aside for the same accounts.
    ///
    /// # Errors
    /// The first claim that it does not fit.
    pub fn beside(&self, now: DateTime<Utc>, amount: Usd) -> Result<Reservation, Refused> {
        self.ledger.reserve(now, amount, &self.claims)
    }

    /// Replaces it by what was really spent; only the first call counts.
    pub fn settle(&mut self, spent: Usd) {
        if std::mem::take(&mut self.open) {
            self.ledger.close(&self.accounts, self.amount, spent);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.settle(self.amount);
    }
}

#[cfg(test)]
mod tests;
