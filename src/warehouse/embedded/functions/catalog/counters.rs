//! `pg_stat_get_...`: what PostgreSQL counts. Nothing is counted here, so that they answer as on a server that has just begun.

use std::sync::LazyLock;

use super::{Gives, Known, Question};
use crate::catalog::model::stable_oid;
use crate::error::Result;
use crate::sql::bind::signatures::{PROCS, Proc};
use crate::types::Type;
use crate::warehouse::embedded::functions::value::Value;

/// One question for each that takes an OID or nothing, by what it returns.
pub(super) static QUESTIONS: LazyLock<Vec<Question>> = LazyLock::new(|| PROCS.iter().filter_map(question).collect());

fn question(proc: &'static Proc) -> Option<Question> {
    let of = proc.name.strip_prefix("pg_stat_get_")?;
    // Those of one backend go by a number that nobody knows here.
    if proc.returns_set || !matches!(proc.arguments.as_slice(), [] | [Type::OID]) {
        return None;
    }
    let gives = match proc.returns {
        Type::INT8 => Gives::Int8,
        Type::INT4 => Gives::Int4,
        Type::FLOAT8 => Gives::Float8,
        Type::TIMESTAMPTZ => Gives::Time,
        _ => return None,
    };
    let answer = match of {
        "live_tuples" => live_tuples,
        "db_numbackends" => backends,
        // A function that was never called has no counters; without checksums nothing fails by them.
        "db_checksum_failures" => never,
        _ if of.contains("function_") || proc.returns == Type::TIMESTAMPTZ => never,
        _ if proc.returns == Type::FLOAT8 => |_: &Known, _: &[Value]| Ok(Value::Float(0.0)),
        _ => |_: &Known, _: &[Value]| Ok(Value::Int(0)),
    };
    Some(Question::new(proc.name, gives, answer))
}

fn never<'a>(_: &Known, _: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(Value::Null)
}

fn live_tuples<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let rows = known.relation(args[0].int()?).and_then(|table| table.rows);
    Ok(Value::Int(rows.map_or(0, |rows| i64::try_from(rows).unwrap_or(i64::MAX))))
}

fn backends<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let database = args[0].int()?;
    let sessions = known.world.sessions.list();
    let there = sessions.iter().filter(|session| i64::from(stable_oid("database", &session.database)) == database);
    Ok(Value::Int(i64::try_from(there.count()).unwrap_or(0)))
}
