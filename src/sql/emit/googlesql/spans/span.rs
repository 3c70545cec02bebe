//! A range by its bounds.

use super::WRONG_ORDER;
use super::build::{bigquery, case, compare, error, operation, truth};
use crate::error::Result;
use crate::sql::bind::infinite::is_later;
use crate::sql::bind::range::constant;
use crate::sql::tree::{Expr, ExprKind};
use crate::types::literal::Literal;
use crate::types::range::{self, End, subtype};
use crate::types::{NumericScale, Type};

/// One bound; no value is no bound, and so is a value that is NULL.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) value: Option<Expr>,
    pub(super) inclusive: bool,
    /// An infinite date stands there, which is no missing bound where bounds are asked for.
    pub(super) endless: bool,
}

/// A range by its bounds.
#[derive(Clone)]
pub(super) struct Span {
    pub(super) lower: Edge,
    pub(super) upper: Edge,
    /// The bounds as a constructor got them, where they may be in the wrong order or leave nothing between them.
    pub(super) given: Option<(Expr, Expr)>,
    /// The range itself, where it is a value that may be NULL.
    pub(super) value: Option<Expr>,
}

impl Edge {
    pub(super) fn new(value: Option<Expr>, inclusive: bool) -> Edge {
        Edge { value, inclusive, endless: false }
    }
}

impl Span {
    pub(super) fn is_endless(&self) -> bool {
        self.lower.endless || self.upper.endless
    }
}

/// A range as far as it is known.
pub(super) enum Known {
    Empty,
    Span(Box<Span>),
}

/// Takes a range apart; `None` for one that has no form in BigQuery.
pub(super) fn span_of(expr: &Expr) -> Result<Option<Known>> {
    let Some(element) = subtype(expr.ty) else { return Ok(None) };
    if let Some(bytes) = constant(expr)? {
        let Some((lower, upper)) = range::ends(&bytes, expr.ty)? else { return Ok(Some(Known::Empty)) };
        let edge = |end: End| {
            let scale = match &end.value {
                Some(Literal::Numeric(digits)) => NumericScale::Fixed(crate::types::input::number::scale_of(digits)),
                _ => NumericScale::Any,
            };
            let endless = end.value.as_ref().is_some_and(range::is_endless);
            let value = end.value.filter(|_| !endless).map(|value| Expr { scale, ..Expr::literal(value, element, expr.position) });
            Edge { value, inclusive: end.inclusive, endless }
        };
        return Ok(Some(Known::Span(Box::new(Span { lower: edge(lower), upper: edge(upper), given: None, value: None }))));
    }
    match &expr.kind {
        ExprKind::Call { function, args } if Type::by_name(&function.name) == Some(expr.ty) => {
            let flags = match args.get(2).map(|flags| &flags.kind) {
                None => "[)",
                Some(ExprKind::Literal(Literal::Text(flags))) => flags.as_str(),
                _ => return Ok(None),
            };
            let [from, to, ..] = args.as_slice() else { return Ok(None) };
            let (low, high) = match flags {
                "[)" => (true, false),
                "[]" => (true, true),
                "(]" => (false, true),
                "()" => (false, false),
                _ => return Ok(None),
            };
            let (Some((from, endless_from)), Some((to, endless_to))) = (finite(from, false), finite(to, true)) else { return Ok(None) };
            let given = from.clone().zip(to.clone());
            let mut lower = Edge { value: from, inclusive: low, endless: endless_from };
            let mut upper = Edge { value: to, inclusive: high, endless: endless_to };
            if is_discrete(expr.ty) && !lower.inclusive {
                lower = Edge { value: lower.value.as_ref().map(next).transpose()?, inclusive: true, ..lower };
            }
            // The day after the last one is no date of BigQuery's: days are compared as they are.
            if expr.ty != Type::DATERANGE {
                upper = exclusive(&upper, expr.ty)?;
            }
            Ok(Some(Known::Span(Box::new(Span { lower, upper, given, value: None }))))
        }
        _ if is_native(expr) => {
            let bound = |name: &str| Some(bigquery(name, vec![expr.clone()], element));
            Ok(Some(Known::Span(Box::new(Span {
                lower: Edge::new(bound("range_start"), true),
                upper: Edge::new(bound("range_end"), false),
                given: None,
                value: Some(expr.clone()),
            }))))
        }
        _ => Ok(None),
    }
}

/// A bound without its infinite date, where that lies on the bound's own side: beside finite values it is as good as none. The second tells whether there
/// was one.
pub(super) fn finite(bound: &Expr, upper: bool) -> Option<(Option<Expr>, bool)> {
    let endless = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(value) => is_later(value),
        _ => None,
    };
    if bound.is_null_literal() {
        return Some((None, false));
    }
    if let Some(later) = endless(bound) {
        return (later == upper).then_some((None, true));
    }
    // coalesce(last, 'infinity')
    let ExprKind::Coalesce(items) = &bound.kind else { return Some((Some(bound.clone()), false)) };
    let (last, rest) = items.split_last()?;
    let Some(later) = endless(last) else { return Some((Some(bound.clone()), false)) };
    let value = match rest {
        [one] => one.clone(),
        several => Expr { kind: ExprKind::Coalesce(several.to_vec()), ..bound.clone() },
    };
    (later == upper).then_some((Some(value), true))
}

/// Tells whether a type is one of BigQuery's ranges.
pub(super) fn is_stored(ty: Type) -> bool {
    matches!(ty, Type::DATERANGE | Type::TSRANGE | Type::TSTZRANGE)
}

/// Tells whether a range is a value of BigQuery's, which is made nowhere but read; it may be printed several times.
pub(super) fn is_native(expr: &Expr) -> bool {
    is_stored(expr.ty)
        && match &expr.kind {
            ExprKind::Column { .. } => true,
            ExprKind::Coalesce(items) => items.iter().all(|item| is_native(item) || is_plain(item)),
            _ => false,
        }
}

/// The same, or printed once.
pub(super) fn is_value(expr: &Expr) -> bool {
    is_native(expr) || is_stored(expr.ty) && matches!(expr.kind, ExprKind::Subquery { .. } | ExprKind::Case { .. })
}

/// Tells whether a range is a constant that BigQuery has too.
pub(super) fn is_plain(expr: &Expr) -> bool {
    let ends = |bytes: &[u8]| range::ends(bytes, expr.ty).ok().flatten();
    is_stored(expr.ty)
        && constant(expr).ok().flatten().and_then(|bytes| ends(&bytes)).is_some_and(|(lower, upper)| {
            let finite = [&lower, &upper].into_iter().all(|end| !end.value.as_ref().is_some_and(range::is_endless));
            finite && (lower.value.is_none() || lower.inclusive) && !upper.inclusive
        })
}

pub(super) fn is_discrete(ty: Type) -> bool {
    matches!(ty, Type::INT4RANGE | Type::INT8RANGE | Type::DATERANGE)
}

/// An upper bound of a discrete range as one that does not belong to it.
pub(super) fn exclusive(upper: &Edge, ty: Type) -> Result<Edge> {
    match &upper.value {
        Some(value) if upper.inclusive && is_discrete(ty) => {
            Ok(Edge { value: Some(next(value)?), inclusive: false, endless: upper.endless })
        }
        _ => Ok(upper.clone()),
    }
}

pub(super) fn next(value: &Expr) -> Result<Expr> {
    let step = if value.ty == Type::INT8 { Type::INT8 } else { Type::INT4 };
    operation("+", value, &Expr::literal(Literal::Int(1), step, value.position))
}

pub(super) fn wrong((lower, upper): &(Expr, Expr)) -> Result<Expr> {
    compare(">", lower, upper)
}

/// The condition that nothing lies between bounds that are in order; none where something always does.
pub(super) fn vacant(span: &Span, given: &(Expr, Expr)) -> Result<Option<Expr>> {
    let (Some(lower), Some(upper)) = (&span.lower.value, &span.upper.value) else { return Ok(None) };
    let both = span.lower.inclusive && span.upper.inclusive;
    if both && *lower == given.0 {
        return Ok(None);
    }
    // Their equals are all that is left.
    let sign = match (both, *lower == given.0 && *upper == given.1) {
        (true, _) => ">",
        (false, true) => "=",
        (false, false) => ">=",
    };
    compare(sign, lower, upper).map(Some)
}

/// The condition that a range is not empty; an error where its bounds are in the wrong order.
pub(super) fn is_filled(span: &Span, given: &(Expr, Expr)) -> Result<Expr> {
    let mut whens = vec![(wrong(given)?, error(WRONG_ORDER, Type::BOOL))];
    whens.extend(vacant(span, given)?.map(|vacant| (vacant, truth(false))));
    Ok(case(whens, Some(truth(true)), Type::BOOL))
}
