//! The last look at a tree before it becomes text: every table is allowed, be it read or only named, every function is harmless.

use super::{Settings, rules, tables};
use crate::error::{Report, Result};
use crate::query::Principal;
use crate::sql::tree::{Bound, Expr, ExprKind, Relation};
use crate::sql::walk::{self, Visitor};

/// Checks the whole tree. Statements other than SELECT have no form in it.
///
/// # Errors
/// The first thing that is not allowed.
pub fn verify(settings: &Settings, principal: &Principal, bound: &Bound) -> Result<()> {
    let tables = bound.tables();
    for table in bound.named.iter().chain(&tables) {
        tables::check(settings, principal, table)?;
    }
    let mut check = Check { reads_data: tables.iter().any(|table| !table.is_system()), refused: None };
    walk::walk_query(&bound.query, &mut check);
    check.refused.map_or(Ok(()), Err)
}

struct Check {
    reads_data: bool,
    refused: Option<Report>,
}

impl Visitor for Check {
    fn relation(&mut self, relation: &Relation) {
        // Their calls are visited as expressions.
        let (Relation::Table { .. } | Relation::Derived { .. } | Relation::Cte { .. } | Relation::Function { .. } | Relation::Join { .. }) =
            relation;
    }

    fn expr(&mut self, expr: &Expr) {
        if self.refused.is_some() {
            return;
        }
        let function = match &expr.kind {
            ExprKind::Call { function, .. } => function,
            ExprKind::Aggregate(call) => &call.function,
            ExprKind::Window(call) => &call.function,
            ExprKind::Operator { operator, .. } => operator,
            _ => return,
        };
        if let Err(report) = rules::check(function, self.reads_data) {
            self.refused = Some(report.at(expr.position));
        }
    }
}
