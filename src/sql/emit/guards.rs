//! Conditions that guard others: `WHERE a <> 0 AND 100 / a > 5`. PostgreSQL looks at the parts of AND and OR in their order and stops where the answer is
//! known; neither warehouse promises an order. So a part that may fail is computed only where those before it leave the answer open.
//!
//! The same for FILTER: `sum(10 / n) FILTER (WHERE n <> 0)` computes no quotient of the rows that it leaves out. DataFusion computes the arguments of
//! all rows first; GoogleSQL has no FILTER, and gets it as a condition around the argument anyway.

use crate::sql::bind::operators::resolve_operator;
use crate::sql::tree::*;
use crate::sql::walk::{self, Visitor, VisitorMut};
use crate::types::literal::Literal;
use crate::types::{Type, range};

/// Guards the conditions of a query; `None` where none may fail. With `as_numbers` the guards give 0 and 1: DataFusion takes a CASE of conditions apart
/// into AND and OR again.
pub fn guarded(query: &Query, as_numbers: bool) -> Option<Query> {
    let mut failing = false;
    walk::each_expr(query, |expr| failing |= fails_itself(expr));
    (failing && are_due(query, as_numbers)).then(|| {
        let mut query = query.clone();
        guard(&mut query, as_numbers);
        query
    })
}

/// Tells whether a query that holds what may fail has conditions to be guarded.
pub fn are_due(query: &Query, as_numbers: bool) -> bool {
    let mut due = Due { as_numbers, found: false };
    walk::walk_query(query, &mut due);
    due.found
}

/// Guards the conditions of a query in place.
pub fn guard(query: &mut Query, as_numbers: bool) {
    walk::walk_query_mut(query, &mut Guards { as_numbers });
}

/// Looks for what [`Guards`] may change.
struct Due {
    as_numbers: bool,
    found: bool,
}

impl Visitor for Due {
    fn query(&mut self, query: &Query) {
        if let SetExpr::Select(select) = &query.body
            && let (Some(Relation::Join { .. }), Some(filter)) = (&select.from, &select.filter)
        {
            self.found |= !self.as_numbers && may_fail(filter);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if self.found {
            return;
        }
        self.found = match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().skip(1).any(may_fail),
            ExprKind::Aggregate(call) => self.as_numbers && call.filter.is_some(),
            ExprKind::Window(call) => self.as_numbers && call.filter.is_some(),
            _ => false,
        };
    }
}

struct Guards {
    as_numbers: bool,
}

impl VisitorMut for Guards {
    fn query(&mut self, query: &mut Query) {
        if let SetExpr::Select(select) = &mut query.body
            && let Some(filter) = &mut select.filter
        {
            let mut before = Vec::new();
            if let (Some(from), false) = (&select.from, self.as_numbers) {
                conditions_of(from, &mut before);
            }
            let risky: Vec<bool> = parts_of(filter).iter().map(|part| may_fail(part)).collect();
            self.guard(filter, true);
            for (part, _) in parts_of(filter).into_iter().zip(risky).filter(|(_, risky)| *risky) {
                guard_by(&before, part);
            }
        }
    }

    fn relation(&mut self, relation: &mut Relation) {
        if let Relation::Join { on: Some(on), .. } = relation {
            self.guard(on, true);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        self.guard(expr, false);
        if self.as_numbers {
            self.filter_arguments(expr);
        }
    }
}

impl Guards {
    /// Guards the parts of a condition, each by those before it; `filters`: a row is left at the first part that is not true, be it NULL.
    fn guard(&self, condition: &mut Expr, filters: bool) {
        let (parts, all) = match &mut condition.kind {
            ExprKind::And(parts) => (parts, true),
            ExprKind::Or(parts) => (parts, false),
            _ => return,
        };
        for i in 1..parts.len() {
            if !may_fail(&parts[i]) {
                continue;
            }
            // A condition of rows is looked at where the rows of its FROM items are read; any other from left to right.
            let columns = columns_of(&parts[i]);
            let holds = |relation: &RelationId| columns.iter().any(|(own, _)| own == relation);
            let before = parts[..i].iter().filter(|part| {
                let used = columns_of(part);
                used.iter().any(|column| columns.contains(column))
                    || !holds_subquery(part) && (!filters || used.iter().all(|(relation, _)| holds(relation)))
            });
            let mut before: Vec<Expr> = before.cloned().collect();
            let guard = match before.len() {
                0 => continue,
                1 => before.remove(0),
                _ => Expr::new(if all { ExprKind::And(before) } else { ExprKind::Or(before) }, Type::BOOL, None),
            };
            let constant = |value: bool| Expr::literal(Literal::Bool(value), Type::BOOL, None);
            let part = std::mem::replace(&mut parts[i], constant(true));
            let position = part.position;
            let kind = if all && filters {
                ExprKind::Case { whens: vec![(guard, part)], otherwise: Some(Box::new(constant(false))) }
            } else {
                let known = ExprKind::IsBool { expr: Box::new(guard), value: Some(!all), negated: false };
                let known = Expr::new(known, Type::BOOL, None);
                match resolve_operator("=", Some(Type::INT4), Type::INT4, None) {
                    Ok(operator) if self.as_numbers => {
                        let number = |value: bool| Expr::literal(Literal::Int(value.into()), Type::INT4, None);
                        let cast = ExprKind::Cast { expr: Box::new(part), explicit: true, method: CastMethod::Function };
                        let otherwise = Some(Box::new(Expr::new(cast, Type::INT4, None)));
                        let value = ExprKind::Case { whens: vec![(known, number(all))], otherwise };
                        ExprKind::Operator { operator, args: vec![Expr::new(value, Type::INT4, None), number(true)] }
                    }
                    _ => ExprKind::Case { whens: vec![(known, constant(all))], otherwise: Some(Box::new(part)) },
                }
            };
            parts[i] = Expr::new(kind, Type::BOOL, position);
        }
    }

    /// Computes what may fail of an aggregate's arguments and sort keys only for the rows that its FILTER lets through.
    fn filter_arguments(&self, expr: &mut Expr) {
        let (filter, args, order_by) = match &mut expr.kind {
            ExprKind::Aggregate(call) => {
                let Aggregate { args, order_by, filter, .. } = &mut **call;
                (filter, args, order_by.as_mut_slice())
            }
            // What orders a window's rows is not its aggregate's.
            ExprKind::Window(call) => {
                let Window { args, filter, .. } = &mut **call;
                (filter, args, <&mut [SortKey]>::default())
            }
            _ => return,
        };
        let Some(filter) = filter.as_ref().filter(|filter| !holds_subquery(filter)) else { return };
        let keys = order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
        for value in args.iter_mut().chain(keys).filter(|value| fails(value) && !holds_subquery(value)) {
            let otherwise = Expr { kind: ExprKind::Literal(Literal::Null), ..value.clone() };
            let inner = std::mem::replace(value, otherwise);
            value.kind = ExprKind::Case { whens: vec![(filter.clone(), inner)], otherwise: None };
        }
    }
}

/// The conditions of joins, which PostgreSQL looks at before those of WHERE; of inner joins alone, for outer ones keep the rows of which they are not true.
fn conditions_of(relation: &Relation, out: &mut Vec<Expr>) {
    let Relation::Join { kind, left, right, on } = relation else { return };
    if matches!(kind, JoinKind::Cross | JoinKind::Inner | JoinKind::Left) {
        conditions_of(left, out);
    }
    if matches!(kind, JoinKind::Cross | JoinKind::Inner | JoinKind::Right) {
        conditions_of(right, out);
    }
    if let (JoinKind::Inner, Some(on)) = (kind, on) {
        let parts = if let ExprKind::And(parts) = &on.kind { parts.as_slice() } else { std::slice::from_ref(on) };
        out.extend(parts.iter().filter(|part| !fails(part) && !holds_subquery(part)).cloned());
    }
}

fn parts_of(filter: &mut Expr) -> Vec<&mut Expr> {
    if !matches!(filter.kind, ExprKind::And(_)) {
        return vec![filter];
    }
    if let ExprKind::And(parts) = &mut filter.kind { parts.iter_mut().collect() } else { Vec::new() }
}

/// Computes a part of WHERE only where the conditions before it on its columns are true.
fn guard_by(before: &[Expr], part: &mut Expr) {
    let columns = columns_of(part);
    let mut guards: Vec<Expr> =
        before.iter().filter(|condition| columns_of(condition).iter().any(|column| columns.contains(column))).cloned().collect();
    let guard = match guards.len() {
        0 => return,
        1 => guards.remove(0),
        _ => Expr::new(ExprKind::And(guards), Type::BOOL, None),
    };
    let constant = Expr::literal(Literal::Bool(false), Type::BOOL, None);
    let position = part.position;
    let inner = std::mem::replace(part, constant.clone());
    *part = Expr::new(ExprKind::Case { whens: vec![(guard, inner)], otherwise: Some(Box::new(constant)) }, Type::BOOL, position);
}

fn fails(expr: &Expr) -> bool {
    fails_itself(expr) || walk::children(expr).into_iter().any(fails)
}

/// Tells whether an expression may fail, wherever in it, subqueries included: one for a value does when it gives two rows.
pub(in crate::sql) fn fails_anywhere(expr: &Expr) -> bool {
    let for_value = |expr: &Expr| matches!(expr.kind, ExprKind::Subquery { kind: SubqueryKind::Scalar, .. });
    let mut inner = for_value(expr);
    if let ExprKind::Subquery { query, .. } = &expr.kind {
        walk::each_expr(query, |expr| inner |= fails_itself(expr) || for_value(expr));
    }
    inner || fails_itself(expr) || walk::children(expr).into_iter().any(fails_anywhere)
}

fn holds_subquery(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Subquery { .. }) || walk::children(expr).into_iter().any(holds_subquery)
}

/// Tells whether a condition may fail where it is computed; what CASE holds is guarded by itself, and subqueries have rows of their own.
fn may_fail(expr: &Expr) -> bool {
    if matches!(expr.kind, ExprKind::Case { .. } | ExprKind::Subquery { .. }) {
        return false;
    }
    fails_itself(expr) || walk::children(expr).into_iter().any(may_fail)
}

/// Divisions by what may be zero, casts of text, ranges whose bounds may be in the wrong order.
pub(super) fn fails_itself(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Operator { operator, args } if matches!(operator.name.as_str(), "/" | "%") => {
            !args.last().is_some_and(|divisor| matches!(divisor.kind, ExprKind::Literal(_)))
        }
        ExprKind::Operator { operator, .. } => matches!(operator.name.as_str(), "+" | "-") && range::subtype(expr.ty).is_some(),
        ExprKind::Cast { expr: inner, .. } => {
            inner.ty.is_string() && !expr.ty.is_string() && !matches!(inner.kind, ExprKind::Literal(_) | ExprKind::Parameter(_))
        }
        ExprKind::Call { function, args } => {
            matches!(function.name.as_str(), "ln" | "log" | "sqrt" | "power" | "to_date" | "to_timestamp" | "to_number" | "div" | "mod")
                && args.iter().any(|arg| !matches!(arg.kind, ExprKind::Literal(_)))
                || makes_a_range(expr, function, args)
        }
        _ => false,
    }
}

fn makes_a_range(expr: &Expr, function: &Signature, args: &[Expr]) -> bool {
    let constant = |arg: &Expr| matches!(arg.kind, ExprKind::Literal(_));
    range::subtype(expr.ty).is_some() && Type::by_name(&function.name) == Some(expr.ty) && !args.iter().all(constant)
}

pub(super) fn columns_of(expr: &Expr) -> Vec<(RelationId, usize)> {
    let mut columns = Vec::new();
    if let ExprKind::Column { relation, column } = expr.kind {
        columns.push((relation, column));
    }
    for child in walk::children(expr) {
        columns.extend(columns_of(child));
    }
    columns
}
