//! What an object is: its comment, definition, size, visibility.

use super::names::relation_name;
use super::{Gives, Known, Question, routines};
use crate::catalog::pg_catalog::{builtin, keys};
use crate::error::Result;
use crate::types::Type;
use crate::types::ident::quote_ident;
use crate::warehouse::embedded::functions::decimal::decimal;
use crate::warehouse::embedded::functions::digits::CARRIED;
use crate::warehouse::embedded::functions::value::{Value, read};

pub(super) const QUESTIONS: &[Question] = &[
    Question::with_nulls("format_type", Gives::Text, format_type),
    Question::new("pg_table_is_visible", Gives::Bool, table_is_visible),
    Question::new("pg_type_is_visible", Gives::Bool, |known, args| {
        if Type(oid(args)?).entry().is_some() {
            return Ok(Value::Bool(true));
        }
        Ok(known.row_type(args[0].int()?).map_or(Value::Null, |(table, _)| Value::Bool(known.is_visible(table))))
    }),
    Question::new("pg_function_is_visible", Gives::Bool, |_, args| known(builtin::proc(oid(args)?).is_some())),
    Question::new("pg_operator_is_visible", Gives::Bool, yes),
    Question::new("pg_opclass_is_visible", Gives::Bool, yes),
    Question::new("pg_opfamily_is_visible", Gives::Bool, yes),
    Question::new("pg_collation_is_visible", Gives::Bool, yes),
    Question::new("pg_conversion_is_visible", Gives::Bool, yes),
    Question::new("pg_ts_config_is_visible", Gives::Bool, yes),
    Question::new("pg_ts_dict_is_visible", Gives::Bool, yes),
    Question::new("pg_ts_parser_is_visible", Gives::Bool, yes),
    Question::new("pg_ts_template_is_visible", Gives::Bool, yes),
    Question::new("pg_statistics_obj_is_visible", Gives::Bool, yes),
    Question::new("oidvectortypes", Gives::Text, |_, args| {
        let list = args[0].list()?;
        let name = |i: usize| Ok(Type(u32::try_from(read(list, i)?.int()?).unwrap_or(0)).format(-1));
        let names = (0..list.len()).map(name).collect::<Result<Vec<_>>>()?;
        Ok(Value::text(names.join(", ")))
    }),
    Question::new("obj_description", Gives::Text, obj_description),
    Question::new("col_description", Gives::Text, col_description),
    Question::new("shobj_description", Gives::Text, nothing),
    Question::new("pg_get_constraintdef", Gives::Text, constraint_definition),
    Question::new("pg_get_indexdef", Gives::Text, index_definition),
    // Nothing here has defaults, rules, triggers or partitions of PostgreSQL's kind.
    Question::new("pg_get_expr", Gives::Text, nothing),
    Question::new("pg_get_viewdef", Gives::Text, nothing),
    Question::new("pg_get_ruledef", Gives::Text, nothing),
    Question::new("pg_get_triggerdef", Gives::Text, nothing),
    Question::new("pg_get_functiondef", Gives::Text, routines::definition),
    Question::new("pg_get_function_sqlbody", Gives::Text, nothing),
    Question::new("pg_get_partkeydef", Gives::Text, nothing),
    Question::new("pg_get_partition_constraintdef", Gives::Text, nothing),
    Question::new("pg_get_statisticsobjdef_columns", Gives::Text, nothing),
    Question::new("pg_get_serial_sequence", Gives::Text, nothing),
    Question::new("pg_get_function_result", Gives::Text, routines::result),
    Question::new("pg_get_function_arguments", Gives::Text, |_, args| routines::arguments(args, true)),
    Question::new("pg_get_function_identity_arguments", Gives::Text, |_, args| routines::arguments(args, false)),
    Question::new("pg_relation_size", Gives::Int8, relation_size),
    Question::new("pg_table_size", Gives::Int8, relation_size),
    Question::new("pg_total_relation_size", Gives::Int8, relation_size),
    Question::new("pg_indexes_size", Gives::Int8, |known, args| Ok(known.relation(args[0].int()?).map_or(Value::Null, |_| Value::Int(0)))),
    Question::new("pg_database_size", Gives::Int8, database_size),
    Question::new("pg_tablespace_size", Gives::Int8, |known, args| match &args[0] {
        Value::Text(name) if *name == "pg_default" => database_size(known, args),
        Value::Int(1663) => database_size(known, args),
        _ => Ok(Value::Int(0)),
    }),
    Question::new("pg_size_pretty", Gives::Text, size_pretty),
    Question::new("pg_tablespace_location", Gives::Text, |_, _| Ok(Value::text(""))),
    Question::new("pg_relation_is_publishable", Gives::Bool, |known, args| {
        Ok(known.relation(args[0].int()?).map_or(Value::Null, |table| Value::Bool(!table.is_system())))
    }),
    Question::new("pg_encoding_to_char", Gives::Text, |_, args| {
        let name = usize::try_from(args[0].int()?).ok().and_then(|number| ENCODINGS.get(number));
        Ok(Value::text(name.copied().unwrap_or_default()))
    }),
    Question::new("pg_char_to_encoding", Gives::Int4, |_, args| {
        let plain = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let name = plain(args[0].str()?);
        let name = if name == "unicode" { "utf8".to_owned() } else { name };
        let number = ENCODINGS.iter().position(|encoding| plain(encoding) == name);
        Ok(Value::Int(number.and_then(|number| i64::try_from(number).ok()).unwrap_or(-1)))
    }),
];

/// PostgreSQL's encodings by number (pg_wchar.h).
const ENCODINGS: &[&str] = &[
    "SQL_ASCII",
    "EUC_JP",
    "EUC_CN",
    "EUC_KR",
    "EUC_TW",
    "EUC_JIS_2004",
    "UTF8",
    "MULE_INTERNAL",
    "LATIN1",
    "LATIN2",
    "LATIN3",
    "LATIN4",
    "LATIN5",
    "LATIN6",
    "LATIN7",
    "LATIN8",
    "LATIN9",
    "LATIN10",
    "WIN1256",
    "WIN1258",
    "WIN866",
    "WIN874",
    "KOI8R",
    "WIN1251",
    "WIN1252",
    "ISO_8859_5",
    "ISO_8859_6",
    "ISO_8859_7",
    "ISO_8859_8",
    "WIN1250",
    "WIN1253",
    "WIN1254",
    "WIN1255",
    "WIN1257",
    "KOI8U",
    "SJIS",
    "BIG5",
    "GBK",
    "UHC",
    "GB18030",
    "JOHAB",
    "SHIFT_JIS_2004",
];

fn nothing<'a>(_: &Known, _: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(Value::Null)
}

/// What no schema hides; no object has the OID 0.
fn yes<'a>(_: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    known(oid(args)? != 0)
}

fn known<'a>(is_known: bool) -> Result<Value<'a>> {
    Ok(if is_known { Value::Bool(true) } else { Value::Null })
}

fn oid(args: &[Value]) -> Result<u32> {
    Ok(u32::try_from(args[0].int()?).unwrap_or(0))
}

fn format_type<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let (Value::Int(oid), typmod) = (&args[0], &args[1]) else { return Ok(Value::Null) };
    let ty = Type(u32::try_from(*oid).unwrap_or(0));
    let named = |typmod| known.type_name(ty.0, typmod).unwrap_or_else(|| "???".into());
    Ok(Value::text(match (ty, typmod) {
        (Type(0), _) => "-".into(),
        // With a typmod that says nothing, blank-padding is shown to have no length.
        (Type::BPCHAR, Value::Int(-1)) => "bpchar".into(),
        (_, Value::Int(typmod)) => named(i32::try_from(*typmod).unwrap_or(-1)),
        _ => named(-1),
    }))
}

fn table_is_visible<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    Ok(known.relation(args[0].int()?).map_or(Value::Null, |table| Value::Bool(known.is_visible(table))))
}

fn obj_description<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let oid = args[0].int()?;
    let class = match args.get(1) {
        Some(name) => Some(name.str()?),
        None => None,
    };
    let text = match class {
        Some("pg_class") => known.relation(oid).and_then(|table| table.description.clone()),
        Some("pg_namespace") => schema_description(known, oid),
        Some(name) => {
            let class = known.world.snapshot.table(Some("pg_catalog"), name, &[]).map(|table| table.oid);
            class.and_then(|class| builtin_comment(Some(class), oid))
        }
        None => known
            .relation(oid)
            .and_then(|table| table.description.clone())
            .or_else(|| schema_description(known, oid))
            .or_else(|| builtin_comment(None, oid)),
    };
    Ok(text.map_or(Value::Null, Value::text))
}

fn schema_description(known: &Known, oid: i64) -> Option<String> {
    let comment = builtin_comment(known.world.snapshot.table(Some("pg_catalog"), "pg_namespace", &[]).map(|table| table.oid), oid);
    comment.or_else(|| known.world.snapshot.schemas.get(known.schema(oid)?)?.description.clone())
}

fn builtin_comment(class: Option<u32>, oid: i64) -> Option<String> {
    builtin::comment(class, u32::try_from(oid).ok()?).map(str::to_owned)
}

fn col_description<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let number = usize::try_from(args[1].int()?).ok().and_then(|number| number.checked_sub(1));
    let column = known.relation(args[0].int()?).zip(number).and_then(|(table, i)| table.columns.get(i));
    Ok(column.and_then(|column| column.description.clone()).map_or(Value::Null, Value::text))
}

fn constraint_definition<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let key = known.key(args[0].int()?);
    Ok(key.map_or(Value::Null, |key| Value::text(key.definition(quote_ident, |table| relation_name(known, table)))))
}

/// Of the whole index, or of one of its columns.
fn index_definition<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let Some(key) = known.key(args[0].int()?).filter(keys::Known::is_primary) else { return Ok(Value::Null) };
    let number = match args.get(1) {
        Some(number) => number.int()?,
        None => 0,
    };
    let column = usize::try_from(number - 1).ok().and_then(|at| key.key.columns.get(at)).map(|i| quote_ident(&key.table.columns[*i].name));
    Ok(match (number, column) {
        (0, _) => Value::text(keys::index_definition(&key, quote_ident)),
        (_, Some(column)) => Value::text(column),
        (_, None) => Value::text(""),
    })
}

fn relation_size<'a>(known: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    let bytes = |bytes: Option<u64>| Value::Int(i64::try_from(bytes.unwrap_or(0)).unwrap_or(i64::MAX));
    Ok(known.relation(args[0].int()?).map_or(Value::Null, |table| bytes(table.bytes)))
}

fn database_size<'a>(known: &Known, _: &'a [Value<'a>]) -> Result<Value<'a>> {
    let bytes: u64 = known.world.snapshot.tables().filter_map(|table| table.bytes).sum();
    Ok(Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// dbsize.c: up to ten times the next unit in whole numbers of this one, rounded half up.
fn size_pretty<'a>(_: &Known, args: &'a [Value<'a>]) -> Result<Value<'a>> {
    // A numeric below the first unit is shown as it is, fractions and all.
    let (bytes, shown): (i128, String) = match &args[0] {
        Value::Int(bytes) => ((*bytes).into(), bytes.to_string()),
        other => {
            let shown = decimal(other)?.shown(CARRIED);
            (shown.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0), shown)
        }
    };
    let (sign, mut size) = (bytes.signum(), bytes.abs());
    if size < 10 * 1024 {
        return Ok(Value::text(format!("{shown} bytes")));
    }
    // One more bit is kept for the rounding at the end.
    size >>= 9;
    let mut unit = "kB";
    for next in ["MB", "GB", "TB", "PB"] {
        if size < 20 * 1024 - 1 {
            break;
        }
        (size, unit) = (size >> 10, next);
    }
    Ok(Value::text(format!("{} {unit}", sign * ((size + 1) / 2))))
}
