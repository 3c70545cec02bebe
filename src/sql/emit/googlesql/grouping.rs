//! GROUP BY: in place where GoogleSQL can match the select list with the keys, else grouped first and computed over the groups.

use super::expr::same;
use super::select::{for_operands, is_literal};
use super::text::{indent, parenthesized};
use super::*;
use crate::types::Type;

impl Emitter {
    /// Tells whether the groups have to be made in a subquery: GoogleSQL matches a computed key with a whole select item only,
    /// and ordered-set aggregates are computed from the group's values.
    pub fn splits(&self, query: &Query, select: &Select) -> bool {
        let (keys, sets) = match &select.group_by {
            GroupBy::None => return false,
            GroupBy::Plain(keys) => (keys, false),
            GroupBy::Sets { exprs, .. } => (exprs, true),
        };
        let computed: Vec<&Expr> = keys.iter().filter(|key| !matches!(key.kind, ExprKind::Column { .. }) && !is_literal(key)).collect();
        let parts = outputs(query, select);
        let inside = |part: &Expr| {
            let whole = computed.iter().any(|key| same(key, part)) && select.projection.iter().any(|item| std::ptr::eq(item, part));
            !whole && contains(part, &|expr| computed.iter().any(|key| same(key, expr)))
        };
        let aggregates = |part: &Expr| contains_here(part, &|expr| matches!(expr.kind, ExprKind::Aggregate(_)));
        // GoogleSQL takes HAVING only beside a GROUP BY or an aggregate of the select list, and there would be no group without one.
        let shows_none = !select.projection.iter().any(aggregates);
        (keys.is_empty() && !sets && shows_none)
            || (!keys.is_empty() && keys.iter().all(is_literal) && shows_none)
            || (sets && (!computed.is_empty() || self.share_a_name(keys)))
            || has_total(select)
            || keys.iter().any(|key| key.ty == Type::JSONB || array_keys::is_key(key.ty))
            || parts.iter().any(|part| inside(part))
            || parts.iter().any(|part| contains(part, &|expr| needs_values(expr) || returns_set(expr)))
    }

    /// Tells whether two of the keys are columns of one name, which GoogleSQL takes for the same key in GROUPING SETS.
    fn share_a_name(&self, keys: &[Expr]) -> bool {
        let names: Vec<String> = keys.iter().filter_map(|key| self.last_name(key)).collect();
        names.iter().enumerate().any(|(i, name)| names[..i].contains(name))
    }

    /// The last part of the name that a column is written by.
    fn last_name(&self, key: &Expr) -> Option<String> {
        let ExprKind::Column { relation, column } = key.kind else { return None };
        let text = self.columns.get(&relation)?.get(column)?.to_string();
        Some(text.rsplit('.').next()?.trim_matches('`').to_ascii_lowercase())
    }

    /// Tells whether a column among the keys is written as a subquery, as those of a function in FROM may be: GoogleSQL does not know such a key again.
    pub fn groups_by_computed(&self, select: &Select) -> bool {
        let (GroupBy::Plain(keys) | GroupBy::Sets { exprs: keys, .. }) = &select.group_by else { return false };
        keys.iter().any(|key| match key.kind {
            ExprKind::Column { relation, column } => {
                self.columns.get(&relation).and_then(|columns| columns.get(column)).is_some_and(|text| text.as_str().contains("SELECT "))
            }
            _ => false,
        })
    }

    /// Makes the groups in a subquery and returns the outer FROM and WHERE.
    pub fn split(
        &mut self,
        query: &Query,
        select: &Select,
        from: Option<String>,
        filter: Option<String>,
    ) -> Result<(Option<String>, Option<String>)> {
        let alias = self.alias("grouped");
        let mut from = from;
        let total = has_total(select);
        let (keys, sets): (&[Expr], Option<&[Vec<usize>]>) = match &select.group_by {
            GroupBy::None => (&[], None),
            GroupBy::Plain(keys) => (keys, None),
            GroupBy::Sets { exprs, sets } => (exprs, Some(sets)),
        };
        let mut items = Vec::new();
        let mut computed = Vec::new();
        let mut printed_keys = Vec::new();
        let mut shown = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for key in keys {
            self.check_key(key)?;
            let mut text = self.expr(key)?;
            let holds_another = || contains(key, &|expr| !std::ptr::eq(expr, key) && keys.iter().any(|other| same(other, expr)));
            if sets.is_some() && (text.to_string().contains("SELECT ") || holds_another()) {
                // GoogleSQL does not know a subquery among several grouping sets again, and computes a key that holds another key from that one,
                // in the sets of that one too: it is computed before, for the rows that are kept.
                let (keys, kept) =
                    (self.alias("keys"), filter.as_ref().map_or(text.to_string(), |filter| format!("IF({filter}, {text}, NULL)")));
                let rows = from.unwrap_or_else(|| format!("(SELECT 1 AS one) AS {}", self.alias("single_row")));
                from = Some(format!("{rows}\nCROSS JOIN UNNEST([STRUCT({kept} AS value)]) AS {keys}"));
                text = Text::atom(format!("{keys}.value"));
                names.push("value".to_owned());
                if names.iter().filter(|name| *name == "value").count() > 1 {
                    text = Text::atom(format!("IF(TRUE, {text}, NULL)")); // an expression is a key of its own
                }
            }
            if sets.is_some()
                && let Some(name) = self.last_name(key)
            {
                if names.contains(&name) {
                    text = Text::atom(format!("IF(TRUE, {text}, NULL)")); // an expression is a key of its own
                }
                names.push(name);
            }
            // JSON cannot be grouped; a text that is the same for equal values can, and one of the values is read again behind the groups.
            let json = (key.ty == Type::JSONB).then(|| super::compare::json_as_text(text.clone()));
            if let Some(json) = &json {
                text = super::compare::key_of_json_text(json);
            }
            if array_keys::is_key(key.ty) {
                text = array_keys::key(&text);
            }
            printed_keys.push(text.to_string());
            if is_literal(key) {
                continue;
            }
            let name = format!("key_{}", items.len() + 1);
            items.push(format!("{text} AS {name}"));
            let column = Text::atom(format!("{alias}.{name}"));
            let value = match key.ty {
                _ if json.is_some() => {
                    let one = format!("json_{}", items.len());
                    shown.extend(json.map(|json| format!("MIN({json}) AS {one}")));
                    let one = format!("PARSE_JSON({alias}.{one})");
                    // In the groups of other sets there is no key, but there are values.
                    Text::atom(if sets.is_some() { format!("IF({column} IS NULL, NULL, {one})") } else { one })
                }
                ty if array_keys::is_key(ty) => self.array_of_key(&column, ty)?,
                _ => column,
            };
            computed.push((key.clone(), value));
        }
        let ordinals: Vec<String> = (1..=items.len()).map(|i| i.to_string()).collect();
        items.extend(shown);
        self.grouping = printed_keys.iter().map(Text::atom).collect();
        let mut calls = Vec::new();
        for part in outputs(query, select) {
            collect_aggregates(part, &mut calls);
            self.collect_digits(part, &mut calls);
        }
        for call in &calls {
            if computed.iter().any(|(known, _)| same(known, call)) {
                continue;
            }
            let name = format!("value_{}", items.len() + 1);
            let column = format!("{alias}.{name}");
            let (inner, outer) = match &call.kind {
                ExprKind::Aggregate(aggregate) if aggregate.within_group && !super::ordered_sets::is_hypothetical(aggregate) => {
                    self.ordered_set(call, aggregate, &column)?
                }
                ExprKind::Aggregate(aggregate) if is_interval_average(aggregate) => self.interval_average(aggregate, &column)?,
                // The one NULL of distinct values has no place of its own in an aggregate's ORDER BY.
                ExprKind::Aggregate(aggregate) if is_distinct_array(aggregate) => {
                    let item = self.alias("item");
                    let order = match aggregate.order_by.first() {
                        Some(key) => super::query::ordered(&item, key),
                        None => format!("{item} NULLS LAST"),
                    };
                    // With FILTER all values are gathered: a NULL among them may have been kept.
                    let all = self.gathers_all(aggregate)?;
                    let word = if all.is_some() { "DISTINCT " } else { "" };
                    let sorted = format!("ARRAY(SELECT {word}{item} FROM UNNEST({column}) AS {item} ORDER BY {order})");
                    let inner = all.map_or_else(|| self.expr(call), Ok)?;
                    (inner, Text::atom(format!("IF({column} IS NULL, NULL, {sorted})")))
                }
                ExprKind::Aggregate(aggregate) if is_distinct_json(aggregate) => self.distinct_json(aggregate, &column)?,
                // GoogleSQL does not know a subquery in ORDER BY again.
                ExprKind::Aggregate(aggregate) if is_distinct_text(aggregate) => self.distinct_text(aggregate, &column)?,
                _ => (self.expr(call)?, Text::atom(column)),
            };
            let outer = if total { of_no_rows(call, outer) } else { outer };
            items.push(format!("{inner} AS {name}"));
            computed.push((call.clone(), outer));
        }
        if items.is_empty() {
            items.push("COUNT(*) AS row_count".to_owned());
        }
        let flat = items.join(", ");
        let mut lines = vec![if flat.len() <= 100 { format!("SELECT {flat}") } else { format!("SELECT\n{}", indent(&items.join(",\n"))) }];
        lines.push(format!("FROM {}", from.unwrap_or_else(|| "(SELECT 1 AS one)".to_owned())));
        lines.extend(filter.map(|filter| format!("WHERE {filter}")));
        match sets {
            Some(sets) => lines.push(format!("GROUP BY {}", grouping_sets(sets, &printed_keys))),
            None if !ordinals.is_empty() => lines.push(format!("GROUP BY {}", ordinals.join(", "))),
            None if !keys.is_empty() => lines.push("HAVING COUNT(*) > 0".to_owned()),
            None => {}
        }
        self.computed.extend(computed);
        let having = select.having.as_ref().map(|having| self.expr(having)).transpose()?.map(|text| text.to_string());
        let grouped = format!("{} AS {alias}", parenthesized(&lines.join("\n")));
        if total {
            // The group of all rows is there even if there are none; GoogleSQL does not promise it.
            let single = self.alias("total");
            return Ok((Some(format!("(SELECT 1 AS one) AS {single}\nLEFT JOIN {grouped} ON TRUE")), having));
        }
        Ok((Some(grouped), having))
    }

    /// array_agg(DISTINCT x) FILTER (WHERE ...) with all the values that are kept; `None` where the aggregate itself can tell them apart.
    fn gathers_all(&mut self, call: &Aggregate) -> Result<Option<Text>> {
        let ([value], Some(filter)) = (call.args.as_slice(), &call.filter) else { return Ok(None) };
        let ordered_by_itself = call.order_by.iter().all(|key| matches!(&key.by, SortBy::Expr(by) if same(by, value)));
        let (text, condition) = (self.expr(value)?, self.expr(filter)?);
        if !types::groupable(value.ty) || !ordered_by_itself || super::aggregates::excludes_null(&condition, &text) {
            return Ok(None);
        }
        self.gathered(text, value, false, &[], Some(condition)).map(Some)
    }

    /// jsonb_agg(DISTINCT x): the distinct values of the group, one of which may be NULL, and how they become JSON.
    fn distinct_json(&mut self, call: &Aggregate, column: &str) -> Result<(Text, Text)> {
        let [value] = call.args.as_slice() else { return Err(Report::internal("JSON of several values")) };
        let order = match call.order_by.as_slice() {
            [] => " NULLS LAST",
            [SortKey { by: SortBy::Expr(by), descending, nulls_first }] if same(by, value) => match (descending, nulls_first) {
                (false, false) => " NULLS LAST",
                (false, true) => " NULLS FIRST",
                (true, false) => " DESC NULLS LAST",
                (true, true) => " DESC NULLS FIRST",
            },
            _ => return Err(refuse("DISTINCT ordered by something else", value.position, "Order by the aggregated value itself.")),
        };
        let json = value.ty == Type::JSONB && call.function.name == "jsonb_agg";
        if (!types::groupable(value.ty) && !json) || super::nan::may_be_nan(value) || value.ty == Type::NUMERIC {
            return Err(refuse(format!("{}(DISTINCT) of type {}", call.function.name, value.ty), value.position, "Cast it to text."));
        }
        let item = self.alias("item");
        let text = self.expr(value)?;
        let text = if json { super::compare::json_as_text(text) } else { text };
        // With FILTER all values are gathered: a NULL among them may have been kept.
        let inner = match &call.filter {
            None => format!("ARRAY_AGG(DISTINCT {text})"),
            Some(filter) => format!("ARRAY_CONCAT_AGG(IF({}, [{text}], NULL))", self.expr(filter)?),
        };
        let rows = match (json, &call.filter) {
            (true, _) => {
                let key = super::compare::key_of_json_text(&Text::atom(format!("{item}_text")));
                format!("(SELECT MIN({item}_text) AS {item} FROM UNNEST({column}) AS {item}_text GROUP BY {key})")
            }
            (false, None) => format!("UNNEST({column}) AS {item}"),
            (false, Some(_)) => format!("(SELECT DISTINCT {item} FROM UNNEST({column}) AS {item})"),
        };
        let element = Expr { kind: ExprKind::Grouping(vec![usize::MAX]), ..value.clone() };
        let again = if json { Text::call("PARSE_JSON", &[Text::atom(item.clone())]) } else { Text::atom(item.clone()) };
        let by = if json { self.json_order(&again).to_string() } else { item };
        self.computed.push((element.clone(), again));
        let shown = self.json_value(&element);
        self.computed.pop();
        let made = format!("ARRAY(SELECT {} FROM {rows} ORDER BY {by}{order})", shown?);
        Ok((Text::atom(inner), Text::atom(format!("IF({column} IS NULL, NULL, TO_JSON({made}))"))))
    }

    /// string_agg(DISTINCT x, separator): the distinct values of the group, and how they are sorted and joined.
    fn distinct_text(&mut self, call: &Aggregate, column: &str) -> Result<(Text, Text)> {
        let [value, separator] = call.args.as_slice() else { return Err(Report::internal("string_agg of one value")) };
        if !literals::is_constant(separator) && !matches!(separator.kind, ExprKind::Parameter(_)) {
            return Err(refuse("string_agg() with a computed separator", separator.position, "Write the separator as a constant."));
        }
        let order = match call.order_by.as_slice() {
            [] => "",
            [SortKey { by: SortBy::Expr(by), descending, .. }] if same(by, value) => {
                if *descending {
                    " DESC"
                } else {
                    ""
                }
            }
            _ => return Err(refuse("DISTINCT ordered by something else", value.position, "Order by the aggregated value itself.")),
        };
        let text = self.expr(value)?;
        let kept = match &call.filter {
            Some(filter) => Text::atom(format!("IF({}, {text}, NULL)", self.expr(filter)?)),
            None => text,
        };
        let (item, separator) = (self.alias("item"), self.expr(separator)?);
        let sorted = format!("ARRAY(SELECT {item} FROM UNNEST({column}) AS {item} ORDER BY {item}{order})");
        Ok((
            Text::atom(format!("ARRAY_AGG(DISTINCT {kept} IGNORE NULLS)")),
            Text::atom(format!("IF({column} IS NULL, NULL, ARRAY_TO_STRING({sorted}, {separator}))")),
        ))
    }

    /// Called for an operand that is printed inside a subquery of our own making: an aggregate or a window in it would be
    /// computed there, over the wrong rows.
    pub fn enters_subquery(&mut self, operand: &Expr) -> Result<()> {
        let computed = &self.computed;
        let open = |expr: &Expr| !computed.iter().any(|(known, _)| same(known, expr));
        if contains_here(operand, &|expr| matches!(expr.kind, ExprKind::Window(_)) && open(expr)) {
            return Err(refuse(
                "a window function inside this expression",
                operand.position,
                "Compute it in a subquery, and use its result.",
            ));
        }
        let aggregate = contains_here(operand, &|expr| matches!(expr.kind, ExprKind::Aggregate(_)) && open(expr));
        self.must_split |= aggregate;
        Ok(())
    }

    /// Prints the GROUP BY clause; may add to HAVING.
    pub fn group_by(&mut self, select: &Select, having: &mut Option<String>) -> Result<Option<String>> {
        match &select.group_by {
            GroupBy::None => Ok(None),
            GroupBy::Plain(keys) => {
                let mut printed: Vec<String> = Vec::new();
                for key in keys {
                    self.check_key(key)?;
                    if is_literal(key) {
                        continue;
                    }
                    let whole = select.projection.iter().position(|item| same(item, key));
                    let text = match (&key.kind, whole) {
                        (ExprKind::Column { .. }, _) | (_, None) => self.expr(key)?.to_string(),
                        (_, Some(i)) => (i + 1).to_string(),
                    };
                    if !printed.contains(&text) {
                        printed.push(text);
                    }
                }
                if printed.is_empty() {
                    if !keys.is_empty() {
                        // Grouped by constants: one group if there is any row, none otherwise.
                        let rows = "COUNT(*) > 0".to_owned();
                        *having = Some(having.take().map_or(rows.clone(), |known| format!("({known}) AND {rows}")));
                    }
                    return Ok(None);
                }
                Ok(Some(printed.join(", ")))
            }
            GroupBy::Sets { exprs, sets } => {
                let mut keys = Vec::new();
                for key in exprs {
                    self.check_key(key)?;
                    keys.push(self.expr(key)?.to_string());
                }
                Ok(Some(grouping_sets(sets, &keys)))
            }
        }
    }

    /// Prepares GROUPING() before the select list is printed.
    pub fn grouping_keys(&mut self, select: &Select) -> Result<()> {
        if let GroupBy::Plain(keys) | GroupBy::Sets { exprs: keys, .. } = &select.group_by {
            self.grouping = self.exprs(keys)?;
        }
        Ok(())
    }

    fn check_key(&self, key: &Expr) -> Result<()> {
        if types::groupable(key.ty) || key.ty == Type::JSONB || array_keys::is_key(key.ty) {
            return Ok(());
        }
        let hint = if key.ty == Type::JSON { "Group by a text taken out of it: column->>'key'." } else { "Group by a text." };
        Err(refuse(format!("GROUP BY a value of type {}", key.ty), key.position, hint))
    }
}

/// Tells whether one of the grouping sets is a group of all rows.
fn has_total(select: &Select) -> bool {
    matches!(&select.group_by, GroupBy::Sets { sets, .. } if sets.iter().any(Vec::is_empty))
}

/// What an aggregate, or GROUPING(), gives for a group of no rows, where its column is NULL.
fn of_no_rows(call: &Expr, column: Text) -> Text {
    let value = match &call.kind {
        ExprKind::Grouping(indexes) => ((1_u64 << indexes.len().min(62)) - 1).to_string(),
        ExprKind::Aggregate(call) => match call.function.name.as_str() {
            "count" | "regr_count" => "0".to_owned(),
            "rank" | "dense_rank" if call.within_group => "1".to_owned(),
            "percent_rank" if call.within_group => "0.0".to_owned(),
            "cume_dist" if call.within_group => "1.0".to_owned(),
            _ => return column,
        },
        _ => return column,
    };
    Text::atom(format!("COALESCE({column}, {value})"))
}

fn grouping_sets(sets: &[Vec<usize>], keys: &[String]) -> String {
    let sets: Vec<String> =
        sets.iter().map(|set| format!("({})", set.iter().filter_map(|i| keys.get(*i)).cloned().collect::<Vec<_>>().join(", "))).collect();
    format!("GROUPING SETS ({})", sets.join(", "))
}

/// Everything that is computed after the groups are made.
fn outputs<'e>(query: &'e Query, select: &'e Select) -> Vec<&'e Expr> {
    let mut parts: Vec<&Expr> = select.projection.iter().collect();
    parts.extend(&select.having);
    if let Distinct::On(keys) = &select.distinct {
        parts.extend(keys);
    }
    parts.extend(query.order_by.iter().filter_map(|key| match &key.by {
        SortBy::Expr(expr) => Some(expr),
        SortBy::Output(_) => None,
    }));
    parts
}

/// Tells whether any part of an expression is as `wanted`; aggregates' own arguments are not looked into.
/// As [`contains`], but not in subqueries: the aggregates and windows in those are theirs.
pub(super) fn contains_here(expr: &Expr, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    if wanted(expr) || matches!(expr.kind, ExprKind::Aggregate(_)) {
        return wanted(expr);
    }
    let mut found = false;
    for_operands(expr, &mut |operand| found |= contains_here(operand, wanted));
    found
}

fn contains(expr: &Expr, wanted: &dyn Fn(&Expr) -> bool) -> bool {
    if wanted(expr) {
        return true;
    }
    if matches!(expr.kind, ExprKind::Aggregate(_)) {
        return false;
    }
    if let ExprKind::Subquery { query, .. } = &expr.kind {
        let mut found = false;
        crate::sql::walk::each_expr(query, |inner| found |= wanted(inner));
        if found {
            return true;
        }
    }
    let mut found = false;
    for_operands(expr, &mut |operand| found |= contains(operand, wanted));
    found
}

fn needs_values(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Aggregate(call) if (call.within_group && !super::ordered_sets::is_hypothetical(call)) || is_distinct_array(call) || is_distinct_json(call) || is_distinct_text(call) || is_interval_average(call))
}

/// Tells whether a call gathers distinct values into JSON.
fn is_distinct_json(call: &Aggregate) -> bool {
    call.distinct && matches!(call.function.name.as_str(), "json_agg" | "jsonb_agg")
}

/// Tells whether a call joins distinct texts that are computed in ways that may be printed as a subquery.
fn is_distinct_text(call: &Aggregate) -> bool {
    let computed = |value: &Expr| !matches!(value.kind, ExprKind::Column { .. }) && !literals::is_constant(value);
    call.distinct && call.function.name == "string_agg" && call.args.first().is_some_and(computed)
}

fn is_interval_average(call: &Aggregate) -> bool {
    call.function.name == "avg" && call.args.iter().any(|arg| arg.ty == Type::INTERVAL)
}

fn is_distinct_array(call: &Aggregate) -> bool {
    call.distinct && call.function.name == "array_agg"
}

fn returns_set(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.returns_set)
}

pub(super) fn collect_aggregates(expr: &Expr, calls: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::Aggregate(_) | ExprKind::Grouping(_) => calls.push(expr.clone()),
        _ => for_operands(expr, &mut |operand| collect_aggregates(operand, calls)),
    }
}
