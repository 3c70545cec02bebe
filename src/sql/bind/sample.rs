//! TABLESAMPLE: all rows at 100 percent. Which rows fewer percent are is by chance, so no other engine takes the same ones.

use sqlparser::ast::{self, TableSample, TableSampleKind, TableSampleMethod, TableSampleModifier};

use super::Binder;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind};
use crate::types::literal::Literal;

impl Binder<'_> {
    /// Checks a sample of a table that is the whole table.
    ///
    /// # Errors
    /// 0A000 for any other, 2202H for what is no percentage.
    pub(super) fn whole_sample(&mut self, sample: &TableSampleKind, position: Option<u32>) -> Result<()> {
        let (TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample;
        let refuse = || {
            Err(Report::unsupported("TABLESAMPLE of fewer than 100 percent")
                .hint("Which rows a sample holds is by chance. Filter on a column, or add LIMIT.")
                .at(position))
        };
        let TableSample { modifier: TableSampleModifier::TableSample, name, quantity: Some(quantity), bucket: None, offset: None, .. } =
            sample.as_ref()
        else {
            return refuse();
        };
        let known = matches!(name, Some(TableSampleMethod::Bernoulli | TableSampleMethod::System));
        if !known || !quantity.parenthesized || quantity.unit.is_some() {
            return refuse();
        }
        if sample.seed.as_ref().is_some_and(|seed| matches!(seed.value.value, ast::Value::Null)) {
            return Err(Report::new(SqlState("2202G"), "TABLESAMPLE REPEATABLE parameter cannot be null"));
        }
        let percent = self.expr(&quantity.value)?;
        match percentage(&percent) {
            Some(percent) if !(0.0..=100.0).contains(&percent) => {
                Err(Report::new(SqlState("2202H"), "sample percentage must be between 0 and 100"))
            }
            Some(100.0) => Ok(()),
            None if percent.is_null_literal() => Err(Report::new(SqlState("2202H"), "TABLESAMPLE parameter cannot be null")),
            _ => refuse(),
        }
    }
}

fn percentage(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(value)) => i32::try_from(*value).ok().map(f64::from),
        ExprKind::Literal(Literal::Float(value)) => Some(*value),
        ExprKind::Literal(Literal::Numeric(digits)) => digits.parse().ok(),
        _ => None,
    }
}
