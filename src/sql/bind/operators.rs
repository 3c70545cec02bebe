//! Which operator is meant: PostgreSQL's resolution rules (chapter 10.2).

use std::sync::{Arc, LazyLock, RwLock};

use rustc_hash::FxHashMap;

use super::candidates::{Candidate, Choice, choose};
use super::polymorphic;
use super::signatures::{self, Operator};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::Signature;
use crate::types::Type;

/// An operator's name, and the types of its operands.
type Question<'a> = (&'a str, Option<Type>, Type);

/// What was asked before: the answer depends on nothing else, and most queries ask for the same few. Bounded by [`ANSWERS`].
static ANSWERED: LazyLock<RwLock<FxHashMap<Question<'static>, Arc<Signature>>>> = LazyLock::new(RwLock::default);
/// How many answers are kept.
const ANSWERS: usize = 4096;

/// Resolves an infix operator, or a prefix operator when `left` is `None`.
///
/// # Errors
/// 42883 and 42725 with PostgreSQL's wording and hints.
pub fn resolve_operator(name: &str, left: Option<Type>, right: Type, position: Option<u32>) -> Result<Arc<Signature>> {
    // PostgreSQL's scanner turns != into <> before anything sees it.
    let name = if name == "!=" { "<>" } else { name };
    if let Ok(answered) = ANSWERED.read()
        && let Some(signature) = answered.get(&(name, left, right))
    {
        return Ok(signature.clone());
    }
    let (operator, signature) = find(name, left, right, position)?;
    if let Ok(mut answered) = ANSWERED.write()
        && answered.len() < ANSWERS
    {
        answered.insert((operator.name, left, right), signature.clone());
    }
    Ok(signature)
}

fn find(name: &str, left: Option<Type>, right: Type, position: Option<u32>) -> Result<(&'static Operator, Arc<Signature>)> {
    let types: Vec<Type> = left.into_iter().chain([right]).collect();
    let operators = signatures::operators(name).iter().filter(|operator| operator.left.is_some() == left.is_some());
    let candidates = operators.map(|operator| Candidate { arguments: operator.arguments(), what: operator });
    // An operand of unknown type is first taken to have the other's type.
    let alike = match (left, right) {
        (Some(Type::UNKNOWN), known) | (Some(known), Type::UNKNOWN) => vec![known, known],
        _ => types.clone(),
    };
    let candidates: Vec<Candidate<&'static Operator>> = candidates.collect();
    let choice = match candidates.iter().find(|candidate| candidate.arguments == alike) {
        Some(exact) => Choice::One(exact.clone()),
        None => choose(&types, candidates),
    };
    let chosen = match choice {
        Choice::One(candidate) => candidate,
        Choice::None => return Err(not_found(name, left, right).at(position)),
        Choice::Many => return Err(ambiguous(name, left, right).at(position)),
    };
    let operator = chosen.what;
    if matches!(operator.name, "<" | "<=" | ">" | ">=") {
        super::order::check_order(operator.right, position)?;
    }
    let (arguments, returns) = polymorphic::resolve(&types, &chosen.arguments, operator.returns).map_err(|report| report.at(position))?;
    let signature = Signature {
        oid: operator.oid,
        schema: "pg_catalog",
        name: operator.name.to_owned(),
        arguments,
        variadic: None,
        returns,
        returns_set: false,
        volatility: operator.volatility,
        strict: operator.strict,
    };
    Ok((operator, Arc::new(signature)))
}

impl Operator {
    /// Returns the operand types, left before right.
    pub fn arguments(&self) -> Vec<Type> {
        self.left.into_iter().chain([self.right]).collect()
    }
}

fn spelled(name: &str, left: Option<Type>, right: Type) -> String {
    match left {
        Some(left) => format!("{left} {name} {right}"),
        None => format!("{name} {right}"),
    }
}

fn not_found(name: &str, left: Option<Type>, right: Type) -> Report {
    let hint = if left.is_some() {
        "No operator matches the given name and argument types. You might need to add explicit type casts."
    } else {
        "No operator matches the given name and argument type. You might need to add an explicit type cast."
    };
    Report::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {}", spelled(name, left, right))).hint(hint)
}

fn ambiguous(name: &str, left: Option<Type>, right: Type) -> Report {
    Report::new(SqlState::AMBIGUOUS_FUNCTION, format!("operator is not unique: {}", spelled(name, left, right)))
        .hint("Could not choose a best candidate operator. You might need to add explicit type casts.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(left: Type, name: &str, right: Type) -> (Vec<Type>, Type) {
        let signature = resolve_operator(name, Some(left), right, None).unwrap();
        (signature.arguments.clone(), signature.returns)
    }

    #[test]
    fn operands_decide() {
        assert_eq!(resolve(Type::INT4, "/", Type::INT4), (vec![Type::INT4, Type::INT4], Type::INT4));
        assert_eq!(resolve(Type::INT4, "*", Type::NUMERIC), (vec![Type::NUMERIC, Type::NUMERIC], Type::NUMERIC));
        assert_eq!(resolve(Type::FLOAT4, "+", Type::NUMERIC), (vec![Type::FLOAT4, Type::FLOAT8], Type::FLOAT8));
        assert_eq!(resolve(Type::DATE, "-", Type::DATE), (vec![Type::DATE, Type::DATE], Type::INT4));
        assert_eq!(resolve(Type::DATE, "+", Type::INTERVAL).1, Type::TIMESTAMP);
        assert_eq!(resolve(Type::DATE, "<", Type::TIMESTAMPTZ).0, [Type::DATE, Type::TIMESTAMPTZ]);
        assert_eq!(resolve(Type::VARCHAR, "=", Type::TEXT).0, [Type::TEXT, Type::TEXT]);
        assert_eq!(resolve(Type::VARCHAR, "=", Type::VARCHAR).0, [Type::TEXT, Type::TEXT]);
        assert_eq!(resolve(Type::BPCHAR, "=", Type::VARCHAR).0, [Type::BPCHAR, Type::BPCHAR]);
        assert_eq!(resolve(Type::INT2, "=", Type::INT8).0, [Type::INT2, Type::INT8]);
        assert_eq!(resolve(Type::INT4_ARRAY, "@>", Type::INT4_ARRAY).0, [Type::INT4_ARRAY, Type::INT4_ARRAY]);
        assert_eq!(resolve(Type::TEXT, "||", Type::INT4), (vec![Type::TEXT, Type::INT4], Type::TEXT));
        assert_eq!(resolve(Type::INT4_ARRAY, "||", Type::INT4).0, [Type::INT4_ARRAY, Type::INT4]);
        assert_eq!(resolve_operator("-", None, Type::INT8, None).unwrap().arguments, [Type::INT8]);
    }

    #[test]
    fn unknown_literals_take_the_other_type() {
        assert_eq!(resolve(Type::DATE, "=", Type::UNKNOWN).0, [Type::DATE, Type::DATE]);
        assert_eq!(resolve(Type::UNKNOWN, "+", Type::INT4).0, [Type::INT4, Type::INT4]);
        assert_eq!(resolve(Type::UNKNOWN, "||", Type::UNKNOWN), (vec![Type::TEXT, Type::TEXT], Type::TEXT));
        assert_eq!(resolve(Type::JSONB, "->", Type::UNKNOWN).0, [Type::JSONB, Type::TEXT]);
        assert_eq!(resolve(Type::TIMESTAMPTZ, "-", Type::UNKNOWN).0, [Type::TIMESTAMPTZ, Type::TIMESTAMPTZ]);
        assert_eq!(resolve(Type::INT4_ARRAY, "&&", Type::UNKNOWN).0, [Type::INT4_ARRAY, Type::INT4_ARRAY]);
        assert_eq!(resolve(Type::INT4_ARRAY, "||", Type::UNKNOWN).0, [Type::INT4_ARRAY, Type::INT4_ARRAY]);
        assert_eq!(resolve(Type::DATERANGE, "@>", Type::UNKNOWN).0, [Type::DATERANGE, Type::DATERANGE]);
        assert_eq!(resolve(Type::UNKNOWN, "=", Type::UNKNOWN).0, [Type::TEXT, Type::TEXT]);
        assert_eq!(resolve(Type::VARCHAR, "~~", Type::UNKNOWN).0, [Type::TEXT, Type::TEXT]);
    }

    #[test]
    fn errors_are_worded_like_postgresql() {
        let error = resolve_operator("+", Some(Type::TEXT), Type::INT4, Some(8)).unwrap_err();
        assert_eq!(error.message, "operator does not exist: text + integer");
        assert_eq!(error.sqlstate, SqlState::UNDEFINED_FUNCTION);
        assert_eq!(error.position, Some(8));
        let error = resolve_operator("+", Some(Type::UNKNOWN), Type::UNKNOWN, None).unwrap_err();
        assert_eq!(error.message, "operator is not unique: unknown + unknown");
        let error = resolve_operator("-", None, Type::TEXT, None).unwrap_err();
        assert_eq!(error.message, "operator does not exist: - text");
    }
}
