//! Lengths, precisions and scales by a type and its modifier, as information_schema counts them (information_schema.sql).

use super::{Gives, Question};
use crate::error::Result;
use crate::types::Type;
use crate::warehouse::embedded::functions::value::Value;

pub(super) const QUESTIONS: &[Question] = &[
    Question::new("_pg_char_max_length", Gives::Int4, |_, args| of(args, characters)),
    Question::new("_pg_char_octet_length", Gives::Int4, |_, args| {
        of(args, |ty, typmod| match ty {
            Type::TEXT | Type::BPCHAR | Type::VARCHAR if typmod == -1 => Some(1 << 30),
            // UTF-8 takes four bytes at most.
            Type::TEXT | Type::BPCHAR | Type::VARCHAR => characters(ty, typmod).map(|characters| characters * 4),
            _ => None,
        })
    }),
    Question::new("_pg_numeric_precision", Gives::Int4, |_, args| {
        of(args, |ty, typmod| match ty {
            Type::INT2 => Some(16),
            Type::INT4 => Some(32),
            Type::INT8 => Some(64),
            Type::FLOAT4 => Some(24),
            Type::FLOAT8 => Some(53),
            Type::NUMERIC if typmod != -1 => Some(((typmod - 4) >> 16) & 0xffff),
            _ => None,
        })
    }),
    Question::new("_pg_numeric_precision_radix", Gives::Int4, |_, args| {
        of(args, |ty, _| match ty {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 => Some(2),
            Type::NUMERIC => Some(10),
            _ => None,
        })
    }),
    Question::new("_pg_numeric_scale", Gives::Int4, |_, args| {
        of(args, |ty, typmod| match ty {
            Type::INT2 | Type::INT4 | Type::INT8 => Some(0),
            Type::NUMERIC if typmod != -1 => Some((typmod - 4) & 0xffff),
            _ => None,
        })
    }),
    Question::new("_pg_datetime_precision", Gives::Int4, |_, args| {
        of(args, |ty, typmod| match ty {
            Type::DATE => Some(0),
            Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIMETZ => Some(if typmod < 0 { 6 } else { typmod }),
            Type::INTERVAL if typmod < 0 || typmod & 0xffff == 0xffff => Some(6),
            Type::INTERVAL => Some(typmod & 0xffff),
            _ => None,
        })
    }),
    // No column is of an interval of certain fields.
    Question::new("_pg_interval_type", Gives::Text, |_, _| Ok(Value::Null)),
];

fn of<'a>(args: &[Value], answer: fn(Type, i64) -> Option<i64>) -> Result<Value<'a>> {
    let ty = Type(u32::try_from(args[0].int()?).unwrap_or(0));
    Ok(answer(ty, args[1].int()?).map_or(Value::Null, Value::Int))
}

fn characters(ty: Type, typmod: i64) -> Option<i64> {
    match ty {
        _ if typmod == -1 => None,
        Type::BPCHAR | Type::VARCHAR => Some(typmod - 4),
        Type::BIT | Type::VARBIT => Some(typmod),
        _ => None,
    }
}
