//! Subqueries as expressions.

use super::key::{has_one_text, keyed};
use super::numeric::carries_digits;
use super::{Printer, correlate, decorrelate, ident, literal, qualified, scope};
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, Query, Select, SetExpr, Signature, SortBy, SortKey, SubqueryKind};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

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
        if decorrelate::native::is_one_row(query) {
            return Ok(format!("({})", self.query(query)?));
        }
        if !correlated {
            // No row is NULL, which the engine does not expect of a column that is never NULL.
            let text = self.query(query)?;
            let alias = self.alias("one");
            let column = qualified(&alias, &query.columns[0].name);
            return Ok(format!("pg_single((SELECT array_agg({column}) FROM ({text}) AS {}))", ident(&alias)));
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
            // Asked outside, where only the rows that the outer query has are looked at.
            format!("pg_single((SELECT {list}{from}))")
        };
        // Conditions on the outer row alone are asked outside.
        let conditions = self.exprs(&sorted.outer)?;
        Ok(if conditions.is_empty() { text } else { format!("CASE WHEN {} THEN {text} END", conditions.join(" AND ")) })
    }

    /// ARRAY(SELECT ...).
    fn collected(&mut self, query: &Query) -> Result<String> {
        let element = query.columns[0].ty;
        if element.is_array() {
            return Err(Report::unsupported(format!("ARRAY(SELECT ...) of {element}")));
        }
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
        // As one call: COALESCE would write the list out for every row that reads it.
        Ok(format!("pg_never_null({text})"))
    }

    /// Prints FROM and WHERE of a plain SELECT, and the array of its one column in the order of its ORDER BY.
    fn gathered(&mut self, select: &Select, query: &Query) -> Result<(String, String)> {
        let from = match &select.from {
            Some(relation) => format!(" FROM {}", self.from(relation)?.0),
            None => String::new(),
        };
        let filter = match &select.filter {
            Some(filter) => format!(" WHERE {}", self.condition(filter)?),
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

    /// Prints a condition of WHERE, where it is only asked whether a row passes: there a comparison with a subquery is a join. AND and OR
    /// pass on what is asked of them.
    pub(super) fn condition(&mut self, condition: &Expr) -> Result<String> {
        self.passing(condition, true)
    }

    /// Prints a part of a condition; `alone` where the row fails if this part does.
    fn passing(&mut self, condition: &Expr, alone: bool) -> Result<String> {
        if let ExprKind::Or(parts) | ExprKind::And(parts) = &condition.kind {
            let all = matches!(condition.kind, ExprKind::And(_));
            let parts = parts.iter().map(|part| self.passing(part, alone && all)).collect::<Result<Vec<_>>>()?;
            return Ok(format!("({})", parts.join(if all { " AND " } else { " OR " })));
        }
        let (condition, negated) = match &condition.kind {
            ExprKind::Not(inner) => (inner.as_ref(), true),
            _ => (condition, false),
        };
        let ExprKind::Subquery { kind: SubqueryKind::Compare { left, operators, all }, query } = &condition.kind else {
            let text = self.expr(condition)?;
            return Ok(if negated { format!("(NOT {text})") } else { text });
        };
        check_operands(operators, left, query, condition)?;
        let correlated = !scope::outer_references_of_query(query).is_empty();
        let equal = operators.iter().all(|operator| operator.name == "=") && !all;
        let unequal = operators.iter().all(|operator| operator.name == "<>") && *all;
        let member = equal && !negated;
        if left.len() > 1 && !member {
            return Err(Report::unsupported("a row compared with a subquery").at(condition.position));
        }
        // x NOT IN (...) is true exactly where x IN (...) is false, and that is not where it is NULL.
        let absent = unequal && !negated || equal && negated;
        match (member, absent) {
            (true, _) if left.len() == 1 => self.membership(&left[0], "IN", query),
            (_, true) if alone && !correlated && !scope::relations_of(&left[0]).is_empty() && !may_fold_to_null(&left[0]) => {
                self.membership(&left[0], "NOT IN", query)
            }
            _ if !correlated && left.len() == 1 => {
                let text = self.logic(&left[0], &operators[0].name, *all, query)?;
                Ok(if negated { format!("(NOT {text})") } else { text })
            }
            _ if alone || !negated && !*all => self.existence(left, operators, *all, negated, query),
            _ => Err(Report::unsupported("this comparison with a correlated subquery").at(condition.position)),
        }
    }

    /// `value [NOT] IN (SELECT ...)`, as the engine joins it.
    fn membership(&mut self, value: &Expr, word: &str, query: &Query) -> Result<String> {
        let text = self.query(query)?;
        let alias = self.alias("keys");
        let column = &query.columns[0];
        let inner = qualified(&alias, &column.name);
        let left = self.expr(value)?;
        let (value, key) = matched((&left, value.ty, value.scale), (&inner, column.ty, column.scale));
        let text = if key == inner { text } else { format!("SELECT {key} AS \"key_\" FROM ({text}) AS {}", ident(&alias)) };
        Ok(format!("({value} {word} ({text}))"))
    }

    /// ANY: a row that compares as true. ALL: no row that does not. Negated the other way round.
    fn existence(
        &mut self,
        left: &[Expr],
        operators: &[std::sync::Arc<Signature>],
        all: bool,
        negated: bool,
        query: &Query,
    ) -> Result<String> {
        let values = self.exprs(left)?;
        let text = self.query(query)?;
        let alias = self.alias("pairs");
        let mut pairs = Vec::new();
        for (((value, expr), column), operator) in values.iter().zip(left).zip(&query.columns).zip(operators) {
            let (a, b) = matched((value, expr.ty, expr.scale), (&qualified(&alias, &column.name), column.ty, column.scale));
            pairs.push(if operator.name == "=" { format!("{b} = {a}") } else { format!("{a} {} {b}", operator.name) });
        }
        let pairs = pairs.join(" AND ");
        let (word, test) = match (all, negated) {
            (false, false) => ("EXISTS", pairs),
            (false, true) => ("NOT EXISTS", format!("({pairs}) IS NOT FALSE")),
            (true, false) => ("NOT EXISTS", format!("({pairs}) IS NOT TRUE")),
            (true, true) => ("EXISTS", format!("({pairs}) IS FALSE")),
        };
        Ok(format!("{word} (SELECT 1 FROM ({text}) AS {} WHERE {test})", ident(&alias)))
    }

    /// `left op ANY|ALL (SELECT ...)` where its NULL counts: over the array of the subquery's values.
    fn compare(
        &mut self,
        left: &[Expr],
        operators: &[std::sync::Arc<Signature>],
        all: bool,
        query: &Query,
        whole: &Expr,
    ) -> Result<String> {
        check_operands(operators, left, query, whole)?;
        let ([value], [operator]) = (left, operators) else {
            // A struct on both sides would take NULL for a value.
            return Err(Report::unsupported("a row compared with a subquery").at(whole.position));
        };
        if !scope::outer_references_of_query(query).is_empty() {
            return Err(Report::unsupported("a comparison with a correlated subquery here").at(whole.position));
        }
        self.logic(value, &operator.name, all, query)
    }

    fn logic(&mut self, value: &Expr, operator: &str, all: bool, query: &Query) -> Result<String> {
        let text = self.query(query)?;
        let alias = self.alias("values");
        let column = &query.columns[0];
        let left = self.expr(value)?;
        let (left, right) = matched((&left, value.ty, value.scale), (&qualified(&alias, &column.name), column.ty, column.scale));
        let list = format!("(SELECT pg_never_null(array_agg({right})) FROM ({text}) AS {})", ident(&alias));
        Ok(format!("pg_any({left}, {}, {list}, {})", super::literal::text(operator), if all { "TRUE" } else { "FALSE" }))
    }
}

/// Tells whether the engine's optimizer might find that a value is NULL in every row: its join for NOT IN then takes every row for absent.
fn may_fold_to_null(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Literal(literal) => *literal == Literal::Null,
        ExprKind::Column { .. } => false,
        ExprKind::Cast { expr, .. } => may_fold_to_null(expr),
        _ if scope::relations_of(value).is_empty() => true,
        _ => crate::sql::walk::children(value).into_iter().any(may_fold_to_null),
    }
}

/// Refuses what compares in a form that a subquery's column cannot be brought into.
fn check_operands(operators: &[std::sync::Arc<Signature>], values: &[Expr], query: &Query, whole: &Expr) -> Result<()> {
    for ((operator, value), column) in operators.iter().zip(values).zip(&query.columns) {
        // Arrays are equal when their texts are.
        let equality = matches!(operator.name.as_str(), "=" | "<>");
        if value.ty.is_array() && (value.ty, value.scale) == (column.ty, column.scale) && equality && has_one_text(value.ty, value.scale) {
            continue;
        }
        let (Some(left), Some(right)) = (operator.arguments.first(), operator.arguments.last()) else { continue };
        let plain = |ty: &Type| !matches!(*ty, Type::JSON | Type::RECORD) && !ty.is_array();
        let alike = left == right || left.is_integer() && right.is_integer();
        let known = matches!(operator.name.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">=");
        if !plain(left) || !plain(right) || !alike || !known {
            return Err(Report::unsupported(format!("{left} {} {right} with a subquery", operator.name)).at(whole.position));
        }
    }
    Ok(())
}

/// Brings both sides of a comparison into the form in which they compare natively.
fn matched(left: (&str, Type, NumericScale), right: (&str, Type, NumericScale)) -> (String, String) {
    let differ = left.1 == Type::NUMERIC && right.1 == Type::NUMERIC && left.2 != right.2;
    if differ || carries_digits(left.1, left.2) || carries_digits(right.1, right.2) {
        return (format!("pg_numeric_key({})", left.0), format!("pg_numeric_key({})", right.0));
    }
    if left.1.is_array() {
        let text = |value: &str, ty: Type| format!("pg_cast({value}, {}, 'text', -1, -1, 'UTC')", literal::text(ty.name()));
        return (text(left.0, left.1), text(right.0, right.1));
    }
    (keyed(left.0, left.1, -1, left.2), keyed(right.0, right.1, -1, right.2))
}
