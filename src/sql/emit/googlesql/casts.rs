//! Casts, by source and target type.

use super::text::Level;
use super::*;
use crate::types::{NumericScale, Type, numeric_typmod};

impl Emitter {
    /// Prints the cast of `from` to the type and typmod of `to`.
    pub fn cast(&mut self, from: &Expr, to: &Expr, explicit: bool) -> Result<Text> {
        let (source, target) = (from.ty, to.ty);
        if from.is_null_literal() {
            return self.expr(&Expr { kind: from.kind.clone(), ..to.clone() });
        }
        if source == target && target != Type::NUMERIC && to.typmod < 0 {
            return self.expr(from);
        }
        // The path of a recursive query is kept as the texts of its rows (sql::bind::search_cycle).
        if !explicit && source == Type::TEXT_ARRAY && target.element() == Some(Type::RECORD) {
            return self.expr(from);
        }
        match target {
            // The cast to text has a function of its own, that to name takes the output.
            Type::NAME if source == Type::BOOL => Ok(Text::atom(format!("LEFT({}, 1)", self.display(from)?))),
            Type::TEXT | Type::NAME => self.display(from),
            Type::VARCHAR => {
                let text = self.display(from)?;
                match (to.typmod, explicit) {
                    (typmod, _) if typmod < 4 => Ok(text),
                    (typmod, _) => Ok(Text::atom(format!("LEFT({text}, {})", typmod - 4))),
                }
            }
            // A bigint that is taken for an integer (sql::bind::integers).
            Type::INT4 if source == Type::INT8 && !explicit => self.expr(from),
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => self.as_integer(from, to),
            Type::FLOAT8 => self.as_float(from, to),
            Type::FLOAT4 => self.as_float4(from, to),
            Type::NUMERIC => self.as_numeric(from, to),
            Type::BOOL => self.as_bool(from, to),
            Type::DATE | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL => self.as_temporal(from, to),
            Type::UUID if source.is_string() => self.as_uuid(from),
            Type::JSON | Type::JSONB => self.as_json(from, to),
            // Without a backslash the text is the bytes (byteain).
            Type::BYTEA if source.is_string() && source != Type::BPCHAR => {
                let text = self.expr(from)?;
                let error = "ERROR('the bytes of a text with a backslash is not supported')";
                Ok(Text::atom(format!("IF(STRPOS({text}, '\\\\') > 0, {error}, CAST({text} AS BYTES))")))
            }
            Type::BYTEA => Err(refused(from, to)),
            target if target.is_array() && source.is_array() => self.as_array(from, to),
            _ => Err(refused(from, to)),
        }
    }

    fn as_integer(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        if from.ty == Type::BIT {
            return self.integer_of_bits(from, to);
        }
        let text = self.expr(from)?;
        let plain = match from.ty {
            ty if ty.is_integer() || ty == Type::OID => text,
            Type::BOOL => text.cast("INT64"),
            // numeric rounds half away from zero, as GoogleSQL's cast does; double precision rounds half to even.
            Type::NUMERIC => text.cast("INT64"),
            Type::FLOAT8 if is_whole(from) => text.cast("INT64"),
            Type::FLOAT8 => Text::atom(format!("CAST(ROUND(CAST({text} AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64)")),
            // PostgreSQL 15 reads no hexadecimal digits.
            ty if ty.is_string() => Text::atom(format!("CAST(TRANSLATE(TRIM({text}), 'xX', '??') AS INT64)")),
            Type::JSONB => Text::atom(format!("CAST(CAST({} AS BIGNUMERIC) AS INT64)", scalar_of(&text, "number", to))),
            _ => return Err(refused(from, to)),
        };
        Ok(ranges::checked(to, plain))
    }

    fn as_float(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        let text = self.expr(from)?;
        Ok(match from.ty {
            Type::FLOAT4 | Type::FLOAT8 => text,
            ty if ty.is_integer() || ty == Type::NUMERIC => text.cast("FLOAT64"),
            ty if ty.is_string() => Text::atom(format!("CAST(TRIM({text}) AS FLOAT64)")),
            Type::JSONB => Text::atom(format!("CAST({} AS FLOAT64)", scalar_of(&text, "number", to))),
            _ => return Err(refused(from, to)),
        })
    }

    /// real: a double precision rounded to 24 bits, by splitting it (Veltkamp).
    fn as_float4(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        if from.ty == Type::FLOAT4 {
            return self.expr(from);
        }
        self.enters_subquery(from)?;
        let wide = self.as_float(from, to)?;
        let f = self.alias("number");
        Ok(Text::atom(format!(
            "(SELECT CASE WHEN IS_NAN({f}) OR IS_INF({f}) OR {f} = 0 THEN {f} WHEN ABS({f}) > 3.4028235677973366e38 THEN ERROR('value out of range: overflow') WHEN ABS({f}) < 1.1754944e-38 THEN ERROR('value out of range: underflow') ELSE {f} * 536870913 - ({f} * 536870913 - {f}) END FROM UNNEST([{wide}]) AS {f})"
        )))
    }

    fn as_numeric(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        let text = self.expr(from)?;
        let plain = match from.ty {
            Type::NUMERIC if numeric_typmod(to.typmod).is_none() => return Ok(text),
            Type::NUMERIC => text,
            ty if ty.is_integer() && numeric_typmod(to.typmod).is_none() => return Ok(text.cast("NUMERIC")),
            ty if ty.is_integer() => text,
            // PostgreSQL takes 15 significant digits of a double precision.
            Type::FLOAT8 => Text::atom(format!("CAST(NULLIF(FORMAT('%.15g', {text}), 'NULL') AS BIGNUMERIC)")),
            ty if ty.is_string() => Text::atom(format!("CAST(TRIM({text}) AS BIGNUMERIC)")),
            Type::JSONB => Text::atom(format!("CAST({} AS BIGNUMERIC)", scalar_of(&text, "number", to))),
            _ => return Err(refused(from, to)),
        };
        let Some((precision, scale)) = numeric_typmod(to.typmod) else { return Ok(plain) };
        let name = if types::fits(precision, scale) { "NUMERIC" } else { "BIGNUMERIC" };
        // No number of BigQuery has as many digits: only the scale says something.
        if (0..=38).contains(&scale) && i32::from(precision) - i32::from(scale) > 38 {
            return Ok(match from.ty {
                ty if ty.is_integer() => plain.cast("BIGNUMERIC"),
                _ => Text::atom(format!("ROUND({}, {scale})", plain.cast("BIGNUMERIC"))),
            });
        }
        let within = precision <= 76
            && (0..=38).contains(&scale)
            && i32::from(precision) - i32::from(scale) <= 38
            && i32::from(precision) >= i32::from(scale);
        if !within {
            return Err(refuse(
                format!("numeric({precision},{scale})"),
                to.position,
                "BigQuery holds 38 digits before the point and 38 behind it.",
            ));
        }
        // NUMERIC(0, 0) does not exist; NUMERIC(p) means scale 0.
        let parameters = if scale == 0 { format!("{}", precision.max(1)) } else { format!("{}, {scale}", precision) };
        Ok(plain.cast(&format!("{name}({parameters})")))
    }

    fn as_bool(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        let text = self.expr(from)?;
        Ok(match from.ty {
            ty if ty.is_integer() => Text::new(format!("{} <> 0", text.operand()), Level::Compare),
            ty if ty.is_string() => Text::atom(format!(
                "CASE WHEN LOWER(TRIM({text})) IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN TRUE WHEN LOWER(TRIM({text})) IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN FALSE WHEN {} IS NOT NULL THEN ERROR(CONCAT('invalid input syntax for type boolean: \"', {text}, '\"')) END",
                text.operand()
            )),
            Type::JSONB => Text::atom(format!("CAST({} AS BOOL)", scalar_of(&text, "boolean", to))),
            _ => return Err(refused(from, to)),
        })
    }

    fn as_temporal(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        if (0..6).contains(&to.typmod) && matches!(to.ty, Type::TIMESTAMP | Type::TIMESTAMPTZ) {
            self.enters_subquery(from)?;
            let whole = self.as_temporal(from, &Expr { typmod: -1, ..to.clone() })?;
            return Ok(self.rounded_moment(&whole, to.ty, to.typmod));
        }
        if to.ty == Type::TIME && (0..6).contains(&to.typmod) {
            self.enters_subquery(from)?;
            let whole = self.as_temporal(from, &Expr { typmod: -1, ..to.clone() })?;
            return Ok(self.rounded_clock(&whole, to.typmod));
        }
        if to.ty == Type::INTERVAL && to.typmod >= 0 {
            return Err(refuse(format!("a cast to {}", to.ty.format(to.typmod)), to.position, "Round what is shown, with to_char()."));
        }
        let text = self.expr(from)?;
        if (0..6).contains(&to.typmod) {
            return Err(refuse(
                "fewer than six digits of a second",
                to.position,
                "Use date_trunc('second', ...), or leave the precision out.",
            ));
        }
        let utc = self.is_utc();
        Ok(match (from.ty, to.ty) {
            (from, to) if from == to => text,
            (Type::DATE, Type::TIMESTAMP) => Text::call("DATETIME", &[text]),
            (Type::DATE | Type::TIMESTAMP, Type::TIMESTAMPTZ) => self.in_zone("TIMESTAMP", &text),
            (Type::TIMESTAMP, Type::DATE) => Text::call("DATE", &[text]),
            (Type::TIMESTAMP, Type::TIME) => Text::call("TIME", &[text]),
            (Type::TIMESTAMPTZ, Type::DATE) => self.in_zone("DATE", &text),
            (Type::TIMESTAMPTZ, Type::TIME) => self.in_zone("TIME", &text),
            (Type::TIMESTAMPTZ, Type::TIMESTAMP) => self.in_zone("DATETIME", &text),
            (ty, Type::DATE) if ty.is_string() => text.cast("DATE"),
            (ty, Type::TIMESTAMP) if ty.is_string() => text.cast("DATETIME"),
            (ty, Type::TIMESTAMPTZ) if ty.is_string() && utc => text.cast("TIMESTAMP"),
            (ty, Type::TIME) if ty.is_string() => text.cast("TIME"),
            (ty, Type::INTERVAL) if ty.is_string() => return self.text_to_interval(from, to),
            (Type::TIME, Type::INTERVAL) => return self.time_as_interval(from),
            (Type::INTERVAL, Type::TIME) => return Err(refused(from, to)),
            _ => return Err(refused(from, to)),
        })
    }

    /// `(n || ' days')::interval`, the idiom that stands for n * interval '1 day'.
    fn text_to_interval(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        if let ExprKind::Operator { operator, args } = &from.kind
            && operator.name == "||"
            && let [amount, unit] = args.as_slice()
            && let Some(unit) = literals::constant_text(unit)
        {
            let amount = match &amount.kind {
                ExprKind::Cast { expr, .. } if expr.ty.is_integer() => expr,
                _ => amount,
            };
            let unit = match unit.trim().to_ascii_lowercase().trim_end_matches('s') {
                "year" => "YEAR",
                "month" | "mon" => "MONTH",
                "week" => "WEEK",
                "day" => "DAY",
                "hour" | "hr" => "HOUR",
                "minute" | "min" => "MINUTE",
                "second" | "sec" => "SECOND",
                // Its last letter has gone with the plural's.
                "millisecond" | "msec" | "m" if unit.trim().len() != 1 => "MILLISECOND",
                "microsecond" | "usec" | "u" if unit.trim().len() != 1 => "MICROSECOND",
                _ => return Err(refused(from, to)),
            };
            if amount.ty.is_integer() {
                let amount = self.expr(amount)?;
                return Ok(match unit {
                    "WEEK" => Text::atom(format!("INTERVAL {} * 7 DAY", amount.at(Level::Multiply))),
                    _ => Text::atom(format!("INTERVAL {amount} {unit}")),
                });
            }
        }
        Err(refuse("a text that is no constant as an interval", from.position, "Multiply: n * interval '1 day'."))
    }

    fn as_uuid(&mut self, from: &Expr) -> Result<Text> {
        let text = self.expr(from)?;
        // Hyphens may stand behind every four digits, and all in braces (string_to_uuid).
        let digits = "(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}";
        let form = format!("r'^(?:{digits}|\\{{{digits}\\}})$'");
        let made = format!(
            "REGEXP_REPLACE(REGEXP_REPLACE(LOWER({text}), r'[{{}}-]', ''), r'^(.{{8}})(.{{4}})(.{{4}})(.{{4}})', r'\\1-\\2-\\3-\\4-')"
        );
        Ok(Text::atom(format!(
            "IF(REGEXP_CONTAINS(LOWER({text}), {form}), {made}, IF({} IS NULL, CAST(NULL AS STRING), ERROR(CONCAT('invalid input syntax for type uuid: \"', {text}, '\"'))))",
            text.operand()
        )))
    }

    fn as_json(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        let text = self.expr(from)?;
        match from.ty {
            Type::JSON | Type::JSONB => Ok(text),
            // json keeps the spelling of its text, and BigQuery's JSON does not.
            ty if ty.is_string() && to.ty == Type::JSON => {
                Err(refuse("a cast from text to json", to.position.or(from.position), "Cast it to jsonb."))
            }
            ty if ty.is_string() => Ok(Text::call("PARSE_JSON", &[text])),
            _ => Err(refused(from, to)),
        }
    }

    fn as_array(&mut self, from: &Expr, to: &Expr) -> Result<Text> {
        let text = self.expr(from)?;
        let (Some(source), Some(target)) = (from.ty.element(), to.ty.element()) else { return Err(refused(from, to)) };
        let alike = (source.is_integer() && target.is_integer()) || (source.is_string() && target.is_string() && target != Type::BPCHAR);
        if alike {
            return Ok(text);
        }
        self.enters_subquery(from)?;
        // Element by element, in order, NULL stays NULL.
        let item = self.alias("item");
        let source_expr = Expr {
            kind: ExprKind::Literal(crate::types::literal::Literal::Null),
            ty: source,
            typmod: -1,
            scale: NumericScale::Any,
            position: from.position,
        };
        let placeholder = Expr { kind: ExprKind::Grouping(vec![usize::MAX]), ..source_expr };
        let cast_to =
            Expr { kind: ExprKind::Row(Vec::new(), RowOf::Fields), ty: target, typmod: to.typmod, scale: to.scale, position: to.position };
        self.computed.push((placeholder.clone(), Text::atom(item.clone())));
        let element = self.cast(&placeholder, &cast_to, true);
        self.computed.pop();
        let offset = self.alias("place");
        let element = element?;
        Ok(Text::atom(format!(
            "IF({} IS NULL, NULL, ARRAY(SELECT {element} FROM UNNEST({text}) AS {item} WITH OFFSET AS {offset} ORDER BY {offset}))",
            text.operand()
        )))
    }
}

/// The text of a jsonb scalar of the type that a cast wants; other values fail in PostgreSQL's words.
fn scalar_of(value: &Text, kind: &str, to: &Expr) -> String {
    format!(
        "CASE WHEN JSON_TYPE({value}) = '{kind}' THEN TO_JSON_STRING({value}) WHEN {value} IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE({value}), ' to type {}')) END",
        to.ty
    )
}

/// Tells whether a double precision surely has no fraction.
fn is_whole(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { function, .. } => matches!(function.name.as_str(), "floor" | "ceil" | "ceiling" | "trunc"),
        ExprKind::Cast { expr, .. } => expr.ty.is_integer(),
        _ => false,
    }
}

fn refused(from: &Expr, to: &Expr) -> Report {
    refuse(format!("the cast from {} to {}", from.ty, to.ty), to.position.or(from.position), "It has no faithful form in BigQuery.")
}
