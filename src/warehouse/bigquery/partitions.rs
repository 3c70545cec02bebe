//! The ends of the column that a table is partitioned by, from the list of its partitions: `min` and `max` without a job.
//!
//! The meta table `table$__PARTITIONS_SUMMARY__` lists the partitions, and `table$id` tells how many rows one of them holds; both are metadata and free
//! (BigQuery, "Managing partitioned tables", "Partition decorators"). That is exact where each partition is one value: the days of a DATE, the time of
//! ingestion, integers in ranges of one. It is not where rows belong to no partition yet (`__UNPARTITIONED__`), where a partition may expire at any
//! moment, or where the table changes meanwhile: a job decides then.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::answers::{TableAnswer, TablePlace};
use super::api::Api;
use super::decode::Cell;
use super::free::is_plain;
use super::types::TableField;
use crate::catalog::model::{Column, Table};
use crate::warehouse::Fact;

/// More partitions than BigQuery has in a table today are a job's business.
const PARTITIONS: usize = 20_000;
/// So many partitions without rows are looked at on the way to the first with some.
const EMPTY: usize = 8;
/// A partition that expires within this time may be gone already.
const MARGIN: TimeDelta = TimeDelta::days(1);
/// The partition of rows without a value.
const NULLS: &str = "__NULL__";

/// Answers questions about a whole table of which this is the metadata; `None` where a job is needed.
pub(super) async fn facts_of(
    api: &Api,
    place: &TablePlace,
    table: &Table,
    answer: &TableAnswer,
    facts: &[Fact],
) -> Option<Vec<(TableField, Cell)>> {
    let rows: u64 = answer.num_rows.as_ref()?.parse().ok()?;
    let ends = match facts.iter().any(|fact| *fact != Fact::Count) {
        true => Some(Ends::find(api, place, answer, rows).await?),
        false => None,
    };
    let cell = |fact: &Fact| -> Option<(TableField, Cell)> {
        let (column, id) = match (fact, &ends) {
            (Fact::Count, _) => return Some((field("INT64"), Cell::Text(rows.to_string().into()))),
            (Fact::Min(column), Some(ends)) => (column, ends.least),
            (Fact::Max(column), Some(ends)) => (column, ends.greatest),
            (Fact::Min(_) | Fact::Max(_), None) => return None,
        };
        let column = table.column_at(*column)?;
        let kind = Kind::of(column, answer)?;
        Some((
            field(kind.native()),
            match id {
                Some(id) => Cell::Text(kind.value(id)?.into()),
                None => Cell::Null,
            },
        ))
    };
    facts.iter().map(cell).collect()
}

fn field(kind: &str) -> TableField {
    TableField { kind: kind.to_owned(), ..TableField::default() }
}

/// The ids of the first and the last partition with rows that have a value; none for a table without such rows.
#[derive(Debug)]
struct Ends {
    least: Option<i64>,
    greatest: Option<i64>,
}

impl Ends {
    async fn find(api: &Api, place: &TablePlace, answer: &TableAnswer, rows: u64) -> Option<Ends> {
        let listed = api.partitions(place, PARTITIONS).await.ok().filter(|listed| listed.len() <= PARTITIONS)?;
        let has_nulls = listed.iter().any(|id| id == NULLS);
        // Anything else that is no number has rows whose value is not told.
        let ids: Option<Vec<i64>> = listed.iter().filter(|id| *id != NULLS).map(|id| id.parse().ok()).collect();
        let mut ids = ids?;
        ids.sort_unstable();
        let (least, greatest) = tokio::join!(first_filled(api, place, ids.iter()), first_filled(api, place, ids.iter().rev()));
        let ends = Ends { least: least?, greatest: greatest? };
        if ends.least.is_none() {
            let nulls = if has_nulls { rows_in(api, place, NULLS).await? } else { 0 };
            if nulls != rows {
                return None;
            }
        }
        for id in [ends.least, ends.greatest].into_iter().flatten() {
            if may_expire(id, answer) {
                return None;
            }
        }
        let after = api.table(place).await.ok()?;
        let unchanged = (&after.etag, &after.last_modified_time) == (&answer.etag, &answer.last_modified_time) && is_plain(&after);
        unchanged.then_some(ends)
    }
}

/// Returns the first partition with rows: `Some(None)` where there is none, `None` where it is not found.
#[allow(clippy::option_option, reason = "no such partition is an answer, an unknown one is none")]
async fn first_filled(api: &Api, place: &TablePlace, ids: impl ExactSizeIterator<Item = &i64>) -> Option<Option<i64>> {
    let listed = ids.len();
    for id in ids.take(EMPTY) {
        if rows_in(api, place, &id.to_string()).await? > 0 {
            return Some(Some(*id));
        }
    }
    (listed <= EMPTY).then_some(None)
}

async fn rows_in(api: &Api, place: &TablePlace, id: &str) -> Option<u64> {
    let partition = api.partition(place, id).await.ok()?;
    partition.num_rows.filter(|_| partition.streaming_buffer.is_none())?.parse().ok()
}

fn may_expire(id: i64, answer: &TableAnswer) -> bool {
    let Some(kept) = answer.time_partitioning.as_ref().and_then(|time| time.expiration_ms.as_ref()) else { return false };
    let kept = kept.parse().ok().and_then(TimeDelta::try_milliseconds);
    let goes = kept.zip(begins(id)).and_then(|(kept, begins)| begins.checked_add_signed(kept));
    goes.is_none_or(|goes| goes < Utc::now() + MARGIN)
}

/// What one value a partition stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Date,
    Timestamp,
    Integer,
}

impl Kind {
    /// Returns what the partitions of a table are in one of its columns; `None` where they are no single values, where that is protected, or where the
    /// catalog knows another table.
    fn of(column: &Column, answer: &TableAnswer) -> Option<Kind> {
        let known = |kind: &str| {
            let field = answer.schema.fields.iter().find(|field| field.name == column.name)?;
            (field.kind == kind && !field.is_repeated() && !field.is_protected() && field.native() == column.native).then_some(())
        };
        match (&answer.time_partitioning, &answer.range_partitioning) {
            (Some(time), None) => match (&time.field, time.unit.as_str()) {
                (Some(field), "" | "DAY") if field.eq_ignore_ascii_case(&column.name) => known("DATE").map(|()| Kind::Date),
                (None, "" | "DAY") if column.name == "_PARTITIONDATE" => Some(Kind::Date),
                (None, _) if column.name == "_PARTITIONTIME" => Some(Kind::Timestamp),
                _ => None,
            },
            (None, Some(ranges)) if ranges.field.eq_ignore_ascii_case(&column.name) && ranges.range.interval.as_deref() == Some("1") => {
                known("INT64").map(|()| Kind::Integer)
            }
            _ => None,
        }
    }

    fn native(self) -> &'static str {
        match self {
            Kind::Date => "DATE",
            Kind::Timestamp => "TIMESTAMP",
            Kind::Integer => "INT64",
        }
    }

    /// Returns the value as a cell has it.
    fn value(self, id: i64) -> Option<String> {
        match self {
            Kind::Integer => Some(id.to_string()),
            Kind::Date => (id > 1_000_000).then(|| begins(id))?.map(|begins| begins.format("%Y-%m-%d").to_string()),
            Kind::Timestamp => Some(begins(id)?.timestamp_micros().to_string()),
        }
    }
}

/// Returns when a partition by time begins: `YYYY`, `YYYYMM`, `YYYYMMDD`, `YYYYMMDDHH`.
fn begins(id: i64) -> Option<DateTime<Utc>> {
    let id = id.to_string();
    let part = |from: usize, to: usize| id.get(from..to).map_or(Some(None), |digits| digits.parse().ok().map(Some));
    let (month, day, hour): (Option<u32>, Option<u32>, Option<u32>) = (part(4, 6)?, part(6, 8)?, part(8, 10)?);
    if !matches!(id.len(), 4 | 6 | 8 | 10) {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(id.get(..4)?.parse().ok()?, month.unwrap_or(1), day.unwrap_or(1))?;
    Some(day.and_time(NaiveTime::from_hms_opt(hour.unwrap_or(0), 0, 0)?).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::{events_table, table};
    use crate::types::Type;

    fn answer(text: &str) -> TableAnswer {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn ids_are_the_beginnings_of_partitions() {
        let micros = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros().to_string();
        for (id, begins) in [(2024, "2024-01-01T00:00:00Z"), (202_402, "2024-02-01T00:00:00Z"), (2_024_022_923, "2024-02-29T23:00:00Z")] {
            assert_eq!(Kind::Timestamp.value(id), Some(micros(begins)));
        }
        assert_eq!(Kind::Date.value(20_240_229).as_deref(), Some("2024-02-29"));
        assert_eq!(Kind::Integer.value(-7).as_deref(), Some("-7"));
        for id in [20_230_229, 7, -2024, 202_413, 2_024_010_124, 20_240] {
            assert_eq!(Kind::Timestamp.value(id), None, "{id}");
        }
        assert_eq!(Kind::Date.value(202_402), None);
    }

    #[test]
    fn partitions_are_values_where_each_holds_only_one() {
        let days = r#"{"schema": {"fields": [{"name": "day", "type": "DATE"}]}, "timePartitioning": {"field": "day", "type": "DAY"}}"#;
        let mut events = events_table();
        events.columns[1].native = "DATE".into();
        assert_eq!(Kind::of(&events.columns[1], &answer(days)), Some(Kind::Date));
        for other in [
            days.replace("\"DAY\"", "\"MONTH\""),
            days.replace("DATE", "TIMESTAMP"),
            days.replace("\"DATE\"", "\"DATE\", \"policyTags\": {\"names\": [\"x\"]}"),
            days.replace("\"field\": \"day\"", "\"field\": \"other\""),
        ] {
            assert_eq!(Kind::of(&events.columns[1], &answer(&other)), None, "{other}");
        }
        let mut numbers = table("numbers", &[("n", Type::INT8)]);
        numbers.columns[0].native = "INT64".into();
        let ranges = r#"{"schema": {"fields": [{"name": "n", "type": "INTEGER"}]}, "rangePartitioning": {"field": "n", "range": {"start": "0", "end": "9", "interval": "1"}}}"#;
        assert_eq!(Kind::of(&numbers.columns[0], &answer(ranges)), Some(Kind::Integer));
        assert_eq!(Kind::of(&numbers.columns[0], &answer(&ranges.replace("\"1\"", "\"10\""))), None);
    }

    #[test]
    fn what_is_about_to_expire_is_not_told() {
        let kept = |days: i64| answer(&format!(r#"{{"timePartitioning": {{"type": "DAY", "expirationMs": "{}"}}}}"#, days * 86_400_000));
        let id = |days_ago: i64| (Utc::now() - TimeDelta::days(days_ago)).format("%Y%m%d").to_string().parse::<i64>().unwrap();
        assert!(!may_expire(id(0), &kept(30)) && !may_expire(id(20), &kept(30)));
        assert!(may_expire(id(30), &kept(30)) && may_expire(id(300), &kept(30)));
        assert!(!may_expire(id(300), &answer("{}")));
    }
}
