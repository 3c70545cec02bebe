//! WITH items that have rows for every value of a domain, read in subqueries further in: these read the rows of the value that the domain's own item
//! stands at.

use super::super::correlate::conjunction;
use super::Decorrelation;
use super::build::{column, same};
use super::domain::Domain;
use super::push::widened;
use crate::sql::tree::{Distinct, Expr, GroupBy, JoinKind, Query, Relation, Select, SetExpr};
use crate::sql::walk::{self, VisitorMut};

impl Decorrelation<'_> {
    /// Lets the subqueries in a SELECT's expressions pick their rows; `values` are the domain's columns in its FROM.
    pub(super) fn pick_inside(&self, select: &mut Select, domain: &Domain, values: &[Expr]) {
        let on = match &mut select.distinct {
            Distinct::On(exprs) => exprs.as_mut_slice(),
            Distinct::No | Distinct::All => &mut [],
        };
        let groups = match &mut select.group_by {
            GroupBy::None => &mut [],
            GroupBy::Plain(exprs) | GroupBy::Sets { exprs, .. } => exprs.as_mut_slice(),
        };
        let exprs = select.projection.iter_mut().chain(&mut select.filter).chain(&mut select.having).chain(on).chain(groups);
        exprs.for_each(|expr| self.pick_inside_expr(expr, domain, values));
    }

    /// The same within one expression.
    pub(super) fn pick_inside_expr(&self, expr: &mut Expr, domain: &Domain, values: &[Expr]) {
        walk::walk_expr_mut(expr, &mut Inside { decorrelation: self, domain, values });
    }
}

struct Inside<'a, 'b> {
    decorrelation: &'a Decorrelation<'b>,
    domain: &'a Domain,
    values: &'a [Expr],
}

impl VisitorMut for Inside<'_, '_> {
    fn query(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        let Some(from) = &mut select.from else { return };
        let mut conditions: Vec<Expr> = select.filter.take().into_iter().collect();
        self.pick(from, &mut conditions);
        select.filter = conjunction(conditions);
    }
}

impl Inside<'_, '_> {
    /// Those that an outer join fills up stay as they are, and are refused.
    fn pick(&self, from: &mut Relation, conditions: &mut Vec<Expr>) {
        match from {
            Relation::Join { kind: JoinKind::Cross | JoinKind::Inner, left, right, .. } => {
                self.pick(left, conditions);
                self.pick(right, conditions);
            }
            Relation::Join { kind: JoinKind::Left, left: kept, .. } | Relation::Join { kind: JoinKind::Right, right: kept, .. } => {
                self.pick(kept, conditions);
            }
            Relation::Cte { id, cte, columns, .. } if self.decorrelation.is_pushed(*cte, self.domain) => {
                let width = columns.len();
                *columns = widened(columns, self.domain);
                let theirs = (width..columns.len()).map(|i| column(*id, i, &columns[i])).collect();
                conditions.extend(same(self.values.to_vec(), theirs));
            }
            _ => {}
        }
    }
}
