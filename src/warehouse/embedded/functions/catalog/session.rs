//! The session and what it may do: current_schemas, has_table_privilege, pg_backend_pid, ...

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray};

use super::names::relation_oid;
use super::{Gives, Known, Question};
use crate::catalog::pg_catalog::OWNER_NAME;
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::functions::value::Value;

pub(super) const QUESTIONS: &[Question] = &[
    Question::new("current_database", Gives::Text, |known, _| Ok(Value::text(known.world.database.clone()))),
    Question::new("current_catalog", Gives::Text, |known, _| Ok(Value::text(known.world.database.clone()))),
    Question::new("current_user", Gives::Text, user),
    Question::new("session_user", Gives::Text, user),
    Question::new("current_role", Gives::Text, user),
    Question::new("getpgusername", Gives::Text, user),
    Question::new("getdatabaseencoding", Gives::Text, |_, _| Ok(Value::text("UTF8"))),
    Question::new("current_schema", Gives::Text, |known, _| Ok(path(known).into_iter().next().map_or(Value::Null, Value::text))),
    Question::new("current_schemas", Gives::Texts, current_schemas),
    Question::with_nulls("current_setting", Gives::Text, current_setting),
    Question::new("version", Gives::Text, |_, _| Ok(Value::text(concat!("PostgreSQL 15.0 (Sluice ", env!("CARGO_PKG_VERSION"), ")")))),
    // Everything may be read, nothing written.
    Question::new("has_table_privilege", Gives::Bool, |known, args| readable(known, args, 2)),
    Question::new("has_any_column_privilege", Gives::Bool, |known, args| readable(known, args, 2)),
    Question::new("has_column_privilege", Gives::Bool, |known, args| readable(known, args, 3)),
    Question::new("has_schema_privilege", Gives::Bool, |known, args| allowed(known, args, 2, &["USAGE"])),
    Question::new("has_database_privilege", Gives::Bool, |known, args| allowed(known, args, 2, &["CONNECT"])),
    Question::new("has_function_privilege", Gives::Bool, |known, args| allowed(known, args, 2, &["EXECUTE"])),
    Question::new("has_type_privilege", Gives::Bool, |known, args| allowed(known, args, 2, &["USAGE"])),
    Question::new("has_language_privilege", Gives::Bool, |known, args| allowed(known, args, 2, &["USAGE"])),
    Question::new("has_sequence_privilege", Gives::Bool, |known, args| allowed(known, args, 2, &["SELECT", "USAGE"])),
    Question::new("has_tablespace_privilege", Gives::Bool, |known, args| {
        let named = args.len().checked_sub(2).and_then(|at| args.get(at));
        match named {
            Some(Value::Int(1663 | 1664)) => allowed(known, args, 2, &[]),
            Some(Value::Text(name)) if *name == "pg_default" || *name == "pg_global" => allowed(known, args, 2, &[]),
            Some(Value::Text(name)) => Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("tablespace \"{name}\" does not exist"))),
            _ => Ok(Value::Null),
        }
    }),
    Question::new("pg_has_role", Gives::Bool, |known, args| {
        let role = args[args.len() - 2].str().map(str::to_owned);
        Ok(Value::Bool(role.map_or(true, |role| role == known.world.principal.user || role != OWNER_NAME)))
    }),
    Question::new("pg_is_in_recovery", Gives::Bool, |_, _| Ok(Value::Bool(false))),
    Question::new("pg_is_wal_replay_paused", Gives::Bool, |_, _| {
        Err(Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "recovery is not in progress")
            .hint("Recovery control functions can only be executed during recovery."))
    }),
    // Nothing here takes locks.
    Question::new("pg_blocking_pids", Gives::Int4s, nobody),
    Question::new("pg_safe_snapshot_blocking_pids", Gives::Int4s, nobody),
    Question::new("xid_age", Gives::Int4, |known, args| age(args, known.world.xid.now(), 3)),
    Question::new("mxid_age", Gives::Int4, |_, args| age(args, 1, 1)),
    Question::new("pg_is_other_temp_schema", Gives::Bool, |_, _| Ok(Value::Bool(false))),
    Question::new("pg_my_temp_schema", Gives::Oid, |_, _| Ok(Value::Int(0))),
    Question::new("pg_postmaster_start_time", Gives::Time, |_, _| Ok(Value::Null)),
    Question::new("pg_conf_load_time", Gives::Time, |_, _| Ok(Value::Null)),
];

fn nobody<'a>(_: &Known, _: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(Value::List(Arc::new(Int32Array::from(Vec::<i32>::new()))))
}

/// How many transactions ago; numbers below `least` are those of no transaction (xid.c, `xid_age`, `mxid_age`).
fn age<'a>(args: &[Value], now: u64, least: u32) -> Result<Value<'a>> {
    let xid = u32::try_from(args[0].int()?).unwrap_or(0);
    let now = u32::try_from(now & u64::from(u32::MAX)).unwrap_or(0);
    let age = if xid < least { i32::MAX } else { now.wrapping_sub(xid).cast_signed() };
    Ok(Value::Int(age.into()))
}

fn user<'a>(known: &Known, _: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(Value::text(known.world.principal.user.clone()))
}

/// The schemas of the search path that exist.
fn path(known: &Known) -> Vec<String> {
    let mut schemas: Vec<String> = Vec::new();
    for name in &known.world.search_path {
        if let Some(schema) = known.world.snapshot.schema(name)
            && !schemas.contains(&schema.name)
        {
            schemas.push(schema.name.clone());
        }
    }
    schemas
}

fn current_schemas<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let mut schemas = path(known);
    if args[0].bool()? {
        schemas.insert(0, "pg_catalog".into());
    }
    let list: ArrayRef = Arc::new(StringArray::from(schemas));
    Ok(Value::List(list))
}

fn current_setting<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let Value::Text(name) = &args[0] else { return Ok(Value::Null) };
    let wanted = name.to_ascii_lowercase();
    let missing_ok = matches!(args.get(1), Some(Value::Bool(true)));
    match known.world.settings.iter().find(|(name, _)| name.to_ascii_lowercase() == wanted) {
        Some((_, value)) => Ok(Value::text(value.clone())),
        None if missing_ok => Ok(Value::Null),
        None => Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))),
    }
}

/// The last argument lists privileges, any of which will do; a grant option is never held. With more than `own` arguments the first is a role.
/// Of relations: those that the user may not read are not in the catalog.
fn readable<'a>(known: &Known, args: &'a [Value<'a>], own: usize) -> Result<Value<'a>> {
    let Some(relation) = args.len().checked_sub(own).and_then(|at| args.get(at)) else { return Ok(Value::Null) };
    match relation {
        Value::Int(oid) if known.relation(*oid).is_none() => return Ok(Value::Null),
        Value::Text(name) if relation_oid(known, std::slice::from_ref(relation))?.is_none() => {
            return Err(Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist")));
        }
        _ => {}
    }
    allowed(known, args, own, &["SELECT"])
}

fn allowed<'a>(known: &Known, args: &'a [Value<'a>], own: usize, held: &[&str]) -> Result<Value<'a>> {
    if let (true, Some(Value::Text(role))) = (args.len() > own, args.first()) {
        let own_names = [known.world.principal.user.as_str(), OWNER_NAME, "public"];
        let is_known = own_names.contains(&role.as_ref()) || known.world.users.iter().any(|(name, _)| *name == **role);
        if !is_known {
            return Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("role \"{role}\" does not exist")));
        }
    }
    let Some(list) = args.last() else { return Ok(Value::Null) };
    let any = list.str()?.split(',').any(|privilege| held.contains(&privilege.trim().to_ascii_uppercase().as_str()));
    Ok(Value::Bool(any))
}
