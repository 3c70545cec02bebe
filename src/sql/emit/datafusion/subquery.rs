//! Subqueries as expressions.

use super::{Printer, correlate, ident, qualified, scope};
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, GroupBy, Query, Select, SetExpr, Signature, SortBy, SortKey, SubqueryKind};
use crate::types::Type;
use crate::types::literal::Literal;

impl Printer<'_> {
    /// Prints a subquery.
    pub(super) fn subquery(&mut self, kind: &SubqueryKind, query: &Query, whole: &Expr) -> Result<String> {
        match kind {
            SubqueryKind::Exists => Ok(format!("EXISTS ({})", self.query(query)?)),
            SubqueryKind::Scalar => self.scalar(query),
            SubqueryKind::Array => self.collected(query),
            SubqueryKind::Compare { left, operators, all } => self.compare(left, operators, *all, query, whole),
        }
    }

    /// A scalar subquery. The engine joins correlated ones only when they are aggregates, so the rows are gathered: a second row is
    /// refused then, and LIMIT 1 takes the first in the order of ORDER BY.
    fn scalar(&mut self, query: &Query) -> Result<String> {
        let correlated = !scope::outer_references_of_query(query).is_empty();
        if !correlated || is_one_row(query) {
            return Ok(format!("({})", self.query(query)?));
        }
        let Some(select) = correlate::plain_select(query).filter(|_| query.offset.is_none()) else {
            let text = self.query(query)?;
            let alias = self.alias("one");
            let column = qualified(&alias, &query.columns[0].name);
            return Ok(format!("(SELECT pg_single(array_agg({column})) FROM ({text}) AS {})", ident(&alias)));
        };
        let limit = query.limit.as_ref().map(|limit| self.constant(limit));
        let first = match limit {
            None | Some(Some(Literal::Null)) => false,
            Some(Some(Literal::Int(1))) => true,
            _ => return Err(Report::unsupported("this LIMIT in a correlated subquery").at(select.projection[0].position)),
        };
        let sorted = correlate::sort(query);
        let SetExpr::Select(select) = &sorted.query.body else {
            return Err(Report::internal("a SELECT became something else"));
        };
        let (from, list) = self.gathered(select, &sorted.query)?;
        let text = if first {
            format!("(SELECT pg_subscript({list}, CAST(1 AS INT)){from})")
        } else {
            format!("(SELECT pg_single({list}){from})")
        };
        // Conditions on the outer row alone are asked outside.
        let conditions = self.exprs(&sorted.outer)?;
        Ok(if conditions.is_empty() { text } else { format!("CASE WHEN {} THEN {text} END", conditions.join(" AND ")) })
    }

    /// ARRAY(SELECT ...).
    fn collected(&mut self, query: &Query) -> Result<String> {
        let empty = format!("pg_empty_array({})", super::literal::null(query.columns[0].ty, -1));
        let gathers = query.limit.is_none() && query.offset.is_none();
        let text = match correlate::plain_select(query).filter(|_| gathers) {
            Some(_) => {
                let sorted = correlate::sort(query);
                let SetExpr::Select(select) = &sorted.query.body else {
                    return Err(Report::internal("a SELECT became something else"));
                };
                let (from, list) = self.gathered(select, &sorted.query)?;
                let text = format!("(SELECT {list}{from})");
                let conditions = self.exprs(&sorted.outer)?;
                if conditions.is_empty() { text } else { format!("CASE WHEN {} THEN {text} END", conditions.join(" AND ")) }
            }
            None => {
                if !query.order_by.is_empty() {
                    return Err(Report::unsupported("ORDER BY in ARRAY(SELECT ...) of this form"));
                }
                let text = self.query(query)?;
                let alias = self.alias("elements");
                format!("(SELECT array_agg({}) FROM ({text}) AS {})", qualified(&alias, &query.columns[0].name), ident(&alias))
            }
        };
        Ok(format!("coalesce({text}, {empty})"))
    }

    /// Prints FROM and WHERE of a plain SELECT, and the array of its one column in the order of its ORDER BY.
    fn gathered(&mut self, select: &Select, query: &Query) -> Result<(String, String)> {
        let from = match &select.from {
            Some(relation) => format!(" FROM {}", self.from(relation)?.0),
            None => String::new(),
        };
        let filter = match &select.filter {
            Some(filter) => format!(" WHERE {}", self.expr(filter)?),
            None => String::new(),
        };
        let value = self.expr(&select.projection[0])?;
        let keys: Vec<SortKey> = query
            .order_by
            .iter()
            .map(|key| match &key.by {
                SortBy::Output(i) => SortKey { by: SortBy::Expr(select.projection[*i].clone()), ..key.clone() },
                SortBy::Expr(_) => key.clone(),
            })
            .collect();
        let order = self.sort_list(&keys)?;
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {order}") };
        Ok((format!("{from}{filter}"), format!("array_agg({value}{order})")))
    }

    /// Prints a condition of WHERE: where it is only asked whether a row passes, a row compared with a subquery is EXISTS.
    pub(super) fn condition(&mut self, condition: &Expr) -> Result<String> {
        if let ExprKind::Subquery { kind: SubqueryKind::Compare { left, operators, all: false }, query } = &condition.kind
            && left.len() > 1
            && operators.iter().all(|operator| operator.name == "=")
        {
            let values = self.exprs(left)?;
            let text = self.query(query)?;
            let alias = self.alias("pairs");
            let pairs: Vec<String> =
                values.iter().zip(&query.columns).map(|(value, column)| format!("{} = {value}", qualified(&alias, &column.name))).collect();
            return Ok(format!("EXISTS (SELECT 1 FROM ({text}) AS {} WHERE {})", ident(&alias), pairs.join(" AND ")));
        }
        self.expr(condition)
    }

    /// `left op ANY|ALL (SELECT ...)`.
    fn compare(
        &mut self,
        left: &[Expr],
        operators: &[std::sync::Arc<Signature>],
        all: bool,
        query: &Query,
        whole: &Expr,
    ) -> Result<String> {
        let names: Vec<&str> = operators.iter().map(|operator| operator.name.as_str()).collect();
        let plain = |ty: Type| !matches!(ty, Type::INTERVAL | Type::JSONB | Type::RECORD) && !ty.is_array();
        let fits = operators.iter().all(|operator| operator.arguments.iter().all(|ty| plain(*ty)));
        if !fits {
            return Err(Report::unsupported("this comparison with a subquery").at(whole.position));
        }
        if let ([value], [operator]) = (left, names.as_slice()) {
            let cross =
                operators[0].arguments.first() != operators[0].arguments.last() && !operators[0].arguments.iter().all(|ty| ty.is_integer());
            if cross {
                return Err(Report::unsupported("a comparison of different types with a subquery").at(whole.position));
            }
            let value = self.expr(value)?;
            let text = self.query(query)?;
            return match (*operator, all) {
                ("=", false) => Ok(format!("({value} IN ({text}))")),
                ("<>", true) => Ok(format!("({value} NOT IN ({text}))")),
                ("=" | "<>" | "<" | "<=" | ">" | ">=", _) => {
                    Ok(format!("({value} {operator} {} ({text}))", if all { "ALL" } else { "ANY" }))
                }
                _ => Err(Report::unsupported(format!("operator {operator} with a subquery")).at(whole.position)),
            };
        }
        // (a, b) IN (SELECT ...): a struct on both sides would take NULL for a value, so it is spelled as EXISTS where that decides alike.
        Err(Report::unsupported("a row compared with a subquery").at(whole.position))
    }
}

/// Tells whether a query gives exactly one row: an aggregate without GROUP BY.
fn is_one_row(query: &Query) -> bool {
    match &query.body {
        SetExpr::Select(select) => {
            matches!(&select.group_by, GroupBy::Plain(exprs) if exprs.is_empty()) && select.having.is_none() && query.limit.is_none()
        }
        _ => false,
    }
}
