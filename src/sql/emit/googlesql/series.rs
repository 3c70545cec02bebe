//! Set-returning functions: generate_series, unnest and their kin, as UNNEST of an array.

use super::from::Columns;
use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// Tells whether an expression reads no column.
fn is_closed(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Column { .. }) && crate::sql::walk::children(expr).into_iter().all(is_closed)
}

impl Emitter {
    /// Prints a function in FROM.
    pub fn function_item(
        &mut self,
        id: RelationId,
        hint: &str,
        calls: &[Expr],
        ordinality: bool,
        shape: &[RelationColumn],
    ) -> Result<String> {
        let width = shape.len();
        let alias = self.alias(hint);
        let Some(call) = calls.first() else { return Err(Report::internal("a function item without a function")) };
        let (mut source, mut columns) = match calls {
            [Expr { kind: ExprKind::Call { function, args }, .. }]
                if function.name.ends_with("_to_recordset") || function.name.ends_with("_to_record") =>
            {
                let defined = &shape[..width - usize::from(ordinality)];
                self.records(call, args, &alias, function.name.ends_with("set"), defined)?
            }
            [call] => self.series(call, &alias)?,
            _ => self.abreast(&calls.iter().collect::<Vec<_>>(), &alias)?,
        };
        if ordinality {
            let offset = self.alias(&format!("{hint}_offset"));
            source.push_str(&format!(" WITH OFFSET AS {}", names::quote(&offset)));
            columns.push(Text::new(format!("{} + 1", names::quote(&offset)), Level::Add));
        }
        if columns.len() != width {
            return Err(refuse("this function in FROM", call.position, "generate_series() and unnest() of one array are."));
        }
        // What is made of an element gets a name of its own: GROUP BY knows it by that, not by the expression.
        let plain = |text: &Text| text.to_string().chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '`'));
        let elements = columns.len() - usize::from(ordinality);
        if !columns[..elements].iter().all(plain) && calls.iter().all(is_closed) {
            let outer = self.alias(hint);
            let list = columns.iter().enumerate().map(|(i, column)| format!("{column} AS value_{i}"));
            source = format!("(SELECT {} FROM {source}) AS {}", list.collect::<Vec<_>>().join(", "), names::quote(&outer));
            columns = (0..columns.len()).map(|i| Text::atom(format!("{}.value_{i}", names::quote(&outer)))).collect();
        }
        self.columns.insert(id, Columns::Made(columns));
        Ok(source)
    }

    /// The elements of a JSON array. What is none fails, unless WHERE leaves the row out: PostgreSQL's planner looks at those conditions first.
    fn elements(&mut self, function: &str, value: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        let array = Text::call("JSON_QUERY_ARRAY", std::slice::from_ref(&text));
        if let ExprKind::Literal(Literal::Json(known)) = &value.kind
            && known.starts_with('[')
        {
            return Ok(array);
        }
        let what = match function {
            "jsonb_array_elements" | "jsonb_array_elements_text" => {
                "'cannot extract elements from a', IF(JSON_TYPE({}) = 'object', 'n object', ' scalar')".to_owned()
            }
            "json_array_elements" | "json_array_elements_text" => {
                format!("'cannot call {function} on a ', IF(JSON_TYPE({{}}) = 'object', 'non-array', 'scalar')")
            }
            _ => format!("'cannot call {function} on a non-array'"),
        };
        let message = what.replace("{}", &text.to_string());
        self.unless(&text, "array", &message, &array)
    }

    /// The names of a JSON object's members; what is none fails, as above.
    fn members(&mut self, function: &str, value: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        let message = match function {
            "jsonb_object_keys" | "json_object_keys" => {
                format!("'cannot call {function} on a', IF(JSON_TYPE({text}) = 'array', 'n array', ' scalar')")
            }
            "jsonb_each" | "jsonb_each_text" => format!("'cannot call {function} on a non-object'"),
            _ => format!("'cannot deconstruct a', IF(JSON_TYPE({text}) = 'array', 'n array as an object', ' scalar')"),
        };
        let keys = Text::atom(format!("JSON_KEYS({text}, 1)"));
        self.unless(&text, "object", &message, &keys)
    }

    /// A value that is made of JSON of one type only.
    fn unless(&mut self, text: &Text, kind: &str, message: &str, made: &Text) -> Result<Text> {
        let mut wrong = format!("JSON_TYPE({text}) <> '{kind}'");
        for condition in std::mem::take(&mut self.kept) {
            if self.is_in_scope(&condition) {
                let printed = self.expr(&condition)?;
                wrong = format!("{} AND {wrong}", printed.at(Level::And));
            }
            self.kept.push(condition);
        }
        Ok(Text::atom(format!("IF({wrong}, ERROR(CONCAT({message})), {made})")))
    }

    /// Tells whether all columns of a condition are of FROM items that stand before what is being printed.
    fn is_in_scope(&self, condition: &Expr) -> bool {
        match &condition.kind {
            ExprKind::Column { relation, .. } => self.columns.contains_key(relation),
            ExprKind::Subquery { .. } | ExprKind::Window(_) | ExprKind::Aggregate(_) => false,
            _ => crate::sql::walk::children(condition).into_iter().all(|child| self.is_in_scope(child)),
        }
    }

    /// json_to_recordset and json_to_record: the fields that the column definition list names, with its types.
    fn records(&mut self, call: &Expr, args: &[Expr], alias: &str, many: bool, shape: &[RelationColumn]) -> Result<(String, Vec<Text>)> {
        let [value, names @ ..] = args else { return Err(Report::internal("records of several values")) };
        let rows = if many {
            let name = if value.ty == Type::JSON { "json_to_recordset" } else { "jsonb_to_recordset" };
            self.elements(name, value)?
        } else {
            Text::atom(format!("[{}]", self.expr(value)?))
        };
        let (record, place, quoted) = (self.alias("record"), self.alias("place"), names::quote(alias));
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (i, (name, column)) in names.iter().zip(shape).enumerate() {
            let ExprKind::Literal(Literal::Text(name)) = &name.kind else { return Err(Report::internal("a field without a name")) };
            let path = literals::string(&format!("$.{}", super::functions_json::path_key(name)));
            let (query, text) = (format!("JSON_QUERY({record}, {path})"), format!("JSON_VALUE({record}, {path})"));
            let field = match column.ty {
                Type::JSONB => query,
                Type::TEXT => super::functions_json::loud_value(&format!("{record}, {path}"), &Text::atom(query)).to_string(),
                ty if matches!(ty, Type::INT4 | Type::INT8 | Type::FLOAT8 | Type::BOOL | Type::DATE | Type::TIMESTAMP | Type::NUMERIC) => {
                    let name = types::name(ty, column.typmod, column.scale).unwrap_or_default();
                    let cast = format!("CAST({text} AS {name})");
                    if ty == Type::INT4 { format!("DIV({cast} * 4294967296, 4294967296)") } else { cast }
                }
                ty => {
                    return Err(refuse(format!("a field of type {ty} of a JSON record"), call.position, "Define it as text, and cast it."));
                }
            };
            if column.typmod >= 0 {
                return Err(refuse(
                    format!("a field of type {} of a JSON record", column.ty),
                    call.position,
                    "Define it as numeric or bigint, and cast it.",
                ));
            }
            fields.push(format!("{field} AS value_{i}"));
            columns.push(Text::atom(format!("{quoted}.value_{i}")));
        }
        let source = format!(
            "UNNEST(ARRAY(SELECT AS STRUCT {} FROM UNNEST({rows}) AS {record} WITH OFFSET AS {place} ORDER BY {place})) AS {quoted}",
            fields.join(", ")
        );
        Ok((source, columns))
    }

    /// Several set-returning calls side by side: as many rows as the longest has, NULL where another has ended.
    pub fn abreast(&mut self, calls: &[&Expr], alias: &str) -> Result<(String, Vec<Text>)> {
        let (mut arrays, mut lengths, mut fields, mut columns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (quoted, row) = (names::quote(alias), self.alias("row_number"));
        for (i, call) in calls.iter().enumerate() {
            let (element, place) = (self.alias("element"), self.alias("place"));
            let (source, parts) = self.series(call, &element)?;
            let ([column], true) = (parts.as_slice(), source.starts_with("UNNEST(")) else {
                return Err(refuse("this function beside other set-returning functions", call.position, "Put it into FROM alone."));
            };
            arrays.push(format!("ARRAY(SELECT {column} FROM {source} WITH OFFSET AS {place} ORDER BY {place}) AS list_{i}"));
            lengths.push(format!("ARRAY_LENGTH(lists.list_{i})"));
            fields.push(format!("lists.list_{i}[SAFE_OFFSET({row})] AS value_{i}"));
            columns.push(Text::atom(format!("{quoted}.value_{i}")));
        }
        let source = format!(
            "UNNEST(ARRAY(SELECT AS STRUCT {} FROM UNNEST([STRUCT({})]) AS lists CROSS JOIN UNNEST(GENERATE_ARRAY(0, GREATEST({}) - 1)) AS {row} ORDER BY {row})) AS {quoted}",
            fields.join(", "),
            arrays.join(", "),
            lengths.join(", ")
        );
        Ok((source, columns))
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
                let array = self.elements(&function.name, value)?;
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("json_array_elements_text" | "jsonb_array_elements_text", [value]) => {
                let array = self.elements(&function.name, value)?;
                let text = self.json_plain_text(&Text::atom(quoted.clone()));
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![text]))
            }
            ("json_object_keys" | "jsonb_object_keys", [value]) => {
                let keys = self.members(&function.name, value)?;
                Ok((format!("UNNEST(ARRAY(SELECT name FROM {})) AS {quoted}", names_in_order(&keys)), vec![Text::atom(quoted)]))
            }
            ("json_each" | "jsonb_each" | "json_each_text" | "jsonb_each_text", [value]) => {
                if function.name.ends_with("_text")
                    && let Some(members) = self.members_as_text(value)?
                {
                    let rows: Vec<String> = members
                        .iter()
                        .map(|(name, text)| format!("STRUCT({} AS name, {text} AS element)", literals::string(name)))
                        .collect();
                    return Ok((format!("UNNEST([{}]) AS {quoted}", rows.join(", ")), vec![json("name"), json("element")]));
                }
                let keys = self.members(&function.name, value)?;
                let value = self.expr(value)?;
                let rows = format!(
                    "UNNEST(ARRAY(SELECT AS STRUCT name, {value}[name] AS element FROM {names})) AS {quoted}",
                    value = value.tight(),
                    names = names_in_order(&keys)
                );
                let element = json("element");
                let element = if function.name.ends_with("_text") { self.json_plain_text(&element) } else { element };
                Ok((rows, vec![json("name"), element]))
            }
            ("jsonb_path_query", args) => {
                let items = self.path_items(call, args)?;
                Ok((format!("UNNEST({items}) AS {quoted}"), vec![Text::atom(quoted)]))
            }
            ("regexp_matches", [value, pattern, rest @ ..]) if rest.len() <= 1 => {
                let (array, groups) = self.regexp_matches(value, pattern, rest.first(), &quoted)?;
                Ok((format!("UNNEST({array}) AS {quoted}"), vec![groups]))
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
        if args.iter().any(|arg| arg.ty == Type::NUMERIC) {
            // The first has the digits of the start, the others those of the step too.
            return Err(refuse("generate_series() of numerics", call.position, "Generate integers, and divide them."));
        }
        if from.ty.is_integer() {
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
                    && (unit == "DAY" || (unit == "MONTH" && begins_month(from)))
                {
                    let array = format!("GENERATE_DATE_ARRAY({}, {}, INTERVAL {n} {unit})", self.expr(&first)?, self.expr(&last)?);
                    return Ok((array, Text::call("DATETIME", &[bare])));
                }
                // GoogleSQL has no GENERATE_DATETIME_ARRAY: timestamps in UTC have the same steps, months aside.
                if unit == "MONTH" {
                    let (first, last) = (self.expr(from)?, self.expr(to)?);
                    return Ok((months_between(from, &first, &last, n), bare));
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
                    && (unit == "DAY" || (unit == "MONTH" && begins_month(from)))
                {
                    let array = format!("GENERATE_DATE_ARRAY({}, {}, INTERVAL {n} {unit})", self.expr(&first)?, self.expr(&last)?);
                    return Ok((array, self.in_zone("TIMESTAMP", &bare)));
                }
                if unit == "MONTH" {
                    let (first, last) = (self.expr(from)?, self.expr(to)?);
                    let array = months_between(from, &self.in_zone("DATETIME", &first), &self.in_zone("DATETIME", &last), n);
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

/// The names of members in the order in which jsonb stores them: the shorter first (`lengthCompareJsonbStringValue`).
fn names_in_order(keys: &Text) -> String {
    format!("(SELECT {} AS name FROM UNNEST({keys}) AS quoted_name) ORDER BY BYTE_LENGTH(name), name", key_name("quoted_name"))
}

/// JSON_KEYS puts a key with a point or a quote in it into quotes.
fn key_name(key: &str) -> String {
    format!("IF(STARTS_WITH({key}, '\"'), STRING(PARSE_JSON({key})), {key})")
}

/// An array of the moments that lie whole steps of months apart. PostgreSQL adds the step again and again, so that a day which one month does not have
/// is never reached again: the day is the least of all so far.
fn months_between(from: &Expr, first: &Text, last: &Text, n: i64) -> String {
    let compare = if n > 0 { "<=" } else { ">=" };
    let steps = format!("UNNEST(GENERATE_ARRAY(0, DIV(DATETIME_DIFF({last}, {first}, MONTH), {n}))) AS step");
    let moments = format!("UNNEST([DATETIME_ADD({first}, INTERVAL step * {n} MONTH)]) AS moment");
    if begins_month(from) {
        return format!("ARRAY(SELECT moment FROM {steps} CROSS JOIN {moments} WHERE moment {compare} {last} ORDER BY step)");
    }
    let day = "EXTRACT(DAY FROM moment)";
    format!(
        "ARRAY(SELECT moment FROM (SELECT step, DATETIME_SUB(moment, INTERVAL {day} - MIN({day}) OVER (ORDER BY step) DAY) AS moment FROM {steps} CROSS JOIN {moments}) WHERE moment {compare} {last} ORDER BY step)"
    )
}

/// Tells whether a timestamp surely lies on one of the days 1 to 28, which every month has.
fn begins_month(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Timestamp(micros)) => {
            chrono::DateTime::from_timestamp_micros(*micros).is_some_and(|moment| chrono::Datelike::day(&moment) <= 28)
        }
        ExprKind::Literal(Literal::Date(days)) => {
            chrono::DateTime::from_timestamp(i64::from(*days) * 86_400, 0).is_some_and(|moment| chrono::Datelike::day(&moment) <= 28)
        }
        ExprKind::Cast { expr, .. } if expr.ty == Type::DATE => begins_month(expr),
        ExprKind::Call { function, args } => {
            function.name == "date_trunc"
                && args.first().and_then(literals::constant_text).is_some_and(|unit| matches!(unit, "month" | "quarter" | "year"))
        }
        _ => false,
    }
}
