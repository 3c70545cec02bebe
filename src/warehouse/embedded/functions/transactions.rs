//! Positions in the log, transaction numbers and snapshots, which are kept as their output text.

use std::sync::Arc;

use arrow::array::StringArray;
use arrow::datatypes::i256;

use super::Scalar;
use super::decimal::{Decimal, decimal};
use super::rows::{BOOL, NUMERIC, TEXT, TEXTS, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};
use crate::types::lsn;
use crate::types::snapshot::{self, Snapshot};

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_lsn_key", TEXT, |args| Ok(Value::text(lsn::key(lsn::read(args[0].str()?)?)))),
        strict!("pg_lsn_of_key", TEXT, |args| {
            let position = u64::from_str_radix(args[0].str()?, 16).map_err(Report::internal)?;
            Ok(Value::text(lsn::shown(position)))
        }),
        strict!("pg_lsn_diff", NUMERIC, |args| {
            let (a, b) = (lsn::read(args[0].str()?)?, lsn::read(args[1].str()?)?);
            Ok(Value::Numeric(whole(i128::from(a) - i128::from(b))))
        }),
        strict!("pg_lsn_add", TEXT, |args| moved(args[0].str()?, decimal(&args[1])?, 1)),
        strict!("pg_lsn_sub", TEXT, |args| moved(args[0].str()?, decimal(&args[1])?, -1)),
        strict!("pg_xid8_key", TEXT, |args| Ok(Value::text(snapshot::key(snapshot::xid8(args[0].str()?))))),
        strict!("pg_snapshot_part", TEXT, |args| {
            let snapshot = Snapshot::read(args[0].str()?)?;
            let part = if args[1].str()? == "xmin" { snapshot.xmin } else { snapshot.xmax };
            Ok(Value::text(part.to_string()))
        }),
        strict!("pg_snapshot_running", TEXTS, |args| {
            let running = Snapshot::read(args[0].str()?)?.running;
            Ok(Value::List(Arc::new(running.iter().map(|xid| Some(xid.to_string())).collect::<StringArray>())))
        }),
        strict!("pg_snapshot_sees", BOOL, |args| {
            let seen = Snapshot::read(args[1].str()?)?;
            Ok(Value::Bool(seen.sees(snapshot::xid8(args[0].str()?))))
        }),
    ]
}

fn whole(value: i128) -> Decimal {
    Decimal::new(i256::from_i128(value), 0)
}

/// A position and so many bytes, rounded (`pg_lsn_pli`, `pg_lsn_mii`).
fn moved(position: &str, bytes: Decimal, sign: i8) -> Result<Value<'static>> {
    let out_of_range = || Report::new(SqlState::INVALID_PARAMETER_VALUE, "pg_lsn out of range");
    let (a, b, scale) = whole(lsn::read(position)?.into()).aligned(bytes)?;
    let sum = Decimal::new(if sign < 0 { a.wrapping_sub(b) } else { a.wrapping_add(b) }, scale);
    let rounded = sum.rescaled(0).and_then(|sum| sum.unscaled.to_i128()).and_then(|sum| u64::try_from(sum).ok());
    Ok(Value::text(lsn::shown(rounded.ok_or_else(out_of_range)?)))
}
