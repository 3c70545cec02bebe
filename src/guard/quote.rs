//! What an estimate comes to in money: BigQuery's on-demand rules (pricing page, "On-demand compute pricing").

use std::fmt;

use super::price::{Bytes, Usd};
use super::settings::{Model, Pricing};
use super::{Accuracy, Estimate};

const TIB: u128 = 1 << 40;

impl Pricing {
    /// Returns the price of billed bytes, rounded up to a billionth of a dollar.
    pub fn price_of(&self, billed: Bytes) -> Usd {
        if self.model != Model::OnDemand {
            return Usd::ZERO;
        }
        per_tib(billed, self.usd_per_tib)
    }

    /// Returns the price of reading so much by the Storage Read API: by the byte, also where queries are paid by slots (pricing page, "Data
    /// extraction"). That page lets off temporary tables; whether the anonymous table of a result counts as one shows on the bill, so the
    /// price is counted unless the setting is 0.
    pub fn price_of_reading(&self, read: Bytes) -> Usd {
        if self.model == Model::None { Usd::ZERO } else { per_tib(read, self.storage_read_usd_per_tib) }
    }

    /// Returns the most bytes that cost no more than this; `None` when bytes cost nothing.
    pub fn bytes_for(&self, price: Usd) -> Option<Bytes> {
        if self.model != Model::OnDemand || self.usd_per_tib == Usd::ZERO {
            return None;
        }
        let bytes = u128::from(price.0) * TIB / u128::from(self.usd_per_tib.0);
        Some(Bytes(u64::try_from(bytes).unwrap_or(u64::MAX)))
    }

    /// Returns what would be billed: whole MiB, the minimum for every table, nothing for what reads nothing.
    pub fn billed(&self, estimate: &Estimate) -> Bytes {
        if estimate.warehouse_cache_hit || (estimate.bytes.0 == 0 && estimate.accuracy == Accuracy::Exact) {
            return Bytes(0);
        }
        let by_table = estimate.scans.iter().map(|scan| scan.bytes.ceil_mib().max(self.min_bytes_per_table));
        by_table.fold(Bytes(0), Bytes::plus).max(estimate.bytes.ceil_mib()).max(self.min_bytes_per_table)
    }

    /// Returns the most that may be billed if the estimate holds: what is set aside.
    pub fn most_billed(&self, estimate: &Estimate) -> Bytes {
        let tables = u64::try_from(estimate.scans.len().max(1)).unwrap_or(u64::MAX);
        estimate.bytes.ceil_mib().plus(Bytes(self.min_bytes_per_table.0.saturating_mul(tables)))
    }

    /// Prices an estimate.
    pub fn quote(&self, estimate: &Estimate) -> Quote {
        let billed = self.billed(estimate);
        let reserve_bytes = self.most_billed(estimate);
        Quote {
            billed,
            price: self.price_of(billed),
            reserve_bytes,
            reserve: self.price_of(reserve_bytes),
            minimum: (billed > estimate.bytes.ceil_mib()).then_some(self.min_bytes_per_table),
            at_most: estimate.accuracy == Accuracy::UpperBound,
            label: self.label(),
            currency: self.currency.clone(),
        }
    }

    /// Returns what stands behind every price: ` (simulated)` or nothing.
    pub fn label(&self) -> &'static str {
        match (self.model, self.simulated) {
            (Model::Slots, _) => " (allocated)",
            (_, true) => " (simulated)",
            (_, false) => "",
        }
    }

    /// Prints an amount in the currency of the settings, without the label.
    pub fn amount(&self, amount: Usd) -> String {
        in_currency(amount, &self.currency)
    }
}

fn per_tib(bytes: Bytes, price: Usd) -> Usd {
    let nanos = (u128::from(bytes.0) * u128::from(price.0)).div_ceil(TIB);
    Usd(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn in_currency(amount: Usd, currency: &str) -> String {
    amount.to_string().replacen("USD", currency, 1)
}

/// The price of a query before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What it would be billed.
    pub billed: Bytes,
    /// The price of that: what people are shown.
    pub price: Usd,
    /// What is set aside in bytes: the estimate and a minimum for every table.
    pub reserve_bytes: Bytes,
    /// The price of that.
    pub reserve: Usd,
    /// The minimum per table, where it made the price higher.
    pub minimum: Option<Bytes>,
    /// The estimate is an upper bound.
    pub at_most: bool,
    label: &'static str,
    currency: String,
}

impl Quote {
    /// Returns `USD 0.06 (simulated, 10 MiB minimum)`: the price with everything there is to say about it.
    pub fn noted(&self) -> String {
        let mut notes: Vec<String> = Vec::new();
        if !self.label.is_empty() {
            notes.push(self.label.trim_matches([' ', '(', ')']).to_owned());
        }
        if let Some(minimum) = self.minimum {
            notes.push(format!("{minimum} minimum"));
        }
        let amount = in_currency(self.price, &self.currency);
        let at_most = if self.at_most { "at most " } else { "" };
        if notes.is_empty() { format!("{at_most}{amount}") } else { format!("{at_most}{amount} ({})", notes.join(", ")) }
    }
}

impl fmt::Display for Quote {
    /// `USD 0.06 (simulated)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", in_currency(self.price, &self.currency), self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::super::price::MIB;
    use super::super::tests::{estimate, scan};
    use super::*;

    fn demo() -> Pricing {
        Pricing { usd_per_tib: Usd::from_dollars(6250.0), simulated: true, ..Pricing::default() }
    }

    #[test]
    fn a_tebibyte_costs_six_and_a_quarter() {
        assert_eq!(Pricing::default().price_of(Bytes(1 << 40)), Usd::from_dollars(6.25));
        assert_eq!(Pricing::default().bytes_for(Usd::from_dollars(6.25)), Some(Bytes(1 << 40)));
    }

    #[test]
    fn small_reads_pay_the_minimum_for_every_table() {
        let one = estimate(&[scan("orders", 71_000)]);
        assert_eq!(demo().billed(&one), Bytes(10 * MIB));
        assert_eq!(demo().quote(&one).noted(), "USD 0.06 (simulated, 10 MiB minimum)");
        let two = estimate(&[scan("orders", 100 * MIB + 1), scan("customers", 1)]);
        assert_eq!(demo().billed(&two), Bytes(111 * MIB));
        assert_eq!(demo().most_billed(&two), Bytes(121 * MIB));
    }

    #[test]
    fn a_total_without_parts_is_rounded_up_to_a_mebibyte() {
        let mut whole = estimate(&[scan("orders", 0)]);
        whole.bytes = Bytes(25 * MIB - 5);
        assert_eq!(demo().billed(&whole), Bytes(25 * MIB));
        assert_eq!(demo().quote(&whole).to_string(), "USD 0.15 (simulated)");
        assert_eq!(demo().quote(&whole).minimum, None);
    }

    #[test]
    fn what_reads_nothing_costs_nothing() {
        assert_eq!(demo().quote(&estimate(&[scan("orders", 0)])).to_string(), "USD 0.00 (simulated)");
    }

    #[test]
    fn slots_have_no_price_by_query() {
        let slots = Pricing { model: Model::Slots, ..demo() };
        assert_eq!(slots.price_of(Bytes(1 << 50)), Usd::ZERO);
        assert_eq!(slots.bytes_for(Usd::from_dollars(1.0)), None);
    }
}
