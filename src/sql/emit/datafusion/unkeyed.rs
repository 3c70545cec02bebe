//! Hides from the engine which columns are the keys of a grouped subquery.
//!
//! DataFusion remembers that such a subquery has one row for each of its keys. A join or unnest() makes several rows of one, and what groups those
//! afterwards takes the old keys for keys of its own groups: it leaves out sort keys, DISTINCT, columns of GROUP BY and whole joins
//! (`aggregate_functional_dependencies`). So the keys are computed anew (`pg_key`, which gives its argument) where rows are grouped, compared or
//! multiplied; conditions still see the columns themselves.

use super::names::Names;
use super::{Printer, scope};
use crate::sql::tree::{Distinct, Expr, ExprKind, GroupBy, Query, Relation, Select, SetExpr, SetOp};

/// Prints a value that is no key of anything.
pub(super) fn unkeyed(text: &str) -> String {
    format!("pg_key({text})")
}

/// Tells whether an expression makes rows.
fn makes_rows(expr: &Expr) -> bool {
    let mut found = false;
    scope::each(expr, &mut |expr| found |= matches!(&expr.kind, ExprKind::Call { function, .. } if function.returns_set));
    found
}

fn is_grouped(select: &Select) -> bool {
    match &select.group_by {
        GroupBy::None => false,
        GroupBy::Plain(exprs) | GroupBy::Sets { exprs, .. } => !exprs.is_empty(),
    }
}

impl Printer<'_> {
    /// Tells whether the engine may know keys of a query's rows.
    pub(super) fn has_keys(&self, query: &Query) -> bool {
        match &query.body {
            SetExpr::Select(select) => {
                is_grouped(select) || select.distinct != Distinct::No || select.from.as_ref().is_some_and(|from| self.brings_keys(from))
            }
            SetExpr::Set { op: SetOp::Union, all: true, left, right } => self.has_keys(left) || self.has_keys(right),
            SetExpr::Set { .. } => true,
            SetExpr::Values(_) => false,
        }
    }

    fn brings_keys(&self, relation: &Relation) -> bool {
        match relation {
            Relation::Derived { query, .. } => self.has_keys(query),
            Relation::Cte { cte, .. } => self.ctes.get(cte).is_none_or(|printed| printed.has_keys),
            Relation::Join { left, right, .. } => self.brings_keys(left) || self.brings_keys(right),
            Relation::Table { .. } | Relation::Function { .. } => false,
        }
    }

    /// From here on the columns of a SELECT's grouped subqueries are printed as no keys, if it groups, compares or multiplies its rows.
    pub(super) fn forget_keys(&mut self, select: &Select) {
        let Some(from) = &select.from else { return };
        if is_grouped(select) || select.distinct != Distinct::No || select.projection.iter().any(makes_rows) {
            self.forget_keys_of(from);
        }
    }

    /// The same of all items of a FROM clause.
    pub(super) fn forget_keys_of(&mut self, relation: &Relation) {
        match relation {
            Relation::Join { left, right, .. } => {
                self.forget_keys_of(left);
                self.forget_keys_of(right);
            }
            Relation::Derived { id, .. } | Relation::Cte { id, .. } if self.brings_keys(relation) => {
                for name in self.relations.get_mut(id).into_iter().flat_map(Names::written).filter(|name| !name.starts_with("pg_key(")) {
                    *name = unkeyed(name);
                }
            }
            _ => {}
        }
    }
}
