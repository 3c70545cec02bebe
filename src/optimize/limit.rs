//! The safety limit: an unaggregated SELECT without LIMIT ends after so many rows, with a warning when rows were cut.

use futures::StreamExt;

use super::{Change, Rule, RuleContext};
use crate::query::{BatchStream, Notice, Notices};
use crate::sql::tree::{Bound, Expr, GroupBy, Query, SetExpr};
use crate::types::Type;
use crate::types::literal::Literal;

/// Adds LIMIT n + 1: the row too many tells that rows were cut.
pub struct InjectLimit;

impl Rule for InjectLimit {
    fn name(&self) -> &'static str {
        "limit"
    }

    fn always(&self) -> bool {
        true
    }

    fn apply(&self, bound: &mut Bound, cx: &RuleContext) -> Option<Change> {
        let limit = cx.inject_limit;
        let reads_data = bound.tables().iter().any(|table| !table.is_system());
        if limit == 0 || cx.row_limited || !reads_data || bound.query.limit.is_some() || !unaggregated(&bound.query) {
            return None;
        }
        let rows = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        bound.query.limit = Some(Expr::literal(Literal::Int(rows), Type::INT8, None));
        Some(Change { what: format!("LIMIT {limit} added, with a warning when rows are cut"), cut: Some(limit) })
    }
}

/// Tells whether the number of rows grows with the tables: a SELECT without groups, or a set operation that holds one.
fn unaggregated(query: &Query) -> bool {
    match &query.body {
        SetExpr::Select(select) => select.from.is_some() && matches!(select.group_by, GroupBy::None),
        SetExpr::Set { left, right, .. } => unaggregated(left) || unaggregated(right),
        SetExpr::Values(_) => false,
    }
}

/// Passes `rows` rows on; when there are more, it ends and warns.
pub fn cut(batches: BatchStream, rows: u64, notices: Notices) -> BatchStream {
    let mut left = usize::try_from(rows).unwrap_or(usize::MAX);
    let mut over = false;
    let cut = batches.filter_map(move |batch| {
        let passed = match batch {
            Ok(batch) if batch.num_rows() <= left => {
                left -= batch.num_rows();
                Some(Ok(batch))
            }
            Ok(batch) => {
                if !std::mem::replace(&mut over, true) {
                    notices.push(Notice {
                        hint: Some("Add a LIMIT of your own, or read through a cursor.".into()),
                        ..Notice::warning(format!("result cut after {rows} rows"))
                    });
                }
                let head = batch.slice(0, std::mem::take(&mut left));
                (head.num_rows() > 0).then_some(Ok(head))
            }
            Err(report) => Some(Err(report)),
        };
        std::future::ready(passed)
    });
    Box::pin(cut)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::query::Rows;
    use crate::sql::fixtures::{bound, column, events, principal, select};
    use crate::sql::tree::ExprKind;

    fn apply(bound: &mut Bound, inject_limit: u64, row_limited: bool) -> Option<Change> {
        InjectLimit.apply(bound, &RuleContext { principal: &principal("ann"), row_limited, inject_limit })
    }

    #[test]
    fn a_plain_select_gets_one_row_more_than_it_may_show() {
        let mut query = bound(select(events(1), vec![column(1, 0)]));
        assert_eq!(apply(&mut query, 100, false).expect("applies").cut, Some(100));
        assert_eq!(query.query.limit.expect("set").kind, ExprKind::Literal(Literal::Int(101)));
    }

    #[test]
    fn limited_grouped_and_cursor_queries_are_left_alone() {
        let plain = || bound(select(events(1), vec![column(1, 0)]));
        assert_eq!(apply(&mut plain(), 0, false), None);
        assert_eq!(apply(&mut plain(), 100, true), None);
        let mut limited = plain();
        limited.query.limit = Some(Expr::literal(Literal::Int(1_000_000), Type::INT8, None));
        assert_eq!(apply(&mut limited, 100, false), None);
        let mut grouped = plain();
        let SetExpr::Select(body) = &mut grouped.query.body else { unreachable!() };
        body.group_by = GroupBy::Plain(Vec::new());
        assert_eq!(apply(&mut grouped, 100, false), None);
    }

    fn shown(values: usize, limit: u64) -> (usize, usize) {
        let rows: Vec<_> = (0..values).map(|i| vec![Some(i.to_string())]).collect();
        let notices = Notices::default();
        let batches: Vec<_> = block_on(cut(Rows::text(&["n"], &rows).batches, limit, notices.clone()).collect());
        (batches.into_iter().map(|batch| batch.expect("rows").num_rows()).sum(), notices.drain().len())
    }

    #[test]
    fn the_warning_comes_only_when_rows_were_cut() {
        assert_eq!(shown(9, 10), (9, 0));
        assert_eq!(shown(10, 10), (10, 0));
        assert_eq!(shown(11, 10), (10, 1));
    }
}
