//! DISTINCT and UNION written as GROUP BY, so that the digits of one of several equal numerics can be had: `SELECT DISTINCT v` is
//! `SELECT v, MIN(digits) GROUP BY v`.

use super::*;
use crate::sql::walk::{self, VisitorMut};

/// Rewrites every query that drops duplicates among numerics of unknown digits. Tells whether there was one.
pub(super) fn rewrite(query: &mut Query) -> bool {
    let mut grouped = Grouped { last: super::hidden::last_relation(query), found: false };
    walk::walk_query_mut(query, &mut grouped);
    grouped.found
}

/// Tells whether a query drops duplicates among numerics of unknown digits: [`rewrite`] may find something to do.
pub(super) fn drops_numbers(query: &Query) -> bool {
    let drops = match &query.body {
        SetExpr::Select(select) => select.distinct == Distinct::All,
        SetExpr::Set { op, all, .. } => *op == SetOp::Union && !all,
        SetExpr::Values(_) => false,
    };
    drops && query.columns.iter().any(super::digits::is_open)
}

/// Rewrites every query that drops duplicates among values of jsonb, which GoogleSQL groups by their text only; `None` where there is none.
pub(super) fn of_json(query: &Query) -> Option<Query> {
    struct OfJson {
        last: RelationId,
        found: bool,
    }
    impl VisitorMut for OfJson {
        fn query(&mut self, query: &mut Query) {
            let drops = drops_json(query);
            let SetExpr::Select(select) = &mut query.body else { return };
            if drops {
                select.distinct = Distinct::No;
                self.last = RelationId(self.last.0 + 1);
                super::hidden::wrap(query, self.last);
                if let SetExpr::Select(select) = &mut query.body {
                    select.group_by = GroupBy::Plain(select.projection.clone());
                }
                self.found = true;
            }
        }
    }
    let mut out = query.clone();
    let mut visitor = OfJson { last: super::hidden::last_relation(query), found: false };
    walk::walk_query_mut(&mut out, &mut visitor);
    visitor.found.then_some(out)
}

/// Tells whether a query drops duplicates among rows with jsonb.
pub(super) fn drops_json(query: &Query) -> bool {
    let SetExpr::Select(select) = &query.body else { return false };
    select.distinct == Distinct::All
        && query.columns.iter().any(|column| column.ty == crate::types::Type::JSONB)
        && query.order_by.iter().all(|key| matches!(key.by, SortBy::Output(_)))
}

struct Grouped {
    last: RelationId,
    found: bool,
}

impl VisitorMut for Grouped {
    fn query(&mut self, query: &mut Query) {
        let sorted_by_outputs = query.order_by.iter().all(|key| matches!(key.by, SortBy::Output(_)));
        if !sorted_by_outputs || !query.columns.iter().any(super::digits::is_open) {
            return;
        }
        match &mut query.body {
            SetExpr::Select(select) if select.distinct == Distinct::All => select.distinct = Distinct::No,
            body @ SetExpr::Set { op: SetOp::Union, all: false, .. } => keep_all(body),
            _ => return,
        }
        self.last = RelationId(self.last.0 + 1);
        super::hidden::wrap(query, self.last);
        if let SetExpr::Select(select) = &mut query.body {
            select.group_by = GroupBy::Plain(select.projection.clone());
        }
        self.found = true;
    }
}

/// UNION as UNION ALL, with the unions on its sides: whoever reads it drops the duplicates.
fn keep_all(body: &mut SetExpr) {
    let SetExpr::Set { op: SetOp::Union, all, left, right } = body else { return };
    if *all {
        return;
    }
    *all = true;
    for side in [left, right] {
        if side.limit.is_none() && side.offset.is_none() && side.ctes.is_empty() {
            keep_all(&mut side.body);
        }
    }
}
