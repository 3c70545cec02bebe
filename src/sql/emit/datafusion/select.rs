//! SELECT with DISTINCT [ON], ORDER BY, LIMIT, OFFSET and WITH TIES.

use super::key::{First, column_key, key_function, needs_keys, streams};
use super::{Printer, ident, qualified};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Distinct, Expr, ExprKind, GroupBy, Query, Select, SortBy, SortKey};
use crate::types::Type;
use crate::types::literal::Literal;

impl Printer<'_> {
    /// Prints a SELECT with its ORDER BY and LIMIT.
    pub(super) fn select(&mut self, select: &Select, query: &Query) -> Result<String> {
        if query.order_by.iter().filter_map(SortKey::output).any(|i| query.columns[i].ty == Type::RECORD) {
            return Err(Report::unsupported("sorting by type record"));
        }
        if let Distinct::On(on) = &select.distinct {
            return self.distinct_on(select, on, query);
        }
        let extra: Vec<&Expr> = query.order_by.iter().filter_map(SortKey::expr).collect();
        let by_key = query
            .order_by
            .iter()
            .filter_map(SortKey::output)
            .any(|i| key_function(query.columns[i].ty, query.columns[i].typmod, query.columns[i].scale).is_some());
        let by_key = by_key || query.order_by.iter().any(|key| key.output().is_some_and(|i| nulls_apart(query.columns[i].ty, key)));
        if extra.is_empty() && !query.with_ties && !by_key {
            let body = self.core(select, query, &[])?;
            let keys: Vec<String> =
                query.order_by.iter().filter_map(|key| Some(format!("{}{}", key.output()? + 1, direction(key)))).collect();
            let order = if keys.is_empty() { String::new() } else { format!(" ORDER BY {}", keys.join(", ")) };
            return Ok(format!("{body}{order}{}", self.limits(query)?));
        }
        if matches!(select.distinct, Distinct::All) && !extra.is_empty() {
            let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
            return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(extra[0].position));
        }
        // Sort keys that are no output columns are computed inside and dropped outside.
        let body = self.core(select, query, &extra)?;
        self.ordered(body, query)
    }

    /// Wraps a body that has the query's columns, then `sort_1`, ... for the sort keys that are expressions.
    pub(super) fn ordered(&mut self, body: String, query: &Query) -> Result<String> {
        if query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none() {
            return Ok(body);
        }
        let alias = self.alias("sorted");
        let keys = outer_keys(query, &alias);
        let source = format!("({body}) AS {}", ident(&alias));
        self.finish(query, &source, &alias, &keys, None)
    }

    /// DISTINCT ON keeps the first row of each group in the order of ORDER BY.
    fn distinct_on(&mut self, select: &Select, on: &[Expr], query: &Query) -> Result<String> {
        let mut extra: Vec<&Expr> = query.order_by.iter().filter_map(SortKey::expr).collect();
        let sorted = extra.len();
        extra.extend(on);
        let body = self.core(select, query, &extra)?;
        let alias = self.alias("numbered");
        let keys = outer_keys(query, &alias);
        let groups: Vec<String> = (sorted..extra.len()).map(|i| qualified(&alias, &sort_name(query, i))).collect();
        // The usual frame, by RANGE, is not to be had over every type.
        let rows = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
        let order = if keys.is_empty() { String::new() } else { format!(" ORDER BY {} {rows}", keys.join(", ")) };
        let first = self.alias("first");
        let source = format!(
            "(SELECT {}.*, row_number() OVER (PARTITION BY {}{order}) AS \"row_number_\" FROM ({body}) AS {}) AS {}",
            ident(&alias),
            groups.join(", "),
            ident(&alias),
            ident(&first)
        );
        let keys = outer_keys(query, &first);
        let only = format!("{} = 1", qualified(&first, "row_number_"));
        self.finish(query, &source, &first, &keys, Some(only))
    }

    /// Prints the last SELECT: output columns, order and limit over a source that holds columns and sort keys.
    fn finish(&mut self, query: &Query, source: &str, alias: &str, keys: &[String], only: Option<String>) -> Result<String> {
        let columns = |alias: &str| -> String {
            let list: Vec<String> =
                query.columns.iter().map(|column| format!("{} AS {}", qualified(alias, &column.name), ident(&column.name))).collect();
            list.join(", ")
        };
        let only = only.map(|only| format!(" WHERE {only}")).unwrap_or_default();
        let order = if keys.is_empty() { String::new() } else { format!(" ORDER BY {}", keys.join(", ")) };
        if !query.with_ties {
            return Ok(format!("SELECT {} FROM {source}{only}{order}{}", columns(alias), self.limits(query)?));
        }
        // The last row's peers have its rank; OFFSET counts rows.
        let (Some(limit), offset) = (&query.limit, &query.offset) else {
            return Err(Report::unsupported("WITH TIES without a row count"));
        };
        let limit = self.row_count(limit, "LIMIT")?.unwrap_or(i64::MAX.to_string());
        let offset = offset.as_ref().map(|offset| self.row_count(offset, "OFFSET")).transpose()?.flatten().unwrap_or("0".into());
        let ranked = self.alias("ranked");
        let outer_keys: Vec<String> = keys.iter().map(|key| key.replacen(&ident(alias), &ident(&ranked), 1)).collect();
        Ok(format!(
            "SELECT {} FROM (SELECT {}.*, rank() OVER ({}) AS \"rank_\", row_number() OVER ({}) AS \"position_\" FROM {source}{only}) AS {} \
             WHERE {} <= {limit} + {offset} AND {} > {offset} ORDER BY {}",
            columns(&ranked),
            ident(alias),
            order.trim_start(),
            order.trim_start(),
            ident(&ranked),
            qualified(&ranked, "rank_"),
            qualified(&ranked, "position_"),
            outer_keys.join(", "),
        ))
    }

    /// Prints SELECT ... HAVING, with `extra` expressions after the output columns.
    pub(super) fn core(&mut self, select: &Select, query: &Query, extra: &[&Expr]) -> Result<String> {
        let outer_representatives = std::mem::take(&mut self.representatives);
        let from = match &select.from {
            Some(relation) => {
                let (text, filters) = self.from(relation)?;
                let mut conditions = filters;
                if let Some(filter) = &select.filter {
                    let mut list = Vec::new();
                    super::correlate::conjuncts(filter, &mut list);
                    for condition in &list {
                        conditions.push(self.condition(condition)?);
                    }
                }
                let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
                format!(" FROM {text}{filter}")
            }
            None => match &select.filter {
                Some(filter) => format!(" WHERE {}", self.condition(filter)?),
                None => String::new(),
            },
        };
        self.forget_keys(select);
        let grouping: &[Expr] = match &select.group_by {
            GroupBy::None => &[],
            GroupBy::Plain(exprs) | GroupBy::Sets { exprs, .. } => exprs,
        };
        let grouped = grouping.iter().map(|expr| self.key(expr)).collect::<Result<Vec<_>>>()?;
        let in_order = select.from.as_ref().is_none_or(streams);
        self.representatives = self.representatives_of(grouping, &grouped, in_order, matches!(select.group_by, GroupBy::Sets { .. }))?;
        let outer = std::mem::replace(&mut self.grouping, grouped.clone());
        let mut list = Vec::new();
        for (expr, column) in select.projection.iter().zip(&query.columns) {
            list.push(format!("{} AS {}", self.expr_as(expr, column.ty, column.scale)?, ident(&column.name)));
        }
        for (i, expr) in extra.iter().enumerate() {
            let key = self.key(expr)?;
            list.push(format!("{key} AS {}", ident(&sort_name(query, i))));
        }
        if list.is_empty() {
            list.push("1 AS \"none_\"".into());
        }
        let having = select.having.as_ref().map(|having| self.condition(having)).transpose()?;
        self.grouping = outer;
        self.representatives = outer_representatives;
        let group = match &select.group_by {
            GroupBy::Plain(exprs) if !exprs.is_empty() => format!(" GROUP BY {}", grouped.join(", ")),
            GroupBy::None | GroupBy::Plain(_) => String::new(),
            GroupBy::Sets { sets, .. } => {
                let sets: Vec<String> = sets
                    .iter()
                    .map(|set| format!("({})", set.iter().map(|&i| grouped[i].clone()).collect::<Vec<_>>().join(", ")))
                    .collect();
                format!(" GROUP BY GROUPING SETS ({})", sets.join(", "))
            }
        };
        let having = having.map(|having| format!(" HAVING {having}")).unwrap_or_default();
        let distinct = matches!(select.distinct, Distinct::All);
        let by_key = distinct && needs_keys(&query.columns);
        let word = if distinct && !by_key { "DISTINCT " } else { "" };
        let body = format!("SELECT {word}{}{from}{group}{having}", list.join(", "));
        let first = First::of(in_order && matches!(select.group_by, GroupBy::None));
        if by_key { self.distinct_rows(&body, &query.columns, &first, "") } else { Ok(body) }
    }

    /// What is grouped by its key shows the value of the group's first row, as PostgreSQL's does.
    fn representatives_of(&mut self, grouping: &[Expr], keys: &[String], streams: bool, sets: bool) -> Result<Vec<(Expr, String)>> {
        let keyed: Vec<(&Expr, &String)> =
            grouping.iter().zip(keys).filter(|(expr, _)| key_function(expr.ty, expr.typmod, expr.scale).is_some()).collect();
        let values = keyed.iter().map(|(expr, _)| self.expr(expr)).collect::<Result<Vec<_>>>()?;
        let order = First::of(streams).print("", values.iter().cloned());
        let mut shown = Vec::new();
        for ((expr, key), value) in keyed.into_iter().zip(&values) {
            let first = format!("first_value({value}{order})");
            let text = if sets { format!("CASE WHEN grouping({key}) = 0 THEN {first} END") } else { first };
            shown.push((expr.clone(), text));
        }
        Ok(shown)
    }

    /// Prints LIMIT and OFFSET.
    fn limits(&mut self, query: &Query) -> Result<String> {
        let mut text = String::new();
        for (word, expr) in [("LIMIT", &query.limit), ("OFFSET", &query.offset)] {
            if let Some(expr) = expr
                && let Some(count) = self.row_count(expr, word)?
            {
                text.push_str(&format!(" {word} {count}"));
            }
        }
        Ok(text)
    }

    /// Prints a row count; `None` for NULL, which means no limit.
    pub(super) fn row_count(&mut self, expr: &Expr, word: &str) -> Result<Option<String>> {
        let value = match &super::scope::bare_count(expr).kind {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Parameter(n) => self.parameters.get(*n).cloned().unwrap_or(Literal::Null),
            // The engine folds what is constant.
            _ if super::scope::is_constant(expr) => return Ok(Some(self.expr(expr)?)),
            _ => return Err(Report::unsupported(format!("an expression in {word}")).at(expr.position)),
        };
        match value {
            Literal::Null => Ok(None),
            Literal::Int(count) if count >= 0 => Ok(Some(count.to_string())),
            Literal::Int(_) => {
                let state = if word == "LIMIT" { SqlState("2201W") } else { SqlState("2201X") };
                Err(Report::new(state, format!("{word} must not be negative")))
            }
            _ => Err(Report::unsupported(format!("a {word} of this type")).at(expr.position)),
        }
    }
}

impl SortKey {
    fn expr(&self) -> Option<&Expr> {
        match &self.by {
            SortBy::Expr(expr) => Some(expr),
            SortBy::Output(_) => None,
        }
    }

    fn output(&self) -> Option<usize> {
        match &self.by {
            SortBy::Output(i) => Some(*i),
            SortBy::Expr(_) => None,
        }
    }
}

/// Prints the sort keys over a source of this alias.
fn outer_keys(query: &Query, alias: &str) -> Vec<String> {
    let mut n = 0;
    query
        .order_by
        .iter()
        .map(|key| {
            let (text, ty) = match &key.by {
                SortBy::Output(i) => (column_key(alias, &query.columns[*i]), query.columns[*i].ty),
                SortBy::Expr(expr) => {
                    n += 1;
                    (qualified(alias, &sort_name(query, n - 1)), expr.ty)
                }
            };
            sorted(&text, ty, key)
        })
        .collect()
}

/// Prints direction and place of NULLs.
fn direction(key: &SortKey) -> String {
    format!(" {} NULLS {}", if key.descending { "DESC" } else { "ASC" }, if key.nulls_first { "FIRST" } else { "LAST" })
}

/// Prints a sort key with direction and place of NULLs.
pub(super) fn sorted(text: &str, ty: Type, key: &SortKey) -> String {
    if !nulls_apart(ty, key) {
        return format!("{text}{}", direction(key));
    }
    let within = SortKey { nulls_first: key.descending, ..key.clone() };
    format!("({text} IS NULL) {}, {text}{}", if key.nulls_first { "DESC" } else { "ASC" }, direction(&within))
}

/// Tells whether NULL arrays go where NULLs within arrays do not: those are greater than any value, whatever ORDER BY says of NULLS.
fn nulls_apart(ty: Type, key: &SortKey) -> bool {
    ty.is_array() && key.nulls_first != key.descending
}

/// Names the n-th hidden sort key; no output column is called so.
pub(super) fn sort_name(query: &Query, n: usize) -> String {
    let mut name = format!("sort_{}", n + 1);
    while query.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    name
}
