//! Calls as PostgreSQL 15 resolves them.

use super::*;

fn resolve(name: &str, args: &[Type]) -> (Vec<Type>, Type) {
    let function = resolve_function(None, name, args, false, None).unwrap();
    (function.signature.arguments.clone(), function.signature.returns)
}

fn refusal(name: &str, args: &[Type]) -> String {
    resolve_function(None, name, args, false, Some(8)).unwrap_err().message
}

#[test]
fn argument_types_decide() {
    use Type as T;
    assert_eq!(resolve("sum", &[T::INT4]), (vec![T::INT4], T::INT8));
    assert_eq!(resolve("sum", &[T::INT8]), (vec![T::INT8], T::NUMERIC));
    assert_eq!(resolve("avg", &[T::INT2]), (vec![T::INT2], T::NUMERIC));
    assert_eq!(resolve("round", &[T::INT4]), (vec![T::FLOAT8], T::FLOAT8));
    assert_eq!(resolve("round", &[T::NUMERIC, T::INT4]), (vec![T::NUMERIC, T::INT4], T::NUMERIC));
    assert_eq!(resolve("round", &[T::INT4, T::INT4]), (vec![T::NUMERIC, T::INT4], T::NUMERIC));
    assert_eq!(resolve("upper", &[T::VARCHAR]), (vec![T::TEXT], T::TEXT));
    assert_eq!(resolve("upper", &[T::UNKNOWN]), (vec![T::TEXT], T::TEXT));
    assert_eq!(resolve("length", &[T::UNKNOWN]), (vec![T::TEXT], T::INT4));
    assert_eq!(resolve("date_trunc", &[T::UNKNOWN, T::DATE]), (vec![T::TEXT, T::TIMESTAMPTZ], T::TIMESTAMPTZ));
    assert_eq!(resolve("date_trunc", &[T::UNKNOWN, T::TIMESTAMP]), (vec![T::TEXT, T::TIMESTAMP], T::TIMESTAMP));
    assert_eq!(resolve("max", &[T::VARCHAR]), (vec![T::TEXT], T::TEXT));
    assert_eq!(resolve("abs", &[T::UNKNOWN]), (vec![T::FLOAT8], T::FLOAT8));
    assert_eq!(resolve("to_char", &[T::DATE, T::UNKNOWN]), (vec![T::TIMESTAMPTZ, T::TEXT], T::TEXT));
    assert_eq!(resolve("generate_series", &[T::DATE, T::DATE, T::INTERVAL]).0[0], T::TIMESTAMPTZ);
    assert_eq!(resolve("generate_series", &[T::DATE, T::DATE, T::UNKNOWN]).0, [T::TIMESTAMPTZ, T::TIMESTAMPTZ, T::INTERVAL]);
    assert_eq!(resolve("generate_series", &[T::INT4, T::INT8]).0, [T::INT8, T::INT8]);
    assert_eq!(resolve("date_part", &[T::UNKNOWN, T::DATE]).0, [T::TEXT, T::DATE]);
    assert_eq!(resolve("extract", &[T::UNKNOWN, T::TIMESTAMP]), (vec![T::TEXT, T::TIMESTAMP], T::NUMERIC));
    assert_eq!(resolve("age", &[T::DATE, T::DATE]).0, [T::TIMESTAMPTZ, T::TIMESTAMPTZ]);
    assert_eq!(resolve("string_agg", &[T::VARCHAR, T::UNKNOWN]).0, [T::TEXT, T::TEXT]);
    assert_eq!(resolve("substring", &[T::UNKNOWN, T::INT4]).0, [T::TEXT, T::INT4]);
    assert_eq!(resolve("count", &[]), (vec![], T::INT8));
    assert_eq!(resolve("timezone", &[T::UNKNOWN, T::TIMESTAMPTZ]), (vec![T::TEXT, T::TIMESTAMPTZ], T::TIMESTAMP));
    assert_eq!(resolve("mod", &[T::INT4, T::NUMERIC]).1, T::NUMERIC);
    assert_eq!(resolve("date", &[T::TIMESTAMP]), (vec![T::TIMESTAMP], T::DATE));
}

#[test]
fn polymorphic_and_variadic() {
    use Type as T;
    assert_eq!(resolve("array_agg", &[T::INT4]), (vec![T::INT4], T::INT4_ARRAY));
    assert_eq!(resolve("unnest", &[T::TEXT_ARRAY]), (vec![T::TEXT_ARRAY], T::TEXT));
    assert_eq!(resolve("lag", &[T::NUMERIC, T::INT4, T::INT4]), (vec![T::NUMERIC, T::INT4, T::NUMERIC], T::NUMERIC));
    assert_eq!(resolve("array_position", &[T::TEXT_ARRAY, T::UNKNOWN]).0, [T::TEXT_ARRAY, T::TEXT]);
    assert_eq!(resolve("percentile_cont", &[T::NUMERIC, T::INT4]), (vec![T::FLOAT8, T::FLOAT8], T::FLOAT8));
    assert_eq!(resolve("percentile_disc", &[T::NUMERIC, T::DATE]), (vec![T::FLOAT8, T::DATE], T::DATE));
    assert_eq!(resolve("concat", &[T::INT4, T::UNKNOWN, T::DATE]).0, [T::INT4, T::UNKNOWN, T::DATE]);
    let concat = resolve_function(None, "concat_ws", &[T::UNKNOWN, T::TEXT, T::TEXT], false, None).unwrap();
    assert_eq!((concat.signature.arguments.len(), concat.signature.variadic), (3, Some(1)));
    let array = resolve_function(None, "concat_ws", &[T::UNKNOWN, T::TEXT_ARRAY], true, None).unwrap();
    assert_eq!(array.signature.variadic, None);
    let path = resolve_function(None, "json_extract_path_text", &[T::JSON, T::UNKNOWN, T::UNKNOWN], false, None).unwrap();
    assert_eq!(path.signature.arguments, [T::JSON, T::TEXT, T::TEXT]);
    let rank = resolve_function(None, "rank", &[T::INT4, T::INT4], false, None).unwrap();
    assert_eq!(rank.kind, FunctionKind::Aggregate { kind: 'h', direct_args: 1 });
    assert_eq!(resolve_function(None, "rank", &[], false, None).unwrap().kind, FunctionKind::Window);
}

#[test]
fn names_and_defaults_fill_the_signature() {
    let function = resolve_named(None, "make_interval", &[Type::UNKNOWN], &["days"], false, None).unwrap();
    let args = function.arrange(vec![Expr::literal(Literal::Text("7".into()), Type::UNKNOWN, None)]);
    assert_eq!(args.len(), 7);
    assert_eq!(args[3].kind, crate::sql::tree::ExprKind::Literal(Literal::Text("7".into())));
    assert_eq!(args[6].kind, crate::sql::tree::ExprKind::Literal(Literal::Float(0.0)));
    let set = resolve_function(None, "jsonb_set", &[Type::JSONB, Type::UNKNOWN, Type::UNKNOWN], false, None).unwrap();
    assert_eq!(set.signature.arguments, [Type::JSONB, Type::TEXT_ARRAY, Type::JSONB, Type::BOOL]);
}

#[test]
fn a_call_by_the_name_of_a_type_is_a_cast() {
    let kind = |name: &str, ty: Type| resolve_function(None, name, &[ty], false, None).unwrap().kind;
    assert_eq!(kind("text", Type::INT4), FunctionKind::Cast(Type::TEXT));
    assert_eq!(kind("date", Type::UNKNOWN), FunctionKind::Cast(Type::DATE));
    assert_eq!(kind("int4", Type::NUMERIC), FunctionKind::Scalar);
}

#[test]
fn errors_are_worded_like_postgresql() {
    assert_eq!(refusal("foo", &[Type::INT4, Type::UNKNOWN]), "function foo(integer, unknown) does not exist");
    assert_eq!(refusal("unnest", &[Type::UNKNOWN]), "function unnest(unknown) is not unique");
    assert_eq!(refusal("array_append", &[Type::INT4_ARRAY, Type::TEXT]), "function array_append(integer[], text) does not exist");
    assert_eq!(refusal("round", &[Type::FLOAT8, Type::INT4]), "function round(double precision, integer) does not exist");
    let named = resolve_named(None, "make_interval", &[Type::INT4], &["dayz"], false, None).unwrap_err();
    assert_eq!(named.message, "function make_interval(dayz => integer) does not exist");
    let error = resolve_function(Some("x"), "upper", &[Type::TEXT], false, None).unwrap_err();
    assert_eq!(error.message, "function x.upper(text) does not exist");
}
