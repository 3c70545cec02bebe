//! Columns of subqueries whose names hold a point (`SELECT t.id AS "t.id"`, as query builders write it): the engine takes such a name for the column of a
//! table, and two columns for one. Columns are found by their place, so within the statement they may be called otherwise.

use crate::sql::tree::*;
use crate::sql::walk::{self, Visitor, VisitorMut};

/// Takes the points out of the names of subqueries' columns; `None` where there are none.
pub(super) fn undotted(query: &Query) -> Option<Query> {
    let mut found = Found(false);
    walk::walk_query(query, &mut found);
    found.0.then(|| {
        let mut renamed = query.clone();
        walk::walk_query_mut(&mut renamed, &mut Renaming);
        // The client sees the names that it gave.
        renamed.columns.clone_from(&query.columns);
        renamed
    })
}

struct Found(bool);

impl Visitor for Found {
    fn relation(&mut self, relation: &Relation) {
        self.0 |= match relation {
            Relation::Derived { query, .. } => is_dotted(&query.columns),
            Relation::Cte { columns, .. } | Relation::Function { columns, .. } => is_dotted(columns),
            Relation::Table { .. } | Relation::Join { .. } => false,
        };
    }
}

fn is_dotted(columns: &[RelationColumn]) -> bool {
    columns.iter().any(|column| column.name.contains('.'))
}

struct Renaming;

impl VisitorMut for Renaming {
    fn query(&mut self, query: &mut Query) {
        rename(&mut query.columns);
    }

    fn relation(&mut self, relation: &mut Relation) {
        if let Relation::Cte { columns, .. } | Relation::Function { columns, .. } = relation {
            rename(columns);
        }
    }
}

/// The same columns get the same names wherever they are listed.
fn rename(columns: &mut [RelationColumn]) {
    for i in 0..columns.len() {
        if !columns[i].name.contains('.') {
            continue;
        }
        let mut name = columns[i].name.replace('.', "_");
        while columns.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        columns[i].name = name;
    }
}
