//! Constants that the clock decides: `date 'today'`, `'now'::timestamptz`. They become the functions that say the same.

use std::sync::Arc;

use super::coerce::{Coercer, Context};
use super::operators::resolve_operator;
use crate::error::Result;
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::types::Type;
use crate::types::literal::Literal;

impl Coercer<'_> {
    /// Returns what a constant of these words is by the clock; `None` for other constants and types.
    ///
    /// # Errors
    /// As [`Coercer::coerce`].
    pub fn clock(&self, text: &str, target: Type, typmod: i32, position: Option<u32>) -> Result<Option<Expr>> {
        let word = text.trim_matches(|c: char| c.is_ascii_whitespace()).to_ascii_lowercase();
        if let Some(infinite) = self.infinite(&word, target, position) {
            return Ok(Some(infinite));
        }
        let days = match word.as_str() {
            "now" | "today" => 0,
            "tomorrow" => 1,
            "yesterday" => -1,
            _ => return Ok(None),
        };
        let moment = match (word.as_str(), target) {
            ("now", Type::TIMESTAMPTZ) => function("current_timestamp", target, position),
            ("now", Type::TIMESTAMP) => function("localtimestamp", target, position),
            ("now", Type::TIME) => function("localtime", target, position),
            (_, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ) => self.day(days, position)?,
            _ => return Ok(None),
        };
        self.coerce(moment, target, typmod, Context::Explicit).map(Some)
    }

    /// The date so many days from today.
    fn day(&self, days: i64, position: Option<u32>) -> Result<Expr> {
        let today = function("current_date", Type::DATE, position);
        if days == 0 {
            return Ok(today);
        }
        let operator = resolve_operator(if days > 0 { "+" } else { "-" }, Some(Type::DATE), Type::INT4, position)?;
        let count = Expr::literal(Literal::Int(days.abs()), Type::INT4, position);
        Ok(Expr::new(ExprKind::Operator { operator, args: vec![today, count] }, Type::DATE, position))
    }
}

fn function(name: &str, ty: Type, position: Option<u32>) -> Expr {
    let function = Signature {
        oid: 0,
        schema: "pg_catalog",
        name: name.to_owned(),
        arguments: Vec::new(),
        variadic: None,
        returns: ty,
        returns_set: false,
        volatility: 's',
        strict: false,
    };
    Expr::new(ExprKind::Call { function: Arc::new(function), args: Vec::new() }, ty, position)
}
