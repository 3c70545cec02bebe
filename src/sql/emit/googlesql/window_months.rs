//! RANGE frames of months and years. GoogleSQL takes numbers only: a date is measured as if every month had 31 days.
//!
//! Going back a month from a day that the month before does not have gives its last day in PostgreSQL, and a day that never was here: such rows fail loudly.

use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// The days of the longest month.
const DAYS: i64 = 31;
/// The microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Returns the months of a frame's offsets, of which all others are multiples if they are years; `None` where no offset has months.
pub(super) fn of(frame: &Frame) -> Option<i32> {
    let months = |bound: &FrameBound| match bound {
        FrameBound::Preceding(offset) | FrameBound::Following(offset) => match offset.kind {
            ExprKind::Literal(Literal::Interval { months, .. }) if months != 0 => Some(months),
            _ => None,
        },
        _ => None,
    };
    let found = [months(&frame.start), months(&frame.end)];
    found.into_iter().flatten().reduce(|one, other| if one % 12 == 0 { other } else { one })
}

/// An offset of months in the measure of the sort key.
pub(super) fn offset(months: i32, is_date: bool) -> i64 {
    i64::from(months) * DAYS * if is_date { 1 } else { DAY }
}

impl Emitter {
    /// Prints the measure of a sort key in a frame of months.
    pub fn measured_by_months(&mut self, by: &Expr, months: i32) -> Result<Text> {
        let text = self.expr(by)?;
        let refused =
            || refuse(format!("a RANGE frame of months over {}", by.ty), by.position, "Order the window by a date or a timestamp.");
        let within_day = match by.ty {
            Type::DATE => None,
            Type::TIMESTAMP => Some(format!("DATETIME_DIFF({text}, DATETIME_TRUNC({text}, DAY), MICROSECOND)")),
            Type::TIMESTAMPTZ if self.is_utc() => Some(format!("TIMESTAMP_DIFF({text}, TIMESTAMP_TRUNC({text}, DAY), MICROSECOND)")),
            _ => return Err(refused()),
        };
        let part = |unit: &str| format!("EXTRACT({unit} FROM {text})");
        let days = format!("({} * 12 + {}) * {DAYS} + {}", part("YEAR"), part("MONTH"), part("DAY"));
        let measure = within_day.map_or(days.clone(), |rest| format!("({days}) * {DAY} + {rest}"));
        let missing = match months % 12 {
            0 => format!("{} = 2 AND {} = 29", part("MONTH"), part("DAY")),
            _ => format!("{} > 28", part("DAY")),
        };
        Ok(Text::atom(format!(
            "IF({missing}, ERROR('a RANGE frame of months from a day that not every month has is not supported'), {measure})"
        )))
    }
}
