//! `'infinity'` and `'-infinity'` as dates and timestamps. No stored value is infinite: a comparison with one is decided here, a range may end there,
//! the embedded engine shows them and sorts by them, and whatever else is asked of them is refused.

use std::collections::HashSet;

use super::Binder;
use super::coerce::Coercer;
use crate::error::{Report, Result};
use crate::sql::tree::{Bound, Expr, ExprKind, GroupBy, Query, SetExpr, SortBy};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{Type, range};

/// Returns the constant of a word, as the ends of the type's range.
pub fn literal(word: &str, ty: Type) -> Option<Literal> {
    let later = match word {
        "infinity" => true,
        "-infinity" => false,
        _ => return None,
    };
    ends(ty, later)
}

fn ends(ty: Type, later: bool) -> Option<Literal> {
    Some(match (ty, later) {
        (Type::DATE, true) => Literal::Date(i32::MAX),
        (Type::DATE, false) => Literal::Date(i32::MIN),
        (Type::TIMESTAMP, true) => Literal::Timestamp(i64::MAX),
        (Type::TIMESTAMP, false) => Literal::Timestamp(i64::MIN),
        (Type::TIMESTAMPTZ, true) => Literal::TimestampTz(i64::MAX),
        (Type::TIMESTAMPTZ, false) => Literal::TimestampTz(i64::MIN),
        _ => return None,
    })
}

/// Tells whether a constant is infinite, and (`true`) later than all others.
pub fn is_later(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Date(i32::MAX) | Literal::Timestamp(i64::MAX) | Literal::TimestampTz(i64::MAX) => Some(true),
        Literal::Date(i32::MIN) | Literal::Timestamp(i64::MIN) | Literal::TimestampTz(i64::MIN) => Some(false),
        _ => None,
    }
}

/// An infinite constant as one of another type.
pub fn converted(literal: &Literal, to: Type) -> Option<Literal> {
    ends(to, is_later(literal)?)
}

/// Refuses infinite constants that no comparison has taken, but for the bounds of ranges and what the query shows or sorts by as it stands.
///
/// # Errors
/// 0A000 with position.
pub fn check(bound: &Bound) -> Result<()> {
    let mut shown = HashSet::new();
    add_shown(&bound.query, &mut shown);
    refuse_but(bound, shown)
}

/// Refuses infinite constants but for the bounds of ranges: for a warehouse that has no such values.
///
/// # Errors
/// 0A000 with position.
pub fn refuse(bound: &Bound) -> Result<()> {
    refuse_but(bound, HashSet::new())
}

/// Adds what the client sees as it was computed, and what the rows are sorted and grouped by.
fn add_shown(query: &Query, found: &mut HashSet<*const Expr>) {
    match &query.body {
        SetExpr::Select(select) => {
            let grouped: &[Expr] = match &select.group_by {
                GroupBy::None => &[],
                GroupBy::Plain(exprs) | GroupBy::Sets { exprs, .. } => exprs,
            };
            select.projection.iter().chain(grouped).for_each(|expr| add_results(expr, found));
            let keys = query.order_by.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr) } else { None });
            keys.for_each(|expr| add_results(expr, found));
        }
        SetExpr::Set { left, right, .. } => [left, right].into_iter().for_each(|side| add_shown(side, found)),
        SetExpr::Values(rows) => rows.iter().flatten().for_each(|expr| add_results(expr, found)),
    }
}

/// Constants are known by their address: parents are met before children.
fn refuse_but(bound: &Bound, mut bounds: HashSet<*const Expr>) -> Result<()> {
    let mut found = None;
    walk::each_expr(&bound.query, |expr| {
        if range::subtype(expr.ty).is_some()
            && let ExprKind::Call { args, .. } = &expr.kind
        {
            args.iter().for_each(|arg| add_results(arg, &mut bounds));
        }
        if found.is_none() && is_infinite(expr) && !bounds.contains(&std::ptr::from_ref(expr)) {
            found = Some(expr.position);
        }
    });
    match found {
        None => Ok(()),
        Some(position) => {
            Err(Report::unsupported("an infinite date (but in a comparison)").at(position).hint("Compare with it, or use a date far away."))
        }
    }
}

/// Adds the expressions whose value may be that of a whole one.
fn add_results(expr: &Expr, found: &mut HashSet<*const Expr>) {
    found.insert(std::ptr::from_ref(expr));
    match &expr.kind {
        ExprKind::Coalesce(items) | ExprKind::Greatest(items) | ExprKind::Least(items) => {
            items.iter().for_each(|item| add_results(item, found))
        }
        ExprKind::Case { whens, otherwise } => {
            whens.iter().map(|(_, then)| then).chain(otherwise.as_deref()).for_each(|result| add_results(result, found));
        }
        _ => {}
    }
}

/// Tells whether an expression is an infinite constant.
pub fn is_infinite(expr: &Expr) -> bool {
    infinite(expr).is_some()
}

fn infinite(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Literal(literal) => is_later(literal),
        _ => None,
    }
}

impl Coercer<'_> {
    /// The infinite constant of a word, of the type that is asked for.
    pub fn infinite(&self, word: &str, target: Type, position: Option<u32>) -> Option<Expr> {
        literal(word, target).map(|value| Expr::literal(value, target, position))
    }
}

impl Binder<'_> {
    /// Decides a comparison with an infinite constant; `None` for all others.
    ///
    /// # Errors
    /// As the comparisons that are made of it.
    pub fn compare_infinite(&self, name: &str, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        let [left, right] = args else { return Ok(None) };
        if !matches!(name, "=" | "<>" | "<" | "<=" | ">" | ">=") {
            return Ok(None);
        }
        let holds = |order: std::cmp::Ordering| match name {
            "=" => order.is_eq(),
            "<>" => order.is_ne(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        };
        let constant = |value: bool| Expr::literal(Literal::Bool(value), Type::BOOL, position);
        let known = |value: &Expr, holds: bool| {
            let present = ExprKind::IsNull { expr: Box::new(value.clone()), negated: true };
            let present = self.make(present, Type::BOOL, -1, position);
            self.make(ExprKind::Case { whens: vec![(present, constant(holds))], otherwise: None }, Type::BOOL, -1, position)
        };
        for (i, (value, other)) in [(left, right), (right, left)].into_iter().enumerate() {
            // COALESCE(valid_to, 'infinity') > x: what is there is compared, or else the constant.
            if let ExprKind::Coalesce(items) = &value.kind
                && let Some((last, rest)) = items.split_last()
                && infinite(last).is_some()
            {
                let compared = |item: &Expr| {
                    let (left, right) = if i == 0 { (item, other) } else { (other, item) };
                    self.operator(name, Some(left.clone()), right.clone(), position)
                };
                let mut whens = Vec::new();
                for item in rest {
                    let present = ExprKind::IsNull { expr: Box::new(item.clone()), negated: true };
                    whens.push((self.make(present, Type::BOOL, -1, position), compared(item)?));
                }
                let otherwise = Some(Box::new(compared(last)?));
                return Ok(Some(self.make(ExprKind::Case { whens, otherwise }, Type::BOOL, -1, position)));
            }
        }
        Ok(match (infinite(left), infinite(right)) {
            (None, None) => None,
            (Some(a), Some(b)) => Some(constant(holds(a.cmp(&b)))),
            (Some(later), None) => Some(known(right, holds(if later { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less }))),
            (None, Some(later)) => Some(known(left, holds(if later { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater }))),
        })
    }

    /// `isfinite` of an infinite constant.
    pub fn is_finite(&self, name: &str, args: &[Expr], position: Option<u32>) -> Option<Expr> {
        let [arg] = args else { return None };
        (name == "isfinite" && infinite(arg).is_some()).then(|| Expr::literal(Literal::Bool(false), Type::BOOL, position))
    }
}
