//! Aggregate calls: where they may stand, DISTINCT, ORDER BY, FILTER, WITHIN GROUP.

use sqlparser::ast::{self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList, OrderByExpr};

use super::Binder;
use super::coerce::{Context, common_type_at};
use super::functions::{FunctionKind, resolve_function};
use super::order::{distinct_in_aggregate, sort_key, sortable};
use super::scope::Clause;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::Type;

impl Binder<'_> {
    /// Binds a call that is an aggregate, has OVER, or has decorations that only those may have.
    pub fn aggregate_or_window(
        &mut self,
        schema: Option<&str>,
        name: &str,
        function: &ast::Function,
        list: &FunctionArgumentList,
        position: Option<u32>,
    ) -> Result<Expr> {
        let over = function.over.is_some();
        let outer = self.scope().clause;
        self.scope().clause = if over { Clause::WindowCall } else { Clause::Aggregate };
        // Whether the call may stand here is asked before its arguments are looked at.
        let bound = self.decorated(schema, name, function, list, outer, position);
        self.scope().clause = outer;
        bound
    }

    fn decorated(
        &mut self,
        schema: Option<&str>,
        name: &str,
        function: &ast::Function,
        list: &FunctionArgumentList,
        outer: Clause,
        position: Option<u32>,
    ) -> Result<Expr> {
        let over = function.over.is_some();
        let mut args = self.arguments(&list.args, position)?;
        self.rows_for_json(name, &mut args);
        if !args.names.is_empty() {
            return Err(Report::unsupported("named arguments of an aggregate").at(position));
        }
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        if args.star && (distinct || !list.clauses.is_empty()) {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"*\"").at(position));
        }
        let mut order_by: &[OrderByExpr] = &function.within_group;
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(items) => order_by = items,
                _ => return Err(Report::unsupported("this clause in a call").at(position)),
            }
        }
        let within = !function.within_group.is_empty();
        if within {
            let given = list.args.iter().filter_map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            });
            super::collation::check_same(given.chain(order_by.iter().map(|key| &key.expr)), position)?;
        }
        if over && !within && !order_by.is_empty() {
            let message = "aggregate ORDER BY is not implemented for window functions";
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(position));
        }
        let mut keys: Vec<SortKey> = Vec::new();
        for item in order_by {
            let expr = self.expr(&item.expr)?;
            let expr = if within { expr } else { self.settle(expr)? };
            sortable(&expr, "ordering")?;
            // A row sorts by its fields.
            if within || distinct || !self.sort_by_parts(&expr, &item.options, &mut keys)? {
                keys.push(sort_key(SortBy::Expr(expr), &item.options));
            }
        }
        let hypothetical = within && matches!(name, "rank" | "dense_rank" | "percent_rank" | "cume_dist");
        if hypothetical && args.exprs.len() == keys.len() {
            // The row that is asked for and those that it stands among are of one type (parse_func.c, unify_hypothetical_args).
            for (arg, key) in args.exprs.iter_mut().zip(&mut keys) {
                let SortBy::Expr(by) = &mut key.by else { continue };
                let ty = common_type_at("WITHIN GROUP", &[(by.ty, by.position), (arg.ty, arg.position)])?;
                *arg = self.coerce(arg.clone(), ty, Context::Implicit)?;
                *by = self.coerce(by.clone(), ty, Context::Implicit)?;
            }
        }
        let mut types: Vec<Type> = args.exprs.iter().map(|arg| arg.ty).collect();
        if within {
            types.extend(keys.iter().map(|key| if let SortBy::Expr(expr) = &key.by { expr.ty } else { Type::UNKNOWN }));
        }
        let resolved = resolve_function(schema, name, &types, false, position)?;
        let misplaced = |what: &str| {
            let message = format!("{what} specified, but {name} is not an aggregate function");
            Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(position))
        };
        match resolved.kind {
            FunctionKind::Aggregate { kind, .. } => {
                let signature = resolved.signature.clone();
                if (kind != 'n') != within {
                    let message = match within {
                        true => format!("{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP"),
                        false => format!("WITHIN GROUP is required for ordered-set aggregate {name}"),
                    };
                    return Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(position));
                }
                if args.exprs.is_empty() && !args.star && !within && name == "count" {
                    let message = "count(*) must be used to call a parameterless aggregate function";
                    return Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(position));
                }
                let count = args.exprs.len();
                let mut all = args.exprs;
                if within {
                    all.extend(keys.iter().map(|key| match &key.by {
                        SortBy::Expr(expr) => expr.clone(),
                        SortBy::Output(_) => Expr::literal(crate::types::literal::Literal::Null, Type::UNKNOWN, position),
                    }));
                }
                let mut all = self.coercer().coerce_args(resolved.arrange(all), &signature)?;
                if within {
                    for (key, expr) in keys.iter_mut().zip(all.split_off(count.min(all.len()))) {
                        key.by = SortBy::Expr(expr);
                    }
                }
                let args = all.into_iter().map(|arg| self.settle_any(arg)).collect::<Result<Vec<_>>>()?;
                if let ("min" | "max", [arg]) = (signature.name.as_str(), args.as_slice()) {
                    super::order::check_order(arg.ty, position)?;
                }
                if distinct {
                    self.check_distinct(&args, &keys, position)?;
                    // The values are sorted as they are told apart: with the casts of the signature, which change no order.
                    for key in &mut keys {
                        if let SortBy::Expr(expr) = &mut key.by
                            && let Some(arg) = args.iter().find(|arg| bare(arg) == bare(expr))
                        {
                            *expr = arg.clone();
                        }
                    }
                }
                let filter = self.filter(function)?;
                if over {
                    if distinct || !order_by.is_empty() || within {
                        let what = if distinct { "DISTINCT" } else { "aggregate ORDER BY" };
                        return Err(Report::new(
                            SqlState::FEATURE_NOT_SUPPORTED,
                            format!("{what} is not implemented for window functions"),
                        )
                        .at(position));
                    }
                    return self.window_call(signature, true, args, filter, function, outer, position);
                }
                self.aggregate_call(
                    Aggregate { function: signature, args, distinct, order_by: keys, filter, within_group: within },
                    outer,
                    position,
                )
            }
            FunctionKind::Window if over => {
                if function.filter.is_some() {
                    let message = "FILTER is not implemented for non-aggregate window functions";
                    return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(position));
                }
                if distinct {
                    return Err(
                        Report::new(SqlState::FEATURE_NOT_SUPPORTED, "DISTINCT is not implemented for window functions").at(position)
                    );
                }
                let args = self.coercer().coerce_args(resolved.arrange(args.exprs), &resolved.signature)?;
                self.window_call(resolved.signature, false, args, None, function, outer, position)
            }
            FunctionKind::Window => {
                Err(Report::new(SqlState::WRONG_OBJECT_TYPE, format!("window function {name} requires an OVER clause")).at(position))
            }
            FunctionKind::Scalar | FunctionKind::Cast(_) if over => {
                let message = format!("OVER specified, but {name} is not a window function nor an aggregate function");
                Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(position))
            }
            FunctionKind::Scalar | FunctionKind::Cast(_) if args.star => {
                Err(Report::new(SqlState::WRONG_OBJECT_TYPE, format!("{name}(*) specified, but {name} is not an aggregate function"))
                    .at(position))
            }
            FunctionKind::Scalar | FunctionKind::Cast(_) if distinct => misplaced("DISTINCT"),
            FunctionKind::Scalar | FunctionKind::Cast(_) if function.filter.is_some() => misplaced("FILTER"),
            FunctionKind::Scalar | FunctionKind::Cast(_) if within => misplaced("WITHIN GROUP"),
            FunctionKind::Scalar | FunctionKind::Cast(_) if !order_by.is_empty() => misplaced("ORDER BY"),
            FunctionKind::Scalar | FunctionKind::Cast(_) => {
                self.scope().clause = outer;
                self.call(schema, name, args.exprs, position)
            }
        }
    }

    fn filter(&mut self, function: &ast::Function) -> Result<Option<Expr>> {
        let Some(filter) = &function.filter else { return Ok(None) };
        let before = std::mem::replace(&mut self.scope().clause, Clause::Filter);
        let bound = self.expr(filter);
        self.scope().clause = before;
        Ok(Some(self.condition(bound?, "FILTER")?))
    }

    fn check_distinct(&self, args: &[Expr], keys: &[SortKey], position: Option<u32>) -> Result<()> {
        for arg in args {
            sortable(arg, "equality")?;
            distinct_in_aggregate(arg)?;
        }
        // Compared without the casts that the signature puts around arguments: string_agg(DISTINCT x, ',' ORDER BY x).
        let is_arg = |key: &SortKey| matches!(&key.by, SortBy::Expr(expr) if args.iter().any(|arg| bare(arg) == bare(expr)));
        if let Some(key) = keys.iter().find(|key| !is_arg(key)) {
            let at = if let SortBy::Expr(expr) = &key.by { expr.position } else { None };
            let mut subquery = false;
            if let SortBy::Expr(expr) = &key.by {
                super::grouping::each(expr, &mut |part| subquery |= matches!(part.kind, ExprKind::Subquery { .. }));
            }
            if subquery {
                // Two subqueries of one text are equal to PostgreSQL.
                return Err(Report::unsupported("DISTINCT beside a subquery in the ORDER BY of an aggregate").at(at.or(position)));
            }
            let message = "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
            return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(at.or(position)));
        }
        Ok(())
    }

    fn aggregate_call(&mut self, call: Aggregate, outer: Clause, position: Option<u32>) -> Result<Expr> {
        let (ty, typmod) = (call.function.returns, self.aggregate_typmod(&call));
        let expr = self.make(ExprKind::Aggregate(Box::new(call)), ty, typmod, position);
        let level = self.aggregate_level(&expr)?;
        let own = level + 1 == self.scopes.len();
        match if own { outer } else { self.scopes[level].clause } {
            Clause::Select | Clause::Having | Clause::OrderBy | Clause::DistinctOn | Clause::WindowCall | Clause::WindowDefinition => {}
            Clause::Aggregate => {
                return Err(Report::new(SqlState::GROUPING_ERROR, "aggregate function calls cannot be nested").at(position));
            }
            // GROUP BY is checked by its own rule, which names the item.
            Clause::GroupBy => {
                return Err(Report::new(SqlState::GROUPING_ERROR, "aggregate functions are not allowed in GROUP BY").at(position));
            }
            clause => {
                let message = format!("aggregate functions are not allowed in {}", place(clause));
                return Err(Report::new(SqlState::GROUPING_ERROR, message).at(position));
            }
        }
        self.scopes[level].aggregates = true;
        Ok(if own { expr } else { self.outer_aggregate(level, expr) })
    }

    fn aggregate_typmod(&self, call: &Aggregate) -> i32 {
        // PostgreSQL gives a call's result no typmod.
        let _ = call;
        -1
    }

    /// Coerces an offset of a frame or an argument to a type.
    pub fn offset(&self, expr: Expr, ty: Type) -> Result<Expr> {
        self.coerce(expr, ty, Context::Implicit)
    }
}

fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast { expr: inner, explicit: false, .. } => bare(inner),
        _ => expr,
    }
}

/// The clause as messages name it.
pub fn place(clause: Clause) -> &'static str {
    match clause {
        Clause::Select => "SELECT",
        Clause::From => "functions in FROM",
        Clause::On => "JOIN conditions",
        Clause::Where => "WHERE",
        Clause::GroupBy => "GROUP BY",
        Clause::Having => "HAVING",
        Clause::OrderBy => "ORDER BY",
        Clause::DistinctOn => "DISTINCT ON",
        Clause::Limit => "LIMIT",
        Clause::Offset => "OFFSET",
        Clause::Values => "VALUES",
        Clause::Aggregate => "aggregate arguments",
        Clause::Filter => "FILTER",
        Clause::WindowCall => "window function arguments",
        Clause::WindowDefinition => "window definitions",
        Clause::Execute => "EXECUTE parameters",
    }
}
