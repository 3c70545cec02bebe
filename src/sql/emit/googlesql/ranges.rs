//! The ranges of int2 and int4: BigQuery computes in 64 bits, PostgreSQL raises 22003 where a result leaves its type.

use super::text::Text;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// The least and the greatest value that something can take.
type Span = (i128, i128);

/// No text or array of BigQuery is longer than a row may be: 100 MB.
const LONGEST: i128 = 100 << 20;
/// Days between the years 1 and 9999.
const MOST_DAYS: i128 = 3_652_058;

/// Adds the check that a printed value of an int2 or int4 expression is in its type's range, unless that is certain.
///
/// Multiplying by 2^32 leaves 64 bits exactly where the value leaves 32: BigQuery raises the overflow, and dividing again gives the value
/// back. The operand is printed once.
pub(super) fn checked(expr: &Expr, text: Text) -> Text {
    let (low, high) = computed(expr);
    let (least, most) = of_type(expr.ty);
    if !matches!(expr.ty, Type::INT2 | Type::INT4) || least <= low && high <= most {
        return text;
    }
    let factor = if expr.ty == Type::INT2 { 1_i64 << 48 } else { 1_i64 << 32 };
    Text::atom(format!("DIV({} * {factor}, {factor})", text.at(super::text::Level::Multiply)))
}

fn of_type(ty: Type) -> Span {
    match ty {
        Type::INT2 => (i16::MIN.into(), i16::MAX.into()),
        Type::INT4 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// The values that an expression takes once it has passed its check.
fn span(expr: &Expr) -> Span {
    let (low, high) = computed(expr);
    let (least, most) = of_type(expr.ty);
    (low.clamp(least, most), high.clamp(least, most))
}

/// The values that an expression's own computation gives, before any check.
fn computed(expr: &Expr) -> Span {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(value)) => ((*value).into(), (*value).into()),
        ExprKind::Operator { operator, args } => by_operator(&operator.name, args).unwrap_or_else(|| of_type(expr.ty)),
        ExprKind::Call { function, args } => by_function(&function.name, args).unwrap_or_else(|| of_type(expr.ty)),
        ExprKind::Cast { expr: inner, .. } => of_cast(inner),
        ExprKind::Case { whens, otherwise } => hull(whens.iter().map(|(_, result)| result).chain(otherwise.as_deref())),
        ExprKind::Coalesce(args) | ExprKind::Greatest(args) | ExprKind::Least(args) => hull(args),
        ExprKind::NullIf { left, .. } => span(left),
        _ => of_type(expr.ty),
    }
}

fn of_cast(inner: &Expr) -> Span {
    match inner.ty {
        Type::BOOL => (0, 1),
        ty if ty.is_integer() => span(inner),
        _ => match &inner.kind {
            // The fields of a date are small; the epoch and the microseconds are not.
            ExprKind::Call { function, args } if matches!(function.name.as_str(), "extract" | "date_part") => {
                match args.first().and_then(literals::constant_text).map(str::to_ascii_lowercase).as_deref() {
                    Some(
                        "year" | "isoyear" | "month" | "day" | "hour" | "minute" | "second" | "quarter" | "week" | "dow" | "isodow" | "doy"
                        | "decade" | "century" | "millennium" | "milliseconds",
                    ) => (-10_000, 100_000),
                    _ => (i128::MIN, i128::MAX),
                }
            }
            _ => (i128::MIN, i128::MAX),
        },
    }
}

fn by_operator(name: &str, args: &[Expr]) -> Option<Span> {
    if let [left, right] = args
        && left.ty == Type::DATE
        && right.ty == Type::DATE
    {
        return Some((-MOST_DAYS, MOST_DAYS));
    }
    if !args.iter().all(|arg| arg.ty.is_integer()) {
        return None;
    }
    let spans: Vec<Span> = args.iter().map(span).collect();
    match (name, spans.as_slice()) {
        ("-", [(low, high)]) => Some((-high, -low)),
        ("+", [one]) => Some(*one),
        ("@", [one]) => Some(absolute(*one)),
        ("+", [a, b]) => Some((a.0 + b.0, a.1 + b.1)),
        ("-", [a, b]) => Some((a.0 - b.1, a.1 - b.0)),
        ("*", [a, b]) => {
            let corners = [a.0 * b.0, a.0 * b.1, a.1 * b.0, a.1 * b.1];
            Some((corners.into_iter().min()?, corners.into_iter().max()?))
        }
        // Only the least value divided by -1 grows.
        ("/", [a, b]) if b.0 <= -1 && -1 <= b.1 => Some((a.0.min(-a.1), a.1.max(-a.0))),
        ("/", [a, _]) => Some((a.0.min(0), a.1.max(0))),
        ("%", [a, b]) => Some(remainder(*a, *b)),
        _ => None,
    }
}

/// A remainder has the dividend's sign and is smaller than the divisor.
fn remainder(a: Span, b: Span) -> Span {
    let most = absolute(b).1 - 1;
    (a.0.clamp(-most.max(0), 0), a.1.clamp(0, most.max(0)))
}

fn by_function(name: &str, args: &[Expr]) -> Option<Span> {
    match name {
        "length" | "char_length" | "character_length" | "octet_length" | "bit_length" | "position" | "strpos" | "cardinality"
        | "array_length" | "array_upper" | "array_position" | "json_array_length" | "jsonb_array_length" => Some((0, 8 * LONGEST)),
        "mod" if args.len() == 2 && args.iter().all(|arg| arg.ty.is_integer()) => Some(remainder(span(&args[0]), span(&args[1]))),
        "ascii" => Some((0, 0x0010_ffff)),
        "abs" if args.len() == 1 && args[0].ty.is_integer() => Some(absolute(span(&args[0]))),
        _ => None,
    }
}

fn absolute((low, high): Span) -> Span {
    let least = if low <= 0 && high >= 0 { 0 } else { low.abs().min(high.abs()) };
    (least, low.abs().max(high.abs()))
}

fn hull<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> Span {
    let spans = exprs.into_iter().filter(|expr| !expr.is_null_literal()).map(span);
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::NumericScale;

    #[test]
    fn what_may_leave_its_type_is_checked() {
        let column =
            Expr { scale: NumericScale::Any, ..Expr::new(ExprKind::Column { relation: RelationId(0), column: 0 }, Type::INT8, None) };
        let cast = |ty| {
            let method = CastMethod::Function;
            Expr::new(ExprKind::Cast { expr: Box::new(column.clone()), explicit: true, method }, ty, None)
        };
        assert_eq!(checked(&cast(Type::INT4), Text::atom("t.a")).to_string(), "DIV(t.a * 4294967296, 4294967296)");
        assert_eq!(checked(&cast(Type::INT2), Text::atom("t.a")).to_string(), "DIV(t.a * 281474976710656, 281474976710656)");
        assert_eq!(checked(&column, Text::atom("t.a")).to_string(), "t.a");
        let one = Expr::literal(Literal::Int(1), Type::INT4, None);
        assert_eq!(checked(&one, Text::atom("1")).to_string(), "1");
    }
}
