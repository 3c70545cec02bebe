//! Shapes of rewritten queries; their rows are compared with PostgreSQL's in `tests/slt/correlated*.slt`.

use super::*;
use crate::sql::fixtures::{column, customers, events, select};
use crate::sql::tree::SubqueryKind;
use crate::types::Type;

/// `SELECT (subquery over events) FROM customers`, where events are compared with the customer by this operator.
fn about_customers(kind: SubqueryKind, operator: &str) -> Query {
    let mut inner = select(events(2), vec![column(2, 0)]);
    let SetExpr::Select(body) = &mut inner.body else { panic!("a SELECT") };
    body.filter = Some(build::compare(operator, column(2, 0), column(1, 0)));
    let ty = if kind == SubqueryKind::Exists { Type::BOOL } else { Type::INT8 };
    let subquery = Expr::new(ExprKind::Subquery { kind, query: Box::new(inner) }, ty, None);
    select(customers(1), vec![subquery])
}

fn body(query: &Query) -> &Select {
    let SetExpr::Select(select) = &query.body else { panic!("a SELECT") };
    select
}

fn rewritten(query: &Query) -> Query {
    decorrelate(query, &[]).expect("a known form").expect("a query with subqueries")
}

#[test]
fn what_the_engine_joins_stays() {
    let query = about_customers(SubqueryKind::Scalar, "=");
    assert_eq!(rewritten(&query), query);
    let plain = select(customers(1), vec![column(1, 0)]);
    assert_eq!(decorrelate(&plain, &[]).expect("a query"), None);
}

#[test]
fn answers_are_joined_by_value() {
    let query = rewritten(&about_customers(SubqueryKind::Exists, ">"));
    let Some(Relation::Join { kind: JoinKind::Left, left, right, on: Some(on) }) = &body(&query).from else { panic!("{query:?}") };
    assert!(matches!(**left, Relation::Table { .. }));
    assert!(matches!(&**right, Relation::Derived { alias, .. } if alias == "answers"));
    assert!(matches!(&on.kind, ExprKind::IsDistinct { negated: true, .. }), "NULL finds NULL");
    assert!(matches!(&body(&query).projection[0].kind, ExprKind::IsNull { negated: true, .. }));
    let mut ids = Vec::new();
    walk::each_relation(&query, |relation| ids.extend(relation.id()));
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "each FROM item has an id of its own");
}

#[test]
fn a_second_row_is_refused_only_where_it_is_asked_for() {
    let query = rewritten(&about_customers(SubqueryKind::Scalar, ">"));
    let ExprKind::Call { function, .. } = &body(&query).projection[0].kind else { panic!("{query:?}") };
    assert_eq!(function.name, "pg_single");
}

#[test]
fn rows_that_may_differ_are_made_once() {
    let mut query = about_customers(SubqueryKind::Exists, ">");
    let SetExpr::Select(outer) = &mut query.body else { panic!("a SELECT") };
    let mut random = select(customers(3), vec![build::call("random", Vec::new(), Type::INT8)]);
    if let SetExpr::Select(list) = &mut random.body
        && let ExprKind::Call { function, .. } = &mut list.projection[0].kind
    {
        std::sync::Arc::make_mut(function).volatility = 'v';
    }
    outer.from = Some(build::derived(RelationId(1), "c", random));
    let query = rewritten(&query);
    let [item] = query.ctes.as_slice() else { panic!("{query:?}") };
    assert!(item.name.starts_with(super::super::KEPT), "{}", item.name);
    let mut reads = 0;
    walk::each_relation(&query, |relation| reads += usize::from(matches!(relation, Relation::Cte { cte, .. } if *cte == item.id)));
    assert_eq!(reads, 2, "by the outer rows, and by the values that are asked for");
}
