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
        let inner = Text::atom(format!("ARRAY_AGG({kept} IGNORE NULLS ORDER BY {nan}{order}{direction})"));
        let outer = match (call.function.name.as_str(), call.args.as_slice()) {
            ("percentile_cont", [fraction]) if expr.ty == Type::FLOAT8 => Text::new(interpolated(&self.fraction(fraction)?, column), text::Level::Add),
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
            ("mode", []) => Text::atom(format!(
                "(SELECT element FROM UNNEST({column}) AS element GROUP BY element ORDER BY COUNT(*) DESC, element{direction} LIMIT 1)"
            )),
            (name, _) => return Err(refuse(format!("the aggregate {name}() WITHIN GROUP of these types"), expr.position, hint)),
        };
        Ok((inner, outer))
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
        if let ExprKind::Literal(crate::types::literal::Literal::Float(p)) = fraction.kind
            && !(0.0..=1.0).contains(&p)
        {
            let state = crate::error::SqlState::NUMERIC_VALUE_OUT_OF_RANGE;
            return Err(Report::new(state, format!("percentile value {p} is not between 0 and 1")).at(fraction.position));
        }
        Ok(self.expr(fraction)?.at(text::Level::Unary))
    }
}

/// percentile_cont of a sorted array: between two neighbours in proportion.
fn interpolated(p: &str, column: &str) -> String {
    let position = format!("{p} * (ARRAY_LENGTH({column}) - 1)");
    let low = format!("{column}[SAFE_OFFSET(CAST(FLOOR({position}) AS INT64))]");
    let high = format!("{column}[SAFE_OFFSET(CAST(CEIL({position}) AS INT64))]");
    format!("{low} + ({position} - FLOOR({position})) * ({high} - {low})")
}

/// percentile_disc of a sorted array: the first value whose share is reached.
fn nearest(p: &str, column: &str) -> String {
    format!("{column}[SAFE_ORDINAL(GREATEST(CAST(CEIL({p} * ARRAY_LENGTH({column})) AS INT64), 1))]")
}
