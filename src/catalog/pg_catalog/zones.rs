//! `pg_timezone_names`: the zones of the IANA data base as they are at this moment.

use chrono::{Offset, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS};

use super::cells::{Cell, Row};

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

#[test]
fn utc_is_one_of_them() {
    let utc = names().into_iter().find(|row| row[0].1 == Cell::Text("UTC".into())).expect("UTC");
    assert_eq!(utc[2].1, Cell::Seconds(0));
    assert_eq!(utc[3].1, Cell::Bool(false));
}
