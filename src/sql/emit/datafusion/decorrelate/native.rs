//! Which correlated subqueries the engine joins itself, with PostgreSQL's answer.

use std::collections::HashMap;

use super::super::correlate::{self, conjuncts, defined, equality};
use super::super::scope;
use crate::sql::tree::{
    Distinct, Expr, ExprKind, GroupBy, JoinKind, Query, Relation, RelationColumn, RelationId, Select, SetExpr, SubqueryKind,
};
use crate::types::Type;

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A condition of WHERE.
    Condition,
    /// Below AND and OR in a condition of WHERE: NULL means no there too, so semi joins keep their meaning.
    Passing,
    /// Anywhere else where the engine looks for scalar subqueries: WHERE and the list of a SELECT without groups.
    Value,
    /// Inside aggregates, windows, sort keys, ON: only uncorrelated scalar subqueries work there.
    Inside,
    /// As `Inside`, of a SELECT with groups and outside its aggregates.
    Grouped,
}

/// Tells whether the engine gives PostgreSQL's answer to a subquery in this place.
pub(super) fn is_native(kind: &SubqueryKind, query: &Query, place: Place) -> bool {
    let correlated = !scope::outer_references_of_query(query).is_empty();
    let filters = matches!(place, Place::Condition | Place::Passing);
    match kind {
        SubqueryKind::Scalar if !correlated => true,
        SubqueryKind::Array if !correlated => query.order_by.is_empty() || correlate::plain_select(query).is_some() && unlimited(query),
        SubqueryKind::Scalar | SubqueryKind::Array => (filters || place == Place::Value) && is_joined_by_equality(kind, query),
        // One that is not is asked for its first row, which the engine would not stop at.
        SubqueryKind::Exists => filters && correlated && is_filtered_only(query),
        SubqueryKind::Compare { left, operators, all } => {
            let [operator] = operators.as_slice() else {
                let equal = !all && operators.iter().all(|operator| operator.name == "=");
                return equal && place == Place::Condition && !correlated && left.iter().all(is_plain_operand);
            };
            // Intervals and jsonb are compared by their keys, which the engine does not find in a correlated condition.
            let keyed = |ty: Type| matches!(ty, Type::INTERVAL | Type::JSONB);
            let plain = |ty: Type| !(matches!(ty, Type::RECORD | Type::BPCHAR) || ty.is_array() || correlated && keyed(ty));
            let fits = operator.arguments.iter().all(|ty| plain(*ty))
                && (operator.arguments.first() == operator.arguments.last() || operator.arguments.iter().all(|ty| ty.is_integer()))
                && left.iter().all(is_plain_operand);
            fits && match (operator.name.as_str(), all) {
                ("=", false) => filters && (!correlated || is_filtered_only(query)),
                // The engine's anti join knows NULLs, but not together with other conditions.
                ("<>", true) => place == Place::Condition && !correlated,
                _ => false,
            }
        }
    }
}

/// An operand that holds no subquery of its own.
fn is_plain_operand(expr: &Expr) -> bool {
    let mut plain = true;
    scope::each(expr, &mut |expr| plain &= !matches!(expr.kind, ExprKind::Subquery { .. }));
    plain
}

fn unlimited(query: &Query) -> bool {
    query.limit.is_none() && query.offset.is_none() && !query.with_ties
}

/// The body, if references to outer queries stand in conditions of its WHERE only, outside subqueries.
fn filtered(query: &Query) -> Option<(&Select, Vec<Expr>)> {
    let SetExpr::Select(select) = &query.body else { return None };
    let from = select.from.as_ref()?;
    let inner = defined(from);
    let closed = |expr: &Expr| scope::relations_of(expr).is_subset(&inner);
    let mut conditions = Vec::new();
    if let Some(filter) = &select.filter {
        conjuncts(filter, &mut conditions);
    }
    conditions.retain(|condition| !closed(condition));
    let fits = query.ctes.is_empty()
        && scope::outer_references(from).is_empty()
        && select.projection.iter().all(closed)
        && select.having.as_ref().is_none_or(closed)
        && conditions.iter().all(is_plain_operand)
        && query.order_by.iter().all(|key| match &key.by {
            crate::sql::tree::SortBy::Expr(expr) => closed(expr),
            crate::sql::tree::SortBy::Output(_) => true,
        })
        && names_are_plain(from, select, query, &conditions);
    fits.then_some((select, conditions))
}

/// The engine moves conditions out of the subquery by the bare names of its columns, so two columns must not share one.
fn names_are_plain(from: &Relation, select: &Select, query: &Query, conditions: &[Expr]) -> bool {
    let mut names: HashMap<String, (RelationId, usize)> = HashMap::new();
    let mut plain = true;
    for condition in conditions {
        scope::each(condition, &mut |expr| {
            if let ExprKind::Column { relation, column } = expr.kind
                && let Some(name) = column_name(from, relation, column)
            {
                plain &= *names.entry(name.to_lowercase()).or_insert((relation, column)) == (relation, column);
            }
        });
    }
    let outputs = query.columns.iter().zip(&select.projection);
    let shadows = |(output, expr): (&RelationColumn, &Expr)| {
        names.get(&output.name.to_lowercase()).is_some_and(|&(relation, column)| expr.kind != ExprKind::Column { relation, column })
    };
    plain && !outputs.into_iter().any(shadows)
}

fn column_name(from: &Relation, relation: RelationId, column: usize) -> Option<&str> {
    match from {
        Relation::Join { left, right, .. } => column_name(left, relation, column).or_else(|| column_name(right, relation, column)),
        leaf if leaf.id() != Some(relation) => None,
        Relation::Table { table, .. } => table.columns.get(column).map(|column| column.name.as_str()),
        Relation::Derived { query, .. } => query.columns.get(column).map(|column| column.name.as_str()),
        Relation::Cte { columns, .. } | Relation::Function { columns, .. } => columns.get(column).map(|column| column.name.as_str()),
    }
}

/// EXISTS and IN: conditions of any kind become the condition of a semi join.
fn is_filtered_only(query: &Query) -> bool {
    filtered(query).is_some_and(|(select, _)| {
        unlimited(query) && matches!(select.group_by, GroupBy::None) && matches!(select.distinct, Distinct::No) && has_no_windows(select)
    })
}

fn has_no_windows(select: &Select) -> bool {
    let mut none = true;
    for expr in &select.projection {
        scope::each(expr, &mut |expr| match &expr.kind {
            ExprKind::Window(_) => none = false,
            ExprKind::Call { function, .. } => none &= !function.returns_set,
            _ => {}
        });
    }
    none
}

/// Values: what an aggregate is joined by must be a plain column, by which the engine can group.
fn is_joined_by_equality(kind: &SubqueryKind, query: &Query) -> bool {
    let Some((select, conditions)) = filtered(query) else { return false };
    let Some(from) = &select.from else { return false };
    let inner = defined(from);
    let equal = |condition: &Expr| {
        let ExprKind::Operator { operator, .. } = &condition.kind else { return false };
        let natively = operator.arguments.first().is_some_and(|ty| {
            ty.is_integer() || ty.is_string() && *ty != Type::BPCHAR || matches!(*ty, Type::DATE | Type::OID | Type::TIMESTAMP | Type::BOOL)
        });
        natively && equality(condition, &inner).is_some_and(|(inner, _)| matches!(inner.kind, ExprKind::Column { .. }))
    };
    if *kind == SubqueryKind::Scalar && is_one_row(query) {
        return matches!(select.distinct, Distinct::No) && has_no_windows(select) && conditions.iter().all(equal);
    }
    let limit = match (kind, &query.limit) {
        (_, None) => true,
        (SubqueryKind::Scalar, Some(limit)) => {
            matches!(limit.kind, ExprKind::Literal(crate::types::literal::Literal::Int(1)))
        }
        _ => false,
    };
    if !limit || query.offset.is_some() || correlate::plain_select(query).is_none() {
        return false;
    }
    let sorted = correlate::sort(query);
    filtered(&sorted.query).is_some_and(|(_, conditions)| conditions.iter().all(equal))
}

/// Tells whether a query gives exactly one row: an aggregate without GROUP BY.
pub(in crate::sql::emit::datafusion) fn is_one_row(query: &Query) -> bool {
    let SetExpr::Select(select) = &query.body else { return false };
    let one = matches!(&select.group_by, GroupBy::Plain(exprs) if exprs.is_empty()) && select.having.is_none();
    one && unlimited(query) && query.ctes.is_empty()
}

/// LATERAL subqueries of this form are joined by the engine, or by `lateral_first`.
pub(super) fn is_native_lateral(kind: JoinKind, query: &Query) -> bool {
    let Some((select, conditions)) = filtered(query) else { return false };
    let Some(from) = &select.from else { return false };
    if correlate::plain_select(query).is_none() || !matches!(kind, JoinKind::Cross | JoinKind::Inner) || query.with_ties {
        return false;
    }
    let inner = defined(from);
    if unlimited(query) {
        return true;
    }
    conditions.iter().all(|condition| {
        let ExprKind::Operator { operator, .. } = &condition.kind else { return false };
        operator.arguments.first().is_some_and(|ty| ty.is_integer() || ty.is_string() || *ty == Type::DATE)
            && equality(condition, &inner).is_some()
    })
}
