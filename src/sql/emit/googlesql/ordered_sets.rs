//! Ordered-set aggregates: percentile_cont, percentile_disc, mode. The group's values are gathered, then looked into.

use super::*;
use crate::types::Type;

impl Emitter {
    /// Returns what gathers the values in the grouped subquery, and what computes the result from that column.
    pub fn ordered_set(&mut self, expr: &Expr, call: &Aggregate, column: &str) -> Result<(Text, Text)> {
        let hint = "percentile_cont(), percentile_disc() and mode() over one value are.";
        let [key] = call.order_by.as_slice() else {
            return Err(refuse(format!("{}() with several sort keys", call.function.name), expr.position, hint));
        };
        let SortBy::Expr(value) = &key.by else { return Err(Report::internal("WITHIN GROUP by an output column")) };
        let printed = self.expr(value)?;
        let kept = match &call.filter {
            Some(filter) => Text::atom(format!("IF({}, {printed}, NULL)", self.expr(filter)?)),
            None => printed.clone(),
        };
        let direction = if key.descending { " DESC" } else { "" };
        let order = if call.filter.is_none() { printed.to_string() } else { kept.to_string() };
        let nan = if super::nan::may_be_nan(value) { format!("IS_NAN({order}){direction}, ") } else { String::new() };
        let sorted = if literals::is_constant(value) { String::new() } else { format!(" ORDER BY {nan}{order}{direction}") };
        let inner = Text::atom(format!("ARRAY_AGG({kept} IGNORE NULLS{sorted})"));
        let outer = match (call.function.name.as_str(), call.args.as_slice()) {
            ("percentile_cont", [fraction]) if expr.ty == Type::FLOAT8 => {
                Text::new(interpolated(&self.fraction(fraction)?, column), text::Level::Add)
            }
            ("percentile_cont", [fraction]) if expr.ty == Type::INTERVAL => {
                let (low, high, share) = neighbours(&self.fraction(fraction)?, column);
                let step = self.scaled(&Text::atom(format!("({high} - {low})")), "*", &Text::atom(share));
                Text::new(format!("{low} + {step}"), text::Level::Add)
            }
            ("percentile_disc", [fraction]) if !expr.ty.is_array() => Text::atom(nearest(&self.fraction(fraction)?, column)),
            // An array of fractions gives an array of results, in its order.
            ("percentile_cont" | "percentile_disc", [fractions]) if expr.ty.is_array() && fractions.ty == Type::FLOAT8_ARRAY => {
                let (fraction, place) = (self.alias("fraction"), self.alias("place"));
                let one = if call.function.name == "percentile_cont" && expr.ty == Type::FLOAT8_ARRAY {
                    interpolated(&fraction, column)
                } else if call.function.name == "percentile_disc" {
                    nearest(&fraction, column)
                } else {
                    return Err(refuse("percentile_cont() of these types", expr.position, hint));
                };
                let fractions = self.expr(fractions)?;
                Text::atom(format!(
                    "IF(ARRAY_LENGTH({column}) > 0, ARRAY(SELECT {one} FROM UNNEST({fractions}) AS {fraction} WITH OFFSET AS {place} ORDER BY {place}), NULL)"
                ))
            }
            ("mode", []) => {
                let nan = if super::nan::may_be_nan(value) { format!("IS_NAN(element){direction}, ") } else { String::new() };
                Text::atom(format!(
                    "(SELECT element FROM UNNEST({column}) AS element GROUP BY element ORDER BY COUNT(*) DESC, {nan}element{direction} LIMIT 1)"
                ))
            }
            (name, _) => return Err(refuse(format!("the aggregate {name}() WITHIN GROUP of these types"), expr.position, hint)),
        };
        Ok((inner, outer))
    }

    /// rank(x) WITHIN GROUP (ORDER BY y) and its kin: where a row x would stand among the others. `None` if it is no such call.
    pub fn hypothetical(&mut self, expr: &Expr, call: &Aggregate) -> Result<Option<Text>> {
        if !is_hypothetical(call) {
            return Ok(None);
        }
        let ([key], [place]) = (call.order_by.as_slice(), call.args.as_slice()) else {
            return Err(refuse(
                format!("{}() WITHIN GROUP with several sort keys", call.function.name),
                expr.position,
                "Use one sort key.",
            ));
        };
        let SortBy::Expr(value) = &key.by else { return Err(Report::internal("WITHIN GROUP by an output column")) };
        let known = literals::is_constant(place) && !place.is_null_literal();
        if !known || super::nan::may_be_nan(value) || !types::groupable(value.ty) {
            return Err(refuse(
                format!("{}() WITHIN GROUP of this value", call.function.name),
                expr.position,
                "Write a constant, or count the rows that come before: count(*) FILTER (WHERE ...) + 1.",
            ));
        }
        // NULLs come before or behind all other values.
        let nulls_before = key.nulls_first && !self.never_null(value);
        let (value, place) = (self.expr(value)?, self.expr(place)?);
        let kept = call.filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let counted = |op: &str| {
            let op = if key.descending { op.replace('<', ">") } else { op.to_owned() };
            let before = format!("{} {op} {}", value.operand(), place.operand());
            let before = if nulls_before { format!("({before} OR {} IS NULL)", value.operand()) } else { before };
            kept.as_ref().map_or(before.clone(), |kept| format!("({}) AND {before}", kept))
        };
        let nulls = match (nulls_before, &kept) {
            (false, _) => String::new(),
            (true, None) => format!(" + IF(COUNTIF({} IS NULL) > 0, 1, 0)", value.operand()),
            (true, Some(kept)) => format!(" + IF(COUNTIF(({kept}) AND {} IS NULL) > 0, 1, 0)", value.operand()),
        };
        let all = kept.as_ref().map_or("COUNT(*)".to_owned(), |kept| format!("COUNTIF({kept})"));
        Ok(Some(match call.function.name.as_str() {
            "rank" => Text::new(format!("COUNTIF({}) + 1", counted("<")), text::Level::Add),
            "dense_rank" => Text::new(format!("COUNT(DISTINCT IF({}, {value}, NULL)){nulls} + 1", counted("<")), text::Level::Add),
            "percent_rank" => Text::atom(format!("IF({all} = 0, 0.0, COUNTIF({}) / {all})", counted("<"))),
            _ => Text::new(format!("(COUNTIF({}) + 1) / ({all} + 1)", counted("<=")), text::Level::Multiply),
        }))
    }

    /// avg of intervals: the sum, divided as PostgreSQL divides intervals. AVG of GoogleSQL cuts microseconds off.
    pub fn interval_average(&mut self, call: &Aggregate, column: &str) -> Result<(Text, Text)> {
        let [value] = call.args.as_slice() else { return Err(Report::internal("avg of several values")) };
        let printed = self.expr(value)?;
        let kept = match &call.filter {
            Some(filter) => Text::atom(format!("IF({}, {printed}, NULL)", self.expr(filter)?)),
            None => printed,
        };
        let word = if call.distinct { "DISTINCT " } else { "" };
        let inner = Text::atom(format!("STRUCT(SUM({word}{kept}) AS total, COUNT({word}{kept}) AS n)"));
        let outer = self.scaled(&Text::atom(format!("{column}.total")), "/", &Text::atom(format!("NULLIF({column}.n, 0)")));
        Ok((inner, outer))
    }

    fn fraction(&mut self, fraction: &Expr) -> Result<String> {
        if let Some(Literal::Float(p)) = self.value_of(fraction)
            && !(0.0..=1.0).contains(p)
        {
            let state = crate::error::SqlState::NUMERIC_VALUE_OUT_OF_RANGE;
            return Err(Report::new(state, format!("percentile value {p} is not between 0 and 1")));
        }
        Ok(self.expr(fraction)?.at(text::Level::Unary))
    }
}

/// percentile_cont of a sorted array: between two neighbours in proportion.
fn interpolated(p: &str, column: &str) -> String {
    let (low, high, share) = neighbours(p, column);
    format!("{low} + ({share}) * ({high} - {low})")
}

/// The two values of a sorted array that a share of it lies between, and how far from the first.
fn neighbours(p: &str, column: &str) -> (String, String, String) {
    let position = format!("{p} * (ARRAY_LENGTH({column}) - 1)");
    let low = format!("{column}[SAFE_OFFSET(CAST(FLOOR({position}) AS INT64))]");
    let high = format!("{column}[SAFE_OFFSET(CAST(CEIL({position}) AS INT64))]");
    let share = format!("{position} - FLOOR({position})");
    (low, high, share)
}

/// percentile_disc of a sorted array: the first value whose share is reached.
fn nearest(p: &str, column: &str) -> String {
    format!("{column}[SAFE_ORDINAL(GREATEST(CAST(CEIL({p} * ARRAY_LENGTH({column})) AS INT64), 1))]")
}

/// Tells whether an aggregate is one of the hypothetical-set ones.
pub(super) fn is_hypothetical(call: &Aggregate) -> bool {
    call.within_group && matches!(call.function.name.as_str(), "rank" | "dense_rank" | "percent_rank" | "cume_dist")
}
