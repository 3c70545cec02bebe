//! The arguments of EXECUTE: one row, computed where queries without tables are.

use futures::StreamExt;

use super::Pipeline;
use super::prepared::Prepared;
use crate::error::{Report, Result, SqlState};
use crate::query::QueryContext;
use crate::sql::classify::Read;
use crate::sql::emit::Dialect;
use crate::sql::styles;
use crate::sql::tree::{Bound, ExprKind, SetExpr};
use crate::types::Type;
use crate::types::literal::Literal;
use crate::warehouse::embedded::functions;

impl Pipeline {
    /// Computes expressions over nothing, each assigned to a type.
    ///
    /// # Errors
    /// 42804 for a value that does not become its type, 42P02 for a parameter, and what is wrong with an expression.
    pub async fn arguments(&self, cx: &QueryContext, args: &Read, types: &[Type]) -> Result<Vec<Literal>> {
        if let Some((number, place)) = args.parameter() {
            return Err(Report::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${number}")).at(place));
        }
        let snapshot = self.parts.catalog.snapshot();
        let prepared = Prepared::arguments(&snapshot, args, &cx.session, types)?;
        styles::check(&prepared.bound, Dialect::DataFusion, &cx.session)?;
        let (mut bound, _) = prepared.stamp(cx, &snapshot)?;
        self.parts.policy.apply(&cx.principal, &mut bound)?;
        if let Some(known) = constants(&bound) {
            return Ok(known);
        }
        let mut rows = self.system(cx, &snapshot, &bound, &[]).await?;
        match rows.batches.next().await.transpose()? {
            Some(batch) => functions::literals(&batch, &bound.columns),
            None => Err(Report::internal("arguments gave no row")),
        }
    }
}

/// The values of a row that is nothing but constants.
fn constants(bound: &Bound) -> Option<Vec<Literal>> {
    let SetExpr::Select(select) = &bound.query.body else { return None };
    let constant = |expr: &crate::sql::tree::Expr| match &expr.kind {
        ExprKind::Literal(literal) => Some(literal.clone()),
        _ => None,
    };
    select.projection.iter().map(constant).collect()
}
