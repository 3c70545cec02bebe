//! Answers that cost nothing: what the catalog, a table's metadata or its listing answer exactly, without a job.

use std::sync::Arc;

use super::report::Story;
use super::{Pipeline, Question, priced, stoppable};
use crate::catalog::model::{Table, TableKind};
use crate::query::{QueryContext, Rows};
use crate::sql::tree::{Aggregate, Bound, Distinct, Expr, ExprKind, GroupBy, Query, Relation, RelationId, Select, SetExpr};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::warehouse::{Fact, FreeAsk};

impl Pipeline {
    /// Answers without a job where that is exact; `None` where only a job will do. A dry run is told that none is needed.
    pub(super) async fn free(&self, cx: &QueryContext, bound: &Bound, parameters: &[Literal], story: &mut Story) -> Option<Rows> {
        let (ask, table) = ask(bound, parameters)?;
        if cx.session.dry_run {
            return self.is_free(cx, bound, parameters).await.map(|_| priced("free: no job is needed"));
        }
        let warehouse = &self.parts.warehouse;
        let asking = async { Ok(warehouse.free(cx, &ask, table.as_deref(), &bound.columns).await) };
        // What goes wrong here goes wrong for free: the job that follows tells the client.
        let batches = stoppable(cx, asking).await.ok()??;
        story.stage("free");
        story.answered_free(ask.source());
        Some(Rows { columns: bound.columns.clone(), batches })
    }

    /// Tells whether a query is answered without a job, and by what.
    pub(super) async fn is_free(&self, cx: &QueryContext, bound: &Bound, parameters: &[Literal]) -> Option<&'static str> {
        let (ask, table) = ask(bound, parameters)?;
        let may = self.parts.warehouse.may_free(cx, &ask, table.as_deref());
        stoppable(cx, async { Ok(may.await) }).await.ok().filter(|may| *may).map(|_| ask.source().what())
    }
}

impl Question<'_> {
    /// Tells whether it looks like one that is answered without a job.
    pub(super) fn may_be_free(&self) -> bool {
        ask(self.bound, self.parameters).is_some()
    }
}

/// Returns the question that a query comes to, if it is one that may be answered without a job. Masks and row filters are part of the query by now:
/// where there is one, it is no bare table that is read.
fn ask(bound: &Bound, parameters: &[Literal]) -> Option<(FreeAsk, Option<Arc<Table>>)> {
    let query = &bound.query;
    let limit = match &query.limit {
        None => None,
        Some(limit) => rows_at_most(limit, parameters)?,
    };
    if limit == Some(0) {
        return (!query.with_ties && !may_fail_before_it_runs(query)).then_some((FreeAsk::Nothing, None));
    }
    if !query.ctes.is_empty() || !query.order_by.is_empty() || query.with_ties || query.offset.is_some() {
        return None;
    }
    let SetExpr::Select(select) = &query.body else { return None };
    let Select { distinct: Distinct::No, projection, from: Some(Relation::Table { id, table, .. }), filter: None, group_by, having: None } =
        &**select
    else {
        return None;
    };
    if table.kind != TableKind::Table || projection.is_empty() {
        return None;
    }
    let ask = match (group_by, limit) {
        (GroupBy::Plain(keys), _) if keys.is_empty() => {
            FreeAsk::Facts(projection.iter().map(|expr| fact(expr, *id, table)).collect::<Option<_>>()?)
        }
        (GroupBy::None, Some(limit)) => {
            let column = |expr: &Expr| match &expr.kind {
                ExprKind::Column { relation, column } if relation == id => Some(*column),
                _ => None,
            };
            FreeAsk::Rows { columns: projection.iter().map(column).collect::<Option<_>>()?, limit }
        }
        _ => return None,
    };
    Some((ask, Some(table.clone())))
}

/// Reads LIMIT: the outer `None` for what is no plain number, the inner one for ALL.
#[allow(clippy::option_option, reason = "LIMIT ALL is not the same as a LIMIT that cannot be read")]
fn rows_at_most(limit: &Expr, parameters: &[Literal]) -> Option<Option<u64>> {
    let value = match &limit.kind {
        ExprKind::Literal(value) => value,
        ExprKind::Parameter(n) => parameters.get(*n)?,
        _ => return None,
    };
    match value {
        Literal::Null => Some(None),
        Literal::Int(rows) => u64::try_from(*rows).ok().map(Some),
        _ => None,
    }
}

/// `count(*)` or the count of a constant; `min` and `max` of the column that the table is partitioned by.
fn fact(expr: &Expr, id: RelationId, table: &Table) -> Option<Fact> {
    let ExprKind::Aggregate(call) = &expr.kind else { return None };
    let Aggregate { function, args, distinct: false, order_by, filter: None, within_group: false } = &**call else { return None };
    if function.schema != "pg_catalog" || !order_by.is_empty() {
        return None;
    }
    match (function.name.as_str(), &args[..]) {
        ("count", args) if args.iter().all(|arg| matches!(&arg.kind, ExprKind::Literal(value) if *value != Literal::Null)) => {
            Some(Fact::Count)
        }
        (end @ ("min" | "max"), [Expr { kind: ExprKind::Column { relation, column }, .. }])
            if *relation == id && table.is_cut_by(*column) =>
        {
            Some(if end == "min" { Fact::Min(*column) } else { Fact::Max(*column) })
        }
        _ => None,
    }
}

/// PostgreSQL computes constants while it plans, so that `SELECT 1 / 0 .. LIMIT 0` fails there. Where something could be computed so, the warehouse decides.
fn may_fail_before_it_runs(query: &Query) -> bool {
    let mut found = query.offset.is_some();
    walk::each_expr(query, |expr| {
        if matches!(expr.kind, ExprKind::Call { .. } | ExprKind::Operator { .. } | ExprKind::Cast { .. }) {
            found |= walk::children(expr).iter().all(|child| matches!(child.kind, ExprKind::Literal(_) | ExprKind::Parameter(_)));
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::{bound, column, events, select};
    use crate::types::Type;

    fn limited(rows: i64) -> Bound {
        let mut query = bound(select(events(1), vec![column(1, 0), column(1, 2)]));
        query.query.limit = Some(Expr::literal(Literal::Int(rows), Type::INT8, None));
        query
    }

    #[test]
    fn bare_columns_with_a_limit_are_listed() {
        let (asked, table) = ask(&limited(5), &[]).expect("free");
        assert_eq!(asked, FreeAsk::Rows { columns: vec![0, 2], limit: 5 });
        assert_eq!(table.expect("a table").name.table, "events");
        assert_eq!(ask(&limited(0), &[]).expect("free").0, FreeAsk::Nothing);
        assert_eq!(ask(&bound(select(events(1), vec![column(1, 0)])), &[]), None, "a whole table is not listed");
    }

    #[test]
    fn anything_more_than_that_needs_a_job() {
        let mut sorted = limited(5);
        sorted.query.offset = Some(Expr::literal(Literal::Int(1), Type::INT8, None));
        assert_eq!(ask(&sorted, &[]), None);
        let mut filtered = limited(5);
        if let SetExpr::Select(select) = &mut filtered.query.body {
            select.filter = Some(Expr::literal(Literal::Bool(true), Type::BOOL, None));
        }
        assert_eq!(ask(&filtered, &[]), None);
        let mut computed = limited(5);
        if let SetExpr::Select(select) = &mut computed.query.body {
            select.projection[0] = Expr::literal(Literal::Int(1), Type::INT4, None);
        }
        assert_eq!(ask(&computed, &[]), None);
    }
}
