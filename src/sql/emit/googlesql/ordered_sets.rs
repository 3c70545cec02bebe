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
            ("percentile_cont", [fraction]) if expr.ty == Type::FLOAT8 => {
                let p = self.fraction(fraction)?;
                let position = format!("{p} * (ARRAY_LENGTH({column}) - 1)");
                let low = format!("{column}[SAFE_OFFSET(CAST(FLOOR({position}) AS INT64))]");
                let high = format!("{column}[SAFE_OFFSET(CAST(CEIL({position}) AS INT64))]");
                Text::new(format!("{low} + ({position} - FLOOR({position})) * ({high} - {low})"), text::Level::Add)
            }
            ("percentile_disc", [fraction]) if !expr.ty.is_array() => {
                let p = self.fraction(fraction)?;
                Text::atom(format!("{column}[SAFE_ORDINAL(GREATEST(CAST(CEIL({p} * ARRAY_LENGTH({column})) AS INT64), 1))]"))
            }
            ("mode", []) => Text::atom(format!(
                "(SELECT element FROM UNNEST({column}) AS element GROUP BY element ORDER BY COUNT(*) DESC, element{direction} LIMIT 1)"
            )),
            (name, _) => return Err(refuse(format!("the aggregate {name}() WITHIN GROUP of these types"), expr.position, hint)),
        };
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
