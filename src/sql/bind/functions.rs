//! Which function a call means: PostgreSQL's resolution rules (chapter 10.3).

use std::sync::{Arc, LazyLock, RwLock};

use rustc_hash::FxHashMap;

use super::candidates::{Candidate, Choice, choose};
use super::coerce::{Context, Path, path};
use super::polymorphic;
use super::signatures::{self, Proc};
use super::warehouse;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, Signature};
use crate::types::Type;
use crate::types::literal::Literal;

/// A resolved call.
#[derive(Clone, Debug)]
pub struct Function {
    /// The function with its argument types; for [`FunctionKind::Cast`] only `returns` means something.
    pub signature: Arc<Signature>,
    /// What kind of function it is.
    pub kind: FunctionKind,
    slots: Arc<[Slot]>,
}

/// The kinds of function (`pg_proc.prokind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// A plain function.
    Scalar,
    /// An aggregate.
    Aggregate {
        /// `n` normal, `o` ordered-set, `h` hypothetical-set (`pg_aggregate.aggkind`).
        kind: char,
        /// How many arguments stand inside the parentheses of an ordered-set aggregate; the others come from WITHIN GROUP.
        direct_args: usize,
    },
    /// A function that needs OVER.
    Window,
    /// `text(x)`, `int4(x)`: the call is an explicit cast of its one argument to this type.
    Cast(Type),
}

/// Where an argument of the signature comes from.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// The call's argument of this index.
    Given(usize),
    /// The n-th default expression of the function.
    Default(usize),
}

impl Function {
    /// Puts the call's arguments into the order of the signature and fills in defaults: done before `Coercer::coerce_args`.
    pub fn arrange(&self, args: Vec<Expr>) -> Vec<Expr> {
        let defaults = signatures::proc_by_oid(self.signature.oid).map_or(&[][..], |proc| &proc.defaults);
        let mut args: Vec<Option<Expr>> = args.into_iter().map(Some).collect();
        let take = |(i, slot): (usize, &Slot)| match *slot {
            Slot::Given(given) => args.get_mut(given).and_then(Option::take),
            Slot::Default(n) => Some(default_value(defaults.get(n)?, *self.signature.arguments.get(i)?)),
        };
        self.slots.iter().enumerate().filter_map(take).collect()
    }
}

/// Resolves a call with positional arguments. `variadic`: the last argument is marked VARIADIC. For ordered-set aggregates
/// `args` are the direct arguments followed by those of WITHIN GROUP. `count(*)` is `count` without arguments.
///
/// # Errors
/// 42883 and 42725 with PostgreSQL's wording and hints.
pub fn resolve_function(schema: Option<&str>, name: &str, args: &[Type], variadic: bool, position: Option<u32>) -> Result<Function> {
    resolve_named(schema, name, args, &[], variadic, position)
}

/// What was asked before, by the function's name: the types of the arguments, and what is called then. The answer depends on nothing else, and
/// most queries ask for the same few. Bounded by [`ANSWERS`].
static ANSWERED: LazyLock<RwLock<Answers>> = LazyLock::new(RwLock::default);
/// How many answers are kept.
const ANSWERS: usize = 4096;

#[derive(Default)]
struct Answers {
    by_name: FxHashMap<&'static str, Vec<Answer>>,
    count: usize,
}

/// The types of the arguments, and what is called then.
type Answer = (Box<[Type]>, Function);

impl Answers {
    fn get(&self, name: &str, args: &[Type]) -> Option<Function> {
        self.by_name.get(name)?.iter().find(|(types, _)| **types == *args).map(|(_, function)| function.clone())
    }

    fn keep(&mut self, name: &'static str, args: &[Type], function: &Function) {
        if self.count < ANSWERS {
            self.count += 1;
            self.by_name.entry(name).or_default().push((args.into(), function.clone()));
        }
    }
}

/// Resolves a call whose last arguments are named (`make_interval(days => 7)`); `names` are theirs, in order.
///
/// # Errors
/// As [`resolve_function`].
pub fn resolve_named(
    schema: Option<&str>,
    name: &str,
    args: &[Type],
    names: &[&str],
    variadic: bool,
    position: Option<u32>,
) -> Result<Function> {
    if !names.is_empty() || variadic || schema.is_some_and(|schema| schema != "pg_catalog") {
        return find(schema, name, args, names, variadic, position);
    }
    if let Ok(answered) = ANSWERED.read()
        && let Some(function) = answered.get(name, args)
    {
        return Ok(function);
    }
    let function = find(schema, name, args, names, variadic, position)?;
    // Names that nothing in the catalog has are not kept: there is no end of them.
    if let Some(proc) = signatures::procs(name).first()
        && let Ok(mut answered) = ANSWERED.write()
    {
        answered.keep(proc.name, args, &function);
    }
    Ok(function)
}

fn find(schema: Option<&str>, name: &str, args: &[Type], names: &[&str], variadic: bool, position: Option<u32>) -> Result<Function> {
    let known = schema.is_none_or(|schema| schema == "pg_catalog");
    let procs = if known { signatures::procs(name) } else { &[] };
    let mut candidates: Vec<Candidate<Call>> = procs.iter().filter_map(|proc| candidate(proc, args.len(), names, variadic)).collect();
    // Of two with the same arguments the one that does not gather them is meant (namespace.c, `FuncnameGetCandidates`).
    let plain: Vec<Vec<Type>> =
        candidates.iter().filter(|candidate| candidate.what.variadic.is_none()).map(|candidate| candidate.arguments.clone()).collect();
    candidates.retain(|candidate| candidate.what.variadic.is_none() || !plain.contains(&candidate.arguments));
    let choice = match candidates.iter().find(|candidate| candidate.arguments == args) {
        Some(exact) => Choice::One(exact.clone()),
        None => match cast_target(name, args, names).filter(|_| known) {
            Some(target) => return Ok(cast_function(name, args[0], target)),
            None => choose(args, candidates),
        },
    };
    let refuse = |state, what: &str, hint: &str| {
        let message = format!("function {} {what}", spelled(schema, name, args, names));
        Err(Report::new(state, message).hint(format!("{hint} You might need to add explicit type casts.")).at(position))
    };
    match choice {
        Choice::One(candidate) => candidate.what.resolve(args).map_err(|report| report.at(position)),
        Choice::None if procs.is_empty() && names.is_empty() && !variadic && warehouse::resolve(schema, name, args).is_some() => {
            let (signature, kind) =
                warehouse::resolve(schema, name, args).ok_or_else(|| Report::internal("a function of the warehouse"))?;
            Ok(Function { signature, kind, slots: (0..args.len()).map(Slot::Given).collect() })
        }
        Choice::None => refuse(SqlState::UNDEFINED_FUNCTION, "does not exist", "No function matches the given name and argument types."),
        Choice::Many => refuse(SqlState::AMBIGUOUS_FUNCTION, "is not unique", "Could not choose a best candidate function."),
    }
}

/// Tells whether some function of this name is an aggregate or a window function.
pub fn is_aggregate(name: &str) -> bool {
    let procs = signatures::procs(name);
    procs.iter().any(|proc| matches!(proc.kind, 'a' | 'w')) || (procs.is_empty() && warehouse::is_aggregate(name))
}

/// Returns the OID of the one function of this name; `None` if there is none, or several.
pub fn oid_of(name: &str) -> Option<u32> {
    match signatures::procs(name) {
        [proc] => Some(proc.oid),
        _ => None,
    }
}

/// Returns the name of the one OUT parameter of a function (`value` of `jsonb_array_elements`): it names the column in FROM.
pub fn output_name(oid: u32) -> Option<&'static str> {
    match signatures::proc_by_oid(oid)?.out_columns.as_slice() {
        [(name, _)] if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// Returns the names and types of the columns of a function with OUT parameters (`jsonb_each`), `None` for any other function.
pub fn output_columns(oid: u32) -> Option<Vec<(String, Type)>> {
    let columns = &signatures::proc_by_oid(oid)?.out_columns;
    (columns.len() > 1).then(|| columns.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect())
}

/// A function as one call would use it.
#[derive(Clone, Debug)]
struct Call {
    proc: &'static Proc,
    slots: Vec<Slot>,
    variadic: Option<usize>,
}

impl Call {
    fn declared(&self, slot: usize) -> Type {
        match (self.variadic, self.proc.variadic) {
            (Some(from), Some(element)) if slot >= from => element,
            _ => self.proc.arguments[slot],
        }
    }

    fn resolve(&self, given: &[Type]) -> Result<Function> {
        let declared: Vec<Type> = (0..self.slots.len()).map(|slot| self.declared(slot)).collect();
        let actual: Vec<Type> =
            self.slots.iter().zip(&declared).map(|(slot, ty)| if let Slot::Given(i) = slot { given[*i] } else { *ty }).collect();
        let (mut arguments, returns) = polymorphic::resolve(&actual, &declared, self.proc.returns)?;
        for (argument, actual) in arguments.iter_mut().zip(&actual) {
            if *argument == Type::ANY {
                // "any" takes what comes, even a constant that stays of unknown type.
                *argument = *actual;
            }
        }
        let proc = self.proc;
        let kind = match proc.kind {
            'a' => FunctionKind::Aggregate { kind: proc.aggregate_kind, direct_args: self.direct_args() },
            'w' => FunctionKind::Window,
            _ => FunctionKind::Scalar,
        };
        let signature = Signature {
            oid: proc.oid,
            schema: "pg_catalog",
            name: proc.name.to_owned(),
            arguments,
            variadic: self.variadic,
            returns,
            returns_set: proc.returns_set,
            volatility: proc.volatility,
            strict: proc.strict,
        };
        Ok(Function { signature: Arc::new(signature), kind, slots: self.slots.as_slice().into() })
    }

    /// A hypothetical-set aggregate (`rank(1, 2) WITHIN GROUP (ORDER BY a, b)`) has one direct argument for each sort key.
    fn direct_args(&self) -> usize {
        if self.proc.aggregate_kind == 'h' { self.slots.len() / 2 } else { self.proc.direct_arguments }
    }
}

/// Lays the function out for a call with so many arguments, or returns `None` if it cannot take them (namespace.c, `FuncnameGetCandidates`).
fn candidate(proc: &'static Proc, count: usize, names: &[&str], variadic: bool) -> Option<Candidate<Call>> {
    let declared = proc.arguments.len();
    let first_default = declared - proc.defaults.len();
    if !names.is_empty() {
        let positional = count - names.len();
        let mut slots: Vec<Option<Slot>> = vec![None; declared];
        for i in 0..count {
            let at = if i < positional { i } else { proc.argument_names.iter().position(|name| *name == names[i - positional])? };
            let slot = slots.get_mut(at).filter(|slot| slot.is_none())?;
            *slot = Some(Slot::Given(i));
        }
        let filled = slots.into_iter().enumerate().map(|(i, slot)| slot.or(i.checked_sub(first_default).map(Slot::Default)));
        let call = Call { proc, slots: filled.collect::<Option<Vec<Slot>>>()?, variadic: None };
        let mut arguments = vec![Type::ANY; count];
        for (at, slot) in call.slots.iter().enumerate() {
            if let Slot::Given(i) = slot {
                arguments[*i] = proc.arguments[at];
            }
        }
        return Some(Candidate { arguments, what: call });
    }
    let gathers = proc.variadic.is_some() && !variadic && declared <= count;
    if !gathers && (count > declared || count < first_default) {
        return None;
    }
    let given = (0..count).map(Slot::Given);
    let defaults = (count..declared).map(|i| Slot::Default(i - first_default));
    let call = Call { proc, slots: given.chain(defaults).collect(), variadic: gathers.then(|| declared - 1) };
    Some(Candidate { arguments: (0..count).map(|slot| call.declared(slot)).collect(), what: call })
}

/// Step 3 of chapter 10.3: a call of one argument by the name of a type is a cast, if it needs no function or any I/O conversion.
fn cast_target(name: &str, args: &[Type], names: &[&str]) -> Option<Type> {
    let ([source], []) = (args, names) else { return None };
    let target = Type::by_name(name)?;
    match path(*source, target, Context::Explicit) {
        _ if *source == Type::UNKNOWN => Some(target),
        Some(Path::Binary) => Some(target),
        Some(Path::InOut) if *source != Type::RECORD || target.category() != 'S' => Some(target),
        _ => None,
    }
}

fn cast_function(name: &str, source: Type, target: Type) -> Function {
    let signature = Signature {
        oid: 0,
        schema: "pg_catalog",
        name: name.to_owned(),
        arguments: vec![source],
        variadic: None,
        returns: target,
        returns_set: false,
        volatility: 's',
        strict: true,
    };
    Function { signature: Arc::new(signature), kind: FunctionKind::Cast(target), slots: [Slot::Given(0)].into() }
}

fn spelled(schema: Option<&str>, name: &str, args: &[Type], names: &[&str]) -> String {
    let positional = args.len() - names.len();
    let one = |(i, ty): (usize, &Type)| match i.checked_sub(positional) {
        Some(n) => format!("{} => {ty}", names[n]),
        None => ty.to_string(),
    };
    let list: Vec<String> = args.iter().enumerate().map(one).collect();
    let prefix = schema.map(|schema| format!("{schema}.")).unwrap_or_default();
    format!("{prefix}{name}({})", list.join(", "))
}

/// Reads a default expression of the generated table: `true`, `0`, `0.0`, `'NFC'::text`, `'{}'::jsonb`.
fn default_value(text: &str, ty: Type) -> Expr {
    let quoted = text.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map(|(value, _)| value);
    let literal = match (ty, quoted) {
        (Type::BOOL, _) => Literal::Bool(text == "true"),
        (Type::INT4 | Type::INT8, _) => Literal::Int(text.parse().unwrap_or(0)),
        (Type::FLOAT8, _) => Literal::Float(text.parse().unwrap_or(0.0)),
        (Type::JSONB, Some(value)) => Literal::Json(value.to_owned()),
        (Type::TEXT, Some(value)) => Literal::Text(value.to_owned()),
        _ => Literal::Array(Vec::new()),
    };
    Expr::literal(literal, ty, None)
}

#[cfg(test)]
mod tests;
