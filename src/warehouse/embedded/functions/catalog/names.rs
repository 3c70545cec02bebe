//! Names to OIDs and back: to_regclass and its sisters, the text of reg* values, owners.

use std::sync::Arc;

use arrow::array::StringArray;

use super::{Gives, Known, Question, routines};
use crate::catalog::model::Table;
use crate::catalog::pg_catalog::builtin;
use crate::catalog::pg_catalog::cluster::role_name;
use crate::catalog::pg_catalog::{role_oid, schema_oid};
use crate::error::{Report, Result, SqlState};
use crate::sql::bind::{functions, signatures};
use crate::types::Type;
use crate::types::ident::quote_ident;
use crate::warehouse::embedded::functions::value::{Value, read};

const REGOPERATOR: Type = Type(2204);
const REGCONFIG: Type = Type(3734);
const REGDICTIONARY: Type = Type(3769);

pub(super) const QUESTIONS: &[Question] = &[
    Question::new("pg_regclassout", Gives::Text, |known, args| name_of(known, Type::REGCLASS, args)),
    Question::new("pg_regtypeout", Gives::Text, |known, args| name_of(known, Type::REGTYPE, args)),
    Question::new("pg_regprocout", Gives::Text, |known, args| name_of(known, Type::REGPROC, args)),
    Question::new("pg_regprocedureout", Gives::Text, |known, args| name_of(known, Type::REGPROCEDURE, args)),
    Question::new("pg_regoperout", Gives::Text, |known, args| name_of(known, Type::REGOPER, args)),
    Question::new("pg_regoperatorout", Gives::Text, |known, args| name_of(known, REGOPERATOR, args)),
    Question::new("pg_regconfigout", Gives::Text, |known, args| name_of(known, REGCONFIG, args)),
    Question::new("pg_regdictionaryout", Gives::Text, |known, args| name_of(known, REGDICTIONARY, args)),
    Question::new("pg_regnamespaceout", Gives::Text, |known, args| name_of(known, Type::REGNAMESPACE, args)),
    Question::new("pg_regroleout", Gives::Text, |known, args| name_of(known, Type::REGROLE, args)),
    Question::new("pg_regcollationout", Gives::Text, |known, args| name_of(known, Type::REGCOLLATION, args)),
    // The names of an array's values, by the name of their type.
    Question::new("pg_reg_names", Gives::Texts, |known, args| {
        let ty = Type::by_name(args[1].str()?).unwrap_or(Type::OID);
        let list = args[0].list()?;
        let name = |i: usize| -> Result<Option<String>> {
            match read(list, i)? {
                Value::Null => Ok(None),
                oid => Ok(Some(reg_name(known, ty, u32::try_from(oid.int()?).unwrap_or(0)))),
            }
        };
        let names = (0..list.len()).map(name).collect::<Result<StringArray>>()?;
        Ok(Value::List(Arc::new(names)))
    }),
    Question::new("pg_to_regclass", Gives::Oid, |known, args| {
        must(args, "relation", SqlState::UNDEFINED_TABLE, relation_oid(known, args)?)
    }),
    Question::new("pg_to_regtype", Gives::Oid, |known, args| must(args, "type", SqlState::UNDEFINED_OBJECT, type_oid(known, args)?)),
    Question::new("pg_to_regnamespace", Gives::Oid, |known, args| {
        must(args, "schema", SqlState::INVALID_SCHEMA_NAME, namespace_oid(known, args)?)
    }),
    Question::new("pg_to_regproc", Gives::Oid, |_, args| must(args, "function", SqlState::UNDEFINED_FUNCTION, proc_oid(args)?)),
    Question::new("pg_to_regrole", Gives::Oid, |_, args| Ok(Value::Int(role_oid(args[0].str()?).into()))),
    Question::new("to_regclass", Gives::Oid, |known, args| maybe(relation_oid(known, args)?)),
    Question::new("to_regtype", Gives::Oid, |known, args| maybe(type_oid(known, args)?)),
    Question::new("to_regnamespace", Gives::Oid, |known, args| maybe(namespace_oid(known, args)?)),
    Question::new("to_regproc", Gives::Oid, |_, args| maybe(proc_oid(args)?)),
    Question::new("to_regrole", Gives::Oid, |known, args| {
        let oid = role_oid(args[0].str()?);
        maybe(role_name(&known.world, oid).map(|_| oid))
    }),
    Question::new("pg_get_userbyid", Gives::Text, |known, args| {
        let oid = args[0].int()?;
        let name = u32::try_from(oid).ok().and_then(|oid| role_name(&known.world, oid));
        Ok(Value::text(name.unwrap_or_else(|| format!("unknown (OID={oid})"))))
    }),
];

/// Returns the name that a value of a reg* type prints as: unknown OIDs as numbers, none as `-`.
pub(super) fn reg_name(known: &Known, ty: Type, oid: u32) -> String {
    if oid == 0 {
        return "-".into();
    }
    let name = match ty {
        Type::REGCLASS => {
            let index = || known.key(oid.into()).map(|key| quote_ident(&key.key.name));
            known.relation(oid.into()).map(|table| relation_name(known, table)).or_else(index)
        }
        Type::REGTYPE => known.type_name(oid, -1),
        Type::REGPROC => builtin::proc(oid).and_then(|field| Some((field("proname")?, field("pronamespace")?))).map(|(name, schema)| {
            match schema.parse().ok().and_then(|schema: i64| known.schema(schema)).map_or("pg_catalog", |schema| schema) {
                // A name that several functions share does not name this one.
                "pg_catalog" if builtin::is_only_proc(name) => quote_ident(name),
                schema => format!("{}.{}", quote_ident(schema), quote_ident(name)),
            }
        }),
        Type::REGPROCEDURE => builtin::proc(oid).map(|field| {
            let types = field("proargtypes").unwrap_or_default().split_whitespace().map(routines::type_name);
            format!("{}({})", quote_ident(field("proname").unwrap_or_default()), types.collect::<Vec<_>>().join(","))
        }),
        REGOPERATOR => signatures::OPERATORS.iter().find(|operator| operator.oid == oid).map(|operator| {
            let side = |ty: Option<Type>| ty.map_or_else(|| "NONE".to_owned(), |ty| ty.to_string());
            format!("{}({},{})", operator.name, side(operator.left), side(Some(operator.right)))
        }),
        REGCONFIG => builtin::name_of("pg_ts_config", "cfgname", oid).map(quote_ident),
        REGDICTIONARY => builtin::name_of("pg_ts_dict", "dictname", oid).map(quote_ident),
        Type::REGOPER => signatures::OPERATORS.iter().find(|operator| operator.oid == oid).map(|operator| {
            let alone = signatures::operators(operator.name).len() == 1;
            if alone { operator.name.to_owned() } else { format!("pg_catalog.{}", operator.name) }
        }),
        Type::REGNAMESPACE => known.schema(oid.into()).map(|name| quote_ident(name)),
        Type::REGROLE => role_name(&known.world, oid).map(|name| quote_ident(&name)),
        Type::REGCOLLATION => match oid {
            100 => Some("\"default\"".into()),
            950 => Some("\"C\"".into()),
            951 => Some("\"POSIX\"".into()),
            _ => None,
        },
        _ => None,
    };
    name.unwrap_or_else(|| oid.to_string())
}

/// The name of a relation, with its schema where the bare name does not mean it.
pub(super) fn relation_name(known: &Known, table: &Table) -> String {
    let name = quote_ident(&table.name.table);
    if known.is_visible(table) { name } else { format!("{}.{name}", quote_ident(&table.name.schema)) }
}

fn name_of<'a>(known: &Known, ty: Type, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(Value::text(reg_name(known, ty, u32::try_from(args[0].int()?).unwrap_or(0))))
}

fn maybe<'a>(oid: Option<u32>) -> Result<Value<'a>> {
    Ok(oid.map_or(Value::Null, |oid| Value::Int(oid.into())))
}

fn must<'a>(args: &[Value], what: &str, state: SqlState, oid: Option<u32>) -> Result<Value<'a>> {
    match oid {
        Some(oid) => Ok(Value::Int(oid.into())),
        None => Err(Report::new(state, format!("{what} \"{}\" does not exist", args[0].str()?))),
    }
}

/// A number stands for itself; otherwise the name's parts.
fn parts(args: &[Value]) -> Result<(Option<u32>, Vec<String>)> {
    let text = args[0].str()?;
    let parts = crate::sql::bind::regs::split(text).unwrap_or_default();
    Ok((text.trim().parse().ok(), parts))
}

pub(super) fn relation_oid(known: &Known, args: &[Value]) -> Result<Option<u32>> {
    let (number, parts) = parts(args)?;
    let table = match parts.as_slice() {
        [name] => known.world.snapshot.table(None, name, &known.world.search_path),
        [.., schema, name] => known.world.snapshot.table(Some(schema), name, &[]),
        [] => None,
    };
    Ok(number.or_else(|| table.map(|table| table.oid)))
}

fn type_oid(known: &Known, args: &[Value]) -> Result<Option<u32>> {
    let text = args[0].str()?;
    let named = || crate::sql::bind::regs::type_oid(&known.world.snapshot, &known.world.search_path, text).ok();
    Ok(text.trim().parse().ok().or_else(named))
}

fn namespace_oid(known: &Known, args: &[Value]) -> Result<Option<u32>> {
    let (number, parts) = parts(args)?;
    let schema = parts.first().and_then(|name| known.world.snapshot.schema(name));
    Ok(number.or_else(|| schema.map(|schema| schema_oid(&schema.name))))
}

fn proc_oid(args: &[Value]) -> Result<Option<u32>> {
    let (number, parts) = parts(args)?;
    Ok(number.or_else(|| parts.last().and_then(|name| functions::oid_of(name))))
}
