//! Set-returning calls over others: `unnest(regexp_matches(..))`. PostgreSQL spreads the rows of the inner ones first, all of them in step, then those of
//! the outer ones over each row (one ProjectSet above another).

use super::Binder;
use super::grouping::each;
use super::select::call_columns;
use crate::error::{Report, Result};
use crate::sql::tree::*;
use crate::sql::walk;
use crate::types::Type;

impl Binder<'_> {
    /// Parts the calls of relation `id` by how deep they stand above others: those of the first level keep the relation, each further level gets one of
    /// its own, to be joined after it. Gives what stands for their columns in `shown` its new place.
    ///
    /// # Errors
    /// 0A000 for calls over rows of several columns.
    pub fn set_levels<'e>(
        &mut self,
        id: RelationId,
        calls: Vec<Expr>,
        shown: impl Iterator<Item = &'e mut Expr>,
    ) -> Result<Vec<(RelationId, Vec<Expr>)>> {
        let widths: Vec<usize> = calls.iter().map(|call| call_columns(call).len()).collect();
        let mut of_column = Vec::new();
        let mut depths: Vec<usize> = Vec::new();
        for (call, width) in calls.iter().zip(&widths) {
            let mut depth = 0;
            each(call, &mut |part| {
                if let ExprKind::Column { relation, column } = part.kind
                    && relation == id
                    && let Some(inner) = of_column.get(column).and_then(|inner: &usize| depths.get(*inner))
                {
                    depth = depth.max(inner + 1);
                }
            });
            of_column.extend(std::iter::repeat_n(depths.len(), *width));
            depths.push(depth);
        }
        let deepest = depths.iter().max().copied().unwrap_or(0);
        if deepest == 0 {
            return Ok(vec![(id, calls)]);
        }
        if let Some(call) = calls.iter().find(|call| call.ty == Type::RECORD) {
            return Err(Report::unsupported("a set-returning function of rows beside one over another").at(call.position));
        }
        let ids: Vec<RelationId> = (0..=deepest).map(|level| if level == 0 { id } else { self.next_relation() }).collect();
        let mut levels: Vec<(RelationId, Vec<Expr>)> = ids.iter().map(|id| (*id, Vec::new())).collect();
        // None is of several columns.
        let mut places = Vec::new();
        for (call, depth) in calls.into_iter().zip(depths) {
            places.push((ids[depth], levels[depth].1.len()));
            levels[depth].1.push(call);
        }
        let mut moved = Moved { id, places };
        levels.iter_mut().flat_map(|(_, calls)| calls).for_each(|call| walk::walk_expr_mut(call, &mut moved));
        shown.for_each(|expr| walk::walk_expr_mut(expr, &mut moved));
        Ok(levels)
    }
}

/// Gives columns of a relation other places.
struct Moved {
    id: RelationId,
    places: Vec<(RelationId, usize)>,
}

impl walk::VisitorMut for Moved {
    fn expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Column { relation, column } = &mut expr.kind
            && *relation == self.id
            && let Some(place) = self.places.get(*column)
        {
            (*relation, *column) = *place;
        }
    }
}
