//! Operands that PostgreSQL evaluates once and the bound tree spells out more than once: `x BETWEEN a AND b`, `CASE x WHEN ...`.
//!
//! Nested, they would multiply: thirty levels of BETWEEN are a billion nodes out of a kilobyte of text.

use super::Binder;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::Expr;
use crate::sql::walk::{self, Visitor};

/// Nodes that may be made by copying in one statement.
const MAX_COPIED: usize = 50_000;

impl Binder<'_> {
    /// Copies an operand.
    ///
    /// # Errors
    /// 54001 when the statement has copied too much already.
    pub(super) fn copy(&self, expr: &Expr) -> Result<Expr> {
        let copied = self.copied.get() + size(expr);
        if copied > MAX_COPIED {
            return Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, "the expression is too complex")
                .hint("Compute the operand of BETWEEN, IN or CASE in a subquery.")
                .at(expr.position));
        }
        self.copied.set(copied);
        Ok(expr.clone())
    }
}

fn size(expr: &Expr) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        fn expr(&mut self, _: &Expr) {
            self.0 += 1;
        }
    }
    let mut count = Count(0);
    walk::walk_expr(expr, &mut count);
    count.0
}
