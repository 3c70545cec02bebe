//! WITH items that refer to themselves.

use sqlparser::ast::{self, SetExpr as AstSetExpr, SetOperator};

use super::Binder;
use super::coerce::common_type;
use super::composite::HandedOn;
use super::names::{fold, parts};
use super::order::distinguishable;
use super::query::{BoundQuery, Output, VisibleCte, first_position, is_all, output_position, plain_query};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::{NumericScale, Type};

impl Binder<'_> {
    /// Binds a WITH item that refers to itself.
    pub fn recursive(&mut self, item: &ast::Cte, name: &str, id: CteId, position: Option<u32>) -> Result<BoundQuery> {
        let query = &item.query;
        let malformed = || {
            let message = format!("recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term");
            Report::new(SqlState::INVALID_RECURSION, message).at(position)
        };
        let AstSetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right } = query.body.as_ref() else {
            return Err(malformed());
        };
        if let Some(what) = [(query.order_by.is_some(), "ORDER BY"), (query.limit_clause.is_some() || query.fetch.is_some(), "LIMIT")]
            .iter()
            .find_map(|(there, what)| there.then_some(what))
        {
            return Err(
                Report::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{what} in a recursive query is not implemented")).at(position)
            );
        }
        let all = is_all(*set_quantifier)?;
        let visible = self.ctes.len();
        let ctes = match &query.with {
            Some(with) => self.with(with)?,
            None => Vec::new(),
        };
        let mut first = self.set_expr(left, false)?;
        let unknown: Vec<bool> = first.query.columns.iter().map(|column| column.ty == Type::UNKNOWN).collect();
        for i in (0..unknown.len()).filter(|i| unknown[*i]) {
            self.coerce_column(&mut first.query, i, Type::TEXT)?;
        }
        self.rename(&mut first, &item.alias, name)?;
        for column in &mut first.query.columns {
            if column.typmod < 0 {
                column.scale = NumericScale::Any;
            }
        }
        self.ctes.push(VisibleCte {
            name: name.to_owned(),
            id,
            columns: first.query.columns.clone(),
            outputs: first.outputs.iter().map(|output| Output { name: output.name.clone(), origin: (0, 0) }).collect(),
            uses: 0,
            order: Vec::new(),
            rows: HandedOn::new(),
        });
        let mut second = self.set_expr(right, false)?;
        let uses = self.ctes.pop().map_or(0, |cte| cte.uses);
        self.ctes.truncate(visible);
        if uses == 0 {
            return Err(malformed());
        }
        if uses > 1 {
            let message = format!("recursive reference to query \"{name}\" must not appear more than once");
            return Err(Report::new(SqlState::INVALID_RECURSION, message).at(position));
        }
        if let SetExpr::Select(select) = &second.query.body
            && !matches!(select.group_by, GroupBy::None)
            && select.from.as_ref().is_some_and(|from| reads(from, id))
            && select.projection.iter().chain(&select.having).any(aggregates)
        {
            let message = "aggregate functions are not allowed in a recursive query's recursive term";
            return Err(Report::new(SqlState::INVALID_RECURSION, message).at(first_position(&second.query)));
        }
        self.same_width(&first, &second, "UNION", position)?;
        for (i, column) in first.query.columns.clone().iter().enumerate() {
            let other = second.query.columns[i].ty;
            let integer = if column.ty == other { None } else { self.common_integer(column.ty, other) };
            if let Some(integer) = integer {
                self.coerce_column(&mut first.query, i, integer)?;
                self.coerce_column(&mut second.query, i, integer)?;
                continue;
            }
            let overall = match other {
                Type::VARCHAR | Type::BPCHAR | Type::NAME if unknown[i] => other,
                _ => common_type("UNION", &[column.ty, other], position)?,
            };
            if overall != column.ty {
                let message = format!(
                    "recursive query \"{name}\" column {} has type {} in non-recursive term but type {overall} overall",
                    i + 1,
                    column.ty
                );
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message)
                    .at(position)
                    .hint("Cast the output of the non-recursive term to the correct type."));
            }
            let typmod = second.query.columns[i].typmod;
            if column.typmod >= 0 && (other != column.ty || typmod != column.typmod) {
                let message = format!(
                    "recursive query \"{name}\" column {} has type {} in non-recursive term but type {overall} overall",
                    i + 1,
                    column.ty.format(column.typmod)
                );
                return Err(Report::new(SqlState::DATATYPE_MISMATCH, message)
                    .at(position)
                    .hint("Cast the output of the non-recursive term to the correct type."));
            }
            if !all {
                distinguishable(overall, output_position(&first.query, i))?;
            }
            self.coerce_column(&mut second.query, i, column.ty)?;
        }
        let columns = first.query.columns.clone();
        let outputs = first.outputs.iter().map(|output| Output { name: output.name.clone(), origin: (0, 0) }).collect();
        let body = SetExpr::Set { op: SetOp::Union, all, left: Box::new(first.query), right: Box::new(second.query) };
        let mut query = plain_query(body, columns);
        query.ctes = ctes;
        Ok(BoundQuery { query, outputs })
    }
}

/// Tells whether a FROM item is, or joins, a WITH item.
pub fn reads(from: &Relation, id: CteId) -> bool {
    match from {
        Relation::Join { left, right, .. } => reads(left, id) || reads(right, id),
        Relation::Cte { cte, .. } => *cte == id,
        _ => false,
    }
}

/// Tells whether an expression holds an aggregate, subqueries aside.
pub fn aggregates(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Aggregate(_)) || crate::sql::walk::children(expr).into_iter().any(aggregates)
}

/// Tells whether a query names this relation anywhere.
pub fn refers_to(query: &ast::Query, name: &str) -> bool {
    ast::visit_relations(query, |relation| {
        let parts = parts(relation).unwrap_or_default();
        if parts.len() == 1 && fold(&parts[0]) == name { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    })
    .is_break()
}
