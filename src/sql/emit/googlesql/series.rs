//! Set-returning functions: generate_series, unnest and their kin, as UNNEST of an array.

use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Prints a function in FROM.
    pub fn function_item(&mut self, id: RelationId, hint: &str, calls: &[Expr], ordinality: bool, width: usize) -> Result<String> {
        let [call] = calls else {
            return Err(refuse(
                "ROWS FROM of several functions",
                calls.get(1).and_then(|call| call.position),
                "Join the functions WITH ORDINALITY on their ordinals.",
            ));
        };
        let alias = self.alias(hint);
        let (source, mut columns) = self.series(call, &alias)?;
        let mut source = source;
        if ordinality {
            let offset = self.alias(&format!("{hint}_offset"));
            source.push_str(&format!(" WITH OFFSET AS {}", names::quote(&offset)));
            columns.push(Text::new(format!("{} + 1", names::quote(&offset)), Level::Add));
        }
        if columns.len() != width {
            return Err(refuse("this function in FROM", call.position, "generate_series() and unnest() of one array are."));
        }
        self.columns.insert(id, columns);
        Ok(source)
    }

    /// Returns a FROM item for a set-returning call, and how its columns are written.
    pub fn series(&mut self, call: &Expr, alias: &str) -> Result<(String, Vec<Text>)> {
        let quoted = names::quote(alias);
        let ExprKind::Call { function, args } = &call.kind else {
            // A scalar function in FROM is one row.
            let value = self.expr(call)?;
            return Ok((format!("UNNEST([{value}]) AS {quoted}"), vec![Text::atom(quoted)]));
        };
        if !function.returns_set {
            let value = self.expr(call)?;
            return Ok((format!("(SELECT {value} AS value) AS {quoted}"), vec![Text::atom(format!("{quoted}.value"))]));
        }
        let json = |column: &str| Text::atom(format!("{quoted}.{column}"));
        match (function.name.as_str(), args.as_slice()) {
            ("generate_series", args) => {
                let (array, element) = self.generated(call, args, &quoted)?;
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![element]))
            }
            ("unnest", [array]) if array.ty.is_array() => {
                let array = self.expr(array)?;
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("generate_subscripts", [array, dimension]) if literals::constant_int(dimension) == Some(1) => {
                let array = self.expr(array)?;
                Ok((format!("UNNEST(GENERATE_ARRAY(1, ARRAY_LENGTH({array}))) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("json_array_elements" | "jsonb_array_elements", [value]) => {
                let value = self.expr(value)?;
                Ok((format!("UNNEST(JSON_QUERY_ARRAY({value})) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("json_array_elements_text" | "jsonb_array_elements_text", [value]) => {
                let value = self.expr(value)?;
                let text = json_element_text(&quoted);
                Ok((format!("UNNEST(JSON_QUERY_ARRAY({value})) AS {quoted}"), vec![text]))
            }
            ("json_object_keys" | "jsonb_object_keys", [value]) => {
                let value = self.expr(value)?;
                Ok((format!("UNNEST(JSON_KEYS({value}, 1)) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("json_each" | "jsonb_each" | "json_each_text" | "jsonb_each_text", [value]) => {
                let value = self.expr(value)?;
                let rows = format!(
                    "UNNEST(ARRAY(SELECT AS STRUCT name, {value}[name] AS element FROM UNNEST(JSON_KEYS({value}, 1)) AS name)) AS {quoted}",
                    value = value.tight()
                );
                let element =
                    if function.name.ends_with("_text") { json_element_text(&format!("{quoted}.element")) } else { json("element") };
                Ok((rows, vec![json("name"), element]))
            }
            ("regexp_split_to_table", [value, pattern]) => {
                let array = self.regexp_split(call, value, pattern)?;
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("string_to_table", [value, separator]) => {
                let array = self.split_text(value, separator)?;
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            (name, _) => Err(refuse(
                format!("the set-returning function {name}()"),
                call.position,
                "generate_series(), unnest(), jsonb_array_elements() and jsonb_each() are.",
            )),
        }
    }

    /// generate_series as an array, and its element as the series' type.
    fn generated(&mut self, call: &Expr, args: &[Expr], element: &str) -> Result<(String, Text)> {
        let (from, to) = match args {
            [from, to] | [from, to, _] => (from, to),
            _ => return Err(refuse("generate_series() of these arguments", call.position, "Give start, end and step.")),
        };
        let bare = Text::atom(element);
        if from.ty.is_integer() || from.ty == Type::NUMERIC {
            let array = Text::call("GENERATE_ARRAY", &self.exprs(args)?);
            return Ok((array.to_string(), bare));
        }
        let Some(Literal::Interval { months, days, micros }) = args.get(2).and_then(|step| match &step.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }) else {
            return Err(refuse("generate_series() with a computed step", call.position, "Write the step as a constant interval."));
        };
        let step = match (*months, *days, *micros) {
            (0, 0, 0) => {
                return Err(Report::new(crate::error::SqlState::INVALID_PARAMETER_VALUE, "step size cannot equal zero").at(call.position));
            }
            (months, 0, 0) => Some((i64::from(months), "MONTH")),
            (0, days, 0) => Some((i64::from(days), "DAY")),
            (0, 0, micros) => Some(literals::unit_of(micros)),
            _ => None,
        };
        let Some((n, unit)) = step else {
            return Err(refuse("generate_series() with a step of mixed units", call.position, "Use a step in one unit."));
        };
        match from.ty {
            // Steps of whole days between dates stay dates; PostgreSQL gives timestamps, so the element is converted.
            Type::TIMESTAMP => {
                if let (Some(first), Some(last)) = (self.date_of(from), self.date_of(to))
                    && (unit == "DAY" || unit == "MONTH")
                {
                    let array = format!("GENERATE_DATE_ARRAY({}, {}, INTERVAL {n} {unit})", self.expr(&first)?, self.expr(&last)?);
                    return Ok((array, Text::call("DATETIME", &[bare])));
                }
                // GoogleSQL has no GENERATE_DATETIME_ARRAY: timestamps in UTC have the same steps, months aside.
                if unit == "MONTH" {
                    let (first, last) = (self.expr(from)?, self.expr(to)?);
                    return Ok((months_between(from, &first, &last, n)?, bare));
                }
                let array = format!(
                    "GENERATE_TIMESTAMP_ARRAY({}, {}, INTERVAL {n} {unit})",
                    Text::call("TIMESTAMP", &[self.expr(from)?]),
                    Text::call("TIMESTAMP", &[self.expr(to)?])
                );
                Ok((array, Text::call("DATETIME", &[bare])))
            }
            Type::TIMESTAMPTZ => {
                if let (Some(first), Some(last)) = (self.date_of(from), self.date_of(to))
                    && (unit == "DAY" || unit == "MONTH")
                {
                    let array = format!("GENERATE_DATE_ARRAY({}, {}, INTERVAL {n} {unit})", self.expr(&first)?, self.expr(&last)?);
                    return Ok((array, self.in_zone("TIMESTAMP", &bare)));
                }
                if unit == "MONTH" {
                    let (first, last) = (self.expr(from)?, self.expr(to)?);
                    let array = months_between(from, &self.in_zone("DATETIME", &first), &self.in_zone("DATETIME", &last), n)?;
                    return Ok((array, self.in_zone("TIMESTAMP", &bare)));
                }
                if unit == "DAY" && !self.is_utc() {
                    return Err(refuse(
                        "generate_series() of timestamps with time zone by days",
                        call.position,
                        "Generate timestamps or dates, and convert them with AT TIME ZONE.",
                    ));
                }
                let array = format!("GENERATE_TIMESTAMP_ARRAY({}, {}, INTERVAL {n} {unit})", self.expr(from)?, self.expr(to)?);
                Ok((array, bare))
            }
            _ => Err(refuse(format!("generate_series() of {}", from.ty), call.position, "Use integers, dates or timestamps.")),
        }
    }
}

impl Emitter {
    /// Returns the date that was made a timestamp, by a cast or as a constant at midnight.
    fn date_of(&self, expr: &Expr) -> Option<Expr> {
        let day = 86_400_000_000;
        let micros = match &expr.kind {
            ExprKind::Cast { expr, .. } if expr.ty == Type::DATE => return Some((**expr).clone()),
            ExprKind::Literal(Literal::Timestamp(micros)) => *micros,
            ExprKind::Literal(Literal::TimestampTz(micros)) => {
                let local = chrono::DateTime::from_timestamp_micros(*micros)?.with_timezone(&self.zone).naive_local();
                local.and_utc().timestamp_micros()
            }
            _ => return None,
        };
        let days = i32::try_from(micros.div_euclid(day)).ok()?;
        (micros.rem_euclid(day) == 0).then(|| Expr::literal(Literal::Date(days), Type::DATE, expr.position))
    }
}

/// An array of the moments that lie whole steps of months after the first one.
fn months_between(from: &Expr, first: &Text, last: &Text, n: i64) -> Result<String> {
    if !begins_month(from) {
        let hint = "Start from date_trunc('month', ...), or from a date.";
        return Err(refuse("generate_series() by months from a day that not every month may have", from.position, hint));
    }
    let compare = if n > 0 { "<=" } else { ">=" };
    Ok(format!(
        "ARRAY(SELECT moment FROM UNNEST(GENERATE_ARRAY(0, DIV(DATETIME_DIFF({last}, {first}, MONTH), {n}))) AS step CROSS JOIN UNNEST([DATETIME_ADD({first}, INTERVAL step * {n} MONTH)]) AS moment WHERE moment {compare} {last})"
    ))
}

/// Tells whether a timestamp surely lies on one of the days 1 to 28, which every month has.
fn begins_month(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Timestamp(micros)) => {
            chrono::DateTime::from_timestamp_micros(*micros).is_some_and(|moment| chrono::Datelike::day(&moment) <= 27)
        }
        ExprKind::Call { function, args } => {
            function.name == "date_trunc"
                && args.first().and_then(literals::constant_text).is_some_and(|unit| matches!(unit, "month" | "quarter" | "year"))
        }
        _ => false,
    }
}

/// The text of a JSON element: strings without quotes, null as NULL, the rest in JSON's own form.
pub(super) fn json_element_text(element: &str) -> Text {
    Text::atom(format!(
        "CASE JSON_TYPE({element}) WHEN 'null' THEN NULL WHEN 'string' THEN STRING({element}) ELSE TO_JSON_STRING({element}) END"
    ))
}
