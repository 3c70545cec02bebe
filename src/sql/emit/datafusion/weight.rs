//! What the engine would make of a query. Its simplifier writes `coalesce(x, y)` as `CASE WHEN x IS NOT NULL THEN x ELSE y END`, so that every
//! level doubles the one below; it puts a WITH item in wherever that is read.

use std::collections::HashMap;

use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{CteId, Expr, ExprKind, Query, Relation};
use crate::sql::walk::{self, Visitor};

/// Levels of doubling that still plan in the blink of an eye.
const MAX_DOUBLED: u32 = 12;
/// FROM items that are planned in a second or two.
const MAX_RELATIONS: u64 = 500;

/// Refuses a query whose plan would grow without measure.
///
/// # Errors
/// 54001 with the position of the outermost expression that is too much, and for too many FROM items.
pub(super) fn check(query: &Query) -> Result<()> {
    let relations = relations(query, &mut HashMap::new());
    if relations > MAX_RELATIONS {
        let message = format!("the query reads {relations} tables, its WITH items put in; at most {MAX_RELATIONS} are possible");
        return Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, message).hint("Read each WITH item fewer times."));
    }
    let mut heavy = None;
    walk::each_expr(query, |expr| {
        if heavy.is_none() && doubles(expr) && levels(expr) > MAX_DOUBLED {
            heavy = Some(expr.position);
        }
    });
    match heavy {
        None => Ok(()),
        Some(position) => Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, "the expression is too complex")
            .hint("Compute nested COALESCE, NULLIF or IN step by step, in subqueries.")
            .at(position)),
    }
}

/// Counts the FROM items of a query with its WITH items put in.
fn relations(query: &Query, known: &mut HashMap<CteId, u64>) -> u64 {
    struct Count<'a> {
        known: &'a mut HashMap<CteId, u64>,
        found: u64,
    }
    impl Visitor for Count<'_> {
        fn query(&mut self, query: &Query) {
            for cte in &query.ctes {
                let own = relations(&cte.query, self.known);
                self.known.insert(cte.id, own);
            }
        }
        fn relation(&mut self, relation: &Relation) {
            let own = match relation {
                Relation::Cte { cte, .. } => self.known.get(cte).copied().unwrap_or(1).max(1),
                Relation::Join { .. } => 0,
                _ => 1,
            };
            self.found = self.found.saturating_add(own);
        }
    }
    let mut count = Count { known, found: 0 };
    walk::walk_query(query, &mut count);
    count.found
}

fn doubles(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Coalesce(_) | ExprKind::NullIf { .. } | ExprKind::InList { .. } | ExprKind::AnyArray { .. })
}

fn levels(expr: &Expr) -> u32 {
    let below = walk::children(expr).into_iter().map(levels).max().unwrap_or(0);
    below + u32::from(doubles(expr))
}
