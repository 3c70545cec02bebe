//! Moments before standard time: PostgreSQL shows an offset with seconds (`-04:56:02`), GoogleSQL's formats know minutes only.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, Offset, TimeDelta, TimeZone};

use super::*;

/// No zone has an offset with seconds since then.
const LAST_DAY: i64 = 1_000; // days since 1970-01-01

impl Emitter {
    /// A timestamptz that is shown in the session's zone: a run fails at moments whose offset has seconds.
    pub fn in_standard_time(&self, value: &Expr, text: Text) -> Text {
        let Some(first) = standard_time(self.zone).filter(|_| !self.is_utc() && !literals::is_constant(value)) else { return text };
        let first = literals::string(&first.format("%Y-%m-%d %H:%M:%S+00").to_string());
        Text::atom(format!(
            "IF({} < TIMESTAMP {first}, ERROR('the text of a moment before standard time is not supported'), {text})",
            text.operand()
        ))
    }
}

/// When a zone's offset has been whole minutes for good; `None` where it always was.
fn standard_time(zone: Tz) -> Option<DateTime<chrono::Utc>> {
    // Those that POSIX spells never change their offset's seconds; one that has any has no form here.
    let Tz::Place(_) = zone else { return None };
    static KNOWN: Mutex<Option<HashMap<Tz, Option<i64>>>> = Mutex::new(None);
    let found = |known: &mut HashMap<Tz, Option<i64>>| *known.entry(zone).or_insert_with(|| searched(zone));
    let second = match KNOWN.lock() {
        Ok(mut known) => found(known.get_or_insert_default()),
        Err(_) => searched(zone),
    };
    DateTime::from_timestamp(second?, 0)
}

fn searched(zone: Tz) -> Option<i64> {
    let has_seconds = |second: i64| {
        let Some(moment) = DateTime::from_timestamp(second, 0) else { return false };
        zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc() % 60 != 0
    };
    let day = TimeDelta::days(1).num_seconds();
    // From day to day back to the year 1800, where every zone has the time of its place.
    let last = (-62_100..LAST_DAY).rev().map(|n| n * day).find(|second| has_seconds(*second))?;
    let (mut with, mut without) = (last, last + day);
    while without - with > 1 {
        let middle = with + (without - with) / 2;
        if has_seconds(middle) { with = middle } else { without = middle }
    }
    Some(without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_time_begins_where_offsets_have_no_seconds() {
        let first = |zone: &str| standard_time(zone.parse().unwrap()).map(|first| first.to_rfc3339());
        assert_eq!(first("America/New_York").as_deref(), Some("1883-11-18T17:00:00+00:00"));
        assert_eq!(first("Africa/Monrovia").as_deref(), Some("1972-01-07T00:44:30+00:00"));
        assert_eq!(first("UTC"), None);
        assert_eq!(first("Etc/GMT+5"), None);
    }
}
