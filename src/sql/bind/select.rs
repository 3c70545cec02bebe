//! One SELECT: its clauses in PostgreSQL's order, DISTINCT, set-returning calls of the select list.

use sqlparser::ast::{self, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions};

use super::Binder;
use super::grouping::Grouped;
use super::names::{column_name, fold, parts, unique};
use super::order::{Meaning, Targets, sort_items, sort_parts, sortable};
use super::query::{BoundQuery, Output, plain_query};
use super::scope::{Clause, Item, Scope};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::rewrite::STAR;
use crate::sql::tree::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The most columns that a row may have (PostgreSQL's MaxTupleAttributeNumber).
const MAX_TARGETS: usize = 1664;

impl Binder<'_> {
    /// Binds a SELECT with the ORDER BY and LIMIT of its query.
    pub fn select(&mut self, select: &ast::Select, query: &ast::Query, settle: bool) -> Result<BoundQuery> {
        refuse_foreign_clauses(select)?;
        self.scopes.push(Scope::new(Clause::Select));
        let bound = self.select_in_scope(select, query, settle);
        self.scopes.pop();
        let mut bound = bound?;
        self.limits(query, &mut bound.query)?;
        Ok(bound)
    }

    fn select_in_scope(&mut self, select: &ast::Select, query: &ast::Query, settle: bool) -> Result<BoundQuery> {
        for (i, window) in select.named_window.iter().enumerate() {
            if select.named_window[..i].iter().any(|other| fold(&other.0) == fold(&window.0)) {
                let message = format!("window \"{}\" is already defined", fold(&window.0));
                return Err(Report::new(SqlState::WINDOWING_ERROR, message).at(self.places.of(window.0.span.start)));
            }
        }
        self.scope().named_windows.clone_from(&select.named_window);
        let mut from = self.bind_from(&select.from)?;
        let (mut targets, origins) = self.select_list(&select.projection, settle)?;
        if targets.exprs.len() > MAX_TARGETS {
            return Err(Report::new(SqlState("54011"), format!("target lists can have at most {MAX_TARGETS} entries")));
        }
        let filter = match &select.selection {
            Some(expr) => {
                self.scope().clause = Clause::Where;
                let expr = self.expr(expr)?;
                Some(self.condition(expr, "WHERE")?)
            }
            None => None,
        };
        self.check_windows()?;
        let mut having = match &select.having {
            Some(expr) => {
                self.scope().clause = Clause::Having;
                let expr = self.expr(expr)?;
                Some(self.condition(expr, "HAVING")?)
            }
            None => None,
        };
        let mut order_by = self.order_select(sort_items(query)?, &targets)?;
        self.no_columns_in_limits(query)?;
        let mut group = self.group_by(&select.group_by, &targets)?;
        let rows = matches!(select.distinct, Some(ast::Distinct::Distinct)) && group.is_empty() && self.shows_rows(&targets);
        let written = if rows { None } else { select.distinct.as_ref() };
        let mut distinct = self.distinct(written, &targets, &mut order_by)?;
        if !settle {
            self.settle_keys(&mut targets, &mut group, &mut distinct, &order_by)?;
        }
        if rows {
            // Rows are told apart by their fields.
            group = super::grouping::Groups::of(&targets.exprs);
        }
        let set_calls = std::mem::take(&mut self.scope().set_calls);
        let mut above = None;
        if let Some(id) = self.scope().set_relation.filter(|_| !set_calls.is_empty()) {
            let mut shown: Vec<&mut Expr> = targets.exprs.iter_mut().collect();
            shown.extend(order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None }));
            if let Distinct::On(exprs) = &mut distinct {
                shown.extend(exprs);
            }
            let grouping = !group.is_empty() || self.scope().aggregates || having.is_some();
            let split = self.split_calls(id, set_calls, shown, group.exprs_mut(), grouping);
            let first = matches!(distinct, Distinct::On(_)) && (split.above.is_some() || !grouping);
            if first && !split.sorts(&order_by, &targets) {
                let position = split.position();
                return Err(Report::unsupported("a set-returning function beside DISTINCT ON").at(position));
            }
            above = split.above;
            if let Some((id, calls)) = split.below {
                // Rows of one row stay in their order: the calls are spread above the sort in PostgreSQL's plans.
                let plain = matches!((&distinct, grouping), (Distinct::No, false));
                let numbered = plain && !order_by.is_empty();
                let keys = order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
                let on = match &mut distinct {
                    Distinct::On(exprs) => exprs.as_mut_slice(),
                    Distinct::No | Distinct::All => &mut [],
                };
                let levels = self.set_levels(id, calls, targets.exprs.iter_mut().chain(keys).chain(on).chain(group.exprs_mut()))?;
                for (id, calls) in levels {
                    self.scope().relations.insert(id);
                    let ordinal = set_columns(&calls).len();
                    from = Some(set_item(id, calls, numbered, from));
                    if numbered {
                        order_by.push(ordinal_key(id, ordinal));
                    }
                }
            }
        }
        from = self.join_expansions(from);
        let group_by = self.grouped(
            group,
            Grouped {
                targets: &mut targets.exprs,
                having: &mut having,
                order_by: &mut order_by,
                distinct: &mut distinct,
                calls: above.as_mut().map_or(&mut [], |(_, calls)| calls.as_mut_slice()),
            },
        )?;
        let names = unique(targets.names.iter().cloned());
        let columns: Vec<RelationColumn> = names
            .into_iter()
            .zip(&targets.exprs)
            .map(|(name, expr)| RelationColumn { name, ty: expr.ty, typmod: expr.typmod, scale: expr.scale })
            .collect();
        let outputs = targets.names.into_iter().zip(origins).map(|(name, origin)| Output { name, origin }).collect();
        let columns = if targets.exprs.is_empty() { vec![no_column(&mut targets.exprs)] } else { columns };
        let mut select = Select { distinct, projection: targets.exprs, from, filter, group_by, having };
        self.inherit_inside(&mut select, &mut order_by);
        self.inherit_first(&mut select, &mut order_by);
        if above.is_some() && self.scope().outer_relation.is_some() {
            return Err(Report::unsupported("a set-returning function beside an aggregate inside a subquery"));
        }
        select = self.above_groups(select, &mut order_by)?;
        if let Some((id, calls)) = above {
            select = self.spread(select, &mut order_by, id, calls)?;
        }
        let mut bound = plain_query(SetExpr::Select(Box::new(select)), columns);
        bound.order_by = order_by;
        Ok(BoundQuery { query: bound, outputs })
    }

    /// Constants of unknown type that rows are grouped, sorted or told apart by are text, before a set operation could say otherwise.
    fn settle_keys(
        &self,
        targets: &mut Targets,
        group: &mut super::grouping::Groups,
        distinct: &mut Distinct,
        order: &[SortKey],
    ) -> Result<()> {
        let all = *distinct == Distinct::All;
        let mut keys: Vec<&mut Expr> = group.exprs_mut().iter_mut().collect();
        if let Distinct::On(exprs) = distinct {
            keys.extend(exprs.iter_mut());
        }
        for (i, target) in targets.exprs.iter_mut().enumerate().filter(|(_, target)| target.ty == Type::UNKNOWN) {
            let sorts = order.iter().any(|key| key.by == SortBy::Output(i));
            if all || sorts || keys.iter().any(|key| **key == *target) {
                let text = self.settle(target.clone())?;
                keys.iter_mut().filter(|key| ***key == *target).for_each(|key| **key = text.clone());
                *target = text;
            }
        }
        Ok(())
    }

    /// Tells whether the select list holds rows, and nothing that is computed over groups or windows.
    fn shows_rows(&mut self, targets: &Targets) -> bool {
        let scope = self.scope();
        !scope.aggregates
            && !scope.windows
            && scope.set_calls.is_empty()
            && targets.exprs.iter().any(|expr| matches!(expr.kind, ExprKind::Row(_, _)))
    }

    fn select_list(&mut self, items: &[SelectItem], settle: bool) -> Result<(Targets, Vec<(u32, i16)>)> {
        let mut targets = Targets { exprs: Vec::new(), names: Vec::new() };
        let mut origins = Vec::new();
        for item in items {
            self.scope().clause = Clause::Select;
            if let SelectItem::UnnamedExpr(ast::Expr::CompoundFieldAccess { root, access_chain }) = item
                && let [fields @ .., ast::AccessExpr::Dot(ast::Expr::Identifier(star))] = access_chain.as_slice()
                && star.value == STAR
            {
                // (f(x)).* is each field of the one call, (t).* is t.*
                let (names, position) = (super::arrays::alias_of(root), self.start(root));
                match names.filter(|_| fields.is_empty()).and_then(|name| self.item(std::slice::from_ref(name)).ok().cloned()) {
                    Some(item) => expand(&item, position, &mut targets, &mut origins),
                    None => {
                        let row = self.access(root, fields)?;
                        for (name, field) in self.named_fields(&row)? {
                            targets.exprs.push(field);
                            targets.names.push(name);
                            origins.push((0, 0));
                        }
                    }
                }
                continue;
            }
            let (expr, name) = match item {
                SelectItem::UnnamedExpr(expr) => (expr, column_name(expr)),
                SelectItem::ExprWithAlias { alias, .. } if alias.quote_style == Some('\'') => {
                    let position = self.places.of(alias.span.start);
                    return Err(Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{alias}\"")).at(position));
                }
                SelectItem::ExprWithAlias { expr, alias } => (expr, fold(alias)),
                SelectItem::Wildcard(options) => {
                    refuse_wildcard_options(options)?;
                    let position = self.places.of(options.wildcard_token.0.span.start);
                    if self.scope().items.is_empty() {
                        return Err(Report::new(SqlState::SYNTAX_ERROR, "SELECT * with no tables specified is not valid").at(position));
                    }
                    let items: Vec<Item> = self.scope().items.iter().filter(|item| item.shows_columns).cloned().collect();
                    items.iter().for_each(|item| expand(item, position, &mut targets, &mut origins));
                    continue;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    refuse_wildcard_options(options)?;
                    let parts = parts(name).unwrap_or_default();
                    let position = parts.first().and_then(|ident| self.places.of(ident.span.start));
                    let item = self.item(&parts)?.clone();
                    expand(&item, position, &mut targets, &mut origins);
                    continue;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    return Err(Report::unsupported("this form of select item").at(self.start(expr)));
                }
                SelectItem::ExprWithAliases { expr, .. } => return Err(Report::unsupported("this form of alias").at(self.start(expr))),
            };
            let relations = self.relations;
            let (mut bound, origin) = self.expr_with_origin(expr)?;
            if self.relations > relations {
                // GROUP BY and ORDER BY may write the subquery again.
                let mut bare = expr;
                while let ast::Expr::Nested(inner) = bare {
                    bare = inner;
                }
                self.scope().sort_items.push((bare.clone(), bound.clone()));
            }
            let named = match item {
                SelectItem::UnnamedExpr(_) => name_of_subquery(expr, &bound),
                _ => None,
            };
            if settle {
                bound = self.settle(bound)?;
            }
            targets.exprs.push(bound);
            targets.names.push(named.unwrap_or(name));
            origins.push(origin);
        }
        Ok((targets, origins))
    }

    /// `TABLE name`.
    pub fn table_command(&mut self, table: &ast::Table) -> Result<BoundQuery> {
        let name = table.table_name.iter().flat_map(|name| [name]);
        let text =
            table.schema_name.iter().chain(name).map(|part| format!("\"{}\"", part.to_ascii_lowercase())).collect::<Vec<_>>().join(".");
        let statement = crate::sql::parse::parse(&format!("SELECT * FROM {text}"))?.pop();
        match statement.map(|statement| statement.body) {
            Some(crate::sql::parse::Body::Query(query)) => self.query(&query, true),
            _ => Err(Report::internal("TABLE did not become a query")),
        }
    }

    /// DISTINCT and DISTINCT ON, checked against ORDER BY.
    fn distinct(&mut self, distinct: Option<&ast::Distinct>, targets: &Targets, order_by: &mut [SortKey]) -> Result<Distinct> {
        match distinct {
            None | Some(ast::Distinct::All) => Ok(Distinct::No),
            Some(ast::Distinct::Distinct) => {
                for target in &targets.exprs {
                    sortable(target, "equality")?;
                }
                if let Some(SortKey { by: SortBy::Expr(expr), .. }) = order_by.iter().find(|key| matches!(key.by, SortBy::Expr(_))) {
                    let message = "for SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(expr.position));
                }
                Ok(Distinct::All)
            }
            Some(ast::Distinct::On(items)) => {
                let mut exprs: Vec<Expr> = Vec::new();
                let mut starts = Vec::new();
                for item in items {
                    let start = self.start(item);
                    let expr = match self.meaning(item, targets, Clause::DistinctOn)? {
                        Meaning::Output(i) => targets.exprs[i].clone(),
                        Meaning::Expr(expr) => expr,
                    };
                    sortable(&expr, "equality").map_err(|report| Report { position: start, ..report })?;
                    for part in sort_parts(&expr) {
                        if !exprs.contains(&part) {
                            exprs.push(part);
                            starts.push(start);
                        }
                    }
                }
                let key_expr = |key: &SortKey| match &key.by {
                    SortBy::Output(i) => targets.exprs[*i].clone(),
                    SortBy::Expr(expr) => expr.clone(),
                };
                let sorted: Vec<Expr> = order_by.iter().map(key_expr).collect();
                let leading = sorted.iter().take_while(|expr| exprs.contains(expr)).count();
                let later = sorted[leading..].iter().find_map(|expr| exprs.iter().position(|key| key == expr));
                let missing = exprs.iter().position(|expr| !sorted.contains(expr)).filter(|_| leading < sorted.len());
                if let Some(i) = later.or(missing) {
                    let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
                    return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(starts[i]));
                }
                Ok(Distinct::On(exprs))
            }
        }
    }

    /// Registers a set-returning call of the select list and returns the column that stands for it.
    pub fn set_call(&mut self, call: Expr) -> Result<Expr> {
        let id = match self.scope().set_relation {
            Some(id) => id,
            None => {
                let id = self.next_relation();
                let scope = self.scope();
                scope.set_relation = Some(id);
                scope.relations.insert(id);
                id
            }
        };
        let parts = call_columns(&call);
        if call.ty == Type::RECORD && parts.len() < 2 {
            let message = "function returning record called in context that cannot accept type record";
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(call.position));
        }
        let calls = &mut self.scope().set_calls;
        let known = calls.iter().position(|known| *known == call).unwrap_or(calls.len());
        let first: usize = calls[..known].iter().map(|call| call_columns(call).len()).sum();
        if known == calls.len() {
            calls.push(call.clone());
        }
        if call.ty != Type::RECORD {
            return Ok(Expr { kind: ExprKind::Column { relation: id, column: first }, ..call });
        }
        let names = self.fields.entry(id).or_default();
        names.resize(names.len().max(first), String::new());
        names.truncate(first);
        names.extend(parts.iter().map(|part| part.name.clone()));
        let field = |(i, part): (usize, &RelationColumn)| super::query::column_of(id, first + i, part, call.position);
        Ok(Expr::new(ExprKind::Row(parts.iter().enumerate().map(field).collect(), RowOf::Fields), Type::RECORD, call.position))
    }
}

/// The name that a scalar subquery gives to what is made of it: its column's, which a star or WITH may have named.
fn name_of_subquery(written: &ast::Expr, bound: &Expr) -> Option<String> {
    match (written, &bound.kind) {
        (ast::Expr::Nested(inner) | ast::Expr::Collate { expr: inner, .. }, _) => name_of_subquery(inner, bound),
        (ast::Expr::Subquery(_), ExprKind::Subquery { kind: SubqueryKind::Scalar, query }) => {
            query.columns.first().map(|column| column.name.clone())
        }
        (ast::Expr::Cast { expr: inner, .. }, ExprKind::Cast { expr: bound, .. }) => name_of_subquery(inner, bound),
        (ast::Expr::Case { else_result: Some(inner), .. }, ExprKind::Case { otherwise: Some(bound), .. }) => name_of_subquery(inner, bound),
        _ => None,
    }
}

/// The columns of the item that the set-returning calls of a select list become.
pub fn set_columns(calls: &[Expr]) -> Vec<RelationColumn> {
    let columns = calls.iter().flat_map(call_columns).enumerate();
    columns.map(|(i, column)| RelationColumn { name: format!("f{}", i + 1), ..column }).collect()
}

/// The columns of one call: those of its OUT parameters, or itself.
pub fn call_columns(call: &Expr) -> Vec<RelationColumn> {
    let outputs = match &call.kind {
        ExprKind::Call { function, .. } => super::functions::output_columns(function.oid),
        _ => None,
    };
    match outputs {
        Some(outputs) => outputs.into_iter().map(|(name, ty)| RelationColumn { name, ty, typmod: -1, scale: NumericScale::Any }).collect(),
        None => vec![RelationColumn { name: String::new(), ty: call.ty, typmod: call.typmod, scale: call.scale }],
    }
}

/// Sorts by the number of a set-returning call's row.
pub fn ordinal_key(id: RelationId, column: usize) -> SortKey {
    let number = Expr::new(ExprKind::Column { relation: id, column }, Type::INT8, None);
    SortKey { by: SortBy::Expr(number), descending: false, nulls_first: false }
}

/// Rows without columns have one that nobody sees: `SELECT FROM t`.
fn no_column(targets: &mut Vec<Expr>) -> RelationColumn {
    targets.push(Expr::literal(Literal::Int(1), Type::INT4, None));
    RelationColumn { name: "none".into(), ty: Type::INT4, typmod: -1, scale: NumericScale::Any }
}

/// Set-returning calls of the select list become a FROM item that is joined laterally: a row for each of their rows.
pub fn set_item(id: RelationId, calls: Vec<Expr>, ordinality: bool, from: Option<Relation>) -> Relation {
    let mut columns = set_columns(&calls);
    if ordinality {
        columns.push(RelationColumn { name: "ordinality".into(), ty: Type::INT8, typmod: -1, scale: NumericScale::Any });
    }
    let right = Relation::Function { id, alias: "srf".into(), calls, ordinality, columns };
    match from {
        None => right,
        Some(left) => Relation::Join { kind: JoinKind::Cross, left: Box::new(left), right: Box::new(right), on: None },
    }
}

fn expand(item: &Item, position: Option<u32>, targets: &mut Targets, origins: &mut Vec<(u32, i16)>) {
    for column in item.columns.iter() {
        targets.exprs.push(Expr { position, ..column.expr });
        targets.names.push(column.name);
        origins.push(column.origin);
    }
}

fn refuse_wildcard_options(options: &WildcardAdditionalOptions) -> Result<()> {
    let foreign = options.opt_ilike.is_some()
        || options.opt_exclude.is_some()
        || options.opt_except.is_some()
        || options.opt_replace.is_some()
        || options.opt_rename.is_some()
        || options.opt_alias.is_some();
    if foreign { Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error after \"*\"")) } else { Ok(()) }
}

fn refuse_foreign_clauses(select: &ast::Select) -> Result<()> {
    let foreign = select.top.is_some()
        || select.exclude.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.value_table_mode.is_some()
        || select.select_modifiers.is_some();
    if foreign {
        return Err(Report::new(SqlState::SYNTAX_ERROR, "this form of SELECT is not PostgreSQL's"));
    }
    if let Some(expr) = &select.qualify {
        let _ = expr;
        return Err(
            Report::new(SqlState::SYNTAX_ERROR, "QUALIFY is not PostgreSQL's").hint("Filter on the window function in an outer query.")
        );
    }
    if select.projection.is_empty() && select.distinct.is_some() {
        return Err(Report::new(SqlState::SYNTAX_ERROR, "SELECT DISTINCT must have at least one column"));
    }
    Ok(())
}
