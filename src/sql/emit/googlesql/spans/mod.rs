//! Range types. BigQuery has ranges of DATE, DATETIME and TIMESTAMP, never empty and always `[)`: columns and such constants stay what they are. What a
//! constructor makes for an operator or an accessor is never made here: its bounds are compared instead, where NULL is no bound.

use super::*;
use crate::sql::bind::range::constant;
use crate::types::Type;
use crate::types::range::subtype;

mod build;
mod span;

use build::{all, any, bigquery, case, compare, either, error, is_null, truth};
use span::{Edge, Known, Span, exclusive, is_discrete, is_filled, is_native, is_plain, is_stored, is_value, span_of, vacant, wrong};

/// PostgreSQL's words for bounds in the wrong order.
const WRONG_ORDER: &str = "range lower bound must be less than or equal to range upper bound";
const EMPTY: &str = "an empty range is not supported";

impl Emitter {
    /// Prints an operator of ranges; `None` where neither operand is one.
    pub fn range_operator(&mut self, expr: &Expr, operator: &Signature, left: &Expr, right: &Expr) -> Result<Option<Text>> {
        if subtype(left.ty).is_none() && subtype(right.ty).is_none() {
            return Ok(None);
        }
        let name = operator.name.as_str();
        if name == "||" {
            return Ok(None);
        }
        let made = match (name, subtype(left.ty).is_some(), subtype(right.ty).is_some()) {
            // As PostgreSQL does, BigQuery looks at the lower bounds first, and takes a missing one for the least or the greatest.
            ("=" | "<>" | "<" | "<=" | ">" | ">=", true, true) if is_stored(left.ty) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                return Ok(Some(Text::infix(&left, name, &right, text::Level::Compare)));
            }
            ("@>", true, false) if is_value(left) => Some(bigquery("range_contains", vec![left.clone(), right.clone()], Type::BOOL)),
            ("<@", false, true) if is_value(right) => Some(bigquery("range_contains", vec![right.clone(), left.clone()], Type::BOOL)),
            ("@>", true, true) if is_value(left) && (is_value(right) || is_plain(right)) => {
                Some(bigquery("range_contains", vec![left.clone(), right.clone()], Type::BOOL))
            }
            ("<@", true, true) if is_value(right) && (is_value(left) || is_plain(left)) => {
                Some(bigquery("range_contains", vec![right.clone(), left.clone()], Type::BOOL))
            }
            ("&&", true, true) if is_value(left) && (is_value(right) || is_plain(right)) || is_value(right) && is_plain(left) => {
                Some(bigquery("range_overlaps", vec![left.clone(), right.clone()], Type::BOOL))
            }
            ("@>", true, false) => self.holds(left, right)?,
            ("<@", false, true) => self.holds(right, left)?,
            ("&&", true, true) => self.related(left, right, overlap)?,
            ("<<", true, true) => self.related(left, right, before)?,
            (">>", true, true) => self.related(right, left, before)?,
            ("-|-", true, true) => self.related(left, right, adjacent)?,
            ("&<", true, true) if !is_endless(left)? && !is_endless(right)? => self.related(left, right, ends_within)?,
            ("&>", true, true) if !is_endless(left)? && !is_endless(right)? => self.related(left, right, begins_within)?,
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
        if let ("lower" | "upper", true) = (name, is_value(arg)) {
            let made = bigquery(if name == "lower" { "range_start" } else { "range_end" }, vec![arg.clone()], expr.ty);
            return self.expr(&made).map(Some);
        }
        if let (ExprKind::Operator { operator, args }, "lower" | "upper" | "isempty") = (&arg.kind, name)
            && let ("*", [left, right]) = (operator.name.as_str(), args.as_slice())
        {
            return self.of_intersection(name, left, right, expr);
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
        if edge.endless && name != "isempty" {
            return Ok(None);
        }
        let nothing = || Expr { scale: expr.scale, ..Expr::literal(Literal::Null, expr.ty, expr.position) };
        // What holds where the range is not empty, and what where it is.
        let (full, empty) = match name {
            "lower" => (edge.value.clone().unwrap_or_else(nothing), nothing()),
            "upper" => (exclusive(edge, arg.ty)?.value.unwrap_or_else(nothing), nothing()),
            "isempty" => (truth(false), truth(true)),
            "lower_inf" | "upper_inf" => (edge.value.as_ref().map_or_else(|| truth(true), |value| is_null(value, false)), truth(false)),
            _ => {
                let inclusive = edge.inclusive && !(name == "upper_inc" && is_discrete(arg.ty));
                (edge.value.as_ref().filter(|_| inclusive).map_or_else(|| truth(false), |value| is_null(value, true)), truth(false))
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
            Some(Known::Span(span)) if is_stored(expr.ty) && !span.is_endless() => span,
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

    /// The text of a range that is read.
    pub fn range_text(&mut self, expr: &Expr) -> Result<Text> {
        let Some(element) = subtype(expr.ty).filter(|_| is_native(expr)) else {
            return Err(refuse(
                format!("the text form of {} that is made here", expr.ty),
                expr.position,
                "Ask for the text of the bounds.",
            ));
        };
        let quote = if element == Type::DATE { "" } else { "\"" };
        let mut bound = |name: &str| self.display(&bigquery(name, vec![expr.clone()], element));
        let (start, end) = (bound("range_start")?, bound("range_end")?);
        let range = self.expr(expr)?;
        Ok(Text::atom(format!(
            "IF({} IS NULL, NULL, CONCAT(COALESCE(CONCAT('[{quote}', {start}, '{quote}'), '('), ',', COALESCE(CONCAT('{quote}', {end}, '{quote})'), ')')))",
            range.operand()
        )))
    }

    /// `range @> value`.
    fn holds(&self, range: &Expr, value: &Expr) -> Result<Option<Expr>> {
        let known = |holds: bool| case(vec![(is_null(value, true), truth(holds))], None, Type::BOOL);
        let span = match span_of(range)? {
            None => return Ok(None),
            Some(Known::Empty) => return Ok(Some(known(false))),
            Some(Known::Span(span)) => span,
        };
        let point = Edge::new(Some(value.clone()), true);
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
                let no = truth(false);
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
            (Some(Known::Span(a)), Some(Known::Span(b))) if !a.is_endless() && !b.is_endless() => (a, b),
            _ => return Ok(None),
        };
        let (mut parts, ty) = (Vec::new(), left.ty);
        let uppers = (exclusive(&a.upper, ty)?, exclusive(&b.upper, ty)?);
        for (outer, inner, sign) in [(&a.lower, &b.lower, "<"), (&uppers.0, &uppers.1, ">")] {
            parts.extend(within(self, outer, inner, sign)?);
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

    /// What the range that two have in common begins and ends with; whether there is none.
    fn of_intersection(&mut self, name: &str, left: &Expr, right: &Expr, whole: &Expr) -> Result<Option<Text>> {
        let Some(overlap) = self.related(left, right, overlap)? else { return Ok(None) };
        let made = if name == "isempty" {
            Expr::new(ExprKind::Not(Box::new(overlap)), Type::BOOL, None)
        } else {
            let (Some(Known::Span(a)), Some(Known::Span(b))) = (span_of(left)?, span_of(right)?) else { return Ok(None) };
            let edges = if name == "lower" { [a.lower, b.lower] } else { [exclusive(&a.upper, left.ty)?, exclusive(&b.upper, left.ty)?] };
            if edges.iter().any(|edge| edge.endless) {
                return Ok(None);
            }
            let mut bounds: Vec<Expr> = edges.into_iter().filter_map(|edge| edge.value).collect();
            // NULL, which is no bound, is left out of both.
            let bound = match (bounds.len(), name) {
                (0, _) => Expr::literal(Literal::Null, whole.ty, whole.position),
                (1, _) => bounds.remove(0),
                (_, "lower") => Expr { scale: whole.scale, ..Expr::new(ExprKind::Greatest(bounds), whole.ty, whole.position) },
                _ => Expr { scale: whole.scale, ..Expr::new(ExprKind::Least(bounds), whole.ty, whole.position) },
            };
            case(vec![(overlap, bound.clone())], None, whole.ty)
        };
        self.expr(&made).map(Some)
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
    let (Some(end), Some(start)) = (&a.upper.value, &b.lower.value) else { return Ok(vec![truth(false)]) };
    let compared = compare(if a.upper.inclusive && b.lower.inclusive { "<" } else { "<=" }, end, start)?;
    let present = emitter.is_present(end) && emitter.is_present(start);
    Ok(vec![if present { compared } else { either(compared, truth(false)) }])
}

fn adjacent(emitter: &Emitter, a: &Span, b: &Span, ty: Type) -> Result<Vec<Expr>> {
    let mut ways = Vec::new();
    for (first, second) in [(a, b), (b, a)] {
        let end = exclusive(&first.upper, ty)?;
        let (Some(until), Some(from)) = (&end.value, &second.lower.value) else { continue };
        if end.inclusive == second.lower.inclusive {
            continue;
        }
        let compared = compare("=", until, from)?;
        ways.push(if emitter.is_present(until) && emitter.is_present(from) { compared } else { either(compared, truth(false)) });
    }
    Ok(vec![if ways.is_empty() { truth(false) } else { any(ways) }])
}

fn is_endless(range: &Expr) -> Result<bool> {
    Ok(matches!(span_of(range)?, Some(Known::Span(span)) if span.is_endless()))
}

fn ends_within(emitter: &Emitter, a: &Span, b: &Span, ty: Type) -> Result<Vec<Expr>> {
    within(emitter, &exclusive(&b.upper, ty)?, &exclusive(&a.upper, ty)?, ">").map(|part| part.into_iter().collect())
}

fn begins_within(emitter: &Emitter, a: &Span, b: &Span, _: Type) -> Result<Vec<Expr>> {
    within(emitter, &b.lower, &a.lower, "<").map(|part| part.into_iter().collect())
}

/// The condition that an inner bound does not lie outside of an outer one; none where there is no outer one.
fn within(emitter: &Emitter, outer: &Edge, inner: &Edge, sign: &str) -> Result<Option<Expr>> {
    let Some(bound) = &outer.value else { return Ok(None) };
    let within = match &inner.value {
        None => truth(false),
        Some(value) => {
            let sign = if outer.inclusive || !inner.inclusive { format!("{sign}=") } else { sign.to_owned() };
            let compared = compare(&sign, bound, value)?;
            if emitter.is_present(bound) && emitter.is_present(value) { compared } else { either(compared, truth(false)) }
        }
    };
    Ok(Some(if emitter.is_present(bound) { within } else { any(vec![is_null(bound, false), within]) }))
}
