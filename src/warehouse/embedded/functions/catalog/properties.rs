//! What a relation or an index can do: pg_relation_is_updatable, pg_index_column_has_property, ... (misc.c, amutils.c), and smaller facts.

use std::sync::Arc;

use arrow::array::StringArray;

use super::{Gives, Known, Question};
use crate::catalog::pg_catalog::cluster::role_name;
use crate::catalog::pg_catalog::keys;
use crate::catalog::pg_catalog::relations::kind;
use crate::error::{Report, Result, SqlState};
use crate::types::ident::quote_ident;
use crate::warehouse::embedded::functions::value::Value;

pub(super) const QUESTIONS: &[Question] = &[
    // Nothing may be written, as information_schema says too.
    Question::new("pg_relation_is_updatable", Gives::Int4, |_, _| Ok(Value::Int(0))),
    Question::new("pg_column_is_updatable", Gives::Bool, |_, _| Ok(Value::Bool(false))),
    Question::new("pg_index_column_has_property", Gives::Bool, |known, args| {
        let columns = index(known, &args[0])?.map_or(0, |key| key.key.columns.len());
        let is_column = usize::try_from(args[1].int()?).is_ok_and(|number| (1..=columns).contains(&number));
        Ok(is_column.then(|| property(OF_COLUMN, &args[2])).transpose()?.flatten().map_or(Value::Null, Value::Bool))
    }),
    Question::new("pg_index_has_property", Gives::Bool, |known, args| {
        let found = index(known, &args[0])?.map(|_| property(OF_INDEX, &args[1])).transpose()?;
        Ok(found.flatten().map_or(Value::Null, Value::Bool))
    }),
    Question::new("pg_indexam_has_property", Gives::Bool, |_, args| {
        let method = args[0].int()?;
        let Some((_, holds)) = METHODS.iter().find(|(oid, _)| *oid == method) else { return Ok(Value::Null) };
        let name = args[1].str()?;
        let at = OF_METHOD.iter().position(|property| property.eq_ignore_ascii_case(name));
        Ok(at.map_or(Value::Null, |at| Value::Bool(holds[at])))
    }),
    Question::new("pg_get_replica_identity_index", Gives::Oid, |known, args| {
        let table = known.relation(args[0].int()?).filter(|table| keys::has_index(table));
        Ok(table.map_or(Value::Null, |table| Value::Int(keys::index_oid(table).into())))
    }),
    Question::new("pg_relation_filenode", Gives::Oid, |known, args| {
        let table = known.relation(args[0].int()?).filter(|table| matches!(kind(table), 'r' | 'm'));
        Ok(table.map_or(Value::Null, |table| Value::Int(table.oid.into())))
    }),
    Question::new("pg_partition_root", Gives::Oid, |_, _| Ok(Value::Null)),
    Question::new("row_security_active", Gives::Bool, |known, args| {
        let oid = match &args[0] {
            Value::Int(oid) => Some(*oid),
            _ => super::names::relation_oid(known, &args[..1])?.map(i64::from),
        };
        match oid.and_then(|oid| known.relation(oid)) {
            Some(table) => Ok(Value::Bool(table.protection.rows)),
            None if matches!(args[0], Value::Int(_)) => Ok(Value::Bool(false)),
            None => Err(Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", args[0].str()?))),
        }
    }),
    Question::new("acldefault", Gives::Texts, |known, args| {
        let oid = args[1].int()?;
        let name = u32::try_from(oid).ok().and_then(|oid| role_name(&known.world, oid));
        let owner = name.map_or_else(|| oid.to_string(), |name| quote_ident(&name));
        let grantee = if oid == 0 { "" } else { owner.as_str() };
        let Some((_, public, own)) = DEFAULTS.iter().find(|(kind, ..)| args[0].str().is_ok_and(|given| given == *kind)) else {
            let message = format!("unrecognized objtype abbreviation: {}", args[0].str()?);
            return Err(Report::new(SqlState::INTERNAL_ERROR, message));
        };
        let items = [("", *public), (grantee, *own)].into_iter().filter(|(_, privileges)| !privileges.is_empty());
        let items: Vec<String> = items.map(|(grantee, privileges)| format!("{grantee}={privileges}/{owner}")).collect();
        Ok(Value::List(Arc::new(StringArray::from(items))))
    }),
    Question::new("pg_encoding_max_length", Gives::Int4, |_, args| {
        let bytes = usize::try_from(args[0].int()?).ok().and_then(|number| LONGEST.get(number));
        Ok(bytes.map_or(Value::Null, |bytes| Value::Int(*bytes)))
    }),
    Question::new("pg_trigger_depth", Gives::Int4, |_, _| Ok(Value::Int(0))),
    Question::new("pg_jit_available", Gives::Bool, |_, _| Ok(Value::Bool(false))),
    Question::new("pg_notification_queue_usage", Gives::Float8, |_, _| Ok(Value::Float(0.0))),
    Question::new("pg_get_statisticsobjdef", Gives::Text, |_, _| Ok(Value::Null)),
    Question::new("pg_get_statisticsobjdef_expressions", Gives::Texts, |_, _| Ok(Value::Null)),
    Question::new("pg_collation_actual_version", Gives::Text, |_, _| Ok(Value::Null)),
    Question::new("pg_database_collation_actual_version", Gives::Text, |_, _| Ok(Value::Null)),
    // This is no standby, and no transaction writes.
    Question::new("pg_last_xact_replay_timestamp", Gives::Time, |_, _| Ok(Value::Null)),
    Question::new("pg_last_wal_receive_lsn", Gives::Text, |_, _| Ok(Value::Null)),
    Question::new("pg_last_wal_replay_lsn", Gives::Text, |_, _| Ok(Value::Null)),
];

fn index<'a>(known: &'a Known, oid: &Value) -> Result<Option<keys::Known<'a>>> {
    let oid = oid.int()?;
    Ok(known.key(oid).filter(|key| key.is_primary() && i64::from(keys::index_oid(key.table)) == oid))
}

/// What holds of a column of a btree that goes up; names have no case.
const OF_COLUMN: &[(&str, bool)] = &[
    ("asc", true),
    ("desc", false),
    ("nulls_first", false),
    ("nulls_last", true),
    ("orderable", true),
    ("distance_orderable", false),
    ("returnable", true),
    ("search_array", true),
    ("search_nulls", true),
];

/// What holds of a btree.
const OF_INDEX: &[(&str, bool)] = &[("clusterable", true), ("index_scan", true), ("bitmap_scan", true), ("backward_scan", true)];

/// NULL for a property that there is not.
fn property(of: &[(&str, bool)], name: &Value) -> Result<Option<bool>> {
    let name = name.str()?;
    Ok(of.iter().find(|(property, _)| property.eq_ignore_ascii_case(name)).map(|(_, holds)| *holds))
}

const OF_METHOD: [&str; 5] = ["can_order", "can_unique", "can_multi_col", "can_exclude", "can_include"];

/// btree, hash, gist, gin, brin and spgist by OID.
const METHODS: [(i64, [bool; 5]); 6] = [
    (403, [true, true, true, true, true]),
    (405, [false, false, false, true, false]),
    (783, [false, false, true, true, true]),
    (2742, [false, false, true, false, false]),
    (3580, [false, false, true, false, false]),
    (4000, [false, false, false, true, true]),
];

/// What an object without grants allows: everybody, and its owner (acl.c, `acldefault_sql`).
const DEFAULTS: [(&str, &str, &str); 13] = [
    ("c", "", ""),
    ("r", "", "arwdDxt"),
    ("s", "", "rwU"),
    ("d", "Tc", "CTc"),
    ("f", "X", "X"),
    ("l", "U", "U"),
    ("L", "", "rw"),
    ("n", "", "UC"),
    ("p", "", "sA"),
    ("t", "", "C"),
    ("F", "", "U"),
    ("S", "", "U"),
    ("T", "U", "U"),
];

/// The most bytes of a character, by the encoding's number (wchar.c, `pg_wchar_table`).
const LONGEST: [i64; 42] =
    [1, 3, 3, 3, 4, 3, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 3, 2];
