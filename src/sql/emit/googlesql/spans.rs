//! Range types. BigQuery has ranges of DATE, DATETIME and TIMESTAMP, never empty and always `[)`: columns and such constants stay what they are. What a
//! constructor makes for an operator or an accessor is never made here: its bounds are compared instead, where NULL is no bound.

use super::*;
use crate::sql::bind::operators::resolve_operator;
use crate::sql::bind::range::constant;
use crate::types::Type;
use crate::types::range::{self, End, subtype};

/// PostgreSQL's words for bounds in the wrong order.
const WRONG_ORDER: &str = "range lower bound must be less than or equal to range upper bound";
const EMPTY: &str = "an empty range is not supported";

/// One bound; no value is no bound, and so is a value that is NULL.
#[derive(Clone)]
struct Edge {
    value: Option<Expr>,
    inclusive: bool,
}

/// A range by its bounds.
#[derive(Clone)]
struct Span {
    lower: Edge,
    upper: Edge,
    /// The bounds as a constructor got them, where they may be in the wrong order or leave nothing between them.
    given: Option<(Expr, Expr)>,
    /// The range itself, where it is a value that may be NULL.
    value: Option<Expr>,
}

/// A range as far as it is known.
enum Known {
    Empty,
    Span(Box<Span>),
}

impl Emitter {
    /// Prints an operator of ranges; `None` where neither operand is one.
    pub fn range_operator(&mut self, expr: &Expr, operator: &Signature, left: &Expr, right: &Expr) -> Result<Option<Text>> {
        if subtype(left.ty).is_none() && subtype(right.ty).is_none() {
            return Ok(None);
        }
        let name = operator.name.as_str();
        let made = match (name, subtype(left.ty).is_some(), subtype(right.ty).is_some()) {
            ("=" | "<>" | "<" | "<=" | ">" | ">=", true, true) if is_native(left) && is_native(right) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                return Ok(Some(Text::infix(&left, name, &right, text::Level::Compare)));
            }
            ("@>", true, _) if is_column(left) && (is_column(right) || subtype(right.ty).is_none()) => {
                Some(bigquery("range_contains", vec![left.clone(), right.clone()], Type::BOOL))
            }
            ("<@", _, true) if is_column(right) && (is_column(left) || subtype(left.ty).is_none()) => {
                Some(bigquery("range_contains", vec![right.clone(), left.clone()], Type::BOOL))
            }
            ("&&", true, true) if is_column(left) && is_column(right) => {
                Some(bigquery("range_overlaps", vec![left.clone(), right.clone()], Type::BOOL))
            }
            ("@>", true, false) => self.holds(left, right)?,
            ("<@", false, true) => self.holds(right, left)?,
            ("&&", true, true) => self.related(left, right, overlap)?,
            ("<<", true, true) => self.related(left, right, before)?,
            (">>", true, true) => self.related(right, left, before)?,
            ("-|-", true, true) => self.related(left, right, adjacent)?,
            ("@>", true, true) => self.contains(left, right)?,
            ("<@", true, true) => self.contains(right, left)?,
            _ => None,
        };
        match made {
            Some(made) => Ok(Some(self.expr(&made)?)),
            None => Err(refuse(
                format!("the operator {} {name} {} here", left.ty, right.ty),
                expr.position,
                "BigQuery has ranges of date, timestamp and timestamptz; compare the bounds.",
            )),
        }
    }

    /// Prints a function of ranges; `None` for all others.
    pub fn range_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        if Type::by_name(&function.name) == Some(expr.ty) && subtype(expr.ty).is_some() {
            return self.constructed(expr).map(Some);
        }
        let [arg] = args else { return Ok(None) };
        if subtype(arg.ty).is_none() {
            return Ok(None);
        }
        let name = function.name.as_str();
        if !matches!(name, "lower" | "upper" | "isempty" | "lower_inc" | "upper_inc" | "lower_inf" | "upper_inf") {
            return Ok(None);
        }
        let span = match span_of(arg)? {
            None => return Ok(None),
            Some(Known::Empty) => {
                return Ok(Some(match name {
                    "lower" | "upper" => {
                        let ty = types::name(expr.ty, -1, expr.scale).unwrap_or_else(|| "STRING".into());
                        Text::atom(format!("CAST(NULL AS {ty})"))
                    }
                    _ => Text::atom(if name == "isempty" { "TRUE" } else { "FALSE" }),
                }));
            }
            Some(Known::Span(span)) => span,
        };
        let edge = if name.starts_with("lower") { &span.lower } else { &span.upper };
        let known = |value: bool| Expr::literal(Literal::Bool(value), Type::BOOL, None);
        let nothing = || Expr { scale: expr.scale, ..Expr::literal(Literal::Null, expr.ty, expr.position) };
        // What holds where the range is not empty, and what where it is.
        let (full, empty) = match name {
            "lower" => (edge.value.clone().unwrap_or_else(nothing), nothing()),
            "upper" => (exclusive(edge, arg.ty)?.value.unwrap_or_else(nothing), nothing()),
            "isempty" => (known(false), known(true)),
            "lower_inf" | "upper_inf" => (edge.value.as_ref().map_or_else(|| known(true), |value| is_null(value, false)), known(false)),
            _ => {
                let inclusive = edge.inclusive && !(name == "upper_inc" && is_discrete(arg.ty));
                (edge.value.as_ref().filter(|_| inclusive).map_or_else(|| known(false), |value| is_null(value, true)), known(false))
            }
        };
        let made = match (&span.given, &span.value) {
            (Some(given), _) => {
                let mut whens = vec![(wrong(given)?, error(WRONG_ORDER, expr.ty))];
                whens.extend(vacant(&span, given)?.map(|vacant| (vacant, empty)));
                case(whens, Some(full), expr.ty)
            }
            // NULL has no bounds, and no answer.
            (None, Some(value)) if expr.ty == Type::BOOL && !self.never_null(value) => {
                case(vec![(is_null(value, true), full)], None, Type::BOOL)
            }
            _ => full,
        };
        self.expr(&made).map(Some)
    }

    /// A range as a value: what BigQuery has.
    fn constructed(&mut self, expr: &Expr) -> Result<Text> {
        if let Some(bytes) = constant(expr)? {
            return literals::literal(&Literal::Bytes(bytes), expr.ty, expr);
        }
        let span = match span_of(expr)? {
            Some(Known::Span(span)) if types::name(expr.ty, -1, expr.scale).is_some() => span,
            _ => {
                let hint = "BigQuery has ranges of date, timestamp and timestamptz. Ask for the bounds.";
                return Err(refuse(format!("a value of type {} that is made here", expr.ty), expr.position, hint));
            }
        };
        let upper = exclusive(&span.upper, expr.ty)?;
        if span.lower.value.is_some() && !span.lower.inclusive || upper.value.is_some() && upper.inclusive {
            let hint = "BigQuery's ranges hold their lower bound and not their upper one, as '[)' says.";
            return Err(refuse("a range with other bounds than '[)'", expr.position, hint));
        }
        let null = || Expr::literal(Literal::Null, subtype(expr.ty).unwrap_or(Type::UNKNOWN), expr.position);
        let bounds = vec![span.lower.value.clone().unwrap_or_else(null), upper.value.unwrap_or_else(null)];
        let range = bigquery("range", bounds, expr.ty);
        let made = match &span.given {
            None => range,
            Some(given) => {
                let mut whens = vec![(wrong(given)?, error(WRONG_ORDER, expr.ty))];
                whens.extend(vacant(&span, given)?.map(|vacant| (vacant, error(EMPTY, expr.ty))));
                case(whens, Some(range), expr.ty)
            }
        };
        self.expr(&made)
    }

    /// `range @> value`.
    fn holds(&self, range: &Expr, value: &Expr) -> Result<Option<Expr>> {
        let known =
            |holds: bool| case(vec![(is_null(value, true), Expr::literal(Literal::Bool(holds), Type::BOOL, None))], None, Type::BOOL);
        let span = match span_of(range)? {
            None => return Ok(None),
            Some(Known::Empty) => return Ok(Some(known(false))),
            Some(Known::Span(span)) => span,
        };
        let point = Edge { value: Some(value.clone()), inclusive: true };
        let mut parts = Vec::new();
        for (from, to) in [(&span.lower, &point), (&point, &span.upper)] {
            parts.extend(self.reaches(from, to)?);
        }
        let bounds = [&span.lower, &span.upper].map(|edge| edge.value.as_ref().is_some_and(|bound| self.is_present(bound)));
        let mut made = match parts.is_empty() {
            true => known(true),
            // A bound that is missing says nothing of a value that is.
            false if bounds != [true, true] && !self.is_present(value) => case(vec![(is_null(value, true), all(parts))], None, Type::BOOL),
            false => all(parts),
        };
        if let Some(given) = &span.given {
            made = case(vec![(wrong(given)?, error(WRONG_ORDER, Type::BOOL))], Some(made), Type::BOOL);
        }
        Ok(Some(self.strict(made, &[&span])))
    }

    /// A question about two ranges that is false where one is empty.
    fn related(&self, left: &Expr, right: &Expr, relation: Relation) -> Result<Option<Expr>> {
        let (a, b) = match (span_of(left)?, span_of(right)?) {
            (Some(Known::Span(a)), Some(Known::Span(b))) => (a, b),
            (Some(Known::Empty), Some(other)) | (Some(other), Some(Known::Empty)) => {
                let no = Expr::literal(Literal::Bool(false), Type::BOOL, None);
                return Ok(Some(match other {
                    Known::Empty => no,
                    Known::Span(span) => self.strict(no, &[&span]),
                }));
            }
            _ => return Ok(None),
        };
        let mut parts = relation(self, &a, &b, left.ty)?;
        for span in [&a, &b] {
            if let Some(given) = &span.given {
                parts.push(is_filled(span, given)?);
            }
        }
        Ok(Some(self.strict(all(parts), &[&a, &b])))
    }

    /// `left @> right`: every range holds the empty one.
    fn contains(&self, left: &Expr, right: &Expr) -> Result<Option<Expr>> {
        let (a, b) = match (span_of(left)?, span_of(right)?) {
            (Some(Known::Span(a)), Some(Known::Span(b))) => (a, b),
            _ => return Ok(None),
        };
        let (mut parts, ty) = (Vec::new(), left.ty);
        let uppers = (exclusive(&a.upper, ty)?, exclusive(&b.upper, ty)?);
        for (outer, inner, sign) in [(&a.lower, &b.lower, "<"), (&uppers.0, &uppers.1, ">")] {
            let Some(bound) = &outer.value else { continue };
            let no = Expr::literal(Literal::Bool(false), Type::BOOL, None);
            let within = match &inner.value {
                None => no,
                Some(value) => {
                    let sign = if outer.inclusive || !inner.inclusive { format!("{sign}=") } else { sign.to_owned() };
                    let compared = compare(&sign, bound, value)?;
                    if self.is_present(bound) && self.is_present(value) { compared } else { either(compared, no) }
                }
            };
            parts.push(if self.is_present(bound) { within } else { any(vec![is_null(bound, false), within]) });
        }
        if let Some(given) = &a.given {
            parts.push(is_filled(&a, given)?);
        }
        let mut made = all(parts);
        if let Some(given) = &b.given {
            let filled = is_filled(&b, given)?;
            let not = Expr::new(ExprKind::Not(Box::new(filled)), Type::BOOL, None);
            made = any(vec![not, made]);
        }
        Ok(Some(self.strict(made, &[&a, &b])))
    }

    /// NULL where a range is.
    fn strict(&self, made: Expr, spans: &[&Span]) -> Expr {
        let values = spans.iter().filter_map(|span| span.value.as_ref()).filter(|value| !self.is_present(value));
        let present: Vec<Expr> = values.map(|value| is_null(value, true)).collect();
        if present.is_empty() { made } else { case(vec![(all(present), made)], None, Type::BOOL) }
    }

    /// The condition that a lower bound does not lie behind an upper one; none where one of them is missing.
    fn reaches(&self, lower: &Edge, upper: &Edge) -> Result<Option<Expr>> {
        let (Some(from), Some(to)) = (&lower.value, &upper.value) else { return Ok(None) };
        let compared = compare(if lower.inclusive && upper.inclusive { "<=" } else { "<" }, from, to)?;
        let mut parts: Vec<Expr> =
            [from, to].into_iter().filter(|bound| !self.is_present(bound)).map(|bound| is_null(bound, false)).collect();
        parts.push(compared);
        Ok(Some(any(parts)))
    }

    /// Tells whether a value is never NULL.
    fn is_present(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Parameter(_) => self.value_of(expr).is_some_and(|value| *value != Literal::Null),
            ExprKind::Cast { expr: inner, .. } => self.is_present(inner),
            ExprKind::Operator { operator, args } => {
                operator.strict && matches!(operator.name.as_str(), "+" | "-") && args.iter().all(|arg| self.is_present(arg))
            }
            _ => self.never_null(expr),
        }
    }
}

type Relation = fn(&Emitter, &Span, &Span, Type) -> Result<Vec<Expr>>;

fn overlap(emitter: &Emitter, a: &Span, b: &Span, _: Type) -> Result<Vec<Expr>> {
    let parts = [emitter.reaches(&a.lower, &b.upper)?, emitter.reaches(&b.lower, &a.upper)?];
    Ok(parts.into_iter().flatten().collect())
}

fn before(emitter: &Emitter, a: &Span, b: &Span, _: Type) -> Result<Vec<Expr>> {
    let no = || Expr::literal(Literal::Bool(false), Type::BOOL, None);
    let (Some(end), Some(start)) = (&a.upper.value, &b.lower.value) else { return Ok(vec![no()]) };
    let compared = compare(if a.upper.inclusive && b.lower.inclusive { "<" } else { "<=" }, end, start)?;
    let present = emitter.is_present(end) && emitter.is_present(start);
    Ok(vec![if present { compared } else { either(compared, no()) }])
}

fn adjacent(emitter: &Emitter, a: &Span, b: &Span, ty: Type) -> Result<Vec<Expr>> {
    let no = || Expr::literal(Literal::Bool(false), Type::BOOL, None);
    let mut ways = Vec::new();
    for (first, second) in [(a, b), (b, a)] {
        let end = exclusive(&first.upper, ty)?;
        let (Some(until), Some(from)) = (&end.value, &second.lower.value) else { continue };
        if end.inclusive == second.lower.inclusive {
            continue;
        }
        let compared = compare("=", until, from)?;
        ways.push(if emitter.is_present(until) && emitter.is_present(from) { compared } else { either(compared, no()) });
    }
    Ok(vec![if ways.is_empty() { no() } else { any(ways) }])
}

/// Takes a range apart; `None` for one that has no form in BigQuery.
fn span_of(expr: &Expr) -> Result<Option<Known>> {
    let Some(element) = subtype(expr.ty) else { return Ok(None) };
    if let Some(bytes) = constant(expr)? {
        let Some((lower, upper)) = range::ends(&bytes, expr.ty)? else { return Ok(Some(Known::Empty)) };
        let edge = |end: End| {
            let scale = match &end.value {
                Some(Literal::Numeric(digits)) => crate::types::NumericScale::Fixed(crate::types::input::number::scale_of(digits)),
                _ => crate::types::NumericScale::Any,
            };
            let value = end.value.map(|value| Expr { scale, ..Expr::literal(value, element, expr.position) });
            Edge { value, inclusive: end.inclusive }
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
            let value = |bound: &Expr| if bound.is_null_literal() { None } else { Some(bound.clone()) };
            let given = value(from).zip(value(to));
            let (mut lower, mut upper) = (Edge { value: value(from), inclusive: low }, Edge { value: value(to), inclusive: high });
            if is_discrete(expr.ty) && !lower.inclusive {
                lower = Edge { value: lower.value.as_ref().map(next).transpose()?, inclusive: true };
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
                lower: Edge { value: bound("range_start"), inclusive: true },
                upper: Edge { value: bound("range_end"), inclusive: false },
                given: None,
                value: Some(expr.clone()),
            }))))
        }
        _ => Ok(None),
    }
}

/// Tells whether a range is one of BigQuery's that is read.
fn is_column(expr: &Expr) -> bool {
    is_native(expr) && matches!(expr.kind, ExprKind::Column { .. })
}

/// Tells whether an expression is a range of BigQuery's.
fn is_native(expr: &Expr) -> bool {
    let known = matches!(expr.ty, Type::DATERANGE | Type::TSRANGE | Type::TSTZRANGE);
    known && matches!(expr.kind, ExprKind::Column { .. } | ExprKind::Literal(_))
}

fn is_discrete(ty: Type) -> bool {
    matches!(ty, Type::INT4RANGE | Type::INT8RANGE | Type::DATERANGE)
}

/// An upper bound of a discrete range as one that does not belong to it.
fn exclusive(upper: &Edge, ty: Type) -> Result<Edge> {
    match &upper.value {
        Some(value) if upper.inclusive && is_discrete(ty) => Ok(Edge { value: Some(next(value)?), inclusive: false }),
        _ => Ok(upper.clone()),
    }
}

fn next(value: &Expr) -> Result<Expr> {
    let step = if value.ty == Type::INT8 { Type::INT8 } else { Type::INT4 };
    operation("+", value, &Expr::literal(Literal::Int(1), step, value.position))
}

fn wrong((lower, upper): &(Expr, Expr)) -> Result<Expr> {
    compare(">", lower, upper)
}

/// The condition that nothing lies between bounds that are in order; none where something always does.
fn vacant(span: &Span, given: &(Expr, Expr)) -> Result<Option<Expr>> {
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
fn is_filled(span: &Span, given: &(Expr, Expr)) -> Result<Expr> {
    let yes = |value: bool| Expr::literal(Literal::Bool(value), Type::BOOL, None);
    let mut whens = vec![(wrong(given)?, error(WRONG_ORDER, Type::BOOL))];
    whens.extend(vacant(span, given)?.map(|vacant| (vacant, yes(false))));
    Ok(case(whens, Some(yes(true)), Type::BOOL))
}

fn compare(name: &str, left: &Expr, right: &Expr) -> Result<Expr> {
    operation(name, left, right)
}

fn operation(name: &str, left: &Expr, right: &Expr) -> Result<Expr> {
    let operator = resolve_operator(name, Some(left.ty), right.ty, left.position)?;
    let returns = operator.returns;
    Ok(Expr::new(ExprKind::Operator { operator, args: vec![left.clone(), right.clone()] }, returns, left.position))
}

fn is_null(expr: &Expr, negated: bool) -> Expr {
    Expr::new(ExprKind::IsNull { expr: Box::new(expr.clone()), negated }, Type::BOOL, expr.position)
}

fn either(first: Expr, second: Expr) -> Expr {
    Expr::new(ExprKind::Coalesce(vec![first, second]), Type::BOOL, None)
}

fn all(mut parts: Vec<Expr>) -> Expr {
    match parts.len() {
        0 => Expr::literal(Literal::Bool(true), Type::BOOL, None),
        1 => parts.remove(0),
        _ => Expr::new(ExprKind::And(parts), Type::BOOL, None),
    }
}

fn any(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 { parts.remove(0) } else { Expr::new(ExprKind::Or(parts), Type::BOOL, None) }
}

fn case(whens: Vec<(Expr, Expr)>, otherwise: Option<Expr>, ty: Type) -> Expr {
    let scale = otherwise.as_ref().map_or(crate::types::NumericScale::Any, |value| value.scale);
    Expr { scale, ..Expr::new(ExprKind::Case { whens, otherwise: otherwise.map(Box::new) }, ty, None) }
}

fn error(message: &str, ty: Type) -> Expr {
    bigquery("error", vec![Expr::literal(Literal::Text(message.into()), Type::TEXT, None)], ty)
}

/// A call of BigQuery's own function.
fn bigquery(name: &str, args: Vec<Expr>, returns: Type) -> Expr {
    let function = Signature {
        oid: 0,
        schema: "bigquery",
        name: name.into(),
        arguments: args.iter().map(|arg| arg.ty).collect(),
        variadic: None,
        returns,
        returns_set: false,
        volatility: 'i',
        strict: false,
    };
    Expr::new(ExprKind::Call { function: Arc::new(function), args }, returns, None)
}
