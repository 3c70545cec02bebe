//! Functions on the inner side of RIGHT and FULL joins: GoogleSQL joins an UNNEST from the left only, so the function is read in a subquery of its own.

use super::*;
use crate::sql::walk::{self, VisitorMut};

/// Rewrites such joins; `None` where there are none.
pub(super) fn rewritten(query: &Query) -> Option<Query> {
    let mut out = query.clone();
    let mut outer = Outer { last: super::hidden::last_relation(query), found: false };
    walk::walk_query_mut(&mut out, &mut outer);
    outer.found.then_some(out)
}

/// Tells whether a FROM item is such a join.
pub(super) fn is_outer(relation: &Relation) -> bool {
    matches!(relation, Relation::Join { kind: JoinKind::Right | JoinKind::Full, right, .. } if matches!(**right, Relation::Function { .. }))
}

struct Outer {
    last: RelationId,
    found: bool,
}

impl VisitorMut for Outer {
    fn relation(&mut self, relation: &mut Relation) {
        let Relation::Join { kind: JoinKind::Right | JoinKind::Full, right, .. } = relation else { return };
        let Relation::Function { id, alias, columns, .. } = &mut **right else { return };
        self.last = RelationId(self.last.0 + 1);
        self.found = true;
        // PostgreSQL lets no function refer to the other side of such a join.
        let (outer, inner) = (*id, self.last);
        *id = inner;
        let column = |(i, column): (usize, &RelationColumn)| Expr {
            typmod: column.typmod,
            scale: column.scale,
            ..Expr::new(ExprKind::Column { relation: inner, column: i }, column.ty, None)
        };
        let (alias, columns) = (alias.clone(), columns.clone());
        let select = Select {
            distinct: Distinct::No,
            projection: columns.iter().enumerate().map(column).collect(),
            from: Some((**right).clone()),
            filter: None,
            group_by: GroupBy::None,
            having: None,
        };
        let query = Query {
            ctes: Vec::new(),
            body: SetExpr::Select(Box::new(select)),
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            columns,
        };
        **right = Relation::Derived { id: outer, alias, lateral: false, query: Box::new(query) };
    }
}
