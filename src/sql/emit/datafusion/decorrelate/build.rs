//! Pieces of the tree that decorrelation makes.

use std::sync::Arc;

use super::super::correlate::conjunction;
use crate::sql::tree::{
    Aggregate, Distinct, Expr, ExprKind, GroupBy, JoinKind, Query, Relation, RelationColumn, RelationId, Select, SetExpr, Signature,
    SortBy, SortKey, Window,
};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// Refers to a column.
pub(super) fn column(relation: RelationId, index: usize, like: &RelationColumn) -> Expr {
    Expr { kind: ExprKind::Column { relation, column: index }, ty: like.ty, typmod: like.typmod, scale: like.scale, position: None }
}

/// Describes the column that an expression makes.
pub(super) fn described(name: &str, expr: &Expr) -> RelationColumn {
    RelationColumn { name: name.into(), ty: expr.ty, typmod: expr.typmod, scale: expr.scale }
}

/// Describes a column of a plain type.
pub(super) fn named(name: &str, ty: Type) -> RelationColumn {
    RelationColumn { name: name.into(), ty, typmod: -1, scale: NumericScale::Any }
}

/// Returns a name that none of these columns has, without regard to case.
pub(super) fn free_name(hint: &str, columns: &[RelationColumn]) -> String {
    let mut name = hint.to_owned();
    while columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    name
}

/// A SELECT of nothing but FROM, WHERE and a list.
pub(super) fn select(projection: Vec<Expr>, from: Option<Relation>, filter: Option<Expr>) -> Select {
    Select { distinct: Distinct::No, projection, from, filter, group_by: GroupBy::None, having: None }
}

/// A query of nothing but its body.
pub(super) fn query(body: SetExpr, columns: Vec<RelationColumn>) -> Query {
    Query { ctes: Vec::new(), body, order_by: Vec::new(), limit: None, with_ties: false, offset: None, columns }
}

/// A SELECT as a query.
pub(super) fn select_query(select: Select, columns: Vec<RelationColumn>) -> Query {
    query(SetExpr::Select(Box::new(select)), columns)
}

/// A subquery as a FROM item.
pub(super) fn derived(id: RelationId, alias: &str, query: Query) -> Relation {
    Relation::Derived { id, alias: alias.into(), lateral: false, query: Box::new(query) }
}

/// Joins two FROM items.
pub(super) fn join(kind: JoinKind, left: Relation, right: Relation, on: Option<Expr>) -> Relation {
    Relation::Join { kind, left: Box::new(left), right: Box::new(right), on }
}

/// A function or operator that every type has here.
pub(super) fn signature(name: &str, arguments: Vec<Type>, returns: Type) -> Arc<Signature> {
    Arc::new(Signature {
        oid: 0,
        schema: "pg_catalog",
        name: name.into(),
        arguments,
        variadic: None,
        returns,
        returns_set: false,
        volatility: 'i',
        strict: false,
    })
}

/// A call of a function.
pub(super) fn call(name: &str, args: Vec<Expr>, returns: Type) -> Expr {
    let types = args.iter().map(|arg| arg.ty).collect();
    Expr::new(ExprKind::Call { function: signature(name, types, returns), args }, returns, None)
}

/// A comparison of whole numbers.
pub(super) fn compare(name: &str, left: Expr, right: Expr) -> Expr {
    let operator = signature(name, vec![Type::INT8, Type::INT8], Type::BOOL);
    Expr::new(ExprKind::Operator { operator, args: vec![left, right] }, Type::BOOL, None)
}

/// A whole number.
pub(super) fn number(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), Type::INT8, None)
}

/// A truth value.
pub(super) fn truth(value: bool) -> Expr {
    Expr::literal(Literal::Bool(value), Type::BOOL, None)
}

/// CASE WHEN condition THEN one ELSE other END, typed as `one`.
pub(super) fn either(condition: Expr, one: Expr, other: Expr) -> Expr {
    let whole = Expr { kind: ExprKind::Literal(Literal::Null), ..one.clone() };
    Expr { kind: ExprKind::Case { whens: vec![(condition, one)], otherwise: Some(Box::new(other)) }, ..whole }
}

/// Tells whether two sides hold the same values, NULLs included. They are compared as the engine holds them, not by the type's own
/// `=`: the values on one side are copies of those on the other.
pub(super) fn same(left: Vec<Expr>, right: Vec<Expr>) -> Option<Expr> {
    let operator = signature("=", vec![Type::TEXT, Type::TEXT], Type::BOOL);
    let pairs = left.into_iter().zip(right).map(|(left, right)| {
        let kind = ExprKind::IsDistinct { operator: operator.clone(), left: Box::new(left), right: Box::new(right), negated: true };
        Expr::new(kind, Type::BOOL, None)
    });
    conjunction(pairs.collect())
}

/// An aggregate call.
pub(super) fn aggregate(name: &str, args: Vec<Expr>, order_by: Vec<SortKey>, like: &Expr) -> Expr {
    let function = signature(name, args.iter().map(|arg| arg.ty).collect(), like.ty);
    let call = Aggregate { function, args, distinct: false, order_by, filter: None, within_group: false };
    Expr { kind: ExprKind::Aggregate(Box::new(call)), ..like.clone() }
}

/// row_number() over these.
pub(super) fn row_number(partition_by: Vec<Expr>, order_by: Vec<SortKey>) -> Expr {
    let function = signature("row_number", Vec::new(), Type::INT8);
    let call = Window { function, aggregate: false, args: Vec::new(), filter: None, partition_by, order_by, frame: None };
    Expr::new(ExprKind::Window(Box::new(call)), Type::INT8, None)
}

/// Ascending, NULLs last.
pub(super) fn ascending(expr: Expr) -> SortKey {
    SortKey { by: SortBy::Expr(expr), descending: false, nulls_first: false }
}
