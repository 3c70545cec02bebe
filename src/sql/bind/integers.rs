//! A warehouse with one integer type: BigQuery's INT64 is served as int8, and queries were written for integer columns.
//!
//! Where PostgreSQL would take an integer and has nothing for a bigint (`date + n`, `left(s, n)`, `n::boolean`, a recursive query that begins with `1`), the
//! bigint is taken for one. No answer changes by it: what is refused otherwise is answered.

use super::Binder;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Binder<'_> {
    /// Tells whether the catalog is one of INT64 columns.
    pub fn has_one_integer(&self) -> bool {
        self.cx.snapshot.tables().any(|table| table.columns.iter().any(|column| column.native == "INT64"))
    }

    /// Resolves again with integers for bigints, after no candidate was found.
    pub fn with_integers<T>(&self, args: &[Expr], report: Report, resolve: impl FnOnce(&[Type]) -> Result<T>) -> Result<(T, Vec<Expr>)> {
        if report.sqlstate != SqlState::UNDEFINED_FUNCTION || !args.iter().any(|arg| arg.ty == Type::INT8) || !self.has_one_integer() {
            return Err(report);
        }
        let args: Vec<Expr> = args.iter().cloned().map(as_integer).collect();
        let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        match resolve(&types) {
            Ok(resolved) => Ok((resolved, args)),
            Err(_) => Err(report),
        }
    }

    /// Returns the type that both sides of a recursive query take if they are integers, or arrays of them.
    pub fn common_integer(&self, one: Type, other: Type) -> Option<Type> {
        let element = |ty: Type| ty.element().is_some_and(Type::is_integer);
        let common = match (one, other) {
            (one, other) if one.is_integer() && other.is_integer() => Type::INT8,
            (one, other) if element(one) && element(other) => Type::INT8_ARRAY,
            _ => return None,
        };
        self.has_one_integer().then_some(common)
    }
}

/// Takes a bigint for an integer. The cast is implied: no range is checked where the warehouse has none.
pub fn as_integer(expr: Expr) -> Expr {
    let fits = match &expr.kind {
        ExprKind::Literal(Literal::Int(value)) => i32::try_from(*value).is_ok(),
        _ => true,
    };
    if expr.ty != Type::INT8 || !fits {
        return expr;
    }
    let position = expr.position;
    Expr::new(ExprKind::Cast { expr: Box::new(expr), explicit: false, method: CastMethod::Function }, Type::INT4, position)
}
