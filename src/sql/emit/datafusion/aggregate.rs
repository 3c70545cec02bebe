//! Aggregates: sums, counts and extremes are native; averages and variances are made of them; what collects values goes through `array_agg`.

use super::Printer;
use super::call::is_handed_on_row;
use super::expr::scale;
use super::key::key_function;
use super::literal::{self, is_oid};
use super::numeric::has_digits;
use super::operator::is_number;
use super::select::sorted;
use crate::error::{Report, Result};
use crate::sql::tree::{Aggregate, Expr, ExprKind, SortBy, SortKey};
use crate::types::Type;
use crate::types::literal::Literal;

/// DISTINCT, ORDER BY, FILTER and OVER of one call, as text.
pub(super) struct Shape {
    pub(super) distinct: bool,
    pub(super) order: String,
    pub(super) filter: String,
    pub(super) over: String,
    /// The window's frame leaves rows behind: what was added cannot be taken away again exactly.
    pub(super) slides: bool,
}

impl Shape {
    /// Prints a native aggregate call of this shape.
    pub(super) fn call(&self, function: &str, args: &str) -> String {
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        format!("{}({distinct}{args}){}{}", self.named(function), self.filter, self.over)
    }

    /// Prints the array of the values; DISTINCT leaves the first of those that PostgreSQL holds equal.
    fn collected(&self, arg: &Expr, value: &str) -> Result<String> {
        if !self.distinct || key_function(arg.ty, arg.typmod, arg.scale).is_none() {
            return Ok(self.ordered("array_agg", value, &self.order));
        }
        let unique = if arg.ty == Type::JSONB { "pg_unique_json" } else { "pg_unique" };
        Ok(format!("{unique}({})", self.every().ordered("array_agg", value, &self.order)))
    }

    /// The shape without DISTINCT.
    fn every(&self) -> Shape {
        let (order, filter, over) = (self.order.clone(), self.filter.clone(), self.over.clone());
        Shape { distinct: false, order, filter, over, slides: self.slides }
    }

    fn ordered(&self, function: &str, args: &str, order: &str) -> String {
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {order}") };
        format!("{}({distinct}{args}{order}){}{}", self.named(function), self.filter, self.over)
    }

    /// Over a frame that only grows the list of the values is kept from row to row.
    fn named<'a>(&self, function: &'a str) -> &'a str {
        let grows = !self.over.is_empty() && !self.slides && !self.distinct && self.order.is_empty();
        if function == "array_agg" && grows { "pg_running_list" } else { function }
    }
}

impl Printer<'_> {
    /// Prints an aggregate call.
    pub(super) fn aggregate(&mut self, call: &Aggregate, whole: &Expr) -> Result<String> {
        // Inside the call the rows count, not their groups.
        let outside = std::mem::take(&mut self.representatives);
        let text = self.over_rows(call, whole);
        self.representatives = outside;
        text
    }

    fn over_rows(&mut self, call: &Aggregate, whole: &Expr) -> Result<String> {
        let filter = match &call.filter {
            Some(filter) => format!(" FILTER (WHERE {})", self.expr(filter)?),
            None => String::new(),
        };
        // A value that is the same for every row orders nothing, and the engine's arrays cannot be sorted by a subquery.
        let telling = |key: &&SortKey| !matches!(&key.by, SortBy::Expr(expr) if is_the_same_everywhere(expr));
        let keys: Vec<SortKey> = call.order_by.iter().filter(telling).cloned().collect();
        let mut order = self.sort_list(&keys)?;
        if call.distinct && order.is_empty() && (collects(&call.function.name) || call.function.name == "string_agg") {
            // DISTINCT sorts in PostgreSQL, and that is the order that is seen.
            order = format!("{} ASC NULLS LAST", self.key(&call.args[0])?);
        }
        let shape = Shape { distinct: call.distinct, order, filter, over: String::new(), slides: false };
        if call.within_group {
            return self.ordered_set(call, &shape, whole);
        }
        self.aggregate_of(&call.function.name, &call.args, &shape, whole)
    }

    /// Prints an aggregate, in a group or over a window.
    pub(super) fn aggregate_of(&mut self, name: &str, args: &[Expr], shape: &Shape, whole: &Expr) -> Result<String> {
        if let ("count", true, [Expr { kind: ExprKind::Row(items, _), .. }]) = (name, shape.distinct, args) {
            // A row is never NULL to count, whatever its fields are.
            let fields = self.exprs(items)?;
            let row = if fields.is_empty() { "1".into() } else { format!("struct({})", fields.join(", ")) };
            return Ok(shape.call("count", &row));
        }
        if let ("count", false, [Expr { kind: ExprKind::Row(..), .. }]) = (name, shape.distinct, args) {
            return Ok(shape.call("count", "1"));
        }
        if name.contains("json") && args.iter().any(is_handed_on_row) {
            return Err(Report::unsupported("json of a composite value that a subquery made").at(whole.position));
        }
        let values = self.exprs(args)?;
        let ty = args.first().map_or(Type::UNKNOWN, |arg| arg.ty);
        if let ("only_value", [value, label]) = (name, values.as_slice()) {
            if !comparable_natively(ty) {
                return Ok(format!("pg_only(array_agg(DISTINCT {value}), {label})"));
            }
            return Ok(format!("pg_same(min({value}), max({value}), count({value}), count(*), {label})"));
        }
        let refuse = || Err(Report::unsupported(format!("aggregate {name}({ty})")).at(whole.position));
        let mut first = values.first().cloned().unwrap_or_default();
        let digits = args.first().is_some_and(has_digits);
        if shape.distinct && !collects(name) && !(digits && name != "count") {
            // Equal values count once, however they are spelled.
            if let Some(arg) = args.first().filter(|arg| key_function(arg.ty, arg.typmod, arg.scale).is_some()) {
                if name != "count" && !arg.ty.is_float() {
                    return refuse();
                }
                first = self.key(arg)?;
            }
        }
        match (name, ty) {
            ("sum" | "avg" | "min" | "max" | "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop", _)
                if digits =>
            {
                let list = shape.every().call("array_agg", &first);
                Ok(format!("pg_numeric_total({list}, '{}', {})", sample(name), truth(shape.distinct)))
            }
            ("count", _) if args.is_empty() => Ok(shape.call("count", "*")),
            ("count", _) => Ok(shape.call("count", &first)),
            ("sum", Type::INT2 | Type::INT4) => Ok(shape.call("sum", &first)),
            ("sum", Type::INT8) => Ok(shape.call("sum", &format!("arrow_cast({first}, 'Decimal128(28, 0)')"))),
            ("sum" | "avg", Type::INTERVAL) if !shape.distinct => {
                Ok(format!("pg_interval_total({}, '{name}')", shape.call("array_agg", &first)))
            }
            // float4 is added up as float4.
            ("sum", Type::FLOAT4) => Ok(format!("pg_float_total({}, 'sum')", shape.ordered("array_agg", &first, &shape.order))),
            // What is lost in adding up depends on the order.
            ("sum" | "avg", Type::FLOAT4 | Type::FLOAT8) if shape.slides || !shape.order.is_empty() && !shape.distinct => {
                let value = format!("arrow_cast({first}, 'Float64')");
                Ok(format!("pg_float_total({}, '{name}')", shape.ordered("array_agg", &value, &shape.order)))
            }
            ("sum", Type::FLOAT8) => Ok(finite(&shape.call("sum", &first), shape, &first)),
            ("sum", Type::NUMERIC) => Ok(shape.call("sum", &format!("pg_wide({first})"))),
            ("avg", Type::INT2 | Type::INT4 | Type::INT8 | Type::NUMERIC) => {
                let summed = match ty {
                    Type::INT8 => format!("arrow_cast({first}, 'Decimal128(28, 0)')"),
                    Type::NUMERIC => format!("pg_wide({first})"),
                    _ => first.clone(),
                };
                let shown = if ty == Type::NUMERIC { scale(args[0].scale) } else { "0".into() };
                Ok(format!("pg_avg({}, {}, {shown})", shape.call("sum", &summed), shape.call("count", &first)))
            }
            ("avg", Type::FLOAT4 | Type::FLOAT8) => {
                // PostgreSQL adds to a zero that is there from the start: of nothing but -0 the average is 0.
                let (mean, count) = (shape.call("avg", &format!("arrow_cast({first}, 'Float64')")), shape.call("count", &first));
                let mean = format!("pg_finite_mean({mean}, {}, {count})", greatest_magnitude(shape, &first));
                Ok(format!("({mean} + arrow_cast(0, 'Float64'))"))
            }
            // The engine passes NaN by, or takes it for the least, as it comes; and a group of infinities alone gives the greatest finite number.
            ("min" | "max", Type::FLOAT4 | Type::FLOAT8) => {
                let rank = shape.call(name, &format!("pg_float_rank(arrow_cast({first}, 'Float64'))"));
                let width = if ty == Type::FLOAT4 { "Float32" } else { "Float64" };
                Ok(format!("arrow_cast(pg_float_of_rank({rank}), '{width}')"))
            }
            ("min" | "max", Type::PG_LSN) => Ok(format!("pg_lsn_of_key({})", shape.call(name, &format!("pg_lsn_key({first})")))),
            ("min" | "max", _) if comparable_natively(ty) => Ok(shape.call(name, &first)),
            ("min" | "max", _) if ty == Type::INTERVAL || ty == Type::BPCHAR || ty.is_array() => {
                Ok(format!("pg_extreme({}, '{name}')", shape.call("array_agg", &first)))
            }
            // The engine takes no row out of a conjunction again.
            ("bool_and" | "every" | "bool_or", _) if shape.slides => {
                let extreme = if name == "bool_or" { "max" } else { "min" };
                Ok(format!("({} = 1)", shape.call(extreme, &format!("arrow_cast({first}, 'Int32')"))))
            }
            ("bool_and" | "every", _) => Ok(shape.call("bool_and", &first)),
            ("bool_or", _) => Ok(shape.call("bool_or", &first)),
            // Of a frame that has left all of its values behind the engine's own is 0.
            ("bit_xor", _) if ty.is_integer() && shape.slides => {
                Ok(format!("CASE WHEN {} > 0 THEN {} END", shape.call("count", &first), shape.call(name, &first)))
            }
            // The engine's own knows DISTINCT by itself only.
            ("bit_xor", _) if ty.is_integer() && shape.distinct => {
                Ok(format!("pg_xor_of_distinct({})", shape.every().call("array_agg", &first)))
            }
            ("bit_and" | "bit_or" | "bit_xor", _) if ty.is_integer() => Ok(shape.call(name, &first)),
            ("bit_and" | "bit_or" | "bit_xor", Type::BIT) => {
                let sign = match name {
                    "bit_and" => "&",
                    "bit_or" => "|",
                    _ => "#",
                };
                Ok(format!("pg_bits_total('{sign}', {})", shape.call("array_agg", &first)))
            }
            // The second name is decorrelation's own: lists of whatever a subquery gives, arrays too.
            ("pg_gather", _) => Ok(shape.ordered("array_agg", &first, &shape.order)),
            ("array_agg", _) if !ty.is_array() => Ok(shape.collected(&args[0], &first)?),
            ("string_agg", _) if ty.is_string() => {
                let list = shape.ordered("array_agg", &first, &shape.order);
                let grows = !shape.over.is_empty() && !shape.slides;
                if let (true, ExprKind::Literal(Literal::Text(delimiter))) = (grows, &args[1].kind) {
                    // The engine's own keeps the text from row to row.
                    return Ok(shape.call("pg_running_text", &format!("{first}, {}", literal::text(delimiter))));
                }
                if matches!(args[1].kind, ExprKind::Literal(_)) {
                    return Ok(format!("pg_string_agg({list}, {})", values[1]));
                }
                if shape.distinct {
                    return refuse();
                }
                Ok(format!("pg_string_agg({list}, {})", shape.ordered("array_agg", &values[1], &shape.order)))
            }
            ("json_agg" | "jsonb_agg", _) => {
                let list = shape.collected(&args[0], &first)?;
                let binary = if name == "jsonb_agg" { "TRUE" } else { "FALSE" };
                let shown = scale(args[0].scale);
                Ok(format!("pg_json_agg({list}, {}, {shown}, {}, {binary})", literal::text(ty.name()), self.zone_text()))
            }
            ("json_object_agg" | "jsonb_object_agg", _) if !shape.distinct => {
                let key = if ty == Type::NUMERIC { self.digits(&args[0])? } else { first };
                let keys = shape.ordered("array_agg", &key, &shape.order);
                let list = shape.ordered("array_agg", &values[1], &shape.order);
                let binary = if name == "jsonb_object_agg" { "TRUE" } else { "FALSE" };
                Ok(format!(
                    "pg_json_object_agg({keys}, {list}, {}, {}, {}, {}, {binary})",
                    literal::text(ty.name()),
                    literal::text(args[1].ty.name()),
                    scale(args[1].scale),
                    self.zone_text()
                ))
            }
            ("stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop", _) if is_number(ty) => {
                let name = sample(name);
                if ty.is_float() {
                    let value = format!("arrow_cast({first}, 'Float64')");
                    let list = match shape.distinct && !shape.order.is_empty() {
                        true => format!("pg_unique({})", shape.every().ordered("array_agg", &value, &shape.order)),
                        false => shape.ordered("array_agg", &value, &shape.order),
                    };
                    return Ok(format!("pg_float_variance({list}, '{name}')"));
                }
                if shape.distinct {
                    // Values are told apart, not their squares.
                    let digits = if ty == Type::NUMERIC { self.digits(&args[0])? } else { format!("pg_digits({first}, 0)") };
                    let list = shape.every().call("array_agg", &digits);
                    return Ok(format!("pg_numeric_total({list}, '{name}', TRUE)"));
                }
                let value = if ty == Type::NUMERIC { first.clone() } else { format!("arrow_cast({first}, 'Decimal128(19, 0)')") };
                let shown = if ty == Type::NUMERIC { scale(args[0].scale) } else { "0".into() };
                Ok(format!(
                    "pg_numeric_variance({}, {}, {}, '{name}', {shown})",
                    shape.call("sum", &format!("pg_wide({value})")),
                    shape.call("sum", &format!("pg_wide(pg_mul({value}, {value}))")),
                    shape.call("count", &first),
                ))
            }
            ("regr_count", _) if !shape.distinct => {
                Ok(shape.call("count", &format!("CASE WHEN {first} IS NOT NULL AND {} IS NOT NULL THEN 1 END", values[1])))
            }
            (
                "corr" | "covar_pop" | "covar_samp" | "regr_slope" | "regr_intercept" | "regr_r2" | "regr_avgx" | "regr_avgy" | "regr_sxx"
                | "regr_syy" | "regr_sxy",
                _,
            ) if !shape.distinct => Ok(format!(
                "pg_regression({}, {}, '{name}')",
                shape.ordered("array_agg", &first, &shape.order),
                shape.ordered("array_agg", &values[1], &shape.order)
            )),
            _ => refuse(),
        }
    }

    /// percentile_cont, percentile_disc, mode: over the sorted array of the group's values.
    fn ordered_set(&mut self, call: &Aggregate, shape: &Shape, whole: &Expr) -> Result<String> {
        let name = call.function.name.as_str();
        let refuse = || Err(Report::unsupported(format!("aggregate {name}")).at(whole.position));
        let [key] = call.order_by.as_slice() else { return refuse() };
        let SortBy::Expr(value_of) = &key.by else { return refuse() };
        let value = self.expr(value_of)?;
        if value_of.ty == Type::JSONB {
            return refuse();
        }
        let by = self.key(value_of)?;
        let order = sorted(&by, value_of.ty, key);
        let list = format!("array_agg({value} ORDER BY {order}){}", shape.filter);
        let direct = self.exprs(&call.args)?;
        match (name, direct.as_slice()) {
            ("percentile_cont", [fraction]) if matches!(value_of.ty, Type::FLOAT8 | Type::INTERVAL) => {
                let kind = if value_of.ty == Type::INTERVAL { "interval" } else { "float8" };
                let many = if call.args[0].ty.is_array() { "s" } else { "" };
                Ok(format!("pg_{kind}_percentile{many}({list}, {fraction})"))
            }
            ("percentile_disc", [fraction]) if !call.args[0].ty.is_array() => Ok(format!("pg_percentile_disc({list}, {fraction})")),
            ("percentile_disc", [fraction]) => Ok(format!("pg_percentiles_disc({list}, {fraction})")),
            ("mode", []) => Ok(format!("pg_mode({list})")),
            ("rank" | "dense_rank" | "percent_rank" | "cume_dist", [_])
                if call.args[0].ty == value_of.ty && super::scope::is_constant(&call.args[0]) =>
            {
                // It is compared in the form of the values: with digits of its own where they have such.
                let asked = match has_digits(value_of) {
                    true => self.key(&Expr { scale: value_of.scale, ..call.args[0].clone() })?,
                    false => self.key(&call.args[0])?,
                };
                Ok(hypothetical(name, &by, &asked, key, &shape.filter))
            }
            _ => refuse(),
        }
    }

    /// Prints sort keys inside a call.
    pub(super) fn sort_list(&mut self, keys: &[SortKey]) -> Result<String> {
        self.sort_list_of(keys, |text, _| text)
    }

    /// Prints sort keys, each made of a key's text and type.
    pub(super) fn sort_list_of(&mut self, keys: &[SortKey], make: fn(String, Type) -> String) -> Result<String> {
        let mut list: Vec<(String, String)> = Vec::new();
        for key in keys {
            let SortBy::Expr(expr) = &key.by else {
                return Err(Report::internal("a sort key inside a call is an output column"));
            };
            let text = make(self.inner_key(expr)?, expr.ty);
            // What a key leaves undecided, the same key does not decide.
            if !list.iter().any(|(known, _)| *known == text) {
                let whole = sorted(&text, expr.ty, key);
                list.push((text, whole));
            }
        }
        Ok(list.into_iter().map(|(_, whole)| whole).collect::<Vec<_>>().join(", "))
    }
}

/// Tells whether a value depends on no row: a constant, or a subquery by itself.
fn is_the_same_everywhere(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Subquery { query, .. } => super::scope::outer_references_of_query(query).is_empty(),
        _ => super::scope::is_constant(expr),
    }
}

/// The place that a value would have among the group's: of the rows before it, and of its peers.
fn hypothetical(name: &str, by: &str, asked: &str, key: &SortKey, filter: &str) -> String {
    let (sign, first) = (if key.descending { ">" } else { "<" }, key.nulls_first);
    let before = format!(
        "CASE WHEN {asked} IS NULL THEN {} WHEN {by} IS NULL THEN {} ELSE {by} {sign} {asked} END",
        if first { "FALSE".to_owned() } else { format!("{by} IS NOT NULL") },
        truth(first)
    );
    let count = |condition: &str| {
        let filter = filter.strip_prefix(" FILTER (WHERE ").and_then(|rest| rest.strip_suffix(')'));
        let both = filter.map_or_else(|| condition.to_owned(), |filter| format!("({condition}) AND ({filter})"));
        format!("count(*) FILTER (WHERE {both})")
    };
    let rows = format!("count(*){filter}");
    match name {
        "rank" => format!("({} + 1)", count(&before)),
        // NULLs are one value more.
        "dense_rank" => format!(
            "(count(DISTINCT CASE WHEN {before} THEN {by} END){filter} + CASE WHEN {} > 0 THEN 1 ELSE 0 END + 1)",
            count(&format!("({before}) AND {by} IS NULL"))
        ),
        "percent_rank" => format!(
            "CASE WHEN {rows} = 0 THEN arrow_cast(0, 'Float64') ELSE arrow_cast({}, 'Float64') / arrow_cast({rows}, 'Float64') END",
            count(&before)
        ),
        _ => {
            let peers = format!("({before}) OR {by} IS NOT DISTINCT FROM {asked}");
            format!("(arrow_cast({} + 1, 'Float64') / arrow_cast({rows} + 1, 'Float64'))", count(&peers))
        }
    }
}

/// A sum that is infinite although no value is has overflowed; one of nothing but -0 is -0.
fn finite(sum: &str, shape: &Shape, value: &str) -> String {
    format!("pg_finite_sum({sum}, {})", greatest_magnitude(shape, value))
}

fn greatest_magnitude(shape: &Shape, value: &str) -> String {
    shape.every().call("max", &format!("pg_magnitude({value})"))
}

pub(super) fn sample(name: &str) -> &str {
    match name {
        "stddev" => "stddev_samp",
        "variance" => "var_samp",
        other => other,
    }
}

fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

fn collects(name: &str) -> bool {
    matches!(name, "array_agg" | "json_agg" | "jsonb_agg")
}

fn comparable_natively(ty: Type) -> bool {
    is_number(ty) || ty.is_string() || is_oid(ty) || matches!(ty, Type::DATE | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ)
}
