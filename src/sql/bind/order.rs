//! ORDER BY, LIMIT, OFFSET, FETCH: what a sort item means by PostgreSQL's rules (parse_clause.c).

use sqlparser::ast::{self, Expr as AstExpr, LimitClause, OrderByKind, UnaryOperator, Value};

use super::Binder;
use super::coerce::Context;
use super::names::{fold, parts};
use super::query::BoundQuery;
use super::scope::{Clause, Scope};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::rewrite::WITH_TIES;
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// A select list under construction.
pub struct Targets {
    /// The expressions.
    pub exprs: Vec<Expr>,
    /// Their names.
    pub names: Vec<String>,
}

/// What an item of ORDER BY, GROUP BY or DISTINCT ON means.
pub enum Meaning {
    /// A select item.
    Output(usize),
    /// An expression of its own.
    Expr(Expr),
}

/// The items of an ORDER BY clause.
pub fn sort_items(query: &ast::Query) -> Result<&[ast::OrderByExpr]> {
    match &query.order_by {
        None => Ok(&[]),
        Some(order) if order.interpolate.is_some() => Err(Report::unsupported("INTERPOLATE")),
        Some(order) => match &order.kind {
            OrderByKind::Expressions(items) => Ok(items),
            OrderByKind::All(_) => Err(Report::unsupported("ORDER BY ALL")),
        },
    }
}

/// Makes a sort key; NULLs are largest unless said otherwise.
pub fn sort_key(by: SortBy, options: &ast::OrderByOptions) -> SortKey {
    let descending = options.asc == Some(false);
    SortKey { by, descending, nulls_first: options.nulls_first.unwrap_or(descending) }
}

/// A constant where a sort item is due.
enum Constant {
    Ordinal(i32),
    Other,
}

/// Finds out whether an expression is a constant to PostgreSQL's grammar, which takes the minus sign into a number (`doNegate`).
fn constant(expr: &AstExpr) -> Option<Constant> {
    match expr {
        AstExpr::Nested(inner) => constant(inner),
        AstExpr::UnaryOp { op: UnaryOperator::Minus, expr } => match (constant(expr)?, &**expr) {
            (Constant::Ordinal(n), _) => Some(n.checked_neg().map_or(Constant::Other, Constant::Ordinal)),
            // The minus of anything but a number is an operator.
            (Constant::Other, AstExpr::Value(value)) if !matches!(value.value, Value::Number(..)) => None,
            (Constant::Other, _) => Some(Constant::Other),
        },
        AstExpr::Value(value) => match &value.value {
            Value::Placeholder(_) => None,
            Value::Number(digits, _) => Some(digits.parse().map_or(Constant::Other, Constant::Ordinal)),
            _ => Some(Constant::Other),
        },
        _ => None,
    }
}

impl Binder<'_> {
    /// Resolves an item that may be an output name, an ordinal, or an expression (`findTargetlistEntrySQL92`).
    pub fn meaning(&mut self, item: &AstExpr, targets: &Targets, clause: Clause) -> Result<Meaning> {
        let name = match clause {
            Clause::GroupBy => "GROUP BY",
            Clause::DistinctOn => "DISTINCT ON",
            _ => "ORDER BY",
        };
        let position = self.start(item);
        // Parentheses leave an expression what it is.
        let mut bare = item;
        while let AstExpr::Nested(inner) = bare {
            bare = inner;
        }
        if let AstExpr::Identifier(ident) = bare {
            let column = fold(ident);
            // GROUP BY prefers input columns, ORDER BY output columns.
            if clause != Clause::GroupBy || !self.is_input_column(&column, ident.quote_style.is_some()) {
                let mut hits = (0..targets.exprs.len()).filter(|i| targets.names[*i] == column);
                if let Some(first) = hits.next() {
                    if hits.any(|other| targets.exprs[other] != targets.exprs[first]) {
                        return Err(Report::new(SqlState::AMBIGUOUS_COLUMN, format!("{name} \"{column}\" is ambiguous")).at(position));
                    }
                    return Ok(Meaning::Output(first));
                }
            }
        }
        match constant(bare) {
            None => {}
            Some(Constant::Ordinal(n)) => {
                return match usize::try_from(n).ok().filter(|n| (1..=targets.exprs.len()).contains(n)) {
                    Some(n) => Ok(Meaning::Output(n - 1)),
                    None => {
                        let message = format!("{name} position {n} is not in select list");
                        Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(position))
                    }
                };
            }
            Some(Constant::Other) => {
                return Err(Report::new(SqlState::SYNTAX_ERROR, format!("non-integer constant in {name}")).at(position));
            }
        }
        self.scope().clause = clause;
        // A subquery that is written twice is one value.
        let is_known = |(written, bound): &&(AstExpr, Expr)| (clause != Clause::GroupBy || holds_subquery(bound)) && written == bare;
        let known = self.scope().sort_items.iter().find(is_known);
        let expr = match known {
            Some((_, expr)) => expr.clone(),
            None => {
                let expr = self.expr(item)?;
                let expr = self.settle(expr)?;
                self.scope().sort_items.push((bare.clone(), expr.clone()));
                expr
            }
        };
        Ok(match targets.exprs.iter().position(|target| *target == expr) {
            Some(i) => Meaning::Output(i),
            None => Meaning::Expr(expr),
        })
    }

    /// Binds the ORDER BY of a SELECT.
    pub fn order_select(&mut self, items: &[ast::OrderByExpr], targets: &Targets) -> Result<Vec<SortKey>> {
        let mut keys: Vec<SortKey> = Vec::new();
        for item in items {
            if item.with_fill.is_some() {
                return Err(Report::unsupported("WITH FILL"));
            }
            let by = match self.meaning(&item.expr, targets, Clause::OrderBy)? {
                Meaning::Output(i) => {
                    sortable(&targets.exprs[i], "ordering")
                        .map_err(|report| Report { position: self.start(&item.expr).or(report.position), ..report })?;
                    SortBy::Output(i)
                }
                Meaning::Expr(expr) => {
                    sortable(&expr, "ordering")?;
                    SortBy::Expr(expr)
                }
            };
            let row = match &by {
                SortBy::Output(i) => &targets.exprs[*i],
                SortBy::Expr(expr) => expr,
            };
            if !self.sort_by_parts(row, &item.options, &mut keys)? && !keys.iter().any(|key| key.by == by) {
                // A second key for the same value decides nothing.
                keys.push(sort_key(by, &item.options));
            }
        }
        Ok(keys)
    }

    /// Adds the keys of what sorts by its parts, if it is such a value: a row by its fields, an array of rows by what its item carries for it.
    pub fn sort_by_parts(&self, row: &Expr, options: &ast::OrderByOptions, keys: &mut Vec<SortKey>) -> Result<bool> {
        if let Some(key) = self.path_key(row) {
            keys.push(sort_key(SortBy::Expr(key), options));
            return Ok(true);
        }
        let ExprKind::Row(fields, _) = &row.kind else { return Ok(false) };
        // One of an outer join may be NULL as a whole.
        if let Some(missing) = missing(row) {
            let by = SortBy::Expr(missing);
            let first = sort_key(by.clone(), options).nulls_first;
            keys.push(SortKey { by, descending: first, nulls_first: false });
        }
        let options = ast::OrderByOptions { nulls_first: None, ..*options };
        for field in fields {
            sortable(field, "ordering")?;
            let by = SortBy::Expr(field.clone());
            if !keys.iter().any(|key| key.by == by) {
                keys.push(sort_key(by, &options));
            }
        }
        Ok(true)
    }

    /// Binds the ORDER BY of a set operation or VALUES: only output names and ordinals.
    pub fn order_outputs(&mut self, query: &ast::Query, bound: &mut BoundQuery) -> Result<()> {
        let items = sort_items(query)?;
        if items.is_empty() {
            return Ok(());
        }
        let columns = &bound.query.columns;
        let exprs = (0..columns.len()).map(|i| super::query::column_of(RelationId(0), i, &columns[i], None)).collect();
        let targets = Targets { exprs, names: bound.outputs.iter().map(|output| output.name.clone()).collect() };
        let mut keys = Vec::new();
        for item in items {
            let plain = matches!(&item.expr, AstExpr::Identifier(ident) if targets.names.contains(&fold(ident)))
                || matches!(&item.expr, AstExpr::Value(_));
            if !plain {
                let what = if matches!(bound.query.body, SetExpr::Values(_)) { "VALUES" } else { "UNION/INTERSECT/EXCEPT" };
                if let AstExpr::Identifier(ident) = &item.expr {
                    let message = format!("column \"{}\" does not exist", fold(ident));
                    return Err(Report::new(SqlState::UNDEFINED_COLUMN, message).at(self.start(&item.expr)));
                }
                return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("invalid {what} ORDER BY clause"))
                    .detail("Only result column names can be used, not expressions or functions.")
                    .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
                    .at(self.start(&item.expr)));
            }
            if let Meaning::Output(i) = self.meaning(&item.expr, &targets, Clause::OrderBy)? {
                keys.push(sort_key(SortBy::Output(i), &item.options));
            }
        }
        bound.query.order_by = keys;
        Ok(())
    }

    /// Binds LIMIT, OFFSET and FETCH.
    pub fn limits(&mut self, query: &ast::Query, bound: &mut Query) -> Result<()> {
        let (limit, offset) = match &query.limit_clause {
            None => (None, None),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            Some(_) => {
                return Err(
                    Report::new(SqlState::SYNTAX_ERROR, "LIMIT #,# syntax is not supported").hint("Use separate LIMIT and OFFSET clauses.")
                );
            }
        };
        let (limit, ties) = match limit.and_then(with_ties) {
            Some(count) => (Some(count), true),
            None => (limit, false),
        };
        if ties && limit.is_some_and(is_null) {
            return Err(Report::new(SqlState("2201W"), "row count cannot be null in FETCH FIRST ... WITH TIES clause"));
        }
        bound.limit = limit.map(|expr| self.limit(expr, Clause::Limit)).transpose()?;
        bound.offset = offset.map(|expr| self.limit(expr, Clause::Offset)).transpose()?;
        if let Some(fetch) = &query.fetch {
            if fetch.percent || bound.limit.is_some() {
                return Err(Report::new(SqlState::SYNTAX_ERROR, "multiple LIMIT clauses not allowed"));
            }
            bound.limit = Some(match &fetch.quantity {
                Some(expr) => self.limit(expr, Clause::Limit)?,
                None => Expr::literal(Literal::Int(1), Type::INT8, None),
            });
            bound.with_ties = fetch.with_ties;
        }
        bound.with_ties |= ties;
        if bound.with_ties && bound.order_by.is_empty() {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "WITH TIES cannot be specified without ORDER BY clause"));
        }
        Ok(())
    }

    /// Tells of columns of the query itself in LIMIT and OFFSET: both are computed before any row is read.
    ///
    /// # Errors
    /// 42P10.
    pub fn no_columns_in_limits(&mut self, query: &ast::Query) -> Result<()> {
        let Some(LimitClause::LimitOffset { limit, offset, .. }) = &query.limit_clause else { return Ok(()) };
        for (expr, name) in [(limit.as_ref(), "LIMIT"), (offset.as_ref().map(|offset| &offset.value), "OFFSET")] {
            let Some(expr) = expr.filter(|expr| names_a_column(expr)) else { continue };
            // What it means otherwise, `limits` finds out.
            let Ok(bound) = self.expr(expr) else { continue };
            let mut column = None;
            super::grouping::each(&bound, &mut |part| {
                if matches!(part.kind, ExprKind::Column { .. }) {
                    column = column.or(part.position);
                }
            });
            if column.is_some() {
                let message = format!("argument of {name} must not contain variables");
                return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(column));
            }
        }
        Ok(())
    }

    fn limit(&mut self, expr: &AstExpr, clause: Clause) -> Result<Expr> {
        let name = if clause == Clause::Limit { "LIMIT" } else { "OFFSET" };
        self.scopes.push(Scope::new(clause));
        let bound = self.expr(expr);
        self.scopes.pop();
        let bound = bound?;
        let position = bound.position;
        let mut variable = false;
        super::grouping::each(&bound, &mut |part| variable |= matches!(part.kind, ExprKind::Column { .. }));
        if variable {
            // The query's own columns are out of sight here: PostgreSQL takes those of an outer one.
            return Err(Report::unsupported(format!("{name} that refers to an outer query")).at(position));
        }
        let ty = bound.ty;
        let limit = self.coerce(bound, Type::INT8, Context::Assignment).map_err(|report| match ty {
            Type::UNKNOWN => report,
            _ => Report::new(SqlState::DATATYPE_MISMATCH, format!("argument of {name} must be type bigint, not type {ty}")).at(position),
        })?;
        if let Some(n) = constant_count(&limit) {
            if n < 0 {
                let state = if clause == Clause::Limit { SqlState("2201W") } else { SqlState("2201X") };
                return Err(Report::new(state, format!("{name} must not be negative")));
            }
            return Ok(Expr::literal(Literal::Int(n), Type::INT8, position));
        }
        Ok(uncast(limit))
    }
}

/// Tells whether an expression surely reads a column: a name, or one beside an operator.
fn names_a_column(expr: &AstExpr) -> bool {
    match expr {
        AstExpr::Identifier(_) | AstExpr::CompoundIdentifier(_) => true,
        AstExpr::BinaryOp { left, right, .. } => names_a_column(left) || names_a_column(right),
        AstExpr::Nested(inner) | AstExpr::UnaryOp { expr: inner, .. } | AstExpr::Cast { expr: inner, .. } => names_a_column(inner),
        _ => false,
    }
}

fn holds_subquery(expr: &Expr) -> bool {
    let mut found = false;
    super::grouping::each(expr, &mut |part| found |= matches!(part.kind, ExprKind::Subquery { .. }));
    found
}

/// The row count that the parser has marked as one WITH TIES.
fn with_ties(limit: &AstExpr) -> Option<&AstExpr> {
    let AstExpr::Function(call) = limit else { return None };
    let ast::FunctionArguments::List(list) = &call.args else { return None };
    match (parts(&call.name)?.as_slice(), list.args.as_slice()) {
        ([name], [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(count))]) if name.value == WITH_TIES => Some(count),
        _ => None,
    }
}

/// Tells whether it is the bare constant NULL.
fn is_null(expr: &AstExpr) -> bool {
    match expr {
        AstExpr::Value(value) => matches!(value.value, Value::Null),
        AstExpr::Nested(inner) => is_null(inner),
        _ => false,
    }
}

/// The value of an expression over integer constants; `None` also where it is out of its type's range, which whoever computes it says.
fn constant_count(expr: &Expr) -> Option<i64> {
    let value = match &expr.kind {
        ExprKind::Literal(Literal::Int(n)) => Some(*n),
        ExprKind::Cast { expr: inner, .. } if expr.ty.is_integer() && inner.ty.is_integer() => constant_count(inner),
        ExprKind::Operator { operator, args } if expr.ty.is_integer() => match (operator.name.as_str(), args.as_slice()) {
            ("+", [a, b]) => constant_count(a)?.checked_add(constant_count(b)?),
            ("-", [a, b]) => constant_count(a)?.checked_sub(constant_count(b)?),
            ("*", [a, b]) => constant_count(a)?.checked_mul(constant_count(b)?),
            ("/", [a, b]) => constant_count(a)?.checked_div(constant_count(b)?),
            ("-", [a]) => constant_count(a)?.checked_neg(),
            _ => None,
        },
        _ => None,
    };
    value.filter(|value| match expr.ty {
        Type::INT2 => i16::try_from(*value).is_ok(),
        Type::INT4 => i32::try_from(*value).is_ok(),
        _ => true,
    })
}

/// A parameter under casts from one integer type to another is the parameter: its value is a number of rows either way.
fn uncast(limit: Expr) -> Expr {
    let mut inner = &limit;
    while let ExprKind::Cast { expr, .. } = &inner.kind
        && expr.ty.is_integer()
    {
        inner = expr;
    }
    match inner.kind {
        ExprKind::Parameter(_) => inner.clone(),
        _ => limit,
    }
}

/// Tells of the row of an outer join's side whether it is missing.
fn missing(row: &Expr) -> Option<Expr> {
    let is_null = || ExprKind::IsNull { expr: Box::new(row.clone()), negated: false };
    matches!(row.kind, ExprKind::Row(_, RowOf::Outer(_))).then(|| Expr::new(is_null(), Type::BOOL, row.position))
}

/// What an expression is sorted by: a row by its fields, and before them by whether it is there.
pub fn sort_parts(expr: &Expr) -> Vec<Expr> {
    match &expr.kind {
        ExprKind::Row(fields, _) => missing(expr).into_iter().chain(fields.iter().cloned()).collect(),
        _ => vec![expr.clone()],
    }
}

/// Refuses types that have no order (or, for grouping, no equality).
pub fn sortable(expr: &Expr, what: &str) -> Result<()> {
    if let ExprKind::Row(fields, _) = &expr.kind {
        return fields.iter().try_for_each(|field| sortable(field, what));
    }
    if expr.ty == Type::RECORD {
        return Err(Report::unsupported(format!("{what} of composite values")).at(expr.position));
    }
    if !(is_comparable(expr.ty) || what == "equality" && has_equality(expr.ty)) {
        let (operator, hint) = match what {
            "ordering" => ("an ordering", "Use an explicit ordering operator or modify the query."),
            _ => ("an equality", ""),
        };
        let report = Report::new(SqlState::UNDEFINED_FUNCTION, format!("could not identify {operator} operator for type {}", expr.ty))
            .at(expr.position);
        return Err(if hint.is_empty() { report } else { report.hint(hint) });
    }
    if what == "ordering" { check_order(expr.ty, expr.position) } else { Ok(()) }
}

/// Refuses DISTINCT in an aggregate of types that have an equality only.
pub fn distinct_in_aggregate(arg: &Expr) -> Result<()> {
    if !has_equality(arg.ty) || is_comparable(arg.ty) {
        return Ok(());
    }
    let message = format!("could not identify an ordering operator for type {}", arg.ty);
    let report = Report::new(SqlState::UNDEFINED_FUNCTION, message).detail("Aggregates with DISTINCT must be able to sort their inputs.");
    Err(report.at(arg.position))
}

/// Refuses GREATEST and LEAST of types that have no order.
pub fn comparable(ty: Type, position: Option<u32>) -> Result<()> {
    if !is_comparable(ty) {
        let message = format!("could not identify a comparison function for type {ty}");
        return Err(Report::new(SqlState::UNDEFINED_FUNCTION, message).at(position));
    }
    check_order(ty, position)
}

/// Tells whether values of a type have an order.
fn is_comparable(ty: Type) -> bool {
    has_equality(ty) && ty.element().unwrap_or(ty) != Type::ACLITEM
}

/// Tells whether values of a type can be told equal: items of access lists can, though they have no order.
fn has_equality(ty: Type) -> bool {
    ty.element().unwrap_or(ty) != Type::JSON
}

/// Refuses a set operation over a column whose values cannot be told equal.
pub fn distinguishable(ty: Type, position: Option<u32>) -> Result<()> {
    if has_equality(ty) {
        return Ok(());
    }
    Err(Report::new(SqlState::UNDEFINED_FUNCTION, format!("could not identify an equality operator for type {ty}")).at(position))
}

/// Refuses an order of times with time zones: theirs is by the moment, then by the zone; here they travel as text, which knows equality only.
pub fn check_order(ty: Type, position: Option<u32>) -> Result<()> {
    if ty != Type::TIMETZ {
        return Ok(());
    }
    Err(Report::unsupported("an order among values of type time with time zone").at(position).hint("Order by the time without its zone."))
}
