//! Date and time arithmetic, by operand types.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use super::operators::refused;
use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// One part of an interval: how many, of what.
type Part = (Text, &'static str);

impl Emitter {
    /// Tells whether the session's zone is UTC, GoogleSQL's own default.
    pub fn is_utc(&self) -> bool {
        matches!(&*self.zone.name(), "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT" | "Zulu" | "UCT" | "Etc/UCT" | "Universal")
    }

    /// Prints `NAME(value)` or `NAME(value, zone)`, or the moment of a wall clock for TIMESTAMP.
    pub fn in_zone(&self, name: &str, value: &Text) -> Text {
        match (self.is_utc(), name) {
            (true, _) => Text::atom(format!("{name}({value})")),
            (false, "TIMESTAMP") if value.to_string().starts_with("DATETIME") => moment_of(value, &self.zone_literal()),
            (false, "TIMESTAMP") => moment_of(&Text::call("DATETIME", std::slice::from_ref(value)), &self.zone_literal()),
            (false, _) => Text::atom(format!("{name}({value}, {})", self.zone_literal())),
        }
    }

    /// Converts a printed date or timestamp to a wider moment type.
    pub fn as_moment(&self, value: Text, from: Type, to: Type) -> Text {
        match (from, to) {
            (from, to) if from == to => value,
            (_, Type::TIMESTAMP) => Text::call("DATETIME", &[value]),
            (_, Type::TIMESTAMPTZ) => self.in_zone("TIMESTAMP", &value),
            _ => value,
        }
    }

    /// Prints an arithmetic operator with a date, a time or an interval among its operands.
    pub fn temporal_operator(&mut self, expr: &Expr, operator: &Signature, left: &Expr, right: &Expr) -> Result<Text> {
        let name = operator.name.as_str();
        let (a, b) = (left.ty, right.ty);
        match (a, name, b) {
            (Type::DATE, "-", Type::DATE) => Ok(Text::atom(format!("DATE_DIFF({}, {}, DAY)", self.expr(left)?, self.expr(right)?))),
            (Type::DATE, "+" | "-", b) if b.is_integer() => self.shift_date(name, left, right),
            (a, "+", Type::DATE) if a.is_integer() => self.shift_date(name, right, left),
            (Type::DATE, "+", Type::TIME) => Ok(Text::call("DATETIME", &[self.expr(left)?, self.expr(right)?])),
            (Type::TIME, "+", Type::DATE) => Ok(Text::call("DATETIME", &[self.expr(right)?, self.expr(left)?])),
            (Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME, "+" | "-", Type::INTERVAL) => {
                self.shift(left, right, name == "-")
            }
            (Type::INTERVAL, "+", Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME) => self.shift(right, left, false),
            (Type::TIMESTAMP, "-", Type::TIMESTAMP) | (Type::TIMESTAMPTZ, "-", Type::TIMESTAMPTZ) => {
                let difference = Text::infix(&self.expr(left)?, "-", &self.expr(right)?, Level::Add);
                Ok(Text::call("JUSTIFY_HOURS", &[difference]))
            }
            (Type::TIME, "-", Type::TIME) => {
                Ok(Text::atom(format!("INTERVAL TIME_DIFF({}, {}, MICROSECOND) MICROSECOND", self.expr(left)?, self.expr(right)?)))
            }
            (Type::INTERVAL, "+" | "-", Type::INTERVAL) => Ok(Text::infix(&self.expr(left)?, name, &self.expr(right)?, Level::Add)),
            (Type::INTERVAL, "/", _) => self.scale_interval(expr, left, "/", right),
            (Type::INTERVAL, "*", _) => self.multiply_interval(expr, left, right),
            (_, "*", Type::INTERVAL) => self.multiply_interval(expr, right, left),
            _ => Err(refused(expr, operator)),
        }
    }

    fn shift_date(&mut self, name: &str, date: &Expr, days: &Expr) -> Result<Text> {
        let call = if name == "+" { "DATE_ADD" } else { "DATE_SUB" };
        Ok(Text::atom(format!("{call}({}, INTERVAL {} DAY)", self.expr(date)?, self.expr(days)?)))
    }

    /// Adds an interval to a moment, months first, then days, then the time, as PostgreSQL does.
    pub fn shift(&mut self, moment: &Expr, interval: &Expr, subtract: bool) -> Result<Text> {
        let text = self.expr(moment)?;
        let ty = if moment.ty == Type::DATE { Type::TIMESTAMP } else { moment.ty };
        let text = self.as_moment(text, moment.ty, ty);
        let Some(parts) = self.parts(interval)? else {
            return self.shift_by_value(moment, text, ty, interval, subtract);
        };
        self.shift_by_parts(text, ty, &parts, subtract, moment.position)
    }

    fn shift_by_parts(&self, mut text: Text, ty: Type, parts: &[Part], subtract: bool, position: Option<u32>) -> Result<Text> {
        for (n, unit) in parts {
            let clock = !matches!(*unit, "YEAR" | "MONTH" | "DAY");
            text = match ty {
                Type::TIMESTAMP => Text::atom(format!("DATETIME_{}({text}, INTERVAL {n} {unit})", verb(subtract))),
                // Months and days are counted on the wall clock of the session's zone.
                Type::TIMESTAMPTZ if clock || (*unit == "DAY" && self.is_utc()) => {
                    Text::atom(format!("TIMESTAMP_{}({text}, INTERVAL {n} {unit})", verb(subtract)))
                }
                Type::TIMESTAMPTZ => {
                    let local = self.in_zone("DATETIME", &text);
                    self.in_zone("TIMESTAMP", &Text::atom(format!("DATETIME_{}({local}, INTERVAL {n} {unit})", verb(subtract))))
                }
                // A time takes nothing but the time of an interval.
                Type::TIME if !clock => text,
                Type::TIME => Text::atom(format!("TIME_{}({text}, INTERVAL {n} {unit})", verb(subtract))),
                _ => return Err(refuse(format!("{ty} plus an interval"), position, "Use a timestamp.")),
            };
        }
        Ok(text)
    }

    fn shift_by_value(&mut self, moment: &Expr, text: Text, ty: Type, interval: &Expr, subtract: bool) -> Result<Text> {
        let op = if subtract { "-" } else { "+" };
        let value = self.expr(interval)?;
        match ty {
            Type::TIMESTAMP => Ok(Text::infix(&text, op, &value, Level::Add)),
            // TIMESTAMP plus INTERVAL knows no months in GoogleSQL.
            Type::TIMESTAMPTZ if self.is_utc() => {
                let local = Text::call("DATETIME", &[text]);
                Ok(Text::call("TIMESTAMP", &[Text::infix(&local, op, &value, Level::Add)]))
            }
            _ => Err(refuse(
                "this moment plus a computed interval",
                moment.position,
                "Write the interval as a constant, or as n * interval '1 unit'.",
            )),
        }
    }

    /// Takes an interval apart: a constant, a multiple of a constant of one unit, or text of the form `n || ' days'`.
    fn parts(&mut self, interval: &Expr) -> Result<Option<Vec<Part>>> {
        match &interval.kind {
            ExprKind::Literal(Literal::Interval { months, days, micros }) => {
                let mut parts = Vec::new();
                if *months != 0 {
                    parts.push((number(i64::from(*months)), "MONTH"));
                }
                if *days != 0 {
                    parts.push((number(i64::from(*days)), "DAY"));
                }
                if *micros != 0 {
                    let (n, unit) = literals::unit_of(*micros);
                    parts.push((number(n), unit));
                }
                Ok(Some(parts))
            }
            ExprKind::Operator { operator, args } if operator.name == "*" => {
                let [left, right] = args.as_slice() else { return Ok(None) };
                let (interval, factor) = if left.ty == Type::INTERVAL { (left, right) } else { (right, left) };
                let Some(factor) = whole(factor) else { return Ok(None) };
                let Some(parts) = self.parts(interval)? else { return Ok(None) };
                let [(n, unit)] = parts.as_slice() else { return Ok(None) };
                let factor = match factor {
                    Whole::Number(value) => number(value),
                    Whole::Expr(expr) => self.expr(expr)?,
                };
                let one = n.to_string() == "1";
                Ok(Some(vec![(if one { factor } else { Text::infix(&factor, "*", n, Level::Multiply) }, unit)]))
            }
            ExprKind::Cast { expr, .. } if expr.ty.is_string() => {
                let text = self.expr(interval)?.to_string();
                let Some((n, unit)) = text.strip_prefix("INTERVAL ").and_then(|rest| rest.rsplit_once(' ')) else { return Ok(None) };
                let unit = match unit {
                    "YEAR" => "YEAR",
                    "MONTH" => "MONTH",
                    "DAY" => "DAY",
                    "HOUR" => "HOUR",
                    "MINUTE" => "MINUTE",
                    "SECOND" => "SECOND",
                    _ => return Ok(None),
                };
                Ok(Some(vec![(Text::new(n, Level::Multiply), unit)]))
            }
            _ => Ok(None),
        }
    }

    fn multiply_interval(&mut self, expr: &Expr, interval: &Expr, factor: &Expr) -> Result<Text> {
        if let Some(parts) = self.parts(expr)?
            && let [(n, unit)] = parts.as_slice()
        {
            return Ok(Text::atom(format!("INTERVAL {} {unit}", n.at(Level::Multiply))));
        }
        match whole(factor) {
            Some(Whole::Number(n)) => Ok(Text::infix(&self.expr(interval)?, "*", &number(n), Level::Multiply)),
            Some(Whole::Expr(factor)) => Ok(Text::infix(&self.expr(interval)?, "*", &self.expr(factor)?, Level::Multiply)),
            None => self.scale_interval(expr, interval, "*", factor),
        }
    }
}

/// The moment at which a wall clock shows a time, in a zone given as a literal. Where it shows it twice, because the clock is put back, PostgreSQL takes
/// the second time (DetermineTimeZoneOffset in datetime.c) and TIMESTAMP() the first: the offset of a day later tells the second.
pub(super) fn moment_of(local: &Text, zone: &str) -> Text {
    if !may_come_twice(&local.to_string(), zone.trim_matches('\'')) {
        return Text::atom(format!("TIMESTAMP({local}, {zone})"));
    }
    let second = format!("TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD({local}, INTERVAL 1 DAY), {zone}), INTERVAL 1 DAY)");
    Text::atom(format!("IF(DATETIME({second}, {zone}) = {}, {second}, TIMESTAMP({local}, {zone}))", local.operand()))
}

/// Tells whether a clock of this zone may show this time twice; of constants it is known.
fn may_come_twice(local: &str, zone: &str) -> bool {
    if matches!(zone, "UTC" | "GMT" | "UCT" | "Universal" | "Zulu" | "Greenwich")
        || zone.starts_with("Etc/")
        || zone.starts_with(['+', '-'])
    {
        return false;
    }
    let inner = local.strip_prefix("DATETIME(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(local);
    let constant = inner.strip_prefix("DATETIME '").or_else(|| inner.strip_prefix("DATE '")).and_then(|rest| rest.strip_suffix('\''));
    let moment = constant.and_then(|text| {
        let midnight = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok().or_else(midnight)
    });
    match (moment, zone.parse::<crate::types::zone::Tz>()) {
        (Some(moment), Ok(zone)) => matches!(zone.from_local_datetime(&moment), chrono::LocalResult::Ambiguous(..)),
        _ => true,
    }
}

/// A factor without a fraction.
enum Whole<'e> {
    Number(i64),
    Expr(&'e Expr),
}

/// PostgreSQL multiplies intervals by double precision; a whole factor hides under a cast, or in a constant.
fn whole(factor: &Expr) -> Option<Whole<'_>> {
    match &factor.kind {
        ExprKind::Literal(Literal::Int(n)) => Some(Whole::Number(*n)),
        #[allow(clippy::cast_possible_truncation)] // whole, and below 2^53
        ExprKind::Literal(Literal::Float(f)) if f.fract() == 0.0 && f.abs() < 9e15 => Some(Whole::Number(*f as i64)),
        ExprKind::Cast { expr, .. } if expr.ty.is_integer() => Some(Whole::Expr(expr)),
        _ if factor.ty.is_integer() => Some(Whole::Expr(factor)),
        _ => None,
    }
}

fn number(n: i64) -> Text {
    Text::new(n.to_string(), if n < 0 { Level::Unary } else { Level::Atom })
}

fn verb(subtract: bool) -> &'static str {
    if subtract { "SUB" } else { "ADD" }
}
