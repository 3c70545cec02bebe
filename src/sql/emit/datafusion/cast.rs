//! Casts.

use super::Printer;
use super::expr::scale;
use super::literal::{self, is_oid};
use super::vectors::{bounds_from_zero, uncertain};
use crate::error::{Report, Result};
use crate::sql::array_bounds::{Begin, begins};
use crate::sql::tree::{CastMethod, Expr};
use crate::types::{Type, range};

impl Printer<'_> {
    /// Prints a cast of `inner` to the type of `whole`. The text of an array that counts from 0 says so.
    pub(super) fn cast(&mut self, inner: &Expr, whole: &Expr, method: CastMethod) -> Result<String> {
        let text = self.plain_cast(inner, whole, method)?;
        let says = matches!(whole.ty, Type::TEXT | Type::VARCHAR) && !matches!(inner.ty, Type::INT2VECTOR | Type::OIDVECTOR);
        match begins(inner) {
            Begin::Zero if says => {
                let list = self.expr(inner)?;
                let bounds = bounds_from_zero(&list);
                Ok(format!("CASE WHEN pg_cardinality({list}) > 0 THEN pg_concat_op({bounds}, pg_concat_op('=', {text})) ELSE {text} END"))
            }
            Begin::Either if says => Err(uncertain(whole)),
            _ => Ok(text),
        }
    }

    fn plain_cast(&mut self, inner: &Expr, whole: &Expr, method: CastMethod) -> Result<String> {
        let (from, to, typmod) = (inner.ty, whole.ty, whole.typmod);
        if inner.is_null_literal() {
            return Ok(literal::null(to, typmod));
        }
        let value = self.expr(inner)?;
        // An array of rows is kept as their texts (sql::bind::search_cycle).
        if method == CastMethod::Binary && from == Type::TEXT_ARRAY && to.element() == Some(Type::RECORD) {
            return Ok(value);
        }
        if let Some(native) = native(&value, from, to, typmod) {
            return Ok(native);
        }
        if let (true, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME) = (is_reg(from), to) {
            return Ok(format!("pg_{}out({value})", from.name()));
        }
        if let (Type::INT2VECTOR | Type::OIDVECTOR, Type::TEXT | Type::VARCHAR, true) = (from, to, typmod < 0) {
            let name = literal::text(from.name());
            return Ok(format!("pg_array_to_string({value}, ' ', arrow_cast(NULL, 'Utf8'), {name}, {}, -1)", self.zone_text()));
        }
        // So with each element of an array.
        if let Some(element) = from.element().filter(|element| is_reg(*element))
            && matches!(to, Type::TEXT | Type::VARCHAR | Type::TEXT_ARRAY | Type::VARCHAR_ARRAY)
            && typmod < 0
        {
            let names = format!("pg_reg_names({value}, {})", literal::text(element.name()));
            let text = |list: &str| format!("pg_cast({list}, '_text', 'text', -1, -1, {})", self.zone_text());
            return Ok(if to.is_array() { names } else { text(&names) });
        }
        if is_reg(to) && from.is_string() {
            return Ok(format!("pg_to_{}({value})", to.name()));
        }
        // A row is kept as its own text.
        if let (Type::RECORD, Type::TEXT) | (Type::RECORD, Type::VARCHAR) = (from, to)
            && typmod < 0
        {
            return Ok(value);
        }
        if from.element() == Some(Type::RECORD) && matches!(to, Type::TEXT | Type::VARCHAR) && typmod < 0 {
            return Ok(format!("pg_cast({value}, '_text', 'text', -1, -1, {})", self.zone_text()));
        }
        let of_rows = |ty: Type| matches!(ty, Type::RECORD | Type::ANY) || ty.element() == Some(Type::RECORD);
        if [from, to].iter().any(|&ty| of_rows(ty) || range::of_multirange(ty).is_some()) {
            return Err(Report::unsupported(format!("a cast from {from} to {to}")).at(whole.position));
        }
        let shown = match (from, inner.scale) {
            (Type::NUMERIC | Type::NUMERIC_ARRAY, shown) => scale(shown),
            _ => "-1".into(),
        };
        Ok(format!(
            "pg_cast({value}, {}, {}, {typmod}, {shown}, {})",
            literal::text(from.name()),
            literal::text(to.name()),
            self.reads_text(from, to)
        ))
    }
}

/// Tells whether values are OIDs that print as names.
pub(super) fn is_reg(ty: Type) -> bool {
    is_oid(ty) && !matches!(ty, Type::OID | Type::XID | Type::CID)
}

/// Tells whether values are lists of OIDs.
fn oids(ty: Type) -> bool {
    ty == Type::OIDVECTOR || ty.element().is_some_and(is_oid)
}

/// Returns the cast where the engine's own (or none) is PostgreSQL's.
fn native(value: &str, from: Type, to: Type, typmod: i32) -> Option<String> {
    // arrow_cast, not CAST: the planner leaves CAST out of names, so that sum(a) and sum(CAST(a ..)) would be one column twice.
    let as_type = |name: &str| Some(format!("arrow_cast({value}, '{name}')"));
    let plain_text =
        |ty: Type| matches!(ty, Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN | Type::CHAR | Type::CSTRING | Type::PG_NODE_TREE);
    match (from, to) {
        (_, Type::TEXT) if plain_text(from) || matches!(from, Type::JSON | Type::JSONB) => Some(value.to_owned()),
        (_, Type::VARCHAR) if typmod < 0 && (plain_text(from) || matches!(from, Type::JSON | Type::JSONB)) => Some(value.to_owned()),
        (Type::BIT | Type::VARBIT, Type::BIT | Type::VARBIT | Type::TEXT | Type::VARCHAR) if typmod < 0 => Some(value.to_owned()),
        (Type::BPCHAR, Type::TEXT) => Some(format!("rtrim({value}, ' ')")),
        (Type::BPCHAR, Type::VARCHAR) if typmod < 0 => Some(format!("rtrim({value}, ' ')")),
        (_, Type::BPCHAR) if typmod < 0 && plain_text(from) => Some(value.to_owned()),
        (Type::INT2, Type::INT4) => as_type("Int32"),
        (Type::INT2 | Type::INT4, Type::INT8) => as_type("Int64"),
        (Type::INT2 | Type::INT4 | Type::INT8, Type::FLOAT8) => as_type("Float64"),
        (Type::INT2, Type::FLOAT4) => as_type("Float32"),
        (Type::FLOAT4, Type::FLOAT8) => as_type("Float64"),
        (Type::INT2, Type::NUMERIC) if typmod < 0 => as_type("Decimal128(5, 0)"),
        (Type::INT4, Type::NUMERIC) if typmod < 0 => as_type("Decimal128(10, 0)"),
        (Type::INT8, Type::NUMERIC) if typmod < 0 => as_type("Decimal128(19, 0)"),
        (Type::NUMERIC, Type::NUMERIC) if typmod < 0 => Some(value.to_owned()),
        (Type::DATE, Type::TIMESTAMP) => Some(format!("arrow_cast({value}, 'Timestamp(Microsecond, None)')")),
        (Type::INT4, _) if is_oid(to) => Some(format!("pg_oid({value})")),
        (_, Type::INT8) if is_oid(from) => as_type("Int64"),
        (_, _) if is_oid(from) && is_oid(to) => Some(value.to_owned()),
        (_, _) if oids(from) && oids(to) => Some(value.to_owned()),
        (_, _) if from == to && typmod < 0 => Some(value.to_owned()),
        _ => None,
    }
}
