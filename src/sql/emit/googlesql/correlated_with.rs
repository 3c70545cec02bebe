//! WITH items that read the row of an outer query: GoogleSQL's see none of it, while a subquery in FROM does. So such an item stands where it is read.

use super::refuse;
use crate::error::Result;
use crate::sql::tree::*;
use crate::sql::walk::{self, VisitorMut};

/// Tells whether a query has such items.
pub(super) fn has_some(query: &Query) -> bool {
    query.ctes.iter().any(is_correlated)
}

/// Puts every such item in its place; `None` where there is none.
///
/// # Errors
/// 0A000 where one is read more than once, or by itself.
pub(super) fn rewritten(query: &Query) -> Result<Option<Query>> {
    let mut items = Items { inside: false, found: false, failed: Ok(()) };
    let mut query = query.clone();
    walk::walk_query_mut(&mut query, &mut items);
    items.failed?;
    Ok(items.found.then_some(query))
}

struct Items {
    /// The outermost query was seen.
    inside: bool,
    found: bool,
    failed: Result<()>,
}

impl VisitorMut for Items {
    fn query(&mut self, query: &mut Query) {
        if !std::mem::replace(&mut self.inside, true) {
            return;
        }
        while let Some(i) = query.ctes.iter().position(is_correlated) {
            self.found = true;
            let item = query.ctes.remove(i);
            let mut reads = 0;
            walk::each_relation(query, |relation| reads += usize::from(reads_item(relation, item.id)));
            if item.recursive || reads > 1 {
                let what = if item.recursive { "WITH RECURSIVE" } else { "WITH that is read more than once" };
                let what = format!("{what} in a subquery, of a row of the outer query");
                self.failed = Err(refuse(what, position(&item.query), "Join its rows to the outer query in FROM."));
                return;
            }
            walk::walk_query_mut(query, &mut Put(&item));
        }
    }
}

/// Puts an item where it is read.
struct Put<'q>(&'q Cte);

impl VisitorMut for Put<'_> {
    fn relation(&mut self, relation: &mut Relation) {
        if let Relation::Cte { id, alias, cte, .. } = relation
            && *cte == self.0.id
        {
            let (id, alias, query) = (*id, std::mem::take(alias), Box::new(self.0.query.clone()));
            *relation = Relation::Derived { id, alias, lateral: false, query };
        }
    }
}

fn reads_item(relation: &Relation, item: CteId) -> bool {
    matches!(relation, Relation::Cte { cte, .. } if *cte == item)
}

/// Tells whether an item refers to what stands outside of it.
fn is_correlated(item: &Cte) -> bool {
    let (mut own, mut read) = (IdSet::default(), IdSet::default());
    walk::each_relation(&item.query, |relation| own.extend(relation.id()));
    walk::each_expr(&item.query, |expr| {
        if let ExprKind::Column { relation, .. } = &expr.kind {
            read.insert(*relation);
        }
    });
    !read.is_subset(&own)
}

fn position(query: &Query) -> Option<u32> {
    match &query.body {
        SetExpr::Select(select) => select.projection.first()?.position,
        _ => None,
    }
}
