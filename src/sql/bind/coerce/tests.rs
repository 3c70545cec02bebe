//! Constants, parameters and casts as PostgreSQL 15 treats them.

use super::*;
use crate::types::{NumericScale, pack_numeric_typmod};

fn with_coercer<T>(f: impl FnOnce(&Coercer) -> T) -> (T, Vec<Type>) {
    let parameters = RefCell::new(Vec::new());
    let regs = |_: Type, name: &str| Err(Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist")));
    let result = f(&Coercer { zone: Tz::UTC, reads_in: Tz::UTC.into(), parameters: &parameters, regs: &regs, late: None });
    (result, parameters.into_inner())
}

fn coerce(expr: Expr, target: Type, typmod: i32, context: Context) -> Result<Expr> {
    with_coercer(|coercer| coercer.coerce(expr, target, typmod, context)).0
}

fn unknown(text: &str) -> Expr {
    Expr::literal(Literal::Text(text.into()), Type::UNKNOWN, Some(8))
}

fn folded(expr: Expr, target: Type, typmod: i32) -> Literal {
    match coerce(expr, target, typmod, Context::Explicit).unwrap().kind {
        ExprKind::Literal(literal) => literal,
        other => panic!("not folded: {other:?}"),
    }
}

fn column(ty: Type) -> Expr {
    Expr::new(ExprKind::Column { relation: crate::sql::tree::RelationId(0), column: 0 }, ty, Some(1))
}

#[test]
fn unknown_literals_take_the_type() {
    assert_eq!(folded(unknown("2026-03-01"), Type::DATE, -1), Literal::Date(20_513));
    assert_eq!(folded(unknown("abc"), Type::VARCHAR, 6), Literal::Text("ab".into()));
    assert_eq!(folded(unknown("1.005"), Type::NUMERIC, pack_numeric_typmod(5, 2)), Literal::Numeric("1.01".into()));
    let error = coerce(unknown("abc"), Type::DATE, -1, Context::Implicit).unwrap_err();
    assert_eq!((error.message.as_str(), error.position), ("invalid input syntax for type date: \"abc\"", Some(8)));
    let error = coerce(unknown("orders"), Type::REGCLASS, -1, Context::Explicit).unwrap_err();
    assert_eq!(error.sqlstate, SqlState::UNDEFINED_TABLE);
    assert_eq!(folded(unknown("1259"), Type::REGCLASS, -1), Literal::Int(1259));
}

#[test]
fn constants_are_folded() {
    let int = |value| Expr::literal(Literal::Int(value), Type::INT4, None);
    let numeric = |text: &str| Expr::literal(Literal::Numeric(text.into()), Type::NUMERIC, None);
    let float = |value| Expr::literal(Literal::Float(value), Type::FLOAT8, None);
    assert_eq!(folded(int(5), Type::NUMERIC, pack_numeric_typmod(10, 2)), Literal::Numeric("5.00".into()));
    assert_eq!(folded(int(5), Type::TEXT, -1), Literal::Text("5".into()));
    assert_eq!(folded(numeric("2.5"), Type::INT4, -1), Literal::Int(3));
    assert_eq!(folded(float(2.5), Type::INT4, -1), Literal::Int(2));
    assert_eq!(folded(float(0.1), Type::NUMERIC, -1), Literal::Numeric("0.1".into()));
    let error = coerce(int(70_000), Type::INT2, -1, Context::Explicit).unwrap_err();
    assert_eq!(error.message, "smallint out of range");
    let scaled = coerce(numeric("1.50"), Type::NUMERIC, -1, Context::Implicit).unwrap();
    assert_eq!(scaled.kind, ExprKind::Literal(Literal::Numeric("1.50".into())));
}

#[test]
fn parameters_are_inferred_once() {
    let parameter = || Expr::new(ExprKind::Parameter(1), Type::UNKNOWN, None);
    let (typed, parameters) = with_coercer(|coercer| coercer.coerce(parameter(), Type::DATE, -1, Context::Implicit).unwrap());
    assert_eq!((typed.ty, parameters), (Type::DATE, vec![Type::UNKNOWN, Type::DATE]));
    let (second, _) = with_coercer(|coercer| {
        coercer.coerce(parameter(), Type::DATE, -1, Context::Implicit).unwrap();
        coercer.coerce(parameter(), Type::TEXT, -1, Context::Implicit)
    });
    let error = second.unwrap_err();
    assert_eq!(error.message, "inconsistent types deduced for parameter $2");
    assert_eq!(error.detail.as_deref(), Some("date versus text"));
}

#[test]
fn expressions_get_casts() {
    let cast_of = |from, to, typmod, context| match coerce(column(from), to, typmod, context).unwrap() {
        Expr { kind: ExprKind::Cast { method, explicit, .. }, scale, .. } => (method, explicit, scale),
        other => panic!("no cast: {other:?}"),
    };
    assert_eq!(cast_of(Type::INT4, Type::NUMERIC, -1, Context::Implicit), (CastMethod::Function, false, NumericScale::Fixed(0)));
    assert_eq!(cast_of(Type::INT4, Type::TEXT, -1, Context::Explicit).0, CastMethod::InOut);
    assert_eq!(cast_of(Type::TEXT, Type::VARCHAR, 7, Context::Explicit).0, CastMethod::Length);
    assert_eq!(cast_of(Type::VARCHAR, Type::TEXT, -1, Context::Implicit).0, CastMethod::Binary);
    assert_eq!(cast_of(Type::TEXT_ARRAY, Type::INT4_ARRAY, -1, Context::Explicit).0, CastMethod::Elements);
    let typmod = pack_numeric_typmod(10, 3);
    assert_eq!(cast_of(Type::NUMERIC, Type::NUMERIC, typmod, Context::Explicit), (CastMethod::Length, true, NumericScale::Fixed(3)));
    let error = coerce(column(Type::DATE), Type::INT4, -1, Context::Explicit).unwrap_err();
    assert_eq!((error.message.as_str(), error.sqlstate), ("cannot cast type date to integer", SqlState::CANNOT_COERCE));
    assert_eq!(coerce(column(Type::INT4), Type::INT4, -1, Context::Implicit).unwrap(), column(Type::INT4));
}

#[test]
fn elements_of_an_array_are_cast_where_they_stand() {
    let items = vec![Expr::literal(Literal::Int(1), Type::INT4, None), column(Type::INT4)];
    let array = Expr::new(ExprKind::Array(items), Type::INT4_ARRAY, None);
    let ExprKind::Array(items) = coerce(array, Type::INT8_ARRAY, -1, Context::Implicit).unwrap().kind else { panic!("no array") };
    assert_eq!(items[0].kind, ExprKind::Literal(Literal::Int(1)));
    assert!(items.iter().all(|item| item.ty == Type::INT8));
}
