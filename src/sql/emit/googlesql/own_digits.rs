//! Numerics that show the digits they have: BigQuery keeps no zeros at the end of a numeric without a declared scale, so such a column's values, and what
//! is computed of them without a division, are shown as they are.

use super::quotients::{Sources, columns};
use super::*;
use crate::sql::walk;
use crate::types::{NumericScale, Type};

/// Which columns of FROM items hold such values.
#[derive(Default)]
pub(super) struct Own {
    tables: IdSet<RelationId>,
    columns: IdSet<(RelationId, usize)>,
}

impl Own {
    pub fn of(query: &Query) -> Own {
        let mut own = Own::default();
        // The columns of subqueries and WITH items that are in question.
        let mut open = Vec::new();
        let mut ask = |id: RelationId, columns: &[RelationColumn]| {
            open.extend((0..columns.len()).filter(|i| super::digits::is_open(&columns[*i])).map(|i| (id, i)));
        };
        walk::each_relation(query, |relation| match relation {
            Relation::Table { id, .. } => {
                own.tables.insert(*id);
            }
            Relation::Derived { id, query, .. } => ask(*id, &query.columns),
            Relation::Cte { id, columns, .. } => ask(*id, columns),
            // What JSON holds has no zeros at its end; neither has a column's array.
            Relation::Function { id, calls, .. } => {
                let plain = |call: &Expr| match &call.kind {
                    ExprKind::Call { function, args } if function.name == "unnest" => {
                        args.iter().all(|arg| matches!(arg.kind, ExprKind::Column { .. }))
                    }
                    ExprKind::Call { function, .. } => function.name.contains("_to_record"),
                    _ => false,
                };
                if calls.iter().all(plain) {
                    own.tables.insert(*id);
                }
            }
            Relation::Join { .. } => {}
        });
        if open.is_empty() {
            return own;
        }
        let mut sources = Sources::default();
        sources.collect(query);
        for (id, i) in open {
            if own.is_own_column(&sources, id, i, &mut IdSet::default()) {
                own.columns.insert((id, i));
            }
        }
        own
    }

    fn is_own_column(&self, sources: &Sources, relation: RelationId, column: usize, seen: &mut IdSet<(RelationId, usize)>) -> bool {
        if self.tables.contains(&relation) || !seen.insert((relation, column)) {
            return true;
        }
        let Some(query) = sources.query(relation) else { return false };
        let mut exprs = Vec::new();
        columns(query, column, &mut exprs);
        exprs.into_iter().all(|expr| {
            self.is_shown_so(expr, &mut |inner| match &inner.kind {
                ExprKind::Column { relation, column } => self.is_own_column(sources, *relation, *column, seen),
                _ => false,
            })
        })
    }

    /// Tells whether an expression's value has the digits that it is shown with.
    pub fn is_own(&self, expr: &Expr) -> bool {
        self.is_shown_so(expr, &mut |inner| match &inner.kind {
            ExprKind::Column { relation, column } => self.tables.contains(relation) || self.columns.contains(&(*relation, *column)),
            _ => false,
        })
    }

    /// Tells whether a column holds arrays that a table stores.
    pub fn is_own_array(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Column { relation, .. } if self.tables.contains(relation))
    }

    /// A sum shows as many digits as the longest of its values has.
    fn is_shown_so(&self, expr: &Expr, is_own_column: &mut dyn FnMut(&Expr) -> bool) -> bool {
        if expr.is_null_literal() {
            return true;
        }
        if expr.ty != Type::NUMERIC || !matches!(expr.scale, NumericScale::Any | NumericScale::Fixed(0)) {
            return super::functions_array::shows_itself(expr);
        }
        if expr.scale == NumericScale::Fixed(0) {
            return true;
        }
        let mut each = |exprs: Vec<&Expr>| {
            exprs.iter().any(|expr| !expr.is_null_literal()) && exprs.iter().all(|expr| self.is_shown_so(expr, is_own_column))
        };
        match &expr.kind {
            ExprKind::Column { .. } => is_own_column(expr),
            ExprKind::Coalesce(items) | ExprKind::Greatest(items) | ExprKind::Least(items) => each(items.iter().collect()),
            ExprKind::Case { whens, otherwise } => each(whens.iter().map(|(_, then)| then).chain(otherwise.as_deref()).collect()),
            ExprKind::NullIf { left, .. } => each(vec![&**left]),
            ExprKind::Aggregate(call) => {
                let keys = call.order_by.iter().filter_map(|key| match &key.by {
                    SortBy::Expr(by) => Some(by),
                    SortBy::Output(_) => None,
                });
                match call.function.name.as_str() {
                    "min" | "max" | "only_value" => each(call.args.iter().take(1).collect()),
                    "percentile_disc" | "mode" if call.within_group => each(keys.collect()),
                    _ => false,
                }
            }
            ExprKind::Window(call) => match call.function.name.as_str() {
                "min" | "max" | "first_value" | "last_value" | "nth_value" => each(call.args.iter().take(1).collect()),
                "lag" | "lead" => each(call.args.iter().step_by(2).collect()),
                _ => false,
            },
            // Whole numbers bring no digits. A product of 1.5 and 2 is 3.0, and so is the sum of 1.5 and 1.5.
            ExprKind::Operator { operator, args } if matches!(operator.name.as_str(), "+" | "-" | "%" | "@") => {
                let broken: Vec<&Expr> = args.iter().filter(|arg| !is_whole(arg)).collect();
                broken.len() < 2 && each(broken)
            }
            ExprKind::Call { function, args } if function.name == "trim_scale" => {
                !args.iter().any(|arg| super::quotients::is_inexact(arg, false))
            }
            // An array keeps no more zeros than a column.
            ExprKind::Subscript { expr: array, .. } => matches!(array.kind, ExprKind::Column { .. }) && is_own_column(array),
            ExprKind::Call { function, args } if matches!(function.name.as_str(), "abs" | "mod") => {
                let broken: Vec<&Expr> = args.iter().filter(|arg| !is_whole(arg)).collect();
                broken.len() < 2 && each(broken)
            }
            // What double precision, jsonb and arrays hold has no zeros at its end.
            ExprKind::Cast { expr: inner, .. } if expr.typmod < 0 => match inner.ty {
                Type::FLOAT8 | Type::JSON | Type::JSONB => true,
                Type::NUMERIC => each(vec![&**inner]),
                _ => false,
            },
            ExprKind::Subquery { kind: SubqueryKind::Scalar, query } => match &query.body {
                SetExpr::Select(select) => each(select.projection.iter().take(1).collect()),
                _ => false,
            },
            _ => false,
        }
    }
}

fn is_whole(expr: &Expr) -> bool {
    expr.scale == NumericScale::Fixed(0) || expr.ty.is_integer()
}
