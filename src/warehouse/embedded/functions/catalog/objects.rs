//! `pg_describe_object`: what an object of the catalog is, in words (objectaddress.c).

use super::names::{reg_name, relation_name};
use super::{Gives, Known, Question};
use crate::catalog::model::{Table, stable_oid};
use crate::catalog::pg_catalog::builtin;
use crate::catalog::pg_catalog::cluster::role_name;
use crate::catalog::pg_catalog::relations::kind;
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::ident::quote_ident;
use crate::warehouse::embedded::functions::value::Value;

pub(super) const QUESTIONS: &[Question] = &[Question::new("pg_describe_object", Gives::Text, |known, args| {
    let (class, oid, column) = (args[0].int()?, args[1].int()?, args[2].int()?);
    Ok(words(known, class, oid, column)?.map_or(Value::Null, Value::text))
})];

/// `None` for an object that is not there; 0 of class 0 stands for what is pinned.
fn words(known: &Known, class: i64, oid: i64, column: i64) -> Result<Option<String>> {
    let number = u32::try_from(oid).unwrap_or(0);
    if (class, oid) == (0, 0) {
        return Ok(None);
    }
    let name = known.world.snapshot.schemas.get("pg_catalog").and_then(|schema| {
        let table = schema.tables.values().find(|table| i64::from(table.oid) == class)?;
        (kind(table) == 'r').then_some(table.name.table.as_str())
    });
    Ok(match name {
        Some("pg_class") => relation(known, oid, column),
        Some("pg_namespace") => known.schema(oid).map(|name| format!("schema {}", quote_ident(name))),
        Some("pg_type") => known.type_name(number, -1).map(|name| format!("type {name}")),
        Some("pg_proc") => builtin::proc(number).map(|_| format!("function {}", reg_name(known, Type::REGPROCEDURE, number))),
        Some("pg_database") => {
            let name = known.world.snapshot.databases.iter().find(|name| stable_oid("database", name) == number);
            name.map(|name| format!("database {}", quote_ident(name)))
        }
        Some("pg_authid") => role_name(&known.world, number).map(|name| format!("role {}", quote_ident(&name))),
        Some("pg_constraint") => known.key(oid).filter(|key| key.oid() == number).map(|key| {
            let table = described(known, key.table);
            format!("constraint {} on {table}", quote_ident(&key.key.name))
        }),
        Some("pg_extension") => builtin::name_of("pg_extension", "extname", number).map(|name| format!("extension {}", quote_ident(name))),
        Some("pg_language") => builtin::name_of("pg_language", "lanname", number).map(|name| format!("language {}", quote_ident(name))),
        Some(other) => return Err(Report::unsupported(format!("pg_describe_object() of {other}"))),
        None => return Err(Report::new(SqlState::INTERNAL_ERROR, format!("unrecognized object class: {class}"))),
    })
}

fn relation(known: &Known, oid: i64, column: i64) -> Option<String> {
    let Some(table) = known.relation(oid) else {
        // The index behind a key.
        let key = known.key(oid).filter(|key| i64::from(key.oid()) != oid)?;
        return (column == 0).then(|| format!("index {}", quote_ident(&key.key.name)));
    };
    if column == 0 {
        return Some(described(known, table));
    }
    let name = &table.columns.get(usize::try_from(column - 1).ok()?)?.name;
    Some(format!("column {} of {}", quote_ident(name), described(known, table)))
}

fn described(known: &Known, table: &Table) -> String {
    let word = match kind(table) {
        'v' => "view",
        'm' => "materialized view",
        _ => "table",
    };
    format!("{word} {}", relation_name(known, table))
}
