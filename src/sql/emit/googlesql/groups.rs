//! GROUPS frames, which GoogleSQL does not have: the peers are numbered by dense_rank() in a subquery, and the frame is a RANGE over that number.

use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::sql::walk::{self, VisitorMut};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// More groups than there are.
const ALL: i64 = 1_000_000_000_000_000;

/// Rewrites every SELECT with such a frame.
pub(super) fn rewritten(bound: &Bound) -> Bound {
    let mut numbered = bound.clone();
    let last = super::hidden::last_relation(&numbered.query).0;
    walk::walk_query_mut(&mut numbered.query, &mut Numbered { last });
    numbered
}

/// Tells whether a window counts groups.
pub(super) fn counts_groups(expr: &Expr) -> bool {
    let ExprKind::Window(call) = &expr.kind else { return false };
    let offset = |bound: &FrameBound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_));
    call.frame.as_ref().is_some_and(|frame| frame.unit == FrameUnit::Groups && (offset(&frame.start) || offset(&frame.end)))
}

struct Numbered {
    last: u32,
}

impl VisitorMut for Numbered {
    fn query(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = &mut query.body else { return };
        let mut outer: Vec<&mut Expr> = select.projection.iter_mut().collect();
        outer.extend(query.order_by.iter_mut().filter_map(|key| match &mut key.by {
            SortBy::Expr(expr) => Some(expr),
            SortBy::Output(_) => None,
        }));
        if let Distinct::On(keys) = &mut select.distinct {
            outer.extend(keys.iter_mut());
        }
        let mut windows: Vec<(Vec<Expr>, Vec<SortKey>)> = Vec::new();
        for expr in &outer {
            each(expr, &mut |part| {
                if let (true, ExprKind::Window(call)) = (counts_groups(part), &part.kind) {
                    let window = (call.partition_by.clone(), call.order_by.clone());
                    if !windows.contains(&window) {
                        windows.push(window);
                    }
                }
            });
        }
        let Ok(rank) = resolve_function(Some("pg_catalog"), "dense_rank", &[], false, None) else { return };
        if windows.is_empty() || select.group_by != GroupBy::None || select.from.is_none() {
            return;
        }
        self.last += 1;
        let id = RelationId(self.last);
        let mut local = IdSet::default();
        if let Some(from) = &select.from {
            items(from, &mut local);
        }
        // What the outer SELECT uses of the FROM items becomes a column of the subquery.
        let mut columns: Vec<Expr> = Vec::new();
        for expr in &mut outer {
            walk::walk_expr_mut(expr, &mut Moved { local: &local, id, columns: &mut columns });
        }
        let shape = |name: String, expr: &Expr| RelationColumn { name, ty: expr.ty, typmod: expr.typmod, scale: expr.scale };
        let mut shapes: Vec<RelationColumn> =
            columns.iter().enumerate().map(|(i, expr)| shape(format!("column_{}", i + 1), expr)).collect();
        let mut numbers = Vec::new();
        for (partition_by, order_by) in &windows {
            let call = Window {
                function: rank.signature.clone(),
                aggregate: false,
                args: Vec::new(),
                filter: None,
                partition_by: partition_by.clone(),
                order_by: order_by.clone(),
                frame: None,
            };
            let number = Expr::new(ExprKind::Window(Box::new(call)), Type::INT8, None);
            shapes.push(shape(format!("group_{}", numbers.len() + 1), &number));
            numbers.push(columns.len());
            columns.push(number);
        }
        for expr in outer {
            walk::walk_expr_mut(expr, &mut Ranged { windows: &windows, numbers: &numbers, id, local: &local, columns: &columns });
        }
        let inner = Query {
            ctes: Vec::new(),
            body: SetExpr::Select(Box::new(Select {
                distinct: Distinct::No,
                projection: columns.clone(),
                from: select.from.take(),
                filter: select.filter.take(),
                group_by: GroupBy::None,
                having: None,
            })),
            order_by: Vec::new(),
            limit: None,
            with_ties: false,
            offset: None,
            columns: shapes,
        };
        select.from = Some(Relation::Derived { id, alias: "numbered".into(), lateral: false, query: Box::new(inner) });
    }
}

fn each(expr: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(expr);
    for child in walk::children(expr) {
        each(child, f);
    }
}

/// Collects the FROM items that a SELECT's own columns come from.
pub(super) fn items(relation: &Relation, ids: &mut IdSet<RelationId>) {
    match relation {
        Relation::Join { left, right, .. } => {
            items(left, ids);
            items(right, ids);
        }
        other => ids.extend(other.id()),
    }
}

/// Replaces columns of the FROM items by those of the subquery.
struct Moved<'m> {
    local: &'m IdSet<RelationId>,
    id: RelationId,
    columns: &'m mut Vec<Expr>,
}

impl VisitorMut for Moved<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        let ExprKind::Column { relation, .. } = &expr.kind else { return };
        if !self.local.contains(relation) {
            return;
        }
        let found = self.columns.iter().position(|known| known.kind == expr.kind).unwrap_or_else(|| {
            self.columns.push(expr.clone());
            self.columns.len() - 1
        });
        expr.kind = ExprKind::Column { relation: self.id, column: found };
    }
}

/// Turns frames of groups into ranges over their numbers. Called when the columns have moved already.
struct Ranged<'r> {
    windows: &'r [(Vec<Expr>, Vec<SortKey>)],
    numbers: &'r [usize],
    id: RelationId,
    local: &'r IdSet<RelationId>,
    columns: &'r [Expr],
}

impl VisitorMut for Ranged<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        if !counts_groups(expr) {
            return;
        }
        let ExprKind::Window(call) = &mut expr.kind else { return };
        // The window as it was before the columns moved.
        let mut copies: Vec<Expr> = self.columns.to_vec();
        let moved = |exprs: &[Expr], copies: &mut Vec<Expr>| -> Vec<Expr> {
            let mut exprs = exprs.to_vec();
            for expr in &mut exprs {
                walk::walk_expr_mut(expr, &mut Moved { local: self.local, id: self.id, columns: copies });
            }
            exprs
        };
        let by = |keys: &[SortKey]| -> Vec<Expr> {
            keys.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr.clone()) } else { None }).collect()
        };
        let Some(at) = self.windows.iter().position(|(partition, order)| {
            moved(partition, &mut copies) == call.partition_by && moved(&by(order), &mut copies) == by(&call.order_by)
        }) else {
            return;
        };
        let number = Expr {
            scale: NumericScale::Any,
            ..Expr::new(ExprKind::Column { relation: self.id, column: self.numbers[at] }, Type::INT8, None)
        };
        call.order_by = vec![SortKey { by: SortBy::Expr(number), descending: false, nulls_first: false }];
        if let Some(frame) = &mut call.frame {
            frame.unit = FrameUnit::Range;
            let all = || Box::new(Expr::literal(Literal::Int(ALL), Type::INT8, None));
            // Every number is there, and so far away is none.
            if matches!(frame.start, FrameBound::UnboundedPreceding) {
                frame.start = FrameBound::Preceding(all());
            }
            if matches!(frame.end, FrameBound::UnboundedFollowing) {
                frame.end = FrameBound::Following(all());
            }
        }
    }
}
