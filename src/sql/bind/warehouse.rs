//! BigQuery's own functions: what PostgreSQL does not know and BigQuery does passes through under its name, with its types.
//!
//! `signatures/bigquery.tsv`: name, kind (`s` scalar, `v` volatile, `a` aggregate), arguments, result. A type is one letter, `x` any; `?` may be left out,
//! `*` may come again. A result is a letter, or made of argument n: `=n` its type, `[n` an array of it, `.n` its element, `/` that of a division.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::functions::FunctionKind;
use crate::error::{Report, SqlState};
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

/// One function.
struct Known {
    kind: char,
    arguments: Vec<&'static str>,
    returns: &'static str,
}

static KNOWN: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let mut fields = line.split('\t');
        let (name, kind) = (fields.next()?, fields.next()?.chars().next()?);
        let arguments = fields.next()?.split(' ').filter(|argument| !argument.is_empty()).collect();
        Some((name, Known { kind, arguments, returns: fields.next()? }))
    };
    include_str!("signatures/bigquery.tsv").lines().filter_map(line).collect()
});

/// Finds a function of BigQuery by its name (`net.host`, `safe.parse_date`) and the types of its arguments.
pub fn resolve(schema: Option<&str>, name: &str, given: &[Type]) -> Option<(Arc<Signature>, FunctionKind)> {
    let (safe, plain) = match schema {
        None => ("", name.to_owned()),
        Some("safe") => ("safe.", name.to_owned()),
        Some(schema @ ("net" | "hll_count")) => ("", format!("{schema}.{name}")),
        Some(_) => return None,
    };
    let known = KNOWN.get(plain.as_str())?;
    let required = known.arguments.iter().filter(|argument| !argument.ends_with(['?', '*'])).count();
    let repeats = known.arguments.last().is_some_and(|argument| argument.ends_with('*'));
    if given.len() < required || (given.len() > known.arguments.len() && !repeats) || (known.kind == 'a' && !safe.is_empty()) {
        return None;
    }
    let declared = |i: usize| known.arguments.get(i).or(known.arguments.last()).and_then(|argument| letter(&argument[..1]));
    let arguments: Vec<Type> =
        given.iter().enumerate().map(|(i, ty)| if *ty == Type::UNKNOWN { declared(i).unwrap_or(Type::TEXT) } else { *ty }).collect();
    let returns = match known.returns.split_at(1) {
        ("=", n) => *arguments.get(n.parse::<usize>().ok()?)?,
        ("[", n) => arguments.get(n.parse::<usize>().ok()?)?.array()?,
        (".", n) => arguments.get(n.parse::<usize>().ok()?)?.element()?,
        ("/", _) if arguments.contains(&Type::NUMERIC) && !arguments.contains(&Type::FLOAT8) => Type::NUMERIC,
        ("/", _) => Type::FLOAT8,
        (letter_of, _) => letter(letter_of)?,
    };
    let signature = Signature {
        oid: 0,
        schema: "bigquery",
        name: format!("{safe}{plain}"),
        arguments,
        variadic: None,
        returns,
        returns_set: false,
        volatility: if known.kind == 'v' { 'v' } else { 'i' },
        strict: false,
    };
    let kind = if known.kind == 'a' { FunctionKind::Aggregate { kind: 'n', direct_args: 0 } } else { FunctionKind::Scalar };
    Some((Arc::new(signature), kind))
}

/// The error for the first call, inner ones first, of a function that PostgreSQL and the embedded engine do not have.
pub fn missing(expr: &Expr) -> Option<Report> {
    if let Some(report) = walk::children(expr).into_iter().find_map(missing) {
        return Some(report);
    }
    let (function, args) = match &expr.kind {
        ExprKind::Call { function, args } => (function, args),
        ExprKind::Aggregate(call) => (&call.function, &call.args),
        ExprKind::Window(call) => (&call.function, &call.args),
        _ => return None,
    };
    if function.schema != "bigquery" {
        return None;
    }
    // What a constant without a type became says nothing of what was called.
    let shown = |(arg, ty): (&Expr, &Type)| match &arg.kind {
        ExprKind::Literal(Literal::Text(_) | Literal::Json(_) | Literal::Null) => Type::UNKNOWN.to_string(),
        _ => ty.to_string(),
    };
    let types: Vec<String> = args.iter().zip(&function.arguments).map(shown).collect();
    let report = Report::new(SqlState::UNDEFINED_FUNCTION, format!("function {}({}) does not exist", function.name, types.join(", ")));
    Some(report.hint("BigQuery has a function of this name; the embedded engine has none, and neither has PostgreSQL.").at(expr.position))
}

/// Tells whether BigQuery has an aggregate of this name.
pub fn is_aggregate(name: &str) -> bool {
    KNOWN.iter().any(|(known, function)| function.kind == 'a' && known.rsplit('.').next() == Some(name))
}

fn letter(letter: &str) -> Option<Type> {
    Some(match letter {
        "b" => Type::BOOL,
        "i" => Type::INT8,
        "f" => Type::FLOAT8,
        "n" => Type::NUMERIC,
        "t" => Type::TEXT,
        "y" => Type::BYTEA,
        "d" => Type::DATE,
        "T" => Type::TIME,
        "D" => Type::TIMESTAMP,
        "z" => Type::TIMESTAMPTZ,
        "j" => Type::JSONB,
        "S" => Type::TEXT_ARRAY,
        "I" => Type::INT8_ARRAY,
        "J" => Type::JSONB.array()?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(schema: Option<&str>, name: &str, given: &[Type]) -> Option<(String, Type)> {
        resolve(schema, name, given).map(|(signature, _)| (signature.name.clone(), signature.returns))
    }

    #[test]
    fn functions_pass_with_their_types() {
        assert_eq!(result(None, "approx_count_distinct", &[Type::TEXT]), Some(("approx_count_distinct".into(), Type::INT8)));
        assert_eq!(result(None, "any_value", &[Type::DATE]), Some(("any_value".into(), Type::DATE)));
        assert_eq!(result(None, "approx_quantiles", &[Type::FLOAT8, Type::INT4]).map(|found| found.1), Type::FLOAT8.array());
        assert_eq!(result(Some("net"), "host", &[Type::UNKNOWN]), Some(("net.host".into(), Type::TEXT)));
        assert_eq!(result(Some("safe"), "parse_date", &[Type::UNKNOWN, Type::TEXT]), Some(("safe.parse_date".into(), Type::DATE)));
        assert_eq!(result(None, "safe_divide", &[Type::NUMERIC, Type::INT8]).map(|found| found.1), Some(Type::NUMERIC));
        assert_eq!(result(None, "safe_divide", &[Type::INT8]), None);
        assert_eq!(result(Some("shop"), "host", &[Type::TEXT]), None);
        assert!(is_aggregate("countif") && is_aggregate("merge") && !is_aggregate("host"));
    }

    #[test]
    fn every_line_of_the_table_can_be_called() {
        for (name, known) in KNOWN.iter() {
            let types = |any: Type| known.arguments.iter().map(|argument| letter(&argument[..1]).unwrap_or(any)).collect::<Vec<Type>>();
            let (schema, plain) = name.split_once('.').map_or((None, *name), |(schema, plain)| (Some(schema), plain));
            let called = [Type::TEXT, Type::TEXT_ARRAY].into_iter().any(|any| resolve(schema, plain, &types(any)).is_some());
            assert!(called, "{name}");
        }
    }
}
