//! Bytes and dollars as exact types, and the rule that makes one of the other (BigQuery pricing page: on-demand).

use std::fmt;

/// One MiB.
pub const MIB: u64 = 1 << 20;

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["kB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 1024 {
            return write!(f, "{} bytes", self.0);
        }
        #[allow(clippy::cast_precision_loss)] // for people: two digits matter
        let mut value = self.0 as f64 / 1024.0;
        let mut unit = 0;
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        let digits = usize::from(value < 9.95);
        write!(f, "{value:.digits$} {}", UNITS[unit])
    }
}

impl Bytes {
    /// Rounds up to whole MiB, as bills are.
    #[must_use]
    pub fn ceil_mib(self) -> Bytes {
        Bytes(self.0.div_ceil(MIB).saturating_mul(MIB))
    }

    /// Adds, stopping at the largest number.
    #[must_use]
    pub fn plus(self, other: Bytes) -> Bytes {
        Bytes(self.0.saturating_add(other.0))
    }
}

/// An amount of money, in billionths of a US dollar: never a float in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Usd(pub u64);

impl Usd {
    /// Nothing.
    pub const ZERO: Usd = Usd(0);

    /// Converts an amount as people write it; negative and absurd amounts become the nearest possible.
    pub fn from_dollars(dollars: f64) -> Usd {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates, which is what is wanted
        Usd((dollars * 1e9).round().max(0.0) as u64)
    }

    /// Subtracts, stopping at nothing.
    #[must_use]
    pub fn minus(self, other: Usd) -> Usd {
        Usd(self.0.saturating_sub(other.0))
    }

    /// Adds, stopping at the largest amount.
    #[must_use]
    pub fn plus(self, other: Usd) -> Usd {
        Usd(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Usd {
    /// `USD 0.06`; amounts below a cent keep two significant digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (u128::from(self.0) + 5_000_000) / 10_000_000;
        if cents > 0 || self.0 == 0 {
            return write!(f, "USD {}.{:02}", cents / 100, cents % 100);
        }
        #[allow(clippy::cast_precision_loss)] // for people: two digits matter
        let dollars = self.0 as f64 / 1e9;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 2 and 9
        let digits = (1.0 - dollars.log10().floor()).min(9.0) as usize;
        write!(f, "USD {dollars:.digits$}")
    }
}
