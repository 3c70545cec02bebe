//! PostgreSQL's input functions: text to values (chapter 8, appendix B).

use super::literal::Literal;
use super::snapshot::{self, Snapshot};
use super::{Type, bits, inet, json, lsn, range};
use crate::error::{Report, Result, SqlState};

pub mod datetime;
pub mod interval;
pub mod number;

mod array;
mod fields;
mod interval_iso;
mod order;
mod text;

pub use order::{Order, Reads};

/// Reads a value's text form as PostgreSQL's input function of the type does; what a date says may depend on the session.
///
/// # Errors
/// 22P02, 22007, 22008, 22003 with PostgreSQL's wording; 0A000 for values that the warehouse cannot hold (infinity, BC).
pub fn parse(text: &str, ty: Type, typmod: i32, reads: impl Into<Reads>) -> Result<Literal> {
    if text.contains('\0') {
        return Err(Report::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": 0x00"));
    }
    read(text, ty, typmod, reads.into())
}

fn read(text: &str, ty: Type, typmod: i32, reads: Reads) -> Result<Literal> {
    Ok(match ty {
        Type::BOOL => Literal::Bool(number::boolean(text)?),
        Type::INT2 | Type::INT4 | Type::INT8 => Literal::Int(number::integer(text, ty)?),
        Type::OID | Type::XID | Type::CID => Literal::Int(number::oid(text)?),
        Type::FLOAT4 | Type::FLOAT8 => Literal::Float(number::float(text, ty)?),
        Type::NUMERIC => Literal::Numeric(number::constrain(&number::numeric(text)?, typmod)?),
        Type::TEXT | Type::UNKNOWN | Type::CSTRING | Type::ACLITEM | Type::JSONPATH => Literal::Text(text.to_owned()),
        Type::VARCHAR | Type::BPCHAR => Literal::Text(text::limited(text, ty, typmod)?),
        Type::NAME => Literal::Text(text::name(text)),
        Type::CHAR => Literal::Text(text::char_type(text)?),
        Type::BIT | Type::VARBIT => Literal::Text(bits::fitted(&bits::read(text)?, ty, typmod)),
        Type::INET => Literal::Text(inet::read(text)?.shown()),
        Type::PG_LSN => Literal::Text(lsn::shown(lsn::read(text)?)),
        Type::XID8 => Literal::Text(snapshot::xid8(text).to_string()),
        Type::PG_SNAPSHOT | Type::TXID_SNAPSHOT => Literal::Text(Snapshot::read(text)?.shown()),
        Type::BYTEA => Literal::Bytes(text::bytea(text)?),
        Type::UUID => Literal::Uuid(text::uuid(text)?),
        Type::JSON => {
            json::validate(text)?;
            Literal::Text(text.to_owned())
        }
        Type::JSONB => Literal::Json(json::canonical(text)?),
        Type::DATE => Literal::Date(datetime::date(text, reads.order)?),
        Type::TIME => Literal::Time(datetime::time(text)?),
        Type::TIMETZ => Literal::Text(datetime::timetz(text)?),
        Type::TIMESTAMP => Literal::Timestamp(datetime::timestamp(text, reads.order)?),
        Type::TIMESTAMPTZ => Literal::TimestampTz(datetime::timestamptz(text, reads)?),
        Type::INTERVAL => interval::parse(text, typmod)?,
        // A name is looked up where the value is used: there is no catalog here.
        Type::REGCLASS | Type::REGTYPE | Type::REGPROC | Type::REGNAMESPACE | Type::REGROLE => match number::oid(text) {
            Ok(oid) => Literal::Int(oid),
            Err(_) if text == "-" => Literal::Int(0),
            Err(_) => Literal::Text(text.to_owned()),
        },
        Type::INT2VECTOR | Type::OIDVECTOR => array::vector(text, ty)?,
        _ if range::subtype(ty).is_some() => Literal::Bytes(range::read(text, ty, reads)?),
        _ => match ty.element() {
            Some(element) => array::parse(text, ty, element, typmod, reads)?,
            None => return Err(Report::unsupported(format!("a constant of type {ty}"))),
        },
    })
}

#[cfg(test)]
mod tests;
