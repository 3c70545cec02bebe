//! Intervals: multiplied and divided by fractions, and their text.

use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

const DAY: f64 = 86_400.0;

impl Emitter {
    /// `interval * factor` or `interval / factor`, the factor a double precision.
    pub fn scale_interval(&mut self, expr: &Expr, interval: &Expr, op: &str, factor: &Expr) -> Result<Text> {
        let constant = match factor.kind {
            ExprKind::Literal(Literal::Float(f)) => Some(f),
            #[allow(clippy::cast_precision_loss)] // PostgreSQL converts it as well
            ExprKind::Literal(Literal::Int(n)) => Some(n as f64),
            _ => None,
        };
        if op == "/" && constant == Some(0.0) {
            return Err(Report::new(crate::error::SqlState::DIVISION_BY_ZERO, "division by zero").at(expr.position));
        }
        if let (ExprKind::Literal(Literal::Interval { months, days, micros }), Some(f)) = (&interval.kind, constant) {
            let scaled = |part: f64| if op == "*" { part * f } else { part / f };
            #[allow(clippy::cast_precision_loss)] // PostgreSQL converts it as well
            let literal = scale(scaled(f64::from(*months)), scaled(f64::from(*days)), scaled(*micros as f64));
            return literal
                .ok_or_else(|| Report::new(crate::error::SqlState::DATETIME_FIELD_OVERFLOW, "interval out of range").at(expr.position));
        }
        self.enters_subquery(interval)?;
        self.enters_subquery(factor)?;
        let (interval, factor) = (self.expr(interval)?, self.expr(factor)?);
        Ok(self.scaled(&interval, op, &factor))
    }

    /// A printed interval times or by a printed number: the fraction of a month becomes days of 24 hours, 30 to the month, the fraction of a day time
    /// (interval_mul and interval_div in timestamp.c).
    pub fn scaled(&mut self, interval: &Text, op: &str, factor: &Text) -> Text {
        let span = self.alias("span");
        let part = |unit: &str| format!("EXTRACT({unit} FROM {span}.whole)");
        let months = format!("({} * 12 + {})", part("YEAR"), part("MONTH"));
        let micros = micros_of(&part);
        let by = format!("{op} {span}.factor");
        Text::atom(format!(
            "(SELECT INTERVAL CAST(TRUNC(months) AS INT64) MONTH + INTERVAL CAST(TRUNC(days) + TRUNC(rest) + TRUNC(seconds / 86400) AS INT64) DAY + INTERVAL CAST(ROUND(CAST(micros + (seconds - TRUNC(seconds / 86400) * 86400) * 1e6 AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) MICROSECOND FROM (SELECT *, ROUND((days - TRUNC(days) + rest - TRUNC(rest)) * 86400, 6) AS seconds FROM (SELECT *, ROUND((months - TRUNC(months)) * 30, 6) AS rest FROM (SELECT {months} {by} AS months, {} {by} AS days, ({micros}) {by} AS micros FROM UNNEST([STRUCT({interval} AS whole, CAST({factor} AS FLOAT64) AS factor)]) AS {span}))))",
            part("DAY")
        ))
    }

    /// The text of an interval as IntervalStyle postgres writes it.
    pub fn interval_text(&mut self, interval: &Text) -> Text {
        let span = self.alias("span");
        let part = |unit: &str| format!("EXTRACT({unit} FROM {span})");
        let (years, months, days) = (part("YEAR"), part("MONTH"), part("DAY"));
        let micros = format!("({})", micros_of(&part));
        // After a negative part a positive one shows its sign.
        let counted = |value: &str, before: &str, word: &str| {
            format!(
                "IF({value} = 0, NULL, CONCAT(IF({value} > 0 AND {before}, '+', ''), CAST({value} AS STRING), ' {word}', IF({value} = 1, '', 's')))"
            )
        };
        let after_months = format!("{years} * 12 + {months} < 0");
        let after_days = format!("IF({days} = 0, {after_months}, {days} < 0)");
        let clock = format!(
            "IF({micros} = 0 AND {years} * 12 + {months} <> 0 OR {micros} = 0 AND {days} <> 0, NULL, CONCAT(IF({micros} < 0, '-', IF({after_days}, '+', '')), IF(ABS({hour}) < 10, '0', ''), CAST(ABS({hour}) AS STRING), FORMAT(':%02d:%02d', ABS({minute}), ABS({second})), RTRIM(RTRIM(FORMAT('.%06d', ABS({fraction})), '0'), '.')))",
            hour = part("HOUR"),
            minute = part("MINUTE"),
            second = part("SECOND"),
            fraction = part("MICROSECOND"),
        );
        Text::atom(format!(
            "(SELECT IF({span} IS NULL, NULL, ARRAY_TO_STRING([{}, {}, {}, {clock}], ' ')) FROM UNNEST([{interval}]) AS {span})",
            counted(&years, "FALSE", "year"),
            counted(&months, &format!("{years} < 0"), "mon"),
            counted(&days, &after_months, "day"),
        ))
    }

    /// A time as an interval since midnight.
    pub fn time_as_interval(&mut self, time: &Expr) -> Result<Text> {
        Ok(Text::atom(format!("INTERVAL TIME_DIFF({}, TIME '00:00:00', MICROSECOND) MICROSECOND", self.expr(time)?)))
    }

    /// Rounds a printed moment to so many digits of the second, half away from the year 2000 (AdjustTimestampForTypmod in timestamp.c).
    pub fn rounded_moment(&mut self, text: &Text, ty: Type, digits: i32) -> Text {
        let prefix = if ty == Type::TIMESTAMPTZ { "TIMESTAMP" } else { "DATETIME" };
        let epoch = if ty == Type::TIMESTAMPTZ { "TIMESTAMP '2000-01-01 00:00:00+00'" } else { "DATETIME '2000-01-01 00:00:00'" };
        let unit = 10_i64.pow(6 - u32::try_from(digits.clamp(0, 6)).unwrap_or(6));
        let half = unit / 2;
        let (moment, moved) = (self.alias("moment"), self.alias("moved"));
        Text::atom(format!(
            "(SELECT {prefix}_SUB({moved}, INTERVAL MOD(EXTRACT(MICROSECOND FROM {moved}), {unit}) MICROSECOND) FROM UNNEST([{text}]) AS {moment} CROSS JOIN UNNEST([{prefix}_ADD({moment}, INTERVAL IF({moment} < {epoch}, {}, {half}) MICROSECOND)]) AS {moved})",
            half - 1
        ))
    }

    /// date_trunc of an interval: what is smaller than the unit is dropped (interval_trunc in timestamp.c).
    pub fn truncated_interval(&mut self, expr: &Expr, unit: &str, interval: &Expr) -> Result<Text> {
        let hour = 3_600_000_000_i64;
        let (months, micros) = match unit {
            "millennium" | "millennia" => (12_000, None),
            "century" | "centuries" => (1200, None),
            "decade" | "decades" => (120, None),
            "year" | "years" => (12, None),
            "quarter" => (3, None),
            "month" | "months" => (1, None),
            "day" | "days" => (1, Some(0)),
            "hour" | "hours" => (1, Some(hour)),
            "minute" | "minutes" => (1, Some(hour / 60)),
            "second" | "seconds" => (1, Some(hour / 3600)),
            "millisecond" | "milliseconds" => (1, Some(1000)),
            "microsecond" | "microseconds" => return self.expr(interval),
            _ => return Err(refuse(format!("date_trunc('{unit}') of intervals"), expr.position, "Units from microsecond to month are.")),
        };
        self.enters_subquery(interval)?;
        let text = self.expr(interval)?;
        let span = self.alias("span");
        let part = |unit: &str| format!("EXTRACT({unit} FROM {span})");
        // MOD has the sign of what is divided, so that every part is cut towards zero.
        let kept = |value: String, step: i64| if step == 1 { value } else { format!("{value} - MOD({value}, {step})") };
        let mut sum = format!("INTERVAL {} MONTH", kept(format!("({} * 12 + {})", part("YEAR"), part("MONTH")), months));
        if let Some(step) = micros {
            sum.push_str(&format!(" + INTERVAL {} DAY", part("DAY")));
            if step > 0 {
                sum.push_str(&format!(" + INTERVAL {} MICROSECOND", kept(format!("({})", micros_of(&part)), step)));
            }
        }
        Ok(Text::atom(format!("(SELECT {sum} FROM UNNEST([{text}]) AS {span})")))
    }

    /// Rounds a time of day to fewer digits of a second; the 24:00:00 that PostgreSQL may round up to is no TIME.
    pub fn rounded_clock(&mut self, text: &Text, digits: i32) -> Text {
        let unit = 10_i64.pow(6 - u32::try_from(digits.clamp(0, 6)).unwrap_or(6));
        let (clock, moved) = (self.alias("clock"), self.alias("moved"));
        Text::atom(format!(
            "(SELECT IF({moved} < {clock}, ERROR('the time 24:00:00 is not supported'), TIME_SUB({moved}, INTERVAL MOD(EXTRACT(MICROSECOND FROM {moved}), {unit}) MICROSECOND)) FROM UNNEST([{text}]) AS {clock} CROSS JOIN UNNEST([TIME_ADD({clock}, INTERVAL {} MICROSECOND)]) AS {moved})",
            unit / 2
        ))
    }
}

fn micros_of(part: &dyn Fn(&str) -> String) -> String {
    format!("{} * 3600000000 + {} * 60000000 + {} * 1000000 + {}", part("HOUR"), part("MINUTE"), part("SECOND"), part("MICROSECOND"))
}

/// The interval of scaled parts, by PostgreSQL's own steps.
fn scale(months: f64, days: f64, micros: f64) -> Option<Text> {
    let rounded = |seconds: f64| (seconds * 1e6).round_ties_even() / 1e6;
    let rest = rounded((months - months.trunc()) * 30.0);
    let mut seconds = rounded((days - days.trunc() + rest - rest.trunc()) * DAY);
    let mut whole_days = days.trunc();
    if seconds.abs() >= DAY {
        whole_days += (seconds / DAY).trunc();
        seconds -= (seconds / DAY).trunc() * DAY;
    }
    whole_days += rest.trunc();
    let micros = seconds.mul_add(1e6, micros).round_ties_even();
    let fits = |value: f64| value.abs() < 2_147_483_647.0;
    if !fits(months) || !fits(whole_days) || micros.is_nan() || micros.abs() >= 9.2e18 {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)] // checked just above
    Some(literals::interval(months.trunc() as i32, whole_days as i32, micros as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_go_down_to_days_and_time() {
        let text = |months, days, micros| scale(months, days, micros).unwrap().to_string();
        assert_eq!(text(0.0, 1.5, 0.0), "INTERVAL '0-0 1 12:0:0' YEAR TO SECOND");
        assert_eq!(text(0.25, 0.0, 0.0), "INTERVAL '0-0 7 12:0:0' YEAR TO SECOND");
        // interval '1 mon -5 days 1:0:0' / 7 is 4 days -10:08:34.3104
        assert_eq!(text(1.0 / 7.0, -5.0 / 7.0, 3_600_000_000.0 / 7.0), "INTERVAL '0-0 4 -10:8:34.310400' YEAR TO SECOND");
        assert_eq!(scale(1e12, 0.0, 0.0), None);
    }
}
