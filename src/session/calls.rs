//! Functions that only the session can answer, as the whole of a SELECT: `set_config`, `pg_cancel_backend`, ...

use std::time::Duration;

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, SelectItem, SetExpr, UnaryOperator, Value};

use super::Session;
use super::advisory::{Key, Mode};
use crate::error::{Report, Result, SqlState};
use crate::query::{OutputColumn, QueryContext};
use crate::sql::bind::casts::{Context, can_coerce};
use crate::sql::classify::Read;
use crate::types::literal::Literal;
use crate::types::{Type, input};

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    function: Which,
    args: Vec<Arg>,
    name: String,
}

/// A function of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    SetConfig,
    /// Beside `set_config`, which changes what it shows.
    CurrentSetting,
    /// `pg_advisory_lock` and its sisters.
    Lock {
        how: Locking,
        mode: Mode,
        /// By two integers.
        is_pair: bool,
    },
    AdvisoryUnlockAll,
    CancelBackend,
    TerminateBackend,
}

/// What becomes of an advisory lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locking {
    /// It is taken: perhaps only if it is free, perhaps for the transaction only.
    Take { waits: bool, transaction: bool },
    /// It is let go.
    Free,
}

impl Which {
    /// Finds a function by its name and how many arguments it is given.
    pub(super) fn named(name: &str, arguments: usize) -> Option<Which> {
        match name {
            "set_config" => Some(Which::SetConfig),
            "current_setting" => Some(Which::CurrentSetting),
            "pg_advisory_unlock_all" => Some(Which::AdvisoryUnlockAll),
            "pg_cancel_backend" => Some(Which::CancelBackend),
            "pg_terminate_backend" => Some(Which::TerminateBackend),
            _ => Which::lock(name, arguments),
        }
    }

    /// Returns its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Which::SetConfig => "set_config",
            Which::CurrentSetting => "current_setting",
            Which::AdvisoryUnlockAll => "pg_advisory_unlock_all",
            Which::CancelBackend => "pg_cancel_backend",
            Which::TerminateBackend => "pg_terminate_backend",
            Which::Lock { how, mode, .. } => match (how, mode) {
                (Locking::Free, Mode::Exclusive) => "pg_advisory_unlock",
                (Locking::Free, Mode::Shared) => "pg_advisory_unlock_shared",
                (Locking::Take { waits: true, transaction: false }, Mode::Exclusive) => "pg_advisory_lock",
                (Locking::Take { waits: true, transaction: false }, Mode::Shared) => "pg_advisory_lock_shared",
                (Locking::Take { waits: true, transaction: true }, Mode::Exclusive) => "pg_advisory_xact_lock",
                (Locking::Take { waits: true, transaction: true }, Mode::Shared) => "pg_advisory_xact_lock_shared",
                (Locking::Take { waits: false, transaction: false }, Mode::Exclusive) => "pg_try_advisory_lock",
                (Locking::Take { waits: false, transaction: false }, Mode::Shared) => "pg_try_advisory_lock_shared",
                (Locking::Take { waits: false, transaction: true }, Mode::Exclusive) => "pg_try_advisory_xact_lock",
                (Locking::Take { waits: false, transaction: true }, Mode::Shared) => "pg_try_advisory_xact_lock_shared",
            },
        }
    }

    /// Returns the types of its arguments.
    pub(super) fn types(self) -> &'static [Type] {
        match self {
            Which::SetConfig => &[Type::TEXT, Type::TEXT, Type::BOOL],
            Which::CurrentSetting => &[Type::TEXT],
            Which::AdvisoryUnlockAll => &[],
            Which::Lock { is_pair: false, .. } => &[Type::INT8],
            Which::Lock { is_pair: true, .. } => &[Type::INT4, Type::INT4],
            Which::CancelBackend | Which::TerminateBackend => &[Type::INT4],
        }
    }

    /// Returns the type of what it returns.
    pub(super) fn returns(self) -> Type {
        match self {
            Which::SetConfig | Which::CurrentSetting => Type::TEXT,
            Which::AdvisoryUnlockAll | Which::Lock { how: Locking::Take { waits: true, .. }, .. } => Type::VOID,
            Which::Lock { .. } | Which::CancelBackend | Which::TerminateBackend => Type::BOOL,
        }
    }

    /// Finds a function on advisory locks: `pg_[try_]advisory_[xact_]lock[_shared]`, `pg_advisory_unlock[_shared]`.
    fn lock(name: &str, arguments: usize) -> Option<Which> {
        let (name, mode) = name.strip_suffix("_shared").map_or((name, Mode::Exclusive), |name| (name, Mode::Shared));
        let take = |waits, transaction| Locking::Take { waits, transaction };
        let how = match name {
            "pg_advisory_lock" => take(true, false),
            "pg_try_advisory_lock" => take(false, false),
            "pg_advisory_xact_lock" => take(true, true),
            "pg_try_advisory_xact_lock" => take(false, true),
            "pg_advisory_unlock" => Locking::Free,
            _ => return None,
        };
        Some(Which::Lock { how, mode, is_pair: arguments == 2 })
    }
}

#[derive(Clone, Debug)]
enum Arg {
    Null,
    Text(String),
    /// A number without quotes.
    Number(String),
    /// A parameter, and whether it is cast to what is wanted.
    Parameter(usize, bool),
}

impl Call {
    pub(super) fn column(&self) -> OutputColumn {
        OutputColumn::new(&self.name, self.function.returns())
    }

    /// Tells whether numbers that stand as they are have the types that the function takes: others would call a function that there is not.
    fn takes_its_arguments(&self) -> bool {
        self.args.iter().zip(self.types()).all(|(arg, ty)| match (arg, ty) {
            (Arg::Number(digits), &Type::INT4) => digits.parse::<i32>().is_ok(),
            (Arg::Number(digits), &Type::INT8) => digits.parse::<i64>().is_ok(),
            _ => true,
        })
    }

    /// Tells whether parameters of declared types may be its arguments: others would call a function that there is not.
    fn takes(&self, declared: &[Type]) -> bool {
        self.args.iter().zip(self.types()).all(|(arg, ty)| match arg {
            Arg::Parameter(n, is_cast) => *is_cast || known(declared, *n).is_none_or(|known| can_coerce(known, *ty, Context::Implicit)),
            _ => true,
        })
    }

    fn types(&self) -> &'static [Type] {
        self.function.types()
    }
}

/// Returns the calls if the query is a SELECT of nothing else; `declared` are the types of its parameters that the client declares (0 for none).
pub(super) fn find(read: &Read, declared: &[Type]) -> Result<Option<Vec<Call>>> {
    let SetExpr::Select(select) = read.query.body.as_ref() else { return Ok(None) };
    if !select.from.is_empty() || select.selection.is_some() || read.query.with.is_some() {
        return Ok(None);
    }
    let mut calls = Vec::new();
    for item in &select.projection {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(folded(alias))),
            _ => return Ok(None),
        };
        let Expr::Function(function) = expr else { return Ok(None) };
        let Some(call) = call(function, alias).filter(|call| call.takes(declared)) else { return Ok(None) };
        calls.push(call);
    }
    let needed = calls.iter().any(|call| call.function != Which::CurrentSetting);
    Ok(needed.then_some(calls))
}

/// A name as it is meant: in small letters, unless it is quoted.
pub(super) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// The name of a function of pg_catalog.
pub(super) fn name(function: &Function) -> Option<String> {
    let parts: Vec<String> = function.name.0.iter().filter_map(|part| part.as_ident()).map(folded).collect();
    match parts.as_slice() {
        [name] => Some(name.clone()),
        [schema, name] if schema == "pg_catalog" => Some(name.clone()),
        _ => None,
    }
}

fn call(function: &Function, alias: Option<String>) -> Option<Call> {
    let name = name(function)?;
    let FunctionArguments::List(list) = &function.args else { return None };
    let which = Which::named(&name, list.args.len())?;
    let mut args = Vec::new();
    for arg in &list.args {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else { return None };
        args.push(constant(expr)?);
    }
    let call = Call { function: which, args, name: alias.unwrap_or(name) };
    (call.args.len() == call.types().len() && call.takes_its_arguments()).then_some(call)
}

fn constant(expr: &Expr) -> Option<Arg> {
    match expr {
        Expr::Cast { expr, .. } => Some(match constant(expr)? {
            Arg::Parameter(n, _) => Arg::Parameter(n, true),
            other => other,
        }),
        Expr::Nested(expr) => constant(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match constant(expr)? {
            Arg::Number(number) if !number.starts_with('-') => Some(Arg::Number(format!("-{number}"))),
            _ => None,
        },
        Expr::Value(value) => Some(match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Arg::Text(text.clone()),
            Value::Number(number, _) => Arg::Number(number.clone()),
            Value::Boolean(on) => Arg::Text(on.to_string()),
            Value::Null => Arg::Null,
            Value::Placeholder(name) => Arg::Parameter(name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)?, false),
            _ => return None,
        }),
        _ => None,
    }
}

impl Session {
    async fn lock(&mut self, cx: &QueryContext, key: Key, mode: Mode, how: Locking) -> Result<Option<String>> {
        let shown = |is: bool| Some(if is { "t" } else { "f" }.to_owned());
        let Locking::Take { waits, transaction } = how else {
            let held = self.held_locks.free(&key, mode);
            if held {
                self.registration.registry().locks.free(self.registration.pid(), &key, mode);
            } else {
                super::run::warn(cx, SqlState::WARNING, &format!("you don't own a lock of type {}", mode.name()));
            }
            return Ok(shown(held));
        };
        let (locks, pid) = (&self.registration.registry().locks, self.registration.pid());
        let answer = if waits {
            let limit = self.values.get("lock_timeout").and_then(|ms| ms.parse().ok()).filter(|ms| *ms > 0);
            let patience = async {
                match limit {
                    Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                taken = locks.take(pid, &key, mode) => taken?,
                () = cx.cancel.cancelled() => return Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
                () = patience => return Err(Report::new(SqlState("55P03"), "canceling statement due to lock timeout")),
            }
            Some(String::new())
        } else {
            if !locks.try_take(pid, &key, mode)? {
                return Ok(shown(false));
            }
            shown(true)
        };
        let depth = transaction.then(|| self.transaction.depth());
        self.held_locks.add(key, mode, depth);
        Ok(answer)
    }

    fn free_locks(&mut self, ended: Vec<(Key, Mode)>) {
        for (key, mode) in ended {
            self.registration.registry().locks.free(self.registration.pid(), &key, mode);
        }
    }

    /// Lets go of what was locked for the session.
    pub(super) fn free_session_locks(&mut self) {
        let ended = self.held_locks.end(|depth| depth.is_none());
        self.free_locks(ended);
    }

    /// Lets go of what was locked for the transaction, or behind as many savepoints of it.
    pub(super) fn free_transaction_locks(&mut self, behind: usize) {
        let ended = self.held_locks.end(|depth| depth.is_some_and(|depth| depth >= behind));
        self.free_locks(ended);
    }
}

/// The type that the client declares for a parameter, if it does.
fn known(declared: &[Type], n: usize) -> Option<Type> {
    declared.get(n).copied().filter(|ty| ty.0 != 0 && *ty != Type::UNKNOWN)
}

/// Returns the types of the parameters that the calls take.
pub(super) fn parameters(calls: &[Call], declared: &[Type]) -> Vec<Type> {
    let mut types = Vec::new();
    for call in calls {
        for (arg, ty) in call.args.iter().zip(call.types()) {
            if let Arg::Parameter(n, _) = arg {
                let n = (*n).min(1600);
                if types.len() <= n {
                    types.resize(n + 1, Type::TEXT);
                }
                types[n] = known(declared, n).unwrap_or(*ty);
            }
        }
    }
    types
}

impl Session {
    /// Answers the calls: one value each.
    pub(super) async fn call(&mut self, cx: &QueryContext, calls: &[Call], parameters: &[Literal]) -> Result<Vec<Option<String>>> {
        let mut values = Vec::with_capacity(calls.len());
        for call in calls {
            values.push(self.call_one(cx, call, parameters).await?);
        }
        Ok(values)
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

    async fn call_one(&mut self, cx: &QueryContext, call: &Call, parameters: &[Literal]) -> Result<Option<String>> {
        let text = |i: usize| match &call.args[i] {
            Arg::Null => None,
            Arg::Text(text) | Arg::Number(text) => Some(text.clone()),
            Arg::Parameter(n, _) => match parameters.get(*n) {
                None | Some(Literal::Null) => None,
                Some(literal) => Some(crate::types::output::literal(literal, call.types()[i], crate::types::zone::Tz::UTC)),
            },
        };
        let args: Vec<Option<String>> = (0..call.args.len()).map(text).collect();
        self.perform(cx, call.function, &args).await
    }

    /// Carries out one call; arguments are texts, `None` for NULL.
    pub(super) async fn perform(&mut self, cx: &QueryContext, function: Which, args: &[Option<String>]) -> Result<Option<String>> {
        let text = |i: usize| args.get(i).cloned().flatten();
        match function {
            Which::SetConfig => {
                let local = text(2).and_then(|value| super::settings::boolean(&value)).unwrap_or(false);
                self.set_config(text(0), text(1), local).map(Some)
            }
            Which::CurrentSetting => match text(0) {
                Some(name) => Ok(Some(self.show(&name)?.1)),
                None => Ok(None),
            },
            Which::AdvisoryUnlockAll => {
                self.free_session_locks();
                Ok(Some(String::new()))
            }
            Which::Lock { how, mode, is_pair } => {
                let mut numbers = Vec::new();
                for (i, ty) in function.types().iter().enumerate() {
                    let Some(text) = text(i) else { return Ok(None) };
                    numbers.push(input::number::integer(&text, *ty)?);
                }
                let number = numbers.into_iter().fold(0, |key, number| key << 32 | if is_pair { number & 0xffff_ffff } else { number });
                let key = Key { database: self.database.clone(), is_pair, number };
                self.lock(cx, key, mode, how).await
            }
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
                    let what = if function == Which::CancelBackend { "cancel query of" } else { "terminate" };
                    return Err(Report::new(
                        SqlState::INSUFFICIENT_PRIVILEGE,
                        format!("must be the same user or an admin to {what} this backend"),
                    ));
                }
                let found = if function == Which::CancelBackend { registry.cancel_backend(pid) } else { registry.terminate_backend(pid) };
                if !found {
                    super::run::warn(cx, SqlState::WARNING, &format!("PID {pid} is not a PostgreSQL backend process"));
                }
                Ok(Some(if found { "t" } else { "f" }.to_owned()))
            }
        }
    }
}
