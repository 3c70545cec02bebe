//! Which FROM items an item holds, and which it refers to.

use std::collections::HashSet;

use crate::sql::tree::{Expr, ExprKind, Query, Relation, RelationId};
use crate::sql::walk::{self, Visitor};

/// Calls `f` for each FROM item that is no join, from left to right, without entering subqueries.
pub(super) fn each_leaf(relation: &Relation, f: &mut dyn FnMut(RelationId)) {
    match relation {
        Relation::Join { left, right, .. } => {
            each_leaf(left, f);
            each_leaf(right, f);
        }
        other => {
            if let Some(id) = other.id() {
                f(id);
            }
        }
    }
}

#[derive(Default)]
struct Scope {
    defined: HashSet<RelationId>,
    used: HashSet<RelationId>,
}

impl Visitor for Scope {
    fn relation(&mut self, relation: &Relation) {
        self.defined.extend(relation.id());
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Column { relation, .. } = expr.kind {
            self.used.insert(relation);
        }
    }
}

impl Scope {
    fn free(self) -> HashSet<RelationId> {
        self.used.difference(&self.defined).copied().collect()
    }
}

/// Returns the relations outside a FROM item that it refers to.
pub(super) fn outer_references(relation: &Relation) -> HashSet<RelationId> {
    let mut scope = Scope::default();
    walk::walk_relation(relation, &mut scope);
    scope.free()
}

/// Returns the relations outside a query that it refers to.
pub(super) fn outer_references_of_query(query: &Query) -> HashSet<RelationId> {
    let mut scope = Scope::default();
    walk::walk_query(query, &mut scope);
    scope.free()
}

/// Returns the relations that an expression refers to, in subqueries too.
pub(super) fn relations_of(expr: &Expr) -> HashSet<RelationId> {
    let mut scope = Scope::default();
    walk::walk_expr(expr, &mut scope);
    scope.free()
}

/// Calls `f` for an expression and everything below it.
pub(super) fn each(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
    struct Each<'a>(&'a mut dyn FnMut(&Expr));
    impl Visitor for Each<'_> {
        fn expr(&mut self, expr: &Expr) {
            (self.0)(expr);
        }
    }
    walk::walk_expr(expr, &mut Each(f));
}

/// Returns the names of all columns in lower case, if a query holds a subquery that may refer to an outer one.
pub(super) fn column_names_below_subqueries(query: &Query) -> HashSet<String> {
    struct Search {
        correlated: bool,
    }
    impl Visitor for Search {
        fn relation(&mut self, relation: &Relation) {
            self.correlated |= matches!(relation, Relation::Derived { lateral: true, .. });
        }

        fn expr(&mut self, expr: &Expr) {
            self.correlated |= matches!(expr.kind, ExprKind::Subquery { .. });
        }
    }
    struct Names {
        names: HashSet<String>,
    }
    impl Visitor for Names {
        fn query(&mut self, query: &Query) {
            self.names.extend(query.columns.iter().map(|column| column.name.to_lowercase()));
        }

        fn relation(&mut self, relation: &Relation) {
            match relation {
                Relation::Table { table, .. } => self.names.extend(table.columns.iter().map(|column| column.name.to_lowercase())),
                Relation::Cte { columns, .. } | Relation::Function { columns, .. } => {
                    self.names.extend(columns.iter().map(|column| column.name.to_lowercase()));
                }
                Relation::Derived { .. } | Relation::Join { .. } => {}
            }
        }
    }
    let mut search = Search { correlated: false };
    walk::walk_query(query, &mut search);
    let mut found = Names { names: HashSet::new() };
    if search.correlated {
        walk::walk_query(query, &mut found);
    }
    found.names
}

/// A count without its casts from one integer to another: `$1::integer`.
pub(super) fn bare_count(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() && expr.ty.is_integer() => bare_count(inner),
        _ => expr,
    }
}

/// Tells whether LIMIT or OFFSET is no constant.
pub(super) fn has_computed_limit(query: &crate::sql::tree::Query) -> bool {
    let plain = |expr: &Expr| matches!(bare_count(expr).kind, ExprKind::Literal(_) | ExprKind::Parameter(_)) || is_constant(expr);
    [&query.limit, &query.offset].into_iter().flatten().any(|count| !plain(count))
}

/// Tells whether an expression is made of constants.
pub(super) fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    each(expr, &mut |part| {
        constant &= matches!(part.kind, ExprKind::Literal(_) | ExprKind::Operator { .. } | ExprKind::Cast { .. });
    });
    constant
}
