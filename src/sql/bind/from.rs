//! FROM items: tables, WITH references, subqueries, functions.

use std::sync::Arc;

use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, TableAlias, TableFactor};
use sqlparser::parser::Parser;

use super::Binder;
use super::item_columns::{Columns, ScopeColumn};
use super::names::{closest, fold, parts, unique};
use super::query::{Output, column_of};
use super::scale::numeric_scale;
use super::scope::{Clause, Item};
use crate::catalog::model::Table;
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::from_items::UNNAMED;
use crate::sql::parse::rewrite::{ROWS_FROM, WITH_COLUMNS};
use crate::sql::tree::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The columns of a column definition list.
type Defined = Vec<(ast::Ident, Option<ast::DataType>)>;

impl Binder<'_> {
    /// Binds FROM; afterwards its items are the scope's.
    pub fn bind_from(&mut self, from: &[ast::TableWithJoins]) -> Result<Option<Relation>> {
        let mut whole: Option<Relation> = None;
        let mut items: Vec<Item> = Vec::new();
        for item in from {
            let (relation, new) = self.joined(item, &items)?;
            self.check_names(&items, &new)?;
            items.extend(new);
            whole = Some(match whole {
                None => relation,
                Some(left) => Relation::Join { kind: JoinKind::Cross, left: Box::new(left), right: Box::new(relation), on: None },
            });
        }
        self.scope().items = items;
        Ok(whole)
    }

    fn joined(&mut self, item: &ast::TableWithJoins, outer: &[Item]) -> Result<(Relation, Vec<Item>)> {
        let (mut relation, mut items) = self.factor(&item.relation, outer)?;
        for join in &item.joins {
            (relation, items) = self.join(relation, items, join, outer)?;
        }
        Ok((relation, items))
    }

    /// Binds one FROM item; `seen` are the items that LATERAL may refer to.
    pub fn factor(&mut self, factor: &TableFactor, seen: &[Item]) -> Result<(Relation, Vec<Item>)> {
        let (relation, items) = self.unremembered(factor, seen)?;
        let table = match factor {
            TableFactor::Table { name, args: None, .. } => parts(name).and_then(|mut parts| parts.pop()).map(|ident| fold(&ident)),
            _ => None,
        };
        let names = items.iter().filter_map(|item| item.name.clone());
        self.scope().called.extend(names.map(|name| (name, table.clone())));
        Ok((relation, items))
    }

    fn unremembered(&mut self, factor: &TableFactor, seen: &[Item]) -> Result<(Relation, Vec<Item>)> {
        match factor {
            TableFactor::Table { name, alias, args, with_ordinality, sample, version, partitions, with_hints, .. } => {
                if let Some(sample) = sample {
                    self.whole_sample(sample, self.name_position(name))?;
                }
                if version.is_some() || !partitions.is_empty() || !with_hints.is_empty() {
                    return Err(Report::unsupported("this form of FROM item").at(self.name_position(name)));
                }
                let found = match args {
                    Some(args) => self.function_item(name, &args.args, alias.as_ref(), *with_ordinality, seen)?,
                    None => self.named(name, alias.as_ref())?,
                };
                if sample.is_some() && !matches!(found.0, Relation::Table { .. }) {
                    let message = "TABLESAMPLE clause can only be applied to tables and materialized views";
                    return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(self.name_position(name)));
                }
                Ok(found)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                if sample.is_some() {
                    return Err(Report::unsupported("TABLESAMPLE"));
                }
                self.derived(*lateral, subquery, alias.as_ref(), seen)
            }
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                self.function_item(name, args, alias.as_ref(), *with_ordinality, seen)
            }
            TableFactor::UNNEST { alias, array_exprs, with_ordinality, with_offset: false, .. } => {
                let args: Vec<FunctionArg> =
                    array_exprs.iter().map(|expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr.clone()))).collect();
                let name = ast::ObjectName::from(vec![ast::Ident::new("unnest")]);
                self.function_item(&name, &args, alias.as_ref(), *with_ordinality, seen)
            }
            TableFactor::TableFunction { expr: ast::Expr::Function(function), alias } => match &function.args {
                ast::FunctionArguments::List(list) => self.function_item(&function.name, &list.args, alias.as_ref(), false, seen),
                _ => Err(Report::unsupported("this form of FROM item")),
            },
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let (relation, items) = self.joined(table_with_joins, seen)?;
                let Some(alias) = alias else { return Ok((relation, items)) };
                // An alias on a join hides the names inside.
                let columns = super::join::shown(&items);
                Ok((relation, vec![self.aliased(columns.into(), alias)?]))
            }
            _ => Err(Report::unsupported("this form of FROM item")),
        }
    }

    fn name_position(&self, name: &ast::ObjectName) -> Option<u32> {
        parts(name)?.first().and_then(|ident| self.places.of(ident.span.start))
    }

    fn named(&mut self, name: &ast::ObjectName, alias: Option<&TableAlias>) -> Result<(Relation, Vec<Item>)> {
        let idents = parts(name).ok_or_else(|| Report::unsupported("this form of FROM item"))?;
        let position = self.name_position(name);
        idents.first().map_or(Ok(()), |first| self.check_word(first))?;
        let names: Vec<String> = idents.iter().map(fold).collect();
        if let [name] = names.as_slice()
            && let Some(found) = self.ctes.iter().rposition(|cte| cte.name == *name)
        {
            self.ctes[found].uses += 1;
            let cte = self.ctes[found].clone();
            return self.cte_item(cte, alias);
        }
        let (schema, table) = match names.as_slice() {
            [table] => (None, table),
            [schema, table] => (Some(schema.as_str()), table),
            [database, schema, table] if self.cx.snapshot.databases.iter().any(|known| known == database) => (Some(schema.as_str()), table),
            [project, schema, table] if self.cx.snapshot.others.iter().any(|known| known == project) => {
                let table = self.cx.snapshot.of_other(project, schema, table)?.clone();
                return self.table_item(table, alias);
            }
            _ => {
                let message = format!("cross-database references are not implemented: \"{}\"", names.join("."));
                return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(position));
            }
        };
        // A quoted name is meant as it stands; any other matches without regard to case where only that finds it.
        let exact = |ident: Option<&ast::Ident>, name: &str| ident.is_none_or(|ident| ident.quote_style.is_none() || ident.value == name);
        let schema_part = idents.len().checked_sub(2).and_then(|i| idents.get(i)).filter(|ident| ident.value != "public");
        let found = self.cx.snapshot.table(schema, table, self.cx.search_path).cloned();
        let found = found.filter(|found| exact(idents.last(), &found.name.table) && exact(schema_part, &found.name.schema));
        let table = found.ok_or_else(|| self.no_relation(schema, table).at(position))?;
        table.known()?;
        self.table_item(table, alias)
    }

    fn no_relation(&self, schema: Option<&str>, table: &str) -> Report {
        let snapshot = self.cx.snapshot;
        let report = match schema {
            Some(schema) => Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{schema}.{table}\" does not exist")),
            None => Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{table}\" does not exist")),
        };
        // Look where the name was looked for, then everywhere.
        let path: Vec<&str> = match schema {
            Some(schema) => vec![schema],
            None => self.cx.search_path.iter().map(String::as_str).chain(snapshot.default_schema.as_deref()).collect(),
        };
        let near: Vec<&Arc<Table>> =
            path.iter().filter_map(|schema| snapshot.schema(schema)).flat_map(|schema| schema.tables.values()).collect();
        let suggest = |table: &Table| {
            let plain =
                schema.is_none() && path.iter().any(|schema| snapshot.schema(schema).is_some_and(|found| found.name == table.name.schema));
            let name = if plain { table.name.table.clone() } else { table.name.to_string() };
            format!("Perhaps you meant \"{name}\".")
        };
        if let Some(i) = closest(table, near.iter().map(|table| table.name.table.as_str())) {
            return report.hint(suggest(near[i]));
        }
        let elsewhere = snapshot.tables().find(|known| !known.is_system() && known.name.table.eq_ignore_ascii_case(table));
        match elsewhere {
            Some(known) => report.hint(suggest(known)),
            None => report,
        }
    }

    fn table_item(&mut self, table: Arc<Table>, alias: Option<&TableAlias>) -> Result<(Relation, Vec<Item>)> {
        let id = self.next_relation();
        self.scope().relations.insert(id);
        let columns = Columns::of_table(id, &table);
        if alias.is_some_and(|alias| !alias.columns.is_empty()) {
            self.row_names.insert(id, columns.clone());
        }
        self.item_names.insert(id, columns.clone());
        self.tables.insert(id, table.clone());
        let name = table.name.table.clone();
        let tableoid = tableoid(&table, &columns);
        let item = match alias {
            Some(alias) => Item { hidden_name: Some(name.clone()), ..self.aliased(columns, alias)? },
            None => Item { schema: Some(table.name.schema.clone()), ..plain_item(name.clone(), columns) },
        };
        let item = Item { tableoid, pseudo: Columns::pseudo_of_table(id, &table), ..item };
        let alias = item.name.clone().unwrap_or(name);
        Ok((Relation::Table { id, alias, table }, vec![item]))
    }

    fn cte_item(&mut self, cte: super::query::VisibleCte, alias: Option<&TableAlias>) -> Result<(Relation, Vec<Item>)> {
        let id = self.next_relation();
        self.scope().relations.insert(id);
        let mut columns = scope_columns(id, &cte.columns, &cte.outputs);
        self.take_rows(id, &cte.rows, &cte.columns, &mut columns);
        self.take_paths(id, &cte.paths, &cte.columns, &mut columns);
        // PostgreSQL's `*` shows the columns of SEARCH and CYCLE in the query that its WITH belongs to, and in none further in
        // (`addRangeTableEntryForCTE`).
        let shown = columns.len() - if self.level() > cte.level { cte.added } else { 0 };
        let pseudo = columns.split_off(shown);
        let item = match alias {
            Some(alias) => self.aliased(columns.into(), alias)?,
            None => plain_item(cte.name.clone(), columns.into()),
        };
        let item = Item { pseudo: pseudo.into(), ..item };
        self.name_row(id, &item);
        let alias = item.name.clone().unwrap_or(cte.name);
        Ok((Relation::Cte { id, alias, cte: cte.id, columns: cte.columns }, vec![item]))
    }

    fn derived(
        &mut self,
        lateral: bool,
        subquery: &ast::Query,
        alias: Option<&TableAlias>,
        seen: &[Item],
    ) -> Result<(Relation, Vec<Item>)> {
        let Some(alias) = alias else {
            let values = matches!(subquery.body.as_ref(), ast::SetExpr::Values(_));
            let (what, example) = if values { ("VALUES", "(VALUES ...)") } else { ("subquery", "(SELECT ...)") };
            let begins = super::query::start_of(subquery).and_then(|location| self.places.opening_before(location));
            return Err(Report::new(SqlState::SYNTAX_ERROR, format!("{what} in FROM must have an alias"))
                .hint(format!("For example, FROM {example} [AS] foo."))
                .at(begins));
        };
        let visible = if lateral { seen.to_vec() } else { Vec::new() };
        let before = std::mem::replace(&mut self.scope().items, visible);
        let bound = self.query(subquery, true);
        self.scope().items = before;
        let bound = bound?;
        let id = self.next_relation();
        self.scope().relations.insert(id);
        let mut bound = bound;
        let mut columns = scope_columns(id, &bound.query.columns, &bound.outputs);
        if columns.iter().any(|column| column.expr.ty == Type::RECORD) {
            let rows = self.hand_on_rows(&mut bound);
            self.take_rows(id, &rows, &bound.query.columns, &mut columns);
        }
        let item = self.aliased(columns.into(), alias)?;
        self.name_row(id, &item);
        let alias = item.name.clone().unwrap_or_default();
        Ok((Relation::Derived { id, alias, lateral, query: Box::new(bound.query) }, vec![item]))
    }

    /// Keeps what the fields of an item's row are called, for queries around this one.
    fn name_row(&mut self, id: RelationId, item: &Item) {
        self.item_names.insert(id, item.columns.clone());
    }

    /// Names an item and its columns by its alias.
    fn aliased(&self, columns: Columns, alias: &TableAlias) -> Result<Item> {
        self.check_name(&alias.name)?;
        let name = fold(&alias.name);
        if alias.columns.len() > columns.len() {
            let message = format!("table \"{name}\" has {} columns available but {} columns specified", columns.len(), alias.columns.len());
            return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message));
        }
        if alias.columns.is_empty() {
            return Ok(plain_item(name, columns));
        }
        let mut renamed: Vec<ScopeColumn> = columns.iter().collect();
        for (column, given) in renamed.iter_mut().zip(&alias.columns) {
            self.check_name(&given.name)?;
            column.name = fold(&given.name);
        }
        Ok(plain_item(name, renamed.into()))
    }

    /// Functions of the server that a view of the catalog shows whole (`system_views.sql`).
    fn shown_by_view(
        &mut self,
        name: &ast::ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        seen: &[Item],
    ) -> Option<Result<(Relation, Vec<Item>)>> {
        let named = parts(name)?;
        let own = named.last()?.clone();
        let view = match fold(&own).as_str() {
            "pg_show_all_settings" => "pg_settings",
            "pg_timezone_names" => "pg_timezone_names",
            "pg_prepared_statement" => "pg_prepared_statements",
            "pg_cursor" => "pg_cursors",
            "pg_lock_status" => "pg_locks",
            "pg_available_extensions" => "pg_available_extensions",
            "_pg_expandarray" if named.len() == 2 && fold(&named[0]) == "information_schema" && args.len() == 1 => {
                let text = "SELECT x, n::int4 AS n FROM unnest($1) WITH ORDINALITY AS expanded(x, n)";
                return Some(self.as_query(text, args, own, alias, seen));
            }
            _ => return None,
        };
        if !args.is_empty() {
            return None;
        }
        if view == "pg_available_extensions" {
            // The view adds which version is installed.
            let text = "SELECT name, default_version, comment FROM pg_catalog.pg_available_extensions";
            return Some(self.as_query(text, &[], own, alias, &[]));
        }
        let relation = ast::ObjectName::from(vec![ast::Ident::new("pg_catalog"), ast::Ident::new(view)]);
        let called = TableAlias { explicit: false, name: own, columns: Vec::new(), at: None };
        Some(self.named(&relation, Some(alias.unwrap_or(&called))))
    }

    /// Binds a function of the server as the query that it is, with its argument for `$1`.
    fn as_query(
        &mut self,
        text: &str,
        args: &[FunctionArg],
        own: ast::Ident,
        alias: Option<&TableAlias>,
        seen: &[Item],
    ) -> Result<(Relation, Vec<Item>)> {
        let dialect = crate::sql::parse::dialect::Postgres::default();
        let parsed = Parser::new(&dialect).try_with_sql(text).and_then(|mut parser| parser.parse_query());
        let mut query = parsed.map_err(Report::internal)?;
        if let [FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))] = args {
            let _ = ast::visit_expressions_mut(&mut query, |expr| {
                if matches!(expr, ast::Expr::Value(ast::ValueWithSpan { value: ast::Value::Placeholder(_), .. })) {
                    expr.clone_from(arg);
                }
                std::ops::ControlFlow::<()>::Continue(())
            });
        }
        let named = TableAlias { explicit: false, name: own, columns: Vec::new(), at: None };
        self.derived(!args.is_empty(), &query, Some(alias.unwrap_or(&named)), seen)
    }

    fn function_item(
        &mut self,
        name: &ast::ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        ordinality: bool,
        seen: &[Item],
    ) -> Result<(Relation, Vec<Item>)> {
        if let Some(item) = self.shown_by_view(name, args, alias, seen).filter(|_| !ordinality) {
            return item;
        }
        let position = self.name_position(name);
        let function_name = parts(name).and_then(|mut parts| parts.pop()).map(|ident| fold(&ident)).unwrap_or_default();
        let unnamed = alias.filter(|alias| alias.name.value == UNNAMED).map(|alias| {
            let own = ast::Ident { value: function_name.clone(), quote_style: Some('"'), ..alias.name.clone() };
            TableAlias { name: own, ..alias.clone() }
        });
        let alias = unnamed.as_ref().or(alias);
        let before = std::mem::replace(&mut self.scope().items, seen.to_vec());
        self.scope().clause = Clause::From;
        let bound = self.function_calls(name, &function_name, args, position);
        self.scope().items = before;
        let (mut calls, defined): (Vec<Expr>, Vec<Option<Defined>>) = bound?.into_iter().unzip();
        if ordinality && let Some(first) = alias.and_then(|alias| alias.columns.iter().find(|column| column.data_type.is_some())) {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "WITH ORDINALITY cannot be used with a column definition list")
                .hint("Put the column definition list inside ROWS FROM().")
                .at(self.places.of(first.name.span.start)));
        }
        let id = self.next_relation();
        self.scope().relations.insert(id);
        let mut columns: Vec<RelationColumn> = Vec::new();
        let single = calls.len() == 1;
        let mut scalar = single && !ordinality;
        let by_alias = alias.filter(|alias| alias.columns.iter().any(|column| column.data_type.is_some()));
        for (call, own) in calls.iter_mut().zip(defined) {
            let defined =
                own.or(by_alias.map(|alias| alias.columns.iter().map(|column| (column.name.clone(), column.data_type.clone())).collect()));
            let outputs = match &call.kind {
                ExprKind::Call { function, .. } => super::functions::output_columns(function.oid),
                _ => None,
            };
            match outputs {
                _ if defined.is_some() && (call.ty != Type::RECORD || outputs.as_ref().is_some_and(|outputs| outputs.len() > 1)) => {
                    let message = match outputs {
                        Some(outputs) if outputs.len() > 1 => "a column definition list is redundant for a function with OUT parameters",
                        _ => "a column definition list is only allowed for functions returning \"record\"",
                    };
                    return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(position));
                }
                Some(outputs) if outputs.len() > 1 => {
                    scalar = false;
                    columns.extend(outputs.into_iter().map(|(name, ty)| column(name, ty, -1, NumericScale::Any)));
                }
                _ if call.ty == Type::RECORD && defined.is_some() => {
                    scalar = false;
                    for (given, data_type) in defined.into_iter().flatten() {
                        let Some(data_type) = &data_type else {
                            return Err(
                                Report::new(SqlState::SYNTAX_ERROR, "a column definition list needs a type for every column").at(position)
                            );
                        };
                        let (ty, typmod) = self.type_name(data_type, position)?;
                        let scale = numeric_scale(&ExprKind::Literal(Literal::Null), ty, typmod);
                        // A record's fields are found by their names, however an alias calls the columns: the names go with the call.
                        if let ExprKind::Call { args, .. } = &mut call.kind {
                            args.push(Expr::literal(Literal::Text(fold(&given)), Type::TEXT, None));
                        }
                        columns.push(column(fold(&given), ty, typmod, scale));
                    }
                }
                _ if call.ty == Type::RECORD => {
                    let message = "a column definition list is required for functions returning \"record\"";
                    return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(position));
                }
                // A scalar function's column is called as its alias, else as the function.
                _ => {
                    let own = match &call.kind {
                        ExprKind::Call { function, .. } => super::functions::output_name(function.oid).map(str::to_owned),
                        _ => None,
                    };
                    let given = alias.filter(|_| single).map(|alias| fold(&alias.name));
                    let called = match &call.kind {
                        ExprKind::Call { function, .. } if function_name == ROWS_FROM => function.name.clone(),
                        _ => function_name.clone(),
                    };
                    let name = own.or(given).unwrap_or(called);
                    columns.push(column(name, call.ty, call.typmod, call.scale));
                }
            }
        }
        if ordinality {
            columns.push(column("ordinality".into(), Type::INT8, -1, NumericScale::Any));
        }
        let outputs: Vec<Output> = columns.iter().map(|column| Output { name: column.name.clone(), origin: (0, 0) }).collect();
        let scope_columns: Columns = scope_columns(id, &columns, &outputs).into();
        let item = match alias {
            Some(alias) => self.aliased(scope_columns, alias)?,
            None => plain_item(function_name.clone(), scope_columns),
        };
        for (column, name) in columns.iter_mut().zip(unique(item.columns.names().into_iter())) {
            column.name = name;
        }
        self.name_row(id, &item);
        let alias = item.name.clone().unwrap_or(function_name);
        Ok((Relation::Function { id, alias, calls, ordinality, columns }, vec![Item { scalar, ..item }]))
    }

    /// The calls of a function item: one, or one for each array of `unnest(a, b)`, or those of ROWS FROM with the columns that they define.
    fn function_calls(
        &mut self,
        name: &ast::ObjectName,
        plain: &str,
        args: &[FunctionArg],
        position: Option<u32>,
    ) -> Result<Vec<(Expr, Option<Defined>)>> {
        if plain == "unnest" && args.len() > 1 {
            return args.iter().map(|arg| Ok((self.function_call(name, std::slice::from_ref(arg), position)?, None))).collect();
        }
        if plain == ROWS_FROM {
            let mut calls = Vec::new();
            for arg in args {
                match several_arrays(arg) {
                    Some((unnest, arrays)) => {
                        for array in arrays {
                            calls.push((self.function_call(unnest, std::slice::from_ref(array), self.name_position(unnest))?, None));
                        }
                    }
                    None => calls.push(self.row_call(arg, position)?),
                }
            }
            return Ok(calls);
        }
        Ok(vec![(self.function_call(name, args, position)?, None)])
    }

    /// One call of ROWS FROM.
    fn row_call(&mut self, arg: &FunctionArg, position: Option<u32>) -> Result<(Expr, Option<Defined>)> {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Function(ast::Function {
            name,
            args: ast::FunctionArguments::List(list),
            over: None,
            filter: None,
            ..
        }))) = arg
        else {
            return Err(Report::unsupported("this form of ROWS FROM").at(position));
        };
        let with_columns = parts(name).is_some_and(|parts| parts.len() == 1 && parts[0].value == WITH_COLUMNS);
        let [call, columns @ ..] = list.args.as_slice() else {
            return Ok((self.function_call(name, &[], self.name_position(name))?, None));
        };
        if !with_columns {
            return Ok((self.function_call(name, &list.args, self.name_position(name))?, None));
        }
        let column = |column: &FunctionArg| match column {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Cast { expr, data_type, .. })) => match expr.as_ref() {
                ast::Expr::Identifier(name) => Some((name.clone(), Some(data_type.clone()))),
                _ => None,
            },
            _ => None,
        };
        let defined: Option<Defined> = columns.iter().map(column).collect();
        let defined = defined.ok_or_else(|| Report::unsupported("this form of ROWS FROM").at(position))?;
        Ok((self.row_call(call, position)?.0, Some(defined)))
    }

    fn function_call(&mut self, name: &ast::ObjectName, args: &[FunctionArg], position: Option<u32>) -> Result<Expr> {
        let call = self.plain_call(name, args, position)?;
        match &call.kind {
            ExprKind::Call { .. } => Ok(call),
            _ => Err(Report::unsupported("an expression of this kind in FROM").at(position)),
        }
    }
}

/// Returns what `unnest(a, b)` names within ROWS FROM: a column for each array.
fn several_arrays(arg: &FunctionArg) -> Option<(&ast::ObjectName, &[FunctionArg])> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(ast::Expr::Function(call))) = arg else { return None };
    let ast::FunctionArguments::List(list) = &call.args else { return None };
    let name = parts(&call.name)?.pop().map(|ident| fold(&ident))?;
    (name == "unnest" && list.args.len() > 1 && call.over.is_none() && call.filter.is_none()).then_some((&call.name, &list.args))
}

fn column(name: String, ty: Type, typmod: i32, scale: NumericScale) -> RelationColumn {
    RelationColumn { name, ty, typmod, scale }
}

fn plain_item(name: String, columns: Columns) -> Item {
    Item {
        name: Some(name),
        schema: None,
        hidden_name: None,
        columns,
        qualifies: true,
        shows_columns: true,
        scalar: false,
        may_be_empty: false,
        tableoid: None,
        pseudo: Columns::default(),
    }
}

/// The OID of a relation, as a value of its rows: NULL where an outer join finds none. A relation without a column that is never NULL has none.
fn tableoid(table: &Table, columns: &Columns) -> Option<Expr> {
    let known = table.columns.iter().position(|column| !column.nullable)?;
    let present = ExprKind::IsNull { expr: Box::new(columns.get(known)?.expr), negated: true };
    let oid = Expr::literal(Literal::Int(table.oid.into()), Type::OID, None);
    let whens = vec![(Expr::new(present, Type::BOOL, None), oid)];
    Some(Expr::new(ExprKind::Case { whens, otherwise: None }, Type::OID, None))
}

fn scope_columns(id: RelationId, columns: &[RelationColumn], outputs: &[Output]) -> Vec<ScopeColumn> {
    columns
        .iter()
        .zip(outputs)
        .enumerate()
        .map(|(i, (column, output))| ScopeColumn { name: output.name.clone(), expr: column_of(id, i, column, None), origin: output.origin })
        .collect()
}
