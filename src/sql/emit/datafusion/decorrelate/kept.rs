//! Rows that are made once and kept: what the outer rows and the values that a subquery is asked for are both read from, where it could give other rows
//! each time it is made.

use super::super::KEPT;
use super::super::scope;
use super::domain::Domain;
use super::{Decorrelation, Site};
use crate::error::Result;
use crate::sql::tree::{Cte, CteId, Query, Relation};
use crate::sql::walk::{self, VisitorMut};

impl Decorrelation<'_> {
    /// Makes the domain of a subquery of a SELECT, of kept rows where it must.
    pub(super) fn domain_of_site(&mut self, query: &Query, site: &mut Site) -> Result<Domain> {
        let first = self.domain(query, site.from.as_ref(), &site.conditions);
        if first.is_ok() || !site.from.as_mut().is_some_and(|from| self.keep(from)) {
            return first;
        }
        site.keeps = true;
        self.domain(query, site.from.as_ref(), &site.conditions)
    }

    /// Makes WITH items of the subqueries in a FROM clause that may give other rows each time; tells whether there was one. Within a recursion, whose
    /// steps have other rows each, none is made.
    pub(super) fn keep(&mut self, from: &mut Relation) -> bool {
        if self.recursions > 0 || !scope::outer_references(from).is_empty() {
            return false;
        }
        match from {
            Relation::Join { left, right, .. } => {
                let kept = self.keep(left);
                self.keep(right) || kept
            }
            Relation::Derived { id, alias, query, lateral: false } if !super::domain::is_repeatable_query(self, query) => {
                let cte = self.cte_id();
                let columns = query.columns.clone();
                let query = (**query).clone();
                self.kept.push(Cte { id: cte, name: alias.clone(), recursive: false, query });
                self.keep_item(cte);
                *from = Relation::Cte { id: *id, alias: std::mem::take(alias), cte, columns };
                true
            }
            Relation::Cte { cte, .. } if !self.repeatable_ctes.contains(cte) => {
                let cte = *cte;
                self.keep_item(cte);
                true
            }
            _ => false,
        }
    }

    fn keep_item(&mut self, cte: CteId) {
        self.kept_ctes.insert(cte);
        self.repeatable_ctes.insert(cte);
    }

    /// Gives kept items names that say so.
    pub(super) fn name_kept(&self, query: &mut Query) {
        struct Name<'a, 'b>(&'a Decorrelation<'b>);
        impl VisitorMut for Name<'_, '_> {
            fn query(&mut self, query: &mut Query) {
                for cte in query.ctes.iter_mut().filter(|cte| self.0.kept_ctes.contains(&cte.id)) {
                    cte.name.insert_str(0, KEPT);
                }
            }
        }
        if !self.kept_ctes.is_empty() {
            walk::walk_query_mut(query, &mut Name(self));
        }
    }
}
