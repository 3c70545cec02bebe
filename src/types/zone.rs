//! Time zones: places of the IANA database, and zones in POSIX's spelling (appendix B.5), fixed (`<-07:30>+07:30`) or with rules for summer time
//! (`EST5EDT,M3.2.0,M11.1.0`).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, TzOffset};

mod posix;

pub use posix::{Posix, name_of_offset};

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tz {
    /// Of the database.
    Place(chrono_tz::Tz),
    /// In POSIX's spelling.
    Posix(Posix),
}

impl Tz {
    /// Coordinated Universal Time.
    pub const UTC: Tz = Tz::Place(chrono_tz::Tz::UTC);

    /// Finds a place by its name, whatever the case.
    pub fn place(name: &str) -> Option<Tz> {
        TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).map(|zone| Tz::Place(*zone))
    }

    /// Reads a zone in POSIX's spelling.
    pub fn posix(text: &str) -> Option<Tz> {
        Posix::read(text).map(Tz::Posix)
    }

    /// Makes the zone that is always so many seconds east of Greenwich, with the name that PostgreSQL gives it.
    pub fn east(seconds: i32) -> Option<Tz> {
        Tz::posix(&name_of_offset(seconds))
    }

    /// Returns its name; the one of a zone in POSIX's spelling says the same as what was read.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Tz::Place(zone) => zone.name().into(),
            Tz::Posix(zone) => zone.to_string().into(),
        }
    }
}

impl From<chrono_tz::Tz> for Tz {
    fn from(zone: chrono_tz::Tz) -> Tz {
        Tz::Place(zone)
    }
}

/// Reads a place's name as the database spells it.
impl FromStr for Tz {
    type Err = ();

    fn from_str(name: &str) -> Result<Tz, ()> {
        name.parse().map(Tz::Place).map_err(|_| ())
    }
}

/// A zone's offset at a moment.
#[derive(Clone, Copy, Debug)]
pub enum ZoneOffset {
    /// Of a place.
    Place(TzOffset),
    /// Of a zone in POSIX's spelling: whether it is summer time.
    Posix(Posix, bool),
}

impl ZoneOffset {
    /// Returns what the time is called then.
    pub fn abbreviation(&self) -> Option<&str> {
        match self {
            ZoneOffset::Place(offset) => offset.abbreviation(),
            ZoneOffset::Posix(zone, summer) => Some(zone.period(*summer).name()),
        }
    }
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        match self {
            ZoneOffset::Place(offset) => offset.fix(),
            ZoneOffset::Posix(zone, summer) => {
                FixedOffset::east_opt(zone.period(*summer).east).expect("an offset of less than a day was read")
            }
        }
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneOffset::Place(offset) => offset.fmt(f),
            ZoneOffset::Posix(zone, summer) => f.write_str(zone.period(*summer).name()),
        }
    }
}

impl TimeZone for Tz {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Tz {
        match offset {
            ZoneOffset::Place(offset) => Tz::Place(chrono_tz::Tz::from_offset(offset)),
            ZoneOffset::Posix(zone, _) => Tz::Posix(*zone),
        }
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<ZoneOffset> {
        match self {
            Tz::Place(zone) => zone.offset_from_local_datetime(local).map(ZoneOffset::Place),
            Tz::Posix(zone) => {
                let holds = |summer: bool| {
                    let utc = local.checked_sub_signed(TimeDelta::seconds(zone.period(summer).east.into()))?;
                    (zone.is_summer(utc) == summer).then_some(ZoneOffset::Posix(*zone, summer))
                };
                match (holds(false), holds(true)) {
                    (Some(one), Some(other)) => {
                        // The moment farther east comes first.
                        let summer_first = zone.period(true).east > zone.period(false).east;
                        if summer_first { LocalResult::Ambiguous(other, one) } else { LocalResult::Ambiguous(one, other) }
                    }
                    (Some(one), None) | (None, Some(one)) => LocalResult::Single(one),
                    (None, None) => LocalResult::None,
                }
            }
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        match self {
            Tz::Place(zone) => ZoneOffset::Place(zone.offset_from_utc_datetime(utc)),
            Tz::Posix(zone) => ZoneOffset::Posix(*zone, zone.is_summer(*utc)),
        }
    }
}

/// Places that the code and its tests name.
#[allow(non_upper_case_globals, reason = "as crate chrono-tz spells them")]
impl Tz {
    /// Morocco, whose summer time follows Ramadan.
    pub const Africa__Casablanca: Tz = Tz::Place(chrono_tz::Tz::Africa__Casablanca);
    /// Likewise.
    pub const Africa__El_Aaiun: Tz = Tz::Place(chrono_tz::Tz::Africa__El_Aaiun);
}

/// Returns the first day of a year's month.
fn first_of(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)
}

/// Returns the year of a moment.
fn year_of(moment: NaiveDateTime) -> i32 {
    DateTime::<chrono::Utc>::from_naive_utc_and_offset(moment, chrono::Utc).year()
}

#[cfg(test)]
#[allow(non_upper_case_globals, missing_docs, reason = "as crate chrono-tz spells them")]
impl Tz {
    pub const Europe__Berlin: Tz = Tz::Place(chrono_tz::Tz::Europe__Berlin);
    pub const America__New_York: Tz = Tz::Place(chrono_tz::Tz::America__New_York);
    pub const America__St_Johns: Tz = Tz::Place(chrono_tz::Tz::America__St_Johns);
    pub const America__Sao_Paulo: Tz = Tz::Place(chrono_tz::Tz::America__Sao_Paulo);
    pub const Asia__Tokyo: Tz = Tz::Place(chrono_tz::Tz::Asia__Tokyo);
    pub const Asia__Kolkata: Tz = Tz::Place(chrono_tz::Tz::Asia__Kolkata);
    pub const Australia__Lord_Howe: Tz = Tz::Place(chrono_tz::Tz::Australia__Lord_Howe);
}
