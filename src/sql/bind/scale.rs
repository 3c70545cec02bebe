//! How many digits a numeric shows: numeric.c's rules for each kind of expression.

use crate::sql::tree::{Expr, ExprKind, SubqueryKind};
use crate::types::input::number;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type, numeric_typmod};

/// Returns the display scale of an expression of this kind, type and typmod (of its elements, for arrays); `Any` for what is not numeric.
/// Columns bring their own, see `RelationColumn::scale`.
pub fn numeric_scale(kind: &ExprKind, ty: Type, typmod: i32) -> NumericScale {
    if !matches!(ty, Type::NUMERIC | Type::NUMERIC_ARRAY) {
        return NumericScale::Any;
    }
    if let Some((_, scale)) = numeric_typmod(typmod) {
        return NumericScale::Fixed(u16::try_from(scale).unwrap_or(0));
    }
    match kind {
        ExprKind::Literal(literal) => of_literal(literal),
        ExprKind::Operator { operator, args } => of_call(&operator.name, args),
        ExprKind::Call { function, args } => of_call(&function.name, args),
        ExprKind::Aggregate(call) => {
            let sorted = call.order_by.iter().filter_map(|key| match &key.by {
                crate::sql::tree::SortBy::Expr(expr) => Some(expr),
                crate::sql::tree::SortBy::Output(_) => None,
            });
            if call.within_group { merge(sorted) } else { of_aggregate(&call.function.name, &call.args) }
        }
        ExprKind::Window(call) => of_aggregate(&call.function.name, &call.args),
        ExprKind::Cast { expr, .. } => scale_of(expr),
        ExprKind::Case { whens, otherwise } => merge(whens.iter().map(|(_, result)| result).chain(otherwise.as_deref())),
        ExprKind::Coalesce(args) | ExprKind::Greatest(args) | ExprKind::Least(args) | ExprKind::Array(args) => merge(args),
        ExprKind::NullIf { left, .. } => scale_of(left),
        ExprKind::Subscript { expr, .. } | ExprKind::Slice { expr, .. } => expr.scale,
        ExprKind::Subquery { kind: SubqueryKind::Scalar | SubqueryKind::Array, query } => {
            query.columns.first().map_or(NumericScale::Any, |column| column.scale)
        }
        _ => NumericScale::Any,
    }
}

/// Returns the scale of a UNION's column, or of any other meeting of values: the common one, else `Any`.
pub fn meet(one: NumericScale, other: NumericScale) -> NumericScale {
    if one == other { one } else { NumericScale::Any }
}

/// The scale that an operand has once it is numeric: integers have none behind the point.
fn scale_of(expr: &Expr) -> NumericScale {
    match expr.ty {
        Type::NUMERIC | Type::NUMERIC_ARRAY => expr.scale,
        ty if ty.is_integer() || ty.element().is_some_and(Type::is_integer) => NumericScale::Fixed(0),
        _ => NumericScale::Any,
    }
}

fn of_literal(literal: &Literal) -> NumericScale {
    match literal {
        Literal::Numeric(value) => NumericScale::Fixed(number::scale_of(value)),
        Literal::Array(items) => {
            let mut scales = items.iter().filter(|item| **item != Literal::Null).map(of_literal);
            scales.next().filter(|first| scales.all(|other| other == *first)).unwrap_or_default()
        }
        _ => NumericScale::Any,
    }
}

fn of_call(name: &str, args: &[Expr]) -> NumericScale {
    let first = || args.first().map_or(NumericScale::Any, scale_of);
    match (name, args.len()) {
        ("+" | "-" | "abs" | "@" | "uminus" | "uplus" | "numeric_uplus" | "numeric_uminus", 1) => first(),
        ("-" | "pg_wal_lsn_diff", 2) if args[0].ty == Type::PG_LSN => NumericScale::Fixed(0),
        ("+" | "-", 2) => longer(args).unwrap_or_else(|| combine(args, |one, other| one.max(other), true)),
        ("%" | "mod", 2) => longer(args).unwrap_or_else(|| combine(args, |one, other| one.max(other), false)),
        ("*", 2) => combine(args, |one, other| one.saturating_add(other), false),
        ("/", 2) => NumericScale::Quotient,
        ("round" | "trunc", 2) => match args[1].kind {
            ExprKind::Literal(Literal::Int(digits)) => NumericScale::Fixed(u16::try_from(digits.clamp(0, 2000)).unwrap_or(0)),
            _ => NumericScale::Any,
        },
        ("round" | "trunc" | "ceil" | "ceiling" | "floor" | "sign", 1) | ("div", 2) => NumericScale::Fixed(0),
        ("extract", 2) => of_extract(args),
        ("generate_series", 2 | 3) => {
            // The value starts as the first and the step (1 if absent) is added to it.
            let step = args.get(2).map_or(NumericScale::Fixed(0), scale_of);
            match (first(), step) {
                (NumericScale::Fixed(start), NumericScale::Fixed(step)) if start >= step => NumericScale::Fixed(start),
                _ => NumericScale::Any,
            }
        }
        ("unnest" | "array_remove", _) => first(),
        ("array_append" | "array_prepend" | "array_cat" | "||" | "array_replace", _) => merge(args),
        _ => NumericScale::Any,
    }
}

/// `extract(field from x)`: microseconds make six digits for seconds and the epoch, three for milliseconds.
fn of_extract(args: &[Expr]) -> NumericScale {
    let ExprKind::Literal(Literal::Text(field)) = &args[0].kind else { return NumericScale::Any };
    match (field.to_ascii_lowercase().as_str(), args[1].ty) {
        ("epoch", Type::DATE) => NumericScale::Fixed(0),
        ("epoch" | "second" | "seconds" | "sec" | "secs" | "s", _) => NumericScale::Fixed(6),
        ("millisecond" | "milliseconds" | "msec" | "msecs" | "ms", _) => NumericScale::Fixed(3),
        ("julian", ty) if ty != Type::DATE => NumericScale::Any,
        _ => NumericScale::Fixed(0),
    }
}

fn of_aggregate(name: &str, args: &[Expr]) -> NumericScale {
    match name {
        "avg" | "variance" | "var_pop" | "var_samp" => NumericScale::Quotient,
        "sum" | "min" | "max" | "first_value" | "last_value" | "nth_value" | "array_agg" => {
            args.first().map_or(NumericScale::Any, scale_of)
        }
        "lag" | "lead" => merge(args.iter().take(1).chain(args.get(2))),
        _ => NumericScale::Any,
    }
}

/// The scale of what shows as many digits as the longer operand, where that is the same in every row: `price - coalesce(discount, 0)`.
fn longer(args: &[Expr]) -> Option<NumericScale> {
    let ((least, most), (other_least, other_most)) = (bounds(&args[0])?, bounds(&args[1])?);
    let most = most.max(other_most);
    (least.max(other_least) == most).then_some(NumericScale::Fixed(most))
}

/// The fewest and the most digits that the values of an expression show, where both are known.
fn bounds(expr: &Expr) -> Option<(u16, u16)> {
    if let NumericScale::Fixed(digits) = scale_of(expr) {
        return Some((digits, digits));
    }
    let within = |exprs: &mut dyn Iterator<Item = &Expr>| {
        let mut all = exprs.filter(|expr| !expr.is_null_literal()).map(bounds);
        let first = all.next()??;
        all.try_fold(first, |(least, most), next| next.map(|next| (least.min(next.0), most.max(next.1))))
    };
    match &expr.kind {
        ExprKind::Case { whens, otherwise } => within(&mut whens.iter().map(|(_, result)| result).chain(otherwise.as_deref())),
        ExprKind::Coalesce(args) | ExprKind::Greatest(args) | ExprKind::Least(args) => within(&mut args.iter()),
        ExprKind::NullIf { left, .. } => bounds(left),
        ExprKind::Cast { expr: inner, .. } if numeric_typmod(expr.typmod).is_none() => bounds(inner),
        ExprKind::Aggregate(call) if matches!(call.function.name.as_str(), "sum" | "min" | "max") => bounds(call.args.first()?),
        ExprKind::Operator { operator, args } if args.len() == 2 && matches!(operator.name.as_str(), "+" | "-" | "%") => {
            let (one, other) = (bounds(&args[0])?, bounds(&args[1])?);
            Some((one.0.max(other.0), one.1.max(other.1)))
        }
        _ => None,
    }
}

fn combine(args: &[Expr], fixed: impl Fn(u16, u16) -> u16, keeps_quotient: bool) -> NumericScale {
    use NumericScale::{Any, Fixed, Quotient};
    match (scale_of(&args[0]), scale_of(&args[1])) {
        (Fixed(one), Fixed(other)) => Fixed(fixed(one, other)),
        (Any, _) | (_, Any) => Any,
        _ if keeps_quotient => Quotient,
        _ => Any,
    }
}

/// The scale of one of several values: the common one; NULL has none.
fn merge<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> NumericScale {
    let mut scales = exprs.into_iter().filter(|expr| !expr.is_null_literal()).map(scale_of);
    let first = scales.next().unwrap_or_default();
    scales.fold(first, meet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::bind::functions::resolve_function;
    use crate::sql::bind::operators::resolve_operator;

    fn column(ty: Type, scale: NumericScale) -> Expr {
        Expr { scale, ..Expr::new(ExprKind::Column { relation: crate::sql::tree::RelationId(0), column: 0 }, ty, None) }
    }

    fn operator(name: &str, left: NumericScale, right: NumericScale) -> NumericScale {
        let operator = resolve_operator(name, Some(Type::NUMERIC), Type::NUMERIC, None).unwrap();
        let args = vec![column(Type::NUMERIC, left), column(Type::NUMERIC, right)];
        numeric_scale(&ExprKind::Operator { operator, args }, Type::NUMERIC, -1)
    }

    #[test]
    fn operators_follow_numeric_c() {
        use NumericScale::{Any, Fixed, Quotient};
        assert_eq!(operator("+", Fixed(2), Fixed(0)), Fixed(2));
        assert_eq!(operator("*", Fixed(2), Fixed(3)), Fixed(5));
        assert_eq!(operator("%", Fixed(2), Fixed(1)), Fixed(2));
        assert_eq!(operator("/", Fixed(2), Fixed(1)), Quotient);
        assert_eq!(operator("+", Fixed(2), Any), Any);
    }

    #[test]
    fn the_longer_operand_counts_where_the_other_differs_from_row_to_row() {
        let minus = |left: u16, right: u16, default: u16| {
            let operator = resolve_operator("-", Some(Type::NUMERIC), Type::NUMERIC, None).unwrap();
            let [left, right, default] = [left, right, default].map(|digits| column(Type::NUMERIC, NumericScale::Fixed(digits)));
            let kind = ExprKind::Coalesce(vec![right, default]);
            let right = Expr { scale: numeric_scale(&kind, Type::NUMERIC, -1), ..Expr::new(kind, Type::NUMERIC, None) };
            numeric_scale(&ExprKind::Operator { operator, args: vec![left, right] }, Type::NUMERIC, -1)
        };
        assert_eq!(minus(2, 2, 0), NumericScale::Fixed(2));
        assert_eq!(minus(3, 2, 1), NumericScale::Fixed(3));
        assert_eq!(minus(1, 2, 0), NumericScale::Any, "one or two");
        assert_eq!(minus(0, 2, 0), NumericScale::Any);
    }

    #[test]
    fn functions_follow_numeric_c() {
        let digits = Expr::literal(Literal::Int(1), Type::INT4, None);
        let round = resolve_function(None, "round", &[Type::NUMERIC, Type::INT4], false, None).unwrap().signature;
        let args = vec![column(Type::NUMERIC, NumericScale::Quotient), digits];
        assert_eq!(numeric_scale(&ExprKind::Call { function: round, args }, Type::NUMERIC, -1), NumericScale::Fixed(1));
        let literal = ExprKind::Literal(Literal::Numeric("1.50".into()));
        assert_eq!(numeric_scale(&literal, Type::NUMERIC, -1), NumericScale::Fixed(2));
        let typmod = crate::types::pack_numeric_typmod(10, 4);
        assert_eq!(numeric_scale(&literal, Type::NUMERIC, typmod), NumericScale::Fixed(4));
        let both = vec![column(Type::NUMERIC, NumericScale::Fixed(2)), Expr::literal(Literal::Null, Type::NUMERIC, None)];
        assert_eq!(numeric_scale(&ExprKind::Coalesce(both), Type::NUMERIC, -1), NumericScale::Fixed(2));
    }
}
