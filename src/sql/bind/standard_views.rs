//! The functions that information_schema's own views are made of, and that other queries of columns call too (information_schema.sql).

use std::sync::Arc;

use super::Binder;
use super::coerce::Context;
use crate::error::Result;
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// Those of a type and its modifier, and what they return; the engine keeps them by their names.
const OF_TYPES: [(&str, Type); 7] = [
    ("_pg_char_max_length", Type::INT4),
    ("_pg_char_octet_length", Type::INT4),
    ("_pg_numeric_precision", Type::INT4),
    ("_pg_numeric_precision_radix", Type::INT4),
    ("_pg_numeric_scale", Type::INT4),
    ("_pg_datetime_precision", Type::INT4),
    ("_pg_interval_type", Type::TEXT),
];

impl Binder<'_> {
    /// Binds a call of one of them; `None` for any other.
    pub fn standard_view_call(&self, schema: Option<&str>, name: &str, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        let (Some("information_schema"), [first, second]) = (schema, args) else { return Ok(None) };
        // Of a row of pg_attribute and one of pg_type: a domain's column is of the type beneath.
        let (own, beneath) = match name {
            "_pg_truetypid" => ("atttypid", "typbasetype"),
            "_pg_truetypmod" => ("atttypmod", "typtypmod"),
            _ => return self.of_type(name, first, second, position),
        };
        if !matches!((&first.kind, &second.kind), (ExprKind::Row(..), ExprKind::Row(..))) {
            return Ok(None);
        }
        let kind = self.field(second, "typtype")?;
        let domain = Expr::literal(Literal::Text("d".into()), Type::UNKNOWN, position);
        let is_domain = self.operator("=", Some(kind), domain, position)?;
        let (own, beneath) = (self.field(first, own)?, self.field(second, beneath)?);
        let ty = own.ty;
        Ok(Some(self.make(ExprKind::Case { whens: vec![(is_domain, beneath)], otherwise: Some(Box::new(own)) }, ty, -1, position)))
    }

    fn of_type(&self, name: &str, ty: &Expr, typmod: &Expr, position: Option<u32>) -> Result<Option<Expr>> {
        let Some((_, returns)) = OF_TYPES.iter().find(|(known, _)| *known == name) else { return Ok(None) };
        let args = vec![
            self.coerce(self.copy(ty)?, Type::OID, Context::Implicit)?,
            self.coerce(self.copy(typmod)?, Type::INT4, Context::Implicit)?,
        ];
        let function = Signature {
            oid: 0,
            schema: "information_schema",
            name: name.to_owned(),
            arguments: vec![Type::OID, Type::INT4],
            variadic: None,
            returns: *returns,
            returns_set: false,
            volatility: 'i',
            strict: true,
        };
        Ok(Some(self.make(ExprKind::Call { function: Arc::new(function), args }, *returns, -1, position)))
    }
}
