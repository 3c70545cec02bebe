//! Aggregate calls.

use super::nan::{may_be_nan, sort_keys};
use super::text::list;
use super::*;
use crate::types::Type;

impl Emitter {
    /// Prints an aggregate call of the select list, HAVING or ORDER BY.
    pub fn aggregate(&mut self, expr: &Expr, call: &Aggregate) -> Result<Text> {
        if call.within_group {
            if let Some(text) = self.hypothetical(expr, call)? {
                return Ok(text);
            }
            return Err(refuse(
                format!("{}() WITHIN GROUP here", call.function.name),
                expr.position,
                "Compute it in a subquery of its own.",
            ));
        }
        self.aggregate_call(expr, &call.function, &call.args, call.distinct, &call.order_by, call.filter.as_ref(), false)
    }

    /// Prints an aggregate; `windowed` where OVER follows.
    #[allow(clippy::too_many_arguments)] // the parts of an aggregate call, from two kinds of node
    pub fn aggregate_call(
        &mut self,
        expr: &Expr,
        function: &Signature,
        args: &[Expr],
        distinct: bool,
        order_by: &[SortKey],
        filter: Option<&Expr>,
        windowed: bool,
    ) -> Result<Text> {
        let condition = filter.map(|filter| self.expr(filter)).transpose()?;
        let word = if distinct { "DISTINCT " } else { "" };
        let name = function.name.as_str();
        if !matches!(name, "string_agg" | "array_agg" | "json_agg" | "jsonb_agg") && distinct {
            self.check_distinct_argument(name, args)?;
        }
        if function.schema == "bigquery" {
            let mut items = self.exprs(args)?;
            if let (Some(first), Some(condition)) = (items.first_mut(), &condition) {
                *first = match name {
                    "countif" => Text::infix(condition, "AND", &first.clone(), text::Level::And),
                    _ => kept(first.clone(), &Some(condition.clone())),
                };
            }
            if !order_by.is_empty() {
                return Err(refuse(format!("{name}() with ORDER BY"), expr.position, "Leave ORDER BY out."));
            }
            return Ok(Text::atom(text::concat(&[&name.to_ascii_uppercase(), "(", word, &list(&items), ")"])));
        }
        if let Some(text) = self.digits_aggregate(function, args, condition.as_ref())? {
            return Ok(text);
        }
        let simple = |call: &str, value: Text| Text::atom(text::concat(&[call, "(", word, value.as_str(), ")"]));
        match (name, args) {
            ("count", []) => Ok(match condition {
                Some(condition) => Text::call("COUNTIF", &[condition]),
                None => Text::atom("COUNT(*)"),
            }),
            ("count", [row]) if row.ty == Type::RECORD => self.count_rows(row, distinct, condition),
            ("count", [value]) if distinct && array_keys::is_key(value.ty) => {
                let key = array_keys::key(&self.expr(value)?);
                Ok(simple("COUNT", kept(key, &condition)))
            }
            ("count", [value]) if distinct && value.ty == Type::JSONB => {
                let key = super::compare::json_key(self.expr(value)?);
                Ok(simple("COUNT", kept(key, &condition)))
            }
            ("count", [value]) => {
                let value = kept(self.expr(value)?, &condition);
                Ok(simple("COUNT", value))
            }
            ("sum", [value]) => {
                let text = kept(self.expr(value)?, &condition);
                Ok(match value.ty {
                    // The sum of int8 is numeric, and does not overflow.
                    Type::INT8 => simple("SUM", text.cast("NUMERIC")),
                    Type::INT2 | Type::INT4 | Type::FLOAT8 | Type::INTERVAL => simple("SUM", text),
                    Type::NUMERIC => simple("SUM", text),
                    _ => return Err(refused(expr, function)),
                })
            }
            ("avg", [value]) => {
                let text = kept(self.expr(value)?, &condition);
                Ok(match value.ty {
                    // AVG of GoogleSQL makes NaN of infinities that come early.
                    Type::FLOAT8 if may_be_nan(value) => mean(word, &text, ""),
                    Type::FLOAT8 => simple("AVG", text),
                    Type::INTERVAL => {
                        return Err(refuse(
                            "avg() of intervals here",
                            expr.position,
                            "Average the seconds instead: avg(extract(epoch FROM x)).",
                        ));
                    }
                    Type::INT2 | Type::INT4 | Type::INT8 | Type::NUMERIC => simple("AVG", text.cast("BIGNUMERIC")),
                    _ => return Err(refused(expr, function)),
                })
            }
            // MIN of GoogleSQL is NaN as soon as one value is; PostgreSQL's only if every one is.
            ("min", [value]) if may_be_nan(value) && !windowed => {
                let text = kept(self.expr(value)?, &condition);
                Ok(Text::atom(format!("COALESCE(MIN(IF(IS_NAN({text}), NULL, {text})), MIN({text}))")))
            }
            ("min" | "max", [value]) if types::groupable(value.ty) || value.ty == Type::INTERVAL => {
                let text = kept(self.expr(value)?, &condition);
                Ok(Text::atom(format!("{}({text})", name.to_ascii_uppercase())))
            }
            ("min" | "max", [value]) if array_keys::is_key(value.ty) && !windowed => {
                let array = kept(self.expr(value)?, &condition);
                let order = self.array_order(&array, value.ty).ok_or_else(|| refused(expr, function))?;
                Ok(Text::atom(format!("ANY_VALUE({array} HAVING {} {order})", name.to_ascii_uppercase())))
            }
            ("bool_and" | "every", [value]) => Ok(Text::call("LOGICAL_AND", &[kept(self.expr(value)?, &condition)])),
            ("bool_or", [value]) => Ok(Text::call("LOGICAL_OR", &[kept(self.expr(value)?, &condition)])),
            ("bit_and" | "bit_or" | "bit_xor", [value]) if value.ty.is_integer() => {
                Ok(simple(&name.to_ascii_uppercase(), kept(self.expr(value)?, &condition)))
            }
            ("string_agg", [value, separator]) => self.string_agg(expr, value, separator, distinct, order_by, condition, windowed),
            ("array_agg", [value]) if !value.ty.is_array() => self.array_agg(value, distinct, order_by, condition),
            ("json_agg" | "jsonb_agg", [value]) => {
                if distinct && !self.never_null(value) {
                    return Err(refuse(
                        format!("{name}(DISTINCT) of values that may be NULL"),
                        expr.position,
                        "Filter the NULLs out, or take the distinct values in a subquery.",
                    ));
                }
                if name == "json_agg" && (value.ty.is_array() || matches!(value.ty, Type::JSON | Type::JSONB | Type::RECORD)) {
                    return Err(refuse(
                        format!("json_agg() of type {}", value.ty),
                        expr.position,
                        "Its text is laid out otherwise than BigQuery's JSON: use jsonb_agg().",
                    ));
                }
                let value_text = self.json_value(value)?;
                if windowed {
                    // OVER belongs to the array: `window` makes JSON of it.
                    return match condition {
                        None => self.gathered(value_text, value, false, order_by, None),
                        Some(_) => {
                            Err(refuse(format!("{name}() with FILTER as a window function"), expr.position, "Filter in a subquery."))
                        }
                    };
                }
                self.gathered(value_text, value, distinct, order_by, condition)
                    .map(|array| Text::atom(format!("IF(COUNT(*) = 0, NULL, TO_JSON({array}))")))
                    .map(|text| if filter.is_some() { text_without_count(text) } else { text })
            }
            ("jsonb_object_agg", [key, value]) if !key.ty.is_array() && order_by.is_empty() && !distinct => {
                let (key_text, value_text) = (self.json_key(key)?, Text::call("TO_JSON", &[self.json_value(value)?]));
                let (keys, values) = match &condition {
                    None => (format!("ARRAY_AGG({key_text})"), format!("ARRAY_AGG({value_text})")),
                    Some(condition) => (
                        format!("ARRAY_CONCAT_AGG(IF({condition}, [{key_text}], NULL))"),
                        format!("ARRAY_CONCAT_AGG(IF({condition}, [{value_text}], NULL))"),
                    ),
                };
                // The last of equal keys wins in PostgreSQL, in an order that nobody gave.
                Ok(Text::atom(format!(
                    "IF({keys} IS NULL, NULL, IF(COUNT(DISTINCT {}) < ARRAY_LENGTH({keys}), ERROR('jsonb_object_agg() of keys that come twice is not supported'), JSON_OBJECT({keys}, {values})))",
                    kept(key_text, &condition)
                )))
            }
            (
                "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" | "corr" | "covar_pop" | "covar_samp"
                | "regr_slope" | "regr_intercept" | "regr_r2" | "regr_count" | "regr_avgx" | "regr_avgy" | "regr_sxx" | "regr_syy"
                | "regr_sxy",
                _,
            ) => self.statistics(expr, function, args, distinct, condition, windowed),
            // A column that the grouped ones may determine: whether they do, the rows tell, and loudly.
            ("only_value", [value, Expr { kind: ExprKind::Literal(Literal::Text(label)), .. }]) => {
                let text = self.expr(value)?;
                let key = match types::groupable(value.ty) {
                    true => text.to_string(),
                    false => format!("IF({} IS NULL, NULL, TO_JSON_STRING({text}))", text.operand()),
                };
                let message = format!("column \"{label}\" must appear in the GROUP BY clause or be used in an aggregate function");
                let several = format!("COUNT(DISTINCT {key}) + MAX(IF({} IS NULL, 1, 0)) > 1", text.operand());
                let several = if self.never_null(value) { format!("COUNT(DISTINCT {key}) > 1") } else { several };
                Ok(Text::atom(format!("IF({several}, ERROR({}), ANY_VALUE({text}))", literals::string(&message))))
            }
            _ => Err(refused(expr, function)),
        }
    }

    fn check_distinct_argument(&self, name: &str, args: &[Expr]) -> Result<()> {
        match args.iter().find(|arg| {
            !types::groupable(arg.ty)
                && arg.ty != Type::RECORD
                && !(name == "count" && (array_keys::is_key(arg.ty) || arg.ty == Type::JSONB))
        }) {
            Some(arg) => Err(refuse(format!("{name}(DISTINCT) of type {}", arg.ty), arg.position, "Cast it to text.")),
            None => Ok(()),
        }
    }

    /// count(row): every row of a FROM item that no outer join can make NULL; count(DISTINCT (a, b)) counts distinct pairs.
    fn count_rows(&mut self, row: &Expr, distinct: bool, condition: Option<Text>) -> Result<Text> {
        let ExprKind::Row(items, _) = &row.kind else {
            return Err(refuse("count() of a row value", row.position, "Count a column, or use count(*)."));
        };
        if distinct {
            let pair = Text::atom(format!("TO_JSON_STRING(STRUCT({}))", list(&self.exprs(items)?)));
            return Ok(Text::atom(format!("COUNT(DISTINCT {})", kept(pair, &condition))));
        }
        let outer = items.iter().any(|item| matches!(&item.kind, ExprKind::Column { relation, .. } if self.nullable.contains(relation)));
        if outer {
            return Err(refuse("count() of a whole row that an outer join may leave empty", row.position, "Count one of its columns."));
        }
        Ok(condition.map_or(Text::atom("COUNT(*)"), |condition| Text::call("COUNTIF", &[condition])))
    }

    #[allow(clippy::too_many_arguments)] // the parts of one call
    fn string_agg(
        &mut self,
        expr: &Expr,
        value: &Expr,
        separator: &Expr,
        distinct: bool,
        order_by: &[SortKey],
        condition: Option<Text>,
        windowed: bool,
    ) -> Result<Text> {
        let nothing = Expr::literal(Literal::Text("".into()), Type::TEXT, separator.position);
        let separator = if separator.is_null_literal() { &nothing } else { separator };
        if !literals::is_constant(separator) && !matches!(separator.kind, ExprKind::Parameter(_)) {
            return Err(refuse("string_agg() with a computed separator", separator.position, "Write the separator as a constant."));
        }
        if windowed && !order_by.is_empty() {
            return Err(refuse("string_agg() with ORDER BY as a window function", expr.position, "Order the window instead."));
        }
        let text = kept(self.expr(value)?, &condition);
        let order = self.aggregate_order(order_by, distinct.then_some((value, &text)))?;
        let word = if distinct { "DISTINCT " } else { "" };
        Ok(Text::atom(format!("STRING_AGG({word}{text}, {}{order})", self.expr(separator)?)))
    }

    fn array_agg(&mut self, value: &Expr, distinct: bool, order_by: &[SortKey], condition: Option<Text>) -> Result<Text> {
        let text = self.expr(value)?;
        self.gathered(text, value, distinct, order_by, condition)
    }

    /// Gathers values, NULLs included, into an array; a FILTER leaves rows out, NULL if none is left.
    pub fn gathered(&mut self, text: Text, value: &Expr, distinct: bool, order_by: &[SortKey], condition: Option<Text>) -> Result<Text> {
        let word = if distinct { "DISTINCT " } else { "" };
        match condition {
            None => {
                let order = self.aggregate_order(order_by, distinct.then_some((value, &text)))?;
                Ok(Text::atom(format!("ARRAY_AGG({word}{text}{order})")))
            }
            Some(condition) if excludes_null(&condition, &text) => {
                let kept = Text::atom(format!("IF({condition}, {text}, NULL)"));
                let order = self.aggregate_order(order_by, distinct.then_some((value, &kept)))?;
                Ok(Text::atom(format!("ARRAY_AGG({word}{kept} IGNORE NULLS{order})")))
            }
            Some(_) if distinct => Err(refuse(
                "an array of DISTINCT values with FILTER",
                value.position,
                "Filter on the value IS NOT NULL, or filter in a subquery.",
            )),
            Some(condition) => {
                let order = self.aggregate_order(order_by, None)?;
                Ok(Text::atom(format!("ARRAY_CONCAT_AGG(IF({condition}, [{text}], NULL){order})")))
            }
        }
    }

    /// ORDER BY inside an aggregate. BigQuery takes only its own NULL order there, so another order is a key of its own.
    fn aggregate_order(&mut self, keys: &[SortKey], distinct: Option<(&Expr, &Text)>) -> Result<String> {
        if keys.is_empty() {
            // PostgreSQL finds the distinct values by sorting them, and hands them on in that order.
            let distinct = distinct.filter(|(value, _)| !literals::is_constant(value));
            return Ok(distinct.map_or(String::new(), |(_, text)| format!(" ORDER BY {text}")));
        }
        let mut printed = Vec::new();
        for key in keys {
            let SortBy::Expr(by) = &key.by else { return Err(Report::internal("an aggregate ordered by an output column")) };
            let direction = if key.descending { " DESC" } else { "" };
            if let Some((value, text)) = distinct {
                if !expr::same(value, by) {
                    return Err(refuse("DISTINCT ordered by something else", by.position, "Order by the aggregated value itself."));
                }
                // string_agg leaves NULLs out; an array that keeps them is sorted again over the groups.
                printed.push(format!("{text}{direction}"));
                continue;
            }
            if matches!(by.kind, ExprKind::Literal(_)) {
                continue;
            }
            if by.ty == Type::JSONB {
                return Err(refuse(
                    "ORDER BY a value of type jsonb within an aggregate",
                    by.position,
                    "Sort the rows in a subquery, or by a text.",
                ));
            }
            let by_text = self.sorted_text(by)?;
            if !self.never_null(by) && key.nulls_first == key.descending {
                printed.push(format!("{} IS NULL{}", by_text.operand(), if key.nulls_first { " DESC" } else { "" }));
            }
            if may_be_nan(by) {
                printed.push(format!("IS_NAN({by_text}){direction}"));
            }
            printed.push(format!("{by_text}{direction}"));
        }
        Ok(if printed.is_empty() { String::new() } else { format!(" ORDER BY {}", printed.join(", ")) })
    }

    /// ORDER BY of a window: explicit NULL order, or a key of its own in RANGE frames, where BigQuery takes only its own order.
    pub fn window_order(&mut self, keys: &[SortKey], range: bool) -> Result<Vec<String>> {
        let mut printed = Vec::new();
        for key in keys {
            let SortBy::Expr(by) = &key.by else { return Err(Report::internal("a window ordered by an output column")) };
            if matches!(by.kind, ExprKind::Literal(_)) {
                continue;
            }
            if by.ty == Type::JSONB {
                let order = self.sorted_text(by)?;
                if range {
                    printed.push(format!("{order}{}", if key.descending { " DESC" } else { "" }));
                } else {
                    printed.push(sort_keys(&order.to_string(), false, key));
                }
                continue;
            }
            if array_keys::is_key(by.ty) {
                let array = self.expr(by)?;
                if let Some(order) = self.array_order(&array, by.ty) {
                    printed.push(format!("{order}{}", if key.descending { " DESC" } else { "" }));
                    continue;
                }
            }
            if !types::groupable(by.ty) && by.ty != Type::INTERVAL {
                return Err(refuse(
                    format!("a window ordered by a value of type {}", by.ty),
                    by.position,
                    "Order by a number, a text or a date.",
                ));
            }
            let text = self.expr(by)?;
            let own_order = key.nulls_first != key.descending;
            if range && !own_order && !self.never_null(by) {
                printed.push(format!("{} IS NULL{}", text.operand(), if key.nulls_first { " DESC" } else { "" }));
            }
            if range {
                if may_be_nan(by) {
                    printed.push(format!("IS_NAN({text}){}", if key.descending { " DESC" } else { "" }));
                }
                printed.push(format!("{text}{}", if key.descending { " DESC" } else { "" }));
            } else {
                printed.push(sort_keys(&text.to_string(), may_be_nan(by), key));
            }
        }
        Ok(printed)
    }

    fn statistics(
        &mut self,
        expr: &Expr,
        function: &Signature,
        args: &[Expr],
        distinct: bool,
        condition: Option<Text>,
        windowed: bool,
    ) -> Result<Text> {
        if args.iter().any(|arg| arg.ty != Type::FLOAT8 && !arg.ty.is_integer() && arg.ty != Type::NUMERIC) {
            return Err(refused(expr, function));
        }
        let word = if distinct { "DISTINCT " } else { "" };
        let texts = self.exprs(args)?;
        match (function.name.as_str(), texts.as_slice()) {
            (name @ ("stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop"), [value]) => {
                let call = match name {
                    "stddev" | "stddev_samp" => "STDDEV_SAMP",
                    "stddev_pop" => "STDDEV_POP",
                    "variance" | "var_samp" => "VAR_SAMP",
                    _ => "VAR_POP",
                };
                let value = kept(value.clone(), &condition);
                if expr.ty == Type::NUMERIC {
                    return self.exact_variance(expr, call, &value, distinct, windowed);
                }
                Ok(Text::atom(text::concat(&[call, "(", word, value.as_str(), ")"])))
            }
            (name, _) if windowed && !matches!(name, "corr" | "covar_pop" | "covar_samp" | "regr_count" | "regr_avgx" | "regr_avgy") => {
                Err(refused(expr, function))
            }
            (_, [_, _]) if distinct => {
                Err(refuse(format!("{}() of DISTINCT pairs", function.name), expr.position, "Take the distinct pairs in a subquery."))
            }
            (name, [y, x]) => {
                let infinite = args.iter().all(may_be_nan);
                let (y, x) = pair(y, x, condition.as_ref());
                let two = |call: &str| Text::call(call, &[y.clone(), x.clone()]);
                Ok(match name {
                    "corr" => correlation(&y, &x, infinite, ""),
                    "covar_pop" => two("COVAR_POP"),
                    "covar_samp" => two("COVAR_SAMP"),
                    "regr_count" => Text::call("COUNT", &[x]),
                    "regr_avgx" if may_be_nan(&args[1]) => mean("", &x, ""),
                    "regr_avgy" if may_be_nan(&args[0]) => mean("", &y, ""),
                    "regr_avgx" => Text::call("AVG", &[x]),
                    "regr_avgy" => Text::call("AVG", &[y]),
                    "regr_slope" => Text::new(format!("{} / NULLIF(VAR_POP({x}), 0)", two("COVAR_POP")), text::Level::Multiply),
                    "regr_intercept" => {
                        Text::new(format!("AVG({y}) - {} / NULLIF(VAR_POP({x}), 0) * AVG({x})", two("COVAR_POP")), text::Level::Add)
                    }
                    "regr_sxx" => Text::new(format!("VAR_POP({x}) * NULLIF(COUNT({x}), 0)"), text::Level::Multiply),
                    "regr_syy" => Text::new(format!("VAR_POP({y}) * NULLIF(COUNT({x}), 0)"), text::Level::Multiply),
                    "regr_sxy" => Text::new(format!("{} * NULLIF(COUNT({x}), 0)", two("COVAR_POP")), text::Level::Multiply),
                    "regr_r2" => Text::atom(format!("IF(VAR_POP({x}) = 0, NULL, IF(VAR_POP({y}) = 0, 1.0, POW({}, 2)))", two("CORR"))),
                    _ => return Err(refused(expr, function)),
                })
            }
            _ => Err(refused(expr, function)),
        }
    }

    /// `corr(y, x) OVER (...)`.
    pub(super) fn correlation_over(&mut self, args: &[Expr], filter: Option<&Expr>, over: &str) -> Result<Text> {
        let [y, x] = args else { return Err(Report::internal("the correlation of one value")) };
        let infinite = args.iter().all(may_be_nan);
        let (y, x) = (self.expr(y)?, self.expr(x)?);
        let condition = filter.map(|filter| self.expr(filter)).transpose()?;
        let (y, x) = pair(&y, &x, condition.as_ref());
        Ok(correlation(&y, &x, infinite, &format!(" OVER ({over})")))
    }

    /// avg(), regr_avgx() and regr_avgy() of doubles that may be infinite over a window; `None` for all others.
    pub(super) fn mean_over(&mut self, call: &Window, over: &str) -> Result<Option<Text>> {
        let averaged = match (call.function.name.as_str(), call.args.as_slice()) {
            ("avg", [value]) | ("regr_avgx", [_, value]) | ("regr_avgy", [value, _]) => value,
            _ => return Ok(None),
        };
        if averaged.ty != Type::FLOAT8 || !may_be_nan(averaged) {
            return Ok(None);
        }
        let texts = self.exprs(&call.args)?;
        let condition = call.filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let value = match texts.as_slice() {
            [y, x] => {
                let (y, x) = pair(y, x, condition.as_ref());
                if call.function.name == "regr_avgx" { x } else { y }
            }
            _ => kept(texts[0].clone(), &condition),
        };
        Ok(Some(mean("", &value, &format!(" OVER ({over})"))))
    }

    /// Variances of integers and numerics are exact numerics in PostgreSQL: (n * sum(x^2) - sum(x)^2) / (n * (n - 1)).
    fn exact_variance(&mut self, expr: &Expr, call: &str, value: &Text, distinct: bool, windowed: bool) -> Result<Text> {
        if windowed {
            // OVER belongs to each of several aggregates here.
            return Err(refuse(
                "an exact variance or deviation as a window function",
                expr.position,
                "Cast the value to double precision, or compute it with GROUP BY in a subquery.",
            ));
        }
        if distinct {
            return Err(refuse("a variance of DISTINCT values", expr.position, "Take the distinct values in a subquery."));
        }
        let big = value.cast("BIGNUMERIC");
        let n = format!("COUNT({value})");
        let divisor = if call.ends_with("_SAMP") { format!("NULLIF({n} * ({n} - 1), 0)") } else { format!("NULLIF({n} * {n}, 0)") };
        let variance = format!("({n} * SUM({big} * {big}) - SUM({big}) * SUM({big})) / {divisor}");
        if call.starts_with("STDDEV") {
            Ok(Text::atom(format!("SQRT({variance})")))
        } else {
            Ok(Text::new(variance, text::Level::Multiply))
        }
    }
}

/// Applies FILTER to an argument whose NULLs the aggregate leaves out.
fn kept(value: Text, condition: &Option<Text>) -> Text {
    match condition {
        Some(condition) => Text::atom(format!("IF({condition}, {value}, NULL)")),
        None => value,
    }
}

/// Tells whether FILTER keeps NULL values away, as FILTER (WHERE x IS NOT NULL) over x does.
pub(super) fn excludes_null(condition: &Text, text: &Text) -> bool {
    condition.to_string() == format!("{} IS NOT NULL", text.operand())
}

/// With FILTER the gathered array is NULL by itself when no row is left.
fn text_without_count(text: Text) -> Text {
    let sql = text.to_string();
    let array = sql.strip_prefix("IF(COUNT(*) = 0, NULL, TO_JSON(").and_then(|rest| rest.strip_suffix("))")).unwrap_or(&sql);
    Text::atom(format!("IF({array} IS NULL, NULL, TO_JSON({array}))"))
}

fn refused(expr: &Expr, function: &Signature) -> Report {
    let types: Vec<String> = function.arguments.iter().map(|ty| ty.to_string()).collect();
    refuse(format!("the aggregate {}({})", function.name, types.join(", ")), expr.position, "It has no faithful form in BigQuery.")
}

/// Both or nothing: a pair counts only when neither is NULL.
fn pair(y: &Text, x: &Text, condition: Option<&Text>) -> (Text, Text) {
    let pair = format!("{} IS NULL OR {} IS NULL", x.operand(), y.operand());
    let drop = condition.map_or(pair.clone(), |condition| format!("{} IS NOT TRUE OR {pair}", condition.operand()));
    let both = |value: &Text| Text::atom(format!("IF({drop}, NULL, {value})"));
    (both(y), both(x))
}

/// With what does not vary nothing correlates: NULL, where CORR of GoogleSQL is NaN. Of a single pair it is NULL, where PostgreSQL's is NaN if both are
/// infinite.
fn correlation(y: &Text, x: &Text, infinite: bool, over: &str) -> Text {
    let plain = format!("CORR({y}, {x}){over}");
    let known = match infinite {
        true => format!("IF(IS_NAN(VAR_POP({x}){over}), VAR_POP({x}){over}, {plain})"),
        false => plain,
    };
    Text::atom(format!("IF(VAR_POP({y}){over} = 0 OR VAR_POP({x}){over} = 0, NULL, {known})"))
}

/// An average as a sum divided by a count.
fn mean(word: &str, value: &Text, over: &str) -> Text {
    Text::new(format!("SUM({word}{value}){over} / NULLIF(COUNT({word}{value}){over}, 0)"), text::Level::Multiply)
}
