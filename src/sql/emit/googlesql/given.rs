//! Parameters whose values are known: where BigQuery, or a rule of PostgreSQL, wants a constant, a parameter stands in the text as its value.
//!
//! Clients that prepare everything send constants as parameters: `date_trunc($1, placed_at)`, `lag(price, $1)`. What can stay a parameter does.

use super::*;
use crate::error::SqlState;
use crate::sql::walk::{self, VisitorMut};
use crate::types::NumericScale;
use crate::types::input::number;

/// The most parameters that are tried one by one.
const TRIED: usize = 12;

/// Prints a query; where that is refused, with the values of parameters in their places.
///
/// # Errors
/// What `print` says of the query as it stands.
pub(super) fn printed(bound: &Bound, parameters: &[Literal], print: impl Fn(&Bound) -> Result<String>) -> Result<String> {
    let refused = match print(bound) {
        Err(report) if report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED && !parameters.is_empty() => report,
        result => return result,
    };
    let mut given: IdSet<usize> = (0..parameters.len()).collect();
    let mut text = match print(&with_values(bound, parameters, &given)) {
        Ok(text) => text,
        // A value that PostgreSQL does not take is an error of its own.
        Err(report) if report.sqlstate != SqlState::FEATURE_NOT_SUPPORTED => return Err(report),
        Err(_) => return Err(refused),
    };
    if parameters.len() <= TRIED {
        for n in 0..parameters.len() {
            given.remove(&n);
            match print(&with_values(bound, parameters, &given)) {
                Ok(fewer) => text = fewer,
                Err(_) => {
                    given.insert(n);
                }
            }
        }
    }
    Ok(text)
}

fn with_values(bound: &Bound, parameters: &[Literal], given: &IdSet<usize>) -> Bound {
    struct Values<'v> {
        parameters: &'v [Literal],
        given: &'v IdSet<usize>,
    }
    impl Values<'_> {
        fn is_null(&self, expr: &Expr) -> bool {
            match &expr.kind {
                ExprKind::Parameter(n) => self.given.contains(n) && self.parameters.get(*n) == Some(&Literal::Null),
                ExprKind::Cast { expr: inner, .. } => self.is_null(inner),
                _ => false,
            }
        }
    }
    impl VisitorMut for Values<'_> {
        fn expr(&mut self, expr: &mut Expr) {
            // What is called with NULL is NULL: `date_trunc($1, day)`.
            if let ExprKind::Call { function, args } = &expr.kind
                && function.strict
                && !function.returns_set
                && args.iter().any(|arg| self.is_null(arg))
            {
                expr.kind = ExprKind::Literal(Literal::Null);
            }
            if let ExprKind::Window(call) = &expr.kind
                && matches!(call.function.name.as_str(), "ntile" | "nth_value")
                && call.args.last().is_some_and(|arg| self.is_null(arg))
            {
                expr.kind = ExprKind::Literal(Literal::Null);
            }
            let ExprKind::Parameter(n) = expr.kind else { return };
            if let Some(value) = self.parameters.get(n).filter(|_| self.given.contains(&n)) {
                if let Literal::Numeric(digits) = value {
                    expr.scale = NumericScale::Fixed(number::scale_of(digits));
                }
                expr.kind = ExprKind::Literal(value.clone());
            }
        }
    }
    let mut out = bound.clone();
    walk::walk_query_mut(&mut out.query, &mut Values { parameters, given });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::bind::functions::resolve_function;
    use crate::sql::bind::operators::resolve_operator;
    use crate::sql::fixtures::{bound, column, events, select};
    use crate::types::Type;

    /// `SELECT date_trunc($1, day::timestamp), $2 FROM events`.
    fn truncated() -> Bound {
        let day = Expr { ty: Type::DATE, ..column(1, 1) };
        let method = CastMethod::Function;
        let moment = Expr::new(ExprKind::Cast { expr: Box::new(day), explicit: true, method }, Type::TIMESTAMP, None);
        let parameter = |n, ty| Expr::new(ExprKind::Parameter(n), ty, None);
        let args = vec![parameter(0, Type::TEXT), moment];
        let function = resolve_function(Some("pg_catalog"), "date_trunc", &[Type::TEXT, Type::TIMESTAMP], false, None).unwrap().signature;
        let call = Expr::new(ExprKind::Call { function, args }, Type::TIMESTAMP, None);
        bound(select(events(1), vec![call, parameter(1, Type::INT8)]))
    }

    #[test]
    fn a_parameter_stands_as_its_value_where_a_constant_is_needed() {
        let unit = |unit: &str| vec![Literal::Text(unit.into()), Literal::Int(7)];
        let text = emit(&truncated(), &unit("month"), Tz::UTC).unwrap();
        assert!(text.contains("MONTH") && !text.contains("@p1"), "{text}");
        assert!(text.contains("@p2"), "what may stay a parameter does: {text}");
        assert!(emit(&truncated(), &unit("year"), Tz::UTC).unwrap().contains("YEAR"));
        assert!(emit(&truncated(), &[], Tz::UTC).is_err(), "without its value nothing can be said");
        let null = emit(&truncated(), &[Literal::Null, Literal::Int(7)], Tz::UTC).unwrap();
        assert!(null.contains("NULL") && !null.contains("TRUNC"), "what is called with NULL is NULL: {null}");
        let unknown = emit(&truncated(), &unit("fortnight"), Tz::UTC).unwrap_err();
        assert_eq!(unknown.sqlstate, SqlState::INVALID_PARAMETER_VALUE, "a value that PostgreSQL does not take");
    }
    #[test]
    fn a_range_stands_in_the_text() {
        let day = Expr { ty: Type::DATE, ..column(1, 1) };
        let operator = resolve_operator("<@", Some(Type::DATE), Type::DATERANGE, None).unwrap();
        let args = vec![day, Expr::new(ExprKind::Parameter(0), Type::DATERANGE, None)];
        let asked = bound(select(events(1), vec![Expr::new(ExprKind::Operator { operator, args }, Type::BOOL, None)]));
        let january = crate::types::range::read("[2026-01-01,2026-01-31]", Type::DATERANGE, Tz::UTC).unwrap();
        let text = emit(&asked, &[Literal::Bytes(january)], Tz::UTC).unwrap();
        assert!(text.contains("DATE '2026-01-01' <= ") && text.contains(" < DATE '2026-02-01'") && !text.contains("@p1"), "{text}");
        assert!(emit(&asked, &[], Tz::UTC).is_err());
    }
}
