//! Columns that the grouped ones determine: `SELECT c.id, c.name, count(*) ... GROUP BY c.id` (check_functional_grouping).
//!
//! PostgreSQL knows it from the primary key. Files and most warehouse tables declare none, so the data tell: such a column becomes an
//! aggregate that gives the one value of its group, and refuses (42803) a group with several. Taken for a key is what could be one: columns
//! of the table that include its first.

use std::sync::Arc;

use super::Binder;
use crate::sql::tree::*;
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

/// The aggregate that stands for a determined column: its arguments are the column and its name for the message.
pub const ONLY_VALUE: &str = "only_value";

impl Binder<'_> {
    /// Returns the tables of this level whose likely key is grouped by.
    pub fn keyed_relations(&self, groups: &[Expr]) -> IdSet<RelationId> {
        let Some(scope) = self.scopes.last() else { return IdSet::default() };
        let is_table = |relation: RelationId| {
            scope.items.iter().any(|item| {
                let named = item.schema.is_some() || item.hidden_name.is_some();
                let first = item.columns.get(0).filter(|column| named && column.origin.0 != 0);
                first.is_some_and(|column| column.expr.kind == ExprKind::Column { relation, column: 0 })
            })
        };
        groups
            .iter()
            .filter_map(|expr| if let ExprKind::Column { relation, column: 0 } = expr.kind { Some(relation) } else { None })
            .filter(|relation| scope.relations.contains(relation) && is_table(*relation))
            .collect()
    }

    /// Puts the aggregate around the ungrouped columns of these relations.
    pub fn determine(&self, expr: &mut Expr, groups: &[Expr], keyed: &IdSet<RelationId>) {
        if groups.contains(expr) {
            return;
        }
        match &expr.kind {
            ExprKind::Column { relation, column } if keyed.contains(relation) => {
                let label = Literal::Text(self.column_label(*relation, *column));
                let function = Signature {
                    oid: 0,
                    schema: "pg_catalog",
                    name: ONLY_VALUE.to_owned(),
                    arguments: vec![expr.ty, Type::TEXT],
                    variadic: None,
                    returns: expr.ty,
                    returns_set: false,
                    volatility: 'i',
                    strict: false,
                };
                let call = Aggregate {
                    function: Arc::new(function),
                    args: vec![expr.clone(), Expr::literal(label, Type::TEXT, expr.position)],
                    distinct: false,
                    order_by: Vec::new(),
                    filter: None,
                    within_group: false,
                };
                expr.kind = ExprKind::Aggregate(Box::new(call));
            }
            // Inside an aggregate every row counts.
            ExprKind::Aggregate(call) if !call.within_group => {}
            ExprKind::Grouping(_) => {}
            ExprKind::Aggregate(_) => {
                if let ExprKind::Aggregate(call) = &mut expr.kind {
                    call.args.iter_mut().for_each(|arg| self.determine(arg, groups, keyed));
                }
            }
            _ => walk::children_mut(expr).into_iter().for_each(|child| self.determine(child, groups, keyed)),
        }
    }
}
