//! Functions that only the session can answer, as the whole of a SELECT: `set_config`, `pg_cancel_backend`, ...

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem, SetExpr, Value};

use super::Session;
use crate::error::{Report, Result, SqlState};
use crate::query::{OutputColumn, QueryContext};
use crate::sql::classify::Read;
use crate::types::Type;
use crate::types::literal::Literal;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    function: Which,
    args: Vec<Arg>,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    SetConfig,
    /// Beside `set_config`, which changes what it shows.
    CurrentSetting,
    /// There are no advisory locks.
    AdvisoryUnlockAll,
    CancelBackend,
    TerminateBackend,
}

#[derive(Clone, Debug)]
enum Arg {
    Null,
    Text(String),
    Parameter(usize),
}

impl Call {
    pub(super) fn column(&self) -> OutputColumn {
        let ty = match self.function {
            Which::SetConfig | Which::CurrentSetting => Type::TEXT,
            Which::AdvisoryUnlockAll => Type::VOID,
            Which::CancelBackend | Which::TerminateBackend => Type::BOOL,
        };
        OutputColumn::new(&self.name, ty)
    }

    fn types(&self) -> &'static [Type] {
        match self.function {
            Which::SetConfig => &[Type::TEXT, Type::TEXT, Type::BOOL],
            Which::CurrentSetting => &[Type::TEXT],
            Which::AdvisoryUnlockAll => &[],
            Which::CancelBackend | Which::TerminateBackend => &[Type::INT4],
        }
    }
}

/// Returns the calls if the query is a SELECT of nothing else.
pub(super) fn find(read: &Read) -> Result<Option<Vec<Call>>> {
    let SetExpr::Select(select) = read.query.body.as_ref() else { return Ok(None) };
    if !select.from.is_empty() || select.selection.is_some() || read.query.with.is_some() {
        return Ok(None);
    }
    let mut calls = Vec::new();
    for item in &select.projection {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            _ => return Ok(None),
        };
        let Expr::Function(function) = expr else { return Ok(None) };
        let Some(call) = call(function, alias) else { return Ok(None) };
        calls.push(call);
    }
    let needed = calls.iter().any(|call| call.function != Which::CurrentSetting);
    Ok(needed.then_some(calls))
}

/// The name of a function of pg_catalog.
pub(super) fn name(function: &Function) -> Option<String> {
    let parts: Vec<String> = function
        .name
        .0
        .iter()
        .filter_map(|part| part.as_ident())
        .map(|ident| if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() })
        .collect();
    match parts.as_slice() {
        [name] => Some(name.clone()),
        [schema, name] if schema == "pg_catalog" => Some(name.clone()),
        _ => None,
    }
}

fn call(function: &Function, alias: Option<String>) -> Option<Call> {
    let name = name(function)?;
    let which = match name.as_str() {
        "set_config" => Which::SetConfig,
        "current_setting" => Which::CurrentSetting,
        "pg_advisory_unlock_all" => Which::AdvisoryUnlockAll,
        "pg_cancel_backend" => Which::CancelBackend,
        "pg_terminate_backend" => Which::TerminateBackend,
        _ => return None,
    };
    let FunctionArguments::List(list) = &function.args else { return None };
    let mut args = Vec::new();
    for arg in &list.args {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { return None };
        args.push(constant(expr)?);
    }
    let call = Call { function: which, args, name: alias.unwrap_or(name) };
    (call.args.len() == call.types().len()).then_some(call)
}

fn constant(expr: &Expr) -> Option<Arg> {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => constant(expr),
        Expr::Value(value) => Some(match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Arg::Text(text.clone()),
            Value::Number(number, _) => Arg::Text(number.clone()),
            Value::Boolean(on) => Arg::Text(on.to_string()),
            Value::Null => Arg::Null,
            Value::Placeholder(name) => Arg::Parameter(name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)?),
            _ => return None,
        }),
        _ => None,
    }
}

/// Returns the types of the parameters that the calls take.
pub(super) fn parameters(calls: &[Call]) -> Vec<Type> {
    let mut types = Vec::new();
    for call in calls {
        for (arg, ty) in call.args.iter().zip(call.types()) {
            if let Arg::Parameter(n) = arg {
                let n = (*n).min(1600);
                if types.len() <= n {
                    types.resize(n + 1, Type::TEXT);
                }
                types[n] = *ty;
            }
        }
    }
    types
}

impl Session {
    /// Answers the calls: one value each.
    pub(super) fn call(&mut self, cx: &QueryContext, calls: &[Call], parameters: &[Literal]) -> Result<Vec<Option<String>>> {
        calls.iter().map(|call| self.call_one(cx, call, parameters)).collect()
    }

    /// Sets a setting, or puts it back where there is no value; returns the value that is in force then.
    pub(super) fn set_config(&mut self, name: Option<String>, value: Option<String>, local: bool) -> Result<String> {
        let name = name.ok_or_else(|| Report::new(SqlState("22004"), "SET requires parameter name"))?;
        match value {
            Some(value) => self.set(&name, &value, local)?,
            None => self.values.reset(&name, local)?,
        }
        Ok(self.show(&name)?.1)
    }

    fn call_one(&mut self, cx: &QueryContext, call: &Call, parameters: &[Literal]) -> Result<Option<String>> {
        let text = |i: usize| match &call.args[i] {
            Arg::Null => None,
            Arg::Text(text) => Some(text.clone()),
            Arg::Parameter(n) => match parameters.get(*n) {
                None | Some(Literal::Null) => None,
                Some(literal) => Some(crate::types::output::literal(literal, call.types()[i], chrono_tz::Tz::UTC)),
            },
        };
        match call.function {
            Which::SetConfig => {
                let local = text(2).and_then(|value| super::settings::boolean(&value)).unwrap_or(false);
                self.set_config(text(0), text(1), local).map(Some)
            }
            Which::CurrentSetting => match text(0) {
                Some(name) => Ok(Some(self.show(&name)?.1)),
                None => Ok(None),
            },
            Which::AdvisoryUnlockAll => Ok(Some(String::new())),
            Which::CancelBackend | Which::TerminateBackend => {
                let Some(pid) = text(0) else { return Ok(None) };
                let pid: i32 = pid.trim().parse().map_err(|_| {
                    Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type integer: \"{pid}\""))
                })?;
                let registry = self.registration.registry();
                if let Some(user) = registry.user(pid)
                    && user != self.principal.user
                    && !self.principal.admin
                {
                    let what = if call.function == Which::CancelBackend { "cancel query of" } else { "terminate" };
                    return Err(Report::new(
                        SqlState::INSUFFICIENT_PRIVILEGE,
                        format!("must be the same user or an admin to {what} this backend"),
                    ));
                }
                let found =
                    if call.function == Which::CancelBackend { registry.cancel_backend(pid) } else { registry.terminate_backend(pid) };
                if !found {
                    super::run::warn(cx, SqlState::WARNING, &format!("PID {pid} is not a PostgreSQL backend process"));
                }
                Ok(Some(if found { "t" } else { "f" }.to_owned()))
            }
        }
    }
}
