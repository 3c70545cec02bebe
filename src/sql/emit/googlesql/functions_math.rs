//! Mathematical functions. Numerics of unknown length are computed as BIGNUMERIC, 38 digits behind the point.

use super::text::Level;
use super::*;
use crate::types::{NumericScale, Type};

impl Emitter {
    /// Prints a mathematical function; `None` if it is none.
    pub fn math_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        let name = function.name.as_str();
        if args.iter().any(|arg| arg.ty == Type::FLOAT4) {
            return Ok(None);
        }
        let first = args.first().map_or(Type::UNKNOWN, |arg| arg.ty);
        let numeric = first == Type::NUMERIC;
        let float = first == Type::FLOAT8;
        let one = |name: &str, value: Text| Text::call(name, &[value]);
        let text = match (name, args) {
            ("abs", [value]) if numeric || float || first.is_integer() => ranges::checked(expr, one("ABS", self.expr(value)?)),
            ("trim_scale", [value]) => self.expr(value)?,
            ("min_scale", [value]) => {
                let text = self.expr(value)?;
                let digits = Text::call("REGEXP_EXTRACT", &[text.cast("STRING"), Text::atom("r'[.](.*)'")]);
                Text::atom(format!("IF({} IS NULL, NULL, COALESCE(LENGTH({digits}), 0))", text.operand()))
            }
            ("scale", [value]) if matches!(value.scale, NumericScale::Fixed(_)) || self.own.is_own(value) => {
                let text = self.expr(value)?;
                let digits = match value.scale {
                    NumericScale::Fixed(digits) => digits.to_string(),
                    _ => format!("COALESCE(LENGTH(REGEXP_EXTRACT({}, r'[.](.*)')), 0)", text.cast("STRING")),
                };
                Text::atom(format!("IF({} IS NULL, NULL, {digits})", text.operand()))
            }
            ("ceil" | "ceiling", [value]) => one("CEIL", self.expr(value)?),
            ("floor", [value]) => one("FLOOR", self.expr(value)?),
            // NaN is neither above nor below zero.
            ("sign", [value]) if super::nan::may_be_nan(value) => {
                let text = self.expr(value)?;
                Text::atom(format!("IF(IS_NAN({text}), 0.0, SIGN({text}))"))
            }
            ("sign", [value]) => one("SIGN", self.expr(value)?),
            ("trunc", [value]) if numeric || float => one("TRUNC", self.expr(value)?),
            ("trunc", [_, _]) if numeric => Text::call("TRUNC", &self.exprs(args)?),
            ("round", [value]) if numeric => one("ROUND", self.expr(value)?),
            ("round", [_, _]) if numeric => Text::call("ROUND", &self.exprs(args)?),
            ("round", [value]) if float => {
                // Beyond 2^52 every value is whole; NaN and the infinities stay what they are.
                let value = self.expr(value)?;
                let rounded = format!("CAST(ROUND(CAST({value} AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS FLOAT64)");
                // A random value is computed once.
                let once = super::random::computes(value.as_str());
                Text::atom(if once { rounded } else { format!("IF(ABS({value}) < 4503599627370496, {rounded}, {value})") })
            }
            ("mod", [_, _]) if numeric || first.is_integer() => Text::call("MOD", &self.exprs(args)?),
            ("div", [left, right]) if numeric => {
                Text::call("TRUNC", &[Text::infix(&self.wide(left)?, "/", &self.expr(right)?, Level::Multiply)])
            }
            ("power" | "pow", [left, right]) if numeric => self.numeric_power(left, right)?,
            ("power" | "pow" | "dpow", [_, _]) if float => Text::call("POW", &self.exprs(args)?),
            ("sqrt", [value]) if numeric => one("SQRT", self.wide(value)?),
            ("exp", [value]) if numeric => one("EXP", self.wide(value)?),
            ("ln", [value]) if numeric => one("LN", self.wide(value)?),
            ("log" | "log10", [value]) if numeric => one("LOG10", self.wide(value)?),
            ("log", [base, value]) if numeric => Text::call("LOG", &[self.wide(value)?, self.wide(base)?]),
            ("sqrt", [value]) if float => one("SQRT", self.expr(value)?),
            ("cbrt", [value]) if float => {
                let value = self.expr(value)?;
                one("CBRT", value)
            }
            ("exp", [value]) if float => one("EXP", self.expr(value)?),
            ("ln", [value]) if float => one("LN", self.expr(value)?),
            ("log" | "log10", [value]) if float => one("LOG10", self.expr(value)?),
            ("sinh" | "cosh" | "atanh" | "cot", [value]) if float => self.unbounded(name, value)?,
            ("sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "tanh" | "asinh" | "acosh", [value]) if float => {
                one(&name.to_ascii_uppercase(), self.expr(value)?)
            }
            ("atan2", [_, _]) => Text::call("ATAN2", &self.exprs(args)?),
            ("pi", []) => Text::call("ACOS", &[Text::new("-1", Level::Unary)]),
            ("degrees", [value]) if float => {
                Text::new(format!("{} / (ACOS(-1) / 180)", self.expr(value)?.at(Level::Multiply)), Level::Multiply)
            }
            ("radians", [value]) if float => {
                Text::new(format!("{} * (ACOS(-1) / 180)", self.expr(value)?.at(Level::Multiply)), Level::Multiply)
            }
            ("width_bucket", [value, low, high, count]) if first == Type::NUMERIC || float => self.width_bucket(value, low, high, count)?,
            ("width_bucket", [value, bounds]) if matches!(value.ty, Type::FLOAT8 | Type::NUMERIC) || value.ty.is_integer() => {
                self.enters_subquery(value)?;
                self.enters_subquery(bounds)?;
                let bound = self.alias("bound");
                let (value_text, bounds) = (self.expr(value)?, self.expr(bounds)?);
                let nan = if value.ty == Type::FLOAT8 { format!(" OR IS_NAN({value_text})") } else { String::new() };
                Text::atom(format!(
                    "IF({} IS NULL, NULL, (SELECT COUNT(*) FROM UNNEST({bounds}) AS {bound} WHERE {bound} <= {}{nan}))",
                    value_text.operand(),
                    value_text.operand()
                ))
            }
            (
                "int4" | "int8" | "int2" | "numeric" | "float8" | "float4" | "bool" | "date" | "time" | "timestamp" | "timestamptz"
                | "interval" | "jsonb",
                [value],
            ) if value.ty != expr.ty => self.cast(value, expr, true)?,
            ("num_nulls" | "num_nonnulls", _) if function.variadic.is_some() => {
                let word = if name == "num_nulls" { "IS NULL" } else { "IS NOT NULL" };
                let mut counted = Vec::new();
                for arg in args {
                    counted.push(format!("IF({} {word}, 1, 0)", self.expr(arg)?.operand()));
                }
                Text::new(counted.join(" + "), Level::Add)
            }
            ("sind" | "cosd" | "tand", [_]) => {
                return Err(refuse(format!("{name}()"), expr.position, "Use sin(), cos() and tan() with radians()."));
            }

            (name, []) if super::random::word(name).is_some() => Text::atom(super::random::word(name).unwrap_or_default()),
            ("setseed", _) => {
                return Err(refuse("setseed()", expr.position, "BigQuery's random values have no seed; take them in the client."));
            }
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    /// power of numerics, with 38 digits behind the point.
    pub fn numeric_power(&mut self, left: &Expr, right: &Expr) -> Result<Text> {
        let (left, right) = (self.wide(left)?, self.wide(right)?);
        Ok(Text::call("POW", &[left, right]))
    }

    /// width_bucket() with computed bounds, each of which is computed once.
    fn width_bucket_between(&mut self, value: &Expr, low: &Expr, high: &Expr, count: &Expr) -> Result<Text> {
        let mut parts = Vec::new();
        for (part, name) in [value, low, high, count].into_iter().zip(["value", "low", "high", "buckets"]) {
            self.enters_subquery(part)?;
            let text = if part.ty == Type::NUMERIC { self.wide(part)? } else { self.expr(part)? };
            parts.push(format!("{text} AS {name}"));
        }
        let given = self.alias("given");
        let field = |name: &str| format!("{given}.{name}");
        let (v, low, high, n) = (field("value"), field("low"), field("high"), field("buckets"));
        Ok(Text::atom(format!(
            "(SELECT CASE WHEN {v} IS NULL OR {low} IS NULL OR {high} IS NULL OR {n} IS NULL THEN NULL WHEN {n} < 1 THEN ERROR('count must be greater than zero') WHEN {low} = {high} THEN ERROR('lower bound cannot equal upper bound') ELSE {} END FROM UNNEST([STRUCT({})]) AS {given})",
            bucket([&v, &low, &high, &n]),
            parts.join(", ")
        )))
    }

    /// Functions that are infinite somewhere, where GoogleSQL fails.
    fn unbounded(&mut self, name: &str, value: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        let call = format!("{}({text})", name.to_ascii_uppercase());
        // A random value is computed once.
        if super::random::computes(text.as_str()) {
            return Ok(Text::atom(call));
        }
        let infinity = "CAST('inf' AS FLOAT64)";
        Ok(Text::atom(match name {
            "sinh" => format!("COALESCE(SAFE.{call}, SIGN({text}) * {infinity})"),
            "cosh" => format!("COALESCE(SAFE.{call}, ABS({text}) * {infinity})"),
            "atanh" => format!("IF(ABS({text}) = 1, {} * {infinity}, {call})", text.at(Level::Multiply)),
            _ => format!("IF({} = 0, IEEE_DIVIDE(1, {text}), {call})", text.operand()),
        }))
    }

    fn width_bucket(&mut self, value: &Expr, low: &Expr, high: &Expr, count: &Expr) -> Result<Text> {
        if !(literals::is_constant(low) && literals::is_constant(high)) {
            return self.width_bucket_between(value, low, high, count);
        }
        if low.kind == high.kind {
            return Err(Report::new(crate::error::SqlState("2201G"), "lower bound cannot equal upper bound"));
        }
        let numeric = value.ty == Type::NUMERIC;
        let (low_text, high_text) = if numeric { (self.wide(low)?, self.wide(high)?) } else { (self.expr(low)?, self.expr(high)?) };
        let at = count.position;
        let count = match self.value_of(count) {
            Some(Literal::Int(n)) if *n < 1 => {
                return Err(Report::new(crate::error::SqlState("2201G"), "count must be greater than zero").at(at));
            }
            Some(_) => self.expr(count)?,
            None => {
                let n = self.expr(count)?;
                Text::atom(format!("IF({} < 1, ERROR('count must be greater than zero'), {n})", n.operand()))
            }
        };
        let value = self.expr(value)?;
        let (v, low, high, n) = (value.operand(), low_text.tight(), high_text.tight(), count.tight());
        Ok(Text::atom(bucket([&v, &low, &high, &n])))
    }
}

/// The number of the bucket that a value falls into, by the texts of the value, the bounds and the count.
fn bucket([v, low, high, n]: [&str; 4]) -> String {
    format!(
        "CASE WHEN {low} < {high} THEN CASE WHEN {v} < {low} THEN 0 WHEN {v} >= {high} THEN {n} + 1 ELSE CAST(FLOOR(({v} - {low}) * {n} / ({high} - {low})) AS INT64) + 1 END ELSE CASE WHEN {v} > {low} THEN 0 WHEN {v} <= {high} THEN {n} + 1 ELSE CAST(FLOOR(({low} - {v}) * {n} / ({low} - {high})) AS INT64) + 1 END END"
    )
}
