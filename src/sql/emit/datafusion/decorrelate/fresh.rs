//! Copies of parts of the tree, with relation ids of their own.

use std::collections::HashMap;

use super::Decorrelation;
use crate::sql::tree::{CteId, Expr, ExprKind, Query, Relation, RelationId};
use crate::sql::walk::{self, Visitor, VisitorMut};

/// The ids that a part defines, and what they become.
#[derive(Default)]
struct Renaming {
    relations: HashMap<RelationId, RelationId>,
    ctes: HashMap<CteId, CteId>,
}

/// What a part of the tree is called here.
trait Part {
    fn walk(&self, visitor: &mut dyn Visitor);
    fn walk_mut(&mut self, visitor: &mut dyn VisitorMut);
}

macro_rules! part {
    ($ty:ty, $walk:ident, $walk_mut:ident) => {
        impl Part for $ty {
            fn walk(&self, visitor: &mut dyn Visitor) {
                walk::$walk(self, visitor);
            }

            fn walk_mut(&mut self, visitor: &mut dyn VisitorMut) {
                walk::$walk_mut(self, visitor);
            }
        }
    };
}
part!(Query, walk_query, walk_query_mut);
part!(Relation, walk_relation, walk_relation_mut);
part!(Expr, walk_expr, walk_expr_mut);

struct Defined<'a> {
    relations: &'a mut dyn FnMut(RelationId),
    ctes: &'a mut dyn FnMut(CteId),
}

impl Visitor for Defined<'_> {
    fn query(&mut self, query: &Query) {
        query.ctes.iter().for_each(|cte| (self.ctes)(cte.id));
    }

    fn relation(&mut self, relation: &Relation) {
        relation.id().into_iter().for_each(&mut *self.relations);
    }
}

impl VisitorMut for Renaming {
    fn query(&mut self, query: &mut Query) {
        for cte in &mut query.ctes {
            cte.id = self.ctes.get(&cte.id).copied().unwrap_or(cte.id);
        }
    }

    fn relation(&mut self, relation: &mut Relation) {
        match relation {
            Relation::Cte { id, cte, .. } => {
                *cte = self.ctes.get(cte).copied().unwrap_or(*cte);
                *id = self.relations.get(id).copied().unwrap_or(*id);
            }
            Relation::Table { id, .. } | Relation::Derived { id, .. } | Relation::Function { id, .. } => {
                *id = self.relations.get(id).copied().unwrap_or(*id);
            }
            Relation::Join { .. } => {}
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Column { relation, .. } = &mut expr.kind {
            *relation = self.relations.get(relation).copied().unwrap_or(*relation);
        }
    }
}

impl Decorrelation<'_> {
    fn renaming(&mut self, part: &dyn Part) -> Renaming {
        let (mut relations, mut ctes) = (Vec::new(), Vec::new());
        part.walk(&mut Defined { relations: &mut |id| relations.push(id), ctes: &mut |id| ctes.push(id) });
        let mut renaming = Renaming::default();
        for id in relations {
            renaming.relations.insert(id, self.relation_id());
        }
        for id in ctes {
            let copy = self.cte_id();
            renaming.ctes.insert(id, copy);
            if self.repeatable_ctes.contains(&id) {
                self.repeatable_ctes.insert(copy);
            }
            if let Some(domain) = self.pushed_ctes.get(&id) {
                self.pushed_ctes.insert(copy, *domain);
            }
        }
        renaming
    }

    /// Copies a query.
    pub(super) fn copy_of_query(&mut self, query: &Query) -> Query {
        let mut renaming = self.renaming(query);
        let mut copy = query.clone();
        copy.walk_mut(&mut renaming);
        copy
    }

    /// Copies an expression; its subqueries get ids of their own, what it refers to stays.
    pub(super) fn copy_of_expr(&mut self, expr: &Expr) -> Expr {
        let mut renaming = self.renaming(expr);
        let mut copy = expr.clone();
        copy.walk_mut(&mut renaming);
        copy
    }

    /// Copies a FROM clause together with expressions over it.
    pub(super) fn copy_of_from(&mut self, from: &Relation, exprs: &[Expr]) -> (Relation, Vec<Expr>) {
        let mut renaming = self.renaming(from);
        let mut copy = from.clone();
        copy.walk_mut(&mut renaming);
        let exprs = exprs
            .iter()
            .map(|expr| {
                let mut expr = self.copy_of_expr(expr);
                expr.walk_mut(&mut renaming);
                expr
            })
            .collect();
        (copy, exprs)
    }
}
