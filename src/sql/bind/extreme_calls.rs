//! The functions behind max() and min() over two values, called by their names: `int4larger(a, b)`, `text_smaller(a, b)`. They are GREATEST and
//! LEAST, but for NULL, which makes them NULL.

use super::Binder;
use crate::error::Result;
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

impl Binder<'_> {
    /// Binds a call of such a function; `None` for all others.
    ///
    /// # Errors
    /// None of its own.
    pub fn extreme_call(&self, function: &Signature, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        let [left, right] = args else { return Ok(None) };
        let larger = match function.name.as_str() {
            name if name.ends_with("larger") => true,
            name if name.ends_with("smaller") => false,
            _ => return Ok(None),
        };
        // Each is asked for twice below.
        if function.schema != "pg_catalog" || args.iter().any(may_change) {
            return Ok(None);
        }
        let ty = function.returns;
        if args.iter().any(Expr::is_null_literal) {
            return Ok(Some(Expr::literal(Literal::Null, ty, position)));
        }
        // Of equal ones it is the second, but of char(n) the first (numeric.c, `numeric_larger`; varchar.c, `bpchar_larger`).
        let both = if ty == Type::BPCHAR { [left, right] } else { [right, left] }.map(Clone::clone).to_vec();
        let there = |expr: &Expr| {
            let kind = ExprKind::IsNull { expr: Box::new(expr.clone()), negated: true };
            self.make(kind, Type::BOOL, -1, position)
        };
        let both_there = self.make(ExprKind::And(vec![there(left), there(right)]), Type::BOOL, -1, position);
        let kind = if larger { ExprKind::Greatest(both) } else { ExprKind::Least(both) };
        let extreme = self.make(kind, ty, -1, position);
        let case = ExprKind::Case { whens: vec![(both_there, extreme)], otherwise: None };
        Ok(Some(self.make(case, ty, -1, position)))
    }
}

/// Tells whether a value may be another one when it is asked for again, or is dear to ask for.
fn may_change(expr: &Expr) -> bool {
    let own = match &expr.kind {
        ExprKind::Call { function, .. } => function.volatility == 'v',
        ExprKind::Operator { operator, .. } => operator.volatility == 'v',
        ExprKind::Subquery { .. } | ExprKind::Aggregate(_) | ExprKind::Window(_) => true,
        _ => false,
    };
    own || walk::children(expr).into_iter().any(may_change)
}
