//! Conditions that are always true are dropped: `WHERE 1 = 1 AND ...`, folded by the binder to TRUE.

use super::{Change, Rule, RuleContext};
use crate::sql::tree::{Bound, Expr, ExprKind, Query, SetExpr};
use crate::sql::walk::{self, VisitorMut};
use crate::types::literal::Literal;

/// `x AND TRUE` is `x` in three-valued logic too, and so is `x OR FALSE`.
pub struct Conjuncts;

impl Rule for Conjuncts {
    fn name(&self) -> &'static str {
        "constants"
    }

    fn apply(&self, bound: &mut Bound, _cx: &RuleContext) -> Option<Change> {
        let mut dropped = Dropped(0);
        walk::walk_query_mut(&mut bound.query, &mut dropped);
        let conditions = if dropped.0 == 1 { "condition" } else { "conditions" };
        (dropped.0 > 0).then(|| Change { what: format!("{} constant {conditions} dropped", dropped.0), cut: None })
    }
}

struct Dropped(usize);

impl VisitorMut for Dropped {
    fn query(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        if let Some(filter) = &mut select.filter {
            self.simplify(filter);
        }
        if select.filter.as_ref().is_some_and(|filter| is_constant(filter, true)) {
            select.filter = None;
            self.0 += 1;
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        self.simplify(expr);
    }
}

impl Dropped {
    fn simplify(&mut self, expr: &mut Expr) {
        let (parts, neutral) = match &mut expr.kind {
            ExprKind::And(parts) => (parts, true),
            ExprKind::Or(parts) => (parts, false),
            _ => return,
        };
        let before = parts.len();
        parts.retain(|part| !is_constant(part, neutral));
        self.0 += before - parts.len();
        if parts.len() > 1 {
            return;
        }
        // One part stands for itself; none leaves the neutral value, which the caller counts once more if it drops that.
        match parts.pop() {
            Some(part) => *expr = part,
            None => expr.kind = ExprKind::Literal(Literal::Bool(neutral)),
        }
    }
}

fn is_constant(expr: &Expr, value: bool) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Bool(known)) if known == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::{bound, column, events, principal, select};
    use crate::types::Type;

    fn bool(value: bool) -> Expr {
        Expr::literal(Literal::Bool(value), Type::BOOL, None)
    }

    fn not_null() -> Expr {
        Expr::new(ExprKind::IsNull { expr: Box::new(column(1, 0)), negated: true }, Type::BOOL, None)
    }

    fn rewritten(filter: ExprKind) -> (Option<Expr>, bool) {
        let mut query = select(events(1), vec![column(1, 0)]);
        let SetExpr::Select(body) = &mut query.body else { unreachable!() };
        body.filter = Some(Expr::new(filter, Type::BOOL, None));
        let mut bound = bound(query);
        let cx = RuleContext { principal: &principal("ann"), row_limited: false, inject_limit: 0 };
        let changed = Conjuncts.apply(&mut bound, &cx).is_some();
        let SetExpr::Select(body) = bound.query.body else { unreachable!() };
        (body.filter, changed)
    }

    #[test]
    fn true_disappears_from_conjunctions() {
        assert_eq!(rewritten(ExprKind::And(vec![bool(true), not_null()])), (Some(not_null()), true));
        assert_eq!(rewritten(ExprKind::And(vec![bool(true), bool(true)])), (None, true));
        assert_eq!(rewritten(bool(true).kind), (None, true));
    }

    #[test]
    fn false_and_null_stay() {
        let kept = ExprKind::And(vec![bool(false), not_null()]);
        assert_eq!(rewritten(kept.clone()), (Some(Expr::new(kept, Type::BOOL, None)), false));
        assert_eq!(rewritten(bool(false).kind), (Some(bool(false)), false));
    }
}
