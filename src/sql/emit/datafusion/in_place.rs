//! The first rows of what a row of an outer query makes: `(SELECT w FROM unnest(string_to_array(t.names, ' ')) w LIMIT 1)`, and the same of VALUES and of
//! UNION ALL. PostgreSQL takes them in the order in which they are written; here all outer rows' are computed together, and lie as a hash left them. So
//! their places become a column, and the order is asked for.

use super::scope;
use crate::sql::bind::inherit::{depends_on_order, give_order};
use crate::sql::row_places::{adds_up, may_be_numbered, number};
use crate::sql::tree::*;
use crate::sql::walk::{self, VisitorMut};
use crate::types::{NumericScale, Type};

/// Asks for the order of rows that are made of an outer row, where it matters; `None` where it does nowhere.
pub(super) fn placed(query: &Query) -> Option<Query> {
    let mut due = false;
    walk::each_relation(query, |relation| due |= has_places(relation) && !scope::outer_references(relation).is_empty());
    due.then(|| {
        let mut query = query.clone();
        walk::walk_query_mut(&mut query, &mut Placed);
        query
    })
}

struct Placed;

impl VisitorMut for Placed {
    fn query(&mut self, query: &mut Query) {
        let limited = query.order_by.is_empty() && (query.limit.is_some() || query.offset.is_some());
        let SetExpr::Select(select) = &mut query.body else { return };
        let plain = select.distinct == Distinct::No && select.group_by == GroupBy::None && select.having.is_none();
        let mut collects = false;
        select.projection.iter().for_each(|target| scope::each(target, &mut |expr| collects |= depends_on_order(expr)));
        let asked = |from: &Relation| if collects { matches!(from, Relation::Derived { .. }) } else { limited && plain };
        let Some(from) = select.from.as_mut().filter(|from| has_places(from) && asked(from)) else { return };
        if scope::outer_references(from).is_empty() {
            return;
        }
        let keys = places_of(from);
        if collects {
            select.projection.iter_mut().for_each(|target| give_order(target, &keys));
        } else {
            query.order_by = keys;
        }
    }
}

/// Tells whether the rows of a FROM item have places: those of a function, of VALUES, of SELECTs without FROM put together.
fn has_places(from: &Relation) -> bool {
    fn is_one_row(query: &Query) -> bool {
        match &query.body {
            SetExpr::Set { left, right, .. } => adds_up(query) && is_one_row(left) && is_one_row(right),
            SetExpr::Select(select) => select.from.is_none() && query.limit.is_none() && query.offset.is_none(),
            SetExpr::Values(_) => true,
        }
    }
    match from {
        Relation::Function { .. } => true,
        Relation::Derived { query, .. } => {
            let whole = query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none() && query.ctes.is_empty();
            whole && !matches!(query.body, SetExpr::Select(_)) && is_one_row(query) && may_be_numbered(query)
        }
        _ => false,
    }
}

/// Makes the places of the rows of a FROM item columns of it; the keys that sort by them.
fn places_of(from: &mut Relation) -> Vec<SortKey> {
    let (id, columns) = match from {
        Relation::Function { id, ordinality, columns, .. } => {
            if !*ordinality {
                *ordinality = true;
                let name = format!("ordinality_{}", columns.len() + 1);
                columns.push(RelationColumn { name, ty: Type::INT8, typmod: -1, scale: NumericScale::Any });
            }
            (*id, columns.len() - 1..columns.len())
        }
        Relation::Derived { id, query, .. } => {
            let before = query.columns.len();
            number(query, &mut 0);
            (*id, before..query.columns.len())
        }
        _ => return Vec::new(),
    };
    let key = |column| {
        let place = Expr::new(ExprKind::Column { relation: id, column }, Type::INT8, None);
        SortKey { by: SortBy::Expr(place), descending: false, nulls_first: false }
    };
    columns.map(key).collect()
}
