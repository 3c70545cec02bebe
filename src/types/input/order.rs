//! The order in which DateStyle says that dates are read: `01/02/03` has three meanings.

use crate::types::zone::Tz;

/// The second word of `DateStyle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Month, day, year.
    #[default]
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
}

impl Order {
    /// Reads it off a value of `DateStyle`.
    pub fn of(date_style: &str) -> Order {
        match date_style.rsplit(' ').next() {
            Some("DMY") => Order::Dmy,
            Some("YMD") => Order::Ymd,
            _ => Order::Mdy,
        }
    }
}

/// What the reading of dates and times depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reads {
    /// `TimeZone`: what a timestamptz without a zone is in.
    pub zone: Tz,
    /// The order of dates.
    pub order: Order,
}

/// In PostgreSQL's own order, MDY.
impl From<Tz> for Reads {
    fn from(zone: Tz) -> Reads {
        Reads { zone, order: Order::Mdy }
    }
}
