//! What a query holds that takes more than printing: found in one walk, for most queries hold little of it, and each look for one thing is a walk over
//! the whole of them. What is rewritten here and there along the way makes nothing of it anew.

use super::*;
use crate::sql::bind::infinite::is_infinite;
use crate::sql::emit::{guards, record_arrays, whole_rows};

/// What a query holds.
#[derive(Default)]
pub(super) struct Contents {
    /// Arrays of rows.
    pub record_arrays: bool,
    /// Infinite dates.
    pub infinite: bool,
    /// Quotients that are tested for equality.
    pub compared_quotients: bool,
    /// GROUPS frames with offsets.
    pub group_frames: bool,
    /// Random values.
    pub random: bool,
    /// WITH items that read a row of an outer query.
    pub correlated_items: bool,
    /// Rows of outer joins' sides that are counted.
    pub whole_rows: bool,
    /// Objects of JSON with members put in or left out.
    pub changed_members: bool,
    /// Functions on the inner side of outer joins.
    pub outer_functions: bool,
    /// DISTINCT and UNION of numerics of unknown digits.
    pub number_duplicates: bool,
    /// DISTINCT of JSON.
    pub json_duplicates: bool,
    /// What may fail.
    pub failing: bool,
    /// Computed limits of distinct rows.
    pub computed_limits: bool,
}

impl Contents {
    pub fn of(query: &Query) -> Contents {
        let mut contents = Contents::default();
        walk::walk_query(query, &mut contents);
        contents
    }

    /// Tells whether anything is to be rewritten because GoogleSQL has no words for it.
    pub fn needs_rewriting(&self) -> bool {
        self.correlated_items
            || self.whole_rows
            || self.changed_members
            || self.outer_functions
            || self.json_duplicates
            || self.failing
            || self.computed_limits
    }
}

impl walk::Visitor for Contents {
    fn query(&mut self, query: &Query) {
        self.correlated_items |= correlated_with::has_some(query);
        self.number_duplicates |= deduplicated::drops_numbers(query);
        self.json_duplicates |= deduplicated::drops_json(query);
        self.computed_limits |= query::limits_distinct_rows(query);
    }

    fn relation(&mut self, relation: &Relation) {
        self.outer_functions |= outer_functions::is_outer(relation);
    }

    fn expr(&mut self, expr: &Expr) {
        self.record_arrays |= record_arrays::holds_rows(expr.ty);
        self.infinite |= is_infinite(expr);
        self.compared_quotients |= digits_quotients::compares(expr);
        self.group_frames |= groups::counts_groups(expr);
        self.random |= random::is_random(expr);
        self.failing |= guards::fails_itself(expr);
        self.changed_members |= row_members::is_change(expr);
        self.whole_rows |= whole_rows::is_whole(expr, whole_rows::Rows::Counted);
    }
}
