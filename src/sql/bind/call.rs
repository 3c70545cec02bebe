//! Function calls: constructs that look like calls, functions without parentheses, plain and set-returning functions.

use std::sync::Arc;

use sqlparser::ast::{self, Expr as AstExpr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident};

use super::Binder;
use super::coerce::Context;
use super::functions::{FunctionKind, resolve_named};
use super::grouping::PENDING;
use super::names::{fold, parts};
use super::scope::Clause;
use super::signatures;
use crate::catalog::sluice;
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::rewrite::{VARIADIC, WHOLE_ROW};
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// A call's arguments, bound.
pub struct Arguments {
    /// The values.
    pub exprs: Vec<Expr>,
    /// Names of the last of them (`days => 7`).
    pub names: Vec<String>,
    /// `count(*)`.
    pub star: bool,
    /// The last argument is marked VARIADIC.
    pub variadic: bool,
    /// The names of the fields of arguments that are rows, by the argument's index.
    pub fields: Vec<(usize, Vec<String>)>,
}

impl Binder<'_> {
    /// Binds a call.
    pub fn function(&mut self, function: &ast::Function, position: Option<u32>) -> Result<Expr> {
        if function.uses_odbc_syntax || !matches!(function.parameters, FunctionArguments::None) {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "this form of call is not PostgreSQL's").at(position));
        }
        let idents = parts(&function.name).ok_or_else(|| Report::unsupported("this form of call").at(position))?;
        let (last, qualifier) = idents.split_last().ok_or_else(|| Report::internal("a call without a name"))?;
        let name = fold(last);
        if qualifier.is_empty()
            && last.quote_style.is_none()
            && let Some(bound) = self.construct(&name, last, function, position)?
        {
            return Ok(bound);
        }
        let list = match &function.args {
            FunctionArguments::List(list) => list,
            FunctionArguments::None => return self.keyword_function(&name, None, position),
            FunctionArguments::Subquery(_) => return Err(Report::unsupported("a query as an argument").at(position)),
        };
        let schema = schema_of(qualifier, position)?;
        let special = function.over.is_some()
            || function.filter.is_some()
            || !function.within_group.is_empty()
            || list.duplicate_treatment.is_some()
            || !list.clauses.is_empty();
        if function.null_treatment.is_some() {
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "RESPECT NULLS and IGNORE NULLS are not supported").at(position));
        }
        let bound = self.call_of(schema.as_deref(), &name, function, list, special, position);
        match (bound, schema) {
            (Err(report), Some(schema)) if report.sqlstate == SqlState::UNDEFINED_FUNCTION && report.position == position => {
                Err(self.no_schema(&schema).map_or(report, |missing| missing.at(position)))
            }
            (bound, _) => bound,
        }
    }

    fn call_of(
        &mut self,
        schema: Option<&str>,
        name: &str,
        function: &ast::Function,
        list: &ast::FunctionArgumentList,
        special: bool,
        position: Option<u32>,
    ) -> Result<Expr> {
        if !special
            && !super::functions::is_aggregate(name)
            && !list.args.iter().any(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)))
        {
            return self.plain(schema, name, &list.args, position);
        }
        self.aggregate_or_window(schema, name, function, list, position)
    }

    /// COALESCE and the other constructs of gram.y that read like calls.
    fn construct(&mut self, name: &str, ident: &Ident, function: &ast::Function, position: Option<u32>) -> Result<Option<Expr>> {
        let list = match &function.args {
            FunctionArguments::None if super::expr::is_keyword_function(ident) => {
                return self.keyword_function(name, None, position).map(Some);
            }
            FunctionArguments::Subquery(query) if name == "array" => return self.array_subquery(query, position).map(Some),
            FunctionArguments::List(list) => list,
            _ => return Ok(None),
        };
        if matches!(name, "current_time" | "current_timestamp" | "localtime" | "localtimestamp")
            && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(AstExpr::Value(value)))] = list.args.as_slice()
            && let ast::Value::Number(digits, _) = &value.value
        {
            let precision = digits.parse::<i32>().ok().map(|digits| digits.min(6));
            return self.keyword_function(name, precision, position).map(Some);
        }
        // normalize(text, NFC): a form is no column, and nothing else stands there.
        if name == "normalize"
            && ident.quote_style.is_none()
            && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(text)), FunctionArg::Unnamed(FunctionArgExpr::Expr(form))] =
                list.args.as_slice()
        {
            let form = match form {
                AstExpr::Identifier(form) if matches!(fold(form).as_str(), "nfc" | "nfd" | "nfkc" | "nfkd") => {
                    fold(form).to_ascii_uppercase()
                }
                other => {
                    let message = format!("syntax error at or near \"{other}\"");
                    return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(self.start(other)));
                }
            };
            let form = Expr::literal(Literal::Text(form), Type::UNKNOWN, position);
            let text = self.expr(text)?;
            return self.call(Some("pg_catalog"), name, vec![text, form], position).map(Some);
        }
        if let ("normalize", [text]) = (name, list.args.as_slice()) {
            let args = self.arguments(std::slice::from_ref(text), position)?.exprs;
            return self.call(Some("pg_catalog"), name, args, position).map(Some);
        }
        if !matches!(name, "coalesce" | "nullif" | "greatest" | "least" | "row" | "grouping" | WHOLE_ROW) {
            return Ok(None);
        }
        if name == "coalesce" {
            self.conditionals.push("COALESCE");
        }
        let args = self.arguments(&list.args, position);
        if name == "coalesce" {
            self.conditionals.pop();
        }
        let args = args?.exprs;
        if args.is_empty() && name != "row" {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \")\"").at(position));
        }
        Ok(Some(match name {
            "coalesce" => {
                let (args, ty, typmod) = self.unified("COALESCE", args)?;
                self.make(ExprKind::Coalesce(args), ty, typmod, position)
            }
            "greatest" => {
                let (args, ty, typmod) = self.unified("GREATEST", args)?;
                super::order::comparable(ty, position)?;
                self.make(ExprKind::Greatest(args), ty, typmod, position)
            }
            "least" => {
                let (args, ty, typmod) = self.unified("LEAST", args)?;
                super::order::comparable(ty, position)?;
                self.make(ExprKind::Least(args), ty, typmod, position)
            }
            // ROW(t.*) is a row of the fields.
            "row" => {
                let stars = list.args.iter().map(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(_))));
                let fields = args.into_iter().zip(stars).flat_map(|(arg, star)| match arg.kind {
                    ExprKind::Row(fields, _) if star => fields,
                    _ => vec![arg],
                });
                Expr::new(ExprKind::Row(fields.collect(), RowOf::Fields), Type::RECORD, position)
            }
            WHOLE_ROW => args.into_iter().next().ok_or_else(|| Report::internal("a row is named"))?,
            "nullif" => {
                let [left, right] = <[Expr; 2]>::try_from(args)
                    .map_err(|_| Report::new(SqlState::SYNTAX_ERROR, "NULLIF takes two arguments").at(position))?;
                self.null_if(left, right, position)?
            }
            _ => {
                let scope = self.scope();
                if !matches!(
                    scope.clause,
                    Clause::Select | Clause::Having | Clause::OrderBy | Clause::WindowCall | Clause::WindowDefinition
                ) {
                    let message = format!("grouping operations are not allowed in {}", super::aggregate::place(scope.clause));
                    return Err(Report::new(SqlState::GROUPING_ERROR, message).at(position));
                }
                scope.groupings.push(args);
                let pending = PENDING + scope.groupings.len() - 1;
                self.make(ExprKind::Grouping(vec![pending]), Type::INT4, -1, position)
            }
        }))
    }

    fn array_subquery(&mut self, query: &ast::Query, position: Option<u32>) -> Result<Expr> {
        let mut query = self.value_query(query, position)?;
        self.inherit_order(&mut query);
        let [column] = query.columns.as_slice() else {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "subquery must return only one column").at(position));
        };
        let element = column.ty;
        if matches!(element, Type::INT2VECTOR | Type::OIDVECTOR) {
            return Err(Report::unsupported(format!("an array of {element}")).at(position));
        }
        let array = if element.is_array() { Some(element) } else { element.array() };
        let missing = || Report::new(SqlState::UNDEFINED_OBJECT, format!("could not find array type for data type {element}")).at(position);
        let ty = array.ok_or_else(missing)?;
        let (typmod, scale) = (column.typmod, column.scale);
        let kind = ExprKind::Subquery { kind: SubqueryKind::Array, query: Box::new(query) };
        Ok(Expr { kind, ty, typmod, scale, position })
    }

    /// CURRENT_DATE and the like: calls that the stamp folds.
    pub fn keyword_function(&mut self, name: &str, precision: Option<i32>, position: Option<u32>) -> Result<Expr> {
        let ty = match name {
            "current_date" => Type::DATE,
            "current_time" => Type::TIMETZ,
            "current_timestamp" => Type::TIMESTAMPTZ,
            "localtime" => Type::TIME,
            "localtimestamp" => Type::TIMESTAMP,
            "current_role" | "current_user" | "session_user" | "user" | "current_catalog" | "current_schema" => Type::NAME,
            _ => return Err(Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{name}\"")).at(position)),
        };
        let function = Signature {
            oid: 0,
            schema: "pg_catalog",
            name: name.to_owned(),
            arguments: Vec::new(),
            variadic: None,
            returns: ty,
            returns_set: false,
            volatility: 's',
            strict: false,
        };
        let typmod = precision.unwrap_or(-1);
        Ok(self.make(ExprKind::Call { function: Arc::new(function), args: Vec::new() }, ty, typmod, position))
    }

    /// Binds the arguments of a call.
    pub fn arguments(&mut self, args: &[FunctionArg], position: Option<u32>) -> Result<Arguments> {
        let mut bound = Arguments { exprs: Vec::new(), names: Vec::new(), star: false, variadic: false, fields: Vec::new() };
        for arg in args {
            if bound.variadic {
                return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error: VARIADIC stands before the last argument").at(position));
            }
            let expr = match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) if bound.names.is_empty() => expr,
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } if name.value == VARIADIC => {
                    bound.variadic = true;
                    expr
                }
                FunctionArg::ExprNamed { name: AstExpr::Identifier(name), arg: FunctionArgExpr::Expr(expr), .. }
                    if name.value == VARIADIC =>
                {
                    bound.variadic = true;
                    expr
                }
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if args.len() == 1 => {
                    bound.star = true;
                    continue;
                }
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => {
                    let message = "positional argument cannot follow named argument";
                    return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(self.start(expr)));
                }
                // count(t.*) counts rows by a whole-row value.
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                    let item = self.item(&parts(name).unwrap_or_default())?.clone();
                    let row = self.whole_row(&item, position);
                    let own = item.columns.get(0).and_then(|column| match column.expr.kind {
                        ExprKind::Column { relation, .. } => self.row_names.get(&relation),
                        _ => None,
                    });
                    let names = own.unwrap_or(&item.columns).names();
                    bound.fields.push((bound.exprs.len(), names));
                    bound.exprs.push(row);
                    continue;
                }
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
                    bound.names.push(fold(name));
                    expr
                }
                FunctionArg::ExprNamed { name: AstExpr::Identifier(name), arg: FunctionArgExpr::Expr(expr), .. } => {
                    bound.names.push(fold(name));
                    expr
                }
                _ => return Err(Report::unsupported("this form of argument").at(position)),
            };
            let value = self.expr(expr)?;
            // What comes back from a call, which some drivers count among its parameters (parse_func.c, ParseFuncOrColumn).
            if value.ty == Type::VOID && matches!(value.kind, ExprKind::Parameter(_)) {
                continue;
            }
            if let ExprKind::Row(fields, _) = &value.kind {
                bound.fields.push((bound.exprs.len(), self.field_names(expr, fields)));
            }
            bound.exprs.push(value);
        }
        Ok(bound)
    }

    /// A plain call in FROM.
    pub fn plain_call(&mut self, name: &ast::ObjectName, args: &[FunctionArg], position: Option<u32>) -> Result<Expr> {
        let idents = parts(name).ok_or_else(|| Report::unsupported("this form of call").at(position))?;
        let (last, qualifier) = idents.split_last().ok_or_else(|| Report::internal("a call without a name"))?;
        let schema = schema_of(qualifier, position)?;
        if qualifier.is_empty() && super::expr::is_keyword_function(last) {
            return self.keyword_function(&fold(last), None, position);
        }
        self.plain(schema.as_deref(), &fold(last), args, position)
    }

    fn plain(&mut self, schema: Option<&str>, name: &str, args: &[FunctionArg], position: Option<u32>) -> Result<Expr> {
        if name == "pg_collation_for"
            && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] = args
            && let Some(collation) = super::collation::written_in(expr)
        {
            self.expr(expr)?;
            return Ok(Expr::literal(Literal::Text(format!("\"{collation}\"")), Type::TEXT, position));
        }
        let mut args = self.arguments(args, position)?;
        if name == "pg_collation_for" && schema.is_none_or(|schema| schema == "pg_catalog") {
            return self.collation_for(args.exprs, position);
        }
        if args.variadic {
            return self.variadic(schema, name, args.exprs, position);
        }
        self.rows_for_json(name, &mut args);
        let names: Vec<&str> = args.names.iter().map(String::as_str).collect();
        let mut call = self.call_named(schema, name, args.exprs, &names, position)?;
        self.type_of_row(&mut call)?;
        Ok(call)
    }

    /// Resolves a plain call of bound arguments.
    pub fn call(&mut self, schema: Option<&str>, name: &str, args: Vec<Expr>, position: Option<u32>) -> Result<Expr> {
        self.call_named(schema, name, args, &[], position)
    }

    fn call_named(&mut self, schema: Option<&str>, name: &str, args: Vec<Expr>, names: &[&str], position: Option<u32>) -> Result<Expr> {
        if let Some(expr) = self.sluice_call(schema, name, &args, position)? {
            return Ok(expr);
        }
        if name == "_pg_expandarray"
            && schema == Some("information_schema")
            && let [arg] = args.as_slice()
        {
            return self.expand_array(arg.clone(), position);
        }
        if let Some(expr) = self.standard_view_call(schema, name, &args, position)? {
            return Ok(expr);
        }
        if signatures::procs(name).is_empty() {
            refuse_side_effects(name, position)?;
        }
        let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        let mut args = args;
        let function = match resolve_named(schema, name, &types, names, false, position) {
            Ok(function) => function,
            Err(report) => {
                let resolve = |types: &[Type]| resolve_named(schema, name, types, names, false, position);
                // Inner calls are looked for first: what BigQuery has, PostgreSQL may not.
                let report = match args.iter().find_map(super::warehouse::missing) {
                    Some(missing) if !self.has_one_integer() => missing,
                    _ => report,
                };
                let (function, integers) = self.with_integers(&args, report, resolve)?;
                args = integers;
                function
            }
        };
        refuse_side_effects(name, position)?;
        match function.kind {
            FunctionKind::Cast(ty) => {
                let arg = args.into_iter().next().ok_or_else(|| Report::internal("a cast without a value"))?;
                self.coercer().coerce(arg, ty, -1, Context::Explicit)
            }
            FunctionKind::Scalar => {
                let args = function.arrange(args);
                let args = self.coercer().coerce_args(args, &function.signature)?;
                if let Some(finite) = self.is_finite(name, &args, position) {
                    return Ok(finite);
                }
                if name == "generate_series"
                    && function.signature.returns == Type::NUMERIC
                    && let Some(call) = self.numeric_series(&args, position)?
                {
                    return self.placed_set_call(call, position);
                }
                if let Some(operator) = self.operator_call(&function.signature, &args, position)? {
                    return Ok(operator);
                }
                if let Some(extreme) = self.extreme_call(&function.signature, &args, position)? {
                    return Ok(extreme);
                }
                let (returns, set) = (function.signature.returns, function.signature.returns_set);
                let call = self.make(ExprKind::Call { function: function.signature, args }, returns, -1, position);
                if set { self.placed_set_call(call, position) } else { Ok(call) }
            }
            FunctionKind::Aggregate { .. } => Err(Report::internal("an aggregate among plain functions").at(position)),
            FunctionKind::Window => {
                Err(Report::new(SqlState::WRONG_OBJECT_TYPE, format!("window function {name} requires an OVER clause")).at(position))
            }
        }
    }

    fn placed_set_call(&mut self, call: Expr, position: Option<u32>) -> Result<Expr> {
        let clause = self.scope().clause;
        let refused = |place: &str| {
            Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("set-returning functions are not allowed in {place}")).at(position))
        };
        if let (Some(construct), Clause::Select | Clause::OrderBy | Clause::GroupBy) = (self.conditionals.last(), clause) {
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("set-returning functions are not allowed in {construct}"))
                .hint("You might be able to move the set-returning function into a LATERAL FROM item.")
                .at(position));
        }
        match clause {
            Clause::From => Ok(call),
            Clause::Select | Clause::OrderBy | Clause::GroupBy => self.set_call(call),
            Clause::Aggregate => {
                Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "aggregate function calls cannot contain set-returning function calls")
                    .hint("You might be able to move the set-returning function into a LATERAL FROM item.")
                    .at(position))
            }
            clause => refused(super::aggregate::place(clause)),
        }
    }

    /// Functions of the schema `sluice`, which the pipeline answers.
    fn sluice_call(&mut self, schema: Option<&str>, name: &str, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        if schema != Some("sluice") {
            return Ok(None);
        }
        let known = sluice::FUNCTIONS.iter().find(|own| own.name == name && own.arguments.len() == args.len());
        let Some(own) = known else {
            let types: Vec<String> = args.iter().map(|arg| arg.ty.format(-1)).collect();
            let report = Report::new(SqlState::UNDEFINED_FUNCTION, format!("function sluice.{name}({}) does not exist", types.join(", ")));
            return Err(report.hint("\\df sluice.* lists the functions of the schema.").at(position));
        };
        let arguments: Vec<Type> = own.arguments.iter().map(|(_, ty)| *ty).collect();
        let coerced =
            args.iter().zip(&arguments).map(|(arg, ty)| self.coerce(arg.clone(), *ty, Context::Implicit)).collect::<Result<Vec<_>>>()?;
        let returns = own.returns;
        let function = Signature {
            oid: own.oid(),
            schema: "sluice",
            name: name.to_owned(),
            arguments,
            variadic: None,
            returns,
            returns_set: false,
            volatility: 'v',
            strict: true,
        };
        Ok(Some(self.make(ExprKind::Call { function: Arc::new(function), args: coerced }, returns, -1, position)))
    }
}

/// The schema of a qualified call.
fn schema_of(qualifier: &[Ident], position: Option<u32>) -> Result<Option<String>> {
    match qualifier {
        [] => Ok(None),
        [schema] => Ok(Some(fold(schema))),
        _ => Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "cross-database references are not implemented").at(position)),
    }
}

/// Refuses functions that change something, wait, or read the server's files.
fn refuse_side_effects(name: &str, position: Option<u32>) -> Result<()> {
    let refused = matches!(
        name,
        "nextval"
            | "setval"
            | "currval"
            | "lastval"
            | "pg_notify"
            | "pg_terminate_backend"
            | "pg_reload_conf"
            | "pg_rotate_logfile"
            | "pg_logical_emit_message"
            | "pg_promote"
            | "pg_switch_wal"
            | "pg_stat_file"
            | "pg_ls_dir"
            | "query_to_xml"
            | "pg_export_snapshot"
    ) || [
        "lo_",
        "pg_read_",
        "pg_ls_",
        "dblink",
        "pg_advisory_",
        "pg_try_advisory_",
        "pg_create_",
        "pg_drop_",
        "pg_replication_",
        "pg_stat_reset",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix));
    if refused { Err(Report::unsupported(format!("function {name}")).at(position)) } else { Ok(()) }
}
