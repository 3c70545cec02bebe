//! Window calls.

use super::aggregate::Shape;
use super::key::key_function;
use super::{Printer, literal};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind, Frame, FrameBound, FrameExclude, FrameUnit, SortBy, Window};
use crate::types::literal::Literal;
use crate::types::{Type, range};

impl Printer<'_> {
    /// Prints a window call.
    pub(super) fn window(&mut self, call: &Window, whole: &Expr) -> Result<String> {
        if let Some(frame) = call.frame.as_ref().filter(|frame| frame.exclude != FrameExclude::NoOthers) {
            return self.window_without(call, frame, whole);
        }
        let over = self.over(call, whole)?;
        let filter = match &call.filter {
            Some(filter) => format!(" FILTER (WHERE {})", self.expr(filter)?),
            None => String::new(),
        };
        let name = call.function.name.as_str();
        if call.aggregate {
            let slides = call.frame.as_ref().is_some_and(|frame| !matches!(frame.start, FrameBound::UnboundedPreceding));
            let shape = Shape { distinct: false, order: String::new(), filter, over, slides };
            return self.aggregate_of(name, &call.args, &shape, whole);
        }
        let mut args = self.exprs(&call.args)?;
        if matches!(name, "lag" | "lead")
            && let [value, _, default] = call.args.as_slice()
        {
            args[0] = self.same_type(value, whole)?;
            args[2] = self.same_type(default, whole)?;
        }
        match name {
            "row_number" | "rank" | "dense_rank" => Ok(format!("CAST({name}(){over} AS BIGINT)")),
            "percent_rank" | "cume_dist" => Ok(format!("{name}(){over}")),
            "ntile" => {
                let buckets = self.constant_integer(&call.args[0], name)?;
                positive(buckets, SqlState("22014"), "ntile")?;
                Ok(format!("CAST(ntile({buckets}){over} AS INT)"))
            }
            "first_value" | "last_value" => Ok(format!("{name}({}){over}", args[0])),
            "nth_value" => {
                let row = self.constant_integer(&call.args[1], name)?;
                positive(row, SqlState("22016"), "nth_value")?;
                Ok(format!("nth_value({}, {row}){over}", args[0]))
            }
            "lag" | "lead" if call.args.get(1).is_some_and(|offset| self.constant_integer(offset, name).is_err()) => {
                let distance = if name == "lag" { "-" } else { "" };
                if let (Type::NUMERIC, [value, _, default]) = (whole.ty, args.as_slice()) {
                    // Decimals of several precisions meet in the planner's common type.
                    let typed = |this: &str, other: &str| format!("CASE WHEN TRUE THEN {this} ELSE {other} END");
                    (args[0], args[2]) = (typed(value, default), typed(default, value));
                }
                let default = args.get(2).cloned().unwrap_or_else(|| format!("CASE WHEN FALSE THEN {} END", args[0]));
                Ok(format!("pg_neighbour({}, {distance}arrow_cast({}, 'Int64'), {default}){over}", args[0], args[1]))
            }
            "lag" | "lead" => {
                let offset = match call.args.get(1) {
                    Some(offset) => self.constant_integer(offset, name)?,
                    None => 1,
                };
                // The engine looks for the sign: `lag(x, -1)` is `lead(x, 1)`.
                let (name, offset) = match (name, offset < 0) {
                    ("lag", true) => ("lead", -offset),
                    ("lead", true) => ("lag", -offset),
                    (name, _) => (name, offset),
                };
                let default = match (args.get(2), call.args.get(2)) {
                    (Some(text), Some(expr)) if matches!(expr.kind, ExprKind::Literal(_)) => format!(", {text}"),
                    // The engine takes constants only: the row's place tells whether its neighbour is there.
                    (Some(text), Some(_)) => {
                        let (rows, numbers) = (format!("count(*) {}", self.partition(call)?), format!("row_number(){over}"));
                        let exists =
                            if name == "lag" { format!("{numbers} > {offset}") } else { format!("{numbers} + {offset} <= {rows}") };
                        return Ok(format!("CASE WHEN {exists} THEN {name}({}, {offset}){over} ELSE {text} END", args[0]));
                    }
                    _ => String::new(),
                };
                Ok(format!("{name}({}, {offset}{default}){over}", args[0]))
            }
            _ => Err(Report::unsupported(format!("window function {name}")).at(whole.position)),
        }
    }

    /// OVER of the whole partition.
    fn partition(&mut self, call: &Window) -> Result<String> {
        let keys = call.partition_by.iter().map(|expr| self.inner_key(expr)).collect::<Result<Vec<_>>>()?;
        Ok(if keys.is_empty() { "OVER ()".into() } else { format!("OVER (PARTITION BY {})", keys.join(", ")) })
    }

    pub(super) fn over(&mut self, call: &Window, whole: &Expr) -> Result<String> {
        let mut parts = Vec::new();
        if !call.partition_by.is_empty() {
            let keys = call.partition_by.iter().map(|expr| self.inner_key(expr)).collect::<Result<Vec<_>>>()?;
            parts.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        if !call.order_by.is_empty() {
            let by_distance = call
                .frame
                .as_ref()
                .is_some_and(|frame| frame.unit == FrameUnit::Range && [&frame.start, &frame.end].into_iter().any(is_offset));
            parts.push(format!("ORDER BY {}", self.sort_list_of(&call.order_by, if by_distance { with_room } else { framed })?));
        }
        if let Some(frame) = &call.frame {
            parts.push(self.frame(frame, call, whole)?);
        } else if matches!(call.function.name.as_str(), "rank" | "dense_rank" | "percent_rank" | "cume_dist") && !call.order_by.is_empty() {
            // They read no frame; the engine's usual one, by RANGE, is not to be had over every type.
            parts.push("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned());
        }
        Ok(format!(" OVER ({})", parts.join(" ")))
    }

    fn frame(&mut self, frame: &Frame, call: &Window, whole: &Expr) -> Result<String> {
        if frame.exclude != FrameExclude::NoOthers {
            return Err(Report::unsupported("EXCLUDE in a window frame").at(whole.position));
        }
        let unit = match frame.unit {
            FrameUnit::Rows => "ROWS",
            FrameUnit::Range => "RANGE",
            FrameUnit::Groups => "GROUPS",
        };
        let by_key = call.order_by.first().is_some_and(|key| match &key.by {
            SortBy::Expr(expr) => !expr.ty.is_float() && key_function(expr.ty, expr.typmod, expr.scale).is_some(),
            SortBy::Output(_) => false,
        });
        if frame.unit == FrameUnit::Range && by_key && (is_offset(&frame.start) || is_offset(&frame.end)) {
            return Err(Report::unsupported("RANGE with an offset over this type").at(whole.position));
        }
        let by_moment = call.order_by.first().is_some_and(|key| matches!(&key.by, SortBy::Expr(expr) if expr.ty == Type::TIMESTAMPTZ));
        let in_days = |bound: &FrameBound| match bound {
            FrameBound::Preceding(offset) | FrameBound::Following(offset) => {
                !matches!(self.constant(offset), Some(Literal::Interval { months: 0, days: 0, .. }))
            }
            _ => false,
        };
        if frame.unit == FrameUnit::Range
            && by_moment
            && self.zone != crate::types::zone::Tz::UTC
            && (in_days(&frame.start) || in_days(&frame.end))
        {
            // The engine's days have 24 hours.
            return Err(Report::unsupported("RANGE with days over timestamp with time zone, where TimeZone is not UTC,")
                .at(whole.position)
                .hint("Order by the timestamp AT TIME ZONE the zone, or write hours."));
        }
        let of_times = call.order_by.first().is_some_and(|key| matches!(&key.by, SortBy::Expr(expr) if expr.ty == Type::TIME));
        let mut bounds = Vec::new();
        for bound in [&frame.start, &frame.end] {
            bounds.push(match bound {
                // Times of day are ordered as numbers; of an interval the months and days do not count (`in_range_time_interval`).
                FrameBound::Preceding(offset) | FrameBound::Following(offset) if of_times && frame.unit == FrameUnit::Range => {
                    let side = if matches!(bound, FrameBound::Preceding(_)) { "PRECEDING" } else { "FOLLOWING" };
                    match self.constant(offset) {
                        Some(Literal::Interval { micros, .. }) if micros >= 0 => format!("{micros} {side}"),
                        _ => return Err(Report::unsupported("this offset of a window frame").at(offset.position)),
                    }
                }
                FrameBound::UnboundedPreceding => "UNBOUNDED PRECEDING".to_owned(),
                FrameBound::UnboundedFollowing => "UNBOUNDED FOLLOWING".to_owned(),
                FrameBound::CurrentRow => "CURRENT ROW".to_owned(),
                FrameBound::Preceding(offset) => format!("{} PRECEDING", self.frame_offset(offset)?),
                FrameBound::Following(offset) => format!("{} FOLLOWING", self.frame_offset(offset)?),
            });
        }
        Ok(format!("{unit} BETWEEN {} AND {}", bounds[0], bounds[1]))
    }

    fn frame_offset(&mut self, offset: &Expr) -> Result<String> {
        match self.constant(offset) {
            Some(Literal::Int(n)) if n >= 0 => Ok(n.to_string()),
            Some(Literal::Int(_)) => Err(Report::new(SqlState("22013"), "frame starting offset must not be negative").at(offset.position)),
            Some(Literal::Interval { months, days, micros }) if months >= 0 && days >= 0 && micros >= 0 => {
                let seconds = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
                Ok(format!("INTERVAL {}", literal::text(&format!("{months} months {days} days {seconds} seconds"))))
            }
            Some(Literal::Numeric(digits)) if !digits.starts_with('-') => Ok(literal::text(&digits)),
            Some(Literal::Float(value)) if value >= 0.0 && value.is_finite() => Ok(literal::text(&value.to_string())),
            _ => Err(Report::unsupported("this offset of a window frame").at(offset.position)),
        }
    }

    /// Returns the value of a literal or parameter.
    pub(super) fn constant(&self, expr: &Expr) -> Option<Literal> {
        match &expr.kind {
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Parameter(n) => self.parameters.get(*n).cloned(),
            ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() && expr.ty.is_integer() => self.constant(inner),
            ExprKind::Operator { operator, args } if operator.name == "-" && args.len() == 1 => match self.constant(&args[0])? {
                Literal::Int(n) => n.checked_neg().map(Literal::Int),
                _ => None,
            },
            // (1 + 1) PRECEDING; what is out of its type's range is left to whoever computes it.
            ExprKind::Operator { operator, args } if expr.ty.is_integer() && args.len() == 2 => {
                let (Literal::Int(a), Literal::Int(b)) = (self.constant(&args[0])?, self.constant(&args[1])?) else { return None };
                let value = match operator.name.as_str() {
                    "+" => a.checked_add(b),
                    "-" => a.checked_sub(b),
                    "*" => a.checked_mul(b),
                    _ => None,
                };
                value.filter(|value| i16::try_from(*value).is_ok()).map(Literal::Int)
            }
            _ => None,
        }
    }

    fn constant_integer(&self, expr: &Expr, name: &str) -> Result<i64> {
        match self.constant(expr) {
            Some(Literal::Int(n)) if expr.ty.is_integer() || expr.ty == Type::UNKNOWN => Ok(n),
            _ => Err(Report::unsupported(format!("an argument of {name} that is no constant")).at(expr.position)),
        }
    }
}

fn is_offset(bound: &FrameBound) -> bool {
    matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_))
}

/// As [`framed`], for frames that reach so far: what lies beyond the end of an integer's type is no NULL.
fn with_room(text: String, ty: Type) -> String {
    match ty {
        Type::INT2 | Type::INT4 | Type::INT8 => format!("arrow_cast({text}, 'Decimal128(38, 0)')"),
        _ => framed(text, ty),
    }
}

/// A sort key that the engine makes frames by, in the same order: it has none over bytes and times of day.
fn framed(text: String, ty: Type) -> String {
    match ty {
        Type::BYTEA | Type::UUID => format!("pg_encode({text}, 'hex')"),
        Type::TIME => format!("CAST({text} AS BIGINT)"),
        // A numrange is its key already.
        ty if ty != Type::NUMRANGE && range::subtype(ty).is_some() => format!("pg_range_key({text})"),
        _ => text,
    }
}

fn positive(value: i64, state: SqlState, name: &str) -> Result<()> {
    if value > 0 { Ok(()) } else { Err(Report::new(state, format!("argument of {name} must be greater than zero"))) }
}
