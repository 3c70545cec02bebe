//! Functions over addresses, which are kept as their output text.

use super::Scalar;
use super::rows::{BOOL, INT4, TEXT, strict};
use super::value::Value;
use crate::types::inet;

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_inet_host", TEXT, |args| Ok(Value::text(inet::read(args[0].str()?)?.address.to_string()))),
        strict!("pg_inet_text", TEXT, |args| Ok(Value::text(inet::read(args[0].str()?)?.with_bits()))),
        strict!("pg_inet_network", TEXT, |args| Ok(Value::text(inet::read(args[0].str()?)?.network().with_bits()))),
        strict!("pg_inet_netmask", TEXT, |args| Ok(Value::text(inet::read(args[0].str()?)?.netmask().shown()))),
        strict!("pg_inet_broadcast", TEXT, |args| Ok(Value::text(inet::read(args[0].str()?)?.broadcast().shown()))),
        strict!("pg_inet_family", INT4, |args| Ok(Value::Int(inet::read(args[0].str()?)?.family()))),
        strict!("pg_inet_masklen", INT4, |args| Ok(Value::Int(inet::read(args[0].str()?)?.bits.into()))),
        strict!("pg_inet_key", TEXT, |args| Ok(Value::text(inet::read(args[0].str()?)?.key()))),
        strict!("pg_inet_holds", BOOL, |args| {
            let (outer, inner) = (inet::read(args[0].str()?)?, inet::read(args[1].str()?)?);
            Ok(Value::Bool(outer.holds(inner, args[2].bool()?)))
        }),
    ]
}
