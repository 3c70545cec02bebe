//! `pg_timezone_names`: the zones of the IANA data base as they are at this moment; and `pg_timezone_abbrevs`.

use chrono::{Offset, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS};

use super::cells::{Cell, Row};
use crate::types::input::datetime::{abbreviations, followed, meant};
use crate::types::zone::{Tz, ZoneOffset};

/// One row for each zone.
pub fn names() -> Vec<Row> {
    let now = Utc::now().naive_utc();
    let row = |zone: &chrono_tz::Tz| {
        let offset = zone.offset_from_utc_datetime(&now);
        let east = i64::from(offset.fix().local_minus_utc());
        vec![
            ("name", Cell::Text(zone.name().to_owned())),
            ("abbrev", Cell::Text(offset.abbreviation().map_or_else(|| "UTC".to_owned(), str::to_owned))),
            ("utc_offset", Cell::Seconds(east)),
            ("is_dst", Cell::Bool(!offset.dst_offset().is_zero())),
        ]
    };
    TZ_VARIANTS.iter().map(row).collect()
}

/// The abbreviations of summer times that follow no place.
const SUMMER: &str = "acdt acsst adt aedt aesst akdt almst awsst azost bdst brst bst cadt cdt cest cetdst chadt clst edt eest eetdst \
                      egst fjst fnst idt kdt kgst mdt mest mesz metdst msd must ndt nzdt pdt pkst pmdt pyst sadt ulast uyst uzst wadt wdt \
                      wetdst wgst yekst";

/// One row for each abbreviation of the Default set.
pub fn abbrevs() -> Vec<Row> {
    let now = Utc::now();
    abbreviations().map(|(word, east)| abbrev(word, east, now.timestamp_micros())).collect()
}

/// What an abbreviation means at a moment. Where the place that it follows never knew it, it is the place's time (datetime.c,
/// `DetermineTimeZoneAbbrevOffsetInternal`).
fn abbrev(word: &str, east: i32, now: i64) -> Row {
    let (east, summer) = match followed(word) {
        Some(place) => match meant(word, place, now) {
            Some(east) => (east, false),
            None => at(place, now).unwrap_or((east, false)),
        },
        None => (east, SUMMER.split_whitespace().any(|summer| summer == word)),
    };
    vec![("abbrev", Cell::Text(word.to_uppercase())), ("utc_offset", Cell::Seconds(east.into())), ("is_dst", Cell::Bool(summer))]
}

/// A place's offset at a moment, and whether it is summer time.
fn at(place: Tz, now: i64) -> Option<(i32, bool)> {
    let moment = chrono::DateTime::from_timestamp_micros(now)?.naive_utc();
    let offset = place.offset_from_utc_datetime(&moment);
    let summer = matches!(&offset, ZoneOffset::Place(offset) if !offset.dst_offset().is_zero());
    Some((offset.fix().local_minus_utc(), summer))
}

#[test]
fn abbreviations_mean_what_their_places_say() {
    // 2026-07-01 00:00:00 UTC
    let row = |word: &str| abbrev(word, 0, 1_782_864_000_000_000).into_iter().map(|(_, cell)| cell).collect::<Vec<_>>();
    let cells = |word: &str, east, summer| vec![Cell::Text(word.into()), Cell::Seconds(east), Cell::Bool(summer)];
    assert_eq!(row("msk"), cells("MSK", 10_800, false));
    assert_eq!(row("clt"), cells("CLT", -14_400, false));
    assert_eq!(row("cest"), cells("CEST", 0, true));
    assert_eq!(abbrevs().len(), 195);
}

#[test]
fn utc_is_one_of_them() {
    let utc = names().into_iter().find(|row| row[0].1 == Cell::Text("UTC".into())).expect("UTC");
    assert_eq!(utc[2].1, Cell::Seconds(0));
    assert_eq!(utc[3].1, Cell::Bool(false));
}
