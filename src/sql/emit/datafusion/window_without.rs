//! EXCLUDE in window frames, which the engine does not have: the frame's rows are gathered, and those left out are taken out by their places.

use super::aggregate::sample;
use super::expr::scale;
use super::numeric::has_digits;
use super::operator::is_number;
use super::{Printer, literal};
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, Frame, FrameBound, FrameExclude, FrameUnit, Window};
use crate::types::{NumericScale, Type};

impl Printer<'_> {
    /// Prints a call over a frame that leaves out the current row, its peers, or both.
    pub(super) fn window_without(&mut self, call: &Window, frame: &Frame, whole: &Expr) -> Result<String> {
        let refuse = || Err(Report::unsupported("EXCLUDE in this window frame").at(whole.position));
        if matches!(frame.start, FrameBound::Following(_) | FrameBound::UnboundedFollowing) {
            return refuse();
        }
        let gathers = Window { frame: Some(Frame { exclude: FrameExclude::NoOthers, ..frame.clone() }), ..call.clone() };
        let over = self.over(&gathers, whole)?;
        let until = Frame { end: FrameBound::CurrentRow, exclude: FrameExclude::NoOthers, ..frame.clone() };
        let reached = self.over(&Window { frame: Some(until), ..call.clone() }, whole)?;
        let plain = self.over(&Window { frame: None, ..call.clone() }, whole)?;
        let (row, rank) = (format!("row_number(){plain}"), format!("rank(){plain}"));
        let peers = if call.order_by.is_empty() {
            format!("count(*){plain}")
        } else {
            let same = Frame {
                unit: FrameUnit::Range,
                start: FrameBound::CurrentRow,
                end: FrameBound::CurrentRow,
                exclude: FrameExclude::NoOthers,
            };
            format!("count(*){}", self.over(&Window { frame: Some(same), ..call.clone() }, whole)?)
        };
        let big = |text: &str| format!("CAST({text} AS BIGINT)");
        // The place of the frame's first row in the partition.
        let first = match frame.unit {
            FrameUnit::Rows => format!("{} - count(*){reached} + 1", big(&row)),
            FrameUnit::Range | FrameUnit::Groups => format!("{} + {peers} - count(*){reached}", big(&rank)),
        };
        let last_peer = format!("{} + {peers} - 1", big(&rank));
        let (from, to, keep) = match frame.exclude {
            FrameExclude::CurrentRow => (row.clone(), row, "0".to_owned()),
            FrameExclude::Group => (rank, last_peer, "0".to_owned()),
            FrameExclude::Ties => (rank, last_peer, row),
            FrameExclude::NoOthers => return Err(Report::internal("a frame without EXCLUDE")),
        };
        let filter = call.filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let kept = |value: String| match &filter {
            Some(filter) => format!("CASE WHEN {filter} THEN {value} END"),
            None => value,
        };
        let list = |value: String| {
            let places = [&first, &from, &to, &keep].map(|place| big(place)).join(", ");
            format!("pg_without(array_agg({}){over}, {places})", kept(value))
        };
        let name = call.function.name.as_str();
        let Some(arg) = call.args.first() else {
            return if name == "count" { Ok(format!("pg_count_present({})", list("1".into()))) } else { refuse() };
        };
        let value = self.expr(arg)?;
        match (name, arg.ty) {
            ("count", _) => Ok(format!("pg_count_present({})", list(value))),
            ("array_agg", ty) if filter.is_none() && !ty.is_array() && ty != Type::RECORD => {
                let list = list(value);
                Ok(format!("CASE WHEN pg_cardinality({list}) > 0 THEN {list} END"))
            }
            ("string_agg", ty) if ty.is_string() && matches!(call.args[1].kind, ExprKind::Literal(_)) => {
                let delimiter = self.expr(&call.args[1])?;
                Ok(format!("pg_string_agg({}, {delimiter})", list(value)))
            }
            ("stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop", ty) if ty.is_float() => {
                Ok(format!("pg_float_variance({}, '{}')", list(format!("arrow_cast({value}, 'Float64')")), sample(name)))
            }
            ("stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop", ty) if is_number(ty) => {
                let digits = if ty.is_integer() { format!("pg_digits({value}, 0)") } else { self.digits(arg)? };
                Ok(format!("pg_numeric_total({}, '{}', FALSE)", list(digits), sample(name)))
            }
            ("bool_and" | "every" | "bool_or", _) => {
                let end = if name == "bool_or" { "max" } else { "min" };
                Ok(format!("(pg_extreme({}, '{end}') = 1)", list(format!("CAST({value} AS INT)"))))
            }
            ("sum" | "avg", Type::FLOAT8) => Ok(format!("pg_float_total({}, '{name}')", list(value))),
            ("sum" | "avg" | "min" | "max", ty) if has_digits(arg) || matches!(name, "sum" | "avg") && is_number(ty) && !ty.is_float() => {
                let digits = if ty.is_integer() { format!("pg_digits({value}, 0)") } else { self.digits(arg)? };
                let total = format!("pg_numeric_total({}, '{name}', FALSE)", list(digits));
                Ok(match (whole.ty, whole.scale) {
                    (Type::NUMERIC, NumericScale::Fixed(_)) => format!("pg_decimal({total}, {})", scale(whole.scale)),
                    (Type::NUMERIC, _) => total,
                    (ty, _) => format!("pg_cast({total}, 'numeric', {}, -1, -3, {})", literal::text(ty.name()), self.zone_text()),
                })
            }
            ("min" | "max", _) => Ok(format!("pg_extreme({}, '{name}')", list(value))),
            ("first_value", _) => Ok(format!("pg_subscript({}, CAST(1 AS INT))", list(value))),
            ("last_value", _) => {
                let list = list(value);
                Ok(format!("pg_subscript({list}, pg_cardinality({list}))"))
            }
            ("nth_value", _) => {
                let n = self.exprs(&call.args[1..])?;
                Ok(format!("pg_subscript({}, {})", list(value), n.join(", ")))
            }
            _ => refuse(),
        }
    }
}
