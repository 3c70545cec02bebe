//! The objects that constants of regclass, regtype, regproc, ... name.

use super::BindContext;
use crate::catalog::model::Snapshot;
use crate::catalog::pg_catalog::{role_oid, row_types, schema_oid};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

/// Looks up the OID that a name means for a reg* type.
///
/// # Errors
/// As the type's input function: 42P01 for a relation, 42704 for a type or schema, 42883 for a function.
pub fn lookup(cx: &BindContext, ty: Type, text: &str) -> Result<u32> {
    if text == "-" {
        return Ok(0);
    }
    if let Ok(oid) = text.parse::<u32>() {
        return Ok(oid);
    }
    if ty == Type::REGTYPE {
        return type_oid(cx.snapshot, cx.search_path, text);
    }
    if ty == Type::REGPROCEDURE {
        return regprocedure(text);
    }
    let parts = split(text)?;
    match (ty, parts.as_slice()) {
        (Type::REGCLASS, [.., name]) => {
            let schema = parts.len().checked_sub(2).map(|i| parts[i].as_str());
            let table = cx.snapshot.table(schema, name, cx.search_path);
            table
                .map(|table| table.oid)
                .ok_or_else(|| Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{text}\" does not exist")))
        }
        (Type::REGNAMESPACE, [name]) => match cx.snapshot.schema(name) {
            Some(schema) => Ok(schema_oid(&schema.name)),
            None => Err(Report::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))),
        },
        (Type::REGROLE, [name]) => Ok(role_oid(name)),
        (Type::REGPROC | Type::REGOPER, [.., name]) => super::functions::oid_of(name)
            .ok_or_else(|| Report::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist"))),
        _ => Err(Report::unsupported(format!("a constant of type {ty}"))),
    }
}

/// Reads `name(type, ...)`.
fn regprocedure(text: &str) -> Result<u32> {
    let missing = || Report::new(SqlState::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist"));
    let Some((name, arguments)) = text.trim().strip_suffix(')').and_then(|text| text.split_once('(')) else {
        return Err(Report::new(SqlState::INVALID_TEXT_REPRESENTATION, "expected a left parenthesis"));
    };
    let parts = split(name)?;
    let (name, schema) = parts.split_last().ok_or_else(missing)?;
    if schema.last().is_some_and(|schema| schema != "pg_catalog") {
        return Err(missing());
    }
    let mut types = Vec::new();
    for argument in arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty()) {
        types.push(Type(regtype(argument)?));
    }
    super::signatures::procs(name).iter().find(|proc| proc.arguments == types).map(|proc| proc.oid).ok_or_else(missing)
}

/// Returns the OID of the type that a text names: one of PostgreSQL's, or the row type of a relation, or an array of such rows.
///
/// # Errors
/// 42704 for what names no type.
pub fn type_oid(snapshot: &Snapshot, search_path: &[String], text: &str) -> Result<u32> {
    let report = match regtype(text) {
        Err(report) if report.sqlstate == SqlState::UNDEFINED_OBJECT => report,
        known => return known,
    };
    let bare = text.trim();
    let (name, is_array) = match bare.strip_suffix("[]") {
        Some(name) => (name.trim_end_matches("[]"), true),
        None => (bare, false),
    };
    let Ok(parts) = split(name) else { return Err(report) };
    let table = match parts.as_slice() {
        [name] => snapshot.table(None, name, search_path),
        [schema, name] => snapshot.table(Some(schema), name, &[]),
        _ => None,
    };
    let (row, array) = row_types::oids(table.ok_or(report)?);
    Ok(if is_array { array } else { row })
}

/// Reads a type's SQL spelling.
///
/// # Errors
/// 42704 for what names no type.
pub fn regtype(text: &str) -> Result<u32> {
    let dialect = crate::sql::parse::dialect::Postgres::default();
    let missing = || Report::new(SqlState::UNDEFINED_OBJECT, format!("type \"{text}\" does not exist"));
    let mut parser = sqlparser::parser::Parser::new(&dialect).try_with_sql(text).map_err(|_| missing())?;
    let name = parser.parse_data_type().map_err(|_| missing())?;
    Ok(super::type_of(&name)?.0.0)
}

/// Splits `schema."Name"` into folded parts.
///
/// # Errors
/// 42602 for what is no name.
pub fn split(text: &str) -> Result<Vec<String>> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.trim().chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '"' if quoted && chars.peek() == Some(&'"') => {
                part.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            ch if quoted => part.push(ch),
            ch => part.push(ch.to_ascii_lowercase()),
        }
    }
    parts.push(part);
    if quoted || parts.iter().any(String::is_empty) {
        return Err(Report::new(SqlState("42602"), "invalid name syntax"));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_and_folded() {
        assert_eq!(split("Public.\"Mixed \"\"Case\"").unwrap(), ["public", "Mixed \"Case"]);
        assert!(split("a..b").is_err());
        assert_eq!(regtype("double precision").unwrap(), Type::FLOAT8.0);
    }
}
