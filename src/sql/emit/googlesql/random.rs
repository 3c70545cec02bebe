//! random() and gen_random_uuid(): printed once for each time that they are written, and never where BigQuery would compute them anew.

use super::*;
use crate::sql::walk;

/// Returns GoogleSQL's function for one of PostgreSQL's that gives another value each time.
pub(super) fn word(name: &str) -> Option<&'static str> {
    match name {
        "random" => Some("RAND()"),
        "gen_random_uuid" => Some("GENERATE_UUID()"),
        _ => None,
    }
}

/// Tells whether a printed text computes a random value.
pub(super) fn computes(text: &str) -> bool {
    ["RAND()", "GENERATE_UUID()"].iter().any(|word| text.contains(word))
}

/// Tells whether a call gives another value each time.
pub(super) fn is_random(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.schema == "pg_catalog" && word(&function.name).is_some())
}

/// Refuses a text that computes a random value more often than the query says.
///
/// # Errors
/// 0A000.
pub(super) fn check(query: &Query, text: &str) -> Result<()> {
    let (mut calls, mut position) = (0, None);
    walk::each_expr(query, |expr| {
        if is_random(expr) {
            calls += 1;
            position = position.or(expr.position);
        }
    });
    if calls == 0 {
        return Ok(());
    }
    let printed = text.matches("RAND()").count() + text.matches("GENERATE_UUID()").count();
    if printed == calls && !is_read_twice(query) {
        return Ok(());
    }
    let hint = "BigQuery would compute it more than once: select it in a subquery, or take it in the client.";
    Err(refuse("a random value here", position, hint))
}

/// Tells whether a WITH item that holds a random value is read more than once: BigQuery computes it each time.
fn is_read_twice(query: &Query) -> bool {
    struct Items {
        random: Vec<CteId>,
        read: Vec<CteId>,
    }
    impl walk::Visitor for Items {
        fn query(&mut self, query: &Query) {
            for cte in &query.ctes {
                let mut found = false;
                walk::each_expr(&cte.query, |expr| found |= is_random(expr));
                if found {
                    self.random.push(cte.id);
                }
            }
        }
        fn relation(&mut self, relation: &Relation) {
            if let Relation::Cte { cte, .. } = relation {
                self.read.push(*cte);
            }
        }
    }
    let mut items = Items { random: Vec::new(), read: Vec::new() };
    walk::walk_query(query, &mut items);
    items.random.iter().any(|item| items.read.iter().filter(|read| *read == item).count() > 1)
}
