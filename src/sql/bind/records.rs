//! Comparisons of composite values: the row of a FROM item is one value (`record_eq`, `record_cmp`), where NULLs are equal and come last; ROW(...)
//! beside ROW(...) is compared field by field instead.

use super::Binder;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Binder<'_> {
    /// Binds `left op right`, one of which is the row of a FROM item.
    pub fn record_operator(&self, name: &str, left: Expr, right: Expr, position: Option<u32>) -> Result<Expr> {
        let at = left.position.or(position);
        let there: Vec<Expr> = [&left, &right].into_iter().filter_map(presence).collect();
        let (ExprKind::Row(a, _), ExprKind::Row(b, _)) = (left.kind, right.kind) else { return Err(Report::internal("rows expected")) };
        if a.len() != b.len() {
            let message = "cannot compare record types with different numbers of columns";
            return Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position));
        }
        let (a, b, name) = match name {
            ">" => (b, a, "<"),
            ">=" => (b, a, "<="),
            name => (a, b, name),
        };
        let mut pairs: Vec<(Expr, Expr)> = a.into_iter().zip(b).collect();
        let same = |pair: &(Expr, Expr)| self.distinct_values(self.copy(&pair.0)?, self.copy(&pair.1)?, true, position);
        let compared = match name {
            "=" => self.all_of(pairs.iter().map(same).collect::<Result<Vec<_>>>()?, at),
            "<>" => {
                let differ = |(a, b): (Expr, Expr)| self.distinct_values(a, b, false, position);
                self.any_of(pairs.into_iter().map(differ).collect::<Result<Vec<_>>>()?, at)
            }
            "<" | "<=" => {
                let mut rest = match (name, pairs.pop()) {
                    (_, None) => Expr::literal(Literal::Bool(name == "<="), Type::BOOL, at),
                    ("<", Some(last)) => self.before(last, position)?,
                    (_, Some(last)) => self.any_of(vec![same(&last)?, self.before(last, position)?], at),
                };
                for pair in pairs.into_iter().rev() {
                    let equal = same(&pair)?;
                    rest = self.any_of(vec![self.before(pair, position)?, self.all_of(vec![equal, rest], at)], at);
                }
                rest
            }
            _ => {
                let message = format!("operator does not exist: record {name} record");
                return Err(Report::new(SqlState::UNDEFINED_FUNCTION, message).at(position));
            }
        };
        if there.is_empty() {
            return Ok(compared);
        }
        Ok(self.make(ExprKind::Case { whens: vec![(self.all_of(there, at), compared)], otherwise: None }, Type::BOOL, -1, at))
    }

    /// One field before another: NULL is behind all values.
    fn before(&self, (a, b): (Expr, Expr), position: Option<u32>) -> Result<Expr> {
        let at = a.position;
        let is_null = |expr: &Expr, negated| -> Result<Expr> {
            let expr = Box::new(self.settle_any(self.copy(expr)?)?);
            Ok(self.make(ExprKind::IsNull { expr, negated }, Type::BOOL, -1, at))
        };
        let null_last = self.all_of(vec![is_null(&a, true)?, is_null(&b, false)?], at);
        let less = self.operator("<", Some(a), b, position)?;
        Ok(self.make(ExprKind::Coalesce(vec![less, null_last]), Type::BOOL, -1, at))
    }
}

/// Tells of the row of an outer join's side whether it is there; `None` where there is one always.
pub fn presence(row: &Expr) -> Option<Expr> {
    match row.kind {
        ExprKind::Row(_, RowOf::Outer(_)) => {
            Some(Expr::new(ExprKind::IsNull { expr: Box::new(row.clone()), negated: true }, Type::BOOL, row.position))
        }
        _ => None,
    }
}
