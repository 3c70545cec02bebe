//! The arguments of EXECUTE: expressions over nothing, each assigned to the type of its parameter (prepare.c, `EvaluateParams`).

use super::coerce::Context;
use super::query::{BoundQuery, Output, plain_query};
use super::scope::{Clause, Scope};
use super::{BindContext, Binder};
use crate::error::{Report, Result, SqlState};
use crate::sql::classify::{Read, arguments};
use crate::sql::tree::*;
use crate::types::Type;

/// Binds a list of arguments to a query of one row: a column for each, of the given types.
///
/// # Errors
/// 42804 for a value that its parameter does not take, and what is wrong with an expression.
pub fn bind_arguments(read: &Read, cx: &BindContext, types: &[Type]) -> Result<Bound> {
    crate::sql::contained("binder", || bind_alone(read, cx, types))
}

fn bind_alone(read: &Read, cx: &BindContext, types: &[Type]) -> Result<Bound> {
    let mut binder = Binder::new(read, cx);
    let mut exprs = Vec::new();
    binder.scopes.push(Scope::new(Clause::Execute));
    for (i, (arg, ty)) in arguments(&read.query).into_iter().zip(types).enumerate() {
        exprs.push(binder.argument(arg, i + 1, *ty)?);
    }
    binder.scopes.pop();
    let column = |(i, expr): (usize, &Expr)| RelationColumn {
        name: format!("column{}", i + 1),
        ty: expr.ty,
        typmod: expr.typmod,
        scale: expr.scale,
    };
    let columns: Vec<RelationColumn> = exprs.iter().enumerate().map(column).collect();
    let outputs = columns.iter().map(|column| Output { name: column.name.clone(), origin: (0, 0) }).collect();
    let select = Select { distinct: Distinct::No, projection: exprs, from: None, filter: None, group_by: GroupBy::None, having: None };
    binder.finished(BoundQuery { query: plain_query(SetExpr::Select(Box::new(select)), columns), outputs })
}

impl Binder<'_> {
    fn argument(&mut self, arg: &sqlparser::ast::Expr, number: usize, target: Type) -> Result<Expr> {
        let position = self.start(arg);
        let bound = self.expr(arg)?;
        let given = bound.ty;
        if given != Type::UNKNOWN && !super::coerce::can_coerce(given, target, Context::Assignment) {
            let message = format!("parameter ${number} of type {given} cannot be coerced to the expected type {target}");
            return Err(Report::new(SqlState::DATATYPE_MISMATCH, message)
                .hint("You will need to rewrite or cast the expression.")
                .at(position));
        }
        self.coerce(bound, target, Context::Assignment)
    }
}
