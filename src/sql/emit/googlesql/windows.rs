//! Window calls: the function, the partition, the order, the frame.

use super::query::partition_key;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Prints a window call.
    pub fn window(&mut self, expr: &Expr, call: &Window) -> Result<Text> {
        if let Some(frame) = call.frame.as_ref().filter(|frame| frame.exclude != FrameExclude::NoOthers) {
            return self.window_without(expr, call, frame);
        }
        let name = call.function.name.as_str();
        let numbering = matches!(name, "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" | "ntile");
        let offset = matches!(name, "lag" | "lead");
        let exact = call.aggregate
            && expr.ty == Type::NUMERIC
            && matches!(name, "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop");
        let smallest = match call.args.as_slice() {
            [value] if name == "min" && super::nan::may_be_nan(value) => Some(value),
            _ => None,
        };
        let head = if exact {
            String::new()
        } else if call.aggregate {
            self.aggregate_call(expr, &call.function, &call.args, false, &[], call.filter.as_ref(), true)?.to_string()
        } else {
            self.window_function(expr, call)?
        };
        let is_range = call.frame.as_ref().is_none_or(|frame| frame.unit != FrameUnit::Rows) && !numbering && !offset;
        let mut over = Vec::new();
        let mut partition = Vec::new();
        for key in &call.partition_by {
            if matches!(key.kind, ExprKind::Literal(_)) {
                continue;
            }
            if !types::groupable(key.ty) && key.ty != Type::JSONB {
                return Err(refuse(
                    format!("PARTITION BY a value of type {}", key.ty),
                    key.position,
                    "Partition by a number, a text or a date.",
                ));
            }
            partition.push(partition_key(key.ty, &self.expr(key)?.to_string()));
        }
        if !partition.is_empty() {
            over.push(format!("PARTITION BY {}", partition.join(", ")));
        }
        let frame = call.frame.as_ref().filter(|_| !numbering && !offset);
        let measured = frame.filter(|frame| is_range && (has_offset(&frame.start) || has_offset(&frame.end)));
        let order = match measured {
            Some(frame) => self.measured_order(expr, &call.order_by, super::window_months::of(frame))?,
            None => self.window_order(&call.order_by, is_range)?,
        };
        // Without an order all rows are peers.
        if order.is_empty() {
            match name {
                "rank" | "dense_rank" => return Ok(Text::atom("1")),
                "percent_rank" => return Ok(Text::atom("0.0")),
                "cume_dist" => return Ok(Text::atom("1.0")),
                _ => {}
            }
        }
        let ordered = offset || (numbering && name != "row_number") || matches!(name, "first_value" | "last_value" | "nth_value");
        if order.is_empty() && ordered {
            return Err(refuse(
                format!("{name}() without ORDER BY in its window"),
                expr.position,
                "Say in which order: OVER (ORDER BY ...).",
            ));
        }
        if !order.is_empty() {
            over.push(format!("ORDER BY {}", order.join(", ")));
        }
        if let Some(frame) = frame {
            over.extend(self.frame(expr, frame, &call.order_by)?);
        }
        let over = over.join(" ");
        if exact {
            return self.exact_variance_over(call, &over);
        }
        if call.aggregate
            && let Some(mean) = self.mean_over(call, &over)?
        {
            return Ok(mean);
        }
        if call.aggregate && name == "corr" {
            return self.correlation_over(&call.args, call.filter.as_ref(), &over);
        }
        // GoogleSQL takes constants as defaults only: whether there is such a row is asked by itself.
        if let (true, [value, n, default]) = (offset, call.args.as_slice())
            && depends_on_rows(default)
        {
            let (name, n) = shifted(name, n)?;
            let (value, default) = (self.expr(value)?, self.expr(default)?);
            return Ok(Text::atom(format!("IF({name}(TRUE, {n}) OVER ({over}) IS NULL, {default}, {name}({value}, {n}) OVER ({over}))")));
        }
        if call.aggregate && matches!(name, "json_agg" | "jsonb_agg") {
            return Ok(Text::atom(format!("IF({head} OVER ({over}) IS NULL, NULL, TO_JSON({head} OVER ({over})))")));
        }
        let Some(value) = smallest else { return Ok(Text::atom(format!("{head} OVER ({over})"))) };
        // MIN of GoogleSQL is NaN as soon as one value is.
        let text = self.expr(value)?;
        let kept = call
            .filter
            .as_ref()
            .map(|filter| self.expr(filter))
            .transpose()?
            .map_or(String::new(), |filter| format!("({filter}) IS NOT TRUE OR "));
        Ok(Text::atom(format!("COALESCE(MIN(IF({kept}IS_NAN({text}), NULL, {text})) OVER ({over}), {head} OVER ({over}))")))
    }

    /// As `exact_variance`, each of its sums over the window.
    fn exact_variance_over(&mut self, call: &Window, over: &str) -> Result<Text> {
        let [value] = call.args.as_slice() else { return Err(Report::internal("the variance of several values")) };
        let printed = self.expr(value)?;
        let value = match &call.filter {
            Some(filter) => Text::atom(format!("IF({}, {printed}, NULL)", self.expr(filter)?)),
            None => printed,
        };
        let (n, big) = (format!("COUNT({value}) OVER ({over})"), value.cast("BIGNUMERIC"));
        let (squares, sum) = (format!("SUM({big} * {big}) OVER ({over})"), format!("SUM({big}) OVER ({over})"));
        let name = call.function.name.as_str();
        let divisor = if name.ends_with("_pop") { format!("NULLIF({n} * {n}, 0)") } else { format!("NULLIF({n} * ({n} - 1), 0)") };
        let variance = format!("({n} * {squares} - {sum} * {sum}) / {divisor}");
        Ok(if name.starts_with("stddev") {
            Text::atom(format!("SQRT({variance})"))
        } else {
            Text::new(variance, super::text::Level::Multiply)
        })
    }

    fn window_function(&mut self, expr: &Expr, call: &Window) -> Result<String> {
        let args = &call.args;
        Ok(match (call.function.name.as_str(), args.as_slice()) {
            (name @ ("row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist"), []) => {
                format!("{}()", name.to_ascii_uppercase())
            }
            ("ntile", [n]) if self.value_of(n) == Some(&Literal::Null) => {
                return Err(refuse("ntile(NULL)", expr.position, "Write the number of buckets."));
            }
            ("ntile", [n]) if matches!(self.value_of(n), Some(Literal::Int(n)) if *n < 1) => {
                let state = crate::error::SqlState("22014");
                return Err(Report::new(state, "argument of ntile must be greater than zero"));
            }
            ("nth_value", [_, n]) if literals::constant_int(n).is_some_and(|n| n < 1) => {
                let state = crate::error::SqlState("22016");
                return Err(Report::new(state, "argument of nth_value must be greater than zero"));
            }
            ("ntile", [n]) if literals::constant_int(n).is_some() || matches!(n.kind, ExprKind::Parameter(_)) => {
                format!("NTILE({})", self.expr(n)?)
            }
            (name @ ("first_value" | "last_value"), [value]) => format!("{}({})", name.to_ascii_uppercase(), self.expr(value)?),
            ("nth_value", [value, n]) if literals::constant_int(n).is_some() => {
                format!("NTH_VALUE({}, {})", self.expr(value)?, self.expr(n)?)
            }
            (name @ ("lag" | "lead"), [value]) => format!("{}({})", name.to_ascii_uppercase(), self.expr(value)?),
            (name @ ("lag" | "lead"), [value, n]) => {
                let (name, n) = shifted(name, n)?;
                format!("{name}({}, {n})", self.expr(value)?)
            }
            (name @ ("lag" | "lead"), [value, n, default]) => {
                let (name, n) = shifted(name, n)?;
                format!("{name}({}, {n}, {})", self.expr(value)?, self.expr(default)?)
            }
            (name, _) => {
                return Err(refuse(
                    format!("the window function {name}() with these arguments"),
                    expr.position,
                    "Its offset has to be a constant.",
                ));
            }
        })
    }

    /// A RANGE frame with an offset takes one numeric key in GoogleSQL: moments are measured in microseconds, dates in days; or in such of months that
    /// have 31 days each, where the frame is one of `months`.
    fn measured_order(&mut self, expr: &Expr, keys: &[SortKey], months: Option<i32>) -> Result<Vec<String>> {
        let [SortKey { by: SortBy::Expr(by), descending, .. }] = keys else {
            return Err(refuse("a RANGE frame with an offset over several sort keys", expr.position, "Order the window by one key."));
        };
        let text = self.expr(by)?;
        let measure = match by.ty {
            _ if months.is_some() => self.measured_by_months(by, months.unwrap_or_default())?,
            Type::TIMESTAMPTZ => Text::call("UNIX_MICROS", &[text]),
            Type::TIMESTAMP => Text::atom(format!("UNIX_MICROS(TIMESTAMP({text}))")),
            Type::DATE => Text::call("UNIX_DATE", &[text]),
            ty if ty.is_integer() || ty == Type::NUMERIC || ty == Type::FLOAT8 => text,
            ty => {
                return Err(refuse(
                    format!("a RANGE frame over {ty}"),
                    by.position,
                    "Order the window by a number, a date or a timestamp.",
                ));
            }
        };
        // One key only: NULLs cannot be moved by a second one. They matter to unbounded frames only, which `frame` refuses.
        Ok(vec![format!("{measure}{}", if *descending { " DESC" } else { "" })])
    }

    fn frame(&mut self, expr: &Expr, frame: &Frame, keys: &[SortKey]) -> Result<Option<String>> {
        let unit = match frame.unit {
            FrameUnit::Rows => "ROWS",
            FrameUnit::Range => "RANGE",
            // Without offsets a frame of groups is one of peers.
            FrameUnit::Groups if !has_offset(&frame.start) && !has_offset(&frame.end) => "RANGE",
            FrameUnit::Groups => {
                return Err(refuse("a GROUPS frame", expr.position, "Use ROWS, or RANGE over dense_rank() in a subquery."));
            }
        };
        let key = match keys {
            [SortKey { by: SortBy::Expr(by), .. }] => Some(by),
            _ => None,
        };
        let measured = frame.unit == FrameUnit::Range && (has_offset(&frame.start) || has_offset(&frame.end));
        if measured {
            let open = matches!(frame.start, FrameBound::UnboundedPreceding) || matches!(frame.end, FrameBound::UnboundedFollowing);
            if open && !key.is_some_and(|key| self.never_null(key)) {
                return Err(refuse(
                    "an unbounded RANGE frame with an offset over a key that may be NULL",
                    expr.position,
                    "Filter the NULLs out in a subquery.",
                ));
            }
        }
        let by_months = super::window_months::of(frame).is_some();
        let start = self.bound(&frame.start, frame.unit, key, by_months)?;
        let end = self.bound(&frame.end, frame.unit, key, by_months)?;
        Ok(Some(format!("{unit} BETWEEN {start} AND {end}")))
    }

    fn bound(&mut self, bound: &FrameBound, unit: FrameUnit, key: Option<&Expr>, by_months: bool) -> Result<String> {
        let (offset, word) = match bound {
            FrameBound::UnboundedPreceding => return Ok("UNBOUNDED PRECEDING".to_owned()),
            FrameBound::CurrentRow => return Ok("CURRENT ROW".to_owned()),
            FrameBound::UnboundedFollowing => return Ok("UNBOUNDED FOLLOWING".to_owned()),
            FrameBound::Preceding(offset) => (offset, "PRECEDING"),
            FrameBound::Following(offset) => (offset, "FOLLOWING"),
        };
        if let ExprKind::Literal(Literal::Interval { months, days, micros }) = offset.kind {
            let negative = months < 0 || days < 0 || micros < 0;
            let is_date = key.is_some_and(|key| key.ty == Type::DATE);
            if by_months && months > 0 && days == 0 && micros == 0 {
                return Ok(format!("{} {word}", super::window_months::offset(months, is_date)));
            }
            if months != 0
                || negative
                || by_months
                || (is_date && micros != 0)
                || (days != 0 && !self.is_utc() && key.is_some_and(|key| key.ty == Type::TIMESTAMPTZ))
            {
                return Err(refuse(
                    "a RANGE frame with this interval",
                    offset.position,
                    "Use a positive interval of days, of a time, or of months.",
                ));
            }
            let n = if is_date { i64::from(days) } else { i64::from(days) * 86_400_000_000 + micros };
            return Ok(format!("{n} {word}"));
        }
        let constant = literals::is_constant(offset) || matches!(offset.kind, ExprKind::Parameter(_));
        if !constant
            || (unit == FrameUnit::Range && key.is_some_and(|key| matches!(key.ty, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ)))
        {
            return Err(refuse("a window frame with a computed offset", offset.position, "Write the offset as a constant."));
        }
        Ok(format!("{} {word}", self.expr(offset)?))
    }
}

fn depends_on_rows(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column { .. } | ExprKind::Subquery { .. })
        || crate::sql::walk::children(expr).into_iter().any(depends_on_rows)
}

fn has_offset(bound: &FrameBound) -> bool {
    matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_))
}

/// LAG by a negative number is LEAD, and the other way round; GoogleSQL takes no negative offset.
fn shifted(name: &str, n: &Expr) -> Result<(&'static str, u64)> {
    let Some(n_value) = literals::constant_int(n) else {
        return Err(refuse(format!("{name}() with a computed offset"), n.position, "Write the offset as a constant."));
    };
    Ok((if (name == "lag") == (n_value >= 0) { "LAG" } else { "LEAD" }, n_value.unsigned_abs()))
}
